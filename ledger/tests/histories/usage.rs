//! Random bindings, receipts and ratings; and what they rest on, held against the model.

use dirchain_ledger::access::{Basis, Verdict};
use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{FieldNumber, Height, Moment, ResourceCode, TimeMs};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::usage::{UseSpan, use_spans};
use dirchain_ledger::view::Records;
use proptest::prelude::*;

use crate::model::Model;
use crate::steps::{PARTIES, Step, provider_of, step};
use crate::{FIELDS, codes, config, play, time_of};

fn schema(label: u8) -> Hash {
    hash(Domain::Text, &[&[label]])
}

impl Step {
    /// What happens to bindings, and what their use leaves.
    pub(crate) fn of_use(&self, ledger: &Ledger, code: &ResourceCode) -> (SecretKey, Action) {
        let number = u32::from(self.variant.is_multiple_of(7)) + 1;
        let binding = sharing_id(code, number);
        let provider = provider_of(self.resource);
        let stored = ledger.state.binding(&binding).unwrap();
        let gateway = key(provider, Role::Gateway);
        let Some(stored) = stored else {
            return (administrator(provider), self.propose(ledger, code));
        };
        let revision = self.off_by(stored.revision);
        match (self.kind, stored.state()) {
            (40, _) if self.variant.is_multiple_of(3) => {
                let all = [
                    BindingChange::Suspend,
                    BindingChange::Resume,
                    BindingChange::Retire,
                ];
                let change = all
                    [usize::from(self.variant.is_multiple_of(2)) + usize::from(self.variant == 0)];
                let reason = id("理由");
                let action = Action::ChangeBinding {
                    binding,
                    revision,
                    change,
                    reason,
                };
                (administrator(provider), action)
            }
            (40, _) => {
                let Action::ProposeBinding { terms, .. } = self.propose(ledger, code) else {
                    unreachable!()
                };
                let action = Action::AmendBinding {
                    binding,
                    revision,
                    terms,
                };
                (head(provider), action)
            }
            (41, _) | (_, BindingState::Proposed | BindingState::Drifted) => {
                let schema = match self.variant % 5 {
                    0 => schema(self.variant),
                    _ => stored.terms.schema,
                };
                (gateway, Action::ReportSchema { binding, schema })
            }
            (42 | 43, _) => self.rating(ledger, provider, code),
            _ => self.seal(ledger, code, &stored),
        }
    }

    fn propose(&self, ledger: &Ledger, code: &ResourceCode) -> Action {
        let resource = ledger.state.resource(code).unwrap();
        let published = resource.and_then(|resource| resource.published);
        let columns = [1u16, 2].map(|field| Column {
            name: id(&format!("C{field}")),
            field: FieldNumber(field),
        });
        let terms = BindingTerms {
            version: self.off_by(published.map_or(1, |p| p.version)),
            kind: ResourceKind::Table,
            system: id("系统"),
            schema: schema(self.variant % 3),
            columns: List::new(columns.to_vec()).unwrap(),
            gateway: key(provider_of(self.resource), Role::Gateway).public(),
        };
        Action::ProposeBinding {
            resource: code.clone(),
            terms,
        }
    }

    fn rating(&self, ledger: &Ledger, provider: &str, code: &ResourceCode) -> (SecretKey, Action) {
        let target = RecordId::Resource(code.clone());
        let batches = dirchain_ledger::view::View::referrers(
            &ledger.state,
            &target,
            RecordKind::ReceiptBatch,
            None,
            50,
        );
        let batches = batches.unwrap();
        let others = batches.into_iter().filter_map(|id| match id {
            RecordId::ReceiptBatch(batch)
                if self.is_odd || batch.usage.reader != id_of(provider) =>
            {
                Some(*batch)
            }
            _ => None,
        });
        let others: Vec<BatchId> = others.collect();
        let chosen = others.get(usize::from(self.variant) % others.len().max(1));
        let batch = chosen.cloned();
        let batch = batch.unwrap_or_else(|| self.batch(code, 1, GENESIS_TIME));
        let rated = others.iter().find(|batch| {
            let rating = ledger.state.rating(batch).unwrap();
            rating.is_some_and(|rating| rating.answered.is_none())
        });
        if let (true, Some(batch)) = (self.variant < 170, rated.cloned()) {
            let text = id("答复");
            return (
                administrator(provider),
                Action::AnswerRating { batch, text },
            );
        }
        let author = administrator(batch.usage.reader.as_str());
        let (stars, reason) = (Stars::Two, id("所见"));
        let action = Action::Rate {
            batch,
            stars,
            reason,
        };
        (author, action)
    }

