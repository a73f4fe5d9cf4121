//! Importing a catalogue that another system published: what each of its entries becomes here.
//!
//! A format's module reads a file into a [`Catalogue`]; [`plan`] compares it with what the ledger
//! has and says for every row whether its entry is created, changed, unchanged or refused, and what
//! it lacks; [`batch()`] packs the actions into transactions. Whoever calls signs and submits them.
//!
//! Importing repeats safely: an entry keeps its code by its identifier, a row that did not change
//! since the last import leaves the entry alone, and what people completed here stays unless the
//! source now says something else.
//!
//! Invariant: no clock, no randomness, no I/O, and nothing of the file is dropped silently: a row
//! has an outcome, and what of it could not be kept is a [`Note`].

mod attributes;
mod batch;
mod catalogue;
mod codes;
pub mod dcat_ap;
pub mod dcat_us;
mod digest;
mod existing;
mod json;
mod merge;
mod note;
mod plan;
mod report;
pub mod sheet;
mod sub_units;

#[cfg(test)]
mod tests;

pub use batch::{BATCH_ACTIONS_MAX, BATCH_BYTES_MAX, batch};
pub use catalogue::{Catalogue, CatalogueError, Described, Own, Placed, Publisher, Reason, Row};
pub use existing::{Existing, ExistingEntry, KnownDepartment, SubUnit};
pub use note::Note;
pub use plan::{
    ENTRY_BYTES_MAX, Options, Plan, PlanError, PlannedDraft, Refused, Status, Unchanged, plan,
};
pub use report::{Line, Outcome, Report, SubUnitLine, Totals};
