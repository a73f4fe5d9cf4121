//! Questions to a node, one method for each. What the ledger does not have is an error that says so
//! in the node's words; [`IfKnown`] makes it none.

use dirchain_explorer::api::{
    AccessAnswer, ApplicationAnswer, ApplicationItem, ApplicationState, AuthorizationAnswer,
    AuthorizationItem, AuthorizationState, BlockAnswer, DepartmentAnswer, DepartmentItem,
    Direction, HistoryItem, KeyAnswer, MembersAnswer, NodeItem, Page, ParametersAnswer,
    ReadersAnswer, Readiness, ResourceAnswer, ResourceItem, ResponsibilityAnswer, Status,
    TransactionAnswer,
};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{
    ChainId, DepartmentId, FieldNumber, Height, PurposeCode, ResourceCode, ResponsibilityCode,
    SharingId, TransactionId,
};
use dirchain_ledger::limits;
use dirchain_ledger::records::ResourceStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{At, Client, ClientError};

/// Whether one department may read one field.
#[derive(Clone, Debug)]
pub struct AccessQuestion {
    /// Who would read.
    pub department: DepartmentId,
    /// What.
    pub resource: ResourceCode,
    /// Which field.
    pub field: FieldNumber,
    /// What for; none when any purpose granted will do.
    pub purpose: Option<PurposeCode>,
}

/// Which entries a list shows; everything when nothing is set.
#[derive(Clone, Debug, Default)]
pub struct ResourceFilter {
    /// Entries of this department.
    pub provider: Option<DepartmentId>,
    /// Entries that stand here.
    pub status: Option<ResourceStatus>,
    /// Entries whose code, name or abstract holds this.
    pub text: Option<String>,
    /// The list as it was then.
    pub at: Option<At>,
}

/// What has a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A catalogue entry.
    Resource(ResourceCode),
    /// A department.
    Department(DepartmentId),
}

/// Which applications or authorizations of a department a list shows.
#[derive(Clone, Debug, Default)]
pub struct SharingFilter<State> {
    /// Those on its entries, or its own.
    pub direction: Direction,
    /// Those that stand here.
    pub state: Option<State>,
    /// The list as it was then.
    pub at: Option<At>,
}

impl<State: Serialize> SharingFilter<State> {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = at_query(self.at);
        query.push(("direction", word(&self.direction)));
        query.extend(self.state.as_ref().map(|state| ("state", word(state))));
        query
    }
}

/// Items asked for at a time; the most that a node gives.
pub(super) const PAGE_COUNT: usize = 1_000;
/// The same for a history, whose items each cost the node a block.
const HISTORY_PAGE_COUNT: usize = 200;

/// An entry's code within a path, where a slash would divide it.
pub(super) fn segment(code: &ResourceCode) -> String {
    code.as_str().replace('/', "%2F")
}

/// The word of an enum without content, as addresses and JSON have it.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        // The node answers that there is no such word.
        Err(error) => error.to_string(),
    }
}

pub(super) fn at_query(at: Option<At>) -> Vec<(&'static str, String)> {
    at.map(|at| ("at", at.to_string())).into_iter().collect()
}

impl Client {
    /// The chain, its end, and how the node takes part.
    pub fn status(&self) -> Result<Status, ClientError> {
        self.get("/api/v1/status", &[])
    }

    /// The chain's id, checked against the caller's own where it has one.
    pub fn chain(&self, expected: Option<ChainId>) -> Result<ChainId, ClientError> {
        let found = self.status()?.about.chain;
        match expected {
            Some(expected) if expected != found => Err(ClientError::OtherChain {
                url: self.url().to_owned(),
                found: found.to_string(),
                expected: expected.to_string(),
            }),
            Some(_) | None => Ok(found),
        }
    }

    /// Whether the node's answers are fit for use; `false` also while nobody listens.
    pub fn is_ready(&self) -> bool {
        self.get::<Readiness>("/readyz", &[])
            .is_ok_and(|readiness| readiness.ready)
    }

