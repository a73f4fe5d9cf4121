//! A question as it arrives: who, what, with what, and what else is said about it.

use std::fmt;
use std::marker::PhantomData;

use dirchain_ledger::ids::{DepartmentId, FieldNumber, PurposeCode, ResourceCode};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::api::Problem;
use crate::at::At;
use crate::problem::ProblemKind;

/// The one action that is decided here.
pub(super) const READ: &str = "read";
/// The type of subjects.
pub(super) const DEPARTMENT: &str = "department";
/// The type of whole entries.
pub(super) const RESOURCE: &str = "resource";
/// The type of an entry's fields; an id is the entry's code, `#` and the field's number.
pub(super) const FIELD: &str = "field";

/// What is read from a JSON object, and from no array in its place.
pub(super) struct FromObject<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        from.deserialize_map(Object(PhantomData)).map(FromObject)
    }
}

fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    FromObject::deserialize(from).map(|FromObject(read)| read)
}

pub(super) fn object_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let read = Option::<FromObject<T>>::deserialize(from)?;
    Ok(read.map(|FromObject(read)| read))
}

/// A subject or a resource. In a search the id of what is looked for may be left out.
#[derive(Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: Option<String>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
pub(super) struct Action {
    pub(super) name: String,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
pub(super) struct Page {
    /// The token; a draft of the standard called it `next_token` here too.
    #[serde(alias = "next_token")]
    pub(super) token: Option<String>,
    pub(super) limit: Option<usize>,
}

/// The parts of a question. Others are ignored, as the standard asks.
#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(deserialize_with = "object")]
    pub(super) subject: Entity,
    #[serde(default, deserialize_with = "object_or_null")]
    pub(super) action: Option<Action>,
    #[serde(deserialize_with = "object")]
    pub(super) resource: Entity,
    #[serde(default)]
    pub(super) context: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "object_or_null")]
    pub(super) page: Option<Page>,
}

/// What is read.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) resource: ResourceCode,
    /// One field, or every one.
    pub(super) field: Option<FieldNumber>,
}

/// Why a question has no answer but no: it names what the ledger cannot have.
pub(super) type Unknown = &'static str;

impl Question {
    pub(super) fn parse(value: Value) -> Result<Self, Problem> {
        let read = serde_json::from_value(value);
        read.map(|FromObject(read)| read)
            .map_err(|error| malformed(&error))
    }

    /// Who would read.
    pub(super) fn department(&self) -> Result<Result<DepartmentId, Unknown>, Problem> {
        let id = present(self.subject.id.as_deref(), "subject.id")?;
        if self.subject.kind != DEPARTMENT {
            return Ok(Err("unknown_subject_type"));
        }
        Ok(id.parse().map_err(|_| "unknown_subject"))
    }

    /// Whether the action is one that is decided here.
    pub(super) fn reads(&self) -> Result<Result<(), Unknown>, Problem> {
        let Some(action) = &self.action else {
            return Err(bad(
                "`action` is missing. Name one, such as {\"name\": \"read\"}",
            ));
        };
        Ok(match action.name.as_str() {
            READ => Ok(()),
            _ => Err("unknown_action"),
        })
    }

    /// What would be read.
    pub(super) fn object(&self) -> Result<Result<Object, Unknown>, Problem> {
        let id = present(self.resource.id.as_deref(), "resource.id")?;
        let named = self.named_field()?;
        let (code, field) = match self.resource.kind.as_str() {
            RESOURCE => (id, named),
            FIELD => match id.rsplit_once('#') {
                Some((code, number)) => match number.parse() {
                    Ok(number) => (code, Some(FieldNumber(number))),
                    Err(_) => return Ok(Err("unknown_resource")),
                },
                None => return Ok(Err("unknown_resource")),
            },
            _ => return Ok(Err("unknown_resource_type")),
        };
        let resource = code.parse().map_err(|_| "unknown_resource");
        Ok(resource.map(|resource| Object { resource, field }))
    }

    fn named_field(&self) -> Result<Option<FieldNumber>, Problem> {
        let properties = self.resource.properties.as_ref();
        let Some(value) = properties.and_then(|properties| properties.get("field")) else {
            return Ok(None);
        };
        let number = match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|number| u16::try_from(number).ok()),
        };
        let number =
            number.ok_or_else(|| bad("`resource.properties.field` is a field's number"))?;
        Ok(Some(FieldNumber(number)))
    }

    /// What for, where that is said: a property of the action, or else of the context.
    pub(super) fn purpose(&self) -> Result<Option<PurposeCode>, Problem> {
        let action = self.action.as_ref();
        let properties = action.and_then(|action| action.properties.as_ref());
        let value = properties.and_then(|properties| properties.get("purpose"));
        let context = self.context.as_ref();
        let beside = context.and_then(|context| context.get("purpose"));
        let read = |value: &Value| {
            let purpose = value.as_str().and_then(|text| text.parse().ok());
            purpose.ok_or_else(|| bad("`purpose` is a code of the chain's list"))
        };
        let own = value.map(read).transpose()?;
        let beside = beside.map(read).transpose()?;
        Ok(own.or(beside))
    }

    /// For which point of the chain: `context.at`, a height or a time.
    pub(super) fn at(&self) -> Result<Option<At>, Problem> {
        let context = self.context.as_ref();
        match context.and_then(|context| context.get("at")) {
            None => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some),
            Some(Value::Number(number)) => number.to_string().parse().map(Some),
            Some(_) => Err(bad(
                "`context.at` is a height or an RFC 3339 time with offset",
            )),
        }
    }
}

fn present<'t>(text: Option<&'t str>, name: &str) -> Result<&'t str, Problem> {
    text.ok_or_else(|| bad(&format!("`{name}` is missing")))
}

pub(super) fn bad(detail: &str) -> Problem {
    ProblemKind::MalformedQuestion.with(detail)
}

pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    bad(&format!("The JSON is no question: {error}"))
}
