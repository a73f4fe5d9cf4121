//! `dirchain inbox`: what awaits a department.

use dirchain_explorer::api::{InboxAnswer, Time};
use dirchain_explorer::word_in;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::language::Language;

use super::context::Context;
use super::output::{Table, local};
use super::query::When;

#[derive(Debug, clap::Args)]
pub(crate) struct Inbox {
    /// Whose inbox
    department: DepartmentId,
    /// How many at most, the oldest first
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    when: When,
}

impl Inbox {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let answer = client.inbox(&self.department, self.limit, self.when.at)?;
        let language = context.language();
        context
            .output
            .print(&answer, |answer| text(answer, language))
    }
}

fn text(answer: &InboxAnswer, language: Language) -> String {
    let mut table = Table::default();
    for item in &answer.items {
        let subject = item.subject_id.as_ref();
        table.row([
            word_in(&item.awaited, language).into_owned(),
            subject.map_or_else(|| item.subject.clone(), |subject| subject.told(language)),
            since(item.since, language),
            item.until
                .map(|until| match language {
                    Language::Chinese => format!("至 {}", local(until)),
                    Language::English => format!("until {}", local(until)),
                })
                .unwrap_or_default(),
            late(item.late_days, language),
        ]);
    }
    let InboxAnswer {
        count, department, ..
    } = answer;
    let (height, instant) = (answer.as_of.height, local(answer.instant));
    let summary = match language {
        Language::Chinese => {
            format!(
                "共 {count} 项待 {department} 处理，依据高度 {height} 的账本，按 {instant} 判断"
            )
        }
        Language::English => {
            format!("{count} awaiting {department}, as of height {height}, judged at {instant}")
        }
    };
    format!("{}{summary}\n", table.text())
}

/// Since when something waits.
pub(super) fn since(since: Time, language: Language) -> String {
    match language {
        Language::Chinese => format!("自 {}", local(since)),
        Language::English => format!("since {}", local(since)),
    }
}

/// How late something is; nothing while it is in time.
pub(super) fn late(days: Option<u16>, language: Language) -> String {
    match (days, language) {
        (None, _) => String::new(),
        (Some(days), Language::Chinese) => format!("逾期 {days} 个工作日"),
        (Some(days), Language::English) => format!("{days} working days late"),
    }
}
