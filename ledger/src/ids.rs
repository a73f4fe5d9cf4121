//! The names of things: heights, times, departments, codes, keys.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize};

use crate::bounded::{Text, text_codec, text_id};
use crate::hash::{Domain, Hash, hash};
use crate::limits;

/// A block's place in the chain. Genesis is 0, the first block is 1.
#[derive(
    Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize,
)]
#[serde(transparent)]
pub struct Height(pub u64);

impl Height {
    /// The state that the genesis sets, before any block.
    pub const GENESIS: Self = Self(0);

    /// The height after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The height before this one; none before genesis.
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize,
)]
#[serde(transparent)]
pub struct TimeMs(pub i64);

impl fmt::Display for TimeMs {
    /// As RFC 3339 in UTC, such as `2026-01-31T08:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY_MS: i64 = 86_400_000;
        let (days, in_day) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let (year, month, day) = crate::calendar::civil(days);
        let (seconds, ms) = (in_day / 1_000, in_day % 1_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
        )
    }
}

/// Integers that JavaScript would round arrive as texts.
macro_rules! integer_or_text {
    ($name:ident, $integer:ty) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("an integer of the type ", stringify!($integer)))
                    }
                    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<$name, E> {
                        <$integer>::try_from(value).map($name).map_err(E::custom)
                    }
                    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<$name, E> {
                        <$integer>::try_from(value).map($name).map_err(E::custom)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map($name).map_err(E::custom)
                    }
                }
                deserializer.deserialize_any(Visitor)
            }
        }
    };
}
integer_or_text!(Height, u64);
integer_or_text!(TimeMs, i64);

/// When something took effect: in which block, and that block's time.
#[derive(
    Copy,
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
pub struct Moment {
    /// The block's height.
    pub height: Height,
    /// The block's time.
    pub time: TimeMs,
}

/// The chain's identity: the hash of its genesis.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ChainId(pub Hash);

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A transaction's id: the hash of its envelope.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TransactionId(pub Hash);

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TransactionId {
    type Err = crate::hash::ParseHashError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

fn is_code(text: &str, extra: &[u8]) -> bool {
    let body = |b: &u8| b.is_ascii_alphanumeric() || extra.contains(b);
    !text.is_empty()
        && text.len() <= limits::CODE_BYTES_MAX
        && text.as_bytes().iter().all(body)
        && text
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphanumeric)
}

text_id!(
    /// A department's permanent id, such as `D024`; a sub-unit's is its parent's, a dot and a
    /// number (`D054.3`). Never a name and never a key: both change.
    DepartmentId, ParseDepartmentIdError,
    "a department id starts with a capital letter and has at most 32 capital letters, digits, dots or hyphens, such as D024",
    |text| text.len() <= 32
        && text.as_bytes().first().is_some_and(u8::is_ascii_uppercase)
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
);

impl DepartmentId {
    /// The department at the top of its line: itself, or the one it is a sub-unit of, however deep.
    pub fn top(&self) -> Self {
        let top = self.as_str().split('.').next();
        // The part before a dot begins as the whole does, so it is an id too.
        top.and_then(|top| top.parse().ok())
            .unwrap_or_else(|| self.clone())
    }
}

text_id!(
    /// A responsibility's (职责) code, such as `Z-D024-01`. Capital letters only: two codes that read
    /// alike would be two responsibilities.
    ResponsibilityCode, ParseResponsibilityCodeError,
    "a responsibility code has at most 64 capital letters, digits, dots or hyphens, such as Z-D024-01",
    |text| is_code(text, b".-") && !text.bytes().any(|b| b.is_ascii_lowercase())
);

text_id!(
    /// A node's (节点) name within the chain, such as `D035-1`.
    NodeId, ParseNodeIdError,
    "a node id has at most 64 letters, digits, dots or hyphens, such as D035-1",
    |text| is_code(text, b".-")
);

