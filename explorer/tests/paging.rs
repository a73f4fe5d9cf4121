//! Cursors are pinned to a height: one list stays one list while the chain goes on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use common::{City, read};
use dirchain_explorer::api::{
    ApplicationItem, AuthorizationItem, BlockItem, DepartmentItem, HistoryItem, Moment, Page,
    ReadersAnswer, ResourceItem, SharingAnswer, SharingPair,
};
use dirchain_ledger::action::Action;
use dirchain_ledger::testing::{
    APPLICANT, BYSTANDER, Ledger, PROVIDER, STEWARD, administrator, code, entry, grant_of, request,
    responsibility,
};
use serde::de::DeserializeOwned;

/// Follows a list to its end, letting the chain go on between the pages.
async fn follow<T: DeserializeOwned>(
    city: &Arc<City>,
    router: &Router,
    list: &str,
    mut between: impl FnMut(&Arc<City>),
) -> Vec<T> {
    let sign = if list.contains('?') { '&' } else { '?' };
    let mut address = list.to_owned();
    let (mut items, mut as_of): (Vec<T>, Option<Moment>) = (Vec::new(), None);
    for _ in 0..1_000 {
        let page: Page<T> = read(router, &address).await;
        assert_eq!(*as_of.get_or_insert(page.as_of), page.as_of, "{address}");
        items.extend(page.items);
        let Some(cursor) = page.next_cursor else {
            return items;
        };
        address = format!("{list}{sign}cursor={cursor}");
        between(city);
    }
    panic!("{list} has no end");
}

fn drafted(ledger: &mut Ledger, provider: &str, number: u32) {
    let entry = entry(&responsibility(provider));
    ledger.draft(provider, &code(number), &entry).unwrap();
}

#[tokio::test]
async fn no_entry_is_missed_or_repeated_while_blocks_arrive() {
    let mut ledger = Ledger::default();
    for number in 1..=9 {
        drafted(&mut ledger, PROVIDER, number * 10);
    }
    let city = City::new(ledger);
    let router = city.router();
    let mut next = 1u32;
    let items: Vec<ResourceItem> = follow(&city, &router, "/api/v1/resources?limit=2", |city| {
        // Between the old codes, so that a list of the tip would show them.
        city.change(|ledger| drafted(ledger, PROVIDER, next * 10 + 5));
        next += 1;
    })
    .await;
    let codes: Vec<String> = items.iter().map(|item| item.code.to_string()).collect();
    let expected: Vec<String> = (1..=9).map(|n| code(n * 10).to_string()).collect();
    assert_eq!(codes, expected);
    assert!(next > 4);
    let all: Vec<ResourceItem> =
        follow(&city, &router, "/api/v1/resources?limit=1000", |_| {}).await;
    assert_eq!(all.len(), 8 + usize::try_from(next).unwrap());
}

#[tokio::test]
async fn filters_and_limits_meet_every_item_once() {
    let mut ledger = Ledger::default();
    for number in 1..=12 {
        let provider = if number % 3 == 0 { STEWARD } else { PROVIDER };
        drafted(&mut ledger, provider, number);
    }
    let city = City::new(ledger);
    let router = city.router();
    for limit in 1..=13 {
        let list = format!("/api/v1/resources?provider=D002&limit={limit}");
        let items: Vec<ResourceItem> = follow(&city, &router, &list, |_| {}).await;
        assert_eq!(items.len(), 4, "{list}");
        let list = format!("/api/v1/resources?text=d004&limit={limit}");
        let items: Vec<ResourceItem> = follow(&city, &router, &list, |_| {}).await;
        assert_eq!(items.len(), 8, "{list}");
        let list = format!("/api/v1/departments?limit={limit}");
        let items: Vec<DepartmentItem> = follow(&city, &router, &list, |_| {}).await;
        assert_eq!(items.len(), 10, "{list}");
    }
}

/// Entries with 0, 1, 2, 3 … applications, every second of them granted.
fn shared_city() -> Ledger {
    let mut ledger = Ledger::default();
    for number in 1..=4u32 {
        let code = ledger.published(PROVIDER, number);
        for applicant in 1..number {
            let by = if applicant % 2 == 0 {
                APPLICANT
            } else {
                BYSTANDER
            };
            let asked = request(by, &[1, 2]);
            let id = ledger.apply_for(by, &code, asked.clone()).unwrap();
            if by == APPLICANT {
                let grant = Action::Grant(grant_of(id, &asked));
                ledger
                    .submit(&administrator(PROVIDER), vec![grant])
                    .unwrap();
            }
        }
    }
    ledger
}

