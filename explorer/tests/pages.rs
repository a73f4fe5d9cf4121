//! The pages: whole without a script, escaped, honest about the past.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{City, get, send};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::records::Record;
use dirchain_ledger::testing::{
    APPLICANT, GENESIS_TIME, Ledger, PROVIDER, SUSPENDED, code, entry, genesis_records, id,
    request, responsibility,
};

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    City::new(ledger)
}

/// The same with a binding, receipts of its use, an objection.
fn used_city() -> Arc<City> {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[1, 2]).resource;
    common::used(&mut ledger, &resource);
    City::new(ledger)
}

const CHAIN: &str = "测试市目录链";
const RESOURCE: &str = "/resources/307001024%2F000001";
const APPLICATION: &str = "/applications/307001024%2F000001";
const AUTHORIZATION: &str = "/authorizations/307001024%2F000001";

#[tokio::test]
async fn every_page_stands_on_its_own() {
    let city = used_city();
    let router = city.router();
    let transaction = city.ledger().blocks[0].transactions[0].id();
    for (address, holds) in [
        ("/".to_owned(), "部门D001"),
        ("/search".to_owned(), "户籍人口基本信息"),
        (
            "/search?q=%E6%88%B7%E7%B1%8D".to_owned(),
            "户籍人口基本信息",
        ),
        ("/search?q=D004".to_owned(), "Direct match"),
        ("/search?q=Z-D004-01".to_owned(), "D004的职责"),
        ("/search?q=%233".to_owned(), "/blocks/3"),
        (
            "/search?q=307001024%2F000001%2F1".to_owned(),
            "href=\"/authorizations/307001024%2F000001/1\"",
        ),
        (format!("{RESOURCE}?at=%234"), "You are looking at the past"),
        (format!("/search?q={transaction}"), "/transactions/"),
        (
            "/search?q=nothing&sharing=&status=published&provider=".to_owned(),
            "No entry fits",
        ),
        (RESOURCE.to_owned(), "Authorization 1"),
        (
            format!("{APPLICATION}/1"),
            "/authorizations/307001024%2F000001/1",
        ),
        (format!("{AUTHORIZATION}/1"), "In force"),
        ("/departments".to_owned(), "Registrar"),
        ("/departments/D004".to_owned(), "Authorizations it granted"),
        ("/departments/D005".to_owned(), "Authorizations it holds"),
        (
            "/responsibilities/Z-D004-01".to_owned(),
            "Entries that cite it",
        ),
        ("/departments/D005/may-read".to_owned(), "authorizations/"),
        ("/deadlines".to_owned(), "Answer an objection"),
        ("/deadlines?late=true&department=D004".to_owned(), "late"),
        ("/scores".to_owned(), "Answered in time"),
        ("/proposals".to_owned(), "None."),
        ("/responsibilities".to_owned(), "Z-D004-01"),
        (
            "/applications?state=granted".to_owned(),
            "/applications/307001024%2F000001/1",
        ),
        (
            "/authorizations".to_owned(),
            "/authorizations/307001024%2F000001/1",
        ),
        ("/may-read".to_owned(), "name=\"purpose\""),
        ("/bindings".to_owned(), "人口库"),
        ("/bindings?resource=307001024%2F000001".to_owned(), "Live"),
        ("/bindings/307001024%2F000001/1".to_owned(), "XM"),
        ("/objections?department=D005".to_owned(), "姓名有误"),
        (
            "/objections/307001024%2F000001/1".to_owned(),
            "Data is wrong",
        ),
        ("/receipts".to_owned(), "3 calls"),
        ("/usage".to_owned(), "One side"),
        (RESOURCE.to_owned(), "class=\"chart\""),
        ("/sharing".to_owned(), "Matrix of departments"),
        ("/sharing?department=D004".to_owned(), "部门D005"),
        ("/sharing?resource=307001024/000001".to_owned(), "部门D005"),
        ("/members".to_owned(), "Epoch 0"),
        ("/node".to_owned(), "Search index"),
        ("/blocks".to_owned(), "#5"),
        ("/blocks/3".to_owned(), "3 of 4 members signed"),
        (format!("/transactions/{transaction}"), "draft_resource"),
    ] {
        let sent = get(&router, &address).await;
        let text = sent.text();
        assert_eq!(sent.status, StatusCode::OK, "{address}: {text}");
        assert!(text.contains(holds), "{address} lacks {holds}");
        assert_eq!(sent.header("content-type"), "text/html; charset=utf-8");
        let policy = sent.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert!(
            text.matches("<script").count() == 1
                && text.contains("<script src=\"/assets/script.js?")
                && !text.contains(" style=")
                && !text.contains(" onclick")
                && !text.contains("http://")
                && !text.contains("https://"),
            "{address}"
        );
        assert!(text.contains("+08:00"), "{address}");
        assert_eq!(text.matches("<h1").count(), 1, "{address}");
        assert_eq!(text.matches("<main").count(), 1);
    }
}

