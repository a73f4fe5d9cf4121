//! The design load on one node's store: 50,000 entries of 14 fields with 50,000 authorizations.
//! How long the two questions about access take over HTTP, and what executing a full block costs,
//! with the share of rules, state tree and store. A measurement, not a test.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dirchain::client::AccessQuestion;
use dirchain::devnet::Layout;
use dirchain::home::NodeKey;
use dirchain_ledger::action::{Action, DeclareResponsibility, Grant};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, CommitSignature, VoteStep, vote_bytes};
use dirchain_ledger::chain::{self, Building, Tip};
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::execute::execute;
use dirchain_ledger::ids::{
    Address, DepartmentId, FieldNumber, Moment, PurposeCode, ResourceCode, ResponsibilityCode,
    SharingId, TimeMs,
};
use dirchain_ledger::limits;
use dirchain_ledger::records::{Entry, Request, Role, SharingMethod};
use dirchain_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use dirchain_ledger::view::{Overlay, Records};
use dirchain_storage::Store;
use dirchain_tests::{Ports, Process};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const ENTRIES: usize = 50_000;
const FIELDS: u16 = 14;
const QUESTIONS: usize = 10_000;
const BLOCKS: usize = 10;
const BLOCK_TRANSACTIONS: usize = 1_000;
const PROVIDERS: [&str; 8] = [
    "D007", "D008", "D011", "D012", "D014", "D016", "D021", "D024",
];
const STEWARD: &str = "D035";
const REGISTRAR: &str = "D001";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The chain of one store, extended by blocks that the ledger builds and nobody has to vote on.
struct Chain<'l> {
    layout: &'l Layout,
    store: Store,
    sequences: BTreeMap<PublicKey, u64>,
    now: TimeMs,
}

impl<'l> Chain<'l> {
    fn secret(&self, department: &str, role: Role) -> SecretKey {
        let id: DepartmentId = department.parse().unwrap();
        let key = self.layout.city.keys.get(&id, role);
        key.expect("a key of the sample city").secret.clone()
    }

    fn signed(&mut self, secret: &SecretKey, actions: Vec<Action>) -> VerifiedTransaction {
        let sequence = self.sequences.entry(secret.public()).or_insert(0);
        *sequence += 1;
        let not_after = TimeMs(self.now.0 + 3_600_000);
        let chain = self.store.chain();
        let signed = SignedTransaction::new(secret, chain, *sequence, not_after, actions);
        signed.unwrap().verify(chain).unwrap()
    }

    /// Blocks of these transactions, in their order.
    fn extend(&mut self, transactions: &[VerifiedTransaction]) {
        let mut rest = transactions;
        while !rest.is_empty() {
            let (built, _) = self.build(rest);
            assert_eq!(built.refused, vec![]);
            let count = built.block.transactions.len();
            assert!(count > 0, "a transaction fits no block");
            self.commit(&built);
            rest = &rest[count..];
        }
    }

    fn build(&mut self, transactions: &[VerifiedTransaction]) -> (chain::Built, Duration) {
        let tip = self.store.tip();
        self.now = TimeMs(self.now.0 + 1_000);
        let proposer = tip.proposer(0).address;
        let building = Building {
            now: self.now,
            round: 0,
            builder: proposer,
        };
        let begun = Instant::now();
        let built = chain::build(&self.store, &tip, building, transactions).unwrap();
        (built, begun.elapsed())
    }

    fn commit(&self, built: &chain::Built) {
        let certificate = self.certificate(&built.outcome.tip);
        let stored = self
            .store
            .commit(&built.block, &certificate, &built.outcome);
        stored.unwrap();
    }

    /// By all nodes of the city.
    fn certificate(&self, tip: &Tip) -> Certificate {
        let voters = &self.store.tip().validators;
        let (chain, step) = (self.store.chain(), VoteStep::Precommit);
        let signed = self.layout.homes.iter().map(|home| {
            let secret = home.key(NodeKey::Consensus).unwrap().unwrap();
            let address = Address::of(&secret.public());
            let vote = vote_bytes(&chain, step, tip.height, 0, Some(&tip.block), &address);
            CommitSignature {
                validator: u16::try_from(voters.index_of(&address).unwrap()).unwrap(),
                signature: secret.sign(&vote),
            }
        });
        let mut signatures: Vec<CommitSignature> = signed.collect();
        signatures.sort_by_key(|signature| signature.validator);
        Certificate {
            height: tip.height,
            round: 0,
            block: tip.block,
            signatures: List::new(signatures).unwrap(),
        }
    }
}

fn code(index: usize) -> ResourceCode {
    let provider = PROVIDERS[index % PROVIDERS.len()];
    format!("307001{}/{index:06}", &provider[1..])
        .parse()
        .unwrap()
}

/// Who was granted the entry at a place: the department after its provider.
fn grantee(index: usize) -> &'static str {
    PROVIDERS[(index + 1 + index / PROVIDERS.len() % 7) % PROVIDERS.len()]
}

fn duty(department: &str) -> ResponsibilityCode {
    format!("Z-{department}-90").parse().unwrap()
}

