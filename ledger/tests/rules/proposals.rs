//! Proposals, parameters, offices, and the two-person rule S8.

use dirchain_ledger::access::{Basis, Verdict};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::calendar::{DayKind, WorkingDays};
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{DepartmentId, Height, ProposalId, SharingId, TimeMs};
use dirchain_ledger::measure::{CalendarDay, Measure, ParameterChange};
use dirchain_ledger::records::{
    KeyOffer, Office, ProposalStatus, Record, Request, Role, Settings, Standing,
};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

fn change(change: impl FnOnce(&mut ParameterChange)) -> Measure {
    let mut changed = ParameterChange {
        revision: 1,
        settings: None,
        add_purposes: List::default(),
        end_purposes: List::default(),
        days: List::default(),
    };
    change(&mut changed);
    Measure::ChangeParameters(changed)
}

fn new_settings(with: impl FnOnce(&mut Settings)) -> Measure {
    let mut settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        ..Settings::default()
    };
    with(&mut settings);
    change(|change| change.settings = Some(settings))
}

fn two_weeks() -> Measure {
    new_settings(|settings| settings.deadlines.conditional = WorkingDays(15))
}

fn assign(office: Office, department: &str) -> Measure {
    Measure::AssignOffice {
        office,
        department: id(department),
        revision: 1,
    }
}

fn standing(ledger: &Ledger, id: &ProposalId) -> Standing {
    let proposal = ledger.state.proposal(id).unwrap().unwrap();
    proposal.standing_at(ledger.tip.time)
}

fn proposed(measure: Measure) -> (Ledger, ProposalId) {
    let mut ledger = Ledger::default();
    let id = ledger.propose(&head(REGISTRAR), measure).unwrap();
    (ledger, id)
}

fn reject(id: &ProposalId, revision: u32) -> Action {
    Action::Reject {
        proposal: id.clone(),
        revision,
        reason: dirchain_ledger::testing::id("依据不足"),
    }
}

fn take_back(id: &ProposalId, revision: u32) -> Action {
    Action::TakeBackProposal {
        proposal: id.clone(),
        revision,
    }
}

/// The test city with the two-person rule, and an application for a field of level 3.
fn two_person() -> (Ledger, SharingId, Request) {
    let records = genesis_records().into_iter().map(|record| match record {
        Record::Parameters(mut parameters) => {
            parameters.settings.two_person = true;
            Record::Parameters(parameters)
        }
        other => other,
    });
    let genesis = Genesis::new(id("双人市"), GENESIS_TIME, records.collect()).unwrap();
    let mut ledger = Ledger::new(&genesis);
    let code = ledger.published(PROVIDER, 1);
    let request = request(APPLICANT, &[2]);
    let id = ledger.apply_for(APPLICANT, &code, request.clone()).unwrap();
    (ledger, id, request)
}

#[test]
fn a_proposal_takes_effect_when_the_last_approval_lands() {
    let (mut ledger, id) = proposed(two_weeks());
    let proposal = ledger.state.proposal(&id).unwrap().unwrap();
    // Whoever proposes approves by proposing.
    let vacant: Vec<String> = proposal
        .vacant()
        .map(|s| s.department.to_string())
        .collect();
    assert_eq!(vacant, [STEWARD]);
    assert_eq!(standing(&ledger, &id), Standing::Open);
    let before = ledger.tip.height;
    let height = ledger.approve(&head(STEWARD), &id).unwrap();
    assert_eq!(standing(&ledger, &id), Standing::InForce);
    let parameters = ledger.state.parameters().unwrap();
    let days = |height| parameters.settings_at(height).deadlines.conditional;
    assert_eq!(
        (days(before), days(height)),
        (WorkingDays(10), WorkingDays(15))
    );
    assert_eq!(days(Height::GENESIS), WorkingDays(10));
    let registrar = ledger
        .state
        .department(&dirchain_ledger::testing::id(REGISTRAR));
    assert!(registrar.unwrap().unwrap().open_proposals.is_empty());
}

