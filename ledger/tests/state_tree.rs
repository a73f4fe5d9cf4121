//! The state tree against `nomt-core` (root and proofs), against damage, and its frozen format.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::state_tree::{
    PageKey, PageOverlay, Pages, ProofError, RootSlot, SIBLING_COUNT_MAX, Slot, StateProof,
    Terminal, TreeError, TreeUpdate, prove, update,
};
use nomt_core::hasher::{NodeHasher, node_kind_by_msb};
use nomt_core::proof::{PathProof, PathProofTerminal};
use nomt_core::trie::{InternalData, LeafData, Node, NodeKind};
use nomt_core::trie_pos::TriePosition;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;

type Map = BTreeMap<Hash, Hash>;
type Batch = BTreeMap<Hash, Option<Hash>>;

/// The oracle's nodes under this ledger's tags.
struct Tagged;

impl NodeHasher for Tagged {
    fn hash_leaf(data: &LeafData) -> Node {
        let mut node = hash(Domain::StateLeaf, &[&data.key_path, &data.value_hash]).0;
        nomt_core::hasher::set_msb(&mut node);
        node
    }

    fn hash_internal(data: &InternalData) -> Node {
        let mut node = hash(Domain::StateNode, &[&data.left, &data.right]).0;
        nomt_core::hasher::unset_msb(&mut node);
        node
    }

    fn node_kind(node: &Node) -> NodeKind {
        node_kind_by_msb(node)
    }
}

fn oracle_root(map: &Map) -> Hash {
    let leaves = map.iter().map(|(key, value)| (key.0, value.0));
    Hash(nomt_core::update::build_trie::<Tagged>(0, leaves, |_| {}))
}

/// The oracle's verdict on one of our proofs.
fn oracle_verify(proof: &StateProof, root: &Hash, key: &Hash) -> Option<Hash> {
    let terminal = match proof.terminal {
        Terminal::Leaf { key, value } => PathProofTerminal::Leaf(LeafData {
            key_path: key.0,
            value_hash: value.0,
        }),
        Terminal::Empty => PathProofTerminal::Terminator(TriePosition::new()),
    };
    let siblings = proof.siblings.iter().map(|sibling| sibling.0).collect();
    let way = TriePosition::from_path_and_depth(key.0, 256);
    let proof = PathProof { terminal, siblings };
    let verified = proof.verify::<Tagged>(way.path(), root.0).unwrap();
    if verified.confirm_nonexistence(&key.0).unwrap() {
        return None;
    }
    let leaf = verified.terminal().unwrap().clone();
    assert!(verified.confirm_value(&leaf).unwrap());
    Some(Hash(leaf.value_hash))
}

/// A store of pages in memory, with the tip's root slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Store {
    pages: BTreeMap<PageKey, Vec<u8>>,
    root_slot: RootSlot,
    read: RefCell<BTreeSet<PageKey>>,
}

impl Pages for Store {
    type Error = Infallible;

    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, Infallible> {
        self.read.borrow_mut().insert(*key);
        Ok(self.pages.get(key).cloned())
    }
}

impl Store {
    fn of(map: &Map) -> Self {
        let mut store = Self::default();
        store.apply(
            &map.iter()
                .map(|(key, value)| (*key, Some(*value)))
                .collect(),
        );
        store
    }

    fn compute(&self, batch: &Batch) -> TreeUpdate {
        let changes = batch
            .iter()
            .rev()
            .map(|(key, value)| (*key, *value))
            .collect();
        update(self, self.root_slot, changes).unwrap()
    }

    fn write(&mut self, update: TreeUpdate) {
        for (key, page) in update.pages {
            match page {
                Some(bytes) => assert_ne!(self.pages.insert(key, bytes.clone()), Some(bytes)),
                None => assert!(self.pages.remove(&key).is_some(), "deleted {key} twice"),
            }
        }
        self.root_slot = update.root_slot;
        self.read.take();
    }

    fn apply(&mut self, batch: &Batch) -> Hash {
        let update = self.compute(batch);
        let root = update.root;
        assert_eq!(root, update.root_slot.hash());
        self.write(update);
        root
    }

    fn prove(&self, key: &Hash) -> StateProof {
        prove(self, &self.root_slot, key).unwrap()
    }
}

