//! Questions about bindings, use, objections, findings, demands, obligations; clocks and scores.

use dirchain_explorer::api::{
    DeadlinesAnswer, DifferenceAnswer, InboxAnswer, RecordAnswer, RecordItem, ScoresAnswer,
    UseSpansAnswer,
};
use dirchain_ledger::ids::{DepartmentId, ResourceCode};
use dirchain_ledger::records::{Record, RecordId};

use super::reads::{PAGE_COUNT, at_query, segment};
use super::{At, Client, ClientError};

/// Where the interface serves a record of one of these kinds; none for other kinds.
fn place(id: &RecordId) -> Option<String> {
    let escaped = |text: String| text.replace('/', "%2F");
    let numbered = |name: &str, id: &dirchain_ledger::ids::SharingId| {
        format!("{name}/{}/{}", segment(&id.resource), id.number)
    };
    Some(match id {
        RecordId::Binding(id) => numbered("bindings", id),
        RecordId::Objection(id) => numbered("objections", id),
        RecordId::Obligation(id) => numbered("obligations", id),
        RecordId::Usage(id) => format!("usage/{}", escaped(id.to_string())),
        RecordId::ReceiptBatch(id) => format!("receipts/{}", escaped(id.to_string())),
        RecordId::Rating(id) => format!("ratings/{}", escaped(id.to_string())),
        RecordId::DataElement(code) => format!("elements/{code}"),
        RecordId::Finding(id) => format!("findings/{id}"),
        RecordId::Demand(id) => format!("demands/{id}"),
        RecordId::Proposal(id) => format!("proposals/{}", escaped(id.to_string())),
        _ => return None,
    })
}

impl Client {
    /// A record that the interface serves as the ledger holds it.
    pub fn record(&self, id: &RecordId, at: Option<At>) -> Result<RecordAnswer, ClientError> {
        let place = place(id).unwrap_or_else(|| "records".to_owned());
        self.get(&format!("/api/v1/{place}"), &at_query(at))
    }

    /// The revision of a record that has one.
    pub fn revision(&self, id: &RecordId) -> Result<u32, ClientError> {
        if let RecordId::Responsibility(code) = id {
            return Ok(self.responsibility(code, None)?.responsibility.revision);
        }
        Ok(match self.record(id, None)?.item.record {
            Record::Binding(record) => record.revision,
            Record::Objection(record) => record.revision,
            Record::Obligation(record) => record.revision,
            Record::Finding(record) => record.revision,
            Record::Demand(record) => record.revision,
            Record::Proposal(record) => record.revision,
            Record::DataElement(record) => record.revision,
            _ => 0,
        })
    }

    /// Records that a list serves, such as `resources/103001%2F000001/bindings` or `demands`.
    pub fn records(
        &self,
        list: &str,
        at: Option<At>,
        count_max: usize,
    ) -> Result<Vec<RecordItem>, ClientError> {
        self.list(&format!("/api/v1/{list}"), at_query(at), count_max)
    }

    /// Records of a list below an entry.
    pub fn records_of(
        &self,
        code: &ResourceCode,
        list: &str,
        at: Option<At>,
        count_max: usize,
    ) -> Result<Vec<RecordItem>, ClientError> {
        self.records(
            &format!("resources/{}/{list}", segment(code)),
            at,
            count_max,
        )
    }

    /// When a reader might use which fields of an entry, and on what basis.
    pub fn use_spans(
        &self,
        code: &ResourceCode,
        reader: &DepartmentId,
    ) -> Result<UseSpansAnswer, ClientError> {
        let path = format!("/api/v1/resources/{}/use-spans", segment(code));
        self.get(&path, &[("reader", reader.to_string())])
    }

    /// Who owes an answer.
    pub fn deadlines(
        &self,
        department: Option<&DepartmentId>,
        late_only: bool,
        count_max: usize,
        at: Option<At>,
    ) -> Result<DeadlinesAnswer, ClientError> {
        let mut query = at_query(at);
        query.push(("late", late_only.to_string()));
        query.push(("limit", count_max.to_string()));
        query.extend(department.map(|id| ("department", id.to_string())));
        self.get("/api/v1/deadlines", &query)
    }

    /// What awaits a department.
    pub fn inbox(
        &self,
        department: &DepartmentId,
        count_max: usize,
        at: Option<At>,
    ) -> Result<InboxAnswer, ClientError> {
        let mut query = at_query(at);
        query.push(("limit", count_max.to_string()));
        query.push(("department", department.to_string()));
        self.get("/api/v1/inbox", &query)
    }

    /// How departments score, all of them or one with its sub-units.
    pub fn scores(
        &self,
        department: Option<&DepartmentId>,
        at: Option<At>,
    ) -> Result<ScoresAnswer, ClientError> {
        let mut query = at_query(at);
        query.extend(department.map(|id| ("department", id.to_string())));
        query.push(("limit", PAGE_COUNT.to_string()));
        let asked = query.len();
        let mut all: ScoresAnswer = self.get("/api/v1/scores", &query)?;
        while let Some(cursor) = all.next_cursor.take() {
            query.truncate(asked);
            query.push(("cursor", cursor));
            let page: ScoresAnswer = self.get("/api/v1/scores", &query)?;
            all.items.extend(page.items);
            all.next_cursor = page.next_cursor;
        }
        Ok(all)
    }

    /// What differs between two versions of an entry, or a version and the draft.
    pub fn difference(
        &self,
        code: &ResourceCode,
        from: Option<u32>,
        to: Option<u32>,
        at: Option<At>,
    ) -> Result<DifferenceAnswer, ClientError> {
        let mut query = at_query(at);
        query.extend(from.map(|version| ("from", version.to_string())));
        query.extend(to.map(|version| ("to", version.to_string())));
        let path = format!("/api/v1/resources/{}/difference", segment(code));
        self.get(&path, &query)
    }
}
