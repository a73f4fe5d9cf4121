//! Catalogue entries: C1, C3, C4, C5, C6, and what S6 leaves to amendments.

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{FieldNumber, ResourceCode};
use dirchain_ledger::limits::PERIODS_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{
    ApplicationStatus, Decision, Draft, DraftStatus, EndKind, Entry, FieldType, Lack, Office,
    Offices, Period, Published, Record, Resource, ResourceStatus, Sharing, Trail, VersionPeriod,
};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

fn own_entry() -> Entry {
    entry(&responsibility(PROVIDER))
}

fn with_fields(numbers: &[u16]) -> Entry {
    let mut entry = own_entry();
    let fields = numbers.iter().map(|number| field(*number, None)).collect();
    entry.fields = List::new(fields).unwrap();
    entry
}

fn stored(ledger: &Ledger, code: &ResourceCode) -> Resource {
    ledger.state.resource(code).unwrap().unwrap()
}

/// A ledger with a draft of `entry` by [`PROVIDER`], code 1.
fn drafted(entry: &Entry) -> (Ledger, ResourceCode) {
    let mut ledger = Ledger::default();
    ledger.draft(PROVIDER, &code(1), entry).unwrap();
    (ledger, code(1))
}

fn submitted(entry: &Entry) -> (Ledger, ResourceCode) {
    let (mut ledger, code) = drafted(entry);
    ledger.submit_draft(PROVIDER, &code).unwrap();
    (ledger, code)
}

fn publish_by(ledger: &mut Ledger, actor: &str, code: &ResourceCode) -> Result<(), Rejection> {
    let (code, revision) = (code.clone(), ledger.revision(code));
    let action = Action::PublishResource { code, revision };
    ledger.submit(&head(actor), vec![action]).map(drop)
}

fn withdraw(ledger: &mut Ledger, code: &ResourceCode) -> Result<(), Rejection> {
    let measure = Measure::Withdraw {
        code: code.clone(),
        revision: ledger.revision(code),
        reason: id("职责调整"),
    };
    ledger.agree(&head(PROVIDER), measure).map(drop)
}

fn amend(ledger: &mut Ledger, code: &ResourceCode, entry: &Entry) -> Result<(), Rejection> {
    ledger.draft(PROVIDER, code, entry)?;
    ledger.submit_draft(PROVIDER, code)?;
    ledger.publish(PROVIDER, code).map(drop)
}

fn abolish(ledger: &mut Ledger, department: &str) {
    let action = Action::AbolishResponsibility {
        code: responsibility(department),
        revision: 1,
        reason: id("职责取消"),
    };
    ledger
        .submit(&administrator(REGISTRAR), vec![action])
        .unwrap();
}

/// The test city with other holders of the offices.
fn with_offices(holders: &[(Office, &str)]) -> Ledger {
    let records = genesis_records().into_iter().map(|record| match record {
        Record::Offices(offices) => {
            let at = offices.holders[0].held.from;
            let holders = holders.iter().map(|(office, holder)| (*office, id(holder)));
            Record::Offices(Offices::begin(at, holders).unwrap())
        }
        other => other,
    });
    Ledger::new(&Genesis::new(id("另一个市"), GENESIS_TIME, records.collect()).unwrap())
}

