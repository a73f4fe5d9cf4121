//! A load that notes what it was promised, over nodes that come and go.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dirchain::client::{Author, Client, Outcome};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_storage::Store;

use crate::drafter::Drafter;

/// Pause before the next node is tried.
const PAUSE: Duration = Duration::from_millis(50);
/// How long somebody asks after a transaction, of one node after another.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one node may take to answer.
const STEP: Duration = Duration::from_millis(500);

/// What was promised: in which block each transaction is.
pub type Promised = BTreeMap<TransactionId, Height>;

/// Drafters at work, each on whichever node answers.
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Promised>>,
}

impl Load {
    /// Starts them.
    pub fn start(clients: &[Client], drafters: Vec<Drafter>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = drafters.into_iter().enumerate().map(|(first, drafter)| {
            let (clients, stop) = (clients.to_vec(), Arc::clone(&stop));
            std::thread::spawn(move || work(&clients, drafter, first, &stop))
        });
        Self {
            threads: threads.collect(),
            stop,
        }
    }

    /// Ends them: all that was promised.
    pub fn finish(self) -> Promised {
        self.stop.store(true, Ordering::Relaxed);
        let threads = self.threads.into_iter();
        let promised = threads.map(|thread| thread.join().expect("a drafter"));
        promised.flatten().collect()
    }
}

fn work(clients: &[Client], mut drafter: Drafter, first: usize, stop: &AtomicBool) -> Promised {
    let mut promised = Promised::new();
    let mut turn = first;
    while !stop.load(Ordering::Relaxed) {
        let client = &clients[turn % clients.len()];
        turn += 1;
        let Ok(mut author) = Author::new(client, drafter.secret.clone(), None) else {
            std::thread::sleep(PAUSE);
            continue;
        };
        while !stop.load(Ordering::Relaxed)
            && let Ok(sent) = author.submit(client, vec![drafter.action()])
            && let Some(height) = decided(clients, turn, &sent)
        {
            promised.insert(sent.id(), height);
        }
    }
    promised
}

/// In which block some node says that a transaction is; none when nobody knows after a while.
fn decided(clients: &[Client], first: usize, sent: &SignedTransaction) -> Option<Height> {
    let begun = Instant::now();
    for client in clients.iter().cycle().skip(first) {
        match client.outcome(&sent.id(), STEP) {
            Ok(Outcome::Committed(committed)) => return Some(committed.height),
            Ok(Outcome::Refused { .. }) => return None,
            Ok(Outcome::Waiting | Outcome::Unknown) | Err(_) => {}
        }
        if begun.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(PAUSE);
    }
    None
}

/// Reads a node's whole chain from its database, while it does not run: every promised transaction is
/// where it was promised, and no transaction is on the chain twice.
///
/// # Panics
///
/// When a promise was broken.
pub fn check(promised: &Promised, database: &Path, genesis: &Genesis) {
    let store = Store::open(database, genesis).unwrap();
    let mut found = Promised::new();
    for height in 1..=store.tip().height.0 {
        let height = Height(height);
        let block = store.block(height).unwrap().expect("a block up to the tip");
        for id in block.transactions.iter().map(SignedTransaction::id) {
            let before = found.insert(id, height);
            assert_eq!(
                before, None,
                "{id} is on the chain twice, again at {height}"
            );
        }
    }
    for (id, height) in promised {
        let where_found = found.get(id);
        assert_eq!(where_found, Some(height), "{id} in {}", database.display());
    }
}
