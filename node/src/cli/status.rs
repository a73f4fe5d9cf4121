//! `dirchain status`: one node in a few lines.

use std::process::ExitCode;

use dirchain_explorer::api::{HistoryState, NodeMode, PeerStatus, Status, SyncState};
use dirchain_ledger::ids::{Height, NodeId};
use dirchain_ledger::validators::ValidatorSet;

use crate::client::now;

use super::context::Context;
use super::output::{Table, age, duration, size};

/// The exit code of a node that answers and is not ready.
const NOT_READY: u8 = 3;

/// The exit code tells whether it is ready.
pub(crate) fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let client = context.client()?;
    let status = client.status()?;
    let now_ms = now().0;
    let url = client.url();
    context
        .output
        .print(&status, |status| text(status, url, now_ms))?;
    Ok(match status.node.ready {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(NOT_READY),
    })
}

fn text(status: &Status, url: &str, now_ms: i64) -> String {
    let Status { about, tip, node } = status;
    let connected = node.peers.iter().filter(|peer| peer.connected);
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row(
        "node",
        format!("{} of {} at {url}", node.node, node.department),
    );
    row("chain", format!("{} ({})", about.name, about.chain));
    row("height", tip.height.to_string());
    row("tip", format!("{} old", age(tip.time, now_ms)));
    row("mode", mode(&node.mode));
    row("lag", lag(status));
    if let HistoryState::Fetching { begins, next } = node.history {
        row("history", past(begins, next));
    }
    row(
        "ready",
        match (&node.ready, &node.not_ready_reason) {
            (true, _) => "yes".to_owned(),
            (false, Some(reason)) => format!("no: {reason}"),
            (false, None) => "no".to_owned(),
        },
    );
    let told = node.not_ready_reason.as_deref();
    let warnings = node.warnings.iter().map(ToString::to_string);
    for warning in warnings.filter(|warning| told != Some(warning)) {
        row("look at", warning);
    }
    row(
        "peers",
        format!("{} of {} connected", connected.count(), node.peers.len()),
    );
    row("validators", validators(status));
    row(
        "waiting",
        format!("{} transactions", node.waiting_transactions),
    );
    row("disk", size(node.disk_bytes));
    row(
        "running",
        format!(
            "{}, version {}",
            duration(node.uptime_ms),
            about.software_version
        ),
    );
    let mut text = table.text();
    for peer in node.peers.iter().filter(|peer| !peer.connected) {
        let heard = peer.last_heard.map_or_else(
            || "never heard of".to_owned(),
            |heard| format!("last heard of {} ago", age(heard, now_ms)),
        );
        text.push_str(&format!(
            "{} of {} is not connected, {heard}\n",
            peer.node, peer.department
        ));
    }
    for peer in &node.peers {
        text.push_str(&offences(peer));
    }
    text
}

/// What a peer did that it should not have done, in a line; nothing where there is nothing.
fn offences(peer: &PeerStatus) -> String {
    let counted = [
        (peer.violations, "broke the protocol"),
        (peer.unwanted_messages, "sent what only validators send"),
    ];
    let counted = counted.into_iter().filter(|(count, _)| *count > 0);
    let mut said: Vec<String> = counted
        .map(|(count, what)| format!("{what} {count} times"))
        .collect();
    if peer.throttled_ms > 0 {
        said.push(format!("was held back for {} ms", peer.throttled_ms));
    }
    if peer.banned {
        said.push("is refused for a while".to_owned());
    }
    match said.is_empty() {
        true => String::new(),
        false => format!("{} of {} {}\n", peer.node, peer.department, said.join(", ")),
    }
}

/// How many validators this node sees, and how many decide a block.
fn validators(status: &Status) -> String {
    let members = &status.tip.validators;
    let is_up = |id: &NodeId| {
        let mut peers = status.node.peers.iter();
        *id == status.node.node || peers.any(|peer| peer.connected && peer.node == *id)
    };
    let up = members.iter().filter(|member| is_up(&member.node)).count();
    let seen = format!("{up} of {} up as far as this node sees", members.len());
    match ValidatorSet::new(members.clone()) {
        Ok(set) => format!("{seen}; a block needs {}", set.quorum()),
        Err(_) => seen,
    }
}

fn mode(mode: &NodeMode) -> String {
    match mode {
        NodeMode::Validator => "validator: it votes".to_owned(),
        NodeMode::Observer => "observer: it follows without a vote".to_owned(),
        NodeMode::Following { until, reason } => {
            let until = until.map_or_else(String::new, |height| format!(" until height {height}"));
            format!("validator that does not vote{until}: {reason}")
        }
    }
}

/// How far the past is here that a node which joined by a snapshot fetches.
fn past(begins: Height, next: Height) -> String {
    format!(
        "begins at height {begins}; what came before is fetched, block {next} of {begins} is next"
    )
}

fn lag(status: &Status) -> String {
    match status.node.sync {
        SyncState::CaughtUp => "none".to_owned(),
        SyncState::CatchingUp { target } => {
            let behind = target.0.saturating_sub(status.tip.height.0);
            format!("{behind} blocks, fetching up to {target}")
        }
    }
}
