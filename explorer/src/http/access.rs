//! `GET /api/v1/access-check`: may this department read this field? Asked for every call that a
//! data gateway serves, so it is answered on the event loop, from a handful of short reads.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::Uri;
use dirchain_ledger::access::may_read;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, PurposeCode, ResourceCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{Answer, Params, point};
use super::{App, check_address};
use crate::api::{AccessAnswer, Problem, Time};
use crate::at::{self, At};
use crate::directory::Directory;

/// A check that takes longer is not made on the event loop a second time.
pub(super) const SHORT: Duration = Duration::from_millis(1);
/// Resources remembered for having taken longer.
const SLOW_MAX: usize = 1_024;

/// The resources whose checks took long: those with hundreds of authorizations, or not in memory.
/// Their next checks are made off the event loop.
#[derive(Default)]
pub(crate) struct SlowResources(RwLock<BTreeSet<ResourceCode>>);

impl SlowResources {
    pub(super) fn holds(&self, resource: &ResourceCode) -> bool {
        let slow = self.0.read().unwrap_or_else(|poison| poison.into_inner());
        slow.contains(resource)
    }

    pub(super) fn note(&self, resource: &ResourceCode) {
        let mut slow = self.0.write().unwrap_or_else(|poison| poison.into_inner());
        if slow.len() >= SLOW_MAX {
            slow.clear();
        }
        slow.insert(resource.clone());
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessQuery {
    department: DepartmentId,
    resource: ResourceCode,
    field: FieldNumber,
    purpose: Option<PurposeCode>,
    at: Option<String>,
}

/// The verdict with its basis or the condition that failed.
#[utoipa::path(get, path = "/access-check", tag = "sharing", params(AccessQuery), responses((status = 200, description = "The answer", body = AccessAnswer)))]
pub(crate) async fn access_check(
    State(app): State<Arc<App>>,
    uri: Uri,
    Params(query): Params<AccessQuery>,
) -> Result<Answer<AccessAnswer>, Problem> {
    check_address(&uri)?;
    let at = point(query.at.as_deref())?;
    if app.slow.holds(&query.resource) {
        let answer = app.read(move |directory| check(directory, query, at)).await;
        return answer.map(Answer);
    }
    let resource = query.resource.clone();
    let begun = Instant::now();
    let answer = check(app.directory.as_ref(), query, at);
    if begun.elapsed() > SHORT {
        app.slow.note(&resource);
    }
    answer.map(Answer)
}

fn check(
    directory: &dyn Directory,
    query: AccessQuery,
    at: Option<At>,
) -> Result<AccessAnswer, Problem> {
    let resolved = at::resolve(directory, at)?;
    let view = directory.view(resolved.as_of.height);
    let verdict = may_read(
        view.as_ref(),
        &query.department,
        &query.resource,
        query.field,
        query.purpose.as_ref(),
        resolved.judged(),
    )?;
    let answer = AccessAnswer {
        as_of: resolved.as_of.into(),
        instant: Time(resolved.instant),
        department: query.department,
        resource: query.resource,
        field: query.field,
        purpose: query.purpose,
        allowed: false,
        basis: None,
        denial: None,
    };
    Ok(answer.with_verdict(verdict))
}
