//! Departments (部门), their keys, their responsibilities (职责).

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Period, Trail};
use crate::bounded::List;
use crate::crypto::{Algorithm, PublicKey, Signature};
use crate::hash::Hash;
use crate::ids::{
    ChainId, Code, CreditCode, DepartmentId, Height, Moment, Name, ResponsibilityCode, Statement,
};
use crate::limits;

/// A department's level in the administration (层级).
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdministrativeLevel {
    /// 国家
    National,
    /// 省、直辖市
    Province,
    /// 市
    City,
    /// 区、县
    County,
    /// 乡镇、街道
    Township,
}

/// Where a department stands.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepartmentStatus {
    /// It acts and reads.
    Active,
    /// It neither acts nor reads for now.
    Suspended,
    /// It is no more; its past signatures stay valid.
    Dissolved,
}

/// A status and the block it began in.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct StatusSince {
    /// The status.
    pub status: DepartmentStatus,
    /// Since when.
    pub since: Moment,
}

/// A department or one of its sub-units (内设机构).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Department {
    /// Permanent id.
    pub id: DepartmentId,
    /// The department it is a sub-unit of.
    pub parent: Option<DepartmentId>,
    /// Unified social credit code, where there is one.
    pub credit_code: Option<CreditCode>,
    /// Official name.
    pub name: Name,
    /// Level in the administration.
    pub level: AdministrativeLevel,
    /// Region, an administrative division code such as `110000`.
    pub region: Code,
    /// Every status it had, oldest first; never empty.
    pub status: List<StatusSince, { limits::PERIODS_MAX }>,
    /// Who took over what it had begun, once it was dissolved; none where nobody did.
    pub successor: Option<DepartmentId>,
    /// Sub-units registered so far.
    pub sub_units: u32,
    /// Proposals made so far.
    pub proposals: u32,
    /// The numbers of its proposals that were waiting when it last proposed or one was closed.
    pub open_proposals: List<u32, { limits::OPEN_PROPOSALS_MAX }>,
    /// Everything that touched it.
    pub trail: Trail,
}

impl Department {
    /// Its status after the block at `height`; none before it was registered.
    pub fn status_at(&self, height: Height) -> Option<DepartmentStatus> {
        let begun = self.status.iter().rev().find(|s| s.since.height <= height);
        begun.map(|s| s.status)
    }

    /// When it was dissolved; none while it was not.
    pub fn dissolved(&self) -> Option<Moment> {
        let last = self.status.last();
        let last = last.filter(|last| last.status == DepartmentStatus::Dissolved);
        last.map(|last| last.since)
    }

    /// Whether it was active after the block at `height`.
    pub fn is_active_at(&self, height: Height) -> bool {
        self.status_at(height) == Some(DepartmentStatus::Active)
    }
}

/// What a key may do for its department.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The head (负责人): everything the department can do.
    Head,
    /// A catalogue administrator (目录管理员): drafts, applies, grants.
    Administrator,
    /// A node operator (运维员): registers nodes and nothing else.
    Operator,
    /// A data gateway: seals usage receipts and nothing else.
    Gateway,
    /// An inspector (监审员): reads, opens findings and nothing else.
    Inspector,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Head => "head",
            Role::Administrator => "administrator",
            Role::Operator => "operator",
            Role::Gateway => "gateway",
            Role::Inspector => "inspector",
        })
    }
}

/// A key registered for a department. Its transactions carry sequence numbers without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Key {
    /// The public key; also the record's id.
    pub public_key: PublicKey,
    /// Signature algorithm.
    pub algorithm: Algorithm,
    /// Whose it is.
    pub department: DepartmentId,
    /// What it may do.
    pub role: Role,
    /// The sequence number its next transaction carries; the first is 1.
    pub next_sequence: u64,
    /// When it was valid.
    pub valid: Period,
    /// Every report that it was stolen which went further back than those before it, oldest first.
    pub suspicions: List<Suspicion, { limits::PERIODS_MAX }>,
}

/// A report that a key was stolen.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Suspicion {
    /// The block from which on verdicts that rest on the key say so.
    pub since: Height,
    /// When it was reported.
    pub reported: Moment,
}

impl Key {
    /// The block from which verdicts that rest on it say that it may have been stolen. Each report
    /// goes further back than the one before, so the last one counts.
    pub fn suspect_since(&self) -> Option<Height> {
        self.suspicions.last().map(|suspicion| suspicion.since)
    }
}

/// A key offered for registration, with proof that whoever offers it holds the secret half.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOffer {
    /// The public key.
    pub public_key: PublicKey,
    /// Signature algorithm.
    pub algorithm: Algorithm,
    /// What it may do.
    pub role: Role,
    /// Signature by the key itself over [`KeyOffer::proof_message`].
    pub proof: Signature,
}

impl KeyOffer {
    /// What the proof of possession signs: this key, for this role of this department, here.
    pub fn proof_message(
        chain: &ChainId,
        department: &DepartmentId,
        role: Role,
        public_key: &PublicKey,
    ) -> Vec<u8> {
        let mut message = crate::crypto::signing_tag("dirchain/v1/key-possession").to_vec();
        message.extend(crate::codec::encode(&(
            *chain,
            department.clone(),
            role,
            *public_key,
        )));
        message
    }

    /// An offer of `secret`'s public half.
    pub fn new(
        secret: &crate::crypto::SecretKey,
        chain: &ChainId,
        department: &DepartmentId,
        role: Role,
    ) -> Self {
        let public_key = secret.public();
        let message = Self::proof_message(chain, department, role, &public_key);
        Self {
            public_key,
            algorithm: Algorithm::Ed25519,
            role,
            proof: secret.sign(&message),
        }
    }
}

/// One basis in law: a document and the article in it.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct LegalBasis {
    /// The law, regulation or decision.
    pub document: Name,
    /// The article, where one is named.
    pub article: Option<Name>,
}

/// What became of a responsibility.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponsibilityEnd {
    /// Another department holds it now, under a new code.
    Transferred,
    /// Divided into several.
    Split,
    /// No department has it any more.
    Abolished,
}

/// A department that held a responsibility before its present holder.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct EarlierHolder {
    /// Who held it.
    pub holder: DepartmentId,
    /// The block from which on another did.
    pub until: Moment,
}

impl Responsibility {
    /// Who held it after the block at `height`.
    pub fn holder_at(&self, height: Height) -> &DepartmentId {
        let mut earlier = self.earlier_holders.iter();
        let held = earlier.find(|earlier| height < earlier.until.height);
        held.map_or(&self.holder, |earlier| &earlier.holder)
    }
}

/// A duty of a department (职责), declared by the registrar (编办).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Responsibility {
    /// Its code.
    pub code: ResponsibilityCode,
    /// Who holds it, or held it last.
    pub holder: DepartmentId,
    /// Counts every change of this record; whoever abolishes it names the one it was decided on.
    pub revision: u32,
    /// Who held it before, oldest first.
    pub earlier_holders: List<EarlierHolder, { limits::PERIODS_MAX }>,
    /// What it is, in a sentence.
    pub title: Statement,
    /// Hash of the full text ([`crate::hash::Domain::Text`]), which is kept elsewhere.
    pub text: Option<Hash>,
    /// Where it comes from.
    pub legal_bases: List<LegalBasis, { limits::LEGAL_BASES_MAX }>,
    /// When it was in effect.
    pub effective: Period,
    /// How it ended, once it has.
    pub ended_as: Option<ResponsibilityEnd>,
    /// Everything that touched it.
    pub trail: Trail,
}
