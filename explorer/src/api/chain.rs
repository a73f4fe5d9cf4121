//! Answers about the chain: status, nodes, blocks, transactions, keys, parameters.

use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, ChainId, DepartmentId, Height, NodeId, TransactionId};
use dirchain_ledger::records::{NodeKind, Office, OfficeHolder, Parameters, Role};
use dirchain_ledger::validators::Validator;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, Period, RefusalItem, Time};

/// What never changes about a chain and the program that serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainAbout {
    /// The chain's name.
    pub name: String,
    /// Its id: the hash of its genesis.
    pub chain: ChainId,
    /// Its first instant.
    pub genesis_time: Time,
    /// The version of the program.
    pub software_version: String,
}

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TipSummary {
    /// Height of the last block; 0 for the genesis.
    pub height: Height,
    /// Its time.
    pub time: Time,
    /// Its hash; for the genesis the chain id.
    pub block: Hash,
    /// Who votes on the next block.
    pub validators: Vec<Validator>,
}

/// `GET /api/v1/status`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The chain.
    pub about: ChainAbout,
    /// Its end, as this node knows it.
    pub tip: TipSummary,
    /// This node.
    pub node: NodeStatus,
}

/// How this node takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum NodeMode {
    /// It votes.
    Validator,
    /// It follows and serves, without a vote.
    Observer,
    /// It is a validator that does not vote for now.
    Following {
        /// The height from which it votes again; none when that is not known.
        until: Option<Height>,
        /// Why, in words.
        reason: String,
    },
}

/// Another node as this one sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerStatus {
    /// Its name within the chain.
    pub node: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// Whether it is connected now.
    pub connected: bool,
    /// Bytes received from it since this node started.
    pub received_bytes: u64,
    /// Bytes sent to it since this node started.
    pub sent_bytes: u64,
    /// Messages of it, or to it, that were dropped.
    pub dropped_messages: u64,
    /// Milliseconds that its messages were held back because it sent too many.
    pub throttled_ms: u64,
    /// Messages that only validators send, which it sent without being one.
    pub unwanted_messages: u64,
    /// How often it broke the protocol, as with a wrong signature.
    pub violations: u64,
    /// Whether it is refused for a while because it broke the protocol.
    pub banned: bool,
    /// When it was last heard of.
    pub last_heard: Option<Time>,
    /// Milliseconds that its clock is ahead of this node's, as the last block that it proposed showed; below zero where it
    /// is behind. None of a node that proposed none since this node started.
    pub clock_ahead_ms: Option<i64>,
}

/// How far behind this node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SyncState {
    /// It has every block it heard of.
    CaughtUp,
    /// It fetches blocks.
    CatchingUp {
        /// The highest block that peers report.
        target: Height,
    },
}

/// How much of the chain's past this node has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum HistoryState {
    /// All of it.
    Whole,
    /// It began with a snapshot, and fetches what came before.
    Fetching {
        /// The snapshot's height: questions about heights before it are refused until all is here.
        begins: Height,
        /// The next block of the past that is fetched; the first is 1.
        next: Height,
    },
}

/// What an operator should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "warning")]
pub enum Warning {
    /// This node's clock is not that of most others.
    OwnClock {
        /// Milliseconds that it is ahead of theirs; below zero where it is behind.
        ahead_ms: i64,
        /// Whose they are.
        nodes: Vec<NodeId>,
    },
    /// Another node's clock is not this node's. Whose is wrong this node cannot tell.
    OtherClock {
        /// Whose.
        node: NodeId,
        /// The block of that node's that shows it.
        height: Height,
        /// Milliseconds that it is ahead of this node's; below zero where it is behind.
        ahead_ms: i64,
        /// Whether it is behind by at least so much: no block is dated before its parent.
        at_least: bool,
    },
    /// Something waits to be decided, and no block comes.
    Standstill {
        /// The height that is not decided.
        height: Height,
        /// The round on it.
        round: u32,
        /// Since when this node knows that something waits.
        since: Time,
        /// Validators of whom no vote came lately.
        silent: Vec<NodeId>,
        /// Validators that voted for nothing when a block was proposed that this node finds valid.
        against: Vec<NodeId>,
        /// Validators of whom nothing came when it was their turn to propose.
        without_proposal: Vec<NodeId>,
    },
}

