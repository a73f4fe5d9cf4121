//! Why a file cannot be read as a sheet, in either language.

use std::fmt;

use dirchain_ledger::language::Language;

use super::table::FILE_BYTES_MAX;

/// Why a file cannot be read as a sheet. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetError {
    /// Neither of the two kinds.
    UnknownKind {
        /// The file's name.
        name: String,
    },
    /// The file is too large.
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// More than allowed of something.
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: u64,
    },
    /// No workbook.
    NoWorkbook {
        /// Why.
        reason: String,
    },
    /// The workbook has several sheets.
    WhichSheet {
        /// Their names.
        names: Vec<String>,
    },
    /// Bytes in no known encoding.
    Encoding {
        /// Where.
        row: u32,
    },
    /// The CSV breaks off or is malformed.
    BadCsv {
        /// The reader's words, with the place.
        reason: String,
    },
    /// Headings that no column has.
    Headings(
        /// Each with its place.
        Vec<HeadingFault>,
    ),
    /// A workbook that would be written back as a CSV.
    WorkbookAsCsv,
}

/// What is wrong with the first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadingFault {
    /// The headings are merged.
    Merged {
        /// The column's letters.
        column: String,
        /// The name of their range.
        range: String,
    },
    /// No column's heading.
    Unknown {
        /// The column's letters.
        column: String,
        /// What stands there.
        given: String,
    },
    /// One heading twice.
    Twice {
        /// The column's letters.
        column: String,
        /// What stands there.
        given: String,
    },
    /// A column that every sheet needs.
    Missing {
        /// Its heading.
        heading: &'static str,
    },
}

impl HeadingFault {
    fn told(&self, language: Language) -> String {
        match (self, language) {
            (Self::Merged { column, range }, Language::English) => {
                format!("row 1, column {column}: the headings {range} are merged. Unmerge them")
            }
            (Self::Merged { column, range }, Language::Chinese) => {
                format!("第 1 行 {column} 列：表头 {range} 已合并，请取消合并")
            }
            (Self::Unknown { column, given }, Language::English) => format!(
                "row 1, column {column}: `{given}` is no heading of a catalogue. `dirchain import --template FILE` writes a sheet with all of them"
            ),
            (Self::Unknown { column, given }, Language::Chinese) => format!(
                "第 1 行 {column} 列：“{given}”不是规定的表头，`dirchain import --template 文件` 可生成含全部表头的模板"
            ),
            (Self::Twice { column, given }, Language::English) => format!(
                "row 1, column {column}: the heading `{given}` stands there twice. Remove one of the columns"
            ),
            (Self::Twice { column, given }, Language::Chinese) => {
                format!("第 1 行 {column} 列：表头“{given}”重复，请删去一列")
            }
            (Self::Missing { heading }, Language::English) => {
                format!("row 1: the heading `{heading}` is missing. Add its column")
            }
            (Self::Missing { heading }, Language::Chinese) => {
                format!("第 1 行：缺少表头“{heading}”，请补上该列")
            }
        }
    }
}

impl SheetError {
    /// What happened and what to do, in a language.
    pub fn told(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Chinese => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::UnknownKind { name } => {
                format!("`{name}` is neither .csv nor .xlsx. Save it as one of them")
            }
            Self::TooLarge { size_bytes } => format!(
                "the file has {size_bytes} bytes, at most {FILE_BYTES_MAX} are read. Split it"
            ),
            Self::TooMany { what, most } => {
                format!("the sheet has more than {most} {what}. Split it")
            }
            Self::NoWorkbook { reason } => format!(
                "the file is no .xlsx workbook: {reason}. Save it anew from the spreadsheet program"
            ),
            Self::WhichSheet { names } => format!(
                "the workbook has the sheets {}. Name one with --sheet",
                names.join(", ")
            ),
            Self::Encoding { row } => format!(
                "row {row}: the text is neither UTF-8 nor GB18030. Save the file as CSV in UTF-8"
            ),
            Self::BadCsv { reason } => format!("the CSV cannot be read: {reason}"),
            Self::Headings(faults) => joined(faults, Language::English),
            Self::WorkbookAsCsv => "a workbook is written back as a workbook: a CSV cannot tell its numbers, days and merged cells from texts. Name an .xlsx with --result".to_owned(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::UnknownKind { name } => {
                format!("{name} 既不是 .csv 也不是 .xlsx，请另存为其中之一")
            }
            Self::TooLarge { size_bytes } => {
                format!("文件有 {size_bytes} 字节，最多读取 {FILE_BYTES_MAX} 字节，请拆分")
            }
            Self::TooMany { what, most } => {
                format!("表格超出上限（{what}，最多 {most}），请拆分")
            }
            Self::NoWorkbook { reason } => {
                format!("不是有效的 .xlsx 文件（{reason}），请用表格软件重新保存")
            }
            Self::WhichSheet { names } => format!(
                "该文件有多个工作表：{}，请用 --sheet 指定其一",
                names.join("、")
            ),
            Self::Encoding { row } => format!(
                "第 {row} 行：编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 编码的 CSV"
            ),
            Self::BadCsv { reason } => format!("无法读取 CSV（{reason}）"),
            Self::Headings(faults) => joined(faults, Language::Chinese),
            Self::WorkbookAsCsv => "工作簿只能写回为工作簿：CSV 无法区分其中的数字、日期、合并单元格与文本。请用 --result 指定 .xlsx 文件".to_owned(),
        }
    }
}

fn joined(faults: &[HeadingFault], language: Language) -> String {
    let told: Vec<String> = faults.iter().map(|fault| fault.told(language)).collect();
    told.join(language.say("；", "; "))
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Language::English))
    }
}

impl std::error::Error for SheetError {}
