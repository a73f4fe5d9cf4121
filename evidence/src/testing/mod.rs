//! A small chain whose validators change, for tests: the ledger's test city under headers of its
//! own, so that any number of validators and epochs can be had.
//!
//! Invariant: nothing outside tests depends on this module; it is behind the feature `testing`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod forgeries;

use std::collections::BTreeMap;

use dirchain_ledger::block::{Block, HEADER_VERSION, Header};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, CommitSignature, VoteStep, vote_bytes};
use dirchain_ledger::chain::Tip;
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::delegate_view;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::{Frontier, LogNodes, leaf_hash};
use dirchain_ledger::ids::{ChainId, Height};
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::records::{Membership, Record, RecordId};
use dirchain_ledger::state_tree::{PageKey, Pages};
use dirchain_ledger::testing::{GENESIS_TIME, Ledger, genesis_records, id, labelled_key};
use dirchain_ledger::validators::{Validator, ValidatorSet};
use dirchain_ledger::view::{View, ViewError};

use crate::checkpoint::Checkpoint;
use crate::export::{EventPlace, Source};

/// The consensus key of a member of an epoch's set.
pub fn member_key(epoch: u64, member: u32) -> SecretKey {
    labelled_key(&format!("epoch {epoch} member {member}"))
}

/// The validators of an epoch; all of them replaced at its end.
pub fn validators(epoch: u64, count: u32) -> ValidatorSet {
    let members = (1..=count).map(|member| {
        let key = member_key(epoch, member).public();
        Validator::new(
            key,
            id(&format!("V{member:03}-{}", epoch + 1)),
            id(&format!("V{member:03}")),
        )
    });
    ValidatorSet::new(members.collect()).unwrap()
}

/// The test city's genesis with these validators, whose nodes it names too.
pub fn genesis(count: u32) -> Genesis {
    let set = validators(0, count);
    let mut records = genesis_records();
    records.retain(|record| !matches!(record, Record::Membership(_)));
    for member in set.members() {
        let template = records.iter().find_map(|record| match record {
            Record::Node(node) => Some(node.clone()),
            _ => None,
        });
        let mut node = template.unwrap();
        node.id = member.node.clone();
        node.department = member.department.clone();
        node.network_key = labelled_key(&format!("{} network", member.node)).public();
        for announced in node.consensus_keys.as_mut_slice() {
            announced.key = member.consensus_key;
        }
        let department = records.iter().find_map(|record| match record {
            Record::Department(department) => Some(department.clone()),
            _ => None,
        });
        let mut department = department.unwrap();
        department.id = member.department.clone();
        department.parent = None;
        department.sub_units = 0;
        records.push(Record::Department(department));
        records.push(Record::Node(node));
    }
    records.push(Record::Membership(Membership::begin(set)));
    Genesis::new(id("测试市目录链"), GENESIS_TIME, records).unwrap()
}

/// A chain over a ledger's blocks, with headers, validators and a log of its own.
#[derive(Clone)]
pub struct World {
    /// The chain's beginning.
    pub genesis: Genesis,
    /// Its records and blocks.
    pub ledger: Ledger,
    headers: Vec<Header>,
    certificates: Vec<Certificate>,
    sets: Vec<ValidatorSet>,
    nodes: BTreeMap<(u8, u64), Hash>,
    log: Frontier,
    tip: Tip,
}

impl World {
    /// A chain over `ledger`, which began with [`genesis`] of as many validators. The validators
    /// are replaced after each height of `changes`.
    pub fn over(genesis: Genesis, ledger: Ledger, validator_count: u32, changes: &[u64]) -> Self {
        let mut world = Self {
            tip: ledger.tip.clone(),
            genesis,
            ledger,
            headers: Vec::new(),
            certificates: Vec::new(),
            sets: Vec::new(),
            nodes: BTreeMap::new(),
            log: Frontier::default(),
        };
        let chain = world.genesis.chain();
        world.append(leaf_hash(chain.0.as_bytes()));
        let mut epoch = 0;
        for block in world.ledger.blocks.clone() {
            let height = block.header.height;
            let set = validators(epoch, validator_count);
            let changed = changes.contains(&height.0);
            let next = validators(epoch + u64::from(changed), validator_count);
            world.seal(&block, &set, &next, epoch);
            epoch += u64::from(changed);
        }
        world.settle(validators(epoch, validator_count));
        world
    }

    fn append(&mut self, leaf: Hash) {
        for node in self.log.append(leaf).unwrap() {
            self.nodes.insert((node.level, node.index), node.hash);
        }
    }

