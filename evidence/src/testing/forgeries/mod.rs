//! Named forgeries of one good file, each with the reason for which every verifier refuses it.

mod events;
mod headers;
mod state;
mod story;

use std::borrow::Cow;

use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::block::Header;
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height, TimeMs};
use dirchain_ledger::records::{Record, RecordId, RecordKind, Role, UseBasis};
use dirchain_ledger::testing::{
    APPLICANT, BYSTANDER, DAY_MS, Ledger, PROVIDER, STEWARD, administrator, code, head, id, key,
    labelled_key, sharing_id,
};

use super::{World, certificate, genesis, validators};
use crate::bundle::{Bundle, Cosigned, EpochEnd, EventPart, LoggedHeader, Path, RecordPart};
use crate::checkpoint::Checkpoint;
use crate::export::{Request, Source, export};
use crate::limits::BUNDLE_BYTES_MAX;
use crate::note::{LogHead, SignedNote};
use crate::tree::PartialTree;

pub use story::{good, story, story_request};
use story::{other_story, tell};

/// How many validators the worlds here have.
pub const VALIDATORS: u32 = 4;

/// A file that somebody changed.
pub struct Forgery {
    /// What was done, in words with hyphens.
    pub name: &'static str,
    /// The reason's code.
    pub code: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// The pinned block to verify it against; the story's genesis when there is none.
    pub checkpoint: Option<Checkpoint>,
}

fn changed<'a>(bytes: &'a [u8], change: impl FnOnce(&mut Bundle<'a>)) -> Vec<u8> {
    let mut bundle = Bundle::parse(bytes).unwrap();
    change(&mut bundle);
    bundle.to_bytes()
}

fn header_of(bytes: &[u8]) -> Header {
    decode::<Header, 1024>(bytes).unwrap()
}

fn with_header(bytes: &[u8], change: impl FnOnce(&mut Header)) -> Cow<'static, [u8]> {
    let mut header = header_of(bytes);
    change(&mut header);
    Cow::Owned(encode(&header))
}

fn with_certificate(bytes: &[u8], change: impl FnOnce(&mut Certificate)) -> Cow<'static, [u8]> {
    let mut certificate = decode::<Certificate, 65536>(bytes).unwrap();
    change(&mut certificate);
    Cow::Owned(encode(&certificate))
}

fn flipped(path: &Path<'_>) -> Path<'static> {
    let mut hashes = path.hashes();
    match hashes.first_mut() {
        Some(hash) => hash.0[0] ^= 1,
        None => hashes.push(Hash([7; 32])),
    }
    Path::from(&hashes[..])
}

/// The place of the record of an id.
fn place(bundle: &Bundle<'_>, id: &RecordId) -> usize {
    bundle
        .records
        .iter()
        .position(|part| part.id == *id)
        .unwrap()
}

fn without(bundle: &mut Bundle<'_>, id: &RecordId) {
    let place = place(bundle, id);
    bundle.records.remove(place);
}

fn authorization(number: u32) -> RecordId {
    RecordId::Authorization(sharing_id(&code(1), number))
}

/// The tree with its first cut node or leaf changed.
fn altered(tree: PartialTree, cut: bool, is_done: &mut bool) -> PartialTree {
    match tree {
        PartialTree::Cut(mut hash) if cut && !*is_done => {
            *is_done = true;
            hash.0[31] ^= 1;
            PartialTree::Cut(hash)
        }
        PartialTree::Leaf { key, mut value } if !cut && !*is_done => {
            *is_done = true;
            value.0[31] ^= 1;
            PartialTree::Leaf { key, value }
        }
        PartialTree::Inner(children) => {
            let (left, right) = *children;
            let left = altered(left, cut, is_done);
            PartialTree::Inner(Box::new((left, altered(right, cut, is_done))))
        }
        other => other,
    }
}

/// Every forgery.
pub fn forgeries() -> Vec<Forgery> {
    let good = good();
    let mut all = Vec::new();
    let mut add = |name, code, bytes: Vec<u8>| {
        assert!(bytes != good, "{name} changes nothing");
        all.push(Forgery {
            name,
            code,
            bytes,
            checkpoint: None,
        });
    };
    headers::frame(&good, &mut add);
    headers::epochs(&good, &mut add);
    headers::heads(&good, &mut add);
    state::states(&good, &mut add);
    state::records(&good, &mut add);
    events::transactions(&good, &mut add);
    events::events(&good, &mut add);
    events::receipts(&good, &mut add);
    headers::cosignatures(&good, &mut add);
    all.extend(headers::pinned(&good));
    all
}

type Add<'f> = &'f mut dyn FnMut(&'static str, &'static str, Vec<u8>);

/// The path of a header in the log as it was at a size.
fn path(world: &World, index: u64, size: u64) -> Path<'static> {
    let hashes = dirchain_ledger::header_log::inclusion_proof(world, index, size).unwrap();
    Path::from(&hashes[..])
}

fn owned(records: &[RecordPart<'_>]) -> Vec<RecordPart<'static>> {
    let records = records.iter().map(|part| RecordPart {
        id: part.id.clone(),
        bytes: part.bytes.as_ref().map(|bytes| Cow::Owned(bytes.to_vec())),
    });
    records.collect()
}
