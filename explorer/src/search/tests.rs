//! What is found, in which order, with which misspellings; and an index that keeps up.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Height, ResourceCode, TimeMs, TransactionId};
use dirchain_ledger::records::{Category, Entry, Sharing, UpdateCycle};
use dirchain_ledger::testing::{
    APPLICANT, BYSTANDER, GENESIS_TIME, Ledger, PROVIDER, code, entry, id, responsibility,
};
use dirchain_ledger::view::{View, ViewError};

use super::*;
use crate::api::{ChainAbout, HistoryState, NodeMode, NodeStatus, SyncState, Time, TipSummary};
use crate::directory::{EventPlace, Owed};

mod past;

/// A ledger as a directory: what the index reads of one.
pub(crate) struct Town {
    pub(crate) ledger: Mutex<Ledger>,
    owed: Owed,
    /// The first height that it has records of.
    begins: AtomicU64,
}

impl Town {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self {
            ledger: Mutex::new(ledger),
            owed: Owed::default(),
            begins: AtomicU64::new(0),
        }
    }
}

impl Directory for Town {
    fn owed(&self) -> &Owed {
        &self.owed
    }

    fn about(&self) -> ChainAbout {
        ChainAbout {
            name: "town".to_owned(),
            chain: self.ledger.lock().unwrap().chain,
            genesis_time: Time(GENESIS_TIME),
            software_version: "0".to_owned(),
        }
    }

    fn passed_over(&self) -> Vec<(dirchain_ledger::ids::Address, Height)> {
        Vec::new()
    }

    fn tip(&self) -> TipSummary {
        let ledger = self.ledger.lock().unwrap();
        TipSummary {
            height: ledger.tip.height,
            time: Time(ledger.tip.time),
            block: ledger.tip.block,
            validators: Vec::new(),
        }
    }

    fn history_begins(&self) -> Height {
        Height(self.begins.load(Ordering::Relaxed))
    }

    fn view(&self, height: Height) -> Box<dyn View + '_> {
        assert!(height >= self.history_begins(), "{height} is not here");
        Box::new(Frozen(self.ledger.lock().unwrap().state.clone(), height))
    }

    fn height_at(&self, _: TimeMs) -> Result<Option<Height>, ViewError> {
        Ok(None)
    }

    fn block(&self, height: Height) -> Result<Option<Arc<Block>>, ViewError> {
        let index = usize::try_from(height.0).unwrap().checked_sub(1);
        let ledger = self.ledger.lock().unwrap();
        Ok(index.and_then(|index| ledger.blocks.get(index).cloned().map(Arc::new)))
    }

    fn header(&self, height: Height) -> Result<Option<dirchain_ledger::block::Header>, ViewError> {
        Ok(self.block(height)?.map(|block| block.header.clone()))
    }

    fn certificate(&self, _: Height) -> Result<Option<Certificate>, ViewError> {
        Ok(None)
    }

    fn transaction_place(&self, _: &TransactionId) -> Result<Option<(Height, u32)>, ViewError> {
        Ok(None)
    }

    fn transactions_beginning(&self, _: &str, _: usize) -> Result<Vec<TransactionId>, ViewError> {
        Ok(Vec::new())
    }

    fn history(
        &self,
        _: &RecordId,
        _: Option<EventPlace>,
        _: usize,
    ) -> Result<Vec<EventPlace>, ViewError> {
        Ok(Vec::new())
    }

    fn written(
        &self,
        id: &RecordId,
        after: Option<Height>,
        count_max: usize,
    ) -> Result<Vec<Height>, ViewError> {
        let ledger = self.ledger.lock().unwrap();
        let begins = self.history_begins();
        let heights = ledger.state.written(id).map(|height| height.max(begins));
        let mut heights: Vec<Height> = heights
            .filter(|height| after.is_none_or(|after| *height > after))
            .collect();
        heights.dedup();
        heights.truncate(count_max);
        Ok(heights)
    }

    fn node(&self) -> NodeStatus {
        NodeStatus {
            node: id("D001-1"),
            department: id("D001"),
            mode: NodeMode::Observer,
            peers: Vec::new(),
            waiting_transactions: 0,
            sync: SyncState::CaughtUp,
            history: HistoryState::Whole,
            disk_bytes: 0,
            uptime_ms: 0,
            ready: true,
            not_ready_reason: None,
            not_ready_reason_zh: None,
            warnings: Vec::new(),
        }
    }

    fn metrics(&self) -> String {
        String::new()
    }
}

