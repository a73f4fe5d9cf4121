//! Two processes that execute the same blocks come to the same headers: nothing of a process (its
//! clock, time zone, language, place, threads, the seed of its hash maps) reaches what is hashed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::*;
use dirchain_ledger::codec::encode;

/// Where a process that this test started writes its headers.
const WRITES_TO: &str = "DIRCHAIN_TEST_HEADERS";
/// How many histories are executed at a time there.
const THREADS: &str = "DIRCHAIN_TEST_THREADS";
/// Each of some 180 actions.
const HISTORIES: u8 = 20;

/// The steps of one history: the same for the same seed, in any process.
fn steps_of(seed: u8) -> Vec<Step> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config(1), rng);
    history().new_tree(&mut runner).unwrap().current()
}

/// Every header of a history with all its roots, a line each; and how many actions took effect.
fn headers_of(seed: u8) -> (String, usize) {
    let (ledger, _) = play(&steps_of(seed), |_, _| ());
    let mut lines = String::new();
    let mut actions = 0;
    for block in &ledger.blocks {
        let transactions = block.transactions.iter();
        actions += transactions.map(|one| one.actions.len()).sum::<usize>();
        let (height, header) = (block.header.height, hex::encode(encode(&block.header)));
        lines.push_str(&format!("{seed} {height} {header}\n"));
    }
    (lines, actions)
}

/// The headers of all histories, with so many of them executed at a time.
fn headers(threads: usize) -> (String, usize) {
    let seeds: Vec<u8> = (0..HISTORIES).collect();
    let mut told: Vec<(String, usize)> = Vec::new();
    for together in seeds.chunks(threads) {
        std::thread::scope(|scope| {
            let begun = together
                .iter()
                .map(|seed| scope.spawn(move || headers_of(*seed)));
            let begun: Vec<_> = begun.collect();
            told.extend(begun.into_iter().map(|one| one.join().unwrap()));
        });
    }
    let actions = told.iter().map(|(_, actions)| actions).sum();
    (told.into_iter().map(|(lines, _)| lines).collect(), actions)
}

fn file(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    dir.join(format!("headers-{}-{name}", std::process::id()))
}

/// This very test in a process of its own, which sees that it only writes its headers.
fn process(name: &str, environment: &[(&str, &str)]) -> (PathBuf, Child) {
    let path = file(name);
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "processes::two_processes_come_to_the_same_headers",
        ])
        .env(WRITES_TO, &path)
        .envs(environment.iter().copied())
        .current_dir(std::env::temp_dir())
        .spawn()
        .unwrap();
    (path, child)
}

#[test]
fn two_processes_come_to_the_same_headers() {
    let asked: Option<OsString> = std::env::var_os(WRITES_TO);
    if let Some(path) = asked {
        let threads = std::env::var(THREADS).unwrap().parse().unwrap();
        std::fs::write(path, headers(threads).0).unwrap();
        return;
    }
    let far_east = [
        ("TZ", "Pacific/Kiritimati"),
        ("LANG", "zh_CN.GB18030"),
        (THREADS, "5"),
    ];
    let west = [("TZ", "America/Adak"), ("LC_ALL", "C"), (THREADS, "1")];
    let started = [process("east", &far_east), process("west", &west)];
    let (own, actions) = headers(2);
    assert!(actions > 1_000, "{actions} actions took effect");
    for (path, mut child) in started {
        assert!(child.wait().unwrap().success());
        let told = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let differing = own
            .lines()
            .zip(told.lines())
            .find(|(one, other)| one != other);
        assert_eq!(differing, None, "{}", path.display());
        assert_eq!(told.len(), own.len(), "{}", path.display());
    }
}
