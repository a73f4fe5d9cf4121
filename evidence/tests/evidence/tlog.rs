//! The header log as a transparency log.

use std::collections::BTreeMap;
use std::convert::Infallible;

use dirchain_evidence::note::{KeyKind, LogHead, SignedNote, VerifierKey};
use dirchain_evidence::tlog::{GrowthError, Tile, TileLog, check_growth, proof};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::{
    Frontier, LogNodes, inclusion_proof, leaf_hash, verify_inclusion,
};
use dirchain_ledger::testing::labelled_key;
use proptest::prelude::*;

#[derive(Clone, Default)]
struct Log {
    nodes: BTreeMap<(u8, u64), Hash>,
    frontier: Frontier,
    roots: Vec<Hash>,
}

impl Log {
    fn of(size: u64, seed: &str) -> Self {
        let mut log = Self::default();
        log.roots.push(log.frontier.root());
        for leaf in 0..size {
            let leaf = leaf_hash(format!("{seed} {leaf}").as_bytes());
            for node in log.frontier.append(leaf).unwrap() {
                log.nodes.insert((node.level, node.index), node.hash);
            }
            log.roots.push(log.frontier.root());
        }
        log
    }

    fn head(&self, size: u64) -> LogHead {
        LogHead {
            origin: "dirchain/test".to_owned(),
            size,
            root: self.roots[usize::try_from(size).unwrap()],
        }
    }

    fn tiles(&self, size: u64) -> TileLog<impl Fn(Tile) -> Result<Vec<u8>, Infallible> + '_> {
        TileLog::new(size, move |tile: Tile| {
            // As over the wire: by its path, of the log as it is now.
            let tile = Tile::parse(&tile.to_string()).unwrap();
            Ok(tile.hashes(self, self.frontier.size()).unwrap().unwrap())
        })
    }
}

impl LogNodes for Log {
    type Error = Infallible;
    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Infallible> {
        Ok(self.nodes.get(&(level, index)).copied())
    }
}

#[test]
fn paths_of_tiles_are_those_of_the_specification() {
    let tile = |level, index, width| Tile {
        level,
        index,
        width,
    };
    for (path, expected) in [
        ("0/x001/x234/067", tile(Some(0), 1_234_067, 256)),
        ("1/000", tile(Some(1), 0, 256)),
        ("0/x001/234.p/5", tile(Some(0), 1_234, 5)),
        ("entries/017.p/255", tile(None, 17, 255)),
    ] {
        assert_eq!(Tile::parse(path), Some(expected), "{path}");
        assert_eq!(expected.to_string(), path);
    }
    for bad in [
        "0/1",
        "00/000",
        "0/x000/001",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "8/000",
        "0",
        "entries",
        "-1/000",
        "0/x001",
        "0/0001",
        "0/001/002",
        "0/x001/x002",
        "1/000/",
        "0/+01",
    ] {
        assert_eq!(Tile::parse(bad), None, "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn tiles_tell_every_node(size in 1u64..1500, index in any::<prop::sample::Index>()) {
        let log = Log::of(size, "a");
        let index = index.index(size as usize) as u64;
        let own = inclusion_proof(&log, index, size).unwrap();
        prop_assert_eq!(&inclusion_proof(&log.tiles(size), index, size).unwrap(), &own);
        let leaf = log.nodes[&(0, index)];
        let root = log.head(size).root;
        verify_inclusion(&root, &leaf, index, size, &own).unwrap();
    }

    #[test]
    fn growth_is_accepted_and_a_fork_is_told(old in 1u64..700, more in 0u64..700, at in any::<prop::sample::Index>()) {
        let log = Log::of(old + more, "a");
        let (before, now) = (log.head(old), log.head(old + more));
        prop_assert_eq!(check_growth(&log.tiles(now.size), &before, &now), Ok(()));
        prop_assert_eq!(check_growth(&log.tiles(now.size), &now, &before), Ok(()));
        let mut other = before.clone();
        let byte = at.index(32);
        other.root.0[byte] ^= 1;
        let told = check_growth(&log.tiles(now.size), &other, &now);
        prop_assert!(matches!(told, Err(GrowthError::Fork { .. })), "{:?}", told);
    }
}

#[test]
fn another_history_is_a_fork() {
    let (one, other) = (Log::of(300, "a"), Log::of(400, "b"));
    let told = check_growth(&other.tiles(400), &one.head(300), &other.head(400));
    assert!(matches!(told, Err(GrowthError::Fork { .. })), "{told:?}");
}

#[test]
fn a_checkpoint_is_signed_cosigned_and_read_back() {
    let log = Log::of(20, "a");
    let (log_secret, witness_secret) = (labelled_key("log"), labelled_key("witness"));
    let key = VerifierKey::new("dirchain/test", KeyKind::Note, log_secret.public()).unwrap();
    let kind = KeyKind::Cosignature;
    let witness = VerifierKey::new("witness.example", kind, witness_secret.public()).unwrap();
    let mut note = SignedNote::of(log.head(20));
    note.sign(&key, &log_secret);
    assert!(note.verify(&witness).is_err());
    note.cosign(&witness, &witness_secret, 1_700_000_000);
    let read = SignedNote::parse(&note.to_string()).unwrap();
    assert_eq!(read, note);
    assert_eq!(read.verify(&key), Ok(None));
    assert_eq!(read.verify(&witness), Ok(Some(1_700_000_000)));
    let stranger = VerifierKey::new("witness.example", kind, labelled_key("x").public()).unwrap();
    assert!(read.verify(&stranger).is_err());
    let altered = note.to_string().replace("\n20\n", "\n21\n");
    let altered = SignedNote::parse(&altered).unwrap();
    assert!(altered.verify(&key).is_err() && altered.verify(&witness).is_err());
    for key in [key, witness] {
        assert_eq!(key.to_string().parse(), Ok(key));
    }
    let text = proof(&log, 7, &note).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
    assert_eq!(lines.next(), Some("index 7"));
    assert!(text.ends_with(&note.to_string()));
}

/// The example of C2SP tlog-checkpoint, with the key that its signature line names.
#[test]
fn the_specifications_own_note_is_read() {
    let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let read = SignedNote::parse(note).unwrap();
    assert_eq!(read.head.size, 20_852_163);
    assert_eq!(read.to_string(), note);
}
