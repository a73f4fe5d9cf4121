//! Sheets: what is read of CSV and workbooks, what is wrong with them, and what is written back.

use std::collections::BTreeMap;

use dirchain_ledger::language::Language;
use dirchain_ledger::records::{FieldType, Sharing};
use rust_xlsxwriter::{Formula, Workbook};

use super::*;
use crate::import::sheet::{
    self, COLUMNS, Cell, Entries, FaultKind, FileKind, RowOutcome, Sheet, SheetError,
};

const HEADINGS: &str = "信息资源代码,信息资源名称,信息项名称,数据类型,共享类型,共享条件";

fn csv(rows: &str) -> Sheet {
    let text = format!("{HEADINGS}\n{rows}");
    sheet::read(text.as_bytes(), FileKind::Csv, None).unwrap()
}

fn entries(rows: &str) -> Entries {
    sheet::entries(&csv(rows)).unwrap()
}

/// What is wrong, as `row letter kind`.
fn faults(rows: &str) -> Vec<String> {
    let mut told = Vec::new();
    for row in entries(rows).catalogue.rows {
        if let Err(Reason::Sheet(faults)) = row.content {
            told.extend(faults.iter().map(|fault| fault.text(Language::English)));
        }
    }
    told
}

#[test]
fn rows_of_one_code_are_the_fields_of_one_entry() {
    let found = entries(
        "307001024/000001,人口,姓名,字符型(50),有条件共享,限救助\n\
         307001024/000001,,余额,\"数值型（10,2）\",,\n\
         307001024/000002,法人,,,无条件共享,\n",
    );
    assert_eq!(found.rows, BTreeMap::from([(2, vec![2, 3]), (4, vec![4])]));
    let of = |index: usize| found.catalogue.rows[index].content.clone().unwrap();
    let first = of(0).entry;
    assert_eq!(first.name.as_str(), "人口");
    assert_eq!(first.fields.len(), 2);
    assert_eq!(first.fields[0].length, Some(50));
    assert_eq!(first.fields[1].field_type, FieldType::N);
    assert_eq!(
        (first.fields[1].length, first.fields[1].precision),
        (Some(10), Some(2))
    );
    let condition = Some("限救助".parse().unwrap());
    assert_eq!(first.sharing, Some(Sharing::Conditional { condition }));
    assert_eq!(of(1).entry.sharing, Some(Sharing::Unconditional));
    assert!(of(1).entry.fields.is_empty());
}

#[test]
fn what_is_wrong_is_told_by_row_and_column() {
    for (rows, says) in [
        (
            "３０７００１０２４/000001,人口,,,,\n",
            "row 2, column A (信息资源代码): `３０７００１０２４/000001` has full-width characters. Write `307001024/000001`",
        ),
        (
            "307001024/000001,人口 ,,,,\n",
            "row 2, column B (信息资源名称): `人口 ` begins or ends with a space. Remove it",
        ),
        (
            "307001024/000001,,,,,\n",
            "row 2, column B (信息资源名称): it is empty. Fill it in",
        ),
        (
            "307001024/000001,人口,姓名,文字,,\n",
            "row 2, column D (数据类型): `文字` is none of its words. There are: 字符型、数值型",
        ),
        (
            "307001024/000001,人口,姓名,,,\n",
            "row 2, column D (数据类型): it is empty",
        ),
        (
            "307001024/000001,人口,,,共享,\n",
            "row 2, column E (共享类型): `共享` is none of its words",
        ),
        (
            "3070/1,人口,,,,\n",
            "row 2, column A (信息资源代码): `3070/1` is not valid here",
        ),
        (",人口,,,,\n", "row 2, column A (信息资源代码): it is empty"),
        (
            "307001024/000001,人口,姓名,C,,\n\n307001024/000001,法人,生日,D,,\n",
            "row 4, column B (信息资源名称): row 2 of the same entry says something else",
        ),
        (
            "307001024/000001,人口,姓名,C,,\n307001024/000001,,姓名,C,,\n",
            "row 3: row 2 names this field of the entry already",
        ),
        (
            "307001024/000001,人\u{7}口,,,,\n",
            "row 2, column B (信息资源名称): it has a character that cannot be seen",
        ),
        (
            "307001024/000001,人\u{200b}口,,,,\n",
            "row 2, column B (信息资源名称): it has a character that cannot be seen",
        ),
        (
            "307001024/000001,tab\tx,,,,\n",
            "row 2, column B (信息资源名称): it has a character that cannot be seen, or looks like a space",
        ),
        (
            "307001024/000001,人\u{a0}口,,,,\n",
            "row 2, column B (信息资源名称): it has a character that cannot be seen, or looks like a space",
        ),
        (
            "307001024/000001,=1+1,,,,\n",
            "row 2, column B (信息资源名称): it holds a formula",
        ),
        (
            "307001024/000001,'@SUM(A1),,,,\n",
            "row 2, column B (信息资源名称): it holds a formula",
        ),
        (
            "307001024/000001,人口,,,,,,多出\n",
            "row 2: `多出` stands in column H, which has no heading",
        ),
    ] {
        let told = faults(rows);
        assert_eq!(told.len(), 1, "{rows}: {told:?}");
        assert!(told[0].starts_with(says), "{rows}: {told:?}");
    }
}

