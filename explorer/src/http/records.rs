//! Proposals, bindings, use, objections, findings, demands, obligations; clocks, scores, versions.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{MethodRouter, get};
use dirchain_ledger::ids::{DepartmentId, ResourceCode, SharingId};
use dirchain_ledger::records::{RecordId, RecordKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use serde_json::{Value, json};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::chain::{AtQuery, ListQuery};
use super::extract::{Answer, Params, Place, point, slice};
use crate::api::{
    DeadlinesAnswer, DifferenceAnswer, InboxAnswer, Page, Problem, RecordAnswer, RecordItem,
    ScoresAnswer, UseSpansAnswer, VersionAnswer,
};
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::Reading;

type Answered<T> = Result<Answer<T>, Problem>;

/// The routes. What is numbered within a resource stands below its code, what a department or
/// resource is named by below that.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    let mut routes = OpenApiRouter::new()
        .routes(routes!(deadlines))
        .routes(routes!(inbox))
        .routes(routes!(scores))
        .routes(routes!(spans))
        .routes(routes!(version))
        .routes(routes!(difference));
    for kind in &KINDS {
        routes = kind.routes(routes);
    }
    let components = routes.get_openapi_mut().components.get_or_insert_default();
    let mut schemas = Vec::new();
    RecordAnswer::schemas(&mut schemas);
    Page::<RecordItem>::schemas(&mut schemas);
    schemas.push((RecordAnswer::name().into(), RecordAnswer::schema()));
    schemas.push((
        Page::<RecordItem>::name().into(),
        Page::<RecordItem>::schema(),
    ));
    components.schemas.extend(schemas);
    routes
}

/// How one record of a kind is named.
#[derive(Copy, Clone)]
pub(crate) enum Id {
    /// By a text of its own.
    Text(TextId),
    /// By a number within a resource.
    Number(fn(SharingId) -> RecordId),
}

/// An id that is a text: how it is read, and for its documentation its form and one of them.
#[derive(Copy, Clone)]
pub(crate) struct TextId {
    pub(crate) read: fn(&str) -> Result<RecordId, Problem>,
    pattern: &'static str,
    example: &'static str,
}

const fn text(
    read: fn(&str) -> Result<RecordId, Problem>,
    pattern: &'static str,
    example: &'static str,
) -> Id {
    Id::Text(TextId {
        read,
        pattern,
        example,
    })
}

/// The form of codes that somebody chose.
pub(super) const CODE: &str = r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,63}$";
/// The form of a use's id.
const USE: &str = r"^[0-9]{6,30}/[0-9]{6}/[1-9][0-9]{0,8}:[A-Z][A-Z0-9.\-]{0,31}:(owner|none|[va][1-9][0-9]{0,8})$";
/// The form of the id of one window of it.
const WINDOW: &str = r"^[0-9]{6,30}/[0-9]{6}/[1-9][0-9]{0,8}:[A-Z][A-Z0-9.\-]{0,31}:(owner|none|[va][1-9][0-9]{0,8}):[1-9][0-9]{0,14}$";

/// A kind of record: what its addresses are called, and which there are beside the list of all.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) kind: RecordKind,
    /// What one is called.
    one: &'static str,
    pub(crate) id: Id,
    /// Whether there are lists of those of a resource, and of a department.
    pub(crate) of_resource: bool,
    pub(crate) of_department: bool,
}

const fn kind(name: &'static str, kind: RecordKind, one: &'static str, id: Id) -> Kind {
    Kind {
        name,
        kind,
        one,
        id,
        of_resource: true,
        of_department: true,
    }
}

/// The kinds of record that have addresses of their own; the pages have the same.
pub(crate) static KINDS: [Kind; 10] = [
    kind(
        "proposals",
        RecordKind::Proposal,
        "proposal",
        text(
            |id| named(id).map(RecordId::Proposal),
            r"^[A-Z][A-Z0-9.\-]{0,31}/[1-9][0-9]{0,8}$",
            "D001/7",
        ),
    ),
    Kind {
        of_department: false,
        ..kind(
            "bindings",
            RecordKind::Binding,
            "binding",
            Id::Number(RecordId::Binding),
        )
    },
    kind(
        "usage",
        RecordKind::Usage,
        "series of use",
        text(
            |id| named(id).map(|id| RecordId::Usage(Box::new(id))),
            USE,
            "103001/000001/1:D005:a3",
        ),
    ),
    kind(
        "receipts",
        RecordKind::ReceiptBatch,
        "batch of receipts",
        text(
            |id| named(id).map(|id| RecordId::ReceiptBatch(Box::new(id))),
            WINDOW,
            "103001/000001/1:D005:a3:1767225600000",
        ),
    ),
    kind(
        "ratings",
        RecordKind::Rating,
        "rating",
        text(
            |id| named(id).map(|id| RecordId::Rating(Box::new(id))),
            WINDOW,
            "103001/000001/1:D005:a3:1767225600000",
        ),
    ),
    kind(
        "objections",
        RecordKind::Objection,
        "objection",
        Id::Number(RecordId::Objection),
    ),
    kind(
        "obligations",
        RecordKind::Obligation,
        "obligation to share",
        Id::Number(RecordId::Obligation),
    ),
    kind(
        "findings",
        RecordKind::Finding,
        "finding",
        text(|id| named(id).map(RecordId::Finding), CODE, "JC-2026-01"),
    ),
    Kind {
        of_resource: false,
        ..kind(
            "demands",
            RecordKind::Demand,
            "demand",
            text(|id| named(id).map(RecordId::Demand), CODE, "X-D012-2026-01"),
        )
    },
    Kind {
        of_resource: false,
        of_department: false,
        ..kind(
            "elements",
            RecordKind::DataElement,
            "data element",
            text(|id| named(id).map(RecordId::DataElement), CODE, "DE00001"),
        )
    },
];

