//! What actions would come to, who would lose what by them, and what a department may read.

use dirchain_ledger::access::Denial;
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::what_may::Loss;
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
    /// The records that a measure it proposes would write, once everybody had agreed.
    #[serde(default)]
    pub touches_once_agreed: Vec<String>,
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
