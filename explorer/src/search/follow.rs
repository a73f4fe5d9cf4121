//! Keeping the index in step with the ledger, on a thread of its own.
//!
//! Invariant: the ledger is only read here. Whatever goes wrong with the index is told to whoever
//! searches, and the index is made anew; nothing else of the node waits for it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use dirchain_ledger::block::Block;
use dirchain_ledger::execute::{Refusal, execute};
use dirchain_ledger::ids::{ChainId, DepartmentId, Height};
use dirchain_ledger::records::{RecordId, RecordKind};
use dirchain_ledger::view::{Overlay, Records, View, ViewError};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::schema::{self, Fields};
use super::{Shared, State};
use crate::directory::Directory;
use crate::limits;

/// Why the index is not in step.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the search index could not be read or written: {0}")]
    Index(#[from] TantivyError),
    #[error("the search index's folder could not be used: {0}")]
    Folder(#[from] std::io::Error),
    #[error(transparent)]
    Unreadable(#[from] ViewError),
    #[error("this node does not keep block {0}")]
    NoBlock(Height),
    #[error("block {0} does not execute again")]
    NotAgain(Height),
}

/// Follows the ledger until told to stop.
pub(super) fn run(directory: &Arc<dyn Directory>, folder: Option<&Path>, shared: &Shared) {
    let mut anew = false;
    while !shared.stops() {
        match keep_up(directory.as_ref(), folder, shared, anew) {
            Ok(()) => return,
            Err(trouble) => {
                tracing::warn!(%trouble, "searching: the index is made anew");
                shared.set(State::Broken(trouble.to_string()), None);
                shared.wait(limits::SEARCH_RETRY);
                anew = true;
            }
        }
    }
}

/// An index being written.
struct Writing<'d> {
    directory: &'d dyn Directory,
    chain: ChainId,
    fields: Fields,
    writer: IndexWriter,
    reader: IndexReader,
}

fn keep_up(
    directory: &dyn Directory,
    folder: Option<&Path>,
    shared: &Shared,
    anew: bool,
) -> Result<(), Trouble> {
    let chain = directory.about().chain;
    let (index, mut height) = open(folder, &chain, directory.tip_moment().height, anew)?;
    let (_, fields) = schema::schema();
    let mut writing = Writing {
        directory,
        chain,
        fields,
        writer: index.writer_with_num_threads(1, limits::SEARCH_WRITER_BYTES)?,
        reader: index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?,
    };
    if height.is_none() {
        match writing.build(shared)? {
            Some(built) => height = Some(built),
            None => return Ok(()),
        }
    }
    let mut height = height.unwrap_or(Height::GENESIS);
    shared.set(State::Ready(height), Some(writing.reader.clone()));
    while !shared.wait(limits::SEARCH_INTERVAL) {
        let tip = directory.tip_moment().height;
        if tip > height {
            let last = Height(
                tip.0
                    .min(height.0.saturating_add(limits::SEARCH_BLOCKS_MAX)),
            );
            writing.follow(height, last)?;
            height = last;
            shared.set(State::Ready(height), Some(writing.reader.clone()));
        }
    }
    Ok(())
}

/// The index in its folder with the height it was written for, or an empty one.
fn open(
    folder: Option<&Path>,
    chain: &ChainId,
    tip: Height,
    anew: bool,
) -> Result<(Index, Option<Height>), Trouble> {
    let (schema, _) = schema::schema();
    let Some(folder) = folder else {
        return Ok((schema::with_tokenizers(Index::create_in_ram(schema)), None));
    };
    if !anew && folder.join("meta.json").exists() {
        match reopen(folder, chain, &schema) {
            Ok((index, Some(height))) if height <= tip => return Ok((index, Some(height))),
            Ok(_) => tracing::info!("searching: the index is of another state, and made anew"),
            Err(error) => {
                tracing::warn!(%error, "searching: the index does not open, and is made anew")
            }
        }
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let place = MmapDirectory::open(folder).map_err(TantivyError::from)?;
    let index = Index::open_or_create(place, schema)?;
    Ok((schema::with_tokenizers(index), None))
}

fn reopen(
    folder: &Path,
    chain: &ChainId,
    schema: &tantivy::schema::Schema,
) -> Result<(Index, Option<Height>), Trouble> {
    let index = schema::with_tokenizers(Index::open_in_dir(folder)?);
    let mark = index.load_metas()?.payload.unwrap_or_default();
    let height = schema::marked(&chain.to_string(), &mark);
    let is_ours = index.schema() == *schema;
    Ok((index, height.filter(|_| is_ours)))
}

impl Writing<'_> {
    /// Writes every record as it stands at the tip. The height; none when told to stop before.
    fn build(&mut self, shared: &Shared) -> Result<Option<Height>, Trouble> {
        let height = self.directory.tip_moment().height;
        let view = self.directory.view(height);
        self.writer.delete_all_documents()?;
        let mut done = 0u64;
        for kind in schema::KINDS {
            let mut after: Option<RecordId> = None;
            loop {
                let begun = Instant::now();
                let ids = view.list(kind, after.as_ref(), limits::SCAN_PAGE)?;
                for id in &ids {
                    self.add(view.as_ref(), id)?;
                    done = done.saturating_add(1);
                }
                shared.set(State::Building { done }, None);
                // As long idle as busy: whoever needs the processor and the disk more has them.
                if shared.wait(begun.elapsed().min(limits::SEARCH_PAUSE_MAX)) {
                    return Ok(None);
                }
                if ids.len() < limits::SCAN_PAGE {
                    break;
                }
                after = ids.into_iter().next_back();
            }
        }
        self.commit(height)?;
        tracing::info!(records = done, %height, "searching: the index is complete");
        Ok(Some(height))
    }

    /// Writes again what the blocks after `before`, up to `last`, changed.
    fn follow(&mut self, before: Height, last: Height) -> Result<(), Trouble> {
        let mut changed = BTreeSet::new();
        for height in before.0.saturating_add(1)..=last.0 {
            let height = Height(height);
            let block = self.directory.block(height)?;
            let block = block.ok_or(Trouble::NoBlock(height))?;
            changed.extend(written(self.directory, &self.chain, &block)?);
        }
        let (old, new) = (self.directory.view(before), self.directory.view(last));
        let mut renamed = BTreeSet::new();
        for id in &changed {
            if let RecordId::Department(department) = id
                && name(old.as_ref(), department)? != name(new.as_ref(), department)?
            {
                for kind in [RecordKind::Resource, RecordKind::Responsibility] {
                    new.for_each_referrer(id, kind, |named| -> Result<(), ViewError> {
                        renamed.insert(named.clone());
                        Ok(())
                    })?;
                }
            }
        }
        changed.extend(renamed);
        for id in changed
            .iter()
            .filter(|id| schema::KINDS.contains(&id.kind()))
        {
            let term = Term::from_field_text(self.fields.id, &schema::id_text(id));
            self.writer.delete_term(term);
            self.add(new.as_ref(), id)?;
        }
        self.commit(last)
    }

    fn add(&mut self, view: &dyn View, id: &RecordId) -> Result<(), Trouble> {
        if let Some(document) = schema::document(&self.fields, view, id)? {
            self.writer.add_document(document)?;
        }
        Ok(())
    }

    fn commit(&mut self, height: Height) -> Result<(), Trouble> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&schema::mark(&self.chain.to_string(), height));
        prepared.commit()?;
        Ok(self.reader.reload()?)
    }
}

