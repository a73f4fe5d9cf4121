//! `dirchain element`, `objection`, `finding`, `demand`, `obligation`: what departments owe one
//! another.

use std::path::PathBuf;

use clap::Subcommand;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{
    DemandId, DepartmentId, ElementCode, FieldNumber, FindingId, Name, ResourceCode, SharingId,
    Statement,
};
use dirchain_ledger::records::{FieldType, FindingSubject, ObjectionKind, Outcome, RecordId};

use super::context::Context;
use super::key::read_text;
use super::sign::{Desk, Signing};
use super::words::{FieldList, time, word};

/// The revision that a decision is made on.
#[derive(Debug, clap::Args)]
pub(crate) struct Revision {
    /// The revision you decided on; a later one is refused [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
}

impl Revision {
    pub(super) fn of(&self, desk: &Desk<'_>, id: RecordId) -> anyhow::Result<u32> {
        match self.revision {
            Some(revision) => Ok(revision),
            None => Ok(desk.client.revision(&id)?),
        }
    }
}

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
                reason,
                signing,
            } => (Action::RetireElement { code, reason }, signing),
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

/// A reason, and who signs.
#[derive(Debug, clap::Args)]
pub(crate) struct Reasoned {
    /// Why
    #[arg(long)]
    reason: Statement,
    #[command(flatten)]
    signing: Signing,
}

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
fn salted(file: &std::path::Path) -> anyhow::Result<(Hash, Hash)> {
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

#[derive(Debug, Subcommand)]
pub(crate) enum FindingCommand {
    /// Open a finding, as an inspector
    Open(Box<OpenFinding>),
    /// Answer a finding, as the department concerned
    Answer(OnFinding),
    /// Clear a finding (销号), as an inspector
    Clear(OnFinding),
    /// Ask for another answer, as an inspector
    Return(OnFinding),
}

#[derive(Debug, clap::Args)]
pub(crate) struct OpenFinding {
    /// Its id, never used before, such as J-2026-007
    id: FindingId,
    /// The department concerned
    #[arg(long, value_name = "ID", required_unless_present = "resource")]
    department: Option<DepartmentId>,
    /// The entry concerned; its provider answers
    #[arg(long, value_name = "CODE", conflicts_with = "department")]
    resource: Option<ResourceCode>,
    /// What it is, in a sentence
    #[arg(long)]
    title: Statement,
    /// A file with its full text, of which the ledger keeps the hash
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// By when it is answered: a time, or a date for its start in UTC+8
    #[arg(long, value_name = "TIME", value_parser = time)]
    due: Time,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OnFinding {
    /// The finding
    finding: FindingId,
    #[command(flatten)]
    revision: Revision,
    #[command(flatten)]
    reasoned: Reasoned,
}

impl FindingCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let judge = |cleared| {
            move |finding, revision, reason| Action::JudgeFinding {
                finding,
                revision,
                cleared,
                reason,
            }
        };
        match self {
            FindingCommand::Open(command) => command.run(context),
            FindingCommand::Answer(on) => {
                on.submit(context, |finding, revision, text| Action::AnswerFinding {
                    finding,
                    revision,
                    text,
                })
            }
            FindingCommand::Clear(on) => on.submit(context, judge(true)),
            FindingCommand::Return(on) => on.submit(context, judge(false)),
        }
    }
}

impl OpenFinding {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let subject = match (self.resource, self.department) {
            (Some(code), _) => FindingSubject::Resource(code),
            (None, Some(id)) => FindingSubject::Department(id),
            (None, None) => anyhow::bail!("give --department or --resource"),
        };
        let text = self.text.as_deref().map(read_text).transpose()?;
        let action = Action::OpenFinding {
            id: self.id,
            subject,
            title: self.title,
            text: text.map(|text| hash(Domain::Text, &[text.as_bytes()])),
            due: self.due.0,
        };
        self.signing.desk(context)?.submit(vec![action])
    }
}

impl OnFinding {
    fn submit(
        self,
        context: &Context,
        action: impl FnOnce(FindingId, u32, Statement) -> Action,
    ) -> anyhow::Result<()> {
        let desk = self.reasoned.signing.desk(context)?;
        let id = RecordId::Finding(self.finding.clone());
        let revision = self.revision.of(&desk, id)?;
        desk.submit(vec![action(self.finding, revision, self.reasoned.reason)])
    }
}

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
                revision,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let revision = revision.of(&desk, RecordId::Demand(id.clone()))?;
                desk.submit(vec![Action::AssignDemand {
                    demand: id,
                    revision,
                    department,
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
