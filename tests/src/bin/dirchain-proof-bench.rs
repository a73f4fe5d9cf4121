//! Measures what proofs cost over RocksDB: evidence from a ledger of 100,000 events, and the state
//! tree's reads, writes and bytes for each changed key. A measurement, not a test: it asserts
//! nothing about speed.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions
)]

use std::cell::Cell;
use std::error::Error;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dirchain::devnet::Layout;
use dirchain::home::NodeKey;
use dirchain::serve::AtOnce;
use dirchain_evidence::{Anchor, Request, export, verify};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, CommitSignature, VoteStep, vote_bytes};
use dirchain_ledger::chain::{Building, build};
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{DepartmentId, ResourceCode, TimeMs};
use dirchain_ledger::records::{Entry, RecordId, Role};
use dirchain_ledger::state_tree::{PageKey, Pages, Slot, update};
use dirchain_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use dirchain_storage::Store;
use rocksdb::{DB, WriteBatch, WriteOptions};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Actions of a transaction that imports.
const IMPORT_ACTIONS: u32 = 500;
/// Such transactions, each with one event of the imported entry.
const IMPORTS: u32 = 200;
const BASE_PORT: u16 = 38_400;

/// A chain that one process writes, with the keys of all its validators.
struct Chain {
    store: Store,
    genesis: Genesis,
    validators: Vec<SecretKey>,
    author: SecretKey,
    department: DepartmentId,
    sequence: u64,
    now: TimeMs,
}

fn entry(number: u32) -> Entry {
    serde_json::from_value(serde_json::json!({
        "name": format!("measured entry {number}"),
        "abstract": "an entry of a usual length, drafted to measure what proofs cost",
        "sharing": {"type": "unconditional"},
    }))
    .expect("a literal entry")
}

impl Chain {
    fn make(dir: &Path) -> Result<Self> {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let layout = Layout::open_or_make(&dir.join("city"), 4, BASE_PORT, TimeMs(now))?;
        let genesis = layout.city.genesis.clone();
        let mut validators = Vec::new();
        for home in &layout.homes {
            validators.push(home.key(NodeKey::Consensus)?.ok_or("a validator's key")?);
        }
        let department: DepartmentId = "D024".parse()?;
        let author = layout.city.keys.get(&department, Role::Administrator);
        let author = author.ok_or("an administrator's key")?.secret.clone();
        Ok(Self {
            store: Store::open(&dir.join("store"), &genesis)?,
            now: genesis.time,
            genesis,
            validators,
            author,
            department,
            sequence: 1,
        })
    }

    fn draft(&self, code: &ResourceCode, revision: u32) -> Action {
        Action::DraftResource {
            code: code.clone(),
            provider: self.department.clone(),
            revision,
            entry: entry(revision),
        }
    }

    /// One block with one transaction.
    fn commit(&mut self, actions: Vec<Action>) -> Result<()> {
        self.now = TimeMs(self.now.0 + 1_000);
        let (chain, until) = (self.genesis.chain(), TimeMs(self.now.0 + 3_600_000));
        let signed = SignedTransaction::new(&self.author, chain, self.sequence, until, actions)?;
        self.sequence += 1;
        let candidates: [VerifiedTransaction; 1] = [signed.verify(chain)?];
        let tip = self.store.tip();
        let builder = tip.proposer(0).address;
        let building = Building {
            now: self.now,
            round: 0,
            builder,
        };
        let built = build(&self.store, &tip, building, &candidates)?;
        if let Some((_, rejection)) = built.refused.first() {
            return Err(rejection.to_string().into());
        }
        let (height, block) = (built.block.header.height, built.block.header.hash());
        let mut signatures = Vec::new();
        for (index, member) in tip.validators.members().iter().enumerate() {
            let mut keys = self.validators.iter();
            let secret = keys.find(|key| key.public() == member.consensus_key);
            let step = VoteStep::Precommit;
            let vote = vote_bytes(&chain, step, height, 0, Some(&block), &member.address);
            signatures.push(CommitSignature {
                validator: u16::try_from(index)?,
                signature: secret.ok_or("a validator's key")?.sign(&vote),
            });
        }
        let certificate = Certificate {
            height,
            round: 0,
            block,
            signatures: List::new(signatures).map_err(|_| "too many signatures")?,
        };
        Ok(self
            .store
            .commit(&built.block, &certificate, &built.outcome)?)
    }

    /// An entry drafted anew so many times, each in a transaction of its own.
    fn drafted(&mut self, code: &str, events: u32) -> Result<ResourceCode> {
        let code: ResourceCode = code.parse()?;
        for revision in 0..events {
            let draft = self.draft(&code, revision);
            self.commit(vec![draft])?;
        }
        Ok(code)
    }

    /// An entry drafted anew, each time among 499 other entries.
    fn imported(&mut self, code: &str, events: u32) -> Result<ResourceCode> {
        let code: ResourceCode = code.parse()?;
        for revision in 0..events {
            let mut actions = Vec::new();
            for number in 1..IMPORT_ACTIONS {
                let other = format!("4{:05}/{:06}", revision, number).parse()?;
                actions.push(self.draft(&other, 0));
            }
            actions.insert(actions.len() / 2, self.draft(&code, revision));
            self.commit(actions)?;
        }
        Ok(code)
    }

