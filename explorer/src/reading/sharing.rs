//! Applications and authorizations: one, a resource's, a department's.

use dirchain_ledger::access::{self, Failure};
use dirchain_ledger::ids::{DepartmentId, ResourceCode, SharingId};
use dirchain_ledger::limits::BINDINGS_MAX;
use dirchain_ledger::records::{
    Application, ApplicationStatus, Authorization, Decision, Record, RecordId, RecordKind, Side,
};
use dirchain_ledger::view::Records;

use super::scan::{Found, Source, scan};
use super::{Reading, Slice};
use crate::api::{
    ApplicationAnswer, ApplicationItem, ApplicationState, AuthorizationAnswer, AuthorizationItem,
    AuthorizationState, DecisionItem, Direction, EarlyEndItem, OverQuotaItem, Page, Period,
    Problem, Time,
};
use crate::limits;

/// Which applications a list shows.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct ApplicationFilter {
    /// Made to the department, or by it.
    pub direction: Direction,
    /// Where it stands.
    pub state: Option<ApplicationState>,
}

/// Which authorizations a list shows.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct AuthorizationFilter {
    /// Granted by the department, or to it.
    pub direction: Direction,
    /// Where it stands.
    pub state: Option<AuthorizationState>,
}

/// Between whom applications are made and authorizations granted; each is anybody where none is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sides {
    /// Who provides the entry now.
    pub provider: Option<DepartmentId>,
    /// Who applies, or was granted.
    pub reader: Option<DepartmentId>,
}

impl Sides {
    /// One side of a department.
    fn of(department: &DepartmentId, direction: Direction) -> Self {
        let named = Some(department.clone());
        match direction {
            Direction::In => Self {
                provider: named,
                reader: None,
            },
            Direction::Out => Self {
                provider: None,
                reader: named,
            },
        }
    }

    fn is_read_by(&self, department: &DepartmentId) -> bool {
        self.reader.as_ref().is_none_or(|named| named == department)
    }

    fn is_provided_by(&self, department: &DepartmentId) -> bool {
        let provider = self.provider.as_ref();
        provider.is_none_or(|named| named == department)
    }
}

