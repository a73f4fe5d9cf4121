//! One record in full: its facts, its steps.

use dirchain_ledger::ids::ResourceCode;
use dirchain_ledger::records::{
    Binding, BindingTerms, DataElement, Decision, Demand, DemandState, Finding, FindingSubject,
    Objection, ObjectionKind, Obligation, Outcome, Proposal, ProposalStatus, Rating, ReceiptBatch,
    Record, RecordKind, Seal, SideTotals, Usage, UsageId, UseBasis,
};

use super::summary::{objection_key, stars};
use super::{linked, measures};
use crate::api::{Problem, Time};
use crate::pages::sharing::fields_named as fields;
use crate::pages::sheet::{
    Atom, Cell, Column, Facts, Table, cell, numbers_in, records_in, words_in,
};
use crate::reading::Reading;

type Told = Result<(Facts, Vec<Table>), Problem>;

const SEATS: &[Column] = &[
    records_in("department"),
    words_in("signatory"),
    words_in("approved"),
    words_in("reason"),
];
const STEPS: &[Column] = &[
    words_in("step"),
    records_in("department"),
    words_in("time"),
    words_in("reason"),
];
const STATES: &[Column] = &[
    words_in("state"),
    words_in("since"),
    words_in("schema-seen"),
];
const MAPPED: &[Column] = &[words_in("column"), words_in("field")];
const COUNTS: &[Column] = &[
    words_in("counted-by"),
    numbers_in("calls"),
    numbers_in("denied"),
    numbers_in("rows"),
    words_in("until"),
    words_in("over-quota"),
];
const SOURCES: &[Column] = &[
    records_in("entry"),
    words_in("field"),
    records_in("department"),
    words_in("since"),
    words_in("until"),
];

/// One record in full.
pub(super) fn of(reading: &Reading<'_>, record: &Record) -> Told {
    match record {
        Record::Proposal(found) => proposal(reading, found),
        Record::Binding(found) => binding(reading, found),
        Record::Usage(found) => usage(reading, found),
        Record::ReceiptBatch(found) => batch(reading, found),
        Record::Rating(found) => rating(reading, found),
        Record::Objection(found) => objection(reading, found),
        Record::Obligation(found) => obligation(reading, found),
        Record::Finding(found) => finding(reading, found),
        Record::Demand(found) => demand(reading, found),
        Record::DataElement(found) => element(reading, found),
        // No other kind has pages here.
        _ => Ok((Vec::new(), Vec::new())),
    }
}

/// A decision as a row of steps.
fn step(reading: &Reading<'_>, what: Cell, decision: &Decision) -> Result<Vec<Cell>, Problem> {
    Ok(vec![
        what,
        vec![reading.department_atom(&decision.department)?],
        vec![Atom::Moment(decision.at.into())],
        cell(decision.reason.as_ref().map(Atom::text)),
    ])
}

fn steps(rows: Vec<Vec<Cell>>) -> Table {
    Table::new("steps", "steps", "records-none", STEPS).with(rows)
}

fn proposal(reading: &Reading<'_>, found: &Proposal) -> Told {
    let mut facts: Facts = vec![
        ("measure", vec![Atom::Says(measures::key(&found.measure))]),
        ("reason", vec![Atom::text(&found.reason)]),
        (
            "proposed-by",
            vec![reading.department_atom(&found.proposed.department)?],
        ),
        ("proposed-at", vec![Atom::Moment(found.proposed.at.into())]),
        ("not-before", vec![Atom::Time(Time(found.not_before))]),
        ("lapses", vec![Atom::Time(Time(found.lapses))]),
    ];
    match &found.status {
        ProposalStatus::Open => {}
        ProposalStatus::InForce { at } => {
            facts.push(("took-effect", vec![Atom::Moment((*at).into())]));
        }
        ProposalStatus::Rejected { decision } | ProposalStatus::TakenBack { decision } => {
            let reason = decision.reason.as_ref().map(Atom::text);
            let by = reading.department_atom(&decision.department)?;
            let at = Atom::Moment(decision.at.into());
            facts.push(("ended", cell([by, at].into_iter().chain(reason))));
        }
    }
    let (more, mut tables) = measures::told(reading, &found.measure)?;
    facts.extend(more);
    let mut seats = Vec::new();
    for seat in &found.seats {
        let approval = seat.approval.as_ref();
        let approved = match approval {
            Some(decision) => Atom::Moment(decision.at.into()),
            None => Atom::Badge("approval-awaited", "wait"),
        };
        let reason = approval.and_then(|decision| decision.reason.as_ref());
        seats.push(vec![
            vec![reading.department_atom(&seat.department)?],
            vec![Atom::word(&seat.signatory)],
            vec![approved],
            cell(reason.map(Atom::text)),
        ]);
    }
    tables.push(Table::new("seats", "approvals", "records-none", SEATS).with(seats));
    Ok((facts, tables))
}

