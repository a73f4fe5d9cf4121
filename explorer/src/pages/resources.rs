//! One catalogue entry: what it is, who may read it, who did, and how that came about.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{PurposeCode, ResourceCode};
use dirchain_ledger::records::{Entry, Lack, RecordId, RecordKind, ResourceStatus, Sharing};

use super::changes::{Change, Part, changes};
use super::chart::{self, Chart};
use super::csv;
use super::departments::{field_numbers, numbers_of};
use super::duties::legal_bases;
use super::frame::{Frame, Point, Visit};
use super::records::{linked, naming};
use super::sharing::window;
use super::sheet::{
    Atom, Cell, Column, FACTS_ID, Facts, Table, cell, events as happenings, facts_table,
    numbers_in, part, records_in, unknown_table, words_in,
};
use super::shown::Shown;
use super::{Asked, Paged, filters, show};
use crate::api::{
    ApplicationItem, Basis, DraftState, HistoryItem, Page, Problem, ResourceAnswer, Time,
};
use crate::directory::Directory;
use crate::http::{App, Place, encoded};
use crate::reading::{FieldAccess, Reading, Slice, WhoReads};

/// Rows of each list on an entry's page: few enough that the page stays light.
const SHARINGS_SHOWN: usize = 20;
const EVENTS_SHOWN: usize = 30;

const FIELDS: &[Column] = &[
    numbers_in("number"),
    words_in("field"),
    words_in("type"),
    words_in("sharing"),
    words_in("sensitivity"),
    records_in("may-read"),
];
const AUTHORIZATIONS: &[Column] = &[
    records_in("authorization"),
    records_in("reader"),
    words_in("fields"),
    words_in("purpose"),
    records_in("for-responsibility"),
    words_in("window"),
    words_in("state"),
    words_in("granted-at"),
];
const APPLICATIONS: &[Column] = &[
    records_in("application"),
    records_in("applicant"),
    words_in("fields"),
    words_in("purpose-and-scene"),
    words_in("state"),
    words_in("submitted-at"),
    words_in("decided-at"),
];

/// Versions that are compared with the one before them.
const VERSIONS_COMPARED: usize = 6;

/// The kinds of record that an entry's page lists where they name it.
const NAMING: &[RecordKind] = &[
    RecordKind::Binding,
    RecordKind::Usage,
    RecordKind::Rating,
    RecordKind::Objection,
    RecordKind::Obligation,
    RecordKind::Finding,
    RecordKind::Proposal,
];

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourcePage {
    frame: Frame,
    resource: ResourceAnswer,
    /// What it says: the version in force, or else the draft.
    entry: Option<Entry>,
    facts: Facts,
    /// Whether the provider is suspended or dissolved: it does not read as the owner then.
    is_provider_inactive: bool,
    /// What the newest versions changed.
    version_changes: BTreeMap<u32, Vec<Change>>,
    /// What the draft lacks.
    lacks: Vec<Lack>,
    instant: Time,
    /// The purposes' names.
    purposes: BTreeMap<PurposeCode, String>,
    fields: Vec<FieldAccess>,
    /// Authorizations, applications.
    sharings: Vec<Table>,
    /// How much it was used, drawn and as a table.
    used: Option<(Chart, Table)>,
    /// What else names it.
    naming: Vec<Table>,
    history: Page<HistoryItem>,
    events: Vec<Event>,
}

/// Something that happened to an entry, with what a draft changed in it.
struct Event {
    item: HistoryItem,
    changes: Vec<Change>,
    /// Whether this is the first draft of all.
    is_first: bool,
}

fn events(
    reading: &Reading<'_>,
    code: &ResourceCode,
    items: &[HistoryItem],
) -> Result<Vec<Event>, Problem> {
    let redrafts = reading.redrafts(code, items)?;
    let events = items.iter().map(|item| {
        let place = (item.at.height, item.transaction_index, item.action_index);
        let redraft = redrafts.iter().find(|redraft| redraft.place == place);
        let before = redraft.and_then(|redraft| redraft.before.as_ref());
        let changed = redraft.zip(before);
        Event {
            item: item.clone(),
            is_first: redraft.is_some() && before.is_none(),
            changes: changed.map_or_else(Vec::new, |(redraft, before)| {
                changes(before, &redraft.after)
            }),
        }
    });
    Ok(events.collect())
}

