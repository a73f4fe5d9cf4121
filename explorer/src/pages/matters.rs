//! What is owed and how late; how departments score.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::inbox::Board;
use dirchain_ledger::records::{RecordId, RecordKind};

use super::frame::{Frame, Point, Visit};
use super::records::linked;
use super::sheet::{Atom, Cell, Column, Table, cell, numbers_in, records_in, words_in};
use super::sheets::{Crumb, Form, FormField, SheetPage, Tab, Tick, give};
use super::{Asked, Paged, filters, words};
use crate::api::Problem;
use crate::directory::Directory;
use crate::http::{App, Place, text_filter};
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{DepartmentFilter, Reading, Slice};

const DEADLINES_SHOWN: usize = 70;
const INBOX_SHOWN: usize = 70;
/// How many are looked at, and named, when words fit several.
pub(super) const MEANT_MAX: usize = 8;
const SCORES_SHOWN: usize = 60;

const OWED: &[Column] = &[
    records_in("department"),
    words_in("owed"),
    records_in("about"),
    words_in("since"),
    words_in("due"),
    words_in("late-days"),
];
const AWAITED: &[Column] = &[
    words_in("owed"),
    records_in("about"),
    words_in("since"),
    words_in("due"),
    words_in("late-days"),
];
const SCORES: &[Column] = &[
    numbers_in("rank"),
    records_in("department"),
    numbers_in("points"),
    numbers_in("answered-in-time"),
    numbers_in("answered-late"),
    numbers_in("overdue"),
    numbers_in("stale-entries"),
    numbers_in("drifted-bindings"),
    numbers_in("office-in-time"),
    numbers_in("over-quota"),
];

/// How late something is, as a cell.
fn late(days: Option<u16>) -> Cell {
    let Some(days) = days else {
        return Cell::new();
    };
    let by = (days > 0).then(|| Atom::SaysOf("late-by", days.to_string()));
    cell([Atom::Badge("overdue", "no")].into_iter().chain(by))
}

fn owed(
    reading: &Reading<'_>,
    board: &Board,
    department: Option<&DepartmentId>,
    late_only: bool,
    limit: usize,
) -> Result<(Table, usize, usize), Problem> {
    let found = reading.deadlines(board, department, late_only, &Slice::first(limit))?;
    let mut rows = Vec::new();
    for item in &found.items {
        let whose = Atom::department(&item.department, item.department_name.clone());
        rows.push(vec![
            vec![whose],
            vec![Atom::word(&item.duty)],
            about(reading, item.kind, &item.subject, item.subject_id.as_ref())?,
            vec![Atom::Time(item.since)],
            vec![Atom::Time(item.due)],
            late(item.late_days),
        ]);
    }
    let table = Table::new("owed", "owed-answers", "owed-none", OWED).with(rows);
    Ok((table, found.count, found.late))
}

/// `GET /deadlines`
pub(super) async fn deadlines(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let late_only = matches!(visit.asked("late"), Some("true" | "on" | "1"));
    let shown = match visit.asked("csv") {
        Some(_) => limits::CSV_ROWS_MAX,
        None => DEADLINES_SHOWN,
    };
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let (reading, board) = Reading::owed(directory, point.at)?;
        let department = visit.asked("department");
        let department = department.map(|text| meant(&reading, text)).transpose()?;
        let (mut table, count, late) =
            owed(&reading, &board, department.as_ref(), late_only, shown)?;
        table.hint = Some(filters::counted(visit.lang, "owed-count", count, late));
        let narrowed = [
            ("department", department.as_ref().map(DepartmentId::as_str)),
            ("late", late_only.then_some("true")),
        ];
        let frame = Frame::at(visit, &reading, &point);
        let frame = frame.with_json_of("/api/v1/deadlines", &narrowed, &point);
        let mut page = SheetPage::new(frame, words::say(visit.lang, "deadlines").into_owned());
        page.tab = Tab::of("deadlines");
        let narrowed = department.as_ref().map(DepartmentId::as_str);
        let field = FormField::text("department", "department-id", narrowed);
        page.form = Some(Form {
            tick: Some(Tick {
                name: "late",
                label: "late-only",
                is_set: late_only,
            }),
            ..Form::filter(vec![field])
        });
        page.tables = vec![table];
        Ok(page)
    };
    give(app, visit, "deadlines".to_owned(), read).await
}

fn ranking(reading: &Reading<'_>) -> Result<Table, Problem> {
    let found = reading.scores()?;
    let mut rows = Vec::new();
    for item in found.items {
        let score = item.score;
        let number = |count: u32| vec![Atom::Number(count.into())];
        let mut whose = vec![Atom::department(&score.department, item.name)];
        let top = score.department.top();
        if top != score.department {
            let above = reading.department_name(&top)?;
            whose.push(Atom::SaysOf("sub-unit-of-named", above));
        }
        rows.push(vec![
            number(score.rank),
            whose,
            vec![Atom::Signed(score.points)],
            number(score.answered_in_time),
            number(score.answered_late),
            number(score.overdue),
            number(score.stale_entries),
            number(score.drifted_bindings),
            number(score.office_in_time),
            number(score.over_quota),
        ]);
    }
    Ok(Table::new("scores", "ranking", "departments-none", SCORES).with(rows))
}