#[test]
fn code_list_and_calendar_change_by_proposal() {
    let mut ledger = Ledger::default();
    let measure = change(|change| {
        change.add_purposes = List::new(vec![dirchain_ledger::records::Purpose {
            code: id("tax"),
            name: id("税收"),
        }])
        .unwrap();
        change.end_purposes = List::new(vec![id(PURPOSES[1])]).unwrap();
        let day = |day: &str, kind| CalendarDay { day: id(day), kind };
        change.days = List::new(vec![
            day("2026-02-14", DayKind::Workday),
            day("2026-02-16", DayKind::Holiday),
        ])
        .unwrap();
    });
    ledger.agree(&administrator(STEWARD), measure).unwrap();
    let parameters = ledger.state.parameters().unwrap();
    let (now, then) = (ledger.tip.height, Height::GENESIS);
    assert!(parameters.purpose_at(&id("tax"), now).is_some());
    assert!(parameters.purpose_at(&id("tax"), then).is_none());
    assert!(parameters.purpose_at(&id(PURPOSES[1]), now).is_none());
    assert!(parameters.purpose_at(&id(PURPOSES[1]), then).is_some());
    assert!(!parameters.calendar_at(now).is_working(id("2026-02-16")));
    assert!(parameters.calendar_at(now).is_working(id("2026-02-14")));
    assert!(parameters.calendar_at(then).is_working(id("2026-02-16")));
    // A purpose that ended is no longer applied for.
    let code = ledger.published(PROVIDER, 1);
    let mut request = request(APPLICANT, &[2]);
    request.purpose = id(PURPOSES[1]);
    let refused = ledger.apply_for(APPLICANT, &code, request).unwrap_err();
    assert_eq!(refused.code(), "unknown-purpose");
}

#[test]
fn an_office_passes_to_another_department() {
    let mut ledger = Ledger::default();
    ledger
        .agree(&head(REGISTRAR), assign(Office::Steward, BYSTANDER))
        .unwrap();
    let offices = ledger.state.offices().unwrap();
    assert_eq!(offices.holder(Office::Steward), Some(&id(BYSTANDER)));
    let terms = offices
        .holders
        .iter()
        .filter(|t| t.office == Office::Steward);
    let held: Vec<bool> = terms.map(|term| term.held.to.is_none()).collect();
    assert_eq!(held, [false, true]);
}

#[test]
fn one_department_s_two_offices_leave_the_second_word_to_the_deputy() {
    let mut ledger = Ledger::default();
    ledger
        .agree(&head(STEWARD), assign(Office::Registrar, STEWARD))
        .unwrap();
    let measure = Measure::AssignOffice {
        office: Office::Standards,
        department: id(BYSTANDER),
        revision: 2,
    };
    let id = ledger.propose(&head(STEWARD), measure).unwrap();
    let proposal = ledger.state.proposal(&id).unwrap().unwrap();
    let seats: Vec<&str> = proposal
        .seats
        .iter()
        .map(|s| s.department.as_str())
        .collect();
    assert_eq!(seats, [STEWARD, DEPUTY, BYSTANDER]);
}

/// The head of a department signs for its sub-units too, so two offices in one line are one voice.
#[test]
fn two_offices_in_one_line_leave_the_second_word_to_the_deputy() {
    let mut ledger = Ledger::default();
    ledger
        .agree(&head(STEWARD), assign(Office::Registrar, PROVIDER))
        .unwrap();
    let steward = Measure::AssignOffice {
        office: Office::Steward,
        department: id(SUB_UNIT),
        revision: 2,
    };
    ledger.agree(&head(STEWARD), steward).unwrap();
    let id = ledger.propose(&head(PROVIDER), two_weeks()).unwrap();
    let proposal = ledger.state.proposal(&id).unwrap().unwrap();
    let seats = proposal.seats.iter();
    let seats: Vec<&str> = seats.map(|seat| seat.department.as_str()).collect();
    assert_eq!(seats, [DEPUTY, PROVIDER]);
    assert_eq!(standing(&ledger, &id), Standing::Open);
}

#[test]
fn a_proposal_is_rejected_or_taken_back() {
    let (mut ledger, id) = proposed(two_weeks());
    let mut other = ledger.clone();
    ledger.submit(&head(STEWARD), vec![reject(&id, 1)]).unwrap();
    assert_eq!(standing(&ledger, &id), Standing::Rejected);
    let proposal = ledger.state.proposal(&id).unwrap().unwrap();
    let ProposalStatus::Rejected { decision } = proposal.status else {
        panic!("it was rejected");
    };
    assert!(decision.reason.is_some());
    other
        .submit(&administrator(REGISTRAR), vec![take_back(&id, 1)])
        .unwrap();
    assert_eq!(standing(&other, &id), Standing::TakenBack);
}

