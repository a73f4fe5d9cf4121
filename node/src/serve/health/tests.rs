//! What a node says of itself when clocks differ, votes are missing, or all is well.

use dirchain_engine::{Clocks, Mode, Outlook, Reading, RollCall};
use dirchain_ledger::chain::genesis_outcome;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::Record;
use dirchain_ledger::testing;
use dirchain_network::{Keypair, NetworkStatus};

use super::*;

/// The end of a chain that has made no block yet.
fn tip() -> Tip {
    genesis_outcome(&testing::genesis()).unwrap().tip
}

/// A running engine that knows this much of other clocks: how far each is ahead, in the order of the validators after
/// the first, which is this node's.
fn status(tip: &Tip, ahead_ms: &[i64]) -> EngineStatus {
    let mut clocks = Clocks::default();
    for (member, ahead_ms) in tip.validators.members()[1..].iter().zip(ahead_ms) {
        let reading = Reading {
            height: Height(1),
            ahead_ms: *ahead_ms,
            is_bound: false,
        };
        clocks.note(member.address, reading, &tip.validators);
    }
    EngineStatus {
        mode: Mode::Voting,
        waiting: 0,
        network: NetworkStatus {
            local: Keypair::generate_ed25519().public().to_peer_id(),
            listening: Vec::new(),
            peers: Vec::new(),
            totals: Default::default(),
        },
        offences: 0,
        outlook: Outlook {
            height: tip.height.next(),
            clocks,
            ..Outlook::default()
        },
        roll: RollCall::default(),
    }
}

fn own(tip: &Tip) -> NodeId {
    tip.validators.members()[0].node.clone()
}

/// A peer of which nothing came yet.
pub(in crate::serve) fn unheard_of(node: &NodeId, department: &DepartmentId) -> PeerStatus {
    PeerStatus {
        node: node.clone(),
        department: department.clone(),
        connected: false,
        received_bytes: 0,
        sent_bytes: 0,
        dropped_messages: 0,
        throttled_ms: 0,
        unwanted_messages: 0,
        violations: 0,
        banned: false,
        last_heard: None,
        clock_ahead_ms: None,
    }
}

/// The others, the first few of them connected.
fn peers(tip: &Tip, connected: usize) -> Vec<PeerStatus> {
    let others = tip.validators.members()[1..].iter().enumerate();
    let peer = |(index, member): (usize, &Validator)| PeerStatus {
        connected: index < connected,
        ..unheard_of(&member.node, &member.department)
    };
    others.map(peer).collect()
}

/// A reason's English, once its Chinese is seen to be there.
fn told(reason: Reason) -> String {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(reason.chinese.chars().any(han), "{reason:?}");
    reason.english
}

/// Warnings, and why it is not ready, so long after the tip by this node's clock.
fn judged(
    tip: &Tip,
    status: &EngineStatus,
    connected: usize,
    age_ms: i64,
) -> (Vec<Warning>, Option<String>) {
    let now = TimeMs(tip.time.0 + age_ms);
    let (own, sync) = (own(tip), SyncState::CaughtUp);
    let warnings = warnings(tip, &own, status, &sync, now);
    let peers = peers(tip, connected);
    let reason = not_ready(tip, &own, &sync, &peers, &warnings, now);
    (warnings, reason.map(told))
}

#[test]
fn a_chain_that_rests_with_clocks_alike_is_fine() {
    let tip = tip();
    let status = status(&tip, &[400, -900, 0]);
    assert_eq!(judged(&tip, &status, 3, 7_000), (Vec::new(), None));
}

