//! Who owes an answer, since when, and how late (rule S7); and how departments score by it.
//!
//! Everything here is told from the records, the parameters and the calendar for one height and
//! instant: nothing of it is stored, and nobody enters it by hand.

mod desk;
mod scores;

pub use scores::{Score, scores};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingDays;
use crate::ids::{DepartmentId, Moment, ResourceCode, ResponsibilityCode, TimeMs};
use crate::records::{Binding, Deadlines, Parameters, Record, RecordId, RecordKind};
use crate::view::{Records, View, ViewError};
use desk::Desk;

/// What is owed.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Publishing or returning a submission.
    Publish,
    /// Amending or withdrawing an entry in force whose responsibility has ended (rule C1).
    Amend,
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

impl Duty {
    /// Whether it falls to an office for the whole chain rather than to a department for its own.
    pub fn is_of_office(self) -> bool {
        match self {
            Duty::Publish | Duty::Settle | Duty::Assign => true,
            Duty::Amend
            | Duty::Decide
            | Duty::Supply
            | Duty::Provision
            | Duty::Correct
            | Duty::AnswerDemand
            | Duty::AnswerFinding
            | Duty::Share => false,
        }
    }
}

/// One thing owed: running, or answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Who owes it; once it was answered, who did.
    pub department: DepartmentId,
    /// Who owed it when it was due: whose delay it is, whoever owes the answer since. Before that, who owes it.
    pub let_lie: DepartmentId,
    /// What.
    pub duty: Duty,
    /// What it is about.
    pub subject: RecordId,
    /// Since when.
    pub since: TimeMs,
    /// The first instant that is too late.
    pub due: TimeMs,
    /// When it was answered, or nobody could answer it any more; none while it runs.
    pub answered: Option<TimeMs>,
}

impl Clock {
    /// Whether it was not answered in time, or is not yet although it should be.
    pub fn is_late(&self, now: TimeMs) -> bool {
        self.due <= self.answered.unwrap_or(now)
    }

    /// The clock once it was answered; while it was not, as it is.
    fn with_answer(self, answered: Option<TimeMs>) -> Self {
        Self { answered, ..self }
    }

    /// What a clock leaves that something else than an answer stopped: nothing before it was due, and
    /// an answer too late afterwards.
    fn stopped(self, stopped: Option<TimeMs>) -> Option<Self> {
        let is_owed = stopped.is_none_or(|stopped| self.due <= stopped);
        is_owed.then(|| self.with_answer(stopped))
    }
}

/// Something owed and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What is owed.
    pub clock: Clock,
    /// How late it is: working days begun since it was due; none before.
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
    for_each_clock(view, at, |clock| {
        let is_asked = department.is_none_or(|department| clock.department == *department);
        // What another's silence would bring to a department is not owed yet.
        let has_begun = clock.since <= at.time;
        if clock.answered.is_some() || !is_asked || !has_begun {
            return;
        }
        let is_late = clock.is_late(at.time);
        let late = is_late.then(|| calendar.working_days_begun(clock.due, at.time));
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

/// Calls `each` for every clock that ever ran up to `at`, in the order of the records.
pub(crate) fn for_each_clock(
    view: &dyn View,
    at: Moment,
    mut each: impl FnMut(Clock),
) -> Result<(), ViewError> {
    let desk = Desk {
        view,
        at,
        parameters: view.parameters()?,
        offices: view.offices()?,
        ended: ended_responsibilities(view)?,
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

/// The responsibilities that have ended, and when.
fn ended_responsibilities(
    view: &dyn View,
) -> Result<BTreeMap<ResponsibilityCode, Moment>, ViewError> {
    let mut ended = BTreeMap::new();
    for_each_record(view, RecordKind::Responsibility, |record| {
        if let Record::Responsibility(duty) = record
            && let Some(to) = duty.effective.to
        {
            ended.insert(duty.code.clone(), to);
        }
        Ok(())
    })?;
    Ok(ended)
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
