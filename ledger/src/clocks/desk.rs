//! The clocks of each kind of record: who owed what, since when, and what ended it.
//!
//! An answer is its giver's: a clock that ended is told of who provided the entry or held the office
//! then, whoever does now.

use std::collections::BTreeMap;

use super::{Clock, Duty, due, for_each_binding};
use crate::calendar::WorkingDays;
use crate::execute::{acts_for, answerer, first_narrowed, living};
use crate::ids::{DepartmentId, FieldNumber, Moment, ResourceCode, ResponsibilityCode, TimeMs};
use crate::measure::Measure;
use crate::records::{
    Application, ApplicationStage, Authorization, Deadlines, Demand, DemandState, Finding,
    Objection, ObjectionStage, Obligation, Office, Offices, Outcome, Parameters, Record, RecordId,
    RecordKind, Resource, Standing, Submission, SubmissionOutcome,
};
use crate::view::{Records, View, ViewError};

/// What the clocks of a record are told with.
pub(super) struct Desk<'v> {
    /// The ledger at a height.
    pub(super) view: &'v dyn View,
    /// That height, and the instant that is asked for.
    pub(super) at: Moment,
    /// The deadlines and the calendar.
    pub(super) parameters: Parameters,
    /// Who held which office when.
    pub(super) offices: Offices,
    /// The responsibilities that have ended, and when.
    pub(super) ended: BTreeMap<ResponsibilityCode, Moment>,
}

