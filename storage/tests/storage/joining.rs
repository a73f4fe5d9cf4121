//! A store that begins with a snapshot: put together piece by piece over crashes, filled in while the
//! chain goes on, and in the end the same as one that began with the genesis.

use std::path::Path;

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::RecordId;
use dirchain_ledger::snapshot::{Offer, check_answer};
use dirchain_ledger::state_tree::Top;
use dirchain_ledger::view::View;
use dirchain_storage::{Filled, Loading, PartState, Store, StoreError};

use crate::world::World;

/// Fetches the headers up to an offer's height.
fn fetch_headers(loading: &Loading, store: &Store, upto: Height) {
    let mut walk = loading.walk().unwrap();
    while walk.height() < upto {
        let run = store.header_run(walk.height(), upto).unwrap().unwrap();
        let nodes = walk.take(&run).unwrap();
        loading.put_headers(&run, &nodes, &walk).unwrap();
    }
}

fn chosen(loading: &Loading, store: &Store) -> (Offer, Top) {
    if let Some(chosen) = loading.chosen().unwrap() {
        return chosen;
    }
    let offer = store.offer().unwrap().unwrap();
    fetch_headers(loading, store, offer.height);
    let root = loading.walk().unwrap().state_root();
    let top = Top::read(&root, offer.depth, offer.pages.to_vec()).unwrap();
    loading.choose(&offer, &top).unwrap();
    (offer, top)
}

/// Fetches at most `most` parts; how many were, and whether all are here.
fn fetch_parts(loading: &Loading, store: &Store, most: usize) -> (usize, bool) {
    let (offer, top) = chosen(loading, store);
    let mut fetched = 0;
    for (index, part) in (0u32..).zip(&top.parts) {
        let state = loading.part(index).unwrap();
        if state.is_whole {
            continue;
        }
        if fetched == most {
            return (fetched, false);
        }
        let (first, last) = part.range();
        let skip = state.stored as usize;
        let answer = store
            .leaves(offer.height, first, last, skip)
            .unwrap()
            .unwrap();
        let subtree = check_answer(part, skip, &answer).unwrap();
        let put = loading.put_leaves(offer.height, index, state, &answer, &subtree);
        assert!(put.unwrap().is_whole);
        fetched += 1;
    }
    (fetched, true)
}

fn last_block(store: &Store, height: Height) -> (Block, Certificate) {
    let blocks = store.blocks(height, height).unwrap().unwrap().blocks;
    let (bytes, certificate) = blocks.first().unwrap();
    (Block::decode(bytes).unwrap(), certificate.clone())
}

/// A store loaded from `store` as it stands now.
fn loaded(world: &World, store: &Store, path: &Path) -> Store {
    let loading = Loading::open(path, &world.genesis).unwrap();
    assert!(fetch_parts(&loading, store, usize::MAX).1);
    let (offer, top) = chosen(&loading, store);
    let (block, certificate) = last_block(store, offer.height);
    assert!(loading.walk().unwrap().is_last(&block, &certificate));
    loading.finish(&top, &block, &certificate).unwrap();
    Store::open(path, &world.genesis).unwrap()
}

/// Takes one step of the filling, from `store`.
fn fill(joined: &Store, store: &Store) -> Option<Filled> {
    let state = joined.fill_state()?;
    if !joined.prepare_filling().unwrap() {
        return Some(Filled::More);
    }
    let blocks = store
        .blocks(state.next, state.next)
        .unwrap()
        .unwrap()
        .blocks;
    let (bytes, certificate) = blocks.first().unwrap();
    Some(joined.fill(bytes, certificate).unwrap())
}

fn assert_same(joined: &Store, store: &Store) {
    assert_eq!(joined.tip(), store.tip());
    assert_eq!(joined.differences(store).unwrap(), Vec::new());
}

