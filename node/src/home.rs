//! A node's home: one folder with its configuration, genesis, keys and data.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dirchain_engine::LOG_FILE;
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::genesis::{Genesis, GenesisError};
use zeroize::Zeroizing;

use crate::config::{Config, ConfigError};
use crate::keys::Keystore;
use crate::secret_file::{self, SecretFileError};

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It was never made.
    #[error("{} is no node's home yet. Run `dirchain init --home {} --node-id ID` first, where ID is what the node is called, such as D035-1", dir.display(), dir.display())]
    NotInitialised {
        /// The folder.
        dir: PathBuf,
    },
    /// It has no genesis.
    #[error("{} has no genesis.json. Run `dirchain init --home {} --genesis FILE` with the chain's file", dir.display(), dir.display())]
    NoGenesis {
        /// The folder.
        dir: PathBuf,
    },
    /// It is on the way from one chain to another.
    #[error("{} is on its way to another chain, and whoever took it there was stopped. Run `dirchain --home {} genesis adopt FILE` again, or start the node: both go on where it stopped", dir.display(), dir.display())]
    Leaving {
        /// The folder.
        dir: PathBuf,
    },
    /// The genesis is not JSON of a genesis.
    #[error("{} is no genesis file: {reason}", path.display())]
    MalformedGenesis {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The genesis contradicts itself.
    #[error("{} is no valid genesis: {source}", path.display())]
    BadGenesis {
        /// The file.
        path: PathBuf,
        /// Why.
        source: GenesisError,
    },
    /// The home is another chain's.
    #[error("{} holds the genesis of chain {found}, not of {given}. Use another --home for another chain", dir.display())]
    OtherChain {
        /// The folder.
        dir: PathBuf,
        /// Its chain.
        found: String,
        /// The chain given.
        given: String,
    },
    /// A node key is not a key.
    #[error("{} is no node key: it holds one line of 64 hexadecimal digits", path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
    },
    /// The configuration is not usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A private file is not usable.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Which of a node's two keys.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum NodeKey {
    /// Its identity towards other nodes.
    Network,
    /// What its votes are signed with.
    Consensus,
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NodeKey::Network => "network",
            NodeKey::Consensus => "consensus",
        })
    }
}

/// A node's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    dir: PathBuf,
}

impl Home {
    /// The home at a folder, which need not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a snapshot is put together, before it takes the database's place.
    pub fn joining_dir(&self) -> PathBuf {
        self.dir.join("db.joining")
    }

    /// Where the database lies for a moment whose place a snapshot takes.
    pub fn outdated_dir(&self) -> PathBuf {
        self.dir.join("db.outdated")
    }

    /// What a home that goes on with another chain is to have of it, until all is in its place.
    pub fn adopting_dir(&self) -> PathBuf {
        self.dir.join("adopting")
    }

    /// The configuration's file.
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    /// The genesis' file.
    pub fn genesis_file(&self) -> PathBuf {
        self.dir.join("genesis.json")
    }

    /// The file with the address of a node to ask, of a home without a node of its own.
    fn ask_file(&self) -> PathBuf {
        self.dir.join("ask")
    }

