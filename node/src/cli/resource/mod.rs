//! `dirchain resource`: catalogue entries from draft to withdrawal.

mod bulk;
mod draft;

use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{DepartmentId, ResourceCode, Statement};
use dirchain_ledger::measure::Measure;

use crate::client::Client;

use super::context::Context;
use super::sign::Signing;

pub(crate) use bulk::{Work, send};

#[derive(Debug, Subcommand)]
pub(crate) enum ResourceCommand {
    /// Write an entry's draft from a JSON file, a new one or over the one that is there
    Draft(draft::DraftArguments),
    /// Submit a draft for publication, as the provider's head
    Submit {
        /// The entry
        #[arg(required_unless_present = "all_complete")]
        code: Option<ResourceCode>,

        /// Submit every draft that lacks nothing
        #[arg(long, conflicts_with_all = ["code", "revision"])]
        all_complete: bool,

        /// With --all-complete: whose, sub-units included [default: the signer's department]
        #[arg(long, value_name = "DEPARTMENT", requires = "all_complete")]
        provider: Option<DepartmentId>,

        #[command(flatten)]
        revision: Revision,

        #[command(flatten)]
        signing: Signing,
    },
    /// Return a submission with a reason, as the steward
    Return {
        /// The entry
        code: ResourceCode,

        /// Why
        #[arg(long)]
        reason: Statement,

        #[command(flatten)]
        revision: Revision,

        #[command(flatten)]
        signing: Signing,
    },
    /// Publish a submission, as the steward
    Publish {
        /// The entry
        #[arg(required_unless_present = "all_submitted")]
        code: Option<ResourceCode>,

        /// Publish everything that waits for publication
        #[arg(long, conflicts_with_all = ["code", "revision"])]
        all_submitted: bool,

        /// With --all-submitted: only this department's and its sub-units'
        #[arg(long, value_name = "DEPARTMENT", requires = "all_submitted")]
        provider: Option<DepartmentId>,

        #[command(flatten)]
        revision: Revision,

        #[command(flatten)]
        signing: Signing,
    },
    /// Withdraw an entry, as the provider's head: a published one by a proposal to the steward
    Withdraw {
        /// The entry
        code: ResourceCode,

        /// Why
        #[arg(long)]
        reason: Statement,

        #[command(flatten)]
        revision: Revision,

        #[command(flatten)]
        signing: Signing,
    },
}

/// The revision of an entry that an action is decided on.
#[derive(Debug, clap::Args)]
pub(crate) struct Revision {
    /// The revision you decided on; a later one is refused [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
}

impl Revision {
    fn of(&self, client: &Client, code: &ResourceCode) -> anyhow::Result<u32> {
        if let Some(revision) = self.revision {
            return Ok(revision);
        }
        Ok(client.resource(code, None)?.resource.revision)
    }
}

impl ResourceCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ResourceCommand::Draft(command) => command.run(context),
            ResourceCommand::Submit {
                code,
                provider,
                revision,
                signing,
                all_complete: _,
            } => match code {
                Some(code) => one(context, &signing, &revision, code, |code, revision| {
                    Action::SubmitResource { code, revision }
                }),
                None => bulk::submit_all(context, &signing, provider),
            },
            ResourceCommand::Publish {
                code,
                provider,
                revision,
                signing,
                all_submitted: _,
            } => match code {
                Some(code) => one(context, &signing, &revision, code, |code, revision| {
                    Action::PublishResource { code, revision }
                }),
                None => bulk::publish_all(context, &signing, provider),
            },
            ResourceCommand::Return {
                code,
                reason,
                revision,
                signing,
            } => one(context, &signing, &revision, code, |code, revision| {
                Action::ReturnResource {
                    code,
                    revision,
                    reason,
                }
            }),
            ResourceCommand::Withdraw {
                code,
                reason,
                revision,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let found = desk.client.resource(&code, None)?.resource;
                let revision = revision.revision.unwrap_or(found.revision);
                let is_published = found.version.is_some();
                desk.submit(vec![withdrawal(is_published, code, revision, reason)])
            }
        }
    }
}

/// What withdraws an entry: once it is published, a proposal (rule S6).
fn withdrawal(is_published: bool, code: ResourceCode, revision: u32, reason: Statement) -> Action {
    if !is_published {
        return Action::WithdrawResource {
            code,
            revision,
            reason,
        };
    }
    let measure = Measure::Withdraw {
        code,
        revision,
        reason: reason.clone(),
    };
    Action::Propose {
        measure: Box::new(measure),
        reason,
    }
}

fn one(
    context: &Context,
    signing: &Signing,
    revision: &Revision,
    code: ResourceCode,
    action: impl FnOnce(ResourceCode, u32) -> Action,
) -> anyhow::Result<()> {
    let desk = signing.desk(context)?;
    let revision = revision.of(&desk.client, &code)?;
    desk.submit(vec![action(code, revision)])
}
