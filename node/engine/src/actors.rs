//! The engine's actors: their settings, and the log that outlives them for a moment.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use arc_malachitebft_app_channel::app::config::{
    ConsensusConfig, NodeConfig, ValuePayload, ValueSyncConfig,
};
use dirchain_consensus::limits::SYNC_BATCH_MAX;

use crate::limits::STOP_WITHIN;
use crate::settings::EngineConfig;

/// Pause between two looks at the log's lock.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Waits until the engine's log may be opened again. A thread of its own writes the log and ends
/// after the actors do; a start before that would fail on the log's lock.
pub(crate) async fn wait_until_unlocked(log: &Path) {
    let is_unlocked = || match File::open(log) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        // There is none yet.
        Err(_) => true,
    };
    let unlocked = async {
        while !is_unlocked() {
            tokio::time::sleep(LOCK_PAUSE).await;
        }
    };
    if tokio::time::timeout(STOP_WITHIN, unlocked).await.is_err() {
        tracing::warn!("{} is still locked after {STOP_WITHIN:?}", log.display());
    }
}

/// The settings of the engine's actors.
#[derive(Clone)]
pub(crate) struct ActorsConfig {
    moniker: String,
    consensus: ConsensusConfig,
    sync: ValueSyncConfig,
}

impl NodeConfig for ActorsConfig {
    fn moniker(&self) -> &str {
        &self.moniker
    }

    fn consensus(&self) -> &ConsensusConfig {
        &self.consensus
    }

    fn consensus_mut(&mut self) -> &mut ConsensusConfig {
        &mut self.consensus
    }

    fn value_sync(&self) -> &ValueSyncConfig {
        &self.sync
    }

    fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
        &mut self.sync
    }
}

impl ActorsConfig {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        let consensus = ConsensusConfig {
            value_payload: ValuePayload::ProposalAndParts,
            ..ConsensusConfig::default()
        };
        let sync = ValueSyncConfig {
            status_update_interval: config.timeouts.status,
            batch_size: SYNC_BATCH_MAX,
            ..ValueSyncConfig::default()
        };
        Self {
            moniker: config.node.to_string(),
            consensus,
            sync,
        }
    }
}
