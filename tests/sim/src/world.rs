//! The world of one run: nodes, network, clients and faults in virtual time.
//!
//! Invariant: everything that happens comes from the seed. Happenings are taken in the order of
//! their time, those of one time in the order in which they were planned.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use dirchain_consensus::clocks::Finding;
use dirchain_consensus::context::{Proposal, Vote};
use dirchain_consensus::mode::Mode;
use dirchain_consensus::pool::Inserted;
use dirchain_ledger::ids::{Address, Height, TimeMs, TransactionId};
use dirchain_ledger::view::Records as _;

use crate::city::City;
use crate::clients::Client;
use crate::invariants::{Invariants, Verdict};
use crate::liars::{Liar, Lie};
use crate::membership::Clerk;
use crate::message::Message;
use crate::network::Network;
use crate::node::{Guard, Later, Node, Out, Step, StopCause, Store};
use crate::plant::Plant;
use crate::random::Random;
use crate::scenario::{
    Family, Fault, Harm, LIED_ABOUT_US, PLAN_WITHIN_US, PROGRESS_WITHIN_US, Scenario,
};
use crate::transcript::Transcript;
use crate::verifier::CachingVerifier;

/// A run that takes more happenings than this is stuck in a loop.
const HAPPENINGS_MAX: u64 = 3_000_000;
/// How long a process that ended by itself stays down.
const RESTART_US: u64 = 300_000;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The family.
    pub family: Family,
    /// The seed.
    pub seed: u64,
    /// A bug of every honest node.
    pub plant: Option<Plant>,
    /// Whether the transcript keeps its text.
    pub is_readable: bool,
}

/// How a run ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The digest of everything that happened.
    pub digest: [u8; 32],
    /// The highest height.
    pub height: u64,
    /// Transactions on the chain.
    pub transactions: u64,
    /// Happenings.
    pub happenings: u64,
    /// How long the run took in virtual time, microseconds.
    pub virtual_us: u64,
    /// Proofs of contradiction that honest engines had.
    pub evidence: u64,
    /// Snapshots that became a node's chain.
    pub snapshots: u64,
    /// How often the set of validators changed.
    pub epochs: u64,
    /// Whether who votes is as was planned.
    pub is_planned: bool,
    /// The most sets of validators between a pinned block and evidence that shows it.
    pub retired_sets: usize,
    /// How many vote at the end.
    pub validators: usize,
}

/// How a run broke an invariant.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What, in words.
    pub words: String,
    /// When, microseconds of virtual time.
    pub at_us: u64,
    /// The transcript's text, if it was kept.
    pub text: Option<String>,
}

#[derive(Debug)]
enum Happening {
    Start(usize),
    Deliver(usize, usize, Message),
    Later(usize, u64, Later),
    Fault(usize),
    Revive(usize, u64, Option<Harm>),
    Client(usize),
    Heal,
    Join,
}

#[derive(Debug)]
struct Planned {
    at_us: u64,
    number: u64,
    happening: Happening,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    /// The earliest is the greatest: the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at_us, other.number).cmp(&(self.at_us, self.number))
    }
}

/// One run.
pub struct World {
    scenario: Scenario,
    city: Arc<City>,
    verifier: Arc<CachingVerifier>,
    plant: Option<Plant>,
    nodes: Vec<Node>,
    liars: BTreeMap<usize, Box<dyn Liar>>,
    /// Nodes that no invariant speaks of.
    dishonest: BTreeSet<usize>,
    backups: BTreeMap<usize, Store>,
    network: Network,
    clients: Vec<Client>,
    clerk: Clerk,
    /// Those who may join that were seen to be on the ledger.
    registered: BTreeSet<usize>,
    /// Those who died for ever.
    gone: BTreeSet<usize>,
    /// Transactions that were taken before the faults were over, and who gave them.
    owed: Vec<(usize, TransactionId, TimeMs)>,
    /// When the faults were over.
    healed_us: u64,
    invariants: Invariants,
    queue: BinaryHeap<Planned>,
    numbers: u64,
    now_us: u64,
    is_healed: bool,
    joiner: Option<usize>,
    random: Random,
    transcript: Transcript,
    evidence: u64,
    snapshots: u64,
    /// When each height was committed first.
    commits: Vec<u64>,
}

