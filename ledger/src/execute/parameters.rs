//! Changes of the parameters and of the offices; by proposal only.

use super::authority::same_line;
use super::resources::require_revision;
use super::seats::two_offices;
use super::{Context, Refusal, end, full, push};
use crate::calendar::SpecialDay;
use crate::ids::DepartmentId;
use crate::language::{Phrase, phrase};
use crate::limits;
use crate::measure::ParameterChange;
use crate::records::{
    ListedPurpose, Office, OfficeHolder, Parameters, PastSettings, Period, Purpose, Record,
    RecordId,
};
use crate::rejection::Rejection;
use crate::view::Records;

impl Context<'_, '_> {
    pub(super) fn change_parameters(&mut self, change: &ParameterChange) -> Result<(), Refusal> {
        let mut parameters = self.state.parameters()?;
        require_revision(RecordId::Parameters, change.revision, parameters.revision)?;
        let is_empty = change.settings.is_none()
            && change.add_purposes.is_empty()
            && change.end_purposes.is_empty()
            && change.days.is_empty();
        if is_empty {
            return Err(bad(phrase!("it changes nothing", "没有任何改动")));
        }
        self.change_settings(&mut parameters, change)?;
        for purpose in &change.add_purposes {
            self.add_purpose(&mut parameters, purpose)?;
        }
        for code in &change.end_purposes {
            let listed = parameters.purposes.as_mut_slice().iter_mut();
            let mut lasting = listed.filter(|p| p.listed.to.is_none());
            match lasting.find(|p| p.purpose.code == *code) {
                Some(purpose) => end(&mut purpose.listed, self.at),
                None => {
                    return Err(bad(
                        phrase!(format "purpose {code} is not in the code list", "用途 {code} 不在代码表中"),
                    ));
                }
            }
        }
        self.list_days(&mut parameters, change)?;
        parameters.revision = parameters.revision.saturating_add(1);
        self.put(Record::Parameters(parameters))
    }

    fn change_settings(
        &self,
        parameters: &mut Parameters,
        change: &ParameterChange,
    ) -> Result<(), Refusal> {
        let Some(settings) = &change.settings else {
            return Ok(());
        };
        if settings.rules_version != parameters.settings.rules_version {
            return Err(bad(
                phrase!(format "the version of the rules is {} and is not changed here. Propose to raise it", "规则版本为 {}，不在此处修改，请提议升级",
                    parameters.settings.rules_version
                ),
            ));
        }
        if let Some(what) = settings.fault() {
            return Err(bad(what));
        }
        // The rules that are agreed need room for the settings before them, too.
        let needed = 1 + usize::from(parameters.next_rules.is_some());
        let count_max = limits::SETTINGS_CHANGES_MAX;
        if parameters.earlier.len().saturating_add(needed) > count_max {
            return Err(full(
                phrase!("the number of changes of the settings", "参数修改的次数"),
                count_max,
            ));
        }
        let past = PastSettings {
            settings: std::mem::replace(&mut parameters.settings, settings.clone()),
            since: std::mem::replace(&mut parameters.since, self.at),
        };
        push(
            &mut parameters.earlier,
            past,
            phrase!("the number of changes of the settings", "参数修改的次数"),
        )
    }

    fn add_purpose(&self, parameters: &mut Parameters, purpose: &Purpose) -> Result<(), Refusal> {
        let place = parameters
            .purposes
            .binary_search_by(|listed| listed.purpose.code.cmp(&purpose.code));
        let Err(place) = place else {
            let code = &purpose.code;
            return Err(bad(
                phrase!(format "purpose {code} is or was in the code list, and codes are never used again", "用途 {code} 已在或曾在代码表中，代码不得重复使用"
                ),
            ));
        };
        let listed = ListedPurpose {
            purpose: purpose.clone(),
            listed: Period::since(self.at),
        };
        let what = phrase!(
            "the number of purposes in the code list",
            "代码表中的用途数量"
        );
        insert(&mut parameters.purposes, place, listed, what)
    }

    fn list_days(
        &self,
        parameters: &mut Parameters,
        change: &ParameterChange,
    ) -> Result<(), Refusal> {
        if !change.days.is_sorted_by(|one, other| one.day < other.day) {
            return Err(bad(phrase!(
                "the days are not strictly ascending",
                "日期未按严格升序排列"
            )));
        }
        for listed in &change.days {
            let day = SpecialDay {
                day: listed.day,
                kind: listed.kind,
                since: self.at,
            };
            let place = parameters.calendar.partition_point(|d| d.day <= day.day);
            let what = phrase!(
                "the number of listed days of the calendar",
                "日历中列出的天数"
            );
            insert(&mut parameters.calendar, place, day, what)?;
        }
        Ok(())
    }

    pub(super) fn assign_office(
        &mut self,
        office: Office,
        department: &DepartmentId,
        revision: u32,
    ) -> Result<(), Refusal> {
        let mut offices = self.state.offices()?;
        require_revision(RecordId::Offices, revision, offices.revision)?;
        self.active_department(department)?;
        if offices.holder(office) == Some(department) {
            return Err(Rejection::OfficeHeld {
                office,
                holder: department.clone(),
            }
            .into());
        }
        let mut terms = offices.holders.as_mut_slice().iter_mut();
        if let Some(term) = terms.find(|term| term.office == office && term.held.to.is_none()) {
            end(&mut term.held, self.at);
            let before = term.department.clone();
            self.touch_department(&before)?;
        }
        let term = OfficeHolder {
            office,
            department: department.clone(),
            held: Period::since(self.at),
        };
        let place = offices
            .holders
            .partition_point(|term| term.office <= office);
        let what = phrase!("the number of terms of all offices", "各职位任期的总数");
        insert(&mut offices.holders, place, term, what)?;
        offices.revision = offices.revision.saturating_add(1);
        self.put(Record::Offices(offices))?;
        self.require_second_word(department)?;
        self.touch_department(department)
    }

    /// Requires that after an assignment two lines of departments are left to decide together, and that the deputy can
    /// publish what is the steward's own (rule C5).
    fn require_second_word(&self, assigned: &DepartmentId) -> Result<(), Refusal> {
        let offices = self.state.offices()?;
        let publishers =
            [Office::Steward, Office::StewardDeputy].map(|office| offices.holder(office));
        if let [Some(steward), Some(deputy)] = publishers
            && same_line(self.state, steward, deputy)?
        {
            return Err(Rejection::WrongDepartment {
                department: assigned.clone(),
                what: phrase!(
                    "steward and deputy would be in one line, and nobody could publish its own entries (rule C5). Name another",
                    "数据主管与其副职将属于同一系列，其自有目录将无人发布（规则 C5），请指明其他部门"
                ),
            }
            .into());
        }
        match two_offices(self.state, None) {
            Err(Refusal::Rejected(_)) => Err(Rejection::WrongDepartment {
                department: assigned.clone(),
                what: phrase!(
                    "it is in one line with another office's holder, and nobody would be left for the second word. Name another",
                    "其与另一职位的担任部门属于同一系列，将无第二方表态，请指明其他部门"
                ),
            }
            .into()),
            other => other.map(|_| ()),
        }
    }
}

fn bad(what: Phrase) -> Refusal {
    Rejection::BadParameters { what }.into()
}

/// Adds to a bounded sorted list of a record, or refuses because the list is full.
fn insert<T, const N: usize>(
    list: &mut crate::bounded::List<T, N>,
    place: usize,
    item: T,
    what: Phrase,
) -> Result<(), Refusal> {
    let full = |_| Refusal::from(Rejection::Full { what, count_max: N });
    list.insert(place, item).map_err(full)
}
