//! Validators that lie, one file each. A liar runs honest code, and what it sends is changed on its
//! way out; its key is its own, so what it signs is genuine.

mod equivocator;
mod flooder;
mod forger;
mod invalid_proposer;
mod lingerer;
mod replayer;
mod sync_liar;
mod withholder;

use std::sync::Arc;

use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::ChainId;

use crate::message::Message;
use crate::node::Store;
use crate::random::Random;

pub use invalid_proposer::Wrong;

/// What a liar knows when it sends.
pub struct Lie<'a> {
    /// Its own place.
    pub me: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// Its consensus key.
    pub secret: &'a SecretKey,
    /// The chain.
    pub chain: ChainId,
    /// Its store.
    pub store: &'a Store,
    /// Chance.
    pub random: &'a mut Random,
}

/// A message with its recipient.
pub type Sent = (usize, Message);

/// A validator that lies.
pub trait Liar: std::fmt::Debug {
    /// What it sends instead of a message to these recipients.
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent>;

    /// What it sends besides when a message reaches it.
    fn receive(&mut self, _message: &Message, _lie: &mut Lie<'_>) -> Vec<Sent> {
        Vec::new()
    }
}

/// The kinds of liars.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Votes and proposes two ways at once.
    Equivocator,
    /// Keeps from some what it sends to others.
    Withholder,
    /// Proposes blocks that break a rule.
    InvalidProposer(Wrong),
    /// Sends others' blocks on with forged bodies.
    Forger,
    /// Sends old messages again.
    Replayer,
    /// Sends more than anybody needs.
    Flooder,
    /// Lies to those who lag.
    SyncLiar,
    /// Goes on voting after it has left.
    Lingerer,
}

impl Kind {
    /// All who lie whatever their chain does.
    pub const ALL: [Kind; 11] = [
        Kind::Equivocator,
        Kind::Withholder,
        Kind::InvalidProposer(Wrong::StateRoot),
        Kind::InvalidProposer(Wrong::Transaction),
        Kind::InvalidProposer(Wrong::Time),
        Kind::InvalidProposer(Wrong::Parent),
        Kind::InvalidProposer(Wrong::EmptyTooEarly),
        Kind::Forger,
        Kind::Replayer,
        Kind::Flooder,
        Kind::SyncLiar,
    ];

    /// A liar of this kind.
    pub fn make(self) -> Box<dyn Liar> {
        match self {
            Kind::Equivocator => Box::<equivocator::Equivocator>::default(),
            Kind::Withholder => Box::new(withholder::Withholder),
            Kind::InvalidProposer(wrong) => Box::new(invalid_proposer::InvalidProposer::new(wrong)),
            Kind::Forger => Box::<forger::Forger>::default(),
            Kind::Replayer => Box::<replayer::Replayer>::default(),
            Kind::Flooder => Box::<flooder::Flooder>::default(),
            Kind::SyncLiar => Box::<sync_liar::SyncLiar>::default(),
            Kind::Lingerer => Box::new(lingerer::Lingerer),
        }
    }
}

fn to_all(recipients: &[usize], message: &Message) -> Vec<Sent> {
    let sent = recipients.iter().map(|to| (*to, message.clone()));
    sent.collect()
}

/// The message with the block of a part changed, its hash and signature made to fit.
fn part_with(
    part: &dirchain_consensus::proposal::Part,
    block: &dirchain_ledger::block::Block,
    lie: &Lie<'_>,
) -> Message {
    let place = dirchain_consensus::proposal::PartPlace {
        height: part.height,
        round: part.round,
        valid_round: part.valid_round,
        proposer: part.proposer,
    };
    let bytes = dirchain_ledger::codec::encode(block);
    let hash = block.header.hash();
    let part = dirchain_consensus::proposal::Part::new(lie.secret, &lie.chain, place, hash, bytes);
    Message::Part(Arc::new(part))
}
