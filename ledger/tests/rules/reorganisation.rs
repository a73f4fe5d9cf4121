//! Early ends (S6), lost head keys (R8), suspended departments, reorganisations (R1, R2), inboxes.

use dirchain_ledger::access::{Denial, Failure, Verdict};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::clocks::Duty;
use dirchain_ledger::execute::reach;
use dirchain_ledger::ids::{DepartmentId, Height, SharingId};
use dirchain_ledger::inbox::{Awaited, inbox};
use dirchain_ledger::measure::{Measure, Renaming, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::records::{DepartmentStatus, EndKind, KeyOffer, RecordId, Role, Sharing};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

fn suspend(authorization: &SharingId, revision: u32) -> Action {
    Action::SuspendAuthorization {
        authorization: authorization.clone(),
        revision,
        reason: id("超范围使用"),
    }
}

fn resume(authorization: &SharingId, revision: u32) -> Action {
    Action::ResumeAuthorization {
        authorization: authorization.clone(),
        revision,
    }
}

fn confirm(authorization: &SharingId, revision: u32) -> Action {
    Action::ConfirmHolder {
        authorization: authorization.clone(),
        revision,
    }
}

fn transfer(from: &str, to: Option<&str>) -> Transfer {
    Transfer {
        responsibility: responsibility(from),
        from: id(from),
        to: to.map(id),
    }
}

fn plan(kind: ReorganisationKind, transfers: Vec<Transfer>, dissolves: &[&str]) -> Reorganisation {
    Reorganisation {
        kind,
        document: id("机构改革方案"),
        transfers: List::new(transfers).unwrap(),
        dissolves: List::new(dissolves.iter().map(|d| id(d)).collect()).unwrap(),
        renames: List::default(),
        successors: List::default(),
    }
}

/// The responsibility of one department passes to another; nobody is dissolved.
pub(crate) fn split(from: &str, to: &str) -> Measure {
    let transfers = vec![transfer(from, Some(to))];
    Measure::Reorganise(plan(ReorganisationKind::Split, transfers, &[]))
}

fn new_head(ledger: &Ledger, department: &str) -> Measure {
    let department: DepartmentId = id(department);
    let offer = KeyOffer::new(
        &labelled_key("new head"),
        &ledger.chain,
        &department,
        Role::Head,
    );
    Measure::ReplaceHead { department, offer }
}

fn awaited(ledger: &Ledger, department: &str) -> Vec<(Awaited, String)> {
    let found = inbox(&ledger.state, &id(department), ledger.moment()).unwrap();
    let items = found.into_iter();
    items
        .map(|item| (item.awaited, item.record.to_string()))
        .collect()
}

#[test]
fn s6_misuse_suspends_at_once_until_it_is_lifted() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let provider = administrator(PROVIDER);
    let reads = |ledger: &Ledger| {
        ledger
            .verdict(APPLICANT, &granted.resource, 2, None)
            .is_allowed()
    };
    let suspended = ledger
        .submit(&provider, vec![suspend(&granted, 1)])
        .unwrap();
    assert!(!reads(&ledger));
    let lifted = ledger.submit(&provider, vec![resume(&granted, 2)]).unwrap();
    assert!(reads(&ledger));
    let authorization = ledger.state.authorization(&granted).unwrap().unwrap();
    let active = |height| authorization.is_active_at(height);
    assert!(active(suspended.previous().unwrap()) && !active(suspended) && active(lifted));
}

#[test]
fn s6_an_amendment_that_narrows_is_published_by_proposal() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let mut narrower = entry(&responsibility(PROVIDER));
    narrower.fields.as_mut_slice()[0].sharing = Some(not_shared());
    ledger.draft(PROVIDER, &code, &narrower).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    assert_eq!(
        ledger.publish(PROVIDER, &code).unwrap_err().code(),
        "narrows"
    );
    assert!(ledger.verdict(BYSTANDER, &code, 1, None).is_allowed());
    let revision = ledger.revision(&code);
    let measure = Measure::Narrow {
        code: code.clone(),
        revision,
    };
    ledger.agree(&head(PROVIDER), measure).unwrap();
    let verdict = ledger.verdict(BYSTANDER, &code, 1, None);
    assert!(
        matches!(verdict, Verdict::Denied(Denial::NotShared { .. })),
        "{verdict:?}"
    );
    let resource = ledger.state.resource(&code).unwrap().unwrap();
    let published = resource.published.unwrap();
    assert_eq!(published.version, 2);
    assert!(!matches!(
        published.entry.fields[0].sharing,
        Some(Sharing::Unconditional)
    ));
}

