//! A small city ready for tests: a genesis with offices, departments, keys and validators, and a
//! ledger in memory that builds every block and checks it on an independent copy.
//!
//! Invariant: nothing outside tests depends on this module; it is behind the feature `testing`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ledger;

pub use ledger::Ledger;

use std::collections::BTreeMap;

use crate::action::{Grant, RegisterNode};
use crate::bounded::List;
use crate::certificate::{Certificate, CommitSignature, VoteStep, vote_bytes};
use crate::crypto::{Algorithm, SecretKey};
use crate::genesis::Genesis;
use crate::hash::{Domain, hash};
use crate::ids::{
    ChainId, FieldNumber, Height, Moment, NodeId, ResourceCode, ResponsibilityCode, SharingId,
    TimeMs,
};
use crate::records::{
    AdministrativeLevel, Category, Department, DepartmentStatus, Entry, Field, FieldNumbers,
    FieldType, Key, Membership, Node, NodeKeyOffer, NodeKeyUse, Office, Offices, Openness,
    Parameters, Period, Purpose, Record, Request, ResourceKind, Responsibility, Role,
    SensitivityLevel, Settings, Sharing, SharingMethod, StatusSince, Trail, UpdateCycle,
};
use crate::validators::{Validator, ValidatorSet};

/// The genesis' time: 2026-01-01T00:00:00Z.
pub const GENESIS_TIME: TimeMs = TimeMs(1_767_225_600_000);
/// The heartbeat of the test city.
pub const HEARTBEAT_MS: i64 = 60_000;
/// A day.
pub const DAY_MS: i64 = 86_400_000;

/// 编办, the registrar.
pub const REGISTRAR: &str = "D001";
/// 数据局, the steward.
pub const STEWARD: &str = "D002";
/// The steward's deputy.
pub const DEPUTY: &str = "D003";
/// A department that provides data; `D004.1` is a sub-unit with keys, `D004.2` one without.
pub const PROVIDER: &str = "D004";
/// The provider's sub-unit with keys of its own.
pub const SUB_UNIT: &str = "D004.1";
/// The provider's sub-unit without keys.
pub const KEYLESS_SUB_UNIT: &str = "D004.2";
/// A department that reads data.
pub const APPLICANT: &str = "D005";
/// The applicant's sub-unit with keys.
pub const APPLICANT_UNIT: &str = "D005.1";
/// Another department, party to nothing.
pub const BYSTANDER: &str = "D006";
/// A department suspended since the genesis.
pub const SUSPENDED: &str = "D007";

/// Every department of the test city with its parent.
pub const DEPARTMENTS: [(&str, Option<&str>); 10] = [
    (REGISTRAR, None),
    (STEWARD, None),
    (DEPUTY, None),
    (PROVIDER, None),
    (SUB_UNIT, Some(PROVIDER)),
    (KEYLESS_SUB_UNIT, Some(PROVIDER)),
    (APPLICANT, None),
    (APPLICANT_UNIT, Some(APPLICANT)),
    (BYSTANDER, None),
    (SUSPENDED, None),
];
/// The roles of which every department but the keyless one has a key.
pub const ROLES: [Role; 5] = [
    Role::Head,
    Role::Administrator,
    Role::Operator,
    Role::Gateway,
    Role::Inspector,
];
/// The departments that vote.
pub const VOTERS: [&str; 4] = [REGISTRAR, STEWARD, PROVIDER, APPLICANT];
/// The purposes in the code list.
pub const PURPOSES: [&str; 2] = ["social-assistance", "statistics"];

/// Parses an identifier that a test wrote down.
///
/// # Panics
///
/// If it is not one.
pub fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a valid identifier or text")
}

/// A secret key made from a label.
pub fn labelled_key(label: &str) -> SecretKey {
    SecretKey::from_seed(&hash(Domain::Text, &[b"test key ", label.as_bytes()]).0)
}

/// The key of a department's role.
pub fn key(department: &str, role: Role) -> SecretKey {
    labelled_key(&format!("{department} {role:?}"))
}

/// The key of a department's head.
pub fn head(department: &str) -> SecretKey {
    key(department, Role::Head)
}

/// The key of a department's administrator.
pub fn administrator(department: &str) -> SecretKey {
    key(department, Role::Administrator)
}

/// The consensus key of a voting department's node.
pub fn consensus_key(department: &str) -> SecretKey {
    labelled_key(&format!("{department} consensus"))
}

