//! Use on record (使用留痕): who used what on which basis, sealed in batches by the gateways, and what
//! readers think of the data (评价).

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Decision, FieldNumbers, RecordId};
use crate::bounded::text_codec;
use crate::calendar::Day;
use crate::crypto::PublicKey;
use crate::hash::Hash;
use crate::ids::{DepartmentId, Moment, SharingId, TimeMs};

/// What a batch of calls rests on. Printed `owner`, `v2`, `a3`, `none`.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", tag = "basis")]
pub enum UseBasis {
    /// The reader provides the data.
    Owner,
    /// The fields were shared with every department in this version.
    Unconditional {
        /// The version.
        version: u32,
    },
    /// The authorization of this number on the resource.
    Authorized {
        /// The authorization's number.
        number: u32,
    },
    /// None: every call was denied (rule U2).
    None,
}

impl fmt::Display for UseBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UseBasis::Owner => f.write_str("owner"),
            UseBasis::Unconditional { version } => write!(f, "v{version}"),
            UseBasis::Authorized { number } => write!(f, "a{number}"),
            UseBasis::None => f.write_str("none"),
        }
    }
}

/// One reader's use of one binding on one basis, printed `CODE/N:READER:BASIS`
/// (`103001/000001/1:D005:a3`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageId {
    /// The binding.
    pub binding: SharingId,
    /// Who read.
    pub reader: DepartmentId,
    /// On what basis.
    pub basis: UseBasis,
}

/// One window of a use, printed as the use and its first instant in milliseconds
/// (`103001/000001/1:D005:a3:1767225600000`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId {
    /// The use.
    pub usage: UsageId,
    /// The window's first instant.
    pub from: TimeMs,
}

impl UsageId {
    /// The authorization that it rests on, if it does.
    pub fn authorization(&self) -> Option<SharingId> {
        match self.basis {
            UseBasis::Authorized { number } => Some(SharingId {
                resource: self.binding.resource.clone(),
                number,
            }),
            UseBasis::Owner | UseBasis::Unconditional { .. } | UseBasis::None => None,
        }
    }

    /// The records that the id names: resource, binding, reader, authorization.
    pub(super) fn references(&self) -> Vec<RecordId> {
        let mut references = vec![
            RecordId::Resource(self.binding.resource.clone()),
            RecordId::Binding(self.binding.clone()),
            RecordId::Department(self.reader.clone()),
        ];
        references.extend(self.authorization().map(RecordId::Authorization));
        references
    }

    /// The id as part of a database key, ordered as the id: resource code, a zero byte, the
    /// binding's number, the reader, a zero byte, the basis in five bytes.
    pub(super) fn push_key(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(self.binding.resource.as_str().as_bytes());
        key.push(0);
        key.extend_from_slice(&self.binding.number.to_be_bytes());
        key.extend_from_slice(self.reader.as_str().as_bytes());
        key.push(0);
        let (kind, number) = match self.basis {
            UseBasis::Owner => (0, 0),
            UseBasis::Unconditional { version } => (1, version),
            UseBasis::Authorized { number } => (2, number),
            UseBasis::None => (3, 0),
        };
        key.push(kind);
        key.extend_from_slice(&number.to_be_bytes());
    }

    /// Reads what [`UsageId::push_key`] wrote, and returns what follows it.
    pub(super) fn read_key(key: &[u8]) -> Option<(Self, &[u8])> {
        let (resource, rest) = until_zero(key)?;
        let (number, rest) = rest.split_at_checked(4)?;
        let (reader, rest) = until_zero(rest)?;
        let (kind, rest) = rest.split_first()?;
        let (tail, rest) = rest.split_at_checked(4)?;
        let tail = u32::from_be_bytes(tail.try_into().ok()?);
        let basis = match (kind, tail) {
            (0, 0) => UseBasis::Owner,
            (1, version) => UseBasis::Unconditional { version },
            (2, number) => UseBasis::Authorized { number },
            (3, 0) => UseBasis::None,
            _ => return None,
        };
        let id = Self {
            binding: SharingId {
                resource: resource.parse().ok()?,
                number: u32::from_be_bytes(number.try_into().ok()?),
            },
            reader: reader.parse().ok()?,
            basis,
        };
        Some((id, rest))
    }
}

fn until_zero(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(text).ok()?, rest.get(1..)?))
}

/// Flips the sign, so that the order of the big-endian bytes is the order of times.
const TIME_SIGN: u64 = 1 << 63;

