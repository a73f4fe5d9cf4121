//! Traditional characters as their simplified ones, so that either finds the other.
//!
//! `traditional.txt` holds pairs, a traditional character and its simplified one, in the order of the
//! first: what Unicode's CLDR transform `Traditional-Simplified` makes of the characters of the block
//! CJK Unified Ideographs one by one.

use std::sync::LazyLock;

const TABLE: &str = include_str!("traditional.txt");

static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let characters: Vec<char> = TABLE.chars().filter(|c| !c.is_whitespace()).collect();
    let pairs = characters.as_chunks::<2>().0.iter();
    pairs
        .map(|[traditional, simplified]| (*traditional, *simplified))
        .collect()
});

/// The simplified character for a traditional one; any other stays as it is.
pub(super) fn simplified(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    let found = PAIRS.binary_search_by_key(&character, |(traditional, _)| *traditional);
    let pair = found.ok().and_then(|place| PAIRS.get(place));
    pair.map_or(character, |(_, simplified)| *simplified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_order() {
        assert!(PAIRS.len() > 2_500);
        assert!(PAIRS.is_sorted_by(|one, next| one.0 < next.0));
        assert!(
            PAIRS
                .iter()
                .all(|(traditional, simplified)| traditional != simplified)
        );
    }

    #[test]
    fn traditional_text_becomes_simplified_and_other_text_stays() {
        let simple = |text: &str| -> String { text.chars().map(simplified).collect() };
        assert_eq!(simple("不動產登記與戶籍業務"), "不动产登记与户籍业务");
        assert_eq!(simple("不动产 D024 abc"), "不动产 D024 abc");
    }
}
