//! Peers that lie to a node that joins: each lie is found when it comes, its teller is refused, and
//! an honest peer is enough.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, AtomicUsize};

use dirchain_ledger::bounded::List;
use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::leaves::Leaf;
use dirchain_ledger::limits::SNAPSHOT_QUESTION_BYTES_MAX;
use dirchain_ledger::records::Record;
use dirchain_ledger::testing::{Ledger, PROVIDER, VOTERS, certificate, genesis};
use dirchain_network::{Keypair, Multiaddr};
use std::sync::atomic::Ordering;

use super::super::give::answer;
use super::*;

/// What a peer makes of an answer, in bytes; none keeps it back.
type Bend = fn(Answer) -> Option<Vec<u8>>;

/// A chain in a store.
fn store(ledger: &Ledger, path: &Path) -> Store {
    let store = Store::open(path, &genesis()).unwrap();
    for (block, outcome) in ledger.blocks.iter().zip(&ledger.outcomes) {
        let (height, hash) = (block.header.height, block.header.hash());
        let certificate = certificate(&ledger.chain, height, 0, hash, &VOTERS[..3]);
        store.commit(block, &certificate, outcome).unwrap();
    }
    store
}

fn chain() -> Ledger {
    let mut ledger = Ledger::default();
    for number in 1..=12 {
        let published = ledger.published(PROVIDER, number);
        assert!(ledger.revision(&published) > 0);
    }
    ledger
}

/// A peer that answers, honestly or not, once it is let.
struct Giver {
    network: NetworkHandle,
    entry: PeerEntry,
    asked: Arc<AtomicUsize>,
}

async fn giver(store: Store, joiner: &Keypair, bend: Bend, is_let: Arc<AtomicBool>) -> Giver {
    let keypair = Keypair::generate_ed25519();
    let config = NetworkConfig {
        keypair: keypair.clone(),
        listen: "/ip4/127.0.0.1/tcp/0".parse().unwrap(),
        peers: vec![PeerEntry {
            name: "a peer".to_owned(),
            peer: joiner.public().to_peer_id(),
            addresses: Vec::new(),
            validator: false,
        }],
        chain: store.chain().to_string(),
        limits: NetworkLimits::default(),
    };
    let mut network = dirchain_network::spawn::<DirectoryContext, _>(
        config,
        WireCodec,
        Arc::new(|_| Verdict::of(Fate::Delivered)),
    )
    .await
    .unwrap();
    let handle = network.handle.clone();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Some(fetch) = network.questions.recv().await {
            if !is_let.load(Ordering::Relaxed) {
                drop(fetch.reply.send(encode(&Answer::Unavailable).into()));
                continue;
            }
            counted.fetch_add(1, Ordering::Relaxed);
            let question = decode::<Question, SNAPSHOT_QUESTION_BYTES_MAX>(&fetch.body).unwrap();
            if let Some(bytes) = bend(answer(&store, &question).unwrap()) {
                drop(fetch.reply.send(bytes.into()));
            }
        }
    });
    let addresses: Vec<Multiaddr> = handle.status().listening;
    let entry = PeerEntry {
        name: "a peer".to_owned(),
        peer: keypair.public().to_peer_id(),
        addresses,
        validator: true,
    };
    Giver {
        network: handle,
        entry,
        asked,
    }
}

fn honest(answer: Answer) -> Option<Vec<u8>> {
    Some(encode(&answer))
}

fn other_page(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Offer(offer) = &mut answer {
        let mut pages = offer.pages.to_vec();
        *pages.last_mut()?.last_mut()? ^= 1;
        offer.pages = List::new(pages).ok()?;
    }
    honest(answer)
}

fn later_than_the_chain(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Offer(offer) = &mut answer {
        offer.height = Height(offer.height.0 + 1_000);
    }
    honest(answer)
}

fn other_header(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Headers(run) = &mut answer {
        let mut headers = run.headers.to_vec();
        headers.last_mut()?.state_root.0[0] ^= 1;
        run.headers = List::new(headers).ok()?;
    }
    honest(answer)
}

fn forged_certificate(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Headers(run) = &mut answer {
        let mut signatures = run.certificate.signatures.to_vec();
        signatures[0].signature = signatures[1].signature;
        run.certificate.signatures = List::new(signatures).ok()?;
    }
    honest(answer)
}

