//! A node's `config.toml`: what an operator may set, with defaults for all of it but the node's name.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use dirchain_engine::Timeouts;
use dirchain_ledger::ids::NodeId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where the HTTP interface listens unless told otherwise: this machine only.
pub const HTTP_LISTEN: &str = "127.0.0.1:8080";

/// Where the node listens for other nodes unless told otherwise.
pub const NETWORK_LISTEN: &str = "/ip4/0.0.0.0/tcp/7000";

/// A node's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The node's name within the chain.
    pub node: NodeId,
    /// The network of nodes. Who may connect, and where to, stands on the ledger.
    #[serde(default)]
    pub network: NetworkConfig,
    /// The HTTP interface.
    #[serde(default)]
    pub http: HttpConfig,
    /// Consensus timeouts; the defaults suit one city.
    #[serde(default)]
    pub timeouts: TimeoutsConfig,
    /// How a node that is far behind catches up.
    #[serde(default)]
    pub sync: SyncConfig,
    /// Logging.
    #[serde(default)]
    pub log: LogConfig,
}

/// How a node that is far behind catches up.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncConfig {
    /// What it begins with.
    pub from: SyncFrom,
    /// How many blocks behind it must be to fetch a snapshot.
    pub snapshot_blocks_behind: u64,
}

/// What a node that is far behind begins with.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SyncFrom {
    /// A snapshot when it is far behind a chain that has gone on for a while, else the blocks.
    #[default]
    Auto,
    /// A snapshot, when it has no block yet or is far behind.
    Snapshot,
    /// Every block from the genesis, or from where it is.
    Genesis,
}

/// Blocks that are fetched and executed in a minute or two.
const SNAPSHOT_BLOCKS_BEHIND: u64 = 10_000;

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            from: SyncFrom::default(),
            snapshot_blocks_behind: SNAPSHOT_BLOCKS_BEHIND,
        }
    }
}

impl SyncFrom {
    fn as_str(self) -> &'static str {
        match self {
            SyncFrom::Auto => "auto",
            SyncFrom::Snapshot => "snapshot",
            SyncFrom::Genesis => "genesis",
        }
    }
}

/// The network of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Where to listen, as a libp2p multiaddress.
    pub listen: String,
}

/// The HTTP interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The node's certificate with those above it, PEM. Paths are whole, or within the home.
    pub certificate: Option<PathBuf>,
    /// The certificate's key, PEM.
    pub key: Option<PathBuf>,
    /// Whether everybody who reaches it may read.
    pub public_reading: bool,
    /// The file of tokens: who may ask.
    pub tokens: Option<PathBuf>,
    /// Certificates of the authorities whose clients may read, PEM.
    pub client_certificates: Option<PathBuf>,
    /// Requests a second that one address may make, this machine's own apart.
    pub requests_per_second_max: u32,
    /// The address that clients use, where it is another than they ask.
    pub public_url: Option<String>,
}

/// Highest rate of one address that means anything.
const REQUESTS_PER_SECOND_MAX: u32 = 1_000_000;

impl HttpConfig {
    /// Whether connections are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }

