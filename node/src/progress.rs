//! What a long command tells on stderr while it works: lines, and bars where it is a terminal.

use std::fmt::Display;
use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `count` steps of `what`.
pub(crate) fn bar(count: usize, what: &'static str) -> ProgressBar {
    let length = u64::try_from(count).unwrap_or(u64::MAX);
    let bar = ProgressBar::new(length).with_prefix(what);
    if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:40}] {pos}/{len} {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A turning wheel while something of unknown length goes on.
pub(crate) fn wheel(what: impl Into<String>) -> ProgressBar {
    let wheel = ProgressBar::new_spinner().with_message(what.into());
    wheel.enable_steady_tick(Duration::from_millis(120));
    wheel
}

/// A line on stderr. Nobody may be listening any more; that is no error.
pub(crate) fn say(line: impl Display) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
