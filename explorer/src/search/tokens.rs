//! Cutting texts into what the index knows: every character and every pair of neighbours, so that a
//! phrase of pairs is a substring, and every word in Latin letters whole, for misspellings.

use std::collections::BTreeSet;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::traditional::simplified;

/// Characters of one unbroken run that a query is made of; what follows is left out.
const RUN_CHARS_MAX: usize = 64;

/// Chinese characters of a name that abbreviations are made of.
const SHORTENED_CHARS_MAX: usize = 40;

/// A text's runs of letters and digits, in lower case, wide forms made narrow, traditional characters
/// made simplified.
pub(super) fn runs(text: &str) -> Vec<Vec<char>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    for character in text.chars().flat_map(narrow) {
        if character.is_alphanumeric() {
            run.push(character);
        } else if !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

/// A query's runs, each cut to a bound.
pub(super) fn query_runs(text: &str) -> Vec<Vec<char>> {
    let mut runs = runs(text);
    for run in &mut runs {
        run.truncate(RUN_CHARS_MAX);
    }
    runs
}

fn narrow(character: char) -> impl Iterator<Item = char> {
    const WIDE_TO_ASCII: u32 = 0xfee0;
    let narrow = match character {
        '\u{ff01}'..='\u{ff5e}' => u32::from(character)
            .checked_sub(WIDE_TO_ASCII)
            .and_then(char::from_u32),
        '\u{3000}' => Some(' '),
        _ => None,
    };
    simplified(narrow.unwrap_or(character)).to_lowercase()
}

/// Whether a character is one of a script that writes words without spaces.
pub(super) fn is_han(character: char) -> bool {
    !character.is_ascii() && character.is_alphanumeric()
}

/// A run's parts of one script each: whether it is Chinese, and its characters.
pub(super) fn scripts(run: &[char]) -> Vec<(bool, &[char])> {
    run.chunk_by(|a, b| is_han(*a) == is_han(*b))
        .map(|part| (part.first().is_some_and(|c| is_han(*c)), part))
        .collect()
}

/// Characters and pairs of neighbours, each at its character's place. Latin letters and digits make
/// pairs only.
#[derive(Clone, Default)]
pub(super) struct Grams;

/// Every two Chinese characters of a text in their order: what abbreviations are made of.
#[derive(Clone, Default)]
pub(super) struct Shorts;

/// Words in Latin letters and digits.
#[derive(Clone, Default)]
pub(super) struct Words;

impl Tokenizer for Grams {
    type TokenStream<'a> = Tokens;

    fn token_stream(&mut self, text: &str) -> Tokens {
        let mut tokens = Vec::new();
        let mut position = 0usize;
        for run in runs(text) {
            for (index, character) in run.iter().enumerate() {
                if is_han(*character) {
                    tokens.push((position, character.to_string()));
                }
                if let Some(next) = run.get(index.saturating_add(1)) {
                    tokens.push((position, [*character, *next].iter().collect()));
                }
                position = position.saturating_add(1);
            }
            // A gap, so that nothing matches across a space.
            position = position.saturating_add(4);
        }
        Tokens::new(tokens)
    }
}

impl Tokenizer for Shorts {
    type TokenStream<'a> = Tokens;

    fn token_stream(&mut self, text: &str) -> Tokens {
        let runs = runs(text);
        let han = runs.iter().flatten().copied().filter(|c| is_han(*c));
        let han: Vec<char> = han.take(SHORTENED_CHARS_MAX).collect();
        Tokens::new(in_order(&han).into_iter().map(|pair| (0, pair)).collect())
    }
}

/// Every two of the characters in their order, each pair once.
pub(super) fn in_order(characters: &[char]) -> BTreeSet<String> {
    let mut pairs = BTreeSet::new();
    let mut rest = characters;
    while let Some((first, after)) = rest.split_first() {
        pairs.extend(
            after
                .iter()
                .map(|second| [*first, *second].iter().collect()),
        );
        rest = after;
    }
    pairs
}

impl Tokenizer for Words {
    type TokenStream<'a> = Tokens;

    fn token_stream(&mut self, text: &str) -> Tokens {
        let runs = runs(text);
        let words = runs.iter().flat_map(|run| scripts(run));
        let latin = words.filter(|(is_han, _)| !is_han);
        let tokens = latin.map(|(_, part)| part.iter().collect()).enumerate();
        Tokens::new(tokens.collect())
    }
}

/// Tokens made beforehand.
pub(super) struct Tokens {
    rest: std::vec::IntoIter<(usize, String)>,
    token: Token,
}

impl Tokens {
    fn new(tokens: Vec<(usize, String)>) -> Self {
        Self {
            rest: tokens.into_iter(),
            token: Token::default(),
        }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some((position, text)) = self.rest.next() else {
            return false;
        };
        self.token.position = position;
        self.token.text = text;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_into_characters_pairs_and_words() {
        let mut grams = Grams;
        let mut stream = grams.token_stream("企业A类 B2");
        let mut found = Vec::new();
        while stream.advance() {
            found.push((stream.token().position, stream.token().text.clone()));
        }
        let expected = [
            (0, "企"),
            (0, "企业"),
            (1, "业"),
            (1, "业a"),
            (2, "a类"),
            (3, "类"),
            (8, "b2"),
        ];
        let expected: Vec<_> = expected.map(|(p, t)| (p, t.to_owned())).to_vec();
        assert_eq!(found, expected);
        let mut words = Words;
        let mut stream = words.token_stream("企业Annual Report(年报)2026");
        let mut found = Vec::new();
        while stream.advance() {
            found.push(stream.token().text.clone());
        }
        assert_eq!(found, ["annual", "report", "2026"]);
        assert_eq!(runs("ABC"), [vec!['a', 'b', 'c']]);
    }
}
