//! An import over an entry that is there: what the source says now, and what people wrote here.
//!
//! A source that says the same as at the last import changes nothing that people wrote since; it
//! only fills what is still lacking. A source that says something else is taken over, but where it
//! is silent, what people wrote stays: a condition, an abstract, fields described in detail.

use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::{Entry, Field, FieldType, Sharing};

use super::catalogue::Placed;
use super::digest;
use super::existing::ExistingEntry;
use super::note::Note;

/// The entry to write over an existing one, and what is noteworthy about it.
///
/// `placed` is where a sheet says that it belongs: a sheet says everything about fields that it
/// says at all; other formats know only that there are files.
pub(super) fn merge(
    source: &Entry,
    existing: &ExistingEntry,
    placed: Option<&Placed>,
) -> (Entry, Vec<Note>) {
    let mut notes = Vec::new();
    let known = digest::of(&existing.entry);
    let mut entry = if known.is_some() && known == digest::of(source) {
        existing.entry.clone()
    } else {
        taken_over(source, existing, placed, &mut notes)
    };
    fill(&mut entry, source);
    fill(&mut entry, &existing.entry);
    if entry != existing.entry {
        notes.extend(rewritten(&entry, existing));
    }
    (entry, notes)
}

/// What is noteworthy about a draft that is written over an existing entry.
pub(super) fn rewritten(entry: &Entry, existing: &ExistingEntry) -> Vec<Note> {
    let mut notes = Vec::new();
    let narrowed = narrowed(entry, existing);
    if !narrowed.is_empty() {
        notes.push(Note::Narrows { fields: narrowed });
    }
    if existing.is_submitted {
        notes.push(Note::SubmissionTakenBack);
    }
    notes
}

/// Fills what an entry lacks.
fn fill(entry: &mut Entry, from: &Entry) {
    entry.responsibility = entry.responsibility.take().or(from.responsibility.clone());
    entry.summary = entry.summary.take().or(from.summary.clone());
    entry.category = entry.category.or(from.category);
    entry.kind = entry.kind.or(from.kind);
    entry.method = entry.method.or(from.method);
    entry.openness = entry.openness.or(from.openness);
    entry.update_cycle = entry.update_cycle.or(from.update_cycle);
    entry.level = entry.level.or(from.level);
    match (&mut entry.sharing, &from.sharing) {
        (sharing @ None, other) => *sharing = other.clone(),
        (
            Some(Sharing::Conditional {
                condition: stated @ None,
            }),
            Some(Sharing::Conditional { condition: other }),
        )
        | (
            Some(Sharing::NotShared {
                legal_basis: stated @ None,
            }),
            Some(Sharing::NotShared { legal_basis: other }),
        ) => *stated = other.clone(),
        (
            Some(Sharing::Unconditional | Sharing::Conditional { .. } | Sharing::NotShared { .. }),
            _,
        ) => {}
    }
}

fn taken_over(
    source: &Entry,
    existing: &ExistingEntry,
    placed: Option<&Placed>,
    notes: &mut Vec<Note>,
) -> Entry {
    let mut entry = source.clone();
    let mut not_kept = |what: &str, reason: String| {
        notes.push(Note::NotKept {
            attribute: what.to_owned(),
            reason,
        });
    };
    for related in &existing.entry.related_codes {
        if !entry.related_codes.contains(related)
            && let Err(error) = entry.related_codes.push(related.clone())
        {
            not_kept(related, error.to_string());
        }
    }
    for attribute in &existing.entry.attributes {
        if !digest::is_sources(attribute)
            && let Err(error) = entry.attributes.push(attribute.clone())
        {
            not_kept(&attribute.name, error.to_string());
        }
    }
    let fields = fields(source, existing, placed, notes);
    let mut kept = dirchain_ledger::bounded::List::default();
    for field in fields {
        let number = field.number;
        if let Err(error) = kept.push(field) {
            notes.push(Note::NotKept {
                attribute: format!("field {number}"),
                reason: error.to_string(),
            });
        }
    }
    entry.fields = kept;
    entry
}

/// The source's fields under the numbers they have here (rule C6), with those that people added
/// and those that are published already.
fn fields(
    source: &Entry,
    existing: &ExistingEntry,
    placed: Option<&Placed>,
    notes: &mut Vec<Note>,
) -> Vec<Field> {
    let current = &existing.entry.fields;
    let highest = current.iter().map(|field| field.number.0).max();
    let mut next = highest.unwrap_or(0).max(existing.last_field);
    let mut fields: Vec<Field> = Vec::new();
    for field in &source.fields {
        let same = current.iter().find(|known| {
            let is_same = match placed {
                Some(placed) if placed.is_numbered => known.number == field.number,
                Some(_) => known.name == field.name,
                None => known.name == field.name && known.field_type == field.field_type,
            };
            is_same && fields.iter().all(|taken| taken.number != known.number)
        });
        match (same, placed) {
            (Some(same), None) => fields.push(same.clone()),
            (Some(same), Some(_)) => fields.push(overlaid(field, same)),
            (None, Some(placed)) if placed.is_numbered => fields.push(field.clone()),
            (None, Some(_) | None) => {
                next = next.saturating_add(1);
                fields.push(Field {
                    number: FieldNumber(next),
                    ..field.clone()
                });
            }
        }
    }
    let is_published = |number| {
        let published = existing.published.as_ref();
        published.is_some_and(|published| published.field(number).is_some())
    };
    let (mut stay, mut gone) = (Vec::new(), Vec::new());
    for field in current {
        if fields.iter().any(|taken| taken.number == field.number) {
            continue;
        }
        if is_published(field.number) {
            stay.push(field.number);
        } else if placed.is_some() || is_bare_file(field) {
            gone.push(field.number);
            continue;
        }
        fields.push(field.clone());
    }
    if !stay.is_empty() {
        notes.push(Note::FieldsStay { fields: stay });
    }
    if !gone.is_empty() {
        notes.push(Note::FieldsGone { fields: gone });
    }
    fields.sort_by_key(|field| field.number);
    fields
}

/// A field as the source says it, with what it leaves open as it was.
fn overlaid(field: &Field, known: &Field) -> Field {
    Field {
        number: known.number,
        name: field.name.clone(),
        data_element: field.data_element.clone().or(known.data_element.clone()),
        field_type: field.field_type,
        length: field.length.or(known.length),
        precision: field.precision.or(known.precision),
        unit: field.unit.clone().or(known.unit.clone()),
        sharing: field.sharing.clone().or(known.sharing.clone()),
        level: field.level.or(known.level),
    }
}

/// A field as an import makes it of a distribution, to which nobody added anything.
fn is_bare_file(field: &Field) -> bool {
    field.field_type == FieldType::F
        && field.data_element.is_none()
        && field.length.is_none()
        && field.unit.is_none()
        && field.sharing.is_none()
        && field.level.is_none()
}

fn width(sharing: Option<&Sharing>) -> u8 {
    match sharing {
        Some(Sharing::Unconditional) => 2,
        Some(Sharing::Conditional { .. }) => 1,
        Some(Sharing::NotShared { .. }) | None => 0,
    }
}

/// The published fields that the entry shares less widely: its publication will be refused (S6).
fn narrowed(entry: &Entry, existing: &ExistingEntry) -> Vec<FieldNumber> {
    let Some(published) = &existing.published else {
        return Vec::new();
    };
    let narrower = published.fields.iter().filter(|before| {
        let after = entry.field(before.number);
        let after = after.map_or(0, |after| width(entry.sharing_of(after)));
        after < width(published.sharing_of(before))
    });
    narrower.map(|field| field.number).collect()
}
