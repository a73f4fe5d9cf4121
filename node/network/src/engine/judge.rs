//! The caller's verdict on what a peer sent, before the engine gets it.
//!
//! Invariant: what makes a message genuine, or of use, is the caller's affair.

use std::sync::Arc;

use arc_malachitebft_core_types::Context;
use arc_malachitebft_engine::network::NetworkEvent;

/// What becomes of a message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The engine gets it, and judges it again. Also what cannot be told yet.
    Delivered,
    /// It is left out and counted: it cannot be of use at its height, and was not looked at any further.
    Untimely,
    /// No honest peer sends it, such as one with a wrong signature: its sender is refused for a while.
    Forged,
}

/// The verdict on a message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Verdict<H> {
    /// What becomes of it.
    pub fate: Fate,
    /// A tip that it shows its sender to have, where the engine's value sync should know at once. A peer may say any
    /// tip it likes, as in its status: what it is then asked for must be certified.
    pub shows: Option<H>,
}

impl<H> Verdict<H> {
    /// A verdict that shows nothing.
    pub fn of(fate: Fate) -> Self {
        Self { fate, shows: None }
    }
}

/// The caller's verdict on a message.
pub type Judge<Ctx> =
    Arc<dyn Fn(&NetworkEvent<Ctx>) -> Verdict<<Ctx as Context>::Height> + Send + Sync>;
