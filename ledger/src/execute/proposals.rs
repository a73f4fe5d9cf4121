//! Proposals: proposed, approved, in force with the last approval, or lapsed at their date.
//!
//! Invariant: what a measure does, and the checks it passes, are those of its direct action where
//! there is one; a proposal adds who must agree, nothing else.

use super::measures::Proposers;
use super::resources::require_revision;
use super::seats::seats;
use super::{Context, Mandate, Refusal, full, push};
use crate::bounded::List;
use crate::ids::{Height, ProposalId, Statement, TimeMs};
use crate::language::phrase;
use crate::limits;
use crate::measure::Measure;
use crate::records::{
    Decision, Key, Proposal, ProposalStatus, Record, RecordId, RecordKind, Seat, Standing, Trail,
};
use crate::rejection::Rejection;
use crate::view::{Overlay, Records, View, ViewError};

const DAY_MS: i64 = 86_400_000;

impl Context<'_, '_> {
    pub(super) fn propose(&mut self, measure: &Measure, reason: &Statement) -> Result<(), Refusal> {
        let proposers = Proposers::of(self.state, measure)?;
        if !proposers.admit(self.state, self.actor())? {
            return Err(Rejection::NotProposer {
                actor: self.actor().clone(),
                measure: measure.name(),
                proposers: proposers.into_departments(),
            }
            .into());
        }
        self.rehearse(measure)?;
        self.require_not_proposed(measure)?;
        let seats = seats(self.state, self.at.height, measure)?;
        let number = self.open_number()?;
        let parameters = self.state.parameters()?;
        let not_before = if measure.needs_notice() {
            let calendar = parameters.calendar_at(self.at.height);
            calendar.due(self.at.time, parameters.settings.notice)
        } else {
            self.at.time
        };
        let days = i64::from(parameters.settings.proposal_days);
        let lapses = not_before.0.saturating_add(days.saturating_mul(DAY_MS));
        let mut proposal = Proposal {
            id: ProposalId {
                proposer: self.actor().clone(),
                number,
            },
            measure: measure.clone(),
            reason: reason.clone(),
            proposed: self.decision(None),
            seats: List::new(seats).map_err(|_| {
                full(
                    phrase!(
                        "the number of approvals that a proposal needs",
                        "一项提案所需的批准数量"
                    ),
                    limits::SEATS_MAX,
                )
            })?,
            not_before,
            lapses: TimeMs(lapses),
            revision: 1,
            status: ProposalStatus::Open,
            trail: Trail::default(),
        };
        self.fill(&mut proposal)?;
        self.conclude(proposal)
    }

    /// What takes something from an entry or a grant is proposed once on one revision of it; so is what befalls a
    /// department: a second proposal could never take effect after the first.
    fn require_not_proposed(&self, measure: &Measure) -> Result<(), Refusal> {
        let subject = match (measure.decided_on(), measure.befalls()) {
            (Some((subject, _)), _) if measure.needs_notice() => subject,
            (_, Some(department)) => RecordId::Department(department.clone()),
            (_, None) => return Ok(()),
        };
        let is_same = |other: &Measure| {
            other.name() == measure.name()
                && other.decided_on() == measure.decided_on()
                && other.befalls() == measure.befalls()
        };
        self.state.for_each_referrer(
            &subject,
            RecordKind::Proposal,
            |id| -> Result<(), Refusal> {
                match self.state.record(id)? {
                    Some(Record::Proposal(proposal))
                        if proposal.standing_at(self.at.time) == Standing::Open
                            && is_same(&proposal.measure)
                            && !is_outdated(self.state, &proposal, self.at.height)? =>
                    {
                        Err(Rejection::ProposalWaits { id: proposal.id }.into())
                    }
                    _ => Ok(()),
                }
            },
        )
    }

    pub(super) fn approve(&mut self, id: &ProposalId, revision: u32) -> Result<(), Refusal> {
        let mut proposal = self.open_proposal(id, revision)?;
        let required = seats(self.state, self.at.height, &proposal.measure)?;
        if !asks_the_same(&proposal, &required) {
            return Err(Rejection::ApproversChanged { id: id.clone() }.into());
        }
        if !self.fill(&mut proposal)? {
            return Err(self.not_approver(&proposal));
        }
        proposal.revision = proposal.revision.saturating_add(1);
        self.conclude(proposal)
    }

