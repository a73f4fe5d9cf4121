//! Who must approve what: computed from the ledger by the kind of the measure.

use super::Refusal;
use super::authority::same_line;
use crate::action::Grant;
use crate::ids::{DepartmentId, Height};
use crate::measure::Measure;
use crate::records::{MemberChange, Office, Seat, Signatory};
use crate::rejection::Rejection;
use crate::view::{Records, View};

/// The approvals that a measure needs, by department and signatory, none given yet.
pub(super) fn seats(state: &dyn View, at: Height, measure: &Measure) -> Result<Vec<Seat>, Refusal> {
    let mut seats = Vec::new();
    match measure {
        Measure::ChangeParameters(_) => heads(&mut seats, two_offices(state, None)?),
        Measure::AssignOffice { department, .. } => {
            heads(&mut seats, two_offices(state, None)?);
            heads(&mut seats, [department.clone()]);
        }
        Measure::Grant(Grant {
            application: id, ..
        })
        | Measure::ConfirmHolder {
            authorization: id, ..
        } => {
            let resource = state.resource(&id.resource)?;
            if let Some(provider) = resource.map(|resource| resource.provider) {
                seats.push(vacant(&provider, Signatory::Administrator));
                seats.push(vacant(&provider, Signatory::Head));
            }
        }
        Measure::Revoke { authorization, .. } => {
            if let Some(resource) = state.resource(&authorization.resource)? {
                either(
                    &mut seats,
                    [&resource.provider, &arbiter(state, &resource.provider)?],
                );
            }
        }
        Measure::Withdraw { code, .. } | Measure::Narrow { code, .. } => {
            if let Some(resource) = state.resource(code)? {
                let consents = arbiter(state, &resource.provider)?;
                seats.push(vacant(&resource.provider, Signatory::Head));
                seats.push(vacant(&consents, Signatory::Either));
            }
        }
        Measure::ReplaceHead { department, .. }
        | Measure::SuspendDepartment { department }
        | Measure::ResumeDepartment { department } => {
            heads(&mut seats, two_offices(state, Some(department))?);
        }
        Measure::Reorganise(reorganisation) => {
            let transfers = reorganisation.transfers.iter();
            let parties = transfers.flat_map(|t| std::iter::once(&t.from).chain(&t.to));
            let parties = parties.chain(&reorganisation.dissolves);
            let successions = reorganisation.successors.iter();
            let parties = parties.chain(successions.map(|succession| &succession.successor));
            let renamed = reorganisation.renames.iter().map(|r| &r.department);
            for party in parties.chain(renamed) {
                heads(&mut seats, [head_or_steward(state, at, party)?]);
            }
        }
        Measure::ChangeMembership { changes } => {
            for change in changes {
                membership_seats(&mut seats, state, change)?;
            }
        }
        Measure::RaiseRules { .. } => heads(&mut seats, two_offices(state, None)?),
    }
    seats.sort_by(|one, other| {
        (&one.department, one.signatory).cmp(&(&other.department, other.signatory))
    });
    seats.dedup();
    Ok(seats)
}

/// Who votes is the two offices' to say. Who enters agrees to it, who leaves is not asked, and nobody
/// decides on itself. Which node and key a department votes with is its own to say, and the steward
/// consents, since every change of the set is work for all.
fn membership_seats(
    seats: &mut Vec<Seat>,
    state: &dyn View,
    change: &MemberChange,
) -> Result<(), Refusal> {
    let (MemberChange::Add { node, .. }
    | MemberChange::Remove { node }
    | MemberChange::Replace { node, .. }
    | MemberChange::Rotate { node, .. }) = change;
    let Some(node) = state.node(node)? else {
        return Ok(());
    };
    match change {
        MemberChange::Add { .. } => {
            heads(seats, two_offices(state, None)?);
            heads(seats, [node.department]);
        }
        MemberChange::Remove { .. } => heads(seats, two_offices(state, Some(&node.department))?),
        MemberChange::Replace { .. } | MemberChange::Rotate { .. } => {
            let consents = arbiter(state, &node.department)?;
            seats.push(vacant(&consents, Signatory::Either));
            heads(seats, [node.department]);
        }
    }
    Ok(())
}

fn heads(seats: &mut Vec<Seat>, departments: impl IntoIterator<Item = DepartmentId>) {
    let departments = departments.into_iter();
    seats.extend(departments.map(|department| vacant(&department, Signatory::Head)));
}

fn vacant(department: &DepartmentId, signatory: Signatory) -> Seat {
    Seat {
        department: department.clone(),
        signatory,
        approval: None,
    }
}

fn either(seats: &mut Vec<Seat>, departments: [&DepartmentId; 2]) {
    seats.extend(departments.map(|department| vacant(department, Signatory::Either)));
}

/// The head of a department signs; where it does not act any more, the steward's.
fn head_or_steward(
    state: &dyn View,
    at: Height,
    department: &DepartmentId,
) -> Result<DepartmentId, Refusal> {
    let found = state.department(department)?;
    if found.is_some_and(|found| found.is_active_at(at)) {
        return Ok(department.clone());
    }
    let office = Office::Steward;
    let steward = state.offices()?.holder(office).cloned();
    Ok(steward.ok_or(Rejection::OfficeVacant { office })?)
}

/// Who consents for the chain in what concerns a provider: the steward, and for what the steward
/// provides itself, or a department in its line, its deputy.
fn arbiter(state: &dyn View, provider: &DepartmentId) -> Result<DepartmentId, Refusal> {
    let offices = state.offices()?;
    let holder = |office| {
        let vacant = Rejection::OfficeVacant { office };
        offices.holder(office).cloned().ok_or(vacant)
    };
    let steward = holder(Office::Steward)?;
    if same_line(state, &steward, provider)? {
        return Ok(holder(Office::StewardDeputy)?);
    }
    Ok(steward)
}

/// Registrar and steward. Nobody decides on itself, and no line of departments has both words: the
/// steward's deputy takes the place of one in the line of what is `concerned`, or of the other.
pub(super) fn two_offices(
    state: &dyn View,
    concerned: Option<&DepartmentId>,
) -> Result<Vec<DepartmentId>, Refusal> {
    let offices = state.offices()?;
    let mut two: Vec<DepartmentId> = Vec::new();
    for office in [Office::Registrar, Office::Steward, Office::StewardDeputy] {
        let Some(holder) = offices.holder(office) else {
            continue;
        };
        let mut is_apart = two.len() < 2;
        for other in two.iter().chain(concerned) {
            is_apart = is_apart && !same_line(state, holder, other)?;
        }
        if is_apart {
            two.push(holder.clone());
        }
    }
    if two.len() < 2 {
        let office = Office::StewardDeputy;
        return Err(Rejection::OfficeVacant { office }.into());
    }
    Ok(two)
}
