//! The shapes of what is sent in JSON. Members that nobody knows are ignored in questions (AuthZEN asks
//! for it); those that are known are read as strictly as they are described here.

use serde_json::{Value, json};

use super::openapi::AT;
use super::records::CODE;

/// The shapes by name.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let at = |says: &str| json!({ "anyOf": [{ "type": "string", "pattern": format!("^({AT})$") }, { "type": "integer", "minimum": 0 }], "description": says });
    let purpose = |says: &str| json!({ "type": "string", "pattern": CODE, "description": says });
    let maybe = |members: Value| json!({ "type": ["object", "null"], "properties": members });
    let kind = json!({ "type": "string", "description": "`department` for a subject; `field` or `resource` for what is read", "examples": ["department", "field", "resource"] });
    let id = |types: Value| json!({ "type": types, "description": "A department's id, an entry's code, or the code with `#` and a field's number; left out for what a search looks for" });
    let properties = maybe(json!({ "field": {
        "anyOf": [{ "type": "integer", "minimum": 0, "maximum": u16::MAX }, { "type": "string", "pattern": "^[0-9]{1,4}$" }],
        "description": "A resource's `field` is the number of one of its fields",
    } }));
    let any_properties = json!({ "type": ["object", "null"] });
    let entity = |id: &Value, properties: &Value, required: &[&str]| json!({ "type": "object", "required": required, "properties": { "type": kind.clone(), "id": id, "properties": properties } });
    let (named, sought) = (id(json!("string")), id(json!(["string", "null"])));
    let search = |subject: &str, resource: &str, required: &[&str]| {
        json!({ "type": "object", "required": required, "properties": {
            "subject": of(subject), "action": of("AccessAction"), "resource": of(resource),
            "context": of("AccessContext"), "page": of("AccessPage"),
        } })
    };
    let all = ["subject", "action", "resource"];
    let common =
        |name: &str| json!({ "description": format!("The {name} of questions that name none") });
    vec![
        (
            "AccessSubject",
            entity(&named, &any_properties, &["type", "id"]),
        ),
        (
            "AccessResource",
            entity(&named, &properties, &["type", "id"]),
        ),
        (
            "AccessSoughtSubject",
            entity(&sought, &any_properties, &["type"]),
        ),
        (
            "AccessSoughtResource",
            entity(&sought, &any_properties, &["type"]),
        ),
        (
            "AccessAction",
            json!({ "type": "object", "required": ["name"], "properties": {
            "name": { "type": "string", "description": "`read`; any other is denied" },
            "properties": maybe(json!({ "purpose": purpose("`purpose` says what for, by its code in the parameters. Without it what was granted for any purpose is allowed") })),
        } }),
        ),
        (
            "AccessContext",
            json!({ "type": ["object", "null"], "description": "What else is said", "properties": {
            "at": at("The point of the chain that is judged: a height, or an RFC 3339 time with offset; now when left out"),
            "purpose": purpose("As the action's property of that name, which goes first"),
        } }),
        ),
        (
            "AccessPage",
            json!({ "type": ["object", "null"], "properties": {
            "token": { "type": ["string", "null"], "description": "`next_token` of the answer before" },
            "limit": { "type": ["integer", "null"], "minimum": 1, "maximum": crate::limits::LIMIT_MAX },
        } }),
        ),
        (
            "AccessEvaluation",
            json!({ "type": "object", "required": all, "properties": {
            "subject": of("AccessSubject"), "action": of("AccessAction"), "resource": of("AccessResource"), "context": of("AccessContext"),
        } }),
        ),
        (
            "AccessEvaluations",
            json!({ "type": "object", "required": ["evaluations"],
            "description": "What one of the questions leaves out is taken from `subject`, `action`, `resource` and `context` beside them. Without questions the whole is one",
            "properties": {
            "subject": common("subject"), "action": common("action"), "resource": common("resource"), "context": common("context"),
            "options": { "type": ["object", "null"], "properties": { "evaluations_semantic": { "type": "string",
                "enum": ["execute_all", "deny_on_first_deny", "permit_on_first_permit"] } } },
            "evaluations": { "type": "array", "minItems": 1, "maxItems": crate::limits::QUESTIONS_MAX, "description": "Questions; one that is none is answered no, with what is wrong",
                "items": { "anyOf": [{ "type": "object", "properties": {
                    "subject": of("AccessSubject"), "action": of("AccessAction"), "resource": of("AccessResource"), "context": of("AccessContext"),
                } }, {}] } },
        } }),
        ),
        (
            "SubjectSearch",
            search("AccessSoughtSubject", "AccessResource", &all),
        ),
        (
            "ResourceSearch",
            search("AccessSubject", "AccessSoughtResource", &all),
        ),
        (
            "ActionSearch",
            json!({ "type": "object", "required": ["subject", "resource"], "properties": {
            "subject": of("AccessSubject"), "resource": of("AccessResource"),
            "context": of("AccessContext"), "page": of("AccessPage"),
        } }),
        ),
        (
            "SignedTransaction",
            json!({ "type": "object",
            "description": "A transaction as its author signed it. What is signed is a tag of 32 bytes (`dirchain/v1/transaction`, filled with zeros) and the envelope's encoding: its members in their order, integers little-endian of fixed width, with Ed25519",
            "required": ["envelope", "signature", "actions"],
            "properties": {
                "envelope": { "type": "object",
                    "required": ["chain", "author", "sequence", "not_after", "action_count", "actions_root"],
                    "properties": {
                        "chain": hex(64, "The chain's id"),
                        "author": hex(64, "The author's public key"),
                        "sequence": { "type": "integer", "minimum": 0, "description": "The key's next number (`GET /keys/{public_key}`)" },
                        "not_after": { "type": "integer", "description": "The last instant at which a block may take it, in milliseconds since 1970; at most a day ahead" },
                        "action_count": { "type": "integer", "minimum": 1 },
                        "actions_root": hex(64, "The Merkle root over the actions' leaves"),
                    } },
                "signature": hex(128, "The signature"),
                "actions": { "type": "array", "minItems": 1, "items": of("Action") },
            } }),
        ),
        (
            "Action",
            json!({ "type": "object", "required": ["action"], "description": "One action, by its name with its own members, as `GET /transactions/{id}` shows those of a transaction", "examples": [{ "action": "submit_resource", "code": "307001024/000001", "revision": 1 }] }),
        ),
        (
            "RehearsalQuestion",
            json!({ "type": "object", "required": ["author", "transactions"], "properties": {
            "author": hex(64, "The public key that would sign"),
            "transactions": { "type": "array", "items": { "type": "array", "items": of("Action") }, "description": "The actions of each transaction, in the order of submission" },
            "losses": { "type": "boolean", "default": false, "description": "Whether to tell who would lose what" },
        } }),
        ),
    ]
}

/// The shape of an operation's body.
pub(super) fn shape_of(operation: &str) -> Option<Value> {
    let name = match operation {
        "post_access_v1_evaluation" => "AccessEvaluation",
        "post_access_v1_evaluations" => "AccessEvaluations",
        "post_access_v1_search_subject" => "SubjectSearch",
        "post_access_v1_search_resource" => "ResourceSearch",
        "post_access_v1_search_action" => "ActionSearch",
        "post_transactions" => "SignedTransaction",
        "post_rehearsals" => "RehearsalQuestion",
        _ => return None,
    };
    Some(of(name))
}

fn of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn hex(digits: usize, says: &str) -> Value {
    let pattern = format!("^[0-9a-f]{{{digits}}}$");
    json!({ "type": "string", "pattern": pattern, "description": says })
}
