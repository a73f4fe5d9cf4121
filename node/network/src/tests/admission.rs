//! Who does not get in, and what it costs.

use std::net::SocketAddr;
use std::time::Duration;

use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::node::{Event, Node, eventually, loopback, quick, start, try_start_on};
use super::rogue::{Rogue, freeze_after_handshake, stranger_to_our_protocols};
use crate::{NetworkLimits, PeerEntry};

fn socket_address(node: &Node) -> SocketAddr {
    let port = node.address.iter().find_map(|part| match part {
        Protocol::Tcp(port) => Some(port),
        _ => None,
    });
    SocketAddr::from(([127, 0, 0, 1], port.unwrap()))
}

/// An entry for a peer that we do not dial, known to call from the loopback.
fn caller(keypair: &Keypair) -> PeerEntry {
    PeerEntry {
        name: "a peer".to_owned(),
        peer: keypair.public().to_peer_id(),
        addresses: vec!["/ip4/127.0.0.1/tcp/1".parse().unwrap()],
        validator: true,
    }
}

#[tokio::test]
async fn nothing_of_an_unknown_key_is_decoded() {
    let node = start(quick()).await;
    let rogue = Rogue::start(
        &Keypair::generate_ed25519(),
        node.address.clone(),
        node.peer,
    );
    for _ in 0..20 {
        rogue.dial();
    }
    // As many at once exceed the bound for one address, so some are refused before the handshake.
    eventually("every dial is denied", || {
        let totals = node.network.handle.status().totals;
        totals.denied_handshakes > 0 && totals.denied_handshakes + totals.refused_pending == 20
    })
    .await;
    eventually("every dial ends", || {
        rogue.seen().closed + rogue.seen().dial_failed == 20
    })
    .await;
    let status = node.network.handle.status();
    assert_eq!((status.totals.delivered, status.totals.malformed), (0, 0));
    assert!(status.peers.is_empty());
    assert!(
        node.events()
            .iter()
            .all(|event| matches!(event, Event::Listening(_)))
    );
}

#[tokio::test]
async fn a_peer_that_freezes_after_the_handshake_is_closed() {
    let limits = NetworkLimits {
        handshake_timeout: Duration::from_millis(500),
        ..quick()
    };
    let node = start(limits).await;
    let keypair = Keypair::generate_ed25519();
    node.network
        .handle
        .set_peers(vec![caller(&keypair)])
        .unwrap();
    let frozen = freeze_after_handshake(&keypair, node.address.clone()).await;
    assert_eq!(frozen.0, node.peer);
    eventually("it is closed as stalled", || {
        let status = node.network.handle.status();
        status.totals.stalled == 1 && status.connected_count() == 0
    })
    .await;
    let status = node.status_of(&keypair.public().to_peer_id());
    assert_eq!(
        (status.frames_in, status.violations, status.banned),
        (0, 0, false)
    );
}

#[tokio::test]
async fn a_peer_that_opens_the_lanes_and_stays_silent_is_closed() {
    let limits = NetworkLimits {
        silence: Duration::from_millis(600),
        ..quick()
    };
    let node = start(limits).await;
    let keypair = Keypair::generate_ed25519();
    node.network
        .handle
        .set_peers(vec![caller(&keypair)])
        .unwrap();
    let mut rogue = Rogue::start(&keypair, node.address.clone(), node.peer);
    let _lanes = rogue.open().await;
    eventually("it is closed as stalled", || {
        node.network.handle.status().totals.stalled >= 1 && rogue.seen().closed == 1
    })
    .await;
    assert_eq!(node.network.handle.status().totals.delivered, 0);
}

#[tokio::test]
async fn another_version_is_closed_and_not_banned() {
    let node = start(quick()).await;
    let keypair = Keypair::generate_ed25519();
    node.network
        .handle
        .set_peers(vec![caller(&keypair)])
        .unwrap();
    let stranger = stranger_to_our_protocols(&keypair, node.address.clone());
    eventually("it is closed as mismatched", || {
        let status = node.network.handle.status();
        status.totals.mismatched >= 1 && status.connected_count() == 0
    })
    .await;
    let status = node.status_of(&keypair.public().to_peer_id());
    assert_eq!((status.violations, status.banned), (0, false));
    assert_eq!(node.network.handle.status().totals.malformed, 0);
    stranger.abort();
}

