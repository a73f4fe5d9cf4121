//! `dirchain sharing`: applications and what becomes of them.

mod apply;

use clap::Subcommand;
use dirchain_explorer::api::{ApplicationItem, Time};
use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{DepartmentId, SharingId, Statement};
use dirchain_ledger::measure::Measure;

use crate::client::Client;

use apply::{Apply, Supply};

use super::context::Context;
use super::sign::Signing;
use super::words::{FieldList, time};

#[derive(Debug, Subcommand)]
pub(crate) enum SharingCommand {
    /// Apply for fields of an entry
    Apply(Box<Apply>),
    /// Take an application back, as the applicant
    TakeBack {
        #[command(flatten)]
        subject: Subject,
        #[command(flatten)]
        signing: Signing,
    },
    /// Grant an application, as the provider: what was asked for, or less
    Grant(Box<GrantArguments>),
    /// Ask for what an application lacks, as the provider
    Ask {
        #[command(flatten)]
        subject: Subject,
        /// What it lacks
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Supply it, as the applicant: the application as it reads now
    Supply(Box<Supply>),
    /// Find an application complete and review it, as the provider
    Review {
        #[command(flatten)]
        subject: Subject,
        #[command(flatten)]
        signing: Signing,
    },
    /// Refuse an application in review, as the provider
    Refuse {
        #[command(flatten)]
        subject: Subject,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Suspend an authorization for misuse, at once, as the provider
    Suspend {
        #[command(flatten)]
        subject: Subject,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Lift a suspension, as the provider
    Resume {
        #[command(flatten)]
        subject: Subject,
        #[command(flatten)]
        signing: Signing,
    },
    /// Let an authorization go on for whoever holds its responsibility by now, as the provider
    ConfirmHolder {
        #[command(flatten)]
        subject: Subject,
        /// Propose it, and why: fields of level 3 and 4 may need an administrator and the head
        #[arg(long, value_name = "REASON")]
        propose: Option<Statement>,
        #[command(flatten)]
        signing: Signing,
    },
    /// End an authorization: give it up as the grantee, or propose to revoke it as the provider
    End {
        #[command(flatten)]
        subject: Subject,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
}

/// An application or authorization, and the revision it is decided on.
#[derive(Debug, clap::Args)]
pub(crate) struct Subject {
    /// Its id: a resource code, a slash and a number, such as 103001/000001/3
    id: SharingId,

    /// The revision you decided on; a later one is refused [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GrantArguments {
    #[command(flatten)]
    subject: Subject,

    /// The fields granted [default: those asked for]
    #[arg(long, value_name = "NUMBERS")]
    fields: Option<FieldList>,

    /// Calls a day at most [default: as asked for]
    #[arg(long, value_name = "COUNT")]
    calls_per_day: Option<u32>,

    /// First instant of use [default: as asked for]
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Time>,

    /// First instant after use [default: as asked for]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Time>,

    /// Why
    #[arg(long)]
    reason: Option<Statement>,

    /// Propose the grant: fields of level 3 and 4 may need an administrator and the head
    #[arg(long, requires = "reason")]
    propose: bool,

    #[command(flatten)]
    signing: Signing,
}

impl SharingCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            SharingCommand::Apply(command) => command.run(context),
            SharingCommand::Grant(command) => command.run(context),
            SharingCommand::TakeBack { subject, signing } => {
                let taking = |application, revision| Action::TakeBackApplication {
                    application,
                    revision,
                };
                signing.on_application(context, subject, taking)
            }
            SharingCommand::Ask {
                subject,
                reason,
                signing,
            } => signing.on_application(context, subject, |application, revision| {
                Action::AskForMore {
                    application,
                    revision,
                    reason,
                }
            }),
            SharingCommand::Supply(command) => command.run(context),
            SharingCommand::Review { subject, signing } => {
                let review = |application, revision| Action::ReviewApplication {
                    application,
                    revision,
                };
                signing.on_application(context, subject, review)
            }
            SharingCommand::Refuse {
                subject,
                reason,
                signing,
            } => signing.on_application(context, subject, |application, revision| Action::Refuse {
                application,
                revision,
                reason,
            }),
            SharingCommand::Suspend {
                subject,
                reason,
                signing,
            } => signing.on_authorization(context, subject, |authorization, revision| {
                Action::SuspendAuthorization {
                    authorization,
                    revision,
                    reason,
                }
            }),
            SharingCommand::Resume { subject, signing } => {
                let resume = |authorization, revision| Action::ResumeAuthorization {
                    authorization,
                    revision,
                };
                signing.on_authorization(context, subject, resume)
            }
            SharingCommand::ConfirmHolder {
                subject,
                propose,
                signing,
            } => {
                let confirm = |authorization, revision| match propose {
                    None => Action::ConfirmHolder {
                        authorization,
                        revision,
                    },
                    Some(reason) => Action::Propose {
                        measure: Box::new(Measure::ConfirmHolder {
                            authorization,
                            revision,
                        }),
                        reason,
                    },
                };
                signing.on_authorization(context, subject, confirm)
            }
            SharingCommand::End {
                subject,
                reason,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let revision = subject.of_authorization(&desk.client)?;
                let found = desk.client.authorization(&subject.id, None)?;
                let authorization = subject.id;
                let gives_up = is_in_line(&desk.author.department, &found.authorization.grantee);
                desk.submit(vec![match gives_up {
                    true => Action::EndAuthorization {
                        authorization,
                        revision,
                        reason,
                    },
                    false => Action::Propose {
                        measure: Box::new(Measure::Revoke {
                            authorization,
                            revision,
                            reason: reason.clone(),
                        }),
                        reason,
                    },
                }])
            }
        }
    }
}

/// Whether a department acts for another: for itself, or for a sub-unit.
fn is_in_line(actor: &DepartmentId, other: &DepartmentId) -> bool {
    let below = other.as_str().strip_prefix(actor.as_str());
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Signing {
    /// Signs one action on an application, by its revision.
    fn on_application(
        self,
        context: &Context,
        subject: Subject,
        action: impl FnOnce(SharingId, u32) -> Action,
    ) -> anyhow::Result<()> {
        let desk = self.desk(context)?;
        let revision = subject.of_application(&desk.client)?;
        desk.submit(vec![action(subject.id, revision)])
    }

    /// Signs one action on an authorization, by its revision.
    fn on_authorization(
        self,
        context: &Context,
        subject: Subject,
        action: impl FnOnce(SharingId, u32) -> Action,
    ) -> anyhow::Result<()> {
        let desk = self.desk(context)?;
        let revision = subject.of_authorization(&desk.client)?;
        desk.submit(vec![action(subject.id, revision)])
    }
}

impl Subject {
    fn of_application(&self, client: &Client) -> anyhow::Result<u32> {
        match self.revision {
            Some(revision) => Ok(revision),
            None => Ok(application(client, &self.id)?.revision),
        }
    }

    fn of_authorization(&self, client: &Client) -> anyhow::Result<u32> {
        if let Some(revision) = self.revision {
            return Ok(revision);
        }
        Ok(client.authorization(&self.id, None)?.authorization.revision)
    }
}

fn application(client: &Client, id: &SharingId) -> anyhow::Result<ApplicationItem> {
    Ok(client.application(id, None)?.application)
}

impl GrantArguments {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let desk = self.signing.desk(context)?;
        let asked = application(&desk.client, &self.subject.id)?;
        let fields = self.fields.map_or(asked.fields, |FieldList(fields)| fields);
        let grant = Grant {
            application: self.subject.id,
            revision: self.subject.revision.unwrap_or(asked.revision),
            fields: List::new(fields)?,
            calls_per_day_max: self.calls_per_day.or(asked.calls_per_day_max),
            from: self.from.unwrap_or(asked.from).0,
            to: self.to.unwrap_or(asked.to).0,
            reason: self.reason.clone(),
        };
        let action = match self.reason.filter(|_| self.propose) {
            Some(reason) => Action::Propose {
                measure: Box::new(Measure::Grant(grant)),
                reason,
            },
            None => Action::Grant(grant),
        };
        desk.submit(vec![action])
    }
}
