//! Errors as answers print them: RFC 9457 problem documents.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What every problem's `type` begins with; its code follows.
pub const PROBLEM_TYPE_PREFIX: &str = "urn:dirchain:problem:";

/// A problem document, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:dirchain:problem:<code>`; stable, for programs.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem it is, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, and what to do.
    pub detail: String,
    /// The same in Chinese, where a rule refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub detail_zh: Option<Box<str>>,
    /// The rule that refuses, as the documentation numbers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl Problem {
    /// The stable code: the type without its prefix.
    pub fn code(&self) -> &str {
        self.kind
            .strip_prefix(PROBLEM_TYPE_PREFIX)
            .unwrap_or(&self.kind)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.title, self.code(), self.detail)
    }
}
