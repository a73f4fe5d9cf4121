//! Catalogue entries: draft, submission, return, publication, withdrawal (C1, C3 to C6).

use std::collections::BTreeSet;

use super::{Context, Refusal, end, hold_of, push};
use crate::bounded::List;
use crate::ids::{DepartmentId, FieldNumber, ResourceCode, SharingId, Statement};
use crate::language::phrase;
use crate::limits;
use crate::measure::Measure;
use crate::records::{
    ApplicationStatus, Authorization, Decision, Draft, DraftStatus, EarlyEnd, EndKind, Entry,
    Field, Lack, Office, Period, Published, Record, RecordId, RecordKind, Resource, ResourceStatus,
    Sharing, Standing, Submission, SubmissionOutcome, VersionPeriod, Withdrawal,
};
use crate::rejection::Rejection;
use crate::view::{Records, View};

use super::authority::same_line;

type VersionDecisions = List<Decision, { limits::VERSION_DECISIONS_MAX }>;

impl Context<'_, '_> {
    pub(super) fn existing_resource(&self, code: &ResourceCode) -> Result<Resource, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Resource(code.clone()),
        };
        Ok(self.state.resource(code)?.ok_or_else(unknown)?)
    }

    /// Puts this action on a resource's trail, once, whatever else it changes there.
    pub(super) fn touch_resource(&mut self, code: &ResourceCode) -> Result<(), Refusal> {
        let resource = self.existing_resource(code)?;
        self.put(Record::Resource(Box::new(resource)))
    }

    /// Writes a changed resource: one revision more, and this action on its trail.
    fn put_resource(&mut self, mut resource: Resource) -> Result<(), Refusal> {
        let changes = resource.revision > 0 && resource.withdrawn.is_none();
        if self.mandate.is_none() && changes {
            self.require_no_withdrawal(&resource)?;
        }
        resource.revision = resource.revision.saturating_add(1);
        self.put(Record::Resource(Box::new(resource)))
    }

    /// Rule S6: a withdrawal that waits was decided on the entry as it is; a change of it would undo the notice unseen.
    fn require_no_withdrawal(&self, resource: &Resource) -> Result<(), Refusal> {
        let subject = RecordId::Resource(resource.code.clone());
        let kind = RecordKind::Proposal;
        self.state
            .for_each_referrer(&subject, kind, |id| -> Result<(), Refusal> {
                match self.state.record(id)? {
                    Some(Record::Proposal(proposal))
                        if proposal.standing_at(self.at.time) == Standing::Open
                            && matches!(
                                &proposal.measure,
                                Measure::Withdraw { revision, .. } if *revision == resource.revision
                            ) =>
                    {
                        Err(Rejection::WithdrawalWaits {
                            code: resource.code.clone(),
                            proposal: proposal.id,
                        }
                        .into())
                    }
                    _ => Ok(()),
                }
            })
    }

    pub(super) fn draft_resource(
        &mut self,
        code: &ResourceCode,
        provider: &DepartmentId,
        revision: u32,
        entry: &Entry,
    ) -> Result<(), Refusal> {
        self.require_acting_for(provider)?;
        self.active_department(provider)?;
        let mut resource = match self.state.resource(code)? {
            Some(_) if revision == 0 => {
                return Err(Rejection::Taken {
                    id: RecordId::Resource(code.clone()),
                }
                .into());
            }
            Some(resource) => {
                require_revision(
                    RecordId::Resource(code.clone()),
                    revision,
                    resource.revision,
                )?;
                resource
            }
            None if revision != 0 => {
                return Err(Rejection::Unknown {
                    id: RecordId::Resource(code.clone()),
                }
                .into());
            }
            None => Resource::new(code.clone(), provider.clone(), self.at),
        };
        if resource.provider != *provider {
            let provider = resource.provider;
            return Err(Rejection::NotProvider {
                code: code.clone(),
                provider,
            }
            .into());
        }
        require_not_withdrawn(&resource)?;
        require_field_numbers(&resource, entry)?;
        resource.end_submission(self.at, SubmissionOutcome::TakenBack);
        resource.draft = Some(Draft {
            status: DraftStatus::Draft,
            entry: entry.clone(),
        });
        self.put_resource(resource)
    }

    pub(super) fn submit_resource(
        &mut self,
        code: &ResourceCode,
        revision: u32,
    ) -> Result<(), Refusal> {
        let mut resource = self.existing_resource(code)?;
        self.require_acting_for(&resource.provider)?;
        require_revision(
            RecordId::Resource(code.clone()),
            revision,
            resource.revision,
        )?;
        require_not_withdrawn(&resource)?;
        let decision = self.decision(None);
        let status = resource.status();
        let wrong = |needed| Rejection::WrongStatus {
            code: code.clone(),
            status,
            needed,
        };
        let Some(draft) = resource.draft.as_mut() else {
            return Err(wrong(phrase!("there is no draft to submit", "没有可提交的草稿")).into());
        };
        if let DraftStatus::Submitted { .. } = draft.status {
            return Err(wrong(phrase!(
                "it was submitted already and waits for publication",
                "已提交，正在等待发布"
            ))
            .into());
        }
        self.require_complete(code, &resource.provider, &draft.entry)?;
        draft.status = DraftStatus::Submitted { decision };
        let submission = Submission {
            since: self.at,
            ended: None,
        };
        push(
            &mut resource.submissions,
            submission,
            phrase!(
                "the number of submissions of an entry",
                "一个目录的提交次数"
            ),
        )?;
        self.put_resource(resource)
    }

    /// Rules C1, C3 and C4: the metadata is complete, and the responsibility is the provider's.
    fn require_complete(
        &self,
        code: &ResourceCode,
        provider: &DepartmentId,
        entry: &Entry,
    ) -> Result<(), Refusal> {
        let lacks = entry.lacks();
        let unfounded = |lack: &Lack| matches!(lack, Lack::Condition(_) | Lack::LegalBasis(_));
        if !lacks.is_empty() && lacks.iter().all(unfounded) {
            return Err(Rejection::SharingUnfounded {
                code: code.clone(),
                lacks,
            }
            .into());
        }
        match &entry.responsibility {
            Some(responsibility) if lacks.is_empty() => self.require_held(provider, responsibility),
            Some(_) | None => Err(Rejection::Incomplete {
                code: code.clone(),
                lacks,
            }
            .into()),
        }
    }

    /// The steward decides on submissions; on its own entries, its deputy does (C5). Its own are
    /// also those of its sub-units, and of a department that it is a sub-unit of.
    fn require_publisher(&self, provider: &DepartmentId) -> Result<(), Refusal> {
        let steward = self.holder(Office::Steward)?;
        let is_stewards = same_line(self.state, &steward, provider)?;
        let office = if is_stewards {
            Office::StewardDeputy
        } else {
            Office::Steward
        };
        let publisher = self.holder(office)?;
        if self.author_acts_for(provider)? {
            let (actor, provider) = (self.actor().clone(), provider.clone());
            return Err(Rejection::OwnEntry {
                actor,
                provider,
                publisher,
            }
            .into());
        }
        self.require_office(office)
    }

    pub(super) fn return_resource(
        &mut self,
        code: &ResourceCode,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let mut resource = self.existing_resource(code)?;
        self.require_publisher(&resource.provider)?;
        require_revision(
            RecordId::Resource(code.clone()),
            revision,
            resource.revision,
        )?;
        let (draft, _) = submitted(&mut resource)?;
        draft.status = DraftStatus::Returned {
            reason: reason.clone(),
            since: self.at,
        };
        resource.end_submission(self.at, SubmissionOutcome::Returned);
        self.put_resource(resource)
    }

    pub(super) fn publish_resource(
        &mut self,
        code: &ResourceCode,
        revision: u32,
    ) -> Result<(), Refusal> {
        let mut resource = self.existing_resource(code)?;
        // By a proposal the provider proposes, and the publisher's approval is among its seats.
        if self.mandate.is_none() {
            self.require_publisher(&resource.provider)?;
        }
        require_revision(
            RecordId::Resource(code.clone()),
            revision,
            resource.revision,
        )?;
        let (draft, submission) = submitted(&mut resource)?;
        let entry = draft.entry.clone();
        let decisions = self.version_decisions(submission)?;
        self.require_complete(code, &resource.provider, &entry)?;
        require_field_numbers(&resource, &entry)?;
        if let Some(current) = &resource.published
            && self.mandate.is_none()
        {
            require_not_narrower(code, &current.entry, &entry)?;
        }
        let version = resource
            .published
            .as_ref()
            .map_or(1, |current| current.version.saturating_add(1));
        if let Some(last) = resource.versions.as_mut_slice().last_mut() {
            end(&mut last.period, self.at);
        }
        let period = VersionPeriod {
            version,
            period: Period::since(self.at),
            entry: entry.hash(),
            responsibility: entry.responsibility.clone(),
            decisions,
        };
        push(
            &mut resource.versions,
            period,
            phrase!("the number of versions of an entry", "一个目录的版本数量"),
        )?;
        let highest = entry
            .fields
            .iter()
            .map(|field| field.number.0)
            .max()
            .unwrap_or(0);
        resource.last_field = resource.last_field.max(highest);
        self.share_unconditionally(&mut resource, Some(&entry))?;
        let outcome = match self.mandate {
            Some(_) => SubmissionOutcome::Agreed,
            None => SubmissionOutcome::Published,
        };
        resource.end_submission(self.at, outcome);
        resource.published = Some(Published {
            version,
            since: self.at,
            entry,
        });
        resource.draft = None;
        self.put_resource(resource)
    }

    /// What a version rests on (rule R3): its submission and its publication, with the approvals where
    /// it is by proposal.
    fn version_decisions(&self, submission: Decision) -> Result<VersionDecisions, Refusal> {
        let mut decisions = List::default();
        let approvals = self.mandate.iter().flat_map(|mandate| &mandate.approvals);
        let own = [submission, self.decision(None)].into_iter();
        for decision in own.chain(approvals.cloned()) {
            push(
                &mut decisions,
                decision,
                phrase!("the number of approvals", "批准的数量"),
            )?;
        }
        Ok(decisions)
    }

    /// Withdraws an entry. Its authorizations end, its open applications are refused.
    pub(super) fn withdraw_resource(
        &mut self,
        code: &ResourceCode,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let mut resource = self.existing_resource(code)?;
        self.require_acting_for(&resource.provider)?;
        require_revision(
            RecordId::Resource(code.clone()),
            revision,
            resource.revision,
        )?;
        require_not_withdrawn(&resource)?;
        if resource.published.is_some() {
            self.require_mandate("withdraw", phrase!("a published entry", "已发布的目录"))?;
        }
        for id in resource.lasting_at(self.at.time) {
            if let Some(authorization) = self.state.authorization(&id)? {
                self.close(authorization, EndKind::ResourceWithdrawn, reason)?;
            }
        }
        resource.grants = List::default();
        for waiting in std::mem::take(&mut resource.waiting).into_vec() {
            let id = SharingId {
                resource: code.clone(),
                number: waiting.number,
            };
            if let Some(mut application) = self.state.application(&id)? {
                let decision = self.decision(Some(reason));
                let status = ApplicationStatus::Refused { decision };
                self.close_application(&mut application, status)?;
                self.put(Record::Application(application))?;
            }
        }
        if let Some(last) = resource.versions.as_mut_slice().last_mut() {
            end(&mut last.period, self.at);
        }
        self.share_unconditionally(&mut resource, None)?;
        resource.end_submission(self.at, SubmissionOutcome::TakenBack);
        resource.draft = None;
        resource.withdrawn = Some(Withdrawal {
            reason: reason.clone(),
            at: self.at,
        });
        self.put_resource(resource)
    }

    /// Keeps when which field was unconditional, as `entry` (none: withdrawn) comes into force.
    fn share_unconditionally(
        &self,
        resource: &mut Resource,
        entry: Option<&Entry>,
    ) -> Result<(), Refusal> {
        let open: BTreeSet<FieldNumber> = entry.map_or_else(BTreeSet::new, |entry| {
            let fields = entry.fields.iter();
            let is_open =
                |field: &&Field| matches!(entry.sharing_of(field), Some(Sharing::Unconditional));
            fields.filter(is_open).map(|field| field.number).collect()
        });
        let what = phrase!(
            "the history of an entry's unconditional fields",
            "无条件共享信息项的历史"
        );
        hold_of(&mut resource.unconditional, open, self.at, what)
    }

    /// The author's decision, now.
    pub(super) fn decision(&self, reason: Option<&Statement>) -> Decision {
        Decision {
            department: self.actor().clone(),
            key: self.author.public_key,
            at: self.at,
            reason: reason.cloned(),
        }
    }

    /// Ends an active authorization now; its entry's list of those that last is the caller's.
    pub(super) fn close(
        &mut self,
        mut authorization: Authorization,
        kind: EndKind,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        if let Some(last) = authorization.active.as_mut_slice().last_mut() {
            end(last, self.at);
        }
        authorization.revision = authorization.revision.saturating_add(1);
        authorization.ended = Some(EarlyEnd {
            kind,
            decision: self.decision(Some(reason)),
        });
        self.put(Record::Authorization(authorization))
    }
}

