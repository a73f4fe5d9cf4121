//! The header log against RFC 6962: known vectors, and its recursive definitions for all sizes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use dirchain_ledger::codec;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::{
    ConsistencyError, Frontier, LogError, LogNodes, consistency_proof, empty_root, inclusion_proof,
    leaf_hash, verify_consistency, verify_inclusion,
};
use dirchain_ledger::merkle::PathError;
use sha2::{Digest, Sha256};

/// All pairs of sizes up to here are tried: past the first node of level 7.
const SIZE_MAX: u64 = 130;

#[derive(Default)]
struct Nodes(BTreeMap<(u8, u64), Hash>);

impl LogNodes for Nodes {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

/// The data of leaf `n` in the tests over all sizes.
fn data(n: u64) -> Vec<u8> {
    n.to_be_bytes().to_vec()
}

/// A log over `leaves`: its frontier, nodes, and the root at each size.
fn log(leaves: &[Vec<u8>]) -> (Frontier, Nodes, Vec<Hash>) {
    let mut frontier = Frontier::default();
    let mut nodes = Nodes::default();
    let mut roots = vec![frontier.root()];
    for leaf in leaves {
        for node in frontier.append(leaf_hash(leaf)).unwrap() {
            assert_eq!(nodes.0.insert((node.level, node.index), node.hash), None);
        }
        roots.push(frontier.root());
    }
    (frontier, nodes, roots)
}

fn long_log() -> (Vec<Vec<u8>>, Nodes, Vec<Hash>) {
    let leaves: Vec<_> = (0..SIZE_MAX).map(data).collect();
    let (_, nodes, roots) = log(&leaves);
    (leaves, nodes, roots)
}

/// RFC 6962, section 2.1, word for word: `k` is the largest power of two smaller than `n`.
mod rfc {
    use super::*;

    fn k(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    pub(super) fn mth(d: &[Vec<u8>]) -> Hash {
        let digest = match d {
            [] => Sha256::digest([]),
            [leaf] => Sha256::digest([&[0], leaf.as_slice()].concat()),
            _ => {
                let (left, right) = d.split_at(k(d.len()));
                Sha256::digest([&[1], &mth(left).0[..], &mth(right).0[..]].concat())
            }
        };
        Hash(digest.into())
    }

    pub(super) fn path(m: usize, d: &[Vec<u8>]) -> Vec<Hash> {
        if d.len() == 1 {
            return vec![];
        }
        let k = k(d.len());
        let (mut path, last) = if m < k {
            (path(m, &d[..k]), mth(&d[k..]))
        } else {
            (path(m - k, &d[k..]), mth(&d[..k]))
        };
        path.push(last);
        path
    }

    pub(super) fn proof(m: usize, d: &[Vec<u8>]) -> Vec<Hash> {
        subproof(m, d, true)
    }

    fn subproof(m: usize, d: &[Vec<u8>], is_known: bool) -> Vec<Hash> {
        if m == d.len() {
            return if is_known { vec![] } else { vec![mth(d)] };
        }
        let k = k(d.len());
        let (mut proof, last) = if m <= k {
            (subproof(m, &d[..k], is_known), mth(&d[k..]))
        } else {
            (subproof(m - k, &d[k..], false), mth(&d[..k]))
        };
        proof.push(last);
        proof
    }
}

/// Every hash of the proof with one bit changed, and the proof longer, shorter and out of order.
fn alterations(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[Hash::ZERO]].concat()];
    for position in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[position].0[position % 32] ^= 0x10;
        let mut removed = proof.to_vec();
        removed.remove(position);
        let mut doubled = proof.to_vec();
        doubled.insert(position, proof[position]);
        all.extend([flipped, removed, doubled]);
        if position > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(position, position - 1);
            all.push(swapped);
        }
    }
    all
}

fn at<T>(list: &[T], index: u64) -> &T {
    &list[usize::try_from(index).unwrap()]
}

/// The vectors of the Certificate Transparency reference implementation.
#[test]
fn certificate_transparency_vectors() {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .map(|leaf| hex::decode(leaf).unwrap());
    let (_, nodes, roots) = log(&leaves);
    let known = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    assert_eq!(roots.iter().map(Hash::to_string).collect::<Vec<_>>(), known);
    let text = |proof: Vec<Hash>| proof.iter().map(Hash::to_string).collect::<Vec<_>>();
    let of_five = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(text(inclusion_proof(&nodes, 5, 8).unwrap()), of_five);
    let of_zero = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(text(inclusion_proof(&nodes, 0, 8).unwrap()), of_zero);
    assert_eq!(text(consistency_proof(&nodes, 1, 8).unwrap()), of_zero);
    let six_to_eight = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(text(consistency_proof(&nodes, 6, 8).unwrap()), six_to_eight);
}

