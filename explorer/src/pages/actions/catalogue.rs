//! Responsibilities and entries.

use dirchain_ledger::action::DeclareResponsibility;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::{Entry, Field};

use super::{Told, decided_on, whose};
use crate::api::Problem;
use crate::pages::duties::legal_bases;
use crate::pages::resources::{entry_facts, sharing};
use crate::pages::sheet::{Atom, Cell, Column, Facts, Table, cell, numbers_in, words_in};
use crate::reading::{Reading, type_text};

const FIELDS: &[Column] = &[
    words_in("field"),
    numbers_in("number"),
    words_in("type"),
    words_in("sharing"),
    words_in("sensitivity"),
];

pub(super) fn declared(
    reading: &Reading<'_>,
    action: &DeclareResponsibility,
) -> Result<Facts, Problem> {
    let mut facts = vec![
        whose(reading, "holder", &action.holder)?,
        ("legal-basis", legal_bases(&action.legal_bases)),
    ];
    if let Some(text) = action.text {
        facts.push(("full-text-hash", vec![Atom::Hash(text.to_string())]));
    }
    Ok(facts)
}

/// A draft: what it says, over which revision.
pub(super) fn draft(
    reading: &Reading<'_>,
    provider: &DepartmentId,
    revision: u32,
    entry: &Entry,
) -> Result<Told, Problem> {
    let mut facts = vec![whose(reading, "provider", provider)?];
    if revision > 0 {
        facts.extend(decided_on(revision));
    }
    facts.push(("name", vec![Atom::text(&entry.name)]));
    facts.extend(entry_facts(reading, entry)?);
    let fields = Table::new("fields", "fields", "fields-none", FIELDS);
    let fields = fields.with(entry.fields.iter().map(field));
    Ok(Told {
        tables: vec![fields],
        ..Told::of(facts)
    })
}

fn field(field: &Field) -> Vec<Cell> {
    vec![
        vec![Atom::text(&field.name)],
        vec![Atom::Number(field.number.0.into())],
        cell(
            [Atom::Code(type_text(field))]
                .into_iter()
                .chain(field.unit.iter().map(Atom::text)),
        ),
        field.sharing.as_ref().map(sharing).unwrap_or_default(),
        cell(field.level.as_ref().map(Atom::word)),
    ]
}
