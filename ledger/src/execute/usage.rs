//! Receipts of use and ratings: U1, U2, U3.

use super::{Context, Refusal};
use crate::action::SealReceipts;
use crate::calendar::Day;
use crate::hash::Hash;
use crate::ids::{FieldNumber, Statement, TimeMs};
use crate::language::phrase;
use crate::limits;
use crate::records::{
    BatchId, Binding, Counted, DayCalls, OverQuota, Rating, ReceiptBatch, Record, RecordId,
    Resource, Seal, Side, SideTotals, Stars, Usage, UsageId, UseBasis,
};
use crate::rejection::Rejection;
use crate::usage::{Span, use_spans};
use crate::view::Records;

impl Context<'_, '_> {
    /// Seals one side's count of one window, on the resource's trail.
    pub(super) fn seal_receipts(&mut self, seal: &SealReceipts) -> Result<(), Refusal> {
        let id = &seal.batch;
        let resource = self.existing_resource(&id.usage.binding.resource)?;
        let binding = self.existing_binding(&id.usage.binding)?;
        self.department(&id.usage.reader)?;
        self.require_side(seal, &binding)?;
        let window = self.require_window(seal)?;
        require_in_service(&binding, &window)?;
        require_counts(seal)?;
        self.require_basis(seal, &resource, &window)?;
        require_served(seal, &binding, &window)?;
        let stored = self.state.usage(&id.usage)?;
        let mut usage = stored.unwrap_or_else(|| Usage::new(id.usage.clone()));
        let stored = self.state.receipt_batch(id)?;
        let mut batch = stored.unwrap_or_else(|| ReceiptBatch {
            id: id.clone(),
            provider: None,
            consumer: None,
            contested: None,
        });
        require_new(seal, &batch, &usage)?;
        add(usage.side_mut(seal.side), &seal.counted);
        self.count_by_day(seal, &resource, &mut usage)?;
        let sealed = Some(Seal {
            counted: seal.counted.clone(),
            root: seal.root,
            department: self.actor().clone(),
            key: self.author.public_key,
            at: self.at,
        });
        match seal.side {
            Side::Provider => batch.provider = sealed,
            Side::Consumer => batch.consumer = sealed,
        }
        if batch.differs() {
            batch.contested = Some(self.at);
            usage.contested = usage.contested.saturating_add(1);
        } else if batch.provider.is_some() && batch.consumer.is_some() {
            usage.agreed = usage.agreed.saturating_add(1);
        }
        self.put(Record::Usage(usage))?;
        self.put(Record::ReceiptBatch(batch))?;
        self.touch_resource(&resource.code)
    }

    /// Rule U1: the provider's side is the binding's gateway, the consumer's one of the reader's.
    fn require_side(&self, seal: &SealReceipts, binding: &Binding) -> Result<(), Refusal> {
        let is_gateway = match seal.side {
            Side::Provider => self.author.public_key == binding.terms.gateway,
            Side::Consumer => self.author_acts_for(&seal.batch.usage.reader)?,
        };
        if is_gateway {
            return Ok(());
        }
        Err(Rejection::NotGateway {
            key: self.author.public_key,
            binding: binding.id.clone(),
        }
        .into())
    }

    /// Rule U1: a window that is over, not empty, and not too long.
    fn require_window(&self, seal: &SealReceipts) -> Result<Span, Refusal> {
        let (from, to) = (seal.batch.from, seal.counted.to);
        let length_ms = to.0.checked_sub(from.0);
        let fits = length_ms.is_some_and(|ms| 0 < ms && ms <= limits::WINDOW_MS_MAX);
        if fits && to <= self.at.time {
            let to = Some(to);
            return Ok(Span { from, to });
        }
        let now = self.at.time;
        Err(Rejection::BadWindow { from, to, now }.into())
    }

    /// Rule U1: the basis holds for the whole of the window, and covers every field used.
    fn require_basis(
        &self,
        seal: &SealReceipts,
        resource: &Resource,
        window: &Span,
    ) -> Result<(), Refusal> {
        let id = &seal.batch;
        if id.usage.basis == UseBasis::None {
            return Ok(());
        }
        let spans = use_spans(self.state, resource, &id.usage.reader)?;
        let mut own = spans.iter().filter(|span| span.basis == id.usage.basis);
        let Some(span) = own.find(|span| span.span.holds(window)) else {
            let valid = spans.iter().filter(|span| span.basis == id.usage.basis);
            let overlapping = valid.filter_map(|span| span.span.and(window));
            return Err(Rejection::BasisNotValid {
                batch: id.clone(),
                to: seal.counted.to,
                valid: overlapping.collect(),
            }
            .into());
        };
        match (seal.counted.fields.iter()).find(|field| !span.fields.contains(field)) {
            Some(field) => Err(Rejection::FieldNotCovered {
                batch: id.clone(),
                field: *field,
            }
            .into()),
            None => Ok(()),
        }
    }