#[test]
fn every_fault_of_an_entry_is_told_at_once_and_concerns_it_alone() {
    let rows = "307001024/000001, 人口,姓名,文字,共享,\n307001024/000002,法人,,,,\n";
    assert_eq!(faults(rows).len(), 3);
    let found = entries(rows);
    assert!(found.catalogue.rows[0].content.is_err());
    assert!(found.catalogue.rows[1].content.is_ok());
}

#[test]
fn an_entry_whose_rows_stand_apart_does_not_land_by_half() {
    let rows = "307001024/000001,人口,姓名,C,,\n307001024/000002,法人,,,,\n307001024/000001,人口,生日,D,,\n";
    assert_eq!(
        faults(rows)
            .iter()
            .map(|told| &told[..told.find(". ").unwrap()])
            .collect::<Vec<_>>(),
        [
            "row 2, column A (信息资源代码): row 4 has this code as well",
            "row 4, column A (信息资源代码): row 2 has this code as well",
        ]
    );
    assert!(entries(rows).catalogue.rows[1].content.is_ok());
    // Another entry under a code that is taken is at fault alone.
    let rows = rows.replace("000001,人口,生日", "000001,户籍,生日");
    assert_eq!(faults(&rows).len(), 1);
    assert!(entries(&rows).catalogue.rows[0].content.is_ok());
}

#[test]
fn fields_are_numbered_all_or_none_entry_by_entry() {
    let text = "code,name,field,field_type,field_number\n\
        307001024/000001,people,name,C,\n307001024/000001,,born,D,\n\
        307001024/000002,firms,name,C,7\n307001024/000002,,born,D,3\n\
        307001024/000003,cars,name,C,1\n307001024/000003,,born,D,\n";
    let sheet = sheet::read(text.as_bytes(), FileKind::Csv, None).unwrap();
    let rows = sheet::entries(&sheet).unwrap().catalogue.rows;
    let numbers = |index: usize| -> Vec<(u16, bool)> {
        let described = rows[index].content.as_ref().unwrap();
        let placed = described.placed.as_ref().unwrap();
        let fields = described.entry.fields.iter();
        fields
            .map(|field| (field.number.0, placed.is_numbered))
            .collect()
    };
    assert_eq!(numbers(0), [(1, false), (2, false)]);
    assert_eq!(numbers(1), [(3, true), (7, true)]);
    let Err(Reason::Sheet(faults)) = &rows[2].content else {
        panic!("one of its fields has no number");
    };
    assert_eq!(
        faults[0].text(Language::English),
        "row 7, column E (信息项编号): it is empty. Fill it in"
    );
}

