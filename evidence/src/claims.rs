//! Claims that nothing was: each is proven, refuted by a valid file, or cannot be decided.
//!
//! "Was never granted" and "could never read" are two claims: what is shared unconditionally is
//! read without a grant, and a grant may never have let anybody read.

use dirchain_ledger::access::Verdict;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Height};
use serde::Serialize;

use crate::answers::Range;
use crate::reason::{Asked, Reason};
use crate::verify::Proven;

/// A claim about what was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "claim")]
pub enum Claim {
    /// No authorization that covered the field was in force for the department.
    NeverGranted {
        /// Who.
        department: DepartmentId,
        /// What.
        field: FieldNumber,
        /// When.
        range: Range,
    },
    /// The department could not read the field on any basis.
    NeverReadable {
        /// Who.
        department: DepartmentId,
        /// What.
        field: FieldNumber,
        /// When.
        range: Range,
    },
    /// There was no such record after the block.
    Absent {
        /// The block.
        height: Height,
    },
}

impl Claim {
    /// Whether the file proves the claim.
    ///
    /// # Errors
    ///
    /// [`Reason::WasGranted`], [`Reason::CouldRead`], [`Reason::Existed`] when the contrary is proven;
    /// [`Reason::PastTip`], [`Reason::BeforeGenesis`], [`Reason::NotInFile`] when neither is.
    pub fn judge(&self, proven: &Proven) -> Result<(), Reason> {
        match self {
            Claim::NeverGranted {
                department,
                field,
                range,
            } => match proven.granted(department, *field, *range)?.first() {
                None => Ok(()),
                Some(authorization) => Err(Reason::WasGranted {
                    authorization: authorization.id.clone(),
                }),
            },
            Claim::NeverReadable {
                department,
                field,
                range,
            } => {
                let verdicts = proven.could_read(department, *field, *range)?;
                let is_yes = |verdict: &Verdict| verdict.is_allowed();
                match verdicts.iter().find(|span| is_yes(&span.verdict)) {
                    None => Ok(()),
                    Some(span) => Err(Reason::CouldRead { from: span.from }),
                }
            }
            Claim::Absent { height } => {
                if *height > proven.until.height {
                    return Err(Reason::PastTip {
                        asked: Asked::Height(*height),
                        until: proven.until.time,
                    });
                }
                match proven.since()?.filter(|since| since.height <= *height) {
                    None => Ok(()),
                    Some(since) => Err(Reason::Existed {
                        since: since.height,
                    }),
                }
            }
        }
    }
}
