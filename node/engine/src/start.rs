//! Starting the engine, and starting it anew when the node's mode changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use dirchain_consensus::mode::{Gate, Mode, Standing};
use dirchain_consensus::replica::Replica;
use dirchain_ledger::ids::Height;
use dirchain_network::{Keypair, Multiaddr};
use dirchain_storage::Guard;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::error::EngineError;
use crate::handle::{EngineHandle, Shared};
use crate::host::{Host, Turn};
use crate::limits::REQUESTS_MAX;
use crate::outcomes::Outcomes;
use crate::settings::EngineConfig;

/// A running engine.
pub struct Engine {
    handle: EngineHandle,
    task: JoinHandle<Result<(), EngineError>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Engine {
    /// What the rest of the node submits to and reads.
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Waits until the engine ends.
    ///
    /// # Errors
    ///
    /// Why it ended by itself.
    pub async fn stopped(&mut self) -> Result<(), EngineError> {
        match (&mut self.task).await {
            Ok(result) => result,
            Err(error) => Err(EngineError::Start {
                reason: format!("its task failed: {error}"),
            }),
        }
    }

    /// Stops the engine and waits until its port and files are free.
    ///
    /// # Errors
    ///
    /// Why it ended otherwise.
    pub async fn stop(mut self) -> Result<(), EngineError> {
        if let Some(stop) = self.stop.take() {
            // It may have ended already; then there is nobody to tell.
            let _ended = stop.send(());
        }
        self.stopped().await
    }
}

/// Files of one engine.
pub(crate) struct Files {
    pub(crate) log: PathBuf,
    pub(crate) guard: PathBuf,
}

impl Files {
    fn new(home: &Path) -> Self {
        Self {
            log: home.join("engine.wal"),
            guard: home.join("guard"),
        }
    }
}

/// Starts the engine. The port is open and the peers are being dialled when this returns.
///
/// # Errors
///
/// The port is in use, a folder cannot be made, the store or the guard cannot be read.
pub async fn start(config: EngineConfig) -> Result<Engine, EngineError> {
    let home = config.home.clone();
    std::fs::create_dir_all(&home).map_err(|source| EngineError::Folder {
        path: home.clone(),
        source,
    })?;
    let keypair = Keypair::ed25519_from_bytes(config.network_key.seed()).map_err(|error| {
        EngineError::NetworkKey {
            reason: error.to_string(),
        }
    })?;
    let listen: Multiaddr = config
        .listen
        .parse()
        .map_err(|_| EngineError::ListenAddress {
            given: config.listen.clone(),
        })?;
    let files = Files::new(&home);
    let mut voting = Voting::open(&config, files)?;
    let mode = voting.mode(&config, &[])?;
    let tip = config.store.tip();
    let mut host = Host::new(config, keypair, listen, Replica::new((*tip).clone(), None));
    let mut running = host.begin(&mode, &voting).await?;
    let shared = Arc::new(Shared {
        store: host.store().clone(),
        outcomes: Outcomes::default(),
        mode: Mutex::new(mode.clone()),
        network: Mutex::new(running.network_handle()),
        offences: Default::default(),
    });
    let (submissions, receiver) = mpsc::channel(REQUESTS_MAX);
    let handle = EngineHandle {
        shared: Arc::clone(&shared),
        submissions,
    };
    let (stop, mut stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        host.serve(shared, receiver);
        loop {
            match host.turn(running, &mut voting, &mut stopped).await? {
                Turn::Stopped => return Ok(()),
                Turn::Restart(mode) => {
                    tracing::info!("this node now {mode}");
                    running = host.begin(&mode, &voting).await?;
                }
            }
        }
    });
    Ok(Engine {
        handle,
        task,
        stop: Some(stop),
    })
}

/// What decides whether this node may vote.
pub(crate) struct Voting {
    pub(crate) files: Files,
    pub(crate) guard: Option<Arc<Mutex<Guard>>>,
    pub(crate) gate: Gate,
}

impl Voting {
    fn open(config: &EngineConfig, files: Files) -> Result<Self, EngineError> {
        let guard = match &config.consensus_key {
            Some(secret) => Guard::open(&files.guard, &secret.public())?,
            None => None,
        };
        let guard = guard.map(|guard| Arc::new(Mutex::new(guard)));
        Ok(Self {
            files,
            guard,
            gate: Gate::default(),
        })
    }

    /// The mode that is safe now. Makes a new guard once the node may vote without its old one.
    pub(crate) fn mode(
        &mut self,
        config: &EngineConfig,
        shown: &[Height],
    ) -> Result<Mode, EngineError> {
        let tip = config.store.tip();
        let key = config.consensus_key.as_ref().map(|secret| secret.public());
        let guarded = self.guard.as_ref().and_then(|guard| {
            let guard = guard
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            guard.position().map(|position| position.height)
        });
        let mode = self.gate.mode(&Standing {
            tip: &tip,
            key: key.as_ref(),
            guarded,
            has_guard: self.guard.is_some(),
            shown,
        });
        if let (Mode::Voting, Some(key), None) = (&mode, &key, &self.guard) {
            let guard = Guard::make(&self.files.guard, key)?;
            self.guard = Some(Arc::new(Mutex::new(guard)));
        }
        Ok(mode)
    }
}
