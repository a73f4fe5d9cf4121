//! What a file proves.

use dirchain_evidence::answers::Range;
use dirchain_evidence::reason::Asked;
use dirchain_evidence::testing::{World, genesis};
use dirchain_evidence::{Anchor, Proven, Reason, Request, export, verify};
use dirchain_ledger::access::{Denial, Verdict, who_may_read};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{FieldNumber, Height, Moment, TimeMs};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::testing::*;

/// An entry published, granted, revoked and granted again; the validators replaced twice.
pub(crate) fn story() -> World {
    let genesis = genesis(4);
    let mut ledger = Ledger::new(&genesis);
    let id = ledger.granted(1, &[2, 4]);
    ledger.pass_ms(DAY_MS);
    let end = Action::EndAuthorization {
        authorization: id.clone(),
        revision: 1,
        reason: dirchain_ledger::testing::id("业务终止"),
    };
    ledger.submit(&administrator(APPLICANT), vec![end]).unwrap();
    let request = request(APPLICANT, &[2]);
    let again = ledger
        .apply_for(APPLICANT, &id.resource, request.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(again, &request));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    ledger.pass_ms(DAY_MS);
    ledger.extend(&[]);
    World::over(genesis, ledger, 4, &[3, 6])
}

pub(crate) fn subject() -> RecordId {
    RecordId::Resource(code(1))
}

pub(crate) fn proven(world: &World, bytes: &[u8]) -> Result<Proven, Reason> {
    verify(bytes, Anchor::Genesis(&world.genesis), &[])
}

fn times(world: &World) -> Vec<Moment> {
    let genesis = Moment {
        height: Height::GENESIS,
        time: GENESIS_TIME,
    };
    let blocks = world.ledger.blocks.iter().map(|b| b.header.moment());
    std::iter::once(genesis).chain(blocks).collect()
}

#[test]
fn a_file_answers_as_the_ledger_did_at_every_height() {
    let world = story();
    let mut request = Request::of(subject());
    request.departments = DEPARTMENTS.map(|(department, _)| id(department)).to_vec();
    let bytes = export(&world, &request).unwrap();
    let proven = proven(&world, &bytes).unwrap();
    assert_eq!(proven.trust.retired_sets, 2);
    assert_eq!(proven.events.len(), 8);
    for at in times(&world) {
        let then = world.ledger.state.at(at.height);
        for field in [1, 2, 3, 4, 9].map(FieldNumber) {
            let mut was = who_may_read(&then, &code(1), field, at).unwrap();
            was.retain(|reader| !reader.department.as_str().starts_with('V'));
            assert_eq!(proven.who_may_read(field, at).unwrap(), was);
            let told = proven.who_may_read(field, proven.moment_at(at.time).unwrap());
            assert_eq!(told.unwrap(), was, "{at:?}");
        }
    }
}