#[test]
fn s6_a_withdrawal_ends_what_is_suspended_too() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let provider = administrator(PROVIDER);
    ledger
        .submit(&provider, vec![suspend(&granted, 1)])
        .unwrap();
    let measure = Measure::Withdraw {
        code: granted.resource.clone(),
        revision: ledger.revision(&granted.resource),
        reason: id("不再提供"),
    };
    ledger.agree(&head(PROVIDER), measure).unwrap();
    let stored = ledger.state.authorization(&granted).unwrap().unwrap();
    assert_eq!(stored.ended.unwrap().kind, EndKind::ResourceWithdrawn);
    let refused = ledger.submit(&provider, vec![resume(&granted, stored.revision)]);
    assert_eq!(refused.unwrap_err().code(), "not-active");
}

#[test]
fn s6_a_draft_is_withdrawn_by_its_provider_alone() {
    let mut ledger = Ledger::default();
    ledger
        .draft(PROVIDER, &code(1), &entry(&responsibility(PROVIDER)))
        .unwrap();
    let action = Action::WithdrawResource {
        code: code(1),
        revision: 1,
        reason: id("误报"),
    };
    ledger.submit(&head(PROVIDER), vec![action]).unwrap();
}

#[test]
fn r8_registrar_and_steward_replace_a_lost_head_key() {
    let mut ledger = Ledger::default();
    let measure = new_head(&ledger, BYSTANDER);
    ledger.agree(&administrator(BYSTANDER), measure).unwrap();
    let valid = |secret: &dirchain_ledger::crypto::SecretKey| {
        let key = ledger.state.key(&secret.public()).unwrap().unwrap();
        key.valid.to.is_none()
    };
    assert!(!valid(&head(BYSTANDER)) && valid(&labelled_key("new head")));
}

/// Nobody decides on its own head key: the deputy stands in.
#[test]
fn r8_the_steward_s_deputy_stands_in_for_the_steward() {
    let mut ledger = Ledger::default();
    let measure = new_head(&ledger, STEWARD);
    let id = ledger.propose(&administrator(STEWARD), measure).unwrap();
    let proposal = ledger.state.proposal(&id).unwrap().unwrap();
    let seats: Vec<&str> = proposal
        .seats
        .iter()
        .map(|s| s.department.as_str())
        .collect();
    assert_eq!(seats, [REGISTRAR, DEPUTY]);
}

#[test]
fn a_department_is_suspended_and_resumed_by_proposal() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let department: DepartmentId = id(BYSTANDER);
    let measure = Measure::SuspendDepartment {
        department: department.clone(),
    };
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    assert!(!ledger.verdict(BYSTANDER, &code, 1, None).is_allowed());
    let measure = Measure::ResumeDepartment { department };
    ledger.agree(&head(STEWARD), measure).unwrap();
    assert!(ledger.verdict(BYSTANDER, &code, 1, None).is_allowed());
}

