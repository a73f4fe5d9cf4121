//! Verification: from the anchor, epoch by epoch, to the last header; from there to the state, its
//! records, and the subject's complete trail.
//!
//! Invariant: pure over bytes and anchor. Nothing large is decoded before the hashes above it have
//! proven it, and nothing in the file is an anchor.

use std::collections::BTreeMap;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::{HEADER_VERSION, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::decode;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::header_log::verify_inclusion;
use dirchain_ledger::ids::{ChainId, DepartmentId, Height, Moment, TimeMs, TransactionId};
use dirchain_ledger::limits::{
    CERTIFICATE_BYTES_MAX, NOT_AFTER_AHEAD_MS_MAX, RECORD_BYTES_MAX, TRANSACTION_BYTES_MAX,
};
use dirchain_ledger::merkle::verify_path;
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{Entry, Key, Record, RecordId, Role, Trail, TrailEvent};
use dirchain_ledger::validators::ValidatorSet;

use crate::bundle::{Bundle, EpochEnd, EventPart, LoggedHeader};
use crate::checkpoint::Checkpoint;
use crate::limits;
use crate::reason::Reason;
use crate::subject::{self, Signed};

/// What the verifier trusts. Always an argument, never read from the file.
#[derive(Copy, Clone, Debug)]
pub enum Anchor<'a> {
    /// The chain's genesis.
    Genesis(&'a Genesis),
    /// A block that was pinned.
    Checkpoint(&'a Checkpoint),
}

impl Anchor<'_> {
    fn chain(&self) -> ChainId {
        match self {
            Anchor::Genesis(genesis) => genesis.chain(),
            Anchor::Checkpoint(checkpoint) => checkpoint.chain(),
        }
    }

    /// The anchor's block.
    pub fn moment(&self) -> Moment {
        match self {
            Anchor::Genesis(genesis) => genesis.moment(),
            Anchor::Checkpoint(checkpoint) => checkpoint.header.moment(),
        }
    }
}

/// What the verdict rests on besides the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The anchor's block; height 0 for the genesis.
    pub anchor: Moment,
    /// Ends of epochs between the anchor and the last header: so many sets of validators, now
    /// retired, had to be believed.
    pub retired_sets: usize,
    /// Whether the file shows the pinned block in its history; true for the genesis.
    pub is_linked: bool,
    /// Who votes on the last header.
    pub validators: ValidatorSet,
    /// Names of the witnesses, of those asked for, who cosigned a checkpoint over the proven state.
    pub witnesses: Vec<String>,
}

/// One event on the subject's trail, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenEvent {
    /// Its block.
    pub at: Moment,
    /// Its transaction.
    pub transaction: TransactionId,
    /// Its place in the transaction.
    pub action_index: u32,
    /// The key that signed.
    pub author: PublicKey,
    /// Whose key it is.
    pub department: DepartmentId,
    /// The key's role.
    pub role: Role,
    /// Set when the key is suspect since this event's block or an earlier one.
    pub is_suspect: bool,
    /// What was signed.
    pub action: Action,
}

/// What a file proves.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The chain.
    pub chain: ChainId,
    /// Whose history it is.
    pub subject: RecordId,
    /// When the chain began, where the anchor tells.
    pub genesis_time: Option<TimeMs>,
    /// The last header of the file.
    pub head: Moment,
    /// The block whose state is proven: nothing after it is.
    pub until: Moment,
    /// The records, and what earlier versions said.
    pub known: Known,
    /// The subject's trail, oldest first.
    pub events: Vec<ProvenEvent>,
    /// What it rests on.
    pub trust: Trust,
}

const HEADER_DECODED_BYTES_MAX: usize = 2 * limits::HEADER_BYTES_MAX;
const CERTIFICATE_DECODED_BYTES_MAX: usize = 2 * CERTIFICATE_BYTES_MAX;
const VALIDATORS_DECODED_BYTES_MAX: usize = 4 * limits::VALIDATORS_BYTES_MAX;
const RECORD_DECODED_BYTES_MAX: usize = 8 * RECORD_BYTES_MAX;
const ACTION_DECODED_BYTES_MAX: usize = 8 * TRANSACTION_BYTES_MAX;