#[test]
fn a_proposal_lapses_at_its_date_by_the_time_alone() {
    let (mut ledger, id) = proposed(two_weeks());
    let lapses = ledger.state.proposal(&id).unwrap().unwrap().lapses;
    let days = i64::from(Settings::default().proposal_days);
    assert_eq!(lapses, TimeMs(ledger.tip.time.0 + days * DAY_MS));
    let mut in_time = ledger.clone();
    in_time.now = TimeMs(lapses.0 - 1_001);
    in_time.approve(&head(STEWARD), &id).unwrap();
    ledger.now = TimeMs(lapses.0 - 1_000);
    let refused = ledger.approve(&head(STEWARD), &id).unwrap_err();
    assert_eq!(refused.code(), "proposal-lapsed");
}

#[test]
fn what_lapsed_makes_room_for_new_proposals() {
    let mut ledger = Ledger::default();
    let count_max = usize::from(Settings::default().open_proposals_max);
    for _ in 0..count_max {
        ledger.propose(&head(REGISTRAR), two_weeks()).unwrap();
    }
    let refused = ledger.propose(&head(REGISTRAR), two_weeks()).unwrap_err();
    assert_eq!(refused.code(), "full");
    ledger.pass_ms(31 * DAY_MS);
    ledger.propose(&head(REGISTRAR), two_weeks()).unwrap();
}

#[test]
fn s8_an_administrator_and_the_head_grant_together() {
    for (first, second) in [
        (Role::Administrator, Role::Head),
        (Role::Head, Role::Administrator),
    ] {
        let (mut ledger, application, request) = two_person();
        let grant = Measure::Grant(grant_of(application.clone(), &request));
        let id = ledger.propose(&key(PROVIDER, first), grant).unwrap();
        assert!(
            !ledger
                .verdict(APPLICANT, &application.resource, 2, None)
                .is_allowed()
        );
        ledger.approve(&key(PROVIDER, second), &id).unwrap();
        let verdict = ledger.verdict(APPLICANT, &application.resource, 2, None);
        assert!(verdict.is_allowed());
        let authorization = ledger.state.authorization(&application).unwrap().unwrap();
        let keys: Vec<_> = authorization.decisions().map(|d| d.key).collect();
        assert_eq!(
            keys,
            [
                key(PROVIDER, first).public(),
                key(PROVIDER, second).public()
            ]
        );
    }
}

/// Rule R3: the grant rests on both keys.
#[test]
fn s8_a_suspect_key_of_either_shows_in_the_verdict() {
    for stolen in [Role::Administrator, Role::Head] {
        let (mut ledger, application, request) = two_person();
        let grant = Measure::Grant(grant_of(application.clone(), &request));
        let height = ledger.agree(&administrator(PROVIDER), grant).unwrap();
        let action = Action::SuspectKey {
            public_key: key(PROVIDER, stolen).public(),
            since: height.previous().unwrap(),
        };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap();
        let verdict = ledger.verdict(APPLICANT, &application.resource, 2, None);
        let Verdict::Allowed(Basis::Authorized { suspect, .. }) = verdict else {
            panic!("{verdict:?}");
        };
        assert!(suspect, "{stolen}");
    }
}

#[test]
fn s8_fields_below_level_3_need_one_person() {
    let (mut ledger, _, _) = two_person();
    let mut entry = entry(&responsibility(PROVIDER));
    entry.level = Some(dirchain_ledger::records::SensitivityLevel::Two);
    let code = code(2);
    ledger.draft(PROVIDER, &code, &entry).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    ledger.publish(PROVIDER, &code).unwrap();
    let request = request(APPLICANT, &[2]);
    let id = ledger.apply_for(APPLICANT, &code, request.clone()).unwrap();
    let grant = Action::Grant(grant_of(id, &request));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
}

