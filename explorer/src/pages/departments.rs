//! Departments and their responsibilities.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResponsibilityCode};
use dirchain_ledger::records::{LegalBasis, RecordId, RecordKind};

use super::csv::csv;
use super::frame::{Frame, Point, Visit};
use super::sheet::{
    Atom, Cell, Column, Table, cell, events, numbers_in, part, records_in, unknown_table, words_in,
};
use super::sheets::{Crumb, Form, SheetPage};
use super::{Asked, Paged, matters, records, show, words};
use crate::api::{AuthorizationItem, Basis, Direction, Problem, ResourceItem, ResponsibilityItem};
use crate::directory::Directory;
use crate::http::{App, Place, text_filter};
use crate::reading::{AuthorizationFilter, DepartmentFilter, Reading, ResourceFilter, Slice};

const DEPARTMENTS_SHOWN: usize = 100;
const ENTRIES_SHOWN: usize = 50;
const AUTHORIZATIONS_SHOWN: usize = 50;
const AWAITED_SHOWN: usize = 50;
const EVENTS_SHOWN: usize = 30;

const DEPARTMENTS: &[Column] = &[
    records_in("name"),
    words_in("administrative-level"),
    words_in("offices"),
    words_in("status"),
];
const DUTIES: &[Column] = &[
    records_in("responsibility"),
    words_in("legal-basis"),
    words_in("in-effect-since"),
    words_in("state"),
];
const PROVIDED: &[Column] = &[
    records_in("entry"),
    words_in("sharing"),
    numbers_in("fields"),
    words_in("update-cycle"),
    words_in("state"),
];
/// Entries of several providers.
pub(super) const ENTRIES: &[Column] = &[
    records_in("entry"),
    records_in("provider"),
    words_in("sharing"),
    numbers_in("fields"),
    words_in("update-cycle"),
    words_in("category"),
    words_in("sensitivity"),
    words_in("openness"),
    words_in("state"),
];
const GRANTED: &[Column] = &[
    records_in("entry"),
    records_in("authorization"),
    records_in("provider"),
    records_in("reader"),
    numbers_in("fields"),
    words_in("purpose"),
    words_in("until"),
    words_in("state"),
];
const READABLE: &[Column] = &[
    records_in("entry"),
    records_in("provider"),
    words_in("fields"),
    words_in("basis"),
];
const KEYS: &[Column] = &[
    words_in("public-key"),
    words_in("role"),
    words_in("valid-from"),
    words_in("state"),
];

/// `GET /departments`
pub(super) async fn departments(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let filter = DepartmentFilter {
        text: text_filter(visit.asked("q"))?,
    };
    let point = Point::parse(visit.asked("at"))?;
    let table = move |reading: &Reading<'_>, slice: &Slice| {
        let found = reading.departments(&filter, slice)?;
        let rows = found.items.into_iter().map(|item| {
            vec![
                vec![Atom::department(&item.id, item.name)],
                vec![Atom::word(&item.level)],
                cell(item.offices.iter().map(Atom::word)),
                vec![Atom::word(&item.status)],
            ]
        });
        let table = Table::new(
            "departments",
            "departments-by-id",
            "departments-none",
            DEPARTMENTS,
        );
        Ok(table.with(rows).going_on(found.next_cursor))
    };
    if visit.asked("csv").is_some() {
        let read = move |directory: &dyn Directory, slice: &Slice| {
            table(&Reading::of_slice(directory, point.at, slice)?, slice)
        };
        return csv(app, visit, "departments".to_owned(), read).await;
    }
    let slice = part(&visit, "departments", DEPARTMENTS_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let frame = Frame::at(visit, &reading, &point).with_json("/api/v1/departments", &point);
        let mut page = SheetPage::new(frame, words::say(visit.lang, "departments").into_owned());
        page.form = Some(Form {
            name: "q",
            label: "name-or-id",
            value: visit.asked("q").unwrap_or_default().to_owned(),
            tick: None,
        });
        page.tables = vec![table(&reading, &slice)?];
        Ok(page)
    };
    show(&app, visit, read).await
}

/// The tables of a department's page that go on, with how many rows each shows.
const PARTS: [(&str, usize); 4] = [
    ("owes", AWAITED_SHOWN),
    ("provides", ENTRIES_SHOWN),
    ("reads", AUTHORIZATIONS_SHOWN),
    ("grants", AUTHORIZATIONS_SHOWN),
];