fn apply_to_map(map: &mut Map, batch: &Batch) {
    for (key, value) in batch {
        match value {
            Some(value) => map.insert(*key, *value),
            None => map.remove(key),
        };
    }
}

fn number(number: u64) -> Hash {
    hash(Domain::Text, &[&number.to_le_bytes()])
}

/// `number(0)` with one bit flipped: two of these share any number of bits up to 255.
fn flipped(bit: u8) -> Hash {
    let mut key = number(0);
    key.0[usize::from(bit / 8)] ^= 0x80 >> (bit % 8);
    key
}

/// `number(0)` with other last six bits: 64 keys that share 250 bits.
fn crowded(last: u8) -> Hash {
    let mut key = number(0);
    key.0[31] = key.0[31] & 0xc0 | last;
    key
}

fn any_key() -> impl Strategy<Value = Hash> {
    prop_oneof![
        3 => (0..60_u64).prop_map(number),
        2 => any::<u8>().prop_map(flipped),
        2 => (0..64_u8).prop_map(crowded),
        1 => any::<[u8; 32]>().prop_map(Hash),
    ]
}

fn any_value() -> impl Strategy<Value = Hash> {
    (100..104_u64).prop_map(number)
}

fn any_map() -> impl Strategy<Value = Map> {
    btree_map(any_key(), any_value(), 0..80)
}

fn any_batches() -> impl Strategy<Value = Vec<Batch>> {
    let batch = btree_map(any_key(), prop::option::weighted(0.6, any_value()), 0..40);
    vec(batch, 1..8)
}

fn encode(proof: &StateProof) -> Vec<u8> {
    dirchain_ledger::codec::encode(proof)
}

fn decode(bytes: &[u8]) -> Option<StateProof> {
    dirchain_ledger::codec::decode::<StateProof, 16_384>(bytes).ok()
}

