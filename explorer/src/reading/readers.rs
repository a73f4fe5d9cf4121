//! Who may read: every reader of a field, and field by field what a page shows of it.

use std::collections::BTreeSet;

use dirchain_ledger::access;
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode};
use dirchain_ledger::records::{Record, RecordId, RecordKind, Resource, SensitivityLevel, Sharing};
use dirchain_ledger::view::{Records, View};

use super::scan::{Source, cut};
use super::{Memo, Reading};
use crate::api::{Basis, FieldReaders, Problem, ReaderItem, ReadersAnswer, SharingType, Time};
use crate::limits;
use crate::problem::ProblemKind;

/// Who may read a field, as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WhoReads {
    /// Every active department.
    Everyone {
        /// The version in force.
        version: u32,
        /// Set when a key that submitted or published it may have been stolen before.
        suspect: bool,
    },
    /// These, each with its name and basis.
    Only(Vec<(String, ReaderItem)>),
    /// The same, on the same bases, as of an earlier field that has several.
    SameAs(FieldNumber),
    /// Not worked out here: the page covers too much already.
    Elsewhere,
}

/// A field with who may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldAccess {
    /// Its number.
    pub number: FieldNumber,
    /// Its name.
    pub name: String,
    /// Its type as the metadata's letter, with length and precision.
    pub field_type: String,
    /// Its unit.
    pub unit: Option<String>,
    /// How it is shared, the entry's default applied.
    pub sharing: Option<Sharing>,
    /// Whether that is the field's own, not the entry's.
    pub is_own: bool,
    /// How sensitive it is, the entry's default applied.
    pub level: Option<SensitivityLevel>,
    /// Who may read it.
    pub who: WhoReads,
}

impl FieldAccess {
    /// Who may read it, where that is told with an earlier field as well.
    pub(crate) fn readers<'f>(&'f self, all: &'f [FieldAccess]) -> &'f WhoReads {
        match &self.who {
            WhoReads::SameAs(number) => {
                let told = all.iter().find(|field| field.number == *number);
                told.map_or(&self.who, |field| &field.who)
            }
            who => who,
        }
    }
}

