//! The production verifier with a memory, shared by all nodes: a verdict is computed once.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use arc_malachitebft_core_types::{ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::{Error, VerificationResult, Verifier};
use dirchain_consensus::context::{DirectoryContext, Proposal, Vote};
use dirchain_consensus::verifier::ChainVerifier;
use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::ids::ChainId;

/// Verdicts by digest of key, message and signature. Only looked up, never iterated.
#[derive(Debug)]
pub struct CachingVerifier {
    inner: ChainVerifier,
    verdicts: Mutex<HashMap<[u8; 32], bool>>,
}

impl CachingVerifier {
    /// A verifier for one chain.
    pub fn new(chain: ChainId) -> Self {
        Self {
            inner: ChainVerifier { chain },
            verdicts: Mutex::new(HashMap::new()),
        }
    }

    /// Verifies a vote.
    pub fn vote(&self, vote: &Vote, signature: &Signature, key: &PublicKey) -> bool {
        let message = vote.signing_bytes(&self.inner.chain);
        self.verdict(key, &message, signature)
    }

    /// Verifies a proposal.
    pub fn proposal(&self, proposal: &Proposal, signature: &Signature, key: &PublicKey) -> bool {
        let message = proposal.signing_bytes(&self.inner.chain);
        self.verdict(key, &message, signature)
    }

    fn verdict(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&key.0);
        hasher.update(&signature.0);
        hasher.update(message);
        let digest = *hasher.finalize().as_bytes();
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        *verdicts
            .entry(digest)
            .or_insert_with(|| key.verify(message, signature).is_ok())
    }
}

fn result(is_valid: bool) -> Result<VerificationResult, Error> {
    Ok(VerificationResult::from_bool(is_valid))
}

#[async_trait::async_trait]
impl Verifier<DirectoryContext> for CachingVerifier {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        result(self.vote(vote, signature, key))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        result(self.proposal(proposal, signature, key))
    }

    async fn verify_signed_vote_extension(
        &self,
        _: &VoteExtensionScope<DirectoryContext>,
        (): &(),
        _: &Signature,
        _: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        result(false)
    }

    async fn verify_validator_proof(
        &self,
        _: &ValidatorProof<DirectoryContext>,
    ) -> Result<VerificationResult, Error> {
        result(false)
    }
}

/// The value of a future that waits for nothing.
pub fn ready<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits for something"),
    }
}
