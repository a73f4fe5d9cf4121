//! What a node that joins late goes on from: the state root commits to all that the rules read, the
//! headers alone lead to the chain's end, and blocks are executed again without the tree.

use std::collections::BTreeSet;

use dirchain_ledger::block::Header;
use dirchain_ledger::bounded::List;
use dirchain_ledger::chain::{Replayed, genesis_outcome, replay};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::leaves::{Leaf, PastNaming};
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::snapshot::{HeaderFault, HeaderRun, HeaderWalk, Leaves, check_answer};
use dirchain_ledger::state_tree::{Top, top};
use dirchain_ledger::testing::{Ledger, VOTERS, certificate};
use dirchain_ledger::view::View;
use proptest::prelude::*;

use super::{city, config, history, play};

/// Every leaf of the tree at the chain's end, from the records and what they ever named alone.
fn leaves(ledger: &Ledger) -> Vec<Leaf> {
    let mut namings: BTreeSet<PastNaming> = BTreeSet::new();
    let mut ids: BTreeSet<RecordId> = BTreeSet::new();
    let first = genesis_outcome(&city()).unwrap();
    for outcome in std::iter::once(&first).chain(&ledger.outcomes) {
        for (id, record) in &outcome.records {
            ids.insert(id.clone());
            let targets = record.references().into_iter();
            namings.extend(targets.map(|target| PastNaming {
                target,
                source: id.clone(),
            }));
        }
    }
    let mut leaves = Vec::new();
    for id in &ids {
        let record = ledger.state.record(id).unwrap().unwrap();
        for target in record.references() {
            namings.remove(&PastNaming {
                target,
                source: id.clone(),
            });
        }
        leaves.push(Leaf::Record(Box::new(record)));
    }
    leaves.extend(namings.into_iter().map(Leaf::PastNaming));
    leaves.sort_by_key(|leaf| leaf.tree_leaf());
    leaves
}

fn run(ledger: &Ledger, headers: &[Header]) -> HeaderRun {
    let last = headers.last().unwrap();
    HeaderRun {
        headers: List::new(headers.to_vec()).unwrap(),
        epochs: List::default(),
        certificate: certificate(
            &ledger.chain,
            last.height,
            last.round,
            last.hash(),
            &VOTERS[..3],
        ),
    }
}

fn walk() -> HeaderWalk {
    HeaderWalk::from_tip(&genesis_outcome(&city()).unwrap().tip)
}

