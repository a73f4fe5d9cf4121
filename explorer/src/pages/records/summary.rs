//! A record in one line: what it is, what it is about, whose, since when, where it stands.

use dirchain_ledger::records::{
    Binding, DataElement, Demand, DemandState, Finding, FindingSubject, Objection, ObjectionKind,
    Obligation, Proposal, Rating, ReceiptBatch, Record, RecordKind, Stars, Usage,
};

use super::linked;
use crate::api::{Problem, Time};
use crate::pages::sheet::{Atom, Cell, Column, cell, records_in, words_in};
use crate::reading::Reading;

/// The columns of every list of records.
pub(super) const COLUMNS: &[Column] = &[
    records_in("id"),
    words_in("what"),
    records_in("about"),
    records_in("department"),
    words_in("since"),
    words_in("state"),
];

/// What a line says of a record, its id apart.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) what: Cell,
    pub(super) about: Cell,
    pub(super) whose: Cell,
    pub(super) since: Cell,
    pub(super) state: Cell,
}

impl Summary {
    /// As a row of a list.
    pub(super) fn row(self, kind: RecordKind, id: &str) -> Vec<Cell> {
        let Self {
            what,
            about,
            whose,
            since,
            state,
        } = self;
        vec![vec![linked(kind, id)], what, about, whose, since, state]
    }
}

/// What a line says of a record.
pub(super) fn of(reading: &Reading<'_>, record: &Record) -> Result<Summary, Problem> {
    match record {
        Record::Proposal(found) => proposal(reading, found),
        Record::Binding(found) => binding(reading, found),
        Record::Usage(found) => usage(reading, found),
        Record::ReceiptBatch(found) => receipts(reading, found),
        Record::Rating(found) => rating(reading, found),
        Record::Objection(found) => objection(reading, found),
        Record::Obligation(found) => obligation(reading, found),
        Record::Finding(found) => finding(reading, found),
        Record::Demand(found) => demand(reading, found),
        Record::DataElement(found) => element(reading, found),
        // No other kind has a list of its own.
        _ => Ok(Summary::default()),
    }
}

fn proposal(reading: &Reading<'_>, found: &Proposal) -> Result<Summary, Problem> {
    let subjects = found.measure.subjects();
    let subjects = subjects.iter().take(3);
    Ok(Summary {
        what: vec![
            Atom::Says(super::measures::key(&found.measure)),
            Atom::text(&found.reason),
        ],
        about: {
            let mut about = Cell::new();
            for subject in subjects {
                about.extend(reading.named(subject)?);
            }
            about
        },
        whose: vec![reading.department_atom(&found.proposed.department)?],
        since: vec![Atom::Moment(found.proposed.at.into())],
        state: vec![Atom::word(&found.standing_at(reading.resolved().instant))],
    })
}

fn binding(reading: &Reading<'_>, found: &Binding) -> Result<Summary, Problem> {
    let since = found.states.last().map(|last| last.since.into());
    Ok(Summary {
        what: vec![
            Atom::word(&found.terms.kind),
            Atom::text(&found.terms.system),
        ],
        about: vec![reading.resource_atom(&found.id.resource)?],
        whose: vec![reading.department_atom(&found.decision.department)?],
        since: cell(since.map(Atom::Moment)),
        state: vec![Atom::word(&found.state())],
    })
}

fn agreement(contested: bool, both: bool) -> Cell {
    vec![match (contested, both) {
        (true, _) => Atom::Badge("counts-contested", "no"),
        (false, true) => Atom::Badge("counts-agree", "yes"),
        (false, false) => Atom::Badge("counts-one-side", "quiet"),
    }]
}

/// How many calls there were, and how many of them were denied.
fn counts(calls: u64, denied: u64) -> Cell {
    let denied =
        (denied > 0).then(|| Atom::SaysCount("denied-of", denied.try_into().unwrap_or(i64::MAX)));
    cell(
        [Atom::SaysCount(
            "calls-of",
            calls.try_into().unwrap_or(i64::MAX),
        )]
        .into_iter()
        .chain(denied),
    )
}

fn usage(reading: &Reading<'_>, found: &Usage) -> Result<Summary, Problem> {
    let calls = found.provider.calls.max(found.consumer.calls);
    let denied = found.provider.denied.max(found.consumer.denied);
    let sealed = found.provider.sealed_to.max(found.consumer.sealed_to);
    Ok(Summary {
        what: counts(calls, denied),
        about: vec![reading.resource_atom(&found.id.binding.resource)?],
        whose: vec![reading.department_atom(&found.id.reader)?],
        since: cell(sealed.map(|to| Atom::Time(Time(to)))),
        state: agreement(found.contested > 0, found.agreed > 0),
    })
}

