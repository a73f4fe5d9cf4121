//! What became of a record since the revision that a decision was made on: for whoever is refused as
//! stale.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::difference::{Change, difference};
use dirchain_ledger::ids::{Height, ResourceCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::{Record, RecordId, Resource};
use dirchain_ledger::rejection::Rejection;
use serde_json::Value;

use super::Reading;
use crate::api::{Problem, RefusalItem};
use crate::at;
use crate::limits;

/// What a refusal of a decision on something older leads to: the record, and what was decided on.
#[derive(Clone, Debug)]
pub(crate) enum DecidedOn {
    /// An earlier revision of a record.
    Revision(RecordId, u32),
    /// Another version of an entry than the one in force.
    Version(ResourceCode, u32, u32),
}

impl DecidedOn {
    /// What a refusal is about, where the record moved on since.
    pub(crate) fn of(rejection: &Rejection) -> Option<Self> {
        match rejection {
            Rejection::Stale { id, given, .. } => Some(Self::Revision(id.clone(), *given)),
            Rejection::OtherVersion {
                code,
                given,
                current,
            } => Some(Self::Version(code.clone(), *given, *current)),
            _ => None,
        }
    }
}

/// Differences in words, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Since {
    english: Vec<String>,
    chinese: Vec<String>,
}

impl Since {
    /// At most [`limits::CHANGES_TOLD_MAX`] of the changes, and how many more there are.
    fn told(changes: &[Change]) -> Self {
        let first = || changes.iter().take(limits::CHANGES_TOLD_MAX);
        let mut told = Self {
            english: first().map(|c| c.told(Language::English)).collect(),
            chinese: first().map(|c| c.told(Language::Chinese)).collect(),
        };
        let more = changes.len().saturating_sub(limits::CHANGES_TOLD_MAX);
        if more > 0 {
            told.english.push(format!("and {more} more"));
            told.chinese.push(format!("另有 {more} 处"));
        }
        told
    }

    fn added(&self, english: &mut String, chinese: &mut String) {
        if self.english.is_empty() {
            return;
        }
        english.push_str(&format!(". Since then: {}", self.english.join("; ")));
        chinese.push_str(&format!("。此后的变化：{}", self.chinese.join("；")));
    }

    /// Adds what changed to a problem's words.
    pub(crate) fn told_in(&self, problem: &mut Problem) {
        if let Some(chinese) = problem.detail_zh.take() {
            let mut chinese = String::from(chinese);
            self.added(&mut problem.detail, &mut chinese);
            problem.detail_zh = Some(chinese.into());
        }
    }

    /// Adds what changed to a refusal's words.
    pub(crate) fn told_with(&self, refusal: &mut RefusalItem) {
        self.added(&mut refusal.message, &mut refusal.message_zh);
    }
}

impl Reading<'_> {
    /// What became of a record since it was decided on; empty where nothing did, or it cannot be told.
    pub(crate) fn since(&self, decided_on: &DecidedOn) -> Result<Since, Problem> {
        let changes = match decided_on {
            DecidedOn::Revision(id, revision) => self.since_revision(id, *revision)?,
            DecidedOn::Version(code, given, current) => {
                let resource = self.require_resource(code)?;
                let known = |version: u32| resource.versions.iter().any(|v| v.version == version);
                if !(known(*given) && known(*current)) {
                    return Ok(Since::default());
                }
                let (_, before) = self.version_of(&resource, *given)?;
                let (_, after) = self.version_of(&resource, *current)?;
                difference(&before, &after)
            }
        };
        Ok(Since::told(&changes))
    }

    fn since_revision(&self, id: &RecordId, revision: u32) -> Result<Vec<Change>, Problem> {
        let Some(now) = self.view.record(id)? else {
            return Ok(Vec::new());
        };
        let is_newer = revision_of(&now).is_some_and(|current| current > revision);
        let then = match is_newer && revision > 0 {
            true => self.at_revision(id, revision)?,
            false => None,
        };
        Ok(match (then, now) {
            (Some(Record::Resource(then)), Record::Resource(now)) => of_entry(&then, &now),
            (Some(then), now) => of_record(&then, &now),
            (None, _) => Vec::new(),
        })
    }

    /// The record as it stood at a revision. Revisions only grow with the height, so the height is
    /// found by halving.
    fn at_revision(&self, id: &RecordId, revision: u32) -> Result<Option<Record>, Problem> {
        let begins = self.directory().history_begins();
        let (mut low, mut high) = (begins.0, self.height().0);
        while low < high {
            let middle = low.midpoint(high.saturating_add(1));
            let then = at::view(self.directory(), Height(middle))?.record(id)?;
            match then.as_ref().and_then(revision_of) {
                Some(then) if then > revision => high = middle.saturating_sub(1),
                Some(_) | None => low = middle,
            }
        }
        let then = at::view(self.directory(), Height(low))?.record(id)?;
        Ok(then.filter(|then| revision_of(then) == Some(revision)))
    }
}

