//! The store and the guard, held to the ledger's own memory, to crashes and to damage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions,
    missing_docs
)]

mod child;
mod damage;
mod guard;
mod joining;
mod kill;
mod model;
mod opening;
mod recent;
mod snapshot;
mod undecided;
mod world;
