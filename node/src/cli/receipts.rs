//! `dirchain receipts`: a gateway's access log into sealed batches, and single lines shown later.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::hash::Domain;
use dirchain_ledger::ids::{SharingId, Statement, TimeMs};
use dirchain_ledger::merkle::StreamingPath;
use dirchain_ledger::receipts::{Receipt, ReceiptProof};
use dirchain_ledger::records::{BatchId, Binding, Record, RecordId, Side, Stars};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::client::{Client, Fate, IfKnown, Item, LOT_ACTIONS_MAX, send_all};
use crate::receipts::{
    BATCHES_MAX, Builder, Entries, Sealed, SealedBatch, Sorted, Sorter, UseSpanItem,
};
use crate::secret_file;

use super::context::Context;
use super::sign::{Desk, Signing};
use super::words::time;

/// Lines without a basis that are told one by one.
const TOLD_MAX: usize = 20;
/// A day, and how far midnight in UTC+8 lies before that in UTC.
const DAY_MS: i64 = 86_400_000;
const ZONE_MS: i64 = 8 * 3_600_000;

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

#[derive(Debug, clap::Args)]
pub(crate) struct Seal {
    /// The log: columns time, reader, fields, rows, denied, and perhaps note
    file: PathBuf,

    /// The binding that was used, such as 103001/000001/1
    #[arg(long, value_name = "BINDING")]
    binding: SharingId,

    /// Seal what lies before this only [default: the last midnight in UTC+8 that the chain has seen]
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Time>,

    /// Seal the rest although some calls were allowed without any basis
    #[arg(long)]
    leave_out_unfounded: bool,

    #[command(flatten)]
    signing: Signing,
}

/// What became of a log.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Lines read.
    lines: u64,
    /// Batches on the ledger now.
    sealed: usize,
    /// Batches that were there before.
    known: usize,
    /// Batches that the ledger refuses, with the reason.
    refused: Vec<String>,
    /// Lines whose window is not over.
    later: u64,
    /// Lines from before the binding was live.
    before: u64,
    /// Calls that were allowed without any basis.
    unfounded: u64,
    /// The first of them.
    unfounded_lines: Vec<u64>,
    /// The file with the batches' secrets.
    kept: PathBuf,
}

impl ReceiptsCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            ReceiptsCommand::Seal(command) => command.run(context),
            ReceiptsCommand::Prove { file, line } => prove(context, &file, line),
            ReceiptsCommand::Verify { file } => verify(context, &file),
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

