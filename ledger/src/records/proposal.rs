//! Proposals (提案): the one way to need several people.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Decision, Role, Trail};
use crate::bounded::List;
use crate::ids::{DepartmentId, Moment, ProposalId, Statement, TimeMs};
use crate::limits;
use crate::measure::Measure;

/// Whose signature fills a seat.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Signatory {
    /// The head, and nobody else.
    Head,
    /// An administrator, and nobody else: with a head beside it, two people.
    Administrator,
    /// The head or an administrator.
    Either,
}

impl Signatory {
    /// Whether a key of this role fills the seat.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Signatory::Head => role == Role::Head,
            Signatory::Administrator => role == Role::Administrator,
            Signatory::Either => matches!(role, Role::Head | Role::Administrator),
        }
    }
}

impl std::fmt::Display for Signatory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Signatory::Head => "head",
            Signatory::Administrator => "administrator",
            Signatory::Either => "head or administrator",
        })
    }
}

/// One approval that a proposal needs, and has once it was given.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Seat {
    /// Which department's; a department above it acts for it.
    pub department: DepartmentId,
    /// Whose signature there.
    pub signatory: Signatory,
    /// The approval, once given. Whoever proposes approves by proposing.
    pub approval: Option<Decision>,
}

/// Where a proposal stands, apart from its date: see [`Proposal::standing_at`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum ProposalStatus {
    /// Waits for approvals, until its date.
    Open,
    /// The last approval landed and the measure took effect.
    InForce {
        /// When.
        at: Moment,
    },
    /// Someone whose approval it needs said no.
    Rejected {
        /// Who, when and why.
        decision: Decision,
    },
    /// Its proposer took it back.
    TakenBack {
        /// Who, when.
        decision: Decision,
    },
}

/// Where a proposal stands at an instant.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Waits for approvals.
    Open,
    /// It took effect.
    InForce,
    /// It was refused.
    Rejected,
    /// It was taken back.
    TakenBack,
    /// Its date passed before the last approval.
    Lapsed,
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Standing::Open => "open",
            Standing::InForce => "in force",
            Standing::Rejected => "rejected",
            Standing::TakenBack => "taken back",
            Standing::Lapsed => "lapsed",
        })
    }
}

/// A measure that several departments or people decide on together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// What takes effect with the last approval.
    pub measure: Measure,
    /// Why, and on what document.
    pub reason: Statement,
    /// Who proposed it, when.
    pub proposed: Decision,
    /// Who must approve, and who has.
    pub seats: List<Seat, { limits::SEATS_MAX }>,
    /// The last approval is refused before this instant: the notice that rule S6 asks for.
    pub not_before: TimeMs,
    /// The first instant at which it no longer waits.
    pub lapses: TimeMs,
    /// Counts every change of this record; an approval names the revision it was decided on.
    pub revision: u32,
    /// Where it stands, apart from its date.
    pub status: ProposalStatus,
    /// Everything that touched it.
    pub trail: Trail,
}

impl Proposal {
    /// Where it stands at an instant. That it lapsed follows from the time alone.
    pub fn standing_at(&self, time: TimeMs) -> Standing {
        match self.status {
            ProposalStatus::Open if time < self.lapses => Standing::Open,
            ProposalStatus::Open => Standing::Lapsed,
            ProposalStatus::InForce { .. } => Standing::InForce,
            ProposalStatus::Rejected { .. } => Standing::Rejected,
            ProposalStatus::TakenBack { .. } => Standing::TakenBack,
        }
    }

    /// The seats that wait for their approval.
    pub fn vacant(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| seat.approval.is_none())
    }
}
