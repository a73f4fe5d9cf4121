//! `dirchain demand`: data that nobody lists.

use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{DemandId, DepartmentId, ResourceCode, Statement};
use dirchain_ledger::records::RecordId;

use super::{Reasoned, Revision};
use crate::cli::context::Context;
use crate::cli::sign::Signing;

#[derive(Debug, Subcommand)]
pub(crate) enum DemandCommand {
    /// Demand data that nobody lists
    Raise {
        /// Its id, never used before, such as X-D012-2026-01
        id: DemandId,
        /// What, and what for
        #[arg(long)]
        text: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Assign a demand to a department, as the steward
    Assign {
        /// The demand
        id: DemandId,
        /// To whom
        department: DepartmentId,
        /// Why, where another was asked before
        #[arg(long)]
        reason: Option<Statement>,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
    /// Answer a demand with the entry that lists the data, as the department asked
    Answer {
        /// The demand
        id: DemandId,
        /// The entry
        resource: ResourceCode,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        reasoned: Reasoned,
    },
    /// Refuse a demand, as the department asked
    Refuse {
        /// The demand
        id: DemandId,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        reasoned: Reasoned,
    },
}

impl DemandCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            DemandCommand::Raise { id, text, signing } => {
                let desk = signing.desk(context)?;
                let asker = desk.author.department.clone();
                desk.submit(vec![Action::RaiseDemand { id, asker, text }])
            }
            DemandCommand::Assign {
                id,
                department,
                reason,
                revision,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let revision = revision.of(&desk, RecordId::Demand(id.clone()))?;
                desk.submit(vec![Action::AssignDemand {
                    demand: id,
                    revision,
                    department,
                    reason,
                }])
            }
            DemandCommand::Answer {
                id,
                resource,
                revision,
                reasoned,
            } => answer(context, id, Some(resource), &revision, reasoned),
            DemandCommand::Refuse {
                id,
                revision,
                reasoned,
            } => answer(context, id, None, &revision, reasoned),
        }
    }
}

fn answer(
    context: &Context,
    demand: DemandId,
    resource: Option<ResourceCode>,
    revision: &Revision,
    reasoned: Reasoned,
) -> anyhow::Result<()> {
    let desk = reasoned.signing.desk(context)?;
    let revision = revision.of(&desk, RecordId::Demand(demand.clone()))?;
    desk.submit(vec![Action::AnswerDemand {
        demand,
        revision,
        resource,
        reason: reasoned.reason,
    }])
}
