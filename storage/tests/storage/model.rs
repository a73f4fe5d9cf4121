//! The store answers as the ledger's own memory does, at every height.

use dirchain_ledger::block::Block;
use dirchain_ledger::codec::encode;
use dirchain_ledger::header_log;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::records::{RecordId, RecordKind};
use dirchain_ledger::state_tree::{Pages, prove};
use dirchain_ledger::view::View;
use dirchain_storage::{Store, TransactionPlace};
use proptest::prelude::*;

use crate::world::{GENESIS_TIME, World};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_store_answers_as_memory_does(seed: u64, heights in 1u64..24, reopen_at in 0u64..24) {
        let directory = tempfile::tempdir().unwrap();
        let mut world = World::new(seed);
        let mut store = world.store(directory.path());
        for height in 1..=heights {
            world.grow().commit(&store);
            prop_assert_eq!(&*store.tip(), world.tip());
            if height == reopen_at {
                drop(store);
                store = Store::open(directory.path(), &world.genesis).unwrap();
                prop_assert_eq!(&*store.tip(), world.tip());
            }
        }
        same_blocks(&world, &store);
        same_pages(&world, &store);
        same_histories(&world, &store);
        for (height, state) in (0u64..).zip(&world.states) {
            same_view(&world, state, &store.view(Height(height)));
        }
        same_view(&world, &world.state, &store);
        prop_assert_eq!(store.view(Height(u64::MAX)).height(), Height(heights));
    }
}

fn same_view(world: &World, expected: &impl View, found: &impl View) {
    for id in &world.ids {
        assert_eq!(found.record(id), expected.record(id), "{id}");
    }
    for kind in RecordKind::ALL {
        let all = expected.list(kind, None, usize::MAX).unwrap();
        assert_eq!(found.list(kind, None, usize::MAX).unwrap(), all);
        same_pages_of(&all, |after, count| found.list(kind, after, count).unwrap());
        for after in &world.ids {
            let (after, count_max) = (Some(after), 2);
            assert_eq!(
                found.list(kind, after, count_max),
                expected.list(kind, after, count_max)
            );
        }
        for target in &world.ids {
            let all = expected.referrers(target, kind, None, usize::MAX).unwrap();
            same_pages_of(&all, |after, count| {
                found.referrers(target, kind, after, count).unwrap()
            });
            let kinds = found.referring_kinds(target).unwrap();
            let may_name = kinds.is_none_or(|kinds| kinds.contains(&kind));
            assert!(may_name || all.is_empty(), "{kind:?} {target}");
        }
    }
}

/// Pages of every size are the whole, in its order.
fn same_pages_of(all: &[RecordId], page: impl Fn(Option<&RecordId>, usize) -> Vec<RecordId>) {
    assert!(page(None, 0).is_empty());
    for size in [1, 3, usize::MAX] {
        let mut collected: Vec<RecordId> = Vec::new();
        loop {
            let ids = page(collected.last(), size);
            if ids.is_empty() {
                break;
            }
            assert!(ids.len() <= size);
            collected.extend(ids);
        }
        assert_eq!(collected, all);
    }
}