#[test]
fn what_is_to_be_mended_comes_back_and_no_program_computes_it() {
    let sheet = csv("307001024/000001,\"=HYPERLINK(\"\"x\"\")\",,,,\n");
    let bytes = sheet::written_back(FileKind::Csv, &sheet, &BTreeMap::new()).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{text}");
    let back = sheet::read(&bytes, FileKind::Csv, None).unwrap();
    assert_eq!(back.rows[1], sheet.rows[1], "it is a formula still");
    let bytes = workbook(|sheet| {
        sheet.write_string(1, 0, "307001024/000001").unwrap();
        sheet
            .write_formula(1, 1, Formula::new("=A1").set_result("x"))
            .unwrap();
        let format = rust_xlsxwriter::Format::new();
        sheet.merge_range(3, 1, 4, 1, "法人", &format).unwrap();
        sheet.write_string(4, 0, "307001024/000002").unwrap();
    });
    let read = sheet::read(&bytes, FileKind::Xlsx, None).unwrap();
    let bytes = sheet::written_back(FileKind::Xlsx, &read, &BTreeMap::new()).unwrap();
    let back = sheet::read(&bytes, FileKind::Xlsx, None).unwrap();
    assert_eq!(back.rows[1].cells[&1], Cell::Formula("=A1".to_owned()));
    assert_eq!(back.rows[2].cells[&1].text(), "法人");
}

#[test]
fn no_text_of_a_csv_that_is_written_back_is_computed_and_each_is_read_as_it_was() {
    for (text, written) in [
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("+86 10 1234", "'+86 10 1234"),
        ("-不含港澳台", "'-不含港澳台"),
        ("－1+1", "'－1+1"),
        ("＝1", "'＝1"),
        ("\t=1+1", "'\t=1+1"),
        ("\u{a0}=1+1", "'\u{a0}=1+1"),
        (" @x", "' @x"),
        ("'+1+1", "''+1+1"),
        ("=1+1", "'=1+1"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        ("-", "-"),
        ("'引", "'引"),
        ("0100", "0100"),
        ("a=b", "a=b"),
    ] {
        let cell = match text.starts_with('=') {
            true => Cell::Formula(text.to_owned()),
            false => Cell::Text(text.to_owned()),
        };
        let mut sheet = csv("307001024/000001,人口,,,,\n");
        sheet.rows[1].cells.insert(1, cell);
        let bytes = sheet::written_back(FileKind::Csv, &sheet, &BTreeMap::new()).unwrap();
        let printed = String::from_utf8(bytes.clone()).unwrap();
        assert!(
            printed.contains(&format!("307001024/000001,{written},")),
            "{printed}"
        );
        let back = sheet::read(&bytes, FileKind::Csv, None).unwrap();
        assert_eq!(back.rows[1].cells[&1], sheet.rows[1].cells[&1], "{text}");
    }
}

#[test]
fn a_workbook_that_nobody_mended_is_refused_again_for_the_same_reasons() {
    let bytes = workbook(|sheet| {
        let code = |number: u32| format!("307001024/{number:06}");
        let text = rust_xlsxwriter::Format::new();
        let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_string(1, 0, code(1)).unwrap();
        let formula = Formula::new("=CONCATENATE(\"a\",\"b\")").set_result("ab");
        sheet.write_formula(1, 1, formula).unwrap();
        sheet.write_string(2, 0, code(2)).unwrap();
        let broken = Formula::new("=#REF!").set_result("#REF!");
        sheet.write_formula(2, 1, broken).unwrap();
        sheet.write_number(3, 0, 100.0).unwrap();
        sheet.write_string(3, 1, "法人").unwrap();
        sheet.write_string(4, 0, code(4)).unwrap();
        sheet.write_string(4, 1, "=1+1").unwrap();
        sheet.write_string(5, 0, code(5)).unwrap();
        let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 1, 31).unwrap();
        sheet.write_datetime_with_format(5, 1, &date, &day).unwrap();
        sheet.write_string(6, 0, code(6)).unwrap();
        sheet.write_boolean(6, 1, true).unwrap();
        sheet.write_string(7, 0, code(7)).unwrap();
        sheet.merge_range(7, 1, 8, 2, "户籍", &text).unwrap();
        sheet.write_string(8, 0, code(8)).unwrap();
    });
    let told = |bytes: &[u8]| -> Vec<String> {
        let sheet = sheet::read(bytes, FileKind::Xlsx, None).unwrap();
        let rows = sheet::entries(&sheet).unwrap().catalogue.rows;
        assert_eq!(rows.len(), 8);
        let faults = rows.into_iter().flat_map(|row| match row.content {
            Err(Reason::Sheet(faults)) => faults,
            other => panic!("row {} is taken: {other:?}", row.number),
        });
        // True or false comes back as a formula's text.
        let is_value =
            |kind: &FaultKind| matches!(kind, FaultKind::NoText(given) if given == "true");
        let kind = |kind: FaultKind| {
            if is_value(&kind) {
                FaultKind::Formula
            } else {
                kind
            }
        };
        faults
            .map(|fault| format!("{} {:?}", fault.row, kind(fault.kind)))
            .collect()
    };
    let refused = told(&bytes);
    for says in [
        "2 Formula",
        "3 Formula",
        "4 NumberForCode(\"100\")",
        "5 Formula",
        "6 NoText(\"2026-01-31\")",
        "7 Formula",
        "8 Merged(\"B8:C9\")",
        "9 Merged(\"B8:C9\")",
    ] {
        assert!(
            refused.iter().any(|told| told == says),
            "{says}: {refused:?}"
        );
    }
    let mut back = bytes;
    for _ in 0..2 {
        let sheet = sheet::read(&back, FileKind::Xlsx, None).unwrap();
        let outcomes = BTreeMap::from([(2, RowOutcome::default())]);
        back = sheet::written_back(FileKind::Xlsx, &sheet, &outcomes).unwrap();
        assert_eq!(told(&back), refused);
    }
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    let sheet = csv("\n\"307001024/000001\",\"人\n口\",,,,\n\n\n307001024/000002,法人,,,,");
    let numbers: Vec<u32> = sheet.rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [1, 3, 6]);
}

