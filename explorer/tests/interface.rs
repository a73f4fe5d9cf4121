//! The JSON interface's answers, over a city with real blocks.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{City, get, problem_of, read, send};
use dirchain_explorer::api::{
    Accepted, AccessAnswer, ApplicationAnswer, ApplicationItem, ApplicationState,
    AuthorizationAnswer, AuthorizationItem, AuthorizationState, Basis, BlockAnswer, BlockItem,
    DepartmentAnswer, DepartmentItem, DraftState, HistoryItem, KeyAnswer, NodeItem, Page,
    ParametersAnswer, ReadersAnswer, Readiness, ResourceAnswer, ResourceItem, ResponsibilityAnswer,
    SharingType, Status, Time, TransactionAnswer, TransactionStatus,
};
use dirchain_ledger::access::{Denial, Failure};
use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::ids::{FieldNumber, Height, TimeMs};
use dirchain_ledger::records::{DepartmentStatus, Office, ResourceStatus, Role};
use dirchain_ledger::testing;
use dirchain_ledger::testing::{
    APPLICANT, BYSTANDER, DAY_MS, GENESIS_TIME, Ledger, PROVIDER, REGISTRAR, STEWARD, SUB_UNIT,
    administrator, code, head, id, request,
};
use dirchain_ledger::view::Records;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A city with one granted entry (fields 1, 2 and 4), one draft, one open application.
fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    let entry =
        dirchain_ledger::testing::entry(&dirchain_ledger::testing::responsibility(PROVIDER));
    ledger.draft(PROVIDER, &code(2), &entry).unwrap();
    ledger
        .apply_for(BYSTANDER, &code(1), request(BYSTANDER, &[2]))
        .unwrap();
    City::new(ledger)
}

const RESOURCE: &str = "/api/v1/resources/307001024%2F000001";

#[tokio::test]
async fn status_nodes_and_parameters_tell_of_the_chain() {
    let city = city();
    let router = city.router();
    let status: Status = read(&router, "/api/v1/status").await;
    assert_eq!(status.tip.height, Height(7));
    assert_eq!(status.tip.validators.len(), 4);
    assert_eq!(status.about.name, "测试市目录链");
    let nodes: Page<NodeItem> = read(&router, "/api/v1/nodes").await;
    assert_eq!(nodes.items.len(), 4);
    assert!(nodes.items.iter().all(|node| node.votes));
    assert!(nodes.items[1].peer.as_ref().unwrap().connected);
    let parameters: ParametersAnswer = read(&router, "/api/v1/parameters").await;
    assert_eq!(parameters.parameters.purposes.len(), 2);
    assert_eq!(parameters.offices[1].office, Office::Steward);
}

#[tokio::test]
async fn departments_are_listed_filtered_and_shown() {
    let router = city().router();
    let all: Page<DepartmentItem> = read(&router, "/api/v1/departments").await;
    assert_eq!(all.items.len(), 10);
    assert_eq!(all.as_of.height, Height(7));
    let found: Page<DepartmentItem> = read(&router, "/api/v1/departments?text=d004").await;
    assert_eq!(found.items.len(), 3);
    let one: DepartmentAnswer = read(&router, "/api/v1/departments/D004").await;
    assert_eq!(one.department.status, DepartmentStatus::Active);
    assert_eq!(one.sub_units.items.len(), 2);
    assert_eq!(one.keys.items.len(), 5);
    assert_eq!(one.responsibilities.items[0].code.as_str(), "Z-D004-01");
    let steward: DepartmentAnswer = read(&router, "/api/v1/departments/D002").await;
    assert_eq!(steward.department.offices, [Office::Steward]);
    let suspended: DepartmentAnswer = read(&router, "/api/v1/departments/D007").await;
    assert_eq!(suspended.department.status, DepartmentStatus::Suspended);
}

