//! Random histories: answers are the ledger's, whatever is left out shows, and no bytes make the
//! verifier panic.

use std::collections::BTreeSet;

use dirchain_evidence::bundle::Bundle;
use dirchain_evidence::testing::forgeries::good;
use dirchain_evidence::testing::{World, genesis};
use dirchain_evidence::uses::Sealed;
use dirchain_evidence::{Anchor, Kind, Request, export, verify};
use dirchain_ledger::access::who_may_read;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Height, Moment};
use dirchain_ledger::records::{RecordId, RecordKind, Seal};
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records as _, View};
use proptest::prelude::*;

use crate::second::{folder, genesis_arguments, second, told_uses};
use crate::steps::{CODES, Step, step};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A chain of these steps whose validators change now and then.
fn play(steps: &[Step]) -> World {
    let genesis = genesis(4);
    let mut ledger = Ledger::new(&genesis);
    let mut candidates = Vec::new();
    for step in steps {
        candidates.push(step.sign(&ledger));
        if step.ends_block {
            ledger.pass_ms(step.wait_ms());
            ledger.extend(&candidates);
            candidates.clear();
        }
    }
    ledger.pass_ms(HEARTBEAT_MS);
    ledger.extend(&[]);
    let height = ledger.tip.height.0;
    World::over(genesis, ledger, 4, &[height / 3, height / 2, height - 1])
}

fn departments(world: &World) -> Vec<DepartmentId> {
    let kind = RecordKind::Department;
    let ids = world.list(kind, None, usize::MAX).unwrap();
    let ids = ids.into_iter().filter_map(|id| match id {
        RecordId::Department(id) => Some(id),
        _ => None,
    });
    ids.collect()
}

fn moments(world: &World) -> Vec<Moment> {
    let start = Moment {
        height: Height::GENESIS,
        time: GENESIS_TIME,
    };
    let blocks = world.ledger.blocks.iter().map(|b| b.header.moment());
    std::iter::once(start).chain(blocks).collect()
}

fn batches(world: &World, number: u32) -> Vec<RecordId> {
    let (target, kind) = (RecordId::Resource(code(number)), RecordKind::ReceiptBatch);
    world.referrers(&target, kind, None, usize::MAX).unwrap()
}