fn revocation(authorization: &SharingId) -> Measure {
    Measure::Revoke {
        authorization: authorization.clone(),
        revision: 1,
        reason: id("用途终止"),
    }
}

#[test]
fn s6_a_revocation_takes_effect_after_its_notice_and_with_consent() {
    let mut ledger = Ledger::default();
    let authorization = ledger.granted(1, &[2]);
    let proposer = administrator(PROVIDER);
    let id = ledger
        .propose(&proposer, revocation(&authorization))
        .unwrap();
    let proposal = ledger.state.proposal(&id).unwrap().unwrap();
    let calendar = ledger.state.parameters().unwrap();
    let calendar = calendar.calendar_at(ledger.tip.height);
    assert_eq!(
        proposal.not_before,
        calendar.due(ledger.tip.time, WorkingDays(10))
    );
    ledger.now = TimeMs(proposal.not_before.0 - 1_001);
    let refused = ledger.approve(&administrator(STEWARD), &id).unwrap_err();
    assert_eq!(refused.code(), "notice-running");
    let reads = |ledger: &Ledger| ledger.verdict(APPLICANT, &authorization.resource, 2, None);
    assert!(reads(&ledger).is_allowed());
    ledger.now = TimeMs(proposal.not_before.0 - 1_000);
    ledger.approve(&administrator(STEWARD), &id).unwrap();
    assert!(!reads(&ledger).is_allowed());
}

/// A grant of two people whose responsibility passed to [`BYSTANDER`], with the rule still on.
fn passed_on() -> (Ledger, SharingId) {
    let (mut ledger, application, request) = two_person();
    let grant = Measure::Grant(grant_of(application.clone(), &request));
    ledger.agree(&administrator(PROVIDER), grant).unwrap();
    let measure = crate::reorganisation::split(APPLICANT, BYSTANDER);
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    (ledger, application)
}

#[test]
fn s8_a_new_holder_is_confirmed_by_two_people_too() {
    let (mut ledger, authorization) = passed_on();
    let resource = authorization.resource.clone();
    let measure = Measure::ConfirmHolder {
        authorization,
        revision: 1,
    };
    let id = ledger.propose(&administrator(PROVIDER), measure).unwrap();
    let reads = |ledger: &Ledger| ledger.verdict(BYSTANDER, &resource, 2, None).is_allowed();
    assert!(!reads(&ledger));
    ledger.approve(&head(PROVIDER), &id).unwrap();
    assert!(reads(&ledger));
    let heir = ledger.state.authorization(&sharing_id(&resource, 2));
    let heir = heir.unwrap().unwrap();
    let keys: Vec<_> = heir.decisions().map(|d| d.key).collect();
    let two = [Role::Administrator, Role::Head].map(|role| key(PROVIDER, role).public());
    assert_eq!(keys, two);
    // The two who confirmed it, and not those who once granted.
    let now = ledger.tip.height;
    assert!(heir.decisions().all(|d| d.at.height == now), "{heir:?}");
}

/// A proposal that takes effect keeps the revision of its last approval; any other end is one more.
#[test]
fn what_ends_a_proposal_without_effect_counts_as_a_change_of_it() {
    for takes_back in [true, false] {
        let mut ledger = Ledger::default();
        let authorization = ledger.granted(1, &[2]);
        let proposer = administrator(PROVIDER);
        let proposal = ledger
            .propose(&proposer, revocation(&authorization))
            .unwrap();
        let revision = |ledger: &Ledger| {
            let found = ledger.state.proposal(&proposal).unwrap();
            found.unwrap().revision
        };
        assert_eq!(revision(&ledger), 1);
        if takes_back {
            let action = Action::TakeBackProposal {
                proposal: proposal.clone(),
                revision: 1,
            };
            ledger.submit(&proposer, vec![action]).unwrap();
        } else {
            let until = ledger
                .state
                .proposal(&proposal)
                .unwrap()
                .unwrap()
                .not_before;
            ledger.pass_ms(until.0 - ledger.now.0);
            ledger.approve(&head(STEWARD), &proposal).unwrap();
        }
        assert_eq!(revision(&ledger), 2);
    }
}

