//! Applications, grants, refusals, early ends: S1, S2, S3, S5.

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict};
use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{Height, ResourceCode, SharingId, TimeMs};
use dirchain_ledger::limits::APPLICATION_ROUNDS_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{ApplicationStatus, EndKind, Request};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

/// An entry of [`PROVIDER`] and an application of [`APPLICANT`] for fields 1, 2 and 3.
fn applied() -> (Ledger, SharingId, Request) {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let request = request(APPLICANT, &[1, 2, 3]);
    let id = ledger.apply_for(APPLICANT, &code, request.clone()).unwrap();
    (ledger, id, request)
}

/// A grant within the application of [`applied`]: field 3 is not shareable.
fn terms(id: &SharingId, request: &Request) -> Grant {
    Grant {
        fields: numbers(&[1, 2]),
        ..grant_of(id.clone(), request)
    }
}

fn decide(ledger: &mut Ledger, author: &SecretKey, grant: Grant) -> Result<Height, Rejection> {
    ledger.submit(author, vec![Action::Grant(grant)])
}

fn refuse(application: &SharingId) -> Action {
    refuse_at(application, 1)
}

fn refuse_at(application: &SharingId, revision: u32) -> Action {
    Action::Refuse {
        application: application.clone(),
        revision,
        reason: id("用途与条件不符"),
    }
}

fn review(application: &SharingId) -> Action {
    Action::ReviewApplication {
        application: application.clone(),
        revision: 1,
    }
}

fn end(authorization: &SharingId, revision: u32) -> Action {
    Action::EndAuthorization {
        authorization: authorization.clone(),
        revision,
        reason: id("不再需要"),
    }
}

fn apply_with(change: impl FnOnce(&mut Request)) -> Result<SharingId, Rejection> {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let mut request = request(APPLICANT, &[1, 2]);
    change(&mut request);
    ledger.apply_for(APPLICANT, &code, request)
}

fn grant_with(change: impl FnOnce(&mut Grant)) -> Result<Height, Rejection> {
    let (mut ledger, id, request) = applied();
    let mut grant = terms(&id, &request);
    change(&mut grant);
    decide(&mut ledger, &administrator(PROVIDER), grant)
}

#[test]
fn s1_an_application_names_responsibility_purpose_fields_and_period() {
    let id = apply_with(|_| ()).unwrap();
    assert_eq!(id.number, 1);
}

#[test]
fn s1_a_sub_unit_applies_on_its_department_s_responsibility_and_a_parent_for_its_sub_unit() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let mut request = request(APPLICANT, &[2]);
    ledger
        .apply_for(APPLICANT_UNIT, &code, request.clone())
        .unwrap();
    request.purpose = id(PURPOSES[1]);
    let action = Action::Apply {
        resource: code,
        applicant: id(APPLICANT_UNIT),
        request,
    };
    ledger
        .submit(&administrator(APPLICANT), vec![action])
        .unwrap();
}

#[test]
fn s1_the_period_may_have_begun_but_not_be_over() {
    let now = GENESIS_TIME.0 + 4_000; // The block after the three that publish.
    for (from, to, accepted) in [
        (now, now + 1, true),
        (now - 10, now + 1, true),
        (now - 10, now, false),
        (now + 5, now + 5, false),
        (now + 5, now + 4, false),
        (now + 5, now + 6, true),
    ] {
        let result = apply_with(|request| {
            (request.from, request.to) = (TimeMs(from), TimeMs(to));
        });
        let expected = if accepted { Ok(()) } else { Err("bad-period") };
        assert_eq!(
            result.map(drop).map_err(|r| r.code()),
            expected,
            "{from} {to}"
        );
    }
}