/// Verifies a file against an anchor. `witnesses` are the keys of those whose cosignatures count.
///
/// # Errors
///
/// The [`Reason`] why it proves nothing: [`Reason::kind`] tells a refuted file from one that does
/// not suffice.
pub fn verify(
    bytes: &[u8],
    anchor: Anchor<'_>,
    witnesses: &[crate::note::VerifierKey],
) -> Result<Proven, Reason> {
    let bundle = Bundle::parse(bytes)?;
    if bundle.chain != anchor.chain() {
        return Err(Reason::OtherChain {
            given: bundle.chain,
            expected: anchor.chain(),
        });
    }
    let chain = bundle.chain;
    let head = header(chain, &bundle.head, "the last header")?;
    let (validators, retired_sets) = head_validators(&bundle, &head, anchor)?;
    let is_linked = check_pins(&bundle, &head, anchor)?;
    let state = match &bundle.state {
        Some(logged) => {
            let state = header(chain, &logged.header, "the header of the state")?;
            check_logged(&head, &state, logged)?;
            state
        }
        None => head.clone(),
    };
    let cosigners = crate::cosign::check(&bundle, &state, witnesses)?;
    let mut known = Known {
        records: records(&bundle, &state)?,
        entries: BTreeMap::new(),
    };
    let trail = subject_trail(&bundle.subject, &known)?;
    let actions = trail_actions(&bundle, trail, state.height)?;
    known.entries = entries(&bundle, &actions, &known)?;
    let events = signed_events(&bundle, actions, &known)?;
    let signed: Vec<Signed<'_>> = events.iter().map(signed).collect();
    let missing = subject::missing(&bundle.subject, &signed, &known);
    if let Some(id) = missing.into_iter().next() {
        return Err(Reason::RecordMissing { id });
    }
    Ok(Proven {
        chain,
        subject: bundle.subject.clone(),
        genesis_time: match anchor {
            Anchor::Genesis(genesis) => Some(genesis.time),
            Anchor::Checkpoint(_) => None,
        },
        head: head.moment(),
        until: state.moment(),
        known,
        events,
        trust: Trust {
            anchor: anchor.moment(),
            retired_sets,
            is_linked,
            validators,
            witnesses: cosigners,
        },
    })
}

/// Verifies only the end of the chain that a file stands under, and gives it as a checkpoint to
/// pin, with what it rests on.
///
/// # Errors
///
/// The [`Reason`] why it proves nothing; [`Reason::EpochOrder`] when the last block ends an epoch, so
/// that who comes next is not in the file: the block after it will do.
pub fn verify_end(bytes: &[u8], anchor: Anchor<'_>) -> Result<(Checkpoint, Trust), Reason> {
    let bundle = Bundle::parse(bytes)?;
    if bundle.chain != anchor.chain() {
        return Err(Reason::OtherChain {
            given: bundle.chain,
            expected: anchor.chain(),
        });
    }
    let head = header(bundle.chain, &bundle.head, "the last header")?;
    let (validators, retired_sets) = head_validators(&bundle, &head, anchor)?;
    let is_linked = check_pins(&bundle, &head, anchor)?;
    if head.next_validators_hash != head.validators_hash {
        return Err(Reason::EpochOrder {
            height: head.height,
        });
    }
    let checkpoint = Checkpoint {
        header: head,
        validators: validators.clone(),
        next_validators: validators.clone(),
    };
    let trust = Trust {
        anchor: anchor.moment(),
        retired_sets,
        is_linked,
        validators,
        witnesses: Vec::new(),
    };
    Ok((checkpoint, trust))
}

fn signed(event: &ProvenEvent) -> Signed<'_> {
    Signed {
        author: &event.author,
        action: &event.action,
    }
}

/// A header of this chain; its hash is not proven yet.
pub(crate) fn header(chain: ChainId, bytes: &[u8], what: &'static str) -> Result<Header, Reason> {
    let header = decode::<Header, HEADER_DECODED_BYTES_MAX>(bytes);
    let header = header.map_err(|_| Reason::BadHeader { what })?;
    if header.chain != chain || header.version != HEADER_VERSION || header.height == Height::GENESIS
    {
        return Err(Reason::BadHeader { what });
    }
    Ok(header)
}

/// The validators of the last header, whose certificate they signed; and how many sets came
/// before them since the anchor.
fn head_validators(
    bundle: &Bundle<'_>,
    head: &Header,
    anchor: Anchor<'_>,
) -> Result<(ValidatorSet, usize), Reason> {
    let pinned = anchor.moment().height;
    if head.height < pinned {
        let head = head.height;
        return Err(Reason::BeforeCheckpoint { head, pinned });
    }
    let mut validators = match anchor {
        Anchor::Genesis(genesis) => genesis_validators(genesis)?,
        Anchor::Checkpoint(pin) if pin.header.height == head.height => pin.validators.clone(),
        Anchor::Checkpoint(pin) => pin.next_validators.clone(),
    };
    let (mut retired_sets, mut last) = (0usize, Height::GENESIS);
    for epoch in &bundle.epochs {
        let end = header(bundle.chain, &epoch.header, "the end of an epoch")?;
        let (height, next) = (end.height, validator_set(&epoch.next, end.height)?);
        let is_change = end.validators_hash != end.next_validators_hash;
        if height <= last || height >= head.height || !is_change {
            return Err(Reason::EpochOrder { height });
        }
        last = height;
        if next.hash() != end.next_validators_hash {
            return Err(Reason::WrongNextValidators { height });
        }
        if pinned < height {
            check_decided(&end, &epoch.certificate, &validators)?;
            validators = next;
            retired_sets = retired_sets.saturating_add(1);
        }
        check_epoch_logged(head, &end, epoch)?;
    }
    check_decided(head, &bundle.certificate, &validators)?;
    Ok((validators, retired_sets))
}

