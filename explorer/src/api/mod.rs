//! What the HTTP interface answers: plain types, written by the handlers and read back by the
//! command line.
//!
//! Invariant: nothing here reads a ledger, renders a page or knows HTTP. A field is only ever added;
//! whoever parses ignores what it does not know.

mod authzen;
mod chain;
mod directory;
mod members;
mod problem;
mod records;
mod rehearsals;
mod search;
mod sharing;
mod time;

pub use authzen::*;
pub use chain::*;
pub use directory::*;
pub use members::*;
pub use problem::*;
pub use records::*;
pub use rehearsals::*;
pub use search::*;
pub use sharing::*;
pub use time::*;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The block after which the list stood so. Every further page of it holds for the same block.
    pub as_of: Moment,
    /// The items; may be empty although more follow, when a filtered scan stopped early.
    pub items: Vec<T>,
    /// Ask again with `?cursor=` and this for what follows; none at the end.
    pub next_cursor: Option<String>,
}
