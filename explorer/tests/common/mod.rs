//! A city in memory behind the explorer's two doors: real blocks, built and checked by the ledger.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use dirchain_explorer::api::{
    ChainAbout, HistoryState, NodeMode, NodeStatus, PeerStatus, Problem, SyncState, Time,
    TipSummary, Warning,
};
use dirchain_explorer::directory::Owed;
use dirchain_explorer::{
    Directory, EventPlace, Settings, Submit, SubmitError, TransactionOutcome, router_with,
};
use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{
    Address, FieldNumber, Height, Moment, ResourceCode, TimeMs, TransactionId,
};
use dirchain_ledger::records::*;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::{
    self, APPLICANT, GENESIS_TIME, Ledger, PROVIDER, VOTERS, id, key, numbers, sharing_id,
};
use dirchain_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use dirchain_ledger::view::{View, ViewError};
use serde::de::DeserializeOwned;
use tower::ServiceExt;

/// One of each.
fn warnings() -> Vec<Warning> {
    let nodes = |names: &[&str]| names.iter().map(|name| testing::id(name)).collect();
    vec![
        Warning::OwnClock {
            ahead_ms: -600_000,
            nodes: nodes(&["D002-1", "D003-1"]),
        },
        Warning::OtherClock {
            node: testing::id("D004-1"),
            height: Height(38),
            ahead_ms: -7_000,
            at_least: true,
        },
        Warning::Standstill {
            height: Height(39),
            round: 31,
            since: Time(GENESIS_TIME),
            silent: nodes(&["D003-1"]),
            against: nodes(&["D002-1"]),
            without_proposal: nodes(&["D004-1"]),
        },
    ]
}

/// The city: a ledger, a pool, and switches for what can go wrong.
pub struct City {
    ledger: RwLock<Arc<Ledger>>,
    pool: Mutex<Vec<VerifiedTransaction>>,
    refused: Mutex<Vec<(TransactionId, Rejection)>>,
    pub name: String,
    pub broken: AtomicBool,
    pub busy: AtomicBool,
    pub stopping: AtomicBool,
    pub ready: AtomicBool,
    /// Every reading of a record panics.
    pub panics: AtomicBool,
    /// Blocks below this height are not kept.
    pub kept_from: AtomicU64,
    owed: Owed,
    /// How long each record takes to read.
    pub delay_ms: AtomicU64,
}

impl City {
    pub fn new(ledger: Ledger) -> Arc<Self> {
        Arc::new(Self {
            ledger: RwLock::new(Arc::new(ledger)),
            pool: Mutex::default(),
            refused: Mutex::default(),
            name: "测试市目录链".to_owned(),
            broken: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            ready: AtomicBool::new(true),
            panics: AtomicBool::new(false),
            kept_from: AtomicU64::new(0),
            owed: Owed::default(),
            delay_ms: AtomicU64::new(0),
        })
    }

    pub fn router(self: &Arc<Self>) -> Router {
        let settings = Settings {
            public_url: Some("http://node.example".to_owned()),
            ..Settings::default()
        };
        router_with(self.clone(), self.clone(), settings)
    }

    /// The ledger as it stands.
    pub fn ledger(&self) -> Arc<Ledger> {
        self.ledger.read().unwrap().clone()
    }

    /// Changes the ledger: blocks arrive.
    pub fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.ledger.write().unwrap();
        change(Arc::make_mut(&mut ledger))
    }

    /// A block of everything that waits.
    pub fn commit(&self) {
        let waiting = std::mem::take(&mut *self.pool.lock().unwrap());
        let built = self.change(|ledger| ledger.extend(&waiting));
        self.refused.lock().unwrap().extend(built.refused);
    }

    fn now(&self, id: TransactionId) -> TransactionOutcome {
        if let Some((height, index)) = self.transaction_place(&id).unwrap() {
            return TransactionOutcome::Committed { height, index };
        }
        let refused = self.refused.lock().unwrap();
        if let Some((_, rejection)) = refused.iter().find(|(known, _)| *known == id) {
            return TransactionOutcome::Refused(rejection.into());
        }
        let pool = self.pool.lock().unwrap();
        if pool.iter().any(|waiting| waiting.id() == id) {
            return TransactionOutcome::Waiting;
        }
        TransactionOutcome::Unknown
    }

    fn check(&self) -> Result<(), ViewError> {
        match self.broken.load(Ordering::Relaxed) {
            true => Err(ViewError {
                reason: "the disk is gone".to_owned(),
            }),
            false => Ok(()),
        }
    }
}

