//! One simulated node: the engine's core and our replica over a simulated disk, in virtual time.
//!
//! Invariant: a step takes one happening and leaves what it wants done in the outbox. Nothing of a
//! step leaves a node that crashed within it.

mod engine;
mod giving;
mod guard;
mod host;
mod joining;
mod log;
mod source;
mod store;
mod sync;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_malachitebft_core_consensus::{Error, Input, State};
use arc_malachitebft_core_types::Timeout;
use dirchain_consensus::clocks::Finding;
use dirchain_consensus::context::DirectoryContext;
use dirchain_consensus::mode::{Gate, Mode, Standing};
use dirchain_consensus::pool::Inserted;
use dirchain_consensus::replica::{Replica, StopReason};
use dirchain_consensus::timeouts::Timeouts;
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, NodeId, TimeMs, TransactionId};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::signing::Position;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::turns::Turns;

pub use engine::EngineMessage;
pub use guard::Guard;
pub use joining::Joining;
pub use log::Log;
pub use store::Store;

use crate::city::{City, GENESIS_TIME, Home};
use crate::message::Message;
use crate::plant::Plant;
use crate::random::Random;
use crate::verifier::CachingVerifier;
use joining::Fetch;
use sync::Sync;

/// How often the replica is told that time passed, as in production.
pub const TICK_US: u64 = 250_000;

/// What a node keeps when its process dies.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The chain.
    pub store: Store,
    /// A snapshot that is being fetched, until it takes the chain's place.
    pub joining: Option<Joining>,
    /// The double-sign guard; none once it was lost.
    pub guard: Option<Guard>,
    /// The key that the ledger will name next, with its guard.
    pub next: Option<(SecretKey, Guard)>,
    /// The engine's log.
    pub log: Log,
    /// How long a synced write takes.
    pub sync_us: u64,
    /// So many writes from now one fails.
    pub fails_in: Option<u32>,
}

/// Why a process ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// A write failed.
    Disk,
    /// The engine's log had a bad entry; it is cut off now.
    LogBroken,
    /// The engine's own log contradicts what consensus derives from it.
    LogDiverged(String),
    /// The engine's core failed.
    Engine(String),
    /// The replica says that it cannot go on.
    Replica(StopReason),
    /// What was fetched of a snapshot makes no chain.
    Snapshot(String),
}

/// What a step wants done, and what it lets be seen.
#[derive(Clone, Debug)]
pub enum Out {
    /// Send to a node, or to every other.
    Send(Option<usize>, Message),
    /// Come back to this node later.
    Later(u64, Later),
    /// The process died at a crash point.
    Crashed,
    /// The process ended by itself.
    Stopped(StopCause),
    /// The node signed this, and the signature leaves.
    Signed(Position, Vec<u8>),
    /// The node committed a block: whoever asks is told so from now on.
    Committed(Box<(Block, Certificate, Hash)>),
    /// A snapshot took the chain's place.
    Loaded(Box<Loaded>),
    /// A peer's answer did not prove itself.
    Lied(usize),
    /// A peer broke a rule.
    Blamed(String),
    /// The engine has proof that these voters contradicted themselves.
    Evidence(Vec<Address>),
    /// An answer to a transaction given to this node.
    Answered(TransactionId, Inserted),
    /// A transaction given to this node will not be in a block.
    Refused(TransactionId, Box<Rejection>),
    /// It changed its mode.
    Mode(Mode),
}

/// A snapshot that became a node's chain.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its last block.
    pub block: Block,
    /// What decided that.
    pub certificate: Certificate,
    /// A digest of the state there.
    pub state: Hash,
    /// The leaves of the state's tree.
    pub leaves: BTreeSet<(Hash, Hash)>,
}

/// What comes back to a node later.
#[derive(Clone, Debug)]
pub enum Later {
    /// A message of the engine to itself.
    Engine(u64, EngineMessage),
    /// A timeout of the engine, with its number.
    Timeout(u64, Timeout, u64),
    /// Time passed for the replica.
    Tick,
    /// Time to show the tip.
    Status,
    /// A sync request's time is over.
    SyncTimeout(u64, u64),
    /// The time for an answer about a snapshot is over.
    Unanswered(u64),
}

/// What every step is given.
#[derive(Debug)]
pub struct Step<'a> {
    /// Virtual time, microseconds from the start.
    pub now_us: u64,
    /// Chance.
    pub random: &'a mut Random,
    /// What is to be done.
    pub out: &'a mut Vec<Out>,
}