/// The count of a record's changes that a decision names, of the kinds that have one.
fn revision_of(record: &Record) -> Option<u32> {
    match record {
        Record::Resource(record) => Some(record.revision),
        Record::Application(record) => Some(record.revision),
        Record::Authorization(record) => Some(record.revision),
        Record::Offices(record) => Some(record.revision),
        Record::Parameters(record) => Some(record.revision),
        Record::Proposal(record) => Some(record.revision),
        Record::Binding(record) => Some(record.revision),
        Record::Objection(record) => Some(record.revision),
        Record::Finding(record) => Some(record.revision),
        Record::Demand(record) => Some(record.revision),
        Record::Obligation(record) => Some(record.revision),
        Record::Responsibility(record) => Some(record.revision),
        Record::DataElement(record) => Some(record.revision),
        Record::Department(_)
        | Record::Key(_)
        | Record::Node(_)
        | Record::Membership(_)
        | Record::Usage(_)
        | Record::ReceiptBatch(_)
        | Record::Rating(_)
        | Record::Docket(_) => None,
    }
}

/// An entry's state in a word, and what its draft, or else the version in force, says.
fn of_entry(then: &Resource, now: &Resource) -> Vec<Change> {
    let mut changes = Vec::new();
    if then.status() != now.status() {
        let word = |resource: &Resource| word_of(&resource.status());
        changes.push(Change {
            field: None,
            property: "status".to_owned(),
            before: word(then),
            after: word(now),
        });
    }
    let content = |resource: &Resource| {
        let draft = resource.draft.as_ref().map(|draft| draft.entry.clone());
        draft.or_else(|| resource.entry().cloned())
    };
    if let (Some(before), Some(after)) = (content(then), content(now)) {
        changes.extend(difference(&before, &after));
    }
    changes
}

fn word_of<T: serde::Serialize>(value: &T) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.as_str().map(str::to_owned)
}

/// What differs of any other record, property by property as its JSON names them.
fn of_record(then: &Record, now: &Record) -> Vec<Change> {
    let value = |record: &Record| serde_json::to_value(record).unwrap_or_default();
    let mut changes = Vec::new();
    compare("", Some(&value(then)), Some(&value(now)), &mut changes);
    changes
}

/// What only counts or keeps the past of something that is told by itself.
const PASSED_OVER: &[&str] = &["revision", "trail", "stages", "earlier", "key", "height"];

