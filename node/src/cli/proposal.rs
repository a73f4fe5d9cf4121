//! `dirchain proposal`: what needs several departments.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{ProposalId, Statement};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::RecordId;

use super::case::Revision;
use super::context::Context;
use super::key::read_text;
use super::sign::Signing;

#[derive(Debug, Subcommand)]
pub(crate) enum ProposalCommand {
    /// Propose a measure, written as JSON; who must approve follows from it
    Propose {
        /// The measure's file, such as {"measure": "suspend_department", "department": "D012"}; - for stdin
        measure: PathBuf,
        /// Why, and on what document
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Approve a proposal; with the last approval it takes effect
    Approve {
        /// The proposal, such as D001/7
        proposal: ProposalId,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
    /// Reject a proposal
    Reject {
        /// The proposal, such as D001/7
        proposal: ProposalId,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
    /// Take a proposal back, as its proposer
    TakeBack {
        /// The proposal, such as D001/7
        proposal: ProposalId,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
}

impl ProposalCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ProposalCommand::Propose {
                measure,
                reason,
                signing,
            } => {
                let measure = Box::new(read_measure(&measure)?);
                let action = Action::Propose { measure, reason };
                signing.desk(context)?.submit(vec![action])
            }
            ProposalCommand::Approve {
                proposal,
                revision,
                signing,
            } => decide(
                context,
                &signing,
                &revision,
                proposal,
                |proposal, revision| Action::Approve { proposal, revision },
            ),
            ProposalCommand::Reject {
                proposal,
                reason,
                revision,
                signing,
            } => decide(
                context,
                &signing,
                &revision,
                proposal,
                |proposal, revision| Action::Reject {
                    proposal,
                    revision,
                    reason,
                },
            ),
            ProposalCommand::TakeBack {
                proposal,
                revision,
                signing,
            } => decide(
                context,
                &signing,
                &revision,
                proposal,
                |proposal, revision| Action::TakeBackProposal { proposal, revision },
            ),
        }
    }
}

fn decide(
    context: &Context,
    signing: &Signing,
    revision: &Revision,
    proposal: ProposalId,
    action: impl FnOnce(ProposalId, u32) -> Action,
) -> anyhow::Result<()> {
    let desk = signing.desk(context)?;
    let revision = revision.of(&desk, RecordId::Proposal(proposal.clone()))?;
    desk.submit(vec![action(proposal, revision)])
}

fn read_measure(path: &Path) -> anyhow::Result<Measure> {
    let text = read_text(path)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no measure", path.display()))
}
