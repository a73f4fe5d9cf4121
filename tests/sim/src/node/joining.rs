//! Beginning with a snapshot, as the production engine does before it starts: what is asked of whom, what is checked,
//! what is on disk already when a process dies in between.
//!
//! Invariant: whether an answer is what was asked for is decided by the ledger alone.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::codec::encode;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::Height;
use dirchain_ledger::leaves::Leaf;
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::snapshot::{
    Answer, HeaderRun, HeaderWalk, Leaves, Offer, Question, check_answer,
};
use dirchain_ledger::state_tree::{PageKey, Part, PartError, Subtree, Top};

use super::{Later, Loaded, Node, Out, Step, Store};
use crate::message::Message;
use crate::plant::Plant;
use crate::random::Random;

/// Questions under way at once, of all peers and of one: the production engine's.
const ASKED_MAX: usize = 8;
const ASKED_OF_PEER_MAX: usize = 2;
/// How long an answer may take. Where a question or its answer is lost, a connection broke, which the production
/// engine learns sooner than that its own bound is over.
const ANSWER_WITHIN_US: u64 = 3_000_000;
/// How long a peer without an answer is not asked again, and one that lied.
const ASIDE_US: u64 = 3_000_000;
const BANNED_US: u64 = 30_000_000;

/// What is here of a snapshot, each piece one synced write.
#[derive(Clone, Debug)]
pub struct Joining {
    walk: HeaderWalk,
    log_nodes: BTreeMap<(u8, u64), Hash>,
    blocks: BTreeMap<Height, Hash>,
    chosen: Option<(Offer, Top)>,
    parts: BTreeMap<usize, Stored>,
}

/// What is here of a part.
#[derive(Clone, Debug, Default)]
struct Stored {
    bodies: Vec<Leaf>,
    pages: Vec<(PageKey, Vec<u8>)>,
    is_whole: bool,
}

impl Joining {
    /// Nothing but the genesis.
    pub fn new(genesis: &Store) -> Self {
        Self {
            walk: HeaderWalk::from_tip(genesis.tip()),
            log_nodes: genesis.log_nodes.clone(),
            blocks: BTreeMap::new(),
            chosen: None,
            parts: BTreeMap::new(),
        }
    }

    /// How many pieces are here.
    pub fn pieces(&self) -> usize {
        self.blocks.len() + self.parts.len()
    }

    fn put_headers(&mut self, run: &HeaderRun, walk: HeaderWalk, nodes: LogNodes) {
        self.walk = walk;
        self.log_nodes.extend(nodes);
        let blocks = run.headers.iter();
        let blocks = blocks.map(|header| (header.height, header.hash()));
        self.blocks.extend(blocks);
    }

    fn put_leaves(&mut self, index: usize, answer: Leaves, subtree: Subtree) {
        let stored = self.parts.entry(index).or_default();
        stored.bodies.extend(answer.bodies.into_vec());
        stored.is_whole = stored.bodies.len() == answer.leaves.len();
        stored.pages = subtree.pages;
    }

    fn stored(&self, index: usize) -> usize {
        self.parts.get(&index).map_or(0, |part| part.bodies.len())
    }

    /// The parts that are not whole.
    fn missing(&self) -> Vec<usize> {
        let count = self.chosen.as_ref().map_or(0, |(_, top)| top.parts.len());
        let is_whole = |index: &usize| self.parts.get(index).is_some_and(|part| part.is_whole);
        (0..count).filter(|index| !is_whole(index)).collect()
    }

    fn part(&self, index: usize) -> Option<(&Offer, &Part)> {
        let (offer, top) = self.chosen.as_ref()?;
        Some((offer, top.parts.get(index)?))
    }

