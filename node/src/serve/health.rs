//! How this node fares: how far behind it is, whether its answers are fit for use, what its operator should look at.

use dirchain_engine::{EngineStatus, Finding, Missing};
use dirchain_explorer::api::{PeerStatus, SyncState, Time, Warning};
use dirchain_ledger::chain::Tip;
use dirchain_ledger::ids::{Address, Height, NodeId, TimeMs};
use dirchain_ledger::limits::CLOCK_AHEAD_MS_MAX;
use dirchain_ledger::records::Node;
use dirchain_ledger::validators::Validator;

/// A chain makes a block at least every heartbeat; a tip older than so many is not the chain's end.
const HEARTBEATS_MAX: i64 = 3;
/// How late a heartbeat's block may be before missing validators are thought to be the reason.
const LATENESS_MS: i64 = 5_000;
/// How long something may wait to be decided before the chain is said to stand still.
const STANDSTILL_MS: i64 = 10_000;

/// How this node's tip compares with what validators have shown. A tip that is shown is only said, so
/// the highest that more validators show than can be faulty counts.
pub(super) fn sync(tip: &Tip, status: &EngineStatus) -> SyncState {
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

/// What an operator should look at. `peers` and `sync` are this node's, `now` is by its clock.
pub(super) fn warnings(
    tip: &Tip,
    own: &NodeId,
    status: &EngineStatus,
    sync: &SyncState,
    now: TimeMs,
) -> Vec<Warning> {
    let name = |address: &Address| {
        let member = tip.validators.by_address(address);
        member.map(|member| member.node.clone())
    };
    let mut warnings = match status.outlook.clocks.finding() {
        Finding::Agree => Vec::new(),
        Finding::Own { ahead_ms, of } => vec![Warning::OwnClock {
            ahead_ms,
            nodes: of.iter().filter_map(name).collect(),
        }],
        Finding::Others(others) => others
            .iter()
            .filter_map(|(address, reading)| {
                Some(Warning::OtherClock {
                    node: name(address)?,
                    height: reading.height,
                    ahead_ms: reading.ahead_ms,
                    at_least: reading.is_bound,
                })
            })
            .collect(),
    };
    warnings.extend(standstill(tip, own, status, sync, now));
    warnings
}

/// Whether the chain stands still, and whom the round lacks. A node that fetches blocks knows nothing of that.
fn standstill(
    tip: &Tip,
    own: &NodeId,
    status: &EngineStatus,
    sync: &SyncState,
    now: TimeMs,
) -> Option<Warning> {
    let outlook = &status.outlook;
    let since = outlook.due_since?;
    let waited_ms = now.0.saturating_sub(since.0);
    if waited_ms < STANDSTILL_MS
        || outlook.height != tip.height.next()
        || *sync != SyncState::CaughtUp
    {
        return None;
    }
    let members = tip.validators.members();
    let me = members.iter().find(|member| member.node == *own);
    let me = me.map(|member| member.address);
    let Missing {
        silent,
        against,
        without_proposal,
    } = status.roll.missing(outlook, tip, me);
    let named = |missing: &[Address]| {
        let is_missing = |member: &&Validator| missing.contains(&member.address);
        let named = members.iter().filter(is_missing);
        named.map(|member| member.node.clone()).collect()
    };
    Some(Warning::Standstill {
        height: outlook.height,
        round: outlook.round,
        since: Time(since),
        silent: named(&silent),
        against: named(&against),
        without_proposal: named(&without_proposal),
    })
}

/// Why a node's answers are not fit for use, for those who read either language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) english: String,
    pub(super) chinese: String,
}

impl Reason {
    pub(super) fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self {
            english: english.into(),
            chinese: chinese.into(),
        }
    }

    fn warned(warning: &Warning) -> Self {
        Self::new(warning.to_string(), warning.in_chinese())
    }
}

