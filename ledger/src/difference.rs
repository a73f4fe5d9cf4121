//! What differs between two versions of an entry, property by property and field by field: one
//! function for the command line, the interface and the pages.

mod chinese;

use serde::{Deserialize, Serialize};

use crate::ids::FieldNumber;
use crate::language::Language;
use crate::records::{Entry, Field, Sharing};

/// One difference.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field; none when the entry as a whole is meant.
    pub field: Option<FieldNumber>,
    /// The property: `name`, `sharing`, or for fields and attributes as a whole `field` and
    /// `attribute` with its name.
    pub property: String,
    /// What it was; none when it was not there.
    pub before: Option<String>,
    /// What it is; none when it is no longer there.
    pub after: Option<String>,
}

impl Change {
    /// The difference in words of a language.
    pub fn told(&self, language: Language) -> String {
        match language {
            Language::Chinese => chinese::text(self),
            Language::English => self.to_string(),
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(field) = self.field {
            write!(f, "field {field}: ")?;
        }
        let shown = |value: &Option<String>| match value {
            Some(value) => format!("`{value}`"),
            None => "nothing".to_owned(),
        };
        write!(
            f,
            "{} was {}, is {}",
            self.property,
            shown(&self.before),
            shown(&self.after)
        )
    }
}

/// What differs from `before` to `after`, in the order of the entry; empty when nothing does.
pub fn difference(before: &Entry, after: &Entry) -> Vec<Change> {
    let (one, other) = (properties(before), properties(after));
    let mut changes = compare(None, &one, &other);
    let mut numbers: Vec<FieldNumber> = before
        .fields
        .iter()
        .chain(&after.fields)
        .map(|field| field.number)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let of = |entry: &Entry| entry.field(number).map(field_properties);
        match (of(before), of(after)) {
            (Some(one), Some(other)) => changes.extend(compare(Some(number), &one, &other)),
            (one, other) => {
                let name = |entry: &Entry| entry.field(number).map(|field| field.name.to_string());
                changes.push(Change {
                    field: Some(number),
                    property: "field".to_owned(),
                    before: one.and(name(before)),
                    after: other.and(name(after)),
                });
            }
        }
    }
    changes
}

type Properties = Vec<(String, Option<String>)>;

