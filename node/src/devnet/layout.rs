//! A devnet's folder: what it is made of, a home for each node, the keys of the city's people.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use dirchain_ledger::ids::TimeMs;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::home::{Home, HomeError};
use crate::keys::{Cost, KeyName, KeystoreError, Passphrase, RandomnessError, random};
use crate::provision::{KeyPast, ProvisionError, provision};
use crate::sample::{self, SampleCity, SampleError, SampleKey};
use crate::secret_file::{self, SecretFileError};

use super::city::{Seed, listen, listen_here, node_keys, specs};

/// The passphrase of every demonstration key; it is printed for all to see.
const PASSPHRASE: &str = "demonstration";

/// What a devnet is made of; everything else follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    version: u16,
    seed: String,
    nodes: u16,
    base_port: u16,
    genesis_time_ms: i64,
    /// The nodes' machines; none when all are on this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hosts: Option<Vec<Ipv4Addr>>,
}

impl Made {
    /// Where the node at `index` listens: on ports of its own on this machine, or on a machine of
    /// its own.
    fn listen(&self, index: u16) -> String {
        match &self.hosts {
            None => listen_here(self.base_port, index),
            Some(hosts) => {
                let host = hosts.get(usize::from(index)).copied();
                listen(host.unwrap_or(Ipv4Addr::LOCALHOST), self.base_port)
            }
        }
    }
}

/// Why a devnet cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The folder holds something else.
    #[error("{} is not empty and holds no devnet. Give another folder with --data", dir.display())]
    NotADevnet {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder's devnet has other nodes or ports.
    #[error("the devnet in {} has {nodes} nodes from port {base_port} on. Start it so, or give another folder with --data", dir.display())]
    Different {
        /// The folder.
        dir: PathBuf,
        /// Its nodes.
        nodes: u16,
        /// Its first port.
        base_port: u16,
    },
    /// The file that says what it is made of does not parse.
    #[error("{} is damaged: {reason}. Give another folder with --data", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Too few or too many nodes.
    #[error("a devnet has 1 to {max} nodes: one for each department")]
    Nodes {
        /// How many departments the sample city has.
        max: u16,
    },
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sample.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A node's home.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A key of the city's people.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// A private file.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

/// Departments of the sample city, each of which can have a node.
const NODES_MAX: u16 = 53;

/// A devnet's folder, ready to be started.
#[derive(Clone, Debug)]
pub struct Layout {
    dir: PathBuf,
    /// The city, its genesis and the keys of its people.
    pub city: SampleCity,
    /// The nodes' homes, in order.
    pub homes: Vec<Home>,
}

impl Layout {
    /// Opens the devnet in a folder, or makes one in a new or empty folder.
    ///
    /// What it is made of is written first, so that a start that was interrupted goes on.
    pub fn open_or_make(
        dir: &Path,
        nodes: u16,
        base_port: u16,
        now: TimeMs,
    ) -> Result<Self, LayoutError> {
        if !(1..=NODES_MAX).contains(&nodes) {
            return Err(LayoutError::Nodes { max: NODES_MAX });
        }
        let file = dir.join("devnet.json");
        if file.exists() {
            return Self::open(dir, &file, nodes, base_port);
        }
        if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
            let dir = dir.to_path_buf();
            return Err(LayoutError::NotADevnet { dir });
        }
        let made = Made {
            version: 1,
            seed: hex::encode(random::<32>()?),
            nodes,
            base_port,
            genesis_time_ms: now.0,
            hosts: None,
        };
        Self::make(dir, &file, &made)
    }

    /// Makes a devnet whose nodes are on machines of their own, in a new folder.
    pub fn make_spread(
        dir: &Path,
        hosts: Vec<Ipv4Addr>,
        port: u16,
        now: TimeMs,
    ) -> Result<Self, LayoutError> {
        let nodes = u16::try_from(hosts.len()).unwrap_or(u16::MAX);
        if !(1..=NODES_MAX).contains(&nodes) {
            return Err(LayoutError::Nodes { max: NODES_MAX });
        }
        let made = Made {
            version: 1,
            seed: hex::encode(random::<32>()?),
            nodes,
            base_port: port,
            genesis_time_ms: now.0,
            hosts: Some(hosts),
        };
        Self::make(dir, &dir.join("devnet.json"), &made)
    }

    fn make(dir: &Path, file: &Path, made: &Made) -> Result<Self, LayoutError> {
        secret_file::create_dir(dir)?;
        let text = serde_json::to_string_pretty(made).map_err(|error| damaged(file, &error))?;
        secret_file::write_new(file, text.as_bytes())?;
        Self::complete(dir, file, made)
    }

    fn open(dir: &Path, file: &Path, nodes: u16, base_port: u16) -> Result<Self, LayoutError> {
        let text = secret_file::read(file)?;
        let made: Made = serde_json::from_str(&text).map_err(|error| damaged(file, &error))?;
        if (made.nodes, made.base_port) != (nodes, base_port) {
            return Err(LayoutError::Different {
                dir: dir.to_path_buf(),
                nodes: made.nodes,
                base_port: made.base_port,
            });
        }
        Self::complete(dir, file, &made)
    }

    /// Makes whatever is not there yet.
    fn complete(dir: &Path, file: &Path, made: &Made) -> Result<Self, LayoutError> {
        let mut seed = Seed([0; 32]);
        hex::decode_to_slice(&made.seed, &mut seed.0).map_err(|error| damaged(file, &error))?;
        let time = TimeMs(made.genesis_time_ms);
        let nodes = specs(&seed, made.nodes, &|index| made.listen(index))?;
        let city = sample::city(&seed.0, &nodes, time)?;
        let home_of = |index: u16| Home::at(dir.join(format!("node-{}", index.saturating_add(1))));
        // The keys follow from the seed, so a home that was deleted gets its old ones again.
        let never_ran = (0..made.nodes).all(|index| !home_of(index).database_dir().exists());
        let past = match never_ran {
            true => KeyPast::NeverSigned,
            false => KeyPast::Unknown,
        };
        let mut homes = Vec::new();
        for (index, spec) in (0u16..).zip(nodes) {
            let home = home_of(index);
            let mut config = Config::new(spec.id()?);
            config.network.listen = made.listen(index);
            let keys = node_keys(&seed, index);
            provision(&home, &config, Some(&city.genesis), keys, past)?;
            home.write_genesis(&city.genesis)?;
            homes.push(home);
        }
        let layout = Self {
            dir: dir.to_path_buf(),
            city,
            homes,
        };
        layout.write_people()?;
        Ok(layout)
    }

    /// Writes where the nodes answer over HTTP, which may differ from start to start: into each
    /// node's configuration, and for the commands that use the folder as their home.
    pub fn note_http(&self, address: impl Fn(u16) -> SocketAddr) -> Result<(), LayoutError> {
        for (index, home) in (0u16..).zip(&self.homes) {
            let mut config = home.config()?;
            if config.http.listen != address(index) {
                config.http.listen = address(index);
                home.write_config(&config)?;
            }
        }
        let home = Home::at(&self.dir);
        Ok(home.write_node_url(&format!("http://{}", address(0)))?)
    }

    /// The folder as a home for the command line: genesis, keystore, and the keys' passphrase.
    fn write_people(&self) -> Result<(), LayoutError> {
        let home = Home::at(&self.dir);
        home.write_genesis(&self.city.genesis)?;
        if !self.passphrase_file().exists() {
            secret_file::write_new(
                &self.passphrase_file(),
                format!("{PASSPHRASE}\n").as_bytes(),
            )?;
        }
        let keystore = home.keystore();
        let passphrase = Passphrase::new(PASSPHRASE);
        for key in self.city.keys.iter() {
            let name = key_name(key);
            if keystore.require_free(&name).is_ok() {
                keystore.add(&name, &key.secret, &passphrase, Cost::LIGHT)?;
            }
        }
        Ok(())
    }

    /// The devnet's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file with the passphrase of every key in the folder.
    pub fn passphrase_file(&self) -> PathBuf {
        self.dir.join("passphrase")
    }

    /// The file that a node's output goes to.
    pub fn log_file(home: &Home) -> PathBuf {
        home.dir().join("log")
    }
}

