//! `dirchain binding`: where the data of entries is, stated by providers and watched by gateways.

use std::path::PathBuf;

use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{FieldNumber, Name, ResourceCode, SharingId, Statement};
use dirchain_ledger::records::{BindingChange, BindingTerms, Column, RecordId, ResourceKind};

use super::context::Context;
use super::key::read_text;
use super::sign::Signing;
use super::words::word;

#[derive(Debug, Subcommand)]
pub(crate) enum BindingCommand {
    /// State where an entry's data is, as the provider
    Propose {
        /// The entry
        resource: ResourceCode,
        #[command(flatten)]
        terms: Terms,
        #[command(flatten)]
        signing: Signing,
    },
    /// Mend a binding, as the provider; its gateway confirms it again
    Amend {
        #[command(flatten)]
        subject: Subject,
        #[command(flatten)]
        terms: Terms,
        #[command(flatten)]
        signing: Signing,
    },
    /// Take a binding out of service for now, as the provider
    Suspend(Change),
    /// Put it back; it is live once its gateway reports the schema
    Resume(Change),
    /// Take it out of service for good
    Retire(Change),
    /// Report the schema that the gateway sees: live, or drifted
    Report {
        /// The binding, such as 103001/000001/1
        binding: SharingId,
        #[command(flatten)]
        schema: Schema,
        #[command(flatten)]
        signing: Signing,
    },
}

/// A binding, and the revision it is decided on.
#[derive(Debug, clap::Args)]
pub(crate) struct Subject {
    /// The binding, such as 103001/000001/1
    binding: SharingId,

    /// The revision you decided on; a later one is refused [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Change {
    #[command(flatten)]
    subject: Subject,

    /// Why
    #[arg(long)]
    reason: Statement,

    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Schema {
    /// A file with the schema's text, of which the ledger keeps the hash
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,

    /// The schema's hash itself
    #[arg(long, value_name = "HASH")]
    schema_hash: Option<Hash>,
}

impl Schema {
    fn hash(&self) -> anyhow::Result<Hash> {
        match (&self.schema, self.schema_hash) {
            (Some(file), _) => Ok(hash(Domain::Text, &[read_text(file)?.as_bytes()])),
            (None, Some(hash)) => Ok(hash),
            (None, None) => anyhow::bail!("no schema is given. Give --schema or --schema-hash"),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Terms {
    /// In what form: table, interface, file or certificate [default: the entry's]
    #[arg(long, value_parser = word::<ResourceKind>)]
    kind: Option<ResourceKind>,

    /// The system that holds the data, and the table, address or path in it
    #[arg(long)]
    system: Name,

    #[command(flatten)]
    schema: Schema,

    /// A column and the field it fills, such as GMSFHM=2; once for each
    #[arg(long = "column", value_name = "COLUMN=FIELD", value_parser = column, required = true)]
    columns: Vec<Column>,

    /// The key of the gateway that serves it
    #[arg(long, value_name = "KEY")]
    gateway: PublicKey,
}

fn column(text: &str) -> Result<Column, String> {
    let bad = || format!("`{text}` is no column and field; write COLUMN=FIELD, such as GMSFHM=2");
    let (name, field) = text.rsplit_once('=').ok_or_else(bad)?;
    Ok(Column {
        name: name.trim().parse().map_err(|_| bad())?,
        field: FieldNumber(field.trim().parse().map_err(|_| bad())?),
    })
}

impl Terms {
    fn of(self, desk: &super::sign::Desk<'_>, code: &ResourceCode) -> anyhow::Result<BindingTerms> {
        let found = desk.client.resource(code, None)?;
        let (Some(version), Some(entry)) = (found.resource.version, &found.entry) else {
            anyhow::bail!("resource {code} is not published; only a published one is bound");
        };
        let kind = self.kind.or(entry.kind);
        let mut columns = self.columns;
        columns.sort_by_key(|column| column.field);
        Ok(BindingTerms {
            version,
            kind: kind.unwrap_or(ResourceKind::Table),
            system: self.system,
            schema: self.schema.hash()?,
            columns: List::new(columns)?,
            gateway: self.gateway,
        })
    }
}

impl Subject {
    fn revision(&self, desk: &super::sign::Desk<'_>) -> anyhow::Result<u32> {
        match self.revision {
            Some(revision) => Ok(revision),
            None => Ok(desk
                .client
                .revision(&RecordId::Binding(self.binding.clone()))?),
        }
    }
}

impl BindingCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            BindingCommand::Propose {
                resource,
                terms,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let terms = terms.of(&desk, &resource)?;
                let code = resource.clone();
                let action = Action::ProposeBinding { resource, terms };
                desk.submit_noting(vec![action], |client, _, _| {
                    let all = client.records_of(&code, "bindings", None, usize::MAX)?;
                    let newest = all.last().map(|item| format!("binding {}", item.id));
                    Ok(newest.into_iter().collect())
                })
            }
            BindingCommand::Amend {
                subject,
                terms,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let revision = subject.revision(&desk)?;
                let terms = terms.of(&desk, &subject.binding.resource)?;
                let binding = subject.binding;
                desk.submit(vec![Action::AmendBinding {
                    binding,
                    revision,
                    terms,
                }])
            }
            BindingCommand::Suspend(change) => change.run(context, BindingChange::Suspend),
            BindingCommand::Resume(change) => change.run(context, BindingChange::Resume),
            BindingCommand::Retire(change) => change.run(context, BindingChange::Retire),
            BindingCommand::Report {
                binding,
                schema,
                signing,
            } => {
                let schema = schema.hash()?;
                let action = Action::ReportSchema { binding, schema };
                signing.desk(context)?.submit(vec![action])
            }
        }
    }
}

impl Change {
    fn run(self, context: &Context, change: BindingChange) -> anyhow::Result<()> {
        let desk = self.signing.desk(context)?;
        let revision = self.subject.revision(&desk)?;
        desk.submit(vec![Action::ChangeBinding {
            binding: self.subject.binding,
            revision,
            change,
            reason: self.reason,
        }])
    }
}
