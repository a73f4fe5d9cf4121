//! Catalogue entries: lists with filters, and one entry whole.

use std::collections::BTreeMap;

use dirchain_ledger::ids::{DepartmentId, FieldNumber, ProposalId, ResourceCode};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{
    Category, Draft, DraftStatus, Entry, Proposal, Record, RecordId, RecordKind, Resource,
    ResourceStatus, Standing, UpdateCycle,
};
use dirchain_ledger::view::Records;

use super::records::is_of;
use super::scan::{Source, scan};
use super::sharing::decision_item;
use super::{Reading, Slice};
use crate::api::{
    DraftAnswer, DraftState, EffectiveField, Page, PendingMeasure, Problem, ResourceAnswer,
    ResourceItem, SharingType, Time, VersionItem, WithdrawalAnswer,
};

/// Which entries a list shows; all that is named must fit.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourceFilter {
    /// Who provides it.
    pub provider: Option<DepartmentId>,
    /// Or a sub-unit of who is named does.
    pub with_sub_units: bool,
    /// How it is shared, where its fields do not say otherwise.
    pub sharing: Option<SharingType>,
    /// Its state.
    pub status: Option<ResourceStatus>,
    /// What the catalogue is ordered by.
    pub category: Option<Category>,
    /// How often it is renewed.
    pub update_cycle: Option<UpdateCycle>,
    /// What its code, name, abstract, provider's name or a field's name holds, without regard to
    /// case. In lower case.
    pub text: Option<String>,
}

impl Reading<'_> {
    /// Entries by code.
    pub(crate) fn resources(
        &self,
        filter: &ResourceFilter,
        slice: &Slice,
    ) -> Result<Page<ResourceItem>, Problem> {
        let provider = filter.provider.clone().map(RecordId::Department);
        let source = match &provider {
            Some(provider) if !filter.with_sub_units => {
                Source::Referrers(provider, RecordKind::Resource)
            }
            Some(_) | None => Source::All(RecordKind::Resource),
        };
        let after = slice.after_record(&[RecordKind::Resource])?;
        let found = scan(self.view.as_ref(), &source, after, slice.limit, |id| {
            let Some(Record::Resource(resource)) = self.view.record(id)? else {
                return Ok(None);
            };
            match self.fits(&resource, filter)? {
                true => Ok(Some(self.resource_item(&resource)?)),
                false => Ok(None),
            }
        })?;
        Ok(self.page(found.items, found.next))
    }

    fn fits(&self, resource: &Resource, filter: &ResourceFilter) -> Result<bool, Problem> {
        let entry = resource.entry();
        let sharing = entry
            .and_then(|e| e.sharing.as_ref())
            .map(SharingType::from);
        let provider = filter.provider.as_ref();
        let plain = provider.is_none_or(|provider| match filter.with_sub_units {
            true => is_of(&resource.provider, provider),
            false => resource.provider == *provider,
        }) && filter
            .status
            .is_none_or(|status| resource.status() == status)
            && filter.sharing.is_none_or(|wanted| sharing == Some(wanted))
            && filter
                .category
                .is_none_or(|wanted| entry.and_then(|e| e.category) == Some(wanted))
            && filter
                .update_cycle
                .is_none_or(|wanted| entry.and_then(|e| e.update_cycle) == Some(wanted));
        let Some(text) = filter.text.as_ref().filter(|_| plain) else {
            return Ok(plain);
        };
        let holds = |name: &str| name.to_lowercase().contains(text.as_str());
        Ok(resource.code.as_str().contains(text.as_str())
            || entry.is_some_and(|entry| entry_holds(entry, text))
            || holds(&self.department_name(&resource.provider)?))
    }

    /// Entries by their ids, in that order; one that does not stand at this height is left out.
    pub(crate) fn resource_items(&self, ids: &[RecordId]) -> Result<Vec<ResourceItem>, Problem> {
        let mut items = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(Record::Resource(resource)) = self.view.record(id)? {
                items.push(self.resource_item(&resource)?);
            }
        }
        Ok(items)
    }

    pub(super) fn resource_item(&self, resource: &Resource) -> Result<ResourceItem, Problem> {
        let entry = resource.entry();
        let name = entry.map_or_else(|| resource.code.to_string(), |e| e.name.to_string());
        Ok(ResourceItem {
            code: resource.code.clone(),
            name,
            provider: resource.provider.clone(),
            provider_name: self.department_name(&resource.provider)?,
            status: resource.status(),
            sharing: entry
                .and_then(|e| e.sharing.as_ref())
                .map(SharingType::from),
            kind: entry.and_then(|e| e.kind),
            category: entry.and_then(|e| e.category),
            level: entry.and_then(|e| e.level),
            openness: entry.and_then(|e| e.openness),
            update_cycle: entry.and_then(|e| e.update_cycle),
            field_count: entry.map_or(0, |e| count(e.fields.len())),
            version: resource.published.as_ref().map(|p| p.version),
            revision: resource.revision,
        })
    }

    pub(super) fn require_resource(&self, code: &ResourceCode) -> Result<Resource, Problem> {
        let resource = self.view.resource(code)?;
        resource.ok_or_else(|| self.missing(&RecordId::Resource(code.clone())))
    }

    /// The names of an entry's fields: the version in force's, or else the draft's.
    pub(crate) fn field_names(
        &self,
        code: &ResourceCode,
    ) -> Result<BTreeMap<FieldNumber, String>, Problem> {
        let resource = self.require_resource(code)?;
        let fields = resource.entry().map(|entry| &entry.fields[..]);
        let named = fields.unwrap_or_default().iter();
        Ok(named.map(|f| (f.number, f.name.to_string())).collect())
    }

    /// One entry whole.
    pub(crate) fn resource(&self, code: &ResourceCode) -> Result<ResourceAnswer, Problem> {
        let resource = self.require_resource(code)?;
        let responsibility = match resource.entry().and_then(|e| e.responsibility.as_ref()) {
            None => None,
            Some(code) => match self.view.responsibility(code)? {
                Some(found) => Some(self.responsibility_item(&found)?),
                None => None,
            },
        };
        let versions = resource.versions.iter().map(|version| VersionItem {
            version: version.version,
            period: version.period.into(),
            decisions: version.decisions.iter().map(decision_item).collect(),
        });
        let withdrawn = resource.withdrawn.as_ref();
        Ok(ResourceAnswer {
            as_of: self.as_of(),
            resource: self.resource_item(&resource)?,
            responsibility,
            effective_fields: resource.entry().map(effective_fields).unwrap_or_default(),
            draft: resource.draft.as_ref().map(draft_answer),
            versions: versions.collect(),
            withdrawn: withdrawn.map(|withdrawal| WithdrawalAnswer {
                reason: withdrawal.reason.to_string(),
                at: withdrawal.at.into(),
            }),
            pending: self.pending(&resource)?,
            application_count: resource.applications,
            trail: resource.trail,
            entry: resource.published.map(|published| published.entry),
        })
    }
}

