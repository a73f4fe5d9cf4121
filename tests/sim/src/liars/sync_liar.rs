//! Lies to those who lag: shows a tip too high or too low, answers with broken blocks, with
//! certificates that prove nothing, with too little, or never.

use dirchain_ledger::ids::Height;

use super::{Liar, Lie, Sent, to_all};
use crate::message::Message;

#[derive(Debug, Default)]
pub(super) struct SyncLiar;

impl Liar for SyncLiar {
    fn send(&mut self, recipients: &[usize], message: Message, lie: &mut Lie<'_>) -> Vec<Sent> {
        let changed = match message {
            Message::Status { tip } => {
                let tip = match lie.random.below(3) {
                    0 => Height(tip.0 + lie.random.between(1, 50)),
                    1 => Height(tip.0 / 2),
                    _ => tip,
                };
                Message::Status { tip }
            }
            Message::SyncResponse {
                request,
                mut blocks,
            } => {
                match lie.random.below(6) {
                    0 => return Vec::new(),
                    1 => blocks.clear(),
                    2 => blocks.truncate(1),
                    3 => blocks.reverse(),
                    4 => {
                        for block in &mut blocks {
                            let at = lie.random.index(block.bytes.len());
                            if let Some(byte) = block.bytes.get_mut(at) {
                                *byte ^= 1;
                            }
                        }
                    }
                    _ => {
                        for block in &mut blocks {
                            block.certificate.commit_signatures.truncate(1);
                        }
                    }
                }
                Message::SyncResponse { request, blocks }
            }
            other => other,
        };
        to_all(recipients, &changed)
    }
}
