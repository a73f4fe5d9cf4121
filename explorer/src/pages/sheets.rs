//! The page that most pages are: a head, facts at a glance, tables, and what happened.

use std::sync::Arc;

use askama::Template;

use super::csv::csv;
use super::frame::{Frame, Point, Visit};
use super::sheet::{Atom, Cell, FACTS_ID, Facts, Table, facts_table, part, unknown_table};
use super::{Paged, filters, show};
use crate::api::{HistoryItem, Page, Problem};
use crate::directory::Directory;
use crate::http::App;
use crate::reading::{Reading, Slice};

/// A step of the way to a page.
pub(super) enum Crumb {
    /// To a page by its name in the catalogue of texts.
    Said(&'static str, String),
    /// To a record.
    To(Atom),
}

impl Crumb {
    pub(super) fn said(key: &'static str, path: impl Into<String>) -> Self {
        Crumb::Said(key, path.into())
    }

    pub(super) fn to(atom: Atom) -> Self {
        Crumb::To(atom)
    }
}

/// Pages that stand beside one another: what is under way between departments.
pub(super) struct Tab {
    pub(super) path: &'static str,
    pub(super) key: &'static str,
}

const fn tab(path: &'static str, key: &'static str) -> Tab {
    Tab { path, key }
}

const TABS: &[Tab] = &[
    tab("/deadlines", "deadlines"),
    tab("/scores", "scores"),
    tab("/proposals", "proposals"),
    tab("/applications", "applications"),
    tab("/objections", "objections"),
    tab("/findings", "findings"),
    tab("/demands", "demands"),
    tab("/obligations", "obligations"),
    tab("/elements", "elements"),
    tab("/bindings", "bindings"),
    tab("/receipts", "receipts"),
];

impl Tab {
    /// The path of a page among them, by its last part.
    pub(super) fn of(name: &str) -> Option<&'static str> {
        let tabs = TABS.iter().map(|tab| tab.path);
        tabs.into_iter().find(|path| path.get(1..) == Some(name))
    }
}

/// Which states of the chain a page shows.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Shows {
    /// Any that is asked for.
    AnyPoint,
    /// What is now: this node.
    Now,
    /// What never changes: a block.
    Always,
}

/// A page of facts and tables.
#[derive(Template)]
#[template(path = "sheet.html")]
pub(super) struct SheetPage {
    pub(super) frame: Frame,
    pub(super) heading: String,
    pub(super) crumbs: Vec<Crumb>,
    pub(super) shows: Shows,
    /// The pages before and after this one.
    pub(super) steps: (Option<Atom>, Option<Atom>),
    /// Which of the pages beside one another this is.
    pub(super) tab: Option<&'static str>,
    pub(super) tags: Cell,
    /// Where its evidence file is.
    pub(super) evidence: Option<String>,
    pub(super) facts: Facts,
    pub(super) tables: Vec<Table>,
    /// What happened.
    pub(super) timelines: Vec<Timeline>,
    /// What to know before all else.
    pub(super) notice: Option<String>,
    /// A form above the tables.
    pub(super) form: Option<Form>,
}

/// Events, newest first: what happened to a record, or what somebody did.
pub(super) struct Timeline {
    /// Its name in addresses, and the key of its heading.
    pub(super) id: &'static str,
    /// A line below the heading, by its key.
    pub(super) hint: Option<&'static str>,
    pub(super) items: Vec<HistoryItem>,
    /// Where it goes on.
    pub(super) next: Option<String>,
}

impl Timeline {
    pub(super) fn new(id: &'static str, found: Page<HistoryItem>) -> Self {
        Self {
            id,
            hint: None,
            items: found.items,
            next: found.next_cursor,
        }
    }
}

/// A small form that narrows a list, or asks a question: fields, and maybe a box to tick.
pub(super) struct Form {
    pub(super) fields: Vec<FormField>,
    pub(super) tick: Option<Tick>,
    /// The key of what its button says.
    pub(super) button: &'static str,
}

