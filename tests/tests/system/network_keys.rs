//! A department changes its node's key on the network while transactions are made: the old identity is let in no more.

use std::time::Duration;

use dirchain::home::{Home, NodeKey};
use dirchain_engine::peer_id;
use dirchain_explorer::api::NodeMode;
use dirchain_tests::{BLOCK, City, Liar, Lie, START, configure, eventually, never};

use super::epochs::Load;
use super::members::offer;

/// The node whose key changes: D012's.
const CHANGED: usize = 1;

/// A copy of a home as it is now, with what a program needs that speaks in its name, at another port.
fn copied(city: &City, home: &Home) -> Home {
    let copy = Home::at(city.dir().join("copied"));
    copy.create().unwrap();
    let files = [
        (home.config_file(), copy.config_file()),
        (home.genesis_file(), copy.genesis_file()),
        (
            home.key_file(NodeKey::Network),
            copy.key_file(NodeKey::Network),
        ),
        (
            home.key_file(NodeKey::Consensus),
            copy.key_file(NodeKey::Consensus),
        ),
    ];
    for (from, to) in files {
        std::fs::copy(from, to).unwrap();
    }
    configure(&copy, |config| {
        config.network.listen = format!("/ip4/127.0.0.1/tcp/{}", city.ports.spare(0));
    });
    copy
}

/// Whether the other nodes hear the node.
fn is_heard(city: &City) -> bool {
    [0, 2, 3].into_iter().all(|index| {
        let status = city.client(index).status().unwrap();
        let mut peers = status.node.peers.iter();
        peers.any(|peer| peer.node.as_str() == "D012-1" && peer.connected)
    })
}

#[test]
fn a_nodes_identity_changes_and_the_old_one_is_let_in_no_more() {
    let mut city = City::started();
    let mut load = Load::default();
    load.until(&city, "some blocks are made", || city.height(0).0 > 5);
    let home = city.nodes[CHANGED].home.clone();
    let thief = copied(&city, &home);
    let old = home.key(NodeKey::Network).unwrap().unwrap().public();

    // As long as the ledger names it, the identity is let in, whoever has it.
    city.nodes[CHANGED].stop();
    let liar = Liar::start(&thief, Lie::Nothing);
    eventually("the old identity is let in", START, || {
        (liar.heard() >= 3).then_some(())
    });
    drop(liar);
    city.start(CHANGED);

    let file = offer(&city, &home, &["--next", "network"]);
    let next = home.next_key(NodeKey::Network).unwrap().unwrap().public();
    let amend = format!("node amend D012-1 --offer {file} --as D012-operator --wait");
    city.cli(0, &amend).ok();
    load.until(&city, "the home has taken the key up", || {
        home.key(NodeKey::Network).unwrap().unwrap().public() == next
    });
    load.until(&city, "the others hear the new identity", || {
        is_heard(&city)
    });
    assert_ne!(peer_id(&old).unwrap(), peer_id(&next).unwrap());
    assert_eq!(home.retired().unwrap(), [old]);
    let client = city.client(CHANGED);
    let mode = client.status().unwrap().node.mode;
    assert_eq!(mode, NodeMode::Validator);

    // The old identity dials everybody and is refused; the node itself goes on as it was.
    let liar = Liar::start(&thief, Lie::Nothing);
    never(
        "the old identity was let in",
        Duration::from_secs(5),
        || liar.heard() > 0,
    );
    drop(liar);
    assert!(is_heard(&city));

    // With another node down a block takes the vote that comes by the new identity.
    city.nodes[3].stop();
    let sent = city.submit(0, "D012", 20_000);
    city.committed(0, &sent);
    city.start(3);
    // It keeps the identity over a restart.
    city.nodes[CHANGED].stop();
    city.start(CHANGED);
    eventually("the others hear it again", BLOCK, || {
        is_heard(&city).then_some(())
    });
    load.everything_is_there_once(&city);
}
