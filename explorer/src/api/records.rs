//! Answers about bindings, use, objections, findings, demands, obligations: the ledger's records
//! with their ids, clocks and scores.

use dirchain_ledger::clocks::Duty;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode};
use dirchain_ledger::inbox::Awaited;
use dirchain_ledger::records::{Entry, Record, RecordId, RecordKind, Standing, UseBasis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, Time};

/// A record as the ledger holds it: its instants are milliseconds since 1970 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordItem {
    /// Its id, as people write it.
    pub id: String,
    /// The record, in a member named by its kind.
    #[schema(value_type = Object)]
    pub record: Record,
    /// Of a proposal, where it stands at the instant asked about: `open`, `in_force`, `rejected`,
    /// `taken_back`, or `lapsed`, which follows from the time alone and which the record does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub standing: Option<Standing>,
}

/// `GET /api/v1/bindings/{resource}/{number}` and its like
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The record.
    #[serde(flatten)]
    pub item: RecordItem,
}

/// A span of time during which a reader might use fields on one basis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UseSpanItem {
    /// The basis.
    pub basis: UseBasis,
    /// The basis as the ids of batches of receipts print it: `owner`, `v2`, `a3`.
    pub written: String,
    /// First instant: windows of receipts are cut there, to the millisecond.
    pub from: Time,
    /// First instant after; none while it lasts.
    pub to: Option<Time>,
    /// The fields.
    pub fields: Vec<FieldNumber>,
}

/// `GET /api/v1/resources/{code}/use-spans?reader=`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UseSpansAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The entry.
    pub resource: ResourceCode,
    /// Who reads.
    pub reader: DepartmentId,
    /// The spans.
    pub spans: Vec<UseSpanItem>,
}

/// Something owed and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadlineItem {
    /// Who owes it.
    pub department: DepartmentId,
    /// Its name.
    pub department_name: String,
    /// What is owed.
    pub duty: Duty,
    /// The kind of what it is about.
    pub kind: RecordKind,
    /// What it is about, as people write it.
    pub subject: String,
    /// The same for the pages, which link to it.
    #[serde(skip)]
    pub subject_id: Option<RecordId>,
    /// Since when.
    pub since: Time,
    /// The first instant that is too late.
    pub due: Time,
    /// Working days since it was due; none before.
    pub late_days: Option<u16>,
}

/// `GET /api/v1/deadlines`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadlinesAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The instant that was judged.
    pub instant: Time,
    /// How many there are.
    pub count: usize,
    /// How many of them are late.
    pub late: usize,
    /// The most urgent ones first, as many as were asked for.
    pub items: Vec<DeadlineItem>,
    /// Where the list goes on, if it does.
    pub next_cursor: Option<String>,
}

/// Something that awaits a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxItem {
    /// What is awaited: `approval`, `confirmation`, `notice`, `verdict`, `acceptance`, `reply`, or a duty.
    #[schema(value_type = String)]
    pub awaited: Awaited,
    /// The kind of what it is about.
    pub kind: RecordKind,
    /// What it is about, as people write it.
    pub subject: String,
    /// The same for the pages, which link to it.
    #[serde(skip)]
    pub subject_id: Option<RecordId>,
    /// Since when.
    pub since: Time,
    /// The first instant that is too late, or the end of a notice; none where it waits for ever.
    pub until: Option<Time>,
    /// Working days since it was due, of what is owed; none before.
    pub late_days: Option<u16>,
}

/// `GET /api/v1/inbox?department=`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The instant that was judged.
    pub instant: Time,
    /// Whose inbox it is.
    pub department: DepartmentId,
    /// How many things await it, those beyond the limit too.
    pub count: usize,
    /// The things, oldest first.
    pub items: Vec<InboxItem>,
}

/// What a department did, and its points for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScoreItem {
    /// Its name.
    pub name: String,
    /// The score.
    #[serde(flatten)]
    pub score: dirchain_ledger::clocks::Score,
}

/// `GET /api/v1/scores`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScoresAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The instant that was judged.
    pub instant: Time,
    /// How many there are.
    pub count: usize,
    /// The active departments, the best first, as many as were asked for.
    pub items: Vec<ScoreItem>,
    /// Where the list goes on, if it does.
    pub next_cursor: Option<String>,
}

/// `GET /api/v1/resources/{code}/versions/{version}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The entry.
    pub resource: ResourceCode,
    /// The version.
    pub version: u32,
    /// Since when it was in force.
    pub since: Moment,
    /// Until when; none while it is.
    pub to: Option<Moment>,
    /// What it says.
    pub entry: Entry,
}

/// `GET /api/v1/resources/{code}/difference`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DifferenceAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// The entry.
    pub resource: ResourceCode,
    /// What is compared: a version's number, or `draft`.
    pub from: String,
    /// With what.
    pub to: String,
    /// What differs, in the order of the entry.
    pub changes: Vec<dirchain_ledger::difference::Change>,
}
