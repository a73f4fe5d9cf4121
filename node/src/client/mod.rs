//! A node's HTTP interface from the outside: typed questions, submissions, and an author who signs.
//!
//! Blocking: the command line, tests and the benchmark use it from plain threads. A signing key
//! never leaves this side.

mod at;
mod author;
mod bulk;
mod catalogue;
mod error;
mod evidence;
mod pipeline;
mod reads;
mod records;
mod rehearse;
mod submit;
mod tls;

pub use at::{At, ParseAtError, parse_time};
pub(crate) use author::now;
pub use author::{Author, AuthorError};
pub use bulk::{Fate, Item, LOT_ACTIONS_MAX, send_all};
pub use catalogue::Notation;
pub use error::{ClientError, IfKnown};
pub use pipeline::{Pipeline, Sent};
pub(crate) use reads::word;
pub use reads::{AccessQuestion, ResourceFilter, SharingFilter, Subject};
pub use rehearse::rehearse_all;
pub use submit::{Committed, Outcome};

use std::time::Duration;

use dirchain_ledger::language::Language;
use serde::de::DeserializeOwned;
use ureq::typestate::WithoutBody;
use ureq::{Agent, RequestBuilder};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take, apart from what a question itself asks to wait.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer read: a block of 1 MiB, several times as large in JSON.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A node, reached over HTTP.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    /// What goes in the header `Authorization`, where the node asks for a token.
    authorization: Option<String>,
    /// In which refusals are told.
    language: Language,
}

/// The parameters of a question.
type Query<'a> = [(&'a str, String)];

impl Client {
    /// A client of the node at `url`, such as `http://127.0.0.1:8080`. Nothing is sent yet.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        Self::shown(url, None, None)
    }

    /// A client that shows a token to a node whose certificate is of one of these authorities
    /// (PEM). An `https` address needs them: no authority of the outside world is trusted.
    pub fn shown(
        url: &str,
        authorities: Option<&[u8]>,
        token: Option<&str>,
    ) -> Result<Self, ClientError> {
        let base = url.trim_end_matches('/').to_owned();
        let rest = base
            .strip_prefix("http://")
            .or(base.strip_prefix("https://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['/', '?', '#', ' '])) {
            return Err(ClientError::BadUrl {
                url: url.to_owned(),
            });
        }
        if base.starts_with("https://") && authorities.is_none() {
            return Err(ClientError::NoAuthorities { url: base });
        }
        let tls = tls::of(authorities.unwrap_or_default())?;
        let config = Agent::config_builder()
            .tls_config(tls)
            // A node stands on the department's own network; a web proxy cannot reach it.
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_body(Some(ANSWER_TIMEOUT))
            .user_agent(concat!("dirchain/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
            base,
            authorization: token.map(|token| format!("Bearer {}", token.trim())),
            language: Language::default(),
        })
    }

    /// The same client, which tells refusals in a language.
    pub fn telling(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// The node's address.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// A request for what is at a path, with the token where there is one.
    fn asking(&self, path: &str) -> RequestBuilder<WithoutBody> {
        let request = self.agent.get(format!("{}{path}", self.base));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// Asks a question whose answer is JSON.
    pub fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
    ) -> Result<T, ClientError> {
        self.get_within(path, query, ANSWER_TIMEOUT)
    }

    fn get_within<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
        timeout: Duration,
    ) -> Result<T, ClientError> {
        let mut request = self.asking(path);
        for (key, value) in query {
            request = request.query(*key, value);
        }
        let request = request.header("accept", "application/json");
        let request = request
            .config()
            .timeout_recv_response(Some(timeout))
            .build();
        let response = request.call().map_err(|error| self.failed(&error))?;
        self.read(response)
    }

    fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<T, ClientError> {
        let mut request = self.agent.post(format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request
            .header("accept", "application/json")
            .header("content-type", content_type);
        let request = request
            .config()
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .build();
        let response = request.send(body).map_err(|error| self.failed(&error))?;
        self.read(response)
    }

    fn read<T: DeserializeOwned>(
        &self,
        mut response: ureq::http::Response<ureq::Body>,
    ) -> Result<T, ClientError> {
        let status = response.status();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let body = body.read_to_vec().map_err(|error| self.failed(&error))?;
        if !status.is_success() {
            return Err(self.refused(status.as_u16(), &body));
        }
        serde_json::from_slice(&body).map_err(|error| ClientError::Malformed {
            url: self.base.clone(),
            reason: error.to_string(),
        })
    }

    /// An answer that is no success, told in this client's language.
    fn refused(&self, status: u16, body: &[u8]) -> ClientError {
        let mut refused = error::refused(&self.base, status, body, self.language);
        if let ClientError::Problem(problem) = &mut refused
            && problem.code() == "token-needed"
        {
            problem.detail = match (&self.authorization, self.language) {
                (None, Language::English) => "this node answers to whom its operator gave a token: put it in DIRCHAIN_TOKEN",
                (None, Language::Chinese) => "本节点只回答持有运营者所发令牌者：请把令牌放入 DIRCHAIN_TOKEN",
                (Some(_), Language::English) => "this node does not know the token in DIRCHAIN_TOKEN: ask its operator for one that is in its tokens' file",
                (Some(_), Language::Chinese) => "本节点不认识 DIRCHAIN_TOKEN 中的令牌：请向其运营者索取令牌文件中有的令牌",
            }
            .into();
        }
        refused
    }

    fn failed(&self, error: &ureq::Error) -> ClientError {
        error::failed(&self.base, error)
    }
}

#[cfg(test)]
pub(crate) mod tests;
