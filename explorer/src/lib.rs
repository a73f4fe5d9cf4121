//! The directory over HTTP: a JSON interface, pages and search.
//!
//! Invariant: it opens no database and joins no network. It reads through [`Directory`] and submits
//! through [`Submit`], and every answer says for which block it holds.

pub mod api;
mod at;
mod cursor;
mod dcat;
pub mod directory;
mod http;
pub mod limits;
mod pages;
pub mod problem;
pub mod proofs;
mod reading;
mod search;

pub use directory::{Directory, EventPlace, Submit, SubmitError, TransactionOutcome};
pub use http::{
    Access, Beside, Peer, Rate, Settings, TokenRole, Tokens, TokensError, router, router_with,
};
pub use pages::{Shown, word_in};
pub use proofs::Proofs;
