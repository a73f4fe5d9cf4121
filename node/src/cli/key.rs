//! `dirchain key`: departments' keys on the ledger.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, Height};
use dirchain_ledger::records::KeyOffer;

use crate::keys::KeyName;

use super::context::Context;
use super::sign::Signing;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Register a key that somebody offered, as the department's head
    Register {
        /// The offer, as `dirchain keys offer` prints it; - for stdin
        offer: PathBuf,

        /// Whose key it will be [default: the signer's department]
        #[arg(long, value_name = "DEPARTMENT")]
        department: Option<DepartmentId>,

        #[command(flatten)]
        signing: Signing,
    },
    /// Revoke a key for good: what it signs afterwards is refused, what it signed before stands
    Revoke {
        /// The public key, or the name of a key in your keystore
        #[arg(value_name = "KEY")]
        subject: KeyReference,

        #[command(flatten)]
        signing: Signing,
    },
    /// Report that a key may have been in other hands: what it signed since then stands, and verdicts
    /// that rest on it say so; `key revoke` ends the key itself
    Suspect {
        /// The public key, or the name of a key in your keystore
        #[arg(value_name = "KEY")]
        subject: KeyReference,

        /// The block from which on it may have been in other hands
        #[arg(long, value_name = "HEIGHT")]
        since: u64,

        #[command(flatten)]
        signing: Signing,
    },
}

impl KeyCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            KeyCommand::Register {
                offer,
                department,
                signing,
            } => {
                let offer = read_offer(&offer)?;
                let desk = signing.desk(context)?;
                let department = department.unwrap_or_else(|| desk.author.department.clone());
                desk.submit(vec![Action::RegisterKey { department, offer }])
            }
            KeyCommand::Revoke { subject, signing } => {
                let public_key = subject.public_key(context)?;
                let action = Action::RevokeKey { public_key };
                signing.desk(context)?.submit(vec![action])
            }
            KeyCommand::Suspect {
                subject,
                since,
                signing,
            } => {
                let (public_key, since) = (subject.public_key(context)?, Height(since));
                let action = Action::SuspectKey { public_key, since };
                signing.desk(context)?.submit(vec![action])
            }
        }
    }
}

/// A key on the ledger, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyReference {
    /// By itself.
    Public(PublicKey),
    /// By its name in the home's keystore.
    Named(KeyName),
}

impl FromStr for KeyReference {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        // 64 digits are a key even where a key of that name is kept: nobody means the name.
        if let Ok(public_key) = text.parse() {
            return Ok(Self::Public(public_key));
        }
        let name = text.parse().map(Self::Named);
        name.map_err(|_| "is neither a public key of 64 hexadecimal digits nor a key's name".into())
    }
}

impl KeyReference {
    fn public_key(&self, context: &Context) -> anyhow::Result<PublicKey> {
        match self {
            KeyReference::Public(public_key) => Ok(*public_key),
            KeyReference::Named(name) => Ok(context.home()?.keystore().get(name)?.public_key()),
        }
    }
}

/// Reads a key's offer.
pub(crate) fn read_offer(path: &Path) -> anyhow::Result<KeyOffer> {
    let text = read_text(path)?;
    serde_json::from_str(without_mark(&text)).with_context(|| {
        format!(
            "{} is no offer as `dirchain keys offer` prints it",
            path.display()
        )
    })
}

/// Reads a file's text; a hyphen stands for stdin.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    if path.as_os_str() == "-" {
        return std::io::read_to_string(std::io::stdin()).context("stdin cannot be read");
    }
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Text without the byte order mark that some editors put before it.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
