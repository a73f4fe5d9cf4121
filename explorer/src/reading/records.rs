//! Records as the ledger holds them; clocks, scores, spans of use, versions and their differences.

use dirchain_ledger::clocks::{Deadline, Score};
use dirchain_ledger::difference::difference;
use dirchain_ledger::ids::{DepartmentId, ResourceCode, TimeMs};
use dirchain_ledger::inbox::Board;
use dirchain_ledger::records::{Entry, Record, RecordId, RecordKind, Resource, VersionPeriod};
use dirchain_ledger::usage::use_spans;
use dirchain_ledger::view::Records;

use super::scan::{Source, scan};
use super::{Ranking, Reading, Slice};
use crate::api::{
    DeadlineItem, DeadlinesAnswer, DifferenceAnswer, InboxAnswer, InboxItem, Page, Problem,
    RecordAnswer, RecordItem, ScoreItem, ScoresAnswer, Time, UseSpanItem, UseSpansAnswer,
    VersionAnswer,
};
use crate::at;
use crate::cursor::After;
use crate::problem::ProblemKind;

/// A record as it is answered, judged at an instant.
fn item(record: Record, instant: TimeMs) -> RecordItem {
    RecordItem {
        id: written(&record.id()),
        standing: match &record {
            Record::Proposal(proposal) => Some(proposal.standing_at(instant)),
            _ => None,
        },
        record,
    }
}

/// A record's id as people write it, without its kind.
pub(crate) fn written(id: &RecordId) -> String {
    match id {
        RecordId::Department(id) | RecordId::Docket(id) => id.to_string(),
        RecordId::Resource(code) => code.to_string(),
        RecordId::Responsibility(code) => code.to_string(),
        RecordId::Node(id) => id.to_string(),
        RecordId::Application(id)
        | RecordId::Authorization(id)
        | RecordId::Binding(id)
        | RecordId::Objection(id)
        | RecordId::Obligation(id) => id.to_string(),
        RecordId::Usage(id) => id.to_string(),
        RecordId::ReceiptBatch(id) | RecordId::Rating(id) => id.to_string(),
        RecordId::DataElement(code) => code.to_string(),
        RecordId::Finding(id) => id.to_string(),
        RecordId::Demand(id) => id.to_string(),
        RecordId::Proposal(id) => id.to_string(),
        other => other.to_string(),
    }
}

