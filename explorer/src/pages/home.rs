//! The first page: the chain at a glance, its members, its newest blocks, and a place to search.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, NodeId, TimeMs};
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::frame::{Frame, Point, Visit};
use super::{Paged, filters, show};
use crate::api::{BlockItem, Page, Problem, Status, SyncState};
use crate::directory::Directory;
use crate::http::{App, Counts};
use crate::reading::{self, Happened, Reading, Slice};

const BLOCKS_SHOWN: usize = 8;

struct Member {
    department: DepartmentId,
    name: String,
    node: NodeId,
    /// Whether this node hears it, or is it.
    is_up: bool,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    status: Status,
    tip_age_ms: i64,
    members: Vec<Member>,
    quorum: usize,
    up: usize,
    /// Blocks that this node knows of and does not have.
    lag: u64,
    today: Arc<Happened>,
    /// The list of today's events goes on nowhere.
    no_cursor: Option<String>,
    counts: Counts,
    blocks: Page<BlockItem>,
}

/// `GET /`
pub(super) async fn home(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let counts = app.counts().await?;
    let now = jiff::Timestamp::now();
    let today = app.happened(midnight(now)).await?;
    show(&app, visit, move |directory, visit| {
        home_page(directory, visit, counts, today, now)
    })
    .await
}

fn home_page(
    directory: &dyn Directory,
    visit: &Visit,
    counts: Counts,
    today: Arc<Happened>,
    now: jiff::Timestamp,
) -> Result<HomePage, Problem> {
    let status = reading::status(directory);
    let reading = Reading::at(directory, None)?;
    let mut members = Vec::new();
    for validator in &status.tip.validators {
        members.push(Member {
            name: reading.department_name(&validator.department)?,
            department: validator.department.clone(),
            is_up: validator.node == status.node.node || heard(&status, &validator.node),
            node: validator.node.clone(),
        });
    }
    members.sort_by(|a, b| a.department.cmp(&b.department));
    let lag = match status.node.sync {
        SyncState::CaughtUp => 0,
        SyncState::CatchingUp { target } => target.0.saturating_sub(status.tip.height.0),
    };
    Ok(HomePage {
        frame: Frame::now(visit, &status.about, reading.as_of())
            .with_json("/api/v1/status", &Point::default()),
        tip_age_ms: now
            .as_millisecond()
            .saturating_sub(status.tip.time.0.0)
            .max(0),
        quorum: members.len().saturating_mul(2) / 3 + 1,
        up: members.iter().filter(|member| member.is_up).count(),
        lag,
        today,
        no_cursor: None,
        members,
        counts,
        blocks: reading.blocks(&Slice::first(BLOCKS_SHOWN))?,
        status,
    })
}

/// Whether this node is connected to another.
fn heard(status: &Status, node: &NodeId) -> bool {
    let mut peers = status.node.peers.iter();
    peers.any(|peer| peer.node == *node && peer.connected)
}

/// The start of the day that holds an instant, where the pages' clock runs.
fn midnight(now: jiff::Timestamp) -> TimeMs {
    let zone = Offset::constant(filters::OFFSET_HOURS);
    let day: DateTime = zone.to_datetime(now).date().into();
    let start = zone.to_timestamp(day).unwrap_or(now);
    TimeMs(start.as_millisecond())
}
