//! `dirchain key`: departments' keys on the ledger.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, Height};
use dirchain_ledger::records::KeyOffer;

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
    /// Revoke a key: nothing signed with it afterwards counts
    Revoke {
        /// The public key
        public_key: PublicKey,

        #[command(flatten)]
        signing: Signing,
    },
    /// Report a key stolen: verdicts that rest on it say so
    Suspect {
        /// The public key
        public_key: PublicKey,

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
            KeyCommand::Revoke {
                public_key,
                signing,
            } => signing
                .desk(context)?
                .submit(vec![Action::RevokeKey { public_key }]),
            KeyCommand::Suspect {
                public_key,
                since,
                signing,
            } => {
                let since = Height(since);
                let action = Action::SuspectKey { public_key, since };
                signing.desk(context)?.submit(vec![action])
            }
        }
    }
}

/// Reads a key's offer.
pub(crate) fn read_offer(path: &Path) -> anyhow::Result<KeyOffer> {
    let text = read_text(path)?;
    serde_json::from_str(&text).with_context(|| {
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