/// What each of the newest versions changed in the one before it, by its number.
fn version_changes(
    reading: &Reading<'_>,
    resource: &ResourceAnswer,
) -> Result<BTreeMap<u32, Vec<Change>>, Problem> {
    let code = &resource.resource.code;
    let mut changed = BTreeMap::new();
    if resource.versions.len() < 2 {
        return Ok(changed);
    }
    let mut before: Option<Entry> = None;
    let newest = resource.versions.len().saturating_sub(VERSIONS_COMPARED);
    for item in resource.versions.iter().skip(newest) {
        let entry = match reading.version(code, item.version) {
            Ok(found) => Some(found.entry),
            // A node that began with a snapshot does not have what was said before it.
            Err(problem) if problem.status == 404 => None,
            Err(problem) => return Err(problem),
        };
        if let (Some(before), Some(entry)) = (&before, &entry) {
            changed.insert(item.version, changes(before, entry));
        }
        before = entry;
    }
    Ok(changed)
}

/// The version in force, or else the draft.
fn entry_of(resource: &ResourceAnswer) -> Option<&Entry> {
    let draft = resource.draft.as_ref().map(|draft| &draft.entry);
    resource.entry.as_ref().or(draft)
}

/// An entry at a glance.
fn facts(reading: &Reading<'_>, resource: &ResourceAnswer) -> Result<Facts, Problem> {
    let item = &resource.resource;
    let provider = Atom::department(&item.provider, item.provider_name.clone());
    let mut facts: Facts = vec![("provider", vec![provider])];
    if let Some(duty) = &resource.responsibility {
        facts.push(("legal-basis", legal_bases(&duty.legal_bases)));
    }
    if let Some(entry) = entry_of(resource) {
        facts.extend(entry_facts(reading, entry)?);
    }
    // The responsibility stands before the law that it rests on.
    let place = facts.iter().position(|(term, _)| *term == "responsibility");
    if let Some(place) = place.filter(|place| *place > 1) {
        let duty = facts.remove(place);
        facts.insert(1, duty);
    }
    Ok(facts)
}

/// How something is shared: the type, its condition or the law against it.
pub(super) fn sharing(sharing: &Sharing) -> Cell {
    let why = match sharing {
        Sharing::Unconditional => None,
        Sharing::Conditional { condition } => condition.as_ref(),
        Sharing::NotShared { legal_basis } => legal_basis.as_ref(),
    };
    cell([Atom::word(sharing)].into_iter().chain(why.map(Atom::text)))
}

/// What an entry says of itself, its name and fields apart.
pub(super) fn entry_facts(reading: &Reading<'_>, entry: &Entry) -> Result<Facts, Problem> {
    let mut facts = Facts::new();
    let responsibility = match &entry.responsibility {
        Some(code) => {
            let found = reading.find_responsibility(code)?;
            let ended = found.and_then(|found| found.ended_as);
            let ended = ended.as_ref().map(Atom::word);
            cell(
                [reading.responsibility_atom(code)?]
                    .into_iter()
                    .chain(ended),
            )
        }
        None => vec![Atom::Says("none-cited")],
    };
    facts.push(("responsibility", responsibility));
    for (term, held) in [
        ("sharing", entry.sharing.as_ref().map(sharing)),
        ("sharing-method", word(entry.method.as_ref())),
        ("sensitivity", word(entry.level.as_ref())),
        ("category", word(entry.category.as_ref())),
        ("form", word(entry.kind.as_ref())),
        ("update-cycle", word(entry.update_cycle.as_ref())),
        ("openness", word(entry.openness.as_ref())),
    ] {
        facts.extend(held.map(|held| (term, held)));
    }
    if let Some(summary) = &entry.summary {
        facts.push(("abstract", vec![Atom::Prose(summary.to_string())]));
    }
    Ok(facts)
}