fn entry(index: usize) -> Entry {
    let fields: Vec<serde_json::Value> = (1..=FIELDS)
        .map(|number| {
            serde_json::json!({"number": number, "name": format!("信息项{number}"), "field_type": "C", "length": 50})
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "name": format!("登记事项{index}"),
        "responsibility": duty(PROVIDERS[index % PROVIDERS.len()]),
        "abstract": "登记事项的名称、编号、状态与办理日期，供各部门核对。",
        "category": "business", "kind": "table", "fields": fields,
        "sharing": {"type": "conditional", "condition": "限核对业务"},
        "method": "query", "openness": "closed", "update_cycle": "daily", "level": 2,
    }))
    .expect("a literal entry")
}

/// Lets each provider sign one action for each of its entries, so many in a transaction.
fn each(chain: &mut Chain<'_>, role: Role, lot: usize, action: impl Fn(usize) -> Action) {
    for (place, provider) in PROVIDERS.iter().enumerate() {
        let secret = chain.secret(provider, role);
        let own: Vec<usize> = (place..ENTRIES).step_by(PROVIDERS.len()).collect();
        for lot in own.chunks(lot) {
            let actions = lot.iter().map(|index| action(*index)).collect();
            let transaction = chain.signed(&secret, actions);
            chain.extend(&[transaction]);
        }
    }
}

fn load(chain: &mut Chain<'_>) {
    let registrar = chain.secret(REGISTRAR, Role::Head);
    let duties = PROVIDERS.iter().map(|holder| {
        Action::DeclareResponsibility(DeclareResponsibility {
            code: duty(holder),
            holder: holder.parse().unwrap(),
            title: "登记核对".parse().unwrap(),
            text: None,
            legal_bases: List::default(),
        })
    });
    let duties = chain.signed(&registrar, duties.collect());
    chain.extend(&[duties]);
    each(chain, Role::Administrator, 100, |index| {
        Action::DraftResource {
            code: code(index),
            provider: PROVIDERS[index % PROVIDERS.len()].parse().unwrap(),
            revision: 0,
            entry: entry(index),
        }
    });
    each(chain, Role::Head, 1_000, |index| Action::SubmitResource {
        code: code(index),
        revision: 1,
    });
    let steward = chain.secret(STEWARD, Role::Administrator);
    let all: Vec<usize> = (0..ENTRIES).collect();
    for lot in all.chunks(1_000) {
        let publish = lot.iter().map(|index| Action::PublishResource {
            code: code(*index),
            revision: 2,
        });
        let transaction = chain.signed(&steward, publish.collect());
        chain.extend(&[transaction]);
    }
    let request = requests(chain);
    let (from, to) = (request(0).from, request(0).to);
    // A thousand at a time: no department may have many more that wait.
    for lot in all.chunks(1_000) {
        for applicant in PROVIDERS {
            let secret = chain.secret(applicant, Role::Administrator);
            let own = lot.iter().filter(|index| grantee(**index) == applicant);
            let actions: Vec<Action> = own
                .map(|index| Action::Apply {
                    resource: code(*index),
                    applicant: applicant.parse().unwrap(),
                    request: request(*index),
                })
                .collect();
            if !actions.is_empty() {
                let transaction = chain.signed(&secret, actions);
                chain.extend(&[transaction]);
            }
        }
        for provider in PROVIDERS {
            let secret = chain.secret(provider, Role::Administrator);
            let own = lot
                .iter()
                .filter(|index| PROVIDERS[**index % PROVIDERS.len()] == provider);
            let actions = own.map(|index| {
                let request = request(*index);
                Action::Grant(Grant {
                    application: SharingId {
                        resource: code(*index),
                        number: 1,
                    },
                    revision: 1,
                    fields: request.fields,
                    calls_per_day_max: None,
                    from,
                    to,
                    reason: None,
                })
            });
            let transaction = chain.signed(&secret, actions.collect());
            chain.extend(&[transaction]);
        }
    }
}

/// What is asked for of each entry: half of its fields, for a year.
fn requests(chain: &Chain<'_>) -> impl Fn(usize) -> Request + use<> {
    let (from, to) = (chain.now, TimeMs(chain.now.0 + 365 * DAY_MS));
    let purpose = purpose(chain);
    move |index| Request {
        responsibility: duty(grantee(index)),
        version: 1,
        fields: List::new((1..=FIELDS / 2).map(FieldNumber).collect()).unwrap(),
        purpose: purpose.clone(),
        scene: "核对".parse().unwrap(),
        method: SharingMethod::Query,
        calls_per_day_max: None,
        from,
        to,
    }
}

