//! Running a node: store, engine and explorer put together, until it is asked to stop.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dirchain_engine::{Engine, EngineConfig, EngineError, Timeouts};
use dirchain_explorer::{Beside, Settings, router_with};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::NodeId;
use dirchain_storage::Store;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::access;
use crate::adoption;
use crate::config::{Config, SyncFrom, TimeoutsConfig};
use crate::descriptors;
use crate::home::{Home, NodeKey};
use crate::join;
use crate::provision::{self, NodeKeys, ProvisionError};
use crate::serve::{self, NodeDirectory, NodeProofs, NodeSubmit, NoteKey, evidence_routes};
use crate::signals;
use crate::storage::Control;

/// How long open requests may go on once the node stops.
const HTTP_STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// What is left out of the log: crates that tell of every block or connection at `info`, three
/// modules that call it an error when whoever waited for an answer is gone, as at every stop, and the warning of
/// one that its actors end, as they do whenever the engine is started anew: where they end by themselves, the node
/// stops and says so.
const QUIET: &str = "libp2p=warn,multistream_select=warn,yamux=warn,ractor=warn,\
arc_malachitebft_core_driver=warn,arc_malachitebft_core_consensus=warn,\
arc_malachitebft_engine=warn,arc_malachitebft_sync=warn,arc_malachitebft_app=warn,\
arc_malachitebft_app_channel=warn,arc_malachitebft_wal=warn,\
arc_malachitebft_engine::node=error,\
arc_malachitebft_engine::network=off,arc_malachitebft_engine::util::ticker=off,\
arc_malachitebft_app_channel::connector=off";

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The node's home.
    pub home: Home,
    /// Where the explorer listens, in place of the configuration's address.
    pub http: Option<SocketAddr>,
    /// Where to listen for other nodes, in place of the configuration's address.
    pub listen: Option<String>,
    /// How to catch up when far behind, in place of the configuration's way.
    pub sync: Option<SyncFrom>,
    /// Whether the end of stdin stops the node: so a node ends with the process that started it.
    pub until_stdin_closes: bool,
}

