//! Departments, responsibilities, resources, applications, authorizations.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, ResourceCode, ResponsibilityCode, SharingId,
};
use dirchain_ledger::records::{Category, RecordId, ResourceStatus, UpdateCycle};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::chain::{AtQuery, ListQuery};
use super::extract::{Answer, Params, Place, point, slice, text_filter};
use crate::api::{
    ApplicationAnswer, ApplicationItem, ApplicationState, AuthorizationAnswer, AuthorizationItem,
    AuthorizationState, DepartmentAnswer, DepartmentItem, Direction, HistoryItem, Page, Problem,
    ReadersAnswer, ResourceAnswer, ResourceItem, ResponsibilityAnswer, ResponsibilityItem,
    SharingAnswer, SharingType,
};
use crate::directory::Directory;
use crate::limits;
use crate::reading::{
    ApplicationFilter, AuthorizationFilter, DepartmentFilter, Reading, ResourceFilter, Sides, Slice,
};

type Answered<T> = Result<Answer<T>, Problem>;

fn listed(limit: Option<usize>, cursor: Option<&str>) -> Result<Slice, Problem> {
    slice(limit, cursor, limits::LIMIT_DEFAULT, limits::LIMIT_MAX)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DepartmentsQuery {
    text: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Departments by id.
#[utoipa::path(get, path = "/departments", tag = "directory", params(DepartmentsQuery), responses((status = 200, description = "The answer", body = Page<DepartmentItem>)))]
pub(crate) async fn departments(
    State(app): State<Arc<App>>,
    Params(query): Params<DepartmentsQuery>,
) -> Answered<Page<DepartmentItem>> {
    let at = point(query.at.as_deref())?;
    let slice = listed(query.limit, query.cursor.as_deref())?;
    let filter = DepartmentFilter {
        text: text_filter(query.text.as_deref())?,
    };
    let slice = slice.narrowed(&filter);
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.departments(&filter, &slice)
    };
    app.read(read).await.map(Answer)
}

/// One department
///
/// Its score is at `/scores?department=`, what it applied for at `/departments/{id}/applications?direction=out`, what it did at `/departments/{id}/acts`.
#[utoipa::path(get, path = "/departments/{id}", tag = "directory", params(("id" = DepartmentId, Path), AtQuery), responses((status = 200, description = "The answer", body = DepartmentAnswer)))]
pub(crate) async fn department(
    State(app): State<Arc<App>>,
    Place(id): Place<DepartmentId>,
    Params(query): Params<AtQuery>,
) -> Answered<DepartmentAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.department(&id);
    app.read(read).await.map(Answer)
}

/// Every responsibility, by code.
#[utoipa::path(get, path = "/responsibilities", tag = "directory", params(ListQuery), responses((status = 200, description = "The answer", body = Page<ResponsibilityItem>)))]
pub(crate) async fn responsibilities(
    State(app): State<Arc<App>>,
    Params(query): Params<ListQuery>,
) -> Answered<Page<ResponsibilityItem>> {
    let at = point(query.at.as_deref())?;
    let slice = listed(query.limit, query.cursor.as_deref())?;
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.responsibilities(&slice)
    };
    app.read(read).await.map(Answer)
}

/// One responsibility.
#[utoipa::path(get, path = "/responsibilities/{code}", tag = "directory", params(("code" = ResponsibilityCode, Path), AtQuery), responses((status = 200, description = "The answer", body = ResponsibilityAnswer)))]
pub(crate) async fn responsibility(
    State(app): State<Arc<App>>,
    Place(code): Place<ResponsibilityCode>,
    Params(query): Params<AtQuery>,
) -> Answered<ResponsibilityAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.responsibility(&code);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourcesQuery {
    provider: Option<DepartmentId>,
    /// Whether what the provider's sub-units provide counts too.
    #[serde(default)]
    sub_units: bool,
    sharing: Option<SharingType>,
    status: Option<ResourceStatus>,
    category: Option<Category>,
    update_cycle: Option<UpdateCycle>,
    text: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Entries by code.
#[utoipa::path(get, path = "/resources", tag = "directory", params(ResourcesQuery), responses((status = 200, description = "The answer", body = Page<ResourceItem>)))]
pub(crate) async fn resources(
    State(app): State<Arc<App>>,
    Params(query): Params<ResourcesQuery>,
) -> Answered<Page<ResourceItem>> {
    let at = point(query.at.as_deref())?;
    let slice = listed(query.limit, query.cursor.as_deref())?;
    let filter = ResourceFilter {
        provider: query.provider,
        with_sub_units: query.sub_units,
        sharing: query.sharing,
        status: query.status,
        category: query.category,
        update_cycle: query.update_cycle,
        text: text_filter(query.text.as_deref())?,
    };
    let slice = slice.narrowed(&filter);
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.resources(&filter, &slice)
    };
    app.read(read).await.map(Answer)
}