    fn batch(&self, code: &ResourceCode, number: u32, from: TimeMs) -> BatchId {
        BatchId {
            usage: UsageId {
                binding: sharing_id(code, number),
                reader: id(PARTIES[self.party]),
                basis: match self.variant % 6 {
                    0 => UseBasis::Owner,
                    1 => UseBasis::None,
                    2 | 3 => UseBasis::Unconditional {
                        version: u32::from(self.variant / 6) % 3 + 1,
                    },
                    _ => UseBasis::Authorized {
                        number: u32::from(self.variant / 6) % 6 + 1,
                    },
                },
            },
            from,
        }
    }

    /// Mostly what a gateway would seal: a part of a span that the ledger says is valid.
    fn seal(&self, ledger: &Ledger, code: &ResourceCode, stored: &Binding) -> (SecretKey, Action) {
        let resource = ledger.state.resource(code).unwrap().unwrap();
        let live = stored.first_live().unwrap_or(GENESIS_TIME);
        let mut batch = self.batch(code, stored.id.number, live);
        let mut fields = vec![FieldNumber(2)];
        let spans = use_spans(&ledger.state, &resource, &batch.usage.reader).unwrap();
        let mut to = TimeMs(ledger.now.0 - i64::from(self.variant % 50));
        let chosen = spans.get(usize::from(self.variant) % spans.len().max(1));
        if let Some(span) = chosen
            && batch.usage.basis != UseBasis::None
        {
            batch.usage.basis = span.basis;
            batch.from = live.max(span.span.from);
            fields = span.fields.iter().copied().take(2).collect();
            to = span.span.to.unwrap_or(to).min(to);
        }
        let side = [Side::Provider, Side::Consumer][usize::from(self.variant.is_multiple_of(9))];
        let sealed = ledger.state.usage(&batch.usage).unwrap();
        let sealed = sealed.and_then(|usage| usage.side(side).sealed_to);
        batch.from = batch.from.max(sealed.unwrap_or(batch.from));
        to = to.min(TimeMs(batch.from.0 + 3 * DAY_MS));
        if self.is_odd {
            (batch.from, to) = (TimeMs(batch.from.0 - 1), TimeMs(to.0 + 2));
        }
        let denied = if batch.usage.basis == UseBasis::None {
            3
        } else {
            1
        };
        let counted = Counted {
            to,
            calls: 3,
            denied,
            rows: if denied == 3 { 0 } else { 10 },
            fields: if denied == 3 {
                List::default()
            } else {
                List::new(fields).unwrap()
            },
        };
        let author = match side {
            Side::Provider => key(provider_of(self.resource), Role::Gateway),
            Side::Consumer => key(PARTIES[self.party], Role::Gateway),
        };
        let root = schema(self.variant);
        let seal = SealReceipts {
            batch,
            side,
            counted,
            root,
        };
        (author, Action::SealReceipts(Box::new(seal)))
    }
}

fn id_of(department: &str) -> dirchain_ledger::ids::DepartmentId {
    id(department)
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 80..140)
}

/// Whether a verdict rests on the basis of a span.
fn rests_on(verdict: &Verdict, basis: UseBasis) -> bool {
    match verdict {
        Verdict::Allowed(Basis::Owner { .. }) => basis == UseBasis::Owner,
        Verdict::Allowed(Basis::Unconditional { version }) => {
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
        let (ledger, model) = play(&steps, |_, _| ());
        for code in codes() {
            let Some(resource) = ledger.state.resource(&code).unwrap() else {
                continue;
            };
            let last = model.told(&code, ledger.tip.height);
            for department in last.departments() {
                let spans = use_spans(&ledger.state, &resource, department).unwrap();
                for height in (1..=ledger.tip.height.0).map(Height) {
                    let told = model.told(&code, height);
                    if !told.departments().any(|known| known == department) {
                        continue;
                    }
                    let time = time_of(&ledger, height);
                    let at = Moment { height, time };
                    for field in &FIELDS[..3] {
                        let verdict = told.verdict(&code, department, *field, None, at);
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
        let (ledger, model) = play(&steps, |_, _| ());
        for event in &model.events {
            if let Action::SealReceipts(seal) = &event.action {
                assert_readable(&ledger, &model, seal);
            }
        }
    }
}

/// A field that no published version ever had stands in drafts only; its owner reads it, but
/// there is no use of it.
fn resource_has(resource: &Resource, field: FieldNumber) -> bool {
    field.0 <= resource.last_field
}

fn assert_readable(ledger: &Ledger, model: &Model, seal: &SealReceipts) {
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
            let told = model.told(code, height);
            for field in &seal.counted.fields {
                let at = Moment { height, time };
                let reader = &seal.batch.usage.reader;
                let verdict = told.verdict(code, reader, *field, None, at);
                assert!(
                    verdict.is_allowed(),
                    "{} {field} {at:?}: {verdict:?}",
                    seal.batch
                );
            }
        }
    }
}
