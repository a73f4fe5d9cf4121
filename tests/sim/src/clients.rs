//! Those who sign transactions: each offers one at a time, to any node, until it is on the chain.

use std::sync::Arc;

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use dirchain_ledger::view::Records as _;

use crate::city::{Author, City};
use crate::invariants::Transactions;
use crate::random::Random;

/// How long a client waits before it offers its transaction to another node.
const PATIENCE_US: u64 = 3_000_000;

#[derive(Debug)]
struct Open {
    transaction: VerifiedTransaction,
    offered_us: u64,
    is_refused: bool,
}

/// One author at work.
#[derive(Debug)]
pub struct Client {
    author: Author,
    city: Arc<City>,
    open: Option<Open>,
    last: Option<VerifiedTransaction>,
    committed: u64,
}

impl Client {
    /// A client that has signed nothing yet.
    pub fn new(author: Author, city: &Arc<City>) -> Self {
        Self {
            author,
            city: Arc::clone(city),
            open: None,
            last: None,
            committed: 0,
        }
    }

    /// How many of its transactions are on the chain.
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Who signs.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// What it offered, was not refused, and is not on the chain yet.
    pub fn owed(&self) -> Option<&VerifiedTransaction> {
        let open = self.open.as_ref().filter(|open| !open.is_refused)?;
        Some(&open.transaction)
    }

    /// A node said no to this one.
    pub fn refused(&mut self, id: &dirchain_ledger::ids::TransactionId) {
        if let Some(open) = &mut self.open
            && open.transaction.id() == *id
        {
            open.is_refused = true;
        }
    }

    /// What it offers now, if anything; `clock` is the time on its wall.
    ///
    /// `wanted` is what the ledger asks of the author; without it, the author signs something of
    /// its own.
    pub fn look(
        &mut self,
        now_us: u64,
        clock: TimeMs,
        ledger: &Transactions,
        wanted: Option<Action>,
        random: &mut Random,
    ) -> Option<VerifiedTransaction> {
        if let Some(open) = &self.open
            && ledger.place(&open.transaction.id()).is_some()
        {
            self.committed += 1;
            self.last = self.open.take().map(|open| open.transaction);
        }
        // A client that missed the answer offers again what is on the chain already.
        if random.chance(100_000)
            && let Some(last) = &self.last
        {
            return Some(last.clone());
        }
        match &mut self.open {
            Some(open) if !open.is_refused => {
                if now_us < open.offered_us + PATIENCE_US {
                    return None;
                }
                open.offered_us = now_us;
                if clock > open.transaction.envelope().not_after {
                    self.open = None;
                    return None;
                }
                Some(open.transaction.clone())
            }
            Some(_) | None => {
                let action = wanted.or_else(|| self.author.action(&self.city.chain, random))?;
                let transaction = self.sign(action, clock, ledger, random);
                self.open = Some(Open {
                    transaction: transaction.clone(),
                    offered_us: now_us,
                    is_refused: false,
                });
                Some(transaction)
            }
        }
    }

    fn sign(
        &self,
        action: Action,
        clock: TimeMs,
        ledger: &Transactions,
        random: &mut Random,
    ) -> VerifiedTransaction {
        let public = self.author.secret.public();
        let key = ledger.state().key(&public).expect("the referee's state");
        let sequence = key.map_or(1, |key| key.next_sequence);
        let lasts_ms = if random.chance(100_000) {
            2_000
        } else {
            3_600_000
        };
        let not_after = TimeMs(clock.0 + lasts_ms);
        let chain = self.city.chain;
        SignedTransaction::new(
            &self.author.secret,
            chain,
            sequence,
            not_after,
            vec![action],
        )
        .and_then(|signed| signed.verify(chain))
        .expect("a genuine transaction")
    }
}
