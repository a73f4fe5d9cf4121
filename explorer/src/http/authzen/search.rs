//! Searches: who may read a field, what a department may read, and whether it may read at all.
//!
//! A page's token is a cursor: it is pinned to the height that the search began at.

use std::sync::Arc;

use axum::extract::{Request, State};
use dirchain_ledger::access::{Basis, who_may_read};
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode};
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::view::View;
use serde_json::Value;

use super::question::{DEPARTMENT, FIELD, Object, Question, READ, RESOURCE, malformed};
use super::{Asked, judge};
use crate::api::{ActionName, Entity, Found, Problem, SearchContext, SearchPage, Time};
use crate::at::Resolved;
use crate::cursor::{After, Cursor};
use crate::directory::Directory;
use crate::http::App;
use crate::http::extract::Answer;
use crate::http::transactions::receive_json;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{Memo, Slice, scan_records};

/// Who may
///
/// The departments that may read a field or a whole entry.
#[utoipa::path(post, path = "/access/v1/search/subject", tag = "authzen", request_body(content = Object,
    example = json!({"subject": {"type": "department"}, "action": {"name": "read"}, "resource": {"type": "field", "id": "307001024/000001#2"}})),
    responses((status = 200, description = "Departments by id", body = Found<Entity>)))]
pub(crate) async fn search_subject(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Answer<Found<Entity>>, Problem> {
    let search = Search::receive(&app, request).await?;
    app.read(move |directory| search.subjects(directory))
        .await
        .map(Answer)
}

/// With what
///
/// The fields (type `field`) or whole entries (type `resource`) that a department may read.
#[utoipa::path(post, path = "/access/v1/search/resource", tag = "authzen", request_body(content = Object,
    example = json!({"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"}, "resource": {"type": "field"}})),
    responses((status = 200, description = "Fields or entries by code", body = Found<Entity>)))]
pub(crate) async fn search_resource(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Answer<Found<Entity>>, Problem> {
    let search = Search::receive(&app, request).await?;
    app.read(move |directory| search.resources(directory))
        .await
        .map(Answer)
}

/// What may be done
///
/// `read`, or nothing.
#[utoipa::path(post, path = "/access/v1/search/action", tag = "authzen", request_body(content = Object,
    example = json!({"subject": {"type": "department", "id": "D005"}, "resource": {"type": "field", "id": "307001024/000001#2"}})),
    responses((status = 200, description = "Actions", body = Found<ActionName>)))]
