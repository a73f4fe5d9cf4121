//! Times as answers print them.

use std::fmt;
use std::str::FromStr;

use dirchain_ledger::ids::{self, Height, TimeMs};
use dirchain_ledger::records;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// An instant, printed as RFC 3339 in UTC with milliseconds (`2026-03-01T04:05:06.789Z`).
///
/// The ledger's times are 64-bit milliseconds. One that RFC 3339 cannot print (before the year 0
/// or after 9999) prints as the nearest that it can.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub TimeMs);

/// First instant printed: the year 0.
const PRINTED_MS_MIN: i64 = -62_167_219_200_000;
/// Last instant printed, within what [`Timestamp`] holds.
const PRINTED_MS_MAX: i64 = 253_402_207_200_000;

/// The text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no RFC 3339 time with an offset, such as 2026-03-01T12:05:06+08:00")]
pub struct ParseTimeError {
    /// What was given, cut to 80 characters.
    pub given: String,
}

impl Time {
    /// The instant for printing, within the years that RFC 3339 has.
    pub fn timestamp(self) -> Timestamp {
        let printed_ms = self.0.0.clamp(PRINTED_MS_MIN, PRINTED_MS_MAX);
        Timestamp::from_millisecond(printed_ms).unwrap_or_default()
    }
}

impl From<TimeMs> for Time {
    fn from(time: TimeMs) -> Self {
        Self(time)
    }
}

impl From<Time> for TimeMs {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl FromStr for Time {
    type Err = ParseTimeError;
    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let error = || ParseTimeError {
            given: text.chars().take(80).collect(),
        };
        let timestamp: Timestamp = text.parse().map_err(|_| error())?;
        Ok(Self(TimeMs(timestamp.as_millisecond())))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-03-01T04:05:06.789Z"])
            .description(Some("An instant in UTC with milliseconds (RFC 3339)."));
        RefOr::T(Schema::Object(object.build()))
    }
}

impl ToSchema for Time {}

/// A block's height and time: when something took effect, or for when an answer holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moment {
    /// The block's height; 0 is the genesis.
    pub height: Height,
    /// The block's time.
    pub time: Time,
}

impl From<ids::Moment> for Moment {
    fn from(moment: ids::Moment) -> Self {
        Self {
            height: moment.height,
            time: Time(moment.time),
        }
    }
}

impl From<Moment> for ids::Moment {
    fn from(moment: Moment) -> Self {
        Self {
            height: moment.height,
            time: moment.time.0,
        }
    }
}

/// A span of the chain: from a block on, up to (and without) another.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    /// The first block.
    pub from: Moment,
    /// The block that ended it; none while it lasts.
    pub to: Option<Moment>,
}

impl From<records::Period> for Period {
    fn from(period: records::Period) -> Self {
        Self {
            from: period.from.into(),
            to: period.to.map(Moment::from),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_print_in_utc_with_milliseconds_and_parse_with_any_offset() {
        let time = Time(TimeMs(1_767_225_600_007));
        assert_eq!(time.to_string(), "2026-01-01T00:00:00.007Z");
        assert_eq!(Time(TimeMs(0)).to_string(), "1970-01-01T00:00:00.000Z");
        for text in ["2026-01-01T00:00:00.007Z", "2026-01-01T08:00:00.007+08:00"] {
            assert_eq!(text.parse::<Time>().unwrap(), time, "{text}");
        }
        for bad in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "yesterday",
            "1767225600007",
        ] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }

    #[test]
    fn times_beyond_rfc_3339_print_as_the_nearest() {
        let far = Time(TimeMs(i64::MAX)).to_string();
        let early = Time(TimeMs(i64::MIN)).to_string();
        assert!(far.starts_with("9999-12-30"), "{far}");
        assert!(early.starts_with("0000-01-01"), "{early}");
        assert!(far.parse::<Time>().is_ok() && early.parse::<Time>().is_ok());
    }
}
