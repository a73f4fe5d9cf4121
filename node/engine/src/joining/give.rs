//! Answering peers that join late.
//!
//! Invariant: a giver of answers is idle for as long as it was busy, so that peers who ask without
//! end take half of as many cores as there are givers, and votes go on.

use std::sync::Arc;
use std::time::Instant;

use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::limits::{SNAPSHOT_ANSWER_BYTES_MAX, SNAPSHOT_QUESTION_BYTES_MAX};
use dirchain_ledger::snapshot::{Answer, Question};
use dirchain_network::Fetch;
use dirchain_storage::{Store, StoreError};
use tokio::sync::{Mutex, mpsc};

use crate::limits::GIVERS;

/// Answers from a store until the network stops.
pub(crate) fn give(store: &Store, questions: mpsc::Receiver<Fetch>) {
    let questions = Arc::new(Mutex::new(questions));
    for _ in 0..GIVERS {
        let (store, questions) = (store.clone(), Arc::clone(&questions));
        tokio::spawn(async move {
            loop {
                let next = questions.lock().await.recv().await;
                let Some(fetch) = next else { return };
                let begun = Instant::now();
                answer_one(store.clone(), fetch).await;
                tokio::time::sleep(begun.elapsed()).await;
            }
        });
    }
}

async fn answer_one(store: Store, fetch: Fetch) {
    let peer = fetch.peer;
    let Ok(question) = decode::<Question, SNAPSHOT_QUESTION_BYTES_MAX>(&fetch.body) else {
        tracing::warn!(%peer, "asked something that is no question");
        return;
    };
    let answered = tokio::task::spawn_blocking(move || {
        let answer = answer(&store, &question)?;
        Ok::<_, StoreError>(encode(&answer))
    });
    match answered.await {
        Ok(Ok(bytes)) if bytes.len() <= SNAPSHOT_ANSWER_BYTES_MAX => {
            // Whoever asked may be gone.
            drop(fetch.reply.send(bytes.into()));
        }
        Ok(Ok(bytes)) => {
            let size_bytes = bytes.len();
            tracing::error!(%peer, size_bytes, "an answer is larger than answers may be, and not sent");
        }
        // The host meets a broken store at its next read; here nobody is answered.
        Ok(Err(error)) => tracing::error!(%peer, %error, "a peer's question could not be answered"),
        Err(error) => tracing::error!(%peer, %error, "a peer's question could not be answered"),
    }
}

/// What a store answers.
pub(crate) fn answer(store: &Store, question: &Question) -> Result<Answer, StoreError> {
    let answer = match question {
        Question::Offer => store.offer()?.map(Answer::Offer),
        Question::Headers { after, upto } => store
            .header_run(*after, *upto)?
            .map(|run| Answer::Headers(Box::new(run))),
        Question::Leaves {
            height,
            first,
            last,
            skip,
        } => {
            let skip = usize::try_from(*skip).unwrap_or(usize::MAX);
            store
                .leaves(*height, *first, *last, skip)?
                .map(Answer::Leaves)
        }
        Question::Blocks { first, last } => store.blocks(*first, *last)?.map(Answer::Blocks),
    };
    Ok(answer.unwrap_or(Answer::Unavailable))
}
