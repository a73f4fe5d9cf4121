//! The words of columns with a fixed list, Chinese and English, and what else a cell may say.

use dirchain_ledger::records::{
    Category, FieldType, Openness, ResourceKind, SensitivityLevel, SharingMethod, UpdateCycle,
};

use super::fault::FaultKind;

type Words<T> = &'static [(T, &'static [&'static str])];

pub(super) const CATEGORIES: Words<Category> = &[
    (
        Category::Base,
        &["基础信息资源", "基础信息资源类", "基础", "base"],
    ),
    (
        Category::Theme,
        &["主题信息资源", "主题信息资源类", "主题", "theme"],
    ),
    (
        Category::Business,
        &["部门信息资源", "部门信息资源类", "部门", "业务", "business"],
    ),
];

pub(super) const KINDS: Words<ResourceKind> = &[
    (ResourceKind::Table, &["库表", "数据库", "table"]),
    (ResourceKind::Interface, &["接口", "服务接口", "interface"]),
    (
        ResourceKind::File,
        &["文件", "电子文件", "电子表格", "图形图像", "流媒体", "file"],
    ),
    (ResourceKind::Certificate, &["电子证照", "certificate"]),
];

pub(super) const METHODS: Words<SharingMethod> = &[
    (
        SharingMethod::Exchange,
        &["数据交换", "共享平台", "共享平台方式", "exchange"],
    ),
    (SharingMethod::Query, &["接口查询", "查询", "query"]),
    (SharingMethod::Download, &["文件下载", "下载", "download"]),
    (
        SharingMethod::Offline,
        &["线下", "邮件", "拷盘", "介质交换", "offline"],
    ),
];

pub(super) const OPENNESS: Words<Openness> = &[
    (Openness::Open, &["无条件开放", "open"]),
    (Openness::Conditional, &["有条件开放", "conditional"]),
    (Openness::Closed, &["不予开放", "不开放", "closed"]),
];

pub(super) const CYCLES: Words<UpdateCycle> = &[
    (UpdateCycle::RealTime, &["实时", "real_time"]),
    (UpdateCycle::Daily, &["每日", "daily"]),
    (UpdateCycle::Weekly, &["每周", "weekly"]),
    (UpdateCycle::Monthly, &["每月", "monthly"]),
    (UpdateCycle::Quarterly, &["每季度", "quarterly"]),
    (UpdateCycle::HalfYearly, &["每半年", "half_yearly"]),
    (UpdateCycle::Yearly, &["每年", "yearly"]),
    (UpdateCycle::Rarer, &["两年及以上", "rarer"]),
    (UpdateCycle::Irregular, &["不定期", "irregular"]),
];

pub(super) const TYPES: Words<FieldType> = &[
    (FieldType::C, &["字符型", "C"]),
    (FieldType::N, &["数值型", "N"]),
    (FieldType::Y, &["货币型", "Y"]),
    (FieldType::D, &["日期型", "D"]),
    (FieldType::T, &["日期时间型", "T"]),
    (FieldType::L, &["逻辑型", "L"]),
    (FieldType::I, &["图像型", "I"]),
    (FieldType::F, &["文件型", "F"]),
];

/// How an entry or a field is shared, before its condition or legal basis is known.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum SharingWord {
    Unconditional,
    Conditional,
    NotShared,
}

pub(super) const SHARINGS: Words<SharingWord> = &[
    (
        SharingWord::Unconditional,
        &["无条件共享", "无条件", "unconditional"],
    ),
    (
        SharingWord::Conditional,
        &["有条件共享", "有条件", "conditional"],
    ),
    (SharingWord::NotShared, &["不予共享", "不予", "not_shared"]),
];

pub(super) const LEVELS: Words<SensitivityLevel> = &[
    (SensitivityLevel::One, &["1", "一级"]),
    (SensitivityLevel::Two, &["2", "二级"]),
    (SensitivityLevel::Three, &["3", "三级"]),
    (SensitivityLevel::Four, &["4", "四级"]),
];

/// What a word of a list stands for.
pub(super) fn word<T: Copy>(words: Words<T>, given: &str) -> Result<T, FaultKind> {
    let mut found = words.iter().filter(|(_, spellings)| {
        let mut spellings = spellings.iter();
        spellings.any(|known| known.eq_ignore_ascii_case(given))
    });
    match found.next() {
        Some((value, _)) => Ok(*value),
        None => Err(FaultKind::UnknownWord {
            given: shortened(given),
            known: known(words),
        }),
    }
}

/// The word that a template writes of each value.
pub(super) fn known<T>(words: Words<T>) -> String {
    let first = words.iter().filter_map(|(_, spellings)| spellings.first());
    first.copied().collect::<Vec<_>>().join("、")
}

/// As much of a text as an error shows.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN_CHARS: usize = 40;
    match text.chars().count() > SHOWN_CHARS {
        true => format!("{}…", text.chars().take(SHOWN_CHARS).collect::<String>()),
        false => text.to_owned(),
    }
}

/// A text with full-width digits, letters and signs in plain ones.
pub(super) fn plain(text: &str) -> String {
    let narrow = |character: char| match u32::from(character) {
        0x3000 => ' ',
        wide @ 0xFF01..=0xFF5E => wide
            .checked_sub(0xFEE0)
            .and_then(char::from_u32)
            .unwrap_or(character),
        _ => character,
    };
    text.chars().map(narrow).collect()
}

/// A day as `2026-01-31`, of that, of `20260131` or of `2026/1/31`.
pub(super) fn day(given: &str) -> Result<String, FaultKind> {
    let no_date = || FaultKind::NoDate(shortened(given));
    let parts: Vec<&str> = match given.len() {
        8 if given.bytes().all(|b| b.is_ascii_digit()) => {
            let (year, rest) = given.split_at(4);
            let (month, day) = rest.split_at(2);
            vec![year, month, day]
        }
        _ => given.split(['-', '/']).collect(),
    };
    let [year, month, day] = parts.as_slice() else {
        return Err(no_date());
    };
    let date = || {
        let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        jiff::civil::Date::new(year, month, day).ok()
    };
    date().map(|date| date.to_string()).ok_or_else(no_date)
}
