//! The explorer's two doors, opened onto this node's store and engine.

mod directory;
mod metrics;
mod submit;

pub use directory::{NoDepartment, NodeDirectory};
pub use submit::NodeSubmit;
