//! The report in Chinese or English.

mod terms;

use std::fmt::Write as _;

use dirchain_ledger::access::{Basis, Verdict};
use dirchain_ledger::ids::{Height, Moment, TimeMs};
pub use dirchain_ledger::language::Language;
use dirchain_ledger::records::{DepartmentStatus, RecordId};

use crate::claims::Claim;
use crate::reason::{Kind, Reason};
use crate::report::{
    EventItem, Limit, QuestionItem, ReadersItem, ReadingItem, Report, SpanItem, UseItem,
};
use crate::uses::Sealed;

use terms::{action, basis, block, denial, detail, numbers, role, short, subject, use_basis};

/// A report as text. Writing into a string does not fail, so its results are not looked at.
pub fn text(report: &Report, language: Language) -> String {
    let mut lines = Lines {
        text: String::new(),
        language,
    };
    lines.heading(report);
    lines.ownership(report);
    lines.readings(&report.readings);
    lines.readers(report);
    lines.claim(report.claim.as_ref());
    lines.questions(&report.questions);
    lines.uses(report);
    lines.events(&report.events);
    lines.trust(report);
    lines.limits(report);
    lines.text
}

/// A reason as a person reads it: what the outcome is, then why.
pub fn refusal(reason: &Reason, language: Language) -> String {
    let outcome = match reason.kind() {
        Kind::Invalid => language.say(
            "无效：此证据文件已损坏或系伪造",
            "INVALID: damaged or forged",
        ),
        Kind::Undecided => language.say("无法判定", "CANNOT DECIDE"),
        Kind::Refuted => language.say(
            "不成立：文件有效，所证与所称相反",
            "NOT SO: the file is valid, and proves the contrary",
        ),
    };
    let words = match language {
        Language::Chinese => reason.chinese(),
        Language::English => reason.to_string(),
    };
    format!("{outcome} [{}]\n{words}\n", reason.code())
}

struct Lines {
    text: String,
    language: Language,
}

impl Lines {
    fn say<'w>(&self, chinese: &'w str, english: &'w str) -> &'w str {
        self.language.say(chinese, english)
    }

    fn line(&mut self, line: impl std::fmt::Display) {
        let _infallible = writeln!(self.text, "{line}");
    }

    fn title(&mut self, chinese: &str, english: &str) {
        let title = self.say(chinese, english).to_owned();
        self.line(format!("\n{title}"));
    }

    fn heading(&mut self, report: &Report) {
        let valid = self.say("有效", "VALID");
        let subject = subject(&report.subject, self.language);
        let name = report.name.clone().unwrap_or_default();
        let until = block(report.until, self.language);
        let words = match self.language {
            Language::Chinese => format!("{valid}：{subject} {name}，证明至{until}"),
            Language::English => format!("{valid}: {subject} {name}, proven up to {until}"),
        };
        self.line(words);
        let chain = self.say("链", "chain").to_owned();
        self.line(format!("{chain} {}", report.chain));
        if !report.exists {
            let words = self.say(
                "已证明：截至该区块从未有过此记录",
                "proven: there was never such a record up to that block",
            );
            let words = words.to_owned();
            self.line(words);
        }
    }