    /// The store that all of it makes; in words what does not fit.
    fn finish(&self, block: &Block, certificate: Certificate) -> Result<Store, String> {
        let (offer, top) = self.chosen.as_ref().ok_or("no state was chosen")?;
        let parts = self.parts.values();
        let leaves = parts.clone().flat_map(|part| part.bodies.iter().cloned());
        let below = parts.flat_map(|part| part.pages.iter().cloned());
        let pages = top.pages.iter().cloned().chain(below).collect();
        let blocks = self.blocks.clone();
        let state = MemoryState::at_one_height(offer.height, leaves, pages, blocks);
        let tip: Result<Tip, _> = self.walk.tip(top.root_slot, &state);
        let tip = tip.map_err(|error| error.to_string())?;
        let log_nodes = self.log_nodes.clone();
        Ok(Store::at_snapshot(
            state,
            tip,
            log_nodes,
            block,
            certificate,
        ))
    }
}

type LogNodes = BTreeMap<(u8, u64), Hash>;

/// What a process asks for.
#[derive(Debug)]
pub(super) struct Fetch {
    shown: BTreeMap<usize, Height>,
    /// How many questions each peer was asked.
    asked_ever: BTreeMap<usize, u64>,
    aside: BTreeMap<usize, u64>,
    under_way: BTreeMap<u64, (usize, Wanted)>,
    /// What a peer offered, until headers have led there.
    offered: Option<(usize, Offer)>,
    numbers: u64,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Offer,
    Headers,
    Part(usize),
    LastBlock,
}

/// An answer proves nothing of what it says.
struct Lied;

impl Fetch {
    /// Nobody was asked yet. No number is one that an earlier process has used.
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            shown: BTreeMap::new(),
            asked_ever: BTreeMap::new(),
            aside: BTreeMap::new(),
            under_way: BTreeMap::new(),
            offered: None,
            numbers: random.bits() >> 1,
        }
    }

    /// A peer shows its tip.
    pub(super) fn shows(&mut self, peer: usize, tip: Height) {
        self.shown.insert(peer, tip);
    }

    fn is_under_way(&self, wanted: Wanted) -> bool {
        self.under_way.values().any(|(_, of)| *of == wanted)
    }

    fn busy(&self, peer: usize) -> usize {
        let asked = self.under_way.values();
        asked.filter(|(of, _)| *of == peer).count()
    }

    /// Those who may be asked, the least busy first.
    fn peers(&self, now_us: u64) -> Vec<usize> {
        let peers = self.shown.keys().copied();
        let is_aside = |peer: &usize| self.aside.get(peer).is_some_and(|until| *until > now_us);
        let mut peers: Vec<usize> = peers.filter(|peer| !is_aside(peer)).collect();
        let ever = |peer: &usize| self.asked_ever.get(peer).copied().unwrap_or(0);
        peers.sort_by_key(|peer| (self.busy(*peer), ever(peer), *peer));
        peers
    }

    fn next(&self, now_us: u64, of_peer_max: usize) -> Option<usize> {
        let peer = self.peers(now_us).into_iter().next()?;
        (self.busy(peer) < of_peer_max).then_some(peer)
    }

    fn leave_aside(&mut self, peer: usize, until_us: u64) {
        let until = self.aside.entry(peer).or_default();
        *until = until_us.max(*until);
        self.offered.take_if(|(of, _)| *of == peer);
    }
}

impl Node {
    fn fetch(&mut self) -> &mut Fetch {
        let fetch = self.process().fetch.as_mut();
        fetch.expect("a process that begins with a snapshot")
    }

    fn here(&mut self) -> &mut Joining {
        self.disk.joining.as_mut().expect("a snapshot is begun")
    }

