//! Copies of a node's data are made while it runs, put back, and found out when they are damaged.

use std::path::{Path, PathBuf};
use std::process::Command;

use dirchain_explorer::api::NodeMode;
use dirchain_tests::{BLOCK, City, Printed, START, eventually, program, run};

fn path(path: &Path) -> String {
    path.to_str().expect("a path of this machine").to_owned()
}

/// A command over the home of the node at `index`.
fn at_home(city: &City, index: usize, words: &[&str]) -> Printed {
    let mut command = Command::new(program());
    command.arg("--home").arg(city.nodes[index].home.dir());
    run(command.args(words), city.dir(), 2 * START)
}

fn backup(city: &City, index: usize, name: &str) -> PathBuf {
    let dir = city.dir().join(name);
    let said = at_home(city, index, &["backup", &path(&dir)]).ok();
    assert!(said.contains("holds the chain up to height"), "{said}");
    dir
}

fn examine(city: &City, index: usize) -> Printed {
    at_home(city, index, &["doctor"])
}

/// The files of a folder with an extension, the largest last.
fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort_by_key(|file| std::fs::metadata(file).unwrap().len());
    files
}

/// Another bit where a file's first third ends.
fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let third = bytes.len() / 3;
    bytes[third] ^= 0x10;
    std::fs::write(file, &bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|status| status.success()));
}

#[test]
fn a_backup_of_a_running_node_is_put_back_and_the_node_votes_again() {
    let mut city = City::started();
    for number in 1..4 {
        city.register(0, "D012", number);
    }
    city.agree();
    let dir = backup(&city, 3, "backup");
    // No key and no guard is in it.
    let inside: Vec<String> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(inside.len(), 2, "{inside:?}");
    assert!(dir.join("db").is_dir() && dir.join("backup.json").is_file());

    // It is not put in the place of what a running node uses.
    let refused = at_home(&city, 3, &["restore", &path(&dir), "--replace"]).refused();
    assert!(refused.contains("in use by another process"), "{refused}");
    let twice = at_home(&city, 3, &["backup", &path(&dir)]).refused();
    assert!(twice.contains("exists"), "{twice}");

    let after = city.register(0, "D012", 4);
    eventually("the node has the block", BLOCK, || {
        (city.height(3) >= after).then_some(())
    });
    city.nodes[3].kill();
    let refused = at_home(&city, 3, &["restore", &path(&dir)]).refused();
    assert!(refused.contains("--replace"), "{refused}");
    at_home(&city, 3, &["restore", &path(&dir), "--replace"]).ok();
    let whole = examine(&city, 3).ok();
    assert!(whole.contains("Nothing is wrong"), "{whole}");

    city.start(3);
    city.register(0, "D012", 5);
    let client = city.client(3);
    eventually("it votes again", START, || {
        (client.status().ok()?.node.mode == NodeMode::Validator).then_some(())
    });
    city.agree();
    city.nodes[3].stop();
    let refused = at_home(&city, 3, &["restore", &path(&dir), "--replace"]).refused();
    assert!(refused.contains("db.replaced"), "{refused}");
}

#[test]
fn damage_is_found_named_and_mended() {
    let mut city = City::loaded();
    city.agree();
    for node in &mut city.nodes[2..] {
        node.stop();
    }
    // Offline, and on another node of the same chain.
    let dir = backup(&city, 2, "offline");
    let whole = examine(&city, 3).ok();
    assert!(whole.contains("Nothing is wrong"), "{whole}");
    at_home(&city, 3, &["restore", &path(&dir), "--replace"]).ok();

    // One byte goes bad in a table file.
    let database = city.nodes[3].home.database_dir();
    let table = files(&database, "sst").pop().expect("a table file");
    flip(&table);
    let printed = examine(&city, 3);
    assert_eq!(printed.status, Some(1), "{printed:?}");
    assert!(printed.stdout.contains("damaged"), "{printed:?}");
    assert!(printed.stdout.contains("dirchain restore"), "{printed:?}");

    // A table file is gone.
    std::fs::remove_file(&table).unwrap();
    let printed = examine(&city, 3);
    assert_eq!(printed.status, Some(1), "{printed:?}");

    // A damaged backup is not put back.
    let damaged = city.dir().join("damaged");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::copy(dir.join("backup.json"), damaged.join("backup.json")).unwrap();
    let empty = at_home(&city, 3, &["restore", &path(&damaged), "--replace"]).refused();
    assert!(empty.contains("db"), "{empty}");
    let none = at_home(&city, 3, &["restore", &path(city.dir())]).refused();
    assert!(none.contains("is no backup"), "{none}");

    // Nor is one of which a byte in the middle is another: it is named, and nothing was moved for it.
    std::fs::remove_dir_all(&database).unwrap();
    std::fs::remove_dir_all(database.with_extension("replaced")).unwrap();
    at_home(&city, 3, &["restore", &path(&dir)]).ok();
    let bent = city.dir().join("bent");
    copy(&dir, &bent);
    let table = files(&bent.join("db"), "sst").pop().expect("a table file");
    flip(&table);
    let examined = at_home(&city, 3, &["doctor", &path(&bent)]);
    assert_eq!(examined.status, Some(1), "{examined:?}");
    assert!(
        examined.stdout.contains("Use another backup"),
        "{examined:?}"
    );
    let refused = at_home(&city, 3, &["restore", &path(&bent), "--replace"]).refused();
    assert!(refused.contains("is damaged"), "{refused}");
    assert!(!database.with_extension("replaced").exists());
    assert!(!database.with_extension("restoring").exists());
    let whole = at_home(&city, 3, &["doctor", &path(&dir)]).ok();
    assert!(whole.contains("Nothing is wrong"), "{whole}");
    assert!(examine(&city, 3).ok().contains("Nothing is wrong"));
    city.start(2);
    city.start(3);
    city.agree();
}