/// One entry.
#[utoipa::path(get, path = "/resources/{code}", tag = "directory", params(("code" = ResourceCode, Path), AtQuery), responses((status = 200, description = "The answer", body = ResourceAnswer)))]
pub(crate) async fn resource(
    State(app): State<Arc<App>>,
    Place(code): Place<ResourceCode>,
    Params(query): Params<AtQuery>,
) -> Answered<ResourceAnswer> {
    let at = point(query.at.as_deref())?;
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.resource(&code);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadersQuery {
    field: Option<FieldNumber>,
    at: Option<String>,
}

/// Who may read an entry's fields.
#[utoipa::path(get, path = "/resources/{code}/readers", tag = "sharing", params(("code" = ResourceCode, Path), ReadersQuery), responses((status = 200, description = "The answer", body = ReadersAnswer)))]
pub(crate) async fn readers(
    State(app): State<Arc<App>>,
    Place(code): Place<ResourceCode>,
    Params(query): Params<ReadersQuery>,
) -> Answered<ReadersAnswer> {
    let at = point(query.at.as_deref())?;
    let read =
        move |directory: &dyn Directory| Reading::at(directory, at)?.readers(&code, query.field);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// What happened to an entry.
#[utoipa::path(get, path = "/resources/{code}/history", tag = "directory", params(("code" = ResourceCode, Path), HistoryQuery), responses((status = 200, description = "The answer", body = Page<HistoryItem>)))]
pub(crate) async fn resource_history(
    State(app): State<Arc<App>>,
    Place(code): Place<ResourceCode>,
    Params(query): Params<HistoryQuery>,
) -> Answered<Page<HistoryItem>> {
    history(&app, RecordId::Resource(code), query).await
}

/// What happened to a department.
#[utoipa::path(get, path = "/departments/{id}/history", tag = "directory", params(("id" = DepartmentId, Path), HistoryQuery), responses((status = 200, description = "The answer", body = Page<HistoryItem>)))]
pub(crate) async fn department_history(
    State(app): State<Arc<App>>,
    Place(id): Place<DepartmentId>,
    Params(query): Params<HistoryQuery>,
) -> Answered<Page<HistoryItem>> {
    history(&app, RecordId::Department(id), query).await
}

/// What a department did
///
/// The actions that its keys signed, newest first, whatever they were done to.
#[utoipa::path(get, path = "/departments/{id}/acts", tag = "directory", params(("id" = DepartmentId, Path), HistoryQuery), responses((status = 200, description = "The answer", body = Page<HistoryItem>)))]
pub(crate) async fn department_acts(
    State(app): State<Arc<App>>,
    Place(id): Place<DepartmentId>,
    Params(query): Params<HistoryQuery>,
) -> Answered<Page<HistoryItem>> {
    let at = point(query.at.as_deref())?;
    let (most, usual) = (limits::BLOCK_LIMIT_MAX, limits::BLOCK_LIMIT_DEFAULT);
    let slice = slice(query.limit, query.cursor.as_deref(), usual, most)?;
    let slice = slice.narrowed(&("acts", &id));
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.acts(&id, &slice)
    };
    app.read(read).await.map(Answer)
}

async fn history(app: &App, subject: RecordId, query: HistoryQuery) -> Answered<Page<HistoryItem>> {
    let at = point(query.at.as_deref())?;
    let (most, usual) = (limits::BLOCK_LIMIT_MAX, limits::BLOCK_LIMIT_DEFAULT);
    let slice = slice(query.limit, query.cursor.as_deref(), usual, most)?;
    let slice = slice.narrowed(&subject);
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.history(&subject, &slice)
    };
    app.read(read).await.map(Answer)
}

/// One application.
#[utoipa::path(get, path = "/applications/{resource}/{number}", tag = "sharing", params(("resource" = ResourceCode, Path), ("number" = u32, Path, description = "Counts from 1 within the resource"), AtQuery), responses((status = 200, description = "The answer", body = ApplicationAnswer)))]
pub(crate) async fn application(
    State(app): State<Arc<App>>,
    Place((resource, number)): Place<(ResourceCode, u32)>,
    Params(query): Params<AtQuery>,
) -> Answered<ApplicationAnswer> {
    let at = point(query.at.as_deref())?;
    let id = SharingId { resource, number };
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.application(&id);
    app.read(read).await.map(Answer)
}

