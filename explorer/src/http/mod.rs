//! The routes, and what every request has in common.

mod access;
mod app;
mod authzen;
mod bodies;
mod catalogue;
mod chain;
mod directory;
mod envelope;
mod events;
mod extract;
mod guard;
mod gzip;
mod health;
mod idempotency;
mod misfit;
mod openapi;
mod records;
mod rehearsals;
mod search;
mod transactions;

pub(crate) use access::{AccessQuery, check as access_answer};
pub(crate) use app::{App, Counts};
pub use app::{Beside, Settings};
pub(crate) use catalogue::ProblemText;
pub(crate) use envelope::{keep, tag_of, tag_of_state};
pub(crate) use extract::{Params, Place, encoded, slice, text_filter};
pub use guard::{Access, Peer, Rate, TokenRole, Tokens, TokensError};
pub(crate) use gzip::Packed;
pub(crate) use records::{Id, KINDS, Kind};
pub(crate) use transactions::look_up;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use envelope::{envelope, for_ever, historic};
use guard::guard;

use crate::api::Problem;
use crate::directory::{Directory, Submit};
use crate::limits;
use crate::pages;
use crate::problem::ProblemKind;

/// The explorer's routes: `/api/v1/…`, the pages, `/livez`, `/readyz`, `/metrics`.
pub fn router(directory: Arc<dyn Directory>, submit: Arc<dyn Submit>) -> Router {
    router_with(directory, submit, Settings::default())
}

/// The same routes, with what the node decides about them; routes of the node's own stand beside
/// them under the same guard.
pub fn router_with(
    directory: Arc<dyn Directory>,
    submit: Arc<dyn Submit>,
    mut settings: Settings,
) -> Router {
    let (beside, of_node) = std::mem::take(&mut settings.beside).0.split_for_parts();
    let chain_name = pages::ChainName(directory.about().name.into());
    let app = Arc::new(App::new(directory, submit, settings));
    let (documented, mut api) = documented().split_for_parts();
    api.merge(of_node);
    app.set_document(openapi::document(&api));
    Router::new()
        .merge(documented)
        .merge(pages::routes().layer(middleware::from_fn(short_address)))
        .with_state(Arc::clone(&app))
        .merge(beside)
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard))
        .layer(middleware::from_fn_with_state(app, envelope))
        .layer(Extension(chain_name))
}

/// Everything for programs. A route enters here with its documentation, and no other way.
fn documented() -> OpenApiRouter<Arc<App>> {
    let slow = OpenApiRouter::new()
        .nest("/api/v1", interface())
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .layer(middleware::from_fn(short_address));
    // The access check stands outside that layer: it is asked for far more often than the rest,
    // and looks after its own bounds.
    let check = OpenApiRouter::new().routes(routes!(access::access_check));
    OpenApiRouter::new()
        .nest("/api/v1", check.layer(middleware::from_fn(historic)))
        .merge(decisions())
        .merge(slow)
}

/// The document of these routes alone, without what a node has beside them.
#[cfg(test)]
pub(crate) fn document_alone() -> serde_json::Value {
    let (_, api) = documented().split_for_parts();
    openapi::document(&api).value
}

/// The node as a policy decision point.
fn decisions() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(authzen::configuration))
        .routes(routes!(authzen::evaluation))
        .routes(routes!(authzen::evaluations))
        .routes(routes!(authzen::search_subject))
        .routes(routes!(authzen::search_resource))
        .routes(routes!(authzen::search_action))
}

fn interface() -> OpenApiRouter<Arc<App>> {
    live().merge(pinned().layer(middleware::from_fn(historic)))
}

/// What an answer here says changes without a block too, or with every one.
fn live() -> OpenApiRouter<Arc<App>> {
    let body_max = DefaultBodyLimit::max(limits::JSON_BODY_BYTES_MAX);
    OpenApiRouter::new()
        .routes(routes!(openapi::openapi))
        .routes(routes!(chain::status))
        .routes(routes!(events::events))
        .routes(routes!(chain::nodes))
        .routes(routes!(chain::members))
        .routes(routes!(chain::checkpoint))
        .routes(routes!(chain::key))
        .routes(routes!(search::search))
        .routes(routes!(transactions::transaction))
        .routes(routes!(rehearsals::rehearse).layer(body_max))
        .routes(routes!(transactions::submit).layer(body_max))
}

/// What an answer here says about one height, it says for ever.
fn pinned() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(catalogue::turtle))
        .routes(routes!(catalogue::json_ld))
        .routes(routes!(chain::parameters))
        .routes(routes!(chain::blocks))
        .routes(routes!(chain::block).layer(middleware::from_fn(for_ever)))
        .routes(routes!(directory::departments))
        .routes(routes!(directory::department))
        .routes(routes!(directory::department_history))
        .routes(routes!(directory::department_acts))
        .routes(routes!(rehearsals::may_read))
        .routes(routes!(directory::applications))
        .routes(routes!(directory::authorizations))
        .routes(routes!(directory::responsibilities))
        .routes(routes!(directory::responsibility))
        .routes(routes!(directory::resources))
        .routes(routes!(directory::resource))
        .routes(routes!(directory::readers))
        .routes(routes!(directory::resource_history))
        .routes(routes!(directory::all_applications))
        .routes(routes!(directory::application))
        .routes(routes!(directory::all_authorizations))
        .routes(routes!(directory::authorization))
        .routes(routes!(directory::sharing))
        .merge(records::routes())
}

/// Refuses addresses longer than any that this program writes.
async fn short_address(request: Request, next: Next) -> Response {
    match check_address(request.uri()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_address(uri: &Uri) -> Result<(), Problem> {
    let size_bytes = uri.path_and_query().map_or(0, |whole| whole.as_str().len());
    if size_bytes <= limits::URI_BYTES_MAX {
        return Ok(());
    }
    Err(ProblemKind::UriTooLong.with(format!(
        "The address has {size_bytes} bytes, at most {} are taken",
        limits::URI_BYTES_MAX
    )))
}

async fn nowhere(visit: pages::Visit, uri: Uri, headers: HeaderMap) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let problem = ProblemKind::NoSuchRoute.with_both(
        format!(
            "Nothing is served at {path}. The interface is below /api/v1/, the pages begin at /. A code with a slash is written with %2F"
        ),
        format!(
            "{path} 处没有内容。接口在 /api/v1/ 之下,页面从 / 开始。代码中的斜杠写作 %2F"
        ),
    );
    if wants_page(&headers, &path) {
        return pages::problem_page(&visit, problem);
    }
    problem.into_response()
}

/// Whether a person asks, with a browser, for what could be a page.
fn wants_page(headers: &HeaderMap, path: &str) -> bool {
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html")) && !path.starts_with("/api/")
}

async fn wrong_method(method: axum::http::Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    let posts = matches!(path.as_str(), "/api/v1/transactions" | "/api/v1/rehearsals")
        || path.starts_with("/access/v1/");
    let takes = if posts { "POST" } else { "GET" };
    ProblemKind::MethodNotAllowed.with(format!("{path} takes {takes}, not {method}"))
}
