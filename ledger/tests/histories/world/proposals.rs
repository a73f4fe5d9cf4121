//! Proposals: who proposes, who must approve, notice, and when they lapse.

use dirchain_ledger::calendar::WorkingDays;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, Height, ProposalId, TimeMs};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::*;
use dirchain_ledger::testing::DAY_MS;

use super::{Codes, Done, Hand, Motion, Place, World, found, never, unless};

/// The end of the `count`th working day after that of `from`, in UTC+8 and without holidays, of which
/// the histories list none.
pub(super) fn due(from: TimeMs, count: WorkingDays) -> TimeMs {
    if count.0 == 0 {
        return from;
    }
    let zone = 8 * 3_600_000;
    let mut day = (from.0 + zone).div_euclid(DAY_MS);
    let mut left = count.0;
    while left > 0 {
        day += 1;
        // Day 0 was a Thursday.
        left -= u16::from(!matches!(day.rem_euclid(7), 2 | 3));
    }
    TimeMs((day + 1) * DAY_MS - zone)
}

fn needs_notice(measure: &Measure) -> bool {
    matches!(
        measure,
        Measure::Revoke { .. } | Measure::Withdraw { .. } | Measure::Narrow { .. }
    )
}

fn admits(signatory: Signatory, role: Role) -> bool {
    match signatory {
        Signatory::Head => role == Role::Head,
        Signatory::Administrator => role == Role::Administrator,
        Signatory::Either => matches!(role, Role::Head | Role::Administrator),
    }
}

impl World {
    /// The provider whose affair a measure about an entry is.
    fn provider_in(&self, measure: &Measure) -> Option<Result<DepartmentId, Codes>> {
        let code = match measure {
            Measure::Grant(grant) => &grant.application.resource,
            Measure::Revoke { authorization, .. }
            | Measure::ConfirmHolder { authorization, .. } => &authorization.resource,
            Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => code,
            _ => return None,
        };
        Some(found(self.entries.get(code)).map(|listed| listed.provider.clone()))
    }

    /// Two of registrar, steward and deputy, in this order, in lines of
    /// departments apart, and apart from the one concerned.
    pub(super) fn two_offices(
        &self,
        concerned: Option<&DepartmentId>,
    ) -> Result<Vec<DepartmentId>, Codes> {
        let mut two: Vec<DepartmentId> = Vec::new();
        for office in [Office::Registrar, Office::Steward, Office::StewardDeputy] {
            let mut others = two.iter().chain(concerned);
            let holder = self.offices.get(&office);
            let holder = holder.filter(|holder| others.all(|other| !self.kin(holder, other)));
            two.extend(holder.cloned());
        }
        two.truncate(2);
        match two.len() {
            2 => Ok(two),
            _ => never("office-vacant"),
        }
    }

    /// The steward; its deputy in what concerns the steward's own line.
    fn arbiter(&self, provider: &DepartmentId) -> DepartmentId {
        let steward = &self.offices[&Office::Steward];
        let office = match self.kin(steward, provider) {
            true => Office::StewardDeputy,
            false => Office::Steward,
        };
        self.offices[&office].clone()
    }

    /// Whether the same waits: an early end of the same subject at the same revision, or what befalls a department.
    fn is_proposed(&self, measure: &Measure, now: TimeMs) -> bool {
        let same = |other: &Measure| match (measure, other) {
            (
                Measure::Revoke {
                    authorization: one,
                    revision: at,
                    ..
                },
                Measure::Revoke {
                    authorization: other,
                    revision,
                    ..
                },
            ) => (one, at) == (other, revision),
            (
                Measure::Withdraw {
                    code: one,
                    revision: at,
                    ..
                },
                Measure::Withdraw {
                    code: other,
                    revision,
                    ..
                },
            )
            | (
                Measure::Narrow {
                    code: one,
                    revision: at,
                },
                Measure::Narrow {
                    code: other,
                    revision,
                },
            ) => (one, at) == (other, revision),
            (
                Measure::ReplaceHead {
                    department: one, ..
                },
                Measure::ReplaceHead {
                    department: other, ..
                },
            )
            | (
                Measure::SuspendDepartment { department: one },
                Measure::SuspendDepartment { department: other },
            )
            | (
                Measure::ResumeDepartment { department: one },
                Measure::ResumeDepartment { department: other },
            ) => one == other,
            _ => false,
        };
        let mut waiting = self.proposals.values();
        waiting.any(|motion| {
            let waits = !motion.is_closed && now < motion.lapses;
            waits && same(&motion.measure) && self.asks_the_same(motion).is_ok_and(|same| same)
        })
    }

    /// Whether those must approve a proposal whom it asks.
    fn asks_the_same(&self, motion: &Motion) -> Result<bool, Codes> {
        let now = self.places(&motion.measure)?;
        let then = motion.places.iter().map(|(who, by, _)| (who.clone(), *by));
        Ok(then.eq(now))
    }

