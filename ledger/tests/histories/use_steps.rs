//! Random steps of bindings, receipts and ratings.

use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{FieldNumber, ResourceCode, TimeMs};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::usage::use_spans;
use dirchain_ledger::view::Records;

use crate::steps::{PARTIES, Step};

fn schema(label: u8) -> Hash {
    hash(Domain::Text, &[&[label]])
}

impl Step {
    /// What happens to bindings, and what their use leaves.
    pub(crate) fn of_use(&self, ledger: &Ledger, code: &ResourceCode) -> (SecretKey, Action) {
        let number = u32::from(self.variant.is_multiple_of(7)) + 1;
        let binding = sharing_id(code, number);
        let provider = &self.provider(ledger);
        let stored = ledger.state.binding(&binding).unwrap();
        let gateway = key(provider, Role::Gateway);
        let Some(stored) = stored else {
            return (administrator(provider), self.propose(ledger, code));
        };
        let rated = self
            .batches(ledger, provider, code)
            .into_iter()
            .find(|batch| {
                let rating = ledger.state.rating(batch).unwrap();
                rating.is_some_and(|rating| rating.answered.is_none())
            });
        if let (true, Some(batch)) = (self.variant.is_multiple_of(3), rated) {
            let text = id("答复");
            let action = Action::AnswerRating { batch, text };
            return (administrator(provider), action);
        }
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
            (42 | 43, _) => self.rating(ledger, provider, code),
            (41, _) | (_, BindingState::Proposed | BindingState::Drifted) => {
                let schema = match self.variant % 5 {
                    0 => schema(self.variant),
                    _ => stored.terms.schema,
                };
                (gateway, Action::ReportSchema { binding, schema })
            }
            _ => self.seal(ledger, code, &stored),
        }
    }

    fn propose(&self, ledger: &Ledger, code: &ResourceCode) -> Action {
        let resource = ledger.state.resource(code).unwrap();
        let published = resource.and_then(|resource| resource.published);
        let fields: &[u16] = match self.variant % 4 {
            0 => &[1, 2],
            _ => &[1, 2, 4],
        };
        let columns = fields.iter().map(|field| Column {
            name: id(&format!("C{field}")),
            field: FieldNumber(*field),
        });
        let terms = BindingTerms {
            version: self.off_by(published.map_or(1, |p| p.version)),
            kind: ResourceKind::Table,
            system: id("系统"),
            schema: schema(self.variant % 3),
            columns: List::new(columns.collect()).unwrap(),
            gateway: key(&self.provider(ledger), Role::Gateway).public(),
        };
        Action::ProposeBinding {
            resource: code.clone(),
            terms,
        }
    }

    /// The batches sealed of a resource, as a rule other readers' than the provider itself.
    fn batches(&self, ledger: &Ledger, provider: &str, code: &ResourceCode) -> Vec<BatchId> {
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
        others.collect()
    }

    fn rating(&self, ledger: &Ledger, provider: &str, code: &ResourceCode) -> (SecretKey, Action) {
        let others = self.batches(ledger, provider, code);
        let chosen = others.get(usize::from(self.variant) % others.len().max(1));
        let batch = chosen.cloned();
        let batch = batch.unwrap_or_else(|| self.batch(code, 1, GENESIS_TIME));
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
            Side::Provider => key(&self.provider(ledger), Role::Gateway),
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
