//! The interface's documentation, OpenAPI 3.1: from the handlers and the shapes of their answers,
//! with what they all have in common, and examples that a test holds to be real answers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;
use utoipa::openapi::OpenApi;

use super::envelope::tag_of;
use super::{App, bodies};
use crate::api::{Direction, PROBLEM_TYPE_PREFIX};
use crate::limits;
use crate::problem::ProblemKind;

/// Answers of the handlers over a prepared ledger, by operation.
const EXAMPLES: &str = include_str!("examples.json");

const ABOUT: &str = "Who owns each data resource, who may read it and on what basis, of a directory chain. \
Every answer says for which block it holds (`as_of`, and the header `X-Chain-Height` for the node's newest block). \
`at` is a height or an RFC 3339 time with offset and stands for the newest block when left out. \
Lists go on with `cursor`, which keeps the height that the list began at. \
A parameter that an address does not know is an error. Integers above 2^53 - 1 are texts. \
Times are RFC 3339 with offset. A record or an action stands in an answer as the ledger holds it and as it is signed \
(`record`, `actions`, `content`, `parameters`): times within it are integers, milliseconds since 1970 in UTC. \
A slash within an id is written `%2F` in a path. \
An answer's `ETag`, sent back as `If-None-Match`, is answered 304 while nothing changed. \
Where the node's operator gave tokens, a request brings one as `Authorization: Bearer TOKEN`.";

/// The documentation, as JSON and as text.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) value: Value,
    pub(crate) text: String,
}

/// This documentation
///
/// OpenAPI 3.1, as the node serves it.
#[utoipa::path(get, path = "/openapi.json", tag = "node", responses((status = 200, description = "The document", body = Object)))]
pub(crate) async fn openapi(State(app): State<Arc<App>>) -> Response {
    let text = app.document().text.clone();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let tag = [(header::ETAG, tag_of(text.as_bytes()))];
    (headers, tag, text).into_response()
}

