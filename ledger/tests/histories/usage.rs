//! Random bindings, receipts and ratings; and what they rest on, held against the model.

use dirchain_ledger::access::{Basis, Verdict};
use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Height, Moment, ResourceCode, TimeMs};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::usage::{UseSpan, use_spans};
use dirchain_ledger::view::Records;
use proptest::prelude::*;

use crate::steps::{Step, step};
use crate::world::{Question, World};
use crate::{FIELDS, codes, config, play, time_of};

fn history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 80..140)
}

/// Whether a verdict rests on the basis of a span.
fn rests_on(verdict: &Verdict, basis: UseBasis) -> bool {
    match verdict {
        Verdict::Allowed(Basis::Owner { .. }) => basis == UseBasis::Owner,
        Verdict::Allowed(Basis::Unconditional { version, .. }) => {
            basis == UseBasis::Unconditional { version: *version }
        }
        Verdict::Allowed(Basis::Authorized { authorization, .. }) => {
            let number = authorization.number;
            basis == UseBasis::Authorized { number }
        }
        Verdict::Denied(_) => false,
    }
}

fn holds(span: &UseSpan, time: TimeMs, field: FieldNumber) -> bool {
    let is_within = span.span.from <= time && span.span.to.is_none_or(|to| time < to);
    is_within && span.fields.contains(&field)
}

proptest! {
    #![proptest_config(config(24))]

    /// What the records' intervals say at the end about any past instant is what the model's
    /// verdicts were then: a verdict's basis is among the spans, and where no span holds, nobody
    /// could read.
    #[test]
    fn spans_of_use_tell_what_the_verdicts_were(steps in history()) {
        let (ledger, worlds) = play(&steps, |_, _| ());
        for code in codes() {
            let Some(resource) = ledger.state.resource(&code).unwrap() else {
                continue;
            };
            for department in worlds.last().unwrap().departments.keys() {
                let spans = use_spans(&ledger.state, &resource, department).unwrap();
                for height in (1..=ledger.tip.height.0).map(Height) {
                    let world = &worlds[height.0 as usize];
                    if !world.departments.contains_key(department) {
                        continue;
                    }
                    let time = time_of(&ledger, height);
                    let at = Moment { height, time };
                    for field in &FIELDS[..3] {
                        let verdict = asked(world, &code, department, *field, at);
                        let holding: Vec<_> =
                            spans.iter().filter(|span| holds(span, time, *field)).collect();
                        // An owner needs no published version; its span begins with the resource.
                        if let Verdict::Allowed(_) = verdict {
                            let found = holding.iter().any(|span| rests_on(&verdict, span.basis));
                            let is_new = !resource_has(&resource, *field);
                            prop_assert!(found || is_new, "{department} {code} {field} {at:?} {verdict:?}");
                        } else if holding.iter().any(|span| span.basis != UseBasis::Owner) {
                            prop_assert!(false, "{department} {code} {field} {at:?} {holding:?}");
                        }
                    }
                }
            }
        }
    }

    /// Every sealed window lies where its reader could read every field used, at every block in it.
    #[test]
    fn what_was_sealed_could_be_read(steps in history()) {
        let (ledger, worlds) = play(&steps, |_, _| ());
        for transaction in ledger.blocks.iter().flat_map(|block| block.transactions.iter()) {
            for action in &transaction.actions {
                if let Action::SealReceipts(seal) = action {
                    assert_readable(&ledger, &worlds, seal);
                }
            }
        }
    }
}

/// A field that no published version ever had stands in drafts only; its owner reads it, but
/// there is no use of it.
fn resource_has(resource: &Resource, field: FieldNumber) -> bool {
    field.0 <= resource.last_field
}

fn asked(
    world: &World,
    code: &ResourceCode,
    department: &DepartmentId,
    field: FieldNumber,
    at: Moment,
) -> Verdict {
    world.verdict(&Question {
        code,
        department,
        field,
        purpose: None,
        at,
    })
}

fn assert_readable(ledger: &Ledger, worlds: &[World], seal: &SealReceipts) {
    let code = &seal.batch.usage.binding.resource;
    for height in (0..=ledger.tip.height.0).map(Height) {
        let time = time_of(ledger, height).max(seal.batch.from);
        let next = height.next();
        let end = match next <= ledger.tip.height {
            true => time_of(ledger, next).min(seal.counted.to),
            false => seal.counted.to,
        };
        if time >= end {
            continue;
        }
        for time in [time, TimeMs(end.0 - 1)] {
            let world = &worlds[height.0 as usize];
            for field in &seal.counted.fields {
                let at = Moment { height, time };
                let reader = &seal.batch.usage.reader;
                let verdict = asked(world, code, reader, *field, at);
                assert!(
                    verdict.is_allowed(),
                    "{} {field} {at:?}: {verdict:?}",
                    seal.batch
                );
            }
        }
    }
}