fn damaged(path: &Path, reason: &dyn ToString) -> LayoutError {
    LayoutError::Damaged {
        path: path.to_path_buf(),
        reason: reason.to_string(),
    }
}

/// A person's key in the keystore: `D012-administrator`.
fn key_name(key: &SampleKey) -> KeyName {
    let name = key.name();
    let name = match name.split_once(' ') {
        Some((role, department)) => format!("{department}-{role}"),
        None => name,
    };
    KeyName::sanitised(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(dir: &Path, nodes: u16) -> Result<Layout, LayoutError> {
        Layout::open_or_make(dir, nodes, 7000, TimeMs(1_700_000_000_000))
    }

    #[test]
    fn a_devnet_is_made_once_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let made = make(dir.path(), 2).unwrap();
        let opened = Layout::open_or_make(dir.path(), 2, 7000, TimeMs(1_800_000_000_000)).unwrap();
        assert_eq!(made.city.genesis.chain(), opened.city.genesis.chain());
        assert_eq!(opened.homes.len(), 2);
        for home in &opened.homes {
            assert_eq!(home.genesis().unwrap().chain(), made.city.genesis.chain());
            assert!(home.guard_file().exists());
        }
        let second = opened.homes.last().unwrap().config().unwrap();
        assert_eq!(second.network.listen, "/ip4/127.0.0.1/tcp/7001");
        let store = Home::at(dir.path()).keystore();
        let name: KeyName = "D012-administrator".parse().unwrap();
        assert!(store.open(&name, &Passphrase::new(PASSPHRASE)).is_ok());
    }

    #[test]
    fn commands_that_use_the_folder_ask_the_first_node_wherever_it_listens() {
        let dir = tempfile::tempdir().unwrap();
        let layout = make(dir.path(), 2).unwrap();
        for base in [9180, 8280] {
            let address = |index| SocketAddr::from(([127, 0, 0, 1], base + index));
            layout.note_http(address).unwrap();
            let url = Home::at(dir.path()).node_url().unwrap().unwrap();
            assert_eq!(url, format!("http://127.0.0.1:{base}"));
            let second = layout.homes.last().unwrap().node_url().unwrap().unwrap();
            assert_eq!(second, format!("http://127.0.0.1:{}", base + 1));
        }
    }

    #[test]
    fn a_folder_with_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "x").unwrap();
        let error = make(dir.path(), 4).unwrap_err().to_string();
        assert!(error.contains("holds no devnet"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn other_nodes_need_another_folder() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path(), 2).unwrap();
        let error = make(dir.path(), 4).unwrap_err().to_string();
        assert!(error.contains("has 2 nodes from port 7000"), "{error}");
        assert!(make(&dir.path().join("x"), 0).is_err());
    }
}
