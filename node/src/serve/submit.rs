//! What the explorer submits through: the running engine.

use std::time::Duration;

use dirchain_engine::EngineHandle;
use dirchain_explorer::{Submit, SubmitError, TransactionOutcome};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::TransactionId;
use dirchain_ledger::transaction::SignedTransaction;

/// A running engine, as the explorer submits to it.
pub struct NodeSubmit {
    engine: EngineHandle,
}

impl NodeSubmit {
    /// The engine behind a handle.
    pub fn new(engine: EngineHandle) -> Self {
        Self { engine }
    }
}

#[async_trait::async_trait]
impl Submit for NodeSubmit {
    async fn submit(&self, transaction: SignedTransaction) -> Result<TransactionId, SubmitError> {
        self.engine.submit(transaction).await.map_err(translated)
    }

    async fn outcome(&self, id: TransactionId, wait: Duration) -> TransactionOutcome {
        match self.engine.outcome(id, wait).await {
            Ok(outcome) => told(outcome),
            Err(error) => {
                tracing::error!(%error, "a transaction's outcome could not be read");
                TransactionOutcome::Unknown
            }
        }
    }

    async fn next_sequence(&self, author: &PublicKey) -> Option<u64> {
        self.engine.next_sequence(author)
    }
}

fn translated(error: dirchain_engine::SubmitError) -> SubmitError {
    use dirchain_engine::SubmitError as Engine;
    match error {
        Engine::Malformed(error) => SubmitError::Malformed(error),
        Engine::Rejected(rejection) => SubmitError::Rejected(*rejection),
        Engine::Busy { waiting } => SubmitError::Busy {
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
        },
        Engine::Stopping => SubmitError::Stopping,
        Engine::Store(error) => {
            tracing::error!(%error, "the state could not be read for a submission");
            SubmitError::Stopping
        }
    }
}

fn told(outcome: dirchain_engine::TransactionOutcome) -> TransactionOutcome {
    use dirchain_engine::TransactionOutcome as Engine;
    match outcome {
        Engine::Unknown => TransactionOutcome::Unknown,
        Engine::Waiting => TransactionOutcome::Waiting,
        Engine::Committed { height, index } => TransactionOutcome::Committed { height, index },
        Engine::Refused(rejection) => TransactionOutcome::Refused(rejection.as_ref().into()),
    }
}