/// The document of the routes, with what all of them have in common.
pub(super) fn document(api: &OpenApi) -> Document {
    let mut value = serde_json::to_value(api).unwrap_or_default();
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    value["info"] = json!({
        "title": "Dirchain",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    value["servers"] = json!([{ "url": "/" }]);
    value["tags"] = json!([
        { "name": "directory", "description": "Departments, responsibilities, catalogue entries" },
        { "name": "sharing", "description": "Applications, authorizations, who may read" },
        { "name": "records", "description": "Proposals, bindings, use, objections, findings, demands, obligations as the ledger holds them; what is owed, scores, versions" },
        { "name": "chain", "description": "Blocks, transactions, keys, parameters, events" },
        { "name": "authzen", "description": "Decisions and searches by OpenID AuthZEN Authorization API 1.0. Subjects are departments, the action is `read` (its property `purpose` says what for), resources are entries (`resource`) and their fields (`field`, such as `103001/000001#3`); `context.at` names a height or time" },
        { "name": "evidence", "description": "Evidence files, which prove without any node, and the log of all block headers as a C2SP transparency log" },
        { "name": "node", "description": "This node and this documentation" },
    ]);
    value["components"]["examples"] = json!({
        "Record": { "value": examples["get_bindings_resource_number"] },
        "Records": { "value": examples["get_resources_code_bindings"] },
    });
    // A query's parameter refers to it, which the derived document does not follow.
    value["components"]["schemas"]["Direction"] = json!(Direction::schema());
    for (name, shape) in bodies::schemas() {
        value["components"]["schemas"][name] = shape;
    }
    value["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "Where the node's operator gave tokens; a browser sends it as the password" },
    });
    // Neither: a node may answer everybody.
    value["security"] = json!([{}, { "token": [] }]);
    exact_integers(&mut value);
    for (path, operations) in objects(&mut value["paths"]) {
        for (method, operation) in objects(operations) {
            complete(path, method, operation, &examples);
        }
    }
    problems(&mut value);
    let text = serde_json::to_string(&value).unwrap_or_default();
    Document { value, text }
}

fn objects(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// What every operation has: its problems, its headers, its example.
fn complete(path: &str, method: &str, operation: &mut Value, examples: &Value) {
    let id = operation_id(path, method);
    let example = examples.get(&id).cloned();
    operation["operationId"] = Value::from(id);
    let parameters = operation.get_mut("parameters");
    for parameter in parameters
        .into_iter()
        .filter_map(Value::as_array_mut)
        .flatten()
    {
        explain(path, parameter);
    }
    if let (Some(shape), Some(json)) = (
        bodies::shape_of(operation["operationId"].as_str().unwrap_or_default()),
        operation.pointer_mut("/requestBody/content/application~1json"),
    ) {
        json["schema"] = shape;
    }
    let bytes = operation.pointer_mut("/requestBody/content/application~1octet-stream");
    if let Some(bytes) = bytes {
        *bytes = json!({});
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        for (status, response) in responses.iter_mut() {
            response["headers"] = headers();
            if method == "get" && status == "200" {
                response["headers"]["ETag"] = json!({
                    "description": "A strong tag of the answer, for `If-None-Match`; some answers have none",
                    "schema": { "type": "string" },
                });
            }
            let json = response.pointer_mut("/content/application~1json");
            if let (Some(json), Some(example), true) = (json, &example, status.starts_with('2'))
                && json.get("examples").is_none()
            {
                json["example"] = example.clone();
            }
        }
        if method == "get" {
            let unchanged =
                json!({ "description": "`If-None-Match` names the answer's tag: nothing changed" });
            responses.insert("304".to_owned(), unchanged);
        }
        for range in ["4XX", "5XX"] {
            let problem = json!({ "$ref": "#/components/responses/Problem" });
            responses.insert(range.to_owned(), problem);
        }
    }
}

/// `get` of `/api/v1/departments/{id}` is `get_departments_id`.
fn operation_id(path: &str, method: &str) -> String {
    let rest = path.strip_prefix("/api/v1").unwrap_or(path);
    let words = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

fn headers() -> Value {
    json!({ "X-Chain-Height": {
        "description": "The height of the node's newest block",
        "schema": { "type": "integer", "minimum": 0 },
    } })
}

/// The form of a point of the chain: a height, or an RFC 3339 time with offset.
pub(super) const AT: &str = r"[0-9]{1,18}|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+\-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])";

/// What the parameters that many addresses take mean.
fn explain(path: &str, parameter: &mut Value) {
    let Some(name) = parameter["name"].as_str() else {
        return;
    };
    let reads_blocks = ["/history", "/acts", "/blocks"]
        .iter()
        .any(|end| path.ends_with(end));
    let (most, usual) = match reads_blocks {
        true => (limits::BLOCK_LIMIT_MAX, limits::BLOCK_LIMIT_DEFAULT),
        false if path.ends_with("/v1/search") => {
            (limits::SEARCH_LIMIT_MAX, limits::SEARCH_LIMIT_DEFAULT)
        }
        false => (limits::LIMIT_MAX, limits::LIMIT_DEFAULT),
    };
    let (says, schema) = match name {
        "at" => (
            "A height, or an RFC 3339 time with offset such as 2026-03-01T12:00:00+08:00; the newest block when left out",
            json!({ "type": "string", "pattern": format!("^({AT})?$"), "examples": ["5"] }),
        ),
        "limit" => (
            "Items at most",
            json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual }),
        ),
        "cursor" => (
            "`next_cursor` of the page before; it keeps the list at the height it began",
            json!({ "type": "string", "pattern": "^[0-9a-f]*$", "maxLength": limits::CURSOR_CHARS_MAX }),
        ),
        "text" => (
            "What a name or code holds, without regard to case",
            json!({ "type": "string", "maxLength": limits::TEXT_CHARS_MAX }),
        ),
        "wait_ms" => (
            "How long to wait for an outcome",
            json!({ "type": "integer", "minimum": 0, "maximum": limits::WAIT_MS_MAX }),
        ),
        _ => return,
    };
    parameter["description"] = Value::from(says);
    parameter["schema"] = schema;
}

/// Integers of 64 bits are texts where JavaScript would round them.
fn exact_integers(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("format").is_some_and(|format| format == "int64") {
                widen(object);
            }
            object.values_mut().for_each(exact_integers);
        }
        Value::Array(items) => items.iter_mut().for_each(exact_integers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn widen(object: &mut Map<String, Value>) {
    let mut types = match object.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => return,
    };
    types.push(Value::from("string"));
    let pattern = match object.get("minimum").and_then(Value::as_i64) {
        Some(0..) => "^(1[0-7][0-9]{18}|[1-9][0-9]{15,18})$",
        Some(_) | None => "^-?([1-8][0-9]{18}|[1-9][0-9]{15,17})$",
    };
    object.remove("format");
    object.insert("type".to_owned(), Value::from(types));
    object.insert("maximum".to_owned(), json!((1u64 << 53) - 1));
    object.insert("pattern".to_owned(), Value::from(pattern));
}

fn problems(document: &mut Value) {
    let kinds = ProblemKind::ALL.iter();
    let kinds = kinds.map(|kind| format!("{PROBLEM_TYPE_PREFIX}{}", kind.code()));
    let types: Vec<String> = kinds.collect();
    document["components"]["schemas"]["Problem"] = json!({
        "type": "object",
        "description": "What went wrong, and what to do (RFC 9457). Types are stable. With status 422 a rule refuses the transaction, and the type ends with the refusal's own code.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "examples": types },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string" },
            "detail_zh": { "type": "string", "description": "The detail in Chinese, where a rule refuses" },
            "rule": { "type": "string", "description": "The rule that refuses" },
        },
    });
    document["components"]["responses"] = json!({ "Problem": {
        "description": "A problem",
        "headers": headers(),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    } });
}
