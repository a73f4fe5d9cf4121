//! The engine around its core: what the production engine's consensus actor does with each effect.

use std::sync::Arc;

use arc_malachitebft_core_consensus::{
    ConsensusMsg, Effect, Error, Input, LivenessMsg, LocallyProposedValue, Params, PeerId,
    ProposedValue, Resumable as _, Resume, SignedConsensusMsg, State, process,
};
use arc_malachitebft_core_types::{
    Round, SignedMessage, Timeout, TimeoutKind, Validity, ValueOrigin, ValuePayload, ValueResponse,
    VoteExtensionPolicy,
};
use arc_malachitebft_signing::VerifierExt as _;
use dirchain_consensus::answers::{DecidedBlock, certificate_in};
use dirchain_consensus::context::{
    Abstain as _, Address, BlockId, DirectoryContext, Height as EngineHeight, OUTSIDE,
    ValidatorSet, round_number,
};
use dirchain_consensus::mode::Mode;
use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_consensus::replica::{Event, Proposed};
use dirchain_ledger::crypto::Signature;
use dirchain_ledger::ids::Height;
use dirchain_ledger::signing::{Position, SignedEntry, SigningVerdict};

use super::{Later, Node, Out, Phase, Step, StopCause};
use crate::message::Message;
use crate::plant::Plant;
use crate::verifier::ready;

/// The engine's own limits on what it queues.
const QUEUE_HEIGHTS: usize = 10;
const QUEUE_PER_HEIGHT: usize = 500;
const BUFFER_MAX: usize = 1_024;

/// A message to the engine.
#[derive(Clone, Debug)]
pub enum EngineMessage {
    /// The host says which height to start.
    StartHeight(Height, ValidatorSet),
    /// From a peer.
    Peer(Input<DirectoryContext>),
    /// A proposed block from a peer.
    Part(Arc<Part>),
    /// The host built a block.
    Propose(LocallyProposedValue<DirectoryContext>),
    /// The host knows a block.
    Known(ProposedValue<DirectoryContext>, ValueOrigin),
    /// A decided block that sync brought, and from whom.
    Synced(usize, DecidedBlock),
    /// A timeout.
    Timeout(Timeout),
}

/// The effect could not be carried out.
#[derive(Debug)]
struct Refused;

fn timer_key(timeout: &Timeout) -> (u8, i64) {
    let kind = match timeout.kind {
        TimeoutKind::Propose => 0,
        TimeoutKind::Prevote => 1,
        TimeoutKind::Precommit => 2,
        TimeoutKind::Rebroadcast => 3,
        TimeoutKind::FinalizeHeight(_) => 4,
    };
    (kind, timeout.round.as_i64())
}

pub(super) fn proposed_out(proposed: &Proposed) -> ProposedValue<DirectoryContext> {
    let place = &proposed.place;
    ProposedValue {
        height: EngineHeight::from(place.height),
        round: Round::new(place.round),
        valid_round: place.valid_round.map_or(Round::Nil, Round::new),
        proposer: Address(place.proposer),
        value: BlockId(proposed.block),
        validity: Validity::from_bool(proposed.is_valid),
    }
}

fn peer_id(peer: usize) -> PeerId {
    let number = peer as u8;
    PeerId::from_bytes(&[0, 1, number]).expect("an identity multihash")
}

impl Node {
    /// A message to the engine: kept until it runs, but for the one that starts a height.
    pub(super) fn engine_message(&mut self, message: EngineMessage, step: &mut Step<'_>) {
        if self.is_ending {
            return;
        }
        match message {
            EngineMessage::StartHeight(height, set) => self.start_height(height, set, step),
            other if self.process().phase != Phase::Running => {
                let waiting = &mut self.process().waiting;
                if waiting.len() < BUFFER_MAX {
                    waiting.push(other);
                }
            }
            EngineMessage::Peer(input) => self.input(input, step),
            EngineMessage::Part(part) => {
                let replies = self.host(Event::PartReceived((*part).clone()), step);
                if let Some(proposed) = replies.received {
                    self.known(&proposed, step);
                }
            }
            EngineMessage::Propose(value) => self.input(Input::Propose(value), step),
            EngineMessage::Known(value, origin) => {
                self.input(Input::ProposedValue(value, origin), step);
            }
            EngineMessage::Synced(peer, block) => {
                let DecidedBlock { bytes, certificate } = block;
                let response = ValueResponse::new(peer_id(peer), bytes.into(), certificate);
                self.synced_from = Some(peer);
                self.input(Input::SyncValueResponse(response), step);
                self.synced_from = None;
            }
            EngineMessage::Timeout(timeout) => self.input(Input::TimeoutElapsed(timeout), step),
        }
    }

