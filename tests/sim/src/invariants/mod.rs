//! What must always hold, one file each, checked while the simulation runs.

mod acknowledged;
mod agreement;
mod blame;
mod chain;
mod epochs;
mod evidence;
mod progress;
mod signatures;
mod state;
mod stops;
mod transactions;

use std::sync::Arc;

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height};
use dirchain_ledger::records::Membership;
use dirchain_ledger::signing::Position;
use dirchain_ledger::view::Records as _;

use crate::city::City;
use crate::node::{Loaded, StopCause};

pub use acknowledged::Acknowledged;
pub use agreement::Agreement;
pub use blame::Blame;
pub use chain::Chain;
pub use epochs::Epochs;
pub use evidence::Evidence;
pub use progress::{PROGRESS_HEIGHTS, Progress};
pub use signatures::Signatures;
pub use state::States;
pub use stops::Stops;
pub use transactions::Transactions;

/// A broken invariant, in words.
pub type Verdict = Result<(), String>;

/// All invariants over one run.
#[derive(Debug)]
pub struct Invariants {
    /// All honest nodes commit the same block at a height.
    pub agreement: Agreement,
    /// Headers are linked and certificates valid.
    pub chain: Chain,
    /// Who votes changes by safe steps, at the ends of epochs.
    pub epochs: Epochs,
    /// Every committed transaction is valid, and there once.
    pub transactions: Transactions,
    /// No honest node contradicts itself, nor forgets its lock.
    pub signatures: Signatures,
    /// State is equal at equal height.
    pub states: States,
    /// What was acknowledged as committed stays.
    pub acknowledged: Acknowledged,
    /// What any of them exports verifies.
    pub evidence: Evidence,
    /// Heights go on once the faults are over.
    pub progress: Progress,
    /// Honest nodes end for outer reasons only.
    pub stops: Stops,
    /// Honest nodes are never blamed for a broken rule.
    pub blame: Blame,
}

impl Invariants {
    /// For a run with these honest voters.
    pub fn new(city: &Arc<City>, honest: &[Address]) -> Self {
        Self {
            agreement: Agreement::default(),
            chain: Chain::default(),
            epochs: Epochs::new(city.setting.epoch_blocks),
            transactions: Transactions::new(city),
            signatures: Signatures::new(city, honest),
            states: States::default(),
            acknowledged: Acknowledged::default(),
            evidence: Evidence::new(&city.genesis, city.subjects()),
            progress: Progress::default(),
            stops: Stops,
            blame: Blame::new(honest),
        }
    }

    /// An honest node committed a block.
    pub fn committed(
        &mut self,
        node: usize,
        block: &Block,
        certificate: &Certificate,
        state: Hash,
    ) -> Verdict {
        let (height, hash) = (block.header.height, block.header.hash());
        let is_new = self.agreement.committed(node, height, hash)?;
        let set = self.transactions.validators().clone();
        if is_new {
            self.chain.first(block, &set)?;
            let before = self.membership()?;
            self.transactions.first(block)?;
            let (after, tip) = (self.membership()?, self.transactions.tip());
            self.epochs.first(&block.header, &before, &after, tip)?;
            self.signatures.votes_on(height.next(), &tip.validators);
        }
        self.chain.certificate(node, certificate, block)?;
        self.states.committed(node, height, state)?;
        self.acknowledged.committed(node, height);
        Ok(())
    }

    /// A snapshot became an honest node's chain.
    pub fn loaded(&mut self, node: usize, loaded: &Loaded) -> Verdict {
        let Loaded {
            block,
            certificate,
            state,
            leaves,
        } = loaded;
        self.committed(node, block, certificate, *state)?;
        let height = block.header.height;
        self.transactions.holds(node, height, leaves)
    }

    fn membership(&self) -> Result<Membership, String> {
        let membership = self.transactions.state().membership();
        membership.map_err(|error| error.to_string())
    }

    /// A voter's signature left a node.
    pub fn signed(&mut self, voter: Address, position: Position, message: &[u8]) -> Verdict {
        self.signatures.signed(voter, position, message)
    }

    /// A process of an honest node ended by itself.
    pub fn stopped(&self, node: usize, cause: &StopCause) -> Verdict {
        self.stops.stopped(node, cause)
    }

    /// The highest height that any honest node committed.
    pub fn highest(&self) -> Height {
        self.agreement.highest()
    }
}
