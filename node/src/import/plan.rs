//! What an import will do, row by row, before anything is signed.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::action::{Action, RegisterDepartment};
use dirchain_ledger::codec::encode;
use dirchain_ledger::ids::{Code, DepartmentId, Name, ResourceCode, ResponsibilityCode};
use dirchain_ledger::records::{AdministrativeLevel, Department, Entry, Lack, ResourceStatus};
use serde::Serialize;

use super::batch::BATCH_BYTES_MAX;
use super::catalogue::{Catalogue, Described, Own, Placed, Reason, Row};
use super::codes::Codes;
use super::existing::{Existing, ExistingEntry, imported_as};
use super::merge::{merge, rewritten};
use super::note::Note;
use super::sheet::{Column, Fault, FaultKind};
use super::sub_units::SubUnits;

/// An entry's encoded bound: a batch's less room for code, provider and revision.
pub const ENTRY_BYTES_MAX: usize = BATCH_BYTES_MAX - 1024;

/// For whom, and with what, entries are imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The agency that publishes the catalogue.
    pub agency: DepartmentId,
    /// Its name: a publisher of this name is the agency itself.
    pub agency_name: Name,
    /// The level of new sub-units: the agency's.
    pub level: AdministrativeLevel,
    /// The region of new sub-units: the agency's.
    pub region: Code,
    /// The agency's responsibility for entries that have none.
    pub responsibility: Option<ResponsibilityCode>,
}

impl Options {
    /// The options for an agency as the ledger has it.
    pub fn new(agency: &Department, responsibility: Option<ResponsibilityCode>) -> Self {
        Self {
            agency: agency.id.clone(),
            agency_name: agency.name.clone(),
            level: agency.level,
            region: agency.region.clone(),
            responsibility,
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The agency's id gives no code.
    #[error(
        "no resource codes can be made for {agency}: each part of a department's id needs digits, as in D054, and few of them"
    )]
    NoClass {
        /// The agency.
        agency: DepartmentId,
    },
}

/// Whether a draft is the entry's first.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The entry is new.
    Created,
    /// The entry is there and the source says something else now.
    Changed,
}

/// A draft to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedDraft {
    /// The row, from 1.
    pub row: usize,
    /// The source's identifier.
    pub identifier: Name,
    /// The entry's code.
    pub code: ResourceCode,
    /// Who provides it.
    pub provider: DepartmentId,
    /// What it will say.
    pub entry: Entry,
    /// The revision it is written over; 0 for a new entry.
    pub revision: u32,
    /// What it lacks for submission.
    pub lacks: Vec<Lack>,
    /// What an administrator should know.
    pub notes: Vec<Note>,
    /// New or changed.
    pub status: Status,
}

impl PlannedDraft {
    /// The action that writes it.
    pub fn action(&self) -> Action {
        Action::DraftResource {
            code: self.code.clone(),
            provider: self.provider.clone(),
            revision: self.revision,
            entry: self.entry.clone(),
        }
    }
}

/// A row whose entry is on the ledger as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchanged {
    /// The row, from 1.
    pub row: usize,
    /// The source's identifier.
    pub identifier: Name,
    /// The entry's code.
    pub code: ResourceCode,
    /// Who provides it.
    pub provider: DepartmentId,
    /// The entry's name.
    pub name: Name,
    /// The revision of its draft, where that stands and was not submitted, or was given back.
    pub draft: Option<u32>,
    /// What it lacks for submission.
    pub lacks: Vec<Lack>,
    /// What an administrator should know.
    pub notes: Vec<Note>,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The row, from 1.
    pub row: usize,
    /// The source's identifier, where it has a readable one.
    pub identifier: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Every row of the catalogue is in exactly one of `drafts`, `unchanged` and `refused`, or counted in
/// `others`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Sub-units to be registered first, by a head or the registrar.
    pub sub_units: Vec<RegisterDepartment>,
    /// Drafts to be written, in the order of the file.
    pub drafts: Vec<PlannedDraft>,
    /// What needs nothing.
    pub unchanged: Vec<Unchanged>,
    /// What was not taken.
    pub refused: Vec<Refused>,
    /// Entries of an earlier import that no row names any more, by code. They stay as they are.
    pub absent: Vec<ResourceCode>,
    /// How many rows are entries of departments that are not the agency's. They are not looked at.
    pub others: usize,
}

