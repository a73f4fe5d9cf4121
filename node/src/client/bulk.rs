//! Many actions by one author, packed into few transactions; each item ends up with its own fate.
//!
//! A transaction is all or nothing, so one bad item takes its neighbours down. Whatever was refused
//! is sent again in halves, until the bad ones stand alone.

use std::collections::VecDeque;

use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::ids::Height;
use dirchain_ledger::limits;

use super::{Author, AuthorError, Client, ClientError, Outcome, Pipeline};

/// Transactions under way at a time.
const WINDOW: usize = 8;
/// Actions in one transaction: few enough that splitting a refused one is quick.
pub const LOT_ACTIONS_MAX: usize = 64;
/// Bytes of one transaction's actions; the rest is left to the envelope.
const LOT_BYTES_MAX: usize = limits::TRANSACTION_BYTES_MAX - 8 * 1024;

/// Actions that belong together, with what the sender knows them by.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// What it is.
    pub tag: T,
    /// What it does, in one transaction.
    pub actions: Vec<Action>,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It took effect.
    Committed(Height),
    /// It would take effect; nothing was signed.
    Passes,
    /// The rules refuse it.
    Refused {
        /// The reason's stable code.
        code: String,
        /// The reason in words.
        message: String,
        /// The rule, where it is one.
        rule: Option<String>,
    },
}

pub(super) type Lot<T> = Vec<Item<T>>;

/// Sends items in their order and tells the fate of each through `done`.
pub fn send_all<T>(
    client: &Client,
    author: &mut Author,
    items: Vec<Item<T>>,
    actions_max: usize,
    mut done: impl FnMut(T, Fate),
) -> Result<(), AuthorError> {
    let mut waiting: VecDeque<Lot<T>> = lots(items, actions_max).collect();
    let mut pipeline: Pipeline<'_, Lot<T>> = Pipeline::new(client, WINDOW);
    loop {
        let Some(lot) = waiting.pop_front() else {
            pipeline.finish()?;
            settle(&mut pipeline, &mut waiting, &mut done);
            if waiting.is_empty() {
                return Ok(());
            }
            author.resume(client)?;
            continue;
        };
        let actions = lot.iter().flat_map(|item| item.actions.clone()).collect();
        if let Err((lot, error)) = pipeline.send_or_return(author, actions, lot) {
            let refusal = refusal(error)?;
            // What is under way may be what this lot was judged on.
            pipeline.finish()?;
            split(lot, &mut waiting, &mut done, refusal);
            settle(&mut pipeline, &mut waiting, &mut done);
            author.resume(client)?;
        } else if settle(&mut pipeline, &mut waiting, &mut done) {
            pipeline.finish()?;
            settle(&mut pipeline, &mut waiting, &mut done);
            author.resume(client)?;
        }
    }
}

/// Tells the fate of what was decided, and puts what was refused back. Whether any was.
fn settle<T>(
    pipeline: &mut Pipeline<'_, Lot<T>>,
    waiting: &mut VecDeque<Lot<T>>,
    done: &mut impl FnMut(T, Fate),
) -> bool {
    let mut was_refused = false;
    for sent in pipeline.take_decided().into_iter().rev() {
        match sent.outcome {
            Outcome::Committed(committed) => {
                for item in sent.tag {
                    done(item.tag, Fate::Committed(committed.height));
                }
            }
            // A gap: the transaction before it was refused, not this one.
            Outcome::Refused { code, .. } if code == "sequence-ahead" => {
                was_refused = true;
                waiting.push_front(sent.tag);
            }
            Outcome::Refused {
                code,
                message,
                rule,
            } => {
                was_refused = true;
                let refusal = Fate::Refused {
                    code,
                    message,
                    rule,
                };
                split(sent.tag, waiting, done, refusal);
            }
            Outcome::Waiting | Outcome::Unknown => {
                for item in sent.tag {
                    done(item.tag, undecided());
                }
            }
        }
    }
    was_refused
}

