//! The city's catalogue entries, from `samples/resources.json`, with complete core metadata.

use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode};
use dirchain_ledger::limits;
use dirchain_ledger::records::{
    Attribute, Category, Entry, Field, Openness, ResourceKind, SensitivityLevel, Sharing,
    SharingMethod, UpdateCycle,
};
use serde::Deserialize;

use super::error::{SampleError, id, list, text};
use super::responsibilities::producing;
use super::{departments, fields};

const RESOURCES: &str = include_str!("../../../samples/resources.json");

/// An entry as the sample's file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    name: String,
    dept: String,
    share: Share,
    cond: String,
    cycle: Cycle,
    binding: Form,
    items: Vec<String>,
}

#[derive(Copy, Clone, Deserialize)]
enum Share {
    #[serde(rename = "无条件")]
    Unconditional,
    #[serde(rename = "有条件")]
    Conditional,
    #[serde(rename = "不予")]
    NotShared,
}

#[derive(Copy, Clone, Deserialize)]
enum Cycle {
    #[serde(rename = "实时")]
    RealTime,
    #[serde(rename = "每日")]
    Daily,
    #[serde(rename = "每周")]
    Weekly,
    #[serde(rename = "每月")]
    Monthly,
    #[serde(rename = "每季度")]
    Quarterly,
    #[serde(rename = "每年")]
    Yearly,
}

#[derive(Copy, Clone, Deserialize)]
enum Form {
    #[serde(rename = "API")]
    Interface,
    #[serde(rename = "TABLE")]
    Table,
    #[serde(rename = "FILE")]
    File,
    #[serde(rename = "NONE")]
    NotHandedOver,
}

/// An entry of the city, ready to be drafted.
#[derive(Clone)]
pub(super) struct CityEntry {
    /// Its code.
    pub(super) code: ResourceCode,
    /// Who provides it.
    pub(super) provider: DepartmentId,
    /// What it says.
    pub(super) entry: Entry,
}

/// Fields whose sharing type or level is not their entry's.
const OWN_SHARING: [(&str, u16, Own); 2] = [
    (
        "102001/000001",
        3,
        Own::Conditional("限税收、市场监管等需核验法定代表人身份的业务"),
    ),
    (
        "307001011/000001",
        4,
        Own::NotShared("《中华人民共和国社会保险法》第八十一条(示例)"),
    ),
];