#[test]
fn an_entry_goes_from_draft_to_publication_to_amendment_to_withdrawal() {
    let (mut ledger, code) = drafted(&own_entry());
    assert_eq!(stored(&ledger, &code).status(), ResourceStatus::Draft);
    ledger.submit_draft(PROVIDER, &code).unwrap();
    assert_eq!(stored(&ledger, &code).status(), ResourceStatus::Submitted);
    let first = ledger.publish(PROVIDER, &code).unwrap();
    let resource = stored(&ledger, &code);
    assert_eq!(resource.status(), ResourceStatus::Published);
    assert_eq!((resource.revision, resource.trail.count), (3, 3));
    // C6: while an amendment is pending, the published version stays in force.
    let mut wider = own_entry();
    wider.name = id("户籍人口信息（修订）");
    ledger.draft(PROVIDER, &code, &wider).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    let published = stored(&ledger, &code).published.unwrap();
    assert_eq!((published.version, published.entry), (1, own_entry()));
    let second = ledger.publish(PROVIDER, &code).unwrap();
    let resource = stored(&ledger, &code);
    assert_eq!(resource.published.as_ref().map(|p| p.version), Some(2));
    let heights: Vec<_> = resource
        .versions
        .iter()
        .map(|v| {
            (
                v.version,
                v.period.from.height,
                v.period.to.map(|to| to.height),
            )
        })
        .collect();
    assert_eq!(heights, [(1, first, Some(second)), (2, second, None)]);
    withdraw(&mut ledger, &code).unwrap();
    let resource = stored(&ledger, &code);
    assert_eq!(resource.status(), ResourceStatus::Withdrawn);
    assert!(resource.versions.iter().all(|v| v.period.to.is_some()));
}

#[test]
fn c1_a_sub_unit_provides_on_its_department_s_responsibility() {
    let mut ledger = Ledger::default();
    ledger.published(SUB_UNIT, 1);
    ledger.published(KEYLESS_SUB_UNIT, 2);
}

#[test]
fn c3_a_draft_may_lack_things_and_a_submission_says_what() {
    let mut empty = own_entry();
    empty.responsibility = None;
    empty.summary = None;
    empty.category = None;
    empty.kind = None;
    empty.fields = List::default();
    empty.sharing = None;
    empty.method = None;
    empty.openness = None;
    empty.update_cycle = None;
    empty.level = None;
    let (mut ledger, code) = drafted(&empty);
    let Err(Rejection::Incomplete { lacks, .. }) = ledger.submit_draft(PROVIDER, &code) else {
        panic!("an empty entry was submitted");
    };
    let expected = [
        Lack::Responsibility,
        Lack::Abstract,
        Lack::Category,
        Lack::Kind,
        Lack::Fields,
        Lack::Sharing,
        Lack::Method,
        Lack::Openness,
        Lack::UpdateCycle,
        Lack::Level,
    ];
    assert_eq!(lacks, expected);
}

#[test]
fn c4_every_condition_and_legal_basis_that_lacks_is_named() {
    let mut unfounded = own_entry();
    unfounded.sharing = Some(Sharing::Conditional { condition: None });
    let fields = vec![
        field(1, Some(Sharing::NotShared { legal_basis: None })),
        field(2, Some(conditional())),
        field(3, Some(Sharing::Conditional { condition: None })),
    ];
    unfounded.fields = List::new(fields).unwrap();
    let (mut ledger, code) = drafted(&unfounded);
    let Err(Rejection::SharingUnfounded { lacks, .. }) = ledger.submit_draft(PROVIDER, &code)
    else {
        panic!("an unfounded entry was submitted");
    };
    let expected = [
        Lack::Condition(None),
        Lack::LegalBasis(Some(FieldNumber(1))),
        Lack::Condition(Some(FieldNumber(3))),
    ];
    assert_eq!(lacks, expected);
}

#[test]
fn c5_the_deputy_publishes_the_steward_s_entries_and_the_steward_the_deputy_s() {
    let mut ledger = Ledger::default();
    for (number, provider, publisher) in [(1, STEWARD, DEPUTY), (2, DEPUTY, STEWARD)] {
        let code = code(number);
        ledger
            .draft(provider, &code, &entry(&responsibility(provider)))
            .unwrap();
        ledger.submit_draft(provider, &code).unwrap();
        let other = if publisher == STEWARD {
            DEPUTY
        } else {
            STEWARD
        };
        let refused = publish_by(&mut ledger, other, &code).unwrap_err();
        assert_eq!(refused.code(), "own-entry");
        let refused = publish_by(&mut ledger, BYSTANDER, &code).unwrap_err();
        assert_eq!(refused.code(), "office-needed");
        publish_by(&mut ledger, publisher, &code).unwrap();
    }
}

