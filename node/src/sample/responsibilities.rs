//! The responsibilities (职责) that the registrar declares on the day, and what each produces.
//!
//! The laws exist; that this article gives this department this duty is a sample (示例).

use dirchain_ledger::action::DeclareResponsibility;
use dirchain_ledger::ids::{ResourceCode, ResponsibilityCode};
use dirchain_ledger::records::LegalBasis;

use super::error::{SampleError, id, list, text};

/// A responsibility of the sample.
pub(super) struct Duty {
    /// Its code; the department's id stands in the middle.
    code: &'static str,
    /// Who holds it.
    pub(super) holder: &'static str,
    /// What it is.
    pub(super) title: &'static str,
    /// The law it comes from, and the article.
    law: (&'static str, &'static str),
    /// The entries it produces; none for one that only needs others' data.
    entries: &'static [&'static str],
}

macro_rules! duties {
    ($($code:literal $holder:literal $title:literal $law:literal $article:literal [$($entry:literal),*],)*) => {
        const DUTIES: &[Duty] = &[$(Duty {
            code: $code,
            holder: $holder,
            title: $title,
            law: ($law, $article),
            entries: &[$($entry),*],
        },)*];
    };
}

duties! {
    "Z-D003-01" "D003" "普通高等学校学籍管理" "中华人民共和国高等教育法" "第十三条" ["307001003/000001"],
    "Z-D007-01" "D007" "户口登记与居民身份管理" "中华人民共和国户口登记条例" "第三条" ["101001/000001"],
    "Z-D007-02" "D007" "机动车登记" "中华人民共和国道路交通安全法" "第八条" ["307001007/000001"],
    "Z-D008-01" "D008" "最低生活保障与社会救助" "社会救助暂行办法" "第三条" ["307001008/000001"],
    "Z-D008-02" "D008" "婚姻登记" "婚姻登记条例" "第二条" ["307001008/000002"],
    "Z-D008-03" "D008" "社会组织登记管理" "社会团体登记管理条例" "第六条" ["307001008/000003"],
    "Z-D009-01" "D009" "律师执业管理" "中华人民共和国律师法" "第四条" ["307001009/000001"],
    "Z-D011-01" "D011" "社会保险管理" "中华人民共和国社会保险法" "第七条" ["307001011/000001"],
    "Z-D012-01" "D012" "不动产登记" "不动产登记暂行条例" "第六条" ["103001/000001"],
    "Z-D013-01" "D013" "重点排污单位监督管理" "中华人民共和国环境保护法" "第四十二条" ["307001013/000001"],
    "Z-D014-01" "D014" "商品房预售许可" "中华人民共和国城市房地产管理法" "第四十五条" ["307001014/000001"],
    "Z-D016-01" "D016" "道路运输管理" "中华人民共和国道路运输条例" "第六条" ["307001016/000001"],
    "Z-D021-01" "D021" "出生医学证明管理" "中华人民共和国母婴保健法" "第二十三条" ["307001021/000001"],
    "Z-D021-02" "D021" "传染病防治" "中华人民共和国传染病防治法" "第六条" ["307001021/000002"],
    "Z-D022-01" "D022" "优待抚恤" "军人抚恤优待条例" "第四条" ["307001022/000001"],
    "Z-D023-01" "D023" "危险化学品安全监督管理" "危险化学品安全管理条例" "第六条" ["307001023/000001"],
    "Z-D024-01" "D024" "市场主体登记注册" "中华人民共和国市场主体登记管理条例" "第五条" ["102001/000001"],
    "Z-D024-02" "D024" "市场监管领域行政处罚" "中华人民共和国行政处罚法" "第二十二条" ["307001024/000001"],
    "Z-D034-01" "D034" "基本医疗保险管理" "医疗保障基金使用监督管理条例" "第六条" ["307001034/000001"],
    "Z-D035-01" "D035" "政务服务与电子证照管理" "国务院关于在线政务服务的若干规定" "第十条" ["307001035/000001"],
    "Z-D039-01" "D039" "地方金融组织监督管理" "北京市地方金融监督管理条例" "第五条" [],
    "Z-D047-01" "D047" "税收征收管理" "中华人民共和国税收征收管理法" "第五条" ["307001047/000001"],
    "Z-D048-01" "D048" "气象灾害预警发布" "中华人民共和国气象法" "第二十二条" ["307001048/000001"],
    "Z-D049-01" "D049" "残疾人证核发与服务" "中华人民共和国残疾人保障法" "第八条" ["307001049/000001"],
    "Z-D050-01" "D050" "住房公积金管理" "住房公积金管理条例" "第十条" ["307001050/000001"],
}

impl Duty {
    /// Its code as the ledger has it.
    pub(super) fn code(&self) -> Result<ResponsibilityCode, SampleError> {
        id(self.code)
    }

    fn declaration(&self) -> Result<DeclareResponsibility, SampleError> {
        let (law, article) = self.law;
        let basis = LegalBasis {
            document: text(&format!("《{law}》"))?,
            article: Some(text(&format!("{article}(示例)"))?),
        };
        Ok(DeclareResponsibility {
            code: self.code()?,
            holder: id(self.holder)?,
            title: text(&format!("{}(示例职责)", self.title))?,
            text: None,
            legal_bases: list(vec![basis])?,
        })
    }
}

/// Every declaration of the day.
pub(super) fn declarations() -> Result<Vec<DeclareResponsibility>, SampleError> {
    DUTIES.iter().map(Duty::declaration).collect()
}

/// The responsibility that produces an entry.
pub(super) fn producing(code: &ResourceCode) -> Result<&'static Duty, SampleError> {
    let duty = DUTIES
        .iter()
        .find(|duty| duty.entries.contains(&code.as_str()));
    duty.ok_or_else(|| SampleError::NoResponsibility {
        code: code.to_string(),
    })
}
