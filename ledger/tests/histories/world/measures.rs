//! What several decide together comes to (R1, R8), once they agree.

use std::collections::BTreeSet;

use dirchain_ledger::ids::{DepartmentId, ResourceCode};
use dirchain_ledger::measure::{Measure, ParameterChange, Reorganisation, ReorganisationKind};
use dirchain_ledger::records::*;

use super::{Done, Hand, Height, World, all, found, unless};

impl World {
    pub(super) fn settings_at(&self, height: Height) -> &Settings {
        let mut past = self.settings.iter().rev();
        &past.find(|(since, _)| *since <= height).unwrap().1
    }

    /// That a department may stop acting: it holds no office and does not vote.
    fn require_free(&self, department: &DepartmentId) -> Done {
        let holds = self.offices.values().any(|holder| holder == department);
        let votes = self
            .members
            .iter()
            .any(|(_, member, _)| member == department);
        let planned = self.planned();
        let will = planned.iter().any(|(_, member, _)| member == department);
        unless([(holds || votes || will, "wrong-department")])
    }
}

impl Hand<'_> {
    pub(super) fn enact(&mut self, measure: &Measure) -> Done {
        match measure {
            Measure::ChangeParameters(change) => self.change_parameters(change),
            Measure::AssignOffice {
                office,
                department,
                revision,
            } => {
                all([
                    unless([
                        (*revision != self.world.offices_revision, "stale"),
                        (self.world.is_holder(department, *office), "office-held"),
                    ]),
                    self.world.require_active(department),
                ])?;
                self.world.offices.insert(*office, department.clone());
                self.world.offices_revision += 1;
                let second = self.world.two_offices(None);
                let holders = &self.world.offices;
                let publishers = (
                    holders.get(&Office::Steward),
                    holders.get(&Office::StewardDeputy),
                );
                let is_one = match publishers {
                    (Some(steward), Some(deputy)) => self.world.kin(steward, deputy),
                    _ => false,
                };
                unless([(second.is_err() || is_one, "wrong-department")])
            }
            Measure::Grant(grant) => self.grant(grant),
            Measure::Revoke {
                authorization,
                revision,
                reason,
            } => self.of_sharing(&dirchain_ledger::action::Action::EndAuthorization {
                authorization: authorization.clone(),
                revision: *revision,
                reason: reason.clone(),
            }),
            Measure::Withdraw { code, revision, .. } => self.withdraw(code, *revision),
            Measure::Narrow { code, revision } => self.publish(code, *revision),
            Measure::ReplaceHead { department, offer } => {
                self.world.require_active(department)?;
                unless([
                    (offer.role != Role::Head, "head-missing"),
                    (self.world.keys.contains_key(&offer.public_key), "taken"),
                ])?;
                for signer in self.world.keys.values_mut() {
                    let is_head = signer.role == Role::Head && signer.department == *department;
                    signer.is_revoked |= is_head;
                }
                let from = self.at.height;
                self.world
                    .admit(offer.public_key, department, Role::Head, from);
                Ok(())
            }
            Measure::ConfirmHolder {
                authorization,
                revision,
            } => self.confirm_holder(authorization, *revision),
            Measure::SuspendDepartment { department } => {
                self.world.require_free(department)?;
                self.set_status(department, DepartmentStatus::Suspended)
            }
            Measure::ResumeDepartment { department } => {
                self.set_status(department, DepartmentStatus::Active)
            }
            Measure::Reorganise(reorganisation) => self.reorganise(reorganisation),
            Measure::ChangeMembership { changes } => self.change_membership(changes),
            Measure::RaiseRules { version, from } => {
                let next = self.world.settings().rules_version + 1;
                let is_over = *from <= self.at.height;
                unless([(*version != next || is_over, "bad-rules")])?;
                self.world.parameters_revision += 1;
                Ok(())
            }
        }
    }

    fn change_parameters(&mut self, change: &ParameterChange) -> Done {
        let is_empty = change.settings.is_none()
            && change.add_purposes.is_empty()
            && change.end_purposes.is_empty()
            && change.days.is_empty();
        let purposes = &self.world.purposes;
        let is_known = |purpose: &Purpose| purposes.contains_key(&purpose.code);
        let is_listed = |code| purposes.get(code) == Some(&true);
        let rules = self.world.settings().rules_version;
        let settings = change.settings.as_ref();
        let other_rules = settings.is_some_and(|settings| settings.rules_version != rules);
        let bad = is_empty
            || other_rules
            || change.add_purposes.iter().any(is_known)
            || !change.end_purposes.iter().all(is_listed);
        unless([
            (change.revision != self.world.parameters_revision, "stale"),
            (bad, "bad-parameters"),
        ])?;
        for purpose in &change.add_purposes {
            self.world.purposes.insert(purpose.code.clone(), true);
        }
        for code in &change.end_purposes {
            self.world.purposes.insert(code.clone(), false);
        }
        let since = self.at.height;
        let new = change.settings.clone().map(|settings| (since, settings));
        self.world.settings.extend(new);
        self.world.parameters_revision += 1;
        Ok(())
    }

    fn set_status(&mut self, department: &DepartmentId, status: DepartmentStatus) -> Done {
        let before = found(self.world.departments.get(department))?.status;
        let stays = before == status || before == DepartmentStatus::Dissolved;
        unless([(stays, "wrong-department")])?;
        self.world.departments.get_mut(department).unwrap().status = status;
        Ok(())
    }

    /// Rule R1: all of it or nothing, and every responsibility of the dissolved exactly once.
    fn reorganise(&mut self, reorganisation: &Reorganisation) -> Done {
        let Reorganisation {
            kind,
            transfers,
            dissolves,
            renames,
            successors,
            ..
        } = reorganisation;
        let fits = match kind {
            ReorganisationKind::Merge => !dissolves.is_empty() && !transfers.is_empty(),
            ReorganisationKind::Split => dissolves.is_empty() && !transfers.is_empty(),
            ReorganisationKind::Rename => {
                dissolves.is_empty() && transfers.is_empty() && !renames.is_empty()
            }
            ReorganisationKind::Dissolve => !dissolves.is_empty(),
        };
        let ascends = transfers
            .windows(2)
            .all(|pair| pair[0].responsibility < pair[1].responsibility)
            && dissolves.windows(2).all(|pair| pair[0] < pair[1])
            && renames
                .windows(2)
                .all(|pair| pair[0].department < pair[1].department);
        let takes_over = |department: &DepartmentId| {
            let mut named = successors.iter().filter(|s| s.department == *department);
            let own = transfers.iter().filter(|t| t.from == *department);
            let heirs: BTreeSet<DepartmentId> = own.filter_map(|t| t.to.clone()).collect();
            match (named.next(), heirs.len()) {
                (Some(named), _) => Ok(Some(named.successor.clone())),
                (None, 0 | 1) => Ok(heirs.into_iter().next()),
                (None, _) => Err(()),
            }
        };
        let ill_named = successors
            .windows(2)
            .any(|pair| pair[0].department >= pair[1].department)
            || successors.iter().any(|named| {
                !dissolves.contains(&named.department) || dissolves.contains(&named.successor)
            })
            || dissolves.iter().any(|gone| takes_over(gone).is_err());
        let nowhere = transfers.iter().any(|transfer| {
            let to = transfer.to.as_ref();
            to.is_some_and(|to| dissolves.contains(to) || *to == transfer.from)
        });
        let is_left = self.world.duties.iter().any(|(code, duty)| {
            let passes = transfers
                .iter()
                .any(|transfer| transfer.responsibility == *code);
            !duty.is_over && dissolves.contains(&duty.holder) && !passes
        });
        unless([(
            !fits || !ascends || nowhere || is_left || ill_named,
            "bad-reorganisation",
        )])?;
        let mut moved: Vec<(ResourceCode, DepartmentId)> = Vec::new();
        for transfer in transfers {
            self.reach(transfer, &mut moved);
        }
        for gone in dissolves {
            let Some(heir) = takes_over(gone).unwrap() else {
                continue;
            };
            let cited: BTreeSet<ResourceCode> =
                moved.iter().map(|(code, _)| code.clone()).collect();
            let left = self.world.entries.iter().filter(|(code, listed)| {
                listed.provider == *gone && !listed.is_withdrawn && !cited.contains(*code)
            });
            let left: Vec<ResourceCode> = left.map(|(code, _)| code.clone()).collect();
            self.touched.extend(left.iter().cloned());
            moved.extend(left.into_iter().map(|code| (code, heir.clone())));
        }
        for transfer in transfers {
            let code = &transfer.responsibility;
            let duty = found(self.world.duties.get(code))?;
            unless([
                (duty.is_over, "responsibility-ended"),
                (
                    !duty.is_over && duty.holder != transfer.from,
                    "responsibility-not-held",
                ),
            ])?;
            if let Some(to) = &transfer.to {
                self.world.require_active(to)?;
            }
            let duty = self.world.duties.get_mut(code).unwrap();
            duty.revision += 1;
            match &transfer.to {
                Some(to) => duty.holder = to.clone(),
                None => duty.is_over = true,
            }
        }
        for (code, to) in moved {
            let listed = self.world.entries.get_mut(&code).unwrap();
            listed.provider = to;
            listed.revision += 1;
        }
        for renaming in renames {
            self.world.require_active(&renaming.department)?;
        }
        for department in dissolves {
            self.world.require_free(department)?;
            let has_units = self.world.departments.values().any(|body| {
                body.parent.as_ref() == Some(department)
                    && body.status != DepartmentStatus::Dissolved
            });
            unless([(has_units, "bad-reorganisation")])?;
            if let Some(heir) = takes_over(department).unwrap() {
                self.world.require_active(&heir)?;
                self.world.departments.get_mut(department).unwrap().heir = Some(heir);
            }
            self.set_status(department, DepartmentStatus::Dissolved)?;
        }
        Ok(())
    }

    /// Which entries a transfer moves, and on whose trails it is.
    fn reach(
        &mut self,
        transfer: &dirchain_ledger::measure::Transfer,
        moved: &mut Vec<(ResourceCode, DepartmentId)>,
    ) {
        let (duty, world) = (&transfer.responsibility, &*self.world);
        let citing = world.entries.iter().filter(|(_, listed)| {
            let published = listed.published.as_ref().map(|(_, entry)| entry);
            let entry = published.or(listed.draft.as_ref().map(|(entry, _)| entry));
            let cited = entry.and_then(|entry| entry.responsibility.as_ref());
            !listed.is_withdrawn
                && cited == Some(duty)
                && world.acts(&transfer.from, &listed.provider)
        });
        let citing: Vec<ResourceCode> = citing.map(|(code, _)| code.clone()).collect();
        if let Some(to) = &transfer.to {
            moved.extend(citing.iter().map(|code| (code.clone(), to.clone())));
        }
        let received = world.grants.iter().filter(|(_, held)| {
            let gains = transfer
                .to
                .as_ref()
                .is_some_and(|to| world.acts(to, &held.grantee));
            let loses = world.acts(&transfer.from, &held.grantee);
            let lasts = !held.is_ended && self.at.time < held.to;
            held.duty == *duty && lasts && (gains || loses)
        });
        let received: Vec<ResourceCode> = received.map(|(id, _)| id.resource.clone()).collect();
        self.touched.extend(citing);
        self.touched.extend(received);
    }
}
