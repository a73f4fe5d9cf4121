//! Reading an entry's members: absent and null are the same, anything but the type expected is
//! refused with the member's path.

use dirchain_ledger::bounded::Text;
use serde_json::{Map, Value};

use crate::import::catalogue::Reason;
use crate::import::json;

/// A text member.
pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    member: &str,
    path: impl Fn() -> String,
) -> Result<Option<&'a str>, Reason> {
    match members.get(member) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Null) | None => Ok(None),
        Some(other) => Err(wrong_type(path(), "a text", other)),
    }
}

/// A text member without which there is no entry, within the ledger's bounds.
pub(super) fn required<const N: usize>(
    members: &Map<String, Value>,
    member: &'static str,
) -> Result<Text<N>, Reason> {
    let given = text(members, member, || member.to_owned())?;
    let given = given.ok_or(Reason::Missing { member })?;
    Text::new(given).map_err(|reason| Reason::BadText { member, reason })
}

/// An object member.
pub(super) fn object<'a>(
    members: &'a Map<String, Value>,
    member: &str,
) -> Result<Option<&'a Map<String, Value>>, Reason> {
    match members.get(member) {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) | None => Ok(None),
        Some(other) => Err(wrong_type(member.to_owned(), "an object", other)),
    }
}

/// A value of another type than the format says.
pub(super) fn wrong_type(member: String, expected: &'static str, found: &Value) -> Reason {
    Reason::WrongType {
        member,
        expected,
        found: json::kind(found),
    }
}