/// One of the tables of a department's page.
fn department_table(
    reading: &Reading<'_>,
    id: &DepartmentId,
    name: &str,
    slice: &Slice,
) -> Result<Table, Problem> {
    Ok(match name {
        "duties" => {
            let duties = reading.department(id)?.responsibilities;
            let rows = duties.items.iter().map(duty_row);
            Table::new(
                "duties",
                "responsibilities",
                "responsibilities-none",
                DUTIES,
            )
            .with(rows)
        }
        "owes" => matters::inbox(reading, id, slice.limit)?,
        "provides" => {
            let filter = ResourceFilter {
                provider: Some(id.clone()),
                ..ResourceFilter::default()
            };
            let found = reading.resources(&filter, slice)?;
            let mut table = Table::new("provides", "provides", "provides-none", PROVIDED)
                .with(found.items.into_iter().map(entry_row))
                .going_on(found.next_cursor);
            table.beside = vec![("provides-all", format!("/search?provider={id}"))];
            table
        }
        "reads" => granted(reading, id, Direction::Out, slice)?,
        "grants" => granted(reading, id, Direction::In, slice)?,
        "may-read" => readable(reading, id, slice)?,
        "keys" => keys(reading, id)?,
        "history" => events(reading.history(&RecordId::Department(id.clone()), slice)?),
        other => return Err(unknown_table(other)),
    })
}

