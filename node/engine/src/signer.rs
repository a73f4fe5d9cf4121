//! The signer: nothing is signed before the double-sign guard has it on disk.

use std::sync::{Arc, Mutex, PoisonError};

use arc_malachitebft_app_channel::Signer;
use arc_malachitebft_core_types::{SignedMessage, ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::Error;
use dirchain_consensus::context::{Abstain as _, DirectoryContext, Proposal, Vote};
use dirchain_ledger::crypto::{SecretKey, Signature};
use dirchain_ledger::ids::{ChainId, Height};
use dirchain_storage::{Guard, GuardError, GuardVerdict, Position};
use tokio::sync::mpsc;

/// What the signer reports besides its signatures.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// What was decided is not here: vote no more until past this height.
    Follow(Height),
    /// The guard could not be written: stop.
    Broken(GuardError),
}

/// Signs votes and proposals through the guard.
#[derive(Clone)]
pub(crate) struct GuardedSigner {
    secret: SecretKey,
    chain: ChainId,
    guard: Arc<Mutex<Guard>>,
    alarms: mpsc::UnboundedSender<Alarm>,
}

impl GuardedSigner {
    pub(crate) fn new(
        secret: SecretKey,
        chain: ChainId,
        guard: Arc<Mutex<Guard>>,
        alarms: mpsc::UnboundedSender<Alarm>,
    ) -> Self {
        Self {
            secret,
            chain,
            guard,
            alarms,
        }
    }

    /// Signs through the guard; none when it refuses.
    fn sign(&self, position: Position, message: &[u8]) -> Result<Option<Signature>, Error> {
        let guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = guard.check_and_store(position, message, |message| self.secret.sign(message));
        if let Ok(GuardVerdict::Refuse { guarded }) = &verdict {
            tracing::warn!(
                "not signed: {position:?}. Something else was signed there, or a lock forbids it; {guarded:?} is the last that was signed"
            );
        }
        verdict.map(|verdict| verdict.signature()).map_err(|error| {
            // A closed channel means that the host is gone already, and with it the need to tell it.
            drop(self.alarms.send(Alarm::Broken(error)));
            Error::new()
        })
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