#[test]
fn a_snapshot_filled_in_is_what_the_genesis_led_to() {
    for seed in 0..4 {
        let mut world = World::new(70 + seed);
        world.grow_to(40);
        let directory = tempfile::tempdir().unwrap();
        let store = world.store(&directory.path().join("store"));
        let path = directory.path().join("joined");
        let mut joined = loaded(&world, &store, &path);
        assert_eq!(*joined.tip(), *store.tip());
        assert_eq!(joined.history_begins(), Height(40));

        // The chain goes on meanwhile, and the process is ended at any step.
        let mut step = 0u64;
        while let Some(filled) = fill(&joined, &store) {
            assert!(!matches!(filled, Filled::Foreign(_)), "{filled:?}");
            step += 1;
            if step.is_multiple_of(5) {
                let made = world.grow().clone();
                made.commit(&store);
                made.commit(&joined);
            }
            if step.is_multiple_of(7) {
                drop(joined);
                joined = Store::open(&path, &world.genesis).unwrap();
            }
            for height in 40..=world.tip().height.0 {
                let view = joined.view(Height(height));
                for id in &world.ids {
                    let expected = world.states[height as usize].record(id).unwrap();
                    assert_eq!(view.record(id).unwrap(), expected, "{id} at {height}");
                }
                if step.is_multiple_of(3) {
                    break;
                }
            }
        }
        assert_eq!(joined.history_begins(), Height::GENESIS);
        assert!(step > 40, "{step} steps");
        assert_same(&joined, &store);
        drop(joined);
        assert_same(&Store::open(&path, &world.genesis).unwrap(), &store);
    }
}

#[test]
fn what_was_checked_is_not_fetched_again() {
    let mut world = World::new(80);
    world.grow_to(60);
    let directory = tempfile::tempdir().unwrap();
    let store = world.store(&directory.path().join("store"));
    let path = directory.path().join("joined");
    let mut fetched = 0;
    loop {
        // A process ends after each two parts; the chain goes on, the snapshot stays as it was.
        let loading = Loading::open(&path, &world.genesis).unwrap();
        let (count, all) = fetch_parts(&loading, &store, 2);
        fetched += count;
        assert!(!Loading::is_finished(&directory.path().join("nothing")).unwrap());
        world.grow().clone().commit(&store);
        if all {
            let (offer, top) = chosen(&loading, &store);
            assert_eq!(offer.height, Height(60));
            assert_eq!(fetched, top.parts.len());
            let (block, certificate) = last_block(&store, offer.height);
            loading.finish(&top, &block, &certificate).unwrap();
            break;
        }
        drop(loading);
        assert!(!Loading::is_finished(&path).unwrap());
    }
    assert!(fetched > 8, "{fetched} parts");
    assert!(Loading::is_finished(&path).unwrap());
    let again = Loading::open(&path, &world.genesis);
    assert!(matches!(again.err(), Some(StoreError::Unfit { .. })));
    let joined = Store::open(&path, &world.genesis).unwrap();
    for height in 61..=world.tip().height.0 {
        world.made(height).commit(&joined);
    }
    while fill(&joined, &store).is_some() {}
    assert_same(&joined, &store);
}

#[test]
fn a_snapshot_that_lacks_a_part_is_no_store() {
    let mut world = World::new(81);
    world.grow_to(30);
    let directory = tempfile::tempdir().unwrap();
    let store = world.store(&directory.path().join("store"));
    let path = directory.path().join("joined");
    let loading = Loading::open(&path, &world.genesis).unwrap();
    fetch_parts(&loading, &store, 3);
    let (offer, top) = chosen(&loading, &store);
    let (block, certificate) = last_block(&store, offer.height);
    let refused = loading.finish(&top, &block, &certificate).unwrap_err();
    assert!(matches!(refused, StoreError::Unfit { .. }), "{refused}");
    assert!(Store::open(&path, &world.genesis).is_err());
    let loading = Loading::open(&path, &world.genesis).unwrap();
    assert!(fetch_parts(&loading, &store, usize::MAX).1);
    // Another block than the headers' last.
    let (other, its) = last_block(&store, Height(29));
    assert!(!loading.walk().unwrap().is_last(&other, &its));
    let refused = loading.finish(&top, &other, &its).unwrap_err();
    assert!(matches!(refused, StoreError::Unfit { .. }), "{refused}");
}

