//! Departments and their responsibilities.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, FieldNumber};
use dirchain_ledger::records::{RecordId, RecordKind};

use super::csv;
use super::frame::{Frame, Point, Visit};
use super::sheet::{
    Atom, Cell, Column, FACTS_ID, Facts, Table, cell, events, facts_table, numbers_in, part,
    records_in, unknown_table, words_in,
};
use super::sheets::{Crumb, Form, FormField, List, SheetPage, Timeline, list};
use super::{Asked, Paged, duties, filters, matters, records, show, words};
use crate::api::{
    AuthorizationItem, Basis, BoundedCount, DepartmentItem, Direction, Problem, ResourceItem,
};
use crate::directory::Directory;
use crate::http::{App, Place, text_filter};
use crate::reading::{AuthorizationFilter, DepartmentFilter, Reading, ResourceFilter, Slice};

const DEPARTMENTS_SHOWN: usize = 100;
const ENTRIES_SHOWN: usize = 50;
/// Rows of each list on a department's page: few enough that the page stays light.
const PROVIDED_SHOWN: usize = 20;
const AUTHORIZATIONS_SHOWN: usize = 20;
const AWAITED_SHOWN: usize = 15;
const EVENTS_SHOWN: usize = 30;
const ACTS_SHOWN: usize = 12;

const DEPARTMENTS: &[Column] = &[
    records_in("name"),
    words_in("administrative-level"),
    words_in("offices"),
    words_in("status"),
];
pub(super) const PROVIDED: &[Column] = &[
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
pub(super) const GRANTED: &[Column] = &[
    records_in("entry"),
    records_in("authorization"),
    records_in("provider"),
    records_in("reader"),
    words_in("fields"),
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
const SUB_UNITS: &[Column] = &[
    records_in("name"),
    numbers_in("responsibilities"),
    numbers_in("entries-provided"),
    numbers_in("granted-to-it"),
    words_in("status"),
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
    let listed = List {
        id: "departments",
        file: "departments".to_owned(),
        shown: DEPARTMENTS_SHOWN,
        table: move |reading: &Reading<'_>, slice: &Slice| {
            let found = reading.departments(&filter, slice)?;
            let (title, none) = ("departments-by-id", "departments-none");
            Ok(Table::new("departments", title, none, DEPARTMENTS)
                .with(found.items.into_iter().map(department_row))
                .going_on(found.next_cursor))
        },
        page: |reading: &Reading<'_>, visit: &Visit, point: &Point| {
            let text = visit.asked("q");
            let frame = Frame::at(visit, reading, point).with_json_of(
                "/api/v1/departments",
                &[("text", text)],
                point,
            );
            let heading = words::say(visit.lang, "departments").into_owned();
            let mut page = SheetPage::new(frame, heading);
            page.form = Some(Form::filter(vec![FormField::text("q", "name-or-id", text)]));
            Ok(page)
        },
    };
    list(app, visit, listed).await
}

fn department_row(item: DepartmentItem) -> Vec<Cell> {
    vec![
        vec![Atom::department(&item.id, item.name)],
        vec![Atom::word(&item.level)],
        cell(item.offices.iter().map(Atom::word)),
        vec![Atom::word(&item.status)],
    ]
}

/// The tables of a department's page that go on, with how many rows each shows.
const PARTS: [(&str, usize); 4] = [
    ("owes", AWAITED_SHOWN),
    ("provides", PROVIDED_SHOWN),
    ("reads", AUTHORIZATIONS_SHOWN),
    ("grants", AUTHORIZATIONS_SHOWN),
];

/// What a department's page takes in its address: its parts under their names.
pub(super) const TAKEN: &[&str] = &[
    "owes", "provides", "reads", "grants", "acts", "history", "at", "csv",
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
            let held = reading.department(id)?.responsibilities;
            let rows = held.items.iter().map(duties::row);
            duties::table().with(rows)
        }
        FACTS_ID => facts_table(department_facts(reading, id)?),
        "sub-units" => sub_units(reading, id)?,
        "owes" => {
            let board = reading.worked_out_here()?;
            let (mut owed, count, _) = matters::inbox(reading, &board, id, slice.limit)?;
            owed.beside = vec![("deadlines", format!("/deadlines?department={id}"))];
            if count > owed.rows.len() {
                let all = ("awaits-all", format!("/departments/{id}/inbox"));
                owed.beside.insert(0, all);
            }
            owed
        }
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
        "history" => events(
            "history",
            reading.history(&RecordId::Department(id.clone()), slice)?,
        ),
        "acts" => events("acts", reading.acts(id, slice)?),
        other => return Err(unknown_table(other)),
    })
}

