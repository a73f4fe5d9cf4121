//! Which member of a JSON text is not what it should be: serde names the fault, and of what stands within
//! an action not the place.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Members of an object of which each is tried; the place in a larger one is the object itself.
const MEMBERS_TRIED_MAX: usize = 64;

/// What is wrong with a JSON text that is no `T`, with the place: `transactions[0][2].entry.level: …`.
pub(super) fn told<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> String {
    let fault = |value: &Value| {
        let read = serde_json::from_value::<T>(value.clone());
        read.err().map(|error| error.to_string())
    };
    let Some((whole, first)) = serde_json::from_slice(body).ok().and_then(|whole: Value| {
        let first = fault(&whole)?;
        Some((whole, first))
    }) else {
        // It is no JSON, or names a member twice: the parser says where.
        return error.to_string();
    };
    match place(whole, &first, &fault).as_str() {
        "" => first,
        place => format!("{place}: {first}"),
    }
}

/// Follows a fault down to the innermost value without which it is not there.
fn place(mut whole: Value, first: &str, fault: &dyn Fn(&Value) -> Option<String>) -> String {
    let (mut pointer, mut place) = (String::new(), String::new());
    loop {
        let next = match whole.pointer(&pointer) {
            Some(Value::Object(members)) => {
                let names: Vec<String> = members.keys().cloned().collect();
                member(&mut whole, &pointer, names, first, fault).map(|name| {
                    place += if place.is_empty() { "" } else { "." };
                    place += &name;
                    name.replace('~', "~0").replace('/', "~1")
                })
            }
            Some(Value::Array(_)) => {
                item(&mut whole, &pointer, first, fault).map(|(index, stands_at)| {
                    place += &format!("[{index}]");
                    stands_at.to_string()
                })
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => None,
        };
        match next {
            Some(next) => pointer += &format!("/{next}"),
            None => return place,
        }
    }
}

/// The member of an object without which the fault is another; none where the object itself is at fault.
fn member(
    whole: &mut Value,
    pointer: &str,
    names: Vec<String>,
    first: &str,
    fault: &dyn Fn(&Value) -> Option<String>,
) -> Option<String> {
    if names.len() > MEMBERS_TRIED_MAX || lacks(whole, pointer, first, fault) {
        return None;
    }
    let mut without = names.into_iter().filter(|name| {
        let taken = object(whole, pointer).and_then(|members| members.remove(name));
        let is_it = fault(whole).as_deref() != Some(first);
        if let (Some(members), Some(taken)) = (object(whole, pointer), taken) {
            members.insert(name.clone(), taken);
        }
        is_it
    });
    let (one, other) = (without.next()?, without.next());
    let Some(other) = other else {
        return Some(one);
    };
    // One of the two says of what kind the object is: without it the other is not looked at.
    match needs(whole, pointer, &one, &other, fault) {
        true => Some(one),
        false => Some(other),
    }
}

/// Whether a member alone in its object is not looked at for want of another.
fn needs(
    whole: &Value,
    pointer: &str,
    name: &str,
    other: &str,
    fault: &dyn Fn(&Value) -> Option<String>,
) -> bool {
    let mut alone = whole.clone();
    if let Some(members) = object(&mut alone, pointer) {
        members.retain(|member, _| member == name);
    }
    let missing = format!("missing field `{other}`");
    fault(&alone).is_some_and(|told| told.starts_with(&missing))
}

/// Whether it is this object that lacks the member which is missing somewhere.
fn lacks(
    whole: &mut Value,
    pointer: &str,
    first: &str,
    fault: &dyn Fn(&Value) -> Option<String>,
) -> bool {
    let missing = first.strip_prefix("missing field `");
    let Some(missing) = missing.and_then(|rest| rest.split('`').next()) else {
        return false;
    };
    match object(whole, pointer) {
        Some(members) if !members.contains_key(missing) => {
            members.insert(missing.to_owned(), Value::Null);
        }
        _ => return false,
    }
    let now = fault(whole);
    if let Some(members) = object(whole, pointer) {
        members.remove(missing);
    }
    let unknown = format!("unknown field `{missing}`");
    now.is_none_or(|now| now != first && !now.starts_with(&unknown))
}

fn object<'v>(
    whole: &'v mut Value,
    pointer: &str,
) -> Option<&'v mut serde_json::Map<String, Value>> {
    whole.pointer_mut(pointer)?.as_object_mut()
}

