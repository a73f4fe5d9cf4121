//! What a malformed file may cost: at most 64 MiB and a second for each MB, and never a panic.
//!
//! Each file is verified in a process of its own, whose largest resident size the system tells.

use std::borrow::Cow;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use dirchain_evidence::bundle::{Bundle, EventPart, RecordPart};
use dirchain_evidence::limits;
use dirchain_evidence::testing::forgeries::{good, story};
use dirchain_evidence::tree::PartialTree;
use dirchain_evidence::{Anchor, verify};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::RecordId;
use dirchain_ledger::testing::id;

use crate::second::folder;

/// Names the file that the process is to verify.
const FILE: &str = "DIRCHAIN_HOSTILE_FILE";
const MEMORY_KIB_MAX: u64 = 64 * 1024;

/// A tree with so many levels, all of it cut off below.
fn broad(levels: usize) -> PartialTree {
    match levels.checked_sub(1) {
        None => PartialTree::Cut(Hash([7; 32])),
        Some(below) => PartialTree::Inner(Box::new((broad(below), broad(below)))),
    }
}

/// Tells the next bytes of a seed.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn changed(good: &[u8], change: impl FnOnce(&mut Bundle<'_>)) -> Vec<u8> {
    let mut bundle = Bundle::parse(good).unwrap();
    change(&mut bundle);
    bundle.to_bytes()
}

/// Files that claim or hold as much as a reader takes, by name.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let good = good();
    let mut noise = Noise(7);
    let mut random = dirchain_evidence::bundle::MAGIC.to_vec();
    while random.len() + 8 <= limits::BUNDLE_BYTES_MAX {
        random.extend(noise.next().to_le_bytes());
    }
    let record = |number: usize| {
        let department: DepartmentId = id(&format!("D{number:06}"));
        RecordPart {
            id: RecordId::Department(department),
            bytes: Some(Cow::Owned(vec![7; 300])),
        }
    };
    let records = changed(&good, |b| {
        b.records = (0..limits::RECORDS_MAX).map(record).collect();
    });
    let events = changed(&good, |b| {
        let event = EventPart {
            action: Cow::Owned(vec![7; 200]),
            ..b.events[0].clone()
        };
        b.events = vec![event; limits::EVENTS_MAX];
        b.transactions = vec![b.transactions[0].clone(); limits::TRANSACTIONS_MAX];
    });
    let epochs = changed(&good, |b| b.epochs = vec![b.epochs[0].clone(); 4_000]);
    let entries = changed(&good, |b| {
        b.entries = vec![Cow::Owned(vec![7; 12_000]); limits::ENTRIES_MAX];
    });
    let zeros = [
        good.as_slice(),
        &vec![0; limits::BUNDLE_BYTES_MAX - good.len()],
    ]
    .concat();
    vec![
        ("tree", changed(&good, |b| b.tree = broad(17))),
        (
            "too-deep-tree",
            [&good[..500], &vec![2; 1_000_000]].concat(),
        ),
        ("records", records),
        ("events", events),
        ("epochs", epochs),
        ("entries", entries),
        ("random", random),
        ("zeros", zeros),
    ]
}

/// A line of `/proc/self/status` in KiB.
fn status_kib(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    let digits = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    digits.parse().unwrap()
}

/// Run by the test below in a process of its own; without a file named it has nothing to look at.
#[test]
fn one_file() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let genesis = story().genesis;
    // From here on the largest size counts.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status_kib("VmRSS");
    let bytes = std::fs::read(path).unwrap();
    let start = Instant::now();
    let refused = verify(&bytes, Anchor::Genesis(&genesis), &[]).unwrap_err();
    let took_ms = start.elapsed().as_millis();
    let kib = status_kib("VmHWM").saturating_sub(before);
    println!("measured {kib} {took_ms} {}", refused.code());
}

#[test]
fn hostile_files_cost_little() {
    let dir = folder("hostile");
    let mut costly = Vec::new();
    for (name, bytes) in hostile() {
        assert!(
            bytes.len() <= limits::BUNDLE_BYTES_MAX,
            "{name}: {}",
            bytes.len()
        );
        let path = dir.join(name);
        std::fs::write(&path, &bytes).unwrap();
        let (kib, took_ms, code) = measured(&path);
        let ms_max = 1_000 * (1 + bytes.len() as u64 / 1_000_000);
        println!(
            "{name}: {} bytes, {kib} KiB, {took_ms} ms, {code}",
            bytes.len()
        );
        if kib > MEMORY_KIB_MAX || took_ms > ms_max {
            costly.push((name, kib, took_ms));
        }
    }
    assert!(costly.is_empty(), "name, KiB, ms: {costly:?}");
}

fn measured(path: &Path) -> (u64, u64, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::one_file", "--nocapture"])
        .env(FILE, path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    let told = text.lines().find_map(|line| {
        let (_, told) = line.split_once("measured ")?;
        Some(told.split(' ').map(str::to_owned).collect::<Vec<_>>())
    });
    let told = told.unwrap_or_else(|| panic!("{text}"));
    (
        told[0].parse().unwrap(),
        told[1].parse().unwrap(),
        told[2].clone(),
    )
}

/// Mutations of a good file from a fixed seed, several at a time: splices, repetitions, numbers
/// raised, parts of the file moved. Valid only if nothing changed.
#[test]
fn mutations_from_a_seed_never_panic() {
    let (world, good) = (story(), good());
    let mut noise = Noise(0x5eed);
    for round in 0..3_000 {
        let mut file = good.clone();
        for _ in 0..=noise.below(4) {
            let (at, to) = (noise.below(file.len()), noise.below(file.len()));
            let (low, high) = (at.min(to), at.max(to));
            match noise.below(6) {
                0 => file[at] ^= 1 << noise.below(8),
                1 => drop(file.drain(low..high.min(low + 64))),
                2 => {
                    let part = file[low..high.min(low + 200)].to_vec();
                    file.splice(at..at, part);
                }
                3 => file.truncate(high + 1),
                4 => {
                    let value = [0, 1, u32::MAX, 1 << 31][noise.below(4)];
                    let end = file.len().min(at + 4);
                    file[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
                }
                _ => file[low..=high].rotate_left(1),
            }
        }
        if verify(&file, Anchor::Genesis(&world.genesis), &[]).is_ok() {
            assert_eq!(file, good, "round {round}");
        }
    }
}
