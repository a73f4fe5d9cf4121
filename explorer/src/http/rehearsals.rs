//! What somebody's actions would come to, and what a department may read.

use std::sync::Arc;

use axum::extract::{Request, State};
use dirchain_ledger::ids::DepartmentId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::extract::{Answer, Params, Place, point, slice};
use super::misfit;
use super::transactions::receive_json;
use crate::api::{BasisKind, Page, Problem, ReadableItem, RehearsalAnswer, RehearsalQuestion};
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::Reading;

/// What actions would come to
///
/// They run through the rules on the newest state as a block's would, and nothing of it is kept. A
/// transaction is tried on top of those before it that passed.
#[utoipa::path(post, path = "/rehearsals", tag = "chain",
    request_body(description = "`author` is the public key that would sign, `transactions` the actions of each, as a transaction's JSON has them; with `losses` set, who would lose what is told too", content = Object,
        example = json!({"author": "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29", "transactions": [[{"action": "submit_resource", "code": "307001024/000001", "revision": 1}]], "losses": true})),
    responses((status = 200, description = "What each would come to", body = RehearsalAnswer)))]
pub(crate) async fn rehearse(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Answer<RehearsalAnswer>, Problem> {
    let body = receive_json(&app, request).await?;
    let read = move |directory: &dyn Directory| {
        let question: RehearsalQuestion = serde_json::from_slice(&body).map_err(|error| {
            let told = misfit::told::<RehearsalQuestion>(&body, &error);
            ProblemKind::MalformedQuestion.with(format!("The JSON is no rehearsal: {told}"))
        })?;
        Reading::at(directory, None)?.rehearse(question)
    };
    app.read(read).await.map(Answer)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MayReadQuery {
    /// Only what rests on this basis.
    #[param(inline)]
    basis: Option<BasisKind>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// What a department may read
///
/// Entry by entry, with the basis, and of a grant until when. `limit` counts entries.
#[utoipa::path(get, path = "/departments/{id}/may-read", tag = "sharing", params(("id" = DepartmentId, Path), MayReadQuery), responses((status = 200, description = "The answer", body = Page<ReadableItem>)))]
pub(crate) async fn may_read(
    State(app): State<Arc<App>>,
    Place(id): Place<DepartmentId>,
    Params(query): Params<MayReadQuery>,
) -> Result<Answer<Page<ReadableItem>>, Problem> {
    let at = point(query.at.as_deref())?;
    let (most, usual) = (limits::LIMIT_MAX, limits::LIMIT_DEFAULT);
    let slice =
        slice(query.limit, query.cursor.as_deref(), usual, most)?.narrowed(&(&id, query.basis));
    let read = move |directory: &dyn Directory| {
        Reading::of_slice(directory, at, &slice)?.may_read(&id, query.basis, &slice)
    };
    app.read(read).await.map(Answer)
}
