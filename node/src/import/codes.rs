//! The codes of imported entries: `3` (部门信息资源), `07`, `001`, the agency's digits, a slash and a
//! sequence number.
//!
//! The agency's digits are those of its id, each part between dots filled to three: `D054` has
//! `054`, so its entries are `307001054/000001` and on; `D054.2` has `054002`.

use dirchain_ledger::ids::{DepartmentId, ResourceCode};

use super::catalogue::Reason;
use super::existing::Existing;

const CLASS: &str = "307001";
const SEQUENCE_MAX: u32 = 999_999;

/// The codes of one agency, given out in order.
pub(super) struct Codes {
    class: String,
    next: u32,
}

impl Codes {
    /// Continues after the highest code that is used. None when the agency's id has a part
    /// without digits, or too many.
    pub(super) fn new(agency: &DepartmentId, existing: &Existing) -> Option<Self> {
        let class = class(agency)?;
        let prefix = format!("{class}/");
        let used = existing.codes.iter();
        let used = used.filter_map(|code| code.as_str().strip_prefix(&prefix)?.parse::<u32>().ok());
        let next = used.max().unwrap_or(0).saturating_add(1);
        Some(Self { class, next })
    }

    /// The next code; it is given out only by [`Codes::take`].
    pub(super) fn peek(&self) -> Result<ResourceCode, Reason> {
        let none_left = || Reason::NoCodeLeft {
            class: self.class.clone(),
        };
        if self.next > SEQUENCE_MAX {
            return Err(none_left());
        }
        let code = format!("{}/{:06}", self.class, self.next);
        code.parse().map_err(|_| none_left())
    }

    /// Gives out the code that was peeked at.
    pub(super) fn take(&mut self) {
        self.next = self.next.saturating_add(1);
    }
}

fn class(agency: &DepartmentId) -> Option<String> {
    let mut class = CLASS.to_owned();
    for part in agency.as_str().split('.') {
        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return None;
        }
        class.push_str(&format!("{digits:0>3}"));
    }
    let code = format!("{class}/000001");
    code.parse::<ResourceCode>().is_ok().then_some(class)
}
