//! What must hold of any bytes that a peer or a person gives: no panic, no reading without end, and
//! whatever parses stands for those very bytes. Run by the targets beside this file, and for a short
//! time, over mutations of genuine values, by `consensus/tests/hostile.rs`.

use std::sync::LazyLock;

use dirchain_consensus::limits::PART_BYTES_MAX;
use dirchain_consensus::proposal::Part;
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, DepartmentId, NodeId, ResourceCode};
use dirchain_ledger::limits::{BLOCK_BYTES_MAX, CERTIFICATE_BYTES_MAX, RECORD_BYTES_MAX};
use dirchain_ledger::records::Record;
use dirchain_ledger::state_tree::StateProof;
use dirchain_ledger::testing;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::turns::Turns;
use dirchain_ledger::validators::ValidatorSet;

static CHAIN: LazyLock<ChainId> = LazyLock::new(|| testing::genesis().chain());
static VALIDATORS: LazyLock<ValidatorSet> = LazyLock::new(testing::validators);

/// One property of any bytes.
pub type Check = fn(&[u8]);

/// Every check, by the name of its target.
pub const ALL: [(&str, Check); 8] = [
    ("transaction", transaction),
    ("block", block),
    ("certificate", certificate),
    ("part", part),
    ("record", record),
    ("state_proof", state_proof),
    ("genesis", genesis),
    ("ids", ids),
];

/// A transaction from a peer or a client.
pub fn transaction(bytes: &[u8]) {
    let Ok(transaction) = SignedTransaction::decode(bytes) else {
        return;
    };
    assert_eq!(encode(&transaction), bytes);
    let id = transaction.id();
    if let Ok(verified) = transaction.verify(*CHAIN) {
        assert_eq!(verified.id(), id);
    }
}

/// A block's body from a peer.
pub fn block(bytes: &[u8]) {
    let Ok(block) = Block::decode(bytes) else {
        return;
    };
    assert_eq!(encode(&block), bytes);
    let is_whole = block.is_whole();
    let empty = block.transactions.is_empty();
    assert!(!is_whole || empty == (block.header.transactions_root == Hash::ZERO));
}

/// A certificate that comes with a synced block.
pub fn certificate(bytes: &[u8]) {
    let Ok(certificate) = decode::<Certificate, CERTIFICATE_BYTES_MAX>(bytes) else {
        return;
    };
    if certificate.verify(&CHAIN, &VALIDATORS).is_ok() {
        assert!(certificate.signatures.len() >= VALIDATORS.quorum());
    }
}

/// A proposed block from a peer.
pub fn part(bytes: &[u8]) {
    let Ok(part) = Part::decode(bytes) else {
        return;
    };
    assert!(bytes.len() <= PART_BYTES_MAX);
    assert_eq!(encode(&part), bytes);
    if part.verify(&CHAIN, &VALIDATORS, &Turns::default()).is_ok() {
        assert!(VALIDATORS.by_address(&part.publisher).is_some());
    }
}

/// A record, as evidence carries it.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = decode::<Record, RECORD_BYTES_MAX>(bytes) {
        assert_eq!(encode(&record), bytes);
        let id = record.id();
        assert_eq!(id.tree_key(), record.id().tree_key());
    }
}

/// A proof of a record, as evidence carries it.
pub fn state_proof(bytes: &[u8]) {
    if let Ok(proof) = decode::<StateProof, BLOCK_BYTES_MAX>(bytes) {
        let proven = proof.verify(&Hash([1; 32]), &Hash([2; 32]));
        assert!(
            proven.is_err(),
            "a proof of a root that is no hash of anything"
        );
    }
}

/// A genesis file that an operator is handed.
pub fn genesis(bytes: &[u8]) {
    if let Ok(genesis) = serde_json::from_slice::<Genesis>(bytes)
        && genesis.check().is_ok()
    {
        let text = serde_json::to_vec(&genesis).expect("what was JSON");
        let again: Genesis = serde_json::from_slice(&text).expect("what was JSON");
        assert_eq!(again.chain(), genesis.chain());
    }
}

/// Names that people type.
pub fn ids(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(id) = text.parse::<DepartmentId>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(id) = text.parse::<ResourceCode>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(id) = text.parse::<NodeId>() {
        assert_eq!(id.to_string(), text);
    }
}
