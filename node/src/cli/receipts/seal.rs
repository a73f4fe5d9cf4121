//! `dirchain receipts seal`: a gateway's access log, sealed batch by batch, as often as it has grown.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{SharingId, TimeMs};
use dirchain_ledger::receipts::Receipt;
use dirchain_ledger::records::{
    BatchId, Binding, Record, RecordId, Role, Seal as LedgerSeal, Side,
};
use serde::Serialize;

use super::{for_each_receipt, kept_beside, read_kept};
use crate::cli::context::Context;
use crate::cli::sign::{Desk, Signing};
use crate::cli::words::time;
use crate::client::{Client, Fate, IfKnown, Item, LOT_ACTIONS_MAX, rehearse_all, send_all};
use crate::receipts::{
    BATCHES_MAX, Builder, Kept, Sealed, SealedBatch, Sorted, Sorter, UseSpanItem,
};
use crate::secret_file;

/// Lines without a basis that are told one by one.
const TOLD_MAX: usize = 20;
/// A day, and how far midnight in UTC+8 lies before that in UTC.
const DAY_MS: i64 = 86_400_000;
const ZONE_MS: i64 = 8 * 3_600_000;

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

    /// Seal the rest although some lines lie in windows that the ledger has sealed
    #[arg(long)]
    leave_out_sealed: bool,

    #[command(flatten)]
    signing: Signing,
}

/// What became of a log.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Lines read.
    lines: u64,
    /// Whether it was only looked at: then nothing was sealed.
    dry_run: bool,
    /// Batches on the ledger now; in a dry run, those that would be.
    sealed: usize,
    /// The calls that they count.
    calls: u64,
    /// Batches that were there before.
    known: usize,
    /// Batches that the ledger refuses, with the reason.
    refused: Vec<String>,
    /// Batches of an earlier run that the ledger never took, and refuses now: they no longer count.
    given_up: usize,
    /// The first instant that is not sealed.
    until: Option<Time>,
    /// Lines from then on.
    later: u64,
    /// Lines from before the binding was live.
    before: u64,
    /// Calls that were allowed without any basis.
    unfounded: u64,
    /// The first of them.
    unfounded_lines: Vec<u64>,
    /// Lines in windows that the ledger has sealed, from another log or with secrets that are lost.
    in_sealed: u64,
    /// The first of them.
    in_sealed_lines: Vec<u64>,
    /// Up to when the ledger has such a window sealed.
    in_sealed_to: Option<Time>,
    /// The file with the batches' secrets.
    kept: PathBuf,
    /// The file with those of the batches that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_before: Option<PathBuf>,
}

impl Report {
    /// Counts a batch of so many calls that is sealed, or would be.
    fn add(&mut self, calls: u64) {
        self.sealed = self.sealed.saturating_add(1);
        self.calls = self.calls.saturating_add(calls);
    }
}

fn binding(client: &Client, id: &SharingId) -> anyhow::Result<Binding> {
    let answer = client.record(&RecordId::Binding(id.clone()), None)?;
    match answer.item.record {
        Record::Binding(binding) => Ok(binding),
        other => anyhow::bail!("the node answers with {} for binding {id}", other.id()),
    }
}

