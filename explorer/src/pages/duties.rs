//! Responsibilities: one with the entries that cite it, and a department's as rows.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::ResponsibilityCode;
use dirchain_ledger::records::{LegalBasis, RecordId};

use super::csv;
use super::departments::{PROVIDED, entry_row};
use super::frame::{Frame, Point, Visit};
use super::sheet::{
    Atom, Cell, Column, FACTS_ID, Facts, Table, cell, events, facts_table, part, records_in,
    unknown_table, words_in,
};
use super::sheets::{Crumb, List, SheetPage, Timeline, list};
use super::{Asked, Paged, filters, show, words};
use crate::api::{Problem, ResponsibilityAnswer, ResponsibilityItem};
use crate::directory::Directory;
use crate::http::{App, Place};
use crate::reading::{Reading, Slice};

const EVENTS_SHOWN: usize = 30;
const DUTIES_SHOWN: usize = 60;

const DUTIES: &[Column] = &[
    records_in("responsibility"),
    words_in("legal-basis"),
    words_in("in-effect-since"),
    words_in("state"),
];

const DUTIES_OF_ALL: &[Column] = &[
    records_in("responsibility"),
    records_in("holder"),
    words_in("legal-basis"),
    words_in("in-effect-since"),
    words_in("state"),
];

/// `GET /responsibilities`
pub(super) async fn responsibilities(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let listed = List {
        id: "duties",
        file: "responsibilities".to_owned(),
        shown: DUTIES_SHOWN,
        table: |reading: &Reading<'_>, slice: &Slice| {
            let found = reading.responsibilities(slice)?;
            let rows = found.items.iter().map(|item| {
                let mut row = row(item);
                let holder = Atom::department(&item.holder, item.holder_name.clone());
                row.insert(1, vec![holder]);
                row
            });
            Ok(empty(DUTIES_OF_ALL).with(rows).going_on(found.next_cursor))
        },
        page: |reading: &Reading<'_>, visit: &Visit, point: &Point| {
            let frame =
                Frame::at(visit, reading, point).with_json("/api/v1/responsibilities", point);
            let heading = words::say(visit.lang, "responsibilities").into_owned();
            Ok(SheetPage::new(frame, heading))
        },
    };
    list(app, visit, listed).await
}

/// A department's responsibilities, no row yet.
pub(super) fn table() -> Table {
    empty(DUTIES)
}

fn empty(columns: &'static [Column]) -> Table {
    let (title, none) = ("responsibilities", "responsibilities-none");
    Table::new("duties", title, none, columns)
}

/// A responsibility as a row.
pub(super) fn row(item: &ResponsibilityItem) -> Vec<Cell> {
    let state = match item.ended_as {
        Some(ended) => Atom::word(&ended),
        None => Atom::Badge("in-effect", "yes"),
    };
    vec![
        vec![Atom::responsibility(&item.code, Some(item.title.clone()))],
        legal_bases(&item.legal_bases),
        vec![Atom::Moment(item.effective.from)],
        vec![state],
    ]
}

/// Laws and their articles.
pub(super) fn legal_bases(bases: &[LegalBasis]) -> Cell {
    let bases = bases.iter().map(|basis| {
        let article = basis.article.as_ref();
        let article = article
            .map(|article| format!(" {article}"))
            .unwrap_or_default();
        Atom::Text(format!("{}{article}", basis.document))
    });
    let bases = cell(bases);
    match bases.is_empty() {
        true => vec![Atom::Says("none-recorded")],
        false => bases,
    }
}

/// `GET /responsibilities/{code}`
pub(super) async fn responsibility(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<ResponsibilityCode>>,
) -> Paged {
    let Place(code) = place?;
    let point = Point::parse(visit.asked("at"))?;
    let history = part(&visit, "history", EVENTS_SHOWN)?;
    if visit.asked("csv").is_some() {
        let read = {
            let code = code.clone();
            move |reading: &Reading<'_>, name: &str, slice: &Slice| match name {
                FACTS_ID => Ok(facts_table(duty_facts(&reading.responsibility(&code)?))),
                "cited" => cited(reading, &code),
                "history" => {
                    let record = RecordId::Responsibility(code.clone());
                    Ok(events("history", reading.history(&record, slice)?))
                }
                other => Err(unknown_table(other)),
            }
        };
        return csv::named(app, visit, point.at, code.to_string(), read).await;
    }
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &history)?;
        let found = reading.responsibility(&code)?;
        let happened = reading.history(&RecordId::Responsibility(code.clone()), &history)?;
        let frame = Frame::at(visit, &reading, &point)
            .with_json(format!("/api/v1/responsibilities/{code}"), &point);
        let duty = &found.responsibility;
        let mut page = SheetPage::new(frame, duty.title.clone());
        page.crumbs = vec![
            Crumb::said("departments", "/departments"),
            Crumb::to(Atom::department(&duty.holder, duty.holder_name.clone())),
        ];
        page.tags = vec![Atom::Says("responsibility"), Atom::Code(code.to_string())];
        page.tags.push(match duty.ended_as {
            Some(ended) => Atom::word(&ended),
            None => Atom::Badge("in-effect", "yes"),
        });
        page.facts = duty_facts(&found);
        page.tables = vec![cited(&reading, &code)?];
        page.timelines = vec![Timeline::new("history", happened)];
        Ok(page)
    };
    show(&app, visit, read).await
}

/// A responsibility at a glance.
fn duty_facts(found: &ResponsibilityAnswer) -> Facts {
    let duty = &found.responsibility;
    let holder = Atom::department(&duty.holder, duty.holder_name.clone());
    let since = found.earlier_holders.last();
    let since = since.map(|earlier| Atom::Moment(earlier.until));
    let mut facts = vec![
        ("holder", cell([holder].into_iter().chain(since))),
        ("legal-basis", legal_bases(&duty.legal_bases)),
        ("in-effect-since", vec![Atom::Moment(duty.effective.from)]),
    ];
    let earlier = found.earlier_holders.iter().rev().flat_map(|earlier| {
        let name = earlier.holder_name.clone();
        let until = filters::offset_time(&earlier.until.time);
        [
            Atom::department(&earlier.holder, name),
            Atom::SaysOf("until-time", until),
        ]
    });
    let earlier = cell(earlier);
    if !earlier.is_empty() {
        facts.push(("earlier-holders", earlier));
    }
    if let Some(to) = duty.effective.to {
        facts.push(("ended", vec![Atom::Moment(to)]));
    }
    if let Some(text) = found.text {
        facts.push(("full-text-hash", vec![Atom::Hash(text.to_string())]));
    }
    facts
}

/// The entries that cite a responsibility.
fn cited(reading: &Reading<'_>, code: &ResponsibilityCode) -> Result<Table, Problem> {
    let found = reading.responsibility(code)?.cited_by;
    let rows = found.items.into_iter().map(entry_row);
    Ok(Table::new("cited", "cited-by", "cited-by-none", PROVIDED).with(rows))
}