/// An id as a path writes it.
fn named<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let parsed = T::deserialize(StrDeserializer::<serde::de::value::Error>::new(text));
    parsed.map_err(|error| ProblemKind::BadPath.with(error.to_string()))
}

impl Kind {
    /// The kind's addresses, each with its documentation.
    fn routes(&'static self, routes: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
        let Self { name, one, .. } = self;
        let mut routes = match self.id {
            Id::Number(id) => {
                let read = move |app, Place((resource, number)), query| {
                    let id = id(SharingId { resource, number });
                    record(app, id, query)
                };
                let path = format!("/{name}/{{resource}}/{{number}}");
                with(
                    routes,
                    &path,
                    &format!("One {one}"),
                    Shape::One(None),
                    get(read),
                )
            }
            Id::Text(id) => {
                let read = move |app, Place(text): Place<String>, query| async move {
                    record(app, (id.read)(&text)?, query).await
                };
                let path = format!("/{name}/{{id}}");
                with(
                    routes,
                    &path,
                    &format!("One {one}"),
                    Shape::One(Some(id)),
                    get(read),
                )
            }
        };
        let read = move |app, query| listed(app, None, self.kind, query);
        let says = format!("Every {one}");
        routes = with(routes, &format!("/{name}"), &says, Shape::Many, get(read));
        if self.of_resource {
            let read = move |app, Place(code), query| {
                listed(app, Some(RecordId::Resource(code)), self.kind, query)
            };
            let path = format!("/resources/{{code}}/{name}");
            let says = format!("Every {one} of an entry");
            routes = with(routes, &path, &says, Shape::Many, get(read));
        }
        if self.of_department {
            let read = move |app, Place(id), query| {
                listed(app, Some(RecordId::Department(id)), self.kind, query)
            };
            let path = format!("/departments/{{id}}/{name}");
            let says = format!("Every {one} that names a department");
            routes = with(routes, &path, &says, Shape::Many, get(read));
        }
        routes
    }
}

/// What an address of records answers.
#[derive(Copy, Clone)]
enum Shape {
    /// One record, by a text or by a number within a resource.
    One(Option<TextId>),
    Many,
}