struct Frozen(dirchain_ledger::memory::MemoryState, Height);

impl View for Frozen {
    fn block_hash(&self, height: Height) -> Result<Option<Hash>, ViewError> {
        self.0.at(self.1).block_hash(height)
    }

    fn record(&self, id: &RecordId) -> Result<Option<dirchain_ledger::records::Record>, ViewError> {
        self.0.at(self.1).record(id)
    }

    fn list(
        &self,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.0.at(self.1).list(kind, after, count_max)
    }

    fn referrers(
        &self,
        target: &RecordId,
        kind: RecordKind,
        after: Option<&RecordId>,
        count_max: usize,
    ) -> Result<Vec<RecordId>, ViewError> {
        self.0.at(self.1).referrers(target, kind, after, count_max)
    }
}

/// Name, fields and abstract of the entries 1 to 8.
const ENTRIES: [(&str, &[&str], &str); 8] = [
    (
        "不动产登记信息",
        &["不动产单元号", "权利人", "坐落"],
        "不动产权利的登记结果。",
    ),
    (
        "户籍人口基本信息",
        &["公民身份号码", "姓名", "户籍地址"],
        "常住户口登记项目。",
    ),
    (
        "企业行政处罚信息",
        &["处罚决定书文号", "罚款金额"],
        "行政机关对企业作出的处罚决定。",
    ),
    (
        "机动车登记信息",
        &["号牌号码", "车辆识别代号"],
        "机动车注册登记。",
    ),
    (
        "残疾人证信息",
        &["残疾类别", "残疾等级"],
        "残疾人联合会核发的证件。",
    ),
    (
        "Annual Employment Statistics",
        &["Agency", "Grade"],
        "Federal employees by agency and grade.",
    ),
    (
        "水质监测数据",
        &["断面名称", "溶解氧(DO)"],
        "地表水自动监测。",
    ),
    (
        "个体工商户登记信息",
        &["统一社会信用代码", "经营场所"],
        "个体工商户的设立与变更。",
    ),
];

fn town() -> Ledger {
    let mut ledger = Ledger::default();
    for (number, (name, fields, summary)) in (1u32..).zip(ENTRIES) {
        let mut written: Entry = entry(&responsibility(PROVIDER));
        written.name = id(name);
        written.summary = Some(id(summary));
        for (field, name) in written.fields.as_mut_slice().iter_mut().zip(fields) {
            field.name = id(name);
        }
        written.sharing = Some(Sharing::Conditional {
            condition: Some(id(if number == 1 {
                "限核验身份时"
            } else {
                "限履行职责"
            })),
        });
        written.category = Some(Category::Business);
        written.update_cycle = Some(UpdateCycle::Yearly);
        if number % 2 == 0 {
            written.category = Some(Category::Base);
            written.update_cycle = Some(UpdateCycle::Daily);
            written.sharing = Some(Sharing::Unconditional);
        }
        ledger.draft(PROVIDER, &code(number), &written).unwrap();
    }
    ledger
}

