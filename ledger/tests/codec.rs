//! The encoding under hostile bytes, and the limits at their edges.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::LazyLock;

use bincode::{Decode, Encode};
use dirchain_ledger::action::Action;
use dirchain_ledger::block::Block;
use dirchain_ledger::bounded::{List, Text};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::{CodecError, decode, encode};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Height, SharingId, TimeMs};
use dirchain_ledger::limits::*;
use dirchain_ledger::records::{Attribute, Record, RecordId};
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::{SignedTransaction, TransactionError};
use dirchain_ledger::validators::{Validator, ValidatorSet};
use proptest::prelude::*;
use proptest::sample::Index;

/// The invariant of the codec, on any bytes: either they are refused, or they are the encoding.
fn holds<T: Encode + Decode<()>>(bytes: &[u8]) -> Result<(), String> {
    match decode::<T, BLOCK_BYTES_MAX>(bytes) {
        Ok(value) if encode(&value) == bytes => Ok(()),
        Ok(_) => Err(format!("{} is not canonical", std::any::type_name::<T>())),
        Err(_) => Ok(()),
    }
}

fn holds_for_every_type(bytes: &[u8]) -> Result<(), String> {
    holds::<SignedTransaction>(bytes)?;
    holds::<Block>(bytes)?;
    holds::<Certificate>(bytes)?;
    holds::<Record>(bytes)?;
    holds::<RecordId>(bytes)?;
    holds::<ValidatorSet>(bytes)?;
    holds::<Genesis>(bytes)?;
    holds::<dirchain_ledger::chain::Tip>(bytes)
}

/// Valid encodings of everything, as (type, bytes).
static CORPUS: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(corpus);

fn corpus() -> Vec<(&'static str, Vec<u8>)> {
    let mut corpus = Vec::new();
    for action in common::actions() {
        corpus.push(("transaction", encode(&common::transaction(action))));
    }
    for record in common::records() {
        corpus.push(("record", encode(&record)));
        corpus.push(("record id", encode(&record.id())));
    }
    let chain = common::chain();
    let certificate = certificate(&chain, Height(4), 1, common::digest("block"), &VOTERS);
    corpus.push(("certificate", encode(&certificate)));
    corpus.push(("validators", encode(&validators())));
    corpus.push(("tip", encode(&Ledger::default().tip)));
    corpus
}

