//! Lists: entries, departments, applications and authorizations, filtered.

use clap::ValueEnum;
use dirchain_explorer::api::{
    ApplicationItem, ApplicationState, AuthorizationItem, AuthorizationState, DepartmentItem,
    Direction, ResourceItem,
};
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::ResourceStatus;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::output::{Table, local, or_dash, word};
use crate::cli::words;
use crate::client::{Client, ResourceFilter, SharingFilter};

use super::When;
use super::sharing::fields;

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

/// Whose applications or authorizations, and from which side.
#[derive(Debug, clap::Args)]
struct Side {
    /// The department
    department: DepartmentId,

    /// Those of others' entries, which it applied for or was granted [default: those of its own entries]
    #[arg(long)]
    out: bool,

    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,

    #[command(flatten)]
    when: When,
}

impl Side {
    fn filter<State>(&self, state: Option<State>) -> SharingFilter<State> {
        SharingFilter {
            direction: if self.out {
                Direction::Out
            } else {
                Direction::In
            },
            state,
            at: self.when.at,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Applications {
    #[command(flatten)]
    side: Side,

    /// Only those that stand here: submitted (they wait for a decision), granted, refused, taken_back
    #[arg(long, value_parser = words::word::<ApplicationState>)]
    state: Option<ApplicationState>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Authorizations {
    #[command(flatten)]
    side: Side,

    /// Only those that stand here: in_force, not_begun, expired, ended_early, not_held
    #[arg(long, value_parser = words::word::<AuthorizationState>)]
    state: Option<AuthorizationState>,
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
        let found = client.resources(&filter, limit.saturating_add(1))?;
        print(context, found, limit, resources)
    }
}

impl Departments {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let limit = self.limit;
        let count = limit.saturating_add(1);
        let found = client.departments_with(self.text.as_deref(), self.when.at, count)?;
        print(context, found, limit, departments)
    }
}

impl Applications {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let (limit, filter) = (self.side.limit, self.side.filter(self.state));
        let count = limit.saturating_add(1);
        let found = client.applications(&self.side.department, &filter, count)?;
        print(context, found, limit, applications)
    }
}

impl Authorizations {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let (limit, filter) = (self.side.limit, self.side.filter(self.state));
        let count = limit.saturating_add(1);
        let found = client.authorizations(&self.side.department, &filter, count)?;
        print(context, found, limit, authorizations)
    }
}

/// Prints a list of which one more than wanted was asked for, and says when there are more.
fn print<T: Serialize>(
    context: &Context,
    mut found: Vec<T>,
    limit: usize,
    text: impl FnOnce(&[T]) -> String,
) -> anyhow::Result<()> {
    let more = found.len() > limit;
    found.truncate(limit);
    context
        .output
        .print(&found, |found| text(found) + &rest(more, limit))
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

fn applications(found: &[ApplicationItem]) -> String {
    let mut table = Table::default();
    table.row([
        "application",
        "resource",
        "applicant",
        "fields",
        "purpose",
        "submitted",
        "state",
    ]);
    for item in found {
        table.row([
            item.id.to_string(),
            item.resource_name.clone(),
            format!("{} {}", item.applicant, item.applicant_name),
            fields(&item.fields),
            item.purpose.to_string(),
            local(item.submitted.time),
            word(&item.state),
        ]);
    }
    table.text()
}

fn authorizations(found: &[AuthorizationItem]) -> String {
    let mut table = Table::default();
    table.row([
        "authorization",
        "resource",
        "grantee",
        "fields",
        "purpose",
        "from",
        "to",
        "state",
    ]);
    for item in found {
        table.row([
            item.id.to_string(),
            item.resource_name.clone(),
            format!("{} {}", item.grantee, item.grantee_name),
            fields(&item.fields),
            item.purpose.to_string(),
            local(item.from),
            local(item.to),
            word(&item.state),
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
