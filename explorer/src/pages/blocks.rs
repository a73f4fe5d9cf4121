//! Blocks and transactions.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{Height, TransactionId};
use serde::Deserialize;

use super::csv::csv;
use super::frame::{Frame, Point, Visit, given};
use super::sheet::{Atom, Column, Table, cell, numbers_in, records_in, words_in};
use super::{Asked, Paged, filters, show};
use crate::api::{
    BlockAnswer, BlockItem, Page, TransactionAnswer, TransactionItem, TransactionStatus,
};
use crate::directory::Directory;
use crate::http::{App, Params, Place, look_up, slice};
use crate::reading::{self, Slice};

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
pub(super) async fn blocks(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<ListQuery>>,
) -> Paged {
    let Params(query) = query?;
    if visit.asked("csv").is_some() {
        let read = |directory: &dyn Directory, slice: &Slice| {
            Ok(block_table(reading::blocks(directory, None, slice)?))
        };
        return csv(app, visit, "blocks".to_owned(), read).await;
    }
    let slice = slice(None, given(&query.cursor), BLOCKS_SHOWN, BLOCKS_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let blocks = reading::blocks(directory, None, &slice)?;
        Ok(BlocksPage {
            frame: Frame::now(visit, &directory.about(), blocks.as_of)
                .with_json("/api/v1/blocks", &Point::default()),
            blocks,
        })
    };
    show(&app, visit, read).await
}

const BLOCKS: &[Column] = &[
    numbers_in("height"),
    words_in("time"),
    numbers_in("transactions"),
    records_in("built-by"),
    words_in("hash"),
];

/// Blocks as a table, for CSV.
fn block_table(found: Page<BlockItem>) -> Table {
    let rows = found.items.into_iter().map(|block| {
        let builder = block.builder_department.as_ref();
        let builder = builder.map(|id| Atom::department(id, id.to_string()));
        vec![
            vec![Atom::Number(block.height.0)],
            vec![Atom::Time(block.time)],
            vec![Atom::Number(block.transaction_count)],
            cell(builder),
            vec![Atom::Hash(block.hash.to_string())],
        ]
    });
    Table::new("blocks", "blocks", "blocks-none", BLOCKS)
        .with(rows)
        .going_on(found.next_cursor)
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
pub(super) async fn block(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<u64>>,
) -> Paged {
    let Place(height) = place?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let height = Height(height);
        let block = reading::block(directory, height)?;
        let shown = block.transactions.iter().take(TRANSACTIONS_SHOWN).cloned();
        Ok(BlockPage {
            frame: Frame::now(visit, &directory.about(), block.as_of)
                .with_json(format!("/api/v1/blocks/{height}"), &Point::default()),
            shown: shown.collect(),
            previous: height.previous().filter(|before| *before > Height::GENESIS),
            next: Some(height.next()).filter(|next| *next <= directory.tip_moment().height),
            block,
        })
    };
    show(&app, visit, read).await
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
    visit: Visit,
    place: Asked<Place<TransactionId>>,
) -> Paged {
    let Place(id) = place?;
    let transaction = look_up(&app, id, Duration::ZERO, true).await?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let actions = transaction
            .content
            .iter()
            .flat_map(|content| &content.actions);
        Ok(TransactionPage {
            frame: Frame::now(visit, &directory.about(), transaction.as_of)
                .with_json(format!("/api/v1/transactions/{id}"), &Point::default()),
            actions: actions.take(ACTIONS_SHOWN).map(shown).collect(),
            transaction,
        })
    };
    show(&app, visit, read).await
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