impl BatchId {
    pub(super) fn push_key(&self, key: &mut Vec<u8>) {
        self.usage.push_key(key);
        let ordered = u64::from_le_bytes(self.from.0.to_le_bytes()) ^ TIME_SIGN;
        key.extend_from_slice(&ordered.to_be_bytes());
    }

    pub(super) fn read_key(key: &[u8]) -> Option<Self> {
        let (usage, rest) = UsageId::read_key(key)?;
        let ordered = u64::from_be_bytes(rest.try_into().ok()?) ^ TIME_SIGN;
        let from = TimeMs(i64::from_le_bytes(ordered.to_le_bytes()));
        Some(Self { usage, from })
    }
}

impl fmt::Display for UsageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.binding, self.reader, self.basis)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.usage, self.from.0)
    }
}

macro_rules! debug_as_display {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

debug_as_display!(UsageId, BatchId);

/// The text is no id of a use or of a batch of receipts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not the id of a use or of a batch of receipts: they are printed as 103001/000001/1:D005:a3 and 103001/000001/1:D005:a3:1767225600000, with owner, v and a version, a and an authorization's number, or none for the basis"
)]
pub struct ParseUsageError {
    /// What was given, cut to 160 characters.
    pub given: String,
}

fn parse_basis(text: &str) -> Option<UseBasis> {
    let number = |text: &str| -> Option<u32> {
        let number: u32 = text.parse().ok()?;
        (number > 0 && number.to_string() == text).then_some(number)
    };
    Some(match text {
        "owner" => UseBasis::Owner,
        "none" => UseBasis::None,
        _ => match text.split_at_checked(1)? {
            ("v", version) => UseBasis::Unconditional {
                version: number(version)?,
            },
            ("a", authorization) => UseBasis::Authorized {
                number: number(authorization)?,
            },
            _ => return None,
        },
    })
}

fn usage_error(given: &str) -> ParseUsageError {
    ParseUsageError {
        given: given.chars().take(160).collect(),
    }
}

impl FromStr for UseBasis {
    type Err = ParseUsageError;
    fn from_str(text: &str) -> Result<Self, ParseUsageError> {
        parse_basis(text).ok_or_else(|| usage_error(text))
    }
}

impl FromStr for UsageId {
    type Err = ParseUsageError;
    fn from_str(text: &str) -> Result<Self, ParseUsageError> {
        let parse = || {
            let (binding, rest) = text.split_once(':')?;
            let (reader, basis) = rest.split_once(':')?;
            Some(Self {
                binding: binding.parse().ok()?,
                reader: reader.parse().ok()?,
                basis: parse_basis(basis)?,
            })
        };
        parse().ok_or_else(|| usage_error(text))
    }
}

impl FromStr for BatchId {
    type Err = ParseUsageError;
    fn from_str(text: &str) -> Result<Self, ParseUsageError> {
        let parse = || {
            let (usage, from) = text.rsplit_once(':')?;
            let parsed: i64 = from.parse().ok()?;
            (parsed.to_string() == from).then_some(Self {
                usage: usage.parse().ok()?,
                from: TimeMs(parsed),
            })
        };
        parse().ok_or_else(|| usage_error(text))
    }
}

text_codec!(UsageId);
text_codec!(BatchId);

/// Which of the two counted.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The binding's gateway.
    Provider,
    /// A gateway of the reader.
    Consumer,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Provider => "provider",
            Side::Consumer => "consumer",
        })
    }
}

/// What one side counted in one window.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Counted {
    /// First instant after the window.
    pub to: TimeMs,
    /// Calls, denied ones included.
    pub calls: u64,
    /// Calls that were denied.
    pub denied: u64,
    /// Rows handed over.
    pub rows: u64,
    /// The fields used by the calls that were not denied, ascending.
    pub fields: FieldNumbers,
}

/// One side's sealed count of one window.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Seal {
    /// What it counted.
    pub counted: Counted,
    /// Merkle root over the salted receipts of all calls (see [`crate::receipts`]).
    pub root: Hash,
    /// The gateway's department.
    pub department: DepartmentId,
    /// The gateway's key.
    pub key: PublicKey,
    /// When it was sealed.
    pub at: Moment,
}

/// A batch of receipts (使用留痕): one window of one use, each side's count apart (rule U3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ReceiptBatch {
    /// The use and the window's first instant.
    pub id: BatchId,
    /// The provider's count.
    pub provider: Option<Seal>,
    /// The consumer's count.
    pub consumer: Option<Seal>,
    /// Since when the two differ.
    pub contested: Option<Moment>,
}

impl ReceiptBatch {
    /// One side's count.
    pub fn side(&self, side: Side) -> Option<&Seal> {
        match side {
            Side::Provider => self.provider.as_ref(),
            Side::Consumer => self.consumer.as_ref(),
        }
    }