#[test]
fn c5_a_steward_that_is_a_sub_unit_does_not_publish_its_department_s_entries() {
    let holders = [(Office::Steward, SUB_UNIT), (Office::StewardDeputy, DEPUTY)];
    let mut ledger = with_offices(&holders);
    ledger.draft(PROVIDER, &code(1), &own_entry()).unwrap();
    ledger.submit_draft(PROVIDER, &code(1)).unwrap();
    let refused = publish_by(&mut ledger, SUB_UNIT, &code(1)).unwrap_err();
    assert_eq!(refused.code(), "office-needed");
    publish_by(&mut ledger, DEPUTY, &code(1)).unwrap();
}

#[test]
fn c6_field_numbers_of_a_draft_that_was_never_published_are_free() {
    let mut ledger = Ledger::default();
    ledger
        .draft(PROVIDER, &code(1), &with_fields(&[1, 9]))
        .unwrap();
    ledger
        .draft(PROVIDER, &code(1), &with_fields(&[1, 2]))
        .unwrap();
}

#[test]
fn c6_an_amendment_keeps_numbers_and_adds_higher_ones() {
    let (mut ledger, code) = submitted(&with_fields(&[2, 5]));
    ledger.publish(PROVIDER, &code).unwrap();
    amend(&mut ledger, &code, &with_fields(&[2, 5, 6])).unwrap();
    for bad in [&[2, 3, 5, 6][..], &[2, 5, 6, 6], &[5, 2, 6], &[0, 2, 5, 6]] {
        let refused = ledger
            .draft(PROVIDER, &code, &with_fields(bad))
            .unwrap_err();
        assert_eq!(refused.code(), "bad-field-number", "{bad:?}");
    }
    let mut other_type = with_fields(&[2, 5, 6]);
    other_type.fields.as_mut_slice()[0].field_type = FieldType::N;
    let refused = ledger.draft(PROVIDER, &code, &other_type).unwrap_err();
    assert_eq!(refused.code(), "bad-field-number");
}

#[test]
fn s6_an_amendment_may_share_more() {
    let (mut ledger, code) = submitted(&own_entry());
    ledger.publish(PROVIDER, &code).unwrap();
    let mut wider = own_entry();
    wider.sharing = Some(Sharing::Unconditional);
    amend(&mut ledger, &code, &wider).unwrap();
    let verdict = ledger.verdict(BYSTANDER, &code, 2, None);
    assert!(verdict.is_allowed());
    // Now the entry's own type cannot be taken back.
    assert_eq!(
        amend(&mut ledger, &code, &own_entry()).unwrap_err().code(),
        "narrows"
    );
}

#[test]
fn a_draft_over_a_submission_takes_it_back_from_the_steward() {
    let (mut ledger, code) = submitted(&own_entry());
    let seen = ledger.revision(&code);
    ledger.draft(PROVIDER, &code, &with_fields(&[1])).unwrap();
    let action = Action::PublishResource {
        code: code.clone(),
        revision: seen,
    };
    let refused = ledger
        .submit(&administrator(STEWARD), vec![action])
        .unwrap_err();
    assert_eq!(refused.code(), "stale");
    assert_eq!(stored(&ledger, &code).status(), ResourceStatus::Draft);
}

#[test]
fn a_returned_entry_is_drafted_and_submitted_again() {
    let (mut ledger, code) = submitted(&own_entry());
    let action = Action::ReturnResource {
        code: code.clone(),
        revision: ledger.revision(&code),
        reason: id("摘要不完整"),
    };
    ledger
        .submit(&administrator(STEWARD), vec![action])
        .unwrap();
    let resource = stored(&ledger, &code);
    assert_eq!(resource.status(), ResourceStatus::Returned);
    let draft = resource.draft.map(|draft| draft.status);
    assert!(matches!(draft, Some(DraftStatus::Returned { .. })));
    ledger.submit_draft(PROVIDER, &code).unwrap();
    ledger.publish(PROVIDER, &code).unwrap();
}