    fn measure(&self, what: &str, code: &ResourceCode) -> Result<()> {
        let request = Request::of(RecordId::Resource(code.clone()));
        let made = || -> Result<Vec<u8>> { Ok(export(&AtOnce::now(&self.store)?, &request)?) };
        let (export_ms, export_cpu_ms, bytes) = timed(made)?;
        let anchor = Anchor::Genesis(&self.genesis);
        let (verify_ms, verify_cpu_ms, proven) = timed(|| Ok(verify(&bytes, anchor, &[])?))?;
        println!(
            "{what}: {} events, {} bytes",
            proven.events.len(),
            bytes.len()
        );
        println!("  export  {export_ms:>9.1} ms ({export_cpu_ms:.1} ms of CPU)   limit 200");
        println!("  verify  {verify_ms:>9.1} ms ({verify_cpu_ms:.1} ms of CPU)");
        Ok(())
    }
}

/// CPU time of this thread in seconds, which other processes do not lengthen; the clock's where
/// the system does not tell.
fn cpu_s() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    told.map_or_else(|| START.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// The shortest of several runs by the clock and in CPU time, in milliseconds, and the last result.
fn timed<T>(mut work: impl FnMut() -> Result<T>) -> Result<(f64, f64, T)> {
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..4 {
        let (clock, cpu) = (Instant::now(), cpu_s());
        work()?;
        best.0 = best.0.min(clock.elapsed().as_secs_f64() * 1_000.0);
        best.1 = best.1.min((cpu_s() - cpu) * 1_000.0);
    }
    Ok((best.0, best.1, work()?))
}

/// Pages in a database, with a count of what is read.
struct Counted {
    database: DB,
    reads: Cell<u64>,
    read_bytes: Cell<u64>,
}

impl Pages for Counted {
    type Error = rocksdb::Error;

    fn page(&self, key: &PageKey) -> std::result::Result<Option<Vec<u8>>, rocksdb::Error> {
        let page = self.database.get(key.to_bytes())?;
        self.reads.set(self.reads.get() + 1);
        let size = page.as_ref().map_or(0, Vec::len) as u64;
        self.read_bytes.set(self.read_bytes.get() + size);
        Ok(page)
    }
}

fn key(number: u64) -> Hash {
    hash(Domain::Text, &[&number.to_le_bytes()])
}

/// Bytes that this process had the disk write.
fn written_to_disk() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

fn state_tree(dir: &Path, keys: u64) -> Result<()> {
    let pages = Counted {
        database: DB::open_default(dir.join("tree"))?,
        reads: Cell::new(0),
        read_bytes: Cell::new(0),
    };
    let mut synced = WriteOptions::default();
    synced.set_sync(true);
    let mut root = Slot::Empty;
    let mut batch = |from: u64, count: u64, round: u64| -> Result<(f64, f64, u64, u64)> {
        let changes = (from..from + count).map(|n| (key(n % keys), Some(key(n + round))));
        let changes: Vec<_> = changes.collect();
        let start = cpu_s();
        let update = update(&pages, root, changes)?;
        let updating = cpu_s() - start;
        root = update.root_slot;
        let (mut writes, mut size) = (WriteBatch::default(), 0);
        let count = update.pages.len() as u64;
        for (key, page) in update.pages {
            let key = key.to_bytes();
            size += (key.len() + page.as_ref().map_or(0, Vec::len)) as u64;
            match page {
                Some(page) => writes.put(key, page),
                None => writes.delete(key),
            }
        }
        pages.database.write_opt(writes, &synced)?;
        Ok((updating, cpu_s() - start, count, size))
    };
    for from in (0..keys).step_by(10_000) {
        batch(from, 10_000, 0)?;
    }
    let before = (pages.reads.get(), pages.read_bytes.get(), written_to_disk());
    let (mut updating, mut all, mut writes, mut bytes, rounds) = (0.0, 0.0, 0, 0, 50u64);
    for round in 1..=rounds {
        let one = batch(round * 7_919 * 1_000, 1_000, round)?;
        updating += one.0;
        all += one.1;
        writes += one.2;
        bytes += one.3;
    }
    let changed = (rounds * 1_000) as f64;
    let each = |total: u64| total as f64 / changed;
    println!("state tree in RocksDB, {keys} keys, batches of 1,000, for each changed key:");
    println!(
        "  {:>7.1} µs of CPU with reading, {:.1} µs with the synced write too",
        updating * 1e6 / changed,
        all * 1e6 / changed
    );
    println!(
        "  {:>7.2} pages read, {:.0} bytes",
        each(pages.reads.get() - before.0),
        each(pages.read_bytes.get() - before.1)
    );
    println!(
        "  {:>7.2} pages written, {:.0} bytes",
        each(writes),
        each(bytes)
    );
    println!(
        "  {:>7.0} bytes to the disk (log, flushes and compactions of that time)",
        each(written_to_disk() - before.2)
    );
    Ok(())
}

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut chain = Chain::make(dir.path())?;
    let start = Instant::now();
    let small = chain.drafted("400001/900001", 40)?;
    let large = chain.drafted("400001/900002", 2_000)?;
    let imported = chain.imported("400001/900003", IMPORTS)?;
    println!(
        "a ledger of {} events in RocksDB, {} blocks, made in {:.0} s",
        40 + 2_000 + IMPORTS * IMPORT_ACTIONS,
        chain.store.tip().height,
        start.elapsed().as_secs_f64()
    );
    chain.measure("small entry", &small)?;
    chain.measure("large entry", &large)?;
    chain.measure("each event among 499 other actions", &imported)?;
    drop(chain);
    state_tree(dir.path(), 1_000_000)
}