struct CityView {
    ledger: Arc<Ledger>,
    height: Height,
    broken: bool,
    panics: bool,
    delay: Duration,
}

impl CityView {
    fn check(&self) -> Result<(), ViewError> {
        assert!(!self.panics, "the test says so");
        match self.broken {
            true => Err(ViewError {
                reason: "the disk is gone".to_owned(),
            }),
            false => Ok(()),
        }
    }
}

impl View for CityView {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.ledger.state.at(self.height).block_hash(height)
    }

    fn record(&self, id: &RecordId) -> Result<Option<Record>, ViewError> {
        self.check()?;
        if !self.delay.is_zero() {
            std::thread::sleep(self.delay);
        }
        self.ledger.state.at(self.height).record(id)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.check()?;
        self.ledger
            .state
            .at(self.height)
            .list(kind, after, count_max)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.check()?;
        let view = self.ledger.state.at(self.height);
        view.referrers(target, kind, after, count_max)
    }
}

impl Directory for City {
    fn owed(&self) -> &Owed {
        &self.owed
    }

    fn about(&self) -> ChainAbout {
        ChainAbout {
            name: self.name.clone(),
            chain: self.ledger().chain,
            genesis_time: Time(GENESIS_TIME),
            software_version: "0.1.0".to_owned(),
        }
    }

    fn tip(&self) -> TipSummary {
        let ledger = self.ledger();
        TipSummary {
            height: ledger.tip.height,
            time: Time(ledger.tip.time),
            block: ledger.tip.block,
            validators: ledger.tip.validators.members().to_vec(),
        }
    }

    fn passed_over(&self) -> Vec<(Address, Height)> {
        let tip = &self.ledger().tip;
        tip.turns.passed_over(tip.height.next()).collect()
    }

    fn tip_moment(&self) -> Moment {
        self.ledger.read().unwrap().moment()
    }

