//! What awaits a department beside what it owes by a clock.

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::inbox::{Awaited, inbox};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

/// What awaits a department now: what, on which record, until when.
fn awaited(ledger: &Ledger, department: &str) -> Vec<(Awaited, String, Option<TimeMs>)> {
    let found = inbox(&ledger.state, &id(department), ledger.moment()).unwrap();
    let items = found.into_iter();
    items
        .map(|item| (item.awaited, item.record.to_string(), item.until))
        .collect()
}

fn kinds(ledger: &Ledger, department: &str) -> Vec<Awaited> {
    let all = awaited(ledger, department).into_iter();
    all.map(|(awaited, _, _)| awaited).collect()
}

fn by(ledger: &mut Ledger, department: &str, action: Action) {
    ledger
        .submit(&administrator(department), vec![action])
        .unwrap();
}

#[test]
fn an_answered_finding_awaits_the_inspectorate() {
    let mut ledger = Ledger::default();
    let open = Action::OpenFinding {
        id: id("J-1"),
        subject: FindingSubject::Department(id(PROVIDER)),
        title: id("目录长期未更新"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 9 * DAY_MS),
    };
    let inspector = key(REGISTRAR, Role::Inspector);
    ledger.submit(&inspector, vec![open]).unwrap();
    assert_eq!(kinds(&ledger, REGISTRAR), []);
    let answer = Action::AnswerFinding {
        finding: id("J-1"),
        revision: 1,
        text: id("已更新"),
    };
    by(&mut ledger, PROVIDER, answer);
    let verdict = (Awaited::Verdict, "finding J-1".to_owned(), None);
    assert_eq!(awaited(&ledger, REGISTRAR), [verdict]);
    assert_eq!(kinds(&ledger, BYSTANDER), []);
    let judge = Action::JudgeFinding {
        finding: id("J-1"),
        revision: 2,
        cleared: true,
        reason: id("予以销号"),
    };
    ledger.submit(&inspector, vec![judge]).unwrap();
    assert_eq!(kinds(&ledger, REGISTRAR), []);
}

#[test]
fn an_answered_objection_awaits_its_raiser() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let raise = Action::RaiseObjection {
        resource: resource.clone(),
        raiser: id(APPLICANT),
        kind: ObjectionKind::Correction {
            fields: numbers(&[1]),
        },
        reason: id("姓名有误"),
        evidence: None,
    };
    by(&mut ledger, APPLICANT, raise);
    assert_eq!(kinds(&ledger, APPLICANT), []);
    let objection = sharing_id(&resource, 1);
    let answer = Action::AnswerObjection {
        objection: objection.clone(),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("核对无误"),
    };
    by(&mut ledger, PROVIDER, answer);
    assert_eq!(kinds(&ledger, APPLICANT), [Awaited::Acceptance]);
    assert_eq!(kinds(&ledger, PROVIDER), []);
    let close = Action::CloseObjection {
        objection,
        revision: 2,
        reason: id("接受"),
    };
    by(&mut ledger, APPLICANT, close);
    assert_eq!(kinds(&ledger, APPLICANT), []);
}

#[test]
fn a_rating_awaits_its_provider_s_answer() {
    let (mut ledger, batch) = crate::usage::rated_batch();
    assert_eq!(kinds(&ledger, PROVIDER), [Awaited::Reply]);
    assert_eq!(kinds(&ledger, APPLICANT), []);
    let text = id("已改进");
    by(&mut ledger, PROVIDER, Action::AnswerRating { batch, text });
    assert_eq!(kinds(&ledger, PROVIDER), []);
}

#[test]
fn who_is_about_to_lose_a_grant_is_told_while_the_notice_runs() {
    let measures: [fn(&Ledger, &dirchain_ledger::ids::SharingId) -> Measure; 2] = [
        |_, granted| Measure::Revoke {
            authorization: granted.clone(),
            revision: 1,
            reason: id("用途终止"),
        },
        |ledger, granted| Measure::Withdraw {
            code: granted.resource.clone(),
            revision: ledger.revision(&granted.resource),
            reason: id("系统停用"),
        },
    ];
    for measure in measures {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        assert_eq!(kinds(&ledger, APPLICANT), []);
        let measure = measure(&ledger, &granted);
        let proposal = ledger.propose(&head(PROVIDER), measure).unwrap();
        let stored = ledger.state.proposal(&proposal).unwrap().unwrap();
        let until = Some(stored.not_before);
        let notice = (Awaited::Notice, format!("proposal {proposal}"), until);
        assert_eq!(awaited(&ledger, APPLICANT), [notice]);
        // A withdrawal also takes what every department may read.
        let all_lose = matches!(stored.measure, Measure::Withdraw { .. });
        let told = vec![Awaited::Notice; usize::from(all_lose)];
        assert_eq!(kinds(&ledger, BYSTANDER), told);
        let take_back = Action::TakeBackProposal {
            proposal,
            revision: 1,
        };
        ledger.submit(&head(PROVIDER), vec![take_back]).unwrap();
        assert_eq!(kinds(&ledger, APPLICANT), []);
    }
}

