//! A snapshot stays as it was while the chain goes on.

use dirchain_ledger::header_log::inclusion_proof;
use dirchain_ledger::state_tree::prove;
use dirchain_ledger::view::View;
use dirchain_storage::Store;

use crate::world::World;

#[test]
fn a_snapshot_proves_its_own_end_while_blocks_are_committed() {
    let mut world = World::new(31);
    world.grow_to(30);
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    for height in 1..=20 {
        world.made(height).commit(&store);
    }
    let snapshot = store.snapshot().unwrap();
    for height in 21..=30 {
        world.made(height).commit(&store);
    }
    let tip = &world.tips[20];
    assert_eq!(snapshot.tip(), tip);
    let (mut proven, mut changed) = (0, 0);
    for id in &world.ids {
        let key = id.tree_key();
        let proof = prove(&snapshot, &tip.state, &key).unwrap();
        let value = proof.verify(&tip.state.hash(), &key).unwrap();
        let record = snapshot.view().record(id).unwrap();
        assert_eq!(value, record.as_ref().map(|record| record.tree_value()));
        proven += usize::from(value.is_some());
        changed += usize::from(record != View::record(&store, id).unwrap());
    }
    assert!(
        proven > 10 && changed > 0,
        "{proven} proven, {changed} changed since"
    );
    let path = inclusion_proof(&snapshot, 7, tip.log.size()).unwrap();
    assert!(!path.is_empty());
}
