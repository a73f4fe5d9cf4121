//! Entries in force whose responsibility has ended (C1): nothing new is applied for or granted on them, what
//! was granted goes on, and their provider owes an amendment.

use dirchain_ledger::access::{Basis, Verdict};
use dirchain_ledger::action::Action;
use dirchain_ledger::clocks::{Duty, deadlines, scores};
use dirchain_ledger::execute::Rehearsal;
use dirchain_ledger::ids::{Moment, ResourceCode, SharingId, TimeMs};
use dirchain_ledger::inbox::{Awaited, inbox};
use dirchain_ledger::limits::TRANSACTION_WORK_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;
use dirchain_ledger::what_may::{Judged, losses};

const SECOND: &str = "Z-D004-02";

fn abolish(department: &str) -> Action {
    Action::AbolishResponsibility {
        code: responsibility(department),
        revision: 1,
        reason: id("职责取消"),
    }
}

/// An entry with a grant on it, whose provider's responsibility was abolished then.
fn abolished() -> (Ledger, SharingId) {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    ledger
        .submit(&head(REGISTRAR), vec![abolish(PROVIDER)])
        .unwrap();
    (ledger, granted)
}

/// The provider gets another responsibility, and the entry cites it from its next version on.
fn amended(ledger: &mut Ledger, code: &ResourceCode) {
    let declare = Action::DeclareResponsibility(dirchain_ledger::action::DeclareResponsibility {
        code: id(SECOND),
        holder: id(PROVIDER),
        title: id("户籍管理"),
        text: None,
        legal_bases: dirchain_ledger::bounded::List::default(),
    });
    ledger.submit(&head(REGISTRAR), vec![declare]).unwrap();
    ledger.draft(PROVIDER, code, &entry(&id(SECOND))).unwrap();
    ledger.submit_draft(PROVIDER, code).unwrap();
    ledger.publish(PROVIDER, code).unwrap();
}

/// Who owes what for an entry, and since when.
fn owed(ledger: &Ledger, time: TimeMs) -> Vec<(String, TimeMs, TimeMs, bool)> {
    let at = Moment {
        height: ledger.tip.height,
        time,
    };
    let found = deadlines(&ledger.state, at, None).unwrap().into_iter();
    let found = found.filter(|deadline| deadline.clock.duty == Duty::Amend);
    found
        .map(|deadline| {
            let clock = deadline.clock;
            let whose = format!("{} {}", clock.department, clock.subject);
            (whose, clock.since, clock.due, deadline.late.is_some())
        })
        .collect()
}

fn awaited(ledger: &Ledger, department: &str) -> Vec<(Awaited, String)> {
    let items = inbox(&ledger.state, &id(department), ledger.moment()).unwrap();
    let items = items.into_iter();
    items.map(|i| (i.awaited, i.record.to_string())).collect()
}

#[test]
fn c1_what_was_granted_before_goes_on_and_the_provider_is_told_as_lapsed() {
    let (ledger, granted) = abolished();
    let verdict = ledger.verdict(APPLICANT, &granted.resource, 2, None);
    assert!(verdict.is_allowed(), "{verdict:?}");
    let own = ledger.verdict(PROVIDER, &granted.resource, 2, None);
    assert!(matches!(
        own,
        Verdict::Allowed(Basis::Owner { lapsed: true, .. })
    ));
}

#[test]
fn c1_an_amendment_to_another_responsibility_mends_it() {
    let (mut ledger, granted) = abolished();
    amended(&mut ledger, &granted.resource);
    let resource = ledger.state.resource(&granted.resource).unwrap().unwrap();
    let cited: Vec<_> = resource
        .versions
        .iter()
        .map(|v| v.responsibility.clone())
        .collect();
    assert_eq!(cited, [Some(responsibility(PROVIDER)), Some(id(SECOND))]);
    let asked = Request {
        version: 2,
        ..request(APPLICANT, &[4])
    };
    let applied = ledger
        .apply_for(APPLICANT, &granted.resource, asked.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(applied, &asked));
    ledger.submit(&head(PROVIDER), vec![grant]).unwrap();
}

