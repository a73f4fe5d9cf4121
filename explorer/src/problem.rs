//! Every problem the explorer answers with: its code, status and title, and how it goes out.
//!
//! The codes are stable; a refused transaction's are [`Rejection::code`].

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dirchain_ledger::language::Language;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::transaction::TransactionError;
use dirchain_ledger::view::ViewError;

use crate::api::{PROBLEM_TYPE_PREFIX, Problem, RefusalItem};
use crate::directory::SubmitError;
use crate::limits;

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $title:literal;)*) => {
        /// A kind of problem.
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        pub enum ProblemKind { $($(#[$doc])* $name,)* }

        impl ProblemKind {
            /// Every kind, for the documentation.
            pub const ALL: &'static [ProblemKind] = &[$(ProblemKind::$name,)*];

            /// Its HTTP status.
            pub fn status(self) -> u16 {
                match self { $(ProblemKind::$name => $status,)* }
            }

            /// Its stable code.
            pub fn code(self) -> &'static str {
                match self { $(ProblemKind::$name => $code,)* }
            }

            /// Its title.
            pub fn title(self) -> &'static str {
                match self { $(ProblemKind::$name => $title,)* }
            }
        }
    };
}

problems! {
    /// A query parameter does not parse or is out of bounds.
    BadParameter = 400 "bad-parameter" "A parameter is not valid";
    /// A part of the path does not parse.
    BadPath = 400 "bad-path" "The address is not valid";
    /// A cursor was not made by this list.
    BadCursor = 404 "bad-cursor" "The cursor leads nowhere";
    /// `at` lies after the tip.
    AtInTheFuture = 404 "at-in-the-future" "That point is in the future";
    /// `at` lies before the genesis.
    AtBeforeGenesis = 404 "at-before-genesis" "That point is before the chain began";
    /// `at` names a day or an hour that no calendar has.
    NoSuchTime = 404 "no-such-time" "There is no such time";
    /// The question covers too much for one answer.
    TooBroad = 400 "too-broad" "The question is too broad";
    /// Nothing is served there.
    NoSuchRoute = 404 "no-such-route" "There is nothing at this address";
    /// The ledger has no such record at that height.
    NoSuchRecord = 404 "no-such-record" "The ledger has no such record";
    /// The chain has no such block.
    NoSuchBlock = 404 "no-such-block" "The chain has no such block";
    /// Neither a block nor this node's pool has the transaction.
    NoSuchTransaction = 404 "no-such-transaction" "This node does not know the transaction";
    /// This node does not keep that height.
    HeightUnavailable = 404 "height-unavailable" "This node does not keep that height";
    /// The address has no such method.
    MethodNotAllowed = 405 "method-not-allowed" "The address does not take this method";
    /// The body did not arrive in time.
    BodyTooSlow = 408 "body-too-slow" "The body took too long";
    /// The body is too large.
    BodyTooLarge = 413 "body-too-large" "The body is too large";
    /// The address is too long.
    UriTooLong = 414 "uri-too-long" "The address is too long";
    /// The body is in no known format.
    UnsupportedMediaType = 415 "unsupported-media-type" "The body's format is not known";
    /// The body ended early.
    BodyIncomplete = 400 "body-incomplete" "The body did not arrive";
    /// The bytes are no transaction.
    MalformedTransaction = 400 "malformed-transaction" "The transaction does not parse";
    /// It is for another chain.
    WrongChain = 400 "wrong-chain" "The transaction is for another chain";
    /// It has no action.
    EmptyTransaction = 400 "empty-transaction" "The transaction does nothing";
    /// Its envelope commits to other actions.
    WrongActions = 400 "wrong-actions" "The envelope commits to other actions";
    /// Its signature does not fit.
    BadSignature = 400 "bad-signature" "The signature does not fit";
    /// It has too many actions.
    TooManyActions = 400 "too-many-actions" "The transaction has too many actions";
    /// The JSON is no question for a decision.
    MalformedQuestion = 400 "malformed-question" "The question is not valid";
    /// Nobody is known to ask.
    TokenNeeded = 401 "token-needed" "A token is needed";
    /// The token is for something else.
    TokenForbids = 403 "token-forbids" "The token does not open this";
    /// The same request is under way.
    IdempotencyKeyInUse = 409 "idempotency-key-in-use" "The same request is under way";
    /// Another request had the key.
    IdempotencyKeyReused = 422 "idempotency-key-reused" "The key stands for another request";
    /// The address asks too often.
    TooManyRequests = 429 "too-many-requests" "Too many requests";
    /// Our own mistake.
    Internal = 500 "internal" "The node made a mistake";
    /// The state cannot be read.
    StateUnreadable = 503 "state-unreadable" "The node cannot read its state";
    /// Too many requests or transactions wait.
    Busy = 503 "busy" "The node is busy";
    /// The node is stopping.
    Stopping = 503 "stopping" "The node is stopping";
    /// The node fetches a snapshot and has nothing to answer from yet.
    Joining = 503 "joining" "The node is joining";
    /// The answer took too long.
    TookTooLong = 503 "took-too-long" "The answer took too long";
}

impl ProblemKind {
    /// The problem with what happened here, in both languages.
    pub fn with_both(self, english: impl Into<String>, chinese: impl Into<Box<str>>) -> Problem {
        Problem {
            detail_zh: Some(chinese.into()),
            ..self.with(english)
        }
    }

    /// The problem with what happened here.
    pub fn with(self, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("{PROBLEM_TYPE_PREFIX}{}", self.code()),
            title: self.title().to_owned(),
            status: self.status(),
            detail: detail.into(),
            detail_zh: None,
            rule: None,
        }
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        tracing::error!(reason = %error.reason, "the state could not be read for a request");
        ProblemKind::StateUnreadable
            .with("Ask another node, and tell this node's operator to look at its log")
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Problem {
            kind: format!("{PROBLEM_TYPE_PREFIX}{}", rejection.code()),
            title: "The rules refuse the transaction".to_owned(),
            status: 422,
            detail: rejection.to_string(),
            detail_zh: Some(rejection.told(Language::Chinese).into()),
            rule: rejection.rule().map(str::to_owned),
        }
    }
}

impl From<&Rejection> for RefusalItem {
    fn from(rejection: &Rejection) -> Self {
        Self {
            code: rejection.code().to_owned(),
            rule: rejection.rule().map(str::to_owned),
            message: rejection.to_string(),
            message_zh: rejection.told(Language::Chinese),
        }
    }
}

impl From<TransactionError> for Problem {
    fn from(error: TransactionError) -> Self {
        let kind = match error {
            TransactionError::Encoding(_) => {
                return ProblemKind::MalformedTransaction.with(
                    "The bytes are no signed transaction, or not all of it. Send it whole, as it was signed",
                );
            }
            TransactionError::WrongChain { .. } => ProblemKind::WrongChain,
            TransactionError::Empty => ProblemKind::EmptyTransaction,
            TransactionError::WrongActions => ProblemKind::WrongActions,
            TransactionError::Signature(_) => ProblemKind::BadSignature,
            TransactionError::Bound(_) => ProblemKind::TooManyActions,
        };
        kind.with(error.to_string())
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Malformed(error) => error.into(),
            SubmitError::Rejected(rejection) => rejection.into(),
            SubmitError::Busy { .. } => ProblemKind::Busy.with(error.to_string()),
            SubmitError::Stopping => ProblemKind::Stopping.with(error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A problem is plain texts and a number: it serializes, or the program is broken.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let retry = HeaderValue::from_static(limits::RETRY_AFTER_S);
            headers.insert(header::RETRY_AFTER, retry);
        }
        response
    }
}