/// A property's name below another's.
fn below(path: &str, name: &str) -> String {
    match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let both = [before, after].into_iter().flatten();
    let objects: Vec<_> = both.clone().filter_map(Value::as_object).collect();
    let arrays: Vec<_> = both.filter_map(Value::as_array).collect();
    if !objects.is_empty() {
        let names: BTreeSet<&String> = objects.iter().flat_map(|object| object.keys()).collect();
        for name in names
            .into_iter()
            .filter(|name| !PASSED_OVER.contains(&name.as_str()))
        {
            let of = |value: Option<&'_ Value>| value.and_then(|v| v.get(name)).cloned();
            let (one, other) = (of(before), of(after));
            compare(&below(path, name), one.as_ref(), other.as_ref(), changes);
        }
        return;
    }
    if let Some(keyed) = by_key([before, after]) {
        for (key, [one, other]) in keyed {
            compare(&below(path, &key), one, other, changes);
        }
        return;
    }
    if !arrays.is_empty() {
        let longest = arrays.iter().map(|array| array.len()).max().unwrap_or(0);
        for index in 0..longest {
            let of = |value: Option<&'_ Value>| value.and_then(|v| v.get(index)).cloned();
            let (one, other) = (of(before), of(after));
            let number = index.saturating_add(1).to_string();
            compare(&below(path, &number), one.as_ref(), other.as_ref(), changes);
        }
        return;
    }
    let (before, after) = (shown(path, before), shown(path, after));
    if before != after {
        changes.push(Change {
            field: None,
            property: path.to_owned(),
            before,
            after,
        });
    }
}

/// What names an item of a list, where each has it and no two the same.
const KEYS: &[&str] = &["code", "day", "number", "id"];

/// The items of up to two lists by what names them, so that one that came between others is told as that.
fn by_key(lists: [Option<&Value>; 2]) -> Option<BTreeMap<String, [Option<&Value>; 2]>> {
    let named = |key: &str| {
        let mut items: BTreeMap<String, [Option<&Value>; 2]> = BTreeMap::new();
        for (place, list) in lists.iter().enumerate() {
            for item in list.and_then(Value::as_array).into_iter().flatten() {
                let name = shown(key, item.get(key))?;
                let slot = items.entry(name).or_default().get_mut(place)?;
                if slot.replace(item).is_some() {
                    return None;
                }
            }
        }
        Some(items).filter(|items| !items.is_empty())
    };
    KEYS.iter().find_map(|key| named(key))
}

/// A value as people read it; none for nothing. Moments are told by their times.
fn shown(path: &str, value: Option<&Value>) -> Option<String> {
    const TIMES: &[&str] = &["time", "from", "to", "due", "lapses", "not_before"];
    let name = path.rsplit('.').next().unwrap_or(path);
    match value? {
        Value::Null | Value::Object(_) | Value::Array(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if TIMES.contains(&name) => {
            let time = number.as_i64().map(dirchain_ledger::ids::TimeMs);
            time.map(|time| crate::api::Time(time).to_string())
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let mut changes = Vec::new();
        compare("", Some(before), Some(after), &mut changes);
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_came_into_a_list_is_told_alone() {
        let purposes = |codes: &[&str]| {
            let items = codes
                .iter()
                .map(|code| json!({ "code": code, "name": code }));
            json!({ "purposes": items.collect::<Vec<_>>(), "two_person": codes.len() > 2 })
        };
        let changed = told(&purposes(&["b", "d"]), &purposes(&["a", "b", "d"]));
        let expected = [
            "purposes.a.code was nothing, is `a`",
            "purposes.a.name was nothing, is `a`",
            "two_person was `false`, is `true`",
        ];
        assert_eq!(changed, expected);
        let gone = told(&purposes(&["a", "b"]), &purposes(&["b"]));
        let expected = [
            "purposes.a.code was `a`, is nothing",
            "purposes.a.name was `a`, is nothing",
        ];
        assert_eq!(gone, expected);
    }

    #[test]
    fn a_list_without_names_is_compared_place_by_place() {
        let changed = told(&json!({ "l": [1, 2] }), &json!({ "l": [1, 3, 4] }));
        assert_eq!(changed, ["l.2 was `2`, is `3`", "l.3 was nothing, is `4`"]);
        let twice =
            |name: &str| json!({ "l": [{ "code": "a", "n": 1 }, { "code": "a", "n": name }] });
        assert_eq!(told(&twice("x"), &twice("y")), ["l.2.n was `x`, is `y`"]);
        let whole = told(&json!({ "l": null }), &json!({ "l": [{ "code": "a" }] }));
        assert_eq!(whole, ["l.a.code was nothing, is `a`"]);
    }
}