impl World {
    /// The world of a run, before anything happens.
    pub fn new(run: &Run) -> Self {
        Self::with(run, Scenario::of(run.family, run.seed))
    }

    /// As [`World::new`], with a scenario of its own.
    pub fn with(run: &Run, scenario: Scenario) -> Self {
        let city = City::of(scenario.setting);
        let verifier = Arc::new(CachingVerifier::new(city.chain));
        let mut dishonest: BTreeSet<usize> = scenario.liars.iter().map(|(node, _)| *node).collect();
        let plant_of = |node: usize| run.plant.filter(|_| !dishonest.contains(&node));
        let homes = city.homes.iter().enumerate();
        let mut nodes: Vec<Node> = homes
            .map(|(node, home)| Node::new(node, Some(home), &city, &verifier, plant_of(node)))
            .collect();
        if let Some(original) = scenario.twin_of {
            let twin = nodes.len();
            let home = &city.homes[original];
            nodes.push(Node::new(twin, Some(home), &city, &verifier, run.plant));
            dishonest.extend([original, twin]);
        }
        let liars = scenario.liars.iter();
        let liars = liars.map(|(node, kind)| (*node, kind.make())).collect();
        let homes = city.homes.iter().enumerate();
        let honest = homes.filter(|(node, _)| !dishonest.contains(node));
        let honest: Vec<Address> = honest
            .flat_map(|(_, home)| [&home.consensus, &home.next])
            .map(|key| Address::of(&key.public()))
            .collect();
        let clients = city.authors.iter();
        let clients = clients
            .map(|author| Client::new(author.clone(), &city))
            .collect();
        let transcript = match run.is_readable {
            true => Transcript::readable(),
            false => Transcript::default(),
        };
        let mut world = Self {
            invariants: Invariants::new(&city, &honest),
            city,
            verifier,
            plant: run.plant,
            nodes,
            liars,
            dishonest,
            backups: BTreeMap::new(),
            network: Network::perfect(),
            clients,
            clerk: Clerk::new(scenario.plan.clone()),
            registered: BTreeSet::new(),
            gone: BTreeSet::new(),
            owed: Vec::new(),
            healed_us: 0,
            queue: BinaryHeap::new(),
            numbers: 0,
            now_us: 0,
            is_healed: false,
            joiner: None,
            random: Random::new(run.seed, 2),
            transcript,
            evidence: 0,
            snapshots: 0,
            commits: Vec::new(),
            scenario,
        };
        world.prepare_rotation();
        world.plan_beginning();
        world
    }

    fn plan_beginning(&mut self) {
        for node in 0..self.nodes.len() {
            let at_us = self.random.below(20_000);
            self.plan(at_us, Happening::Start(node));
        }
        for client in 0..self.clients.len() {
            let at_us = self.random.below(500_000);
            self.plan(at_us, Happening::Client(client));
        }
        for fault in 0..self.scenario.faults.len() {
            let (at_us, _) = self.scenario.faults[fault];
            self.plan(at_us, Happening::Fault(fault));
        }
        self.plan(self.scenario.heal_us, Happening::Heal);
        if let Some(at_us) = self.scenario.joiner.and_then(|joiner| joiner.at_us) {
            self.plan(at_us, Happening::Join);
        }
    }

    fn plan(&mut self, at_us: u64, happening: Happening) {
        self.numbers += 1;
        let number = self.numbers;
        self.queue.push(Planned {
            at_us,
            number,
            happening,
        });
    }

