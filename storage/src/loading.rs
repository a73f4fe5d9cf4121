//! A store that is being put together from a snapshot: headers first, then the state tree part by
//! part, then the block at its height. Each piece is one synced write, so that what was checked is
//! not fetched again after a crash.
//!
//! Invariant: nothing here checks a piece. Whoever calls has checked it
//! ([`dirchain_ledger::snapshot`]).

use std::path::Path;

use bincode::{Decode, Encode};
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::{Tip, genesis_outcome};
use dirchain_ledger::codec::{self, encode};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::LogNode;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::leaves::{Leaf, LeafId};
use dirchain_ledger::limits;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::snapshot::{HeaderRun, HeaderWalk, Leaves, Offer};
use dirchain_ledger::state_tree::{Subtree, Top};
use dirchain_ledger::view::{View, ViewError};

use crate::check;
use crate::commit::put_block;
use crate::database::{Database, Writer};
use crate::error::StoreError;
use crate::families::Family;
use crate::filling::Filling;
use crate::keys::{self, meta};
use crate::store::{FORMAT_VERSION, TIP_DECODED_BYTES_MAX};
use crate::view::decode_record;

/// The keys of finished parts that one write removes.
const PARTS_AT_ONCE: usize = 100_000;

/// How much of a part is here.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct PartState {
    /// Leaves that are here in full.
    pub stored: u32,
    /// Whether that is all of them.
    pub is_whole: bool,
}

/// A store that is not whole yet.
pub struct Loading {
    database: Database,
    genesis: Tip,
}

impl Loading {
    /// Begins a store in a directory that does not exist yet, or goes on with one that was begun.
    ///
    /// # Errors
    ///
    /// As [`crate::Store::open`]; [`StoreError::Unfit`] for a store that is whole already.
    pub fn open(path: &Path, genesis: &Genesis) -> Result<Self, StoreError> {
        let database = Database::open(path)?;
        let tip = genesis_outcome(genesis)?.tip;
        if check::is_empty(&database)? {
            begin(&database, genesis, &tip)?;
        }
        check::belongs_to(&database, tip.chain)?;
        let loading = Self {
            database,
            genesis: tip,
        };
        if loading.database.get(Family::Meta, meta::TIP)?.is_some() {
            return Err(loading.unfit("it is whole already"));
        }
        Ok(loading)
    }

    /// Whether the directory holds a store that was loaded to its end.
    ///
    /// # Errors
    ///
    /// As [`crate::Store::open`].
    pub fn is_finished(path: &Path) -> Result<bool, StoreError> {
        if !path.exists() {
            return Ok(false);
        }
        let database = Database::open(path)?;
        Ok(database.get(Family::Meta, meta::TIP)?.is_some())
    }

    fn unfit(&self, what: impl Into<String>) -> StoreError {
        StoreError::Unfit {
            path: self.database.path().to_owned(),
            what: what.into(),
        }
    }

    /// The end of the headers that are here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`], here and in everything that reads.
    pub fn walk(&self) -> Result<HeaderWalk, StoreError> {
        let decode = codec::decode::<HeaderWalk, TIP_DECODED_BYTES_MAX>;
        let walk = self.database.decode(Family::Meta, meta::WALK, decode)?;
        Ok(walk.unwrap_or_else(|| HeaderWalk::from_tip(&self.genesis)))
    }

    /// Stores headers that `walk` has gone over, with the nodes that each added to the header log.
    ///
    /// # Errors
    ///
    /// [`StoreError::Write`], here and in everything that writes; nothing may be written after it.
    pub fn put_headers(
        &self,
        run: &HeaderRun,
        nodes: &[Vec<LogNode>],
        walk: &HeaderWalk,
    ) -> Result<(), StoreError> {
        let mut writer = self.database.writer()?;
        for (header, nodes) in run.headers.iter().zip(nodes) {
            let key = keys::height_key(header.height);
            writer.put(Family::Headers, &key, &encode(header))?;
            put_time(&mut writer, header.time, header.height)?;
            put_nodes(&mut writer, nodes)?;
        }
        writer.put(Family::Meta, meta::WALK, &encode(walk))?;
        writer.write_then(|| ())
    }