fn decodes(kind: &str, bytes: &[u8]) -> Result<bool, String> {
    fn one<T: Encode + Decode<()>>(bytes: &[u8]) -> Result<bool, String> {
        holds::<T>(bytes)?;
        Ok(decode::<T, BLOCK_BYTES_MAX>(bytes).is_ok())
    }
    match kind {
        "transaction" => one::<SignedTransaction>(bytes),
        "record" => one::<Record>(bytes),
        "record id" => one::<RecordId>(bytes),
        "certificate" => one::<Certificate>(bytes),
        "validators" => one::<ValidatorSet>(bytes),
        "tip" => one::<dirchain_ledger::chain::Tip>(bytes),
        other => Err(format!("no type for {other}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        holds_for_every_type(&bytes).map_err(TestCaseError::fail)?;
    }

    /// Mostly zeros get much further into a decoder than noise does.
    #[test]
    fn sparse_bytes_never_panic(
        length in 0usize..900,
        set in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..12),
    ) {
        let mut bytes = vec![0; length];
        for (index, byte) in set {
            if length > 0 {
                bytes[index.index(length)] = byte;
            }
        }
        holds_for_every_type(&bytes).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_mutation_fails_or_encodes_back_to_itself(
        which in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let (kind, mut bytes) = CORPUS[which.index(CORPUS.len())].clone();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        decodes(kind, &bytes).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn every_value_comes_back_and_neither_shorter_nor_longer() {
    for (kind, bytes) in CORPUS.iter() {
        assert_eq!(decodes(kind, bytes), Ok(true), "{kind}");
        for end in 0..bytes.len() {
            assert_eq!(
                decodes(kind, &bytes[..end]),
                Ok(false),
                "{kind} cut at {end}"
            );
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(decodes(kind, &longer), Ok(false), "{kind}");
    }
}

#[test]
fn a_claimed_length_beyond_all_bounds_fails_at_once() {
    let started = std::time::Instant::now();
    for (kind, bytes) in CORPUS.iter() {
        for offset in 0..bytes.len().saturating_sub(8) {
            for claimed in [1u64 << 60, u64::MAX, 1 << 32] {
                let mut hostile = bytes.clone();
                hostile[offset..offset + 8].copy_from_slice(&claimed.to_le_bytes());
                decodes(kind, &hostile).unwrap();
            }
        }
    }
    // Tens of thousands of decodings; one that allocated what is claimed would not come back.
    assert!(started.elapsed().as_secs() < 30);
    let mut text = (1u64 << 60).to_le_bytes().to_vec();
    text.extend([b'x'; 100]);
    assert!(matches!(
        decode::<Text<600>, 1024>(&text),
        Err(CodecError::Malformed { .. })
    ));
    assert!(matches!(
        decode::<List<FieldNumber, 1000>, 1024>(&text),
        Err(CodecError::Malformed { .. })
    ));
}

#[test]
fn what_is_not_canonical_is_refused() {
    // An option's tag other than 0 and 1, a text in another spelling, trailing bytes.
    assert!(decode::<Option<u8>, 16>(&[2, 0]).is_err());
    let spelled = encode(&"103001/000001/03".to_owned());
    assert!(decode::<SharingId, 64>(&spelled).is_err());
    let lower = encode(&"d001".to_owned());
    assert!(decode::<DepartmentId, 64>(&lower).is_err());
    assert_eq!(
        decode::<u32, 16>(&[1, 0, 0, 0, 0]),
        Err(CodecError::Trailing { trailing_bytes: 1 })
    );
    assert_eq!(
        decode::<u32, 4>(&[0; 5]),
        Err(CodecError::TooLong {
            size_bytes: 5,
            size_bytes_max: 4
        })
    );
}

#[test]
fn texts_and_lists_keep_their_bounds() {
    for (text, is_valid) in [
        ("x", true),
        ("1234567890", true),
        ("12345678901", false),
        ("", false),
        (" \n\t", false),
        ("a\u{0}", false),
        ("a\u{7f}", false),
        ("a\u{85}", false),
        ("a\tb\nc", true),
        ("一二三", true),
        ("一二三四", false),
    ] {
        let encoded = encode(&text.to_owned());
        assert_eq!(
            decode::<Text<10>, 64>(&encoded).is_ok(),
            is_valid,
            "{text:?}"
        );
        assert_eq!(Text::<10>::new(text).is_ok(), is_valid, "{text:?}");
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(
            serde_json::from_str::<Text<10>>(&json).is_ok(),
            is_valid,
            "{text:?}"
        );
    }
    for (count, is_valid) in [(3, true), (4, false)] {
        let items = vec![7u8; count];
        assert_eq!(List::<u8, 3>::new(items.clone()).is_ok(), is_valid);
        assert_eq!(decode::<List<u8, 3>, 64>(&encode(&items)).is_ok(), is_valid);
        let json = serde_json::to_string(&items).unwrap();
        assert_eq!(serde_json::from_str::<List<u8, 3>>(&json).is_ok(), is_valid);
    }
}

/// Many small actions take more room in memory than in bytes; whether they decode must depend on
/// the bytes alone.
#[test]
fn a_full_list_of_small_actions_decodes() {
    let action = Action::RemoveNode { id: id("n") };
    let actions = vec![action; ACTIONS_MAX];
    let not_after = GENESIS_TIME;
    let chain = common::chain();
    let transaction =
        SignedTransaction::new(&common::secret(), chain, 1, not_after, actions.clone()).unwrap();
    let bytes = encode(&transaction);
    assert!(bytes.len() < 20_000);
    assert_eq!(SignedTransaction::decode(&bytes).unwrap(), transaction);
    // In memory they take ten times as much, which no limit on bytes may count.
    assert!(ACTIONS_MAX * size_of::<Action>() > 5 * 20_000);
    assert_eq!(
        decode::<SignedTransaction, 20_000>(&bytes).unwrap(),
        transaction
    );
    let more = [actions, vec![Action::RemoveNode { id: id("n") }]].concat();
    let refused = SignedTransaction::new(&common::secret(), chain, 1, not_after, more);
    assert!(matches!(refused, Err(TransactionError::Bound(_))));
}

/// A draft whose transaction has exactly `size_bytes`.
fn draft_of(size_bytes: usize) -> Vec<Action> {
    let with = |values: &[usize]| {
        let mut entry = entry(&responsibility(PROVIDER));
        let attributes = values.iter().map(|length| Attribute {
            name: id("x"),
            value: Text::new("y".repeat(*length)).unwrap(),
        });
        entry.attributes = List::new(attributes.collect()).unwrap();
        vec![Action::DraftResource {
            code: code(1),
            provider: id(PROVIDER),
            revision: 0,
            entry,
        }]
    };
    let around = 116 + 64 + 8;
    let size = |actions: &[Action]| around + encode(&actions[0]).len();
    let mut values = vec![1];
    while size(&with(&values)) + 8_017 <= size_bytes {
        *values.last_mut().unwrap() = ATTRIBUTE_BYTES_MAX;
        values.push(1);
    }
    let missing = size_bytes - size(&with(&values));
    *values.last_mut().unwrap() += missing;
    with(&values)
}

fn signed_unchecked(actions: Vec<Action>) -> SignedTransaction {
    let mut transaction = common::transaction(Action::RemoveNode { id: id("n") });
    transaction.actions = List::new(actions).unwrap();
    transaction.envelope.actions_root =
        dirchain_ledger::transaction::actions_root(&transaction.actions);
    let message = transaction.envelope.signing_bytes();
    transaction.signature = common::secret().sign(&message);
    transaction
}

#[test]
fn a_transaction_has_at_most_256_kib() {
    let chain = common::chain();
    let sign = |actions| SignedTransaction::new(&common::secret(), chain, 1, TimeMs(0), actions);
    let largest = sign(draft_of(TRANSACTION_BYTES_MAX)).unwrap();
    let bytes = encode(&largest);
    assert_eq!(bytes.len(), TRANSACTION_BYTES_MAX);
    assert_eq!(SignedTransaction::decode(&bytes).unwrap(), largest);
    let verified = largest.verify(chain).unwrap();
    assert_eq!(verified.size_bytes(), TRANSACTION_BYTES_MAX);

    let too_large = draft_of(TRANSACTION_BYTES_MAX + 1);
    let is_too_long = |error| {
        matches!(
            error,
            TransactionError::Encoding(CodecError::TooLong { .. })
        )
    };
    assert!(is_too_long(sign(too_large.clone()).unwrap_err()));
    let unchecked = signed_unchecked(too_large);
    let bytes = encode(&unchecked);
    assert_eq!(bytes.len(), TRANSACTION_BYTES_MAX + 1);
    assert!(is_too_long(SignedTransaction::decode(&bytes).unwrap_err()));
    assert!(is_too_long(unchecked.verify(chain).unwrap_err()));
}

#[test]
fn the_size_of_a_transaction_is_that_of_its_encoding() {
    for action in common::actions() {
        let transaction = common::transaction(action);
        let size_bytes = encode(&transaction).len();
        let verified = transaction.verify(common::chain()).unwrap();
        assert_eq!(verified.size_bytes(), size_bytes);
        for (action, leaf) in verified.actions().iter().zip(verified.leaves()) {
            assert_eq!(*leaf, action.leaf());
        }
    }
}

/// The largest record that rules can make is within the bound that storage decodes with.
#[test]
fn an_entry_with_a_draft_and_a_version_of_full_size_fits_its_record() {
    let actions = draft_of(TRANSACTION_BYTES_MAX);
    let Action::DraftResource { entry, .. } = &actions[0] else {
        panic!("a draft");
    };
    let Some(Record::Resource(mut resource)) = common::records().into_iter().nth(4) else {
        panic!("a resource");
    };
    resource.draft.as_mut().unwrap().entry = entry.clone();
    resource.published.as_mut().unwrap().entry = entry.clone();
    let mut version = resource.versions[0].clone();
    let mut decision = version.decisions[0].clone();
    decision.department = id(&"D".repeat(32));
    version.decisions = List::new(vec![decision; VERSION_DECISIONS_MAX]).unwrap();
    resource.versions = List::new(vec![version; PERIODS_MAX]).unwrap();
    resource.grants = List::new(vec![resource.grants[0]; RESOURCE_GRANTS_MAX]).unwrap();
    let bytes = encode(&Record::Resource(resource.clone()));
    let back = decode::<Record, RECORD_BYTES_MAX>(&bytes).unwrap();
    assert_eq!(back, Record::Resource(resource));
}

#[test]
fn a_transaction_in_json_is_the_same_as_in_bytes() {
    for action in common::actions() {
        let transaction = common::transaction(action);
        let json = serde_json::to_string(&transaction).unwrap();
        let back: SignedTransaction = serde_json::from_str(&json).unwrap();
        assert_eq!(back, transaction, "{json}");
        assert_eq!(encode(&back), encode(&transaction));
        back.verify(common::chain()).unwrap();
    }
}

#[test]
fn a_record_in_json_is_the_same_as_in_bytes() {
    for record in common::records() {
        let json = serde_json::to_string(&record).unwrap();
        let back: Record = serde_json::from_str(&json).expect(&json);
        assert_eq!(back, record, "{json}");
        let id = record.id();
        assert_eq!(RecordId::from_key(&id.key()), Some(id.clone()));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<RecordId>(&json).unwrap(), id);
    }
}

#[test]
fn record_ids_are_ordered_as_their_keys() {
    let mut ids: Vec<RecordId> = genesis_records().iter().map(Record::id).collect();
    for number in [1, 2, 255, 256, 65_536] {
        for resource in [
            code(1),
            code(2),
            id("307001/000001"),
            id("3070010240/000001"),
        ] {
            ids.push(RecordId::Resource(resource.clone()));
            ids.push(RecordId::Application(sharing_id(&resource, number)));
            ids.push(RecordId::Authorization(sharing_id(&resource, number)));
        }
    }
    let mut by_id = ids.clone();
    by_id.sort();
    ids.sort_by_key(RecordId::key);
    assert_eq!(by_id, ids);
}

#[test]
fn a_validator_set_that_breaks_its_rules_does_not_decode() {
    let members = validators().members().to_vec();
    let refused = |members: Vec<Validator>| {
        let bytes = encode(&members);
        let json = serde_json::to_string(&members).unwrap();
        decode::<ValidatorSet, BLOCK_BYTES_MAX>(&bytes).is_err()
            && serde_json::from_str::<ValidatorSet>(&json).is_err()
    };
    assert!(!refused(members.clone()));
    assert!(refused(Vec::new()), "nobody votes");
    let mut unordered = members.clone();
    unordered.swap(0, 1);
    assert!(refused(unordered));
    assert!(refused(vec![members[0].clone(), members[0].clone()]));
    for change in [
        |member: &mut Validator, other: &Validator| member.node = other.node.clone(),
        |member: &mut Validator, other: &Validator| member.department = other.department.clone(),
        |member: &mut Validator, other: &Validator| member.address = other.address,
    ] {
        let mut same = members.clone();
        let other = same[0].clone();
        change(&mut same[1], &other);
        assert!(refused(same));
    }
}