impl Desk<'_> {
    pub(super) fn clocks_of(&self, record: &Record) -> Result<Vec<Clock>, ViewError> {
        Ok(match record {
            Record::Resource(record) => {
                let mut clocks = self.publications(record)?;
                clocks.extend(self.amendments(record)?);
                clocks
            }
            Record::Application(record) => self.application(record)?,
            Record::Authorization(record) => self.provisioning(record)?.into_iter().collect(),
            Record::Objection(record) => self.objection(record)?,
            Record::Finding(record) => self.finding(record)?,
            Record::Demand(record) => self.demand(record)?,
            Record::Obligation(record) => self.obligation(record)?.into_iter().collect(),
            _ => Vec::new(),
        })
    }

    fn due(&self, since: Moment, days: impl Fn(&Deadlines) -> WorkingDays) -> TimeMs {
        due(&self.parameters, since, days)
    }

    /// Who owes an answer, and who owed it when it was due: `whose` tells who does at an instant.
    fn owed_by(
        &self,
        answered: Option<TimeMs>,
        due: TimeMs,
        whose: impl Fn(TimeMs) -> Result<DepartmentId, ViewError>,
    ) -> Result<(DepartmentId, DepartmentId), ViewError> {
        let until = self.until(answered);
        Ok((whose(until)?, whose(until.min(due))?))
    }

    /// Who stood for an entry's provider at an instant.
    fn provider(&self, resource: &Resource, time: TimeMs) -> Result<DepartmentId, ViewError> {
        living(self.view, resource.provider_when(time), time)
    }

    /// The instant at which something ended, or else the one asked for.
    fn until(&self, ended: Option<TimeMs>) -> TimeMs {
        ended.unwrap_or(self.at.time)
    }

    /// The steward at an instant, or its deputy where one of its own line is concerned.
    fn steward_for(
        &self,
        concerned: &[&DepartmentId],
        time: TimeMs,
    ) -> Result<Option<DepartmentId>, ViewError> {
        let Some(steward) = self.offices.holder_when(Office::Steward, time) else {
            return Ok(None);
        };
        for department in concerned {
            let department = &living(self.view, department, time)?;
            if acts_for(self.view, steward, department)?
                || acts_for(self.view, department, steward)?
            {
                let deputy = self.offices.holder_when(Office::StewardDeputy, time);
                return Ok(deputy.cloned());
            }
        }
        Ok(Some(steward.clone()))
    }

    /// From every submission to its publication or return. What the provider took back itself, and
    /// what several published by a proposal, is no answer of the steward's.
    fn publications(&self, resource: &Resource) -> Result<Vec<Clock>, ViewError> {
        let mut clocks = Vec::new();
        for submission in &resource.submissions {
            if submission.ended_as(SubmissionOutcome::Agreed) {
                continue;
            }
            let ended = submission.ended.map(|end| end.at.time);
            let until = self.until(ended);
            let steward = |time: TimeMs| self.steward_for(&[resource.provider_when(time)], time);
            let Some(department) = steward(until)? else {
                continue;
            };
            let since = self.publishable(resource, submission)?;
            let due = self.due(since, |deadlines| deadlines.publication);
            let clock = Clock {
                let_lie: steward(until.min(due))?.unwrap_or_else(|| department.clone()),
                department,
                duty: Duty::Publish,
                subject: RecordId::Resource(resource.code.clone()),
                since: since.time,
                due,
                answered: None,
            };
            clocks.extend(match submission.ended_as(SubmissionOutcome::TakenBack) {
                true => clock.stopped(ended),
                false => Some(clock.with_answer(ended)),
            });
        }
        Ok(clocks)
    }

    /// From the end of the responsibility that a version in force cites to the next version, or the
    /// entry's withdrawal (rule C1). A withdrawal needs notice, which the provider is given besides.
    fn amendments(&self, resource: &Resource) -> Result<Vec<Clock>, ViewError> {
        let cited = resource.versions.iter().filter_map(|version| {
            let ended = self.ended.get(version.responsibility.as_ref()?)?;
            Some((version.period, *ended))
        });
        let owed = cited.filter(|(period, ended)| period.holds_at(ended.height));
        owed.map(|(period, ended)| {
            let answered = period.to.map(|to| to.time);
            let settings = self.parameters.settings_at(ended.height);
            let (days, notice) = (settings.deadlines.correction, settings.notice);
            let days = WorkingDays(days.0.saturating_add(notice.0));
            let calendar = self.parameters.calendar_at(ended.height);
            let due = calendar.due(ended.time, days);
            let (department, let_lie) =
                self.owed_by(answered, due, |time| self.provider(resource, time))?;
            Ok(Clock {
                department,
                let_lie,
                duty: Duty::Amend,
                subject: RecordId::Resource(resource.code.clone()),
                since: ended.time,
                due,
                answered,
            })
        })
        .collect()
    }

    /// Since when a submission can be published: what shares less than the version in force waits
    /// for the notice of the proposal that would publish it (rule S6).
    fn publishable(
        &self,
        resource: &Resource,
        submission: &Submission,
    ) -> Result<Moment, ViewError> {
        let mut since = submission.since;
        let (None, Some(published), Some(draft)) =
            (submission.ended, &resource.published, &resource.draft)
        else {
            return Ok(since);
        };
        if first_narrowed(&published.entry, &draft.entry).is_none() {
            return Ok(since);
        }
        let target = RecordId::Resource(resource.code.clone());
        let kind = RecordKind::Proposal;
        self.view
            .for_each_referrer(&target, kind, |id| -> Result<(), ViewError> {
                if let Some(Record::Proposal(proposal)) = self.view.record(id)?
                    && let Measure::Narrow { code, revision } = &proposal.measure
                    && (code, *revision) == (&resource.code, resource.revision)
                    && proposal.standing_at(self.at.time) == Standing::Open
                {
                    since.time = since.time.max(proposal.not_before);
                }
                Ok(())
            })?;
        Ok(since)
    }

    /// The provider's clock runs from every submission to its decision or question, the
    /// applicant's from every question to what it supplies. An applicant that takes back, or is no
    /// more, stops them.
    fn application(&self, application: &Application) -> Result<Vec<Clock>, ViewError> {
        let Some(resource) = self.view.resource(&application.id.resource)? else {
            return Ok(Vec::new());
        };
        let mut clocks = Vec::new();
        for (place, begun) in application.stages.iter().enumerate() {
            let mut rest = application.stages.iter().skip(place.saturating_add(1));
            let (duty, end) = match begun.stage {
                ApplicationStage::Submitted => (
                    Duty::Decide,
                    rest.find(|next| next.stage != ApplicationStage::InReview),
                ),
                ApplicationStage::NeedsMore => (Duty::Supply, rest.next()),
                ApplicationStage::InReview
                | ApplicationStage::Granted
                | ApplicationStage::Refused
                | ApplicationStage::TakenBack
                | ApplicationStage::Disputed => continue,
            };
            let ended = end.map(|end| end.since.time);
            let is_open = is_unconditional(&resource, &application.request.fields, begun.since);
            let due = self.due(begun.since, |deadlines| match duty {
                Duty::Supply => deadlines.supplement,
                _ if is_open => deadlines.unconditional,
                _ => deadlines.conditional,
            });
            let (department, let_lie) = self.owed_by(ended, due, |time| match duty {
                Duty::Supply => Ok(application.applicant.clone()),
                _ => self.provider(&resource, time),
            })?;
            let clock = Clock {
                department,
                let_lie,
                duty,
                subject: RecordId::Application(application.id.clone()),
                since: begun.since.time,
                due,
                answered: None,
            };
            clocks.extend(match end {
                Some(end) if end.stage == ApplicationStage::TakenBack => clock.stopped(ended),
                Some(_) => Some(clock.with_answer(ended)),
                None => clock.stopped(self.dissolved(&application.applicant)?),
            });
        }
        Ok(clocks)
    }

    fn dissolved(&self, department: &DepartmentId) -> Result<Option<TimeMs>, ViewError> {
        let department = self.view.department(department)?;
        let dissolved = department.and_then(|department| department.dissolved());
        Ok(dissolved.map(|dissolved| dissolved.time))
    }

    /// From the grant to the first binding that went live; nothing is owed any more once the grant
    /// ended, expired, is suspended, or waits for a new holder of its responsibility.
    fn provisioning(&self, authorization: &Authorization) -> Result<Option<Clock>, ViewError> {
        let Some(resource) = self.view.resource(&authorization.id.resource)? else {
            return Ok(None);
        };
        let granted = authorization.granted.at;
        let live = first_live(self.view, &resource.code)?.map(|live| live.max(granted.time));
        let ended = authorization.ended.as_ref().map(|end| end.decision.at.time);
        let expired = Some(authorization.to).filter(|to| *to <= self.at.time);
        let lost = self.lost(authorization)?;
        let suspended = authorization.suspended.as_ref();
        let suspended = suspended.map(|decision| decision.at.time);
        let stopped = [ended, expired, lost, suspended]
            .into_iter()
            .flatten()
            .min();
        let due = self.due(granted, |deadlines| deadlines.provisioning);
        let (department, let_lie) =
            self.owed_by(live.or(stopped), due, |time| self.provider(&resource, time))?;
        let clock = Clock {
            department,
            let_lie,
            duty: Duty::Provision,
            subject: RecordId::Authorization(authorization.id.clone()),
            since: granted.time,
            due,
            answered: None,
        };
        Ok(match (live, stopped) {
            (Some(live), Some(stopped)) if stopped < live => clock.stopped(Some(stopped)),
            (Some(live), Some(_) | None) => Some(clock.with_answer(Some(live))),
            (None, stopped) => clock.stopped(stopped),
        })
    }

    /// When a grantee lost the responsibility that it was granted for; none while it has it.
    fn lost(&self, authorization: &Authorization) -> Result<Option<TimeMs>, ViewError> {
        let Some(duty) = self.view.responsibility(&authorization.responsibility)? else {
            return Ok(None);
        };
        if acts_for(self.view, &duty.holder, &authorization.grantee)? {
            return Ok(duty.effective.to.map(|to| to.time));
        }
        for earlier in duty.earlier_holders.iter().rev() {
            if acts_for(self.view, &earlier.holder, &authorization.grantee)? {
                return Ok(Some(earlier.until.time));
            }
        }
        Ok(None)
    }

    /// The provider's clock runs to its answer, or until the objection stands before the steward by
    /// itself (rule R5); the steward's from there to the settlement.
    fn objection(&self, objection: &Objection) -> Result<Vec<Clock>, ViewError> {
        let Some(resource) = self.view.resource(&objection.id.resource)? else {
            return Ok(Vec::new());
        };
        let subject = RecordId::Objection(objection.id.clone());
        let step = |stage| objection.steps.iter().find(|step| step.stage == stage);
        let at = |stage| step(stage).map(|step| step.decision.at);
        let closed = at(ObjectionStage::Closed).map(|closed| closed.time);
        let until = self.until(closed);
        let mut clocks = Vec::new();
        let mut escalated = at(ObjectionStage::Escalated);
        if let Some(raised) = at(ObjectionStage::Raised) {
            let answered = at(ObjectionStage::Answered).map(|answered| answered.time);
            let due = self.due(raised, |deadlines| deadlines.correction);
            let is_left = answered.is_none() && due <= until;
            let provider = self.provider(&resource, answered.unwrap_or(until.min(due)))?;
            let clock = Clock {
                let_lie: self.provider(&resource, answered.unwrap_or(until).min(due))?,
                department: provider,
                duty: Duty::Correct,
                subject: subject.clone(),
                since: raised.time,
                due,
                answered: None,
            };
            clocks.extend(match answered {
                Some(answered) => Some(clock.with_answer(Some(answered))),
                None if is_left => clock.stopped(Some(due)),
                None => clock.stopped(closed),
            });
            if is_left {
                escalated = escalated.or(Some(Moment {
                    time: due,
                    ..raised
                }));
            }
        }
        let steward = |time: TimeMs| {
            self.steward_for(&[resource.provider_when(time), &objection.raiser], time)
        };
        if let (Some(since), Some(department)) = (escalated, steward(until)?) {
            let due = self.due(since, |deadlines| deadlines.escalation);
            let clock = Clock {
                let_lie: steward(until.min(due))?.unwrap_or_else(|| department.clone()),
                department,
                duty: Duty::Settle,
                subject,
                since: since.time,
                due,
                answered: None,
            };
            let outcome = step(ObjectionStage::Closed).and_then(|step| step.outcome);
            clocks.extend(match outcome {
                Some(Outcome::Withdrawn) => clock.stopped(closed),
                Some(Outcome::Corrected | Outcome::Upheld) | None => {
                    Some(clock.with_answer(closed))
                }
            });
        }
        Ok(clocks)
    }

    fn demand(&self, demand: &Demand) -> Result<Vec<Clock>, ViewError> {
        let (assigned, answered) = match &demand.state {
            DemandState::Open => (None, None),
            DemandState::Assigned {
                department,
                decision,
            } => (Some((department, decision.at)), None),
            DemandState::Listed {
                department,
                assigned,
                decision,
                ..
            } => (Some((department, assigned.at)), Some(decision.at.time)),
            DemandState::Refused {
                department,
                assigned,
                decision,
            } => {
                let assigned = assigned.as_ref().map(|assigned| assigned.at);
                (department.as_ref().zip(assigned), Some(decision.at.time))
            }
        };
        let clock = |whose: &dyn Fn(TimeMs) -> Result<DepartmentId, ViewError>,
                     duty,
                     since: Moment,
                     ended: Option<TimeMs>,
                     answered| {
            let due = self.due(since, |deadlines| deadlines.demand);
            let (department, let_lie) = self.owed_by(ended, due, whose)?;
            Ok::<Clock, ViewError>(Clock {
                department,
                let_lie,
                duty,
                subject: RecordId::Demand(demand.id.clone()),
                since: since.time,
                due,
                answered,
            })
        };
        let mut clocks = Vec::new();
        let first = demand.earlier.first().map(|first| first.assigned.at.time);
        let assigned_at = assigned.map(|(_, at)| at.time).or(answered);
        let assigned_at = first.or(assigned_at);
        let steward = |time| self.offices.holder_when(Office::Steward, time);
        if let Some(now) = steward(self.until(assigned_at)) {
            let raised = demand.raised.at;
            let whose = |time| Ok(steward(time).unwrap_or(now).clone());
            clocks.push(clock(
                &whose,
                Duty::Assign,
                raised,
                assigned_at,
                assigned_at,
            )?);
        }
        // Whoever was asked before another was owed the answer until then.
        for earlier in &demand.earlier {
            let (until, since) = (Some(earlier.until.at.time), earlier.assigned.at);
            let whose = |time| living(self.view, &earlier.department, time);
            let asked = clock(&whose, Duty::AnswerDemand, since, until, None)?;
            clocks.extend(asked.stopped(until));
        }
        if let Some((asked, since)) = assigned {
            let whose = |time| living(self.view, asked, time);
            clocks.push(clock(
                &whose,
                Duty::AnswerDemand,
                since,
                answered,
                answered,
            )?);
        }
        Ok(clocks)
    }

    /// Whoever provides the entry meets the obligation; its withdrawal stops the clock.
    fn obligation(&self, obligation: &Obligation) -> Result<Option<Clock>, ViewError> {
        let Some(resource) = self.view.resource(&obligation.id.resource)? else {
            return Ok(None);
        };
        let met = obligation.met.as_ref().map(|met| met.at.time);
        let withdrawn = resource.withdrawn.as_ref().map(|end| end.at.time);
        let (department, let_lie) = self.owed_by(met.or(withdrawn), obligation.due, |time| {
            self.provider(&resource, time)
        })?;
        let clock = Clock {
            department,
            let_lie,
            duty: Duty::Share,
            subject: RecordId::Obligation(obligation.id.clone()),
            since: obligation.imposed.at.time,
            due: obligation.due,
            answered: None,
        };
        Ok(match met {
            Some(met) => Some(clock.with_answer(Some(met))),
            None => clock.stopped(withdrawn),
        })
    }

    /// One clock for each answer that was asked for; all are due at the date given. Nothing is owed any
    /// more once nobody is left to answer.
    fn finding(&self, finding: &Finding) -> Result<Vec<Clock>, ViewError> {
        let judged = finding.answers.iter().filter(|answer| !answer.cleared);
        let judged = judged.filter_map(|answer| answer.judged.as_ref());
        let begun = std::iter::once(&finding.opened).chain(judged);
        let dissolved = self.dissolved(&answerer(self.view, finding, self.at.time)?)?;
        let mut clocks = Vec::new();
        for (place, begun) in begun.enumerate() {
            let answered = finding.answers.get(place);
            let answered = answered.map(|answer| answer.answered.at.time);
            let (department, let_lie) = self.owed_by(answered, finding.due, |time| {
                answerer(self.view, finding, time)
            })?;
            let clock = Clock {
                department,
                let_lie,
                duty: Duty::AnswerFinding,
                subject: RecordId::Finding(finding.id.clone()),
                since: begun.at.time,
                due: finding.due,
                answered: None,
            };
            clocks.extend(match answered {
                Some(answered) => Some(clock.with_answer(Some(answered))),
                None => clock.stopped(dissolved),
            });
        }
        Ok(clocks)
    }
}

/// Whether every field was shared with everybody when it was asked for.
fn is_unconditional(resource: &Resource, fields: &[FieldNumber], at: Moment) -> bool {
    fields.iter().all(|number| {
        let mut open = resource.unconditional.iter();
        open.any(|open| open.field == *number && open.period.holds_at(at.height))
    })
}

fn first_live(view: &dyn View, code: &ResourceCode) -> Result<Option<TimeMs>, ViewError> {
    let mut first: Option<TimeMs> = None;
    for_each_binding(view, code, |binding| {
        let live = binding.first_live();
        first = [first, live].into_iter().flatten().min();
    })?;
    Ok(first)
}