#[tokio::test]
async fn both_sides_of_sharing_page_without_gaps() {
    let city = City::new(shared_city());
    let router = city.router();
    for limit in 1..=7 {
        for (who, direction, applications, authorizations) in [
            ("D004", "in", 6, 2),
            ("D005", "out", 2, 2),
            ("D006", "out", 4, 0),
        ] {
            let query = format!("direction={direction}&limit={limit}");
            let list = format!("/api/v1/departments/{who}/applications?{query}");
            let found: Vec<ApplicationItem> = follow(&city, &router, &list, |_| {}).await;
            let ids: BTreeSet<String> = found.iter().map(|item| item.id.to_string()).collect();
            assert_eq!(
                (found.len(), ids.len()),
                (applications, applications),
                "{list}"
            );
            let list = format!("/api/v1/departments/{who}/authorizations?{query}");
            let found: Vec<AuthorizationItem> = follow(&city, &router, &list, |_| {}).await;
            assert_eq!(found.len(), authorizations, "{list}");
        }
    }
}

#[tokio::test]
async fn history_and_blocks_page_backwards_while_blocks_arrive() {
    let city = City::new(shared_city());
    let router = city.router();
    let code = code(4);
    let mut drafts = 100;
    let mut grow = |city: &Arc<City>| {
        drafts += 1;
        city.change(|ledger| {
            let asked = request(BYSTANDER, &[1]);
            let application = ledger.apply_for(BYSTANDER, &code, asked).unwrap();
            ledger.take_back(application).unwrap();
            drafted(ledger, PROVIDER, drafts);
        });
    };
    let list = "/api/v1/resources/307001024%2F000004/history?limit=2";
    let before = read::<Page<HistoryItem>>(&router, "/api/v1/resources/307001024%2F000004/history")
        .await
        .items;
    let followed: Vec<HistoryItem> = follow(&city, &router, list, &mut grow).await;
    assert_eq!(followed, before);
    let height = city.ledger().tip.height.0;
    let blocks: Vec<BlockItem> = follow(&city, &router, "/api/v1/blocks?limit=3", &mut grow).await;
    let heights: Vec<u64> = blocks.iter().map(|block| block.height.0).collect();
    assert_eq!(heights, (1..=height).rev().collect::<Vec<u64>>());
}

#[tokio::test]
async fn the_page_of_an_entry_agrees_with_who_may_read() {
    let city = City::new(shared_city());
    let router = city.router();
    for number in 1..=4 {
        let address = format!("/api/v1/resources/307001024%2F{number:06}/readers");
        let answer: ReadersAnswer = read(&router, &address).await;
        let page = common::get(&router, &format!("/resources/307001024%2F{number:06}")).await;
        let page = page.text();
        for field in answer.fields {
            let row = page
                .split(&format!("id=\"field-{}\"", field.field))
                .nth(1)
                .unwrap();
            let row = row.split("</tr>").next().unwrap();
            if row.contains("Every active department") {
                assert_eq!(field.readers.len(), 9);
                continue;
            }
            let named: BTreeSet<&str> = row
                .split("href=\"/departments/")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap())
                .collect();
            let readers: BTreeSet<&str> = field
                .readers
                .iter()
                .map(|r| r.department.as_str())
                .collect();
            assert_eq!(named, readers, "entry {number}, field {}", field.field);
        }
    }
}

#[tokio::test]
async fn a_cursor_goes_on_with_the_list_that_it_was_made_by_and_no_other() {
    let mut ledger = Ledger::default();
    for number in 1..=6 {
        drafted(&mut ledger, PROVIDER, number);
    }
    let router = City::new(ledger).router();
    for (list, others) in [
        (
            "/api/v1/resources?limit=2",
            &["/api/v1/resources?status=draft", "/api/v1/resources?text=a"][..],
        ),
        (
            "/api/v1/resources?limit=2&status=draft",
            &[
                "/api/v1/resources?limit=2",
                "/api/v1/resources?status=draft&sub_units=true",
            ][..],
        ),
        (
            "/api/v1/departments?limit=2",
            &["/api/v1/departments?text=D"][..],
        ),
    ] {
        let page: Page<serde_json::Value> = read(&router, list).await;
        let cursor = page.next_cursor.unwrap();
        for other in others {
            let sign = if other.contains('?') { '&' } else { '?' };
            let address = format!("{other}{sign}cursor={cursor}");
            common::problem(&router, &address, 404, "bad-cursor").await;
        }
        // How many a page holds belongs to the page, not to the list.
        let address = format!("{}&cursor={cursor}", list.replace("limit=2", "limit=3"));
        let _: Page<serde_json::Value> = read(&router, &address).await;
    }
}

