//! Handing a transaction to a node, and learning what became of it.

use std::time::{Duration, Instant};

use dirchain_explorer::api::{Accepted, TransactionAnswer, TransactionStatus};
use dirchain_explorer::limits::WAIT_MS_MAX;
use dirchain_ledger::codec::encode;
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::language::Language;
use dirchain_ledger::transaction::SignedTransaction;

use super::{ANSWER_TIMEOUT, Client, ClientError, IfKnown};

/// Longest single question for an outcome; the node waits with its answer for as long.
const WAIT_STEP: Duration = Duration::from_millis(WAIT_MS_MAX);
/// Pause before asking again when the node is busy or knows nothing.
const PAUSE: Duration = Duration::from_millis(200);

/// Where a transaction took effect.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// In which block.
    pub height: Height,
    /// At which place in it.
    pub index: u32,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The node has not heard of it.
    Unknown,
    /// It waits for a block.
    Waiting,
    /// It took effect.
    Committed(Committed),
    /// The rules refuse it; nothing of it took effect.
    Refused {
        /// The reason's stable code.
        code: String,
        /// The reason in words, with what to do.
        message: String,
        /// The rule.
        rule: Option<String>,
    },
}

impl Outcome {
    fn of(status: TransactionStatus, language: Language) -> Self {
        match status {
            TransactionStatus::Waiting => Self::Waiting,
            TransactionStatus::Committed { at, index } => Self::Committed(Committed {
                height: at.height,
                index,
            }),
            TransactionStatus::Refused(refusal) => Self::Refused {
                message: refusal.told(language).to_owned(),
                code: refusal.code,
                rule: refusal.rule,
            },
        }
    }
}

impl Client {
    /// Hands a transaction to the node. Doing so twice does no harm.
    pub fn submit(&self, transaction: &SignedTransaction) -> Result<TransactionId, ClientError> {
        let body = encode(transaction);
        let accepted: Accepted =
            self.post("/api/v1/transactions", "application/octet-stream", &body)?;
        Ok(accepted.id)
    }

    /// As [`Client::submit`], again and again while the node is busy or slow, for at most `patience`.
    pub fn submit_patiently(
        &self,
        transaction: &SignedTransaction,
        patience: Duration,
    ) -> Result<TransactionId, ClientError> {
        let begun = Instant::now();
        loop {
            match self.submit(transaction) {
                Err(error) if error.is_passing() && begun.elapsed() < patience => {
                    std::thread::sleep(PAUSE);
                }
                answer => return answer,
            }
        }
    }

    /// What became of a transaction; answered once it is decided, after `wait` in any case, and never later than a
    /// node waits.
    pub fn outcome(&self, id: &TransactionId, wait: Duration) -> Result<Outcome, ClientError> {
        let wait = wait.min(WAIT_STEP);
        let query = [
            ("wait_ms", wait.as_millis().to_string()),
            ("content", "false".to_owned()),
        ];
        let path = format!("/api/v1/transactions/{id}");
        let timeout = ANSWER_TIMEOUT.saturating_add(wait);
        let answer = self.get_within::<TransactionAnswer>(&path, &query, timeout);
        let known = answer.if_known()?;
        Ok(known.map_or(Outcome::Unknown, |answer| {
            Outcome::of(answer.status, self.language)
        }))
    }

    /// Waits until a transaction took effect or was refused, for at most `patience`; then what is
    /// known is returned. A node that forgot it over a restart gets it again.
    pub fn wait_for(
        &self,
        transaction: &SignedTransaction,
        patience: Duration,
    ) -> Result<Outcome, ClientError> {
        let (id, begun) = (transaction.id(), Instant::now());
        loop {
            let left = patience.saturating_sub(begun.elapsed());
            let answer = self.outcome(&id, left);
            let over = begun.elapsed() >= patience;
            match answer {
                Ok(decided @ (Outcome::Committed(_) | Outcome::Refused { .. })) => {
                    return Ok(decided);
                }
                Ok(undecided) if over => return Ok(undecided),
                Ok(Outcome::Unknown) => {
                    std::thread::sleep(PAUSE);
                    self.submit_patiently(transaction, left)?;
                }
                Ok(Outcome::Waiting) => {}
                Err(error) if error.is_passing() && !over => std::thread::sleep(PAUSE),
                Err(error) => return Err(error),
            }
        }
    }
}