    /// Counts the calls of the window's day, and tells where an authorization allows fewer. What was
    /// called stays on record: a count is never refused for it.
    fn count_by_day(
        &self,
        seal: &SealReceipts,
        resource: &Resource,
        usage: &mut Usage,
    ) -> Result<(), Refusal> {
        let (side, counted) = (seal.side, &seal.counted);
        let used = counted.calls.saturating_sub(counted.denied);
        let last_instant = TimeMs(counted.to.0.saturating_sub(1));
        let (first, last) = (Day::of(seal.batch.from), Day::of(last_instant));
        let own = match first == last {
            true => usage.side(side).calls_of(last).saturating_add(used),
            false => 0,
        };
        usage.side_mut(side).today = Some(DayCalls {
            day: last,
            calls: own,
        });
        let Some(allowed) = self.calls_allowed(&usage.id)? else {
            return Ok(());
        };
        let calls = match first == last {
            true => own.saturating_add(self.calls_elsewhere(resource, &usage.id, side, last)?),
            false => used,
        };
        let days = last.0.saturating_sub(first.0).saturating_add(1);
        let days = u64::try_from(days).unwrap_or(u64::MAX);
        if calls <= u64::from(allowed).saturating_mul(days) {
            return Ok(());
        }
        let before = usage.side(side).over;
        let known = before.map_or(0, |over| over.days);
        let is_known = before.is_some_and(|over| over.last == last);
        usage.side_mut(side).over = Some(OverQuota {
            allowed,
            days: known.saturating_add(u32::from(!is_known)),
            last,
            calls,
            sealed: self.at,
        });
        Ok(())
    }

    /// Calls a day that the authorization of a use allows; none without a bound.
    fn calls_allowed(&self, id: &UsageId) -> Result<Option<u32>, Refusal> {
        let Some(authorization) = id.authorization() else {
            return Ok(None);
        };
        let authorization = self.state.authorization(&authorization)?;
        Ok(authorization.and_then(|authorization| authorization.calls_per_day_max))
    }

    /// What the same side counted on a day of the same reader and basis over the entry's other bindings.
    fn calls_elsewhere(
        &self,
        resource: &Resource,
        id: &UsageId,
        side: Side,
        day: Day,
    ) -> Result<u64, Refusal> {
        let mut calls = 0u64;
        for number in (1..=resource.bindings).filter(|number| *number != id.binding.number) {
            let mut other = id.clone();
            other.binding.number = number;
            if let Some(usage) = self.state.usage(&other)? {
                calls = calls.saturating_add(usage.side(side).calls_of(day));
            }
        }
        Ok(calls)
    }

    /// A reader rates what it was handed.
    pub(super) fn rate(
        &mut self,
        id: &BatchId,
        stars: Stars,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        self.existing_batch(id)?;
        let resource = self.existing_resource(&id.usage.binding.resource)?;
        let is_own = self.author_acts_for(&resource.provider)?;
        if is_own || !self.author_acts_for(&id.usage.reader)? {
            return Err(Rejection::NotReader {
                actor: self.actor().clone(),
                reader: id.usage.reader.clone(),
            }
            .into());
        }
        if self.state.rating(id)?.is_some() {
            return Err(Rejection::RatedAlready { batch: id.clone() }.into());
        }
        self.put(Record::Rating(Rating {
            batch: id.clone(),
            stars,
            rated: self.decision(Some(reason)),
            answered: None,
        }))?;
        self.touch_resource(&resource.code)
    }

    pub(super) fn answer_rating(&mut self, id: &BatchId, text: &Statement) -> Result<(), Refusal> {
        let record = RecordId::Rating(id.clone().into());
        let unknown = || Rejection::Unknown { id: record.clone() };
        let mut rating = self.state.rating(id)?.ok_or_else(unknown)?;
        let resource = self.existing_resource(&id.usage.binding.resource)?;
        self.require_acting_for(&resource.provider)?;
        if rating.answered.is_some() {
            return Err(Rejection::Answered { id: record }.into());
        }
        rating.answered = Some(self.decision(Some(text)));
        self.put(Record::Rating(rating))?;
        self.touch_resource(&resource.code)
    }

