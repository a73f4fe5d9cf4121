//! The code list of purposes, from the conditions that the city's entries state.

use dirchain_ledger::bounded::List;
use dirchain_ledger::limits;
use dirchain_ledger::records::Purpose;

use super::error::{SampleError, id, list, text};

/// Code and name, by ascending code.
const PURPOSES: [(&str, &str); 16] = [
    ("credit-verification", "信贷核验 (credit verification)"),
    (
        "ecological-protection",
        "生态环境保护 (ecological protection)",
    ),
    ("employment", "就业与人事 (employment)"),
    ("fire-safety", "消防与应急 (fire safety and emergencies)"),
    ("health-services", "卫生健康 (health services)"),
    ("household-registration", "户籍 (household registration)"),
    ("housing-fund", "公积金 (housing fund)"),
    ("identity-verification", "身份核验 (identity verification)"),
    ("market-supervision", "市场监管 (market supervision)"),
    ("medical-insurance", "医保 (medical insurance)"),
    ("points-settlement", "积分落户 (settlement by points)"),
    ("real-estate", "不动产 (real estate)"),
    ("social-assistance", "社会救助 (social assistance)"),
    ("social-insurance", "社保 (social insurance)"),
    ("tax", "税收 (tax)"),
    ("traffic", "交通 (traffic)"),
];

/// The purposes that applications may name.
pub(super) fn code_list() -> Result<List<Purpose, { limits::PURPOSES_MAX }>, SampleError> {
    let purposes = PURPOSES.iter().map(|(code, name)| {
        Ok::<_, SampleError>(Purpose {
            code: id(code)?,
            name: text(name)?,
        })
    });
    list(purposes.collect::<Result<_, _>>()?)
}
