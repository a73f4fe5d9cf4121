//! Blocks and transactions.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{Height, TransactionId};
use serde::Deserialize;

use super::actions::{self, Told};
use super::changes::Part;
use super::csv::csv;
use super::frame::{Frame, Point, Visit, given};
use super::sheet::{
    Atom, Cell, Column, FACTS_ID, Facts, Table, cell, facts_table, numbers_in, records_in,
    unknown_table, words_in,
};
use super::sheets::{Crumb, SheetPage, Shows, give};
use super::{Asked, Paged, filters, show, words};
use crate::api::{
    BlockAnswer, BlockItem, HeaderAnswer, Page, Problem, TransactionAnswer, TransactionStatus,
};
use crate::at::At;
use crate::directory::Directory;
use crate::http::{App, Params, Place, look_up, slice};
use crate::reading::{self, Reading, Slice};

const BLOCKS_SHOWN: usize = 30;
const TRANSACTIONS_SHOWN: usize = 200;
const ACTIONS_SHOWN: usize = 50;
const ACTION_CHARS_SHOWN: usize = 4_000;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "blocks.html")]
struct BlocksPage {
    frame: Frame,
    /// Whether the list begins with the newest block of its point.
    is_newest: bool,
    blocks: Page<BlockItem>,
}

/// `GET /blocks`
pub(super) async fn blocks(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<ListQuery>>,
) -> Paged {
    let Params(query) = query?;
    let point = Point::parse(visit.asked("at"))?;
    if visit.asked("csv").is_some() {
        let read = move |directory: &dyn Directory, slice: &Slice| {
            let found = Reading::of_slice(directory, point.at, slice)?.blocks(slice)?;
            Ok(block_table(found))
        };
        return csv(app, visit, "blocks".to_owned(), read).await;
    }
    let slice = slice(None, given(&query.cursor), BLOCKS_SHOWN, BLOCKS_SHOWN)?;
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        Ok(BlocksPage {
            frame: Frame::at(visit, &reading, &point).with_json("/api/v1/blocks", &point),
            is_newest: slice.cursor.is_none(),
            blocks: reading.blocks(&slice)?,
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

const TRANSACTIONS: &[Column] = &[
    words_in("transaction"),
    words_in("actions"),
    records_in("signed-by"),
];
const SIGNERS: &[Column] = &[
    records_in("department"),
    words_in("node"),
    words_in("signature"),
];

/// `GET /blocks/{height}`
pub(super) async fn block(
    State(app): State<Arc<App>>,
    visit: Visit,
    place: Asked<Place<u64>>,
) -> Paged {
    let Place(height) = place?;
    let height = Height(height);
    let is_export = visit.asked("csv").is_some();
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let block = reading::block(directory, height)?;
        let at = Reading::at(directory, Some(At::Height(height)))?;
        let frame = Frame::now(visit, &directory.about(), block.as_of)
            .with_json(format!("/api/v1/blocks/{height}"), &Point::default());
        let mut page = SheetPage::new(frame, filters::around(visit.lang, "block-number", height));
        page.shows = Shows::Always;
        page.crumbs = vec![Crumb::said("blocks", "/blocks")];
        let previous = height.previous().filter(|before| *before > Height::GENESIS);
        let next = Some(height.next()).filter(|next| *next <= directory.tip_moment().height);
        page.steps = (previous.map(Atom::block), next.map(Atom::block));
        page.facts = header_facts(&at, &block)?;
        let shown = match is_export {
            true => block.transactions.len(),
            false => TRANSACTIONS_SHOWN,
        };
        page.tables = vec![
            transactions(visit, &block, shown),
            certificate(visit, &block),
        ];
        Ok(page)
    };
    give(app, visit, format!("block-{height}"), read).await
}

fn header_facts(at: &Reading<'_>, block: &BlockAnswer) -> Result<Facts, Problem> {
    let HeaderAnswer {
        time,
        hash,
        parent,
        round,
        builder,
        transactions_root,
        header_log_root,
        state_root,
        validators_hash,
        next_validators_hash,
        rules_version,
        ..
    } = block.header;
    let department = match &block.builder_department {
        Some(id) => Some(at.department_atom(id)?),
        None => None,
    };
    let built = [
        Atom::SaysOf("in-round", round.to_string()),
        Atom::Code(builder.to_string()),
    ];
    let mut facts: Facts = vec![
        ("time", vec![Atom::Time(time)]),
        ("built-by", cell(department.into_iter().chain(built))),
    ];
    for (term, hash) in [
        ("hash", hash),
        ("parent", parent),
        ("state-root", state_root),
        ("transactions-root", transactions_root),
        ("header-log-root", header_log_root),
        ("validators-hash", validators_hash),
        ("next-validators-hash", next_validators_hash),
    ] {
        facts.push((term, vec![Atom::Hash(hash.to_string())]));
    }
    facts.push(("rules-version", vec![Atom::Number(rules_version.into())]));
    Ok(facts)
}

fn transactions(visit: &Visit, block: &BlockAnswer, shown: usize) -> Table {
    let rows = block.transactions.iter().take(shown).map(|item| {
        let mut names: Cell = item.actions.iter().cloned().map(Atom::Action).collect();
        if filters::Count::count(&names.len()) < item.action_count {
            let all = filters::count_text(visit.lang, "actions-in-all", item.action_count);
            names.push(Atom::Text(all));
        }
        vec![
            vec![Atom::transaction(&item.id)],
            names,
            Atom::signer(&item.signer),
        ]
    });
    let count = block.transactions.len();
    let hint = match count > shown {
        true => filters::counted(visit.lang, "transactions-first", shown, count),
        false => filters::count_text(visit.lang, "transactions-in-order", count),
    };
    let table = Table::new("transactions", "transactions", "block-empty", TRANSACTIONS);
    let mut table = table.with(rows);
    table.hint = Some(hint).filter(|_| count > 0);
    table
}

fn certificate(visit: &Visit, block: &BlockAnswer) -> Table {
    let mut table = Table::new("certificate", "certificate", "certificate-none", SIGNERS);
    let Some(found) = &block.certificate else {
        return table;
    };
    table.hint = Some(format!(
        "{} {}. {}",
        filters::counted(
            visit.lang,
            "certificate-signed",
            found.signers.len(),
            found.validator_count
        ),
        filters::around(visit.lang, "in-round", found.round),
        filters::count_text(visit.lang, "certificate-quorum", found.quorum),
    ));
    table.with(found.signers.iter().map(|signer| {
        let named = signer
            .department
            .as_ref()
            .zip(signer.department_name.clone());
        let who = match named {
            Some((id, name)) => Atom::department(id, name),
            None => Atom::SaysOf("member-index", signer.index.to_string()),
        };
        vec![
            vec![who],
            cell(signer.node.iter().map(|node| Atom::Code(node.to_string()))),
            vec![Atom::Short {
                path: None,
                text: signer.signature.to_string(),
            }],
        ]
    }))
}

/// An action as the page shows it: what it says, and as it was signed, cut to a bound.
struct ShownAction {
    name: &'static str,
    told: Told,
    signed: String,
}

#[derive(Template)]
#[template(path = "transaction.html")]
struct TransactionPage {
    frame: Frame,
    transaction: TransactionAnswer,
    facts: Facts,
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
    if let Some(name) = visit.asked("csv").map(str::to_owned) {
        let (file, lang) = (format!("transaction-{id}-{name}"), visit.lang);
        let read = move |directory: &dyn Directory, _: &Slice| match name.as_str() {
            FACTS_ID => Ok(facts_table(transaction_facts(&transaction))),
            "actions" => action_table(lang, shown(directory, &transaction, usize::MAX)?),
            other => Err(unknown_table(other)),
        };
        return csv(app, visit, file, read).await;
    }
    let read = move |directory: &dyn Directory, visit: &Visit| {
        Ok(TransactionPage {
            frame: Frame::now(visit, &directory.about(), transaction.as_of)
                .with_json(format!("/api/v1/transactions/{id}"), &Point::default()),
            facts: transaction_facts(&transaction),
            actions: shown(directory, &transaction, ACTIONS_SHOWN)?,
            transaction,
        })
    };
    show(&app, visit, read).await
}

/// Who signed a transaction and what became of it; a refusal's words are the template's.
fn transaction_facts(transaction: &TransactionAnswer) -> Facts {
    let mut facts = Facts::new();
    match &transaction.status {
        TransactionStatus::Waiting => {
            facts.push(("outcome", vec![Atom::Badge("outcome-waiting", "wait")]));
        }
        TransactionStatus::Committed { at, index } => {
            let place = Atom::SaysOf("place-in-block", index.to_string());
            let committed = Atom::Badge("outcome-committed", "yes");
            facts.push(("outcome", vec![committed, Atom::Moment(*at), place]));
        }
        TransactionStatus::Refused(refusal) => {
            let mut refused = vec![
                Atom::Badge("outcome-refused", "no"),
                Atom::text(&refusal.message_zh),
                Atom::text(&refusal.message),
                Atom::Code(refusal.code.to_string()),
            ];
            let rule = refusal.rule.as_ref();
            refused.extend(rule.map(|rule| Atom::SaysOf("rule", rule.to_string())));
            facts.push(("outcome", refused));
        }
    }
    if let Some(content) = &transaction.content {
        let key = content.signer.public_key.to_string();
        facts.extend([
            ("signed-by", Atom::signer(&content.signer)),
            ("key", vec![Atom::Hash(key)]),
            ("sequence", vec![Atom::Number(content.sequence)]),
            ("valid-until", vec![Atom::Time(content.not_after)]),
            ("signature", vec![Atom::Hash(content.signature.to_string())]),
        ]);
    }
    facts
}

/// The first actions of a transaction that took effect, told as its block left the records.
fn shown(
    directory: &dyn Directory,
    transaction: &TransactionAnswer,
    most: usize,
) -> Result<Vec<ShownAction>, Problem> {
    let TransactionStatus::Committed { at, index } = &transaction.status else {
        return Ok(Vec::new());
    };
    let reading = Reading::at(directory, Some(At::Height(at.height)))?;
    let actions = transaction
        .content
        .iter()
        .flat_map(|content| &content.actions);
    let mut shown = Vec::new();
    for (place, action) in (0u32..).zip(actions.take(most)) {
        let text = serde_json::to_string_pretty(action).unwrap_or_default();
        let mut signed: String = text.chars().take(ACTION_CHARS_SHOWN).collect();
        if signed.len() < text.len() {
            signed.push('…');
        }
        shown.push(ShownAction {
            name: action.name(),
            told: actions::told(&reading, action, (at.height, *index, place))?,
            signed,
        });
    }
    Ok(shown)
}

const ACTIONS: &[Column] = &[
    numbers_in("number"),
    words_in("action"),
    words_in("what"),
    records_in("fact-value"),
];

/// What every action says, a line for each of its terms.
fn action_table(lang: words::Lang, actions: Vec<ShownAction>) -> Result<Table, Problem> {
    let mut rows = Vec::new();
    for (number, action) in (0u64..).zip(actions) {
        let mut row = |term: Atom, held: Cell| {
            let name = Atom::Action(action.name.to_owned());
            rows.push(vec![
                vec![Atom::Number(number)],
                vec![name],
                vec![term],
                held,
            ]);
        };
        row(Atom::Says("about"), action.told.about);
        for (term, held) in action.told.facts {
            row(Atom::Says(term), held);
        }
        for table in action.told.tables {
            for line in &table.rows {
                let text = table.told_row(lang, line);
                row(Atom::Says(table.title), vec![Atom::Text(text)]);
            }
        }
    }
    Ok(Table::new("actions", "actions", "records-none", ACTIONS).with(rows))
}
