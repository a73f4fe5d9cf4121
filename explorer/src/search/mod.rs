//! Searching the directory: entries, departments and responsibilities by any part of their names,
//! codes, fields and abstracts, with a misspelling forgiven, and counted by facets.
//!
//! The index is derived: it is written by [`follow`] from the ledger, made anew when it is missing
//! or of another version, and answers name records, which are read from the ledger itself. It holds
//! every state of the directory: what is found at a height, in which order, and how it is counted
//! stays the same for ever, however the chain goes on ([`rank`]).

mod facets;
mod follow;
mod query;
mod rank;
mod schema;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;
mod traditional;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{RecordId, RecordKind};
use tantivy::collector::sort_key::SortByString;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::Query;
use tantivy::{DocAddress, Order, Searcher, TantivyError};

use crate::api::Problem;
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;

use facets::{CountFacets, Counts};
use query::Match;

pub(crate) use schema::code_text;

/// What found entries are counted by, and can be narrowed to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Facet {
    /// Who provides it.
    Provider,
    /// What the catalogue is ordered by.
    Category,
    /// How it is shared, where its fields do not say otherwise.
    Sharing,
    /// Its state.
    Status,
    /// How often it is renewed.
    Cycle,
}

impl Facet {
    /// Every facet, in the order in which they are counted.
    pub(crate) const ALL: [Facet; 5] = [
        Facet::Provider,
        Facet::Category,
        Facet::Sharing,
        Facet::Status,
        Facet::Cycle,
    ];

    /// Its name in an address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Facet::Provider => "provider",
            Facet::Category => "category",
            Facet::Sharing => "sharing",
            Facet::Status => "status",
            Facet::Cycle => "cycle",
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// After which block the directory is searched.
    pub(crate) height: Height,
    /// The text as it was typed.
    pub(crate) text: String,
    /// A value for each of [`Facet::ALL`] to narrow to.
    pub(crate) facets: [Option<String>; 5],
    /// How many of the best to pass over.
    pub(crate) offset: usize,
    /// How many to name.
    pub(crate) limit: usize,
}

impl Asked {
    fn facet(&self, facet: Facet) -> Option<&str> {
        let index = Facet::ALL.iter().position(|f| *f == facet)?;
        self.facets.get(index)?.as_deref()
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The records, best first; by id when no text was given.
    pub(crate) records: Vec<RecordId>,
    /// How many fit in all.
    pub(crate) total: usize,
    /// Whether nothing fits as it was typed, so that these only come near.
    pub(crate) near: bool,
    /// For each of [`Facet::ALL`], its values with how many of all have them, most first.
    pub(crate) facets: [Vec<(String, u64)>; 5],
}

/// The heights that an index knows the directory at.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct States {
    /// The genesis', or the first whose records the node had when the index was made.
    pub(crate) first: Height,
    /// The newest.
    pub(crate) last: Height,
}

/// Where the index stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Being made: so many records are in it.
    Building {
        /// How many.
        done: u64,
    },
    /// It holds the directory as it stood at these heights.
    Ready(States),
    /// It could not be written, for this reason, and is tried again.
    Broken(String),
}

/// What the index's writer and those who search share.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    state: State,
    /// What to ask, once the index is ready: the documents of its states.
    searcher: Option<Searcher>,
    stops: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
    }

    fn set(&self, state: State, searcher: Option<Searcher>) {
        let mut inner = self.lock();
        inner.state = state;
        inner.searcher = searcher;
        self.changed.notify_all();
    }

    /// What to ask with the states that it knows, once a height is among them: the index is a moment
    /// behind the newest block, and waited for so long. None while there is no index.
    fn asked(&self, height: Height) -> Option<(Searcher, States)> {
        let until = Instant::now() + limits::SEARCH_WAIT_MAX;
        let mut inner = self.lock();
        loop {
            let (states, searcher) = match (&inner.state, &inner.searcher) {
                (State::Ready(states), Some(searcher)) => (*states, searcher),
                (State::Ready(_) | State::Building { .. } | State::Broken(_), _) => return None,
            };
            if states.last >= height {
                return Some((searcher.clone(), states));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || inner.stops {
                return None;
            }
            inner = match self.changed.wait_timeout(inner, left) {
                Ok((inner, _)) => inner,
                Err(poison) => poison.into_inner().0,
            };
        }
    }

    fn stops(&self) -> bool {
        self.lock().stops
    }

    /// Waits, but not once it is told to stop. Whether it is.
    fn wait(&self, most: Duration) -> bool {
        let until = Instant::now() + most;
        let mut inner = self.lock();
        while !inner.stops {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = match self.changed.wait_timeout(inner, left) {
                Ok((inner, _)) => inner,
                Err(poison) => poison.into_inner().0,
            };
        }
        inner.stops
    }
}

