//! Making a file: from a ledger as it stands at its end, read through one trait.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::{Domain, Hash};
use dirchain_ledger::header_log::{LogError, LogNodes, inclusion_proof};
use dirchain_ledger::ids::{DepartmentId, Height, TransactionId};
use dirchain_ledger::merkle;
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::state_tree::{Pages, TreeError, prove};
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::{View, ViewError};

use crate::bundle::{
    Bundle, Cosigned, EpochEnd, EventPart, LoggedHeader, Path, RecordPart, TransactionPart,
};
use crate::limits;
use crate::note::SignedNote;
use crate::reason::Reason;
use crate::subject::{self, Signed};
use crate::tree::PartialTree;
use crate::verify::drafted;

/// Where an action stands: its block, its transaction's place there, its own place in that.
pub type EventPlace = (Height, u32, u32);

/// A ledger at its end, and all that led there. Every answer is of one and the same end: whoever
/// implements it reads a snapshot.
pub trait Source: View + Pages<Error = ViewError> + LogNodes<Error = ViewError> {
    /// The end.
    fn tip(&self) -> &Tip;

    /// A block; none at height 0 and above the end.
    fn block(&self, height: Height) -> Result<Option<Block>, ViewError>;

    /// A block's header; none as for [`Source::block`].
    fn header(&self, height: Height) -> Result<Option<Header>, ViewError>;

    /// A block's certificate; none as for [`Source::block`].
    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError>;

    /// The ends of epochs by ascending height: the block, and the validators after it.
    fn epochs(&self) -> Result<Vec<(Height, ValidatorSet)>, ViewError>;

    /// Every action on a record's trail, oldest first.
    fn trail(&self, subject: &RecordId) -> Result<Vec<EventPlace>, ViewError>;

    /// A record as it stood after the block at `height`.
    fn record_at(&self, id: &RecordId, height: Height) -> Result<Option<Record>, ViewError>;
}

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose history: a catalogue entry or a department.
    pub subject: RecordId,
    /// Departments about which questions will be asked although nothing was granted to them.
    pub departments: Vec<DepartmentId>,
    /// Heights that inspectors have pinned.
    pub pins: Vec<Height>,
}

impl Request {
    /// The history of one record and nothing besides.
    pub fn of(subject: RecordId) -> Self {
        Self {
            subject,
            departments: Vec::new(),
            pins: Vec::new(),
        }
    }
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The ledger could not be read.
    #[error(transparent)]
    Unreadable(#[from] ViewError),
    /// Only entries and departments have a history that a file proves.
    #[error("{0} has no history that an evidence file proves; name an entry or a department")]
    NoSubject(RecordId),
    /// There is no block yet.
    #[error("this chain has no block yet; nothing is certified that a file could prove")]
    NoBlock,
    /// A height that this chain has not reached.
    #[error("height {height} cannot be pinned: this node's chain ends at {tip}")]
    NoSuchHeight {
        /// The height asked for.
        height: Height,
        /// The end.
        tip: Height,
    },
    /// A cosigned checkpoint that does not hold the block.
    #[error(
        "the cosigned checkpoint of {size} leaves does not hold block {height}, or is ahead of this node; ask a witness for a newer one, or another node"
    )]
    NotInCheckpoint {
        /// The block.
        height: Height,
        /// The checkpoint's size.
        size: u64,
    },
    /// The history is larger than a file may be.
    #[error("the file would not be accepted by any verifier: {0}")]
    TooLarge(Reason),
    /// An old file that does not parse, or is of another history.
    #[error("the file cannot be refreshed: {0}")]
    Unfit(Reason),
}

impl From<TreeError<ViewError>> for ExportError {
    fn from(error: TreeError<ViewError>) -> Self {
        let reason = error.to_string();
        ExportError::Unreadable(ViewError { reason })
    }
}

impl From<LogError<ViewError>> for ExportError {
    fn from(error: LogError<ViewError>) -> Self {
        let reason = error.to_string();
        ExportError::Unreadable(ViewError { reason })
    }
}

fn gone(what: impl std::fmt::Display) -> ViewError {
    ViewError {
        reason: format!("{what} is not in the store"),
    }
}

