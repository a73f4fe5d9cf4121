//! Starting the engine, and starting it anew when the node's mode changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arc_malachitebft_app_channel::AppMsg;
use dirchain_consensus::context::DirectoryContext;
use dirchain_consensus::mode::{Gate, Mode, Standing};
use dirchain_consensus::replica::Replica;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::ids::Height;
use dirchain_ledger::view::Records as _;
use dirchain_network::Multiaddr;
use dirchain_storage::Guard;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinHandle};

use crate::error::EngineError;
use crate::handle::{EngineHandle, Shared};
use crate::host::{Host, Turn};
use crate::joining::fill_history;
use crate::limits::REQUESTS_MAX;
use crate::log::LOG_FILE;
use crate::outcomes::Outcomes;
use crate::own::{self, forgotten_signature};
use crate::settings::EngineConfig;
use crate::signer::Alarm;

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
            log: home.join(LOG_FILE),
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
    let listen: Multiaddr = config
        .listen
        .parse()
        .map_err(|_| EngineError::ListenAddress {
            given: config.listen.clone(),
        })?;
    let files = Files::new(&home);
    let mut voting = Voting::new(&config, files);
    let role = voting.role(&config, &[])?;
    let tip = config.store.tip();
    let mut host = Host::new(config, listen, Replica::new((*tip).clone(), None));
    let mut running = host.begin(&role, &voting).await?;
    let shared = Arc::new(Shared {
        store: host.store().clone(),
        outcomes: Outcomes::default(),
        mode: Mutex::new(role.mode),
        network: Mutex::new(running.network_handle()),
        offences: Default::default(),
        outlook: Mutex::default(),
        roll: host.roll(),
        failure: Mutex::default(),
    });
    let (submissions, receiver) = mpsc::channel(REQUESTS_MAX);
    let handle = EngineHandle {
        shared: Arc::clone(&shared),
        submissions,
    };
    let (stop, mut stopped) = oneshot::channel();
    let filling = tokio::spawn(fill_history(Arc::clone(&shared)));
    let task = tokio::spawn(async move {
        let _ends_with_the_engine = EndsWith(filling.abort_handle());
        host.serve(shared, receiver);
        loop {
            match host.turn(running, &mut voting, &mut stopped).await? {
                Turn::Stopped => return Ok(()),
                Turn::Restart(role) => {
                    tracing::info!("this node now {}", role.mode);
                    running = host.begin(&role, &voting).await?;
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

/// Ends a task when it is dropped.
struct EndsWith(AbortHandle);

impl Drop for EndsWith {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A guard as signer and host share it. It is taken out once its key votes no more: whoever still
/// signs with that key then gets no signature.
pub(crate) type SharedGuard = Arc<Mutex<Option<Guard>>>;

fn shared(guard: Guard) -> SharedGuard {
    Arc::new(Mutex::new(Some(guard)))
}

/// What decides whether this node may vote, and the keys that the ledger names for it.
pub(crate) struct Voting {
    pub(crate) files: Files,
    pub(crate) guard: Option<SharedGuard>,
    pub(crate) gate: Gate,
    /// The key that votes are signed with, once the ledger names one that is here.
    pub(crate) consensus_key: Option<SecretKey>,
    /// The node's identity on the network.
    pub(crate) network_key: SecretKey,
    /// Keys that the ledger names and that are not here, as far as was said already.
    missing: Vec<PublicKey>,
}

/// What the engine is to run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// Voting or following.
    pub(crate) mode: Mode,
    /// With this key.
    pub(crate) consensus_key: Option<PublicKey>,
    /// As this peer.
    pub(crate) network_key: PublicKey,
}

impl Role {
    /// Whether the engine runs on as it is: why it follows may change, nothing else.
    pub(crate) fn goes_on_as(&self, other: &Self) -> bool {
        let same_mode = std::mem::discriminant(&self.mode) == std::mem::discriminant(&other.mode);
        same_mode
            && self.consensus_key == other.consensus_key
            && self.network_key == other.network_key
    }
}

impl Voting {
    fn new(config: &EngineConfig, files: Files) -> Self {
        Self {
            files,
            guard: None,
            gate: Gate::default(),
            consensus_key: None,
            network_key: config.network_key.clone(),
            missing: Vec::new(),
        }
    }

    /// The role that is safe now. Makes a new guard once the node may vote without its old one.
    pub(crate) fn role(
        &mut self,
        config: &EngineConfig,
        shown: &[Height],
    ) -> Result<Role, EngineError> {
        let tip = config.store.tip();
        self.take_keys(config, &tip)?;
        let key = self.consensus_key.as_ref().map(SecretKey::public);
        let guarded = self.guard.as_ref().and_then(|guard| {
            let guard = guard
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let position = guard.as_ref().and_then(Guard::position);
            position.map(|position| position.height)
        });
        let mode = self.gate.mode(&Standing {
            tip: &tip,
            key: key.as_ref(),
            guarded,
            has_guard: self.guard.is_some(),
            shown,
        });
        if let (Mode::Voting, Some(key), None) = (&mode, &key, &self.guard) {
            // What it signed up to here nobody knows; the gate has seen to it that there is nothing above.
            let guard = Guard::make_above(&self.files.guard, key, tip.height)?;
            self.guard = Some(shared(guard));
        }
        Ok(Role {
            mode,
            consensus_key: key,
            network_key: self.network_key.public(),
        })
    }

    /// The role after an alarm.
    ///
    /// # Errors
    ///
    /// What broke: the engine ends.
    pub(crate) fn alarmed(
        &mut self,
        alarm: Alarm,
        config: &EngineConfig,
    ) -> Result<Role, EngineError> {
        match alarm {
            // The engine's log led to a height that is not here.
            Alarm::Follow(until) => Ok(Role {
                mode: self.gate.follow(until),
                consensus_key: self.consensus_key.as_ref().map(SecretKey::public),
                network_key: self.network_key.public(),
            }),
            Alarm::Forgot => {
                self.lose_guard();
                self.role(config, &[])
            }
            Alarm::Broken(error) => Err(error.into()),
            Alarm::LogUnsynced(source) => Err(EngineError::LogUnsynced {
                path: self.files.log.clone(),
                source,
            }),
        }
    }

    /// Takes up the keys that the ledger names for this node.
    fn take_keys(&mut self, config: &EngineConfig, tip: &Tip) -> Result<(), EngineError> {
        let mut members = tip.validators.members().iter();
        let member = members.find(|member| member.node == config.node);
        let held = self.consensus_key.as_ref().map(SecretKey::public);
        if let Some(named) = member.map(|member| member.consensus_key)
            && held != Some(named)
            && !self.missing.contains(&named)
        {
            // The file and its lock are the next key's now.
            self.release_guard();
            match config.keeper.consensus(&named)? {
                Some(secret) => {
                    self.guard = self.open_guard(config, &named)?;
                    self.consensus_key = Some(secret);
                    self.gate = Gate::default();
                }
                None => {
                    self.tell_missing(named, "consensus");
                    if let Some(held) = held {
                        self.guard = self.open_guard(config, &held)?;
                    }
                }
            }
        }
        let node = config.store.node(&config.node)?;
        if let Some(named) = node.map(|node| node.network_key)
            && self.network_key.public() != named
        {
            match config.keeper.network(&named)? {
                Some(secret) => self.network_key = secret,
                None => self.tell_missing(named, "network"),
            }
        }
        Ok(())
    }

    /// A key's guard, where it knows what the certificates in the store show that the key signed.
    fn open_guard(
        &self,
        config: &EngineConfig,
        key: &PublicKey,
    ) -> Result<Option<SharedGuard>, EngineError> {
        let Some(guard) = Guard::open(&self.files.guard, key)? else {
            return Ok(None);
        };
        match forgotten_signature(&config.store, key, guard.position())? {
            None => Ok(Some(shared(guard))),
            Some(shown) => {
                own::tell(shown, &guard.set_aside()?);
                Ok(None)
            }
        }
    }

    /// Looks whether the guard knows what this node signed by the certificate of a block that is decided. Whether it
    /// did not: it is given up then.
    pub(crate) fn look(&mut self, message: &AppMsg<DirectoryContext>) -> Result<bool, EngineError> {
        let (AppMsg::Decided { certificate, .. }, Some(secret), Some(guard)) =
            (message, &self.consensus_key, &self.guard)
        else {
            return Ok(false);
        };
        let Some(shown) = own::signed_in(certificate, &secret.public()) else {
            return Ok(false);
        };
        let Some(aside) = own::give_up_unless_known(guard, shown)? else {
            return Ok(false);
        };
        own::tell(shown, &aside);
        self.lose_guard();
        Ok(true)
    }

    /// The guard was given up: what the key signed is unknown from now on.
    fn lose_guard(&mut self) {
        self.guard = None;
        self.gate = Gate::default();
    }

    /// Lets go of the guard, also where a signer of the engine still has it.
    fn release_guard(&mut self) {
        if let Some(guard) = self.guard.take() {
            let mut guard = guard
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            drop(guard.take());
        }
    }

    /// Says once that a key is not here. The ledger may be behind or ahead of the home, as after a
    /// wiped disk; the node goes on with what it has.
    fn tell_missing(&mut self, key: PublicKey, which: &str) {
        if !self.missing.contains(&key) {
            tracing::warn!(
                "the ledger names {which} key {key} for this node, as far as its blocks are here, and the home does not have it"
            );
            self.missing.push(key);
        }
    }
}