fn word(code: Option<&impl Shown>) -> Option<Cell> {
    code.map(|code| vec![Atom::word(code)])
}

/// One of the tables of an entry's page.
fn table(
    reading: &Reading<'_>,
    code: &ResourceCode,
    name: &str,
    slice: &Slice,
) -> Result<Table, Problem> {
    match name {
        FACTS_ID => {
            let resource = reading.resource(code)?;
            Ok(facts_table(facts(reading, &resource)?))
        }
        "fields" => fields(reading, code),
        "authorizations" => authorizations(reading, code, slice),
        "applications" => applications(reading, code, slice),
        "days" => Ok(match chart::of(reading, code)? {
            Some((_, table)) => table,
            None => chart::no_days(),
        }),
        "history" => Ok(happenings(
            "history",
            reading.history(&RecordId::Resource(code.clone()), slice)?,
        )),
        other => Err(unknown_table(other)),
    }
}

/// Fields with who may read them, for CSV.
fn fields(reading: &Reading<'_>, code: &ResourceCode) -> Result<Table, Problem> {
    let purposes = reading.purposes()?;
    let access = reading.field_access(code)?;
    let rows = access.iter().map(|field| {
        let who = match field.readers(&access) {
            WhoReads::Everyone { suspect, .. } => {
                let stolen = suspect.then_some(Atom::Badge("key-stolen", "no"));
                cell([Atom::Says("every-department")].into_iter().chain(stolen))
            }
            WhoReads::Elsewhere | WhoReads::SameAs(_) => vec![Atom::Says("too-many-readers")],
            WhoReads::Only(readers) => cell(readers.iter().map(|(name, reader)| {
                let how = match &reader.basis {
                    Basis::Owner { .. } | Basis::Unconditional { .. } => name.clone(),
                    Basis::Authorized {
                        authorization,
                        until,
                        purpose,
                        ..
                    } => {
                        let until = filters::offset_time(until);
                        let purpose = purposes
                            .get(purpose)
                            .map_or(purpose.as_str(), String::as_str);
                        format!("{name} ({authorization}, {purpose} – {until})")
                    }
                };
                Atom::department(&reader.department, how)
            })),
        };
        vec![
            vec![Atom::Number(field.number.0.into())],
            vec![Atom::text(&field.name)],
            cell(
                [Atom::Code(field.field_type.clone())]
                    .into_iter()
                    .chain(field.unit.clone().map(Atom::Text)),
            ),
            field.sharing.as_ref().map(sharing).unwrap_or_default(),
            cell(field.level.as_ref().map(Atom::word)),
            who,
        ]
    });
    Ok(Table::new("fields", "fields-and-readers", "fields-none", FIELDS).with(rows))
}

/// The authorizations on an entry, as a table.
pub(super) fn authorizations(
    reading: &Reading<'_>,
    code: &ResourceCode,
    slice: &Slice,
) -> Result<Table, Problem> {
    let found = reading.authorizations_of(code, slice)?;
    let rows = found.items.into_iter().map(|item| {
        let mut state = vec![Atom::word(&item.state)];
        if let Some(ended) = item.ended {
            state.push(Atom::word(&ended.kind));
            state.push(Atom::Moment(ended.decision.at));
            state.extend(ended.decision.reason.map(Atom::Text));
        }
        if let Some(suspended) = item.suspended {
            state.push(Atom::Moment(suspended.at));
            state.extend(suspended.reason.map(Atom::Text));
        }
        vec![
            vec![linked(RecordKind::Authorization, &item.id.to_string())],
            vec![Atom::department(&item.grantee, item.grantee_name)],
            vec![field_numbers(&item.fields)],
            vec![Atom::Text(item.purpose_name)],
            vec![Atom::responsibility(&item.responsibility, None)],
            window(item.from, item.to),
            state,
            vec![Atom::Moment(item.granted.at)],
        ]
    });
    let mut table = Table::new(
        "authorizations",
        "authorizations",
        "authorizations-none",
        AUTHORIZATIONS,
    );
    let code = encoded(code.as_str());
    table.beside = vec![("as-picture", format!("/sharing?resource={code}"))];
    Ok(table.with(rows).going_on(found.next_cursor))
}

