//! Publishers as sub-units of the agency: found by their names, or registered in the order in which
//! the file first names them.

use std::collections::BTreeMap;

use dirchain_ledger::action::RegisterDepartment;
use dirchain_ledger::ids::DepartmentId;

use super::catalogue::{Publisher, Reason};
use super::existing::Existing;
use super::plan::Options;

/// Names that are the same publisher's: case, apostrophes and white space do not count.
pub(super) fn normalised(name: &str) -> String {
    let straight = name.replace(['\u{2018}', '\u{2019}', '\u{02BC}', '\u{00B4}', '`'], "'");
    let words: Vec<&str> = straight.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The agency and its sub-units by normalised name, with those still to be registered.
pub(super) struct SubUnits<'a> {
    options: &'a Options,
    by_name: BTreeMap<String, DepartmentId>,
    next: u32,
    /// To be registered, in order.
    pub(super) new: Vec<RegisterDepartment>,
}

impl<'a> SubUnits<'a> {
    /// Numbers continue after the highest that a direct sub-unit has or had.
    pub(super) fn new(options: &'a Options, existing: &Existing) -> Self {
        let prefix = format!("{}.", options.agency);
        let mut by_name = BTreeMap::new();
        let mut highest = 0u32;
        for unit in &existing.sub_units {
            let Some(number) = unit.id.as_str().strip_prefix(&prefix) else {
                continue;
            };
            highest = highest.max(number.parse().unwrap_or(0));
            if unit.is_active {
                let name = normalised(&unit.name);
                by_name.entry(name).or_insert_with(|| unit.id.clone());
            }
        }
        // The agency's own name goes before that of a sub-unit named alike.
        by_name.insert(normalised(&options.agency_name), options.agency.clone());
        Self {
            options,
            by_name,
            next: highest.saturating_add(1),
            new: Vec::new(),
        }
    }

    /// The department of a publisher's name, when there is one.
    pub(super) fn known(&self, publisher: &Publisher) -> Option<&DepartmentId> {
        self.by_name.get(&normalised(&publisher.name))
    }

    /// Who provides what this publisher publishes.
    pub(super) fn provider(&mut self, publisher: &Publisher) -> Result<DepartmentId, Reason> {
        if let Some(known) = self.known(publisher) {
            return Ok(known.clone());
        }
        let id = format!("{}.{}", self.options.agency, self.next);
        let id: DepartmentId = id.parse().map_err(|_| Reason::NoSubUnitLeft {
            agency: self.options.agency.clone(),
            name: publisher.name.clone(),
        })?;
        self.next = self.next.saturating_add(1);
        self.by_name.insert(normalised(&publisher.name), id.clone());
        self.new.push(RegisterDepartment {
            id: id.clone(),
            parent: Some(self.options.agency.clone()),
            credit_code: None,
            name: publisher.name.clone(),
            level: self.options.level,
            region: self.options.region.clone(),
            head: None,
        });
        Ok(id)
    }

    /// The organisation that a publisher is said to be part of, when it is neither itself nor the
    /// agency. `Department of Labor` and `U.S. Department of Labor` are the same agency.
    pub(super) fn foreign_parent(&self, publisher: &Publisher) -> Option<String> {
        let parent = publisher.parent.as_deref()?;
        let (given, agency) = (normalised(parent), normalised(&self.options.agency_name));
        let is_own = given == normalised(&publisher.name);
        let is_agency = agency.ends_with(&given) || given.ends_with(&agency);
        (!is_own && !is_agency).then(|| parent.chars().take(200).collect())
    }
}
