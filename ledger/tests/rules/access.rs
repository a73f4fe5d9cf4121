//! `may_read`: each of its five points, and the edges of time.

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict, may_read, who_may_read};
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, Height, Moment, ResourceCode, SharingId, TimeMs,
};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{Published, Record, Resource, Trail};
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

#[test]
fn point_1_the_provider_and_its_parent_read_even_before_publication() {
    let mut ledger = Ledger::default();
    ledger
        .draft(SUB_UNIT, &code(1), &entry(&responsibility(PROVIDER)))
        .unwrap();
    let owner = |responsibility, lapsed| {
        Verdict::Allowed(Basis::Owner {
            responsibility,
            lapsed,
        })
    };
    for department in [SUB_UNIT, PROVIDER] {
        assert_eq!(
            ledger.verdict(department, &code(1), 3, None),
            owner(None, false)
        );
    }
    let unpublished = Verdict::Denied(Denial::NotPublished);
    for department in [KEYLESS_SUB_UNIT, APPLICANT, STEWARD] {
        assert_eq!(ledger.verdict(department, &code(1), 3, None), unpublished);
    }
    ledger.submit_draft(SUB_UNIT, &code(1)).unwrap();
    ledger.publish(SUB_UNIT, &code(1)).unwrap();
    for department in [SUB_UNIT, PROVIDER] {
        let cited = Some(responsibility(PROVIDER));
        let verdict = ledger.verdict(department, &code(1), 3, None);
        assert_eq!(verdict, owner(cited, false));
    }
    let abolish = Action::AbolishResponsibility {
        code: responsibility(PROVIDER),
        revision: 1,
        reason: id("职责取消"),
    };
    ledger.submit(&head(REGISTRAR), vec![abolish]).unwrap();
    let cited = Some(responsibility(PROVIDER));
    let verdict = ledger.verdict(PROVIDER, &code(1), 3, None);
    assert_eq!(verdict, owner(cited, true));
}

#[test]
fn nobody_reads_a_field_that_is_not_there_and_the_provider_neither() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    for department in [PROVIDER, APPLICANT] {
        for field in [0, 60_000] {
            let verdict = ledger.verdict(department, &code, field, None);
            assert_eq!(
                verdict,
                Verdict::Denied(Denial::NoSuchField),
                "{department}"
            );
        }
    }
}

#[test]
fn point_2_nobody_reads_what_is_not_published_or_while_not_active() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let verdict = ledger.verdict(SUSPENDED, &code, 1, None);
    assert_eq!(verdict, Verdict::Denied(Denial::DepartmentNotActive));
    let verdict = ledger.verdict("D999", &code, 1, None);
    assert_eq!(verdict, Verdict::Denied(Denial::DepartmentNotActive));
    let measure = Measure::Withdraw {
        code: code.clone(),
        revision: 3,
        reason: id("理由"),
    };
    ledger.agree(&head(PROVIDER), measure).unwrap();
    let verdict = ledger.verdict(APPLICANT, &code, 1, None);
    assert_eq!(verdict, Verdict::Denied(Denial::NotPublished));
}

#[test]
fn point_2_a_suspended_provider_does_not_read_either() {
    let at = genesis().moment();
    let resource = Resource {
        code: code(1),
        provider: id(SUSPENDED),
        earlier_providers: List::default(),
        created: at,
        revision: 3,
        draft: None,
        published: Some(Published {
            version: 1,
            since: at,
            entry: entry(&responsibility(SUSPENDED)),
        }),
        submissions: List::default(),
        versions: List::default(),
        withdrawn: None,
        last_field: 4,
        applications: 0,
        waiting: List::default(),
        grants: List::default(),
        bindings: 0,
        objections: 0,
        obligations: 0,
        unconditional: List::default(),
        trail: Trail::default(),
    };
    let resource = Record::Resource(Box::new(resource));
    let records = genesis_records().into_iter().chain([resource]).collect();
    let ledger = Ledger::new(&Genesis::new(id("停职"), GENESIS_TIME, records).unwrap());
    let verdict = ledger.verdict(SUSPENDED, &code(1), 1, None);
    assert_eq!(verdict, Verdict::Denied(Denial::DepartmentNotActive));
    assert!(ledger.verdict(BYSTANDER, &code(1), 1, None).is_allowed());
}