impl Reading<'_> {
    /// One application.
    pub(crate) fn application(&self, id: &SharingId) -> Result<ApplicationAnswer, Problem> {
        let found = self.view.application(id)?;
        let found = found.ok_or_else(|| self.missing(&RecordId::Application(id.clone())))?;
        Ok(ApplicationAnswer {
            as_of: self.as_of(),
            application: self.application_item(&found)?,
        })
    }

    /// One authorization.
    pub(crate) fn authorization(&self, id: &SharingId) -> Result<AuthorizationAnswer, Problem> {
        let found = self.view.authorization(id)?;
        let found = found.ok_or_else(|| self.missing(&RecordId::Authorization(id.clone())))?;
        Ok(AuthorizationAnswer {
            as_of: self.as_of(),
            authorization: self.authorization_item(&found)?,
            over_quota: self.over_quota(id)?,
        })
    }

    /// A department's applications, by resource and number.
    pub(crate) fn applications(
        &self,
        department: &DepartmentId,
        filter: ApplicationFilter,
        slice: &Slice,
    ) -> Result<Page<ApplicationItem>, Problem> {
        let sides = Sides::of(department, filter.direction);
        self.applications_between(&sides, filter.state, slice)
    }

    /// A department's authorizations, by resource and number.
    pub(crate) fn authorizations(
        &self,
        department: &DepartmentId,
        filter: AuthorizationFilter,
        slice: &Slice,
    ) -> Result<Page<AuthorizationItem>, Problem> {
        let sides = Sides::of(department, filter.direction);
        self.authorizations_between(&sides, filter.state, slice)
    }

    /// The applications between departments, by resource and number: every one where none is named.
    pub(crate) fn applications_between(
        &self,
        sides: &Sides,
        state: Option<ApplicationState>,
        slice: &Slice,
    ) -> Result<Page<ApplicationItem>, Problem> {
        let keep = |id: &RecordId| {
            let Some(Record::Application(found)) = self.view.record(id)? else {
                return Ok(None);
            };
            let is_made = sides.is_read_by(&found.applicant);
            if !is_made || state.is_some_and(|state| state != state_of(&found.status)) {
                return Ok(None);
            }
            let item = self.application_item(&found)?;
            Ok(Some(item).filter(|item| sides.is_provided_by(&item.provider)))
        };
        let found = self.between(sides, RecordKind::Application, slice, keep)?;
        Ok(self.page(found.items, found.next))
    }

    /// The authorizations between departments, by resource and number: every one where none is named.
    pub(crate) fn authorizations_between(
        &self,
        sides: &Sides,
        state: Option<AuthorizationState>,
        slice: &Slice,
    ) -> Result<Page<AuthorizationItem>, Problem> {
        let keep = |id: &RecordId| {
            let Some(Record::Authorization(found)) = self.view.record(id)? else {
                return Ok(None);
            };
            if !sides.is_read_by(&found.grantee) {
                return Ok(None);
            }
            let item = self.authorization_item(&found)?;
            let is_asked = sides.is_provided_by(&item.provider)
                && state.is_none_or(|state| state == item.state);
            Ok(Some(item).filter(|_| is_asked))
        };
        let found = self.between(sides, RecordKind::Authorization, slice, keep)?;
        Ok(self.page(found.items, found.next))
    }

    /// Walks the applications or authorizations between departments: those that name who reads, or those
    /// on each entry of the provider, or all.
    fn between<T>(
        &self,
        sides: &Sides,
        kind: RecordKind,
        slice: &Slice,
        mut keep: impl FnMut(&RecordId) -> Result<Option<T>, Problem>,
    ) -> Result<Found<T>, Problem> {
        for department in sides.reader.iter().chain(&sides.provider) {
            self.require_department(department)?;
        }
        let view = self.view.as_ref();
        match (&sides.reader, &sides.provider) {
            (Some(reader), _) => {
                let target = RecordId::Department(reader.clone());
                let source = Source::Referrers(&target, kind);
                scan(
                    view,
                    &source,
                    slice.after_record(&[kind])?,
                    slice.limit,
                    keep,
                )
            }
            (None, Some(provider)) => self.provided_scan(provider, kind, slice, &mut keep),
            (None, None) => {
                let source = Source::All(kind);
                scan(
                    view,
                    &source,
                    slice.after_record(&[kind])?,
                    slice.limit,
                    keep,
                )
            }
        }
    }

    /// Walks the entries of a department, and on each the applications or authorizations. A cursor
    /// names the last of those, or an entry that was walked whole.
    fn provided_scan<T>(
        &self,
        department: &DepartmentId,
        kind: RecordKind,
        slice: &Slice,
        keep: &mut impl FnMut(&RecordId) -> Result<Option<T>, Problem>,
    ) -> Result<Found<T>, Problem> {
        let view = self.view.as_ref();
        let provider = RecordId::Department(department.clone());
        let resources = Source::Referrers(&provider, RecordKind::Resource);
        let after = slice.after_record(&[kind, RecordKind::Resource])?;
        let (mut resumed, mut done) = match after {
            Some(RecordId::Application(id) | RecordId::Authorization(id)) => {
                let resource = RecordId::Resource(id.resource.clone());
                (after.map(|last| (resource, last)), None)
            }
            Some(resource) => (None, Some(resource.clone())),
            None => (None, None),
        };
        let mut items = Vec::new();
        let mut examined = 0usize;
        loop {
            let (resource, last) = match resumed.take() {
                Some((resource, last)) => (resource, Some(last)),
                None => match resources.ids(view, done.as_ref(), 1)?.pop() {
                    Some(resource) => (resource, None),
                    None => return Ok(Found { items, next: None }),
                },
            };
            if self.provides(department, &resource)? {
                let source = Source::Referrers(&resource, kind);
                let wanted = slice.limit.saturating_sub(items.len());
                let found = scan(view, &source, last, wanted, |id| {
                    examined = examined.saturating_add(1);
                    keep(id)
                })?;
                items.extend(found.items);
                if found.next.is_some() {
                    let next = found.next;
                    return Ok(Found { items, next });
                }
            }
            examined = examined.saturating_add(1);
            done = Some(resource);
            if items.len() >= slice.limit || examined >= limits::SCAN_MAX {
                let follows = !resources.ids(view, done.as_ref(), 1)?.is_empty();
                let next = done.filter(|_| follows);
                return Ok(Found { items, next });
            }
        }
    }

    fn provides(&self, department: &DepartmentId, resource: &RecordId) -> Result<bool, Problem> {
        Ok(match self.view.record(resource)? {
            Some(Record::Resource(resource)) => resource.provider == *department,
            Some(_) | None => false,
        })
    }

    /// A resource's applications, by number.
    pub(crate) fn applications_of(
        &self,
        code: &ResourceCode,
        slice: &Slice,
    ) -> Result<Page<ApplicationItem>, Problem> {
        let target = RecordId::Resource(code.clone());
        let kind = RecordKind::Application;
        let source = Source::Referrers(&target, kind);
        let after = slice.after_record(&[kind])?;
        let keep = |id: &RecordId| match self.view.record(id)? {
            Some(Record::Application(found)) => Ok(Some(self.application_item(&found)?)),
            Some(_) | None => Ok(None),
        };
        let found = scan(self.view.as_ref(), &source, after, slice.limit, keep)?;
        Ok(self.page(found.items, found.next))
    }

    /// A resource's authorizations, by number.
    pub(crate) fn authorizations_of(
        &self,
        code: &ResourceCode,
        slice: &Slice,
    ) -> Result<Page<AuthorizationItem>, Problem> {
        let target = RecordId::Resource(code.clone());
        let kind = RecordKind::Authorization;
        let source = Source::Referrers(&target, kind);
        let after = slice.after_record(&[kind])?;
        let keep = |id: &RecordId| match self.view.record(id)? {
            Some(Record::Authorization(found)) => Ok(Some(self.authorization_item(&found)?)),
            Some(_) | None => Ok(None),
        };
        let found = scan(self.view.as_ref(), &source, after, slice.limit, keep)?;
        Ok(self.page(found.items, found.next))
    }

    fn application_item(&self, found: &Application) -> Result<ApplicationItem, Problem> {
        let resource = self.resource_item(&self.require_resource(&found.id.resource)?)?;
        let request = &found.request;
        let granted = self.view.authorization(&found.id)?;
        Ok(ApplicationItem {
            granted_fields: granted.map(|granted| granted.fields.to_vec()),
            id: found.id.clone(),
            resource_name: resource.name,
            provider: resource.provider,
            provider_name: resource.provider_name,
            applicant: found.applicant.clone(),
            applicant_name: self.department_name(&found.applicant)?,
            version: request.version,
            responsibility: request.responsibility.clone(),
            fields: request.fields.to_vec(),
            purpose: request.purpose.clone(),
            purpose_name: self.purpose_name(&request.purpose)?,
            scene: request.scene.to_string(),
            method: request.method,
            calls_per_day_max: request.calls_per_day_max,
            from: Time(request.from),
            to: Time(request.to),
            revision: found.revision,
            submitted: found.submitted.into(),
            state: state_of(&found.status),
            decision: decision_of(&found.status).map(decision_item),
        })
    }

    fn authorization_item(&self, found: &Authorization) -> Result<AuthorizationItem, Problem> {
        let resource = self.resource_item(&self.require_resource(&found.id.resource)?)?;
        let ended = found.ended.as_ref().map(|end| EarlyEndItem {
            kind: end.kind,
            decision: decision_item(&end.decision),
        });
        Ok(AuthorizationItem {
            id: found.id.clone(),
            resource_name: resource.name,
            provider: resource.provider,
            provider_name: resource.provider_name,
            grantee: found.grantee.clone(),
            grantee_name: self.department_name(&found.grantee)?,
            responsibility: found.responsibility.clone(),
            version: found.version,
            fields: found.fields.to_vec(),
            purpose: found.purpose.clone(),
            purpose_name: self.purpose_name(&found.purpose)?,
            calls_per_day_max: found.calls_per_day_max,
            from: Time(found.from),
            to: Time(found.to),
            granted: decision_item(&found.granted),
            suspect: access::is_suspect(self.view.as_ref(), found.decisions())?,
            revision: found.revision,
            active: found.active.iter().copied().map(Period::from).collect(),
            ended,
            suspended: found.suspended.as_ref().map(decision_item),
            state: self.standing(found)?,
        })
    }

    /// The uses on an authorization that went over its calls a day, each side's count by itself. A use is
    /// one binding's, so there are as many as the entry has bindings at most.
    fn over_quota(&self, id: &SharingId) -> Result<Vec<OverQuotaItem>, Problem> {
        let target = RecordId::Authorization(id.clone());
        let view = self.view.as_ref();
        let uses = view.referrers(&target, RecordKind::Usage, None, BINDINGS_MAX)?;
        let mut found = Vec::new();
        for id in uses {
            let Some(Record::Usage(usage)) = view.record(&id)? else {
                continue;
            };
            for side in [Side::Provider, Side::Consumer] {
                found.extend(usage.side(side).over.map(|over| OverQuotaItem {
                    usage: usage.id.to_string(),
                    side,
                    days: over.days,
                    last: over.last,
                    calls: over.calls,
                    allowed: over.allowed,
                    sealed: over.sealed.into(),
                }));
            }
        }
        Ok(found)
    }

    /// Where an authorization stands at this reading's instant.
    pub(crate) fn standing(&self, found: &Authorization) -> Result<AuthorizationState, Problem> {
        let failure = access::standing(self.view.as_ref(), found, self.resolved.judged())?;
        Ok(match failure {
            None if !self.is_active(&found.grantee)? => AuthorizationState::ReaderNotActive,
            None => AuthorizationState::InForce,
            Some(Failure::WindowNotBegun) => AuthorizationState::NotBegun,
            Some(Failure::WindowOver) => AuthorizationState::Expired,
            Some(Failure::Responsibility) => AuthorizationState::NotHeld,
            Some(Failure::Inactive) if found.ended.is_none() && found.suspended.is_some() => {
                AuthorizationState::Suspended
            }
            // What depends on the reading, its field or purpose, is no standing.
            Some(Failure::Inactive | Failure::Field | Failure::Purpose) => {
                AuthorizationState::EndedEarly
            }
        })
    }
}

