//! One application, one authorization.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{FieldNumber, ResourceCode, SharingId};
use serde::Deserialize;

use super::frame::{Frame, Point, Visit};
use super::{Asked, Paged, filters, show};
use crate::api::{ApplicationItem, ApplicationState, AuthorizationItem, Problem, Time};
use crate::directory::Directory;
use crate::http::{App, Params, Place};
use crate::reading::Reading;

#[derive(Deserialize)]
pub(super) struct AtQuery {
    at: Option<String>,
}

/// Fields by number, each with its name where the entry still lists it.
type NamedFields = Vec<(FieldNumber, Option<String>)>;

#[derive(Template)]
#[template(path = "application.html")]
struct ApplicationPage {
    frame: Frame,
    item: ApplicationItem,
    fields: NamedFields,
}

/// `GET /applications/{resource}/{number}`
pub(super) async fn application(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<(ResourceCode, u32)>>,
    query: Asked<Params<AtQuery>>,
) -> Paged {
    let (id, point) = (sharing_id(place)?, point(query)?);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let item = reading.application(&id)?.application;
        Ok(ApplicationPage {
            frame: Frame::at(visit, &reading, &point).with_json(json("applications", &id), &point),
            fields: named(&reading, &id, &item.fields)?,
            item,
        })
    };
    show(&app, visit, read).await
}

#[derive(Template)]
#[template(path = "authorization.html")]
struct AuthorizationPage {
    frame: Frame,
    item: AuthorizationItem,
    fields: NamedFields,
    instant: Time,
}

/// `GET /authorizations/{resource}/{number}`
pub(super) async fn authorization(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<(ResourceCode, u32)>>,
    query: Asked<Params<AtQuery>>,
) -> Paged {
    let (id, point) = (sharing_id(place)?, point(query)?);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let item = reading.authorization(&id)?.authorization;
        Ok(AuthorizationPage {
            frame: Frame::at(visit, &reading, &point)
                .with_json(json("authorizations", &id), &point),
            fields: named(&reading, &id, &item.fields)?,
            instant: Time(reading.resolved().instant),
            item,
        })
    };
    show(&app, visit, read).await
}

fn sharing_id(place: Asked<Place<(ResourceCode, u32)>>) -> Result<SharingId, Problem> {
    let Place((resource, number)) = place?;
    Ok(SharingId { resource, number })
}

fn point(query: Asked<Params<AtQuery>>) -> Result<Point, Problem> {
    let Params(query) = query?;
    Point::parse(query.at.as_deref())
}

fn json(list: &str, id: &SharingId) -> String {
    let resource = id.resource.as_str().replace('/', "%2F");
    format!("/api/v1/{list}/{resource}/{}", id.number)
}

fn named(
    reading: &Reading<'_>,
    id: &SharingId,
    numbers: &[FieldNumber],
) -> Result<NamedFields, Problem> {
    let names = reading.field_names(&id.resource)?;
    let named = numbers.iter().map(|number| {
        let name = names.get(number).cloned();
        (*number, name)
    });
    Ok(named.collect())
}
