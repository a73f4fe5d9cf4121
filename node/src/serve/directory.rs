//! What the explorer reads, from the store and the running engine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dirchain_engine::{EngineHandle, EngineStatus, FollowReason, Mode, admitted, peer_id};
use dirchain_explorer::Directory;
use dirchain_explorer::api::{
    ChainAbout, HistoryState, NodeMode, NodeStatus, PeerStatus, Time, TipSummary,
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

use super::{health, metrics};

/// How long a reading of the disk's use is good for.
const DISK_AGE_MAX: Duration = Duration::from_secs(10);

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
    registered: Mutex<Option<Arc<Registered>>>,
}

/// What the ledger says of nodes at a height. Every page tells how this node fares, and that rests on
/// it: it is read once for each block.
struct Registered {
    height: Height,
    /// This node, admitted or removed; none before it is registered.
    own: Option<Node>,
    /// The admitted nodes but this one, each with its name on the network.
    others: Vec<(Node, Option<PeerId>)>,
}

impl Registered {
    fn read(store: &Store, height: Height, own: &NodeId) -> Result<Self, ViewError> {
        let view = store.view(height);
        let others = admitted(&view)?.into_iter().filter(|node| node.id != *own);
        let named = others.map(|node| {
            let peer = peer_id(&node.network_key);
            (node, peer)
        });
        Ok(Self {
            height,
            own: view.node(own)?,
            others: named.collect(),
        })
    }
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
            registered: Mutex::default(),
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

    /// What the ledger says of nodes at its end.
    fn registered(&self, tip: &Tip) -> Result<Arc<Registered>, ViewError> {
        let kept = || {
            let kept = self.registered.lock();
            kept.unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = kept().as_ref().filter(|known| known.height == tip.height) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(Registered::read(&self.store, tip.height, &self.node)?);
        *kept() = Some(Arc::clone(&read));
        Ok(read)
    }

    /// The admitted nodes but this one, each as the network sees it.
    fn peers(&self, registered: &Registered, tip: &Tip, status: &EngineStatus) -> Vec<PeerStatus> {
        let by_id: BTreeMap<PeerId, &dirchain_network::PeerStatus> = status
            .network
            .peers
            .iter()
            .map(|peer| (peer.peer, peer))
            .collect();
        let clock = |node: &Node| {
            let mut members = tip.validators.members().iter();
            let member = members.find(|member| member.node == node.id)?;
            let reading = status.outlook.clocks.reading(&member.address)?;
            Some(reading.ahead_ms)
        };
        let others = registered.others.iter();
        let others = others.map(|(node, id)| {
            let seen = id.as_ref().and_then(|id| by_id.get(id));
            peer(node, seen, clock(node))
        });
        others.collect()
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

fn peer(
    node: &Node,
    seen: Option<&&dirchain_network::PeerStatus>,
    clock_ahead_ms: Option<i64>,
) -> PeerStatus {
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
        clock_ahead_ms,
    }
}

/// Why a node is not ready that cannot read its own state.
fn unreadable(error: &impl std::fmt::Display) -> health::Reason {
    health::Reason::new(error.to_string(), format!("无法读取账本状态:{error}"))
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

    fn block(&self, height: Height) -> Result<Option<Arc<Block>>, ViewError> {
        // What is here of what came before a snapshot has gaps until all of it is here.
        if self.is_before_history(height) {
            return Ok(None);
        }
        Ok(self.store.shared_block(height)?)
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

    fn transactions_beginning(
        &self,
        digits: &str,
        count_max: usize,
    ) -> Result<Vec<TransactionId>, ViewError> {
        // An odd digit begins sixteen bytes, which follow one another.
        let lasts: &[&str] = match digits.len() % 2 {
            0 => &[""],
            _ => &[
                "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
            ],
        };
        let mut found = Vec::new();
        for last in lasts {
            let Ok(prefix) = hex::decode(format!("{digits}{last}")) else {
                break;
            };
            let left = count_max.saturating_sub(found.len());
            for id in self.store.transactions_beginning(&prefix, left)? {
                if self.transaction_place(&id)?.is_some() {
                    found.push(id);
                }
            }
        }
        Ok(found)
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

    fn written(
        &self,
        id: &RecordId,
        after: Option<Height>,
        count_max: usize,
    ) -> Result<Vec<Height>, ViewError> {
        Ok(self.store.written(id, after, count_max)?)
    }

    fn node(&self) -> NodeStatus {
        let status = self.engine.status();
        let (tip, now) = (self.store.tip(), now());
        let sync = health::sync(&tip, &status);
        let warnings = health::warnings(&tip, &self.node, &status, &sync, now);
        let (peers, department, not_ready) = match self.registered(&tip) {
            Ok(registered) => {
                let (own, record) = (&self.node, registered.own.as_ref());
                let peers = self.peers(&registered, &tip, &status);
                let reason = health::not_ready(&tip, own, &sync, &peers, &warnings, now);
                let reason = reason.map(|reason| health::with_standing(reason, own, record));
                let department = record.map(|node| node.department.clone());
                (peers, department, reason)
            }
            Err(error) => (Vec::new(), None, Some(unreadable(&error))),
        };
        let (not_ready_reason, not_ready_reason_zh) = not_ready
            .map(|reason| (reason.english, reason.chinese))
            .unzip();
        NodeStatus {
            node: self.node.clone(),
            department: department.unwrap_or_else(|| self.department.clone()),
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
            not_ready_reason_zh,
            warnings,
        }
    }

    fn metrics(&self) -> String {
        let engine = self.engine.status();
        let membership = self.store.view(self.store.tip().height).membership();
        let epoch = membership.ok().map(|membership| membership.epoch);
        metrics::text(&self.about, &self.tip(), &self.node(), &engine, epoch)
    }
}
