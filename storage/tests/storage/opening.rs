//! Opening: whose database it is, who has it open, what a commit accepts, what a failed write
//! leaves.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::view::View;
use dirchain_storage::{Store, StoreError};

use crate::child;
use crate::world::{World, differences};

#[test]
fn a_store_opens_again_with_the_same_tip() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(1);
    for height in [0, 1, 5] {
        world.grow_to(height);
        drop(world.store(directory.path()));
        let store = Store::open(directory.path(), &world.genesis).unwrap();
        assert_eq!(&*store.tip(), world.tip());
        assert_eq!(store.chain(), world.genesis.chain());
        assert_eq!(differences(&world, &store), Vec::<String>::new());
    }
}

#[test]
fn only_the_next_block_is_committed() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(2);
    world.grow_to(4);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    let commit =
        |made: &crate::world::Made| store.commit(&made.block, &made.certificate, &made.outcome);
    world.made(1).commit(&store);
    for height in [1, 3, 4] {
        assert_eq!(
            commit(world.made(height)),
            Err(StoreError::NotNext {
                given: Height(height),
                tip: Height(1)
            })
        );
    }
    let good = world.made(2);
    // One thing wrong in each, and what is said of it.
    type Wrong = fn(&mut crate::world::Made);
    let wrongs: [(&str, Wrong); 11] = [
        ("it is of another chain", |made| {
            made.block.header.chain.0 = Hash::ZERO
        }),
        ("its parent is not the tip", |made| {
            made.block.header.parent = Hash::ZERO
        }),
        ("its time is not after the tip's", |made| {
            made.block.header.time.0 = 0
        }),
        ("the certificate is of another block", |made| {
            made.certificate.block = Hash::ZERO
        }),
        ("the certificate is of another block", |made| {
            made.certificate.height.0 += 1
        }),
        ("the outcome is of another block", |made| {
            made.outcome.tip.block = Hash::ZERO
        }),
        ("the outcome is of another block", |made| {
            made.outcome.tip.height.0 += 1
        }),
        ("the outcome is of another block", |made| {
            made.outcome.tip.time.0 += 1
        }),
        ("the outcome is of another block", |made| {
            made.outcome.tip.chain.0 = Hash::ZERO
        }),
        ("the outcome's state root is not the header's", |made| {
            made.outcome.tip.state = Default::default();
        }),
        ("the outcome has another number of transactions", |made| {
            made.outcome.touched.push(Default::default());
        }),
    ];
    for (what, wrong) in wrongs {
        let mut bad = good.clone();
        wrong(&mut bad);
        let height = Height(2);
        assert_eq!(commit(&bad), Err(StoreError::Mismatch { height, what }));
    }
    // A refusal is no failure: the store goes on.
    good.commit(&store);
    assert_eq!(*store.tip(), good.outcome.tip);
}

#[test]
fn a_view_does_not_change_with_later_commits() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(3);
    world.grow_to(10);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    for height in 1..=5 {
        world.made(height).commit(&store);
    }
    let view = store.view(Height(10));
    assert_eq!(view.height(), Height(5));
    for height in 6..=10 {
        world.made(height).commit(&store);
    }
    for id in &world.ids {
        assert_eq!(view.record(id), world.states[5].record(id));
    }
}

#[test]
fn another_chain_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(4);
    drop(world.store(directory.path()));
    let other = World::named("another chain", 4);
    let refused = Store::open(directory.path(), &other.genesis).err().unwrap();
    assert_eq!(
        refused,
        StoreError::OtherChain {
            expected: other.genesis.chain(),
            found: world.genesis.chain(),
            path: directory.path().to_owned(),
        }
    );
    let words = refused.to_string();
    assert!(
        words.contains(&world.genesis.chain().to_string()),
        "{words}"
    );
    drop(world.store(directory.path()));
}

