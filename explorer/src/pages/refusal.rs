//! What people see whom the node does not let in.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::words::{self, Lang};
use super::{Visit, assets, page_response, problem_page, told_of, write_page};
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
    /// Whoever has no token is told what one is for; whoever has one for something else, what it does not
    /// open.
    fn of(lang: Lang, problem: &Problem) -> Self {
        let lacks = problem.code() == ProblemKind::TokenNeeded.code();
        let (title, again) = match lacks {
            true => ("problem-token-needed", "token-again"),
            false => ("problem-token-forbids", "token-other"),
        };
        Self {
            lang,
            title: words::say(lang, title),
            who: match lacks {
                true => words::say(lang, "token-who"),
                false => Cow::Owned(told_of(lang, problem).1),
            },
            how: words::say(lang, "token-how"),
            again: words::say(lang, again),
            none: words::say(lang, "token-none"),
        }
    }
}

/// A refusal as a page, which is not kept: the same address opens to whoever is let in.
pub(crate) fn refusal_page(visit: &Visit, problem: Problem) -> Response {
    let asks = [ProblemKind::TokenNeeded, ProblemKind::TokenForbids];
    let mut response = match asks.iter().any(|kind| kind.code() == problem.code()) {
        true => token_page(visit, &problem),
        false => problem_page(visit, problem),
    };
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The page behind a browser's dialog, for a token that it has not or that is for something else: of status
/// 401 in both cases, since no other makes a browser ask again (RFC 9110, 15.5.2).
fn token_page(visit: &Visit, problem: &Problem) -> Response {
    let page = TokenPage {
        parts: [visit.lang, visit.lang.other()].map(|lang| Part::of(lang, problem)),
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
