//! A transaction given to any node reaches every ledger, or whoever gave it learns why not.

use std::sync::Barrier;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dirchain::client::{Client, Outcome};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::records::Role;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_tests::{BLOCK, City, eventually};

#[test]
fn each_node_passes_on_what_it_is_given_and_all_report_the_same_block() {
    let city = City::started();
    let departments = ["D012", "D024", "D008", "D035"];
    let sent: Vec<SignedTransaction> = departments
        .iter()
        .enumerate()
        .map(|(index, department)| city.submit(index, department, 1))
        .collect();
    for sent in &sent {
        let heights: Vec<_> = (0..4).map(|index| city.committed(index, sent)).collect();
        assert!(
            heights.windows(2).all(|pair| pair[0] == pair[1]),
            "{heights:?}"
        );
    }
    city.agree();
}

#[test]
fn a_key_is_told_its_next_number_at_any_moment() {
    let city = City::started();
    let client = city.client(0);
    for number in 1..60 {
        let mut author = city.author(0, "D012", Role::Head);
        let unit = City::sub_unit("D012", number);
        let sent = author.submit(&client, vec![unit]).unwrap();
        assert_eq!(sent.envelope.sequence, u64::from(number));
        // Asked without a pause: the next number is wanted at the very moment of the block.
        let begun = Instant::now();
        while client.outcome(&sent.id(), Duration::ZERO).unwrap() == Outcome::Waiting {
            assert!(begun.elapsed() < BLOCK, "{} is in no block", sent.id());
        }
    }
}

/// What became of a transaction, or the code with which it was refused, at the door or later.
fn fate(client: &Client, transaction: &SignedTransaction) -> Result<(), String> {
    let fate = client
        .submit(transaction)
        .and_then(|_| client.wait_for(transaction, BLOCK));
    match fate {
        Ok(Outcome::Committed(_)) => Ok(()),
        Ok(Outcome::Refused { code, .. }) => Err(code),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.code().to_owned()),
    }
}

/// Gives two transactions to two nodes at the same instant.
fn race(
    city: &City,
    first: &SignedTransaction,
    second: &SignedTransaction,
) -> [Result<(), String>; 2] {
    let barrier = Barrier::new(2);
    let run = |index: usize, transaction: &SignedTransaction| {
        let client = city.client(index);
        barrier.wait();
        fate(&client, transaction)
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| run(0, first));
        let second = scope.spawn(|| run(2, second));
        [first.join().unwrap(), second.join().unwrap()]
    })
}

#[test]
fn of_two_that_exclude_each_other_one_is_committed_and_the_other_refused() {
    let city = City::started();
    for number in 1..6 {
        // The same number of the same key, for two things.
        let author = city.author(0, "D012", Role::Head);
        let first = author.sign(vec![City::sub_unit("D012", number)]).unwrap();
        let second = author
            .sign(vec![City::sub_unit("D012", 100 + number)])
            .unwrap();
        check_race(race(&city, &first, &second), "sequence-used");
        city.agree();

        // The same thing, by two keys.
        let unit = City::sub_unit("D024", number);
        let head = city
            .author(0, "D024", Role::Head)
            .sign(vec![unit.clone()])
            .unwrap();
        let registrar = city.author(0, "D001", Role::Head).sign(vec![unit]).unwrap();
        check_race(race(&city, &head, &registrar), "taken");
        city.agree();
    }
}

fn check_race(fates: [Result<(), String>; 2], code: &str) {
    let refused: Vec<&String> = fates
        .iter()
        .filter_map(|fate| fate.as_ref().err())
        .collect();
    assert_eq!(refused, [code], "{fates:?}");
}

#[test]
fn one_that_expires_while_it_waits_is_refused_to_whoever_waits() {
    let mut city = City::started();
    city.nodes[2].stop();
    city.nodes[3].stop();
    let not_after = TimeMs(clock().0 + 1_500);
    let chain = city.layout.city.genesis.chain();
    let actions: Vec<Action> = vec![City::sub_unit("D012", 1)];
    let secret = city.secret("D012", Role::Head);
    let late = SignedTransaction::new(&secret, chain, 1, not_after, actions).unwrap();
    let client = city.client(0);
    client.submit(&late).unwrap();
    let outcome = std::thread::scope(|scope| {
        let waits = scope.spawn(|| client.wait_for(&late, Duration::from_secs(60)));
        eventually("it expires", Duration::from_secs(10), || {
            (clock() > not_after).then_some(())
        });
        city.nodes[2].start();
        city.nodes[3].start();
        waits.join().unwrap().unwrap()
    });
    match outcome {
        Outcome::Refused { code, rule, .. } => {
            assert_eq!((code.as_str(), rule.as_deref()), ("expired", Some("R6")));
        }
        other => panic!("{other:?}"),
    }
    city.nodes[2].wait_until_ready();
    city.nodes[3].wait_until_ready();
    // The number was not used up.
    city.register(0, "D012", 2);
    city.agree();
}

fn clock() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    TimeMs(i64::try_from(since.as_millis()).unwrap())
}