#[test]
fn a_withdrawal_ends_authorizations_and_refuses_open_applications() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let code = granted.resource.clone();
    let open = ledger
        .apply_for(APPLICANT, &code, request(APPLICANT, &[4]))
        .unwrap();
    withdraw(&mut ledger, &code).unwrap();
    let authorization = ledger.state.authorization(&granted).unwrap().unwrap();
    assert!(!authorization.is_active_at(ledger.tip.height));
    assert_eq!(
        authorization.ended.map(|end| end.kind),
        Some(EndKind::ResourceWithdrawn)
    );
    let application = ledger.state.application(&open).unwrap().unwrap();
    assert!(matches!(
        application.status,
        ApplicationStatus::Refused { .. }
    ));
    let refused = ledger.draft(PROVIDER, &code, &own_entry()).unwrap_err();
    assert_eq!(refused.code(), "wrong-status");
}

/// A published resource whose list of versions is full, in the genesis.
fn full_resource() -> Record {
    let at = genesis().moment();
    let period = VersionPeriod {
        version: 1,
        period: Period {
            from: at,
            to: Some(at),
        },
        entry: own_entry().hash(),
        responsibility: own_entry().responsibility,
        decisions: List::default(),
    };
    Record::Resource(Box::new(Resource {
        code: code(1),
        provider: id(PROVIDER),
        earlier_providers: List::default(),
        created: at,
        revision: 7,
        draft: Some(Draft {
            status: DraftStatus::Submitted {
                decision: Decision {
                    department: id(PROVIDER),
                    key: head(PROVIDER).public(),
                    at,
                    reason: None,
                },
            },
            entry: own_entry(),
        }),
        published: Some(Published {
            version: 1,
            since: at,
            entry: own_entry(),
        }),
        submissions: List::default(),
        versions: List::new(vec![period; PERIODS_MAX]).unwrap(),
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
    }))
}

/// Nobody loses anything by a field that nobody might read.
#[test]
fn s6_a_field_that_is_not_shared_is_left_out_without_notice() {
    let mut closed = with_fields(&[1, 2]);
    closed.fields.as_mut_slice()[1].sharing = Some(Sharing::NotShared {
        legal_basis: Some(id("保密法")),
    });
    let (mut ledger, code) = submitted(&closed);
    ledger.publish(PROVIDER, &code).unwrap();
    amend(&mut ledger, &code, &with_fields(&[1])).unwrap();
}

