//! Entries of the catalogue (C1, C3 to C6, S6).

use dirchain_ledger::ids::{DepartmentId, ResourceCode};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::*;

use super::{Codes, Done, Hand, Listed, World, all, found, never, unless};

/// How openly something is shared.
fn openness(entry: &Entry, field: &Field) -> u8 {
    match field.sharing.as_ref().or(entry.sharing.as_ref()) {
        Some(Sharing::Unconditional) => 2,
        Some(Sharing::Conditional { .. }) => 1,
        Some(Sharing::NotShared { .. }) | None => 0,
    }
}

/// Rules C3 and C4, for entries whose fields are well named.
fn require_all_metadata(entry: &Entry) -> Done {
    let stated = entry
        .fields
        .iter()
        .filter_map(|field| field.sharing.as_ref());
    let unfounded = stated.chain(&entry.sharing).any(|sharing| {
        matches!(
            sharing,
            Sharing::Conditional { condition: None } | Sharing::NotShared { legal_basis: None }
        )
    });
    let is_complete = entry.responsibility.is_some()
        && entry.summary.is_some()
        && entry.category.is_some()
        && entry.kind.is_some()
        && !entry.fields.is_empty()
        && entry.sharing.is_some()
        && entry.method.is_some()
        && entry.openness.is_some()
        && entry.update_cycle.is_some()
        && entry.level.is_some();
    unless([
        (!is_complete, "incomplete"),
        (unfounded, "sharing-unfounded"),
    ])
}

impl World {
    /// Rule C1.
    fn require_founded(&self, provider: &DepartmentId, entry: &Entry) -> Done {
        let Some(code) = &entry.responsibility else {
            return never("incomplete");
        };
        let duty = found(self.duties.get(code))?;
        unless([
            (duty.is_over, "responsibility-ended"),
            (
                !duty.is_over && !self.is_held(provider, code),
                "responsibility-not-held",
            ),
        ])
    }

    /// Rule C6: ascending, and new ones above all that were ever used.
    fn require_numbers(&self, code: &ResourceCode, entry: &Entry) -> Done {
        let listed = self.entries.get(code);
        let published = listed.and_then(|listed| listed.published.as_ref());
        let last = listed.map_or(0, |listed| listed.last_field);
        let numbers: Vec<u16> = entry.fields.iter().map(|field| field.number.0).collect();
        let ascends = numbers.windows(2).all(|pair| pair[0] < pair[1])
            && numbers.first().is_none_or(|first| *first > 0);
        let is_good = entry.fields.iter().all(|field| {
            let mut before = published.iter().flat_map(|(_, entry)| entry.fields.iter());
            let is_same =
                before.any(|old| (old.number, old.field_type) == (field.number, field.field_type));
            is_same || field.number.0 > last
        });
        unless([(!ascends || !is_good, "bad-field-number")])
    }
}

