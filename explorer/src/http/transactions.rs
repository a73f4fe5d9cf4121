//! Submitting a transaction, and what became of it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::transaction::SignedTransaction;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::app::{broken, in_time};
use super::extract::{Answer, Params, Place};
use super::idempotency::{self, Begun};
use super::misfit;
use crate::api::{Accepted, Problem, TransactionAnswer, TransactionStatus};
use crate::directory::{Directory, SubmitError, TransactionOutcome};
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{self, DecidedOn, Reading};

/// Bodies up to this size are parsed on the event loop.
const INLINE_BODY_BYTES_MAX: usize = 16 * 1024;

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Format {
    Binary,
    Json,
}

/// Hands a transaction to the node.
///
/// It is encoded by bincode 2 with fixed-width little-endian integers: envelope, signature, actions. The
/// signature is Ed25519 over `dirchain/v1/transaction`, padded with zeros to 32 bytes, and the envelope's
/// 116 bytes. Under an `Idempotency-Key` the same again has the same answer; 409 says that it is under
/// way, 422 that the key stands for another body or that a rule refuses.
#[utoipa::path(post, path = "/transactions", tag = "chain",
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's, such as a UUID: what is repeated under it has one effect and one answer")),
    request_body(description = "A signed transaction: its encoding, or the same in JSON", content(
        (Vec<u8> = "application/octet-stream"), (Object = "application/json"))),
    responses((status = 202, description = "Taken, not yet in a block", body = Accepted)))]
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let format = format_of(&headers)?;
    let body = {
        let _place = app.body_place()?;
        let size_bytes_max = match format {
            Format::Binary => limits::BINARY_BODY_BYTES_MAX,
            Format::Json => limits::JSON_BODY_BYTES_MAX,
        };
        receive(request, size_bytes_max, "Split its actions over several").await?
    };
    let key = idempotency::key_of(&headers)?;
    let under_way = match key {
        None => None,
        Some(key) => match app.idempotency_keys.begin(key, &body)? {
            Begun::Taken(id) => return Ok(accepted(id)),
            Begun::New(under_way) => Some(under_way),
        },
    };
    let transaction = if body.len() <= INLINE_BODY_BYTES_MAX {
        parse(&body, format)?
    } else {
        let parsed = tokio::task::spawn_blocking(move || parse(&body, format)).await;
        parsed.map_err(|error| broken(&error))??
    };
    let submitted = in_time(app.submit.submit(transaction), limits::READ_TIME_MAX).await?;
    let id = match submitted {
        Ok(id) => id,
        Err(error) => return Err(with_changes(&app, error).await),
    };
    if let Some(under_way) = under_way {
        under_way.taken(id);
    }
    Ok(accepted(id))
}

fn accepted(id: TransactionId) -> Response {
    let location = [(header::LOCATION, format!("/api/v1/transactions/{id}"))];
    (StatusCode::ACCEPTED, location, Answer(Accepted { id })).into_response()
}

/// The body of a request with questions.
pub(super) async fn receive_json(app: &App, request: Request) -> Result<Bytes, Problem> {
    if format_of(request.headers()) != Ok(Format::Json) {
        return Err(ProblemKind::UnsupportedMediaType.with("Send questions as application/json"));
    }
    let _place = app.body_place()?;
    receive(
        request,
        limits::QUESTIONS_BYTES_MAX,
        "Ask in several requests",
    )
    .await
}

/// A stale decision's problem, with what changed since. Where that cannot be read, the problem
/// stays as it is: the refusal is the answer.
async fn with_changes(app: &App, error: SubmitError) -> Problem {
    let decided_on = match &error {
        SubmitError::Rejected(rejection) => DecidedOn::of(rejection),
        SubmitError::Malformed(_) | SubmitError::Busy { .. } | SubmitError::Stopping => None,
    };
    let mut problem = Problem::from(error);
    if let Some(decided_on) = decided_on {
        let read =
            move |directory: &dyn Directory| Reading::at(directory, None)?.since(&decided_on);
        if let Ok(since) = app.read(read).await {
            since.told_in(&mut problem);
        }
    }
    problem
}

fn format_of(headers: &HeaderMap) -> Result<Format, Problem> {
    let given = headers.get(header::CONTENT_TYPE);
    let given = given
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/octet-stream") {
        return Ok(Format::Binary);
    }
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(Format::Json);
    }
    Err(ProblemKind::UnsupportedMediaType
        .with("Send a transaction as application/octet-stream (its encoding) or application/json"))
}