#[tokio::test]
async fn resources_are_listed_filtered_and_shown() {
    let router = city().router();
    let all: Page<ResourceItem> = read(&router, "/api/v1/resources").await;
    assert_eq!(all.items.len(), 2);
    for (filter, count) in [
        ("provider=D004", 2),
        ("provider=D005", 0),
        ("status=draft", 1),
        ("status=published", 1),
        ("sharing=conditional", 2),
        ("sharing=not_shared", 0),
        ("text=000002", 1),
        ("text=%E6%88%B7%E7%B1%8D", 2),
        ("text=%E5%AD%97%E6%AE%B53", 2),
        ("text=%E9%83%A8%E9%97%A8d004", 2),
        ("text=nothing", 0),
        ("text=000001&status=draft", 0),
    ] {
        let found: Page<ResourceItem> = read(&router, &format!("/api/v1/resources?{filter}")).await;
        assert_eq!(found.items.len(), count, "{filter}");
        assert_eq!(found.next_cursor, None, "{filter}");
    }
    let one: ResourceAnswer = read(&router, RESOURCE).await;
    assert_eq!(one.resource.status, ResourceStatus::Published);
    assert_eq!(one.resource.sharing, Some(SharingType::Conditional));
    assert_eq!(one.effective_fields.len(), 4);
    assert_eq!(one.versions.len(), 1);
    assert_eq!(one.application_count, 2);
    assert_eq!(one.responsibility.unwrap().code.as_str(), "Z-D004-01");
    assert_eq!(one.trail.count, 6);
    let draft: ResourceAnswer = read(&router, "/api/v1/resources/307001024%2F000002").await;
    assert_eq!(draft.draft.unwrap().state, DraftState::Draft);
    assert!(draft.entry.is_none());
    assert_eq!(draft.effective_fields.len(), 4);
}

#[tokio::test]
async fn a_responsibility_names_the_entries_that_cite_it() {
    let router = city().router();
    let found: ResponsibilityAnswer = read(&router, "/api/v1/responsibilities/Z-D004-01").await;
    assert_eq!(found.responsibility.holder.as_str(), PROVIDER);
    assert_eq!(found.cited_by.items.len(), 2);
}

#[tokio::test]
async fn readers_are_every_department_with_a_basis() {
    let router = city().router();
    let one: ReadersAnswer = read(&router, &format!("{RESOURCE}/readers?field=2")).await;
    let readers = &one.fields[0].readers;
    let names: Vec<&str> = readers.iter().map(|r| r.department.as_str()).collect();
    assert_eq!(names, [PROVIDER, APPLICANT]);
    assert!(matches!(readers[0].basis, Basis::Owner { .. }));
    assert!(matches!(readers[1].basis, Basis::Authorized { .. }));
    let all: ReadersAnswer = read(&router, &format!("{RESOURCE}/readers")).await;
    assert_eq!(all.fields.len(), 4);
    // Field 1 is for everyone but the suspended department.
    assert_eq!(all.fields[0].readers.len(), 9);
    assert_eq!(all.fields[2].readers.len(), 1);
}

#[tokio::test]
async fn an_access_check_names_its_basis_or_what_fails() {
    let router = city().router();
    let ask = |rest: &str| format!("/api/v1/access-check?resource=307001024%2F000001&{rest}");
    let owner: AccessAnswer = read(&router, &ask("department=D004&field=2")).await;
    assert!(owner.allowed && matches!(owner.basis, Some(Basis::Owner { .. })));
    let granted: AccessAnswer = read(
        &router,
        &ask("department=D005&field=2&purpose=social-assistance"),
    )
    .await;
    let Some(Basis::Authorized { authorization, .. }) = granted.basis else {
        panic!("{granted:?}");
    };
    assert_eq!(authorization.to_string(), "307001024/000001/1");
    assert_eq!(granted.as_of.height, Height(7));
    assert_eq!(granted.instant, granted.as_of.time);
    let purpose: AccessAnswer =
        read(&router, &ask("department=D005&field=2&purpose=statistics")).await;
    let Some(Denial::AuthorizationFails { failure, .. }) = purpose.denial else {
        panic!("{purpose:?}");
    };
    assert_eq!(failure, Failure::Purpose);
    let law: AccessAnswer = read(&router, &ask("department=D005&field=3")).await;
    assert!(!law.allowed && matches!(law.denial, Some(Denial::NotShared { .. })));
    let before: AccessAnswer = read(&router, &ask("department=D005&field=2&at=4")).await;
    assert!(
        matches!(before.denial, Some(Denial::NoAuthorization { .. })),
        "{before:?}"
    );
    assert_eq!(before.as_of.height, Height(4));
}

