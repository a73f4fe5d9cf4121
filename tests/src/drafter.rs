//! Somebody who drafts catalogue entries without end: something to put into blocks.

use dirchain::devnet::Layout;
use dirchain::sample::SampleKey;
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::{Entry, Role};

/// A key that drafts entries under codes of its own.
#[derive(Clone)]
pub struct Drafter {
    /// The key.
    pub secret: SecretKey,
    department: DepartmentId,
    index: usize,
    next: u64,
}

impl Drafter {
    /// Everybody of a city who may draft.
    pub fn all(layout: &Layout) -> Vec<Self> {
        let keys = layout.city.keys.iter();
        let may_draft = keys.filter(|key| matches!(key.role, Role::Head | Role::Administrator));
        let drafter = |(index, key): (usize, &SampleKey)| Self {
            secret: key.secret.clone(),
            department: key.department.clone(),
            index,
            next: 0,
        };
        may_draft.enumerate().map(drafter).collect()
    }

    /// The next draft.
    pub fn action(&mut self) -> Action {
        self.next += 1;
        let code = format!(
            "3{:05}{:03}/{:06}",
            self.next / 1_000_000,
            self.index,
            self.next % 1_000_000
        );
        let entry: Entry = serde_json::from_value(serde_json::json!({
            "name": format!("measured entry {}", self.next),
            "abstract": "an entry of a usual length, drafted to measure how fast the chain takes it",
            "sharing": {"type": "unconditional"},
        }))
        .expect("a literal entry");
        Action::DraftResource {
            code: code.parse().expect("a literal code"),
            provider: self.department.clone(),
            revision: 0,
            entry,
        }
    }
}
