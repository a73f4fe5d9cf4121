//! A peer's rate limit is its own, not its connection's.

use std::time::{Duration, Instant};

use libp2p::identity::Keypair;

use super::node::{eventually, quick, start};
use super::rogue::{Rogue, send};
use crate::lane::Lane;
use crate::{NetworkLimits, PeerEntry};

#[tokio::test]
async fn reconnecting_does_not_refill_the_bucket() {
    let mut limits: NetworkLimits = quick();
    limits.transactions.rate_bytes_per_second = 20_000;
    limits.transactions.burst_bytes = 20_000;
    limits.transactions.frame_cost_bytes_min = 1;
    let mut node = start(limits).await;
    let keypair = Keypair::generate_ed25519();
    let peer = keypair.public().to_peer_id();
    let entry = PeerEntry {
        name: "a peer".to_owned(),
        peer,
        addresses: Vec::new(),
        validator: true,
    };
    node.network.handle.set_peers(vec![entry]).unwrap();

    let started = Instant::now();
    for connection in 1..=3 {
        let mut rogue = Rogue::start(&keypair, node.address.clone(), node.peer);
        let mut lanes = rogue.open().await;
        let transactions = lanes.get_mut(&Lane::Transactions).unwrap();
        for _ in 0..10 {
            send(transactions, 5, &[connection; 2000]).await.unwrap();
        }
        for _ in 0..10 {
            let (_, transaction) = node.network.transactions_in.recv().await.unwrap();
            assert_eq!(transaction, vec![connection; 2000]);
        }
        drop(rogue);
        eventually("it is gone", || !node.status_of(&peer).connected).await;
    }
    // 60,000 bytes, of which 20,000 at once and the rest at 20,000 a second.
    assert!(started.elapsed() >= Duration::from_secs(2));
    assert!(node.status_of(&peer).throttled >= Duration::from_millis(1));
}
