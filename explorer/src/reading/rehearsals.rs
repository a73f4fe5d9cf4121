//! What actions would come to; what a department may read.

use dirchain_ledger::action::Action;
use dirchain_ledger::execute::{Refusal, Rehearsal, Touched, reach, unsettled};
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::language::Language;
use dirchain_ledger::limits::{BLOCK_WORK_MAX, TRANSACTION_WORK_MAX};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{RecordId, RecordKind};
use dirchain_ledger::view::Records;
use dirchain_ledger::what_may::{Judged, losses, what_may};

use super::scan::{Source, scan};
use super::{DecidedOn, Memo, Reading, Slice};
use crate::api::{
    Basis, BasisKind, LossItem, Page, Problem, ReachItem, ReadableItem, RefusalItem,
    RehearsalAnswer, RehearsalQuestion, Rehearsed, StoppedItem, UnsettledItem,
};
use crate::limits;
use crate::problem::ProblemKind;

/// The measure that an action proposes.
fn proposed(action: &Action) -> Option<Measure> {
    match action {
        Action::Propose { measure, .. } => Some(measure.as_ref().clone()),
        _ => None,
    }
}

/// What became of a transaction; what it touched is added to `touched`.
fn rehearsed(
    reading: &Reading<'_>,
    verdict: Result<Touched, Refusal>,
    touched: &mut Touched,
) -> Result<Rehearsed, Problem> {
    let mut told = Rehearsed {
        refusal: None,
        touches: Vec::new(),
        touches_zh: Vec::new(),
        touches_once_agreed: Vec::new(),
        touches_once_agreed_zh: Vec::new(),
    };
    match verdict {
        Ok(written) => {
            let mut touches: Vec<&RecordId> = written.iter().map(|(id, _)| id).collect();
            touches.dedup();
            let told_in = |language| touches.iter().map(move |id| id.told(language));
            told.touches = told_in(Language::English).collect();
            told.touches_zh = told_in(Language::Chinese).collect();
            touched.extend(written);
        }
        Err(Refusal::Rejected(rejection)) => {
            let mut refusal = RefusalItem::from(rejection.as_ref());
            if let Some(decided_on) = DecidedOn::of(&rejection) {
                reading.since(&decided_on)?.told_with(&mut refusal);
            }
            told.refusal = Some(refusal);
        }
        Err(Refusal::Unreadable(error)) => return Err(error.into()),
    }
    Ok(told)
}

impl Reading<'_> {
    /// What transactions would come to on this state, each on top of those that would take effect.
    pub(crate) fn rehearse(&self, question: RehearsalQuestion) -> Result<RehearsalAnswer, Problem> {
        let chain = self.directory().about().chain;
        let memo = Memo::new(self.view.as_ref());
        let tip = self.resolved.as_of;
        let mut rehearsal = Rehearsal::new(&memo, chain, tip, question.author);
        let mut touched = Touched::new();
        let mut transactions = Vec::new();
        let mut reorganised = Vec::new();
        let mut left = UnsettledItem::default();
        let mut work = 0u64;
        for actions in question.transactions {
            if work > BLOCK_WORK_MAX {
                return Err(ProblemKind::TooBroad.with(format!(
                    "The transactions after the first {} take more work than one block may. Ask about them by themselves",
                    transactions.len()
                )));
            }
            let measures: Vec<Measure> = actions.iter().filter_map(proposed).collect();
            let execution = rehearsal.execute(actions, TRANSACTION_WORK_MAX)?;
            work = work.saturating_add(execution.work);
            let mut told = rehearsed(self, execution.verdict, &mut touched)?;
            // A proposal that is taken is followed to its end.
            for measure in measures.iter().filter(|_| told.refusal.is_none()) {
                let (state, at) = (rehearsal.state(), rehearsal.at());
                let mut reached = None;
                if let Measure::Reorganise(reorganisation) = measure {
                    // The proposal was rehearsed within a transaction's work, so this is as bounded.
                    let reach = reach(state, at, reorganisation)?;
                    reached = Some(reach.clone());
                    reorganised.push(ReachItem::of(reorganisation, reach));
                }
                left.add(unsettled(state, at, measure, reached.as_ref())?);
                let execution = rehearsal.carry_out(measure, TRANSACTION_WORK_MAX);
                work = work.saturating_add(execution.work);
                let agreed = rehearsed(self, execution.verdict, &mut touched)?;
                told.touches_once_agreed.extend(agreed.touches);
                told.touches_once_agreed_zh.extend(agreed.touches_zh);
            }
            transactions.push(told);
        }
        let mut answer = RehearsalAnswer {
            as_of: self.as_of(),
            transactions,
            losses: Vec::new(),
            unexamined: Vec::new(),
            stopped: Vec::new(),
            unfounded: Vec::new(),
            reorganised,
            unsettled: left,
        };
        if question.losses {
            let before = Judged {
                view: &memo,
                at: self.resolved.judged(),
            };
            let after = Judged {
                view: rehearsal.state(),
                at: rehearsal.at(),
            };
            let found = losses(before, after, &touched, limits::READER_CHECKS_MAX)?;
            answer.unexamined = found.unexamined;
            answer.unfounded = found.unfounded;
            answer.stopped = found.stopped.into_iter().map(StoppedItem::from).collect();
            answer.losses = found.losses.into_iter().map(LossItem::from).collect();
        }
        Ok(answer)
    }

    /// What a department may read, entry by entry.
    pub(crate) fn may_read(
        &self,
        department: &DepartmentId,
        basis: Option<BasisKind>,
        slice: &Slice,
    ) -> Result<Page<ReadableItem>, Problem> {
        self.require_department(department)?;
        let after = slice.after_record(&[RecordKind::Resource])?;
        let memo = Memo::new(self.view.as_ref());
        let at = self.resolved.judged();
        let source = Source::All(RecordKind::Resource);
        let found = scan(self.view.as_ref(), &source, after, slice.limit, |id| {
            let RecordId::Resource(code) = id else {
                return Ok(None);
            };
            let Some(resource) = self.view.resource(code)? else {
                return Ok(None);
            };
            let readable = what_may(&memo, department, &resource, at)?;
            let items = readable.into_iter().map(|readable| ReadableItem {
                resource: code.clone(),
                name: resource
                    .entry()
                    .map(|entry| entry.name.to_string())
                    .unwrap_or_default(),
                provider: resource.provider.clone(),
                fields: readable.fields,
                basis: Basis::from(readable.basis),
            });
            let wanted =
                |item: &ReadableItem| basis.is_none_or(|b| b == BasisKind::of(&item.basis));
            let items: Vec<ReadableItem> = items.filter(wanted).collect();
            Ok((!items.is_empty()).then_some(items))
        })?;
        let page = self.page(found.items, found.next);
        Ok(Page {
            as_of: page.as_of,
            items: page.items.into_iter().flatten().collect(),
            next_cursor: page.next_cursor,
        })
    }
}
