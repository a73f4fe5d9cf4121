//! Genuine files, bent: what `fuzz/` runs without end, for a short time and always with the same seeds.

#[path = "../../fuzz/files.rs"]
#[allow(unreachable_pub, clippy::as_conversions)]
mod files;

use std::path::Path;

use dirchain_evidence::Checkpoint;
use dirchain_evidence::note::{KeyKind, LogHead, SignedNote, VerifierKey};
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::testing::{Ledger, head, labelled_key};

use crate::config::Config;
use crate::import::sheet::{FileKind, template};
use crate::keys::{Cost, Passphrase, SealedKey};

/// Bent files of each kind.
const CASES: u64 = 400;

const ROW: &str = "部门信息资源,企业年报信息,307001024/000910,,D024,企业年度报告的公示信息。,库表,企业名称,字符型(200),有条件共享,限信用监管业务,接口查询,不予开放,每年,2026-01-05,0100,Z-D024-01,2\n";
const LOG: &str = "time,reader,fields,rows,denied,note\n2026-01-02T03:00:00+08:00,D005,1;2,5,false,\"a, b\"\n{\"time\":1767297600000,\"reader\":\"D006\",\"fields\":[3],\"denied\":true}\n";
const DATA_JSON: &str = r#"{"conformsTo":"https://project-open-data.cio.gov/v1.1/schema","dataset":[{"identifier":"A-1","title":"Wages","accessLevel":"public","publisher":{"name":"One"},"accrualPeriodicity":"R/P1Y","distribution":[{"title":"x","accessURL":"https://example.org"}]}]}"#;
const TURTLE: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n@prefix dct: <http://purl.org/dc/terms/> .\n<urn:d> a dcat:Dataset ; dct:identifier \"A-1\" ; dct:title \"Wages\"@en ; dcat:keyword \"bee\", \"honey\" .\n";

/// Bytes changed, cut off, put in, or taken from elsewhere; the same for a case on every machine.
fn bend(genuine: &[u8], case: u64) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    let digest = blake3::hash(&case.to_le_bytes());
    let chance = digest.as_bytes();
    for step in chance.chunks_exact(6).take(usize::from(chance[31] % 4) + 1) {
        let place = usize::from(step[0]) << 16 | usize::from(step[1]) << 8 | usize::from(step[2]);
        let at = place % bytes.len().max(1);
        match step[3] % 5 {
            0 if !bytes.is_empty() => bytes[at] = step[4],
            1 => bytes.truncate(at),
            2 => bytes.insert(at, step[4]),
            3 if !bytes.is_empty() => {
                let from = usize::from(step[5]) * 131 % bytes.len();
                let piece = bytes[from..(from + usize::from(step[4])).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ if bytes.len() > at + 4 => bytes[at..at + 4].fill(step[4]),
            _ => {}
        }
    }
    bytes
}

/// A genuine file of each kind.
fn genuine(name: &str) -> Vec<u8> {
    match name {
        "sheet_csv" => {
            let mut csv = template(FileKind::Csv).unwrap();
            csv.extend_from_slice(ROW.as_bytes());
            csv
        }
        "sheet_xlsx" => template(FileKind::Xlsx).unwrap(),
        "catalogue_dcat_us" => DATA_JSON.into(),
        "catalogue_dcat_ap" => TURTLE.into(),
        "receipts_log" => LOG.into(),
        "config" => Config::new("D035-1".parse().unwrap()).to_text().into(),
        "description" => crate::description::tests::text().into(),
        "tokens" => format!("reader {}\n# gateway\n", "ab".repeat(32)).into(),
        "sealed_key" => {
            let cost = Cost {
                memory_kib: 8,
                passes: 1,
                lanes: 1,
            };
            let sealed = SealedKey::seal(&head("D001"), &Passphrase::new("x"), cost);
            serde_json::to_vec(&sealed.unwrap()).unwrap()
        }
        "note" => note().to_string().into(),
        "verifier_key" => witness().to_string().into(),
        "checkpoint" => {
            let ledger = Ledger::default();
            let header = ledger.build(&[]).block.header;
            let validators = ledger.tip.validators.clone();
            let pin = Checkpoint::new(header, validators.clone(), validators);
            serde_json::to_vec(&pin).unwrap()
        }
        other => panic!("no genuine file of {other}"),
    }
}

fn witness() -> VerifierKey {
    VerifierKey::new("witness.example", KeyKind::Cosignature, key().public()).unwrap()
}

fn key() -> SecretKey {
    labelled_key("witness")
}

fn note() -> SignedNote {
    let mut note = SignedNote::of(LogHead {
        origin: "dirchain/example".to_owned(),
        size: 7,
        root: Hash([3; 32]),
    });
    note.cosign(&witness(), &key(), 1_767_225_600);
    note
}

#[test]
fn bent_files_do_no_harm() {
    for (name, check) in files::ALL {
        let genuine = genuine(name);
        check(&genuine);
        for case in 0..CASES {
            check(&bend(&genuine, case));
        }
    }
}

/// Else what is bent were bent from something that is refused for another reason.
#[test]
fn genuine_files_are_read() {
    for (name, kind) in [("sheet_csv", FileKind::Csv), ("sheet_xlsx", FileKind::Xlsx)] {
        let sheet = crate::import::sheet::read(&genuine(name), kind, None).unwrap();
        crate::import::sheet::entries(&sheet).unwrap();
    }
    let us = crate::import::dcat_us::parse(DATA_JSON.as_bytes()).unwrap();
    let ap = crate::import::dcat_ap::parse(TURTLE.as_bytes()).unwrap();
    assert_eq!((us.rows.len(), ap.rows.len()), (1, 1));
    let mut log = crate::receipts::Entries::new(LOG.as_bytes());
    assert!(log.next().is_some_and(|entry| entry.is_ok()));
    let text = |name: &str| String::from_utf8(genuine(name)).unwrap();
    Config::parse(&text("config"), Path::new("config.toml")).unwrap();
    let description = text("description");
    crate::description::Description::parse(&description, Path::new("chain.toml")).unwrap();
    dirchain_explorer::Tokens::parse(&text("tokens")).unwrap();
    serde_json::from_slice::<SealedKey>(&genuine("sealed_key")).unwrap();
    serde_json::from_slice::<Checkpoint>(&genuine("checkpoint")).unwrap();
    let read = SignedNote::parse(&text("note")).unwrap();
    assert_eq!(read.verify(&witness()), Ok(Some(1_767_225_600)));
    assert_eq!(text("verifier_key").parse(), Ok(witness()));
}
