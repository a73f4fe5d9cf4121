//! `dirchain checkpoint`: the block that an inspector keeps.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_evidence::{Anchor, Checkpoint, verify_end};
use dirchain_ledger::ids::Height;

use crate::home::read_genesis;

use super::context::Context;
use super::evidence::{read_file, write_file};
use super::output;

#[derive(Debug, Subcommand)]
pub(crate) enum CheckpointCommand {
    /// Show a pinned block, or the end of the header log that a node signs
    Show {
        /// The pinned block's file [default: ask the node]
        file: Option<PathBuf>,
    },
    /// Pin the end of the chain, verified from the genesis or from an earlier pin
    Pin(Pin),
}

/// Asks a node for its end of the chain, and keeps it only when it is proven: certified by the
/// validators that the anchor leads to and, from an earlier pin on, only grown.
#[derive(Debug, clap::Args)]
#[group(id = "anchor", required = true, multiple = false)]
pub(crate) struct PinAnchor {
    /// The chain's genesis file
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,

    /// The block pinned before
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Pin {
    #[command(flatten)]
    anchor: PinAnchor,

    /// The file to write
    #[arg(short = 'o', long, value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn read_checkpoint(path: &std::path::Path) -> anyhow::Result<Checkpoint> {
    let checkpoint: Checkpoint = serde_json::from_slice(&read_file(path)?)
        .with_context(|| format!("{} is no checkpoint", path.display()))?;
    checkpoint.check()?;
    Ok(checkpoint)
}

fn shown(checkpoint: &Checkpoint) -> String {
    let header = &checkpoint.header;
    let voters = checkpoint.next_validators.members().iter();
    let voters: Vec<String> = voters.map(|member| member.department.to_string()).collect();
    format!(
        "chain       {}\nheight      {}\ntime        {}\nblock       {}\nlog root    {} over {} entries\nvalidators  {}\n",
        header.chain,
        header.height,
        header.time,
        header.hash(),
        header.header_log_root,
        header.height,
        voters.join(", "),
    )
}

impl CheckpointCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            CheckpointCommand::Show { file: Some(file) } => {
                let checkpoint = read_checkpoint(&file)?;
                context.output.print(&checkpoint, shown)
            }
            CheckpointCommand::Show { file: None } => {
                let client = context.client()?;
                let key = client.log_text("key")?;
                let note = client.log_text("checkpoint")?;
                output::write(format!("{note}\nverifier key  {key}").as_bytes())
            }
            CheckpointCommand::Pin(pin) => pin.run(context),
        }
    }
}

impl Pin {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        // A pin is what shows a fork later: only the one that the new one was proven to go on from
        // gives way.
        let goes_on = self.anchor.checkpoint.as_ref() == Some(&self.file);
        anyhow::ensure!(
            goes_on || !self.file.exists(),
            "{} is there already, and a pin is not replaced. Name another file",
            self.file.display()
        );
        let client = context.client()?;
        let checkpoint = match (&self.anchor.genesis, &self.anchor.checkpoint) {
            (Some(path), _) => {
                let genesis = read_genesis(path)?;
                let end = client.evidence_anchor(None, &[], None)?;
                verify_end(&end, Anchor::Genesis(&genesis))?.0
            }
            (None, Some(path)) => {
                let before = read_checkpoint(path)?;
                let pinned: Height = before.header.height;
                let end = client.evidence_anchor(None, &[pinned], None)?;
                let (checkpoint, trust) = verify_end(&end, Anchor::Checkpoint(&before))?;
                anyhow::ensure!(
                    trust.is_linked,
                    "the node does not show that the pinned block at height {pinned} is in its history"
                );
                checkpoint
            }
            (None, None) => anyhow::bail!("name a genesis or a checkpoint"),
        };
        let text = serde_json::to_vec_pretty(&checkpoint)?;
        write_file(&self.file, &text)?;
        context.output.print(&checkpoint, shown)
    }
}