impl Seal {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut desk = self.signing.desk(context)?;
        let path = kept_beside(&self.file);
        let mut kept = read_kept(&self.file)?.unwrap_or_default();
        if let Some(other) = kept.binding().filter(|other| **other != self.binding) {
            anyhow::bail!(
                "{} keeps batches of binding {other}. Move it away to seal the log anew",
                path.display()
            );
        }
        let mut report = Report {
            kept: path.clone(),
            dry_run: self.signing.dry_run,
            ..Report::default()
        };
        // What is under way may be of an earlier run, and is on the ledger in a moment.
        desk.settle()?;
        give_up_refused(&desk, &mut kept, &mut report)?;
        let sealed = self.build(&desk, &kept, &mut report)?;
        if report.unfounded > 0 && !self.leave_out_unfounded {
            anyhow::bail!(
                "{} calls were allowed although nothing allowed them (lines {}). Nothing was sealed. Look into them; --leave-out-unfounded seals the rest",
                report.unfounded,
                join(&report.unfounded_lines)
            );
        }
        if report.in_sealed > 0 && !self.leave_out_sealed {
            anyhow::bail!(
                "{} lines lie in windows that the ledger has sealed up to {} (lines {}), and nothing is put behind a sealed window. Nothing was sealed. If it was this log, put {} back beside it: with it, sealing goes on from there. If it was the log before this one, seal each with --until the time at which it ends. --leave-out-sealed seals the rest",
                report.in_sealed,
                report
                    .in_sealed_to
                    .map(|to| to.to_string())
                    .unwrap_or_default(),
                join(&report.in_sealed_lines),
                path.display()
            );
        }
        report.refused = refusals(&desk, &sealed)?;
        if !report.refused.is_empty() {
            context.output.print(&report, text)?;
            anyhow::bail!(
                "the ledger would refuse {} of {} batches. Nothing was sealed, and nothing is kept of this run. Run it again once the log is mended",
                report.refused.len(),
                sealed.batches.len()
            );
        }
        if !sealed.batches.is_empty() {
            kept.push(sealed);
            // Before anything is submitted: without its secret a batch proves nothing.
            if !self.signing.dry_run {
                if report.given_up > 0 {
                    let before = kept_before(&path);
                    let read = std::fs::read(&path).with_context(|| path.display().to_string())?;
                    secret_file::replace(&before, &read)?;
                    report.kept_before = Some(before);
                }
                secret_file::replace(&path, &serde_json::to_vec(&kept)?)?;
            }
        }
        for sealed in kept.seals() {
            submit(&mut desk, sealed, &mut report)?;
        }
        context.output.print(&report, text)?;
        anyhow::ensure!(
            report.refused.is_empty(),
            "the ledger refuses {} batches. {}",
            report.refused.len(),
            match report.dry_run {
                true => "This was a dry run: nothing was signed or written".to_owned(),
                false => format!(
                    "`{}` keeps all of them, because what was signed may still be taken; run this again",
                    report.kept.display()
                ),
            }
        );
        Ok(())
    }

    /// Reads the log once and seals what lies after the seals that are kept, batch by batch; a
    /// reader's spans are asked for when it is met first.
    fn build(&self, desk: &Desk<'_>, kept: &Kept, report: &mut Report) -> anyhow::Result<Sealed> {
        let client = &desk.client;
        let bound = binding(client, &self.binding)?;
        let key = client.key(&desk.author.public_key())?;
        anyhow::ensure!(
            key.key.role == Role::Gateway,
            "a gateway seals receipts, and this key's role is {}. Sign with a key of the role `gateway`: `--as` names it",
            key.key.role
        );
        let side = match bound.terms.gateway == key.key.public_key {
            true => Side::Provider,
            false => Side::Consumer,
        };
        let live = bound.first_live();
        let live = live.with_context(|| format!("binding {} was never live", self.binding))?;
        let from = kept.until().unwrap_or(live);
        let until = self.until(client.status()?.tip.time.0);
        let until = bound.retired().map_or(until, |retired| retired.min(until));
        let mut sorter = Sorter {
            binding: self.binding.clone(),
            from,
            until: until.max(from),
            readers: Default::default(),
            sealed: Default::default(),
        };
        report.until = Some(Time(sorter.until));
        let mut builder = Builder::default();
        let mut found = 0u64;
        for_each_receipt(&self.file, "sealing", |line, receipt| {
            report.lines = report.lines.saturating_add(1);
            if kept.find(&receipt).is_some() {
                found = found.saturating_add(1);
                return Ok(true);
            }
            self.ask_spans(client, &mut sorter, &receipt)?;
            match sort(client, &mut sorter, side, &receipt)? {
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
                Sorted::Sealed(to) => {
                    report.in_sealed = report.in_sealed.saturating_add(1);
                    report.in_sealed_to = report.in_sealed_to.max(Some(Time(to)));
                    tell(&mut report.in_sealed_lines, line);
                }
                Sorted::Later => report.later = report.later.saturating_add(1),
                Sorted::Before if receipt.time < live => {
                    report.before = report.before.saturating_add(1);
                }
                // What was left out of a seal before stays out.
                Sorted::Before | Sorted::Unfounded => {
                    report.unfounded = report.unfounded.saturating_add(1);
                    tell(&mut report.unfounded_lines, line);
                }
            }
            Ok(true)
        })?;
        anyhow::ensure!(
            found == kept.calls(),
            "{} has {found} lines of windows that are sealed with {}: it was changed since, or lines came late. Nothing was sealed. Nothing is put behind a sealed window: take late lines out",
            self.file.display(),
            kept.calls()
        );
        Ok(Sealed {
            side,
            sorter,
            batches: builder.finish()?,
        })
    }

    /// Up to when is sealed, where the chain's newest block is of `tip`: nothing is sealed of which
    /// the chain could still change the basis.
    fn until(&self, tip: TimeMs) -> TimeMs {
        let midnight = tip.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        let midnight = TimeMs(midnight.saturating_mul(DAY_MS).saturating_sub(ZONE_MS));
        self.until.map_or(midnight, |until| until.0).min(tip)
    }

    fn ask_spans(
        &self,
        client: &Client,
        sorter: &mut Sorter,
        receipt: &Receipt,
    ) -> anyhow::Result<()> {
        if sorter.knows(&receipt.reader) {
            return Ok(());
        }
        let spans = client.use_spans(&self.binding.resource, &receipt.reader)?;
        let spans = spans.spans.into_iter().map(|span| UseSpanItem {
            basis: span.basis,
            from: span.from,
            to: span.to,
            fields: span.fields,
        });
        let reader = receipt.reader.clone();
        sorter.readers.insert(reader, spans.collect());
        Ok(())
    }
}

