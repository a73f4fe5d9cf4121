//! Sends old messages again, its own and others', to anybody and at any time.

use super::{Liar, Lie, Sent, to_all};
use crate::message::Message;

/// How many messages it remembers.
const REMEMBERED_MAX: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Replayer {
    heard: Vec<Message>,
}

impl Replayer {
    fn remember(&mut self, message: &Message, lie: &mut Lie<'_>) {
        if self.heard.len() < REMEMBERED_MAX {
            self.heard.push(message.clone());
        } else {
            let at = lie.random.index(REMEMBERED_MAX);
            self.heard[at] = message.clone();
        }
    }
}

impl Liar for Replayer {
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        self.remember(&message, lie);
        to_all(recipients, &message)
    }

    fn receive(&mut self, message: &Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        self.remember(message, lie);
        let mut sent = Vec::new();
        while lie.random.chance(350_000) {
            let to = lie.random.index(lie.nodes);
            if let Some(old) = lie.random.pick(&self.heard) {
                sent.push((to, old.clone()));
            }
        }
        sent
    }
}
