//! Bindings, use, objections, findings, demands, obligations; deadlines, scores, differences.

use clap::ValueEnum;
use dirchain_explorer::api::{DeadlinesAnswer, DifferenceAnswer, RecordItem, ScoresAnswer, Time};
use dirchain_explorer::word_in;
use dirchain_ledger::ids::{DepartmentId, Height, ResourceCode, TimeMs};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::RecordId;
use serde::Serialize;
use serde_json::Value;

use crate::cli::context::Context;
use crate::cli::inbox::{late, since};
use crate::cli::output::{Table, local, or_dash, word};
use crate::client::Client;

use super::When;

/// What can be asked for one by one.
#[derive(Copy, Clone, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// A binding: 103001/000001/1
    Binding,
    /// An objection: 103001/000001/1
    Objection,
    /// An obligation: 103001/000001/1
    Obligation,
    /// A use with its totals: 103001/000001/1:D005:a3
    Usage,
    /// A batch of receipts: 103001/000001/1:D005:a3:1767225600000
    Receipts,
    /// A batch's rating
    Rating,
    /// A data element: DE00001
    Element,
    /// A finding
    Finding,
    /// A demand
    Demand,
    /// A proposal: D001/7
    Proposal,
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// What
    kind: Kind,
    /// Its id
    id: String,
    #[command(flatten)]
    when: When,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Many {
    /// What
    kind: Kind,
    /// Of this entry
    #[arg(long, value_name = "CODE")]
    resource: Option<ResourceCode>,
    /// Of this department
    #[arg(long, value_name = "ID", conflicts_with = "resource")]
    department: Option<DepartmentId>,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    when: When,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Deadlines {
    /// Only what this department owes
    #[arg(long, value_name = "ID")]
    department: Option<DepartmentId>,
    /// Only what is late
    #[arg(long)]
    late: bool,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    when: When,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Difference {
    /// The entry
    code: ResourceCode,
    /// The version compared [default: the one before]
    #[arg(long, value_name = "N")]
    from: Option<u32>,
    /// The version it is compared with [default: the draft, or the newest version]
    #[arg(long, value_name = "N")]
    to: Option<u32>,
    #[command(flatten)]
    when: When,
}

impl Kind {
    fn id(self, text: &str) -> anyhow::Result<RecordId> {
        Ok(match self {
            Kind::Binding => RecordId::Binding(text.parse()?),
            Kind::Objection => RecordId::Objection(text.parse()?),
            Kind::Obligation => RecordId::Obligation(text.parse()?),
            Kind::Usage => RecordId::Usage(Box::new(text.parse()?)),
            Kind::Receipts => RecordId::ReceiptBatch(Box::new(text.parse()?)),
            Kind::Rating => RecordId::Rating(Box::new(text.parse()?)),
            Kind::Element => RecordId::DataElement(text.parse()?),
            Kind::Finding => RecordId::Finding(text.parse()?),
            Kind::Demand => RecordId::Demand(text.parse()?),
            Kind::Proposal => RecordId::Proposal(text.parse()?),
        })
    }

    /// The list's name in the interface.
    fn list(self) -> &'static str {
        match self {
            Kind::Binding => "bindings",
            Kind::Objection => "objections",
            Kind::Obligation => "obligations",
            Kind::Usage => "usage",
            Kind::Receipts => "receipts",
            Kind::Rating => "ratings",
            Kind::Element => "elements",
            Kind::Finding => "findings",
            Kind::Demand => "demands",
            Kind::Proposal => "proposals",
        }
    }
}

impl One {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let id = self.kind.id(&self.id)?;
        let answer = client.record(&id, self.when.at)?;
        let text = item(&answer.item)?;
        context.output.print(&shown(&answer, utc)?, |_| text)
    }
}