impl Form {
    /// A form that narrows a list.
    pub(super) fn filter(fields: Vec<FormField>) -> Self {
        Self {
            fields,
            tick: None,
            button: "filter",
        }
    }
}

/// A field of a form.
pub(super) struct FormField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    /// What may be chosen, each with its words; nothing where people write.
    pub(super) choices: Vec<(String, String)>,
}

impl FormField {
    /// A field to write in.
    pub(super) fn text(name: &'static str, label: &'static str, value: Option<&str>) -> Self {
        Self {
            name,
            label,
            value: value.unwrap_or_default().to_owned(),
            choices: Vec::new(),
        }
    }
}

/// A box to tick.
pub(super) struct Tick {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) is_set: bool,
}

impl SheetPage {
    /// A page without content yet.
    pub(super) fn new(frame: Frame, heading: String) -> Self {
        Self {
            frame,
            heading,
            crumbs: Vec::new(),
            shows: Shows::AnyPoint,
            steps: (None, None),
            tab: None,
            tags: Vec::new(),
            evidence: None,
            facts: Vec::new(),
            tables: Vec::new(),
            timelines: Vec::new(),
            notice: None,
            form: None,
        }
    }

    fn tabs(&self) -> &'static [Tab] {
        TABS
    }

    /// Whether it follows the chain as blocks arrive.
    fn is_live(&self) -> bool {
        self.frame.past.is_none() && self.shows != Shows::Always
    }

    fn has_steps(&self) -> bool {
        self.steps.0.is_some() || self.steps.1.is_some()
    }

    /// Its facts or one of its tables, by the name in addresses.
    fn into_table(self, name: &str) -> Result<Table, Problem> {
        if name == FACTS_ID {
            return Ok(facts_table(self.facts));
        }
        let mut tables = self.tables.into_iter();
        let found = tables.find(|table| table.id == name && table.is_exported);
        found.ok_or_else(|| unknown_table(name))
    }
}

/// A page of facts and of tables that are there whole; where its address asks (`csv=`), one of these
/// as CSV instead, in a file named after `about`.
pub(super) async fn give(
    app: Arc<App>,
    visit: Visit,
    about: String,
    read: impl Fn(&dyn Directory, &Visit) -> Result<SheetPage, Problem> + Send + Sync + 'static,
) -> Paged {
    let Some(name) = visit.asked("csv").map(str::to_owned) else {
        return show(&app, visit, read).await;
    };
    let (reader, file) = (visit.clone(), format!("{about}-{name}"));
    let table =
        move |directory: &dyn Directory, _: &Slice| read(directory, &reader)?.into_table(&name);
    csv(app, visit, file, table).await
}

/// What a page with one list is made of.
pub(super) struct List<T, P> {
    /// The list's name in addresses.
    pub(super) id: &'static str,
    /// What its file is called.
    pub(super) file: String,
    /// How many rows the page shows.
    pub(super) shown: usize,
    /// Reads a part of the list.
    pub(super) table: T,
    /// Makes the page around it.
    pub(super) page: P,
}

/// A page with one list that goes on, or where its address asks, all of the list as CSV.
pub(super) async fn list<T, P>(app: Arc<App>, visit: Visit, list: List<T, P>) -> Paged
where
    T: Fn(&Reading<'_>, &Slice) -> Result<Table, Problem> + Send + Sync + 'static,
    P: FnOnce(&Reading<'_>, &Visit, &Point) -> Result<SheetPage, Problem> + Send + 'static,
{
    let point = Point::parse(visit.asked("at"))?;
    let List { table, page, .. } = list;
    if visit.asked("csv").is_some() {
        let read = move |directory: &dyn Directory, slice: &Slice| {
            table(&Reading::of_slice(directory, point.at, slice)?, slice)
        };
        return csv(app, visit, list.file, read).await;
    }
    let slice = part(&visit, list.id, list.shown)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let mut page = page(&reading, visit, &point)?;
        page.tables.insert(0, table(&reading, &slice)?);
        Ok(page)
    };
    show(&app, visit, read).await
}
