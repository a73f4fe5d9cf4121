//! The pages: rendered here, whole without a script, with one style sheet of our own.
//!
//! Invariant: every word that a page says of its own is in the catalogue of texts (`words.rs`), in
//! each language; every value is escaped by the templates.

mod actions;
mod assets;
mod blocks;
mod changes;
mod chart;
mod csv;
mod departments;
mod duties;
mod filters;
mod frame;
mod graph;
mod home;
mod interface;
mod invisible;
mod matters;
mod meant;
mod named;
mod network;
mod proofs;
mod question;
mod records;
mod refusal;
mod resources;
mod search;
mod sharing;
mod sharings;
mod sheet;
mod sheets;
mod shown;
#[cfg(test)]
mod tests;
mod words;

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};

use crate::api::{Problem, Warning};
use crate::directory::Directory;
use crate::http::{App, tag_of};
use crate::pages::frame::{Frame, Taken};
use crate::pages::words::Lang;
use crate::problem::ProblemKind;

pub(crate) use frame::{ChainName, Visit};
pub(crate) use records::word_of;
pub(crate) use refusal::refusal_page;
pub use shown::{Shown, word_in};

/// Nothing but our own style sheet, script, pictures and forms; nothing inline, no other site.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// A code's words in every language that pages are written in.
pub(crate) fn words_for(code: &impl shown::Shown) -> [Cow<'static, str>; 2] {
    [Lang::En, Lang::Zh].map(|lang| words::say(lang, code.key()))
}

/// A warning in Chinese.
pub(crate) fn warned_in_chinese(warning: &Warning) -> String {
    network::warned_of(Lang::Zh, warning)
}

/// The pages' addresses, each with what it takes in its address beside the language.
pub(crate) fn routes() -> Router<Arc<App>> {
    const SEARCHED: &[&str] = &[
        "q", "provider", "category", "sharing", "status", "cycle", "page", "cursor", "at", "csv",
    ];
    const MATTERS: &[&str] = &["department", "late", "at", "csv"];
    const QUESTION: &[&str] = &["department", "resource", "field", "purpose", "at", "csv"];
    const SHARING: &[&str] = &["department", "resource", "open", "page", "at", "csv"];
    const ALWAYS: &[&str] = &["csv"];
    records::routes(Router::new())
        .route("/", taking(&["at", "csv"], get(home::home)))
        .route("/search", taking(SEARCHED, get(search::search)))
        .route("/search/suggest", get(search::suggest))
        .route("/resources", taking(SEARCHED, get(search::search)))
        .route(
            "/departments",
            taking(
                &["q", "departments", "at", "csv"],
                get(departments::departments),
            ),
        )
        .route(
            "/departments/{id}",
            taking(departments::TAKEN, get(departments::department)),
        )
        .route(
            "/departments/{id}/may-read",
            taking(&["may-read", "at", "csv"], get(departments::may_read)),
        )
        .route(
            "/departments/{id}/inbox",
            taking(&["at", "csv"], get(matters::awaited)),
        )
        .route("/deadlines", taking(MATTERS, get(matters::deadlines)))
        .route(
            "/scores",
            taking(&["department", "scores", "at", "csv"], get(matters::scores)),
        )
        .route("/may-read", taking(QUESTION, get(question::may_read)))
        .route(
            "/responsibilities",
            taking(&["duties", "at", "csv"], get(duties::responsibilities)),
        )
        .route(
            "/responsibilities/{code}",
            taking(&["history", "at", "csv"], get(duties::responsibility)),
        )
        .route(
            "/resources/{code}",
            taking(
                &["authorizations", "applications", "history", "at", "csv"],
                get(resources::resource),
            ),
        )
        .route(
            "/applications",
            taking(
                &[
                    "applicant",
                    "provider",
                    "state",
                    "applications",
                    "at",
                    "csv",
                ],
                get(sharing::applications),
            ),
        )
        .route(
            "/applications/{resource}/{number}",
            taking(&["at", "csv"], get(sharing::application)),
        )
        .route(
            "/authorizations",
            taking(
                &["reader", "provider", "state", "authorizations", "at", "csv"],
                get(sharing::authorizations),
            ),
        )
        .route(
            "/authorizations/{resource}/{number}",
            taking(&["at", "csv"], get(sharing::authorization)),
        )
        .route("/sharing", taking(SHARING, get(sharings::sharing)))
        .route(
            "/members",
            taking(&["nodes", "at", "csv"], get(network::members)),
        )
        .route("/node", taking(ALWAYS, get(network::node)))
        .route(
            "/verify",
            taking(&[], get(proofs::verify).post(proofs::judge))
                .layer(DefaultBodyLimit::max(proofs::UPLOAD_BYTES_MAX)),
        )
        .route(
            "/checkpoint",
            taking(&["at", "csv"], get(proofs::checkpoint)),
        )
        .route(
            "/blocks",
            taking(&["cursor", "at", "csv"], get(blocks::blocks)),
        )
        .route("/blocks/{height}", taking(ALWAYS, get(blocks::block)))
        .route(
            "/transactions/{id}",
            taking(ALWAYS, get(blocks::transaction)),
        )
        .layer(middleware::from_fn(in_words))
        .route("/interface", taking(&[], get(interface::interface)))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/script.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
}