/// What a process holds in memory.
struct Process {
    replica: Replica,
    gate: Gate,
    mode: Mode,
    /// The engine's own address: none for a node that only follows.
    engine: Option<State<DirectoryContext>>,
    phase: Phase,
    votes: bool,
    /// The address that the engine was started under.
    runs_as: Option<Address>,
    log_height: Option<Height>,
    waiting: Vec<EngineMessage>,
    timers: BTreeMap<(u8, i64), u64>,
    timer_numbers: u64,
    sync: Sync,
    /// What is asked for while a snapshot is fetched; the engine does not run then.
    fetch: Option<Fetch>,
    /// The tips that peers have shown since the process started.
    shown: BTreeMap<usize, Height>,
    /// The host owes the engine the next height.
    owes_next: bool,
    /// The engine is to be started anew without a vote until this height.
    follows_until: Option<Height>,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Phase {
    Unstarted,
    Running,
    Recovering,
}

/// One node.
pub struct Node {
    /// Its place on the network.
    pub index: usize,
    /// Its name on the ledger; none for one that is not there.
    pub name: Option<NodeId>,
    /// Its consensus key; none for an observer.
    pub secret: Option<SecretKey>,
    /// What it keeps.
    pub disk: Disk,
    /// Counts its processes: what an earlier one left to be done is dropped.
    pub life: u64,
    /// Counts its engines.
    engine_life: u64,
    process: Option<Process>,
    /// How far its clock is off.
    pub skew_ms: i64,
    /// It does nothing before this moment.
    pub busy_until_us: u64,
    /// So many crash points from now it dies.
    pub fuse: Option<u32>,
    /// How long it then stays down.
    pub down_us: u64,
    plant: Option<Plant>,
    timeouts: Timeouts,
    verifier: Arc<CachingVerifier>,
    city: Arc<City>,
    /// The process ended in this step.
    is_ending: bool,
    /// Whose synced block the engine looks at.
    synced_from: Option<usize>,
    /// Bodies that a planted bug leaves unsynced.
    unsynced_bodies: Vec<(Height, u32, Hash)>,
}

impl Node {
    /// A node with an empty disk. A validator's has an empty guard, as a new home's.
    pub fn new(
        index: usize,
        home: Option<&Home>,
        city: &Arc<City>,
        verifier: &Arc<CachingVerifier>,
        plant: Option<Plant>,
    ) -> Self {
        Self {
            index,
            name: home.map(|home| home.id.clone()),
            disk: Disk {
                store: Store::new(&city.outcome),
                joining: None,
                guard: home.is_some().then(Guard::default),
                next: None,
                log: Log::default(),
                sync_us: 100,
                fails_in: None,
            },
            secret: home.map(|home| home.consensus.clone()),
            life: 0,
            engine_life: 0,
            process: None,
            skew_ms: 0,
            busy_until_us: 0,
            fuse: None,
            down_us: 0,
            plant,
            timeouts: Timeouts::default(),
            verifier: Arc::clone(verifier),
            city: Arc::clone(city),
            is_ending: false,
            synced_from: None,
            unsynced_bodies: Vec::new(),
        }
    }

    /// Its address in votes.
    pub fn address(&self) -> Option<Address> {
        self.secret.as_ref().map(|key| Address::of(&key.public()))
    }

    /// Whether its process runs.
    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Whether its process runs and takes transactions.
    pub fn serves(&self) -> bool {
        let process = self.process.as_ref();
        process.is_some_and(|process| process.fetch.is_none())
    }

    /// From its next start on it begins with a snapshot.
    pub fn begin_with_snapshot(&mut self) {
        self.disk.joining = Some(Joining::new(&self.disk.store));
    }

    /// Where it stands, for a reader.
    pub fn standing(&self) -> String {
        let Some(process) = &self.process else {
            return format!("node {} is down", self.index);
        };
        if let (Some(joining), Some(fetch)) = (&self.disk.joining, &process.fetch) {
            let pieces = joining.pieces();
            return format!(
                "node {} fetches a snapshot, has {pieces} pieces, {fetch:?}",
                self.index
            );
        }
        let engine = process.engine.as_ref().map(|state| {
            let round_state = state.driver.round_state();
            let timers: Vec<_> = process.timers.keys().collect();
            format!(
                ", at height {} round {} in step {:?}, timers {timers:?}",
                state.height(),
                state.round(),
                round_state.step
            )
        });
        let place = engine.unwrap_or_default();
        format!("node {} {}{place}", self.index, process.mode)
    }

    /// The transactions that wait in its pool.
    pub fn waits(&self, id: &TransactionId) -> bool {
        let pool = self.process.as_ref().map(|process| process.replica.pool());
        pool.is_some_and(|pool| pool.contains(id))
    }

    /// What it makes of others' clocks, while it runs.
    pub fn clocks(&self) -> Option<Finding> {
        let process = self.process.as_ref()?;
        Some(process.replica.outlook().clocks.finding())
    }

