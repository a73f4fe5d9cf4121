//! Whether what a peer sent can be of use, and whether its signature is its signer's: who forges one is no honest peer.
//!
//! What names a height that is decided here is left out before its signature is looked at; what is far ahead the engine
//! may keep, and verifies once it is there. It verifies again what it takes in, and says nothing of what it leaves out. A signer that the ledger's end does not name
//! is let through: this node may lag. What is genuine is noted in the roll call, for whoever asks why no block comes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_malachitebft_app_channel::app::engine::network::NetworkEvent;
use arc_malachitebft_app_channel::app::streaming::StreamContent;
use dirchain_consensus::context::{DirectoryContext, Height as EngineHeight};
use dirchain_consensus::roll_call::RollCall;
use dirchain_consensus::timely::{Timely, Use, Watch};
use dirchain_consensus::verifier::ChainVerifier;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::ids::Height;
use dirchain_network::{Fate, Judge, Verdict};
use dirchain_storage::Store;

use crate::host::now;
use crate::own::Mirror;

/// The roll call as network and host share it.
pub(crate) type SharedRoll = Arc<Mutex<RollCall>>;

/// The verdict over the validators at a store's tip. `mirror`: what notices this node's own signatures, where it has a
/// guard.
pub(crate) fn judge(
    store: Store,
    roll: SharedRoll,
    mirror: Option<Mirror>,
) -> Judge<DirectoryContext> {
    let chain = store.chain();
    let verifier = ChainVerifier { chain };
    let watch = Mutex::new(Watch::new(store.tip().height, now()));
    let look = move |height: EngineHeight, tip: &Tip| {
        let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.look(height.ledger(), tip.height, now())
    };
    Arc::new(move |event| {
        if let Some(mirror) = &mirror {
            mirror.look(event);
        }
        let tip = store.tip();
        let key_of = |voter| {
            let member = tip.validators.by_address(voter)?;
            Some(member.consensus_key)
        };
        match event {
            NetworkEvent::Vote(_, vote) => {
                let message = &vote.message;
                verdict(look(message.height, &tip), || {
                    let Some(key) = key_of(&message.voter.0) else {
                        return true;
                    };
                    let is_genuine = verifier.vote(message, &vote.signature, &key);
                    if is_genuine {
                        heard(&roll).vote(message, &tip);
                    }
                    is_genuine
                })
            }
            NetworkEvent::Proposal(_, proposal) => {
                let message = &proposal.message;
                verdict(look(message.height, &tip), || {
                    let Some(key) = key_of(&message.proposer.0) else {
                        return true;
                    };
                    let is_genuine = verifier.proposal(message, &proposal.signature, &key);
                    if is_genuine {
                        heard(&roll).proposal(message, &tip);
                    }
                    is_genuine
                })
            }
            NetworkEvent::ProposalPart(_, _, message) => match &message.content {
                // A part of a far height is looked at: it rouses a node that rests.
                StreamContent::Data(part) if part.height <= before(&tip) => {
                    Verdict::of(Fate::Untimely)
                }
                StreamContent::Data(part) => genuine(
                    key_of(&part.publisher)
                        .is_none_or(|_| part.verify_publisher(&chain, &tip.validators).is_ok()),
                ),
                StreamContent::Fin => Verdict::of(Fate::Delivered),
            },
            // Certificates are the engine's to verify; the rest carries no signature.
            _ => Verdict::of(Fate::Delivered),
        }
    })
}

fn heard(roll: &SharedRoll) -> MutexGuard<'_, RollCall> {
    roll.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The height before the tip's.
fn before(tip: &Tip) -> Height {
    tip.height.previous().unwrap_or(Height::GENESIS)
}

fn genuine(is_genuine: bool) -> Verdict<EngineHeight> {
    Verdict::of(match is_genuine {
        true => Fate::Delivered,
        false => Fate::Forged,
    })
}

fn verdict(timely: Timely, is_genuine: impl FnOnce() -> bool) -> Verdict<EngineHeight> {
    let fate = match timely.of_use {
        Use::Never => Fate::Untimely,
        Use::Now => genuine(is_genuine()).fate,
        Use::Later => Fate::Delivered,
    };
    Verdict {
        fate,
        shows: timely.shows.map(EngineHeight::from),
    }
}
