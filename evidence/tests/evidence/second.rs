//! The second verifier, written from the format's description in another language, agrees.
//!
//! `make verifier-py` puts its two packages into an environment outside the checkout; another
//! Python that has them is named by DIRCHAIN_VERIFIER_PYTHON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use dirchain_evidence::answers::Range;
use dirchain_evidence::limits::BUNDLE_BYTES_MAX;
use dirchain_evidence::testing::World;
use dirchain_evidence::testing::forgeries::{good, story};
use dirchain_evidence::uses::Sealed;
use dirchain_evidence::{Anchor, Claim, Proven, Reason, verify};
use dirchain_ledger::access::who_may_read;
use dirchain_ledger::ids::{FieldNumber, Height, Moment, TimeMs};
use dirchain_ledger::testing::{APPLICANT, BYSTANDER, GENESIS_TIME, code, id};
use serde_json::Value;

use crate::forged::{EXTENSION, vectors, vectors_folder};
use crate::python;

/// Verdicts of the second verifier, one for each file.
pub(crate) fn second(dir: &Path, files: &[PathBuf], arguments: &[String]) -> Vec<Value> {
    let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap())
        .join("../tests/verifier_py/verifier.py");
    let output = Command::new(python::verifier())
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

/// Each file in the folder of vectors, judged by the second verifier. The too large one is made here.
#[test]
fn both_verifiers_refuse_every_forgery_for_the_same_reason() {
    let dir = vectors_folder();
    let chain = std::fs::read_to_string(dir.join("chain.txt")).unwrap();
    let path_of = |name: &str| dir.join(name).display().to_string();
    let mut by_anchor: BTreeMap<Option<String>, Vec<(PathBuf, Option<String>)>> = BTreeMap::new();
    for vector in vectors() {
        let path = dir.join(format!("{}.{EXTENSION}", vector.name));
        let group = by_anchor.entry(vector.checkpoint).or_default();
        group.push((path, vector.code));
    }
    let large = folder("forgeries").join("too-large");
    std::fs::write(&large, vec![0; BUNDLE_BYTES_MAX + 1]).unwrap();
    let group = by_anchor.entry(None).or_default();
    group.push((large, Some("too-large".to_owned())));
    let mut wrong = Vec::new();
    for (checkpoint, files) in by_anchor {
        let arguments = match checkpoint {
            Some(name) => vec!["--checkpoint".to_owned(), path_of(&name)],
            None => {
                let genesis = path_of("genesis.json");
                let chain = chain.trim().to_owned();
                ["--genesis".to_owned(), genesis, "--chain".to_owned(), chain].to_vec()
            }
        };
        let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
        let verdicts = second(&dir, &paths, &arguments);
        for ((path, expected), verdict) in files.iter().zip(&verdicts) {
            if code_of(verdict) != expected.as_deref() {
                wrong.push((path.clone(), expected.clone(), verdict.to_string()));
            }
        }
    }
    assert!(wrong.is_empty(), "file, expected, found: {wrong:#?}");
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

/// What both verifiers tell of every batch.
pub(crate) fn told_uses(proven: &Proven) -> Value {
    let sealed = |side: &Option<Sealed>| match side {
        None => Value::Null,
        Some(sealed) => {
            let counted = &sealed.counted;
            serde_json::json!({
                "to": counted.to, "calls": counted.calls, "denied": counted.denied, "rows": counted.rows,
                "fields": counted.fields, "root": sealed.root, "key": sealed.key, "at": sealed.at,
            })
        }
    };
    let uses = proven.uses().unwrap().into_iter().map(|used| {
        let value = serde_json::json!({
            "provider": sealed(&used.provider), "consumer": sealed(&used.consumer),
            "contested": used.contested,
        });
        (used.batch.to_string(), value)
    });
    Value::Object(uses.collect())
}

#[test]
fn both_verifiers_tell_who_did() {
    let (world, dir) = (story(), folder("uses"));
    let path = dir.join("good.dirchain-proof");
    std::fs::write(&path, good()).unwrap();
    let proven = verify(&good(), Anchor::Genesis(&world.genesis), &[]).unwrap();
    let verdicts = second(&dir, &[path], &genesis_arguments(&dir, &world));
    assert_eq!(verdicts[0]["uses"], told_uses(&proven));
    assert_eq!(verdicts[0]["uses"].as_object().unwrap().len(), 3);
}

#[test]
fn both_verifiers_judge_claims_alike() {
    let (world, dir) = (story(), folder("claims"));
    let path = dir.join("good.dirchain-proof");
    std::fs::write(&path, good()).unwrap();
    let proven = verify(&good(), Anchor::Genesis(&world.genesis), &[]).unwrap();
    let until = proven.until;
    let mut claims = Vec::new();
    for department in [APPLICANT, BYSTANDER] {
        for (field, from, to) in [
            (1, 0, 1),
            (2, 0, 1),
            (2, 4_500, 5_000 - until.time.0 + GENESIS_TIME.0),
            (4, 0, 1),
            (2, 0, 2),
        ] {
            let range = Range {
                from: TimeMs(GENESIS_TIME.0 + from),
                to: TimeMs(until.time.0 + to),
            };
            let claim = Claim::NeverGranted {
                department: id(department),
                field: FieldNumber(field),
                range,
            };
            let (from, to) = (range.from.0.to_string(), range.to.0.to_string());
            let field = field.to_string();
            let words = ["--never-granted", department, &field, &from, &to];
            claims.push((claim, words.map(str::to_owned).to_vec()));
        }
    }
    for height in [Height(0), Height(1), until.height, until.height.next()] {
        let words = ["--absent".to_owned(), height.to_string()];
        claims.push((Claim::Absent { height }, words.to_vec()));
    }
    let mut codes = BTreeSet::new();
    for (claim, words) in claims {
        let arguments = [genesis_arguments(&dir, &world), words].concat();
        let verdicts = second(&dir, std::slice::from_ref(&path), &arguments);
        let ours = claim.judge(&proven).err().map(|reason| reason.code());
        assert_eq!(code_of(&verdicts[0]), ours, "{claim:?}");
        codes.insert(ours);
    }
    let all = [None, Some("existed"), Some("past-tip"), Some("was-granted")];
    assert_eq!(codes, BTreeSet::from(all));
}

/// Short enough to be read whole.
#[test]
fn the_second_verifier_is_at_most_800_lines() {
    let script = include_str!("../../../tests/verifier_py/verifier.py");
    let count = script.lines().count();
    assert!(count <= 800, "{count}");
}

#[test]
fn reasons_have_one_name_each() {
    let mut names: Vec<&str> = Reason::CODES.iter().map(|(code, _)| *code).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
