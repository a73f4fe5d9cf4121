//! Keeping the index in step with the ledger, on a thread of its own.
//!
//! Invariant: the ledger is only read here. Whatever goes wrong with the index is told to whoever
//! searches, and the index is made anew; nothing else of the node waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use dirchain_ledger::block::Block;
use dirchain_ledger::execute::{Refusal, execute};
use dirchain_ledger::ids::{ChainId, DepartmentId, Height};
use dirchain_ledger::records::{RecordId, RecordKind};
use dirchain_ledger::view::{Overlay, Records, View, ViewError};
use tantivy::collector::DocSetCollector;
use tantivy::directory::MmapDirectory;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::schema::{self, Fields, Texts};
use super::{Shared, State, States};
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
    #[error("the search index does not hold {0}")]
    Lost(RecordId),
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

/// The heights at which departments' names changed.
type Renamed = BTreeMap<DepartmentId, BTreeSet<Height>>;

fn keep_up(
    directory: &dyn Directory,
    folder: Option<&Path>,
    shared: &Shared,
    anew: bool,
) -> Result<(), Trouble> {
    let chain = directory.about().chain;
    let (index, mut known) = open(folder, &chain, directory, anew)?;
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
    loop {
        let mut states = match known.take() {
            Some(states) => states,
            None => match writing.build(shared)? {
                Some(built) => built,
                None => return Ok(()),
            },
        };
        shared.set(State::Ready(states), Some(writing.reader.searcher()));
        // Once all of the history is here, the index is made of all of it.
        while directory.history_begins() >= states.first {
            let begun = Instant::now();
            let tip = directory.tip_moment().height;
            if tip > states.last {
                states = writing.follow(states, tip)?;
                shared.set(State::Ready(states), Some(writing.reader.searcher()));
            }
            let pause = match tip > states.last {
                true => begun.elapsed().min(limits::SEARCH_PAUSE_MAX),
                false => limits::SEARCH_INTERVAL,
            };
            if shared.wait(pause) {
                return Ok(());
            }
        }
    }
}

