//! What becomes of every action; departments, keys and responsibilities (C1, R3, R8).

use dirchain_ledger::action::{Action, RegisterDepartment};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, Height, ResourceCode, ResponsibilityCode};
use dirchain_ledger::records::*;

use super::{Body, Done, Duty, Hand, all, found, unless};

impl Hand<'_> {
    pub(super) fn act(&mut self, action: &Action) -> Done {
        match action {
            Action::RegisterDepartment(new) => self.register_department(new),
            Action::RegisterKey { department, offer } => self.register_key(department, offer),
            Action::RevokeKey { public_key } => self.revoke_key(public_key),
            Action::SuspectKey { public_key, since } => self.suspect_key(public_key, *since),
            Action::DeclareResponsibility(new) => self.declare(&new.code, &new.holder),
            Action::AbolishResponsibility { code, revision, .. } => self.abolish(code, *revision),
            Action::DraftResource {
                code,
                provider,
                revision,
                entry,
            } => self.draft(code, provider, *revision, entry),
            Action::SubmitResource { code, revision } => self.submit(code, *revision),
            Action::ReturnResource { code, revision, .. } => self.give_back(code, *revision),
            Action::PublishResource { code, revision } => self.publish(code, *revision),
            Action::WithdrawResource { code, revision, .. } => self.withdraw(code, *revision),
            Action::RegisterNode(_)
            | Action::RemoveNode { .. }
            | Action::AmendNode(_)
            | Action::MarkReady { .. }
            | Action::ReportEquivocation { .. } => self.of_nodes(action),
            Action::Propose { measure, .. } => self.propose(measure),
            Action::Approve { proposal, revision } => self.approve(proposal, *revision),
            Action::Reject {
                proposal, revision, ..
            } => self.reject(proposal, *revision),
            Action::TakeBackProposal { proposal, revision } => {
                self.take_back_proposal(proposal, *revision)
            }
            Action::ProposeBinding { .. }
            | Action::AmendBinding { .. }
            | Action::ChangeBinding { .. }
            | Action::ReportSchema { .. }
            | Action::SealReceipts(_)
            | Action::Rate { .. }
            | Action::AnswerRating { .. } => self.of_use(action),
            Action::Apply { .. }
            | Action::TakeBackApplication { .. }
            | Action::Grant(_)
            | Action::Refuse { .. }
            | Action::EndAuthorization { .. }
            | Action::SuspendAuthorization { .. }
            | Action::ResumeAuthorization { .. }
            | Action::ConfirmHolder { .. }
            | Action::AskForMore { .. }
            | Action::SupplyApplication { .. }
            | Action::ReviewApplication { .. } => self.of_sharing(action),
            Action::DefineElement { .. }
            | Action::RetireElement { .. }
            | Action::ClaimSource { .. }
            | Action::RaiseObjection { .. }
            | Action::AnswerObjection { .. }
            | Action::EscalateObjection { .. }
            | Action::CloseObjection { .. }
            | Action::SettleObjection { .. }
            | Action::OpenFinding { .. }
            | Action::AnswerFinding { .. }
            | Action::JudgeFinding { .. }
            | Action::RaiseDemand { .. }
            | Action::AssignDemand { .. }
            | Action::AnswerDemand { .. }
            | Action::ImposeObligation { .. }
            | Action::MeetObligation { .. } => self.of_cases(action),
        }
    }

    pub(super) fn actor(&self) -> DepartmentId {
        self.world.keys[&self.key].department.clone()
    }

    pub(super) fn acts_for(&self, subject: &DepartmentId) -> bool {
        self.world.stands(&self.actor(), subject)
    }

    /// The reason when the author does not act for a department.
    pub(super) fn must_act_for(&self, subject: &DepartmentId) -> (bool, &'static str) {
        (!self.acts_for(subject), "not-acting-for")
    }

    /// The reason when the author's department does not hold an office.
    pub(super) fn must_hold(&self, office: Office) -> (bool, &'static str) {
        (
            !self.world.is_holder(&self.actor(), office),
            "office-needed",
        )
    }

    pub(super) fn touch(&mut self, code: &ResourceCode) {
        self.touched.insert(code.clone());
    }

    fn register_department(&mut self, new: &RegisterDepartment) -> Done {
        let (id, dots) = (new.id.as_str(), new.id.as_str().matches('.').count());
        let is_registrar = self.world.is_holder(&self.actor(), Office::Registrar);
        let is_taken = self.world.departments.contains_key(&new.id);
        let offered = new.head.as_ref();
        match &new.parent {
            Some(parent) => {
                let rest = id
                    .strip_prefix(parent.as_str())
                    .and_then(|rest| rest.strip_prefix('.'));
                let is_numbered = rest.is_some_and(|rest| {
                    !rest.is_empty() && rest.chars().all(|digit| digit.is_ascii_digit())
                });
                all([
                    unless([
                        (!is_numbered || dots > 5, "bad-sub-unit"),
                        (!is_registrar && !self.acts_for(parent), "not-acting-for"),
                        (is_taken, "taken"),
                    ]),
                    self.world.require_active(parent),
                ])?;
            }
            None => unless([
                (dots > 0, "parent-missing"),
                (!is_registrar, "office-needed"),
                (is_taken, "taken"),
                (offered.is_none(), "head-missing"),
            ])?,
        }
        if let Some(offer) = offered {
            let is_known = self.world.keys.contains_key(&offer.public_key);
            unless([
                (offer.role != Role::Head, "head-missing"),
                (is_known, "taken"),
            ])?;
            let from = self.at.height;
            self.world
                .admit(offer.public_key, &new.id, Role::Head, from);
        }
        let body = Body {
            parent: new.parent.clone(),
            status: DepartmentStatus::Active,
            heir: None,
            proposals: 0,
        };
        self.world.departments.insert(new.id.clone(), body);
        Ok(())
    }

    fn register_key(&mut self, department: &DepartmentId, offer: &KeyOffer) -> Done {
        self.world.require_active(department)?;
        unless([
            self.must_act_for(department),
            (self.world.keys.contains_key(&offer.public_key), "taken"),
        ])?;
        let from = self.at.height;
        self.world
            .admit(offer.public_key, department, offer.role, from);
        Ok(())
    }

    fn revoke_key(&mut self, public_key: &PublicKey) -> Done {
        let signer = found(self.world.keys.get(public_key))?;
        let mut heads = self.world.keys.iter().filter(|(key, other)| {
            *key != public_key
                && other.department == signer.department
                && other.role == Role::Head
                && !other.is_revoked
        });
        let is_last = signer.role == Role::Head && heads.next().is_none();
        unless([
            self.must_act_for(&signer.department),
            (signer.is_revoked, "revoked-key"),
            (is_last, "last-head-key"),
        ])?;
        self.world.keys.get_mut(public_key).unwrap().is_revoked = true;
        Ok(())
    }

    fn suspect_key(&mut self, public_key: &PublicKey, since: Height) -> Done {
        let signer = found(self.world.keys.get(public_key))?;
        let is_outside = since < signer.from || since > self.at.height;
        unless([
            self.must_act_for(&signer.department),
            (is_outside, "bad-suspect-height"),
            (
                signer.suspect.is_some_and(|before| before <= since),
                "suspect-already",
            ),
        ])?;
        self.world.keys.get_mut(public_key).unwrap().suspect = Some(since);
        Ok(())
    }

    fn declare(&mut self, code: &ResponsibilityCode, holder: &DepartmentId) -> Done {
        all([
            unless([
                self.must_hold(Office::Registrar),
                (self.world.duties.contains_key(code), "taken"),
            ]),
            self.world.require_active(holder),
        ])?;
        let duty = Duty {
            holder: holder.clone(),
            is_over: false,
            revision: 1,
        };
        self.world.duties.insert(code.clone(), duty);
        Ok(())
    }

    fn abolish(&mut self, code: &ResponsibilityCode, revision: u32) -> Done {
        unless([self.must_hold(Office::Registrar)])?;
        let duty = found(self.world.duties.get(code))?;
        unless([
            (duty.is_over, "responsibility-ended"),
            (duty.revision != revision, "stale"),
        ])?;
        let duty = self.world.duties.get_mut(code).unwrap();
        (duty.is_over, duty.revision) = (true, duty.revision + 1);
        let world = &*self.world;
        let cites = |entry: &Entry| entry.responsibility.as_ref() == Some(code);
        let citing = world.entries.keys().filter(|entry| {
            let in_force = world.in_force(entry);
            in_force.is_some_and(|(_, entry)| cites(entry))
        });
        let active = world.grants.iter().filter(|(_, held)| {
            held.duty == *code && !held.is_ended && !held.is_suspended && self.at.time < held.to
        });
        let active = active.map(|(id, _)| &id.resource);
        let touched: Vec<ResourceCode> = citing.chain(active).cloned().collect();
        self.touched.extend(touched);
        Ok(())
    }
}
