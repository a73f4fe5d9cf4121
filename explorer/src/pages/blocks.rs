//! Blocks and transactions.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::records::Role;
use serde::Deserialize;

use super::frame::{Frame, given};
use super::{Asked, Paged, filters, page_response};
use crate::api::{
    BlockAnswer, BlockItem, Page, TransactionAnswer, TransactionItem, TransactionStatus,
};
use crate::directory::Directory;
use crate::http::{App, Params, Place, look_up, slice};
use crate::reading;

const BLOCKS_SHOWN: usize = 30;
const TRANSACTIONS_SHOWN: usize = 200;
const ACTIONS_SHOWN: usize = 50;
const ACTION_CHARS_SHOWN: usize = 8_000;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "blocks.html")]
struct BlocksPage {
    frame: Frame,
    blocks: Page<BlockItem>,
}

/// `GET /blocks`
pub(super) async fn blocks(State(app): State<Arc<App>>, query: Asked<Params<ListQuery>>) -> Paged {
    let Params(query) = query?;
    let slice = slice(None, given(&query.cursor), BLOCKS_SHOWN, BLOCKS_SHOWN)?;
    let read = move |directory: &dyn Directory| {
        let blocks = reading::blocks(directory, None, &slice)?;
        Ok(BlocksPage {
            frame: Frame::now(&directory.about(), "/blocks", blocks.as_of),
            blocks,
        })
    };
    page_response(&app.read(read).await?)
}

#[derive(Template)]
#[template(path = "block.html")]
struct BlockPage {
    frame: Frame,
    block: BlockAnswer,
    shown: Vec<TransactionItem>,
    previous: Option<Height>,
    next: Option<Height>,
}

/// `GET /blocks/{height}`
pub(super) async fn block(State(app): State<Arc<App>>, place: Asked<Place<u64>>) -> Paged {
    let Place(height) = place?;
    let read = move |directory: &dyn Directory| {
        let height = Height(height);
        let block = reading::block(directory, height)?;
        let shown = block.transactions.iter().take(TRANSACTIONS_SHOWN).cloned();
        Ok(BlockPage {
            frame: Frame::now(&directory.about(), format!("/blocks/{height}"), block.as_of),
            shown: shown.collect(),
            previous: height.previous().filter(|before| *before > Height::GENESIS),
            next: Some(height.next()).filter(|next| *next <= directory.tip_moment().height),
            block,
        })
    };
    page_response(&app.read(read).await?)
}

/// An action as the page shows it: its name, and its content as JSON cut to a bound.
struct ShownAction {
    name: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "transaction.html")]
struct TransactionPage {
    frame: Frame,
    transaction: TransactionAnswer,
    actions: Vec<ShownAction>,
}

/// `GET /transactions/{id}`
pub(super) async fn transaction(
    State(app): State<Arc<App>>,
    place: Asked<Place<TransactionId>>,
) -> Paged {
    let Place(id) = place?;
    let transaction = look_up(&app, id, Duration::ZERO, true).await?;
    let actions = transaction
        .content
        .iter()
        .flat_map(|content| &content.actions);
    let about = app.directory.about();
    let page = TransactionPage {
        frame: Frame::now(&about, format!("/transactions/{id}"), transaction.as_of),
        actions: actions.take(ACTIONS_SHOWN).map(shown).collect(),
        transaction,
    };
    page_response(&page)
}

fn shown(action: &Action) -> ShownAction {
    let text = serde_json::to_string_pretty(action).unwrap_or_default();
    let mut cut: String = text.chars().take(ACTION_CHARS_SHOWN).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    ShownAction {
        name: action.name(),
        text: cut,
    }
}
