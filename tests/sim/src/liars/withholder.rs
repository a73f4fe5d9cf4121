//! Keeps from some what it sends to others: bodies, votes, answers, by turns.

use super::{Liar, Lie, Sent};
use crate::message::Message;

#[derive(Debug)]
pub(super) struct Withholder;

impl Liar for Withholder {
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let kept_back = match &message {
            Message::Part(_) => 600_000,
            Message::Vote(_) | Message::Proposal(_) => 500_000,
            Message::Polka(_)
            | Message::Round(_)
            | Message::SyncResponse { .. }
            | Message::Tell { .. } => 800_000,
            Message::Status { .. }
            | Message::SyncRequest { .. }
            | Message::Ask { .. }
            | Message::Transaction(_) => 300_000,
        };
        let mut sent = Vec::new();
        for to in recipients {
            if !lie.random.chance(kept_back) {
                sent.push((*to, message.clone()));
            }
        }
        sent
    }
}
