//! The host: gives the replica its events and carries out its commands, as the production adapter.

use std::collections::BTreeMap;
use std::sync::Arc;

use dirchain_consensus::answers::decided_blocks;
use dirchain_consensus::context::ValidatorSet;
use dirchain_consensus::mode::Mode;
use dirchain_consensus::pool::{Inserted, Origin};
use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_consensus::replica::{Command, Commit, Event, Proposed};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::transaction::VerifiedTransaction;

use super::engine::EngineMessage;
use super::sync::{REQUEST_TIMEOUT_US, Sync, Wanted};
use super::{Later, Node, Out, Phase, Step, StopCause};
use crate::message::Message;
use crate::plant::{self, Plant};

/// What the replica answered to the engine's question.
#[derive(Debug, Default)]
pub(super) struct Replies {
    pub(super) known: Vec<Proposed>,
    pub(super) propose: Option<(PartPlace, Hash)>,
    pub(super) received: Option<Proposed>,
    pub(super) synced: Option<Proposed>,
    inserted: Option<Inserted>,
}

impl Node {
    /// Starts the engine in a mode.
    pub(super) fn begin(&mut self, mode: Mode, step: &mut Step<'_>) {
        if self.is_ending {
            return;
        }
        self.engine_life += 1;
        let address = self.address();
        let me = address.filter(|_| mode == Mode::Voting);
        let process = self.process();
        process.engine = None;
        process.phase = Phase::Unstarted;
        process.waiting.clear();
        process.timers.clear();
        process.log_height = None;
        process.sync = Sync::default();
        process.follows_until = None;
        process.runs_as = address;
        process.replica.set_voter(me);
        process.mode = mode.clone();
        process.owes_next = true;
        step.out.push(Out::Mode(mode));
        self.host(Event::Ready, step);
    }

    fn decide(&mut self, event: Event, step: &Step<'_>) -> Vec<Command> {
        let now = self.clock(step.now_us);
        let plant = self.plant;
        let process = self.process.as_mut().expect("a step runs in a process");
        if plant == Some(Plant::ParentStateRoot) {
            let commands = process.replica.handle(event, &self.disk.store, now);
            return plant::with_parent_state_root(commands, &self.disk.store);
        }
        if plant == Some(Plant::SequenceSkipped) {
            let store = plant::AnySequence::new(&self.disk.store, &event, process.replica.pool());
            return process.replica.handle(event, &store, now);
        }
        process.replica.handle(event, &self.disk.store, now)
    }

    /// Gives the replica an event and carries out what it commands.
    pub(super) fn host(&mut self, event: Event, step: &mut Step<'_>) -> Replies {
        let mut replies = Replies::default();
        if self.is_ending {
            return replies;
        }
        let mut queue: std::collections::VecDeque<Command> = self.decide(event, step).into();
        while let Some(command) = queue.pop_front() {
            if self.is_ending {
                break;
            }
            match command {
                Command::Commit(commit) => {
                    if self.commit(&commit, step) {
                        queue.extend(self.decide(Event::Committed, step));
                    }
                }
                other => self.carry_out(other, &mut replies, step),
            }
        }
        replies
    }

    fn commit(&mut self, commit: &Commit, step: &mut Step<'_>) -> bool {
        if !self.may_write(step) {
            return false;
        }
        self.disk.store.commit(commit);
        if !self.lives(step) {
            return false;
        }
        let state = commit.outcome.tip.state;
        let state = dirchain_ledger::hash::hash(
            dirchain_ledger::hash::Domain::Text,
            &[&dirchain_ledger::codec::encode(&state)],
        );
        let seen = (commit.block.clone(), commit.certificate.clone(), state);
        step.out.push(Out::Committed(Box::new(seen)));
        true
    }

    fn carry_out(&mut self, command: Command, replies: &mut Replies, step: &mut Step<'_>) {
        match command {
            Command::StartHeight {
                height,
                validators,
                turns,
            } => {
                let validators = match self.plant {
                    Some(Plant::NextSetLate) => plant::set_before(&self.disk.store, validators),
                    Some(_) | None => validators,
                };
                let set = ValidatorSet::new(&validators, &turns);
                if std::mem::take(&mut self.process().owes_next) {
                    let message = EngineMessage::StartHeight(height, set);
                    self.tell_engine(message, step);
                }
            }
            Command::Publish {
                place,
                block,
                bytes,
            } => self.publish_part(place, block, bytes, step),
            Command::StoreUndecided {
                height,
                round,
                block,
                bytes,
            } => {
                if self.may_write(step) {
                    self.disk.store.put_undecided(height, round, block, &bytes);
                    if self.plant == Some(Plant::BodyNotSynced) {
                        self.unsynced_bodies.push((height, round, block));
                    }
                }
            }
            Command::ForgetUndecided {
                height,
                round,
                block,
            } => {
                if self.may_write(step) {
                    self.disk.store.lose_undecided(height, round, block);
                }
            }
            Command::Answer(inserted) => replies.inserted = Some(inserted),
            Command::Send(transaction) => {
                self.send(None, Message::Transaction(transaction), step);
            }
            Command::Refused { id, rejection } => step.out.push(Out::Refused(id, rejection)),
            Command::Blame { offence } => step.out.push(Out::Blamed(offence)),
            // A line in the log; what it rests on is read from the replica.
            Command::Tell { .. } => {}
            Command::Follow { until } => self.process().follows_until = Some(until),
            Command::Stop { reason } => self.stop(StopCause::Replica(reason), step),
            Command::Known(known) => replies.known = known,
            Command::Propose { place, block } => replies.propose = Some((place, block)),
            Command::Received(proposed) => replies.received = proposed,
            Command::Synced(proposed) => replies.synced = proposed,
            // The engine is answered by silence, or needs no answer here.
            Command::Decline | Command::Acknowledge => {}
            // `host` carries out commits itself.
            Command::Commit(_) => {}
        }
    }

