//! What departments owe one another: objections (校核、异议), findings (检查发现), demands (需求),
//! obligations (共享责任).

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Decision, FieldNumbers, RecordId};
use crate::bounded::List;
use crate::hash::Hash;
use crate::ids::{
    DemandId, DepartmentId, ElementCode, FieldNumber, FindingId, Name, ResourceCode, SharingId,
    Statement, TimeMs,
};
use crate::limits;

/// What an objection is about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ObjectionKind {
    /// Data of these fields is wrong (校核).
    Correction {
        /// The fields.
        fields: FieldNumbers,
    },
    /// Another field claims to be the data element's source, which is one of this entry's (rule C7).
    SourceConflict {
        /// The data element.
        element: ElementCode,
        /// The entry whose field claims it.
        resource: ResourceCode,
        /// That field.
        field: FieldNumber,
    },
    /// Against the refusal of an application on this entry.
    Appeal {
        /// The application's number.
        application: u32,
    },
}

impl ObjectionKind {
    /// Whether the provider is heard first; else the steward decides from the start.
    pub fn is_for_provider(&self) -> bool {
        match self {
            ObjectionKind::Correction { .. } | ObjectionKind::SourceConflict { .. } => true,
            ObjectionKind::Appeal { .. } => false,
        }
    }
}

/// How an objection ends.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The objection was right: what it is about is put right.
    Corrected,
    /// It was not: what it is about stands.
    Upheld,
    /// Its raiser took it back.
    Withdrawn,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Outcome::Corrected => "corrected",
            Outcome::Upheld => "upheld",
            Outcome::Withdrawn => "withdrawn",
        })
    }
}

/// Where an objection stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionStage {
    /// Waits for the provider's answer; past its deadline the steward may settle it.
    Raised,
    /// The provider answered; the raiser closes or escalates.
    Answered,
    /// Waits for the steward.
    Escalated,
    /// Over.
    Closed,
}

impl std::fmt::Display for ObjectionStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ObjectionStage::Raised => "raised",
            ObjectionStage::Answered => "answered",
            ObjectionStage::Escalated => "escalated",
            ObjectionStage::Closed => "closed",
        })
    }
}

/// One step of an objection: the stage it led to, by whom, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ObjectionStep {
    /// The stage.
    pub stage: ObjectionStage,
    /// What an answer or closure says.
    pub outcome: Option<Outcome>,
    /// Who, when, and why.
    pub decision: Decision,
}

/// An objection (异议) to what an entry says, claims or was refused for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Objection {
    /// The entry and the objection's number there.
    pub id: SharingId,
    /// What it is about.
    pub kind: ObjectionKind,
    /// Who raised it.
    pub raiser: DepartmentId,
    /// Salted hash of its evidence, which is kept elsewhere.
    pub evidence: Option<Hash>,
    /// Counts every change of this record.
    pub revision: u32,
    /// Every step, oldest first; never empty.
    pub steps: List<ObjectionStep, { limits::OBJECTION_STEPS_MAX }>,
}

impl Objection {
    /// Where it stands.
    pub fn stage(&self) -> ObjectionStage {
        let last = self.steps.last();
        last.map_or(ObjectionStage::Raised, |step| step.stage)
    }
}

/// What an inspector found something about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSubject {
    /// A department.
    Department(DepartmentId),
    /// A catalogue entry.
    Resource(ResourceCode),
}

/// A finding of an inspection (检查发现): open, answered, cleared (销号).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Finding {
    /// Its id, never used before.
    pub id: FindingId,
    /// What it is about.
    pub subject: FindingSubject,
    /// Whom it was opened on: the department, or the entry's provider then. Who provides the entry now, or took over
    /// from the department, answers.
    pub department: DepartmentId,
    /// What it is, in a sentence.
    pub title: Statement,
    /// Hash of its full text, which is kept elsewhere.
    pub text: Option<Hash>,
    /// By when it is answered.
    pub due: TimeMs,
    /// Counts every change of this record.
    pub revision: u32,
    /// Who opened it, when.
    pub opened: Decision,
    /// Answers and what the inspector thought of each, oldest first.
    pub answers: List<FindingAnswer, { limits::FINDING_ANSWERS_MAX }>,
    /// Who closed it without an answer, when and why: its department had been dissolved.
    pub closed: Option<Decision>,
}

