//! The routes, and what every request has in common.

mod access;
mod app;
mod chain;
mod directory;
mod envelope;
mod events;
mod extract;
mod health;
mod records;
mod transactions;

pub use app::Settings;
pub(crate) use app::{App, Counts};
pub(crate) use extract::{Params, Place, slice, text_filter};
pub(crate) use transactions::look_up;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use envelope::{envelope, for_ever, historic};

use crate::api::Problem;
use crate::directory::{Directory, Submit};
use crate::limits;
use crate::pages;
use crate::problem::ProblemKind;

/// The explorer's routes: `/api/v1/…`, the pages, `/livez`, `/readyz`, `/metrics`.
pub fn router(directory: Arc<dyn Directory>, submit: Arc<dyn Submit>) -> Router {
    router_with(directory, submit, Settings::default())
}

/// The same routes, with what the node decides about them.
pub fn router_with(
    directory: Arc<dyn Directory>,
    submit: Arc<dyn Submit>,
    settings: Settings,
) -> Router {
    let app = Arc::new(App::new(directory, submit, settings));
    let slow = Router::new()
        .nest("/api/v1", interface())
        .merge(pages::routes())
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .layer(middleware::from_fn(short_address));
    // The access check stands outside that layer: it is asked for far more often than the rest,
    // and looks after its own bounds.
    Router::new()
        .route("/api/v1/access-check", get(access::access_check))
        .layer(middleware::from_fn(historic))
        .merge(slow)
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), envelope))
        .with_state(app)
}

fn interface() -> Router<Arc<App>> {
    live().merge(pinned().layer(middleware::from_fn(historic)))
}

/// What an answer here says changes without a block too, or with every one.
fn live() -> Router<Arc<App>> {
    let body_max = DefaultBodyLimit::max(limits::JSON_BODY_BYTES_MAX);
    Router::new()
        .route("/status", get(chain::status))
        .route("/events", get(events::events))
        .route("/nodes", get(chain::nodes))
        .route("/keys/{public_key}", get(chain::key))
        .route("/transactions/{id}", get(transactions::transaction))
        .route("/transactions", post(transactions::submit).layer(body_max))
}

/// What an answer here says about one height, it says for ever.
fn pinned() -> Router<Arc<App>> {
    Router::new()
        .route("/parameters", get(chain::parameters))
        .route("/blocks", get(chain::blocks))
        .route(
            "/blocks/{height}",
            get(chain::block).layer(middleware::from_fn(for_ever)),
        )
        .route("/departments", get(directory::departments))
        .route("/departments/{id}", get(directory::department))
        .route(
            "/departments/{id}/history",
            get(directory::department_history),
        )
        .route(
            "/departments/{id}/applications",
            get(directory::applications),
        )
        .route(
            "/departments/{id}/authorizations",
            get(directory::authorizations),
        )
        .route("/responsibilities/{code}", get(directory::responsibility))
        .route("/resources", get(directory::resources))
        .route("/resources/{code}", get(directory::resource))
        .route("/resources/{code}/readers", get(directory::readers))
        .route(
            "/resources/{code}/history",
            get(directory::resource_history),
        )
        .route(
            "/applications/{resource}/{number}",
            get(directory::application),
        )
        .route(
            "/authorizations/{resource}/{number}",
            get(directory::authorization),
        )
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
    let problem = ProblemKind::NoSuchRoute.with(format!(
        "Nothing is served at {path}. The interface is below /api/v1/, the pages begin at /. A code with a slash is written with %2F"
    ));
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let wants_page = accepts.is_some_and(|accept| accept.contains("text/html"));
    if wants_page && !path.starts_with("/api/") {
        return pages::problem_page(&visit, problem);
    }
    problem.into_response()
}

async fn wrong_method(method: axum::http::Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    let takes = if path == "/api/v1/transactions" {
        "POST"
    } else {
        "GET"
    };
    ProblemKind::MethodNotAllowed.with(format!("{path} takes {takes}, not {method}"))
}
