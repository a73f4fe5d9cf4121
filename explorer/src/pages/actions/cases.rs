//! Data elements, objections, findings, demands, obligations.

use dirchain_ledger::action::Action;
use dirchain_ledger::records::RecordKind;

use super::{decided_on, whose};
use crate::api::{Problem, Time};
use crate::pages::records::{linked, objection_facts, outcome};
use crate::pages::sharing::fields_named;
use crate::pages::sheet::{Atom, Facts};
use crate::reading::Reading;

/// The terms of an action about one of these; any other action has none here.
pub(super) fn content(reading: &Reading<'_>, action: &Action) -> Result<Facts, Problem> {
    Ok(match action {
        Action::DefineElement {
            name,
            definition,
            field_type,
            ..
        } => vec![
            ("name", vec![Atom::text(name)]),
            ("definition", vec![Atom::text(definition)]),
            ("type", vec![Atom::Code(format!("{field_type:?}"))]),
        ],
        Action::ClaimSource {
            element,
            resource,
            field,
            ..
        } => {
            let element = linked(RecordKind::DataElement, &element.to_string());
            vec![
                ("data-element", vec![element]),
                ("field", fields_named(reading, resource, &[*field])?),
            ]
        }
        Action::RaiseObjection {
            resource,
            raiser,
            kind,
            evidence,
            ..
        } => {
            let mut facts = objection_facts(reading, resource, kind)?;
            facts.push(whose(reading, "raiser", raiser)?);
            if let Some(evidence) = evidence {
                facts.push(("evidence-hash", vec![Atom::Hash(evidence.to_string())]));
            }
            facts
        }
        Action::AnswerObjection {
            revision,
            outcome: found,
            ..
        }
        | Action::SettleObjection {
            revision,
            outcome: found,
            ..
        } => {
            let mut facts: Facts = vec![("outcome", vec![outcome(*found)])];
            facts.extend(decided_on(*revision));
            facts
        }
        Action::OpenFinding { text, due, .. } => {
            let mut facts: Facts = vec![("due", vec![Atom::Time(Time(*due))])];
            if let Some(text) = text {
                facts.push(("full-text-hash", vec![Atom::Hash(text.to_string())]));
            }
            facts
        }
        Action::JudgeFinding {
            revision, cleared, ..
        } => {
            let verdict = match cleared {
                true => Atom::Badge("finding-cleared", "yes"),
                false => Atom::Badge("finding-not-cleared", "no"),
            };
            let mut facts: Facts = vec![("outcome", vec![verdict])];
            facts.extend(decided_on(*revision));
            facts
        }
        Action::RaiseDemand { asker, .. } => vec![whose(reading, "asker", asker)?],
        Action::AssignDemand {
            revision,
            department,
            ..
        } => {
            let mut facts = vec![whose(reading, "who-answers", department)?];
            facts.extend(decided_on(*revision));
            facts
        }
        Action::AnswerDemand {
            revision, resource, ..
        } => {
            let answer = match resource {
                Some(code) => ("entry", vec![reading.resource_atom(code)?]),
                None => ("outcome", vec![Atom::Badge("demand-refused", "no")]),
            };
            [answer].into_iter().chain(decided_on(*revision)).collect()
        }
        Action::ImposeObligation { list, due, .. } => vec![
            ("obligation-list", vec![Atom::text(list)]),
            ("due", vec![Atom::Time(Time(*due))]),
        ],
        _ => Facts::new(),
    })
}
