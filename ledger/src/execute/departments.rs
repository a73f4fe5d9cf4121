//! Departments, keys and responsibilities.

use std::collections::BTreeSet;

use super::resources::require_revision;
use super::{Context, Refusal, end, full, push};
use crate::action::{DeclareResponsibility, RegisterDepartment};
use crate::bounded::List;
use crate::crypto::PublicKey;
use crate::ids::{CreditCode, DepartmentId, Height, ResourceCode, ResponsibilityCode};
use crate::language::phrase;
use crate::limits;
use crate::records::{
    Authorization, Department, DepartmentStatus, Key, KeyOffer, Office, Period, Record, RecordId,
    RecordKind, Responsibility, ResponsibilityEnd, Role, StatusSince, Suspicion, Trail,
};
use crate::rejection::Rejection;
use crate::view::{Records, View};

/// Departments that one look at their list reads.
const DEPARTMENTS_PAGE: usize = 256;

/// Whether an id is its parent's, a dot and a number, and not too deep.
pub(crate) fn is_sub_unit_id(id: &DepartmentId, parent: &DepartmentId) -> bool {
    let number = id
        .as_str()
        .strip_prefix(parent.as_str())
        .and_then(|rest| rest.strip_prefix('.'));
    let is_numbered = number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let levels_below = id.as_str().bytes().filter(|byte| *byte == b'.').count();
    is_numbered && levels_below <= limits::DEPARTMENT_DEPTH_MAX
}

/// A department at the top has no dot in its id: it would look like another's sub-unit.
fn require_top_id(id: &DepartmentId) -> Result<(), Refusal> {
    let parent = id.top();
    if parent == *id {
        return Ok(());
    }
    let id = id.clone();
    Err(Rejection::ParentMissing { id, parent }.into())
}

impl Context<'_, '_> {
    pub(super) fn register_department(
        &mut self,
        action: &RegisterDepartment,
    ) -> Result<(), Refusal> {
        let record_id = RecordId::Department(action.id.clone());
        match &action.parent {
            Some(parent) => self.require_sub_unit_id(&action.id, parent)?,
            None => {
                require_top_id(&action.id)?;
                self.require_office(Office::Registrar)?;
            }
        }
        if self.state.record(&record_id)?.is_some() {
            return Err(Rejection::Taken { id: record_id }.into());
        }
        if let Some(credit_code) = &action.credit_code {
            self.require_credit_code_free(credit_code, &action.id)?;
        }
        let has_head = match &action.head {
            Some(offer) => offer.role == Role::Head,
            None => action.parent.is_some(),
        };
        if !has_head {
            return Err(Rejection::HeadMissing {
                department: action.id.clone(),
            }
            .into());
        }
        if let Some(parent) = &action.parent {
            let mut parent = self.active_department(parent)?;
            if parent.sub_units >= limits::SUB_UNITS_MAX {
                let count_max = usize::try_from(limits::SUB_UNITS_MAX).unwrap_or(usize::MAX);
                return Err(full(
                    phrase!(
                        "the number of sub-units of one department",
                        "一个部门的下属单位数量"
                    ),
                    count_max,
                ));
            }
            parent.sub_units = parent.sub_units.saturating_add(1);
            self.put(Record::Department(parent))?;
        }
        let mut status = List::default();
        let active = StatusSince {
            status: DepartmentStatus::Active,
            since: self.at,
        };
        push(
            &mut status,
            active,
            phrase!("the department's history of statuses", "部门状态的历史"),
        )?;
        self.put(Record::Department(Department {
            id: action.id.clone(),
            parent: action.parent.clone(),
            credit_code: action.credit_code.clone(),
            name: action.name.clone(),
            level: action.level,
            region: action.region.clone(),
            status,
            sub_units: 0,
            proposals: 0,
            successor: None,
            open_proposals: List::default(),
            trail: Trail::default(),
        }))?;
        match &action.head {
            Some(offer) => self.admit_key(&action.id, offer),
            None => Ok(()),
        }
    }