async fn receive(request: Request, size_bytes_max: usize, advice: &str) -> Result<Bytes, Problem> {
    let too_large = || {
        ProblemKind::BodyTooLarge.with(format!(
            "At most {size_bytes_max} bytes are taken here. {advice}"
        ))
    };
    let received = tokio::time::timeout(limits::BODY_TIME_MAX, Bytes::from_request(request, &()));
    let received = received.await.map_err(|_| {
        ProblemKind::BodyTooSlow.with(format!(
            "The body did not arrive within {} s",
            limits::BODY_TIME_MAX.as_secs()
        ))
    })?;
    let body = received.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => ProblemKind::BodyIncomplete.with("The body ended before its end. Send it again"),
    })?;
    if body.len() > size_bytes_max {
        return Err(too_large());
    }
    Ok(body)
}

fn parse(body: &[u8], format: Format) -> Result<SignedTransaction, Problem> {
    match format {
        Format::Binary => Ok(SignedTransaction::decode(body)?),
        Format::Json => serde_json::from_slice(body).map_err(|error| {
            let told = misfit::told::<SignedTransaction>(body, &error);
            ProblemKind::MalformedTransaction.with(format!("The JSON is no transaction: {told}"))
        }),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitQuery {
    wait_ms: Option<u64>,
    /// Whether to tell what it says too; true unless told otherwise. Whoever only waits for the
    /// outcome saves the node reading a whole block.
    content: Option<bool>,
}

/// What became of a transaction; waits for it when asked to.
#[utoipa::path(get, path = "/transactions/{id}", tag = "chain", params(("id" = TransactionId, Path), WaitQuery), responses((status = 200, description = "The answer", body = TransactionAnswer)))]
pub(crate) async fn transaction(
    State(app): State<Arc<App>>,
    Place(id): Place<TransactionId>,
    Params(query): Params<WaitQuery>,
) -> Result<Answer<TransactionAnswer>, Problem> {
    let wait_ms = query.wait_ms.unwrap_or(0);
    if wait_ms > limits::WAIT_MS_MAX {
        return Err(ProblemKind::BadParameter.with(format!(
            "`wait_ms` is at most {}. Ask again after that",
            limits::WAIT_MS_MAX
        )));
    }
    let wait = Duration::from_millis(wait_ms);
    look_up(&app, id, wait, query.content.unwrap_or(true))
        .await
        .map(Answer)
}

/// A transaction with what became of it, after waiting for that up to `wait`.
pub(crate) async fn look_up(
    app: &App,
    id: TransactionId,
    wait: Duration,
    with_content: bool,
) -> Result<TransactionAnswer, Problem> {
    let committed = move |directory: &dyn Directory| committed(directory, id, with_content);
    if let Some(answer) = app.read(committed).await? {
        return Ok(answer);
    }
    let outcome = {
        let _place = app.wait_place()?;
        let most = wait.saturating_add(limits::READ_TIME_MAX);
        in_time(app.submit.outcome(id, wait), most).await?
    };
    let status = match outcome {
        TransactionOutcome::Waiting => TransactionStatus::Waiting,
        TransactionOutcome::Refused(refusal) => TransactionStatus::Refused(refusal),
        TransactionOutcome::Committed { .. } | TransactionOutcome::Unknown => {
            // Unknown to the pool may also mean that a block took it since the first look.
            let answer = app.read(committed).await?;
            return match answer {
                Some(answer) => Ok(answer),
                None => Err(app
                    .read(move |directory| Ok(unknown(directory, id)))
                    .await?),
            };
        }
    };
    Ok(TransactionAnswer {
        as_of: app.directory.tip_moment().into(),
        id,
        status,
        content: None,
    })
}

fn committed(
    directory: &dyn Directory,
    id: TransactionId,
    with_content: bool,
) -> Result<Option<TransactionAnswer>, Problem> {
    let Some((height, index)) = directory.transaction_place(&id)? else {
        return Ok(None);
    };
    let (at, content) = if with_content {
        let (at, content) = reading::transaction_at(directory, height, index)?;
        (at, Some(content))
    } else {
        (reading::moment_of(directory, height)?, None)
    };
    Ok(Some(TransactionAnswer {
        as_of: directory.tip_moment().into(),
        id,
        status: TransactionStatus::Committed { at, index },
        content,
    }))
}

fn unknown(directory: &dyn Directory, id: TransactionId) -> Problem {
    let begins = directory.history_begins();
    if begins > Height::GENESIS {
        let english = format!(
            "This node's history begins at height {begins}, and neither a block from there on nor its pool has {id}. What came before it is still fetching: ask another node, or wait; `status` says how far it is"
        );
        let chinese = format!(
            "本节点的历史始于高度 {begins},其后的区块和待办交易中都没有 {id}。此前的内容仍在获取:请询问其他节点,或稍候;`status` 说明进度"
        );
        return ProblemKind::HeightUnavailable.with_both(english, chinese);
    }
    ProblemKind::NoSuchTransaction.with_both(
        format!(
            "Neither a block nor this node's pool has {id}. Ask the node it was submitted to, or submit it again"
        ),
        format!("区块和本节点的待办交易中都没有 {id}。请询问提交时的节点,或重新提交"),
    )
}
