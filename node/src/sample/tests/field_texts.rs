//! Fields as the sample writes them.

use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::FieldType;

use crate::sample::fields::parse;

#[test]
fn type_length_digits_and_unit_are_read() {
    let read = |item: &str| {
        let field = parse(FieldNumber(1), item).unwrap();
        let unit = field.unit.map(|unit| unit.to_string());
        (
            field.name.to_string(),
            field.field_type,
            field.length,
            field.precision,
            unit,
        )
    };
    let capital = (
        "注册资本".to_owned(),
        FieldType::Y,
        Some(18),
        Some(2),
        Some("万元".to_owned()),
    );
    assert_eq!(read("注册资本/Y18,2(万元)"), capital);
    let code = (
        "统一社会信用代码".to_owned(),
        FieldType::C,
        Some(18),
        None,
        None,
    );
    assert_eq!(read("统一社会信用代码/C18"), code);
    assert_eq!(
        read("成立日期/D"),
        ("成立日期".to_owned(), FieldType::D, None, None, None)
    );
    assert_eq!(
        read("a/b/L"),
        ("a/b".to_owned(), FieldType::L, None, None, None)
    );
}

#[test]
fn anything_else_is_named_and_refused() {
    for bad in [
        "",
        "名称",
        "名称/",
        "名称/X3",
        "名称/Cx",
        "名称/C3,",
        "名称/C3(元",
        "名称/C3()",
        "/C3",
        "名称/C99999999999",
    ] {
        let error = parse(FieldNumber(1), bad).unwrap_err().to_string();
        assert!(error.starts_with("the sample holds `"), "{bad}: {error}");
    }
}