#[tokio::test]
async fn a_time_asks_for_the_block_at_or_before_it() {
    let city = city();
    let router = city.router();
    let header = city.ledger().blocks[3].header.clone();
    let between = Time(TimeMs(header.time.0 + 999));
    let rest = "department=D005&resource=307001024%2F000001&field=2";
    let answer: AccessAnswer = read(
        &router,
        &format!("/api/v1/access-check?{rest}&at={between}"),
    )
    .await;
    assert_eq!(answer.as_of.height, Height(4));
    assert_eq!(answer.as_of.time, Time(header.time));
    assert_eq!(answer.instant, between);
    // The same instant with an offset, its plus sign escaped or not.
    let shifted = "2026-01-01T08:00:04.999";
    for plus in ["%2B", "+"] {
        let address = format!("/api/v1/access-check?{rest}&at={shifted}{plus}08:00");
        let same: AccessAnswer = read(&router, &address).await;
        assert_eq!(same, answer);
    }
    let genesis: Page<DepartmentItem> = read(
        &router,
        &format!("/api/v1/departments?at={}", Time(GENESIS_TIME)),
    )
    .await;
    assert_eq!(genesis.as_of.height, Height(0));
    let genesis: Page<ResourceItem> = read(&router, "/api/v1/resources?at=0").await;
    assert!(genesis.items.is_empty());
    assert_eq!(genesis.as_of.time, Time(GENESIS_TIME));
}

#[tokio::test]
async fn a_window_is_judged_at_the_instant_asked_for() {
    let city = city();
    city.change(|ledger| {
        ledger.pass_ms(31 * DAY_MS);
        ledger.published(PROVIDER, 9);
    });
    let router = city.router();
    let rest = "department=D005&resource=307001024%2F000001&field=2";
    let over: AccessAnswer = read(&router, &format!("/api/v1/access-check?{rest}")).await;
    assert!(matches!(
        over.denial,
        Some(Denial::AuthorizationFails {
            failure: Failure::WindowOver,
            ..
        })
    ));
    let inside = Time(TimeMs(GENESIS_TIME.0 + 29 * DAY_MS));
    let then: AccessAnswer =
        read(&router, &format!("/api/v1/access-check?{rest}&at={inside}")).await;
    assert!(then.allowed);
    assert_eq!(then.as_of.height, Height(7));
    let list = "/api/v1/departments/D005/authorizations?direction=out";
    let now: Page<AuthorizationItem> = read(&router, list).await;
    assert_eq!(now.items[0].state, AuthorizationState::Expired);
    let then: Page<AuthorizationItem> = read(&router, &format!("{list}&at={inside}")).await;
    assert_eq!(then.items[0].state, AuthorizationState::InForce);
}

#[tokio::test]
async fn an_authorization_stands_as_the_verdict_says() {
    let city = city();
    let before = city.ledger().moment().height;
    let held = testing::responsibility(APPLICANT);
    let abolish = Action::AbolishResponsibility {
        code: held.clone(),
        revision: 1,
        reason: id("撤销"),
    };
    city.change(|ledger| ledger.submit(&administrator(REGISTRAR), vec![abolish]))
        .unwrap();
    let router = city.router();
    let access = "/api/v1/access-check?department=D005&resource=307001024%2F000001&field=2";
    let one = "/api/v1/authorizations/307001024%2F000001/1";
    let listed = "/api/v1/departments/D005/authorizations?direction=out";
    let verdict: AccessAnswer = read(&router, access).await;
    assert!(!verdict.allowed);
    let now: AuthorizationAnswer = read(&router, one).await;
    assert_eq!(now.authorization.state, AuthorizationState::NotHeld);
    let counts = |state: &str| format!("{listed}&state={state}");
    let in_force: Page<AuthorizationItem> = read(&router, &counts("in_force")).await;
    assert!(in_force.items.is_empty());
    let not_held: Page<AuthorizationItem> = read(&router, &counts("not_held")).await;
    assert_eq!(not_held.items.len(), 1);
    let then: AuthorizationAnswer = read(&router, &format!("{one}?at={before}")).await;
    assert_eq!(then.authorization.state, AuthorizationState::InForce);
    let duty = format!("/api/v1/responsibilities/{held}");
    let ended: ResponsibilityAnswer = read(&router, &duty).await;
    let by = ended.ended_by.unwrap();
    assert_eq!(by.reason.as_deref(), Some("撤销"));
    assert_eq!(by.signer.department.unwrap().as_str(), REGISTRAR);
    let then: ResponsibilityAnswer = read(&router, &format!("{duty}?at={before}")).await;
    assert!(then.ended_by.is_none());
}