proptest! {
    /// After every batch: the oracle's root, and the very pages that the map alone leads to.
    #[test]
    fn the_root_is_the_oracles_and_no_page_is_left_over(batches in any_batches()) {
        let (mut store, mut map) = (Store::default(), Map::new());
        for batch in &batches {
            let root = store.apply(batch);
            apply_to_map(&mut map, batch);
            prop_assert_eq!(root, oracle_root(&map));
            prop_assert_eq!(&store, &Store::of(&map));
        }
    }

    /// A page has two keys or more below it, so proving all keys reads all that are reachable.
    #[test]
    fn every_page_is_reachable(batches in any_batches()) {
        let (mut store, mut map) = (Store::default(), Map::new());
        for batch in &batches {
            store.apply(batch);
            apply_to_map(&mut map, batch);
        }
        for key in map.keys() {
            store.prove(key);
        }
        prop_assert_eq!(store.read.take(), store.pages.keys().copied().collect());
    }

    /// The same changes one by one, in any order, lead to the same tree as in one batch.
    #[test]
    fn the_order_of_changes_does_not_matter(
        (map, order) in any_map().prop_flat_map(|map| {
            let order: Vec<_> = map.iter().map(|(key, value)| (*key, *value)).collect();
            (Just(map), Just(order).prop_shuffle())
        }),
        detour in any_map(),
    ) {
        let mut store = Store::of(&detour);
        for (key, value) in order {
            store.apply(&Batch::from([(key, Some(value))]));
        }
        let back = detour.keys().filter(|key| !map.contains_key(key));
        store.apply(&back.map(|key| (*key, None)).collect());
        prop_assert_eq!(&store, &Store::of(&map));
        store.apply(&map.keys().map(|key| (*key, None)).collect());
        prop_assert_eq!(store, Store::default());
    }

    #[test]
    fn what_changes_nothing_writes_nothing(map in any_map(), others in vec(any_key(), 0..20)) {
        let store = Store::of(&map);
        let mut batch: Batch = others.into_iter().map(|key| (key, None)).collect();
        batch.extend(map.iter().map(|(key, value)| (*key, Some(*value))));
        let update = store.compute(&batch);
        prop_assert_eq!((update.root_slot, update.pages), (store.root_slot, vec![]));
    }

    /// Presence and absence are proven, and the oracle agrees.
    #[test]
    fn every_key_is_proven(map in any_map(), others in vec(any_key(), 0..20)) {
        let store = Store::of(&map);
        let root = store.root_slot.hash();
        for key in map.keys().chain(&others) {
            let proof = store.prove(key);
            prop_assert_eq!(proof.verify(&root, key), Ok(map.get(key).copied()));
            prop_assert_eq!(oracle_verify(&proof, &root, key), map.get(key).copied());
            prop_assert_eq!(decode(&encode(&proof)), Some(proof));
        }
    }

    /// A proof of a value no longer holds once the value has changed or gone.
    #[test]
    fn an_old_proof_fails_against_the_new_root(
        map in any_map(),
        pick in any::<Index>(),
        other in any_key(),
    ) {
        prop_assume!(!map.is_empty());
        let (key, _) = map.iter().nth(pick.index(map.len())).unwrap();
        let mut store = Store::of(&map);
        let proof = store.prove(key);
        let absence = store.prove(&other);
        for value in [Some(number(999)), None] {
            let root = store.apply(&Batch::from([(*key, value)]));
            let verdict = proof.verify(&root, key);
            prop_assert!(matches!(verdict, Err(ProofError::RootMismatch { .. })), "{:?}", verdict);
        }
        if !map.contains_key(&other) {
            let root = store.apply(&Batch::from([(other, Some(number(999)))]));
            prop_assert!(absence.verify(&root, &other).is_err());
        }
    }

    /// Updates over an overlay are those over a store to which the earlier ones were written.
    #[test]
    fn updates_chain_in_memory(map in any_map(), batches in any_batches()) {
        let mut store = Store::of(&map);
        let base = store.clone();
        let mut overlay = PageOverlay::new(&base);
        for batch in &batches {
            let changes = batch.iter().map(|(key, value)| (*key, *value)).collect();
            let chained = update(&overlay, store.root_slot, changes).unwrap();
            prop_assert_eq!(&chained, &store.compute(batch));
            overlay.add(&chained);
            store.write(chained);
        }
    }

    /// Whatever a store hands out, the answer is a value: never a panic, never a wrong proof.
    #[test]
    fn a_damaged_page_is_named(
        map in any_map(),
        pick in any::<Index>(),
        at in any::<Index>(),
        mask in 1..=255_u8,
    ) {
        let mut store = Store::of(&map);
        prop_assume!(!store.pages.is_empty());
        let root_slot = store.root_slot;
        let root = root_slot.hash();
        let page_key = *store.pages.keys().nth(pick.index(store.pages.len())).unwrap();
        let bytes = store.pages.get_mut(&page_key).unwrap();
        let position = at.index(bytes.len());
        bytes[position] ^= mask;
        for key in map.keys() {
            match prove(&store, &root_slot, key) {
                Ok(proof) => if let Ok(value) = proof.verify(&root, key) {
                    prop_assert_eq!(value, map.get(key).copied());
                },
                Err(
                    TreeError::MalformedPage(_)
                    | TreeError::MismatchedPage(_)
                    | TreeError::MissingPage(_),
                ) => {}
                Err(error) => prop_assert!(false, "{error:?}"),
            }
            let _ = update(&store, root_slot, vec![(*key, None), (number(1_000), Some(*key))]);
        }
        store.pages.insert(page_key, vec![]);
        let malformed = Err(TreeError::MalformedPage(page_key));
        let is_named = map.keys().any(|key| prove(&store, &root_slot, key) == malformed);
        prop_assert!(is_named);
        store.pages.remove(&page_key);
        let everything = map.keys().map(|key| (*key, None)).collect();
        let missing = Err(TreeError::MissingPage(page_key));
        prop_assert_eq!(update(&store, root_slot, everything), missing);
    }
}