    fn seal(&mut self, block: &Block, set: &ValidatorSet, next: &ValidatorSet, epoch: u64) {
        let header = Header {
            version: HEADER_VERSION,
            parent: self
                .headers
                .last()
                .map_or(block.header.chain.0, Header::hash),
            header_log_root: self.log.root(),
            validators_hash: set.hash(),
            next_validators_hash: next.hash(),
            ..block.header.clone()
        };
        self.append(header.log_leaf());
        let certificate = certificate(&header, set, epoch);
        self.headers.push(header);
        self.certificates.push(certificate);
        self.sets.push(set.clone());
    }

    fn settle(&mut self, validators: ValidatorSet) {
        self.tip.log = self.log.clone();
        self.tip.validators = validators;
        if let Some(last) = self.headers.last() {
            self.tip.block = last.hash();
        }
    }

    /// The chain as it was after the block at `height`.
    pub fn checkpoint(&self, height: u64) -> Checkpoint {
        let index = usize::try_from(height).unwrap() - 1;
        let next = self.sets.get(index + 1);
        Checkpoint::new(
            self.headers[index].clone(),
            self.sets[index].clone(),
            next.unwrap_or(&self.tip.validators).clone(),
        )
    }

    /// The state as it stood after each block.
    pub fn state(&self) -> &MemoryState {
        &self.ledger.state
    }

    /// The chain's id.
    pub fn chain(&self) -> ChainId {
        self.genesis.chain()
    }
}

/// A certificate of exactly a quorum.
pub fn certificate(header: &Header, set: &ValidatorSet, epoch: u64) -> Certificate {
    let count = u32::try_from(set.count()).unwrap();
    let secrets: Vec<SecretKey> = (1..=count)
        .map(|member| member_key(epoch, member))
        .collect();
    let mut signatures = Vec::new();
    for (index, member) in set.members().iter().enumerate().take(set.quorum()) {
        let secret = secrets
            .iter()
            .find(|secret| secret.public() == member.consensus_key);
        let (step, height, block) = (VoteStep::Precommit, header.height, header.hash());
        let address = &member.address;
        let message = vote_bytes(&header.chain, step, height, 0, Some(&block), address);
        signatures.push(CommitSignature {
            validator: u16::try_from(index).unwrap(),
            signature: secret.unwrap().sign(&message),
        });
    }
    Certificate {
        height: header.height,
        round: 0,
        block: header.hash(),
        signatures: List::new(signatures).unwrap(),
    }
}

impl View for World {
    delegate_view!(self => self.ledger.state; record);
}

impl Pages for World {
    type Error = ViewError;
    fn page(&self, key: &PageKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.ledger.state.page(key)
    }
}

impl LogNodes for World {
    type Error = ViewError;
    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, ViewError> {
        Ok(self.nodes.get(&(level, index)).copied())
    }
}

impl World {
    fn at<T: Clone>(list: &[T], height: Height) -> Option<T> {
        let index = usize::try_from(height.0).ok()?.checked_sub(1)?;
        list.get(index).cloned()
    }
}

impl Source for World {
    fn tip(&self) -> &Tip {
        &self.tip
    }

    fn block(&self, height: Height) -> Result<Option<Block>, ViewError> {
        Ok(Self::at(&self.ledger.blocks, height))
    }

    fn header(&self, height: Height) -> Result<Option<Header>, ViewError> {
        Ok(Self::at(&self.headers, height))
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        Ok(Self::at(&self.certificates, height))
    }

    fn epochs(&self) -> Result<Vec<(Height, ValidatorSet)>, ViewError> {
        let mut epochs = Vec::new();
        for (index, header) in self.headers.iter().enumerate() {
            if header.validators_hash != header.next_validators_hash {
                let next = self.sets.get(index + 1).unwrap_or(&self.tip.validators);
                epochs.push((header.height, next.clone()));
            }
        }
        Ok(epochs)
    }

    fn trail(&self, subject: &RecordId) -> Result<Vec<EventPlace>, ViewError> {
        let mut places = Vec::new();
        for (outcome, block) in self.ledger.outcomes.iter().zip(&self.ledger.blocks) {
            for (index, touched) in (0u32..).zip(&outcome.touched) {
                let own = touched.iter().filter(|(id, _)| id == subject);
                places.extend(own.map(|(_, action)| (block.header.height, index, *action)));
            }
        }
        Ok(places)
    }

    fn record_at(&self, id: &RecordId, height: Height) -> Result<Option<Record>, ViewError> {
        self.ledger.state.at(height).record(id)
    }
}

/// The encoding of a header, for forgers.
pub fn header_bytes(header: &Header) -> Vec<u8> {
    encode(header)
}