impl Warning {
    /// The warning in Chinese, as the explorer's pages say it.
    pub fn in_chinese(&self) -> String {
        crate::pages::warned_in_chinese(self)
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Warning::OwnClock { ahead_ms, nodes } => write!(
                f,
                "this node's clock is about {} {} those of {}. Set it (NTP)",
                seconds(*ahead_ms),
                way(*ahead_ms),
                listed(nodes)
            ),
            Warning::OtherClock {
                node,
                height,
                ahead_ms,
                at_least,
            } => write!(
                f,
                "the clock of {node} is {} {} {} this node's, as its block {height} showed: one of the two is wrong",
                if *at_least { "at least" } else { "about" },
                seconds(*ahead_ms),
                way(*ahead_ms)
            ),
            Warning::Standstill {
                height,
                round,
                since,
                silent,
                against,
                without_proposal,
            } => {
                write!(
                    f,
                    "nothing is decided at height {height} since {since}, and it is in round {round}"
                )?;
                let lacks = [
                    (silent, "no vote came lately of"),
                    (against, "against a block that this node finds valid voted"),
                    (without_proposal, "nothing was proposed in their turn by"),
                ];
                let mut before = ": ";
                for (nodes, what) in lacks {
                    if !nodes.is_empty() {
                        write!(f, "{before}{what} {}", listed(nodes))?;
                        before = "; ";
                    }
                }
                Ok(())
            }
        }
    }
}

fn seconds(ahead_ms: i64) -> String {
    format!("{} s", ahead_ms.unsigned_abs() / 1_000)
}

fn way(ahead_ms: i64) -> &'static str {
    if ahead_ms < 0 { "behind" } else { "ahead of" }
}

fn listed(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// This node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeStatus {
    /// Its name within the chain.
    pub node: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// How it takes part.
    pub mode: NodeMode,
    /// The others.
    pub peers: Vec<PeerStatus>,
    /// Transactions that wait for a block.
    pub waiting_transactions: u64,
    /// How far behind it is.
    pub sync: SyncState,
    /// How much of the chain's past it has.
    pub history: HistoryState,
    /// Bytes of its database on disk.
    pub disk_bytes: u64,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
    /// Whether its answers are fit for use.
    pub ready: bool,
    /// Why it is not ready; none when it is.
    pub not_ready_reason: Option<String>,
    /// The same in Chinese.
    pub not_ready_reason_zh: Option<String>,
    /// What an operator should look at, ready or not.
    pub warnings: Vec<Warning>,
}

/// `GET /readyz`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether its answers are fit for use.
    pub ready: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// A node of the network, as the ledger registers it: `GET /api/v1/nodes` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeItem {
    /// Its name within the chain.
    pub id: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// That department's name.
    pub department_name: String,
    /// What it does.
    pub kind: NodeKind,
    /// Its key on the network.
    pub network_key: PublicKey,
    /// Where it listens.
    pub addresses: Vec<String>,
    /// While this lasts it may connect.
    pub admitted: Period,
    /// Whether it votes at this height.
    pub votes: bool,
    /// The key that it announced last to vote with.
    pub consensus_key: Option<PublicKey>,
    /// When it showed that it is ready.
    pub ready: Option<Moment>,
    /// Contradictions of it on record.
    pub equivocations: u64,
    /// How this node sees it; none for this node itself and for nodes it knows nothing of.
    pub peer: Option<PeerStatus>,
}

/// A block in a list: `GET /api/v1/blocks`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockItem {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: Time,
    /// Its hash.
    pub hash: Hash,
    /// The round it was built in.
    pub round: u32,
    /// Who built it.
    pub builder: Address,
    /// The department whose node built it.
    pub builder_department: Option<DepartmentId>,
    /// How many transactions it holds.
    pub transaction_count: u64,
}

/// A block's header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeaderAnswer {
    /// Layout version.
    pub version: u16,
    /// The chain.
    pub chain: ChainId,
    /// The block's height.
    pub height: Height,
    /// The block's time.
    pub time: Time,
    /// The block's hash.
    pub hash: Hash,
    /// The parent's hash.
    pub parent: Hash,
    /// The round it was built in.
    pub round: u32,
    /// Who built it.
    pub builder: Address,
    /// Merkle root over the transactions.
    pub transactions_root: Hash,
    /// RFC 6962 root over all earlier headers.
    pub header_log_root: Hash,
    /// Root of the state tree after the block.
    pub state_root: Hash,
    /// Hash of the validators that vote on this block.
    pub validators_hash: Hash,
    /// Hash of the validators that vote on the next one.
    pub next_validators_hash: Hash,
    /// Version of the rules it was executed under.
    pub rules_version: u32,
}

/// One member's precommit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignerItem {
    /// Its index in the validator set.
    pub index: u16,
    /// The department it votes for; none where the set is not at hand.
    pub department: Option<DepartmentId>,
    /// That department's name.
    pub department_name: Option<String>,
    /// The node that voted.
    pub node: Option<NodeId>,
    /// The signature.
    pub signature: Signature,
}