proptest! {
    // Each case tries every byte of a proof of up to 8 KiB.
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// One changed bit anywhere, or other siblings, and nothing is proven.
    #[test]
    fn an_altered_proof_fails(map in any_map(), key in any_key(), mask in 1..=255_u8) {
        let store = Store::of(&map);
        let root = store.root_slot.hash();
        let proof = store.prove(&key);
        let bytes = encode(&proof);
        for index in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[index] ^= mask;
            let verdict = decode(&altered).map(|proof| proof.verify(&root, &key));
            prop_assert!(!matches!(verdict, Some(Ok(_))), "byte {}: {:?}", index, verdict);
        }
        let siblings = proof.siblings.clone().into_vec();
        let with = |change: &dyn Fn(&mut Vec<Hash>)| {
            let mut changed = siblings.clone();
            change(&mut changed);
            let is_other = changed != siblings;
            let siblings = List::new(changed).ok();
            let other = siblings.map(|siblings| StateProof { terminal: proof.terminal, siblings });
            other.filter(|_| is_other).map(|other| other.verify(&root, &key))
        };
        for index in 0..siblings.len() {
            for verdict in [
                with(&|siblings| { siblings.remove(index); }),
                with(&|siblings| siblings.insert(index, siblings[index])),
                with(&|siblings| siblings.swap(index, index / 2)),
                with(&|siblings| siblings.truncate(index)),
                with(&|siblings| siblings.reverse()),
            ] {
                prop_assert!(!matches!(verdict, Some(Ok(_))), "sibling {}: {:?}", index, verdict);
            }
        }
    }
}

#[test]
fn pages_of_another_version_are_refused() {
    let mut store = Store::of(&(0..100).map(|n| (number(n), number(n))).collect());
    let old = store.clone();
    store.apply(&Batch::from([(number(7), Some(number(8)))]));
    store.pages = old.pages;
    let update = update(&store, store.root_slot, vec![(number(7), None)]);
    assert_eq!(update, Err(TreeError::MismatchedPage(PageKey::ROOT)));
    let proof = prove(&store, &store.root_slot, &number(9));
    assert_eq!(proof, Err(TreeError::MismatchedPage(PageKey::ROOT)));
}

#[test]
fn one_key_changed_twice_is_refused() {
    let changes = vec![
        (number(1), None),
        (number(2), None),
        (number(1), Some(number(3))),
    ];
    let update = update(&Store::default(), Slot::Empty, changes);
    assert_eq!(update, Err(TreeError::DuplicateKey(number(1))));
}

#[test]
fn a_failing_store_is_reported() {
    #[derive(Debug, PartialEq)]
    struct Failing;
    impl Pages for Failing {
        type Error = Failing;
        fn page(&self, _: &PageKey) -> Result<Option<Vec<u8>>, Failing> {
            Err(Failing)
        }
    }
    let root = Slot::Inner(Hash([1; 32]));
    assert_eq!(
        prove(&Failing, &root, &number(1)),
        Err(TreeError::Pages(Failing))
    );
    assert_eq!(
        update(&Failing, root, vec![(number(1), None)]),
        Err(TreeError::Pages(Failing))
    );
    assert!(update(&Failing, root, vec![]).is_ok());
}

/// The bytes of a page with these masks and hashes.
fn page(inner: u32, leaves: u32, hashes: &[Hash]) -> Vec<u8> {
    let mut bytes = [inner.to_le_bytes(), leaves.to_le_bytes()].concat();
    bytes.extend(hashes.iter().flat_map(|hash| hash.0));
    bytes
}

#[test]
fn a_page_that_no_update_writes_is_malformed() {
    let (left, right) = (Hash([0x0f; 32]), Hash([0xf0; 32]));
    let good = page(0, 0b1100, &[left, left, right, right]);
    let root_slot = Store::of(&Map::from([(left, left), (right, right)])).root_slot;
    let with = |bytes: Vec<u8>| {
        let pages = BTreeMap::from([(PageKey::ROOT, bytes)]);
        let store = Store {
            pages,
            root_slot,
            ..Store::default()
        };
        prove(&store, &root_slot, &left).map(|_| ())
    };
    assert_eq!(with(good.clone()), Ok(()));
    let (middle, leaf_like) = (Hash([0x4f; 32]), Hash([0x80; 32]));
    let below_left = |inner| {
        page(
            0b100,
            0b11_1000,
            &[inner, right, right, left, left, middle, middle],
        )
    };
    assert_eq!(
        with(below_left(left)),
        Err(TreeError::MismatchedPage(PageKey::ROOT))
    );
    for (what, bytes) in [
        (
            "leaves on the wrong side",
            page(0, 0b1100, &[right, right, left, left]),
        ),
        ("a leaf not lifted", page(0, 0b100, &[left, left])),
        (
            "a leaf at the top",
            page(0, 0b1110, &[left, left, left, left, right, right]),
        ),
        (
            "a leaf above the top",
            page(0, 0b1101, &[left, left, left, left, right, right]),
        ),
        (
            "both inner and leaf",
            page(0b100, 0b1100, &[left, left, right, right]),
        ),
        (
            "an inner node without children",
            page(0b100, 0b1000, &[left, right, right]),
        ),
        ("children of an empty place", page(0, 0b11_1100, &[left; 8])),
        (
            "an inner node that looks like a leaf",
            below_left(leaf_like),
        ),
        ("an inner node that looks empty", below_left(Hash::ZERO)),
        ("a hash too many", [good.clone(), left.0.to_vec()].concat()),
        ("a byte too few", good[..good.len() - 1].to_vec()),
        ("nothing", vec![]),
        ("empty masks", vec![0; 8]),
    ] {
        assert_eq!(
            with(bytes),
            Err(TreeError::MalformedPage(PageKey::ROOT)),
            "{what}"
        );
    }
}