/// Runs a node until it is asked to stop, or cannot go on.
pub fn run(options: Options) -> anyhow::Result<()> {
    let mut config = options.home.config()?;
    if let Some(http) = options.http {
        config.http.listen = http;
    }
    if let Some(listen) = options.listen {
        config.network.listen = listen;
    }
    if let Some(from) = options.sync {
        config.sync.from = from;
    }
    let checked = config.http.check();
    checked.map_err(|(key, reason)| anyhow::anyhow!("{key} {reason}"))?;
    adoption::settle(&options.home)?;
    let genesis = options.home.genesis()?;
    let keys = keys(&options.home, &genesis, &config)?;
    log_to_stderr(&config.log.level)?;
    descriptors::raise()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let until_stdin_closes = options.until_stdin_closes;
    let result = runtime.block_on(serve(
        &options.home,
        &config,
        genesis,
        keys,
        until_stdin_closes,
    ));
    // Nothing is left that must be waited for: store and guard are synced at every write.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// The node's keys, checked against the genesis: a node with another's keys helps nobody.
fn keys(home: &Home, genesis: &Genesis, config: &Config) -> anyhow::Result<NodeKeys> {
    let of = |key| {
        let found = home.key(key)?;
        found.with_context(|| {
            format!(
                "there is no {}. Put it back from where you keep it safe; `dirchain init` makes a new one, for a new node",
                home.key_file(key).display()
            )
        })
    };
    let keys = NodeKeys {
        network: of(NodeKey::Network)?,
        consensus: of(NodeKey::Consensus)?,
    };
    // A key that changed since the genesis is not the one that it names.
    match provision::standing_with_next(home, genesis, &config.node, &keys) {
        Err(ProvisionError::OtherKey { .. }) if !home.retired()?.is_empty() => {}
        standing => drop(standing?),
    }
    Ok(keys)
}

fn log_to_stderr(level: &str) -> anyhow::Result<()> {
    let directives = format!("{QUIET},{level}");
    let filter = EnvFilter::try_new(&directives).with_context(|| {
        format!("log.level is `{level}`: write error, warn, info, debug or trace")
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(())
}

async fn serve(
    home: &Home,
    config: &Config,
    genesis: Genesis,
    keys: NodeKeys,
    until_stdin_closes: bool,
) -> anyhow::Result<()> {
    let interrupted = signals::stop_requested()?;
    tokio::pin!(interrupted);
    let address = config.http.listen;
    let tls = access::tls(home, &config.http);
    let tls = tls.map(|files| serve::acceptor(&files)).transpose()?;
    let access = access::access(home, &config.http)?;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("the explorer cannot listen on {address}. Stop what holds the port, or give another with --http")
    })?;
    let listener = tokio::select! {
        () = &mut interrupted => return Ok(()),
        () = stdin_closes(), if until_stdin_closes => return Ok(()),
        joined = join::join(home, config, &genesis, &keys, listener, tls.clone()) => joined?,
    };
    let store = Store::open(&home.database_dir(), &genesis)?;
    require_own_name(&store, &config.node, &keys)?;
    let note_key = NoteKey::of(&keys.network);
    let evidence = evidence_routes(store.clone(), note_key.clone());
    let mut engine = dirchain_engine::start(engine_config(home, config, &store, keys)).await?;
    let handle = engine.handle();
    let directory =
        NodeDirectory::new(store.clone(), handle.clone(), &genesis, config.node.clone())?;
    // Dropping the sender tells the server, and whoever listens to what happens, to stop.
    let (stop_http, stopping) = watch::channel(false);
    let control = match Control::open(home) {
        Ok(control) => Some(tokio::spawn(
            control.serve(store.clone(), config.node.clone()),
        )),
        Err(error) => {
            tracing::warn!(%error, "no socket in the home: `dirchain backup` works only while this node is stopped");
            None
        }
    };
    let scheme = if config.http.is_encrypted() {
        "https"
    } else {
        "http"
    };
    // Where it listens on all addresses, only its operator knows the one that others reach.
    let own = listener.local_addr()?;
    if let Some(found) = access::unsaid_address(&config.http, own) {
        tracing::warn!("{}. {}", found.what, found.to_do);
    }
    let own_url = (!own.ip().is_unspecified()).then(|| format!("{scheme}://{own}"));
    let settings = Settings {
        stopping: Some(stopping.clone()),
        access,
        rate: Some(access::rate(&config.http)),
        public_url: config.http.public_url.clone().or(own_url),
        search_folder: Some(home.search_dir()),
        proofs: Some(Arc::new(NodeProofs::new(store.clone(), note_key, genesis))),
        beside: Beside(evidence),
    };
    let submit = NodeSubmit::new(handle.clone());
    let directory = Arc::new(directory);
    let watching = tokio::spawn(serve::watch(Arc::clone(&directory)));
    let app = router_with(directory, Arc::new(submit), settings);
    let http = tokio::spawn(serve::http::serve(listener, tls, app, stopping));
    tracing::info!(
        "node {} runs: height {}, {}, network {}, explorer {scheme}://{address}/",
        config.node,
        store.tip().height,
        handle.status().mode,
        config.network.listen,
    );
    let ended = tokio::select! {
        () = &mut interrupted => None,
        () = stdin_closes(), if until_stdin_closes => None,
        ended = engine.stopped() => Some(ended),
    };
    drop(stop_http);
    watching.abort();
    if let Some(control) = control {
        control.abort();
    }
    let result = match ended {
        None => {
            tracing::info!("stopping");
            stop(engine).await
        }
        Some(Ok(())) => Err(EngineError::Ended.into()),
        Some(Err(error)) => Err(error.into()),
    };
    if tokio::time::timeout(HTTP_STOP_TIMEOUT, http).await.is_err() {
        tracing::debug!("open requests were cut off");
    }
    if result.is_ok() {
        tracing::info!("stopped at height {}", store.tip().height);
    }
    result
}

/// Refuses a name in the configuration under which the ledger does not know this home's keys, where it knows them under
/// another one: the node would follow without a vote, and the one that it is would be missing.
fn require_own_name(store: &Store, node: &NodeId, keys: &NodeKeys) -> anyhow::Result<()> {
    let admitted = dirchain_engine::admitted(&store.view(store.tip().height))?;
    let own = keys.network.public();
    let named = admitted.iter().find(|found| found.network_key == own);
    if let Some(named) = named.map(|found| &found.id).filter(|named| *named != node) {
        anyhow::bail!(
            "config.toml says that this node is {node}, and the ledger knows the keys of this home as those of {named}. Mend `node` in config.toml"
        );
    }
    Ok(())
}

fn engine_config(home: &Home, config: &Config, store: &Store, keys: NodeKeys) -> EngineConfig {
    EngineConfig {
        store: store.clone(),
        node: config.node.clone(),
        home: home.engine_dir(),
        network_key: keys.network,
        keeper: Arc::new(home.clone()),
        listen: config.network.listen.clone(),
        timeouts: timeouts(&config.timeouts),
    }
}

fn timeouts(config: &TimeoutsConfig) -> Timeouts {
    Timeouts {
        propose: Duration::from_millis(config.propose_ms),
        prevote: Duration::from_millis(config.prevote_ms),
        precommit: Duration::from_millis(config.precommit_ms),
        rebroadcast: Duration::from_millis(config.rebroadcast_ms),
        ..Timeouts::default()
    }
}

async fn stop(engine: Engine) -> anyhow::Result<()> {
    Ok(engine.stop().await?)
}

/// Ends when stdin does, whatever comes before.
async fn stdin_closes() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0u8; 256];
    while stdin.read(&mut ignored).await.is_ok_and(|count| count > 0) {}
}
