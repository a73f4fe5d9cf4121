//! Below the proven state root: the records, the subject's complete trail, and its signatures.

use std::collections::BTreeMap;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::Header;
use dirchain_ledger::codec::decode;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{Height, Moment, TimeMs, TransactionId};
use dirchain_ledger::limits::{NOT_AFTER_AHEAD_MS_MAX, RECORD_BYTES_MAX};
use dirchain_ledger::merkle::verify_path;
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{Entry, Key, Record, RecordId, Trail, TrailEvent};

use super::{ACTION_DECODED_BYTES_MAX, ProvenEvent};
use crate::bundle::{Bundle, EventPart};
use crate::reason::Reason;
use crate::subject;

const RECORD_DECODED_BYTES_MAX: usize = 8 * RECORD_BYTES_MAX;

/// The records, each proven against the state root before it is decoded.
pub(super) fn records(
    bundle: &Bundle<'_>,
    state: &Header,
) -> Result<BTreeMap<RecordId, Option<Record>>, Reason> {
    if bundle.tree.root() != state.state_root {
        return Err(Reason::WrongStateRoot);
    }
    let mut records = BTreeMap::new();
    let mut last: Option<Vec<u8>> = None;
    for part in &bundle.records {
        let id = part.id.clone();
        if last.as_ref().is_some_and(|last| *last >= id.key()) {
            return Err(Reason::RecordOrder);
        }
        last = Some(id.key());
        let proven = bundle.tree.get(&id.tree_key());
        let proven = proven.ok_or_else(|| Reason::RecordNotProven { id: id.clone() })?;
        let given = part.bytes.as_deref();
        if given.map(|bytes| hash(Domain::RecordValue, &[bytes])) != proven {
            return Err(Reason::WrongRecord { id });
        }
        let record = match given {
            Some(bytes) => {
                let record = decode::<Record, RECORD_DECODED_BYTES_MAX>(bytes).ok();
                let record = record.filter(|record| record.id() == id);
                Some(record.ok_or_else(|| Reason::WrongRecord { id: id.clone() })?)
            }
            None => None,
        };
        records.insert(id, record);
    }
    Ok(records)
}

/// The subject's trail; an empty one for a subject that does not exist.
pub(super) fn subject_trail(id: &RecordId, known: &Known) -> Result<Trail, Reason> {
    let missing = || Reason::RecordMissing { id: id.clone() };
    match (known.records.get(id).ok_or_else(missing)?, id) {
        (Some(record), _) => subject::trail(record).ok_or_else(missing),
        (None, RecordId::Resource(_) | RecordId::Department(_)) => Ok(Trail::default()),
        (None, _) => Err(missing()),
    }
}

/// The actions of the events, which are those of the trail.
pub(super) fn trail_actions(
    bundle: &Bundle<'_>,
    trail: Trail,
    until: Height,
) -> Result<Vec<Action>, Reason> {
    let given = bundle.events.len();
    if u64::try_from(given) != Ok(trail.count) {
        let expected = trail.count;
        return Err(Reason::TrailCount { given, expected });
    }
    let mut replayed = Trail::default();
    let (mut last, mut transactions) = (Moment::default(), 0usize);
    for (event, part) in bundle.events.iter().enumerate() {
        let later = last.height < part.at.height && last.time < part.at.time;
        if !(later || last == part.at) && event > 0 || part.at.height > until {
            return Err(Reason::EventOrder { event });
        }
        last = part.at;
        let index = usize::try_from(part.transaction).unwrap_or(usize::MAX);
        if index > transactions {
            return Err(Reason::StrayTransaction { index });
        }
        transactions = transactions.max(index.saturating_add(1));
        let leaf = check_action(bundle, event, part, index)?;
        replayed = replayed.extended(&TrailEvent {
            at: part.at,
            transaction: envelope_id(bundle, index)?,
            action_index: part.action_index,
            action: leaf,
        });
    }
    if transactions != bundle.transactions.len() {
        let index = transactions;
        return Err(Reason::StrayTransaction { index });
    }
    if replayed.head != trail.head {
        return Err(Reason::TrailHead);
    }
    let decoded = bundle.events.iter().enumerate().map(|(event, part)| {
        let action = decode::<Action, ACTION_DECODED_BYTES_MAX>(&part.action);
        action.map_err(|_| Reason::WrongAction { event })
    });
    decoded.collect()
}

fn envelope_id(bundle: &Bundle<'_>, index: usize) -> Result<TransactionId, Reason> {
    let part = bundle.transactions.get(index);
    let part = part.ok_or(Reason::StrayTransaction { index })?;
    Ok(part.envelope.id())
}

