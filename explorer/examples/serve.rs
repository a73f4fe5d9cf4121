//! The pages over a city in memory, to look at while working on them, and how fast they are.
//!
//! `cargo run -p dirchain-explorer --example serve -- 8390 50000 5000` serves fifty thousand entries and
//! five thousand authorizations on port 8390, with a new block every few seconds; `-- measure 50000 5000`
//! prints how long pages and searches take without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use common::{City, get};
use dirchain_ledger::bounded::List;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::records::{
    Authorization, Category, Department, LegalBasis, Record, Resource, SensitivityLevel, Sharing,
    UpdateCycle,
};
use dirchain_ledger::testing::{
    APPLICANT, GENESIS_TIME, Ledger, PROVIDER, conditional, entry, genesis_records, id, not_shared,
    responsibility,
};
use dirchain_ledger::view::Records;

const DEPARTMENTS: &str = include_str!("../../samples/departments.tsv");
const SUBJECTS: [&str; 16] = [
    "不动产登记",
    "户籍人口",
    "企业行政处罚",
    "机动车登记",
    "残疾人证",
    "社会保险缴费",
    "婚姻登记",
    "出生医学证明",
    "水质监测",
    "建设工程规划许可",
    "食品经营许可",
    "住房公积金缴存",
    "学籍",
    "纳税信用",
    "个体工商户登记",
    "低保对象",
];
const KINDS: [&str; 6] = [
    "信息",
    "基本信息",
    "结果信息",
    "变更记录",
    "统计数据",
    "年度报告",
];
const FIELDS: [&str; 12] = [
    "公民身份号码",
    "姓名",
    "户籍地址",
    "统一社会信用代码",
    "企业名称",
    "法定代表人",
    "登记日期",
    "有效期限",
    "发证机关",
    "证件号码",
    "联系地址",
    "变更事项",
];

fn departments() -> Vec<(String, String)> {
    let rows = DEPARTMENTS.lines().skip(1);
    let named = rows.map(|row| {
        let mut columns = row.split('\t');
        let number = columns.next().unwrap()[1..].parse::<u32>().unwrap();
        let name = columns.nth(1).unwrap().to_owned();
        (format!("D{:03}", 100 + number), name)
    });
    let more = (200..247).map(|n| (format!("D{n}"), format!("第{n}街道办事处")));
    named.chain(more).collect()
}

/// A ledger with a short history of its own, and behind it as many entries and grants as wanted.
fn ledger(resources: u32, grants: u32) -> Ledger {
    let mut records = genesis_records();
    for record in &mut records {
        match record {
            Record::Department(department) => {
                let names = [
                    ("D001", "市委编办"),
                    ("D002", "市数据局"),
                    ("D004", "市公安局"),
                    ("D005", "市民政局"),
                ];
                if let Some((_, name)) = names.iter().find(|(of, _)| *of == department.id.as_str())
                {
                    department.name = id(name);
                }
            }
            Record::Responsibility(duty) => {
                let basis = LegalBasis {
                    document: id("中华人民共和国户口登记条例"),
                    article: Some(id("第三条")),
                };
                duty.legal_bases = List::new(vec![basis]).unwrap();
            }
            _ => {}
        }
    }
    let genesis = Genesis::new(id("示例市目录链"), GENESIS_TIME, records).unwrap();
    let mut ledger = Ledger::new(&genesis);
    ledger.granted(1, &[1, 2]);
    ledger.granted(2, &[2, 4]);
    let code = dirchain_ledger::testing::code(1);
    let mut amended = entry(&responsibility(PROVIDER));
    amended.name = id("户籍人口基本信息(2026年版)");
    amended.update_cycle = Some(UpdateCycle::RealTime);
    amended.fields.as_mut_slice()[0].name = id("公民身份号码");
    amended.fields.as_mut_slice()[1].level = Some(SensitivityLevel::Four);
    ledger.draft(PROVIDER, &code, &amended).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    ledger.publish(PROVIDER, &code).unwrap();
    let asked = dirchain_ledger::testing::request(APPLICANT, &[4]);
    ledger
        .apply_for(
            APPLICANT,
            &code,
            dirchain_ledger::records::Request {
                version: 2,
                ..asked
            },
        )
        .unwrap();
    fill(&mut ledger, resources, grants);
    ledger
}

