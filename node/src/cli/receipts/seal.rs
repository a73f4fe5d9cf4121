//! `dirchain receipts seal`: a gateway's access log, sealed batch by batch, as often as it has grown.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{SharingId, TimeMs};
use dirchain_ledger::language::Language;
use dirchain_ledger::receipts::Receipt;
use dirchain_ledger::records::{
    BatchId, Binding, Record, RecordId, Role, Seal as LedgerSeal, Side,
};

use super::report::Report;
use super::{for_each_receipt, kept_beside, read_kept};
use crate::cli::context::Context;
use crate::cli::sign::{Desk, Signing};
use crate::cli::words::time;
use crate::client::{Client, Fate, IfKnown, Item, LOT_ACTIONS_MAX, rehearse_all, send_all};
use crate::receipts::{
    BATCHES_MAX, Builder, Kept, Sealed, SealedBatch, Sorted, Sorter, UseSpanItem,
};
use crate::secret_file;

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

fn binding(client: &Client, id: &SharingId) -> anyhow::Result<Binding> {
    let answer = client.record(&RecordId::Binding(id.clone()), None)?;
    match answer.item.record {
        Record::Binding(binding) => Ok(binding),
        other => anyhow::bail!("the node answers with {} for binding {id}", other.id()),
    }
}

impl Seal {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let language = context.language();
        let mut desk = self.signing.desk(context)?;
        let path = kept_beside(&self.file);
        let mut kept = read_kept(&self.file)?.unwrap_or_default();
        if let Some(other) = kept.binding().filter(|other| **other != self.binding) {
            let kept = path.display();
            match language {
                Language::Chinese => {
                    anyhow::bail!(
                        "{kept} 保留的是绑定 {other} 的批次。要重新封存此日志，请先将其移开"
                    )
                }
                Language::English => anyhow::bail!(
                    "{kept} keeps batches of binding {other}. Move it away to seal the log anew"
                ),
            }
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
            anyhow::bail!(report.unfounded_told(language));
        }
        if report.in_sealed > 0 && !self.leave_out_sealed {
            anyhow::bail!(report.in_sealed_told(language));
        }
        report.refused = refusals(&desk, &sealed)?;
        if !report.refused.is_empty() {
            context
                .output
                .print(&report, |report| report.text(language))?;
            anyhow::bail!(report.would_refuse_told(sealed.batches.len(), language));
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
        context
            .output
            .print(&report, |report| report.text(language))?;
        match report.refused.is_empty() {
            true => Ok(()),
            false => anyhow::bail!(report.refused_told(language)),
        }
    }

    /// Reads the log once and seals what lies after the seals that are kept, batch by batch; a
    /// reader's spans are asked for when it is met first.
    fn build(&self, desk: &Desk<'_>, kept: &Kept, report: &mut Report) -> anyhow::Result<Sealed> {
        let (client, language) = (&desk.client, desk.language());
        let bound = binding(client, &self.binding)?;
        let key = client.key(&desk.author.public_key())?;
        anyhow::ensure!(
            key.key.role == Role::Gateway,
            match language {
                Language::Chinese => format!(
                    "使用留痕由网关封存，而此密钥的角色是 {}。请用 `--as` 指定角色为 gateway 的密钥",
                    key.key.role
                ),
                Language::English => format!(
                    "a gateway seals receipts, and this key's role is {}. Sign with a key of the role `gateway`: `--as` names it",
                    key.key.role
                ),
            }
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
                    report.add_in_sealed(line, Time(to));
                }
                Sorted::Later => report.later = report.later.saturating_add(1),
                Sorted::Before if receipt.time < live => {
                    report.before = report.before.saturating_add(1);
                }
                // What was left out of a seal before stays out.
                Sorted::Before | Sorted::Unfounded => {
                    report.add_unfounded(line);
                }
            }
            Ok(true)
        })?;
        anyhow::ensure!(
            found == kept.calls(),
            match language {
                Language::Chinese => format!(
                    "{} 中有 {found} 行位于已封存的时段内，而封存时为 {} 行：日志在封存后被改动，或有迟到的行。未封存任何批次。已封存的时段不能补录，请去掉迟到的行",
                    self.file.display(),
                    kept.calls()
                ),
                Language::English => format!(
                    "{} has {found} lines of windows that are sealed with {}: it was changed since, or lines came late. Nothing was sealed. Nothing is put behind a sealed window: take late lines out",
                    self.file.display(),
                    kept.calls()
                ),
            }
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
            from: span.from.0,
            to: span.to.map(|to| to.0),
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
            Some(_) => report.refused.push(match desk.language() {
                Language::Chinese => format!(
                    "{}：此方已封存过，且根不同。已封存的不变；请移开 {} 后重新运行，以封存其后的内容",
                    batch.id,
                    report.kept.display()
                ),
                Language::English => format!(
                    "{}: this side was sealed before, with another root. What is sealed stands; move {} away and run this again to seal what comes after it",
                    batch.id,
                    report.kept.display()
                ),
            }),
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
