//! A chain's beginning as people write it: a TOML file that becomes a genesis.
//!
//! Each department's head sends its public key and its node's, as `dirchain init` prints them;
//! whoever sets the chain up puts them into one file, and everybody keeps the genesis made of it.

use std::collections::BTreeMap;
use std::path::Path;

use dirchain_explorer::api::Time;
use dirchain_ledger::bounded::{BoundError, List};
use dirchain_ledger::crypto::{Algorithm, PublicKey};
use dirchain_ledger::genesis::{Genesis, GenesisError};
use dirchain_ledger::ids::{Code, CreditCode, DepartmentId, Height, Moment, Name, NodeId};
use dirchain_ledger::records::{
    AdministrativeLevel, Department, DepartmentStatus, Key, Membership, Node, NodeAddress, Office,
    Offices, Parameters, Period, Purpose, Record, Role, Settings, StatusSince, Trail,
};
use dirchain_ledger::validators::{Validator, ValidatorSet, ValidatorSetError};
use serde::{Deserialize, Deserializer};

use crate::config::{ConfigError, check_multiaddress, parse_toml, read_text};
use crate::settings::over_the_usual;

/// A chain's beginning.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The chain's name, for people.
    pub name: Name,
    /// Its first instant; the first block is later.
    pub time: Time,
    /// Deadlines, limits and the like; what it does not say is as usual.
    #[serde(default, deserialize_with = "over_the_usual")]
    pub settings: Settings,
    /// Who holds which office.
    #[serde(default)]
    pub offices: BTreeMap<Office, DepartmentId>,
    /// The departments.
    #[serde(default, rename = "department")]
    pub departments: Vec<DepartmentDescription>,
    /// The nodes.
    #[serde(default, rename = "node")]
    pub nodes: Vec<NodeDescription>,
    /// The purposes that applications may name.
    #[serde(default, rename = "purpose")]
    pub purposes: Vec<Purpose>,
}

/// A department at the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentDescription {
    /// Its permanent id.
    pub id: DepartmentId,
    /// Its official name.
    pub name: Name,
    /// Its level.
    pub level: AdministrativeLevel,
    /// Its region.
    #[serde(deserialize_with = "read_region")]
    pub region: Code,
    /// Its unified social credit code.
    #[serde(default)]
    pub credit_code: Option<CreditCode>,
    /// Its head's public key.
    pub head: PublicKey,
}

/// A region's code. Only letters and digits that have no look-alikes: the wide digits of Chinese
/// typing would make another region of the same look.
pub fn region(text: &str) -> Result<Code, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.chars().all(plain) {
        return text.parse().map_err(|error| format!("{error}"));
    }
    Err(format!(
        "`{text}` is no region: write its administrative division code in plain digits, such as 110000"
    ))
}

fn read_region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
    region(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// A node at the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeDescription {
    /// Its name within the chain.
    pub id: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// Its key on the network.
    pub network_key: PublicKey,
    /// The key its votes are signed with; a node without one observes.
    #[serde(default)]
    pub consensus_key: Option<PublicKey>,
    /// Where it listens.
    pub addresses: Vec<NodeAddress>,
}

