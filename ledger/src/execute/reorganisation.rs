//! Reorganisations (机构改革, rules R1 and R2), and what else is decided about departments.
//!
//! A responsibility keeps its code and gets another holder. Entries that cite it get that holder as
//! their provider, and everything granted on them goes on. What was granted to the earlier holder
//! stops by itself, since its grantee no longer holds the responsibility, until the provider
//! confirms the new holder. What a dissolved department had begun or was asked, its successor ends in its
//! stead: the one department that is named, or to which everything passes.

use std::collections::BTreeSet;

use super::authority::acts_for;
use super::{Context, Refusal, push};
use crate::epoch::planned;
use crate::ids::{DepartmentId, Moment, ResourceCode, ResponsibilityCode, SharingId};
use crate::language::{Phrase, phrase};
use crate::measure::{Reorganisation, ReorganisationKind, Succession, Transfer};
use crate::records::{
    DepartmentStatus, EarlierHolder, EarlierProvider, KeyOffer, Record, RecordId, RecordKind,
    ResponsibilityEnd, Role, StatusSince,
};
use crate::rejection::Rejection;
use crate::view::{Records, View, ViewError};

/// Everything that a reorganisation touches besides departments and responsibilities.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reach {
    /// Entries that change their provider, with the responsibility they cite or with everything that a dissolved
    /// department leaves: from whom, to whom.
    pub entries: Vec<(ResourceCode, DepartmentId, DepartmentId)>,
    /// Entries that lose the responsibility they cite, because it is abolished.
    pub unfounded: Vec<ResourceCode>,
    /// Lasting authorizations on those entries; they go on.
    pub provided: Vec<SharingId>,
    /// Lasting authorizations of earlier holders: who loses what until the provider confirms the
    /// new holder, or for good where the responsibility is abolished.
    pub received: Vec<(SharingId, DepartmentId)>,
    /// Lasting authorizations whose grantee holds the responsibility again; they go on.
    pub regained: Vec<(SharingId, DepartmentId)>,
}

/// What a reorganisation would touch, as the ledger stands: the same that executing it does.
pub fn reach(
    view: &dyn View,
    at: Moment,
    reorganisation: &Reorganisation,
) -> Result<Reach, ViewError> {
    let mut reach = Reach::default();
    for transfer in &reorganisation.transfers {
        reach_of(view, at, transfer, &mut reach)?;
    }
    for department in &reorganisation.dissolves {
        if let Some(successor) = reorganisation.successor(department) {
            inherit(view, at, department, successor, &mut reach)?;
        }
    }
    reach.entries.sort();
    reach.unfounded.sort();
    reach.provided.sort();
    Ok(reach)
}

/// The entries of a dissolved department that cite none of what passes on: its successor's from then on, who
/// amends or withdraws them.
fn inherit(
    view: &dyn View,
    at: Moment,
    department: &DepartmentId,
    successor: &DepartmentId,
    reach: &mut Reach,
) -> Result<(), ViewError> {
    let moved: BTreeSet<ResourceCode> = reach.entries.iter().map(|e| e.0.clone()).collect();
    let target = RecordId::Department(department.clone());
    let kind = RecordKind::Resource;
    view.for_each_referrer(&target, kind, |id| -> Result<(), ViewError> {
        if let Some(Record::Resource(resource)) = view.record(id)?
            && resource.provider == *department
            && resource.withdrawn.is_none()
            && !moved.contains(&resource.code)
        {
            if !reach.unfounded.contains(&resource.code) {
                reach.provided.extend(resource.lasting_at(at.time));
            }
            let entry = (resource.code, resource.provider, successor.clone());
            reach.entries.push(entry);
        }
        Ok(())
    })
}

