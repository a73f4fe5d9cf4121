//! Value sync at the swarm: requests and responses between the engine's actor and the peers.
//!
//! Invariant: an answer's channel is kept until it is answered, cancelled or failed, and no longer.

use arc_malachitebft_sync::{InboundRequestId, OutboundFailureReason, OutboundRequestId};
use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response as rr;
use ractor::RpcReplyPort;
use tracing::{debug, error};

use crate::error::Violation;
use crate::peers::counters::bump;
use crate::swarm::fetch::FetchReply;
use crate::swarm::sync::{Received, reason};
use crate::swarm::task::SwarmTask;

/// What is asked of the swarm: by the engine's actor, and through the handle.
pub(crate) enum Command {
    /// Ask a peer for decided values; the reply is the request's number.
    Request {
        peer: PeerId,
        body: Bytes,
        reply: RpcReplyPort<OutboundRequestId>,
    },
    /// Ask a peer for the application.
    Ask {
        peer: PeerId,
        body: Bytes,
        reply: FetchReply,
    },
    /// Answer a peer; without a body the request is dropped.
    Respond {
        id: InboundRequestId,
        body: Option<Bytes>,
    },
}

impl SwarmTask {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Request { peer, body, reply } => {
                let sync = &mut self.swarm.behaviour_mut().sync;
                let id = sync.send_request(&peer, Ok(body));
                if reply.send(OutboundRequestId::new(id)).is_err() {
                    debug!(%id, "Nobody waits for the sync request's number");
                }
            }
            Command::Ask { peer, body, reply } => self.ask(peer, body, reply),
            Command::Respond { id, body } => {
                let (Some(channel), Some(body)) = (self.answers.remove(&id), body) else {
                    return; // dropping the channel tells the peer
                };
                let size_bytes_max = self.hub.limits.sync_response_bytes_max;
                if body.len() > size_bytes_max {
                    error!(
                        size_bytes = body.len(),
                        size_bytes_max, "Not sent: a sync response beyond its limit"
                    );
                    bump(&self.hub.totals.oversize_out);
                    return;
                }
                let sync = &mut self.swarm.behaviour_mut().sync;
                if sync.send_response(channel, Ok(body)).is_err() {
                    debug!(%id, "The sync requester is gone");
                }
            }
        }
    }

    pub(super) fn on_sync(&mut self, event: rr::Event<Received, Received>) {
        match event {
            rr::Event::Message { peer, message, .. } => match message {
                rr::Message::Request {
                    request_id,
                    request,
                    channel,
                } => self.on_request(peer, InboundRequestId::new(request_id), request, channel),
                rr::Message::Response {
                    request_id,
                    response,
                } => self.on_response(peer, OutboundRequestId::new(request_id), response),
            },
            rr::Event::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                let id = OutboundRequestId::new(request_id);
                self.hub.sink.sync_request_failed(id, peer, reason(&error));
            }
            rr::Event::InboundFailure {
                peer, request_id, ..
            } => {
                let id = InboundRequestId::new(request_id);
                self.answers.remove(&id);
                self.hub.sink.sync_inbound_failed(id, peer);
            }
            rr::Event::ResponseSent { .. } => {}
        }
    }

    fn on_request(
        &mut self,
        peer: PeerId,
        id: InboundRequestId,
        request: Received,
        channel: rr::ResponseChannel<Received>,
    ) {
        let taken = request
            .map_err(|_too_large| Violation::SyncRequest)
            .and_then(|body| self.hub.sink.sync_request(id.clone(), peer, body));
        match taken {
            Ok(true) => {
                self.answers.insert(id, channel);
            }
            Ok(false) => {}
            Err(violation) => self.hub.ban(peer, violation),
        }
    }

    fn on_response(&mut self, peer: PeerId, id: OutboundRequestId, response: Received) {
        let taken = match response {
            Ok(body) => self.hub.sink.sync_response(id, peer, body),
            Err(_too_large) => {
                let failed = OutboundFailureReason::Io;
                self.hub.sink.sync_request_failed(id, peer, failed);
                Err(Violation::SyncResponse)
            }
        };
        if let Err(violation) = taken {
            self.hub.ban(peer, violation);
        }
    }
}
