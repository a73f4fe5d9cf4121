//! Applications and authorizations: every department's, and one.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode, SharingId};
use dirchain_ledger::records::{RecordId, RecordKind};
use serde::Serialize;

use super::departments::{GRANTED, authorization_row};
use super::frame::{Frame, Point, Visit};
use super::records::{linked, naming};
use super::resources::application_row;
use super::search::choice;
use super::sheet::{Atom, Cell, Column, Facts, Table, cell, records_in, words_in};
use super::sheets::{Crumb, Form, FormField, List, SheetPage, Tab, give, list};
use super::shown::Shown;
use super::{Asked, Paged, filters, meant, words};
use crate::api::{ApplicationState, AuthorizationState, DecisionItem, Problem, Time};
use crate::directory::Directory;
use crate::http::{App, Place, encoded};
use crate::reading::{Reading, Sides, Slice};

const APPLICATIONS_SHOWN: usize = 40;
const AUTHORIZATIONS_SHOWN: usize = 40;

/// Every department's applications.
const APPLICATIONS: &[Column] = &[
    records_in("entry"),
    records_in("application"),
    records_in("provider"),
    records_in("applicant"),
    words_in("fields"),
    words_in("purpose-and-scene"),
    words_in("state"),
    words_in("submitted-at"),
    words_in("decided-at"),
];

const APPLICATION_STATES: [ApplicationState; 7] = [
    ApplicationState::Submitted,
    ApplicationState::NeedsMore,
    ApplicationState::InReview,
    ApplicationState::Granted,
    ApplicationState::Refused,
    ApplicationState::Disputed,
    ApplicationState::TakenBack,
];
const AUTHORIZATION_STATES: [AuthorizationState; 7] = [
    AuthorizationState::InForce,
    AuthorizationState::NotBegun,
    AuthorizationState::Expired,
    AuthorizationState::EndedEarly,
    AuthorizationState::Suspended,
    AuthorizationState::NotHeld,
    AuthorizationState::ReaderNotActive,
];

/// `GET /applications`, narrowed by `applicant`, `provider` and `state`.
pub(super) async fn applications(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let state = visit.asked("state").map(choice).transpose()?;
    let asked = visit.clone();
    let listed = List {
        id: "applications",
        file: "applications".to_owned(),
        shown: APPLICATIONS_SHOWN,
        table: move |reading: &Reading<'_>, slice: &Slice| {
            let sides = sides(reading, &asked, "applicant")?;
            let found = reading.applications_between(&sides, state, slice)?;
            let rows = found.items.into_iter().map(|item| {
                let entry = Atom::resource(&item.id.resource, Some(item.resource_name.clone()));
                let provider = Atom::department(&item.provider, item.provider_name.clone());
                let mut row = application_row(item);
                row.insert(0, vec![entry]);
                row.insert(2, vec![provider]);
                row
            });
            Ok(
                Table::new("applications", "applications", "records-none", APPLICATIONS)
                    .with(rows)
                    .going_on(found.next_cursor),
            )
        },
        page: |reading: &Reading<'_>, visit: &Visit, point: &Point| {
            let states = APPLICATION_STATES.map(|state| (coded(&state), state.key()));
            let mut page = all_of(
                reading,
                visit,
                point,
                ["applications", "applicant"],
                &states,
            )?;
            page.tab = Tab::of("applications");
            Ok(page)
        },
    };
    list(app, visit, listed).await
}

/// `GET /authorizations`, narrowed by `reader`, `provider` and `state`.
pub(super) async fn authorizations(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let state = visit.asked("state").map(choice).transpose()?;
    let asked = visit.clone();
    let listed = List {
        id: "authorizations",
        file: "authorizations".to_owned(),
        shown: AUTHORIZATIONS_SHOWN,
        table: move |reading: &Reading<'_>, slice: &Slice| {
            let sides = sides(reading, &asked, "reader")?;
            let found = reading.authorizations_between(&sides, state, slice)?;
            let mut table = Table::new("authorizations", "authorizations", "records-none", GRANTED)
                .with(found.items.into_iter().map(authorization_row))
                .going_on(found.next_cursor);
            table.beside = vec![("as-picture", "/sharing".to_owned())];
            Ok(table)
        },
        page: |reading: &Reading<'_>, visit: &Visit, point: &Point| {
            let states = AUTHORIZATION_STATES.map(|state| (coded(&state), state.key()));
            all_of(reading, visit, point, ["authorizations", "reader"], &states)
        },
    };
    list(app, visit, listed).await
}

