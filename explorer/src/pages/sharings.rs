//! `GET /sharing`: who shares with whom. Around one department or entry as a graph, over all
//! departments as a matrix; each with a table that says the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, ResourceCode};
use serde::Deserialize;

use super::csv::csv;
use super::frame::{Frame, Point, Visit, given};
use super::graph::{self, Edge, Matrix, Node, Picture};
use super::resources::authorizations;
use super::sheet::{Atom, Column, Table, numbers_in, records_in, unknown_table};
use super::{Asked, Paged, filters, show};
use crate::api::{AuthorizationItem, AuthorizationState, Moment, Page, Problem, Time};
use crate::directory::Directory;
use crate::http::{App, Params};
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{Pair, Reading, Sharings, Slice};

const PAIRS_SHOWN: usize = 100;
const NEIGHBOURS_SHOWN: usize = 50;
const AUTHORIZATIONS_SHOWN: usize = 60;

#[derive(Deserialize)]
pub(super) struct SharingQuery {
    department: Option<String>,
    resource: Option<String>,
    open: Option<String>,
    /// Which part of the table of all, from 1 on.
    page: Option<usize>,
    at: Option<String>,
}

/// A line of the table that says what the picture shows.
struct PairRow {
    provider: DepartmentId,
    provider_name: String,
    reader: DepartmentId,
    reader_name: String,
    pair: Pair,
}

#[derive(Template)]
#[template(path = "sharing_department.html")]
struct DepartmentSharing {
    frame: Frame,
    id: DepartmentId,
    name: String,
    picture: Picture,
    rows: Vec<PairRow>,
    pair_count: usize,
    /// How many departments the picture leaves out.
    left_out: usize,
    is_complete: bool,
}

#[derive(Template)]
#[template(path = "sharing_resource.html")]
struct ResourceSharing {
    frame: Frame,
    code: ResourceCode,
    name: String,
    picture: Picture,
    items: Page<AuthorizationItem>,
    instant: Time,
}

#[derive(Template)]
#[template(path = "sharing_matrix.html")]
struct AllSharing {
    frame: Frame,
    matrix: Matrix,
    rows: Vec<PairRow>,
    /// Pairs with an authorization in force, and all there ever were.
    pairs_in_force: usize,
    pair_count: usize,
    /// Where the table goes on.
    next: Option<String>,
    grant_count: u64,
    as_of: Moment,
    is_complete: bool,
}

/// `GET /sharing`
pub(super) async fn sharing(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<SharingQuery>>,
) -> Paged {
    let Params(query) = query?;
    let point = Point::parse(query.at.as_deref())?;
    if visit.asked("csv").is_some() {
        return export(app, visit, &query, point).await;
    }
    let bad = |error: String| ProblemKind::BadParameter.with(error);
    if let Some(code) = given(&query.resource) {
        let code: ResourceCode = code.parse().map_err(|e| bad(format!("{e}")))?;
        let read = move |directory: &dyn Directory, visit: &Visit| {
            resource_page(directory, visit, &point, code)
        };
        return show(&app, visit, read).await;
    }
    let department = given(&query.department).map(str::parse::<DepartmentId>);
    let department = department.transpose().map_err(|e| bad(e.to_string()))?;
    let opened = given(&query.open).unwrap_or_default().split(',');
    let opened = opened.filter_map(|id| id.parse().ok());
    let opened: BTreeSet<DepartmentId> = opened.take(limits::GRAPH_OPEN_MAX).collect();
    let kept = app.kept_sharings();
    let keep = Arc::clone(&app);
    let page = query.page.unwrap_or(1).max(1);
    let Some(id) = department else {
        let read = move |directory: &dyn Directory, visit: &Visit| {
            let reading = Reading::at(directory, point.at)?;
            let sharings = current(&reading, &point, kept, &keep)?;
            let frame = Frame::at(visit, &reading, &point).with_json("/api/v1/sharing", &point);
            Ok(matrix_page(frame, &sharings, page))
        };
        return show(&app, visit, read).await;
    };
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let name = reading.require_department(&id)?.name.to_string();
        let sharings = current(&reading, &point, kept, &keep)?;
        let narrowed = [("department", Some(id.as_str()))];
        let frame = Frame::at(visit, &reading, &point);
        let frame = frame.with_json_of("/api/v1/sharing", &narrowed, &point);
        Ok(department_page(frame, &sharings, id, name, &opened))
    };
    show(&app, visit, read).await
}

