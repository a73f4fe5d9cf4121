//! Evidence files and the transparency log, from the store as it stands at one instant.

use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
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
use utoipa::openapi::{HttpMethod, PathItem};
use utoipa::{IntoParams, Path as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

/// The routes of evidence files, of checkpoints and of the transparency log, with their
/// documentation.
pub fn evidence_routes(store: Store, note_key: NoteKey) -> OpenApiRouter {
    let evidence = Evidence {
        store,
        note_key,
        exports: Semaphore::new(EXPORTS_MAX),
    };
    let mut routes = OpenApiRouter::new()
        .routes(routes!(of_resource))
        .routes(routes!(of_department))
        .routes(routes!(of_anchor))
        .routes(routes!(log_checkpoint))
        .routes(routes!(log_key))
        .routes(routes!(log_proof))
        // A tile's name holds slashes, which a parameter in OpenAPI cannot.
        .route("/tlog/tile/{*path}", get(log_tile));
    let tile = PathItem::new(HttpMethod::Get, __path_log_tile::operation());
    let paths = &mut routes.get_openapi_mut().paths.paths;
    paths.insert(__path_log_tile::path(), tile);
    routes.with_state(Arc::new(evidence))
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
    BeforeGenesis(String),
    NoSuch(&'static str),
    BeforeHistory(Height),
    Stopping,
}

impl From<ExportError> for Refused {
    fn from(error: ExportError) -> Self {
        Refused::Export(error)
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Refused::BadParameter(rejection.body_text())
    }
}

impl From<PathRejection> for Refused {
    fn from(rejection: PathRejection) -> Self {
        Refused::BadParameter(rejection.body_text())
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
            Refused::Export(error @ ExportError::NotInCheckpoint { .. }) => {
                (ProblemKind::HeightUnavailable, error.to_string())
            }
            Refused::AtInTheFuture(detail) => (ProblemKind::AtInTheFuture, detail),
            Refused::BeforeGenesis(detail) => (ProblemKind::AtBeforeGenesis, detail),
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// Departments whose records go with it, with commas between: whether they might read is then
    /// decided offline.
    #[param(
        example = "D005,D008",
        pattern = r"^([A-Z][A-Z0-9.\-]{0,31}(,[A-Z][A-Z0-9.\-]{0,31}){0,63})?$"
    )]
    departments: Option<String>,
    /// Heights to which the file is proven as well, with commas between.
    #[param(example = "3,5", pattern = r"^([0-9]{1,18}(,[0-9]{1,18}){0,63})?$")]
    pins: Option<String>,
    /// A height, or an RFC 3339 time with offset, that will be asked about.
    #[param(example = "5")]
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
            .ok_or_else(|| Refused::BeforeGenesis(format!("{time} is before the chain began")))
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

/// An entry's evidence file
///
/// Its whole signed history, to be verified without any node.
#[utoipa::path(get, path = "/api/v1/resources/{code}/evidence", tag = "evidence",
    params(("code" = ResourceCode, Path, description = "The entry's code"), ExportQuery), responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")))]
async fn of_resource(
    State(evidence): State<Arc<Evidence>>,
    code: Result<Path<String>, PathRejection>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let (Path(code), Query(query)) = (code?, query?);
    let code: ResourceCode = parsed(&code)?;
    exported(&evidence, RecordId::Resource(code), &query).await
}

/// A department's evidence file
///
/// Its whole signed history, to be verified without any node.
#[utoipa::path(get, path = "/api/v1/departments/{id}/evidence", tag = "evidence",
    params(("id" = DepartmentId, Path, description = "The department's id"), ExportQuery), responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")))]
async fn of_department(
    State(evidence): State<Arc<Evidence>>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let (Path(id), Query(query)) = (id?, query?);
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
    let at = query.at.as_deref().filter(|text| !text.is_empty());
    let at = at.map(At::parse).transpose()?;
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AnchorQuery {
    /// The entry that is proven; the parameters when neither it nor a department is named.
    #[param(example = "103001/000001")]
    resource: Option<String>,
    /// The department that is proven.
    department: Option<String>,
    /// The height of the state.
    #[param(minimum = 0, example = 5)]
    state: Option<u64>,
    /// Heights to which the file is proven as well, with commas between.
    #[param(example = "3,5", pattern = r"^([0-9]{1,18}(,[0-9]{1,18}){0,63})?$")]
    pins: Option<String>,
    /// The size of the log that a cosigned checkpoint covers.
    #[param(minimum = 0, example = 6)]
    cosigned: Option<u64>,
}

/// What a verifier pins, proven
///
/// A block with its certificate, to be kept or compared with what was kept.
#[utoipa::path(get, path = "/api/v1/evidence/anchor", tag = "evidence", params(AnchorQuery), responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")))]
async fn of_anchor(
    State(evidence): State<Arc<Evidence>>,
    query: Result<Query<AnchorQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(query) = query?;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let subject = match (&given(&query.resource), &given(&query.department)) {
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

/// The header log's checkpoint
///
/// Size and root of the log of all block headers, as a C2SP signed note of this node.
#[utoipa::path(get, path = "/tlog/checkpoint", tag = "evidence", responses((status = 200, description = "The text", body = String, content_type = "text/plain; charset=utf-8")))]
async fn log_checkpoint(State(evidence): State<Arc<Evidence>>) -> Result<Response, Refused> {
    let tip = evidence.store.tip();
    Ok(plain_text(
        checkpoint(&evidence.note_key, &tip)?.to_string(),
    ))
}

/// What checkpoints are verified with
///
/// The C2SP verifier key of this node's notes.
#[utoipa::path(get, path = "/tlog/key", tag = "evidence", responses((status = 200, description = "The text", body = String, content_type = "text/plain; charset=utf-8")))]
async fn log_key(State(evidence): State<Arc<Evidence>>) -> Result<Response, Refused> {
    let key = verifier_key(&evidence.note_key, &evidence.store.chain())?;
    Ok(plain_text(format!("{key}\n")))
}

/// That a header is in the log
///
/// A C2SP tlog-proof of the entry at an index: 0 is the chain's id, h the header at height h.
#[utoipa::path(get, path = "/tlog/proof/{index}", tag = "evidence",
    params(("index" = u64, Path, minimum = 0, description = "The entry's index")), responses((status = 200, description = "The text", body = String, content_type = "text/plain; charset=utf-8")))]
async fn log_proof(
    State(evidence): State<Arc<Evidence>>,
    index: Result<Path<String>, PathRejection>,
) -> Result<Response, Refused> {
    let Path(index) = index?;
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

/// A tile of the header log
///
/// C2SP tlog-tiles: `LEVEL/INDEX` with the index in groups of three digits (`0/x001/234`), `.p/WIDTH` after it for a part
/// that is not full, or `entries/INDEX`. Whole tiles never change; parts are of now.
#[utoipa::path(get, path = "/tlog/tile/{path}", tag = "evidence",
    params(("path" = String, Path, description = "The tile's name, slashes and all", example = "0/000.p/2")), responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")))]
async fn log_tile(
    State(evidence): State<Arc<Evidence>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Refused> {
    let Path(path) = path?;
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
