//! Peers that do not keep the rules: a swarm whose raw lanes the test writes to, and one that freezes
//! after the handshake.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{DialOpts as TransportDial, PortUse, Transport};
use libp2p::core::{Endpoint, upgrade::Version};
use libp2p::identity::Keypair;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{NetworkBehaviour, Stream, Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId, noise, request_response as rr, tcp, yamux};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::node::CHAIN;
use crate::NetworkLimits;
use crate::lane::Lane;
use crate::lane::negotiate::{Lanes, Opened};
use crate::swarm::sync::{self, Received, SyncCodec};

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) lanes: Lanes,
    pub(crate) sync: rr::Behaviour<SyncCodec>,
}

/// What the connections of a rogue came to, so far.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connected: usize,
    pub(crate) closed: usize,
    pub(crate) dial_failed: usize,
}

enum Order {
    Dial,
    Ask(Bytes),
}

/// A swarm that speaks our protocol names and keeps no other rule.
pub(crate) struct Rogue {
    orders: mpsc::UnboundedSender<Order>,
    lanes: mpsc::UnboundedReceiver<(Lane, Stream)>,
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn swarm<B: NetworkBehaviour>(keypair: &Keypair, behaviour: B) -> Swarm<B> {
    libp2p::SwarmBuilder::with_existing_identity(keypair.clone())
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

impl Rogue {
    pub(crate) fn start(keypair: &Keypair, address: Multiaddr, victim: PeerId) -> Self {
        let behaviour = Behaviour {
            lanes: Lanes::new(CHAIN, Duration::from_secs(60)),
            sync: sync::behaviour(CHAIN, &NetworkLimits::default()).unwrap(),
        };
        let swarm = swarm(keypair, behaviour);
        let (orders, received) = mpsc::unbounded_channel();
        let (opened, lanes) = mpsc::unbounded_channel();
        let (seen_sender, seen) = watch::channel(Seen::default());
        let task = tokio::spawn(run(swarm, address, victim, received, opened, seen_sender));
        Self {
            orders,
            lanes,
            seen,
            task,
        }
    }

    pub(crate) fn dial(&self) {
        self.orders.send(Order::Dial).unwrap();
    }

    /// Sends a sync request with any body.
    pub(crate) fn ask(&self, body: &'static [u8]) {
        let body = Bytes::from_static(body);
        self.orders.send(Order::Ask(body)).unwrap();
    }

    /// Dials, and waits for the three lanes it may write to.
    pub(crate) async fn open(&mut self) -> HashMap<Lane, Stream> {
        self.dial();
        let mut open = HashMap::new();
        while open.len() < 3 {
            let (lane, stream) = self.lanes.recv().await.unwrap();
            open.insert(lane, stream);
        }
        open
    }

    pub(crate) fn seen(&self) -> Seen {
        *self.seen.borrow()
    }
}

async fn run(
    mut swarm: Swarm<Behaviour>,
    address: Multiaddr,
    victim: PeerId,
    mut orders: mpsc::UnboundedReceiver<Order>,
    opened: mpsc::UnboundedSender<(Lane, Stream)>,
    seen: watch::Sender<Seen>,
) {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                None => return,
                Some(Order::Ask(body)) => {
                    swarm.behaviour_mut().sync.send_request(&victim, Received::Ok(body));
                }
                Some(Order::Dial) => {
                    let dial = DialOpts::unknown_peer_id().address(address.clone());
                    swarm.dial(dial.allocate_new_port().build()).unwrap();
                }
            },
            event = swarm.select_next_some() => match event {
                SwarmEvent::ConnectionEstablished { .. } => seen.send_modify(|seen| seen.connected += 1),
                SwarmEvent::ConnectionClosed { .. } => seen.send_modify(|seen| seen.closed += 1),
                SwarmEvent::OutgoingConnectionError { .. } => seen.send_modify(|seen| seen.dial_failed += 1),
                SwarmEvent::Behaviour(BehaviourEvent::Lanes((_, _, Opened::Outbound(lane, stream)))) => {
                    let _test_over = opened.send((lane, stream));
                }
                SwarmEvent::Behaviour(BehaviourEvent::Lanes((_, _, Opened::Inbound(_, stream)))) => {
                    tokio::spawn(discard(stream));
                }
                _ => {}
            }
        }
    }
}

async fn discard(mut stream: Stream) {
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
}

/// A frame whose header says what the test wants it to say.
pub(crate) fn raw_frame(size_bytes: u32, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = size_bytes.to_be_bytes().to_vec();
    frame.push(kind);
    frame.extend_from_slice(body);
    frame
}

/// Writes a well-formed frame.
pub(crate) async fn send(stream: &mut Stream, kind: u8, body: &[u8]) -> std::io::Result<()> {
    let size_bytes = u32::try_from(body.len()).unwrap();
    stream.write_all(&raw_frame(size_bytes, kind, body)).await?;
    stream.flush().await
}

/// A peer that speaks another version: it has our key and transport and none of our protocols.
pub(crate) fn stranger_to_our_protocols(keypair: &Keypair, address: Multiaddr) -> JoinHandle<()> {
    let mut swarm = swarm(keypair, libp2p::swarm::dummy::Behaviour);
    swarm.dial(address).unwrap();
    tokio::spawn(async move {
        loop {
            swarm.select_next_some().await;
        }
    })
}

/// Completes the handshake with an allowed key and then does nothing at all, not even answer.
pub(crate) async fn freeze_after_handshake(
    keypair: &Keypair,
    address: Multiaddr,
) -> (PeerId, StreamMuxerBox) {
    let mut transport = tcp::tokio::Transport::default()
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(keypair).unwrap())
        .multiplex(yamux::Config::default())
        .boxed();
    let options = TransportDial {
        role: Endpoint::Dialer,
        port_use: PortUse::New,
    };
    transport.dial(address, options).unwrap().await.unwrap()
}