    /// A registered key.
    pub fn key(&self, key: &PublicKey) -> Result<KeyAnswer, ClientError> {
        self.get(&format!("/api/v1/keys/{key}"), &[])
    }

    /// A department.
    pub fn department(
        &self,
        id: &DepartmentId,
        at: Option<At>,
    ) -> Result<DepartmentAnswer, ClientError> {
        self.get(&format!("/api/v1/departments/{id}"), &at_query(at))
    }

    /// Every department.
    pub fn departments(&self) -> Result<Vec<DepartmentItem>, ClientError> {
        self.departments_with(None, None, usize::MAX)
    }

    /// Departments whose id or name holds a text, at most `count_max`.
    pub fn departments_with(
        &self,
        text: Option<&str>,
        at: Option<At>,
        count_max: usize,
    ) -> Result<Vec<DepartmentItem>, ClientError> {
        let mut query = at_query(at);
        query.extend(text.map(|text| ("text", text.to_owned())));
        self.list("/api/v1/departments", query, count_max)
    }

    /// A responsibility.
    pub fn responsibility(
        &self,
        code: &ResponsibilityCode,
        at: Option<At>,
    ) -> Result<ResponsibilityAnswer, ClientError> {
        self.get(&format!("/api/v1/responsibilities/{code}"), &at_query(at))
    }

    /// An entry.
    pub fn resource(
        &self,
        code: &ResourceCode,
        at: Option<At>,
    ) -> Result<ResourceAnswer, ClientError> {
        self.get(
            &format!("/api/v1/resources/{}", segment(code)),
            &at_query(at),
        )
    }

    /// The entries that a filter leaves, at most `count_max`.
    pub fn resources(
        &self,
        filter: &ResourceFilter,
        count_max: usize,
    ) -> Result<Vec<ResourceItem>, ClientError> {
        let mut query = at_query(filter.at);
        let text = filter.text.as_ref();
        query.extend(text.map(|text| ("text", text.clone())));
        if let Some(provider) = &filter.provider {
            query.push(("provider", provider.to_string()));
        }
        if let Some(status) = filter.status {
            query.push(("status", word(&status)));
        }
        self.list("/api/v1/resources", query, count_max)
    }

    /// Every entry of a department and of its sub-units.
    pub fn resources_below(
        &self,
        department: &DepartmentId,
    ) -> Result<Vec<ResourceItem>, ClientError> {
        let prefix = format!("{department}.");
        let mut entries = Vec::new();
        for found in self.departments()? {
            if found.id == *department || found.id.as_str().starts_with(&prefix) {
                let filter = ResourceFilter {
                    provider: Some(found.id),
                    ..ResourceFilter::default()
                };
                entries.extend(self.resources(&filter, usize::MAX)?);
            }
        }
        Ok(entries)
    }

    /// Who may read an entry's fields, or one of them.
    pub fn readers(
        &self,
        code: &ResourceCode,
        field: Option<FieldNumber>,
        at: Option<At>,
    ) -> Result<ReadersAnswer, ClientError> {
        let mut query = at_query(at);
        query.extend(field.map(|field| ("field", field.to_string())));
        self.get(
            &format!("/api/v1/resources/{}/readers", segment(code)),
            &query,
        )
    }

    /// Whether a department may read a field, and why.
    pub fn access(
        &self,
        question: &AccessQuestion,
        at: Option<At>,
    ) -> Result<AccessAnswer, ClientError> {
        let mut query = at_query(at);
        query.push(("department", question.department.to_string()));
        query.push(("resource", question.resource.to_string()));
        query.push(("field", question.field.to_string()));
        let purpose = question.purpose.as_ref();
        query.extend(purpose.map(|purpose| ("purpose", purpose.to_string())));
        self.get("/api/v1/access-check", &query)
    }