pub(crate) async fn search_action(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Answer<Found<ActionName>>, Problem> {
    let search = Search::receive(&app, request).await?;
    app.read(move |directory| search.actions(directory))
        .await
        .map(Answer)
}

struct Search {
    question: Question,
    slice: Slice,
}

impl Search {
    async fn receive(app: &App, request: Request) -> Result<Self, Problem> {
        let path = request.uri().path().to_owned();
        let body = receive_json(app, request).await?;
        let mut asked: Value = serde_json::from_slice(&body).map_err(|error| malformed(&error))?;
        let question = Question::parse(asked.clone())?;
        if let Some(asked) = asked.as_object_mut() {
            asked.remove("page");
        }
        let slice = asked_page(&question)?.narrowed(&(path, asked.to_string()));
        Ok(Self { question, slice })
    }

    fn resolve(&self, directory: &dyn Directory) -> Result<Resolved, Problem> {
        let at = self.question.at()?;
        self.slice.resolve(directory, at).map_err(of_token)
    }

    /// After which entry the search goes on, and whether within it: after which of its fields.
    fn after_field(&self) -> Result<(Option<&RecordId>, Option<FieldNumber>), Problem> {
        match self.slice.cursor.as_ref().map(|cursor| &cursor.after) {
            Some(After::Field(id, field)) if id.kind() == RecordKind::Resource => {
                Ok((Some(id), Some(*field)))
            }
            _ => {
                let after = self.slice.after_record(&[RecordKind::Resource]);
                Ok((after.map_err(of_token)?, None))
            }
        }
    }

    fn subjects(&self, directory: &dyn Directory) -> Result<Found<Entity>, Problem> {
        let resolved = self.resolve(directory)?;
        let after = self.slice.after_record(&[RecordKind::Department]);
        let after = after.map_err(of_token)?;
        self.question.purpose()?;
        let (object, reads) = (self.question.object()?, self.question.reads()?);
        let (Ok(object), Ok(())) = (object, reads) else {
            return Ok(self.found(&resolved, Vec::new(), None));
        };
        if self.question.subject.kind != DEPARTMENT {
            return Ok(self.found(&resolved, Vec::new(), None));
        }
        let view = directory.view(resolved.as_of.height);
        let all = self.departments(view.as_ref(), &object, &resolved)?;
        let id = |department: &DepartmentId| RecordId::Department(department.clone());
        let rest = all
            .into_iter()
            .filter(|department| after.is_none_or(|after| id(department) > *after));
        let mut page: Vec<DepartmentId> = rest.take(self.slice.limit.saturating_add(1)).collect();
        let more = page.len() > self.slice.limit;
        page.truncate(self.slice.limit);
        let next = page.last().filter(|_| more).map(id);
        let results = page.iter().map(|d| entity(DEPARTMENT, d.to_string()));
        Ok(self.found(&resolved, results.collect(), next.map(After::Record)))
    }

    /// Every department that may read; with a purpose, those whose grant may be for another one are
    /// judged again.
    fn departments(
        &self,
        view: &dyn View,
        object: &Object,
        resolved: &Resolved,
    ) -> Result<Vec<DepartmentId>, Problem> {
        let purpose = self.question.purpose()?;
        let memo = Memo::new(view);
        let field = match object.field {
            Some(field) => Some(field),
            None => first_field(&memo, &object.resource)?,
        };
        let Some(field) = field else {
            return Ok(Vec::new());
        };
        let mut departments = Vec::new();
        for reader in who_may_read(&memo, &object.resource, field, resolved.judged())? {
            let is_plain = object.field.is_some()
                && (purpose.is_none() || !matches!(reader.basis, Basis::Authorized { .. }));
            let asked = Asked {
                department: &reader.department,
                resource: &object.resource,
                purpose: purpose.as_ref(),
                at: resolved.judged(),
            };
            if is_plain || judge(&memo, &asked, object.field)?.is_allowed() {
                departments.push(reader.department);
            }
        }
        Ok(departments)
    }

    fn resources(&self, directory: &dyn Directory) -> Result<Found<Entity>, Problem> {
        let resolved = self.resolve(directory)?;
        let (after, within) = self.after_field()?;
        let purpose = self.question.purpose()?;
        let (department, reads) = (self.question.department()?, self.question.reads()?);
        let kind = self.question.resource.kind.as_str();
        let (Ok(department), Ok(()), FIELD | RESOURCE) = (department, reads, kind) else {
            return Ok(self.found(&resolved, Vec::new(), None));
        };
        let view = directory.view(resolved.as_of.height);
        let view = view.as_ref();
        let mut results: Vec<Entity> = Vec::new();
        // The field after which an entry was left because the page was full.
        let mut left: Option<After> = None;
        let mut examine = |id: &RecordId, begun: Option<FieldNumber>| -> Result<bool, Problem> {
            let Some(Record::Resource(resource)) = view.record(id)? else {
                return Ok(true);
            };
            let asked = Asked {
                department: &department,
                resource: &resource.code,
                purpose: purpose.as_ref(),
                at: resolved.judged(),
            };
            // What one entry's fields have in common is read once.
            let memo = Memo::new(view);
            if kind == RESOURCE {
                if judge(&memo, &asked, None)?.is_allowed() {
                    results.push(entity(RESOURCE, resource.code.to_string()));
                }
                return Ok(results.len() < self.slice.limit);
            }
            let entry = resource.in_force().map(|published| &published.entry);
            let fields = entry.map(|entry| &entry.fields[..]).unwrap_or_default();
            let seen = begun.and_then(|begun| fields.iter().position(|f| f.number == begun));
            let mut last = begun;
            for field in fields
                .iter()
                .skip(seen.map_or(0, |seen| seen.saturating_add(1)))
            {
                if !asked.verdict(&memo, field.number)?.is_allowed() {
                    continue;
                }
                if results.len() >= self.slice.limit {
                    left = last.map(|last| After::Field(id.clone(), last));
                    return Ok(false);
                }
                let id = format!("{}#{}", resource.code, field.number);
                results.push(entity(FIELD, id));
                last = Some(field.number);
            }
            Ok(results.len() < self.slice.limit)
        };
        let goes_on = match (after, within) {
            (Some(id), Some(_)) => examine(id, within)?,
            (_, _) => true,
        };
        let next = match goes_on {
            true => scan_records(view, RecordKind::Resource, after, |id| examine(id, None))?,
            false => after.cloned(),
        };
        let next = left.or(next.map(After::Record));
        Ok(self.found(&resolved, results, next))
    }

    fn actions(&self, directory: &dyn Directory) -> Result<Found<ActionName>, Problem> {
        let resolved = self.resolve(directory)?;
        let purpose = self.question.purpose()?;
        let (department, object) = (self.question.department()?, self.question.object()?);
        let (Ok(department), Ok(object)) = (department, object) else {
            return Ok(self.found(&resolved, Vec::new(), None));
        };
        let view = directory.view(resolved.as_of.height);
        let asked = Asked {
            department: &department,
            resource: &object.resource,
            purpose: purpose.as_ref(),
            at: resolved.judged(),
        };
        let allowed = judge(view.as_ref(), &asked, object.field)?.is_allowed();
        let read = ActionName {
            name: READ.to_owned(),
        };
        let results = allowed.then_some(read).into_iter().collect();
        Ok(self.found(&resolved, results, None))
    }

    fn found<T>(&self, resolved: &Resolved, results: Vec<T>, next: Option<After>) -> Found<T> {
        let cursor = next.map(|after| Cursor {
            height: resolved.as_of.height,
            instant: resolved.instant,
            scope: self.slice.scope,
            after,
        });
        Found {
            page: SearchPage {
                next_token: cursor.as_ref().map(Cursor::encode).unwrap_or_default(),
                count: u64::try_from(results.len()).unwrap_or(u64::MAX),
            },
            results,
            context: SearchContext {
                height: resolved.as_of.height,
                time: Time(resolved.instant),
            },
        }
    }
}

/// Which part of the results a question asks for, in the standard's own words.
fn asked_page(question: &Question) -> Result<Slice, Problem> {
    let page = question.page.as_ref();
    let limit = page.and_then(|page| page.limit);
    let limit = limit.unwrap_or(limits::LIMIT_DEFAULT);
    if limit == 0 || limit > limits::LIMIT_MAX {
        return Err(ProblemKind::BadParameter.with(format!(
            "`page.limit` is {limit}, it is 1 to {}. For more ask again with `page.next_token` of the answer as `page.token`",
            limits::LIMIT_MAX
        )));
    }
    let token = page.and_then(|page| page.token.as_deref());
    let token = token.filter(|token| !token.is_empty());
    let cursor = token.map(Cursor::decode).transpose().map_err(of_token)?;
    Ok(Slice {
        cursor,
        ..Slice::first(limit)
    })
}

/// A problem with a cursor, told of the token that it is here.
fn of_token(problem: Problem) -> Problem {
    if problem.code() != ProblemKind::BadCursor.code() {
        return problem;
    }
    ProblemKind::BadCursor.with(
        "`page.token` is no `page.next_token` of an answer to this question. Send that unchanged with the same question, or leave it out to begin anew",
    )
}

fn first_field(memo: &dyn View, code: &ResourceCode) -> Result<Option<FieldNumber>, Problem> {
    let Some(Record::Resource(resource)) = memo.record(&RecordId::Resource(code.clone()))? else {
        return Ok(None);
    };
    let entry = resource.in_force().map(|published| &published.entry);
    Ok(entry.and_then(|entry| entry.fields.first().map(|field| field.number)))
}

fn entity(kind: &str, id: String) -> Entity {
    Entity {
        kind: kind.to_owned(),
        id,
    }
}
