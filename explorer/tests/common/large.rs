//! A large city in memory: a hundred departments, as many entries and grants as wanted.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub
)]

use dirchain_ledger::bounded::List;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::records::{
    Authorization, Category, Department, LegalBasis, Record, Resource, Responsibility,
    SensitivityLevel, Sharing, UpdateCycle,
};
use dirchain_ledger::testing::{
    APPLICANT, GENESIS_TIME, Ledger, PROVIDER, conditional, entry, genesis_records, id, not_shared,
    responsibility,
};
use dirchain_ledger::view::Records;

const DEPARTMENTS: &str = include_str!("../../../samples/departments.tsv");
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

/// Ids and names of a hundred departments.
pub fn departments() -> Vec<(String, String)> {
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

/// A ledger with a short history of its own, and behind it as many entries and grants as wanted, all
/// in force.
pub fn ledger(resources: u32, grants: u32) -> Ledger {
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
    let duty = ledger.state.responsibility(&responsibility(PROVIDER));
    let duty: Responsibility = duty.unwrap().unwrap();
    let duty_of = |number: &str| id(&format!("Z-{number}-01"));
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
        let mut held: Responsibility = duty.clone();
        held.code = duty_of(number);
        held.holder = id(number);
        put(Record::Responsibility(held));
    }
    let code = |number: u32| id(&format!("30{:04}/{:06}", number % 97, number));
    for number in 0..resources {
        let mut resource = model.clone();
        resource.code = code(number);
        let (provider, name) = &all[number as usize * 7 % all.len()];
        resource.provider = id(provider);
        let published = resource.published.as_mut().unwrap();
        published.entry.responsibility = Some(duty_of(provider));
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
        let reader = &all[(number as usize * 13 + number as usize / 89) % all.len()].0;
        granted.grantee = id(reader);
        granted.responsibility = duty_of(reader);
        put(Record::Authorization(granted));
    }
    ledger.state.apply(&outcome);
}