#[tokio::test]
async fn a_suspect_key_is_told_with_what_it_granted() {
    let city = city();
    let one = "/api/v1/authorizations/307001024%2F000001/1";
    let router = city.router();
    let before: AuthorizationAnswer = read(&router, one).await;
    assert!(!before.authorization.suspect);
    let report = Action::SuspectKey {
        public_key: before.authorization.granted.key,
        since: Height(1),
    };
    city.change(|ledger| ledger.submit(&head(PROVIDER), vec![report]))
        .unwrap();
    let after: AuthorizationAnswer = read(&router, one).await;
    assert!(after.authorization.suspect);
}

/// What a department's keys signed, read from the blocks, newest first.
fn signed_by(city: &City, department: &str) -> Vec<(u64, u32, u32)> {
    let ledger = city.ledger();
    let mut places = Vec::new();
    for block in &ledger.blocks {
        for (transaction_index, transaction) in (0u32..).zip(&block.transactions) {
            let key = ledger.state.key(&transaction.envelope.author).unwrap();
            if key.is_some_and(|key| key.department == id(department)) {
                let actions = (0u32..).zip(transaction.actions.iter());
                let height = block.header.height.0;
                places.extend(actions.map(|(action, _)| (height, transaction_index, action)));
            }
        }
    }
    places.reverse();
    places
}

#[tokio::test]
async fn what_a_department_did_is_every_action_that_its_keys_signed() {
    let mut ledger = Ledger::default();
    for number in 1..6 {
        ledger.granted(number, &[1, 2]);
    }
    let city = City::new(ledger);
    let router = city.router();
    let place = |item: &HistoryItem| (item.at.height.0, item.transaction_index, item.action_index);
    let mut most = 0;
    for department in ["D001", PROVIDER, APPLICANT, BYSTANDER, STEWARD] {
        let wanted = signed_by(&city, department);
        most = most.max(wanted.len());
        let whole: Page<HistoryItem> =
            read(&router, &format!("/api/v1/departments/{department}/acts")).await;
        let told: Vec<_> = whole.items.iter().map(place).collect();
        assert_eq!(told, wanted, "{department}");
        assert!(whole.next_cursor.is_none());
        // Page by page the same; and at a height what was done up to there.
        let mut paged = Vec::new();
        let mut next = Some(String::new());
        while let Some(cursor) = next {
            let address = format!("/api/v1/departments/{department}/acts?limit=2&cursor={cursor}");
            let page: Page<HistoryItem> = read(&router, &address).await;
            assert!(page.items.len() <= 2);
            paged.extend(page.items.iter().map(place));
            next = page.next_cursor;
        }
        assert_eq!(paged, wanted, "{department}");
        let then: Page<HistoryItem> = read(
            &router,
            &format!("/api/v1/departments/{department}/acts?at=7"),
        )
        .await;
        let then: Vec<_> = then.items.iter().map(place).collect();
        let before: Vec<_> = wanted.into_iter().filter(|place| place.0 <= 7).collect();
        assert_eq!(then, before, "{department}");
    }
    assert!(most > 10, "{most}");
    let sent = get(&router, "/api/v1/departments/D999/acts").await;
    problem_of(&sent, 404, "no-such-record");
}

#[tokio::test]
async fn history_tells_who_did_what_newest_first() {
    let router = city().router();
    let page: Page<HistoryItem> = read(&router, &format!("{RESOURCE}/history")).await;
    let actions: Vec<&str> = page.items.iter().map(|item| item.action.as_str()).collect();
    let expected = [
        "apply",
        "grant",
        "apply",
        "publish_resource",
        "submit_resource",
        "draft_resource",
    ];
    // The draft of the second entry is not among them.
    assert_eq!(actions, expected);
    assert_eq!(
        u64::try_from(page.items.len()).unwrap(),
        read::<ResourceAnswer>(&router, RESOURCE).await.trail.count
    );
    let subjects: Vec<&str> = page
        .items
        .iter()
        .filter_map(|item| item.subject.as_deref())
        .collect();
    assert_eq!(subjects[1], "application 307001024/000001/1");
    assert_eq!(subjects[0], "resource 307001024/000001");
    let publisher = &page.items[3].signer;
    assert_eq!(publisher.department.as_ref().unwrap().as_str(), STEWARD);
    assert_eq!(publisher.role, Some(Role::Administrator));
    let past: Page<HistoryItem> = read(&router, &format!("{RESOURCE}/history?at=2")).await;
    assert_eq!(past.items.len(), 2);
    let units: Page<HistoryItem> = read(&router, "/api/v1/departments/D004/history").await;
    assert!(units.items.len() <= 50);
}