/// Between whom the list of a page's address is: each side by its id or name.
fn sides(reading: &Reading<'_>, visit: &Visit, reader: &str) -> Result<Sides, Problem> {
    let meant = |name| {
        let asked = visit.asked(name);
        asked
            .map(|text| meant::department(reading, text))
            .transpose()
    };
    Ok(Sides {
        provider: meant("provider")?,
        reader: meant(reader)?,
    })
}

/// The page around a list of all: its form narrows it to departments and one state.
fn all_of(
    reading: &Reading<'_>,
    visit: &Visit,
    point: &Point,
    [name, reader]: [&'static str; 2],
    states: &[(String, &'static str)],
) -> Result<SheetPage, Problem> {
    let sides = sides(reading, visit, reader)?;
    let state = visit.asked("state");
    let path = format!("/api/v1/{name}");
    let (asks, provides) = (sides.reader.as_ref(), sides.provider.as_ref());
    let narrowed = [
        (reader, asks.map(DepartmentId::as_str)),
        ("provider", provides.map(DepartmentId::as_str)),
        ("state", state),
    ];
    let frame = Frame::at(visit, reading, point).with_json_of(path, &narrowed, point);
    let mut page = SheetPage::new(frame, words::say(visit.lang, name).into_owned());
    let choices = states.iter();
    let choices = choices.map(|(code, key)| (code.clone(), words::say(visit.lang, key).into()));
    page.form = Some(Form::filter(vec![
        FormField::text(reader, reader, visit.asked(reader)),
        FormField::text("provider", "provider", visit.asked("provider")),
        FormField {
            choices: choices.collect(),
            ..FormField::text("state", "state", state)
        },
    ]));
    Ok(page)
}

/// A choice as the interface writes it.
fn coded(choice: &impl Serialize) -> String {
    let value = serde_json::to_value(choice).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// `GET /applications/{resource}/{number}`
pub(super) async fn application(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<(ResourceCode, u32)>>,
) -> Paged {
    let id = sharing_id(place)?;
    let point = Point::parse(visit.asked("at"))?;
    let file = format!("application-{id}");
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let item = reading.application(&id)?.application;
        let frame = Frame::at(visit, &reading, &point).with_json(json("applications", &id), &point);
        let mut page = page_of(&reading, visit, frame, "application-number", &id)?;
        page.tags.push(Atom::word(&item.state));
        let applicant = Atom::department(&item.applicant, item.applicant_name);
        page.facts = vec![("applicant", vec![applicant])];
        page.facts.extend(terms(
            &reading,
            &id,
            item.version,
            Atom::department(&item.provider, item.provider_name),
        )?);
        page.facts.extend([
            (
                "for-responsibility",
                vec![reading.responsibility_atom(&item.responsibility)?],
            ),
            ("purpose", vec![reading.purpose_atom(&item.purpose)?]),
            ("scene", vec![Atom::Text(item.scene)]),
            (
                "fields-asked",
                fields_named(&reading, &id.resource, &item.fields)?,
            ),
            ("sharing-method", vec![Atom::word(&item.method)]),
            ("calls-per-day", vec![calls_at_most(item.calls_per_day_max)]),
            ("window", window(item.from, item.to)),
            ("submitted-at", vec![Atom::Moment(item.submitted)]),
        ]);
        if let Some(decision) = item.decision {
            page.facts
                .push(("decided-at", decided(&reading, decision)?));
        }
        if item.state == ApplicationState::Granted {
            let granted = linked(RecordKind::Authorization, &id.to_string());
            page.facts.push(("authorization", vec![granted]));
            let fields = item.granted_fields.unwrap_or_default();
            let named = fields_named(&reading, &id.resource, &fields)?;
            page.facts.push(("fields-granted", named));
        }
        Ok(page)
    };
    give(app, visit, file, read).await
}

/// `GET /authorizations/{resource}/{number}`
pub(super) async fn authorization(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<(ResourceCode, u32)>>,
) -> Paged {
    let id = sharing_id(place)?;
    let point = Point::parse(visit.asked("at"))?;
    let file = format!("authorization-{id}");
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let answer = reading.authorization(&id)?;
        let (item, over) = (answer.authorization, answer.over_quota);
        let frame =
            Frame::at(visit, &reading, &point).with_json(json("authorizations", &id), &point);
        let mut page = page_of(&reading, visit, frame, "authorization-number", &id)?;
        let instant = filters::offset_time(&Time(reading.resolved().instant));
        page.tags.push(Atom::word(&item.state));
        page.tags.push(Atom::SaysOf("judged-for-time", instant));
        if let Some(ended) = item.ended {
            let mut how = vec![Atom::word(&ended.kind)];
            how.extend(decided(&reading, ended.decision)?);
            page.facts.push(("ended", how));
        }
        if let Some(suspended) = item.suspended {
            page.facts
                .push(("suspended", decided(&reading, suspended)?));
        }
        let grantee = Atom::department(&item.grantee, item.grantee_name);
        page.facts.push(("reader", vec![grantee]));
        page.facts.extend(terms(
            &reading,
            &id,
            item.version,
            Atom::department(&item.provider, item.provider_name),
        )?);
        let signed = Atom::Hash(item.granted.key.to_string());
        let active = item.active.iter().flat_map(|period| {
            let to = period.to.map(|to| filters::offset_time(&to.time));
            let to = to.map(|to| Atom::SaysOf("until-time", to));
            [Some(Atom::Moment(period.from)), to].into_iter().flatten()
        });
        let active = cell(active);
        page.facts.extend([
            (
                "for-responsibility",
                vec![reading.responsibility_atom(&item.responsibility)?],
            ),
            ("purpose", vec![reading.purpose_atom(&item.purpose)?]),
            (
                "fields",
                fields_named(&reading, &id.resource, &item.fields)?,
            ),
            ("calls-per-day", vec![calls_at_most(item.calls_per_day_max)]),
            ("window", window(item.from, item.to)),
            ("granted-at", decided(&reading, item.granted)?),
            ("signed-with", vec![signed]),
            ("active-periods", active),
            (
                "application",
                vec![linked(RecordKind::Application, &id.to_string())],
            ),
        ]);
        if let Some(days) = over.iter().map(|over| over.days).max() {
            let told = Atom::SaysCount("over-quota-days", i64::from(days));
            page.facts.push(("over-quota", vec![told]));
        }
        let target = RecordId::Authorization(id.clone());
        page.tables = naming(&reading, &target, &[RecordKind::Usage])?;
        Ok(page)
    };
    give(app, visit, file, read).await
}

fn page_of(
    reading: &Reading<'_>,
    visit: &Visit,
    frame: Frame,
    key: &str,
    id: &SharingId,
) -> Result<SheetPage, Problem> {
    let mut page = SheetPage::new(frame, filters::around(visit.lang, key, id.number));
    page.crumbs = vec![
        Crumb::said("resources", "/search"),
        Crumb::to(reading.resource_atom(&id.resource)?),
    ];
    page.tags = vec![Atom::Code(id.to_string())];
    Ok(page)
}

/// The entry and who provides it.
fn terms(
    reading: &Reading<'_>,
    id: &SharingId,
    version: u32,
    provider: Atom,
) -> Result<Facts, Problem> {
    let version = Atom::SaysOf("version-number", version.to_string());
    Ok(vec![
        ("entry", vec![reading.resource_atom(&id.resource)?, version]),
        ("provider", vec![provider]),
    ])
}

/// Who decided, when and why.
fn decided(reading: &Reading<'_>, decision: DecisionItem) -> Result<Cell, Problem> {
    let by = reading.department_atom(&decision.department)?;
    let reason = decision.reason.map(Atom::Text);
    Ok(cell(
        [Atom::Moment(decision.at), by].into_iter().chain(reason),
    ))
}

/// How many calls a day.
pub(super) fn calls_at_most(calls: Option<u32>) -> Atom {
    match calls {
        Some(most) => Atom::SaysOf("at-most", most.to_string()),
        None => Atom::Says("no-bound"),
    }
}

/// From one instant to another.
pub(super) fn window(from: Time, to: Time) -> Cell {
    let to = filters::offset_time(&to);
    vec![Atom::Time(from), Atom::SaysOf("until-time", to)]
}

fn sharing_id(place: Asked<Place<(ResourceCode, u32)>>) -> Result<SharingId, Problem> {
    let Place((resource, number)) = place?;
    Ok(SharingId { resource, number })
}

fn json(list: &str, id: &SharingId) -> String {
    format!(
        "/api/v1/{list}/{}/{}",
        encoded(id.resource.as_str()),
        id.number
    )
}

/// Fields of an entry by number and name.
pub(super) fn fields_named(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    numbers: &[FieldNumber],
) -> Result<Cell, Problem> {
    let names = reading.field_names(resource)?;
    Ok(cell(numbers.iter().map(|number| match names.get(number) {
        Some(name) => Atom::Text(format!("{number} {name}")),
        None => Atom::SaysOf("field-gone-of", number.to_string()),
    })))
}