impl Plan {
    /// The registrations. The drafts go into later transactions: an administrator signs drafts,
    /// but registers nobody.
    pub fn registrations(&self) -> Vec<Action> {
        let sub_units = self.sub_units.iter().cloned();
        sub_units.map(Action::RegisterDepartment).collect()
    }

    /// What is to be signed, entry by entry: the drafts and, where asked for, the submission of every
    /// draft that lacks nothing, be it one of these or one that stands already.
    pub fn work(&self, submits: bool) -> impl Iterator<Item = (ResourceCode, Vec<Action>)> {
        let drafts = self.drafts.iter().map(move |draft| {
            let mut actions = vec![draft.action()];
            if submits && draft.lacks.is_empty() {
                actions.push(Action::SubmitResource {
                    code: draft.code.clone(),
                    revision: draft.revision.saturating_add(1),
                });
            }
            (draft.code.clone(), actions)
        });
        let standing = self.unchanged.iter().filter_map(move |entry| {
            let revision = entry.draft.filter(|_| submits && entry.lacks.is_empty())?;
            let code = entry.code.clone();
            let submission = Action::SubmitResource { code, revision };
            Some((entry.code.clone(), vec![submission]))
        });
        drafts.chain(standing)
    }

    /// The drafts.
    pub fn draft_actions(&self) -> Vec<Action> {
        self.drafts.iter().map(PlannedDraft::action).collect()
    }
}

/// Compares a catalogue with what the ledger has.
pub fn plan(
    catalogue: &Catalogue,
    existing: &Existing,
    options: &Options,
) -> Result<Plan, PlanError> {
    let no_class = || PlanError::NoClass {
        agency: options.agency.clone(),
    };
    let codes = Codes::new(&options.agency, existing);
    let is_sheets = |row: &Row| match &row.content {
        Ok(described) => described.placed.is_some(),
        Err(reason) => matches!(reason, Reason::Sheet(_)),
    };
    if codes.is_none() && !catalogue.rows.iter().any(is_sheets) {
        return Err(no_class());
    }
    let mut planner = Planner {
        options,
        existing,
        codes,
        sub_units: SubUnits::new(options, existing),
        rows_by_identifier: BTreeMap::new(),
        rows_by_code: BTreeMap::new(),
        plan: Plan::default(),
    };
    for row in &catalogue.rows {
        if let Err(reason) = planner.take(row) {
            planner.plan.refused.push(Refused {
                row: row.number,
                identifier: row.identifier.clone(),
                reason,
            });
        }
    }
    // An export has the entries in force alone: what it does not name is not gone.
    let is_own = |row: &Row| matches!(&row.content, Ok(described) if described.own.is_some());
    let absent = match catalogue.rows.iter().any(is_own) {
        true => Vec::new(),
        false => planner.absent(),
    };
    let mut plan = planner.plan;
    plan.absent = absent;
    plan.sub_units = planner.sub_units.new;
    Ok(plan)
}

struct Planner<'a> {
    options: &'a Options,
    existing: &'a Existing,
    /// None where no code can be made for the agency, and none is needed.
    codes: Option<Codes>,
    sub_units: SubUnits<'a>,
    rows_by_identifier: BTreeMap<Name, usize>,
    rows_by_code: BTreeMap<ResourceCode, usize>,
    plan: Plan,
}

