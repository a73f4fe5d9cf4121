//! What is checked when a database is opened: whose it is, and that its tip is whole.
//!
//! RocksDB finds bytes that went bad; this finds states that no commit left, such as a log that
//! lost records in its middle.

use dirchain_ledger::block::Header;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::codec;
use dirchain_ledger::header_log;
use dirchain_ledger::ids::{ChainId, Height};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::state_tree;
use dirchain_ledger::view::{Records as _, View as _};

use crate::database::Database;
use crate::error::StoreError;
use crate::families::{Family, WAL_BYTES_MAX};
use crate::keys::meta;
use crate::store::{FORMAT_VERSION, Store};

/// The smallest commit: an empty block's header, body, certificate and tip.
const COMMIT_BYTES_MIN: u64 = 2 * 1024;
/// Headers whose links are followed from the tip: as many commits as the logs can hold, since what
/// is in table files was whole when it left the log.
pub(crate) const CHECKED_HEADERS_MAX: u64 = WAL_BYTES_MAX / COMMIT_BYTES_MIN;

/// Whether nothing was ever written. The genesis is one write, so it is there in full or not at all.
pub(crate) fn is_empty(database: &Database) -> Result<bool, StoreError> {
    for family in Family::ALL {
        if !database.keys(family, &[], 1)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses a database of another format or another chain.
pub(crate) fn belongs_to(database: &Database, expected: ChainId) -> Result<(), StoreError> {
    let format = database.decode(Family::Meta, meta::FORMAT, codec::decode::<u32, 4>)?;
    let path = database.path().to_owned();
    match format {
        Some(FORMAT_VERSION) => {}
        Some(other) => {
            return Err(StoreError::OtherFormat {
                expected: FORMAT_VERSION,
                found: other.to_string(),
                path,
            });
        }
        None => return Err(database.damaged("the format version is missing")),
    }
    let chain = database.decode(Family::Meta, meta::CHAIN, codec::decode::<ChainId, 32>)?;
    let found = chain.ok_or_else(|| database.damaged("the chain id is missing"))?;
    if found != expected {
        return Err(StoreError::OtherChain {
            expected,
            found,
            path,
        });
    }
    Ok(())
}

/// Checks the tip against what it stands for: its block, its state tree, its header log, and the
/// headers before it.
pub(crate) fn tip_is_whole(store: &Store) -> Result<(), StoreError> {
    let database = store.database();
    let tip = store.tip();
    if tip.chain != store.chain() {
        return Err(database.damaged("the tip is of another chain"));
    }
    if tip.height == Height::GENESIS {
        if tip.block != tip.chain.0 {
            return Err(database.damaged("the genesis tip does not name the chain"));
        }
    } else {
        let header = header_at(store, tip.height)?;
        check_header(store, &tip, &header)?;
        check_certificate(store, &tip, &header)?;
        check_log(store, &tip, &header)?;
        check_links(store, header)?;
    }
    check_tree(store, &tip)
}

/// The tip's header, block and certificate are those that the tip names.
fn check_header(store: &Store, tip: &Tip, header: &Header) -> Result<(), StoreError> {
    let block = store.block(tip.height)?.map(|block| block.header.hash());
    let certified = store.certificate(tip.height)?.map(|found| found.block);
    let requirements = [
        (header.hash() == tip.block, "header"),
        (block == Some(tip.block), "block"),
        (certified == Some(tip.block), "certificate"),
        (header.state_root == tip.state.hash(), "state root"),
        (
            header.next_validators_hash == tip.validators.hash(),
            "validator set",
        ),
        (
            store.height_at(tip.time)? == Some(tip.height),
            "entry in the index of times",
        ),
    ];
    match requirements.into_iter().find(|(holds, _)| !holds) {
        Some((_, what)) => {
            let height = tip.height;
            let what = format!("the {what} of the last block, {height}, is not the tip's");
            Err(store.database().damaged(what))
        }
        None => Ok(()),
    }
}

/// Enough of those who vote on the last block signed it. Only there: 128 validators' signatures take
/// a few milliseconds, and what is older was whole when it left the log; `doctor` verifies them all.
fn check_certificate(store: &Store, tip: &Tip, header: &Header) -> Result<(), StoreError> {
    let voters = if header.validators_hash == tip.validators.hash() {
        tip.validators.clone()
    } else if tip.height == store.history_begins() {
        // Who voted before a snapshot is not here; its certificate was verified when it came.
        return Ok(());
    } else {
        let before = Height(tip.height.0.saturating_sub(1));
        let membership = store.view(before).membership();
        membership
            .map_err(|error| store.database().damaged(error.reason))?
            .current
    };
    let missing = || {
        store
            .database()
            .damaged("the last block has no certificate")
    };
    let certificate = store.certificate(tip.height)?.ok_or_else(missing)?;
    certificate.verify(&tip.chain, &voters).map_err(|error| {
        let what = format!("the certificate of the last block, {}: {error}", tip.height);
        store.database().damaged(what)
    })
}

/// The stored nodes lead from the tip's header to the tip's log, which extends the log that the
/// header names.
fn check_log(store: &Store, tip: &Tip, header: &Header) -> Result<(), StoreError> {
    let damaged = |error: &dyn std::fmt::Display| {
        let what = format!("the header log does not lead to the tip: {error}");
        store.database().damaged(what)
    };
    let (root, index) = (tip.log.root(), tip.height.0);
    let size = tip.log.size();
    if size != tip.height.next().0 {
        return Err(damaged(&format!("it has {size} leaves")));
    }
    let proof = header_log::inclusion_proof(store, index, size).map_err(|e| damaged(&e))?;
    header_log::verify_inclusion(&root, &header.log_leaf(), index, size, &proof)
        .map_err(|e| damaged(&e))?;
    let proof = header_log::consistency_proof(store, index, size).map_err(|e| damaged(&e))?;
    header_log::verify_consistency(&header.header_log_root, index, &root, size, &proof)
        .map_err(|e| damaged(&e))
}

/// Each header names the one before it, as far back as a log could have lost one.
fn check_links(store: &Store, tip: Header) -> Result<(), StoreError> {
    let mut child = tip;
    for _ in 0..CHECKED_HEADERS_MAX {
        let parent = match child.height.previous() {
            Some(height) if height > Height::GENESIS => header_at(store, height)?,
            Some(_) | None => return Ok(()),
        };
        if parent.hash() != child.parent {
            let (parent, child) = (parent.height, child.height);
            let what = format!("block {parent} is not the parent that block {child} names");
            return Err(store.database().damaged(what));
        }
        child = parent;
    }
    Ok(())
}

/// The tree's top page is of the tip's root, and the parameters that the rules run under are those
/// that the tree commits to.
fn check_tree(store: &Store, tip: &Tip) -> Result<(), StoreError> {
    let damaged = |error: &dyn std::fmt::Display| {
        let what = format!("the state tree is not the tip's: {error}");
        store.database().damaged(what)
    };
    let id = RecordId::Parameters;
    let proof = state_tree::prove(store, &tip.state, &id.tree_key()).map_err(|e| damaged(&e))?;
    let committed = proof
        .verify(&tip.state.hash(), &id.tree_key())
        .map_err(|e| damaged(&e))?;
    let record = store.record(&id).map_err(|e| damaged(&e))?;
    if committed.is_none() || committed != record.map(|record| record.tree_value()) {
        return Err(damaged(&"it commits to other parameters"));
    }
    Ok(())
}

fn header_at(store: &Store, height: Height) -> Result<Header, StoreError> {
    let header = store.header(height)?;
    header.ok_or_else(|| {
        let what = format!("the header of block {height} is missing");
        store.database().damaged(what)
    })
}
