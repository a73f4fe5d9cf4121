//! What is wrong with a row, said by row and column, in either language.

use dirchain_ledger::language::Language;

use super::column::{Column, letters};

/// Something that keeps a row from being taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row, as the spreadsheet shows it.
    pub row: u32,
    /// The column, from 0, and what it is for; none when the row as a whole is meant.
    pub column: Option<(usize, Column)>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a cell or a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The column needs a value.
    Missing,
    /// A formula instead of a value.
    Formula,
    /// A part of merged cells, by the name of their range.
    Merged(String),
    /// A cell under no heading.
    Beyond {
        /// The column's letters.
        column: String,
        /// What stands there.
        given: String,
    },
    /// A number where a code belongs: its zeros may be gone.
    NumberForCode(String),
    /// True or false, an error, a duration.
    NoText(String),
    /// Spaces before or after the text.
    Spaces(String),
    /// Full-width characters in a code or number.
    FullWidth {
        /// What stands there.
        given: String,
        /// What it would be in plain characters.
        plain: String,
    },
    /// A character that no spreadsheet shows, or shows as a space.
    Control,
    /// A word that the column does not know.
    UnknownWord {
        /// What stands there.
        given: String,
        /// What it takes.
        known: String,
    },
    /// A text that the ledger does not take there.
    NotTaken(String),
    /// No whole number, or too large a one.
    NoNumber(String),
    /// No day.
    NoDate(String),
    /// The entry's first row says something else.
    Differs {
        /// The entry's first row.
        first: u32,
    },
    /// The same code stands in rows elsewhere.
    DuplicateCode {
        /// Where.
        other: u32,
    },
    /// The field was named before.
    DuplicateField {
        /// Where.
        first: u32,
    },
    /// The provider's name is another.
    OtherName {
        /// The name on the ledger.
        known: String,
    },
    /// Another row of the entry is at fault.
    Neighbour {
        /// Which.
        row: u32,
    },
    /// The entry as a whole cannot be taken.
    Entry {
        /// In Chinese.
        chinese: String,
        /// In English.
        english: String,
    },
}

impl Fault {
    /// In one line: row, column, what is wrong and what to do.
    pub fn text(&self, language: Language) -> String {
        let place = match (self.column, language) {
            (Some((index, column)), Language::Chinese) => format!(
                "第 {} 行 {} 列（{}）：",
                self.row,
                letters(index),
                column.heading()
            ),
            (Some((index, column)), Language::English) => format!(
                "row {}, column {} ({}): ",
                self.row,
                letters(index),
                column.heading()
            ),
            (None, Language::Chinese) => format!("第 {} 行：", self.row),
            (None, Language::English) => format!("row {}: ", self.row),
        };
        let what = match language {
            Language::Chinese => self.kind.chinese(),
            Language::English => self.kind.english(),
        };
        format!("{place}{what}")
    }
}

impl FaultKind {
    fn english(&self) -> String {
        match self {
            FaultKind::Missing => "it is empty. Fill it in".to_owned(),
            FaultKind::Formula => "it holds a formula. Paste its value as text".to_owned(),
            FaultKind::Merged(range) => format!(
                "the cells {range} are merged. Unmerge them and repeat the value in each row"
            ),
            FaultKind::Beyond { column, given } => format!(
                "`{given}` stands in column {column}, which has no heading. Is there a separator too many? Remove it, or give the column its heading"
            ),
            FaultKind::NumberForCode(given) => format!(
                "it holds the number {given}, not a text, so leading zeros may be lost. Format the column as text and type the code again, such as 0100"
            ),
            FaultKind::NoText(given) => format!("it holds `{given}`. Type a text"),
            FaultKind::Spaces(given) => {
                format!("`{given}` begins or ends with a space. Remove it")
            }
            FaultKind::FullWidth { given, plain } => {
                format!("`{given}` has full-width characters. Write `{plain}`")
            }
            FaultKind::Control => {
                "it has a character that cannot be seen, or looks like a space and is none. Type it again".to_owned()
            }
            FaultKind::UnknownWord { given, known } => {
                format!("`{given}` is none of its words. There are: {known}")
            }
            FaultKind::NotTaken(why) => why.clone(),
            FaultKind::NoNumber(given) => {
                format!("`{given}` is no whole number that fits. Write digits only")
            }
            FaultKind::NoDate(given) => {
                format!("`{given}` is no day. Write it as 2026-01-31")
            }
            FaultKind::Differs { first } => format!(
                "row {first} of the same entry says something else. Repeat what it says, or leave this empty"
            ),
            FaultKind::DuplicateCode { other } => format!(
                "row {other} has this code as well. The rows of one entry stand together, and no two entries share a code"
            ),
            FaultKind::DuplicateField { first } => {
                format!("row {first} names this field of the entry already")
            }
            FaultKind::OtherName { known } => {
                format!("the provider with that code is `{known}`. Correct the code or the name")
            }
            FaultKind::Neighbour { row } => {
                format!("not taken, because row {row} of the same entry is at fault")
            }
            FaultKind::Entry { english, .. } => english.clone(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            FaultKind::Missing => "为空，请填写".to_owned(),
            FaultKind::Formula => "是公式，请以文本粘贴其值".to_owned(),
            FaultKind::Merged(range) => {
                format!("单元格 {range} 已合并，请取消合并并在每行重复填写")
            }
            FaultKind::Beyond { column, given } => {
                format!("“{given}”所在的 {column} 列没有表头，是否多了分隔符？请删除或补上表头")
            }
            FaultKind::NumberForCode(given) => format!(
                "是数字 {given} 而不是文本，前导零可能已丢失。请将该列设为文本格式后重新填写代码，如 0100"
            ),
            FaultKind::NoText(given) => format!("内容是 {given}，请填写文本"),
            FaultKind::Spaces(given) => format!("“{given}”首尾有空格，请删除"),
            FaultKind::FullWidth { given, plain } => {
                format!("“{given}”含全角字符，请写作“{plain}”")
            }
            FaultKind::Control => "含不可见或形似空格的字符，请重新填写".to_owned(),
            FaultKind::UnknownWord { given, known } => {
                format!("“{given}”不是规定的取值，应为：{known}")
            }
            FaultKind::NotTaken(why) => format!("不符合要求（{why}）"),
            FaultKind::NoNumber(given) => format!("“{given}”不是允许的整数，请只写数字"),
            FaultKind::NoDate(given) => format!("“{given}”不是日期，请写作 2026-01-31"),
            FaultKind::Differs { first } => {
                format!("与同一目录的第 {first} 行不一致，请改为一致或留空")
            }
            FaultKind::DuplicateCode { other } => {
                format!("代码与第 {other} 行重复。同一目录的各行应相邻，不同目录不得同码")
            }
            FaultKind::DuplicateField { first } => format!("信息项与第 {first} 行重复"),
            FaultKind::OtherName { known } => {
                format!("该代码的提供方名称是“{known}”，请核对代码或名称")
            }
            FaultKind::Neighbour { row } => {
                format!("未导入：同一目录的第 {row} 行有误")
            }
            FaultKind::Entry { chinese, .. } => chinese.clone(),
        }
    }
}