#[test]
fn r1_a_merger_moves_every_responsibility_and_dissolves() {
    let mut ledger = Ledger::default();
    let code = ledger.published(BYSTANDER, 1);
    let mut merger = plan(
        ReorganisationKind::Merge,
        vec![transfer(BYSTANDER, Some(DEPUTY))],
        &[BYSTANDER],
    );
    merger.renames = List::new(vec![Renaming {
        department: id(DEPUTY),
        name: id("新部门"),
    }])
    .unwrap();
    let touched = reach(&ledger.state, ledger.moment(), &merger).unwrap();
    assert_eq!(touched.entries, [(code.clone(), id(BYSTANDER), id(DEPUTY))]);
    let trail = |ledger: &Ledger| ledger.state.resource(&code).unwrap().unwrap().trail.count;
    let before = (trail(&ledger), ledger.tip.height);
    let height = ledger
        .agree(&head(REGISTRAR), Measure::Reorganise(merger))
        .unwrap();
    let resource = ledger.state.resource(&code).unwrap().unwrap();
    assert_eq!(resource.provider_at(before.1), &id(BYSTANDER));
    assert_eq!(resource.provider_at(height), &id(DEPUTY));
    assert_eq!(trail(&ledger), before.0 + 1);
    let duty = ledger
        .state
        .responsibility(&responsibility(BYSTANDER))
        .unwrap()
        .unwrap();
    assert_eq!(duty.holder_at(Height::GENESIS), &id(BYSTANDER));
    assert_eq!(duty.holder_at(height), &id(DEPUTY));
    let gone = ledger.state.department(&id(BYSTANDER)).unwrap().unwrap();
    assert_eq!(gone.status_at(height), Some(DepartmentStatus::Dissolved));
    let named = ledger.state.department(&id(DEPUTY)).unwrap().unwrap();
    assert_eq!(named.name.as_str(), "新部门");
    assert!(ledger.verdict(DEPUTY, &code, 3, None).is_allowed());
    assert!(!ledger.verdict(BYSTANDER, &code, 3, None).is_allowed());
}

#[test]
fn r1_a_department_is_dissolved_after_all_its_sub_units() {
    let mut ledger = Ledger::default();
    let units = ["D006.1", "D006.2"];
    for unit in units {
        ledger
            .submit(
                &head(BYSTANDER),
                vec![super::departments::register(unit, Some(BYSTANDER), None)],
            )
            .unwrap();
    }
    let whole = |ledger: &mut Ledger| {
        let transfers = vec![transfer(BYSTANDER, Some(DEPUTY))];
        let plan = plan(ReorganisationKind::Dissolve, transfers, &[BYSTANDER]);
        ledger.agree(&head(REGISTRAR), Measure::Reorganise(plan))
    };
    assert_eq!(whole(&mut ledger).unwrap_err().code(), "bad-reorganisation");
    for unit in units.into_iter().rev() {
        assert_eq!(whole(&mut ledger).unwrap_err().code(), "bad-reorganisation");
        let plan = plan(ReorganisationKind::Dissolve, vec![], &[unit]);
        let proposal = ledger.propose(&head(REGISTRAR), Measure::Reorganise(plan));
        ledger
            .approve(&head(BYSTANDER), &proposal.unwrap())
            .unwrap();
    }
    whole(&mut ledger).unwrap();
}

#[test]
fn r2_what_a_reorganised_department_provides_stays_granted() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    ledger
        .agree(&head(REGISTRAR), split(PROVIDER, BYSTANDER))
        .unwrap();
    assert!(
        ledger
            .verdict(APPLICANT, &granted.resource, 2, None)
            .is_allowed()
    );
}

#[test]
fn r2_what_it_received_waits_for_the_provider_s_confirmation() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let before = ledger.moment();
    let transfers = vec![transfer(APPLICANT, Some(BYSTANDER))];
    let touched = reach(
        &ledger.state,
        before,
        &plan(ReorganisationKind::Split, transfers, &[]),
    );
    assert_eq!(
        touched.unwrap().received,
        [(granted.clone(), id(APPLICANT))]
    );
    let trail = |ledger: &Ledger| {
        let resource = ledger.state.resource(&granted.resource).unwrap();
        resource.unwrap().trail.count
    };
    let count = trail(&ledger);
    ledger
        .agree(&head(REGISTRAR), split(APPLICANT, BYSTANDER))
        .unwrap();
    // The trail rule: it changed a verdict on the entry.
    assert_eq!(trail(&ledger), count + 1);
    let verdict = ledger.verdict(APPLICANT, &granted.resource, 2, None);
    let Verdict::Denied(Denial::AuthorizationFails { failure, .. }) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(failure, Failure::Responsibility);
    assert!(
        !ledger
            .verdict(BYSTANDER, &granted.resource, 2, None)
            .is_allowed()
    );
    let waits = |awaited| {
        (
            awaited,
            RecordId::Authorization(granted.clone()).to_string(),
        )
    };
    // There is nobody to connect it for until then.
    assert_eq!(awaited(&ledger, PROVIDER), [waits(Awaited::Confirmation)]);
    ledger
        .submit(&administrator(PROVIDER), vec![confirm(&granted, 1)])
        .unwrap();
    let left = awaited(&ledger, PROVIDER);
    assert_eq!(left.len(), 1);
    assert_eq!(
        left[0].0,
        Awaited::Owed(Duty::Provision),
        "of the new grant"
    );
    assert_ne!(left[0].1, granted.to_string());
    assert!(
        ledger
            .verdict(BYSTANDER, &granted.resource, 2, None)
            .is_allowed()
    );
    let old = ledger.state.authorization(&granted).unwrap().unwrap();
    assert_eq!(old.ended.map(|end| end.kind), Some(EndKind::Superseded));
}

