//! The engine's questions and our answers to them, in the engine's types.

use arc_malachitebft_app_channel::app::consensus::ProposedValue;
use arc_malachitebft_app_channel::app::engine::host::{HeightParams, Next, SyncedValueOutcome};
use arc_malachitebft_app_channel::app::streaming::{StreamContent, StreamId, StreamMessage};
use arc_malachitebft_app_channel::app::types::LocallyProposedValue;
use arc_malachitebft_app_channel::app::types::sync::RawDecidedValue;
use arc_malachitebft_app_channel::{AppMsg, NetworkMsg, Reply};
use arc_malachitebft_core_types::{Round, Validity};
use dirchain_consensus::answers::{DecidedBlock, certificate_in, decided_blocks};
use dirchain_consensus::context::{
    Address, BlockId, DirectoryContext, Height as EngineHeight, ValidatorSet, round_number,
};
use dirchain_consensus::pool::Inserted;
use dirchain_consensus::proposal::{Part, PartPlace};
use dirchain_consensus::replica::{Command, Event, Proposed};
use dirchain_consensus::timeouts::Timeouts;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Height, TransactionId};
use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::host::Host;
use crate::running::Running;

/// What waits for the replica's answer.
pub(crate) enum Question {
    /// Nobody.
    None,
    /// A request.
    Submission(TransactionId, oneshot::Sender<Inserted>),
    /// A round began.
    Round(Reply<Vec<ProposedValue<DirectoryContext>>>),
    /// A proposal is wanted.
    Proposal(Reply<LocallyProposedValue<DirectoryContext>>),
    /// A part arrived.
    Part(Reply<Option<ProposedValue<DirectoryContext>>>),
    /// A block was synced.
    Synced(Reply<SyncedValueOutcome<DirectoryContext>>),
    /// A block was decided.
    Decided(Reply<()>),
}

impl Question {
    /// Answers with what the replica commanded.
    pub(crate) fn answer(&mut self, command: Command) {
        match (std::mem::replace(self, Question::None), command) {
            (Question::Round(reply), Command::Known(known)) => {
                tell(reply, known.iter().map(proposed_out).collect());
            }
            (Question::Proposal(reply), Command::Propose { place, block }) => {
                let (height, round) = (EngineHeight::from(place.height), Round::new(place.round));
                tell(
                    reply,
                    LocallyProposedValue::new(height, round, BlockId(block)),
                );
            }
            // Dropping the question is the answer: the round goes on without a proposal.
            (Question::Proposal(_), Command::Decline) => {}
            (Question::Part(reply), Command::Received(proposed)) => {
                tell(reply, proposed.as_ref().map(proposed_out));
            }
            (Question::Synced(reply), Command::Synced(Some(proposed))) => {
                tell(reply, SyncedValueOutcome::Verdict(proposed_out(&proposed)));
            }
            (Question::Synced(reply), Command::Synced(None)) => {
                tell(reply, SyncedValueOutcome::PeerFault);
            }
            (Question::Decided(reply), Command::Acknowledge) => tell(reply, ()),
            (unanswered, _) => *self = unanswered,
        }
    }
}

/// Answers the engine. It may have moved on and closed the question; the answer is then of no use.
fn tell<T>(reply: Reply<T>, answer: T) {
    if reply.send(answer).is_err() {
        tracing::debug!("the engine moved on before its answer");
    }
}

/// Where the engine waits to be told which height to start.
pub(crate) enum NextReply {
    /// At its start.
    First(Reply<(EngineHeight, HeightParams<DirectoryContext>)>),
    /// After a height.
    After(Reply<Next<DirectoryContext>>),
}

impl NextReply {
    /// Starts a height.
    pub(crate) fn start(self, height: Height, set: ValidatorSet, timeouts: &Timeouts) {
        let params = HeightParams::new(set, timeouts.engine(), None);
        let height = EngineHeight::from(height);
        match self {
            NextReply::First(reply) => tell(reply, (height, params)),
            NextReply::After(reply) => tell(reply, Next::Start(height, params)),
        }
    }
}

