//! What may go wrong with a validator's own records: its key runs twice, the end of its log or of its guard is lost,
//! a byte of its log is another, its whole home is an old copy. It never contradicts itself, and votes again.

use std::path::{Path, PathBuf};
use std::process::Command;

use dirchain_explorer::api::NodeMode;
use dirchain_tests::{City, Process, START, eventually, program, run};

fn log_of(city: &City, index: usize) -> PathBuf {
    city.nodes[index].home.engine_dir().join("engine.wal")
}

/// Stops a node in the middle of a height: what its engine's log then holds is of that height.
fn kill_at_work(city: &mut City, index: usize) {
    let others = [(index + 1) % 4, (index + 2) % 4];
    for other in others {
        city.nodes[other].stop();
    }
    // Two of four sign and decide nothing.
    let sent = city.submit((index + 3) % 4, "D012", 1);
    let log = log_of(city, index);
    eventually("its log holds what it signed", START, || {
        (std::fs::metadata(&log).ok()?.len() > 64).then_some(())
    });
    city.nodes[index].kill();
    for other in others {
        city.start(other);
    }
    city.committed(others[0], &sent);
}

/// A block for which the vote of each of three is needed is made while the fourth stands still.
fn votes_again(city: &mut City, index: usize, number: u32) {
    let client = city.client(index);
    eventually("it votes", START, || {
        (client.status().ok()?.node.mode == NodeMode::Validator).then_some(())
    });
    let other = (index + 1) % 4;
    city.nodes[other].stop();
    city.register((index + 2) % 4, "D024", number);
    city.start(other);
    city.agree();
}

/// No node has proof that this one contradicted itself.
fn nobody_accuses(city: &City) {
    for node in &city.nodes {
        let log = node.log();
        assert!(!log.contains("contradicted"), "{log}");
    }
}

#[test]
fn one_home_runs_once() {
    let city = City::started();
    let home = city.nodes[1].home.dir().to_str().unwrap().to_owned();
    let mut second = Command::new(program());
    second.args(["--home", &home, "run", "--http", "127.0.0.1:0"]);
    let listen = format!("/ip4/127.0.0.1/tcp/{}", city.ports.spare(0));
    second.args(["--listen", &listen]);
    let printed = run(&mut second, city.dir(), START);
    assert_eq!(printed.status, Some(1), "{printed:?}");
    let said = printed.stderr.lines().last().unwrap_or_default().to_owned();
    assert!(said.contains("in use by another process"), "{said}");
    city.register(1, "D012", 1);
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|status| status.success()));
}

/// A second home with the same keys and the same guard, on another machine: the others go on, one of
/// the two is heard at a time, and once the copy is gone all is as before.
#[test]
fn one_key_in_two_homes_does_not_stop_the_others() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    city.nodes[3].stop();
    let twin = city.dir().join("twin");
    copy(city.nodes[3].home.dir(), &twin);
    city.start(3);
    let home = dirchain::home::Home::at(&twin);
    let mut config = home.config().unwrap();
    config.network.listen = format!("/ip4/127.0.0.1/tcp/{}", city.ports.spare(1));
    home.write_config(&config).unwrap();
    let mut second = Process::new(home, city.ports.spare(2), city.dir());
    second.start();
    for number in 2..12 {
        city.register(0, "D012", number);
    }
    second.kill();
    city.register(0, "D012", 12);
    city.agree();
}

#[test]
fn a_log_that_lost_its_end_is_no_contradiction() {
    let mut city = City::started();
    kill_at_work(&mut city, 2);
    let path = log_of(&city, 2);
    let log = std::fs::read(&path).unwrap();
    std::fs::write(&path, &log[..log.len() - log.len().min(40) / 2]).unwrap();
    city.start(2);
    votes_again(&mut city, 2, 7);

    city.register(0, "D012", 2);
    city.nodes[2].kill();
    std::fs::remove_file(log_of(&city, 2)).unwrap();
    city.start(2);
    votes_again(&mut city, 2, 8);
    nobody_accuses(&city);
}