fn reach_of(
    view: &dyn View,
    at: Moment,
    transfer: &Transfer,
    reach: &mut Reach,
) -> Result<(), ViewError> {
    let target = RecordId::Responsibility(transfer.responsibility.clone());
    view.for_each_referrer(
        &target,
        RecordKind::Resource,
        |id| -> Result<(), ViewError> {
            let Some(Record::Resource(resource)) = view.record(id)? else {
                return Ok(());
            };
            let cited = resource
                .entry()
                .and_then(|entry| entry.responsibility.as_ref());
            let lives = resource.withdrawn.is_none();
            let cites = cited == Some(&transfer.responsibility);
            if !(lives && cites && acts_for(view, &transfer.from, &resource.provider)?) {
                return Ok(());
            }
            reach.provided.extend(resource.lasting_at(at.time));
            match &transfer.to {
                Some(to) => {
                    let from = resource.provider.clone();
                    reach.entries.push((resource.code, from, to.clone()));
                }
                None => reach.unfounded.push(resource.code),
            }
            Ok(())
        },
    )?;
    view.for_each_referrer(
        &target,
        RecordKind::Authorization,
        |id| -> Result<(), ViewError> {
            if let Some(Record::Authorization(authorization)) = view.record(id)?
                && authorization.ended.is_none()
                && at.time < authorization.to
            {
                let item = (authorization.id, authorization.grantee);
                let regains = match &transfer.to {
                    Some(to) => acts_for(view, to, &item.1)?,
                    None => false,
                };
                if regains {
                    reach.regained.push(item);
                } else if acts_for(view, &transfer.from, &item.1)? {
                    reach.received.push(item);
                }
            }
            Ok(())
        },
    )
}

impl Context<'_, '_> {
    pub(super) fn reorganise(&mut self, reorganisation: &Reorganisation) -> Result<(), Refusal> {
        self.require_mandate("reorganise", phrase!("departments", "部门"))?;
        self.require_sound(reorganisation)?;
        let reach = reach(self.state, self.at, reorganisation)?;
        for transfer in &reorganisation.transfers {
            self.transfer(transfer)?;
        }
        for (code, _, to) in &reach.entries {
            let mut resource = self.existing_resource(code)?;
            let earlier = EarlierProvider {
                provider: std::mem::replace(&mut resource.provider, to.clone()),
                until: self.at,
            };
            push(
                &mut resource.earlier_providers,
                earlier,
                phrase!(
                    "the number of providers of an entry",
                    "一个目录先后的提供方数量"
                ),
            )?;
            resource.revision = resource.revision.saturating_add(1);
            self.put(Record::Resource(Box::new(resource)))?;
        }
        let received = reach.received.iter().chain(&reach.regained);
        let received = received.map(|(id, _)| &id.resource);
        let touched: BTreeSet<&ResourceCode> = received.chain(&reach.unfounded).collect();
        for code in touched {
            self.touch_resource(code)?;
        }
        for renaming in &reorganisation.renames {
            let mut department = self.active_department(&renaming.department)?;
            department.name = renaming.name.clone();
            self.put(Record::Department(department))?;
        }
        for department in &reorganisation.dissolves {
            self.dissolve(department, reorganisation.successor(department))?;
        }
        Ok(())
    }

    /// Rule R1: every responsibility of a dissolved department passes on exactly once.
    fn require_sound(&self, reorganisation: &Reorganisation) -> Result<(), Refusal> {
        let Reorganisation {
            kind,
            transfers,
            dissolves,
            renames,
            successors,
            document: _,
        } = reorganisation;
        let fits = match kind {
            ReorganisationKind::Merge => !dissolves.is_empty() && !transfers.is_empty(),
            ReorganisationKind::Split => dissolves.is_empty() && !transfers.is_empty(),
            ReorganisationKind::Rename => {
                dissolves.is_empty() && transfers.is_empty() && !renames.is_empty()
            }
            ReorganisationKind::Dissolve => !dissolves.is_empty(),
        };
        let ascending = transfers.is_sorted_by(|a, b| a.responsibility < b.responsibility)
            && dissolves.is_sorted_by(|a, b| a < b)
            && renames.is_sorted_by(|a, b| a.department < b.department)
            && successors.is_sorted_by(|a, b| a.department < b.department);
        if !fits {
            return Err(bad(parts_of(*kind)));
        }
        if !ascending {
            return Err(bad(phrase!(
                "a list names something twice or is not ascending",
                "列表中有重复项或未按升序排列"
            )));
        }
        for transfer in transfers {
            if let Some(to) = &transfer.to
                && (dissolves.contains(to) || *to == transfer.from)
            {
                let code = &transfer.responsibility;
                return Err(bad(
                    phrase!(format "{code} passes to {to}, which is dissolved or holds it", "{code} 拟移交 {to}，而后者将被撤销或已持有该职责"
                    ),
                ));
            }
        }
        for Succession {
            department,
            successor,
        } in successors
        {
            if !dissolves.contains(department) || dissolves.contains(successor) {
                return Err(bad(
                    phrase!(format "{successor} is named to take over from {department}: the one is dissolved, the other is not", "{successor} 被指定承接 {department}：被承接方须在撤销之列，承接方不得在撤销之列"
                    ),
                ));
            }
        }
        for department in dissolves {
            self.require_all_mapped(department, reorganisation)?;
            if reorganisation.successor(department).is_none() {
                require_one_heir(department, &reorganisation.heirs(department))?;
            }
        }
        Ok(())
    }

