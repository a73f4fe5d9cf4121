//! What actions would come to, and what a department may read, over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Request;
use common::{City, Sent, problem, problem_of, read, send};
use dirchain_explorer::api::{
    Basis, BasisKind, Page, ReadableItem, RehearsalAnswer, RehearsalQuestion,
};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::language::Language;
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

async fn ask(city: &std::sync::Arc<City>, body: String) -> Sent {
    let request = Request::post("/api/v1/rehearsals").header("content-type", "application/json");
    send(&city.router(), request.body(body.into()).unwrap()).await
}

async fn rehearse(city: &std::sync::Arc<City>, question: &RehearsalQuestion) -> RehearsalAnswer {
    let sent = ask(city, serde_json::to_string(question).unwrap()).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    serde_json::from_slice(&sent.body).unwrap()
}

#[tokio::test]
async fn what_would_be_refused_is_told_with_its_rule_and_nothing_is_kept() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let city = City::new(ledger);
    let draft = |revision| Action::DraftResource {
        code: code.clone(),
        provider: id(PROVIDER),
        revision,
        entry: entry(&responsibility(PROVIDER)),
    };
    let submit = Action::SubmitResource {
        code: code.clone(),
        revision: 4,
    };
    let question = RehearsalQuestion {
        author: administrator(PROVIDER).public(),
        transactions: vec![vec![draft(1)], vec![draft(3)], vec![submit]],
        losses: false,
    };
    for _ in 0..2 {
        let answer = rehearse(&city, &question).await;
        let codes: Vec<Option<(&str, Option<&str>)>> = answer
            .transactions
            .iter()
            .map(|told| {
                let refusal = told.refusal.as_ref()?;
                Some((refusal.code.as_str(), refusal.rule.as_deref()))
            })
            .collect();
        let told = [
            Some(("stale", None)),
            None,
            Some(("role-forbids", Some("R4"))),
        ];
        assert_eq!(codes, told);
        assert_eq!(answer.transactions[1].touches, [format!("resource {code}")]);
        assert!(answer.losses.is_empty());
    }
    let resource = city.ledger().state.resource(&code).unwrap().unwrap();
    assert_eq!(resource.revision, 3);
}

#[tokio::test]
async fn who_would_lose_what_is_told_where_it_is_asked_for() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let city = City::new(ledger);
    let end = Action::EndAuthorization {
        authorization: granted.clone(),
        revision: 1,
        reason: id("用毕"),
    };
    let question = RehearsalQuestion {
        author: administrator(APPLICANT).public(),
        transactions: vec![vec![end]],
        losses: true,
    };
    let answer = rehearse(&city, &question).await;
    assert_eq!(answer.losses.len(), 1);
    assert_eq!(answer.losses[0].department, id(APPLICANT));
    assert_eq!(answer.losses[0].fields, [FieldNumber(2)]);
    assert!(answer.unexamined.is_empty());
}

/// Two entries, each with an authorization: one that the passing department provides, one that it holds.
fn shared_both_ways() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[2]);
    let other = ledger.published(BYSTANDER, 2);
    let asked = request(PROVIDER, &[2]);
    let received = ledger.apply_for(PROVIDER, &other, asked.clone()).unwrap();
    let grant = Action::Grant(grant_of(received, &asked));
    ledger
        .submit(&administrator(BYSTANDER), vec![grant])
        .unwrap();
    ledger
}

async fn proposed(ledger: Ledger, measure: Measure) -> RehearsalAnswer {
    let propose = Action::Propose {
        measure: Box::new(measure),
        reason: id("机构改革"),
    };
    let question = RehearsalQuestion {
        author: head(REGISTRAR).public(),
        transactions: vec![vec![propose]],
        losses: true,
    };
    rehearse(&City::new(ledger), &question).await
}

#[tokio::test]
async fn everything_that_a_reorganisation_would_touch_is_listed() {
    let measure = Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("京编办〔2026〕5号"),
        transfers: List::new(vec![Transfer {
            responsibility: responsibility(PROVIDER),
            from: id(PROVIDER),
            to: Some(id(APPLICANT)),
        }])
        .unwrap(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    });
    let answer = proposed(shared_both_ways(), measure).await;
    assert_eq!(answer.transactions[0].refusal, None);
    let [reach] = &answer.reorganised[..] else {
        panic!("one reorganisation: {answer:?}");
    };
    let [passed] = &reach.responsibilities[..] else {
        panic!("one responsibility: {reach:?}");
    };
    assert_eq!(passed.to, Some(id(APPLICANT)));
    assert_eq!(reach.entries.len(), 1);
    assert_eq!(reach.entries[0].resource, code(1));
    assert_eq!(reach.provided, [sharing_id(&code(1), 1)]);
    assert_eq!(reach.received.len(), 1);
    assert_eq!(reach.received[0].authorization, sharing_id(&code(2), 1));
    assert!(answer.stopped.is_empty());
    let lost: Vec<_> = answer.losses.iter().map(|loss| &loss.resource).collect();
    assert!(lost.contains(&&code(2)), "{lost:?}");
    let chinese = &answer.transactions[0].touches_once_agreed_zh;
    assert!(
        chinese.contains(&format!("目录 {}", code(1))),
        "{chinese:?}"
    );
}

