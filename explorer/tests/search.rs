//! The search of the page, of its sheet and of its JSON is one search.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use axum::Router;
use common::{City, get, read};
use dirchain_explorer::api::{SearchAnswer, SearchHit};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::ResourceCode;
use dirchain_ledger::testing::{
    APPLICANT, Ledger, PROVIDER, administrator, code, entry, id, responsibility,
};

fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    for (number, name) in [
        (2, "社会保险参保信息"),
        (3, "不动产登记信息"),
        (4, "Mine Safety Data"),
    ] {
        let mut written = entry(&responsibility(PROVIDER));
        written.name = id(name);
        written.summary = Some(id("用于核对。"));
        ledger.draft(PROVIDER, &code(number), &written).unwrap();
    }
    ledger
}

/// Asks until the index answers.
async fn indexed(router: &Router, query: &str) -> SearchAnswer {
    loop {
        let answer: SearchAnswer = read(router, &format!("/api/v1/search?{query}")).await;
        if answer.indexed {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn codes(answer: &SearchAnswer) -> Vec<ResourceCode> {
    answer.items.iter().map(|item| item.code.clone()).collect()
}

#[tokio::test]
async fn page_sheet_and_json_find_the_same() {
    let router = City::new(ledger()).router();
    for (query, numbers) in [
        ("q=%E7%A4%BE%E4%BF%9D", &[2][..]),
        ("q=%E4%B8%8D%E5%8B%95%E7%94%A2", &[3]),
        ("q=saftey", &[4]),
        ("q=307001024000003", &[3]),
        ("q=%25", &[]),
        ("q=&status=draft", &[2, 3, 4]),
        ("q=&provider=D004&status=published", &[1]),
        ("q=nothing+at+all", &[]),
    ] {
        let answer = indexed(&router, query).await;
        let expected: Vec<ResourceCode> = numbers.iter().map(|n| code(*n)).collect();
        assert_eq!(codes(&answer), expected, "{query}");
        assert_eq!(
            answer.total,
            Some(u64::try_from(expected.len()).unwrap()),
            "{query}"
        );
        let page = get(&router, &format!("/search?{query}")).await.text();
        let sheet = get(&router, &format!("/search?{query}&csv=entries"))
            .await
            .text();
        assert_eq!(
            sheet.lines().count(),
            1 + expected.len(),
            "{query}: {sheet}"
        );
        for number in 1..=4 {
            let code = code(number);
            let link = format!(
                "<h3><a href=\"/resources/{}",
                code.as_str().replace('/', "%2F")
            );
            assert_eq!(
                page.contains(&link),
                expected.contains(&code),
                "{query} {code}"
            );
            assert_eq!(sheet.contains(code.as_str()), expected.contains(&code));
        }
        let json = page
            .rsplit("href=\"")
            .map(|rest| rest.split('"').next().unwrap());
        let mut json = json.filter(|link| link.starts_with("/api/v1/search"));
        let json = json
            .next()
            .expect("a link to the JSON")
            .replace("&#38;", "&");
        let linked: SearchAnswer = read(&router, &json).await;
        assert_eq!(codes(&linked), expected, "{json}");
    }
    let all = indexed(&router, "").await;
    let status = all.facets.iter().find(|facet| facet.facet == "status");
    let counts: Vec<(&str, u64)> = status
        .unwrap()
        .values
        .iter()
        .map(|value| (&*value.value, value.count))
        .collect();
    assert_eq!(counts, [("draft", 3), ("published", 1)]);
}

#[tokio::test]
async fn pages_turn_at_one_height_while_the_chain_goes_on() {
    let city = City::new(ledger());
    let router = city.router();
    let mut number = 10;
    for narrowed in ["", "&q=%E4%BF%A1%E6%81%AF", "&status=draft", "&q=saftey"] {
        let whole = indexed(&router, &format!("limit=100{narrowed}")).await;
        let height = whole.as_of.height;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let at = if cursor.is_empty() {
                format!("&at={height}")
            } else {
                String::new()
            };
            let answer = indexed(&router, &format!("limit=1{narrowed}{cursor}{at}")).await;
            assert_eq!(answer.as_of, whole.as_of);
            assert_eq!((answer.total, &answer.facets), (whole.total, &whole.facets));
            seen.extend(codes(&answer));
            let Some(next) = answer.next_cursor else {
                break;
            };
            cursor = format!("&cursor={next}");
            number += 1;
            city.change(|ledger| ledger.published(PROVIDER, number));
        }
        assert_eq!(seen, codes(&whole), "{narrowed}");
        for (point, lasts) in [(format!("&at={height}"), true), (String::new(), false)] {
            let sent = get(&router, &format!("/api/v1/search?limit=1{narrowed}{point}")).await;
            let kept = sent.header("cache-control").contains("immutable");
            assert_eq!(kept, lasts, "{narrowed}{point}");
        }
    }
    for (bad, status) in [
        ("limit=0", 400),
        ("limit=101", 400),
        ("sharing=much", 400),
        ("text=a", 400),
        ("page=2", 400),
        ("cursor=00", 404),
    ] {
        let sent = get(&router, &format!("/api/v1/search?{bad}")).await;
        assert_eq!(sent.status, status, "{bad}");
    }
}

#[tokio::test]
async fn the_newest_block_is_searched_as_every_other() {
    let city = City::new(ledger());
    let router = city.router();
    indexed(&router, "").await;
    for number in 20..23 {
        let height = city.change(|ledger| {
            ledger.published(PROVIDER, number);
            ledger.tip.height
        });
        let asked = format!("/api/v1/search?at={height}&q=%E6%88%B7%E7%B1%8D");
        let answer: SearchAnswer = read(&router, &asked).await;
        assert!(answer.indexed, "{height}");
        assert!(codes(&answer).contains(&code(number)), "{height}");
    }
}

#[tokio::test]
async fn what_came_later_is_not_found_in_the_past() {
    let city = City::new(ledger());
    let router = city.router();
    let then = city.ledger().tip.height;
    indexed(&router, "").await;
    city.change(|ledger| ledger.published(PROVIDER, 20));
    let ledger = city.ledger();
    let later = ledger.blocks.last().unwrap();
    let (height, id) = (later.header.height, later.transactions[0].id().to_string());
    for text in [height.to_string(), id[..12].to_owned(), id] {
        let now = indexed(&router, &format!("q={text}&at={height}")).await;
        assert_eq!(now.hits.len(), 1, "{text}");
        let past = indexed(&router, &format!("q={text}&at={then}")).await;
        assert!(past.hits.is_empty(), "{text}: {:?}", past.hits);
    }
    // What is suggested while somebody types is of the past that they look at, and leads on within it.
    let suggest = |at: &str| format!("/search/suggest?q=%E6%88%B7%E7%B1%8D&lang=en{at}");
    let past = get(&router, &suggest(&format!("&at={then}"))).await.text();
    assert!(!past.contains("000020"), "{past}");
    assert!(past.contains(&format!("at={then}")), "{past}");
    let now = get(&router, &suggest(&format!("&at={height}")))
        .await
        .text();
    assert!(now.contains("000020"), "{now}");
}

#[tokio::test]
async fn a_filter_that_leaves_nothing_can_be_cleared() {
    let router = City::new(ledger()).router();
    indexed(&router, "").await;
    let asked = "/search?q=saftey&provider=D004&sharing=not_shared&lang=en";
    let page = get(&router, asked).await.text();
    assert!(page.contains("No entry fits"), "{page}");
    let page = page.replace("&#38;", "&");
    for cleared in ["provider=D004", "sharing=not_shared"] {
        let link = format!("href=\"/search?q=saftey&{cleared}&lang=en\"");
        assert!(page.contains(&link), "{link} in {page}");
    }
}

#[tokio::test]
async fn who_leaves_the_past_keeps_the_question() {
    let city = City::new(ledger());
    let then = city.ledger().tip.height;
    let router = city.router();
    city.change(|ledger| ledger.published(PROVIDER, 20));
    for (path, query) in [
        ("/search", "q=D004&status=draft"),
        ("/authorizations", "state=in_force"),
        ("/departments", "text=D004"),
        ("/deadlines", "department=D004"),
    ] {
        let page = get(&router, &format!("{path}?{query}&at={then}&lang=en"))
            .await
            .text();
        let leave = page.split("Show it as it is now").next().unwrap();
        let link = leave.rsplit("href=\"").next().unwrap();
        let link = link
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&");
        assert_eq!(link, format!("{path}?{query}&lang=en"));
    }
}

#[tokio::test]
async fn the_beginning_of_an_id_finds_what_it_begins() {
    let mut ledger = ledger();
    for number in ["X-D005-2026-01", "X-D005-2026-02", "X-D006-2026-01"] {
        let raised = Action::RaiseDemand {
            id: id(number),
            asker: id(APPLICANT),
            text: id("需要残疾人证信息"),
        };
        ledger
            .submit(&administrator(APPLICANT), vec![raised])
            .unwrap();
    }
    let city = City::new(ledger);
    let transaction = city.ledger().blocks[0].transactions[0].id();
    let router = city.router();
    let hits = async |text: &str| indexed(&router, &format!("q={text}")).await.hits;
    let named = |hits: Vec<SearchHit>| -> Vec<String> {
        let id = |hit| match hit {
            SearchHit::Record { id, .. } => Some(id),
            _ => None,
        };
        hits.into_iter().filter_map(id).collect()
    };
    let two = ["X-D005-2026-01", "X-D005-2026-02"];
    for text in ["X-D005", "x-d005", "X-D005-2026"] {
        assert_eq!(named(hits(text).await), two, "{text}");
    }
    assert_eq!(named(hits("X-D005-2026-02").await), two[1..]);
    assert!(named(hits("X-D007").await).is_empty());
    let whole = transaction.to_string();
    for text in [
        &whole[..12],
        &whole[..9],
        &whole,
        &format!("{}%E2%80%A6", &whole[..12]),
    ] {
        let found = hits(text).await;
        let wanted = SearchHit::Transaction { id: transaction };
        assert!(found.contains(&wanted), "{text}: {found:?}");
    }
    assert!(
        !hits(&whole[..7])
            .await
            .contains(&SearchHit::Transaction { id: transaction })
    );
    let page = get(&router, "/search?q=X-D005").await.text();
    assert!(page.contains("href=\"/demands/X-D005-2026-01\""));
}
