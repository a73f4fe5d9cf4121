//! `dirchain evidence`: files that prove a history without any node's word.

mod verify;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_evidence::note::SignedNote;
use dirchain_evidence::{reanchor, standing};
use dirchain_ledger::ids::{DepartmentId, Height, ResourceCode};
use dirchain_ledger::records::RecordId;

use crate::client::At;

use super::context::Context;
use super::output;

use verify::{Trusted, Verify};

/// The exit code of a verdict that could not be reached.
pub(crate) const UNDECIDED: u8 = 2;

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Write the file that proves an entry's or a department's history
    Export(Export),
    /// Check a file against a genesis or a pinned block, without any node
    Verify(Box<Verify>),
    /// Put an old file under today's validators
    Refresh(Refresh),
}

/// Asks a node for a file. Nothing in it rests on the node's word: `verify` needs none.
#[derive(Debug, clap::Args)]
#[group(id = "subject", required = true, multiple = false)]
pub(crate) struct ExportSubject {
    /// The entry, such as 103001/000001
    #[arg(long, value_name = "CODE")]
    resource: Option<ResourceCode>,

    /// The department, such as D012
    #[arg(long, value_name = "ID")]
    department: Option<DepartmentId>,

    /// One header's proof for tools of transparency logs (C2SP tlog-proof), by height
    #[arg(long, value_name = "HEIGHT")]
    tlog_proof: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    subject: ExportSubject,

    /// Departments to be asked about though nothing was granted to them
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    with: Vec<DepartmentId>,

    /// Pinned heights that the file is to show in its history
    #[arg(long, value_name = "HEIGHT", value_delimiter = ',')]
    pin: Vec<u64>,

    /// A moment to be asked about: its block's header goes into the file. The file proves all up to
    /// now, whatever moment is asked about
    #[arg(long, value_name = "HEIGHT|TIME")]
    at: Option<At>,

    /// The file to write
    #[arg(short = 'o', long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Refresh {
    /// The old file
    old: PathBuf,

    #[command(flatten)]
    trusted: Trusted,

    /// Pinned heights that the file is to show in its history
    #[arg(long, value_name = "HEIGHT", value_delimiter = ',')]
    pin: Vec<u64>,

    /// A checkpoint of the header log that witnesses cosigned
    #[arg(long, value_name = "FILE")]
    cosigned: Option<PathBuf>,

    /// The file to write
    #[arg(short = 'o', long, value_name = "FILE")]
    file: PathBuf,
}

fn heights(numbers: &[u64]) -> Vec<Height> {
    numbers.iter().copied().map(Height).collect()
}

/// Writes a file whole, or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = path.with_extension("partial");
    let write = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
    write.with_context(|| format!("{} cannot be written", path.display()))
}

pub(crate) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

impl EvidenceCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            EvidenceCommand::Export(command) => command.run(context),
            EvidenceCommand::Refresh(command) => command.run(context),
            EvidenceCommand::Verify(command) => {
                command.run(context.output, context.language()).map(drop)
            }
        }
    }
}

impl Export {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let subject = match (self.subject.resource, self.subject.department) {
            (Some(code), _) => Some(RecordId::Resource(code)),
            (None, Some(id)) => Some(RecordId::Department(id)),
            (None, None) => None,
        };
        let bytes = match (&subject, self.subject.tlog_proof) {
            (Some(subject), _) => {
                client.evidence(subject, &self.with, &heights(&self.pin), self.at.as_ref())?
            }
            (None, Some(height)) => client.log_text(&format!("proof/{height}"))?.into_bytes(),
            (None, None) => anyhow::bail!("name an entry, a department or a height"),
        };
        write_file(&self.file, &bytes)?;
        let (file, size) = (self.file.display(), bytes.len());
        output::write(format!("{file}: {size} bytes\n").as_bytes())?;
        match &self.at {
            Some(at) => output::write(
                format!("as of then: dirchain evidence verify {file} --genesis FILE --at {at}\n")
                    .as_bytes(),
            ),
            None => Ok(()),
        }
    }
}

impl Refresh {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let old = read_file(&self.old)?;
        let (subject, height) = standing(&old)?;
        let note = match &self.cosigned {
            Some(path) => {
                let text = String::from_utf8(read_file(path)?)?;
                Some(SignedNote::parse(&text)?)
            }
            None => None,
        };
        let size = note.as_ref().map(|note| note.head.size);
        let pins = heights(&self.pin);
        let anchor = client.evidence_anchor(Some((&subject, height)), &pins, size)?;
        let bytes = reanchor(&old, &anchor, note.as_ref())?;
        let known = self.trusted.read()?;
        dirchain_evidence::verify(&bytes, known.anchor(), &[]).map_err(|reason| {
            let (old, code) = (self.old.display(), reason.code());
            anyhow::anyhow!("{old} proves nothing, so nothing was written: {reason} [{code}]")
        })?;
        write_file(&self.file, &bytes)?;
        let file = self.file.display();
        output::write(format!("{file}: {} bytes\n", bytes.len()).as_bytes())
    }
}
