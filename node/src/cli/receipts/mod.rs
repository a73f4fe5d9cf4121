//! `dirchain receipts`: a gateway's access log into sealed batches, and single lines shown later.

mod prove;
mod report;
mod seal;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::Statement;
use dirchain_ledger::receipts::Receipt;
use dirchain_ledger::records::{BatchId, Stars};
use indicatif::{ProgressBar, ProgressStyle};

use super::context::Context;
use super::sign::Signing;
use crate::receipts::{Entries, Kept};
use seal::Seal;

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptsCommand {
    /// Seal an access log (CSV or NDJSON), as a gateway
    Seal(Box<Seal>),
    /// Show that one line of a sealed log is in its batch
    Prove {
        /// The log
        file: PathBuf,
        /// The line's number, from 1
        #[arg(long, value_name = "N")]
        line: u64,
    },
    /// Check such a proof against the batch on the ledger
    Verify {
        /// The proof's file
        file: PathBuf,
    },
    /// Rate the data that a batch records, as its reader
    Rate {
        /// The batch, such as 103001/000001/1:D005:a3:1767225600000
        batch: BatchId,
        /// 1 (useless) to 5 (as stated)
        #[arg(long, value_parser = stars)]
        stars: Stars,
        /// What you found
        #[arg(long)]
        reason: Statement,
        #[command(flatten)]
        signing: Signing,
    },
    /// Answer a rating, as the provider
    Answer {
        /// The rated batch
        batch: BatchId,
        /// The answer
        #[arg(long)]
        text: Statement,
        #[command(flatten)]
        signing: Signing,
    },
}

fn stars(text: &str) -> Result<Stars, String> {
    let number: u8 = text.parse().map_err(|_| "a rating is 1 to 5".to_owned())?;
    Stars::try_from(number).map_err(|error| error.to_string())
}

impl ReceiptsCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ReceiptsCommand::Seal(command) => command.run(context),
            ReceiptsCommand::Prove { file, line } => prove::prove(context, &file, line),
            ReceiptsCommand::Verify { file } => prove::verify(context, &file),
            ReceiptsCommand::Rate {
                batch,
                stars,
                reason,
                signing,
            } => signing.desk(context)?.submit(vec![Action::Rate {
                batch,
                stars,
                reason,
            }]),
            ReceiptsCommand::Answer {
                batch,
                text,
                signing,
            } => {
                let action = Action::AnswerRating { batch, text };
                signing.desk(context)?.submit(vec![action])
            }
        }
    }
}

/// Where the batches of a log are kept: beside it.
fn kept_beside(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".receipts");
    PathBuf::from(name)
}

/// What is kept of a log; none when it was never sealed.
fn read_kept(log: &Path) -> anyhow::Result<Option<Kept>> {
    let path = kept_beside(log);
    let named = || path.display().to_string();
    if !path.try_exists().with_context(named)? {
        return Ok(None);
    }
    let text = std::fs::read(&path).with_context(named)?;
    serde_json::from_slice(&text).map(Some).with_context(named)
}

/// A bar over a log's bytes.
fn bytes_bar(file: &File, what: &'static str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(file.metadata()?.len()).with_prefix(what);
    if let Ok(style) = ProgressStyle::with_template(
        "{prefix} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    ) {
        bar.set_style(style.progress_chars("=> "));
    }
    Ok(bar)
}

/// Calls `each` for every receipt of a log with its line's number.
fn for_each_receipt(
    log: &Path,
    what: &'static str,
    mut each: impl FnMut(u64, Receipt) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    const LINES_PER_TICK: u64 = 4_096;
    let file = File::open(log).with_context(|| log.display().to_string())?;
    let bar = bytes_bar(&file, what)?;
    let mut entries = Entries::new(file);
    while let Some(entry) = entries.next() {
        let (line, receipt) = entry.with_context(|| log.display().to_string())?;
        if line.is_multiple_of(LINES_PER_TICK) {
            bar.set_position(entries.bytes());
        }
        if !each(line, receipt)? {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(())
}