/// One authorization.
#[utoipa::path(get, path = "/authorizations/{resource}/{number}", tag = "sharing", params(("resource" = ResourceCode, Path), ("number" = u32, Path, description = "Counts from 1 within the resource"), AtQuery), responses((status = 200, description = "The answer", body = AuthorizationAnswer)))]
pub(crate) async fn authorization(
    State(app): State<Arc<App>>,
    Place((resource, number)): Place<(ResourceCode, u32)>,
    Params(query): Params<AtQuery>,
) -> Answered<AuthorizationAnswer> {
    let at = point(query.at.as_deref())?;
    let id = SharingId { resource, number };
    let read = move |directory: &dyn Directory| Reading::at(directory, at)?.authorization(&id);
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllApplicationsQuery {
    /// Only those of this department.
    applicant: Option<DepartmentId>,
    /// Only those on what this department provides.
    provider: Option<DepartmentId>,
    state: Option<ApplicationState>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Every department's applications, by entry and number.
#[utoipa::path(get, path = "/applications", tag = "sharing", params(AllApplicationsQuery), responses((status = 200, description = "The answer", body = Page<ApplicationItem>)))]
pub(crate) async fn all_applications(
    State(app): State<Arc<App>>,
    Params(query): Params<AllApplicationsQuery>,
) -> Answered<Page<ApplicationItem>> {
    let at = point(query.at.as_deref())?;
    let sides = Sides {
        provider: query.provider,
        reader: query.applicant,
    };
    let slice = listed(query.limit, query.cursor.as_deref())?.narrowed(&(&sides, query.state));
    let read = move |directory: &dyn Directory| {
        let reading = Reading::of_slice(directory, at, &slice)?;
        reading.applications_between(&sides, query.state, &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllAuthorizationsQuery {
    /// Only those that this department was granted.
    reader: Option<DepartmentId>,
    /// Only those on what this department provides.
    provider: Option<DepartmentId>,
    state: Option<AuthorizationState>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Every department's authorizations, by entry and number.
#[utoipa::path(get, path = "/authorizations", tag = "sharing", params(AllAuthorizationsQuery), responses((status = 200, description = "The answer", body = Page<AuthorizationItem>)))]
pub(crate) async fn all_authorizations(
    State(app): State<Arc<App>>,
    Params(query): Params<AllAuthorizationsQuery>,
) -> Answered<Page<AuthorizationItem>> {
    let at = point(query.at.as_deref())?;
    let sides = Sides {
        provider: query.provider,
        reader: query.reader,
    };
    let slice = listed(query.limit, query.cursor.as_deref())?.narrowed(&(&sides, query.state));
    let read = move |directory: &dyn Directory| {
        let reading = Reading::of_slice(directory, at, &slice)?;
        reading.authorizations_between(&sides, query.state, &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationsQuery {
    direction: Option<Direction>,
    state: Option<ApplicationState>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// A department's applications.
#[utoipa::path(get, path = "/departments/{id}/applications", tag = "sharing", params(("id" = DepartmentId, Path), ApplicationsQuery), responses((status = 200, description = "The answer", body = Page<ApplicationItem>)))]
pub(crate) async fn applications(
    State(app): State<Arc<App>>,
    Place(id): Place<DepartmentId>,
    Params(query): Params<ApplicationsQuery>,
) -> Answered<Page<ApplicationItem>> {
    let at = point(query.at.as_deref())?;
    let slice = listed(query.limit, query.cursor.as_deref())?;
    let filter = ApplicationFilter {
        direction: query.direction.unwrap_or_default(),
        state: query.state,
    };
    let slice = slice.narrowed(&(&id, filter));
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.applications(&id, filter, &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizationsQuery {
    direction: Option<Direction>,
    state: Option<AuthorizationState>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// A department's authorizations.
#[utoipa::path(get, path = "/departments/{id}/authorizations", tag = "sharing", params(("id" = DepartmentId, Path), AuthorizationsQuery), responses((status = 200, description = "The answer", body = Page<AuthorizationItem>)))]
pub(crate) async fn authorizations(
    State(app): State<Arc<App>>,
    Place(id): Place<DepartmentId>,
    Params(query): Params<AuthorizationsQuery>,
) -> Answered<Page<AuthorizationItem>> {
    let at = point(query.at.as_deref())?;
    let slice = listed(query.limit, query.cursor.as_deref())?;
    let filter = AuthorizationFilter {
        direction: query.direction.unwrap_or_default(),
        state: query.state,
    };
    let slice = slice.narrowed(&(&id, filter));
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.authorizations(&id, filter, &slice)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharingQuery {
    /// Only pairs that this department is in.
    department: Option<DepartmentId>,
    /// Only what was granted on this entry.
    resource: Option<ResourceCode>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Who shares with whom: authorizations summed up for each provider and reader.
#[utoipa::path(get, path = "/sharing", tag = "sharing", params(SharingQuery), responses((status = 200, description = "The answer", body = SharingAnswer)))]
pub(crate) async fn sharing(
    State(app): State<Arc<App>>,
    Params(query): Params<SharingQuery>,
) -> Answered<SharingAnswer> {
    let at = point(query.at.as_deref())?;
    let slice = listed(query.limit, query.cursor.as_deref())?;
    let slice = slice.narrowed(&(&query.department, &query.resource));
    let kept = app.kept_sharings();
    let read = move |directory: &dyn Directory| {
        let reading = Reading::of_slice(directory, at, &slice)?;
        if let Some(id) = &query.department {
            reading.require_department(id)?;
        }
        if let Some(code) = &query.resource {
            reading.resource(code)?;
        }
        let department = query.department.as_ref();
        match kept {
            Some(kept) if query.resource.is_none() && kept.is_of(&reading) => {
                kept.page(&reading, department, &slice)
            }
            Some(_) | None => {
                let made = reading.sharings_on(query.resource.as_ref())?;
                made.page(&reading, department, &slice)
            }
        }
    };
    app.read(read).await.map(Answer)
}
