//! The benchmark: four nodes as four processes on this machine, each figure beside the machine's
//! own limit measured in the same run. A measurement, not a test: it asserts nothing about speed.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions
)]

mod beside;
mod flood;
mod outage;
mod pages;
mod reads;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dirchain::client::{AccessQuestion, Author, Client, Outcome, Pipeline};
use dirchain::devnet::Layout;
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, CommitSignature, VoteStep, vote_bytes};
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height};
use dirchain_ledger::validators::{Validator, ValidatorSet};
use dirchain_storage::Store;
use dirchain_tests::{City, Drafter};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const NODES: usize = 4;
/// Transactions one client has under way when throughput is measured.
const WINDOW: usize = 64;
const THROUGHPUT_CLIENTS: usize = 16;
const THROUGHPUT_TRANSACTIONS: u64 = 10_000;
const OUTAGE_TRANSACTIONS: u64 = 6_000;

fn main() -> Result<()> {
    // One part alone, while working on it.
    match std::env::args().nth(1).as_deref() {
        Some("reads") => return reads::measure(),
        Some("beside") => return reads::measure_beside(),
        Some("pages") => return pages::measure(),
        Some("outage") => return outage::measure(),
        Some("flood") => return flood::measure(),
        Some(_) | None => {}
    }
    let dir = tempfile::tempdir()?;
    println!(
        "limits of this machine, {} cores",
        std::thread::available_parallelism()?
    );
    let verify = verifications_per_second();
    println!("  Ed25519 strict verifications    {verify:>9.0} /s on one core");
    for validators in [4, 100] {
        println!(
            "  a certificate of {validators:>3} validators     {:>9.0} /s checked on one core",
            certificates_per_second(validators)?
        );
    }
    let city = City::new();
    let synced = synced_writes_per_second(&dir.path().join("store"), &city.layout)?;
    println!("  synced RocksDB writes of 1 KiB  {synced:>9.0} /s, one writer");

    let city = city.up();
    let clients: Vec<Client> = (0..NODES).map(|index| city.client(index)).collect();
    let city_dir = city.layout.dir().to_path_buf();
    let livez = requests_per_second(&clients, |client| {
        client
            .get::<serde_json::Value>("/api/v1/parameters", &[])
            .map(drop)
            .map_err(Into::into)
    })?;
    println!("  GET answers, client included    {livez:>9.0} /s, 8 connections");

    let mut drafters = Drafter::all(&city.layout);
    let empty = disk_bytes(&city_dir)?;
    println!("\nfour nodes on this machine, one-action transactions over HTTP to all four");
    let one = latency(&clients, &mut drafters[..1], Duration::from_secs(10))?;
    println!(
        "   1 client   p50 {:>7.1} ms  p99 {:>7.1} ms  {:>7.0} tx/s",
        one.p50, one.p99, one.rate
    );
    let many = latency(&clients, &mut drafters[..64], Duration::from_secs(15))?;
    println!(
        "  64 clients  p50 {:>7.1} ms  p99 {:>7.1} ms  {:>7.0} tx/s",
        many.p50, many.p99, many.rate
    );

    let heights = height(&clients[0])?;
    let rate = throughput(&clients, &mut drafters, THROUGHPUT_TRANSACTIONS)?;
    let blocks = height(&clients[0])? - heights;
    println!(
        "  {THROUGHPUT_CLIENTS} clients with {WINDOW} under way each: {rate:.0} committed tx/s ({THROUGHPUT_TRANSACTIONS} transactions in {blocks} blocks)"
    );
    println!("  (the prototype, which executed nothing: 18,900 to 19,700 tx/s in blocks of 1,000)");
    let ceiling = verify * 2.0 / NODES as f64;
    println!(
        "  ceiling if verifying were all there is: {ceiling:.0} tx/s (each of {NODES} nodes verifies each signature)"
    );
    let committed = one.count + many.count + THROUGHPUT_TRANSACTIONS;
    let grown = disk_bytes(&city_dir)?.saturating_sub(empty) / NODES as u64;
    println!(
        "  disk for 10,000 transactions: {:.1} MiB a node, its logs included",
        mebibytes(grown * 10_000 / committed)
    );
    for (index, bytes) in resident_bytes(&city_dir)?.into_iter().enumerate() {
        println!(
            "  resident memory of node {}: {:.0} MiB",
            index + 1,
            mebibytes(bytes)
        );
    }
    let question = AccessQuestion {
        department: "D008".parse()?,
        resource: "307001008/000001".parse()?,
        field: dirchain_ledger::ids::FieldNumber(1),
        purpose: None,
    };
    let access = requests_per_second(&clients, |client| {
        client.access(&question, None).map(drop).map_err(Into::into)
    })?;
    println!("  GET /access-check: {access:.0} /s, 8 connections, client included");
    drop(city);
    reads::measure()?;
    outage::measure()?;
    flood::measure()
}

