//! A peer that is taken off the allow-list.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use libp2p::identity::Keypair;

use super::node::{Event, engine_id, eventually, mesh, quick, start};
use super::rogue::Rogue;
use crate::{NetworkLimits, PeerEntry};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_removed_peer_is_delivered_and_it_is_denied() {
    let nodes = mesh(2, quick()).await;
    let flooding = Arc::new(AtomicBool::new(true));
    let flood = {
        let (actor, flooding) = (nodes[1].network.actor.clone(), Arc::clone(&flooding));
        let handle = nodes[1].network.handle.clone();
        tokio::spawn(async move {
            while flooding.load(Relaxed) {
                let vote = super::context::vote(1);
                let message = arc_malachitebft_core_consensus::SignedConsensusMsg::Vote(vote);
                let publish = arc_malachitebft_engine::network::Msg::PublishConsensusMsg(message);
                actor.cast(publish).unwrap();
                let _not_connected = handle.send_transaction(vec![1; 100].into());
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        })
    };
    eventually("the flood arrives", || nodes[0].votes(1) > 100).await;

    nodes[0].network.handle.set_peers(Vec::new()).unwrap();
    let after = nodes[0].events().len();
    assert_eq!(
        nodes[0].events().last(),
        Some(&Event::PeerDisconnected(engine_id(&nodes[1].peer)))
    );
    eventually("its redials are denied", || {
        nodes[0].network.handle.status().totals.denied_handshakes >= 3
    })
    .await;
    eventually("it notices", || {
        nodes[1].network.handle.status().connected_count() == 0
    })
    .await;
    assert_eq!(nodes[0].events().len(), after);

    let peers = vec![nodes[1].entry()];
    nodes[0].network.handle.set_peers(peers).unwrap();
    eventually("it is let in again", || {
        nodes[0].events().len() > after + 100
    })
    .await;
    flooding.store(false, Relaxed);
    flood.await.unwrap();
}

#[tokio::test]
async fn who_stays_on_the_list_keeps_its_connection() {
    let nodes = mesh(3, quick()).await;
    let peers = vec![nodes[1].entry()];
    nodes[0].network.handle.set_peers(peers).unwrap();
    let gone = engine_id(&nodes[2].peer);
    let stays = engine_id(&nodes[1].peer);
    assert!(nodes[0].has(|event| *event == Event::PeerDisconnected(gone)));
    nodes[1].publish_vote(4);
    eventually("it is still heard", || nodes[0].votes(4) == 1).await;
    assert!(!nodes[0].has(|event| *event == Event::PeerDisconnected(stays)));
}

#[tokio::test]
async fn a_peer_that_is_back_at_once_has_to_connect_again() {
    // No timeout may close the connection in place of the removal.
    let hour = Duration::from_secs(3600);
    let limits = NetworkLimits {
        handshake_timeout: hour,
        silence: hour,
        ..quick()
    };
    let node = start(limits).await;
    let keypair = Keypair::generate_ed25519();
    let entry = PeerEntry {
        name: "a peer".to_owned(),
        peer: keypair.public().to_peer_id(),
        addresses: Vec::new(),
        validator: true,
    };
    let handle = &node.network.handle;
    handle.set_peers(vec![entry.clone()]).unwrap();
    let mut rogue = Rogue::start(&keypair, node.address.clone(), node.peer);
    let _lanes = rogue.open().await;
    eventually("it is connected", || handle.status().connected_count() == 1).await;
    handle.set_peers(Vec::new()).unwrap();
    handle.set_peers(vec![entry]).unwrap();
    assert_eq!(handle.status().connected_count(), 0);
    eventually("its old connection is closed", || rogue.seen().closed == 1).await;
    let _lanes = rogue.open().await;
    eventually("it is connected again", || {
        handle.status().connected_count() == 1
    })
    .await;
}
