//! Joining late: whether a node begins with a snapshot, and what it answers until it has one.
//!
//! The snapshot is put together beside the database and takes its place once it is whole, so that a
//! node that is killed or runs out of disk meanwhile has what it had, and goes on from there.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use dirchain_engine::{JoinConfig, JoinProgress, Joined};
use dirchain_explorer::problem::ProblemKind;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_storage::{Loading, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::client::now;
use crate::config::{Config, SyncFrom};
use crate::home::Home;
use crate::provision::NodeKeys;
use crate::serve;

/// How old a node's last block, or a chain without one, must be before peers are asked whether the
/// node is far behind.
const AGE_MS_MIN: i64 = 24 * 60 * 60 * 1000;
/// How long peers have to show that it is.
const SHOWN_WITHIN: Duration = Duration::from_secs(15);

/// Fetches a snapshot where one is wanted, and puts it in the database's place. Gives the listener
/// back, on which meanwhile every question is answered with how far it is.
pub(crate) async fn join(
    home: &Home,
    config: &Config,
    genesis: &Genesis,
    keys: &NodeKeys,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
) -> anyhow::Result<TcpListener> {
    settle(home)?;
    let Some(plan) = plan(home, config, genesis)? else {
        return Ok(listener);
    };
    let listener = listener.into_std()?;
    let progress = Arc::new(JoinProgress::default());
    let (stop, stopping) = watch::channel(false);
    let meanwhile = TcpListener::from_std(listener.try_clone()?)?;
    let answers = tokio::spawn(serve::http::serve(
        meanwhile,
        tls,
        router(Arc::clone(&progress), plan.unless.is_some()),
        stopping,
    ));
    let join = JoinConfig {
        path: home.joining_dir(),
        genesis: genesis.clone(),
        node: config.node.clone(),
        network_key: keys.network.clone(),
        listen: config.network.listen.clone(),
        known: plan.known,
        unless: plan.unless,
    };
    let joined = dirchain_engine::join(join, progress).await;
    drop(stop);
    answers.await??;
    match joined? {
        Joined::Loaded(height) => {
            settle(home)?;
            tracing::info!("the node begins with the state at height {height}");
        }
        Joined::NotNeeded => {}
    }
    Ok(TcpListener::from_std(listener)?)
}

/// What is to be fetched.
struct Plan {
    /// The chain as far as it is here.
    known: Store,
    /// As [`JoinConfig::unless`].
    unless: Option<(u64, Duration)>,
}

/// Whether a snapshot may be wanted.
fn plan(home: &Home, config: &Config, genesis: &Genesis) -> anyhow::Result<Option<Plan>> {
    let begun = home.joining_dir();
    if config.sync.from == SyncFrom::Genesis {
        remove(&begun)?;
        return Ok(None);
    }
    let known = Store::open(&home.database_dir(), genesis)?;
    let tip = known.tip();
    let is_fresh = tip.height == Height::GENESIS;
    let blocks = config.sync.snapshot_blocks_behind;
    let unless = match config.sync.from {
        _ if begun.exists() => None,
        SyncFrom::Snapshot if is_fresh => None,
        SyncFrom::Snapshot => Some((blocks, SHOWN_WITHIN)),
        SyncFrom::Auto | SyncFrom::Genesis if is_recent(tip.time) => return Ok(None),
        SyncFrom::Auto | SyncFrom::Genesis => Some((blocks, SHOWN_WITHIN)),
    };
    Ok(Some(Plan { known, unless }))
}

fn is_recent(time: TimeMs) -> bool {
    now().0.saturating_sub(time.0) < AGE_MS_MIN
}

/// Puts a snapshot that is whole in the database's place, and removes what that leaves: also where
/// an earlier process was killed between two of these steps.
fn settle(home: &Home) -> anyhow::Result<()> {
    let (database, joined, outdated) =
        (home.database_dir(), home.joining_dir(), home.outdated_dir());
    if Loading::is_finished(&joined)? {
        // The search index follows the database, and may not reach over the gap.
        remove(&home.search_dir())?;
        if database.exists() {
            remove(&outdated)?;
            rename(&database, &outdated)?;
        }
        rename(&joined, &database)?;
        let synced = fs::File::open(home.dir()).and_then(|folder| folder.sync_all());
        synced.with_context(|| home.dir().display().to_string())?;
    }
    if database.exists() {
        remove(&outdated)?;
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::rename(from, to).with_context(|| format!("{} to {}", from.display(), to.display()))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(anyhow::Error::new(error).context(folder.display().to_string()))
        }
        _ => Ok(()),
    }
}

/// Says how far it is to everybody who asks anything; `is_asking` while it may turn out that the
/// node is not far behind at all.
fn router(progress: Arc<JoinProgress>, is_asking: bool) -> Router {
    let tell = move || {
        let stage = progress.stage();
        let what = match is_asking {
            true => format!(
                "This node was down for long, and begins with a snapshot if the others show within {} s that it is far behind: {stage}",
                SHOWN_WITHIN.as_secs()
            ),
            false => format!("This node joins by a snapshot and fetches it: {stage}"),
        };
        async move {
            ProblemKind::Joining
                .with(format!("{what}. Ask another node, or again in a moment"))
                .into_response()
        }
    };
    Router::new()
        .route("/livez", get(|| async { StatusCode::OK }))
        .fallback(tell)
}
