//! Nodes that join late begin with a snapshot, follow, and fetch what came before.

use std::process::Command;
use std::time::{Duration, Instant};

use dirchain::config::SyncFrom;
use dirchain_explorer::api::{HistoryState, NodeMode};
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::Role;
use dirchain_tests::{
    City, Drafter, Load, START, check, configure, eventually, left_out, program, run,
};

use crate::full_disk::{fill, is_root, on_a_small_disk, units};

/// How long the load before the joining lasts.
const LOADED_FOR: Duration = Duration::from_secs(8);

/// What is left of a full disk.
const ROOM_BYTES: u64 = 1 << 20;
/// Drafters at work.
const DRAFTERS: usize = 4;

/// A city with a past, its last node wiped and told to begin with a snapshot.
fn with_a_wiped_node() -> (City, Load) {
    let mut city = City::loaded();
    let drafters = Drafter::all(&city.layout).into_iter().take(DRAFTERS);
    let clients: Vec<_> = (0..3).map(|index| city.client(index)).collect();
    let load = Load::start(&clients, drafters.collect());
    std::thread::sleep(LOADED_FOR);
    city.nodes[3].kill();
    city.nodes[3].wipe();
    configure(&city.nodes[3].home, |config| {
        config.sync.from = SyncFrom::Snapshot;
    });
    (city, load)
}

/// Waits until a node's whole history is there.
fn filled(city: &City, index: usize) {
    let client = city.client(index);
    eventually("the history is whole", 2 * START, || {
        let status = client.status().ok()?;
        (status.node.history == HistoryState::Whole).then_some(())
    });
}

/// The one line of a node's log that says this.
fn said(city: &City, index: usize, what: &str) -> String {
    let log = city.nodes[index].log();
    let mut lines = log.lines().filter(|line| line.contains(what));
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("nothing of `{what}` in\n{log}"));
    line.to_owned()
}

/// The last node gives the first one's answers as of an early height.
fn alike_at(city: &City, at: Height) {
    for path in [
        format!("/api/v1/resources?limit=1000&at={at}"),
        format!("/api/v1/departments?limit=1000&at={at}"),
        format!("/api/v1/resources/103001%2F000001?at={at}"),
        format!("/api/v1/resources/103001%2F000001/history?at={at}"),
        format!("/api/v1/departments/D024/history?at={at}"),
        format!("/api/v1/blocks/{at}"),
        format!("/api/v1/blocks?limit=50&at={at}"),
    ] {
        let (first, last) = (asked(city, 0, &path), asked(city, 3, &path));
        assert_eq!(first.0, 200, "{path}: {}", first.1);
        if path.contains("/blocks/") {
            // Which of the validators' signatures a node kept is its own.
            continue;
        }
        assert_eq!(first, last, "{path}");
    }
}

/// What the examination of a node that does not run says.
fn examined(city: &City, index: usize) -> String {
    let mut command = Command::new(program());
    command.arg("--home").arg(city.nodes[index].home.dir());
    run(command.arg("doctor"), city.dir(), 2 * START).stdout
}