    /// Whether both sides counted, and not the same.
    pub fn differs(&self) -> bool {
        match (&self.provider, &self.consumer) {
            (Some(provider), Some(consumer)) => provider.counted != consumer.counted,
            (Some(_) | None, Some(_) | None) => false,
        }
    }
}

/// What one side sealed of a use so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SideTotals {
    /// Batches.
    pub batches: u64,
    /// Calls, denied ones included.
    pub calls: u64,
    /// Calls that were denied.
    pub denied: u64,
    /// Rows handed over.
    pub rows: u64,
    /// First instant after the last window sealed; windows are sealed in order of time.
    pub sealed_to: Option<TimeMs>,
    /// The day that the last window sealed ends in, and its calls so far.
    pub today: Option<DayCalls>,
    /// Whether the calls went over those a day that the authorization allows; nothing is refused for it.
    pub over: Option<OverQuota>,
}

impl SideTotals {
    /// The calls of a day so far, denied ones left out.
    pub(crate) fn calls_of(&self, day: Day) -> u64 {
        let today = self.today.filter(|today| today.day == day);
        today.map_or(0, |today| today.calls)
    }
}

/// Calls of one day in UTC+8, denied ones left out. A window of several days counts for none of them.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct DayCalls {
    /// The day.
    pub day: Day,
    /// The calls.
    pub calls: u64,
}

/// More calls a day than an authorization allows.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OverQuota {
    /// Calls a day that it allows.
    pub allowed: u32,
    /// On how many days; a window of several days that holds too many for all of them counts as one.
    pub days: u32,
    /// The last of them.
    pub last: Day,
    /// The calls on record for it, those over other bindings of the entry included; of a window of
    /// several days all of its calls.
    pub calls: u64,
    /// When that was sealed last.
    pub sealed: Moment,
}

/// One reader's use of one binding on one basis so far, each side apart.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Usage {
    /// Which use.
    pub id: UsageId,
    /// What the provider's gateway sealed.
    pub provider: SideTotals,
    /// What the reader's gateways sealed.
    pub consumer: SideTotals,
    /// Windows that both sealed alike.
    pub agreed: u64,
    /// Windows that both sealed, differently.
    pub contested: u64,
}

impl Usage {
    /// A use without batches.
    pub fn new(id: UsageId) -> Self {
        Self {
            id,
            provider: SideTotals::default(),
            consumer: SideTotals::default(),
            agreed: 0,
            contested: 0,
        }
    }

    /// One side's totals.
    pub fn side(&self, side: Side) -> &SideTotals {
        match side {
            Side::Provider => &self.provider,
            Side::Consumer => &self.consumer,
        }
    }

    /// Whether either side's count went over the calls a day that the authorization allows.
    pub fn is_over_quota(&self) -> bool {
        self.provider.over.is_some() || self.consumer.over.is_some()
    }

    /// One side's totals, to be changed.
    pub(crate) fn side_mut(&mut self, side: Side) -> &mut SideTotals {
        match side {
            Side::Provider => &mut self.provider,
            Side::Consumer => &mut self.consumer,
        }
    }
}

/// How good the data was, 1 (useless) to 5 (as stated).
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(try_from = "u8", into = "u8")]
pub enum Stars {
    /// 1
    One,
    /// 2
    Two,
    /// 3
    Three,
    /// 4
    Four,
    /// 5
    Five,
}

/// The number is no rating.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rating: it is 1 (useless) to 5 (as stated)")]
pub struct ParseStarsError(pub u8);

impl TryFrom<u8> for Stars {
    type Error = ParseStarsError;
    fn try_from(stars: u8) -> Result<Self, ParseStarsError> {
        Ok(match stars {
            1 => Self::One,
            2 => Self::Two,
            3 => Self::Three,
            4 => Self::Four,
            5 => Self::Five,
            other => return Err(ParseStarsError(other)),
        })
    }
}

impl From<Stars> for u8 {
    fn from(stars: Stars) -> u8 {
        match stars {
            Stars::One => 1,
            Stars::Two => 2,
            Stars::Three => 3,
            Stars::Four => 4,
            Stars::Five => 5,
        }
    }
}

/// A rating (评价) of the data by its reader, tied to a batch, and the provider's answer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Rating {
    /// The batch.
    pub batch: BatchId,
    /// How good the data was.
    pub stars: Stars,
    /// What the reader found; the reason is in the decision.
    pub rated: Decision,
    /// The provider's answer; its text is the decision's reason.
    pub answered: Option<Decision>,
}
