//! A plan in words and numbers: for people as a table, for programs as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use dirchain_ledger::ids::{DepartmentId, Name, ResourceCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::Lack;
use serde::Serialize;

use super::note::Note;
use super::plan::{Plan, Status};

/// What becomes of a row.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A new entry is drafted.
    Created,
    /// An entry that is there is drafted anew.
    Changed,
    /// Nothing needs to be done.
    Unchanged,
    /// The row was not taken.
    Refused,
}

impl Outcome {
    /// Its word in a language.
    pub fn told(self, language: Language) -> &'static str {
        match self {
            Outcome::Created => language.say("新增", "created"),
            Outcome::Changed => language.say("变更", "changed"),
            Outcome::Unchanged => language.say("无变化", "unchanged"),
            Outcome::Refused => language.say("未导入", "refused"),
        }
    }
}

/// How many rows had which outcome.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Rows of the file; the sum of the next four.
    pub entries: usize,
    /// New entries.
    pub created: usize,
    /// Entries drafted anew.
    pub changed: usize,
    /// Entries left alone.
    pub unchanged: usize,
    /// Rows not taken.
    pub refused: usize,
    /// Entries that lack nothing and can be submitted.
    pub complete: usize,
    /// Entries that are submitted, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted: Option<usize>,
}

/// A sub-unit to be registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubUnitLine {
    /// Its id.
    pub id: DepartmentId,
    /// Its name.
    pub name: Name,
}

/// One row of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The row, from 1.
    pub row: usize,
    /// The source's identifier.
    pub identifier: Option<String>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Whether its draft is submitted.
    pub submitted: bool,
    /// The entry's code.
    pub code: Option<ResourceCode>,
    /// Who provides it.
    pub provider: Option<DepartmentId>,
    /// The entry's name.
    pub name: Option<Name>,
    /// What it lacks for submission.
    pub lacks: Vec<Lack>,
    /// What an administrator should know.
    pub notes: Vec<Note>,
    /// Why it was not taken.
    pub reason: Option<String>,
}

/// The outcome of every row, with totals. Printed with `{}` as a summary in which what was not taken
/// is named, with `{:#}` with a line for every row besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In which it is told.
    #[serde(skip)]
    language: Language,
    /// The totals.
    pub totals: Totals,
    /// Sub-units to be registered.
    pub sub_units: Vec<SubUnitLine>,
    /// Whether they have been.
    pub registered: bool,
    /// How many entries lack what.
    pub lacking: BTreeMap<String, usize>,
    /// How many entries have which note.
    pub noted: BTreeMap<&'static str, usize>,
    /// Entries of an earlier import that the file no longer has; they stay as they are.
    pub absent: Vec<ResourceCode>,
    /// Where the sheet was written back, with what became of each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_to: Option<PathBuf>,
    /// Rows of departments that are not the agency's; they are theirs to import.
    pub others: usize,
    /// Every row, in the order of the file.
    pub lines: Vec<Line>,
}

impl Plan {
    /// The plan's report, in English.
    pub fn report(&self) -> Report {
        self.report_in(Language::English)
    }

    /// The plan's report, with reasons in a language.
    pub fn report_in(&self, language: Language) -> Report {
        let mut report = Report {
            sub_units: self
                .sub_units
                .iter()
                .map(|unit| SubUnitLine {
                    id: unit.id.clone(),
                    name: unit.name.clone(),
                })
                .collect(),
            absent: self.absent.clone(),
            others: self.others,
            language,
            ..Report::default()
        };
        report.lines = self.lines(language).collect();
        report.lines.sort_by_key(|line| line.row);
        report.recount();
        report
    }

    fn lines(&self, language: Language) -> impl Iterator<Item = Line> {
        let drafts = self.drafts.iter().map(|draft| Line {
            row: draft.row,
            identifier: Some(draft.identifier.to_string()),
            outcome: match draft.status {
                Status::Created => Outcome::Created,
                Status::Changed => Outcome::Changed,
            },
            submitted: false,
            code: Some(draft.code.clone()),
            provider: Some(draft.provider.clone()),
            name: Some(draft.entry.name.clone()),
            lacks: draft.lacks.clone(),
            notes: draft.notes.clone(),
            reason: None,
        });
        let unchanged = self.unchanged.iter().map(|entry| Line {
            row: entry.row,
            identifier: Some(entry.identifier.to_string()),
            outcome: Outcome::Unchanged,
            submitted: false,
            code: Some(entry.code.clone()),
            provider: Some(entry.provider.clone()),
            name: Some(entry.name.clone()),
            lacks: entry.lacks.clone(),
            notes: entry.notes.clone(),
            reason: None,
        });
        let refused = self.refused.iter().map(move |refused| Line {
            row: refused.row,
            identifier: refused.identifier.clone(),
            outcome: Outcome::Refused,
            submitted: false,
            code: None,
            provider: None,
            name: None,
            lacks: Vec::new(),
            notes: Vec::new(),
            reason: Some(refused.reason.text(language)),
        });
        drafts.chain(unchanged).chain(refused)
    }
}