#[test]
fn s6_an_early_end_is_proposed_anew_once_it_was_taken_back() {
    let mut ledger = Ledger::default();
    let authorization = ledger.granted(1, &[2]);
    let proposer = administrator(PROVIDER);
    for _ in 0..2 {
        let proposal = ledger
            .propose(&proposer, revocation(&authorization))
            .unwrap();
        let action = Action::TakeBackProposal {
            proposal,
            revision: 1,
        };
        ledger.submit(&proposer, vec![action]).unwrap();
    }
}

#[test]
fn who_may_not_propose_is_told_who_may() {
    let told = |author: &str, measure: &dyn Fn(&mut Ledger) -> Measure| {
        let mut ledger = Ledger::default();
        let measure = measure(&mut ledger);
        match ledger.propose(&head(author), measure).unwrap_err() {
            Rejection::NotProposer { proposers, .. } => proposers,
            other => panic!("{other:?}"),
        }
    };
    let revoked = |ledger: &mut Ledger| revocation(&ledger.granted(1, &[2]));
    assert_eq!(told(BYSTANDER, &revoked), [id::<DepartmentId>(PROVIDER)]);
    let offices = [REGISTRAR, STEWARD, DEPUTY];
    for (department, extra) in [(APPLICANT, Some(APPLICANT)), (STEWARD, None)] {
        let replaced = |ledger: &mut Ledger| {
            let department: DepartmentId = id(department);
            let secret = labelled_key("another head");
            let offer = KeyOffer::new(&secret, &ledger.chain, &department, Role::Head);
            Measure::ReplaceHead { department, offer }
        };
        let expected: Vec<DepartmentId> = offices.into_iter().chain(extra).map(id).collect();
        assert_eq!(told(BYSTANDER, &replaced), expected, "{department}");
    }
}

/// A member that a measure does not have would be agreed on and do nothing.
#[test]
fn a_measure_in_json_has_no_other_members_than_its_own() {
    let plan = r#"{"measure":"reorganise","kind":"rename","document":"京编办","renames":[]"#;
    let change = r#"{"measure":"change_parameters","revision":1"#;
    let day = r#""days":[{"day":"2026-12-25","kind":"holiday""#;
    let suspend = r#"{"measure":"suspend_department","department":"D004""#;
    for (known, unknown) in [
        (
            format!("{plan}}}"),
            format!("{plan},\"effective\":\"2027-01-01\"}}"),
        ),
        (
            format!("{change}}}"),
            format!("{change},\"add_purpose\":[]}}"),
        ),
        (
            format!("{change},{day}}}]}}"),
            format!("{change},{day},\"name\":\"x\"}}]}}"),
        ),
        (format!("{suspend}}}"), format!("{suspend},\"x\":1}}")),
    ] {
        serde_json::from_str::<Measure>(&known).expect(&known);
        let refused = serde_json::from_str::<Measure>(&unknown).expect_err(&unknown);
        assert!(refused.to_string().contains("unknown field"), "{refused}");
    }
}

fn refused(author: &SecretKey, measure: Measure) -> Rejection {
    Ledger::default().agree(author, measure).unwrap_err()
}

