//! Bindings, use, objections, clocks, versions over HTTP; what a stale decision is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use axum::http::Request;
use common::{City, get, problem_of, read};
use dirchain_explorer::api::{
    DeadlinesAnswer, DifferenceAnswer, HistoryItem, InboxAnswer, Page, RecordAnswer, RecordItem,
    ScoresAnswer, UseSpansAnswer, VersionAnswer,
};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::clocks::Duty;
use dirchain_ledger::inbox::Awaited;
use dirchain_ledger::measure::{Measure, Renaming, Reorganisation, ReorganisationKind};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;

const RESOURCE: &str = "/api/v1/resources/307001024%2F000001";

/// A granted entry with a live binding, a sealed batch, an objection; amended once.
fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[2]).resource;
    common::used(&mut ledger, &resource);
    let mut amended = entry(&responsibility(PROVIDER));
    amended.name = id("第二版");
    ledger.draft(PROVIDER, &resource, &amended).unwrap();
    ledger.submit_draft(PROVIDER, &resource).unwrap();
    ledger.publish(PROVIDER, &resource).unwrap();
    City::new(ledger)
}

#[tokio::test]
async fn records_are_served_one_by_one_and_in_lists() {
    let city = city();
    let router = city.router();
    let binding: RecordAnswer = read(&router, "/api/v1/bindings/307001024%2F000001/1").await;
    let Record::Binding(found) = binding.item.record else {
        panic!("a binding");
    };
    assert_eq!(found.state(), BindingState::Live);
    let receipts: Page<RecordItem> = read(&router, &format!("{RESOURCE}/receipts")).await;
    let [batch] = &receipts.items[..] else {
        panic!("one batch: {receipts:?}");
    };
    let path = format!("/api/v1/receipts/{}", batch.id.replace('/', "%2F"));
    let one: RecordAnswer = read(&router, &path).await;
    assert_eq!(one.item, *batch);
    for (path, count) in [
        (format!("{RESOURCE}/bindings"), 1),
        (format!("{RESOURCE}/usage"), 1),
        (format!("{RESOURCE}/ratings"), 0),
        (format!("{RESOURCE}/objections"), 1),
        (format!("/api/v1/departments/{APPLICANT}/receipts"), 1),
        (format!("/api/v1/departments/{APPLICANT}/objections"), 1),
        (format!("/api/v1/departments/{PROVIDER}/receipts"), 0),
        (format!("{RESOURCE}/receipts?at=6"), 0),
        ("/api/v1/elements".to_owned(), 0),
        ("/api/v1/demands".to_owned(), 0),
    ] {
        let page: Page<RecordItem> = read(&router, &path).await;
        assert_eq!(page.items.len(), count, "{path}");
    }
    for path in [
        "/api/v1/bindings/307001024%2F000001/2",
        "/api/v1/findings/J-9",
        "/api/v1/resources/307001024%2F000009/bindings",
    ] {
        problem_of(&get(&router, path).await, 404, "no-such-record");
    }
    problem_of(&get(&router, "/api/v1/receipts/x").await, 400, "bad-path");
}

#[tokio::test]
async fn deadlines_go_on_from_page_to_page_at_one_height() {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    for number in 2..7 {
        let mut asked = request(BYSTANDER, &[2]);
        asked.scene = format!("scene {number}").parse().unwrap();
        ledger.apply_for(BYSTANDER, &code(1), asked).unwrap();
    }
    let city = City::new(ledger);
    let router = city.router();
    let whole: DeadlinesAnswer = read(&router, "/api/v1/deadlines").await;
    assert!(whole.count >= 5 && whole.next_cursor.is_none(), "{whole:?}");
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let address = format!("/api/v1/deadlines?limit=2{cursor}");
        let page: DeadlinesAnswer = read(&router, &address).await;
        assert_eq!((page.count, page.as_of), (whole.count, whole.as_of));
        assert!(page.items.len() <= 2);
        items.extend(page.items);
        if items.len() == 2 {
            // What comes later is not of this list.
            let draft = entry(&responsibility(PROVIDER));
            city.change(|ledger| ledger.draft(PROVIDER, &code(7), &draft).map(drop))
                .unwrap();
        }
        let Some(next) = page.next_cursor else { break };
        let foreign = get(
            &router,
            &format!("/api/v1/deadlines?late=true&cursor={next}"),
        )
        .await;
        problem_of(&foreign, 404, "bad-cursor");
        cursor = format!("&cursor={next}");
    }
    assert_eq!(items, whole.items);
}

