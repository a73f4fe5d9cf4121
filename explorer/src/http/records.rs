//! Proposals, bindings, use, objections, findings, demands, obligations; clocks, scores, versions.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use dirchain_ledger::ids::{
    DemandId, DepartmentId, ElementCode, FindingId, ProposalId, ResourceCode, SharingId,
};
use dirchain_ledger::records::{BatchId, RecordId, RecordKind, UsageId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::App;
use super::chain::AtQuery;
use super::extract::{Answer, Params, Place, point, slice};
use crate::api::{
    DeadlinesAnswer, DifferenceAnswer, InboxAnswer, Page, Problem, RecordAnswer, RecordItem,
    ScoresAnswer, UseSpansAnswer, VersionAnswer,
};
use crate::directory::Directory;
use crate::limits;
use crate::reading::Reading;

type Answered<T> = Result<Answer<T>, Problem>;

/// The routes. What is numbered within a resource stands below its code, what a department or
/// resource is named by below that.
pub(super) fn routes() -> Router<Arc<App>> {
    let mut routes = Router::new()
        .route("/deadlines", get(deadlines))
        .route("/inbox", get(inbox))
        .route("/scores", get(scores))
        .route("/resources/{code}/use-spans", get(spans))
        .route("/resources/{code}/versions/{version}", get(version))
        .route("/resources/{code}/difference", get(difference))
        .route("/usage/{id}", get(one::<UsageId>))
        .route("/receipts/{id}", get(one::<Receipts>))
        .route("/ratings/{id}", get(one::<Ratings>))
        .route("/elements/{id}", get(one::<ElementCode>))
        .route("/findings/{id}", get(one::<FindingId>))
        .route("/demands/{id}", get(one::<DemandId>))
        .route("/proposals/{id}", get(one::<ProposalId>))
        .route("/proposals", get(all::<ProposalId>))
        .route("/elements", get(all::<ElementCode>))
        .route("/findings", get(all::<FindingId>))
        .route("/demands", get(all::<DemandId>));
    for (name, kind) in NUMBERED {
        let read = move |app, place, query| numbered(app, kind, place, query);
        routes = routes.route(&format!("/{name}/{{resource}}/{{number}}"), get(read));
    }
    for (name, kind) in OF_RESOURCE {
        let read = move |app, Place(code): Place<ResourceCode>, query| {
            listed(app, RecordId::Resource(code), kind, query)
        };
        routes = routes.route(&format!("/resources/{{code}}/{name}"), get(read));
    }
    for (name, kind) in OF_DEPARTMENT {
        let read = move |app, Place(id): Place<DepartmentId>, query| {
            listed(app, RecordId::Department(id), kind, query)
        };
        routes = routes.route(&format!("/departments/{{id}}/{name}"), get(read));
    }
    routes
}

const NUMBERED: [(&str, RecordKind); 3] = [
    ("bindings", RecordKind::Binding),
    ("objections", RecordKind::Objection),
    ("obligations", RecordKind::Obligation),
];

const OF_RESOURCE: [(&str, RecordKind); 8] = [
    ("proposals", RecordKind::Proposal),
    ("bindings", RecordKind::Binding),
    ("usage", RecordKind::Usage),
    ("receipts", RecordKind::ReceiptBatch),
    ("ratings", RecordKind::Rating),
    ("objections", RecordKind::Objection),
    ("obligations", RecordKind::Obligation),
    ("findings", RecordKind::Finding),
];

const OF_DEPARTMENT: [(&str, RecordKind); 8] = [
    ("proposals", RecordKind::Proposal),
    ("usage", RecordKind::Usage),
    ("receipts", RecordKind::ReceiptBatch),
    ("ratings", RecordKind::Rating),
    ("objections", RecordKind::Objection),
    ("findings", RecordKind::Finding),
    ("demands", RecordKind::Demand),
    ("obligations", RecordKind::Obligation),
];

/// An id that stands alone in a path.
trait Named: DeserializeOwned + Send + 'static {
    /// The kind of record that it names.
    const KIND: RecordKind;

    /// The record's id.
    fn id(self) -> RecordId;
}

/// The id of a batch of receipts.
#[derive(Deserialize)]
#[serde(transparent)]
struct Receipts(BatchId);

/// The id of a rating: its batch's.
#[derive(Deserialize)]
#[serde(transparent)]
struct Ratings(BatchId);

macro_rules! named {
    ($($name:ident, $kind:ident, |$id:ident| $record:expr;)*) => {$(
        impl Named for $name {
            const KIND: RecordKind = RecordKind::$kind;
            fn id(self) -> RecordId {
                let $id = self;
                $record
            }
        }
    )*};
}

