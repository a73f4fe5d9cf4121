//! On what basis a reader used which fields, and when: the spans that rule U1 holds every batch of
//! receipts against, and that a gateway splits its windows by.
//!
//! Everything comes from the intervals that the records keep, so that past use can be judged from
//! the ledger as it is now.

use crate::access::authorizations;
use crate::execute::acts_for;
use crate::ids::{DepartmentId, FieldNumber, TimeMs};
use crate::records::{
    Authorization, Department, DepartmentStatus, Period, Resource, Responsibility, UseBasis,
};
use crate::view::{Records, View, ViewError};

/// A span of time during which a reader might use some fields on one basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseSpan {
    /// The basis.
    pub basis: UseBasis,
    /// When.
    pub span: Span,
    /// The fields, ascending.
    pub fields: Vec<FieldNumber>,
}

/// Instants from one up to, and without, another; without an end while it lasts.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: TimeMs,
    /// The first instant after.
    pub to: Option<TimeMs>,
}

impl Span {
    /// The instants of a record's period: from its first block's time up to its last's.
    pub fn of(period: &Period) -> Self {
        Self {
            from: period.from.time,
            to: period.to.map(|to| to.time),
        }
    }

    /// Whether it holds all of another.
    pub fn holds(&self, other: &Span) -> bool {
        let ends_later = match (self.to, other.to) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other <= own,
        };
        self.from <= other.from && ends_later
    }

    /// What it has in common with another; none when that is nothing.
    pub fn and(&self, other: &Span) -> Option<Span> {
        let from = self.from.max(other.from);
        let to = match (self.to, other.to) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        to.is_none_or(|to| from < to).then_some(Span { from, to })
    }
}

/// When a department was active, oldest first.
fn active_spans(department: &Department) -> Vec<Span> {
    let ends = department.status.iter().skip(1).map(|s| s.since.time);
    let ends = ends.map(Some).chain(std::iter::once(None));
    let spans = department.status.iter().zip(ends);
    let active = spans.filter(|(status, _)| status.status == DepartmentStatus::Active);
    active
        .map(|(status, to)| Span {
            from: status.since.time,
            to,
        })
        .collect()
}

/// Every span during which `reader` might read fields of `resource`, by basis and time.
///
/// [`UseBasis::None`] is not among them: calls that were denied need no basis.
pub fn use_spans(
    view: &dyn View,
    resource: &Resource,
    reader: &DepartmentId,
) -> Result<Vec<UseSpan>, ViewError> {
    let Some(department) = view.department(reader)? else {
        return Ok(Vec::new());
    };
    let active = active_spans(&department);
    let mut spans = Vec::new();
    for (provider, provided) in providers(resource) {
        if !acts_for(view, reader, provider)? {
            continue;
        }
        spans.extend(active.iter().filter_map(|span| {
            Some(UseSpan {
                basis: UseBasis::Owner,
                span: span.and(&provided)?,
                fields: (1..=resource.last_field).map(FieldNumber).collect(),
            })
        }));
    }
    for version in &resource.versions {
        let in_force = Span::of(&version.period);
        let fields = unconditional_during(resource, &in_force);
        if fields.is_empty() {
            continue;
        }
        spans.extend(active.iter().filter_map(|span| {
            Some(UseSpan {
                basis: UseBasis::Unconditional {
                    version: version.version,
                },
                span: span.and(&in_force)?,
                fields: fields.clone(),
            })
        }));
    }
    for authorization in authorizations(view, &resource.code)? {
        if authorization.grantee == *reader {
            authorized_spans(view, &authorization, &active, &mut spans)?;
        }
    }
    Ok(spans)
}

/// Who provided an entry, and when, oldest first.
fn providers(resource: &Resource) -> Vec<(&DepartmentId, Span)> {
    let earlier = resource.earlier_providers.iter();
    let earlier = earlier.map(|earlier| (&earlier.provider, earlier.until.time));
    successive(resource.created.time, earlier, &resource.provider)
}

/// The fields that were unconditional through all of a span, ascending.
fn unconditional_during(resource: &Resource, span: &Span) -> Vec<FieldNumber> {
    let periods = resource.unconditional.iter();
    let open = periods.filter(|open| Span::of(&open.period).holds(span));
    let mut fields: Vec<FieldNumber> = open.map(|open| open.field).collect();
    fields.sort_unstable();
    fields
}

fn authorized_spans(
    view: &dyn View,
    authorization: &Authorization,
    active: &[Span],
    spans: &mut Vec<UseSpan>,
) -> Result<(), ViewError> {
    let Some(duty) = view.responsibility(&authorization.responsibility)? else {
        return Ok(());
    };
    let window = Span {
        from: authorization.from,
        to: Some(authorization.to),
    };
    let Some(window) = window.and(&Span::of(&duty.effective)) else {
        return Ok(());
    };
    for (holder, held) in holders(&duty) {
        if !acts_for(view, holder, &authorization.grantee)? {
            continue;
        }
        for period in &authorization.active {
            let granted = window
                .and(&Span::of(period))
                .and_then(|span| span.and(&held));
            let Some(granted) = granted else {
                continue;
            };
            let both = active.iter().filter_map(|span| span.and(&granted));
            spans.extend(both.map(|span| UseSpan {
                basis: UseBasis::Authorized {
                    number: authorization.id.number,
                },
                span,
                fields: authorization.fields.to_vec(),
            }));
        }
    }
    Ok(())
}

/// Who held a responsibility, and when, oldest first.
fn holders(duty: &Responsibility) -> Vec<(&DepartmentId, Span)> {
    let earlier = duty.earlier_holders.iter();
    let earlier = earlier.map(|earlier| (&earlier.holder, earlier.until.time));
    successive(duty.effective.from.time, earlier, &duty.holder)
}

/// Who followed whom in something, each until an instant and the last one still, with the spans.
fn successive<'a>(
    mut from: TimeMs,
    earlier: impl Iterator<Item = (&'a DepartmentId, TimeMs)>,
    last: &'a DepartmentId,
) -> Vec<(&'a DepartmentId, Span)> {
    let mut all = Vec::new();
    for (department, until) in earlier {
        let to = Some(until);
        all.push((department, Span { from, to }));
        from = until;
    }
    all.push((last, Span { from, to: None }));
    all
}