    /// Runs to the end.
    ///
    /// # Errors
    ///
    /// An invariant broke.
    pub fn run(mut self) -> Result<Summary, Failure> {
        let ended = self.run_to_end();
        match ended {
            Ok(happenings) => Ok(Summary {
                digest: self.transcript.digest(),
                height: self.invariants.highest().0,
                transactions: self.clients.iter().map(Client::committed).sum(),
                happenings,
                virtual_us: self.now_us,
                evidence: self.evidence,
                snapshots: self.snapshots,
                epochs: self.invariants.epochs.count(),
                is_planned: self.clerk.is_done(),
                retired_sets: self.invariants.evidence.retired_sets(),
                validators: self.invariants.transactions.validators().count(),
            }),
            Err(words) => Err(Failure {
                words,
                at_us: self.now_us,
                text: self.transcript.text().map(str::to_owned),
            }),
        }
    }

    /// Runs to the end: when each height was committed first.
    ///
    /// # Errors
    ///
    /// An invariant broke.
    pub fn commits(mut self) -> Result<Vec<u64>, Failure> {
        match self.run_to_end() {
            Ok(_) => Ok(self.commits),
            Err(words) => Err(Failure {
                words,
                at_us: self.now_us,
                text: None,
            }),
        }
    }

    /// Runs until a time: what each node that runs then makes of clocks.
    ///
    /// # Errors
    ///
    /// An invariant broke.
    pub fn clocks_at(mut self, at_us: u64) -> Result<Vec<Option<Finding>>, Failure> {
        match self.run_until(at_us) {
            Ok(()) => Ok(self.nodes.iter().map(Node::clocks).collect()),
            Err(words) => Err(Failure {
                words,
                at_us: self.now_us,
                text: None,
            }),
        }
    }

    fn run_until(&mut self, at_us: u64) -> Result<(), String> {
        while let Some(planned) = self.queue.pop() {
            if planned.at_us > at_us {
                break;
            }
            self.now_us = planned.at_us;
            match self.is_busy(&planned) {
                Some(again_us) => self.queue.push(Planned {
                    at_us: again_us,
                    ..planned
                }),
                None => self.happen(planned.happening)?,
            }
        }
        Ok(())
    }

    /// The address with which a node votes at the beginning.
    pub fn address(&self, node: usize) -> Option<Address> {
        let home = self.city.homes.get(node)?;
        Some(Address::of(&home.consensus.public()))
    }

    fn run_to_end(&mut self) -> Result<u64, String> {
        let mut happenings = 0u64;
        while let Some(planned) = self.queue.pop() {
            self.now_us = planned.at_us;
            happenings += 1;
            if happenings > HAPPENINGS_MAX {
                let words = format!("{HAPPENINGS_MAX} happenings and no end");
                self.invariants.progress.fail(words)?;
            }
            if let Some(again_us) = self.is_busy(&planned) {
                self.queue.push(Planned {
                    at_us: again_us,
                    ..planned
                });
                continue;
            }
            self.happen(planned.happening)?;
            if self.is_healed && self.is_over()? {
                self.export()?;
                return Ok(happenings);
            }
        }
        Err("progress: nothing happens any more".into())
    }

    /// When the node is free that a happening is for, if it is busy now.
    fn is_busy(&self, planned: &Planned) -> Option<u64> {
        let node = match &planned.happening {
            Happening::Deliver(_, node, _) | Happening::Later(node, _, _) => *node,
            Happening::Start(_)
            | Happening::Fault(_)
            | Happening::Revive(..)
            | Happening::Client(_)
            | Happening::Heal
            | Happening::Join => return None,
        };
        let free_us = self.nodes[node].busy_until_us;
        (free_us > planned.at_us).then_some(free_us)
    }

    fn happen(&mut self, happening: Happening) -> Verdict {
        match happening {
            Happening::Start(node) => self.start(node),
            Happening::Deliver(from, to, message) => self.deliver(from, to, message),
            Happening::Later(node, life, later) => {
                if self.nodes[node].life == life && self.nodes[node].is_up() {
                    self.transcript.note("later", &[self.now_us, node as u64]);
                    self.step(node, |node, step| node.resume(later, step))?;
                }
                Ok(())
            }
            Happening::Fault(fault) => self.fault(fault),
            Happening::Revive(node, life, harm) => {
                if self.nodes[node].life != life {
                    return Ok(());
                }
                if let Some(harm) = harm {
                    self.harm(node, harm);
                }
                self.start(node)
            }
            Happening::Client(client) => self.client(client),
            Happening::Heal => self.heal(),
            Happening::Join => {
                self.add_joiner();
                Ok(())
            }
        }
    }