    fn view(&self, height: Height) -> Box<dyn View + '_> {
        Box::new(CityView {
            ledger: self.ledger(),
            height,
            broken: self.broken.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
            delay: Duration::from_millis(self.delay_ms.load(Ordering::Relaxed)),
        })
    }

    fn height_at(&self, time: TimeMs) -> Result<Option<Height>, ViewError> {
        self.check()?;
        if time < GENESIS_TIME {
            return Ok(None);
        }
        let ledger = self.ledger();
        let before = ledger.blocks.iter().take_while(|b| b.header.time <= time);
        Ok(Some(Height(before.count() as u64)))
    }

    fn block(&self, height: Height) -> Result<Option<Arc<Block>>, ViewError> {
        self.check()?;
        let Some(index) = height.0.checked_sub(1) else {
            return Ok(None);
        };
        if height.0 < self.kept_from.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let block = self.ledger().blocks.get(index as usize).cloned();
        Ok(block.map(Arc::new))
    }

    fn header(&self, height: Height) -> Result<Option<Header>, ViewError> {
        Ok(self.block(height)?.map(|block| block.header.clone()))
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        let chain = self.ledger().chain;
        let header = self.header(height)?;
        let voters = &VOTERS[..3];
        Ok(header.map(|h| testing::certificate(&chain, height, 0, h.hash(), voters)))
    }

    fn transaction_place(&self, id: &TransactionId) -> Result<Option<(Height, u32)>, ViewError> {
        self.check()?;
        for block in &self.ledger().blocks {
            let place = block.transactions.iter().position(|t| t.id() == *id);
            if let Some(index) = place {
                return Ok(Some((block.header.height, index as u32)));
            }
        }
        Ok(None)
    }

    fn transactions_beginning(
        &self,
        digits: &str,
        count_max: usize,
    ) -> Result<Vec<TransactionId>, ViewError> {
        self.check()?;
        let ledger = self.ledger();
        let ids = ledger.blocks.iter().flat_map(|block| &block.transactions);
        let mut ids: Vec<TransactionId> = ids.map(SignedTransaction::id).collect();
        ids.retain(|id| id.to_string().starts_with(digits));
        ids.sort();
        ids.truncate(count_max);
        Ok(ids)
    }

    fn history(
        &self,
        subject: &RecordId,
        before: Option<EventPlace>,
        count_max: usize,
    ) -> Result<Vec<EventPlace>, ViewError> {
        self.check()?;
        let mut places = Vec::new();
        for outcome in &self.ledger().outcomes {
            for (transaction, touched) in (0u32..).zip(&outcome.touched) {
                let events = touched.iter().filter(|(id, _)| id == subject);
                places.extend(events.map(|(_, action)| (outcome.tip.height, transaction, *action)));
            }
        }
        places.sort_unstable_by(|a, b| b.cmp(a));
        let wanted = places
            .into_iter()
            .filter(|p| before.is_none_or(|before| *p < before));
        Ok(wanted.take(count_max).collect())
    }

    fn written(
        &self,
        id: &RecordId,
        after: Option<Height>,
        count_max: usize,
    ) -> Result<Vec<Height>, ViewError> {
        self.check()?;
        let ledger = self.ledger();
        let heights = ledger
            .state
            .written(id)
            .filter(|h| after.is_none_or(|after| *h > after));
        Ok(heights.take(count_max).collect())
    }

    fn node(&self) -> NodeStatus {
        let ready = self.ready.load(Ordering::Relaxed);
        NodeStatus {
            node: testing::id("D001-1"),
            department: testing::id("D001"),
            mode: NodeMode::Validator,
            peers: vec![PeerStatus {
                node: testing::id("D002-1"),
                department: testing::id("D002"),
                connected: true,
                received_bytes: 12_345,
                sent_bytes: 54_321,
                dropped_messages: 0,
                throttled_ms: 1,
                unwanted_messages: 0,
                violations: 0,
                banned: false,
                last_heard: Some(Time(GENESIS_TIME)),
                clock_ahead_ms: Some(7_000),
            }],
            waiting_transactions: self.pool.lock().unwrap().len() as u64,
            sync: SyncState::CaughtUp,
            history: HistoryState::Whole,
            disk_bytes: 1_048_576,
            uptime_ms: 60_000,
            ready,
            not_ready_reason: (!ready).then(|| "no quorum for 90 s".to_owned()),
            not_ready_reason_zh: (!ready).then(|| "90 秒未达法定数".to_owned()),
            warnings: warnings(),
        }
    }

    fn metrics(&self) -> String {
        "# TYPE dirchain_height gauge\ndirchain_height 7\n# EOF\n".to_owned()
    }
}

