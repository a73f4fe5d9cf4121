//! What is owed and how late (S7): derived by anybody from block time, never stored.

use dirchain_ledger::clocks::{Duty, deadlines};
use dirchain_ledger::ids::{Moment, TimeMs};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

/// The same state says that nothing is late, and that something is, by the instant alone.
#[test]
fn s7_a_reply_is_overdue_by_block_time_alone() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let application = ledger
        .apply_for(APPLICANT, &code, request(APPLICANT, &[2]))
        .unwrap();
    let height = ledger.tip.height;
    let owed = |time: TimeMs| {
        let at = Moment { height, time };
        let found = deadlines(&ledger.state, at, None).unwrap();
        let mut own = found.into_iter().filter(|d| d.clock.duty == Duty::Decide);
        own.next().unwrap()
    };
    let due = owed(ledger.tip.time).clock.due;
    assert_eq!(owed(ledger.tip.time).late, None);
    assert_eq!(owed(TimeMs(due.0 - 1)).late, None);
    assert!(owed(due).late.is_some());
    assert_eq!(
        owed(due).clock.subject,
        RecordId::Application(application.clone())
    );
    let stored = ledger.state.application(&application).unwrap().unwrap();
    assert_eq!((stored.revision, stored.stages.len()), (1, 1));
}

/// A longer deadline in the parameters moves what begins after it, and nothing that runs already.
#[test]
fn s7_the_days_come_from_the_parameters_of_the_block() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let apply = |ledger: &mut Ledger| {
        let asked = request(APPLICANT, &[2]);
        ledger.apply_for(APPLICANT, &code, asked).unwrap()
    };
    let before = apply(&mut ledger);
    let due = |ledger: &Ledger, id: &dirchain_ledger::ids::SharingId| {
        let found = deadlines(&ledger.state, ledger.moment(), None).unwrap();
        let subject = RecordId::Application(id.clone());
        let mut own = found.into_iter().filter(|d| d.clock.subject == subject);
        own.next().unwrap().clock.due
    };
    let first = due(&ledger, &before);
    let settings = dirchain_ledger::records::Settings {
        heartbeat_ms: HEARTBEAT_MS,
        deadlines: dirchain_ledger::records::Deadlines {
            conditional: dirchain_ledger::calendar::WorkingDays(30),
            ..dirchain_ledger::records::Settings::default().deadlines
        },
        ..dirchain_ledger::records::Settings::default()
    };
    let change = dirchain_ledger::measure::ParameterChange {
        revision: 1,
        settings: Some(settings),
        add_purposes: dirchain_ledger::bounded::List::default(),
        end_purposes: dirchain_ledger::bounded::List::default(),
        days: dirchain_ledger::bounded::List::default(),
    };
    let measure = dirchain_ledger::measure::Measure::ChangeParameters(change);
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    let after = apply(&mut ledger);
    assert_eq!(due(&ledger, &before), first);
    assert!(due(&ledger, &after) > first);
}
