//! The caller's verdict on what a peer sent, before the engine gets it.
//!
//! Invariant: what makes a message genuine is the caller's affair.

use std::sync::Arc;

use arc_malachitebft_engine::network::NetworkEvent;

/// False for a message that no honest peer sends, such as one with a wrong signature. What cannot be told
/// yet is let through: the engine judges it again.
pub type Judge<Ctx> = Arc<dyn Fn(&NetworkEvent<Ctx>) -> bool + Send + Sync>;
