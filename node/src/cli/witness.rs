//! `dirchain witness`: follows a chain from outside, and vouches that its history only grew.
//!
//! What it has cosigned is on disk before the signature leaves, so that it never vouches for two
//! histories.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_evidence::note::{KeyKind, SignedNote, VerifierKey};
use dirchain_evidence::tlog::{GrowthError, TileLog, check_growth};
use dirchain_ledger::crypto::SecretKey;
use zeroize::Zeroizing;

use crate::client::{Client, ClientError, now};
use crate::{progress, secret_file};

use super::evidence::write_file;
use super::output;

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a witness's key in its folder, and print its verifier key
    Key(Key),
    /// Follow the header logs of nodes, and cosign what they show as long as it only grows
    Follow(Follow),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    /// The witness's folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,

    /// The witness's name, such as audit.example.gov
    #[arg(long, value_name = "NAME")]
    name: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Follow {
    /// The witness's folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,

    /// The witness's name
    #[arg(long, value_name = "NAME")]
    name: String,

    /// A node to watch; may be given several times: the more, the harder a fork hides
    #[arg(long = "log", value_name = "URL", required = true)]
    logs: Vec<String>,

    /// A node's verifier key (dirchain checkpoint show prints it); one for each node
    #[arg(long = "log-key", value_name = "KEY", required = true)]
    keys: Vec<VerifierKey>,

    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    interval_s: u64,

    /// Look once and end: with 1 where a look failed
    #[arg(long)]
    once: bool,
}

/// The last checkpoint that was cosigned.
const CHECKPOINT_FILE: &str = "checkpoint";
const KEY_FILE: &str = "witness.key";
/// The verifier key that the folder's key was made for.
const VERIFIER_FILE: &str = "witness.pub";

impl WitnessCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            WitnessCommand::Key(command) => command.run().map(|()| ExitCode::SUCCESS),
            WitnessCommand::Follow(command) => command.run(),
        }
    }
}

fn read_key(dir: &Path) -> anyhow::Result<SecretKey> {
    let path = dir.join(KEY_FILE);
    let text = secret_file::read_private(&path)?;
    let mut seed = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice())
        .with_context(|| format!("{} is no witness's key", path.display()))?;
    Ok(SecretKey::from_seed(&seed))
}

impl Key {
    fn run(self) -> anyhow::Result<()> {
        secret_file::create_dir(&self.dir)?;
        if !self.dir.join(KEY_FILE).exists() {
            let mut seed = Zeroizing::new([0u8; 32]);
            getrandom::fill(seed.as_mut_slice())
                .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
            let text = Zeroizing::new(format!("{}\n", hex::encode(seed.as_slice())));
            secret_file::write_new(&self.dir.join(KEY_FILE), text.as_bytes())?;
        }
        let secret = read_key(&self.dir)?;
        let key = VerifierKey::new(&self.name, KeyKind::Cosignature, secret.public())?;
        if self.dir.join(VERIFIER_FILE).exists() {
            check_name(&self.dir, &key)?;
        } else {
            write_file(&self.dir.join(VERIFIER_FILE), format!("{key}\n").as_bytes())?;
        }
        output::write(format!("{key}\n").as_bytes())
    }
}

/// One key vouches under one name: whoever trusts a witness trusts name and key together.
fn check_name(dir: &Path, key: &VerifierKey) -> anyhow::Result<()> {
    let path = dir.join(VERIFIER_FILE);
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "{} cannot be read: make the folder with `dirchain witness key`",
            path.display()
        )
    })?;
    anyhow::ensure!(
        text.trim() == key.to_string(),
        "the key in {} is that of {}, and not of the witness {}. Give that name, or another folder",
        dir.display(),
        text.trim(),
        key.name
    );
    Ok(())
}

/// What a look at one node's log came to.
enum Seen {
    /// As before, or an earlier end that what was seen before contains.
    Nothing,
    /// It grew; cosigned.
    Grown(u64),
}

impl Follow {
    fn run(self) -> anyhow::Result<ExitCode> {
        let secret = read_key(&self.dir)?;
        let own = VerifierKey::new(&self.name, KeyKind::Cosignature, secret.public())?;
        check_name(&self.dir, &own)?;
        loop {
            let mut status = ExitCode::SUCCESS;
            for url in &self.logs {
                match self.look(url, &secret, &own) {
                    Ok(Seen::Nothing) if self.once => {
                        progress::say(format!("{url}: nothing new"));
                    }
                    Ok(Seen::Nothing) => {}
                    Ok(Seen::Grown(size)) => {
                        progress::say(format!("{url}: {size} entries, cosigned"));
                    }
                    Err(error) => match error.downcast_ref::<Alarm>() {
                        Some(alarm) => {
                            progress::say(format!("ALARM: {alarm}"));
                            return Ok(ExitCode::FAILURE);
                        }
                        // A node that is away says nothing about its history.
                        None => {
                            progress::say(format!("{url}: {error:#}"));
                            status = ExitCode::FAILURE;
                        }
                    },
                }
            }
            if self.once {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_secs(self.interval_s));
        }
    }

    fn last(&self) -> anyhow::Result<Option<SignedNote>> {
        let path = self.dir.join(CHECKPOINT_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(SignedNote::parse(&text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    fn look(&self, url: &str, secret: &SecretKey, own: &VerifierKey) -> anyhow::Result<Seen> {
        let client = Client::new(url)?;
        let mut note = SignedNote::parse(&client.log_text("checkpoint")?)?;
        let signed = self
            .keys
            .iter()
            .any(|key| key.name == note.head.origin && note.verify(key).is_ok());
        anyhow::ensure!(signed, "its checkpoint is signed by none of the keys given");
        let last = self.last()?;
        if let Some(last) = &last {
            let size = last.head.size.max(note.head.size);
            let tiles = TileLog::new(size, |tile| client.log_bytes(&format!("tile/{tile}")));
            match check_growth(&tiles, &last.head, &note.head) {
                Ok(()) if note.head.size <= last.head.size => return Ok(Seen::Nothing),
                Ok(()) => {}
                // A node that is behind cannot give tiles of what others have: it is asked again
                // once it has caught up.
                Err(GrowthError::Tiles(_)) if note.head.size < last.head.size => {
                    return Ok(Seen::Nothing);
                }
                Err(error @ GrowthError::Fork { .. }) => {
                    return Err(self.alarm(url, last, &note, &error)?.into());
                }
                Err(error @ (GrowthError::OtherLog { .. } | GrowthError::Tiles(_))) => {
                    return Err(error.into());
                }
            }
        }
        let time_s = u64::try_from(now().0 / 1_000)?;
        note.cosign(own, secret, time_s);
        let path = self.dir.join(CHECKPOINT_FILE);
        write_file(&path, note.to_string().as_bytes())?;
        std::fs::File::open(&path)?.sync_all()?;
        Ok(Seen::Grown(note.head.size))
    }

    /// Keeps both histories' signed ends: they are the proof of the fork.
    fn alarm(
        &self,
        url: &str,
        last: &SignedNote,
        note: &SignedNote,
        error: &GrowthError<ClientError>,
    ) -> anyhow::Result<Alarm> {
        let path = self.dir.join(format!("fork-{}", note.head.size));
        write_file(&path, format!("{last}\n{note}").as_bytes())?;
        let (what, path) = (error.to_string(), path.display().to_string());
        let url = url.to_owned();
        Ok(Alarm { url, what, path })
    }
}

/// Two histories of one chain.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {what}. Both signed checkpoints are in {path}")]
struct Alarm {
    url: String,
    what: String,
    path: String,
}