    /// Tells the engine later of a block that the host knows.
    fn known(&mut self, proposed: &Proposed, step: &mut Step<'_>) {
        let value = proposed_out(proposed);
        self.tell_engine(EngineMessage::Known(value, ValueOrigin::Consensus), step);
    }

    pub(super) fn tell_engine(&mut self, message: EngineMessage, step: &mut Step<'_>) {
        let after_us = step.random.between(1, 200);
        let later = Later::Engine(self.engine_life, message);
        self.later(after_us, later, step);
    }

    pub(super) fn timeout(&mut self, timeout: Timeout, number: u64, step: &mut Step<'_>) {
        let key = timer_key(&timeout);
        if self.process().timers.get(&key) != Some(&number) {
            return;
        }
        self.process().timers.remove(&key);
        self.engine_message(EngineMessage::Timeout(timeout), step);
    }

    fn start_height(&mut self, height: Height, engine_set: ValidatorSet, step: &mut Step<'_>) {
        let follows = self.process().mode != Mode::Voting;
        let me = self.address().filter(|_| !follows);
        let address = me.map_or(OUTSIDE, Address);
        let engine_height = EngineHeight::from(height);
        if self.process().engine.is_none() {
            let params = Params {
                address,
                threshold_params: Default::default(),
                value_payload: ValuePayload::ProposalAndParts,
                enabled: !follows,
            };
            self.process().engine = Some(State::new(
                DirectoryContext,
                engine_height,
                engine_set.clone(),
                params,
                QUEUE_HEIGHTS,
                QUEUE_PER_HEIGHT,
            ));
        }
        let votes = me.is_some_and(|me| engine_set.ledger().by_address(&me).is_some());
        self.process().votes = votes;
        let found = if !votes {
            self.disk.log.reset(height);
            Default::default()
        } else if self.process().log_height == Some(height) {
            Default::default()
        } else {
            self.disk.log.open(height)
        };
        self.process().log_height = Some(height);
        let policy = VoteExtensionPolicy::Disabled;
        let start = Input::StartHeight(engine_height, engine_set, false, None, policy);
        self.input(start, step);
        if self.plant != Some(Plant::LogNotReplayed) {
            self.replay(found.entries, step);
            if found.is_broken {
                self.stop(StopCause::LogBroken, step);
            }
        }
        if self.is_ending || self.process().follows_until.is_some() {
            return;
        }
        self.process().phase = Phase::Running;
        let process = self.process();
        let wanted = process.sync.started(height, step.random);
        let waiting = std::mem::take(&mut process.waiting);
        self.carry_out_sync(wanted, step);
        for message in waiting {
            self.engine_message(message, step);
        }
    }

    fn replay(&mut self, entries: Vec<Input<DirectoryContext>>, step: &mut Step<'_>) {
        if entries.is_empty() || self.is_ending {
            return;
        }
        self.process().phase = Phase::Recovering;
        if let Some(state) = &mut self.process().engine {
            state.index_wal_entries(entries.iter());
        }
        for entry in entries {
            self.input(entry, step);
            if self.is_ending || self.process().follows_until.is_some() {
                return;
            }
        }
        if let Some(state) = &mut self.process().engine {
            state.reset_entries_index();
        }
    }

    /// Runs the core on an input.
    fn input(&mut self, input: Input<DirectoryContext>, step: &mut Step<'_>) {
        if self.is_ending || self.process().follows_until.is_some() {
            return;
        }
        let Some(mut state) = self.process().engine.take() else {
            return;
        };
        // Of no type here, of one with a content where the whole workspace is built.
        #[allow(clippy::let_unit_value)]
        let metrics = Default::default();
        let result: Result<(), Error<DirectoryContext>> = process!(
            input: input,
            state: &mut state,
            metrics: &metrics,
            with: effect => self.effect(effect, step)
        );
        self.process().engine = Some(state);
        if let Err(error) = result {
            self.engine_failed(&error, step);
        }
    }

    fn append(&mut self, height: Height, entry: Input<DirectoryContext>, step: &mut Step<'_>) {
        let process = self.process();
        let is_recovering = process.phase == Phase::Recovering;
        if is_recovering || !process.votes || process.log_height != Some(height) {
            return;
        }
        if self.lives(step) {
            self.disk.log.append(entry);
        }
    }

    fn flush(&mut self, step: &mut Step<'_>) {
        let process = self.process();
        if process.phase == Phase::Recovering || !process.votes {
            return;
        }
        if self.may_write(step) {
            self.disk.log.flush();
        }
    }

