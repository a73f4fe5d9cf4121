//! What a draft changed in an entry, part by part and field by field.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::{Entry, Field, Sharing};

use super::shown::Shown;
use crate::reading::type_text;

/// A part of an entry or field, before or after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it was written.
    Text(String),
    /// A code, by its word's key in the catalogue, with what goes with it.
    Word(&'static str, Option<String>),
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The field it is of, by number and name; none for the entry itself.
    pub(super) field: Option<(FieldNumber, String)>,
    /// What differs: a key of the catalogue.
    pub(super) what: &'static str,
    pub(super) from: Option<Part>,
    pub(super) to: Option<Part>,
}

/// Everything that differs between two texts of an entry.
pub(super) fn changes(before: &Entry, after: &Entry) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((what, from), (_, to)) in parts(before).into_iter().zip(parts(after)) {
        if from != to {
            let field = None;
            changes.push(Change {
                field,
                what,
                from,
                to,
            });
        }
    }
    let fields = |entry: &Entry| -> BTreeMap<FieldNumber, Field> {
        let fields = entry.fields.iter();
        fields.map(|field| (field.number, field.clone())).collect()
    };
    let (old, new) = (fields(before), fields(after));
    let numbers: BTreeSet<FieldNumber> = old.keys().chain(new.keys()).copied().collect();
    for number in numbers {
        field_changes(number, old.get(&number), new.get(&number), &mut changes);
    }
    changes
}

fn field_changes(
    number: FieldNumber,
    old: Option<&Field>,
    new: Option<&Field>,
    changes: &mut Vec<Change>,
) {
    let name = new.or(old).map(|field| field.name.to_string());
    let field = Some((number, name.unwrap_or_default()));
    let (Some(old), Some(new)) = (old, new) else {
        let what = if new.is_some() {
            "field-added"
        } else {
            "field-removed"
        };
        changes.push(Change {
            field,
            what,
            from: None,
            to: None,
        });
        return;
    };
    for ((what, from), (_, to)) in field_parts(old).into_iter().zip(field_parts(new)) {
        if from != to {
            let field = field.clone();
            changes.push(Change {
                field,
                what,
                from,
                to,
            });
        }
    }
}

type Parts = Vec<(&'static str, Option<Part>)>;

fn parts(entry: &Entry) -> Parts {
    let further: Vec<String> = entry
        .attributes
        .iter()
        .map(|attribute| format!("{}: {}", attribute.name, attribute.value))
        .chain(entry.related_codes.iter().map(ToString::to_string))
        .collect();
    vec![
        ("name", text(Some(&entry.name))),
        ("responsibility", text(entry.responsibility.as_ref())),
        ("abstract", text(entry.summary.as_ref())),
        ("category", word(entry.category)),
        ("form", word(entry.kind)),
        ("sharing", entry.sharing.as_ref().map(sharing)),
        ("sharing-method", word(entry.method)),
        ("openness", word(entry.openness)),
        ("update-cycle", word(entry.update_cycle)),
        ("sensitivity", word(entry.level)),
        (
            "further-metadata",
            text(Some(further.join("; ")).filter(|text| !text.is_empty())),
        ),
    ]
}

fn field_parts(field: &Field) -> Parts {
    vec![
        ("name", text(Some(&field.name))),
        ("type", text(Some(type_text(field)))),
        ("unit", text(field.unit.as_ref())),
        ("sharing", field.sharing.as_ref().map(sharing)),
        ("sensitivity", word(field.level)),
        ("data-element", text(field.data_element.as_ref())),
    ]
}

fn text(value: Option<impl ToString>) -> Option<Part> {
    value.map(|value| Part::Text(value.to_string()))
}

fn word(value: Option<impl Shown>) -> Option<Part> {
    value.map(|value| Part::Word(value.key(), None))
}

fn sharing(sharing: &Sharing) -> Part {
    let with = match sharing {
        Sharing::Unconditional => None,
        Sharing::Conditional { condition } => condition.as_ref(),
        Sharing::NotShared { legal_basis } => legal_basis.as_ref(),
    };
    Part::Word(sharing.key(), with.map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use dirchain_ledger::records::SensitivityLevel;
    use dirchain_ledger::testing::{PROVIDER, entry, id, responsibility};

    use super::*;

    #[test]
    fn each_difference_is_told_once_and_nothing_else() {
        let before = entry(&responsibility(PROVIDER));
        assert!(changes(&before, &before).is_empty());
        let mut after = before.clone();
        after.name = id("新名称");
        after.sharing = Some(Sharing::Unconditional);
        let number = after.fields[0].number;
        after.fields.as_mut_slice()[0].level = Some(SensitivityLevel::Four);
        let told = changes(&before, &after);
        let told: Vec<_> = told
            .iter()
            .map(|change| (change.field.as_ref().map(|f| f.0), change.what))
            .collect();
        assert_eq!(
            told,
            [
                (None, "name"),
                (None, "sharing"),
                (Some(number), "sensitivity")
            ]
        );
    }

    #[test]
    fn fields_that_come_and_go_are_told_whole() {
        let before = entry(&responsibility(PROVIDER));
        let mut after = before.clone();
        let last = after.fields.to_vec().pop().unwrap();
        let fewer = before.fields.to_vec();
        after.fields =
            dirchain_ledger::bounded::List::new(fewer[..fewer.len() - 1].to_vec()).unwrap();
        let gone = changes(&before, &after);
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].what, "field-removed");
        assert_eq!(gone[0].field.as_ref().unwrap().0, last.number);
        assert_eq!(changes(&after, &before)[0].what, "field-added");
    }
}