/// Makes the file that proves a subject's history up to the source's end.
///
/// # Errors
///
/// [`ExportError`].
pub fn export<S: Source>(source: &S, request: &Request) -> Result<Vec<u8>, ExportError> {
    let subject = request.subject.clone();
    let (RecordId::Resource(_) | RecordId::Department(_)) = subject else {
        return Err(ExportError::NoSubject(subject));
    };
    let mut bundle = empty(source, &subject)?;
    bundle.pins = pins(source, &request.pins)?;
    let history = History::read(source, &subject)?;
    let mut known = Known::default();
    let subjects = request.departments.iter().cloned();
    for id in subjects.map(RecordId::Department).chain([subject.clone()]) {
        let record = source.record(&id)?;
        known.records.insert(id, record);
    }
    let spare = earlier_contents(source, &subject, &history, &mut known)?;
    bundle.entries = spare.into_iter().map(Cow::Owned).collect();
    collect(source, &subject, &history, &mut known)?;
    let mut tree = PartialTree::Cut(source.tip().state.hash());
    for (id, record) in &known.records {
        let key = id.tree_key();
        let proof = prove(source, &source.tip().state, &key)?;
        let proven = proof.verify(&source.tip().state.hash(), &key);
        if proven.ok() != Some(record.as_ref().map(Record::tree_value)) {
            return Err(gone(format!("{id} as the state root has it")).into());
        }
        tree = tree.merged(PartialTree::of_proof(&proof, &key));
        bundle.records.push(RecordPart {
            id: id.clone(),
            bytes: record.as_ref().map(|record| Cow::Owned(encode(record))),
        });
    }
    bundle.records.sort_by_key(|part| part.id.key());
    bundle.tree = tree;
    bundle.transactions = history.transactions;
    bundle.events = history.events;
    finished(&bundle)
}

/// A file that verifiers would refuse for its size is not handed out.
fn finished(bundle: &Bundle<'_>) -> Result<Vec<u8>, ExportError> {
    let bytes = bundle.to_bytes();
    Bundle::parse(&bytes).map_err(ExportError::TooLarge)?;
    Ok(bytes)
}

/// A file that proves the end of the chain and nothing of the subject yet.
fn empty<S: Source>(source: &S, subject: &RecordId) -> Result<Bundle<'static>, ExportError> {
    let tip = source.tip();
    let head = source.header(tip.height)?.ok_or(ExportError::NoBlock)?;
    let certificate = source.certificate(tip.height)?;
    let certificate = certificate.ok_or_else(|| gone("the last certificate"))?;
    let mut epochs = Vec::new();
    for (height, next) in source.epochs()? {
        // One that ends with the last block begins after what is proven.
        if height >= tip.height {
            continue;
        }
        let header = source.header(height)?;
        let header = header.ok_or_else(|| gone(format!("header {height}")))?;
        let certificate = source.certificate(height)?;
        let certificate = certificate.ok_or_else(|| gone(format!("certificate {height}")))?;
        epochs.push(EpochEnd {
            header: Cow::Owned(encode(&header)),
            certificate: Cow::Owned(encode(&certificate)),
            next: Cow::Owned(encode(&next)),
            path: path_to(source, height)?,
        });
    }
    Ok(Bundle {
        chain: tip.chain,
        subject: subject.clone(),
        epochs,
        head: Cow::Owned(encode(&head)),
        certificate: Cow::Owned(encode(&certificate)),
        state: None,
        pins: Vec::new(),
        cosigned: None,
        tree: PartialTree::Cut(tip.state.hash()),
        records: Vec::new(),
        entries: Vec::new(),
        transactions: Vec::new(),
        events: Vec::new(),
    })
}

/// The path of an earlier header in the last one's log.
fn path_to<S: Source>(source: &S, height: Height) -> Result<Path<'static>, ExportError> {
    let size = source.tip().height.0;
    let path = inclusion_proof(source, height.0, size)?;
    Ok(Path::from(&path[..]))
}

fn pins<S: Source>(
    source: &S,
    heights: &[Height],
) -> Result<Vec<LoggedHeader<'static>>, ExportError> {
    let tip = source.tip().height;
    let mut heights = heights.to_vec();
    heights.sort_unstable();
    heights.dedup();
    let mut pins = Vec::new();
    for height in heights {
        // The last header stands in the file as it is, the genesis is the anchor of anchors.
        if height == tip || height == Height::GENESIS {
            continue;
        }
        let header = source.header(height)?;
        let header = header.ok_or(ExportError::NoSuchHeight { height, tip })?;
        pins.push(LoggedHeader {
            header: Cow::Owned(encode(&header)),
            path: path_to(source, height)?,
        });
    }
    Ok(pins)
}