#[test]
fn never_granted_and_could_never_read_are_two_answers() {
    let world = story();
    let mut request = Request::of(subject());
    request.departments = vec![id(BYSTANDER)];
    let bytes = export(&world, &request).unwrap();
    let proven = proven(&world, &bytes).unwrap();
    let until = proven.until.time;
    let all = Range {
        from: GENESIS_TIME,
        to: TimeMs(until.0 + 1),
    };
    let bystander = id(BYSTANDER);
    for field in [1, 2].map(FieldNumber) {
        assert_eq!(proven.granted(&bystander, field, all), Ok(vec![]));
    }
    let open = proven.could_read(&bystander, FieldNumber(1), all).unwrap();
    assert_eq!(open.len(), 2, "unpublished, then open to all: {open:?}");
    assert!(open[1].verdict.is_allowed());
    let closed = proven.could_read(&bystander, FieldNumber(2), all).unwrap();
    assert!(closed.iter().all(|span| !span.verdict.is_allowed()));
    let applicant = id(APPLICANT);
    assert_eq!(
        proven
            .granted(&applicant, FieldNumber(2), all)
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        proven
            .granted(&applicant, FieldNumber(4), all)
            .unwrap()
            .len(),
        1
    );
    let before = Range {
        to: TimeMs(GENESIS_TIME.0 + 3_000),
        ..all
    };
    assert_eq!(
        proven.granted(&applicant, FieldNumber(2), before),
        Ok(vec![])
    );
    let later = Range {
        to: TimeMs(until.0 + 2),
        ..all
    };
    let (asked, until) = (Asked::Time(later.to), proven.until.time);
    assert_eq!(
        proven.granted(&applicant, FieldNumber(2), later),
        Err(Reason::PastTip { asked, until })
    );
    let open = open[1].from;
    let cut = Range {
        from: GENESIS_TIME,
        to: TimeMs(open.0 + 1),
    };
    let spans = proven.could_read(&bystander, FieldNumber(1), cut).unwrap();
    assert_eq!(
        spans[1].to,
        Some(cut.to),
        "a verdict is told no longer than asked: {spans:?}"
    );
    for empty in [
        Range {
            to: GENESIS_TIME,
            ..all
        },
        Range {
            to: TimeMs(GENESIS_TIME.0 - 86_400_000),
            ..all
        },
        Range {
            from: until,
            to: GENESIS_TIME,
        },
    ] {
        let told = proven.could_read(&bystander, FieldNumber(1), empty);
        assert_eq!(told.unwrap_err().code(), "empty-range");
        let told = proven.granted(&bystander, FieldNumber(1), empty);
        assert_eq!(told.unwrap_err().code(), "empty-range");
    }
    let early = TimeMs(GENESIS_TIME.0 - 1);
    assert_eq!(
        proven.moment_at(early).unwrap_err().code(),
        "before-genesis"
    );
    let unknown = proven.could_read(&id(DEPUTY), FieldNumber(1), all);
    assert_eq!(unknown.unwrap_err().code(), "not-in-file");
}

#[test]
fn readings_are_the_spans_of_each_authorization() {
    let world = story();
    let bytes = export(&world, &Request::of(subject())).unwrap();
    let proven = proven(&world, &bytes).unwrap();
    let readings = proven.readings().unwrap();
    let told: Vec<_> = readings
        .iter()
        .map(|r| (r.authorization.id.number, r.fields.len(), r.to.is_some()))
        .collect();
    assert_eq!(told, vec![(1, 2, true), (2, 1, false)]);
    assert_eq!(readings[0].from, TimeMs(GENESIS_TIME.0 + 5_000));
}

#[test]
fn an_entry_that_does_not_exist_is_proven_absent() {
    let world = story();
    let bytes = export(&world, &Request::of(RecordId::Resource(code(7)))).unwrap();
    let proven = proven(&world, &bytes).unwrap();
    assert!(proven.resource().is_none() && proven.events.is_empty());
    let at = proven.until;
    let verdict = proven.may_read(&id(PROVIDER), FieldNumber(1), None, at);
    assert_eq!(verdict, Ok(Verdict::Denied(Denial::NotPublished)));
}

#[test]
fn a_departments_history_is_proven_too() {
    let genesis = genesis(4);
    let mut ledger = Ledger::new(&genesis);
    ledger.granted(1, &[2]);
    let public_key = administrator(PROVIDER).public();
    let suspect = Action::SuspectKey {
        public_key,
        since: Height(2),
    };
    ledger.submit(&head(PROVIDER), vec![suspect]).unwrap();
    let world = World::over(genesis, ledger, 4, &[]);
    let request = Request::of(RecordId::Department(id(PROVIDER)));
    let bytes = export(&world, &request).unwrap();
    let proven = proven(&world, &bytes).unwrap();
    assert_eq!(proven.events.len(), 1);
    assert_eq!(proven.events[0].action.name(), "suspect_key");
    assert!(proven.department().is_some() && proven.trust.retired_sets == 0);
}