/// A cursor's text with eight of its bytes, from `at` on, replaced.
fn forged(cursor: &str, at: usize, bytes: u64) -> String {
    let (before, after) = (&cursor[..2 * at], &cursor[2 * (at + 8)..]);
    format!("{before}{bytes:016x}{after}")
}

#[tokio::test]
async fn a_forged_cursor_shows_nothing_beyond_its_height() {
    let mut ledger = Ledger::default();
    for number in 1..=6 {
        drafted(&mut ledger, PROVIDER, number);
        ledger
            .draft(PROVIDER, &code(1), &entry(&responsibility(PROVIDER)))
            .unwrap();
    }
    let city = City::new(ledger);
    let router = city.router();
    // A kind byte, the height, the instant, the place.
    const HEIGHT: usize = 1;
    const INSTANT: usize = 9;
    const PLACE: usize = 17;
    for list in [
        "/api/v1/blocks?limit=1",
        "/api/v1/resources/307001024%2F000001/history?limit=1",
        "/api/v1/resources?limit=1",
    ] {
        let page: Page<serde_json::Value> = read(&router, list).await;
        let cursor = page.next_cursor.unwrap();
        let tip = city.ledger().tip.height.0;
        let later = u64::try_from(i64::MAX).unwrap();
        let mut made_up = vec![
            forged(&cursor, HEIGHT, tip + 1),
            forged(&cursor, INSTANT, later),
        ];
        if !list.starts_with("/api/v1/resources?") {
            made_up.push(forged(&cursor, HEIGHT, 1));
            made_up.push(forged(&cursor, PLACE, tip + 1));
        }
        for cursor in made_up {
            let address = format!("{list}&cursor={cursor}");
            common::problem(&router, &address, 404, "bad-cursor").await;
        }
        let same = forged(&cursor, HEIGHT, tip);
        let _: Page<serde_json::Value> = read(&router, &format!("{list}&cursor={same}")).await;
    }
}

#[tokio::test]
async fn who_shares_with_whom_is_a_list_for_programs_too() {
    let mut ledger = Ledger::default();
    let first = ledger.granted(1, &[1, 2]).resource;
    ledger.granted(2, &[2]);
    let before = ledger.tip.height;
    let application = ledger
        .apply_for(BYSTANDER, &first, request(BYSTANDER, &[2]))
        .unwrap();
    let grant = Action::Grant(grant_of(application, &request(BYSTANDER, &[2])));
    let granted = ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let city = City::new(ledger);
    let router = city.router();
    let pairs: Vec<SharingPair> = follow(&city, &router, "/api/v1/sharing?limit=1", |_| {}).await;
    let told = |pairs: &[SharingPair]| -> Vec<(String, String, u64, u64, u64)> {
        let of = |p: &SharingPair| {
            let (provider, reader) = (p.provider.to_string(), p.reader.to_string());
            (provider, reader, p.in_force, p.entries, p.ever)
        };
        pairs.iter().map(of).collect()
    };
    let pair = |reader: &str, count| (PROVIDER.to_owned(), reader.to_owned(), count, count, count);
    assert_eq!(told(&pairs), [pair(APPLICANT, 2), pair(BYSTANDER, 1)]);
    assert_eq!(pairs[0].reader_name, "部门D005");
    for (asked, expected) in [
        (format!("department={BYSTANDER}"), vec![pair(BYSTANDER, 1)]),
        (
            "resource=307001024%2F000001".to_owned(),
            vec![pair(APPLICANT, 1), pair(BYSTANDER, 1)],
        ),
        (
            "resource=307001024%2F000002".to_owned(),
            vec![pair(APPLICANT, 1)],
        ),
        (format!("at={before}"), vec![pair(APPLICANT, 2)]),
        ("department=D001".to_owned(), vec![]),
    ] {
        let answer: SharingAnswer = read(&router, &format!("/api/v1/sharing?{asked}")).await;
        assert_eq!(told(&answer.page.items), expected, "{asked}");
        assert!(answer.complete);
    }
    assert!(granted > before);
    for (missing, status) in [
        ("department=D999", 404),
        ("resource=307001024%2F000999", 404),
        ("open=D004", 400),
    ] {
        let sent = common::get(&router, &format!("/api/v1/sharing?{missing}")).await;
        assert_eq!(sent.status, status, "{missing}");
    }
    for (page, json) in [
        ("/sharing", "/api/v1/sharing\""),
        (
            "/sharing?department=D005",
            "/api/v1/sharing?department=D005\"",
        ),
        (
            "/sharing?resource=307001024%2F000001",
            "/api/v1/sharing?resource=307001024%2F000001\"",
        ),
    ] {
        let text = common::get(&router, page).await.text();
        assert!(text.contains(&format!("href=\"{json}")), "{page}");
    }
}