fn same_blocks(world: &World, store: &Store) {
    for made in &world.blocks {
        let height = made.block.header.height;
        assert_eq!(store.header(height).unwrap().unwrap(), made.block.header);
        assert_eq!(store.block(height).unwrap().unwrap(), made.block);
        for _ in 0..2 {
            let shared = store.shared_block(height).unwrap().unwrap();
            assert_eq!(*shared, made.block);
        }
        let bytes = store.block_bytes(height).unwrap().unwrap();
        assert_eq!(bytes, encode(&made.block));
        assert_eq!(Block::decode(&bytes).unwrap(), made.block);
        assert_eq!(
            store.certificate(height).unwrap().unwrap(),
            made.certificate
        );
        for (index, transaction) in (0u32..).zip(&made.block.transactions) {
            let place = store.transaction(&transaction.id()).unwrap();
            assert_eq!(place, Some(TransactionPlace { height, index }));
        }
    }
    for absent in [Height::GENESIS, world.tip().height.next()] {
        assert!(store.header(absent).unwrap().is_none());
        assert!(store.block(absent).unwrap().is_none());
        assert!(store.shared_block(absent).unwrap().is_none());
        assert!(store.block_bytes(absent).unwrap().is_none());
        assert!(store.certificate(absent).unwrap().is_none());
    }
    let unknown = dirchain_ledger::ids::TransactionId(world.tip().block);
    assert_eq!(store.transaction(&unknown).unwrap(), None);
    same_times(world, store);
    assert_eq!(store.genesis_bytes().unwrap(), encode(&world.genesis));
}

fn same_times(world: &World, store: &Store) {
    let before = TimeMs(GENESIS_TIME.0 - 1);
    for time in [before, TimeMs(0), TimeMs(-1), TimeMs(i64::MIN)] {
        assert_eq!(store.height_at(time).unwrap(), None);
    }
    assert_eq!(
        store.height_at(TimeMs(i64::MAX)).unwrap(),
        Some(world.tip().height)
    );
    for tip in &world.tips {
        let (time, height) = (tip.time.0, tip.height);
        assert_eq!(store.height_at(TimeMs(time)).unwrap(), Some(height));
        assert_eq!(store.height_at(TimeMs(time + 1)).unwrap(), Some(height));
        let earlier = store.height_at(TimeMs(time - 1)).unwrap();
        assert_eq!(earlier, height.previous());
    }
}

fn same_pages(world: &World, store: &Store) {
    for key in &world.pages {
        assert_eq!(store.page(key), world.state.page(key), "{key}");
    }
    let tip = world.tip();
    for id in &world.ids {
        let proof = prove(store, &tip.state, &id.tree_key()).unwrap();
        let value = proof.verify(&tip.state.hash(), &id.tree_key()).unwrap();
        let record = store.record(id).unwrap().unwrap();
        assert_eq!(value, Some(record.tree_value()));
    }
    let size = tip.log.size();
    for made in &world.blocks {
        let header = &made.block.header;
        let proof = header_log::inclusion_proof(store, header.height.0, size).unwrap();
        let (root, leaf) = (tip.log.root(), header.log_leaf());
        header_log::verify_inclusion(&root, &leaf, header.height.0, size, &proof).unwrap();
    }
}

fn same_histories(world: &World, store: &Store) {
    for id in &world.ids {
        let mut expected = world.histories.get(id).cloned().unwrap_or_default();
        expected.reverse();
        assert_eq!(store.history(id, None, usize::MAX).unwrap(), expected);
        assert!(store.history(id, None, 0).unwrap().is_empty());
        let mut paged = Vec::new();
        loop {
            let page = store.history(id, paged.last().copied(), 2).unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, expected);
        let expected: Vec<Height> = world.state.written(id).collect();
        assert_eq!(store.written(id, None, usize::MAX).unwrap(), expected);
        let mut paged = Vec::new();
        loop {
            let page = store.written(id, paged.last().copied(), 2).unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, expected);
    }
}

/// The random histories would be worth little if the rules refused most of what is tried. A store
/// treats all kinds of record alike; these are the ones whose actions are tried here.
#[test]
fn the_random_histories_reach_every_kind_of_record_that_they_try() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.grow_to(24);
        kinds.extend(world.ids.iter().map(RecordId::kind));
    }
    let tried = [
        RecordKind::Department,
        RecordKind::Key,
        RecordKind::Node,
        RecordKind::Responsibility,
        RecordKind::Resource,
        RecordKind::Application,
        RecordKind::Authorization,
        RecordKind::Offices,
        RecordKind::Parameters,
        RecordKind::Membership,
        RecordKind::Docket,
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), tried);
}
