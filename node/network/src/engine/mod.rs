//! The engine's side: its actor outwards, decoding and subscribers inwards.
//!
//! Invariant: the only folder that is generic over the engine's `Context` and codec.

pub(crate) mod actor;
pub(crate) mod heard;
pub(crate) mod inbox;
pub(crate) mod judge;
