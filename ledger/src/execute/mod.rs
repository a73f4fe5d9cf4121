//! Execution: what a transaction does to the records, or why it does nothing.
//!
//! Invariant: the outcome depends on the view, the block's height and time, and the transaction
//! alone. No clock, no randomness, no order of a hash map.

mod authority;
mod bindings;
pub(crate) use bindings::has_gateway;
mod cases;
pub(crate) use authority::same_line;
pub use authority::{acts_for, holds, living};
pub(crate) use cases::answerer;
mod departments;
mod early_ends;
pub(crate) use departments::is_sub_unit_id;
mod elements;
mod measures;
mod membership;
mod nodes;
mod objections;
mod parameters;
mod proposals;
pub(crate) use proposals::is_outdated;
mod rehearsal;
pub use rehearsal::Rehearsal;
mod reorganisation;
pub use reorganisation::{Reach, reach};
mod resources;
pub(crate) use resources::first_narrowed;
mod seats;
mod sharing;
mod unsettled;
pub use unsettled::{Unsettled, unsettled};
mod usage;

use std::collections::BTreeSet;

use crate::action::Action;
use crate::bounded::{BoundError, List};
use crate::hash::Hash;
use crate::ids::{ChainId, DepartmentId, FieldNumber, Moment, TransactionId};
use crate::language::Phrase;
use crate::limits;
use crate::records::{Decision, FieldPeriod, Key, Period, Record, RecordId, Rules, TrailEvent};
use crate::rejection::Rejection;
use crate::transaction::{Envelope, VerifiedTransaction};
use crate::view::{Overlay, Records, View, ViewError};

/// Why a transaction did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The rules refuse it.
    #[error(transparent)]
    Rejected(#[from] Box<Rejection>),
    /// The state could not be read; no verdict was reached.
    #[error(transparent)]
    Unreadable(#[from] ViewError),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Refusal::Rejected(Box::new(rejection))
    }
}

/// What a transaction touched, for the index of histories: each record with the action's index.
pub type Touched = BTreeSet<(RecordId, u32)>;

/// What executing a transaction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What it touched, or why it did nothing.
    pub verdict: Result<Touched, Refusal>,
    /// The work it took, also when it did nothing.
    pub work: u64,
}

/// Executes a transaction on top of `state`. It may take `work_max`, and never more than one
/// transaction may. On success its writes are in `state`; on refusal `state` is as before (rule R7).
pub fn execute(
    state: &mut Overlay<'_>,
    at: Moment,
    transaction: &VerifiedTransaction,
    work_max: u64,
) -> Execution {
    let acts = Acts {
        id: transaction.id(),
        envelope: transaction.envelope(),
        actions: transaction.actions(),
        leaves: transaction.leaves(),
    };
    execute_acts(state, at, &acts, work_max)
}

/// What is executed: a verified transaction, or one that is only rehearsed.
struct Acts<'t> {
    id: TransactionId,
    envelope: &'t Envelope,
    actions: &'t [Action],
    leaves: &'t [Hash],
}

fn execute_acts(state: &mut Overlay<'_>, at: Moment, acts: &Acts<'_>, work_max: u64) -> Execution {
    within(state, work_max, |scratch| execute_in(scratch, at, acts))
}

