//! The sample city for a number of nodes on this machine.

use std::net::Ipv4Addr;

use dirchain_ledger::bounded::Text;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{DepartmentId, TimeMs};

use crate::provision::NodeKeys;
use crate::sample::{self, NodeSpec, SampleCity, SampleError};

/// What BLAKE3 derives the nodes' keys for.
const CONTEXT: &str = "dirchain/v1/sample-city 2025-08 keys of nodes";

/// The departments that have a node, in this order: the steward, the registrar's deputy bodies and
/// those whose entries the day is about. Further nodes go to the next department without one.
const WITH_NODES: [&str; 8] = [
    "D035", "D012", "D024", "D008", "D007", "D047", "D050", "D016",
];

/// What every key of a sample city is derived from. Whoever knows it can sign anything there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// The seed text that commands use unless told otherwise.
    pub const DEFAULT: &'static str = "dirchain sample city";

    /// The seed made from a text.
    pub fn new(text: &str) -> Self {
        Self(*blake3::hash(text.as_bytes()).as_bytes())
    }
}

/// The keys of the sample's node at `index`, from 0.
pub fn node_keys(seed: &Seed, index: u16) -> NodeKeys {
    let key = |what: &str| {
        let mut material = seed.0.to_vec();
        material.extend_from_slice(format!("{what} {index}").as_bytes());
        SecretKey::from_seed(&blake3::derive_key(CONTEXT, &material))
    };
    NodeKeys {
        network: key("network"),
        consensus: key("consensus"),
    }
}

/// Where a node listens.
pub(super) fn listen(host: Ipv4Addr, port: u16) -> String {
    format!("/ip4/{host}/tcp/{port}")
}

/// The nodes of the city, and where each listens.
pub(super) fn specs(
    seed: &Seed,
    nodes: u16,
    listen: &dyn Fn(u16) -> String,
) -> Result<Vec<NodeSpec>, SampleError> {
    let numbered = (1..=999u16).map(|number| format!("D{number:03}"));
    let others = numbered.filter(|id| !WITH_NODES.contains(&id.as_str()));
    let departments = WITH_NODES.iter().map(|id| (*id).to_owned()).chain(others);
    let mut specs = Vec::new();
    for (index, department) in (0..nodes).zip(departments) {
        let keys = node_keys(seed, index);
        let department: Result<DepartmentId, _> = department.parse();
        let unusable = |error: &dyn ToString| SampleError::Value {
            value: index.to_string(),
            reason: error.to_string(),
        };
        specs.push(NodeSpec {
            department: department.map_err(|error| unusable(&error))?,
            network_key: keys.network.public(),
            consensus_key: keys.consensus.public(),
            addresses: vec![Text::new(listen(index)).map_err(|error| unusable(&error))?],
        });
    }
    Ok(specs)
}

/// Where the node at `index` listens, of those on consecutive ports of this machine.
pub(super) fn listen_here(base_port: u16, index: u16) -> String {
    listen(Ipv4Addr::LOCALHOST, base_port.saturating_add(index))
}

/// The sample city with so many nodes on consecutive ports of this machine.
pub fn sample_city(
    seed: &Seed,
    nodes: u16,
    base_port: u16,
    time: TimeMs,
) -> Result<SampleCity, SampleError> {
    let specs = specs(seed, nodes, &|index| listen_here(base_port, index))?;
    sample::city(&seed.0, &specs, time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_chain() {
        let seed = Seed::new("a");
        let chain = |seed: &Seed, nodes| {
            let city = sample_city(seed, nodes, 7000, TimeMs(1_700_000_000_000)).unwrap();
            city.genesis.chain()
        };
        assert_eq!(chain(&seed, 4), chain(&seed, 4));
        assert_ne!(chain(&seed, 4), chain(&Seed::new("b"), 4));
        assert_ne!(chain(&seed, 4), chain(&seed, 7));
    }

    #[test]
    fn every_department_can_have_one_node() {
        let specs = specs(&Seed::new("a"), 53, &|index| listen_here(7000, index)).unwrap();
        let mut departments: Vec<_> = specs.iter().map(|spec| &spec.department).collect();
        departments.sort();
        departments.dedup();
        assert_eq!(departments.len(), 53);
    }
}
