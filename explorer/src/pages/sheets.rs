//! The page that most pages are: a head, facts at a glance, tables, and what happened.

use askama::Template;

use super::filters;
use super::frame::Frame;
use super::sheet::{Atom, Cell, Facts, Table};
use crate::api::HistoryItem;

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

/// A page of facts and tables.
#[derive(Template)]
#[template(path = "sheet.html")]
pub(super) struct SheetPage {
    pub(super) frame: Frame,
    pub(super) heading: String,
    pub(super) crumbs: Vec<Crumb>,
    /// Which of the pages beside one another this is.
    pub(super) tab: Option<&'static str>,
    pub(super) tags: Cell,
    /// Where its evidence file is.
    pub(super) evidence: Option<String>,
    pub(super) facts: Facts,
    pub(super) tables: Vec<Table>,
    /// What happened, newest first, and where it goes on.
    pub(super) history: Option<(Vec<HistoryItem>, Option<String>)>,
    /// A form above the tables.
    pub(super) form: Option<Form>,
}

/// A small form that narrows a list: a text field, and maybe a box to tick.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) tick: Option<Tick>,
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
            tab: None,
            tags: Vec::new(),
            evidence: None,
            facts: Vec::new(),
            tables: Vec::new(),
            history: None,
            form: None,
        }
    }

    fn tabs(&self) -> &'static [Tab] {
        TABS
    }
}