proptest! {
    #![proptest_config(config(24))]

    /// Whoever has the leaves of a part of the tree has it proven, and the tree's pages with it; and
    /// the leaves name everybody whom [`View::referrers`] names.
    #[test]
    fn the_state_root_commits_to_who_named_whom(steps in history()) {
        let (ledger, _) = play(&steps, |_, _| ());
        let all = leaves(&ledger);
        let tip = &ledger.tip;
        prop_assert_eq!(&ledger.state.leaves(tip.height), &all);
        let pages = top(&ledger.state, &tip.state, 4).unwrap();
        for (page, byte) in pages.iter().enumerate().flat_map(|(page, bytes)| {
            (0..bytes.len()).step_by(5).map(move |byte| (page, byte))
        }) {
            let mut bent = pages.clone();
            bent[page][byte] ^= 4;
            prop_assert!(Top::read(&tip.state.hash(), 4, bent).is_err(), "{page} {byte}");
        }
        let mut more = pages.clone();
        more.push(pages[0].clone());
        prop_assert!(Top::read(&tip.state.hash(), 4, more).is_err());
        let top = Top::read(&tip.state.hash(), 4, pages).unwrap();
        let mut met = 0;
        for part in &top.parts {
            let (first, last) = part.range();
            let bodies: Vec<Leaf> = all
                .iter()
                .filter(|leaf| (first..=last).contains(&leaf.tree_leaf().0))
                .cloned()
                .collect();
            met += bodies.len();
            let keys: Vec<(Hash, Hash)> = bodies.iter().map(Leaf::tree_leaf).collect();
            let answer = |skip: usize| Leaves {
                leaves: List::new(keys.clone()).unwrap(),
                bodies: List::new(bodies[skip..].to_vec()).unwrap(),
            };
            let subtree = check_answer(part, 0, &answer(0)).unwrap();
            for (key, page) in &subtree.pages {
                let kept = dirchain_ledger::state_tree::Pages::page(&ledger.state, key).unwrap();
                prop_assert_eq!(kept.as_ref(), Some(page));
            }
            for skip in 0..bodies.len() {
                prop_assert!(check_answer(part, skip, &answer(skip)).is_ok());
                let mut short = answer(skip);
                short.leaves = List::new(keys[..skip].to_vec()).unwrap();
                prop_assert!(check_answer(part, skip, &short).is_err());
                // Another's body in its place, or none at all.
                prop_assert!(skip == 0 || check_answer(part, 0, &answer(skip)).is_err());
                let mut none = answer(skip);
                none.bodies = List::default();
                prop_assert!(check_answer(part, skip, &none).is_err());
            }
        }
        prop_assert_eq!(met, all.len());
        let mut named = BTreeSet::new();
        for leaf in &all {
            match leaf {
                Leaf::Record(record) => {
                    let source = record.id();
                    named.extend(record.references().into_iter().map(|t| (t, source.clone())));
                }
                Leaf::PastNaming(naming) => {
                    named.insert((naming.target.clone(), naming.source.clone()));
                }
            }
        }
        let targets: BTreeSet<&RecordId> = named.iter().map(|(target, _)| target).collect();
        for target in targets {
            for kind in RecordKind::ALL {
                let listed = ledger.state.referrers(target, kind, None, usize::MAX).unwrap();
                let expected = named.iter().filter(|(t, s)| t == target && s.kind() == kind);
                let expected: Vec<RecordId> = expected.map(|(_, source)| source.clone()).collect();
                prop_assert_eq!(listed, expected, "{} of {}", kind as u8, target);
            }
        }
    }

    /// The headers in runs of any lengths, and the state of the last, are the chain's end; a header
    /// that is another in any field is refused, and changes nothing.
    #[test]
    fn headers_alone_lead_to_the_end(steps in history(), length in 1usize..6) {
        let (ledger, _) = play(&steps, |_, _| ());
        let headers: Vec<Header> = ledger.blocks.iter().map(|block| block.header.clone()).collect();
        prop_assume!(!headers.is_empty());
        let mut walk = walk();
        for headers in headers.chunks(length) {
            let genuine = run(&ledger, headers);
            let before = walk.clone();
            let bends: [fn(&mut Header); 10] = [
                |header| header.height = header.height.next(),
                |header| header.time.0 -= 1_000_000_000,
                |header| header.parent.0[0] ^= 1,
                |header| header.round += 1,
                |header| header.builder.0[0] ^= 1,
                |header| header.transactions_root.0[0] ^= 1,
                |header| header.header_log_root.0[0] ^= 1,
                |header| header.state_root.0[0] ^= 1,
                |header| header.validators_hash.0[0] ^= 1,
                |header| header.next_validators_hash.0[0] ^= 1,
            ];
            for bend in bends {
                let mut bent = headers.to_vec();
                bend(bent.first_mut().unwrap());
                let mut bent_run = run(&ledger, &bent);
                if bent.len() > 1 {
                    // Whoever bends a header has no certificate for what follows from it.
                    prop_assert!(walk.take(&bent_run).is_err());
                }
                bent_run.certificate = genuine.certificate.clone();
                prop_assert!(walk.take(&bent_run).is_err());
                prop_assert_eq!(&walk, &before);
            }
            let mut few = genuine.clone();
            let signatures = few.certificate.signatures[..2].to_vec();
            few.certificate.signatures = List::new(signatures).unwrap();
            let is_refused = matches!(walk.take(&few), Err(HeaderFault::Certificate { .. }));
            prop_assert!(is_refused);
            let nodes = walk.take(&genuine).unwrap();
            for (header, nodes) in headers.iter().zip(nodes) {
                let index = usize::try_from(header.height.0).unwrap() - 1;
                prop_assert_eq!(&nodes, &ledger.outcomes[index].log_nodes);
            }
        }
        let tip = walk.tip(ledger.tip.state, &ledger.state).unwrap();
        prop_assert_eq!(&tip, &ledger.tip);
        prop_assert_eq!(walk.state_root(), ledger.tip.state.hash());
        prop_assert!(walk.take(&run(&ledger, &headers[..1])).is_err());
    }

    /// A block executed again leaves what it left, whatever is on the chain after it.
    #[test]
    fn blocks_are_executed_again_without_the_tree(steps in history()) {
        let (ledger, _) = play(&steps, |_, _| ());
        let mut turns = genesis_outcome(&city()).unwrap().tip.turns;
        for (block, outcome) in ledger.blocks.iter().zip(&ledger.outcomes) {
            let before = ledger.state.at(Height(block.header.height.0 - 1));
            let replayed = replay(&before, &turns, block).unwrap();
            let expected = Replayed {
                records: outcome.records.clone(),
                touched: outcome.touched.clone(),
                given_up: outcome.given_up.clone(),
            };
            prop_assert_eq!(replayed, expected);
            turns = outcome.tip.turns.clone();
        }
    }
}

/// The histories above are worth their time: namings come to an end in them.
#[test]
fn random_histories_end_namings() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut over = 0;
    for _ in 0..20 {
        let steps = history().new_tree(&mut runner).unwrap().current();
        let (ledger, _) = play(&steps, |_, _| ());
        let past = leaves(&ledger).into_iter();
        over += past
            .filter(|leaf| matches!(leaf, Leaf::PastNaming(_)))
            .count();
    }
    assert!(over > 10, "{over}");
}

/// A record is a leaf under its own key, and nothing else is.
#[test]
fn a_naming_that_is_over_is_no_record() {
    let (ledger, _) = play(&[], |_, _| ());
    for leaf in leaves(&ledger) {
        let Leaf::Record(record) = leaf else { continue };
        for target in record.references() {
            let source = record.id();
            let naming = PastNaming { target, source };
            assert_ne!(naming.tree_key(), record.id().tree_key());
            assert_eq!(
                Leaf::PastNaming(naming.clone()).tree_leaf().1,
                naming.tree_key()
            );
        }
        let Record::Membership(_) = *record else {
            continue;
        };
        assert!(record.references().is_empty());
    }
}