named! {
    UsageId, Usage, |id| RecordId::Usage(Box::new(id));
    Receipts, ReceiptBatch, |id| RecordId::ReceiptBatch(Box::new(id.0));
    Ratings, Rating, |id| RecordId::Rating(Box::new(id.0));
    ElementCode, DataElement, |id| RecordId::DataElement(id);
    FindingId, Finding, |id| RecordId::Finding(id);
    DemandId, Demand, |id| RecordId::Demand(id);
    ProposalId, Proposal, |id| RecordId::Proposal(id);
}

async fn one<T: Named>(
    State(app): State<Arc<App>>,
    Place(id): Place<T>,
    Params(query): Params<AtQuery>,
) -> Answered<RecordAnswer> {
    let at = point(query.at.as_deref())?;
    let id = id.id();
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.record(&id);
    app.read(read).await.map(Answer)
}

async fn numbered(
    State(app): State<Arc<App>>,
    kind: RecordKind,
    Place((resource, number)): Place<(ResourceCode, u32)>,
    Params(query): Params<AtQuery>,
) -> Answered<RecordAnswer> {
    let at = point(query.at.as_deref())?;
    let id = SharingId { resource, number };
    let id = match kind {
        RecordKind::Objection => RecordId::Objection(id),
        RecordKind::Obligation => RecordId::Obligation(id),
        _ => RecordId::Binding(id),
    };
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.record(&id);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

async fn listed(
    State(app): State<Arc<App>>,
    target: RecordId,
    kind: RecordKind,
    Params(query): Params<ListQuery>,
) -> Answered<Page<RecordItem>> {
    let at = point(query.at.as_deref())?;
    let cursor = query.cursor.as_deref();
    let slice = slice(
        query.limit,
        cursor,
        limits::LIMIT_DEFAULT,
        limits::LIMIT_MAX,
    )?;
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.records_of(&target, kind, &slice)
    };
    app.read(read).await.map(Answer)
}

async fn all<T: Named>(
    State(app): State<Arc<App>>,
    Params(query): Params<ListQuery>,
) -> Answered<Page<RecordItem>> {
    let at = point(query.at.as_deref())?;
    let cursor = query.cursor.as_deref();
    let slice = slice(
        query.limit,
        cursor,
        limits::LIMIT_DEFAULT,
        limits::LIMIT_MAX,
    )?;
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.records(T::KIND, &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadlinesQuery {
    department: Option<DepartmentId>,
    #[serde(default)]
    late: bool,
    limit: Option<usize>,
    at: Option<String>,
}

/// Who owes an answer, since when, how late.
async fn deadlines(
    State(app): State<Arc<App>>,
    Params(query): Params<DeadlinesQuery>,
) -> Answered<DeadlinesAnswer> {
    let at = point(query.at.as_deref())?;
    let limit = slice(query.limit, None, limits::LIMIT_DEFAULT, limits::LIMIT_MAX)?.limit;
    let read = move |directory: &dyn Directory| {
        Reading::at(directory, at)?.deadlines(query.department.as_ref(), query.late, limit)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    department: DepartmentId,
    limit: Option<usize>,
    at: Option<String>,
}

/// What awaits a department.
async fn inbox(
    State(app): State<Arc<App>>,
    Params(query): Params<InboxQuery>,
) -> Answered<InboxAnswer> {
    let at = point(query.at.as_deref())?;
    let limit = slice(query.limit, None, limits::LIMIT_DEFAULT, limits::LIMIT_MAX)?.limit;
    let read = move |directory: &dyn Directory| {
        Reading::at(directory, at)?.inbox(&query.department, limit)
    };
    app.read(read).await.map(Answer)
}

/// How departments score.
async fn scores(
    State(app): State<Arc<App>>,
    Params(query): Params<AtQuery>,
) -> Answered<ScoresAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.scores();
    app.read(read).await.map(Answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpansQuery {
    reader: DepartmentId,
    at: Option<String>,
}

/// When a reader might use which fields, on what basis.
async fn spans(
    State(app): State<Arc<App>>,
    Place(code): Place<ResourceCode>,
    Params(query): Params<SpansQuery>,
) -> Answered<UseSpansAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| {
        Reading::at(directory, at)?.use_spans(&code, &query.reader)
    };
    app.read(read).await.map(Answer)
}

/// What a version said.
async fn version(
    State(app): State<Arc<App>>,
    Place((code, number)): Place<(ResourceCode, u32)>,
    Params(query): Params<AtQuery>,
) -> Answered<VersionAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.version(&code, number);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceQuery {
    from: Option<u32>,
    to: Option<u32>,
    at: Option<String>,
}

/// What differs between two versions, or a version and the draft.
async fn difference(
    State(app): State<Arc<App>>,
    Place(code): Place<ResourceCode>,
    Params(query): Params<DifferenceQuery>,
) -> Answered<DifferenceAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| {
        Reading::at(directory, at)?.difference(&code, query.from, query.to)
    };
    app.read(read).await.map(Answer)
}