/// Runs something on top of a state with so much work: what it writes stays there, unless it fails.
fn within(
    state: &mut Overlay<'_>,
    work_max: u64,
    run: impl FnOnce(&mut Overlay<'_>) -> Result<Touched, Refusal>,
) -> Execution {
    let work_max = work_max.min(limits::TRANSACTION_WORK_MAX);
    let (verdict, work) = {
        let mut scratch = Overlay::metered(state, work_max);
        let verdict = run(&mut scratch);
        let work = scratch.work();
        if scratch.is_exhausted() {
            (Err(Rejection::TooMuchWork { work_max }.into()), work)
        } else {
            let verdict = verdict.map(|touched| (scratch.into_writes(), touched));
            (verdict, work)
        }
    };
    let verdict = verdict.map(|(writes, touched)| {
        state.absorb(writes);
        touched
    });
    Execution { verdict, work }
}

fn execute_in(scratch: &mut Overlay<'_>, at: Moment, acts: &Acts<'_>) -> Result<Touched, Refusal> {
    let key = authority::author(scratch, at, acts.envelope, acts.actions)?;
    let mut context = Context {
        state: scratch,
        chain: acts.envelope.chain,
        at,
        author: key,
        transaction: acts.id,
        action_index: 0,
        action_leaf: Hash::ZERO,
        touched: Touched::new(),
        mandate: None,
    };
    for (action_index, (action, leaf)) in (0u32..).zip(acts.actions.iter().zip(acts.leaves)) {
        context.action_index = action_index;
        context.action_leaf = *leaf;
        context.apply(action)?;
    }
    let touched = std::mem::take(&mut context.touched);
    // Read again: the transaction may have changed its own author's key.
    let public_key = acts.envelope.author;
    let unknown = || Rejection::UnknownKey { key: public_key };
    let mut key = scratch.key(&public_key)?.ok_or_else(unknown)?;
    key.next_sequence = key.next_sequence.saturating_add(1);
    scratch.put(Record::Key(key));
    Ok(touched)
}

/// One action being executed.
struct Context<'c, 'v> {
    state: &'c mut Overlay<'v>,
    chain: ChainId,
    at: Moment,
    author: Key,
    transaction: TransactionId,
    action_index: u32,
    action_leaf: Hash,
    touched: Touched,
    /// Set while a proposal is carried out, in its proposer's name.
    mandate: Option<Mandate>,
}

/// That several agreed: what takes effect is a proposal with its last approval.
#[derive(Clone, Default)]
struct Mandate {
    /// The approvals beside the proposer's own.
    approvals: Vec<Decision>,
}

impl Context<'_, '_> {
    fn apply(&mut self, action: &Action) -> Result<(), Refusal> {
        match action {
            Action::RegisterDepartment(action) => self.register_department(action),
            Action::RegisterKey { department, offer } => self.register_key(department, offer),
            Action::RevokeKey { public_key } => self.revoke_key(public_key),
            Action::SuspectKey { public_key, since } => self.suspect_key(public_key, *since),
            Action::DeclareResponsibility(action) => self.declare_responsibility(action),
            Action::AbolishResponsibility {
                code,
                revision,
                reason: _,
            } => self.abolish_responsibility(code, *revision),
            Action::DraftResource {
                code,
                provider,
                revision,
                entry,
            } => self.draft_resource(code, provider, *revision, entry),
            Action::SubmitResource { code, revision } => self.submit_resource(code, *revision),
            Action::ReturnResource {
                code,
                revision,
                reason,
            } => self.return_resource(code, *revision, reason),
            Action::PublishResource { code, revision } => self.publish_resource(code, *revision),
            Action::WithdrawResource {
                code,
                revision,
                reason,
            } => self.withdraw_resource(code, *revision, reason),
            Action::Apply {
                resource,
                applicant,
                request,
            } => self.apply_for(resource, applicant, request),
            Action::TakeBackApplication {
                application,
                revision,
            } => self.take_back_application(application, *revision),
            Action::Grant(grant) => self.grant(grant),
            Action::Refuse {
                application,
                revision,
                reason,
            } => self.refuse(application, *revision, reason),
            Action::EndAuthorization {
                authorization,
                revision,
                reason,
            } => self.end_authorization(authorization, *revision, reason),
            Action::RegisterNode(action) => self.register_node(action),
            Action::RemoveNode { id } => self.remove_node(id),
            Action::AmendNode(action) => self.amend_node(action),
            Action::MarkReady { id, height, block } => self.mark_ready(id, *height, *block),
            Action::ReportEquivocation { node, proof } => self.report_equivocation(node, proof),
            Action::Propose { measure, reason } => self.propose(measure, reason),
            Action::Approve { proposal, revision } => self.approve(proposal, *revision),
            Action::Reject {
                proposal,
                revision,
                reason,
            } => self.reject(proposal, *revision, reason),
            Action::TakeBackProposal { proposal, revision } => {
                self.take_back_proposal(proposal, *revision)
            }
            Action::SuspendAuthorization {
                authorization,
                revision,
                reason,
            } => self.suspend_authorization(authorization, *revision, reason),
            Action::ResumeAuthorization {
                authorization,
                revision,
            } => self.resume_authorization(authorization, *revision),
            Action::ConfirmHolder {
                authorization,
                revision,
            } => self.confirm_holder(authorization, *revision),
            Action::ProposeBinding { resource, terms } => self.propose_binding(resource, terms),
            Action::AmendBinding {
                binding,
                revision,
                terms,
            } => self.amend_binding(binding, *revision, terms),
            Action::ChangeBinding {
                binding,
                revision,
                change,
                reason: _,
            } => self.change_binding(binding, *revision, *change),
            Action::ReportSchema { binding, schema } => self.report_schema(binding, schema),
            Action::SealReceipts(seal) => self.seal_receipts(seal),
            Action::Rate {
                batch,
                stars,
                reason,
            } => self.rate(batch, *stars, reason),
            Action::AnswerRating { batch, text } => self.answer_rating(batch, text),
            Action::AskForMore {
                application,
                revision,
                reason,
            } => self.ask_for_more(application, *revision, reason),
            Action::SupplyApplication {
                application,
                revision,
                request,
            } => self.supply_application(application, *revision, request),
            Action::ReviewApplication {
                application,
                revision,
            } => self.review_application(application, *revision),
            Action::DefineElement {
                code,
                name,
                definition,
                field_type,
            } => self.define_element(code, name, definition, *field_type),
            Action::RetireElement {
                code,
                revision,
                reason: _,
            } => self.retire_element(code, *revision),
            Action::ClaimSource {
                element,
                resource,
                field,
                reason,
            } => self.claim_source(element, resource, *field, reason),
            Action::RaiseObjection {
                resource,
                raiser,
                kind,
                reason,
                evidence,
            } => self.raise_objection(resource, raiser, kind, reason, *evidence),
            Action::AnswerObjection {
                objection,
                revision,
                outcome,
                reason,
            } => self.answer_objection(objection, *revision, *outcome, reason),
            Action::EscalateObjection {
                objection,
                revision,
                reason,
            } => self.escalate_objection(objection, *revision, reason),
            Action::CloseObjection {
                objection,
                revision,
                reason,
            } => self.close_objection(objection, *revision, reason),
            Action::SettleObjection {
                objection,
                revision,
                outcome,
                reason,
            } => self.settle_objection(objection, *revision, *outcome, reason),
            Action::OpenFinding {
                id,
                subject,
                title,
                text,
                due,
            } => self.open_finding(id, subject, title, *text, *due),
            Action::AnswerFinding {
                finding,
                revision,
                text,
            } => self.answer_finding(finding, *revision, text),
            Action::JudgeFinding {
                finding,
                revision,
                cleared,
                reason,
            } => self.judge_finding(finding, *revision, *cleared, reason),
            Action::RaiseDemand { id, asker, text } => self.raise_demand(id, asker, text),
            Action::AssignDemand {
                demand,
                revision,
                department,
                reason,
            } => self.assign_demand(demand, *revision, department, reason.as_ref()),
            Action::AnswerDemand {
                demand,
                revision,
                resource,
                reason,
            } => self.answer_demand(demand, *revision, resource.as_ref(), reason),
            Action::ImposeObligation {
                resource,
                list,
                due,
            } => self.impose_obligation(resource, list, *due),
            Action::MeetObligation {
                obligation,
                revision,
            } => self.meet_obligation(obligation, *revision),
        }
    }

    fn actor(&self) -> &DepartmentId {
        &self.author.department
    }

    /// Writes a record, notes that this action touched it, and puts the action on the record's
    /// trail: once, however often the action writes the record.
    fn put(&mut self, mut record: Record) -> Result<(), Refusal> {
        let id = record.id();
        let is_first = self.touched.insert((id.clone(), self.action_index));
        let event = TrailEvent {
            at: self.at,
            transaction: self.transaction,
            action_index: self.action_index,
            action: self.action_leaf,
        };
        if let Some(trail) = record.trail_mut() {
            if is_first {
                *trail = trail.extended(&event);
            } else if let Some(mut written) = self.state.record(&id)?
                && let Some(extended) = written.trail_mut()
            {
                *trail = *extended;
            }
        }
        self.state.put(record);
        Ok(())
    }

    /// The rules of this block.
    fn rules(&self) -> Result<Rules, Refusal> {
        Ok(Rules(self.state.parameters()?.settings.rules_version))
    }

    /// Puts this action on a department's trail.
    fn touch_department(&mut self, id: &DepartmentId) -> Result<(), Refusal> {
        let department = self.department(id)?;
        self.put(Record::Department(department))
    }
}

fn full(what: Phrase, count_max: usize) -> Refusal {
    Rejection::Full { what, count_max }.into()
}

/// Adds to a bounded list of a record, or refuses because the list is full.
fn push<T, const N: usize>(list: &mut List<T, N>, item: T, what: Phrase) -> Result<(), Refusal> {
    list.push(item).map_err(|_: BoundError| full(what, N))
}

/// Keeps which fields something holds of from this block on: the periods of others end, those of new ones
/// begin.
fn hold_of<const N: usize>(
    periods: &mut List<FieldPeriod, N>,
    mut fields: BTreeSet<FieldNumber>,
    at: Moment,
    what: Phrase,
) -> Result<(), Refusal> {
    for lasting in periods.as_mut_slice() {
        if lasting.period.to.is_none() && !fields.remove(&lasting.field) {
            end(&mut lasting.period, at);
        }
    }
    for field in fields {
        let period = Period::since(at);
        push(periods, FieldPeriod { field, period }, what.clone())?;
    }
    Ok(())
}

/// Ends a lasting period at this block.
fn end(period: &mut Period, at: Moment) {
    if period.to.is_none() {
        period.to = Some(at);
    }
}
