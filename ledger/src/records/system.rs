//! What the chain itself needs: nodes (节点), offices, parameters, membership.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Period, Trail};
use crate::bounded::{List, Text};
use crate::crypto::PublicKey;
use crate::ids::{DepartmentId, Name, NodeId, PurposeCode};
use crate::limits;
use crate::validators::ValidatorSet;

/// What a node does.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Votes; named by the membership too.
    Validator,
    /// Follows and serves, without a vote.
    Observer,
}

/// A network address as a libp2p multiaddress, such as `/ip4/10.0.0.1/tcp/7000`.
pub type NodeAddress = Text<256>;

/// A node that may connect. Nobody else gets past the handshake.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Node {
    /// Its name within the chain.
    pub id: NodeId,
    /// Whose it is.
    pub department: DepartmentId,
    /// What it does.
    pub kind: NodeKind,
    /// Its Ed25519 key on the network.
    pub network_key: PublicKey,
    /// Where it listens.
    pub addresses: List<NodeAddress, { limits::ADDRESSES_MAX }>,
    /// While this lasts it may connect.
    pub admitted: Period,
    /// Everything that touched it.
    pub trail: Trail,
}

/// An office that a department holds for the whole chain.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// 编办: registers departments, declares responsibilities.
    Registrar,
    /// 数据主管部门: publishes entries, arbitrates.
    Steward,
    /// Publishes the steward's own entries.
    StewardDeputy,
    /// 监审: inspects.
    Inspectorate,
    /// 标准方: owns the data elements.
    Standards,
    /// 运营方: runs nodes for others, decides nothing.
    Operations,
}

impl std::fmt::Display for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Office::Registrar => "registrar (编办)",
            Office::Steward => "steward (数据主管部门)",
            Office::StewardDeputy => "steward's deputy",
            Office::Inspectorate => "inspectorate (监审)",
            Office::Standards => "standards (标准方)",
            Office::Operations => "operations (运营方)",
        })
    }
}

/// Who holds an office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OfficeHolder {
    /// The office.
    pub office: Office,
    /// Its holder.
    pub department: DepartmentId,
}

/// The offices, strictly ascending: one holder for each.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Offices {
    /// The holders.
    pub holders: List<OfficeHolder, 16>,
}

impl Offices {
    /// Who holds an office.
    pub fn holder(&self, office: Office) -> Option<&DepartmentId> {
        let holder = self.holders.iter().find(|holder| holder.office == office);
        holder.map(|holder| &holder.department)
    }
}

/// A purpose in the code list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Purpose {
    /// Its code.
    pub code: PurposeCode,
    /// Its name.
    pub name: Name,
}

/// The chain's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Parameters {
    /// Version of the rules that blocks are executed under.
    pub rules_version: u32,
    /// An empty block is valid only this long after its parent, by header times.
    pub heartbeat_ms: i64,
    /// The purposes that applications may name, by ascending code.
    pub purposes: List<Purpose, { limits::PURPOSES_MAX }>,
}

/// The validators, now and in the next block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Membership {
    /// Counts the changes of the set; 0 in the genesis.
    pub epoch: u64,
    /// Who votes on the block after this state.
    pub current: ValidatorSet,
}
