//! Readers, applications and authorizations as text.

use dirchain_explorer::api::{
    ApplicationAnswer, AuthorizationAnswer, AuthorizationItem, AuthorizationState, DecisionItem,
    ReadersAnswer,
};
use dirchain_explorer::{Shown, word_in};
use dirchain_ledger::ids::{DepartmentId, FieldNumber};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::Side;
use serde::Serialize;

use super::verdicts::basis;

use crate::cli::output::{Table, local, or_dash, word};

pub(super) fn readers(answer: &ReadersAnswer, language: Language) -> String {
    let mut text = format!("{} as of height {}\n", answer.resource, answer.as_of.height);
    for field in &answer.fields {
        let sharing = or_dash(field.sharing.as_ref().map(word));
        text.push_str(&format!(
            "\nfield {} {} ({sharing})\n",
            field.field, field.name
        ));
        let mut table = Table::default();
        for reader in &field.readers {
            table.row([
                format!("  {}", reader.department),
                basis(&reader.basis, language),
            ]);
        }
        text.push_str(&table.text());
        if field.readers.is_empty() {
            text.push_str("  nobody\n");
        }
    }
    text
}

/// Field numbers in a list.
pub(super) fn fields(fields: &[FieldNumber]) -> String {
    let numbers: Vec<String> = fields.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

/// Who decided, when, and why.
fn decision(decision: &DecisionItem, language: Language) -> String {
    let (department, height) = (&decision.department, decision.at.height);
    let reason = decision.reason.as_ref();
    match language {
        Language::Chinese => {
            let reason = reason.map_or_else(String::new, |reason| format!("：{reason}"));
            format!("{department}，高度 {height}{reason}")
        }
        Language::English => {
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!("by {department} at height {height}{reason}")
        }
    }
}

/// Rows of a label and a value.
struct Rows {
    table: Table,
    language: Language,
}

impl Rows {
    fn new(language: Language) -> Self {
        let table = Table::default();
        Self { table, language }
    }

    fn row(&mut self, chinese: &str, english: &str, value: impl ToString) {
        let label = self.language.say(chinese, english);
        self.table.row([label.to_owned(), value.to_string()]);
    }

    fn named(&mut self, chinese: &str, english: &str, id: &DepartmentId, name: &str) {
        self.row(chinese, english, format!("{id} {name}"));
    }
}

pub(super) fn application(answer: &ApplicationAnswer, language: Language) -> String {
    let item = &answer.application;
    let mut rows = Rows::new(language);
    rows.row("申请", "application", &item.id);
    rows.row(
        "目录",
        "resource",
        entry(&item.resource_name, item.version, language),
    );
    rows.named("提供方", "provider", &item.provider, &item.provider_name);
    rows.named("申请方", "applicant", &item.applicant, &item.applicant_name);
    rows.row("职责", "responsibility", &item.responsibility);
    rows.row("信息项", "fields", fields(&item.fields));
    rows.row("用途", "purpose", &item.purpose);
    rows.row("场景", "scene", &item.scene);
    rows.row("方式", "method", state(&item.method, language));
    rows.row("每日调用", "calls a day", or_dash(item.calls_per_day_max));
    rows.row("自", "from", local(item.from));
    rows.row("至", "to", local(item.to));
    let (height, time) = (item.submitted.height, local(item.submitted.time));
    let submitted = match language {
        Language::Chinese => format!("高度 {height}，{time}"),
        Language::English => format!("at height {height}, {time}"),
    };
    rows.row("提交", "submitted", submitted);
    rows.row("状态", "state", state(&item.state, language));
    rows.row("修订号", "revision", item.revision);
    if let Some(closed) = &item.decision {
        rows.row("决定", "decided", decision(closed, language));
    }
    rows.table.text()
}

fn entry(name: &str, version: u32, language: Language) -> String {
    match language {
        Language::Chinese => format!("{name} 版本 {version}"),
        Language::English => format!("{name} version {version}"),
    }
}

/// A code: in English as options take it.
fn state<S: Shown + Serialize>(code: &S, language: Language) -> String {
    match language {
        Language::Chinese => word_in(code, language).into_owned(),
        Language::English => word(code),
    }
}

/// Where an authorization stands, with the reason where the record itself has none.
fn standing(item: &AuthorizationItem, language: Language) -> String {
    let stands = state(&item.state, language);
    let (grantee, duty) = (&item.grantee, &item.responsibility);
    match (item.state, language) {
        (AuthorizationState::NotHeld, Language::Chinese) => {
            format!("{stands}：{grantee} 已不再持有 {duty}")
        }
        (AuthorizationState::NotHeld, Language::English) => {
            format!("{stands}: {grantee} no longer holds {duty}")
        }
        _ => stands,
    }
}

pub(super) fn authorization(answer: &AuthorizationAnswer, language: Language) -> String {
    let item = &answer.authorization;
    let mut rows = Rows::new(language);
    rows.row("授权", "authorization", &item.id);
    rows.row(
        "目录",
        "resource",
        entry(&item.resource_name, item.version, language),
    );
    rows.named("提供方", "provider", &item.provider, &item.provider_name);
    rows.named("使用方", "grantee", &item.grantee, &item.grantee_name);
    rows.row("职责", "responsibility", &item.responsibility);
    rows.row("信息项", "fields", fields(&item.fields));
    rows.row("用途", "purpose", &item.purpose);
    rows.row("每日调用", "calls a day", or_dash(item.calls_per_day_max));
    rows.row("自", "from", local(item.from));
    rows.row("至", "to", local(item.to));
    let warning = match item.suspect {
        true => language.say(
            "，所用密钥可能已被窃取",
            ", with a key that may have been stolen",
        ),
        false => "",
    };
    let granted = decision(&item.granted, language);
    rows.row("授予", "granted", format!("{granted}{warning}"));
    rows.row("状态", "state", standing(item, language));
    rows.row("修订号", "revision", item.revision);
    if let Some(end) = &item.ended {
        let how = state(&end.kind, language);
        let by = decision(&end.decision, language);
        rows.row("提前终止", "ended", format!("{how} {by}"));
    }
    for over in &answer.over_quota {
        let (days, usage, last) = (over.days, &over.usage, over.last);
        let (calls, allowed) = (over.calls, over.allowed);
        let told = match language {
            Language::Chinese => {
                let side = match over.side {
                    Side::Provider => "提供方",
                    Side::Consumer => "使用方",
                };
                format!(
                    "{days} 天，按{side}对 {usage} 的计数：{last} 调用 {calls} 次，允许 {allowed} 次"
                )
            }
            Language::English => format!(
                "on {days} days by the {}'s count of use {usage}: {calls} calls for {last}, {allowed} allowed",
                over.side
            ),
        };
        rows.row("超量", "over quota", told);
    }
    rows.table.text()
}