    pub(super) fn reject(
        &mut self,
        id: &ProposalId,
        revision: u32,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let proposal = self.open_proposal(id, revision)?;
        let mut is_asked = false;
        for seat in &proposal.seats {
            is_asked |= self.fills(seat)?;
        }
        if !is_asked {
            return Err(self.not_approver(&proposal));
        }
        let decision = self.decision(Some(reason));
        self.settle(proposal, ProposalStatus::Rejected { decision })
    }

    pub(super) fn take_back_proposal(
        &mut self,
        id: &ProposalId,
        revision: u32,
    ) -> Result<(), Refusal> {
        let proposal = self.open_proposal(id, revision)?;
        let provider = match proposal.measure.entry() {
            Some(code) => Some(self.existing_resource(code)?.provider),
            None => None,
        };
        match provider {
            Some(provider) if self.author_acts_for(&provider)? => {}
            Some(_) | None => self.require_acting_for(&id.proposer)?,
        }
        let decision = self.decision(None);
        self.settle(proposal, ProposalStatus::TakenBack { decision })
    }

    /// A proposal that waits for approvals, at the revision that was decided on.
    fn open_proposal(&self, id: &ProposalId, revision: u32) -> Result<Proposal, Refusal> {
        let record_id = RecordId::Proposal(id.clone());
        let unknown = || Rejection::Unknown {
            id: record_id.clone(),
        };
        let proposal = self.state.proposal(id)?.ok_or_else(unknown)?;
        match proposal.standing_at(self.at.time) {
            Standing::Open => {}
            Standing::Lapsed => {
                return Err(Rejection::ProposalLapsed {
                    id: id.clone(),
                    lapsed: proposal.lapses,
                }
                .into());
            }
            standing @ (Standing::InForce | Standing::Rejected | Standing::TakenBack) => {
                return Err(Rejection::ProposalClosed {
                    id: id.clone(),
                    standing,
                }
                .into());
            }
        }
        require_revision(record_id, revision, proposal.revision)?;
        Ok(proposal)
    }

    fn not_approver(&self, proposal: &Proposal) -> Refusal {
        let waits = proposal.vacant();
        Rejection::NotApprover {
            actor: self.actor().clone(),
            role: self.author.role,
            id: proposal.id.clone(),
            waits: waits
                .map(|seat| (seat.department.clone(), seat.signatory))
                .collect(),
        }
        .into()
    }

    /// Whether the author's signature is one that a seat asks for.
    fn fills(&self, seat: &Seat) -> Result<bool, Refusal> {
        Ok(seat.signatory.admits(self.author.role) && self.author_acts_for(&seat.department)?)
    }

    /// Puts the author's approval on every vacant seat that it fills; whether there was one.
    fn fill(&mut self, proposal: &mut Proposal) -> Result<bool, Refusal> {
        self.require_impartial(&proposal.measure)?;
        let approval = self.decision(None);
        let mut is_asked = false;
        for seat in proposal.seats.as_mut_slice() {
            if seat.approval.is_none() && self.fills(seat)? {
                seat.approval = Some(approval.clone());
                is_asked = true;
            }
        }
        Ok(is_asked)
    }

    /// Writes a proposal; with the last approval, its measure takes effect.
    fn conclude(&mut self, proposal: Proposal) -> Result<(), Refusal> {
        if proposal.vacant().next().is_some() {
            return self.put(Record::Proposal(Box::new(proposal)));
        }
        if self.at.time < proposal.not_before {
            return Err(Rejection::NoticeRunning {
                id: proposal.id,
                until: proposal.not_before,
            }
            .into());
        }
        self.carry_out(&proposal)?;
        self.settle(proposal, ProposalStatus::InForce { at: self.at })
    }