    /// The node to ask: the home's own, or the one noted for a home without one.
    pub fn node_url(&self) -> Result<Option<String>, HomeError> {
        if self.is_initialised() {
            return Ok(Some(self.config()?.http_url()));
        }
        let path = self.ask_file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(HomeError::Io { path, source }),
        }
    }

    /// Notes the node to ask, for a home without a node of its own.
    pub fn write_node_url(&self, url: &str) -> Result<(), HomeError> {
        write(&self.ask_file(), &format!("{url}\n"))
    }

    /// A node key's file.
    pub fn key_file(&self, key: NodeKey) -> PathBuf {
        self.dir.join(match key {
            NodeKey::Network => "network.key",
            NodeKey::Consensus => "consensus.key",
        })
    }

    /// The file of the key that comes after a node key, once the ledger names it.
    pub fn next_key_file(&self, key: NodeKey) -> PathBuf {
        self.dir.join(match key {
            NodeKey::Network => "network.next.key",
            NodeKey::Consensus => "consensus.next.key",
        })
    }

    /// The public halves of keys that this home had before, one a line.
    pub fn retired_file(&self) -> PathBuf {
        self.dir.join("retired-keys")
    }

    /// The double-sign guard of the consensus key that comes next.
    pub fn next_guard_file(&self) -> PathBuf {
        self.engine_dir().join("guard.next")
    }

    /// The database's folder.
    pub fn database_dir(&self) -> PathBuf {
        self.dir.join("db")
    }

    /// The consensus engine's folder: its log and the double-sign guard.
    pub fn engine_dir(&self) -> PathBuf {
        self.dir.join("engine")
    }

    /// Proofs that validators contradicted themselves, one file each.
    pub fn proofs_dir(&self) -> PathBuf {
        self.dir.join("equivocations")
    }

    /// The search index, which is made from the database.
    pub fn search_dir(&self) -> PathBuf {
        self.dir.join("search")
    }

    /// The double-sign guard, where the engine looks for it.
    pub fn guard_file(&self) -> PathBuf {
        self.engine_dir().join("guard")
    }

    /// The consensus engine's log.
    pub fn log_file(&self) -> PathBuf {
        self.engine_dir().join(LOG_FILE)
    }

    /// The administrator's keystore.
    pub fn keystore(&self) -> Keystore {
        Keystore::at(self.dir.join("keys"))
    }

    /// Whether `init` made it.
    pub fn is_initialised(&self) -> bool {
        self.config_file().exists()
    }

    /// The configuration of a home that `init` made.
    pub fn config(&self) -> Result<Config, HomeError> {
        if !self.is_initialised() {
            let dir = self.dir.clone();
            return Err(HomeError::NotInitialised { dir });
        }
        Ok(Config::read(&self.config_file())?)
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> Result<Genesis, HomeError> {
        let path = self.genesis_file();
        if self.adopting_dir().exists() {
            let dir = self.dir.clone();
            return Err(HomeError::Leaving { dir });
        }
        if !path.exists() {
            let dir = self.dir.clone();
            return Err(HomeError::NoGenesis { dir });
        }
        read_genesis(&path)
    }

    /// Makes the folder, its owner's alone.
    pub fn create(&self) -> Result<(), HomeError> {
        Ok(secret_file::create_dir(&self.dir)?)
    }

    /// Writes the configuration.
    pub fn write_config(&self, config: &Config) -> Result<(), HomeError> {
        write(&self.config_file(), &config.to_text())
    }

    /// Puts the chain's genesis in place. Another chain's is never replaced.
    pub fn write_genesis(&self, genesis: &Genesis) -> Result<(), HomeError> {
        if self.genesis_file().exists() {
            let found = self.genesis()?.chain();
            if found != genesis.chain() {
                return Err(HomeError::OtherChain {
                    dir: self.dir.clone(),
                    found: found.to_string(),
                    given: genesis.chain().to_string(),
                });
            }
            return Ok(());
        }
        write_genesis(&self.genesis_file(), genesis)
    }

    /// A node key, if there is one.
    pub fn key(&self, key: NodeKey) -> Result<Option<SecretKey>, HomeError> {
        read_key(self.key_file(key))
    }

    /// The key that comes after a node key, if there is one.
    pub fn next_key(&self, key: NodeKey) -> Result<Option<SecretKey>, HomeError> {
        read_key(self.next_key_file(key))
    }

    /// Keys that this home had before.
    pub fn retired(&self) -> Result<Vec<PublicKey>, HomeError> {
        let path = self.retired_file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().filter_map(|line| line.parse().ok()).collect()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(HomeError::Io { path, source }),
        }
    }

    /// Writes down that the home had a key, before it is erased.
    pub fn retire(&self, key: &PublicKey) -> Result<(), HomeError> {
        let mut retired = self.retired()?;
        if retired.contains(key) {
            return Ok(());
        }
        retired.push(*key);
        let lines: String = retired.iter().map(|key| format!("{key}\n")).collect();
        write(&self.retired_file(), &lines)
    }

    /// Writes a node key where there is none.
    pub fn write_key(&self, key: NodeKey, secret: &SecretKey) -> Result<(), HomeError> {
        write_key(&self.key_file(key), secret)
    }

    /// Writes the key that comes after a node key, where there is none.
    pub fn write_next_key(&self, key: NodeKey, secret: &SecretKey) -> Result<(), HomeError> {
        write_key(&self.next_key_file(key), secret)
    }
}