/// What a node answers to a path, with the status.
pub(crate) fn asked(city: &City, index: usize, path: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into();
    let url = format!("{}{path}", city.nodes[index].url());
    let mut answer = agent.get(&url).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

#[test]
fn a_wiped_node_begins_with_a_snapshot_and_ends_up_like_the_others() {
    let (mut city, load) = with_a_wiped_node();
    let begun = Instant::now();
    city.nodes[3].start();
    // The others stand still as soon as it has the state, so that the past does not come yet.
    eventually("it has the state", START, || {
        let log = city.nodes[3].log();
        log.contains("the node begins with the state").then_some(())
    });
    for other in 0..3 {
        city.nodes[other].pause();
    }
    let loaded = begun.elapsed();
    let client = city.client(3);
    let status = eventually("it answers", START, || client.status().ok());
    let HistoryState::Fetching { begins, .. } = status.node.history else {
        panic!("{:?}", status.node);
    };
    assert!(begins > Height(20), "{begins}");

    // What it has it answers, what it does not have it says by name.
    let now = "/api/v1/access-check?department=D047&resource=103001%2F000001&field=2&purpose=tax";
    assert_eq!(asked(&city, 3, now).0, 200);
    let at = format!("/api/v1/resources?at={begins}");
    assert_eq!(asked(&city, 3, &at).0, 200);
    for path in [
        format!("{now}&at=5"),
        "/api/v1/resources?at=5".to_owned(),
        "/api/v1/blocks/5".to_owned(),
        "/api/v1/resources/103001%2F000001/evidence".to_owned(),
        format!("/api/v1/transactions/{}", "0".repeat(64)),
        "/api/v1/events?from=1".to_owned(),
        "/resources/103001%2F000001?at=5".to_owned(),
    ] {
        let (status, text) = asked(&city, 3, &path);
        assert_eq!(status, 404, "{path}: {text}");
        let begins = format!("{begins}");
        assert!(
            text.contains(&begins) && text.contains("istory"),
            "{path}: {text}"
        );
    }
    for path in [
        "/",
        "/blocks",
        "/node",
        "/resources/103001%2F000001",
        "/departments/D024",
    ] {
        let (status, text) = asked(&city, 3, path);
        assert_eq!(status, 200, "{path}: {text}");
    }
    let refused = city.cli(3, "query resource 103001/000001 --at 5").refused();
    assert!(refused.contains("history begins at height"), "{refused}");
    let told = city.status_text(3);
    assert!(told.contains("what came before is fetched"), "{told}");

    // Killed in the middle of the past, it goes on from there.
    city.nodes[3].kill();
    let found = examined(&city, 3);
    assert!(found.contains("the history begins at height"), "{found}");
    for other in 0..3 {
        city.nodes[other].resume();
    }
    city.nodes[3].start();
    filled(&city, 3);
    let filled_after = begun.elapsed();
    let promised = load.finish();
    city.nodes[3].wait_until_ready();
    let agreed = city.agree();
    alike_at(&city, Height(30));
    city.answer_alike(agreed.height);
    println!(
        "{}\nto the state {} ms, with the whole past {} ms, {} blocks",
        said(&city, 3, "the snapshot of height"),
        loaded.as_millis(),
        filled_after.as_millis(),
        agreed.height
    );
    city.nodes[3].stop();
    let found = examined(&city, 3);
    assert!(found.contains("Nothing is wrong"), "{found}");
    check(
        &promised,
        &city.nodes[3].home.database_dir(),
        &city.layout.city.genesis,
    );
    assert!(!promised.is_empty());
}

#[test]
fn a_node_killed_again_and_again_while_it_joins_ends_up_like_the_others() {
    let (mut city, load) = with_a_wiped_node();
    for wait_ms in [40, 80, 120, 160, 200, 250, 300, 400] {
        city.nodes[3].start();
        std::thread::sleep(Duration::from_millis(wait_ms));
        city.nodes[3].kill();
    }
    city.nodes[3].start();
    filled(&city, 3);
    load.finish();
    city.nodes[3].wait_until_ready();
    let agreed = city.agree();
    alike_at(&city, Height(10));
    city.answer_alike(agreed.height);
    city.nodes[3].stop();
    let found = examined(&city, 3);
    assert!(found.contains("Nothing is wrong"), "{found}");
}

#[test]
fn a_full_disk_ends_the_joining_with_a_word_and_it_goes_on_once_there_is_room() {
    if !is_root() {
        return left_out("joining on a full disk: mounting a small one takes root");
    }
    let mut city = City::new();
    let _disk = on_a_small_disk(&city);
    for node in &mut city.nodes {
        node.start();
    }
    for node in &mut city.nodes {
        node.wait_until_ready();
    }
    let mut author = city.author(0, "D012", Role::Head);
    for next in 0..12 {
        let sent = author
            .submit(&city.client(0), units(1_000 + next * 50))
            .unwrap();
        city.committed(0, &sent);
    }
    city.nodes[3].kill();
    city.nodes[3].wipe();
    configure(&city.nodes[3].home, |config| {
        config.sync.from = SyncFrom::Snapshot;
    });
    // Room for a database, not for the state in it.
    let ballast = city.nodes[3].home.dir().join("ballast");
    fill(&ballast);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(&ballast)
        .unwrap();
    let size = file.metadata().unwrap().len();
    file.set_len(size - ROOM_BYTES).unwrap();
    drop(file);
    city.nodes[3].start();
    let status = city.nodes[3].ends(START);
    assert_eq!(status.code(), Some(1), "{}", city.nodes[3].log_tail());
    let log = city.nodes[3].log();
    let line = log.lines().last().expect("a line");
    assert!(
        line.starts_with("error: ") && line.to_lowercase().contains("space"),
        "{line}"
    );
    std::fs::remove_file(&ballast).unwrap();
    city.nodes[3].start();
    filled(&city, 3);
    let client = city.client(3);
    let mut number = 0;
    eventually("it votes again", START, || {
        number += 1;
        city.register(0, "D024", number);
        (client.status().ok()?.node.mode == NodeMode::Validator).then_some(())
    });
    city.agree();
    city.nodes[3].stop();
    let found = examined(&city, 3);
    assert!(found.contains("Nothing is wrong"), "{found}");
}
