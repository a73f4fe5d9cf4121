//! The submissions of an entry, and what became of each: what the steward's clock is told from.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Resource;
use crate::ids::Moment;

/// How a submission ended.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionOutcome {
    /// The steward published it.
    Published,
    /// It shares less than the version before, and was published by a proposal (rule S6).
    Agreed,
    /// The steward returned it.
    Returned,
    /// The provider wrote a new draft over it, or withdrew the entry.
    TakenBack,
}

/// When and how a submission ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SubmissionEnd {
    /// When.
    pub at: Moment,
    /// How.
    pub outcome: SubmissionOutcome,
}

/// One submission of an entry by its provider's head.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Submission {
    /// Since when it waited for publication.
    pub since: Moment,
    /// Its end; none while it waits.
    pub ended: Option<SubmissionEnd>,
}

impl Submission {
    /// Whether it ended in this way.
    pub fn ended_as(&self, outcome: SubmissionOutcome) -> bool {
        self.ended.is_some_and(|end| end.outcome == outcome)
    }
}

impl Resource {
    /// Ends the submission that waits, if one does.
    pub(crate) fn end_submission(&mut self, at: Moment, outcome: SubmissionOutcome) {
        let last = self.submissions.as_mut_slice().last_mut();
        if let Some(waiting) = last.filter(|last| last.ended.is_none()) {
            waiting.ended = Some(SubmissionEnd { at, outcome });
        }
    }
}
