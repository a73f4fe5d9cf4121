//! What must hold of any bytes that a peer or a person gives: no panic, no reading without end, and
//! whatever parses stands for those very bytes. Run by the targets beside this file, and for a short
//! time, over mutations of genuine values, by `consensus/tests/hostile.rs`.

use std::sync::LazyLock;

use dirchain_consensus::limits::PART_BYTES_MAX;
use dirchain_consensus::proposal::Part;
use dirchain_ledger::action::Action;
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, DepartmentId, NodeId, ResourceCode};
use dirchain_ledger::limits::{
    BLOCK_BYTES_MAX, CERTIFICATE_BYTES_MAX, RECORD_BYTES_MAX, SNAPSHOT_ANSWER_BYTES_MAX,
    SNAPSHOT_QUESTION_BYTES_MAX,
};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::Record;
use dirchain_ledger::snapshot::{Answer, HeaderWalk, Question, check_answer};
use dirchain_ledger::state_tree::{StateProof, Top, top};
use dirchain_ledger::testing::{self, Ledger};
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::turns::Turns;
use dirchain_ledger::validators::ValidatorSet;

static CHAIN: LazyLock<ChainId> = LazyLock::new(|| testing::genesis().chain());
static VALIDATORS: LazyLock<ValidatorSet> = LazyLock::new(testing::validators);

static GENESIS: LazyLock<Ledger> = LazyLock::new(Ledger::default);
static WALK: LazyLock<HeaderWalk> = LazyLock::new(|| HeaderWalk::from_tip(&GENESIS.tip));
/// The top of the genesis's state tree, cut as a snapshot's is.
static TOP: LazyLock<Top> = LazyLock::new(|| {
    let slot = &GENESIS.tip.state;
    let pages = top(&GENESIS.state, slot, 4).expect("the tree in memory is whole");
    Top::read(&slot.hash(), 4, pages).expect("its own top")
});

/// What reads as JSON of a type is written, and reads as the same again.
macro_rules! reads_again {
    ($type:ty, $bytes:expr) => {
        if let Ok(value) = serde_json::from_slice::<$type>($bytes) {
            let text = serde_json::to_vec(&value).expect("what was JSON");
            let again: $type = serde_json::from_slice(&text).expect("what was JSON");
            assert_eq!(again, value);
        }
    };
}

/// One property of any bytes.
pub type Check = fn(&[u8]);

/// Every check, by the name of its target.
pub const ALL: [(&str, Check); 13] = [
    ("transaction", transaction),
    ("block", block),
    ("certificate", certificate),
    ("part", part),
    ("record", record),
    ("state_proof", state_proof),
    ("question", question),
    ("answer", answer),
    ("genesis", genesis),
    ("action", action),
    ("measure", measure),
    ("equivocation", equivocation),
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

/// What a node that joins late asks.
pub fn question(bytes: &[u8]) {
    if let Ok(question) = decode::<Question, SNAPSHOT_QUESTION_BYTES_MAX>(bytes) {
        assert_eq!(encode(&question), bytes);
    }
}

/// What a peer answers a node that joins late, as each check of it takes it.
pub fn answer(bytes: &[u8]) {
    let Ok(answer) = decode::<Answer, { 4 * SNAPSHOT_ANSWER_BYTES_MAX }>(bytes) else {
        return;
    };
    assert_eq!(encode(&answer), bytes);
    match answer {
        Answer::Unavailable => {}
        Answer::Offer(offer) => {
            let root = GENESIS.tip.state.hash();
            if let Ok(top) = Top::read(&root, offer.depth, offer.pages.to_vec()) {
                assert_eq!(top.root_slot.hash(), root);
            }
        }
        Answer::Headers(run) => {
            let mut walk = WALK.clone();
            match walk.take(&run) {
                Ok(nodes) => assert_eq!(nodes.len(), run.headers.len()),
                Err(_) => assert_eq!(walk, *WALK, "what is refused changes nothing"),
            }
        }
        Answer::Leaves(leaves) => {
            for part in &TOP.parts {
                if check_answer(part, 0, &leaves).is_ok() {
                    let genuine = GENESIS.state.leaves(GENESIS.tip.height);
                    assert!(leaves.bodies.iter().all(|body| genuine.contains(body)));
                }
            }
        }
        Answer::Blocks(blocks) => {
            for (bytes, certificate) in &blocks.blocks {
                let is_last = |block: &Block| WALK.is_last(block, certificate);
                let is_it = Block::decode(bytes).is_ok_and(|block| is_last(&block));
                assert!(!is_it, "nobody decided a block at the genesis");
            }
        }
    }
}

/// An action as a client writes it: a request's body, a file.
pub fn action(bytes: &[u8]) {
    reads_again!(Action, bytes);
}

/// A measure as people propose it.
pub fn measure(bytes: &[u8]) {
    reads_again!(Measure, bytes);
}

/// A file of a proven contradiction.
pub fn equivocation(bytes: &[u8]) {
    reads_again!(EquivocationProof, bytes);
    let Ok(proof) = serde_json::from_slice::<EquivocationProof>(bytes) else {
        return;
    };
    if let Some(member) = VALIDATORS.by_address(&proof.voter)
        && proof.verify(&CHAIN, &member.consensus_key).is_ok()
    {
        let differ = match &proof.contradiction {
            Contradiction::Votes { first, second, .. } => first != second,
            Contradiction::Proposals { first, second } => first != second,
        };
        assert!(differ, "nobody contradicts itself with one thing");
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