fn read_key(path: PathBuf) -> Result<Option<SecretKey>, HomeError> {
    let text = match secret_file::read_private(&path) {
        Ok(text) => text,
        Err(SecretFileError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut seed = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice())
        .map_err(|_| HomeError::BadKey { path })?;
    Ok(Some(SecretKey::from_seed(&seed)))
}

fn write_key(path: &Path, secret: &SecretKey) -> Result<(), HomeError> {
    let seed = Zeroizing::new(secret.seed());
    let text = Zeroizing::new(format!("{}\n", hex::encode(seed.as_slice())));
    Ok(secret_file::write_new(path, text.as_bytes())?)
}

/// Reads and checks a genesis file.
pub fn read_genesis(path: &Path) -> Result<Genesis, HomeError> {
    let text = fs::read_to_string(path).map_err(|source| {
        let path = path.to_path_buf();
        HomeError::Io { path, source }
    })?;
    let genesis: Genesis =
        serde_json::from_str(&text).map_err(|error| HomeError::MalformedGenesis {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
    genesis.check().map_err(|source| {
        let path = path.to_path_buf();
        HomeError::BadGenesis { path, source }
    })?;
    Ok(genesis)
}

/// Writes a genesis file; one that is there is replaced.
pub fn write_genesis(path: &Path, genesis: &Genesis) -> Result<(), HomeError> {
    let text =
        serde_json::to_string_pretty(genesis).map_err(|error| HomeError::MalformedGenesis {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
    write(path, &format!("{text}\n"))
}

/// Writes a file whole: to one beside it, synced, then renamed.
fn write(path: &Path, text: &str) -> Result<(), HomeError> {
    let of = |source| {
        let path = path.to_path_buf();
        HomeError::Io { path, source }
    };
    let partial = path.with_extension("partial");
    let file = fs::File::create(&partial).map_err(of)?;
    io::Write::write_all(&mut &file, text.as_bytes()).map_err(of)?;
    file.sync_all().map_err(of)?;
    fs::rename(&partial, path).map_err(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_was_never_made_says_what_to_do() {
        let home = Home::at("/nowhere/at/all");
        let error = home.config().unwrap_err().to_string();
        assert!(
            error.contains("Run `dirchain init --home /nowhere/at/all --node-id ID` first"),
            "{error}"
        );
    }

    #[test]
    fn node_keys_are_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("home"));
        home.create().unwrap();
        assert!(home.key(NodeKey::Network).unwrap().is_none());
        let made = crate::keys::generate().unwrap();
        home.write_key(NodeKey::Network, &made).unwrap();
        let read = home.key(NodeKey::Network).unwrap().unwrap();
        assert_eq!(made.public(), read.public());
        assert!(home.write_key(NodeKey::Network, &made).is_err());
    }

    #[test]
    fn a_home_says_which_node_to_ask() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        assert_eq!(home.node_url().unwrap(), None);
        home.write_node_url("http://127.0.0.1:9180").unwrap();
        let noted = Some("http://127.0.0.1:9180".to_owned());
        assert_eq!(home.node_url().unwrap(), noted);
        // A node of its own comes first.
        home.write_config(&Config::new("D035-1".parse().unwrap()))
            .unwrap();
        let own = Some("http://127.0.0.1:8080".to_owned());
        assert_eq!(home.node_url().unwrap(), own);
    }

    #[test]
    fn a_damaged_node_key_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        secret_file::write_new(&home.key_file(NodeKey::Consensus), b"zz").unwrap();
        let error = home.key(NodeKey::Consensus).unwrap_err().to_string();
        assert!(error.contains("consensus.key is no node key"), "{error}");
    }
}
