//! What a commit costs: `cargo test --release -p dirchain-storage latency -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use dirchain_ledger::action::{Action, DeclareResponsibility};
use dirchain_ledger::bounded::List;
use dirchain_ledger::records::RecordKind;
use dirchain_ledger::view::View;
use dirchain_storage::Store;

use crate::world::{World, entry};

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{what}: p50 {:?}, p95 {:?}, max {:?} ({} times)",
        at(50),
        at(95),
        at(100),
        times.len()
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[test]
#[ignore = "measures"]
fn latency() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(1);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    let mut empty = Vec::new();
    for _ in 0..300 {
        let made = world.grow_with(Vec::new()).clone();
        empty.push(timed(|| made.commit(&store)).1);
    }
    print("commit of an empty block", empty);

    let mut declared = Vec::new();
    for block in 0..20 {
        let actions = (0..500).map(|index| {
            Action::DeclareResponsibility(DeclareResponsibility {
                code: format!("Z-{block}-{index}").parse().unwrap(),
                holder: "D001".parse().unwrap(),
                title: "A duty".parse().unwrap(),
                text: None,
                legal_bases: List::default(),
            })
        });
        let made = world.grow_with(vec![(0, actions.collect())]).clone();
        assert_eq!(made.outcome.records.len(), 502);
        declared.push(timed(|| made.commit(&store)).1);
    }
    print("commit of a block of 502 records", declared);

    let mut drafted = Vec::new();
    let mut number = 0;
    for _ in 0..100 {
        let actions = (0..100).map(|_| {
            number += 1;
            Action::DraftResource {
                code: format!("103001/{number:06}").parse().unwrap(),
                provider: "D002".parse().unwrap(),
                revision: 0,
                entry: entry(None, 5),
            }
        });
        let made = world.grow_with(vec![(1, actions.collect())]).clone();
        drafted.push(timed(|| made.commit(&store)).1);
    }
    print("commit of a block of 101 records", drafted);

    let list = |after: Option<&_>| store.list(RecordKind::Resource, after, 100).unwrap();
    let mut pages = Vec::new();
    let mut read = Vec::new();
    let mut last = None;
    loop {
        let (page, time) = timed(|| list(last.as_ref()));
        pages.push(time);
        for id in &page {
            read.push(timed(|| store.record(id).unwrap().unwrap()).1);
        }
        match page.into_iter().next_back() {
            Some(id) => last = Some(id),
            None => break,
        }
    }
    print("page of 100 resources", pages);
    print("record at the tip", read);
    println!("{:?}", store.status().unwrap());
    drop(store);
    let (_, opening) = timed(|| Store::open(directory.path(), &world.genesis).unwrap());
    println!("opening: {opening:?}");
}
