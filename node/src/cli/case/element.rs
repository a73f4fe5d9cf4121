//! `dirchain element`: data elements, and who is their source.

use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{ElementCode, FieldNumber, Name, ResourceCode, Statement};
use dirchain_ledger::records::{FieldType, RecordId};

use super::Revision;
use crate::cli::context::Context;
use crate::cli::sign::Signing;
use crate::cli::words::word;

#[derive(Debug, Subcommand)]
pub(crate) enum ElementCommand {
    /// Define a data element, as the standards office
    Define {
        /// Its code, never used before, such as DE00001
        code: ElementCode,
        /// Its name
        #[arg(long)]
        name: Name,
        /// What it means
        #[arg(long)]
        definition: Statement,
        /// Its type: C, N, Y, D, T, L, I or F
        #[arg(long = "type", value_parser = word::<FieldType>)]
        field_type: FieldType,
        #[command(flatten)]
        signing: Signing,
    },
    /// Retire a data element, as the standards office
    Retire {
        /// Its code
        code: ElementCode,
        #[command(flatten)]
        revision: Revision,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Claim that an own field is a data element's source
    Claim {
        /// The data element
        element: ElementCode,
        /// The entry
        resource: ResourceCode,
        /// Its field
        field: u16,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
}

impl ElementCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let (action, signing) = match self {
            ElementCommand::Define {
                code,
                name,
                definition,
                field_type,
                signing,
            } => {
                let action = Action::DefineElement {
                    code,
                    name,
                    definition,
                    field_type,
                };
                (action, signing)
            }
            ElementCommand::Retire {
                code,
                revision,
                reason,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let revision = revision.of(&desk, RecordId::DataElement(code.clone()))?;
                return desk.submit(vec![Action::RetireElement {
                    code,
                    revision,
                    reason,
                }]);
            }
            ElementCommand::Claim {
                element,
                resource,
                field,
                reason,
                signing,
            } => {
                let action = Action::ClaimSource {
                    element,
                    resource,
                    field: FieldNumber(field),
                    reason,
                };
                (action, signing)
            }
        };
        signing.desk(context)?.submit(vec![action])
    }
}
