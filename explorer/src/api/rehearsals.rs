//! What actions would come to, who would lose what by them, and what a department may read.

use dirchain_ledger::access::Denial;
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::execute::{Reach, Unsettled};
use dirchain_ledger::ids::{
    DemandId, DepartmentId, FieldNumber, FindingId, ProposalId, ResourceCode, ResponsibilityCode,
    SharingId,
};
use dirchain_ledger::language::Language;
use dirchain_ledger::measure::Reorganisation;
use dirchain_ledger::what_may::{Loss, Stopped};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Basis, Moment};

/// What is rehearsed: `POST /api/v1/rehearsals`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearsalQuestion {
    /// The key that would sign.
    pub author: PublicKey,
    /// The actions of each transaction, in the order of submission. Each is tried on top of those
    /// before it that passed.
    pub transactions: Vec<Vec<Action>>,
    /// Whether to tell who would lose what.
    #[serde(default)]
    pub losses: bool,
}

/// Why the rules refuse something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalItem {
    /// The reason's stable code.
    pub code: String,
    /// The rule, as the documentation numbers them.
    pub rule: Option<String>,
    /// The reason in words, with what to do.
    pub message: String,
    /// The same in Chinese.
    #[serde(default)]
    pub message_zh: String,
}

impl RefusalItem {
    /// The reason in words of a language.
    pub fn told(&self, language: Language) -> &str {
        match self.message_zh.is_empty() {
            true => &self.message,
            false => language.say(&self.message_zh, &self.message),
        }
    }
}

/// What one transaction would come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rehearsed {
    /// Why it would be refused; none when it would take effect.
    pub refusal: Option<RefusalItem>,
    /// The records that it would write, as people write their kind and id.
    pub touches: Vec<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub touches_zh: Vec<String>,
    /// The records that a measure it proposes would write, once everybody had agreed.
    #[serde(default)]
    pub touches_once_agreed: Vec<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub touches_once_agreed_zh: Vec<String>,
}

/// Fields of one entry that a department could no longer read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LossItem {
    /// Who loses.
    pub department: DepartmentId,
    /// The entry.
    pub resource: ResourceCode,
    /// The fields, ascending.
    pub fields: Vec<FieldNumber>,
    /// Why it may read them now.
    #[serde(flatten)]
    pub basis: Basis,
    /// Why it no longer could.
    pub denial: Denial,
}

impl From<Loss> for LossItem {
    fn from(loss: Loss) -> Self {
        Self {
            department: loss.department,
            resource: loss.resource,
            fields: loss.fields,
            basis: Basis::from(loss.basis),
            denial: loss.denial,
        }
    }
}

/// The answer of `POST /api/v1/rehearsals`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalAnswer {
    /// The block on whose state it was tried.
    pub as_of: Moment,
    /// What each transaction would come to, in their order.
    pub transactions: Vec<Rehearsed>,
    /// Who would lose what, where that was asked for. A department that is suspended or dissolved
    /// loses everything besides.
    pub losses: Vec<LossItem>,
    /// Entries that would be touched too and were not looked at for losses: too many at once.
    pub unexamined: Vec<ResourceCode>,
    /// Departments that would no longer be active, where losses were asked for: each loses all that it
    /// may read.
    #[serde(default)]
    pub stopped: Vec<StoppedItem>,
    /// Entries in force that would no longer cite an effective responsibility of their provider, where
    /// losses were asked for: what was granted on them goes on, nothing new is.
    #[serde(default)]
    pub unfounded: Vec<ResourceCode>,
    /// What the reorganisations among what is proposed would do, once everybody had agreed.
    #[serde(default)]
    pub reorganised: Vec<ReachItem>,
    /// What is begun and not settled where a measure among what is proposed dissolves or suspends a department, or passes
    /// entries on. It stays: who took over, or who provides the entry then, ends it.
    #[serde(default)]
    pub unsettled: UnsettledItem,
}

/// What is begun and not settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnsettledItem {
    /// Applications that wait for a decision or for material.
    pub applications: Vec<SharingId>,
    /// Objections that are not closed.
    pub objections: Vec<SharingId>,
    /// Proposals that wait for approvals.
    #[schema(value_type = Vec<String>)]
    pub proposals: Vec<ProposalId>,
    /// Demands without an answer.
    #[schema(value_type = Vec<String>)]
    pub demands: Vec<DemandId>,
    /// Findings that are not cleared.
    #[schema(value_type = Vec<String>)]
    pub findings: Vec<FindingId>,
    /// Bindings that are not retired.
    pub bindings: Vec<SharingId>,
    /// Whether there is more than these: it was too much to look at all of it.
    pub more: bool,
}

