//! Goes on voting after it has left: it repeats whatever a validator votes for as its own vote.

use arc_malachitebft_core_types::{NilOrVal, SignedMessage, VoteType};
use dirchain_consensus::context::{Address, Vote};
use dirchain_ledger::ids;

use super::{Liar, Lie, Sent, to_all};
use crate::message::Message;

#[derive(Debug)]
pub(super) struct Lingerer;

impl Liar for Lingerer {
    fn send(&mut self, recipients: &[usize], message: Message, _: &mut Lie<'_>) -> Vec<Sent> {
        to_all(recipients, &message)
    }

    fn receive(&mut self, message: &Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let me = ids::Address::of(&lie.secret.public());
        let Message::Vote(heard) = message else {
            return Vec::new();
        };
        let is_member = lie.store.tip().validators.by_address(&me).is_some();
        if is_member || !matches!(heard.message.value, NilOrVal::Val(_)) {
            return Vec::new();
        }
        let everybody: Vec<usize> = (0..lie.nodes).filter(|node| *node != lie.me).collect();
        let mut sent = Vec::new();
        for step in [VoteType::Prevote, VoteType::Precommit] {
            let vote = Vote {
                step,
                voter: Address(me),
                ..heard.message.clone()
            };
            let signature = lie.secret.sign(&vote.signing_bytes(&lie.chain));
            let vote = Message::Vote(SignedMessage::new(vote, signature));
            sent.extend(to_all(&everybody, &vote));
        }
        sent
    }
}
