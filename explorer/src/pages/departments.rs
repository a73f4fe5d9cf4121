//! Departments and their responsibilities.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, ResponsibilityCode};
use dirchain_ledger::records::RecordId;
use serde::Deserialize;

use super::frame::{Frame, Point, Visit, given};
use super::{Asked, Paged, filters, show};
use crate::api::{
    ApplicationItem, ApplicationState, AuthorizationItem, DepartmentAnswer, DepartmentItem,
    Direction, HistoryItem, Page, Problem, ResourceItem, ResponsibilityAnswer,
};
use crate::cursor::Cursor;
use crate::directory::Directory;
use crate::http::{App, Params, Place, slice, text_filter};
use crate::reading::{
    ApplicationFilter, AuthorizationFilter, DepartmentFilter, Reading, ResourceFilter, Slice,
};

const DEPARTMENTS_SHOWN: usize = 100;
const ENTRIES_SHOWN: usize = 50;
const APPLICATIONS_SHOWN: usize = 50;
const AUTHORIZATIONS_SHOWN: usize = 50;
const EVENTS_SHOWN: usize = 30;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    q: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "departments.html")]
struct DepartmentsPage {
    frame: Frame,
    q: String,
    departments: Page<DepartmentItem>,
}

/// `GET /departments`
pub(super) async fn departments(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<ListQuery>>,
) -> Paged {
    let Params(query) = query?;
    let filter = DepartmentFilter {
        text: text_filter(query.q.as_deref())?,
    };
    let shown = DEPARTMENTS_SHOWN;
    let slice = slice(None, given(&query.cursor), shown, shown)?;
    let q = given(&query.q).unwrap_or_default().to_owned();
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, None, &slice)?;
        let departments = reading.departments(&filter, &slice)?;
        Ok(DepartmentsPage {
            frame: Frame::now(visit, &directory.about(), reading.as_of())
                .with_json("/api/v1/departments", &Point::default()),
            q,
            departments,
        })
    };
    show(&app, visit, read).await
}

#[derive(Deserialize)]
pub(super) struct DepartmentQuery {
    at: Option<String>,
    owes: Option<String>,
    reads: Option<String>,
    grants: Option<String>,
    history: Option<String>,
}

#[derive(Template)]
#[template(path = "department.html")]
struct DepartmentPage {
    frame: Frame,
    department: DepartmentAnswer,
    owes: Page<ApplicationItem>,
    provides: Page<ResourceItem>,
    reads: Page<AuthorizationItem>,
    grants: Page<AuthorizationItem>,
    history: Page<HistoryItem>,
}

/// A list on a page that shows several: it goes on where its own cursor says.
pub(super) fn part(cursor: Option<Cursor>, limit: usize) -> Slice {
    Slice { limit, cursor }
}

/// The cursor of one of a page's lists.
pub(super) fn part_cursor(text: &Option<String>) -> Result<Option<Cursor>, Problem> {
    given(text).map(Cursor::decode).transpose()
}

/// `GET /departments/{id}`
pub(super) async fn department(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<DepartmentId>>,
    query: Asked<Params<DepartmentQuery>>,
) -> Paged {
    let Place(id) = place?;
    let Params(query) = query?;
    let point = Point::parse(query.at.as_deref())?;
    let owes = part(part_cursor(&query.owes)?, APPLICATIONS_SHOWN);
    let reads = part(part_cursor(&query.reads)?, AUTHORIZATIONS_SHOWN);
    let grants = part(part_cursor(&query.grants)?, AUTHORIZATIONS_SHOWN);
    let history = part(part_cursor(&query.history)?, EVENTS_SHOWN);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let pinned = [&owes, &reads, &grants, &history]
            .into_iter()
            .find(|part| part.cursor.is_some());
        let reading = Reading::of_slice(directory, point.at, pinned.unwrap_or(&reads))?;
        let side = |direction| AuthorizationFilter {
            direction,
            state: None,
        };
        let provided = ResourceFilter {
            provider: Some(id.clone()),
            ..ResourceFilter::default()
        };
        let waiting = ApplicationFilter {
            direction: Direction::In,
            state: Some(ApplicationState::Submitted),
        };
        Ok(DepartmentPage {
            department: reading.department(&id)?,
            owes: reading.applications(&id, waiting, &owes)?,
            provides: reading.resources(&provided, &Slice::first(ENTRIES_SHOWN))?,
            reads: reading.authorizations(&id, side(Direction::Out), &reads)?,
            grants: reading.authorizations(&id, side(Direction::In), &grants)?,
            history: reading.history(&RecordId::Department(id.clone()), &history)?,
            frame: Frame::at(visit, &reading, &point)
                .with_json(format!("/api/v1/departments/{id}"), &point),
        })
    };
    show(&app, visit, read).await
}

#[derive(Deserialize)]
pub(super) struct ResponsibilityQuery {
    at: Option<String>,
    history: Option<String>,
}

#[derive(Template)]
#[template(path = "responsibility.html")]
struct ResponsibilityPage {
    frame: Frame,
    duty: ResponsibilityAnswer,
    history: Page<HistoryItem>,
}

/// `GET /responsibilities/{code}`
pub(super) async fn responsibility(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<ResponsibilityCode>>,
    query: Asked<Params<ResponsibilityQuery>>,
) -> Paged {
    let Place(code) = place?;
    let Params(query) = query?;
    let point = Point::parse(query.at.as_deref())?;
    let history = part(part_cursor(&query.history)?, EVENTS_SHOWN);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &history)?;
        Ok(ResponsibilityPage {
            duty: reading.responsibility(&code)?,
            history: reading.history(&RecordId::Responsibility(code.clone()), &history)?,
            frame: Frame::at(visit, &reading, &point)
                .with_json(format!("/api/v1/responsibilities/{code}"), &point),
        })
    };
    show(&app, visit, read).await
}
