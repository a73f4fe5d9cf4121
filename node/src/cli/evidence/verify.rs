//! `dirchain evidence verify`: no network, no database, no node's word.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use dirchain_evidence::answers::Range;
use dirchain_evidence::limits::BUNDLE_BYTES_MAX;
use dirchain_evidence::note::VerifierKey;
use dirchain_evidence::report::{Question, Report};
use dirchain_evidence::strict::{PIN_AGE_MS_MAX, Strict};
use dirchain_evidence::{Anchor, Checkpoint, Claim, Kind, Proven, Reason, verify, words};
use dirchain_explorer::api::Time;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Height, Moment, TimeMs};
use dirchain_ledger::language::Language;

use crate::client::{At, now};
use crate::home::read_genesis;
use crate::restart::origin_note;

use super::super::Lang;
use super::super::output::{self, Output};
use super::super::words::time;

/// What is trusted: one of the two, never the file.
#[derive(Debug, clap::Args)]
#[group(id = "trusted", required = true, multiple = false)]
pub(super) struct Trusted {
    /// The chain's genesis file
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,

    /// A block that you pinned (dirchain checkpoint pin)
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// Whose cosignatures count.
#[derive(Debug, clap::Args)]
pub(crate) struct Witnesses {
    /// A witness whose cosignature counts: its verifier key; may be given several times
    #[arg(long = "witness", value_name = "KEY")]
    keys: Vec<VerifierKey>,

    /// How many witnesses stand for a recent pin
    #[arg(long = "witnesses", value_name = "COUNT", default_value_t = 1)]
    count_min: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The evidence file
    file: PathBuf,

    #[command(flatten)]
    trusted: Trusted,

    /// Refuse a verdict that rests on retired validators' keys alone
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    witnesses: Witnesses,

    /// For --strict, how old the pinned block may be
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pin_age_days: u32,

    /// Show who could read at this height or time [default: the end of the file]
    #[arg(long, value_name = "HEIGHT|TIME")]
    at: Option<At>,

    /// Ask about a department: was it ever granted a field, could it ever read it
    #[arg(long, value_name = "ID", requires = "field")]
    department: Option<DepartmentId>,

    /// Which field
    #[arg(long, value_name = "N", requires = "department", value_parser = field)]
    field: Option<FieldNumber>,

    /// From when [default: the chain's beginning]
    #[arg(long, value_name = "TIME", requires = "department", value_parser = time)]
    from: Option<Time>,

    /// Until when [default: the end of the file]
    #[arg(long, value_name = "TIME", requires = "department", value_parser = time)]
    to: Option<Time>,

    /// Claim that the department was never granted the field; exit code 1 if it was
    #[arg(long, requires = "department", group = "claim")]
    never_granted: bool,

    /// Claim that the department could never read the field, granted or not; exit code 1 if it could
    #[arg(long, requires = "department", group = "claim")]
    never_readable: bool,

    /// Claim that there was no such record after this block; exit code 1 if there was
    #[arg(long, value_name = "HEIGHT", group = "claim")]
    absent: Option<u64>,

    /// The report's language [default: that of --lang]
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    language: Option<Lang>,
}

fn field(text: &str) -> Result<FieldNumber, std::num::ParseIntError> {
    text.parse().map(FieldNumber)
}

/// The anchor's file, read.
pub(super) enum Known {
    Genesis(Genesis),
    Checkpoint(Box<Checkpoint>),
}

impl Known {
    pub(super) fn anchor(&self) -> Anchor<'_> {
        match self {
            Known::Genesis(genesis) => Anchor::Genesis(genesis),
            Known::Checkpoint(checkpoint) => Anchor::Checkpoint(checkpoint),
        }
    }
}

impl Trusted {
    pub(super) fn read(&self) -> anyhow::Result<Known> {
        match (&self.genesis, &self.checkpoint) {
            (Some(path), _) => Ok(Known::Genesis(read_genesis(path)?)),
            (None, Some(path)) => {
                let checkpoint = crate::cli::checkpoint::read_checkpoint(path)?;
                Ok(Known::Checkpoint(Box::new(checkpoint)))
            }
            (None, None) => anyhow::bail!("name a genesis or a checkpoint"),
        }
    }
}

