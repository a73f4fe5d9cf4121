//! What the handlers share: the two doors, and the bounds on how many pass at a time.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::records::RecordKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};
use tokio::task::JoinError;
use utoipa_axum::router::OpenApiRouter;

use crate::api::{BoundedCount, Moment, Problem};
use crate::at::{self, At, Resolved};
use crate::directory::{Directory, Submit};
use crate::http::access::SlowResources;
use crate::http::events::Newest;
use crate::http::guard::{Access, Rate, Rates};
use crate::http::idempotency::IdempotencyKeys;
use crate::http::openapi::Document;
use crate::limits;
use crate::problem::ProblemKind;
use crate::proofs::Proofs;
use crate::reading::{Changed, Happened, Reading, Sharings};
use crate::search::Search;

/// Numbers for the overview, as of a block.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Counts {
    pub(crate) as_of: Moment,
    pub(crate) departments: BoundedCount,
    pub(crate) responsibilities: BoundedCount,
    pub(crate) resources: BoundedCount,
    pub(crate) authorizations: BoundedCount,
}

/// What the node that embeds the explorer decides about it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Turns true when the node stops: whoever listens to what happens is let go.
    pub stopping: Option<watch::Receiver<bool>>,
    /// Who may ask.
    pub access: Access,
    /// How often one address may ask, this machine's own apart; none for no bound.
    pub rate: Option<Rate>,
    /// The address under which clients reach the node, such as `https://directory.example`; none where it is
    /// not known.
    pub public_url: Option<String>,
    /// Where the search index lies; in memory when there is no folder. It holds nothing that the
    /// ledger does not say: what is in the folder is removed when it is of another version.
    pub search_folder: Option<PathBuf>,
    /// What proves the ledger; without it the explorer has no pages of that.
    pub proofs: Option<Arc<dyn Proofs>>,
    /// Routes of the node's own; they pass the same checks as the explorer's.
    pub beside: Beside,
}

/// Routes of the node's own, each with its documentation.
#[derive(Clone, Default)]
pub struct Beside(pub OpenApiRouter);

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.0.get_openapi().paths.paths.keys();
        f.debug_list().entries(paths).finish()
    }
}

/// The handlers' state.
pub(crate) struct App {
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) submit: Arc<dyn Submit>,
    pub(crate) slow: SlowResources,
    pub(crate) search: Arc<Search>,
    reads: Arc<Semaphore>,
    queue: Semaphore,
    waits: Semaphore,
    bodies: Semaphore,
    verifications: Semaphore,
    listeners: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    pub(super) packings: Arc<Semaphore>,
    pub(crate) newest: Newest,
    pub(crate) rates: Rates,
    pub(crate) idempotency_keys: IdempotencyKeys,
    settings: Settings,
    /// What documents the interface; set once the routes are put together.
    document: OnceLock<Document>,
    counts: Mutex<Option<(Instant, Counts)>>,
    sharings: Mutex<Option<KeptSharings>>,
    today: Mutex<Option<Arc<Happened>>>,
    changed: Mutex<Option<Changed>>,
}

/// Who shares with whom, summed up.
struct KeptSharings {
    made: Instant,
    took: Duration,
    sharings: Arc<Sharings>,
}

impl App {
    pub(crate) fn new(
        directory: Arc<dyn Directory>,
        submit: Arc<dyn Submit>,
        settings: Settings,
    ) -> Self {
        let following = Arc::clone(&directory);
        let search = Search::start(following, settings.search_folder.clone());
        Self {
            search: Arc::new(search),
            directory,
            submit,
            slow: SlowResources::default(),
            reads: Arc::new(Semaphore::new(limits::READS_MAX)),
            queue: Semaphore::new(limits::READS_MAX.saturating_add(limits::READS_WAITING_MAX)),
            waits: Semaphore::new(limits::WAITS_MAX),
            bodies: Semaphore::new(limits::BODIES_MAX),
            verifications: Semaphore::new(limits::VERIFICATIONS_MAX),
            listeners: Arc::new(Semaphore::new(limits::LISTENERS_MAX)),
            exports: Arc::new(Semaphore::new(limits::EXPORTS_MAX)),
            packings: Arc::new(Semaphore::new(limits::PACKINGS_MAX)),
            newest: Newest::default(),
            rates: Rates::default(),
            idempotency_keys: IdempotencyKeys::default(),
            settings,
            document: OnceLock::new(),
            counts: Mutex::new(None),
            sharings: Mutex::new(None),
            today: Mutex::new(None),
            changed: Mutex::new(None),
        }
    }