const PAIRS: &[Column] = &[
    records_in("provider"),
    records_in("reader"),
    numbers_in("in-force-count"),
    numbers_in("entries"),
    numbers_in("ever"),
];

/// What the page's table says, all of it: pairs of departments, or an entry's authorizations.
async fn export(app: Arc<App>, visit: Visit, query: &SharingQuery, point: Point) -> Paged {
    if visit.asked("csv") != Some("pairs") {
        return Err(unknown_table(visit.asked("csv").unwrap_or_default()).into());
    }
    let bad = |error: String| ProblemKind::BadParameter.with(error);
    if let Some(code) = given(&query.resource) {
        let code: ResourceCode = code.parse().map_err(|e| bad(format!("{e}")))?;
        let file = format!("sharing-{code}");
        let read = move |directory: &dyn Directory, slice: &Slice| {
            let reading = Reading::of_slice(directory, point.at, slice)?;
            authorizations(&reading, &code, slice)
        };
        return csv(app, visit, file, read).await;
    }
    let id = given(&query.department).map(str::parse::<DepartmentId>);
    let id = id.transpose().map_err(|e| bad(e.to_string()))?;
    let read = move |directory: &dyn Directory, _: &Slice| {
        let sharings = Reading::at(directory, point.at)?.sharings()?;
        let rows = sharings.pairs.keys().map(|key| row(&sharings, key));
        let rows = rows.filter(|row| {
            let of = |id: &DepartmentId| row.provider == *id || row.reader == *id;
            id.as_ref().is_none_or(of)
        });
        let rows = sorted(rows.collect()).into_iter().map(|row| {
            let entries = filters::Count::count(&row.pair.resources.len());
            vec![
                vec![Atom::department(&row.provider, row.provider_name)],
                vec![Atom::department(&row.reader, row.reader_name)],
                vec![Atom::Number(row.pair.in_force)],
                vec![Atom::Number(entries)],
                vec![Atom::Number(row.pair.all)],
            ]
        });
        Ok(Table::new("pairs", "who-shares", "sharing-none", PAIRS).with(rows))
    };
    csv(app, visit, "sharing".to_owned(), read).await
}

/// The sums: kept ones while they are fresh and the newest state is asked for, or made now.
fn current(
    reading: &Reading<'_>,
    point: &Point,
    kept: Option<Arc<Sharings>>,
    app: &App,
) -> Result<Arc<Sharings>, Problem> {
    match kept {
        Some(kept) if point.at.is_none() => Ok(kept),
        Some(_) | None => {
            let begun = Instant::now();
            let made = Arc::new(reading.sharings()?);
            if point.at.is_none() {
                app.keep_sharings(&made, begun.elapsed());
            }
            Ok(made)
        }
    }
}

fn row(sharings: &Sharings, (provider, reader): &(DepartmentId, DepartmentId)) -> PairRow {
    let name = |id: &DepartmentId| sharings.names.get(id).cloned().unwrap_or_default();
    let key = (provider.clone(), reader.clone());
    PairRow {
        provider_name: name(provider),
        reader_name: name(reader),
        pair: sharings.pairs.get(&key).cloned().unwrap_or_default(),
        provider: key.0,
        reader: key.1,
    }
}

/// Rows with the most in force first.
fn sorted(mut rows: Vec<PairRow>) -> Vec<PairRow> {
    rows.sort_by(|a, b| {
        let by_count = b.pair.in_force.cmp(&a.pair.in_force);
        by_count.then_with(|| (&a.provider, &a.reader).cmp(&(&b.provider, &b.reader)))
    });
    rows
}

