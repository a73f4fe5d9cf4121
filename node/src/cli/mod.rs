//! The command line: one file for each noun, and what they share.
//!
//! Invariant: a command says what it did on stdout, and what it could not do in one line on stderr.

mod binding;
mod case;
mod checkpoint;
mod context;
mod department;
mod devnet;
mod evidence;
mod export;
mod failure;
mod genesis;
mod import;
mod inbox;
mod init;
mod key;
mod keys;
mod membership;
mod node;
mod output;
mod proposal;
mod query;
mod receipts;
mod resource;
mod responsibility;
mod run;
mod sharing;
mod sign;
mod status;
mod storage;
mod witness;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use context::Context;
use dirchain_ledger::language::Language;
use output::Output;

/// A permissioned directory chain: who produces a government's data, who may read it, and why.
#[derive(Debug, Parser)]
#[command(name = "dirchain", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The heading of what every command understands.
const EVERYWHERE: &str = "Everywhere";

/// What every command understands.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// Folder of this node and of your keys [default: ~/.dirchain]
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "DIRCHAIN_HOME", value_name = "DIR")]
    home: Option<PathBuf>,

    /// The node to ask [default: the home's own, or http://127.0.0.1:8080]
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "DIRCHAIN_NODE", value_name = "URL")]
    node: Option<String>,

    /// How to print answers and errors
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FORMAT", default_value = "text")]
    output: Output,

    /// The language of refusals, verdicts, dry runs and the reasons in sheets [default: the locale's]
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "DIRCHAIN_LANG", value_enum, value_name = "LANGUAGE")]
    lang: Option<Lang>,

    /// A file whose first line is the passphrase of your key [else DIRCHAIN_PASSPHRASE, else asked]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// A language, by its code.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Language::Chinese,
            Lang::En => Language::English,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a node's home: configuration, keys, genesis
    Init(init::Init),
    /// Run a node
    Run(run::Run),
    /// Run the sample city: four departments' nodes on this machine
    Devnet(devnet::Devnet),
    /// Make or look at a chain's genesis file
    #[command(subcommand)]
    Genesis(genesis::GenesisCommand),
    /// How a node is doing: the exit code is 0 when it is ready, 3 when it answers and is not
    Status,
    Backup(storage::Backup),
    Restore(storage::Restore),
    Doctor(storage::Doctor),
    /// Your signing keys, encrypted in the home's keys/ folder
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Ask the directory
    #[command(subcommand)]
    Query(query::Query),
    /// Import a catalogue as entries of an agency
    Import(import::Import),
    /// Export the whole catalogue for other systems: DCAT-AP 3 with ODRL policies
    Export(export::Export),
    /// Register departments
    #[command(subcommand)]
    Department(department::DepartmentCommand),
    /// Register and revoke departments' keys on the ledger
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Declare and abolish responsibilities
    #[command(subcommand)]
    Responsibility(responsibility::ResponsibilityCommand),
    /// Draft, submit, publish and withdraw catalogue entries
    #[command(subcommand)]
    Resource(resource::ResourceCommand),
    /// Apply for data, grant and refuse
    #[command(subcommand)]
    Sharing(sharing::SharingCommand),
    /// State where entries' data is, and report what gateways see
    #[command(subcommand)]
    Binding(binding::BindingCommand),
    /// Seal access logs as receipts of use, prove lines, rate data
    #[command(subcommand)]
    Receipts(receipts::ReceiptsCommand),
    /// Define data elements and claim their source
    #[command(subcommand)]
    Element(case::ElementCommand),
    /// Object to data or to a refusal, answer, settle
    #[command(subcommand)]
    Objection(case::ObjectionCommand),
    /// Open findings, answer and clear them
    #[command(subcommand)]
    Finding(case::FindingCommand),
    /// Demand data that nobody lists
    #[command(subcommand)]
    Demand(case::DemandCommand),
    /// Impose and meet obligations to share
    #[command(subcommand)]
    Obligation(case::ObligationCommand),
    /// What awaits a department: approvals, publications, answers, confirmations
    Inbox(inbox::Inbox),
    /// Propose what needs several departments, approve, reject
    #[command(subcommand)]
    Proposal(proposal::ProposalCommand),
    /// Propose a reorganisation; with --dry-run, list everything that it would touch
    Reorganise(proposal::Reorganise),
    /// Admit nodes to the network, and remove them
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// Propose who votes, and under which rules
    #[command(subcommand)]
    Membership(membership::MembershipCommand),
    /// Prove a history without any node's word: export, verify, refresh
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Pin the end of the chain, to hold later evidence to it
    #[command(subcommand)]
    Checkpoint(checkpoint::CheckpointCommand),
    /// Watch a chain from outside, and vouch that its history only grew
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// Print a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the program's arguments.
pub fn main() -> ExitCode {
    let Cli { global, command } = match Cli::try_parse() {
        Ok(parsed) => parsed,
        Err(error) => return failure::usage(&error, std::env::args()),
    };
    let format = global.output;
    let context = Context::new(global);
    // Their exit code is the outcome.
    let result = match command {
        Command::Evidence(evidence::EvidenceCommand::Verify(command)) => {
            let outcome = command.run(format, context.language());
            return outcome.unwrap_or_else(|error| {
                failure::print(&error, format, context.language());
                ExitCode::from(evidence::UNDECIDED)
            });
        }
        Command::Witness(command) => command.run(),
        Command::Doctor(command) => command.run(&context),
        Command::Status => status::run(&context),
        command => dispatch(&context, command).map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            failure::print(&error, format, context.language());
            ExitCode::FAILURE
        }
    }
}

fn dispatch(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init(command) => command.run(context),
        Command::Run(command) => command.run(context),
        Command::Devnet(command) => command.run(context),
        Command::Genesis(command) => command.run(context),
        Command::Status => status::run(context).map(drop),
        Command::Backup(command) => command.run(context),
        Command::Restore(command) => command.run(context),
        Command::Doctor(command) => command.run(context).map(drop),
        Command::Keys(command) => command.run(context),
        Command::Query(query) => query.run(context),
        Command::Import(command) => command.run(context),
        Command::Export(command) => command.run(context),
        Command::Department(command) => command.run(context),
        Command::Key(command) => command.run(context),
        Command::Responsibility(command) => command.run(context),
        Command::Resource(command) => command.run(context),
        Command::Sharing(command) => command.run(context),
        Command::Binding(command) => command.run(context),
        Command::Receipts(command) => command.run(context),
        Command::Element(command) => command.run(context),
        Command::Objection(command) => command.run(context),
        Command::Finding(command) => command.run(context),
        Command::Demand(command) => command.run(context),
        Command::Obligation(command) => command.run(context),
        Command::Inbox(command) => command.run(context),
        Command::Proposal(command) => command.run(context),
        Command::Reorganise(command) => command.run(context),
        Command::Node(command) => command.run(context),
        Command::Membership(command) => command.run(context),
        Command::Evidence(command) => command.run(context),
        Command::Checkpoint(command) => command.run(context),
        Command::Witness(command) => command.run().map(drop),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "dirchain", &mut script);
            output::write(&script)
        }
    }
}

#[cfg(test)]
mod tests;
