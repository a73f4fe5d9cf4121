//! `dirchain department`: registering departments and sub-units.

use std::path::PathBuf;

use clap::Subcommand;
use dirchain_ledger::action::{Action, RegisterDepartment};
use dirchain_ledger::ids::{Code, CreditCode, DepartmentId, Name};
use dirchain_ledger::records::AdministrativeLevel;

use crate::description::region;

use super::context::Context;
use super::key;
use super::sign::Signing;
use super::words::word;

#[derive(Debug, Subcommand)]
pub(crate) enum DepartmentCommand {
    /// Register a department (as the registrar) or a sub-unit (as its parent's head)
    Register(Box<Register>),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// Its permanent id, such as D054; a sub-unit's is its parent's, a dot and a number: D054.3
    id: DepartmentId,

    /// Its official name
    #[arg(long)]
    name: Name,

    /// Its level: national, province, city, county or township
    #[arg(long, value_parser = word::<AdministrativeLevel>)]
    level: AdministrativeLevel,

    /// Its region, an administrative division code such as 110000
    #[arg(long, value_parser = region)]
    region: Code,

    /// The department it is a sub-unit of
    #[arg(long, value_name = "DEPARTMENT")]
    parent: Option<DepartmentId>,

    /// Its unified social credit code
    #[arg(long, value_name = "CODE")]
    credit_code: Option<CreditCode>,

    /// The offer of its head's first key, as `dirchain keys offer` prints it; - for stdin
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,

    #[command(flatten)]
    signing: Signing,
}

impl DepartmentCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let DepartmentCommand::Register(command) = self;
        let head = command.head.as_deref().map(key::read_offer).transpose()?;
        let action = Action::RegisterDepartment(RegisterDepartment {
            id: command.id,
            parent: command.parent,
            credit_code: command.credit_code,
            name: command.name,
            level: command.level,
            region: command.region,
            head,
        });
        command.signing.desk(context)?.submit(vec![action])
    }
}