    fn ownership(&mut self, report: &Report) {
        if !report.providers.is_empty() {
            self.title("提供方", "Provider");
        }
        for provider in &report.providers {
            let span = self.moments(provider.from, provider.until);
            self.line(format!(
                "  {} {}  {span}",
                provider.department, provider.name
            ));
        }
        if !report.versions.is_empty() {
            self.title("版本", "Versions");
        }
        for version in &report.versions {
            let span = self.moments(version.from, version.until);
            let duty = version.responsibility.as_ref();
            let duty = duty.map_or_else(String::new, ToString::to_string);
            // Its submission comes first, then who published it.
            let by = version
                .decisions
                .get(1)
                .map_or_else(String::new, |decision| {
                    let (words, key) =
                        (self.say("发布人", "published by"), decision.key.to_string());
                    format!("  {words} {} {}", decision.department, short(&key))
                });
            let suspect = self.suspicion(version.suspect);
            self.line(format!(
                "  {} {}  {span}  {duty}{by}{suspect}",
                version.version, version.name
            ));
            let kinds = [
                (
                    self.say("无条件共享", "unconditional"),
                    &version.unconditional,
                ),
                (self.say("有条件共享", "conditional"), &version.conditional),
                (self.say("不予共享", "not shared"), &version.not_shared),
            ];
            let kinds = kinds.map(|(kind, fields)| (kind.to_owned(), fields));
            for (kind, fields) in kinds.iter().filter(|(_, fields)| !fields.is_empty()) {
                self.line(format!("    {kind}: {}", numbers(fields)));
            }
        }
        if let Some(at) = report.withdrawn {
            let at = block(at, self.language);
            let words = self.say("已撤销，自", "withdrawn at").to_owned();
            self.line(format!("  {words} {at}"));
        }
        if !report.statuses.is_empty() {
            self.title("部门状态", "Status");
        }
        for (status, since) in &report.statuses {
            let since = block(*since, self.language);
            let status = match status {
                DepartmentStatus::Active => self.say("正常", "active"),
                DepartmentStatus::Suspended => self.say("暂停", "suspended"),
                DepartmentStatus::Dissolved => self.say("撤销", "dissolved"),
            };
            let line = format!("  {status}  {since}");
            self.line(line);
        }
    }

    fn readings(&mut self, readings: &[ReadingItem]) {
        if readings.is_empty() {
            return;
        }
        self.title("凭授权可读取者", "Who could read by authorization");
        for reading in readings {
            let span = self.times(reading.from, reading.until);
            let suspect = self.suspicion(reading.suspect);
            let words = self.say("信息项", "fields").to_owned();
            let granted = self.say("授权人", "granted by").to_owned();
            self.line(format!(
                "  {} {}  {words} {}  {span}  {}  {}  {granted} {} {}{suspect}",
                reading.department,
                reading.name,
                numbers(&reading.fields),
                reading.purpose,
                reading.authorization,
                reading.granted_by,
                short(&reading.key.to_string()),
            ));
        }
    }

    fn readers(&mut self, report: &Report) {
        if !matches!(report.subject, RecordId::Resource(_)) {
            return;
        }
        let at = report.asked_at.time;
        let title = self.say("此时可读取者", "Who could read at").to_owned();
        self.line(format!("\n{title} {at}"));
        if report.readers.is_empty() {
            let nobody = self.say(
                "  无：此时没有生效的版本",
                "  nobody: no version of it was in force then",
            );
            self.line(nobody.to_owned());
        }
        for item in &report.readers {
            let words = self.readers_of(item);
            self.line(format!("  {}  {words}", item.field));
        }
    }

    fn readers_of(&self, item: &ReadersItem) -> String {
        let owners = item
            .readers
            .iter()
            .filter(|reader| !item.everybody || matches!(reader.basis, Basis::Owner { .. }));
        let mut named: Vec<String> = owners
            .map(|reader| {
                format!(
                    "{} ({})",
                    reader.department,
                    basis(&reader.basis, self.language)
                )
            })
            .collect();
        if item.everybody {
            let all = self.say(
                "所有正常状态的部门（无条件共享）",
                "every active department (unconditional)",
            );
            named.push(all.to_owned());
        }
        match named.is_empty() {
            true => self.say("无", "nobody").to_owned(),
            false => named.join(", "),
        }
    }

    fn claim(&mut self, claim: Option<&Claim>) {
        let Some(claim) = claim else {
            return;
        };
        let proven = self.say("已证明", "PROVEN");
        let words = match claim {
            Claim::NeverGranted {
                department,
                field,
                range,
            } => {
                let span = self.times(range.from, Some(range.to));
                let words = self.say("从未被授权信息项", "was never granted field");
                format!("{department} {words} {field}, {span}")
            }
            Claim::NeverReadable {
                department,
                field,
                range,
            } => {
                let span = self.times(range.from, Some(range.to));
                let words = self.say("从不可读取信息项", "could never read field");
                format!("{department} {words} {field}, {span}")
            }
            Claim::Absent { height } => {
                let words = self.say("此时尚无此记录：区块", "there was no such record at block");
                format!("{words} {height}")
            }
        };
        self.line(format!("\n{proven}: {words}"));
    }