/// Reads at most what an evidence file may have, and a byte more to see that it is larger.
fn read_bounded(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bound = u64::try_from(BUNDLE_BYTES_MAX)?.saturating_add(1);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(bound).read_to_end(&mut bytes));
    read.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(bytes)
}

impl Verify {
    /// The exit code is the outcome: 0 valid, 1 invalid or the claim refuted, 2 cannot decide.
    pub(crate) fn run(self, format: Output, told_in: Language) -> anyhow::Result<ExitCode> {
        let language = self.language.map_or(told_in, Language::from);
        let known = self.trusted.read()?;
        let anchor = known.anchor();
        let bytes = read_bounded(&self.file)?;
        match self.judge(&bytes, anchor) {
            Ok(report) => {
                let origin = match &known {
                    Known::Genesis(genesis) => origin_note(genesis),
                    Known::Checkpoint(_) => None,
                };
                format.print(&report, |report| {
                    let mut text = words::text(report, language);
                    if let Some(origin) = &origin {
                        text.push_str(&format!("\n{origin}\n"));
                    }
                    text
                })?;
                Ok(ExitCode::SUCCESS)
            }
            Err(reason) => refuse(&reason, format, language),
        }
    }

    fn judge(&self, bytes: &[u8], anchor: Anchor<'_>) -> Result<Report, Reason> {
        let proven = verify(bytes, anchor, &self.witnesses.keys)?;
        if self.strict {
            let day_ms = PIN_AGE_MS_MAX / 30;
            let strict = Strict {
                now: now(),
                pin_age_ms_max: i64::from(self.pin_age_days).saturating_mul(day_ms),
                witness_count_min: self.witnesses.count_min,
            };
            strict.judge(&proven)?;
        }
        let at = self.moment(&proven)?;
        let question = self.department.clone().zip(self.field);
        let claim = self.claim(&proven);
        let questions: Vec<Question> = question
            .map(|(department, field)| Question {
                department,
                field,
                range: self.range(&proven),
            })
            .into_iter()
            .collect();
        Report::of(&proven, at, &questions, claim)
    }

    fn moment(&self, proven: &Proven) -> Result<Moment, Reason> {
        match self.at {
            None => Ok(proven.until),
            Some(At::Height(height)) => proven.moment_of(height),
            Some(At::Time(time)) => proven.moment_at(time.0),
        }
    }

    fn range(&self, proven: &Proven) -> Range {
        let begin = proven.genesis_time.unwrap_or(TimeMs(0));
        let end = TimeMs(proven.until.time.0.saturating_add(1));
        Range {
            from: self.from.map_or(begin, |time| time.0),
            to: self.to.map_or(end, |time| time.0),
        }
    }

    fn claim(&self, proven: &Proven) -> Option<Claim> {
        let absent = self.absent.map(|height| Claim::Absent {
            height: Height(height),
        });
        let (department, field) = match (&self.department, self.field) {
            (Some(department), Some(field)) => (department.clone(), field),
            (Some(_) | None, Some(_) | None) => return absent,
        };
        let range = self.range(proven);
        match (self.never_granted, self.never_readable) {
            (true, _) => Some(Claim::NeverGranted {
                department,
                field,
                range,
            }),
            (false, true) => Some(Claim::NeverReadable {
                department,
                field,
                range,
            }),
            (false, false) => absent,
        }
    }
}

fn refuse(reason: &Reason, format: Output, language: Language) -> anyhow::Result<ExitCode> {
    let text = match format {
        Output::Text => words::refusal(reason, language),
        Output::Json => {
            let kind = reason.kind();
            let answer = serde_json::json!({
                "verdict": kind, "code": reason.code(), "message": reason.to_string(),
            });
            format!("{answer}\n")
        }
    };
    output::write(text.as_bytes())?;
    Ok(ExitCode::from(match reason.kind() {
        Kind::Invalid | Kind::Refuted => 1,
        Kind::Undecided => super::UNDECIDED,
    }))
}
