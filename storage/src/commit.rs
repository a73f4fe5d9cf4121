//! Committing: everything that a block changes, in one synced write.
//!
//! Invariant: the commit decides nothing about a block. Whoever calls has checked it, and verified
//! its certificate.

use std::collections::BTreeMap;

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{Outcome, Tip};
use dirchain_ledger::codec::{self, encode};
use dirchain_ledger::execute::Touched;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::Height;
use dirchain_ledger::leaves::{LeafId, PastNaming};
use dirchain_ledger::records::{Record, RecordId};

use crate::database::{Database, Writer};
use crate::error::StoreError;
use crate::families::Family;
use crate::history::HistoryEvent;
use crate::keys::{self, meta};
use crate::store::{FORMAT_VERSION, Store};
use crate::view::versions_of;

impl Store {
    /// Stores the block after the tip with all that it changes, and moves the tip to it: on disk
    /// and synced when this returns. Undecided bodies of its height are deleted with the same
    /// write.
    ///
    /// `certificate` must have been verified, and `outcome` be what checking or building `block` on
    /// the tip gave; that the three are of one block on this tip is checked here.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotNext`] and [`StoreError::Mismatch`] refuse the block; after any other the
    /// process must stop. After a failed write every later one fails at once with the same
    /// [`StoreError::Write`].
    pub fn commit(
        &self,
        block: &Block,
        certificate: &Certificate,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        let mut writer = self.database().writer()?;
        check_next(&self.tip(), block, certificate, outcome)?;
        let height = block.header.height;
        put_state(self.database(), &mut writer, outcome)?;
        put_block(&mut writer, block, certificate)?;
        put_transactions(&mut writer, block, &outcome.touched)?;
        for key in self.undecided_keys(height)? {
            writer.delete(Family::Undecided, &key)?;
        }
        writer.write_then(|| self.committed(outcome))
    }
}

/// Writes the genesis into an empty database.
pub(crate) fn write_genesis(
    database: &Database,
    genesis: &Genesis,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let mut writer = database.writer()?;
    put_state(database, &mut writer, outcome)?;
    writer.put(Family::Meta, meta::FORMAT, &encode(&FORMAT_VERSION))?;
    writer.put(Family::Meta, meta::CHAIN, &encode(&outcome.tip.chain))?;
    writer.put(Family::Meta, meta::GENESIS, &encode(genesis))?;
    writer.write_then(|| ())
}

/// That the three are of one block, and that it is the next.
fn check_next(
    tip: &Tip,
    block: &Block,
    certificate: &Certificate,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let header = &block.header;
    let height = header.height;
    if height != tip.height.next() {
        let given = height;
        let tip = tip.height;
        return Err(StoreError::NotNext { given, tip });
    }
    let hash = header.hash();
    let requirements = [
        (header.chain == tip.chain, "it is of another chain"),
        (header.parent == tip.block, "its parent is not the tip"),
        (header.time > tip.time, "its time is not after the tip's"),
        (
            certificate.height == height && certificate.block == hash,
            "the certificate is of another block",
        ),
        (
            outcome.tip.height == height
                && outcome.tip.time == header.time
                && outcome.tip.block == hash
                && outcome.tip.chain == header.chain,
            "the outcome is of another block",
        ),
        (
            outcome.tip.state.hash() == header.state_root,
            "the outcome's state root is not the header's",
        ),
        (
            outcome.touched.len() == block.transactions.len(),
            "the outcome has another number of transactions",
        ),
    ];
    match requirements.into_iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(StoreError::Mismatch { height, what }),
        None => Ok(()),
    }
}

/// What every outcome has, the genesis' included: records, tree, log, time, tip.
fn put_state(
    database: &Database,
    writer: &mut Writer<'_>,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let tip = &outcome.tip;
    put_records(database, writer, tip.height, &outcome.records)?;
    put_given_up(writer, &outcome.given_up)?;
    for (key, page) in &outcome.pages {
        match page {
            Some(page) => writer.put(Family::Tree, &key.to_bytes(), page)?,
            None => writer.delete(Family::Tree, &key.to_bytes())?,
        }
    }
    for node in &outcome.log_nodes {
        let key = keys::log_key(node.level, node.index);
        writer.put(Family::Log, &key, node.hash.as_bytes())?;
    }
    writer.put(
        Family::Times,
        &keys::time_key(tip.time),
        &encode(&tip.height),
    )?;
    writer.put(Family::Meta, meta::TIP, &encode(tip))
}

/// The new versions, the heights of each record's first and latest, and who names whom since when.
fn put_records(
    database: &Database,
    writer: &mut Writer<'_>,
    height: Height,
    records: &BTreeMap<RecordId, Record>,
) -> Result<(), StoreError> {
    for (id, record) in records {
        writer.put(
            Family::Records,
            &keys::record_key(id, height),
            &encode(record),
        )?;
        let before = versions_of(database, id)?;
        if before.is_none() {
            let leaf = LeafId::Record(id.clone());
            writer.put(Family::Leaves, leaf.tree_key().as_bytes(), &encode(&leaf))?;
        }
        let first = before.map_or(height, |versions| versions.first);
        writer.put(Family::Ids, &id.key(), &encode(&(first, height)))?;
        for target in record.references() {
            let key = keys::referrer_key(&target, id);
            let decode = codec::decode::<Height, 8>;
            // A record that was never written named nobody.
            if before.is_none() || database.decode(Family::Referrers, &key, decode)?.is_none() {
                writer.put(Family::Referrers, &key, &encode(&height))?;
            }
        }
    }
    Ok(())
}

/// Whose leaves the namings are that are over.
pub(crate) fn put_given_up(
    writer: &mut Writer<'_>,
    given_up: &[PastNaming],
) -> Result<(), StoreError> {
    for naming in given_up {
        let leaf = LeafId::PastNaming(naming.clone());
        writer.put(Family::Leaves, leaf.tree_key().as_bytes(), &encode(&leaf))?;
    }
    Ok(())
}

pub(crate) fn put_block(
    writer: &mut Writer<'_>,
    block: &Block,
    certificate: &Certificate,
) -> Result<(), StoreError> {
    let key = keys::height_key(block.header.height);
    writer.put(Family::Blocks, &key, &encode(block))?;
    writer.put(Family::Headers, &key, &encode(&block.header))?;
    writer.put(Family::Certificates, &key, &encode(certificate))
}

/// Where each transaction is, and what its actions touched.
pub(crate) fn put_transactions(
    writer: &mut Writer<'_>,
    block: &Block,
    touched: &[Touched],
) -> Result<(), StoreError> {
    let height = block.header.height;
    for (transaction_index, (transaction, touched)) in
        (0u32..).zip(block.transactions.iter().zip(touched))
    {
        let place = encode(&(height, transaction_index));
        writer.put(Family::Transactions, transaction.id().0.as_bytes(), &place)?;
        for (subject, action_index) in touched {
            let event = HistoryEvent {
                height,
                transaction_index,
                action_index: *action_index,
            };
            writer.put(Family::History, &keys::history_key(subject, &event), &[])?;
        }
    }
    Ok(())
}
