//! What proves the ledger to people without the command: the node's verifier of evidence files, and
//! the end of the header log that it signs.
//!
//! Invariant: the explorer knows no format of either; whoever embeds it puts both behind this trait.

use dirchain_ledger::view::ViewError;

/// What a verifier said of a file.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum FileOutcome {
    /// Everything in it is proven.
    Valid,
    /// It is damaged or forged.
    Invalid,
    /// It may be genuine, and does not suffice.
    Undecided,
}

/// A file's verdict, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVerdict {
    /// What it came to.
    pub outcome: FileOutcome,
    /// What is proven and what is not, or the reason, line by line.
    pub report: String,
}

/// The language of a report.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ReportLanguage {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

/// The end of the header log as the node signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// Entries: one for each block, and the chain's id.
    pub size: u64,
    /// The signed checkpoint (C2SP tlog-checkpoint).
    pub note: String,
    /// The key that its signature is checked with.
    pub verifier_key: String,
}

/// What the node that embeds the explorer proves.
pub trait Proofs: std::fmt::Debug + Send + Sync + 'static {
    /// Verifies an evidence file against this node's genesis. May take a second for each MB.
    fn verify(&self, file: &[u8], language: ReportLanguage) -> FileVerdict;

    /// The end of the header log.
    ///
    /// # Errors
    ///
    /// [`ViewError`] when it cannot be read.
    fn log_end(&self) -> Result<LogEnd, ViewError>;
}
