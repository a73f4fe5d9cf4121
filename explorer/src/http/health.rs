//! What operators' tools ask: alive, ready, metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::extract::Answer;
use crate::api::{Problem, Readiness};

/// The process answers.
#[utoipa::path(get, path = "/livez", tag = "node", responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
pub(crate) async fn livez() -> &'static str {
    "alive\n"
}

/// 200 when the node's answers are fit for use, else 503 with the reason.
#[utoipa::path(get, path = "/readyz", tag = "node", responses((status = 200, description = "They are", body = Readiness), (status = 503, description = "They are not", body = Readiness)))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let node = app.directory.node();
    let readiness = Readiness {
        ready: node.ready,
        reason: node.not_ready_reason.filter(|_| !node.ready),
    };
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Answer(readiness)).into_response()
}

/// The node's metrics, in the dialect that the text is written in.
#[utoipa::path(get, path = "/metrics", tag = "node", responses((status = 200, description = "OpenMetrics, or the older Prometheus text", content((String = "application/openmetrics-text"), (String = "text/plain")))))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = app.read(|directory| Ok(directory.metrics())).await?;
    let dialect = if text.trim_end().ends_with("# EOF") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    Ok(([(header::CONTENT_TYPE, dialect)], text).into_response())
}