    /// A unified social credit code stands for one legal person: one department with its sub-units. That
    /// of a dissolved department may come back with who takes over.
    fn require_credit_code_free(
        &self,
        credit_code: &CreditCode,
        id: &DepartmentId,
    ) -> Result<(), Refusal> {
        let mut after: Option<RecordId> = None;
        loop {
            let ids = self
                .state
                .list(RecordKind::Department, after.as_ref(), DEPARTMENTS_PAGE)?;
            for other in &ids {
                let Some(Record::Department(other)) = self.state.record(other)? else {
                    continue;
                };
                let status = other.status_at(self.at.height);
                let is_other = status != Some(DepartmentStatus::Dissolved)
                    && other.id.top() != id.top()
                    && other.credit_code.as_ref() == Some(credit_code);
                if is_other {
                    return Err(Rejection::CreditCodeTaken {
                        credit_code: credit_code.clone(),
                        department: other.id,
                    }
                    .into());
                }
            }
            if ids.len() < DEPARTMENTS_PAGE {
                return Ok(());
            }
            after = ids.into_iter().next_back();
        }
    }

    /// A sub-unit's id extends its parent's, and the registrar or the parent's head registers it.
    fn require_sub_unit_id(&self, id: &DepartmentId, parent: &DepartmentId) -> Result<(), Refusal> {
        if !is_sub_unit_id(id, parent) {
            return Err(Rejection::BadSubUnit {
                id: id.clone(),
                parent: parent.clone(),
            }
            .into());
        }
        let offices = self.state.offices()?;
        if offices.holder(Office::Registrar) == Some(self.actor()) {
            return Ok(());
        }
        self.require_acting_for(parent)
    }

    pub(super) fn register_key(
        &mut self,
        department: &DepartmentId,
        offer: &KeyOffer,
    ) -> Result<(), Refusal> {
        self.active_department(department)?;
        self.require_acting_for(department)?;
        self.admit_key(department, offer)?;
        self.touch_department(department)
    }

    /// Admits a key with proof of possession that was never registered before.
    pub(super) fn admit_key(
        &mut self,
        department: &DepartmentId,
        offer: &KeyOffer,
    ) -> Result<(), Refusal> {
        offer
            .public_key
            .admit()
            .map_err(|reason| Rejection::BadKey { reason })?;
        let chain = self.chain;
        let message = KeyOffer::proof_message(&chain, department, offer.role, &offer.public_key);
        self.state.work_on(limits::WORK_SIGNATURE)?;
        let proof = offer.public_key.verify(&message, &offer.proof);
        proof.map_err(|_| Rejection::ForeignOffer {
            key: offer.public_key,
            department: department.clone(),
            role: offer.role,
        })?;
        let id = RecordId::Key(offer.public_key);
        if self.state.record(&id)?.is_some() {
            return Err(Rejection::Taken { id }.into());
        }
        self.put(Record::Key(Key {
            public_key: offer.public_key,
            algorithm: offer.algorithm,
            department: department.clone(),
            role: offer.role,
            next_sequence: 1,
            valid: Period::since(self.at),
            suspicions: List::default(),
        }))
    }