fn fill(ledger: &mut Ledger, resources: u32, grants: u32) {
    let model: Resource = ledger
        .state
        .resource(&dirchain_ledger::testing::code(2))
        .unwrap()
        .unwrap();
    let grant: Authorization = ledger
        .state
        .authorization(&dirchain_ledger::testing::sharing_id(&model.code, 1))
        .unwrap()
        .unwrap();
    let department = ledger.state.department(&id("D006")).unwrap().unwrap();
    let all = departments();
    let mut outcome = ledger.outcomes.last().unwrap().clone();
    outcome.records.clear();
    outcome.pages.clear();
    let mut put = |record: Record| {
        outcome.records.insert(record.id(), record);
    };
    for (number, name) in &all {
        let mut added: Department = department.clone();
        added.id = id(number);
        added.name = id(name);
        put(Record::Department(added));
    }
    let code = |number: u32| id(&format!("30{:04}/{:06}", number % 97, number));
    for number in 0..resources {
        let mut resource = model.clone();
        resource.code = code(number);
        let (provider, name) = &all[number as usize * 7 % all.len()];
        resource.provider = id(provider);
        let published = resource.published.as_mut().unwrap();
        let subject = SUBJECTS[number as usize % SUBJECTS.len()];
        let kind = KINDS[(number as usize / SUBJECTS.len()) % KINDS.len()];
        published.entry.name = id(&format!("{subject}{kind}{number}"));
        published.entry.summary = Some(id(&format!(
            "{name}在履行职责中形成的{subject}{kind},按规定共享。"
        )));
        published.entry.sharing = Some(match number % 5 {
            0 | 1 => Sharing::Unconditional,
            4 => not_shared(),
            _ => conditional(),
        });
        published.entry.category =
            Some([Category::Base, Category::Theme, Category::Business][number as usize % 3]);
        for (index, field) in published.entry.fields.as_mut_slice().iter_mut().enumerate() {
            field.name = id(FIELDS[(number as usize + index * 5) % FIELDS.len()]);
        }
        put(Record::Resource(Box::new(resource)));
    }
    for number in 0..grants {
        let mut granted = grant.clone();
        granted.id = dirchain_ledger::testing::sharing_id(
            &code(number % resources.max(1)),
            1 + number / resources.max(1),
        );
        granted.grantee = id(&all[(number as usize * 13 + number as usize / 89) % all.len()].0);
        put(Record::Authorization(granted));
    }
    ledger.state.apply(&outcome);
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |index: usize, usual: u32| {
        arguments
            .get(index)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let city = City::new(ledger(number(2, 200), number(3, 150)));
    let router = city.router();
    if arguments.get(1).is_some_and(|word| word == "measure") {
        measure(&router).await;
        return;
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", number(1, 8390) as u16))
        .await
        .unwrap();
    println!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(blocks(Arc::clone(&city)));
    axum::serve(listener, router).await.unwrap();
}

/// A draft every few seconds.
async fn blocks(city: Arc<City>) {
    for number in 1_000.. {
        tokio::time::sleep(Duration::from_secs(4)).await;
        city.change(|ledger| {
            ledger.now = TimeMs(ledger.now.0 + 4_000);
            let mut written = entry(&responsibility(PROVIDER));
            written.name = id(&format!("新编目录{number}"));
            ledger
                .draft(PROVIDER, &dirchain_ledger::testing::code(number), &written)
                .unwrap();
        });
    }
}

async fn measure(router: &Router) {
    let begun = Instant::now();
    loop {
        let page = get(router, "/node?lang=en").await.text();
        if page.contains("Holds the directory as of") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{:>9.1?}  the index is made", begun.elapsed());
    for address in [
        "/",
        "/resources/307001024%2F000001",
        "/resources/300001%2F000001",
        "/departments/D107",
        "/sharing",
        "/sharing?department=D107",
        "/search",
        "/search?q=%E7%99%BB%E8%AE%B0",
        "/search?q=%E4%BF%A1",
        "/search?q=%E4%B8%8D%E5%8A%A8%E4%BA%A7%E7%99%BB%E8%AE%B0%E4%BF%A1%E6%81%AF",
        "/search?q=%E4%B8%8D%E5%8A%A8%E5%8E%82%E7%99%BB%E8%AE%B0",
        "/search?q=3&sharing=conditional",
        "/search?q=%E5%85%AC%E5%AE%89%E5%B1%80%20%E5%A9%9A%E5%A7%BB",
        "/search/suggest?q=%E5%A9%9A%E5%A7%BB",
    ] {
        let mut times = Vec::new();
        let mut size_bytes = 0;
        for _ in 0..20 {
            let begun = Instant::now();
            let sent = get(router, address).await;
            assert!(sent.status.is_success(), "{address}: {}", sent.text());
            times.push(begun.elapsed());
            size_bytes = sent.body.len();
        }
        times.sort();
        println!(
            "{:>9.1?} median {:>9.1?} worst {size_bytes:>8} bytes  {address}",
            times[10], times[19]
        );
    }
}
