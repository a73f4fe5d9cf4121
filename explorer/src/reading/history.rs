//! What happened to a record: the actions on its trail, newest first.

use std::sync::Arc;

use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::block::Block;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{Height, Statement};
use dirchain_ledger::measure::{Measure, Reorganisation};
use dirchain_ledger::records::RecordId;
use dirchain_ledger::view::Records;

use super::{Reading, Slice, foreign_cursor};
use crate::api::{ActionEvent, BlockItem, Concern, HandedOver, HistoryItem, Page, Problem, Signer};
use crate::at;
use crate::cursor::After;
use crate::directory::{Directory, EventPlace};
use crate::problem::ProblemKind;

impl Reading<'_> {
    /// The actions that touched a record up to this reading's height, newest first.
    pub(crate) fn history(
        &self,
        subject: &RecordId,
        slice: &Slice,
    ) -> Result<Page<HistoryItem>, Problem> {
        if self.view.record(subject)?.is_none() {
            return Err(self.missing(subject));
        }
        let before = self.before_event(slice)?;
        let wanted = slice.limit.saturating_add(1);
        let mut places = self.directory.history(subject, Some(before), wanted)?;
        let more = places.len() > slice.limit;
        places.truncate(slice.limit);
        let next = match places.last().filter(|_| more) {
            Some(last) => Some(After::Event(*last)),
            None => self.before_history(before)?,
        };
        let mut items = Vec::with_capacity(places.len());
        let mut block: Option<Arc<Block>> = None;
        for place in places {
            // Neighbours on a trail are often of one block: it is read once.
            let read = match block.take().filter(|b| b.header.height == place.0) {
                Some(read) => read,
                None => self.block_at(place.0)?,
            };
            items.push(self.history_item(&read, place)?);
            block = Some(read);
        }
        Ok(self.page_after(items, next))
    }

    /// Before which place a part of a list of events begins.
    pub(super) fn before_event(&self, slice: &Slice) -> Result<EventPlace, Problem> {
        match slice.cursor.as_ref().map(|cursor| &cursor.after) {
            None => Ok((self.height().next(), 0, 0)),
            Some(After::Event(place)) => Ok(*place),
            Some(After::Record(_) | After::Field(..) | After::Block(_) | After::Count(_)) => {
                Err(foreign_cursor())
            }
        }
    }

    /// Where a history goes on that ends here only because this node's does; a problem when that is
    /// where it is asked to go on from.
    pub(super) fn before_history(&self, asked: EventPlace) -> Result<Option<After>, Problem> {
        let begins = self.directory.history_begins();
        if begins == Height::GENESIS {
            return Ok(None);
        }
        let end = (begins, u32::MAX, u32::MAX);
        if asked <= end {
            return Err(at::begins_later(self.directory));
        }
        Ok(Some(After::Event(end)))
    }

    pub(super) fn block_at(&self, height: Height) -> Result<Arc<Block>, Problem> {
        let block = self.directory.block(height)?;
        block.ok_or_else(|| at::unavailable(self.directory, height))
    }

    pub(super) fn history_item(
        &self,
        block: &Block,
        place: EventPlace,
    ) -> Result<HistoryItem, Problem> {
        let (height, transaction_index, action_index) = place;
        let broken = || {
            tracing::error!(%height, transaction_index, action_index, "a trail names an action that is not there");
            ProblemKind::Internal
                .with("The node's index of events does not fit its blocks. Ask another node")
        };
        let index = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
        let transaction = block.transactions.get(index(transaction_index));
        let transaction = transaction.ok_or_else(broken)?;
        let action = transaction.actions.get(index(action_index));
        let action = action.ok_or_else(broken)?;
        let proposed = self.proposed(action)?;
        let transfers = match &proposed {
            Some((Measure::Reorganise(reorganisation), _)) => self.handed_over(reorganisation)?,
            Some(_) | None => Vec::new(),
        };
        Ok(HistoryItem {
            at: block.header.moment().into(),
            transaction: transaction.id(),
            transaction_index,
            action_index,
            action: action.name().to_owned(),
            subject: subject(action).map(|id| id.to_string()),
            subject_id: subject(action),
            concerns: self.concerns(action)?,
            transfers,
            reason: reason(action).or(proposed.as_ref().map(|(_, reason)| reason.to_string())),
            measure: proposed.map(|(measure, _)| measure.name().to_owned()),
            signer: self.signer(&transaction.envelope.author)?,
        })
    }

    /// The measure that an action proposes or decides about, and why it was proposed.
    fn proposed(&self, action: &Action) -> Result<Option<(Measure, Statement)>, Problem> {
        match action {
            Action::Propose {
                measure, reason, ..
            } => Ok(Some(((**measure).clone(), reason.clone()))),
            Action::Approve { proposal, .. }
            | Action::Reject { proposal, .. }
            | Action::TakeBackProposal { proposal, .. } => {
                let proposal = self.view.proposal(proposal)?;
                Ok(proposal.map(|found| (found.measure, found.reason)))
            }
            _ => Ok(None),
        }
    }

    /// What a reorganisation hands over, with names.
    fn handed_over(&self, reorganisation: &Reorganisation) -> Result<Vec<HandedOver>, Problem> {
        let transfers = reorganisation.transfers.iter();
        transfers
            .map(|transfer| {
                Ok(HandedOver {
                    responsibility: transfer.responsibility.clone(),
                    from: transfer.from.clone(),
                    from_name: self.department_name(&transfer.from)?,
                    to_name: match &transfer.to {
                        Some(to) => Some(self.department_name(to)?),
                        None => None,
                    },
                    to: transfer.to.clone(),
                })
            })
            .collect()
    }

    /// For whom an action about an application or authorization is, and of what.
    fn concerns(&self, action: &Action) -> Result<Option<Concern>, Problem> {
        let (department, fields, purpose) = match action {
            Action::Apply {
                applicant, request, ..
            } => (
                applicant.clone(),
                request.fields.to_vec(),
                request.purpose.clone(),
            ),
            _ => match subject(action) {
                Some(RecordId::Application(id)) => {
                    let Some(found) = self.view.application(&id)? else {
                        return Ok(None);
                    };
                    let fields = match action {
                        Action::Grant(grant) => grant.fields.to_vec(),
                        _ => found.request.fields.to_vec(),
                    };
                    (found.applicant, fields, found.request.purpose)
                }
                Some(RecordId::Authorization(id)) => {
                    let Some(found) = self.view.authorization(&id)? else {
                        return Ok(None);
                    };
                    (found.grantee, found.fields.to_vec(), found.purpose)
                }
                Some(_) | None => return Ok(None),
            },
        };
        Ok(Some(Concern {
            department_name: self.department_name(&department)?,
            department,
            fields,
            purpose_name: self.purpose_name(&purpose)?,
            purpose,
        }))
    }

    /// Who signed with a key, as far as the ledger knows the key at this height.
    pub(crate) fn signer(&self, public_key: &PublicKey) -> Result<Signer, Problem> {
        let key = self.view.key(public_key)?;
        let department = key.as_ref().map(|key| key.department.clone());
        let department_name = match &department {
            Some(department) => Some(self.department_name(department)?),
            None => None,
        };
        Ok(Signer {
            public_key: *public_key,
            department,
            department_name,
            role: key.map(|key| key.role),
        })
    }
}

