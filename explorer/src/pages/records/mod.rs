//! Proposals, bindings, use, objections, findings, demands, obligations, data elements: for each kind
//! the list and the one, from the same table of kinds as the interface's addresses.

mod measures;
mod summary;
mod told;

pub(super) use measures::{key as measure_key, members as member_changes, told as measure_told};
pub(super) use summary::stars;
pub(super) use told::{binding_terms, objection_facts, outcome, use_facts};

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use dirchain_ledger::ids::{DepartmentId, ResourceCode, SharingId};
use dirchain_ledger::records::{RecordId, RecordKind};

use super::frame::{Frame, Point, Taken, Visit};
use super::sheet::{Atom, Facts, Table};
use super::sheets::{self, Crumb, List, SheetPage, Tab, give};
use super::{Asked, Paged, taking, words};
use crate::api::Problem;
use crate::directory::Directory;
use crate::http::{App, Id, KINDS, Kind, Place, encoded};
use crate::problem::ProblemKind;
use crate::reading::{Reading, Slice};

const RECORDS_SHOWN: usize = 50;
/// Records listed on the page of what they name.
const RECORDS_NAMED: usize = 10;

/// The addresses of every kind.
pub(super) fn routes(mut router: Router<Arc<App>>) -> Router<Arc<App>> {
    for kind in &KINDS {
        let all = move |State(app), visit: Visit| list(app, kind, visit);
        router = router.route(
            &format!("/{}", kind.name),
            get(all).layer(Extension(taken(kind))),
        );
        router = match kind.id {
            Id::Number(id) => {
                let read = move |State(app), visit: Visit, place: Asked<Place<_>>| async move {
                    let Place((resource, number)) = place?;
                    one(app, kind, visit, id(SharingId { resource, number })).await
                };
                router.route(
                    &format!("/{}/{{resource}}/{{number}}", kind.name),
                    taking(&["at", "csv"], get(read)),
                )
            }
            Id::Text(id) => {
                let read = move |State(app), visit: Visit, place: Asked<Place<String>>| async move {
                    let Place(text) = place?;
                    one(app, kind, visit, (id.read)(&text)?).await
                };
                router.route(
                    &format!("/{}/{{id}}", kind.name),
                    taking(&["at", "csv"], get(read)),
                )
            }
        };
    }
    router
}

/// What the list of a kind takes in its address: whose records are meant, and under its name a cursor.
fn taken(kind: &'static Kind) -> Taken {
    let parameters: &[&str] = match (kind.of_resource, kind.of_department) {
        (true, true) => &["resource", "department", "at", "csv"],
        (true, false) => &["resource", "at", "csv"],
        (false, true) => &["department", "at", "csv"],
        (false, false) => &["at", "csv"],
    };
    Taken {
        parameters,
        list: Some(kind.name),
    }
}

/// The page of a record, as an address; none where a kind has none.
pub(super) fn path_to(kind: RecordKind, subject: &str) -> Option<String> {
    let numbered = |name: &str| {
        let (resource, number) = subject.rsplit_once('/')?;
        Some(format!("/{name}/{}/{number}", encoded(resource)))
    };
    match kind {
        RecordKind::Department => Some(format!("/departments/{subject}")),
        RecordKind::Responsibility => Some(format!("/responsibilities/{subject}")),
        RecordKind::Resource => Some(format!("/resources/{}", encoded(subject))),
        RecordKind::Application => numbered("applications"),
        RecordKind::Authorization => numbered("authorizations"),
        RecordKind::Node | RecordKind::Offices | RecordKind::Parameters => {
            Some("/members".to_owned())
        }
        RecordKind::Membership => Some("/members".to_owned()),
        other => {
            let kind = KINDS.iter().find(|kind| kind.kind == other)?;
            match kind.id {
                Id::Number(_) => numbered(kind.name),
                Id::Text(_) => Some(format!("/{}/{}", kind.name, encoded(subject))),
            }
        }
    }
}

/// A link to a record by its kind and id.
pub(super) fn linked(kind: RecordKind, subject: &str) -> Atom {
    match path_to(kind, subject) {
        Some(path) => Atom::record(path, subject.to_owned()),
        None => Atom::Code(subject.to_owned()),
    }
}

/// The keys of a kind's texts: what one is called, what all are.
fn names(kind: RecordKind) -> (&'static str, &'static str) {
    match kind {
        RecordKind::Proposal => ("proposal-of", "proposals"),
        RecordKind::Binding => ("binding-of", "bindings"),
        RecordKind::Usage => ("usage-of", "usage"),
        RecordKind::ReceiptBatch => ("receipts-of", "receipts"),
        RecordKind::Rating => ("rating-of", "ratings"),
        RecordKind::Objection => ("objection-of", "objections"),
        RecordKind::Obligation => ("obligation-of", "obligations"),
        RecordKind::Finding => ("finding-of", "findings"),
        RecordKind::Demand => ("demand-of", "demands"),
        RecordKind::DataElement => ("element-of", "elements"),
        _ => ("record-of", "records"),
    }
}

/// The records of a kind, all or those that name another, as a table.
fn table(
    reading: &Reading<'_>,
    kind: &'static Kind,
    about: Option<&RecordId>,
    slice: &Slice,
) -> Result<Table, Problem> {
    let found = match about {
        Some(target) => reading.records_of(target, kind.kind, slice)?,
        None => reading.records(kind.kind, slice)?,
    };
    let (_, title) = names(kind.kind);
    let mut rows = Vec::new();
    for item in &found.items {
        rows.push(summary::of(reading, &item.record)?.row(kind.kind, &item.id));
    }
    Ok(
        Table::new(kind.name, title, "records-none", summary::COLUMNS)
            .with(rows)
            .going_on(found.next_cursor),
    )
}

