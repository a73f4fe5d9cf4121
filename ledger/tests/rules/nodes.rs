//! Nodes of the network.

use dirchain_ledger::action::{Action, RegisterNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::limits::DEPARTMENT_NODES_MAX;
use dirchain_ledger::records::{NodeKind, Role};
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

fn observer(name: &str, department: &str) -> RegisterNode {
    RegisterNode {
        id: id(name),
        department: id(department),
        kind: NodeKind::Observer,
        network_key: labelled_key(name).public(),
        addresses: List::new(vec![id("/ip4/10.0.0.1/tcp/7000")]).unwrap(),
    }
}

fn register(ledger: &mut Ledger, node: RegisterNode) -> Result<(), &'static str> {
    let operator = key(PROVIDER, Role::Operator);
    let result = ledger.submit(&operator, vec![Action::RegisterNode(node)]);
    result.map(drop).map_err(|rejection| rejection.code())
}

#[test]
fn an_operator_admits_and_removes_observers_of_its_department_and_sub_units() {
    let mut ledger = Ledger::default();
    for (name, department) in [("o-1", PROVIDER), ("o-2", KEYLESS_SUB_UNIT)] {
        register(&mut ledger, observer(name, department)).unwrap();
        let remove = Action::RemoveNode { id: id(name) };
        ledger
            .submit(&key(PROVIDER, Role::Operator), vec![remove])
            .unwrap();
        let node = ledger.state.node(&id(name)).unwrap().unwrap();
        assert!(!node.admitted.holds_at(ledger.tip.height));
        assert_eq!(node.trail.count, 2);
    }
}

#[test]
fn a_network_key_is_used_by_one_node_for_ever() {
    let mut ledger = Ledger::default();
    register(&mut ledger, observer("o-1", PROVIDER)).unwrap();
    let mut second = observer("o-2", PROVIDER);
    second.network_key = labelled_key("o-1").public();
    assert_eq!(register(&mut ledger, second.clone()), Err("taken"));
    // Nor a validator's of the genesis.
    second.network_key = labelled_key("D001 network").public();
    assert_eq!(register(&mut ledger, second), Err("taken"));
    // Twice in one transaction.
    let (third, mut fourth) = (observer("o-3", PROVIDER), observer("o-4", PROVIDER));
    fourth.network_key = third.network_key;
    let both = vec![Action::RegisterNode(third), Action::RegisterNode(fourth)];
    let refused = ledger
        .submit(&key(PROVIDER, Role::Operator), both)
        .unwrap_err();
    assert_eq!(refused.code(), "taken");
}

refusals! {
    a_node_s_name_is_never_used_again => "taken" {
        let mut ledger = Ledger::default();
        register(&mut ledger, observer("o-1", PROVIDER)).unwrap();
        let operator = key(PROVIDER, Role::Operator);
        ledger.submit(&operator, vec![Action::RemoveNode { id: id("o-1") }]).unwrap();
        let again = RegisterNode { network_key: labelled_key("x").public(), ..observer("o-1", PROVIDER) };
        ledger.submit(&operator, vec![Action::RegisterNode(again)]).unwrap_err()
    }
    a_node_of_another_department_is_not_admitted => "not-acting-for" {
        let node = Action::RegisterNode(observer("o-1", BYSTANDER));
        Ledger::default().submit(&key(PROVIDER, Role::Operator), vec![node]).unwrap_err()
    }
    a_network_key_is_a_sound_key => "bad-key" {
        let mut node = observer("o-1", PROVIDER);
        node.network_key.0 = [0; 32];
        Ledger::default().submit(&key(PROVIDER, Role::Operator), vec![Action::RegisterNode(node)]).unwrap_err()
    }
    r9_a_validator_is_not_registered_here => "validator-node" {
        let mut node = observer("o-1", PROVIDER);
        node.kind = NodeKind::Validator;
        Ledger::default().submit(&key(PROVIDER, Role::Operator), vec![Action::RegisterNode(node)]).unwrap_err()
    }
    r9_a_voting_node_is_not_removed_here => "validator-node" {
        let remove = Action::RemoveNode { id: id("D004-1") };
        Ledger::default().submit(&key(PROVIDER, Role::Operator), vec![remove]).unwrap_err()
    }
    a_node_is_removed_once => "node-removed" {
        let mut ledger = Ledger::default();
        register(&mut ledger, observer("o-1", PROVIDER)).unwrap();
        let remove = Action::RemoveNode { id: id("o-1") };
        let operator = key(PROVIDER, Role::Operator);
        ledger.submit(&operator, vec![remove.clone()]).unwrap();
        ledger.submit(&operator, vec![remove]).unwrap_err()
    }
    sub_units_bring_no_room_for_further_nodes => "full" {
        let mut ledger = Ledger::default();
        let departments = [PROVIDER, KEYLESS_SUB_UNIT];
        let nodes = (0..DEPARTMENT_NODES_MAX).map(|n| observer(&format!("o-{n}"), departments[n % 2]));
        let actions = nodes.map(Action::RegisterNode).collect();
        let operator = key(PROVIDER, Role::Operator);
        let refused = ledger.submit(&operator, actions).unwrap_err();
        // With the department's validator that is one too many; without the last one all fit.
        let nodes = (1..DEPARTMENT_NODES_MAX).map(|n| observer(&format!("o-{n}"), departments[n % 2]));
        ledger.submit(&operator, nodes.map(Action::RegisterNode).collect()).unwrap();
        let other = Action::RegisterNode(observer("other", BYSTANDER));
        ledger.submit(&key(BYSTANDER, Role::Operator), vec![other]).unwrap();
        refused
    }
    one_department_does_not_use_up_all_nodes => "full" {
        let nodes = (0..DEPARTMENT_NODES_MAX).map(|n| observer(&format!("o-{n}"), PROVIDER));
        let nodes = nodes.map(Action::RegisterNode).collect();
        let mut ledger = Ledger::default();
        let operator = key(PROVIDER, Role::Operator);
        // One validator of the department is in the genesis, so the last is one too many.
        ledger.submit(&operator, nodes).unwrap_err()
    }
}