/// Puts the halves of a refused lot at the front; an item that stood alone is refused.
fn split<T>(
    mut lot: Lot<T>,
    waiting: &mut VecDeque<Lot<T>>,
    done: &mut impl FnMut(T, Fate),
    refusal: Fate,
) {
    if lot.len() > 1 {
        let second = lot.split_off(lot.len() / 2);
        waiting.push_front(second);
        waiting.push_front(lot);
        return;
    }
    if let Some(item) = lot.pop() {
        done(item.tag, refusal);
    }
}

fn undecided() -> Fate {
    Fate::Refused {
        code: "still-waiting".to_owned(),
        message: "it is in no block yet, and may still be".to_owned(),
        rule: None,
    }
}

/// What the node says of a transaction that it does not take; any other error ends the sending.
fn refusal(error: AuthorError) -> Result<Fate, AuthorError> {
    match error {
        AuthorError::Client(ClientError::Problem(problem)) if problem.status < 500 => {
            Ok(Fate::Refused {
                code: problem.code().to_owned(),
                message: problem.detail.clone(),
                rule: problem.rule.clone(),
            })
        }
        AuthorError::Transaction(error) => Ok(Fate::Refused {
            code: "malformed".to_owned(),
            message: error.to_string(),
            rule: None,
        }),
        other => Err(other),
    }
}

/// Items packed whole and in their order into transactions of at most `actions_max` actions.
pub(super) fn lots<T>(
    items: impl IntoIterator<Item = Item<T>>,
    actions_max: usize,
) -> impl Iterator<Item = Lot<T>> {
    let mut items = items.into_iter();
    let mut held: Option<(Item<T>, usize)> = None;
    std::iter::from_fn(move || {
        let mut lot: Lot<T> = Vec::new();
        let (mut count, mut size_bytes) = (0usize, 0usize);
        while let Some((item, item_bytes)) = held.take().or_else(|| measured(items.next()?)) {
            let is_full = count.saturating_add(item.actions.len()) > actions_max
                || size_bytes.saturating_add(item_bytes) > LOT_BYTES_MAX;
            if is_full && !lot.is_empty() {
                held = Some((item, item_bytes));
                break;
            }
            count = count.saturating_add(item.actions.len());
            size_bytes = size_bytes.saturating_add(item_bytes);
            lot.push(item);
        }
        (!lot.is_empty()).then_some(lot)
    })
}

fn measured<T>(item: Item<T>) -> Option<(Item<T>, usize)> {
    let size_bytes = item.actions.iter().map(|action| encode(action).len());
    let size_bytes = size_bytes.sum();
    Some((item, size_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(tag: u32, actions: usize) -> Item<u32> {
        let id = "D035-1".parse().unwrap();
        Item {
            tag,
            actions: vec![Action::RemoveNode { id }; actions],
        }
    }

    #[test]
    fn items_are_packed_whole_and_in_order() {
        let lots: Vec<Lot<u32>> = lots((0..100).map(|tag| item(tag, 2)), 64).collect();
        assert_eq!(lots.len(), 4);
        assert!(lots.iter().all(|lot| lot.len() <= 32));
        let tags: Vec<u32> = lots.iter().flatten().map(|item| item.tag).collect();
        assert_eq!(tags, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_refused_lot_goes_back_in_halves_and_a_single_item_is_refused() {
        let mut waiting = VecDeque::new();
        let mut fates = Vec::new();
        let mut done = |tag, fate| fates.push((tag, fate));
        let refused = Fate::Refused {
            code: "c".into(),
            message: "m".into(),
            rule: None,
        };
        let three = vec![item(1, 1), item(2, 1), item(3, 1)];
        split(three, &mut waiting, &mut done, refused.clone());
        let back: Vec<Vec<u32>> = waiting
            .iter()
            .map(|lot| lot.iter().map(|item| item.tag).collect())
            .collect();
        assert_eq!(back, [vec![1], vec![2, 3]]);
        split(vec![item(7, 1)], &mut waiting, &mut done, refused.clone());
        assert_eq!(fates, [(7, refused)]);
    }
}
