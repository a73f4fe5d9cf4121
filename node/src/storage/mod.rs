//! Looking after a node's data: copies, putting them back, and looking whether all is whole.
//!
//! Invariant: keys, guard and the engine's log are in no copy, and nothing here writes them.

mod backup;
mod control;
mod doctor;
mod restore;

pub use backup::{Backup, BackupError};
pub use control::{Control, ControlError, ask};
pub use doctor::{Finding, examine, examine_backup};
pub use restore::{RestoreError, Restored, restore};
