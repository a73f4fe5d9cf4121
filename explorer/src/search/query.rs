//! From what people type to what the index is asked.

use dirchain_ledger::records::RecordKind;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, PhraseQuery, Query,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::{Fields, kind_text};
use super::tokens::{is_han, query_runs, scripts};
use super::traditional::simplified;
use super::{Asked, Facet};

type Clause = Box<dyn Query>;

/// Shortest Chinese text that is looked for with a character wrong, missing or too many.
const NEAR_HAN_CHARS_MIN: usize = 3;
/// Shortest Chinese text that is looked for by its pairs of characters, in any order and place.
const SCATTERED_CHARS_MIN: usize = 4;
/// Shortest word in Latin letters that is looked for with a letter wrong, and with two.
const NEAR_WORD_CHARS_MIN: usize = 4;
const NEARER_WORD_CHARS_MIN: usize = 8;

/// How well what is typed must be met.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// As written, anywhere in a text.
    Exact,
    /// A character may be wrong, missing, too many, or two may be swapped.
    Near,
}

/// The whole question; none when it would ask for nothing but everything.
pub(super) fn question(fields: &Fields, asked: &Asked, kinds: &[RecordKind], how: Match) -> Clause {
    let mut all: Vec<(Occur, Clause)> = Vec::new();
    let kinds = kinds
        .iter()
        .map(|kind| exactly(fields.kind, &kind_text(*kind)));
    all.push((Occur::Must, unscored(any(kinds.collect()))));
    for (facet, field) in Facet::ALL.iter().zip(fields.facets) {
        if let Some(value) = asked.facet(*facet) {
            all.push((Occur::Must, unscored(exactly(field, value))));
        }
    }
    let runs = query_runs(&asked.text);
    let last = runs.len().saturating_sub(1);
    for (index, run) in runs.iter().enumerate() {
        let mut ways = exact(fields, run);
        if how == Match::Near {
            ways.extend(near(fields, run, index == last));
        }
        all.push((Occur::Must, any(ways)));
    }
    let whole: String = asked.text.trim().chars().map(simplified).collect();
    let whole = exactly(fields.whole, &whole.to_lowercase());
    all.push((Occur::Should, boosted(whole, 20.0)));
    Box::new(BooleanQuery::new(all))
}

/// Everything that a text without a letter or digit asks for.
pub(super) fn asks_for_nothing(text: &str) -> bool {
    query_runs(text).is_empty()
}

fn exact(fields: &Fields, run: &[char]) -> Vec<Clause> {
    let places = [
        (fields.code, 8.0),
        (fields.name, 6.0),
        (fields.holder, 2.0),
        (fields.fields, 2.0),
        (fields.summary, 1.0),
    ];
    let mut ways = Vec::new();
    if let [character] = run
        && !is_han(*character)
    {
        // A single letter or digit begins a word: no pair of characters stands for it.
        return vec![words_like(fields, run, 0, true)];
    }
    for (field, weight) in places {
        let grams: Vec<(usize, String)> = match run {
            [one] => vec![(0, one.to_string())],
            run => run
                .windows(2)
                .map(|pair| pair.iter().collect())
                .enumerate()
                .collect(),
        };
        ways.push(boosted(phrase(field, grams, 0), weight));
    }
    ways
}

/// What comes near: for Chinese in names, providers and fields; for Latin letters by words.
fn near(fields: &Fields, run: &[char], is_last: bool) -> Vec<Clause> {
    let mut parts = Vec::new();
    for (is_han, part) in scripts(run) {
        let ways = match is_han {
            true if part.len() >= NEAR_HAN_CHARS_MIN => near_han(fields, part),
            // One of two is wrong: the other in a name.
            true if part.len() == 2 => {
                let one = |c: &char| phrase(fields.name, vec![(0, c.to_string())], 0);
                let mut ways = exact(fields, part);
                ways.extend(part.iter().map(one));
                ways
            }
            true => exact(fields, part),
            false => {
                let distance = match part.len() {
                    NEARER_WORD_CHARS_MIN.. => 2,
                    NEAR_WORD_CHARS_MIN.. => 1,
                    _ => 0,
                };
                vec![words_like(fields, part, distance, is_last)]
            }
        };
        parts.push((Occur::Must, any(ways)));
    }
    match parts.is_empty() {
        true => Vec::new(),
        false => vec![Box::new(BooleanQuery::new(parts))],
    }
}