/// The events on a trail with their transactions.
#[derive(Default)]
struct History {
    transactions: Vec<TransactionPart>,
    events: Vec<EventPart<'static>>,
    actions: Vec<Action>,
}

impl History {
    fn read<S: Source>(source: &S, subject: &RecordId) -> Result<Self, ExportError> {
        let mut history = Self::default();
        let mut places: BTreeMap<TransactionId, u32> = BTreeMap::new();
        let mut leaves: Option<(TransactionId, Vec<Hash>)> = None;
        let mut block: Option<Block> = None;
        for (height, transaction_index, action_index) in source.trail(subject)? {
            if block
                .as_ref()
                .is_none_or(|block| block.header.height != height)
            {
                block = source.block(height)?;
            }
            let lost = || gone(format!("block {height}"));
            let block = block.as_ref().ok_or_else(lost)?;
            let index = usize::try_from(transaction_index).unwrap_or(usize::MAX);
            let transaction = block.transactions.get(index).ok_or_else(lost)?;
            let id = transaction.id();
            let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
            let place = *places.entry(id).or_insert_with(|| {
                history.transactions.push(TransactionPart {
                    envelope: transaction.envelope,
                    signature: transaction.signature,
                });
                next
            });
            if leaves.as_ref().is_none_or(|(of, _)| *of != id) {
                let all = transaction.actions.iter().map(Action::leaf).collect();
                leaves = Some((id, all));
            }
            let leaves = leaves.as_ref().map_or(&[][..], |(_, leaves)| leaves);
            let action_place = usize::try_from(action_index).unwrap_or(usize::MAX);
            let action = transaction.actions.get(action_place).ok_or_else(lost)?;
            let path = merkle::path(Domain::ActionNode, leaves, u64::from(action_index));
            history.events.push(EventPart {
                at: block.header.moment(),
                transaction: place,
                action_index,
                action: Cow::Owned(encode(action)),
                path: Path::from(&path.ok_or_else(lost)?[..]),
            });
            history.actions.push(action.clone());
        }
        Ok(history)
    }

    fn signed(&self) -> Vec<Signed<'_>> {
        let events = self.events.iter().zip(&self.actions);
        let signed = events.filter_map(|(event, action)| {
            let index = usize::try_from(event.transaction).ok()?;
            let author = &self.transactions.get(index)?.envelope.author;
            Some(Signed { author, action })
        });
        signed.collect()
    }
}

/// Knows what earlier versions of the entry said; gives those that no event holds, encoded.
fn earlier_contents<S: Source>(
    source: &S,
    subject: &RecordId,
    history: &History,
    known: &mut Known,
) -> Result<Vec<Vec<u8>>, ExportError> {
    let Some(Some(Record::Resource(resource))) = known.records.get(subject) else {
        return Ok(Vec::new());
    };
    let current = resource.published.iter().map(|p| &p.entry);
    for entry in history.actions.iter().filter_map(drafted).chain(current) {
        known.entries.insert(entry.hash(), entry.clone());
    }
    let mut spare = Vec::new();
    for version in &resource.versions {
        if known.entries.contains_key(&version.entry) {
            continue;
        }
        let then = source.record_at(subject, version.period.from.height)?;
        let Some(Record::Resource(then)) = then else {
            return Err(gone(format!("{subject} at {}", version.period.from.height)).into());
        };
        let entry = then.published.map(|published| published.entry);
        let entry = entry.filter(|entry| entry.hash() == version.entry);
        let entry = entry.ok_or_else(|| gone(format!("version {}", version.version)))?;
        spare.push(encode(&entry));
        known.entries.insert(version.entry, entry);
    }
    Ok(spare)
}