    fn key_of_author(&self, public_key: &PublicKey) -> Result<Key, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Key(*public_key),
        };
        let key = self.state.key(public_key)?.ok_or_else(unknown)?;
        self.require_acting_for(&key.department)?;
        Ok(key)
    }

    pub(super) fn revoke_key(&mut self, public_key: &PublicKey) -> Result<(), Refusal> {
        let mut key = self.key_of_author(public_key)?;
        if let Some(to) = key.valid.to {
            return Err(Rejection::RevokedKey {
                key: *public_key,
                since: to.height,
            }
            .into());
        }
        if key.role == Role::Head && self.is_last_head(&key)? {
            let department = key.department;
            return Err(Rejection::LastHeadKey {
                key: *public_key,
                department,
            }
            .into());
        }
        end(&mut key.valid, self.at);
        let department = key.department.clone();
        self.put(Record::Key(key))?;
        self.touch_department(&department)
    }

    fn is_last_head(&self, key: &Key) -> Result<bool, Refusal> {
        let mut others = 0usize;
        let target = RecordId::Department(key.department.clone());
        self.state
            .for_each_referrer(&target, RecordKind::Key, |id| -> Result<(), Refusal> {
                if let Some(Record::Key(other)) = self.state.record(id)? {
                    let counts = other.public_key != key.public_key
                        && other.role == Role::Head
                        && other.valid.to.is_none();
                    others = others.saturating_add(usize::from(counts));
                }
                Ok(())
            })?;
        Ok(others == 0)
    }

    /// Marks what a key signed since a height. Verdicts that rest on it are derived from the key's
    /// record, which every grant names: nothing else is written, however much the key granted.
    pub(super) fn suspect_key(
        &mut self,
        public_key: &PublicKey,
        since: Height,
    ) -> Result<(), Refusal> {
        let mut key = self.key_of_author(public_key)?;
        let (from, now) = (key.valid.from.height, self.at.height);
        if since < from || since > now {
            return Err(Rejection::BadSuspectHeight {
                given: since,
                from,
                now,
            }
            .into());
        }
        // A further report can only widen the suspicion.
        if let Some(before) = key.suspect_since().filter(|before| *before <= since) {
            return Err(Rejection::SuspectAlready {
                key: *public_key,
                since: before,
            }
            .into());
        }
        let reported = self.at;
        let suspicion = Suspicion { since, reported };
        push(
            &mut key.suspicions,
            suspicion,
            phrase!("the reports about a key", "关于一个密钥的报告"),
        )?;
        let department = key.department.clone();
        self.put(Record::Key(key))?;
        self.touch_department(&department)
    }

    /// The resources of those authorizations that name `target` and of which `is_concerned` holds.
    fn resources_with(
        &self,
        target: &RecordId,
        is_concerned: impl Fn(&Authorization) -> bool,
    ) -> Result<BTreeSet<ResourceCode>, Refusal> {
        let mut concerned = BTreeSet::new();
        let kind = RecordKind::Authorization;
        self.state
            .for_each_referrer(target, kind, |id| -> Result<(), Refusal> {
                if let Some(Record::Authorization(authorization)) = self.state.record(id)?
                    && is_concerned(&authorization)
                {
                    concerned.insert(authorization.id.resource);
                }
                Ok(())
            })?;
        Ok(concerned)
    }

    /// Puts this action on the trail of each resource.
    fn touch_resources(&mut self, codes: BTreeSet<ResourceCode>) -> Result<(), Refusal> {
        for code in codes {
            self.touch_resource(&code)?;
        }
        Ok(())
    }

    pub(super) fn declare_responsibility(
        &mut self,
        action: &DeclareResponsibility,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Registrar)?;
        self.active_department(&action.holder)?;
        let id = RecordId::Responsibility(action.code.clone());
        if self.state.record(&id)?.is_some() {
            return Err(Rejection::Taken { id }.into());
        }
        self.put(Record::Responsibility(Responsibility {
            code: action.code.clone(),
            holder: action.holder.clone(),
            revision: 1,
            earlier_holders: List::default(),
            title: action.title.clone(),
            text: action.text,
            legal_bases: action.legal_bases.clone(),
            effective: Period::since(self.at),
            ended_as: None,
            trail: Trail::default(),
        }))?;
        self.touch_department(&action.holder)
    }

    /// Abolishes a responsibility, on its own trail and on those of every resource it concerns:
    /// published entries that cite it, and entries with lasting authorizations granted for it.
    ///
    /// What merely names it does not count: anybody may draft an entry that cites another
    /// department's responsibility, and must not be able to make its abolition grow over the bound.
    pub(super) fn abolish_responsibility(
        &mut self,
        code: &ResponsibilityCode,
        revision: u32,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Registrar)?;
        let id = RecordId::Responsibility(code.clone());
        let unknown = || Rejection::Unknown { id: id.clone() };
        let mut responsibility = self.state.responsibility(code)?.ok_or_else(unknown)?;
        if responsibility.effective.to.is_some() {
            return Err(Rejection::ResponsibilityEnded { code: code.clone() }.into());
        }
        require_revision(id.clone(), revision, responsibility.revision)?;
        responsibility.revision = responsibility.revision.saturating_add(1);
        end(&mut responsibility.effective, self.at);
        responsibility.ended_as = Some(ResponsibilityEnd::Abolished);
        let holder = responsibility.holder.clone();
        self.put(Record::Responsibility(responsibility))?;
        self.touch_department(&holder)?;

        let at = self.at;
        let mut concerned = self.resources_with(&id, |authorization| {
            authorization.is_active_at(at.height) && at.time < authorization.to
        })?;
        concerned.extend(self.entries_citing(code)?);
        self.touch_resources(concerned)
    }

    /// The entries in force that cite a responsibility.
    fn entries_citing(&self, code: &ResponsibilityCode) -> Result<BTreeSet<ResourceCode>, Refusal> {
        let mut citing = BTreeSet::new();
        let target = RecordId::Responsibility(code.clone());
        let kind = RecordKind::Resource;
        self.state
            .for_each_referrer(&target, kind, |id| -> Result<(), Refusal> {
                if let Some(Record::Resource(resource)) = self.state.record(id)?
                    && resource
                        .in_force()
                        .is_some_and(|p| p.entry.responsibility.as_ref() == Some(code))
                {
                    citing.insert(resource.code);
                }
                Ok(())
            })?;
        Ok(citing)
    }
}
