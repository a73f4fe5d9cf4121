//! Start, stop and start again on the same port, inside one process.

use std::net::TcpListener;
use std::time::Duration;

use libp2p::identity::Keypair;
use tokio::runtime::Handle;

use super::node::{eventually, loopback, mesh, own_loopback, quick, start, try_start};
use crate::limits::{ADDRESSES_PER_PEER_MAX, PEERS_MAX};
use crate::{NetworkError, PeerEntry, PeerId};

#[tokio::test]
async fn a_port_in_use_is_a_named_error() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let by_another_program = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
    let running = start(quick()).await;
    for taken in [by_another_program, running.address.clone()] {
        let key = Keypair::generate_ed25519();
        match try_start(&key, taken.clone(), Vec::new(), quick()).await {
            Err(NetworkError::Listen { address, source }) => {
                assert_eq!(address, taken);
                assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
            }
            Err(other) => panic!("another error: {other}"),
            Ok(_) => panic!("two nodes share a port"),
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_tcp_is_a_named_error() {
    let key = Keypair::generate_ed25519();
    let address = "/ip4/127.0.0.1/udp/4001/quic-v1".parse().unwrap();
    let refused = try_start(&key, address, Vec::new(), quick()).await;
    assert!(matches!(
        refused,
        Err(NetworkError::UnsupportedAddress { .. })
    ));
}

#[tokio::test]
async fn an_allow_list_beyond_its_bounds_is_a_named_error_and_changes_nothing() {
    let nodes = mesh(2, quick()).await;
    let entry = |count| PeerEntry {
        name: "a peer".to_owned(),
        peer: PeerId::random(),
        addresses: vec![loopback(); count],
        validator: false,
    };
    let handle = &nodes[0].network.handle;
    let too_many = handle.set_peers(vec![entry(0); PEERS_MAX + 1]);
    assert!(matches!(too_many, Err(NetworkError::TooManyPeers { .. })));
    let too_long = handle.set_peers(vec![entry(ADDRESSES_PER_PEER_MAX + 1)]);
    assert!(matches!(
        too_long,
        Err(NetworkError::TooManyAddresses { .. })
    ));
    assert!(nodes[0].status_of(&nodes[1].peer).connected);
}

#[tokio::test]
async fn every_interface_may_be_listened_on() {
    let key = Keypair::generate_ed25519();
    let address = "/ip4/0.0.0.0/tcp/0".parse().unwrap();
    let node = try_start(&key, address, Vec::new(), quick()).await.unwrap();
    assert!(!node.network.handle.status().listening.is_empty());
}

#[tokio::test]
async fn shutdown_ends_every_task_and_frees_the_port_for_a_new_start() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let other = start(quick()).await;
    let peers = vec![other.entry()];
    let keypair = Keypair::generate_ed25519();
    let mut address = own_loopback(1);
    for round in 1..=3 {
        let node = try_start(&keypair, address, peers.clone(), quick())
            .await
            .unwrap();
        address = node.address.clone();
        let entry = node.entry();
        other.network.handle.set_peers(vec![entry]).unwrap();
        eventually("they are connected", || {
            node.hears_count() == 1 && other.hears_count() == 1
        })
        .await;
        other.publish_vote(round);
        eventually("the vote arrives", || node.votes(round) == 1).await;
        node.network.handle.shutdown().await;
        assert_eq!(node.network.handle.status().connected_count(), 0);
        node.network.handle.shutdown().await;
        eventually("the other end notices", || {
            other.network.handle.status().connected_count() == 0
        })
        .await;
    }
    other.network.handle.shutdown().await;
    eventually("no task is left", || tasks() == before).await;
}

#[tokio::test]
async fn the_channels_end_with_the_network() {
    let mut node = start(quick()).await;
    node.network.handle.shutdown().await;
    assert!(node.network.transactions_in.recv().await.is_none());
    assert!(node.network.heard.recv().await.is_none());
    let closed = tokio::time::timeout(Duration::from_secs(60), node.network.tx.closed());
    closed.await.unwrap();
    assert_eq!(node.network.handle.send_transaction(vec![1].into()), 0);
}

#[tokio::test]
async fn the_network_ends_when_the_engine_kills_its_actor() {
    let key = Keypair::generate_ed25519();
    let node = try_start(&key, own_loopback(2), Vec::new(), quick())
        .await
        .unwrap();
    node.network.actor.kill();
    eventually("the network has ended", || {
        node.network.handle.status().listening.is_empty() && node.network.tx.is_closed()
    })
    .await;
    node.network.handle.shutdown().await;
    try_start(&node.keypair, node.address.clone(), Vec::new(), quick())
        .await
        .unwrap();
}
