//! The explorer's two doors, opened onto this node's store and engine.

mod directory;
mod evidence;
pub(crate) mod http;
mod metrics;
mod submit;

pub use directory::{NoDepartment, NodeDirectory};
pub use evidence::{NoteKey, evidence_routes};
pub(crate) use http::CONNECTIONS_MAX;
pub use submit::NodeSubmit;
