//! Who votes changes while transactions are made: a department joins, another leaves, keys rotate;
//! and a node that does not know the next rules stops before them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dirchain::client::Author;
use dirchain::home::NodeKey;
use dirchain_explorer::api::{MembersAnswer, NodeMode, TransactionStatus};
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::records::Role;
use dirchain_tests::{BLOCK, City, Process, eventually};

use super::members::{init, offer};

/// How long epochs may take, at a block for every transaction.
const EPOCHS: Duration = Duration::from_secs(240);

/// Transactions made all the while.
#[derive(Default)]
pub(super) struct Load {
    made: u32,
    sent: BTreeMap<TransactionId, Height>,
}

impl Load {
    /// Makes transactions through one node after another until something is so.
    pub(super) fn until(&mut self, city: &City, what: &str, mut is_so: impl FnMut() -> bool) {
        let indices = 0..city.nodes.len();
        let running: Vec<usize> = indices.filter(|i| city.nodes[*i].is_started()).collect();
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < EPOCHS, "not in time: {what}");
            self.made += 1;
            let turn = usize::try_from(self.made).unwrap();
            let index = running[turn % running.len()];
            let sent = city.submit(index, "D012", self.made);
            let height = city.committed(index, &sent);
            assert!(self.sent.insert(sent.id(), height).is_none());
            // The next node to be asked knows the key's next number only with this block.
            eventually("every node has the block", BLOCK, || {
                let mut nodes = running.iter();
                nodes
                    .all(|index| city.height(*index) >= height)
                    .then_some(())
            });
        }
    }

    /// Every node that runs has every transaction, in the block that was told.
    pub(super) fn everything_is_there_once(&self, city: &City) {
        city.agree();
        for node in city.nodes.iter().filter(|node| node.is_started()) {
            let client = node.client();
            for (id, height) in &self.sent {
                let answer = client.transaction(id).unwrap();
                let TransactionStatus::Committed { at, .. } = answer.status else {
                    panic!("{} does not have {id}", client.url());
                };
                assert_eq!(at.height, *height);
            }
        }
        let units = city
            .client(0)
            .get::<serde_json::Value>("/api/v1/departments?limit=1000", &[]);
        let units = units.unwrap()["items"].as_array().unwrap().len();
        assert!(units > self.sent.len().min(900), "{units} departments");
    }
}

pub(super) fn members(city: &City) -> MembersAnswer {
    city.client(0).members(None).unwrap()
}

pub(super) fn votes(city: &City, node: &str) -> bool {
    let members = members(city).members;
    members.iter().any(|member| member.node.as_str() == node)
}

fn mode(city: &City, index: usize) -> Option<NodeMode> {
    let status = city.client(index).status().ok()?;
    Some(status.node.mode)
}

/// Proposes and has everybody approve, in their order.
pub(super) fn agree(city: &City, proposer: &str, number: u32, words: &str, approvers: &[&str]) {
    let propose = format!("membership {words} --reason 依据 --as {proposer}-head --wait");
    city.cli(0, &propose).ok();
    for approver in approvers {
        let approve = format!("proposal approve {proposer}/{number} --as {approver}-head --wait");
        city.cli(0, &approve).ok();
    }
}

/// A fifth department's node: registered, caught up, ready.
pub(super) fn join(city: &mut City) {
    let (home, listen, offer) = init(city, "D047-1", 0);
    let mut fifth = Process::new(home, city.ports.spare(1), city.dir());
    let register =
        format!("node register D047-1 --offer {offer} --address {listen} --as D047-head --wait");
    city.cli(0, &register).ok();
    fifth.start();
    fifth.wait_until_ready();
    city.nodes.push(fifth);
    // A ready node may be a block behind, and that block may be the one that registers it.
    let registered = city.height(0);
    eventually("the fifth has its own registration", BLOCK, || {
        (city.height(4) >= registered).then_some(())
    });
    // The others' word about it shows nothing.
    let refused = city
        .cli(0, "node ready D047-1 --as D047-head --wait")
        .refused();
    assert!(refused.contains("this asked node D035-1"), "{refused}");
    city.cli(4, "node ready D047-1 --as D047-head --wait").ok();
}

