//! The pages: rendered here, whole without a script, with one style sheet of our own.
//!
//! Invariant: every word that a page says is in a template, and every value in it is escaped there.

mod blocks;
mod departments;
mod filters;
mod frame;
mod home;
mod resources;
mod search;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::Problem;
use crate::http::App;
use crate::pages::frame::Frame;
use crate::problem::ProblemKind;

/// Nothing but our own style sheet, pictures and forms; no script, no frame, no other site.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The pages' addresses.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home::home))
        .route("/search", get(search::search))
        .route("/resources", get(search::search))
        .route("/departments", get(departments::departments))
        .route("/departments/{id}", get(departments::department))
        .route("/responsibilities/{code}", get(departments::responsibility))
        .route("/resources/{code}", get(resources::resource))
        .route("/blocks", get(blocks::blocks))
        .route("/blocks/{height}", get(blocks::block))
        .route("/transactions/{id}", get(blocks::transaction))
        .route("/assets/style.css", get(style))
        .route("/assets/icon.svg", get(icon))
}

/// What a page's handler answers.
type Paged = Result<Response, Unpaged>;

/// A part of the address, or the problem with it, which goes out as a page too.
type Asked<T> = Result<T, Problem>;

/// A problem that goes out as a page.
pub(crate) struct Unpaged(Problem);

impl From<Problem> for Unpaged {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Unpaged {
    fn into_response(self) -> Response {
        problem_page(self.0)
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    problem: Problem,
}

/// A problem for people.
pub(crate) fn problem_page(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = ProblemPage {
        frame: Frame::bare(),
        problem,
    };
    match page_response(&page) {
        Ok(mut response) => {
            *response.status_mut() = status;
            response
        }
        Err(unpaged) => unpaged.0.into_response(),
    }
}

/// Renders a page and sets what browsers must keep to.
fn page_response(page: &impl Template) -> Paged {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page did not render");
        Unpaged(ProblemKind::Internal.with("The page could not be written"))
    })?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

async fn style() -> Response {
    asset(
        "text/css; charset=utf-8",
        include_str!("../../assets/style.css"),
    )
}

async fn icon() -> Response {
    asset("image/svg+xml", include_str!("../../assets/icon.svg"))
}
