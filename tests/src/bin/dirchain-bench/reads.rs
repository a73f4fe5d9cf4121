//! What reading costs with fifty thousand entries in force and four nodes at rest, and what reading
//! costs those who commit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dirchain::client::{Author, Client, Outcome, Pipeline};
use dirchain_explorer::api::SearchAnswer;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::ResourceCode;
use dirchain_ledger::records::{Entry, Role};
use dirchain_tests::{City, Connection, START, eventually};

use super::{Result, beside, height};

const ENTRIES: u32 = 50_000;
/// Entries drafted and submitted in one transaction, entries published in one.
const DRAFTED: u32 = 100;
const PUBLISHED: u32 = 500;
const WINDOW: usize = 8;
const PAGES: u32 = 2_000;
const SEARCHES: u32 = 1_000;
const CONNECTIONS: u32 = 16;
const SECONDS: u64 = 5;

const SUBJECTS: [&str; 12] = [
    "不动产登记",
    "户籍人口",
    "企业行政处罚",
    "机动车登记",
    "残疾人证",
    "社会保险缴费",
    "婚姻登记",
    "出生医学证明",
    "水质监测",
    "食品经营许可",
    "住房公积金",
    "纳税信用",
];

/// Measures over four processes on this machine.
pub(crate) fn measure() -> Result<()> {
    let city = City::loaded();
    let begun = Instant::now();
    fill(&city, ENTRIES)?;
    println!(
        "\nreading, {ENTRIES} entries in force (made in {:.0} s), four nodes at rest",
        begun.elapsed().as_secs_f64()
    );
    let url = city.nodes[0].url();
    eventually("the search index has them", 20 * START, || {
        let mut connection = Connection::to(&url).ok()?;
        let (_, _, body) = connection.get("/api/v1/search?q=%E7%99%BB%E8%AE%B0").ok()?;
        let answer: SearchAnswer = serde_json::from_slice(&body).ok()?;
        (answer.indexed && answer.next_cursor.is_some()).then_some(())
    });
    latency(&url, "resource page", 20.0, PAGES, |number| {
        format!("/resources/{}", encoded(number * 7_919 % ENTRIES))
    })?;
    let search = |number: u32| {
        let subject = SUBJECTS[(number % 12) as usize];
        let words = match number % 3 {
            0 => subject.to_owned(),
            1 => subject.chars().take(2).collect(),
            _ => format!("{subject}{number}"),
        };
        let words: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("/search?q={words}")
    };
    latency(&url, "search page", 50.0, SEARCHES, search)?;
    let past = height(&city.client(0))? - 1;
    latency(
        &url,
        "search page, a block before",
        50.0,
        SEARCHES,
        |number| format!("{}&at={past}", search(number)),
    )?;
    rate("access-check", 20_000, &url, |connection, number| {
        let code = encoded(number % ENTRIES);
        connection.get(&format!(
            "/api/v1/access-check?department=D047&resource={code}&field=2&purpose=tax"
        ))
    })?;
    rate("AuthZEN evaluation", 15_000, &url, |connection, number| {
        let question = format!(
            r#"{{"subject":{{"type":"department","id":"D047"}},"action":{{"name":"read","properties":{{"purpose":"tax"}}}},"resource":{{"type":"field","id":"{}#2"}}}}"#,
            code(number % ENTRIES)
        );
        connection.post("/access/v1/evaluation", &question)
    })?;
    beside(&city)
}

/// Commits with people reading pages of entries beside them, and without.
fn beside(city: &City) -> Result<()> {
    beside::measure(city, &|number| {
        format!("/resources/{}", encoded(number % ENTRIES))
    })
}

/// That alone, over fewer entries.
pub(crate) fn measure_beside() -> Result<()> {
    const FEWER: u32 = 5_000;
    let city = City::loaded();
    fill(&city, FEWER)?;
    println!("\nreading beside commits, {FEWER} entries in force");
    beside::measure(&city, &|number| {
        format!("/resources/{}", encoded(number % FEWER))
    })
}

fn code(number: u32) -> ResourceCode {
    let text = format!("307001024/{:06}", 100_000 + number);
    text.parse().expect("a literal code")
}

pub(crate) fn encoded(number: u32) -> String {
    code(number).as_str().replace('/', "%2F")
}