#[tokio::test]
async fn a_department_that_would_be_suspended_loses_everything_and_its_grants_are_named() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let asked = request(BYSTANDER, &[2]);
    let held = ledger
        .apply_for(BYSTANDER, &resource, asked.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(held.clone(), &asked));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let waiting = ledger
        .apply_for(BYSTANDER, &resource, asked.clone())
        .unwrap();
    ledger
        .apply_for(APPLICANT, &resource, request(APPLICANT, &[2]))
        .unwrap();
    let department = id(BYSTANDER);
    let answer = proposed(ledger, Measure::SuspendDepartment { department }).await;
    assert_eq!(answer.unsettled.applications, [waiting]);
    assert!(answer.unsettled.bindings.is_empty() && !answer.unsettled.more);
    let [stopped] = &answer.stopped[..] else {
        panic!("one department: {answer:?}");
    };
    assert_eq!(stopped.department, id(BYSTANDER));
    assert_eq!(stopped.authorizations, [held]);
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let city = City::new(Ledger::default());
    for body in ["", "[]", "{}", r#"{"author": "00", "transactions": []}"#] {
        let sent = ask(&city, body.to_owned()).await;
        problem_of(&sent, 400, "malformed-question");
    }
    let question = RehearsalQuestion {
        author: administrator(PROVIDER).public(),
        transactions: vec![Vec::new()],
        losses: false,
    };
    let sent = ask(&city, serde_json::to_string(&question).unwrap()).await;
    problem_of(&sent, 400, "empty-transaction");
}

#[tokio::test]
async fn what_a_department_may_read_is_listed_page_by_page() {
    let mut ledger = Ledger::default();
    for number in 1..=3 {
        ledger.granted(number, &[2]);
    }
    let city = City::new(ledger);
    let router = city.router();
    let address = format!("/api/v1/departments/{APPLICANT}/may-read");
    let all: Page<ReadableItem> = read(&router, &address).await;
    assert_eq!(all.items.len(), 6);
    assert_eq!(all.next_cursor, None);
    let mut paged = Vec::new();
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let address = match cursor.is_empty() {
            true => format!("{address}?limit=1"),
            false => format!("{address}?limit=1&cursor={cursor}"),
        };
        let page: Page<ReadableItem> = read(&router, &address).await;
        paged.extend(page.items);
        next = page.next_cursor;
    }
    assert_eq!(paged, all.items);
    let granted: Page<ReadableItem> = read(&router, &format!("{address}?basis=authorized")).await;
    assert_eq!(granted.items.len(), 3);
    for item in &granted.items {
        assert_eq!(BasisKind::of(&item.basis), BasisKind::Authorized);
        assert!(
            matches!(&item.basis, Basis::Authorized { authorization, .. } if authorization.resource == item.resource)
        );
        assert_eq!(item.fields, [FieldNumber(2)]);
    }
    let before: Page<ReadableItem> = read(&router, &format!("{address}?at=0")).await;
    assert!(before.items.is_empty());
    problem(
        &router,
        "/api/v1/departments/D999/may-read",
        404,
        "no-such-record",
    )
    .await;
    problem(
        &router,
        &format!("{address}?basis=any"),
        400,
        "bad-parameter",
    )
    .await;
}

#[tokio::test]
async fn a_proposal_is_followed_to_its_end() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let revision = ledger.revision(&granted.resource);
    let city = City::new(ledger);
    let measure = Measure::Withdraw {
        code: granted.resource.clone(),
        revision,
        reason: id("停止提供"),
    };
    let propose = Action::Propose {
        measure: Box::new(measure),
        reason: id("依据"),
    };
    let question = RehearsalQuestion {
        author: head(PROVIDER).public(),
        transactions: vec![vec![propose]],
        losses: true,
    };
    let answer = rehearse(&city, &question).await;
    let told = &answer.transactions[0];
    assert!(told.refusal.is_none(), "{told:?}");
    assert!(
        told.touches.iter().any(|id| id.starts_with("proposal ")),
        "{told:?}"
    );
    let agreed = &told.touches_once_agreed;
    assert!(
        agreed.contains(&format!("resource {}", granted.resource)),
        "{told:?}"
    );
    assert!(
        agreed.contains(&format!("authorization {granted}")),
        "{told:?}"
    );
    assert!(
        answer
            .losses
            .iter()
            .any(|loss| loss.department == id(APPLICANT))
    );
}

#[tokio::test]
async fn a_refusal_is_told_in_both_languages() {
    let city = City::new(Ledger::default());
    let question = RehearsalQuestion {
        author: administrator(PROVIDER).public(),
        transactions: vec![vec![Action::SubmitResource {
            code: code(1),
            revision: 1,
        }]],
        losses: false,
    };
    let answer = rehearse(&city, &question).await;
    let refusal = answer.transactions[0].refusal.as_ref().unwrap();
    assert_eq!(refusal.rule.as_deref(), Some("R4"));
    assert!(refusal.message.contains("administrator"), "{refusal:?}");
    assert!(refusal.message_zh.contains("目录管理员"), "{refusal:?}");
    assert_eq!(refusal.told(Language::Chinese), refusal.message_zh);
}
