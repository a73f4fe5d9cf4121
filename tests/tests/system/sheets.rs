//! A sheet of two thousand entries with thirty faulty ones: all others land, and each of the thirty
//! is explained where it stands.

use std::fmt::Write as _;

use dirchain_explorer::api::DraftState;
use dirchain_ledger::ids::Height;
use dirchain_tests::City;
use serde_json::Value;

const HEADINGS: &str = "信息资源分类,信息资源名称,信息资源代码,信息资源提供方,资源提供方代码,信息资源摘要,信息资源格式,信息项名称,数据类型,共享类型,共享条件,共享方式,开放类型,更新周期,发布日期,关联资源代码,职责代码,数据分级";
const ROWS: usize = 2_000;

/// What is wrong with the entry at a place, and what is told of it; nothing with most.
fn fault(place: usize) -> Option<(&'static str, &'static str)> {
    if !place.is_multiple_of(66) || place == 0 || place > 66 * 30 {
        return None;
    }
    Some(match place / 66 % 6 {
        0 => ("code", "全角"),
        1 => ("space", "空格"),
        2 => ("word", "规定的取值"),
        3 => ("name", "为空"),
        4 => ("twice", "重复"),
        _ => ("provider", "D047"),
    })
}

fn row(place: usize) -> String {
    let wrong = fault(place).map(|(wrong, _)| wrong);
    let number = match wrong {
        // Not the row above: that would be one more row of the same entry.
        Some("twice") => place - 3,
        _ => place,
    };
    let code = match wrong {
        Some("code") => format!("３０７００１０２４/{:06}", 100_000 + number),
        _ => format!("307001024/{:06}", 100_000 + number),
    };
    let name = match wrong {
        Some("name") => String::new(),
        Some("space") => format!("登记事项{place} "),
        _ => format!("登记事项{place}"),
    };
    let kind = if wrong == Some("word") {
        "磁带"
    } else {
        "库表"
    };
    let provider = if wrong == Some("provider") {
        "D047"
    } else {
        "D024"
    };
    format!(
        "部门信息资源,{name},{code},,{provider},\"登记事项的摘要，第{place}项\",{kind},事项代码,字符型(18),有条件共享,限登记业务,接口查询,不予开放,每日,2026-01-05,\"0100、{:04}\",Z-D024-01,2",
        place % 10_000
    )
}

/// A sheet of all entries that are not faulty, and how many those are.
pub(crate) fn good_rows() -> (String, u64) {
    let good = (1..=ROWS).filter(|place| fault(*place).is_none());
    let rows: Vec<String> = good.map(row).collect();
    let count = u64::try_from(rows.len()).unwrap();
    (format!("{HEADINGS}\n{}\n", rows.join("\n")), count)
}

fn import(city: &City, file: &str, further: &[&str]) -> (Option<i32>, Value) {
    let words = ["--output", "json", "--lang", "zh", "import", file];
    let signer = ["--as", "D024-administrator"];
    let words = words
        .into_iter()
        .chain(signer)
        .chain(further.iter().copied());
    let printed = city.cli_with(0, words);
    let report = serde_json::from_str(&printed.stdout);
    (
        printed.status,
        report.unwrap_or_else(|_| panic!("{printed:#?}")),
    )
}

/// No transaction is in a block above a height.
fn nothing_since(city: &City, height: Height) {
    let tip = city.agree().height;
    for height in height.0 + 1..=tip.0 {
        let block = city.client(0).block(Height(height)).unwrap();
        assert!(block.transactions.is_empty(), "{height} has transactions");
    }
}

#[test]
fn of_two_thousand_rows_all_but_thirty_faulty_ones_land_and_those_are_explained() {
    let city = City::loaded();
    let mut text = format!("{HEADINGS}\n");
    for place in 1..=ROWS {
        writeln!(text, "{}", row(place)).unwrap();
    }
    let path = city.dir().join("catalogue.csv");
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let totals = |report: &Value| {
        let of = |name: &str| report["totals"][name].as_u64().unwrap();
        [of("created"), of("unchanged"), of("refused")]
    };

    let before = city.agree().height;
    let (status, report) = import(&city, file, &["--dry-run"]);
    assert_eq!((status, totals(&report)), (Some(0), [1_970, 0, 30]));
    nothing_since(&city, before);

    let (status, report) = import(&city, file, &[]);
    assert_eq!((status, totals(&report)), (Some(1), [1_970, 0, 30]));
    let result = std::fs::read_to_string(city.dir().join("catalogue.result.csv")).unwrap();
    let lines: Vec<&str> = result.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), ROWS + 1);
    assert!(lines[0].ends_with(",导入状态,导入说明"), "{}", lines[0]);
    // The first row has the headings, so an entry stands one row below its place.
    for (place, line) in lines.iter().enumerate().skip(1) {
        match fault(place) {
            None => assert!(line.contains(",新增,"), "{place}: {line}"),
            Some((_, says)) => {
                assert!(line.contains(",未导入,"), "{place}: {line}");
                assert!(line.contains(says), "{place}: {line}");
                let row = format!("第 {} 行", place + 1);
                let is_rule = says == "D047";
                assert!(is_rule || line.contains(&row), "{place}: {line}");
            }
        }
    }
    let landed = city
        .client(2)
        .resource(&"307001024/100007".parse().unwrap(), None);
    let draft = landed.unwrap().draft.unwrap().entry;
    let related: Vec<String> = draft
        .related_codes
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(related, ["0100", "0007"]);

    let settled = city.agree().height;
    let (_, report) = import(&city, file, &[]);
    assert_eq!(totals(&report), [0, 1_970, 30]);
    nothing_since(&city, settled);
}

#[test]
fn drafts_that_stand_are_submitted_by_the_run_that_is_asked_for_it() {
    let city = City::loaded();
    let path = city.dir().join("catalogue.csv");
    let text = format!("{HEADINGS}\n{}\n{}\n", row(1), row(2));
    std::fs::write(&path, &text).unwrap();
    let file = path.to_str().unwrap();
    let totals = |report: &Value| {
        ["created", "unchanged", "refused", "submitted"].map(|name| report["totals"][name].as_u64())
    };
    let (_, report) = import(&city, file, &[]);
    assert_eq!(totals(&report), [Some(2), Some(0), Some(0), None]);
    std::fs::write(&path, format!("{text}{}\n", row(3))).unwrap();
    // An administrator drafts, and is told who submits.
    let (status, report) = import(&city, file, &["--submit"]);
    assert_eq!(status, Some(1));
    assert_eq!(totals(&report), [Some(0), Some(0), Some(3), Some(0)]);
    let state = |number: u32| {
        let code = format!("307001024/{:06}", 100_000 + number);
        let entry = city.client(0).resource(&code.parse().unwrap(), None);
        entry.unwrap().draft.unwrap().state
    };
    assert_eq!(state(1), DraftState::Draft);
    let submit = |further: &[&str]| {
        let words = [
            "--output",
            "json",
            "import",
            file,
            "--as",
            "D024-head",
            "--submit",
        ];
        let printed = city.cli_with(0, words.iter().chain(further)).ok();
        totals(&serde_json::from_str(&printed).unwrap())
    };
    let all = [Some(1), Some(2), Some(0), Some(3)];
    assert_eq!(submit(&["--dry-run"]), all);
    assert_eq!(state(1), DraftState::Draft);
    assert_eq!(submit(&[]), all);
    city.agree();
    assert!((1..=3).all(|number| state(number) == DraftState::Submitted));
    assert_eq!(submit(&[]), [Some(0), Some(3), Some(0), Some(0)]);
}
