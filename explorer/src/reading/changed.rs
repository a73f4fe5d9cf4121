//! When what the catalogue for harvesters lists last changed: by an action, or because the window of an
//! authorization began or ended.

use std::sync::Arc;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::transactions_root;
use dirchain_ledger::ids::{Height, Moment, TimeMs};
use dirchain_ledger::records::{Record, RecordKind};

use crate::api::Problem;
use crate::at::{self, Resolved};
use crate::directory::Directory;
use crate::limits;

/// The last change by an action, as far as the blocks were looked through.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    /// The newest block that may have changed the catalogue, of those up to `seen`.
    pub(crate) at: Moment,
    /// The newest block that was looked at.
    pub(crate) seen: Height,
    /// When windows of the authorizations of then begin and end, in order; none where they are too many.
    turns: Option<Arc<[TimeMs]>>,
}

impl Changed {
    /// Looks through the blocks from a point back to the last change, or to what is known already.
    pub(crate) fn find(
        directory: &dyn Directory,
        point: &Resolved,
        known: Option<Self>,
    ) -> Result<Self, Problem> {
        let seen = point.as_of.height;
        let known = known.filter(|known| known.at.height <= seen);
        let at = last_change(directory, point, known.as_ref())?;
        match known {
            Some(known) if known.at == at => Ok(Self {
                seen: known.seen.max(seen),
                ..known
            }),
            Some(_) | None => Ok(Self {
                at,
                seen,
                turns: turns(directory, at.height)?,
            }),
        }
    }

    /// When the catalogue changed last, as of an instant that is not before the change itself.
    pub(crate) fn time(&self, instant: TimeMs) -> TimeMs {
        let Some(turns) = &self.turns else {
            return instant;
        };
        let passed = turns.partition_point(|turn| *turn <= instant);
        let newest = passed.checked_sub(1).and_then(|index| turns.get(index));
        newest.map_or(self.at.time, |turn| self.at.time.max(*turn))
    }
}

/// The newest block up to a point that may have changed the catalogue. Where too many before it did not,
/// or this node does not keep them, the last one that was looked at.
fn last_change(
    directory: &dyn Directory,
    point: &Resolved,
    known: Option<&Changed>,
) -> Result<Moment, Problem> {
    let mut moment = point.as_of;
    for _ in 0..limits::CHANGE_BLOCKS_MAX {
        if let Some(known) = known.filter(|known| moment.height <= known.seen) {
            return Ok(known.at);
        }
        let Some(previous) = moment.height.previous() else {
            return Ok(moment);
        };
        if previous < directory.history_begins() || may_change(directory, moment.height)? {
            return Ok(moment);
        }
        moment = at::moment_of(directory, point.tip, previous)?;
    }
    Ok(moment)
}

fn may_change(directory: &dyn Directory, height: Height) -> Result<bool, Problem> {
    let header = directory.header(height)?;
    if header.is_some_and(|header| header.transactions_root == transactions_root(&[])) {
        return Ok(false);
    }
    let Some(block) = directory.block(height)? else {
        return Ok(true);
    };
    let mut actions = block
        .transactions
        .iter()
        .flat_map(|signed| signed.actions.iter());
    Ok(actions.any(may_change_by))
}

/// Whether an action may change what the catalogue lists: departments, entries in force, lasting
/// authorizations. What is asked, drafted, answered, sealed or told about use does not.
fn may_change_by(action: &Action) -> bool {
    match action {
        Action::DraftResource { .. }
        | Action::SubmitResource { .. }
        | Action::ReturnResource { .. }
        | Action::Apply { .. }
        | Action::AskForMore { .. }
        | Action::SupplyApplication { .. }
        | Action::ReviewApplication { .. }
        | Action::TakeBackApplication { .. }
        | Action::Refuse { .. }
        | Action::RegisterNode(_)
        | Action::RemoveNode { .. }
        | Action::AmendNode(_)
        | Action::MarkReady { .. }
        | Action::ReportEquivocation { .. }
        | Action::ProposeBinding { .. }
        | Action::AmendBinding { .. }
        | Action::ChangeBinding { .. }
        | Action::ReportSchema { .. }
        | Action::SealReceipts(_)
        | Action::Rate { .. }
        | Action::AnswerRating { .. }
        | Action::DefineElement { .. }
        | Action::RetireElement { .. }
        | Action::RaiseObjection { .. }
        | Action::AnswerObjection { .. }
        | Action::EscalateObjection { .. }
        | Action::CloseObjection { .. }
        | Action::OpenFinding { .. }
        | Action::AnswerFinding { .. }
        | Action::RaiseDemand { .. }
        | Action::AssignDemand { .. }
        | Action::AnswerDemand { .. } => false,
        Action::RegisterDepartment(_)
        | Action::RegisterKey { .. }
        | Action::RevokeKey { .. }
        | Action::SuspectKey { .. }
        | Action::DeclareResponsibility(_)
        | Action::AbolishResponsibility { .. }
        | Action::PublishResource { .. }
        | Action::WithdrawResource { .. }
        | Action::Grant(_)
        | Action::EndAuthorization { .. }
        | Action::SuspendAuthorization { .. }
        | Action::ResumeAuthorization { .. }
        | Action::ConfirmHolder { .. }
        | Action::Propose { .. }
        | Action::Approve { .. }
        | Action::Reject { .. }
        | Action::TakeBackProposal { .. }
        | Action::ClaimSource { .. }
        | Action::SettleObjection { .. }
        | Action::JudgeFinding { .. }
        | Action::ImposeObligation { .. }
        | Action::MeetObligation { .. } => true,
    }
}

/// When windows of authorizations begin and end, in order.
fn turns(directory: &dyn Directory, height: Height) -> Result<Option<Arc<[TimeMs]>>, Problem> {
    let view = at::view(directory, height)?;
    let mut turns = Vec::new();
    let mut after = None;
    for _ in 0..limits::GRANTS_MAX.div_ceil(limits::SCAN_PAGE) {
        let kind = RecordKind::Authorization;
        let ids = view.list(kind, after.as_ref(), limits::SCAN_PAGE)?;
        for id in &ids {
            if let Some(Record::Authorization(found)) = view.record(id)? {
                turns.extend([found.from, found.to]);
            }
        }
        if ids.len() < limits::SCAN_PAGE {
            turns.sort_unstable();
            turns.dedup();
            return Ok(Some(turns.into()));
        }
        after = ids.into_iter().next_back();
    }
    Ok(None)
}
