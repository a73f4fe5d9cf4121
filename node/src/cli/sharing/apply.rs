//! Applying, and supplying what an application lacks.

use anyhow::Context as _;
use dirchain_explorer::api::Time;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, PurposeCode, ResourceCode, ResponsibilityCode, SharingId, Statement,
};
use dirchain_ledger::records::{Request, SharingMethod};

use super::{Subject, application};
use crate::cli::context::Context;
use crate::cli::sign::Signing;
use crate::cli::words::{FieldList, time, word};
use crate::client::{Author, Client, Committed};

#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// The entry
    resource: ResourceCode,

    /// The fields asked for, such as 1,2,5-7 [default: every conditional field]
    #[arg(long, value_name = "NUMBERS")]
    fields: Option<FieldList>,

    /// What for; `dirchain query parameters` lists the purposes
    #[arg(long, value_name = "CODE")]
    purpose: PurposeCode,

    /// The applicant's own responsibility that needs the data
    #[arg(long, value_name = "CODE")]
    responsibility: ResponsibilityCode,

    /// The business scene, in words
    #[arg(long)]
    scene: Statement,

    /// First instant of use: a time, or a date for its start in UTC+8
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Time,

    /// First instant after use
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Time,

    /// How the data is to arrive: exchange, query, download or offline [default: the entry's]
    #[arg(long, value_parser = word::<SharingMethod>)]
    method: Option<SharingMethod>,

    /// Calls a day at most
    #[arg(long, value_name = "COUNT")]
    calls_per_day: Option<u32>,

    /// Who asks [default: the signer's department]
    #[arg(long, value_name = "DEPARTMENT")]
    applicant: Option<DepartmentId>,

    /// The version of the entry you read [default: the one in force]
    #[arg(long, value_name = "N")]
    version: Option<u32>,

    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Supply {
    #[command(flatten)]
    subject: Subject,

    /// The fields asked for [default: as before]
    #[arg(long, value_name = "NUMBERS")]
    fields: Option<FieldList>,

    /// What for [default: as before]
    #[arg(long, value_name = "CODE")]
    purpose: Option<PurposeCode>,

    /// The applicant's own responsibility that needs the data [default: as before]
    #[arg(long, value_name = "CODE")]
    responsibility: Option<ResponsibilityCode>,

    /// The business scene, in words [default: as before]
    #[arg(long)]
    scene: Option<Statement>,

    /// First instant of use [default: as before]
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Time>,

    /// First instant after use [default: as before]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Time>,

    /// Calls a day at most [default: as before]
    #[arg(long, value_name = "COUNT")]
    calls_per_day: Option<u32>,

    #[command(flatten)]
    signing: Signing,
}

impl Supply {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let desk = self.signing.desk(context)?;
        let before = application(&desk.client, &self.subject.id)?;
        let resource = desk.client.resource(&self.subject.id.resource, None)?;
        let fields = self
            .fields
            .map_or(before.fields, |FieldList(fields)| fields);
        let scene = match self.scene {
            Some(scene) => scene,
            None => before.scene.parse()?,
        };
        let action = Action::SupplyApplication {
            application: self.subject.id,
            revision: self.subject.revision.unwrap_or(before.revision),
            request: Request {
                version: resource.resource.version.unwrap_or(before.version),
                responsibility: self.responsibility.unwrap_or(before.responsibility),
                fields: List::new(fields)?,
                purpose: self.purpose.unwrap_or(before.purpose),
                scene,
                method: before.method,
                calls_per_day_max: self.calls_per_day.or(before.calls_per_day_max),
                from: self.from.unwrap_or(before.from).0,
                to: self.to.unwrap_or(before.to).0,
            },
        };
        desk.submit(vec![action])
    }
}

impl Apply {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let desk = self.signing.desk(context)?;
        let code = self.resource.clone();
        let resource = desk.client.resource(&code, None)?;
        let version = self.version.or(resource.resource.version);
        let (Some(version), Some(entry)) = (version, &resource.entry) else {
            anyhow::bail!(
                "resource {code} is not published; only a published one can be applied for"
            );
        };
        let fields = match self.fields {
            Some(FieldList(fields)) => fields,
            None => conditional_fields(&resource),
        };
        anyhow::ensure!(
            !fields.is_empty(),
            "{code} has no conditional field: it is shared without an application, or not at all"
        );
        let method = self.method.or(entry.method);
        let method = method.context("resource names no sharing method. Give --method")?;
        let action = Action::Apply {
            resource: code.clone(),
            applicant: self
                .applicant
                .unwrap_or_else(|| desk.author.department.clone()),
            request: Request {
                version,
                responsibility: self.responsibility,
                fields: List::new(fields)?,
                purpose: self.purpose,
                scene: self.scene,
                method,
                calls_per_day_max: self.calls_per_day,
                from: self.from.0,
                to: self.to.0,
            },
        };
        desk.submit_noting(vec![action], |client, author, committed| {
            number_of(client, author, &code, committed)
        })
    }
}

/// The fields of the version in force for which an application makes sense.
fn conditional_fields(resource: &dirchain_explorer::api::ResourceAnswer) -> Vec<FieldNumber> {
    use dirchain_ledger::records::Sharing;
    let fields = resource.effective_fields.iter();
    let fields = fields.filter(|field| matches!(field.sharing, Some(Sharing::Conditional { .. })));
    fields.map(|field| field.number).collect()
}

/// Which number the ledger gave the application: the newest one of this signer's in that block.
fn number_of(
    client: &Client,
    author: &Author,
    code: &ResourceCode,
    committed: Committed,
) -> anyhow::Result<Vec<String>> {
    let count = client.resource(code, None)?.application_count;
    for number in (1..=count).rev() {
        let id = SharingId {
            resource: code.clone(),
            number,
        };
        let found = client.application(&id, None)?;
        let submitted = found.application.submitted.height;
        if submitted < committed.height {
            break;
        }
        if submitted == committed.height && found.application.applicant == author.department {
            return Ok(vec![format!("application {id}")]);
        }
    }
    Ok(Vec::new())
}
