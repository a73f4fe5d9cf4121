//! Who may connect: the nodes that the ledger's records admit.

use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::NodeId;
use dirchain_ledger::records::{Node, Record, RecordKind};
use dirchain_ledger::view::{Records as _, View, ViewError};
use dirchain_ledger::{limits, records};
use dirchain_network::{PeerEntry, PeerId};

/// A node's identity on the network; none when its key is no Ed25519 key.
pub fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = libp2p::identity::ed25519::PublicKey::try_from_bytes(key.as_bytes()).ok()?;
    Some(libp2p::identity::PublicKey::from(key).to_peer_id())
}

/// Every admitted node, by its id.
///
/// # Errors
///
/// The state could not be read.
pub fn admitted(view: &dyn View) -> Result<Vec<Node>, ViewError> {
    let mut nodes = Vec::new();
    for id in view.list(RecordKind::Node, None, limits::NODES_MAX)? {
        if let Some(Record::Node(node)) = view.record(&id)?
            && node.admitted.to.is_none()
        {
            nodes.push(node);
        }
    }
    Ok(nodes)
}

/// The allow-list: every admitted node but ourselves.
pub(crate) fn allow_list(view: &dyn View, ourselves: &NodeId) -> Result<Vec<PeerEntry>, ViewError> {
    let membership = view.membership()?;
    let entry = |node: records::Node| {
        let addresses = node
            .addresses
            .iter()
            .filter_map(|address| address.parse().ok())
            .collect();
        let validator = membership.votes(&node.id);
        Some(PeerEntry {
            name: node.id.to_string(),
            peer: peer_id(&node.network_key)?,
            addresses,
            validator,
        })
    };
    let nodes = admitted(view)?
        .into_iter()
        .filter(|node| node.id != *ourselves);
    Ok(nodes.filter_map(entry).collect())
}