    /// Asks for whatever is missing.
    pub(super) fn fetch_on(&mut self, step: &mut Step<'_>) {
        if self.is_ending {
            return;
        }
        if self.here().chosen.is_some() {
            return self.fetch_parts(step);
        }
        if !self.fetch().under_way.is_empty() {
            return;
        }
        let after = self.here().walk.height();
        if let Some((peer, offer)) = self.fetch().offered.clone() {
            if after < offer.height {
                let upto = offer.height;
                let question = Question::Headers { after, upto };
                return self.ask(peer, Wanted::Headers, question, step);
            }
            return self.choose(peer, offer, step);
        }
        let fetch = self.fetch();
        let peers = fetch.peers(step.now_us);
        let highest = peers.into_iter().max_by_key(|peer| fetch.shown[peer]);
        if let Some(peer) = highest {
            self.ask(peer, Wanted::Offer, Question::Offer, step);
        }
    }

    fn fetch_parts(&mut self, step: &mut Step<'_>) {
        let missing = self.here().missing();
        for index in &missing {
            let fetch = self.fetch();
            let is_full = fetch.under_way.len() >= ASKED_MAX;
            if is_full || fetch.is_under_way(Wanted::Part(*index)) {
                continue;
            }
            let Some(peer) = fetch.next(step.now_us, ASKED_OF_PEER_MAX) else {
                return;
            };
            let joining = self.here();
            let skip = joining.stored(*index) as u32;
            let Some((offer, part)) = joining.part(*index) else {
                return;
            };
            let (first, last) = part.range();
            let question = Question::Leaves {
                height: offer.height,
                first,
                last,
                skip,
            };
            self.ask(peer, Wanted::Part(*index), question, step);
        }
        if missing.is_empty() && !self.fetch().is_under_way(Wanted::LastBlock) {
            let height = self.here().walk.height();
            if let Some(peer) = self.fetch().next(step.now_us, 1) {
                let (first, last) = (height, height);
                let question = Question::Blocks { first, last };
                self.ask(peer, Wanted::LastBlock, question, step);
            }
        }
    }

    fn ask(&mut self, peer: usize, wanted: Wanted, question: Question, step: &mut Step<'_>) {
        let fetch = self.fetch();
        fetch.numbers += 1;
        let request = fetch.numbers;
        fetch.under_way.insert(request, (peer, wanted));
        *fetch.asked_ever.entry(peer).or_default() += 1;
        self.send(Some(peer), Message::Ask { request, question }, step);
        self.later(ANSWER_WITHIN_US, Later::Unanswered(request), step);
    }

    /// The time for an answer is over.
    pub(super) fn unanswered(&mut self, request: u64, step: &mut Step<'_>) {
        if self.process().fetch.is_none() {
            return;
        }
        if let Some((peer, _)) = self.fetch().under_way.remove(&request) {
            self.fetch().leave_aside(peer, step.now_us + ASIDE_US);
            self.fetch_on(step);
        }
    }

    /// A peer answered.
    pub(super) fn told(&mut self, from: usize, request: u64, answer: Answer, step: &mut Step<'_>) {
        if self.process().fetch.is_none() {
            return;
        }
        let asked = self.fetch().under_way.remove(&request);
        let Some((_, wanted)) = asked.filter(|(peer, _)| *peer == from) else {
            return;
        };
        let taken = match (wanted, answer) {
            (_, Answer::Unavailable) => {
                self.fetch().leave_aside(from, step.now_us + ASIDE_US);
                Ok(())
            }
            (Wanted::Offer, Answer::Offer(offer)) => {
                self.fetch().offered = Some((from, offer));
                Ok(())
            }
            (Wanted::Headers, Answer::Headers(run)) => self.take_headers(&run, step),
            (Wanted::Part(index), Answer::Leaves(leaves)) => self.take_part(index, leaves, step),
            (Wanted::LastBlock, Answer::Blocks(blocks)) => {
                let last = blocks.blocks.first();
                self.take_last(last, step)
            }
            _ => Err(Lied),
        };
        if taken.is_err() && !self.is_ending {
            self.lied(from, step);
        }
        if self
            .process
            .as_ref()
            .is_some_and(|process| process.fetch.is_some())
        {
            self.fetch_on(step);
        }
    }

    fn lied(&mut self, peer: usize, step: &mut Step<'_>) {
        self.fetch().leave_aside(peer, step.now_us + BANNED_US);
        step.out.push(Out::Lied(peer));
    }