#[tokio::test]
async fn pages_speak_the_language_that_the_address_or_the_browser_names() {
    let router = city().router();
    let accepting = |address: &str, languages: &'static str| {
        Request::get(address)
            .header("accept-language", languages)
            .body(Body::empty())
            .unwrap()
    };
    for (address, languages, lang, holds) in [
        (RESOURCE, "zh-CN,en;q=0.5", "zh-Hans", "共享类型"),
        (RESOURCE, "en", "en", "Sharing"),
        (RESOURCE, "fr", "en", "Sharing"),
        ("/?lang=zh", "en", "zh-Hans", "共识成员"),
        (
            "/departments/D004?at=3&lang=zh",
            "en",
            "zh-Hans",
            "您正在查看历史视图",
        ),
        ("/departments?lang=en", "zh", "en", "Departments"),
        ("/blocks/77?lang=zh", "en", "zh-Hans", "链上没有此区块"),
        ("/nothing?lang=zh", "en", "zh-Hans", "此地址没有内容"),
    ] {
        let mut request = accepting(address, languages);
        let html = "text/html".parse().unwrap();
        request.headers_mut().insert("accept", html);
        let sent = send(&router, request).await;
        let text = sent.text();
        assert!(
            text.contains(&format!("<html lang=\"{lang}\">")),
            "{address}"
        );
        assert!(text.contains(holds), "{address}: {text}");
        assert_eq!(sent.header("content-language"), lang);
        assert_eq!(sent.header("vary"), "accept-language");
    }
    let chosen = get(&router, "/departments/D004?at=3&lang=zh").await.text();
    for link in [
        "href=\"/?at=3&#38;lang=zh\"",
        "/responsibilities/Z-D004-01?at=3&#38;lang=zh\"",
        "href=\"/departments/D004?at=3&#38;lang=en\"",
        "<input type=\"hidden\" name=\"lang\" value=\"zh\">",
    ] {
        assert!(chosen.contains(link), "{link}");
    }
    let unchosen = send(&router, accepting("/departments/D004", "zh")).await;
    assert!(
        !unchosen.text().contains("lang=zh"),
        "only a choice is kept"
    );
}

#[tokio::test]
async fn the_past_is_shown_with_a_banner() {
    let router = city().router();
    let banner = "You are looking at the past";
    let now = get(&router, RESOURCE).await.text();
    assert!(!now.contains(banner));
    assert!(now.contains("In force"));
    let past = get(&router, &format!("{RESOURCE}?at=4")).await.text();
    assert!(past.contains(banner));
    assert!(past.contains("Nobody was granted anything"));
    assert!(past.contains("/departments/D004?at=4"));
    for at in [
        "2026-01-01T00:00:04Z",
        "2026-01-01+08:00:04",
        "2026-01-01T08:00:04",
    ] {
        let same = get(&router, &format!("{RESOURCE}?at={at}")).await.text();
        assert!(
            same.contains(banner) && same.contains("Nobody was granted anything"),
            "{at}"
        );
    }
    let now = get(&router, "/departments?q=%26%22D0").await.text();
    assert!(now.contains("No department fits"));
    let department = get(&router, "/departments/D005?at=1").await.text();
    assert!(department.contains(banner));
    let future = get(&router, &format!("{RESOURCE}?at=99")).await;
    assert_eq!(future.status, StatusCode::NOT_FOUND);
    assert!(future.text().contains("in the future"));
    let empty = get(&router, &format!("{RESOURCE}?at=")).await;
    assert_eq!(empty.status, StatusCode::OK);
}

#[tokio::test]
async fn long_lists_lead_on_and_stay_in_the_past() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    for _ in 0..60 {
        let asked = request(APPLICANT, &[1]);
        let application = ledger.apply_for(APPLICANT, &code, asked).unwrap();
        ledger.take_back(application).unwrap();
    }
    for number in 2..40 {
        let draft = entry(&responsibility(PROVIDER));
        ledger
            .draft(PROVIDER, &dirchain_ledger::testing::code(number), &draft)
            .unwrap();
    }
    let router = City::new(ledger).router();
    let link = |text: &str, holds: &str| -> String {
        let links = text
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        let found = links.into_iter().find(|link| link.contains(holds));
        found
            .unwrap_or_else(|| panic!("no {holds}"))
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    };
    let page = get(&router, &format!("{RESOURCE}?at=120")).await.text();
    for part in ["history=", "applications="] {
        let more = get(&router, link(&page, part).split('#').next().unwrap()).await;
        assert_eq!(more.status, StatusCode::OK);
        assert!(
            more.text().contains("You are looking at the past"),
            "{part}"
        );
    }
    let found = get(&router, "/search?q=%E6%88%B7%E7%B1%8D&status=draft")
        .await
        .text();
    let more = get(&router, &link(&found, "cursor=")).await.text();
    assert_eq!(
        found.matches("<h3>").count() + more.matches("<h3>").count(),
        38
    );
    assert!(!more.contains("rel=\"next\""));
}