#[test]
fn s2_a_grant_lies_within_the_application() {
    for change in [
        |_: &mut Grant| (),
        |grant: &mut Grant| grant.fields = numbers(&[2]),
        |grant: &mut Grant| grant.calls_per_day_max = Some(1),
        |grant: &mut Grant| grant.from = TimeMs(grant.from.0 + 1),
        |grant: &mut Grant| grant.to = TimeMs(grant.to.0 - 1),
    ] {
        grant_with(change).unwrap();
    }
}

#[test]
fn s2_what_exceeds_the_application_is_refused() {
    for change in [
        |grant: &mut Grant| grant.fields = numbers(&[2, 4]),
        |grant: &mut Grant| grant.calls_per_day_max = Some(1_001),
        |grant: &mut Grant| grant.calls_per_day_max = None,
        |grant: &mut Grant| grant.from = TimeMs(grant.from.0 - 1),
        |grant: &mut Grant| grant.to = TimeMs(grant.to.0 + 1),
    ] {
        assert_eq!(grant_with(change).unwrap_err().code(), "grant-exceeds");
    }
}

#[test]
fn s3_the_provider_grants_and_the_grantee_reads() {
    let (mut ledger, id, request) = applied();
    let height = decide(&mut ledger, &administrator(PROVIDER), terms(&id, &request)).unwrap();
    let application = ledger.state.application(&id).unwrap().unwrap();
    let ApplicationStatus::Granted { decision } = application.status else {
        panic!("it was granted");
    };
    assert_eq!(decision.key, administrator(PROVIDER).public());
    assert_eq!(decision.at.height, height);
    let verdict = ledger.verdict(APPLICANT, &id.resource, 2, Some(PURPOSES[0]));
    let Verdict::Allowed(Basis::Authorized { authorization, .. }) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(authorization, id);
    // S5: for its grantee alone, not even for its sub-unit.
    for other in [BYSTANDER, APPLICANT_UNIT] {
        let verdict = ledger.verdict(other, &id.resource, 2, None);
        assert!(matches!(
            verdict,
            Verdict::Denied(Denial::NoAuthorization { .. })
        ));
    }
}

#[test]
fn s3_the_provider_refuses_with_a_reason() {
    let (mut ledger, id, _) = applied();
    ledger
        .submit(
            &administrator(PROVIDER),
            vec![review(&id), refuse_at(&id, 2)],
        )
        .unwrap();
    let application = ledger.state.application(&id).unwrap().unwrap();
    let ApplicationStatus::Refused { decision } = application.status else {
        panic!("it was refused");
    };
    assert!(decision.reason.is_some());
}

/// Two sub-units of one department: their parent acts for both, so only the providing unit decides.
#[test]
fn s3_the_applicant_decides_neither_itself_nor_through_a_parent() {
    let mut ledger = Ledger::default();
    let code = ledger.published(SUB_UNIT, 1);
    let mut own = request(PROVIDER, &[2]);
    own.responsibility = responsibility(PROVIDER);
    let action = Action::Apply {
        resource: code.clone(),
        applicant: id(KEYLESS_SUB_UNIT),
        request: own.clone(),
    };
    ledger
        .submit(&administrator(PROVIDER), vec![action])
        .unwrap();
    let application = sharing_id(&code, 1);
    let grant = grant_of(application.clone(), &own);
    for action in [Action::Grant(grant.clone()), refuse(&application)] {
        let refused = ledger.submit(&head(PROVIDER), vec![action]).unwrap_err();
        assert_eq!(refused.code(), "applicant-decides");
    }
    decide(&mut ledger, &administrator(SUB_UNIT), grant).unwrap();
}

#[test]
fn s3_nobody_applies_within_one_line_of_a_department() {
    let mut ledger = Ledger::default();
    let of_unit = ledger.published(SUB_UNIT, 1);
    let of_department = ledger.published(PROVIDER, 2);
    for (applicant, resource) in [
        (PROVIDER, &of_department),
        (PROVIDER, &of_unit),
        (SUB_UNIT, &of_department),
        (SUB_UNIT, &of_unit),
    ] {
        let request = request(PROVIDER, &[2]);
        let refused = ledger.apply_for(applicant, resource, request).unwrap_err();
        assert_eq!(refused.code(), "own-resource", "{applicant} {resource}");
    }
}