#[test]
fn inboxes_hold_approvals_publications_and_answers() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    ledger
        .apply_for(APPLICANT, &code, request(APPLICANT, &[2]))
        .unwrap();
    for (provider, number) in [(PROVIDER, 2), (STEWARD, 3)] {
        let own = entry(&responsibility(provider));
        ledger
            .draft(provider, &dirchain_ledger::testing::code(number), &own)
            .unwrap();
        ledger
            .submit_draft(provider, &dirchain_ledger::testing::code(number))
            .unwrap();
    }
    let measure = split(APPLICANT, BYSTANDER);
    let proposal = ledger.propose(&head(REGISTRAR), measure).unwrap();
    let kinds = |department| -> Vec<Awaited> {
        awaited(&ledger, department)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect()
    };
    assert_eq!(kinds(PROVIDER), [Awaited::Owed(Duty::Decide)]);
    assert_eq!(kinds(STEWARD), [Awaited::Owed(Duty::Publish)]);
    assert_eq!(kinds(DEPUTY), [Awaited::Owed(Duty::Publish)]);
    assert_eq!(kinds(APPLICANT), [Awaited::Approval]);
    assert_eq!(kinds(BYSTANDER), [Awaited::Approval]);
    let late = dirchain_ledger::ids::Moment {
        time: ledger.state.proposal(&proposal).unwrap().unwrap().lapses,
        ..ledger.moment()
    };
    assert!(
        inbox(&ledger.state, &id(BYSTANDER), late)
            .unwrap()
            .is_empty()
    );
}

fn refused(measure: Measure) -> Rejection {
    Ledger::default()
        .propose(&head(REGISTRAR), measure)
        .unwrap_err()
}