    /// The state that is being fetched, and the top of its tree, once one was chosen.
    ///
    /// # Errors
    ///
    /// As [`Loading::walk`].
    pub fn chosen(&self) -> Result<Option<(Offer, Top)>, StoreError> {
        let decode = codec::decode::<Offer, { limits::SNAPSHOT_ANSWER_BYTES_MAX }>;
        let Some(offer) = self.database.decode(Family::Meta, meta::OFFER, decode)? else {
            return Ok(None);
        };
        let root = self.walk()?.state_root();
        let top = Top::read(&root, offer.depth, offer.pages.to_vec());
        let top = top.map_err(|error| self.database.damaged(error.to_string()))?;
        Ok(Some((offer, top)))
    }

    /// Chooses the state to fetch: the headers must reach to its height, and `top` be what the
    /// offer's pages were checked to be.
    ///
    /// # Errors
    ///
    /// As [`Loading::put_headers`].
    pub fn choose(&self, offer: &Offer, top: &Top) -> Result<(), StoreError> {
        let mut writer = self.database.writer()?;
        for (key, page) in &top.pages {
            writer.put(Family::Tree, &key.to_bytes(), page)?;
        }
        writer.put(Family::Meta, meta::OFFER, &encode(offer))?;
        writer.write_then(|| ())
    }

    /// How much of the part with this number is here.
    ///
    /// # Errors
    ///
    /// As [`Loading::walk`].
    pub fn part(&self, index: u32) -> Result<PartState, StoreError> {
        let decode = codec::decode::<PartState, 5>;
        let key = keys::part_key(index);
        let state = self.database.decode(Family::Meta, &key, decode)?;
        Ok(state.unwrap_or_default())
    }

    /// Stores what came of a part after the leaves that were here already.
    ///
    /// # Errors
    ///
    /// As [`Loading::put_headers`].
    pub fn put_leaves(
        &self,
        height: Height,
        index: u32,
        before: PartState,
        answer: &Leaves,
        subtree: &Subtree,
    ) -> Result<PartState, StoreError> {
        let mut writer = self.database.writer()?;
        for leaf in &answer.bodies {
            put_leaf(&mut writer, height, leaf)?;
        }
        if before.stored == 0 {
            for (key, page) in &subtree.pages {
                writer.put(Family::Tree, &key.to_bytes(), page)?;
            }
        }
        let came = u32::try_from(answer.bodies.len()).unwrap_or(u32::MAX);
        let stored = before.stored.saturating_add(came);
        let all = u32::try_from(answer.leaves.len()).unwrap_or(u32::MAX);
        let state = PartState {
            stored,
            is_whole: stored == all,
        };
        writer.put(Family::Meta, &keys::part_key(index), &encode(&state))?;
        writer.write_then(|| ())?;
        Ok(state)
    }