fn receipts(reading: &Reading<'_>, found: &ReceiptBatch) -> Result<Summary, Problem> {
    let seals = found.provider.iter().chain(&found.consumer);
    let counted: Vec<_> = seals.map(|seal| &seal.counted).collect();
    let calls = counted.iter().map(|counted| counted.calls).max();
    let denied = counted.iter().map(|counted| counted.denied).max();
    let usage = &found.id.usage;
    let both = found.provider.is_some() && found.consumer.is_some();
    Ok(Summary {
        what: counts(calls.unwrap_or(0), denied.unwrap_or(0)),
        about: vec![reading.resource_atom(&usage.binding.resource)?],
        whose: vec![reading.department_atom(&usage.reader)?],
        since: vec![Atom::Time(Time(found.id.from))],
        state: agreement(found.differs(), both),
    })
}

/// Five stars, so many of them full.
pub(in crate::pages) fn stars(given: Stars) -> Atom {
    let full = usize::from(u8::from(given));
    Atom::Text("★".repeat(full) + &"☆".repeat(5usize.saturating_sub(full)))
}

fn rating(reading: &Reading<'_>, found: &Rating) -> Result<Summary, Problem> {
    let reason = found.rated.reason.as_ref().map(Atom::text);
    let state = match found.answered {
        Some(_) => Atom::Badge("rating-answered", "yes"),
        None => Atom::Badge("rating-open", "wait"),
    };
    Ok(Summary {
        what: cell([stars(found.stars)].into_iter().chain(reason)),
        about: vec![reading.resource_atom(&found.batch.usage.binding.resource)?],
        whose: vec![reading.department_atom(&found.rated.department)?],
        since: vec![Atom::Moment(found.rated.at.into())],
        state: vec![state],
    })
}

/// What an objection is called.
pub(super) fn objection_key(kind: &ObjectionKind) -> &'static str {
    match kind {
        ObjectionKind::Correction { .. } => "objection-correction",
        ObjectionKind::SourceConflict { .. } => "objection-source-conflict",
        ObjectionKind::Appeal { .. } => "objection-appeal",
    }
}

fn objection(reading: &Reading<'_>, found: &Objection) -> Result<Summary, Problem> {
    let first = found.steps.first().map(|step| &step.decision);
    let reason = first.and_then(|decision| decision.reason.as_ref());
    let what = [Atom::Says(objection_key(&found.kind))].into_iter();
    Ok(Summary {
        what: cell(what.chain(reason.map(Atom::text))),
        about: vec![reading.resource_atom(&found.id.resource)?],
        whose: vec![reading.department_atom(&found.raiser)?],
        since: cell(first.map(|decision| Atom::Moment(decision.at.into()))),
        state: vec![Atom::word(&found.stage())],
    })
}

fn obligation(reading: &Reading<'_>, found: &Obligation) -> Result<Summary, Problem> {
    let state = match &found.met {
        Some(_) => Atom::Badge("obligation-met", "yes"),
        None if found.due <= reading.resolved().instant => Atom::Badge("overdue", "no"),
        None => Atom::Badge("obligation-open", "wait"),
    };
    Ok(Summary {
        what: vec![Atom::text(&found.list)],
        about: vec![reading.resource_atom(&found.id.resource)?],
        whose: vec![reading.department_atom(&found.department)?],
        since: vec![Atom::Moment(found.imposed.at.into())],
        state: vec![state],
    })
}

fn finding(reading: &Reading<'_>, found: &Finding) -> Result<Summary, Problem> {
    let about = match &found.subject {
        FindingSubject::Department(id) => reading.department_atom(id)?,
        FindingSubject::Resource(code) => reading.resource_atom(code)?,
    };
    Ok(Summary {
        what: vec![Atom::text(&found.title)],
        about: vec![about],
        whose: vec![reading.department_atom(&found.department)?],
        since: vec![Atom::Moment(found.opened.at.into())],
        state: vec![Atom::word(&found.state())],
    })
}

fn demand(reading: &Reading<'_>, found: &Demand) -> Result<Summary, Problem> {
    let about = match &found.state {
        DemandState::Listed { resource, .. } => vec![reading.resource_atom(resource)?],
        DemandState::Open | DemandState::Assigned { .. } | DemandState::Refused { .. } => {
            Vec::new()
        }
    };
    Ok(Summary {
        what: cell(found.raised.reason.as_ref().map(Atom::text)),
        about,
        whose: vec![reading.department_atom(&found.asker)?],
        since: vec![Atom::Moment(found.raised.at.into())],
        state: vec![Atom::word(&found.state)],
    })
}

fn element(reading: &Reading<'_>, found: &DataElement) -> Result<Summary, Problem> {
    let (mut about, mut whose) = (Vec::new(), Vec::new());
    if let Some(source) = found.source() {
        about.push(reading.resource_atom(&source.resource)?);
        whose.push(reading.department_atom(&source.department)?);
    }
    let state = match found.retired {
        Some(_) => Atom::Badge("element-retired", "no"),
        None => Atom::Badge("in-force", "yes"),
    };
    Ok(Summary {
        what: vec![Atom::text(&found.name), Atom::text(&found.definition)],
        about,
        whose,
        since: vec![Atom::Moment(found.defined.into())],
        state: vec![state],
    })
}
