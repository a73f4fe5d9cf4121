//! Filling in the history before a snapshot, while the node runs.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use dirchain_ledger::snapshot::{Answer, Question};
use dirchain_storage::{FillState, Filled, StoreError};

use super::asker::Asker;
use crate::handle::Shared;
use crate::limits::{ASK_AGAIN_AFTER, FILL_PAUSE_MAX};

/// Fills until the history is whole or the node stops. What fails ends the node: the host looks for
/// it.
pub(crate) async fn fill_history(shared: Arc<Shared>) {
    if let Err(error) = fill(&shared).await {
        let mut failure = shared
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *failure = Some(error);
    }
}

async fn fill(shared: &Shared) -> Result<(), StoreError> {
    let begun = Instant::now();
    let Some(first) = shared.store.fill_state() else {
        return Ok(());
    };
    tracing::info!(
        "the history before height {} is fetched, from block {} on",
        first.base,
        first.next
    );
    while let Some(state) = shared.store.fill_state() {
        let busy = Instant::now();
        if tokio::task::block_in_place(|| shared.store.prepare_filling())? {
            fetch_and_fill(shared, state).await?;
        }
        pause(busy.elapsed()).await;
    }
    tracing::info!(
        "the history is whole: {} blocks filled in in {} s",
        first.base.0.saturating_sub(first.next.0),
        begun.elapsed().as_secs()
    );
    Ok(())
}

/// As long idle as busy: the round comes first.
async fn pause(busy: Duration) {
    tokio::time::sleep(busy.min(FILL_PAUSE_MAX)).await;
}

/// Asks a peer for the next blocks and puts them in their places.
async fn fetch_and_fill(shared: &Shared, state: FillState) -> Result<(), StoreError> {
    let network = shared
        .network
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let asker = Asker::new(network);
    let question = Question::Blocks {
        first: state.next,
        last: state.base,
    };
    // Another peer at each turn, so that one that has nothing does not hold it up.
    let peers = asker.peers();
    let turn = usize::try_from(state.next.0).unwrap_or(0);
    let count = peers.len().max(1);
    for (peer, _) in peers.iter().cycle().skip(turn % count).take(peers.len()) {
        asker.begin(*peer);
        let blocks = match asker.ask(*peer, &question).await {
            Ok(Answer::Blocks(blocks)) => blocks.blocks,
            Ok(_) => {
                asker.lied(*peer, &"an answer to another question");
                continue;
            }
            Err(_) => continue,
        };
        for (bytes, certificate) in &blocks {
            let busy = Instant::now();
            if !tokio::task::block_in_place(|| shared.store.prepare_filling())? {
                return Ok(());
            }
            let filled = tokio::task::block_in_place(|| shared.store.fill(bytes, certificate))?;
            match filled {
                Filled::More => {}
                Filled::Whole => return Ok(()),
                Filled::Foreign(what) => {
                    asker.lied(*peer, &what);
                    return Ok(());
                }
            }
            pause(busy.elapsed()).await;
        }
        return Ok(());
    }
    tokio::time::sleep(ASK_AGAIN_AFTER).await;
    Ok(())
}