/// Why a node's answers are not fit for use; none when they are.
pub(super) fn not_ready(
    tip: &Tip,
    own: &NodeId,
    sync: &SyncState,
    peers: &[PeerStatus],
    warnings: &[Warning],
    now: TimeMs,
) -> Option<Reason> {
    if !peers.is_empty() && peers.iter().all(|peer| !peer.connected) {
        return Some(Reason::new(
            "no other node is connected",
            "没有连接到其他节点",
        ));
    }
    // A peer may always be a block ahead for a moment; more is falling behind.
    if let SyncState::CatchingUp { target } = sync
        && *target > tip.height.next()
    {
        let height = tip.height;
        return Some(Reason::new(
            format!("it is at height {height} and fetches blocks up to {target}"),
            format!("目前在高度 {height},正在获取至高度 {target} 的区块"),
        ));
    }
    let own_clock = warnings.iter().find_map(|warning| match warning {
        Warning::OwnClock { ahead_ms, .. } => Some((*ahead_ms, warning)),
        Warning::OtherClock { .. } | Warning::Standstill { .. } => None,
    });
    // It takes what is timely for expired, or the others refuse its blocks, or it theirs.
    if let Some((ahead_ms, warning)) = own_clock
        && ahead_ms.saturating_abs() > CLOCK_AHEAD_MS_MAX
    {
        return Some(Reason::warned(warning));
    }
    // A block's age is told by the clock that most share.
    let ahead_ms = own_clock.map_or(0, |(ahead_ms, _)| ahead_ms);
    let age_ms = now.0.saturating_sub(ahead_ms).saturating_sub(tip.time.0);
    let standstill = warnings
        .iter()
        .find(|warning| matches!(warning, Warning::Standstill { .. }));
    // Votes also come around cut links, so few connections alone say nothing.
    if let Some(missing) = quorum_missing(tip, own, peers)
        && (standstill.is_some() || age_ms > tip.heartbeat_ms.saturating_add(LATENESS_MS))
    {
        return Some(missing);
    }
    if let Some(standstill) = standstill {
        return Some(Reason::warned(standstill));
    }
    if age_ms > tip.heartbeat_ms.saturating_mul(HEARTBEATS_MAX) {
        let (age_s, heartbeat_s) = (age_ms / 1000, tip.heartbeat_ms / 1000);
        return Some(Reason::new(
            format!(
                "the last block is {age_s} s old where one is due every {heartbeat_s} s: this node is behind, or the chain stands still"
            ),
            format!(
                "最新区块已有 {age_s} 秒,而每 {heartbeat_s} 秒应有一个区块:本节点落后,或链已停滞"
            ),
        ));
    }
    None
}

/// Why a node is not ready, with what the ledger says of it where that is why nobody lets it in.
pub(super) fn with_standing(reason: Reason, own: &NodeId, record: Option<&Node>) -> Reason {
    let (english, chinese) = match record.map(|node| node.admitted.to) {
        Some(None) => return reason,
        Some(Some(removed)) => (
            format!(
                "The ledger has it removed since height {}: nobody lets it in any more",
                removed.height
            ),
            format!(
                "账本自高度 {} 起已移除本节点,其他节点不再接纳它",
                removed.height
            ),
        ),
        None => (
            format!(
                "The ledger, as far as its blocks are here, does not know node {own}: `dirchain node register` admits it"
            ),
            format!("就已有的区块而言,账本中没有节点 {own},可用 `dirchain node register` 登记"),
        ),
    };
    Reason::new(
        format!("{}. {english}", reason.english),
        format!("{}。{chinese}", reason.chinese.trim_end_matches('。')),
    )
}

/// What a validator lacks when fewer validators than decide a block are connected, itself included.
fn quorum_missing(tip: &Tip, own: &NodeId, peers: &[PeerStatus]) -> Option<Reason> {
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
    let count = members.len();
    (up < quorum).then(|| {
        Reason::new(
            format!(
                "{up} of {count} validators are up as far as this one sees, and a block needs {quorum}: nothing is committed until more are back"
            ),
            format!(
                "本节点可见 {count} 个共识成员中的 {up} 个在线,而区块需要 {quorum} 个:在更多成员恢复之前不会有新区块"
            ),
        )
    })
}

#[cfg(test)]
#[path = "health/tests.rs"]
pub(super) mod tests;
