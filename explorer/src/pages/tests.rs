//! The catalogue of texts against itself and against what the pages use.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::words::{self, Lang};

const ENGLISH: &str = include_str!("../../texts/en.ftl");
const CHINESE: &str = include_str!("../../texts/zh.ftl");
const ACTIONS: &str = include_str!("../../../ledger/src/action.rs");

/// Keys that the program makes from a code: `action-` and an action's name.
const MADE: [&str; 2] = ["action-", "problem-"];

/// Each text's key with the arguments it names.
fn catalogue(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" = ")
            && !line.starts_with(' ')
        {
            key = name.to_owned();
            let before = keys.insert(key.clone(), BTreeSet::new());
            assert!(before.is_none(), "{key} is there twice");
        }
        for rest in line.split('$').skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
            let argument = &rest[..end.unwrap_or(rest.len())];
            keys.get_mut(&key).unwrap().insert(argument.to_owned());
        }
    }
    keys
}

/// The files of a folder with an ending, each with its text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join(folder);
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|e| e == ending));
    let read = wanted.map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    });
    read.collect()
}

/// Every file of the pages' code.
fn code() -> Vec<(String, String)> {
    let folders = ["src/pages", "src/pages/actions", "src/pages/records"];
    folders
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .collect()
}

/// Every quoted word of a text that could be a key.
fn quoted(text: &str) -> BTreeSet<String> {
    let is_key = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    text.split('"').filter(is_key).map(str::to_owned).collect()
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_arguments() {
    let (english, chinese) = (catalogue(ENGLISH), catalogue(CHINESE));
    let only = |a: &BTreeMap<String, BTreeSet<String>>, b: &BTreeMap<String, _>| {
        a.keys()
            .filter(|key| !b.contains_key(*key))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(only(&english, &chinese), Vec::<String>::new(), "no Chinese");
    assert_eq!(only(&chinese, &english), Vec::<String>::new(), "no English");
    for (key, arguments) in &english {
        assert_eq!(arguments, &chinese[key], "arguments of {key}");
        for lang in [Lang::En, Lang::Zh] {
            assert!(words::has(lang, key), "{key} does not parse");
        }
    }
    assert!(english.len() > 200);
}

#[test]
fn chinese_is_chinese_and_english_has_none_of_it() {
    let is_han = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
    for key in catalogue(CHINESE)
        .keys()
        .filter(|key| *key != "other-language")
    {
        assert!(!words::say(Lang::En, key).chars().any(is_han), "{key}");
        let chinese = words::say(Lang::Zh, key);
        let latin: String = chinese.chars().filter(char::is_ascii_alphabetic).collect();
        let known = ["JSON", "CSV", "UTC", "API", "value", "count", "total"];
        let rest = known
            .iter()
            .fold(latin, |text, word| text.replace(word, ""));
        assert!(
            chinese.chars().any(is_han) || rest.is_empty(),
            "{key}: {chinese}"
        );
    }
}

#[test]
fn the_pages_use_what_the_catalogue_has_and_nothing_else() {
    let catalogue = catalogue(ENGLISH);
    let mut used = BTreeSet::new();
    for (name, text) in files("templates", "html") {
        for filter in ["|t ", "|t(", "|tn(", "|tv(", "|tnn(", "|tnv("] {
            for (before, _) in text
                .match_indices(&format!("\"{filter}"))
                .map(|(at, _)| text.split_at(at))
            {
                let key = before.rsplit('"').next().unwrap();
                assert!(catalogue.contains_key(key), "{name} says {key}");
            }
        }
        used.extend(quoted(&text));
    }
    for (_, text) in code() {
        used.extend(quoted(&text));
    }
    let unused: Vec<_> = catalogue
        .keys()
        .filter(|key| !used.contains(*key) && !MADE.iter().any(|made| key.starts_with(made)))
        .collect();
    assert!(unused.is_empty(), "no page says {unused:?}");
}

#[test]
fn a_text_around_a_value_is_given_that_value_and_no_other_text_wants_one() {
    let catalogue = catalogue(ENGLISH);
    let value = BTreeSet::from(["value".to_owned()]);
    let count = BTreeSet::from(["count".to_owned()]);
    let mut seen = 0;
    for (name, text) in code() {
        for (call, wanted) in [
            ("SaysCount(\"", &count),
            ("SaysOf(\"", &value),
            ("around(visit.lang, \"", &value),
            ("around(lang, \"", &value),
            ("Says(\"", &BTreeSet::new()),
            ("Badge(\"", &BTreeSet::new()),
        ] {
            for rest in text.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert_eq!(&catalogue[key], wanted, "{name}: {key}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "the pages no longer say it in these ways");
}

#[test]
fn every_code_of_the_ledger_has_a_word() {
    let names = ACTIONS
        .lines()
        .filter(|line| line.trim_start().starts_with("Action::"))
        .filter_map(|line| line.split("=> \"").nth(1)?.split('"').next());
    let mut count = 0;
    for name in names {
        let key = format!("action-{}", name.replace('_', "-"));
        assert!(words::has(Lang::En, &key), "texts/en.ftl lacks {key}");
        count += 1;
    }
    assert!(
        count >= 18,
        "the actions' names are no longer where they were"
    );
}

#[test]
fn every_problem_of_a_page_has_a_title() {
    for kind in crate::problem::ProblemKind::ALL {
        // Only programs send bodies.
        if matches!(kind.status(), 408 | 413 | 415 | 422) || kind.code().contains("transaction") {
            continue;
        }
        let key = format!("problem-{}", kind.code());
        let known = words::has(Lang::En, &key);
        let of_bodies = [
            "body-incomplete",
            "wrong-chain",
            "wrong-actions",
            "bad-signature",
            "too-many-actions",
        ];
        assert!(
            known || of_bodies.contains(&kind.code()),
            "texts/en.ftl lacks {key}"
        );
    }
}

#[test]
fn templates_hold_no_words_of_their_own() {
    for (name, text) in files("templates", "html") {
        let mut bare = String::new();
        let mut rest = text.as_str();
        // Template code goes first: it holds angle brackets and quotes of its own.
        while let Some(start) = rest.find(['{']) {
            let (before, code) = rest.split_at(start);
            let end = match code.get(1..2) {
                Some("{") => "}}",
                Some("%") => "%}",
                Some("#") => "#}",
                _ => "{",
            };
            bare.push_str(before);
            let close = code.find(end).unwrap_or(0);
            rest = &code[close + end.len()..];
        }
        bare.push_str(rest);
        let mut words = String::new();
        let mut tags = bare.as_str();
        while let Some(start) = tags.find('<') {
            words.push_str(&tags[..start]);
            let end = tags[start..].find('>').unwrap_or(tags.len() - start - 1);
            let tag = &tags[start..=start + end];
            for said in [
                "aria-label=\"",
                "placeholder=\"",
                "title=\"",
                "data-label=\"",
                "alt=\"",
            ] {
                for value in tag.split(said).skip(1) {
                    words.push_str(value.split('"').next().unwrap());
                    words.push(' ');
                }
            }
            tags = &tags[start + end + 1..];
        }
        words.push_str(tags);
        let words = words.replace("&amp;", "");
        let own: Vec<_> = words
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty() && !["dirchain", "JSON", "CSV", "D"].contains(word))
            .collect();
        assert!(own.is_empty(), "{name} says {own:?} outside the catalogue");
    }
}

#[test]
fn the_language_is_the_browsers_first_of_ours() {
    for (header, lang) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
        ("en-GB,en;q=0.5", Some(Lang::En)),
        ("fr, zh-Hant;q=0.7, en;q=0.8", Some(Lang::En)),
        ("de;q=1, ZH;q=0.10, en;q=0.099", Some(Lang::Zh)),
        ("zh;q=0, en;q=0.1", Some(Lang::En)),
        ("zh;q=0", None),
        ("fr", None),
        ("", None),
        (";;q=,,", None),
    ] {
        assert_eq!(Lang::accepted(header), lang, "{header}");
    }
}

#[test]
fn numbers_print_with_their_thousands_apart() {
    for (digits, text) in [
        ("0", "0"),
        ("999", "999"),
        ("1000", "1,000"),
        ("1234567", "1,234,567"),
    ] {
        assert_eq!(words::grouped_digits(digits), text);
    }
}