refusals! {
    c1_no_entry_without_a_responsibility => "incomplete" {
        let mut without = own_entry();
        without.responsibility = None;
        let (mut ledger, code) = drafted(&without);
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c1_no_entry_on_another_s_responsibility => "responsibility-not-held" {
        let (mut ledger, code) = drafted(&entry(&responsibility(BYSTANDER)));
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c1_no_entry_on_an_unknown_responsibility => "unknown-record" {
        let (mut ledger, code) = drafted(&entry(&id("Z-NONE")));
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c1_no_entry_on_an_abolished_responsibility => "responsibility-ended" {
        let (mut ledger, code) = drafted(&own_entry());
        abolish(&mut ledger, PROVIDER);
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c1_no_publication_once_the_responsibility_is_abolished => "responsibility-ended" {
        let (mut ledger, code) = submitted(&own_entry());
        abolish(&mut ledger, PROVIDER);
        ledger.publish(PROVIDER, &code).unwrap_err()
    }
    c1_a_department_does_not_provide_on_its_sub_unit_s_responsibility => "responsibility-not-held" {
        let mut ledger = Ledger::default();
        let declare = dirchain_ledger::action::DeclareResponsibility {
            code: id("Z-D004.1-01"),
            holder: id(SUB_UNIT),
            title: id("内设机构的职责"),
            text: None,
            legal_bases: List::default(),
        };
        ledger.submit(&administrator(REGISTRAR), vec![Action::DeclareResponsibility(declare)]).unwrap();
        ledger.draft(PROVIDER, &code(1), &entry(&id("Z-D004.1-01"))).unwrap();
        ledger.submit_draft(PROVIDER, &code(1)).unwrap_err()
    }
    c3_no_submission_with_something_missing => "incomplete" {
        let mut without = own_entry();
        without.level = None;
        let (mut ledger, code) = drafted(&without);
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c3_a_code_is_never_used_again => "taken" {
        let (mut ledger, code) = drafted(&own_entry());
        withdraw(&mut ledger, &code).unwrap();
        let provider = id(BYSTANDER);
        let entry = entry(&responsibility(BYSTANDER));
        let again = Action::DraftResource { code, provider, revision: 0, entry };
        ledger.submit(&administrator(BYSTANDER), vec![again]).unwrap_err()
    }
    a_new_draft_has_revision_zero => "unknown-record" {
        let draft = Action::DraftResource {
            code: code(1),
            provider: id(PROVIDER),
            revision: 1,
            entry: own_entry(),
        };
        Ledger::default().submit(&administrator(PROVIDER), vec![draft]).unwrap_err()
    }
    c4_conditional_sharing_needs_a_condition => "sharing-unfounded" {
        let mut unfounded = own_entry();
        unfounded.sharing = Some(Sharing::Conditional { condition: None });
        let (mut ledger, code) = drafted(&unfounded);
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c4_not_sharing_needs_a_legal_basis => "sharing-unfounded" {
        let mut unfounded = own_entry();
        unfounded.sharing = Some(Sharing::NotShared { legal_basis: None });
        let (mut ledger, code) = drafted(&unfounded);
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    c5_an_administrator_does_not_submit => "role-forbids" {
        let (mut ledger, code) = drafted(&own_entry());
        let action = Action::SubmitResource { code, revision: 1 };
        ledger.submit(&administrator(PROVIDER), vec![action]).unwrap_err()
    }
    c5_another_s_head_does_not_submit => "not-acting-for" {
        let (mut ledger, code) = drafted(&own_entry());
        let action = Action::SubmitResource { code, revision: 1 };
        ledger.submit(&head(STEWARD), vec![action]).unwrap_err()
    }
    c5_nobody_publishes_their_own_entry => "own-entry" {
        let (mut ledger, code) = submitted(&own_entry());
        publish_by(&mut ledger, PROVIDER, &code).unwrap_err()
    }
    c5_nobody_publishes_their_sub_unit_s_entry => "own-entry" {
        let mut ledger = Ledger::default();
        let unit = dirchain_ledger::action::RegisterDepartment {
            id: id("D002.1"),
            parent: Some(id(STEWARD)),
            credit_code: None,
            name: id("内设机构"),
            level: dirchain_ledger::records::AdministrativeLevel::City,
            region: id("110000"),
            head: None,
        };
        ledger.submit(&head(STEWARD), vec![Action::RegisterDepartment(unit)]).unwrap();
        let draft = Action::DraftResource {
            code: code(1),
            provider: id("D002.1"),
            revision: 0,
            entry: entry(&responsibility(STEWARD)),
        };
        let submit = Action::SubmitResource { code: code(1), revision: 1 };
        ledger.submit(&head(STEWARD), vec![draft, submit]).unwrap();
        publish_by(&mut ledger, STEWARD, &code(1)).unwrap_err()
    }
    c5_only_the_steward_publishes => "office-needed" {
        let (mut ledger, code) = submitted(&own_entry());
        publish_by(&mut ledger, BYSTANDER, &code).unwrap_err()
    }
    c5_without_a_deputy_the_steward_s_entries_wait => "office-vacant" {
        let mut ledger = with_offices(&[(Office::Steward, STEWARD)]);
        ledger.draft(STEWARD, &code(1), &entry(&responsibility(STEWARD))).unwrap();
        ledger.submit_draft(STEWARD, &code(1)).unwrap();
        publish_by(&mut ledger, STEWARD, &code(1)).unwrap_err()
    }
    c6_a_field_number_is_never_used_for_another_field => "bad-field-number" {
        let (mut ledger, code) = submitted(&with_fields(&[1, 3]));
        ledger.publish(PROVIDER, &code).unwrap();
        ledger.draft(PROVIDER, &code, &with_fields(&[1, 2, 3])).unwrap_err()
    }
    s6_an_amendment_drops_no_field => "narrows" {
        let (mut ledger, code) = submitted(&with_fields(&[1, 2]));
        ledger.publish(PROVIDER, &code).unwrap();
        amend(&mut ledger, &code, &with_fields(&[1])).unwrap_err()
    }
    s6_an_entry_does_not_change_under_a_withdrawal_that_waits => "withdrawal-waits" {
        let (mut ledger, code) = submitted(&own_entry());
        ledger.publish(PROVIDER, &code).unwrap();
        let (revision, reason) = (ledger.revision(&code), id("系统停用"));
        let withdraw = Measure::Withdraw { code: code.clone(), revision, reason };
        let proposal = ledger.propose(&head(PROVIDER), withdraw).unwrap();
        let refused = ledger.draft(PROVIDER, &code, &own_entry()).unwrap_err();
        let revision = ledger.state.proposal(&proposal).unwrap().unwrap().revision;
        let back = Action::TakeBackProposal { proposal, revision };
        ledger.submit(&head(PROVIDER), vec![back]).unwrap();
        ledger.draft(PROVIDER, &code, &own_entry()).unwrap();
        refused
    }
    s6_an_amendment_shares_no_less => "narrows" {
        let (mut ledger, code) = submitted(&own_entry());
        ledger.publish(PROVIDER, &code).unwrap();
        let mut narrower = own_entry();
        narrower.fields.as_mut_slice()[0].sharing = Some(conditional());
        amend(&mut ledger, &code, &narrower).unwrap_err()
    }
    an_entry_is_amended_by_its_provider => "not-provider" {
        let (mut ledger, code) = drafted(&own_entry());
        ledger.draft(BYSTANDER, &code, &entry(&responsibility(BYSTANDER))).unwrap_err()
    }
    a_draft_on_another_revision_is_stale => "stale" {
        let (mut ledger, code) = drafted(&own_entry());
        let provider = id(PROVIDER);
        let draft = Action::DraftResource { code, provider, revision: 2, entry: own_entry() };
        ledger.submit(&administrator(PROVIDER), vec![draft]).unwrap_err()
    }
    a_submission_on_another_revision_is_stale => "stale" {
        let (mut ledger, code) = drafted(&own_entry());
        ledger.draft(PROVIDER, &code, &with_fields(&[1])).unwrap();
        let action = Action::SubmitResource { code, revision: 1 };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    a_withdrawal_on_another_revision_is_stale => "stale" {
        let (mut ledger, code) = submitted(&own_entry());
        let action = Action::WithdrawResource { code, revision: 1, reason: id("理由") };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    a_return_on_another_revision_is_stale => "stale" {
        let (mut ledger, code) = submitted(&own_entry());
        let action = Action::ReturnResource { code, revision: 1, reason: id("理由") };
        ledger.submit(&head(STEWARD), vec![action]).unwrap_err()
    }
    an_entry_is_submitted_once => "wrong-status" {
        let (mut ledger, code) = submitted(&own_entry());
        ledger.submit_draft(PROVIDER, &code).unwrap_err()
    }
    a_draft_is_not_published_before_its_submission => "wrong-status" {
        let (mut ledger, code) = drafted(&own_entry());
        ledger.publish(PROVIDER, &code).unwrap_err()
    }
    an_entry_is_withdrawn_once => "wrong-status" {
        let (mut ledger, code) = drafted(&own_entry());
        withdraw(&mut ledger, &code).unwrap();
        withdraw(&mut ledger, &code).unwrap_err()
    }
    a_list_of_a_record_is_bounded => "full" {
        let records = genesis_records().into_iter().chain([full_resource()]).collect();
        let genesis = Genesis::new(id("满"), GENESIS_TIME, records).unwrap();
        Ledger::new(&genesis).publish(PROVIDER, &code(1)).unwrap_err()
    }
}
