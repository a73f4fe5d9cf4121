//! How long a transaction takes besides its signature: `cargo run --release -p dirchain-ledger
//! --features testing --example execution_speed`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use dirchain_ledger::action::Action;
use dirchain_ledger::execute::execute;
use dirchain_ledger::ids::Moment;
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::Overlay;
use dirchain_ledger::{chain, codec};

const COUNT: u32 = 1_000;
/// Applications for each entry.
const WAITING: u32 = 8;

fn per_transaction(elapsed: Duration) -> String {
    format!("{:>7.2} µs", elapsed.as_secs_f64() * 1e6 / f64::from(COUNT))
}

/// Executes, verifies, builds and checks a thousand transactions of one kind.
fn measure(name: &str, ledger: &Ledger, transactions: &[VerifiedTransaction]) {
    let at = Moment {
        height: ledger.tip.height.next(),
        time: ledger.next_time(),
    };
    let started = Instant::now();
    let mut overlay = Overlay::new(&ledger.state);
    let mut work = 0;
    for transaction in transactions {
        let execution = execute(&mut overlay, at, transaction, u64::MAX);
        execution.verdict.unwrap();
        work += execution.work;
    }
    let executing = started.elapsed();

    let signed: Vec<_> = transactions.iter().map(|t| t.signed().clone()).collect();
    let started = Instant::now();
    for transaction in signed {
        transaction.verify(ledger.chain).unwrap();
    }
    let verifying = started.elapsed();

    let started = Instant::now();
    let mut encoded = Vec::new();
    for transaction in transactions {
        encoded.push(codec::encode(transaction.signed()));
    }
    let encoding = started.elapsed();
    let started = Instant::now();
    for bytes in &encoded {
        dirchain_ledger::transaction::SignedTransaction::decode(bytes).unwrap();
    }
    let decoding = started.elapsed();

    let started = Instant::now();
    let built = chain::build(&ledger.state, &ledger.tip, ledger.building(), transactions).unwrap();
    let building = started.elapsed();
    let included = u32::try_from(built.block.transactions.len()).unwrap();
    let known = built
        .block
        .transactions
        .iter()
        .map(|t| (t.id(), t.signature))
        .collect();
    let started = Instant::now();
    chain::check(&ledger.state, &ledger.tip, &built.block, &known).unwrap();
    let checking = started.elapsed() * COUNT / included.max(1);
    println!(
        "{name:<10} work {:>3} | execute {} | verify {} | encode {} | decode {} | build {} | check (known) {} | {included} in the block",
        work / u64::from(COUNT),
        per_transaction(executing),
        per_transaction(verifying),
        per_transaction(encoding),
        per_transaction(decoding),
        per_transaction(building * COUNT / included.max(1)),
        per_transaction(checking),
    );
}

fn main() {
    let mut ledger = Ledger::default();
    let authors = [
        administrator(PROVIDER),
        administrator(APPLICANT),
        head(PROVIDER),
    ];
    let signed = |ledger: &Ledger,
                  author: usize,
                  actions: Vec<Action>|
     -> Vec<VerifiedTransaction> {
        let author = &authors[author];
        let first = ledger.next_sequence(&author.public());
        let not_after = dirchain_ledger::ids::TimeMs(ledger.now.0 + 3_600_000);
        (first..)
            .zip(actions)
            .map(|(sequence, action)| ledger.sign_with(author, sequence, not_after, vec![action]))
            .collect()
    };

    let drafts = (1..=COUNT).map(|number| Action::DraftResource {
        code: code(number + 10),
        provider: id(PROVIDER),
        revision: 0,
        entry: entry(&responsibility(PROVIDER)),
    });
    let drafts = signed(&ledger, 0, drafts.collect());
    measure("draft", &ledger, &drafts);
    ledger.extend(&drafts);

    // A department has only so many applications for one entry that wait.
    let entries = COUNT / WAITING;
    let resources = (0..entries).map(|number| ledger.published(PROVIDER, 2 * COUNT + number));
    let resources: Vec<_> = resources.collect();
    let asked: Vec<_> = resources
        .iter()
        .flat_map(|resource| (1..=WAITING).map(move |number| sharing_id(resource, number)))
        .collect();
    let applications = asked.iter().map(|asked| Action::Apply {
        resource: asked.resource.clone(),
        applicant: id(APPLICANT),
        request: request(APPLICANT, &[1, 2]),
    });
    let applications = signed(&ledger, 1, applications.collect());
    measure("apply", &ledger, &applications);
    ledger.extend(&applications);

    let grants = asked
        .iter()
        .map(|asked| Action::Grant(grant_of(asked.clone(), &request(APPLICANT, &[1, 2]))));
    let grants = signed(&ledger, 0, grants.collect());
    measure("grant", &ledger, &grants);
    ledger.extend(&grants);

    let started = Instant::now();
    for asked in &asked {
        assert!(
            ledger
                .verdict(APPLICANT, &asked.resource, 2, None)
                .is_allowed()
        );
    }
    println!(
        "may_read, one of {WAITING} authorizations: {}",
        per_transaction(started.elapsed())
    );
}
