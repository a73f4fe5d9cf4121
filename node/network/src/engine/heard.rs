//! Votes and proposals as the application may see them beside the engine.
//!
//! Invariant: decoded, never verified; whoever acts on one checks its signature first.

use arc_malachitebft_core_types::{Context, SignedProposal, SignedVote};

/// An incoming vote or proposal, whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub enum Heard<Ctx: Context> {
    /// A vote.
    Vote(SignedVote<Ctx>),
    /// A proposal.
    Proposal(SignedProposal<Ctx>),
}
