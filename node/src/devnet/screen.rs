//! What a devnet prints once it is up: where to look, and commands that work as printed.

use std::path::{Path, PathBuf};

use dirchain_explorer::api::Time;
use dirchain_ledger::ids::TimeMs;

use super::layout::Layout;
use super::load::Loaded;

/// A year of use for the application that the last command makes.
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// One line on what was loaded.
pub(super) fn loaded(loaded: Loaded) -> String {
    let Loaded {
        steps,
        before,
        late,
    } = loaded;
    let mut line = match before {
        0 => format!("the sample day is loaded: {steps} transactions"),
        _ if before == steps => "the sample day is on the chain already".to_owned(),
        _ => format!(
            "the sample day is loaded: {before} of {steps} transactions were there, the rest followed"
        ),
    };
    if late > 0 {
        line.push_str("; one grant came too late for its short window and is left out");
    }
    line
}

/// The explorer's address and five commands to try.
pub(super) fn welcome(layout: &Layout, http_base: u16, now: TimeMs) -> String {
    let url = format!("http://127.0.0.1:{http_base}");
    let program = program();
    let node = if http_base == 8080 {
        String::new()
    } else {
        format!(" --node {url}")
    };
    let ask = |rest: &str| format!("  {program}{node} {rest}\n");
    let from = Time(now);
    let to = Time(TimeMs(now.0.saturating_add(YEAR_MS)));
    let home = quoted(&shown(layout.dir()));
    let passphrase = quoted(&shown(&layout.passphrase_file()));
    let mut text = format!("\nThe explorer: {url}/\n\nTry:\n");
    text.push_str(&ask("status"));
    text.push_str(&ask("query readers 103001/000001 --field 2"));
    text.push_str(&ask(
        "query access --department D008 --resource 101001/000001 --field 3",
    ));
    text.push_str(&ask("query history 103001/000001"));
    text.push_str(&ask(&format!(
        "--home {home} --passphrase-file {passphrase} sharing apply 103001/000001 --fields 2,3 \
         --as D050-administrator --responsibility Z-D050-01 --purpose housing-fund \
         --scene 'loan check' --from {from} --to {to} --wait"
    )));
    text.push_str("\nCtrl-C stops everything; the next start goes on from the same data.\n");
    text
}

/// This program as it can be typed here.
fn program() -> String {
    std::env::current_exe().map_or_else(|_| "dirchain".to_owned(), |path| quoted(&shown(&path)))
}

/// A path, relative where it lies below the current folder.
fn shown(path: &Path) -> String {
    let current = std::env::current_dir().ok();
    let below = current.and_then(|current| path.strip_prefix(current).ok().map(Path::to_path_buf));
    match below {
        Some(below) => PathBuf::from(".").join(below).display().to_string(),
        None => path.display().to_string(),
    }
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_safe_for_a_shell() {
        assert_eq!(quoted("./data/demo"), "./data/demo");
        assert_eq!(quoted("/a b/it's"), "'/a b/it'\\''s'");
    }

    #[test]
    fn a_resumed_load_says_so() {
        let line = loaded(Loaded {
            steps: 60,
            before: 12,
            late: 0,
        });
        assert!(line.contains("12 of 60"), "{line}");
    }
}