/// A leaf stands below its own page, at each of a byte's two digits.
#[test]
fn a_leaf_of_another_page_is_malformed() {
    let key = |first, second| {
        let mut key = number(0);
        (key.0[0], key.0[1]) = (first, second);
        key
    };
    for (keys, others) in [
        ([key(0x10, 0), key(0x1f, 0)], [key(0x20, 0), key(0x2f, 0)]),
        (
            [key(0x11, 0x00), key(0x11, 0xf0)],
            [key(0x12, 0x00), key(0x12, 0xf0)],
        ),
        (
            [key(0x11, 0x10), key(0x11, 0x1f)],
            [key(0x11, 0x20), key(0x11, 0x2f)],
        ),
    ] {
        let mut store = Store::of(&keys.map(|key| (key, key)).into());
        let lowest = *store.pages.last_key_value().unwrap().0;
        let bytes = store.pages.get_mut(&lowest).unwrap();
        let length = bytes.len();
        for (leaf, other) in bytes[length - 128..].chunks_mut(64).zip(others) {
            leaf[..32].copy_from_slice(&other.0);
        }
        let proof = prove(&store, &store.root_slot, &keys[0]);
        assert_eq!(proof, Err(TreeError::MalformedPage(lowest)));
    }
}

/// Below the last bit of a key there is nothing, so no inner node stands there.
#[test]
fn an_inner_node_below_the_last_bit_is_malformed() {
    let mut store = Store::of(&Map::from([
        (flipped(255), number(1)),
        (number(0), number(2)),
    ]));
    let lowest = *store.pages.last_key_value().unwrap().0;
    let bytes = store.pages.get_mut(&lowest).unwrap();
    let mask = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let (inner, leaves) = (mask(&bytes[..4]), mask(&bytes[4..8]));
    // All others on the way are lone inner nodes beside an empty place.
    assert_eq!((inner.count_ones(), leaves.count_ones()), (3, 2));
    *bytes = page(inner | leaves, 0, &[Hash([1; 32]); 5]);
    let malformed = Err(TreeError::MalformedPage(lowest));
    assert_eq!(prove(&store, &store.root_slot, &number(0)), malformed);
    let update = update(&store, store.root_slot, vec![(number(0), None)]);
    assert_eq!(update.map(|_| ()), Err(TreeError::MalformedPage(lowest)));
}