    fn require_all_mapped(
        &self,
        department: &DepartmentId,
        reorganisation: &Reorganisation,
    ) -> Result<(), Refusal> {
        let target = RecordId::Department(department.clone());
        let kind = RecordKind::Responsibility;
        let mut left: Option<ResponsibilityCode> = None;
        self.state
            .for_each_referrer(&target, kind, |id| -> Result<(), Refusal> {
                if let Some(Record::Responsibility(duty)) = self.state.record(id)?
                    && duty.holder == *department
                    && duty.effective.to.is_none()
                    && !reorganisation
                        .transfers
                        .iter()
                        .any(|t| t.responsibility == duty.code)
                {
                    left = Some(duty.code);
                }
                Ok(())
            })?;
        match left {
            Some(code) => Err(bad(
                phrase!(format "{department} is dissolved and still holds {code}", "{department} 将被撤销，但仍持有 {code}"
                ),
            )),
            None => Ok(()),
        }
    }

    fn transfer(&mut self, transfer: &Transfer) -> Result<(), Refusal> {
        let code = &transfer.responsibility;
        let unknown = || Rejection::Unknown {
            id: RecordId::Responsibility(code.clone()),
        };
        let mut responsibility = self.state.responsibility(code)?.ok_or_else(unknown)?;
        if responsibility.effective.to.is_some() {
            return Err(Rejection::ResponsibilityEnded { code: code.clone() }.into());
        }
        if responsibility.holder != transfer.from {
            return Err(Rejection::ResponsibilityNotHeld {
                code: code.clone(),
                holder: responsibility.holder,
                department: transfer.from.clone(),
            }
            .into());
        }
        responsibility.revision = responsibility.revision.saturating_add(1);
        match &transfer.to {
            Some(to) => {
                self.active_department(to)?;
                let earlier = EarlierHolder {
                    holder: std::mem::replace(&mut responsibility.holder, to.clone()),
                    until: self.at,
                };
                push(
                    &mut responsibility.earlier_holders,
                    earlier,
                    phrase!(
                        "the number of holders of a responsibility",
                        "一项职责先后的持有方数量"
                    ),
                )?;
                self.touch_department(to)?;
            }
            None => {
                super::end(&mut responsibility.effective, self.at);
                responsibility.ended_as = Some(ResponsibilityEnd::Abolished);
            }
        }
        self.put(Record::Responsibility(responsibility))?;
        self.touch_department(&transfer.from)
    }

    fn dissolve(
        &mut self,
        id: &DepartmentId,
        successor: Option<&DepartmentId>,
    ) -> Result<(), Refusal> {
        self.require_free(id)?;
        let target = RecordId::Department(id.clone());
        let mut active_unit = false;
        self.state.for_each_referrer(
            &target,
            RecordKind::Department,
            |unit| -> Result<(), Refusal> {
                if let Some(Record::Department(unit)) = self.state.record(unit)? {
                    let status = unit.status_at(self.at.height);
                    active_unit |= status != Some(DepartmentStatus::Dissolved);
                }
                Ok(())
            },
        )?;
        if active_unit {
            return Err(bad(
                phrase!(format "{id} has sub-units that are not dissolved", "{id} 仍有未撤销的下属单位"),
            ));
        }
        if let Some(successor) = successor {
            self.active_department(successor)?;
            let mut department = self.department(id)?;
            department.successor = Some(successor.clone());
            self.put(Record::Department(department))?;
        }
        self.change_status(id, DepartmentStatus::Dissolved)
    }

