//! What a transaction does: one enum, one variant for each thing a department can sign.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::bounded::List;
use crate::codec::encode;
use crate::crypto::PublicKey;
use crate::equivocation::EquivocationProof;
use crate::hash::{Domain, Hash, hash};
use crate::ids::{
    Code, CreditCode, DemandId, DepartmentId, ElementCode, FieldNumber, FindingId, Height, Name,
    NodeId, ProposalId, ResourceCode, ResponsibilityCode, SharingId, Statement, TimeMs,
};
use crate::limits;
use crate::measure::Measure;
use crate::records::{
    AdministrativeLevel, BatchId, BindingChange, BindingTerms, Counted, Entry, FieldNumbers,
    FieldType, FindingSubject, KeyOffer, LegalBasis, NodeAddress, NodeKeyOffer, ObjectionKind,
    Outcome, Request, Side, Stars,
};

/// A department or sub-unit to be registered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct RegisterDepartment {
    /// Its permanent id; a sub-unit's is its parent's, a dot and a number.
    pub id: DepartmentId,
    /// The department it is a sub-unit of.
    pub parent: Option<DepartmentId>,
    /// Unified social credit code, where there is one.
    pub credit_code: Option<CreditCode>,
    /// Official name.
    pub name: Name,
    /// Level in the administration.
    pub level: AdministrativeLevel,
    /// Region.
    pub region: Code,
    /// Its head's first key. A sub-unit may go without: its parent's keys act for it.
    pub head: Option<KeyOffer>,
}

/// A responsibility to be declared.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct DeclareResponsibility {
    /// Its code, never used before.
    pub code: ResponsibilityCode,
    /// Who holds it.
    pub holder: DepartmentId,
    /// What it is.
    pub title: Statement,
    /// Hash of the full text.
    pub text: Option<Hash>,
    /// Where it comes from.
    pub legal_bases: List<LegalBasis, { limits::LEGAL_BASES_MAX }>,
}

/// A node to be admitted to the network.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct RegisterNode {
    /// Its name within the chain, never used before.
    pub id: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// Its Ed25519 key on the network.
    pub network: NodeKeyOffer,
    /// The key that it would vote with; none for a node that only follows.
    #[serde(default)]
    pub consensus: Option<NodeKeyOffer>,
    /// Where it listens.
    pub addresses: List<NodeAddress, { limits::ADDRESSES_MAX }>,
}

/// What changes about a node; what is not named stays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AmendNode {
    /// The node.
    pub id: NodeId,
    /// Its new key on the network, from this block on.
    #[serde(default)]
    pub network: Option<NodeKeyOffer>,
    /// A key that it will vote with once the membership says so.
    #[serde(default)]
    pub consensus: Option<NodeKeyOffer>,
    /// Where it listens.
    #[serde(default)]
    pub addresses: Option<List<NodeAddress, { limits::ADDRESSES_MAX }>>,
}

/// A grant's terms. What is granted lies within what was asked for (rule S2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The application.
    pub application: SharingId,
    /// Its revision as the decider saw it.
    pub revision: u32,
    /// The fields granted.
    pub fields: FieldNumbers,
    /// Calls a day at most.
    pub calls_per_day_max: Option<u32>,
    /// First instant of use.
    pub from: TimeMs,
    /// First instant after use.
    pub to: TimeMs,
    /// Why, where the decider says.
    pub reason: Option<Statement>,
}

/// One side's count of one window of use, to be sealed (使用留痕).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SealReceipts {
    /// The use, and the window's first instant.
    pub batch: BatchId,
    /// Whose count it is.
    pub side: Side,
    /// What was counted.
    pub counted: Counted,
    /// Merkle root over the salted receipts of all calls (see [`crate::receipts`]).
    pub root: Hash,
}

