//! Settings that name only what is to differ: from the usual in a new chain's description, from those in
//! force in a proposal.

use dirchain_ledger::records::Settings;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The settings of a new chain: what is not named is as usual.
///
/// # Errors
///
/// A member that is no setting, or no value of it.
pub(crate) fn over_the_usual<'de, D: Deserializer<'de>>(from: D) -> Result<Settings, D::Error> {
    let given = Value::deserialize(from)?;
    let mut whole = serde_json::to_value(Settings::default()).map_err(D::Error::custom)?;
    lay_over(&mut whole, &given);
    serde_json::from_value(whole).map_err(D::Error::custom)
}

/// Puts what is given in the place of what it names, members of members too; what changes by it, in words.
pub(crate) fn lay_over(whole: &mut Value, given: &Value) -> Vec<String> {
    let (Value::Object(whole), Value::Object(given)) = (&mut *whole, given) else {
        if *whole == *given {
            return Vec::new();
        }
        let change = format!("was {whole}, becomes {given}");
        whole.clone_from(given);
        return vec![change];
    };
    let mut changes = Vec::new();
    for (name, given) in given {
        let place = whole.entry(name.clone()).or_insert(Value::Null);
        let below = lay_over(place, given).into_iter();
        changes.extend(below.map(|change| match change.starts_with("was ") {
            true => format!("{name} {change}"),
            false => format!("{name}.{change}"),
        }));
    }
    changes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dirchain_ledger::measure::Measure;
    use dirchain_ledger::records::Settings;
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_that_are_not_named_stay() {
        let mut before = Settings::default();
        (before.two_person, before.ready_blocks) = (true, 10);
        let mut whole = serde_json::to_value(&before).unwrap();
        let given = json!({ "open_proposals_max": 31, "deadlines": { "conditional": 7 }, "ready_blocks": 10 });
        let changes = lay_over(&mut whole, &given);
        let words = changes.join(", ");
        assert!(
            words.contains("open_proposals_max was 32, becomes 31"),
            "{words}"
        );
        assert!(words.contains("deadlines.conditional was "), "{words}");
        assert_eq!(changes.len(), 2, "{words}");
        let after: Settings = serde_json::from_value(whole).unwrap();
        assert!(after.two_person && after.ready_blocks == 10);
        assert_eq!(after.open_proposals_max, 31);
        assert_eq!(after.deadlines.conditional.0, 7);
        assert_eq!(after.deadlines.publication, before.deadlines.publication);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_still_refused() {
        let mut whole = serde_json::to_value(Settings::default()).unwrap();
        lay_over(&mut whole, &json!({ "two_persons": true }));
        let refused = serde_json::from_value::<Settings>(whole).unwrap_err();
        assert!(refused.to_string().contains("two_persons"), "{refused}");
    }

    #[test]
    fn a_change_of_parameters_says_all_of_the_settings_or_none() {
        let change = |settings: Value| {
            let measure =
                json!({ "measure": "change_parameters", "revision": 2, "settings": settings });
            serde_json::from_value::<Measure>(measure)
        };
        let mut whole = serde_json::to_value(Settings::default()).unwrap();
        change(whole.clone()).unwrap();
        let refused = change(json!({ "two_person": true })).unwrap_err();
        assert!(refused.to_string().contains("missing field"), "{refused}");
        whole["deadlines"]
            .as_object_mut()
            .unwrap()
            .remove("conditional");
        let refused = change(whole).unwrap_err();
        assert!(refused.to_string().contains("conditional"), "{refused}");
    }
}