#[test]
fn every_root_and_inclusion_proof_is_that_of_the_rfc() {
    let (leaves, nodes, roots) = long_log();
    assert_eq!(roots[0], empty_root());
    for size in 0..=SIZE_MAX {
        let (root, leaves) = (at(&roots, size), &leaves[..usize::try_from(size).unwrap()]);
        assert_eq!(*root, rfc::mth(leaves));
        for index in 0..size {
            let proof = inclusion_proof(&nodes, index, size).unwrap();
            assert_eq!(proof, rfc::path(usize::try_from(index).unwrap(), leaves));
            let leaf = leaf_hash(&data(index));
            assert_eq!(verify_inclusion(root, &leaf, index, size, &proof), Ok(()));
        }
    }
}

#[test]
fn an_inclusion_proof_proves_nothing_else() {
    let (_, nodes, roots) = long_log();
    for size in [1, 2, 3, 5, 8, 21, 64, 100, SIZE_MAX] {
        let root = at(&roots, size);
        for index in 0..size {
            let proof = inclusion_proof(&nodes, index, size).unwrap();
            let leaf = leaf_hash(&data(index));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(verify_inclusion(root, &leaf, other, size, &proof).is_err());
                let other = leaf_hash(&data(other));
                assert!(verify_inclusion(root, &other, index, size, &proof).is_err());
            }
            for altered in alterations(&proof) {
                assert!(verify_inclusion(root, &leaf, index, size, &altered).is_err());
            }
            assert!(verify_inclusion(at(&roots, size - 1), &leaf, index, size, &proof).is_err());
        }
    }
}

#[test]
fn every_consistency_proof_is_that_of_the_rfc() {
    let (leaves, nodes, roots) = long_log();
    for new_size in 1..=SIZE_MAX {
        let new_root = at(&roots, new_size);
        let leaves = &leaves[..usize::try_from(new_size).unwrap()];
        for old_size in 1..=new_size {
            let old_root = at(&roots, old_size);
            let proof = consistency_proof(&nodes, old_size, new_size).unwrap();
            assert_eq!(
                proof,
                rfc::proof(usize::try_from(old_size).unwrap(), leaves)
            );
            let verify =
                |proof: &[Hash]| verify_consistency(old_root, old_size, new_root, new_size, proof);
            assert_eq!(verify(&proof), Ok(()));
            for altered in alterations(&proof) {
                assert!(verify(&altered).is_err(), "{old_size} {new_size}");
            }
            if old_size < new_size {
                let (old, new) = (old_root, new_root);
                let swapped = verify_consistency(new, old_size, old, new_size, &proof);
                assert!(swapped.is_err());
                let other_old = at(&roots, old_size - 1);
                assert!(verify_consistency(other_old, old_size, new, new_size, &proof).is_err());
                let other_new = at(&roots, new_size - 1);
                assert!(verify_consistency(old, old_size, other_new, new_size, &proof).is_err());
            }
        }
    }
}

/// The empty log is a prefix of every log, and each log of itself; no hashes are needed.
#[test]
fn consistency_with_the_empty_log_and_with_itself() {
    let (_, nodes, roots) = long_log();
    for size in 0..=SIZE_MAX {
        let (empty, root) = (empty_root(), at(&roots, size));
        assert_eq!(consistency_proof(&nodes, 0, size), Ok(vec![]));
        assert_eq!(verify_consistency(&empty, 0, root, size, &[]), Ok(()));
        assert_eq!(verify_consistency(root, size, root, size, &[]), Ok(()));
        assert!(verify_consistency(&empty, 0, root, size, &[Hash::ZERO]).is_err());
        assert!(verify_consistency(&Hash::ZERO, 0, root, size, &[]).is_err());
        assert!(verify_consistency(&Hash::ZERO, size, root, size, &[]).is_err());
    }
    assert!(verify_consistency(&Hash::ZERO, 0, &Hash::ZERO, 0, &[]).is_err());
}

/// A log with another leaf early on is no continuation.
#[test]
fn a_fork_is_not_consistent() {
    let (leaves, _, roots) = long_log();
    for changed in [0, 5, 12] {
        let mut forked = leaves.clone();
        forked[changed] = b"other".to_vec();
        let (_, nodes, forked_roots) = log(&forked);
        for old_size in 13..60 {
            let proof = consistency_proof(&nodes, old_size, 60).unwrap();
            let (old, new) = (at(&roots, old_size), at(&forked_roots, 60));
            let verdict = verify_consistency(old, old_size, new, 60, &proof);
            assert!(verdict.is_err(), "{old_size}");
        }
    }
}