fn duty_row(item: &ResponsibilityItem) -> Vec<Cell> {
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

/// An entry as a row: itself, how it is shared, its fields, how often it is renewed, its state.
fn entry_row(item: ResourceItem) -> Vec<Cell> {
    vec![
        vec![Atom::resource(&item.code, Some(item.name))],
        cell(item.sharing.as_ref().map(Atom::word)),
        vec![Atom::Number(item.field_count)],
        cell(item.update_cycle.as_ref().map(Atom::word)),
        vec![Atom::word(&item.status)],
    ]
}

/// The same with the provider and more of what facets count.
pub(super) fn entry_row_with_provider(item: ResourceItem) -> Vec<Cell> {
    vec![
        vec![Atom::resource(&item.code, Some(item.name))],
        vec![Atom::department(&item.provider, item.provider_name)],
        cell(item.sharing.as_ref().map(Atom::word)),
        vec![Atom::Number(item.field_count)],
        cell(item.update_cycle.as_ref().map(Atom::word)),
        cell(item.category.as_ref().map(Atom::word)),
        cell(item.level.as_ref().map(Atom::word)),
        cell(item.openness.as_ref().map(Atom::word)),
        vec![Atom::word(&item.status)],
    ]
}

fn granted(
    reading: &Reading<'_>,
    id: &DepartmentId,
    direction: Direction,
    slice: &Slice,
) -> Result<Table, Problem> {
    let filter = AuthorizationFilter {
        direction,
        state: None,
    };
    let found = reading.authorizations(id, filter, slice)?;
    let rows = found.items.iter().map(|item: &AuthorizationItem| {
        let number = u64::try_from(item.fields.len()).unwrap_or(u64::MAX);
        vec![
            vec![Atom::resource(
                &item.id.resource,
                Some(item.resource_name.clone()),
            )],
            vec![records::linked(
                RecordKind::Authorization,
                &item.id.to_string(),
            )],
            vec![Atom::department(&item.provider, item.provider_name.clone())],
            vec![Atom::department(&item.grantee, item.grantee_name.clone())],
            vec![Atom::Number(number)],
            vec![Atom::Code(item.purpose.to_string())],
            vec![Atom::Time(item.to)],
            vec![Atom::word(&item.state)],
        ]
    });
    let mut table = match direction {
        Direction::Out => Table::new("reads", "reads", "reads-none", GRANTED),
        Direction::In => Table::new("grants", "grants", "grants-none", GRANTED),
    };
    if direction == Direction::Out {
        table.beside = vec![
            ("reads-all", format!("/departments/{id}/may-read")),
            ("as-picture", format!("/sharing?department={id}")),
        ];
    }
    Ok(table.with(rows).going_on(found.next_cursor))
}

/// Everything that a department may read, and why.
fn readable(reading: &Reading<'_>, id: &DepartmentId, slice: &Slice) -> Result<Table, Problem> {
    let found = reading.may_read(id, None, slice)?;
    let mut rows = Vec::new();
    for item in found.items {
        let (mut basis, suspect) = match item.basis {
            Basis::Owner { .. } => (vec![Atom::Says("basis-owner")], false),
            Basis::Unconditional { version, suspect } => {
                let words = Atom::SaysOf("unconditional-in", version.to_string());
                (vec![words], suspect)
            }
            Basis::Authorized {
                authorization,
                until,
                purpose,
                suspect,
            } => {
                let grant = vec![
                    records::linked(RecordKind::Authorization, &authorization.to_string()),
                    Atom::Code(purpose.to_string()),
                    Atom::SaysOf("until-time", super::filters::offset_time(&until)),
                ];
                (grant, suspect)
            }
        };
        basis.extend(suspect.then_some(Atom::Badge("key-stolen", "no")));
        rows.push(vec![
            vec![Atom::resource(&item.resource, Some(item.name))],
            vec![reading.department_atom(&item.provider)?],
            vec![field_numbers(&item.fields)],
            basis,
        ]);
    }
    Ok(Table::new("may-read", "reads-all", "reads-none", READABLE)
        .with(rows)
        .going_on(found.next_cursor))
}

fn keys(reading: &Reading<'_>, id: &DepartmentId) -> Result<Table, Problem> {
    let keys = reading.department(id)?.keys;
    let rows = keys.items.iter().map(|key| {
        let state = match key.valid.to {
            Some(to) => vec![Atom::Badge("key-revoked", "no"), Atom::Moment(to)],
            None => vec![Atom::Badge("key-valid", "yes")],
        };
        let suspect = key.suspect_since;
        let suspect = suspect.map(|since| Atom::SaysOf("key-suspect-since", since.to_string()));
        vec![
            vec![Atom::Hash(key.public_key.to_string())],
            vec![Atom::word(&key.role)],
            vec![Atom::Moment(key.valid.from)],
            cell(state.into_iter().chain(suspect)),
        ]
    });
    Ok(Table::new("keys", "keys", "keys-none", KEYS).with(rows))
}

/// Fields by their numbers.
pub(super) fn field_numbers(fields: &[FieldNumber]) -> Atom {
    let numbers: Vec<String> = fields.iter().map(ToString::to_string).collect();
    Atom::Text(numbers.join(", "))
}

/// Laws and their articles.
fn legal_bases(bases: &[LegalBasis]) -> Cell {
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

/// `GET /departments/{id}`
pub(super) async fn department(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<DepartmentId>>,
) -> Paged {
    let Place(id) = place?;
    let point = Point::parse(visit.asked("at"))?;
    if let Some(name) = visit.asked("csv").map(str::to_owned) {
        let file = format!("{id}-{name}");
        let read = move |directory: &dyn Directory, slice: &Slice| {
            let reading = Reading::of_slice(directory, point.at, slice)?;
            department_table(&reading, &id, &name, slice)
        };
        return csv(app, visit, file, read).await;
    }
    let mut slices = Vec::new();
    for (name, shown) in PARTS {
        slices.push((name, part(&visit, name, shown)?));
    }
    let history = part(&visit, "history", EVENTS_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let all = slices.iter().map(|(_, slice)| slice).chain([&history]);
        let pinned = all.into_iter().find(|slice| slice.cursor.is_some());
        let reading = Reading::of_slice(directory, point.at, pinned.unwrap_or(&history))?;
        let record = RecordId::Department(id.clone());
        let mut tables = vec![department_table(&reading, &id, "duties", &history)?];
        for (name, slice) in &slices {
            tables.push(department_table(&reading, &id, name, slice)?);
        }
        tables.extend(records::naming(&reading, &record, NAMING)?);
        tables.push(department_table(&reading, &id, "keys", &history)?);
        for table in tables.iter_mut().filter(|table| table.id == "reads") {
            table.hint = Some(words::say(visit.lang, "reads-hint").into_owned());
        }
        let happened = reading.history(&record, &history)?;
        let frame = Frame::at(visit, &reading, &point)
            .with_json(format!("/api/v1/departments/{id}"), &point);
        let mut page = about_department(&reading, &id, frame)?;
        page.tables = tables;
        page.history = Some((happened.items, happened.next_cursor));
        Ok(page)
    };
    show(&app, visit, read).await
}

/// The kinds of record that a department's page lists where they name it.
const NAMING: &[RecordKind] = &[
    RecordKind::Proposal,
    RecordKind::Objection,
    RecordKind::Finding,
    RecordKind::Demand,
    RecordKind::Obligation,
    RecordKind::Usage,
    RecordKind::Rating,
];

/// The head of a department's page and its facts.
fn about_department(
    reading: &Reading<'_>,
    id: &DepartmentId,
    frame: Frame,
) -> Result<SheetPage, Problem> {
    let found = reading.department(id)?;
    let item = found.department;
    let mut page = SheetPage::new(frame, item.name);
    page.crumbs = vec![Crumb::said("departments", "/departments")];
    if let Some(parent) = &item.parent {
        page.crumbs
            .push(Crumb::to(reading.department_atom(parent)?));
    }
    page.tags = vec![Atom::Code(item.id.to_string()), Atom::word(&item.status)];
    page.tags.extend(item.offices.iter().map(Atom::word));
    page.evidence = Some(format!("/api/v1/departments/{id}/evidence"));
    if let Some(code) = item.credit_code {
        page.facts.push(("credit-code", vec![Atom::Code(code)]));
    }
    page.facts.extend([
        ("administrative-level", vec![Atom::word(&item.level)]),
        ("region", vec![Atom::Code(item.region)]),
    ]);
    let statuses = found.status_history.iter();
    let statuses = statuses.flat_map(|past| [Atom::word(&past.status), Atom::Moment(past.since)]);
    page.facts.push(("status-since", cell(statuses)));
    let units = found.sub_units.items.into_iter();
    let units = cell(units.map(|unit| Atom::department(&unit.id, unit.name)));
    if !units.is_empty() {
        page.facts.push(("sub-units", units));
    }
    Ok(page)
}

/// `GET /departments/{id}/may-read`
pub(super) async fn may_read(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<DepartmentId>>,
) -> Paged {
    let Place(id) = place?;
    let point = Point::parse(visit.asked("at"))?;
    if visit.asked("csv").is_some() {
        let file = format!("{id}-may-read");
        let read = move |directory: &dyn Directory, slice: &Slice| {
            readable(&Reading::of_slice(directory, point.at, slice)?, &id, slice)
        };
        return csv(app, visit, file, read).await;
    }
    let slice = part(&visit, "may-read", ENTRIES_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let frame = Frame::at(visit, &reading, &point)
            .with_json(format!("/api/v1/departments/{id}/may-read"), &point);
        let heading = words::say(visit.lang, "reads-all").into_owned();
        let mut page = SheetPage::new(frame, heading);
        page.crumbs = vec![
            Crumb::said("departments", "/departments"),
            Crumb::to(reading.department_atom(&id)?),
        ];
        page.tables = vec![readable(&reading, &id, &slice)?];
        Ok(page)
    };
    show(&app, visit, read).await
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
    if let Some(name) = visit.asked("csv").map(str::to_owned) {
        let file = format!("{code}-{name}");
        let read = move |directory: &dyn Directory, slice: &Slice| {
            let reading = Reading::of_slice(directory, point.at, slice)?;
            match name.as_str() {
                "cited" => cited(&reading, &code),
                "history" => {
                    let record = RecordId::Responsibility(code.clone());
                    Ok(events(reading.history(&record, slice)?))
                }
                other => Err(unknown_table(other)),
            }
        };
        return csv(app, visit, file, read).await;
    }
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &history)?;
        let found = reading.responsibility(&code)?;
        let duty = found.responsibility;
        let happened = reading.history(&RecordId::Responsibility(code.clone()), &history)?;
        let frame = Frame::at(visit, &reading, &point)
            .with_json(format!("/api/v1/responsibilities/{code}"), &point);
        let mut page = SheetPage::new(frame, duty.title.clone());
        let holder = Atom::department(&duty.holder, duty.holder_name.clone());
        page.crumbs = vec![
            Crumb::said("departments", "/departments"),
            Crumb::to(holder.clone()),
        ];
        page.tags = vec![Atom::Says("responsibility"), Atom::Code(code.to_string())];
        page.tags.push(match duty.ended_as {
            Some(ended) => Atom::word(&ended),
            None => Atom::Badge("in-effect", "yes"),
        });
        page.facts = vec![
            ("holder", vec![holder]),
            ("legal-basis", legal_bases(&duty.legal_bases)),
            ("in-effect-since", vec![Atom::Moment(duty.effective.from)]),
        ];
        if let Some(to) = duty.effective.to {
            page.facts.push(("ended", vec![Atom::Moment(to)]));
        }
        if let Some(text) = found.text {
            let hash = vec![Atom::Hash(text.to_string())];
            page.facts.push(("full-text-hash", hash));
        }
        page.tables = vec![cited(&reading, &code)?];
        page.history = Some((happened.items, happened.next_cursor));
        Ok(page)
    };
    show(&app, visit, read).await
}

/// The entries that cite a responsibility.
fn cited(reading: &Reading<'_>, code: &ResponsibilityCode) -> Result<Table, Problem> {
    let found = reading.responsibility(code)?.cited_by;
    let rows = found.items.into_iter().map(entry_row);
    Ok(Table::new("cited", "cited-by", "cited-by-none", PROVIDED).with(rows))
}
