//! Random histories of a small city, held against a naive model.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions
)]

mod cases;
mod joining;
mod model;
mod past;
mod steps;
mod usage;
mod use_steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use dirchain_ledger::access::{Basis, Verdict, may_read, who_may_read};
use dirchain_ledger::block::Block;
use dirchain_ledger::chain::Outcome;
use dirchain_ledger::execute::{Refusal, execute};
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, Height, Moment, PurposeCode, ResourceCode, TimeMs,
};
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::records::{Record, RecordId, Trail, TrailEvent};
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::{Overlay, Records, View};
use proptest::prelude::*;

use model::{Event, Model};
use steps::{CODES, Step, step};

static CITY: LazyLock<Ledger> = LazyLock::new(Ledger::default);

/// A ledger and its model after random steps; `each` sees every block with its candidates.
fn play(steps: &[Step], mut each: impl FnMut(&Ledger, &[VerifiedTransaction])) -> (Ledger, Model) {
    let (mut ledger, mut model) = (CITY.clone(), Model::default());
    let mut candidates = Vec::new();
    for step in steps {
        candidates.push(step.sign(&ledger));
        if !step.ends_block {
            continue;
        }
        ledger.pass_ms(step.wait_ms());
        each(&ledger, &candidates);
        let height = ledger.tip.height;
        let built = ledger.extend(&candidates);
        if ledger.tip.height > height {
            remember(&mut model, &built.block);
        }
        candidates.clear();
    }
    (ledger, model)
}

fn remember(model: &mut Model, block: &Block) {
    for transaction in &block.transactions {
        for (index, action) in (0u32..).zip(&transaction.actions) {
            model.events.push(Event {
                at: block.header.moment(),
                author: transaction.envelope.author,
                transaction: transaction.id(),
                index,
                action: action.clone(),
            });
        }
    }
}

fn codes() -> impl Iterator<Item = ResourceCode> {
    (1..=CODES).map(code)
}

/// The time of the block at a height.
fn time_of(ledger: &Ledger, height: Height) -> TimeMs {
    match height.previous() {
        Some(previous) => ledger.blocks[previous.0 as usize].header.time,
        None => GENESIS_TIME,
    }
}

/// The times asked about at a height: its block's, and some that windows may begin or end at.
fn times(ledger: &Ledger, height: Height) -> [TimeMs; 3] {
    let time = time_of(ledger, height);
    [0, DAY_MS + 500, 4 * DAY_MS].map(|later| TimeMs(time.0 + later))
}

const FIELDS: [FieldNumber; 4] = [
    FieldNumber(1),
    FieldNumber(2),
    FieldNumber(3),
    FieldNumber(9),
];

