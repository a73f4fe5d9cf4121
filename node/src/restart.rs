//! Going on after an emergency: when too many validators are lost for good for any block to be decided, the
//! operators who are left begin a new chain with the records of the old one as they stood at an agreed height.
//!
//! The new genesis follows from the old database and three things agreed outside it (the height, who votes, the first
//! instant): everybody makes it from their own data and compares the chain's id, so nobody's file is believed. It
//! holds every record, names where it comes from, and has an id of its own: no signature or proof of one chain is
//! one of the other.
//!
//! Heights begin anew, so every moment within a record keeps its time and becomes height 0; trails begin anew, since
//! what lies before is proven by the old chain's evidence.

use std::path::PathBuf;

use anyhow::Context as _;
use dirchain_ledger::genesis::{Genesis, Origin};
use dirchain_ledger::ids::{Height, Name, NodeId, TimeMs};
use dirchain_ledger::limits;
use dirchain_ledger::records::{Membership, Record, RecordId, RecordKind, Trail};
use dirchain_ledger::validators::{Validator, ValidatorSet};
use dirchain_ledger::view::{Records as _, View as _};
use dirchain_storage::Store;
use serde_json::Value;

use crate::adoption;
use crate::home::{Home, NodeKey};
use crate::provision::{self, NodeKeys};

/// Records read at a time.
const PAGE: usize = 256;

/// What is agreed outside the old chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The last height of the old chain that counts.
    pub height: Height,
    /// Who votes from now on.
    pub members: Vec<NodeId>,
    /// The new chain's first instant.
    pub time: TimeMs,
}

impl Agreement {
    /// What the makers of a genesis had agreed on; none for a chain that begins by itself.
    pub fn of(genesis: &Genesis) -> Option<Self> {
        let origin = genesis.origin.as_ref()?;
        let members = genesis.records.iter().find_map(|record| match record {
            Record::Membership(membership) => Some(membership.current.members()),
            _ => None,
        })?;
        Some(Self {
            height: origin.height,
            members: members.iter().map(|member| member.node.clone()).collect(),
            time: genesis.time,
        })
    }
}

/// The genesis that goes on from a home's chain, made from its database.
///
/// # Errors
///
/// As [`carried_over`]; the home cannot be read, or its node runs; blocks would be left out, and `leaves_out` is not
/// said.
pub fn made(home: &Home, agreed: &Agreement, leaves_out: bool) -> anyhow::Result<Genesis> {
    let before = home.genesis()?;
    let store = Store::open(&home.database_dir(), &before)?;
    require_last(&store, agreed, leaves_out)?;
    carried_over(&store, &before.name, agreed)
}

/// Refuses a height that leaves out blocks which this node has, unless that is wanted.
fn require_last(store: &Store, agreed: &Agreement, leaves_out: bool) -> anyhow::Result<()> {
    let last = store.tip().height;
    if leaves_out || agreed.height >= last {
        return Ok(());
    }
    let first = agreed.height.next();
    let (mut height, mut count) = (first, 0usize);
    while height <= last {
        let block = store.block(height)?;
        count = count.saturating_add(block.map_or(0, |block| block.transactions.len()));
        height = height.next();
    }
    anyhow::bail!(
        "this node has blocks {first} to {last}, with {count} transactions, which a chain that goes on from height {} leaves out. Agree on {last}, the highest that any node has, or give --leave-out if all operators want those blocks to count no more",
        agreed.height
    )
}

/// Where a chain comes from, in a sentence; none for one that began by itself.
pub fn origin_note(genesis: &Genesis) -> Option<String> {
    let origin = genesis.origin.as_ref()?;
    Some(format!(
        "This chain goes on from chain {} as it stood at height {} (state root {}). What happened before is proven by that chain's evidence, against its own genesis.",
        origin.chain, origin.height, origin.state_root
    ))
}

/// The genesis that goes on from a chain, made from its database.
///
/// # Errors
///
/// The height is not here with its history; a member is not registered; nothing is changed in any case.
pub fn carried_over(store: &Store, name: &Name, agreed: &Agreement) -> anyhow::Result<Genesis> {
    let tip = store.tip();
    anyhow::ensure!(
        agreed.height <= tip.height && agreed.height > Height::GENESIS,
        "this node has the chain up to height {}, not {}. Take the height that every node left has",
        tip.height,
        agreed.height
    );
    anyhow::ensure!(
        store.history_begins() == Height::GENESIS,
        "this node has not fetched the whole history yet: use another one's database"
    );
    let header = store
        .header(agreed.height)?
        .context("the header is missing")?;
    anyhow::ensure!(
        agreed.time > header.time,
        "the new chain begins after the block that it goes on from"
    );
    let view = store.view(agreed.height);
    let mut records = Vec::new();
    for kind in RecordKind::ALL {
        let mut after: Option<RecordId> = None;
        loop {
            let ids = view.list(kind, after.as_ref(), PAGE)?;
            for id in &ids {
                let record = view.record(id)?;
                records.push(rebased(record.with_context(|| id.to_string())?)?);
            }
            if ids.len() < PAGE {
                break;
            }
            after = ids.into_iter().next_back();
        }
    }
    let membership = membership(store, agreed)?;
    for record in &mut records {
        match record {
            Record::Membership(before) => *before = membership.clone(),
            // What was to come into force at a height of the old chain.
            Record::Parameters(parameters) => parameters.next_rules = None,
            _ => {}
        }
    }
    let origin = Origin {
        chain: store.chain(),
        height: agreed.height,
        block: header.hash(),
        header_log_root: log_root(store, agreed.height)?,
        state_root: header.state_root,
    };
    anyhow::ensure!(
        records.len() <= limits::GENESIS_RECORDS_MAX,
        "the chain has {} records, a genesis holds at most {}",
        records.len(),
        limits::GENESIS_RECORDS_MAX
    );
    Ok(Genesis::going_on(
        name.clone(),
        agreed.time,
        records,
        origin,
    )?)
}

