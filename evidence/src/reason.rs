//! Why a file proves nothing, or not what was asked: one enum for the command, the interface, the
//! tests and the second verifier.

use std::fmt;

use dirchain_ledger::certificate::CertificateError;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height, SharingId, TimeMs};
use dirchain_ledger::records::RecordId;

/// Whether a file was refuted, or merely does not suffice.
#[derive(Copy, Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The file is not what a ledger's node exports: damaged or forged.
    Invalid,
    /// The file may be genuine; what was asked cannot be answered from it.
    Undecided,
    /// The file is valid, and proves the contrary of what was claimed.
    Refuted,
}

/// A point of the chain that was asked about.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An instant.
    Time(TimeMs),
    /// A block.
    Height(Height),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Time(time) => write!(f, "{time}"),
            Asked::Height(height) => write!(f, "block {height}"),
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $kind:ident $code:literal $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })? = $words:literal,)*) => {
        /// Why there is no verdict, or a refuted one.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Reason {
            $($(#[$doc])* #[error($words)] $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl Reason {
            /// Whether the file is refuted or merely insufficient.
            pub fn kind(&self) -> Kind {
                match self { $(Reason::$name { .. } => Kind::$kind,)* }
            }

            /// The reason's name, the same in every verifier.
            pub fn code(&self) -> &'static str {
                match self { $(Reason::$name { .. } => $code,)* }
            }

            /// Every name.
            pub const CODES: &'static [(&'static str, Kind)] = &[$(($code, Kind::$kind),)*];
        }
    };
}

