//! The shapes of what is sent in JSON. They are read leniently (AuthZEN has whoever decides ignore what
//! it does not know), so the types that read them do not say all that may be there.

use serde_json::{Value, json};

/// The shapes by name.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let properties = |says: &str| json!({ "type": ["object", "null"], "description": says });
    let context = json!({ "type": ["object", "null"], "description": "What else is said", "properties": {
        "at": { "type": ["string", "null"], "description": "The point of the chain that is judged: a height, or an RFC 3339 time with offset; now when left out" },
        "purpose": { "type": ["string", "null"], "description": "As the action's property of that name, which goes first" },
    } });
    let evaluation = json!({ "type": "object",
        "required": ["subject", "action", "resource"],
        "properties": { "subject": some("AccessEntity"), "action": some("AccessAction"), "resource": some("AccessEntity"), "context": some("AccessContext") },
    });
    let search = |required: &[&str]| {
        json!({ "type": "object", "required": required, "properties": {
            "subject": some("AccessEntity"), "action": some("AccessAction"), "resource": some("AccessEntity"),
            "context": some("AccessContext"), "page": some("AccessPage"),
        } })
    };
    vec![
        (
            "AccessEntity",
            json!({ "type": "object", "required": ["type"], "properties": {
            "type": { "type": "string", "description": "`department` for a subject; `field` or `resource` for what is read", "examples": ["department", "field", "resource"] },
            "id": { "type": ["string", "null"], "description": "A department's id, an entry's code, or the code with `#` and a field's number; left out for what a search looks for" },
            "properties": properties("A resource's `field` is the number of one of its fields"),
        } }),
        ),
        (
            "AccessAction",
            json!({ "type": "object", "required": ["name"], "properties": {
            "name": { "type": "string", "description": "`read`; any other is denied" },
            "properties": properties("`purpose` says what for, by its code in the parameters. Without it what was granted for any purpose is allowed"),
        } }),
        ),
        ("AccessContext", context),
        (
            "AccessPage",
            json!({ "type": ["object", "null"], "properties": {
            "token": { "type": ["string", "null"], "description": "`next_token` of the answer before" },
            "limit": { "type": ["integer", "null"], "minimum": 1 },
        } }),
        ),
        ("AccessEvaluation", evaluation),
        (
            "AccessEvaluations",
            json!({ "type": "object", "properties": {
            "subject": some("AccessEntity"), "action": some("AccessAction"), "resource": some("AccessEntity"), "context": some("AccessContext"),
            "options": { "type": ["object", "null"], "properties": { "evaluations_semantic": { "type": "string",
                "enum": ["execute_all", "deny_on_first_deny", "permit_on_first_permit"] } } },
            "evaluations": { "type": ["array", "null"], "maxItems": crate::limits::QUESTIONS_MAX, "description": "Questions; what one of them leaves out is taken from above",
                "items": { "anyOf": [{ "type": "object", "properties": {
                    "subject": some("AccessEntity"), "action": some("AccessAction"), "resource": some("AccessEntity"), "context": some("AccessContext"),
                } }, {}] } },
        } }),
        ),
        ("SubjectSearch", search(&["subject", "action", "resource"])),
        ("ResourceSearch", search(&["subject", "action", "resource"])),
        (
            "ActionSearch",
            json!({ "type": "object", "required": ["subject", "resource"], "properties": {
            "subject": some("AccessEntity"), "resource": some("AccessEntity"),
            "context": some("AccessContext"), "page": some("AccessPage"),
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
                        "sequence": { "type": ["integer", "string"], "minimum": 0, "description": "The key's next number (`GET /keys/{public_key}`)" },
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

/// A shape where another is no fault of the whole: what can be read of it counts, or the question that it belongs to is
/// answered with what is wrong.
fn some(name: &str) -> Value {
    json!({ "anyOf": [of(name), {}] })
}

fn hex(digits: usize, says: &str) -> Value {
    let pattern = format!("^[0-9a-f]{{{digits}}}$");
    json!({ "type": "string", "pattern": pattern, "description": says })
}
