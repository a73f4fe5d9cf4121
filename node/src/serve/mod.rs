//! The explorer's two doors, opened onto this node's store and engine.

mod at_once;
mod directory;
mod evidence;
mod health;
pub(crate) mod http;
mod metrics;
mod proofs;
mod submit;
mod tls;
mod watch;

pub use at_once::AtOnce;
pub use directory::{NoDepartment, NodeDirectory};
pub use evidence::{NoteKey, evidence_routes};
pub(crate) use http::CONNECTIONS_MAX;
pub use proofs::NodeProofs;
pub use submit::NodeSubmit;
pub(crate) use tls::{TlsFiles, acceptor};
pub(crate) use watch::watch;