fn matrix_page(frame: Frame, sharings: &Sharings, page: usize) -> AllSharing {
    let live = || sharings.pairs.iter().filter(|(_, pair)| pair.in_force > 0);
    let named = |ids: BTreeSet<&DepartmentId>| -> Vec<(DepartmentId, String)> {
        let name = |id: &DepartmentId| sharings.names.get(id).cloned().unwrap_or_default();
        ids.into_iter().map(|id| (id.clone(), name(id))).collect()
    };
    let providers = named(live().map(|((provider, _), _)| provider).collect());
    let readers = named(live().map(|((_, reader), _)| reader).collect());
    let place = |list: &[(DepartmentId, String)], id: &DepartmentId| {
        list.binary_search_by(|(other, _)| other.cmp(id))
            .unwrap_or(0)
    };
    let cells: Vec<(usize, usize, u64)> = live()
        .map(|((provider, reader), pair)| {
            let (row, column) = (place(&providers, provider), place(&readers, reader));
            (row, column, pair.in_force)
        })
        .collect();
    let mut rows = sorted(
        sharings
            .pairs
            .keys()
            .map(|key| row(sharings, key))
            .collect(),
    );
    let pair_count = rows.len();
    let before = page.saturating_sub(1).saturating_mul(PAIRS_SHOWN);
    rows.drain(..before.min(pair_count));
    let follows = rows.len() > PAIRS_SHOWN;
    rows.truncate(PAIRS_SHOWN);
    let next = page.saturating_add(1).to_string();
    AllSharing {
        next: follows.then(|| frame.linked("page", &next)),
        pairs_in_force: cells.len(),
        grant_count: live().map(|(_, pair)| pair.in_force).sum(),
        matrix: graph::matrix(providers, readers, &cells),
        rows,
        pair_count,
        as_of: sharings.as_of,
        is_complete: sharings.is_complete,
        frame,
    }
}

/// The picture being put together.
struct Drawing<'s> {
    frame: &'s Frame,
    centre: &'s DepartmentId,
    opened: &'s BTreeSet<DepartmentId>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    left_out: usize,
}

impl Drawing<'_> {
    fn node(&mut self, column: i64, id: &DepartmentId, name: &str, opens: bool) -> usize {
        let is_open = self.opened.contains(id);
        let open = opens.then(|| {
            let mut opened = self.opened.clone();
            if !opened.remove(id) {
                opened.insert(id.clone());
            }
            let opened: Vec<String> = opened.iter().map(ToString::to_string).collect();
            let opened = match opened.is_empty() {
                true => String::new(),
                false => format!("&open={}", opened.join(",")),
            };
            let and_at = &self.frame.and_at;
            let name = format!("o{column}-{id}");
            let href = format!("/sharing?department={}{opened}{and_at}#{name}", self.centre);
            (href, name)
        });
        self.nodes.push(Node {
            column,
            name: name.to_owned(),
            id: id.to_string(),
            href: format!("/sharing?department={id}{}", self.frame.and_at),
            open,
            is_open,
            is_centre: id == self.centre && column == 2,
        });
        self.nodes.len().saturating_sub(1)
    }

    /// Draws a department's neighbours on one side, those with the most first; the places of
    /// those drawn.
    fn side(
        &mut self,
        rows: &[PairRow],
        of: &DepartmentId,
        at: usize,
        column: i64,
        reads: bool,
    ) -> Vec<(DepartmentId, usize)> {
        let wanted = rows.iter().filter(|row| row.pair.in_force > 0);
        let wanted = wanted.filter(|row| match reads {
            true => row.reader == *of,
            false => row.provider == *of,
        });
        let wanted: Vec<&PairRow> = wanted.collect();
        let more = wanted.len().saturating_sub(limits::GRAPH_SIDE_MAX);
        self.left_out = self.left_out.saturating_add(more);
        let mut drawn = Vec::new();
        for row in wanted.into_iter().take(limits::GRAPH_SIDE_MAX) {
            let (id, name) = match reads {
                true => (&row.provider, &row.provider_name),
                false => (&row.reader, &row.reader_name),
            };
            let known = self
                .nodes
                .iter()
                .position(|n| n.column == column && n.id == id.as_str());
            let opens = (1..=3).contains(&column);
            let node = known.unwrap_or_else(|| self.node(column, id, name, opens));
            let (from, to) = if reads { (node, at) } else { (at, node) };
            let count = row.pair.in_force;
            self.edges.push(Edge { from, to, count });
            drawn.push((id.clone(), node));
        }
        drawn
    }
}