fn near_han(fields: &Fields, part: &[char]) -> Vec<Clause> {
    let at = |skipped: Option<usize>, closed: bool| -> Vec<(usize, String)> {
        let kept = part.iter().enumerate().filter(|(i, _)| Some(*i) != skipped);
        let kept = kept.map(|(index, character)| (index, character.to_string()));
        match closed {
            false => kept.collect(),
            true => kept.enumerate().map(|(at, (_, text))| (at, text)).collect(),
        }
    };
    let mut ways = Vec::new();
    for (field, weight) in [
        (fields.name, 3.0),
        (fields.holder, 1.0),
        (fields.fields, 1.0),
    ] {
        // One missing, or two neighbours swapped.
        ways.push(boosted(phrase(field, at(None, false), 2), weight));
        for index in 0..part.len() {
            // That one wrong, then that one too many.
            ways.push(boosted(phrase(field, at(Some(index), false), 0), weight));
            ways.push(boosted(phrase(field, at(Some(index), true), 0), weight));
        }
    }
    ways.extend(scattered(fields, part));
    ways
}

/// Texts that hold at least half of the pairs of neighbours, whatever their order and wherever they
/// stand: words in another order, a provider beside a name, two characters wrong.
fn scattered(fields: &Fields, part: &[char]) -> Option<Clause> {
    if part.len() < SCATTERED_CHARS_MIN {
        return None;
    }
    let pairs = part.windows(2).map(|pair| {
        let text: String = pair.iter().collect();
        let places = [
            (fields.name, 3.0),
            (fields.holder, 1.0),
            (fields.fields, 1.0),
            (fields.summary, 0.5),
        ];
        let ways = places
            .map(|(field, weight)| boosted(phrase(field, vec![(0, text.clone())], 0), weight));
        (Occur::Should, any(ways.into()))
    });
    let pairs: Vec<(Occur, Clause)> = pairs.collect();
    let half = pairs.len().div_ceil(2);
    let query = BooleanQuery::with_minimum_required_clauses(pairs, half);
    Some(boosted(Box::new(query), 0.2))
}

/// Words within so many letters of this one, or that begin so.
fn words_like(fields: &Fields, word: &[char], distance: u8, begins: bool) -> Clause {
    let text: String = word.iter().collect();
    let term = Term::from_field_text(fields.words, &text);
    match begins {
        true => Box::new(FuzzyTermQuery::new_prefix(term, distance, true)),
        false => Box::new(FuzzyTermQuery::new(term, distance, true)),
    }
}

fn phrase(field: Field, grams: Vec<(usize, String)>, slop: u32) -> Clause {
    match grams.as_slice() {
        [] => Box::new(AllQuery),
        [(_, only)] => Box::new(TermQuery::new(
            Term::from_field_text(field, only),
            IndexRecordOption::WithFreqs,
        )),
        _ => {
            let terms = grams
                .into_iter()
                .map(|(at, text)| (at, Term::from_field_text(field, &text)));
            Box::new(PhraseQuery::new_with_offset_and_slop(terms.collect(), slop))
        }
    }
}

fn exactly(field: Field, text: &str) -> Clause {
    let term = Term::from_field_text(field, text);
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn any(mut ways: Vec<Clause>) -> Clause {
    match ways.len() {
        1 => ways.remove(0),
        _ => Box::new(BooleanQuery::union(ways)),
    }
}

fn boosted(query: Clause, weight: f32) -> Clause {
    Box::new(BoostQuery::new(query, weight))
}

fn unscored(query: Clause) -> Clause {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