#[test]
fn a_store_is_open_once() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(5);
    let in_use = StoreError::InUse {
        path: directory.path().to_owned(),
    };
    let store = world.store(directory.path());
    let second = Store::open(directory.path(), &world.genesis);
    assert_eq!(second.err(), Some(in_use.clone()));
    drop(store);

    let mut holder = child::command("opening::holds_a_store_open", directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "open"));
    let second = Store::open(directory.path(), &world.genesis);
    assert_eq!(second.err(), Some(in_use));
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    drop(world.store(directory.path()));
}

/// The child process of `a_store_is_open_once`; on its own it does nothing.
#[test]
fn holds_a_store_open() {
    let Some(directory) = child::directory() else {
        return;
    };
    let _store = World::new(5).store(&directory);
    println!("\nopen");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// The child may write files of a few hundred kilobytes at most; a commit then fails as on a full
/// disk.
#[test]
fn a_failed_write_is_the_last() {
    let directory = tempfile::tempdir().unwrap();
    let setup = "trap '' XFSZ; ulimit -f 200";
    let name = "opening::commits_until_a_write_fails";
    let output = child::command_after(setup, name, directory.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && words.contains("the write failed at"),
        "{words}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // What was answered is there; what failed is not.
    let failed: u64 = words
        .lines()
        .find_map(|line| line.strip_prefix("the write failed at "))
        .unwrap()
        .parse()
        .unwrap();
    let mut world = World::new(6);
    world.grow_to(failed);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    assert_eq!(store.tip().height, Height(failed - 1));
    assert_eq!(differences(&world, &store), Vec::<String>::new());
    world.made(failed).commit(&store);
}

/// The child process of `a_failed_write_is_the_last`; on its own it does nothing.
#[test]
fn commits_until_a_write_fails() {
    let Some(directory) = child::directory() else {
        return;
    };
    let mut world = World::new(6);
    let store = Store::open(&directory, &world.genesis).unwrap();
    let failure = loop {
        let made = world.grow();
        match store.commit(&made.block, &made.certificate, &made.outcome) {
            Ok(()) => {}
            Err(failure) => break failure,
        }
    };
    let words = failure.to_string();
    assert!(matches!(failure, StoreError::Write { .. }), "{words}");
    assert!(words.contains(directory.to_str().unwrap()), "{words}");
    let height = world.tip().height;
    assert_eq!(store.tip().height.next(), height);
    let made = world.made(height.0);
    let again = store.commit(&made.block, &made.certificate, &made.outcome);
    assert_eq!(again, Err(failure.clone()));
    // Even what would fit is not written any more.
    let small = store.put_undecided(height, 0, Hash::ZERO, b"small");
    assert_eq!(small, Err(failure));
    println!("\nthe write failed at {height}");
}

#[test]
fn a_checkpoint_opens_as_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(7);
    world.grow_to(6);
    let store = world.store(&directory.path().join("store"));
    let copy = directory.path().join("copy");
    store.checkpoint(&copy).unwrap();
    let refused = store.checkpoint(&copy);
    assert!(
        matches!(refused, Err(StoreError::Checkpoint { .. })),
        "{refused:?}"
    );
    world.grow().commit(&store);
    drop(store);
    let copied = Store::open(&copy, &world.genesis).unwrap();
    assert_eq!(copied.tip().height, Height(6));
    assert_eq!(differences(&world, &copied), Vec::<String>::new());
    world.made(7).commit(&copied);
}

#[test]
fn the_status_counts() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(8);
    world.grow_to(20);
    let store = world.store(directory.path());
    let status = store.status().unwrap();
    let transactions: usize = world
        .blocks
        .iter()
        .map(|m| m.block.transactions.len())
        .sum();
    assert_eq!(status.transaction_count, transactions as u64);
    assert!(status.record_count >= world.ids.len() as u64);
    assert!(status.version_count >= world.ids.len() as u64);
    assert!(status.size_bytes > 10_000, "{status:?}");
    assert!(status.memory_bytes < 64 * 1024 * 1024, "{status:?}");
}

#[test]
fn a_file_in_the_way_is_an_open_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = Store::open(file.path(), &World::new(9).genesis).err();
    assert!(
        matches!(refused, Some(StoreError::Open { .. })),
        "{refused:?}"
    );
}