fn other_record(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Leaves(leaves) = &mut answer {
        let mut bodies = leaves.bodies.to_vec();
        for body in &mut bodies {
            if let Leaf::Record(record) = body
                && let Record::Department(department) = record.as_mut()
            {
                department.name = "another".parse().ok()?;
            }
        }
        leaves.bodies = List::new(bodies).ok()?;
        let keys = leaves.bodies.iter().map(Leaf::tree_leaf).collect();
        leaves.leaves = List::new(keys).ok()?;
    }
    honest(answer)
}

fn a_record_too_few(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Leaves(leaves) = &mut answer {
        let mut bodies = leaves.bodies.to_vec();
        bodies.pop();
        let keys = bodies.iter().map(Leaf::tree_leaf).collect();
        leaves.bodies = List::new(bodies).ok()?;
        leaves.leaves = List::new(keys).ok()?;
    }
    honest(answer)
}

fn other_block(mut answer: Answer) -> Option<Vec<u8>> {
    if let Answer::Blocks(blocks) = &mut answer {
        let mut all = blocks.blocks.to_vec();
        all.first_mut()?.0.pop();
        blocks.blocks = List::new(all).ok()?;
    }
    honest(answer)
}

fn another_question(_: Answer) -> Option<Vec<u8>> {
    let blocks = List::default();
    honest(Answer::Blocks(dirchain_ledger::snapshot::Blocks { blocks }))
}

fn no_answer_at_all(_: Answer) -> Option<Vec<u8>> {
    Some(b"nothing that decodes".to_vec())
}

/// A node joins with a liar and an honest peer that has nothing until the liar was asked.
async fn joins_past(name: &str, bend: Bend) {
    let ledger = chain();
    let directory = tempfile::tempdir().unwrap();
    let full = store(&ledger, &directory.path().join("full"));
    let secret = SecretKey::from_seed(&[77; 32]);
    let joiner = keypair(&secret).unwrap();
    let (lets, waits) = (AtomicBool::new(true), Arc::new(AtomicBool::new(false)));
    let liar = giver(full.clone(), &joiner, bend, Arc::new(lets)).await;
    let other = giver(full.clone(), &joiner, honest, Arc::clone(&waits)).await;
    let peers = vec![liar.entry.clone(), other.entry.clone()];
    let chain = full.chain().to_string();
    let network = connect(&secret, "/ip4/127.0.0.1/tcp/0", peers, chain)
        .await
        .unwrap();
    let asker = Asker::new(network.handle.clone());
    let path = directory.path().join("joined");
    let genesis = genesis();
    let progress = Arc::new(JoinProgress::default());
    let loading = load(asker, &path, &genesis, Height::GENESIS, progress);
    let watching = async {
        // The liar is refused: only then may the other speak.
        while network
            .handle
            .status()
            .peer(&liar.entry.peer)
            .unwrap()
            .violations
            == 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        waits.store(true, Ordering::Relaxed);
        std::future::pending::<()>().await
    };
    let joined = tokio::select! {
        joined = loading => joined.unwrap(),
        () = watching => unreachable!(),
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("{name}: not within a minute"),
    };
    assert_eq!(joined, Joined::Loaded(ledger.tip.height), "{name}");
    assert!(liar.asked.load(Ordering::Relaxed) > 0 && other.asked.load(Ordering::Relaxed) > 0);
    let status = network.handle.status();
    assert!(status.peer(&liar.entry.peer).unwrap().banned, "{name}");
    assert!(!status.peer(&other.entry.peer).unwrap().banned, "{name}");
    network.handle.shutdown().await;
    for giver in [liar, other] {
        giver.network.shutdown().await;
    }
    let joined = Store::open(&path, &genesis).unwrap();
    assert_eq!(*joined.tip(), ledger.tip, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_is_found_and_an_honest_peer_is_enough() {
    let lies: [(&str, Bend); 10] = [
        ("another page", other_page),
        (
            "a height that the chain does not have",
            later_than_the_chain,
        ),
        ("another header", other_header),
        ("a forged certificate", forged_certificate),
        ("another record", other_record),
        ("a record too few", a_record_too_few),
        ("another block", other_block),
        ("the answer to another question", another_question),
        ("no answer at all", no_answer_at_all),
        ("an answer larger than any", |_| Some(vec![0; 9 << 20])),
    ];
    for (name, bend) in lies {
        joins_past(name, bend).await;
    }
}
