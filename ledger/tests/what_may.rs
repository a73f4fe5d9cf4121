//! What a department may read, what it would lose, and what an action would come to.
#![allow(clippy::unwrap_used)]

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict, may_read};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::execute::{Execution, Refusal, Rehearsal};
use dirchain_ledger::ids::{FieldNumber, ResourceCode};
use dirchain_ledger::limits::TRANSACTION_WORK_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{Record, RecordKind, Sharing};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records, View};
use dirchain_ledger::what_may::{Judged, Losses, Readable, losses, what_may};

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

fn withdrawal_of(ledger: &Ledger, code: &ResourceCode) -> Losses {
    let withdraw = Measure::Withdraw {
        code: code.clone(),
        revision: ledger.revision(code),
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
    losses(before, after, &touched.verdict.unwrap(), 10_000).unwrap()
}

#[test]
fn a_loss_is_one_for_each_department_and_basis() {
    let mut ledger = Ledger::default();
    let code = code(1);
    let mut entry = entry(&responsibility(PROVIDER));
    let mut fields = entry.fields.into_vec();
    fields[3].sharing = Some(Sharing::Unconditional);
    entry.fields = List::new(fields).unwrap();
    ledger.draft(PROVIDER, &code, &entry).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    ledger.publish(PROVIDER, &code).unwrap();
    // Nobody applied for anything: the entry alone is touched.
    let told = withdrawal_of(&ledger, &code);
    let of = |told: &Losses, department: &str| -> Vec<Vec<u16>> {
        let lost = told.losses.iter();
        let lost = lost.filter(|loss| loss.department == id(department));
        lost.map(|loss| loss.fields.iter().map(|field| field.0).collect())
            .collect()
    };
    assert_eq!(of(&told, BYSTANDER), [[1, 4]]);
    assert_eq!(of(&told, APPLICANT), [[1, 4]]);
    let request = request(APPLICANT, &[2]);
    let application = ledger.apply_for(APPLICANT, &code, request.clone()).unwrap();
    let grant = Action::Grant(grant_of(application, &request));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let told = withdrawal_of(&ledger, &code);
    assert_eq!(of(&told, BYSTANDER), [vec![1, 4]]);
    assert_eq!(of(&told, APPLICANT), [vec![1, 4], vec![2]]);
}

/// Grants are read page by page; none is left out where a page ends.
#[test]
fn what_a_department_may_read_by_its_last_of_many_grants_is_told() {
    let mut ledger = Ledger::default();
    let first = ledger.granted(1, &[2]);
    let at = ledger.moment();
    let granted = ledger.state.authorization(&first).unwrap().unwrap();
    let mut outcome = ledger.outcomes.last().unwrap().clone();
    outcome.pages.clear();
    for count in [63, 64, 65, 128, 200] {
        // Those before the last were over at once.
        let many = (1..=count).map(|number| {
            let mut granted = granted.clone();
            granted.id.number = number;
            if number < count {
                granted.to = granted.from;
            }
            let record = Record::Authorization(granted);
            (record.id(), record)
        });
        outcome.records = many.collect();
        ledger.state.apply(&outcome);
        let resource = ledger.state.resource(&first.resource).unwrap().unwrap();
        let told = what_may(&ledger.state, &id(APPLICANT), &resource, at).unwrap();
        let last = told.iter().find_map(|readable| match &readable.basis {
            Basis::Authorized { authorization, .. } => Some(authorization.number),
            _ => None,
        });
        assert_eq!(last, Some(count));
    }
}

/// Who would be active no more is told apart, with the grants that last; whoever is touched and stays
/// active is not.
#[test]
fn whom_a_suspension_stops_is_told_with_the_grants_that_last() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let mut granted = Vec::new();
    for days in [3, 20] {
        let mut asked = request(BYSTANDER, &[2]);
        asked.to = dirchain_ledger::ids::TimeMs(GENESIS_TIME.0 + days * DAY_MS);
        let applied = ledger.apply_for(BYSTANDER, &code, asked.clone()).unwrap();
        let grant = Action::Grant(grant_of(applied.clone(), &asked));
        ledger.submit(&head(PROVIDER), vec![grant]).unwrap();
        granted.push(applied);
    }
    ledger.pass_ms(4 * DAY_MS);
    ledger
        .draft(
            PROVIDER,
            &dirchain_ledger::testing::code(2),
            &entry(&responsibility(PROVIDER)),
        )
        .unwrap();
    let suspend = Measure::SuspendDepartment {
        department: id(BYSTANDER),
    };
    let author = head(REGISTRAR).public();
    let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
    let mut touched = rehearsal
        .carry_out(&suspend, TRANSACTION_WORK_MAX)
        .verdict
        .unwrap();
    let other = dirchain_ledger::records::RecordId::Department(id(PROVIDER));
    touched.insert((other, 0));
    let before = Judged {
        view: &ledger.state,
        at: ledger.moment(),
    };
    let after = Judged {
        view: rehearsal.state(),
        at: rehearsal.at(),
    };
    let told = losses(before, after, &touched, 10_000).unwrap().stopped;
    let [stopped] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(stopped.department, id(BYSTANDER));
    assert_eq!(stopped.authorizations, granted[1..]);
}