    fn is_honest(&self, node: usize) -> bool {
        !self.dishonest.contains(&node)
    }

    fn start(&mut self, node: usize) -> Verdict {
        let is_coming = self.city.joins(node) && !self.is_registered(node);
        if self.nodes[node].is_up() || self.gone.contains(&node) || is_coming {
            return Ok(());
        }
        self.transcript.note("start", &[self.now_us, node as u64]);
        if self.is_honest(node) {
            let tip = self.nodes[node].disk.store.tip().height;
            self.invariants.acknowledged.started(node, tip)?;
        }
        self.nodes[node].busy_until_us = self.now_us;
        self.step(node, |node, step| node.start(step))
    }

    fn deliver(&mut self, from: usize, to: usize, message: Message) -> Verdict {
        if !self.nodes[to].is_up() || !self.passes(from, to, &message) {
            return Ok(());
        }
        let numbers = [self.now_us, from as u64, to as u64];
        self.transcript.note("deliver", &numbers);
        message.record(&mut self.transcript);
        if let Some(liar) = self.liars.get_mut(&to) {
            let secret = self.nodes[to].secret.clone().expect("a liar votes");
            let mut lie = Lie {
                me: to,
                nodes: self.nodes.len(),
                secret: &secret,
                chain: self.city.chain,
                store: &self.nodes[to].disk.store,
                random: &mut self.random,
            };
            let sent = liar.receive(&message, &mut lie);
            self.transmit(to, sent)?;
        }
        self.step(to, |node, step| node.receive(from, message, step))
    }