/// A block and every action in it, in the order of their execution.
pub(crate) fn block_events(
    directory: &dyn Directory,
    height: Height,
) -> Result<(BlockItem, Vec<ActionEvent>), Problem> {
    let block = directory.block(height)?;
    let block = block.ok_or_else(|| at::unavailable(directory, height))?;
    let reading = Reading::of_block(directory, &block.header);
    let mut events = Vec::new();
    for (transaction_index, transaction) in (0u32..).zip(&block.transactions) {
        for (action_index, action) in (0u32..).zip(transaction.actions.iter()) {
            let place = (height, transaction_index, action_index);
            events.push(ActionEvent {
                item: reading.history_item(&block, place)?,
                content: action.clone(),
            });
        }
    }
    Ok((reading.block_item(&block)?, events))
}

/// What an action is done to. What is numbered within an entry has no number before it is on the
/// ledger: that is told to be about the entry. A proposal has none either, and is about anything.
pub(crate) fn subject(action: &Action) -> Option<RecordId> {
    Some(match action {
        Action::RegisterDepartment(action) => RecordId::Department(action.id.clone()),
        Action::RegisterKey { offer, .. } => RecordId::Key(offer.public_key),
        Action::RevokeKey { public_key } | Action::SuspectKey { public_key, .. } => {
            RecordId::Key(*public_key)
        }
        Action::DeclareResponsibility(action) => RecordId::Responsibility(action.code.clone()),
        Action::AbolishResponsibility { code, .. } => RecordId::Responsibility(code.clone()),
        Action::DraftResource { code, .. }
        | Action::SubmitResource { code, .. }
        | Action::ReturnResource { code, .. }
        | Action::PublishResource { code, .. }
        | Action::WithdrawResource { code, .. }
        | Action::Apply { resource: code, .. }
        | Action::ProposeBinding { resource: code, .. } => RecordId::Resource(code.clone()),
        Action::TakeBackApplication { application, .. }
        | Action::Grant(Grant { application, .. })
        | Action::Refuse { application, .. } => RecordId::Application(application.clone()),
        Action::EndAuthorization { authorization, .. } => {
            RecordId::Authorization(authorization.clone())
        }
        Action::RegisterNode(action) => RecordId::Node(action.id.clone()),
        Action::RemoveNode { id } | Action::MarkReady { id, .. } => RecordId::Node(id.clone()),
        Action::AmendNode(action) => RecordId::Node(action.id.clone()),
        Action::ReportEquivocation { node, .. } => RecordId::Node(node.clone()),
        Action::AmendBinding { binding, .. }
        | Action::ChangeBinding { binding, .. }
        | Action::ReportSchema { binding, .. } => RecordId::Binding(binding.clone()),
        Action::SealReceipts(sealed) => RecordId::ReceiptBatch(Box::new(sealed.batch.clone())),
        Action::Rate { batch, .. } | Action::AnswerRating { batch, .. } => {
            RecordId::ReceiptBatch(Box::new(batch.clone()))
        }
        Action::Approve { proposal, .. }
        | Action::Reject { proposal, .. }
        | Action::TakeBackProposal { proposal, .. } => RecordId::Proposal(proposal.clone()),
        Action::Propose { .. } => return None,
        Action::SuspendAuthorization { authorization, .. }
        | Action::ResumeAuthorization { authorization, .. }
        | Action::ConfirmHolder { authorization, .. } => {
            RecordId::Authorization(authorization.clone())
        }
        Action::AskForMore { application, .. }
        | Action::SupplyApplication { application, .. }
        | Action::ReviewApplication { application, .. } => {
            RecordId::Application(application.clone())
        }
        Action::DefineElement { code, .. } | Action::RetireElement { code, .. } => {
            RecordId::DataElement(code.clone())
        }
        Action::ClaimSource { resource, .. }
        | Action::RaiseObjection { resource, .. }
        | Action::ImposeObligation { resource, .. } => RecordId::Resource(resource.clone()),
        Action::AnswerObjection { objection, .. }
        | Action::EscalateObjection { objection, .. }
        | Action::CloseObjection { objection, .. }
        | Action::SettleObjection { objection, .. } => RecordId::Objection(objection.clone()),
        Action::OpenFinding { id, .. } => RecordId::Finding(id.clone()),
        Action::AnswerFinding { finding, .. } | Action::JudgeFinding { finding, .. } => {
            RecordId::Finding(finding.clone())
        }
        Action::RaiseDemand { id, .. } => RecordId::Demand(id.clone()),
        Action::AssignDemand { demand, .. } | Action::AnswerDemand { demand, .. } => {
            RecordId::Demand(demand.clone())
        }
        Action::MeetObligation { obligation, .. } => RecordId::Obligation(obligation.clone()),
    })
}