/// The root of the header log with the block at a height in it.
fn log_root(store: &Store, height: Height) -> anyhow::Result<dirchain_ledger::hash::Hash> {
    match store.header(height.next())? {
        Some(next) => Ok(next.header_log_root),
        None => Ok(store.tip().log.root()),
    }
}

/// A record as the new chain begins with it: moments keep their times, heights and trails begin anew.
fn rebased(record: Record) -> anyhow::Result<Record> {
    let mut value = serde_json::to_value(&record)?;
    rebase(&mut value);
    let mut record: Record = serde_json::from_value(value)?;
    if let Some(trail) = record.trail_mut() {
        *trail = Trail::default();
    }
    if let Record::Key(key) = &mut record {
        let mut suspicions = key.suspicions.to_vec();
        for suspicion in &mut suspicions {
            suspicion.since = Height::GENESIS;
        }
        key.suspicions = dirchain_ledger::bounded::List::new(suspicions)?;
    }
    Ok(record)
}

/// Heights stand under the name `height`, within moments and beside them.
fn rebase(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "height" => *member = Value::from(0),
                    _ => rebase(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(rebase),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn membership(store: &Store, agreed: &Agreement) -> anyhow::Result<Membership> {
    let view = store.view(agreed.height);
    let mut members = Vec::new();
    for id in &agreed.members {
        let node = view.node(id)?;
        let node = node.with_context(|| format!("{id} is no node of the old chain"))?;
        let key = node.consensus_key().copied();
        let key = key.with_context(|| format!("{id} never announced a key to vote with"))?;
        members.push(Validator::new(key, node.id, node.department));
    }
    Ok(Membership::begin(ValidatorSet::new(members)?))
}

/// A home that goes on with a new chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Where what it had of the old chain lies.
    pub aside: PathBuf,
    /// Whether it was on the old chain until now.
    pub is_new: bool,
}

/// Has a home go on with the new chain, after making the same genesis from its own database. What it had of the old
/// chain is kept beside. Where an earlier process was killed on the way, this goes on; where the home is on that chain
/// already, nothing is done.
///
/// # Errors
///
/// The home's own database leads to another genesis, blocks would be left out and `leaves_out` is not said, the home
/// left the old chain before for another one, or lacks the keys that the genesis names; the disk refuses.
pub fn adopt(home: &Home, genesis: &Genesis, leaves_out: bool) -> anyhow::Result<Adopted> {
    let settled = adoption::settle(home)?;
    let before = home.genesis()?;
    let agreed = Agreement::of(genesis).context("this genesis goes on from no other chain")?;
    let left = adoption::left(home, genesis)?;
    if before.chain() == genesis.chain() {
        return Ok(Adopted {
            aside: left,
            is_new: settled.is_some(),
        });
    }
    if left.exists() {
        anyhow::bail!(
            "this home has left that chain before, for chain {}. To go back: with the node stopped, put db, engine and genesis.json aside, move those in {} to their place, and remove that folder; then adopt the genesis that is agreed on",
            before.chain(),
            left.display()
        );
    }
    require_keys(home, genesis)?;
    let store = Store::open(&home.database_dir(), &before)?;
    require_last(&store, &agreed, leaves_out)?;
    let own = carried_over(&store, &genesis.name, &agreed)?;
    drop(store);
    anyhow::ensure!(
        own == *genesis,
        "this node's own database leads to chain {}, the file begins {}. Compare height, members and time with the other operators, and do not start it",
        own.chain(),
        genesis.chain()
    );
    adoption::begin(home, genesis, &adoption::consensus_key(home)?)?;
    let aside = adoption::settle(home)?.context("what was decided a moment ago is not there")?;
    Ok(Adopted {
        aside,
        is_new: true,
    })
}

/// Refuses a genesis that names keys for this node which are not here: it could not start on that chain.
fn require_keys(home: &Home, genesis: &Genesis) -> anyhow::Result<()> {
    let of = |key| {
        let found = home.key(key)?;
        found.with_context(|| format!("there is no {}", home.key_file(key).display()))
    };
    let keys = NodeKeys {
        network: of(NodeKey::Network)?,
        consensus: of(NodeKey::Consensus)?,
    };
    provision::standing_with_next(home, genesis, &home.config()?.node, &keys)?;
    Ok(())
}