fn proposed_out(proposed: &Proposed) -> ProposedValue<DirectoryContext> {
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

impl Host {
    /// Turns one of the engine's messages into an event, or answers it from the store.
    pub(crate) async fn answer(
        &mut self,
        message: AppMsg<DirectoryContext>,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        let (event, question) = match message {
            AppMsg::ConsensusReady { reply } => {
                self.expect_next(NextReply::First(reply));
                (Event::Ready, Question::None)
            }
            AppMsg::StartedRound {
                height,
                round,
                reply_value,
                ..
            } => {
                let (height, round) = (height.ledger(), round_number(round));
                (
                    Event::RoundStarted { height, round },
                    Question::Round(reply_value),
                )
            }
            AppMsg::GetValue {
                height,
                round,
                reply,
                ..
            } => {
                let (height, round) = (height.ledger(), round_number(round));
                (
                    Event::ProposalWanted { height, round },
                    Question::Proposal(reply),
                )
            }
            AppMsg::ReceivedProposalPart { part, reply, .. } => match part.content {
                StreamContent::Data(part) => (Event::PartReceived(part), Question::Part(reply)),
                StreamContent::Fin => {
                    // A block is one part; there is nothing to end.
                    tell(reply, None);
                    return Ok(());
                }
            },
            AppMsg::RestreamProposal {
                height,
                round,
                valid_round,
                address,
                value_id,
            } => {
                let place = PartPlace {
                    height: height.ledger(),
                    round: round_number(round),
                    valid_round: valid_round.as_u32(),
                    proposer: address.0,
                };
                (
                    Event::Restream {
                        place,
                        block: value_id.0,
                    },
                    Question::None,
                )
            }
            AppMsg::ProcessSyncedValue {
                height,
                round,
                proposer,
                value_bytes,
                reply,
            } => {
                let event = Event::BlockSynced {
                    height: height.ledger(),
                    round: round_number(round),
                    proposer: proposer.0,
                    bytes: value_bytes.to_vec(),
                };
                (event, Question::Synced(reply))
            }
            AppMsg::Decided {
                certificate, reply, ..
            } => {
                let certificate = certificate_in(&certificate, &self.store().tip().validators);
                (Event::Decided(certificate), Question::Decided(reply))
            }
            AppMsg::Finalized {
                evidence, reply, ..
            } => {
                self.note_contradictions(&evidence)?;
                self.expect_next(NextReply::After(reply));
                (Event::Finalized, Question::None)
            }
            AppMsg::GetDecidedValues { range, reply } => {
                let (first, last) = (range.start().ledger(), range.end().ledger());
                let blocks = decided_blocks(self.history(), first, last)?;
                let value = |block: DecidedBlock| {
                    RawDecidedValue::new(block.bytes.into(), block.certificate)
                };
                tell(reply, blocks.into_iter().map(value).collect());
                return Ok(());
            }
            AppMsg::GetHistoryMinHeight { reply } => {
                tell(
                    reply,
                    EngineHeight::from(self.store().history_begins().next()),
                );
                return Ok(());
            }
            AppMsg::ExtendVote { reply, .. } => {
                tell(reply, None);
                return Ok(());
            }
            AppMsg::VerifyVoteExtensions {
                extensions, reply, ..
            } => {
                tell(
                    reply,
                    extensions
                        .into_iter()
                        .map(|(voter, ())| (voter, Ok(())))
                        .collect(),
                );
                return Ok(());
            }
        };
        self.feed(event, question, running).await
    }

    pub(crate) async fn publish(
        &mut self,
        place: PartPlace,
        block: Hash,
        bytes: Vec<u8>,
        running: &mut Running,
    ) -> Result<(), EngineError> {
        let Some(secret) = &self.secret else {
            return Ok(());
        };
        let part = Part::new(secret, &self.store().tip().chain, place, block, bytes);
        let mut stream = place.height.0.to_be_bytes().to_vec();
        stream.extend(place.round.to_be_bytes());
        let message =
            StreamMessage::new(StreamId::new(stream.into()), 0, StreamContent::Data(part));
        let sent = running
            .channels()
            .network
            .send(NetworkMsg::PublishProposalPart(message))
            .await;
        sent.map_err(|_| EngineError::Ended)
    }
}