fn applications(
    reading: &Reading<'_>,
    code: &ResourceCode,
    slice: &Slice,
) -> Result<Table, Problem> {
    let found = reading.applications_of(code, slice)?;
    let (id, none) = ("applications", "applications-none");
    Ok(Table::new(id, id, none, APPLICATIONS)
        .with(found.items.into_iter().map(application_row))
        .going_on(found.next_cursor))
}

/// An application as a row: itself, who applied, fields asked and granted, what for, its state, since
/// when, and when it was decided.
pub(super) fn application_row(item: ApplicationItem) -> Vec<Cell> {
    let decided = item.decision.map(|decision| {
        let reason = decision.reason.map(Atom::Text);
        cell([Atom::Moment(decision.at)].into_iter().chain(reason))
    });
    let granted = item.granted_fields;
    let granted = granted.filter(|granted| *granted != item.fields);
    let granted = granted.map(|granted| Atom::SaysOf("granted-fields", numbers_of(&granted)));
    vec![
        vec![linked(RecordKind::Application, &item.id.to_string())],
        vec![Atom::department(&item.applicant, item.applicant_name)],
        cell([field_numbers(&item.fields)].into_iter().chain(granted)),
        vec![Atom::Text(item.purpose_name), Atom::Text(item.scene)],
        vec![Atom::word(&item.state)],
        vec![Atom::Moment(item.submitted)],
        decided.unwrap_or_default(),
    ]
}

/// `GET /resources/{code}`
pub(super) async fn resource(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<ResourceCode>>,
) -> Paged {
    let Place(code) = place?;
    let point = Point::parse(visit.asked("at"))?;
    if visit.asked("csv").is_some() {
        let read = {
            let code = code.clone();
            move |reading: &Reading<'_>, name: &str, slice: &Slice| {
                table(reading, &code, name, slice)
            }
        };
        return csv::named(app, visit, point.at, code.to_string(), read).await;
    }
    let sharings = ["authorizations", "applications"];
    let mut slices = Vec::new();
    for name in sharings {
        slices.push((name, part(&visit, name, SHARINGS_SHOWN)?));
    }
    let history = part(&visit, "history", EVENTS_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let all = slices.iter().map(|(_, slice)| slice).chain([&history]);
        let pinned = all.into_iter().find(|slice| slice.cursor.is_some());
        let reading = Reading::of_slice(directory, point.at, pinned.unwrap_or(&history))?;
        let resource = reading.resource(&code)?;
        let draft = resource.draft.as_ref().map(|draft| &draft.entry);
        let record = RecordId::Resource(code.clone());
        let happened = reading.history(&record, &history)?;
        let tables = slices.iter();
        let tables = tables.map(|(name, slice)| table(&reading, &code, name, slice));
        Ok(ResourcePage {
            events: events(&reading, &code, &happened.items)?,
            lacks: draft.map(Entry::lacks).unwrap_or_default(),
            entry: entry_of(&resource).cloned(),
            facts: facts(&reading, &resource)?,
            version_changes: version_changes(&reading, &resource)?,
            is_provider_inactive: !reading.is_active(&resource.resource.provider)?,
            resource,
            instant: Time(reading.resolved().instant),
            purposes: reading.purposes()?,
            fields: reading.field_access(&code)?,
            sharings: tables.collect::<Result<_, _>>()?,
            used: chart::of(&reading, &code)?,
            naming: naming(&reading, &record, NAMING)?,
            history: happened,
            frame: Frame::at(visit, &reading, &point).with_json(
                format!("/api/v1/resources/{}", encoded(code.as_str())),
                &point,
            ),
        })
    };
    show(&app, visit, read).await
}
