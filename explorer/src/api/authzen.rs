//! Answers of the authorization interface (OpenID AuthZEN Authorization API 1.0): may this
//! department read this field?

use dirchain_ledger::access::Denial;
use dirchain_ledger::ids::{FieldNumber, Height};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Basis, Time};

/// `POST /access/v1/evaluation`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Yes or no.
    pub decision: bool,
    /// On what it rests.
    pub context: DecisionContext,
}

/// On what a decision rests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionContext {
    /// The height of the state that was judged; none when the question was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Height>,
    /// The instant that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// Why yes; of a whole entry, why its first field may be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The field that was judged; of a whole entry, the first that may not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldNumber>,
    /// Why no, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<Denial>,
    /// What is wrong with this question, where several were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<QuestionError>,
}

/// What is wrong with one question of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuestionError {
    /// The HTTP status that it would have had alone.
    pub status: u16,
    /// What is wrong, and what to do.
    pub message: String,
}

/// `POST /access/v1/evaluations`: the decisions, in the order of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decisions {
    /// The decisions; fewer than the questions when one of them ended the asking.
    pub evaluations: Vec<Decision>,
}

/// A subject or a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entity {
    /// `department`; `resource` or `field`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `D008`; `103001/000001`, or `103001/000001#3` for its field 3.
    pub id: String,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionName {
    /// `read`.
    pub name: String,
}

/// Where a search goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchPage {
    /// Ask again with this as `page.token`; empty at the end.
    pub next_token: String,
    /// How many results are on this page.
    pub count: u64,
}

/// For which state a search holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchContext {
    /// The height of that state.
    pub height: Height,
    /// The instant that was judged.
    pub time: Time,
}

/// `POST /access/v1/search/…`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Found<T> {
    /// The results; may be empty although more follow.
    pub results: Vec<T>,
    /// Where the search goes on.
    pub page: SearchPage,
    /// For which state it holds.
    pub context: SearchContext,
}

/// `GET /.well-known/authzen-configuration`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionPoint {
    /// This node, as its clients reach it.
    pub policy_decision_point: String,
    /// One question.
    pub access_evaluation_endpoint: String,
    /// Several questions.
    pub access_evaluations_endpoint: String,
    /// Who may do something.
    pub search_subject_endpoint: String,
    /// With what something may be done.
    pub search_resource_endpoint: String,
    /// What may be done.
    pub search_action_endpoint: String,
}