fn purpose(chain: &Chain<'_>) -> PurposeCode {
    let view = chain.store.view(chain.store.tip().height);
    let parameters = view.parameters().unwrap();
    parameters.purposes.first().unwrap().purpose.code.clone()
}

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    // The chain's past fits before now: no node answers for a time to come.
    let begun_at = TimeMs(now_ms - 10 * DAY_MS);
    let ports = Ports::take();
    let layout = Layout::open_or_make(&dir.path().join("city"), 4, ports.network_base(), begun_at)?;
    let home = &layout.homes[0];
    let store = Store::open(&home.database_dir(), &layout.city.genesis)?;
    let mut chain = Chain {
        layout: &layout,
        store,
        sequences: BTreeMap::new(),
        now: begun_at,
    };
    let begun = Instant::now();
    load(&mut chain);
    println!(
        "design load: {ENTRIES} entries, {} fields, {ENTRIES} authorizations on one store, {:.0} MiB, made in {:.0} s",
        ENTRIES * usize::from(FIELDS),
        chain.store.size_bytes()? as f64 / (1 << 20) as f64,
        begun.elapsed().as_secs_f64()
    );
    blocks(&mut chain);
    drop(chain);
    questions(&layout, &ports, dir.path())
}

/// Blocks of a thousand transactions with one action each, an application, whose signatures are
/// judged. Each is executed twice: first as by a node that catches up, which has read nothing of what
/// the block is about, then as by one whose pool judged its transactions when they came.
fn blocks(chain: &mut Chain<'_>) {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    let (mut rules, mut store) = (Vec::new(), Vec::new());
    let request = requests(chain);
    for block in 0..BLOCKS {
        let transactions: Vec<VerifiedTransaction> = (0..BLOCK_TRANSACTIONS)
            .map(|place| {
                let index = block * BLOCK_TRANSACTIONS + place;
                let applicant = grantee(index);
                let secret = chain.secret(applicant, Role::Administrator);
                let apply = Action::Apply {
                    resource: code(index),
                    applicant: applicant.parse().unwrap(),
                    request: request(index),
                };
                chain.signed(&secret, vec![apply])
            })
            .collect();
        let tip = chain.store.tip();
        let at = Moment {
            height: tip.height.next(),
            time: TimeMs(chain.now.0 + 1_000),
        };
        let known: BTreeSet<_> = transactions
            .iter()
            .map(|t| (t.id(), t.signed().signature))
            .collect();
        let (built, took) = chain.build(&transactions);
        first.push(took);
        let begun = Instant::now();
        let checked =
            chain::check(&chain.store, &tip, &built.block, &known).expect("a valid block");
        again.push(begun.elapsed());
        assert_eq!(checked, built.outcome);
        let count = built.block.transactions.len();
        assert_eq!(count, BLOCK_TRANSACTIONS, "the block is full");
        let mut overlay = Overlay::new(&chain.store);
        let begun = Instant::now();
        for transaction in &transactions {
            let execution = execute(&mut overlay, at, transaction, limits::BLOCK_WORK_MAX);
            execution.verdict.expect("an action that passes");
        }
        rules.push(begun.elapsed());
        let begun = Instant::now();
        chain.commit(&built);
        store.push(begun.elapsed());
    }
    let (first, again) = (median(first), median(again));
    let (rules, store) = (median(rules), median(store));
    println!(
        "a block of {BLOCK_TRANSACTIONS} one-action transactions, signatures judged, median of {BLOCKS}:"
    );
    println!(
        "  executed by who judged its transactions as they came, {again:>6.1} ms (bound 100): rules {rules:.1} ms, tree, roots and reading the block {:.1} ms; then the store {store:.1} ms",
        again - rules
    );
    println!("  built by who reads all of it for the first time, {first:>6.1} ms (bound 100)");
}

/// Milliseconds in the middle.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn questions(layout: &Layout, ports: &Ports, logs: &std::path::Path) -> Result<()> {
    let mut node = Process::new(layout.homes[0].clone(), ports.http_base(), logs);
    node.start();
    let client = node.client();
    let begun = Instant::now();
    while client.status().is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the node does not answer"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("questions over HTTP, one connection, client included, warm store:");
    let place = |number: usize| number.wrapping_mul(7_919) % ENTRIES;
    ask("access-check", |number| {
        let index = place(number);
        let question = AccessQuestion {
            department: grantee(index).parse().unwrap(),
            resource: code(index),
            field: FieldNumber(1 + u16::try_from(number % usize::from(FIELDS)).unwrap()),
            purpose: None,
        };
        client.access(&question, None).map(drop)
    })?;
    ask("readers, one field", |number| {
        let field = FieldNumber(1 + u16::try_from(number % usize::from(FIELDS)).unwrap());
        client
            .readers(&code(place(number)), Some(field), None)
            .map(drop)
    })?;
    Ok(())
}

fn ask(
    what: &str,
    question: impl Fn(usize) -> std::result::Result<(), dirchain::client::ClientError>,
) -> Result<()> {
    // Once through warms what the second time measures.
    for number in 0..QUESTIONS {
        question(number)?;
    }
    let mut times = Vec::with_capacity(QUESTIONS);
    for number in 0..QUESTIONS {
        let begun = Instant::now();
        question(number)?;
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |part: f64| times[((QUESTIONS as f64 * part) as usize).min(QUESTIONS - 1)];
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "  {what:<20} p50 {:>6.2} ms  p99 {:>6.2} ms (bound 5)  longest {:>6.2} ms",
        ms(at(0.5)),
        ms(at(0.99)),
        ms(at(1.0))
    );
    Ok(())
}