#[test]
fn points_3_to_5_unconditional_conditional_not_shared() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let read = |field| ledger.verdict(BYSTANDER, &code, field, None);
    assert_eq!(
        read(1),
        Verdict::Allowed(Basis::Unconditional {
            version: 1,
            suspect: false
        })
    );
    let condition = Some(id("仅用于救助对象认定"));
    assert_eq!(
        read(2),
        Verdict::Denied(Denial::NoAuthorization { condition })
    );
    let legal_basis = Some(id("个人信息保护法第二十八条"));
    assert_eq!(read(3), Verdict::Denied(Denial::NotShared { legal_basis }));
    assert_eq!(read(9), Verdict::Denied(Denial::NoSuchField));
}

#[test]
fn point_4_each_condition_of_an_authorization_is_named_when_it_fails() {
    let mut ledger = Ledger::default();
    let id = ledger.granted(1, &[2]);
    let granted = ledger.moment();
    let authorization = ledger.state.authorization(&id).unwrap().unwrap();
    let fails = |failure| {
        let authorization = id.clone();
        Verdict::Denied(Denial::AuthorizationFails {
            authorization,
            failure,
        })
    };
    let department: DepartmentId = dirchain_ledger::testing::id(APPLICANT);
    let read = |ledger: &Ledger, field, time: i64, height: Height, purpose: &str| {
        let at = Moment {
            height,
            time: TimeMs(time),
        };
        let view = ledger.state.at(height);
        let purpose = dirchain_ledger::testing::id(purpose);
        let field = FieldNumber(field);
        may_read(&view, &department, &id.resource, field, Some(&purpose), at).unwrap()
    };
    let (from, to) = (authorization.from.0, authorization.to.0);
    let at = |time| read(&ledger, 2, time, granted.height, PURPOSES[0]);
    assert!(at(from).is_allowed());
    assert!(at(to - 1).is_allowed());
    assert_eq!(at(from - 1), fails(Failure::WindowNotBegun));
    assert_eq!(at(to), fails(Failure::WindowOver));
    let other_purpose = read(&ledger, 2, from, granted.height, PURPOSES[1]);
    assert_eq!(other_purpose, fails(Failure::Purpose));
    let other_field = read(&ledger, 4, from, granted.height, PURPOSES[0]);
    assert_eq!(other_field, fails(Failure::Field));
    let before = read(
        &ledger,
        2,
        from,
        granted.height.previous().unwrap(),
        PURPOSES[0],
    );
    assert!(matches!(
        before,
        Verdict::Denied(Denial::NoAuthorization { .. })
    ));
    let abolish = Action::AbolishResponsibility {
        code: responsibility(APPLICANT),
        revision: 1,
        reason: dirchain_ledger::testing::id("职责取消"),
    };
    ledger.submit(&head(REGISTRAR), vec![abolish]).unwrap();
    let after = read(&ledger, 2, from, ledger.tip.height, PURPOSES[0]);
    assert_eq!(after, fails(Failure::Responsibility));
    // The past stays as it was.
    assert!(read(&ledger, 2, from, granted.height, PURPOSES[0]).is_allowed());
}

#[test]
fn r3_a_verdict_that_rests_on_a_suspect_key_says_so() {
    let mut ledger = Ledger::default();
    let id = ledger.granted(1, &[2]);
    let granted = ledger.moment().height;
    let suspect = |ledger: &Ledger| match ledger.verdict(APPLICANT, &id.resource, 2, None) {
        Verdict::Allowed(Basis::Authorized { suspect, .. }) => suspect,
        other => panic!("{other:?}"),
    };
    assert!(!suspect(&ledger));
    let public_key = administrator(PROVIDER).public();
    for (since, expected) in [(granted.next(), false), (granted, true)] {
        let action = Action::SuspectKey { public_key, since };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap();
        assert_eq!(suspect(&ledger), expected);
    }
}

fn is_version_suspect(ledger: &Ledger, code: &ResourceCode) -> bool {
    match ledger.verdict(BYSTANDER, code, 1, None) {
        Verdict::Allowed(Basis::Unconditional { suspect, .. }) => suspect,
        other => panic!("{other:?}"),
    }
}

