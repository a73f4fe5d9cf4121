//! What must hold of any file or body that a person gives the program `dirchain`, or a witness sends it: no panic, no
//! reading without end, and what reads is written and reads as the same. Run by the targets beside this file (with the
//! feature `files`), and for a short time, over bent genuine files, by `node/src/hostile.rs`.

use std::path::Path;

use dirchain::config::Config;
use dirchain::description::Description;
use dirchain::import::sheet::{self, FileKind};
use dirchain::import::{dcat_ap, dcat_us};
use dirchain::keys::SealedKey;
use dirchain::receipts::Entries;
use dirchain_evidence::Checkpoint;
use dirchain_evidence::note::{SignedNote, VerifierKey};
use dirchain_explorer::Tokens;

/// One property of any bytes.
pub type Check = fn(&[u8]);

/// Every check, by the name of its target.
pub const ALL: [(&str, Check); 12] = [
    ("sheet_csv", sheet_csv),
    ("sheet_xlsx", sheet_xlsx),
    ("catalogue_dcat_us", catalogue_dcat_us),
    ("catalogue_dcat_ap", catalogue_dcat_ap),
    ("receipts_log", receipts_log),
    ("config", config),
    ("description", description),
    ("tokens", tokens),
    ("sealed_key", sealed_key),
    ("note", note),
    ("verifier_key", verifier_key),
    ("checkpoint", checkpoint),
];

/// Reads JSON of a type, writes it, and reads it again.
macro_rules! reads_again {
    ($type:ty, $bytes:expr) => {
        if let Ok(value) = serde_json::from_slice::<$type>($bytes) {
            let text = serde_json::to_vec(&value).expect("what was JSON");
            let again: $type = serde_json::from_slice(&text).expect("what was JSON");
            let text_again = serde_json::to_vec(&again).expect("what was JSON");
            assert_eq!(text_again, text);
        }
    };
}

/// A sheet as a spreadsheet saves it in CSV.
pub fn sheet_csv(bytes: &[u8]) {
    sheet_of(bytes, FileKind::Csv);
}

/// A workbook.
pub fn sheet_xlsx(bytes: &[u8]) {
    sheet_of(bytes, FileKind::Xlsx);
}

/// Every row belongs to one entry at most, and is one of the sheet's.
fn sheet_of(bytes: &[u8], kind: FileKind) {
    let Ok(sheet) = sheet::read(bytes, kind, None) else {
        return;
    };
    let Ok(entries) = sheet::entries(&sheet) else {
        return;
    };
    let mut rows: Vec<u32> = entries.rows.values().flatten().copied().collect();
    let count = rows.len();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), count, "a row in two entries");
    let is_there = |row: &u32| sheet.rows.iter().any(|of| of.number == *row);
    assert!(rows.iter().all(is_there), "a row that is not there");
}

/// A catalogue as `data.json`.
pub fn catalogue_dcat_us(bytes: &[u8]) {
    drop(dcat_us::parse(bytes));
}

/// A catalogue as Turtle or JSON-LD.
pub fn catalogue_dcat_ap(bytes: &[u8]) {
    drop(dcat_ap::parse(bytes));
}

/// A gateway's access log.
pub fn receipts_log(bytes: &[u8]) {
    let mut entries = Entries::new(bytes);
    while let Some(Ok(_)) = entries.next() {}
    assert!(entries.bytes() <= bytes.len() as u64);
}

/// A node's configuration.
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let path = Path::new("config.toml");
    if let Ok(config) = Config::parse(text, path) {
        let again = Config::parse(&config.to_text(), path);
        assert_eq!(again.expect("what was a configuration"), config);
    }
}

/// A chain's beginning as people describe it.
pub fn description(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let described = Description::parse(text, Path::new("chain.toml"));
    if let Ok(genesis) = described.and_then(Description::genesis) {
        assert!(genesis.check().is_ok(), "what is made is a genesis");
    }
}

/// Who may ask a node.
pub fn tokens(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Tokens::parse(text));
    }
}

/// A key under its passphrase.
pub fn sealed_key(bytes: &[u8]) {
    reads_again!(SealedKey, bytes);
}

/// A signed checkpoint of a log, from a witness or another node.
pub fn note(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(note) = SignedNote::parse(text) {
        let again = SignedNote::parse(&note.to_string());
        assert_eq!(again.ok(), Some(note));
    }
}

/// A log's or witness's key as it is handed around.
pub fn verifier_key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text.trim());
    }
}

/// A block that somebody pinned.
pub fn checkpoint(bytes: &[u8]) {
    reads_again!(Checkpoint, bytes);
}