reasons! {
    /// More bytes than a file may have.
    Invalid "too-large" TooLarge {
        /// Bytes given.
        size_bytes: usize,
    } = "the file has {size_bytes} bytes, more than an evidence file may have",
    /// The frame does not parse.
    Invalid "malformed" Malformed {
        /// What was expected.
        what: &'static str,
        /// Where, in bytes from the beginning.
        offset: usize,
    } = "the file is damaged at byte {offset}: {what}",
    /// More elements than allowed.
    Invalid "too-many" TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        count_max: usize,
    } = "the file has more than {count_max} {what}",
    /// Another chain than the anchor's.
    Invalid "other-chain" OtherChain {
        /// The file's.
        given: ChainId,
        /// The anchor's.
        expected: ChainId,
    } = "the file is of chain {given}, the anchor of chain {expected}",
    /// A header of another chain or version, or one that does not parse.
    Invalid "bad-header" BadHeader {
        /// Which.
        what: &'static str,
    } = "{what} is not a header of this chain",
    /// Epochs out of order, or one that changed nothing.
    Invalid "epoch-order" EpochOrder {
        /// The header's height.
        height: Height,
    } = "the end of an epoch at height {height} is out of order, or changed no validator",
    /// The validators of a header are not those that the epochs before lead to.
    Invalid "wrong-validators" WrongValidators {
        /// The header's height.
        height: Height,
    } = "the header at height {height} names other validators than the epochs before it lead to",
    /// The set that follows an epoch is not the one its last header names.
    Invalid "wrong-next-validators" WrongNextValidators {
        /// The header's height.
        height: Height,
    } = "the validators that follow height {height} are not those that its header names",
    /// A certificate of another block.
    Invalid "wrong-certificate" WrongCertificate {
        /// The header's height.
        height: Height,
    } = "the certificate of height {height} is of another block",
    /// A certificate that proves nothing.
    Invalid "bad-certificate" BadCertificate {
        /// The header's height.
        height: Height,
        /// Why.
        error: CertificateError,
    } = "height {height}: {error}",
    /// A header is not in the last header's log.
    Invalid "not-in-log" NotInLog {
        /// The header's height.
        height: Height,
    } = "the header at height {height} is not in the header log of the file's last header",
    /// The pinned header and the file's header of the same height differ: one of two histories is
    /// false, though validators signed both.
    Invalid "fork" Fork {
        /// The pinned height.
        height: Height,
        /// The pinned block.
        pinned: Hash,
        /// The file's block.
        given: Hash,
    } = "FORK: at height {height} the pinned block is {pinned}, the file's is {given}. Two histories of this chain were signed; keep both files and raise the alarm",
    /// The partial tree leads to another root.
    Invalid "wrong-state-root" WrongStateRoot = "the records are not those of the header's state root",
    /// Records out of order or twice.
    Invalid "record-order" RecordOrder = "the records are not in strictly ascending order",
    /// A record's bytes are not what the state holds, or it is said to be absent and is not.
    Invalid "wrong-record" WrongRecord {
        /// The record.
        id: RecordId,
    } = "{id} is not as the ledger holds it",
    /// The tree does not reach a record of the file.
    Invalid "record-not-proven" RecordNotProven {
        /// The record.
        id: RecordId,
    } = "the file has no proof of {id}",
    /// A record that the verdicts rest on is left out.
    Invalid "record-missing" RecordMissing {
        /// The record.
        id: RecordId,
    } = "{id} is left out, though the verdicts rest on it",
    /// What an earlier version of the entry said is left out.
    Invalid "version-missing" VersionMissing {
        /// The version.
        version: u32,
    } = "what version {version} of the entry said is left out",
    /// An entry's content that no version has.
    Invalid "stray-entry" StrayEntry = "the file holds the content of a version that the entry never had, or holds one twice",
    /// A transaction for another chain, or named by no event, or not in the order of the events.
    Invalid "stray-transaction" StrayTransaction {
        /// Its place in the file.
        index: usize,
    } = "transaction {index} of the file is of another chain, or no event's, or out of order",
    /// A signature that does not fit.
    Invalid "bad-signature" BadSignature {
        /// The transaction's place in the file.
        index: usize,
    } = "the signature of transaction {index} of the file is wrong",
    /// The action is not the transaction's.
    Invalid "wrong-action" WrongAction {
        /// The event, from 0.
        event: usize,
    } = "the action of event {event} is not in the transaction that it names",
    /// The transaction had expired at its block, or was dated too far ahead.
    Invalid "not-timely" NotTimely {
        /// The event, from 0.
        event: usize,
    } = "the transaction of event {event} could not be in a block of that time",
    /// The author's key was not valid at the event's height.
    Invalid "key-not-valid" KeyNotValid {
        /// The event, from 0.
        event: usize,
    } = "the key that signed event {event} was not valid at its height",
    /// Events out of order, or after the state that is proven.
    Invalid "event-order" EventOrder {
        /// The event, from 0.
        event: usize,
    } = "event {event} is out of order, or later than the state that is proven",
    /// The subject's trail has another number of events.
    Invalid "trail-count" TrailCount {
        /// Events in the file.
        given: usize,
        /// Events on the trail.
        expected: u64,
    } = "the file has {given} events, the subject's trail has {expected}",
    /// The events are not those of the trail.
    Invalid "trail-head" TrailHead = "the events are not those of the subject's trail: one was altered, replaced or moved",
    /// An event touches what it says nothing of.
    Invalid "bad-cosignature" BadCosignature {
        /// What is wrong.
        what: &'static str,
    } = "the cosigned checkpoint in the file is wrong: {what}",
    /// The anchor is later than the file.
    Undecided "before-checkpoint" BeforeCheckpoint {
        /// The file's last height.
        head: Height,
        /// The pinned height.
        pinned: Height,
    } = "the file ends at height {head}, before the pinned height {pinned}. Refresh the file at a node (dirchain evidence refresh), or verify it from the genesis",
    /// A question about a time after what is proven.
    Undecided "past-tip" PastTip {
        /// What was asked about.
        asked: Asked,
        /// The time up to which the file proves.
        until: TimeMs,
    } = "the file proves nothing after {until}, and {asked} was asked. Export a newer file",
    /// A question about a time before the genesis.
    Undecided "before-genesis" BeforeGenesis {
        /// The instant asked about.
        asked: TimeMs,
    } = "{asked} is before the chain began",
    /// A question about something the file says nothing of.
    Undecided "not-in-file" NotInFile {
        /// What.
        what: String,
    } = "the file cannot tell: {what}",
    /// `--strict`: the verdict rests on retired keys.
    Undecided "retired-keys" RetiredKeys {
        /// How many epochs ended since the anchor.
        epochs: usize,
    } = "the verdict rests on the signatures of {epochs} earlier sets of validators, whose keys are retired: whoever has two thirds of them could have signed another past. Verify against a recent checkpoint, or a file that enough witnesses cosigned",
    /// `--strict`: the pin is not linked to the file.
    Undecided "pin-not-linked" PinNotLinked {
        /// The pinned height.
        pinned: Height,
    } = "the file does not show that the pinned block at height {pinned} is in its history. Export or refresh it with --pin {pinned}",
    /// Claimed: never granted. Authorizations covered it.
    Refuted "was-granted" WasGranted {
        /// The first.
        authorization: SharingId,
    } = "it was granted: authorization {authorization} covers it",
    /// Claimed: never readable. It was.
    Refuted "could-read" CouldRead {
        /// From when.
        from: TimeMs,
    } = "it could be read, from {from} on",
    /// Claimed: did not exist. It did.
    Refuted "existed" Existed {
        /// Since which block.
        since: Height,
    } = "it existed since block {since}",
    /// `--strict`: the anchor is too old.
    Undecided "pin-too-old" PinTooOld {
        /// The anchor's time.
        time: TimeMs,
    } = "the checkpoint is of {time}, too old for a strict verdict. Pin a newer one",
}