/// `GET /scores`
pub(super) async fn scores(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let frame = Frame::at(visit, &reading, &point).with_json("/api/v1/scores", &point);
        let mut page = SheetPage::new(frame, words::say(visit.lang, "scores").into_owned());
        page.tab = Tab::of("scores");
        let scoring = reading.parameters()?.parameters.settings.scoring;
        page.facts = [
            ("score-base", i64::from(scoring.base)),
            ("answered-in-time", i64::from(scoring.answered_in_time)),
            ("overdue", -i64::from(scoring.overdue)),
            ("stale-entries", -i64::from(scoring.stale_entry)),
            ("drifted-bindings", -i64::from(scoring.drifted_binding)),
            ("rating-star", i64::from(scoring.rating_star)),
        ]
        .map(|(key, points)| (key, vec![Atom::SaysOf("points-each", points.to_string())]))
        .into();
        let mut table = ranking(&reading)?;
        if visit.asked("csv").is_none() && table.rows.len() > SCORES_SHOWN {
            table.rows.truncate(SCORES_SHOWN);
            table.hint = Some(filters::count_text(visit.lang, "only-first", SCORES_SHOWN));
        }
        page.tables = vec![table];
        Ok(page)
    };
    give(app, visit, "scores".to_owned(), read).await
}

/// The record that something is owed about, with the entry that it belongs to.
fn about(
    reading: &Reading<'_>,
    kind: RecordKind,
    id: &str,
    record: Option<&RecordId>,
) -> Result<Cell, Problem> {
    match record {
        Some(record) => reading.named(record),
        None => Ok(vec![linked(kind, id)]),
    }
}

/// What awaits a department: its approval, its confirmation, its answer; what is late first, then by
/// when it is due, then what has no end. With how many there are, and how many of them are late.
pub(super) fn inbox(
    reading: &Reading<'_>,
    board: &Board,
    department: &DepartmentId,
    limit: usize,
) -> Result<(Table, usize, usize), Problem> {
    let mut found = reading.inbox(board, department, usize::MAX)?.items;
    found.sort_by_key(|item| (item.until.is_none(), item.until, item.since));
    let late_count = found.iter().filter(|item| item.late_days.is_some()).count();
    let count = found.len();
    let mut rows = Vec::new();
    for item in found.iter().take(limit) {
        rows.push(vec![
            vec![Atom::word(&item.awaited)],
            about(reading, item.kind, &item.subject, item.subject_id.as_ref())?,
            vec![Atom::Time(item.since)],
            cell(item.until.map(Atom::Time)),
            late(item.late_days),
        ]);
    }
    let table = Table::new("owes", "owes", "owes-none", AWAITED).with(rows);
    Ok((table, count, late_count))
}

/// `GET /departments/{id}/inbox`
pub(super) async fn awaited(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<DepartmentId>>,
) -> Paged {
    let Place(id) = place?;
    let point = Point::parse(visit.asked("at"))?;
    let shown = match visit.asked("csv") {
        Some(_) => limits::CSV_ROWS_MAX,
        None => INBOX_SHOWN,
    };
    let file = format!("{id}-inbox");
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let (reading, board) = Reading::owed(directory, point.at)?;
        let (mut table, count, late) = inbox(&reading, &board, &id, shown)?;
        table.hint = Some(filters::counted(visit.lang, "owed-count", count, late));
        let narrowed = [("department", Some(id.as_str()))];
        let frame = Frame::at(visit, &reading, &point);
        let frame = frame.with_json_of("/api/v1/inbox", &narrowed, &point);
        let mut page = SheetPage::new(frame, words::say(visit.lang, "owes").into_owned());
        page.crumbs = vec![
            Crumb::said("departments", "/departments"),
            Crumb::to(reading.department_atom(&id)?),
        ];
        page.tables = vec![table];
        Ok(page)
    };
    give(app, visit, file, read).await
}

/// Of those whose names hold a text, the one that is called so, or the only one.
pub(super) fn the_one<'n, T>(fit: impl Iterator<Item = (T, &'n str)>, text: &str) -> Option<T> {
    let mut only = None;
    let mut count = 0usize;
    for (one, name) in fit {
        if name == text {
            return Some(one);
        }
        count = count.saturating_add(1);
        only = Some(one);
    }
    only.filter(|_| count == 1)
}

/// The department that somebody means: by its id, by its name, or by words that only its name holds.
pub(super) fn meant(reading: &Reading<'_>, text: &str) -> Result<DepartmentId, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let filter = DepartmentFilter {
        text: text_filter(Some(text))?,
    };
    let found = reading
        .departments(&filter, &Slice::first(MEANT_MAX))?
        .items;
    let named = found
        .iter()
        .map(|item| (item.id.clone(), item.name.as_str()));
    if let Some(one) = the_one(named, text) {
        return Ok(one);
    }
    match found.as_slice() {
        [] => Err(ProblemKind::BadParameter.with_both(
            format!(
                "No department is called `{text}`. Write a part of its name, or its id such as D012"
            ),
            format!("没有名称含“{text}”的部门。请写名称的一部分,或编号,如 D012"),
        )),
        several => {
            let named = several
                .iter()
                .map(|item| format!("{} {}", item.id, item.name));
            let named = named.collect::<Vec<_>>().join(", ");
            Err(ProblemKind::BadParameter.with_both(
                format!("Several departments are called `{text}`: {named}. Write one's id"),
                format!("名称含“{text}”的部门不止一个:{named}。请写其编号"),
            ))
        }
    }
}
