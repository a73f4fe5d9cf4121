//! A small chain: three departments, one validator, and random blocks that the ledger builds.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::action::{
    Action, DeclareResponsibility, Grant, RegisterDepartment, RegisterNode,
};
use dirchain_ledger::block::Block;
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, CommitSignature, VoteStep, vote_bytes};
use dirchain_ledger::chain::{Building, Outcome, Tip, build, genesis_outcome};
use dirchain_ledger::crypto::{Algorithm, SecretKey};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, Height, Moment, ResourceCode, TimeMs};
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::records::*;
use dirchain_ledger::state_tree::PageKey;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::validators::{Validator, ValidatorSet};
use dirchain_ledger::view::Records;
use dirchain_storage::{HistoryEvent, Store};

pub(crate) const GENESIS_TIME: TimeMs = TimeMs(1_700_000_000_000);
const HEARTBEAT_MS: i64 = 1_000;
const DEPARTMENTS: [&str; 3] = ["D001", "D002", "D003"];

/// A generator of numbers that is the same everywhere (splitmix64).
#[derive(Clone)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A block with what is stored beside it.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) block: Block,
    pub(crate) certificate: Certificate,
    pub(crate) outcome: Outcome,
}

impl Made {
    pub(crate) fn commit(&self, store: &Store) {
        store
            .commit(&self.block, &self.certificate, &self.outcome)
            .unwrap();
    }
}

/// The chain in memory, with all that a store must answer.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) genesis: Genesis,
    pub(crate) state: MemoryState,
    /// The state after each height, from the genesis on.
    pub(crate) states: Vec<MemoryState>,
    pub(crate) tips: Vec<Tip>,
    pub(crate) blocks: Vec<Made>,
    pub(crate) histories: BTreeMap<RecordId, Vec<HistoryEvent>>,
    pub(crate) ids: BTreeSet<RecordId>,
    pub(crate) pages: BTreeSet<PageKey>,
    numbers: Numbers,
    key_count: u8,
}

fn head(department: usize) -> SecretKey {
    SecretKey::from_seed(&[department as u8 + 1; 32])
}

fn consensus_key() -> SecretKey {
    SecretKey::from_seed(&[9; 32])
}

fn department(index: usize) -> DepartmentId {
    DEPARTMENTS[index].parse().unwrap()
}

fn genesis(name: &str) -> Genesis {
    let at = Moment {
        height: Height::GENESIS,
        time: GENESIS_TIME,
    };
    let mut records = Vec::new();
    for (index, id) in DEPARTMENTS.iter().enumerate() {
        records.push(Record::Department(Department {
            id: department(index),
            parent: None,
            credit_code: None,
            name: id.parse().unwrap(),
            level: AdministrativeLevel::City,
            region: "110000".parse().unwrap(),
            status: List::new(vec![StatusSince {
                status: DepartmentStatus::Active,
                since: at,
            }])
            .unwrap(),
            sub_units: 0,
            proposals: 0,
            successor: None,
            open_proposals: List::default(),
            trail: Trail::default(),
        }));
        records.push(Record::Key(Key {
            public_key: head(index).public(),
            algorithm: Algorithm::Ed25519,
            department: department(index),
            role: Role::Head,
            next_sequence: 1,
            valid: Period::since(at),
            suspicions: Default::default(),
        }));
        records.push(Record::Responsibility(Responsibility {
            code: format!("Z-{id}-00").parse().unwrap(),
            holder: department(index),
            revision: 1,
            earlier_holders: List::default(),
            title: "What it is there for".parse().unwrap(),
            text: None,
            legal_bases: List::default(),
            effective: Period::since(at),
            ended_as: None,
            trail: Trail::default(),
        }));
    }
    records.extend(system_records(at));
    Genesis::new(name.parse().unwrap(), GENESIS_TIME, records).unwrap()
}

