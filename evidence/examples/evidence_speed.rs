//! Measures evidence files and the state tree, each figure beside its limit. Part of `make bench`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::Instant;

use dirchain_evidence::report::Report;
use dirchain_evidence::testing::{World, genesis};
use dirchain_evidence::{Anchor, Request, export, verify};
use dirchain_ledger::action::Action;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{ResourceCode, SharingId};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::state_tree::{PageKey, Pages, Slot, prove, update};
use dirchain_ledger::testing::*;

const VALIDATORS: u32 = 7;
/// Actions of a transaction that imports.
const IMPORT_ACTIONS: u32 = 500;

/// Drafts of other entries, to fill transactions and the ledger.
struct Filler(u32);

impl Filler {
    fn actions(&mut self, count: u32) -> Vec<Action> {
        let numbers = self.0..self.0 + count;
        self.0 += count;
        let draft = |number: u32| {
            let code: ResourceCode = id(&format!(
                "{:06}/{:06}",
                400_000 + number / 900_000,
                number % 900_000
            ));
            let mut entry = entry(&responsibility(PROVIDER));
            entry.fields = Default::default();
            entry.summary = None;
            let (provider, revision) = (id(PROVIDER), 0);
            Action::DraftResource {
                code,
                provider,
                revision,
                entry,
            }
        };
        numbers.map(draft).collect()
    }
}

fn apply_and_grant(ledger: &mut Ledger, resource: &ResourceCode, number: u32) -> [Action; 2] {
    let terms = request(APPLICANT, &[2, 4]);
    let id = SharingId {
        resource: resource.clone(),
        number,
    };
    let _ = ledger;
    let apply = Action::Apply {
        resource: resource.clone(),
        applicant: dirchain_ledger::testing::id(APPLICANT),
        request: terms.clone(),
    };
    [apply, Action::Grant(grant_of(id, &terms))]
}

/// An entry with about `events` events, one in each transaction.
fn busy_entry(ledger: &mut Ledger, number: u32, events: u32) -> ResourceCode {
    let code = ledger.published(PROVIDER, number);
    for application in 1..=(events - 3).div_ceil(2) {
        let [apply, grant] = apply_and_grant(ledger, &code, application);
        ledger
            .submit(&administrator(APPLICANT), vec![apply])
            .unwrap();
        ledger
            .submit(&administrator(PROVIDER), vec![grant])
            .unwrap();
    }
    code
}

/// An entry whose grants each came among 499 other actions.
fn imported_entry(
    ledger: &mut Ledger,
    filler: &mut Filler,
    number: u32,
    grants: u32,
) -> ResourceCode {
    let code = ledger.published(PROVIDER, number);
    for application in 1..=grants {
        let [apply, grant] = apply_and_grant(ledger, &code, application);
        ledger
            .submit(&administrator(APPLICANT), vec![apply])
            .unwrap();
        let mut actions = filler.actions(IMPORT_ACTIONS - 1);
        actions.insert(IMPORT_ACTIONS as usize / 2, grant);
        ledger.submit(&administrator(PROVIDER), actions).unwrap();
    }
    code
}

/// CPU time of this thread in seconds, which other processes do not lengthen; the clock's where
/// the system does not tell.
fn cpu_s() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    told.map_or_else(|| START.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// The shortest of several runs in milliseconds of CPU time, and the last result.
fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut best = f64::MAX;
    let mut last = None;
    for _ in 0..5 {
        let start = cpu_s();
        last = Some(work());
        best = best.min((cpu_s() - start) * 1000.0);
    }
    (best, last.unwrap())
}

