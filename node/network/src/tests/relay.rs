//! A cut link of the mesh is bridged by one hop.

use arc_malachitebft_core_consensus::LivenessMsg;
use arc_malachitebft_engine::network::Msg;
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamId, StreamMessage};
use bytes::Bytes;

use super::context::{Part, vote};
use super::node::{Event, Node, engine_id, eventually, mesh, quick, start};
use crate::PeerEntry;

/// Nodes that are all connected but for the link between the first and the last, which list each other.
async fn cut_mesh(count: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(start(quick()).await);
    }
    let last = count - 1;
    for (position, node) in nodes.iter().enumerate() {
        let is_dialled = |other| other < position && (other, position) != (0, last);
        let peers = nodes.iter().enumerate();
        let peers = peers.map(|(other, peer)| peer.entry_dialled(is_dialled(other)));
        node.network.handle.set_peers(peers.collect()).unwrap();
    }
    eventually("all links but one are up", || {
        nodes.iter().enumerate().all(|(position, node)| {
            let cut = usize::from(position == 0 || position == last);
            node.hears_count() == count - 1 - cut
        })
    })
    .await;
    nodes
}

/// Publishes votes of growing heights until one gets through to the last node.
async fn bridged(nodes: &[Node]) {
    let last = nodes.last().unwrap();
    let mut height = 1000;
    eventually("the relays know of the cut", || {
        height += 1;
        nodes[0].publish_vote(height);
        (1000..height).any(|height| last.votes(height) > 0)
    })
    .await;
}

#[tokio::test]
async fn a_vote_crosses_a_cut_link_exactly_once() {
    let nodes = cut_mesh(3).await;
    bridged(&nodes).await;
    nodes[0].publish_vote(7);
    eventually("the vote arrives through the relay", || {
        nodes[2].votes(7) > 0
    })
    .await;
    nodes[1].publish_vote(8);
    eventually("a later message of the relay arrives", || {
        nodes[2].votes(8) > 0
    })
    .await;
    assert_eq!((nodes[2].votes(7), nodes[1].votes(7)), (1, 1));
    // The engine is told the direct peer: that is whom it may ask.
    let relay = engine_id(&nodes[1].peer);
    assert!(nodes[2].has(|event| *event == Event::Vote(relay, vote(7))));
    // The relay's own messages, and what it relayed, come back to nobody.
    assert_eq!(nodes[0].votes(7), 0);
    let totals = nodes[2].network.handle.status().totals;
    assert!(totals.relayed_in > 0 && totals.relayed_out == 0);
    assert!(nodes[1].network.handle.status().totals.relayed_out > 0);
}

#[tokio::test]
async fn parts_and_repeated_votes_cross_with_their_origin() {
    let nodes = cut_mesh(4).await;
    bridged(&nodes).await;
    let id = StreamId::new(Bytes::from_static(b"stream"));
    let body = vec![5; (2 << 20) - 1000];
    let part = StreamMessage::new(id, 0, StreamContent::Data(Part(body.into())));
    let actor = &nodes[0].network.actor;
    actor.cast(Msg::PublishProposalPart(part.clone())).unwrap();
    actor
        .cast(Msg::PublishLivenessMsg(LivenessMsg::Vote(vote(9))))
        .unwrap();
    let origin = engine_id(&nodes[0].peer);
    eventually("the part arrives in its publisher's name", || {
        nodes[3].has(|event| {
            matches!(event, Event::ProposalPart(from, by, received)
                if *from != origin && *by == Some(origin) && *received == part)
        })
    })
    .await;
    eventually("the repeated vote arrives", || nodes[3].votes(9) > 0).await;
    assert_eq!(nodes[3].network.handle.status().totals.malformed, 0);
}

#[tokio::test]
async fn a_full_mesh_relays_nothing() {
    let nodes = mesh(3, quick()).await;
    let relayed = || -> u64 {
        let totals = nodes.iter().map(|node| node.network.handle.status().totals);
        totals.map(|totals| totals.relayed_out).sum()
    };
    // While the mesh forms, some lists lag behind; from some height on, nothing is relayed any more.
    let mut quiet = 0;
    let mut height = 0;
    while quiet < 20 {
        let before = relayed();
        height += 1;
        for node in &nodes {
            node.publish_vote(height);
        }
        eventually("the votes arrive", || {
            nodes.iter().all(|node| node.votes(height) >= 2)
        })
        .await;
        quiet = if relayed() == before { quiet + 1 } else { 0 };
        assert!(height < 10_000, "a full mesh keeps relaying");
    }
}

#[tokio::test]
async fn an_observer_neither_relays_nor_is_relayed_to() {
    let nodes = cut_mesh(3).await;
    let observer = PeerEntry {
        validator: false,
        ..nodes[2].entry_dialled(false)
    };
    for node in &nodes[..2] {
        let peers = vec![nodes[0].entry(), nodes[1].entry(), observer.clone()];
        node.network.handle.set_peers(peers).unwrap();
    }
    let status = || nodes[1].network.handle.status().totals.relayed_out;
    let before = status();
    nodes[0].publish_vote(3);
    eventually("the validator hears", || nodes[1].votes(3) == 1).await;
    nodes[1].publish_vote(4);
    eventually("the observer hears the validator", || {
        nodes[2].votes(4) == 1
    })
    .await;
    assert_eq!((nodes[2].votes(3), status()), (0, before));
}