/// Where a receipt goes. Up to when the ledger has its use sealed is asked when the use is met first.
fn sort(
    client: &Client,
    sorter: &mut Sorter,
    side: Side,
    receipt: &Receipt,
) -> anyhow::Result<Sorted> {
    let sorted = sorter.sort(receipt);
    let usage = match &sorted {
        Sorted::Into(id, _) if !sorter.sealed.contains_key(&id.usage) => id.usage.clone(),
        _ => return Ok(sorted),
    };
    let id = RecordId::Usage(Box::new(usage.clone()));
    let known = client.record(&id, None).if_known()?;
    let sealed_to = known.and_then(|known| match known.item.record {
        Record::Usage(known) => known.side(side).sealed_to,
        _ => None,
    });
    sorter.sealed.insert(usage, sealed_to);
    Ok(sorter.sort(receipt))
}

fn tell(lines: &mut Vec<u64>, line: u64) {
    if lines.len() < TOLD_MAX {
        lines.push(line);
    }
}

/// Where the kept batches of a log stay that were given up.
fn kept_before(kept: &Path) -> PathBuf {
    let mut name = kept.as_os_str().to_owned();
    name.push("~");
    PathBuf::from(name)
}

/// Takes away the last seals as long as the ledger has no batch of one and refuses some of it: such
/// a log sealed nothing, and may be mended.
fn give_up_refused(desk: &Desk<'_>, kept: &mut Kept, report: &mut Report) -> anyhow::Result<()> {
    while let Some(last) = kept.seals().last() {
        for batch in &last.batches {
            if on_ledger(&desk.client, last.side, &batch.id)?.is_some_and(|s| s.root == batch.root)
            {
                return Ok(());
            }
        }
        if refusals(desk, last)?.is_empty() {
            return Ok(());
        }
        let batches = kept.pop().map_or(0, |last| last.batches.len());
        report.given_up = report.given_up.saturating_add(batches);
    }
    Ok(())
}

/// What the rules would refuse of a seal's batches, with the reason.
fn refusals(desk: &Desk<'_>, sealed: &Sealed) -> anyhow::Result<Vec<String>> {
    let bar = crate::progress::bar(sealed.batches.len(), "checking");
    let items = sealed.batches.iter().map(|batch| item(batch, sealed.side));
    let mut refused = Vec::new();
    let author = desk.author.public_key();
    rehearse_all(&desk.client, author, &[], items, |(id, _), fate| {
        bar.inc(1);
        if let Fate::Refused { message, .. } = fate {
            refused.push(format!("{id}: {message}"));
        }
    })?;
    bar.finish_and_clear();
    Ok(refused)
}

