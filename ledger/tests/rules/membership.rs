//! Membership by proposal, epochs, the rules' version (R9).

use dirchain_ledger::action::{Action, AmendNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::epoch;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{Height, NodeId};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{
    MemberChange, Membership, NodeKeyOffer, NodeKeyUse, Record, Role, Settings, Signatory,
};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::validators::quorum;
use dirchain_ledger::view::Records;

/// The length of an epoch here.
const EPOCH: u64 = 8;

fn ledger() -> Ledger {
    with_settings(|_| {})
}

fn with_settings(with: impl FnOnce(&mut Settings)) -> Ledger {
    let mut records = genesis_records();
    for record in &mut records {
        if let Record::Parameters(parameters) = record {
            parameters.settings.epoch_blocks = u32::try_from(EPOCH).unwrap();
            // Whoever waits for approvals may wait long here.
            parameters.settings.open_proposals_max = 64;
        }
    }
    for record in &mut records {
        if let Record::Parameters(parameters) = record {
            with(&mut parameters.settings);
            break;
        }
    }
    Ledger::new(&Genesis::new(id("城市"), GENESIS_TIME, records).unwrap())
}

fn membership(ledger: &Ledger) -> Membership {
    ledger.state.membership().unwrap()
}

fn voters(ledger: &Ledger) -> Vec<String> {
    let members = ledger.tip.validators.members().iter();
    let mut nodes: Vec<String> = members.map(|member| member.node.to_string()).collect();
    nodes.sort();
    nodes
}

/// Registers a node of a department and shows that it is ready.
fn ready(ledger: &mut Ledger, name: &str, department: &str) {
    let node = registration(&ledger.chain, name, department);
    let operator = key(department, Role::Operator);
    ledger
        .submit(&operator, vec![Action::RegisterNode(node)])
        .unwrap();
    let ready = Action::MarkReady {
        id: id(name),
        height: ledger.tip.height,
        block: ledger.tip.block,
    };
    ledger.submit(&operator, vec![ready]).unwrap();
}

fn add(name: &str) -> MemberChange {
    MemberChange::Add {
        node: id(name),
        consensus_key: consensus_key(name).public(),
    }
}

fn remove(name: &str) -> MemberChange {
    MemberChange::Remove { node: id(name) }
}

fn measure(changes: &[MemberChange]) -> Measure {
    Measure::ChangeMembership {
        changes: List::new(changes.to_vec()).unwrap(),
    }
}

fn agree(ledger: &mut Ledger, changes: &[MemberChange]) -> Result<Height, Rejection> {
    ledger.agree(&head(STEWARD), measure(changes))
}

/// Makes blocks, each built by the one whose turn it is, until an epoch has ended.
fn end_epoch(ledger: &mut Ledger) {
    loop {
        ledger.pass_ms(HEARTBEAT_MS);
        ledger.extend(&[]);
        if epoch::ends_at(ledger.tip.height, u32::try_from(EPOCH).unwrap()) {
            return;
        }
    }
}

/// Rule R9: what is agreed comes into force behind the last block of an epoch, and the header
/// before commits to it.
#[test]
fn r9_a_ready_node_votes_from_an_epoch_on() {
    let mut ledger = ledger();
    ready(&mut ledger, "D006-1", BYSTANDER);
    let before = ledger.tip.validators.clone();
    agree(&mut ledger, &[add("D006-1")]).unwrap();
    assert_eq!(ledger.tip.validators, before);
    assert_eq!(membership(&ledger).agreed.len(), 1);
    end_epoch(&mut ledger);
    assert_eq!(
        voters(&ledger),
        ["D001-1", "D002-1", "D004-1", "D005-1", "D006-1"]
    );
    let last = &ledger.blocks.last().unwrap().header;
    assert_eq!(last.validators_hash, before.hash());
    assert_eq!(last.next_validators_hash, ledger.tip.validators.hash());
    let now = membership(&ledger);
    assert_eq!((now.epoch, now.agreed.len(), now.unproven.len()), (1, 0, 1));
    // It has shown that it is there once it has built a block.
    end_epoch(&mut ledger);
    let built = ledger
        .blocks
        .iter()
        .any(|block| block.header.builder == now.unproven[0]);
    assert!(built);
    assert!(membership(&ledger).unproven.is_empty());
    assert_eq!(membership(&ledger).epoch, 1);
}

/// Rule R9: who must approve.
#[test]
fn r9_the_offices_decide_who_votes_and_the_newcomer_agrees() {
    let mut ledger = ledger();
    ready(&mut ledger, "D006-1", BYSTANDER);
    ready(&mut ledger, "D004-2", PROVIDER);
    let replace = MemberChange::Replace {
        node: id("D004-1"),
        by: id("D004-2"),
        consensus_key: consensus_key("D004-2").public(),
    };
    let cases: [(MemberChange, &[(&str, Signatory)]); 2] = [
        (
            add("D006-1"),
            &[
                (REGISTRAR, Signatory::Head),
                (STEWARD, Signatory::Head),
                (BYSTANDER, Signatory::Head),
            ],
        ),
        (
            replace.clone(),
            &[(STEWARD, Signatory::Either), (PROVIDER, Signatory::Head)],
        ),
    ];
    for (change, expected) in cases {
        let proposal = ledger.propose(&head(STEWARD), measure(&[change])).unwrap();
        let proposal = ledger.state.proposal(&proposal).unwrap().unwrap();
        let seats = proposal.seats.iter();
        let seats: Vec<_> = seats
            .map(|s| (s.department.as_str(), s.signatory))
            .collect();
        assert_eq!(seats, expected);
    }
    agree(&mut ledger, &[add("D006-1")]).unwrap();
    // Who leaves is not asked, and does not decide on itself.
    let leaving = ledger
        .propose(&head(REGISTRAR), measure(&[remove("D002-1")]))
        .unwrap();
    let leaving = ledger.state.proposal(&leaving).unwrap().unwrap();
    let seats = leaving.seats.iter();
    let seats: Vec<&str> = seats.map(|s| s.department.as_str()).collect();
    assert_eq!(seats, [REGISTRAR, DEPUTY]);
    // A department proposes what concerns its own nodes.
    ledger
        .propose(&head(PROVIDER), measure(&[replace]))
        .unwrap();
}

/// Rule R9: an epoch changes at most as many members as those that stay can lose.
#[test]
fn r9_what_is_too_much_for_one_epoch_waits_for_the_next() {
    let mut ledger = ledger();
    ready(&mut ledger, "D006-1", BYSTANDER);
    ready(&mut ledger, "D003-1", DEPUTY);
    ready(&mut ledger, "D005.1-1", APPLICANT_UNIT);
    end_epoch(&mut ledger);
    let newcomers = [add("D006-1"), add("D003-1"), add("D005.1-1")];
    for change in newcomers {
        agree(&mut ledger, &[change]).unwrap();
    }
    for (members, waiting) in [(5, 2), (6, 1), (7, 0)] {
        while ledger.tip.validators.count() < members {
            end_epoch(&mut ledger);
        }
        assert_eq!(ledger.tip.validators.count(), members);
        assert_eq!(membership(&ledger).agreed.len(), waiting);
    }
    // Back to five: of six that stay one can be lost, so one goes at a time.
    agree(&mut ledger, &[remove("D006-1"), remove("D003-1")]).unwrap();
    let epoch = membership(&ledger).epoch;
    while ledger.tip.validators.count() > 5 {
        end_epoch(&mut ledger);
    }
    assert_eq!(membership(&ledger).epoch, epoch + 2);
}

/// Rule R9: a change that rests on one that waits waits with it.
#[test]
fn r9_what_rests_on_a_change_that_waits_is_not_dropped() {
    let mut ledger = ledger();
    ready(&mut ledger, "D006-1", BYSTANDER);
    ready(&mut ledger, "D003-1", DEPUTY);
    ready(&mut ledger, "D003-2", DEPUTY);
    end_epoch(&mut ledger);
    agree(&mut ledger, &[add("D006-1")]).unwrap();
    agree(&mut ledger, &[add("D003-1")]).unwrap();
    let replace = MemberChange::Replace {
        node: id("D003-1"),
        by: id("D003-2"),
        consensus_key: consensus_key("D003-2").public(),
    };
    agree(&mut ledger, &[replace]).unwrap();
    while !membership(&ledger).agreed.is_empty() {
        end_epoch(&mut ledger);
    }
    let expected = ["D001-1", "D002-1", "D003-2", "D004-1", "D005-1", "D006-1"];
    assert_eq!(voters(&ledger), expected);
}

/// Rule R9: newcomers that never come cannot halt the chain, and are removed again.
#[test]
fn r9_newcomers_that_die_cannot_halt_the_chain() {
    let mut ledger = ledger();
    let dead = ["D006-1", "D003-1", "D005.1-1"];
    for (name, department) in dead.iter().zip([BYSTANDER, DEPUTY, APPLICANT_UNIT]) {
        ready(&mut ledger, name, department);
    }
    ledger.absent = dead.map(id).to_vec();
    for name in dead {
        agree(&mut ledger, &[add(name)]).unwrap();
    }
    for _ in 0..10 {
        end_epoch(&mut ledger);
    }
    assert_eq!(ledger.tip.validators.count(), 5);
    assert_eq!(membership(&ledger).agreed.len(), 2);
    // Those that never began to vote are taken back at once, the one that did at an epoch.
    for name in dead {
        agree(&mut ledger, &[remove(name)]).unwrap();
    }
    assert_eq!(membership(&ledger).agreed.len(), 1);
    end_epoch(&mut ledger);
    assert_eq!(ledger.tip.validators, validators());
}

/// Rule R9: a node votes with another key, or another node of the department does.
#[test]
fn r9_keys_rotate_and_nodes_are_replaced_one_at_a_time() {
    let mut ledger = ledger();
    let mut rotations = Vec::new();
    for department in VOTERS {
        let node: NodeId = id(&format!("{department}-1"));
        let secret = labelled_key(&format!("{department} second"));
        let offer = NodeKeyOffer::new(&secret, &ledger.chain, &node, NodeKeyUse::Consensus);
        let announce = Action::AmendNode(AmendNode {
            id: node.clone(),
            network: None,
            consensus: Some(offer),
            addresses: None,
        });
        ledger
            .submit(&key(department, Role::Operator), vec![announce])
            .unwrap();
        rotations.push(MemberChange::Rotate {
            node,
            consensus_key: secret.public(),
        });
    }
    agree(&mut ledger, &rotations).unwrap();
    let mut sets = vec![ledger.tip.validators.clone()];
    while !membership(&ledger).agreed.is_empty() {
        end_epoch(&mut ledger);
        if *sets.last().unwrap() != ledger.tip.validators {
            sets.push(ledger.tip.validators.clone());
        }
    }
    assert_eq!(sets.len(), 5);
    for pair in sets.windows(2) {
        let same = pair[1]
            .members()
            .iter()
            .filter(|m| pair[0].members().contains(m));
        assert_eq!(same.count(), 3);
    }
    ready(&mut ledger, "D004-2", PROVIDER);
    let replace = MemberChange::Replace {
        node: id("D004-1"),
        by: id("D004-2"),
        consensus_key: consensus_key("D004-2").public(),
    };
    agree(&mut ledger, &[replace]).unwrap();
    end_epoch(&mut ledger);
    end_epoch(&mut ledger);
    assert_eq!(voters(&ledger), ["D001-1", "D002-1", "D004-2", "D005-1"]);
    // Out of the set, the node may leave the network.
    let leave = Action::RemoveNode { id: id("D004-1") };
    ledger
        .submit(&key(PROVIDER, Role::Operator), vec![leave])
        .unwrap();
}

/// Rule R9: what was agreed about a key is void once the node announced another.
#[test]
fn r9_an_agreed_change_that_no_longer_fits_is_dropped() {
    let mut ledger = ledger();
    ready(&mut ledger, "D006-1", BYSTANDER);
    agree(&mut ledger, &[add("D006-1")]).unwrap();
    let secret = labelled_key("another");
    let offer = NodeKeyOffer::new(&secret, &ledger.chain, &id("D006-1"), NodeKeyUse::Consensus);
    let announce = Action::AmendNode(AmendNode {
        id: id("D006-1"),
        network: None,
        consensus: Some(offer),
        addresses: None,
    });
    ledger
        .submit(&key(BYSTANDER, Role::Operator), vec![announce])
        .unwrap();
    end_epoch(&mut ledger);
    assert_eq!(ledger.tip.validators, validators());
    assert!(membership(&ledger).agreed.is_empty());
}

/// Whatever is agreed, each epoch leaves a set that goes on with those alone that were there.
#[test]
fn r9_every_step_is_one_that_the_others_survive() {
    let mut ledger = ledger();
    let nodes = [
        ("D006-1", BYSTANDER),
        ("D003-1", DEPUTY),
        ("D005.1-1", APPLICANT_UNIT),
        ("D004.1-1", SUB_UNIT),
    ];
    for (name, department) in nodes {
        ready(&mut ledger, name, department);
    }
    let all: Vec<MemberChange> = nodes.iter().map(|(name, _)| add(name)).collect();
    agree(&mut ledger, &all).unwrap();
    agree(
        &mut ledger,
        &[remove("D001-1"), remove("D006-1"), remove("D004-1")],
    )
    .unwrap();
    let mut before = ledger.tip.validators.clone();
    while !membership(&ledger).agreed.is_empty() {
        end_epoch(&mut ledger);
        let now = ledger.tip.validators.clone();
        let stayed = now
            .members()
            .iter()
            .filter(|m| before.members().contains(m))
            .count();
        assert!(
            stayed >= quorum(now.count()),
            "{} of {}",
            stayed,
            now.count()
        );
        before = now;
    }
    assert_eq!(before.count(), 5);
}

fn raise(ledger: &mut Ledger, version: u32, from: Height) -> Result<Height, Rejection> {
    ledger.agree(&head(STEWARD), Measure::RaiseRules { version, from })
}

fn apply_for_nothing(ledger: &mut Ledger, number: u32) -> Result<(), Rejection> {
    let mut request = request(APPLICANT, &[2]);
    request.calls_per_day_max = Some(0);
    ledger
        .apply_for(APPLICANT, &code(number), request)
        .map(drop)
}

/// A version of the rules comes into force at an epoch; blocks before it stay as they were, which
/// [`Ledger::extend`] and the replay here check.
#[test]
fn rules_are_raised_at_an_epoch_and_old_blocks_replay_under_theirs() {
    let mut ledger = with_settings(|settings| settings.rules_version = 1);
    ledger.published(PROVIDER, 1);
    apply_for_nothing(&mut ledger, 1).unwrap();
    let from = Height(ledger.tip.height.0 + 2 * EPOCH);
    raise(&mut ledger, 2, from).unwrap();
    while ledger.tip.rules_version == 1 {
        assert!(ledger.tip.height < Height(from.0 + EPOCH));
        ledger.pass_ms(HEARTBEAT_MS);
        ledger.extend(&[]);
    }
    assert!(epoch::ends_at(
        ledger.tip.height,
        u32::try_from(EPOCH).unwrap()
    ));
    assert!(ledger.tip.height >= from);
    assert_eq!(ledger.blocks.last().unwrap().header.rules_version, 1);
    let refused = apply_for_nothing(&mut ledger, 1).unwrap_err();
    assert_eq!(refused.code(), "no-calls");
    ledger.pass_ms(HEARTBEAT_MS);
    ledger.extend(&[]);
    assert_eq!(ledger.blocks.last().unwrap().header.rules_version, 2);
    let parameters = ledger.state.parameters().unwrap();
    assert_eq!(parameters.settings_at(Height(1)).rules_version, 1);
    assert_eq!(parameters.next_rules, None);
    ledger.replay();
}

fn refused(changes: &[MemberChange]) -> Rejection {
    agree(&mut ledger(), changes).unwrap_err()
}

refusals! {
    r9_a_node_that_is_not_ready_does_not_enter => "not-ready" {
        let mut ledger = ledger();
        let node = registration(&ledger.chain, "D006-1", BYSTANDER);
        ledger.submit(&key(BYSTANDER, Role::Operator), vec![Action::RegisterNode(node)]).unwrap();
        agree(&mut ledger, &[add("D006-1")]).unwrap_err()
    }
    r9_a_department_votes_once => "already-votes" {
        let mut ledger = ledger();
        ready(&mut ledger, "D004-2", PROVIDER);
        agree(&mut ledger, &[add("D004-2")]).unwrap_err()
    }
    r9_who_does_not_vote_cannot_stop_to => "does-not-vote" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        agree(&mut ledger, &[remove("D006-1")]).unwrap_err()
    }
    r9_a_change_names_the_key_announced_last => "other-consensus-key" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        let change = MemberChange::Add { node: id("D006-1"), consensus_key: labelled_key("x").public() };
        agree(&mut ledger, &[change]).unwrap_err()
    }
    r9_a_rotation_changes_the_key => "other-consensus-key" {
        let node = id("D004-1");
        refused(&[MemberChange::Rotate { node, consensus_key: consensus_key(PROVIDER).public() }])
    }
    r9_a_node_is_replaced_by_its_own_department_s => "foreign-replacement" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        let change = MemberChange::Replace {
            node: id("D004-1"),
            by: id("D006-1"),
            consensus_key: consensus_key("D006-1").public(),
        };
        agree(&mut ledger, &[change]).unwrap_err()
    }
    r9_of_four_validators_none_leaves => "too-few-validators" {
        refused(&[remove("D004-1")])
    }
    r9_a_removed_node_does_not_enter => "node-removed" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        let leave = Action::RemoveNode { id: id("D006-1") };
        ledger.submit(&key(BYSTANDER, Role::Operator), vec![leave]).unwrap();
        agree(&mut ledger, &[add("D006-1")]).unwrap_err()
    }
    r9_a_node_about_to_vote_stays_on_the_network => "validator-node" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        agree(&mut ledger, &[add("D006-1")]).unwrap();
        let leave = Action::RemoveNode { id: id("D006-1") };
        ledger.submit(&key(BYSTANDER, Role::Operator), vec![leave]).unwrap_err()
    }
    r9_a_department_about_to_vote_is_not_suspended => "wrong-department" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        agree(&mut ledger, &[add("D006-1")]).unwrap();
        let suspend = Measure::SuspendDepartment { department: id(BYSTANDER) };
        ledger.propose(&head(STEWARD), suspend).unwrap_err()
    }
    r9_others_nodes_are_not_a_department_s_to_propose => "not-proposer" {
        let mut ledger = ledger();
        ready(&mut ledger, "D006-1", BYSTANDER);
        ledger.propose(&head(PROVIDER), measure(&[add("D006-1")])).unwrap_err()
    }
    a_change_of_the_membership_changes_something => "no-change" {
        refused(&[])
    }
    rules_are_raised_by_one => "bad-rules" {
        raise(&mut ledger(), 9, Height(100)).unwrap_err()
    }
    rules_are_raised_ahead_of_time => "bad-rules" {
        let mut ledger = ledger();
        let height = ledger.tip.height;
        raise(&mut ledger, 3, height).unwrap_err()
    }
    s2_nobody_grants_no_call => "no-calls" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let asked = request(APPLICANT, &[2]);
        let application = ledger.apply_for(APPLICANT, &code, asked.clone()).unwrap();
        let mut grant = grant_of(application, &asked);
        grant.calls_per_day_max = Some(0);
        ledger.submit(&administrator(PROVIDER), vec![Action::Grant(grant)]).unwrap_err()
    }
    s1_nobody_asks_for_no_call => "no-calls" {
        let mut ledger = Ledger::default();
        ledger.published(PROVIDER, 1);
        apply_for_nothing(&mut ledger, 1).unwrap_err()
    }
}
