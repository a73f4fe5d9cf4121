//! `dirchain keys`: the administrator's own keys, on this machine.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::ids::{ChainId, DepartmentId};
use dirchain_ledger::records::{KeyOffer, Role};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::client::IfKnown;
use crate::keys::{Cost, KeyName, generate};
use crate::secret_file;

use super::context::Context;
use super::output::{Table, or_dash, word};
use super::query::key_state;
use super::words;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a new key
    New {
        /// Its name
        name: KeyName,
    },
    /// List your keys
    List,
    /// Show a key, and its place on the ledger
    Show {
        /// Its name
        name: KeyName,
    },
    /// Take over a key from its seed
    Import {
        /// Its name
        name: KeyName,

        /// A file with the seed as 64 hexadecimal digits
        #[arg(long, value_name = "FILE")]
        seed: PathBuf,
    },
    /// Print an offer of a key, for a department's head to register
    Offer {
        /// Its name
        name: KeyName,

        /// Whose key it will be
        #[arg(long, value_name = "DEPARTMENT")]
        department: DepartmentId,

        /// What it may do: head, administrator, operator, gateway or inspector
        #[arg(long, value_parser = words::word::<Role>)]
        role: Role,

        /// The chain it is for [default: this home's, or the node's]
        #[arg(long, value_name = "ID", value_parser = chain)]
        chain: Option<ChainId>,
    },
}

fn chain(text: &str) -> Result<ChainId, String> {
    let hash = text.parse().map_err(|error| format!("{error}"))?;
    Ok(ChainId(hash))
}

/// A key as it is printed.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    public_key: PublicKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

/// A key with its place on the ledger.
#[derive(Debug, Serialize)]
struct Placed {
    #[serde(flatten)]
    key: Shown,
    cost: Cost,
    /// None when no node answers or the key is not registered.
    department: Option<DepartmentId>,
    role: Option<Role>,
    ledger: String,
}

impl KeysCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            KeysCommand::New { name } => {
                context.home()?.keystore().require_free(&name)?;
                add(context, &name, &generate()?)
            }
            KeysCommand::Import { name, seed } => {
                context.home()?.keystore().require_free(&name)?;
                let text = secret_file::read(&seed)?;
                let mut bytes = Zeroizing::new([0u8; 32]);
                hex::decode_to_slice(text.trim(), bytes.as_mut_slice()).with_context(|| {
                    format!("{} is no seed of 64 hexadecimal digits", seed.display())
                })?;
                add(context, &name, &SecretKey::from_seed(&bytes))
            }
            KeysCommand::List => list(context),
            KeysCommand::Show { name } => show(context, &name),
            KeysCommand::Offer {
                name,
                department,
                role,
                chain,
            } => offer(context, &name, &department, role, chain),
        }
    }
}

fn add(context: &Context, name: &KeyName, secret: &SecretKey) -> anyhow::Result<()> {
    let passphrase = context.passphrase.new_key(&name.to_string())?;
    let keystore = context.home()?.keystore();
    let file = keystore.add(name, secret, &passphrase, Cost::default())?;
    let shown = Shown {
        name: name.to_string(),
        public_key: secret.public(),
        file: Some(file),
    };
    context.output.print(&shown, |shown| {
        let file = shown.file.as_deref().unwrap_or_else(|| "".as_ref()).display();
        format!(
            "key {} is in {file}\npublic key {}\nWithout its passphrase nobody can open it, you included.",
            shown.name, shown.public_key
        )
    })
}

fn list(context: &Context) -> anyhow::Result<()> {
    let keystore = context.home()?.keystore();
    let keys = keystore.list()?.into_iter().map(|(name, sealed)| Shown {
        name: name.to_string(),
        public_key: sealed.public_key(),
        file: None,
    });
    let keys: Vec<Shown> = keys.collect();
    context.output.print(&keys, |keys| {
        if keys.is_empty() {
            return format!(
                "no keys in {} yet. Make one with `dirchain keys new NAME`",
                keystore.dir().display()
            );
        }
        let mut table = Table::default();
        for key in keys {
            table.row([key.name.clone(), key.public_key.to_string()]);
        }
        table.text()
    })
}

fn show(context: &Context, name: &KeyName) -> anyhow::Result<()> {
    let sealed = context.home()?.keystore().get(name)?;
    let public_key = sealed.public_key();
    let registered = context.client()?.key(&public_key).if_known();
    let (department, role, ledger) = match registered {
        Ok(Some(answer)) => {
            let state = key_state(&answer.key, "registered");
            (Some(answer.key.department), Some(answer.key.role), state)
        }
        Ok(None) => (None, None, "not registered".to_owned()),
        Err(_) => (None, None, "unknown: no node answers".to_owned()),
    };
    let placed = Placed {
        key: Shown {
            name: name.to_string(),
            public_key,
            file: None,
        },
        cost: sealed.cost(),
        department,
        role,
        ledger,
    };
    context.output.print(&placed, |placed| {
        let mut table = Table::default();
        table.row(["name", &placed.key.name]);
        table.row(["public key", &placed.key.public_key.to_string()]);
        table.row(["on the ledger", &placed.ledger]);
        table.row(["department", &or_dash(placed.department.as_ref())]);
        table.row(["role", &or_dash(placed.role.as_ref().map(word))]);
        table.text()
    })
}

fn offer(
    context: &Context,
    name: &KeyName,
    department: &DepartmentId,
    role: Role,
    chain: Option<ChainId>,
) -> anyhow::Result<()> {
    let keystore = context.home()?.keystore();
    keystore.get(name)?;
    let chain = match (chain, context.own_chain()?) {
        (Some(chain), _) | (None, Some(chain)) => chain,
        (None, None) => context.client()?.chain(None)?,
    };
    let passphrase = context.passphrase.existing(&name.to_string())?;
    let secret = keystore.open(name, &passphrase)?;
    let offer = KeyOffer::new(&secret, &chain, department, role);
    // An offer is a file to be sent: it is JSON in either format.
    let text = serde_json::to_string_pretty(&offer)?;
    super::output::write(format!("{text}\n").as_bytes())
}