#[tokio::test]
async fn applications_and_authorizations_are_shown_from_both_sides() {
    let router = city().router();
    let one: ApplicationAnswer = read(&router, "/api/v1/applications/307001024%2F000001/2").await;
    assert_eq!(one.application.applicant.as_str(), BYSTANDER);
    assert_eq!(one.application.state, ApplicationState::Submitted);
    let one: AuthorizationAnswer =
        read(&router, "/api/v1/authorizations/307001024%2F000001/1").await;
    assert_eq!(one.authorization.grantee.as_str(), APPLICANT);
    assert_eq!(one.authorization.fields, [FieldNumber(1), FieldNumber(2)]);
    for (department, direction, count) in [
        (PROVIDER, "in", 2),
        (PROVIDER, "out", 0),
        (APPLICANT, "out", 1),
        (APPLICANT, "in", 0),
        (BYSTANDER, "out", 1),
    ] {
        let address =
            format!("/api/v1/departments/{department}/applications?direction={direction}");
        let page: Page<ApplicationItem> = read(&router, &address).await;
        assert_eq!(page.items.len(), count, "{address}");
    }
    let open = "/api/v1/departments/D004/applications?state=submitted";
    let page: Page<ApplicationItem> = read(&router, open).await;
    assert_eq!(page.items.len(), 1);
    let granted = "/api/v1/departments/D004/authorizations?state=in_force";
    let page: Page<AuthorizationItem> = read(&router, granted).await;
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].provider.as_str(), PROVIDER);
}

#[tokio::test]
async fn blocks_carry_their_certificate_and_transactions() {
    let city = city();
    let router = city.router();
    let page: Page<BlockItem> = read(&router, "/api/v1/blocks?limit=4").await;
    let heights: Vec<u64> = page.items.iter().map(|block| block.height.0).collect();
    assert_eq!(heights, [7, 6, 5, 4]);
    let cursor = page.next_cursor.unwrap();
    let rest: Page<BlockItem> = read(&router, &format!("/api/v1/blocks?cursor={cursor}")).await;
    assert_eq!(rest.items.len(), 3);
    assert_eq!(rest.next_cursor, None);
    let block: BlockAnswer = read(&router, "/api/v1/blocks/3").await;
    assert_eq!(block.header.hash, city.ledger().blocks[2].header.hash());
    assert_eq!(block.transactions[0].actions, ["publish_resource"]);
    let certificate = block.certificate.unwrap();
    assert_eq!(
        (
            certificate.signers.len(),
            certificate.quorum,
            certificate.validator_count
        ),
        (3, 3, 4)
    );
    assert!(
        certificate
            .signers
            .iter()
            .all(|signer| signer.department.is_some())
    );
    assert!(block.builder_department.is_some());
}

#[tokio::test]
async fn a_key_tells_its_next_sequence_with_what_waits() {
    let city = city();
    let router = city.router();
    let public = administrator(PROVIDER).public();
    let key: KeyAnswer = read(&router, &format!("/api/v1/keys/{public}")).await;
    assert_eq!(key.key.role, Role::Administrator);
    assert_eq!(key.key.next_sequence, city.ledger().next_sequence(&public));
    assert_eq!(key.waiting, 0);
    let past: KeyAnswer = read(&router, &format!("/api/v1/keys/{public}?at=0")).await;
    assert_eq!(past.key.next_sequence, 1);
}

fn declaration(number: u32) -> Action {
    Action::DeclareResponsibility(dirchain_ledger::action::DeclareResponsibility {
        code: id(&format!("Z-NEW-{number}")),
        holder: id(SUB_UNIT),
        title: id("新的职责"),
        text: None,
        legal_bases: dirchain_ledger::bounded::List::default(),
    })
}