/// The first records of each kind that name a department or entry; kinds without any are left out.
pub(super) fn naming(
    reading: &Reading<'_>,
    target: &RecordId,
    kinds: &[RecordKind],
) -> Result<Vec<Table>, Problem> {
    let mut tables = Vec::new();
    let filter = match target {
        RecordId::Department(id) => Some(format!("department={id}")),
        RecordId::Resource(code) => Some(format!("resource={}", encoded(code.as_str()))),
        _ => None,
    };
    for wanted in kinds {
        let Some(kind) = KINDS.iter().find(|kind| kind.kind == *wanted) else {
            continue;
        };
        let mut found = table(reading, kind, Some(target), &Slice::first(RECORDS_NAMED))?;
        found.next = None;
        found.is_exported = false;
        let all = filter.iter();
        let all = all.map(|filter| ("show-all", format!("/{}?{filter}", kind.name)));
        found.beside = all.collect();
        if !found.rows.is_empty() {
            tables.push(found);
        }
    }
    Ok(tables)
}

/// Whose records a list is narrowed to.
fn about(visit: &Visit, kind: &Kind) -> Result<Option<RecordId>, Problem> {
    let bad = |text: &str, error: &dyn std::fmt::Display| {
        ProblemKind::BadParameter.with(format!("`{text}`: {error}"))
    };
    if let Some(text) = visit.asked("resource").filter(|_| kind.of_resource) {
        let code: ResourceCode = text.parse().map_err(|error| bad(text, &error))?;
        return Ok(Some(RecordId::Resource(code)));
    }
    if let Some(text) = visit.asked("department").filter(|_| kind.of_department) {
        let id: DepartmentId = text.parse().map_err(|error| bad(text, &error))?;
        return Ok(Some(RecordId::Department(id)));
    }
    Ok(None)
}

/// `GET /{kind}`, narrowed by `resource` or `department`.
async fn list(app: Arc<App>, kind: &'static Kind, visit: Visit) -> Paged {
    let about = about(&visit, kind)?;
    let target = about.clone();
    let listed = List {
        id: kind.name,
        file: kind.name.to_owned(),
        shown: RECORDS_SHOWN,
        table: move |reading: &Reading<'_>, slice: &Slice| {
            table(reading, kind, target.as_ref(), slice)
        },
        page: move |reading: &Reading<'_>, visit: &Visit, point: &Point| {
            let json = match &about {
                Some(RecordId::Resource(code)) => {
                    format!("/api/v1/resources/{}/{}", encoded(code.as_str()), kind.name)
                }
                Some(RecordId::Department(id)) => format!("/api/v1/departments/{id}/{}", kind.name),
                _ => format!("/api/v1/{}", kind.name),
            };
            let (_, title) = names(kind.kind);
            let frame = Frame::at(visit, reading, point).with_json(json, point);
            let mut page = SheetPage::new(frame, words::say(visit.lang, title).into_owned());
            page.tab = Tab::of(kind.name);
            if let Some(target) = &about {
                page.crumbs = reading.named(target)?.into_iter().map(Crumb::to).collect();
            }
            Ok(page)
        },
    };
    sheets::list(app, visit, listed).await
}

/// `GET /{kind}/{id}`
async fn one(app: Arc<App>, kind: &'static Kind, visit: Visit, id: RecordId) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let file = format!("{}-{}", kind.name, crate::reading::written(&id));
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let item = reading.record(&id)?.item;
        let summary = summary::of(&reading, &item.record)?;
        let (facts, tables): (Facts, Vec<Table>) = told::of(&reading, &item.record)?;
        let (name, title) = names(kind.kind);
        let path = path_to(kind.kind, &item.id).unwrap_or_default();
        let heading = super::filters::around(visit.lang, name, &item.id);
        let frame = Frame::at(visit, &reading, &point).with_json(format!("/api/v1{path}"), &point);
        let mut page = SheetPage::new(frame, heading);
        page.crumbs = vec![Crumb::said(title, format!("/{}", kind.name))];
        page.crumbs
            .extend(summary.about.iter().cloned().map(Crumb::to));
        page.tags = summary.state;
        page.facts = facts;
        page.tables = tables;
        Ok(page)
    };
    give(app, visit, file, read).await
}

/// What a record that a search finds is called, in answers and as a key of the catalogue of texts.
pub(crate) fn word_of(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Application => "application",
        RecordKind::Authorization => "authorization",
        RecordKind::Binding => "binding",
        RecordKind::Objection => "objection",
        RecordKind::Proposal => "proposal",
        RecordKind::Demand => "demand",
        RecordKind::Finding => "finding",
        RecordKind::DataElement => "data-element",
        RecordKind::Department
        | RecordKind::Key
        | RecordKind::Node
        | RecordKind::Responsibility
        | RecordKind::Resource
        | RecordKind::Offices
        | RecordKind::Parameters
        | RecordKind::Membership
        | RecordKind::Usage
        | RecordKind::ReceiptBatch
        | RecordKind::Rating
        | RecordKind::Obligation
        | RecordKind::Docket => "record",
    }
}