#[test]
fn what_cannot_be_proven_is_named() {
    let (_, mut nodes, roots) = long_log();
    let index_out_of_range = LogError::IndexOutOfRange { index: 9, size: 9 };
    assert_eq!(inclusion_proof(&nodes, 9, 9), Err(index_out_of_range));
    let reversed = LogError::SizesReversed {
        old_size: 9,
        new_size: 8,
    };
    assert_eq!(consistency_proof(&nodes, 9, 8), Err(reversed));
    let root = at(&roots, 9);
    assert_eq!(
        verify_inclusion(root, root, 9, 9, &[]),
        Err(PathError::IndexOutOfRange { index: 9, count: 9 })
    );
    assert_eq!(
        verify_consistency(root, 9, root, 8, &[]),
        Err(ConsistencyError::SizesReversed {
            old_size: 9,
            new_size: 8
        })
    );
    assert_eq!(
        verify_consistency(root, 8, root, 9, &[]),
        Err(ConsistencyError::WrongLength {
            old_size: 8,
            new_size: 9,
            found: 0
        })
    );
    let beyond = LogError::MissingNode {
        level: 0,
        index: SIZE_MAX,
    };
    assert_eq!(inclusion_proof(&nodes, 0, SIZE_MAX + 1), Err(beyond));
    assert!(inclusion_proof(&nodes, 0, u64::MAX).is_err());
    assert!(inclusion_proof(&nodes, u64::MAX - 1, u64::MAX).is_err());
    assert!(consistency_proof(&nodes, 1, u64::MAX).is_err());
    assert!(consistency_proof(&nodes, u64::MAX - 1, u64::MAX).is_err());
    nodes.0.remove(&(2, 1));
    let missing = LogError::MissingNode { level: 2, index: 1 };
    assert_eq!(inclusion_proof(&nodes, 0, 8), Err(missing));
    let long = vec![Hash::ZERO; 1_000];
    assert!(verify_inclusion(root, root, 0, u64::MAX, &long).is_err());
    assert!(verify_consistency(root, 1, root, u64::MAX, &long).is_err());
    assert!(verify_consistency(root, u64::MAX - 1, root, u64::MAX, &long).is_err());
}

/// A restored frontier goes on where the stored one ended; a wrong number of subtrees is refused.
#[test]
fn the_frontier_is_stored_and_restored() {
    let mut frontier = Frontier::default();
    for n in 0..SIZE_MAX {
        let bytes = codec::encode(&frontier);
        let count = usize::try_from(n.count_ones()).unwrap();
        assert_eq!((frontier.size(), bytes.len()), (n, 16 + 32 * count));
        let mut restored: Frontier = codec::decode::<_, 4096>(&bytes).unwrap();
        assert_eq!(restored, frontier);
        let mut other_size = bytes.clone();
        other_size[..8].copy_from_slice(&(2 * n + 1).to_le_bytes());
        assert!(codec::decode::<Frontier, 4096>(&other_size).is_err());
        assert_eq!(
            restored.append(leaf_hash(&data(n))),
            frontier.append(leaf_hash(&data(n)))
        );
        assert_eq!(restored, frontier);
    }
    // The largest log there can be, and one before it.
    for (size, is_full) in [(u64::MAX, true), (u64::MAX - 1, false)] {
        let count = u64::from(size.count_ones());
        let mut bytes = [size.to_le_bytes(), count.to_le_bytes()].concat();
        bytes.resize(16 + 32 * usize::try_from(count).unwrap(), 7);
        let mut full: Frontier = codec::decode::<_, 4096>(&bytes).unwrap();
        assert_eq!(full.append(Hash::ZERO).is_err(), is_full);
        assert_eq!(full.size(), u64::MAX);
    }
}

/// The format is frozen: these bytes never change.
#[test]
fn golden() {
    let (frontier, _, _) = log(&[data(0), data(1), data(2)]);
    assert_eq!(
        hex::encode(codec::encode(&frontier)),
        "03000000000000000200000000000000\
         a7d91894b61fbf46378d88e3e1b1f7aef39532c504b484bd31551d15e0a09dff\
         d81f51781eeb8f46a0e112e86ca335896ccc12cee00e6cfcf58a3501129dfc24"
    );
}
