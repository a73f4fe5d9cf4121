//! OpenID AuthZEN Authorization API 1.0: a node as a policy decision point, for gateways that ask
//! before they serve.
//!
//! A subject is a department, the action is `read`, and what is read is a field of an entry or a
//! whole entry, which means every field of its version in force. Unknown types and names are
//! answered with no; only what is no question at all is an error.

mod question;
mod search;

pub(super) use search::{
    __path_search_action, __path_search_resource, __path_search_subject, search_action,
    search_resource, search_subject,
};

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use dirchain_ledger::access::{Verdict, may_read};
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Moment, PurposeCode, ResourceCode};
use dirchain_ledger::view::{Records, View};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::question::{FromObject, Question, bad, malformed, object_or_null};
use super::App;
use super::access::answer_shortly;
use super::extract::Answer;
use super::transactions::receive_json;
use crate::api::{
    Decision, DecisionContext, DecisionPoint, Decisions, Problem, QuestionError, Time,
};
use crate::at::{self, Resolved};
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::Memo;

/// This policy decision point
///
/// Where its parts are.
#[utoipa::path(get, path = "/.well-known/authzen-configuration", tag = "authzen",
    responses((status = 200, description = "The addresses", body = DecisionPoint)))]
pub(crate) async fn configuration(
    State(app): State<Arc<App>>,
) -> Result<Answer<DecisionPoint>, Problem> {
    let base = app.base_url().ok_or_else(|| {
        ProblemKind::NoSuchRoute.with_both(
            "This node does not know the address that clients reach it at. Its operator sets `http.public_url` in the configuration",
            "本节点不知道客户端访问它所用的地址。请由运维人员在配置中设置 `http.public_url`",
        )
    })?;
    let at = |path: &str| format!("{base}/access/v1/{path}");
    Ok(Answer(DecisionPoint {
        access_evaluation_endpoint: at("evaluation"),
        access_evaluations_endpoint: at("evaluations"),
        search_subject_endpoint: at("search/subject"),
        search_resource_endpoint: at("search/resource"),
        search_action_endpoint: at("search/action"),
        policy_decision_point: base.to_owned(),
    }))
}

/// One question
///
/// May a subject do something with a resource?
#[utoipa::path(post, path = "/access/v1/evaluation", tag = "authzen", request_body(content = Object,
    example = json!({"subject": {"type": "department", "id": "D005"}, "action": {"name": "read", "properties": {"purpose": "social-assistance"}}, "resource": {"type": "field", "id": "307001024/000001#2"}})),
    responses((status = 200, description = "The decision", body = Decision)))]
pub(crate) async fn evaluation(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Answer<Decision>, Problem> {
    let body = receive_json(&app, request).await?;
    let FromObject(question): FromObject<Question> =
        serde_json::from_slice(&body).map_err(|error| malformed(&error))?;
    decide_one(&app, question).await.map(Answer)
}

/// Several questions
///
/// Parts that the questions have in common stand beside them; how far to go on is in
/// `options.evaluations_semantic`.
#[utoipa::path(post, path = "/access/v1/evaluations", tag = "authzen", request_body(content = Object,
    example = json!({"subject": {"type": "department", "id": "D005"}, "action": {"name": "read"}, "options": {"evaluations_semantic": "execute_all"}, "evaluations": [{"resource": {"type": "field", "id": "307001024/000001#2"}}, {"resource": {"type": "field", "id": "307001024/000001#3"}}]})),
    responses((status = 200, description = "The decisions", body = Decisions)))]
pub(crate) async fn evaluations(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let body = receive_json(&app, request).await?;
    let mut asked: Batch = serde_json::from_slice(&body).map_err(|error| malformed(&error))?;
    let questions = asked.evaluations.take().unwrap_or_default();
    if questions.is_empty() {
        // Without any, this is the single question that the defaults make.
        let question = Question::parse(Value::Object(asked.defaults))?;
        return Ok(Answer(decide_one(&app, question).await?).into_response());
    }
    if questions.len() > limits::QUESTIONS_MAX {
        return Err(ProblemKind::TooBroad.with(format!(
            "{} questions were asked, at most {} are answered at a time. Ask in several requests",
            questions.len(),
            limits::QUESTIONS_MAX
        )));
    }
    let semantic = asked.options.unwrap_or_default().evaluations_semantic;
    let defaults = asked.defaults;
    let read =
        move |directory: &dyn Directory| decide_all(directory, &defaults, questions, semantic);
    Ok(Answer(app.read(read).await?).into_response())
}

#[derive(Deserialize)]
struct Batch {
    evaluations: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "object_or_null")]
    options: Option<Options>,
    #[serde(flatten)]
    defaults: Map<String, Value>,
}

#[derive(Default, Deserialize)]
struct Options {
    #[serde(default)]
    evaluations_semantic: Semantic,
}

/// How far several questions are answered.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Semantic {
    /// All of them.
    #[default]
    ExecuteAll,
    /// Up to the first no.
    DenyOnFirstDeny,
    /// Up to the first yes.
    PermitOnFirstPermit,
}

impl Semantic {
    fn ends_with(self, decision: bool) -> bool {
        match self {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !decision,
            Semantic::PermitOnFirstPermit => decision,
        }
    }
}

/// Answers one question on the event loop, unless its resource is known to take long.
async fn decide_one(app: &App, question: Question) -> Result<Decision, Problem> {
    let resource = question.object()?.ok().map(|object| object.resource);
    let work =
        move |directory: &dyn Directory| decide(directory, directory.tip_moment(), &question);
    answer_shortly(app, resource.as_ref(), work).await
}

