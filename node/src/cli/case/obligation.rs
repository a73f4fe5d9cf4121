//! `dirchain obligation`: what must be shared, and by when (共享责任清单).

use clap::Subcommand;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{Name, ResourceCode, SharingId};
use dirchain_ledger::records::RecordId;

use super::Revision;
use crate::cli::context::Context;
use crate::cli::sign::Signing;
use crate::cli::words::time;

#[derive(Debug, Subcommand)]
pub(crate) enum ObligationCommand {
    /// Impose an obligation to share, as the steward
    Impose {
        /// The entry
        resource: ResourceCode,
        /// The list that it stands in (共享责任清单)
        #[arg(long)]
        list: Name,
        /// By when: a time, or a date for its start in UTC+8
        #[arg(long, value_name = "TIME", value_parser = time)]
        due: Time,
        #[command(flatten)]
        signing: Signing,
    },
    /// Meet an obligation, as the provider; a binding of the entry is live by then
    Meet {
        /// The obligation, such as 103001/000001/1
        obligation: SharingId,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
}

impl ObligationCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ObligationCommand::Impose {
                resource,
                list,
                due,
                signing,
            } => {
                let due = due.0;
                let action = Action::ImposeObligation {
                    resource,
                    list,
                    due,
                };
                signing.desk(context)?.submit(vec![action])
            }
            ObligationCommand::Meet {
                obligation,
                revision,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let revision = revision.of(&desk, RecordId::Obligation(obligation.clone()))?;
                desk.submit(vec![Action::MeetObligation {
                    obligation,
                    revision,
                }])
            }
        }
    }
}