/// An answer to a finding, and the inspector's verdict on it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct FindingAnswer {
    /// Who answered, when and what.
    pub answered: Decision,
    /// Who judged it, when and why.
    pub judged: Option<Decision>,
    /// Whether it cleared the finding.
    pub cleared: bool,
}

/// Where a finding stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// Waits for an answer.
    Open,
    /// Waits for the inspector's verdict on the answer.
    Answered,
    /// Over (销号).
    Cleared,
}

impl std::fmt::Display for FindingState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            FindingState::Open => "open",
            FindingState::Answered => "answered",
            FindingState::Cleared => "cleared",
        })
    }
}

impl Finding {
    /// Where it stands.
    pub fn state(&self) -> FindingState {
        match self.answers.last() {
            _ if self.closed.is_some() => FindingState::Cleared,
            Some(answer) if answer.cleared => FindingState::Cleared,
            Some(answer) if answer.judged.is_none() => FindingState::Answered,
            Some(_) | None => FindingState::Open,
        }
    }
}

/// Where a demand stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum DemandState {
    /// Waits for the steward to assign it.
    Open,
    /// Waits for a department's answer.
    Assigned {
        /// Whose.
        department: DepartmentId,
        /// Who assigned it, when.
        decision: Decision,
    },
    /// An entry lists the data now.
    Listed {
        /// The entry.
        resource: ResourceCode,
        /// The department that was asked, or who took over from it.
        department: DepartmentId,
        /// When it was asked.
        assigned: Decision,
        /// Who answered, when.
        decision: Decision,
    },
    /// Refused with a reason.
    Refused {
        /// The department that was asked, or who took over from it, if one was.
        department: Option<DepartmentId>,
        /// When it was asked.
        assigned: Option<Decision>,
        /// Who refused, when and why.
        decision: Decision,
    },
}

/// A demand (需求) for data that nobody lists.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Demand {
    /// Its id, never used before.
    pub id: DemandId,
    /// Who asks.
    pub asker: DepartmentId,
    /// What for; who asked and when.
    pub raised: Decision,
    /// Counts every change of this record.
    pub revision: u32,
    /// Where it stands.
    pub state: DemandState,
    /// Assignments that the steward changed, oldest first.
    pub earlier: List<EarlierAssignment, { limits::DEMAND_ASSIGNMENTS_MAX }>,
}

/// An assignment of a demand that the steward changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct EarlierAssignment {
    /// The department that was asked.
    pub department: DepartmentId,
    /// When it was asked.
    pub assigned: Decision,
    /// Who asked another, when and why.
    pub until: Decision,
}

impl Demand {
    /// The records that it names: asker, the department asked, the entry.
    pub(super) fn references(&self) -> Vec<RecordId> {
        let (department, resource) = match &self.state {
            DemandState::Open => (None, None),
            DemandState::Assigned { department, .. } => (Some(department), None),
            DemandState::Listed {
                department,
                resource,
                ..
            } => (Some(department), Some(resource)),
            DemandState::Refused { department, .. } => (department.as_ref(), None),
        };
        let earlier = self.earlier.iter().map(|earlier| &earlier.department);
        let departments = std::iter::once(&self.asker)
            .chain(department)
            .chain(earlier);
        let departments = departments.cloned().map(RecordId::Department);
        departments
            .chain(resource.cloned().map(RecordId::Resource))
            .collect()
    }
}

/// An obligation to share (共享责任), from a published list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Obligation {
    /// The entry and the obligation's number there.
    pub id: SharingId,
    /// The list that it stands in (共享责任清单).
    pub list: Name,
    /// Who must share.
    pub department: DepartmentId,
    /// By when.
    pub due: TimeMs,
    /// Counts every change of this record.
    pub revision: u32,
    /// Who imposed it, when.
    pub imposed: Decision,
    /// When it was met: the entry is in force and a binding of it live.
    pub met: Option<Decision>,
}

/// How much of what a department began still waits: the bound on it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Docket {
    /// Whose.
    pub department: DepartmentId,
    /// Applications.
    pub applications: u32,
    /// Objections.
    pub objections: u32,
    /// Demands.
    pub demands: u32,
}

impl Docket {
    /// A department's docket without anything on it.
    pub fn new(department: DepartmentId) -> Self {
        Self {
            department,
            applications: 0,
            objections: 0,
            demands: 0,
        }
    }
}
