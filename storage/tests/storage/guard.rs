//! The double-sign guard: every verdict, and every way a crash or damage can leave its file.

use std::path::{Path, PathBuf};

use dirchain_ledger::crypto::{PublicKey, Signature};
use dirchain_ledger::ids::Height;
use dirchain_storage::{
    Guard, GuardError, GuardVerdict, MESSAGE_BYTES_MAX, Position, REMEMBERED_COUNT_MAX, Step,
};
use proptest::prelude::*;

use crate::child;

const STEPS: [Step; 3] = [Step::Proposal, Step::Prevote, Step::Precommit];

fn at(height: u64, round: u32, step: Step) -> Position {
    Position {
        height: Height(height),
        round,
        step,
    }
}

/// Not a real signature: as long as one, and different with every message.
fn sign(message: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    let digest = blake3::hash(message);
    bytes[..32].copy_from_slice(digest.as_bytes());
    bytes[32..].copy_from_slice(digest.as_bytes());
    Signature(bytes)
}

fn never(_: &[u8]) -> Signature {
    panic!("signed")
}

fn new(guard: &Guard, position: Position, message: &[u8]) {
    let verdict = guard.check_and_store(position, message, sign).unwrap();
    assert_eq!(verdict, GuardVerdict::Sign(sign(message)));
    assert_eq!(verdict.signature(), Some(sign(message)));
}

fn again(guard: &Guard, position: Position, message: &[u8]) {
    let verdict = guard.check_and_store(position, message, never).unwrap();
    assert_eq!(verdict, GuardVerdict::SignAgain(sign(message)));
    assert_eq!(verdict.signature(), Some(sign(message)));
}

fn refused(guard: &Guard, position: Position, message: &[u8], guarded: Position) {
    let verdict = guard.check_and_store(position, message, never).unwrap();
    assert_eq!(verdict, GuardVerdict::Refuse { guarded });
    assert_eq!(verdict.signature(), None);
}

const KEY: PublicKey = PublicKey([5; 32]);

/// The guard of this file's key, made where there is none.
fn open(path: &Path) -> Result<Guard, GuardError> {
    match Guard::open(path, &KEY)? {
        Some(guard) => Ok(guard),
        None => Guard::make(path, &KEY),
    }
}

fn path() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("guard");
    (directory, path)
}

#[test]
fn positions_are_ordered_as_a_validator_signs() {
    let ascending = [
        at(1, 0, Step::Proposal),
        at(1, 0, Step::Prevote),
        at(1, 0, Step::Precommit),
        at(1, 1, Step::Proposal),
        at(2, 0, Step::Proposal),
    ];
    assert!(ascending.is_sorted());
}

#[test]
fn a_guard_is_of_one_key() {
    let (_directory, path) = path();
    let guard = open(&path).unwrap();
    new(&guard, at(5, 0, Step::Prevote), b"a");
    drop(guard);
    let other = PublicKey([6; 32]);
    assert!(Guard::open(&path, &other).unwrap().is_none());
    assert!(Guard::open(&path, &KEY).unwrap().is_some());
    drop(Guard::make(&path, &other).unwrap());
    assert!(Guard::open(&path, &KEY).unwrap().is_none());
    assert_eq!(
        Guard::open(&path, &other).unwrap().unwrap().position(),
        None
    );
}

#[test]
fn a_guard_that_forgot_is_given_up_for_one_that_signs_above() {
    let (_directory, path) = path();
    let guard = open(&path).unwrap();
    new(&guard, at(5, 0, Step::Prevote), b"a");
    let aside = guard.set_aside().unwrap();
    assert!(aside.exists() && !path.exists());
    assert!(Guard::open(&path, &KEY).unwrap().is_none());
    drop(Guard::make_above(&path, &KEY, Height(8)).unwrap());
    // The same after a restart.
    let guard = Guard::open(&path, &KEY).unwrap().unwrap();
    let end = at(8, u32::MAX, Step::Precommit);
    assert_eq!(guard.position(), Some(end));
    refused(&guard, at(5, 0, Step::Prevote), b"a", end);
    refused(&guard, at(8, 3, Step::Precommit), b"b", end);
    refused(&guard, end, b"c", end);
    new(&guard, at(9, 0, Step::Proposal), b"d");
}

