//! What actions would come to, asked of the node before anything is signed; what a department may
//! read.

use dirchain_explorer::api::{
    BasisKind, ReadableItem, RehearsalAnswer, RehearsalQuestion, Rehearsed,
};
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::language::Language;

use super::bulk::{Lot, lots};
use super::reads::{at_query, word};
use super::{At, Client, ClientError, Fate, Item};

impl Client {
    /// What an author's transactions would come to on the newest state, each on top of those
    /// before it that would take effect. Nothing is signed.
    pub fn rehearse(
        &self,
        author: PublicKey,
        transactions: Vec<Vec<Action>>,
        losses: bool,
    ) -> Result<RehearsalAnswer, ClientError> {
        let question = RehearsalQuestion {
            author,
            transactions,
            losses,
        };
        // Actions are plain records: they serialize, or the program is broken.
        let body = serde_json::to_vec(&question).unwrap_or_default();
        self.post("/api/v1/rehearsals", "application/json", &body)
    }

    /// What a department may read, at most `count_max` items.
    pub fn what_may(
        &self,
        department: &DepartmentId,
        basis: Option<BasisKind>,
        at: Option<At>,
        count_max: usize,
    ) -> Result<Vec<ReadableItem>, ClientError> {
        let mut query = at_query(at);
        query.extend(basis.map(|basis| ("basis", word(&basis))));
        let path = format!("/api/v1/departments/{department}/may-read");
        self.list(&path, query, count_max)
    }
}

/// Tells of each item whether it would take effect on the newest state, through `done`; as
/// [`send_all`](super::send_all), with nothing signed. An item is tried on top of some of those before it, so what
/// depends on another item belongs into one with it; what all depend on is `before`.
pub fn rehearse_all<T>(
    client: &Client,
    author: PublicKey,
    before: &[Action],
    items: impl IntoIterator<Item = Item<T>>,
    mut done: impl FnMut(T, Fate),
) -> Result<(), ClientError> {
    let first = usize::from(!before.is_empty());
    for lot in lots(items, REHEARSED_ACTIONS_MAX) {
        let (tags, actions) = parted(lot);
        let before = (!before.is_empty()).then(|| before.to_vec());
        let transactions = before.into_iter().chain(actions).collect();
        let answer = client.rehearse(author, transactions, false)?;
        let told = answer.transactions.into_iter().skip(first);
        for (tag, told) in tags.into_iter().zip(told) {
            done(tag, fate(told, client.language));
        }
    }
    Ok(())
}

/// Actions in one rehearsal: well within the work of a block, and its JSON within a question's
/// bound.
const REHEARSED_ACTIONS_MAX: usize = 256;

fn parted<T>(lot: Lot<T>) -> (Vec<T>, Vec<Vec<Action>>) {
    lot.into_iter().map(|item| (item.tag, item.actions)).unzip()
}

fn fate(told: Rehearsed, language: Language) -> Fate {
    match told.refusal {
        None => Fate::Passes,
        Some(refusal) => Fate::Refused {
            message: refusal.told(language).to_owned(),
            code: refusal.code,
            rule: refusal.rule,
        },
    }
}