    /// Reads the directory off the event loop: in turn, and not for ever. A reading that is given
    /// up on keeps its turn until it ends, so that slow ones cannot pile up.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Directory) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let _place = take(&self.queue, "requests wait for their turn to read")?;
        let directory = Arc::clone(&self.directory);
        let reads = Arc::clone(&self.reads);
        let reading = async move {
            let turn = reads.acquire_owned().await;
            let turn = turn.map_err(|_| ProblemKind::Stopping.with("This node is stopping"))?;
            let done = tokio::task::spawn_blocking(move || {
                let answer = work(directory.as_ref());
                drop(turn);
                answer
            });
            done.await.unwrap_or_else(|error| Err(broken(&error)))
        };
        in_time(reading, limits::READ_TIME_MAX).await?
    }

    /// A place among those that wait for a transaction's outcome.
    pub(crate) fn wait_place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        take(&self.waits, "questions for an outcome wait")
    }

    /// A place among those whose body is being received.
    pub(crate) fn body_place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        take(&self.bodies, "transactions are being received")
    }

    /// A place among those whose evidence file is verified.
    pub(crate) fn verifying_place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        take(&self.verifications, "evidence files are being verified")
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What proves the ledger.
    pub(crate) fn proofs(&self) -> Result<Arc<dyn Proofs>, Problem> {
        let proofs = self.settings.proofs.clone();
        proofs.ok_or_else(|| ProblemKind::NoSuchRoute.with("This node proves nothing. Ask another"))
    }

    /// The interface's documentation.
    pub(crate) fn document(&self) -> &Document {
        self.document.get_or_init(Document::default)
    }

    pub(crate) fn set_document(&self, document: Document) {
        self.document.get_or_init(|| document);
    }

    /// A place among those that listen to what happens, held for as long as they do.
    pub(crate) fn listener_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.listeners)
            .try_acquire_owned()
            .map_err(|_| crowded("listen to what happens"))
    }

    /// A place among those that export the catalogue, held for as long as they do.
    pub(crate) fn export_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.exports)
            .try_acquire_owned()
            .map_err(|_| crowded("export the catalogue"))
    }

    /// Waits, but not longer than `most` and not once the node stops. Whether it does.
    pub(crate) async fn stops_within(&self, most: Duration) -> bool {
        let Some(mut stopping) = self.settings.stopping.clone() else {
            tokio::time::sleep(most).await;
            return false;
        };
        let stopped = tokio::time::timeout(most, stopping.wait_for(|stops| *stops)).await;
        // Whoever would tell is gone: the node is.
        stopped.is_ok()
    }

    /// Who shares with whom: what was summed up of the newest state, or of one a moment ago where that
    /// takes long.
    pub(crate) fn kept_sharings(&self) -> Option<Arc<Sharings>> {
        let tip = self.directory.tip_moment().height;
        let kept = self.sharings.lock();
        let kept = kept.unwrap_or_else(|poison| poison.into_inner());
        let fresh = kept.as_ref().filter(|kept| {
            let is_slow = kept.took > limits::GRANTS_SLOW;
            let is_fresh = kept.made.elapsed() < limits::GRANTS_AGE_MAX;
            kept.sharings.as_of.height == tip || (is_slow && is_fresh)
        });
        fresh.map(|kept| Arc::clone(&kept.sharings))
    }

    /// Keeps what was summed up of the newest state, which took so long.
    pub(crate) fn keep_sharings(&self, sharings: &Arc<Sharings>, took: Duration) {
        let kept = self.sharings.lock();
        let mut kept = kept.unwrap_or_else(|poison| poison.into_inner());
        *kept = Some(KeptSharings {
            made: Instant::now(),
            took,
            sharings: Arc::clone(sharings),
        });
    }

    /// What happened since a moment, as of the newest block. What was summed up is kept, and gone on
    /// with: with new blocks, and further back where the day holds more than one request looks at.
    pub(crate) async fn happened(&self, since: TimeMs) -> Result<Arc<Happened>, Problem> {
        let tip = self.directory.tip_moment().height;
        let kept = self.today.lock();
        let earlier = kept.unwrap_or_else(|poison| poison.into_inner()).clone();
        if let Some(whole) = earlier.as_ref().filter(|found| found.is_all(since, tip)) {
            return Ok(Arc::clone(whole));
        }
        let read = move |directory: &dyn Directory| {
            Reading::at(directory, None)?.happened(since, earlier.as_deref())
        };
        let happened = Arc::new(self.read(read).await?);
        let kept = self.today.lock();
        let mut kept = kept.unwrap_or_else(|poison| poison.into_inner());
        *kept = Some(Arc::clone(&happened));
        Ok(happened)
    }

    /// A point of the chain, and the last change of the catalogue as of it; what is known of the newest
    /// is kept.
    pub(crate) async fn changed(&self, at: Option<At>) -> Result<(Resolved, Changed), Problem> {
        let kept = || {
            self.changed
                .lock()
                .unwrap_or_else(|poison| poison.into_inner())
        };
        let known = kept().clone();
        let read = move |directory: &dyn Directory| {
            let point = at::resolve(directory, at)?;
            Ok((point, Changed::find(directory, &point, known)?))
        };
        let (point, changed) = self.read(read).await?;
        let mut kept = kept();
        if kept.as_ref().is_none_or(|kept| kept.seen <= changed.seen) {
            *kept = Some(changed.clone());
        }
        drop(kept);
        Ok((point, changed))
    }

    /// Numbers for the overview; counted again when those at hand are too old.
    pub(crate) async fn counts(&self) -> Result<Counts, Problem> {
        let kept = *self
            .counts
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        if let Some((counted, counts)) = kept
            && counted.elapsed() < limits::COUNT_AGE_MAX
        {
            return Ok(counts);
        }
        let count = |directory: &dyn Directory| Counts::of(&Reading::at(directory, None)?);
        let counts = self.read(count).await?;
        let mut kept = self
            .counts
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        *kept = Some((Instant::now(), counts));
        Ok(counts)
    }
}

