//! Headers are linked by hash, and every certificate is a quorum's.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::block::{Block, transactions_root};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::validators::ValidatorSet;

use super::Verdict;

#[derive(Debug)]
struct Link {
    hash: Hash,
    time: TimeMs,
    validators: ValidatorSet,
}

/// The headers so far.
#[derive(Debug, Default)]
pub struct Chain {
    links: BTreeMap<Height, Link>,
    /// Certificates that were found valid, by digest.
    verified: BTreeSet<(Height, Hash)>,
}

fn digest(certificate: &Certificate) -> Hash {
    hash(Domain::Text, &[&encode(certificate)])
}

impl Chain {
    /// The first commit of a height, whose validators are these.
    pub fn first(&mut self, block: &Block, validators: &ValidatorSet) -> Verdict {
        let header = &block.header;
        let height = header.height;
        let broken = |what: &str| Err(format!("chain: {what} of the block at height {height}"));
        let before = height.previous().and_then(|before| self.links.get(&before));
        let (parent, time) = match before {
            Some(link) => (link.hash, link.time),
            None if height == Height(1) => (header.chain.0, TimeMs(0)),
            None => return broken("nothing below the parent"),
        };
        if header.parent != parent {
            return broken("the parent hash");
        }
        if header.time <= time {
            return broken("the time");
        }
        if header.transactions_root != transactions_root(&block.transactions) {
            return broken("the transactions root");
        }
        if header.validators_hash != validators.hash() {
            return broken("the validators hash");
        }
        let link = Link {
            hash: header.hash(),
            time: header.time,
            validators: validators.clone(),
        };
        self.links.insert(height, link);
        Ok(())
    }

    /// A certificate that a node committed a block with.
    pub fn certificate(&mut self, node: usize, given: &Certificate, block: &Block) -> Verdict {
        let height = block.header.height;
        let words = |why: &str| format!("certificate: node {node}, height {height}: {why}");
        let link = self.links.get(&height);
        let link = link.ok_or_else(|| words("a height that nobody linked"))?;
        if given.block != link.hash || given.height != height {
            return Err(words("it is for another block"));
        }
        if !self.verified.insert((height, digest(given))) {
            return Ok(());
        }
        let verdict = given.verify(&block.header.chain, &link.validators);
        verdict.map_err(|error| words(&error.to_string()))
    }
}
