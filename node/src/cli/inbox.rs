//! `dirchain inbox`: what awaits a department.

use dirchain_explorer::api::InboxAnswer;
use dirchain_ledger::ids::DepartmentId;

use super::context::Context;
use super::output::{Table, word};
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
        context.output.print(&answer, text)
    }
}

fn text(answer: &InboxAnswer) -> String {
    let mut table = Table::default();
    for item in &answer.items {
        let late = item
            .late_days
            .map(|days| format!("{days} working days late"));
        table.row([
            word(&item.awaited),
            word(&item.kind),
            item.subject.clone(),
            format!("since {}", item.since),
            item.until
                .map(|until| format!("until {until}"))
                .unwrap_or_default(),
            late.unwrap_or_default(),
        ]);
    }
    format!(
        "{}{} awaiting {}, as of height {}, judged at {}\n",
        table.text(),
        answer.count,
        answer.department,
        answer.as_of.height,
        answer.instant
    )
}