fn system_records(at: Moment) -> Vec<Record> {
    let node = Node::begin(
        "D001-1".parse().unwrap(),
        department(0),
        SecretKey::from_seed(&[10; 32]).public(),
        List::default(),
        at,
    );
    let node = node.with_consensus_key(consensus_key().public(), at);
    let node = Record::Node(node.unwrap());
    let offices = [Office::Registrar, Office::Steward].map(|office| (office, department(0)));
    let validator = Validator::new(
        consensus_key().public(),
        "D001-1".parse().unwrap(),
        department(0),
    );
    let purpose = Purpose {
        code: "assistance".parse().unwrap(),
        name: "Assistance".parse().unwrap(),
    };
    let settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        ..Settings::default()
    };
    vec![
        node,
        Record::Offices(Offices::begin(at, offices).unwrap()),
        Record::Parameters(Parameters::begin(at, settings, vec![purpose]).unwrap()),
        Record::Membership(Membership::begin(
            ValidatorSet::new(vec![validator]).unwrap(),
        )),
    ]
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self::named("a chain for tests", seed)
    }

    pub(crate) fn named(name: &str, seed: u64) -> Self {
        let genesis = genesis(name);
        let outcome = genesis_outcome(&genesis).unwrap();
        let mut world = Self {
            genesis,
            state: MemoryState::default(),
            states: Vec::new(),
            tips: Vec::new(),
            blocks: Vec::new(),
            histories: BTreeMap::new(),
            ids: BTreeSet::new(),
            pages: BTreeSet::new(),
            numbers: Numbers(seed),
            key_count: 0,
        };
        world.apply(&outcome);
        world
    }

    /// The same chain, to be continued in another way.
    pub(crate) fn branch(&self, seed: u64) -> Self {
        Self {
            numbers: Numbers(seed),
            ..self.clone()
        }
    }

    pub(crate) fn tip(&self) -> &Tip {
        self.tips.last().unwrap()
    }

    /// The block at a height, from 1.
    pub(crate) fn made(&self, height: u64) -> &Made {
        &self.blocks[usize::try_from(height).unwrap() - 1]
    }

    /// Opens a store at `path` and commits every block that it does not have yet.
    pub(crate) fn store(&self, path: &std::path::Path) -> Store {
        let store = Store::open(path, &self.genesis).unwrap();
        for made in &self.blocks {
            if made.block.header.height > store.tip().height {
                made.commit(&store);
            }
        }
        store
    }

    fn apply(&mut self, outcome: &Outcome) {
        self.state.apply(outcome);
        self.states.push(self.state.clone());
        self.tips.push(outcome.tip.clone());
        self.ids.extend(outcome.records.keys().cloned());
        self.pages.extend(outcome.pages.iter().map(|(key, _)| *key));
        for (transaction_index, touched) in (0u32..).zip(&outcome.touched) {
            for (subject, action_index) in touched {
                let events = self.histories.entry(subject.clone()).or_default();
                events.push(HistoryEvent {
                    height: outcome.tip.height,
                    transaction_index,
                    action_index: *action_index,
                });
                events.sort();
            }
        }
    }

    /// Builds the next block from a few random transactions, on top of what is in memory.
    pub(crate) fn grow(&mut self) -> &Made {
        let mut transactions: BTreeMap<usize, Vec<Action>> = BTreeMap::new();
        for _ in 0..self.numbers.below(5) {
            let (author, action) = self.action();
            transactions.entry(author).or_default().push(action);
        }
        self.grow_with(transactions.into_iter().collect())
    }

    /// Builds the next block from one transaction of each of these authors.
    pub(crate) fn grow_with(&mut self, transactions: Vec<(usize, Vec<Action>)>) -> &Made {
        let tip = self.tip().clone();
        let now = TimeMs(tip.time.0 + HEARTBEAT_MS + self.numbers.below(500) as i64);
        let candidates: Vec<_> = transactions
            .into_iter()
            .map(|(author, actions)| {
                let secret = head(author);
                let key = self.state.key(&secret.public()).unwrap().unwrap();
                let not_after = TimeMs(now.0 + 60_000);
                let sequence = key.next_sequence;
                SignedTransaction::new(&secret, tip.chain, sequence, not_after, actions)
                    .and_then(|transaction| transaction.verify(tip.chain))
                    .unwrap()
            })
            .collect();
        let builder = tip.proposer(0).address;
        let building = Building {
            now,
            round: 0,
            builder,
        };
        let built = build(&self.state, &tip, building, &candidates).unwrap();
        let certificate = certificate(&tip, &built.block);
        self.apply(&built.outcome);
        self.blocks.push(Made {
            block: built.block,
            certificate,
            outcome: built.outcome,
        });
        self.blocks.last().unwrap()
    }

    pub(crate) fn grow_to(&mut self, height: u64) {
        while self.tip().height < Height(height) {
            self.grow();
        }
    }

    /// A number for a new code, whose order is not the order in which codes come.
    fn fresh(&mut self) -> u64 {
        self.numbers.below(1_000_000)
    }

    fn resource(&mut self) -> Option<Resource> {
        let codes: Vec<_> = self
            .ids
            .iter()
            .filter_map(|id| match id {
                RecordId::Resource(code) => Some(code.clone()),
                _ => None,
            })
            .collect();
        let count = u64::try_from(codes.len()).unwrap();
        let code = codes.get(self.numbers.below(count.max(1)) as usize)?;
        self.state.resource(code).unwrap()
    }

    /// Something that a department can do now, unless another action of the block is in its way.
    fn action(&mut self) -> (usize, Action) {
        let anybody = self.numbers.below(3) as usize;
        let Some(resource) = self.resource() else {
            return (anybody, self.draft(anybody, None));
        };
        let provider = DEPARTMENTS
            .iter()
            .position(|id| *id == resource.provider.as_str())
            .unwrap();
        match self.numbers.below(16) {
            0 => (0, self.declare(anybody)),
            1 => (anybody, self.sub_unit(anybody)),
            2 => (anybody, self.node(anybody)),
            3 => (anybody, self.draft(anybody, None)),
            4 => (provider, self.draft(provider, Some(resource))),
            // A published entry is withdrawn by proposal.
            5 if resource.published.is_none() => (provider, self.withdraw(resource)),
            6..9 if resource.applications > 0 => (provider, self.grant(resource)),
            _ => self.onwards(anybody, provider, resource),
        }
    }

    /// A draft is submitted, then published, then applied for.
    fn onwards(&mut self, anybody: usize, provider: usize, resource: Resource) -> (usize, Action) {
        let (code, revision) = (resource.code.clone(), resource.revision);
        match resource.draft.as_ref().map(|draft| &draft.status) {
            Some(DraftStatus::Submitted { .. }) => (0, Action::PublishResource { code, revision }),
            Some(DraftStatus::Draft | DraftStatus::Returned { .. }) => {
                (provider, Action::SubmitResource { code, revision })
            }
            None => (anybody, self.apply_for(anybody, resource)),
        }
    }

    fn declare(&mut self, author: usize) -> Action {
        Action::DeclareResponsibility(DeclareResponsibility {
            code: format!("Z-{}", self.fresh()).parse().unwrap(),
            holder: department(author),
            title: "A duty".parse().unwrap(),
            text: None,
            legal_bases: List::default(),
        })
    }

    fn sub_unit(&mut self, author: usize) -> Action {
        let id = format!("{}.{}", DEPARTMENTS[author], self.fresh());
        Action::RegisterDepartment(RegisterDepartment {
            id: id.parse().unwrap(),
            parent: Some(department(author)),
            credit_code: None,
            name: id.parse().unwrap(),
            level: AdministrativeLevel::County,
            region: "110000".parse().unwrap(),
            head: None,
        })
    }

    fn node(&mut self, author: usize) -> Action {
        self.key_count = self.key_count.wrapping_add(1);
        let department = department(author);
        let id = format!("{department}-{}", self.fresh() + 2)
            .parse()
            .unwrap();
        let secret = SecretKey::from_seed(&[100u8.wrapping_add(self.key_count); 32]);
        let chain = self.genesis.chain();
        Action::RegisterNode(RegisterNode {
            network: NodeKeyOffer::new(&secret, &chain, &id, NodeKeyUse::Network),
            consensus: None,
            id,
            department,
            addresses: List::default(),
        })
    }

    fn draft(&mut self, author: usize, over: Option<Resource>) -> Action {
        let (code, provider, revision) = match over {
            Some(resource) => (resource.code, resource.provider, resource.revision),
            None => (self.code(), department(author), 0),
        };
        let responsibilities: Vec<_> = self
            .ids
            .iter()
            .filter_map(|id| match id {
                RecordId::Responsibility(code) => Some(code.clone()),
                _ => None,
            })
            .collect();
        let any = self.numbers.below(responsibilities.len() as u64) as usize;
        let own = format!("Z-{provider}-00").parse().unwrap();
        let responsibility = match self.numbers.below(4) {
            0 => Some(responsibilities[any].clone()),
            _ => Some(own),
        };
        Action::DraftResource {
            code,
            provider,
            revision,
            entry: entry(responsibility, self.numbers.below(20) as usize),
        }
    }

    fn code(&mut self) -> ResourceCode {
        // Codes of different lengths, so that one can be another's beginning.
        let class = ["103001", "1030010", "307001024"][self.numbers.below(3) as usize];
        format!("{class}/{:06}", self.fresh()).parse().unwrap()
    }

    fn withdraw(&mut self, resource: Resource) -> Action {
        Action::WithdrawResource {
            code: resource.code,
            revision: resource.revision,
            reason: "No longer kept".parse().unwrap(),
        }
    }

    fn apply_for(&mut self, author: usize, resource: Resource) -> Action {
        let from = TimeMs(self.tip().time.0 + 10_000);
        Action::Apply {
            resource: resource.code,
            applicant: department(author),
            request: Request {
                version: resource.published.map_or(1, |published| published.version),
                responsibility: format!("Z-{}-00", DEPARTMENTS[author]).parse().unwrap(),
                fields: List::new(vec![FieldNumber(1)]).unwrap(),
                purpose: "assistance".parse().unwrap(),
                scene: "At the counter".parse().unwrap(),
                method: SharingMethod::Query,
                calls_per_day_max: None,
                from,
                to: TimeMs(from.0 + 1_000_000),
            },
        }
    }

    fn grant(&mut self, resource: Resource) -> Action {
        let number = 1 + self.numbers.below(u64::from(resource.applications).max(1)) as u32;
        let application = dirchain_ledger::ids::SharingId {
            resource: resource.code,
            number,
        };
        let request = self.state.application(&application).unwrap();
        let (from, to) = request.map_or((GENESIS_TIME, GENESIS_TIME), |application| {
            (application.request.from, application.request.to)
        });
        Action::Grant(Grant {
            application,
            revision: 1,
            fields: List::new(vec![FieldNumber(1)]).unwrap(),
            calls_per_day_max: None,
            from,
            to,
            reason: None,
        })
    }
}

