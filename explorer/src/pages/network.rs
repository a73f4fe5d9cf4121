//! The network: who votes and which nodes there are, and how this node fares.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::records::Settings;

use super::csv::csv;
use super::frame::{Frame, Point, Visit};
use super::records::member_changes;
use super::sheet::{
    Atom, Column, Facts, Table, cell, numbers_in, part, records_in, unknown_table, words_in,
};
use super::sheets::SheetPage;
use super::{Paged, filters, show, words};
use crate::api::{HistoryState, NodeMode, Problem, Status, SyncState};
use crate::directory::Directory;
use crate::http::App;
use crate::reading::{self, Reading, Slice};
use crate::search;

const NODES_SHOWN: usize = 200;

const VOTERS: &[Column] = &[
    records_in("department"),
    words_in("node"),
    words_in("proven"),
    numbers_in("equivocations"),
    words_in("key"),
];
const OFFICES: &[Column] = &[words_in("office"), records_in("holder"), words_in("since")];
const NODES: &[Column] = &[
    words_in("node"),
    records_in("department"),
    words_in("type"),
    words_in("admitted"),
    words_in("addresses"),
    words_in("seen-from-here"),
];
const PURPOSES: &[Column] = &[words_in("code"), words_in("name"), words_in("state")];

/// One of the tables of the members' page.
fn table(reading: &Reading<'_>, name: &str, slice: &Slice) -> Result<Table, Problem> {
    match name {
        "voters" => voters(reading),
        "changes" => {
            let agreed = reading.members()?.agreed;
            let mut table = member_changes("changes", agreed.iter().map(|agreed| &agreed.change));
            table.none = "changes-none";
            Ok(table)
        }
        "offices" => offices(reading),
        "nodes" => nodes(reading, slice),
        "purposes" => purposes(reading),
        other => Err(unknown_table(other)),
    }
}

/// The tables in their order.
const TABLES: [&str; 5] = ["voters", "changes", "offices", "nodes", "purposes"];

fn voters(reading: &Reading<'_>) -> Result<Table, Problem> {
    let found = reading.members()?;
    let rows = found.members.into_iter().map(|member| {
        let proven = match member.proven {
            true => Atom::Badge("member-proven", "yes"),
            false => Atom::Badge("member-unproven", "wait"),
        };
        vec![
            vec![Atom::department(&member.department, member.department_name)],
            vec![Atom::Code(member.node.to_string())],
            vec![proven],
            vec![Atom::Number(member.equivocations)],
            vec![Atom::Hash(member.consensus_key.to_string())],
        ]
    });
    Ok(Table::new("voters", "members", "records-none", VOTERS).with(rows))
}

fn offices(reading: &Reading<'_>) -> Result<Table, Problem> {
    let mut rows = Vec::new();
    for holder in reading.parameters()?.offices {
        rows.push(vec![
            vec![Atom::word(&holder.office)],
            vec![reading.department_atom(&holder.department)?],
            vec![Atom::Moment(holder.since)],
        ]);
    }
    Ok(Table::new("offices", "offices", "records-none", OFFICES).with(rows))
}

fn nodes(reading: &Reading<'_>, slice: &Slice) -> Result<Table, Problem> {
    let found = reading.nodes(slice)?;
    let rows = found.items.into_iter().map(|item| {
        let seen = item.peer.map(|peer| {
            let state = match peer.connected {
                true => Atom::Badge("up", "yes"),
                false => Atom::Badge("not-heard", "no"),
            };
            cell([state].into_iter().chain(peer.last_heard.map(Atom::Time)))
        });
        let admitted = [Some(item.admitted.from), item.admitted.to];
        vec![
            vec![Atom::Code(item.id.to_string())],
            vec![Atom::department(&item.department, item.department_name)],
            vec![Atom::word(&item.kind)],
            cell(admitted.into_iter().flatten().map(Atom::Moment)),
            cell(item.addresses.into_iter().map(Atom::Code)),
            seen.unwrap_or_default(),
        ]
    });
    Ok(Table::new("nodes", "nodes", "records-none", NODES)
        .with(rows)
        .going_on(found.next_cursor))
}