    /// Who did: every batch, so that none sealed is an answer too.
    fn uses(&mut self, report: &Report) {
        if report.versions.is_empty() {
            return;
        }
        self.title("使用留痕", "Who did (sealed receipts of use)");
        if report.uses.is_empty() {
            let words = self.say(
                "  已证明：没有任何封存的使用留痕",
                "  proven: no use was ever sealed",
            );
            let words = words.to_owned();
            self.line(words);
        }
        for item in &report.uses {
            let line = self.window(item);
            self.line(line);
            for (side, sealed) in [
                (self.say("提供方", "provider"), &item.used.provider),
                (self.say("使用方", "consumer"), &item.used.consumer),
            ] {
                let line = sealed.as_ref().map(|sealed| self.sealed(side, sealed));
                line.into_iter().for_each(|line| self.line(line));
            }
        }
    }

    fn window(&self, item: &UseItem) -> String {
        let used = &item.used;
        let sides = [&used.provider, &used.consumer];
        let to = sides.into_iter().flatten().map(|s| s.counted.to).max();
        let span = self.times(used.from, to);
        let contested = match used.contested.is_some() {
            true => self.say("  【双方计数不一致】", "  [contested]"),
            false => "",
        };
        let uncovered = match used.covered {
            true => "",
            false => self.say("  【依据未覆盖】", "  [its basis does not cover it]"),
        };
        let (reader, binding) = (&used.reader, &used.binding);
        let basis = use_basis(used.basis, self.language);
        let name = &item.name;
        format!("  {reader} {name}  {basis}  {span}  {binding}{contested}{uncovered}")
    }

    fn sealed(&self, side: &str, sealed: &Sealed) -> String {
        let counted = &sealed.counted;
        let (calls, denied, rows) = (counted.calls, counted.denied, counted.rows);
        let counts = match self.language {
            Language::Chinese => format!("调用 {calls}，拒绝 {denied}，行数 {rows}"),
            Language::English => format!("{calls} calls, {denied} denied, {rows} rows"),
        };
        let fields = match (counted.fields.is_empty(), self.language) {
            (true, _) => String::new(),
            (false, Language::Chinese) => format!("，信息项 {}", numbers(&counted.fields)),
            (false, Language::English) => format!(", fields {}", numbers(&counted.fields)),
        };
        let (by, key) = (&sealed.department, short(&sealed.key.to_string()));
        let (at, suspect) = (sealed.at.height, self.suspicion(sealed.suspect));
        let block = self.say("区块", "block");
        format!("    {side}: {counts}{fields}  {block} {at} {by} {key}{suspect}")
    }

    fn questions(&mut self, questions: &[QuestionItem]) {
        for question in questions {
            let span = self.times(question.from, Some(question.until));
            let (department, field) = (&question.department, question.field);
            let words = match self.language {
                Language::Chinese => format!("\n{department} 与信息项 {field}，{span}"),
                Language::English => format!("\n{department} and field {field}, {span}"),
            };
            self.line(words);
            let granted = match question.granted.is_empty() {
                true => self
                    .say("已证明从未授权", "proven: never granted")
                    .to_owned(),
                false => {
                    let ids = question.granted.iter().map(ToString::to_string);
                    let words = self.say("曾授权", "was granted");
                    format!("{words}: {}", ids.collect::<Vec<_>>().join(", "))
                }
            };
            self.line(format!("  {granted}"));
            let could = question
                .verdicts
                .iter()
                .any(|span| span.verdict.is_allowed());
            let words = match could {
                true => self.say("曾可读取：", "could read:"),
                false => self.say("已证明从不可读取：", "proven: could never read:"),
            };
            let words = words.to_owned();
            self.line(format!("  {words}"));
            for span in &question.verdicts {
                let line = self.verdict(span);
                self.line(format!("    {line}"));
            }
        }
    }

    fn verdict(&self, span: &SpanItem) -> String {
        let times = self.times(span.from, span.until);
        let words = match &span.verdict {
            Verdict::Allowed(found) => {
                let yes = self.say("可", "yes");
                format!("{yes} ({})", basis(found, self.language))
            }
            Verdict::Denied(found) => {
                let no = self.say("否", "no");
                format!("{no} ({})", denial(found, self.language))
            }
        };
        format!("{times}  {words}")
    }