    /// What touched an entry or a department, newest first, at most `count_max` events.
    pub fn history(
        &self,
        subject: &Subject,
        count_max: usize,
    ) -> Result<Vec<HistoryItem>, ClientError> {
        let path = match subject {
            Subject::Resource(code) => format!("/api/v1/resources/{}/history", segment(code)),
            Subject::Department(id) => format!("/api/v1/departments/{id}/history"),
        };
        let limit = count_max.clamp(1, HISTORY_PAGE_COUNT);
        self.pages(&path, vec![("limit", limit.to_string())], count_max)
    }

    /// What a department's keys signed, newest first, at most `count_max` actions.
    pub fn acts(
        &self,
        department: &DepartmentId,
        count_max: usize,
    ) -> Result<Vec<HistoryItem>, ClientError> {
        let path = format!("/api/v1/departments/{department}/acts");
        let limit = count_max.clamp(1, HISTORY_PAGE_COUNT);
        self.pages(&path, vec![("limit", limit.to_string())], count_max)
    }

    /// A department's applications, at most `count_max`.
    pub fn applications(
        &self,
        department: &DepartmentId,
        filter: &SharingFilter<ApplicationState>,
        count_max: usize,
    ) -> Result<Vec<ApplicationItem>, ClientError> {
        let path = format!("/api/v1/departments/{department}/applications");
        self.list(&path, filter.query(), count_max)
    }

    /// A department's authorizations, at most `count_max`.
    pub fn authorizations(
        &self,
        department: &DepartmentId,
        filter: &SharingFilter<AuthorizationState>,
        count_max: usize,
    ) -> Result<Vec<AuthorizationItem>, ClientError> {
        let path = format!("/api/v1/departments/{department}/authorizations");
        self.list(&path, filter.query(), count_max)
    }

    /// An application.
    pub fn application(
        &self,
        id: &SharingId,
        at: Option<At>,
    ) -> Result<ApplicationAnswer, ClientError> {
        let SharingId { resource, number } = id;
        let path = format!("/api/v1/applications/{}/{number}", segment(resource));
        self.get(&path, &at_query(at))
    }

    /// An authorization.
    pub fn authorization(
        &self,
        id: &SharingId,
        at: Option<At>,
    ) -> Result<AuthorizationAnswer, ClientError> {
        let SharingId { resource, number } = id;
        let path = format!("/api/v1/authorizations/{}/{number}", segment(resource));
        self.get(&path, &at_query(at))
    }

    /// A block.
    pub fn block(&self, height: Height) -> Result<BlockAnswer, ClientError> {
        self.get(&format!("/api/v1/blocks/{height}"), &[])
    }

    /// A transaction that the node has heard of.
    pub fn transaction(&self, id: &TransactionId) -> Result<TransactionAnswer, ClientError> {
        self.get(&format!("/api/v1/transactions/{id}"), &[])
    }

    /// Who votes, and what is agreed about that.
    pub fn members(&self, at: Option<At>) -> Result<MembersAnswer, ClientError> {
        self.get("/api/v1/members", &at_query(at))
    }

    /// The registered nodes, as the ledger has them now.
    pub fn nodes(&self) -> Result<Vec<NodeItem>, ClientError> {
        self.list("/api/v1/nodes", Vec::new(), limits::NODES_MAX)
    }

    /// Parameters, offices and validators.
    pub fn parameters(&self, at: Option<At>) -> Result<ParametersAnswer, ClientError> {
        self.get("/api/v1/parameters", &at_query(at))
    }

    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        mut query: Vec<(&'static str, String)>,
        count_max: usize,
    ) -> Result<Vec<T>, ClientError> {
        query.push(("limit", count_max.clamp(1, PAGE_COUNT).to_string()));
        self.pages(path, query, count_max)
    }

    /// The items of a list's pages, all of them for one block, up to `count_max`.
    fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        mut query: Vec<(&'static str, String)>,
        count_max: usize,
    ) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        let filters = query.len();
        loop {
            let page: Page<T> = self.get(path, &query)?;
            items.extend(page.items);
            let next = page.next_cursor.filter(|_| items.len() < count_max);
            let Some(cursor) = next else {
                items.truncate(count_max);
                return Ok(items);
            };
            query.truncate(filters);
            query.push(("cursor", cursor));
        }
    }
}