pub(super) fn require_revision(id: RecordId, given: u32, current: u32) -> Result<(), Refusal> {
    if given == current {
        return Ok(());
    }
    Err(Rejection::Stale { id, given, current }.into())
}

/// That a decision names the version in force.
pub(super) fn require_version(
    code: &ResourceCode,
    given: u32,
    current: u32,
) -> Result<(), Refusal> {
    if given == current {
        return Ok(());
    }
    let code = code.clone();
    Err(Rejection::OtherVersion {
        code,
        given,
        current,
    }
    .into())
}

fn require_not_withdrawn(resource: &Resource) -> Result<(), Refusal> {
    if resource.withdrawn.is_none() {
        return Ok(());
    }
    let (code, status) = (resource.code.clone(), ResourceStatus::Withdrawn);
    Err(Rejection::WrongStatus {
        code,
        status,
        needed: phrase!(
            "a withdrawn entry stays withdrawn; use a new code",
            "已撤销的目录不能恢复，请使用新的代码"
        ),
    }
    .into())
}

/// The draft that waits for publication, with its submission.
fn submitted(resource: &mut Resource) -> Result<(&mut Draft, Decision), Refusal> {
    let (code, status) = (resource.code.clone(), resource.status());
    let wrong = Rejection::WrongStatus {
        code,
        status,
        needed: phrase!(
            "no draft of it waits for publication. The provider's head submits one, and again after every change",
            "没有等待发布的草稿。须由提供方负责人提交，修改后须重新提交"
        ),
    };
    let draft = resource.draft.as_mut().ok_or(wrong.clone())?;
    match &draft.status {
        DraftStatus::Submitted { decision } => {
            let decision = decision.clone();
            Ok((draft, decision))
        }
        DraftStatus::Draft | DraftStatus::Returned { .. } => Err(wrong.into()),
    }
}