/// Why a description makes no genesis.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// The file does not parse.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// An address is none.
    #[error("the address of node {node} {reason}")]
    Address {
        /// The node.
        node: NodeId,
        /// What is wrong.
        reason: String,
    },
    /// The nodes with a consensus key form no validator set.
    #[error("{0}. A node votes when it has a consensus_key")]
    Validators(#[from] ValidatorSetError),
    /// The records form no genesis.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// Too many of something.
    #[error(transparent)]
    Bound(#[from] BoundError),
}

impl Description {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, DescriptionError> {
        Self::parse(&read_text(path)?, path)
    }

    /// Reads a file's text; its errors name the file.
    pub fn parse(text: &str, path: &Path) -> Result<Self, DescriptionError> {
        Ok(parse_toml(text, path)?)
    }

    /// The genesis that it describes.
    pub fn genesis(self) -> Result<Genesis, DescriptionError> {
        let since = Moment {
            height: Height::GENESIS,
            time: self.time.0,
        };
        let mut records = Vec::new();
        for department in self.departments {
            records.extend(department.records(since)?);
        }
        let mut validators = Vec::new();
        for node in self.nodes {
            if let Some(key) = node.consensus_key {
                let (id, department) = (node.id.clone(), node.department.clone());
                validators.push(Validator::new(key, id, department));
            }
            records.push(node.record(since)?);
        }
        let members = ValidatorSet::new(validators)?;
        records.push(Record::Membership(Membership::begin(members)));
        records.push(Record::Offices(Offices::begin(since, self.offices)?));
        let parameters = Parameters::begin(since, self.settings, self.purposes)?;
        records.push(Record::Parameters(parameters));
        Ok(Genesis::new(self.name, self.time.0, records)?)
    }
}

impl DepartmentDescription {
    fn records(self, since: Moment) -> Result<[Record; 2], BoundError> {
        let active = StatusSince {
            status: DepartmentStatus::Active,
            since,
        };
        let key = Key {
            public_key: self.head,
            algorithm: Algorithm::Ed25519,
            department: self.id.clone(),
            role: Role::Head,
            next_sequence: 1,
            valid: Period::since(since),
            suspicions: Default::default(),
        };
        let department = Department {
            id: self.id,
            parent: None,
            credit_code: self.credit_code,
            name: self.name,
            level: self.level,
            region: self.region,
            status: List::new(vec![active])?,
            sub_units: 0,
            proposals: 0,
            successor: None,
            open_proposals: List::default(),
            trail: Trail::default(),
        };
        Ok([Record::Department(department), Record::Key(key)])
    }
}

impl NodeDescription {
    fn record(self, since: Moment) -> Result<Record, DescriptionError> {
        for address in &self.addresses {
            check_multiaddress(address).map_err(|reason| {
                let node = self.id.clone();
                DescriptionError::Address { node, reason }
            })?;
        }
        let addresses = List::new(self.addresses)?;
        let mut node = Node::begin(self.id, self.department, self.network_key, addresses, since);
        if let Some(key) = self.consensus_key {
            node = node.with_consensus_key(key, since)?;
        }
        Ok(Record::Node(node))
    }
}

/// A node's entry for a description, as `dirchain init` prints it.
pub fn node_entry(
    id: &NodeId,
    network_key: &PublicKey,
    consensus_key: &PublicKey,
    listen: &str,
) -> String {
    let department = id
        .as_str()
        .rsplit_once('-')
        .map_or("D000", |(whose, _)| whose);
    let id = toml::Value::from(id.as_str());
    let address = toml::Value::from(listen);
    format!(
        "[[node]]\n\
         id = {id}\n\
         department = \"{department}\"\n\
         network_key = \"{network_key}\"\n\
         consensus_key = \"{consensus_key}\"\n\
         addresses = [{address}]\n"
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use dirchain_ledger::crypto::SecretKey;

    use super::*;

    const HEAD: &str = r#"
name = "目录链"
time = "2026-01-01T00:00:00+08:00"
[offices]
registrar = "D001"
steward = "D001"
[[purpose]]
code = "social-assistance"
name = "社会救助"
"#;

    fn key(seed: u8) -> PublicKey {
        SecretKey::from_seed(&[seed; 32]).public()
    }

    pub(crate) fn text() -> String {
        let node = node_entry(
            &"D001-1".parse().unwrap(),
            &key(2),
            &key(3),
            "/ip4/10.0.0.1/tcp/7000",
        );
        format!(
            "{HEAD}[[department]]\nid = \"D001\"\nname = \"政府办公厅\"\nlevel = \"city\"\nregion = \"110000\"\nhead = \"{}\"\n{node}",
            key(1)
        )
    }

    fn genesis(text: &str) -> Result<Genesis, DescriptionError> {
        Description::parse(text, Path::new("city.toml"))?.genesis()
    }

    #[test]
    fn a_description_becomes_a_genesis() {
        let genesis = genesis(&text()).unwrap();
        assert_eq!(genesis.records.len(), 6);
        genesis.check().unwrap();
    }

    #[test]
    fn what_is_missing_is_named() {
        let no_validator = text().replace("consensus_key", "# consensus_key");
        let error = genesis(&no_validator).unwrap_err().to_string();
        assert!(error.contains("at least one member"), "{error}");
        let no_office = text().replace("steward = \"D001\"", "steward = \"D009\"");
        let error = genesis(&no_office).unwrap_err().to_string();
        assert!(error.contains("D009"), "{error}");
        let typo = text().replace("region", "regoin");
        let error = genesis(&typo).unwrap_err().to_string();
        assert!(error.starts_with("city.toml line "), "{error}");
        let wide = text().replace("110000", "１１００００");
        let error = genesis(&wide).unwrap_err().to_string();
        assert!(error.contains("plain digits"), "{error}");
        let address = text().replace("/tcp/7000", ":7000");
        let error = genesis(&address).unwrap_err().to_string();
        assert!(
            error.starts_with("the address of node D001-1 is"),
            "{error}"
        );
    }
}
