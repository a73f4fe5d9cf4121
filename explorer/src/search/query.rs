//! From what people type to what the index is asked.

use std::ops::{Bound, RangeInclusive};

use dirchain_ledger::ids::Height;
use dirchain_ledger::records::RecordKind;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery,
    Occur, PhraseQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::{Fields, kind_text};
use super::tokens::{in_order, is_han, query_runs, scripts};
use super::traditional::simplified;
use super::{Asked, Facet, States};

type Clause = Box<dyn Query>;

/// Shortest Chinese text that is looked for with a character wrong, missing or too many.
const NEAR_HAN_CHARS_MIN: usize = 3;
/// Shortest Chinese text that is looked for by its pairs of characters, in any order and place.
const SCATTERED_CHARS_MIN: usize = 4;
/// Chinese texts that are looked for as an abbreviation of a name: a longer one is more likely misspelt,
/// and only looked for so when nothing holds it.
const SHORT_CHARS: RangeInclusive<usize> = 2..=4;
/// Those that are looked for as one of a provider's name: two characters stand so in too many.
const SHORT_HOLDER_CHARS: RangeInclusive<usize> = 3..=4;
/// And those that are looked for so with one of them wrong.
const NEAR_SHORT_CHARS: RangeInclusive<usize> = 4..=6;
/// Shortest word in Latin letters that is looked for with a letter wrong, and with two.
const NEAR_WORD_CHARS_MIN: usize = 4;
const NEARER_WORD_CHARS_MIN: usize = 8;

/// How well what is typed must be met.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// As written, anywhere in a text; or as an abbreviation of a name.
    Exact,
    /// A character may be wrong, missing, too many, or two may be swapped.
    Near,
    /// Two letters of a long word may.
    Far,
}

/// What a way of meeting a run of characters is worth. The best way alone counts, and within it how often
/// the run stands there and how short the text is (BM25, which stays below the distance of two of these).
mod worth {
    pub(super) const WHOLE: f32 = 2_000.0;
    pub(super) const CODE: f32 = 1_000.0;
    pub(super) const NAME: f32 = 900.0;
    pub(super) const HOLDER_OR_FIELD: f32 = 700.0;
    pub(super) const SHORT: f32 = 600.0;
    pub(super) const SUMMARY: f32 = 500.0;
    pub(super) const HOLDER_SHORT: f32 = 450.0;
    pub(super) const NEAR_NAME: f32 = 400.0;
    pub(super) const NEAR_NAME_BEGINS: f32 = 300.0;
    pub(super) const NEAR_OTHER: f32 = 200.0;
    pub(super) const NEAR_OTHER_BEGINS: f32 = 100.0;
    pub(super) const NEAR_SHORT: f32 = 50.0;
    /// Of all pairs of characters together.
    pub(super) const SCATTERED: f32 = 90.0;
}

/// What stands at a height that the index knows.
fn standing(fields: &Fields, height: Height, states: States) -> Clause {
    if height == states.last {
        let newest = Term::from_field_u64(fields.until, u64::MAX);
        return unscored(Box::new(TermQuery::new(newest, IndexRecordOption::Basic)));
    }
    let height = |field| Term::from_field_u64(field, height.0);
    let begun = RangeQuery::new(Bound::Unbounded, Bound::Included(height(fields.from)));
    let not_ended = RangeQuery::new(Bound::Excluded(height(fields.until)), Bound::Unbounded);
    unscored(Box::new(BooleanQuery::intersection(vec![
        Box::new(begun),
        Box::new(not_ended),
    ])))
}