#[test]
fn a_proposal_that_can_take_effect_no_more_awaits_nobody() {
    let mut ledger = Ledger::default();
    let authorization = ledger.granted(1, &[2]);
    let revoke = Measure::Revoke {
        authorization: authorization.clone(),
        revision: 1,
        reason: id("用途终止"),
    };
    ledger.propose(&head(PROVIDER), revoke).unwrap();
    assert_eq!(kinds(&ledger, STEWARD), [Awaited::Approval]);
    // Given up meanwhile: it was decided on another revision.
    let end = Action::EndAuthorization {
        authorization,
        revision: 1,
        reason: id("业务终止"),
    };
    by(&mut ledger, APPLICANT, end);
    assert_eq!(kinds(&ledger, STEWARD), []);
}

#[test]
fn a_use_over_its_quota_is_told_to_the_provider_until_the_grant_is_suspended() {
    let (mut ledger, usage) = crate::usage::over_quota();
    let authorization = usage.authorization().unwrap();
    let until = ledger.state.authorization(&authorization).unwrap();
    let until = until.map(|granted| granted.to);
    let told = (Awaited::OverQuota, format!("use {usage}"), until);
    assert_eq!(awaited(&ledger, PROVIDER), [told]);
    assert_eq!(kinds(&ledger, APPLICANT), []);
    let at = ledger.moment();
    let scores = dirchain_ledger::clocks::scores(&ledger.state, at).unwrap();
    let over = scores.iter().filter(|score| score.over_quota > 0);
    let over: Vec<_> = over
        .map(|score| (&score.department, score.over_quota))
        .collect();
    assert_eq!(over, [(&id(APPLICANT), 1)]);
    // Suspended for misuse, and resumed: what was before is settled.
    let suspend = Action::SuspendAuthorization {
        authorization: authorization.clone(),
        revision: 1,
        reason: id("超出每日调用次数"),
    };
    by(&mut ledger, PROVIDER, suspend);
    assert_eq!(kinds(&ledger, PROVIDER), []);
    let resume = Action::ResumeAuthorization {
        authorization,
        revision: 2,
    };
    by(&mut ledger, PROVIDER, resume);
    assert_eq!(kinds(&ledger, PROVIDER), []);
}

#[test]
fn a_use_over_the_quota_of_a_grant_that_is_over_awaits_nobody() {
    let (ledger, usage) = crate::usage::over_quota();
    let authorization = usage.authorization().unwrap();
    let until = ledger
        .state
        .authorization(&authorization)
        .unwrap()
        .unwrap()
        .to;
    let told = |time| {
        let height = ledger.tip.height;
        let at = dirchain_ledger::ids::Moment { height, time };
        inbox(&ledger.state, &id(PROVIDER), at).unwrap().len()
    };
    assert_eq!((told(TimeMs(until.0 - 1)), told(until)), (1, 0));
}

/// A revocation that still waits takes nothing from whose authorization is over by itself.
#[test]
fn a_revocation_is_no_notice_once_the_authorization_is_over() {
    let mut ledger = Ledger::default();
    let authorization = ledger.granted(1, &[2]);
    let to = ledger
        .state
        .authorization(&authorization)
        .unwrap()
        .unwrap()
        .to;
    let revoke = Measure::Revoke {
        authorization,
        revision: 1,
        reason: id("用途终止"),
    };
    let proposal = ledger.propose(&head(PROVIDER), revoke).unwrap();
    let told = |ledger: &Ledger| {
        let all = awaited(ledger, APPLICANT).into_iter();
        all.filter(|(_, record, _)| record.contains(&proposal.to_string()))
            .count()
    };
    assert_eq!(told(&ledger), 1);
    ledger.pass_ms(to.0 - ledger.now.0);
    ledger.extend(&[]);
    let standing = ledger.state.proposal(&proposal).unwrap().unwrap();
    assert_eq!(standing.standing_at(ledger.moment().time), Standing::Open);
    assert_eq!(told(&ledger), 0);
}

/// Everybody loses a field that every department may read: all who act are told, but for who reads it as its own.
#[test]
fn s6_who_loses_a_field_that_all_may_read_is_told_while_the_notice_runs() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let narrowed = |field: usize| {
        let mut narrower = entry(&responsibility(PROVIDER));
        let changed = &mut narrower.fields.as_mut_slice()[field];
        changed.sharing = Some(not_shared());
        narrower
    };
    // Field 2 is conditional, and nobody was granted it.
    for (field, told) in [(1, vec![]), (0, vec![Awaited::Notice])] {
        ledger.draft(PROVIDER, &code, &narrowed(field)).unwrap();
        ledger.submit_draft(PROVIDER, &code).unwrap();
        let measure = Measure::Narrow {
            code: code.clone(),
            revision: ledger.revision(&code),
        };
        ledger.propose(&head(PROVIDER), measure).unwrap();
        for reader in [BYSTANDER, APPLICANT, SUB_UNIT] {
            assert_eq!(kinds(&ledger, reader), told, "{reader} {field}");
        }
        for other in [PROVIDER, SUSPENDED] {
            assert_eq!(kinds(&ledger, other), [], "{other} {field}");
        }
        let of_steward = kinds(&ledger, STEWARD);
        assert!(!of_steward.contains(&Awaited::Notice), "{of_steward:?}");
    }
}
