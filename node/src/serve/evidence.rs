//! Evidence files and the transparency log, from the store as it stands at one instant.

use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dirchain_evidence::note::{KeyKind, LogHead, NoteError, SignedNote, VerifierKey};
use dirchain_evidence::tlog::{self, Tile};
use dirchain_evidence::{AnchorRequest, ExportError, Request, Source as _, anchor, export};
use dirchain_explorer::api::Time;
use dirchain_explorer::problem::ProblemKind;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{ChainId, DepartmentId, Height, ResourceCode, TimeMs};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::view::ViewError;
use dirchain_storage::Store;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::at_once::AtOnce;

/// Files made at a time; further requests wait.
const EXPORTS_MAX: usize = 2;
/// Departments or pinned heights named in one request.
const NAMED_MAX: usize = 64;

/// What the node signs its checkpoints of the header log with: made from its network key, so that
/// no further file must be kept.
#[derive(Clone)]
pub struct NoteKey {
    secret: SecretKey,
}

impl NoteKey {
    /// The note key of a node with this network key.
    pub fn of(network: &SecretKey) -> Self {
        let seed = blake3::derive_key("dirchain/v1/note-key", &network.seed());
        Self {
            secret: SecretKey::from_seed(&seed),
        }
    }
}

struct Evidence {
    store: Store,
    note_key: NoteKey,
    exports: Semaphore,
}

/// The routes of evidence files, of checkpoints and of the transparency log.
pub fn evidence_routes(store: Store, note_key: NoteKey) -> Router {
    let evidence = Evidence {
        store,
        note_key,
        exports: Semaphore::new(EXPORTS_MAX),
    };
    Router::new()
        .route("/api/v1/resources/{code}/evidence", get(of_resource))
        .route("/api/v1/departments/{id}/evidence", get(of_department))
        .route("/api/v1/evidence/anchor", get(of_anchor))
        .route("/tlog/checkpoint", get(log_checkpoint))
        .route("/tlog/key", get(log_key))
        .route("/tlog/proof/{index}", get(log_proof))
        .route("/tlog/tile/{*path}", get(log_tile))
        .with_state(Arc::new(evidence))
}

impl Evidence {
    /// As [`Evidence::read`], of what needs the whole history.
    async fn read_past<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&AtOnce<'_>) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let begins = self.store.history_begins();
        if begins > Height::GENESIS {
            return Err(Refused::BeforeHistory(begins));
        }
        self.read(read).await
    }

    /// Reads the store off the event loop, a few requests at a time.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&AtOnce<'_>) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let _turn = self
            .exports
            .acquire()
            .await
            .map_err(|_| Refused::Stopping)?;
        let evidence = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            let now = AtOnce::now(&evidence.store).map_err(ExportError::from)?;
            read(&now)
        });
        work.await.map_err(|_| Refused::Stopping)?
    }
}

/// A node's signed checkpoint of the header log.
pub(super) fn checkpoint(note_key: &NoteKey, tip: &Tip) -> Result<SignedNote, NoteError> {
    let origin = LogHead::origin_of(&tip.chain);
    let (size, root) = (tip.log.size(), tip.log.root());
    let key = verifier_key(note_key, &tip.chain)?;
    let mut note = SignedNote::of(LogHead { origin, size, root });
    note.sign(&key, &note_key.secret);
    Ok(note)
}

/// What a node's checkpoints are verified with.
pub(super) fn verifier_key(note_key: &NoteKey, chain: &ChainId) -> Result<VerifierKey, NoteError> {
    let name = LogHead::origin_of(chain);
    VerifierKey::new(&name, KeyKind::Note, note_key.secret.public())
}

