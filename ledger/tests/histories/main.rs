//! Random histories of a small city, held against a naive model.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions
)]

mod cases;
mod joining;
mod measure_steps;
mod past;
mod processes;
mod steps;
mod usage;
mod use_steps;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use dirchain_ledger::access::{Basis, Verdict, may_read, who_may_read};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::chain::{Built, Outcome};
use dirchain_ledger::execute::{Refusal, execute};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, Height, Moment, PurposeCode, ResourceCode, TimeMs,
};
use dirchain_ledger::limits;
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::records::{ProposalStatus, Record, RecordId, Settings, Trail, TrailEvent};
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::{Overlay, Records, View};
use proptest::prelude::*;

use steps::{CODES, Step, step};
use world::{Judged, Question, World};

/// The settings of the histories: no epoch ends within them.
fn settings() -> Settings {
    Settings {
        heartbeat_ms: HEARTBEAT_MS,
        epoch_blocks: limits::EPOCH_BLOCKS_MAX,
        ..Settings::default()
    }
}

/// The genesis of the histories' city.
fn city() -> Genesis {
    let mut records = genesis_records();
    for record in &mut records {
        if let Record::Parameters(parameters) = record {
            parameters.settings = settings();
        }
    }
    Genesis::new(id("测试市目录链"), GENESIS_TIME, records).unwrap()
}

static CITY: LazyLock<Ledger> = LazyLock::new(|| Ledger::new(&city()));

/// A ledger after random steps, and the reference model after each of its heights: they came to the
/// same with every transaction. `each` sees every block with its candidates.
fn play(
    steps: &[Step],
    mut each: impl FnMut(&Ledger, &[VerifiedTransaction]),
) -> (Ledger, Vec<World>) {
    let mut ledger = CITY.clone();
    let mut worlds = vec![World::of_the_city(settings())];
    let mut candidates: Vec<VerifiedTransaction> = Vec::new();
    for step in steps {
        let candidate = step.sign(&ledger);
        if candidates.iter().all(|other| other.id() != candidate.id()) {
            candidates.push(candidate);
        }
        if !step.ends_block {
            continue;
        }
        let (before, after) = step.waits_ms();
        ledger.pass_ms(before);
        each(&ledger, &candidates);
        let height = ledger.tip.height;
        let built = ledger.extend(&candidates);
        let mut world = worlds.last().unwrap().clone();
        judge_alike(&mut world, &built, &candidates);
        if ledger.tip.height > height {
            world.blocks.push(ledger.tip.block);
            worlds.push(world);
        }
        candidates.clear();
        ledger.pass_ms(after);
    }
    (ledger, worlds)
}

