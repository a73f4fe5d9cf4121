//! `dirchain import`: a published catalogue, or a sheet, as entries of an agency.

mod existing;
mod sheets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use dirchain_ledger::ids::{DepartmentId, ResourceCode, ResponsibilityCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::limits;

use crate::client::{Client, Fate, Item, rehearse_all};
use crate::import::sheet::SheetError;
use crate::import::{Catalogue, Existing, Options, Plan, Report, dcat_ap, dcat_us, plan};

use self::sheets::SheetFile;
use super::context::Context;
use super::resource::{Work, send};
use super::sign::Desk;
use crate::keys::KeyName;

/// A catalogue's format.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// DCAT-US 1.1, a `data.json`
    DcatUs,
    /// A sheet, .csv or .xlsx, in the columns of the national core metadata
    Sheet,
    /// DCAT-AP 3 in Turtle or JSON-LD, such as `export` writes
    DcatAp,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The catalogue's file
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,

    /// Its format [default: .csv and .xlsx are sheets, anything else DCAT-US]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// The key to sign with, by its name in your keystore
    #[arg(
        long = "as",
        value_name = "KEYNAME",
        required_unless_present_any = ["dry_run", "template"]
    )]
    key: Option<KeyName>,

    /// The agency that publishes the catalogue [default: the signer's department]
    #[arg(long, value_name = "DEPARTMENT", required_unless_present_any = ["key", "template"])]
    agency: Option<DepartmentId>,

    /// The agency's responsibility for entries that have none
    #[arg(long, value_name = "CODE")]
    responsibility: Option<ResponsibilityCode>,

    /// Submit each entry that lacks nothing, as the agency's head: also drafts that stand already
    #[arg(long)]
    submit: bool,

    /// Run everything through the rules, and sign nothing
    #[arg(long)]
    dry_run: bool,

    /// Print a line for every entry, not only for those refused
    #[arg(long)]
    all: bool,

    /// Write an empty sheet with every heading, .csv or .xlsx, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "dry_run", "key"])]
    template: Option<PathBuf>,

    /// Which sheet of a workbook [default: its only one]
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,

    /// Where to write the sheet back with what became of each row [default: beside the file, with
    /// `.result` in its name]
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,
}

/// What was read of the file.
struct Source {
    catalogue: Catalogue,
    /// The sheet, where it was one.
    sheet: Option<SheetFile>,
}

impl Source {
    /// What the ledger has of it.
    fn existing(&self, client: &Client, agency: &DepartmentId) -> anyhow::Result<Existing> {
        match &self.sheet {
            Some(_) => existing::named(client, &self.catalogue),
            None => existing::read(client, agency),
        }
    }
}

/// Entries that the rules refused.
#[derive(Default)]
struct RefusedEntries {
    /// Why.
    reasons: BTreeMap<ResourceCode, String>,
    /// Those that somebody wrote since they were read.
    overtaken: BTreeSet<ResourceCode>,
}

