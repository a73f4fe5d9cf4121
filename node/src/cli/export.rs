//! `dirchain export`: the whole catalogue for other systems.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;

use crate::client::{At, Notation};

use super::context::Context;
use super::output;

/// How the graph is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Turtle
    Turtle,
    /// JSON-LD
    JsonLd,
}

/// The catalogue in DCAT-AP 3 with ODRL policies: every department, every entry in force, every
/// authorization that lasts. `import --format dcat-ap` reads it back.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// How the graph is written
    #[arg(long, value_enum, default_value = "turtle")]
    format: Format,

    /// At a height or a time [default: the newest block]
    #[arg(long, value_name = "HEIGHT|TIME")]
    at: Option<At>,

    /// The file to write [default: standard output]
    #[arg(short = 'o', long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let notation = match self.format {
            Format::Turtle => Notation::Turtle,
            Format::JsonLd => Notation::JsonLd,
        };
        let mut catalogue = client.catalogue(notation, self.at)?;
        let Some(path) = &self.file else {
            let mut out = io::stdout().lock();
            return match io::copy(&mut catalogue, &mut out).and_then(|_| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                result => result.context("the catalogue did not arrive whole"),
            };
        };
        // A transfer that breaks off leaves no file that looks whole.
        let partial = path.with_extension("partial");
        let written = (|| {
            let mut file = BufWriter::new(File::create(&partial)?);
            let size_bytes = io::copy(&mut catalogue, &mut file)?;
            file.flush()?;
            std::fs::rename(&partial, path)?;
            Ok::<u64, io::Error>(size_bytes)
        })();
        if written.is_err() && partial.exists() {
            std::fs::remove_file(&partial)
                .with_context(|| format!("{} is left over", partial.display()))?;
        }
        let named = path.display();
        let size_bytes = written.with_context(|| {
            format!("the catalogue did not arrive whole, {named} is not written")
        })?;
        output::write(format!("{named}: {size_bytes} bytes\n").as_bytes())
    }
}
