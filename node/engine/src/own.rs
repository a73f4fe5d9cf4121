//! Signatures of this node's own that come back to it: each must be one that its double-sign guard knows. One that it
//! does not know shows that the guard is an old copy, or lost its end: what else was signed since is unknown, so the
//! guard is given up, and the node is as one whose guard is lost.

use std::path::PathBuf;
use std::sync::PoisonError;

use arc_malachitebft_app_channel::app::engine::network::NetworkEvent;
use arc_malachitebft_core_types::{CommitCertificate, NilOrVal, VoteType};
use dirchain_consensus::context::{Address, DirectoryContext, Vote, round_number};
use dirchain_consensus::verifier::ChainVerifier;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{self, Height};
use dirchain_storage::{GuardError, Position, Step, Store};
use tokio::sync::mpsc;

use dirchain_consensus::answers::History as _;

use crate::error::EngineError;
use crate::limits::OWN_SIGNATURES_HEIGHTS_MAX;
use crate::signer::Alarm;
use crate::start::SharedGuard;
use crate::state::StoreState;

/// The newest signature of a key in the certificates of a store, where it lies above what the key's guard knows: the
/// guard then forgot it. Looks through the newest heights, up to a bound, and no further than to the first signature of
/// the key.
///
/// # Errors
///
/// The store cannot be read.
pub fn forgotten_signature(
    store: &Store,
    key: &PublicKey,
    guarded: Option<Position>,
) -> Result<Option<Position>, EngineError> {
    let own = ids::Address::of(key);
    let tip = store.tip().height;
    let known = guarded.map_or(Height::GENESIS, |position| position.height);
    let state = StoreState(store.clone());
    // The key's index among those who vote, by the hash of their set.
    let mut index: Option<(Hash, Option<usize>)> = None;
    let mut height = tip;
    let mut count = 0u32;
    while height >= known && height > store.history_begins() && count < OWN_SIGNATURES_HEIGHTS_MAX {
        let Some(header) = store.header(height)? else {
            break;
        };
        let place = match index {
            Some((set, place)) if set == header.validators_hash => place,
            Some(_) | None => {
                let set = state.validators_of(height)?;
                let place = set.and_then(|set| set.index_of(&own));
                index = Some((header.validators_hash, place));
                place
            }
        };
        if let Some(place) = place
            && let Some(certificate) = store.certificate(height)?
        {
            let mut signers = certificate.signatures.iter();
            if signers.any(|commit| usize::from(commit.validator) == place) {
                let shown = precommit(height, certificate.round);
                return Ok((guarded < Some(shown)).then_some(shown));
            }
        }
        let Some(before) = height.previous() else {
            break;
        };
        height = before;
        count = count.saturating_add(1);
    }
    Ok(None)
}

fn precommit(height: Height, round: u32) -> Position {
    Position {
        height,
        round,
        step: Step::Precommit,
    }
}

/// Where this node signed, by a certificate that decides a block; none where it did not.
pub(crate) fn signed_in(
    certificate: &CommitCertificate<DirectoryContext>,
    key: &PublicKey,
) -> Option<Position> {
    let own = Address(ids::Address::of(key));
    let mut signatures = certificate.commit_signatures.iter();
    let is_signer = signatures.any(|commit| commit.address == own);
    let (height, round) = (certificate.height.ledger(), certificate.round);
    is_signer.then(|| precommit(height, round_number(round)))
}

/// Gives a guard up unless it knows that something was signed at a position. Whoever still signs with it then gets no
/// signature. Where its file is now; none where the guard knows, or was given up before.
pub(crate) fn give_up_unless_known(
    guard: &SharedGuard,
    shown: Position,
) -> Result<Option<PathBuf>, GuardError> {
    let mut guard = guard.lock().unwrap_or_else(PoisonError::into_inner);
    let forgot = guard.take_if(|guard| guard.position() < Some(shown));
    forgot.map(|guard| guard.set_aside()).transpose()
}

/// Says that a guard was given up.
pub(crate) fn tell(shown: Position, aside: &std::path::Path) {
    let Position {
        height,
        round,
        step,
    } = shown;
    tracing::warn!(
        "the double-sign guard does not know the {step} that this node signed at height {height}, round {round}: it is an old copy, or lost its end. It is {} now; this node follows without a vote until the chain is past whatever it may have signed",
        aside.display()
    );
}

/// Looks for this node's own signatures in what peers send.
pub(crate) struct Mirror {
    pub(crate) verifier: ChainVerifier,
    pub(crate) key: PublicKey,
    pub(crate) guard: SharedGuard,
    pub(crate) alarms: mpsc::UnboundedSender<Alarm>,
}