impl Report {
    /// Takes note that what the plan has for submission is submitted.
    pub fn mark_submitted(&mut self, plan: &Plan) {
        let drafted = plan.drafts.iter().filter(|draft| draft.lacks.is_empty());
        let drafted = drafted.map(|draft| draft.row);
        let standing = plan.unchanged.iter();
        let standing = standing.filter(|entry| entry.lacks.is_empty() && entry.draft.is_some());
        let rows: BTreeSet<usize> = drafted.chain(standing.map(|entry| entry.row)).collect();
        for line in &mut self.lines {
            line.submitted = rows.contains(&line.row);
        }
        self.totals.submitted = Some(0);
        self.recount();
    }

    /// Turns the lines of entries that the rules refused into refusals.
    pub fn mark_refused(&mut self, refused: &BTreeMap<ResourceCode, String>) {
        for line in &mut self.lines {
            let reason = line.code.as_ref().and_then(|code| refused.get(code));
            if let Some(reason) = reason {
                line.outcome = Outcome::Refused;
                line.submitted = false;
                line.reason = Some(reason.clone());
            }
        }
        self.recount();
    }

    /// Takes the lines of entries that were overtaken from a later report, as far as that leaves
    /// them alone: what stands then is what the file says.
    pub fn mark_unchanged(&mut self, overtaken: &BTreeSet<ResourceCode>, later: Report) {
        let mut later: BTreeMap<usize, Line> = (later.lines.into_iter())
            .filter(|line| line.outcome == Outcome::Unchanged)
            .map(|line| (line.row, line))
            .collect();
        for line in &mut self.lines {
            let is_overtaken = |code: &ResourceCode| overtaken.contains(code);
            if line.code.as_ref().is_some_and(is_overtaken)
                && let Some(unchanged) = later.remove(&line.row)
            {
                *line = unchanged;
            }
        }
        self.recount();
    }

    /// Counts the lines anew.
    fn recount(&mut self) {
        let submitted = self.totals.submitted.map(|_| 0);
        self.totals = Totals {
            submitted,
            ..Totals::default()
        };
        self.lacking.clear();
        self.noted.clear();
        let lines = std::mem::take(&mut self.lines);
        for line in &lines {
            self.count(line);
        }
        self.lines = lines;
    }

    fn count(&mut self, line: &Line) {
        let totals = &mut self.totals;
        let total = match line.outcome {
            Outcome::Created => &mut totals.created,
            Outcome::Changed => &mut totals.changed,
            Outcome::Unchanged => &mut totals.unchanged,
            Outcome::Refused => &mut totals.refused,
        };
        *total = total.saturating_add(1);
        totals.entries = totals.entries.saturating_add(1);
        let is_complete = line.outcome != Outcome::Refused && line.lacks.is_empty();
        totals.complete = totals.complete.saturating_add(usize::from(is_complete));
        if let Some(submitted) = &mut totals.submitted {
            *submitted = submitted.saturating_add(usize::from(line.submitted));
        }
        let lacks: BTreeMap<String, ()> = (line.lacks.iter())
            .map(|lack| (topic(lack).told(self.language), ()))
            .collect();
        for lack in lacks.into_keys() {
            let count = self.lacking.entry(lack).or_insert(0);
            *count = count.saturating_add(1);
        }
        let topics: BTreeMap<&str, ()> = (line.notes.iter())
            .map(|note| (note.topic(self.language), ()))
            .collect();
        for topic in topics.into_keys() {
            let count = self.noted.entry(topic).or_insert(0);
            *count = count.saturating_add(1);
        }
    }
}

/// A lack without the field that it concerns.
fn topic(lack: &Lack) -> Lack {
    match lack {
        Lack::Condition(_) => Lack::Condition(None),
        Lack::LegalBasis(_) => Lack::LegalBasis(None),
        Lack::Responsibility
        | Lack::Abstract
        | Lack::Category
        | Lack::Kind
        | Lack::Fields
        | Lack::Sharing
        | Lack::Method
        | Lack::Openness
        | Lack::UpdateCycle
        | Lack::Level => lack.clone(),
    }
}

