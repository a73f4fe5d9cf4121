//! What the ledger has already, as far as an import needs to know.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::ids::{DepartmentId, Name, ResourceCode};
use dirchain_ledger::records::{
    Department, DepartmentStatus, DraftStatus, Entry, Resource, ResourceStatus,
};

/// The attribute by which an imported entry is found again.
pub(super) const IDENTIFIER: &str = "dcat:identifier";

/// What the ledger has. The caller fills it from its node: every department below the agency, and
/// every resource of the agency, of its sub-units, and of anybody with a code of the agency's class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Existing {
    /// The agency's sub-units, at any depth; others do no harm.
    pub sub_units: Vec<SubUnit>,
    /// Entries by the identifier that their source knows them by.
    pub entries: BTreeMap<String, ExistingEntry>,
    /// The same entries, and those without any such identifier, by their codes.
    pub by_code: BTreeMap<ResourceCode, ExistingEntry>,
    /// Every code in use; new ones continue after the highest.
    pub codes: BTreeSet<ResourceCode>,
    /// Every department, for sources that name providers by their ids.
    pub departments: BTreeMap<DepartmentId, KnownDepartment>,
}

/// By what a department is known besides its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDepartment {
    /// Its name.
    pub name: String,
    /// Its unified social credit code.
    pub credit_code: Option<String>,
}

/// A sub-unit that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubUnit {
    /// Its id.
    pub id: DepartmentId,
    /// Its name; publishers are matched by it.
    pub name: Name,
    /// Whether it can provide anything now.
    pub is_active: bool,
}

/// An entry that is on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingEntry {
    /// Its code.
    pub code: ResourceCode,
    /// Who provides it.
    pub provider: DepartmentId,
    /// Its record's revision.
    pub revision: u32,
    /// Where it stands.
    pub status: ResourceStatus,
    /// Whether its draft waits for publication.
    pub is_submitted: bool,
    /// Whether it has a draft that was not submitted, or was given back.
    pub is_drafted: bool,
    /// What its draft says, or else the version in force.
    pub entry: Entry,
    /// The version in force.
    pub published: Option<Entry>,
    /// The highest field number ever published.
    pub last_field: u16,
}

impl Existing {
    /// Takes note of a department.
    pub fn add_department(&mut self, department: &Department) {
        let status = department.status.last().map(|status| status.status);
        self.sub_units.push(SubUnit {
            id: department.id.clone(),
            name: department.name.clone(),
            is_active: status == Some(DepartmentStatus::Active),
        });
    }

    /// Takes note of a resource under its own code, whoever provides it: for sources that say it.
    pub fn add_coded(&mut self, resource: &Resource) {
        self.codes.insert(resource.code.clone());
        let drafted = resource.draft.as_ref().map(|draft| &draft.entry);
        if let Some(entry) = drafted.or(resource.entry()) {
            let existing = Self::entry_of(resource, entry);
            self.entries.insert(resource.code.to_string(), existing);
        }
    }

    fn entry_of(resource: &Resource, entry: &Entry) -> ExistingEntry {
        let submitted = |status: &DraftStatus| matches!(status, DraftStatus::Submitted { .. });
        let draft = resource.draft.as_ref();
        let is_submitted = draft.is_some_and(|draft| submitted(&draft.status));
        ExistingEntry {
            code: resource.code.clone(),
            provider: resource.provider.clone(),
            revision: resource.revision,
            status: resource.status(),
            is_submitted,
            is_drafted: draft.is_some() && !is_submitted,
            entry: entry.clone(),
            published: resource.published.as_ref().map(|p| p.entry.clone()),
            last_field: resource.last_field,
        }
    }

    /// Takes note of a resource. An entry of the agency or of a sub-unit is found by the identifier
    /// it was imported with, or else by its related codes; the first one added counts.
    pub fn add_resource(&mut self, agency: &DepartmentId, resource: &Resource) {
        self.codes.insert(resource.code.clone());
        let prefix = format!("{agency}.");
        let provider = &resource.provider;
        let is_agencys = provider == agency || provider.as_str().starts_with(&prefix);
        let drafted = resource.draft.as_ref().map(|draft| &draft.entry);
        let Some(entry) = drafted.or(resource.entry()).filter(|_| is_agencys) else {
            return;
        };
        let existing = Self::entry_of(resource, entry);
        self.by_code.insert(resource.code.clone(), existing.clone());
        for related in &entry.related_codes {
            let known = self.entries.get(related.as_str());
            let is_better = known.is_none_or(|known| {
                imported_as(entry) == Some(related) && imported_as(&known.entry) != Some(related)
            });
            if is_better {
                let identifier = related.as_str().to_owned();
                self.entries.insert(identifier, existing.clone());
            }
        }
        if let Some(identifier) = imported_as(entry)
            && !self.entries.contains_key(identifier)
        {
            self.entries.insert(identifier.to_owned(), existing);
        }
    }
}

impl ExistingEntry {
    /// The revision at which its draft can be submitted, where that is this very entry.
    pub(super) fn drafted(&self, entry: &Entry) -> Option<u32> {
        (self.is_drafted && self.entry == *entry).then_some(self.revision)
    }

    /// Whether its draft or its version in force is this very entry.
    pub(super) fn says(&self, entry: &Entry) -> bool {
        self.entry == *entry || self.published.as_ref() == Some(entry)
    }
}

/// The identifier that an entry was imported with, if it was.
pub(super) fn imported_as(entry: &Entry) -> Option<&str> {
    let attribute = entry.attributes.iter();
    let attribute = attribute.clone().find(|a| a.name.as_str() == IDENTIFIER);
    attribute.map(|attribute| attribute.value.as_str())
}
