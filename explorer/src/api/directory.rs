//! Answers about the directory: departments, responsibilities, resources and their history.

use std::fmt;

use dirchain_ledger::action::Action;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, ProposalId, PurposeCode, ResourceCode, ResponsibilityCode,
    TransactionId,
};
use dirchain_ledger::records::{
    AdministrativeLevel, Category, DepartmentStatus, Entry, LegalBasis, Office, Openness, RecordId,
    ResourceKind, ResourceStatus, ResponsibilityEnd, SensitivityLevel, Sharing, Trail, UpdateCycle,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DecisionItem, KeyItem, Moment, Period, Signer, Time};

/// A sharing type without its condition or legal basis: what lists show and filters name.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SharingType {
    /// 无条件共享
    Unconditional,
    /// 有条件共享
    Conditional,
    /// 不予共享
    NotShared,
}

impl From<&Sharing> for SharingType {
    fn from(sharing: &Sharing) -> Self {
        match sharing {
            Sharing::Unconditional => Self::Unconditional,
            Sharing::Conditional { .. } => Self::Conditional,
            Sharing::NotShared { .. } => Self::NotShared,
        }
    }
}

/// A department in a list: `GET /api/v1/departments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DepartmentItem {
    /// Its permanent id.
    pub id: DepartmentId,
    /// Its official name.
    pub name: String,
    /// Unified social credit code.
    pub credit_code: Option<String>,
    /// The department it is a sub-unit of.
    pub parent: Option<DepartmentId>,
    /// Its level in the administration.
    pub level: AdministrativeLevel,
    /// Its region.
    pub region: String,
    /// Whether it acts and reads.
    pub status: DepartmentStatus,
    /// The offices it holds for the chain.
    pub offices: Vec<Office>,
}

/// A status with the block it began in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusItem {
    /// The status.
    pub status: DepartmentStatus,
    /// Since when.
    pub since: Moment,
}

/// A list cut at a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cut<T> {
    /// The first of them.
    pub items: Vec<T>,
    /// Whether there are more than these.
    pub more: bool,
}

impl<T> Default for Cut<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            more: false,
        }
    }
}

/// `GET /api/v1/departments/{id}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DepartmentAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The department.
    #[serde(flatten)]
    pub department: DepartmentItem,
    /// Every status it had, oldest first.
    pub status_history: Vec<StatusItem>,
    /// Who took over what it had begun, once it was dissolved; none where nobody did.
    #[serde(default)]
    pub successor: Option<DepartmentId>,
    /// Its sub-units.
    pub sub_units: Cut<DepartmentItem>,
    /// Its keys, revoked ones included.
    pub keys: Cut<KeyItem>,
    /// Its responsibilities, ended ones included.
    pub responsibilities: Cut<ResponsibilityItem>,
    /// The chain of everything that touched it.
    pub trail: Trail,
}

/// A responsibility in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResponsibilityItem {
    /// Its code.
    pub code: ResponsibilityCode,
    /// Who holds it.
    pub holder: DepartmentId,
    /// The holder's name.
    pub holder_name: String,
    /// What it is.
    pub title: String,
    /// Where it comes from.
    pub legal_bases: Vec<LegalBasis>,
    /// When it was in effect.
    pub effective: Period,
    /// How it ended, once it has.
    pub ended_as: Option<ResponsibilityEnd>,
    /// Counts every change of this record.
    #[serde(default)]
    pub revision: u32,
}

/// `GET /api/v1/responsibilities/{code}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResponsibilityAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The responsibility.
    #[serde(flatten)]
    pub responsibility: ResponsibilityItem,
    /// The action that ended it, once it has.
    pub ended_by: Option<HistoryItem>,
    /// Who held it before, oldest first.
    pub earlier_holders: Vec<EarlierHolderItem>,
    /// Hash of its full text.
    pub text: Option<Hash>,
    /// The entries that cite it.
    pub cited_by: Cut<ResourceItem>,
    /// The chain of everything that touched it.
    pub trail: Trail,
}

/// Who held a responsibility before it passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EarlierHolderItem {
    /// The department.
    pub holder: DepartmentId,
    /// Its name.
    pub holder_name: String,
    /// The block from which on another held it.
    pub until: Moment,
}

/// A catalogue entry in a list: `GET /api/v1/resources`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResourceItem {
    /// Its code.
    pub code: ResourceCode,
    /// Its name.
    pub name: String,
    /// Who provides it.
    pub provider: DepartmentId,
    /// The provider's name.
    pub provider_name: String,
    /// Its state.
    pub status: ResourceStatus,
    /// How it is shared, where its fields do not say otherwise.
    pub sharing: Option<SharingType>,
    /// In what form the data exists.
    pub kind: Option<ResourceKind>,
    /// What the catalogue is ordered by.
    pub category: Option<Category>,
    /// How sensitive it is.
    pub level: Option<SensitivityLevel>,
    /// Whether the public gets it too.
    pub openness: Option<Openness>,
    /// How often it is renewed.
    pub update_cycle: Option<UpdateCycle>,
    /// How many fields it has.
    pub field_count: u64,
    /// The version in force.
    pub version: Option<u32>,
    /// Counts every change; an action names the revision it was decided on.
    pub revision: u32,
}