/// That an event's action is in its transaction; gives the action's leaf.
fn check_action(
    bundle: &Bundle<'_>,
    event: usize,
    part: &EventPart<'_>,
    index: usize,
) -> Result<Hash, Reason> {
    let transaction = bundle.transactions.get(index);
    let transaction = transaction.ok_or(Reason::StrayTransaction { index })?;
    let envelope = &transaction.envelope;
    let leaf = hash(Domain::ActionLeaf, &[&part.action]);
    let (node, path) = (Domain::ActionNode, part.path.hashes());
    let (place, count) = (
        u64::from(part.action_index),
        u64::from(envelope.action_count),
    );
    verify_path(node, &envelope.actions_root, &leaf, place, count, &path)
        .map_err(|_| Reason::WrongAction { event })?;
    let latest = part.at.time.0.saturating_add(NOT_AFTER_AHEAD_MS_MAX);
    if envelope.not_after < part.at.time || envelope.not_after > TimeMs(latest) {
        return Err(Reason::NotTimely { event });
    }
    Ok(leaf)
}

/// What earlier versions said: from the drafts on the trail, and from the file's own list, each of
/// which must be needed.
pub(super) fn entries(
    bundle: &Bundle<'_>,
    actions: &[Action],
    known: &Known,
) -> Result<BTreeMap<Hash, Entry>, Reason> {
    let Some(Some(Record::Resource(resource))) = known.records.get(&bundle.subject) else {
        return match bundle.entries.is_empty() {
            true => Ok(BTreeMap::new()),
            false => Err(Reason::StrayEntry),
        };
    };
    let mut wanted: BTreeMap<Hash, u32> = BTreeMap::new();
    for version in &resource.versions {
        wanted.insert(version.entry, version.version);
    }
    let mut entries = BTreeMap::new();
    let drafted = actions.iter().filter_map(drafted).cloned();
    let current = resource.published.iter().map(|p| p.entry.clone());
    for entry in drafted.chain(current) {
        let hash = entry.hash();
        if wanted.remove(&hash).is_some() {
            entries.insert(hash, entry);
        }
    }
    for bytes in &bundle.entries {
        let hash = hash(Domain::Entry, &[bytes]);
        wanted.remove(&hash).ok_or(Reason::StrayEntry)?;
        let entry = decode::<Entry, ACTION_DECODED_BYTES_MAX>(bytes);
        entries.insert(hash, entry.map_err(|_| Reason::StrayEntry)?);
    }
    match wanted.into_values().next() {
        Some(version) => Err(Reason::VersionMissing { version }),
        None => Ok(entries),
    }
}

/// The entry that an action drafts.
pub(crate) fn drafted(action: &Action) -> Option<&Entry> {
    match action {
        Action::DraftResource { entry, .. } => Some(entry),
        _ => None,
    }
}

/// The events with their signers: every signature verified, by a key valid at its height.
pub(super) fn signed_events(
    bundle: &Bundle<'_>,
    actions: Vec<Action>,
    known: &Known,
) -> Result<Vec<ProvenEvent>, Reason> {
    for (index, transaction) in bundle.transactions.iter().enumerate() {
        let envelope = &transaction.envelope;
        if envelope.chain != bundle.chain {
            return Err(Reason::StrayTransaction { index });
        }
        let author = &envelope.author;
        let verdict = author.verify(&envelope.signing_bytes(), &transaction.signature);
        verdict.map_err(|_| Reason::BadSignature { index })?;
    }
    let mut events = Vec::new();
    for (event, (part, action)) in bundle.events.iter().zip(actions).enumerate() {
        let index = usize::try_from(part.transaction).unwrap_or(usize::MAX);
        let transaction = bundle.transactions.get(index);
        let envelope = &transaction
            .ok_or(Reason::StrayTransaction { index })?
            .envelope;
        let key = author_key(known, &envelope.author)?;
        let ended = key.valid.to.is_some_and(|to| to.height < part.at.height);
        let begun = key.valid.from.height <= part.at.height;
        if !begun || ended || envelope.sequence >= key.next_sequence {
            return Err(Reason::KeyNotValid { event });
        }
        events.push(ProvenEvent {
            at: part.at,
            transaction: envelope.id(),
            action_index: part.action_index,
            author: envelope.author,
            department: key.department.clone(),
            role: key.role,
            is_suspect: key
                .suspect_since()
                .is_some_and(|since| since <= part.at.height),
            action,
        });
    }
    Ok(events)
}

fn author_key<'k>(known: &'k Known, author: &PublicKey) -> Result<&'k Key, Reason> {
    let id = RecordId::Key(*author);
    match known.records.get(&id) {
        Some(Some(Record::Key(key))) => Ok(key),
        Some(Some(_) | None) | None => Err(Reason::RecordMissing { id }),
    }
}