/// Unconditional sharing rests on whoever submitted the version, and on whoever published it.
#[test]
fn r3_an_unconditional_version_that_rests_on_a_suspect_key_says_so() {
    for (stolen, owner) in [
        (head(PROVIDER), PROVIDER),
        (administrator(STEWARD), STEWARD),
    ] {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let published = ledger.moment().height;
        let decided = match owner {
            PROVIDER => published.previous().unwrap(),
            _ => published,
        };
        assert!(!is_version_suspect(&ledger, &code));
        let public_key = stolen.public();
        for (since, expected) in [(decided.next(), false), (decided, true)] {
            let action = Action::SuspectKey { public_key, since };
            ledger.submit(&head(owner), vec![action]).unwrap();
            assert_eq!(is_version_suspect(&ledger, &code), expected, "{owner}");
        }
    }
}

#[test]
fn r3_a_version_that_clean_keys_decided_later_is_not_suspect() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let public_key = administrator(STEWARD).public();
    let since = ledger.moment().height;
    ledger
        .submit(
            &head(STEWARD),
            vec![Action::SuspectKey { public_key, since }],
        )
        .unwrap();
    assert!(is_version_suspect(&ledger, &code));
    let entry = entry(&responsibility(PROVIDER));
    ledger.draft(PROVIDER, &code, &entry).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    let revision = ledger.revision(&code);
    let action = Action::PublishResource {
        code: code.clone(),
        revision,
    };
    ledger.submit(&head(STEWARD), vec![action]).unwrap();
    assert!(!is_version_suspect(&ledger, &code));
}

/// By proposal, whoever proposed and whoever approved decided.
#[test]
fn r3_an_amendment_by_proposal_rests_on_its_approvals() {
    for (stolen, owner) in [
        (head(PROVIDER), PROVIDER),
        (administrator(PROVIDER), PROVIDER),
        (head(STEWARD), STEWARD),
    ] {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let mut narrower = entry(&responsibility(PROVIDER));
        narrower.fields.as_mut_slice()[1].sharing = Some(not_shared());
        ledger.draft(PROVIDER, &code, &narrower).unwrap();
        let since = ledger.submit_draft(PROVIDER, &code).unwrap();
        let measure = Measure::Narrow {
            code: code.clone(),
            revision: ledger.revision(&code),
        };
        ledger.agree(&administrator(PROVIDER), measure).unwrap();
        assert!(!is_version_suspect(&ledger, &code));
        let public_key = stolen.public();
        ledger
            .submit(&head(owner), vec![Action::SuspectKey { public_key, since }])
            .unwrap();
        assert!(is_version_suspect(&ledger, &code), "{owner}");
        let resource = ledger.state.resource(&code).unwrap().unwrap();
        let keys: Vec<_> = resource.decisions_on(2).iter().map(|d| d.key).collect();
        let expected = [
            head(PROVIDER),
            administrator(PROVIDER),
            head(STEWARD),
            head(PROVIDER),
        ];
        assert_eq!(keys, expected.map(|key| key.public()));
    }
}

/// A verdict tells until when a department may read, so of several grants it names the longest.
#[test]
fn of_several_authorizations_the_longest_is_named() {
    let mut ledger = Ledger::default();
    let first = ledger.granted(1, &[2]);
    let mut longer = request(APPLICANT, &[2]);
    longer.to = TimeMs(longer.to.0 + DAY_MS);
    let mut named = Vec::new();
    for asked in [longer, request(APPLICANT, &[2])] {
        let id = ledger
            .apply_for(APPLICANT, &first.resource, asked.clone())
            .unwrap();
        let grant = Action::Grant(grant_of(id.clone(), &asked));
        ledger
            .submit(&administrator(PROVIDER), vec![grant])
            .unwrap();
        named.push((id, asked.to));
    }
    let verdict = ledger.verdict(APPLICANT, &first.resource, 2, None);
    let Verdict::Allowed(Basis::Authorized {
        authorization,
        until,
        ..
    }) = verdict
    else {
        panic!("{verdict:?}");
    };
    assert_eq!((authorization, until), named.swap_remove(0));
    // Of two that do as long the first.
    let mut ledger = Ledger::default();
    let first = ledger.granted(1, &[2]);
    let asked = request(APPLICANT, &[2]);
    let second = ledger
        .apply_for(APPLICANT, &first.resource, asked.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(second, &asked));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let verdict = ledger.verdict(APPLICANT, &first.resource, 2, None);
    assert!(
        matches!(&verdict, Verdict::Allowed(Basis::Authorized { authorization, .. }) if *authorization == first),
        "{verdict:?}"
    );
}