impl UnsettledItem {
    /// With what another measure would leave.
    pub fn add(&mut self, found: Unsettled) {
        fn join<T: Ord>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
            all.extend(more);
            all.sort_unstable();
            all.dedup();
        }
        join(&mut self.applications, found.applications);
        join(&mut self.objections, found.objections);
        join(&mut self.proposals, found.proposals);
        join(&mut self.demands, found.demands);
        join(&mut self.findings, found.findings);
        join(&mut self.bindings, found.bindings);
        self.more |= found.more;
    }
}

/// A department that would no longer be active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoppedItem {
    /// Which.
    pub department: DepartmentId,
    /// The authorizations that it could no longer use.
    pub authorizations: Vec<SharingId>,
}

impl From<Stopped> for StoppedItem {
    fn from(stopped: Stopped) -> Self {
        Self {
            department: stopped.department,
            authorizations: stopped.authorizations,
        }
    }
}

/// Everything that a reorganisation touches besides departments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReachItem {
    /// Responsibilities that pass on.
    pub responsibilities: Vec<PassedResponsibility>,
    /// Entries that get another provider.
    pub entries: Vec<PassedEntry>,
    /// Entries that lose the responsibility they cite, because it is abolished.
    pub unfounded: Vec<ResourceCode>,
    /// Authorizations on those entries; they go on.
    pub provided: Vec<SharingId>,
    /// Authorizations of earlier holders: lost until the provider confirms the new holder, or for good
    /// where the responsibility is abolished.
    pub received: Vec<HeldAuthorization>,
    /// Authorizations whose grantee holds the responsibility again; they go on.
    pub regained: Vec<HeldAuthorization>,
}

/// A responsibility that passes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PassedResponsibility {
    /// Its code.
    pub responsibility: ResponsibilityCode,
    /// Who holds it.
    pub from: DepartmentId,
    /// Who would; none where it is abolished.
    pub to: Option<DepartmentId>,
}

/// An entry that gets another provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PassedEntry {
    /// Which.
    pub resource: ResourceCode,
    /// Who provides it.
    pub from: DepartmentId,
    /// Who would.
    pub to: DepartmentId,
}

/// An authorization and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldAuthorization {
    /// Which.
    pub authorization: SharingId,
    /// Who holds it.
    pub grantee: DepartmentId,
}

impl ReachItem {
    /// What a reorganisation reaches, for people.
    pub fn of(reorganisation: &Reorganisation, reach: Reach) -> Self {
        let held = |items: Vec<(SharingId, DepartmentId)>| {
            let items = items.into_iter();
            let items = items.map(|(authorization, grantee)| HeldAuthorization {
                authorization,
                grantee,
            });
            items.collect()
        };
        let transfers = reorganisation.transfers.iter();
        let passed = transfers.map(|transfer| PassedResponsibility {
            responsibility: transfer.responsibility.clone(),
            from: transfer.from.clone(),
            to: transfer.to.clone(),
        });
        let entries = reach.entries.into_iter();
        let entries = entries.map(|(resource, from, to)| PassedEntry { resource, from, to });
        Self {
            responsibilities: passed.collect(),
            entries: entries.collect(),
            unfounded: reach.unfounded,
            provided: reach.provided,
            received: held(reach.received),
            regained: held(reach.regained),
        }
    }
}

/// Fields of one entry that a department may read on one basis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadableItem {
    /// The entry.
    pub resource: ResourceCode,
    /// Its name.
    pub name: String,
    /// Who provides it.
    pub provider: DepartmentId,
    /// The fields, ascending.
    pub fields: Vec<FieldNumber>,
    /// Why; of a grant also until when.
    #[serde(flatten)]
    pub basis: Basis,
}

/// On which basis the items of a list rest (`?basis=`).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// It provides the data.
    Owner,
    /// Shared with every department.
    Unconditional,
    /// Granted.
    Authorized,
}

impl BasisKind {
    /// The kind of a basis.
    pub fn of(basis: &Basis) -> Self {
        match basis {
            Basis::Owner { .. } => Self::Owner,
            Basis::Unconditional { .. } => Self::Unconditional,
            Basis::Authorized { .. } => Self::Authorized,
        }
    }
}
