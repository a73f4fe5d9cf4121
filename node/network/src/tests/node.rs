//! A node under test: the network with a subscriber that keeps every event.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_engine::network::{Msg, NetworkEvent, Subscriber};
use arc_malachitebft_engine::util::output_port::{OutputPort, OutputPortSubscriberTrait};
use arc_malachitebft_network::PeerIdExt;
use arc_malachitebft_peer::PeerId as EnginePeerId;
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use tokio::time::{Instant, sleep};

use super::codec::TestCodec;
use super::context::{Number, TestContext, vote};
use crate::clock::lock;
use crate::{
    Fate, Network, NetworkConfig, NetworkError, NetworkLimits, PeerEntry, PeerStatus, Verdict,
    spawn,
};

pub(crate) type Event = NetworkEvent<TestContext>;

/// Keeps events for the test.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Event>>>);

impl OutputPortSubscriberTrait<Event> for Recorder {
    fn subscribe_to_port(&self, _: &OutputPort<Event>) {}
}

impl Subscriber<Event> for Recorder {
    fn send(&self, event: Event) {
        lock(&self.0).push(event);
    }
}

pub(crate) struct Node {
    pub(crate) network: Network<TestContext>,
    pub(crate) peer: PeerId,
    pub(crate) keypair: Keypair,
    pub(crate) address: Multiaddr,
    recorder: Recorder,
}

/// Bounds with short times, still long enough for a busy machine.
pub(crate) fn quick() -> NetworkLimits {
    NetworkLimits {
        handshake_timeout: Duration::from_secs(3),
        heartbeat: Duration::from_millis(200),
        silence: Duration::from_secs(5),
        redial_min: Duration::from_millis(50),
        redial_max: Duration::from_millis(300),
        ban: Duration::from_millis(500),
        ..NetworkLimits::default()
    }
}

pub(crate) fn loopback() -> Multiaddr {
    "/ip4/127.0.0.1/tcp/0".parse().unwrap()
}

/// An address of the loopback that no other test uses, so that its port stays ours while nobody listens.
pub(crate) fn own_loopback(test: u8) -> Multiaddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    format!("/ip4/127.{}.{low}.{test}/tcp/0", high | 1)
        .parse()
        .unwrap()
}

/// The chain of every test node, unless told otherwise.
pub(crate) const CHAIN: &str = "c0ffee";

/// What stands for a wrong signature.
pub(crate) const FORGED: u64 = 66;

/// What stands for a signature of a height that is of no use here.
pub(crate) const UNTIMELY: u64 = 67;

/// The height that an untimely vote shows its sender to have.
pub(crate) const SHOWN: u64 = 70;

fn judge(event: &Event) -> Verdict<Number> {
    let NetworkEvent::Vote(_, vote) = event else {
        return Verdict::of(Fate::Delivered);
    };
    match vote.signature {
        Number(FORGED) => Verdict::of(Fate::Forged),
        Number(UNTIMELY) => Verdict {
            fate: Fate::Untimely,
            shows: Some(Number(SHOWN)),
        },
        _ => Verdict::of(Fate::Delivered),
    }
}

pub(crate) async fn try_start(
    keypair: &Keypair,
    listen: Multiaddr,
    peers: Vec<PeerEntry>,
    limits: NetworkLimits,
) -> Result<Node, NetworkError> {
    try_start_on(CHAIN, keypair, listen, peers, limits).await
}

pub(crate) async fn try_start_on(
    chain: &str,
    keypair: &Keypair,
    listen: Multiaddr,
    peers: Vec<PeerEntry>,
    limits: NetworkLimits,
) -> Result<Node, NetworkError> {
    let config = NetworkConfig {
        keypair: keypair.clone(),
        listen,
        peers,
        chain: chain.to_owned(),
        limits,
    };
    let network = spawn(config, TestCodec, Arc::new(judge)).await?;
    let recorder = Recorder::default();
    let subscriber = Box::new(recorder.clone());
    network.actor.cast(Msg::Subscribe(subscriber)).unwrap();
    let address = network.handle.status().listening[0].clone();
    Ok(Node {
        network,
        peer: keypair.public().to_peer_id(),
        keypair: keypair.clone(),
        address,
        recorder,
    })
}

pub(crate) async fn start(limits: NetworkLimits) -> Node {
    let keypair = Keypair::generate_ed25519();
    try_start(&keypair, loopback(), Vec::new(), limits)
        .await
        .unwrap()
}

/// Nodes that all list each other and are connected, each pair once, so that what one sends stays in order.
pub(crate) async fn mesh(count: usize, limits: NetworkLimits) -> Vec<Node> {
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(start(limits.clone()).await);
    }
    for (position, node) in nodes.iter().enumerate() {
        let peers = nodes.iter().enumerate();
        let peers = peers.map(|(other, peer)| peer.entry_dialled(other < position));
        node.network.handle.set_peers(peers.collect()).unwrap();
    }
    eventually("the mesh is connected", || {
        nodes.iter().all(|node| node.hears_count() == count - 1)
    })
    .await;
    nodes
}

impl Node {
    /// This node in another's allow-list.
    pub(crate) fn entry(&self) -> PeerEntry {
        PeerEntry {
            name: "a peer".to_owned(),
            peer: self.peer,
            addresses: vec![self.address.clone()],
            validator: true,
        }
    }

    /// The same, with an address only if it is to be dialled.
    pub(crate) fn entry_dialled(&self, is_dialled: bool) -> PeerEntry {
        let mut entry = self.entry();
        if !is_dialled {
            entry.addresses.clear();
        }
        entry
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        lock(&self.recorder.0).clone()
    }

    pub(crate) fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        lock(&self.recorder.0).iter().any(wanted)
    }

    pub(crate) fn status_of(&self, peer: &PeerId) -> PeerStatus {
        self.network.handle.status().peer(peer).unwrap().clone()
    }

    /// Peers that are connected and from which something arrived.
    pub(crate) fn hears_count(&self) -> usize {
        let status = self.network.handle.status();
        let heard = status.peers.iter();
        heard
            .filter(|peer| peer.connected && peer.last_heard.is_some())
            .count()
    }

    pub(crate) fn publish_vote(&self, height: u64) {
        let message = SignedConsensusMsg::Vote(vote(height));
        self.network
            .actor
            .cast(Msg::PublishConsensusMsg(message))
            .unwrap();
    }

    /// How often the vote of that height came, by whichever way.
    pub(crate) fn votes(&self, height: u64) -> usize {
        let wanted = vote(height);
        let events = lock(&self.recorder.0);
        let votes = events.iter();
        votes
            .filter(|event| matches!(event, Event::Vote(_, vote) if *vote == wanted))
            .count()
    }
}

pub(crate) fn engine_id(peer: &PeerId) -> EnginePeerId {
    EnginePeerId::from_libp2p(peer)
}

/// Waits for a condition; a test that waits longer than a minute has failed.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