/// A page that takes these parameters in its address, and says so of any other.
fn taking(
    parameters: &'static [&'static str],
    page: MethodRouter<Arc<App>>,
) -> MethodRouter<Arc<App>> {
    page.layer(Extension(Taken {
        parameters,
        list: None,
    }))
}

/// What a page's handler answers.
type Paged = Result<Response, Unpaged>;

/// A part of the address, or the problem with it, which goes out as a page too.
type Asked<T> = Result<T, Problem>;

/// A problem that goes out as a page, once [`in_words`] knows the reader's language.
pub(crate) struct Unpaged(Problem);

impl From<Problem> for Unpaged {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Unpaged {
    fn into_response(self) -> Response {
        let mut response = self.0.clone().into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// Makes pages of the problems that the pages' handlers answer with.
async fn in_words(visit: Visit, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Arc<Problem>>() {
        Some(problem) => problem_page(&visit, Problem::clone(&problem)),
        None => response,
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    /// What happened, in the page's language; none where only the English below says it.
    told: Option<String>,
    /// What happened in English, where the page's language has no words for it.
    english: Option<String>,
    /// The point of the chain that the address asks for.
    at: Option<String>,
    problem: Problem,
}

/// What a problem says to people, and whether in their language: else in English.
fn told_of(lang: Lang, problem: &Problem) -> (bool, String) {
    match (lang, &problem.detail_zh) {
        (Lang::Zh, Some(chinese)) => (true, filters::in_local_times(&format!("{chinese}。"))),
        (lang, _) => {
            let english = filters::in_local_times(&format!("{}.", problem.detail));
            (lang == Lang::En, english)
        }
    }
}

/// A problem for people.
pub(crate) fn problem_page(visit: &Visit, problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (is_told, words) = told_of(visit.lang, &problem);
    let (told, english) = match is_told {
        true => (Some(words), None),
        false => (None, Some(words)),
    };
    let page = ProblemPage {
        told,
        english,
        frame: Frame::bare(visit),
        at: visit.asked("at").map(str::to_owned),
        problem,
    };
    match write_page(visit, &page) {
        Ok(text) => {
            let mut response = page_response(visit, text);
            *response.status_mut() = status;
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Reads what a page shows and writes it, off the event loop.
async fn show<T: Template>(
    app: &App,
    visit: Visit,
    work: impl FnOnce(&dyn Directory, &Visit) -> Result<T, Problem> + Send + 'static,
) -> Paged {
    let reader = visit.clone();
    let text = app
        .read(move |directory| write_page(&reader, &work(directory, &reader)?))
        .await?;
    Ok(page_response(&visit, text))
}

fn write_page(visit: &Visit, page: &impl Template) -> Result<String, Problem> {
    let lang: &dyn Any = &visit.lang;
    let written = page.render_with_values(&(filters::LANG, lang));
    let written = written.map_err(|error| {
        tracing::error!(%error, "a page did not render");
        ProblemKind::Internal.with("The page could not be written")
    })?;
    Ok(match invisible::shown(&written) {
        Cow::Borrowed(_) => written,
        Cow::Owned(told) => told,
    })
}

/// A written page with what browsers must keep to.
fn page_response(visit: &Visit, text: String) -> Response {
    let tag = tag_of(text.as_bytes());
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, visit.lang.tag()),
        (header::VARY, "accept-language"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