    /// Whether what is set fits together: beyond this machine nothing is open by oversight. What is
    /// wrong, with the key that it is about.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let known = self.tokens.is_some() || self.client_certificates.is_some();
        if self.certificate.is_some() != self.key.is_some() {
            let reason = "and http.key go together: name both files, or neither";
            return Err(("http.certificate", reason.to_owned()));
        }
        if self.client_certificates.is_some() && !self.is_encrypted() {
            let reason =
                "needs http.certificate and http.key: only encrypted connections show certificates";
            return Err(("http.client_certificates", reason.to_owned()));
        }
        if self.public_reading && known {
            let reason = "lets everybody read, http.tokens and http.client_certificates do not. Set one or the other";
            return Err(("http.public_reading", reason.to_owned()));
        }
        if !self.listen.ip().is_loopback() {
            let listen = self.listen;
            if !self.is_encrypted() {
                return Err((
                    "http.listen",
                    format!(
                        "is {listen}, which other machines reach: connections must be encrypted. Name http.certificate and http.key, or listen on 127.0.0.1"
                    ),
                ));
            }
            if !known && !self.public_reading {
                return Err((
                    "http.listen",
                    format!(
                        "is {listen}, which other machines reach: name who may ask in http.tokens or http.client_certificates, or set http.public_reading = true"
                    ),
                ));
            }
        }
        if !(1..=REQUESTS_PER_SECOND_MAX).contains(&self.requests_per_second_max) {
            let given = self.requests_per_second_max;
            let reason = format!("is {given}, not between 1 and {REQUESTS_PER_SECOND_MAX}");
            return Err(("http.requests_per_second_max", reason));
        }
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if let Some(url) = self.public_url.as_ref().filter(|url| !is_web(url)) {
            let reason = format!("is `{url}`, no address such as https://directory.example");
            return Err(("http.public_url", reason));
        }
        Ok(())
    }
}

/// Consensus timeouts, for the first round of a height; later rounds get a little longer.
///
/// Measured with four validators on one machine and one of them down: half a second a height with
/// these, seconds with the engine's own defaults.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutsConfig {
    /// How long to wait for a proposal.
    pub propose_ms: u64,
    /// How long to wait for more prevotes once a quorum voted.
    pub prevote_ms: u64,
    /// How long to wait for more precommits once a quorum voted.
    pub precommit_ms: u64,
    /// After how long without progress votes are sent again.
    pub rebroadcast_ms: u64,
}

/// Logging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`, or directives such as `info,dirchain_engine=debug`.
    pub level: String,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            listen: NETWORK_LISTEN.to_owned(),
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            certificate: None,
            key: None,
            public_reading: false,
            tokens: None,
            client_certificates: None,
            requests_per_second_max: 1_000,
            public_url: None,
        }
    }
}

impl Default for TimeoutsConfig {
    fn default() -> Self {
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let Timeouts {
            propose,
            prevote,
            precommit,
            rebroadcast,
            ..
        } = Timeouts::default();
        Self {
            propose_ms: ms(propose),
            prevote_ms: ms(prevote),
            precommit_ms: ms(precommit),
            rebroadcast_ms: ms(rebroadcast),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
        }
    }
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not parse.
    #[error("{} line {line}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A value makes no sense.
    #[error("{}: {key} {reason}", path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// The key, with its table.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
}

/// Longest timeout accepted; a chain that waits longer stands still for its users.
const TIMEOUT_MS_MAX: u64 = 60_000;