/// Reads every record that the verdicts rest on.
fn collect<S: Source>(
    source: &S,
    subject: &RecordId,
    history: &History,
    known: &mut Known,
) -> Result<(), ExportError> {
    let signed = history.signed();
    loop {
        // Departments asked about lead to others as the subject does.
        let mut missing = subject::missing(subject, &signed, known);
        let named: Vec<RecordId> = known.records.keys().cloned().collect();
        for id in named
            .iter()
            .filter(|id| matches!(id, RecordId::Department(_)))
        {
            missing.extend(subject::missing(id, &[], known));
        }
        if missing.is_empty() {
            return Ok(());
        }
        for id in missing {
            let record = source.record(&id)?;
            known.records.insert(id, record);
        }
        if known.records.len() > limits::RECORDS_MAX {
            return Err(ExportError::TooLarge(Reason::TooMany {
                what: "records",
                count_max: limits::RECORDS_MAX,
            }));
        }
    }
}

/// What puts an old file under a later end of the chain.
#[derive(Clone, Debug)]
pub struct AnchorRequest {
    /// Whose history the old file is.
    pub subject: RecordId,
    /// The block whose state it proves.
    pub state: Height,
    /// Heights that inspectors have pinned.
    pub pins: Vec<Height>,
    /// The size of a checkpoint of the header log that witnesses cosigned.
    pub cosigned_size: Option<u64>,
}

/// The part of a file that proves the end of the chain and, below it, one earlier block: no record
/// and no event. [`reanchor`] joins it with an old file.
///
/// # Errors
///
/// [`ExportError`].
pub fn anchor<S: Source>(source: &S, request: &AnchorRequest) -> Result<Vec<u8>, ExportError> {
    let (height, tip) = (request.state, source.tip().height);
    let mut bundle = empty(source, &request.subject)?;
    bundle.pins = pins(source, &request.pins)?;
    if height != tip {
        let header = source.header(height)?;
        let header = header.ok_or(ExportError::NoSuchHeight { height, tip })?;
        bundle.state = Some(LoggedHeader {
            header: Cow::Owned(encode(&header)),
            path: path_to(source, height)?,
        });
    }
    if let Some(size) = request.cosigned_size {
        let own_size = source.tip().log.size();
        if size <= height.0 || size > own_size {
            return Err(ExportError::NotInCheckpoint { height, size });
        }
        let path = inclusion_proof(source, height.0, size)?;
        bundle.cosigned = Some(Cosigned {
            note: Cow::Borrowed(&[]),
            path: Path::from(&path[..]),
        });
    }
    finished(&bundle)
}

/// The height of the block whose state a file proves, and whose history it is.
///
/// # Errors
///
/// [`ExportError::Unfit`].
pub fn standing(bytes: &[u8]) -> Result<(RecordId, Height), ExportError> {
    let bundle = Bundle::parse(bytes).map_err(ExportError::Unfit)?;
    let state = state_header(&bundle).map_err(ExportError::Unfit)?;
    Ok((bundle.subject, state.height))
}

fn state_header(bundle: &Bundle<'_>) -> Result<Header, Reason> {
    let state = bundle.state.as_ref();
    let state = state.map_or(&bundle.head, |state| &state.header);
    crate::verify::header(bundle.chain, state, "the header of the state")
}

/// Puts an old file under the end of the chain that [`anchor`] gave, so that today's validators
/// vouch for the block whose state it proves.
///
/// # Errors
///
/// [`ExportError::Unfit`] when the two are of different histories.
pub fn reanchor(
    old: &[u8],
    anchor: &[u8],
    cosigned: Option<&SignedNote>,
) -> Result<Vec<u8>, ExportError> {
    let old = Bundle::parse(old).map_err(ExportError::Unfit)?;
    let fresh = Bundle::parse(anchor).map_err(ExportError::Unfit)?;
    let own = state_header(&old).map_err(ExportError::Unfit)?;
    let given = state_header(&fresh).map_err(ExportError::Unfit)?;
    if own != given || old.subject != fresh.subject {
        let height = own.height;
        return Err(ExportError::Unfit(Reason::NotInLog { height }));
    }
    let cosigned = match (&fresh.cosigned, cosigned) {
        (Some(part), Some(note)) => Some(Cosigned {
            note: Cow::Owned(note.to_string().into_bytes()),
            path: part.path.clone(),
        }),
        (Some(_) | None, Some(_) | None) => None,
    };
    finished(&Bundle {
        cosigned,
        tree: old.tree,
        records: old.records,
        entries: old.entries,
        transactions: old.transactions,
        events: old.events,
        ..fresh
    })
}
