//! `dirchain backup`, `restore`, `doctor`: a node's data, copied, put back, examined.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use dirchain_explorer::api::Time;
use dirchain_ledger::ids::Height;
use dirchain_storage::Store;

use crate::access;
use crate::progress::{bar, say};
use crate::storage::{self, Finding};

use super::context::Context;
use super::output::local;

/// Copy a node's database, while it runs or not; keys and guard are not in it
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The folder to make, on the disk of the home if it is to be quick
    dir: PathBuf,
}

/// Put a backup in the place of a node's database, while the node does not run, once every block of it was examined
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// The backup's folder
    dir: PathBuf,

    /// Move the database that is there aside, to `db.replaced`
    #[arg(long)]
    replace: bool,
}

/// Examine a node's data, while the node does not run: every block, certificate, root and index
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// A backup's folder, to examine that instead, in a copy within the home
    backup: Option<PathBuf>,
}

impl Backup {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let home = context.home()?;
        let dir = std::path::absolute(&self.dir)?;
        let made = match storage::ask(&home, &dir)? {
            Some(made) => made,
            None => {
                let (config, genesis) = (home.config()?, home.genesis()?);
                let store = Store::open(&home.database_dir(), &genesis)?;
                storage::Backup::make(&store, &config.node, &dir)?
            }
        };
        context.output.print(&made, |made| {
            format!(
                "{} holds the chain up to height {}, of {}. Keys and guard are not in it: keep a copy of both keys elsewhere",
                dir.display(),
                made.height,
                local(Time(made.time)),
            )
        })
    }
}

impl Restore {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let home = context.home()?;
        let progress = bar(0, "blocks");
        let restored = storage::restore(&home, &self.dir, self.replace, |height, last| {
            progress.set_length(last.0);
            progress.set_position(height.0);
        });
        progress.finish_and_clear();
        let restored = restored?;
        if let Some(aside) = &restored.aside {
            say(format!("the database before it is {}", aside.display()));
        }
        context.output.print(&restored.backup, |backup| {
            format!(
                "{} holds the chain up to height {}. The node fetches what is newer from the others, and follows without a vote until it is past what it signed",
                home.database_dir().display(),
                backup.height,
            )
        })
    }
}

/// What the doctor says.
#[derive(Debug, serde::Serialize)]
struct Report {
    height: u64,
    findings: Vec<Finding>,
    /// What is not wrong with the data, and should be looked at.
    advice: Vec<Finding>,
}

impl Doctor {
    /// The exit code tells whether all is whole.
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let home = context.home()?;
        let progress = bar(0, "blocks");
        let seen = |height: Height, last: Height| {
            progress.set_length(last.0);
            progress.set_position(height.0);
        };
        let examined = match &self.backup {
            Some(dir) => storage::examine_backup(&home, dir, seen),
            None => storage::examine(&home, seen),
        };
        progress.finish_and_clear();
        let (height, findings) = examined?;
        let code = match findings.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
        let advice = match self.backup {
            Some(_) => None,
            None => {
                let http = home.config()?.http;
                access::unsaid_address(&http, http.listen)
            }
        };
        let report = Report {
            height: height.0,
            findings,
            advice: advice.into_iter().collect(),
        };
        context
            .output
            .print(&report, text)
            .context("the report could not be printed")?;
        Ok(code)
    }
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    if report.findings.is_empty() {
        lines.push(format!(
            "Nothing is wrong: {} blocks with certificates, roots and indexes are what the genesis leads to.",
            report.height
        ));
    }
    let findings = report.findings.iter();
    lines.extend(findings.map(|found| format!("{}\n  {}", found.what, found.to_do)));
    let advice = report.advice.iter();
    lines.extend(advice.map(|advice| format!("Look at: {}\n  {}", advice.what, advice.to_do)));
    lines.join("\n")
}