/// The whole question: records of these kinds that stand at the height, with these facets, and each run
/// of the text met.
pub(super) fn question(
    fields: &Fields,
    asked: &Asked,
    kinds: &[RecordKind],
    states: States,
    how: Match,
) -> Clause {
    let mut all: Vec<(Occur, Clause)> = Vec::new();
    let kinds = kinds
        .iter()
        .map(|kind| exactly(fields.kind, &kind_text(*kind)));
    all.push((Occur::Must, unscored(any(kinds.collect()))));
    all.push((Occur::Must, standing(fields, asked.height, states)));
    for (facet, field) in Facet::ALL.iter().zip(fields.facets) {
        if let Some(value) = asked.facet(*facet) {
            all.push((Occur::Must, unscored(exactly(field, value))));
        }
    }
    let runs = query_runs(&asked.text);
    let last = runs.len().saturating_sub(1);
    for (index, run) in runs.iter().enumerate() {
        let mut ways = exact(fields, run);
        if how != Match::Exact {
            ways.extend(near(fields, run, how, index == last));
        }
        all.push((Occur::Must, best(ways)));
    }
    let whole: String = asked.text.trim().chars().map(simplified).collect();
    let whole = exactly(fields.whole, &whole.to_lowercase());
    all.push((Occur::Should, worth(whole, worth::WHOLE)));
    Box::new(BooleanQuery::new(all))
}

/// Everything that a text without a letter or digit asks for.
pub(super) fn asks_for_nothing(text: &str) -> bool {
    query_runs(text).is_empty()
}

fn exact(fields: &Fields, run: &[char]) -> Vec<Clause> {
    if let [character] = run
        && !is_han(*character)
    {
        // A single letter or digit begins a word: no pair of characters stands for it.
        return vec![
            worth(begins(fields.name_words, run), worth::NAME),
            worth(begins(fields.words, run), worth::SUMMARY),
        ];
    }
    let grams: Vec<(usize, String)> = match run {
        [one] => vec![(0, one.to_string())],
        run => run
            .windows(2)
            .map(|pair| pair.iter().collect())
            .enumerate()
            .collect(),
    };
    let places = [
        (fields.code, worth::CODE),
        (fields.name, worth::NAME),
        (fields.holder, worth::HOLDER_OR_FIELD),
        (fields.fields, worth::HOLDER_OR_FIELD),
        (fields.summary, worth::SUMMARY),
    ];
    let ways = places.map(|(field, value)| worth(phrase(field, grams.clone(), 0), value));
    let mut ways = Vec::from(ways);
    if SHORT_CHARS.contains(&run.len()) {
        ways.extend(short(fields, run));
    }
    if SHORT_HOLDER_CHARS.contains(&run.len()) {
        ways.extend(abbreviated(fields.holder_shorts, run, worth::HOLDER_SHORT));
    }
    ways
}

/// Names that hold the Chinese characters in their order, with others between them.
fn short(fields: &Fields, run: &[char]) -> Option<Clause> {
    abbreviated(fields.shorts, run, worth::SHORT)
}

fn abbreviated(field: Field, run: &[char], value: f32) -> Option<Clause> {
    if !run.iter().all(|c| is_han(*c)) {
        return None;
    }
    let pairs = in_order(run).into_iter();
    let pairs = pairs.map(|pair| phrase(field, vec![(0, pair)], 0));
    let all = BooleanQuery::intersection(pairs.collect());
    Some(worth(Box::new(all), value))
}