fn purposes(reading: &Reading<'_>) -> Result<Table, Problem> {
    let parameters = reading.parameters()?.parameters;
    let rows = parameters.purposes.iter().map(|listed| {
        let state = match listed.listed.to {
            Some(ended) => vec![Atom::Says("ended"), Atom::Moment(ended.into())],
            None => vec![Atom::Badge("in-force", "yes")],
        };
        vec![
            vec![Atom::Code(listed.purpose.code.to_string())],
            vec![Atom::text(&listed.purpose.name)],
            state,
        ]
    });
    Ok(Table::new("purposes", "purposes", "records-none", PURPOSES).with(rows))
}

/// How long each answer may take, and what else is set.
fn settings(settings: &Settings) -> Facts {
    let days = |key, days: dirchain_ledger::calendar::WorkingDays| {
        (key, vec![Atom::SaysOf("working-days", days.0.to_string())])
    };
    let deadlines = &settings.deadlines;
    let two_person = match settings.two_person {
        true => Atom::Badge("rule-on", "yes"),
        false => Atom::Badge("rule-off", "quiet"),
    };
    let heartbeat = settings.heartbeat_ms / 1_000;
    vec![
        (
            "heartbeat",
            vec![Atom::SaysOf("seconds", heartbeat.to_string())],
        ),
        ("two-person", vec![two_person]),
        (
            "proposal-days",
            vec![Atom::SaysOf("days", settings.proposal_days.to_string())],
        ),
        days("notice", settings.notice),
        days("deadline-publication", deadlines.publication),
        days("deadline-unconditional", deadlines.unconditional),
        days("deadline-conditional", deadlines.conditional),
        days("deadline-supplement", deadlines.supplement),
        days("deadline-provisioning", deadlines.provisioning),
        days("deadline-correction", deadlines.correction),
        days("deadline-escalation", deadlines.escalation),
        days("deadline-demand", deadlines.demand),
    ]
}

/// `GET /members`
pub(super) async fn members(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    if let Some(name) = visit.asked("csv").map(str::to_owned) {
        let file = format!("network-{name}");
        let read = move |directory: &dyn Directory, slice: &Slice| {
            table(
                &Reading::of_slice(directory, point.at, slice)?,
                &name,
                slice,
            )
        };
        return csv(app, visit, file, read).await;
    }
    let slice = part(&visit, "nodes", NODES_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let found = reading.members()?;
        let parameters = reading.parameters()?.parameters;
        let frame = Frame::at(visit, &reading, &point).with_json("/api/v1/members", &point);
        let mut page = SheetPage::new(frame, words::say(visit.lang, "network").into_owned());
        page.tags = vec![
            Atom::SaysOf("epoch", found.epoch.to_string()),
            Atom::Record {
                path: "/node".to_owned(),
                id: words::say(visit.lang, "node-health").into_owned(),
                name: None,
            },
        ];
        let quorum = filters::counted(
            visit.lang,
            "members-vote",
            found.members.len(),
            found.quorum,
        );
        page.facts = vec![
            (
                "epoch-ends",
                vec![Atom::Code(format!("#{}", found.epoch_ends))],
            ),
            (
                "epoch-blocks",
                vec![Atom::Number(found.epoch_blocks.into())],
            ),
            (
                "rules-version",
                vec![Atom::Number(found.rules_version.into())],
            ),
        ];
        if let Some(next) = found.next_rules {
            let next = format!("{} (#{})", next.version, next.from);
            page.facts.push(("next-rules", vec![Atom::Code(next)]));
        }
        page.facts.extend(settings(&parameters.settings));
        for name in TABLES {
            page.tables.push(table(&reading, name, &slice)?);
        }
        if let Some(voters) = page.tables.first_mut() {
            voters.hint = Some(quorum);
        }
        Ok(page)
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
