//! What the explorer reads, from the store and the running engine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dirchain_engine::{EngineHandle, EngineStatus, FollowReason, Mode, admitted, peer_id};
use dirchain_explorer::Directory;
use dirchain_explorer::api::{
    ChainAbout, HistoryState, NodeMode, NodeStatus, PeerStatus, SyncState, Time, TipSummary,
};
use dirchain_explorer::directory::{EventPlace, Owed};
use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{Address, DepartmentId, Height, Moment, NodeId, TimeMs, TransactionId};
use dirchain_ledger::records::{Node, RecordId};
use dirchain_ledger::view::{Records as _, View, ViewError};
use dirchain_storage::{FillState, HistoryEvent, Store, StoreError};
use libp2p::PeerId;

use crate::client::now;

use super::metrics;

/// How long a reading of the disk's use is good for.
const DISK_AGE_MAX: Duration = Duration::from_secs(10);

/// A chain makes a block at least every heartbeat; a tip older than so many is not the chain's end.
const HEARTBEATS_MAX: i64 = 3;
/// How late a heartbeat's block may be before missing validators are thought to be the reason.
const LATENESS_MS: i64 = 5_000;

/// Neither the ledger nor its name says whose a node is.
#[derive(Debug, thiserror::Error)]
#[error(
    "node {node} is not on the ledger, and its name does not begin with its department's id as D035-1 does. Register it first, or name it so in config.toml"
)]
pub struct NoDepartment {
    /// The node.
    pub node: NodeId,
}

/// A node's ledger and state, as the explorer reads them.
pub struct NodeDirectory {
    store: Store,
    engine: EngineHandle,
    about: ChainAbout,
    node: NodeId,
    /// Whose it is, as far as was known at the start.
    department: DepartmentId,
    started: Instant,
    disk_bytes: AtomicU64,
    /// When the disk's use was read last, in milliseconds after the start.
    disk_read_ms: AtomicU64,
    owed: Owed,
}

