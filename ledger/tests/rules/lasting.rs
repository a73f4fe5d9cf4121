//! What lasts on an entry, and what ended on it: whatever touches all authorizations of an entry costs
//! what lasts, however many there ever were.

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::execute::{execute, reach};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{SharingId, TimeMs};
use dirchain_ledger::limits::{RESOURCE_GRANTS_MAX, TRANSACTION_WORK_MAX};
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::records::{Lasting, Record, Request, Resource};
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::{Overlay, Records};

/// One more authorization on the first entry, for the applicant.
fn grant(ledger: &mut Ledger) -> SharingId {
    let request = request(APPLICANT, &[2]);
    let id = ledger
        .apply_for(APPLICANT, &code(1), request.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(id.clone(), &request));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    id
}

fn give_up(ledger: &mut Ledger, authorization: SharingId) {
    let end = Action::EndAuthorization {
        authorization,
        revision: 1,
        reason: id("业务终止"),
    };
    ledger.submit(&administrator(APPLICANT), vec![end]).unwrap();
}

/// A ledger with one published entry on which so many authorizations ended, and so many last.
fn with_grants(ended: usize, lasting: usize) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.published(PROVIDER, 1);
    for _ in 0..ended {
        let id = grant(&mut ledger);
        give_up(&mut ledger, id);
    }
    for _ in 0..lasting {
        grant(&mut ledger);
    }
    ledger
}

fn numbers_listed(ledger: &Ledger) -> Vec<u32> {
    let resource = ledger.state.resource(&code(1)).unwrap().unwrap();
    resource.grants.iter().map(|grant| grant.number).collect()
}

/// The consent that completes a withdrawal whose notice is over.
fn last_consent(ledger: &mut Ledger) -> VerifiedTransaction {
    let withdraw = Measure::Withdraw {
        code: code(1),
        revision: ledger.revision(&code(1)),
        reason: id("系统停用"),
    };
    let proposal = ledger.propose(&head(PROVIDER), withdraw).unwrap();
    let stored = ledger.state.proposal(&proposal).unwrap().unwrap();
    ledger.now = stored.not_before;
    let approve = Action::Approve {
        proposal,
        revision: stored.revision,
    };
    ledger.sign(&head(STEWARD), vec![approve])
}

fn work_of(ledger: &Ledger, transaction: &VerifiedTransaction) -> u64 {
    let mut overlay = Overlay::new(&ledger.state);
    let execution = execute(&mut overlay, ledger.moment(), transaction, u64::MAX);
    execution.verdict.unwrap();
    execution.work
}

fn withdrawal_work(ended: usize, lasting: usize) -> u64 {
    let mut ledger = with_grants(ended, lasting);
    let consent = last_consent(&mut ledger);
    ledger.extend(&[]);
    work_of(&ledger, &consent)
}

#[test]
fn a_withdrawal_costs_what_lasts_and_not_what_ended() {
    let one = withdrawal_work(0, 1);
    assert_eq!(withdrawal_work(40, 1), one, "what ended costs nothing");
    let each = withdrawal_work(0, 2) - one;
    let most = u64::try_from(RESOURCE_GRANTS_MAX).unwrap();
    assert!(
        each > 0 && one + each * most < TRANSACTION_WORK_MAX,
        "{one} + {most} × {each}"
    );
}

#[test]
fn a_withdrawal_ends_all_that_lasts_and_changes_nothing_that_ended() {
    let mut ledger = with_grants(2, 2);
    assert_eq!(numbers_listed(&ledger), [3, 4]);
    let consent = last_consent(&mut ledger);
    ledger.submit_signed(consent).unwrap();
    assert_eq!(numbers_listed(&ledger), [0; 0]);
    let revisions = (1..=4).map(|number| {
        let id = sharing_id(&code(1), number);
        let found = ledger.state.authorization(&id).unwrap().unwrap();
        assert!(found.ended.is_some(), "{id}");
        found.revision
    });
    assert_eq!(revisions.collect::<Vec<_>>(), [2, 2, 2, 2]);
}

#[test]
fn an_authorization_whose_window_is_over_gives_its_room_back() {
    let mut ledger = with_grants(0, 1);
    let asked = request(APPLICANT, &[2]);
    let to = TimeMs(ledger.next_time().0 + DAY_MS);
    let short = Request { to, ..asked };
    let id = ledger
        .apply_for(APPLICANT, &code(1), short.clone())
        .unwrap();
    let action = Action::Grant(grant_of(id, &short));
    ledger
        .submit(&administrator(PROVIDER), vec![action])
        .unwrap();
    assert_eq!(numbers_listed(&ledger), [1, 2]);
    ledger.pass_ms(2 * DAY_MS);
    grant(&mut ledger);
    assert_eq!(numbers_listed(&ledger), [1, 3]);
}

fn handing_over() -> Reorganisation {
    Reorganisation {
        document: id("政函〔2026〕1号"),
        kind: ReorganisationKind::Split,
        transfers: List::new(vec![Transfer {
            responsibility: responsibility(PROVIDER),
            from: id(PROVIDER),
            to: Some(id(BYSTANDER)),
        }])
        .unwrap(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    }
}

#[test]
fn what_a_reorganisation_reads_of_an_entry_is_what_lasts() {
    let read = |ended| {
        let ledger = with_grants(ended, 2);
        let reorganisation = Overlay::new(&ledger.state);
        let reach = reach(&reorganisation, ledger.moment(), &handing_over()).unwrap();
        assert_eq!(reach.provided.len(), 2);
        reorganisation.work()
    };
    assert_eq!(read(30), read(0));
}

refusals! {
    an_entry_bears_so_many_lasting_authorizations => "full" {
        let mut ledger = with_full_list();
        let request = request(APPLICANT, &[2]);
        let id = ledger.apply_for(APPLICANT, &code(1), request.clone()).unwrap();
        let grant = Action::Grant(grant_of(id, &request));
        ledger.submit(&administrator(PROVIDER), vec![grant]).unwrap_err()
    }
}

/// A ledger whose genesis has an entry with as many authorizations as may last.
fn with_full_list() -> Ledger {
    let ledger = with_grants(0, 1);
    let resource = ledger.state.resource(&code(1)).unwrap().unwrap();
    let to = TimeMs(ledger.next_time().0 + 30 * DAY_MS);
    let count = u32::try_from(RESOURCE_GRANTS_MAX).unwrap();
    let lasting = (1..=count).map(|number| Lasting { number, to });
    let full = Resource {
        grants: List::new(lasting.collect()).unwrap(),
        applications: count,
        ..resource
    };
    let mut records = genesis_records();
    records.push(Record::Resource(Box::new(full)));
    let genesis = Genesis::new(id("满额"), GENESIS_TIME, records).unwrap();
    Ledger::new(&genesis)
}
