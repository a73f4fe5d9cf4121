//! Nodes of the network: names, keys, readiness, contradictions (R9, R10).

use dirchain_ledger::action::{Action, AmendNode, RegisterNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{VoteStep, proposal_bytes, vote_bytes};
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof, ProposedBlock};
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{Address, Height};
use dirchain_ledger::limits::{DEPARTMENT_NODES_MAX, EQUIVOCATIONS_MAX};
use dirchain_ledger::records::{Node, NodeKeyOffer, NodeKeyUse, Role};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::signing::Step;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records, View};

fn operator() -> SecretKey {
    key(PROVIDER, Role::Operator)
}

fn register(ledger: &mut Ledger, node: RegisterNode) -> Result<Height, Rejection> {
    ledger.submit(&operator(), vec![Action::RegisterNode(node)])
}

/// A ledger where [`PROVIDER`] has registered node `D004-2`.
fn registered() -> Ledger {
    let mut ledger = Ledger::default();
    let node = registration(&ledger.chain, "D004-2", PROVIDER);
    register(&mut ledger, node).unwrap();
    ledger
}

fn node(ledger: &Ledger, name: &str) -> Node {
    ledger.state.node(&id(name)).unwrap().unwrap()
}

fn offer(ledger: &Ledger, node: &str, key_use: NodeKeyUse, label: &str) -> NodeKeyOffer {
    NodeKeyOffer::new(&labelled_key(label), &ledger.chain, &id(node), key_use)
}

fn amend(ledger: &mut Ledger, with: impl FnOnce(&mut AmendNode)) -> Result<Height, Rejection> {
    let mut amendment = AmendNode {
        id: id("D004-2"),
        network: None,
        consensus: None,
        addresses: None,
    };
    with(&mut amendment);
    ledger.submit(&operator(), vec![Action::AmendNode(amendment)])
}

fn ready(ledger: &mut Ledger, height: Height, block: Hash) -> Result<Height, Rejection> {
    let ready = Action::MarkReady {
        id: id("D004-2"),
        height,
        block,
    };
    ledger.submit(&operator(), vec![ready])
}

#[test]
fn an_operator_admits_and_removes_nodes_of_its_department_and_sub_units() {
    let mut ledger = Ledger::default();
    for (name, department) in [("D004-2", PROVIDER), ("D004.2-1", KEYLESS_SUB_UNIT)] {
        let registered = registration(&ledger.chain, name, department);
        register(&mut ledger, registered).unwrap();
        let remove = Action::RemoveNode { id: id(name) };
        ledger.submit(&operator(), vec![remove]).unwrap();
        let node = node(&ledger, name);
        assert!(!node.admitted.holds_at(ledger.tip.height));
        assert_eq!(node.trail.count, 2);
    }
}

#[test]
fn an_operator_changes_keys_and_addresses_of_its_node() {
    let mut ledger = registered();
    let network = offer(&ledger, "D004-2", NodeKeyUse::Network, "n2");
    let consensus = offer(&ledger, "D004-2", NodeKeyUse::Consensus, "c2");
    amend(&mut ledger, |change| {
        change.network = Some(network);
        change.consensus = Some(consensus);
        change.addresses = Some(List::default());
    })
    .unwrap();
    let changed = node(&ledger, "D004-2");
    assert_eq!(changed.network_key, network.public_key);
    assert_eq!(changed.consensus_key(), Some(&consensus.public_key));
    assert_eq!(changed.consensus_keys.len(), 2);
    assert!(changed.addresses.is_empty());
    // What is not named stays.
    amend(&mut ledger, |change| {
        change.addresses = Some(List::new(vec![id("/ip4/10.0.0.9/tcp/7000")]).unwrap());
    })
    .unwrap();
    let later = node(&ledger, "D004-2");
    assert_eq!(later.network_key, network.public_key);
    assert_eq!(later.consensus_keys.len(), 2);
}

