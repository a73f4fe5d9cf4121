//! What the store keeps in memory of the tip is what its database holds, whatever was executed over it.

use std::collections::BTreeSet;

use dirchain_ledger::chain::check;
use dirchain_ledger::records::RecordId;
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::view::View;
use dirchain_storage::Store;
use proptest::prelude::*;

use crate::world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// At each height blocks are executed that are given up, one before the decided block and one after
    /// it was executed too.
    #[test]
    fn proposals_given_up_leave_nothing_behind(seed: u64, others: u64, heights in 1u64..16) {
        let directory = tempfile::tempdir().unwrap();
        let mut world = World::new(seed);
        let store = world.store(directory.path());
        let (mut ids, mut pages) = (BTreeSet::new(), BTreeSet::new());
        for height in 1..=heights {
            let mut given_up = [height, height + heights].map(|n| world.branch(others ^ n));
            let [before, after] = &mut given_up;
            before.grow();
            after.grow();
            let decided_on = world.tip().clone();
            let decided = world.grow().clone();
            for made in [before.made(height), &decided, after.made(height)] {
                let outcome = check(&store, &decided_on, &made.block, &BTreeSet::new());
                prop_assert_eq!(outcome.as_ref(), Ok(&made.outcome));
            }
            decided.commit(&store);
            for proposed in given_up.iter().chain([&world]) {
                ids.extend(proposed.ids.iter().cloned());
                pages.extend(proposed.pages.iter().copied());
            }
            stands_as(&world, &store, &ids, &pages);
        }
        drop(store);
        let store = Store::open(directory.path(), &world.genesis).unwrap();
        stands_as(&world, &store, &ids, &pages);
    }
}

/// Asked twice: what is kept since the first time is the same.
fn stands_as(world: &World, store: &Store, ids: &BTreeSet<RecordId>, pages: &BTreeSet<PageKey>) {
    for _ in 0..2 {
        for id in ids {
            assert_eq!(store.record(id), world.state.record(id), "{id}");
        }
        for key in pages {
            assert_eq!(store.page(key), world.state.page(key), "{key}");
        }
    }
}