#[test]
fn headings_are_chinese_or_english_and_wrong_ones_are_named_with_their_cell() {
    let read = |text: &str| sheet::read(text.as_bytes(), FileKind::Csv, None).unwrap();
    let english = read("code,name,Field,field_type\n307001024/000001,people,name,C\n");
    assert_eq!(sheet::entries(&english).unwrap().catalogue.rows.len(), 1);
    let wrong = |text: &str| match sheet::entries(&read(text)).unwrap_err() {
        headings @ SheetError::Headings(_) => {
            let chinese = headings.told(Language::Chinese);
            assert!(chinese.starts_with("第 1 行"), "{chinese}");
            assert!(!chinese.contains("row 1"), "{chinese}");
            headings.to_string()
        }
        other => panic!("{other}"),
    };
    let told = wrong("信息资源代码,名字,信息资源代码\n");
    assert!(
        told.contains("row 1, column B: `名字` is no heading"),
        "{told}"
    );
    assert!(
        told.contains("row 1, column C: the heading `信息资源代码` stands there twice"),
        "{told}"
    );
    assert!(
        told.contains("row 1: the heading `信息资源名称` is missing"),
        "{told}"
    );
    assert!(wrong("").contains("信息资源代码"));
    assert!(wrong("某市目录\n信息资源代码,信息资源名称\n").contains("某市目录"));
}

#[test]
fn encodings_are_told_apart_and_a_wrong_one_is_named_with_its_row() {
    let text = format!("{HEADINGS}\n307001024/000001,户籍人口,姓名,字符型,无条件共享,\n");
    let plain = sheet::read(text.as_bytes(), FileKind::Csv, None).unwrap();
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    assert_eq!(sheet::read(&marked, FileKind::Csv, None).unwrap(), plain);
    let (gb, _, lossy) = encoding_rs::GB18030.encode(&text);
    assert!(!lossy && gb.as_ref() != text.as_bytes());
    assert_eq!(sheet::read(&gb, FileKind::Csv, None).unwrap(), plain);
    let broken = [text.as_bytes(), b"307001024/000002,\xFF\xFE,,,,\n"].concat();
    let error = sheet::read(&broken, FileKind::Csv, None).unwrap_err();
    assert_eq!(error, SheetError::Encoding { row: 3 });
    let (big5, _, _) = encoding_rs::BIG5.encode("資源代碼,名稱\n");
    let error = sheet::read(&big5, FileKind::Csv, None).unwrap_err();
    assert_eq!(error, SheetError::Encoding { row: 1 });
}

