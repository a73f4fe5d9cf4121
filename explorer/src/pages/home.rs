//! The first page: the chain at a glance, its members, its newest blocks, and a place to search.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, NodeId};

use super::frame::{Frame, Point, Visit};
use super::{Paged, filters, show};
use crate::api::{BlockItem, Page, Problem, Status};
use crate::directory::Directory;
use crate::http::{App, Counts};
use crate::reading::{self, Reading, Slice};

const BLOCKS_SHOWN: usize = 8;

struct Member {
    department: DepartmentId,
    name: String,
    node: NodeId,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    status: Status,
    tip_age_ms: i64,
    members: Vec<Member>,
    quorum: usize,
    counts: Counts,
    blocks: Page<BlockItem>,
}

/// `GET /`
pub(super) async fn home(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let counts = app.counts().await?;
    show(&app, visit, move |directory, visit| {
        home_page(directory, visit, counts)
    })
    .await
}

fn home_page(
    directory: &dyn Directory,
    visit: &Visit,
    counts: Counts,
) -> Result<HomePage, Problem> {
    let status = reading::status(directory);
    let reading = Reading::at(directory, None)?;
    let mut members = Vec::new();
    for validator in &status.tip.validators {
        members.push(Member {
            name: reading.department_name(&validator.department)?,
            department: validator.department.clone(),
            node: validator.node.clone(),
        });
    }
    members.sort_by(|a, b| a.department.cmp(&b.department));
    let now_ms = jiff::Timestamp::now().as_millisecond();
    Ok(HomePage {
        frame: Frame::now(visit, &status.about, reading.as_of())
            .with_json("/api/v1/status", &Point::default()),
        tip_age_ms: now_ms.saturating_sub(status.tip.time.0.0).max(0),
        quorum: members.len() * 2 / 3 + 1,
        members,
        counts,
        blocks: reading.blocks(&Slice::first(BLOCKS_SHOWN))?,
        status,
    })
}