/// Properties of both by name, those of `before` first.
fn compare(field: Option<FieldNumber>, before: &Properties, after: &Properties) -> Vec<Change> {
    let value = |properties: &Properties, name: &str| {
        let found = properties.iter().find(|(own, _)| own == name);
        found.and_then(|(_, value)| value.clone())
    };
    let is_new = |name: &str| !before.iter().any(|(own, _)| own == name);
    let names = before
        .iter()
        .chain(after.iter().filter(|(name, _)| is_new(name)));
    names
        .map(|(name, _)| (name, value(before, name), value(after, name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| Change {
            field,
            property: name.clone(),
            before,
            after,
        })
        .collect()
}

/// A word of one of the record's enums, as the interface prints it.
fn word<T: std::fmt::Debug>(value: &T) -> String {
    let mut word = String::new();
    for character in format!("{value:?}").chars() {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(character.to_ascii_lowercase());
    }
    word
}

fn sharing(sharing: &Sharing) -> String {
    let with = |word: &str, why: &Option<crate::ids::Statement>| match why {
        Some(why) => format!("{word}: {why}"),
        None => word.to_owned(),
    };
    match sharing {
        Sharing::Unconditional => "unconditional".to_owned(),
        Sharing::Conditional { condition } => with("conditional", condition),
        Sharing::NotShared { legal_basis } => with("not_shared", legal_basis),
    }
}

fn properties(entry: &Entry) -> Properties {
    let named = |name: &str, value: Option<String>| (name.to_owned(), value);
    let level = entry.level.map(|level| u8::from(level).to_string());
    let codes: Vec<&str> = entry
        .related_codes
        .iter()
        .map(|code| code.as_str())
        .collect();
    let mut properties = vec![
        named("name", Some(entry.name.to_string())),
        named(
            "responsibility",
            entry.responsibility.as_ref().map(ToString::to_string),
        ),
        named("abstract", entry.summary.as_ref().map(ToString::to_string)),
        named("category", entry.category.as_ref().map(word)),
        named("kind", entry.kind.as_ref().map(word)),
        named("sharing", entry.sharing.as_ref().map(sharing)),
        named("method", entry.method.as_ref().map(word)),
        named("openness", entry.openness.as_ref().map(word)),
        named("update_cycle", entry.update_cycle.as_ref().map(word)),
        named("level", level),
        named(
            "related_codes",
            (!codes.is_empty()).then(|| codes.join(", ")),
        ),
    ];
    properties.extend(entry.attributes.iter().map(|attribute| {
        let name = format!("attribute {}", attribute.name);
        (name, Some(attribute.value.to_string()))
    }));
    properties
}

fn field_properties(field: &Field) -> Properties {
    let named = |name: &str, value: Option<String>| (name.to_owned(), value);
    vec![
        named("name", Some(field.name.to_string())),
        named(
            "data_element",
            field.data_element.as_ref().map(ToString::to_string),
        ),
        named("field_type", Some(format!("{:?}", field.field_type))),
        named("length", field.length.map(|length| length.to_string())),
        named(
            "precision",
            field.precision.map(|precision| precision.to_string()),
        ),
        named("unit", field.unit.as_ref().map(ToString::to_string)),
        named("sharing", field.sharing.as_ref().map(sharing)),
        named(
            "level",
            field.level.map(|level| u8::from(level).to_string()),
        ),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bounded::List;
    use crate::records::{Attribute, Openness, SensitivityLevel, UpdateCycle};
    use crate::testing::{PROVIDER, conditional, entry, field, id, responsibility};

    fn told(change: impl FnOnce(&mut Entry)) -> Vec<String> {
        let before = entry(&responsibility(PROVIDER));
        let mut after = before.clone();
        change(&mut after);
        let changes = difference(&before, &after);
        let back = difference(&after, &before);
        assert_eq!(changes.len(), back.len());
        for (one, other) in changes.iter().zip(&back) {
            assert_eq!((&one.before, &one.after), (&other.after, &other.before));
        }
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_entry_does_not_differ() {
        assert_eq!(told(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn every_property_is_told() {
        let changed = told(|entry| {
            entry.name = id("人口");
            entry.summary = None;
            entry.openness = Some(Openness::Open);
            entry.update_cycle = Some(UpdateCycle::HalfYearly);
            entry.level = Some(SensitivityLevel::Four);
            entry.sharing = Some(Sharing::Unconditional);
            entry.related_codes = List::new(vec![id("A"), id("B")]).unwrap();
            entry.attributes = List::new(vec![Attribute {
                name: id("来源"),
                value: id("人口库"),
            }])
            .unwrap();
        });
        assert_eq!(
            changed,
            [
                "name was `户籍人口基本信息`, is `人口`",
                "abstract was `户籍人口的基本情况`, is nothing",
                "sharing was `conditional: 仅用于救助对象认定`, is `unconditional`",
                "openness was `closed`, is `open`",
                "update_cycle was `daily`, is `half_yearly`",
                "level was `3`, is `4`",
                "related_codes was nothing, is `A, B`",
                "attribute 来源 was nothing, is `人口库`",
            ]
        );
    }

    #[test]
    fn a_difference_is_told_in_chinese_too() {
        let change = |property: &str, before: Option<&str>, after: Option<&str>| Change {
            field: Some(FieldNumber(2)).filter(|_| property == "sharing"),
            property: property.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let told = [
            change("name", Some("甲"), Some("乙")),
            change("sharing", None, Some("unconditional")),
            change("attribute 来源", Some("人口库"), None),
            change("status.decision.reason", None, Some("缺少依据")),
        ];
        let told = told.map(|change| change.told(Language::Chinese));
        assert_eq!(
            told,
            [
                "名称由“甲”改为“乙”",
                "信息项 2 的共享类型由无改为“无条件共享”",
                "属性 来源 由“人口库”改为无",
                "状态·决定·理由由无改为“缺少依据”",
            ]
        );
    }

    #[test]
    fn fields_are_told_by_their_number() {
        let changed = told(|entry| {
            let mut fields = entry.fields.clone().into_vec();
            fields[1].sharing = Some(conditional());
            fields[1].length = None;
            fields.remove(0);
            fields.push(field(9, None));
            entry.fields = List::new(fields).unwrap();
        });
        assert_eq!(
            changed,
            [
                "field 1: field was `字段1`, is nothing",
                "field 2: length was `18`, is nothing",
                "field 2: sharing was nothing, is `conditional: 仅用于救助对象认定`",
                "field 9: field was nothing, is `字段9`",
            ]
        );
    }
}