#[async_trait::async_trait]
impl Submit for City {
    async fn submit(&self, transaction: SignedTransaction) -> Result<TransactionId, SubmitError> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(SubmitError::Stopping);
        }
        let mut pool = self.pool.lock().unwrap();
        if self.busy.load(Ordering::Relaxed) {
            return Err(SubmitError::Busy { waiting: 10_000 });
        }
        let ledger = self.ledger();
        let verified = transaction.verify(ledger.chain)?;
        let id = verified.id();
        let mut candidates = pool.clone();
        candidates.push(verified.clone());
        let refused = ledger.build(&candidates).refused;
        if let Some((_, rejection)) = refused.into_iter().find(|(refused, _)| *refused == id) {
            return Err(SubmitError::Rejected(rejection));
        }
        pool.push(verified);
        Ok(id)
    }

    async fn outcome(&self, id: TransactionId, wait: Duration) -> TransactionOutcome {
        let begun = Instant::now();
        loop {
            let outcome = self.now(id);
            let settled = !matches!(
                outcome,
                TransactionOutcome::Waiting | TransactionOutcome::Unknown
            );
            if settled || begun.elapsed() >= wait {
                return outcome;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn next_sequence(&self, author: &PublicKey) -> Option<u64> {
        let pool = self.pool.lock().unwrap();
        let own = pool.iter().filter(|t| t.envelope().author == *author);
        own.map(|t| t.envelope().sequence + 1).max()
    }
}

/// An answer as it went out.
pub struct Sent {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Sent {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Sent {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Sent {
        status: parts.status,
        headers: parts.headers,
        body: axum::body::to_bytes(body, usize::MAX).await.unwrap(),
    }
}

pub async fn get(router: &Router, address: &str) -> Sent {
    send(router, Request::get(address).body(Body::empty()).unwrap()).await
}

/// A good answer, parsed as the command line would.
pub async fn read<T: DeserializeOwned>(router: &Router, address: &str) -> T {
    let sent = get(router, address).await;
    assert_eq!(sent.status, StatusCode::OK, "{address}: {}", sent.text());
    assert_eq!(sent.header("content-type"), "application/json", "{address}");
    serde_json::from_slice(&sent.body).unwrap_or_else(|e| panic!("{address}: {e}: {}", sent.text()))
}

/// Requires that an answer is a problem of this status and code, and returns it.
pub fn problem_of(sent: &Sent, status: u16, code: &str) -> Problem {
    assert_eq!(
        sent.header("content-type"),
        "application/problem+json",
        "{}",
        sent.text()
    );
    let problem: Problem = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(problem.code(), code, "{problem}");
    assert_eq!(problem.status, status);
    assert_eq!(sent.status.as_u16(), status);
    assert!(problem.kind.starts_with("urn:dirchain:problem:"));
    assert!(!problem.title.is_empty() && !problem.detail.is_empty());
    problem
}

pub async fn problem(router: &Router, address: &str, status: u16, code: &str) -> Problem {
    problem_of(&get(router, address).await, status, code)
}

fn by(ledger: &mut Ledger, department: &str, role: Role, action: Action) {
    ledger.submit(&key(department, role), vec![action]).unwrap();
}

/// A live binding of a resource that was granted, a sealed batch, an objection.
pub fn used(ledger: &mut Ledger, resource: &ResourceCode) {
    let schema = Hash([7; 32]);
    let column = Column {
        name: id("XM"),
        field: FieldNumber(2),
    };
    let terms = BindingTerms {
        version: 1,
        kind: ResourceKind::Table,
        system: id("人口库"),
        schema,
        columns: List::new(vec![column]).unwrap(),
        gateway: key(PROVIDER, Role::Gateway).public(),
    };
    let propose = Action::ProposeBinding {
        resource: resource.clone(),
        terms,
    };
    by(ledger, PROVIDER, Role::Administrator, propose);
    let binding = sharing_id(resource, 1);
    let report = Action::ReportSchema {
        binding: binding.clone(),
        schema,
    };
    by(ledger, PROVIDER, Role::Gateway, report);
    let from = ledger.now;
    ledger.pass_ms(5_000);
    let seal = SealReceipts {
        batch: BatchId {
            usage: UsageId {
                binding,
                reader: id(APPLICANT),
                basis: UseBasis::Authorized { number: 1 },
            },
            from,
        },
        side: Side::Provider,
        counted: Counted {
            to: ledger.now,
            calls: 3,
            denied: 1,
            rows: 9,
            fields: numbers(&[2]),
        },
        root: schema,
    };
    let seal = Action::SealReceipts(Box::new(seal));
    by(ledger, PROVIDER, Role::Gateway, seal);
    let raise = Action::RaiseObjection {
        resource: resource.clone(),
        raiser: id(APPLICANT),
        kind: ObjectionKind::Correction {
            fields: numbers(&[1]),
        },
        reason: id("姓名有误"),
        evidence: None,
    };
    by(ledger, APPLICANT, Role::Administrator, raise);
}
