//! Replicas of the test city, each with its store in memory, driven as values.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dirchain_consensus::pool::{Inserted, Origin};
use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_consensus::replica::{Command, Commit, Event, Proposed, Replica, ReplicaStore};
use dirchain_ledger::action::Action;
use dirchain_ledger::block::{Block, Transactions};
use dirchain_ledger::chain::{self, Building};
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::delegate_view;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::turns::Turns;
use dirchain_ledger::view::{View, ViewError};

/// A second after the genesis: long before the first heartbeat.
pub const START: TimeMs = TimeMs(GENESIS_TIME.0 + 1_000);

pub fn after(ms: i64) -> TimeMs {
    TimeMs(START.0 + ms)
}

/// The state at the tip and the undecided bodies that the replica asked to be stored.
#[derive(Clone, Debug, Default)]
pub struct Store {
    pub state: MemoryState,
    pub undecided: BTreeMap<(Height, u32, Hash), Vec<u8>>,
    /// Nothing can be read any more.
    pub is_broken: bool,
}

impl View for Store {
    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        if self.is_broken {
            let reason = "the disk is gone".into();
            return Err(ViewError { reason });
        }
        self.state.record(id)
    }

    delegate_view!(self => self.state);
}

impl Pages for Store {
    type Error = ViewError;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.state.page(key)
    }
}

impl ReplicaStore for Store {
    fn undecided(&self, height: Height) -> Result<Vec<Vec<u8>>, ViewError> {
        let of_height = self.undecided.iter().filter(|((h, _, _), _)| *h == height);
        Ok(of_height.map(|(_, bytes)| bytes.clone()).collect())
    }
}

/// A replica with its store. What it commands to be written is written.
#[derive(Debug)]
pub struct Node {
    pub replica: Replica,
    pub store: Store,
    pub me: Option<Address>,
    /// Everything it commanded, in order.
    pub log: Vec<Command>,
}

impl Node {
    pub fn new(me: Option<Address>) -> Self {
        let outcome = chain::genesis_outcome(&genesis()).unwrap();
        let mut store = Store::default();
        store.state.apply(&outcome);
        Self {
            replica: Replica::new(outcome.tip, me),
            store,
            me,
            log: Vec::new(),
        }
    }

    /// The validator that proposes at the first height in a round.
    pub fn proposer(round: u32) -> Self {
        Self::new(Some(proposer(Height(1), round)))
    }

    pub fn follower() -> Self {
        Self::new(None)
    }

    pub fn handle(&mut self, event: Event, now: TimeMs) -> Vec<Command> {
        let mut commands = self.replica.handle(event, &self.store, now);
        let mut at = 0;
        while let Some(command) = commands.get(at).cloned() {
            match command {
                Command::StoreUndecided {
                    height,
                    round,
                    block,
                    bytes,
                } => {
                    self.store.undecided.insert((height, round, block), bytes);
                }
                Command::ForgetUndecided {
                    height,
                    round,
                    block,
                } => {
                    let forgotten = self.store.undecided.remove(&(height, round, block));
                    assert!(forgotten.is_some(), "it was stored");
                }
                Command::Commit(commit) => {
                    self.store.state.apply(&commit.outcome);
                    let decided = commit.block.header.height;
                    self.store.undecided.retain(|(h, _, _), _| *h > decided);
                    commands.extend(self.replica.handle(Event::Committed, &self.store, now));
                }
                _ => {}
            }
            at += 1;
        }
        self.log.extend(commands.clone());
        commands
    }

    /// The process starts again over what it wrote.
    pub fn restart(&mut self) {
        self.replica = Replica::new(self.replica.tip().clone(), self.me);
    }

    pub fn next(&self) -> Height {
        self.replica.tip().height.next()
    }

    pub fn start(&mut self, round: u32, now: TimeMs) -> Vec<Command> {
        let height = self.next();
        self.handle(Event::RoundStarted { height, round }, now)
    }

    pub fn offer(&mut self, transaction: &VerifiedTransaction, now: TimeMs) -> Inserted {
        let event = Event::Transaction {
            transaction: transaction.clone(),
            origin: Origin::Local,
        };
        let commands = self.handle(event, now);
        let answer = commands.into_iter().find_map(|command| match command {
            Command::Answer(inserted) => Some(inserted),
            _ => None,
        });
        answer.unwrap()
    }

    /// Asks for a proposal and signs it.
    pub fn propose(&mut self, round: u32, now: TimeMs) -> Option<Part> {
        let height = self.next();
        let commands = self.handle(Event::ProposalWanted { height, round }, now);
        commands.into_iter().find_map(|command| match command {
            Command::Publish {
                place,
                block,
                bytes,
            } => Some(Part::new(
                &secret_of(&self.me.unwrap()),
                &self.replica.tip().chain,
                place,
                block,
                bytes,
            )),
            _ => None,
        })
    }