#[test]
fn s5_the_provider_revokes_and_the_grantee_gives_up() {
    for kind in [EndKind::Revoked, EndKind::GivenUp] {
        let mut ledger = Ledger::default();
        let id = ledger.granted(1, &[2]);
        let height = if kind == EndKind::Revoked {
            let measure = Measure::Revoke {
                authorization: id.clone(),
                revision: 1,
                reason: dirchain_ledger::testing::id("不再需要"),
            };
            ledger.agree(&administrator(PROVIDER), measure).unwrap()
        } else {
            let author = administrator(APPLICANT);
            ledger.submit(&author, vec![end(&id, 1)]).unwrap()
        };
        let authorization = ledger.state.authorization(&id).unwrap().unwrap();
        assert_eq!(authorization.ended.as_ref().map(|end| end.kind), Some(kind));
        assert!(authorization.is_active_at(height.previous().unwrap()));
        assert!(!authorization.is_active_at(height));
        let verdict = ledger.verdict(APPLICANT, &id.resource, 2, None);
        let failure = Failure::Inactive;
        let expected = Denial::AuthorizationFails {
            authorization: id,
            failure,
        };
        assert_eq!(verdict, Verdict::Denied(expected));
    }
}

#[test]
fn s5_an_applicant_takes_its_application_back_until_it_is_decided() {
    let (mut ledger, application, request) = applied();
    let action = Action::TakeBackApplication {
        application: application.clone(),
        revision: 1,
    };
    let mut other = ledger.clone();
    ledger
        .submit(&administrator(APPLICANT), vec![action.clone()])
        .unwrap();
    let refused = decide(&mut ledger, &head(PROVIDER), terms(&application, &request));
    assert_eq!(refused.unwrap_err().code(), "already-decided");
    decide(&mut other, &head(PROVIDER), terms(&application, &request)).unwrap();
    let refused = other
        .submit(&administrator(APPLICANT), vec![action])
        .unwrap_err();
    assert_eq!(refused.code(), "already-decided");
}

#[test]
fn an_application_and_its_grant_in_one_block_take_effect_in_order() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let request = request(APPLICANT, &[2]);
    let apply = Action::Apply {
        resource: code.clone(),
        applicant: id(APPLICANT),
        request: request.clone(),
    };
    let grant = Action::Grant(grant_of(sharing_id(&code, 1), &request));
    let first = ledger.sign(&administrator(APPLICANT), vec![apply]);
    let second = ledger.sign(&administrator(PROVIDER), vec![grant]);
    let built = ledger.extend(&[first, second]);
    assert!(built.refused.is_empty(), "{:?}", built.refused);
    assert!(ledger.verdict(APPLICANT, &code, 2, None).is_allowed());
}

fn published_then(number: u32) -> (Ledger, ResourceCode) {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, number);
    (ledger, code)
}

/// Rule S4, with a bound: an application goes back and forth so often and no more, and can still be decided.
#[test]
fn s4_an_application_goes_back_and_forth_so_often() {
    let (mut ledger, application, request) = applied();
    let (provider, applicant) = (administrator(PROVIDER), administrator(APPLICANT));
    let stages = |ledger: &Ledger| {
        let record = ledger.state.application(&application).unwrap().unwrap();
        (record.stages.len(), record.revision)
    };
    let refused = loop {
        let (count, revision) = stages(&ledger);
        let ask = Action::AskForMore {
            application: application.clone(),
            revision,
            reason: id("缺少依据"),
        };
        if let Err(refused) = ledger.submit(&provider, vec![ask]) {
            // Asked for and supplied are two stages, after the first.
            assert_eq!(count, APPLICATION_ROUNDS_MAX + 1);
            break refused;
        }
        let supply = Action::SupplyApplication {
            application: application.clone(),
            revision: stages(&ledger).1,
            request: request.clone(),
        };
        ledger.submit(&applicant, vec![supply]).unwrap();
    };
    assert_eq!(refused.code(), "full");
    let mut grant = grant_of(application.clone(), &request);
    grant.fields = numbers(&[2]);
    grant.revision = stages(&ledger).1;
    ledger
        .submit(&provider, vec![Action::Grant(grant)])
        .unwrap();
}

