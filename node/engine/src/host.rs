//! The adapter's loop: the engine's questions become events, the replica's commands become deeds.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dirchain_consensus::context::{DirectoryContext, ValidatorSet};
use dirchain_consensus::pool::{Inserted, Origin};
use dirchain_consensus::replica::{Command, Commit, Event, Replica};
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_network::{Heard, Multiaddr};
use dirchain_storage::Store;
use tokio::sync::{mpsc, oneshot};

use crate::actors::wait_until_unlocked;
use crate::error::EngineError;
use crate::genuine::SharedRoll;
use crate::handle::{Shared, Submission, TransactionOutcome};
use crate::limits::{REQUESTS_AT_ONCE_MAX, TICK};
use crate::peers::allow_list;
use crate::questions::{NextReply, Question};
use crate::running::Running;
use crate::settings::EngineConfig;
use crate::signer::Alarm;
use crate::start::{Role, Voting};
use crate::state::StoreState;

/// How a turn of the engine ended.
pub(crate) enum Turn {
    /// The node is stopping.
    Stopped,
    /// The engine must start anew in another mode.
    Restart(Role),
}

/// The application side of the engine.
pub(crate) struct Host {
    pub(crate) config: EngineConfig,
    pub(crate) listen: Multiaddr,
    state: StoreState,
    pub(crate) replica: Replica,
    /// The key that proposed blocks are signed with.
    pub(crate) secret: Option<SecretKey>,
    serving: Option<Serving>,
    /// Who was heard about the next height.
    pub(crate) roll: SharedRoll,
    /// Where the engine waits to be told the next height.
    pub(crate) next: Option<NextReply>,
}

struct Serving {
    shared: Arc<Shared>,
    submissions: mpsc::Receiver<Submission>,
}

