//! Value sync as the engine does it, one request at a time: asks a peer that shows a higher tip,
//! feeds consensus the block of its height, turns to another peer when one is at fault.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_consensus::answers::DecidedBlock;
use dirchain_consensus::limits::SYNC_BATCH_MAX;
use dirchain_ledger::ids::Height;

use crate::random::Random;

/// How long a request waits for its answer: the engine's default.
pub(super) const REQUEST_TIMEOUT_US: u64 = 10_000_000;

/// A request to be sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Our number for it.
    pub(super) number: u64,
    /// Whom to ask.
    pub(super) peer: usize,
    /// From this height.
    pub(super) first: Height,
    /// To this one.
    pub(super) last: Height,
}

/// What sync wants done.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Send this, and call back when its time is over.
    pub(super) request: Option<Request>,
    /// Feed consensus this block from that peer.
    pub(super) block: Option<(usize, DecidedBlock)>,
}

/// One node's sync.
#[derive(Debug, Default)]
pub(super) struct Sync {
    /// The height that consensus is at, once it started.
    height: Option<Height>,
    tips: BTreeMap<usize, Height>,
    pending: Option<Request>,
    /// Peers that failed for the present range.
    excluded: BTreeSet<usize>,
    blocks: BTreeMap<Height, (usize, DecidedBlock)>,
    numbers: u64,
}

impl Sync {
    /// A peer shows its tip.
    pub(super) fn status(&mut self, peer: usize, tip: Height, random: &mut Random) -> Wanted {
        self.tips.insert(peer, tip);
        self.ask(random)
    }

    /// Consensus started a height.
    pub(super) fn started(&mut self, height: Height, random: &mut Random) -> Wanted {
        self.height = Some(height);
        self.blocks = self.blocks.split_off(&height);
        if self.pending.is_some_and(|pending| pending.last < height) {
            self.pending = None;
        }
        match self.blocks.remove(&height) {
            Some(block) => Wanted {
                request: None,
                block: Some(block),
            },
            None => self.ask(random),
        }
    }

    /// A peer answered.
    pub(super) fn response(
        &mut self,
        peer: usize,
        number: u64,
        blocks: Vec<DecidedBlock>,
        random: &mut Random,
    ) -> Wanted {
        let Some(pending) = self.pending else {
            return Wanted::default();
        };
        if pending.number != number || pending.peer != peer {
            return Wanted::default();
        }
        let mut expected = pending.first;
        for block in &blocks {
            if block.certificate.height.ledger() != expected || expected > pending.last {
                return self.fault(peer, random);
            }
            expected = expected.next();
        }
        if blocks.is_empty() {
            return self.fault(peer, random);
        }
        self.pending = None;
        for block in blocks {
            let height = block.certificate.height.ledger();
            self.blocks.insert(height, (peer, block));
        }
        match self.height {
            Some(height) => self.started(height, random),
            None => Wanted::default(),
        }
    }

    /// A request's time is over.
    pub(super) fn timed_out(&mut self, number: u64, random: &mut Random) -> Wanted {
        match self.pending {
            Some(pending) if pending.number == number => self.fault(pending.peer, random),
            Some(_) | None => Wanted::default(),
        }
    }

    /// A peer gave something wrong or nothing.
    pub(super) fn fault(&mut self, peer: usize, random: &mut Random) -> Wanted {
        self.pending = None;
        self.excluded.insert(peer);
        self.blocks.clear();
        self.ask(random)
    }

    fn ask(&mut self, random: &mut Random) -> Wanted {
        let Some(first) = self.height else {
            return Wanted::default();
        };
        if self.pending.is_some() || !self.blocks.is_empty() {
            return Wanted::default();
        }
        let can_serve: Vec<(usize, Height)> = self
            .tips
            .iter()
            .filter(|(_, tip)| **tip >= first)
            .map(|(peer, tip)| (*peer, *tip))
            .collect();
        let is_eligible = |(peer, _): &&(usize, Height)| !self.excluded.contains(peer);
        let eligible: Vec<&(usize, Height)> = can_serve.iter().filter(is_eligible).collect();
        let Some(&&(peer, tip)) = random.pick(&eligible) else {
            // Everybody failed: a later event starts over with a clean slate.
            self.excluded.clear();
            return Wanted::default();
        };
        let batch_last = Height(first.0 + SYNC_BATCH_MAX as u64 - 1);
        self.numbers += 1;
        let request = Request {
            number: self.numbers,
            peer,
            first,
            last: tip.min(batch_last),
        };
        self.pending = Some(request);
        Wanted {
            request: Some(request),
            block: None,
        }
    }
}