impl Config {
    /// The defaults for a node.
    pub fn new(node: NodeId) -> Self {
        Self {
            node,
            network: NetworkConfig::default(),
            http: HttpConfig::default(),
            timeouts: TimeoutsConfig::default(),
            sync: SyncConfig::default(),
            log: LogConfig::default(),
        }
    }

    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(&read_text(path)?, path)
    }

    /// Parses and checks a file's text; `path` names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = parse_toml(text, path)?;
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let bad = |key, reason: String| {
            let path = path.to_path_buf();
            Err(ConfigError::BadValue { path, key, reason })
        };
        if let Err(reason) = check_multiaddress(&self.network.listen) {
            return bad("network.listen", reason);
        }
        if let Err(reason) = check_log_level(&self.log.level) {
            return bad("log.level", reason);
        }
        if let Err((key, reason)) = self.http.check() {
            return bad(key, reason);
        }
        let timeouts = &self.timeouts;
        for (key, value_ms) in [
            ("timeouts.propose_ms", timeouts.propose_ms),
            ("timeouts.prevote_ms", timeouts.prevote_ms),
            ("timeouts.precommit_ms", timeouts.precommit_ms),
            ("timeouts.rebroadcast_ms", timeouts.rebroadcast_ms),
        ] {
            if !(1..=TIMEOUT_MS_MAX).contains(&value_ms) {
                return bad(
                    key,
                    format!("is {value_ms}, not between 1 and {TIMEOUT_MS_MAX}"),
                );
            }
        }
        Ok(())
    }

    /// The file's text, with a word on each setting.
    pub fn to_text(&self) -> String {
        let Self {
            node,
            network,
            http,
            timeouts,
            sync,
            log,
        } = self;
        format!(
            "# This node's name within the chain.\n\
             node = {node}\n\
             \n\
             [network]\n\
             # Where this node listens for others. Who they are stands on the ledger.\n\
             listen = {listen}\n\
             \n\
             [http]\n\
             # Where the explorer and its JSON interface listen.\n\
             listen = {http}\n\
             # Another address than this machine's own needs a certificate and its key (PEM), and one of\n\
             # public_reading, tokens and client_certificates. Paths are whole, or within this folder.\n\
             {certificate}\n\
             {key}\n\
             # Whether everybody who reaches the node may read.\n\
             public_reading = {public_reading}\n\
             # Who else may: a line is a role (reader, gateway, operator) and the SHA-256 of a token.\n\
             {tokens}\n\
             # And clients with a certificate of these authorities (PEM), who may read.\n\
             {client_certificates}\n\
             # Requests a second that one address may make, this machine's own apart.\n\
             requests_per_second_max = {rate}\n\
             # The address that clients use, where a proxy stands before this one.\n\
             {public_url}\n\
             \n\
             [timeouts]\n\
             # Consensus timeouts in milliseconds. Longer ones suit slow links.\n\
             propose_ms = {}\n\
             prevote_ms = {}\n\
             precommit_ms = {}\n\
             rebroadcast_ms = {}\n\
             \n\
             [sync]\n\
             # How a node that is far behind catches up: by a snapshot (the past follows while it runs),\n\
             # from genesis (every block), or auto, which takes a snapshot from so many blocks on.\n\
             from = {sync_from}\n\
             snapshot_blocks_behind = {blocks_behind}\n\
             \n\
             [log]\n\
             # error, warn, info, debug, trace or off; or for single parts info,dirchain_engine=debug.\n\
             level = {level}\n",
            timeouts.propose_ms,
            timeouts.prevote_ms,
            timeouts.precommit_ms,
            timeouts.rebroadcast_ms,
            node = quoted(node.as_str()),
            listen = quoted(&network.listen),
            http = quoted(&http.listen.to_string()),
            certificate = file("certificate", http.certificate.as_deref(), "https.pem"),
            key = file("key", http.key.as_deref(), "https.key"),
            public_reading = http.public_reading,
            tokens = file("tokens", http.tokens.as_deref(), "tokens"),
            client_certificates = file(
                "client_certificates",
                http.client_certificates.as_deref(),
                "clients.pem"
            ),
            rate = http.requests_per_second_max,
            public_url = match &http.public_url {
                Some(url) => format!("public_url = {}", quoted(url)),
                None => "# public_url = \"https://directory.example\"".to_owned(),
            },
            sync_from = quoted(sync.from.as_str()),
            blocks_behind = sync.snapshot_blocks_behind,
            level = quoted(&log.level),
        )
    }

    /// The address of the HTTP interface as a client on this machine reaches it.
    pub fn http_url(&self) -> String {
        let mut address = self.http.listen;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let scheme = match self.http.is_encrypted() {
            true => "https",
            false => "http",
        };
        format!("{scheme}://{address}")
    }
}

/// A line that names a file, or shows how it would.
fn file(name: &str, path: Option<&Path>, example: &str) -> String {
    match path {
        Some(path) => format!("{name} = {}", quoted(&path.to_string_lossy())),
        None => format!("# {name} = {}", quoted(example)),
    }
}

/// Reads a file's text.
pub(crate) fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| {
        let path = path.to_path_buf();
        ConfigError::Unreadable { path, source }
    })
}

