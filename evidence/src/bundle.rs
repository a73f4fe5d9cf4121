//! The file: what stands in it, in which order, and nothing of what it means.
//!
//! Reading borrows everything; large parts stay bytes until they are proven. `docs/evidence.md`
//! describes the format for whoever writes another verifier.

use std::borrow::Cow;

use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::crypto::Signature;
use dirchain_ledger::ids::{ChainId, Height, Moment, TimeMs};
use dirchain_ledger::limits::{CERTIFICATE_BYTES_MAX, RECORD_BYTES_MAX, TRANSACTION_BYTES_MAX};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::transaction::Envelope;

use crate::limits;
use crate::reason::Reason;
use crate::tree::PartialTree;
use crate::wire::{Reader, Writer};

pub use crate::wire::Path;

/// The first bytes of every file: its kind and the version of its format.
pub const MAGIC: &[u8; 16] = b"dirchain-proof-1";

/// An envelope, encoded: chain 32, author 32, sequence 8, not-after 8, action count 4, root 32.
const ENVELOPE_BYTES: usize = 116;

/// The end of an epoch: the last header whose block its validators decided, and who came next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochEnd<'a> {
    /// The encoded header.
    pub header: Cow<'a, [u8]>,
    /// The encoded certificate.
    pub certificate: Cow<'a, [u8]>,
    /// The encoded validators that vote on the next block.
    pub next: Cow<'a, [u8]>,
    /// The header's path in the last header's log.
    pub path: Path<'a>,
}

/// A header with its path in the last header's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedHeader<'a> {
    /// The encoded header.
    pub header: Cow<'a, [u8]>,
    /// Its path.
    pub path: Path<'a>,
}

/// A checkpoint that witnesses cosigned, with the path of the state's header in its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned<'a> {
    /// The signed note.
    pub note: Cow<'a, [u8]>,
    /// The path of the state's header.
    pub path: Path<'a>,
}

/// A record, or its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPart<'a> {
    /// Whose.
    pub id: RecordId,
    /// The encoded record; none for one that does not exist.
    pub bytes: Option<Cow<'a, [u8]>>,
}

/// What an author signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionPart {
    /// The envelope.
    pub envelope: Envelope,
    /// The signature over it.
    pub signature: Signature,
}

/// One event on the subject's trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPart<'a> {
    /// Its block and that block's time.
    pub at: Moment,
    /// Its transaction's place in the file.
    pub transaction: u32,
    /// The action's place in that transaction.
    pub action_index: u32,
    /// The encoded action.
    pub action: Cow<'a, [u8]>,
    /// The action's path to the envelope's root.
    pub path: Path<'a>,
}

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle<'a> {
    /// The chain.
    pub chain: ChainId,
    /// Whose history it is.
    pub subject: RecordId,
    /// Every end of an epoch before the last header, by ascending height.
    pub epochs: Vec<EpochEnd<'a>>,
    /// The last header, encoded.
    pub head: Cow<'a, [u8]>,
    /// Its certificate, encoded.
    pub certificate: Cow<'a, [u8]>,
    /// The header whose state is proven, where it is an earlier one than the last.
    pub state: Option<LoggedHeader<'a>>,
    /// Headers that somebody pinned.
    pub pins: Vec<LoggedHeader<'a>>,
    /// A cosigned checkpoint.
    pub cosigned: Option<Cosigned<'a>>,
    /// The part of the state tree that the records are in.
    pub tree: PartialTree,
    /// The records, by strictly ascending key.
    pub records: Vec<RecordPart<'a>>,
    /// Contents of earlier versions of the entry that no event holds.
    pub entries: Vec<Cow<'a, [u8]>>,
    /// The transactions, in the order of the events that name them first.
    pub transactions: Vec<TransactionPart>,
    /// The events, oldest first.
    pub events: Vec<EventPart<'a>>,
}

fn record_id(reader: &mut Reader<'_>) -> Result<RecordId, Reason> {
    let key = reader.blob(limits::RECORD_KEY_BYTES_MAX, "a record's id")?;
    let id = RecordId::from_key(&key).filter(|id| id.key() == *key);
    id.ok_or_else(|| reader.malformed("a record's id"))
}

fn logged_header<'a>(reader: &mut Reader<'a>) -> Result<LoggedHeader<'a>, Reason> {
    Ok(LoggedHeader {
        header: reader.blob(limits::HEADER_BYTES_MAX, "a header")?,
        path: reader.path()?,
    })
}

fn optional<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Reason>,
) -> Result<Option<T>, Reason> {
    Ok(if reader.flag("a flag")? {
        Some(read(reader)?)
    } else {
        None
    })
}

fn epoch_end<'a>(reader: &mut Reader<'a>) -> Result<EpochEnd<'a>, Reason> {
    Ok(EpochEnd {
        header: reader.blob(limits::HEADER_BYTES_MAX, "a header")?,
        certificate: reader.blob(CERTIFICATE_BYTES_MAX, "a certificate")?,
        next: reader.blob(limits::VALIDATORS_BYTES_MAX, "a validator set")?,
        path: reader.path()?,
    })
}

