//! What the explorer shows of proofs: the verifier of evidence files and the end of the header log.

use std::fmt;

use dirchain_evidence::report::Report;
use dirchain_evidence::{Anchor, Kind, Reason, verify, words};
use dirchain_explorer::proofs::{FileOutcome, FileVerdict, LogEnd, Proofs, ReportLanguage};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::view::ViewError;
use dirchain_storage::Store;

use crate::restart::origin_note;

use super::evidence::{NoteKey, checkpoint, verifier_key};

/// This node's verifier, with its own genesis as the anchor.
pub struct NodeProofs {
    store: Store,
    note_key: NoteKey,
    genesis: Genesis,
}

impl fmt::Debug for NodeProofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeProofs").finish_non_exhaustive()
    }
}

impl NodeProofs {
    /// The proofs of a node.
    pub fn new(store: Store, note_key: NoteKey, genesis: Genesis) -> Self {
        Self {
            store,
            note_key,
            genesis,
        }
    }

    fn report(&self, file: &[u8]) -> Result<Report, Reason> {
        let proven = verify(file, Anchor::Genesis(&self.genesis), &[])?;
        Report::of(&proven, proven.until, &[], None)
    }
}

impl Proofs for NodeProofs {
    fn verify(&self, file: &[u8], language: ReportLanguage) -> FileVerdict {
        let language = match language {
            ReportLanguage::English => words::Language::English,
            ReportLanguage::Chinese => words::Language::Chinese,
        };
        match self.report(file) {
            Ok(report) => FileVerdict {
                outcome: FileOutcome::Valid,
                report: match origin_note(&self.genesis) {
                    None => words::text(&report, language),
                    Some(origin) => format!("{}\n{origin}\n", words::text(&report, language)),
                },
            },
            Err(reason) => FileVerdict {
                outcome: match reason.kind() {
                    Kind::Invalid => FileOutcome::Invalid,
                    // Nothing is claimed here that could be refuted.
                    Kind::Undecided | Kind::Refuted => FileOutcome::Undecided,
                },
                report: words::refusal(&reason, language),
            },
        }
    }

    fn log_end(&self) -> Result<LogEnd, ViewError> {
        let tip = self.store.tip();
        let unreadable = |error: &dyn fmt::Display| ViewError {
            reason: error.to_string(),
        };
        let note = checkpoint(&self.note_key, &tip).map_err(|error| unreadable(&error))?;
        let key = verifier_key(&self.note_key, &tip.chain).map_err(|error| unreadable(&error))?;
        Ok(LogEnd {
            size: tip.log.size(),
            note: note.to_string(),
            verifier_key: key.to_string(),
        })
    }
}