    fn publish_part(&mut self, place: PartPlace, block: Hash, bytes: Vec<u8>, step: &mut Step<'_>) {
        let Some(secret) = &self.secret else { return };
        let part = Part::new(secret, &self.city.chain, place, block, bytes);
        self.send(None, Message::Part(Arc::new(part)), step);
    }

    /// Loses the bodies that were written and, by a planted bug, never synced.
    pub(super) fn lose_bodies(&mut self) {
        for (height, round, block) in std::mem::take(&mut self.unsynced_bodies) {
            self.disk.store.lose_undecided(height, round, block);
        }
    }

    pub(super) fn take_from_peer(&mut self, transaction: VerifiedTransaction, step: &mut Step<'_>) {
        let origin = Origin::Peer;
        self.host(
            Event::Transaction {
                transaction,
                origin,
            },
            step,
        );
    }

    pub(super) fn take_from_client(
        &mut self,
        transaction: VerifiedTransaction,
        step: &mut Step<'_>,
    ) {
        let id = transaction.id();
        let origin = Origin::Local;
        let replies = self.host(
            Event::Transaction {
                transaction,
                origin,
            },
            step,
        );
        if let Some(inserted) = replies.inserted {
            step.out.push(Out::Answered(id, inserted));
        }
    }

    pub(super) fn tick(&mut self, step: &mut Step<'_>) {
        self.host(Event::Tick, step);
        if self.is_ending {
            return;
        }
        let process = self.process();
        let shown = match process.replica.is_at_rest() || process.mode.rests_on_tips() {
            true => self.shown_tips(),
            false => Vec::new(),
        };
        if let Some(highest) = shown.iter().max() {
            self.host(Event::TipShown(*highest), step);
        }
        let mut gate = self.process().gate.clone();
        let mode = self.safe_mode(&mut gate, &shown);
        self.process().gate = gate;
        if mode == Mode::Voting && self.disk.guard.is_none() {
            self.disk.guard = Some(super::Guard::default());
        }
        let address = self.address();
        let process = self.process();
        let same_mode = std::mem::discriminant(&mode) == std::mem::discriminant(&process.mode);
        if same_mode && process.runs_as == address {
            process.mode = mode;
        } else {
            self.begin(mode, step);
        }
    }

    /// The tips that other validators have shown.
    fn shown_tips(&mut self) -> Vec<Height> {
        let (me, city) = (self.index, Arc::clone(&self.city));
        let set = self.disk.store.tip().validators.clone();
        let shown: &BTreeMap<usize, Height> = &self.process().shown;
        let votes = |peer: usize| {
            let name = city.homes.get(peer).map(|home| &home.id);
            let mut members = set.members().iter();
            members.any(|member| Some(&member.node) == name)
        };
        let others = shown.iter();
        let others = others.filter(|(peer, _)| **peer != me && votes(**peer));
        others.map(|(_, tip)| *tip).collect()
    }

    pub(super) fn answer_sync(
        &mut self,
        peer: usize,
        request: u64,
        first: Height,
        last: Height,
        step: &mut Step<'_>,
    ) {
        let blocks = match self.plant {
            Some(Plant::NextSetEarly) => {
                decided_blocks(&plant::EarlySets(&self.disk.store), first, last)
            }
            Some(_) | None => decided_blocks(&self.disk.store, first, last),
        };
        let blocks = blocks.expect("the store in memory can be read");
        self.send(Some(peer), Message::SyncResponse { request, blocks }, step);
    }

    pub(super) fn carry_out_sync(&mut self, wanted: Wanted, step: &mut Step<'_>) {
        if let Some(request) = wanted.request {
            let message = Message::SyncRequest {
                request: request.number,
                first: request.first,
                last: request.last,
            };
            self.send(Some(request.peer), message, step);
            let later = Later::SyncTimeout(self.engine_life, request.number);
            self.later(REQUEST_TIMEOUT_US, later, step);
        }
        if let Some((peer, block)) = wanted.block {
            self.tell_engine(EngineMessage::Synced(peer, block), step);
        }
    }
}