impl Mirror {
    /// Takes note of the signatures of this node's own in a message. Only one that the guard does not know is
    /// verified.
    pub(crate) fn look(&self, event: &NetworkEvent<DirectoryContext>) {
        let own = Address(ids::Address::of(&self.key));
        match event {
            NetworkEvent::Vote(_, signed) if signed.message.voter == own => {
                let vote = &signed.message;
                self.shown(vote.position(), || {
                    self.verifier.vote(vote, &signed.signature, &self.key)
                });
            }
            NetworkEvent::Proposal(_, signed) if signed.message.proposer == own => {
                let proposal = &signed.message;
                self.shown(proposal.position(), || {
                    self.verifier
                        .proposal(proposal, &signed.signature, &self.key)
                });
            }
            NetworkEvent::PolkaCertificate(_, certificate) => {
                let signatures = certificate.polka_signatures.iter();
                for signature in signatures.filter(|signature| signature.address == own) {
                    let vote = Vote {
                        step: VoteType::Prevote,
                        height: certificate.height,
                        round: certificate.round,
                        value: NilOrVal::Val(certificate.value_id),
                        voter: own,
                    };
                    self.shown(vote.position(), || {
                        self.verifier.vote(&vote, &signature.signature, &self.key)
                    });
                }
            }
            NetworkEvent::RoundCertificate(_, certificate) => {
                let signatures = certificate.round_signatures.iter();
                for signature in signatures.filter(|signature| signature.address == own) {
                    let vote = Vote {
                        step: signature.vote_type,
                        height: certificate.height,
                        round: certificate.round,
                        value: signature.value_id,
                        voter: own,
                    };
                    self.shown(vote.position(), || {
                        self.verifier.vote(&vote, &signature.signature, &self.key)
                    });
                }
            }
            _ => {}
        }
    }

    fn shown(&self, position: Position, is_genuine: impl FnOnce() -> bool) {
        let known = {
            let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
            // One that was given up already has nothing to learn.
            guard
                .as_ref()
                .is_none_or(|guard| guard.position() >= Some(position))
        };
        if known || !is_genuine() {
            return;
        }
        let alarm = match give_up_unless_known(&self.guard, position) {
            Ok(Some(aside)) => {
                tell(position, &aside);
                Alarm::Forgot
            }
            Ok(None) => return,
            Err(error) => Alarm::Broken(error),
        };
        // A closed channel means that the host is gone already, and with it the need to tell it.
        drop(self.alarms.send(alarm));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use arc_malachitebft_app_channel::app::types::PeerId;
    use arc_malachitebft_core_types::{PolkaCertificate, PolkaSignature, Round};
    use dirchain_consensus::context::{BlockId, Height as EngineHeight};
    use dirchain_ledger::crypto::{SecretKey, Signature};
    use dirchain_ledger::ids::ChainId;
    use dirchain_storage::Guard;

    use super::*;

    fn prevote(own: Address, height: u64) -> Vote {
        Vote {
            step: VoteType::Prevote,
            height: EngineHeight(height),
            round: Round::new(1),
            value: NilOrVal::Val(BlockId(Hash([3; 32]))),
            voter: own,
        }
    }

    /// A peer shows that the node's prevote is part of a quorum.
    fn shown(vote: &Vote, signature: Signature) -> NetworkEvent<DirectoryContext> {
        let NilOrVal::Val(value_id) = vote.value else {
            panic!("a vote for a block");
        };
        let certificate = PolkaCertificate {
            height: vote.height,
            round: vote.round,
            value_id,
            polka_signatures: vec![PolkaSignature::new(vote.voter, signature)],
        };
        NetworkEvent::PolkaCertificate(PeerId::from_bytes(&[0, 1, 5]).unwrap(), certificate)
    }

    #[test]
    fn a_guard_is_given_up_for_a_genuine_signature_that_it_does_not_know_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let secret = SecretKey::from_seed(&[4; 32]);
        let chain = ChainId(Hash([9; 32]));
        let own = Address(ids::Address::of(&secret.public()));
        let path = folder.path().join("guard");
        let guard = Guard::make(&path, &secret.public()).unwrap();
        let sign = |vote: &Vote| secret.sign(&vote.signing_bytes(&chain));
        let known = prevote(own, 5);
        let bytes = known.signing_bytes(&chain);
        let signed = guard.check_and_store(known.position(), &bytes, |bytes| secret.sign(bytes));
        signed.unwrap().signature().unwrap();
        let guard = Arc::new(Mutex::new(Some(guard)));
        let (alarms, mut alarmed) = mpsc::unbounded_channel();
        let mirror = Mirror {
            verifier: ChainVerifier { chain },
            key: secret.public(),
            guard: Arc::clone(&guard),
            alarms,
        };
        let later = prevote(own, 6);
        let other = prevote(Address(ids::Address([1; 20])), 6);
        mirror.look(&shown(&known, sign(&known)));
        // Forged, and somebody else's.
        mirror.look(&shown(&later, sign(&known)));
        mirror.look(&shown(&other, sign(&other)));
        assert!(guard.lock().unwrap().is_some());
        assert!(alarmed.try_recv().is_err());

        mirror.look(&shown(&later, sign(&later)));
        assert!(guard.lock().unwrap().is_none());
        assert!(matches!(alarmed.try_recv(), Ok(Alarm::Forgot)));
        assert!(!path.exists() && folder.path().join("guard.forgot").exists());
        mirror.look(&shown(&later, sign(&later)));
        assert!(alarmed.try_recv().is_err(), "once");
    }
}