refusals! {
    s1_a_responsibility_of_its_own => "not-own-responsibility" {
        apply_with(|request| request.responsibility = responsibility(BYSTANDER)).unwrap_err()
    }
    s1_a_responsibility_that_exists => "not-own-responsibility" {
        apply_with(|request| request.responsibility = id("Z-NONE")).unwrap_err()
    }
    s1_a_responsibility_in_effect => "not-own-responsibility" {
        let (mut ledger, code) = published_then(1);
        let reason = id("职责取消");
        let action = Action::AbolishResponsibility { code: responsibility(APPLICANT), revision: 1, reason };
        ledger.submit(&head(REGISTRAR), vec![action]).unwrap();
        ledger.apply_for(APPLICANT, &code, request(APPLICANT, &[2])).unwrap_err()
    }
    s1_the_responsibility_still_in_effect_at_the_grant => "not-own-responsibility" {
        let (mut ledger, application, request) = applied();
        let reason = id("职责取消");
        let action = Action::AbolishResponsibility { code: responsibility(APPLICANT), revision: 1, reason };
        ledger.submit(&head(REGISTRAR), vec![action]).unwrap();
        decide(&mut ledger, &head(PROVIDER), terms(&application, &request)).unwrap_err()
    }
    s1_a_purpose_of_the_code_list => "unknown-purpose" {
        apply_with(|request| request.purpose = id("curiosity")).unwrap_err()
    }
    s1_at_least_one_field => "bad-fields" {
        apply_with(|request| request.fields = List::default()).unwrap_err()
    }
    s1_fields_of_the_entry => "bad-fields" {
        apply_with(|request| request.fields = numbers(&[1, 5])).unwrap_err()
    }
    s1_fields_each_once => "bad-fields" {
        apply_with(|request| request.fields = numbers(&[2, 2])).unwrap_err()
    }
    s1_fields_ascending => "bad-fields" {
        apply_with(|request| request.fields = numbers(&[2, 1])).unwrap_err()
    }
    s1_a_period_that_is_not_over => "bad-period" {
        apply_with(|request| request.to = GENESIS_TIME).unwrap_err()
    }
    s1_no_application_for_one_s_own_data => "own-resource" {
        let (mut ledger, code) = published_then(1);
        ledger.apply_for(PROVIDER, &code, request(PROVIDER, &[2])).unwrap_err()
    }
    nobody_applies_for_another_department => "not-acting-for" {
        let (mut ledger, code) = published_then(1);
        let request = request(APPLICANT, &[2]);
        let action = Action::Apply { resource: code, applicant: id(APPLICANT), request };
        ledger.submit(&administrator(BYSTANDER), vec![action]).unwrap_err()
    }
    an_application_for_another_version_is_stale => "other-version" {
        apply_with(|request| request.version = 2).unwrap_err()
    }
    an_unpublished_entry_is_not_applied_for => "wrong-status" {
        let mut ledger = Ledger::default();
        ledger.draft(PROVIDER, &code(1), &entry(&responsibility(PROVIDER))).unwrap();
        ledger.apply_for(APPLICANT, &code(1), request(APPLICANT, &[2])).unwrap_err()
    }
    a_grant_on_an_amended_entry_is_stale => "other-version" {
        let (mut ledger, application, request) = applied();
        let mut wider = entry(&responsibility(PROVIDER));
        wider.name = id("修订");
        ledger.draft(PROVIDER, &code(1), &wider).unwrap();
        ledger.submit_draft(PROVIDER, &code(1)).unwrap();
        ledger.publish(PROVIDER, &code(1)).unwrap();
        decide(&mut ledger, &head(PROVIDER), terms(&application, &request)).unwrap_err()
    }
    a_grant_on_another_revision_is_stale => "stale" {
        grant_with(|grant| grant.revision = 2).unwrap_err()
    }
    s2_no_field_that_was_not_asked_for => "grant-exceeds" {
        grant_with(|grant| grant.fields = numbers(&[2, 4])).unwrap_err()
    }
    s2_no_field_that_is_not_shared => "not-shareable" {
        grant_with(|grant| grant.fields = numbers(&[2, 3])).unwrap_err()
    }
    s2_at_least_one_field => "bad-fields" {
        grant_with(|grant| grant.fields = List::default()).unwrap_err()
    }
    s2_a_period_that_is_not_over => "bad-period" {
        grant_with(|grant| grant.to = grant.from).unwrap_err()
    }
    s3_only_the_provider_decides => "not-decider" {
        let (mut ledger, application, request) = applied();
        decide(&mut ledger, &head(STEWARD), terms(&application, &request)).unwrap_err()
    }
    s3_a_sub_unit_does_not_decide_for_its_department => "not-decider" {
        let (mut ledger, application, request) = applied();
        decide(&mut ledger, &head(SUB_UNIT), terms(&application, &request)).unwrap_err()
    }
    s3_only_the_provider_refuses => "not-decider" {
        let (mut ledger, application, _) = applied();
        ledger.submit(&head(STEWARD), vec![refuse(&application)]).unwrap_err()
    }
    s3_the_applicant_never_decides => "applicant-decides" {
        let (mut ledger, application, request) = applied();
        decide(&mut ledger, &head(APPLICANT), terms(&application, &request)).unwrap_err()
    }
    an_application_is_decided_once => "already-decided" {
        let (mut ledger, application, request) = applied();
        ledger.submit(&administrator(PROVIDER), vec![review(&application), refuse_at(&application, 2)]).unwrap();
        decide(&mut ledger, &head(PROVIDER), terms(&application, &request)).unwrap_err()
    }
    only_the_applicant_takes_its_application_back => "not-acting-for" {
        let (mut ledger, application, _) = applied();
        let action = Action::TakeBackApplication { application, revision: 1 };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    s6_the_provider_does_not_revoke_alone => "needs-proposal" {
        let mut ledger = Ledger::default();
        let id = ledger.granted(1, &[2]);
        ledger.submit(&head(PROVIDER), vec![end(&id, 1)]).unwrap_err()
    }
    s5_only_provider_and_grantee_end_an_authorization => "not-party" {
        let mut ledger = Ledger::default();
        let id = ledger.granted(1, &[2]);
        ledger.submit(&head(STEWARD), vec![end(&id, 1)]).unwrap_err()
    }
    s5_an_authorization_ends_once => "not-active" {
        let mut ledger = Ledger::default();
        let id = ledger.granted(1, &[2]);
        ledger.submit(&administrator(APPLICANT), vec![end(&id, 1)]).unwrap();
        ledger.submit(&administrator(APPLICANT), vec![end(&id, 2)]).unwrap_err()
    }
    s5_what_is_over_is_not_ended_early => "not-active" {
        let mut ledger = Ledger::default();
        let id = ledger.granted(1, &[2]);
        ledger.pass_ms(31 * DAY_MS);
        ledger.submit(&administrator(APPLICANT), vec![end(&id, 1)]).unwrap_err()
    }
    an_end_on_another_revision_is_stale => "stale" {
        let mut ledger = Ledger::default();
        let id = ledger.granted(1, &[2]);
        ledger.submit(&administrator(APPLICANT), vec![end(&id, 2)]).unwrap_err()
    }
}