#[test]
fn every_verdict() {
    let (_directory, path) = path();
    assert!(!path.exists());
    let mut guard = open(&path).unwrap();
    assert!(path.exists());
    assert_eq!(guard.position(), None);
    new(&guard, at(5, 0, Step::Prevote), b"a");
    new(&guard, at(5, 0, Step::Precommit), b"b");
    new(&guard, at(5, 2, Step::Prevote), b"c");
    // The same before and after a restart.
    for _ in 0..2 {
        let guarded = at(5, 2, Step::Prevote);
        assert_eq!(guard.position(), Some(guarded));
        again(&guard, at(5, 0, Step::Prevote), b"a");
        again(&guard, at(5, 0, Step::Precommit), b"b");
        again(&guard, at(5, 2, Step::Prevote), b"c");
        refused(&guard, guarded, b"other", guarded);
        refused(&guard, at(5, 0, Step::Prevote), b"other", guarded);
        refused(&guard, at(5, 0, Step::Prevote), b"b", guarded);
        // Below, and never signed: whether it was is not known any more.
        refused(&guard, at(5, 0, Step::Proposal), b"new", guarded);
        refused(&guard, at(5, 1, Step::Precommit), b"new", guarded);
        refused(&guard, at(4, 9, Step::Precommit), b"new", guarded);
        drop(guard);
        guard = open(&path).unwrap();
    }
    new(&guard, at(5, 2, Step::Precommit), b"d");
    new(&guard, at(6, 0, Step::Proposal), b"e");
    // Of heights before nothing is remembered.
    let guarded = at(6, 0, Step::Proposal);
    refused(&guard, at(5, 2, Step::Precommit), b"d", guarded);
    drop(guard);
    let guard = open(&path).unwrap();
    refused(&guard, at(5, 2, Step::Precommit), b"d", guarded);
    again(&guard, guarded, b"e");
}

#[test]
fn a_message_is_bounded_and_its_refusal_is_no_failure() {
    let (_directory, path) = path();
    let guard = open(&path).unwrap();
    let long = vec![1; MESSAGE_BYTES_MAX + 1];
    let too_long = guard.check_and_store(at(1, 0, Step::Prevote), &long, never);
    let size_bytes = long.len();
    assert_eq!(too_long, Err(GuardError::MessageTooLong { size_bytes }));
    new(&guard, at(1, 0, Step::Prevote), &long[1..]);
    drop(guard);
    again(&open(&path).unwrap(), at(1, 0, Step::Prevote), &long[1..]);
}

/// Three signatures, and the file as a crash during the last write can leave it.
#[test]
fn a_record_cut_at_any_byte_is_as_if_never_signed() {
    let (directory, path) = path();
    let guard = open(&path).unwrap();
    new(&guard, at(7, 0, Step::Prevote), b"first");
    new(&guard, at(7, 0, Step::Precommit), b"second");
    let before = std::fs::read(&path).unwrap().len();
    new(&guard, at(7, 1, Step::Prevote), b"third");
    drop(guard);
    let whole = std::fs::read(&path).unwrap();
    for size in before..=whole.len() {
        let cut = directory.path().join(format!("cut-{size}"));
        std::fs::write(&cut, &whole[..size]).unwrap();
        let guard = open(&cut).unwrap();
        again(&guard, at(7, 0, Step::Prevote), b"first");
        again(&guard, at(7, 0, Step::Precommit), b"second");
        if size == whole.len() {
            let guarded = at(7, 1, Step::Prevote);
            refused(&guard, guarded, b"another", guarded);
            continue;
        }
        // Its signature never left, so another may take its place; from then on no other does.
        assert_eq!(guard.position(), Some(at(7, 0, Step::Precommit)));
        new(&guard, at(7, 1, Step::Prevote), b"another");
        drop(guard);
        let guard = open(&cut).unwrap();
        let guarded = at(7, 1, Step::Prevote);
        refused(&guard, guarded, b"third", guarded);
        again(&guard, guarded, b"another");
        again(&guard, at(7, 0, Step::Prevote), b"first");
    }
}

/// Any byte gone bad in a record that was complete, the last one included, is refused. Where it is the
/// key's, the guard is another key's, and what this one signed is unknown.
#[test]
fn a_damaged_record_is_refused() {
    let (directory, path) = path();
    let guard = open(&path).unwrap();
    new(&guard, at(7, 0, Step::Prevote), b"first");
    new(&guard, at(7, 0, Step::Precommit), b"second");
    drop(guard);
    let whole = std::fs::read(&path).unwrap();
    for place in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let damaged = directory.path().join("damaged");
            let mut bytes = whole.clone();
            bytes[place] ^= change;
            std::fs::write(&damaged, bytes).unwrap();
            if (16..48).contains(&place) {
                assert!(Guard::open(&damaged, &KEY).unwrap().is_none());
                continue;
            }
            let refused = open(&damaged).unwrap_err();
            let words = refused.to_string();
            assert!(matches!(refused, GuardError::Damaged { .. }), "{words}");
            assert!(words.contains("does not vote until"), "{words}");
        }
    }
}

