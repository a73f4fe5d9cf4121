//! What other nodes fetch from this store: headers, the state tree at any height, blocks.
//!
//! Every version of every record is kept, so the state at a height stays readable while the chain
//! goes on; only the top of the tree must be read while the height is the chain's end.

use dirchain_ledger::bounded::List;
use dirchain_ledger::codec::{self, encoded_bytes};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::leaves::{Leaf, LeafId};
use dirchain_ledger::limits;
use dirchain_ledger::snapshot::{Blocks, EpochEnd, HeaderRun, Leaves, Offer, RunMaker, cut_depth};
use dirchain_ledger::state_tree;
use dirchain_ledger::view::{Records as _, View as _};
use rocksdb::Direction;

use crate::error::StoreError;
use crate::families::Family;
use crate::keys;
use crate::store::Store;
use crate::view::StoreView;

/// A stored leaf's id, decoded: two records' ids.
const LEAF_ID_DECODED_BYTES_MAX: usize = 4 * 1024;

impl Store {
    /// The end of this chain with the top of its state tree; none before the first block, and until
    /// the whole history is here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] and [`StoreError::Damaged`], here and in all below.
    pub fn offer(&self) -> Result<Option<Offer>, StoreError> {
        let snapshot = self.snapshot()?;
        let tip = snapshot.tip();
        if tip.height == Height::GENESIS || self.history_begins() > Height::GENESIS {
            return Ok(None);
        }
        let leaf_count = self
            .database()
            .property(Family::Leaves, "rocksdb.estimate-num-keys")?;
        let depth = cut_depth(leaf_count);
        let pages = state_tree::top(&snapshot, &tip.state, depth);
        let pages = pages.map_err(|error| self.database().damaged(error.to_string()))?;
        Ok(List::new(pages).ok().map(|pages| Offer {
            height: tip.height,
            depth,
            pages,
        }))
    }

    /// The leaves of the state tree after the block at `height` with keys from `first` to `last`,
    /// those from the one after `skip` on in full as far as they fit. None where the height is not
    /// here, or more leaves are asked for than an answer may have.
    ///
    /// # Errors
    ///
    /// As [`Store::offer`].
    pub fn leaves(
        &self,
        height: Height,
        first: Hash,
        last: Hash,
        skip: usize,
    ) -> Result<Option<Leaves>, StoreError> {
        if height > self.tip().height || height < self.history_begins() {
            return Ok(None);
        }
        let view = self.view(height);
        let (mut leaves, mut bodies) = (Vec::new(), Vec::new());
        let mut bodies_bytes: usize = 0;
        let entries =
            self.database()
                .scan(Family::Leaves, &[], first.as_bytes(), Direction::Forward)?;
        for entry in entries {
            let (key, value) = entry?;
            if key.as_ref() > last.as_bytes().as_slice() {
                break;
            }
            if leaves.len() >= limits::SNAPSHOT_PART_LEAVES_MAX {
                return Ok(None);
            }
            let id = codec::decode::<LeafId, LEAF_ID_DECODED_BYTES_MAX>(&value);
            let id = self.database().decoded(Family::Leaves, id)?;
            let Some(leaf) = self.leaf(&view, id)? else {
                continue;
            };
            leaves.push(leaf.tree_leaf());
            if leaves.len() > skip && bodies_bytes < limits::SNAPSHOT_BODIES_BYTES {
                bodies_bytes = bodies_bytes.saturating_add(encoded_bytes(&leaf));
                bodies.push(leaf);
            }
        }
        let bounded = List::new(leaves).ok().zip(List::new(bodies).ok());
        Ok(bounded.map(|(leaves, bodies)| Leaves { leaves, bodies }))
    }

    /// A leaf as it stood at the view's height; none where there was none.
    fn leaf(&self, view: &StoreView, id: LeafId) -> Result<Option<Leaf>, StoreError> {
        let read = |id| {
            view.record(id)
                .map_err(|error| self.database().damaged(error.reason))
        };
        Ok(match id {
            LeafId::Record(id) => read(&id)?.map(|record| Leaf::Record(Box::new(record))),
            LeafId::PastNaming(naming) => {
                let key = keys::referrer_key(&naming.target, &naming.source);
                let decode = codec::decode::<Height, 8>;
                let since = self.database().decode(Family::Referrers, &key, decode)?;
                let named = since.is_some_and(|since| since <= view.height());
                let source = if named { read(&naming.source)? } else { None };
                let is_over =
                    source.is_some_and(|source| !source.references().contains(&naming.target));
                is_over.then_some(Leaf::PastNaming(naming))
            }
        })
    }

    /// The headers after `after`, at most up to `upto`, as many as fit. None where there is none,
    /// and until the whole history is here.
    ///
    /// # Errors
    ///
    /// As [`Store::offer`].
    pub fn header_run(&self, after: Height, upto: Height) -> Result<Option<HeaderRun>, StoreError> {
        if self.history_begins() > Height::GENESIS {
            return Ok(None);
        }
        let upto = upto.min(self.tip().height);
        let mut run = RunMaker::default();
        let mut height = after.next();
        while height <= upto && !run.is_full() {
            let Some(header) = self.header(height)? else {
                break;
            };
            let epoch = if header.next_validators_hash == header.validators_hash {
                None
            } else {
                Some(self.epoch_end(height)?)
            };
            run.add(header, epoch);
            height = height.next();
        }
        let Some(last) = run.last() else {
            return Ok(None);
        };
        let certificate = self.certificate(last)?;
        Ok(certificate.and_then(|certificate| run.finish(certificate)))
    }

    fn epoch_end(&self, height: Height) -> Result<EpochEnd, StoreError> {
        let certificate = self.certificate(height)?;
        let missing = || {
            self.database()
                .damaged(format!("block {height} has no certificate"))
        };
        let membership = self.view(height).membership();
        let membership = membership.map_err(|error| self.database().damaged(error.reason))?;
        Ok(EpochEnd {
            certificate: certificate.ok_or_else(missing)?,
            validators: membership.current,
        })
    }

    /// The blocks from `first` to `last`, as many as fit; none where the first is not here.
    ///
    /// # Errors
    ///
    /// As [`Store::offer`].
    pub fn blocks(&self, first: Height, last: Height) -> Result<Option<Blocks>, StoreError> {
        let mut blocks = Vec::new();
        let mut size_bytes: usize = 0;
        let mut height = first;
        while height <= last
            && blocks.len() < limits::SNAPSHOT_BLOCKS_MAX
            && size_bytes < limits::SNAPSHOT_BLOCKS_BYTES
        {
            let found = self.block_bytes(height)?.zip(self.certificate(height)?);
            let Some((bytes, certificate)) = found else {
                break;
            };
            size_bytes = size_bytes.saturating_add(bytes.len());
            blocks.push((bytes, certificate));
            height = height.next();
        }
        let blocks = List::new(blocks).ok();
        Ok(blocks
            .filter(|blocks| !blocks.is_empty())
            .map(|blocks| Blocks { blocks }))
    }
}