text_id!(
    /// A purpose from the chain's code list, such as `social-assistance`.
    PurposeCode, ParsePurposeCodeError,
    "a purpose code has at most 64 letters, digits, dots or hyphens; `dirchain query parameters` lists them",
    |text| is_code(text, b".-")
);

text_id!(
    /// A data element's (数据元) code, such as `DE00001`.
    ElementCode, ParseElementCodeError,
    "a data element's code has at most 64 letters, digits, dots or hyphens, such as DE00001",
    |text| is_code(text, b".-")
);

text_id!(
    /// A demand's (需求) id, such as `X-D012-2026-01`.
    DemandId, ParseDemandIdError,
    "a demand's id has at most 64 letters, digits, dots or hyphens, such as X-D012-2026-01",
    |text| is_code(text, b".-")
);

text_id!(
    /// A finding's (检查发现) id, such as `J-2026-007`.
    FindingId, ParseFindingIdError,
    "a finding's id has at most 64 letters, digits, dots or hyphens, such as J-2026-007",
    |text| is_code(text, b".-")
);

text_id!(
    /// A catalogue entry's code: 类 (1 digit) 项 (2) 目 (3) 细目 (any) `/` 顺序码 (6), such as
    /// `307001024/000001`. Source: 政务信息资源目录编制指南.
    ResourceCode, ParseResourceCodeError,
    "a resource code is 6 to 30 digits, a slash and 6 digits, such as 307001024/000001",
    |text| match text.split_once('/') {
        Some((class, sequence)) => {
            let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
            (6..=30).contains(&class.len()) && sequence.len() == 6 && digits(class) && digits(sequence)
        }
        None => false,
    }
);

text_id!(
    /// A unified social credit code (统一社会信用代码), 18 characters with a check character.
    /// Source: GB 32100-2015.
    CreditCode, ParseCreditCodeError,
    "a unified social credit code has 18 characters and a check character that fits them",
    is_credit_code
);

/// The check character of GB 32100-2015: weights 3^i mod 31 over an alphabet without I, O, S, V, Z.
fn is_credit_code(text: &str) -> bool {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    if text.len() != 18 {
        return false;
    }
    let mut weight = 1usize;
    let mut sum = 0usize;
    let mut last = 0usize;
    for (index, byte) in text.bytes().enumerate() {
        let Some(value) = ALPHABET.iter().position(|b| *b == byte) else {
            return false;
        };
        if index < 17 {
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        last = value;
    }
    (31 - sum % 31) % 31 == last
}

/// An application's id: the resource it is for and its number there, printed `CODE/N`
/// (`103001/000001/3`). The authorization granted on it has the same id. Bindings, objections and
/// obligations are numbered within their resource in the same way, each kind by itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharingId {
    /// The resource.
    pub resource: ResourceCode,
    /// Counts from 1 within the resource.
    pub number: u32,
}

/// The text is not a sharing id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not an application's or authorization's id: it is a resource code, a slash and a number, such as 103001/000001/3"
)]
pub struct ParseSharingIdError {
    /// What was given, cut to 80 characters.
    pub given: String,
}

impl fmt::Display for SharingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource, self.number)
    }
}

impl fmt::Debug for SharingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SharingId {
    type Err = ParseSharingIdError;
    fn from_str(text: &str) -> Result<Self, ParseSharingIdError> {
        let error = || ParseSharingIdError {
            given: text.chars().take(80).collect(),
        };
        let (resource, number) = text.rsplit_once('/').ok_or_else(error)?;
        let resource = resource.parse().map_err(|_| error())?;
        let parsed: u32 = number.parse().map_err(|_| error())?;
        if parsed == 0 || parsed.to_string() != number {
            return Err(error());
        }
        Ok(Self {
            resource,
            number: parsed,
        })
    }
}

text_codec!(SharingId);

/// A proposal's (提案) id: who proposed and its number there, printed `D001/7`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProposalId {
    /// Who proposed.
    pub proposer: DepartmentId,
    /// Counts from 1 within the department.
    pub number: u32,
}

