//! What a department may read, what it would lose, and what an action would come to.
#![allow(clippy::unwrap_used)]

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict, may_read};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::execute::{Execution, Refusal, Rehearsal};
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::limits::TRANSACTION_WORK_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{RecordKind, Sharing};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records, View};
use dirchain_ledger::what_may::{Judged, Readable, losses, what_may};

/// Everything that [`may_read`] allows, field by field.
fn allowed(ledger: &Ledger, department: &str, resource: &str) -> Vec<(FieldNumber, Basis)> {
    let mut found = Vec::new();
    for field in (1..=9).map(FieldNumber) {
        let at = ledger.moment();
        let (department, resource) = (id(department), id(resource));
        let verdict = may_read(&ledger.state, &department, &resource, field, None, at).unwrap();
        if let Verdict::Allowed(basis) = verdict {
            found.push((field, basis));
        }
    }
    found
}

fn readable(ledger: &Ledger, department: &str, resource: &str) -> Vec<Readable> {
    let resource = ledger.state.resource(&id(resource)).unwrap().unwrap();
    what_may(&ledger.state, &id(department), &resource, ledger.moment()).unwrap()
}

#[test]
fn what_a_department_may_read_is_what_the_verdicts_allow() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[1, 2]);
    let shared = code(2);
    let mut entry = entry(&responsibility(PROVIDER));
    let mut fields = entry.fields.into_vec();
    fields[1].sharing = Some(Sharing::Unconditional);
    entry.fields = List::new(fields).unwrap();
    ledger.draft(PROVIDER, &shared, &entry).unwrap();
    ledger.submit_draft(PROVIDER, &shared).unwrap();
    ledger.publish(PROVIDER, &shared).unwrap();
    let departments = ledger
        .state
        .list(RecordKind::Department, None, 100)
        .unwrap();
    assert!(departments.len() > 4);
    for code in [granted.resource.as_str(), shared.as_str()] {
        let fields = ledger.state.resource(&id(code)).unwrap().unwrap();
        let count = fields.entry().unwrap().fields.len();
        for department in &departments {
            let department = department.to_string();
            let department = department.rsplit(' ').next().unwrap();
            let told: Vec<(FieldNumber, Basis)> = {
                let mut told: Vec<(FieldNumber, Basis)> = readable(&ledger, department, code)
                    .into_iter()
                    .flat_map(|found| {
                        found
                            .fields
                            .into_iter()
                            .map(move |f| (f, found.basis.clone()))
                    })
                    .collect();
                told.sort_by_key(|(field, _)| *field);
                told
            };
            let mut verdicts = allowed(&ledger, department, code);
            verdicts.truncate(count);
            assert_eq!(told, verdicts, "{department} on {code}");
        }
    }
    let told = readable(&ledger, APPLICANT, granted.resource.as_str());
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].fields, [FieldNumber(1)]);
    assert_eq!(told[1].fields, [FieldNumber(2)]);
    assert!(
        matches!(&told[1].basis, Basis::Authorized { authorization, .. } if *authorization == granted)
    );
}

fn rehearse(ledger: &Ledger, actions: Vec<Action>, author: &str) -> Execution {
    let author = head(author).public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
    rehearsal.execute(actions, TRANSACTION_WORK_MAX).unwrap()
}

#[test]
fn a_rehearsal_says_what_the_block_would_and_changes_nothing() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let before = ledger.tip.state;
    let stale = Action::SubmitResource {
        code: code.clone(),
        revision: 1,
    };
    let rehearsed = rehearse(&ledger, vec![stale.clone()], PROVIDER);
    let Err(Refusal::Rejected(rejection)) = rehearsed.verdict else {
        panic!("{rehearsed:?}");
    };
    assert_eq!(
        ledger.submit(&head(PROVIDER), vec![stale]).unwrap_err(),
        *rejection
    );
    assert_eq!(ledger.tip.state, before);
}

