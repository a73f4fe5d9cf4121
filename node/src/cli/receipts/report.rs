//! What became of a log, in words.

use std::path::PathBuf;

use dirchain_explorer::api::Time;
use dirchain_ledger::language::Language;
use serde::Serialize;

/// Lines without a basis, or in sealed windows, that are told one by one.
const TOLD_MAX: usize = 20;

/// What became of a log.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Lines read.
    pub(super) lines: u64,
    /// Whether it was only looked at: then nothing was sealed.
    pub(super) dry_run: bool,
    /// Batches on the ledger now; in a dry run, those that would be.
    pub(super) sealed: usize,
    /// The calls that they count.
    pub(super) calls: u64,
    /// Batches that were there before.
    pub(super) known: usize,
    /// Batches that the ledger refuses, with the reason.
    pub(super) refused: Vec<String>,
    /// Batches of an earlier run that the ledger never took, and refuses now: they no longer count.
    pub(super) given_up: usize,
    /// The first instant that is not sealed.
    pub(super) until: Option<Time>,
    /// Lines from then on.
    pub(super) later: u64,
    /// Lines from before the binding was live.
    pub(super) before: u64,
    /// Calls that were allowed without any basis.
    pub(super) unfounded: u64,
    /// The first of them.
    pub(super) unfounded_lines: Vec<u64>,
    /// Lines in windows that the ledger has sealed, from another log or with secrets that are lost.
    pub(super) in_sealed: u64,
    /// The first of them.
    pub(super) in_sealed_lines: Vec<u64>,
    /// Up to when the ledger has such a window sealed.
    pub(super) in_sealed_to: Option<Time>,
    /// The file with the batches' secrets.
    pub(super) kept: PathBuf,
    /// The file with those of the batches that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept_before: Option<PathBuf>,
}

impl Report {
    /// Counts a batch of so many calls that is sealed, or would be.
    pub(super) fn add(&mut self, calls: u64) {
        self.sealed = self.sealed.saturating_add(1);
        self.calls = self.calls.saturating_add(calls);
    }

    /// Counts a line whose call was allowed without any basis.
    pub(super) fn add_unfounded(&mut self, line: u64) {
        self.unfounded = self.unfounded.saturating_add(1);
        tell(&mut self.unfounded_lines, line);
    }

    /// Counts a line in a window that the ledger has sealed up to `to`.
    pub(super) fn add_in_sealed(&mut self, line: u64, to: Time) {
        self.in_sealed = self.in_sealed.saturating_add(1);
        self.in_sealed_to = self.in_sealed_to.max(Some(to));
        tell(&mut self.in_sealed_lines, line);
    }

    /// Why nothing was sealed: calls without a basis.
    pub(super) fn unfounded_told(&self, language: Language) -> String {
        let (count, lines) = (self.unfounded, join(&self.unfounded_lines));
        match language {
            Language::Chinese => format!(
                "有 {count} 次调用没有任何依据却被允许（第 {lines} 行），未封存任何批次。请核查；--leave-out-unfounded 可封存其余各行"
            ),
            Language::English => format!(
                "{count} calls were allowed although nothing allowed them (lines {lines}). Nothing was sealed. Look into them; --leave-out-unfounded seals the rest"
            ),
        }
    }

    /// Why nothing was sealed: lines in sealed windows.
    pub(super) fn in_sealed_told(&self, language: Language) -> String {
        let (count, lines) = (self.in_sealed, join(&self.in_sealed_lines));
        let to = self.in_sealed_to.map(|to| to.to_string());
        let (to, kept) = (to.unwrap_or_default(), self.kept.display());
        match language {
            Language::Chinese => format!(
                "有 {count} 行位于账本已封存至 {to} 的时段内（第 {lines} 行），已封存的时段不能补录，未封存任何批次。若封存的就是此日志，请将 {kept} 放回其旁，即可接着封存；若是前一份日志，请分别用 --until 指定各自的结束时间。--leave-out-sealed 可封存其余各行"
            ),
            Language::English => format!(
                "{count} lines lie in windows that the ledger has sealed up to {to} (lines {lines}), and nothing is put behind a sealed window. Nothing was sealed. If it was this log, put {kept} back beside it: with it, sealing goes on from there. If it was the log before this one, seal each with --until the time at which it ends. --leave-out-sealed seals the rest"
            ),
        }
    }

    /// Why nothing was sealed of so many batches: the rules would refuse some.
    pub(super) fn would_refuse_told(&self, batches: usize, language: Language) -> String {
        let refused = self.refused.len();
        match language {
            Language::Chinese => format!(
                "账本将拒绝 {batches} 个批次中的 {refused} 个。未封存任何批次，本次运行不保留任何内容，请改正日志后重新运行"
            ),
            Language::English => format!(
                "the ledger would refuse {refused} of {batches} batches. Nothing was sealed, and nothing is kept of this run. Run it again once the log is mended"
            ),
        }
    }

    /// What becomes of batches that the ledger refused after they had passed.
    pub(super) fn refused_told(&self, language: Language) -> String {
        let (refused, kept) = (self.refused.len(), self.kept.display());
        match (language, self.dry_run) {
            (Language::Chinese, true) => {
                format!("账本拒绝 {refused} 个批次。这是试运行，未签署、未写入任何内容")
            }
            (Language::Chinese, false) => format!(
                "账本拒绝 {refused} 个批次。{kept} 保留全部批次，因为已签署的仍可能入账；请重新运行"
            ),
            (Language::English, true) => format!(
                "the ledger refuses {refused} batches. This was a dry run: nothing was signed or written"
            ),
            (Language::English, false) => format!(
                "the ledger refuses {refused} batches. `{kept}` keeps all of them, because what was signed may still be taken; run this again"
            ),
        }
    }

