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

/// Walks the records of a kind until `look` has enough, [`limits::SCAN_MAX`] were examined, or the
/// list ends. After which one the next walk goes on.
pub(crate) fn scan_records(
    view: &dyn View,
    kind: RecordKind,
    after: Option<&RecordId>,
    mut look: impl FnMut(&RecordId) -> Result<bool, Problem>,
) -> Result<Option<RecordId>, Problem> {
    let enough = |id: &RecordId| Ok((!look(id)?).then_some(()));
    Ok(scan(view, &Source::All(kind), after, 1, enough)?.next)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use dirchain_ledger::hash::Hash;
    use dirchain_ledger::ids::Height;
    use dirchain_ledger::records::Record;
    use dirchain_ledger::testing::code;

    use super::*;

    /// Ids of this many resources, and no record.
    struct Ids(u32);

    impl View for Ids {
        fn block_hash(&self, _: Height) -> Result<Option<Hash>, ViewError> {
            Ok(None)
        }

        fn record(&self, _: &RecordId) -> Result<Option<Record>, ViewError> {
            Ok(None)
        }

        fn list(
            &self,
            _: RecordKind,
            after: Option<&RecordId>,
            count_max: usize,
        ) -> Result<Vec<RecordId>, ViewError> {
            let ids = (1..=self.0).map(|number| RecordId::Resource(code(number)));
            let ids = ids.filter(|id| after.is_none_or(|after| id > after));
            Ok(ids.take(count_max).collect())
        }

        fn referrers(
            &self,
            _: &RecordId,
            kind: RecordKind,
            after: Option<&RecordId>,
            count_max: usize,
        ) -> Result<Vec<RecordId>, ViewError> {
            self.list(kind, after, count_max)
        }
    }

    #[test]
    fn a_scan_that_keeps_nothing_stops_at_its_bound_and_goes_on_from_there() {
        let count = u32::try_from(limits::SCAN_MAX).unwrap() + 7;
        let view = Ids(count);
        let source = Source::All(RecordKind::Resource);
        let mut examined = 0;
        let mut none = |_: &RecordId| {
            examined += 1;
            Ok(None::<()>)
        };
        let found = scan(&view, &source, None, 10, &mut none).unwrap();
        assert!(found.items.is_empty());
        let bound = u32::try_from(limits::SCAN_MAX).unwrap();
        assert_eq!(found.next, Some(RecordId::Resource(code(bound))));
        let found = scan(&view, &source, found.next.as_ref(), 10, &mut none).unwrap();
        assert_eq!(found.next, None);
        assert_eq!(examined, count);
    }

    #[test]
    fn a_full_page_at_the_end_of_a_list_has_no_next() {
        let source = Source::All(RecordKind::Resource);
        let all = |id: &RecordId| Ok(Some(id.clone()));
        for (count, more) in [(3, false), (4, true)] {
            let found = scan(&Ids(count), &source, None, 3, all).unwrap();
            assert_eq!((found.items.len(), found.next.is_some()), (3, more));
        }
        let found = scan(&Ids(300), &source, None, 1_000, all).unwrap();
        assert_eq!((found.items.len(), found.next), (300, None));
    }
}
