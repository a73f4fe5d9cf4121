//! `Idempotency-Key`: a submission that is repeated under the same key has one effect and one
//! answer. (A transaction takes effect once in any case; the key also tells a repetition from
//! another transaction sent by mistake.)

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use axum::http::{HeaderMap, HeaderName};
use dirchain_ledger::ids::TransactionId;

use crate::api::Problem;
use crate::limits;
use crate::problem::ProblemKind;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The bytes that were sent under a key.
type Body = [u8; 32];

struct Entry {
    body: Body,
    state: State,
}

enum State {
    UnderWay,
    Taken(TransactionId),
    NotTaken,
}

/// The keys that were seen last.
#[derive(Default)]
pub(crate) struct IdempotencyKeys(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    entries: BTreeMap<String, Entry>,
    order: VecDeque<String>,
}

/// What a key is good for now.
pub(crate) enum Begun<'k> {
    /// It is new: what comes of it goes there.
    New(UnderWay<'k>),
    /// The same was taken before.
    Taken(TransactionId),
}

/// A submission under way. Whatever ends it without an outcome leaves the key free for the same.
pub(crate) struct UnderWay<'k> {
    keys: &'k IdempotencyKeys,
    key: String,
    outcome: State,
}

impl UnderWay<'_> {
    pub(crate) fn taken(mut self, id: TransactionId) {
        self.outcome = State::Taken(id);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, State::NotTaken);
        let mut kept = self.keys.kept();
        if let Some(entry) = kept.entries.get_mut(&self.key) {
            entry.state = outcome;
        }
    }
}

/// A request's key; none when it has none. A structured string's quotes are not part of it.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let key = inner.unwrap_or(text);
    let fits = (1..=limits::IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len());
    if !fits || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ProblemKind::BadParameter.with(format!(
            "`Idempotency-Key` has 1 to {} visible ASCII characters, such as a UUID",
            limits::IDEMPOTENCY_KEY_BYTES_MAX
        )));
    }
    Ok(Some(key.to_owned()))
}

impl IdempotencyKeys {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// Begins a submission under a key.
    pub(crate) fn begin(&self, key: String, body: &[u8]) -> Result<Begun<'_>, Problem> {
        let body: Body = blake3::hash(body).into();
        let mut kept = self.kept();
        if let Some(entry) = kept.entries.get_mut(&key) {
            if entry.body != body {
                return Err(ProblemKind::IdempotencyKeyReused.with(
                    "Another transaction was sent under this `Idempotency-Key`. Give each its own key",
                ));
            }
            match entry.state {
                State::Taken(id) => return Ok(Begun::Taken(id)),
                State::UnderWay => {
                    return Err(ProblemKind::IdempotencyKeyInUse.with(
                        "The same request is under way. Wait for its answer, or ask again later",
                    ));
                }
                State::NotTaken => entry.state = State::UnderWay,
            }
        } else {
            if kept.entries.len() >= limits::IDEMPOTENCY_KEYS_MAX
                && let Some(oldest) = kept.order.pop_front()
            {
                kept.entries.remove(&oldest);
            }
            let state = State::UnderWay;
            kept.entries.insert(key.clone(), Entry { body, state });
            kept.order.push_back(key.clone());
        }
        Ok(Begun::New(UnderWay {
            keys: self,
            key,
            outcome: State::NotTaken,
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use dirchain_ledger::hash::Hash;

    use super::*;

    fn begin<'k>(keys: &'k IdempotencyKeys, key: &str, body: &str) -> Result<Begun<'k>, Problem> {
        keys.begin(key.to_owned(), body.as_bytes())
    }

    fn new<'k>(keys: &'k IdempotencyKeys, key: &str, body: &str) -> UnderWay<'k> {
        match begin(keys, key, body).unwrap() {
            Begun::New(under_way) => under_way,
            Begun::Taken(_) => panic!("{key} was taken"),
        }
    }

    #[test]
    fn a_key_stands_for_one_body_and_its_outcome() {
        let keys = IdempotencyKeys::default();
        let id = TransactionId(Hash([7; 32]));
        let under_way = new(&keys, "a", "one");
        let code = |result: Result<Begun<'_>, Problem>| match result {
            Err(problem) => problem.code().to_owned(),
            Ok(_) => "ok".to_owned(),
        };
        assert_eq!(code(begin(&keys, "a", "one")), "idempotency-key-in-use");
        assert_eq!(code(begin(&keys, "a", "two")), "idempotency-key-reused");
        drop(under_way);
        new(&keys, "a", "one").taken(id);
        assert!(matches!(begin(&keys, "a", "one").unwrap(), Begun::Taken(known) if known == id));
        assert_eq!(code(begin(&keys, "a", "two")), "idempotency-key-reused");
        new(&keys, "b", "two").taken(id);
    }

    #[test]
    fn the_oldest_keys_are_forgotten() {
        let keys = IdempotencyKeys::default();
        let id = TransactionId(Hash([7; 32]));
        for number in 0..=limits::IDEMPOTENCY_KEYS_MAX {
            new(&keys, &number.to_string(), "one").taken(id);
        }
        new(&keys, "0", "another");
        assert!(matches!(begin(&keys, "2", "one").unwrap(), Begun::Taken(_)));
        assert_eq!(keys.kept().entries.len(), limits::IDEMPOTENCY_KEYS_MAX);
        assert_eq!(keys.kept().order.len(), limits::IDEMPOTENCY_KEYS_MAX);
    }
}
