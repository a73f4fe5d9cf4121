//! The whole day on a ledger in memory, and what may be read at its end.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod field_texts;
pub(crate) mod ledger;
mod verdicts;

use std::collections::BTreeMap;

use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::genesis::GenesisError;
use dirchain_ledger::ids::{DepartmentId, ResourceCode, SharingId, TimeMs};
use dirchain_ledger::records::{
    ApplicationStatus, DraftStatus, EndKind, Record, RecordId, RecordKind, ResourceStatus, Role,
};
use dirchain_ledger::validators::ValidatorSetError;
use dirchain_ledger::view::{Records, View};

use super::*;
use ledger::Ledger;

pub(crate) const NOW: TimeMs = TimeMs(1_754_006_400_000);

pub(crate) fn node_spec(department: &str, byte: u8) -> NodeSpec {
    NodeSpec {
        department: department.parse().unwrap(),
        network_key: SecretKey::from_seed(&[byte; 32]).public(),
        consensus_key: SecretKey::from_seed(&[byte + 100; 32]).public(),
        addresses: vec!["/ip4/127.0.0.1/tcp/7001".parse().unwrap()],
    }
}

pub(crate) fn sample_city(seed: u8) -> SampleCity {
    let nodes = ["D035", "D005", "D024", "D008"];
    let nodes: Vec<NodeSpec> = (1u8..).zip(nodes).map(|(n, d)| node_spec(d, n)).collect();
    city(&[seed; 32], &nodes, NOW).unwrap()
}

/// Steps that may be submitted together.
fn groups(steps: &[Step]) -> Vec<Vec<&Step>> {
    let mut groups: Vec<Vec<&Step>> = Vec::new();
    for step in steps {
        match groups.last_mut() {
            Some(group) if !step.depends_on_commit => group.push(step),
            _ => groups.push(vec![step]),
        }
    }
    groups
}

fn commit(ledger: &mut Ledger, city: &SampleCity, group: &[&Step]) {
    let unsigned = group.iter().map(|step| {
        let key = city.keys.get(&step.department, step.role).unwrap();
        (&key.secret, step.actions.clone())
    });
    ledger.commit(unsigned.collect());
}

/// The ledger after the whole day.
pub(crate) fn loaded(city: &SampleCity) -> Ledger {
    let mut ledger = Ledger::new(city);
    for group in groups(&day(city, NOW).unwrap()) {
        commit(&mut ledger, city, &group);
    }
    ledger
}

#[test]
fn every_step_is_accepted_and_leaves_the_statuses_intended() {
    let city = sample_city(7);
    let ledger = loaded(&city);
    let mut waiting = Vec::new();
    for id in ledger.state.list(RecordKind::Resource, None, 100).unwrap() {
        let Some(Record::Resource(resource)) = ledger.state.record(&id).unwrap() else {
            panic!("{id} is no resource");
        };
        assert_eq!(resource.status(), ResourceStatus::Published, "{id}");
        assert_eq!(resource.entry().unwrap().lacks(), vec![], "{id}");
        if let Some(draft) = resource.draft {
            assert!(matches!(draft.status, DraftStatus::Submitted { .. }));
            waiting.push(resource.code.to_string());
        }
    }
    assert_eq!(waiting, ["307001013/000001"]);
    let mut statuses = BTreeMap::new();
    let applications = ledger
        .state
        .list(RecordKind::Application, None, 100)
        .unwrap();
    assert_eq!(applications.len(), 16);
    for id in applications {
        let Some(Record::Application(application)) = ledger.state.record(&id).unwrap() else {
            panic!("{id} is no application");
        };
        let status = match application.status {
            ApplicationStatus::Submitted => "waiting",
            ApplicationStatus::NeedsMore { .. }
            | ApplicationStatus::InReview { .. }
            | ApplicationStatus::Disputed { .. } => "otherwise",
            ApplicationStatus::Granted { .. } => "granted",
            ApplicationStatus::Refused { .. } => "refused",
            ApplicationStatus::TakenBack { .. } => "taken back",
        };
        *statuses.entry(status).or_insert(0) += 1;
    }
    let expected = [
        ("granted", 12),
        ("refused", 2),
        ("taken back", 1),
        ("waiting", 1),
    ];
    assert_eq!(statuses, BTreeMap::from(expected));
    let id_of = |id: &str| -> SharingId { id.parse().unwrap() };
    let ended = |id: &str| {
        let authorization = ledger.state.authorization(&id_of(id)).unwrap().unwrap();
        authorization.ended.map(|end| end.kind)
    };
    assert_eq!(ended("307001008/000002/2"), None);
    let suspended = id_of("307001008/000002/2");
    let suspended = ledger.state.authorization(&suspended).unwrap().unwrap();
    assert!(suspended.suspended.is_some());
    assert_eq!(ended("307001007/000001/1"), Some(EndKind::GivenUp));
    assert_eq!(ended("103001/000001/1"), None);
    let responsibilities = ledger
        .state
        .list(RecordKind::Responsibility, None, 100)
        .unwrap();
    assert_eq!(responsibilities.len(), 25);
}