/// One thing a department can sign. The order of the variants is part of the format.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// The registrar registers a department, or a department's head its own sub-unit.
    RegisterDepartment(RegisterDepartment),
    /// A department's head registers another key of the department (or of a sub-unit).
    RegisterKey {
        /// Whose key it will be.
        department: DepartmentId,
        /// The key.
        offer: KeyOffer,
    },
    /// A department's head revokes a key of the department.
    RevokeKey {
        /// The key.
        public_key: PublicKey,
    },
    /// A department's head reports a key stolen: what it signed from `since` on is suspect.
    SuspectKey {
        /// The key.
        public_key: PublicKey,
        /// From which block on; not in the future.
        since: Height,
    },
    /// The registrar declares a responsibility.
    DeclareResponsibility(DeclareResponsibility),
    /// The registrar abolishes a responsibility.
    AbolishResponsibility {
        /// Which.
        code: ResponsibilityCode,
        /// The revision that was decided on.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The provider writes an entry's draft, a new one or over the one that is there.
    DraftResource {
        /// The entry's code.
        code: ResourceCode,
        /// Who provides it.
        provider: DepartmentId,
        /// The revision it is written over; 0 for a new entry.
        revision: u32,
        /// What it says.
        entry: Entry,
    },
    /// The provider's head submits the draft.
    SubmitResource {
        /// The entry.
        code: ResourceCode,
        /// Its revision as the head saw it.
        revision: u32,
    },
    /// The steward returns a submission.
    ReturnResource {
        /// The entry.
        code: ResourceCode,
        /// Its revision as the steward saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The steward publishes a submission (its deputy, where the entry is the steward's).
    PublishResource {
        /// The entry.
        code: ResourceCode,
        /// Its revision as the steward saw it.
        revision: u32,
    },
    /// The provider's head withdraws an entry; every authorization on it ends.
    WithdrawResource {
        /// The entry.
        code: ResourceCode,
        /// Its revision as the head saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// A department applies for fields of an entry.
    Apply {
        /// The entry.
        resource: ResourceCode,
        /// Who asks.
        applicant: DepartmentId,
        /// What for.
        request: Request,
    },
    /// The applicant takes its application back.
    TakeBackApplication {
        /// The application.
        application: SharingId,
        /// Its revision as the applicant saw it.
        revision: u32,
    },
    /// The provider grants an application.
    Grant(Grant),
    /// The provider refuses an application.
    Refuse {
        /// The application.
        application: SharingId,
        /// Its revision as the decider saw it.
        revision: u32,
        /// Why (rule S3).
        reason: Statement,
    },
    /// The grantee gives an authorization up. The provider's revocation is a proposal (rule S6).
    EndAuthorization {
        /// The authorization.
        authorization: SharingId,
        /// Its revision as the decider saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// An operator or head admits a node of the department to the network.
    RegisterNode(RegisterNode),
    /// An operator or head takes a node off the network.
    RemoveNode {
        /// The node.
        id: NodeId,
    },
    /// An operator or head changes a node's keys or addresses.
    AmendNode(AmendNode),
    /// An operator or head shows that a node is near the chain's end (rule R9).
    MarkReady {
        /// The node.
        id: NodeId,
        /// A recent height.
        height: Height,
        /// The block there.
        block: Hash,
    },
    /// An operator or head of another node brings proof that a node contradicted itself (rule R10).
    ReportEquivocation {
        /// The node.
        node: NodeId,
        /// The proof.
        proof: EquivocationProof,
    },
    /// A department proposes a measure that needs several; who must approve follows from it.
    Propose {
        /// What would take effect.
        measure: Box<Measure>,
        /// Why, and on what document.
        reason: Statement,
    },
    /// One of those whose approval a proposal needs gives it; with the last one it takes effect.
    Approve {
        /// The proposal.
        proposal: ProposalId,
        /// Its revision as the approver saw it.
        revision: u32,
    },
    /// One of those whose approval a proposal needs says no.
    Reject {
        /// The proposal.
        proposal: ProposalId,
        /// Its revision as the decider saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The proposer takes its proposal back.
    TakeBackProposal {
        /// The proposal.
        proposal: ProposalId,
        /// Its revision as the proposer saw it.
        revision: u32,
    },
    /// The provider suspends an authorization for misuse, at once (rule S6).
    SuspendAuthorization {
        /// The authorization.
        authorization: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The provider lifts the suspension of an authorization.
    ResumeAuthorization {
        /// The authorization.
        authorization: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
    },
    /// The provider confirms that what it granted goes on for whoever holds the responsibility by
    /// now (rule R2).
    ConfirmHolder {
        /// The authorization of the earlier holder.
        authorization: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
    },
    /// The provider states where an entry's data is.
    ProposeBinding {
        /// The entry.
        resource: ResourceCode,
        /// Where and how.
        terms: BindingTerms,
    },
    /// The provider mends a binding: its gateway confirms it again.
    AmendBinding {
        /// The binding.
        binding: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
        /// Where and how from now on.
        terms: BindingTerms,
    },
    /// The provider suspends, resumes or retires a binding.
    ChangeBinding {
        /// The binding.
        binding: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
        /// What to.
        change: BindingChange,
        /// Why.
        reason: Statement,
    },
    /// A binding's gateway reports the schema that it sees: live, or drifted (rule C8).
    ReportSchema {
        /// The binding.
        binding: SharingId,
        /// Hash of the schema that it sees.
        schema: Hash,
    },
    /// A gateway seals the receipts of one window (rules U1 to U3).
    SealReceipts(Box<SealReceipts>),
    /// A reader rates the data that a batch records.
    Rate {
        /// The batch.
        batch: BatchId,
        /// How good it was.
        stars: Stars,
        /// What it found.
        reason: Statement,
    },
    /// The provider answers a rating.
    AnswerRating {
        /// The rated batch.
        batch: BatchId,
        /// The answer.
        text: Statement,
    },
    /// The provider asks the applicant for what an application lacks (rule S4).
    AskForMore {
        /// The application.
        application: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
        /// What it lacks.
        reason: Statement,
    },
    /// The applicant supplies it.
    SupplyApplication {
        /// The application.
        application: SharingId,
        /// Its revision as the applicant saw it.
        revision: u32,
        /// The application as it reads now.
        request: Request,
    },
    /// The provider finds an application complete and reviews it.
    ReviewApplication {
        /// The application.
        application: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
    },
    /// The standards office defines a data element.
    DefineElement {
        /// Its code, never used before.
        code: ElementCode,
        /// Its name.
        name: Name,
        /// What it means.
        definition: Statement,
        /// Its type.
        field_type: FieldType,
    },
    /// The standards office retires a data element.
    RetireElement {
        /// Which.
        code: ElementCode,
        /// The revision that was decided on.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// A provider claims that a field is a data element's source; a second claim opens an
    /// objection (rule C7).
    ClaimSource {
        /// The data element.
        element: ElementCode,
        /// The entry.
        resource: ResourceCode,
        /// Its field.
        field: FieldNumber,
        /// Why.
        reason: Statement,
    },
    /// A department objects to what an entry says, or appeals against a refusal.
    RaiseObjection {
        /// The entry.
        resource: ResourceCode,
        /// Who objects.
        raiser: DepartmentId,
        /// To what.
        kind: ObjectionKind,
        /// Why.
        reason: Statement,
        /// Salted hash of the evidence.
        evidence: Option<Hash>,
    },
    /// The provider answers an objection.
    AnswerObjection {
        /// The objection.
        objection: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
        /// Put right, or not.
        outcome: Outcome,
        /// Why.
        reason: Statement,
    },
    /// The raiser is not content with the answer.
    EscalateObjection {
        /// The objection.
        objection: SharingId,
        /// Its revision as the raiser saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The raiser accepts the answer, or takes the objection back.
    CloseObjection {
        /// The objection.
        objection: SharingId,
        /// Its revision as the raiser saw it.
        revision: u32,
        /// Why.
        reason: Statement,
    },
    /// The steward (its deputy, where the steward is concerned) settles an objection (rule R5).
    SettleObjection {
        /// The objection.
        objection: SharingId,
        /// Its revision as the steward saw it.
        revision: u32,
        /// Put right, or not.
        outcome: Outcome,
        /// Why.
        reason: Statement,
    },
    /// An inspector opens a finding.
    OpenFinding {
        /// Its id, never used before.
        id: FindingId,
        /// What it is about.
        subject: FindingSubject,
        /// What it is, in a sentence.
        title: Statement,
        /// Hash of its full text.
        text: Option<Hash>,
        /// By when it is answered.
        due: TimeMs,
    },
    /// The department concerned answers a finding.
    AnswerFinding {
        /// The finding.
        finding: FindingId,
        /// Its revision as the department saw it.
        revision: u32,
        /// The answer.
        text: Statement,
    },
    /// An inspector clears a finding (销号), or asks for another answer.
    JudgeFinding {
        /// The finding.
        finding: FindingId,
        /// Its revision as the inspector saw it.
        revision: u32,
        /// Whether the answer clears it.
        cleared: bool,
        /// Why.
        reason: Statement,
    },
    /// A department demands data that nobody lists.
    RaiseDemand {
        /// Its id, never used before.
        id: DemandId,
        /// Who asks.
        asker: DepartmentId,
        /// What, and what for.
        text: Statement,
    },
    /// The steward assigns a demand.
    AssignDemand {
        /// The demand.
        demand: DemandId,
        /// Its revision as the steward saw it.
        revision: u32,
        /// To whom.
        department: DepartmentId,
        /// Why, where another was asked before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Statement>,
    },
    /// The department asked answers a demand: an entry lists the data, or a reason why not.
    AnswerDemand {
        /// The demand.
        demand: DemandId,
        /// Its revision as the department saw it.
        revision: u32,
        /// The entry; none when it is refused.
        resource: Option<ResourceCode>,
        /// Why.
        reason: Statement,
    },
    /// The steward imposes an obligation to share (共享责任清单).
    ImposeObligation {
        /// The entry.
        resource: ResourceCode,
        /// The list that it stands in.
        list: Name,
        /// By when.
        due: TimeMs,
    },
    /// The provider meets an obligation.
    MeetObligation {
        /// The obligation.
        obligation: SharingId,
        /// Its revision as the provider saw it.
        revision: u32,
    },
}

impl Action {
    /// The action's leaf in its envelope's actions root.
    pub fn leaf(&self) -> Hash {
        self.leaf_and_size().0
    }

    /// The leaf, and how many bytes the encoded action has; both from one encoding.
    pub fn leaf_and_size(&self) -> (Hash, usize) {
        let bytes = encode(self);
        (hash(Domain::ActionLeaf, &[&bytes]), bytes.len())
    }

    /// The action's name, as the command line and the pages print it.
    pub fn name(&self) -> &'static str {
        match self {
            Action::RegisterDepartment(_) => "register_department",
            Action::RegisterKey { .. } => "register_key",
            Action::RevokeKey { .. } => "revoke_key",
            Action::SuspectKey { .. } => "suspect_key",
            Action::DeclareResponsibility(_) => "declare_responsibility",
            Action::AbolishResponsibility { .. } => "abolish_responsibility",
            Action::DraftResource { .. } => "draft_resource",
            Action::SubmitResource { .. } => "submit_resource",
            Action::ReturnResource { .. } => "return_resource",
            Action::PublishResource { .. } => "publish_resource",
            Action::WithdrawResource { .. } => "withdraw_resource",
            Action::Apply { .. } => "apply",
            Action::TakeBackApplication { .. } => "take_back_application",
            Action::Grant(_) => "grant",
            Action::Refuse { .. } => "refuse",
            Action::EndAuthorization { .. } => "end_authorization",
            Action::RegisterNode(_) => "register_node",
            Action::RemoveNode { .. } => "remove_node",
            Action::AmendNode(_) => "amend_node",
            Action::MarkReady { .. } => "mark_ready",
            Action::ReportEquivocation { .. } => "report_equivocation",
            Action::Propose { .. } => "propose",
            Action::Approve { .. } => "approve",
            Action::Reject { .. } => "reject",
            Action::TakeBackProposal { .. } => "take_back_proposal",
            Action::SuspendAuthorization { .. } => "suspend_authorization",
            Action::ResumeAuthorization { .. } => "resume_authorization",
            Action::ConfirmHolder { .. } => "confirm_holder",
            Action::ProposeBinding { .. } => "propose_binding",
            Action::AmendBinding { .. } => "amend_binding",
            Action::ChangeBinding { .. } => "change_binding",
            Action::ReportSchema { .. } => "report_schema",
            Action::SealReceipts(_) => "seal_receipts",
            Action::Rate { .. } => "rate",
            Action::AnswerRating { .. } => "answer_rating",
            Action::AskForMore { .. } => "ask_for_more",
            Action::SupplyApplication { .. } => "supply_application",
            Action::ReviewApplication { .. } => "review_application",
            Action::DefineElement { .. } => "define_element",
            Action::RetireElement { .. } => "retire_element",
            Action::ClaimSource { .. } => "claim_source",
            Action::RaiseObjection { .. } => "raise_objection",
            Action::AnswerObjection { .. } => "answer_objection",
            Action::EscalateObjection { .. } => "escalate_objection",
            Action::CloseObjection { .. } => "close_objection",
            Action::SettleObjection { .. } => "settle_objection",
            Action::OpenFinding { .. } => "open_finding",
            Action::AnswerFinding { .. } => "answer_finding",
            Action::JudgeFinding { .. } => "judge_finding",
            Action::RaiseDemand { .. } => "raise_demand",
            Action::AssignDemand { .. } => "assign_demand",
            Action::AnswerDemand { .. } => "answer_demand",
            Action::ImposeObligation { .. } => "impose_obligation",
            Action::MeetObligation { .. } => "meet_obligation",
        }
    }
}