fn read_kept(log: &Path) -> anyhow::Result<Sealed> {
    let path = kept_beside(log);
    let text = std::fs::read(&path)
        .with_context(|| format!("{} is kept when a log is sealed", path.display()))?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
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

fn binding(client: &Client, id: &SharingId) -> anyhow::Result<Binding> {
    let answer = client.record(&RecordId::Binding(id.clone()), None)?;
    match answer.item.record {
        Record::Binding(binding) => Ok(binding),
        other => anyhow::bail!("the node answers with {} for binding {id}", other.id()),
    }
}

impl Seal {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut desk = self.signing.desk(context)?;
        let path = kept_beside(&self.file);
        let mut report = Report {
            kept: path.clone(),
            ..Report::default()
        };
        let sealed = if path.try_exists()? {
            let sealed = read_kept(&self.file)?;
            anyhow::ensure!(
                sealed.sorter.binding == self.binding,
                "{} keeps batches of binding {}. Move it away to seal the log anew",
                path.display(),
                sealed.sorter.binding
            );
            sealed
        } else {
            let sealed = self.build(&desk, &mut report)?;
            if report.unfounded > 0 && !self.leave_out_unfounded {
                anyhow::bail!(
                    "{} calls were allowed although nothing allowed them (lines {}). Nothing was sealed. Look into them; --leave-out-unfounded seals the rest",
                    report.unfounded,
                    join(&report.unfounded_lines)
                );
            }
            // Before anything is submitted: without its secret a batch proves nothing.
            secret_file::write_new(&path, &serde_json::to_vec(&sealed)?)?;
            sealed
        };
        submit(&mut desk, &sealed, &mut report)?;
        context.output.print(&report, text)?;
        anyhow::ensure!(
            report.refused.is_empty(),
            "the ledger refuses {} batches. `{}` keeps all of them; run this again once the reason is gone",
            report.refused.len(),
            report.kept.display()
        );
        Ok(())
    }

    /// Reads the log once, batch by batch; a reader's spans are asked for when it is met first.
    fn build(&self, desk: &Desk<'_>, report: &mut Report) -> anyhow::Result<Sealed> {
        let client = &desk.client;
        let bound = binding(client, &self.binding)?;
        let key = client.key(&desk.author.public_key())?;
        let side = match bound.terms.gateway == key.key.public_key {
            true => Side::Provider,
            false => Side::Consumer,
        };
        let from = bound.first_live();
        let from = from.with_context(|| format!("binding {} was never live", self.binding))?;
        let now = client.status()?.tip.time.0;
        let midnight = now.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        let midnight = TimeMs(midnight.saturating_mul(DAY_MS).saturating_sub(ZONE_MS));
        let until = self.until.map_or(midnight, |until| until.0).min(now);
        let mut sorter = Sorter {
            binding: self.binding.clone(),
            from,
            until: bound.retired().map_or(until, |retired| retired.min(until)),
            readers: Default::default(),
        };
        let mut builder = Builder::default();
        for_each_receipt(&self.file, "sealing", |line, receipt| {
            report.lines = report.lines.saturating_add(1);
            if !sorter.knows(&receipt.reader) {
                let spans = client.use_spans(&self.binding.resource, &receipt.reader)?;
                let spans = spans.spans.into_iter().map(|span| UseSpanItem {
                    basis: span.basis,
                    from: span.from,
                    to: span.to,
                    fields: span.fields,
                });
                let reader = receipt.reader.clone();
                sorter.readers.insert(reader, spans.collect());
            }
            match sorter.sort(&receipt) {
                Sorted::Into(id, to) => {
                    builder.add(id, to, &receipt, || {
                        let mut secret = [0; 32];
                        getrandom::fill(&mut secret).map(|()| secret)
                    })?;
                    anyhow::ensure!(
                        builder.count() <= BATCHES_MAX,
                        "the log makes more than {BATCHES_MAX} batches. Split it by time"
                    );
                }
                Sorted::Later => report.later = report.later.saturating_add(1),
                Sorted::Before => report.before = report.before.saturating_add(1),
                Sorted::Unfounded => {
                    report.unfounded = report.unfounded.saturating_add(1);
                    if report.unfounded_lines.len() < TOLD_MAX {
                        report.unfounded_lines.push(line);
                    }
                }
            }
            Ok(true)
        })?;
        Ok(Sealed {
            side,
            sorter,
            batches: builder.finish()?,
        })
    }
}

/// Submits what the ledger does not have yet, in the order of the batches: those of one use follow
/// one another in time.
fn submit(desk: &mut Desk<'_>, sealed: &Sealed, report: &mut Report) -> anyhow::Result<()> {
    let mut items = Vec::new();
    for batch in &sealed.batches {
        let id = RecordId::ReceiptBatch(Box::new(batch.id.clone()));
        let known = desk.client.record(&id, None).if_known()?;
        let side = known.and_then(|known| match known.item.record {
            Record::ReceiptBatch(known) => known.side(sealed.side).cloned(),
            _ => None,
        });
        match side {
            Some(seal) if seal.root == batch.root => report.known = report.known.saturating_add(1),
            Some(_) => report.refused.push(format!(
                "{}: this side was sealed before, with another root",
                batch.id
            )),
            None => items.push(Item {
                tag: batch.id.clone(),
                actions: vec![Action::SealReceipts(Box::new(batch.seal(sealed.side)))],
            }),
        }
    }
    let bar = crate::progress::bar(items.len(), "submitting");
    let actions_max = LOT_ACTIONS_MAX;
    send_all(
        &desk.client,
        &mut desk.author,
        items,
        actions_max,
        |id, fate| {
            bar.inc(1);
            match fate {
                // A key that is not opened seals nothing: sending ends before any fate.
                Fate::Committed(_) | Fate::Passes => {
                    report.sealed = report.sealed.saturating_add(1)
                }
                Fate::Refused { message, .. } => report.refused.push(format!("{id}: {message}")),
            }
        },
    )?;
    bar.finish_and_clear();
    Ok(())
}

fn join(lines: &[u64]) -> String {
    let mut numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    if lines.len() >= TOLD_MAX {
        numbers.push("…".to_owned());
    }
    numbers.join(", ")
}

