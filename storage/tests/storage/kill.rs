//! A process that commits in a loop is killed, again and again: what it said it had committed is
//! there, and what is there is whole.

use std::io::Write;
use std::time::Duration;

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_storage::Store;

use crate::child;
use crate::world::{Numbers, World, differences};

const SEED: u64 = 42;
const KILL_COUNT: usize = 12;

#[test]
fn a_killed_process_leaves_a_whole_tip() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(SEED);
    let mut numbers = Numbers(7);
    for _ in 0..KILL_COUNT {
        let command = child::command("kill::commits_until_killed", directory.path());
        let delay = Duration::from_micros(numbers.below(20_000));
        let count = 1 + numbers.below(20);
        let last = child::kill_after(command, "committed ", count, delay);
        let committed = last.unwrap();
        let store = Store::open(directory.path(), &world.genesis).unwrap();
        let tip = store.tip().height.0;
        assert!(
            tip == committed || tip == committed + 1,
            "said {committed}, is {tip}"
        );
        world.grow_to(tip);
        assert_eq!(*store.tip(), world.tips[usize::try_from(tip).unwrap()]);
        assert_eq!(differences(&world, &store), Vec::<String>::new());
        for height in 0..=tip {
            assert!(store.undecided(Height(height)).unwrap().is_empty());
        }
    }
}

/// The child process of `a_killed_process_leaves_a_whole_tip`; on its own it does nothing.
#[test]
fn commits_until_killed() {
    let Some(directory) = child::directory() else {
        return;
    };
    let mut world = World::new(SEED);
    let store = Store::open(&directory, &world.genesis).unwrap();
    world.grow_to(store.tip().height.0);
    println!();
    loop {
        let made = world.grow().clone();
        let height = made.block.header.height;
        let bytes = dirchain_ledger::codec::encode(&made.block);
        let hash = made.block.header.hash();
        store.put_undecided(height, 0, hash, &bytes).unwrap();
        store.put_undecided(height, 1, Hash::ZERO, &bytes).unwrap();
        made.commit(&store);
        println!("committed {height}");
        std::io::stdout().flush().unwrap();
    }
}