#[tokio::test]
async fn a_peer_of_another_chain_is_not_understood_and_not_banned() {
    let node = start(quick()).await;
    let keypair = Keypair::generate_ed25519();
    let entry = node.entry();
    let other = try_start_on("beef", &keypair, loopback(), vec![entry], quick()).await;
    let other = other.unwrap();
    node.network
        .handle
        .set_peers(vec![caller(&keypair)])
        .unwrap();
    eventually("both see that they are of two chains", || {
        [&node, &other].iter().any(|node| {
            let status = node.network.handle.status();
            status.totals.mismatched >= 1 && status.connected_count() == 0
        })
    })
    .await;
    let status = node.status_of(&other.peer);
    assert_eq!((status.violations, status.banned), (0, false));
    assert_eq!(status.last_heard, None);
}

#[tokio::test]
async fn a_peer_has_few_connections_and_reconnecting_leaves_no_task() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let node = start(quick()).await;
    let keypair = Keypair::generate_ed25519();
    let peer = keypair.public().to_peer_id();
    node.network
        .handle
        .set_peers(vec![caller(&keypair)])
        .unwrap();
    let before = tasks();
    for _ in 0..5 {
        let rogue = Rogue::start(&keypair, node.address.clone(), node.peer);
        for _ in 0..6 {
            rogue.dial();
        }
        eventually("what exceeds three is closed", || {
            let seen = rogue.seen();
            seen.dial_failed + seen.closed == 3 && node.status_of(&peer).connections == 3
        })
        .await;
        drop(rogue);
        eventually("all are gone", || node.status_of(&peer).connections == 0).await;
        eventually("and their tasks", || tasks() == before).await;
    }
}

#[tokio::test]
async fn both_sides_may_dial_at_once() {
    let (first, second) = (start(quick()).await, start(quick()).await);
    first
        .network
        .handle
        .set_peers(vec![second.entry()])
        .unwrap();
    second
        .network
        .handle
        .set_peers(vec![first.entry()])
        .unwrap();
    eventually("they hear each other", || {
        first.hears_count() == 1 && second.hears_count() == 1
    })
    .await;
    for height in 1..=50 {
        first.publish_vote(height);
        second.publish_vote(height);
    }
    eventually("every vote arrives", || {
        (1..=50).all(|height| first.votes(height) == 1 && second.votes(height) == 1)
    })
    .await;
    assert!(first.status_of(&second.peer).connections <= 2);
}

/// Raw connections from many loopback addresses; those that the node accepted stay open until its timeout.
async fn flood(target: SocketAddr) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for host in 2..=20 {
        for _ in 0..10 {
            let socket = TcpSocket::new_v4().unwrap();
            socket
                .bind(SocketAddr::from(([127, 0, 0, host], 0)))
                .unwrap();
            open.push(socket.connect(target).await.unwrap());
        }
    }
    open
}

#[tokio::test]
async fn silent_raw_connections_keep_no_member_out_and_are_closed() {
    let limits = NetworkLimits {
        pending_inbound_max: 40,
        pending_inbound_per_address_max: 8,
        ..quick()
    };
    let node = start(limits.clone()).await;
    let raw = flood(socket_address(&node)).await;
    eventually("the flood beyond the bounds is refused", || {
        node.network.handle.status().totals.refused_pending == 190 - 40
    })
    .await;

    let member = start(limits).await;
    node.network
        .handle
        .set_peers(vec![caller(&member.keypair)])
        .unwrap();
    member.network.handle.set_peers(vec![node.entry()]).unwrap();
    eventually("the member connects meanwhile", || node.hears_count() == 1).await;
    member.publish_vote(1);
    eventually("and is heard", || node.votes(1) == 1).await;

    for mut stream in raw {
        let end = timeout(Duration::from_secs(60), async {
            let mut buffer = [0; 64];
            while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
        });
        assert!(end.await.is_ok(), "a silent raw connection stays open");
    }
    assert_eq!(node.hears_count(), 1);
}