/// The search: its index follows the ledger as long as this lives.
pub(crate) struct Search {
    shared: Arc<Shared>,
    fields: schema::Fields,
    follower: Option<thread::JoinHandle<()>>,
}

impl Search {
    /// Begins to follow a directory; the index lies in `folder`, or in memory.
    pub(crate) fn start(directory: Arc<dyn Directory>, folder: Option<PathBuf>) -> Self {
        let shared = Arc::new(Shared {
            inner: Mutex::new(Inner {
                state: State::Building { done: 0 },
                searcher: None,
                stops: false,
            }),
            changed: Condvar::new(),
        });
        let following = Arc::clone(&shared);
        let spawned = thread::Builder::new()
            .name("search-index".to_owned())
            .spawn(move || follow::run(&directory, folder.as_deref(), &following));
        let follower = spawned
            .inspect_err(|error| shared.set(State::Broken(error.to_string()), None))
            .ok();
        let (_, fields) = schema::schema();
        Self {
            shared,
            fields,
            follower,
        }
    }

    /// Where the index stands.
    pub(crate) fn state(&self) -> State {
        self.shared.lock().state.clone()
    }

    /// The newest height that the index knows; none while there is no index.
    pub(crate) fn newest(&self) -> Option<Height> {
        let newest = self.shared.asked(Height::GENESIS);
        newest.map(|(_, states)| states.last)
    }

    /// Looks for entries, counted by facets; none while the index does not know the height.
    pub(crate) fn entries(&self, asked: &Asked) -> Result<Option<Found>, Problem> {
        self.find(asked, &[RecordKind::Resource], true)
    }

    /// Looks for departments and responsibilities.
    pub(crate) fn holders(&self, asked: &Asked) -> Result<Option<Found>, Problem> {
        self.find(
            asked,
            &[RecordKind::Department, RecordKind::Responsibility],
            false,
        )
    }

    fn find(
        &self,
        asked: &Asked,
        kinds: &[RecordKind],
        counted: bool,
    ) -> Result<Option<Found>, Problem> {
        let known = self.shared.asked(asked.height);
        let Some((searcher, states)) = known.filter(|(_, states)| states.first <= asked.height)
        else {
            return Ok(None);
        };
        let asks_for_nothing = query::asks_for_nothing(&asked.text);
        if !asked.text.trim().is_empty() && asks_for_nothing {
            // Signs alone: no text has them in the index.
            return Ok(Some(Found::default()));
        }
        let ask = |how| {
            let question = query::question(&self.fields, asked, kinds, states, how);
            ask(&searcher, asked, question.as_ref(), counted)
        };
        let exact = ask(Match::Exact).map_err(|error| broken(&error))?;
        if exact.total > 0 || asks_for_nothing {
            return Ok(Some(exact));
        }
        let mut near = ask(Match::Near).map_err(|error| broken(&error))?;
        if near.total == 0 {
            near = ask(Match::Far).map_err(|error| broken(&error))?;
        }
        near.near = near.total > 0;
        Ok(Some(near))
    }
}

/// Best first, what is met equally well by the key of its id.
fn ask(
    searcher: &Searcher,
    asked: &Asked,
    question: &dyn Query,
    counted: bool,
) -> Result<Found, TantivyError> {
    let by_id = (SortByString::for_field("id"), Order::Asc);
    let page = TopDocs::with_limit(asked.limit.max(1)).and_offset(asked.offset);
    let page = page.order_by(((rank::Score, Order::Desc), by_id));
    let facets = counted.then_some(CountFacets);
    let collectors = (page, Count, facets);
    let (top, total, counts): (Vec<(_, DocAddress)>, usize, Option<Counts>) =
        searcher.search_with_statistics_provider(question, &collectors, &rank::Statistics)?;
    let ids = top.into_iter().filter_map(|((_, id), _)| id);
    Ok(Found {
        records: ids.filter_map(|id| schema::id_of(&id)).collect(),
        total,
        near: false,
        facets: counts.map(most_first).unwrap_or_default(),
    })
}

impl Drop for Search {
    fn drop(&mut self) {
        self.shared.lock().stops = true;
        self.shared.changed.notify_all();
        // It reads the database, which must not be closed beneath it when the process ends.
        if let Some(follower) = self.follower.take()
            && follower.join().is_err()
        {
            tracing::error!("the search index's thread panicked");
        }
    }
}

fn most_first(counts: Counts) -> [Vec<(String, u64)>; 5] {
    counts.map(|counts| {
        let mut values: Vec<(String, u64)> = counts.into_iter().collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        values.truncate(limits::FACET_VALUES_MAX);
        values
    })
}

fn broken(error: &TantivyError) -> Problem {
    tracing::error!(%error, "the search index could not be asked");
    ProblemKind::Internal.with("The search index could not be read. Ask another node")
}
