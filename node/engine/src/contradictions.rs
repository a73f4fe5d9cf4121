//! What the engine reports about validators that contradicted themselves is kept in the node's home,
//! for an operator to put on the ledger: a node holds no key that could.

use arc_malachitebft_app_channel::app::consensus::MisbehaviorEvidence;
use dirchain_consensus::context::DirectoryContext;
use dirchain_consensus::contradictions::{of_proposals, of_votes};
use dirchain_ledger::view::Records as _;

use crate::error::EngineError;
use crate::host::Host;

impl Host {
    /// Writes down what the engine reports, and says what to do with it.
    pub(crate) fn note_contradictions(
        &self,
        evidence: &MisbehaviorEvidence<DirectoryContext>,
    ) -> Result<(), EngineError> {
        let tip = self.store().tip();
        let votes = evidence.votes.iter().flat_map(|(_, pairs)| pairs);
        let votes = votes.filter_map(|(first, second)| of_votes(first, second));
        let proposals = evidence.proposals.iter().flat_map(|(_, pairs)| pairs);
        let proposals = proposals.filter_map(|(first, second)| of_proposals(first, second));
        for proof in votes.chain(proposals) {
            // The height is decided: those who voted on it may have changed with it.
            let before = proof.height.previous();
            let voters = before.map(|before| self.store().view(before).membership());
            let voters = voters.transpose()?;
            let member = voters
                .as_ref()
                .and_then(|membership| membership.current.by_address(&proof.voter))
                .or_else(|| tip.validators.by_address(&proof.voter));
            let Some(member) = member else { continue };
            if proof.verify(&tip.chain, &member.consensus_key).is_err() {
                continue;
            }
            let path = self.config.keeper.report(&member.node, &proof)?;
            tracing::warn!(
                "node {} contradicted itself with a {} at height {}, round {}: an operator of another node puts it on record by `dirchain node report {}`",
                member.node,
                proof.step(),
                proof.height,
                proof.round,
                path.display(),
            );
        }
        Ok(())
    }
}
