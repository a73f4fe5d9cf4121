//! What a proposal would do, as facts and tables.

use dirchain_ledger::measure::{Measure, ParameterChange, Reorganisation, ReorganisationKind};
use dirchain_ledger::records::MemberChange;

use crate::api::{Problem, Time};
use crate::pages::sheet::{Atom, Cell, Column, Facts, Table, cell, records_in, words_in};
use crate::reading::Reading;

const TRANSFERS: &[Column] = &[
    records_in("responsibility"),
    records_in("transfer-from"),
    records_in("transfer-to"),
];
const RENAMES: &[Column] = &[records_in("department"), words_in("new-name")];
const DISSOLVES: &[Column] = &[records_in("department")];
const CHANGES: &[Column] = &[
    words_in("node"),
    words_in("what"),
    words_in("node-by"),
    words_in("key"),
];

/// What a measure is called.
pub(in crate::pages) fn key(measure: &Measure) -> &'static str {
    match measure {
        Measure::ChangeParameters(_) => "measure-change-parameters",
        Measure::AssignOffice { .. } => "measure-assign-office",
        Measure::Grant(_) => "measure-grant",
        Measure::Revoke { .. } => "measure-revoke",
        Measure::Withdraw { .. } => "measure-withdraw",
        Measure::Narrow { .. } => "measure-narrow",
        Measure::ReplaceHead { .. } => "measure-replace-head",
        Measure::SuspendDepartment { .. } => "measure-suspend-department",
        Measure::ResumeDepartment { .. } => "measure-resume-department",
        Measure::Reorganise(_) => "measure-reorganise",
        Measure::ChangeMembership { .. } => "measure-change-membership",
        Measure::RaiseRules { .. } => "measure-raise-rules",
        Measure::ConfirmHolder { .. } => "measure-confirm-holder",
    }
}

/// What a measure would do.
pub(in crate::pages) fn told(
    reading: &Reading<'_>,
    measure: &Measure,
) -> Result<(Facts, Vec<Table>), Problem> {
    let subjects = measure.subjects();
    let mut named = Cell::new();
    for subject in &subjects {
        named.extend(reading.named(subject)?);
    }
    let about: (&str, Cell) = ("about", named);
    let none = Vec::new();
    Ok(match measure {
        Measure::ChangeParameters(change) => (parameters(change), none),
        Measure::AssignOffice {
            office, department, ..
        } => {
            let holder = vec![reading.department_atom(department)?];
            let office = vec![Atom::word(office)];
            (vec![("office", office), ("holder", holder)], none)
        }
        Measure::Grant(grant) => {
            let fields = grant
                .fields
                .iter()
                .map(|field| Atom::Number(field.0.into()));
            let window = [grant.from, grant.to].map(|time| Atom::Time(Time(time)));
            let facts = vec![about, ("fields", cell(fields)), ("window", cell(window))];
            (facts, none)
        }
        Measure::Revoke { reason, .. } | Measure::Withdraw { reason, .. } => {
            (vec![about, ("reason", vec![Atom::text(reason)])], none)
        }
        Measure::ReplaceHead { offer, .. } => {
            let key = vec![Atom::Hash(offer.public_key.to_string())];
            (vec![about, ("public-key", key)], none)
        }
        Measure::Narrow { .. }
        | Measure::SuspendDepartment { .. }
        | Measure::ResumeDepartment { .. }
        | Measure::ConfirmHolder { .. } => (vec![about], none),
        Measure::Reorganise(found) => reorganisation(reading, found)?,
        Measure::ChangeMembership { changes } => {
            let changes = members("changes", changes.iter());
            (Vec::new(), vec![changes])
        }
        Measure::RaiseRules { version, from } => {
            let version = vec![Atom::Number((*version).into())];
            let from = vec![Atom::Code(format!("#{from}"))];
            (
                vec![("rules-version", version), ("from-height", from)],
                none,
            )
        }
    })
}

/// Changes of who votes, as a table.
pub(in crate::pages) fn members<'c>(
    id: &'static str,
    changes: impl Iterator<Item = &'c MemberChange>,
) -> Table {
    let rows = changes.map(|change| {
        let (node, key, by, consensus) = match change {
            MemberChange::Add {
                node,
                consensus_key,
            } => (node, "member-add", None, Some(consensus_key)),
            MemberChange::Remove { node } => (node, "member-remove", None, None),
            MemberChange::Replace {
                node,
                by,
                consensus_key,
            } => (node, "member-replace", Some(by), Some(consensus_key)),
            MemberChange::Rotate {
                node,
                consensus_key,
            } => (node, "member-rotate", None, Some(consensus_key)),
        };
        vec![
            vec![Atom::Code(node.to_string())],
            vec![Atom::Says(key)],
            cell(by.map(|by| Atom::Code(by.to_string()))),
            cell(consensus.map(|key| Atom::Hash(key.to_string()))),
        ]
    });
    Table::new(id, "member-changes", "records-none", CHANGES).with(rows)
}

fn parameters(change: &ParameterChange) -> Facts {
    let mut facts: Facts = Vec::new();
    if let Some(settings) = &change.settings {
        let text = serde_json::to_string_pretty(settings).unwrap_or_default();
        facts.push(("new-settings", vec![Atom::Hash(text)]));
    }
    let added = change.add_purposes.iter();
    let added = cell(added.map(|added| Atom::Text(format!("{} {}", added.code, added.name))));
    let ended = cell(change.end_purposes.iter().map(Atom::text));
    let days = change.days.iter();
    let days = cell(days.map(|day| Atom::Text(format!("{} {:?}", day.day, day.kind))));
    for (key, cell) in [
        ("purposes-added", added),
        ("purposes-ended", ended),
        ("calendar-days", days),
    ] {
        if !cell.is_empty() {
            facts.push((key, cell));
        }
    }
    facts
}

fn reorganisation(
    reading: &Reading<'_>,
    found: &Reorganisation,
) -> Result<(Facts, Vec<Table>), Problem> {
    let kind = match found.kind {
        ReorganisationKind::Merge => "reorganisation-merge",
        ReorganisationKind::Split => "reorganisation-split",
        ReorganisationKind::Rename => "reorganisation-rename",
        ReorganisationKind::Dissolve => "reorganisation-dissolve",
    };
    let facts = vec![
        ("form-of-reorganisation", vec![Atom::Says(kind)]),
        ("document", vec![Atom::text(&found.document)]),
    ];
    let mut transfers = Vec::new();
    for transfer in &found.transfers {
        let to = match &transfer.to {
            Some(to) => reading.department_atom(to)?,
            None => Atom::Badge("responsibility-abolished", "no"),
        };
        transfers.push(vec![
            vec![reading.responsibility_atom(&transfer.responsibility)?],
            vec![reading.department_atom(&transfer.from)?],
            vec![to],
        ]);
    }
    let mut renames = Vec::new();
    for renaming in &found.renames {
        renames.push(vec![
            vec![reading.department_atom(&renaming.department)?],
            vec![Atom::text(&renaming.name)],
        ]);
    }
    let mut dissolves = Vec::new();
    for id in &found.dissolves {
        dissolves.push(vec![vec![reading.department_atom(id)?]]);
    }
    let tables = [
        Table::new("transfers", "transfers", "records-none", TRANSFERS).with(transfers),
        Table::new("dissolves", "dissolved", "records-none", DISSOLVES).with(dissolves),
        Table::new("renames", "renamed", "records-none", RENAMES).with(renames),
    ];
    let tables = tables.into_iter().filter(|table| !table.rows.is_empty());
    Ok((facts, tables.collect()))
}