    fn may_propose(&self, measure: &Measure, actor: &DepartmentId) -> Result<bool, Codes> {
        if let Some(provider) = self.provider_in(measure) {
            return Ok(self.acts(actor, &provider?));
        }
        let deciding = [Office::Registrar, Office::Steward, Office::StewardDeputy];
        let decides = deciding.iter().any(|office| self.is_holder(actor, *office));
        Ok(match measure {
            Measure::ChangeParameters(_) | Measure::AssignOffice { .. } => {
                self.offices.values().any(|holder| holder == actor)
            }
            Measure::Reorganise(_) => self.is_holder(actor, Office::Registrar),
            Measure::ReplaceHead { department, .. } => decides || self.acts(actor, department),
            Measure::ChangeMembership { changes } => {
                let nodes = changes.iter().flat_map(MemberChange::nodes);
                let mut own = nodes.filter_map(|node| self.nodes.get(node)).peekable();
                let is_any = own.peek().is_some();
                decides || is_any && own.all(|node| self.acts(actor, &node.department))
            }
            _ => decides,
        })
    }

    /// Who must approve, by department and signatory.
    fn places(&self, measure: &Measure) -> Result<Vec<(DepartmentId, Signatory)>, Codes> {
        use Signatory::{Administrator, Either, Head};
        let mut places: Vec<(DepartmentId, Signatory)> = Vec::new();
        let provider = self.provider_in(measure).transpose()?;
        let heads = |of: Vec<DepartmentId>| of.into_iter().map(|department| (department, Head));
        match measure {
            Measure::ChangeParameters(_) | Measure::RaiseRules { .. } => {
                places.extend(heads(self.two_offices(None)?));
            }
            Measure::AssignOffice { department, .. } => {
                places.extend(heads(self.two_offices(None)?));
                places.push((department.clone(), Head));
            }
            Measure::Grant(_) | Measure::ConfirmHolder { .. } => {
                let provider = provider.unwrap();
                places.extend([(provider.clone(), Administrator), (provider, Head)]);
            }
            Measure::Revoke { .. } => {
                let provider = provider.unwrap();
                places.push((self.arbiter(&provider), Either));
                places.push((provider, Either));
            }
            Measure::Withdraw { .. } | Measure::Narrow { .. } => {
                let provider = provider.unwrap();
                places.push((self.arbiter(&provider), Either));
                places.push((provider, Head));
            }
            Measure::ReplaceHead { department, .. }
            | Measure::SuspendDepartment { department }
            | Measure::ResumeDepartment { department } => {
                places.extend(heads(self.two_offices(Some(department))?));
            }
            Measure::Reorganise(reorganisation) => {
                let transfers = reorganisation.transfers.iter();
                let parties = transfers.flat_map(|t| std::iter::once(&t.from).chain(&t.to));
                let renamed = reorganisation.renames.iter().map(|r| &r.department);
                let heirs = reorganisation.successors.iter().map(|s| &s.successor);
                let parties = parties.chain(&reorganisation.dissolves).chain(renamed);
                let parties = parties.chain(heirs);
                places.extend(parties.map(|party| match self.is_active(party) {
                    true => (party.clone(), Head),
                    false => (self.offices[&Office::Steward].clone(), Head),
                }));
            }
            Measure::ChangeMembership { changes } => {
                for change in changes {
                    self.member_places(change, &mut places)?;
                }
            }
        }
        places.sort();
        places.dedup();
        Ok(places)
    }

    fn member_places(
        &self,
        change: &MemberChange,
        places: &mut Vec<(DepartmentId, Signatory)>,
    ) -> Done {
        let (MemberChange::Add { node, .. }
        | MemberChange::Remove { node }
        | MemberChange::Replace { node, .. }
        | MemberChange::Rotate { node, .. }) = change;
        let Some(machine) = self.nodes.get(node) else {
            return Ok(());
        };
        let department = machine.department.clone();
        let own = (department.clone(), Signatory::Head);
        let two = match change {
            MemberChange::Add { .. } => {
                places.push(own);
                self.two_offices(None)?
            }
            MemberChange::Remove { .. } => self.two_offices(Some(&department))?,
            MemberChange::Replace { .. } | MemberChange::Rotate { .. } => {
                places.extend([own, (self.arbiter(&department), Signatory::Either)]);
                Vec::new()
            }
        };
        places.extend(two.into_iter().map(|office| (office, Signatory::Head)));
        Ok(())
    }
}

