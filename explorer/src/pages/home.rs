//! The first page: the chain at a glance, its members, its newest blocks, and a place to search.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, NodeId, TimeMs};
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::csv::csv;
use super::departments::counted;
use super::frame::{Frame, Point, Visit};
use super::sheet::{Atom, FACTS_ID, Facts, facts_table, unknown_table};
use super::{Paged, filters, show};
use crate::api::{BlockItem, Moment, Page, Problem, Status, SyncState, Time};
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
    /// The block that the page is about.
    as_of: Moment,
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

impl HomePage {
    /// The figures on top, for CSV.
    fn figures(&self) -> Facts {
        let number = |count: usize| vec![Atom::Number(filters::Count::count(&count))];
        vec![
            (
                "chain-id",
                vec![Atom::Hash(self.status.about.chain.to_string())],
            ),
            ("height", vec![Atom::Number(self.as_of.height.0)]),
            ("time", vec![Atom::Time(self.as_of.time)]),
            ("members", number(self.members.len())),
            ("members-up", number(self.up)),
            ("lag", vec![Atom::Number(self.lag)]),
            ("resources", vec![counted(&self.counts.resources)]),
            ("departments", vec![counted(&self.counts.departments)]),
            (
                "responsibilities",
                vec![counted(&self.counts.responsibilities)],
            ),
            ("authorizations", vec![counted(&self.counts.authorizations)]),
        ]
    }
}

/// `GET /`
pub(super) async fn home(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let now = jiff::Timestamp::now();
    let kept = match point.at {
        None => Some((app.counts().await?, app.happened(midnight(now)).await?)),
        Some(_) => None,
    };
    if let Some(name) = visit.asked("csv").map(str::to_owned) {
        let reader = visit.clone();
        let read = move |directory: &dyn Directory, _: &Slice| {
            if name != FACTS_ID {
                return Err(unknown_table(&name));
            }
            let page = home_page(directory, &reader, &point, kept.clone(), now)?;
            Ok(facts_table(page.figures()))
        };
        return csv(app, visit, "chain".to_owned(), read).await;
    }
    show(&app, visit, move |directory, visit| {
        home_page(directory, visit, &point, kept, now)
    })
    .await
}

/// The page at a point; `kept` is what was counted of the newest state already.
fn home_page(
    directory: &dyn Directory,
    visit: &Visit,
    point: &Point,
    kept: Option<(Counts, Arc<Happened>)>,
    now: jiff::Timestamp,
) -> Result<HomePage, Problem> {
    let status = reading::status(directory);
    let reading = Reading::at(directory, point.at)?;
    let (counts, today) = match kept {
        Some(kept) => kept,
        None => {
            let then = Time(reading.resolved().instant).timestamp();
            let happened = reading.happened(midnight(then), None)?;
            (Counts::of(&reading)?, Arc::new(happened))
        }
    };
    let mut members = Vec::new();
    for member in reading.members()?.members {
        members.push(Member {
            name: member.department_name,
            department: member.department,
            is_up: member.node == status.node.node || heard(&status, &member.node),
            node: member.node,
        });
    }
    members.sort_by(|a, b| a.department.cmp(&b.department));
    let lag = match status.node.sync {
        SyncState::CaughtUp => 0,
        SyncState::CatchingUp { target } => target.0.saturating_sub(status.tip.height.0),
    };
    let frame = Frame::at(visit, &reading, point);
    let json = match frame.past {
        Some(past) => format!("/api/v1/blocks/{}", past.height),
        None => "/api/v1/status".to_owned(),
    };
    Ok(HomePage {
        frame: frame.with_json(json, &Point::default()),
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
        as_of: reading.as_of(),
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
