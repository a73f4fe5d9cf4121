//! Half of the validators are lost for good: those who are left go on with a new chain that holds the old
//! one's records.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dirchain::client::{Author, Outcome};
use dirchain::home::{Home, NodeKey, read_genesis};
use dirchain_ledger::records::Role;
use dirchain_storage::Guard;
use dirchain_tests::{BLOCK, City, Printed, START, eventually, never, program, run};
use serde_json::Value;

use crate::joining::asked;
use crate::members::offer;

/// A command over the home of the node at `index`.
fn at_home(city: &City, index: usize, words: &[&str]) -> Printed {
    let mut command = Command::new(program());
    command.arg("--home").arg(city.nodes[index].home.dir());
    run(command.args(words), city.dir(), 2 * START)
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path of this machine").to_owned()
}

/// An answer without the moments in it, which differ between two chains.
fn timeless(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| {
                    !["as_of", "height", "trail", "ready", "instant"].contains(&name.as_str())
                });
                members.values_mut().for_each(strip);
            }
            Value::Array(elements) => elements.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value
}

fn answers(city: &City) -> Vec<(String, Value)> {
    let mut paths = vec![
        "/api/v1/departments?limit=1000".to_owned(),
        "/api/v1/resources?limit=1000".to_owned(),
        "/api/v1/resources/103001%2F000001".to_owned(),
        "/api/v1/departments/D047/authorizations?direction=in".to_owned(),
    ];
    for department in ["D008", "D047", "D050", "D024", "D001"] {
        for field in 1..=5 {
            for resource in ["103001%2F000001", "101001%2F000001", "102001%2F000001"] {
                paths.push(format!(
                    "/api/v1/access-check?department={department}&resource={resource}&field={field}"
                ));
            }
        }
    }
    let ask = |path: String| {
        let (status, text) = asked(city, 0, &path);
        assert!(status == 200 || status == 404, "{path}: {text}");
        (path, timeless(serde_json::from_str(&text).unwrap()))
    };
    paths.into_iter().map(ask).collect()
}

/// What a process that takes a home to a new chain leaves where it is killed after its first steps.
fn killed_on_the_way(home: &Home, genesis: &str, before: &str) {
    let new = Home::at(home.adopting_dir());
    std::fs::create_dir_all(new.engine_dir()).unwrap();
    std::fs::copy(genesis, new.genesis_file()).unwrap();
    let key = home.key(NodeKey::Consensus).unwrap().unwrap().public();
    drop(Guard::make(&new.guard_file(), &key).unwrap());
    let next = home.next_key(NodeKey::Consensus).unwrap().unwrap().public();
    drop(Guard::make(&new.next_guard_file(), &next).unwrap());
    let short: String = before.chars().take(8).collect();
    let moving = Home::at(home.dir().join(format!("chain-{short}.moving")));
    std::fs::create_dir(moving.dir()).unwrap();
    std::fs::rename(home.database_dir(), moving.database_dir()).unwrap();
}

