//! What a department may read, and what actions would come to, as text.

use clap::ValueEnum;
use dirchain_explorer::api::{BasisKind, ReadableItem, RehearsalAnswer};
use dirchain_ledger::ids::DepartmentId;

use super::When;
use super::sharing::{basis, denial, fields};
use crate::cli::context::Context;
use crate::cli::output::Table;
use crate::client::Client;

/// On which basis.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    /// It provides the data
    Owner,
    /// Shared with every department
    Unconditional,
    /// Granted
    Authorized,
}

impl From<On> for BasisKind {
    fn from(on: On) -> Self {
        match on {
            On::Owner => Self::Owner,
            On::Unconditional => Self::Unconditional,
            On::Authorized => Self::Authorized,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct WhatMay {
    /// The department
    department: DepartmentId,

    /// Only on this basis
    #[arg(long, value_enum)]
    basis: Option<On>,

    /// How many lines at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,

    #[command(flatten)]
    when: When,
}

impl WhatMay {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let kind = self.basis.map(BasisKind::from);
        let items = client.what_may(&self.department, kind, self.when.at, self.limit)?;
        let department = &self.department;
        context
            .output
            .print(&items, |items| match items.is_empty() {
                true => format!("{department} may read nothing of that"),
                false => readable(items),
            })
    }
}

fn readable(items: &[ReadableItem]) -> String {
    let mut table = Table::default();
    for item in items {
        table.row([
            item.resource.to_string(),
            item.name.clone(),
            item.provider.to_string(),
            fields(&item.fields),
            basis(&item.basis),
        ]);
    }
    table.text()
}

/// What actions that pass would touch, and who would lose what.
pub(crate) fn rehearsal(answer: &RehearsalAnswer) -> String {
    let mut text = format!(
        "Nothing was signed. On the state of height {} it would take effect.\n\nIt would touch\n",
        answer.as_of.height
    );
    for touched in answer.transactions.iter().flat_map(|told| &told.touches) {
        text.push_str(&format!("  {touched}\n"));
    }
    let agreed: Vec<&String> = answer
        .transactions
        .iter()
        .flat_map(|told| &told.touches_once_agreed)
        .collect();
    if !agreed.is_empty() {
        text.push_str("\nOnce everybody had agreed it would touch\n");
    }
    for touched in agreed {
        text.push_str(&format!("  {touched}\n"));
    }
    text.push_str("\nWho would lose what\n");
    if answer.losses.is_empty() && answer.unexamined.is_empty() {
        text.push_str("  nobody loses anything\n");
    }
    let mut table = Table::default();
    for loss in &answer.losses {
        table.row([
            format!("  {}", loss.department),
            loss.resource.to_string(),
            format!("fields {}", fields(&loss.fields)),
            format!("now: {}", basis(&loss.basis)),
            format!("then: {}", denial(&loss.denial)),
        ]);
    }
    text.push_str(&table.text());
    if !answer.unexamined.is_empty() {
        let count = answer.unexamined.len();
        text.push_str(&format!(
            "  and of {count} more entries, too many to look at at once (--output json lists them)\n"
        ));
    }
    text
}
