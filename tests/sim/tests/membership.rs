//! Who votes changes as was planned while blocks are made.

#![allow(clippy::unwrap_used, missing_docs)]

use dirchain_sim::membership::{Change, Step, plan, plan_of_the_doomed};
use dirchain_sim::random::Random;
use dirchain_sim::scenario::{Family, Scenario};
use dirchain_sim::world::{Run, Summary, World};

/// A run of the family in which nothing goes wrong.
fn calm(seed: u64, change: impl FnOnce(&mut Scenario)) -> Summary {
    let run = Run {
        family: Family::Membership,
        seed,
        plant: None,
        is_readable: false,
    };
    let mut scenario = Scenario::of(Family::Membership, seed);
    scenario.faults.clear();
    scenario.liars.clear();
    scenario.doomed.clear();
    scenario.plan = plan(&mut Random::new(seed, 4));
    change(&mut scenario);
    World::with(&run, scenario).run().unwrap()
}

#[test]
fn four_become_seven_and_then_five() {
    for seed in 1..=4 {
        let summary = calm(seed, |_| {});
        assert!(summary.is_planned, "{summary:?}");
        assert_eq!(summary.validators, 5, "{summary:?}");
        // Three come, two leave, one key rotates: hardly two of these fit one epoch.
        assert!(summary.epochs >= 5, "{summary:?}");
    }
}

#[test]
fn three_who_never_come_halt_nothing() {
    let summary = calm(1, |scenario| {
        scenario.plan = plan_of_the_doomed();
        scenario.doomed = [4, 5, 6].into();
    });
    assert!(summary.is_planned, "{summary:?}");
    assert_eq!(summary.validators, 4, "{summary:?}");
    // The first of them came into force and left; the others never got that far.
    assert_eq!(summary.epochs, 2, "{summary:?}");
}

/// Whoever pinned a block and took files home at the beginning still has both when nobody of those
/// who voted then votes any more.
#[test]
fn evidence_holds_when_every_validator_was_replaced() {
    let summary = calm(1, |scenario| {
        scenario.setting.joiners = 4;
        scenario.heal_us = 500_000;
        scenario.client_period_us = 200_000;
        let replaced = (0..4).flat_map(|node| {
            let (comes, leaves) = (Change::Join(node + 4), Change::Leave(node));
            [Step::of(vec![comes]), Step::of(vec![leaves])]
        });
        let rotated = Step::of(vec![Change::Rotate(4)]);
        scenario.plan = replaced.chain([rotated]).collect();
    });
    assert!(summary.is_planned, "{summary:?}");
    assert_eq!(summary.validators, 4, "{summary:?}");
    // Nine epochs, one of them before the pin at most: in which the node came whose key was rotated
    // in the last.
    assert_eq!(summary.epochs, 9, "{summary:?}");
    assert!(summary.retired_sets >= 8, "{summary:?}");
}

#[test]
fn plans_differ_and_each_goes_from_four_to_five() {
    let plans: Vec<_> = (0..50)
        .map(|seed| plan(&mut Random::new(seed, 4)))
        .collect();
    for plan in &plans {
        let changes: Vec<Change> = plan.iter().flat_map(|step| step.changes.clone()).collect();
        let count = |is: fn(&Change) -> bool| changes.iter().filter(|change| is(change)).count();
        assert_eq!(count(|change| matches!(change, Change::Join(_))), 3);
        assert_eq!(count(|change| matches!(change, Change::Leave(_))), 2);
        assert_eq!(count(|change| matches!(change, Change::Rotate(_))), 1);
    }
    let replaces = |step: &Step| matches!(step.changes[..], [Change::Replace { .. }]);
    let replacing = plans.iter().filter(|plan| plan.iter().any(replaces));
    assert!((1..50).contains(&replacing.count()));
}