/// What comes near: for Chinese in names, providers and fields; for Latin letters by words.
fn near(fields: &Fields, run: &[char], how: Match, is_last: bool) -> Vec<Clause> {
    let mut parts = Vec::new();
    for (is_han, part) in scripts(run) {
        let ways = match is_han {
            true if part.len() >= NEAR_HAN_CHARS_MIN => near_han(fields, part),
            // One of two is wrong: the other in a name.
            true if part.len() == 2 => {
                let one = |c: &char| phrase(fields.name, vec![(0, c.to_string())], 0);
                let one = |c| worth(one(c), worth::SCATTERED);
                exact(fields, part)
                    .into_iter()
                    .chain(part.iter().map(one))
                    .collect()
            }
            true => exact(fields, part),
            false => near_word(fields, part, how, is_last),
        };
        parts.push((Occur::Must, best(ways)));
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
    let mut ways: Vec<Clause> = short(fields, part).into_iter().collect();
    for (field, value) in [
        (fields.name, worth::NEAR_NAME),
        (fields.holder, worth::NEAR_OTHER),
        (fields.fields, worth::NEAR_OTHER),
    ] {
        // One missing, or two neighbours swapped.
        ways.push(worth(phrase(field, at(None, false), 2), value));
        for index in 0..part.len() {
            // That one wrong, then that one too many.
            ways.push(worth(phrase(field, at(Some(index), false), 0), value));
            ways.push(worth(phrase(field, at(Some(index), true), 0), value));
        }
    }
    if NEAR_SHORT_CHARS.contains(&part.len()) {
        // An abbreviation with one wrong or too many: the others stand in a name in their order.
        for index in 0..part.len() {
            let kept = part.iter().enumerate().filter(|(i, _)| *i != index);
            let kept: Vec<char> = kept.map(|(_, character)| *character).collect();
            ways.extend(abbreviated(fields.shorts, &kept, worth::NEAR_SHORT));
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
            (fields.name, 6.0),
            (fields.holder, 3.0),
            (fields.fields, 3.0),
            (fields.summary, 1.0),
        ];
        let ways = places.map(|(field, share)| -> Clause {
            let found = phrase(field, vec![(0, text.clone())], 0);
            Box::new(ConstScoreQuery::new(found, share))
        });
        (Occur::Should, best(ways.into()))
    });
    let pairs: Vec<(Occur, Clause)> = pairs.collect();
    let (half, count) = (
        pairs.len().div_ceil(2),
        pairs.iter().map(|_| 6.0).sum::<f32>(),
    );
    let query = BooleanQuery::with_minimum_required_clauses(pairs, half);
    Some(Box::new(BoostQuery::new(
        Box::new(query),
        worth::SCATTERED / count,
    )))
}

/// Words within a letter of this one, or two; the last of a text may only begin so.
fn near_word(fields: &Fields, word: &[char], how: Match, is_last: bool) -> Vec<Clause> {
    let distance = match word.len() {
        NEARER_WORD_CHARS_MIN.. if how == Match::Far => 2,
        NEAR_WORD_CHARS_MIN.. => 1,
        _ => 0,
    };
    let text: String = word.iter().collect();
    let mut ways: Vec<Clause> = Vec::new();
    for (field, like, beginning) in [
        (fields.name_words, worth::NEAR_NAME, worth::NEAR_NAME_BEGINS),
        (fields.words, worth::NEAR_OTHER, worth::NEAR_OTHER_BEGINS),
    ] {
        let term = Term::from_field_text(field, &text);
        let whole = FuzzyTermQuery::new(term.clone(), distance, true);
        ways.push(worth(Box::new(whole), like));
        if is_last {
            let begun = FuzzyTermQuery::new_prefix(term, distance, true);
            ways.push(worth(Box::new(begun), beginning));
        }
    }
    ways
}

/// Words that begin so.
fn begins(field: Field, word: &[char]) -> Clause {
    let text: String = word.iter().collect();
    let term = Term::from_field_text(field, &text);
    Box::new(FuzzyTermQuery::new_prefix(term, 0, true))
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

/// The best of several ways; the others tell two apart that are met equally well.
fn best(ways: Vec<Clause>) -> Clause {
    Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, 0.001))
}

/// A way of meeting a run with what it is worth, and its own score to tell two apart. The way itself
/// is scored: a phrase that need not be looks at the distance of its parts alone, not at their order.
fn worth(query: Clause, value: f32) -> Clause {
    let known: Clause = Box::new(ConstScoreQuery::new(Box::new(AllQuery), value));
    Box::new(BooleanQuery::intersection(vec![query, known]))
}

fn unscored(query: Clause) -> Clause {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
