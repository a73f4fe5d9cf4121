//! A peer with an allowed key that breaks the protocol.

use std::time::Duration;

use futures::AsyncWriteExt;
use libp2p::identity::Keypair;
use libp2p::{PeerId, swarm::Stream};

use super::node::{Event, Node, engine_id, eventually, quick, start};
use super::rogue::{Rogue, raw_frame, send};
use crate::lane::Lane;
use crate::lane::frame::{Frame, Payload};
use crate::{NetworkLimits, PeerEntry};

/// A node that lists a rogue, and the rogue. The ban lasts until the test ends, unless told otherwise.
async fn victim(ban: Duration) -> (Node, Rogue, PeerId) {
    let node = start(NetworkLimits { ban, ..quick() }).await;
    let keypair = Keypair::generate_ed25519();
    let peer = keypair.public().to_peer_id();
    let entry = PeerEntry {
        peer,
        addresses: Vec::new(),
        validator: true,
    };
    node.network.handle.set_peers(vec![entry]).unwrap();
    let rogue = Rogue::start(&keypair, node.address.clone(), node.peer);
    (node, rogue, peer)
}

async fn is_banned(node: &Node, rogue: &Rogue, peer: &PeerId) {
    eventually("the violation is counted and the peer banned", || {
        let status = node.status_of(peer);
        status.violations == 1 && status.banned && !status.connected
    })
    .await;
    eventually("its connection is closed", || rogue.seen().closed == 1).await;
    let totals = node.network.handle.status().totals;
    assert_eq!((totals.malformed, totals.delivered), (1, 0));
    rogue.dial();
    eventually("its redial is denied", || {
        node.network.handle.status().totals.denied_handshakes == 1
    })
    .await;
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn an_undecodable_frame_bans_for_a_while() {
    let (node, mut rogue, peer) = victim(Duration::from_secs(2)).await;
    let mut lanes = rogue.open().await;
    let parts = lanes.get_mut(&Lane::Parts).unwrap();
    send(parts, 4, b"garbage").await.unwrap();
    eventually("the peer is banned", || node.status_of(&peer).banned).await;
    assert_eq!(node.status_of(&peer).violations, 1);
    assert!(node.has(|event| *event == Event::PeerDisconnected(engine_id(&peer))));
    eventually("the ban ends", || !node.status_of(&peer).banned).await;
    let mut lanes = rogue.open().await;
    let consensus = lanes.get_mut(&Lane::Consensus).unwrap();
    let vote = [1_u64, 5, 1, 2].map(u64::to_be_bytes).concat();
    send(consensus, 1, &vote).await.unwrap();
    eventually("it is heard again", || node.votes(5) == 1).await;
}

/// Sends one offence on a lane and expects the ban.
async fn offends(lane: Lane, frame: Vec<u8>) {
    let (node, mut rogue, peer) = victim(HOUR).await;
    let mut lanes = rogue.open().await;
    let stream: &mut Stream = lanes.get_mut(&lane).unwrap();
    stream.write_all(&frame).await.unwrap();
    stream.flush().await.unwrap();
    is_banned(&node, &rogue, &peer).await;
}

#[tokio::test]
async fn a_header_beyond_the_limit_is_a_violation_before_any_body() {
    offends(Lane::Consensus, raw_frame(u32::MAX, 1, b"")).await;
}

#[tokio::test]
async fn a_header_just_beyond_the_lanes_limit_is_a_violation() {
    offends(Lane::Consensus, raw_frame((64 << 10) + 1, 1, b"")).await;
}

#[tokio::test]
async fn a_kind_that_belongs_elsewhere_is_a_violation() {
    offends(Lane::Transactions, raw_frame(0, 4, b"")).await;
}

#[tokio::test]
async fn a_malformed_heartbeat_is_a_violation() {
    offends(Lane::Consensus, raw_frame(2, 0, &[1, 9])).await;
}

#[tokio::test]
async fn a_status_in_anothers_name_is_a_violation() {
    let other = PeerId::random().to_bytes();
    let length = u64::try_from(other.len()).unwrap();
    let mut body = [4, 9, 1, length].map(u64::to_be_bytes).concat();
    body.extend_from_slice(&other);
    let size_bytes = u32::try_from(body.len()).unwrap();
    offends(Lane::Consensus, raw_frame(size_bytes, 3, &body)).await;
}

#[tokio::test]
async fn a_relayed_frame_without_an_origin_is_a_violation() {
    offends(Lane::Parts, raw_frame(3, 20, &[200, 1, 2])).await;
}

#[tokio::test]
async fn an_undecodable_relayed_frame_is_the_relays_violation() {
    let (node, mut rogue, peer) = victim(HOUR).await;
    let origin = PeerId::random();
    let entry = |peer| PeerEntry {
        peer,
        addresses: Vec::new(),
        validator: true,
    };
    let peers = vec![entry(peer), entry(origin)];
    node.network.handle.set_peers(peers).unwrap();
    let mut lanes = rogue.open().await;
    let frame = Frame::relayed(Payload::Consensus, &origin, b"garbage");
    let consensus = lanes.get_mut(&Lane::Consensus).unwrap();
    send(consensus, frame.kind.byte(), &frame.body)
        .await
        .unwrap();
    is_banned(&node, &rogue, &peer).await;
}

#[tokio::test]
async fn a_frame_relayed_in_our_own_name_is_a_violation() {
    let (node, mut rogue, peer) = victim(HOUR).await;
    let mut lanes = rogue.open().await;
    let frame = Frame::relayed(Payload::Consensus, &node.peer, b"x");
    let consensus = lanes.get_mut(&Lane::Consensus).unwrap();
    send(consensus, frame.kind.byte(), &frame.body)
        .await
        .unwrap();
    is_banned(&node, &rogue, &peer).await;
}

#[tokio::test]
async fn a_garbage_sync_request_is_a_violation() {
    let (node, mut rogue, peer) = victim(HOUR).await;
    let _lanes = rogue.open().await;
    rogue.ask(b"garbage");
    is_banned(&node, &rogue, &peer).await;
}

#[tokio::test]
async fn a_sync_request_beyond_its_limit_is_a_violation() {
    let (node, mut rogue, peer) = victim(HOUR).await;
    let _lanes = rogue.open().await;
    rogue.ask(&[0; 5000]);
    is_banned(&node, &rogue, &peer).await;
}