/// Why there is no answer.
enum Refused {
    Export(ExportError),
    BadParameter(String),
    AtInTheFuture(String),
    NoSuch(&'static str),
    BeforeHistory(Height),
    Stopping,
}

impl From<ExportError> for Refused {
    fn from(error: ExportError) -> Self {
        Refused::Export(error)
    }
}

/// A chain's own id always makes a name.
impl From<NoteError> for Refused {
    fn from(_: NoteError) -> Self {
        Refused::Stopping
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (kind, detail) = match self {
            Refused::Export(ExportError::Unreadable(error)) => {
                tracing::error!(%error, "evidence could not be read");
                (ProblemKind::StateUnreadable, error.to_string())
            }
            Refused::Export(error @ ExportError::NoSuchHeight { .. }) => {
                (ProblemKind::AtInTheFuture, error.to_string())
            }
            Refused::AtInTheFuture(detail) => (ProblemKind::AtInTheFuture, detail),
            Refused::Export(error) => (ProblemKind::TooBroad, error.to_string()),
            Refused::BadParameter(detail) => (ProblemKind::BadParameter, detail),
            Refused::BeforeHistory(begins) => (
                ProblemKind::HeightUnavailable,
                format!(
                    "this node's history begins at height {begins}, and proofs need what came before. Ask another node, or wait until it is fetched; `status` says how far it is"
                ),
            ),
            Refused::NoSuch(what) => (ProblemKind::NoSuchRoute, what.to_owned()),
            Refused::Stopping => (
                ProblemKind::StateUnreadable,
                "this node is stopping. Ask again in a moment, or ask another".to_owned(),
            ),
        };
        kind.with(detail).into_response()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    departments: Option<String>,
    pins: Option<String>,
    at: Option<String>,
}

/// The moment that will be asked about.
enum At {
    Height(Height),
    Time(TimeMs),
}

impl At {
    fn parse(text: &str) -> Result<Self, Refused> {
        if let Ok(height) = text.parse() {
            return Ok(At::Height(Height(height)));
        }
        Ok(At::Time(parsed::<Time>(text)?.0))
    }

