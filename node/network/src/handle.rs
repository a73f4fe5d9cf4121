//! What the node holds of its running network.
//!
//! Invariant: not generic; every method but `shutdown` returns at once, but the one that
//! asks a peer.

use std::sync::Arc;

use bytes::Bytes;
use libp2p::PeerId;
use ractor::ActorCell;
use tokio::sync::{mpsc, oneshot, watch};

use crate::config::{PeerEntry, check_peers};
use crate::error::{FetchError, NetworkError, Violation};
use crate::hub::Hub;
use crate::lane::Lane;
use crate::lane::frame::{Frame, Kind};
use crate::peers::status::NetworkStatus;
use crate::swarm::Command;

/// Steers and reads a running network. Clones act on the same one; dropping them does not stop it.
#[derive(Clone)]
pub struct NetworkHandle {
    hub: Arc<Hub>,
    actor: ActorCell,
    done: watch::Receiver<bool>,
    commands: mpsc::Sender<Command>,
}

impl NetworkHandle {
    pub(crate) fn new(
        hub: Arc<Hub>,
        actor: ActorCell,
        done: watch::Receiver<bool>,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        Self {
            hub,
            actor,
            done,
            commands,
        }
    }

    /// Asks a connected peer's application, and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`FetchError`]: there is no answer. One that is larger than allowed bans the peer.
    pub async fn fetch(&self, peer: PeerId, body: Bytes) -> Result<Bytes, FetchError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Ask { peer, body, reply };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| FetchError::Stopped)?;
        answer.await.map_err(|_| FetchError::Stopped)?
    }

    /// Refuses a peer for a while: its answer was false.
    pub fn ban_liar(&self, peer: PeerId) {
        self.hub.ban(peer, Violation::FalseAnswer);
    }

    /// Refuses a peer for a while: it sent a transaction that no honest peer sends.
    pub fn ban_forger(&self, peer: PeerId) {
        let lane = Lane::Transactions;
        self.hub.ban(peer, Violation::Forged { lane });
    }

    /// Counts a transaction of a peer that was left out before its signature was verified.
    pub fn left_out(&self, peer: &PeerId) {
        self.hub.left_out(peer);
    }

    /// Queues an encoded transaction for every connected validator and returns how many queues took it.
    /// A full queue, or a transaction beyond the lane's limit, is counted in [`status`](Self::status).
    #[must_use]
    pub fn send_transaction(&self, transaction: Bytes) -> usize {
        self.hub.send_to_validators(&Frame {
            kind: Kind::Transaction,
            body: transaction,
        })
    }

    /// Replaces the whole allow-list. Newcomers are dialled; when this returns, nothing more of a peer
    /// that is no longer listed is delivered, and its connections are being closed. Peers that stay
    /// keep their connections. An entry for the node itself is ignored.
    ///
    /// # Errors
    ///
    /// [`NetworkError::TooManyPeers`] or [`NetworkError::TooManyAddresses`]; the old list then stays.
    pub fn set_peers(&self, peers: Vec<PeerEntry>) -> Result<(), NetworkError> {
        check_peers(&peers)?;
        self.hub.set_peers(peers);
        Ok(())
    }

    /// Reads every counter.
    #[must_use]
    pub fn status(&self) -> NetworkStatus {
        self.hub.status()
    }

    /// Ends the actor, the swarm and all tasks, and frees the port. Returns when the port is free;
    /// [`status`](Self::status) then lists no peer. Calling it again does no harm. Stop the engine first:
    /// it supervises the actor and takes its end for a failure.
    pub async fn shutdown(&self) {
        self.hub.stop();
        self.actor.stop(Some("the network is shut down".into()));
        // An error means that the swarm task is gone already, and its port with it.
        let mut done = self.done.clone();
        let _gone = done.wait_for(|done| *done).await;
    }
}
