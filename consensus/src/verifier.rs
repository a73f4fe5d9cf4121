//! The engine's verifier: the ledger's one verdict on every signature.

use arc_malachitebft_core_types::{ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::{Error, VerificationResult, Verifier};
use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::ids::ChainId;

use crate::context::{DirectoryContext, Proposal, Vote};

/// Verifies votes and proposals of one chain.
#[derive(Copy, Clone, Debug)]
pub struct ChainVerifier {
    /// The chain that signatures are bound to.
    pub chain: ChainId,
}

fn verdict(key: &PublicKey, message: &[u8], signature: &Signature) -> VerificationResult {
    VerificationResult::from_bool(key.verify(message, signature).is_ok())
}

impl ChainVerifier {
    /// Whether a vote's signature is its voter's.
    pub fn vote(&self, vote: &Vote, signature: &Signature, key: &PublicKey) -> bool {
        key.verify(&vote.signing_bytes(&self.chain), signature)
            .is_ok()
    }

    /// Whether a proposal's signature is its proposer's.
    pub fn proposal(&self, proposal: &Proposal, signature: &Signature, key: &PublicKey) -> bool {
        key.verify(&proposal.signing_bytes(&self.chain), signature)
            .is_ok()
    }
}

#[async_trait::async_trait]
impl Verifier<DirectoryContext> for ChainVerifier {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(verdict(key, &vote.signing_bytes(&self.chain), signature))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(verdict(
            key,
            &proposal.signing_bytes(&self.chain),
            signature,
        ))
    }

    /// This chain has no vote extensions: whatever claims to be one is wrong.
    async fn verify_signed_vote_extension(
        &self,
        _: &VoteExtensionScope<DirectoryContext>,
        (): &(),
        _: &Signature,
        _: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }

    /// Who may connect is in the ledger's node records, so proofs are never exchanged.
    async fn verify_validator_proof(
        &self,
        _: &ValidatorProof<DirectoryContext>,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }
}