#[test]
fn what_is_not_a_guard_is_refused() {
    let (_directory, path) = path();
    for bytes in [&b""[..], b"dirchain guard", b"something else entirely"] {
        std::fs::write(&path, bytes).unwrap();
        let refused = open(&path).unwrap_err();
        assert!(matches!(refused, GuardError::Damaged { .. }), "{refused}");
    }
    std::fs::write(&path, vec![0; 4 * 1024 * 1024]).unwrap();
    let refused = open(&path).unwrap_err();
    assert!(matches!(refused, GuardError::Damaged { .. }), "{refused}");
}

/// Records twice, or in another order, are no file that a guard wrote.
#[test]
fn records_out_of_order_are_refused() {
    let (_directory, path) = path();
    let guard = open(&path).unwrap();
    let empty = std::fs::read(&path).unwrap().len();
    new(&guard, at(7, 0, Step::Prevote), b"first");
    drop(guard);
    let mut bytes = std::fs::read(&path).unwrap();
    let record = bytes[empty..].to_vec();
    bytes.extend(record);
    std::fs::write(&path, bytes).unwrap();
    let refused = open(&path).unwrap_err();
    assert!(matches!(refused, GuardError::Damaged { .. }), "{refused}");
}

/// The file stays bounded over many heights and over one height of many rounds, and nothing of the
/// height that is guarded is forgotten within the bound.
#[test]
fn the_file_is_bounded() {
    const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 + 4096;
    let (_directory, path) = path();
    let mut guard = open(&path).unwrap();
    let message = |height: u64, round: u32, step: Step| {
        format!("{height} {round} {step:?} {}", "x".repeat(400)).into_bytes()
    };
    let mut sizes = Vec::new();
    let mut signed = Vec::new();
    let positions = (1..1_000).map(|height| (height, 0));
    let positions = positions.chain((0..2_000).map(|round| (1_000, round)));
    for (height, round) in positions {
        for step in STEPS {
            let message = message(height, round, step);
            new(&guard, at(height, round, step), &message);
            signed.push((at(height, round, step), message));
        }
        sizes.push(std::fs::metadata(&path).unwrap().len());
        if round % 700 == 350 {
            drop(guard);
            guard = open(&path).unwrap();
        }
    }
    assert!(sizes.iter().all(|size| *size <= FILE_BYTES_MAX));
    assert!(!sizes.is_sorted(), "it was never rewritten");
    drop(guard);
    let guard = open(&path).unwrap();
    let remembered = signed.split_off(signed.len() - REMEMBERED_COUNT_MAX);
    for (position, message) in remembered {
        again(&guard, position, &message);
        refused(&guard, position, b"other", guard.position().unwrap());
    }
    for (position, message) in signed {
        refused(&guard, position, &message, guard.position().unwrap());
    }
}

#[test]
fn a_guard_is_open_once() {
    let (directory, path) = path();
    let guard = open(&path).unwrap();
    let in_use = GuardError::InUse { path: path.clone() };
    assert_eq!(open(&path).unwrap_err(), in_use);
    let other_process = |expected: &str| {
        let output = child::command("guard::opens_a_guard", directory.path())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(words.contains(expected), "{words}");
    };
    other_process("in use");
    // Still locked after the file was replaced.
    for height in 1..9_000 {
        new(&guard, at(height, 0, Step::Prevote), &[7; 400]);
    }
    assert_eq!(open(&path).unwrap_err(), in_use);
    other_process("in use");
    drop(guard);
    other_process("opened");
    drop(open(&path).unwrap());
}

/// A process being started has copies of all open files for a moment, the lock's among them: a guard
/// that was closed must not stay locked by it.
#[test]
fn a_closed_guard_opens_again_while_processes_start() {
    let (_directory, path) = path();
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let ordering = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(ordering) {
                std::process::Command::new("true").status().unwrap();
            }
        });
        let failure = (0..3_000).find_map(|_| open(&path).err());
        is_done.store(true, ordering);
        assert_eq!(failure, None);
    });
}

/// The child process of `a_guard_is_open_once`; on its own it does nothing.
#[test]
fn opens_a_guard() {
    let Some(directory) = child::directory() else {
        return;
    };
    match open(&directory.join("guard")) {
        Ok(_) => println!("opened"),
        Err(GuardError::InUse { .. }) => println!("in use"),
        Err(other) => panic!("{other}"),
    }
}