fn measure(world: &World, what: &str, code: &ResourceCode, size_max: usize, verify_ms_max: f64) {
    let request = Request::of(RecordId::Resource(code.clone()));
    let (export_ms, bytes) = timed(|| export(world, &request).unwrap());
    let anchor = Anchor::Genesis(&world.genesis);
    let (verify_ms, proven) = timed(|| verify(&bytes, anchor, &[]).unwrap());
    let (report_ms, _) = timed(|| Report::of(&proven, proven.until, &[], None).unwrap());
    let events = proven.events.len();
    println!(
        "{what}: {events} events, {VALIDATORS} validators, {} epochs",
        proven.trust.retired_sets
    );
    println!("  size    {:>9} bytes   limit {size_max}", bytes.len());
    println!("  verify  {verify_ms:>9.1} ms      limit {verify_ms_max}, CPU time");
    println!("  report  {report_ms:>9.1} ms");
    println!("  export  {export_ms:>9.1} ms      limit 200 (from memory)");
}

#[derive(Default)]
struct Memory(BTreeMap<PageKey, Vec<u8>>);

impl Pages for Memory {
    type Error = Infallible;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(key).cloned())
    }
}

fn key(number: u64) -> Hash {
    hash(Domain::Text, &[&number.to_le_bytes()])
}

fn state_tree(keys: u64) {
    let (mut pages, mut root) = (Memory::default(), Slot::Empty);
    let mut batch = |pages: &mut Memory, from: u64, count: u64, round: u64| {
        let changes = (from..from + count).map(|n| (key(n % keys), Some(key(n + round))));
        let changes: Vec<_> = changes.collect();
        let start = cpu_s();
        let update = update(&*pages, root, changes).unwrap();
        let elapsed_s = cpu_s() - start;
        root = update.root_slot;
        let written = update.pages.len();
        for (key, page) in update.pages {
            match page {
                Some(page) => pages.0.insert(key, page),
                None => pages.0.remove(&key),
            };
        }
        (elapsed_s, written)
    };
    for from in (0..keys).step_by(10_000) {
        batch(&mut pages, from, 10_000, 0);
    }
    let (mut total, mut written, rounds) = (0.0, 0, 50u64);
    for round in 1..=rounds {
        let (elapsed_s, pages_written) = batch(&mut pages, round * 7_919 * 1_000, 1_000, round);
        total += elapsed_s;
        written += pages_written;
    }
    let changed = (rounds * 1_000) as f64;
    println!("state tree of {keys} keys, batches of 1,000:");
    println!(
        "  {:>6.1} µs of CPU a changed key   goal 8",
        total * 1e6 / changed
    );
    println!(
        "  {:>6.2} pages written a changed key",
        written as f64 / changed
    );
    let start = cpu_s();
    let count = 10_000u64;
    let mut size = 0;
    for number in 0..count {
        let proof = prove(&pages, &root, &key(number)).unwrap();
        proof.verify(&root.hash(), &key(number)).unwrap();
        size += proof.siblings.len() * 32 + 64;
    }
    println!(
        "  {:>6.1} µs to make and check a proof of {} bytes",
        (cpu_s() - start) * 1e6 / count as f64,
        size / count as usize
    );
}

fn main() {
    let genesis = genesis(VALIDATORS);
    let mut ledger = Ledger::new(&genesis);
    let start = Instant::now();
    let small = busy_entry(&mut ledger, 1, 40);
    let large = busy_entry(&mut ledger, 2, 2_000);
    let mut filler = Filler(0);
    let imported = imported_entry(&mut ledger, &mut filler, 3, 196);
    let end = ledger.tip.height.0;
    let changes: Vec<u64> = (1..=5).map(|epoch| end * epoch / 6).collect();
    let world = World::over(genesis, ledger, VALIDATORS, &changes);
    println!(
        "a ledger of {} actions, made in {:.0} s",
        u64::from(filler.0) + end,
        start.elapsed().as_secs_f64()
    );
    measure(&world, "small entry", &small, 100 * 1024, 50.0);
    measure(&world, "large entry", &large, 4 * 1024 * 1024, 1_000.0);
    measure(
        &world,
        "each grant among 499 other actions",
        &imported,
        4 * 1024 * 1024,
        1_000.0,
    );
    state_tree(1_000_000);
}