/// The index in its folder with the states that it knows, or an empty one.
fn open(
    folder: Option<&Path>,
    chain: &ChainId,
    directory: &dyn Directory,
    anew: bool,
) -> Result<(Index, Option<States>), Trouble> {
    let (schema, _) = schema::schema();
    let Some(folder) = folder else {
        return Ok((schema::with_tokenizers(Index::create_in_ram(schema)), None));
    };
    if !anew && folder.join("meta.json").exists() {
        let (begins, tip) = (directory.history_begins(), directory.tip_moment().height);
        match reopen(folder, chain, &schema) {
            Ok((index, Some(states))) if states.first <= begins && states.last <= tip => {
                return Ok((index, Some(states)));
            }
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
) -> Result<(Index, Option<States>), Trouble> {
    let index = schema::with_tokenizers(Index::open_in_dir(folder)?);
    let mark = index.load_metas()?.payload.unwrap_or_default();
    let states = schema::marked(&chain.to_string(), &mark);
    let is_ours = index.schema() == *schema;
    Ok((index, states.filter(|_| is_ours)))
}

/// The texts of a record as they stand, and since which height.
type Standing = (Texts, Height);

impl Writing<'_> {
    /// Writes every state of every record up to the tip. The states; none when told to stop before.
    fn build(&mut self, shared: &Shared) -> Result<Option<States>, Trouble> {
        let states = States {
            first: self.directory.history_begins(),
            last: self.directory.tip_moment().height,
        };
        let view = self.directory.view(states.last);
        self.writer.delete_all_documents()?;
        let mut renamed = Renamed::new();
        let mut done = 0u64;
        // Departments come first: the texts of what they hold go by their names.
        for kind in schema::KINDS {
            let mut after: Option<RecordId> = None;
            loop {
                let begun = Instant::now();
                let ids = view.list(kind, after.as_ref(), limits::SCAN_PAGE)?;
                for id in &ids {
                    self.add_states(id, states.last, &mut renamed)?;
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
        self.commit(states)?;
        let States { first, last } = states;
        tracing::info!(records = done, %first, %last, "searching: the index is complete");
        Ok(Some(states))
    }

    /// Writes every state of a record up to a height.
    fn add_states(
        &self,
        id: &RecordId,
        last: Height,
        renamed: &mut Renamed,
    ) -> Result<(), Trouble> {
        let heights = self.heights_of(id, last)?;
        let ends = heights.iter().skip(1).copied().chain([last.next()]);
        let mut standing: Option<Standing> = None;
        for (height, end) in heights.iter().zip(ends) {
            let texts = self.texts(id, *height)?;
            let is_other = self.turn(id, *height, texts, &mut standing)?;
            if let (true, RecordId::Department(department)) = (is_other, id) {
                let heights = renamed.entry(department.clone()).or_default();
                heights.insert(*height);
            }
            // The name that the texts hold may change though the record does not.
            let holder = standing.as_ref().and_then(|(texts, _)| texts.holder());
            let within = (Bound::Excluded(*height), Bound::Excluded(end));
            let heights = holder.and_then(|holder| renamed.get(holder)).into_iter();
            let heights: Vec<Height> = heights.flat_map(|h| h.range(within)).copied().collect();
            for height in heights {
                let texts = self.texts(id, height)?;
                self.turn(id, height, texts, &mut standing)?;
            }
        }
        self.add_newest(id, standing)
    }

    /// The heights up to `last` at which a record was written.
    fn heights_of(&self, id: &RecordId, last: Height) -> Result<Vec<Height>, Trouble> {
        let mut heights: Vec<Height> = Vec::new();
        loop {
            let after = heights.last().copied();
            let more = self.directory.written(id, after, limits::SCAN_PAGE)?;
            let is_all = more.len() < limits::SCAN_PAGE;
            heights.extend(more);
            if is_all || heights.last().is_some_and(|height| *height >= last) {
                heights.retain(|height| *height <= last);
                return Ok(heights);
            }
        }
    }

    /// A record's texts at a height.
    fn texts(&self, id: &RecordId, height: Height) -> Result<Option<Texts>, Trouble> {
        let view = self.directory.view(height);
        Ok(schema::texts(&self.fields, view.as_ref(), id)?)
    }

    /// From this height on a record's texts are these: what stood before is written, if it was another.
    /// Whether it was.
    fn turn(
        &self,
        id: &RecordId,
        height: Height,
        texts: Option<Texts>,
        standing: &mut Option<Standing>,
    ) -> Result<bool, Trouble> {
        // Records are never deleted: what has no texts never had any.
        let Some(texts) = texts else {
            return Ok(false);
        };
        if standing.as_ref().is_some_and(|(old, _)| *old == texts) {
            return Ok(false);
        }
        match standing.replace((texts, height)) {
            Some((old, from)) => self.add(old, id, from, Some(height)).map(|()| true),
            None => Ok(false),
        }
    }

    /// Writes what the blocks after the states' last, up to `tip`, changed; or the first of them, where
    /// that is much.
    fn follow(&mut self, states: States, tip: Height) -> Result<States, Trouble> {
        // What stands of the records that turned: written once, however often they turned.
        let mut turned: BTreeMap<RecordId, Option<Standing>> = BTreeMap::new();
        let mut last = states.last;
        let most = states.last.0.saturating_add(limits::SEARCH_BLOCKS_MAX);
        while last < tip.min(Height(most)) && turned.len() < limits::SEARCH_TURNED_MAX {
            let (before, height) = (last, last.next());
            for id in self.changed(before, height)? {
                let texts = self.texts(&id, height)?;
                let mut standing = match turned.remove(&id) {
                    Some(standing) => standing,
                    None => match self.texts(&id, before)? {
                        old if old == texts => continue,
                        old => self.take_newest(&id, old)?,
                    },
                };
                self.turn(&id, height, texts, &mut standing)?;
                turned.insert(id, standing);
            }
            last = height;
        }
        for (id, standing) in turned {
            self.add_newest(&id, standing)?;
        }
        let states = States { last, ..states };
        self.commit(states)?;
        Ok(states)
    }

    /// Takes the document of a record's newest texts out of the index.
    fn take_newest(&self, id: &RecordId, old: Option<Texts>) -> Result<Option<Standing>, Trouble> {
        let Some(texts) = old else {
            return Ok(None);
        };
        let newest = Term::from_field_text(self.fields.newest, &schema::id_text(id));
        let question = TermQuery::new(newest.clone(), IndexRecordOption::Basic);
        let searcher = self.reader.searcher();
        let place = searcher.search(&question, &DocSetCollector)?;
        let place = place.into_iter().next();
        let place = place.ok_or_else(|| Trouble::Lost(id.clone()))?;
        let segment = searcher.segment_reader(place.segment_ord);
        let from = segment.fast_fields().u64("from")?.first(place.doc_id);
        let from = from.ok_or_else(|| Trouble::Lost(id.clone()))?;
        self.writer.delete_term(newest);
        Ok(Some((texts, Height(from))))
    }

    fn add_newest(&self, id: &RecordId, standing: Option<Standing>) -> Result<(), Trouble> {
        match standing {
            Some((texts, from)) => self.add(texts, id, from, None),
            None => Ok(()),
        }
    }

    /// The records whose texts a block may have changed.
    fn changed(&self, before: Height, height: Height) -> Result<BTreeSet<RecordId>, Trouble> {
        let block = self.directory.block(height)?;
        let block = block.ok_or(Trouble::NoBlock(height))?;
        let mut changed = written(self.directory, &self.chain, &block)?;
        changed.retain(|id| schema::KINDS.contains(&id.kind()));
        let (old, new) = (self.directory.view(before), self.directory.view(height));
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
        Ok(changed)
    }

    fn add(
        &self,
        texts: Texts,
        id: &RecordId,
        from: Height,
        until: Option<Height>,
    ) -> Result<(), Trouble> {
        let document = texts.document(&self.fields, id, from, until);
        self.writer.add_document(document)?;
        Ok(())
    }

    fn commit(&mut self, states: States) -> Result<(), Trouble> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&schema::mark(&self.chain.to_string(), states));
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
