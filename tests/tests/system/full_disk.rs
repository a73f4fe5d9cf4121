//! A node whose disk is full stops and says so; the others go on, and it catches up afterwards.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::Text;
use dirchain_ledger::records::Role;
use dirchain_tests::{City, eventually, left_out};

/// A small disk, gone when this is dropped.
pub(crate) struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Self {
        let at_text = at.to_str().unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=24m", "tmpfs", at_text];
        let done = Command::new("mount").args(mount).status().unwrap();
        assert!(
            done.success(),
            "a small disk could not be mounted at {at_text}"
        );
        Self(at.to_path_buf())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.0.display());
        }
    }
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// Writes a file until nothing more fits.
pub(crate) fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let megabyte = vec![1u8; 1 << 20];
    while file.write_all(&megabyte).is_ok() {}
    while file.write_all(&[1]).is_ok() {}
}

/// Sub-units with long names, so that a block has some tens of kilobytes.
pub(crate) fn units(first: u32) -> Vec<Action> {
    let unit = |number| match City::sub_unit("D012", number) {
        Action::RegisterDepartment(mut unit) => {
            unit.name = Text::new("n".repeat(600)).unwrap();
            Action::RegisterDepartment(unit)
        }
        other => other,
    };
    (first..first + 50).map(unit).collect()
}

/// Moves the last node's home, before it runs, to a small disk.
pub(crate) fn on_a_small_disk(city: &City) -> Disk {
    let home = city.nodes[3].home.dir().to_path_buf();
    let keep = city.dir().join("keep");
    std::fs::rename(&home, &keep).unwrap();
    std::fs::create_dir(&home).unwrap();
    let disk = Disk::mount(&home);
    let copied = Command::new("cp")
        .arg("-a")
        .arg(keep.join("."))
        .arg(&home)
        .status();
    assert!(copied.unwrap().success());
    disk
}

#[test]
fn the_node_stops_the_others_go_on_and_it_catches_up() {
    if !is_root() {
        return left_out("a full disk: mounting a small one takes root");
    }
    let mut city = City::new();
    let _disk = on_a_small_disk(&city);
    let home = city.nodes[3].home.dir().to_path_buf();
    for node in &mut city.nodes {
        node.start();
    }
    for node in &mut city.nodes {
        node.wait_until_ready();
    }
    city.register(3, "D012", 1);

    let ballast = home.join("ballast");
    fill(&ballast);
    let mut author = city.author(0, "D012", Role::Head);
    let mut next = 1000;
    let status = eventually(
        "the node with the full disk stops",
        Duration::from_secs(90),
        || {
            let sent = author.submit(&city.client(0), units(next)).unwrap();
            next += 50;
            city.committed(0, &sent);
            city.nodes[3].ended()
        },
    );
    assert_eq!(status.code(), Some(1), "{}", city.nodes[3].log_tail());
    let log = city.nodes[3].log();
    let line = log.lines().last().expect("a line");
    assert!(
        line.starts_with("error: ") && line.to_lowercase().contains("space"),
        "{line}"
    );
    city.register(0, "D024", 1);

    std::fs::remove_file(&ballast).unwrap();
    city.start(3);
    city.agree();
    city.register(3, "D024", 2);
    city.agree();
    city.nodes[3].stop();
}
