//! A member that lies: what it signs twice is put on the ledger and it is removed; what it floods the
//! others with is held back, and costs them little.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dirchain_explorer::api::PeerStatus;
use dirchain_tests::{BLOCK, City, Liar, Lie, START, eventually};

use super::epochs::{Load, agree, join, members, votes};

/// How long the flood lasts.
const FLOOD: Duration = Duration::from_secs(20);
/// So many transactions of strangers are left out before it is enough.
const STRANGERS: u64 = 5_000;
/// What a node may take more at its highest while it is flooded.
const FLOOD_BYTES_MAX: u64 = 256 << 20;

/// The liar, as a node sees it.
fn seen(city: &City, index: usize) -> PeerStatus {
    let status = city.client(index).status().unwrap();
    let mut peers = status.node.peers.into_iter();
    let found = peers.find(|peer| peer.node.as_str() == "D008-1");
    found.expect("a peer of that name")
}

/// Puts a lying program in the place of the fourth node.
fn lie(city: &mut City, lie: Lie) -> Liar {
    city.nodes[3].stop();
    let liar = Liar::start(&city.nodes[3].home, lie);
    eventually("the liar is connected", START, || {
        (liar.peers() >= 3).then_some(())
    });
    liar
}

/// A proof that a node wrote down.
fn proof(city: &City, index: usize) -> Option<PathBuf> {
    let folder = city.nodes[index].home.proofs_dir();
    let mut files = std::fs::read_dir(folder).ok()?;
    files.next().map(|file| file.unwrap().path())
}

#[test]
fn a_contradiction_is_put_on_record_and_the_liar_is_removed() {
    let mut city = City::started();
    let mut load = Load::default();
    join(&mut city);
    agree(&city, "D035", 1, "add D047-1", &["D001", "D047"]);
    load.until(&city, "the fifth votes and has built a block", || {
        let members = members(&city).members;
        members.len() == 5 && members.iter().all(|member| member.proven)
    });
    let liar = lie(&mut city, Lie::TwoVotes);
    load.until(&city, "two nodes have a proof", || {
        proof(&city, 0).is_some() && proof(&city, 1).is_some()
    });

    let file = proof(&city, 0).unwrap().display().to_string();
    assert!(file.contains("D008-1"), "{file}");
    // Nobody reports itself, and a proof is put on record once.
    let own = format!("node report {file} --as D008-operator --wait");
    city.cli(0, &own).refused();
    let report = format!("node report {file} --as D012-operator --wait");
    city.cli(0, &report).ok();
    city.cli(0, &report).refused();
    let recorded = members(&city).members.into_iter();
    let mut recorded = recorded.filter(|member| member.node.as_str() == "D008-1");
    assert_eq!(recorded.next().unwrap().equivocations, 1);

    agree(&city, "D035", 2, "remove D008-1", &["D001"]);
    load.until(&city, "the liar votes no more", || !votes(&city, "D008-1"));
    load.until(&city, "its votes are left out", || {
        seen(&city, 0).unwanted_messages > 0
    });
    let remove = "node remove D008-1 --as D008-operator --wait";
    city.cli(0, remove).ok();
    eventually("nobody is connected with it", BLOCK, || {
        (liar.peers() == 0).then_some(())
    });
    drop(liar);
    load.everything_is_there_once(&city);
}

#[test]
fn a_flooding_member_is_held_back_and_costs_little_memory() {
    let mut city = City::started();
    city.nodes[3].stop();
    let mut load = Load::default();
    load.until(&city, "some blocks are made", || city.height(0).0 > 10);
    let before = city.nodes[0].memory_bytes_max();
    let liar = lie(&mut city, Lie::Flood);
    let begun = Instant::now();
    let height = city.height(0).0;
    load.until(&city, "the flood is over", || begun.elapsed() > FLOOD);
    let made = city.height(0).0 - height;
    let more = city.nodes[0].memory_bytes_max().saturating_sub(before);
    let peer = seen(&city, 0);
    println!(
        "flooded for {} s: {made} blocks made, {} MiB received, held back for {} ms, {} MiB more than the {} MiB before",
        FLOOD.as_secs(),
        peer.received_bytes >> 20,
        peer.throttled_ms,
        more >> 20,
        before >> 20,
    );
    assert!(peer.throttled_ms > 0, "{peer:?}");
    assert!(more < FLOOD_BYTES_MAX, "{more} bytes more");
    let status = city.status_text(0);
    assert!(status.contains("was held back for"), "{status}");
    drop(liar);
    city.start(3);
    load.everything_is_there_once(&city);
}

#[test]
fn transactions_that_cannot_be_used_cost_no_signature_and_forged_ones_end_the_connection() {
    let mut city = City::started();
    let mut load = Load::default();
    load.until(&city, "some blocks are made", || city.height(0).0 > 5);
    let liar = lie(&mut city, Lie::Strangers);
    let begun = Instant::now();
    let height = city.height(0).0;
    load.until(&city, "strangers' transactions are left out", || {
        seen(&city, 0).dropped_messages > STRANGERS && city.height(0).0 > height
    });
    let made = city.height(0).0 - height;
    let peer = seen(&city, 0);
    println!(
        "{} transactions of strangers left out in {} ms, {made} blocks made, held back for {} ms",
        peer.dropped_messages,
        begun.elapsed().as_millis(),
        peer.throttled_ms
    );
    assert_eq!((peer.violations, peer.banned), (0, false), "{peer:?}");
    assert!(made > 0);
    let waiting = city.client(0).status().unwrap().node.waiting_transactions;
    assert_eq!(waiting, 0, "none of them waits");
    drop(liar);

    let liar = Liar::start(&city.nodes[3].home, Lie::Forgeries);
    load.until(&city, "a forged transaction is found out", || {
        let peer = seen(&city, 0);
        peer.violations > 0 && peer.banned
    });
    let status = city.status_text(0);
    assert!(status.contains("broke the protocol"), "{status}");
    drop(liar);
    city.start(3);
    load.everything_is_there_once(&city);
}
