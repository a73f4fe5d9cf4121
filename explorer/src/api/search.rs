//! Answers of a search.

use dirchain_ledger::ids::{DepartmentId, Height, ResponsibilityCode, TransactionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, ResourceItem};

/// `GET /api/v1/search`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchAnswer {
    /// The block for which this holds.
    pub as_of: Moment,
    /// Whether the index answered. Otherwise entries were looked at one after another: while the index is
    /// being made, or does not know that height yet.
    pub indexed: bool,
    /// Whether nothing fits as it was typed, so that these only come near.
    pub near: bool,
    /// How many entries fit in all, where the index counted them.
    pub total: Option<u64>,
    /// What the text names directly, then departments and responsibilities that it finds; on the
    /// first page only.
    pub hits: Vec<SearchHit>,
    /// Entries, best first; by code when no text was given.
    pub items: Vec<ResourceItem>,
    /// What the entries are counted by, where the index counted them.
    pub facets: Vec<SearchFacet>,
    /// Ask again with `?cursor=` and this for what follows, as of the same block and in the same order;
    /// none at the end.
    pub next_cursor: Option<String>,
}

/// Something other than an entry that a search finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SearchHit {
    /// A department.
    Department {
        /// Its id.
        id: DepartmentId,
        /// Its name.
        name: String,
    },
    /// A responsibility.
    Responsibility {
        /// Its code.
        code: ResponsibilityCode,
        /// What it is.
        title: String,
    },
    /// A block.
    Block {
        /// Its height.
        height: Height,
    },
    /// A transaction.
    Transaction {
        /// Its id.
        id: TransactionId,
    },
    /// Another record.
    Record {
        /// What it is, such as `application`.
        of: String,
        /// Its id.
        id: String,
    },
}

/// What found entries are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchFacet {
    /// The parameter that narrows to one of the values.
    pub facet: String,
    /// The values, most frequent first; at most 200.
    pub values: Vec<SearchFacetValue>,
}

/// A value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchFacetValue {
    /// The value, as the parameter takes it.
    pub value: String,
    /// How many entries have it.
    pub count: u64,
}
