//! Random histories: answers are the ledger's, whatever is left out shows, and no bytes make the
//! verifier panic.

use dirchain_evidence::bundle::Bundle;
use dirchain_evidence::strict::Strict;
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
            let (before, after) = step.waits_ms();
            ledger.pass_ms(before);
            ledger.extend(&candidates);
            candidates.clear();
            ledger.pass_ms(after);
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
        let subjects = [RecordId::Resource(code(1)), RecordId::Department(id(PROVIDER))];
        for subject in subjects {
            let bytes = export(&world, &Request::of(subject)).unwrap();
            verify(&bytes, anchor, &[]).unwrap();
            for bytes in each_left_out(&bytes) {
                prop_assert!(verify(&bytes, anchor, &[]).is_err());
            }
        }
    }

    /// A pinned header left out of the file is told to whoever holds the pin and is strict.
    #[test]
    fn a_pin_left_out_shows(steps in prop::collection::vec(step(), 40..50)) {
        let world = play(&steps);
        // No end of an epoch, which would show it too.
        let height = Height(world.ledger.tip.height.0 / 2 + 1);
        let mut request = Request::of(RecordId::Resource(code(1)));
        let strict = |request: &Request| {
            let pin = world.checkpoint(height.0);
            let bytes = export(&world, request).unwrap();
            let proven = verify(&bytes, Anchor::Checkpoint(&pin), &[]).unwrap();
            let strict = Strict {
                now: proven.until.time,
                pin_age_ms_max: i64::MAX,
                witness_count_min: 0,
            };
            strict.judge(&proven)
        };
        prop_assert_eq!(strict(&request).map_err(|reason| reason.code()), Err("pin-not-linked"));
        request.pins = vec![height];
        prop_assert_eq!(strict(&request), Ok(()));
    }
}

/// The file without each one of its events, records, transactions and ends of epochs.
fn each_left_out(bytes: &[u8]) -> Vec<Vec<u8>> {
    let whole = Bundle::parse(bytes).unwrap();
    let mut without = Vec::new();
    let mut each = |count: usize, remove: fn(&mut Bundle<'_>, usize)| {
        for place in 0..count {
            let mut bundle = whole.clone();
            remove(&mut bundle, place);
            without.push(bundle.to_bytes());
        }
    };
    each(whole.events.len(), |b, place| {
        let _gone = b.events.remove(place);
    });
    each(whole.records.len(), |b, place| {
        let _gone = b.records.remove(place);
    });
    each(whole.transactions.len(), |b, place| {
        let _gone = b.transactions.remove(place);
    });
    each(whole.epochs.len(), |b, place| {
        let _gone = b.epochs.remove(place);
    });
    without
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
        let anchor = Anchor::Genesis(&world.genesis);
        let own = genesis_arguments(&dir, &world);
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let bytes = export(&world, &request(&world, 1)).unwrap();
        let proven = verify(&bytes, anchor, &[]).unwrap();
        let (mut arguments, mut expected) = (own.clone(), Vec::new());
        for at in moments(&world) {
            let then = world.ledger.state.at(at.height);
            for field in [1, 2, 3, 4u16] {
                arguments.push("--who-may-read".to_owned());
                let point = [
                    field.to_string(),
                    at.height.to_string(),
                    at.time.0.to_string(),
                ];
                arguments.extend(point);
                let was = who_may_read(&then, &code(1), FieldNumber(field), at).unwrap();
                expected.push(serde_json::to_value(was).unwrap());
            }
        }
        let verdict = second(&dir, &[write("whole", &bytes)], &arguments).remove(0);
        let expected = serde_json::Value::Array(expected);
        assert_eq!(verdict["readers"], expected, "{verdict}");
        assert_eq!(verdict["uses"], told_uses(&proven));
        let bytes = export(&world, &Request::of(RecordId::Resource(code(1)))).unwrap();
        let without = each_left_out(&bytes);
        let names = without.iter().enumerate();
        let paths: Vec<_> = names
            .map(|(place, bytes)| write(&place.to_string(), bytes))
            .collect();
        let verdicts = second(&dir, &paths, &own);
        for (bytes, verdict) in without.iter().zip(&verdicts) {
            let code = verify(bytes, anchor, &[]).unwrap_err().code();
            assert_eq!(verdict["code"].as_str(), Some(code), "{verdict}");
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