fn verifications_per_second() -> f64 {
    let secret = SecretKey::from_seed(&[7; 32]);
    let message = [1u8; 200];
    let signature = secret.sign(&message);
    let public = secret.public();
    let begun = Instant::now();
    let mut count = 0u32;
    while begun.elapsed() < Duration::from_secs(2) {
        for _ in 0..100 {
            public
                .verify(&message, &signature)
                .expect("our own signature");
        }
        count += 100;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Checks of what decided a block: the signatures of a quorum.
fn certificates_per_second(validators: u16) -> Result<f64> {
    let secrets: Vec<SecretKey> = (0..validators)
        .map(|number| SecretKey::from_seed(&[u8::try_from(number).unwrap(); 32]))
        .collect();
    let member = |(number, secret): (usize, &SecretKey)| -> Result<Validator> {
        let department = format!("D{number:03}");
        let node = format!("{department}-1");
        Ok(Validator::new(
            secret.public(),
            node.parse()?,
            department.parse()?,
        ))
    };
    let members: Result<Vec<Validator>> = secrets.iter().enumerate().map(member).collect();
    let set = ValidatorSet::new(members?)?;
    let (chain, height, block) = (ChainId(Hash([1; 32])), Height(7), Hash([2; 32]));
    let sign = |(index, member): (usize, &Validator)| {
        let step = VoteStep::Precommit;
        let bytes = vote_bytes(&chain, step, height, 0, Some(&block), &member.address);
        let mut secrets = secrets.iter();
        let secret = secrets.find(|secret| secret.public() == member.consensus_key);
        CommitSignature {
            validator: u16::try_from(index).unwrap(),
            signature: secret.unwrap().sign(&bytes),
        }
    };
    let quorum = set.members().iter().enumerate().take(set.quorum());
    let signatures: Vec<CommitSignature> = quorum.map(sign).collect();
    let certificate = Certificate {
        height,
        round: 0,
        block,
        signatures: List::new(signatures)?,
    };
    let begun = Instant::now();
    let mut count = 0u32;
    while begun.elapsed() < Duration::from_secs(1) {
        certificate.verify(&chain, &set)?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

fn synced_writes_per_second(path: &Path, layout: &Layout) -> Result<f64> {
    let store = Store::open(path, &layout.city.genesis)?;
    let body = vec![3u8; 1024];
    let begun = Instant::now();
    let count = 500u32;
    for round in 0..count {
        store.put_undecided(
            Height(1 + u64::from(round) / 8),
            round % 8,
            Hash([round as u8; 32]),
            &body,
        )?;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

struct Latency {
    p50: f64,
    p99: f64,
    rate: f64,
    count: u64,
}

/// Each client submits one transaction, waits until it is committed, and submits the next.
fn latency(clients: &[Client], drafters: &mut [Drafter], time: Duration) -> Result<Latency> {
    let begun = Instant::now();
    let samples: Vec<Result<Vec<f64>>> = std::thread::scope(|scope| {
        let work = drafters.iter_mut().enumerate().map(|(index, drafter)| {
            let client = clients[index % clients.len()].clone();
            scope.spawn(move || {
                let mut author = Author::new(&client, drafter.secret.clone(), None)?;
                let mut samples = Vec::new();
                while begun.elapsed() < time {
                    let action = drafter.action();
                    let sent = Instant::now();
                    let transaction = author.submit(&client, vec![action])?;
                    match client.wait_for(&transaction, Duration::from_secs(30))? {
                        Outcome::Committed(_) => samples.push(sent.elapsed().as_secs_f64() * 1e3),
                        other => return Err(format!("not committed: {other:?}").into()),
                    }
                }
                Ok(samples)
            })
        });
        let handles: Vec<_> = work.collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("a client"))
            .collect()
    });
    let mut all: Vec<f64> = Vec::new();
    for sample in samples {
        all.extend(sample?);
    }
    let rate = all.len() as f64 / begun.elapsed().as_secs_f64();
    all.sort_by(f64::total_cmp);
    let at = |quantile: f64| {
        all.get((all.len() as f64 * quantile) as usize)
            .copied()
            .unwrap_or(f64::NAN)
    };
    Ok(Latency {
        count: all.len() as u64,
        p50: at(0.5),
        p99: at(0.99),
        rate,
    })
}

/// Clients that keep several transactions under way, until `count` are committed.
fn throughput(clients: &[Client], drafters: &mut [Drafter], count: u64) -> Result<f64> {
    let left = AtomicU64::new(count);
    let left = &left;
    let begun = Instant::now();
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let work = drafters
            .iter_mut()
            .take(THROUGHPUT_CLIENTS)
            .enumerate()
            .map(|(index, drafter)| {
                let client = clients[index % clients.len()].clone();
                scope.spawn(move || {
                    let mut author = Author::new(&client, drafter.secret.clone(), None)?;
                    let mut pipeline = Pipeline::new(&client, WINDOW);
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                        .is_ok()
                    {
                        pipeline.send(&mut author, vec![drafter.action()], ())?;
                    }
                    pipeline.finish()?;
                    let decided = pipeline.take_decided();
                    match decided
                        .iter()
                        .find(|sent| !matches!(sent.outcome, Outcome::Committed(_)))
                    {
                        Some(other) => Err(format!("not committed: {:?}", other.outcome).into()),
                        None => Ok(()),
                    }
                })
            });
        let handles: Vec<_> = work.collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("a client"))
            .collect()
    });
    results.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

fn requests_per_second(
    clients: &[Client],
    ask: impl Fn(&Client) -> Result<()> + Sync,
) -> Result<f64> {
    let (ask, count, stop) = (&ask, &AtomicU64::new(0), &AtomicBool::new(false));
    let begun = Instant::now();
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..8)
            .map(|index| {
                let client = clients[index % clients.len()].clone();
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) && begun.elapsed() < Duration::from_secs(5)
                    {
                        ask(&client)?;
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().expect("a client"))
            .collect()
    });
    results.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(count.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

fn height(client: &Client) -> Result<u64> {
    Ok(client.status()?.tip.height.0)
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

fn disk_bytes(dir: &Path) -> Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        total += match kind.is_dir() {
            true => disk_bytes(&entry.path())?,
            // A file may be gone by now: the database compacts while we look.
            false => entry.metadata().map(|meta| meta.len()).unwrap_or(0),
        };
    }
    Ok(total)
}

/// The processes whose command line names a node of the city in a folder, as folders of `/proc`.
fn node_processes(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let home = format!("{}/", dir.display());
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        let Ok(command) = std::fs::read_to_string(path.join("cmdline")) else {
            continue;
        };
        if command.contains(&home) && command.contains("/node-") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Resident memory of the nodes of the city in a folder.
fn resident_bytes(dir: &Path) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for path in node_processes(dir)? {
        let Ok(status) = std::fs::read_to_string(path.join("status")) else {
            continue;
        };
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line
            .and_then(|l| l.trim().trim_end_matches(" kB").trim().parse().ok())
            .unwrap_or(0);
        found.push(kib * 1024);
    }
    Ok(found)
}