#[test]
fn c1_the_provider_owes_an_amendment_and_the_steward_is_told() {
    let (mut ledger, granted) = abolished();
    let code = granted.resource.clone();
    let since = ledger.now;
    let told = owed(&ledger, since);
    let whose = format!("{PROVIDER} resource {code}");
    let [(who, from, due, late)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!((who, *from, *late), (&whose, since, false));
    // The correction's days, and the notice that a withdrawal needs.
    let settings = Settings::default();
    let days = i64::from(settings.deadlines.correction.0 + settings.notice.0);
    assert!(due.0 - since.0 > days * DAY_MS && due.0 - since.0 < (2 * days + 7) * DAY_MS);
    assert!(owed(&ledger, *due)[0].3, "late from its due date on");
    assert!(!owed(&ledger, TimeMs(due.0 - 1))[0].3);
    let subject = format!("resource {code}");
    let mine = (Awaited::Owed(Duty::Amend), subject.clone());
    assert!(awaited(&ledger, PROVIDER).contains(&mine));
    let steward = (Awaited::Unfounded, subject);
    assert!(awaited(&ledger, STEWARD).contains(&steward));
    assert!(!awaited(&ledger, BYSTANDER).contains(&steward));
    // An amendment is the answer, and counts for the score of whoever gave it.
    amended(&mut ledger, &code);
    assert_eq!(owed(&ledger, ledger.now), []);
    assert!(!awaited(&ledger, STEWARD).contains(&steward));
    let all = scores(&ledger.state, ledger.moment()).unwrap();
    let own = all.iter().find(|score| score.department == id(PROVIDER));
    // The grant's decision, and the amendment.
    assert_eq!(own.map(|own| own.answered_in_time), Some(2));
}

#[test]
fn what_the_steward_provides_itself_is_told_to_its_deputy() {
    let mut ledger = Ledger::default();
    let code = ledger.published(STEWARD, 1);
    ledger
        .submit(&head(REGISTRAR), vec![abolish(STEWARD)])
        .unwrap();
    let told = (Awaited::Unfounded, format!("resource {code}"));
    assert!(awaited(&ledger, DEPUTY).contains(&told));
    assert!(!awaited(&ledger, STEWARD).contains(&told));
}

/// The steward is a sub-unit here: its department's entries are as its own.
#[test]
fn what_the_steward_s_department_provides_is_told_to_its_deputy() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let assign = Measure::AssignOffice {
        office: Office::Steward,
        department: id(SUB_UNIT),
        revision: 1,
    };
    ledger.agree(&head(REGISTRAR), assign).unwrap();
    ledger
        .submit(&head(REGISTRAR), vec![abolish(PROVIDER)])
        .unwrap();
    let told = (Awaited::Unfounded, format!("resource {code}"));
    assert!(awaited(&ledger, DEPUTY).contains(&told));
    assert!(!awaited(&ledger, SUB_UNIT).contains(&told));
}

#[test]
fn c1_a_withdrawal_is_an_answer_too() {
    let (mut ledger, granted) = abolished();
    let code = granted.resource;
    let measure = Measure::Withdraw {
        revision: ledger.revision(&code),
        code,
        reason: id("职责取消"),
    };
    ledger.agree(&head(PROVIDER), measure).unwrap();
    assert_eq!(owed(&ledger, ledger.now), []);
    assert_eq!(awaited(&ledger, STEWARD), []);
}

