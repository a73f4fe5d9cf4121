//! Lists: entries and departments, filtered.

use clap::ValueEnum;
use dirchain_explorer::api::{DepartmentItem, ResourceItem};
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::ResourceStatus;

use crate::cli::context::Context;
use crate::cli::output::{Table, or_dash, word};
use crate::client::{Client, ResourceFilter};

use super::When;

/// Where an entry stands.
#[derive(Copy, Clone, Debug, ValueEnum)]
enum Status {
    /// Never published yet
    Draft,
    /// Waits for publication
    Submitted,
    /// Given back by the steward
    Returned,
    /// In force
    Published,
    /// No longer in force
    Withdrawn,
}

impl From<Status> for ResourceStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Draft => Self::Draft,
            Status::Submitted => Self::Submitted,
            Status::Returned => Self::Returned,
            Status::Published => Self::Published,
            Status::Withdrawn => Self::Withdrawn,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resources {
    /// Only entries whose code, name or abstract holds this
    text: Option<String>,

    /// Only this department's
    #[arg(long, value_name = "DEPARTMENT")]
    provider: Option<DepartmentId>,

    /// Only those that stand here
    #[arg(long, value_enum)]
    status: Option<Status>,

    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,

    #[command(flatten)]
    when: When,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Departments {
    /// Only departments whose id or name holds this
    text: Option<String>,

    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,

    #[command(flatten)]
    when: When,
}

impl Resources {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let limit = self.limit;
        let filter = ResourceFilter {
            provider: self.provider,
            status: self.status.map(ResourceStatus::from),
            text: self.text,
            at: self.when.at,
        };
        let mut found = client.resources(&filter, limit.saturating_add(1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        context
            .output
            .print(&found, |found| resources(found) + &rest(more, limit))
    }
}

impl Departments {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let limit = self.limit;
        let mut found =
            client.departments_with(self.text.as_deref(), self.when.at, limit.saturating_add(1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        context
            .output
            .print(&found, |found| departments(found) + &rest(more, limit))
    }
}

fn resources(found: &[ResourceItem]) -> String {
    let mut table = Table::default();
    table.row(["code", "name", "provider", "status", "version", "sharing"]);
    for item in found {
        table.row([
            item.code.to_string(),
            item.name.clone(),
            format!("{} {}", item.provider, item.provider_name),
            word(&item.status),
            or_dash(item.version),
            or_dash(item.sharing.as_ref().map(word)),
        ]);
    }
    table.text()
}

fn departments(found: &[DepartmentItem]) -> String {
    let mut table = Table::default();
    table.row(["id", "name", "level", "status", "offices"]);
    for item in found {
        let offices: Vec<String> = item.offices.iter().map(word).collect();
        table.row([
            item.id.to_string(),
            item.name.clone(),
            word(&item.level),
            word(&item.status),
            offices.join(", "),
        ]);
    }
    table.text()
}

/// Says when a list was cut.
fn rest(more: bool, limit: usize) -> String {
    match more {
        true => format!("\nThese are the first {limit}; --limit COUNT shows more\n"),
        false => String::new(),
    }
}
