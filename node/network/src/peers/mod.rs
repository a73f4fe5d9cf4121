//! Who may connect, who is connected, and what each of them did.
//!
//! Invariant: no I/O and no engine types; queues are pushed, never awaited.

pub(crate) mod counters;
pub(crate) mod directory;
pub(crate) mod link;
pub(crate) mod relay;
pub(crate) mod seen;
pub(crate) mod status;
