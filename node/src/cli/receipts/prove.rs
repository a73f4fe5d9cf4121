//! `dirchain receipts prove` and `verify`: one line of a sealed log, shown and checked.

use std::path::Path;

use anyhow::Context as _;
use dirchain_ledger::hash::Domain;
use dirchain_ledger::language::Language;
use dirchain_ledger::merkle::StreamingPath;
use dirchain_ledger::receipts::{Receipt, ReceiptProof};
use dirchain_ledger::records::{BatchId, Record, RecordId, Side};
use serde::Serialize;

use super::{for_each_receipt, kept_beside, read_kept};
use crate::cli::context::Context;
use crate::receipts::{Sealed, SealedBatch, Sorted};

/// Shows one line's inclusion, from the log and what is kept beside it; no node is asked.
pub(super) fn prove(context: &Context, log: &Path, line: u64) -> anyhow::Result<()> {
    let kept = read_kept(log)?;
    let language = context.language();
    let kept = kept.with_context(|| {
        let kept = kept_beside(log);
        match language {
            Language::Chinese => format!("缺少封存日志时保留的文件 {}", kept.display()),
            Language::English => format!(
                "{} is kept when a log is sealed, and is missing",
                kept.display()
            ),
        }
    })?;
    let mut wanted: Option<Receipt> = None;
    for_each_receipt(log, "looking", |number, receipt| {
        if number == line {
            wanted = Some(receipt);
        }
        Ok(number < line)
    })?;
    let found = wanted.and_then(|receipt| {
        let (sealed, id) = kept.find(&receipt)?;
        let batch = sealed.batches.iter().find(|batch| batch.id == id)?;
        Some((receipt, sealed, batch))
    });
    let (receipt, sealed, batch) = found.with_context(|| match language {
        Language::Chinese => format!("{} 的第 {line} 行不在任何已封存的批次中", log.display()),
        Language::English => format!("line {line} of {} is in no sealed batch", log.display()),
    })?;
    let proof = path_of(log, sealed, batch, line, receipt)?;
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

pub(super) fn verify(context: &Context, file: &Path) -> anyhow::Result<()> {
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
        let Verified {
            batch,
            side,
            line,
            sealed_at_height: height,
        } = verified;
        let Receipt {
            reader, time, rows, ..
        } = line;
        match (context.language(), line.denied) {
            (Language::Chinese, denied) => {
                let side = match side {
                    Side::Provider => "提供方",
                    Side::Consumer => "使用方",
                };
                let denied = if denied { "，被拒绝" } else { "" };
                format!(
                    "{reader} 在 {time} 的调用（{rows} 行{denied}）在批次 {batch} 中，由{side}在高度 {height} 封存"
                )
            }
            (Language::English, denied) => {
                let denied = if denied { ", denied" } else { "" };
                format!(
                    "the call of {reader} at {time} ({rows} rows{denied}) is in {batch}, sealed by the {side} at height {height}"
                )
            }
        }
    })
}