fn binding(reading: &Reading<'_>, found: &Binding) -> Told {
    let mut facts: Facts = vec![("entry", vec![reading.resource_atom(&found.id.resource)?])];
    let (terms, columns) = binding_terms(reading, &found.id.resource, &found.terms)?;
    facts.extend(terms);
    facts.extend([
        (
            "provider",
            vec![reading.department_atom(&found.decision.department)?],
        ),
        (
            "schema-confirmed",
            cell(found.seen.map(|seen| Atom::Moment(seen.into()))),
        ),
    ]);
    let states = found.states.iter().rev().map(|since| {
        vec![
            vec![Atom::word(&since.state)],
            vec![Atom::Moment(since.since.into())],
            cell(since.seen.map(|seen| Atom::Hash(seen.to_string()))),
        ]
    });
    let states = Table::new("states", "states", "records-none", STATES).with(states);
    Ok((facts, vec![states, columns]))
}

/// Where an entry's data is and how: facts, and which column holds which field.
pub(in crate::pages) fn binding_terms(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    terms: &BindingTerms,
) -> Result<(Facts, Table), Problem> {
    let facts = vec![
        (
            "version",
            vec![Atom::SaysOf("version-number", terms.version.to_string())],
        ),
        ("form", vec![Atom::word(&terms.kind)]),
        ("system", vec![Atom::text(&terms.system)]),
        ("schema", vec![Atom::Hash(terms.schema.to_string())]),
        ("gateway", vec![Atom::Hash(terms.gateway.to_string())]),
    ];
    let mut columns = Vec::new();
    for column in &terms.columns {
        let field = fields(reading, resource, &[column.field])?;
        columns.push(vec![vec![Atom::text(&column.name)], field]);
    }
    let columns = Table::new("columns", "columns", "records-none", MAPPED).with(columns);
    Ok((facts, columns))
}

/// What a use is about: entry, binding, reader, basis.
pub(in crate::pages) fn use_facts(reading: &Reading<'_>, id: &UsageId) -> Result<Facts, Problem> {
    let basis = match (&id.basis, id.authorization()) {
        (_, Some(authorization)) => linked(RecordKind::Authorization, &authorization.to_string()),
        (UseBasis::Unconditional { version }, None) => {
            Atom::SaysOf("unconditional-in", version.to_string())
        }
        (UseBasis::Owner, None) => Atom::Says("basis-owner"),
        (UseBasis::None | UseBasis::Authorized { .. }, None) => Atom::Says("basis-none"),
    };
    Ok(vec![
        ("entry", vec![reading.resource_atom(&id.binding.resource)?]),
        (
            "binding",
            vec![linked(RecordKind::Binding, &id.binding.to_string())],
        ),
        ("reader", vec![reading.department_atom(&id.reader)?]),
        ("basis", vec![basis]),
    ])
}

fn usage(reading: &Reading<'_>, found: &Usage) -> Told {
    let mut facts = use_facts(reading, &found.id)?;
    facts.push(("windows-agreed", vec![Atom::Number(found.agreed)]));
    facts.push(("windows-contested", vec![Atom::Number(found.contested)]));
    let row = |key, totals: &SideTotals| {
        vec![
            vec![Atom::Says(key)],
            vec![Atom::Number(totals.calls)],
            vec![Atom::Number(totals.denied)],
            vec![Atom::Number(totals.rows)],
            cell(totals.sealed_to.map(|to| Atom::Time(Time(to)))),
            cell(
                totals
                    .over
                    .map(|over| Atom::SaysCount("over-quota-days", i64::from(over.days))),
            ),
        ]
    };
    let rows = [
        row("side-provider", &found.provider),
        row("side-consumer", &found.consumer),
    ];
    let counts = Table::new("counts", "counts", "records-none", COUNTS).with(rows);
    Ok((facts, vec![counts]))
}

