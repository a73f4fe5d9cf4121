//! Evidence that any honest node exports verifies against the genesis and against a block pinned
//! before, and ends where its chain does; and a file of before, refreshed by any of them, still
//! proves what it proved.

use std::collections::BTreeSet;

use dirchain_consensus::answers::History as _;
use dirchain_evidence::{
    Anchor, AnchorRequest, Checkpoint, ExportError, Proven, Request, Source as _, anchor, export,
    reanchor, verify,
};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::RecordId;

use super::Verdict;
use crate::node::Store;

/// What an inspector took home the first time that it asked.
#[derive(Debug)]
struct Kept {
    pin: Checkpoint,
    files: Vec<(RecordId, Vec<u8>)>,
}

/// An inspector, who trusts the genesis and what it pinned.
#[derive(Debug)]
pub struct Evidence {
    genesis: Genesis,
    subjects: Vec<RecordId>,
    kept: Option<Kept>,
    /// Files that were seen to prove what they should, by digest: nodes with one end give one file.
    seen: BTreeSet<Hash>,
    /// The most sets of validators that lay between the pin and a file that shows it.
    retired_sets: usize,
}

/// Who is asked for what, for the words of a failure.
struct Asked<'a> {
    node: usize,
    subject: &'a RecordId,
}

impl Asked<'_> {
    fn broken(&self, what: &str, why: impl std::fmt::Display) -> String {
        let Self { node, subject } = self;
        format!("evidence: of {subject}, {what} from node {node}: {why}")
    }

    /// Verifies a file that has to prove the state at a height under a node's last block.
    fn proves(
        &self,
        what: &str,
        file: &[u8],
        under: Anchor<'_>,
        (until, head): (Height, Height),
    ) -> Result<Proven, String> {
        let proven = verify(file, under, &[]);
        let proven = proven.map_err(|reason| self.broken(what, reason))?;
        if (proven.until.height, proven.head.height) != (until, head) {
            let (until, head) = (proven.until.height, proven.head.height);
            return Err(self.broken(what, format!("it proves {until} under {head}")));
        }
        Ok(proven)
    }
}

impl Evidence {
    /// An inspector of these histories.
    pub fn new(genesis: &Genesis, subjects: Vec<RecordId>) -> Self {
        Self {
            genesis: genesis.clone(),
            subjects,
            kept: None,
            seen: BTreeSet::new(),
            retired_sets: 0,
        }
    }

    /// The most sets of validators that lay between the pin and a file that shows it.
    pub fn retired_sets(&self) -> usize {
        self.retired_sets
    }

    /// Has a node export every history, as its store has it.
    pub fn ask(&mut self, node: usize, store: &Store) -> Verdict {
        let tip = store.tip().height;
        let pinned = self.kept.as_ref().map(|kept| kept.pin.header.height);
        let pinned = pinned.filter(|pinned| *pinned <= tip);
        let mut files = Vec::new();
        for subject in &self.subjects {
            let asked = Asked { node, subject };
            let mut request = Request::of(subject.clone());
            request.pins = pinned.into_iter().collect();
            let file = match export(store, &request) {
                Ok(file) => file,
                // Nothing is certified yet.
                Err(ExportError::NoBlock) => return Ok(()),
                Err(error) => return Err(asked.broken("a file", error)),
            };
            if self.seen.insert(hash(Domain::Text, &[&file])) {
                let genesis = Anchor::Genesis(&self.genesis);
                asked.proves("a file", &file, genesis, (tip, tip))?;
                if let Some(kept) = self.kept.as_ref().filter(|_| pinned.is_some()) {
                    let retired = kept.still_holds(&asked, &file, store, &self.genesis)?;
                    self.retired_sets = self.retired_sets.max(retired);
                }
            }
            files.push((subject.clone(), file));
        }
        if self.kept.is_none() {
            let unreadable = |error| format!("evidence: node {node}: {error}");
            let header = store.header(tip).map_err(unreadable)?;
            let voted = store.validators_of(tip).map_err(unreadable)?;
            if let (Some(header), Some(validators)) = (header, voted) {
                let next_validators = store.tip().validators.clone();
                let pin = Checkpoint::new(header, validators, next_validators);
                self.kept = Some(Kept { pin, files });
            }
        }
        Ok(())
    }
}

impl Kept {
    /// A newer file shows the pinned block, and the old one can be refreshed. Gives how many sets
    /// of validators lie between.
    fn still_holds(
        &self,
        asked: &Asked<'_>,
        file: &[u8],
        store: &Store,
        genesis: &Genesis,
    ) -> Result<usize, String> {
        let (pinned, tip) = (self.pin.header.height, store.tip().height);
        let proven = asked.proves("a file", file, Anchor::Checkpoint(&self.pin), (tip, tip))?;
        if !proven.trust.is_linked {
            return Err(asked.broken("a file", "it does not show the pinned block"));
        }
        let retired_sets = proven.trust.retired_sets;
        let mut files = self.files.iter();
        let Some((_, old)) = files.find(|(subject, _)| subject == asked.subject) else {
            return Ok(retired_sets);
        };
        let what = "a refreshed file";
        let request = AnchorRequest {
            subject: asked.subject.clone(),
            state: pinned,
            pins: vec![pinned],
            cosigned_size: None,
        };
        let fresh = anchor(store, &request).and_then(|fresh| reanchor(old, &fresh, None));
        let fresh = fresh.map_err(|error| asked.broken(what, error))?;
        asked.proves(what, &fresh, Anchor::Genesis(genesis), (pinned, tip))?;
        asked.proves(what, &fresh, Anchor::Checkpoint(&self.pin), (pinned, tip))?;
        Ok(retired_sets)
    }
}
