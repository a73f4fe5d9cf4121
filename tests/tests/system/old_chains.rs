//! A node that is new to an old chain, or comes back after days, begins with a snapshot by itself.

use std::time::Duration;

use dirchain_explorer::api::{HistoryState, NodeMode};
use dirchain_tests::{City, START, configure, eventually};

use super::epochs::{Load, agree, members};
use super::members::offer;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So far behind a node must be here to want a snapshot.
const BEHIND: u64 = 30;

#[test]
fn a_node_far_behind_an_old_chain_begins_with_a_snapshot_unasked() {
    // The chain began days ago, and who votes on it has changed since.
    let mut city = City::begun(3 * DAY);
    let mut load = Load::default();
    for (number, epoch) in (1..=2u32).zip(1u64..) {
        let home = city.nodes[1].home.clone();
        let file = offer(&city, &home, &["--next", "consensus"]);
        let amend = format!("node amend D012-1 --offer {file} --as D012-operator --wait");
        city.cli(0, &amend).ok();
        agree(&city, "D012", number, "rotate D012-1", &["D035"]);
        load.until(&city, "the key is rotated", || {
            let retired = home.retired().unwrap();
            members(&city).epoch == epoch && u32::try_from(retired.len()) == Ok(number)
        });
    }
    city.nodes[3].stop();
    city.nodes[3].wipe();
    let stopped = city.height(0).0;
    load.until(&city, "the chain is far ahead", || {
        city.height(0).0 > stopped.max(BEHIND) + 5
    });

    // Nothing asks for a snapshot but the configuration that every home begins with.
    configure(&city.nodes[3].home, |config| {
        config.sync.snapshot_blocks_behind = BEHIND;
    });
    city.nodes[3].start();
    let log = eventually("it begins with the state", START, || {
        let log = city.nodes[3].log();
        log.contains("the node begins with the state")
            .then_some(log)
    });
    assert!(log.contains("the snapshot of height"), "{log}");
    city.nodes[3].wait_until_ready();
    let client = city.client(3);
    load.until(&city, "it has the past and votes", || {
        let Ok(status) = client.status() else {
            return false;
        };
        let node = status.node;
        node.history == HistoryState::Whole && node.mode == NodeMode::Validator
    });
    load.everything_is_there_once(&city);

    // A block of minutes ago is no reason: it follows block by block.
    city.nodes[2].stop();
    let stopped = city.height(0).0;
    load.until(&city, "the chain is far ahead of another", || {
        city.height(0).0 > stopped + BEHIND + 5
    });
    configure(&city.nodes[2].home, |config| {
        config.sync.snapshot_blocks_behind = BEHIND;
    });
    city.start(2);
    let log = city.nodes[2].log();
    assert!(!log.contains("the node begins with the state"), "{log}");
    load.everything_is_there_once(&city);
}