/// The text is not a proposal's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a proposal's id: it is a department, a slash and a number, such as D001/7"
)]
pub struct ParseProposalIdError {
    /// What was given, cut to 80 characters.
    pub given: String,
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.proposer, self.number)
    }
}

impl fmt::Debug for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ProposalId {
    type Err = ParseProposalIdError;
    fn from_str(text: &str) -> Result<Self, ParseProposalIdError> {
        let error = || ParseProposalIdError {
            given: text.chars().take(80).collect(),
        };
        let (proposer, number) = text.rsplit_once('/').ok_or_else(error)?;
        let proposer = proposer.parse().map_err(|_| error())?;
        let parsed: u32 = number.parse().map_err(|_| error())?;
        if parsed == 0 || parsed.to_string() != number {
            return Err(error());
        }
        Ok(Self {
            proposer,
            number: parsed,
        })
    }
}

text_codec!(ProposalId);

/// A field's (信息项) number within its resource; never used again once given.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FieldNumber(pub u16);

impl fmt::Display for FieldNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A validator's address in votes: the first 20 bytes of the hash of its consensus key.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Address(pub [u8; 20]);

impl Address {
    /// The address of a consensus key.
    pub fn of(key: &crate::crypto::PublicKey) -> Self {
        let digest = hash(Domain::Address, &[key.as_bytes()]);
        let mut bytes = [0; 20];
        for (to, from) in bytes.iter_mut().zip(digest.0) {
            *to = from;
        }
        Self(bytes)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = crate::hash::ParseHashError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| crate::hash::ParseHashError)?;
        Ok(Self(bytes))
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A name of a department, resource, field, responsibility.
pub type Name = Text<{ limits::NAME_BYTES_MAX }>;
/// A reason, condition, legal basis or scene.
pub type Statement = Text<{ limits::STATEMENT_BYTES_MAX }>;
/// A short code given by people.
pub type Code = Text<{ limits::CODE_BYTES_MAX }>;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_are_checked_by_their_check_character() {
        assert!("11110000DEM000241U".parse::<CreditCode>().is_ok());
        assert!("91350100M000100Y43".parse::<CreditCode>().is_ok());
        for bad in [
            "11110000DEM000241V",
            "11110000DEM000242U",
            "11110000DEM00024U",
            "11110000DEM0002I1U",
        ] {
            assert!(bad.parse::<CreditCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn times_print_as_instants() {
        let printed = |ms| TimeMs(ms).to_string();
        assert_eq!(printed(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(printed(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(printed(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(printed(1_795_348_800_123), "2026-11-22T12:00:00.123Z");
        assert_eq!(printed(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn heights_and_times_parse_from_integers_and_from_texts() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Both {
            height: Height,
            time: TimeMs,
        }
        let parse = |json: &str| serde_json::from_str::<Both>(json);
        let plain = parse(r#"{"height": 7, "time": -5}"#).unwrap();
        assert_eq!(plain, parse(r#"{"height": "7", "time": "-5"}"#).unwrap());
        let large = parse(&format!(
            r#"{{"height": "{}", "time": "{}"}}"#,
            u64::MAX,
            i64::MIN
        ));
        let (height, time) = (Height(u64::MAX), TimeMs(i64::MIN));
        assert_eq!(large.unwrap(), Both { height, time });
        for bad in [
            r#"{"height": -1, "time": 0}"#,
            r#"{"height": "x", "time": 0}"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sharing_ids_have_one_spelling() {
        let id: SharingId = "103001/000001/3".parse().unwrap();
        assert_eq!(id.to_string(), "103001/000001/3");
        for bad in [
            "103001/000001",
            "103001/000001/0",
            "103001/000001/03",
            "103001/000001/+3",
            "x/3",
        ] {
            assert!(bad.parse::<SharingId>().is_err(), "{bad}");
        }
    }
}