    /// Its wall clock.
    pub fn clock(&self, now_us: u64) -> TimeMs {
        let passed_ms = (now_us / 1_000) as i64;
        TimeMs(GENESIS_TIME.0 + 1_000 + passed_ms + self.skew_ms)
    }

    /// Starts a process over the disk.
    pub fn start(&mut self, step: &mut Step<'_>) {
        self.life += 1;
        self.is_ending = false;
        self.fuse = None;
        if let Some(guard) = &mut self.disk.guard {
            guard.open();
        }
        let mut gate = Gate::default();
        let mode = self.safe_mode(&mut gate, &[]);
        let mut tip = self.disk.store.tip().clone();
        if self.plant == Some(Plant::TurnsForgotten) {
            tip.turns = Turns::default();
        }
        let fetches = self.disk.joining.is_some();
        self.process = Some(Process {
            replica: Replica::new(tip, None),
            gate,
            mode: mode.clone(),
            engine: None,
            phase: Phase::Unstarted,
            votes: false,
            runs_as: None,
            log_height: None,
            waiting: Vec::new(),
            timers: BTreeMap::new(),
            timer_numbers: 0,
            sync: Sync::default(),
            fetch: fetches.then(|| Fetch::new(step.random)),
            shown: BTreeMap::new(),
            owes_next: false,
            follows_until: None,
        });
        let first_us = step.random.below(TICK_US);
        step.out.push(Out::Later(first_us, Later::Tick));
        step.out.push(Out::Later(first_us, Later::Status));
        if !fetches {
            self.begin(mode, step);
        }
    }

    /// The process dies: what was not synced is lost, in part or whole.
    pub fn die(&mut self, random: &mut Random) {
        self.process = None;
        self.life += 1;
        self.fuse = None;
        self.disk.log.crash(random);
        if let Some(guard) = &mut self.disk.guard {
            guard.crash(random);
        }
        if self.plant == Some(Plant::BodyNotSynced) {
            self.lose_bodies();
        }
    }

    /// The mode that the guard, the store and what peers show allow, with the key that the ledger
    /// names.
    fn safe_mode(&mut self, gate: &mut Gate, shown: &[Height]) -> Mode {
        self.take_key(gate);
        let key = self.secret.as_ref().map(SecretKey::public);
        let guard = self.disk.guard.as_ref();
        let highest = guard.and_then(|guard| guard.record().highest());
        gate.mode(&Standing {
            tip: self.disk.store.tip(),
            key: key.as_ref(),
            guarded: highest.map(|position| position.height),
            has_guard: guard.is_some() || self.plant == Some(Plant::GuardSkipped),
            shown,
        })
    }

    /// Takes up the next key once the ledger names it; the one before and its guard are gone.
    fn take_key(&mut self, gate: &mut Gate) {
        let Some(name) = &self.name else { return };
        let mut members = self.disk.store.tip().validators.members().iter();
        let named = members.find(|member| member.node == *name);
        let named = named.map(|member| member.consensus_key);
        let is_named = |(next, _): &mut (SecretKey, Guard)| Some(next.public()) == named;
        if let Some((secret, mut guard)) = self.disk.next.take_if(is_named) {
            guard.open();
            self.secret = Some(secret);
            self.disk.guard = Some(guard);
            *gate = Gate::default();
        }
    }

    /// Whether its chain's end names a node of the network a validator: only from such does it take
    /// votes, proposals and blocks.
    pub fn admits(&self, peer: &Node) -> bool {
        let mut members = self.disk.store.tip().validators.members().iter();
        members.any(|member| Some(&member.node) == peer.name.as_ref())
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("a step runs in a process")
    }

    /// A point at which the process may die. False once it has.
    fn lives(&mut self, step: &mut Step<'_>) -> bool {
        if self.is_ending {
            return false;
        }
        if let Some(fuse) = &mut self.fuse {
            if *fuse == 0 {
                self.is_ending = true;
                step.out.push(Out::Crashed);
                return false;
            }
            *fuse -= 1;
        }
        true
    }

    /// A synced write may begin: counts its time, and fails when the disk does.
    fn may_write(&mut self, step: &mut Step<'_>) -> bool {
        if !self.lives(step) {
            return false;
        }
        let begin_us = self.busy_until_us.max(step.now_us);
        self.busy_until_us = begin_us + self.disk.sync_us;
        if let Some(left) = &mut self.disk.fails_in {
            if *left == 0 {
                self.disk.fails_in = None;
                self.stop(StopCause::Disk, step);
                return false;
            }
            *left -= 1;
        }
        true
    }

    fn stop(&mut self, cause: StopCause, step: &mut Step<'_>) {
        if !self.is_ending {
            self.is_ending = true;
            step.out.push(Out::Stopped(cause));
        }
    }