/// A workbook whose second row is made by `fill`, below Chinese headings.
fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (index, heading) in HEADINGS.split(',').enumerate() {
        sheet
            .write_string(0, u16::try_from(index).unwrap(), heading)
            .unwrap();
    }
    fill(sheet);
    workbook.save_to_buffer().unwrap()
}

fn workbook_faults(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<FaultKind> {
    let sheet = sheet::read(&workbook(fill), FileKind::Xlsx, None).unwrap();
    let mut told = Vec::new();
    for row in sheet::entries(&sheet).unwrap().catalogue.rows {
        if let Err(Reason::Sheet(faults)) = row.content {
            told.extend(faults.into_iter().map(|fault| fault.kind));
        }
    }
    told
}

#[test]
fn workbooks_keep_texts_and_refuse_formulas_merged_cells_and_numbers_for_codes() {
    let told = workbook_faults(|sheet| {
        sheet.write_number(1, 0, 100.0).unwrap();
        sheet.write_string(1, 1, "人口").unwrap();
        sheet.write_string(3, 0, "307001024/000001").unwrap();
        sheet
            .write_formula(3, 1, Formula::new("=A1").set_result("人口"))
            .unwrap();
        sheet.write_string(5, 0, "307001024/000002").unwrap();
        let format = rust_xlsxwriter::Format::new();
        sheet.merge_range(5, 1, 6, 1, "法人", &format).unwrap();
        sheet.write_string(6, 0, "307001024/000002").unwrap();
        sheet.write_string(8, 0, "307001024/000003").unwrap();
        sheet.write_boolean(8, 1, true).unwrap();
    });
    let kinds: Vec<String> = told.iter().map(|kind| format!("{kind:?}")).collect();
    let kinds = kinds.join(" ");
    assert!(kinds.starts_with(r#"NumberForCode("100")"#), "{kinds}");
    assert!(kinds.contains("Formula"), "{kinds}");
    assert!(kinds.contains(r#"Merged("B6:B7")"#), "{kinds}");
    assert!(kinds.contains("NoText"), "{kinds}");
}

#[test]
fn a_workbook_of_several_sheets_needs_a_name_and_other_files_are_no_workbook() {
    let mut workbook = Workbook::new();
    for name in ["说明", "目录"] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.write_string(0, 0, "信息资源代码").unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let error = sheet::read(&bytes, FileKind::Xlsx, None).unwrap_err();
    let names = vec!["说明".to_owned(), "目录".to_owned()];
    assert_eq!(error, SheetError::WhichSheet { names });
    assert!(sheet::read(&bytes, FileKind::Xlsx, Some("目录")).is_ok());
    for bytes in [&b""[..], b"PK\x03\x04", b"code,name\n"] {
        let error = sheet::read(bytes, FileKind::Xlsx, None).unwrap_err();
        assert!(matches!(error, SheetError::NoWorkbook { .. }), "{error}");
    }
}

/// A zip file whose one part is many bytes of the same.
fn bomb(size_bytes: u64) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().large_file(true);
    writer
        .start_file("xl/worksheets/sheet1.xml", options)
        .unwrap();
    let piece = vec![b' '; 1 << 20];
    for _ in 0..size_bytes >> 20 {
        writer.write_all(&piece).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_small_file_that_unpacks_to_much_is_refused() {
    let bytes = bomb(600 << 20);
    assert!(bytes.len() < 4 << 20, "{}", bytes.len());
    let error = sheet::read(&bytes, FileKind::Xlsx, None).unwrap_err();
    assert!(matches!(error, SheetError::TooMany { .. }), "{error}");
}

#[test]
fn a_cell_far_away_is_refused_and_takes_no_memory() {
    let bytes = workbook(|sheet| {
        sheet
            .write_string(1_048_575, 0, "307001024/000001")
            .unwrap();
    });
    let error = sheet::read(&bytes, FileKind::Xlsx, None).unwrap_err();
    assert!(
        matches!(error, SheetError::TooMany { what: "rows", .. }),
        "{error}"
    );
    let wide = workbook(|sheet| {
        sheet.write_string(1, 16_383, "x").unwrap();
    });
    let error = sheet::read(&wide, FileKind::Xlsx, None).unwrap_err();
    assert!(
        matches!(
            error,
            SheetError::TooMany {
                what: "columns",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_template_has_every_heading_and_is_read_back_in_both_forms() {
    for kind in [FileKind::Csv, FileKind::Xlsx] {
        let sheet = sheet::read(&sheet::template(kind).unwrap(), kind, None).unwrap();
        assert_eq!(sheet.rows.len(), 1);
        let headings: Vec<&Cell> = sheet.rows[0].cells.values().collect();
        assert_eq!(headings.len(), COLUMNS.len());
        assert!(sheet::entries(&sheet).unwrap().catalogue.rows.is_empty());
    }
}

#[test]
fn a_sheet_is_written_back_with_its_rows_where_they_were_and_can_be_read_again() {
    let sheet = csv("\n307001024/000001,人口,姓名,C,,\n\n307001024/000002,0100,,,,\n");
    let outcome = |status: &str| RowOutcome {
        status: status.to_owned(),
        reason: "第 3 行，\"原因\"".to_owned(),
    };
    let outcomes = BTreeMap::from([(3, outcome("新增")), (5, outcome("未导入"))]);
    for kind in [FileKind::Csv, FileKind::Xlsx] {
        let bytes = sheet::written_back(kind, &sheet, &outcomes).unwrap();
        let back = sheet::read(&bytes, kind, None).unwrap();
        let numbers: Vec<u32> = back.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [1, 3, 5], "{kind:?}");
        assert_eq!(back.rows[2].cells[&1], Cell::Text("0100".to_owned()));
        assert_eq!(back.rows[2].cells[&6], Cell::Text("未导入".to_owned()));
        // A mended sheet is imported as it was written, and written again with one pair of columns.
        assert_eq!(
            sheet::entries(&back).unwrap().catalogue,
            sheet::entries(&sheet).unwrap().catalogue
        );
        let again = sheet::written_back(kind, &back, &outcomes).unwrap();
        assert_eq!(sheet::read(&again, kind, None).unwrap(), back);
    }
}

/// Imports rows into the world: the plan's totals as created, changed, unchanged, refused.
fn import(world: &mut World, rows: &str) -> [usize; 4] {
    let catalogue = entries(rows).catalogue;
    let mut existing = Existing::default();
    for record in world.records(RecordKind::Resource) {
        if let Record::Resource(resource) = record {
            existing.add_coded(&resource);
        }
    }
    let agency = world
        .ledger
        .state
        .department(&world.agency)
        .unwrap()
        .unwrap();
    let options = Options::new(&agency, None);
    let plan = plan(&catalogue, &existing, &options).unwrap();
    world.apply(&plan);
    let totals = plan.report().totals;
    [
        totals.created,
        totals.changed,
        totals.unchanged,
        totals.refused,
    ]
}

#[test]
fn a_second_import_changes_nothing_and_a_changed_sheet_what_it_changed() {
    let mut world = World::dol();
    let rows = "307001054/000001,人口,姓名,C(50),有条件共享,限救助\n307001054/000001,,生日,D,,\n307001054/000002,法人,,,,\n";
    assert_eq!(import(&mut world, rows), [2, 0, 0, 0]);
    assert_eq!(import(&mut world, rows), [0, 0, 2, 0]);
    let longer = rows.replace("C(50)", "C(60)");
    assert_eq!(import(&mut world, &longer), [0, 1, 1, 0]);
    let record = world
        .ledger
        .state
        .resource(&"307001054/000001".parse().unwrap());
    let draft = record.unwrap().unwrap().draft.unwrap().entry;
    assert_eq!(draft.fields.len(), 2);
    assert_eq!(draft.fields[0].length, Some(60));
    assert_eq!(import(&mut world, &longer), [0, 0, 2, 0]);
}

#[test]
fn what_was_overtaken_by_its_like_is_unchanged_and_the_rest_stays_refused() {
    let world = World::dol();
    let agency = world.ledger.state.department(&world.agency);
    let options = Options::new(&agency.unwrap().unwrap(), None);
    let rows = "307001054/000001,人口,,,,\n307001054/000002,法人,,,,\n307001054/000003,户籍,,,,\n";
    let catalogue = entries(rows).catalogue;
    let first = plan(&catalogue, &Existing::default(), &options).unwrap();
    let codes: Vec<ResourceCode> = first
        .drafts
        .iter()
        .map(|draft| draft.code.clone())
        .collect();
    let mut report = first.report();
    let reasons = codes.iter().map(|code| (code.clone(), "taken".to_owned()));
    report.mark_refused(&reasons.collect());
    let counted = |report: &Report| {
        let totals = report.totals;
        [
            totals.entries,
            totals.created,
            totals.unchanged,
            totals.refused,
        ]
    };
    assert_eq!(counted(&report), [3, 0, 0, 3]);
    assert!(report.to_string().contains("taken"), "{report}");
    // Somebody wrote the first just so, and the second otherwise; the third was refused otherwise.
    let mut existing = Existing::default();
    for (row, name) in [(0, "人口"), (1, "别的")] {
        let mut draft = first.drafts[row].clone();
        draft.entry.name = name.parse().unwrap();
        if row == 1 {
            draft.entry.attributes = List::default();
        }
        let mut resource = Resource::new(draft.code, draft.provider, Default::default());
        let status = dirchain_ledger::records::DraftStatus::Draft;
        let entry = draft.entry;
        resource.draft = Some(dirchain_ledger::records::Draft { status, entry });
        existing.add_coded(&resource);
    }
    let later = plan(&catalogue, &existing, &options).unwrap();
    report.mark_unchanged(&codes[..2].iter().cloned().collect(), later.report());
    assert_eq!(counted(&report), [3, 0, 1, 2]);
}

#[test]
fn a_report_is_told_in_chinese_as_in_english() {
    let rows = "307001054/000001,人口,,,,\n307001054/000002,法人 ,,,,\n";
    let world = World::dol();
    let agency = world.ledger.state.department(&world.agency);
    let options = Options::new(&agency.unwrap().unwrap(), None);
    let plan = plan(&entries(rows).catalogue, &Existing::default(), &options).unwrap();
    let told = |language| {
        let mut report = plan.report_in(language);
        report.mark_submitted(&plan);
        format!("{report:#}")
    };
    let (chinese, english) = (told(Language::Chinese), told(Language::English));
    for says in [
        "2  目录",
        "1  新增",
        "1  未导入",
        "0  其中内容完整",
        "0  其中提交",
        "提交前尚缺\n",
        "各行\n",
        "第 3 行 B 列（信息资源名称）：“法人 ”首尾有空格，请删除",
    ] {
        assert!(chinese.contains(says), "{says}: {chinese}");
    }
    for word in ["entries", "lack", "Row", "refused", "created"] {
        assert!(!chinese.contains(word), "{word}: {chinese}");
    }
    assert_eq!(chinese.lines().count(), english.lines().count());
}

#[test]
fn both_languages_say_something_of_every_fault() {
    let kinds = [
        FaultKind::Missing,
        FaultKind::Formula,
        FaultKind::Merged("A1:A2".into()),
        FaultKind::Beyond {
            column: "H".into(),
            given: "x".into(),
        },
        FaultKind::NumberForCode("1".into()),
        FaultKind::Control,
        FaultKind::DuplicateCode { other: 2 },
        FaultKind::Neighbour { row: 2 },
    ];
    for kind in kinds {
        let fault = sheet::Fault {
            row: 7,
            column: None,
            kind,
        };
        let (chinese, english) = (fault.text(Language::Chinese), fault.text(Language::English));
        assert!(chinese.starts_with("第 7 行："), "{chinese}");
        assert!(
            english.starts_with("row 7: ") && english.is_ascii(),
            "{english}"
        );
    }
}