    /// The block whose header tells the moment: of a time, the last one at or before it.
    fn height(&self, now: &AtOnce<'_>) -> Result<Height, Refused> {
        let tip = now.tip();
        let time = match self {
            At::Height(height) => return Ok(*height),
            At::Time(time) => *time,
        };
        if time > tip.time {
            return Err(Refused::AtInTheFuture(format!(
                "this node's chain ends at {}; {time} is not there yet",
                tip.time
            )));
        }
        let height = now.height_at(time);
        height
            .map_err(ExportError::from)?
            .ok_or_else(|| Refused::BadParameter(format!("{time} is before the chain began")))
    }
}

/// A list with commas between its elements.
fn listed<T: FromStr>(text: Option<&str>) -> Result<Vec<T>, Refused>
where
    T::Err: std::fmt::Display,
{
    let parts = text.iter().flat_map(|text| text.split(','));
    let parsed = parts
        .filter(|part| !part.is_empty())
        .map(|part| part.parse())
        .collect::<Result<Vec<T>, _>>()
        .map_err(|error| Refused::BadParameter(error.to_string()))?;
    if parsed.len() > NAMED_MAX {
        return Err(Refused::BadParameter(format!(
            "at most {NAMED_MAX} can be named in one request"
        )));
    }
    Ok(parsed)
}

fn heights(text: Option<&str>) -> Result<Vec<Height>, Refused> {
    Ok(listed::<u64>(text)?.into_iter().map(Height).collect())
}

async fn of_resource(
    State(evidence): State<Arc<Evidence>>,
    Path(code): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Refused> {
    let code: ResourceCode = parsed(&code)?;
    exported(&evidence, RecordId::Resource(code), &query).await
}

async fn of_department(
    State(evidence): State<Arc<Evidence>>,
    Path(id): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Refused> {
    let id: DepartmentId = parsed(&id)?;
    exported(&evidence, RecordId::Department(id), &query).await
}

fn parsed<T: FromStr>(text: &str) -> Result<T, Refused>
where
    T::Err: std::fmt::Display,
{
    let parsed = text.parse::<T>();
    parsed.map_err(|error| Refused::BadParameter(error.to_string()))
}

async fn exported(
    evidence: &Arc<Evidence>,
    subject: RecordId,
    query: &ExportQuery,
) -> Result<Response, Refused> {
    let name = file_name(&subject);
    let mut request = Request {
        subject,
        departments: listed(query.departments.as_deref())?,
        pins: heights(query.pins.as_deref())?,
    };
    let at = query.at.as_deref().map(At::parse).transpose()?;
    let bytes = evidence.read_past(move |now| {
        if let Some(at) = at {
            request.pins.push(at.height(now)?);
        }
        Ok(export(now, &request)?)
    });
    let bytes = bytes.await?;
    Ok(file(bytes, &name))
}

fn file_name(subject: &RecordId) -> String {
    let text = match subject {
        RecordId::Resource(code) => code.to_string(),
        other => other.to_string(),
    };
    let safe = text.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!("{safe}.dirchain-proof")
}

fn file(bytes: Vec<u8>, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorQuery {
    resource: Option<String>,
    department: Option<String>,
    state: Option<u64>,
    pins: Option<String>,
    cosigned: Option<u64>,
}

async fn of_anchor(
    State(evidence): State<Arc<Evidence>>,
    Query(query): Query<AnchorQuery>,
) -> Result<Response, Refused> {
    let subject = match (&query.resource, &query.department) {
        (Some(code), None) => RecordId::Resource(parsed(code)?),
        (None, Some(id)) => RecordId::Department(parsed(id)?),
        (None, None) => RecordId::Parameters,
        (Some(_), Some(_)) => {
            let detail = "name a resource or a department, not both";
            return Err(Refused::BadParameter(detail.to_owned()));
        }
    };
    let pins = heights(query.pins.as_deref())?;
    let (state, cosigned_size) = (query.state, query.cosigned);
    let bytes = evidence.read_past(move |now| {
        let request = AnchorRequest {
            subject,
            state: state.map_or(now.tip().height, Height),
            pins,
            cosigned_size,
        };
        Ok(anchor(now, &request)?)
    });
    Ok(file(bytes.await?, "anchor.dirchain-proof"))
}

fn plain_text(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

async fn log_checkpoint(State(evidence): State<Arc<Evidence>>) -> Result<Response, Refused> {
    let tip = evidence.store.tip();
    Ok(plain_text(
        checkpoint(&evidence.note_key, &tip)?.to_string(),
    ))
}

async fn log_key(State(evidence): State<Arc<Evidence>>) -> Result<Response, Refused> {
    let key = verifier_key(&evidence.note_key, &evidence.store.chain())?;
    Ok(plain_text(format!("{key}\n")))
}

async fn log_proof(
    State(evidence): State<Arc<Evidence>>,
    Path(index): Path<String>,
) -> Result<Response, Refused> {
    let index: u64 = index
        .parse()
        .map_err(|error: ParseIntError| Refused::BadParameter(error.to_string()))?;
    let tip = evidence.store.tip();
    if index >= tip.log.size() {
        return Err(Refused::NoSuch("the header log has no such entry yet"));
    }
    let note = checkpoint(&evidence.note_key, &tip)?;
    let text = evidence.read(move |now| {
        let proof = tlog::proof(now, index, &note);
        Ok(proof.map_err(ExportError::from)?)
    });
    Ok(plain_text(text.await?))
}

/// A tile's hashes, or the entries of a bundle: whole ones never change, parts are of now.
async fn log_tile(
    State(evidence): State<Arc<Evidence>>,
    Path(path): Path<String>,
) -> Result<Response, Refused> {
    let no_tile = Refused::NoSuch("the header log has no such tile yet, or none by that name");
    let Some(tile) = Tile::parse(&path) else {
        return Err(no_tile);
    };
    let bytes = evidence.read(move |now| {
        let size = now.tip().log.size();
        if let Some(entries) = tile.entries(size) {
            return Ok(Some(bundle(now, entries)?));
        }
        Ok(tile.hashes(now, size).map_err(ExportError::from)?)
    });
    let bytes = bytes.await?.ok_or(no_tile)?;
    let cache = "public, max-age=31536000, immutable";
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, cache),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

fn bundle(now: &AtOnce<'_>, entries: std::ops::Range<u64>) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    for index in entries {
        let entry = match index {
            0 => now.tip().chain.0.0.to_vec(),
            height => {
                let header = now.header(Height(height))?;
                let lost = || ViewError {
                    reason: format!("header {height} is not in the store"),
                };
                encode(&header.ok_or_else(lost)?)
            }
        };
        bytes.extend(tlog::bundled(&entry).unwrap_or_default());
    }
    Ok(bytes)
}