impl Hand<'_> {
    pub(super) fn propose(&mut self, measure: &Measure) -> Done {
        let may = self.world.may_propose(measure, &self.actor())?;
        unless([(!may, "not-proposer")])?;
        let mut rehearsal = self.world.clone();
        let mut hand = Hand {
            world: &mut rehearsal,
            at: self.at,
            key: self.key,
            mandate: Some(Vec::new()),
            touched: Default::default(),
            open: Codes::new(),
        };
        hand.enact(measure)?;
        unless([(
            self.world.is_proposed(measure, self.at.time),
            "proposal-waits",
        )])?;
        let places = self.world.places(measure)?;
        let settings = self.world.settings();
        let not_before = match needs_notice(measure) {
            true => due(self.at.time, settings.notice),
            false => self.at.time,
        };
        let lapses = TimeMs(not_before.0 + i64::from(settings.proposal_days) * DAY_MS);
        let proposer = self.actor();
        let waiting = self.world.proposals.iter().filter(|(id, motion)| {
            id.proposer == proposer && !motion.is_closed && self.at.time < motion.lapses
        });
        let room = usize::from(settings.open_proposals_max);
        unless([(waiting.count() >= room, "full")])?;
        let body = self.world.departments.get_mut(&proposer).unwrap();
        body.proposals += 1;
        let id = ProposalId {
            proposer,
            number: body.proposals,
        };
        let mut motion = Motion {
            measure: measure.clone(),
            proposer: self.key,
            places: places
                .into_iter()
                .map(|(who, by)| (who, by, None))
                .collect(),
            not_before,
            lapses,
            revision: 1,
            is_closed: false,
        };
        self.fill(&mut motion)?;
        self.conclude(id, motion)
    }

    pub(super) fn approve(&mut self, id: &ProposalId, revision: u32) -> Done {
        let mut motion = self.motion(id, revision)?;
        let as_before = self.world.asks_the_same(&motion)?;
        unless([(!as_before, "approvers-changed")])?;
        let is_asked = self.fill(&mut motion)?;
        unless([(!is_asked, "not-approver")])?;
        motion.revision += 1;
        self.conclude(id.clone(), motion)
    }

    pub(super) fn reject(&mut self, id: &ProposalId, revision: u32) -> Done {
        let mut motion = self.motion(id, revision)?;
        let is_asked = motion.places.iter().any(|place| self.fills(place));
        unless([(!is_asked, "not-approver")])?;
        (motion.is_closed, motion.revision) = (true, motion.revision + 1);
        self.world.proposals.insert(id.clone(), motion);
        Ok(())
    }

    pub(super) fn take_back_proposal(&mut self, id: &ProposalId, revision: u32) -> Done {
        let mut motion = self.motion(id, revision)?;
        let provider = self.world.provider_in(&motion.measure).transpose()?;
        let provides = provider.is_some_and(|provider| self.acts_for(&provider));
        let (acts_not, code) = self.must_act_for(&id.proposer);
        unless([(acts_not && !provides, code)])?;
        (motion.is_closed, motion.revision) = (true, motion.revision + 1);
        self.world.proposals.insert(id.clone(), motion);
        Ok(())
    }

    /// A proposal that waits, at the revision it was looked at.
    fn motion(&self, id: &ProposalId, revision: u32) -> Result<Motion, Codes> {
        let motion = found(self.world.proposals.get(id))?;
        let lapsed = !motion.is_closed && motion.lapses <= self.at.time;
        let waits = !motion.is_closed && !lapsed;
        unless([
            (motion.is_closed, "proposal-closed"),
            (lapsed, "proposal-lapsed"),
            (waits && motion.revision != revision, "stale"),
        ])?;
        Ok(motion.clone())
    }

    fn fills(&self, (who, by, _): &Place) -> bool {
        let role = self.world.keys[&self.key].role;
        admits(*by, role) && self.acts_for(who)
    }

    fn fill(&self, motion: &mut Motion) -> Result<bool, Codes> {
        if let Measure::Grant(grant) = &motion.measure
            && let Some(asked) = self.world.applications.get(&grant.application)
        {
            unless([(self.acts_for(&asked.applicant), "applicant-decides")])?;
        }
        let (key, height) = (self.key, self.at.height);
        let own: Vec<bool> = motion
            .places
            .iter()
            .map(|place| self.fills(place))
            .collect();
        let mut is_asked = false;
        for (place, fills) in motion.places.iter_mut().zip(own) {
            if fills && place.2.is_none() {
                place.2 = Some((key, height));
                is_asked = true;
            }
        }
        Ok(is_asked)
    }

    /// With the last approval, and not before the notice is over, the measure takes effect.
    fn conclude(&mut self, id: ProposalId, mut motion: Motion) -> Done {
        let given: Option<Vec<(PublicKey, Height)>> = motion
            .places
            .iter()
            .map(|(_, _, approval)| *approval)
            .collect();
        if let Some(given) = given {
            unless([(self.at.time < motion.not_before, "notice-running")])?;
            let others = given.into_iter().filter(|(key, _)| *key != motion.proposer);
            let before = (self.key, self.mandate.take());
            (self.key, self.mandate) = (motion.proposer, Some(others.collect()));
            self.enact(&motion.measure)?;
            (self.key, self.mandate) = before;
            motion.is_closed = true;
        }
        self.world.proposals.insert(id, motion);
        Ok(())
    }
}