/// Drafts, submits and publishes the entries.
pub(crate) fn fill(city: &City, entries: u32) -> Result<()> {
    let client = city.client(0);
    let mut head = city.author(0, "D024", Role::Head);
    let drafts = (0..entries).step_by(DRAFTED as usize).map(|first| {
        let numbers = first..(first + DRAFTED).min(entries);
        let actions = numbers.flat_map(|number| {
            let draft = Action::DraftResource {
                code: code(number),
                provider: "D024".parse().expect("a literal id"),
                revision: 0,
                entry: entry(number),
            };
            let submit = Action::SubmitResource {
                code: code(number),
                revision: 1,
            };
            [draft, submit]
        });
        actions.collect()
    });
    send(&client, &mut head, drafts)?;
    let mut steward = city.author(0, "D035", Role::Administrator);
    let publications = (0..entries).step_by(PUBLISHED as usize).map(|first| {
        let numbers = first..(first + PUBLISHED).min(entries);
        let actions = numbers.map(|number| Action::PublishResource {
            code: code(number),
            revision: 2,
        });
        actions.collect()
    });
    send(&client, &mut steward, publications)?;
    city.agree();
    Ok(())
}

fn send(
    client: &Client,
    author: &mut Author,
    transactions: impl Iterator<Item = Vec<Action>>,
) -> Result<()> {
    let mut pipeline = Pipeline::new(client, WINDOW);
    for actions in transactions {
        pipeline.send(author, actions, ())?;
    }
    pipeline.finish()?;
    let decided = pipeline.take_decided();
    let refused = decided
        .iter()
        .find(|sent| !matches!(sent.outcome, Outcome::Committed(_)));
    match refused {
        Some(sent) => Err(format!("not committed: {:?}", sent.outcome).into()),
        None => Ok(()),
    }
}

fn entry(number: u32) -> Entry {
    let subject = SUBJECTS[(number % 12) as usize];
    serde_json::from_value(serde_json::json!({
        "name": format!("{subject}信息{number}"),
        "responsibility": "Z-D024-01",
        "abstract": format!("履行职责中形成的{subject}信息,按规定共享。"),
        "category": "business",
        "kind": "table",
        "fields": [
            { "number": 1, "name": "企业名称", "field_type": "C", "length": 200, "level": 1 },
            { "number": 2, "name": "登记日期", "field_type": "D", "level": 2 },
            { "number": 3, "name": "有效期限", "field_type": "C", "length": 40, "level": 2 },
        ],
        "sharing": { "type": "conditional", "condition": "限监管业务" },
        "method": "query",
        "openness": "closed",
        "update_cycle": "monthly",
        "level": 2,
    }))
    .expect("a literal entry")
}

/// How long one after another takes, over one connection that is kept.
fn latency(
    url: &str,
    what: &str,
    wanted_ms: f64,
    count: u32,
    path: impl Fn(u32) -> String,
) -> Result<()> {
    let mut connection = Connection::to(url)?;
    let mut samples = Vec::new();
    for number in 0..count {
        let begun = Instant::now();
        let (status, _, body) = connection.get(&path(number))?;
        samples.push(begun.elapsed().as_secs_f64() * 1e3);
        if status != 200 {
            return Err(format!(
                "{}: {status} {}",
                path(number),
                String::from_utf8_lossy(&body)
            )
            .into());
        }
    }
    samples.sort_by(f64::total_cmp);
    let at = |quantile: f64| samples[(samples.len() as f64 * quantile) as usize];
    println!(
        "  {what}: p50 {:.1} ms, p99 {:.1} ms (wanted: {wanted_ms:.0})",
        at(0.5),
        at(0.99)
    );
    Ok(())
}

/// How many a second of one node, over connections that are kept.
fn rate(
    what: &str,
    wanted: u32,
    url: &str,
    ask: impl Fn(&mut Connection, u32) -> std::io::Result<(u16, String, Vec<u8>)> + Sync,
) -> Result<()> {
    let (ask, count) = (&ask, &AtomicU64::new(0));
    let begun = Instant::now();
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let work = (0..CONNECTIONS).map(|first| {
            scope.spawn(move || {
                let mut connection = Connection::to(url)?;
                let mut number = first * 3_001;
                while begun.elapsed() < Duration::from_secs(SECONDS) {
                    let (status, _, body) = ask(&mut connection, number)?;
                    if status != 200 {
                        return Err(String::from_utf8_lossy(&body).into_owned().into());
                    }
                    number = number.wrapping_add(1);
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        });
        let work: Vec<_> = work.collect();
        work.into_iter()
            .map(|thread| thread.join().expect("a client"))
            .collect()
    });
    results.into_iter().collect::<Result<Vec<()>>>()?;
    let rate = count.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    println!(
        "  {what}: {rate:.0} /s, {CONNECTIONS} connections, client on the same machine (wanted: {wanted})"
    );
    Ok(())
}