/// A batch to be sealed, by its id and its calls.
fn item(batch: &SealedBatch, side: Side) -> Item<(BatchId, u64)> {
    Item {
        tag: (batch.id.clone(), batch.counted.calls),
        actions: vec![Action::SealReceipts(Box::new(batch.seal(side)))],
    }
}

/// What the ledger has of a batch, on one side.
fn on_ledger(client: &Client, side: Side, batch: &BatchId) -> anyhow::Result<Option<LedgerSeal>> {
    let id = RecordId::ReceiptBatch(Box::new(batch.clone()));
    let known = client.record(&id, None).if_known()?;
    Ok(known.and_then(|known| match known.item.record {
        Record::ReceiptBatch(known) => known.side(side).cloned(),
        _ => None,
    }))
}

/// Submits what the ledger does not have yet, in the order of the batches: those of one use follow
/// one another in time. With a key that was not opened it only counts them.
fn submit(desk: &mut Desk<'_>, sealed: &Sealed, report: &mut Report) -> anyhow::Result<()> {
    let mut items = Vec::new();
    for batch in &sealed.batches {
        match on_ledger(&desk.client, sealed.side, &batch.id)? {
            Some(seal) if seal.root == batch.root => report.known = report.known.saturating_add(1),
            Some(_) => report.refused.push(format!(
                "{}: this side was sealed before, with another root. What is sealed stands; move {} away and run this again to seal what comes after it",
                batch.id,
                report.kept.display()
            )),
            None => items.push(item(batch, sealed.side)),
        }
    }
    if !desk.author.can_sign() {
        for item in &items {
            report.add(item.tag.1);
        }
        return Ok(());
    }
    let bar = crate::progress::bar(items.len(), "submitting");
    let actions_max = LOT_ACTIONS_MAX;
    send_all(
        &desk.client,
        &mut desk.author,
        items,
        actions_max,
        |(id, calls), fate| {
            bar.inc(1);
            match fate {
                Fate::Committed(_) | Fate::Passes => report.add(calls),
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
    let done = match report.dry_run {
        true => "would be sealed",
        false => "sealed",
    };
    let mut lines = vec![format!(
        "{} batches with {} calls {done}, {} were sealed before, from {} lines",
        report.sealed, report.calls, report.known, report.lines
    )];
    if let Some(until) = report.until.filter(|_| report.later > 0) {
        lines.push(format!(
            "{} lines are not before {until}, up to which is sealed. Run this again once the chain has a later block, with a later --until where you gave one",
            report.later
        ));
    }
    for (count, what) in [
        (report.before, "lines are from before the binding was live"),
        (report.unfounded, "calls were allowed without any basis"),
        (
            report.in_sealed,
            "lines lie in windows that the ledger has sealed",
        ),
    ] {
        if count > 0 {
            lines.push(format!("{count} {what}"));
        }
    }
    if report.given_up > 0 {
        lines.push(format!(
            "{} batches of an earlier run were never taken, and the ledger refuses them: they do not count{}",
            report.given_up,
            (report.kept_before.as_ref()).map_or_else(String::new, |before| format!(
                ". Their secrets stay in {}",
                before.display()
            ))
        ));
    }
    lines.extend(report.refused.iter().map(|told| format!("refused: {told}")));
    if report.dry_run {
        lines.push("a dry run: nothing was signed or written".to_owned());
    } else if report.sealed > 0 || report.known > 0 {
        lines.push(format!("secrets: {}", report.kept.display()));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_tells_what_would_be_sealed_and_of_no_secrets() {
        let mut report = Report {
            lines: 9,
            kept: "log.csv.receipts".into(),
            ..Report::default()
        };
        report.add(3);
        report.add(4);
        let sealed = text(&report);
        assert!(
            sealed.starts_with("2 batches with 7 calls sealed, 0 were sealed before, from 9 lines")
        );
        assert!(sealed.ends_with("secrets: log.csv.receipts"), "{sealed}");
        report.dry_run = true;
        let would = text(&report);
        assert!(
            would.starts_with("2 batches with 7 calls would be sealed"),
            "{would}"
        );
        assert!(would.ends_with("nothing was signed or written"), "{would}");
        assert!(!would.contains("secrets"), "{would}");
    }
}