/// Rule C6: numbers ascend strictly from 1; one that is new to the entry lies above all used ones.
fn require_field_numbers(resource: &Resource, entry: &Entry) -> Result<(), Refusal> {
    let mut last = FieldNumber(0);
    for field in &entry.fields {
        let known = resource.published.as_ref().is_some_and(|published| {
            published
                .entry
                .field(field.number)
                .is_some_and(|before| before.field_type == field.field_type)
        });
        let ascending = field.number > last;
        if !ascending || !(known || field.number.0 > resource.last_field) {
            let (code, field) = (resource.code.clone(), field.number);
            return Err(Rejection::BadFieldNumber { code, field }.into());
        }
        last = field.number;
    }
    Ok(())
}

fn openness_of(sharing: Option<&Sharing>) -> u8 {
    match sharing {
        Some(Sharing::Unconditional) => 2,
        Some(Sharing::Conditional { .. }) => 1,
        Some(Sharing::NotShared { .. }) | None => 0,
    }
}

/// The first field that an amendment shares less widely than the version before; one that it leaves out is shared with
/// nobody. None where nobody loses anything by it.
pub(crate) fn first_narrowed(before: &Entry, after: &Entry) -> Option<FieldNumber> {
    let narrowed = before.fields.iter().find(|field| {
        let was = openness_of(before.sharing_of(field));
        let left = after.field(field.number);
        let is = openness_of(left.and_then(|field| after.sharing_of(field)));
        is < was
    });
    narrowed.map(|field| field.number)
}

/// What shares less is published by a proposal, with notice (rule S6).
fn require_not_narrower(code: &ResourceCode, before: &Entry, after: &Entry) -> Result<(), Refusal> {
    match first_narrowed(before, after) {
        Some(field) => {
            let code = code.clone();
            Err(Rejection::Narrows { code, field }.into())
        }
        None => Ok(()),
    }
}
