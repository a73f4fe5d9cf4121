//! Applications, grants, their early ends and their passing on (S1 to S6, S8, R2).

use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode, SharingId};
use dirchain_ledger::limits;
use dirchain_ledger::records::*;

use super::{Asked, Done, Hand, Held, World, all, found, never, unless};

pub(super) fn is_open(stage: ApplicationStage) -> bool {
    use ApplicationStage as Stage;
    matches!(stage, Stage::Submitted | Stage::NeedsMore | Stage::InReview)
}

/// At least one field of the entry, ascending, each once.
pub(super) fn are_fields(entry: &Entry, fields: &[FieldNumber]) -> bool {
    let known = |number: &FieldNumber| entry.fields.iter().any(|field| field.number == *number);
    !fields.is_empty()
        && fields.windows(2).all(|pair| pair[0] < pair[1])
        && fields.iter().all(known)
}

/// Whether a field is of level 3 or 4, its own or the entry's.
fn is_sensitive(entry: &Entry, fields: &[FieldNumber]) -> bool {
    let named = entry
        .fields
        .iter()
        .filter(|field| fields.contains(&field.number));
    let mut levels = named.map(|field| field.level.or(entry.level));
    levels.any(|level| {
        matches!(
            level,
            Some(SensitivityLevel::Three | SensitivityLevel::Four)
        )
    })
}

impl World {
    /// How many applications of a department, with all above and below it, wait for an entry.
    pub(super) fn waiting(&self, code: &ResourceCode, applicant: &DepartmentId) -> usize {
        let top =
            |department: &DepartmentId| department.as_str().split('.').next().map(str::to_owned);
        let of_it = self.applications.iter().filter(|(id, asked)| {
            id.resource == *code && is_open(asked.stage) && top(&asked.applicant) == top(applicant)
        });
        of_it.count()
    }
}

