//! Everything that honest nodes exchange arrives, once, in order, and with the right names.

use arc_malachitebft_core_consensus::{LivenessMsg, SignedConsensusMsg};
use arc_malachitebft_engine::network::{Msg, Status};
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamId, StreamMessage};
use arc_malachitebft_network::Channel;
use arc_malachitebft_sync::{
    OutboundFailureReason, Request, Response, ValueRequest, ValueResponse,
};
use bytes::Bytes;
use ractor::call_t;

use super::codec::decided;
use super::context::{Number, Part, TestContext, proposal, vote};
use super::node::{Event, Node, engine_id, eventually, mesh, quick, start};
use crate::{Heard, NetworkLimits, NetworkMsg};

fn part(body: Vec<u8>) -> StreamMessage<Part> {
    let id = StreamId::new(Bytes::from_static(b"stream"));
    StreamMessage::new(id, 0, StreamContent::Data(Part(body.into())))
}

async fn ask(node: &Node, of: &Node) -> arc_malachitebft_sync::OutboundRequestId {
    let request = Request::ValueRequest(ValueRequest::new(Number(1)..=Number(2)));
    let peer = engine_id(&of.peer);
    let actor = &node.network.actor;
    call_t!(actor, Msg::OutgoingRequest, 60_000, peer, request).unwrap()
}

#[tokio::test]
async fn a_connection_is_announced_so_that_consensus_and_sync_start() {
    let nodes = mesh(2, quick()).await;
    let events = nodes[0].events();
    let other = engine_id(&nodes[1].peer);
    assert!(matches!(events[0], Event::Listening(_)));
    assert_eq!(events[1], Event::PeerConnected(other));
    for channel in Channel::all() {
        assert!(events.contains(&Event::PeerSubscribed(other, *channel)));
    }
}

#[tokio::test]
async fn votes_proposals_status_and_parts_arrive() {
    let mut nodes = mesh(2, quick()).await;
    let from = engine_id(&nodes[0].peer);
    let actor = nodes[0].network.actor.clone();
    nodes[0].publish_vote(7);
    actor
        .cast(Msg::PublishConsensusMsg(SignedConsensusMsg::Proposal(
            proposal(8),
        )))
        .unwrap();
    actor
        .cast(Msg::PublishLivenessMsg(LivenessMsg::Vote(vote(9))))
        .unwrap();
    actor
        .cast(Msg::BroadcastStatus(Status::new(Number(5), Number(1))))
        .unwrap();
    let large = part(vec![3; 1 << 20]);
    let publish = NetworkMsg::PublishProposalPart(large.clone());
    nodes[0].network.tx.send(publish).await.unwrap();

    let expected = [
        Event::Vote(from, vote(7)),
        Event::Proposal(from, proposal(8)),
        Event::Vote(from, vote(9)),
        Event::Status(from, Status::new(Number(5), Number(1))),
        Event::ProposalPart(from, Some(from), large),
    ];
    for event in &expected {
        eventually("each message arrives", || {
            nodes[1].has(|received| received == event)
        })
        .await;
    }
    let once = |event: &Event| {
        let events = nodes[1].events();
        events.iter().filter(|received| *received == event).count()
    };
    assert!(expected.iter().all(|event| once(event) == 1));
    let mut heard = Vec::new();
    while let Ok(message) = nodes[1].network.heard.try_recv() {
        heard.push(match message {
            Heard::Vote(vote) => vote.message.height.0,
            Heard::Proposal(proposal) => proposal.message.height.0,
        });
    }
    assert_eq!(heard, [7, 8, 9]);
    let status = nodes[1].status_of(&nodes[0].peer);
    assert!(status.frames_in >= 5 && status.bytes_in > 1 << 20);
    assert_eq!(nodes[1].network.handle.status().totals.malformed, 0);
}

#[tokio::test]
async fn a_sync_request_is_answered_and_one_to_nobody_fails() {
    let nodes = mesh(2, quick()).await;
    let id = ask(&nodes[0], &nodes[1]).await;
    let mut request = None;
    eventually("the request arrives", || {
        request = nodes[1].events().into_iter().find_map(|event| match event {
            Event::SyncRequest(id, from, request) => Some((id, from, request)),
            _ => None,
        });
        request.is_some()
    })
    .await;
    let (inbound, from, request) = request.unwrap();
    assert_eq!(from, engine_id(&nodes[0].peer));
    assert_eq!(
        request,
        Request::ValueRequest(ValueRequest::new(Number(1)..=Number(2)))
    );
    let values = vec![
        decided(1, Bytes::from(vec![1; 3 << 20])),
        decided(2, Bytes::from_static(b"second")),
    ];
    let response: Response<TestContext> =
        Response::ValueResponse(ValueResponse::new(Number(1), values));
    nodes[1]
        .network
        .actor
        .cast(Msg::OutgoingResponse(inbound, response.clone()))
        .unwrap();
    let expected = Event::SyncResponse(id, engine_id(&nodes[1].peer), Some(response));
    eventually("the response arrives", || {
        nodes[0].has(|event| *event == expected)
    })
    .await;

    let stranger = start(quick()).await;
    let failed = ask(&nodes[0], &stranger).await;
    let reason = OutboundFailureReason::DialFailure;
    let expected = Event::SyncRequestFailed(failed, engine_id(&stranger.peer), reason);
    eventually("a request to a stranger fails", || {
        nodes[0].has(|event| *event == expected)
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_sync_request_fails_at_the_requester() {
    let nodes = mesh(2, quick()).await;
    let id = ask(&nodes[0], &nodes[1]).await;
    let mut inbound = None;
    eventually("the request arrives", || {
        inbound = nodes[1].events().into_iter().find_map(|event| match event {
            Event::SyncRequest(id, ..) => Some(id),
            _ => None,
        });
        inbound.is_some()
    })
    .await;
    let cancel = Msg::CancelInboundRequest(inbound.unwrap());
    nodes[1].network.actor.cast(cancel).unwrap();
    eventually("the requester is told", || {
        nodes[0].has(|event| matches!(event, Event::SyncRequestFailed(failed, ..) if *failed == id))
    })
    .await;
}

#[tokio::test]
async fn transactions_wait_for_a_slow_application_and_none_is_lost() {
    let limits = NetworkLimits {
        transactions_in_max: 4,
        ..quick()
    };
    let mut nodes = mesh(2, limits).await;
    for number in 0..300_u32 {
        let transaction = Bytes::from(vec![0; 20_000 + usize::try_from(number).unwrap()]);
        assert_eq!(nodes[0].network.handle.send_transaction(transaction), 1);
    }
    nodes[0].publish_vote(1);
    eventually("votes do not wait behind transactions", || {
        nodes[1].votes(1) == 1
    })
    .await;
    let sender = nodes[0].peer;
    for number in 0..300 {
        let (from, transaction) = nodes[1].network.transactions_in.recv().await.unwrap();
        assert_eq!((from, transaction.len()), (sender, 20_000 + number));
    }
}

#[tokio::test]
async fn transactions_go_to_validators_only_and_within_their_limit() {
    let nodes = mesh(3, quick()).await;
    let mut observer = nodes[2].entry();
    observer.validator = false;
    let peers = vec![nodes[1].entry(), observer];
    nodes[0].network.handle.set_peers(peers).unwrap();
    let handle = &nodes[0].network.handle;
    assert_eq!(handle.send_transaction(vec![1; 256 << 10].into()), 1);
    assert_eq!(handle.send_transaction(vec![1; (260 << 10) + 1].into()), 0);
    assert_eq!(handle.status().totals.oversize_out, 1);
}
