//! The second verifier, written from the format's description in another language, agrees.
//!
//! `make verifier-py` puts its two packages into an environment outside the checkout; another
//! Python that has them is named by DIRCHAIN_VERIFIER_PYTHON.

use std::path::{Path, PathBuf};
use std::process::Command;

use dirchain_evidence::testing::World;
use dirchain_evidence::testing::forgeries::{forgeries, good, story};
use dirchain_evidence::{Anchor, Reason, verify};
use dirchain_ledger::access::who_may_read;
use dirchain_ledger::ids::{FieldNumber, Moment};
use dirchain_ledger::testing::code;
use serde_json::Value;

pub(crate) fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("DIRCHAIN_VERIFIER_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| {
        let home = std::env::var_os("HOME").expect("a home folder");
        PathBuf::from(home).join(".cache")
    });
    let python = cache.join("dirchain/verifier-py/bin/python");
    let found = python.display();
    assert!(
        python.exists(),
        "there is no {found}: run `make verifier-py`"
    );
    python
}

/// Verdicts of the second verifier, one for each file.
pub(crate) fn second(dir: &Path, files: &[PathBuf], arguments: &[String]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/verifier_py/verifier.py");
    let output = Command::new(python())
        .current_dir(dir)
        .arg(script)
        .args(files)
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8(output.stdout).unwrap();
    let verdicts = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let verdicts: Vec<Value> = verdicts.collect();
    assert_eq!(verdicts.len(), files.len(), "{errors}");
    verdicts
}

/// A folder of this test's own, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// The arguments that name a world's genesis as the anchor.
pub(crate) fn genesis_arguments(dir: &Path, world: &World) -> Vec<String> {
    let path = dir.join("genesis.json");
    std::fs::write(&path, serde_json::to_vec(&world.genesis).unwrap()).unwrap();
    let chain = world.chain().to_string();
    let path = path.display().to_string();
    ["--genesis".to_owned(), path, "--chain".to_owned(), chain].to_vec()
}

fn code_of(verdict: &Value) -> Option<&str> {
    verdict["code"].as_str()
}

#[test]
fn both_verifiers_refuse_every_forgery_for_the_same_reason() {
    let (world, dir) = (story(), folder("forgeries"));
    let genesis = genesis_arguments(&dir, &world);
    let mut against_genesis = Vec::new();
    let mut wrong = Vec::new();
    for forgery in forgeries() {
        let path = dir.join(format!("{}.dirchain-proof", forgery.name));
        std::fs::write(&path, &forgery.bytes).unwrap();
        let Some(checkpoint) = &forgery.checkpoint else {
            against_genesis.push((forgery.name, forgery.code, path));
            continue;
        };
        let pin = dir.join("pin.json");
        std::fs::write(&pin, serde_json::to_vec(checkpoint).unwrap()).unwrap();
        let arguments = ["--checkpoint".to_owned(), pin.display().to_string()];
        let verdicts = second(&dir, &[path], &arguments);
        if code_of(&verdicts[0]) != Some(forgery.code) {
            wrong.push((forgery.name, forgery.code, verdicts[0].to_string()));
        }
    }
    let paths: Vec<PathBuf> = against_genesis
        .iter()
        .map(|(.., path)| path.clone())
        .collect();
    let verdicts = second(&dir, &paths, &genesis);
    for ((name, expected, _), verdict) in against_genesis.iter().zip(&verdicts) {
        if code_of(verdict) != Some(*expected) {
            wrong.push((*name, *expected, verdict.to_string()));
        }
    }
    assert!(wrong.is_empty(), "name, expected, found: {wrong:#?}");
}

#[test]
fn both_verifiers_answer_as_the_ledger_did_at_every_height() {
    let (world, dir) = (story(), folder("answers"));
    let bytes = good();
    let path = dir.join("good.dirchain-proof");
    std::fs::write(&path, &bytes).unwrap();
    let proven = verify(&bytes, Anchor::Genesis(&world.genesis), &[]).unwrap();
    let mut arguments = genesis_arguments(&dir, &world);
    let mut expected = Vec::new();
    for block in &world.ledger.blocks {
        let at: Moment = block.header.moment();
        for field in [1, 2, 3, 4] {
            arguments.push("--who-may-read".to_owned());
            arguments.extend([
                field.to_string(),
                at.height.to_string(),
                at.time.0.to_string(),
            ]);
            let field = FieldNumber(field);
            let told = proven.who_may_read(field, at).unwrap();
            let then = world.ledger.state.at(at.height);
            let mut was = who_may_read(&then, &code(1), field, at).unwrap();
            let in_file = |department| {
                let id = dirchain_ledger::records::RecordId::Department(department);
                proven.known.records.contains_key(&id)
            };
            was.retain(|reader| in_file(reader.department.clone()));
            assert_eq!(told, was, "{at:?}");
            expected.push(serde_json::to_value(told).unwrap());
        }
    }
    let verdicts = second(&dir, &[path], &arguments);
    assert_eq!(verdicts[0]["verdict"], "valid", "{}", verdicts[0]);
    assert_eq!(verdicts[0]["readers"], Value::Array(expected));
    assert_eq!(verdicts[0]["retired_sets"], 2);
}

#[test]
fn reasons_have_one_name_each() {
    let mut names: Vec<&str> = Reason::CODES.iter().map(|(code, _)| *code).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
