//! What a proven history answers: who could read, since when, by what; and what was never so.
//!
//! Every verdict is `dirchain_ledger::access`'s own, over the past that the proven records tell.
//! What the file does not tell is [`Reason::NotInFile`], never a no.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::access::{self, Reader, Verdict};
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, Height, Moment, PurposeCode, ResourceCode, TimeMs,
};
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{
    Authorization, Department, Key, Period, Record, RecordId, Resource, Responsibility,
};
use dirchain_ledger::view::{Records, ViewError};

use crate::reason::{Asked, Reason};
use crate::verify::Proven;

/// One verdict and the time during which it held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub from: TimeMs,
    /// First instant after it; none when it held at the end of what was asked.
    pub to: Option<TimeMs>,
    /// The verdict.
    pub verdict: Verdict,
}

/// The time during which one authorization let its grantee read fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Under which.
    pub authorization: Authorization,
    /// The fields that it let the grantee read then.
    pub fields: Vec<FieldNumber>,
    /// First instant.
    pub from: TimeMs,
    /// First instant after it; none while it lasts.
    pub to: Option<TimeMs>,
}

/// From an instant up to, and without, another.
#[derive(Copy, Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Range {
    /// First instant.
    pub from: TimeMs,
    /// First instant after it.
    pub to: TimeMs,
}

fn untold(error: ViewError) -> Reason {
    Reason::NotInFile { what: error.reason }
}

impl Proven {
    /// The entry whose history it is, as it stands at the end; `None` when it does not exist or the
    /// history is a department's.
    pub fn resource(&self) -> Option<&Resource> {
        match self.known.records.get(&self.subject) {
            Some(Some(Record::Resource(resource))) => Some(resource),
            _ => None,
        }
    }

    /// The department whose history it is, as it stands at the end.
    pub fn department(&self) -> Option<&Department> {
        match self.known.records.get(&self.subject) {
            Some(Some(Record::Department(department))) => Some(department),
            _ => None,
        }
    }

    fn code(&self) -> Result<&ResourceCode, Reason> {
        match &self.subject {
            RecordId::Resource(code) => Ok(code),
            other => Err(Reason::NotInFile {
                what: format!("who may read what: it is the history of {other}"),
            }),
        }
    }

    /// The authorizations on the entry, all there ever were, by number.
    pub fn authorizations(&self) -> impl Iterator<Item = &Authorization> {
        self.known
            .records
            .values()
            .filter_map(move |record| match record {
                Some(Record::Authorization(found))
                    if RecordId::Resource(found.id.resource.clone()) == self.subject =>
                {
                    Some(found)
                }
                _ => None,
            })
    }

    /// The state at an instant: the last block at or before it after which a proven record changed.
    /// No verdict differs between that block and the last one before the instant.
    ///
    /// # Errors
    ///
    /// [`Reason::PastTip`], [`Reason::BeforeGenesis`].
    pub fn moment_at(&self, time: TimeMs) -> Result<Moment, Reason> {
        if time > self.until.time {
            return Err(self.past_tip(Asked::Time(time)));
        }
        if let Some(asked) = self
            .genesis_time
            .filter(|begin| time < *begin)
            .map(|_| time)
        {
            return Err(Reason::BeforeGenesis { asked });
        }
        let before = self.changes().range(..=time).next_back().map(|(_, h)| *h);
        let height = before.unwrap_or(Height::GENESIS);
        Ok(Moment { height, time })
    }

    fn past_tip(&self, asked: Asked) -> Reason {
        let until = self.until.time;
        Reason::PastTip { asked, until }
    }

    /// The blocks after which a proven record changed, and those that the file shows, by time.
    fn changes(&self) -> BTreeMap<TimeMs, Height> {
        let records = self.known.records.values().flatten();
        let moments = records.flat_map(moments);
        let events = self.events.iter().map(|event| event.at);
        let begin = self.genesis_time.map(|time| Moment {
            height: Height::GENESIS,
            time,
        });
        let shown = self.headers.iter().copied().chain(begin);
        let shown = shown.filter(|moment| moment.height <= self.until.height);
        let all = moments.chain(events).chain(shown).chain([self.until]);
        all.map(|moment| (moment.time, moment.height)).collect()
    }