#[test]
fn a_malformed_proof_is_named() {
    let (key, other) = (Hash([0; 32]), Hash([0xff; 32]));
    let verify = |terminal, siblings: &[Hash]| {
        let siblings = List::new(siblings.to_vec()).unwrap();
        StateProof { terminal, siblings }.verify(&Hash::ZERO, &key)
    };
    let leaf = |key| Terminal::Leaf { key, value: key };
    let inner = Hash([1; 32]);
    assert_eq!(verify(Terminal::Empty, &[]), Ok(None));
    assert_eq!(
        verify(leaf(other), &[inner]),
        Err(ProofError::ForeignLeaf(other))
    );
    assert_eq!(
        verify(leaf(key), &[inner, Hash::ZERO]),
        Err(ProofError::NotShortest)
    );
    assert_eq!(
        verify(Terminal::Empty, &[inner, Hash::ZERO]),
        Err(ProofError::NotShortest)
    );
    assert_eq!(
        verify(Terminal::Empty, &[inner, other]),
        Err(ProofError::NotShortest)
    );
    assert!(matches!(
        verify(leaf(key), &[inner; 256]),
        Err(ProofError::RootMismatch { .. })
    ));
    assert!(matches!(
        verify(leaf(key), &[]),
        Err(ProofError::RootMismatch { .. })
    ));
    assert!(List::<Hash, SIBLING_COUNT_MAX>::new(vec![inner; 257]).is_err());
    let mut bytes = encode(&StateProof {
        terminal: Terminal::Empty,
        siblings: List::new(vec![inner; 256]).unwrap(),
    });
    assert!(decode(&bytes).is_some());
    bytes[4..12].copy_from_slice(&257_u64.to_le_bytes());
    bytes.extend(inner.0);
    assert_eq!(decode(&bytes), None);
    bytes[4..12].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(decode(&bytes), None);
}

/// Two keys that differ in the last bit alone: the longest way there is.
#[test]
fn the_longest_way_works() {
    let (key, twin) = (flipped(255), number(0));
    let mut store = Store::of(&Map::from([(key, number(1)), (twin, number(2))]));
    assert_eq!(store.pages.len(), 64);
    let proof = store.prove(&key);
    assert_eq!(proof.siblings.len(), SIBLING_COUNT_MAX);
    assert_eq!(
        proof.verify(&store.root_slot.hash(), &key),
        Ok(Some(number(1)))
    );
    store.apply(&Batch::from([(key, None)]));
    assert_eq!(
        store.root_slot,
        Slot::Leaf {
            key: twin,
            value: number(2)
        }
    );
    assert!(store.pages.is_empty());
}

/// The formats are frozen: these hashes never change.
#[test]
fn golden() {
    let roots: Vec<String> = [0, 1, 2, 3, 10, 1_000]
        .map(|count| Store::of(&(0..count).map(|n| (number(n), number(n + 1))).collect()))
        .iter()
        .map(|store| store.root_slot.hash().to_string())
        .collect();
    assert_eq!(
        roots,
        [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "d1c8f63a6ebdbdb39c7a5ff7b09f6b0cc61055166203a475bf587c169af641cb",
            "4efec0b451aea947f9b7d69999d87d84ad5c88653eb3a7df1950a9b8de90c852",
            "675287eca162217cb7076f79bad53dd6ad356ead8ccd6feb597d71f07a04b95e",
            "4168241dbf3c91913aa20bef31a1fd488f0728f87864ef794e6ef2c6474d53d8",
            "4e734504e69eaca4b143de09eff2af7e8d6f95d3ac3155eb04a9c7ce09c68fb5",
        ]
    );
    let store = Store::of(&(0..64).map(|last| (crowded(last), number(1))).collect());
    let root = "02ee643dc50128e7cd4a3169feadc245aa1ac1c6546ca44065a396b2a2e92678";
    assert_eq!(store.root_slot.hash().to_string(), root);
    let mut pages = Vec::new();
    for (key, bytes) in &store.pages {
        pages.extend(key.to_bytes());
        pages.extend(bytes);
    }
    assert_eq!(
        hash(Domain::Text, &[&pages]).to_string(),
        "e24ee158728b2d880ed5183f7d7a821fa7c42c998cddef3fe04035f9c7907db7"
    );
    let proof = encode(&store.prove(&crowded(5)));
    assert_eq!(
        hash(Domain::Text, &[&proof]).to_string(),
        "bc6a5db966327fa36e3e9a56e9a688f57f73e328f090f6a9274f07826ca48611"
    );
    let slot = Slot::Leaf {
        key: Hash([1; 32]),
        value: Hash([2; 32]),
    };
    let bytes = dirchain_ledger::codec::encode(&[Slot::Empty, slot, Slot::Inner(Hash([3; 32]))]);
    let expected = format!(
        "0000000001000000{}{}02000000{}",
        "01".repeat(32),
        "02".repeat(32),
        "03".repeat(32)
    );
    assert_eq!(hex::encode(bytes), expected);
}
