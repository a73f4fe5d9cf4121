//! The network: who votes and which nodes there are, and how this node fares.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::frame::{Frame, Point, Visit, given};
use super::{Asked, Paged, filters, show};
use crate::api::{
    HistoryState, NodeItem, NodeMode, OfficeItem, Page, ParametersAnswer, Status, SyncState,
};
use crate::directory::Directory;
use crate::http::{App, Params, slice};
use crate::reading::{self, Reading};
use crate::search;

const NODES_SHOWN: usize = 200;

#[derive(Deserialize)]
pub(super) struct MembersQuery {
    cursor: Option<String>,
    at: Option<String>,
}

/// A validator with its department's name.
struct Voter {
    department: String,
    name: String,
    node: String,
}

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    frame: Frame,
    parameters: ParametersAnswer,
    voters: Vec<Voter>,
    quorum: usize,
    nodes: Page<NodeItem>,
    /// Who holds each office, with the name.
    offices: Vec<(OfficeItem, String)>,
}

/// `GET /members`
pub(super) async fn members(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<MembersQuery>>,
) -> Paged {
    let Params(query) = query?;
    let point = Point::parse(query.at.as_deref())?;
    let slice = slice(None, given(&query.cursor), NODES_SHOWN, NODES_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let parameters = reading.parameters()?;
        let mut voters = Vec::new();
        for validator in &parameters.validators {
            voters.push(Voter {
                name: reading.department_name(&validator.department)?,
                department: validator.department.to_string(),
                node: validator.node.to_string(),
            });
        }
        let mut offices = Vec::new();
        for holder in &parameters.offices {
            offices.push((holder.clone(), reading.department_name(&holder.department)?));
        }
        Ok(MembersPage {
            frame: Frame::at(visit, &reading, &point).with_json("/api/v1/parameters", &point),
            quorum: voters.len().saturating_mul(2) / 3 + 1,
            nodes: reading.nodes(&slice)?,
            parameters,
            voters,
            offices,
        })
    };
    show(&app, visit, read).await
}

#[derive(Template)]
#[template(path = "node.html")]
struct NodePage {
    frame: Frame,
    status: Status,
    search: search::State,
}

/// `GET /node`
pub(super) async fn node(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let search = app.search.state();
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let status = reading::status(directory);
        let as_of = directory.tip_moment().into();
        Ok(NodePage {
            frame: Frame::now(visit, &status.about, as_of)
                .with_json("/api/v1/status", &Point::default()),
            status,
            search,
        })
    };
    show(&app, visit, read).await
}
