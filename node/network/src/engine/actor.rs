//! The actor the engine talks to: encodes and hands over.
//!
//! Invariant: no state of its own and no decision; a message that cannot be encoded is logged and left out.

use std::sync::Arc;

use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_types::Context;
use arc_malachitebft_engine::consensus::ConsensusCodec;
use arc_malachitebft_engine::network::{Msg, PersistentPeerError};
use arc_malachitebft_engine::sync::SyncCodec;
use arc_malachitebft_network::PeerIdExt;
use arc_malachitebft_peer::PeerId as EnginePeerId;
use arc_malachitebft_sync as sync;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::mpsc;
use tracing::error;

use crate::engine::inbox::Inbox;
use crate::hub::Hub;
use crate::lane::frame::{Frame, Kind, Payload};
use crate::swarm::Command;

/// The network as the engine sees it.
pub(crate) struct NetworkActor<Ctx: Context, C> {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inbox: Arc<Inbox<Ctx, C>>,
    pub(crate) codec: C,
    pub(crate) commands: mpsc::Sender<Command>,
}

impl<Ctx: Context, C: ConsensusCodec<Ctx> + SyncCodec<Ctx>> NetworkActor<Ctx, C> {
    fn publish<T>(&self, kind: Kind, message: &T)
    where
        C: Codec<T>,
    {
        match self.codec.encode(message) {
            Ok(body) => self.hub.send_to_all(&Frame { kind, body }),
            Err(error) => error!(?kind, %error, "Not sent: a message that cannot be encoded"),
        }
    }

    /// The swarm task is gone only when the network is stopping, and then nobody waits for an answer.
    async fn command(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("A command came after the network stopped");
        }
    }
}

#[async_trait::async_trait]
impl<Ctx: Context, C: ConsensusCodec<Ctx> + SyncCodec<Ctx>> Actor for NetworkActor<Ctx, C> {
    type Msg = Msg<Ctx>;
    type State = ();
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<Msg<Ctx>>,
        (): (),
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Msg<Ctx>>,
        message: Msg<Ctx>,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Subscribe(subscriber) => self.inbox.subscribe(subscriber),
            Msg::PublishConsensusMsg(message) => {
                self.publish(Kind::Direct(Payload::Consensus), &message);
            }
            Msg::PublishLivenessMsg(message) => {
                self.publish(Kind::Direct(Payload::Liveness), &message);
            }
            Msg::PublishProposalPart(part) => self.publish(Kind::Direct(Payload::Part), &part),
            Msg::BroadcastStatus(status) => {
                let status = sync::Status::<Ctx> {
                    peer_id: EnginePeerId::from_libp2p(&self.hub.local),
                    tip_height: status.tip_height,
                    history_min_height: status.history_min_height,
                };
                self.publish(Kind::Status, &status);
            }
            Msg::OutgoingRequest(peer, request, reply) => match self.codec.encode(&request) {
                Ok(body) => {
                    let peer = peer.to_libp2p();
                    self.command(Command::Request { peer, body, reply }).await;
                }
                Err(error) => error!(%error, "Not sent: a sync request that cannot be encoded"),
            },
            Msg::OutgoingResponse(id, response) => {
                let body = self.codec.encode(&response);
                let body = body.inspect_err(|error| {
                    error!(%error, "Not sent: a sync response that cannot be encoded");
                });
                let body = body.ok();
                self.command(Command::Respond { id, body }).await;
            }
            Msg::CancelInboundRequest(id) => {
                self.command(Command::Respond { id, body: None }).await;
            }
            // The allow-list comes whole from the ledger, through `NetworkHandle::set_peers`.
            Msg::UpdatePersistentPeers(_, reply) => {
                let refusal = "the allow-list follows the ledger's Node records".into();
                let refusal = Err(PersistentPeerError::InternalError(refusal));
                drop(reply.send(refusal));
            }
            // The reply describes a gossip state that does not exist here; see `NetworkHandle::status`.
            Msg::DumpState(reply) => drop(reply.send(None)),
            // Request-response has no cancel, and the sync actor ignores late responses.
            Msg::CancelRequest(_) => {}
            // Identities come from the allow-list: proofs are never exchanged, and the set changes nothing here.
            Msg::UpdateValidatorSet(_) | Msg::ValidatorProofVerified { .. } => {}
            // Only the engine's own network sends this, to itself.
            Msg::NewEvent(_) => {}
        }
        Ok(())
    }
}
