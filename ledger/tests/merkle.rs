//! The Merkle tree of lists: shape, what a path binds, and its frozen format.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::merkle::{PathError, Streaming, StreamingPath, path, root, verify_path};

const NODE: Domain = Domain::ActionNode;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count)
        .map(|n| hash(Domain::ActionLeaf, &[&n.to_le_bytes()]))
        .collect()
}

fn node(left: Hash, right: Hash) -> Hash {
    hash(NODE, &[&left.0, &right.0])
}

fn bound(count: u64, top: Hash) -> Hash {
    hash(NODE, &[&count.to_le_bytes(), &top.0])
}

#[test]
fn the_shape_is_that_of_rfc_6962() {
    assert_eq!(root(NODE, &[]), Hash::ZERO);
    let l = leaves(7);
    assert_eq!(root(NODE, &l[..1]), bound(1, l[0]));
    assert_eq!(root(NODE, &l[..2]), bound(2, node(l[0], l[1])));
    assert_eq!(root(NODE, &l[..3]), bound(3, node(node(l[0], l[1]), l[2])));
    let left = node(node(l[0], l[1]), node(l[2], l[3]));
    assert_eq!(root(NODE, &l[..5]), bound(5, node(left, l[4])));
    assert_eq!(
        root(NODE, &l),
        bound(7, node(left, node(node(l[4], l[5]), l[6])))
    );
    assert_eq!(path(NODE, &l, 4), Some(vec![l[5], l[6], left]));
    assert_eq!(path(NODE, &l, 6), Some(vec![node(l[4], l[5]), left]));
    assert_eq!(path(NODE, &l, 7), None);
    assert_eq!(path(NODE, &l, u64::MAX), None);
    assert_eq!(path(NODE, &[], 0), None);
}

#[test]
fn a_path_binds_leaf_index_and_count() {
    const COUNT_MAX: u64 = 34;
    for count in 1..=COUNT_MAX {
        let leaves = leaves(count);
        let root = root(NODE, &leaves);
        for (index, leaf) in (0..count).zip(&leaves) {
            let path = path(NODE, &leaves, index).unwrap();
            assert_eq!(verify_path(NODE, &root, leaf, index, count, &path), Ok(()));
            for other_count in 0..=COUNT_MAX + 1 {
                for other_index in 0..=COUNT_MAX + 1 {
                    let verdict = verify_path(NODE, &root, leaf, other_index, other_count, &path);
                    assert_eq!(
                        verdict.is_ok(),
                        (other_index, other_count) == (index, count)
                    );
                }
            }
            for (other_index, other) in (0..count).zip(&leaves) {
                let verdict = verify_path(NODE, &root, other, index, count, &path);
                assert_eq!(verdict.is_ok(), other_index == index);
            }
            let other_domain = Domain::TransactionNode;
            assert!(verify_path(other_domain, &root, leaf, index, count, &path).is_err());
        }
    }
}

#[test]
fn an_altered_path_fails() {
    for count in [1, 2, 3, 7, 8, 13] {
        let leaves = leaves(count);
        let root = root(NODE, &leaves);
        for (index, leaf) in (0..count).zip(&leaves) {
            let path = path(NODE, &leaves, index).unwrap();
            let verify = |path: &[Hash]| verify_path(NODE, &root, leaf, index, count, path);
            for position in 0..path.len() {
                for byte in 0..32 {
                    let mut altered = path.clone();
                    altered[position].0[byte] ^= 1;
                    assert!(matches!(
                        verify(&altered),
                        Err(PathError::RootMismatch { .. })
                    ));
                }
                let mut swapped = path.clone();
                swapped.swap(position, 0);
                assert_eq!(verify(&swapped).is_ok(), position == 0);
                let found = position;
                let too_short = Err(PathError::WrongLength {
                    index,
                    count,
                    found,
                });
                assert_eq!(verify(&path[..position]), too_short);
            }
            let too_long = [path.clone(), vec![root]].concat();
            let found = too_long.len();
            assert_eq!(
                verify(&too_long),
                Err(PathError::WrongLength {
                    index,
                    count,
                    found
                })
            );
        }
    }
}

#[test]
fn what_is_not_in_the_list_is_named() {
    let verify = |index, count| verify_path(NODE, &Hash::ZERO, &Hash::ZERO, index, count, &[]);
    assert_eq!(
        verify(0, 0),
        Err(PathError::IndexOutOfRange { index: 0, count: 0 })
    );
    assert_eq!(
        verify(5, 5),
        Err(PathError::IndexOutOfRange { index: 5, count: 5 })
    );
    let (index, count) = (u64::MAX - 1, u64::MAX);
    assert_eq!(
        verify(index, count),
        Err(PathError::WrongLength {
            index,
            count,
            found: 0
        })
    );
    let long = vec![Hash::ZERO; 1_000];
    let verdict = verify_path(NODE, &Hash::ZERO, &Hash::ZERO, index, count, &long);
    assert_eq!(
        verdict,
        Err(PathError::WrongLength {
            index,
            count,
            found: 1_000
        })
    );
}

/// The format is frozen: these hashes never change.
#[test]
fn golden() {
    let roots: Vec<String> = [1, 2, 3, 500]
        .map(|count| root(NODE, &leaves(count)).to_string())
        .into();
    assert_eq!(
        roots,
        [
            "c271c74331449e84e528f403975471c5db251a14b4d37637831829d99592f1dc",
            "7b18bbffd766e675281c757e9effa068d3d3ca5a2290e35d2192304664a14760",
            "2e9c642b4ef8cd76b16b89333e03bddc71bd620414ea9a3742da5f4353b70701",
            "bddc2c1e985b3f566521908307334ed7fe36770839f456c36b4f490111ed9898"
        ]
    );
    assert_eq!(
        root(Domain::TransactionNode, &leaves(3)).to_string(),
        "163760949bf3dada0449f792579f69bd9f6c185b7f8c429c93a9a224d6bd0394"
    );
}

#[test]
fn streaming_gives_the_same_roots_and_paths() {
    let mut grown = Streaming::new(NODE);
    assert_eq!(grown.root(), Hash::ZERO);
    for count in 1..=70u64 {
        let leaves = leaves(count);
        grown.push(leaves[leaves.len() - 1]);
        assert_eq!(grown.count(), count);
        assert_eq!(grown.root(), root(NODE, &leaves), "{count}");
        for index in 0..count {
            let mut streaming = StreamingPath::new(NODE, index, count).unwrap();
            for leaf in &leaves[1..] {
                streaming.push(*leaf);
            }
            assert_eq!(streaming.path(), None, "a leaf is missing");
            let mut streaming = StreamingPath::new(NODE, index, count).unwrap();
            for leaf in &leaves {
                streaming.push(*leaf);
            }
            assert_eq!(
                streaming.path(),
                path(NODE, &leaves, index),
                "{index} of {count}"
            );
        }
        assert!(StreamingPath::new(NODE, count, count).is_none());
    }
    assert!(StreamingPath::new(NODE, 0, 0).is_none());
}