#[test]
fn a_node_s_key_is_used_by_one_node_for_ever() {
    let mut ledger = registered();
    let taken = |result: Result<Height, Rejection>| result.unwrap_err().code();
    for key in [network_key("D004-2"), consensus_key("D004-2")] {
        for key_use in [NodeKeyUse::Network, NodeKeyUse::Consensus] {
            let mut second = registration(&ledger.chain, "D004-3", PROVIDER);
            let offer = NodeKeyOffer::new(&key, &ledger.chain, &second.id, key_use);
            match key_use {
                NodeKeyUse::Network => second.network = offer,
                NodeKeyUse::Consensus => second.consensus = Some(offer),
            }
            assert_eq!(taken(register(&mut ledger, second)), "taken");
        }
    }
    // Nor a validator's of the genesis.
    let mut second = registration(&ledger.chain, "D004-3", PROVIDER);
    let of_genesis = network_key("D001");
    second.network = NodeKeyOffer::new(&of_genesis, &ledger.chain, &second.id, NodeKeyUse::Network);
    assert_eq!(taken(register(&mut ledger, second)), "taken");
    // Nor the same one for both uses.
    let mut second = registration(&ledger.chain, "D004-3", PROVIDER);
    let both = network_key("D004-3");
    second.consensus = Some(NodeKeyOffer::new(
        &both,
        &ledger.chain,
        &second.id,
        NodeKeyUse::Consensus,
    ));
    assert_eq!(taken(register(&mut ledger, second)), "taken");
    // Twice in one transaction.
    let third = registration(&ledger.chain, "D004-4", PROVIDER);
    let mut fourth = registration(&ledger.chain, "D004-5", PROVIDER);
    let shared = network_key("D004-4");
    fourth.network = NodeKeyOffer::new(&shared, &ledger.chain, &fourth.id, NodeKeyUse::Network);
    let both = vec![Action::RegisterNode(third), Action::RegisterNode(fourth)];
    assert_eq!(taken(ledger.submit(&operator(), both)), "taken");
}

/// Rule R9: a node shows that it is near the end by naming a block there.
#[test]
fn r9_a_node_shows_that_it_is_ready() {
    let mut ledger = registered();
    let (height, block) = (ledger.tip.height, ledger.tip.block);
    assert_eq!(ledger.state.block_hash(height).unwrap(), Some(block));
    ready(&mut ledger, height, block).unwrap();
    let shown = node(&ledger, "D004-2").ready.unwrap();
    assert_eq!((shown.height, shown.block), (height, block));
}

fn vote(step: VoteStep, first: Option<Hash>, second: Option<Hash>) -> EquivocationProof {
    let ledger = Ledger::default();
    let secret = consensus_key(PROVIDER);
    let voter = Address::of(&secret.public());
    let (height, round) = (Height(9), 3);
    let sign = |block: Option<Hash>| {
        let bytes = vote_bytes(&ledger.chain, step, height, round, block.as_ref(), &voter);
        secret.sign(&bytes)
    };
    EquivocationProof {
        voter,
        height,
        round,
        contradiction: Contradiction::Votes {
            step,
            first,
            second,
        },
        first_signature: sign(first),
        second_signature: sign(second),
    }
}

fn proposals(first: ProposedBlock, second: ProposedBlock) -> EquivocationProof {
    let ledger = Ledger::default();
    let secret = consensus_key(PROVIDER);
    let voter = Address::of(&secret.public());
    let (height, round) = (Height(9), 3);
    let sign = |proposed: ProposedBlock| {
        let valid_round = proposed.valid_round.map_or(-1, i64::from);
        let (chain, block) = (&ledger.chain, &proposed.block);
        secret.sign(&proposal_bytes(
            chain,
            height,
            round,
            valid_round,
            block,
            &voter,
        ))
    };
    EquivocationProof {
        voter,
        height,
        round,
        contradiction: Contradiction::Proposals { first, second },
        first_signature: sign(first),
        second_signature: sign(second),
    }
}

fn block(label: &str) -> Hash {
    hash(Domain::Text, &[label.as_bytes()])
}

fn two_prevotes() -> EquivocationProof {
    vote(VoteStep::Prevote, Some(block("a")), Some(block("b")))
}

fn report(
    ledger: &mut Ledger,
    reporter: &str,
    proof: EquivocationProof,
) -> Result<Height, Rejection> {
    let report = Action::ReportEquivocation {
        node: id("D004-1"),
        proof,
    };
    ledger.submit(&key(reporter, Role::Operator), vec![report])
}

/// Rule R10: whoever has two contradictory signatures puts them on record; they name the node.
#[test]
fn r10_contradictions_are_recorded_once_for_each_place_and_step() {
    let mut ledger = Ledger::default();
    let new = |label, valid_round| ProposedBlock {
        block: block(label),
        valid_round,
    };
    let proofs = [
        two_prevotes(),
        vote(VoteStep::Precommit, Some(block("a")), None),
        // The same block, once as new and once as resting on a quorum.
        proposals(new("a", None), new("a", Some(1))),
    ];
    for proof in proofs {
        report(&mut ledger, APPLICANT, proof).unwrap();
    }
    let steps = [Step::Prevote, Step::Precommit, Step::Proposal];
    let recorded = node(&ledger, "D004-1").equivocations;
    assert!(recorded.iter().map(|known| known.step).eq(steps));
    assert!(
        recorded
            .iter()
            .all(|known| known.reported.department == id(APPLICANT))
    );
    assert!(
        recorded
            .iter()
            .all(|known| (known.height, known.round) == (Height(9), 3))
    );
}

