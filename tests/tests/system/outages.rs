//! Nodes stop, lose their power or their disk; the others go on or wait, and nothing is lost.

use std::time::Duration;

use crate::joining::asked;
use dirchain::client::Outcome;
use dirchain_explorer::api::NodeMode;
use dirchain_ledger::crypto::SecretKey;
use dirchain_storage::Guard;
use dirchain_tests::{BLOCK, City, START, eventually, never};

#[test]
fn three_of_four_go_on_two_wait_and_lose_nothing() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    city.nodes[3].stop();
    for number in 2..5 {
        city.register(0, "D012", number);
    }

    city.nodes[2].stop();
    // A height may have been under way when the third node left; it cannot end any more.
    let waiting = city.submit(0, "D012", 5);
    let halted = city.height(0);
    never("two of four made a block", Duration::from_secs(4), || {
        city.height(0) != halted || city.height(1) != halted
    });
    let outcome = city
        .client(0)
        .outcome(&waiting.id(), Duration::ZERO)
        .unwrap();
    assert_eq!(outcome, Outcome::Waiting);
    eventually("status tells a script that it is not ready", START, || {
        let told = city.status_text(0);
        (city.cli(0, "status").status == Some(3)).then_some(told)
    });
    let log = || city.nodes[0].log();
    eventually("the log says so", START, || {
        log().contains("not ready: ").then_some(())
    });
    let (_, text) = asked(&city, 0, "/metrics");
    for line in [
        "dirchain_epoch 0",
        "dirchain_validators 4",
        "dirchain_validators_up 2",
        "dirchain_validators_needed 3",
        "dirchain_ready 0",
        "dirchain_mode{mode=\"validator\"} 1",
        "dirchain_peer_banned{peer=\"D012-1\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }

    city.start(2);
    let height = city.committed(0, &waiting);
    assert!(height > halted, "{height} after {halted}");
    eventually("the log says that it is ready again", START, || {
        let log = city.nodes[0].log();
        let (_, after) = log.rsplit_once("not ready: ")?;
        after.contains("ready at height").then_some(())
    });
    let log = city.nodes[0].log();
    assert!(log.contains("Connected node=D012-1"), "{log}");
    for index in [1, 2] {
        assert_eq!(city.committed(index, &waiting), height);
    }
    city.start(3);
    assert_eq!(city.committed(3, &waiting), height);
    city.agree();
}

#[test]
fn a_wiped_node_catches_up_follows_and_votes_again_once_that_is_safe() {
    let mut city = City::started();
    for number in 1..4 {
        city.register(0, "D012", number);
    }
    city.nodes[1].kill();
    city.nodes[1].wipe();
    let before = city.register(0, "D012", 4);
    city.nodes[1].start();
    let client = city.client(1);
    eventually("the wiped node catches up", START, || {
        let status = client.status().ok()?;
        let follows = matches!(status.node.mode, NodeMode::Following { .. });
        assert!(follows || status.tip.height > before, "{:?}", status.node);
        (status.tip.height >= before).then_some(())
    });

    let mut number = 5;
    eventually("the wiped node votes again", START, || {
        city.register(0, "D012", number);
        number += 1;
        let mode = client.status().unwrap().node.mode;
        (mode == NodeMode::Validator).then_some(())
    });
    // With another node down, a block takes the vote of each of the three.
    city.nodes[2].stop();
    let height = city.register(0, "D012", number);
    let block = city.client(0).block(height).unwrap();
    let certificate = block.certificate.expect("a certificate");
    let voted = certificate.signers.iter();
    let voted: Vec<String> = voted
        .filter_map(|signer| Some(signer.node.as_ref()?.to_string()))
        .collect();
    assert!(voted.contains(&"D012-1".to_owned()), "{voted:?}");
    city.start(2);
    city.agree();
}

/// The engine's log decides the one block that the copy lacks, and its body is gone.
#[test]
fn a_database_put_back_from_one_block_before_catches_up_and_votes_again() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    city.agree();
    city.nodes[3].stop();
    let copy = city.nodes[3].copy_database();
    city.start(3);
    let lost = city.register(0, "D012", 2);
    eventually("the node has the block", BLOCK, || {
        (city.height(3) == lost).then_some(())
    });
    city.nodes[3].stop();
    city.nodes[3].put_database_back(&copy);
    city.start(3);
    city.register(0, "D012", 3);
    let client = city.client(3);
    eventually("it votes again", START, || {
        (client.status().ok()?.node.mode == NodeMode::Validator).then_some(())
    });
    city.agree();
}

/// As when a node is set up anew and its keys are put back from a safe: its empty guard is another
/// key's, and says nothing of what this one signed.
#[test]
fn keys_put_back_into_a_new_home_do_not_vote_at_once() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    let node = &mut city.nodes[1];
    node.kill();
    node.wipe();
    std::fs::create_dir(node.home.engine_dir()).unwrap();
    let other = SecretKey::from_seed(&[9; 32]).public();
    drop(Guard::make(&node.home.guard_file(), &other).unwrap());
    node.start();
    let client = node.client();
    let mode = eventually("the node answers", START, || {
        Some(client.status().ok()?.node.mode)
    });
    assert!(matches!(mode, NodeMode::Following { .. }), "{mode:?}");
    let mut number = 2;
    eventually("the node votes again", START, || {
        city.register(0, "D012", number);
        number += 1;
        (client.status().unwrap().node.mode == NodeMode::Validator).then_some(())
    });
    city.agree();
}

#[test]
fn every_node_killed_at_once_comes_back_with_all_it_promised() {
    let mut city = City::started();
    let mut heights = Vec::new();
    for number in 1..4 {
        let sent = city.submit(0, "D012", number);
        heights.push((city.committed(0, &sent), sent));
    }
    for node in &mut city.nodes {
        node.kill();
    }
    for node in &mut city.nodes {
        node.start();
    }
    for node in &mut city.nodes {
        node.wait_until_ready();
    }
    for (height, sent) in &heights {
        for index in 0..4 {
            assert_eq!(city.committed(index, sent), *height);
        }
    }
    city.register(3, "D024", 1);
    eventually("all agree after the outage", BLOCK, || Some(city.agree()));
}