/// The key on the network of a node that a test registers.
pub fn network_key(node: &str) -> SecretKey {
    labelled_key(&format!("{node} network"))
}

/// A node to be registered, with both of its keys: [`network_key`] and the `consensus_key` of its
/// name.
pub fn registration(chain: &ChainId, node: &str, department: &str) -> RegisterNode {
    let name: NodeId = id(node);
    let (network, consensus) = (network_key(node), consensus_key(node));
    RegisterNode {
        network: NodeKeyOffer::new(&network, chain, &name, NodeKeyUse::Network),
        consensus: Some(NodeKeyOffer::new(
            &consensus,
            chain,
            &name,
            NodeKeyUse::Consensus,
        )),
        id: name,
        department: id(department),
        addresses: List::new(vec![id("/ip4/10.0.0.1/tcp/7000")]).unwrap(),
    }
}

/// The responsibility that a department holds since the genesis, such as `Z-D004-01`.
pub fn responsibility(department: &str) -> ResponsibilityCode {
    id(&format!("Z-{department}-01"))
}

/// A resource code from a small number.
pub fn code(number: u32) -> ResourceCode {
    id(&format!("307001024/{number:06}"))
}

/// The `number`th application or authorization of a resource.
pub fn sharing_id(resource: &ResourceCode, number: u32) -> SharingId {
    SharingId {
        resource: resource.clone(),
        number,
    }
}

/// Field numbers.
pub fn numbers(fields: &[u16]) -> FieldNumbers {
    List::new(fields.iter().copied().map(FieldNumber).collect()).unwrap()
}

/// A field of an entry, with its own sharing type or the entry's.
pub fn field(number: u16, sharing: Option<Sharing>) -> Field {
    Field {
        number: FieldNumber(number),
        name: id(&format!("字段{number}")),
        data_element: None,
        field_type: FieldType::C,
        length: Some(18),
        precision: None,
        unit: None,
        sharing,
        level: None,
    }
}

/// Conditional sharing with its condition.
pub fn conditional() -> Sharing {
    Sharing::Conditional {
        condition: Some(id("仅用于救助对象认定")),
    }
}

/// No sharing, with its legal basis.
pub fn not_shared() -> Sharing {
    Sharing::NotShared {
        legal_basis: Some(id("个人信息保护法第二十八条")),
    }
}

/// A complete entry, conditional as a whole: field 1 is unconditional, 2 and 4 are as the entry,
/// 3 is not shared.
pub fn entry(responsibility: &ResponsibilityCode) -> Entry {
    let fields = vec![
        field(1, Some(Sharing::Unconditional)),
        field(2, None),
        field(3, Some(not_shared())),
        field(4, None),
    ];
    Entry {
        name: id("户籍人口基本信息"),
        responsibility: Some(responsibility.clone()),
        summary: Some(id("户籍人口的基本情况")),
        category: Some(Category::Base),
        kind: Some(ResourceKind::Table),
        fields: List::new(fields).unwrap(),
        sharing: Some(conditional()),
        method: Some(SharingMethod::Exchange),
        openness: Some(Openness::Closed),
        update_cycle: Some(UpdateCycle::Daily),
        level: Some(SensitivityLevel::Three),
        related_codes: List::default(),
        attributes: List::default(),
    }
}

/// A request of a department for fields, for [`PURPOSES`]`[0]`, from the genesis on for 30 days.
pub fn request(applicant: &str, fields: &[u16]) -> Request {
    Request {
        version: 1,
        responsibility: responsibility(applicant),
        fields: numbers(fields),
        purpose: id(PURPOSES[0]),
        scene: id("救助申请核对"),
        method: SharingMethod::Query,
        calls_per_day_max: Some(1_000),
        from: GENESIS_TIME,
        to: TimeMs(GENESIS_TIME.0 + 30 * DAY_MS),
    }
}

/// A grant of everything that an application asks for.
pub fn grant_of(application: SharingId, request: &Request) -> Grant {
    Grant {
        application,
        revision: 1,
        fields: request.fields.clone(),
        calls_per_day_max: request.calls_per_day_max,
        from: request.from,
        to: request.to,
        reason: None,
    }
}