impl Many {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let (list, at, limit) = (self.kind.list(), self.when.at, self.limit);
        let items = match (&self.resource, &self.department) {
            (Some(code), _) => client.records_of(code, list, at, limit)?,
            (None, Some(id)) => client.records(&format!("departments/{id}/{list}"), at, limit)?,
            (None, None) => client.records(list, at, limit)?,
        };
        let texts: serde_json::Result<Vec<String>> = items.iter().map(item).collect();
        let text = match texts? {
            none if none.is_empty() => "none".to_owned(),
            some => some.join("\n"),
        };
        let items: serde_json::Result<Vec<Value>> =
            items.iter().map(|item| shown(item, utc)).collect();
        context.output.print(&items?, |_| text)
    }
}

/// A record as rows of names and values.
fn item(item: &RecordItem) -> serde_json::Result<String> {
    let mut table = Table::default();
    table.row(["id".to_owned(), item.id.clone()]);
    rows(&mut table, "", &shown(item, local)?["record"]);
    Ok(table.text())
}

/// An instant as programs are told it.
fn utc(time: Time) -> String {
    time.to_string()
}

/// The members of records that hold an instant; on the ledger it is a number of milliseconds.
const INSTANTS: [&str; 7] = [
    "time",
    "from",
    "to",
    "due",
    "not_before",
    "lapses",
    "sealed_to",
];

/// An answer with a record as it is shown: with instants as RFC 3339 instead of milliseconds, the id
/// once, and a proposal whose date has passed as `lapsed`, which the ledger's record does not say.
fn shown(answer: &impl Serialize, instant: fn(Time) -> String) -> serde_json::Result<Value> {
    let mut answer = serde_json::to_value(answer)?;
    let lapsed = answer["standing"] == "lapsed";
    let id = answer["id"].clone();
    let Some(record) = answer.get_mut("record") else {
        return Ok(answer);
    };
    if let Some(members) = record.as_object_mut() {
        members.retain(|name, value| name != "id" || *value != id);
    }
    if lapsed && let Some(status) = record.pointer_mut("/status/status") {
        *status = "lapsed".into();
    }
    tell_instants(record, instant);
    Ok(answer)
}

fn tell_instants(value: &mut Value, instant: fn(Time) -> String) {
    match value {
        Value::Object(members) => {
            // The rules come into force from a height on.
            let by_height = members
                .get("measure")
                .is_some_and(|name| name == "raise_rules");
            for (name, value) in members.iter_mut() {
                match value.as_i64() {
                    Some(time_ms) if INSTANTS.contains(&name.as_str()) && !by_height => {
                        *value = instant(Time(TimeMs(time_ms))).into();
                    }
                    _ => tell_instants(value, instant),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                tell_instants(item, instant);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rows(table: &mut Table, name: &str, value: &Value) {
    let below = |key: &str| match name.is_empty() {
        true => key.to_owned(),
        false => format!("{name}.{key}"),
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                rows(table, &below(key), value);
            }
        }
        Value::Array(list) if list.iter().any(|item| item.is_object()) => {
            for (place, value) in (1usize..).zip(list) {
                rows(table, &below(&place.to_string()), value);
            }
        }
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(word).collect();
            table.row([name.to_owned(), words.join(", ")]);
        }
        Value::Null => {}
        other => table.row([name.to_owned(), word(other)]),
    }
}

impl Deadlines {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let department = self.department.as_ref();
        let answer = client.deadlines(department, self.late, self.limit, self.when.at)?;
        let language = context.language();
        context
            .output
            .print(&answer, |answer| deadlines(answer, language))
    }
}

fn deadlines(answer: &DeadlinesAnswer, language: Language) -> String {
    let mut table = Table::default();
    for item in &answer.items {
        let subject = item.subject_id.as_ref();
        let due = local(item.due);
        table.row([
            item.department.to_string(),
            word_in(&item.duty, language).into_owned(),
            subject.map_or_else(|| item.subject.clone(), |subject| subject.told(language)),
            since(item.since, language),
            match language {
                Language::Chinese => format!("应于 {due} 前"),
                Language::English => format!("due {due}"),
            },
            late(item.late_days, language),
        ]);
    }
    let DeadlinesAnswer { count, late, .. } = answer;
    let told = match language {
        Language::Chinese => format!("共 {count} 项，逾期 {late} 项，"),
        Language::English => format!("{count} owed, {late} late, "),
    };
    format!(
        "{}{told}{}\n",
        table.text(),
        judged(answer.as_of.height, answer.instant, language)
    )
}

/// For which state and instant an answer holds.
fn judged(height: Height, instant: Time, language: Language) -> String {
    let instant = local(instant);
    match language {
        Language::Chinese => format!("依据高度 {height} 的账本，按 {instant} 判断"),
        Language::English => format!("as of height {height}, judged at {instant}"),
    }
}

pub(super) fn scores(answer: &ScoresAnswer, language: Language) -> String {
    let mut table = Table::default();
    table.row(match language {
        Language::Chinese => [
            "名次", "得分", "部门", "按时", "迟复", "逾期", "陈旧", "漂移", "评价", "职能", "超量",
        ],
        Language::English => [
            "rank",
            "points",
            "department",
            "in time",
            "late",
            "overdue",
            "stale",
            "drifted",
            "ratings",
            "as office",
            "over quota",
        ],
    });
    for item in &answer.items {
        let score = &item.score;
        table.row([
            score.rank.to_string(),
            score.points.to_string(),
            format!("{} {}", score.department, item.name),
            score.answered_in_time.to_string(),
            score.answered_late.to_string(),
            score.overdue.to_string(),
            score.stale_entries.to_string(),
            score.drifted_bindings.to_string(),
            format!("{} ({:+})", score.ratings, score.stars_above_three),
            score.office_in_time.to_string(),
            score.over_quota.to_string(),
        ]);
    }
    format!(
        "{}{}\n",
        table.text(),
        judged(answer.as_of.height, answer.instant, language)
    )
}

impl Difference {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let answer = client.difference(&self.code, self.from, self.to, self.when.at)?;
        context.output.print(&answer, difference)
    }
}