/// The wall clock, in the ledger's unit.
pub(crate) fn now() -> TimeMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Host {
    pub(crate) fn new(config: EngineConfig, listen: Multiaddr, replica: Replica) -> Self {
        let state = StoreState(config.store.clone());
        Self {
            config,
            listen,
            state,
            replica,
            secret: None,
            serving: None,
            roll: SharedRoll::default(),
            next: None,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.state.0
    }

    pub(crate) fn history(&self) -> &StoreState {
        &self.state
    }

    /// Who was heard about the next height.
    pub(crate) fn roll(&self) -> SharedRoll {
        Arc::clone(&self.roll)
    }

    /// From now on requests are answered.
    pub(crate) fn serve(&mut self, shared: Arc<Shared>, submissions: mpsc::Receiver<Submission>) {
        self.serving = Some(Serving {
            shared,
            submissions,
        });
    }

    /// Runs until the node stops, fails, or must change its mode.
    pub(crate) async fn turn(
        &mut self,
        mut running: Running,
        voting: &mut Voting,
        stop: &mut oneshot::Receiver<()>,
    ) -> Result<Turn, EngineError> {
        self.publish_mode(&running);
        let result = self.run(&mut running, voting, stop).await;
        running.end().await;
        wait_until_unlocked(&voting.files.log).await;
        result
    }

    fn publish_mode(&self, running: &Running) {
        if let Some(serving) = &self.serving {
            let lock = |mode| std::sync::Mutex::lock(mode).unwrap_or_else(PoisonError::into_inner);
            *lock(&serving.shared.mode) = running.role.mode.clone();
            let mut network = serving
                .shared
                .network
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *network = running.network_handle();
        }
    }

    async fn run(
        &mut self,
        running: &mut Running,
        voting: &mut Voting,
        stop: &mut oneshot::Receiver<()>,
    ) -> Result<Turn, EngineError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = &mut *stop => return Ok(Turn::Stopped),
                message = running.channels.consensus.recv() => match message {
                    Some(message) => {
                        let forgot = voting.look(&message)?;
                        self.answer(message, running).await?;
                        if forgot {
                            return Ok(Turn::Restart(voting.role(&self.config, &[])?));
                        }
                    }
                    // A guard that fails ends the engine too; its alarm came before that.
                    None => {
                        let alarm = running.alarms.try_recv().map_err(|_| EngineError::Ended)?;
                        return Ok(Turn::Restart(voting.alarmed(alarm, &self.config)?));
                    }
                },
                submission = next_submission(&mut self.serving) => {
                    self.take_submissions(submission, running).await?;
                }
                Some(transaction) = running.transactions.recv() => {
                    self.take_transactions(transaction, running).await?;
                }
                Some(heard) = running.heard.recv() => self.hear(heard, running).await?,
                Some(alarm) = running.alarms.recv() => {
                    return Ok(Turn::Restart(voting.alarmed(alarm, &self.config)?));
                }
                _ = tick.tick() => {
                    self.feed(Event::Tick, Question::None, running).await?;
                    let shown = self.shown_tips(running);
                    if let Some(highest) = shown.iter().max() {
                        self.feed(Event::TipShown(*highest), Question::None, running).await?;
                    }
                    let role = voting.role(&self.config, &shown)?;
                    if !role.goes_on_as(&running.role) {
                        return Ok(Turn::Restart(role));
                    }
                    if role != running.role {
                        running.role = role;
                        self.publish_mode(running);
                    }
                    if let Some(serving) = &self.serving {
                        serving.shared.outcomes.sweep();
                        let outlook = serving.shared.outlook.lock();
                        outlook.unwrap_or_else(PoisonError::into_inner).clone_from(self.replica.outlook());
                        if let Some(failure) = serving.shared.take_failure() {
                            return Err(failure.into());
                        }
                    }
                }
            }
            self.note_pool();
        }
    }

    fn note_pool(&self) {
        let Some(serving) = &self.serving else { return };
        let pool = self.replica.pool();
        let outcomes = &serving.shared.outcomes;
        outcomes.note_pool(pool.count(), pool.next_sequences());
    }

    async fn take_submissions(
        &mut self,
        first: Submission,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        let mut next = Some(first);
        for _ in 0..REQUESTS_AT_ONCE_MAX {
            let Some(Submission { transaction, reply }) = next else {
                break;
            };
            let id = transaction.id();
            let event = Event::Transaction {
                transaction,
                origin: Origin::Local,
            };
            self.feed(event, Question::Submission(id, reply), running)
                .await?;
            next = self
                .serving
                .as_mut()
                .and_then(|serving| serving.submissions.try_recv().ok());
        }
        Ok(())
    }

    async fn take_transactions(
        &mut self,
        first: VerifiedTransaction,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        let mut next = Some(first);
        for _ in 0..REQUESTS_AT_ONCE_MAX {
            let Some(transaction) = next else { break };
            let event = Event::Transaction {
                transaction,
                origin: Origin::Peer,
            };
            self.feed(event, Question::None, running).await?;
            next = running.transactions.try_recv().ok();
        }
        Ok(())
    }

    /// A vote or proposal for a height that is held back: checks its signature before it counts.
    async fn hear(
        &mut self,
        heard: Heard<DirectoryContext>,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        let event = match &heard {
            Heard::Vote(vote) => self.replica.hear_vote(&vote.message, &vote.signature),
            Heard::Proposal(proposal) => {
                let (message, signature) = (&proposal.message, &proposal.signature);
                self.replica.hear_proposal(message, signature)
            }
        };
        match event {
            Some(event) => self.feed(event, Question::None, running).await,
            None => Ok(()),
        }
    }

    /// Gives the replica an event and carries out what it commands.
    pub(crate) async fn feed(
        &mut self,
        event: Event,
        mut question: Question,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        let commands = self.decide(event);
        let mut queue: VecDeque<Command> = commands.into();
        while let Some(command) = queue.pop_front() {
            match command {
                Command::Commit(commit) => {
                    self.commit(&commit, running)?;
                    queue.extend(self.decide(Event::Committed));
                }
                other => self.carry_out(other, &mut question, running).await?,
            }
        }
        Ok(())
    }

    /// The replica may execute a whole block: the thread is marked as busy meanwhile.
    fn decide(&mut self, event: Event) -> Vec<Command> {
        let (replica, state) = (&mut self.replica, &self.state);
        match event {
            Event::Transaction { .. }
            | Event::HeardNext { .. }
            | Event::TipShown(_)
            | Event::Finalized
            | Event::Ready => replica.handle(event, state, now()),
            Event::RoundStarted { .. }
            | Event::ProposalWanted { .. }
            | Event::PartReceived(_)
            | Event::Restream { .. }
            | Event::BlockSynced { .. }
            | Event::Decided(_)
            | Event::Committed
            | Event::Tick => tokio::task::block_in_place(|| replica.handle(event, state, now())),
        }
    }

    fn commit(&mut self, commit: &Commit, running: &Running) -> Result<(), EngineError> {
        let Commit {
            block,
            certificate,
            outcome,
        } = commit;
        tokio::task::block_in_place(|| self.store().commit(block, certificate, outcome))?;
        let concerns_peers = |id: &RecordId| matches!(id, RecordId::Node(_) | RecordId::Membership);
        if outcome.records.keys().any(concerns_peers) {
            running
                .network
                .set_peers(allow_list(self.store(), &self.config.node)?)?;
        }
        if let Some(serving) = &self.serving {
            let height = block.header.height;
            for (index, transaction) in (0u32..).zip(&block.transactions) {
                let outcome = TransactionOutcome::Committed { height, index };
                serving
                    .shared
                    .outcomes
                    .committed(transaction.id(), &outcome);
            }
        }
        Ok(())
    }

    async fn carry_out(
        &mut self,
        command: Command,
        question: &mut Question,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        match command {
            Command::StartHeight {
                height,
                validators,
                turns,
            } => {
                if let Some(next) = self.next.take() {
                    let set = ValidatorSet::new(&validators, &turns);
                    next.start(height, set, &self.config.timeouts);
                }
            }
            Command::Publish {
                place,
                block,
                bytes,
            } => self.publish(place, block, bytes, running).await?,
            Command::StoreUndecided {
                height,
                round,
                block,
                bytes,
            } => {
                tokio::task::block_in_place(|| {
                    self.store().put_undecided(height, round, block, &bytes)
                })?;
            }
            Command::ForgetUndecided {
                height,
                round,
                block,
            } => {
                tokio::task::block_in_place(|| {
                    self.store().forget_undecided(height, round, block)
                })?;
            }
            Command::Answer(inserted) => self.answer_submission(inserted, question),
            Command::Send(transaction) => {
                // How many took it matters not: what waits here is sent again until it is decided.
                let _taken = running
                    .network
                    .send_transaction(encode(transaction.signed()).into());
            }
            Command::Refused { id, rejection } => {
                if let Some(serving) = &self.serving {
                    serving.shared.outcomes.refused(id, *rejection);
                }
            }
            Command::Blame { offence } => {
                tracing::warn!("{offence}");
                if let Some(serving) = &self.serving {
                    serving.shared.offences.fetch_add(1, Ordering::Relaxed);
                }
            }
            Command::Tell { words } => tracing::warn!("{words}"),
            Command::Follow { until } => {
                // The receiver is `running` itself, which is here.
                drop(running.alarm.send(Alarm::Follow(until)));
            }
            Command::Stop { reason } => return Err(reason.into()),
            Command::Known(_)
            | Command::Propose { .. }
            | Command::Decline
            | Command::Received(_)
            | Command::Synced(_)
            | Command::Acknowledge => question.answer(command),
            // `feed` carries out commits itself.
            Command::Commit(_) => {}
        }
        Ok(())
    }

    fn answer_submission(&self, inserted: Inserted, question: &mut Question) {
        let Question::Submission(id, reply) = std::mem::replace(question, Question::None) else {
            return;
        };
        if let Some(serving) = &self.serving
            && matches!(inserted, Inserted::Accepted | Inserted::Parked)
        {
            serving.shared.outcomes.waits(id);
        }
        // Whoever submitted may have hung up; the transaction waits all the same.
        drop(reply.send(inserted));
    }

    /// The tips that other validators show, where they bear on anything now.
    fn shown_tips(&self, running: &Running) -> Vec<Height> {
        if !self.replica.is_at_rest() && !running.role.mode.rests_on_tips() {
            return Vec::new();
        }
        let status = running.network.status();
        let validators = status.peers.iter().filter(|peer| peer.validator);
        validators
            .filter_map(|peer| peer.tip_height.map(Height))
            .collect()
    }

    pub(crate) fn expect_next(&mut self, next: NextReply) {
        self.next = Some(next);
    }
}

async fn next_submission(serving: &mut Option<Serving>) -> Submission {
    match serving {
        Some(serving) => match serving.submissions.recv().await {
            Some(submission) => submission,
            // Every handle is gone; the host goes on without requests.
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
