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

/// A check that takes longer is not made on the event loop the next time.
const SHORT: Duration = Duration::from_millis(1);
/// Resources remembered for having taken longer.
const SLOW_MAX: usize = 1_024;

/// The resources whose last check took long: those with hundreds of authorizations, or not in memory.
/// Their next check is made off the event loop.
#[derive(Default)]
pub(crate) struct SlowResources(RwLock<BTreeSet<ResourceCode>>);

impl SlowResources {
    fn holds(&self, resource: &ResourceCode) -> bool {
        let slow = self.0.read().unwrap_or_else(|poison| poison.into_inner());
        slow.contains(resource)
    }

    /// Remembers a resource whose check took long, and forgets one whose check was short again: it had
    /// to be fetched once, or the machine was busy.
    fn note(&self, resource: &ResourceCode, was_slow: bool, took: Duration) {
        let is_slow = took > SHORT;
        if is_slow == was_slow {
            return;
        }
        let mut slow = self.0.write().unwrap_or_else(|poison| poison.into_inner());
        if !is_slow {
            slow.remove(resource);
            return;
        }
        if slow.len() >= SLOW_MAX {
            slow.clear();
        }
        slow.insert(resource.clone());
    }
}

/// Answers a short question on the event loop; where its resource took long the last time, off it.
pub(super) async fn answer_shortly<T: Send + 'static>(
    app: &App,
    resource: Option<&ResourceCode>,
    work: impl FnOnce(&dyn Directory) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let was_slow = resource.is_some_and(|resource| app.slow.holds(resource));
    let timed = move |directory: &dyn Directory| {
        let begun = Instant::now();
        let answer = work(directory);
        Ok((answer, begun.elapsed()))
    };
    let (answer, took) = match was_slow {
        true => app.read(timed).await?,
        false => timed(app.directory.as_ref())?,
    };
    if let Some(resource) = resource {
        app.slow.note(resource, was_slow, took);
    }
    answer
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessQuery {
    pub(crate) department: DepartmentId,
    pub(crate) resource: ResourceCode,
    pub(crate) field: FieldNumber,
    pub(crate) purpose: Option<PurposeCode>,
    pub(crate) at: Option<String>,
}

/// The verdict with its basis or the condition that failed
///
/// Without `purpose` the answer is yes where a grant for any purpose would do, and `basis.purpose`
/// names that: a gateway says what its call is for. `denial.reason` is `department_not_active`,
/// `not_published`, `no_such_field`, `not_shared`, `no_authorization` or `authorization_fails`; then
/// `denial.failure` is `field`, `inactive`, `window_over`, `window_not_begun`, `purpose` or
/// `responsibility`.
#[utoipa::path(get, path = "/access-check", tag = "sharing", params(AccessQuery), responses((status = 200, description = "The answer", body = AccessAnswer)))]
pub(crate) async fn access_check(
    State(app): State<Arc<App>>,
    uri: Uri,
    Params(query): Params<AccessQuery>,
) -> Result<Answer<AccessAnswer>, Problem> {
    check_address(&uri)?;
    let at = point(query.at.as_deref())?;
    let resource = query.resource.clone();
    let work = move |directory: &dyn Directory| check(directory, query, at);
    let answer = answer_shortly(&app, Some(&resource), work).await;
    answer.map(Answer)
}

/// The answer to one question.
pub(crate) fn check(
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