impl Planner<'_> {
    fn take(&mut self, row: &Row) -> Result<(), Reason> {
        let described = row.content.as_ref().map_err(Clone::clone)?;
        if let Some(own) = &described.own {
            return self.own(row, described, own);
        }
        let identifier = &described.identifier;
        if let Some(first_row) = self.rows_by_identifier.get(identifier) {
            return Err(Reason::DuplicateIdentifier {
                first_row: *first_row,
            });
        }
        self.rows_by_identifier
            .insert(identifier.clone(), row.number);
        let mut source = described.entry.clone();
        let own = source.responsibility.take();
        source.responsibility = own.or(self.options.responsibility.clone());
        let mut notes = described.notes.clone();
        let publisher = described.publisher.as_ref();
        match publisher.map(|publisher| self.sub_units.foreign_parent(publisher)) {
            Some(Some(parent)) => notes.push(Note::ForeignParent { parent }),
            Some(None) => {}
            None if described.placed.is_some() => {}
            None => notes.push(Note::NoPublisher),
        }
        match self.existing.entries.get(identifier.as_str()) {
            Some(existing) => self.again(row, described, existing, &source, notes),
            None => self.first_time(row, described, source, notes),
        }
    }

    /// An entry that a directory chain exported: it stands as it is said, under its own code.
    fn own(&mut self, row: &Row, described: &Described, own: &Own) -> Result<(), Reason> {
        let (code, provider) = (own.code.clone(), own.provider.clone());
        let below = format!("{}.", self.options.agency);
        if provider != self.options.agency && !provider.as_str().starts_with(&below) {
            self.plan.others = self.plan.others.saturating_add(1);
            return Ok(());
        }
        if let Some(first_row) = self.rows_by_code.insert(code.clone(), row.number) {
            return Err(Reason::DuplicateIdentifier { first_row });
        }
        let mut entry = described.entry.clone();
        let duty = entry.responsibility.take();
        entry.responsibility = duty.or(self.options.responsibility.clone());
        require_size(&entry)?;
        let (row, identifier) = (row.number, described.identifier.clone());
        let lacks = entry.lacks();
        let existing = self.existing.by_code.get(&code);
        let (revision, status, notes) = match existing {
            Some(existing) if existing.status == ResourceStatus::Withdrawn => {
                return Err(Reason::Withdrawn { code });
            }
            Some(existing) if existing.says(&entry) => {
                self.plan.unchanged.push(Unchanged {
                    row,
                    identifier,
                    code,
                    provider,
                    draft: existing.drafted(&entry),
                    name: entry.name,
                    lacks,
                    notes: described.notes.clone(),
                });
                return Ok(());
            }
            Some(existing) => (
                existing.revision,
                Status::Changed,
                rewritten(&entry, existing),
            ),
            None if self.existing.codes.contains(&code) => {
                return Err(Reason::CodeTaken { code });
            }
            None => (0, Status::Created, Vec::new()),
        };
        self.plan.drafts.push(PlannedDraft {
            row,
            identifier,
            code,
            provider,
            entry,
            revision,
            lacks,
            notes,
            status,
        });
        Ok(())
    }

    /// What was imported before and is in no row.
    fn absent(&self) -> Vec<ResourceCode> {
        let named: BTreeSet<&str> = self
            .rows_by_identifier
            .keys()
            .map(|name| name.as_str())
            .collect();
        let entries = self.existing.entries.iter();
        let gone = entries.filter(|(identifier, existing)| {
            imported_as(&existing.entry) == Some(identifier.as_str())
                && existing.status != ResourceStatus::Withdrawn
                && !self.rows_by_code.contains_key(&existing.code)
                && !named.contains(identifier.as_str())
        });
        let codes: BTreeSet<ResourceCode> = gone.map(|(_, entry)| entry.code.clone()).collect();
        codes.into_iter().collect()
    }

    fn provider(&mut self, described: &Described) -> Result<DepartmentId, Reason> {
        if let Some(placed) = &described.placed {
            let named = self.provider_named(placed)?;
            return Ok(named.unwrap_or_else(|| self.options.agency.clone()));
        }
        match &described.publisher {
            Some(publisher) => self.sub_units.provider(publisher),
            None => Ok(self.options.agency.clone()),
        }
    }

    /// The provider that a sheet names, by id or credit code, whose name is the one on the ledger.
    fn provider_named(&self, placed: &Placed) -> Result<Option<DepartmentId>, Reason> {
        let fault = |column: Option<(usize, Column)>, kind| {
            let row = placed.row;
            Reason::Sheet(vec![Fault { row, column, kind }])
        };
        let departments = &self.existing.departments;
        let named = match &placed.provider {
            None => None,
            Some(given) => {
                let by_credit = departments
                    .iter()
                    .find(|(_, known)| known.credit_code.as_ref() == Some(given));
                let by_credit = by_credit.map(|(id, _)| id.clone());
                let column = placed
                    .provider_column
                    .map(|index| (index, Column::Provider));
                let parsed = given
                    .parse::<DepartmentId>()
                    .map_err(|error| fault(column, FaultKind::NotTaken(error.to_string())));
                Some(by_credit.map_or(parsed, Ok)?)
            }
        };
        let provider = named.as_ref().unwrap_or(&self.options.agency);
        let known = departments.get(provider).map(|known| &known.name);
        if let (Some(name), Some(known)) = (&placed.provider_name, known)
            && name != known
        {
            let column = placed.provider_name_column;
            let column = column.map(|index| (index, Column::ProviderName));
            let known = known.clone();
            return Err(fault(column, FaultKind::OtherName { known }));
        }
        Ok(named)
    }

    /// The code of a new entry: the source's own, or the agency's next.
    fn code(&mut self, described: &Described) -> Result<ResourceCode, Reason> {
        match (&described.placed, &self.codes) {
            (Some(placed), _) => Ok(placed.code.clone()),
            (None, Some(codes)) => codes.peek(),
            (None, None) => Err(Reason::NoCodeLeft {
                class: self.options.agency.to_string(),
            }),
        }
    }

    fn first_time(
        &mut self,
        row: &Row,
        described: &Described,
        entry: Entry,
        notes: Vec<Note>,
    ) -> Result<(), Reason> {
        require_size(&entry)?;
        let code = self.code(described)?;
        let provider = self.provider(described)?;
        if let (None, Some(codes)) = (&described.placed, &mut self.codes) {
            codes.take();
        }
        self.plan.drafts.push(PlannedDraft {
            row: row.number,
            identifier: described.identifier.clone(),
            code,
            provider,
            lacks: entry.lacks(),
            entry,
            revision: 0,
            notes,
            status: Status::Created,
        });
        Ok(())
    }

    fn again(
        &mut self,
        row: &Row,
        described: &Described,
        existing: &ExistingEntry,
        source: &Entry,
        mut notes: Vec<Note>,
    ) -> Result<(), Reason> {
        let code = existing.code.clone();
        if existing.status == ResourceStatus::Withdrawn {
            return Err(Reason::Withdrawn { code });
        }
        // An entry may be related to two identifiers; one row of a file writes it.
        if let Some(first_row) = self.rows_by_code.get(&code) {
            return Err(Reason::DuplicateIdentifier {
                first_row: *first_row,
            });
        }
        let (entry, merged) = merge(source, existing, described.placed.as_ref());
        require_size(&entry)?;
        notes.extend(merged);
        self.rows_by_code.insert(code.clone(), row.number);
        let named = match &described.placed {
            Some(placed) => self.provider_named(placed)?,
            None => None,
        };
        // Whoever names another provider than the entry's is told so by the rules.
        let provider = named.unwrap_or_else(|| existing.provider.clone());
        notes.extend(self.moved(described, &provider));
        let (row, identifier) = (row.number, described.identifier.clone());
        let lacks = entry.lacks();
        if entry == existing.entry && provider == existing.provider {
            self.plan.unchanged.push(Unchanged {
                row,
                identifier,
                code,
                provider,
                draft: existing.drafted(&entry),
                name: entry.name,
                lacks,
                notes,
            });
        } else {
            self.plan.drafts.push(PlannedDraft {
                row,
                identifier,
                code,
                provider,
                entry,
                revision: existing.revision,
                lacks,
                notes,
                status: Status::Changed,
            });
        }
        Ok(())
    }

    /// Whether the source names another publisher than the entry's provider.
    fn moved(&self, described: &Described, provider: &DepartmentId) -> Option<Note> {
        let publisher = described.publisher.as_ref()?;
        let is_same = self.sub_units.known(publisher) == Some(provider);
        (!is_same).then(|| Note::ProviderStays {
            provider: provider.clone(),
            publisher: publisher.name.to_string(),
        })
    }
}

fn require_size(entry: &Entry) -> Result<(), Reason> {
    let size_bytes = encode(entry).len();
    if size_bytes > ENTRY_BYTES_MAX {
        return Err(Reason::TooLarge {
            size_bytes,
            size_bytes_max: ENTRY_BYTES_MAX,
        });
    }
    Ok(())
}
