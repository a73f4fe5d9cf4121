//! Starts a network and joins its parts.
//!
//! Invariant: either everything runs and the port accepts connections, or nothing is left behind.

use std::sync::Arc;

use arc_malachitebft_app_channel::NetworkMsg;
use arc_malachitebft_core_types::Context;
use arc_malachitebft_engine::consensus::ConsensusCodec;
use arc_malachitebft_engine::network::NetworkRef;
use arc_malachitebft_engine::sync::SyncCodec;
use bytes::Bytes;
use libp2p::PeerId;
use ractor::Actor;
use tokio::sync::{mpsc, watch};

use crate::config::{NetworkConfig, check_peers};
use crate::engine::actor::NetworkActor;
use crate::engine::heard::Heard;
use crate::engine::inbox::Inbox;
use crate::engine::judge::Judge;
use crate::error::NetworkError;
use crate::handle::NetworkHandle;
use crate::hub::Hub;
use crate::limits::{COMMANDS_MAX, QUESTIONS_MAX};
use crate::peers::counters::Totals;
use crate::sink::Sink;
use crate::swarm::Fetch;
use crate::swarm::SwarmTask;

/// A running network.
pub struct Network<Ctx: Context> {
    /// The engine's network actor, for `EngineBuilder::with_custom_network`.
    pub actor: NetworkRef<Ctx>,
    /// The application's way to that actor, for `EngineBuilder::with_custom_network`.
    pub tx: mpsc::Sender<NetworkMsg<Ctx>>,
    /// Sends transactions, changes the allow-list, reads counters, shuts down.
    pub handle: NetworkHandle,
    /// Transactions received, not yet judged, with the peer that sent each. While nobody reads, the
    /// peers' lanes wait; nothing is lost. Ends when the network stops.
    pub transactions_in: mpsc::Receiver<(PeerId, Bytes)>,
    /// Questions of peers to the application. While nobody reads, some wait and the rest get no answer.
    /// Ends when the network stops.
    pub questions: mpsc::Receiver<Fetch>,
    /// A copy of every incoming vote and proposal, *not verified*. While nobody reads, copies are
    /// dropped and counted. Ends when the network stops.
    pub heard: mpsc::Receiver<Heard<Ctx>>,
}

/// Starts the network: the port is open when this returns, and the peers are being dialled.
///
/// # Errors
///
/// [`NetworkError::Listen`] when the port is in use; [`NetworkError::UnsupportedAddress`] and
/// [`NetworkError::NotListening`] for an address that cannot be listened on; the allow-list's bounds;
/// a key or an actor that does not start.
pub async fn spawn<Ctx, C>(
    config: NetworkConfig,
    codec: C,
    judge: Judge<Ctx>,
) -> Result<Network<Ctx>, NetworkError>
where
    Ctx: Context,
    C: ConsensusCodec<Ctx> + SyncCodec<Ctx> + Clone,
{
    check_peers(&config.peers)?;
    let totals = Arc::new(Totals::default());
    let (heard_sender, heard) = mpsc::channel(config.limits.heard_max.max(1));
    let (transactions_sender, transactions_in) =
        mpsc::channel(config.limits.transactions_in_max.max(1));
    let (questions_sender, questions) = mpsc::channel(QUESTIONS_MAX);
    let inbox = Inbox::new(codec.clone(), judge, Arc::clone(&totals), heard_sender);
    let inbox = Arc::new(inbox);
    let sink: Arc<dyn Sink> = inbox.clone();
    let local = config.keypair.public().to_peer_id();
    let hub = Arc::new(Hub::new(local, config.limits, totals, sink));
    hub.set_peers(config.peers);

    let (keypair, chain) = (&config.keypair, &config.chain);
    let mut task = SwarmTask::new(
        keypair,
        chain,
        Arc::clone(&hub),
        transactions_sender,
        questions_sender,
    )?;
    task.listen(&config.listen).await?;
    let (commands, commands_receiver) = mpsc::channel(COMMANDS_MAX);
    let actor = NetworkActor {
        hub: Arc::clone(&hub),
        inbox,
        codec,
        commands: commands.clone(),
    };
    let (actor, ended) = Actor::spawn(None, actor, ()).await?;
    let (done_sender, done) = watch::channel(false);
    tokio::spawn(task.run(commands_receiver, done_sender));

    // The engine stops or kills its actors when it fails; without its actor the network would only hold the port.
    let stopped_with_the_actor = Arc::clone(&hub);
    tokio::spawn(async move {
        let _how_does_not_matter = ended.await;
        stopped_with_the_actor.stop();
    });

    let tx = forward(actor.clone(), hub.stopping());
    let handle = NetworkHandle::new(hub, actor.get_cell(), done, commands);
    Ok(Network {
        actor,
        tx,
        handle,
        transactions_in,
        questions,
        heard,
    })
}

/// The application's channel to the actor. It closes with the network, so that senders notice.
fn forward<Ctx: Context>(
    actor: NetworkRef<Ctx>,
    mut stopping: watch::Receiver<bool>,
) -> mpsc::Sender<NetworkMsg<Ctx>> {
    let (tx, mut messages) = mpsc::channel::<NetworkMsg<Ctx>>(1);
    tokio::spawn(async move {
        loop {
            let message = tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                message = messages.recv() => message,
            };
            let Some(message) = message else {
                return;
            };
            if actor.cast(message.into()).is_err() {
                return;
            }
        }
    });
    tx
}
