//! One catalogue entry: what it is, who may read it, and how that came about.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::ResourceCode;
use dirchain_ledger::records::{Entry, Lack, RecordId, ResourceStatus, Sharing};
use serde::Deserialize;

use super::changes::{Change, Part, changes};
use super::departments::{part, part_cursor};
use super::frame::{Frame, Point, Visit};
use super::{Asked, Paged, filters, show};
use crate::api::{
    ApplicationItem, AuthorizationItem, Basis, DraftState, HistoryItem, Page, Problem,
    ResourceAnswer, Time,
};
use crate::directory::Directory;
use crate::http::{App, Params, Place};
use crate::reading::{FieldAccess, Reading, WhoReads};

const SHARINGS_SHOWN: usize = 50;
const EVENTS_SHOWN: usize = 30;

#[derive(Deserialize)]
pub(super) struct ResourceQuery {
    at: Option<String>,
    applications: Option<String>,
    authorizations: Option<String>,
    history: Option<String>,
}

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourcePage {
    frame: Frame,
    resource: ResourceAnswer,
    /// What it says: the version in force, or else the draft.
    entry: Option<Entry>,
    /// What the draft lacks.
    lacks: Vec<Lack>,
    instant: Time,
    fields: Vec<FieldAccess>,
    applications: Page<ApplicationItem>,
    authorizations: Page<AuthorizationItem>,
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

/// `GET /resources/{code}`
pub(super) async fn resource(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<ResourceCode>>,
    query: Asked<Params<ResourceQuery>>,
) -> Paged {
    let Place(code) = place?;
    let Params(query) = query?;
    let point = Point::parse(query.at.as_deref())?;
    let applications = part(part_cursor(&query.applications)?, SHARINGS_SHOWN);
    let authorizations = part(part_cursor(&query.authorizations)?, SHARINGS_SHOWN);
    let history = part(part_cursor(&query.history)?, EVENTS_SHOWN);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let parts = [&applications, &authorizations, &history];
        let pinned = parts.into_iter().find(|part| part.cursor.is_some());
        let reading = Reading::of_slice(directory, point.at, pinned.unwrap_or(&history))?;
        let resource = reading.resource(&code)?;
        let draft = resource.draft.as_ref().map(|draft| &draft.entry);
        let json = format!("/api/v1/resources/{}", code.as_str().replace('/', "%2F"));
        let happened = reading.history(&RecordId::Resource(code.clone()), &history)?;
        Ok(ResourcePage {
            events: events(&reading, &code, &happened.items)?,
            lacks: draft.map(Entry::lacks).unwrap_or_default(),
            entry: resource.entry.as_ref().or(draft).cloned(),
            resource,
            instant: Time(reading.resolved().instant),
            fields: reading.field_access(&code)?,
            applications: reading.applications_of(&code, &applications)?,
            authorizations: reading.authorizations_of(&code, &authorizations)?,
            history: happened,
            frame: Frame::at(visit, &reading, &point).with_json(json, &point),
        })
    };
    show(&app, visit, read).await
}