    /// A block's time, where the file tells it.
    ///
    /// # Errors
    ///
    /// [`Reason::NotInFile`], [`Reason::PastTip`].
    pub fn moment_of(&self, height: Height) -> Result<Moment, Reason> {
        if height > self.until.height {
            return Err(self.past_tip(Asked::Height(height)));
        }
        let found = self.changes().into_iter().find(|(_, at)| *at == height);
        if let Some((time, height)) = found {
            return Ok(Moment { height, time });
        }
        Err(Reason::NotInFile {
            what: format!(
                "the time of block {height}, which lies between two changes: ask for a time, or export the file with --at {height}"
            ),
        })
    }

    /// Whether a department could read a field at a moment.
    ///
    /// # Errors
    ///
    /// [`Reason::NotInFile`] when the department's record is not in the file.
    pub fn may_read(
        &self,
        department: &DepartmentId,
        field: FieldNumber,
        purpose: Option<&PurposeCode>,
        at: Moment,
    ) -> Result<Verdict, Reason> {
        let (view, code) = (self.known.at(at.height), self.code()?);
        access::may_read(&view, department, code, field, purpose, at).map_err(untold)
    }

    /// Every department of the file that could read a field at a moment. Of a field that is shared
    /// unconditionally, every active department is a reader, also those not in the file.
    ///
    /// # Errors
    ///
    /// [`Reason::NotInFile`].
    pub fn who_may_read(&self, field: FieldNumber, at: Moment) -> Result<Vec<Reader>, Reason> {
        let view = self.known.at(at.height);
        access::who_may_read(&view, self.code()?, field, at).map_err(untold)
    }

    /// Every verdict on one department and field during a range.
    ///
    /// # Errors
    ///
    /// [`Reason::EmptyRange`], [`Reason::PastTip`], [`Reason::NotInFile`].
    pub fn could_read(
        &self,
        department: &DepartmentId,
        field: FieldNumber,
        range: Range,
    ) -> Result<Vec<Span>, Reason> {
        self.require_told(range)?;
        let own = self.authorizations().filter(|a| a.grantee == *department);
        let edges = own.flat_map(|a| [a.from, a.to]);
        let mut instants: BTreeSet<TimeMs> = self.changes().into_keys().chain(edges).collect();
        instants.insert(range.from);
        let mut spans: Vec<Span> = Vec::new();
        for from in instants.range(range.from..range.to).copied() {
            let verdict = self.may_read(department, field, None, self.moment_at(from)?)?;
            push(&mut spans, from, verdict);
        }
        if let Some(last) = spans.last_mut().filter(|_| range.to <= self.until.time) {
            last.to = Some(range.to);
        }
        Ok(spans)
    }

    /// The authorizations that ever covered a field for a department during a range: what was
    /// granted, whether or not it could be used. Empty proves that nothing was.
    ///
    /// # Errors
    ///
    /// [`Reason::EmptyRange`], [`Reason::PastTip`].
    pub fn granted(
        &self,
        department: &DepartmentId,
        field: FieldNumber,
        range: Range,
    ) -> Result<Vec<&Authorization>, Reason> {
        self.require_told(range)?;
        self.code()?;
        let own = self.authorizations().filter(|a| {
            a.grantee == *department && a.fields.contains(&field) && was_active(a, range)
        });
        Ok(own.collect())
    }

    fn require_told(&self, range: Range) -> Result<(), Reason> {
        let Range { from, to } = range;
        if from >= to {
            return Err(Reason::EmptyRange { from, to });
        }
        let after_end = TimeMs(self.until.time.0.saturating_add(1));
        if range.to > after_end {
            return Err(self.past_tip(Asked::Time(range.to)));
        }
        match self.genesis_time {
            Some(time) if range.from < time => Err(Reason::BeforeGenesis { asked: range.from }),
            Some(_) | None => Ok(()),
        }
    }