/// The proof that a quorum decided a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateAnswer {
    /// The round it was decided in.
    pub round: u32,
    /// Who signed.
    pub signers: Vec<SignerItem>,
    /// How many members the set has.
    pub validator_count: u64,
    /// How many signatures it takes.
    pub quorum: u64,
}

/// A transaction in a block's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionItem {
    /// Its id.
    pub id: TransactionId,
    /// Its place in the block.
    pub index: u32,
    /// Its author.
    pub signer: Signer,
    /// The names of its actions, at most the first eight.
    pub actions: Vec<String>,
    /// How many actions it has.
    pub action_count: u64,
}

/// Who signed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signer {
    /// The key.
    pub public_key: PublicKey,
    /// Whose key it is.
    pub department: Option<DepartmentId>,
    /// That department's name.
    pub department_name: Option<String>,
    /// The key's role.
    pub role: Option<Role>,
}

/// `GET /api/v1/blocks/{height}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockAnswer {
    /// This block.
    pub as_of: Moment,
    /// Its header.
    pub header: HeaderAnswer,
    /// The department whose node built it.
    pub builder_department: Option<DepartmentId>,
    /// The proof that it was decided; none where this node does not keep it.
    pub certificate: Option<CertificateAnswer>,
    /// Its transactions, in the order of their execution.
    pub transactions: Vec<TransactionItem>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum TransactionStatus {
    /// It waits for a block.
    Waiting,
    /// It took effect.
    Committed {
        /// In which block.
        at: Moment,
        /// At which place.
        index: u32,
    },
    /// The rules refuse it; nothing of it took effect.
    Refused(RefusalItem),
}

/// `GET /api/v1/transactions/{id}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionAnswer {
    /// The tip when this was answered.
    pub as_of: Moment,
    /// The transaction's id.
    pub id: TransactionId,
    /// What became of it.
    #[serde(flatten)]
    pub status: TransactionStatus,
    /// What it says; only of one that took effect.
    pub content: Option<TransactionContent>,
}

/// What a transaction says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionContent {
    /// Its author.
    pub signer: Signer,
    /// The key's sequence number.
    pub sequence: u64,
    /// Its expiry.
    pub not_after: Time,
    /// Merkle root over the actions.
    pub actions_root: Hash,
    /// The author's signature over the envelope.
    pub signature: Signature,
    /// What it does. Times within are milliseconds since 1970, as they were signed.
    #[schema(value_type = Vec<Object>)]
    pub actions: Vec<Action>,
}

/// `POST /api/v1/transactions`: accepted for a block, not yet in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The transaction's id; ask `/api/v1/transactions/{id}` for what became of it.
    pub id: TransactionId,
}

/// `GET /api/v1/keys/{public_key}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The key.
    #[serde(flatten)]
    pub key: KeyItem,
    /// Whose key it is, by name.
    pub department_name: String,
    /// Transactions of this key that wait for a block on this node. The next one to be signed
    /// carries `next_sequence + waiting`.
    pub waiting: u64,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyItem {
    /// The public key.
    pub public_key: PublicKey,
    /// Whose it is.
    pub department: DepartmentId,
    /// What it may do.
    pub role: Role,
    /// The sequence number its next transaction carries on the ledger.
    pub next_sequence: u64,
    /// When it was valid.
    pub valid: Period,
    /// From which block on it may have been stolen.
    pub suspect_since: Option<Height>,
}

/// An office of the chain and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficeItem {
    /// The office.
    pub office: Office,
    /// Its holder.
    pub department: DepartmentId,
    /// Since when.
    pub since: Moment,
}

impl From<&OfficeHolder> for OfficeItem {
    fn from(holder: &OfficeHolder) -> Self {
        Self {
            office: holder.office,
            department: holder.department.clone(),
            since: holder.held.from.into(),
        }
    }
}

/// `GET /api/v1/parameters`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParametersAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The parameters as the ledger holds them: instants are milliseconds since 1970 in UTC.
    #[schema(value_type = Object)]
    pub parameters: Parameters,
    /// Who holds which office.
    pub offices: Vec<OfficeItem>,
    /// Counts the changes of the validator set.
    pub epoch: u64,
    /// Who votes on the next block.
    pub validators: Vec<Validator>,
}

/// `GET /api/v1/checkpoint`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointAnswer {
    /// Entries of the header log: one for each block, and the chain's id.
    pub size: u64,
    /// The log's end as this node signs it (C2SP tlog-checkpoint).
    pub note: String,
    /// The key that its signature is checked with.
    pub verifier_key: String,
}