#[tokio::test]
async fn deadlines_scores_and_spans_hold_for_a_height() {
    let city = city();
    let router = city.router();
    let owed: DeadlinesAnswer = read(&router, "/api/v1/deadlines").await;
    assert_eq!((owed.count, owed.late), (1, 0), "{owed:?}");
    assert_eq!(owed.items[0].duty, Duty::Correct);
    assert_eq!(owed.items[0].department, id(PROVIDER));
    let inbox: InboxAnswer = read(&router, &format!("/api/v1/inbox?department={PROVIDER}")).await;
    assert_eq!(inbox.count, 1, "{inbox:?}");
    assert_eq!(inbox.items[0].awaited, Awaited::Owed(Duty::Correct));
    assert_eq!(inbox.items[0].subject, owed.items[0].subject);
    assert_eq!(inbox.items[0].until, Some(owed.items[0].due));
    let whose = get(&router, "/api/v1/inbox?department=D999").await;
    problem_of(&whose, 404, "no-such-record");
    let before: DeadlinesAnswer = read(&router, "/api/v1/deadlines?at=4").await;
    assert_eq!(before.items[0].duty, Duty::Decide);
    let none: DeadlinesAnswer = read(
        &router,
        &format!("/api/v1/deadlines?department={STEWARD}&late=true"),
    )
    .await;
    assert_eq!(none.count, 0);
    let none = none.next_cursor;
    assert_eq!(none, None);
    let scores: ScoresAnswer = read(&router, "/api/v1/scores").await;
    let best: Vec<_> = (scores.items.iter())
        .map(|item| (item.score.rank, &item.score.department))
        .collect();
    // What the steward publishes in time is its office.
    assert_eq!(best[0], (1, &id(PROVIDER)));
    assert!(best[1..].iter().all(|(rank, _)| *rank == 2));
    let first: ScoresAnswer = read(&router, "/api/v1/scores?limit=2").await;
    assert_eq!((first.items.len(), first.count), (2, scores.items.len()));
    let next = first.next_cursor.expect("it goes on");
    let second: ScoresAnswer =
        read(&router, &format!("/api/v1/scores?limit=2&cursor={next}")).await;
    assert_eq!(second.items[..], scores.items[2..4]);
    let one: ScoresAnswer = read(&router, &format!("/api/v1/scores?department={STEWARD}")).await;
    assert_eq!(one.items.len(), 1);
    assert_eq!(
        Some(&one.items[0]),
        scores
            .items
            .iter()
            .find(|i| i.score.department == id(STEWARD))
    );
    let steward = scores
        .items
        .iter()
        .find(|i| i.score.department == id(STEWARD));
    assert_eq!(steward.map(|item| item.score.office_in_time), Some(2));
    let spans: UseSpansAnswer =
        read(&router, &format!("{RESOURCE}/use-spans?reader={APPLICANT}")).await;
    let bases: Vec<&str> = spans
        .spans
        .iter()
        .map(|span| span.written.as_str())
        .collect();
    assert_eq!(bases, ["v1", "v2", "a1"]);
}

#[tokio::test]
async fn versions_and_their_differences() {
    let city = city();
    let router = city.router();
    let first: VersionAnswer = read(&router, &format!("{RESOURCE}/versions/1")).await;
    assert_eq!(first.entry.name.as_str(), "户籍人口基本信息");
    assert!(first.to.is_some());
    let difference: DifferenceAnswer = read(&router, &format!("{RESOURCE}/difference")).await;
    assert_eq!(
        (difference.from.as_str(), difference.to.as_str()),
        ("1", "2")
    );
    let told: Vec<String> = difference.changes.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["name was `户籍人口基本信息`, is `第二版`"]);
    let missing = get(&router, &format!("{RESOURCE}/versions/3")).await;
    problem_of(&missing, 404, "no-such-record");
}

#[tokio::test]
async fn a_stale_decision_is_told_what_changed_since() {
    let city = city();
    let router = city.router();
    let withdraw = |revision| {
        let ledger = city.ledger();
        let action = Action::WithdrawResource {
            code: code(1),
            revision,
            reason: id("系统停用"),
        };
        let signed = ledger.sign(&head(PROVIDER), vec![action]);
        let body = dirchain_ledger::codec::encode(signed.signed());
        Request::post("/api/v1/transactions")
            .header("content-type", "application/octet-stream")
            .body(axum::body::Body::from(body))
            .unwrap()
    };
    let sent = common::send(&router, withdraw(3)).await;
    let problem = problem_of(&sent, 422, "stale");
    let says = "Since then: name was `户籍人口基本信息`, is `第二版`";
    assert!(problem.detail.contains(says), "{}", problem.detail);
}

fn renaming(name: &str) -> Measure {
    let rename = Renaming {
        department: id(PROVIDER),
        name: id(name),
    };
    Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Rename,
        document: id("京编办〔2026〕4号"),
        transfers: List::default(),
        dissolves: List::default(),
        renames: List::new(vec![rename]).unwrap(),
        successors: List::default(),
    })
}

/// That a proposal lapsed follows from the time alone: no block says it.
#[tokio::test]
async fn a_proposal_is_told_to_have_lapsed_and_an_approval_tells_its_measure() {
    let mut ledger = Ledger::default();
    ledger.agree(&head(REGISTRAR), renaming("新名称")).unwrap();
    let waits = ledger.propose(&head(REGISTRAR), renaming("又一名称"));
    let (waits, then) = (waits.unwrap(), ledger.tip.height);
    ledger.pass_ms(31 * 86_400_000);
    let last = ledger.propose(&head(REGISTRAR), renaming("第三名称"));
    let last = last.unwrap();
    let router = City::new(ledger).router();

    let of = |id: &dyn std::fmt::Display, query: &str| {
        let id = id.to_string().replace('/', "%2F");
        format!("/api/v1/proposals/{id}{query}")
    };
    let lapsed: RecordAnswer = read(&router, &of(&waits, "")).await;
    assert_eq!(lapsed.item.standing, Some(Standing::Lapsed));
    let before: RecordAnswer = read(&router, &of(&waits, &format!("?at={then}"))).await;
    assert_eq!(before.item.standing, Some(Standing::Open));
    let open: RecordAnswer = read(&router, &of(&last, "")).await;
    assert_eq!(open.item.standing, Some(Standing::Open));
    let all: Page<RecordItem> = read(&router, "/api/v1/proposals").await;
    let standings: Vec<_> = all.items.iter().filter_map(|item| item.standing).collect();
    assert_eq!(
        standings,
        [Standing::InForce, Standing::Lapsed, Standing::Open]
    );

    let path = format!("/api/v1/departments/{PROVIDER}/history");
    let history: Page<HistoryItem> = read(&router, &path).await;
    let mut approvals = history.items.iter().filter(|item| item.action == "approve");
    let approval = approvals.next().unwrap();
    assert_eq!(approval.measure.as_deref(), Some("reorganise"));
    assert_eq!(approval.reason.as_deref(), Some("依据"));
}