/// Parses TOML; what is wrong is named with its line.
pub(crate) fn parse_toml<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().map_or("", |span| {
            text.get(..span.start.min(text.len())).unwrap_or_default()
        });
        ConfigError::Malformed {
            path: path.to_path_buf(),
            line: before.matches('\n').count().saturating_add(1),
            reason: error.message().replace('\n', " "),
        }
    })
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Whether a text looks like a TCP multiaddress; the network parses it for good.
pub fn check_multiaddress(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('/').collect();
    let fits = match parts.as_slice() {
        ["", "ip4", host, "tcp", port] => is::<Ipv4Addr>(host) && is::<u16>(port),
        ["", "ip6", host, "tcp", port] => is::<Ipv6Addr>(host) && is::<u16>(port),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "is `{text}`, no multiaddress with an IP address and a TCP port, such as {NETWORK_LISTEN}"
    ))
}

fn is<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

/// The levels of log lines.
const LOG_LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The parts of the program that write lines: its own, and of what it stands on those that write with the same tool.
/// A name that ends with `_` stands for all that begin with it.
const LOG_PARTS: [&str; 9] = [
    "dirchain",
    "dirchain_engine",
    "dirchain_explorer",
    "dirchain_network",
    "arc_malachitebft_",
    "libp2p",
    "libp2p_",
    "multistream_select",
    "ractor",
];

/// Whether a text is levels, alone or for a part of the program. The log's own parser takes any word for a
/// part: a misspelt level would silence everything, and a misspelt part would change nothing.
fn check_log_level(text: &str) -> Result<(), String> {
    for directive in text.split(',') {
        let (part, level) = match directive.rsplit_once('=') {
            Some((part, level)) => (Some(part.trim()), level),
            None => (None, directive),
        };
        if let Some(part) = part.filter(|part| !is_log_part(part)) {
            let known: Vec<String> = LOG_PARTS.iter().map(|part| shown_part(part)).collect();
            return Err(format!(
                "is `{text}`, where `{part}` is no part of the program that writes lines. These are: {}; or a module of one, such as `dirchain_engine::host`",
                known.join(", ")
            ));
        }
        if !LOG_LEVELS.contains(&level.trim().to_ascii_lowercase().as_str()) {
            return Err(format!(
                "is `{text}`, where `{level}` is no level. Write error, warn, info, debug, trace or off, or for single parts `info,dirchain_engine=debug`"
            ));
        }
    }
    Ok(())
}

fn is_log_part(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    let is_it = |part: &&str| match part.ends_with('_') {
        true => name.starts_with(*part) && name.len() > part.len(),
        false => name == *part,
    };
    LOG_PARTS.iter().any(is_it)
}