#[test]
fn a_node_whose_clock_is_wrong_says_so_and_nothing_else() {
    let tip = tip();
    let others: Vec<NodeId> = tip.validators.members()[1..]
        .iter()
        .map(|member| member.node.clone())
        .collect();
    // Behind: it takes the others' blocks for dated ahead. Ahead: the last block looks old, and is not.
    for (ahead_ms, way) in [(600_000, "behind"), (-600_000, "ahead of")] {
        let status = status(&tip, &[ahead_ms; 3]);
        let (warnings, reason) = judged(&tip, &status, 3, 7_000 - ahead_ms);
        assert_eq!(
            warnings,
            [Warning::OwnClock {
                ahead_ms: -ahead_ms,
                nodes: others.clone()
            }]
        );
        let reason = reason.unwrap();
        let said = format!(
            "this node's clock is about 600 s {way} those of {}",
            others[0]
        );
        assert!(reason.starts_with(&said), "{reason}");
    }
    // A few seconds are worth a word; its answers are fit for use.
    let status = status(&tip, &[5_000; 3]);
    let (warnings, reason) = judged(&tip, &status, 3, 7_000);
    assert_eq!((warnings.len(), reason), (1, None));
}

#[test]
fn a_clock_that_differs_alone_is_named_by_the_others() {
    let tip = tip();
    let status = status(&tip, &[0, 600_000, 0]);
    let (warnings, reason) = judged(&tip, &status, 3, 7_000);
    assert_eq!(reason, None);
    let skewed = &tip.validators.members()[2].node;
    let words: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [format!(
            "the clock of {skewed} is about 600 s ahead of this node's, as its block 1 showed: one of the two is wrong"
        )]
    );
}

#[test]
fn a_chain_that_stands_still_is_told_before_three_heartbeats_are_over() {
    let tip = tip();
    let mut status = status(&tip, &[]);
    status.outlook.round = 5;
    status.outlook.due_since = Some(tip.time);
    let (warnings, reason) = judged(&tip, &status, 3, STANDSTILL_MS - 1);
    assert_eq!((warnings, reason), (Vec::new(), None));
    let (warnings, reason) = judged(&tip, &status, 3, STANDSTILL_MS);
    let [
        Warning::Standstill {
            height,
            round: 5,
            silent,
            against,
            without_proposal,
            ..
        },
    ] = &warnings[..]
    else {
        panic!("{warnings:?}")
    };
    assert_eq!((*height, silent.len(), against.len()), (Height(1), 3, 0));
    assert_eq!(without_proposal.len(), 3);
    assert!(!silent.contains(&own(&tip)), "{silent:?}");
    let reason = reason.unwrap();
    assert!(
        reason.starts_with("nothing is decided at height 1 since "),
        "{reason}"
    );
    assert!(reason.contains("no vote came lately of"), "{reason}");
    // Too few connected says more.
    let (_, reason) = judged(&tip, &status, 1, STANDSTILL_MS);
    assert!(reason.unwrap().starts_with("2 of 4 validators are up"));
}

#[test]
fn a_node_that_fetches_blocks_says_nothing_of_the_round() {
    let tip = tip();
    let mut status = status(&tip, &[]);
    status.outlook.due_since = Some(tip.time);
    let sync = SyncState::CatchingUp { target: Height(9) };
    let now = TimeMs(tip.time.0 + 60_000);
    assert_eq!(warnings(&tip, &own(&tip), &status, &sync, now), []);
    let reason = not_ready(&tip, &own(&tip), &sync, &peers(&tip, 3), &[], now);
    assert!(reason.map(told).unwrap().contains("fetches blocks up to 9"));
}

#[test]
fn a_node_that_nobody_lets_in_says_why() {
    let tip = tip();
    let id = own(&tip);
    let genesis = testing::genesis();
    let found = genesis.records.iter().find_map(|record| match record {
        Record::Node(node) if node.id == id => Some(node.clone()),
        _ => None,
    });
    let mut node = found.unwrap();
    let said =
        |record: Option<&Node>| told(with_standing(Reason::new("alone", "孤立"), &id, record));
    assert_eq!(said(Some(&node)), "alone");
    let mut moment = node.admitted.from;
    moment.height = Height(249);
    node.admitted.to = Some(moment);
    assert!(said(Some(&node)).contains("removed since height 249"));
    assert!(said(None).contains(&format!("does not know node {id}")));
}