/// A department's sub-units, each with what it holds, provides, was granted and owes.
fn sub_units(reading: &Reading<'_>, id: &DepartmentId) -> Result<Table, Problem> {
    let units = reading.sub_units(id)?;
    let shown = units.items.len();
    let rows = units.items.into_iter().map(|unit| {
        let search = format!("/search?provider={}", unit.item.id);
        vec![
            vec![Atom::department(&unit.item.id, unit.item.name)],
            vec![counted(&unit.duties)],
            vec![match unit.entries.count {
                0 => Atom::Number(0),
                _ => Atom::record(search, unit.entries.to_string()),
            }],
            vec![counted(&unit.granted)],
            vec![Atom::word(&unit.item.status)],
        ]
    });
    let table = Table::new("sub-units", "sub-units", "records-none", SUB_UNITS);
    let mut table = table.with(rows);
    if units.more {
        table.hint = Some(shown.to_string());
    }
    Ok(table)
}

/// A number, and whether there are more.
pub(super) fn counted(count: &BoundedCount) -> Atom {
    match count.more {
        true => Atom::Code(count.to_string()),
        false => Atom::Number(count.count),
    }
}

/// An entry as a row: itself, how it is shared, its fields, how often it is renewed, its state.
pub(super) fn entry_row(item: ResourceItem) -> Vec<Cell> {
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

/// An authorization as a row: entry, itself, both sides, fields, purpose, end, state.
pub(super) fn authorization_row(item: AuthorizationItem) -> Vec<Cell> {
    let id = item.id.to_string();
    vec![
        vec![Atom::resource(&item.id.resource, Some(item.resource_name))],
        vec![records::linked(RecordKind::Authorization, &id)],
        vec![Atom::department(&item.provider, item.provider_name)],
        vec![Atom::department(&item.grantee, item.grantee_name)],
        vec![field_numbers(&item.fields)],
        vec![Atom::Text(item.purpose_name)],
        vec![Atom::Time(item.to)],
        vec![Atom::word(&item.state)],
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
    let rows = found.items.into_iter().map(authorization_row);
    let mut table = match direction {
        Direction::Out => Table::new("reads", "reads", "reads-none", GRANTED),
        Direction::In => Table::new("grants", "grants", "grants-none", GRANTED),
    };
    table.beside = match direction {
        Direction::Out => vec![
            ("reads-all", format!("/departments/{id}/may-read")),
            ("applications-made", format!("/applications?applicant={id}")),
            ("as-picture", format!("/sharing?department={id}")),
        ],
        Direction::In => vec![("applications-to", format!("/applications?provider={id}"))],
    };
    Ok(table.with(rows).going_on(found.next_cursor))
}

/// Why a department may read; `is_own` where it provides the entry itself, and no sub-unit does.
pub(super) fn basis_cell(
    reading: &Reading<'_>,
    basis: Basis,
    is_own: bool,
) -> Result<Cell, Problem> {
    let (mut told, suspect) = match basis {
        Basis::Owner { .. } if !is_own => (vec![Atom::Says("basis-sub-unit")], false),
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
            others,
        } => {
            let further = (others > 0).then(|| Atom::SaysOf("further-grants", others.to_string()));
            let grant = [
                records::linked(RecordKind::Authorization, &authorization.to_string()),
                reading.purpose_atom(&purpose)?,
                Atom::SaysOf("until-time", super::filters::offset_time(&until)),
            ];
            (cell(grant.into_iter().chain(further)), suspect)
        }
    };
    told.extend(suspect.then_some(Atom::Badge("key-stolen", "no")));
    Ok(told)
}

/// Everything that a department may read, and why.
fn readable(reading: &Reading<'_>, id: &DepartmentId, slice: &Slice) -> Result<Table, Problem> {
    let found = reading.may_read(id, None, slice)?;
    let mut rows = Vec::new();
    for item in found.items {
        let is_own = item.provider == *id;
        let basis = basis_cell(reading, item.basis, is_own)?;
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
    Atom::Text(numbers_of(fields))
}

/// The same as a text.
pub(super) fn numbers_of(fields: &[FieldNumber]) -> String {
    let numbers: Vec<String> = fields.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

/// `GET /departments/{id}`
pub(super) async fn department(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<DepartmentId>>,
) -> Paged {
    let Place(id) = place?;
    let point = Point::parse(visit.asked("at"))?;
    if visit.asked("csv").is_some() {
        let read = {
            let id = id.clone();
            move |reading: &Reading<'_>, name: &str, slice: &Slice| {
                department_table(reading, &id, name, slice)
            }
        };
        return csv::named(app, visit, point.at, id.to_string(), read).await;
    }
    let mut slices = Vec::new();
    for (name, shown) in PARTS {
        slices.push((name, part(&visit, name, shown)?));
    }
    let history = part(&visit, "history", EVENTS_SHOWN)?;
    let acts = part(&visit, "acts", ACTS_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let all = slices.iter().map(|(_, slice)| slice);
        let all = all.chain([&history, &acts]);
        let pinned = all.into_iter().find(|slice| slice.cursor.is_some());
        let reading = Reading::of_slice(directory, point.at, pinned.unwrap_or(&history))?;
        let record = RecordId::Department(id.clone());
        let mut tables = vec![department_table(&reading, &id, "duties", &history)?];
        let units = sub_units(&reading, &id)?;
        let has_units = !units.rows.is_empty();
        tables.extend(Some(units).filter(|_| has_units));
        for (name, slice) in &slices {
            tables.push(department_table(&reading, &id, name, slice)?);
        }
        tables.extend(records::naming(&reading, &record, NAMING)?);
        tables.push(department_table(&reading, &id, "keys", &history)?);
        let is_active = reading.is_active(&id)?;
        for table in &mut tables {
            let hint = match table.id {
                "reads" if is_active => "reads-hint",
                "reads" => "reads-nothing",
                "provides" if has_units => {
                    table.none = "provides-none-itself";
                    "provides-hint"
                }
                "owes" if has_units => "owes-hint",
                "sub-units" if table.hint.is_some() => {
                    let hint = filters::count_text(visit.lang, "only-some", table.rows.len());
                    table.hint = Some(hint);
                    continue;
                }
                _ => continue,
            };
            table.hint = Some(words::say(visit.lang, hint).into_owned());
        }
        let happened = reading.history(&record, &history)?;
        let frame = Frame::at(visit, &reading, &point)
            .with_json(format!("/api/v1/departments/{id}"), &point);
        let mut page = about_department(&reading, &id, frame)?;
        page.tables = tables;
        page.timelines = vec![
            Timeline {
                hint: Some("acts-hint"),
                ..Timeline::new("acts", reading.acts(&id, &acts)?)
            },
            Timeline::new("history", happened),
        ];
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
    page.facts = department_facts(reading, id)?;
    Ok(page)
}

/// A department at a glance.
fn department_facts(reading: &Reading<'_>, id: &DepartmentId) -> Result<Facts, Problem> {
    let found = reading.department(id)?;
    let item = found.department;
    let mut facts = Facts::new();
    if let Some(code) = item.credit_code {
        facts.push(("credit-code", vec![Atom::Code(code)]));
    }
    if let Some(parent) = &item.parent {
        facts.push(("sub-unit-of", vec![reading.department_atom(parent)?]));
    }
    facts.extend([
        ("administrative-level", vec![Atom::word(&item.level)]),
        ("region", vec![Atom::Code(item.region)]),
    ]);
    let statuses = found.status_history.iter();
    let statuses = statuses.flat_map(|past| [Atom::word(&past.status), Atom::Moment(past.since)]);
    facts.push(("status-since", cell(statuses)));
    if let Some(successor) = &found.successor {
        facts.push(("taken-over-by", vec![reading.department_atom(successor)?]));
    }
    let score = matters::score_of(reading, id)?;
    if !score.is_empty() {
        facts.push(("score", score));
    }
    Ok(facts)
}

/// `GET /departments/{id}/may-read`
pub(super) async fn may_read(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<DepartmentId>>,
) -> Paged {
    let Place(id) = place?;
    let of = id.clone();
    let listed = List {
        id: "may-read",
        file: format!("{id}-may-read"),
        shown: ENTRIES_SHOWN,
        table: move |reading: &Reading<'_>, slice: &Slice| readable(reading, &of, slice),
        page: move |reading: &Reading<'_>, visit: &Visit, point: &Point| {
            let json = format!("/api/v1/departments/{id}/may-read");
            let frame = Frame::at(visit, reading, point).with_json(json, point);
            let heading = words::say(visit.lang, "reads-all").into_owned();
            let mut page = SheetPage::new(frame, heading);
            page.crumbs = vec![
                Crumb::said("departments", "/departments"),
                Crumb::to(reading.department_atom(&id)?),
            ];
            page.notice = match reading.is_active(&id)? {
                true => None,
                false => Some(words::say(visit.lang, "reads-nothing").into_owned()),
            };
            Ok(page)
        },
    };
    list(app, visit, listed).await
}