    fn existing_batch(&self, id: &BatchId) -> Result<ReceiptBatch, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::ReceiptBatch(id.clone().into()),
        };
        Ok(self.state.receipt_batch(id)?.ok_or_else(unknown)?)
    }
}

/// Rule C2: no use is on record of what was not in service yet, or no longer.
fn require_in_service(binding: &Binding, window: &Span) -> Result<(), Refusal> {
    let served = binding.first_live().map(|from| Span {
        from,
        to: binding.retired(),
    });
    if served.is_some_and(|served| served.holds(window)) {
        return Ok(());
    }
    Err(Rejection::NotInService {
        binding: binding.id.clone(),
        served,
    }
    .into())
}

/// Rule C2: what was used is a field that the binding had a column for, at some time of the window.
fn require_served(seal: &SealReceipts, binding: &Binding, window: &Span) -> Result<(), Refusal> {
    let is_served = |field: &FieldNumber| {
        let mut periods = binding.served.iter();
        periods.any(|p| p.field == *field && Span::of(&p.period).and(window).is_some())
    };
    match seal.counted.fields.iter().find(|field| !is_served(field)) {
        Some(field) => Err(Rejection::FieldNotServed {
            batch: seal.batch.clone(),
            field: *field,
        }
        .into()),
        None => Ok(()),
    }
}

/// Rule U2: denied calls are among all calls, and what was handed over fits the calls that were not
/// denied. Fields ascend strictly, and a root stands for receipts.
fn require_counts(seal: &SealReceipts) -> Result<(), Refusal> {
    let Counted {
        calls,
        denied,
        rows,
        fields,
        to: _,
    } = &seal.counted;
    let bad = |what| {
        let batch = seal.batch.clone();
        Err(Rejection::BadCounts { batch, what }.into())
    };
    if denied > calls {
        return bad(phrase!(
            "more calls were denied than made",
            "拒绝的调用多于全部调用"
        ));
    }
    let is_all_denied = denied == calls;
    if seal.batch.usage.basis == UseBasis::None && !is_all_denied {
        return bad(phrase!(
            "without a basis, every call was denied",
            "没有依据时，所有调用都应被拒绝"
        ));
    }
    if is_all_denied && (*rows > 0 || !fields.is_empty()) {
        return bad(phrase!(
            "rows or fields were handed over although every call was denied",
            "所有调用均被拒绝，却提供了数据行或信息项"
        ));
    }
    if !is_all_denied && fields.is_empty() {
        return bad(phrase!(
            "calls that were not denied used at least one field",
            "未被拒绝的调用至少使用一个信息项"
        ));
    }
    if (*calls == 0) != (seal.root == Hash::ZERO) {
        return bad(phrase!(
            "the root stands for the receipts of all calls, and is zero when there is none",
            "根值代表全部调用的回执，没有调用时为零"
        ));
    }
    let mut last = FieldNumber(0);
    for field in fields {
        if *field <= last {
            return bad(phrase!(
                "the fields ascend, each once",
                "信息项应按升序排列且不重复"
            ));
        }
        last = *field;
    }
    Ok(())
}

/// Rules U1 and U3: a side counts every window once, in order of time; the other side's count is
/// another matter.
fn require_new(seal: &SealReceipts, batch: &ReceiptBatch, usage: &Usage) -> Result<(), Refusal> {
    let (side, batch_id) = (seal.side, seal.batch.clone());
    if batch.side(side).is_some() {
        let batch = batch_id;
        return Err(Rejection::SideSealed { batch, side }.into());
    }
    match usage.side(side).sealed_to {
        Some(sealed_to) if seal.batch.from < sealed_to => Err(Rejection::WindowOverlaps {
            batch: batch_id,
            side,
            sealed_to,
        }
        .into()),
        Some(_) | None => Ok(()),
    }
}

fn add(totals: &mut SideTotals, counted: &Counted) {
    totals.batches = totals.batches.saturating_add(1);
    totals.calls = totals.calls.saturating_add(counted.calls);
    totals.denied = totals.denied.saturating_add(counted.denied);
    totals.rows = totals.rows.saturating_add(counted.rows);
    totals.sealed_to = Some(counted.to);
}