#[test]
fn those_who_are_left_go_on_with_a_chain_of_a_new_name() {
    let mut city = City::loaded();
    city.register(0, "D012", 1);
    let proof = text(&city.dir().join("old.proof"));
    let old_genesis = text(&city.dir().join("old.json"));
    std::fs::copy(city.nodes[0].home.genesis_file(), &old_genesis).unwrap();
    let subject = "103001/000001";
    city.cli_with(
        0,
        ["evidence", "export", "--resource", subject, "-o", &proof],
    )
    .ok();

    // One of those who stay has announced its next key, which the old chain did not come to name.
    let home = city.nodes[1].home.clone();
    let own = home.key(NodeKey::Consensus).unwrap().unwrap().public();
    let file = offer(&city, &home, &["--next", "consensus"]);
    let amend = format!("node amend D012-1 --offer {file} --as D012-operator --wait");
    city.cli(0, &amend).ok();

    // Two of four are lost: nothing is decided any more.
    city.nodes[2].kill();
    city.nodes[3].kill();
    let agreed = city.agree();
    let before = answers(&city);
    never("two of four made a block", Duration::from_secs(2), || {
        city.height(0) != agreed.height
    });
    city.nodes[0].stop();
    city.nodes[1].stop();

    // Each operator makes the genesis from what is there, and all come to the same.
    let time = Command::new("date")
        .args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    let time = String::from_utf8(time.stdout).unwrap().trim().to_owned();
    let member = |index: usize| city.nodes[index].home.config().unwrap().node.to_string();
    let members = [member(0), member(1)].join(",");
    let height = agreed.height.to_string();
    let make = |index: usize, members: &str, name: &str| {
        let file = text(&city.dir().join(name));
        let words = [
            "genesis",
            "restart",
            "--height",
            &height,
            "--members",
            members,
            "--time",
            &time,
            "-o",
            &file,
        ];
        (at_home(&city, index, &words).ok(), file)
    };
    let (said, new_genesis) = make(0, &members, "new-0.json");
    let (_, other) = make(1, &members, "new-1.json");
    let bytes = std::fs::read(&new_genesis).unwrap();
    assert_eq!(bytes, std::fs::read(other).unwrap());
    let chain = city.layout.city.genesis.chain();
    assert!(said.contains(&chain.to_string()), "{said}");
    assert!(said.contains(&agreed.state_root.to_string()), "{said}");
    assert!(said.contains(&agreed.block.to_string()), "{said}");
    let begun = read_genesis(Path::new(&new_genesis)).unwrap();
    assert_ne!(begun.chain(), chain);

    // What does not follow from an operator's own data is not taken up.
    let (_, foreign) = make(0, &member(0), "foreign.json");
    let mut bent: Value = serde_json::from_slice(&bytes).unwrap();
    bent["name"] = "another".into();
    bent["origin"]["state_root"] = "0".repeat(64).into();
    let bent_file = text(&city.dir().join("bent.json"));
    std::fs::write(&bent_file, bent.to_string()).unwrap();
    let refused = at_home(&city, 0, &["genesis", "adopt", &bent_file]).refused();
    assert!(refused.contains("own database leads to"), "{refused}");
    let refused = at_home(&city, 0, &["genesis", "adopt", &old_genesis]).refused();
    assert!(refused.contains("goes on from no other chain"), "{refused}");
    assert!(Path::new(&foreign).exists());

    // Nor are blocks left out that this node has, unless that is said.
    let lower = text(&city.dir().join("lower.json"));
    let before_last = (agreed.height.0 - 1).to_string();
    let mut words = vec!["genesis", "restart", "--height", &before_last];
    words.extend(["--members", &members, "--time", &time, "-o", &lower]);
    let refused = at_home(&city, 0, &words).refused();
    let left_out = format!("has blocks {height} to {height}, with ");
    assert!(refused.contains(&left_out), "{refused}");
    words.push("--leave-out");
    at_home(&city, 0, &words).ok();
    let refused = at_home(&city, 0, &["genesis", "adopt", &lower]).refused();
    assert!(refused.contains(&left_out), "{refused}");

    at_home(&city, 0, &["genesis", "adopt", &new_genesis]).ok();
    let again = at_home(&city, 0, &["genesis", "adopt", &new_genesis]);
    assert!(again.stderr.contains("on that chain already"), "{again:?}");
    again.ok();
    let refused = at_home(&city, 0, &["genesis", "adopt", &lower, "--leave-out"]).refused();
    assert!(refused.contains("To go back"), "{refused}");
    killed_on_the_way(&city.nodes[1].home, &new_genesis, &chain.to_string());
    // Until it goes on, nothing else is done with that home.
    let refused = at_home(&city, 1, &["doctor"]).refused();
    assert!(refused.contains("on its way to another chain"), "{refused}");
    city.nodes[0].start();
    city.nodes[1].start();
    city.nodes[0].wait_until_ready();
    city.nodes[1].wait_until_ready();
    for (before, after) in before.iter().zip(&answers(&city)) {
        assert_eq!(before, after);
    }

    assert_eq!(home.retired().unwrap(), [own]);
    // Blocks are made again; a signature for the old chain is none for the new one.
    let mut author = Author::new(&city.client(0), city.secret("D012", Role::Head), None).unwrap();
    let sent = author
        .submit(&city.client(0), vec![City::sub_unit("D012", 2)])
        .unwrap();
    for index in 0..2 {
        let client = city.client(index);
        eventually("the new chain takes it", BLOCK, || {
            let outcome = client.outcome(&sent.id(), Duration::from_secs(1)).unwrap();
            matches!(outcome, Outcome::Committed(_)).then_some(())
        });
    }

    // The old file proves what it proved, against the old genesis and no other.
    let verify = |file: &str, genesis: &str| {
        run(
            Command::new(program()).args(["evidence", "verify", file, "--genesis", genesis]),
            city.dir(),
            START,
        )
    };
    verify(&proof, &old_genesis).ok();
    assert_eq!(verify(&proof, &new_genesis).status, Some(1));
    let fresh = text(&city.dir().join("new.proof"));
    city.cli_with(
        0,
        ["evidence", "export", "--department", "D012", "-o", &fresh],
    )
    .ok();
    let report = verify(&fresh, &new_genesis).ok();
    assert!(report.contains("goes on from chain"), "{report}");
    assert!(report.contains(&chain.to_string()), "{report}");
    assert_eq!(verify(&fresh, &old_genesis).status, Some(1));
    for index in 0..2 {
        city.nodes[index].stop();
        let found = at_home(&city, index, &["doctor"]).ok();
        assert!(found.contains("Nothing is wrong"), "{found}");
    }
}