impl RefusedEntries {
    fn add(&mut self, code: ResourceCode, refusal: &str, rule: Option<String>, message: String) {
        if matches!(refusal, "taken" | "stale") {
            self.overtaken.insert(code.clone());
        }
        self.reasons.insert(code, ruled(rule, message));
    }
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        if let Some(path) = &self.template {
            return sheets::write_template(path);
        }
        let file = self.file.as_deref().context("give the catalogue's file")?;
        let source = self.read(file)?;
        let client = context.client()?;
        let mut desk = match (&self.key, self.dry_run) {
            (Some(key), false) => Some(Desk::open(context, key)?),
            (Some(key), true) => Some(Desk::rehearsing(context, key)?),
            (None, _) if source.sheet.is_some() => {
                anyhow::bail!(
                    "the rules are asked in somebody's name: give --as, also for a dry run"
                )
            }
            (None, _) => None,
        };
        let signer = desk.as_ref().map(|desk| desk.author.department.clone());
        let agency = self
            .agency
            .clone()
            .or(signer)
            .context("give --agency, or --as")?;
        let options = existing::options(&client, &agency, self.responsibility.clone())?;
        if let Some(desk) = &mut desk {
            // Where an earlier run was interrupted, what it sent is taken as it then stands.
            desk.settle()?;
        }
        let existing = source.existing(&client, &agency)?;
        let plan = plan(&source.catalogue, &existing, &options)?;
        drop(existing);
        let language = context.language();
        let mut report = plan.report_in(language);
        if self.submit {
            report.mark_submitted(&plan);
        }
        if let Some(desk) = &mut desk {
            let mut refused = self.check(desk, &plan)?;
            report.mark_refused(&refused.reasons);
            if !self.dry_run {
                self.carry_out(desk, &options, &plan, &mut refused, &mut report)?;
            }
            if !refused.overtaken.is_empty() {
                let existing = source.existing(&client, &agency)?;
                let later = crate::import::plan(&source.catalogue, &existing, &options)?;
                report.mark_unchanged(&refused.overtaken, later.report_in(language));
            }
        }
        if let Some(sheet) = &source.sheet {
            report.written_to = Some(sheet.write_back(&plan, &report, language)?);
        }
        self.print(context, &report)
    }

    fn read(&self, file: &Path) -> anyhow::Result<Source> {
        let named = || file.display().to_string();
        let is_sheet = match self.format {
            Some(format) => format == Format::Sheet,
            None => crate::import::sheet::FileKind::of(file).is_ok(),
        };
        if is_sheet {
            let (catalogue, sheet) =
                SheetFile::read(file, self.sheet.as_deref(), self.result.as_deref())
                    .with_context(named)?;
            let sheet = Some(sheet);
            return Ok(Source { catalogue, sheet });
        }
        let unfit = self.sheet.is_some() || self.result.is_some();
        anyhow::ensure!(!unfit, "--sheet and --result are for sheets, .csv or .xlsx");
        let bytes = read_bounded(file, dcat_us::FILE_BYTES_MAX).with_context(named)?;
        let catalogue = match self.format {
            Some(Format::DcatAp) => dcat_ap::parse(&bytes),
            Some(Format::DcatUs | Format::Sheet) | None => dcat_us::parse(&bytes),
        };
        let catalogue = catalogue.with_context(named)?;
        let sheet = None;
        Ok(Source { catalogue, sheet })
    }

    /// Has the node run everything through the rules, on top of the registrations that come first.
    /// What they refuse, with the reason.
    fn check(&self, desk: &Desk<'_>, plan: &Plan) -> anyhow::Result<RefusedEntries> {
        let bar = crate::progress::bar(plan.work(self.submit).count(), "checking");
        let items = plan.work(self.submit);
        let items = items.map(|(tag, actions)| Item { tag, actions });
        let mut refused = RefusedEntries::default();
        let author = desk.author.public_key();
        let before = plan.registrations();
        rehearse_all(&desk.client, author, &before, items, |code, fate| {
            bar.inc(1);
            if let Fate::Refused {
                code: refusal,
                message,
                rule,
            } = fate
            {
                refused.add(code, &refusal, rule, message);
            }
        })?;
        bar.finish_and_clear();
        Ok(refused)
    }

    fn carry_out(
        &self,
        desk: &mut Desk<'_>,
        options: &Options,
        plan: &Plan,
        refused: &mut RefusedEntries,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let registrations = plan.registrations();
        if !registrations.is_empty() {
            desk.carry_out(registrations)
                .with_context(|| format!("registering sub-units of {}", options.agency))?;
            report.registered = true;
        }
        let work = plan.work(self.submit);
        let work = work.filter(|(code, _)| !refused.reasons.contains_key(code));
        let work = work.map(|(code, actions)| Work { code, actions }).collect();
        // They passed a moment ago: it takes a race for one to take its neighbours down.
        let sent = send(desk, work, "importing", limits::ACTIONS_MAX)?;
        for one in sent.refused {
            refused.add(one.code, &one.refusal, one.rule, one.message);
        }
        report.mark_refused(&refused.reasons);
        Ok(())
    }

    fn print(&self, context: &Context, report: &Report) -> anyhow::Result<()> {
        let (refused, entries) = (report.totals.refused, report.totals.entries);
        let language = context.language();
        context.output.print(report, |report| {
            let title = match self.dry_run {
                true => language.say(
                    "未签署任何内容；导入的结果将是：\n\n",
                    "Nothing was signed; an import would do this:\n\n",
                ),
                false => "",
            };
            match self.all {
                true => format!("{title}{report:#}"),
                false => format!("{title}{report}"),
            }
        })?;
        if refused == 0 || self.dry_run {
            return Ok(());
        }
        match language {
            Language::Chinese => {
                anyhow::bail!("{entries} 条目录中有 {refused} 条未导入，原因见上")
            }
            Language::English => {
                anyhow::bail!("{refused} of {entries} entries were not taken, as listed above")
            }
        }
    }
}

/// A refusal's reason after the rule that it comes from.
fn ruled(rule: Option<String>, message: String) -> String {
    match rule {
        Some(rule) => format!("[{rule}] {message}"),
        None => message,
    }
}

/// A file's bytes, if they are not too many; one more than that is told as too large.
fn read_bounded(file: &Path, size_bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let most = u64::try_from(size_bytes_max)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(file)?
        .take(most)
        .read_to_end(&mut bytes)?;
    if bytes.len() > size_bytes_max {
        let size = std::fs::metadata(file)?.len();
        let size_bytes = usize::try_from(size).unwrap_or(usize::MAX);
        return Err(SheetError::TooLarge { size_bytes }.into());
    }
    Ok(bytes)
}
