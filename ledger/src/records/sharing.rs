//! Applications (共享申请) and authorizations (授权).

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Period, SharingMethod};
use crate::bounded::List;
use crate::crypto::PublicKey;
use crate::ids::{
    DepartmentId, FieldNumber, Height, Moment, PurposeCode, ResponsibilityCode, SharingId,
    Statement, TimeMs,
};
use crate::limits;

/// Field numbers, strictly ascending, at least one.
pub type FieldNumbers = List<FieldNumber, { limits::FIELDS_MAX }>;

/// What a department asks for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Request {
    /// The version of the entry it was written against.
    pub version: u32,
    /// The applicant's own responsibility that needs the data.
    pub responsibility: ResponsibilityCode,
    /// The fields.
    pub fields: FieldNumbers,
    /// What for.
    pub purpose: PurposeCode,
    /// The business scene (使用场景), in words.
    pub scene: Statement,
    /// How the data is to arrive.
    pub method: SharingMethod,
    /// Calls a day at most; none for no bound asked.
    pub calls_per_day_max: Option<u32>,
    /// First instant of use.
    pub from: TimeMs,
    /// First instant after use.
    pub to: TimeMs,
}

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum ApplicationStatus {
    /// Waits for the provider.
    Submitted,
    /// Lacks something: waits for the applicant (rule S4).
    NeedsMore {
        /// Who asked, when, and for what.
        decision: Decision,
    },
    /// Complete: waits for the provider's decision.
    InReview {
        /// Who found it complete, when.
        decision: Decision,
    },
    /// An authorization of the same id exists.
    Granted {
        /// Who decided, when.
        decision: Decision,
    },
    /// Refused, with a reason.
    Refused {
        /// Who decided, when and why.
        decision: Decision,
    },
    /// Taken back by the applicant.
    TakenBack {
        /// Who took it back, when.
        decision: Decision,
    },
    /// Refused, and the refusal appealed against.
    Disputed {
        /// The objection's number on the resource.
        objection: u32,
        /// The refusal.
        decision: Decision,
    },
}

/// An application's status without its decision.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationStage {
    /// Waits for the provider.
    Submitted,
    /// Waits for the applicant.
    NeedsMore,
    /// Complete: waits for the provider's decision.
    InReview,
    /// Granted.
    Granted,
    /// Refused.
    Refused,
    /// Taken back.
    TakenBack,
    /// Refused, and the refusal appealed against.
    Disputed,
}

impl std::fmt::Display for ApplicationStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ApplicationStage::Submitted => "submitted",
            ApplicationStage::NeedsMore => "waiting for the applicant",
            ApplicationStage::InReview => "in review",
            ApplicationStage::Granted => "granted",
            ApplicationStage::Refused => "refused",
            ApplicationStage::TakenBack => "taken back",
            ApplicationStage::Disputed => "disputed",
        })
    }
}

/// A stage and the block it began in.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct StageSince {
    /// The stage.
    pub stage: ApplicationStage,
    /// Since when.
    pub since: Moment,
}

impl ApplicationStatus {
    /// The status without its decision.
    pub fn stage(&self) -> ApplicationStage {
        match self {
            ApplicationStatus::Submitted => ApplicationStage::Submitted,
            ApplicationStatus::NeedsMore { .. } => ApplicationStage::NeedsMore,
            ApplicationStatus::InReview { .. } => ApplicationStage::InReview,
            ApplicationStatus::Granted { .. } => ApplicationStage::Granted,
            ApplicationStatus::Refused { .. } => ApplicationStage::Refused,
            ApplicationStatus::TakenBack { .. } => ApplicationStage::TakenBack,
            ApplicationStatus::Disputed { .. } => ApplicationStage::Disputed,
        }
    }

    /// Whether it waits for the provider or the applicant.
    pub fn is_open(&self) -> bool {
        match self {
            ApplicationStatus::Submitted
            | ApplicationStatus::NeedsMore { .. }
            | ApplicationStatus::InReview { .. } => true,
            ApplicationStatus::Granted { .. }
            | ApplicationStatus::Refused { .. }
            | ApplicationStatus::TakenBack { .. }
            | ApplicationStatus::Disputed { .. } => false,
        }
    }
}

/// A decision with its signer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Decision {
    /// The deciding department.
    pub department: DepartmentId,
    /// The key that signed.
    pub key: PublicKey,
    /// When.
    pub at: Moment,
    /// Why, where a reason was given.
    pub reason: Option<Statement>,
}

/// An application of one department for fields of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: SharingId,
    /// Who asks.
    pub applicant: DepartmentId,
    /// What for.
    pub request: Request,
    /// Counts every change of this record.
    pub revision: u32,
    /// When it arrived.
    pub submitted: Moment,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// Every stage it went through, oldest first; the last is its status's.
    pub stages: List<StageSince, { limits::APPLICATION_STAGES_MAX }>,
}

/// Why an authorization ended before its time.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndKind {
    /// The provider took it back.
    Revoked,
    /// The grantee gave it up.
    GivenUp,
    /// The resource was withdrawn.
    ResourceWithdrawn,
    /// Another authorization took its place.
    Superseded,
}

/// An early end with its signer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct EarlyEnd {
    /// Which kind.
    pub kind: EndKind,
    /// Who decided, when and why.
    pub decision: Decision,
}

/// A grant: one grantee may read these fields of one resource for one purpose in one window.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Authorization {
    /// Its id, the application's.
    pub id: SharingId,
    /// Who may read; it cannot be passed on (rule S5).
    pub grantee: DepartmentId,
    /// The grantee's responsibility it was granted for.
    pub responsibility: ResponsibilityCode,
    /// The version of the entry that was granted.
    pub version: u32,
    /// The fields granted.
    pub fields: FieldNumbers,
    /// What for.
    pub purpose: PurposeCode,
    /// Calls a day at most; none for no bound.
    pub calls_per_day_max: Option<u32>,
    /// First instant of use.
    pub from: TimeMs,
    /// First instant after use.
    pub to: TimeMs,
    /// Who granted it, when and why.
    pub granted: Decision,
    /// Who approved the grant besides, where it needed two people (rule S8).
    pub approvals: List<Decision, { limits::SEATS_MAX }>,
    /// Counts every change of this record.
    pub revision: u32,
    /// When it was active, oldest first; its window bounds it besides.
    pub active: List<Period, { limits::PERIODS_MAX }>,
    /// Its suspension for misuse, while that lasts.
    pub suspended: Option<Decision>,
    /// Its early end, if it had one.
    pub ended: Option<EarlyEnd>,
}

impl Authorization {
    /// Whether it was active after the block at `height`, its window apart.
    pub fn is_active_at(&self, height: Height) -> bool {
        self.active.iter().any(|period| period.holds_at(height))
    }

    /// The decisions that it rests on.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        std::iter::once(&self.granted).chain(&self.approvals)
    }

    /// Whether its window holds the instant.
    pub fn window_holds(&self, time: TimeMs) -> bool {
        self.from <= time && time < self.to
    }
}