#[tokio::test]
async fn what_did_not_exist_yet_leads_back_to_now() {
    let router = used_city().router();
    for path in [
        "/objections/307001024%2F000001/1",
        "/bindings/307001024%2F000001/1",
        "/authorizations/307001024%2F000001/1",
    ] {
        let request = Request::get(format!("{path}?at=2")).header("accept", "text/html");
        let sent = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{path}");
        let text = sent.text();
        assert!(
            text.contains("Asked for as of") && text.contains(&format!("href=\"{path}\"")),
            "{path}: {text}"
        );
    }
}

#[tokio::test]
async fn a_suspended_department_is_told_to_read_nothing() {
    let router = city().router();
    for path in [
        format!("/departments/{SUSPENDED}"),
        format!("/departments/{SUSPENDED}/may-read"),
    ] {
        let text = get(&router, &path).await.text();
        assert!(text.contains("may read nothing now"), "{path}: {text}");
        assert!(
            !text.contains("whatever is shared unconditionally"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn no_link_of_a_page_leaves_the_node() {
    let router = city().router();
    for path in ["//example.org/", "///example.org", "/\\example.org/"] {
        let request = Request::get(path).header("accept", "text/html");
        let text = send(&router, request.body(Body::empty()).unwrap())
            .await
            .text();
        assert!(text.contains("href=\"/example.org"), "{path}: {text}");
        for away in ["=\"//", "=\"/\\"] {
            assert!(!text.contains(away), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn browsers_get_a_page_for_what_is_missing_and_programs_a_problem() {
    let router = city().router();
    let request = |address: &str| {
        Request::get(address)
            .header("accept", "text/html,application/xhtml+xml")
            .body(Body::empty())
            .unwrap()
    };
    let page = send(&router, request("/nothing%3Cb%3E")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("There is nothing at this address"));
    assert!(page.text().contains(CHAIN), "it is this chain's page");
    assert!(!page.text().contains("<b>"), "the path is escaped");
    let program = send(&router, request("/api/v1/nothing")).await;
    assert_eq!(program.header("content-type"), "application/problem+json");
    for address in [
        "/resources/x",
        "/departments/D999",
        "/blocks/77",
        "/transactions/zz",
    ] {
        let sent = get(&router, address).await;
        assert!(sent.status.is_client_error(), "{address}");
        assert!(
            sent.header("content-type").starts_with("text/html"),
            "{address}"
        );
    }
}

const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";

#[tokio::test]
async fn names_are_escaped_everywhere() {
    let mut records = genesis_records();
    for record in &mut records {
        match record {
            Record::Department(department) if department.id.as_str() == PROVIDER => {
                department.name = id(HOSTILE);
            }
            Record::Responsibility(found) if found.holder.as_str() == PROVIDER => {
                found.title = id(HOSTILE);
            }
            _ => {}
        }
    }
    let genesis = Genesis::new(id(HOSTILE), GENESIS_TIME, records).unwrap();
    let mut ledger = Ledger::new(&genesis);
    let mut hostile = entry(&responsibility(PROVIDER));
    hostile.name = id(HOSTILE);
    hostile.summary = Some(id(HOSTILE));
    hostile.fields.as_mut_slice()[0].name = id(HOSTILE);
    ledger.draft(PROVIDER, &code(1), &hostile).unwrap();
    ledger.submit_draft(PROVIDER, &code(1)).unwrap();
    ledger.publish(PROVIDER, &code(1)).unwrap();
    let transaction = ledger.blocks[0].transactions[0].id();
    let mut city = City::new(ledger);
    Arc::get_mut(&mut city).unwrap().name = HOSTILE.to_owned();
    let router = city.router();
    let typed = "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%26";
    for address in [
        "/",
        "/search",
        typed,
        RESOURCE,
        "/departments",
        "/departments/D004",
        "/responsibilities/Z-D004-01",
        "/blocks/1",
        &format!("/transactions/{transaction}"),
    ] {
        let sent = get(&router, address).await;
        assert_eq!(sent.status, StatusCode::OK, "{address}");
        let text = sent.text();
        assert!(
            !text.contains("<script>") && !text.contains("<img"),
            "{address}"
        );
        assert!(text.contains("&#60;script&#62;"), "{address}");
        assert!(!text.contains("\"'&"), "{address}");
    }
}

#[tokio::test]
async fn what_nobody_sees_in_a_name_is_shown() {
    let mut ledger = Ledger::default();
    let mut drafted = entry(&responsibility(PROVIDER));
    drafted.name = id("户籍\u{202e}gpj\u{200b}");
    drafted.summary = Some(id("a\u{2066}b"));
    ledger.draft(PROVIDER, &code(1), &drafted).unwrap();
    let router = City::new(ledger).router();
    for address in [RESOURCE, "/search", "/departments/D004"] {
        let text = get(&router, address).await.text();
        assert!(text.contains("户籍[U+202E]gpj[U+200B]"), "{address}");
        assert!(
            !text.contains(['\u{202e}', '\u{200b}', '\u{2066}']),
            "{address}"
        );
    }
    // Programs get what is on the ledger.
    let json = get(&router, &format!("/api/v1{RESOURCE}")).await.text();
    assert!(json.contains('\u{202e}'));
}

#[tokio::test]
async fn assets_are_our_own() {
    let router = city().router();
    let style = get(&router, "/assets/style.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(!style.text().contains("url(") && !style.text().contains("@import"));
    let icon = get(&router, "/assets/icon.svg").await;
    assert_eq!(icon.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn tables_are_exported_whole_as_csv_in_the_readers_language() {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[1, 2]).resource;
    common::used(&mut ledger, &resource);
    for number in 2..120 {
        let mut draft = entry(&responsibility(PROVIDER));
        draft.name = id(&format!("=目录,{number}"));
        ledger.draft(PROVIDER, &code(number), &draft).unwrap();
    }
    let router = City::new(ledger).router();
    let rows = |text: &str| text.matches("\r\n").count() - 1;
    for (address, heading, count) in [
        ("/search?csv=entries", "Entry (Id),Entry,Provider (Id)", 119),
        ("/search?status=draft&csv=entries", "Entry (Id),Entry", 118),
        (
            "/departments?csv=departments",
            "Name (Id),Name,Administrative level",
            10,
        ),
        (
            "/departments/D004?csv=provides",
            "Entry (Id),Entry,Sharing",
            119,
        ),
        ("/departments/D004?csv=grants", "Entry (Id)", 1),
        ("/departments/D005/may-read?csv=may-read", "Entry (Id)", 2),
        ("/blocks?csv=blocks", "Height,Time", 127),
        ("/objections?csv=objections", "Id (Id),Id,What", 1),
        ("/responsibilities?csv=duties", "Responsibility (Id)", 7),
        ("/applications?csv=applications", "Entry (Id)", 1),
        (
            "/authorizations?state=expired&csv=authorizations",
            "Entry (Id)",
            0,
        ),
        (
            "/may-read?department=D005&resource=307001024/000001&field=2&csv=facts",
            "What,",
            7,
        ),
        ("/deadlines?csv=owed", "Department (Id)", 1),
        ("/scores?csv=scores", "Rank,Department (Id)", 9),
        ("/members?csv=voters", "Department (Id)", 4),
        ("/?csv=facts", "What,Value (Id),Value", 10),
        ("/node?csv=facts", "What,", 12),
        ("/node?csv=peers", "Node,Department (Id)", 1),
        ("/departments/D004?csv=facts", "What,Value (Id)", 4),
        (
            "/departments/D004?csv=acts",
            "Time,Action,About (Id),About,Department (Id)",
            124,
        ),
        (
            "/scores?department=D004&csv=scores",
            "Rank,Department (Id)",
            3,
        ),
        (
            "/applications?applicant=D005&csv=applications",
            "Entry (Id)",
            1,
        ),
        (
            "/applications?applicant=D006&csv=applications",
            "Entry (Id)",
            0,
        ),
        (
            "/authorizations?provider=D004&reader=D005&csv=authorizations",
            "Entry (Id)",
            1,
        ),
        ("/responsibilities/Z-D004-01?csv=facts", "What,", 3),
        ("/blocks/3?csv=facts", "What,", 10),
        ("/blocks/3?csv=certificate", "Department (Id)", 3),
        (
            "/objections/307001024%2F000001/1?csv=steps",
            "Step,Department (Id)",
            1,
        ),
        ("/bindings/307001024%2F000001/1?csv=facts", "What,", 8),
        (
            "/sharing?csv=pairs",
            "Provider (Id),Provider,Reader (Id)",
            1,
        ),
        ("/sharing?department=D005&csv=pairs", "Provider (Id)", 1),
        (
            "/sharing?resource=307001024/000001&csv=pairs",
            "Authorization (Id)",
            1,
        ),
    ] {
        let sent = get(&router, address).await;
        assert_eq!(sent.status, StatusCode::OK, "{address}: {}", sent.text());
        assert!(sent.header("content-type").starts_with("text/csv"));
        assert!(sent.header("content-disposition").contains(".csv\""));
        let text = sent.text();
        assert!(
            text.starts_with(&format!("\u{feff}{heading}")),
            "{address}: {text}"
        );
        assert_eq!(rows(&text), count, "{address}: {text}");
    }
    for (path, wanted) in [(APPLICATION, "scene"), (AUTHORIZATION, "Signed with")] {
        let sent = get(&router, &format!("{path}/1?csv=facts&lang=en")).await;
        assert_eq!(sent.status, StatusCode::OK, "{path}: {}", sent.text());
        assert!(
            sent.text().to_lowercase().contains(&wanted.to_lowercase()),
            "{path}"
        );
    }
    for table in [
        "facts",
        "fields",
        "authorizations",
        "applications",
        "days",
        "history",
    ] {
        let sent = get(&router, &format!("{RESOURCE}?csv={table}")).await;
        assert_eq!(sent.status, StatusCode::OK, "{table}");
        assert!(rows(&sent.text()) > 0, "{table}");
        let page = get(&router, RESOURCE).await.text();
        assert!(
            page.contains(&format!("{RESOURCE}?csv={table}\"")),
            "{table}"
        );
    }
    let chinese = get(&router, "/search?csv=entries&lang=zh").await.text();
    assert!(chinese.contains("\"'=目录,7\""), "quoted, and no formula");
    assert!(chinese.contains("提供方") && chinese.contains("有条件共享"));
    let past = get(&router, &format!("{RESOURCE}?csv=authorizations&at=3")).await;
    assert_eq!(rows(&past.text()), 0, "nothing was granted yet");
    let unknown = get(&router, &format!("{RESOURCE}?csv=nothing")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_question_of_the_directory_is_answered_with_its_reason() {
    let router = city().router();
    let asked = |rest: &str| format!("/may-read?resource=307001024%2F000001&{rest}");
    for (rest, holds) in [
        (
            "department=D005&field=2",
            [
                "<dd><span class=\"badge yes\">May read",
                "/authorizations/307001024%2F000001/1",
            ],
        ),
        // By the name of department and field; for another purpose.
        (
            "department=%E9%83%A8%E9%97%A8D005&field=%E6%AE%B52&purpose=social-assistance",
            ["May read</span>", "2 "],
        ),
        (
            "department=D006&field=2",
            ["May not read", "conditional, and nothing was granted"],
        ),
        (
            "department=D005&field=9",
            ["May not read", "has no such field"],
        ),
        (
            "department=D004&field=2",
            ["May read</span>", "provides it"],
        ),
        (
            "department=D005&field=2&at=3",
            ["You are looking at the past", "May not read"],
        ),
        (
            "department=D005&field=2&lang=zh",
            [
                "可以读取",
                "/api/v1/access-check?department=D005&#38;resource=307001024%2F000001&#38;field=2",
            ],
        ),
    ] {
        let sent = get(&router, &asked(rest)).await;
        let text = sent.text();
        assert_eq!(sent.status, StatusCode::OK, "{rest}: {text}");
        for part in holds {
            assert!(text.contains(part), "{rest} lacks {part}: {text}");
        }
    }
    let alone = get(&router, "/may-read").await.text();
    assert!(!alone.contains("May read</span>") && !alone.contains("May not read"));
    // By the entry's name; a field whose name another's begins with.
    let named = "/may-read?department=D005&resource=%E6%88%B7%E7%B1%8D%E4%BA%BA%E5%8F%A3&field=%E5%AD%97%E6%AE%B52";
    assert!(get(&router, named).await.text().contains("May read</span>"));
    // What is wrong is told above the form, which keeps what was written.
    for (address, told) in [
        (asked("department=D999&field=2"), "D999"),
        (
            asked("department=nobody&field=2"),
            "No department is called",
        ),
        (
            asked("department=D005&field=nothing"),
            "is called `nothing`",
        ),
        (
            asked("department=D005"),
            "Name the department, the entry and the field",
        ),
        (asked("department=D005&field=2&purpose=%20%2F"), "`purpose`"),
        (asked("department=D999&field=2&lang=zh"), "D999"),
    ] {
        let sent = get(&router, &address).await;
        let text = sent.text();
        assert_eq!(sent.status, StatusCode::OK, "{address}");
        assert!(
            text.contains("class=\"notice no\"") && text.contains(told),
            "{address}: {text}"
        );
        assert!(text.contains("value=\"307001024/000001\""), "{address}");
        assert!(!text.contains("</dl>"), "{address}: no verdict");
    }
    assert_eq!(
        get(&router, "/authorizations?state=odd").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn every_record_leads_to_what_it_names_and_back() {
    let router = used_city().router();
    let entry = get(&router, RESOURCE).await.text();
    for link in [
        "/bindings/307001024%2F000001/1\"",
        "/objections/307001024%2F000001/1\"",
        "/usage/307001024%2F000001%2F1:D005:a1\"",
        "/bindings?resource=307001024%2F000001\"",
    ] {
        assert!(entry.contains(link), "{link}");
        let page = get(&router, link.trim_end_matches('"')).await;
        assert_eq!(page.status, StatusCode::OK, "{link}");
        assert!(page.text().contains(RESOURCE), "{link} does not lead back");
        let past = get(
            &router,
            &format!(
                "{}?at=5",
                link.trim_end_matches('"').split('?').next().unwrap()
            ),
        )
        .await;
        assert_ne!(past.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let department = get(&router, "/departments/D004").await.text();
    assert!(department.contains("Answer an objection"));
    assert!(department.contains("/objections/307001024%2F000001/1"));
}

/// Every action of the history is told in words with links, and raw only below, folded.
#[tokio::test]
async fn a_transaction_says_what_was_done_to_what_by_whom() {
    let city = used_city();
    let router = city.router();
    let mut seen = std::collections::BTreeSet::new();
    for block in &city.ledger().blocks {
        for transaction in &block.transactions {
            let address = format!("/transactions/{}", transaction.id());
            let page = get(&router, &address).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.text());
            let text = page.text();
            let (told, _) = text.split_once("<details class=\"signed\">").unwrap();
            for action in transaction.actions.iter() {
                seen.insert(action.name());
            }
            assert!(
                !told.contains("{&#34;") && !told.contains("\"action\""),
                "{address}"
            );
            assert!(
                told.contains("class=\"whom\"") || told.contains("<dt>Measure"),
                "{address}: {told}"
            );
            let chinese = get(&router, &format!("{address}?lang=zh")).await.text();
            assert!(chinese.contains("签名原文"), "{address}");
            let csv = get(&router, &format!("{address}?csv=actions")).await;
            assert_eq!(csv.status, StatusCode::OK, "{address}: {}", csv.text());
            assert!(csv.text().matches("\r\n").count() > 1, "{}", csv.text());
        }
    }
    for name in [
        "draft_resource",
        "publish_resource",
        "apply",
        "grant",
        "seal_receipts",
    ] {
        assert!(seen.contains(name), "{seen:?}");
    }
    let draft = city.ledger().blocks[0].transactions[0].id();
    let text = get(&router, &format!("/transactions/{draft}")).await.text();
    for said in [
        RESOURCE,
        "/responsibilities/Z-D004-01",
        "Conditional",
        "<h4>Fields</h4>",
    ] {
        assert!(text.contains(said), "{said}");
    }
}

#[tokio::test]
async fn home_and_blocks_show_the_past_too() {
    let router = used_city().router();
    for address in ["/?at=3", "/blocks?at=3"] {
        let text = get(&router, address).await.text();
        assert!(text.contains("You are looking at the past"), "{address}");
        assert!(
            text.contains("/blocks/3") && !text.contains("/blocks/4"),
            "{address}"
        );
        assert!(!text.contains("data-live"), "{address}");
    }
    let past = get(&router, "/?at=3").await.text();
    assert!(!past.contains("since the last block") && past.contains("Entry published"));
    for address in ["/", "/blocks"] {
        let text = get(&router, address).await.text();
        assert!(
            text.contains("data-live") && text.contains("/blocks/4"),
            "{address}"
        );
        // What follows the chain from there on knows for which block the page holds.
        let (_, live) = text.split_once("data-live=\"").unwrap();
        let (shown, _) = live.split_once('"').unwrap();
        assert!(
            text.contains(&format!("/blocks/{shown}")),
            "{address}: {shown}"
        );
        let bad = get(&router, &format!("{address}?at=abc")).await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST, "{address}");
    }
}

#[tokio::test]
async fn what_went_wrong_is_told_in_the_reader_s_language() {
    let router = City::new(Ledger::default()).router();
    for (address, english, chinese) in [
        ("/resources/999999%2F999999", "There is no resource", "没有"),
        (
            "/departments?at=9999",
            "The chain reaches to",
            "账本目前到高度",
        ),
        (
            "/departments?at=2000-01-01",
            "The chain begins at",
            "账本始于",
        ),
        ("/blocks/99999", "The chain reaches to", "账本目前到高度"),
        ("/blocks/0", "Height 0 is the genesis", "高度 0 是创世"),
        (
            "/transactions/abc",
            "64 hexadecimal digits",
            "64 位十六进制",
        ),
        ("/departments/x", "is not valid here", "的写法不对"),
        ("/?at=abc", "is a height such as 1200", "应为高度"),
        (
            "/departments?departments=x",
            "Use `next_cursor`",
            "翻页标记",
        ),
        ("/?csv=nothing", "has no table", "没有可导出为 CSV 的表"),
        (
            "/transactions/0000000000000000000000000000000000000000000000000000000000000000",
            "Neither a block nor",
            "待办交易中都没有",
        ),
    ] {
        let page = get(&router, &with_lang(address, "zh")).await.text();
        assert!(page.contains(chinese), "{address}: {page}");
        assert!(!page.contains(english), "{address}: {page}");
        assert!(page.contains(CHAIN), "{address} is of no chain: {page}");
        let page = get(&router, &with_lang(address, "en")).await.text();
        assert!(page.contains(english), "{address}: {page}");
        assert!(
            !page.contains("00Z"),
            "its times are not as on other pages: {page}"
        );
    }
    let future = get(&router, "/departments?at=9999").await.text();
    assert!(
        future.contains("at 2026-01-01 08:00:00 +08:00. Ask"),
        "{future}"
    );
}

#[tokio::test]
async fn what_a_node_warns_of_is_told_in_the_readers_language() {
    let router = city().router();
    for (lang, words) in [
        (
            "en",
            [
                "clock is about 600 s behind those of D002-1, D003-1. Set it (NTP).",
                "The clock of D004-1 is at least 7 s behind this node",
                "Block #39 is not decided.",
                "No vote came lately of: D003-1.",
                "Proposed nothing in their turn: D004-1.",
            ],
        ),
        (
            "zh",
            [
                "本节点时钟比 D002-1, D003-1 慢约 600 秒",
                "D004-1 的时钟比本节点至少慢 7 秒",
                "区块 #39 尚未确定。",
                "近几轮未收到以下节点的投票:D003-1。",
                "以下节点轮到时未提议区块:D004-1。",
            ],
        ),
    ] {
        let sent = get(&router, &format!("/node?lang={lang}")).await;
        assert_eq!(sent.status, StatusCode::OK);
        for words in words {
            assert!(sent.text().contains(words), "{words}: {}", sent.text());
        }
    }
}

#[tokio::test]
async fn a_node_that_is_not_ready_says_so_on_every_page_that_judges_now() {
    let city = used_city();
    let router = city.router();
    let told = [
        ("en", "is not ready", "no quorum for 90 s"),
        ("zh", "本节点未就绪", "90 秒未达法定数"),
    ];
    let authorization = format!("{AUTHORIZATION}/1");
    let of_now = [
        "/",
        "/search",
        RESOURCE,
        "/departments",
        "/departments/D004",
        "/departments/D005/may-read",
        "/deadlines",
        "/scores",
        "/objections",
        "/sharing",
        "/sharing?department=D004",
        "/members",
        "/blocks",
        &authorization,
    ];
    for address in of_now {
        let text = get(&router, &with_lang(address, "en")).await.text();
        assert!(!text.contains("is not ready"), "{address}");
    }
    city.ready.store(false, Ordering::Relaxed);
    for (lang, notice, reason) in told {
        for address in of_now {
            let text = get(&router, &with_lang(address, lang)).await.text();
            assert!(text.contains(notice), "{address} lacks {notice}");
            assert!(text.contains(reason), "{address} lacks {reason}");
        }
        // What was, no later block changes.
        for address in ["/?at=3", "/departments/D004?at=3", "/blocks/3"] {
            let text = get(&router, &with_lang(address, lang)).await.text();
            assert!(!text.contains(notice), "{address}");
        }
        let node = get(&router, &with_lang("/node", lang)).await.text();
        assert!(node.contains(reason), "{node}");
    }
}

fn with_lang(address: &str, lang: &str) -> String {
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}lang={lang}")
}

#[tokio::test]
async fn a_parameter_that_a_page_does_not_take_is_told() {
    let router = used_city().router();
    for (address, names) in [
        ("/search?provder=D012", "`provder`"),
        ("/departments?name=%3Cb%3E&at=3", "`name`"),
        ("/objections?departmnt=D004", "`departmnt`"),
        ("/demands?resource=307001024/000001", "`resource`"),
        ("/node?at=3", "`at`"),
        ("/verify?utm_source=mail", "`utm_source`"),
    ] {
        let sent = get(&router, address).await;
        let text = sent.text();
        if sent.status == StatusCode::NOT_FOUND {
            // A node without proofs has no such page.
            continue;
        }
        assert_eq!(sent.status, StatusCode::OK, "{address}: {text}");
        assert!(
            text.contains("id=\"unknown\"") && text.contains(names),
            "{address}: {text}"
        );
        let chinese = get(&router, &with_lang(address, "zh")).await.text();
        assert!(chinese.contains("本页不接受地址中的参数"), "{address}");
    }
    // A file has no place to say so.
    let sent = get(&router, "/search?provder=D012&csv=entries").await;
    assert_eq!(sent.status, StatusCode::BAD_REQUEST);
    assert!(sent.text().contains("`provder`"), "{}", sent.text());
}

/// What the pages themselves lead to, each of its addresses once, without what is no page.
fn led_to(text: &str) -> Vec<String> {
    let links = text.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    let links = links.map(|link| link.replace("&#38;", "&").replace("&amp;", "&"));
    let pages = links.filter(|link| {
        link.starts_with('/')
            && ["/api/", "/assets/", "/tlog/"]
                .iter()
                .all(|other| !link.starts_with(other))
    });
    pages
        .map(|link| link.split('#').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn no_link_or_form_of_a_page_names_what_another_does_not_take() {
    let router = used_city().router();
    let mut waiting = vec![
        "/".to_owned(),
        "/?at=4&lang=zh".to_owned(),
        "/departments/D004".to_owned(),
    ];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(address) = waiting.pop() {
        if seen.len() > 600 || !seen.insert(address.clone()) {
            continue;
        }
        let sent = get(&router, &address).await;
        let text = sent.text();
        assert!(!text.contains("id=\"unknown\""), "{address}: {text}");
        assert!(!text.contains("There is no parameter"), "{address}: {text}");
        if !sent.header("content-type").starts_with("text/html") {
            continue;
        }
        let path = address.split('?').next().unwrap().to_owned();
        for form in text.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let action = form.split("action=\"").nth(1);
            let action = action.and_then(|rest| rest.split('"').next());
            if form.contains("method=\"post\"") {
                continue;
            }
            let names = form.split(" name=\"").skip(1);
            let names = names.filter_map(|rest| rest.split('"').next());
            let asked: Vec<String> = names.map(|name| format!("{name}=")).collect();
            let action = action.unwrap_or(&path);
            waiting.push(format!("{action}?{}", asked.join("&")));
        }
        waiting.extend(led_to(&text));
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

#[tokio::test]
async fn a_departments_page_tells_what_it_did_how_it_scores_and_what_it_applied_for() {
    let router = used_city().router();
    let text = get(&router, "/departments/D005").await.text();
    for part in [
        "What it did",
        "Application made",
        "href=\"/scores?department=D005\"",
        "href=\"/applications?applicant=D005\"",
        "href=\"/applications?provider=D005\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let past = get(&router, "/departments/D005?at=1").await.text();
    assert!(!past.contains("Application made"), "{past}");
    // The form for another point keeps what a page is narrowed to.
    let around = get(&router, "/sharing?department=D005").await.text();
    let form = around.split("class=\"at\"").nth(1).unwrap();
    assert!(
        form.split("</form>")
            .next()
            .unwrap()
            .contains("name=\"department\" value=\"D005\""),
        "{around}"
    );
    let entry = get(&router, "/sharing?resource=307001024/000001")
        .await
        .text();
    assert!(entry.contains("class=\"at\""), "{entry}");
}

#[tokio::test]
async fn an_entry_that_is_called_so_wins_wherever_it_stands() {
    let mut ledger = Ledger::default();
    let named = |name: &str| {
        let mut draft = entry(&responsibility(PROVIDER));
        draft.name = id(name);
        draft
    };
    for number in 2..14 {
        let draft = named(&format!("企业年报 {number}"));
        ledger.draft(PROVIDER, &code(number), &draft).unwrap();
    }
    ledger
        .draft(PROVIDER, &code(14), &named("企业年报"))
        .unwrap();
    let router = City::new(ledger).router();
    for at in ["", "&at=13"] {
        let address = format!(
            "/may-read?department=D005&field=2&resource=%E4%BC%81%E4%B8%9A%E5%B9%B4%E6%8A%A5{at}"
        );
        let text = get(&router, &address).await.text();
        assert!(
            text.contains("/resources/307001024%2F000014"),
            "{address}: {text}"
        );
    }
    let several = "/may-read?department=D005&field=2&resource=%E4%BC%81%E4%B8%9A%E5%B9%B4";
    let text = get(&router, several).await.text();
    assert!(
        text.contains("Several entries are called") && text.contains("307001024/000002"),
        "{text}"
    );
    assert!(!text.contains("</dl>"), "{text}");
}
