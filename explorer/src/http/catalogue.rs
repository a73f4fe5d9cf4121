//! `GET /api/v1/catalogue.ttl` and `.jsonld`: the whole catalogue for harvesters, streamed.
//!
//! A page of records is read when the one before has gone out, all at one height; a slow harvester
//! costs a place and no memory. What cannot be read breaks the transfer off: a cut catalogue is not
//! taken for a whole one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::Records;
use futures::stream;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::chain::AtQuery;
use super::envelope::tag_of_state;
use super::extract::{Params, point};
use crate::api::{AuthorizationState, Problem, Time};
use crate::at::Resolved;
use crate::dcat::{self, Format, Namer};
use crate::directory::Directory;
use crate::limits;
use crate::reading::Reading;

/// The catalogue in Turtle
///
/// DCAT-AP 3 with ODRL policies: every department, every entry in force, every authorization.
#[utoipa::path(get, path = "/catalogue.ttl", tag = "directory", params(AtQuery),
    responses((status = 200, description = "The graph", body = String, content_type = "text/turtle")))]
pub(crate) async fn turtle(
    State(app): State<Arc<App>>,
    Params(query): Params<AtQuery>,
) -> Result<Response, Problem> {
    export(app, query, Format::Turtle).await
}

/// The catalogue in JSON-LD
///
/// The same graph as in Turtle.
#[utoipa::path(get, path = "/catalogue.jsonld", tag = "directory", params(AtQuery),
    responses((status = 200, description = "The graph", body = Object, content_type = "application/ld+json")))]
pub(crate) async fn json_ld(
    State(app): State<Arc<App>>,
    Params(query): Params<AtQuery>,
) -> Result<Response, Problem> {
    export(app, query, Format::JsonLd).await
}

async fn export(app: Arc<App>, query: AtQuery, format: Format) -> Result<Response, Problem> {
    let at = point(query.at.as_deref())?;
    let place = app.export_place()?;
    let (resolved, changed) = app.changed(at).await?;
    // Nothing that is listed changed between this point and the one that is asked for.
    let last = Resolved {
        as_of: changed.at,
        instant: changed.time(resolved.instant),
        tip: resolved.tip,
    };
    let about = app.directory.about();
    let base_url = app.base_url().map(str::to_owned);
    let others = [base_url.as_deref().unwrap_or_default(), format.media_type()];
    let tag = tag_of_state(&about.chain, &last, &others);
    let export = Export {
        namer: Namer::new(&about.chain, base_url),
        name: about.name,
        format,
        resolved,
        last,
        step: Step::Head,
        _place: place,
        app,
    };
    let body = Body::from_stream(stream::try_unfold(export, Export::next));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    for (name, value) in [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// How far an export is.
#[derive(Clone)]
enum Step {
    Head,
    Records(RecordKind, Option<RecordId>),
    Tail,
    Done,
}

/// The kinds of record that the graph tells of, in its order.
const KINDS: [RecordKind; 3] = [
    RecordKind::Department,
    RecordKind::Resource,
    RecordKind::Authorization,
];

fn after_kind(kind: RecordKind) -> Step {
    let following = KINDS.iter().skip_while(|known| **known != kind).nth(1);
    following.map_or(Step::Tail, |next| Step::Records(*next, None))
}

struct Export {
    app: Arc<App>,
    namer: Namer,
    name: String,
    format: Format,
    resolved: Resolved,
    /// The last change of what is listed: its block, and its instant.
    last: Resolved,
    step: Step,
    /// Given back when the export ends.
    _place: OwnedSemaphorePermit,
}

impl Export {
    /// The next piece of text.
    async fn next(mut self) -> Result<Option<(String, Self)>, ProblemText> {
        let text = match self.step.clone() {
            Step::Head => {
                let changed = Time(self.last.instant);
                let height = self.last.as_of.height.0;
                let nodes = dcat::catalogue(&self.namer, &self.name, changed, height);
                self.step = Step::Records(RecordKind::Department, None);
                self.format.head() + &self.format.nodes(&nodes, false)
            }
            Step::Records(kind, after) => {
                let (namer, format, resolved) = (self.namer.clone(), self.format, self.resolved);
                let read = move |directory: &dyn Directory| {
                    page(directory, &namer, format, resolved, kind, after.as_ref())
                };
                let (text, next) = self.app.read(read).await.map_err(ProblemText)?;
                self.step = match next {
                    Some(after) => Step::Records(kind, Some(after)),
                    None => after_kind(kind),
                };
                text
            }
            Step::Tail => {
                self.step = Step::Done;
                self.format.tail().to_owned()
            }
            Step::Done => return Ok(None),
        };
        Ok(Some((text, self)))
    }
}

/// A problem that breaks a transfer off.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ProblemText(pub(crate) Problem);

/// A page of records as text, and after which one the next begins.
fn page(
    directory: &dyn Directory,
    namer: &Namer,
    format: Format,
    resolved: Resolved,
    kind: RecordKind,
    after: Option<&RecordId>,
) -> Result<(String, Option<RecordId>), Problem> {
    let view = directory.view(resolved.as_of.height);
    let view = view.as_ref();
    let reading = Reading::of(directory, resolved);
    let ids = view.list(kind, after, limits::EXPORT_PAGE)?;
    let mut text = String::new();
    for id in &ids {
        let nodes = match view.record(id)? {
            Some(Record::Department(found)) => vec![dcat::agent(namer, &found.id, &found.name)],
            Some(Record::Resource(found)) => match found.in_force() {
                Some(published) => dcat::entry(namer, &found, published),
                None => Vec::new(),
            },
            Some(Record::Authorization(found)) => {
                let resource = view.resource(&found.id.resource)?;
                let lasts = matches!(
                    reading.standing(&found)?,
                    AuthorizationState::InForce | AuthorizationState::NotBegun
                ) && reading.is_active(&found.grantee)?;
                match resource.filter(|resource| lasts && resource.in_force().is_some()) {
                    Some(resource) => {
                        dcat::policy_of_authorization(namer, &resource.provider, &found)
                    }
                    None => Vec::new(),
                }
            }
            Some(_) | None => Vec::new(),
        };
        text += &format.nodes(&nodes, true);
    }
    let is_last = ids.len() < limits::EXPORT_PAGE;
    let next = ids.into_iter().next_back();
    Ok((text, next.filter(|_| !is_last)))
}
