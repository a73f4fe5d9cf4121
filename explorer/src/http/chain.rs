//! Status, nodes, parameters, blocks, keys.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::Height;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::extract::{Answer, Nothing, Params, Place, point, slice};
use crate::api::{
    BlockAnswer, BlockItem, CheckpointAnswer, KeyAnswer, MembersAnswer, NodeItem, Page,
    ParametersAnswer, Problem, Status,
};
use crate::limits;
use crate::reading::{self, Reading};

/// A list that can be asked for at a point of the chain.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    pub(crate) limit: Option<usize>,
    pub(crate) cursor: Option<String>,
    pub(crate) at: Option<String>,
}

/// A record that can be asked for at a point of the chain.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtQuery {
    pub(crate) at: Option<String>,
}

/// The chain, its end, this node.
#[utoipa::path(get, path = "/status", tag = "chain", responses((status = 200, description = "The answer", body = Status)))]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Answer<Status>, Problem> {
    let status = app.read(|directory| Ok(reading::status(directory))).await?;
    Ok(Answer(status))
}

/// The registered nodes.
#[utoipa::path(get, path = "/nodes", tag = "chain", params(ListQuery), responses((status = 200, description = "The answer", body = Page<NodeItem>)))]
pub(crate) async fn nodes(
    State(app): State<Arc<App>>,
    Params(query): Params<ListQuery>,
) -> Result<Answer<Page<NodeItem>>, Problem> {
    let at = point(query.at.as_deref())?;
    let cursor = query.cursor.as_deref();
    let slice = slice(
        query.limit,
        cursor,
        limits::LIMIT_DEFAULT,
        limits::LIMIT_MAX,
    )?;
    let read = move |directory: &dyn crate::Directory| {
        Reading::of_slice(directory, at, &slice)?.nodes(&slice)
    };
    app.read(read).await.map(Answer)
}

/// Who votes, and what is agreed and waits for an epoch.
#[utoipa::path(get, path = "/members", tag = "chain", params(AtQuery), responses((status = 200, description = "The answer", body = MembersAnswer)))]
pub(crate) async fn members(
    State(app): State<Arc<App>>,
    Params(query): Params<AtQuery>,
) -> Result<Answer<MembersAnswer>, Problem> {
    let at = point(query.at.as_deref())?;
    let members = app
        .read(move |directory| Reading::at(directory, at)?.members())
        .await?;
    Ok(Answer(members))
}

/// Parameters, offices, validators.
#[utoipa::path(get, path = "/parameters", tag = "chain", params(AtQuery), responses((status = 200, description = "The answer", body = ParametersAnswer)))]
pub(crate) async fn parameters(
    State(app): State<Arc<App>>,
    Params(query): Params<AtQuery>,
) -> Result<Answer<ParametersAnswer>, Problem> {
    let at = point(query.at.as_deref())?;
    let parameters = app
        .read(move |directory| Reading::at(directory, at)?.parameters())
        .await?;
    Ok(Answer(parameters))
}

/// Blocks, newest first.
#[utoipa::path(get, path = "/blocks", tag = "chain", params(ListQuery), responses((status = 200, description = "The answer", body = Page<BlockItem>)))]
pub(crate) async fn blocks(
    State(app): State<Arc<App>>,
    Params(query): Params<ListQuery>,
) -> Result<Answer<Page<BlockItem>>, Problem> {
    let at = point(query.at.as_deref())?;
    let (most, usual) = (limits::BLOCK_LIMIT_MAX, limits::BLOCK_LIMIT_DEFAULT);
    let slice = slice(query.limit, query.cursor.as_deref(), usual, most)?;
    let blocks = app
        .read(move |directory| reading::blocks(directory, at, &slice))
        .await?;
    Ok(Answer(blocks))
}

/// A block.
#[utoipa::path(get, path = "/blocks/{height}", tag = "chain", params(("height" = u64, Path, description = "The block, from 1 on")), responses((status = 200, description = "The answer", body = BlockAnswer)))]
pub(crate) async fn block(
    State(app): State<Arc<App>>,
    Place(height): Place<u64>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Answer<BlockAnswer>, Problem> {
    let block = app
        .read(move |directory| reading::block(directory, Height(height)))
        .await?;
    Ok(Answer(block))
}

/// A key, with how many of its transactions wait.
#[utoipa::path(get, path = "/keys/{public_key}", tag = "chain", params(("public_key" = PublicKey, Path), AtQuery), responses((status = 200, description = "The answer", body = KeyAnswer)))]
pub(crate) async fn key(
    State(app): State<Arc<App>>,
    Place(public_key): Place<PublicKey>,
    Params(query): Params<AtQuery>,
) -> Result<Answer<KeyAnswer>, Problem> {
    let at = point(query.at.as_deref())?;
    let next = app.submit.next_sequence(&public_key).await;
    let read = move |directory: &dyn crate::Directory| {
        reading::key(&Reading::at(directory, at)?, &public_key, next)
    };
    app.read(read).await.map(Answer)
}

/// The end of the header log, signed by this node: what to hold it to later.
#[utoipa::path(get, path = "/checkpoint", tag = "evidence", responses((status = 200, description = "The answer", body = CheckpointAnswer)))]
pub(crate) async fn checkpoint(
    State(app): State<Arc<App>>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Answer<CheckpointAnswer>, Problem> {
    let proofs = app.proofs()?;
    let end = app.read(move |_| Ok(proofs.log_end()?)).await?;
    Ok(Answer(CheckpointAnswer {
        size: end.size,
        note: end.note,
        verifier_key: end.verifier_key,
    }))
}