/// Adds an address of records with its documentation.
fn with(
    routes: OpenApiRouter<Arc<App>>,
    path: &str,
    says: &str,
    shape: Shape,
    handler: MethodRouter<Arc<App>>,
) -> OpenApiRouter<Arc<App>> {
    let (schema, example, query): (_, _, &[&str]) = match shape {
        Shape::One(_) => (RecordAnswer::name(), "Record", &["at"]),
        Shape::Many => (
            Page::<RecordItem>::name(),
            "Records",
            &["limit", "cursor", "at"],
        ),
    };
    let id = match shape {
        Shape::One(id) => id,
        Shape::Many => None,
    };
    let named = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let place = named.map(|name| {
        let schema = match (name, path.starts_with("/departments/")) {
            ("code" | "resource", _) => json!({ "$ref": "#/components/schemas/ResourceCode" }),
            ("id", true) => json!({ "$ref": "#/components/schemas/DepartmentId" }),
            ("number", _) => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
            _ => id.map_or_else(
                || json!({ "type": "string" }),
                |id| json!({ "type": "string", "pattern": id.pattern, "examples": [id.example] }),
            ),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    // What these mean is said in one place for all addresses, `openapi.rs`.
    let query = query.iter().map(|name| {
        json!({ "name": name, "in": "query", "required": false, "schema": { "type": "string" } })
    });
    let parameters: Vec<Value> = place.chain(query).collect();
    let operation = json!({ "get": {
        "tags": ["records"],
        "summary": says,
        "parameters": parameters,
        "responses": { "200": {
            "description": "The answer",
            "content": { "application/json": {
                "schema": { "$ref": format!("#/components/schemas/{schema}") },
                "examples": { "one": { "$ref": format!("#/components/examples/{example}") } },
            } },
        } },
    } });
    let mut routes = routes.route(path, handler);
    match serde_json::from_value(operation) {
        Ok(item) => {
            let paths = &mut routes.get_openapi_mut().paths.paths;
            paths.insert(path.to_owned(), item);
        }
        Err(error) => tracing::error!(%error, path, "an address is not documented"),
    }
    routes
}

async fn record(
    State(app): State<Arc<App>>,
    id: RecordId,
    Params(query): Params<AtQuery>,
) -> Answered<RecordAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.record(&id);
    app.read(read).await.map(Answer)
}

/// The records of a kind: all of them, or those that name a record.
async fn listed(
    State(app): State<Arc<App>>,
    target: Option<RecordId>,
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
    let slice = slice.narrowed(&(&target, kind));
    let read = move |directory: &dyn Directory| {
        let reading = Reading::of_slice(directory, at, &slice)?;
        match &target {
            Some(target) => reading.records_of(target, kind, &slice),
            None => reading.records(kind, &slice),
        }
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeadlinesQuery {
    department: Option<DepartmentId>,
    #[serde(default)]
    late: bool,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Who owes an answer, since when, how late: everybody, or a department with its sub-units.
#[utoipa::path(get, path = "/deadlines", tag = "records", params(DeadlinesQuery), responses((status = 200, description = "The answer", body = DeadlinesAnswer)))]
async fn deadlines(
    State(app): State<Arc<App>>,
    Params(query): Params<DeadlinesQuery>,
) -> Answered<DeadlinesAnswer> {
    let at = point(query.at.as_deref())?;
    let (usual, most) = (limits::LIMIT_DEFAULT, limits::LIMIT_MAX);
    let slice = slice(query.limit, query.cursor.as_deref(), usual, most)?;
    let slice = slice.narrowed(&(&query.department, query.late));
    let read = move |directory: &dyn Directory| {
        let (reading, board) = Reading::worked_out_in(directory, at, &slice)?;
        reading.deadlines(&board, query.department.as_ref(), query.late, &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    department: DepartmentId,
    limit: Option<usize>,
    at: Option<String>,
}

/// What awaits a department.
#[utoipa::path(get, path = "/inbox", tag = "records", params(InboxQuery), responses((status = 200, description = "The answer", body = InboxAnswer)))]
async fn inbox(
    State(app): State<Arc<App>>,
    Params(query): Params<InboxQuery>,
) -> Answered<InboxAnswer> {
    let at = point(query.at.as_deref())?;
    let limit = slice(query.limit, None, limits::LIMIT_DEFAULT, limits::LIMIT_MAX)?.limit;
    let read = move |directory: &dyn Directory| {
        let (reading, board) = Reading::worked_out(directory, at)?;
        reading.inbox(&board, &query.department, limit)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ScoresQuery {
    /// Only this department and its sub-units; ranks count all.
    department: Option<DepartmentId>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// How departments score.
#[utoipa::path(get, path = "/scores", tag = "records", params(ScoresQuery), responses((status = 200, description = "The answer", body = ScoresAnswer)))]
async fn scores(
    State(app): State<Arc<App>>,
    Params(query): Params<ScoresQuery>,
) -> Answered<ScoresAnswer> {
    let at = point(query.at.as_deref())?;
    let (usual, most) = (limits::LIMIT_DEFAULT, limits::LIMIT_MAX);
    let slice = slice(query.limit, query.cursor.as_deref(), usual, most)?;
    let slice = slice.narrowed(&("scores", &query.department));
    let read = move |directory: &dyn Directory| {
        let (reading, ranking) = Reading::worked_out_in(directory, at, &slice)?;
        reading.scores(&ranking, query.department.as_ref(), &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SpansQuery {
    reader: DepartmentId,
    at: Option<String>,
}

/// When a reader might use which fields, on what basis.
#[utoipa::path(get, path = "/resources/{code}/use-spans", tag = "records", params(("code" = ResourceCode, Path), SpansQuery), responses((status = 200, description = "The answer", body = UseSpansAnswer)))]
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
#[utoipa::path(get, path = "/resources/{code}/versions/{version}", tag = "records", params(("code" = ResourceCode, Path), ("version" = u32, Path), AtQuery), responses((status = 200, description = "The answer", body = VersionAnswer)))]
async fn version(
    State(app): State<Arc<App>>,
    Place((code, number)): Place<(ResourceCode, u32)>,
    Params(query): Params<AtQuery>,
) -> Answered<VersionAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.version(&code, number);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DifferenceQuery {
    from: Option<u32>,
    to: Option<u32>,
    at: Option<String>,
}

/// What differs between two versions, or a version and the draft.
#[utoipa::path(get, path = "/resources/{code}/difference", tag = "records", params(("code" = ResourceCode, Path), DifferenceQuery), responses((status = 200, description = "The answer", body = DifferenceAnswer)))]
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