refusals! {
    s8_one_person_does_not_confirm_a_new_holder => "two-person-needed" {
        let (mut ledger, authorization) = passed_on();
        let confirm = Action::ConfirmHolder { authorization, revision: 1 };
        ledger.submit(&administrator(PROVIDER), vec![confirm]).unwrap_err()
    }
    s6_an_early_end_is_proposed_once => "proposal-waits" {
        let mut ledger = Ledger::default();
        let authorization = ledger.granted(1, &[2]);
        ledger.propose(&administrator(PROVIDER), revocation(&authorization)).unwrap();
        ledger.propose(&head(PROVIDER), revocation(&authorization)).unwrap_err()
    }
    s8_one_person_is_not_enough => "two-person-needed" {
        let (mut ledger, application, request) = two_person();
        let grant = Action::Grant(grant_of(application, &request));
        ledger.submit(&head(PROVIDER), vec![grant]).unwrap_err()
    }
    s8_two_heads_are_not_two_people_of_two_roles => "not-approver" {
        let (mut ledger, application, request) = two_person();
        let id = ledger.propose(&head(PROVIDER), Measure::Grant(grant_of(application, &request))).unwrap();
        ledger.approve(&head(PROVIDER), &id).unwrap_err()
    }
    s8_the_checks_are_those_of_a_direct_grant => "not-shareable" {
        let (mut ledger, application, request) = two_person();
        ledger.submit(&administrator(APPLICANT), vec![Action::TakeBackApplication { application, revision: 1 }]).unwrap();
        let mut wider = request;
        wider.fields = numbers(&[2, 3]);
        let application = ledger.apply_for(APPLICANT, &code(1), wider.clone()).unwrap();
        ledger.propose(&head(PROVIDER), Measure::Grant(grant_of(application, &wider))).unwrap_err()
    }
    s8_what_happened_meanwhile_counts => "already-decided" {
        let (mut ledger, application, request) = two_person();
        let id = ledger.propose(&head(PROVIDER), Measure::Grant(grant_of(application.clone(), &request))).unwrap();
        let action = Action::TakeBackApplication { application, revision: 1 };
        ledger.submit(&administrator(APPLICANT), vec![action]).unwrap();
        ledger.approve(&administrator(PROVIDER), &id).unwrap_err()
    }
    s8_the_applicant_s_department_does_not_approve => "applicant-decides" {
        let (mut ledger, _, _) = two_person();
        let code = ledger.published(SUB_UNIT, 2);
        let own = Request { responsibility: responsibility(PROVIDER), ..request(PROVIDER, &[2]) };
        let application = ledger.apply_for(KEYLESS_SUB_UNIT, &code, own.clone()).unwrap();
        let id = ledger.propose(&administrator(SUB_UNIT), Measure::Grant(grant_of(application, &own))).unwrap();
        ledger.approve(&head(PROVIDER), &id).unwrap_err()
    }
    s6_nobody_ends_an_authorization_before_the_notice_is_over => "notice-running" {
        let mut ledger = Ledger::default();
        let authorization = ledger.granted(1, &[2]);
        let id = ledger.propose(&head(PROVIDER), revocation(&authorization)).unwrap();
        ledger.approve(&head(STEWARD), &id).unwrap_err()
    }
    only_an_office_proposes_parameters => "not-proposer" {
        refused(&head(BYSTANDER), two_weeks())
    }
    only_the_provider_proposes_a_grant => "not-proposer" {
        let (mut ledger, application, request) = two_person();
        ledger.propose(&head(STEWARD), Measure::Grant(grant_of(application, &request))).unwrap_err()
    }
    nobody_approves_who_was_not_asked => "not-approver" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.approve(&head(BYSTANDER), &id).unwrap_err()
    }
    nobody_rejects_who_was_not_asked => "not-approver" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.submit(&head(BYSTANDER), vec![reject(&id, 1)]).unwrap_err()
    }
    an_administrator_does_not_approve_for_the_head => "not-approver" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.approve(&administrator(STEWARD), &id).unwrap_err()
    }
    nobody_approves_twice => "not-approver" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.approve(&head(REGISTRAR), &id).unwrap_err()
    }
    an_approval_names_the_revision_it_was_decided_on => "stale" {
        let (mut ledger, id) = proposed(assign(Office::Standards, BYSTANDER));
        ledger.approve(&head(STEWARD), &id).unwrap();
        let action = Action::Approve { proposal: id, revision: 1 };
        ledger.submit(&head(BYSTANDER), vec![action]).unwrap_err()
    }
    what_is_in_force_is_not_approved_again => "proposal-closed" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.approve(&head(STEWARD), &id).unwrap();
        ledger.approve(&head(STEWARD), &id).unwrap_err()
    }
    what_was_taken_back_is_not_rejected => "proposal-closed" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.submit(&head(REGISTRAR), vec![take_back(&id, 1)]).unwrap();
        ledger.submit(&head(STEWARD), vec![reject(&id, 2)]).unwrap_err()
    }
    only_its_proposer_takes_a_proposal_back => "not-acting-for" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.submit(&head(STEWARD), vec![take_back(&id, 1)]).unwrap_err()
    }
    what_lapsed_is_not_approved => "proposal-lapsed" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.pass_ms(31 * DAY_MS);
        ledger.approve(&head(STEWARD), &id).unwrap_err()
    }
    who_must_approve_is_asked_again_at_each_approval => "approvers-changed" {
        let (mut ledger, id) = proposed(two_weeks());
        ledger.agree(&head(REGISTRAR), assign(Office::Steward, BYSTANDER)).unwrap();
        ledger.approve(&head(STEWARD), &id).unwrap_err()
    }
    a_proposal_that_does_not_exist => "unknown-record" {
        Ledger::default().approve(&head(STEWARD), &id("D001/9")).unwrap_err()
    }
    a_change_decided_on_other_parameters_is_stale => "stale" {
        let (mut ledger, first) = proposed(two_weeks());
        let second = ledger.propose(&head(REGISTRAR), new_settings(|s| s.two_person = true)).unwrap();
        ledger.approve(&head(STEWARD), &first).unwrap();
        ledger.approve(&head(STEWARD), &second).unwrap_err()
    }
    a_change_changes_something => "bad-parameters" { refused(&head(REGISTRAR), change(|_| ())) }
    settings_lie_within_their_bounds => "bad-parameters" {
        refused(&head(REGISTRAR), new_settings(|settings| settings.proposal_days = 0))
    }
    the_version_of_the_rules_is_not_a_setting_like_others => "bad-parameters" {
        refused(&head(REGISTRAR), new_settings(|settings| settings.rules_version = 3))
    }
    a_purpose_s_code_is_never_used_again => "bad-parameters" {
        refused(&head(REGISTRAR), change(|change| {
            let again = dirchain_ledger::records::Purpose { code: id(PURPOSES[0]), name: id("又一次") };
            change.add_purposes = List::new(vec![again]).unwrap();
        }))
    }
    only_a_listed_purpose_ends => "bad-parameters" {
        refused(&head(REGISTRAR), change(|change| {
            change.end_purposes = List::new(vec![id("curiosity")]).unwrap();
        }))
    }
    a_day_is_listed_once => "bad-parameters" {
        refused(&head(REGISTRAR), change(|change| {
            let day = CalendarDay { day: id("2026-10-01"), kind: DayKind::Holiday };
            change.days = List::new(vec![day, day]).unwrap();
        }))
    }
    an_office_passes_to_another_than_its_holder => "office-held" {
        refused(&head(REGISTRAR), assign(Office::Steward, STEWARD))
    }
    an_office_passes_to_an_active_department => "department-not-active" {
        refused(&head(REGISTRAR), assign(Office::Steward, SUSPENDED))
    }
    c5_steward_and_deputy_are_not_one => "wrong-department" {
        refused(&head(REGISTRAR), assign(Office::StewardDeputy, STEWARD))
    }
    c5_the_deputy_does_not_become_the_steward => "wrong-department" {
        refused(&head(REGISTRAR), assign(Office::Steward, DEPUTY))
    }
    an_office_is_not_assigned_where_one_line_would_decide_alone => "wrong-department" {
        let mut ledger = Ledger::default();
        ledger.agree(&head(STEWARD), assign(Office::Registrar, PROVIDER)).unwrap();
        let second = |office, revision| Measure::AssignOffice { office, department: id(SUB_UNIT), revision };
        ledger.agree(&head(STEWARD), second(Office::Steward, 2)).unwrap();
        ledger.propose(&head(PROVIDER), second(Office::StewardDeputy, 3)).unwrap_err()
    }
    an_assignment_decided_on_other_offices_is_stale => "stale" {
        let (mut ledger, first) = proposed(assign(Office::Standards, BYSTANDER));
        ledger.agree(&head(REGISTRAR), assign(Office::Operations, BYSTANDER)).unwrap();
        ledger.approve(&head(STEWARD), &first).unwrap();
        ledger.approve(&head(BYSTANDER), &first).unwrap_err()
    }
    without_a_second_office_nobody_decides => "office-vacant" {
        let records = genesis_records().into_iter().map(|record| match record {
            Record::Offices(mut offices) => {
                let holder = offices.holders[0].clone();
                offices.holders = List::new(vec![holder]).unwrap();
                Record::Offices(offices)
            }
            other => other,
        });
        let genesis = Genesis::new(id("独任市"), GENESIS_TIME, records.collect()).unwrap();
        Ledger::new(&genesis).propose(&head(REGISTRAR), two_weeks()).unwrap_err()
    }
}