/// The item of an array that is at fault, and where it stands once the others are gone, which makes what
/// follows short; none where no item alone is.
fn item(
    whole: &mut Value,
    pointer: &str,
    first: &str,
    fault: &dyn Fn(&Value) -> Option<String>,
) -> Option<(usize, usize)> {
    let items = whole.pointer(pointer)?.as_array()?.clone();
    let mut fails = |kept: &[Value]| {
        if let Some(array) = whole.pointer_mut(pointer) {
            *array = Value::Array(kept.to_vec());
        }
        fault(whole).as_deref() == Some(first)
    };
    // The first `low` items are without the fault, the first `high` with it.
    let (mut low, mut high) = (0, items.len());
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        match fails(items.get(..middle)?) {
            true => high = middle,
            false => low = middle,
        }
    }
    match fails(items.get(low..high)?) {
        true => Some((low, 0)),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use serde_json::json;

    use super::*;
    use crate::api::RehearsalQuestion;

    fn says(question: &Value) -> String {
        let body = serde_json::to_vec(question).unwrap();
        let error = serde_json::from_slice::<RehearsalQuestion>(&body).expect_err("it is none");
        told::<RehearsalQuestion>(&body, &error)
    }

    fn question(actions: &Value) -> Value {
        json!({ "author": "ab".repeat(32), "transactions": [[], [actions]], "losses": false })
    }

    #[test]
    fn the_member_that_is_wrong_is_named_with_its_place() {
        let submit = |revision: Value| json!({ "action": "submit_resource", "code": "307001024/000001", "revision": revision });
        let draft = |field: Value| {
            let whole = json!({ "number": 1, "name": "一", "field_type": "C" });
            json!({
                "action": "draft_resource", "code": "307001024/000001", "provider": "D004", "revision": 1,
                "entry": { "name": "户籍", "fields": [whole, whole, field] },
            })
        };
        for (actions, place, what) in [
            (submit(json!("two")), "transactions[1][0].revision: ", "two"),
            (
                json!({ "action": "submit_resource", "revision": 1 }),
                "transactions[1][0]: ",
                "missing field `code`",
            ),
            (
                json!({ "action": "sumbit_resource" }),
                "transactions[1][0].action: ",
                "unknown variant `sumbit_resource`",
            ),
            (
                json!({ "code": "307001024/000001" }),
                "transactions[1][0]: ",
                "missing field `action`",
            ),
            (
                draft(json!({ "number": "x", "name": "三" })),
                "transactions[1][0].entry.fields[2].number: ",
                "x",
            ),
            (
                draft(json!({ "number": 3, "name": 3 })),
                "transactions[1][0].entry.fields[2].name: ",
                "3",
            ),
            (
                draft(json!({ "number": 3 })),
                "transactions[1][0].entry.fields[2]: ",
                "missing field `name`",
            ),
        ] {
            let said = says(&question(&actions));
            assert!(
                said.starts_with(place) && said.contains(what),
                "{place}{what} – {said}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_the_whole_is_said_without_a_place() {
        assert!(says(&json!({ "transactions": [] })).starts_with("missing field `author`"));
        assert!(says(&json!({ "author": 1, "transactions": [] })).starts_with("author: "));
        let body = b"{\"author\": ";
        let error = serde_json::from_slice::<RehearsalQuestion>(body).expect_err("cut");
        assert!(told::<RehearsalQuestion>(body, &error).contains("line 1"));
    }
}