#[tokio::test]
async fn a_transaction_is_posted_in_both_encodings_and_followed() {
    let city = city();
    let router = city.router();
    let author = administrator(REGISTRAR);
    let first = city
        .ledger()
        .sign(&author, vec![declaration(1)])
        .signed()
        .clone();
    let ledger = city.ledger();
    let next = ledger.next_sequence(&author.public()) + 1;
    let expiry = TimeMs(ledger.now.0 + 60_000);
    let second = ledger.sign_with(&author, next, expiry, vec![declaration(2)]);
    let second = second.signed().clone();
    let bodies = [
        ("application/octet-stream", encode(&first), first.id()),
        (
            "application/json; charset=utf-8",
            serde_json::to_vec(&second).unwrap(),
            second.id(),
        ),
    ];
    for (kind, body, id) in bodies {
        let post = Request::post("/api/v1/transactions").header("content-type", kind);
        let sent = send(&router, post.body(Body::from(body)).unwrap()).await;
        assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.text());
        let accepted: Accepted = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(accepted.id, id);
        assert_eq!(
            sent.header("location"),
            format!("/api/v1/transactions/{id}")
        );
        let waiting: TransactionAnswer = read(&router, sent.header("location")).await;
        assert_eq!(waiting.status, TransactionStatus::Waiting);
    }
    let key: KeyAnswer = read(&router, &format!("/api/v1/keys/{}", author.public())).await;
    assert_eq!(key.waiting, 2);
    let committer = city.clone();
    let commit = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        committer.commit();
    });
    let address = format!("/api/v1/transactions/{}?wait_ms=8000", second.id());
    let done: TransactionAnswer = read(&router, &address).await;
    commit.await.unwrap();
    let TransactionStatus::Committed { at, index } = done.status else {
        panic!("{done:?}");
    };
    assert_eq!((at.height, index), (Height(8), 1));
    let content = done.content.unwrap();
    assert_eq!(content.actions, [declaration(2)]);
    assert_eq!(content.signer.department.unwrap().as_str(), REGISTRAR);
}

#[tokio::test]
async fn a_transaction_refused_while_it_waits_says_why() {
    let city = city();
    let router = city.router();
    let signed = city
        .ledger()
        .sign(&administrator(REGISTRAR), vec![declaration(1)]);
    let signed = signed.signed().clone();
    let post =
        Request::post("/api/v1/transactions").header("content-type", "application/octet-stream");
    let sent = send(&router, post.body(Body::from(encode(&signed))).unwrap()).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    city.change(|ledger| ledger.submit(&head(REGISTRAR), vec![declaration(1)]))
        .unwrap();
    city.commit();
    let address = format!("/api/v1/transactions/{}?wait_ms=1000", signed.id());
    let answer: TransactionAnswer = read(&router, &address).await;
    let TransactionStatus::Refused(refusal) = answer.status else {
        panic!("{answer:?}");
    };
    let told = (refusal.code.as_str(), refusal.rule.as_deref());
    assert_eq!(told, ("taken", Some("C3")));
    assert!(refusal.message_zh.contains("已存在"), "{refusal:?}");
}

#[tokio::test]
async fn operators_tools_are_answered() {
    let city = city();
    let router = city.router();
    assert_eq!(get(&router, "/livez").await.status, StatusCode::OK);
    let ready: Readiness = read(&router, "/readyz").await;
    assert!(ready.ready);
    city.ready.store(false, Ordering::Relaxed);
    let sent = get(&router, "/readyz").await;
    assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE);
    let ready: Readiness = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(ready.reason.as_deref(), Some("no quorum for 90 s"));
    let metrics = get(&router, "/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    assert!(metrics.text().contains("dirchain_height 7"));
}

#[tokio::test]
async fn a_proposed_withdrawal_stands_on_the_entry_until_it_can_pass_no_more() {
    let city = city();
    let router = city.router();
    let before: ResourceAnswer = read(&router, RESOURCE).await;
    assert_eq!(before.pending, []);
    let proposal = city
        .change(|ledger| {
            let measure = dirchain_ledger::measure::Measure::Withdraw {
                code: code(1),
                revision: ledger.revision(&code(1)),
                reason: id("系统停用"),
            };
            ledger.propose(&head(PROVIDER), measure)
        })
        .unwrap();
    let pending: ResourceAnswer = read(&router, RESOURCE).await;
    let told: Vec<_> = pending
        .pending
        .iter()
        .map(|p| (&p.proposal, p.measure.as_str()))
        .collect();
    assert_eq!(told, [(&proposal, "withdraw")]);
    let page = get(&router, "/resources/307001024%2F000001?lang=en")
        .await
        .text();
    assert!(page.contains("A withdrawal is proposed"), "{page}");
    assert!(page.contains(&format!("/proposals/{PROVIDER}/{}", proposal.number)));
    city.change(|ledger| {
        let take_back = dirchain_ledger::action::Action::TakeBackProposal {
            proposal: proposal.clone(),
            revision: 1,
        };
        ledger.submit(&head(PROVIDER), vec![take_back])
    })
    .unwrap();
    let after: ResourceAnswer = read(&router, RESOURCE).await;
    assert_eq!(after.pending, []);
}