    /// An office and a validator are given up before a department stops acting.
    fn require_free(&self, id: &DepartmentId) -> Result<(), Refusal> {
        let wrong = |what| {
            let department = id.clone();
            Err(Rejection::WrongDepartment { department, what }.into())
        };
        if self.state.offices()?.held_by(id).next().is_some() {
            return wrong(phrase!(
                "it holds an office. Assign the office to another first",
                "其担任职位，请先将该职位移交其他部门"
            ));
        }
        let membership = self.state.membership()?;
        let planned = planned(self.state, &membership)?;
        let mut members = membership.current.members().iter().chain(&planned);
        if members.any(|member| member.department == *id) {
            return wrong(phrase!(
                "it votes, or is about to. Change the membership first",
                "其为或将为共识成员，请先变更成员"
            ));
        }
        Ok(())
    }

    pub(super) fn set_status(
        &mut self,
        id: &DepartmentId,
        status: DepartmentStatus,
    ) -> Result<(), Refusal> {
        self.require_mandate("suspend_department", phrase!("a department", "部门"))?;
        if status == DepartmentStatus::Suspended {
            self.require_free(id)?;
        }
        self.change_status(id, status)
    }

    fn change_status(
        &mut self,
        id: &DepartmentId,
        status: DepartmentStatus,
    ) -> Result<(), Refusal> {
        let mut department = self.department(id)?;
        let before = department.status_at(self.at.height);
        if before == Some(status) || before == Some(DepartmentStatus::Dissolved) {
            return Err(Rejection::WrongDepartment {
                department: id.clone(),
                what: phrase!(
                    "it has that status already, or is dissolved",
                    "已处于该状态，或已被撤销"
                ),
            }
            .into());
        }
        let since = StatusSince {
            status,
            since: self.at,
        };
        push(
            &mut department.status,
            since,
            phrase!("the department's history of statuses", "部门状态的历史"),
        )?;
        self.put(Record::Department(department))
    }

    /// Rule R8: the head keys before are revoked, the new one is admitted.
    pub(super) fn replace_head(
        &mut self,
        id: &DepartmentId,
        offer: &KeyOffer,
    ) -> Result<(), Refusal> {
        self.require_mandate("replace_head", phrase!("a department", "部门"))?;
        self.active_department(id)?;
        if offer.role != Role::Head {
            return Err(Rejection::HeadMissing {
                department: id.clone(),
            }
            .into());
        }
        let target = RecordId::Department(id.clone());
        let mut heads = Vec::new();
        self.state
            .for_each_referrer(&target, RecordKind::Key, |key| -> Result<(), Refusal> {
                if let Some(Record::Key(key)) = self.state.record(key)?
                    && key.department == *id
                    && key.role == Role::Head
                    && key.valid.to.is_none()
                {
                    heads.push(key);
                }
                Ok(())
            })?;
        for mut key in heads {
            super::end(&mut key.valid, self.at);
            self.put(Record::Key(key))?;
        }
        self.admit_key(id, offer)?;
        self.touch_department(id)
    }
}

/// Where responsibilities pass to several, one of them is named to take over the rest.
fn require_one_heir(
    department: &DepartmentId,
    heirs: &BTreeSet<&DepartmentId>,
) -> Result<(), Refusal> {
    if heirs.len() < 2 {
        return Ok(());
    }
    let heirs: Vec<String> = heirs.iter().map(ToString::to_string).collect();
    let heirs = heirs.join(", ");
    Err(bad(
        phrase!(format "what {department} holds passes to {heirs}: name in `successors` which of them takes over what it had begun", "{department} 的职责拟移交 {heirs}：请在 `successors` 中指定由谁承接其未办结事项"
        ),
    ))
}

/// What a reorganisation of a kind consists of.
fn parts_of(kind: ReorganisationKind) -> Phrase {
    match kind {
        ReorganisationKind::Merge => phrase!(
            "a merge dissolves departments and passes responsibilities on",
            "合并须撤销部门并移交职责"
        ),
        ReorganisationKind::Split => phrase!(
            "a split passes responsibilities on and dissolves nobody",
            "拆分须移交职责，且不撤销部门"
        ),
        ReorganisationKind::Rename => phrase!(
            "a renaming gives departments other names and does nothing else",
            "更名只更改部门名称"
        ),
        ReorganisationKind::Dissolve => phrase!(
            "a dissolution dissolves departments",
            "撤销须列出所撤销的部门"
        ),
    }
}

fn bad(what: Phrase) -> Refusal {
    Rejection::BadReorganisation { what }.into()
}