    /// Who could read which fields under which authorization, and when.
    ///
    /// # Errors
    ///
    /// [`Reason::NotInFile`].
    pub fn readings(&self) -> Result<Vec<Reading>, Reason> {
        let mut readings = Vec::new();
        let Some(resource) = self.resource() else {
            return Ok(readings);
        };
        let mut states: BTreeMap<Height, Option<Resource>> = BTreeMap::new();
        let of_resource: BTreeMap<TimeMs, Height> = by_time(resource_moments(resource));
        for authorization in self.authorizations() {
            let mut changes = of_resource.clone();
            changes.extend(by_time(concerning(authorization, &self.known)));
            let mut instants: BTreeSet<TimeMs> = changes.keys().copied().collect();
            instants.extend([authorization.from, authorization.to]);
            let end = TimeMs(self.until.time.0.saturating_add(1));
            let mut open: BTreeMap<FieldNumber, TimeMs> = BTreeMap::new();
            let mut own: Vec<(TimeMs, Option<TimeMs>, FieldNumber)> = Vec::new();
            for time in instants.range(..end).copied() {
                let height = changes
                    .range(..=time)
                    .next_back()
                    .map(|(_, height)| *height);
                let height = height.unwrap_or(Height::GENESIS);
                let at = Moment { height, time };
                let state = match states.get(&height) {
                    Some(state) => state,
                    None => {
                        let state = self.known.at(height).resource(&resource.code);
                        states.entry(height).or_insert(state.map_err(untold)?)
                    }
                };
                for field in &authorization.fields {
                    let reads = self.reads_by(authorization, state.as_ref(), *field, at)?;
                    match (reads, open.get(field).copied()) {
                        (true, None) => {
                            open.insert(*field, time);
                        }
                        (false, Some(from)) => {
                            open.remove(field);
                            own.push((from, Some(time), *field));
                        }
                        (true, Some(_)) | (false, None) => {}
                    }
                }
            }
            own.extend(open.into_iter().map(|(field, from)| (from, None, field)));
            readings.extend(grouped(authorization, own));
        }
        Ok(readings)
    }

    /// Whether this very authorization lets its grantee read a field at a moment.
    fn reads_by(
        &self,
        authorization: &Authorization,
        resource: Option<&Resource>,
        field: FieldNumber,
        at: Moment,
    ) -> Result<bool, Reason> {
        let Some(resource) = resource.filter(|_| authorization.granted.at.height <= at.height)
        else {
            return Ok(false);
        };
        let (view, only) = (self.known.at(at.height), vec![authorization.clone()]);
        let grantee = &authorization.grantee;
        let verdict = access::may_read_among(&view, only, grantee, resource, field, at);
        Ok(matches!(
            verdict.map_err(untold)?,
            Verdict::Allowed(access::Basis::Authorized { .. })
        ))
    }
}

impl Proven {
    /// Since which block the subject exists; none when it is proven that it does not.
    ///
    /// # Errors
    ///
    /// [`Reason::NotInFile`] for a subject of another kind.
    pub fn since(&self) -> Result<Option<Moment>, Reason> {
        match self.known.records.get(&self.subject) {
            Some(None) => Ok(None),
            Some(Some(Record::Resource(record))) => Ok(Some(record.created)),
            Some(Some(Record::Department(record))) => {
                Ok(record.status.first().map(|status| status.since))
            }
            Some(Some(_)) | None => Err(Reason::NotInFile {
                what: format!("since when there is {}", self.subject),
            }),
        }
    }
}

/// Adds a verdict that holds from an instant on.
fn push(spans: &mut Vec<Span>, from: TimeMs, verdict: Verdict) {
    if let Some(last) = spans.last_mut() {
        if last.verdict == verdict {
            return;
        }
        last.to = Some(from);
    }
    spans.push(Span {
        from,
        to: None,
        verdict,
    });
}

