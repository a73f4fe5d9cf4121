//! A message whose height says that it is of no use: left out, counted, and what it shows of its sender passed on once.

use arc_malachitebft_codec::Codec as _;
use arc_malachitebft_engine::network::Status;
use arc_malachitebft_sync as sync;
use libp2p::identity::Keypair;

use super::codec::TestCodec;
use super::context::Number;
use super::node::{Event, SHOWN, UNTIMELY, engine_id, eventually, quick, start};
use super::rogue::{Rogue, send};
use crate::PeerEntry;
use crate::lane::Lane;
use crate::lane::frame::Kind;

#[tokio::test]
async fn an_untimely_vote_is_left_out_and_shows_its_senders_tip() {
    let node = start(quick()).await;
    let keypair = Keypair::generate_ed25519();
    let peer = keypair.public().to_peer_id();
    let entry = PeerEntry {
        name: "a peer".to_owned(),
        peer,
        addresses: Vec::new(),
        validator: true,
    };
    node.network.handle.set_peers(vec![entry]).unwrap();
    let mut rogue = Rogue::start(&keypair, node.address.clone(), node.peer);
    let mut lanes = rogue.open().await;
    let consensus = lanes.get_mut(&Lane::Consensus).unwrap();
    let vote = |signature: u64| [1, 71, 1, signature].map(u64::to_be_bytes).concat();
    let status = |tip: u64| {
        let status = sync::Status {
            peer_id: engine_id(&peer),
            tip_height: Number(tip),
            history_min_height: Number(3),
        };
        TestCodec.encode(&status).unwrap()
    };
    let shown = |tip: u64| {
        let event = Event::Status(engine_id(&peer), Status::new(Number(tip), Number(3)));
        let events = node.events();
        events.iter().filter(|seen| **seen == event).count()
    };

    // Before its first status nobody knows where its chain begins.
    send(consensus, 1, &vote(UNTIMELY)).await.unwrap();
    send(consensus, Kind::Status.byte(), &status(5))
        .await
        .unwrap();
    for _ in 0..3 {
        send(consensus, 1, &vote(UNTIMELY)).await.unwrap();
    }
    send(consensus, 1, &vote(2)).await.unwrap();
    eventually("the last is delivered", || node.votes(71) == 1).await;
    assert_eq!((shown(5), shown(SHOWN)), (1, 1));
    let seen = node.status_of(&peer);
    assert_eq!((seen.frames_untimely, seen.violations), (4, 0));

    // What its own status says of a later tip needs no vote to show it.
    send(consensus, Kind::Status.byte(), &status(SHOWN + 5))
        .await
        .unwrap();
    send(consensus, 1, &vote(UNTIMELY)).await.unwrap();
    send(consensus, 1, &vote(2)).await.unwrap();
    eventually("the last is delivered", || node.votes(71) == 2).await;
    assert_eq!((shown(SHOWN), shown(SHOWN + 5)), (1, 1));
}
