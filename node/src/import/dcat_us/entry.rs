//! One entry of the catalogue in the ledger's terms.

use dirchain_ledger::bounded::{BoundError, List, Text};
use dirchain_ledger::ids::Name;
use dirchain_ledger::records::{Category, Entry};
use serde_json::{Map, Value};

use super::member::{object, required, text, wrong_type};
use super::{access, cycle, distribution};
use crate::import::catalogue::{Described, Publisher, Reason};
use crate::import::note::Note;
use crate::import::{attributes, digest};

const PREFIX: &str = "dcat:";

/// What an entry says, or why it cannot be taken: it has no usable identifier or title, or a
/// member that is read has the wrong type.
pub(in crate::import) fn describe(entry: &Value) -> Result<Described, Reason> {
    let Value::Object(members) = entry else {
        return Err(wrong_type("dataset".to_owned(), "an object", entry));
    };
    let mut notes = Vec::new();
    let identifier: Name = required(members, "identifier")?;
    let name: Name = required(members, "title")?;
    let publisher = publisher(members)?;
    let access = access::parse(members, &mut notes)?;
    let form = distribution::parse(members, &mut notes)?;
    let update_cycle = update_cycle(members, &mut notes)?;
    let mut carried = vec!["title"];
    let summary = match text(members, "description", || "description".to_owned())? {
        Some(description) => match Text::new(description) {
            Ok(summary) => {
                carried.push("description");
                Some(summary)
            }
            Err(reason) => {
                notes.push(not_an_abstract(&reason));
                None
            }
        },
        None => None,
    };
    let (attributes, not_kept) = attributes::of(PREFIX, members, &carried);
    notes.extend(not_kept);
    let related_codes = List::new(vec![identifier.clone()]);
    let mut entry = Entry {
        name,
        responsibility: None,
        summary,
        category: Some(Category::Business),
        kind: form.kind,
        fields: form.fields,
        sharing: access.sharing,
        method: form.method,
        openness: access.openness,
        update_cycle,
        level: access.level,
        related_codes: related_codes.map_err(|reason| bad("identifier", reason))?,
        attributes: List::new(attributes).map_err(|reason| bad("dataset", reason))?,
    };
    digest::add(&mut entry).map_err(|reason| bad("dataset", reason))?;
    Ok(Described {
        identifier,
        publisher,
        placed: None,
        own: None,
        entry,
        notes,
    })
}

fn bad(member: &'static str, reason: BoundError) -> Reason {
    Reason::BadText { member, reason }
}

fn not_an_abstract(reason: &BoundError) -> Note {
    Note::AbstractNotTaken {
        reason: reason.to_string(),
    }
}

fn publisher(members: &Map<String, Value>) -> Result<Option<Publisher>, Reason> {
    let Some(publisher) = object(members, "publisher")? else {
        return Ok(None);
    };
    let path = "publisher.name";
    let name = text(publisher, "name", || path.to_owned())?;
    let name = name.ok_or(Reason::Missing { member: path })?;
    let parent = publisher.get("subOrganizationOf");
    let parent = parent.and_then(|parent| parent.get("name")?.as_str());
    Ok(Some(Publisher {
        name: Name::new(name.trim()).map_err(|reason| bad(path, reason))?,
        parent: parent.map(access::shortened),
    }))
}

fn update_cycle(
    members: &Map<String, Value>,
    notes: &mut Vec<Note>,
) -> Result<Option<dirchain_ledger::records::UpdateCycle>, Reason> {
    let member = "accrualPeriodicity";
    let given = text(members, member, || member.to_owned())?;
    let parsed = given.and_then(cycle::parse);
    if let (Some(given), None) = (given, parsed) {
        notes.push(Note::UnknownCycle {
            value: access::shortened(given),
        });
    }
    Ok(parsed)
}