impl NodeDirectory {
    /// The directory of a running node.
    ///
    /// # Errors
    ///
    /// Nothing says whose node it is.
    pub fn new(
        store: Store,
        engine: EngineHandle,
        genesis: &Genesis,
        node: NodeId,
    ) -> Result<Self, NoDepartment> {
        let found = registered_department(&store, &node).or_else(|| named_department(&node));
        let department = found.ok_or_else(|| NoDepartment { node: node.clone() })?;
        let disk_bytes = store.size_bytes().unwrap_or_default();
        Ok(Self {
            about: ChainAbout {
                name: genesis.name.to_string(),
                chain: store.chain(),
                genesis_time: Time(genesis.time),
                software_version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            store,
            engine,
            node,
            department,
            started: Instant::now(),
            disk_bytes: AtomicU64::new(disk_bytes),
            disk_read_ms: AtomicU64::new(0),
            owed: Owed::default(),
        })
    }

    /// Whether a block is one that a snapshot stands for.
    fn is_before_history(&self, height: Height) -> bool {
        let begins = self.store.history_begins();
        begins > Height::GENESIS && height <= begins
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Bytes on disk; read again only now and then, since that lists a folder.
    fn disk_bytes(&self) -> u64 {
        let now_ms = self.uptime_ms();
        let read_ms = self.disk_read_ms.load(Ordering::Relaxed);
        let age_ms = now_ms.saturating_sub(read_ms);
        if u128::from(age_ms) > DISK_AGE_MAX.as_millis()
            && let Ok(bytes) = self.store.size_bytes()
        {
            self.disk_bytes.store(bytes, Ordering::Relaxed);
            self.disk_read_ms.store(now_ms, Ordering::Relaxed);
        }
        self.disk_bytes.load(Ordering::Relaxed)
    }

    /// The admitted nodes but this one, each as the network sees it.
    fn peers(&self, status: &EngineStatus) -> Result<Vec<PeerStatus>, ViewError> {
        let tip = self.store.tip();
        let view = self.store.view(tip.height);
        let by_id: BTreeMap<PeerId, &dirchain_network::PeerStatus> = status
            .network
            .peers
            .iter()
            .map(|peer| (peer.peer, peer))
            .collect();
        let others = admitted(&view)?
            .into_iter()
            .filter(|node| node.id != self.node);
        let seen = |node: &Node| peer_id(&node.network_key).and_then(|id| by_id.get(&id));
        Ok(others.map(|node| peer(&node, seen(&node))).collect())
    }

    fn mode(&self, status: &EngineStatus) -> NodeMode {
        match &status.mode {
            Mode::Voting => NodeMode::Validator,
            Mode::Following(FollowReason::Observer) => NodeMode::Observer,
            Mode::Following(FollowReason::Until(height)) => NodeMode::Following {
                until: Some(*height),
                reason: status.mode.to_string(),
            },
            Mode::Following(FollowReason::Unsure) => NodeMode::Following {
                until: None,
                reason: status.mode.to_string(),
            },
        }
    }
}

/// How this node's tip compares with what validators have shown. A tip that is shown is only said, so
/// the highest that more validators show than can be faulty counts.
fn sync(tip: &Tip, status: &EngineStatus) -> SyncState {
    let peers = status.network.peers.iter();
    let shown = peers.filter(|peer| peer.connected && peer.validator);
    let mut shown: Vec<u64> = shown.filter_map(|peer| peer.tip_height).collect();
    shown.sort_unstable_by(|one, other| other.cmp(one));
    let faulty_max = tip
        .validators
        .members()
        .len()
        .saturating_sub(tip.validators.quorum());
    match shown.get(faulty_max).copied().map(Height) {
        Some(target) if target > tip.height => SyncState::CatchingUp { target },
        Some(_) | None => SyncState::CaughtUp,
    }
}

fn peer(node: &Node, seen: Option<&&dirchain_network::PeerStatus>) -> PeerStatus {
    let last_heard = seen.and_then(|seen| seen.last_heard).map(|ago| {
        let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        Time(TimeMs(now().0.saturating_sub(ago_ms)))
    });
    PeerStatus {
        node: node.id.clone(),
        department: node.department.clone(),
        connected: seen.is_some_and(|seen| seen.connected),
        received_bytes: seen.map_or(0, |seen| seen.bytes_in),
        sent_bytes: seen.map_or(0, |seen| seen.bytes_out),
        dropped_messages: seen.map_or(0, |seen| {
            seen.frames_dropped.saturating_add(seen.frames_untimely)
        }),
        throttled_ms: seen.map_or(0, |seen| {
            u64::try_from(seen.throttled.as_millis()).unwrap_or(u64::MAX)
        }),
        unwanted_messages: seen.map_or(0, |seen| seen.frames_unwanted),
        violations: seen.map_or(0, |seen| seen.violations),
        banned: seen.is_some_and(|seen| seen.banned),
        last_heard,
    }
}

/// Whose a node is, by the ledger.
fn registered_department(store: &Store, node: &NodeId) -> Option<DepartmentId> {
    let view = store.view(store.tip().height);
    match view.node(node) {
        Ok(found) => found.map(|node| node.department),
        Err(error) => {
            tracing::warn!(%error, "this node's own record could not be read");
            None
        }
    }
}

/// Whose a node is that is not registered yet, by its name: `D012-1` is of D012.
fn named_department(node: &NodeId) -> Option<DepartmentId> {
    let (department, _) = node.as_str().rsplit_once('-')?;
    department.parse().ok()
}

/// Why a node's answers are not fit for use; none when they are.
fn not_ready(
    tip: &Tip,
    own: &NodeId,
    sync: &SyncState,
    peers: &[PeerStatus],
    now: TimeMs,
) -> Option<String> {
    if !peers.is_empty() && peers.iter().all(|peer| !peer.connected) {
        return Some("no other node is connected".to_owned());
    }
    // A peer may always be a block ahead for a moment; more is falling behind.
    if let SyncState::CatchingUp { target } = sync
        && *target > tip.height.next()
    {
        return Some(format!(
            "it is at height {} and fetches blocks up to {target}",
            tip.height
        ));
    }
    let age_ms = now.0.saturating_sub(tip.time.0);
    // Votes also come around cut links, so few connections alone say nothing.
    if let Some(missing) = quorum_missing(tip, own, peers)
        && age_ms > tip.heartbeat_ms.saturating_add(LATENESS_MS)
    {
        return Some(missing);
    }
    if age_ms > tip.heartbeat_ms.saturating_mul(HEARTBEATS_MAX) {
        return Some(format!(
            "the last block is {} s old where one is due every {} s: this node is behind, or the chain stands still",
            age_ms / 1000,
            tip.heartbeat_ms / 1000
        ));
    }
    None
}

/// What a validator lacks when fewer validators than decide a block are connected, itself included.
fn quorum_missing(tip: &Tip, own: &NodeId, peers: &[PeerStatus]) -> Option<String> {
    let members = tip.validators.members();
    if !members.iter().any(|member| member.node == *own) {
        return None;
    }
    let is_up = |node: &NodeId| {
        node == own
            || peers
                .iter()
                .any(|peer| peer.connected && peer.node == *node)
    };
    let up = members.iter().filter(|member| is_up(&member.node)).count();
    let quorum = tip.validators.quorum();
    (up < quorum).then(|| {
        format!(
            "{up} of {} validators are up as far as this one sees, and a block needs {quorum}: nothing is committed until more are back",
            members.len()
        )
    })
}

impl Directory for NodeDirectory {
    fn owed(&self) -> &Owed {
        &self.owed
    }

    fn about(&self) -> ChainAbout {
        self.about.clone()
    }

    fn tip(&self) -> TipSummary {
        let tip = self.store.tip();
        TipSummary {
            height: tip.height,
            time: Time(tip.time),
            block: tip.block,
            validators: tip.validators.members().to_vec(),
        }
    }

    fn passed_over(&self) -> Vec<(Address, Height)> {
        let tip = self.store.tip();
        tip.turns.passed_over(tip.height.next()).collect()
    }

    fn tip_moment(&self) -> Moment {
        let tip = self.store.tip();
        Moment {
            height: tip.height,
            time: tip.time,
        }
    }

    fn history_begins(&self) -> Height {
        self.store.history_begins()
    }

    fn view(&self, height: Height) -> Box<dyn View + '_> {
        Box::new(self.store.view(height))
    }

    fn height_at(&self, time: TimeMs) -> Result<Option<Height>, ViewError> {
        Ok(self.store.height_at(time)?)
    }

    fn block(&self, height: Height) -> Result<Option<Block>, ViewError> {
        // What is here of what came before a snapshot has gaps until all of it is here.
        if self.is_before_history(height) {
            return Ok(None);
        }
        Ok(self.store.block(height)?)
    }

    fn header(&self, height: Height) -> Result<Option<Header>, ViewError> {
        Ok(self.store.header(height)?)
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        Ok(self.store.certificate(height)?)
    }

    fn transaction_place(&self, id: &TransactionId) -> Result<Option<(Height, u32)>, ViewError> {
        let place = self.store.transaction(id)?;
        let place = place.filter(|place| !self.is_before_history(place.height));
        Ok(place.map(|place| (place.height, place.index)))
    }

    fn history(
        &self,
        subject: &RecordId,
        before: Option<EventPlace>,
        count_max: usize,
    ) -> Result<Vec<EventPlace>, ViewError> {
        let before = before.map(|(height, transaction_index, action_index)| HistoryEvent {
            height,
            transaction_index,
            action_index,
        });
        let events: Result<_, StoreError> = self.store.history(subject, before, count_max);
        let places = events?.into_iter();
        let places =
            places.map(|event| (event.height, event.transaction_index, event.action_index));
        Ok(places.collect())
    }

    fn node(&self) -> NodeStatus {
        let status = self.engine.status();
        let sync = sync(&self.store.tip(), &status);
        let (peers, not_ready_reason) = match self.peers(&status) {
            Ok(peers) => {
                let reason = not_ready(&self.store.tip(), &self.node, &sync, &peers, now());
                (peers, reason)
            }
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        NodeStatus {
            node: self.node.clone(),
            department: registered_department(&self.store, &self.node)
                .unwrap_or_else(|| self.department.clone()),
            mode: self.mode(&status),
            peers,
            waiting_transactions: u64::try_from(status.waiting).unwrap_or(u64::MAX),
            sync,
            history: match self.store.fill_state() {
                None => HistoryState::Whole,
                Some(FillState { base, next }) => HistoryState::Fetching { begins: base, next },
            },
            disk_bytes: self.disk_bytes(),
            uptime_ms: self.uptime_ms(),
            ready: not_ready_reason.is_none(),
            not_ready_reason,
        }
    }

    fn metrics(&self) -> String {
        let offences = self.engine.status().offences;
        metrics::text(&self.about, &self.tip(), &self.node(), offences)
    }
}
