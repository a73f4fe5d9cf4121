//! Every height is searched as it would have been when it was the newest.

use std::collections::BTreeSet;

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::measure::{Measure, Renaming, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::testing::{REGISTRAR, administrator, head};

use super::*;

/// Texts that fit some entries at some heights: names before and after they changed, departments' names
/// before and after, misspelt, abbreviated, a field, a code, nothing.
const TEXTS: [&str; 16] = [
    "",
    "登记",
    "信息",
    "户籍",
    "户藉人口",
    "常住人口",
    "社保",
    "部门D004",
    "数据局",
    "数具局",
    "annual",
    "anual employmant",
    "权利人",
    "307001024/000009",
    "D0",
    "不动产信息登记",
];

/// The ledger after each step of a history in which names, fields, holders and states change, and much
/// else that no text tells.
fn steps() -> Vec<Ledger> {
    let mut ledger = town();
    let mut steps = vec![Ledger::default(), ledger.clone()];
    let mut step = |change: &dyn Fn(&mut Ledger)| {
        change(&mut ledger);
        steps.push(ledger.clone());
    };
    step(&|ledger| {
        ledger.published(PROVIDER, 9);
    });
    // Nothing that is searched changes here.
    step(&|ledger| {
        ledger.granted(10, &[1, 2]);
    });
    step(&|ledger| amend(ledger, 9, "常住人口基本信息"));
    step(&|ledger| rename(ledger, PROVIDER, "市数据局"));
    step(&|ledger| amend(ledger, 9, "户籍人口基本信息"));
    step(&|ledger| {
        let withdraw = Measure::Withdraw {
            code: code(9),
            revision: ledger.revision(&code(9)),
            reason: id("系统停用"),
        };
        ledger.agree(&head(PROVIDER), withdraw).unwrap();
    });
    // Twice in one block.
    step(&|ledger| {
        let drafts = [(0, "社会保险参保信息"), (1, "社会保险信息")];
        let drafts = drafts.map(|(revision, name)| draft(11, revision, name));
        let author = administrator(PROVIDER);
        ledger.submit(&author, drafts.into()).unwrap();
    });
    step(&|ledger| {
        let transfer = Transfer {
            responsibility: responsibility(PROVIDER),
            from: id(PROVIDER),
            to: Some(id(APPLICANT)),
        };
        let split = Reorganisation {
            kind: ReorganisationKind::Split,
            document: id("京编办〔2026〕5号"),
            transfers: List::new(vec![transfer]).unwrap(),
            dissolves: List::default(),
            renames: List::default(),
            successors: List::default(),
        };
        ledger
            .agree(&head(REGISTRAR), Measure::Reorganise(split))
            .unwrap();
    });
    step(&|ledger| rename(ledger, PROVIDER, "部门D004"));
    step(&|ledger| rename(ledger, APPLICANT, "大数据局"));
    steps
}

fn draft(number: u32, revision: u32, name: &str) -> Action {
    let mut written = entry(&responsibility(PROVIDER));
    written.name = id(name);
    Action::DraftResource {
        code: code(number),
        provider: id(PROVIDER),
        revision,
        entry: written,
    }
}

fn amend(ledger: &mut Ledger, number: u32, name: &str) {
    let mut amended = entry(&responsibility(PROVIDER));
    amended.name = id(name);
    ledger.draft(PROVIDER, &code(number), &amended).unwrap();
    ledger.submit_draft(PROVIDER, &code(number)).unwrap();
    ledger.publish(PROVIDER, &code(number)).unwrap();
}

pub(super) fn rename(ledger: &mut Ledger, department: &str, name: &str) {
    let rename = Renaming {
        department: id(department),
        name: id(name),
    };
    let reorganisation = Reorganisation {
        kind: ReorganisationKind::Rename,
        document: id("京编办〔2026〕4号"),
        transfers: List::default(),
        dissolves: List::default(),
        renames: List::new(vec![rename]).unwrap(),
        successors: List::default(),
    };
    ledger
        .agree(&head(REGISTRAR), Measure::Reorganise(reorganisation))
        .unwrap();
}

/// Everything that is found at a height, in its order and counted.
fn all(search: &Search, height: Height) -> Vec<(Found, Vec<RecordId>)> {
    let ask = |text: &&str| {
        let asked = Asked {
            height,
            limit: 1_000,
            ..asked(search, text)
        };
        let found = search.entries(&asked).unwrap();
        let holders = search.holders(&asked).unwrap();
        (found.unwrap(), holders.unwrap().records)
    };
    TEXTS.iter().map(ask).collect()
}

#[test]
fn a_height_is_searched_as_when_it_was_the_newest() {
    let steps = steps();
    let last = steps.last().unwrap().tip.height;
    // One index that followed the whole way, and one made at the end.
    let (town, followed) = start(steps[0].clone(), None);
    for step in &steps {
        *town.ledger.lock().unwrap() = step.clone();
        ready(&followed, step.tip.height);
    }
    let (_town, made) = start(steps[steps.len() - 1].clone(), None);
    let mut seen = BTreeSet::new();
    for height in (0..=last.0).map(Height) {
        let found = all(&followed, height);
        assert_eq!(found, all(&made, height), "at {height}");
        seen.insert(format!("{found:?}"));
    }
    assert!(
        seen.len() >= steps.len() - 1,
        "the steps tell nothing apart"
    );
    for step in &steps {
        let height = step.tip.height;
        let (_town, then) = start(step.clone(), None);
        assert_eq!(all(&followed, height), all(&then, height), "at {height}");
    }
    let beyond = Asked {
        height: last.next(),
        ..asked(&followed, "")
    };
    assert!(followed.entries(&beyond).unwrap().is_none());
}

#[test]
fn an_index_without_the_whole_history_is_made_anew_once_it_is_here() {
    let steps = steps();
    let whole = steps.last().unwrap();
    let begins = steps[steps.len() / 2].tip.height;
    let town = Arc::new(Town::new(whole.clone()));
    town.begins.store(begins.0, Ordering::Relaxed);
    let search = Search::start(town.clone(), None);
    ready(&search, whole.tip.height);
    let (_town, made) = start(whole.clone(), None);
    for height in (begins.0..=whole.tip.height.0).map(Height) {
        assert_eq!(all(&search, height), all(&made, height), "at {height}");
    }
    let before = Asked {
        height: begins.previous().unwrap(),
        ..asked(&search, "")
    };
    assert!(search.entries(&before).unwrap().is_none());
    town.begins.store(0, Ordering::Relaxed);
    let knows_all = |state| matches!(state, State::Ready(states) if states.first == Height(0));
    for _ in 0..2_000 {
        if knows_all(search.state()) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    for height in (0..=whole.tip.height.0).map(Height) {
        assert_eq!(all(&search, height), all(&made, height), "at {height}");
    }
}

/// With the usual statistics of an index the short name would lead at first, and the long one as soon as
/// most names are longer.
#[test]
fn an_answer_keeps_its_order_while_texts_of_other_lengths_come() {
    let often = "登记登记登记甲乙丙丁戊己庚辛壬癸子丑寅卯";
    let (town, search) = start(named(&[(often, "摘要"), ("登记簿", "摘要")]), None);
    let height = search.newest().unwrap();
    let at = |height| {
        let asked = Asked {
            height,
            ..asked(&search, "登记")
        };
        codes(&search.entries(&asked).unwrap().unwrap())
    };
    let before = at(height);
    assert_eq!(before, [code(2), code(1)]);
    let last = {
        let mut ledger = town.ledger.lock().unwrap();
        for number in 3..40 {
            let mut written = entry(&responsibility(PROVIDER));
            written.name = id(&"天地玄黄宇宙洪荒日月盈昃辰宿列张".repeat(3));
            ledger.draft(PROVIDER, &code(number), &written).unwrap();
        }
        ledger.tip.height
    };
    ready(&search, last);
    assert_eq!((at(height), at(last)), (before.clone(), before));
}

#[test]
fn an_index_far_behind_catches_up_in_parts() {
    let (town, followed) = start(town(), None);
    let last = {
        let mut ledger = town.ledger.lock().unwrap();
        let begun = ledger.tip.height.0;
        while ledger.tip.height.0 <= begun + limits::SEARCH_BLOCKS_MAX + 3 {
            let number = u32::try_from(ledger.tip.height.0 % 7).unwrap() + 1;
            let revision = ledger.revision(&code(number));
            let draft = draft(number, revision, &format!("登记信息{}", ledger.tip.height));
            ledger
                .submit(&administrator(PROVIDER), vec![draft])
                .unwrap();
        }
        ledger.tip.height
    };
    ready(&followed, last);
    let ledger = town.ledger.lock().unwrap().clone();
    let (_town, made) = start(ledger, None);
    for height in (0..=last.0).step_by(9).map(Height) {
        assert_eq!(all(&followed, height), all(&made, height), "at {height}");
    }
}
