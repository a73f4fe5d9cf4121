//! `dirchain responsibility`: what the registrar declares and abolishes.

use std::path::PathBuf;

use clap::Subcommand;
use dirchain_ledger::action::{Action, DeclareResponsibility};
use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::ids::{DepartmentId, ResponsibilityCode, Statement};
use dirchain_ledger::records::{LegalBasis, RecordId};

use super::case::Revision;
use super::context::Context;
use super::key::read_text;
use super::sign::Signing;
use super::words::legal_basis;

#[derive(Debug, Subcommand)]
pub(crate) enum ResponsibilityCommand {
    /// Declare a responsibility, as the registrar
    Declare(Box<Declare>),
    /// Abolish a responsibility, as the registrar
    Abolish {
        /// Its code
        code: ResponsibilityCode,

        #[command(flatten)]
        revision: Revision,

        /// Why
        #[arg(long)]
        reason: Statement,

        #[command(flatten)]
        signing: Signing,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Declare {
    /// Its code, never used before, such as Z-D024-01
    code: ResponsibilityCode,

    /// Who holds it
    #[arg(long, value_name = "DEPARTMENT")]
    holder: DepartmentId,

    /// What it is, in a sentence
    #[arg(long)]
    title: Statement,

    /// A file with its full text, of which the ledger keeps the hash
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,

    /// Where it comes from: 'DOCUMENT' or 'DOCUMENT|ARTICLE'; may be given several times
    #[arg(long, value_name = "BASIS", value_parser = legal_basis)]
    basis: Vec<LegalBasis>,

    #[command(flatten)]
    signing: Signing,
}

impl ResponsibilityCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ResponsibilityCommand::Declare(command) => command.run(context),
            ResponsibilityCommand::Abolish {
                code,
                revision,
                reason,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let id = RecordId::Responsibility(code.clone());
                let revision = revision.of(&desk, id)?;
                desk.submit(vec![Action::AbolishResponsibility {
                    code,
                    revision,
                    reason,
                }])
            }
        }
    }
}

impl Declare {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let text = self.text.as_deref().map(read_text).transpose()?;
        let action = Action::DeclareResponsibility(DeclareResponsibility {
            code: self.code,
            holder: self.holder,
            title: self.title,
            text: text.map(|text| hash(Domain::Text, &[text.as_bytes()])),
            legal_bases: List::new(self.basis)?,
        });
        self.signing.desk(context)?.submit(vec![action])
    }
}