/// The bad entry is cut off at the start, which says so; the doctor says it before.
#[test]
fn a_log_with_a_bad_byte_is_no_contradiction() {
    let mut city = City::started();
    kill_at_work(&mut city, 2);
    let path = log_of(&city, 2);
    let mut log = std::fs::read(&path).unwrap();
    let last = log.len() - 3;
    log[last] ^= 0x20;
    std::fs::write(&path, &log).unwrap();
    let named = format!("the engine's log {} is damaged", path.display());
    let home = city.nodes[2].home.dir().to_str().unwrap().to_owned();
    let mut doctor = Command::new(program());
    doctor.args(["--home", &home, "doctor"]);
    let printed = run(&mut doctor, city.dir(), START);
    assert_eq!(printed.status, Some(1), "{printed:?}");
    assert!(format!("{printed:?}").contains(&named), "{printed:?}");
    city.start(2);
    let said = city.nodes[2].log();
    assert!(said.contains(&named), "{said}");
    votes_again(&mut city, 2, 7);
    // What is no log at all is made anew.
    city.nodes[2].stop();
    let mut log = std::fs::read(&path).unwrap();
    log[0] ^= 1;
    std::fs::write(&path, &log).unwrap();
    city.start(2);
    votes_again(&mut city, 2, 8);
    nobody_accuses(&city);
}

/// Blocks that took this node's vote, as each of those who stay has it in its certificates.
fn votes_that_were_needed(city: &mut City, index: usize, numbers: std::ops::Range<u32>) {
    let other = (index + 1) % 4;
    city.nodes[other].stop();
    for number in numbers {
        city.register((index + 2) % 4, "D012", number);
    }
    city.start(other);
    city.agree();
}

fn follows(city: &City, index: usize) -> bool {
    let mode = city.client(index).status().unwrap().node.mode;
    matches!(mode, NodeMode::Following { .. })
}

/// It follows, also after another start, and votes once the chain is past what it may have signed. From then on a
/// start is a start.
fn follows_first(city: &mut City, index: usize) {
    let log = city.nodes[index].log();
    assert!(log.contains("the double-sign guard does not know"), "{log}");
    assert!(follows(city, index));
    city.nodes[index].stop();
    city.nodes[index].start();
    city.nodes[index].wait_until_answering();
    assert!(follows(city, index));
    let mut number = 20;
    eventually("it votes again", START, || {
        city.register((index + 2) % 4, "D012", number);
        number += 1;
        (!follows(city, index)).then_some(())
    });
    city.nodes[index].stop();
    city.nodes[index].start();
    city.nodes[index].wait_until_answering();
    assert!(!follows(city, index));
    votes_again(city, index, 9);
    nobody_accuses(city);
}

#[test]
fn a_guard_that_lost_its_end_is_noticed_at_the_start() {
    let mut city = City::started();
    votes_that_were_needed(&mut city, 2, 1..3);
    city.nodes[2].stop();
    let guard = city.nodes[2].home.guard_file();
    let before = std::fs::metadata(&guard).unwrap().len();
    city.start(2);
    votes_that_were_needed(&mut city, 2, 3..6);
    city.nodes[2].kill();
    let home = city.nodes[2].home.dir().to_str().unwrap().to_owned();
    let doctor = |city: &City| {
        let mut doctor = Command::new(program());
        doctor.args(["--home", &home, "doctor"]);
        run(&mut doctor, city.dir(), START)
    };
    doctor(&city).ok();
    let file = std::fs::OpenOptions::new().write(true).open(&guard);
    file.unwrap().set_len(before).unwrap();
    let found = doctor(&city);
    assert_eq!(found.status, Some(1), "{found:?}");
    assert!(
        format!("{found:?}").contains("does not know what this node signed"),
        "{found:?}"
    );
    city.nodes[2].start();
    city.nodes[2].wait_until_answering();
    follows_first(&mut city, 2);
}

/// As when a machine goes back to a snapshot of its disk: nothing in the home says that it is old, the blocks that it
/// fetches do.
#[test]
fn an_old_copy_of_a_whole_home_is_noticed_by_the_blocks_it_fetches() {
    let mut city = City::started();
    votes_that_were_needed(&mut city, 2, 1..3);
    city.nodes[2].stop();
    let old = city.dir().join("old");
    copy(city.nodes[2].home.dir(), &old);
    city.start(2);
    votes_that_were_needed(&mut city, 2, 3..6);
    city.nodes[2].kill();
    std::fs::remove_dir_all(city.nodes[2].home.dir()).unwrap();
    copy(&old, city.nodes[2].home.dir());
    city.nodes[2].start();
    city.nodes[2].wait_until_answering();
    eventually("it notices", START, || follows(&city, 2).then_some(()));
    follows_first(&mut city, 2);
}