    fn events(&mut self, events: &[EventItem]) {
        if events.is_empty() {
            return;
        }
        self.title("全部签名行为", "Every signed action");
        for event in events {
            let suspect = self.suspicion(event.suspect);
            let role = role(event.role, self.language);
            let detail = match &event.measure {
                Some(measure) => format!(" {}{}", measure.name(), detail(&event.signed)),
                None => detail(&event.signed),
            };
            self.line(format!(
                "  {} {}  {}{detail}  {} {role} {}{suspect}",
                event.at.height,
                event.at.time,
                action(event, self.language),
                event.department,
                short(&event.key.to_string()),
            ));
        }
    }

    fn suspicion(&self, suspect: bool) -> &'static str {
        match (suspect, self.language) {
            (false, _) => "",
            (true, Language::Chinese) => "  【密钥存疑】",
            (true, Language::English) => "  [key reported stolen]",
        }
    }

    fn trust(&mut self, report: &Report) {
        self.title("依据", "What this rests on");
        let trust = &report.trust;
        let anchor = match (trust.anchor.height, self.language) {
            (Height::GENESIS, Language::Chinese) => "创世文件".to_owned(),
            (Height::GENESIS, Language::English) => "the genesis file".to_owned(),
            (height, Language::Chinese) => format!("已固定的区块 {height}"),
            (height, Language::English) => format!("the pinned block {height}"),
        };
        let voters: Vec<String> = trust.validators.iter().map(ToString::to_string).collect();
        let (count, voters) = (voters.len(), voters.join(", "));
        let words = match self.language {
            Language::Chinese => {
                format!("  {anchor}，以及 {count} 个现任共识节点中超过三分之二的签名：{voters}")
            }
            Language::English => format!(
                "  {anchor}, and signatures of more than two thirds of the {count} validators: {voters}"
            ),
        };
        self.line(words);
        if trust.retired_sets > 0 {
            let sets = trust.retired_sets;
            let words = match self.language {
                Language::Chinese => format!("  其间 {sets} 届已卸任共识节点的签名"),
                Language::English => {
                    format!("  the signatures of {sets} earlier sets of validators, now retired")
                }
            };
            self.line(words);
        }
        if !trust.witnesses.is_empty() {
            let names = trust.witnesses.join(", ");
            let words = self.say("见证者", "witnesses").to_owned();
            self.line(format!("  {words}: {names}"));
        }
    }

    fn limits(&mut self, report: &Report) {
        self.title("本证据不证明", "What this does not prove");
        for limit in &report.not_proven {
            let words = match limit {
                Limit::BypassedGateways => self.say(
                    "绕过网关的调用：它们在账本上没有痕迹；尚未封存的时段；各方计数以其网关所报为准",
                    "calls that bypass a gateway, which leave no trace on the ledger; windows not sealed yet; that a gateway counted rightly",
                ),
                Limit::OwnUse => self.say(
                    "该部门使用了哪些数据：见其所读目录条目的证据文件",
                    "what the department used: that is in the files of the entries that it read",
                ),
                Limit::AfterTheEnd => self.say(
                    "上述区块之后发生的事",
                    "anything after the block named above",
                ),
                Limit::TruthOfTheEntry => self.say(
                    "所签内容符合事实：只证明何人何时签署",
                    "that what was signed is true: only who signed it, and when",
                ),
                Limit::RetiredKeys => self.say(
                    "若已卸任共识节点中三分之二的密钥被滥用，可能另签一段历史；结论以这些密钥保持诚实为前提（--strict 要求近期固定点或见证者）",
                    "another past could be signed with two thirds of the retired keys: valid if those keys stayed honest (--strict asks for a recent pin or witnesses)",
                ),
                Limit::UnlinkedPin => self.say(
                    "已固定区块在此历史之中（导出时加 --pin）",
                    "that the pinned block is in this history (export it with --pin)",
                ),
            };
            let words = words.to_owned();
            self.line(format!("  - {words}"));
        }
    }

    fn times(&self, from: TimeMs, until: Option<TimeMs>) -> String {
        match until {
            Some(until) => format!("{from} – {until}"),
            None => format!("{from} – {}", self.say("证明期末", "the end of the proof")),
        }
    }

    fn moments(&self, from: Moment, until: Option<Moment>) -> String {
        self.times(from.time, until.map(|until| until.time))
    }
}
