//! Packing actions into transactions.

use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::limits;

/// Bytes of a batch's actions: a transaction's bound less room for the envelope and signature.
pub const BATCH_BYTES_MAX: usize = limits::TRANSACTION_BYTES_MAX - 8 * 1024;
/// Actions in a batch.
pub const BATCH_ACTIONS_MAX: usize = limits::ACTIONS_MAX;

/// Packs actions, in their order, into as few transactions as their order allows. An action that
/// alone is larger than [`BATCH_BYTES_MAX`] has a batch of its own, which signing will refuse; a
/// [`super::Plan`] holds none.
pub fn batch(actions: Vec<Action>) -> Vec<Vec<Action>> {
    let mut batches = Vec::new();
    let mut current = Vec::new();
    let mut size_bytes = 0usize;
    for action in actions {
        let action_bytes = encode(&action).len();
        let is_full = size_bytes.saturating_add(action_bytes) > BATCH_BYTES_MAX
            || current.len() >= BATCH_ACTIONS_MAX;
        if is_full && !current.is_empty() {
            batches.push(std::mem::take(&mut current));
            size_bytes = 0;
        }
        size_bytes = size_bytes.saturating_add(action_bytes);
        current.push(action);
    }
    if !current.is_empty() {
        batches.push(current);
    }
    batches
}