/// Every question about a resource at one height and time, for all departments.
fn questions(
    departments: &[DepartmentId],
) -> impl Iterator<Item = (DepartmentId, FieldNumber, Option<PurposeCode>)> {
    let purposes = [None, Some(id(PURPOSES[0]))];
    departments.iter().flat_map(move |department| {
        let purposes = purposes.clone();
        FIELDS.into_iter().flat_map(move |field| {
            let purposes = purposes.clone().into_iter();
            let department = department.clone();
            purposes.map(move |purpose| (department.clone(), field, purpose))
        })
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 110..160)
}

proptest! {
    #![proptest_config(config(40))]

    /// The verdicts are those that the five points give, at every height and several times.
    #[test]
    fn may_read_agrees_with_the_model(steps in history()) {
        let (ledger, model) = play(&steps, |_, _| ());
        for height in (0..=ledger.tip.height.0).map(Height) {
            let view = ledger.state.at(height);
            for code in codes() {
                let told = model.told(&code, height);
                let departments: Vec<DepartmentId> = told.departments().cloned().collect();
                for time in times(&ledger, height) {
                    let at = Moment { height, time };
                    let mut readers: BTreeMap<FieldNumber, BTreeSet<DepartmentId>> = BTreeMap::new();
                    for (department, field, purpose) in questions(&departments) {
                        let purpose = purpose.as_ref();
                        let given = may_read(&view, &department, &code, field, purpose, at).unwrap();
                        let expected = told.verdict(&code, &department, field, purpose, at);
                        prop_assert_eq!(&given, &expected, "{} {} {} {:?}", department, code, field, at);
                        if purpose.is_none() && given.is_allowed() {
                            readers.entry(field).or_default().insert(department);
                        }
                    }
                    for field in FIELDS {
                        let listed = who_may_read(&view, &code, field, at).unwrap();
                        for reader in &listed {
                            let verdict = may_read(&view, &reader.department, &code, field, None, at);
                            prop_assert_eq!(verdict.unwrap(), Verdict::Allowed(reader.basis.clone()));
                        }
                        let listed: BTreeSet<_> = listed.into_iter().map(|r| r.department).collect();
                        prop_assert_eq!(listed, readers.remove(&field).unwrap_or_default());
                    }
                }
            }
        }
    }

    /// Whatever changes a verdict on a resource, other than a department's own status and reports
    /// about a key, is on its trail; and trails are what the blocks' actions make of them.
    #[test]
    fn trails_hold_everything_that_changes_a_verdict(steps in history()) {
        let (ledger, model) = play(&steps, |_, _| ());
        for (outcome, block) in ledger.outcomes.iter().zip(&ledger.blocks) {
            let at = block.header.moment();
            let before = ledger.state.at(at.height.previous().unwrap());
            let touched: BTreeSet<&RecordId> =
                outcome.touched.iter().flatten().map(|(id, _)| id).collect();
            for code in codes() {
                let told = model.told(&code, at.height);
                let record = ledger.state.at(at.height).resource(&code).unwrap();
                let trail = record.map_or(Trail::default(), |resource| resource.trail);
                prop_assert_eq!(trail, told.trail(), "{} at {}", code, at.height);
                if touched.contains(&RecordId::Resource(code.clone())) {
                    continue;
                }
                let departments: Vec<DepartmentId> = told
                    .departments()
                    .filter(|id| before.department(id).unwrap().is_some())
                    .cloned()
                    .collect();
                for time in times(&ledger, at.height) {
                    let (then, now) = (Moment { height: at.height.previous().unwrap(), time }, Moment { time, ..at });
                    for (department, field, purpose) in questions(&departments) {
                        let purpose = purpose.as_ref();
                        let view = ledger.state.at(at.height);
                        let old = may_read(&before, &department, &code, field, purpose, then).unwrap();
                        let new = may_read(&view, &department, &code, field, purpose, now).unwrap();
                        let (old, new) = (but_for_reports(old), but_for_reports(new));
                        prop_assert_eq!(old, new, "{} {} {} at {:?}", department, code, field, at);
                    }
                }
            }
        }
        let recomputed = trails_from_touched(&ledger);
        for (id, trail) in &recomputed {
            prop_assert_eq!(Some(*trail), trail_of(ledger.state.record(id).unwrap()), "{}", id);
        }
    }

    /// Refused candidates change nothing: the block without them is the same, and executing one by
    /// one over applied state gives what executing over an overlay gives.
    #[test]
    fn refused_transactions_change_nothing_and_overlays_are_faithful(steps in history()) {
        play(&steps, |ledger, candidates| {
            let built = ledger.build(candidates);
            let included = built.block.transactions.iter();
            let kept: Vec<VerifiedTransaction> = included
                .map(|transaction| transaction.clone().verify(ledger.chain).unwrap())
                .collect();
            let without = ledger.build(&kept);
            assert!(without.block == built.block && without.refused.is_empty());
            assert!(without.outcome == built.outcome);
            assert_overlay_is_faithful(ledger, candidates);
        });
    }
}

/// The trails of all records, from the index of what each action touched.
fn trails_from_touched(ledger: &Ledger) -> BTreeMap<RecordId, Trail> {
    let mut trails: BTreeMap<RecordId, Trail> = BTreeMap::new();
    for (outcome, block) in ledger.outcomes.iter().zip(&ledger.blocks) {
        for (touched, transaction) in outcome.touched.iter().zip(&block.transactions) {
            let mut in_order: Vec<_> = touched.iter().collect();
            in_order.sort_by_key(|(_, index)| *index);
            for (id, index) in in_order {
                let record = ledger.state.record(id).unwrap();
                if trail_of(record).is_none() {
                    continue;
                }
                let trail = trails.entry(id.clone()).or_default();
                *trail = trail.extended(&TrailEvent {
                    at: block.header.moment(),
                    transaction: transaction.id(),
                    action_index: *index,
                    action: transaction.actions[*index as usize].leaf(),
                });
            }
        }
    }
    trails
}

fn trail_of(record: Option<Record>) -> Option<Trail> {
    match record? {
        Record::Department(record) => Some(record.trail),
        Record::Node(record) => Some(record.trail),
        Record::Responsibility(record) => Some(record.trail),
        Record::Resource(record) => Some(record.trail),
        Record::Proposal(record) => Some(record.trail),
        Record::Key(_)
        | Record::Application(_)
        | Record::Authorization(_)
        | Record::Offices(_)
        | Record::Parameters(_)
        | Record::Membership(_)
        | Record::Binding(_)
        | Record::Usage(_)
        | Record::ReceiptBatch(_)
        | Record::Rating(_)
        | Record::DataElement(_)
        | Record::Objection(_)
        | Record::Finding(_)
        | Record::Demand(_)
        | Record::Obligation(_)
        | Record::Docket(_) => None,
    }
}

/// A verdict without what reports about keys add to it: they are on no resource's trail.
fn but_for_reports(mut verdict: Verdict) -> Verdict {
    if let Verdict::Allowed(Basis::Authorized { suspect, .. }) = &mut verdict {
        *suspect = false;
    }
    verdict
}

fn assert_overlay_is_faithful(ledger: &Ledger, candidates: &[VerifiedTransaction]) {
    let at = Moment {
        height: ledger.tip.height.next(),
        time: ledger.next_time(),
    };
    let mut stacked = Overlay::new(&ledger.state);
    let mut applied: MemoryState = ledger.state.clone();
    for candidate in candidates {
        let over = execute(&mut stacked, at, candidate, u64::MAX);
        let mut single = Overlay::new(&applied);
        let alone = execute(&mut single, at, candidate, u64::MAX);
        assert_eq!(over, alone);
        assert!(!matches!(over.verdict, Err(Refusal::Unreadable(_))));
        let records = single.into_writes().into_records();
        let mut tip = ledger.tip.clone();
        tip.height = at.height;
        applied.apply(&Outcome {
            tip,
            records,
            pages: Vec::new(),
            log_nodes: Vec::new(),
            touched: Vec::new(),
            given_up: Vec::new(),
        });
    }
    for (id, record) in stacked.into_writes().into_records() {
        assert_eq!(applied.record(&id).unwrap(), Some(record));
    }
}

/// The random steps are worth their time: all of it happens, and often enough succeeds.
#[test]
fn random_histories_reach_every_kind_of_action() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..60 {
        let steps = history().new_tree(&mut runner).unwrap().current();
        let (_, model) = play(&steps, |ledger, candidates| {
            for (_, rejection) in ledger.build(candidates).refused {
                *refused.entry(rejection.code()).or_default() += 1;
            }
        });
        for event in &model.events {
            *accepted.entry(event.action.name()).or_default() += 1;
        }
    }
    assert_eq!(
        accepted.len(),
        42,
        "all but the removal of nodes, the retirement of data elements, and proposals: {accepted:?}"
    );
    assert!(accepted["grant"] >= 50, "{accepted:?}");
    assert!(accepted["end_authorization"] >= 3, "{accepted:?}");
    assert!(accepted["seal_receipts"] >= 50, "{accepted:?}");
    assert!(refused.len() >= 15, "{refused:?}");
}
