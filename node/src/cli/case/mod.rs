//! `dirchain element`, `objection`, `finding`, `demand`, `obligation`: what departments owe one
//! another.

mod demand;
mod element;
mod finding;
mod objection;
mod obligation;

pub(super) use demand::DemandCommand;
pub(super) use element::ElementCommand;
pub(super) use finding::FindingCommand;
pub(super) use objection::ObjectionCommand;
pub(super) use obligation::ObligationCommand;

use dirchain_ledger::ids::Statement;
use dirchain_ledger::records::RecordId;

use super::sign::{Desk, Signing};

/// The revision that a decision is made on.
#[derive(Debug, clap::Args)]
pub(crate) struct Revision {
    /// The revision you decided on; a later one is refused [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
}

impl Revision {
    pub(crate) fn of(&self, desk: &Desk<'_>, id: RecordId) -> anyhow::Result<u32> {
        match self.revision {
            Some(revision) => Ok(revision),
            None => Ok(desk.client.revision(&id)?),
        }
    }
}

/// A reason, and who signs.
#[derive(Debug, clap::Args)]
pub(crate) struct Reasoned {
    /// Why
    #[arg(long)]
    pub(super) reason: Statement,
    #[command(flatten)]
    pub(super) signing: Signing,
}
