//! What people see whom the node does not let in.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::words::{self, Lang};
use super::{Visit, assets, page_response, problem_page, write_page};
use crate::api::Problem;
use crate::problem::ProblemKind;

/// How to log in, in both languages: a browser's own may not be its reader's, and nothing else of the
/// explorer opens from here.
#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage {
    /// The one that the browser prefers comes first.
    parts: [Part; 2],
    style_version: &'static str,
}

struct Part {
    lang: Lang,
    title: Cow<'static, str>,
    who: Cow<'static, str>,
    how: Cow<'static, str>,
    again: Cow<'static, str>,
    none: Cow<'static, str>,
}

impl Part {
    fn of(lang: Lang) -> Self {
        Self {
            lang,
            title: words::say(lang, "problem-token-needed"),
            who: words::say(lang, "token-who"),
            how: words::say(lang, "token-how"),
            again: words::say(lang, "token-again"),
            none: words::say(lang, "token-none"),
        }
    }
}

/// A refusal as a page, which is not kept: the same address opens to whoever is let in.
pub(crate) fn refusal_page(visit: &Visit, problem: Problem) -> Response {
    let mut response = match problem.code() == ProblemKind::TokenNeeded.code() {
        true => token_page(visit),
        false => problem_page(visit, problem),
    };
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn token_page(visit: &Visit) -> Response {
    let page = TokenPage {
        parts: [visit.lang, visit.lang.other()].map(Part::of),
        style_version: assets::style_version(),
    };
    match write_page(visit, &page) {
        Ok(text) => {
            let mut response = page_response(visit, text);
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response
        }
        Err(problem) => problem.into_response(),
    }
}