    /// Lets a node take a step, and carries out what it wants.
    fn step(&mut self, node: usize, take: impl FnOnce(&mut Node, &mut Step<'_>)) -> Verdict {
        let mut out = Vec::new();
        let mut step = Step {
            now_us: self.now_us,
            random: &mut self.random,
            out: &mut out,
        };
        take(&mut self.nodes[node], &mut step);
        for wanted in out {
            self.carry_out(node, wanted)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, node: usize, wanted: Out) -> Verdict {
        let free_us = self.nodes[node].busy_until_us.max(self.now_us);
        let is_honest = self.is_honest(node);
        match wanted {
            Out::Send(to, message) => self.send(node, to, message),
            Out::Later(after_us, later) => {
                let life = self.nodes[node].life;
                self.plan(free_us + after_us, Happening::Later(node, life, later));
                Ok(())
            }
            Out::Crashed => {
                self.transcript.note("crash", &[self.now_us, node as u64]);
                self.nodes[node].die(&mut self.random);
                let life = self.nodes[node].life;
                let again = Happening::Revive(node, life, None);
                self.plan(free_us + self.nodes[node].down_us, again);
                Ok(())
            }
            Out::Stopped(cause) => self.stopped(node, &cause),
            Out::Signed(position, message) => match self.nodes[node].address() {
                Some(voter) if is_honest => self.invariants.signed(voter, position, &message),
                Some(_) | None => Ok(()),
            },
            Out::Committed(commit) => {
                let (block, certificate, state) = *commit;
                let height = block.header.height.0;
                self.transcript.note("commit", &[node as u64, height]);
                if height > self.commits.len() as u64 {
                    self.commits.push(self.now_us);
                }
                self.transcript.bytes(&block.header.hash().0);
                if is_honest {
                    self.invariants
                        .committed(node, &block, &certificate, state)?;
                    self.follow_plan();
                }
                Ok(())
            }
            Out::Loaded(loaded) => {
                let height = loaded.block.header.height.0;
                self.transcript.note("loaded", &[node as u64, height]);
                self.snapshots += 1;
                match is_honest {
                    true => self.invariants.loaded(node, &loaded),
                    false => Ok(()),
                }
            }
            Out::Lied(peer) => {
                self.transcript.note("lied", &[node as u64, peer as u64]);
                match is_honest && self.is_honest(peer) {
                    true => Err(format!(
                        "blame: node {node} takes an answer of honest node {peer} for a lie"
                    )),
                    false => Ok(()),
                }
            }
            Out::Blamed(offence) => {
                self.transcript.words(|| format!("node {node}: {offence}"));
                match is_honest {
                    true => self.invariants.blame.blamed(node, &offence),
                    false => Ok(()),
                }
            }
            Out::Evidence(voters) => {
                self.evidence += 1;
                match is_honest {
                    true => self.invariants.signatures.accused(node, &voters),
                    false => Ok(()),
                }
            }
            Out::Answered(id, inserted) => {
                if matches!(inserted, Inserted::Rejected(_)) {
                    self.clients
                        .iter_mut()
                        .for_each(|client| client.refused(&id));
                }
                Ok(())
            }
            Out::Refused(id, rejection) => {
                self.transcript
                    .words(|| format!("refused {id}: {rejection}"));
                self.clients
                    .iter_mut()
                    .for_each(|client| client.refused(&id));
                Ok(())
            }
            Out::Mode(mode) => {
                let votes = u64::from(mode == Mode::Voting);
                self.transcript
                    .note("mode", &[self.now_us, node as u64, votes]);
                self.transcript.words(|| format!("node {node} {mode}"));
                Ok(())
            }
        }
    }

    fn stopped(&mut self, node: usize, cause: &StopCause) -> Verdict {
        self.transcript.note("stop", &[self.now_us, node as u64]);
        self.transcript.words(|| format!("{cause:?}"));
        if self.is_honest(node) {
            self.invariants.stopped(node, cause)?;
        }
        self.nodes[node].die(&mut self.random);
        let life = self.nodes[node].life;
        let again = Happening::Revive(node, life, None);
        self.plan(self.now_us + RESTART_US, again);
        Ok(())
    }

    fn send(&mut self, from: usize, to: Option<usize>, message: Message) -> Verdict {
        let recipients: Vec<usize> = match to {
            Some(to) => vec![to],
            None => (0..self.nodes.len()).filter(|to| *to != from).collect(),
        };
        let sent = match self.liars.get_mut(&from) {
            Some(liar) => {
                let secret = self.nodes[from].secret.clone().expect("a liar votes");
                let mut lie = Lie {
                    me: from,
                    nodes: self.nodes.len(),
                    secret: &secret,
                    chain: self.city.chain,
                    store: &self.nodes[from].disk.store,
                    random: &mut self.random,
                };
                liar.send(&recipients, message, &mut lie)
            }
            None => recipients
                .into_iter()
                .map(|to| (to, message.clone()))
                .collect(),
        };
        self.transmit(from, sent)
    }

    fn transmit(&mut self, from: usize, sent: Vec<(usize, Message)>) -> Verdict {
        let leaves_us = self.nodes[from].busy_until_us.max(self.now_us);
        for (to, message) in sent {
            if !self.is_honest(from) {
                self.note_signed(&message)?;
            }
            let arrivals = self.network.arrivals(from, to, leaves_us, &mut self.random);
            for at_us in arrivals {
                self.plan(at_us, Happening::Deliver(from, to, message.clone()));
            }
        }
        Ok(())
    }

    /// A liar's votes count for what a quorum prevoted.
    fn note_signed(&mut self, message: &Message) -> Verdict {
        let chain = self.city.chain;
        let (voter, position, bytes) = match message {
            Message::Vote(vote) => {
                let vote: &Vote = &vote.message;
                (vote.voter.0, vote.position(), vote.signing_bytes(&chain))
            }
            Message::Proposal(proposal) => {
                let proposal: &Proposal = &proposal.message;
                let bytes = proposal.signing_bytes(&chain);
                (proposal.proposer.0, proposal.position(), bytes)
            }
            _ => return Ok(()),
        };
        self.invariants.signatures.heard(voter, position, &bytes);
        Ok(())
    }

    fn client(&mut self, client: usize) -> Verdict {
        let up: Vec<usize> = (0..self.city.homes.len())
            .filter(|node| self.is_honest(*node) && self.nodes[*node].serves())
            .collect();
        let node = self.random.pick(&up).copied();
        if let Some(node) = node {
            let clock = self.nodes[node].clock(self.now_us);
            let ledger = &self.invariants.transactions;
            let (author, state) = (self.clients[client].author(), ledger.state());
            let wanted = self.clerk.wants(author, &self.city, state, &self.nodes);
            let client = &mut self.clients[client];
            let offered = client.look(self.now_us, clock, ledger, wanted, &mut self.random);
            if let Some(transaction) = offered {
                self.step(node, |node, step| node.submit(transaction, step))?;
            }
        }
        let period_us = self.scenario.client_period_us;
        let next_us = self.now_us + self.random.between(period_us / 2, period_us);
        self.plan(next_us, Happening::Client(client));
        Ok(())
    }

    fn fault(&mut self, fault: usize) -> Verdict {
        if self.is_healed {
            return Ok(());
        }
        let (_, fault) = self.scenario.faults[fault].clone();
        if fault.node().is_some_and(|node| self.gone.contains(&node)) {
            return Ok(());
        }
        self.transcript.note("fault", &[self.now_us]);
        self.transcript.words(|| format!("{fault:?}"));
        let count = self.nodes.len();
        match fault {
            Fault::Crash {
                node,
                points,
                down_us,
            } => {
                if self.nodes[node].is_up() {
                    self.nodes[node].fuse = Some(points);
                    self.nodes[node].down_us = down_us;
                }
            }
            Fault::Down { node, down_us } => {
                self.nodes[node].die(&mut self.random);
                let life = self.nodes[node].life;
                let again = Happening::Revive(node, life, None);
                self.plan(self.now_us + down_us, again);
            }
            Fault::Pause { node, for_us } => {
                self.nodes[node].busy_until_us = self.now_us + for_us;
            }
            Fault::Partition { side, both } => {
                self.network.join();
                self.network.part(&side, count, both);
            }
            Fault::Join => self.network.join(),
            Fault::Clog { from, to, for_us } => self.network.clog(from, to, self.now_us + for_us),
            Fault::Network {
                loss,
                duplication,
                latency_us,
            } => {
                self.network.loss = loss;
                self.network.duplication = duplication;
                self.network.latency_us = (500, latency_us);
            }
            Fault::SlowDisk { node, sync_us } => self.nodes[node].disk.sync_us = sync_us,
            Fault::FailingDisk { node, writes } => self.nodes[node].disk.fails_in = Some(writes),
            Fault::Clock { node, skew_ms } => self.nodes[node].skew_ms = skew_ms,
            Fault::Backup { node } => {
                let store = self.nodes[node].disk.store.clone();
                self.backups.insert(node, store);
            }
            Fault::Harm {
                node,
                harm,
                down_us,
            } => {
                if self.nodes[node].is_up() {
                    self.nodes[node].die(&mut self.random);
                }
                // A start that was planned before is void.
                self.nodes[node].life += 1;
                let life = self.nodes[node].life;
                let again = Happening::Revive(node, life, Some(harm));
                self.plan(self.now_us + down_us, again);
            }
        }
        Ok(())
    }

    /// Changes a disk while its process is down.
    fn harm(&mut self, node: usize, harm: Harm) {
        let disk = &mut self.nodes[node].disk;
        let backup = self.backups.get(&node);
        match harm {
            Harm::Wiped => {
                disk.store = Store::new(&self.city.outcome);
                disk.guard = None;
                disk.log = Default::default();
                disk.joining = None;
                if self.scenario.by_snapshot {
                    self.nodes[node].begin_with_snapshot();
                }
            }
            Harm::Restored => disk.store = backup.cloned().unwrap_or(disk.store.clone()),
            Harm::GuardLost => disk.guard = None,
            Harm::RestoredWithoutGuard => {
                disk.store = backup.cloned().unwrap_or(disk.store.clone());
                disk.guard = None;
            }
            Harm::LogRotten => disk.log.rot(&mut self.random),
        }
        let tip = self.nodes[node].disk.store.tip().height;
        self.invariants.acknowledged.lost(node, tip);
    }

    /// Every honest node exports evidence from what is on its disk.
    fn export(&mut self) -> Verdict {
        for node in &self.nodes {
            // Of a chain whose past is not here no evidence is made.
            if !self.dishonest.contains(&node.index) && node.disk.store.is_whole() {
                self.invariants.evidence.ask(node.index, &node.disk.store)?;
            }
        }
        Ok(())
    }

    /// From here on nothing goes wrong any more, and heights must go on.
    fn heal(&mut self) -> Verdict {
        self.export()?;
        self.transcript.note("heal", &[self.now_us]);
        self.is_healed = true;
        self.healed_us = self.now_us;
        if !self.scenario.plan.is_empty() {
            let clients = self.clients.iter().enumerate();
            let owed = clients.filter_map(|(client, c)| Some((client, c.owed()?)));
            self.owed = owed
                .map(|(client, owed)| (client, owed.id(), owed.envelope().not_after))
                .collect();
        }
        self.network.heal();
        for node in &mut self.nodes {
            node.fuse = None;
            node.skew_ms = 0;
            node.disk.sync_us = 100;
            node.disk.fails_in = None;
            node.busy_until_us = node.busy_until_us.min(self.now_us);
        }
        if self
            .scenario
            .joiner
            .is_some_and(|joiner| joiner.at_us.is_none())
        {
            self.add_joiner();
        }
        let by_us = self.now_us + PROGRESS_WITHIN_US;
        self.invariants
            .progress
            .demand(self.invariants.highest(), by_us);
        Ok(())
    }

    /// An observer that joins late: it knows everybody, or hears one honest node that has all and the liars alone.
    fn add_joiner(&mut self) {
        let joiner = self.nodes.len();
        let honest: Vec<usize> = (0..joiner).filter(|node| self.is_honest(*node)).collect();
        let is_forgetful = |node: &usize| {
            let mut faults = self.scenario.faults.iter();
            faults.any(|(_, fault)| matches!(fault, Fault::Harm { node: of, .. } if of == node))
        };
        let lasts = |node: &usize| {
            let disk = &self.nodes[*node].disk;
            let is_whole = disk.joining.is_none() && disk.store.is_whole() && !is_forgetful(node);
            self.is_there(*node) && !self.scenario.doomed.contains(node) && is_whole
        };
        let lasting: Vec<usize> = honest.iter().copied().filter(lasts).collect();
        let one = self.random.pick(&lasting).copied();
        if !self.scenario.joiner.is_some_and(|joiner| joiner.knows_all) {
            for node in honest {
                if Some(node) != one {
                    self.network.estrange(joiner, node);
                }
            }
        }
        let mut node = Node::new(joiner, None, &self.city, &self.verifier, self.plant);
        if self.scenario.by_snapshot {
            node.begin_with_snapshot();
        }
        self.nodes.push(node);
        self.joiner = Some(joiner);
        self.plan(self.now_us, Happening::Start(joiner));
    }

    fn is_over(&self) -> Result<bool, String> {
        let nodes = self.nodes.iter().map(|node| node.index);
        let there = nodes.filter(|node| self.is_honest(*node) && self.is_there(*node));
        let tips: BTreeMap<usize, Height> = there
            .map(|node| (node, self.nodes[node].disk.store.tip().height))
            .collect();
        let is_over = self.invariants.progress.check(&tips, self.now_us);
        let is_over = is_over.and_then(|is_over| Ok(is_over && self.is_settled()?));
        is_over.map_err(|words| {
            let standings: Vec<String> = self.nodes.iter().map(Node::standing).collect();
            format!("{words}; {}", standings.join("; "))
        })
    }

    /// Whether every transaction that was taken before the faults were over has its place on the
    /// chain, was refused, or is past its date; and whether who votes is as was planned.
    fn is_settled(&self) -> Result<bool, String> {
        if self.scenario.plan.is_empty() {
            return Ok(true);
        }
        let ledger = &self.invariants.transactions;
        let is_missed = |(client, id, not_after): &&(usize, TransactionId, TimeMs)| {
            let mut owed = self.clients[*client].owed().into_iter();
            let is_open = owed.any(|owed| owed.id() == *id);
            is_open && ledger.place(id).is_none() && ledger.tip().time <= *not_after
        };
        let missed = self.owed.iter().find(is_missed);
        let past_us = self.now_us - self.healed_us;
        if let Some((_, id, _)) = missed {
            return match past_us > PROGRESS_WITHIN_US {
                true => Err(format!(
                    "progress: transaction {id} is still not on the chain"
                )),
                false => Ok(false),
            };
        }
        // What a liar keeps from coming into force may wait for as long as it lies.
        let may_wait = !self.scenario.liars.is_empty() && past_us > LIED_ABOUT_US;
        if self.clerk.is_done() || may_wait {
            return Ok(true);
        }
        match past_us > PLAN_WITHIN_US {
            true => Err(format!("progress: {:?} is not in force", self.clerk.step())),
            false => Ok(false),
        }
    }

    /// Whether a node's processes still start: it did not die for ever, and is on the ledger.
    fn is_there(&self, node: usize) -> bool {
        let is_coming = self.city.joins(node) && !self.is_registered(node);
        !self.gone.contains(&node) && !is_coming
    }

    fn is_registered(&self, node: usize) -> bool {
        let state = self.invariants.transactions.state();
        let home = self.city.homes.get(node);
        home.is_some_and(|home| state.node(&home.id).expect("the referee's state").is_some())
    }

    /// Whether a node takes a message from another at all: votes and blocks come from validators.
    /// What a liar sends, some validator may have passed on.
    fn passes(&self, from: usize, to: usize, message: &Message) -> bool {
        let is_consensus = match message {
            Message::Vote(_)
            | Message::Proposal(_)
            | Message::Polka(_)
            | Message::Round(_)
            | Message::Part(_) => true,
            Message::Status { .. }
            | Message::SyncRequest { .. }
            | Message::SyncResponse { .. }
            | Message::Ask { .. }
            | Message::Tell { .. }
            | Message::Transaction(_) => false,
        };
        !is_consensus || !self.is_honest(from) || self.nodes[to].admits(&self.nodes[from])
    }

    /// What the ledger shows of the plan: nodes are started once they are registered, die for ever
    /// once they are agreed on, and find their next key at home.
    fn follow_plan(&mut self) {
        let transactions = &self.invariants.transactions;
        let (state, tip) = (transactions.state(), transactions.tip().height);
        let steps_on = self.clerk.look(&self.city, state, tip);
        let membership = state.membership().expect("the referee's state");
        let setting = self.city.setting;
        for node in setting.validators..setting.validators + setting.joiners {
            let is_agreed = membership.concerns(&self.city.homes[node].id);
            let dies = self.scenario.doomed.contains(&node) && is_agreed;
            if dies && self.gone.insert(node) {
                self.transcript.note("gone", &[self.now_us, node as u64]);
                self.nodes[node].die(&mut self.random);
            } else if self.is_registered(node) && self.registered.insert(node) {
                if self.scenario.by_snapshot {
                    self.nodes[node].begin_with_snapshot();
                }
                self.plan(self.now_us, Happening::Start(node));
            }
        }
        if steps_on {
            self.prepare_rotation();
        }
    }

    fn prepare_rotation(&mut self) {
        for node in self.clerk.rotating() {
            let next = self.city.homes[node].next.clone();
            self.nodes[node].disk.next = Some((next, Guard::default()));
        }
    }
}