#[derive(Copy, Clone)]
enum Own {
    Conditional(&'static str),
    NotShared(&'static str),
}

/// Reads every entry, in the order of the file.
pub(super) fn read() -> Result<Vec<CityEntry>, SampleError> {
    let departments = departments::read()?;
    let rows: Vec<Row> = serde_json::from_str(RESOURCES)?;
    rows.iter()
        .map(|row| {
            let provider: DepartmentId = id(&row.dept)?;
            let department = departments.iter().find(|row| row.id == provider);
            let department =
                department.ok_or_else(|| SampleError::value(&row.dept, "no such department"))?;
            Ok(CityEntry {
                code: id(&row.code)?,
                entry: entry(row, &department.name)?,
                provider,
            })
        })
        .collect()
}

fn entry(row: &Row, provider: &str) -> Result<Entry, SampleError> {
    let code: ResourceCode = id(&row.code)?;
    let duty = producing(&code)?;
    let level = level(row);
    let (kind, method) = form(row.binding);
    let fields = entry_fields(row, level)?;
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let summary = format!(
        "{provider}履行“{}”职责产生的{},含{}等{}个信息项。示例数据。",
        duty.title,
        row.name,
        names.join("、"),
        names.len(),
    );
    let mark = Attribute {
        name: text("说明")?,
        value: text("示例目录条目,不对应任何真实系统")?,
    };
    Ok(Entry {
        name: text(&row.name)?,
        responsibility: Some(duty.code()?),
        summary: Some(text(&summary)?),
        category: Some(category(&row.code)),
        kind: Some(kind),
        fields,
        sharing: Some(sharing(row)?),
        method: Some(method),
        openness: Some(match row.share {
            Share::Unconditional => Openness::Open,
            Share::Conditional | Share::NotShared => Openness::Closed,
        }),
        update_cycle: Some(cycle(row.cycle)),
        level: Some(level),
        related_codes: List::default(),
        attributes: list(vec![mark])?,
    })
}

fn entry_fields(
    row: &Row,
    level: SensitivityLevel,
) -> Result<List<Field, { limits::FIELDS_MAX }>, SampleError> {
    let mut fields = Vec::new();
    for (number, item) in (1u16..).zip(&row.items) {
        let mut field = fields::parse(FieldNumber(number), item)?;
        // A number that names a person is the most sensitive thing in an entry about persons.
        let names_a_person = field.name.contains("证件号码") || field.name.contains("公民身份号码");
        if names_a_person && level == SensitivityLevel::Three {
            field.level = Some(SensitivityLevel::Four);
        }
        let own = OWN_SHARING
            .iter()
            .find(|(code, at, _)| *code == row.code && *at == number);
        match own {
            Some((_, _, Own::Conditional(condition))) => {
                field.sharing = Some(Sharing::Conditional {
                    condition: Some(text(condition)?),
                });
                field.level = Some(SensitivityLevel::Two);
            }
            Some((_, _, Own::NotShared(law))) => {
                field.sharing = Some(Sharing::NotShared {
                    legal_basis: Some(text(law)?),
                });
                field.level = Some(SensitivityLevel::Four);
            }
            None => {}
        }
        fields.push(field);
    }
    list(fields)
}

/// The class (类) of a code: 1 base, 2 theme, 3 a department's business.
fn category(code: &str) -> Category {
    match code.as_bytes().first() {
        Some(b'1') => Category::Base,
        Some(b'2') => Category::Theme,
        Some(_) | None => Category::Business,
    }
}

/// Open data is level 1, data under conditions 3 where it names persons and 2 where it does not,
/// data that is not shared 4.
fn level(row: &Row) -> SensitivityLevel {
    let names_persons = |item: &String| {
        ["号码", "残疾人证号", "出生证编号"]
            .iter()
            .any(|part| item.contains(part))
    };
    match row.share {
        Share::Unconditional => SensitivityLevel::One,
        Share::Conditional if row.items.iter().any(names_persons) => SensitivityLevel::Three,
        Share::Conditional => SensitivityLevel::Two,
        Share::NotShared => SensitivityLevel::Four,
    }
}

fn sharing(row: &Row) -> Result<Sharing, SampleError> {
    Ok(match row.share {
        Share::Unconditional => Sharing::Unconditional,
        Share::Conditional => Sharing::Conditional {
            condition: Some(text(&row.cond)?),
        },
        Share::NotShared => Sharing::NotShared {
            legal_basis: Some(text(&law(&row.cond)?)?),
        },
    })
}

/// The law that a note such as `法律依据必填(示例:《传染病防治法》)` names, marked as a sample.
fn law(note: &str) -> Result<String, SampleError> {
    let inner = note
        .split_once('《')
        .and_then(|(_, rest)| rest.split_once('》'));
    let (name, _) = inner.ok_or_else(|| SampleError::value(note, "no law in 《》"))?;
    Ok(format!("《{name}》(示例)"))
}

fn cycle(cycle: Cycle) -> UpdateCycle {
    match cycle {
        Cycle::RealTime => UpdateCycle::RealTime,
        Cycle::Daily => UpdateCycle::Daily,
        Cycle::Weekly => UpdateCycle::Weekly,
        Cycle::Monthly => UpdateCycle::Monthly,
        Cycle::Quarterly => UpdateCycle::Quarterly,
        Cycle::Yearly => UpdateCycle::Yearly,
    }
}

fn form(form: Form) -> (ResourceKind, SharingMethod) {
    match form {
        Form::Interface => (ResourceKind::Interface, SharingMethod::Query),
        Form::Table => (ResourceKind::Table, SharingMethod::Exchange),
        Form::File => (ResourceKind::File, SharingMethod::Download),
        Form::NotHandedOver => (ResourceKind::Table, SharingMethod::Offline),
    }
}
