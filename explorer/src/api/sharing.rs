//! Answers about sharing: who may read, applications, authorizations.

use dirchain_ledger::access::{Basis as LedgerBasis, Denial, Reader as LedgerReader, Verdict};
use dirchain_ledger::calendar::Day;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, PurposeCode, ResourceCode, ResponsibilityCode, SharingId,
};
use dirchain_ledger::records::{EndKind, SharingMethod, Side};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, Page, Period, SharingType, Time};

/// Why a department may read a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "basis")]
pub enum Basis {
    /// It provides the data.
    Owner {
        /// The responsibility that the entry cites.
        responsibility: Option<ResponsibilityCode>,
        /// Set while the entry is in force although nobody holds that responsibility for the provider
        /// any more.
        lapsed: bool,
    },
    /// The field is shared with every department.
    Unconditional {
        /// The version in force.
        version: u32,
        /// Set when a key that submitted or published it may have been stolen before.
        suspect: bool,
    },
    /// It was granted.
    Authorized {
        /// The authorization.
        authorization: SharingId,
        /// First instant after its window.
        until: Time,
        /// What for.
        purpose: PurposeCode,
        /// Set when the key that granted it may have been stolen before the grant.
        suspect: bool,
        /// How many further authorizations cover the same, and end no later.
        #[serde(default)]
        others: u32,
    },
}

impl From<LedgerBasis> for Basis {
    fn from(basis: LedgerBasis) -> Self {
        match basis {
            LedgerBasis::Owner {
                responsibility,
                lapsed,
            } => Self::Owner {
                responsibility,
                lapsed,
            },
            LedgerBasis::Unconditional { version, suspect } => {
                Self::Unconditional { version, suspect }
            }
            LedgerBasis::Authorized {
                authorization,
                until,
                purpose,
                suspect,
                others,
            } => Self::Authorized {
                authorization,
                until: Time(until),
                purpose,
                suspect,
                others,
            },
        }
    }
}

/// `GET /api/v1/access-check`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The instant that was judged: the block's time, or the time asked for.
    pub instant: Time,
    /// Who would read.
    pub department: DepartmentId,
    /// What.
    pub resource: ResourceCode,
    /// Which field.
    pub field: FieldNumber,
    /// What for; none when any purpose granted would do.
    pub purpose: Option<PurposeCode>,
    /// Yes or no.
    pub allowed: bool,
    /// Why yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Why no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<Denial>,
}

impl AccessAnswer {
    /// Sets the answer from the ledger's verdict.
    pub fn with_verdict(mut self, verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allowed(basis) => {
                self.allowed = true;
                self.basis = Some(basis.into());
                self.denial = None;
            }
            Verdict::Denied(denial) => {
                self.allowed = false;
                self.basis = None;
                self.denial = Some(denial);
            }
        }
        self
    }
}

/// A reader of a field and why it may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReaderItem {
    /// Who.
    pub department: DepartmentId,
    /// Why.
    #[serde(flatten)]
    pub basis: Basis,
}

impl From<LedgerReader> for ReaderItem {
    fn from(reader: LedgerReader) -> Self {
        Self {
            department: reader.department,
            basis: reader.basis.into(),
        }
    }
}

/// Every department that may read one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldReaders {
    /// The field.
    pub field: FieldNumber,
    /// Its name.
    pub name: String,
    /// How it is shared; none while nothing is in force.
    pub sharing: Option<SharingType>,
    /// Every department that may read it, by ascending id.
    pub readers: Vec<ReaderItem>,
}

/// `GET /api/v1/resources/{code}/readers`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadersAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The instant that was judged.
    pub instant: Time,
    /// The resource.
    pub resource: ResourceCode,
    /// The field asked for, or every field.
    pub fields: Vec<FieldReaders>,
}

/// A decision with its signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionItem {
    /// The deciding department.
    pub department: DepartmentId,
    /// The key that signed.
    pub key: PublicKey,
    /// When.
    pub at: Moment,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

/// Where an application stands, in one word.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// Waits for the provider.
    Submitted,
    /// Granted: an authorization of the same id exists.
    Granted,
    /// Refused, with a reason.
    Refused,
    /// Taken back by the applicant.
    TakenBack,
    /// Lacks something: waits for the applicant.
    NeedsMore,
    /// Complete: waits for the provider's decision.
    InReview,
    /// Refused, and the refusal appealed against.
    Disputed,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationItem {
    /// Its id.
    pub id: SharingId,
    /// The resource's name.
    pub resource_name: String,
    /// Who provides the resource.
    pub provider: DepartmentId,
    /// The provider's name.
    pub provider_name: String,
    /// Who asks.
    pub applicant: DepartmentId,
    /// The applicant's name.
    pub applicant_name: String,
    /// The version of the entry it was written against.
    pub version: u32,
    /// The applicant's responsibility that needs the data.
    pub responsibility: ResponsibilityCode,
    /// The fields asked for.
    pub fields: Vec<FieldNumber>,
    /// The fields granted, of what was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_fields: Option<Vec<FieldNumber>>,
    /// What for.
    pub purpose: PurposeCode,
    /// That purpose's name.
    pub purpose_name: String,
    /// The business scene.
    pub scene: String,
    /// How the data is to arrive.
    pub method: SharingMethod,
    /// Calls a day at most.
    pub calls_per_day_max: Option<u32>,
    /// First instant of use.
    pub from: Time,
    /// First instant after use.
    pub to: Time,
    /// Counts every change of this record.
    pub revision: u32,
    /// When it arrived.
    pub submitted: Moment,
    /// Where it stands.
    pub state: ApplicationState,
    /// The decision that closed it.
    pub decision: Option<DecisionItem>,
}

