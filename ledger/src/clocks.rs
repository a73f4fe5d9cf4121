//! Who owes an answer, since when, and how late (rule S7); and how departments score by it.
//!
//! Everything here is told from the records, the parameters and the calendar for one height and
//! instant: nothing of it is stored, and nobody enters it by hand.

mod scores;

pub use scores::{Score, scores};

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingDays;
use crate::execute::acts_for;
use crate::ids::{DepartmentId, Moment, ResourceCode, TimeMs};
use crate::records::{
    Application, ApplicationStage, Authorization, Binding, Deadlines, Demand, DemandState,
    DraftStatus, Finding, Objection, ObjectionStage, Obligation, Office, Offices, Parameters,
    Record, RecordId, RecordKind, Resource, Sharing,
};
use crate::view::{Records, View, ViewError};

/// What is owed.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Publishing or returning a submission.
    Publish,
    /// Deciding on an application, or asking for what it lacks.
    Decide,
    /// Supplying what an application lacks.
    Supply,
    /// Connecting what was granted.
    Provision,
    /// Answering an objection.
    Correct,
    /// Settling an objection that stands before the steward.
    Settle,
    /// Assigning a demand.
    Assign,
    /// Answering a demand.
    AnswerDemand,
    /// Answering a finding.
    AnswerFinding,
    /// Meeting an obligation to share.
    Share,
}

/// One thing owed: running, or answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Who owes it.
    pub department: DepartmentId,
    /// What.
    pub duty: Duty,
    /// What it is about.
    pub subject: RecordId,
    /// Since when.
    pub since: TimeMs,
    /// The first instant that is too late.
    pub due: TimeMs,
    /// When it was answered; none while it runs.
    pub answered: Option<TimeMs>,
}

impl Clock {
    /// Whether it was not answered in time, or is not yet although it should be.
    pub fn is_late(&self, now: TimeMs) -> bool {
        self.due <= self.answered.unwrap_or(now)
    }
}

/// Something owed and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What is owed.
    pub clock: Clock,
    /// How late it is: working days since it was due; none before.
    pub late: Option<WorkingDays>,
}

/// Everything that is owed at a height and instant, by all or one department, the most urgent first.
pub fn deadlines(
    view: &dyn View,
    at: Moment,
    department: Option<&DepartmentId>,
) -> Result<Vec<Deadline>, ViewError> {
    let parameters = view.parameters()?;
    let calendar = parameters.calendar_at(at.height);
    let mut open = Vec::new();
    for_each_clock(view, |clock| {
        let is_asked = department.is_none_or(|department| clock.department == *department);
        // What another's silence would bring to a department is not owed yet.
        let has_begun = clock.since <= at.time;
        if clock.answered.is_some() || !is_asked || !has_begun {
            return;
        }
        let is_late = clock.is_late(at.time);
        let late = is_late.then(|| calendar.working_days_between(clock.due, at.time));
        open.push(Deadline { clock, late });
    })?;
    open.sort_by(|one, other| {
        let key = |deadline: &Deadline| (deadline.clock.due, deadline.clock.duty);
        key(one)
            .cmp(&key(other))
            .then_with(|| one.clock.subject.cmp(&other.clock.subject))
    });
    Ok(open)
}

