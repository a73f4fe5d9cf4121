//! `dirchain import`: a published catalogue as an agency's entries.

mod existing;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{DepartmentId, ResourceCode, ResponsibilityCode};

use crate::client::{Client, IfKnown};
use crate::import::{Options, Outcome, Plan, PlannedDraft, Report, dcat_us, plan};

use super::context::Context;
use super::output::Output;
use super::resource::{Work, send};
use super::sign::Desk;
use crate::keys::KeyName;

/// A catalogue's format.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// DCAT-US 1.1, a `data.json`
    DcatUs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The catalogue's file
    file: PathBuf,

    /// Its format
    #[arg(long, value_enum)]
    format: Format,

    /// The key to sign with, by its name in your keystore
    #[arg(
        long = "as",
        value_name = "KEYNAME",
        required_unless_present = "dry_run"
    )]
    key: Option<KeyName>,

    /// The agency that publishes the catalogue [default: the signer's department]
    #[arg(long, value_name = "DEPARTMENT", required_unless_present = "key")]
    agency: Option<DepartmentId>,

    /// The agency's responsibility for entries that have none
    #[arg(long, value_name = "CODE")]
    responsibility: Option<ResponsibilityCode>,

    /// Submit each entry that lacks nothing, as the agency's head
    #[arg(long)]
    submit: bool,

    /// Show what would be done, and sign nothing
    #[arg(long)]
    dry_run: bool,

    /// Print a line for every entry, not only for those refused
    #[arg(long)]
    all: bool,
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let named = || self.file.display().to_string();
        let bytes = std::fs::read(&self.file).with_context(named)?;
        let Format::DcatUs = self.format;
        let catalogue = dcat_us::parse(&bytes).with_context(named)?;
        let client = context.client()?;
        let mut desk = match (&self.key, self.dry_run) {
            (Some(key), false) => Some(Desk::open(context, key)?),
            (Some(_) | None, _) => None,
        };
        let signer = desk.as_ref().map(|desk| desk.author.department.clone());
        let agency = match (self.agency.clone(), signer, &self.key) {
            (Some(agency), _, _) | (None, Some(agency), _) => agency,
            (None, None, Some(key)) => whose(context, &client, key)?,
            (None, None, None) => anyhow::bail!("give --agency, or --as"),
        };
        let options = existing::options(&client, &agency, self.responsibility.clone())?;
        let existing = existing::read(&client, &agency)?;
        let plan = plan(&catalogue, &existing, &options)?;
        let mut report = plan.report();
        if let Some(desk) = &mut desk {
            self.carry_out(desk, &options, &plan, &mut report)?;
        }
        self.print(context.output, &report)
    }

    fn carry_out(
        &self,
        desk: &mut Desk<'_>,
        options: &Options,
        plan: &Plan,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let registrations = plan.registrations();
        if !registrations.is_empty() {
            desk.carry_out(registrations)
                .with_context(|| format!("registering sub-units of {}", options.agency))?;
            report.registered = true;
        }
        let work: Vec<Work> = plan.drafts.iter().map(|draft| self.work(draft)).collect();
        let sent = send(desk, work, "importing")?;
        let refused: BTreeMap<ResourceCode, String> = sent
            .refused
            .into_iter()
            .map(|refused| (refused.code, refused.message))
            .collect();
        mark_refused(report, &refused);
        Ok(())
    }

    /// An entry's draft and, where asked for and nothing is lacking, its submission.
    fn work(&self, draft: &PlannedDraft) -> Work {
        let mut actions = vec![draft.action()];
        if self.submit && draft.lacks.is_empty() {
            actions.push(Action::SubmitResource {
                code: draft.code.clone(),
                revision: draft.revision.saturating_add(1),
            });
        }
        Work {
            code: draft.code.clone(),
            actions,
        }
    }

    fn print(&self, format: Output, report: &Report) -> anyhow::Result<()> {
        let refused = report.totals.refused;
        format.print(report, |report| {
            let title = if self.dry_run {
                "Nothing was signed; an import would do this:\n\n"
            } else {
                ""
            };
            match self.all {
                true => format!("{title}{report:#}"),
                false => format!("{title}{report}"),
            }
        })?;
        anyhow::ensure!(
            refused == 0 || self.dry_run,
            "{refused} of {} entries were not taken, as listed above",
            report.totals.entries
        );
        Ok(())
    }
}

/// The department of a key that need not be opened.
fn whose(context: &Context, client: &Client, key: &KeyName) -> anyhow::Result<DepartmentId> {
    let public_key = context.home()?.keystore().get(key)?.public_key();
    let found = client.key(&public_key).if_known()?;
    let found = found.with_context(|| format!("key {key} is not registered. Give --agency"))?;
    Ok(found.key.department)
}

/// Turns the lines of entries that the rules refused into refusals.
fn mark_refused(report: &mut Report, refused: &BTreeMap<ResourceCode, String>) {
    for line in &mut report.lines {
        let Some(reason) = line.code.as_ref().and_then(|code| refused.get(code)) else {
            continue;
        };
        let totals = &mut report.totals;
        let counted = match line.outcome {
            Outcome::Created => &mut totals.created,
            Outcome::Changed => &mut totals.changed,
            Outcome::Unchanged | Outcome::Refused => continue,
        };
        *counted = counted.saturating_sub(1);
        totals.refused = totals.refused.saturating_add(1);
        if line.lacks.is_empty() {
            totals.complete = totals.complete.saturating_sub(1);
        }
        line.outcome = Outcome::Refused;
        line.reason = Some(reason.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::import::{Line, Totals};

    use super::*;

    #[test]
    fn a_refused_entry_is_counted_as_refused() {
        let code: ResourceCode = "307001054/000001".parse().unwrap();
        let line = Line {
            row: 1,
            identifier: Some("x".into()),
            outcome: Outcome::Created,
            code: Some(code.clone()),
            provider: None,
            name: None,
            lacks: Vec::new(),
            notes: Vec::new(),
            reason: None,
        };
        let mut report = Report {
            totals: Totals {
                entries: 1,
                created: 1,
                complete: 1,
                ..Totals::default()
            },
            lines: vec![line],
            ..Report::default()
        };
        mark_refused(&mut report, &BTreeMap::from([(code, "taken".to_owned())]));
        assert_eq!((report.totals.created, report.totals.refused), (0, 1));
        assert_eq!(report.totals.complete, 0);
        assert!(report.to_string().contains("taken"), "{report}");
    }
}