fn shown_part(part: &str) -> String {
    match part.ends_with('_') {
        true => format!("{part}…"),
        false => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("config.toml"))
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut config = Config::new("D035-1".parse().unwrap());
        config.network.listen = "/ip4/127.0.0.1/tcp/7003".into();
        config.http.listen = "0.0.0.0:8083".parse().unwrap();
        config.http.certificate = Some("tls/https.pem".into());
        config.http.key = Some("tls/https.key".into());
        config.http.tokens = Some("tokens".into());
        config.http.client_certificates = Some("clients.pem".into());
        config.http.public_url = Some("https://node.example".to_owned());
        config.http.requests_per_second_max = 7;
        config.timeouts.propose_ms = 500;
        assert_eq!(parse(&config.to_text()).unwrap(), config);
        assert_eq!(config.http_url(), "https://127.0.0.1:8083");
    }

    #[test]
    fn log_levels_are_words_alone_or_for_a_part() {
        for good in [
            "info",
            "WARN",
            "info,dirchain_engine=debug",
            "off",
            "dirchain_engine::host=trace",
            "warn, libp2p_swarm=debug",
            "arc_malachitebft_engine::consensus=debug",
        ] {
            assert_eq!(check_log_level(good), Ok(()), "{good}");
        }
        for (bad, part) in [
            ("info,dirchain_engin=debug", "dirchain_engin"),
            ("dirchain-engine=debug", "dirchain-engine"),
            ("libp2p_=debug", "libp2p_"),
            ("info,=debug", ""),
        ] {
            let error = check_log_level(bad).unwrap_err();
            assert!(error.contains(&format!("`{part}` is no part")), "{error}");
            assert!(
                error.contains("dirchain_engine, dirchain_explorer"),
                "{error}"
            );
        }
        for bad in [
            "loud",
            "",
            "info,",
            "dirchain_engine",
            "info,dirchain_engine=",
        ] {
            assert!(check_log_level(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_open_to_other_machines_by_oversight() {
        let mut http = HttpConfig::default();
        let says = |http: &HttpConfig| {
            let (key, reason) = http.check().unwrap_err();
            format!("{key} {reason}")
        };
        assert_eq!(http.check(), Ok(()));
        http.listen = "0.0.0.0:8080".parse().unwrap();
        assert!(says(&http).contains("must be encrypted"));
        http.certificate = Some("https.pem".into());
        assert!(says(&http).contains("go together"));
        http.key = Some("https.key".into());
        assert!(says(&http).contains("http.public_reading = true"));
        http.public_reading = true;
        assert_eq!(http.check(), Ok(()));
        http.tokens = Some("tokens".into());
        assert!(says(&http).contains("Set one or the other"));
        http.public_reading = false;
        assert_eq!(http.check(), Ok(()));
        http.client_certificates = Some("clients.pem".into());
        assert_eq!(http.check(), Ok(()));
        http.requests_per_second_max = 0;
        assert!(says(&http).contains("requests_per_second_max is 0"));
        let local = HttpConfig {
            client_certificates: Some("clients.pem".into()),
            ..HttpConfig::default()
        };
        assert!(says(&local).contains("needs http.certificate"));
        let odd = HttpConfig {
            public_url: Some("directory.example".to_owned()),
            ..HttpConfig::default()
        };
        assert!(says(&odd).contains("http.public_url is"));
    }

    #[test]
    fn a_name_alone_is_a_configuration() {
        let config = parse("node = \"D035-1\"").unwrap();
        assert_eq!(config, Config::new("D035-1".parse().unwrap()));
        assert_eq!(config.http.listen.to_string(), HTTP_LISTEN);
    }

    #[test]
    fn errors_name_file_line_and_cause() {
        let says = |text: &str| parse(text).unwrap_err().to_string();
        let unknown = says("node = \"D035-1\"\n[http]\nlisen = \"127.0.0.1:8080\"\n");
        assert!(
            unknown.starts_with("config.toml line 3: unknown field `lisen`"),
            "{unknown}"
        );
        let address = says("node = \"D035-1\"\n[http]\nlisten = \"8080\"\n");
        assert!(
            address.starts_with("config.toml line 3: invalid socket address"),
            "{address}"
        );
        let missing = says("[http]\nlisten = \"127.0.0.1:8080\"\n");
        assert!(missing.contains("missing field `node`"), "{missing}");
        let syntax = says("node = \"D035-1\"\n[http\n");
        assert!(syntax.starts_with("config.toml line 2: "), "{syntax}");
        let multi = says("node = \"D035-1\"\n[network]\nlisten = \"127.0.0.1:7000\"\n");
        assert!(
            multi.contains("network.listen is `127.0.0.1:7000`, no multiaddress"),
            "{multi}"
        );
        let zero = says("node = \"D035-1\"\n[timeouts]\npropose_ms = 0\n");
        assert!(
            zero.contains("timeouts.propose_ms is 0, not between 1"),
            "{zero}"
        );
        let loud = says("node = \"D035-1\"\n[log]\nlevel = \"info,dirchain=loud\"\n");
        assert!(loud.contains("`loud` is no level"), "{loud}");
        for text in [unknown, address, missing, syntax, multi, zero, loud] {
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
}
