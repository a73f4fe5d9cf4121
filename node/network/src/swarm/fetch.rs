//! The application's questions at the swarm: what it asks of peers, what they ask of it.
//!
//! Invariant: every question of ours is answered once, if only by its failure; a peer's is kept until
//! the application answers or lets it go.

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response as rr;
use tokio::sync::oneshot;
use tracing::debug;

use crate::error::{FetchError, Violation};
use crate::swarm::sync::Received;
use crate::swarm::task::SwarmTask;

/// A peer's question to the application.
#[derive(Debug)]
pub struct Fetch {
    /// Who asks.
    pub peer: PeerId,
    /// What.
    pub body: Bytes,
    /// Takes the answer. Dropped without one, the peer is told that there is none.
    pub reply: oneshot::Sender<Bytes>,
}

/// Where the answer to a question of ours goes.
pub(crate) type FetchReply = oneshot::Sender<Result<Bytes, FetchError>>;

/// An answer of the application's, with the way to whoever asked.
pub(crate) type Answered = (rr::ResponseChannel<Received>, Bytes);

impl SwarmTask {
    pub(super) fn ask(&mut self, peer: PeerId, body: Bytes, reply: FetchReply) {
        let id = self
            .swarm
            .behaviour_mut()
            .fetch
            .send_request(&peer, Ok(body));
        self.asked.insert(id, reply);
    }

    pub(super) fn on_answered(&mut self, (channel, body): Answered) {
        let fetch = &mut self.swarm.behaviour_mut().fetch;
        if fetch.send_response(channel, Ok(body)).is_err() {
            debug!("Whoever asked is gone");
        }
    }

    pub(super) fn on_fetch(&mut self, event: rr::Event<Received, Received>) {
        match event {
            rr::Event::Message { peer, message, .. } => match message {
                rr::Message::Request {
                    request, channel, ..
                } => self.on_question(peer, request, channel),
                rr::Message::Response {
                    request_id,
                    response,
                } => {
                    if response.is_err() {
                        self.hub.ban(peer, Violation::FetchResponse);
                    }
                    let response = response.map_err(|_too_large| FetchError::Failed);
                    self.answer_ours(request_id, response);
                }
            },
            rr::Event::OutboundFailure {
                request_id, error, ..
            } => {
                debug!(%error, "A question was not answered");
                self.answer_ours(request_id, Err(FetchError::Failed));
            }
            rr::Event::InboundFailure { .. } | rr::Event::ResponseSent { .. } => {}
        }
    }

    fn answer_ours(&mut self, id: rr::OutboundRequestId, answer: Result<Bytes, FetchError>) {
        if let Some(reply) = self.asked.remove(&id) {
            // Whoever asked may wait no longer.
            drop(reply.send(answer));
        }
    }

    fn on_question(
        &mut self,
        peer: PeerId,
        request: Received,
        channel: rr::ResponseChannel<Received>,
    ) {
        let Ok(body) = request else {
            self.hub.ban(peer, Violation::FetchRequest);
            return;
        };
        let (reply, answer) = oneshot::channel();
        let question = Fetch { peer, body, reply };
        // Where too many wait already, or nobody answers, dropping the channel tells the peer.
        if self.questions.try_send(question).is_err() {
            return;
        }
        let answered = self.answered.clone();
        tokio::spawn(async move {
            if let Ok(body) = answer.await {
                let _swarm_gone = answered.send((channel, body)).await;
            }
        });
    }
}