impl Hand<'_> {
    pub(super) fn draft(
        &mut self,
        code: &ResourceCode,
        provider: &DepartmentId,
        revision: u32,
        entry: &Entry,
    ) -> Done {
        let mut reasons = vec![
            unless([self.must_act_for(provider)]),
            self.world.require_active(provider),
            self.world.require_numbers(code, entry),
        ];
        reasons.push(match self.world.entries.get(code) {
            None => unless([(revision != 0, "unknown-record")]),
            Some(listed) => unless([
                (revision == 0, "taken"),
                (revision != listed.revision, "stale"),
                (listed.provider != *provider, "not-provider"),
                (listed.is_withdrawn, "wrong-status"),
            ]),
        });
        let codes: Codes = reasons
            .into_iter()
            .filter_map(Result::err)
            .flatten()
            .collect();
        if !codes.is_empty() {
            return Err(codes);
        }
        self.require_no_withdrawal(code)?;
        let new = Listed {
            provider: provider.clone(),
            revision: 0,
            draft: None,
            submitted: None,
            published: None,
            by: Vec::new(),
            is_withdrawn: false,
            last_field: 0,
            applications: 0,
            bindings: 0,
            objections: 0,
            obligations: 0,
            trail: Trail::default(),
        };
        let listed = self.world.entries.entry(code.clone()).or_insert(new);
        listed.draft = Some((entry.clone(), false));
        listed.revision += 1;
        self.touch(code);
        Ok(())
    }

    pub(super) fn submit(&mut self, code: &ResourceCode, revision: u32) -> Done {
        let listed = found(self.world.entries.get(code))?;
        let waits = listed.draft.as_ref().is_some_and(|(_, waits)| !waits);
        unless([
            self.must_act_for(&listed.provider),
            (revision != listed.revision, "stale"),
            (!waits || listed.is_withdrawn, "wrong-status"),
        ])?;
        let (entry, _) = listed.draft.as_ref().unwrap();
        require_all_metadata(entry)?;
        self.world.require_founded(&listed.provider, entry)?;
        self.require_no_withdrawal(code)?;
        let listed = self.world.entries.get_mut(code).unwrap();
        listed.draft.as_mut().unwrap().1 = true;
        listed.submitted = Some((self.key, self.at.height));
        listed.revision += 1;
        self.touch(code);
        Ok(())
    }

    /// Rule S6: an entry does not change under a withdrawal that waits, but by what is agreed as well.
    fn require_no_withdrawal(&self, code: &ResourceCode) -> Done {
        let listed = self.world.entries.get(code);
        let Some(listed) = listed.filter(|_| self.mandate.is_none()) else {
            return Ok(());
        };
        let mut motions = self.world.proposals.values();
        let waits = motions.any(|motion| {
            !motion.is_closed
                && self.at.time < motion.lapses
                && matches!(
                    &motion.measure,
                    Measure::Withdraw { code: other, revision, .. }
                        if (other, *revision) == (code, listed.revision)
                )
        });
        unless([(waits, "withdrawal-waits")])
    }

    /// Rule C5: the steward, for its own line its deputy, and nobody for themselves.
    fn require_publisher(&self, provider: &DepartmentId) -> Done {
        let steward = &self.world.offices[&Office::Steward];
        let office = match self.world.kin(steward, provider) {
            true => Office::StewardDeputy,
            false => Office::Steward,
        };
        unless([
            (self.acts_for(provider), "own-entry"),
            self.must_hold(office),
        ])
    }

    pub(super) fn give_back(&mut self, code: &ResourceCode, revision: u32) -> Done {
        let listed = found(self.world.entries.get(code))?;
        let is_submitted = listed.draft.as_ref().is_some_and(|(_, waits)| *waits);
        all([
            self.require_publisher(&listed.provider),
            unless([
                (revision != listed.revision, "stale"),
                (!is_submitted, "wrong-status"),
            ]),
        ])?;
        self.require_no_withdrawal(code)?;
        let listed = self.world.entries.get_mut(code).unwrap();
        listed.draft.as_mut().unwrap().1 = false;
        listed.revision += 1;
        self.touch(code);
        Ok(())
    }

    pub(super) fn publish(&mut self, code: &ResourceCode, revision: u32) -> Done {
        let listed = found(self.world.entries.get(code))?;
        let is_agreed = self.mandate.is_some();
        let submitted = listed.draft.as_ref().filter(|(_, waits)| *waits);
        let publisher = match is_agreed {
            true => Ok(()),
            false => self.require_publisher(&listed.provider),
        };
        all([
            publisher,
            unless([
                (revision != listed.revision, "stale"),
                (submitted.is_none(), "wrong-status"),
            ]),
        ])?;
        let (entry, _) = submitted.unwrap().clone();
        let loses = listed.published.as_ref().is_some_and(|(_, before)| {
            before.fields.iter().any(|field| {
                let mut after = entry.fields.iter();
                let after = after.find(|after| after.number == field.number);
                after.map_or(0, |after| openness(&entry, after)) < openness(before, field)
            })
        });
        all([
            require_all_metadata(&entry),
            self.world.require_founded(&listed.provider, &entry),
            self.world.require_numbers(code, &entry),
            unless([(loses && !is_agreed, "narrows")]),
        ])?;
        self.require_no_withdrawal(code)?;
        let mut by = vec![(self.key, self.at.height)];
        by.extend(self.mandate.iter().flatten().copied());
        let listed = self.world.entries.get_mut(code).unwrap();
        by.extend(listed.submitted);
        listed.by = by;
        let version = listed
            .published
            .as_ref()
            .map_or(1, |(version, _)| version + 1);
        let highest = entry.fields.iter().map(|field| field.number.0).max();
        listed.last_field = listed.last_field.max(highest.unwrap_or(0));
        listed.published = Some((version, entry));
        listed.draft = None;
        listed.revision += 1;
        self.touch(code);
        Ok(())
    }

    pub(super) fn withdraw(&mut self, code: &ResourceCode, revision: u32) -> Done {
        let listed = found(self.world.entries.get(code))?;
        let needs = listed.published.is_some() && self.mandate.is_none();
        unless([
            self.must_act_for(&listed.provider),
            (revision != listed.revision, "stale"),
            (listed.is_withdrawn, "wrong-status"),
            (needs, "needs-proposal"),
        ])?;
        let listed = self.world.entries.get_mut(code).unwrap();
        listed.is_withdrawn = true;
        listed.draft = None;
        listed.revision += 1;
        for (id, held) in &mut self.world.grants {
            if id.resource == *code && !held.is_ended && self.at.time < held.to {
                held.is_ended = true;
                held.revision += 1;
            }
        }
        for (id, asked) in &mut self.world.applications {
            let is_open = matches!(
                asked.stage,
                ApplicationStage::Submitted
                    | ApplicationStage::NeedsMore
                    | ApplicationStage::InReview
            );
            if id.resource == *code && is_open {
                asked.stage = ApplicationStage::Refused;
                asked.revision += 1;
            }
        }
        self.touch(code);
        Ok(())
    }
}