#[test]
fn a_rehearsed_abolition_tells_the_entries_it_leaves_without_a_duty_and_who_loses_what() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let drafted = code(2);
    ledger
        .draft(PROVIDER, &drafted, &entry(&responsibility(PROVIDER)))
        .unwrap();
    let told = |department: &str| {
        let author = head(REGISTRAR).public();
        let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
        let execution = rehearsal
            .execute(vec![abolish(department)], TRANSACTION_WORK_MAX)
            .unwrap();
        let touched = execution.verdict.unwrap();
        let at = rehearsal.at();
        let before = Judged {
            view: &ledger.state,
            at: Moment {
                height: ledger.tip.height,
                time: at.time,
            },
        };
        let after = Judged {
            view: rehearsal.state(),
            at,
        };
        losses(before, after, &touched, 10_000).unwrap()
    };
    let provider = told(PROVIDER);
    assert_eq!(provider.unfounded, [granted.resource]);
    assert_eq!(provider.losses, [], "what was granted goes on");
    let applicant = told(APPLICANT);
    assert_eq!(applicant.unfounded, []);
    let lost: Vec<_> = applicant
        .losses
        .iter()
        .map(|loss| &loss.department)
        .collect();
    assert_eq!(lost, [&id(APPLICANT)]);
}

#[test]
fn of_several_grants_that_cover_a_field_the_verdict_names_the_longest_and_counts_the_others() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let others = |ledger: &Ledger| {
        let verdict = ledger.verdict(APPLICANT, &granted.resource, 2, None);
        match verdict {
            Verdict::Allowed(Basis::Authorized {
                authorization,
                others,
                ..
            }) => (authorization.number, others),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(others(&ledger), (1, 0));
    let longer = Request {
        to: TimeMs(request(APPLICANT, &[2]).to.0 + DAY_MS),
        ..request(APPLICANT, &[2])
    };
    let applied = ledger
        .apply_for(APPLICANT, &granted.resource, longer.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(applied, &longer));
    ledger.submit(&head(PROVIDER), vec![grant]).unwrap();
    assert_eq!(others(&ledger), (2, 1));
    // Another field's is no further one.
    let asked = request(APPLICANT, &[4]);
    let applied = ledger
        .apply_for(APPLICANT, &granted.resource, asked.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(applied, &asked));
    ledger.submit(&head(PROVIDER), vec![grant]).unwrap();
    assert_eq!(others(&ledger), (2, 1));
}

refusals! {
    c1_nothing_is_applied_for_on_an_entry_whose_responsibility_has_ended => "unfounded" {
        let (mut ledger, granted) = abolished();
        ledger.apply_for(APPLICANT, &granted.resource, request(APPLICANT, &[4])).unwrap_err()
    }
    c1_nothing_is_granted_on_an_entry_whose_responsibility_has_ended => "unfounded" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let asked = request(APPLICANT, &[2]);
        let applied = ledger.apply_for(APPLICANT, &code, asked.clone()).unwrap();
        ledger.submit(&head(REGISTRAR), vec![abolish(PROVIDER)]).unwrap();
        let grant = Action::Grant(grant_of(applied, &asked));
        ledger.submit(&head(PROVIDER), vec![grant]).unwrap_err()
    }
    c1_nothing_is_supplied_for_an_entry_whose_responsibility_has_ended => "unfounded" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let asked = request(APPLICANT, &[2]);
        let application = ledger.apply_for(APPLICANT, &code, asked.clone()).unwrap();
        let ask = Action::AskForMore {
            application: application.clone(),
            revision: 1,
            reason: id("请补充"),
        };
        ledger.submit(&head(PROVIDER), vec![ask]).unwrap();
        ledger.submit(&head(REGISTRAR), vec![abolish(PROVIDER)]).unwrap();
        let supply = Action::SupplyApplication { application, revision: 2, request: asked };
        ledger.submit(&head(APPLICANT), vec![supply]).unwrap_err()
    }
    a_responsibility_that_passed_on_since_is_not_abolished_as_it_was => "stale" {
        let mut ledger = Ledger::default();
        let action = Action::AbolishResponsibility {
            code: responsibility(PROVIDER),
            revision: 2,
            reason: id("职责取消"),
        };
        ledger.submit(&head(REGISTRAR), vec![action]).unwrap_err()
    }
}
