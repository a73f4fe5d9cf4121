//! The columns of a sheet: the national core metadata of government resource catalogues, and what
//! the ledger asks for beyond it. Source: 政务信息资源目录编制指南（试行）, 信息资源核心元数据.

/// A column.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// 信息资源分类
    Category,
    /// 信息资源名称
    Name,
    /// 信息资源代码
    Code,
    /// 信息资源提供方
    ProviderName,
    /// 资源提供方代码
    Provider,
    /// 信息资源摘要
    Abstract,
    /// 信息资源格式
    Kind,
    /// 信息项名称
    FieldName,
    /// 数据类型
    FieldType,
    /// 共享类型
    Sharing,
    /// 共享条件, or the legal basis where the type is 不予共享
    Condition,
    /// 共享方式
    Method,
    /// 开放类型
    Openness,
    /// 更新周期
    UpdateCycle,
    /// 发布日期
    PublishedOn,
    /// 关联资源代码
    RelatedCodes,
    /// 职责代码
    Responsibility,
    /// 数据分级
    Level,
    /// 信息项编号
    FieldNumber,
    /// 数据长度
    FieldLength,
    /// 小数位数
    FieldPrecision,
    /// 计量单位
    FieldUnit,
    /// 数据元代码
    FieldElement,
    /// 信息项共享类型
    FieldSharing,
    /// 信息项共享条件
    FieldCondition,
    /// 信息项分级
    FieldLevel,
    /// 状态: written by an import, passed over when it is read
    Status,
    /// 原因: written by an import, passed over when it is read
    Reason,
}

/// Every column, in the order of a template, with its Chinese headings (the first is the one that is
/// written) and its English one.
pub const COLUMNS: &[(Column, &[&str], &str)] = &[
    (Column::Category, &["信息资源分类"], "category"),
    (Column::Name, &["信息资源名称"], "name"),
    (Column::Code, &["信息资源代码"], "code"),
    (
        Column::ProviderName,
        &["信息资源提供方", "资源提供方"],
        "provider_name",
    ),
    (
        Column::Provider,
        &["资源提供方代码", "提供方代码"],
        "provider",
    ),
    (Column::Abstract, &["信息资源摘要"], "abstract"),
    (Column::Kind, &["信息资源格式"], "kind"),
    (Column::FieldName, &["信息项名称", "信息项"], "field"),
    (Column::FieldType, &["数据类型"], "field_type"),
    (Column::Sharing, &["共享类型"], "sharing"),
    (Column::Condition, &["共享条件"], "condition"),
    (Column::Method, &["共享方式"], "method"),
    (Column::Openness, &["开放类型", "开放属性"], "openness"),
    (Column::UpdateCycle, &["更新周期"], "update_cycle"),
    (Column::PublishedOn, &["发布日期"], "published_on"),
    (Column::RelatedCodes, &["关联资源代码"], "related_codes"),
    (Column::Responsibility, &["职责代码"], "responsibility"),
    (Column::Level, &["数据分级"], "level"),
    (Column::FieldNumber, &["信息项编号"], "field_number"),
    (Column::FieldLength, &["数据长度"], "field_length"),
    (Column::FieldPrecision, &["小数位数"], "field_precision"),
    (Column::FieldUnit, &["计量单位"], "field_unit"),
    (Column::FieldElement, &["数据元代码"], "field_element"),
    (Column::FieldSharing, &["信息项共享类型"], "field_sharing"),
    (
        Column::FieldCondition,
        &["信息项共享条件"],
        "field_condition",
    ),
    (Column::FieldLevel, &["信息项分级"], "field_level"),
];

/// The columns that an import adds when it writes a sheet back.
pub(super) const RESULT_COLUMNS: &[(Column, &[&str], &str)] = &[
    (Column::Status, &["导入状态"], "import_status"),
    (Column::Reason, &["导入说明"], "import_reason"),
];

impl Column {
    /// The column that a heading names.
    pub fn named(heading: &str) -> Option<Self> {
        let all = COLUMNS.iter().chain(RESULT_COLUMNS);
        let mut found = all.filter(|(_, chinese, english)| {
            chinese.contains(&heading) || english.eq_ignore_ascii_case(heading)
        });
        found.next().map(|(column, _, _)| *column)
    }

    /// Its Chinese heading.
    pub fn heading(self) -> &'static str {
        let mut all = COLUMNS.iter().chain(RESULT_COLUMNS);
        let found = all.find(|(column, _, _)| *column == self);
        found
            .and_then(|(_, chinese, _)| chinese.first().copied())
            .unwrap_or_default()
    }

    /// Whether it says something of the entry, not of one of its fields: the rows of one entry
    /// repeat it, or leave it out after the first.
    pub fn is_entrys(self) -> bool {
        match self {
            Column::Category
            | Column::Name
            | Column::Code
            | Column::ProviderName
            | Column::Provider
            | Column::Abstract
            | Column::Kind
            | Column::Sharing
            | Column::Condition
            | Column::Method
            | Column::Openness
            | Column::UpdateCycle
            | Column::PublishedOn
            | Column::RelatedCodes
            | Column::Responsibility
            | Column::Level => true,
            Column::FieldName
            | Column::FieldType
            | Column::FieldNumber
            | Column::FieldLength
            | Column::FieldPrecision
            | Column::FieldUnit
            | Column::FieldElement
            | Column::FieldSharing
            | Column::FieldCondition
            | Column::FieldLevel
            | Column::Status
            | Column::Reason => false,
        }
    }

    /// Whether a number in it is a number, not a code that would lose its zeros.
    pub fn takes_numbers(self) -> bool {
        matches!(
            self,
            Column::Level
                | Column::FieldNumber
                | Column::FieldLength
                | Column::FieldPrecision
                | Column::FieldLevel
        )
    }

    /// Whether its words are codes and numbers: written with full-width characters they are
    /// something else.
    pub fn is_plain(self) -> bool {
        self.takes_numbers()
            || matches!(
                self,
                Column::Code
                    | Column::Provider
                    | Column::PublishedOn
                    | Column::RelatedCodes
                    | Column::Responsibility
                    | Column::FieldElement
            )
    }
}

/// A column's letters as spreadsheets show them: A to Z, AA and on.
pub fn letters(index: usize) -> String {
    let mut rest = index;
    let mut letters = Vec::new();
    loop {
        let digit = u8::try_from(rest % 26).unwrap_or_default();
        letters.push(char::from(b'A'.saturating_add(digit)));
        if rest < 26 {
            break;
        }
        rest = (rest / 26).saturating_sub(1);
    }
    letters.iter().rev().collect()
}