/// A reader whose authorization was suspended is not told that another one is over.
#[test]
fn of_those_that_fail_one_that_lasts_is_named_before_one_that_is_over() {
    let mut ledger = Ledger::default();
    let lasting = ledger.granted(1, &[2]);
    let mut short = request(APPLICANT, &[2]);
    short.to = TimeMs(ledger.moment().time.0 + DAY_MS);
    let over = ledger
        .apply_for(APPLICANT, &lasting.resource, short.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(over.clone(), &short));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let suspend = Action::SuspendAuthorization {
        authorization: lasting.clone(),
        revision: 1,
        reason: id("超范围使用"),
    };
    ledger.submit(&head(PROVIDER), vec![suspend]).unwrap();
    let at = |time| {
        let height = ledger.moment().height;
        let (department, field) = (id(APPLICANT), FieldNumber(2));
        let moment = Moment { height, time };
        may_read(
            &ledger.state,
            &department,
            &lasting.resource,
            field,
            None,
            moment,
        )
        .unwrap()
    };
    let fails = |authorization: &_, failure| {
        Verdict::Denied(Denial::AuthorizationFails {
            authorization: SharingId::clone(authorization),
            failure,
        })
    };
    assert!(at(TimeMs(short.to.0 - 1)).is_allowed());
    assert_eq!(at(short.to), fails(&lasting, Failure::Inactive));
    let both_over = request(APPLICANT, &[2]).to;
    assert_eq!(at(both_over), fails(&over, Failure::WindowOver));
}

#[test]
fn who_may_read_lists_owner_and_grantees() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let readers = |field| {
        let at = ledger.moment();
        let readers = who_may_read(&ledger.state, &granted.resource, FieldNumber(field), at);
        let readers = readers.unwrap().into_iter();
        readers
            .map(|reader| reader.department.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(readers(2), [PROVIDER, APPLICANT]);
    assert_eq!(readers(3), [PROVIDER]);
    let everyone_active = DEPARTMENTS.map(|(department, _)| department);
    let everyone_active: Vec<_> = everyone_active
        .into_iter()
        .filter(|d| *d != SUSPENDED)
        .collect();
    assert_eq!(readers(1), everyone_active);
}

/// Where an authorization stands, whatever the field and purpose.
#[test]
fn an_authorization_stands_by_its_time_its_end_and_what_it_was_granted_for() {
    use dirchain_ledger::access::standing;
    let mut ledger = Ledger::default();
    let id = ledger.granted(1, &[2]);
    let told = |ledger: &Ledger, time: TimeMs| {
        let height = ledger.tip.height;
        let found = ledger.state.authorization(&id).unwrap().unwrap();
        standing(&ledger.state, &found, Moment { height, time }).unwrap()
    };
    let granted = ledger.state.authorization(&id).unwrap().unwrap();
    let now = ledger.tip.time;
    assert_eq!(told(&ledger, now), None);
    let before = TimeMs(granted.from.0 - 1);
    assert_eq!(told(&ledger, before), Some(Failure::WindowNotBegun));
    assert_eq!(told(&ledger, granted.to), Some(Failure::WindowOver));
    let abolish = Action::AbolishResponsibility {
        code: responsibility(APPLICANT),
        revision: 1,
        reason: dirchain_ledger::testing::id("职责取消"),
    };
    ledger.submit(&head(REGISTRAR), vec![abolish]).unwrap();
    assert_eq!(told(&ledger, now), Some(Failure::Responsibility));
    let give_up = Action::EndAuthorization {
        authorization: id.clone(),
        revision: 1,
        reason: dirchain_ledger::testing::id("用毕"),
    };
    ledger.submit(&head(APPLICANT), vec![give_up]).unwrap();
    assert_eq!(told(&ledger, now), Some(Failure::Inactive));
}