/// The records of the test city's genesis, to be changed by a test before it makes its own.
pub fn genesis_records() -> Vec<Record> {
    let at = Moment {
        height: Height::GENESIS,
        time: GENESIS_TIME,
    };
    let mut records = Vec::new();
    for (department, parent) in DEPARTMENTS {
        let status = if department == SUSPENDED {
            DepartmentStatus::Suspended
        } else {
            DepartmentStatus::Active
        };
        let sub_units = DEPARTMENTS
            .iter()
            .filter(|(_, of)| *of == Some(department))
            .count();
        records.push(Record::Department(Department {
            id: id(department),
            parent: parent.map(id),
            credit_code: None,
            name: id(&format!("部门{department}")),
            level: AdministrativeLevel::City,
            region: id("110000"),
            status: List::new(vec![StatusSince { status, since: at }]).unwrap(),
            sub_units: u32::try_from(sub_units).unwrap(),
            proposals: 0,
            successor: None,
            open_proposals: List::default(),
            trail: Trail::default(),
        }));
        if department != KEYLESS_SUB_UNIT {
            records.extend(ROLES.map(|role| genesis_key(department, role, at)));
        }
        if parent.is_none() {
            records.push(genesis_responsibility(department, at));
        }
    }
    records.extend(VOTERS.map(|department| {
        let name = id(&format!("{department}-1"));
        let network_key = labelled_key(&format!("{department} network")).public();
        let node = Node::begin(name, id(department), network_key, List::default(), at);
        let node = node.with_consensus_key(consensus_key(department).public(), at);
        Record::Node(node.unwrap())
    }));
    let holders = [
        (Office::Registrar, REGISTRAR),
        (Office::Steward, STEWARD),
        (Office::StewardDeputy, DEPUTY),
        (Office::Inspectorate, REGISTRAR),
        (Office::Standards, DEPUTY),
    ];
    let holders = holders.map(|(office, department)| (office, id(department)));
    records.push(Record::Offices(Offices::begin(at, holders).unwrap()));
    let purposes = PURPOSES.map(|purpose| Purpose {
        code: id(purpose),
        name: id(purpose),
    });
    let settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        ..Settings::default()
    };
    let parameters = Parameters::begin(at, settings, purposes.to_vec()).unwrap();
    records.push(Record::Parameters(parameters));
    records.push(Record::Membership(Membership::begin(validators())));
    records
}

fn genesis_key(department: &str, role: Role, at: Moment) -> Record {
    Record::Key(Key {
        public_key: key(department, role).public(),
        algorithm: Algorithm::Ed25519,
        department: id(department),
        role,
        next_sequence: 1,
        valid: Period::since(at),
        suspicions: List::default(),
    })
}

fn genesis_responsibility(department: &str, at: Moment) -> Record {
    Record::Responsibility(Responsibility {
        code: responsibility(department),
        holder: id(department),
        revision: 1,
        earlier_holders: List::default(),
        title: id(&format!("{department}的职责")),
        text: None,
        legal_bases: List::default(),
        effective: Period::since(at),
        ended_as: None,
        trail: Trail::default(),
    })
}

/// The four validators.
pub fn validators() -> ValidatorSet {
    let members = VOTERS.map(|department| {
        let node: NodeId = id(&format!("{department}-1"));
        Validator::new(consensus_key(department).public(), node, id(department))
    });
    ValidatorSet::new(members.to_vec()).unwrap()
}

/// The test city's genesis.
pub fn genesis() -> Genesis {
    Genesis::new(id("测试市目录链"), GENESIS_TIME, genesis_records()).unwrap()
}

/// A certificate for any block by some of the validators (by department).
pub fn certificate(
    chain: &ChainId,
    height: Height,
    round: u32,
    block: crate::hash::Hash,
    voters: &[&str],
) -> Certificate {
    let set = validators();
    let mut signatures: BTreeMap<u16, CommitSignature> = BTreeMap::new();
    for department in voters {
        let secret = consensus_key(department);
        let address = crate::ids::Address::of(&secret.public());
        let step = VoteStep::Precommit;
        let message = vote_bytes(chain, step, height, round, Some(&block), &address);
        let validator = u16::try_from(set.index_of(&address).unwrap()).unwrap();
        let signature = secret.sign(&message);
        signatures.insert(
            validator,
            CommitSignature {
                validator,
                signature,
            },
        );
    }
    Certificate {
        height,
        round,
        block,
        signatures: List::new(signatures.into_values().collect()).unwrap(),
    }
}

/// Whose keys sign for a department: its own, or its parent's for the keyless one.
pub fn signer_of(department: &str) -> &str {
    if department == KEYLESS_SUB_UNIT {
        PROVIDER
    } else {
        department
    }
}

/// The department that a sub-unit belongs to, or itself.
pub fn root_of(department: &str) -> &str {
    department.split('.').next().unwrap_or(department)
}
