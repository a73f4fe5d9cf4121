//! What an action says, as a person reads it: what it is about, its terms, the records it names.
//!
//! Invariant: every action of the ledger is told here; what a record's own page says of the same
//! terms comes from the same functions.

mod cases;
mod catalogue;
mod sharing;
mod system;

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::DepartmentId;

use super::changes::{Change, changes};
use super::records::{measure_key, measure_told};
use super::sheet::{Atom, Cell, Facts, Table};
use crate::api::Problem;
use crate::directory::EventPlace;
use crate::reading::{self, Reading};

/// An action's content.
#[derive(Default)]
pub(super) struct Told {
    /// What it is done to.
    pub(super) about: Cell,
    /// Its terms.
    pub(super) facts: Facts,
    /// Its lists.
    pub(super) tables: Vec<Table>,
    /// Of a draft over an earlier text: what it changed.
    pub(super) changes: Vec<Change>,
}

impl Told {
    fn of(facts: Facts) -> Self {
        Self {
            facts,
            ..Self::default()
        }
    }
}

/// The terms of an action at a place of the chain; `reading` is the state that its block left.
pub(super) fn told(
    reading: &Reading<'_>,
    action: &Action,
    place: EventPlace,
) -> Result<Told, Problem> {
    let mut told = content(reading, action)?;
    if let Some(subject) = reading::subject(action) {
        told.about = reading.named(&subject)?;
    }
    if let Some(reason) = reading::reason(action) {
        told.facts.push(("reason", vec![Atom::Text(reason)]));
    }
    if let Action::DraftResource { code, .. } = action
        && let Some(redraft) = reading.redraft(code, place)?
        && let Some(before) = &redraft.before
    {
        told.changes = changes(before, &redraft.after);
    }
    Ok(told)
}

/// The revision that a decision was made on.
fn decided_on(revision: u32) -> Facts {
    vec![("decided-on", vec![Atom::Number(revision.into())])]
}

/// A department under a term.
fn whose(
    reading: &Reading<'_>,
    term: &'static str,
    id: &DepartmentId,
) -> Result<(&'static str, Cell), Problem> {
    Ok((term, vec![reading.department_atom(id)?]))
}

/// Each action's terms but its subject and reason: a table of the ledger's actions.
fn content(reading: &Reading<'_>, action: &Action) -> Result<Told, Problem> {
    let facts = match action {
        Action::RegisterDepartment(action) => system::department(reading, action)?,
        Action::RegisterKey { department, offer } => {
            let mut facts = vec![whose(reading, "department", department)?];
            facts.extend(system::offered(offer));
            facts
        }
        Action::RevokeKey { public_key } => system::key(reading, public_key)?,
        Action::SuspectKey { public_key, since } => {
            let mut facts = system::key(reading, public_key)?;
            let since = Atom::SaysOf("key-suspect-since", since.to_string());
            facts.push(("state", vec![since]));
            facts
        }
        Action::DeclareResponsibility(action) => catalogue::declared(reading, action)?,
        Action::DraftResource {
            provider,
            revision,
            entry,
            ..
        } => return catalogue::draft(reading, provider, *revision, entry),
        Action::Apply {
            resource,
            applicant,
            request,
        } => {
            let mut facts = vec![whose(reading, "applicant", applicant)?];
            facts.extend(sharing::request(reading, resource, request)?);
            facts
        }
        Action::Grant(grant) => sharing::grant(reading, grant)?,
        Action::SupplyApplication {
            application,
            revision,
            request,
        } => {
            let mut facts = decided_on(*revision);
            facts.extend(sharing::request(reading, &application.resource, request)?);
            facts
        }
        Action::RegisterNode(action) => system::node(reading, action)?,
        Action::AmendNode(action) => system::amended(action),
        Action::MarkReady { height, block, .. } => system::ready(*height, block),
        Action::ReportEquivocation { proof, .. } => system::contradiction(proof),
        Action::Propose { measure, .. } => {
            let (facts, tables) = measure_told(reading, measure)?;
            let named = ("measure", vec![Atom::Says(measure_key(measure))]);
            let facts = [named].into_iter().chain(facts).collect();
            return Ok(Told {
                tables,
                ..Told::of(facts)
            });
        }
        Action::ProposeBinding { resource, terms } => {
            return sharing::binding(reading, resource, terms, None);
        }
        Action::AmendBinding {
            binding,
            revision,
            terms,
        } => return sharing::binding(reading, &binding.resource, terms, Some(*revision)),
        Action::ChangeBinding {
            revision, change, ..
        } => {
            let mut facts = decided_on(*revision);
            facts.push(("change", vec![Atom::word(change)]));
            facts
        }
        Action::ReportSchema { schema, .. } => {
            vec![("schema-seen", vec![Atom::Hash(schema.to_string())])]
        }
        Action::SealReceipts(sealed) => sharing::sealed(reading, sealed)?,
        Action::Rate { batch, stars, .. } => sharing::rated(reading, batch, *stars)?,
        Action::AnswerRating { batch, .. } => sharing::of_batch(reading, batch)?,
        Action::DefineElement { .. }
        | Action::ClaimSource { .. }
        | Action::RaiseObjection { .. }
        | Action::AnswerObjection { .. }
        | Action::SettleObjection { .. }
        | Action::OpenFinding { .. }
        | Action::JudgeFinding { .. }
        | Action::RaiseDemand { .. }
        | Action::AssignDemand { .. }
        | Action::AnswerDemand { .. }
        | Action::ImposeObligation { .. } => cases::content(reading, action)?,
        Action::SubmitResource { revision, .. }
        | Action::ReturnResource { revision, .. }
        | Action::PublishResource { revision, .. }
        | Action::WithdrawResource { revision, .. }
        | Action::TakeBackApplication { revision, .. }
        | Action::Refuse { revision, .. }
        | Action::EndAuthorization { revision, .. }
        | Action::Approve { revision, .. }
        | Action::Reject { revision, .. }
        | Action::TakeBackProposal { revision, .. }
        | Action::SuspendAuthorization { revision, .. }
        | Action::ResumeAuthorization { revision, .. }
        | Action::ConfirmHolder { revision, .. }
        | Action::AskForMore { revision, .. }
        | Action::ReviewApplication { revision, .. }
        | Action::EscalateObjection { revision, .. }
        | Action::CloseObjection { revision, .. }
        | Action::AnswerFinding { revision, .. }
        | Action::MeetObligation { revision, .. } => decided_on(*revision),
        // What these are about, and why, is all that they say.
        Action::AbolishResponsibility { .. }
        | Action::RemoveNode { .. }
        | Action::RetireElement { .. } => Facts::new(),
    };
    Ok(Told::of(facts))
}