    pub fn receive(&mut self, part: &Part, now: TimeMs) -> (Option<Proposed>, Vec<Command>) {
        let commands = self.handle(Event::PartReceived(part.clone()), now);
        (received(&commands), commands)
    }

    pub fn decide(&mut self, block: Hash, now: TimeMs) -> Vec<Command> {
        let height = self.next();
        let certificate = certificate(&self.replica.tip().chain, height, 0, block, &VOTERS[..3]);
        self.handle(Event::Decided(certificate), now)
    }

    /// Another builder's block on this node's tip.
    pub fn built(&self, round: u32, now: TimeMs, candidates: &[VerifiedTransaction]) -> Block {
        let tip = self.replica.tip();
        let building = Building {
            now,
            round,
            builder: proposer(tip.height.next(), round),
        };
        let built = chain::build(&self.store, tip, building, candidates).unwrap();
        assert_eq!(built.refused, []);
        built.block
    }
}

pub fn received(commands: &[Command]) -> Option<Proposed> {
    let answers: Vec<_> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Received(proposed) => Some(*proposed),
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 1, "exactly one answer: {commands:?}");
    answers[0]
}

pub fn known(commands: &[Command]) -> Vec<Proposed> {
    let known = commands.iter().find_map(|command| match command {
        Command::Known(known) => Some(known.clone()),
        _ => None,
    });
    known.expect("RoundStarted is answered")
}

pub fn commit_of(commands: &[Command]) -> Option<Commit> {
    commands.iter().find_map(|command| match command {
        Command::Commit(commit) => Some((**commit).clone()),
        _ => None,
    })
}

pub fn blames(commands: &[Command]) -> bool {
    let is_blame = |command: &Command| matches!(command, Command::Blame { .. });
    commands.iter().any(is_blame)
}

pub fn stores(commands: &[Command]) -> usize {
    let is_store = |command: &&Command| matches!(command, Command::StoreUndecided { .. });
    commands.iter().filter(is_store).count()
}

pub fn starts(commands: &[Command]) -> bool {
    let is_start = |command: &Command| matches!(command, Command::StartHeight { .. });
    commands.iter().any(is_start)
}

pub fn proposer(height: Height, round: u32) -> Address {
    let turns = Turns::default();
    turns.proposer(&validators(), height, round).address
}

pub fn secret_of(address: &Address) -> SecretKey {
    VOTERS
        .map(consensus_key)
        .into_iter()
        .find(|secret| Address::of(&secret.public()) == *address)
        .unwrap()
}

pub fn place(height: Height, round: u32, valid_round: Option<u32>) -> PartPlace {
    PartPlace {
        height,
        round,
        valid_round,
        proposer: proposer(height, round),
    }
}

/// A part for a block, published by the proposer of its round.
pub fn part_of(block: &Block, round: u32, valid_round: Option<u32>) -> Part {
    let publisher = proposer(block.header.height, round);
    part_by(&secret_of(&publisher), block, round, valid_round)
}

pub fn part_by(secret: &SecretKey, block: &Block, round: u32, valid_round: Option<u32>) -> Part {
    let place = place(block.header.height, round, valid_round);
    let (hash, bytes) = (block.header.hash(), encode(block));
    Part::new(secret, &genesis().chain(), place, hash, bytes)
}

pub fn draft(number: u32) -> Action {
    Action::DraftResource {
        code: code(number),
        provider: id(PROVIDER),
        revision: 0,
        entry: entry(&responsibility(PROVIDER)),
    }
}

/// A draft signed by the provider's administrator, an hour before it expires.
pub fn transaction(number: u32, sequence: u64) -> VerifiedTransaction {
    let not_after = TimeMs(START.0 + 3_600_000);
    signed(&administrator(PROVIDER), sequence, not_after, draft(number))
}

/// What signs for the chain of these tests.
pub static LEDGER: LazyLock<Ledger> = LazyLock::new(Ledger::default);

pub fn signed(
    author: &SecretKey,
    sequence: u64,
    not_after: TimeMs,
    action: Action,
) -> VerifiedTransaction {
    LEDGER.sign_with(author, sequence, not_after, vec![action])
}

/// Blocks with the header of this one and bodies that are not its own: none, another transaction,
/// and the same transaction with other actions.
pub fn with_other_bodies(block: &Block) -> [Block; 3] {
    let other = transaction(77, 7).signed().clone();
    let mut changed = block.transactions[0].clone();
    changed.actions = other.actions.clone();
    [vec![], vec![other], vec![changed]].map(|transactions| Block {
        header: block.header.clone(),
        transactions: Transactions::new(transactions).unwrap(),
    })
}
