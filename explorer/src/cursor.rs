//! Where the next page of a list begins: opaque to whoever carries it, and pinned to a height, so
//! that the pages of one list are one list while the chain goes on.

use dirchain_ledger::ids::{FieldNumber, Height, TimeMs};
use dirchain_ledger::records::RecordId;

use crate::api::Problem;
use crate::at::{self, Resolved};
use crate::directory::{Directory, EventPlace};
use crate::limits;
use crate::problem::ProblemKind;

/// After what a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// After a record, in the order of ids.
    Record(RecordId),
    /// After a field of a record, and then as after the record.
    Field(RecordId, FieldNumber),
    /// Before an event, newest first.
    Event(EventPlace),
    /// Below a block, newest first.
    Block(Height),
    /// After so many items, of what is worked out anew for each page.
    Count(u64),
}

/// A cursor: the state that the list was begun in, and after what it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The height of that state.
    pub height: Height,
    /// The instant that windows were judged at.
    pub instant: TimeMs,
    /// What the list was narrowed to ([`crate::reading::Slice::narrowed`]).
    pub scope: u64,
    /// After what.
    pub after: After,
}

impl Cursor {
    /// The cursor's text: hexadecimal of a kind byte, height, instant, position and
    /// scope.
    pub(crate) fn encode(&self) -> String {
        let (kind, position) = match &self.after {
            After::Record(id) => (b'r', id.key()),
            After::Field(id, field) => {
                let mut bytes = field.0.to_be_bytes().to_vec();
                bytes.extend(id.key());
                (b'f', bytes)
            }
            After::Event((height, transaction, action)) => {
                let mut bytes = height.0.to_be_bytes().to_vec();
                bytes.extend_from_slice(&transaction.to_be_bytes());
                bytes.extend_from_slice(&action.to_be_bytes());
                (b'e', bytes)
            }
            After::Block(height) => (b'b', height.0.to_be_bytes().to_vec()),
            After::Count(count) => (b'c', count.to_be_bytes().to_vec()),
        };
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&self.height.0.to_be_bytes());
        bytes.extend_from_slice(&self.instant.0.to_be_bytes());
        bytes.extend(position);
        bytes.extend_from_slice(&self.scope.to_be_bytes());
        hex::encode(bytes)
    }

    /// Parses a cursor's text.
    pub(crate) fn decode(text: &str) -> Result<Self, Problem> {
        Self::parse(text).ok_or_else(|| {
            ProblemKind::BadCursor.with_both(
                "Use `next_cursor` of the page before, unchanged, or leave it out to begin anew",
                "请原样使用上一页的翻页标记 `next_cursor`,或去掉它,从头开始",
            )
        })
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::CURSOR_CHARS_MAX {
            return None;
        }
        let bytes = hex::decode(text).ok()?;
        let (kind, rest) = bytes.split_first()?;
        let (height, rest) = rest.split_first_chunk()?;
        let (instant, rest) = rest.split_first_chunk()?;
        let (rest, scope) = rest.split_last_chunk()?;
        let after = match *kind {
            b'r' => After::Record(RecordId::from_key(rest)?),
            b'f' => {
                let (field, rest) = rest.split_first_chunk()?;
                let id = RecordId::from_key(rest)?;
                After::Field(id, FieldNumber(u16::from_be_bytes(*field)))
            }
            b'e' => {
                let (height, rest) = rest.split_first_chunk()?;
                let (transaction, rest) = rest.split_first_chunk()?;
                After::Event((
                    Height(u64::from_be_bytes(*height)),
                    u32::from_be_bytes(*transaction),
                    u32::from_be_bytes(rest.try_into().ok()?),
                ))
            }
            b'b' => After::Block(Height(u64::from_be_bytes(rest.try_into().ok()?))),
            b'c' => After::Count(u64::from_be_bytes(rest.try_into().ok()?)),
            _ => return None,
        };
        Some(Self {
            height: Height(u64::from_be_bytes(*height)),
            instant: TimeMs(i64::from_be_bytes(*instant)),
            scope: u64::from_be_bytes(*scope),
            after,
        })
    }
}

/// The state a list is read in: the cursor's when there is one, or else what `at` says.
pub(crate) fn resolve(
    directory: &dyn Directory,
    at: Option<at::At>,
    cursor: Option<&Cursor>,
) -> Result<Resolved, Problem> {
    let Some(cursor) = cursor else {
        return at::resolve(directory, at);
    };
    let tip = directory.tip_moment();
    let foreign = || {
        ProblemKind::BadCursor.with_both(
            "The cursor belongs to another state of the chain. Leave it out to begin anew",
            "该翻页标记属于账本的另一状态。请去掉它,从头开始",
        )
    };
    // A place beyond the pinned height, or an instant after the tip, was made up by somebody.
    let place = match &cursor.after {
        After::Record(_) | After::Field(..) | After::Count(_) => Height(0),
        After::Event((height, _, _)) | After::Block(height) => *height,
    };
    if cursor.height > tip.height || place > cursor.height || cursor.instant > tip.time {
        return Err(foreign());
    }
    if at.is_some() && at::resolve(directory, at)?.as_of.height != cursor.height {
        return Err(foreign());
    }
    Ok(Resolved {
        as_of: at::moment_of(directory, tip, cursor.height)?,
        instant: cursor.instant,
        tip,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use dirchain_ledger::testing::{code, sharing_id};

    use super::*;

    #[test]
    fn cursors_come_back_as_they_were_and_nothing_else_parses() {
        let positions = [
            After::Record(RecordId::Resource(code(7))),
            After::Record(RecordId::Authorization(sharing_id(&code(7), 3))),
            After::Field(RecordId::Resource(code(7)), FieldNumber(300)),
            After::Event((Height(9), 2, 1)),
            After::Block(Height(u64::MAX)),
        ];
        for after in positions {
            let cursor = Cursor {
                height: Height(12),
                instant: TimeMs(-5),
                scope: u64::MAX - 1,
                after,
            };
            let text = cursor.encode();
            assert!(text.len() <= limits::CURSOR_CHARS_MAX);
            assert_eq!(Cursor::decode(&text).unwrap(), cursor);
            for cut in 0..text.len().min(50) {
                assert!(Cursor::decode(&text[..cut]).is_err(), "{cut}");
            }
            assert!(Cursor::decode(&format!("78{}", &text[2..])).is_err());
        }
    }
}