fn state_of(status: &ApplicationStatus) -> ApplicationState {
    match status {
        ApplicationStatus::Submitted => ApplicationState::Submitted,
        ApplicationStatus::Granted { .. } => ApplicationState::Granted,
        ApplicationStatus::Refused { .. } => ApplicationState::Refused,
        ApplicationStatus::TakenBack { .. } => ApplicationState::TakenBack,
        ApplicationStatus::NeedsMore { .. } => ApplicationState::NeedsMore,
        ApplicationStatus::InReview { .. } => ApplicationState::InReview,
        ApplicationStatus::Disputed { .. } => ApplicationState::Disputed,
    }
}

fn decision_of(status: &ApplicationStatus) -> Option<&Decision> {
    match status {
        ApplicationStatus::Submitted => None,
        ApplicationStatus::Granted { decision }
        | ApplicationStatus::Refused { decision }
        | ApplicationStatus::TakenBack { decision }
        | ApplicationStatus::NeedsMore { decision }
        | ApplicationStatus::InReview { decision }
        | ApplicationStatus::Disputed { decision, .. } => Some(decision),
    }
}

pub(super) fn decision_item(decision: &Decision) -> DecisionItem {
    DecisionItem {
        department: decision.department.clone(),
        key: decision.key,
        at: decision.at.into(),
        reason: decision.reason.as_ref().map(ToString::to_string),
    }
}
