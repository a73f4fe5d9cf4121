//! The way out of bincode: `wincode` writes and reads the same bytes for the same shapes.
//!
//! The shapes are mirrored here, since the ledger's own types check their bounds while decoding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordKind};
use dirchain_ledger::testing::*;
use wincode::{SchemaRead, SchemaWrite};

type Bytes32 = [u8; 32];

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Envelope {
    chain: Bytes32,
    author: Bytes32,
    sequence: u64,
    not_after: i64,
    action_count: u32,
    actions_root: Bytes32,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Header {
    version: u16,
    chain: Bytes32,
    height: u64,
    time: i64,
    parent: Bytes32,
    round: u32,
    builder: [u8; 20],
    roots: [Bytes32; 3],
    validators: [Bytes32; 2],
    rules_version: u32,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct CommitSignature {
    validator: u16,
    signature: [u8; 64],
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Certificate {
    height: u64,
    round: u32,
    block: Bytes32,
    signatures: Vec<CommitSignature>,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Moment {
    height: u64,
    time: i64,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Suspicion {
    since: u64,
    reported: Moment,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct KeyRecord {
    kind: u32,
    public_key: Bytes32,
    algorithm: u32,
    department: String,
    role: u32,
    next_sequence: u64,
    from: Moment,
    to: Option<Moment>,
    suspicions: Vec<Suspicion>,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Grant {
    application: String,
    revision: u32,
    fields: Vec<u16>,
    calls_per_day_max: Option<u32>,
    from: i64,
    to: i64,
    reason: Option<String>,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Request {
    version: u32,
    responsibility: String,
    fields: Vec<u16>,
    purpose: String,
    scene: String,
    method: u32,
    calls_per_day_max: Option<u32>,
    from: i64,
    to: i64,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
enum Sharing {
    Unconditional,
    Conditional { condition: Option<String> },
    NotShared { legal_basis: Option<String> },
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Field {
    number: u16,
    name: String,
    data_element: Option<String>,
    field_type: u32,
    length: Option<u32>,
    precision: Option<u8>,
    unit: Option<String>,
    sharing: Option<Sharing>,
    level: Option<u32>,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Entry {
    name: String,
    responsibility: Option<String>,
    summary: Option<String>,
    category: Option<u32>,
    kind: Option<u32>,
    fields: Vec<Field>,
    sharing: Option<Sharing>,
    method: Option<u32>,
    openness: Option<u32>,
    update_cycle: Option<u32>,
    level: Option<u32>,
    related_codes: Vec<String>,
    attributes: Vec<(String, String)>,
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
enum MirroredAction {
    #[wincode(tag = 2)]
    RevokeKey { public_key: Bytes32 },
    #[wincode(tag = 5)]
    AbolishResponsibility {
        code: String,
        revision: u32,
        reason: String,
    },
    #[wincode(tag = 6)]
    DraftResource {
        code: String,
        provider: String,
        revision: u32,
        entry: Entry,
    },
    #[wincode(tag = 11)]
    Apply {
        resource: String,
        applicant: String,
        request: Request,
    },
    #[wincode(tag = 13)]
    Grant(Grant),
}

#[derive(Debug, PartialEq, SchemaWrite, SchemaRead)]
struct Transaction {
    envelope: Envelope,
    signature: [u8; 64],
    actions: Vec<MirroredAction>,
}

/// Reads the bytes as the mirrored shape, all of them, and writes the same bytes from it.
macro_rules! same_bytes {
    ($shape:ty, $bytes:expr) => {{
        let bytes: Vec<u8> = $bytes;
        let value: $shape = wincode::deserialize(&bytes).unwrap();
        assert_eq!(wincode::serialize(&value).unwrap(), bytes);
        value
    }};
}

#[test]
fn transactions_are_the_same() {
    for (index, action) in common::actions().into_iter().enumerate() {
        if ![2, 5, 6, 11, 13].contains(&index) {
            continue;
        }
        let transaction = common::transaction(action);
        let mirrored = same_bytes!(Transaction, encode(&transaction));
        assert_eq!(mirrored.envelope.sequence, transaction.envelope.sequence);
        assert_eq!(mirrored.signature, transaction.signature.0);
        match (&mirrored.actions[0], &transaction.actions[0]) {
            (MirroredAction::Grant(mirrored), Action::Grant(grant)) => {
                assert_eq!(mirrored.application, grant.application.to_string());
                assert_eq!(mirrored.to, grant.to.0);
            }
            (
                MirroredAction::DraftResource {
                    entry: mirrored, ..
                },
                Action::DraftResource { entry, .. },
            ) => {
                assert_eq!(mirrored.fields.len(), entry.fields.len());
                assert_eq!(mirrored.name, entry.name.as_str());
                assert_eq!(mirrored.fields[2].level, Some(3));
            }
            (
                MirroredAction::RevokeKey {
                    public_key: mirrored,
                },
                Action::RevokeKey { public_key },
            ) => {
                assert_eq!(*mirrored, public_key.0);
            }
            (
                MirroredAction::AbolishResponsibility { .. },
                Action::AbolishResponsibility { .. },
            )
            | (MirroredAction::Apply { .. }, Action::Apply { .. }) => {}
            (mirrored, action) => panic!("{mirrored:?} is not {action:?}"),
        }
    }
}

#[test]
fn headers_certificates_and_records_are_the_same() {
    let header = same_bytes!(Header, encode(&common::header()));
    assert_eq!(header.roots[2], common::header().state_root.0);
    let certificate = certificate(
        &common::chain(),
        Height(4),
        1,
        common::digest("block"),
        &VOTERS,
    );
    let mirrored = same_bytes!(Certificate, encode(&certificate));
    assert_eq!(mirrored.signatures.len(), 4);
    let mut records = common::records().into_iter();
    let key = records
        .find(|record| record.id().kind() == RecordKind::Key)
        .unwrap();
    let mirrored = same_bytes!(KeyRecord, encode(&key));
    let Record::Key(key) = key else {
        panic!("a key");
    };
    assert_eq!(mirrored.next_sequence, key.next_sequence);
    assert_eq!(mirrored.suspicions[0].since, key.suspicions[0].since.0);
}
