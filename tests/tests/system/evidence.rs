//! An inspector's way: from a search to a file that is verified without any node, by two verifiers;
//! a pin that history is held to; a witness from outside; the alarm at a fork.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dirchain_tests::{City, Printed, program, python, repository, run};
use serde_json::Value;

const COMMAND: Duration = Duration::from_secs(60);

/// A folder with nothing of the chain in it, and files by their names.
struct Office<'c> {
    city: &'c City,
    dir: PathBuf,
}

impl<'c> Office<'c> {
    fn of(city: &'c City) -> Self {
        let dir = city.dir().join("office");
        std::fs::create_dir(&dir).unwrap();
        std::fs::copy(
            city.layout.dir().join("genesis.json"),
            dir.join("genesis.json"),
        )
        .unwrap();
        Self { city, dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Runs the program where nothing names a node or a home.
    fn offline(&self, words: &str) -> Printed {
        let mut command = Command::new(program());
        let home = self.path("nothing");
        command.current_dir(&self.dir).arg("--home").arg(home);
        command.args(words.split(' '));
        run(&mut command, self.city.dir(), COMMAND)
    }

    /// Runs it against a node, with files in this folder.
    fn online(&self, index: usize, words: &str) -> Printed {
        let mut command = self.city.command(index, words.split(' '));
        command.current_dir(&self.dir);
        run(&mut command, self.city.dir(), COMMAND)
    }

    fn report(&self, words: &str) -> Value {
        let printed = self.offline(&format!("--output json evidence verify {words}"));
        serde_json::from_str(&printed.ok()).unwrap()
    }

    /// What a verification that does not succeed says, and its exit code.
    fn refused(&self, words: &str) -> (Option<i32>, String) {
        let printed = self.offline(&format!("--output json evidence verify {words}"));
        let answer: Value = serde_json::from_str(&printed.stdout)
            .unwrap_or_else(|error| panic!("{error}: {printed:?}"));
        (printed.status, answer["code"].as_str().unwrap().to_owned())
    }

    /// The second verifier's verdict.
    fn second(&self, words: &[&str]) -> Value {
        let mut command = Command::new(python::verifier());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg(repository().join("tests/verifier_py/verifier.py"));
        command.current_dir(&self.dir).args(words);
        let printed = run(&mut command, self.city.dir(), COMMAND);
        serde_json::from_str(&printed.stdout).unwrap_or_else(|error| panic!("{error}: {printed:?}"))
    }
}

fn fetched(city: &City, index: usize, path: &str) -> Vec<u8> {
    let url = format!("{}{path}", city.nodes[index].url());
    let mut answer = ureq::get(&url).call().unwrap();
    answer.body_mut().read_to_vec().unwrap()
}

/// Copies a folder and all in it.
fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

fn flipped(path: &Path, to: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(to, bytes).unwrap();
}

/// One look of the witness at a node.
fn follow(office: &Office<'_>, index: usize, key: &str) -> Printed {
    let url = office.city.nodes[index].url();
    office.offline(&format!(
        "witness follow --dir witness --name audit.example --log {url} --log-key {key} --once"
    ))
}

/// The readers that a node names for a field, without their names.
fn readers_of(city: &City, index: usize, field: u64, at: u64) -> Vec<(String, String)> {
    let path = format!("/api/v1/resources/103001%2F000001/readers?field={field}&at={at}");
    let answer: Value = city.client(index).get(&path, &[]).unwrap();
    pairs(&answer["fields"][0]["readers"])
}

fn pairs(readers: &Value) -> Vec<(String, String)> {
    let readers = readers.as_array().unwrap_or_else(|| panic!("{readers}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut pairs: Vec<_> = readers
        .iter()
        .map(|reader| (text(&reader["department"]), text(&reader["basis"])))
        .collect();
    pairs.sort();
    pairs
}

#[test]
fn from_a_search_to_a_file_that_needs_no_node() {
    let city = City::loaded();
    let tip = city.agree().height.0;
    let office = Office::of(&city);
    let page_of = |path: &str| String::from_utf8(fetched(&city, 1, path)).unwrap();
    let found = page_of("/search?q=103001%2F000001");
    assert!(found.contains("/resources/103001%2F000001"), "{found}");
    let page = page_of("/resources/103001%2F000001");
    let link = "/api/v1/resources/103001%2F000001/evidence";
    assert!(
        page.contains(&format!("href=\"{link}\" download")),
        "{page}"
    );
    let file = fetched(&city, 1, link);
    std::fs::write(office.path("entry.proof"), &file).unwrap();

    let report = office.report("entry.proof --genesis genesis.json");
    assert_eq!(report["exists"], true);
    let until = report["until"]["height"].as_u64().unwrap();
    assert!(until >= tip, "{until} {tip}");
    for fields in report["readers"].as_array().unwrap() {
        let field = fields["field"].as_u64().unwrap();
        let mut told = pairs(&fields["readers"]);
        let mut was = readers_of(&city, 2, field, until);
        if fields["everybody"] == true {
            told.retain(|(_, basis)| basis != "unconditional");
            was.retain(|(_, basis)| basis != "unconditional");
        }
        assert_eq!(told, was, "field {field}");
    }
    let chain = city.layout.city.genesis.chain().to_string();
    let anchor = ["--genesis", "genesis.json", "--chain", &chain];
    let verdict = office.second(&[&["entry.proof"], &anchor[..]].concat());
    assert_eq!(verdict["verdict"], "valid", "{verdict}");
    assert_eq!(
        verdict["events"],
        report["events"].as_array().unwrap().len()
    );
    let uses = verdict["uses"].as_object().unwrap().len();
    assert_eq!(uses, report["uses"].as_array().unwrap().len());

    flipped(&office.path("entry.proof"), &office.path("forged.proof"));
    let (code, reason) = office.refused("forged.proof --genesis genesis.json");
    assert_eq!(code, Some(1));
    let verdict = office.second(&[&["forged.proof"], &anchor[..]].concat());
    assert_eq!(verdict["code"], reason.as_str(), "{verdict}");
    // The page for those without the command agrees.
    for (name, badge) in [("entry.proof", "badge yes"), ("forged.proof", "badge no")] {
        let body = std::fs::read(office.path(name)).unwrap();
        let url = format!("{}/verify", city.nodes[0].url());
        let mut answer = ureq::post(&url)
            .header("content-type", "application/octet-stream")
            .send(&body[..])
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(
            text.contains(badge) && text.contains("This trusts the node"),
            "{text}"
        );
    }
}

#[test]
fn what_never_was_is_proven_and_past_the_tip_is_not_decided() {
    let city = City::loaded();
    city.agree();
    let office = Office::of(&city);
    office
        .online(
            2,
            "evidence export --resource 103001/000001 --with D024 --at 3 -o entry.proof",
        )
        .ok();
    let with = |claim: &str| format!("entry.proof --genesis genesis.json {claim}");
    let never = "--department D024 --field 2 --never-granted";
    assert_eq!(
        office.report(&with(never))["claim"]["claim"],
        "never_granted"
    );
    let readable = "--department D024 --field 2 --never-readable";
    assert_eq!(
        office.report(&with(readable))["claim"]["claim"],
        "never_readable"
    );
    // The provider reads without a grant: two claims.
    let owner = "--department D012 --field 2";
    office.report(&with(&format!("{owner} --never-granted")));
    let could = office.refused(&with(&format!("{owner} --never-readable")));
    assert_eq!(could, (Some(1), "could-read".to_owned()));
    let granted = "--department D047 --field 2 --never-granted";
    assert_eq!(
        office.refused(&with(granted)),
        (Some(1), "was-granted".to_owned())
    );
    let later = format!("{never} --to 2999-01-01");
    assert_eq!(
        office.refused(&with(&later)),
        (Some(2), "past-tip".to_owned())
    );
    let then = office.report(&with("--at 3"));
    assert_eq!(then["asked_at"]["height"], 3);
    assert_eq!(
        office.refused(&with("--absent 1000000")),
        (Some(2), "past-tip".to_owned())
    );
    assert_eq!(office.report(&with("--absent 0"))["claim"]["height"], 0);

    office
        .online(3, "evidence export --resource 103001/009999 -o none.proof")
        .ok();
    let none = office.report("none.proof --genesis genesis.json --absent 5");
    assert_eq!(none["exists"], false);
    office
        .online(0, "evidence export --department D012 -o department.proof")
        .ok();
    let department = office.report("department.proof --genesis genesis.json");
    assert_eq!(department["subject"]["department"], "D012");
    assert!(!department["events"].as_array().unwrap().is_empty());
    let refused = office.online(
        0,
        "evidence export --resource 103001/000001 --at 1000000 -o x",
    );
    assert!(refused.refused().contains("ends at"));
}

#[test]
fn a_pin_holds_history_and_a_witness_cosigns_it() {
    let city = City::started();
    city.register(0, "D012", 1);
    let office = Office::of(&city);
    office
        .online(0, "checkpoint pin --genesis genesis.json -o pin.json")
        .ok();
    let pinned: Value =
        serde_json::from_slice(&std::fs::read(office.path("pin.json")).unwrap()).unwrap();
    let pinned = pinned["header"]["height"].as_u64().unwrap();
    office
        .online(1, "evidence export --department D012 -o old.proof")
        .ok();
    for number in 2..6 {
        city.register(1, "D012", number);
    }
    city.agree();
    office
        .online(3, "checkpoint pin --checkpoint pin.json -o newer.json")
        .ok();
    let newer: Value =
        serde_json::from_slice(&std::fs::read(office.path("newer.json")).unwrap()).unwrap();
    assert!(newer["header"]["height"].as_u64().unwrap() > pinned);

    let witness = office
        .offline("witness key --dir witness --name audit.example")
        .ok();
    let witness = witness.trim().to_owned();
    let key = city.client(0).log_text("key").unwrap().trim().to_owned();
    follow(&office, 0, &key).ok();
    let again = follow(&office, 0, &key);
    assert_eq!(again.status, Some(0), "{again:?}");
    // The chain may have made a block in between.
    let said = ["nothing new", "cosigned"];
    assert!(
        said.iter().any(|said| again.stderr.contains(said)),
        "{again:?}"
    );
    let other_key = city.client(1).log_text("key").unwrap().trim().to_owned();
    let unsigned = follow(&office, 0, &other_key);
    assert_eq!(unsigned.status, Some(1), "{unsigned:?}");
    assert!(unsigned.stderr.contains("signed by none of the keys given"));
    let url = city.nodes[0].url();
    let renamed = office.offline(&format!(
        "witness follow --dir witness --name other.example --log {url} --log-key {key} --once"
    ));
    assert!(renamed.refused().contains("audit.example"));
    office
        .online(2, &format!("evidence refresh old.proof --genesis genesis.json --pin {pinned} --cosigned witness/checkpoint -o new.proof"))
        .ok();
    let report = office.report(&format!(
        "new.proof --checkpoint pin.json --strict --witness {witness} --pin-age-days 0"
    ));
    assert_eq!(report["trust"]["witnesses"][0], "audit.example");
    assert_eq!(report["trust"]["linked"], true);
    let stranger = office
        .offline("witness key --dir other --name audit.example")
        .ok();
    let strict = format!(
        "new.proof --checkpoint pin.json --strict --witness {} --pin-age-days 0",
        stranger.trim()
    );
    assert_eq!(office.refused(&strict), (Some(2), "pin-too-old".to_owned()));
}

/// Two thirds of the validators, put back to an old state with their guards, can sign another past:
/// whoever pinned or followed the first one sees it.
#[test]
fn a_fork_raises_the_alarm() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    city.agree();
    let copies = city.dir().join("copies");
    let homes: Vec<PathBuf> = city
        .nodes
        .iter()
        .map(|node| node.home.dir().to_owned())
        .collect();
    let stop = |city: &mut City| city.nodes.iter_mut().for_each(|node| node.stop());
    let start = |city: &mut City| {
        city.nodes.iter_mut().for_each(|node| node.start());
        city.nodes
            .iter_mut()
            .for_each(|node| node.wait_until_ready());
    };
    stop(&mut city);
    for (index, home) in homes.iter().enumerate() {
        copied(home, &copies.join(index.to_string()));
    }
    start(&mut city);
    city.register(0, "D012", 2);
    city.agree();
    let (pinned, key) = {
        let office = Office::of(&city);
        office
            .online(0, "checkpoint pin --genesis genesis.json -o pin.json")
            .ok();
        office
            .offline("witness key --dir witness --name audit.example")
            .ok();
        let key = city.client(0).log_text("key").unwrap().trim().to_owned();
        follow(&office, 0, &key).ok();
        let pin = std::fs::read(office.path("pin.json")).unwrap();
        let pin: Value = serde_json::from_slice(&pin).unwrap();
        (pin["header"]["height"].as_u64().unwrap(), key)
    };
    stop(&mut city);
    for (index, home) in homes.iter().enumerate() {
        std::fs::remove_dir_all(home).unwrap();
        copied(&copies.join(index.to_string()), home);
    }
    start(&mut city);
    for number in 3..6 {
        city.register(0, "D012", number);
    }
    assert!(city.agree().height.0 >= pinned);
    let office = Office {
        city: &city,
        dir: city.dir().join("office"),
    };
    let alarm = follow(&office, 0, &key);
    assert_eq!(alarm.status, Some(1), "{alarm:?}");
    assert!(alarm.stderr.contains("ALARM"), "{alarm:?}");
    let kept = std::fs::read_dir(office.path("witness")).unwrap();
    let mut kept = kept.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    assert!(kept.any(|name| name.starts_with("fork-")));
    let export = format!("evidence export --department D012 --pin {pinned} -o forked.proof");
    office.online(2, &export).ok();
    office.report("forked.proof --genesis genesis.json");
    let forked = office.refused("forked.proof --checkpoint pin.json");
    assert_eq!(forked, (Some(1), "fork".to_owned()));
    let pin = office.online(1, "checkpoint pin --checkpoint pin.json -o newer.json");
    assert!(pin.refused().contains("FORK"));
    assert!(!office.path("newer.json").exists());
}
