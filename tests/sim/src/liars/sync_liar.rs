//! Lies to those who lag: shows a tip too high or too low, answers with broken blocks, with
//! certificates that prove nothing, with too little, or never; to those who begin with a snapshot with another height
//! or state, headers that nobody decided, and leaves that are not the tree's.

use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::Height;
use dirchain_ledger::snapshot::{Answer, Question};

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
            Message::Tell { request, answer } => {
                let answer = match lie.random.below(8) {
                    0 => return Vec::new(),
                    1 => Answer::Unavailable,
                    // An answer to another question.
                    2 => lie.store.answer(&Question::Offer),
                    3 => answer,
                    _ => bent(answer, lie),
                };
                Message::Tell { request, answer }
            }
            other => other,
        };
        to_all(recipients, &changed)
    }
}

/// An answer that is not quite the one that was asked for.
fn bent(answer: Answer, lie: &mut Lie<'_>) -> Answer {
    match answer {
        Answer::Unavailable => Answer::Unavailable,
        Answer::Offer(mut offer) => {
            let mut pages = offer.pages.to_vec();
            match lie.random.below(4) {
                0 => offer.height = Height(offer.height.0 + lie.random.between(1, 50)),
                1 => offer.height = Height(offer.height.0 / 2),
                2 => offer.depth = 8,
                _ => {
                    let at = lie.random.index(pages[0].len());
                    pages[0][at] ^= 1;
                }
            }
            offer.pages = List::new(pages).expect("as many as before");
            Answer::Offer(offer)
        }
        Answer::Headers(mut run) => {
            let mut headers = run.headers.to_vec();
            let at = lie.random.index(headers.len());
            match lie.random.below(3) {
                0 => headers[at].state_root.0[0] ^= 1,
                1 => drop(headers.remove(at)),
                _ => run.certificate.signatures = List::default(),
            }
            run.headers = List::new(headers).expect("no more than before");
            Answer::Headers(run)
        }
        Answer::Leaves(mut part) => {
            let (mut leaves, mut bodies) = (part.leaves.to_vec(), part.bodies.to_vec());
            match lie.random.below(3) {
                // One that is not there, as far as this answer goes.
                0 => {
                    leaves.pop();
                    let is_in = |key| leaves.iter().any(|(of, _)| *of == key);
                    bodies.retain(|body| is_in(body.tree_leaf().0));
                }
                1 => bodies.reverse(),
                _ => {
                    if let Some((_, value)) = leaves.last_mut() {
                        value.0[0] ^= 1;
                    }
                }
            }
            part.leaves = List::new(leaves).expect("no more than before");
            part.bodies = List::new(bodies).expect("no more than before");
            Answer::Leaves(part)
        }
        Answer::Blocks(mut found) => {
            let mut blocks = found.blocks.to_vec();
            for (bytes, certificate) in &mut blocks {
                match lie.random.below(2) {
                    0 => {
                        let at = lie.random.index(bytes.len());
                        bytes[at] ^= 1;
                    }
                    _ => certificate.signatures = List::default(),
                }
            }
            found.blocks = List::new(blocks).expect("as many as before");
            Answer::Blocks(found)
        }
    }
}
