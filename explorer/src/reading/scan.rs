//! Walking a list of ids, bounded: so many items wanted, so many records examined.

use dirchain_ledger::records::{RecordId, RecordKind};
use dirchain_ledger::view::{View, ViewError};

use crate::api::{Cut, Problem};
use crate::limits;

/// Where a walk takes its ids from.
pub(super) enum Source<'s> {
    /// Every record of a kind.
    All(RecordKind),
    /// Every record of a kind that ever named another.
    Referrers(&'s RecordId, RecordKind),
}

impl Source<'_> {
    pub(super) fn ids(
        &self,
        view: &dyn View,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        match self {
            Source::All(kind) => view.list(*kind, after, count_max),
            Source::Referrers(target, kind) => view.referrers(target, *kind, after, count_max),
        }
    }
}

/// What a walk found, and after which id the next one goes on; none at the list's end.
pub(super) struct Found<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<RecordId>,
}

/// Walks ids after `after` until `limit` items are kept, [`limits::SCAN_MAX`] ids were examined,
/// or the list ends. `keep` makes an item of an id, or passes over it.
pub(super) fn scan<T>(
    view: &dyn View,
    source: &Source<'_>,
    after: Option<&RecordId>,
    limit: usize,
    mut keep: impl FnMut(&RecordId) -> Result<Option<T>, Problem>,
) -> Result<Found<T>, Problem> {
    let mut items = Vec::new();
    let mut last = after.cloned();
    let mut examined = 0usize;
    while items.len() < limit && examined < limits::SCAN_MAX {
        let wanted = limits::SCAN_PAGE.min(limits::SCAN_MAX.saturating_sub(examined));
        let ids = source.ids(view, last.as_ref(), wanted)?;
        let count = ids.len();
        for id in ids {
            examined = examined.saturating_add(1);
            if let Some(item) = keep(&id)? {
                items.push(item);
            }
            last = Some(id);
            if items.len() >= limit {
                break;
            }
        }
        if count < wanted && items.len() < limit {
            return Ok(Found { items, next: None });
        }
    }
    let follows = !source.ids(view, last.as_ref(), 1)?.is_empty();
    let next = if follows { last } else { None };
    Ok(Found { items, next })
}

/// The first [`limits::CUT_MAX`] items of a list, and whether there are more.
pub(super) fn cut<T>(
    view: &dyn View,
    source: &Source<'_>,
    keep: impl FnMut(&RecordId) -> Result<Option<T>, Problem>,
) -> Result<Cut<T>, Problem> {
    let found = scan(view, source, None, limits::CUT_MAX, keep)?;
    Ok(Cut {
        items: found.items,
        more: found.next.is_some(),
    })
}