/// Rule R10: whatever is changed about a proof makes it prove nothing.
#[test]
fn r10_no_part_of_a_proof_can_be_exchanged() {
    let mut ledger = Ledger::default();
    let proof = two_prevotes();
    let other = vote(VoteStep::Precommit, Some(block("a")), Some(block("b")));
    let forged = [
        EquivocationProof {
            height: Height(8),
            ..proof
        },
        EquivocationProof { round: 2, ..proof },
        EquivocationProof {
            contradiction: other.contradiction,
            ..proof
        },
        EquivocationProof {
            first_signature: proof.second_signature,
            ..proof
        },
        EquivocationProof {
            second_signature: proof.first_signature,
            ..proof
        },
        EquivocationProof {
            voter: Address::of(&consensus_key(STEWARD).public()),
            ..proof
        },
        vote(VoteStep::Prevote, Some(block("a")), Some(block("a"))),
    ];
    for proof in forged {
        let refused = report(&mut ledger, APPLICANT, proof).unwrap_err();
        assert_eq!(refused.code(), "equivocation-unproven");
    }
    assert!(node(&ledger, "D004-1").equivocations.is_empty());
}

#[test]
fn contradictions_on_record_are_bounded() {
    let mut ledger = Ledger::default();
    let proofs = (0..=EQUIVOCATIONS_MAX).map(|number| {
        let secret = consensus_key(PROVIDER);
        let voter = Address::of(&secret.public());
        let (height, step) = (Height(u64::try_from(number).unwrap()), VoteStep::Prevote);
        let first = Some(block("a"));
        let sign = |block: Option<&Hash>| {
            secret.sign(&vote_bytes(
                &Ledger::default().chain,
                step,
                height,
                0,
                block,
                &voter,
            ))
        };
        EquivocationProof {
            voter,
            height,
            round: 0,
            contradiction: Contradiction::Votes {
                step,
                first,
                second: None,
            },
            first_signature: sign(first.as_ref()),
            second_signature: sign(None),
        }
    });
    let mut proofs: Vec<EquivocationProof> = proofs.collect();
    let last = proofs.pop().unwrap();
    for proof in proofs {
        report(&mut ledger, APPLICANT, proof).unwrap();
    }
    let refused = report(&mut ledger, APPLICANT, last).unwrap_err();
    assert_eq!(refused.code(), "full");
}