fn difference(answer: &DifferenceAnswer) -> String {
    let mut table = Table::default();
    for change in &answer.changes {
        table.row([
            change
                .field
                .map_or_else(String::new, |field| format!("field {field}")),
            change.property.clone(),
            or_dash(change.before.as_ref()),
            "->".to_owned(),
            or_dash(change.after.as_ref()),
        ]);
    }
    let DifferenceAnswer {
        resource, from, to, ..
    } = answer;
    let count = answer.changes.len();
    format!(
        "{resource}, {from} to {to}: {count} differences\n{}",
        table.text()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_shown_with_times_one_id_and_where_a_proposal_stands() {
        let answer = json!({
            "as_of": { "height": 9, "time": "2026-01-01T00:00:00.000Z" },
            "id": "D001/7",
            "standing": "lapsed",
            "record": {
                "record": "proposal",
                "id": "D001/7",
                "proposed": { "at": { "height": 4, "time": 7 } },
                "measure": { "measure": "raise_rules", "version": 3, "from": 250 },
                "lapses": 86_400_000,
                "status": { "status": "open" },
            },
        });
        let told = shown(&answer, utc).unwrap();
        assert_eq!(told["id"], "D001/7");
        let record = &told["record"];
        assert_eq!(record["id"], Value::Null);
        assert_eq!(record["lapses"], "1970-01-02T00:00:00.000Z");
        assert_eq!(record["proposed"]["at"]["time"], "1970-01-01T00:00:00.007Z");
        assert_eq!(record["proposed"]["at"]["height"], 4);
        assert_eq!(record["measure"]["from"], 250, "a height is no time");
        assert_eq!(record["status"]["status"], "lapsed");
        let people = shown(&answer, local).unwrap();
        assert_eq!(people["record"]["lapses"], "1970-01-02T08:00:00+08:00");

        let open = json!({ "id": "D001/8", "standing": "open",
                           "record": { "id": "D001/8", "status": { "status": "open" } } });
        let told = shown(&open, utc).unwrap();
        assert_eq!(told["record"]["status"]["status"], "open");
    }
}
