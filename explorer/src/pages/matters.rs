//! What is owed and how late; how departments score.

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::inbox::Board;
use dirchain_ledger::records::{RecordId, RecordKind};

use super::frame::{Frame, Point, Visit};
use super::records::linked;
use super::sheet::{Atom, Cell, Column, Table, cell, numbers_in, part, records_in, words_in};
use super::sheets::{Crumb, Form, FormField, SheetPage, Tab, Tick, give};
use super::{Asked, Paged, filters, meant, words};
use crate::api::Problem;
use crate::directory::Directory;
use crate::http::{App, Place};
use crate::limits;
use crate::reading::{Ranking, Reading, Slice};

const DEADLINES_SHOWN: usize = 70;
const INBOX_SHOWN: usize = 70;
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
    numbers_in("ratings"),
    numbers_in("office-in-time"),
    numbers_in("over-quota"),
];

/// How late something is, as a cell.
fn late(days: Option<u16>) -> Cell {
    let Some(days) = days else {
        return Cell::new();
    };
    let by = (days > 0).then(|| Atom::SaysCount("late-by", i64::from(days)));
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
        let (reading, board) = Reading::worked_out(directory, point.at)?;
        let department = visit.asked("department");
        let department = department
            .map(|text| meant::department(&reading, text))
            .transpose()?;
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

/// The scores of all departments, or of one with its sub-units, as a table.
fn scored(
    reading: &Reading<'_>,
    ranking: &Ranking,
    department: Option<&DepartmentId>,
    slice: &Slice,
) -> Result<Table, Problem> {
    let found = reading.scores(ranking, department, slice)?;
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
        let mut ratings = number(score.ratings);
        if score.stars_above_three != 0 {
            let stars = format!("{:+}", score.stars_above_three);
            ratings.push(Atom::SaysOf("stars-above-three", stars));
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
            ratings,
            number(score.office_in_time),
            number(score.over_quota),
        ]);
    }
    Ok(Table::new("scores", "ranking", "scores-none", SCORES)
        .with(rows)
        .going_on(found.next_cursor))
}

/// A department's points and its place among all, with the way to what they are made of; nothing of one
/// that is not active, which is not ranked.
pub(super) fn score_of(reading: &Reading<'_>, id: &DepartmentId) -> Result<Cell, Problem> {
    let ranking = reading.worked_out_here::<Ranking>()?;
    let score = ranking.0.iter().find(|score| score.department == *id);
    Ok(cell(score.into_iter().flat_map(|score| {
        let path = format!("/scores?department={id}");
        [
            Atom::record(path, score.points.to_string()),
            Atom::SaysOf("rank-of", format!("{} / {}", score.rank, ranking.0.len())),
        ]
    })))
}

/// `GET /scores`, narrowed by `department`.
pub(super) async fn scores(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let slice = match visit.asked("csv") {
        Some(_) => Slice::first(limits::CSV_ROWS_MAX),
        None => part(&visit, "scores", SCORES_SHOWN)?,
    };
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let (reading, ranking) = Reading::worked_out_in(directory, point.at, &slice)?;
        let department = visit.asked("department");
        let department = department.map(|text| meant::department(&reading, text));
        let department = department.transpose()?;
        let narrowed = [("department", department.as_ref().map(DepartmentId::as_str))];
        let frame = Frame::at(visit, &reading, &point);
        let frame = frame.with_json_of("/api/v1/scores", &narrowed, &point);
        let mut page = SheetPage::new(frame, words::say(visit.lang, "scores").into_owned());
        page.tab = Tab::of("scores");
        let narrowed = department.as_ref().map(DepartmentId::as_str);
        let field = FormField::text("department", "department-id", narrowed);
        page.form = Some(Form::filter(vec![field]));
        let scoring = reading.parameters()?.parameters.settings.scoring;
        page.facts = [
            ("score-base", i64::from(scoring.base)),
            ("answered-in-time", i64::from(scoring.answered_in_time)),
            ("overdue", -i64::from(scoring.overdue)),
            ("stale-entries", -i64::from(scoring.stale_entry)),
            ("drifted-bindings", -i64::from(scoring.drifted_binding)),
            ("rating-star", i64::from(scoring.rating_star)),
        ]
        .map(|(key, points)| (key, vec![Atom::SaysCount("points-each", points)]))
        .into();
        page.tables = vec![scored(&reading, &ranking, department.as_ref(), &slice)?];
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
        let (reading, board) = Reading::worked_out(directory, point.at)?;
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
