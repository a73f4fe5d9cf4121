//! The formats, frozen: what is hashed, signed and stored, byte by byte.
//!
//! `UPDATE_VECTORS=1 cargo test -p dirchain-ledger --test vectors` writes the file anew. A change
//! there is a change of the format, and so another chain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use dirchain_ledger::certificate::{VoteStep, proposal_bytes, vote_bytes};
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::ids::{Address, Height};
use dirchain_ledger::records::{Record, Trail, TrailEvent};
use dirchain_ledger::testing::*;

struct Vectors(String);

impl Vectors {
    fn put(&mut self, name: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{name} = {value}").unwrap();
    }

    fn put_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.put(name, hex::encode(bytes));
    }
}

fn hashes(vectors: &mut Vectors) {
    for domain in Domain::ALL {
        let digest = hash(*domain, &[b"dirchain", b" test vector"]);
        vectors.put(&format!("hash {}", domain.tag()), digest);
    }
}

fn transactions(vectors: &mut Vectors) {
    for action in common::actions() {
        let name = action.name();
        let transaction = common::transaction(action.clone());
        vectors.put_bytes(&format!("action {name}"), &encode(&action));
        vectors.put(&format!("action {name} leaf"), action.leaf());
        vectors.put(&format!("transaction {name} id"), transaction.id());
        vectors.put(&format!("transaction {name} leaf"), transaction.leaf());
        vectors.put_bytes(&format!("transaction {name}"), &encode(&transaction));
    }
    let envelope = common::transaction(common::actions().remove(2)).envelope;
    vectors.put_bytes("envelope signing bytes", &envelope.signing_bytes());
    vectors.put(
        "actions root of all",
        dirchain_ledger::transaction::actions_root(&common::actions()),
    );
}

fn records(vectors: &mut Vectors) {
    for record in common::records() {
        let id = record.id();
        let kind = format!("{:?}", id.kind()).to_lowercase();
        vectors.put_bytes(&format!("record {kind}"), &encode(&record));
        vectors.put(&format!("record {kind} tree value"), record.tree_value());
        vectors.put_bytes(&format!("record {kind} key"), &id.key());
        vectors.put(&format!("record {kind} tree key"), id.tree_key());
        vectors.put_bytes(&format!("record id {kind}"), &encode(&id));
    }
    let event = TrailEvent {
        at: common::moment(5),
        transaction: common::transaction(common::actions().remove(2)).id(),
        action_index: 1,
        action: common::digest("action"),
    };
    let trail = Trail::default().extended(&event).extended(&event);
    vectors.put("trail after two events", trail.head);
}

fn consensus(vectors: &mut Vectors) {
    let (chain, block) = (common::chain(), common::digest("block"));
    let voter = Address::of(&common::secret().public());
    for (name, step) in [
        ("prevote", VoteStep::Prevote),
        ("precommit", VoteStep::Precommit),
    ] {
        let bytes = vote_bytes(&chain, step, Height(42), 3, Some(&block), &voter);
        assert_eq!(bytes.len(), 32 + 32 + 1 + 8 + 4 + 1 + 32 + 20);
        vectors.put_bytes(&format!("vote {name}"), &bytes);
        let nil = vote_bytes(&chain, step, Height(42), 3, None, &voter);
        vectors.put_bytes(&format!("vote {name} nil"), &nil);
    }
    for (name, valid_round) in [("fresh", -1), ("again", 2)] {
        let bytes = proposal_bytes(&chain, Height(42), 3, valid_round, &block, &voter);
        assert_eq!(bytes.len(), 32 + 32 + 8 + 4 + 8 + 32 + 20);
        vectors.put_bytes(&format!("proposal {name}"), &bytes);
    }
    let certificate = certificate(&chain, Height(42), 3, block, &VOTERS[..3]);
    vectors.put_bytes("certificate", &encode(&certificate));
    vectors.put_bytes("validator set", &encode(&validators()));
    vectors.put("validator set hash", validators().hash());
    vectors.put("address", voter);
}

fn blocks(vectors: &mut Vectors) {
    let genesis = genesis();
    vectors.put("genesis chain", genesis.chain());
    vectors.put_bytes("header", &encode(&common::header()));
    vectors.put("header hash", common::header().hash());
    vectors.put("header log leaf", common::header().log_leaf());
    let block = common::block();
    let root = dirchain_ledger::block::transactions_root(&block.transactions);
    vectors.put("transactions root of all", root);
    let mut ledger = Ledger::new(&genesis);
    vectors.put("genesis state root", ledger.tip.state.hash());
    vectors.put("genesis log root", ledger.tip.log.root());
    ledger.granted(1, &[1, 2]);
    vectors.put("city height", ledger.tip.height);
    vectors.put("city block", ledger.tip.block);
    vectors.put("city state root", ledger.tip.state.hash());
    vectors.put("city log root", ledger.tip.log.root());
    vectors.put_bytes("city tip", &encode(&ledger.tip));
}

#[test]
fn formats_are_as_they_were() {
    let mut vectors = Vectors(String::new());
    hashes(&mut vectors);
    transactions(&mut vectors);
    records(&mut vectors);
    consensus(&mut vectors);
    blocks(&mut vectors);
    let path =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/vectors/formats.txt");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &vectors.0).unwrap();
        return;
    }
    let frozen = std::fs::read_to_string(&path).unwrap();
    for (given, expected) in vectors.0.lines().zip(frozen.lines()) {
        assert_eq!(given, expected);
    }
    assert_eq!(vectors.0.lines().count(), frozen.lines().count());
}

#[test]
fn one_vector_of_every_action_and_record() {
    let actions = common::actions();
    for (index, action) in (0u32..).zip(&actions) {
        assert_eq!(
            encode(action)[..4],
            index.to_le_bytes(),
            "{}",
            action.name()
        );
    }
    let kinds: Vec<_> = common::records()
        .iter()
        .map(|record| Record::id(record).kind())
        .collect();
    assert_eq!(kinds, dirchain_ledger::records::RecordKind::ALL);
    assert_eq!(actions.len(), 54);
}