impl Reading<'_> {
    /// The open proposals to withdraw an entry or to share less of it: whoever provides it, or a
    /// department above, proposed them, so they are among the few that these have open.
    fn pending(&self, resource: &Resource) -> Result<Vec<PendingMeasure>, Problem> {
        let mut found = Vec::new();
        let mut above = Some(resource.provider.clone());
        while let Some(id) = above {
            let Some(proposer) = self.view.department(&id)? else {
                break;
            };
            for number in &proposer.open_proposals {
                let proposer = proposer.id.clone();
                let number = *number;
                let proposal = self.view.proposal(&ProposalId { proposer, number })?;
                found.extend(proposal.and_then(|open| self.pending_on(resource, &open)));
            }
            above = proposer.parent;
        }
        Ok(found)
    }

    fn pending_on(&self, resource: &Resource, proposal: &Proposal) -> Option<PendingMeasure> {
        let (code, revision) = match &proposal.measure {
            Measure::Withdraw { code, revision, .. } | Measure::Narrow { code, revision } => {
                (code, *revision)
            }
            _ => return None,
        };
        let may_pass = proposal.standing_at(self.resolved().instant) == Standing::Open
            && (code, revision) == (&resource.code, resource.revision);
        may_pass.then(|| PendingMeasure {
            proposal: proposal.id.clone(),
            measure: proposal.measure.name().to_owned(),
            proposed: proposal.proposed.at.into(),
            not_before: Time(proposal.not_before),
            lapses: Time(proposal.lapses),
            reason: proposal.reason.to_string(),
        })
    }
}

/// A count as answers carry it.
pub(super) fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn entry_holds(entry: &Entry, text: &str) -> bool {
    let holds = |name: &str| name.to_lowercase().contains(text);
    holds(&entry.name)
        || entry.summary.as_ref().is_some_and(|summary| holds(summary))
        || entry.fields.iter().any(|field| holds(&field.name))
}

fn effective_fields(entry: &Entry) -> Vec<EffectiveField> {
    let fields = entry.fields.iter().map(|field| EffectiveField {
        number: field.number,
        name: field.name.to_string(),
        sharing: entry.sharing_of(field).cloned(),
        level: entry.level_of(field),
    });
    fields.collect()
}

fn draft_answer(draft: &Draft) -> DraftAnswer {
    let (state, since) = match &draft.status {
        DraftStatus::Draft => (DraftState::Draft, None),
        DraftStatus::Submitted { decision } => (DraftState::Submitted, Some(decision.at)),
        DraftStatus::Returned { since, .. } => (DraftState::Returned, Some(*since)),
    };
    let (submitted, reason) = match &draft.status {
        DraftStatus::Draft => (None, None),
        DraftStatus::Submitted { decision } => (Some(decision_item(decision)), None),
        DraftStatus::Returned { reason, .. } => (None, Some(reason.to_string())),
    };
    DraftAnswer {
        state,
        since: since.map(Into::into),
        submitted,
        reason,
        lacks: draft
            .entry
            .lacks()
            .iter()
            .map(ToString::to_string)
            .collect(),
        entry: draft.entry.clone(),
    }
}