fn text(report: &Report) -> String {
    let mut lines = vec![format!(
        "{} batches sealed, {} were sealed before, from {} lines",
        report.sealed, report.known, report.lines
    )];
    for (count, what) in [
        (report.later, "lines belong to windows that are not over"),
        (report.before, "lines are from before the binding was live"),
        (report.unfounded, "calls were allowed without any basis"),
    ] {
        if count > 0 {
            lines.push(format!("{count} {what}"));
        }
    }
    lines.extend(report.refused.iter().map(|told| format!("refused: {told}")));
    lines.push(format!("secrets: {}", report.kept.display()));
    lines.join("\n")
}

/// Shows one line's inclusion, from the log and what is kept beside it; no node is asked.
fn prove(context: &Context, log: &Path, line: u64) -> anyhow::Result<()> {
    let sealed = read_kept(log)?;
    let mut wanted: Option<(Receipt, BatchId)> = None;
    for_each_receipt(log, "looking", |number, receipt| {
        if number == line {
            if let Sorted::Into(id, _) = sealed.sorter.sort(&receipt) {
                wanted = Some((receipt, id));
            }
            return Ok(false);
        }
        Ok(true)
    })?;
    let (receipt, id) = wanted
        .with_context(|| format!("line {line} of {} is in no sealed batch", log.display()))?;
    let batch = sealed.batches.iter().find(|batch| batch.id == id);
    let batch = batch.with_context(|| format!("{id} is not among the batches kept"))?;
    let proof = path_of(log, &sealed, batch, line, receipt)?;
    context.output.print(&proof, |proof| {
        serde_json::to_string_pretty(proof).unwrap_or_default()
    })
}

fn path_of(
    log: &Path,
    sealed: &Sealed,
    batch: &SealedBatch,
    line: u64,
    receipt: Receipt,
) -> anyhow::Result<ReceiptProof> {
    let secret = batch.secret();
    let mut place = None;
    let mut count = 0u64;
    for_each_receipt(log, "counting", |number, receipt| {
        if matches!(sealed.sorter.sort(&receipt), Sorted::Into(id, _) if id == batch.id) {
            if number == line {
                place = Some(count);
            }
            count = count.saturating_add(1);
        }
        Ok(place.is_none())
    })?;
    let index = place.context("the line is in no batch")?;
    let changed = || anyhow::anyhow!("{} was changed since it was sealed", log.display());
    let calls = batch.counted.calls;
    let mut path = StreamingPath::new(Domain::ReceiptNode, index, calls).ok_or_else(changed)?;
    let mut next = 0u64;
    for_each_receipt(log, "hashing", |_, receipt| {
        if matches!(sealed.sorter.sort(&receipt), Sorted::Into(id, _) if id == batch.id) {
            path.push(receipt.leaf(&secret.salt(next)));
            next = next.saturating_add(1);
        }
        Ok(true)
    })?;
    let proof = ReceiptProof {
        batch: batch.id.clone(),
        side: sealed.side,
        index,
        count: calls,
        salt: secret.salt(index),
        receipt,
        path: path.path().ok_or_else(changed)?,
    };
    proof.verify(&batch.root, calls).map_err(|_| changed())?;
    Ok(proof)
}

#[derive(Serialize)]
struct Verified {
    batch: BatchId,
    side: Side,
    line: Receipt,
    sealed_at_height: u64,
}

fn verify(context: &Context, file: &Path) -> anyhow::Result<()> {
    let named = || file.display().to_string();
    let proof = std::fs::read(file).with_context(named)?;
    let proof: ReceiptProof = serde_json::from_slice(&proof).with_context(named)?;
    let id = RecordId::ReceiptBatch(Box::new(proof.batch.clone()));
    let answer = context.client()?.record(&id, None)?;
    let Record::ReceiptBatch(batch) = answer.item.record else {
        anyhow::bail!("the node answers with another record for {id}");
    };
    let seal = batch.side(proof.side);
    let seal = seal.with_context(|| format!("the {} has not sealed {id}", proof.side))?;
    proof.verify(&seal.root, seal.counted.calls)?;
    let verified = Verified {
        batch: proof.batch,
        side: proof.side,
        line: proof.receipt,
        sealed_at_height: seal.at.height.0,
    };
    context.output.print(&verified, |verified| {
        let denied = if verified.line.denied { ", denied" } else { "" };
        format!(
            "the call of {} at {} ({} rows{denied}) is in {}, sealed by the {} at height {}",
            verified.line.reader,
            verified.line.time,
            verified.line.rows,
            verified.batch,
            verified.side,
            verified.sealed_at_height
        )
    })
}
