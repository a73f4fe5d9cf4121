//! `dirchain objection`: objections to data, appeals against refusals.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{ResourceCode, SharingId, Statement};
use dirchain_ledger::records::{ObjectionKind, Outcome, RecordId};

use super::{Reasoned, Revision};
use crate::cli::context::Context;
use crate::cli::key::read_text;
use crate::cli::words::{FieldList, word};

/// An objection, decided on.
#[derive(Debug, clap::Args)]
pub(crate) struct OnObjection {
    /// The objection, such as 103001/000001/1
    objection: SharingId,
    #[command(flatten)]
    revision: Revision,
    #[command(flatten)]
    reasoned: Reasoned,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ObjectionCommand {
    /// Object to the data of fields of an entry
    Raise {
        /// The entry
        resource: ResourceCode,
        /// The fields, such as 1,2,5-7
        #[arg(long, value_name = "NUMBERS")]
        fields: FieldList,
        /// A file with evidence, of which the ledger keeps a salted hash; keep what is printed
        #[arg(long, value_name = "FILE")]
        evidence: Option<PathBuf>,
        #[command(flatten)]
        reasoned: Reasoned,
    },
    /// Appeal against the refusal of an own application
    Appeal {
        /// The application, such as 103001/000001/3
        application: SharingId,
        #[command(flatten)]
        reasoned: Reasoned,
    },
    /// Answer an objection, as the provider
    Answer {
        /// corrected or upheld
        #[arg(long, value_parser = word::<Outcome>)]
        outcome: Outcome,
        #[command(flatten)]
        on: OnObjection,
    },
    /// Bring an objection before the steward, as its raiser
    Escalate(OnObjection),
    /// Accept the answer or take the objection back, as its raiser
    Close(OnObjection),
    /// Settle an objection, as the steward
    Settle {
        /// corrected or upheld
        #[arg(long, value_parser = word::<Outcome>)]
        outcome: Outcome,
        #[command(flatten)]
        on: OnObjection,
    },
}

impl ObjectionCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ObjectionCommand::Raise {
                resource,
                fields: FieldList(fields),
                evidence,
                reasoned,
            } => {
                let evidence = evidence.map(|file| salted(&file)).transpose()?;
                let notes = evidence.iter().map(|(salt, _)| {
                    format!("salt {salt}: needed with the file to show the evidence later")
                });
                let notes: Vec<String> = notes.collect();
                let kind = ObjectionKind::Correction {
                    fields: List::new(fields)?,
                };
                let evidence = evidence.map(|(_, hash)| hash);
                raise(context, resource, kind, evidence, reasoned, notes)
            }
            ObjectionCommand::Appeal {
                application,
                reasoned,
            } => {
                let kind = ObjectionKind::Appeal {
                    application: application.number,
                };
                raise(context, application.resource, kind, None, reasoned, vec![])
            }
            ObjectionCommand::Answer { outcome, on } => {
                on.submit(context, |objection, revision, reason| {
                    Action::AnswerObjection {
                        objection,
                        revision,
                        outcome,
                        reason,
                    }
                })
            }
            ObjectionCommand::Settle { outcome, on } => {
                on.submit(context, |objection, revision, reason| {
                    Action::SettleObjection {
                        objection,
                        revision,
                        outcome,
                        reason,
                    }
                })
            }
            ObjectionCommand::Escalate(on) => on.submit(context, |objection, revision, reason| {
                Action::EscalateObjection {
                    objection,
                    revision,
                    reason,
                }
            }),
            ObjectionCommand::Close(on) => on.submit(context, |objection, revision, reason| {
                Action::CloseObjection {
                    objection,
                    revision,
                    reason,
                }
            }),
        }
    }
}

/// A salt, and the hash of it with a file's text.
fn salted(file: &Path) -> anyhow::Result<(Hash, Hash)> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)?;
    let text = read_text(file)?;
    Ok((Hash(salt), hash(Domain::Text, &[&salt, text.as_bytes()])))
}

fn raise(
    context: &Context,
    resource: ResourceCode,
    kind: ObjectionKind,
    evidence: Option<Hash>,
    reasoned: Reasoned,
    mut notes: Vec<String>,
) -> anyhow::Result<()> {
    let desk = reasoned.signing.desk(context)?;
    let raiser = desk.author.department.clone();
    let code = resource.clone();
    let action = Action::RaiseObjection {
        resource,
        raiser,
        kind,
        reason: reasoned.reason,
        evidence,
    };
    desk.submit_noting(vec![action], |client, _, _| {
        let all = client.records_of(&code, "objections", None, usize::MAX)?;
        notes.extend(all.last().map(|item| format!("objection {}", item.id)));
        Ok(notes)
    })
}

impl OnObjection {
    fn submit(
        self,
        context: &Context,
        action: impl FnOnce(SharingId, u32, Statement) -> Action,
    ) -> anyhow::Result<()> {
        let desk = self.reasoned.signing.desk(context)?;
        let id = RecordId::Objection(self.objection.clone());
        let revision = self.revision.of(&desk, id)?;
        desk.submit(vec![action(self.objection, revision, self.reasoned.reason)])
    }
}
