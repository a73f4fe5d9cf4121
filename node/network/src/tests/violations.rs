//! A peer with an allowed key that breaks the protocol.

use std::time::Duration;

use futures::AsyncWriteExt;
use libp2p::identity::Keypair;
use libp2p::{PeerId, swarm::Stream};

use super::node::{Event, FORGED, Node, engine_id, eventually, quick, start};
use super::rogue::{Rogue, raw_frame, send};
use crate::lane::Lane;
use crate::lane::frame::{Frame, Payload};
use crate::{NetworkLimits, PeerEntry};

/// A node that lists a rogue, and the rogue. The ban lasts until the test ends, unless told otherwise.
async fn victim(ban: Duration) -> (Node, Rogue, PeerId) {
    victim_of(ban, true).await
}

async fn victim_of(ban: Duration, validator: bool) -> (Node, Rogue, PeerId) {
    let node = start(NetworkLimits { ban, ..quick() }).await;
    let keypair = Keypair::generate_ed25519();
    let peer = keypair.public().to_peer_id();
    let entry = PeerEntry {
        name: "a peer".to_owned(),
        peer,
        addresses: Vec::new(),
        validator,
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
    send(consensus, 1, &vote(5, 2)).await.unwrap();
    eventually("it is heard again", || node.votes(5) == 1).await;
}

/// A vote as the codec of these tests writes it: kind, height, voter, signature.
fn vote(height: u64, signature: u64) -> Vec<u8> {
    [1, height, 1, signature].map(u64::to_be_bytes).concat()
}

#[tokio::test]
async fn a_forged_vote_is_its_senders_violation() {
    let size_bytes = u32::try_from(vote(5, FORGED).len()).unwrap();
    offends(Lane::Consensus, raw_frame(size_bytes, 1, &vote(5, FORGED))).await;
}

#[tokio::test]
async fn a_forged_vote_that_a_relay_passes_on_is_left_out() {
    let (node, mut rogue, peer) = victim(HOUR).await;
    let origin = PeerId::random();
    let entry = |peer| PeerEntry {
        name: "a peer".to_owned(),
        peer,
        addresses: Vec::new(),
        validator: true,
    };
    let peers = vec![entry(peer), entry(origin)];
    node.network.handle.set_peers(peers).unwrap();
    let mut lanes = rogue.open().await;
    let consensus = lanes.get_mut(&Lane::Consensus).unwrap();
    for signature in [FORGED, 2] {
        let frame = Frame::relayed(Payload::Consensus, &origin, &vote(5, signature));
        send(consensus, frame.kind.byte(), &frame.body)
            .await
            .unwrap();
    }
    eventually("the genuine one is delivered", || node.votes(5) == 1).await;
    assert_eq!(node.status_of(&peer).violations, 0);
    assert_eq!(node.network.handle.status().totals.delivered, 1);
}

#[tokio::test]
async fn what_an_observer_has_no_say_in_is_not_even_decoded() {
    let (node, mut rogue, peer) = victim_of(HOUR, false).await;
    let mut lanes = rogue.open().await;
    for (lane, kind) in [(Lane::Consensus, 1), (Lane::Consensus, 2), (Lane::Parts, 4)] {
        let stream = lanes.get_mut(&lane).unwrap();
        send(stream, kind, b"garbage").await.unwrap();
    }
    eventually("they are counted", || {
        node.status_of(&peer).frames_unwanted == 3
    })
    .await;
    let status = node.status_of(&peer);
    assert!(status.connected && !status.banned && status.violations == 0);
    assert_eq!(node.network.handle.status().totals.delivered, 0);
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
        name: "a peer".to_owned(),
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