fn request(world: &World, number: u32) -> Request {
    Request {
        departments: departments(world),
        ..Request::of(RecordId::Resource(code(number)))
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn timelines_are_the_ledgers_at_every_height(steps in prop::collection::vec(step(), 40..90)) {
        let world = play(&steps);
        for number in 1..=CODES {
            let bytes = export(&world, &request(&world, number)).unwrap();
            let proven = verify(&bytes, Anchor::Genesis(&world.genesis), &[]).unwrap();
            for at in moments(&world) {
                let then = world.ledger.state.at(at.height);
                for field in [1, 2, 3, 4].map(FieldNumber) {
                    let was = who_may_read(&then, &code(number), field, at).unwrap();
                    prop_assert_eq!(&proven.who_may_read(field, at).unwrap(), &was);
                    let told = proven.moment_at(at.time).unwrap();
                    prop_assert_eq!(proven.who_may_read(field, told).unwrap(), was);
                }
            }
            let uses = proven.uses().unwrap();
            prop_assert_eq!(uses.len(), batches(&world, number).len());
            for used in uses {
                let batch = world.ledger.state.receipt_batch(&used.batch).unwrap().unwrap();
                let sealed = |own: &Option<Sealed>| own.clone().map(|own| (own.counted, own.at));
                let ledgers = |own: Option<Seal>| own.map(|own| (own.counted, own.at));
                prop_assert_eq!(sealed(&used.provider), ledgers(batch.provider));
                prop_assert_eq!(sealed(&used.consumer), ledgers(batch.consumer));
                prop_assert_eq!(used.contested, batch.contested);
                prop_assert!(used.covered, "{:?}", used.batch);
            }
            // A span of reading is one during which the ledger said yes, and its ends are where it did not.
            for reading in proven.readings().unwrap() {
                let grantee = &reading.authorization.grantee;
                let at = proven.moment_at(reading.from).unwrap();
                for field in &reading.fields {
                    let verdict = proven.may_read(grantee, *field, None, at).unwrap();
                    prop_assert!(verdict.is_allowed());
                }
            }
        }
    }

    /// Deleting any one event, record, transaction or header is told.
    #[test]
    fn whatever_is_left_out_shows(steps in prop::collection::vec(step(), 40..70)) {
        let world = play(&steps);
        let anchor = Anchor::Genesis(&world.genesis);
        let bytes = export(&world, &Request::of(RecordId::Resource(code(1)))).unwrap();
        verify(&bytes, anchor, &[]).unwrap();
        let whole = Bundle::parse(&bytes).unwrap();
        let mut without = Vec::new();
        for place in 0..whole.events.len() {
            let mut bundle = whole.clone();
            bundle.events.remove(place);
            without.push(bundle);
        }
        for place in 0..whole.records.len() {
            let mut bundle = whole.clone();
            bundle.records.remove(place);
            without.push(bundle);
        }
        for place in 0..whole.transactions.len() {
            let mut bundle = whole.clone();
            bundle.transactions.remove(place);
            without.push(bundle);
        }
        for place in 0..whole.epochs.len() {
            let mut bundle = whole.clone();
            bundle.epochs.remove(place);
            without.push(bundle);
        }
        for bundle in &without {
            prop_assert!(verify(&bundle.to_bytes(), anchor, &[]).is_err());
        }
    }
}

#[test]
fn the_second_verifier_agrees_on_random_histories() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    for round in 0..4 {
        let steps = prop::collection::vec(step(), 50..80);
        let world = play(&steps.new_tree(&mut runner).unwrap().current());
        let dir = folder(&format!("random-{round}"));
        let bytes = export(&world, &request(&world, 1)).unwrap();
        let anchor = Anchor::Genesis(&world.genesis);
        let proven = verify(&bytes, anchor, &[]).unwrap();
        let whole = Bundle::parse(&bytes).unwrap();
        let mut files = vec![(bytes.clone(), None)];
        let places = [0, whole.records.len() / 2, whole.records.len() - 1];
        for place in BTreeSet::from(places) {
            let mut bundle = whole.clone();
            bundle.records.remove(place);
            let bytes = bundle.to_bytes();
            // A department that was only asked about may be left out.
            let code = verify(&bytes, anchor, &[])
                .err()
                .map(|reason| reason.code());
            files.push((bytes, code));
        }
        for place in 0..whole.events.len() {
            let mut bundle = whole.clone();
            bundle.events.remove(place);
            let bytes = bundle.to_bytes();
            let code = verify(&bytes, anchor, &[]).unwrap_err().code();
            files.push((bytes, Some(code)));
        }
        let mut paths = Vec::new();
        for (index, (bytes, _)) in files.iter().enumerate() {
            let path = dir.join(format!("{index}.dirchain-proof"));
            std::fs::write(&path, bytes).unwrap();
            paths.push(path);
        }
        let mut arguments = genesis_arguments(&dir, &world);
        let mut expected = Vec::new();
        for at in moments(&world) {
            arguments.push("--who-may-read".to_owned());
            arguments.extend([2.to_string(), at.height.to_string(), at.time.0.to_string()]);
            let told = proven.who_may_read(FieldNumber(2), at).unwrap();
            expected.push(serde_json::to_value(told).unwrap());
        }
        let verdicts = second(&dir, &paths[..1], &arguments);
        assert_eq!(
            verdicts[0]["readers"],
            serde_json::Value::Array(expected),
            "{}",
            verdicts[0]
        );
        assert_eq!(verdicts[0]["uses"], told_uses(&proven));
        let arguments = genesis_arguments(&dir, &world);
        let verdicts = second(&dir, &paths, &arguments);
        for ((_, code), verdict) in files.iter().zip(&verdicts) {
            assert_eq!(verdict["code"].as_str(), *code, "{verdict}");
        }
    }
}

proptest! {
    #![proptest_config(config(400))]

    /// Bytes changed at random are refused, or change nothing that is proven; never a panic.
    #[test]
    fn mutated_files_are_refused_without_a_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
    ) {
        let bytes = GOOD.with(Clone::clone);
        let genesis = genesis(4);
        let mut mutated = bytes.clone();
        for (place, value, kind) in edits {
            if mutated.is_empty() {
                continue;
            }
            let place = place.index(mutated.len());
            match kind {
                0 => mutated[place] = value,
                1 => mutated.truncate(place),
                2 => mutated.insert(place, value),
                _ => {
                    mutated.remove(place);
                }
            }
        }
        let verdict = verify(&mutated, Anchor::Genesis(&genesis), &[]);
        match verdict {
            Ok(_) => prop_assert_eq!(mutated, bytes),
            Err(reason) => prop_assert_eq!(reason.kind(), Kind::Invalid, "{}", reason),
        }
    }

    #[test]
    fn random_bytes_are_no_file(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Bundle::parse(&bytes).is_err());
        let framed = [dirchain_evidence::bundle::MAGIC.as_slice(), &bytes].concat();
        prop_assert!(verify(&framed, Anchor::Genesis(&genesis(4)), &[]).is_err());
    }
}

thread_local! {
    static GOOD: Vec<u8> = good();
}