    fn take_headers(&mut self, run: &HeaderRun, step: &mut Step<'_>) -> Result<(), Lied> {
        let mut walk = self.here().walk.clone();
        let nodes = walk.take(run).map_err(|_| Lied)?;
        let nodes = nodes.into_iter().flatten();
        let nodes = nodes.map(|node| ((node.level, node.index), node.hash));
        let nodes = nodes.collect();
        if self.may_write(step) {
            self.here().put_headers(run, walk, nodes);
        }
        Ok(())
    }

    /// The headers led to where a peer's offer is, or beyond it.
    fn choose(&mut self, peer: usize, offer: Offer, step: &mut Step<'_>) {
        self.fetch().offered = None;
        let walk = &self.here().walk;
        if walk.height() != offer.height {
            // Another's headers led further; there will be a later offer.
            self.fetch().leave_aside(peer, step.now_us + super::TICK_US);
            return;
        }
        match Top::read(&walk.state_root(), offer.depth, offer.pages.to_vec()) {
            Ok(top) => {
                if self.may_write(step) {
                    self.here().chosen = Some((offer, top));
                    self.fetch_on(step);
                }
            }
            Err(_) => self.lied(peer, step),
        }
    }

    fn take_part(&mut self, index: usize, leaves: Leaves, step: &mut Step<'_>) -> Result<(), Lied> {
        let plant = self.plant;
        let joining = self.here();
        let skip = joining.stored(index);
        let (_, part) = joining.part(index).ok_or(Lied)?;
        let checked = check_answer(part, skip, &leaves);
        let subtree = match plant {
            Some(Plant::PartNotChecked) => unchecked(part, &leaves),
            Some(_) | None => checked.ok(),
        };
        let subtree = subtree.ok_or(Lied)?;
        if self.may_write(step) {
            self.here().put_leaves(index, leaves, subtree);
        }
        Ok(())
    }

    fn take_last(
        &mut self,
        last: Option<&(Vec<u8>, Certificate)>,
        step: &mut Step<'_>,
    ) -> Result<(), Lied> {
        let (bytes, certificate) = last.ok_or(Lied)?;
        let block = Block::decode(bytes).map_err(|_| Lied)?;
        let joining = self.here();
        if !joining.walk.is_last(&block, certificate) {
            return Err(Lied);
        }
        let store = match joining.finish(&block, certificate.clone()) {
            Ok(store) => store,
            Err(words) => {
                let cause = super::StopCause::Snapshot(words);
                self.stop(cause, step);
                return Ok(());
            }
        };
        if !self.may_write(step) {
            return Ok(());
        }
        // One renaming puts it in the place of the old database.
        self.disk.store = store;
        self.disk.joining = None;
        let tip = self.disk.store.tip().clone();
        let state = hash(Domain::Text, &[&encode(&tip.state)]);
        let leaves: BTreeSet<(Hash, Hash)> = self
            .disk
            .store
            .state()
            .leaves(tip.height)
            .iter()
            .map(Leaf::tree_leaf)
            .collect();
        step.out.push(Out::Loaded(Box::new(Loaded {
            block,
            certificate: certificate.clone(),
            state,
            leaves,
        })));
        if self.lives(step) {
            self.start(step);
        }
        Ok(())
    }
}

/// The pages of whatever leaves came, as if they were the part's.
fn unchecked(part: &Part, leaves: &Leaves) -> Option<Subtree> {
    match part.check(&leaves.leaves) {
        Ok(subtree) => Some(subtree),
        Err(PartError::Mismatch { found, .. }) => match part {
            Part::Subtree { page, .. } => {
                let (page, hash) = (*page, found);
                Part::Subtree { page, hash }.check(&leaves.leaves).ok()
            }
            Part::Leaf { .. } => None,
        },
        Err(PartError::Foreign) => None,
    }
}
