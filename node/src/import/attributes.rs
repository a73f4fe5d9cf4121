//! Everything that a source says of an entry, kept as named texts.
//!
//! An object's members and a list's objects become attributes of their own, named by their path
//! (`dcat:distribution[0].downloadURL`); other lists and values are kept as JSON text. A text that
//! the ledger does not keep as it is (empty, control characters) is kept as JSON text too, and one
//! that is too long in numbered parts (`name#1`, `name#2`). When there would be too many, each
//! member is one attribute.

use dirchain_ledger::bounded::{BoundError, Text};
use dirchain_ledger::limits;
use dirchain_ledger::records::Attribute;
use serde_json::{Map, Value};

use super::json::escaped;
use super::note::Note;

/// Attributes that a source can fill; one is left for its digest.
const ATTRIBUTES_MAX: usize = limits::ATTRIBUTES_MAX - 1;

type AttributeText = Text<{ limits::ATTRIBUTE_BYTES_MAX }>;

/// The attributes of an entry's members but those in `carried`, and what could not be kept.
pub(super) fn of(
    prefix: &str,
    members: &Map<String, Value>,
    carried: &[&str],
) -> (Vec<Attribute>, Vec<Note>) {
    let kept: Vec<(String, &Value)> = members
        .iter()
        .filter(|(member, _)| !carried.contains(&member.as_str()))
        .map(|(member, value)| (format!("{prefix}{member}"), value))
        .collect();
    let mut named = Vec::new();
    for (name, value) in &kept {
        flatten(name, value, &mut named);
    }
    if named.len() > ATTRIBUTES_MAX {
        named.clear();
        for (name, value) in &kept {
            put(name, value, &mut named);
        }
    }
    checked(named)
}

fn flatten(name: &str, value: &Value, named: &mut Vec<(String, String)>) {
    let objects = |items: &[Value]| !items.is_empty() && items.iter().all(Value::is_object);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                flatten(&format!("{name}.{member}"), value, named);
            }
        }
        Value::Array(items) if objects(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{name}[{index}]"), item, named);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => put(name, value, named),
    }
}

fn put(name: &str, value: &Value, named: &mut Vec<(String, String)>) {
    let text = match value {
        Value::String(text) => match AttributeText::new(text.as_str()) {
            Ok(_) => text.clone(),
            Err(BoundError::TooLong { .. }) if !text.chars().any(is_refused) => text.clone(),
            Err(_) => escaped(value),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            escaped(value)
        }
    };
    if text.len() <= limits::ATTRIBUTE_BYTES_MAX {
        named.push((name.to_owned(), text));
        return;
    }
    for (number, part) in (1usize..).zip(parts(&text)) {
        named.push((format!("{name}#{number}"), part.to_owned()));
    }
}

fn is_refused(character: char) -> bool {
    character.is_control() && character != '\n' && character != '\t'
}

/// A text in parts that fit an attribute, cut between characters.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut at = rest.len().min(limits::ATTRIBUTE_BYTES_MAX);
        while !rest.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        let (part, after) = rest.split_at(at);
        parts.push(part);
        rest = after;
    }
    parts
}

fn checked(named: Vec<(String, String)>) -> (Vec<Attribute>, Vec<Note>) {
    let (mut attributes, mut notes) = (Vec::new(), Vec::new());
    for (name, value) in named {
        let full = || BoundError::TooMany {
            count: ATTRIBUTES_MAX.saturating_add(1),
            count_max: ATTRIBUTES_MAX,
        };
        let room = (attributes.len() < ATTRIBUTES_MAX)
            .then_some(())
            .ok_or_else(full);
        let attribute = room.and_then(|()| {
            Ok(Attribute {
                name: Text::new(name.as_str())?,
                value: Text::new(value)?,
            })
        });
        match attribute {
            Ok(attribute) => attributes.push(attribute),
            Err(reason) => notes.push(Note::NotKept {
                attribute: name.chars().filter(|c| !c.is_control()).take(80).collect(),
                reason: reason.to_string(),
            }),
        }
    }
    (attributes, notes)
}