#[test]
fn what_is_not_here_yet_is_refused_by_name() {
    let mut world = World::new(82);
    world.grow_to(40);
    let directory = tempfile::tempdir().unwrap();
    let store = world.store(&directory.path().join("store"));
    let joined = loaded(&world, &store, &directory.path().join("joined"));
    for _ in 0..20 {
        fill(&joined, &store);
    }
    // Half of it is here, and none of it is shown.
    let view = joined.view(Height(10));
    let refused = view.record(&RecordId::Parameters).unwrap_err();
    assert!(refused.reason.contains("begins at height 40"), "{refused}");
    assert!(view.list(RecordId::Parameters.kind(), None, 1).is_err());
    for id in &world.ids {
        assert_eq!(joined.history(id, None, usize::MAX).unwrap(), Vec::new());
        assert_eq!(joined.written(id, None, 9).unwrap(), [Height(40)], "{id}");
    }
    // It gives nothing that it does not have.
    assert_eq!(joined.offer().unwrap(), None);
    assert_eq!(joined.header_run(Height(0), Height(9)).unwrap(), None);
    let all = (Hash::ZERO, Hash([0xff; 32]));
    assert_eq!(joined.leaves(Height(39), all.0, all.1, 0).unwrap(), None);
    let here = joined.leaves(Height(40), all.0, all.1, 0).unwrap();
    assert_eq!(here, store.leaves(Height(40), all.0, all.1, 0).unwrap());
    // Headers and times are all here.
    for height in 1..=40 {
        let header = joined.header(Height(height)).unwrap().unwrap();
        assert_eq!(header, world.made(height).block.header);
        assert_eq!(joined.height_at(header.time).unwrap(), Some(Height(height)));
    }
}

#[test]
fn a_block_that_is_not_the_chains_is_told_and_changes_nothing() {
    let mut world = World::new(83);
    world.grow_to(30);
    let mut other = World::named("another chain", 84);
    other.grow_to(30);
    let directory = tempfile::tempdir().unwrap();
    let store = world.store(&directory.path().join("store"));
    let joined = loaded(&world, &store, &directory.path().join("joined"));
    while !joined.prepare_filling().unwrap() {}
    let before = joined.fill_state();
    let (foreign, genuine) = (other.made(1), world.made(1));
    let bytes = dirchain_ledger::codec::encode(&genuine.block);
    let mut cut = bytes.clone();
    cut.pop();
    let given = [
        (
            dirchain_ledger::codec::encode(&foreign.block),
            &genuine.certificate,
        ),
        (bytes.clone(), &foreign.certificate),
        (cut, &genuine.certificate),
        (Vec::new(), &genuine.certificate),
        (
            dirchain_ledger::codec::encode(&world.made(2).block),
            &world.made(2).certificate,
        ),
    ];
    for (bytes, certificate) in given {
        let filled = joined.fill(&bytes, certificate).unwrap();
        assert!(matches!(filled, Filled::Foreign(_)), "{filled:?}");
        assert_eq!(joined.fill_state(), before);
    }
    let filled = joined.fill(&bytes, &genuine.certificate).unwrap();
    assert!(matches!(filled, Filled::More));
}

#[test]
fn an_old_state_stays_readable_part_by_part() {
    let mut world = World::new(85);
    world.grow_to(50);
    let directory = tempfile::tempdir().unwrap();
    let store = world.store(&directory.path().join("store"));
    let all = (Hash::ZERO, Hash([0xff; 32]));
    for height in [1, 7, 30, 50] {
        let whole = store
            .leaves(Height(height), all.0, all.1, 0)
            .unwrap()
            .unwrap();
        assert_eq!(whole.leaves.len(), whole.bodies.len());
        let root = dirchain_ledger::state_tree::update(
            &dirchain_ledger::memory::MemoryState::default(),
            Default::default(),
            whole
                .leaves
                .iter()
                .map(|(key, value)| (*key, Some(*value)))
                .collect(),
        );
        assert_eq!(root.unwrap().root, world.tips[height as usize].state.hash());
        let rest = store
            .leaves(Height(height), all.0, all.1, 5)
            .unwrap()
            .unwrap();
        assert_eq!(rest.leaves, whole.leaves);
        assert_eq!(rest.bodies[..], whole.bodies[5..]);
    }
    assert_eq!(store.leaves(Height(51), all.0, all.1, 0).unwrap(), None);
    assert_eq!(PartState::default().stored, 0);
}