fn transaction(reader: &mut Reader<'_>) -> Result<TransactionPart, Reason> {
    let envelope = reader.take(ENVELOPE_BYTES, "an envelope")?;
    let envelope = decode::<Envelope, ENVELOPE_BYTES>(envelope);
    Ok(TransactionPart {
        envelope: envelope.map_err(|_| reader.malformed("an envelope"))?,
        signature: Signature(reader.array("a signature")?),
    })
}

fn event<'a>(reader: &mut Reader<'a>) -> Result<EventPart<'a>, Reason> {
    Ok(EventPart {
        at: Moment {
            height: Height(reader.u64("an event's height")?),
            time: TimeMs(reader.i64("an event's time")?),
        },
        transaction: reader.u32("an event's transaction")?,
        action_index: reader.u32("an event's action")?,
        action: reader.blob(TRANSACTION_BYTES_MAX, "an action")?,
        path: reader.path()?,
    })
}

impl<'a> Bundle<'a> {
    /// Reads a file's frame. Nothing in it is proven by that.
    ///
    /// # Errors
    ///
    /// [`Reason::TooLarge`], [`Reason::Malformed`], [`Reason::TooMany`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Reason> {
        if bytes.len() > limits::BUNDLE_BYTES_MAX {
            let size_bytes = bytes.len();
            return Err(Reason::TooLarge { size_bytes });
        }
        let reader = &mut Reader::new(bytes);
        if reader.take(MAGIC.len(), "the first bytes")? != MAGIC {
            return Err(Reason::Malformed {
                what: "this is no evidence file of this version",
                offset: 0,
            });
        }
        let bundle = Self {
            chain: ChainId(reader.hash("the chain")?),
            subject: record_id(reader)?,
            epochs: reader.list(limits::EPOCHS_MAX, "epochs", epoch_end)?,
            head: reader.blob(limits::HEADER_BYTES_MAX, "a header")?,
            certificate: reader.blob(CERTIFICATE_BYTES_MAX, "a certificate")?,
            state: optional(reader, logged_header)?,
            pins: reader.list(limits::PINS_MAX, "pinned headers", logged_header)?,
            cosigned: optional(reader, |reader| {
                Ok(Cosigned {
                    note: reader.blob(limits::NOTE_BYTES_MAX, "a note")?,
                    path: reader.path()?,
                })
            })?,
            tree: PartialTree::read(reader)?,
            records: reader.list(limits::RECORDS_MAX, "records", |reader| {
                Ok(RecordPart {
                    id: record_id(reader)?,
                    bytes: optional(reader, |reader| reader.blob(RECORD_BYTES_MAX, "a record"))?,
                })
            })?,
            entries: reader.list(limits::ENTRIES_MAX, "entries", |reader| {
                reader.blob(TRANSACTION_BYTES_MAX, "an entry")
            })?,
            transactions: reader.list(limits::TRANSACTIONS_MAX, "transactions", transaction)?,
            events: reader.list(limits::EVENTS_MAX, "events", event)?,
        };
        reader.end()?;
        Ok(bundle)
    }

    /// The file's bytes. [`Bundle::parse`] reads them back, and reads no others for it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = &mut Writer::default();
        writer.bytes(MAGIC);
        writer.bytes(self.chain.0.as_bytes());
        writer.blob(&self.subject.key());
        writer.count(self.epochs.len());
        for epoch in &self.epochs {
            writer.blob(&epoch.header);
            writer.blob(&epoch.certificate);
            writer.blob(&epoch.next);
            writer.path(&epoch.path);
        }
        writer.blob(&self.head);
        writer.blob(&self.certificate);
        writer.u8(u8::from(self.state.is_some()));
        for state in self.state.iter() {
            write_logged(writer, state);
        }
        writer.count(self.pins.len());
        for pin in &self.pins {
            write_logged(writer, pin);
        }
        writer.u8(u8::from(self.cosigned.is_some()));
        for cosigned in self.cosigned.iter() {
            writer.blob(&cosigned.note);
            writer.path(&cosigned.path);
        }
        self.tree.write(writer);
        self.write_history(writer);
        std::mem::take(&mut writer.0)
    }

    fn write_history(&self, writer: &mut Writer) {
        writer.count(self.records.len());
        for record in &self.records {
            writer.blob(&record.id.key());
            writer.u8(u8::from(record.bytes.is_some()));
            if let Some(bytes) = &record.bytes {
                writer.blob(bytes);
            }
        }
        writer.count(self.entries.len());
        for entry in &self.entries {
            writer.blob(entry);
        }
        writer.count(self.transactions.len());
        for transaction in &self.transactions {
            writer.bytes(&encode(&transaction.envelope));
            writer.bytes(&transaction.signature.0);
        }
        writer.count(self.events.len());
        for event in &self.events {
            writer.u64(event.at.height.0);
            writer.i64(event.at.time.0);
            writer.u32(event.transaction);
            writer.u32(event.action_index);
            writer.blob(&event.action);
            writer.path(&event.path);
        }
    }
}

fn write_logged(writer: &mut Writer, header: &LoggedHeader<'_>) {
    writer.blob(&header.header);
    writer.path(&header.path);
}