/// Whether a department is another or a sub-unit of it, however deep.
pub(super) fn is_of(id: &DepartmentId, department: &DepartmentId) -> bool {
    let rest = id.as_str().strip_prefix(department.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Reading<'_> {
    /// One record.
    pub(crate) fn record(&self, id: &RecordId) -> Result<RecordAnswer, Problem> {
        let record = self.view.record(id)?.ok_or_else(|| self.missing(id))?;
        Ok(RecordAnswer {
            as_of: self.as_of(),
            item: item(record, self.resolved.instant),
        })
    }

    /// Whether a record stands at this height.
    pub(crate) fn has(&self, id: &RecordId) -> Result<bool, Problem> {
        Ok(self.view.record(id)?.is_some())
    }

    /// Every record of a kind, by id.
    pub(crate) fn records(
        &self,
        kind: RecordKind,
        slice: &Slice,
    ) -> Result<Page<RecordItem>, Problem> {
        self.records_from(&Source::All(kind), kind, slice, |_| true)
    }

    /// The records of a kind that name a resource or department, by id.
    pub(crate) fn records_of(
        &self,
        target: &RecordId,
        kind: RecordKind,
        slice: &Slice,
    ) -> Result<Page<RecordItem>, Problem> {
        if self.view.record(target)?.is_none() {
            return Err(self.missing(target));
        }
        let source = Source::Referrers(target, kind);
        // The index of references is over all heights: some named it later, some no longer do.
        let names = |record: &Record| record.references().contains(target);
        self.records_from(&source, kind, slice, names)
    }

    fn records_from(
        &self,
        source: &Source<'_>,
        kind: RecordKind,
        slice: &Slice,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Page<RecordItem>, Problem> {
        let after = slice.after_record(&[kind])?;
        let keep = |id: &RecordId| {
            let record = self.view.record(id)?;
            let record = record.filter(|record| wanted(record));
            Ok(record.map(|record| item(record, self.resolved.instant)))
        };
        let found = scan(self.view.as_ref(), source, after, slice.limit, keep)?;
        Ok(self.page(found.items, found.next))
    }

    /// When a reader might use which fields, on what basis.
    pub(crate) fn use_spans(
        &self,
        code: &ResourceCode,
        reader: &DepartmentId,
    ) -> Result<UseSpansAnswer, Problem> {
        let resource = self.require_resource(code)?;
        self.require_department(reader)?;
        let spans = use_spans(self.view.as_ref(), &resource, reader)?;
        let spans = spans.into_iter().map(|span| UseSpanItem {
            basis: span.basis,
            written: span.basis.to_string(),
            from: Time(span.span.from),
            to: span.span.to.map(Time),
            fields: span.fields,
        });
        Ok(UseSpansAnswer {
            as_of: self.as_of(),
            resource: code.clone(),
            reader: reader.clone(),
            spans: spans.collect(),
        })
    }

    /// Who owes an answer, the most urgent first: everybody, or a department with its sub-units.
    pub(crate) fn deadlines(
        &self,
        board: &Board,
        department: Option<&DepartmentId>,
        late_only: bool,
        slice: &Slice,
    ) -> Result<DeadlinesAnswer, Problem> {
        if let Some(department) = department {
            self.require_department(department)?;
        }
        let begun = slice.after_count()?;
        let is_asked = |deadline: &&Deadline| {
            department.is_none_or(|department| is_of(&deadline.clock.department, department))
        };
        let all: Vec<&Deadline> = board.deadlines.iter().filter(is_asked).collect();
        let late: Vec<&Deadline> = all.iter().filter(|d| d.late.is_some()).copied().collect();
        let (count, late_count) = (all.len(), late.len());
        let listed = if late_only { late } else { all };
        let end = begun.saturating_add(slice.limit).min(listed.len());
        let shown = listed.get(begun..end).unwrap_or_default();
        let items = shown.iter().map(|deadline| self.deadline_item(deadline));
        let next = u64::try_from(end).ok().filter(|_| end < listed.len());
        Ok(DeadlinesAnswer {
            as_of: self.as_of(),
            instant: Time(self.resolved.judged().time),
            count,
            late: late_count,
            items: items.collect::<Result<_, _>>()?,
            next_cursor: next.map(|count| self.cursor(After::Count(count))),
        })
    }

    fn deadline_item(&self, deadline: &Deadline) -> Result<DeadlineItem, Problem> {
        let clock = &deadline.clock;
        Ok(DeadlineItem {
            department: clock.department.clone(),
            department_name: self.department_name(&clock.department)?,
            duty: clock.duty,
            kind: clock.subject.kind(),
            subject: written(&clock.subject),
            subject_id: Some(clock.subject.clone()),
            since: Time(clock.since),
            due: Time(clock.due),
            late_days: deadline.late.map(|days| days.0),
        })
    }

    /// What awaits a department, oldest first.
    pub(crate) fn inbox(
        &self,
        board: &Board,
        department: &DepartmentId,
        limit: usize,
    ) -> Result<InboxAnswer, Problem> {
        self.require_department(department)?;
        let at = self.resolved.judged();
        let found = board.inbox(department);
        let count = found.len();
        let items = found.into_iter().take(limit);
        let items = items.map(|item| InboxItem {
            awaited: item.awaited,
            kind: item.record.kind(),
            subject: written(&item.record),
            subject_id: Some(item.record.clone()),
            since: Time(item.since),
            until: item.until.map(Time),
            late_days: item.late.map(|days| days.0),
        });
        Ok(InboxAnswer {
            as_of: self.as_of(),
            instant: Time(at.time),
            department: department.clone(),
            count,
            items: items.collect(),
        })
    }

    /// The departments' scores, the best first: of all, or of one with its sub-units.
    pub(crate) fn scores(
        &self,
        ranking: &Ranking,
        department: Option<&DepartmentId>,
        slice: &Slice,
    ) -> Result<ScoresAnswer, Problem> {
        if let Some(department) = department {
            self.require_department(department)?;
        }
        let begun = slice.after_count()?;
        let is_asked = |score: &&Score| {
            department.is_none_or(|department| is_of(&score.department, department))
        };
        let listed: Vec<&Score> = ranking.0.iter().filter(is_asked).collect();
        let end = begun.saturating_add(slice.limit).min(listed.len());
        let shown = listed.get(begun..end).unwrap_or_default();
        let items = shown.iter().map(|score| {
            Ok(ScoreItem {
                name: self.department_name(&score.department)?,
                score: (*score).clone(),
            })
        });
        let next = u64::try_from(end).ok().filter(|_| end < listed.len());
        Ok(ScoresAnswer {
            as_of: self.as_of(),
            instant: Time(self.resolved.judged().time),
            count: listed.len(),
            items: items.collect::<Result<_, Problem>>()?,
            next_cursor: next.map(|count| self.cursor(After::Count(count))),
        })
    }

    /// What a version said, also one that is no longer in force.
    pub(crate) fn version(
        &self,
        code: &ResourceCode,
        number: u32,
    ) -> Result<VersionAnswer, Problem> {
        let resource = self.require_resource(code)?;
        let (period, entry) = self.version_of(&resource, number)?;
        Ok(VersionAnswer {
            as_of: self.as_of(),
            resource: code.clone(),
            version: number,
            since: period.period.from.into(),
            to: period.period.to.map(Into::into),
            entry,
        })
    }

    /// A version of an entry: when it was in force, and what it said.
    pub(super) fn version_of(
        &self,
        resource: &Resource,
        number: u32,
    ) -> Result<(VersionPeriod, Entry), Problem> {
        let mut versions = resource.versions.iter();
        let period = versions.find(|version| version.version == number);
        let missing = || {
            let (code, count) = (&resource.code, resource.versions.len());
            ProblemKind::NoSuchRecord.with_both(
                format!("There is no version {number} of {code}; it has {count}"),
                format!("{code} 没有版本 {number}；共有 {count} 个版本"),
            )
        };
        let period = period.ok_or_else(missing)?;
        let then = at::view(self.directory(), period.period.from.height)?;
        let then = then.resource(&resource.code)?;
        let published = then.and_then(|resource| resource.published);
        let published = published.filter(|published| published.version == number);
        Ok((period.clone(), published.ok_or_else(missing)?.entry))
    }

    /// What differs between two versions, or a version and the draft. Without `to`: the draft where
    /// there is one, else the newest version; without `from`: the version before.
    pub(crate) fn difference(
        &self,
        code: &ResourceCode,
        from: Option<u32>,
        to: Option<u32>,
    ) -> Result<DifferenceAnswer, Problem> {
        let resource = self.require_resource(code)?;
        let newest = resource.versions.last().map_or(0, |last| last.version);
        let (to_name, after, before) = match (&resource.draft, to) {
            (Some(draft), None) => ("draft".to_owned(), draft.entry.clone(), newest),
            (Some(_) | None, to) => {
                let to = to.unwrap_or(newest);
                let (_, entry) = self.version_of(&resource, to)?;
                (to.to_string(), entry, to.saturating_sub(1))
            }
        };
        let from = from.unwrap_or(before);
        if from == 0 {
            return Err(ProblemKind::NoSuchRecord.with_both(
                format!("{code} has nothing before {to_name} to compare it with"),
                format!("{code} 在 {to_name} 之前没有可比较的内容"),
            ));
        }
        let (_, before) = self.version_of(&resource, from)?;
        Ok(DifferenceAnswer {
            as_of: self.as_of(),
            resource: code.clone(),
            from: from.to_string(),
            to: to_name,
            changes: difference(&before, &after),
        })
    }
}
