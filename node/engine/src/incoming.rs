//! Transactions that peers pass on, the cheapest look first: what cannot be right or be of use costs no signature.
//!
//! An honest node passes on what it has verified and holds for ready, so a wrong signature is its sender's own doing, and
//! refuses it for a while. A key or a number that does not fit is no offence: this node may lag, or the other.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dirchain_ledger::ids::{ChainId, TransactionId};
use dirchain_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use dirchain_ledger::view::Records as _;
use dirchain_network::{NetworkHandle, PeerId};
use dirchain_storage::Store;
use tokio::sync::mpsc;

use crate::limits::{REMEMBERED_FOR, REMEMBERED_MAX, REQUESTS_MAX};

/// Judges what comes, off the host's loop, in the order of arrival.
pub(crate) fn verify_incoming(
    mut incoming: mpsc::Receiver<(PeerId, Bytes)>,
    store: Store,
    network: NetworkHandle,
) -> mpsc::Receiver<VerifiedTransaction> {
    let (sender, receiver) = mpsc::channel(REQUESTS_MAX);
    tokio::spawn(async move {
        let mut looker = Looker::new(store);
        while let Some((peer, bytes)) = incoming.recv().await {
            match looker.look(&bytes, Instant::now()) {
                Look::Verified(transaction) => {
                    if sender.send(*transaction).await.is_err() {
                        return;
                    }
                }
                Look::Useless => network.left_out(&peer),
                Look::Forged(reason) => {
                    tracing::warn!(%peer, "sent a transaction that cannot be right: {reason}");
                    network.ban_forger(peer);
                }
            }
        }
    });
    receiver
}

/// What a transaction turned out to be.
#[derive(Debug)]
enum Look {
    /// Its signature is its author's.
    Verified(Box<VerifiedTransaction>),
    /// It could not get into a block: its signature was not verified.
    Useless,
    /// No honest node passes it on.
    Forged(String),
}

/// Looks at transactions.
struct Looker {
    store: Store,
    chain: ChainId,
    lately: Lately,
}

impl Looker {
    fn new(store: Store) -> Self {
        let chain = store.chain();
        Self {
            store,
            chain,
            lately: Lately::new(Instant::now()),
        }
    }

    fn look(&mut self, bytes: &Bytes, now: Instant) -> Look {
        let transaction = match SignedTransaction::decode(bytes) {
            Ok(transaction) => transaction,
            Err(error) => return Look::Forged(error.to_string()),
        };
        let id = transaction.id();
        if self.lately.contains(&id, now) || !self.is_wanted(&transaction) {
            return Look::Useless;
        }
        match transaction.verify(self.chain) {
            Ok(verified) => {
                self.lately.insert(id);
                Look::Verified(Box::new(verified))
            }
            Err(error) => Look::Forged(error.to_string()),
        }
    }

    /// Whether the ledger's end knows the key, the number is not used and the time not over. What the store cannot
    /// tell is looked at further: the host meets the same fault and stops.
    fn is_wanted(&self, transaction: &SignedTransaction) -> bool {
        let envelope = &transaction.envelope;
        let tip = self.store.tip();
        if envelope.not_after <= tip.time {
            return false;
        }
        match self.store.view(tip.height).key(&envelope.author) {
            Ok(key) => key.is_some_and(|key| envelope.sequence >= key.next_sequence),
            Err(_) => true,
        }
    }
}

/// Transactions that were verified a moment ago, so that copies of one cost nothing: for less time than passes until an
/// honest node sends one again, and only so many.
struct Lately {
    before: BTreeSet<TransactionId>,
    current: BTreeSet<TransactionId>,
    begun: Instant,
}

impl Lately {
    fn new(now: Instant) -> Self {
        Self {
            before: BTreeSet::new(),
            current: BTreeSet::new(),
            begun: now,
        }
    }

    fn contains(&mut self, id: &TransactionId, now: Instant) -> bool {
        let age: Duration = now.saturating_duration_since(self.begun);
        if age >= REMEMBERED_FOR || self.current.len() >= REMEMBERED_MAX {
            self.before = std::mem::take(&mut self.current);
            self.begun = now;
        }
        if age >= REMEMBERED_FOR.saturating_mul(2) {
            self.before.clear();
        }
        self.current.contains(id) || self.before.contains(id)
    }

    fn insert(&mut self, id: TransactionId) {
        self.current.insert(id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use dirchain_ledger::action::Action;
    use dirchain_ledger::codec::encode;
    use dirchain_ledger::crypto::SecretKey;
    use dirchain_ledger::ids::TimeMs;
    use dirchain_ledger::testing::{
        PROVIDER, administrator, entry, genesis, id, labelled_key, responsibility,
    };

    fn looker() -> (tempfile::TempDir, Looker) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("db"), &genesis()).unwrap();
        (dir, Looker::new(store))
    }

    fn signed(secret: &SecretKey, sequence: u64, after_ms: i64) -> SignedTransaction {
        let genesis = genesis();
        let until = TimeMs(genesis.time.0 + after_ms);
        let action = Action::DraftResource {
            code: id("103001/000001"),
            provider: id(PROVIDER),
            revision: 0,
            entry: entry(&responsibility(PROVIDER)),
        };
        SignedTransaction::new(secret, genesis.chain(), sequence, until, vec![action]).unwrap()
    }

    fn looked(looker: &mut Looker, transaction: &SignedTransaction, now: Instant) -> Look {
        looker.look(&Bytes::from(encode(transaction)), now)
    }

    #[test]
    fn what_cannot_get_into_a_block_costs_no_signature() {
        let (_dir, mut looker) = looker();
        let now = Instant::now();
        let known = administrator(PROVIDER);
        // Each is signed wrongly: whose signature is not looked at is not found out.
        let mut bent = |mut transaction: SignedTransaction| {
            transaction.signature.0[3] ^= 1;
            looked(&mut looker, &transaction, now)
        };
        let useless = [
            signed(&labelled_key("nobody's"), 1, 60_000),
            signed(&known, 0, 60_000),
            signed(&known, 1, 0),
        ];
        for transaction in useless {
            assert!(matches!(bent(transaction), Look::Useless));
        }
        assert!(matches!(bent(signed(&known, 1, 60_000)), Look::Forged(_)));
        let nothing = looker.look(&Bytes::from_static(b"no transaction"), now);
        assert!(matches!(nothing, Look::Forged(_)));
    }

    #[test]
    fn a_copy_is_left_out_for_less_time_than_passes_until_it_is_sent_again() {
        let (_dir, mut looker) = looker();
        let begun = Instant::now();
        let transaction = signed(&administrator(PROVIDER), 1, 60_000);
        let mut at = |ms: u64| looked(&mut looker, &transaction, begun + Duration::from_millis(ms));
        assert!(matches!(at(0), Look::Verified(_)));
        assert!(matches!(at(1), Look::Useless));
        let resent = u64::try_from(dirchain_consensus::limits::RESEND_AFTER_MS).unwrap();
        assert!(matches!(at(resent), Look::Verified(_)));
    }
}