#[test]
fn a_department_joins_another_leaves_and_keys_rotate_while_transactions_are_made() {
    let mut city = City::started();
    let mut load = Load::default();
    join(&mut city);
    assert_eq!(mode(&city, 4), Some(NodeMode::Observer));
    agree(&city, "D035", 1, "add D047-1", &["D001", "D047"]);
    let before = members(&city);
    assert_eq!(
        (before.epoch, before.members.len(), before.agreed.len()),
        (0, 4, 1)
    );
    load.until(&city, "the fifth votes", || votes(&city, "D047-1"));
    load.until(&city, "it has built a block", || {
        let members = members(&city).members;
        members.iter().all(|member| member.proven)
    });
    assert_eq!(mode(&city, 4), Some(NodeMode::Validator));

    // Five decide with four, so the fifth's vote counts now.
    city.nodes[2].stop();
    let height = city.height(0);
    let sent = city.submit(0, "D012", 10_000);
    assert!(city.committed(0, &sent) > height);
    city.start(2);

    agree(&city, "D035", 2, "remove D008-1", &["D001"]);
    load.until(&city, "the fourth votes no more", || {
        !votes(&city, "D008-1")
    });
    eventually("the removed node observes", BLOCK, || {
        (mode(&city, 3) == Some(NodeMode::Observer)).then_some(())
    });

    let home = city.nodes[1].home.clone();
    let old = home.key(NodeKey::Consensus).unwrap().unwrap().public();
    let file = offer(&city, &home, &["--next", "consensus"]);
    let amend = format!("node amend D012-1 --offer {file} --as D012-operator --wait");
    city.cli(0, &amend).ok();
    assert_eq!(home.key(NodeKey::Consensus).unwrap().unwrap().public(), old);
    agree(&city, "D012", 1, "rotate D012-1", &["D035"]);
    let with_key = |city: &City| {
        let members = members(city).members.into_iter();
        let mut own = members.filter(|member| member.node.as_str() == "D012-1");
        own.next().unwrap()
    };
    load.until(&city, "the key is rotated", || {
        with_key(&city).consensus_key != old
    });
    load.until(&city, "the node builds with its new key", || {
        with_key(&city).proven
    });
    assert_eq!(mode(&city, 1), Some(NodeMode::Validator));
    let new = home.key(NodeKey::Consensus).unwrap().unwrap().public();
    assert_eq!(with_key(&city).consensus_key, new);
    assert_eq!(home.retired().unwrap(), [old]);
    assert_eq!(members(&city).epoch, 3);

    load.everything_is_there_once(&city);
    a_wiped_node_votes_with_the_rotated_key(&mut city, &mut load);
    evidence_leads_over_the_epochs(&city);
}

/// The genesis names the old key; the home has the new one and says that it had the other.
fn a_wiped_node_votes_with_the_rotated_key(city: &mut City, load: &mut Load) {
    city.nodes[1].stop();
    city.nodes[1].wipe();
    city.start(1);
    let client = city.client(1);
    load.until(city, "the node votes again with its new key", || {
        client.status().unwrap().node.mode == NodeMode::Validator
    });
}

fn evidence_leads_over_the_epochs(city: &City) {
    let file = city.dir().join("department.proof").display().to_string();
    let export = format!("evidence export --department D012 -o {file}");
    city.cli(0, &export).ok();
    let genesis = city.layout.dir().join("genesis.json").display().to_string();
    let verify = format!("evidence verify {file} --genesis {genesis}");
    let printed = city.cli(0, &verify).ok();
    assert!(printed.contains("3 earlier sets"), "{printed}");
}

#[test]
fn a_node_that_does_not_know_the_next_rules_stops_before_them() {
    let mut city = City::started();
    let from = city.height(0).0 + 30;
    agree(
        &city,
        "D035",
        1,
        &format!("raise-rules 3 --from {from}"),
        &["D001"],
    );
    let next = members(&city)
        .next_rules
        .expect("the rules that are agreed");
    assert_eq!((next.version, next.from), (3, Height(from)));
    let mut made = 0;
    let begun = Instant::now();
    let client = city.client(0);
    let chain = Some(city.layout.city.genesis.chain());
    while client.status().is_ok() {
        assert!(begun.elapsed() < EPOCHS, "no node stopped");
        made += 1;
        // The node may stop between any two of these.
        if let Ok(mut author) = Author::new(&client, city.secret("D012", Role::Head), chain) {
            drop(author.submit(&client, vec![City::sub_unit("D012", made)]));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    for node in &mut city.nodes {
        let status = node.ends(Duration::from_secs(30));
        assert!(!status.success());
        let log = node.log();
        assert!(log.contains("under version 3 of the rules"), "{log}");
        assert!(log.contains("Install a newer dirchain"), "{log}");
    }
    // Started again, it stops again: it never executes what it does not know.
    city.nodes[0].start();
    let status = city.nodes[0].ends(Duration::from_secs(30));
    assert!(!status.success());
}