/// Entries that the file no longer has, as far as they are named.
const ABSENT_NAMED_MAX: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (totals, language) = (&self.totals, self.language);
        let say = |chinese, english| language.say(chinese, english);
        writeln!(f, "{:>7}  {}", totals.entries, say("目录", "entries"))?;
        for (outcome, count) in [
            (Outcome::Created, totals.created),
            (Outcome::Changed, totals.changed),
            (Outcome::Unchanged, totals.unchanged),
            (Outcome::Refused, totals.refused),
        ] {
            writeln!(f, "{count:>7}  {}", outcome.told(language))?;
        }
        let complete = say("其中内容完整", "of them lack nothing");
        writeln!(f, "{:>7}  {complete}", totals.complete)?;
        if let Some(submitted) = totals.submitted {
            let words = say("其中提交", "of them submitted");
            writeln!(f, "{submitted:>7}  {words}")?;
        }
        if self.others > 0 {
            let others = say(
                "属于其他部门，未处理",
                "of other departments were left alone",
            );
            writeln!(f, "{:>7}  {others}", self.others)?;
        }
        let title = say("提交前尚缺", "Lacking for submission");
        heading(f, title, self.lacking.is_empty())?;
        for (lack, count) in &self.lacking {
            writeln!(f, "{count:>7}  {lack}")?;
        }
        heading(f, say("请留意", "To look at"), self.noted.is_empty())?;
        for (topic, count) in &self.noted {
            writeln!(f, "{count:>7}  {topic}")?;
        }
        let title = match self.registered {
            true => say("已登记的下属单位", "Sub-units registered"),
            false => say("将登记的下属单位", "Sub-units to register"),
        };
        heading(f, title, self.sub_units.is_empty())?;
        for unit in &self.sub_units {
            writeln!(f, "    {:<10}  {}", unit.id.as_str(), unit.name)?;
        }
        let title = say(
            "文件中已无此目录，在撤销之前保持原状",
            "No longer in the file; they stay as they are until somebody withdraws them",
        );
        heading(f, title, self.absent.is_empty())?;
        for code in self.absent.iter().take(ABSENT_NAMED_MAX) {
            writeln!(f, "    {code}")?;
        }
        let more = self.absent.len().saturating_sub(ABSENT_NAMED_MAX);
        if more > 0 {
            match language {
                Language::Chinese => writeln!(f, "    另有 {more} 条（--output json 全部列出）")?,
                Language::English => {
                    writeln!(f, "    and {more} more (--output json lists them)")?;
                }
            }
        }
        let is_shown = |line: &&Line| f.alternate() || line.outcome == Outcome::Refused;
        let shown: Vec<&Line> = self.lines.iter().filter(is_shown).collect();
        let title = match f.alternate() {
            true => say("各行", "Rows"),
            false => say("未导入", "Not taken"),
        };
        heading(f, title, shown.is_empty())?;
        for line in shown {
            line.write(f, language)?;
        }
        if let Some(path) = &self.written_to {
            heading(f, say("逐行结果", "Row by row"), false)?;
            writeln!(f, "    {}", path.display())?;
        }
        Ok(())
    }
}

fn heading(f: &mut fmt::Formatter<'_>, title: &str, is_empty: bool) -> fmt::Result {
    if is_empty {
        return Ok(());
    }
    writeln!(f, "\n{title}")
}

impl Line {
    fn write(&self, f: &mut fmt::Formatter<'_>, language: Language) -> fmt::Result {
        let unknown = language.say("（无标识）", "(no identifier)");
        let identifier = self.identifier.as_deref().unwrap_or(unknown);
        write!(f, "{:>7}  {:<9}  ", self.row, self.outcome.told(language))?;
        // A sheet's entries are known by their codes.
        if let Some(code) = self
            .code
            .as_ref()
            .filter(|code| code.as_str() != identifier)
        {
            write!(f, "{code}  ")?;
        }
        write!(f, "{identifier}")?;
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        writeln!(f)?;
        if !self.lacks.is_empty() {
            let lacks = self.lacks.iter().map(|lack| lack.told(language));
            let lacks: Vec<String> = lacks.collect();
            let lacks = lacks.join(language.say("、", ", "));
            writeln!(f, "{:>9}{} {lacks}", "", language.say("尚缺", "lacks"))?;
        }
        for note in &self.notes {
            writeln!(f, "{:>9}{}", "", note.told(language))?;
        }
        Ok(())
    }
}
