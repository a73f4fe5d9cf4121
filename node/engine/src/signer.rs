//! The signer: nothing is signed before the engine's log and the double-sign guard are on disk.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::PoisonError;

use arc_malachitebft_app_channel::Signer;
use arc_malachitebft_core_types::{SignedMessage, ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::Error;
use dirchain_consensus::context::{Abstain as _, DirectoryContext, Proposal, Vote};
use dirchain_ledger::crypto::{SecretKey, Signature};
use dirchain_ledger::ids::{ChainId, Height};
use dirchain_storage::{GuardError, GuardVerdict, Position};
use tokio::sync::mpsc;

use crate::start::SharedGuard;

/// What the signer reports besides its signatures.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// What was decided is not here: vote no more until past this height.
    Follow(Height),
    /// The guard did not know what the key signed, and was given up.
    Forgot,
    /// The guard could not be written: stop.
    Broken(GuardError),
    /// The engine's log could not be synced: stop.
    LogUnsynced(io::Error),
}

/// Signs votes and proposals through the guard.
#[derive(Clone)]
pub(crate) struct GuardedSigner {
    secret: SecretKey,
    chain: ChainId,
    guard: SharedGuard,
    log: PathBuf,
    alarms: mpsc::UnboundedSender<Alarm>,
}

impl GuardedSigner {
    pub(crate) fn new(
        secret: SecretKey,
        chain: ChainId,
        guard: SharedGuard,
        log: PathBuf,
        alarms: mpsc::UnboundedSender<Alarm>,
    ) -> Self {
        Self {
            secret,
            chain,
            guard,
            log,
            alarms,
        }
    }

    /// Signs through the guard; none when it refuses.
    ///
    /// What led the engine to ask is in its log, written and not yet synced: it is synced first.
    /// After a power cut the engine would otherwise ask for another vote than the one that the guard
    /// holds, and abstain; where several abstain, the votes of a round may be no quorum for
    /// anything, and the round never ends.
    fn sign(&self, position: Position, message: &[u8]) -> Result<Option<Signature>, Error> {
        let synced = File::open(&self.log).and_then(|log| log.sync_data());
        synced.map_err(|error| self.alarm(Alarm::LogUnsynced(error)))?;
        let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(guard) = guard.as_ref() else {
            // The key votes no more, and its guard is gone with it.
            return Ok(None);
        };
        let verdict = guard.check_and_store(position, message, |message| self.secret.sign(message));
        if let Ok(GuardVerdict::Refuse { guarded }) = &verdict {
            tracing::warn!(
                "not signed: {position:?}. Something else was signed there, or a lock forbids it; {guarded:?} is the last that was signed"
            );
        }
        let signature = verdict.map(|verdict| verdict.signature());
        signature.map_err(|error| self.alarm(Alarm::Broken(error)))
    }

    fn alarm(&self, alarm: Alarm) -> Error {
        // A closed channel means that the host is gone already, and with it the need to tell it.
        drop(self.alarms.send(alarm));
        Error::new()
    }
}

#[async_trait::async_trait]
impl Signer<DirectoryContext> for GuardedSigner {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<DirectoryContext, Vote>, Error> {
        let signature = self.sign(vote.position(), &vote.signing_bytes(&self.chain))?;
        Ok(match signature {
            Some(signature) => SignedMessage::new(vote, signature),
            None => vote.abstained(),
        })
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<DirectoryContext, Proposal>, Error> {
        let signature = self.sign(proposal.position(), &proposal.signing_bytes(&self.chain))?;
        Ok(match signature {
            Some(signature) => SignedMessage::new(proposal, signature),
            None => proposal.abstained(),
        })
    }

    /// This chain has no vote extensions.
    async fn sign_vote_extension(
        &self,
        _: VoteExtensionScope<DirectoryContext>,
        (): (),
    ) -> Result<SignedMessage<DirectoryContext, ()>, Error> {
        Err(Error::new())
    }

    /// Who may connect is in the ledger's node records, so proofs are never exchanged.
    async fn sign_validator_proof(
        &self,
        _: Vec<u8>,
        _: Vec<u8>,
    ) -> Result<ValidatorProof<DirectoryContext>, Error> {
        Err(Error::new())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use arc_malachitebft_core_types::{Context as _, NilOrVal, Round};
    use dirchain_consensus::context::{Address, Height as EngineHeight, OUTSIDE};
    use dirchain_ledger::hash::Hash;
    use dirchain_storage::Guard;

    fn prevote() -> Vote {
        let Address(voter) = OUTSIDE;
        DirectoryContext.new_prevote(
            EngineHeight(1),
            Round::new(0),
            NilOrVal::Nil,
            Address(voter),
        )
    }

    #[tokio::test]
    async fn nothing_is_signed_before_the_log_is_synced() {
        let folder = tempfile::tempdir().unwrap();
        let secret = SecretKey::from_seed(&[4; 32]);
        let guard = Guard::make(&folder.path().join("guard"), &secret.public()).unwrap();
        let guard = Arc::new(Mutex::new(Some(guard)));
        let (alarms, mut alarmed) = mpsc::unbounded_channel();
        let log = folder.path().join("engine.wal");
        let chain = ChainId(Hash([9; 32]));
        let signer = GuardedSigner::new(secret, chain, Arc::clone(&guard), log.clone(), alarms);

        assert!(signer.sign_vote(prevote()).await.is_err());
        assert!(matches!(alarmed.recv().await, Some(Alarm::LogUnsynced(_))));
        let position = || guard.lock().unwrap().as_ref().and_then(Guard::position);
        assert_eq!(position(), None);

        std::fs::write(log, b"").unwrap();
        let signed = signer.sign_vote(prevote()).await.unwrap();
        assert_eq!(signed.message, prevote());
        assert_eq!(position(), Some(prevote().position()));
    }
}