/// The reference model comes to the same with each candidate, and names the reason.
fn judge_alike(world: &mut World, built: &Built, candidates: &[VerifiedTransaction]) {
    let at = built.block.header.moment();
    for candidate in candidates {
        let refused = built.refused.iter().find(|(id, _)| *id == candidate.id());
        let code = refused.map(|(_, rejection)| rejection.code());
        let told = || format!("{:?}: {refused:?}", candidate.actions());
        match (world.judge(at, candidate), code) {
            (Judged::Accepted, None) => {}
            (Judged::Open(_), None) => world.accept(at, candidate),
            (Judged::Refused(codes) | Judged::Open(codes), Some(code)) => {
                assert!(codes.contains(code), "{codes:?}, not {code}: {}", told());
            }
            (judged, _) => panic!("{judged:?} by the model: {}", told()),
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

/// So many random cases, or as many as `PROPTEST_CASES` asks for.
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: asked.map_or(cases, |asked| asked.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 150..220)
}

proptest! {
    #![proptest_config(config(32))]

    /// The verdicts are those that the five points give, at every height and several times.
    #[test]
    fn may_read_agrees_with_the_model(steps in history()) {
        let (ledger, worlds) = play(&steps, |_, _| ());
        for (height, world) in (0..).map(Height).zip(&worlds) {
            let view = ledger.state.at(height);
            for code in codes() {
                let departments: Vec<DepartmentId> = world.departments.keys().cloned().collect();
                for time in times(&ledger, height) {
                    let at = Moment { height, time };
                    let mut readers: BTreeMap<FieldNumber, BTreeSet<DepartmentId>> = BTreeMap::new();
                    for (department, field, purpose) in questions(&departments) {
                        let purpose = purpose.as_ref();
                        let given = may_read(&view, &department, &code, field, purpose, at).unwrap();
                        let question = Question { code: &code, department: &department, field, purpose, at };
                        let expected = world.verdict(&question);
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
        let (ledger, worlds) = play(&steps, |_, _| ());
        for (outcome, block) in ledger.outcomes.iter().zip(&ledger.blocks) {
            let at = block.header.moment();
            let before = ledger.state.at(at.height.previous().unwrap());
            let touched: BTreeSet<&RecordId> =
                outcome.touched.iter().flatten().map(|(id, _)| id).collect();
            for code in codes() {
                let world = &worlds[at.height.0 as usize];
                let record = ledger.state.at(at.height).resource(&code).unwrap();
                let trail = record.map(|resource| resource.trail);
                let expected = world.entries.get(&code).map(|listed| listed.trail);
                prop_assert_eq!(trail, expected, "{} at {}", code, at.height);
                if touched.contains(&RecordId::Resource(code.clone())) {
                    continue;
                }
                let then = &worlds[at.height.0 as usize - 1];
                let departments = world.departments.iter().filter(|(id, body)| {
                    then.departments.get(*id).is_some_and(|before| before.status == body.status)
                });
                let departments: Vec<DepartmentId> =
                    departments.map(|(id, _)| id.clone()).collect();
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
    if let Verdict::Allowed(
        Basis::Authorized { suspect, .. } | Basis::Unconditional { suspect, .. },
    ) = &mut verdict
    {
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
        // The block is in the making: nobody can name its hash yet.
        (tip.height, tip.block) = (at.height, Hash([0xFF; 32]));
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
    let mut in_force: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..60 {
        let steps = history().new_tree(&mut runner).unwrap().current();
        let (ledger, _) = play(&steps, |ledger, candidates| {
            for (_, rejection) in ledger.build(candidates).refused {
                *refused.entry(rejection.code()).or_default() += 1;
            }
        });
        for (outcome, block) in ledger.outcomes.iter().zip(&ledger.blocks) {
            for action in block.transactions.iter().flat_map(|t| t.actions.iter()) {
                *accepted.entry(action.name()).or_default() += 1;
            }
            let carried_out = outcome.records.values().filter_map(|record| match record {
                Record::Proposal(proposal) => Some(proposal),
                _ => None,
            });
            for proposal in carried_out {
                if let ProposalStatus::InForce { .. } = proposal.status {
                    *in_force.entry(proposal.measure.name()).or_default() += 1;
                }
            }
        }
    }
    // Rare: a history of its own holds it, below, and `rules/proposals.rs` the measure.
    accepted.entry("confirm_holder").or_default();
    in_force.entry("confirm_holder").or_default();
    assert_eq!(accepted.len(), 54, "every action: {accepted:?}");
    assert_eq!(in_force.len(), 13, "every measure: {in_force:?}");
    assert!(accepted["grant"] >= 50, "{accepted:?}");
    assert!(accepted["end_authorization"] >= 5, "{accepted:?}");
    assert!(accepted["seal_receipts"] >= 50, "{accepted:?}");
    assert!(refused.len() >= 60, "{}: {refused:?}", refused.len());
}

/// A responsibility passes on, and the provider confirms its new holder.
#[test]
fn a_new_holder_s_grant_is_the_model_s_too() {
    let mut ledger = CITY.clone();
    let granted = ledger.granted(1, &[2]);
    let transfer = Transfer {
        responsibility: responsibility(APPLICANT),
        from: id(APPLICANT),
        to: Some(id(BYSTANDER)),
    };
    let split = Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("京编办〔2026〕1号"),
        transfers: List::new(vec![transfer]).unwrap(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    };
    let agreed = ledger.agree(&head(REGISTRAR), Measure::Reorganise(split));
    agreed.unwrap();
    let confirm = Action::ConfirmHolder {
        authorization: granted.clone(),
        revision: 1,
    };
    for expected in [None, Some("stale")] {
        let confirmed = ledger.submit(&administrator(PROVIDER), vec![confirm.clone()]);
        assert_eq!(confirmed.err().map(|rejection| rejection.code()), expected);
    }
    let mut world = World::of_the_city(settings());
    for block in &ledger.blocks {
        let at = block.header.moment();
        for transaction in &block.transactions {
            let verified = transaction.clone().verify(ledger.chain).unwrap();
            assert_eq!(world.judge(at, &verified), Judged::Accepted);
        }
    }
    for department in [APPLICANT, BYSTANDER] {
        let question = Question {
            code: &granted.resource,
            department: &id(department),
            field: FieldNumber(2),
            purpose: None,
            at: ledger.moment(),
        };
        let given = ledger.verdict(department, &granted.resource, 2, None);
        assert_eq!(given.is_allowed(), department == BYSTANDER);
        assert_eq!(world.verdict(&question), given);
    }
}
