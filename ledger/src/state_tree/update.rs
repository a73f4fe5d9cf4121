//! Applying a batch of changes: each page on the way is read once and written at most once.

use std::borrow::Cow;
use std::convert::Infallible;

use super::page::{LOWEST, Page, PageKey, TOP};
use super::{Pages, RootSlot, Slot, TreeError, load};
use crate::hash::Hash;

/// A key and its new value; `None` removes it.
type Change = (Hash, Option<Hash>);

/// The result of [`update`]: nothing is written until the caller writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeUpdate {
    /// The tree's new root slot, to be stored with the tip.
    pub root_slot: RootSlot,
    /// Its hash, the state root for the header.
    pub root: Hash,
    /// The pages that changed, each once: new bytes to store, or `None` to delete.
    pub pages: Vec<(PageKey, Option<Vec<u8>>)>,
}

/// Applies `changes`, in any order, to the tree that `root` and `pages` hold. Removing a key that
/// is not there, or setting the value it has, changes nothing.
///
/// Written together, the result's pages leave exactly those that the new root slot reaches.
///
/// # Errors
///
/// [`TreeError::DuplicateKey`] when one key is changed twice; the others when the pages are not
/// those of `root`.
pub fn update<P: Pages>(
    pages: &P,
    root: RootSlot,
    mut changes: Vec<(Hash, Option<Hash>)>,
) -> Result<TreeUpdate, TreeError<P::Error>> {
    changes.sort_unstable_by_key(|(key, _)| *key);
    if let Some(((key, _), _)) = changes
        .iter()
        .zip(changes.iter().skip(1))
        .find(|((a, _), (b, _))| a == b)
    {
        return Err(TreeError::DuplicateKey(*key));
    }
    let mut updater = Updater {
        pages,
        changed: Vec::new(),
    };
    let root_slot = match step(root, &changes) {
        Step::Done(slot) => slot,
        Step::Descend { inner, changes } => updater.page(PageKey::ROOT, inner, &changes)?,
    };
    Ok(TreeUpdate {
        root_slot,
        root: root_slot.hash(),
        pages: updater.changed,
    })
}

/// The subtree below the page `key` that holds these leaves and nothing else, from nothing.
///
/// # Errors
///
/// [`TreeError::DuplicateKey`] when one key is there twice, [`TreeError::MalformedPage`] when one
/// is not below the page.
pub(super) fn subtree(
    key: PageKey,
    leaves: &[(Hash, Hash)],
) -> Result<TreeUpdate, TreeError<Infallible>> {
    let (first, last) = key.range();
    let mut changes: Vec<Change> = Vec::with_capacity(leaves.len());
    for (leaf, value) in leaves {
        if *leaf < first || *leaf > last {
            return Err(TreeError::MalformedPage(key));
        }
        changes.push((*leaf, Some(*value)));
    }
    changes.sort_unstable_by_key(|(key, _)| *key);
    if let Some(pair) = changes.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(TreeError::DuplicateKey(pair[0].0));
    }
    let mut updater = Updater {
        pages: &NoPages,
        changed: Vec::new(),
    };
    let root_slot = match step(Slot::Empty, &changes) {
        Step::Done(slot) => slot,
        Step::Descend { inner, changes } => updater.page(key, inner, &changes)?,
    };
    Ok(TreeUpdate {
        root_slot,
        root: root_slot.hash(),
        pages: updater.changed,
    })
}

/// No pages.
struct NoPages;

impl Pages for NoPages {
    type Error = Infallible;
    fn page(&self, _: &PageKey) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(None)
    }
}

/// What a batch does at one place.
enum Step<'a> {
    /// The place's new content is known without looking below it.
    Done(Slot),
    /// Its children must be changed. `inner` is the node that stands there, if it has children
    /// already; if not, `changes` contain all that will be below.
    Descend {
        inner: Option<Hash>,
        changes: Cow<'a, [Change]>,
    },
}

/// Decides on a place that holds `current`, given the changes (sorted, distinct) below it.
fn step(current: Slot, changes: &[Change]) -> Step<'_> {
    match current {
        _ if changes.is_empty() => Step::Done(current),
        Slot::Inner(hash) => Step::Descend {
            inner: Some(hash),
            changes: Cow::Borrowed(changes),
        },
        Slot::Empty => step_from_empty(Cow::Borrowed(changes)),
        Slot::Leaf { key, value } => match changes.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(_) => step_from_empty(Cow::Borrowed(changes)),
            Err(position) => {
                let mut with_leaf = changes.to_vec();
                with_leaf.insert(position, (key, Some(value)));
                step_from_empty(Cow::Owned(with_leaf))
            }
        },
    }
}

fn step_from_empty(changes: Cow<'_, [Change]>) -> Step<'_> {
    let mut leaves = changes
        .iter()
        .filter_map(|(key, value)| value.map(|value| Slot::Leaf { key: *key, value }));
    match (leaves.next(), leaves.next()) {
        (None, _) => Step::Done(Slot::Empty),
        (Some(leaf), None) => Step::Done(leaf),
        (Some(_), Some(_)) => Step::Descend {
            inner: None,
            changes,
        },
    }
}

struct Updater<'a, P> {
    pages: &'a P,
    changed: Vec<(PageKey, Option<Vec<u8>>)>,
}

impl<P: Pages> Updater<'_, P> {
    /// Changes the page `key`, whose top is `inner` (or which does not exist yet), and gives what
    /// then stands at its top.
    fn page(
        &mut self,
        key: PageKey,
        inner: Option<Hash>,
        changes: &[Change],
    ) -> Result<Slot, TreeError<P::Error>> {
        let (mut page, before) = match inner {
            Some(hash) => {
                let (page, bytes) = load(self.pages, &key, &hash)?;
                (page, Some(bytes))
            }
            None => (Page::new(key), None),
        };
        let top = self.children(&mut page, TOP, changes)?;
        let after = page.encode();
        if after != before {
            self.changed.push((key, after));
        }
        Ok(top)
    }

    /// Changes both children of `index` and gives what then stands at `index`.
    fn children(
        &mut self,
        page: &mut Page,
        index: u8,
        changes: &[Change],
    ) -> Result<Slot, TreeError<P::Error>> {
        let (left, right) = (2 * index, 2 * index + 1);
        let (to_left, to_right) = changes
            .split_at(changes.partition_point(|(key, _)| page.child_towards(index, key) == left));
        let left = self.slot(page, left, to_left)?;
        let right = self.slot(page, right, to_right)?;
        Ok(page.join(index, left, right))
    }

    /// Changes what is below slot `index` and gives what then stands there.
    fn slot(
        &mut self,
        page: &mut Page,
        index: u8,
        changes: &[Change],
    ) -> Result<Slot, TreeError<P::Error>> {
        match step(page.slot(index), changes) {
            Step::Done(slot) => Ok(slot),
            Step::Descend { changes, .. } if index < LOWEST => self.children(page, index, &changes),
            Step::Descend { inner, changes } => {
                // Below the last bit there is one key at most, so only a page that is not ours
                // could ask for another.
                let key = page
                    .key()
                    .child(index)
                    .ok_or(TreeError::MalformedPage(*page.key()))?;
                self.page(key, inner, &changes)
            }
        }
    }
}
