//! Starting the nodes, loading the day, and stopping everything again.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::select_all;

use crate::client::{Client, now};
use crate::progress;
use crate::signals;

use super::children::Node;
use super::layout::Layout;
use super::load::{self, Loaded};
use super::screen;

/// How long the nodes may take until they answer.
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many departments have a node.
    pub nodes: u16,
    /// The first node's port on the network; the others' follow.
    pub base_port: u16,
    /// The first node's HTTP port; the others' follow.
    pub http_base: u16,
    /// Where everything is kept.
    pub data: PathBuf,
    /// Whether to load the sample day.
    pub load: bool,
}

/// Runs a devnet until it is interrupted, or one of its nodes ends by itself.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let data = std::path::absolute(&options.data)?;
    require_ports(options)?;
    let layout = Layout::open_or_make(&data, options.nodes, options.base_port, now())?;
    layout.note_http(|index| http_address(options, index))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(supervise(options, layout));
    // A load that is still waiting for an answer is not waited for.
    runtime.shutdown_background();
    result
}

/// Refuses ports in use before anything is started, with the option that changes them.
fn require_ports(options: &Options) -> anyhow::Result<()> {
    for (base, option) in [
        (options.base_port, "--base-port (with a new --data folder)"),
        (options.http_base, "--http-base"),
    ] {
        for index in 0..options.nodes {
            let port = base.checked_add(index);
            let port = port.with_context(|| format!("ports from {base} on are too few"))?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
                format!("port {port} on this machine cannot be used. Choose others with {option}")
            })?;
        }
    }
    Ok(())
}

fn http_address(options: &Options, index: u16) -> SocketAddr {
    let port = options.http_base.saturating_add(index);
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

async fn supervise(options: &Options, layout: Layout) -> anyhow::Result<()> {
    // Asked for first, so that a Ctrl-C from here on stops what was started.
    let interrupted = signals::stop_requested()?;
    let mut nodes = Vec::new();
    for (index, home) in (0u16..).zip(&layout.homes) {
        let number = usize::from(index).saturating_add(1);
        nodes.push(Node::start(number, home, http_address(options, index))?);
    }
    let result = watch(options, layout, &mut nodes, interrupted).await;
    if let Err(Ended { log: Some(log), .. }) = &result {
        progress::say(log.trim_end());
    }
    progress::say(format_args!("stopping {} nodes", nodes.len()));
    futures::future::join_all(nodes.into_iter().map(Node::stop)).await;
    Ok(result?)
}

/// Why a devnet ends that nobody stopped.
#[derive(Debug, thiserror::Error)]
#[error("{why}. The other nodes were stopped; the next start goes on from the same data")]
pub(super) struct Ended {
    /// What happened, in a line.
    pub(super) why: String,
    /// The end of the log of the node that ended.
    pub(super) log: Option<String>,
}

impl Ended {
    fn because(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            log: None,
        }
    }
}

/// Brings the devnet up, then waits: for the user to stop it, or for a node to end.
async fn watch(
    options: &Options,
    layout: Layout,
    nodes: &mut [Node],
    interrupted: impl Future<Output = ()>,
) -> Result<(), Ended> {
    let stop = Arc::new(AtomicBool::new(false));
    let (task_options, task_stop) = (options.clone(), Arc::clone(&stop));
    let mut bringing_up =
        tokio::task::spawn_blocking(move || bring_up(&task_options, &layout, &task_stop));
    let ended = select_all(nodes.iter_mut().map(|node| Box::pin(node.ended())));
    tokio::pin!(interrupted, ended);
    let mut is_up = false;
    loop {
        tokio::select! {
            () = &mut interrupted => {
                stop.store(true, Ordering::Relaxed);
                return Ok(());
            }
            (why, _, _) = &mut ended => {
                stop.store(true, Ordering::Relaxed);
                return Err(why);
            }
            result = &mut bringing_up, if !is_up => match result {
                Ok(Ok(())) => is_up = true,
                Ok(Err(error)) => return Err(Ended::because(format!("{error:#}"))),
                Err(error) => return Err(Ended::because(error.to_string())),
            },
        }
    }
}

fn bring_up(options: &Options, layout: &Layout, stop: &AtomicBool) -> anyhow::Result<()> {
    let mut clients = Vec::new();
    for index in 0..options.nodes {
        clients.push(Client::new(&format!(
            "http://{}",
            http_address(options, index)
        ))?);
    }
    wait_until_ready(&clients, stop)?;
    progress::say(format_args!(
        "{} nodes are up, each in its own process",
        clients.len()
    ));
    if options.load
        && let Some(client) = clients.first()
    {
        let loaded: Loaded = load::load(client, &layout.city, stop)?;
        progress::say(screen::loaded(loaded));
    }
    let welcome = screen::welcome(layout, options.http_base, now());
    std::io::stdout().write_all(welcome.as_bytes())?;
    Ok(())
}

fn wait_until_ready(clients: &[Client], stop: &AtomicBool) -> anyhow::Result<()> {
    let wheel = progress::wheel(format!("waiting for {} nodes", clients.len()));
    let begun = Instant::now();
    for client in clients {
        while !client.is_ready() {
            anyhow::ensure!(!stop.load(Ordering::Relaxed), "interrupted");
            anyhow::ensure!(
                begun.elapsed() < READY_TIMEOUT,
                "the node at {} is not ready after {} s; its log says why",
                client.url(),
                READY_TIMEOUT.as_secs()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    wheel.finish_and_clear();
    Ok(())
}