refusals! {
    s6_a_published_entry_is_not_withdrawn_alone => "needs-proposal" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let action = Action::WithdrawResource { code, revision: 3, reason: id("理由") };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    s6_only_what_is_suspended_is_resumed => "not-suspended" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        ledger.submit(&head(PROVIDER), vec![resume(&granted, 1)]).unwrap_err()
    }
    s6_what_is_suspended_is_not_suspended_again => "not-active" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        ledger.submit(&head(PROVIDER), vec![suspend(&granted, 1)]).unwrap();
        ledger.submit(&head(PROVIDER), vec![suspend(&granted, 2)]).unwrap_err()
    }
    s6_only_the_provider_suspends => "not-provider" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        ledger.submit(&head(STEWARD), vec![suspend(&granted, 1)]).unwrap_err()
    }
    s6_a_suspension_on_another_revision_is_stale => "stale" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        ledger.submit(&head(PROVIDER), vec![suspend(&granted, 2)]).unwrap_err()
    }
    r8_a_new_head_s_key_has_the_head_s_role => "head-missing" {
        let ledger = Ledger::default();
        let department: DepartmentId = id(BYSTANDER);
        let secret = labelled_key("no head");
        let offer = KeyOffer::new(&secret, &ledger.chain, &department, Role::Operator);
        refused(Measure::ReplaceHead { department, offer })
    }
    r8_a_bystander_does_not_propose_another_s_head => "not-proposer" {
        let mut ledger = Ledger::default();
        let measure = new_head(&ledger, APPLICANT);
        ledger.propose(&head(BYSTANDER), measure).unwrap_err()
    }
    r8_a_new_head_is_proposed_once => "proposal-waits" {
        let mut ledger = Ledger::default();
        let measure = new_head(&ledger, BYSTANDER);
        ledger.propose(&head(REGISTRAR), measure.clone()).unwrap();
        ledger.propose(&head(STEWARD), measure).unwrap_err()
    }
    a_suspension_is_proposed_once => "proposal-waits" {
        let mut ledger = Ledger::default();
        let measure = Measure::SuspendDepartment { department: id(BYSTANDER) };
        ledger.propose(&head(REGISTRAR), measure.clone()).unwrap();
        ledger.propose(&head(STEWARD), measure).unwrap_err()
    }
    an_office_s_holder_is_not_suspended => "wrong-department" {
        refused(Measure::SuspendDepartment { department: id(DEPUTY) })
    }
    a_voting_department_is_not_suspended => "wrong-department" {
        refused(Measure::SuspendDepartment { department: id(PROVIDER) })
    }
    an_active_department_is_not_resumed => "wrong-department" {
        refused(Measure::ResumeDepartment { department: id(BYSTANDER) })
    }
    r1_a_dissolved_department_leaves_no_responsibility_behind => "bad-reorganisation" {
        refused(Measure::Reorganise(plan(ReorganisationKind::Dissolve, vec![], &[BYSTANDER])))
    }
    r1_each_responsibility_passes_on_once => "bad-reorganisation" {
        let twice = vec![transfer(BYSTANDER, Some(DEPUTY)), transfer(BYSTANDER, None)];
        refused(Measure::Reorganise(plan(ReorganisationKind::Merge, twice, &[BYSTANDER])))
    }
    r1_nothing_passes_to_a_dissolved_department => "bad-reorganisation" {
        let transfers = vec![transfer(APPLICANT, Some(BYSTANDER)), transfer(BYSTANDER, None)];
        refused(Measure::Reorganise(plan(ReorganisationKind::Merge, transfers, &[BYSTANDER])))
    }
    r1_its_parts_fit_its_kind => "bad-reorganisation" {
        refused(Measure::Reorganise(plan(ReorganisationKind::Rename, vec![], &[])))
    }
    r1_a_responsibility_passes_on_from_its_holder => "responsibility-not-held" {
        let wrong = Transfer { from: id(DEPUTY), ..transfer(BYSTANDER, Some(STEWARD)) };
        refused(Measure::Reorganise(plan(ReorganisationKind::Split, vec![wrong], &[])))
    }
    r1_the_registrar_proposes => "not-proposer" {
        Ledger::default().propose(&head(STEWARD), split(APPLICANT, BYSTANDER)).unwrap_err()
    }
    r1_a_dissolved_department_does_not_vote => "wrong-department" {
        let transfers = vec![transfer(PROVIDER, Some(BYSTANDER))];
        refused(Measure::Reorganise(plan(ReorganisationKind::Merge, transfers, &[PROVIDER])))
    }
    r2_a_grant_whose_holder_stays_needs_no_confirmation => "no-new-holder" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        ledger.submit(&head(PROVIDER), vec![confirm(&granted, 1)]).unwrap_err()
    }
    r2_only_the_provider_confirms => "not-provider" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        ledger.agree(&head(REGISTRAR), split(APPLICANT, BYSTANDER)).unwrap();
        ledger.submit(&head(BYSTANDER), vec![confirm(&granted, 1)]).unwrap_err()
    }
    r2_nothing_is_confirmed_for_an_abolished_responsibility => "responsibility-ended" {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        let transfers = vec![transfer(APPLICANT, None)];
        let measure = Measure::Reorganise(plan(ReorganisationKind::Split, transfers, &[]));
        ledger.agree(&head(REGISTRAR), measure).unwrap();
        ledger.submit(&head(PROVIDER), vec![confirm(&granted, 1)]).unwrap_err()
    }
}