fn batch(reading: &Reading<'_>, found: &ReceiptBatch) -> Told {
    let usage = &found.id.usage;
    let mut facts = use_facts(reading, usage)?;
    facts.push((
        "use-in-all",
        vec![linked(RecordKind::Usage, &usage.to_string())],
    ));
    facts.push(("window-from", vec![Atom::Time(Time(found.id.from))]));
    if let Some(since) = found.contested {
        facts.push(("contested-since", vec![Atom::Moment(since.into())]));
    }
    let mut rows = Vec::new();
    for (key, seal) in [
        ("side-provider", &found.provider),
        ("side-consumer", &found.consumer),
    ] {
        let Some(seal) = seal else { continue };
        let Seal { counted, .. } = seal;
        rows.push(vec![
            vec![Atom::Says(key)],
            vec![Atom::Number(counted.calls)],
            vec![Atom::Number(counted.denied)],
            vec![Atom::Number(counted.rows)],
            vec![Atom::Time(Time(counted.to))],
        ]);
        facts.push((
            key,
            vec![
                reading.department_atom(&seal.department)?,
                Atom::Moment(seal.at.into()),
                Atom::Hash(seal.root.to_string()),
            ],
        ));
        let used = fields(reading, &usage.binding.resource, &counted.fields)?;
        facts.push(("fields", used));
    }
    let counts = Table::new("counts", "counts", "records-none", COUNTS).with(rows);
    Ok((facts, vec![counts]))
}

fn rating(reading: &Reading<'_>, found: &Rating) -> Told {
    let mut facts = use_facts(reading, &found.batch.usage)?;
    facts.push((
        "batch",
        vec![linked(RecordKind::ReceiptBatch, &found.batch.to_string())],
    ));
    facts.push(("rating", vec![stars(found.stars)]));
    let mut rows = vec![step(
        reading,
        vec![Atom::Says("action-rate")],
        &found.rated,
    )?];
    if let Some(answered) = &found.answered {
        let what = vec![Atom::Says("action-answer-rating")];
        rows.push(step(reading, what, answered)?);
    }
    Ok((facts, vec![steps(rows)]))
}

/// How an objection ends.
pub(in crate::pages) fn outcome(outcome: Outcome) -> Atom {
    match outcome {
        Outcome::Corrected => Atom::Badge("outcome-corrected", "yes"),
        Outcome::Upheld => Atom::Badge("outcome-upheld", "quiet"),
        Outcome::Withdrawn => Atom::Badge("outcome-withdrawn", "quiet"),
    }
}

/// What is objected to.
pub(in crate::pages) fn objection_facts(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    kind: &ObjectionKind,
) -> Result<Facts, Problem> {
    let mut facts: Facts = vec![("objection-kind", vec![Atom::Says(objection_key(kind))])];
    match kind {
        ObjectionKind::Correction { fields: wrong } => {
            facts.push(("fields", fields(reading, resource, wrong)?));
        }
        ObjectionKind::SourceConflict {
            element,
            resource: claimed,
            field,
        } => {
            let element = linked(RecordKind::DataElement, &element.to_string());
            facts.push(("data-element", vec![element]));
            facts.push(("claimed-by", vec![reading.resource_atom(claimed)?]));
            facts.push(("field", fields(reading, claimed, &[*field])?));
        }
        ObjectionKind::Appeal { application } => {
            let id = format!("{resource}/{application}");
            facts.push(("application", vec![linked(RecordKind::Application, &id)]));
        }
    }
    Ok(facts)
}

fn objection(reading: &Reading<'_>, found: &Objection) -> Told {
    let resource = &found.id.resource;
    let mut facts = objection_facts(reading, resource, &found.kind)?;
    facts.push(("entry", vec![reading.resource_atom(resource)?]));
    facts.push(("raiser", vec![reading.department_atom(&found.raiser)?]));
    if let Some(evidence) = found.evidence {
        facts.push(("evidence-hash", vec![Atom::Hash(evidence.to_string())]));
    }
    let mut rows = Vec::new();
    for taken in &found.steps {
        let outcome = taken.outcome.map(outcome);
        let what = cell([Atom::word(&taken.stage)].into_iter().chain(outcome));
        rows.push(step(reading, what, &taken.decision)?);
    }
    Ok((facts, vec![steps(rows)]))
}

