//! `dirchain genesis`: a chain's beginning.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_explorer::api::Time;
use dirchain_ledger::genesis::{Genesis, Origin};
use dirchain_ledger::ids::{ChainId, Height, Name, NodeId, TimeMs};
use dirchain_ledger::records::Record;
use serde::Serialize;

use crate::client::now;
use crate::description::Description;
use crate::devnet::{Seed, sample_city};
use crate::home;
use crate::progress::say;
use crate::restart::{self, Agreement};

use super::context::Context;
use super::output::{Table, local};
use super::words::time;

#[derive(Debug, Subcommand)]
pub(crate) enum GenesisCommand {
    /// Make a genesis from a description in TOML: departments, nodes, offices
    Make {
        /// The description
        description: PathBuf,

        /// The genesis file to write
        #[arg(short = 'o', long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Make the sample city's genesis, for tests and demonstrations
    Sample {
        /// How many departments have a node
        #[arg(long, value_name = "COUNT", default_value_t = 4)]
        nodes: u16,

        /// What every key is derived from: whoever knows it can sign anything
        #[arg(long, default_value = Seed::DEFAULT)]
        seed: String,

        /// The first node's port on this machine; the others' follow
        #[arg(long, value_name = "PORT", default_value_t = 7000)]
        base_port: u16,

        /// The chain's first instant [default: now]
        #[arg(long, value_name = "TIME", value_parser = time)]
        time: Option<Time>,

        /// The genesis file to write
        #[arg(short = 'o', long, value_name = "FILE")]
        file: PathBuf,
    },
    /// After an emergency: make the genesis of a chain that goes on from this home's, whose node is stopped
    Restart {
        /// The last height of the old chain that counts: the same for every operator
        #[arg(long)]
        height: u64,

        /// The nodes that vote from now on
        #[arg(long, value_name = "NODE,…", value_delimiter = ',', required = true)]
        members: Vec<NodeId>,

        /// The new chain's first instant: the same for every operator
        #[arg(long, value_name = "TIME", value_parser = time)]
        time: Time,

        /// Make it although this node has later blocks, which count no more
        #[arg(long)]
        leave_out: bool,

        /// The genesis file to write
        #[arg(short = 'o', long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Have this home, whose node is stopped, go on with a chain that was made by `genesis restart`, after
    /// making the same genesis from its own database
    Adopt {
        /// The genesis file
        file: PathBuf,

        /// Adopt it although this node has later blocks, which count no more
        #[arg(long)]
        leave_out: bool,
    },
    /// Show what a genesis file begins
    Show {
        /// The genesis file
        file: PathBuf,
    },
}

/// A genesis in short.
#[derive(Debug, Serialize)]
struct Summary {
    file: PathBuf,
    chain: ChainId,
    name: Name,
    time: Time,
    records: usize,
    departments: usize,
    validators: Vec<NodeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// Where what the home had of the chain before lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<PathBuf>,
}

impl GenesisCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let (genesis, file) = match self {
            GenesisCommand::Show { file } => (home::read_genesis(&file)?, file),
            GenesisCommand::Restart {
                height,
                members,
                time,
                leave_out,
                file,
            } => {
                require_near(time, now())?;
                let agreed = Agreement {
                    height: Height(height),
                    members,
                    time: time.0,
                };
                write(&restart::made(&context.home()?, &agreed, leave_out)?, file)?
            }
            GenesisCommand::Adopt { file, leave_out } => {
                let genesis = home::read_genesis(&file)?;
                let adopted = restart::adopt(&context.home()?, &genesis, leave_out)?;
                if !adopted.is_new {
                    say("this home is on that chain already; nothing was done");
                }
                let summary = Summary {
                    before: Some(adopted.aside),
                    ..summary(&genesis, file)
                };
                return context.output.print(&summary, text);
            }
            GenesisCommand::Make { description, file } => {
                let read = Description::read(&description)?;
                require_near(read.time, now())
                    .with_context(|| description.display().to_string())?;
                let made = read.genesis();
                let genesis = made.with_context(|| description.display().to_string())?;
                write(&genesis, file)?
            }
            GenesisCommand::Sample {
                nodes,
                seed,
                base_port,
                time,
                file,
            } => {
                let time = time.map_or_else(now, |time| time.0);
                let city = sample_city(&Seed::new(&seed), nodes, base_port, time)?;
                write(&city.genesis, file)?
            }
        };
        let summary = summary(&genesis, file);
        context.output.print(&summary, text)
    }
}

/// How far ahead a chain may begin.
const AHEAD_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1000;

/// Refuses a beginning so far ahead that it is a mistake: until then there is no block.
fn require_near(time: Time, now: TimeMs) -> anyhow::Result<()> {
    anyhow::ensure!(
        time.0.0 <= now.0.saturating_add(AHEAD_MS_MAX),
        "time is {}, more than 30 days ahead: no block is made before it. Write the chain's first instant, such as {}",
        local(time),
        local(Time(now))
    );
    Ok(())
}

fn write(genesis: &Genesis, file: PathBuf) -> anyhow::Result<(Genesis, PathBuf)> {
    anyhow::ensure!(
        !file.exists(),
        "{} exists already and is not overwritten. Choose another name",
        file.display()
    );
    home::write_genesis(&file, genesis)?;
    Ok((genesis.clone(), file))
}

fn summary(genesis: &Genesis, file: PathBuf) -> Summary {
    let mut departments = 0usize;
    let mut validators = Vec::new();
    for record in &genesis.records {
        if let Record::Department(_) = record {
            departments = departments.saturating_add(1);
        }
        if let Record::Membership(membership) = record {
            let members = membership.current.members().iter();
            validators.extend(members.map(|member| member.node.clone()));
        }
    }
    Summary {
        file,
        chain: genesis.chain(),
        name: genesis.name.clone(),
        time: Time(genesis.time),
        records: genesis.records.len(),
        departments,
        validators,
        origin: genesis.origin.clone(),
        before: None,
    }
}

fn text(summary: &Summary) -> String {
    let validators: Vec<String> = summary.validators.iter().map(NodeId::to_string).collect();
    let mut table = Table::default();
    table.row(["genesis", &summary.file.display().to_string()]);
    table.row(["chain", &summary.chain.to_string()]);
    table.row(["name", &summary.name]);
    table.row(["begins", &local(summary.time)]);
    table.row(["departments", &summary.departments.to_string()]);
    table.row(["validators", &validators.join(", ")]);
    if let Some(origin) = &summary.origin {
        table.row(["goes on from", &origin.chain.to_string()]);
        table.row(["as of height", &origin.height.to_string()]);
        table.row(["block", &origin.block.to_string()]);
        table.row(["header log", &origin.header_log_root.to_string()]);
        table.row(["state root", &origin.state_root.to_string()]);
    }
    if let Some(before) = &summary.before {
        table.row(["the chain before", &before.display().to_string()]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_begins_in_the_past_or_soon() {
        let now = TimeMs(1_800_000_000_000);
        assert!(require_near(Time(TimeMs(0)), now).is_ok());
        let latest = now.0 + AHEAD_MS_MAX;
        assert!(require_near(Time(TimeMs(latest)), now).is_ok());
        assert!(require_near(Time(TimeMs(latest + 1)), now).is_err());
    }
}
