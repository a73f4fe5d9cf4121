//! What a genesis must be.

use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::genesis::{Genesis, GenesisError};
use dirchain_ledger::records::{OfficeHolder, Record, RecordId, RecordKind};
use dirchain_ledger::testing::*;

fn made(records: Vec<Record>) -> Result<Genesis, GenesisError> {
    Genesis::new(id("测试"), GENESIS_TIME, records)
}

/// The genesis with its records changed in place.
fn changed(mut change: impl FnMut(&mut Record)) -> Result<Genesis, GenesisError> {
    let mut records = genesis_records();
    records.iter_mut().for_each(&mut change);
    made(records)
}

fn without(kind: RecordKind) -> Result<Genesis, GenesisError> {
    let records = genesis_records().into_iter();
    made(
        records
            .filter(|record| record.id().kind() != kind)
            .collect(),
    )
}

#[test]
fn the_test_city_is_a_genesis_and_its_json_comes_back() {
    let genesis = genesis();
    let json = serde_json::to_string_pretty(&genesis).unwrap();
    let back: Genesis = serde_json::from_str(&json).unwrap();
    assert_eq!(back, genesis);
    assert_eq!(back.chain(), genesis.chain());
    back.check().unwrap();
}

#[test]
fn a_genesis_has_offices_parameters_and_membership() {
    for kind in [
        RecordKind::Offices,
        RecordKind::Parameters,
        RecordKind::Membership,
    ] {
        assert!(
            matches!(without(kind), Err(GenesisError::Missing { .. })),
            "{kind:?}"
        );
    }
}

#[test]
fn a_genesis_names_nothing_that_is_not_there() {
    for kind in [RecordKind::Department, RecordKind::Responsibility] {
        let citing = Record::Responsibility(match &genesis_records()[6] {
            Record::Responsibility(responsibility) => {
                let mut responsibility = responsibility.clone();
                responsibility.code = id("Z-9");
                responsibility.holder = id("D999");
                responsibility
            }
            other => panic!("{:?}", other.id()),
        });
        let mut records = genesis_records();
        records.push(citing);
        assert!(
            matches!(made(records), Err(GenesisError::Dangling { .. })),
            "{kind:?}"
        );
    }
    let foreign_office = changed(|record| {
        if let Record::Offices(offices) = record {
            offices.holders.as_mut_slice()[0].department = id("D999");
        }
    });
    assert!(matches!(foreign_office, Err(GenesisError::Dangling { .. })));
}

#[test]
fn a_genesis_has_each_record_once_in_order() {
    let mut records = genesis_records();
    records.push(records[0].clone());
    assert!(matches!(made(records), Err(GenesisError::Order { .. })));
    let mut genesis = genesis();
    genesis.records.as_mut_slice().swap(0, 1);
    assert!(matches!(genesis.check(), Err(GenesisError::Order { .. })));
}

#[test]
fn a_genesis_admits_only_sound_keys() {
    let bad = changed(|record| {
        if let Record::Node(node) = record {
            node.network_key = PublicKey([0; 32]);
        }
    });
    assert!(matches!(bad, Err(GenesisError::BadKey { .. })));
}

#[test]
fn a_validator_has_a_node_of_its_department_with_its_key() {
    let observer = changed(|record| {
        if let Record::Node(node) = record {
            node.consensus_keys = List::default();
        }
    });
    assert!(matches!(observer, Err(GenesisError::ValidatorNode { .. })));
}

#[test]
fn lists_of_a_genesis_name_nothing_twice() {
    let two_purposes = changed(|record| {
        if let Record::Parameters(parameters) = record {
            parameters.purposes.as_mut_slice()[1].purpose.code = id(PURPOSES[0]);
        }
    });
    assert!(matches!(
        two_purposes,
        Err(GenesisError::ListOrder {
            id: RecordId::Parameters,
            ..
        })
    ));
    let two_stewards = changed(|record| {
        if let Record::Offices(offices) = record {
            let holder: OfficeHolder = offices.holders[1].clone();
            offices.holders = List::new(vec![holder.clone(), holder]).unwrap();
        }
    });
    assert!(matches!(
        two_stewards,
        Err(GenesisError::ListOrder {
            id: RecordId::Offices,
            ..
        })
    ));
}

#[test]
fn a_sub_unit_s_id_extends_its_parent_s() {
    let stray = changed(|record| {
        if let Record::Department(department) = record
            && department.id.as_str() == SUB_UNIT
        {
            department.parent = Some(id(BYSTANDER));
        }
    });
    assert!(matches!(stray, Err(GenesisError::BadSubUnit { .. })));
}

#[test]
fn a_credit_code_is_one_department_s_with_its_sub_units() {
    let with_code = |whose: &[&str]| {
        changed(|record| {
            if let Record::Department(department) = record
                && whose.contains(&department.id.as_str())
            {
                department.credit_code = Some(id("11110000DEM000241U"));
            }
        })
    };
    with_code(&[PROVIDER, SUB_UNIT]).unwrap();
    let refused = with_code(&[PROVIDER, APPLICANT]);
    assert!(
        matches!(refused, Err(GenesisError::CreditCode { .. })),
        "{refused:?}"
    );
}