    fn sign(
        &mut self,
        position: Position,
        message: Vec<u8>,
        step: &mut Step<'_>,
    ) -> Result<Option<Signature>, Refused> {
        let secret = self.secret.clone().ok_or(Refused)?;
        if self.plant == Some(Plant::GuardSkipped) {
            return Ok(Some(secret.sign(&message)));
        }
        let guard = self.disk.guard.as_mut().ok_or(Refused)?;
        match guard.verdict(position, &message) {
            SigningVerdict::Again(signature) => return Ok(Some(signature)),
            SigningVerdict::Refuse { .. } => return Ok(None),
            SigningVerdict::New => {}
        }
        let signature = secret.sign(&message);
        // The log is synced before the guard: a start then derives again what the guard holds.
        if self.plant != Some(Plant::LogNotSynced) {
            self.flush(step);
        }
        let entry = SignedEntry {
            position,
            message,
            signature,
        };
        if self.may_write(step)
            && let Some(guard) = &mut self.disk.guard
        {
            guard.write(entry);
        }
        if self.lives(step)
            && let Some(guard) = &mut self.disk.guard
        {
            guard.sync();
        }
        // Of a process that died in between nothing leaves.
        Ok(Some(signature))
    }

    fn publish(&mut self, message: SignedConsensusMsg<DirectoryContext>, step: &mut Step<'_>) {
        let chain = self.city.chain;
        self.flush(step);
        let (signer, position, bytes, message) = match message {
            SignedConsensusMsg::Vote(vote) => {
                let (position, bytes) =
                    (vote.message.position(), vote.message.signing_bytes(&chain));
                (vote.message.voter, position, bytes, Message::Vote(vote))
            }
            SignedConsensusMsg::Proposal(proposal) => {
                let (position, bytes) = (
                    proposal.message.position(),
                    proposal.message.signing_bytes(&chain),
                );
                let proposer = proposal.message.proposer;
                (proposer, position, bytes, Message::Proposal(proposal))
            }
        };
        if self.lives(step) {
            if signer != OUTSIDE {
                step.out.push(Out::Signed(position, bytes));
            }
            step.out.push(Out::Send(None, message));
        }
    }