fn genesis_validators(genesis: &Genesis) -> Result<ValidatorSet, Reason> {
    let membership = genesis.records.iter().find_map(|record| match record {
        Record::Membership(membership) => Some(membership.current.clone()),
        _ => None,
    });
    membership.ok_or_else(|| Reason::NotInFile {
        what: "the genesis names no validators".to_owned(),
    })
}

fn validator_set(bytes: &[u8], height: Height) -> Result<ValidatorSet, Reason> {
    let set = decode::<ValidatorSet, VALIDATORS_DECODED_BYTES_MAX>(bytes);
    set.map_err(|_| Reason::WrongNextValidators { height })
}

/// That these validators decided this block.
fn check_decided(
    header: &Header,
    certificate: &[u8],
    validators: &ValidatorSet,
) -> Result<(), Reason> {
    let height = header.height;
    if validators.hash() != header.validators_hash {
        return Err(Reason::WrongValidators { height });
    }
    let decoded = decode::<Certificate, CERTIFICATE_DECODED_BYTES_MAX>(certificate);
    let certificate = decoded.map_err(|_| Reason::WrongCertificate { height })?;
    if certificate.height != height || certificate.block != header.hash() {
        return Err(Reason::WrongCertificate { height });
    }
    let verdict = certificate.verify(&header.chain, validators);
    verdict.map_err(|error| Reason::BadCertificate { height, error })
}

fn check_epoch_logged(head: &Header, end: &Header, epoch: &EpochEnd<'_>) -> Result<(), Reason> {
    check_inclusion(head, end, &epoch.path.hashes())
}

fn check_logged(head: &Header, header: &Header, logged: &LoggedHeader<'_>) -> Result<(), Reason> {
    check_inclusion(head, header, &logged.path.hashes())
}

/// That an earlier header is in the log that the last one commits to.
fn check_inclusion(head: &Header, header: &Header, path: &[Hash]) -> Result<(), Reason> {
    let (index, size) = (header.height.0, head.height.0);
    let verdict = verify_inclusion(&head.header_log_root, &header.log_leaf(), index, size, path);
    verdict.map_err(|_| Reason::NotInLog {
        height: header.height,
    })
}

/// Checks every pinned header of the file, and compares the anchor's with it. Gives whether the
/// anchor's block is shown to be in the file's history.
fn check_pins(bundle: &Bundle<'_>, head: &Header, anchor: Anchor<'_>) -> Result<bool, Reason> {
    let pinned = match anchor {
        Anchor::Genesis(_) => None,
        Anchor::Checkpoint(checkpoint) => Some(&checkpoint.header),
    };
    let mut is_linked = pinned.is_none();
    let mut last = Height::GENESIS;
    let mut compare = |header: &Header| match pinned {
        Some(pin) if pin.height == header.height && pin.hash() != header.hash() => {
            Err(Reason::Fork {
                height: pin.height,
                pinned: pin.hash(),
                given: header.hash(),
            })
        }
        Some(pin) => {
            is_linked |= pin.height == header.height;
            Ok(())
        }
        None => Ok(()),
    };
    for pin in &bundle.pins {
        let header = header(bundle.chain, &pin.header, "a pinned header")?;
        check_logged(head, &header, pin)?;
        if header.height <= last {
            return Err(Reason::EpochOrder {
                height: header.height,
            });
        }
        last = header.height;
        compare(&header)?;
    }
    for epoch in &bundle.epochs {
        compare(&header(bundle.chain, &epoch.header, "the end of an epoch")?)?;
    }
    compare(head)?;
    Ok(is_linked)
}

/// The records, each proven against the state root before it is decoded.
fn records(
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
fn subject_trail(id: &RecordId, known: &Known) -> Result<Trail, Reason> {
    let missing = || Reason::RecordMissing { id: id.clone() };
    match (known.records.get(id).ok_or_else(missing)?, id) {
        (Some(record), _) => subject::trail(record).ok_or_else(missing),
        (None, RecordId::Resource(_) | RecordId::Department(_)) => Ok(Trail::default()),
        (None, _) => Err(missing()),
    }
}

/// The actions of the events, which are those of the trail.
fn trail_actions(bundle: &Bundle<'_>, trail: Trail, until: Height) -> Result<Vec<Action>, Reason> {
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
fn entries(
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
fn signed_events(
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