    /// The report in words.
    pub(super) fn text(&self, language: Language) -> String {
        let Self {
            sealed,
            calls,
            known,
            lines: read,
            later,
            ..
        } = self;
        let mut lines = vec![match (language, self.dry_run) {
            (Language::Chinese, true) => format!(
                "共 {read} 行，将封存 {sealed} 个批次、{calls} 次调用，此前已封存 {known} 个批次"
            ),
            (Language::Chinese, false) => format!(
                "共 {read} 行，封存 {sealed} 个批次、{calls} 次调用，此前已封存 {known} 个批次"
            ),
            (Language::English, is_dry) => {
                let done = if is_dry { "would be sealed" } else { "sealed" };
                format!(
                    "{sealed} batches with {calls} calls {done}, {known} were sealed before, from {read} lines"
                )
            }
        }];
        if let Some(until) = self.until.filter(|_| *later > 0) {
            lines.push(match language {
                Language::Chinese => format!(
                    "有 {later} 行不早于封存截止时间 {until}。待链上有更晚的区块后再运行一次；若用了 --until，请改用更晚的时间"
                ),
                Language::English => format!(
                    "{later} lines are not before {until}, up to which is sealed. Run this again once the chain has a later block, with a later --until where you gave one"
                ),
            });
        }
        for (count, chinese, english) in [
            (
                self.before,
                "行早于绑定生效的时间",
                "lines are from before the binding was live",
            ),
            (
                self.unfounded,
                "次调用没有任何依据却被允许",
                "calls were allowed without any basis",
            ),
            (
                self.in_sealed,
                "行位于账本已封存的时段内",
                "lines lie in windows that the ledger has sealed",
            ),
        ] {
            if count > 0 {
                lines.push(format!("{count} {}", language.say(chinese, english)));
            }
        }
        lines.extend((self.given_up > 0).then(|| self.given_up_told(language)));
        let refused = language.say("未被接受：", "refused: ");
        lines.extend(self.refused.iter().map(|told| format!("{refused}{told}")));
        if self.dry_run {
            let words = language.say(
                "试运行：未签署、未写入任何内容",
                "a dry run: nothing was signed or written",
            );
            lines.push(words.to_owned());
        } else if self.sealed > 0 || self.known > 0 {
            let secrets = language.say("批次密值：", "secrets: ");
            lines.push(format!("{secrets}{}", self.kept.display()));
        }
        lines.join("\n")
    }

    fn given_up_told(&self, language: Language) -> String {
        let count = self.given_up;
        let before = self.kept_before.as_ref().map(|before| before.display());
        match (language, before) {
            (Language::Chinese, Some(before)) => format!(
                "先前一次运行的 {count} 个批次从未入账，且账本现已拒绝，不再计入；其批次密值保留在 {before}"
            ),
            (Language::Chinese, None) => {
                format!("先前一次运行的 {count} 个批次从未入账，且账本现已拒绝，不再计入")
            }
            (Language::English, Some(before)) => format!(
                "{count} batches of an earlier run were never taken, and the ledger refuses them: they do not count. Their secrets stay in {before}"
            ),
            (Language::English, None) => format!(
                "{count} batches of an earlier run were never taken, and the ledger refuses them: they do not count"
            ),
        }
    }
}

fn tell(lines: &mut Vec<u64>, line: u64) {
    if lines.len() < TOLD_MAX {
        lines.push(line);
    }
}

fn join(lines: &[u64]) -> String {
    let mut numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    if lines.len() >= TOLD_MAX {
        numbers.push("…".to_owned());
    }
    numbers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_tells_what_would_be_sealed_and_of_no_secrets() {
        let mut report = Report {
            lines: 9,
            kept: "log.csv.receipts".into(),
            ..Report::default()
        };
        report.add(3);
        report.add(4);
        let sealed = report.text(Language::English);
        assert!(
            sealed.starts_with("2 batches with 7 calls sealed, 0 were sealed before, from 9 lines")
        );
        assert!(sealed.ends_with("secrets: log.csv.receipts"), "{sealed}");
        report.dry_run = true;
        let would = report.text(Language::English);
        assert!(
            would.starts_with("2 batches with 7 calls would be sealed"),
            "{would}"
        );
        assert!(would.ends_with("nothing was signed or written"), "{would}");
        assert!(!would.contains("secrets"), "{would}");
    }

    #[test]
    fn everything_of_a_report_is_told_in_either_language() {
        let mut report = Report {
            lines: 9,
            later: 1,
            before: 2,
            given_up: 3,
            until: Some(Time(dirchain_ledger::ids::TimeMs(0))),
            kept: "log.receipts".into(),
            kept_before: Some("log.receipts~".into()),
            ..Report::default()
        };
        report.add(4);
        report.add_unfounded(5);
        report.add_in_sealed(6, Time(dirchain_ledger::ids::TimeMs(0)));
        let (english, chinese) = (
            report.text(Language::English),
            report.text(Language::Chinese),
        );
        assert!(
            !english
                .chars()
                .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
        );
        for line in chinese.lines() {
            let mut words = line.split_whitespace();
            assert!(
                words.any(|word| word.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))),
                "{line}"
            );
        }
        assert_eq!(english.lines().count(), chinese.lines().count());
        assert!(report.unfounded_told(Language::Chinese).contains("第 5 行"));
        assert!(report.in_sealed_told(Language::Chinese).contains("第 6 行"));
    }
}
