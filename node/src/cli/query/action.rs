//! A signed action as lines of names and values, whatever the action is.

use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::TimeMs;
use serde_json::Value;

use crate::cli::output::local;

/// The members of actions that hold an instant; on the ledger it is a number of milliseconds.
const INSTANTS: [&str; 2] = ["from", "to"];

/// Everything that an action says but its name: paths such as `request.purpose`, with their values.
/// What the action leaves out is not listed.
pub(super) fn lines(action: &Action) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    match serde_json::to_value(action) {
        Ok(Value::Object(members)) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "action") {
                descend(name, value, &mut lines);
            }
        }
        Ok(other) => lines.push(("content".to_owned(), other.to_string())),
        Err(error) => lines.push(("not shown".to_owned(), error.to_string())),
    }
    lines
}

fn descend(path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                descend(&format!("{path}.{name}"), value, lines);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (place, item) in (1u64..).zip(items) {
                lines.push((format!("{path} {place}"), inline(item)));
            }
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(_) => lines.push((path.to_owned(), inline(value))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let name = path.rsplit('.').next().unwrap_or(path);
            lines.push((path.to_owned(), scalar(name, value)));
        }
    }
}

/// A value within a line: `number 1, name 姓名`.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(inline).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let told = members.iter().filter(|(_, value)| !value.is_null());
            let told = told.map(|(name, value)| match value {
                Value::Object(_) | Value::Array(_) => format!("{name} ({})", inline(value)),
                plain => format!("{name} {}", scalar(name, plain)),
            });
            told.collect::<Vec<_>>().join(", ")
        }
        plain => scalar("", plain),
    }
}

fn scalar(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_i64().filter(|_| INSTANTS.contains(&name)) {
            Some(instant_ms) => local(Time(TimeMs(instant_ms))),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use dirchain_ledger::action::Grant;
    use dirchain_ledger::bounded::List;
    use dirchain_ledger::ids::FieldNumber;

    use super::*;

    fn told(action: &Action) -> Vec<String> {
        let lines = lines(action);
        let told = lines.iter().map(|(name, value)| format!("{name}: {value}"));
        told.collect()
    }

    #[test]
    fn a_grant_says_on_which_application_for_which_fields_and_until_when() {
        let grant = Action::Grant(Grant {
            application: "103001/000001/3".parse().unwrap(),
            revision: 1,
            fields: List::new(vec![FieldNumber(1), FieldNumber(2)]).unwrap(),
            calls_per_day_max: None,
            from: TimeMs(0),
            to: TimeMs(86_400_000),
            reason: None,
        });
        let lines = told(&grant);
        for line in [
            "application: 103001/000001/3",
            "fields: 1, 2",
            "from: 1970-01-01T08:00:00+08:00",
            "to: 1970-01-02T08:00:00+08:00",
        ] {
            assert!(lines.contains(&line.to_owned()), "{lines:?}");
        }
        assert!(lines.iter().all(|line| !line.contains("calls_per_day_max")));
    }

    #[test]
    fn a_draft_lists_its_fields_one_a_line() {
        let entry = serde_json::json!({
            "name": "户籍", "kind": "table",
            "fields": [{"number": 1, "name": "姓名", "field_type": "C", "length": 50},
                       {"number": 2, "name": "住址", "field_type": "C",
                        "sharing": {"type": "conditional", "condition": "限民政"}}],
        });
        let draft = Action::DraftResource {
            code: "103001/000001".parse().unwrap(),
            provider: "D012".parse().unwrap(),
            revision: 0,
            entry: serde_json::from_value(entry).unwrap(),
        };
        let lines = told(&draft);
        assert!(lines.contains(&"entry.kind: table".to_owned()), "{lines:?}");
        let second = lines.iter().find(|line| line.starts_with("entry.fields 2"));
        let second = second.unwrap();
        assert!(second.contains("name 住址"), "{second}");
        assert!(
            second.contains("sharing (") && second.contains("condition 限民政"),
            "{second}"
        );
        assert!(!second.contains("length"), "{second}");
    }
}
