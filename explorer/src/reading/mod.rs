//! From records to answers: what both the JSON interface and the pages say about the directory.
//!
//! Invariant: nothing here knows HTTP. A [`Reading`] is one state of the chain, and everything read
//! through it holds for that state.

mod acts;
mod blocks;
mod changed;
mod departments;
mod drafts;
mod found;
mod history;
mod members;
mod memo;
mod nodes;
mod owed;
mod readers;
mod records;
mod rehearsals;
mod resources;
mod scan;
mod sharing;
mod sharings;
mod since;
mod today;

pub(crate) use blocks::{block, blocks, key, moment_of, status, transaction_at};
pub(crate) use changed::Changed;
pub(crate) use departments::DepartmentFilter;
pub(crate) use found::{FoundAll, Hit, Wanted};
pub(crate) use history::{block_events, reason, subject};
pub(crate) use memo::Memo;
pub use owed::Owed;
pub(crate) use owed::Ranking;
pub(crate) use readers::{FieldAccess, WhoReads, type_text};
pub(crate) use records::written;
pub(crate) use resources::ResourceFilter;
pub(crate) use scan::scan_records;
pub(crate) use sharing::{ApplicationFilter, AuthorizationFilter, Sides};
pub(crate) use sharings::{Pair, Sharings};
pub(crate) use since::DecidedOn;
pub(crate) use today::Happened;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use dirchain_ledger::block::Header;
use dirchain_ledger::ids::{DepartmentId, Height, PurposeCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::{Department, RecordId, RecordKind};
use dirchain_ledger::view::{Records, View};

use crate::api::{Moment, Page, Problem};
use crate::at::{At, Resolved};
use crate::cursor::{self, After, Cursor};
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;

/// One state of the chain, being read for one request.
pub(crate) struct Reading<'d> {
    directory: &'d dyn Directory,
    view: Box<dyn View + 'd>,
    resolved: Resolved,
    /// What the list that is read is narrowed to.
    scope: u64,
    names: RefCell<BTreeMap<DepartmentId, String>>,
    purpose_names: RefCell<BTreeMap<PurposeCode, String>>,
    active: RefCell<BTreeMap<DepartmentId, bool>>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slice {
    /// Items at most.
    pub limit: usize,
    /// Where it begins.
    pub cursor: Option<Cursor>,
    /// What the list is narrowed to; a cursor of another scope is refused. 0 where nothing narrows.
    pub scope: u64,
}

impl Slice {
    /// The first items of a list.
    pub(crate) fn first(limit: usize) -> Self {
        Self {
            limit,
            cursor: None,
            scope: 0,
        }
    }

    /// The same part of the list that is narrowed so: a cursor goes on with the list that it was
    /// made by, and with no other.
    pub(crate) fn narrowed(self, to: &impl fmt::Debug) -> Self {
        let hash = blake3::hash(format!("{to:?}").as_bytes());
        let short = hash.as_bytes().first_chunk().copied();
        Self {
            scope: u64::from_be_bytes(short.unwrap_or_default()),
            ..self
        }
    }

    /// The state that the list is read in: the cursor's, or else what `at` says.
    pub(crate) fn resolve(
        &self,
        directory: &dyn Directory,
        at: Option<At>,
    ) -> Result<Resolved, Problem> {
        let cursor = self.cursor.as_ref();
        if cursor.is_some_and(|cursor| cursor.scope != self.scope) {
            return Err(foreign_cursor());
        }
        cursor::resolve(directory, at, cursor)
    }

    /// After what the list goes on.
    pub(crate) fn after(&self) -> Option<&After> {
        self.cursor.as_ref().map(|cursor| &cursor.after)
    }

    /// After how many items a list goes on that is worked out anew for each page.
    pub(crate) fn after_count(&self) -> Result<usize, Problem> {
        match self.after() {
            None => Ok(0),
            Some(After::Count(count)) => Ok(usize::try_from(*count).unwrap_or(usize::MAX)),
            Some(After::Record(_) | After::Field(..) | After::Event(_) | After::Block(_)) => {
                Err(foreign_cursor())
            }
        }
    }

    /// After which record the list goes on; it is of one of the kinds that the list walks.
    pub(crate) fn after_record(&self, kinds: &[RecordKind]) -> Result<Option<&RecordId>, Problem> {
        match self.after() {
            None => Ok(None),
            Some(After::Record(id)) if kinds.contains(&id.kind()) => Ok(Some(id)),
            Some(
                After::Record(_)
                | After::Field(..)
                | After::Event(_)
                | After::Block(_)
                | After::Count(_),
            ) => Err(foreign_cursor()),
        }
    }
}

fn foreign_cursor() -> Problem {
    ProblemKind::BadCursor.with_both(
        "The cursor belongs to another list. Leave it out to begin anew",
        "该翻页标记属于另一个列表。请去掉它,从头开始",
    )
}

impl<'d> Reading<'d> {
    /// The state at a point of the chain; the tip when none is named.
    pub(crate) fn at(directory: &'d dyn Directory, at: Option<At>) -> Result<Self, Problem> {
        Self::of_slice(directory, at, &Slice::default())
    }

    /// The state that a list's cursor is pinned to, or else as [`Reading::at`].
    pub(crate) fn of_slice(
        directory: &'d dyn Directory,
        at: Option<At>,
        slice: &Slice,
    ) -> Result<Self, Problem> {
        let resolved = slice.resolve(directory, at)?;
        Ok(Self {
            scope: slice.scope,
            ..Self::of(directory, resolved)
        })
    }

    /// The state that a block left.
    pub(crate) fn of_block(directory: &'d dyn Directory, header: &Header) -> Self {
        let as_of = header.moment();
        let resolved = Resolved {
            as_of,
            instant: as_of.time,
            tip: directory.tip_moment().max(as_of),
        };
        Self::of(directory, resolved)
    }

    /// The state at a point that was found already.
    pub(crate) fn of(directory: &'d dyn Directory, resolved: Resolved) -> Self {
        Self {
            directory,
            view: Box::new(Memo::of_few(directory.view(resolved.as_of.height))),
            resolved,
            scope: 0,
            names: RefCell::default(),
            purpose_names: RefCell::default(),
            active: RefCell::default(),
        }
    }

    /// The block for which this reading holds.
    pub(crate) fn as_of(&self) -> Moment {
        self.resolved.as_of.into()
    }

    /// The point of the chain, with the instant and the tip.
    pub(crate) fn resolved(&self) -> Resolved {
        self.resolved
    }

    /// What is read through.
    pub(crate) fn directory(&self) -> &'d dyn Directory {
        self.directory
    }

    fn height(&self) -> Height {
        self.resolved.as_of.height
    }

    /// A department that exists at this height.
    pub(crate) fn require_department(&self, id: &DepartmentId) -> Result<Department, Problem> {
        let department = self.view.department(id)?;
        department.ok_or_else(|| self.missing(&RecordId::Department(id.clone())))
    }

    /// A department's name, or its id where it has no record at this height.
    pub(crate) fn department_name(&self, id: &DepartmentId) -> Result<String, Problem> {
        if let Some(name) = self.names.borrow().get(id) {
            return Ok(name.clone());
        }
        let department = self.view.department(id)?;
        let name = department.map_or_else(|| id.to_string(), |found| found.name.to_string());
        let mut names = self.names.borrow_mut();
        if names.len() < limits::MEMO_RECORDS_MAX {
            names.insert(id.clone(), name.clone());
        }
        Ok(name)
    }

    /// Whether a department is active at this height: neither suspended nor dissolved.
    pub(crate) fn is_active(&self, id: &DepartmentId) -> Result<bool, Problem> {
        if let Some(active) = self.active.borrow().get(id) {
            return Ok(*active);
        }
        let department = self.view.department(id)?;
        let active = department.is_some_and(|found| found.is_active_at(self.height()));
        let mut known = self.active.borrow_mut();
        if known.len() < limits::MEMO_RECORDS_MAX {
            known.insert(id.clone(), active);
        }
        Ok(active)
    }

    /// The purposes' names, by their codes.
    pub(crate) fn purposes(&self) -> Result<BTreeMap<PurposeCode, String>, Problem> {
        self.read_purposes()?;
        Ok(self.purpose_names.borrow().clone())
    }

    /// A purpose's name, or its code where the parameters do not list it.
    pub(crate) fn purpose_name(&self, code: &PurposeCode) -> Result<String, Problem> {
        self.read_purposes()?;
        let named = self.purpose_names.borrow().get(code).cloned();
        Ok(named.unwrap_or_else(|| code.to_string()))
    }

    /// Reads the purposes' names, once.
    fn read_purposes(&self) -> Result<(), Problem> {
        if self.purpose_names.borrow().is_empty() {
            let parameters = self.view.parameters()?;
            let listed = parameters.purposes.iter().map(|listed| &listed.purpose);
            let named = listed.map(|purpose| (purpose.code.clone(), purpose.name.to_string()));
            *self.purpose_names.borrow_mut() = named.collect();
        }
        Ok(())
    }

    fn missing(&self, id: &RecordId) -> Problem {
        let height = self.height();
        let (english, chinese) = match height < self.resolved.tip.height {
            true => (
                "Check its spelling, or ask for a later height",
                "请核对，或查询更晚的高度",
            ),
            false => ("Check its spelling", "请核对"),
        };
        let named = id.told(Language::Chinese);
        ProblemKind::NoSuchRecord.with_both(
            format!("There is no {id} at height {height}. {english}"),
            format!("高度 {height} 没有{named}。{chinese}"),
        )
    }

    /// A page of a list of records.
    fn page<T>(&self, items: Vec<T>, next: Option<RecordId>) -> Page<T> {
        self.page_after(items, next.map(After::Record))
    }

    fn page_after<T>(&self, items: Vec<T>, next: Option<After>) -> Page<T> {
        Page {
            as_of: self.as_of(),
            items,
            next_cursor: next.map(|after| self.cursor(after)),
        }
    }

    /// The text of a cursor of this reading's list.
    fn cursor(&self, after: After) -> String {
        let cursor = Cursor {
            height: self.height(),
            instant: self.resolved.instant,
            scope: self.scope,
            after,
        };
        cursor.encode()
    }
}