    fn effect(
        &mut self,
        effect: Effect<DirectoryContext>,
        step: &mut Step<'_>,
    ) -> Result<Resume<DirectoryContext>, Refused> {
        let verifier = Arc::clone(&self.verifier);
        let context = DirectoryContext;
        Ok(match effect {
            Effect::CancelAllTimeouts(r) => {
                self.process().timers.clear();
                r.resume_with(())
            }
            Effect::CancelTimeout(timeout, r) => {
                self.process().timers.remove(&timer_key(&timeout));
                r.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, r) => {
                self.schedule(timeout, step);
                r.resume_with(())
            }
            Effect::StartRound(height, round, _, _, r) => {
                self.flush(step);
                let (height, round) = (height.ledger(), round_number(round));
                let replies = self.host(Event::RoundStarted { height, round }, step);
                for proposed in &replies.known {
                    self.known(proposed, step);
                }
                r.resume_with(())
            }
            Effect::PublishConsensusMsg(message, r) => {
                self.publish(message, step);
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(message, r) => {
                let message = match message {
                    LivenessMsg::Vote(vote) => Message::Vote(vote),
                    LivenessMsg::PolkaCertificate(polka) => Message::Polka(polka),
                    LivenessMsg::SkipRoundCertificate(round) => Message::Round(round),
                };
                self.send(None, message, step);
                r.resume_with(())
            }
            Effect::RepublishVote(vote, r) => {
                self.send(None, Message::Vote(vote), step);
                r.resume_with(())
            }
            Effect::RepublishRoundCertificate(round, r) => {
                self.send(None, Message::Round(round), step);
                r.resume_with(())
            }
            Effect::GetValue(height, round, _, r) => {
                self.get_value(height, round, step);
                r.resume_with(())
            }
            Effect::RestreamProposal(height, round, valid_round, proposer, value, r) => {
                let place = PartPlace {
                    height: height.ledger(),
                    round: round_number(round),
                    valid_round: valid_round.as_u32(),
                    proposer: proposer.0,
                };
                let block = value.0;
                self.host(Event::Restream { place, block }, step);
                r.resume_with(())
            }
            Effect::CertVerifiedSyncValue(value, proposer, r) => {
                self.judge_synced(value, proposer, step);
                r.resume_with(())
            }
            Effect::CertRejectedSyncValue(_, _, _, r) => {
                self.fault_synced(step);
                r.resume_with(())
            }
            Effect::Decide(certificate, _, r) => {
                self.flush(step);
                let set = self.disk.store.tip().validators.clone();
                self.host(Event::Decided(certificate_in(&certificate, &set)), step);
                r.resume_with(())
            }
            Effect::Finalize(_, _, evidence, r) => {
                if !evidence.is_empty() && !self.is_ending {
                    let votes = evidence.votes.iter().map(|(voter, _)| voter.0);
                    let proposals = evidence.proposals.iter().map(|(voter, _)| voter.0);
                    let mut voters: Vec<_> = votes.chain(proposals).collect();
                    voters.sort();
                    step.out.push(Out::Evidence(voters));
                }
                self.process().owes_next = true;
                self.host(Event::Finalized, step);
                r.resume_with(())
            }
            Effect::SignVote(vote, r) => {
                let message = vote.signing_bytes(&self.city.chain);
                r.resume_with(match self.sign(vote.position(), message, step)? {
                    Some(signature) => SignedMessage::new(vote, signature),
                    None => vote.abstained(),
                })
            }
            Effect::SignProposal(proposal, r) => {
                let message = proposal.signing_bytes(&self.city.chain);
                r.resume_with(match self.sign(proposal.position(), message, step)? {
                    Some(signature) => SignedMessage::new(proposal, signature),
                    None => proposal.abstained(),
                })
            }
            Effect::VerifySignature(message, key, r) => r.resume_with(match &message.message {
                ConsensusMsg::Vote(vote) => verifier.vote(vote, &message.signature, &key),
                ConsensusMsg::Proposal(proposal) => {
                    verifier.proposal(proposal, &message.signature, &key)
                }
            }),
            Effect::VerifyCommitCertificate(certificate, set, thresholds, r) => r.resume_with(
                ready(verifier.verify_commit_certificate(&context, &certificate, &set, thresholds)),
            ),
            Effect::VerifyExtendedCommitCertificate(certificate, set, thresholds, policy, r) => {
                let verdict = verifier.verify_extended_commit_certificate(
                    &context,
                    &certificate,
                    &set,
                    thresholds,
                    policy,
                );
                r.resume_with(ready(verdict))
            }
            Effect::VerifyPolkaCertificate(certificate, set, thresholds, r) => r.resume_with(
                ready(verifier.verify_polka_certificate(&context, &certificate, &set, thresholds)),
            ),
            Effect::VerifyRoundCertificate(certificate, set, thresholds, r) => r.resume_with(
                ready(verifier.verify_round_certificate(&context, &certificate, &set, thresholds)),
            ),
            Effect::WalAppend(height, entry, r) => {
                self.append(height.ledger(), entry, step);
                r.resume_with(())
            }
            // This chain has no vote extensions.
            Effect::ExtendVote(_, _, _, _, r) => r.resume_with(None),
            Effect::VerifyVoteExtension(_, _, _, _, _, _, r) => r.resume_with(Ok(())),
        })
    }

    fn schedule(&mut self, timeout: Timeout, step: &mut Step<'_>) {
        let after_us = self.timeouts.engine().duration_for(timeout).as_micros() as u64;
        let process = self.process();
        process.timer_numbers += 1;
        let number = process.timer_numbers;
        process.timers.insert(timer_key(&timeout), number);
        let later = Later::Timeout(self.engine_life, timeout, number);
        self.later(after_us, later, step);
    }

    fn get_value(&mut self, height: EngineHeight, round: Round, step: &mut Step<'_>) {
        let event = Event::ProposalWanted {
            height: height.ledger(),
            round: round_number(round),
        };
        if let Some((place, block)) = self.host(event, step).propose {
            let (height, round) = (EngineHeight::from(place.height), Round::new(place.round));
            let value = LocallyProposedValue::new(height, round, BlockId(block));
            self.tell_engine(EngineMessage::Propose(value), step);
        }
    }

    fn judge_synced(
        &mut self,
        value: ValueResponse<DirectoryContext>,
        proposer: Address,
        step: &mut Step<'_>,
    ) {
        let certificate = &value.certificate;
        let event = Event::BlockSynced {
            height: certificate.height.ledger(),
            round: round_number(certificate.round),
            proposer: proposer.0,
            bytes: value.value_bytes.to_vec(),
        };
        match self.host(event, step).synced {
            Some(proposed) if BlockId(proposed.block) == certificate.value_id => {
                let mut value = proposed_out(&proposed);
                value.round = certificate.round;
                self.tell_engine(EngineMessage::Known(value, ValueOrigin::Sync), step);
            }
            Some(_) | None => self.fault_synced(step),
        }
    }

    /// The peer whose block is being looked at is at fault.
    fn fault_synced(&mut self, step: &mut Step<'_>) {
        let Some(peer) = self.synced_from else { return };
        let wanted = self.process().sync.fault(peer, step.random);
        self.carry_out_sync(wanted, step);
    }
}