fn name(view: &dyn View, id: &DepartmentId) -> Result<Option<String>, ViewError> {
    let found = view.department(id)?;
    Ok(found.map(|department| department.name.to_string()))
}

/// The records that a block wrote: its transactions, executed again on the state before it. They
/// were decided, so no signature is verified.
fn written(
    directory: &dyn Directory,
    chain: &ChainId,
    block: &Block,
) -> Result<BTreeSet<RecordId>, Trouble> {
    let height = block.header.height;
    let before = height.previous().unwrap_or(Height::GENESIS);
    let view = directory.view(before);
    let mut overlay = Overlay::new(view.as_ref());
    let decided = block.transactions.iter();
    let decided = decided.map(|t| (t.id(), t.signature)).collect();
    for transaction in &block.transactions {
        let known = transaction.clone().verify_known(*chain, &decided);
        let known = known.map_err(|_| Trouble::NotAgain(height))?;
        let work_max = dirchain_ledger::limits::TRANSACTION_WORK_MAX;
        match execute(&mut overlay, block.header.moment(), &known, work_max).verdict {
            Ok(_) => {}
            Err(Refusal::Rejected(_)) => return Err(Trouble::NotAgain(height)),
            Err(Refusal::Unreadable(error)) => return Err(error.into()),
        }
    }
    Ok(overlay.into_writes().into_records().into_keys().collect())
}