/// What `depends_on_commit` promises: within a group any order of keys will do.
#[test]
fn steps_of_a_group_may_land_in_any_order() {
    let city = sample_city(7);
    let steps = day(&city, NOW).unwrap();
    let mut ledger = Ledger::new(&city);
    for group in groups(&steps) {
        let mut reversed = group.clone();
        reversed.sort_by_key(|step| std::cmp::Reverse((step.department.clone(), step.role)));
        commit(&mut ledger, &city, &reversed);
    }
    let in_order = loaded(&city);
    for kind in [RecordKind::Application, RecordKind::Authorization] {
        let ids = in_order.state.list(kind, None, 100).unwrap();
        assert_eq!(ledger.state.list(kind, None, 100).unwrap(), ids);
        for id in ids {
            let applicant = |ledger: &Ledger| match ledger.state.record(&id).unwrap() {
                Some(Record::Application(record)) => record.applicant,
                Some(Record::Authorization(record)) => record.grantee,
                other => panic!("{other:?}"),
            };
            assert_eq!(applicant(&ledger), applicant(&in_order), "{id}");
        }
    }
}

#[test]
fn the_same_arguments_give_the_same_city_and_day() {
    let (one, two, other) = (sample_city(7), sample_city(7), sample_city(8));
    assert_eq!(one.genesis, two.genesis);
    assert_eq!(one.genesis.chain(), two.genesis.chain());
    assert_eq!(day(&one, NOW).unwrap(), day(&two, NOW).unwrap());
    let seeds = |city: &SampleCity| -> Vec<_> {
        city.keys
            .iter()
            .map(|key| (key.name(), key.secret.seed()))
            .collect()
    };
    assert_eq!(seeds(&one), seeds(&two));
    assert_ne!(one.genesis.chain(), other.genesis.chain());
    let same = seeds(&one)
        .into_iter()
        .filter(|key| seeds(&other).contains(key))
        .count();
    assert_eq!(same, 0);
}

#[test]
fn everybody_has_the_keys_of_their_office() {
    let city = sample_city(7);
    let names: Vec<String> = city.keys.iter().map(SampleKey::name).collect();
    assert_eq!(names.len(), 2 * 53 + 4 + 1);
    assert!(names.contains(&"head D024".to_owned()));
    assert!(names.contains(&"operator D035".to_owned()));
    assert!(names.contains(&"inspector D025".to_owned()));
    assert!(!names.contains(&"operator D053".to_owned()));
    let d024: DepartmentId = "D024".parse().unwrap();
    let key = city.keys.get(&d024, Role::Head).unwrap();
    let id = RecordId::Key(key.secret.public());
    assert!(city.genesis.records.iter().any(|record| record.id() == id));
    let departments = city.genesis.records.iter();
    let departments = departments.filter(|record| matches!(record, Record::Department(_)));
    assert_eq!(departments.count(), 53);
}

#[test]
fn nodes_of_strangers_and_of_one_department_twice_are_refused() {
    let stranger = city(&[7; 32], &[node_spec("D099", 1)], NOW).unwrap_err();
    let dangling = SampleError::Genesis(GenesisError::Dangling {
        id: RecordId::Node("D099-1".parse().unwrap()),
        missing: RecordId::Department("D099".parse().unwrap()),
    });
    assert_eq!(stranger.to_string(), dangling.to_string());
    let twice = city(&[7; 32], &[node_spec("D008", 1), node_spec("D008", 2)], NOW);
    assert!(matches!(
        twice.unwrap_err(),
        SampleError::Validators(ValidatorSetError::Duplicate { .. })
    ));
    let nobody = city(&[7; 32], &[], NOW).unwrap_err();
    assert!(matches!(
        nobody,
        SampleError::Validators(ValidatorSetError::Empty)
    ));
}

#[test]
fn fields_have_their_own_sharing_and_level_where_the_law_says_so() {
    let ledger = loaded(&sample_city(7));
    let entry = |code: &str| {
        let code: ResourceCode = code.parse().unwrap();
        ledger
            .state
            .resource(&code)
            .unwrap()
            .unwrap()
            .entry()
            .unwrap()
            .clone()
    };
    let companies = entry("102001/000001");
    let own: Vec<bool> = companies
        .fields
        .iter()
        .map(|f| f.sharing.is_some())
        .collect();
    assert_eq!(own, [false, false, true, false, false, false]);
    let levels = |code: &str| -> Vec<u8> {
        let entry = entry(code);
        let levels = entry
            .fields
            .iter()
            .map(|f| entry.level_of(f).unwrap().into());
        levels.collect()
    };
    assert_eq!(levels("102001/000001"), [1, 1, 2, 1, 1, 1]);
    assert_eq!(levels("103001/000001"), [3, 4, 3, 3, 3]);
    assert_eq!(levels("307001011/000001"), [4, 3, 3, 4]);
    assert_eq!(levels("307001021/000002"), [4, 4]);
    assert_eq!(levels("307001023/000001"), [2, 2, 2]);
}
