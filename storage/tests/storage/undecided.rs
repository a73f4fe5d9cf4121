//! Undecided bodies: kept over a restart, gone with their height.

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::limits::UNDECIDED_BYTES_MAX;
use dirchain_storage::{Store, StoreError, UNDECIDED_COUNT_MAX, Undecided};

use crate::world::World;

fn body(round: u32, block: u8, bytes: &[u8]) -> Undecided {
    Undecided {
        round,
        block: Hash([block; 32]),
        bytes: bytes.to_vec(),
    }
}

fn put(store: &Store, height: u64, body: &Undecided) -> Result<(), StoreError> {
    store.put_undecided(Height(height), body.round, body.block, &body.bytes)
}

#[test]
fn undecided_bodies_survive_a_restart_and_go_with_their_height() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(1);
    world.grow_to(3);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    let bodies = [
        body(0, 9, b"first"),
        body(0, 10, b"the proposer's other one"),
        body(300, 1, &vec![7; UNDECIDED_BYTES_MAX]),
    ];
    // In any order; the same one again is still one.
    for body in [&bodies[2], &bodies[0], &bodies[1], &bodies[0]] {
        put(&store, 1, body).unwrap();
    }
    let next = body(0, 5, b"of the next height");
    put(&store, 2, &next).unwrap();
    assert_eq!(store.undecided(Height(1)).unwrap(), bodies);
    drop(store);

    let store = Store::open(directory.path(), &world.genesis).unwrap();
    assert_eq!(store.undecided(Height(1)).unwrap(), bodies);
    world.made(1).commit(&store);
    assert!(store.undecided(Height(1)).unwrap().is_empty());
    assert_eq!(store.undecided(Height(2)).unwrap(), [next]);
    // A body that comes after its height was decided is of no use.
    put(&store, 1, &bodies[0]).unwrap();
    assert!(store.undecided(Height(1)).unwrap().is_empty());
    world.made(2).commit(&store);
    world.made(3).commit(&store);
    assert!(store.undecided(Height(2)).unwrap().is_empty());
}

#[test]
fn a_body_given_up_is_gone_and_makes_room() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(2);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    let bodies = [body(0, 1, b"one"), body(1, 2, b"other")];
    for body in &bodies {
        put(&store, 1, body).unwrap();
    }
    // Twice, as when a restart comes in between; and one that was never there.
    for _ in 0..2 {
        store
            .forget_undecided(Height(1), 0, bodies[0].block)
            .unwrap();
    }
    store
        .forget_undecided(Height(1), 7, bodies[1].block)
        .unwrap();
    assert_eq!(store.undecided(Height(1)).unwrap(), bodies[1..]);
    drop(store);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    assert_eq!(store.undecided(Height(1)).unwrap(), bodies[1..]);
}

#[test]
fn undecided_bodies_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let store = World::new(2).store(directory.path());
    let too_large = put(&store, 1, &body(0, 1, &vec![0; UNDECIDED_BYTES_MAX + 1]));
    assert_eq!(
        too_large,
        Err(StoreError::UndecidedTooLarge {
            height: Height(1),
            size_bytes: UNDECIDED_BYTES_MAX + 1
        })
    );
    for round in 0..u32::try_from(UNDECIDED_COUNT_MAX).unwrap() {
        put(&store, 1, &body(round, 1, b"body")).unwrap();
    }
    let full = StoreError::UndecidedFull {
        height: Height(1),
        count_max: UNDECIDED_COUNT_MAX,
    };
    assert_eq!(put(&store, 1, &body(0, 2, b"one more")), Err(full));
    // Neither what is there already nor another height is refused.
    put(&store, 1, &body(0, 1, b"body")).unwrap();
    put(&store, 2, &body(0, 2, b"body")).unwrap();
    assert_eq!(
        store.undecided(Height(1)).unwrap().len(),
        UNDECIDED_COUNT_MAX
    );
}
