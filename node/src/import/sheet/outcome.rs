//! What became of each row of a sheet, from what became of its entries.

use std::collections::BTreeMap;

use dirchain_ledger::language::Language;

use super::fault::{Fault, FaultKind};
use super::{Entries, RowOutcome};
use crate::import::catalogue::Reason;
use crate::import::plan::Plan;
use crate::import::report::{Line, Report};

/// The outcome of every row, by its number. `plan` has what is wrong with single rows, `report` what
/// became of the entries.
pub fn outcomes(
    entries: &Entries,
    plan: &Plan,
    report: &Report,
    language: Language,
) -> BTreeMap<u32, RowOutcome> {
    let faults: BTreeMap<usize, &[Fault]> = plan
        .refused
        .iter()
        .filter_map(|refused| match &refused.reason {
            Reason::Sheet(faults) => Some((refused.row, faults.as_slice())),
            _ => None,
        })
        .collect();
    let mut outcomes = BTreeMap::new();
    for line in &report.lines {
        let own = faults.get(&line.row).copied().unwrap_or_default();
        for row in entries.rows.get(&line.row).into_iter().flatten() {
            let reason = match own.is_empty() {
                true => reason(line, language),
                false => of_row(own, *row, language),
            };
            let status = line.outcome.told(language).to_owned();
            outcomes.insert(*row, RowOutcome { status, reason });
        }
    }
    outcomes
}

/// What is wrong with this row, or which other row of its entry is at fault.
fn of_row(faults: &[Fault], row: u32, language: Language) -> String {
    let own: Vec<String> = faults
        .iter()
        .filter(|fault| fault.row == row)
        .map(|fault| fault.text(language))
        .collect();
    match (own.is_empty(), faults.first()) {
        (true, Some(first)) => {
            let kind = FaultKind::Neighbour { row: first.row };
            let column = None;
            Fault { row, column, kind }.text(language)
        }
        (true, None) | (false, _) => own.join(language.say("；", "; ")),
    }
}

/// Why the entry was not taken, or what it lacks and what is noteworthy.
fn reason(line: &Line, language: Language) -> String {
    if let Some(reason) = &line.reason {
        return reason.clone();
    }
    let mut said = Vec::new();
    if !line.lacks.is_empty() {
        let lacks: Vec<String> = line.lacks.iter().map(|lack| lack.told(language)).collect();
        let lacks = lacks.join(language.say("、", ", "));
        said.push(format!(
            "{}{lacks}",
            language.say("提交前尚缺：", "lacks for submission: ")
        ));
    }
    said.extend(line.notes.iter().map(|note| note.told(language)));
    said.join(language.say("；", "; "))
}