impl Counts {
    /// Counted in one state.
    pub(crate) fn of(reading: &Reading<'_>) -> Result<Self, Problem> {
        Ok(Self {
            as_of: reading.as_of(),
            departments: reading.count(RecordKind::Department)?,
            responsibilities: reading.count(RecordKind::Responsibility)?,
            resources: reading.count(RecordKind::Resource)?,
            authorizations: reading.count(RecordKind::Authorization)?,
        })
    }
}

fn take<'s>(places: &'s Semaphore, what: &str) -> Result<SemaphorePermit<'s>, Problem> {
    places.try_acquire().map_err(|_| crowded(what))
}

fn crowded(what: &str) -> Problem {
    ProblemKind::Busy.with(format!("Too many {what}. Come back in a few seconds"))
}

/// Waits for an answer, but not longer than `most`.
pub(crate) async fn in_time<T>(
    answer: impl Future<Output = T>,
    most: Duration,
) -> Result<T, Problem> {
    tokio::time::timeout(most, answer).await.map_err(|_| {
        ProblemKind::TookTooLong.with(format!(
            "No answer within {} s. Ask for less, or come back when the node is less busy",
            most.as_secs()
        ))
    })
}

/// A reading that panicked: our own mistake, told as such.
pub(crate) fn broken(error: &JoinError) -> Problem {
    tracing::error!(%error, "a request's reading broke off");
    ProblemKind::Internal.with("Its operator finds the reason in the node's log. Ask another node")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_full_queue_answers_busy() {
        let places = Semaphore::new(1);
        let held = take(&places, "requests wait").unwrap();
        assert_eq!(take(&places, "requests wait").unwrap_err().code(), "busy");
        drop(held);
        assert!(take(&places, "requests wait").is_ok());
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_given_up() {
        let never = std::future::pending::<()>();
        let problem = in_time(never, Duration::from_millis(5)).await.unwrap_err();
        assert_eq!((problem.code(), problem.status), ("took-too-long", 503));
    }
}
