//! `dirchain finding`: what inspectors find, and what becomes of it.

use std::path::PathBuf;

use clap::Subcommand;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::ids::{DepartmentId, FindingId, ResourceCode, Statement};
use dirchain_ledger::records::{FindingSubject, RecordId};

use super::{Reasoned, Revision};
use crate::cli::context::Context;
use crate::cli::key::read_text;
use crate::cli::sign::Signing;
use crate::cli::words::time;

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