/// A directory that takes no more bytes: the first failure is the last signature.
#[test]
fn a_failed_write_signs_nothing_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let setup = "trap '' XFSZ; ulimit -f 8";
    let name = "guard::signs_until_a_write_fails";
    let output = child::command_after(setup, name, directory.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = words
        .lines()
        .find_map(|line| line.strip_prefix("the write failed at "));
    let failed: u64 = failed
        .unwrap_or_else(|| panic!("{words}{}", String::from_utf8_lossy(&output.stderr)))
        .parse()
        .unwrap();
    assert!(output.status.success());
    // The record was cut short, and is dropped.
    let guard = open(&directory.path().join("guard")).unwrap();
    assert_eq!(guard.position(), Some(at(failed - 1, 0, Step::Prevote)));
}

/// The child process of `a_failed_write_signs_nothing_any_more`; on its own it does nothing.
#[test]
fn signs_until_a_write_fails() {
    let Some(directory) = child::directory() else {
        return;
    };
    let path = directory.join("guard");
    let guard = open(&path).unwrap();
    let mut height = 0;
    let failure = loop {
        height += 1;
        match guard.check_and_store(at(height, 0, Step::Prevote), b"message", sign) {
            Ok(verdict) => assert_eq!(verdict, GuardVerdict::Sign(sign(b"message"))),
            Err(failure) => break failure,
        }
    };
    assert!(matches!(failure, GuardError::Disk { .. }), "{failure}");
    for position in [
        at(height, 0, Step::Prevote),
        at(1_000_000, 0, Step::Prevote),
    ] {
        let later = guard.check_and_store(position, b"message", never);
        assert_eq!(later, Err(failure.clone()));
    }
    println!("\nthe write failed at {height}");
}

/// A process that signs in a loop is killed: what it gave out is never contradicted.
#[test]
fn a_killed_signer_never_signs_two_things() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("guard");
    for round in 0..8 {
        let command = child::command("guard::signs_until_killed", directory.path());
        let delay = std::time::Duration::from_micros(1_300 * round);
        let last = child::kill_after(command, "signed ", 5 * round + 1, delay).unwrap();
        let guard = open(&path).unwrap();
        let guarded = guard.position().unwrap();
        assert!(guarded.height.0 == last || guarded.height.0 == last + 1);
        refused(&guard, at(last, 0, Step::Prevote), b"another", guarded);
    }
}

/// The child process of `a_killed_signer_never_signs_two_things`; on its own it does nothing.
#[test]
fn signs_until_killed() {
    use std::io::Write;
    let Some(directory) = child::directory() else {
        return;
    };
    let guard = open(&directory.join("guard")).unwrap();
    let mut height = guard.position().map_or(0, |position| position.height.0);
    println!();
    loop {
        height += 1;
        new(&guard, at(height, 0, Step::Prevote), &[3; 150]);
        println!("signed {height}");
        std::io::stdout().flush().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is asked, in whatever order, over restarts and torn writes: one position never gets
    /// two signatures.
    #[test]
    fn one_position_has_one_signature(
        requests in proptest::collection::vec((0u64..4, 0u32..3, 0usize..3, 0u8..3, 0usize..12), 1..60)
    ) {
        let (_directory, path) = path();
        let mut guard = open(&path).unwrap();
        let mut given = std::collections::BTreeMap::new();
        let mut highest = None;
        for (height, round, step, message, restart) in requests {
            let position = at(height, round, STEPS[step]);
            let message = [message];
            let verdict = guard.check_and_store(position, &message, sign).unwrap();
            match verdict {
                GuardVerdict::Sign(_) => {
                    prop_assert!(Some(position) > highest);
                    highest = Some(position);
                }
                GuardVerdict::SignAgain(_) => prop_assert!(given.contains_key(&position)),
                GuardVerdict::Refuse { guarded } => {
                    prop_assert_eq!(Some(guarded), highest);
                    prop_assert!(position <= guarded);
                    let same = given.get(&position) == Some(&sign(&message));
                    prop_assert!(!same || position.height < guarded.height);
                }
            }
            if let Some(signature) = verdict.signature() {
                let before = given.insert(position, signature);
                prop_assert!(before.is_none_or(|before| before == signature));
            }
            prop_assert_eq!(guard.position(), highest);
            if restart == 0 {
                drop(guard);
                add_torn_tail(&path);
                guard = open(&path).unwrap();
            }
        }
    }
}

/// What a crash in the middle of a further write leaves.
fn add_torn_tail(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend([9, 0, 0]);
    std::fs::write(path, bytes).unwrap();
}
