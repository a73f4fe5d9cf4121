//! The network: who votes and which nodes there are, and how this node fares.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::NodeId;
use dirchain_ledger::records::Settings;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentValue};

use super::csv;
use super::frame::{Frame, Point, Visit, not_ready};
use super::records::member_changes;
use super::sheet::{
    Atom, Column, FACTS_ID, Facts, Table, cell, facts_table, numbers_in, part, records_in,
    unknown_table, words_in,
};
use super::sheets::{Crumb, SheetPage, Shows, give};
use super::words::Lang;
use super::{Paged, filters, show, words};
use crate::api::{HistoryState, NodeMode, Problem, Status, SyncState, Warning};
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
const PEERS: &[Column] = &[
    words_in("node"),
    records_in("department"),
    words_in("state"),
    words_in("last-heard"),
    numbers_in("received"),
    numbers_in("sent"),
    numbers_in("dropped"),
];
const PURPOSES: &[Column] = &[words_in("code"), words_in("name"), words_in("state")];

/// One of the tables of the members' page.
fn table(reading: &Reading<'_>, name: &str, slice: &Slice) -> Result<Table, Problem> {
    match name {
        FACTS_ID => Ok(facts_table(network_facts(reading)?)),
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
        let passed = member.passed_over_until;
        let proven = match (member.proven, passed) {
            (true, None) => Atom::Badge("member-proven", "yes"),
            (true, Some(_)) => Atom::Badge("member-missed", "no"),
            (false, _) => Atom::Badge("member-unproven", "wait"),
        };
        vec![
            vec![Atom::department(&member.department, member.department_name)],
            vec![Atom::Code(member.node.to_string())],
            cell(
                [proven]
                    .into_iter()
                    .chain(passed.map(|until| Atom::SaysOf("member-passed", until.to_string()))),
            ),
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
        (
            key,
            vec![Atom::SaysCount("working-days", i64::from(days.0))],
        )
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
            vec![Atom::SaysCount("days", i64::from(settings.proposal_days))],
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

/// The epoch, the rules and what is set.
fn network_facts(reading: &Reading<'_>) -> Result<Facts, Problem> {
    let found = reading.members()?;
    let mut facts = vec![
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
        facts.push(("next-rules", vec![Atom::Code(next)]));
    }
    facts.extend(settings(&reading.parameters()?.parameters.settings));
    Ok(facts)
}

/// `GET /members`
pub(super) async fn members(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    if visit.asked("csv").is_some() {
        return csv::named(app, visit, point.at, "network".to_owned(), table).await;
    }
    let slice = part(&visit, "nodes", NODES_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let found = reading.members()?;
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
        page.facts = network_facts(&reading)?;
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

/// `GET /node`
pub(super) async fn node(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let search = app.search.state();
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let status = reading::status(directory);
        let as_of = directory.tip_moment().into();
        let frame =
            Frame::now(visit, &status.about, as_of).with_json("/api/v1/status", &Point::default());
        let heading = words::say(visit.lang, "node-health").into_owned();
        let mut page = SheetPage::new(frame, heading);
        page.shows = Shows::Now;
        page.crumbs = vec![Crumb::said("network", "/members")];
        page.tags = vec![
            Atom::Code(status.node.node.to_string()),
            match status.node.ready {
                true => Atom::Badge("ready", "yes"),
                false => Atom::Badge("not-ready", "no"),
            },
        ];
        let reason = not_ready(visit.lang, &status.node);
        page.tags
            .extend(reason.map(|(_, reason)| Atom::Text(reason)));
        page.facts = health(visit.lang, &status, &search);
        let warned = status.node.warnings.iter();
        let warned = warned.map(|warning| Atom::Text(warned_of(visit.lang, warning)));
        if !status.node.warnings.is_empty() {
            page.facts.insert(0, ("warnings", warned.collect()));
        }
        page.tables = vec![peers(&status)];
        Ok(page)
    };
    give(app, visit, "node".to_owned(), read).await
}

/// How a node fares.
fn health(lang: Lang, status: &Status, search: &search::State) -> Facts {
    let node = &status.node;
    let mode = match &node.mode {
        NodeMode::Validator => vec![Atom::Says("mode-validator")],
        NodeMode::Observer => vec![Atom::Says("mode-observer")],
        NodeMode::Following { until, reason } => {
            let until = until.map(|until| Atom::SaysOf("until-block", until.to_string()));
            let mode = [Atom::Says("mode-following")].into_iter().chain(until);
            cell(mode.chain([Atom::text(reason)]))
        }
    };
    let tip = status.tip.height;
    let sync = match node.sync {
        SyncState::CaughtUp => Atom::Says("sync-caught-up"),
        SyncState::CatchingUp { target } => Atom::SaysOf("sync-catching-up", target.to_string()),
    };
    let kept = match node.history {
        HistoryState::Whole => vec![Atom::Says("kept-past-whole")],
        HistoryState::Fetching { begins, next } => vec![
            Atom::SaysOf("kept-past-begins", begins.to_string()),
            Atom::SaysOf("kept-past-next", next.to_string()),
        ],
    };
    let index = match search {
        search::State::Ready(states) => {
            vec![Atom::SaysOf("search-index-ready", states.last.to_string())]
        }
        search::State::Building { done } => {
            let building = filters::count_text(lang, "search-index-building", *done);
            vec![Atom::Text(building)]
        }
        search::State::Broken(reason) => {
            vec![Atom::Badge("search-index-broken", "no"), Atom::text(reason)]
        }
    };
    let about = &status.about;
    vec![
        ("mode", mode),
        (
            "height",
            vec![Atom::block(tip), Atom::Time(status.tip.time)],
        ),
        ("sync", vec![sync]),
        ("kept-past", kept),
        (
            "waiting-transactions",
            vec![Atom::Number(node.waiting_transactions)],
        ),
        ("search-index", index),
        ("disk", vec![Atom::Bytes(node.disk_bytes)]),
        ("uptime", vec![Atom::Span(node.uptime_ms)]),
        ("chain-id", vec![Atom::Hash(about.chain.to_string())]),
        ("genesis", vec![Atom::Time(about.genesis_time)]),
        (
            "software",
            vec![Atom::Text(format!("dirchain {}", about.software_version))],
        ),
    ]
}

/// A warning in words.
pub(super) fn warned_of(lang: Lang, warning: &Warning) -> String {
    match warning {
        Warning::OwnClock { ahead_ms, nodes } => {
            let key = match *ahead_ms < 0 {
                true => "warning-own-clock-behind",
                false => "warning-own-clock-ahead",
            };
            of_clock(lang, key, *ahead_ms, &listed(nodes))
        }
        Warning::OtherClock {
            node,
            height: _,
            ahead_ms,
            at_least,
        } => {
            let key = match (*ahead_ms < 0, at_least) {
                (true, true) => "warning-other-clock-behind-at-least",
                (true, false) => "warning-other-clock-behind",
                (false, _) => "warning-other-clock-ahead",
            };
            of_clock(lang, key, *ahead_ms, node.as_str())
        }
        Warning::Standstill {
            height,
            round,
            since,
            silent,
            against,
            without_proposal,
        } => {
            let since = filters::offset_time(since);
            let mut told = vec![
                filters::around(lang, "warning-standstill", height),
                filters::around(lang, "warning-standstill-since", since),
                filters::around(lang, "warning-standstill-round", round),
            ];
            let lacks = [
                ("warning-silent", silent),
                ("warning-against", against),
                ("warning-without-proposal", without_proposal),
            ];
            let lacks = lacks.into_iter().filter(|(_, nodes)| !nodes.is_empty());
            told.extend(lacks.map(|(key, nodes)| filters::around(lang, key, listed(nodes))));
            told.join(" ")
        }
    }
}

fn of_clock(lang: Lang, key: &str, ahead_ms: i64, nodes: &str) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("value", nodes.to_owned());
    let seconds = ahead_ms.unsigned_abs() / 1_000;
    arguments.set("count", FluentValue::Number(FluentNumber::from(seconds)));
    words::say_with(lang, key, &arguments)
}

fn listed(nodes: &[NodeId]) -> String {
    let names: Vec<&str> = nodes.iter().map(NodeId::as_str).collect();
    names.join(", ")
}

fn peers(status: &Status) -> Table {
    let rows = status.node.peers.iter().map(|peer| {
        let state = match peer.connected {
            true => Atom::Badge("up", "yes"),
            false => Atom::Badge("not-heard", "no"),
        };
        vec![
            vec![Atom::Code(peer.node.to_string())],
            vec![Atom::department(
                &peer.department,
                peer.department.to_string(),
            )],
            vec![state],
            cell(peer.last_heard.map(Atom::Time)),
            vec![Atom::Bytes(peer.received_bytes)],
            vec![Atom::Bytes(peer.sent_bytes)],
            vec![Atom::Number(peer.dropped_messages)],
        ]
    });
    Table::new("peers", "peers", "peers-none", PEERS).with(rows)
}
