//! Forged files are refused, each for its reason. They stand as files in `tests/vectors/evidence`, for
//! whoever writes another verifier; code makes them, and UPDATE_VECTORS=1 writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dirchain_evidence::limits::BUNDLE_BYTES_MAX;
use dirchain_evidence::testing::forgeries::{Forgery, forgeries, good, story};
use dirchain_evidence::{Anchor, Checkpoint, Reason, verify};
use dirchain_ledger::genesis::Genesis;
use serde::{Deserialize, Serialize};

/// One file in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vector {
    /// What was done to the good file; its file is `NAME.dirchain-proof`.
    pub(crate) name: String,
    /// The reason's code; none for the good file.
    pub(crate) code: Option<String>,
    /// The pinned block's file to verify it against; the genesis when there is none.
    pub(crate) checkpoint: Option<String>,
}

pub(crate) const EXTENSION: &str = "dirchain-proof";

/// Where the files are; written anew, once, when that is asked for.
pub(crate) fn vectors_folder() -> PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let dir = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap())
            .join("../tests/vectors/evidence");
        if std::env::var_os("UPDATE_VECTORS").is_some() {
            if dir.exists() {
                std::fs::remove_dir_all(&dir).unwrap();
            }
            std::fs::create_dir_all(&dir).unwrap();
            for (name, bytes) in contents() {
                std::fs::write(dir.join(name), bytes).unwrap();
            }
        }
        dir
    });
    FOLDER.clone()
}

/// The folder's list.
pub(crate) fn vectors() -> Vec<Vector> {
    let text = std::fs::read(vectors_folder().join("index.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Every forgery that is small enough for a repository.
fn kept() -> Vec<Forgery> {
    let mut forged = forgeries();
    forged.retain(|forgery| forgery.bytes.len() < BUNDLE_BYTES_MAX);
    forged
}

/// What the folder holds, by name.
fn contents() -> BTreeMap<String, Vec<u8>> {
    let world = story();
    let json = |value: serde_json::Value| {
        let mut text = serde_json::to_string_pretty(&value).unwrap();
        text.push('\n');
        text.into_bytes()
    };
    let mut index = vec![Vector {
        name: "good".to_owned(),
        code: None,
        checkpoint: None,
    }];
    let mut files = BTreeMap::new();
    files.insert(format!("good.{EXTENSION}"), good());
    let genesis = serde_json::to_value(&world.genesis).unwrap();
    files.insert("genesis.json".to_owned(), json(genesis));
    let chain = format!("{}\n", world.chain());
    files.insert("chain.txt".to_owned(), chain.into_bytes());
    for forgery in kept() {
        let checkpoint = forgery.checkpoint.map(|checkpoint| {
            let name = format!("pin-{}.json", checkpoint.header.height);
            let text = serde_json::to_value(checkpoint).unwrap();
            files.insert(name.clone(), json(text));
            name
        });
        files.insert(format!("{}.{EXTENSION}", forgery.name), forgery.bytes);
        index.push(Vector {
            name: forgery.name.to_owned(),
            code: Some(forgery.code.to_owned()),
            checkpoint,
        });
    }
    let index = serde_json::to_value(index).unwrap();
    files.insert("index.json".to_owned(), json(index));
    files
}

#[test]
fn the_files_in_the_folder_are_those_that_code_makes() {
    let (dir, made) = (vectors_folder(), contents());
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        found.insert(name, std::fs::read(path).unwrap());
    }
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<BTreeSet<_>>();
    let write = "a format changed: UPDATE_VECTORS=1 writes tests/vectors/evidence anew";
    assert_eq!(names(&found), names(&made), "{write}");
    let other: Vec<&String> = made
        .iter()
        .filter(|(name, bytes)| found.get(*name) != Some(*bytes))
        .map(|(name, _)| name)
        .collect();
    assert!(other.is_empty(), "{write}: {other:?}");
}

#[test]
fn every_file_in_the_folder_is_judged_as_stated() {
    let dir = vectors_folder();
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let genesis: Genesis = serde_json::from_slice(&read("genesis.json")).unwrap();
    let (mut names, mut wrong) = (BTreeSet::new(), Vec::new());
    for vector in vectors() {
        let checkpoint: Option<Checkpoint> = vector
            .checkpoint
            .as_ref()
            .map(|name| serde_json::from_slice(&read(name)).unwrap());
        let anchor = match &checkpoint {
            Some(checkpoint) => Anchor::Checkpoint(checkpoint),
            None => Anchor::Genesis(&genesis),
        };
        let bytes = read(&format!("{}.{EXTENSION}", vector.name));
        let found = verify(&bytes, anchor, &[]).err();
        let found = found.map(|reason| reason.code().to_owned());
        assert!(names.insert(vector.name.clone()), "{} twice", vector.name);
        if found != vector.code {
            wrong.push((vector, found));
        }
    }
    assert!(wrong.is_empty(), "expected, found: {wrong:#?}");
    assert!(names.len() > 40, "{}", names.len());
}

/// Those too large to be kept as files too.
#[test]
fn every_forgery_is_refused_for_its_reason() {
    let world = story();
    let mut wrong = Vec::new();
    for forgery in forgeries() {
        let anchor = match &forgery.checkpoint {
            Some(checkpoint) => Anchor::Checkpoint(checkpoint),
            None => Anchor::Genesis(&world.genesis),
        };
        let found = verify(&forgery.bytes, anchor, &[]).err();
        let found = found.as_ref().map(Reason::code);
        if found != Some(forgery.code) {
            wrong.push((forgery.name, forgery.code, found));
        }
    }
    assert!(wrong.is_empty(), "name, expected, found: {wrong:#?}");
}
