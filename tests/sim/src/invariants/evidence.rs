//! Evidence that any honest node exports verifies against the genesis, and ends where its chain does.

use dirchain_evidence::{Anchor, ExportError, Request, export, verify};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::records::RecordId;

use super::Verdict;
use crate::node::Store;

/// The history of each of these, as a node's store has it.
pub fn verifies(node: usize, store: &Store, genesis: &Genesis, subjects: &[RecordId]) -> Verdict {
    for subject in subjects {
        let words = |why: String| format!("evidence: of {subject}, from node {node}: {why}");
        let file = match export(store, &Request::of(subject.clone())) {
            Ok(file) => file,
            // Nothing is certified yet.
            Err(ExportError::NoBlock) => return Ok(()),
            Err(error) => return Err(words(error.to_string())),
        };
        let proven = verify(&file, Anchor::Genesis(genesis), &[]);
        let proven = proven.map_err(|reason| words(reason.to_string()))?;
        if proven.until.height != store.tip().height {
            return Err(words(format!("it ends at height {}", proven.until.height)));
        }
    }
    Ok(())
}