impl Hand<'_> {
    pub(super) fn of_sharing(&mut self, action: &Action) -> Done {
        use ApplicationStage as Stage;
        match action {
            Action::Apply {
                resource,
                applicant,
                request,
            } => self.apply(resource, applicant, request),
            Action::TakeBackApplication {
                application,
                revision,
            } => {
                let applicant = self.waiting_at(application, *revision)?.applicant.clone();
                unless([self.must_act_for(&applicant)])?;
                self.enter(application, Stage::TakenBack);
                Ok(())
            }
            Action::Grant(grant) => self.grant(grant),
            Action::Refuse {
                application,
                revision,
                ..
            } => self.decide(application, *revision, &[Stage::InReview], Stage::Refused),
            Action::AskForMore {
                application,
                revision,
                ..
            } => self.decide(
                application,
                *revision,
                &[Stage::Submitted, Stage::InReview],
                Stage::NeedsMore,
            ),
            Action::ReviewApplication {
                application,
                revision,
            } => self.decide(application, *revision, &[Stage::Submitted], Stage::InReview),
            Action::SupplyApplication {
                application,
                revision,
                request,
            } => {
                let asked = self.waiting_at(application, *revision)?.clone();
                all([
                    unless([
                        self.must_act_for(&asked.applicant),
                        (asked.stage != Stage::NeedsMore, "wrong-stage"),
                    ]),
                    self.require_request(&application.resource, &asked.applicant, request),
                ])?;
                let asked = self.world.applications.get_mut(application).unwrap();
                asked.request = request.clone();
                self.enter(application, Stage::Submitted);
                Ok(())
            }
            Action::EndAuthorization {
                authorization,
                revision,
                ..
            } => self.end(authorization, *revision),
            Action::SuspendAuthorization {
                authorization,
                revision,
                ..
            } => self.interrupt(authorization, *revision, true),
            Action::ResumeAuthorization {
                authorization,
                revision,
            } => self.interrupt(authorization, *revision, false),
            Action::ConfirmHolder {
                authorization,
                revision,
            } => self.confirm_holder(authorization, *revision),
            _ => unreachable!("an action of another file"),
        }
    }

    /// An application that waits, at the revision it was looked at.
    fn waiting_at(&self, id: &SharingId, revision: u32) -> Result<&Asked, super::Codes> {
        let asked = found(self.world.applications.get(id))?;
        unless([
            (!is_open(asked.stage), "already-decided"),
            (is_open(asked.stage) && asked.revision != revision, "stale"),
        ])?;
        Ok(asked)
    }

    pub(super) fn enter(&mut self, id: &SharingId, stage: ApplicationStage) {
        let asked = self.world.applications.get_mut(id).unwrap();
        asked.stage = stage;
        asked.revision += 1;
        self.touch(&id.resource);
    }

    /// Rule S1.
    fn require_request(
        &self,
        code: &ResourceCode,
        applicant: &DepartmentId,
        request: &Request,
    ) -> Done {
        let Some((version, entry)) = self.world.in_force(code) else {
            return never("wrong-status");
        };
        let is_own = self.world.is_held(applicant, &request.responsibility);
        let is_listed = self.world.purposes.get(&request.purpose) == Some(&true);
        unless([
            (request.version != version, "other-version"),
            (self.lacks_duty(code), "unfounded"),
            (!is_own, "not-own-responsibility"),
            (!is_listed, "unknown-purpose"),
            (request.calls_per_day_max == Some(0), "no-calls"),
            (!are_fields(entry, &request.fields), "bad-fields"),
            (
                request.from >= request.to || request.to <= self.at.time,
                "bad-period",
            ),
        ])
    }

    /// Rule C1: whether an entry in force cites no effective responsibility of its provider.
    fn lacks_duty(&self, code: &ResourceCode) -> bool {
        let provider = &self.world.entries[code].provider;
        let cited = self.world.in_force(code);
        let cited = cited.and_then(|(_, entry)| entry.responsibility.as_ref());
        cited.is_some_and(|duty| !self.world.is_held(provider, duty))
    }

    fn apply(&mut self, code: &ResourceCode, applicant: &DepartmentId, request: &Request) -> Done {
        let listed = found(self.world.entries.get(code));
        let is_own = listed
            .clone()
            .is_ok_and(|l| self.world.kin(&l.provider, applicant));
        let count = self.world.waiting(code, applicant);
        all([
            unless([
                self.must_act_for(applicant),
                (is_own, "own-resource"),
                (count >= limits::APPLICANT_WAITING_MAX, "full"),
            ]),
            self.world.require_active(applicant),
            listed.map(drop),
            self.require_request(code, applicant, request),
        ])?;
        let listed = self.world.entries.get_mut(code).unwrap();
        listed.applications += 1;
        let id = SharingId {
            resource: code.clone(),
            number: listed.applications,
        };
        let asked = Asked {
            applicant: applicant.clone(),
            request: request.clone(),
            revision: 1,
            stage: ApplicationStage::Submitted,
        };
        self.world.applications.insert(id, asked);
        self.touch(code);
        Ok(())
    }

    /// Rule S3: the provider, never the applicant.
    fn require_decider(&self, id: &SharingId, applicant: &DepartmentId) -> Done {
        let provider = &self.world.entries[&id.resource].provider;
        unless([
            (self.acts_for(applicant), "applicant-decides"),
            (!self.acts_for(provider), "not-decider"),
        ])
    }

    fn decide(
        &mut self,
        id: &SharingId,
        revision: u32,
        from: &[ApplicationStage],
        to: ApplicationStage,
    ) -> Done {
        let asked = self.waiting_at(id, revision)?;
        all([
            self.require_decider(id, &asked.applicant),
            unless([(!from.contains(&asked.stage), "wrong-stage")]),
        ])?;
        self.enter(id, to);
        Ok(())
    }

    pub(super) fn grant(&mut self, grant: &Grant) -> Done {
        let id = &grant.application;
        let asked = self.waiting_at(id, grant.revision)?.clone();
        let request = &asked.request;
        all([
            self.require_decider(id, &asked.applicant),
            unless([(asked.stage == ApplicationStage::NeedsMore, "wrong-stage")]),
        ])?;
        let Some((version, entry)) = self.world.in_force(&id.resource) else {
            return never("wrong-status");
        };
        let covered = |number: &FieldNumber| request.fields.contains(number);
        let calls = match (grant.calls_per_day_max, request.calls_per_day_max) {
            (_, None) => true,
            (granted, Some(asked)) => granted.is_some_and(|granted| granted <= asked),
        };
        let is_within = grant.fields.iter().all(covered)
            && request.from <= grant.from
            && grant.to <= request.to
            && calls;
        let field = |number: &FieldNumber| entry.fields.iter().find(|f| f.number == *number);
        let is_kept = |number: &FieldNumber| {
            let sharing = field(number).and_then(|f| f.sharing.as_ref().or(entry.sharing.as_ref()));
            !matches!(
                sharing,
                Some(Sharing::Unconditional | Sharing::Conditional { .. })
            )
        };
        let alone = self.mandate.is_none() && self.world.settings().two_person;
        let drifted = self.world.bindings.iter().any(|(binding, bound)| {
            binding.resource == id.resource
                && bound.is_off
                && !matches!(bound.state, BindingState::Suspended | BindingState::Retired)
                && bound
                    .terms
                    .columns
                    .iter()
                    .any(|c| grant.fields.contains(&c.field))
        });
        all([
            unless([
                (request.version != version, "other-version"),
                (self.lacks_duty(&id.resource), "unfounded"),
                (grant.calls_per_day_max == Some(0), "no-calls"),
                (
                    !self
                        .world
                        .is_held(&asked.applicant, &request.responsibility),
                    "not-own-responsibility",
                ),
                (!are_fields(entry, &grant.fields), "bad-fields"),
                (!is_within, "grant-exceeds"),
                (grant.fields.iter().any(is_kept), "not-shareable"),
                (drifted, "drifted"),
                (
                    grant.from >= grant.to || grant.to <= self.at.time,
                    "bad-period",
                ),
                (
                    alone && is_sensitive(entry, &grant.fields),
                    "two-person-needed",
                ),
            ]),
            self.world.require_active(&asked.applicant),
        ])?;
        let mut by = vec![(self.key, self.at.height)];
        by.extend(self.mandate.iter().flatten().copied());
        let held = Held {
            grantee: asked.applicant.clone(),
            duty: request.responsibility.clone(),
            fields: grant.fields.to_vec(),
            purpose: request.purpose.clone(),
            from: grant.from,
            to: grant.to,
            by,
            revision: 1,
            is_suspended: false,
            is_ended: false,
        };
        self.world.grants.insert(id.clone(), held);
        self.enter(id, ApplicationStage::Granted);
        Ok(())
    }

    /// That an authorization lasts, at the revision it was looked at.
    fn require_lasting(&self, held: &Held, revision: u32) -> Done {
        unless([
            (held.revision != revision, "stale"),
            (held.is_ended || held.to <= self.at.time, "not-active"),
        ])
    }

    fn end(&mut self, id: &SharingId, revision: u32) -> Done {
        let held = found(self.world.grants.get(id))?;
        let provides = self.acts_for(&self.world.entries[&id.resource].provider);
        let is_party = provides || self.acts_for(&held.grantee);
        all([
            unless([
                (!is_party, "not-party"),
                (provides && self.mandate.is_none(), "needs-proposal"),
            ]),
            self.require_lasting(held, revision),
        ])?;
        let held = self.world.grants.get_mut(id).unwrap();
        held.is_ended = true;
        held.revision += 1;
        self.touch(&id.resource);
        Ok(())
    }

    fn interrupt(&mut self, id: &SharingId, revision: u32, suspends: bool) -> Done {
        let held = found(self.world.grants.get(id))?;
        let provides = self.acts_for(&self.world.entries[&id.resource].provider);
        all([
            unless([
                (!provides, "not-provider"),
                (suspends && held.is_suspended, "not-active"),
                (!suspends && !held.is_suspended, "not-suspended"),
            ]),
            self.require_lasting(held, revision),
        ])?;
        let held = self.world.grants.get_mut(id).unwrap();
        held.is_suspended = suspends;
        held.revision += 1;
        self.touch(&id.resource);
        Ok(())
    }

    /// Rule R2.
    pub(super) fn confirm_holder(&mut self, id: &SharingId, revision: u32) -> Done {
        let held = found(self.world.grants.get(id))?.clone();
        let provides = self.acts_for(&self.world.entries[&id.resource].provider);
        let duty = found(self.world.duties.get(&held.duty))?.clone();
        let alone = self.mandate.is_none() && self.world.settings().two_person;
        let in_force = self.world.in_force(&id.resource);
        let needs_two = in_force.is_some_and(|(_, entry)| is_sensitive(entry, &held.fields));
        all([
            unless([
                (!provides, "not-provider"),
                (held.is_suspended, "not-active"),
                (duty.is_over, "responsibility-ended"),
                (
                    self.world.is_held(&held.grantee, &held.duty),
                    "no-new-holder",
                ),
                (in_force.is_none(), "wrong-status"),
                (alone && needs_two, "two-person-needed"),
            ]),
            self.require_lasting(&held, revision),
            self.world.require_active(&duty.holder),
        ])?;
        let listed = self.world.entries.get_mut(&id.resource).unwrap();
        listed.applications += 1;
        let heir = SharingId {
            resource: id.resource.clone(),
            number: listed.applications,
        };
        let asked = Asked {
            applicant: duty.holder.clone(),
            request: self.world.applications[id].request.clone(),
            revision: 1,
            stage: ApplicationStage::Granted,
        };
        self.world.applications.insert(heir.clone(), asked);
        let mut by = vec![(self.key, self.at.height)];
        by.extend(self.mandate.iter().flatten().copied());
        let passed = Held {
            grantee: duty.holder,
            by,
            revision: 1,
            ..held
        };
        self.world.grants.insert(heir, passed);
        let held = self.world.grants.get_mut(id).unwrap();
        held.is_ended = true;
        held.revision += 1;
        self.touch(&id.resource);
        Ok(())
    }
}
