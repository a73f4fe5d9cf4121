//! `accrualPeriodicity`: ISO 8601 repeating intervals, or `irregular`.

use dirchain_ledger::records::UpdateCycle;

/// The update cycle of a repeating interval; none for one that the catalogue standard has no word
/// for, such as `R/P2W`. `R/PT1S` is what the format prescribes for "continuously updated".
pub(super) fn parse(value: &str) -> Option<UpdateCycle> {
    if value.eq_ignore_ascii_case("irregular") {
        return Some(UpdateCycle::Irregular);
    }
    Some(match value.strip_prefix("R/P")? {
        "T1S" => UpdateCycle::RealTime,
        "1D" => UpdateCycle::Daily,
        "1W" | "7D" => UpdateCycle::Weekly,
        "1M" => UpdateCycle::Monthly,
        "3M" => UpdateCycle::Quarterly,
        "6M" => UpdateCycle::HalfYearly,
        "1Y" | "12M" => UpdateCycle::Yearly,
        longer => {
            let years: u32 = longer.strip_suffix('Y')?.parse().ok()?;
            (years >= 2).then_some(UpdateCycle::Rarer)?
        }
    })
}