impl Reading<'_> {
    /// Every department that may read a field, or each field of the version in force.
    pub(crate) fn readers(
        &self,
        code: &ResourceCode,
        field: Option<FieldNumber>,
    ) -> Result<ReadersAnswer, Problem> {
        let resource = self.require_resource(code)?;
        let numbers = self.fields_asked(&resource, field)?;
        self.check_breadth(numbers.len())?;
        let memo = Memo::new(self.view.as_ref());
        let mut fields = Vec::new();
        for number in numbers {
            let readers = access::who_may_read(&memo, code, number, self.resolved.judged())?;
            let entry = resource.published.as_ref().map(|p| &p.entry);
            let known = resource.entry().and_then(|entry| entry.field(number));
            let sharing = entry.and_then(|e| e.field(number).and_then(|f| e.sharing_of(f)));
            fields.push(FieldReaders {
                field: number,
                name: known
                    .map(|field| field.name.to_string())
                    .unwrap_or_default(),
                sharing: sharing.map(SharingType::from),
                readers: readers.into_iter().map(ReaderItem::from).collect(),
            });
        }
        Ok(ReadersAnswer {
            as_of: self.as_of(),
            instant: Time(self.resolved.instant),
            resource: code.clone(),
            fields,
        })
    }

    fn fields_asked(
        &self,
        resource: &Resource,
        field: Option<FieldNumber>,
    ) -> Result<Vec<FieldNumber>, Problem> {
        let fields = resource.entry().map(|entry| &entry.fields[..]);
        let numbers: Vec<FieldNumber> = fields
            .unwrap_or_default()
            .iter()
            .map(|field| field.number)
            .collect();
        match field {
            None => Ok(numbers),
            Some(field) if numbers.contains(&field) => Ok(vec![field]),
            Some(field) => Err(ProblemKind::NoSuchRecord.with_both(
                format!(
                    "Entry {} has no field {field} at height {}. Its fields are listed with the entry",
                    resource.code,
                    self.height()
                ),
                format!(
                    "目录 {} 在高度 {} 没有信息项 {field}。目录页面列有其信息项",
                    resource.code,
                    self.height()
                ),
            )),
        }
    }

    fn check_breadth(&self, field_count: usize) -> Result<(), Problem> {
        let most = limits::READER_CHECKS_MAX / field_count.max(1);
        let departments = self
            .view
            .list(RecordKind::Department, None, most.saturating_add(1))?;
        if field_count > 1 && departments.len() > most {
            return Err(ProblemKind::TooBroad.with(format!(
                "{field_count} fields times all departments are more than {} checks. Name one field with `field=`",
                limits::READER_CHECKS_MAX
            )));
        }
        Ok(())
    }

    /// Field by field who may read an entry. Only its owners and whoever was granted something can
    /// pass where a field is not shared unconditionally, so only those are judged.
    pub(crate) fn field_access(&self, code: &ResourceCode) -> Result<Vec<FieldAccess>, Problem> {
        let resource = self.require_resource(code)?;
        let Some(entry) = resource.entry() else {
            return Ok(Vec::new());
        };
        let memo = Memo::new(self.view.as_ref());
        let version = resource.in_force().map_or(0, |published| published.version);
        let suspect = access::is_suspect(&memo, resource.decisions_on(version))?;
        let candidates = self.candidates(&resource)?;
        let mut checks = 0usize;
        let mut fields: Vec<FieldAccess> = Vec::new();
        for field in &entry.fields {
            let who = match (everyone(&resource, field.number), &candidates) {
                (Some(version), _) => WhoReads::Everyone { version, suspect },
                (None, Some(candidates)) if checks < limits::PAGE_CHECKS_MAX => {
                    checks = checks.saturating_add(candidates.len());
                    WhoReads::Only(self.passing(&memo, code, field.number, candidates)?)
                }
                (None, Some(_) | None) => WhoReads::Elsewhere,
            };
            let same = match &who {
                WhoReads::Only(readers) if readers.len() > 2 => {
                    fields.iter().find(|before| before.who == who)
                }
                _ => None,
            };
            let who = same.map_or(who.clone(), |before| WhoReads::SameAs(before.number));
            fields.push(FieldAccess {
                number: field.number,
                name: field.name.to_string(),
                field_type: type_text(field),
                unit: field.unit.as_ref().map(ToString::to_string),
                sharing: entry.sharing_of(field).cloned(),
                is_own: field.sharing.is_some(),
                level: entry.level_of(field),
                who,
            });
        }
        Ok(fields)
    }

    fn passing(
        &self,
        memo: &dyn View,
        code: &ResourceCode,
        field: FieldNumber,
        candidates: &BTreeSet<DepartmentId>,
    ) -> Result<Vec<(String, ReaderItem)>, Problem> {
        let mut readers = Vec::new();
        for department in candidates {
            let at = self.resolved.judged();
            let verdict = access::may_read(memo, department, code, field, None, at)?;
            if let access::Verdict::Allowed(basis) = verdict {
                let item = ReaderItem {
                    department: department.clone(),
                    basis: Basis::from(basis),
                };
                readers.push((self.department_name(department)?, item));
            }
        }
        Ok(readers)
    }

    /// The provider, the departments it belongs to, and everyone an authorization names; none when
    /// those are more than one answer lists.
    fn candidates(&self, resource: &Resource) -> Result<Option<BTreeSet<DepartmentId>>, Problem> {
        let mut candidates = BTreeSet::new();
        let mut current = Some(resource.provider.clone());
        while let Some(department) = current {
            current = self.view.department(&department)?.and_then(|d| d.parent);
            if !candidates.insert(department) {
                break;
            }
        }
        let target = RecordId::Resource(resource.code.clone());
        let source = Source::Referrers(&target, RecordKind::Authorization);
        let granted = cut(self.view.as_ref(), &source, |id| {
            Ok(match self.view.record(id)? {
                Some(Record::Authorization(found)) => Some(found.grantee),
                Some(_) | None => None,
            })
        })?;
        candidates.extend(granted.items);
        Ok((!granted.more).then_some(candidates))
    }
}

/// The version in force, where it shares the field with everyone.
fn everyone(resource: &Resource, field: FieldNumber) -> Option<u32> {
    let published = resource.in_force()?;
    let entry = &published.entry;
    let sharing = entry.sharing_of(entry.field(field)?);
    (sharing == Some(&Sharing::Unconditional)).then_some(published.version)
}

/// A field's type as the metadata's letter, with length and precision.
pub(crate) fn type_text(field: &dirchain_ledger::records::Field) -> String {
    let letter = format!("{:?}", field.field_type);
    match (field.length, field.precision) {
        (Some(length), Some(precision)) => format!("{letter}{length},{precision}"),
        (Some(length), None) => format!("{letter}{length}"),
        (None, _) => letter,
    }
}