/// Answers questions in their order, all for the chain's end as it is now.
fn decide_all(
    directory: &dyn Directory,
    defaults: &Map<String, Value>,
    questions: Vec<Value>,
    semantic: Semantic,
) -> Result<Decisions, Problem> {
    let tip = directory.tip_moment();
    let mut evaluations = Vec::new();
    for question in questions {
        let decision = with_defaults(defaults, question)
            .and_then(Question::parse)
            .and_then(|question| decide(directory, tip, &question));
        let decision = match decision {
            Ok(decision) => decision,
            Err(problem) if problem.status < 500 => mistaken(problem),
            Err(problem) => return Err(problem),
        };
        let ends = semantic.ends_with(decision.decision);
        evaluations.push(decision);
        if ends {
            break;
        }
    }
    Ok(Decisions { evaluations })
}

/// A question's own parts go before the common ones, each as a whole.
fn with_defaults(defaults: &Map<String, Value>, question: Value) -> Result<Value, Problem> {
    let Value::Object(own) = question else {
        return Err(bad("A question is a JSON object"));
    };
    let mut whole = defaults.clone();
    whole.extend(own);
    Ok(Value::Object(whole))
}

/// The point of the chain that a question asks about; the end is the same for all of one request.
fn resolve(
    directory: &dyn Directory,
    tip: Moment,
    question: &Question,
) -> Result<Resolved, Problem> {
    let at = question.at()?.unwrap_or(at::At::Height(tip.height));
    at::resolve(directory, Some(at))
}

fn decide(
    directory: &dyn Directory,
    tip: Moment,
    question: &Question,
) -> Result<Decision, Problem> {
    let resolved = resolve(directory, tip, question)?;
    let department = question.department()?;
    let object = question.object()?;
    let reads = question.reads()?;
    let purpose = question.purpose()?;
    let known = match (department, object, reads) {
        (Ok(department), Ok(object), Ok(())) => Ok((department, object)),
        (Err(unknown), _, _) | (_, Err(unknown), _) | (_, _, Err(unknown)) => Err(unknown),
    };
    let judged = match known {
        Ok((department, object)) => {
            let view = directory.view(resolved.as_of.height);
            let asked = Asked {
                department: &department,
                resource: &object.resource,
                purpose: purpose.as_ref(),
                at: resolved.judged(),
            };
            judge(view.as_ref(), &asked, object.field)?
        }
        Err(unknown) => Judged::Unknown(unknown),
    };
    Ok(decision(judged, &resolved))
}

/// Who would read what, for what, when; the field apart.
struct Asked<'q> {
    department: &'q DepartmentId,
    resource: &'q ResourceCode,
    purpose: Option<&'q PurposeCode>,
    at: Moment,
}

impl Asked<'_> {
    fn verdict(&self, view: &dyn View, field: FieldNumber) -> Result<Verdict, Problem> {
        let (department, resource) = (self.department, self.resource);
        Ok(may_read(
            view,
            department,
            resource,
            field,
            self.purpose,
            self.at,
        )?)
    }
}

enum Judged {
    Field(FieldNumber, Verdict),
    Unknown(question::Unknown),
}

impl Judged {
    fn is_allowed(&self) -> bool {
        matches!(self, Judged::Field(_, verdict) if verdict.is_allowed())
    }
}

/// Judges one field, or all of the version in force: the first that may not be read, or else the
/// first of them.
fn judge(
    view: &dyn View,
    asked: &Asked<'_>,
    field: Option<FieldNumber>,
) -> Result<Judged, Problem> {
    if let Some(field) = field {
        return Ok(Judged::Field(field, asked.verdict(view, field)?));
    }
    let memo = Memo::new(view);
    let Some(resource) = memo.resource(asked.resource)? else {
        return Ok(Judged::Unknown("unknown_resource"));
    };
    let entry = resource.in_force().map(|published| &published.entry);
    let fields = entry.map(|entry| &entry.fields[..]).unwrap_or_default();
    let mut first = None;
    for field in fields {
        let judged = Judged::Field(field.number, asked.verdict(&memo, field.number)?);
        if !judged.is_allowed() {
            return Ok(judged);
        }
        first.get_or_insert(judged);
    }
    Ok(first.unwrap_or(Judged::Unknown("not_published")))
}

fn decision(judged: Judged, resolved: &Resolved) -> Decision {
    let mut context = DecisionContext {
        height: Some(resolved.as_of.height),
        time: Some(Time(resolved.instant)),
        ..DecisionContext::default()
    };
    let decision = judged.is_allowed();
    match judged {
        Judged::Unknown(unknown) => context.reason = Some(unknown.to_owned()),
        Judged::Field(field, Verdict::Allowed(basis)) => {
            context.field = Some(field);
            context.basis = Some(basis.into());
        }
        Judged::Field(field, Verdict::Denied(denial)) => {
            let named = serde_json::to_value(&denial).unwrap_or_default();
            context.reason = named["reason"].as_str().map(str::to_owned);
            context.field = Some(field);
            context.denial = Some(denial);
        }
    }
    Decision { decision, context }
}

/// One question of several that is none.
fn mistaken(problem: Problem) -> Decision {
    let error = QuestionError {
        status: problem.status,
        message: problem.detail,
    };
    let context = DecisionContext {
        error: Some(error),
        ..DecisionContext::default()
    };
    Decision {
        decision: false,
        context,
    }
}

impl App {
    /// How clients reach this node, as its operator says: what a client writes into `Host` is not
    /// repeated to others as this node's own address.
    pub(super) fn base_url(&self) -> Option<&str> {
        let url = self.settings().public_url.as_deref();
        url.map(|url| url.trim_end_matches('/'))
    }
}