#[test]
fn what_passes_in_a_rehearsal_counts_for_what_follows_and_what_fails_does_not() {
    let ledger = Ledger::default();
    let author = administrator(PROVIDER).public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
    let draft = |revision| Action::DraftResource {
        code: code(1),
        provider: id(PROVIDER),
        revision,
        entry: entry(&responsibility(PROVIDER)),
    };
    let mut refused = |actions: Vec<Action>| {
        let execution = rehearsal.execute(actions, TRANSACTION_WORK_MAX).unwrap();
        assert!(execution.work > 0);
        match execution.verdict {
            Ok(_) => None,
            Err(Refusal::Rejected(rejection)) => Some(rejection.code()),
            Err(Refusal::Unreadable(error)) => panic!("{error}"),
        }
    };
    assert_eq!(refused(vec![draft(0), draft(0)]), Some("taken"));
    assert_eq!(refused(vec![draft(0)]), None);
    assert_eq!(refused(vec![draft(0)]), Some("taken"));
    assert_eq!(refused(vec![draft(1)]), None);
    let submit = Action::SubmitResource {
        code: code(1),
        revision: 2,
    };
    assert_eq!(refused(vec![submit]), Some("role-forbids"));
    assert!(ledger.state.resource(&code(1)).unwrap().is_none());
}

#[test]
fn actions_that_make_no_transaction_are_told_as_such() {
    let ledger = Ledger::default();
    let author = administrator(PROVIDER).public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
    assert!(rehearsal.execute(Vec::new(), TRANSACTION_WORK_MAX).is_err());
    let stranger = labelled_key("stranger").public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), stranger);
    let remove = Action::RemoveNode { id: id("D001-1") };
    let execution = rehearsal
        .execute(vec![remove], TRANSACTION_WORK_MAX)
        .unwrap();
    let unknown = Rejection::UnknownKey { key: stranger };
    assert_eq!(execution.verdict.unwrap_err(), Refusal::from(unknown));
}

#[test]
fn who_loses_what_by_an_end_is_told_before_it() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[1, 2]);
    let end = Action::EndAuthorization {
        authorization: granted.clone(),
        revision: 1,
        reason: id("用毕"),
    };
    let author = administrator(APPLICANT).public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
    let execution = rehearsal.execute(vec![end], TRANSACTION_WORK_MAX).unwrap();
    let touched = execution.verdict.unwrap();
    let before = Judged {
        view: &ledger.state,
        at: ledger.moment(),
    };
    let after = Judged {
        view: rehearsal.state(),
        at: rehearsal.at(),
    };
    let told = losses(before, after, &touched, 1_000).unwrap();
    assert!(told.unexamined.is_empty());
    assert_eq!(told.losses.len(), 1, "{told:?}");
    let loss = &told.losses[0];
    assert_eq!(loss.department, id(APPLICANT));
    assert_eq!(loss.fields, [FieldNumber(2)]);
    let fails = Denial::AuthorizationFails {
        authorization: granted.clone(),
        failure: Failure::Inactive,
    };
    assert_eq!(loss.denial, fails);
    assert!(
        matches!(&loss.basis, Basis::Authorized { authorization, .. } if *authorization == granted)
    );
    // Beyond the bound nothing is left out silently.
    let told = losses(before, after, &touched, 0).unwrap();
    assert_eq!(
        (told.losses.len(), told.unexamined),
        (0, vec![granted.resource])
    );
}

#[test]
fn what_a_proposal_would_take_away_is_told_before_anybody_approves() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let revision = ledger.revision(&granted.resource);
    let withdraw = Measure::Withdraw {
        code: granted.resource.clone(),
        revision,
        reason: id("停止提供"),
    };
    let author = head(PROVIDER).public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
    let touched = rehearsal.carry_out(&withdraw, TRANSACTION_WORK_MAX);
    let before = Judged {
        view: &ledger.state,
        at: ledger.moment(),
    };
    let after = Judged {
        view: rehearsal.state(),
        at: rehearsal.at(),
    };
    let told = losses(before, after, &touched.verdict.unwrap(), 10_000).unwrap();
    let of = |department: &str| {
        let lost = told
            .losses
            .iter()
            .filter(|l| l.department == id(department));
        lost.flat_map(|loss| loss.fields.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(APPLICANT), [FieldNumber(1), FieldNumber(2)]);
    assert_eq!(of(BYSTANDER), [FieldNumber(1)]);
    assert_eq!(of(PROVIDER), []);
    for loss in &told.losses {
        assert_eq!(loss.denial, Denial::NotPublished);
    }
    // What was decided on another revision is refused here as in a block.
    let stale = Measure::Withdraw {
        code: granted.resource,
        revision: revision - 1,
        reason: id("停止提供"),
    };
    let refused = rehearsal.carry_out(&stale, TRANSACTION_WORK_MAX);
    assert!(refused.verdict.is_err());
}