fn obligation(reading: &Reading<'_>, found: &Obligation) -> Told {
    let facts = vec![
        ("entry", vec![reading.resource_atom(&found.id.resource)?]),
        (
            "who-must-share",
            vec![reading.department_atom(&found.department)?],
        ),
        ("obligation-list", vec![Atom::text(&found.list)]),
        ("due", vec![Atom::Time(Time(found.due))]),
    ];
    let what = vec![Atom::Says("action-impose-obligation")];
    let mut rows = vec![step(reading, what, &found.imposed)?];
    if let Some(met) = &found.met {
        rows.push(step(
            reading,
            vec![Atom::Says("action-meet-obligation")],
            met,
        )?);
    }
    Ok((facts, vec![steps(rows)]))
}

fn finding(reading: &Reading<'_>, found: &Finding) -> Told {
    let subject = match &found.subject {
        FindingSubject::Department(id) => reading.department_atom(id)?,
        FindingSubject::Resource(code) => reading.resource_atom(code)?,
    };
    let mut facts = vec![
        ("finding", vec![Atom::text(&found.title)]),
        ("about", vec![subject]),
        (
            "who-answers",
            vec![reading.department_atom(&found.department)?],
        ),
        ("due", vec![Atom::Time(Time(found.due))]),
    ];
    if let Some(text) = found.text {
        facts.push(("full-text-hash", vec![Atom::Hash(text.to_string())]));
    }
    let what = vec![Atom::Says("action-open-finding")];
    let mut rows = vec![step(reading, what, &found.opened)?];
    for answer in &found.answers {
        let what = vec![Atom::Says("action-answer-finding")];
        rows.push(step(reading, what, &answer.answered)?);
        if let Some(judged) = &answer.judged {
            let verdict = match answer.cleared {
                true => Atom::Badge("finding-cleared", "yes"),
                false => Atom::Badge("finding-not-cleared", "no"),
            };
            rows.push(step(reading, vec![verdict], judged)?);
        }
    }
    Ok((facts, vec![steps(rows)]))
}

fn demand(reading: &Reading<'_>, found: &Demand) -> Told {
    let mut facts: Facts = vec![("asker", vec![reading.department_atom(&found.asker)?])];
    let mut rows = vec![step(
        reading,
        vec![Atom::Says("action-raise-demand")],
        &found.raised,
    )?];
    let (asked, assigned, answered) = match &found.state {
        DemandState::Open => (None, None, None),
        DemandState::Assigned {
            department,
            decision,
        } => (Some(department), Some(decision), None),
        DemandState::Listed {
            resource,
            department,
            assigned,
            decision,
        } => {
            facts.push(("entry", vec![reading.resource_atom(resource)?]));
            (Some(department), Some(assigned), Some(decision))
        }
        DemandState::Refused {
            department,
            assigned,
            decision,
        } => (department.as_ref(), assigned.as_ref(), Some(decision)),
    };
    if let Some(asked) = asked {
        facts.push(("who-answers", vec![reading.department_atom(asked)?]));
    }
    for earlier in &found.earlier {
        let who = reading.department_atom(&earlier.department)?;
        let what = vec![Atom::Says("action-assign-demand"), who];
        rows.push(step(reading, what, &earlier.assigned)?);
    }
    if let Some(assigned) = assigned {
        let what = vec![Atom::Says("action-assign-demand")];
        rows.push(step(reading, what, assigned)?);
    }
    if let Some(answered) = answered {
        rows.push(step(reading, vec![Atom::word(&found.state)], answered)?);
    }
    Ok((facts, vec![steps(rows)]))
}

fn element(reading: &Reading<'_>, found: &DataElement) -> Told {
    let mut facts = vec![
        ("name", vec![Atom::text(&found.name)]),
        ("definition", vec![Atom::text(&found.definition)]),
        ("type", vec![Atom::Code(format!("{:?}", found.field_type))]),
        ("defined-at", vec![Atom::Moment(found.defined.into())]),
    ];
    if let Some(retired) = found.retired {
        facts.push(("element-retired", vec![Atom::Moment(retired.into())]));
    }
    let mut rows = Vec::new();
    for source in found.sources.iter().rev() {
        rows.push(vec![
            vec![reading.resource_atom(&source.resource)?],
            fields(reading, &source.resource, &[source.field])?,
            vec![reading.department_atom(&source.department)?],
            vec![Atom::Moment(source.period.from.into())],
            cell(source.period.to.map(|to| Atom::Moment(to.into()))),
        ]);
    }
    let sources = Table::new("sources", "sources", "sources-none", SOURCES).with(rows);
    Ok((facts, vec![sources]))
}