    /// Closes a proposal and takes it off its department's list.
    fn settle(&mut self, mut proposal: Proposal, status: ProposalStatus) -> Result<(), Refusal> {
        if !matches!(status, ProposalStatus::InForce { .. }) {
            proposal.revision = proposal.revision.saturating_add(1);
        }
        proposal.status = status;
        let mut department = self.department(&proposal.id.proposer)?;
        let open = department.open_proposals.into_vec();
        let open = open.into_iter().filter(|n| *n != proposal.id.number);
        department.open_proposals = List::new(open.collect()).unwrap_or_default();
        self.put(Record::Department(department))?;
        self.put(Record::Proposal(Box::new(proposal)))
    }

    /// The number of a new proposal of the author's department, put on its list. Those on it that
    /// have lapsed meanwhile make room.
    fn open_number(&mut self) -> Result<u32, Refusal> {
        let mut department = self.department(&self.actor().clone())?;
        let mut open = Vec::new();
        for number in &department.open_proposals {
            let id = ProposalId {
                proposer: department.id.clone(),
                number: *number,
            };
            let proposal = self.state.proposal(&id)?;
            if proposal.is_some_and(|p| p.standing_at(self.at.time) == Standing::Open) {
                open.push(*number);
            }
        }
        let settings = self.state.parameters()?.settings;
        let count_max = usize::from(settings.open_proposals_max).min(limits::OPEN_PROPOSALS_MAX);
        let what = phrase!(
            "the number of proposals of one department that wait",
            "一个部门待决的提案数量"
        );
        if open.len() >= count_max {
            return Err(full(what, count_max));
        }
        department.proposals = department.proposals.saturating_add(1);
        let number = department.proposals;
        department.open_proposals = List::new(open).unwrap_or_default();
        push(&mut department.open_proposals, number, what)?;
        self.put(Record::Department(department))?;
        Ok(number)
    }

    /// Runs a measure on top of the state and forgets it: what could not take effect now is not
    /// proposed.
    fn rehearse(&self, measure: &Measure) -> Result<(), Refusal> {
        let mut scratch = Overlay::new(self.state);
        let mut rehearsal = Context {
            state: &mut scratch,
            chain: self.chain,
            at: self.at,
            author: self.author.clone(),
            transaction: self.transaction,
            action_index: self.action_index,
            action_leaf: self.action_leaf,
            touched: self.touched.clone(),
            mandate: Some(Mandate::default()),
        };
        let outcome = rehearsal.enact(measure);
        let work = scratch.work();
        self.state.work_on(work)?;
        outcome
    }

    /// Does what was agreed on, in the proposer's name and with the approvals as mandate.
    fn carry_out(&mut self, proposal: &Proposal) -> Result<(), Refusal> {
        let proposer = proposal.proposed.key;
        let unknown = || Rejection::UnknownKey { key: proposer };
        let proposer: Key = self.state.key(&proposer)?.ok_or_else(unknown)?;
        let approvals = proposal
            .seats
            .iter()
            .filter_map(|seat| seat.approval.clone());
        let mut others: Vec<Decision> = approvals
            .filter(|approval| approval.key != proposal.proposed.key)
            .collect();
        others.dedup_by(|one, other| one.key == other.key);
        let mandate = Mandate { approvals: others };
        let author = std::mem::replace(&mut self.author, proposer);
        self.mandate = Some(mandate);
        let outcome = self.enact(&proposal.measure);
        self.author = author;
        self.mandate = None;
        outcome
    }
}

/// Whether the approvals that a proposal waits for are those that its measure needs.
fn asks_the_same(proposal: &Proposal, required: &[Seat]) -> bool {
    let asked = proposal.seats.iter();
    let asked = asked.map(|seat| (&seat.department, seat.signatory));
    asked.eq(required
        .iter()
        .map(|seat| (&seat.department, seat.signatory)))
}

/// Whether a proposal that waits can take effect no more after the block at `height`: what it was decided on has
/// changed since, or others must approve it by now than it asks.
pub(crate) fn is_outdated(
    view: &dyn View,
    proposal: &Proposal,
    height: Height,
) -> Result<bool, ViewError> {
    if proposal.measure.is_outdated(view)? {
        return Ok(true);
    }
    match seats(view, height, &proposal.measure) {
        Ok(required) => Ok(!asks_the_same(proposal, &required)),
        Err(Refusal::Rejected(_)) => Ok(true),
        Err(Refusal::Unreadable(error)) => Err(error),
    }
}
