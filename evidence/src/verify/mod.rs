//! Verification: from the anchor, epoch by epoch, to the last header; from there to the state, its
//! records, and the subject's complete trail.
//!
//! Invariant: pure over bytes and anchor. Nothing large is decoded before the hashes above it have
//! proven it, and nothing in the file is an anchor.

mod headers;
mod history;

use std::collections::BTreeMap;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::Header;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{ChainId, DepartmentId, Moment, TimeMs, TransactionId};
use dirchain_ledger::limits::TRANSACTION_BYTES_MAX;
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{RecordId, Role};
use dirchain_ledger::validators::ValidatorSet;

use crate::bundle::Bundle;
use crate::checkpoint::Checkpoint;
use crate::reason::Reason;
use crate::subject::{self, Signed};

use headers::{Pins, check_logged, check_pins, head_validators};
use history::{entries, records, signed_events, subject_trail, trail_actions};

pub(crate) use headers::header;
pub(crate) use history::drafted;

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
    /// The blocks whose headers the file shows in its history, by ascending height.
    pub headers: Vec<Moment>,
    /// The records, and what earlier versions said.
    pub known: Known,
    /// The subject's trail, oldest first.
    pub events: Vec<ProvenEvent>,
    /// What it rests on.
    pub trust: Trust,
}

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
    let (bundle, head, end) = read_end(bytes, anchor)?;
    let chain = bundle.chain;
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
        headers: end.pins.moments,
        known,
        events,
        trust: Trust {
            anchor: anchor.moment(),
            retired_sets: end.retired_sets,
            is_linked: end.pins.is_linked,
            validators: end.validators,
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
    let (_, head, end) = read_end(bytes, anchor)?;
    if head.next_validators_hash != head.validators_hash {
        return Err(Reason::EpochOrder {
            height: head.height,
        });
    }
    let voters = &end.validators;
    let checkpoint = Checkpoint::new(head, voters.clone(), voters.clone());
    let trust = Trust {
        anchor: anchor.moment(),
        retired_sets: end.retired_sets,
        is_linked: end.pins.is_linked,
        validators: end.validators,
        witnesses: Vec::new(),
    };
    Ok((checkpoint, trust))
}

/// The proven end of the chain that a file stands under.
struct End {
    validators: ValidatorSet,
    retired_sets: usize,
    pins: Pins,
}

/// Reads a file and proves its last header from the anchor on.
fn read_end<'a>(bytes: &'a [u8], anchor: Anchor<'_>) -> Result<(Bundle<'a>, Header, End), Reason> {
    let bundle = Bundle::parse(bytes)?;
    if bundle.chain != anchor.chain() {
        return Err(Reason::OtherChain {
            given: bundle.chain,
            expected: anchor.chain(),
        });
    }
    let head = header(bundle.chain, &bundle.head, "the last header")?;
    let (validators, retired_sets) = head_validators(&bundle, &head, anchor)?;
    let pins = check_pins(&bundle, &head, anchor)?;
    let end = End {
        validators,
        retired_sets,
        pins,
    };
    Ok((bundle, head, end))
}

fn signed(event: &ProvenEvent) -> Signed<'_> {
    Signed {
        author: &event.author,
        action: &event.action,
    }
}