fn ready(search: &Search, height: Height) {
    for _ in 0..2_000 {
        match search.state() {
            State::Ready(states) if states.last >= height => return,
            State::Broken(reason) => panic!("{reason}"),
            State::Ready(_) | State::Building { .. } => {}
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the index does not get ready: {:?}", search.state());
}

fn start(ledger: Ledger, folder: Option<&Path>) -> (Arc<Town>, Search) {
    let height = ledger.tip.height;
    let town = Arc::new(Town::new(ledger));
    let search = Search::start(town.clone(), folder.map(Path::to_owned));
    ready(&search, height);
    (town, search)
}

/// A question about the newest height that the index knows.
fn asked(search: &Search, text: &str) -> Asked {
    Asked {
        height: search.newest().unwrap(),
        text: text.to_owned(),
        facets: Default::default(),
        offset: 0,
        limit: 10,
    }
}

fn look(search: &Search, text: &str) -> Found {
    search.entries(&asked(search, text)).unwrap().unwrap()
}

fn found(search: &Search, text: &str) -> Vec<ResourceCode> {
    codes(&look(search, text))
}

fn codes(found: &Found) -> Vec<ResourceCode> {
    let codes = found.records.iter().map(|record| match record {
        RecordId::Resource(code) => code.clone(),
        other => panic!("{other} is no entry"),
    });
    codes.collect()
}

#[test]
fn any_part_of_a_text_finds_its_entry_first() {
    let (_town, search) = start(town(), None);
    for (text, number) in [
        ("不动产", 1),
        ("产登", 1),
        ("水", 7),
        ("户籍人口基本信息", 2),
        ("公民身份号码", 2),
        ("罚款", 3),
        ("车辆识别代号", 4),
        ("残疾 证件", 5),
        ("annual", 6),
        ("ployment stat", 6),
        ("federal employees", 6),
        ("溶解氧(do)", 7),
        ("DO", 7),
        ("地表水自动", 7),
        ("307001024/000008", 8),
        ("000008", 8),
        ("工商户", 8),
        // Traditional characters, wide letters and digits, a code without its slash.
        ("不動產登記", 1),
        ("戶籍", 2),
        ("行政處罰", 3),
        ("ＡＮＮＵＡＬ", 6),
        ("307001024000008", 8),
        ("３０７００１０２４／０００００８", 8),
        // The condition of its sharing.
        ("核验身份", 1),
    ] {
        let exact = look(&search, text);
        assert!(!exact.near, "{text} is written as it is");
        assert_eq!(codes(&exact).first(), Some(&code(number)), "{text}");
    }
    assert_eq!(
        found(&search, "D004").len(),
        ENTRIES.len(),
        "by the provider's id"
    );
    assert_eq!(
        found(&search, "部门D004").len(),
        ENTRIES.len(),
        "and its name"
    );
    assert!(found(&search, "登记信息").len() >= 3);
    assert!(
        found(&search, "不动产 机动车").is_empty(),
        "every word must fit"
    );
}

#[test]
fn a_misspelling_still_finds_and_says_so() {
    let (_town, search) = start(town(), None);
    for (text, number) in [
        ("不动厂登记", 1),
        ("不产登记信息", 1),
        ("不动产产登记", 1),
        ("户藉人口", 2),
        ("公民身分号码", 2),
        ("行政处法", 3),
        ("机车动登记", 4),
        ("残疾人正信息", 5),
        ("anual", 6),
        ("employmant", 6),
        ("statsitics", 6),
        ("水质检测", 7),
        ("体个工商户", 8),
    ] {
        let near = look(&search, text);
        assert!(near.near, "{text} is misspelt: {:?}", codes(&near));
        assert_eq!(codes(&near).first(), Some(&code(number)), "{text}");
    }
    for (text, number) in [
        // Two characters wrong, another order, the provider beside the name.
        ("机动车等级", 4),
        ("不动产信息登记", 1),
        ("部门D004不动产", 1),
        ("残疾等级类别", 5),
        // Traditional characters with one wrong.
        ("不動厂登記", 1),
        // Two characters, one of them wrong.
        ("不冻", 1),
        ("残极", 5),
        // A word of an abstract.
        ("agancy", 6),
        ("federall", 6),
        ("employes", 6),
    ] {
        let near = look(&search, text);
        assert!(near.near, "{text} is misspelt: {:?}", codes(&near));
        assert_eq!(codes(&near).first(), Some(&code(number)), "{text}");
    }
    for nothing in ["量子纠缠", "xylophone", "产动不"] {
        assert!(found(&search, nothing).is_empty(), "{nothing}");
    }
}

/// Names with abstracts, in the order of their codes.
fn named(entries: &[(&str, &str)]) -> Ledger {
    let mut ledger = Ledger::default();
    for (number, (name, summary)) in (1u32..).zip(entries) {
        let mut written: Entry = entry(&responsibility(PROVIDER));
        written.name = id(name);
        written.summary = Some(id(summary));
        written.sharing = Some(Sharing::Unconditional);
        written.update_cycle = Some(if number == 3 {
            UpdateCycle::Daily
        } else {
            UpdateCycle::Monthly
        });
        ledger.draft(PROVIDER, &code(number), &written).unwrap();
    }
    ledger
}

#[test]
fn an_abbreviation_finds_the_name_before_a_text_that_mentions_it() {
    let ledger = named(&[
        ("出生医学证明信息", "用于办理社保和低保的出生证明。"),
        ("社会保险参保信息", "职工与居民的参保缴费。"),
        ("最低生活保障对象信息", "城乡困难家庭。"),
        ("城乡居民基本医疗保险缴费信息", "居民缴费。"),
        ("保险机构社会评价信息", "评价结果。"),
        ("低保家庭名单", "名单。"),
    ]);
    let (_town, search) = start(ledger, None);
    for (text, numbers) in [
        ("社保", &[2, 1][..]),
        // Whole in a name, then abbreviated, then mentioned.
        ("低保", &[6, 3, 1]),
        ("社会险", &[2]),
        ("居医保", &[4]),
        ("社会保险", &[2]),
        ("每日", &[3]),
        ("daily", &[3]),
    ] {
        let exact = look(&search, text);
        let expected: Vec<ResourceCode> = numbers.iter().map(|n| code(*n)).collect();
        assert!(!exact.near, "{text}");
        assert_eq!(codes(&exact), expected, "{text}");
    }
    // A longer one is told as such.
    let long = look(&search, "城乡居民医保");
    assert!(long.near);
    assert_eq!(codes(&long).first(), Some(&code(4)));
    assert_eq!(codes(&long).len(), 1);
    // Or with a character wrong.
    for (text, number) in [("社会险费", 2), ("最低保漳", 3), ("居民医堡", 4)] {
        let near = look(&search, text);
        assert!(near.near, "{text}");
        assert_eq!(codes(&near).first(), Some(&code(number)), "{text}");
    }
}

#[test]
fn an_abbreviated_department_finds_what_it_provides() {
    let fits = |search: &Search, text| {
        let found = look(search, text);
        found.total > 0 && !found.near
    };
    // Its name is 部门D004, which has no abbreviation.
    let (_town, search) = start(town(), None);
    assert!(!fits(&search, "住建委"));
    let mut ledger = town();
    past::rename(&mut ledger, PROVIDER, "市住房和城乡建设委员会");
    let (_town, search) = start(ledger, None);
    for short in ["住建委", "市住建委", "城建委"] {
        let exact = look(&search, short);
        assert!(!exact.near, "{short}");
        assert_eq!(exact.total, ENTRIES.len(), "{short}");
    }
    assert!(!fits(&search, "委建住"), "in another order");
}

#[test]
fn a_misspelling_finds_names_first_and_close_words_before_far_ones() {
    let many = "Federal employment, safety and retirement: federal agencies, employment, safety.";
    let ledger = named(&[
        ("Government Contracts", many),
        ("Pregnancy and Breastfeeding Rights Map", many),
        ("Mine Safety and Health Data", "Accidents."),
        ("Federal Employment Data", "Counts."),
        ("Employment Requirements", "What is asked for."),
        ("Retirement Statistics", "By year."),
        ("Safely Stored Fuels", "Depots."),
    ]);
    let (_town, search) = start(ledger, None);
    for (text, numbers) in [
        ("saftey", &[3][..]),
        ("fedreal", &[4]),
        ("Employement", &[4, 5]),
        ("retirment", &[6]),
        ("fedral employmnt", &[4]),
    ] {
        let near = look(&search, text);
        assert!(near.near, "{text}");
        let mut first = codes(&near);
        first.truncate(numbers.len());
        first.sort();
        let expected: Vec<ResourceCode> = numbers.iter().map(|n| code(*n)).collect();
        assert_eq!(first, expected, "{text}");
    }
    // A word within one letter leaves out what is two away.
    let found = found(&search, "retirements");
    assert_eq!(found.first(), Some(&code(6)));
    assert!(!found.contains(&code(5)), "requirements: {found:?}");
}

#[test]
fn hostile_questions_have_answers() {
    let (_town, search) = start(town(), None);
    let long = "登".repeat(200);
    for text in [
        "\"",
        "AND OR NOT",
        "*:*",
        "+-(",
        "[a TO z]",
        "\u{0}",
        "~2",
        "🀄",
        &long,
    ] {
        look(&search, text);
        search.holders(&asked(&search, text)).unwrap().unwrap();
    }
    assert_eq!(found(&search, "").len(), ENTRIES.len());
    for signs in [" /(", "%", "'", "\\", "😀", "！"] {
        assert!(
            found(&search, signs).is_empty(),
            "{signs} is nothing to look for"
        );
        let holders = search.holders(&asked(&search, signs)).unwrap().unwrap();
        assert!(holders.records.is_empty(), "{signs}");
    }
    assert_eq!(found(&search, "  ").len(), ENTRIES.len());
}

#[test]
fn departments_and_responsibilities_are_found_too() {
    let (_town, search) = start(town(), None);
    let holders = |text: &str| {
        search
            .holders(&asked(&search, text))
            .unwrap()
            .unwrap()
            .records
    };
    assert_eq!(holders("D005")[0], RecordId::Department(id(APPLICANT)));
    assert_eq!(
        holders("Z-D006-01")[0],
        RecordId::Responsibility(responsibility(BYSTANDER))
    );
    assert!(holders("部门").len() > 3);
}

#[test]
fn facets_count_everything_that_fits_and_narrow_it() {
    let (_town, search) = start(town(), None);
    let all = look(&search, "");
    assert_eq!(all.total, ENTRIES.len());
    let index = |facet| Facet::ALL.iter().position(|f| *f == facet).unwrap();
    let of = |facet| all.facets[index(facet)].clone();
    assert_eq!(of(Facet::Provider), [(PROVIDER.to_owned(), 8)]);
    assert_eq!(of(Facet::Status), [("draft".to_owned(), 8)]);
    assert!(of(Facet::Category).contains(&("base".to_owned(), 4)));
    assert!(of(Facet::Cycle).contains(&("daily".to_owned(), 4)));
    assert!(of(Facet::Sharing).contains(&("unconditional".to_owned(), 4)));
    let mut narrow = asked(&search, "登记");
    narrow.facets[index(Facet::Sharing)] = Some("unconditional".to_owned());
    let narrow = search.entries(&narrow).unwrap().unwrap();
    assert_eq!(codes(&narrow).len(), narrow.total);
    assert!(narrow.total > 0 && narrow.total < found(&search, "登记").len());
    let mut paged = asked(&search, "");
    paged.limit = 3;
    let mut seen = Vec::new();
    for page in 0..3 {
        paged.offset = page * 3;
        seen.extend(codes(&search.entries(&paged).unwrap().unwrap()));
    }
    assert_eq!(seen, (1..=8).map(code).collect::<Vec<_>>(), "by code");
}

#[test]
fn the_index_follows_the_ledger() {
    let (town, search) = start(Ledger::default(), None);
    assert!(found(&search, "户籍").is_empty());
    let height = {
        let mut ledger = town.ledger.lock().unwrap();
        ledger.published(PROVIDER, 1);
        ledger.tip.height
    };
    ready(&search, height);
    assert_eq!(found(&search, "户籍"), [code(1)]);
    let height = {
        let mut ledger = town.ledger.lock().unwrap();
        let mut amended = entry(&responsibility(PROVIDER));
        amended.name = id("常住人口基本信息");
        ledger.draft(PROVIDER, &code(1), &amended).unwrap();
        ledger.submit_draft(PROVIDER, &code(1)).unwrap();
        ledger.publish(PROVIDER, &code(1)).unwrap();
        ledger.tip.height
    };
    ready(&search, height);
    assert_eq!(found(&search, "常住人口"), [code(1)]);
    let one = look(&search, "");
    assert_eq!(one.total, 1, "the old version is gone");
}

#[test]
fn an_index_on_disk_is_kept_and_one_of_another_state_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("search");
    let kept = |search: &Search, text| !found(search, text).is_empty();
    let (_, search) = start(town(), Some(&place));
    assert!(kept(&search, "不动产"));
    drop(search);
    let marked = || {
        let index = tantivy::Index::open_in_dir(&place).unwrap();
        index.load_metas().unwrap().payload.unwrap()
    };
    wait_until_released(&place);
    let before = marked();
    let (_, search) = start(town(), Some(&place));
    assert!(kept(&search, "不动产"));
    drop(search);
    wait_until_released(&place);
    assert_eq!(marked(), before);
    // The ledger was set back: the index knows blocks that it does not have.
    let (_, search) = start(Ledger::default(), Some(&place));
    assert!(!kept(&search, "不动产"));
    drop(search);
    wait_until_released(&place);
    // Its files are damaged.
    std::fs::write(place.join("meta.json"), "{").unwrap();
    let (_, search) = start(town(), Some(&place));
    assert!(kept(&search, "不动产"));
}

/// Waits until the index's writer has let go of the folder.
fn wait_until_released(place: &Path) {
    for _ in 0..1_000 {
        let index = tantivy::Index::open_in_dir(place);
        if index.is_ok_and(|index| {
            index
                .writer_with_num_threads::<tantivy::TantivyDocument>(1, limits::SEARCH_WRITER_BYTES)
                .is_ok()
        }) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the index's writer does not let go");
}

#[test]
fn the_states_of_a_mark_are_its_own() {
    let states = States {
        first: Height(3),
        last: Height(7),
    };
    let mark = schema::mark("abc", states);
    assert_eq!(schema::marked("abc", &mark), Some(states));
    assert_eq!(schema::marked("abd", &mark), None);
    for other in ["0 abc 3 7", "4 abc 7", "4 abc 3 7 9", "4 abc x 7"] {
        assert_eq!(schema::marked("abc", other), None, "{other}");
    }
}
