//! The question that the directory is there for: may this department read this field?

use std::sync::Arc;

use axum::extract::State;
use dirchain_ledger::access::Denial;
use dirchain_ledger::ids::{FieldNumber, PurposeCode, ResourceCode};
use dirchain_ledger::records::RecordKind;

use super::departments::basis_cell;
use super::frame::{Frame, Point, Visit};
use super::matters::meant;
use super::records::linked;
use super::sharing::fields_named;
use super::sheet::{Atom, Cell, Facts, cell};
use super::sheets::{Form, FormField, SheetPage, give};
use super::shown::Shown;
use super::{Paged, words};
use crate::api::{AccessAnswer, Problem};
use crate::directory::Directory;
use crate::http::{AccessQuery, App, access_answer};
use crate::problem::ProblemKind;
use crate::reading::Reading;

/// `GET /may-read`: the form, and the verdict once department, entry and field are named.
pub(super) async fn may_read(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let point = Point::parse(visit.asked("at"))?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, point.at)?;
        let question = asked(&reading, visit)?;
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
            facts = verdict(&reading, access_answer(directory, question, point.at)?)?;
        }
        let heading = words::say(visit.lang, "may-it-read").into_owned();
        let mut page = SheetPage::new(frame, heading);
        page.form = Some(form(&reading, visit)?);
        page.facts = facts;
        Ok(page)
    };
    give(app, visit, "may-read".to_owned(), read).await
}

/// The question of the page's address; none while a part of it is missing.
fn asked(reading: &Reading<'_>, visit: &Visit) -> Result<Option<AccessQuery>, Problem> {
    let parts = ["department", "resource", "field"].map(|name| visit.asked(name));
    let [Some(department), Some(resource), Some(field)] = parts else {
        return Ok(None);
    };
    let department = meant(reading, department)?;
    reading.require_department(&department)?;
    let resource: ResourceCode = resource.parse().map_err(|_| {
        ProblemKind::BadParameter.with_both(
            format!("`{resource}` is no entry's code. Write one such as 307001024/000900"),
            format!("`{resource}` 不是目录代码。请写目录代码,如 307001024/000900"),
        )
    })?;
    Ok(Some(AccessQuery {
        department,
        field: field_meant(reading, &resource, field)?,
        resource,
        purpose: visit.asked("purpose").map(str::parse).transpose().map_err(
            |error: <PurposeCode as std::str::FromStr>::Err| {
                ProblemKind::BadParameter.with(format!("`purpose`: {error}"))
            },
        )?,
        at: None,
    }))
}

/// The field that somebody means: by its number, or by words that only its name holds.
fn field_meant(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    text: &str,
) -> Result<FieldNumber, Problem> {
    let names = reading.field_names(resource)?;
    if let Ok(number) = text.parse() {
        return Ok(FieldNumber(number));
    }
    let mut fit = names.iter().filter(|(_, name)| name.contains(text));
    match (fit.next(), fit.next()) {
        (Some((number, _)), None) => Ok(*number),
        (None, _) => Err(ProblemKind::BadParameter.with_both(
            format!("No field of {resource} is called `{text}`. Write its number"),
            format!("{resource} 没有名称含“{text}”的信息项。请写其序号"),
        )),
        (Some(_), Some(_)) => Err(ProblemKind::BadParameter.with_both(
            format!("Several fields of {resource} are called `{text}`. Write one's number"),
            format!("{resource} 名称含“{text}”的信息项不止一个。请写其序号"),
        )),
    }
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
        (
            "field",
            fields_named(reading, &answer.resource, &[answer.field])?,
        ),
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