refusals! {
    a_node_s_name_is_never_used_again => "taken" {
        let mut ledger = registered();
        ledger.submit(&operator(), vec![Action::RemoveNode { id: id("D004-2") }]).unwrap();
        let mut again = registration(&ledger.chain, "D004-2", PROVIDER);
        again.network = offer(&ledger, "D004-2", NodeKeyUse::Network, "x");
        again.consensus = None;
        register(&mut ledger, again).unwrap_err()
    }
    a_node_of_another_department_is_not_admitted => "not-acting-for" {
        let mut ledger = Ledger::default();
        let node = registration(&ledger.chain, "D006-1", BYSTANDER);
        register(&mut ledger, node).unwrap_err()
    }
    a_node_is_named_after_its_department => "bad-node-id" {
        let mut ledger = Ledger::default();
        for name in ["D004", "D004-", "D004-01", "D004-x", "D005-1", "D0041", "D004.1-1", "D004-1234567"] {
            let node = registration(&ledger.chain, name, PROVIDER);
            assert_eq!(register(&mut ledger, node).unwrap_err().code(), "bad-node-id", "{name}");
        }
        let node = registration(&ledger.chain, "D005-2", PROVIDER);
        register(&mut ledger, node).unwrap_err()
    }
    a_node_s_key_is_a_sound_key => "bad-key" {
        let mut ledger = Ledger::default();
        let mut node = registration(&ledger.chain, "D004-2", PROVIDER);
        node.network.public_key.0 = [0; 32];
        register(&mut ledger, node).unwrap_err()
    }
    r9_nobody_takes_another_s_key => "foreign-node-key" {
        let mut ledger = Ledger::default();
        // An offer made for another node, another use, another chain.
        let right = registration(&ledger.chain, "D004-2", PROVIDER);
        let elsewhere = registration(&dirchain_ledger::ids::ChainId(block("x")), "D004-2", PROVIDER);
        let offers = [
            registration(&ledger.chain, "D004-3", PROVIDER).network,
            right.consensus.unwrap(),
            elsewhere.network,
        ];
        for network in offers {
            let node = RegisterNode { network, ..right.clone() };
            assert_eq!(register(&mut ledger, node).unwrap_err().code(), "foreign-node-key");
        }
        let consensus = Some(right.network);
        register(&mut ledger, RegisterNode { consensus, ..right }).unwrap_err()
    }
    r9_a_voting_node_is_not_removed_here => "validator-node" {
        let remove = Action::RemoveNode { id: id("D004-1") };
        Ledger::default().submit(&operator(), vec![remove]).unwrap_err()
    }
    a_node_is_removed_once => "node-removed" {
        let mut ledger = registered();
        let remove = Action::RemoveNode { id: id("D004-2") };
        ledger.submit(&operator(), vec![remove.clone()]).unwrap();
        ledger.submit(&operator(), vec![remove]).unwrap_err()
    }
    an_amendment_changes_something => "no-change" {
        amend(&mut registered(), |_| {}).unwrap_err()
    }
    r9_an_old_block_shows_nothing => "not-near-end" {
        let mut ledger = registered();
        let (height, block) = (ledger.tip.height, ledger.tip.block);
        for number in 0..100 {
            let declare = registration(&ledger.chain, &format!("D005-{}", number + 2), APPLICANT);
            // A block each; whether the node is taken matters not.
            let _ = ledger.submit(&key(APPLICANT, Role::Operator), vec![Action::RegisterNode(declare)]);
            ledger.pass_ms(HEARTBEAT_MS);
            ledger.extend(&[]);
        }
        ready(&mut ledger, height, block).unwrap_err()
    }
    r9_another_chain_s_block_shows_nothing => "not-near-end" {
        let mut ledger = registered();
        let height = ledger.tip.height;
        let zero = ready(&mut ledger, Height(0), Hash::ZERO).unwrap_err();
        assert_eq!(zero.code(), "not-near-end");
        let next = ledger.tip.height.next();
        assert_eq!(ready(&mut ledger, next, block("x")).unwrap_err().code(), "not-near-end");
        ready(&mut ledger, height, block("x")).unwrap_err()
    }
    r9_a_node_without_a_consensus_key_is_not_ready => "not-near-end" {
        let mut ledger = Ledger::default();
        let mut node = registration(&ledger.chain, "D004-2", PROVIDER);
        node.consensus = None;
        register(&mut ledger, node).unwrap();
        let (height, block) = (ledger.tip.height, ledger.tip.block);
        ready(&mut ledger, height, block).unwrap_err()
    }
    r10_nothing_is_recorded_without_proof => "equivocation-unproven" {
        let same = vote(VoteStep::Prevote, Some(block("a")), Some(block("a")));
        report(&mut Ledger::default(), APPLICANT, same).unwrap_err()
    }
    r10_a_contradiction_is_recorded_once => "equivocation-known" {
        let mut ledger = Ledger::default();
        report(&mut ledger, APPLICANT, two_prevotes()).unwrap();
        // Other blocks at the same place say nothing more.
        let again = vote(VoteStep::Prevote, Some(block("c")), None);
        report(&mut ledger, STEWARD, again).unwrap_err()
    }
    r10_a_node_is_not_reported_by_its_own => "own-equivocation" {
        report(&mut Ledger::default(), PROVIDER, two_prevotes()).unwrap_err()
    }
    sub_units_bring_no_room_for_further_nodes => "full" {
        let mut ledger = Ledger::default();
        let departments = [PROVIDER, KEYLESS_SUB_UNIT];
        let chain = ledger.chain;
        let node = |n: usize| {
            let department = departments[n % 2];
            let mut node = registration(&chain, &format!("{department}-{}", n + 2), department);
            node.consensus = None;
            Action::RegisterNode(node)
        };
        let actions = (0..DEPARTMENT_NODES_MAX).map(node).collect();
        let operator = key(PROVIDER, Role::Operator);
        let refused = ledger.submit(&operator, actions).unwrap_err();
        // With the department's validator that is one too many; without the last one all fit.
        ledger.submit(&operator, (1..DEPARTMENT_NODES_MAX).map(node).collect()).unwrap();
        let other = Action::RegisterNode(registration(&ledger.chain, "D006-1", BYSTANDER));
        ledger.submit(&key(BYSTANDER, Role::Operator), vec![other]).unwrap();
        refused
    }
    one_department_does_not_use_up_all_nodes => "full" {
        let mut ledger = Ledger::default();
        let nodes = (0..DEPARTMENT_NODES_MAX).map(|number| {
            let name = format!("D004-{}", number + 2);
            let mut node = registration(&ledger.chain, &name, PROVIDER);
            node.consensus = None;
            Action::RegisterNode(node)
        });
        let nodes = nodes.collect();
        // One validator of the department is in the genesis, so the last is one too many.
        ledger.submit(&operator(), nodes).unwrap_err()
    }
}