/// Fields that were readable during the same time, together.
fn grouped(
    authorization: &Authorization,
    spans: Vec<(TimeMs, Option<TimeMs>, FieldNumber)>,
) -> Vec<Reading> {
    let mut groups: BTreeMap<(TimeMs, Option<TimeMs>), Vec<FieldNumber>> = BTreeMap::new();
    for (from, to, field) in spans {
        groups.entry((from, to)).or_default().push(field);
    }
    let readings = groups.into_iter().map(|((from, to), mut fields)| {
        fields.sort_unstable();
        Reading {
            authorization: authorization.clone(),
            fields,
            from,
            to,
        }
    });
    readings.collect()
}

/// Whether an authorization was active, within its window, at any instant of a range.
fn was_active(authorization: &Authorization, range: Range) -> bool {
    authorization.active.iter().any(|period| {
        let from = period.from.time.max(authorization.from).max(range.from);
        let to = period.to.map_or(authorization.to, |to| to.time);
        from < to.min(authorization.to).min(range.to)
    })
}

fn by_time(moments: Vec<Moment>) -> BTreeMap<TimeMs, Height> {
    let pairs = moments
        .into_iter()
        .map(|moment| (moment.time, moment.height));
    pairs.collect()
}

fn of_period(period: &Period) -> impl Iterator<Item = Moment> {
    std::iter::once(period.from).chain(period.to)
}

fn department_moments(record: &Department) -> Vec<Moment> {
    record.status.iter().map(|status| status.since).collect()
}

fn key_moments(record: &Key) -> Vec<Moment> {
    let reports = record.suspicions.iter().map(|s| s.reported);
    of_period(&record.valid).chain(reports).collect()
}

fn responsibility_moments(record: &Responsibility) -> Vec<Moment> {
    let holders = record.earlier_holders.iter().map(|earlier| earlier.until);
    of_period(&record.effective).chain(holders).collect()
}

fn resource_moments(record: &Resource) -> Vec<Moment> {
    let versions = record.versions.iter().flat_map(|v| of_period(&v.period));
    let providers = record.earlier_providers.iter().map(|p| p.until);
    let withdrawn = record.withdrawn.iter().map(|w| w.at);
    let all = versions.chain(providers).chain(withdrawn);
    all.chain([record.created]).collect()
}

fn authorization_moments(record: &Authorization) -> Vec<Moment> {
    let active = record.active.iter().flat_map(of_period);
    let ended = record.ended.iter().map(|ended| ended.decision.at);
    active.chain(ended).chain([record.granted.at]).collect()
}

/// The blocks that changed what a verdict asks of a record.
fn moments(record: &Record) -> Vec<Moment> {
    match record {
        Record::Department(record) => department_moments(record),
        Record::Key(record) => key_moments(record),
        Record::Responsibility(record) => responsibility_moments(record),
        Record::Resource(record) => resource_moments(record),
        Record::Authorization(record) => authorization_moments(record),
        _ => Vec::new(),
    }
}

/// The blocks that changed whether an authorization lets its grantee read, the entry's own apart.
fn concerning(authorization: &Authorization, known: &Known) -> Vec<Moment> {
    let mut found = authorization_moments(authorization);
    let responsibility = RecordId::Responsibility(authorization.responsibility.clone());
    let mut ids = vec![responsibility];
    let keys = authorization.decisions().map(|decision| decision.key);
    ids.extend(keys.map(RecordId::Key));
    let mut line = Some(authorization.grantee.clone());
    while let Some(department) = line.take() {
        let id = RecordId::Department(department);
        if let Some(Some(Record::Department(record))) = known.records.get(&id) {
            line = record.parent.clone();
        }
        if ids.contains(&id) {
            break;
        }
        ids.push(id);
    }
    for id in ids {
        if let Some(Some(record)) = known.records.get(&id) {
            found.extend(moments(record));
        }
    }
    found
}
