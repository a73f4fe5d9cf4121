//! `dirchain membership`: proposing who votes, and under which rules.

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{Height, NodeId, Statement};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::MemberChange;

use super::context::Context;
use super::sign::{Desk, Signing};

#[derive(Debug, Subcommand)]
pub(crate) enum MembershipCommand {
    /// Propose that nodes vote which have shown that they are ready
    Add {
        /// The nodes
        #[arg(required = true)]
        nodes: Vec<NodeId>,
        #[command(flatten)]
        how: How,
    },
    /// Propose that nodes vote no more
    Remove {
        /// The nodes
        #[arg(required = true)]
        nodes: Vec<NodeId>,
        #[command(flatten)]
        how: How,
    },
    /// Propose that another node of the same department votes in a node's place
    Replace {
        /// The node that votes
        #[arg(value_name = "NODE")]
        replaced: NodeId,
        /// The node that will
        #[arg(long)]
        by: NodeId,
        #[command(flatten)]
        how: How,
    },
    /// Propose that nodes vote with the key that each announced last
    Rotate {
        /// The nodes
        #[arg(required = true)]
        nodes: Vec<NodeId>,
        #[command(flatten)]
        how: How,
    },
    /// Propose that the next version of the rules is in force from an epoch on
    RaiseRules {
        /// The version
        version: u32,
        /// With the first epoch that ends at this height or after it
        #[arg(long, value_name = "HEIGHT")]
        from: u64,
        #[command(flatten)]
        how: How,
    },
}

/// What every proposal has.
#[derive(Debug, clap::Args)]
pub(crate) struct How {
    /// Why, and on what document
    #[arg(long)]
    reason: Statement,
    #[command(flatten)]
    signing: Signing,
}

impl MembershipCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            MembershipCommand::Add { nodes, how } => how.change(context, |desk| {
                let keys = Keys::of(desk)?;
                let add = |node: NodeId| {
                    let consensus_key = keys.announced(&node)?;
                    Ok(MemberChange::Add {
                        node,
                        consensus_key,
                    })
                };
                nodes.into_iter().map(add).collect()
            }),
            MembershipCommand::Remove { nodes, how } => how.change(context, |_| {
                let removals = nodes.into_iter().map(|node| MemberChange::Remove { node });
                Ok(removals.collect())
            }),
            MembershipCommand::Replace { replaced, by, how } => how.change(context, |desk| {
                let consensus_key = Keys::of(desk)?.announced(&by)?;
                Ok(vec![MemberChange::Replace {
                    node: replaced,
                    by,
                    consensus_key,
                }])
            }),
            MembershipCommand::Rotate { nodes, how } => how.change(context, |desk| {
                let keys = Keys::of(desk)?;
                let rotate = |node: NodeId| {
                    let consensus_key = keys.announced(&node)?;
                    Ok(MemberChange::Rotate {
                        node,
                        consensus_key,
                    })
                };
                nodes.into_iter().map(rotate).collect()
            }),
            MembershipCommand::RaiseRules { version, from, how } => {
                let from = Height(from);
                let desk = how.signing.desk(context)?;
                how.propose(desk, Measure::RaiseRules { version, from })
            }
        }
    }
}

impl How {
    fn change(
        self,
        context: &Context,
        changes: impl FnOnce(&Desk<'_>) -> anyhow::Result<Vec<MemberChange>>,
    ) -> anyhow::Result<()> {
        let desk = self.signing.desk(context)?;
        let changes = List::new(changes(&desk)?)?;
        self.propose(desk, Measure::ChangeMembership { changes })
    }

    fn propose(self, desk: Desk<'_>, measure: Measure) -> anyhow::Result<()> {
        let action = Action::Propose {
            measure: Box::new(measure),
            reason: self.reason,
        };
        desk.submit(vec![action])
    }
}

/// The keys that nodes announced to vote with.
struct Keys(Vec<(NodeId, Option<PublicKey>)>);

impl Keys {
    fn of(desk: &Desk<'_>) -> anyhow::Result<Self> {
        let nodes = desk.client.nodes()?.into_iter();
        Ok(Self(
            nodes.map(|node| (node.id, node.consensus_key)).collect(),
        ))
    }

    fn announced(&self, node: &NodeId) -> anyhow::Result<PublicKey> {
        let found = self.0.iter().find(|(id, _)| id == node);
        let (_, key) = found.with_context(|| format!("there is no node {node}"))?;
        key.with_context(|| {
            format!(
                "node {node} announced no consensus key. Its operator does by `dirchain node amend`"
            )
        })
    }
}