/// A complete entry with some text to compress.
pub(crate) fn entry(
    responsibility: Option<dirchain_ledger::ids::ResponsibilityCode>,
    attributes: usize,
) -> Entry {
    let field = Field {
        number: FieldNumber(1),
        name: "证件号码".parse().unwrap(),
        data_element: None,
        field_type: FieldType::C,
        length: Some(18),
        precision: None,
        unit: None,
        sharing: None,
        level: None,
    };
    let attribute = Attribute {
        name: "source".parse().unwrap(),
        value: "业务系统".parse().unwrap(),
    };
    Entry {
        name: "一份目录条目".parse().unwrap(),
        responsibility,
        summary: Some("说明".parse().unwrap()),
        category: Some(Category::Business),
        kind: Some(ResourceKind::Table),
        fields: List::new(vec![field]).unwrap(),
        sharing: Some(Sharing::Conditional {
            condition: Some("With an authorization".parse().unwrap()),
        }),
        method: Some(SharingMethod::Query),
        openness: Some(Openness::Closed),
        update_cycle: Some(UpdateCycle::Daily),
        level: Some(SensitivityLevel::Two),
        related_codes: List::default(),
        attributes: List::new(vec![attribute; attributes]).unwrap(),
    }
}

fn certificate(tip: &Tip, block: &Block) -> Certificate {
    let (height, hash) = (block.header.height, block.header.hash());
    let voter = tip.validators.members()[0].address;
    let step = VoteStep::Precommit;
    let message = vote_bytes(&tip.chain, step, height, 0, Some(&hash), &voter);
    let signature = CommitSignature {
        validator: 0,
        signature: consensus_key().sign(&message),
    };
    Certificate {
        height,
        round: 0,
        block: hash,
        signatures: List::new(vec![signature]).unwrap(),
    }
}

/// What reading every family found wrong, compared with the world at the store's tip.
pub(crate) fn differences(world: &World, store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    let tip = store.tip();
    let state = &world.states[usize::try_from(tip.height.0).unwrap()];
    for id in &world.ids {
        if store.view(tip.height).record_or(id) != state.record_or(id) {
            found.push(format!("{id}"));
        }
    }
    for height in 1..=tip.height.0 {
        let made = world.made(height);
        let height = Height(height);
        if store.block(height).ok().flatten().as_ref() != Some(&made.block) {
            found.push(format!("block {height}"));
        }
        if store.certificate(height).ok().flatten().as_ref() != Some(&made.certificate) {
            found.push(format!("certificate {height}"));
        }
    }
    found
}

/// A record, or the error's words.
pub(crate) trait RecordOr {
    fn record_or(&self, id: &RecordId) -> Result<Option<Record>, String>;
}

impl<V: dirchain_ledger::view::View> RecordOr for V {
    fn record_or(&self, id: &RecordId) -> Result<Option<Record>, String> {
        self.record(id).map_err(|error| error.reason)
    }
}