/// What holds for a field once the entry's defaults are applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveField {
    /// The field.
    pub number: FieldNumber,
    /// Its name.
    pub name: String,
    /// How it is shared.
    pub sharing: Option<Sharing>,
    /// How sensitive it is.
    pub level: Option<SensitivityLevel>,
}

/// Where a draft stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftState {
    /// Being written.
    Draft,
    /// Waits for publication.
    Submitted,
    /// Returned by the steward.
    Returned,
}

/// An entry not published yet, or the amendment of one that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DraftAnswer {
    /// Where it stands.
    pub state: DraftState,
    /// Since when; none while it is being written.
    pub since: Option<Moment>,
    /// Who submitted it, while it waits.
    pub submitted: Option<DecisionItem>,
    /// Why it was returned.
    pub reason: Option<String>,
    /// What it lacks before it can be submitted, in words.
    pub lacks: Vec<String>,
    /// What it says.
    pub entry: Entry,
}

/// When a version was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionItem {
    /// The version.
    pub version: u32,
    /// When it was in force.
    pub period: Period,
    /// Who submitted it and who published it, and who approved that where it needed several; none of
    /// what the chain began with.
    pub decisions: Vec<DecisionItem>,
}

/// A withdrawn entry's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WithdrawalAnswer {
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// `GET /api/v1/resources/{code}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResourceAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The entry in short.
    #[serde(flatten)]
    pub resource: ResourceItem,
    /// The responsibility that it cites.
    pub responsibility: Option<ResponsibilityItem>,
    /// What the version in force says; none while nothing was published.
    pub entry: Option<Entry>,
    /// What holds for each field of the version in force, or else of the draft.
    pub effective_fields: Vec<EffectiveField>,
    /// The draft or pending amendment.
    pub draft: Option<DraftAnswer>,
    /// Every version there was, oldest first.
    pub versions: Vec<VersionItem>,
    /// Its withdrawal, if it was withdrawn.
    pub withdrawn: Option<WithdrawalAnswer>,
    /// Proposals that would withdraw it or share less of it, and that may still take effect.
    #[serde(default)]
    pub pending: Vec<PendingMeasure>,
    /// Applications made for it so far.
    pub application_count: u32,
    /// The chain of everything that touched it.
    pub trail: Trail,
}

/// An open proposal to withdraw an entry, or to publish an amendment that shares less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingMeasure {
    /// The proposal.
    #[schema(value_type = String)]
    pub proposal: ProposalId,
    /// What it does: `withdraw` or `narrow`.
    pub measure: String,
    /// When it was proposed.
    pub proposed: Moment,
    /// The instant before which the notice runs.
    pub not_before: Time,
    /// The instant at which it lapses.
    pub lapses: Time,
    /// Why.
    pub reason: String,
}

/// One event in a record's history, newest first: `GET /api/v1/resources/{code}/history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryItem {
    /// When it took effect.
    pub at: Moment,
    /// The transaction.
    pub transaction: TransactionId,
    /// The transaction's place in its block.
    pub transaction_index: u32,
    /// The action's place in the transaction.
    pub action_index: u32,
    /// What was done.
    pub action: String,
    /// To which record: `application 103001/000001/3`. What has no number before it is on the ledger,
    /// as an application being made, is told to be done to its entry; a new proposal to nothing.
    pub subject: Option<String>,
    /// The same for the pages, which link to it.
    #[serde(skip)]
    pub subject_id: Option<RecordId>,
    /// Of what is done about an application or authorization: for whom, which fields, what for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concerns: Option<Concern>,
    /// The responsibilities that a reorganisation hands over, as it was proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<HandedOver>,
    /// Of what is done to a proposal, the measure: `revoke`. The last approval puts it into force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// Why, where the action says; of an approval, why it was proposed.
    pub reason: Option<String>,
    /// Who signed.
    pub signer: Signer,
}

/// For whom a sharing is, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Concern {
    /// Who applied, or reads.
    pub department: DepartmentId,
    /// Its name.
    pub department_name: String,
    /// The fields: of a grant those granted, else those asked for.
    pub fields: Vec<FieldNumber>,
    /// What for.
    pub purpose: PurposeCode,
    /// That purpose's name.
    pub purpose_name: String,
}

/// A responsibility that passes from one department to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandedOver {
    /// Which.
    pub responsibility: ResponsibilityCode,
    /// From whom.
    pub from: DepartmentId,
    /// That department's name.
    pub from_name: String,
    /// To whom; to nobody where it ends.
    pub to: Option<DepartmentId>,
    /// That department's name.
    pub to_name: Option<String>,
}

/// An action that took effect: `GET /api/v1/events`, messages of the type `action`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionEvent {
    /// When, where, who and why.
    #[serde(flatten)]
    pub item: HistoryItem,
    /// What was done, as it was signed. Times within are milliseconds since 1970.
    #[schema(value_type = Object)]
    pub content: Action,
}

/// Numbers for an overview, counted up to a bound.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoundedCount {
    /// How many were counted.
    pub count: u64,
    /// Whether there are more than that.
    pub more: bool,
}

impl fmt::Display for BoundedCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.more { "+" } else { "" };
        write!(formatter, "{}{more}", self.count)
    }
}