fn department_page(
    frame: Frame,
    sharings: &Sharings,
    id: DepartmentId,
    name: String,
    opened: &BTreeSet<DepartmentId>,
) -> DepartmentSharing {
    let all = sorted(
        sharings
            .pairs
            .keys()
            .map(|key| row(sharings, key))
            .collect(),
    );
    let mut drawing = Drawing {
        frame: &frame,
        centre: &id,
        opened,
        nodes: Vec::new(),
        edges: Vec::new(),
        left_out: 0,
    };
    let centre = drawing.node(2, &id, &name, false);
    let providers = drawing.side(&all, &id, centre, 1, true);
    let readers = drawing.side(&all, &id, centre, 3, false);
    for (sides, column, reads) in [(providers, 0, true), (readers, 4, false)] {
        for (neighbour, place) in sides.into_iter().filter(|(id, _)| opened.contains(id)) {
            drawing.side(&all, &neighbour, place, column, reads);
        }
    }
    let Drawing {
        mut nodes,
        edges,
        left_out,
        ..
    } = drawing;
    // Columns without a node take no room.
    let first = nodes.iter().map(|node| node.column).min().unwrap_or(0);
    for node in &mut nodes {
        node.column -= first;
    }
    let rows = all.into_iter().filter(|row| {
        let of = |id: &DepartmentId| row.provider == *id || row.reader == *id;
        of(&id) || opened.iter().any(of)
    });
    let mut rows: Vec<PairRow> = rows.collect();
    let pair_count = rows.len();
    rows.truncate(NEIGHBOURS_SHOWN);
    DepartmentSharing {
        picture: graph::picture(nodes, &edges),
        rows,
        pair_count,
        left_out,
        is_complete: sharings.is_complete,
        id,
        name,
        frame,
    }
}

fn resource_page(
    directory: &dyn Directory,
    visit: &Visit,
    point: &Point,
    code: ResourceCode,
) -> Result<ResourceSharing, Problem> {
    let reading = Reading::at(directory, point.at)?;
    let resource = reading.resource(&code)?.resource;
    let slice = Slice::first(AUTHORIZATIONS_SHOWN);
    let items = reading.authorizations_of(&code, &slice)?;
    let narrowed = [("resource", Some(code.as_str()))];
    let frame = Frame::at(visit, &reading, point);
    let frame = frame.with_json_of("/api/v1/sharing", &narrowed, point);
    let department = |id: &DepartmentId| format!("/sharing?department={id}{}", frame.and_at);
    let node = |column, name: &str, id: String, href| Node {
        column,
        name: name.to_owned(),
        id,
        href,
        open: None,
        is_open: false,
        is_centre: column == 1,
    };
    let encoded = code.as_str().replace('/', "%2F");
    let mut nodes = vec![
        node(
            0,
            &resource.provider_name,
            resource.provider.to_string(),
            department(&resource.provider),
        ),
        node(
            1,
            &resource.name,
            code.to_string(),
            format!("/resources/{encoded}{}", frame.suffix),
        ),
    ];
    let mut edges = vec![Edge {
        from: 0,
        to: 1,
        count: resource.field_count,
    }];
    let live = items.items.iter();
    let live = live.filter(|item| item.state == AuthorizationState::InForce);
    for item in live.take(limits::GRAPH_SIDE_MAX) {
        let href = department(&item.grantee);
        let reader = node(2, &item.grantee_name, item.grantee.to_string(), href);
        edges.push(Edge {
            from: 1,
            to: nodes.len(),
            count: u64::try_from(item.fields.len()).unwrap_or(u64::MAX),
        });
        nodes.push(reader);
    }
    Ok(ResourceSharing {
        name: resource.name,
        picture: graph::picture(nodes, &edges),
        items,
        instant: Time(reading.resolved().instant),
        code,
        frame,
    })
}
