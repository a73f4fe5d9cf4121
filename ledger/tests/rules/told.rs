//! A refusal says the same in both languages: what each names, the other names too.

use dirchain_ledger::language::Language;
use dirchain_ledger::rejection::Rejection;

/// Words with a digit or a capital in them: ids, heights, times, keys, codes.
fn named(text: &str) -> Vec<&str> {
    let is_inside =
        |character: char| character.is_ascii_alphanumeric() || "-_/.:".contains(character);
    let words = text.split(|character: char| !is_inside(character));
    let words = words.map(|word| word.trim_end_matches(['.', ':']));
    let is_name = |word: &&str| word.contains(|character: char| character.is_ascii_digit());
    words.filter(is_name).collect()
}

/// Whether three English words stand in a row outside of what is quoted as code.
fn has_english(text: &str) -> bool {
    let told = text.split('`').step_by(2);
    told.flat_map(|part| part.split(|character: char| !character.is_ascii() || character == ':'))
        .any(|run| {
            let words = run.split_whitespace();
            let is_word =
                |word: &&str| word.chars().all(|character| character.is_ascii_lowercase());
            words.filter(is_word).count() > 2
        })
}

pub(crate) fn assert_told_alike(rejection: &Rejection) {
    let english = rejection.told(Language::English);
    let chinese = rejection.told(Language::Chinese);
    assert_eq!(english, rejection.to_string());
    assert!(
        chinese.contains(|character: char| !character.is_ascii()),
        "{chinese}"
    );
    assert!(!has_english(&chinese), "{chinese}");
    for (one, other) in [(&english, &chinese), (&chinese, &english)] {
        for name in named(one) {
            assert!(
                other.contains(name),
                "`{name}` is not in both:\n{english}\n{chinese}"
            );
        }
    }
}

#[test]
fn what_differs_is_noticed() {
    assert_eq!(named("key ab12 of D024, at 7."), ["ab12", "D024", "7"]);
    assert!(has_english("目录 it has not been submitted"));
    assert!(!has_english(
        "请用 `dirchain keys offer --role head` 重新制作"
    ));
}