/// Calls `each` for every clock that ever ran, in the order of the records.
pub(crate) fn for_each_clock(
    view: &dyn View,
    mut each: impl FnMut(Clock),
) -> Result<(), ViewError> {
    let desk = Desk {
        view,
        parameters: view.parameters()?,
        offices: view.offices()?,
    };
    const KINDS: [RecordKind; 7] = [
        RecordKind::Resource,
        RecordKind::Application,
        RecordKind::Authorization,
        RecordKind::Objection,
        RecordKind::Finding,
        RecordKind::Demand,
        RecordKind::Obligation,
    ];
    for kind in KINDS {
        for_each_record(view, kind, |record| {
            for clock in desk.clocks_of(record)? {
                each(clock);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Calls `each` for every record of a kind, by ascending id.
pub(crate) fn for_each_record(
    view: &dyn View,
    kind: RecordKind,
    mut each: impl FnMut(&Record) -> Result<(), ViewError>,
) -> Result<(), ViewError> {
    const PAGE: usize = 256;
    let mut after: Option<RecordId> = None;
    loop {
        let ids = view.list(kind, after.as_ref(), PAGE)?;
        for id in &ids {
            if let Some(record) = view.record(id)? {
                each(&record)?;
            }
        }
        if ids.len() < PAGE {
            return Ok(());
        }
        after = ids.into_iter().next_back();
    }
}

/// When an objection that its provider leaves unanswered stands before the steward (rule R5).
pub(crate) fn escalates_at(parameters: &Parameters, raised: Moment) -> TimeMs {
    due(parameters, raised, |deadlines| deadlines.correction)
}

/// When something begun at a block is due, by the deadlines and the calendar of that block.
fn due(parameters: &Parameters, since: Moment, days: impl Fn(&Deadlines) -> WorkingDays) -> TimeMs {
    let days = days(&parameters.settings_at(since.height).deadlines);
    let calendar = parameters.calendar_at(since.height);
    calendar.due(since.time, days)
}

/// What the clocks of a record are told with.
struct Desk<'v> {
    view: &'v dyn View,
    parameters: Parameters,
    offices: Offices,
}

impl Desk<'_> {
    fn clocks_of(&self, record: &Record) -> Result<Vec<Clock>, ViewError> {
        Ok(match record {
            Record::Resource(record) => self.publication(record)?.into_iter().collect(),
            Record::Application(record) => self.application(record)?,
            Record::Authorization(record) => self.provisioning(record)?.into_iter().collect(),
            Record::Objection(record) => self.objection(record)?,
            Record::Finding(record) => finding(record),
            Record::Demand(record) => self.demand(record),
            Record::Obligation(record) => vec![obligation(record)],
            _ => Vec::new(),
        })
    }

    fn due(&self, since: Moment, days: impl Fn(&Deadlines) -> WorkingDays) -> TimeMs {
        due(&self.parameters, since, days)
    }

    fn provider(&self, code: &ResourceCode) -> Result<Option<DepartmentId>, ViewError> {
        Ok(self.view.resource(code)?.map(|resource| resource.provider))
    }

    /// The steward, or its deputy where one of its own line is concerned.
    fn steward_for(&self, concerned: &[&DepartmentId]) -> Result<Option<DepartmentId>, ViewError> {
        let Some(steward) = self.offices.holder(Office::Steward) else {
            return Ok(None);
        };
        for department in concerned {
            if acts_for(self.view, steward, department)?
                || acts_for(self.view, department, steward)?
            {
                return Ok(self.offices.holder(Office::StewardDeputy).cloned());
            }
        }
        Ok(Some(steward.clone()))
    }

    fn publication(&self, resource: &Resource) -> Result<Option<Clock>, ViewError> {
        let status = resource.draft.as_ref().map(|draft| &draft.status);
        let Some(DraftStatus::Submitted { decision }) = status else {
            return Ok(None);
        };
        let since = decision.at;
        let steward = self.steward_for(&[&resource.provider])?;
        Ok(steward.map(|department| Clock {
            department,
            duty: Duty::Publish,
            subject: RecordId::Resource(resource.code.clone()),
            since: since.time,
            due: self.due(since, |deadlines| deadlines.publication),
            answered: None,
        }))
    }

    /// The provider's clock runs from every submission to its decision or question, the
    /// applicant's from every question to what it supplies.
    fn application(&self, application: &Application) -> Result<Vec<Clock>, ViewError> {
        let Some(resource) = self.view.resource(&application.id.resource)? else {
            return Ok(Vec::new());
        };
        let is_open = is_unconditional(&resource, application);
        let mut clocks = Vec::new();
        for (place, begun) in application.stages.iter().enumerate() {
            let mut rest = application.stages.iter().skip(place.saturating_add(1));
            let (department, duty, end) = match begun.stage {
                ApplicationStage::Submitted => {
                    let end = rest.find(|next| next.stage != ApplicationStage::InReview);
                    (&resource.provider, Duty::Decide, end)
                }
                ApplicationStage::NeedsMore => (&application.applicant, Duty::Supply, rest.next()),
                ApplicationStage::InReview
                | ApplicationStage::Granted
                | ApplicationStage::Refused
                | ApplicationStage::TakenBack
                | ApplicationStage::Disputed => continue,
            };
            if end.is_some_and(|end| end.stage == ApplicationStage::TakenBack) {
                continue;
            }
            let due = self.due(begun.since, |deadlines| match duty {
                Duty::Supply => deadlines.supplement,
                _ if is_open => deadlines.unconditional,
                _ => deadlines.conditional,
            });
            clocks.push(Clock {
                department: department.clone(),
                duty,
                subject: RecordId::Application(application.id.clone()),
                since: begun.since.time,
                due,
                answered: end.map(|end| end.since.time),
            });
        }
        Ok(clocks)
    }

    /// From the grant to the first binding that went live; nothing is owed once it ended.
    fn provisioning(&self, authorization: &Authorization) -> Result<Option<Clock>, ViewError> {
        let granted = authorization.granted.at;
        let first_live = first_live(self.view, &authorization.id.resource)?;
        if first_live.is_none() && authorization.ended.is_some() {
            return Ok(None);
        }
        let provider = self.provider(&authorization.id.resource)?;
        Ok(provider.map(|department| Clock {
            department,
            duty: Duty::Provision,
            subject: RecordId::Authorization(authorization.id.clone()),
            since: granted.time,
            due: self.due(granted, |deadlines| deadlines.provisioning),
            answered: first_live.map(|live| live.max(granted.time)),
        }))
    }

    fn objection(&self, objection: &Objection) -> Result<Vec<Clock>, ViewError> {
        let Some(provider) = self.provider(&objection.id.resource)? else {
            return Ok(Vec::new());
        };
        let subject = RecordId::Objection(objection.id.clone());
        let step = |stage| objection.steps.iter().find(|step| step.stage == stage);
        let closed = step(ObjectionStage::Closed).map(|step| step.decision.at.time);
        let mut clocks = Vec::new();
        let mut escalated = step(ObjectionStage::Escalated).map(|step| step.decision.at);
        if let Some(raised) = step(ObjectionStage::Raised).map(|step| step.decision.at) {
            let answered = step(ObjectionStage::Answered).map(|step| step.decision.at.time);
            let due = self.due(raised, |deadlines| deadlines.correction);
            clocks.push(Clock {
                department: provider.clone(),
                duty: Duty::Correct,
                subject: subject.clone(),
                since: raised.time,
                due,
                answered: answered.or(closed),
            });
            // Left unanswered, it stands before the steward from its due instant on.
            if answered.is_none() && closed.is_none_or(|closed| due <= closed) {
                let time = due;
                escalated = escalated.or(Some(Moment { time, ..raised }));
            }
        }
        let steward = self.steward_for(&[&provider, &objection.raiser])?;
        if let (Some(since), Some(department)) = (escalated, steward) {
            clocks.push(Clock {
                department,
                duty: Duty::Settle,
                subject,
                since: since.time,
                due: self.due(since, |deadlines| deadlines.escalation),
                answered: closed,
            });
        }
        Ok(clocks)
    }

    fn demand(&self, demand: &Demand) -> Vec<Clock> {
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
        let clock = |department: &DepartmentId, duty, since: Moment, answered| Clock {
            department: department.clone(),
            duty,
            subject: RecordId::Demand(demand.id.clone()),
            since: since.time,
            due: self.due(since, |deadlines| deadlines.demand),
            answered,
        };
        let steward = self.offices.holder(Office::Steward);
        let assigned_at = assigned.map(|(_, at)| at.time).or(answered);
        let assigning =
            steward.map(|steward| clock(steward, Duty::Assign, demand.raised.at, assigned_at));
        let answering = assigned.map(|(asked, at)| clock(asked, Duty::AnswerDemand, at, answered));
        assigning.into_iter().chain(answering).collect()
    }
}

fn is_unconditional(resource: &Resource, application: &Application) -> bool {
    let Some(published) = &resource.published else {
        return false;
    };
    application.request.fields.iter().all(|number| {
        let field = published.entry.field(*number);
        let sharing = field.and_then(|field| published.entry.sharing_of(field));
        matches!(sharing, Some(Sharing::Unconditional))
    })
}

/// The bindings that an entry ever had.
pub(crate) fn for_each_binding(
    view: &dyn View,
    code: &ResourceCode,
    mut each: impl FnMut(&Binding),
) -> Result<(), ViewError> {
    let target = RecordId::Resource(code.clone());
    let kind = RecordKind::Binding;
    view.for_each_referrer(&target, kind, |id| -> Result<(), ViewError> {
        if let Some(Record::Binding(binding)) = view.record(id)? {
            each(&binding);
        }
        Ok(())
    })
}

fn first_live(view: &dyn View, code: &ResourceCode) -> Result<Option<TimeMs>, ViewError> {
    let mut first: Option<TimeMs> = None;
    for_each_binding(view, code, |binding| {
        first = match (first, binding.first_live()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    })?;
    Ok(first)
}

/// One clock for each answer that was asked for; all are due at the date given.
fn finding(finding: &Finding) -> Vec<Clock> {
    let judged = finding.answers.iter().filter(|answer| !answer.cleared);
    let judged = judged.filter_map(|answer| answer.judged.as_ref());
    let begun = std::iter::once(&finding.opened).chain(judged);
    begun
        .enumerate()
        .map(|(place, begun)| {
            let answer = finding.answers.get(place);
            Clock {
                department: finding.department.clone(),
                duty: Duty::AnswerFinding,
                subject: RecordId::Finding(finding.id.clone()),
                since: begun.at.time,
                due: finding.due,
                answered: answer.map(|answer| answer.answered.at.time),
            }
        })
        .collect()
}

fn obligation(obligation: &Obligation) -> Clock {
    Clock {
        department: obligation.department.clone(),
        duty: Duty::Share,
        subject: RecordId::Obligation(obligation.id.clone()),
        since: obligation.imposed.at.time,
        due: obligation.due,
        answered: obligation.met.as_ref().map(|met| met.at.time),
    }
}
