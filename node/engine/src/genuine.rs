//! Whether the signature on what a peer sent is its signer's: who forges one is no honest peer.
//!
//! The engine verifies again what it takes in, and says nothing of what it leaves out. A signer that
//! the ledger's end does not name is let through: this node may lag.

use std::sync::Arc;

use arc_malachitebft_app_channel::app::engine::network::NetworkEvent;
use arc_malachitebft_app_channel::app::streaming::StreamContent;
use dirchain_consensus::context::DirectoryContext;
use dirchain_consensus::verifier::ChainVerifier;
use dirchain_network::Judge;
use dirchain_storage::Store;

/// The verdict over the validators at a store's tip.
pub(crate) fn judge(store: Store) -> Judge<DirectoryContext> {
    let chain = store.chain();
    let verifier = ChainVerifier { chain };
    Arc::new(move |event| {
        let tip = store.tip();
        let key_of = |voter| {
            let member = tip.validators.by_address(voter)?;
            Some(member.consensus_key)
        };
        match event {
            NetworkEvent::Vote(_, vote) => key_of(&vote.message.voter.0)
                .is_none_or(|key| verifier.vote(&vote.message, &vote.signature, &key)),
            NetworkEvent::Proposal(_, proposal) => key_of(&proposal.message.proposer.0)
                .is_none_or(|key| verifier.proposal(&proposal.message, &proposal.signature, &key)),
            NetworkEvent::ProposalPart(_, _, message) => match &message.content {
                StreamContent::Data(part) => key_of(&part.publisher)
                    .is_none_or(|_| part.verify_publisher(&chain, &tip.validators).is_ok()),
                StreamContent::Fin => true,
            },
            // Certificates are the engine's to verify; the rest carries no signature.
            _ => true,
        }
    })
}