    /// Makes a store of it: every part must be here. `block` is the one at the snapshot's height,
    /// with what decided it. From then on the directory opens as a [`crate::Store`] whose history
    /// begins at that height.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] when something is missing; as [`Loading::put_headers`].
    pub fn finish(
        self,
        top: &Top,
        block: &Block,
        certificate: &Certificate,
    ) -> Result<(), StoreError> {
        let walk = self.walk()?;
        for (index, _) in (0_u32..).zip(&top.parts) {
            if !self.part(index)?.is_whole {
                return Err(self.unfit(format!("part {index} of the state is missing")));
            }
        }
        let records = LoadedRecords {
            database: &self.database,
            height: walk.height(),
        };
        let tip = walk.tip(top.root_slot, &records);
        let tip = tip.map_err(|error| self.unfit(error.reason))?;
        if block.header.hash() != tip.block || certificate.block != tip.block {
            return Err(self.unfit("the last block is another"));
        }
        let mut writer = self.database.writer()?;
        put_block(&mut writer, block, certificate)?;
        let filling = Filling::begin(tip.height, &self.genesis);
        writer.put(Family::Meta, meta::FILLING, &encode(&filling))?;
        for key in self
            .database
            .keys(Family::Meta, meta::PART, PARTS_AT_ONCE)?
        {
            writer.delete(Family::Meta, &key)?;
        }
        writer.delete(Family::Meta, meta::OFFER)?;
        writer.delete(Family::Meta, meta::WALK)?;
        writer.put(Family::Meta, meta::TIP, &encode(&tip))?;
        writer.write_then(|| ())
    }
}

fn begin(database: &Database, genesis: &Genesis, tip: &Tip) -> Result<(), StoreError> {
    let mut writer = database.writer()?;
    writer.put(Family::Meta, meta::FORMAT, &encode(&FORMAT_VERSION))?;
    writer.put(Family::Meta, meta::CHAIN, &encode(&tip.chain))?;
    writer.put(Family::Meta, meta::GENESIS, &encode(genesis))?;
    put_time(&mut writer, tip.time, tip.height)?;
    put_nodes(&mut writer, &genesis_outcome(genesis)?.log_nodes)?;
    writer.write_then(|| ())
}

fn put_time(writer: &mut Writer<'_>, time: TimeMs, height: Height) -> Result<(), StoreError> {
    writer.put(Family::Times, &keys::time_key(time), &encode(&height))
}

fn put_nodes(writer: &mut Writer<'_>, nodes: &[LogNode]) -> Result<(), StoreError> {
    for node in nodes {
        let key = keys::log_key(node.level, node.index);
        writer.put(Family::Log, &key, node.hash.as_bytes())?;
    }
    Ok(())
}

/// A leaf as of the snapshot's height, which stands for all that came before.
fn put_leaf(writer: &mut Writer<'_>, height: Height, leaf: &Leaf) -> Result<(), StoreError> {
    let (id, (key, _)) = match leaf {
        Leaf::Record(record) => {
            let id = record.id();
            writer.put(
                Family::Records,
                &keys::record_key(&id, height),
                &encode(record),
            )?;
            writer.put(Family::Ids, &id.key(), &encode(&(height, height)))?;
            for target in record.references() {
                let key = keys::referrer_key(&target, &id);
                writer.put(Family::Referrers, &key, &encode(&height))?;
            }
            (LeafId::Record(id), leaf.tree_leaf())
        }
        Leaf::PastNaming(naming) => {
            let key = keys::referrer_key(&naming.target, &naming.source);
            writer.put(Family::Referrers, &key, &encode(&height))?;
            (LeafId::PastNaming(naming.clone()), leaf.tree_leaf())
        }
    };
    writer.put(Family::Leaves, key.as_bytes(), &encode(&id))
}

/// The records of a snapshot before it is a store; only single ones are asked for.
struct LoadedRecords<'a> {
    database: &'a Database,
    height: Height,
}

impl View for LoadedRecords<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        let key = keys::record_key(id, self.height);
        Ok(self.database.decode(Family::Records, &key, decode_record)?)
    }

    fn list(
        &self,
        _: RecordKind,
        _: Option<&RecordId>,
        _: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        Err(not_listed())
    }

    fn referrers(
        &self,
        _: &RecordId,
        _: RecordKind,
        _: Option<&RecordId>,
        _: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        Err(not_listed())
    }

    fn block_hash(&self, _: Height) -> Result<Option<Hash>, ViewError> {
        Err(not_listed())
    }
}

fn not_listed() -> ViewError {
    ViewError {
        reason: "a snapshot is not listed before it is whole".to_owned(),
    }
}