/// Why something was done, where the action says.
pub(crate) fn reason(action: &Action) -> Option<String> {
    let reason = match action {
        Action::AbolishResponsibility { reason, .. }
        | Action::ReturnResource { reason, .. }
        | Action::WithdrawResource { reason, .. }
        | Action::Refuse { reason, .. }
        | Action::EndAuthorization { reason, .. }
        | Action::Propose { reason, .. }
        | Action::SuspendAuthorization { reason, .. }
        | Action::Reject { reason, .. }
        | Action::ChangeBinding { reason, .. }
        | Action::Rate { reason, .. }
        | Action::AnswerRating { text: reason, .. }
        | Action::AskForMore { reason, .. }
        | Action::RetireElement { reason, .. }
        | Action::ClaimSource { reason, .. }
        | Action::RaiseObjection { reason, .. }
        | Action::AnswerObjection { reason, .. }
        | Action::EscalateObjection { reason, .. }
        | Action::CloseObjection { reason, .. }
        | Action::SettleObjection { reason, .. }
        | Action::OpenFinding { title: reason, .. }
        | Action::AnswerFinding { text: reason, .. }
        | Action::JudgeFinding { reason, .. }
        | Action::RaiseDemand { text: reason, .. }
        | Action::AnswerDemand { reason, .. } => Some(reason),
        Action::Grant(grant) => grant.reason.as_ref(),
        Action::AssignDemand { reason, .. } => reason.as_ref(),
        Action::RegisterDepartment(_)
        | Action::RegisterKey { .. }
        | Action::RevokeKey { .. }
        | Action::SuspectKey { .. }
        | Action::DeclareResponsibility(_)
        | Action::DraftResource { .. }
        | Action::SubmitResource { .. }
        | Action::PublishResource { .. }
        | Action::Apply { .. }
        | Action::TakeBackApplication { .. }
        | Action::RegisterNode(_)
        | Action::RemoveNode { .. }
        | Action::AmendNode(_)
        | Action::MarkReady { .. }
        | Action::ReportEquivocation { .. }
        | Action::Approve { .. }
        | Action::TakeBackProposal { .. }
        | Action::ResumeAuthorization { .. }
        | Action::ConfirmHolder { .. }
        | Action::ProposeBinding { .. }
        | Action::AmendBinding { .. }
        | Action::ReportSchema { .. }
        | Action::SealReceipts(_)
        | Action::SupplyApplication { .. }
        | Action::ReviewApplication { .. }
        | Action::DefineElement { .. }
        | Action::ImposeObligation { .. }
        | Action::MeetObligation { .. } => None,
    };
    reason.map(ToString::to_string)
}
