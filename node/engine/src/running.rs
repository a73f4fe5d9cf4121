//! The engine's actors and the network, put together for one mode, and ended again.

use std::sync::Arc;

use arc_malachitebft_app_channel::{
    Channels, ConsensusContext, EngineBuilder, EngineHandle as ActorsHandle, RequestContext,
    SyncContext, WalContext,
};
use dirchain_consensus::context::{Address, DirectoryContext, OUTSIDE};
use dirchain_consensus::mode::Mode;
use dirchain_consensus::verifier::ChainVerifier;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_network::{Heard, Keypair, Network, NetworkConfig, NetworkHandle, NetworkLimits};
use tokio::sync::mpsc;

use crate::actors::ActorsConfig;
use crate::codec::WireCodec;
use crate::error::EngineError;
use crate::genuine::judge;
use crate::host::Host;
use crate::incoming::verify_incoming;
use crate::joining::give;
use crate::limits::STOP_WITHIN;
use crate::log::mend;
use crate::own::Mirror;
use crate::peers::allow_list;
use crate::signer::{Alarm, GuardedSigner};
use crate::start::{Role, Voting};

/// The engine's actors and network while they run.
pub(crate) struct Running {
    pub(crate) channels: Channels<DirectoryContext>,
    actors: ActorsHandle,
    pub(crate) network: NetworkHandle,
    pub(crate) heard: mpsc::Receiver<Heard<DirectoryContext>>,
    pub(crate) transactions: mpsc::Receiver<VerifiedTransaction>,
    pub(crate) alarms: mpsc::UnboundedReceiver<Alarm>,
    pub(crate) alarm: mpsc::UnboundedSender<Alarm>,
    pub(crate) role: Role,
}

impl Running {
    pub(crate) fn channels(&self) -> &Channels<DirectoryContext> {
        &self.channels
    }

    pub(crate) fn network_handle(&self) -> NetworkHandle {
        self.network.clone()
    }

    /// Ends actors and network, so that log, guard and port are free.
    pub(crate) async fn end(self) {
        let cell = self.actors.actor.get_cell();
        cell.stop_children(Some("the engine stops".into()));
        self.actors.actor.stop(Some("the engine stops".into()));
        if tokio::time::timeout(STOP_WITHIN, self.actors.handle)
            .await
            .is_err()
        {
            tracing::warn!("the engine's actors did not end within {STOP_WITHIN:?}");
        }
        self.network.shutdown().await;
    }
}

pub(crate) fn keypair(secret: &SecretKey) -> Result<Keypair, EngineError> {
    Keypair::ed25519_from_bytes(secret.seed()).map_err(|error| EngineError::NetworkKey {
        reason: error.to_string(),
    })
}

impl Host {
    /// Starts network and actors in a mode.
    pub(crate) async fn begin(
        &mut self,
        role: &Role,
        voting: &Voting,
    ) -> Result<Running, EngineError> {
        let chain = self.store().tip().chain;
        let log = &voting.files.log;
        mend(log).map_err(|error| EngineError::Start {
            reason: format!("{}: {error}", log.display()),
        })?;
        let (alarm, alarms) = mpsc::unbounded_channel();
        let mirror = match (&voting.consensus_key, &voting.guard) {
            (Some(secret), Some(guard)) => Some(Mirror {
                verifier: ChainVerifier { chain },
                key: secret.public(),
                guard: Arc::clone(guard),
                alarms: alarm.clone(),
            }),
            (_, None) | (None, _) => None,
        };
        let network = dirchain_network::spawn::<DirectoryContext, _>(
            NetworkConfig {
                keypair: keypair(&voting.network_key)?,
                listen: self.listen.clone(),
                peers: allow_list(self.store(), &self.config.node)?,
                chain: chain.to_string(),
                limits: NetworkLimits::default(),
            },
            WireCodec,
            judge(self.store().clone(), Arc::clone(&self.roll), mirror),
        )
        .await?;
        let Network {
            actor,
            tx,
            handle,
            transactions_in,
            questions,
            heard,
        } = network;
        give(self.store(), questions);
        let verifier = Box::new(ChainVerifier { chain });
        let (me, consensus) = match (&role.mode, &voting.consensus_key, &voting.guard) {
            (Mode::Voting, Some(secret), Some(guard)) => {
                let me = dirchain_ledger::ids::Address::of(&secret.public());
                let (guard, log) = (Arc::clone(guard), voting.files.log.clone());
                let signer = GuardedSigner::new(secret.clone(), chain, guard, log, alarm.clone());
                let context =
                    ConsensusContext::new_validator(Address(me), verifier, Box::new(signer));
                (Some(me), context)
            }
            (Mode::Voting | Mode::Following(_), _, _) => {
                (None, ConsensusContext::new_full_node(OUTSIDE, verifier))
            }
        };
        self.replica.set_voter(me);
        self.secret = voting.consensus_key.clone();
        self.next = None;
        let built = EngineBuilder::new(DirectoryContext, ActorsConfig::new(&self.config))
            .with_default_wal(WalContext::new(voting.files.log.clone(), WireCodec))
            .with_custom_network(actor, tx)
            .with_default_sync(SyncContext::new(WireCodec))
            .with_default_consensus(consensus)
            .with_default_request(RequestContext::new(100))
            .build()
            .await;
        let (channels, actors) = match built {
            Ok(built) => built,
            Err(error) => {
                handle.shutdown().await;
                return Err(EngineError::Start {
                    reason: error.to_string(),
                });
            }
        };
        let store = self.store().clone();
        let transactions = verify_incoming(transactions_in, store, handle.clone());
        Ok(Running {
            channels,
            actors,
            network: handle,
            heard,
            transactions,
            alarms,
            alarm,
            role: role.clone(),
        })
    }
}
