//! Random catalogues: every row has one outcome, and a second import changes nothing.

use std::collections::BTreeSet;

use dirchain_ledger::action::Action;
use dirchain_ledger::codec;
use dirchain_ledger::limits;
use dirchain_ledger::records::ResourceStatus;
use proptest::prelude::*;

use super::format::options;
use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        "\\PC{0,20}",
        any::<String>(),
        (0usize..12_000).prop_map(|count| "长".repeat(count)),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A member that fits its place, now and then replaced by anything at all.
fn member(fitting: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![8 => fitting, 1 => any_json()].boxed()
}

fn members() -> impl Strategy<Value = Vec<(String, Value)>> {
    let texts =
        |of: &'static [&'static str]| prop::sample::select(of).prop_map(Value::from).boxed();
    let plain = || member(text().prop_map(Value::from).boxed());
    let distribution = prop::collection::vec(("[a-b]?", text(), any::<bool>()), 0..4);
    let distribution = distribution.prop_map(|items| {
        let item = |(title, url, has_url): (String, String, bool)| {
            if has_url {
                json!({"title": title, "accessURL": url})
            } else {
                json!({"format": title})
            }
        };
        items.into_iter().map(item).collect::<Value>()
    });
    let publisher = prop::sample::select(vec!["Agency", "AGENCY ", "One", "one", "Two’s", "two's"]);
    let publisher = publisher.prop_map(|name| json!({"name": name}));
    let known = [
        (
            "identifier",
            member("[a-f]{1,2}".prop_map(Value::from).boxed()),
        ),
        ("title", member("[a-z]{1,9}".prop_map(Value::from).boxed())),
        ("description", plain()),
        (
            "accessLevel",
            member(texts(&["public", "restricted public", "non-public", "x"])),
        ),
        ("rights", plain()),
        (
            "accrualPeriodicity",
            member(texts(&["R/P1Y", "R/P3M", "irregular", "x"])),
        ),
        ("publisher", member(publisher.boxed())),
        ("distribution", member(distribution.boxed())),
        ("accessURL", plain()),
    ];
    let known = known.map(|(name, value)| {
        let pair = value.prop_map(move |value| (name.to_owned(), value));
        prop::option::weighted(0.9, pair).boxed()
    });
    let other = prop::collection::vec((text(), any_json()), 0..4);
    (known.to_vec(), other).prop_map(|(known, other)| {
        let known: Vec<(String, Value)> = known.into_iter().flatten().collect();
        // Other members go first, so that they never replace a known one.
        other.into_iter().chain(known).collect()
    })
}

fn catalogue() -> impl Strategy<Value = Vec<Value>> {
    let object = members().prop_map(|members| Value::Object(members.into_iter().collect()));
    prop::collection::vec(prop_oneof![20 => object, 1 => any_json()], 0..24)
}

/// What the ledger has after a plan was applied.
fn applied(existing: &Existing, plan: &Plan) -> Existing {
    let mut after = existing.clone();
    for unit in &plan.sub_units {
        after.sub_units.push(SubUnit {
            id: unit.id.clone(),
            name: unit.name.clone(),
            is_active: true,
        });
    }
    for draft in &plan.drafts {
        after.codes.insert(draft.code.clone());
        let entry = ExistingEntry {
            code: draft.code.clone(),
            provider: draft.provider.clone(),
            revision: draft.revision + 1,
            status: ResourceStatus::Draft,
            is_drafted: true,
            is_submitted: false,
            entry: draft.entry.clone(),
            published: None,
            last_field: 0,
        };
        after.entries.insert(draft.identifier.to_string(), entry);
    }
    after
}

fn check(entries: &[Value], existing: &Existing) -> Existing {
    let catalogue = dcat_us::parse(&file(entries)).unwrap();
    let first = plan(&catalogue, existing, &options("D054")).unwrap();
    let totals = first.report().totals;
    assert_eq!(totals.entries, entries.len());
    let sum = totals.created + totals.changed + totals.unchanged + totals.refused;
    assert_eq!(sum, totals.entries);
    let rows: BTreeSet<usize> = first.report().lines.iter().map(|line| line.row).collect();
    assert_eq!(rows.len(), entries.len());
    for action in first.draft_actions() {
        let bytes = codec::encode(&action);
        let decoded = codec::decode::<Action, { limits::TRANSACTION_BYTES_MAX }>(&bytes);
        assert_eq!(decoded.unwrap(), action);
        let Action::DraftResource { entry, .. } = action else {
            panic!("not a draft");
        };
        let numbers: Vec<u16> = entry.fields.iter().map(|field| field.number.0).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b) && !numbers.contains(&0));
    }
    assert!(!first.report().to_string().is_empty());
    let after = applied(existing, &first);
    let second = plan(&catalogue, &after, &options("D054")).unwrap();
    assert_eq!(second.drafts, vec![]);
    assert_eq!(
        second.unchanged.len(),
        first.drafts.len() + first.unchanged.len()
    );
    assert_eq!(
        (&second.refused, &second.sub_units),
        (&first.refused, &vec![])
    );
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The second catalogue comes over the first: some rows are new, some changed.
    #[test]
    fn every_row_has_one_outcome_and_importing_twice_is_importing_once(
        first in catalogue(),
        second in catalogue(),
    ) {
        let after = check(&first, &Existing::default());
        check(&second, &after);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..500_000) {
        let _ = dcat_us::parse(&bytes);
        let mut damaged = OPM.to_vec();
        let at = at % damaged.len();
        let end = (at + bytes.len()).min(damaged.len());
        damaged.splice(at..end, bytes);
        if let Ok(catalogue) = dcat_us::parse(&damaged) {
            let plan = plan(&catalogue, &Existing::default(), &options("D055")).unwrap();
            prop_assert_eq!(plan.report().totals.entries, catalogue.rows.len());
        }
    }
}
