//! `dirchain proposal`: what needs several departments.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{ProposalId, Statement};
use dirchain_ledger::measure::{Measure, Reorganisation};
use dirchain_ledger::records::RecordId;
use serde_json::Value;

use super::case::Revision;
use super::context::Context;
use super::key::read_text;
use super::sign::Signing;
use crate::settings::lay_over;

#[derive(Debug, Subcommand)]
pub(crate) enum ProposalCommand {
    /// Propose a measure, written as JSON; who must approve follows from it
    Propose {
        /// The measure's file, such as {"measure": "suspend_department", "department": "D012"}; - for stdin
        measure: PathBuf,
        /// Why, and on what document
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Approve a proposal; with the last approval it takes effect
    Approve {
        /// The proposal, such as D001/7
        proposal: ProposalId,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
    /// Reject a proposal
    Reject {
        /// The proposal, such as D001/7
        proposal: ProposalId,
        /// Why
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
    /// Take a proposal back, as its proposer
    TakeBack {
        /// The proposal, such as D001/7
        proposal: ProposalId,
        #[command(flatten)]
        revision: Revision,
        #[command(flatten)]
        signing: Signing,
    },
}

impl ProposalCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ProposalCommand::Propose {
                measure,
                reason,
                signing,
            } => {
                let measure = read_measure(context, &measure)?;
                propose(context, &signing, measure, reason)
            }
            ProposalCommand::Approve {
                proposal,
                revision,
                signing,
            } => decide(
                context,
                &signing,
                &revision,
                proposal,
                |proposal, revision| Action::Approve { proposal, revision },
            ),
            ProposalCommand::Reject {
                proposal,
                reason,
                revision,
                signing,
            } => decide(
                context,
                &signing,
                &revision,
                proposal,
                |proposal, revision| Action::Reject {
                    proposal,
                    revision,
                    reason,
                },
            ),
            ProposalCommand::TakeBack {
                proposal,
                revision,
                signing,
            } => decide(
                context,
                &signing,
                &revision,
                proposal,
                |proposal, revision| Action::TakeBackProposal { proposal, revision },
            ),
        }
    }
}

/// `dirchain reorganise`: proposes a reorganisation; a dry run lists everything that it would touch.
#[derive(Debug, clap::Args)]
pub(crate) struct Reorganise {
    /// The reorganisation's file, such as {"kind": "rename", "document": "京编办〔2026〕2号", "renames": [{"department": "D012", "name": "新名称"}]}; - for stdin
    file: PathBuf,
    /// Why [default: the document that orders it]
    #[arg(long)]
    reason: Option<Statement>,
    #[command(flatten)]
    signing: Signing,
}

impl Reorganise {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let reorganisation = read_reorganisation(&self.file)?;
        let reason = match self.reason {
            Some(reason) => reason,
            None => reorganisation.document.as_str().parse()?,
        };
        let measure = Measure::Reorganise(reorganisation);
        propose(context, &self.signing, measure, reason)
    }
}

/// A reorganisation by itself, or as the measure that it is.
fn read_reorganisation(path: &Path) -> anyhow::Result<Reorganisation> {
    let text = read_text(path)?;
    let no_measure = || format!("{} is no reorganisation", path.display());
    let mut value: Value = serde_json::from_str(&text).with_context(no_measure)?;
    if let Value::Object(members) = &mut value {
        members
            .entry("measure")
            .or_insert_with(|| Value::from("reorganise"));
    }
    match serde_json::from_value(value).with_context(no_measure)? {
        Measure::Reorganise(reorganisation) => Ok(reorganisation),
        other => anyhow::bail!(
            "{} is the measure `{}`: `dirchain proposal propose` proposes it",
            path.display(),
            other.name()
        ),
    }
}

fn propose(
    context: &Context,
    signing: &Signing,
    measure: Measure,
    reason: Statement,
) -> anyhow::Result<()> {
    let measure = Box::new(measure);
    let action = Action::Propose { measure, reason };
    signing.desk(context)?.submit(vec![action])
}

fn decide(
    context: &Context,
    signing: &Signing,
    revision: &Revision,
    proposal: ProposalId,
    action: impl FnOnce(ProposalId, u32) -> Action,
) -> anyhow::Result<()> {
    let desk = signing.desk(context)?;
    let revision = revision.of(&desk, RecordId::Proposal(proposal.clone()))?;
    desk.submit(vec![action(proposal, revision)])
}

/// A measure. Of the parameters' settings it may name those that are to change; the others stay as they are at the node.
fn read_measure(context: &Context, path: &Path) -> anyhow::Result<Measure> {
    let no_measure = || format!("{} is no measure", path.display());
    let mut value: Value = serde_json::from_str(&read_text(path)?).with_context(no_measure)?;
    if let Some(given) = value.get_mut("settings").filter(|given| given.is_object()) {
        let parameters = context.client()?.parameters(None)?.parameters;
        let mut whole = serde_json::to_value(&parameters.settings)?;
        let changes = lay_over(&mut whole, given);
        *given = whole;
        let changes = match changes.is_empty() {
            true => "no setting changes".to_owned(),
            false => changes.join(", "),
        };
        eprintln!("parameters at revision {}: {changes}", parameters.revision);
    }
    serde_json::from_value(value).with_context(no_measure)
}
