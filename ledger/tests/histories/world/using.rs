//! Bindings, receipts and ratings (C2, C8, U1 to U3).

use std::collections::BTreeSet;

use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{FieldNumber, ResourceCode, SharingId, TimeMs};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::DAY_MS;

use super::{Bound, Codes, Done, Hand, all, found, never, unless};

impl Hand<'_> {
    pub(super) fn of_use(&mut self, action: &Action) -> Done {
        match action {
            Action::ProposeBinding { resource, terms } => self.propose_binding(resource, terms),
            Action::AmendBinding {
                binding,
                revision,
                terms,
            } => {
                let bound = found(self.world.bindings.get(binding))?.clone();
                all([
                    self.require_own(binding, *revision),
                    unless([(bound.state == BindingState::Retired, "binding-state")]),
                    self.require_terms(&binding.resource, terms),
                ])?;
                let now = self.at.time;
                let bound = self.world.bindings.get_mut(binding).unwrap();
                bound.terms = terms.clone();
                bound.named.push((now, named(terms)));
                let to = match bound.state {
                    BindingState::Suspended => BindingState::Suspended,
                    _ => BindingState::Proposed,
                };
                self.turn(binding, to);
                Ok(())
            }
            Action::ChangeBinding {
                binding,
                revision,
                change,
                ..
            } => {
                let bound = found(self.world.bindings.get(binding))?.clone();
                let is_suspended = bound.state == BindingState::Suspended;
                let (fits, to) = match change {
                    BindingChange::Retire => (true, BindingState::Retired),
                    BindingChange::Suspend => (!is_suspended, BindingState::Suspended),
                    BindingChange::Resume => (is_suspended, BindingState::Proposed),
                };
                let is_retired = bound.state == BindingState::Retired;
                all([
                    self.require_own(binding, *revision),
                    unless([(is_retired || !fits, "binding-state")]),
                ])?;
                self.turn(binding, to);
                Ok(())
            }
            Action::ReportSchema { binding, schema } => self.report(binding, schema),
            Action::SealReceipts(seal) => self.seal(seal),
            Action::Rate { batch, .. } => {
                let known = self.world.batches.iter().any(|(known, _)| known == batch);
                unless([(!known, "unknown-record")])?;
                let code = &batch.usage.binding.resource;
                let provides = self.acts_for(&self.world.entries[code].provider);
                unless([
                    (
                        provides || !self.acts_for(&batch.usage.reader),
                        "not-reader",
                    ),
                    (self.world.ratings.contains_key(batch), "rated-already"),
                ])?;
                self.world.ratings.insert(batch.clone(), false);
                self.touch(code);
                Ok(())
            }
            Action::AnswerRating { batch, .. } => {
                let is_answered = *found(self.world.ratings.get(batch))?;
                let code = &batch.usage.binding.resource;
                unless([
                    self.must_act_for(&self.world.entries[code].provider),
                    (is_answered, "answered"),
                ])?;
                self.world.ratings.insert(batch.clone(), true);
                self.touch(code);
                Ok(())
            }
            _ => unreachable!("an action of another file"),
        }
    }

    fn require_own(&self, id: &SharingId, revision: u32) -> Done {
        let bound = &self.world.bindings[id];
        unless([
            self.must_act_for(&self.world.entries[&id.resource].provider),
            (bound.revision != revision, "stale"),
        ])
    }

    /// Rule C2.
    fn require_terms(&self, code: &ResourceCode, terms: &BindingTerms) -> Done {
        let Some((version, entry)) = self.world.in_force(code) else {
            return never("wrong-status");
        };
        let names: BTreeSet<&str> = terms.columns.iter().map(|c| c.name.as_str()).collect();
        let fields: Vec<_> = terms.columns.iter().map(|column| column.field).collect();
        let are_columns = names.len() == fields.len() && super::sharing::are_fields(entry, &fields);
        let gateway = self.world.keys.get(&terms.gateway);
        let is_gateway = gateway.is_some_and(|key| {
            let is_there = self.world.is_active(&key.department);
            key.role == Role::Gateway && !key.is_revoked && is_there
        });
        unless([
            (terms.version != version, "other-version"),
            (!are_columns, "bad-column"),
            (!is_gateway, "bad-gateway"),
        ])
    }

    fn propose_binding(&mut self, code: &ResourceCode, terms: &BindingTerms) -> Done {
        let listed = found(self.world.entries.get(code))?;
        all([
            unless([
                self.must_act_for(&listed.provider),
                (listed.bindings >= 64, "full"),
            ]),
            self.require_terms(code, terms),
        ])?;
        let listed = self.world.entries.get_mut(code).unwrap();
        listed.bindings += 1;
        let id = SharingId {
            resource: code.clone(),
            number: listed.bindings,
        };
        let bound = Bound {
            terms: terms.clone(),
            revision: 1,
            state: BindingState::Proposed,
            is_off: false,
            named: vec![(self.at.time, named(terms))],
            first_live: None,
            retired: None,
        };
        self.world.bindings.insert(id, bound);
        self.touch(code);
        Ok(())
    }

    fn turn(&mut self, id: &SharingId, to: BindingState) {
        let time = self.at.time;
        let bound = self.world.bindings.get_mut(id).unwrap();
        bound.state = to;
        bound.is_off = match to {
            BindingState::Live => false,
            BindingState::Drifted => true,
            _ => bound.is_off,
        };
        bound.revision += 1;
        match to {
            BindingState::Live => {
                bound.first_live.get_or_insert(time);
            }
            BindingState::Retired => bound.retired = Some(time),
            BindingState::Proposed | BindingState::Drifted | BindingState::Suspended => {}
        }
        self.touch(&id.resource);
    }

    /// Rule C8.
    fn report(&mut self, id: &SharingId, schema: &Hash) -> Done {
        let bound = found(self.world.bindings.get(id))?;
        let fits = bound.terms.schema == *schema;
        let state = bound.state;
        let is_out = matches!(state, BindingState::Suspended | BindingState::Retired);
        let begins = fits && matches!(state, BindingState::Proposed | BindingState::Drifted);
        unless([
            (self.key != bound.terms.gateway, "not-gateway"),
            (is_out, "binding-state"),
            (!fits && state == BindingState::Drifted, "binding-state"),
            (!fits && state == BindingState::Proposed, "schema-differs"),
            (
                begins && self.world.in_force(&id.resource).is_none(),
                "wrong-status",
            ),
        ])?;
        self.turn(
            id,
            match fits {
                true => BindingState::Live,
                false => BindingState::Drifted,
            },
        );
        Ok(())
    }

    fn seal(&mut self, seal: &SealReceipts) -> Done {
        let (batch, counted) = (&seal.batch, &seal.counted);
        let usage = &batch.usage;
        let bound = found(self.world.bindings.get(&usage.binding))?;
        found(self.world.departments.get(&usage.reader))?;
        let is_provider = seal.side == Side::Provider;
        let is_gateway = match is_provider {
            true => self.key == bound.terms.gateway,
            false => self.acts_for(&usage.reader),
        };
        let length = counted.to.0 - batch.from.0;
        let is_window = 0 < length && length <= 31 * DAY_MS && counted.to <= self.at.time;
        let was_served = bound.first_live.is_some_and(|live| live <= batch.from)
            && bound.retired.is_none_or(|retired| counted.to <= retired);
        let ends = bound.named.iter().skip(1).map(|(until, _)| *until);
        let ends = ends.chain([TimeMs(i64::MAX)]);
        let named =
            bound.named.iter().zip(ends).filter(|((from, _), until)| {
                *from < counted.to && batch.from < *until && from < until
            });
        let named: BTreeSet<FieldNumber> = named
            .flat_map(|((_, fields), _)| fields.iter().copied())
            .collect();
        let is_served = counted.fields.iter().all(|field| named.contains(field));
        let all_denied = counted.denied == counted.calls;
        let fits = counted.denied <= counted.calls
            && (all_denied || usage.basis != UseBasis::None)
            && all_denied == counted.fields.is_empty()
            && (!all_denied || counted.rows == 0)
            && (counted.calls == 0) == (seal.root == Hash::ZERO)
            && counted.fields.windows(2).all(|pair| pair[0] < pair[1]);
        let side = (usage.clone(), is_provider);
        let overlaps = self
            .world
            .sealed_to
            .get(&side)
            .is_some_and(|to| batch.from < *to);
        let is_sealed = self.world.batches.contains(&(batch.clone(), is_provider));
        unless([
            (!is_gateway, "not-gateway"),
            (!is_window, "bad-window"),
            (!was_served, "not-in-service"),
            (!fits, "bad-counts"),
            (!is_served, "field-not-served"),
            (is_sealed, "side-sealed"),
            (overlaps, "window-overlaps"),
        ])
        .map_err(|mut codes| {
            codes.extend(["basis-not-valid", "field-not-covered"]);
            codes
        })?;
        if usage.basis != UseBasis::None {
            self.open = Codes::from(["basis-not-valid", "field-not-covered"]);
        }
        self.world.sealed_to.insert(side, counted.to);
        self.world.batches.insert((batch.clone(), is_provider));
        self.touch(&usage.binding.resource);
        Ok(())
    }
}

fn named(terms: &BindingTerms) -> BTreeSet<FieldNumber> {
    terms.columns.iter().map(|column| column.field).collect()
}
