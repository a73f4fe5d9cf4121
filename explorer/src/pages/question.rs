//! The question that the directory is there for: may this department read this field?

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::access::Denial;
use dirchain_ledger::ids::PurposeCode;
use dirchain_ledger::records::RecordKind;

use super::departments::basis_cell;
use super::frame::{Frame, Point, Visit};
use super::records::linked;
use super::sheet::{Atom, Cell, Facts, cell};
use super::sheets::{Form, FormField, SheetPage, give};
use super::shown::Shown;
use super::{Paged, meant, told_of, words};
use crate::api::{AccessAnswer, Problem};
use crate::at::At;
use crate::directory::Directory;
use crate::http::{AccessQuery, App, access_answer, encoded};
use crate::problem::ProblemKind;
use crate::reading::Reading;
use crate::search::Search;

/// `GET /may-read`: the form, and the verdict once department, entry and field are named.
pub(super) async fn may_read(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let index = Arc::clone(&app.search);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        // What somebody wrote wrongly they mend in the form that they wrote it in.
        let (question, notice) = match asked(&reading, &index, point.at, visit) {
            Ok(question) => (question, None),
            Err(problem) if problem.status < 500 => (None, Some(told_of(visit.lang, &problem).1)),
            Err(problem) => return Err(problem),
        };
        let mut evidence = None;
        let mut frame = Frame::at(visit, &reading, &point);
        let mut facts = Facts::new();
        if let Some(question) = question {
            let field = question.field.to_string();
            frame = frame.with_json_of(
                "/api/v1/access-check",
                &[
                    ("department", Some(question.department.as_str())),
                    ("resource", Some(question.resource.as_str())),
                    ("field", Some(&field)),
                    (
                        "purpose",
                        question.purpose.as_ref().map(PurposeCode::as_str),
                    ),
                ],
                &point,
            );
            let resource = encoded(question.resource.as_str());
            evidence = Some(format!("/api/v1/resources/{resource}/evidence"));
            facts = verdict(&reading, access_answer(directory, question, point.at)?)?;
        }
        let heading = words::say(visit.lang, "may-it-read").into_owned();
        let mut page = SheetPage::new(frame, heading);
        page.form = Some(form(&reading, visit)?);
        page.notice = notice;
        page.evidence = evidence;
        page.facts = facts;
        Ok(page)
    };
    give(app, visit, "may-read".to_owned(), read).await
}

/// The question of the page's address; none while a part of it is missing.
fn asked(
    reading: &Reading<'_>,
    index: &Search,
    at: Option<At>,
    visit: &Visit,
) -> Result<Option<AccessQuery>, Problem> {
    let parts = ["department", "resource", "field"].map(|name| visit.asked(name));
    let (department, resource, field) = match parts {
        [Some(department), Some(resource), Some(field)] => (department, resource, field),
        // The form before anybody wrote into it, or as an entry's page fills it in.
        [None, _, None] => return Ok(None),
        _ => {
            return Err(ProblemKind::BadParameter.with_both(
                "Name the department, the entry and the field",
                "请写明部门、目录条目与信息项",
            ));
        }
    };
    let department = meant::department(reading, department)?;
    reading.require_department(&department)?;
    let resource = meant::entry(reading, index, at, resource)?;
    Ok(Some(AccessQuery {
        department,
        field: meant::field(reading, &resource, field)?,
        resource,
        purpose: visit.asked("purpose").map(str::parse).transpose().map_err(
            |error: <PurposeCode as std::str::FromStr>::Err| {
                ProblemKind::BadParameter.with(format!("`purpose`: {error}"))
            },
        )?,
        at: None,
    }))
}

fn form(reading: &Reading<'_>, visit: &Visit) -> Result<Form, Problem> {
    let field = |name, label| FormField::text(name, label, visit.asked(name));
    let listed = reading.parameters()?.parameters.purposes;
    let purposes = listed.iter().map(|listed| {
        let purpose = &listed.purpose;
        (purpose.code.to_string(), purpose.name.to_string())
    });
    Ok(Form {
        fields: vec![
            field("department", "department-id"),
            field("resource", "entry-code"),
            field("field", "field-number-or-name"),
            FormField {
                choices: purposes.collect(),
                ..field("purpose", "purpose")
            },
        ],
        tick: None,
        button: "ask",
    })
}

/// The verdict with its reason.
fn verdict(reading: &Reading<'_>, answer: AccessAnswer) -> Result<Facts, Problem> {
    let (says, why) = match (answer.basis, answer.denial) {
        (Some(basis), _) => {
            let provider = reading.resource(&answer.resource)?.resource.provider;
            let is_own = provider == answer.department;
            (
                Atom::Badge("may-read-yes", "yes"),
                basis_cell(reading, basis, is_own)?,
            )
        }
        (None, denial) => {
            let why = denial.as_ref().map(denial_cell);
            (Atom::Badge("may-read-no", "no"), why.unwrap_or_default())
        }
    };
    let names = reading.field_names(&answer.resource)?;
    let field = match names.get(&answer.field) {
        Some(name) => format!("{} {name}", answer.field),
        None => answer.field.to_string(),
    };
    let purpose = match &answer.purpose {
        Some(purpose) => reading.purpose_atom(purpose)?,
        None => Atom::Says("any-purpose"),
    };
    Ok(vec![
        ("verdict", vec![says]),
        ("basis", why),
        (
            "department",
            vec![reading.department_atom(&answer.department)?],
        ),
        ("entry", vec![reading.resource_atom(&answer.resource)?]),
        ("field", vec![Atom::Text(field)]),
        ("purpose", vec![purpose]),
        ("judged-for", vec![Atom::Time(answer.instant)]),
    ])
}

/// Why a department may not read.
fn denial_cell(denial: &Denial) -> Cell {
    let because =
        |key, why: Option<String>| cell([Atom::Says(key)].into_iter().chain(why.map(Atom::Text)));
    match denial {
        Denial::DepartmentNotActive => vec![Atom::Says("denied-not-active")],
        Denial::NotPublished => vec![Atom::Says("denied-not-published")],
        Denial::NoSuchField => vec![Atom::Says("denied-no-such-field")],
        Denial::NotShared { legal_basis } => because(
            "denied-not-shared",
            legal_basis.as_ref().map(ToString::to_string),
        ),
        Denial::NoAuthorization { condition } => because(
            "denied-no-authorization",
            condition.as_ref().map(ToString::to_string),
        ),
        Denial::AuthorizationFails {
            authorization,
            failure,
        } => vec![
            linked(RecordKind::Authorization, &authorization.to_string()),
            Atom::Says(failure.key()),
        ],
    }
}