/// `GET /api/v1/applications/{resource}/{number}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The application.
    #[serde(flatten)]
    pub application: ApplicationItem,
}

/// An early end with its signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EarlyEndItem {
    /// Which kind.
    pub kind: EndKind,
    /// Who decided, when and why.
    pub decision: DecisionItem,
}

/// Where an authorization stands at the instant of the answer, in one word: in force exactly when
/// no verdict fails on the authorization itself.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationState {
    /// Active, within its window.
    InForce,
    /// Active, its window has not begun.
    NotBegun,
    /// Its window is over.
    Expired,
    /// Ended before its time.
    EndedEarly,
    /// Suspended by its provider; it may go on.
    Suspended,
    /// Active, within its window, but the grantee no longer holds the responsibility that it was
    /// granted for.
    NotHeld,
    /// Active, within its window, but the grantee is suspended or dissolved: it reads nothing.
    ReaderNotActive,
}

/// An authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationItem {
    /// Its id, the application's.
    pub id: SharingId,
    /// The resource's name.
    pub resource_name: String,
    /// Who provides the resource.
    pub provider: DepartmentId,
    /// The provider's name.
    pub provider_name: String,
    /// Who may read.
    pub grantee: DepartmentId,
    /// The grantee's name.
    pub grantee_name: String,
    /// The grantee's responsibility it was granted for.
    pub responsibility: ResponsibilityCode,
    /// The version of the entry that was granted.
    pub version: u32,
    /// The fields granted.
    pub fields: Vec<FieldNumber>,
    /// What for.
    pub purpose: PurposeCode,
    /// That purpose's name.
    pub purpose_name: String,
    /// Calls a day at most.
    pub calls_per_day_max: Option<u32>,
    /// First instant of use.
    pub from: Time,
    /// First instant after use.
    pub to: Time,
    /// Who granted it, when and why.
    pub granted: DecisionItem,
    /// Set when the key that granted it may have been stolen before the grant.
    pub suspect: bool,
    /// Counts every change of this record.
    pub revision: u32,
    /// When it was active, oldest first; its window bounds it besides.
    pub active: Vec<Period>,
    /// Its early end, if it had one.
    pub ended: Option<EarlyEndItem>,
    /// Who suspended it and why, while it is.
    pub suspended: Option<DecisionItem>,
    /// Where it stands at the instant of this answer.
    pub state: AuthorizationState,
}

/// A use of a binding on which more calls a day are on record than its authorization allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverQuotaItem {
    /// The use, as its id is written.
    #[serde(rename = "use")]
    pub usage: String,
    /// Whose gateway counted so.
    #[schema(value_type = String)]
    pub side: Side,
    /// On how many days.
    pub days: u32,
    /// The last of them, in UTC+8.
    #[schema(value_type = String)]
    pub last: Day,
    /// The calls on record for it.
    pub calls: u64,
    /// The calls a day that are allowed.
    pub allowed: u32,
    /// When that was sealed last.
    pub sealed: Moment,
}

/// `GET /api/v1/authorizations/{resource}/{number}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The authorization.
    #[serde(flatten)]
    pub authorization: AuthorizationItem,
    /// Uses on record that went over its calls a day, by the gateways' counts.
    #[serde(default)]
    pub over_quota: Vec<OverQuotaItem>,
}

/// Which side of a department's applications or authorizations a list shows (`?direction=`).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// On entries that this department provides: what others asked of it, what it granted them.
    #[default]
    In,
    /// Made by this department, or granted to it: what it asked of others, what it may read.
    Out,
}

/// What one department grants another: `GET /api/v1/sharing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharingPair {
    /// Who provides.
    pub provider: DepartmentId,
    /// The provider's name.
    pub provider_name: String,
    /// Who reads.
    pub reader: DepartmentId,
    /// The reader's name.
    pub reader_name: String,
    /// Authorizations in force.
    pub in_force: u64,
    /// Entries that those are on.
    pub entries: u64,
    /// All authorizations that there ever were.
    pub ever: u64,
}

/// `GET /api/v1/sharing`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharingAnswer {
    /// The pairs, by provider and reader.
    #[serde(flatten)]
    pub page: Page<SharingPair>,
    /// Whether every authorization was looked at: beyond 100,000 none is.
    pub complete: bool,
}
