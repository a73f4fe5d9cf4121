//! The report in Chinese or English.

use std::fmt::Write as _;

use dirchain_ledger::access::{Basis, Denial, Verdict};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{FieldNumber, Height, Moment, TimeMs};
use dirchain_ledger::records::{DepartmentStatus, RecordId, Role};

use crate::reason::{Kind, Reason};
use crate::report::{EventItem, Limit, QuestionItem, ReadersItem, ReadingItem, Report, SpanItem};

/// A language of the report.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Chinese,
    /// English
    #[default]
    English,
}

impl Language {
    fn say<'w>(self, chinese: &'w str, english: &'w str) -> &'w str {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

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
    lines.questions(&report.questions);
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
    };
    format!("{outcome} [{}]\n{reason}\n", reason.code())
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
            self.line(format!(
                "  {} {}  {span}  {duty}",
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
        if report.readers.is_empty() {
            return;
        }
        let at = report.asked_at.time;
        let title = self.say("此时可读取者", "Who could read at").to_owned();
        self.line(format!("\n{title} {at}"));
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
                    "绕过网关的调用：它们在账本上没有痕迹",
                    "calls that bypass a gateway: they leave no trace on the ledger",
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

fn block(at: Moment, language: Language) -> String {
    match language {
        Language::Chinese => format!("区块 {}（{}）", at.height, at.time),
        Language::English => format!("block {} ({})", at.height, at.time),
    }
}

fn subject(id: &RecordId, language: Language) -> String {
    match (id, language) {
        (RecordId::Resource(code), Language::Chinese) => format!("目录条目 {code}"),
        (RecordId::Resource(code), Language::English) => format!("entry {code}"),
        (RecordId::Department(id), Language::Chinese) => format!("部门 {id}"),
        (other, _) => other.to_string(),
    }
}

fn numbers(fields: &[FieldNumber]) -> String {
    let numbers = fields.iter().map(ToString::to_string);
    numbers.collect::<Vec<_>>().join(",")
}

/// The first digits of a key or hash.
fn short(hex: &str) -> String {
    hex.chars().take(12).collect()
}

fn basis(basis: &Basis, language: Language) -> String {
    match basis {
        Basis::Owner {
            responsibility,
            lapsed,
        } => {
            let duty = responsibility.as_ref();
            let duty = duty.map_or_else(String::new, |duty| format!(" {duty}"));
            let lapsed = match lapsed {
                true => language.say("，该职责已终止", ", which has ended"),
                false => "",
            };
            format!("{}{duty}{lapsed}", language.say("提供方", "owner"))
        }
        Basis::Unconditional { version } => {
            format!("{} v{version}", language.say("无条件共享", "unconditional"))
        }
        Basis::Authorized {
            authorization,
            purpose,
            suspect,
            ..
        } => {
            let suspect = match suspect {
                true => language.say("，密钥存疑", ", key reported stolen"),
                false => "",
            };
            let words = language.say("授权", "authorization");
            format!("{words} {authorization} {purpose}{suspect}")
        }
    }
}

fn denial(denial: &Denial, language: Language) -> String {
    match denial {
        Denial::DepartmentNotActive => language
            .say("部门非正常状态", "department not active")
            .to_owned(),
        Denial::NotPublished => language.say("未发布", "not published").to_owned(),
        Denial::NoSuchField => language.say("无此信息项", "no such field").to_owned(),
        Denial::NotShared { .. } => language.say("不予共享", "not shared").to_owned(),
        Denial::NoAuthorization { .. } => language.say("无授权", "no authorization").to_owned(),
        Denial::AuthorizationFails { authorization, .. } => {
            format!(
                "{} {authorization}",
                language.say("授权不适用", "does not cover it:")
            )
        }
    }
}

fn role(role: Role, language: Language) -> &'static str {
    match role {
        Role::Head => language.say("负责人", "head"),
        Role::Administrator => language.say("目录管理员", "administrator"),
        Role::Operator => language.say("运维员", "operator"),
        Role::Gateway => language.say("网关", "gateway"),
        Role::Inspector => language.say("监审员", "inspector"),
    }
}

/// An action's name in Chinese, as far as it has one; else the name that programs use.
fn action(event: &EventItem, language: Language) -> &'static str {
    let chinese = match event.action {
        "register_department" => "登记部门",
        "register_key" => "登记密钥",
        "revoke_key" => "吊销密钥",
        "suspect_key" => "报告密钥存疑",
        "declare_responsibility" => "声明职责",
        "abolish_responsibility" => "废止职责",
        "draft_resource" => "编制目录",
        "submit_resource" => "报送",
        "return_resource" => "退回",
        "publish_resource" => "发布",
        "withdraw_resource" => "撤销",
        "apply" => "申请共享",
        "take_back_application" => "撤回申请",
        "grant" => "授权",
        "refuse" => "拒绝",
        "end_authorization" => "终止授权",
        "register_node" => "登记节点",
        "remove_node" => "移除节点",
        "propose" => "提案",
        "approve" => "同意提案",
        "reject" => "否决提案",
        "take_back_proposal" => "撤回提案",
        other => other,
    };
    language.say(chinese, event.action)
}

/// What a decision was about, and its reason.
fn detail(action: &Action) -> String {
    match action {
        Action::Grant(grant) => format!(" {} [{}]", grant.application, numbers(&grant.fields)),
        Action::Refuse {
            application,
            reason,
            ..
        } => format!(" {application}: {}", reason.as_str()),
        Action::EndAuthorization {
            authorization,
            reason,
            ..
        } => format!(" {authorization}: {}", reason.as_str()),
        Action::Apply {
            applicant, request, ..
        } => format!(
            " {applicant} [{}] {}",
            numbers(&request.fields),
            request.purpose
        ),
        Action::Approve { proposal, .. } => format!(" {proposal}"),
        Action::ReturnResource { reason, .. } | Action::WithdrawResource { reason, .. } => {
            format!(": {}", reason.as_str())
        }
        _ => String::new(),
    }
}
