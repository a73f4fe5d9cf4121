//! What commands act in: a home, a node, a way to print.

use anyhow::Context as _;
use std::path::PathBuf;

use dirchain_ledger::ids::ChainId;
use dirchain_ledger::language::Language;

use crate::client::{Author, Client};
use crate::home::Home;
use crate::keys::{KeyName, PassphraseSource};

use super::Global;
use super::output::Output;

/// Where a node answers unless told otherwise.
const NODE_URL: &str = "http://127.0.0.1:8080";

/// The global arguments, with their defaults worked out when they are needed.
#[derive(Debug)]
pub(crate) struct Context {
    home: Option<PathBuf>,
    node: Option<String>,
    pub(crate) output: Output,
    language: Language,
    pub(crate) passphrase: PassphraseSource,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            home: global.home,
            node: global.node,
            output: global.output,
            language: global.lang.map_or_else(of_locale, Language::from),
            passphrase: PassphraseSource {
                file: global.passphrase_file,
            },
        }
    }

    /// The language that refusals and reasons are told in.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The home: given, or `.dirchain` in the user's own folder.
    pub(crate) fn home(&self) -> anyhow::Result<Home> {
        if let Some(dir) = &self.home {
            return Ok(Home::at(dir));
        }
        match std::env::home_dir() {
            Some(dir) => Ok(Home::at(dir.join(".dirchain"))),
            None => anyhow::bail!("this user has no home folder. Give --home DIR"),
        }
    }

    /// The node to ask: given, or the home's own, or this machine's.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let url = match &self.node {
            Some(url) => url.clone(),
            None => {
                let noted = self.home()?.node_url()?;
                noted.unwrap_or_else(|| NODE_URL.to_owned())
            }
        };
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let authorities = match variable("DIRCHAIN_AUTHORITIES") {
            Some(path) => {
                let read = std::fs::read(&path);
                Some(read.with_context(|| format!("DIRCHAIN_AUTHORITIES: {path} cannot be read"))?)
            }
            None => None,
        };
        let client = Client::shown(
            &url,
            authorities.as_deref(),
            variable("DIRCHAIN_TOKEN").as_deref(),
        )?;
        Ok(client.telling(self.language))
    }

    /// The chain that this home is for, where it has a genesis.
    pub(crate) fn own_chain(&self) -> anyhow::Result<Option<ChainId>> {
        let home = self.home()?;
        if !home.genesis_file().exists() {
            return Ok(None);
        }
        Ok(Some(home.genesis()?.chain()))
    }

    /// A key's place on the ledger, without opening it: nothing can be signed with it.
    pub(crate) fn unopened(&self, client: &Client, name: &KeyName) -> anyhow::Result<Author> {
        let key = self.home()?.keystore().get(name)?.public_key();
        Ok(Author::unopened(client, key, self.own_chain()?)?)
    }

    /// Opens a key and asks the node for its place on the ledger. The node is asked first, so that
    /// nobody types a passphrase for a node that is not there.
    pub(crate) fn author(&self, client: &Client, name: &KeyName) -> anyhow::Result<Author> {
        let expected = self.own_chain()?;
        client.chain(expected)?;
        let keystore = self.home()?.keystore();
        let sealed = keystore.get(name)?;
        let passphrase = self.passphrase.existing(&name.to_string())?;
        let secret = sealed
            .open(&passphrase)
            .map_err(|error| anyhow::Error::new(error).context(format!("key {name}")))?;
        Ok(Author::new(client, secret, expected)?)
    }
}

/// The language of this user's locale: Chinese where it says so, English anywhere else.
fn of_locale() -> Language {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or(set("LC_MESSAGES")).or(set("LANG"));
    match locale.is_some_and(|locale| locale.starts_with("zh")) {
        true => Language::Chinese,
        false => Language::English,
    }
}