    fn send(&mut self, to: Option<usize>, message: Message, step: &mut Step<'_>) {
        if self.lives(step) {
            step.out.push(Out::Send(to, message));
        }
    }

    fn later(&mut self, after_us: u64, later: Later, step: &mut Step<'_>) {
        if !self.is_ending {
            step.out.push(Out::Later(after_us, later));
        }
    }

    /// A message from a node.
    pub fn receive(&mut self, from: usize, message: Message, step: &mut Step<'_>) {
        if let Some(fetch) = &mut self.process().fetch {
            match message {
                Message::Status { tip } => fetch.shows(from, tip),
                Message::Tell { request, answer } => self.told(from, request, answer, step),
                // No engine runs, and its own questions are all that is answered.
                _ => {}
            }
            return;
        }
        match message {
            Message::Vote(vote) => {
                let replica = &self.process().replica;
                if let Some(event) = replica.hear_vote(&vote.message, &vote.signature) {
                    self.host(event, step);
                }
                self.engine_message(EngineMessage::Peer(Input::Vote(vote)), step);
            }
            Message::Proposal(proposal) => {
                let replica = &self.process().replica;
                let heard = replica.hear_proposal(&proposal.message, &proposal.signature);
                if let Some(event) = heard {
                    self.host(event, step);
                }
                self.engine_message(EngineMessage::Peer(Input::Proposal(proposal)), step);
            }
            Message::Polka(polka) => {
                self.engine_message(EngineMessage::Peer(Input::PolkaCertificate(polka)), step);
            }
            Message::Round(round) => {
                self.engine_message(EngineMessage::Peer(Input::RoundCertificate(round)), step);
            }
            Message::Part(part) => self.engine_message(EngineMessage::Part(part), step),
            Message::Status { tip } => {
                let process = self.process();
                process.shown.insert(from, tip);
                let wanted = process.sync.status(from, tip, step.random);
                self.carry_out_sync(wanted, step);
            }
            Message::SyncRequest {
                request,
                first,
                last,
            } => self.answer_sync(from, request, first, last, step),
            Message::SyncResponse { request, blocks } => {
                let process = self.process();
                let wanted = process.sync.response(from, request, blocks, step.random);
                self.carry_out_sync(wanted, step);
            }
            Message::Transaction(transaction) => self.take_from_peer(transaction, step),
            Message::Ask { request, question } => {
                let answer = self.disk.store.answer(&question);
                self.send(Some(from), Message::Tell { request, answer }, step);
            }
            // It asked before it began.
            Message::Tell { .. } => {}
        }
        self.settle(step);
    }

    /// Something that was to come later.
    pub fn resume(&mut self, later: Later, step: &mut Step<'_>) {
        match later {
            Later::Engine(engine_life, message) => {
                if engine_life == self.engine_life {
                    self.engine_message(message, step);
                }
            }
            Later::Timeout(engine_life, timeout, number) => {
                if engine_life == self.engine_life {
                    self.timeout(timeout, number, step);
                }
            }
            Later::Tick => {
                match self.process().fetch {
                    Some(_) => self.fetch_on(step),
                    None => self.tick(step),
                }
                self.later(TICK_US, Later::Tick, step);
            }
            Later::Status => {
                let tip = self.disk.store.tip().height;
                if tip > Height::GENESIS && self.serves() {
                    self.send(None, Message::Status { tip }, step);
                }
                let period_us = self.timeouts.status.as_micros() as u64;
                self.later(period_us, Later::Status, step);
            }
            Later::Unanswered(request) => self.unanswered(request, step),
            Later::SyncTimeout(engine_life, number) => {
                if engine_life == self.engine_life {
                    let wanted = self.process().sync.timed_out(number, step.random);
                    self.carry_out_sync(wanted, step);
                }
            }
        }
        self.settle(step);
    }

    /// A client gives it a transaction.
    pub fn submit(&mut self, transaction: VerifiedTransaction, step: &mut Step<'_>) {
        self.take_from_client(transaction, step);
        self.settle(step);
    }

    /// Starts the engine anew where a step asked for it.
    fn settle(&mut self, step: &mut Step<'_>) {
        let Some(process) = &mut self.process else {
            return;
        };
        if let Some(until) = process.follows_until.take() {
            let mode = process.gate.follow(until);
            self.begin(mode, step);
        }
    }

    fn engine_failed(&mut self, error: &Error<DirectoryContext>, step: &mut Step<'_>) {
        let words = error.to_string();
        let cause = match error {
            Error::ReplayDivergence(..) => StopCause::LogDiverged(words),
            _ => StopCause::Engine(words),
        };
        self.stop(cause, step);
    }
}
