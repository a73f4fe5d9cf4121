//! What a dissolved department had begun or was asked: who took over ends it (R1). What hangs on an entry is its
//! provider's, whoever provided it before.

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::clocks::{Duty, deadlines};
use dirchain_ledger::ids::{ResourceCode, SharingId, TimeMs};
use dirchain_ledger::inbox::{Awaited, inbox};
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Succession, Transfer};
use dirchain_ledger::records::*;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

use crate::reorganisation::split;
use crate::usage::{propose, report, terms};

fn passes(code: &str, from: &str, to: Option<&str>) -> Transfer {
    Transfer {
        responsibility: id(code),
        from: id(from),
        to: to.map(id),
    }
}

fn dissolution(transfers: Vec<Transfer>, successors: &[(&str, &str)]) -> Measure {
    let successors = successors.iter().map(|(department, successor)| Succession {
        department: id(department),
        successor: id(successor),
    });
    Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Dissolve,
        document: id("机构改革方案"),
        transfers: List::new(transfers).unwrap(),
        dissolves: List::new(vec![id(BYSTANDER)]).unwrap(),
        renames: List::default(),
        successors: List::new(successors.collect()).unwrap(),
    })
}

/// The bystander is dissolved, and the deputy takes over.
fn merge(ledger: &mut Ledger) {
    let duty = responsibility(BYSTANDER);
    let measure = dissolution(vec![passes(duty.as_str(), BYSTANDER, Some(DEPUTY))], &[]);
    ledger.agree(&head(REGISTRAR), measure).unwrap();
}

fn awaited(ledger: &Ledger, department: &str) -> Vec<Awaited> {
    let items = inbox(&ledger.state, &id(department), ledger.moment()).unwrap();
    items.into_iter().map(|item| item.awaited).collect()
}

/// Since when the first thing awaits a department.
fn first_since(ledger: &Ledger, department: &str) -> TimeMs {
    let items = inbox(&ledger.state, &id(department), ledger.moment()).unwrap();
    items.first().unwrap().since
}

fn last_time(ledger: &Ledger) -> TimeMs {
    ledger.blocks.last().unwrap().header.time
}

fn by(ledger: &mut Ledger, department: &str, action: Action) -> Result<(), Rejection> {
    let signed = ledger.submit(&administrator(department), vec![action]);
    signed.map(drop)
}

/// The bystander objects to an entry.
fn object(ledger: &mut Ledger, resource: &ResourceCode) {
    let raise = Action::RaiseObjection {
        resource: resource.clone(),
        raiser: id(BYSTANDER),
        kind: ObjectionKind::Correction {
            fields: numbers(&[1]),
        },
        reason: id("姓名有误"),
        evidence: None,
    };
    by(ledger, BYSTANDER, raise).unwrap();
}

/// Refused to a stranger in words that name who took over, and done by that one.
fn only_the_successor(ledger: &mut Ledger, action: Action) {
    let refused = by(ledger, APPLICANT, action.clone()).unwrap_err();
    assert_eq!(refused.code(), "not-acting-for");
    assert!(refused.to_string().contains(DEPUTY), "{refused}");
    by(ledger, DEPUTY, action).unwrap();
}

/// Another responsibility of the bystander's.
fn second_duty(ledger: &mut Ledger) -> String {
    let declare = Action::DeclareResponsibility(dirchain_ledger::action::DeclareResponsibility {
        code: id("Z-D006-02"),
        holder: id(BYSTANDER),
        title: id("另一项职责"),
        text: None,
        legal_bases: List::default(),
    });
    by(ledger, REGISTRAR, declare).unwrap();
    "Z-D006-02".to_owned()
}

#[test]
fn r1_an_objection_of_a_dissolved_department_is_its_successor_s() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    object(&mut ledger, &resource);
    let answer = Action::AnswerObjection {
        objection: sharing_id(&resource, 1),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("核对无误"),
    };
    by(&mut ledger, PROVIDER, answer).unwrap();
    merge(&mut ledger);
    assert_eq!(awaited(&ledger, BYSTANDER), []);
    assert_eq!(awaited(&ledger, DEPUTY), [Awaited::Acceptance]);
    let close = Action::CloseObjection {
        objection: sharing_id(&resource, 1),
        revision: 2,
        reason: id("接受"),
    };
    only_the_successor(&mut ledger, close);
    assert_eq!(awaited(&ledger, DEPUTY), []);
}

/// Rule R5 holds for who took over from the raiser, too.
#[test]
fn r5_who_took_over_from_the_raiser_does_not_resolve_its_objection() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(DEPUTY, 1);
    object(&mut ledger, &resource);
    merge(&mut ledger);
    let answer = Action::AnswerObjection {
        objection: sharing_id(&resource, 1),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("核对无误"),
    };
    let refused = by(&mut ledger, DEPUTY, answer).unwrap_err();
    assert_eq!(refused.code(), "raiser-resolves");
}

#[test]
fn r1_a_demand_that_a_dissolved_department_was_asked_for_is_its_successor_s_to_answer() {
    let mut ledger = Ledger::default();
    let raise = Action::RaiseDemand {
        id: id("X-1"),
        asker: id(APPLICANT),
        text: id("需要婚姻登记数据"),
    };
    by(&mut ledger, APPLICANT, raise).unwrap();
    let assign = Action::AssignDemand {
        demand: id("X-1"),
        revision: 1,
        department: id(BYSTANDER),
        reason: None,
    };
    by(&mut ledger, STEWARD, assign).unwrap();
    merge(&mut ledger);
    let owed = deadlines(&ledger.state, ledger.moment(), Some(&id(DEPUTY))).unwrap();
    assert_eq!(owed[0].clock.duty, Duty::AnswerDemand);
    assert_eq!(awaited(&ledger, BYSTANDER), []);
    let refuse = Action::AnswerDemand {
        demand: id("X-1"),
        revision: 2,
        resource: None,
        reason: id("没有此数据"),
    };
    only_the_successor(&mut ledger, refuse);
}

fn open_finding(ledger: &mut Ledger, subject: FindingSubject) {
    let open = Action::OpenFinding {
        id: id("J-1"),
        subject,
        title: id("目录长期未更新"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 90 * DAY_MS),
    };
    ledger
        .submit(&key(REGISTRAR, Role::Inspector), vec![open])
        .unwrap();
}

fn answer_finding() -> Action {
    Action::AnswerFinding {
        finding: id("J-1"),
        revision: 1,
        text: id("已更新"),
    }
}

#[test]
fn r1_a_finding_on_a_dissolved_department_is_its_successor_s_to_answer() {
    let mut ledger = Ledger::default();
    open_finding(&mut ledger, FindingSubject::Department(id(BYSTANDER)));
    merge(&mut ledger);
    assert_eq!(awaited(&ledger, REGISTRAR), []);
    assert_eq!(
        awaited(&ledger, DEPUTY),
        [Awaited::Owed(Duty::AnswerFinding)]
    );
    only_the_successor(&mut ledger, answer_finding());
}

#[test]
fn a_finding_on_an_entry_is_answered_by_who_provides_it_now() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    open_finding(&mut ledger, FindingSubject::Resource(resource));
    let measure = split(PROVIDER, DEPUTY);
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    assert_eq!(awaited(&ledger, PROVIDER), []);
    assert_eq!(
        awaited(&ledger, DEPUTY),
        [Awaited::Owed(Duty::AnswerFinding)]
    );
    let refused = by(&mut ledger, PROVIDER, answer_finding()).unwrap_err();
    assert_eq!(refused.code(), "not-acting-for");
    by(&mut ledger, DEPUTY, answer_finding()).unwrap();
}

fn revoke(granted: &SharingId, revision: u32) -> Measure {
    Measure::Revoke {
        authorization: granted.clone(),
        revision,
        reason: id("不再需要"),
    }
}

/// An early end that the earlier provider began can take effect no more, and keeps nobody from anything.
#[test]
fn s6_an_early_end_over_an_entry_that_is_another_s_now_is_out_of_the_way() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let begun = ledger
        .propose(&administrator(PROVIDER), revoke(&granted, 1))
        .unwrap();
    assert_eq!(awaited(&ledger, STEWARD), [Awaited::Approval]);
    assert!(awaited(&ledger, APPLICANT).contains(&Awaited::Notice));
    let measure = split(PROVIDER, DEPUTY);
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    assert_eq!(awaited(&ledger, STEWARD), []);
    assert!(!awaited(&ledger, APPLICANT).contains(&Awaited::Notice));
    let anew = ledger
        .propose(&administrator(DEPUTY), revoke(&granted, 1))
        .unwrap();
    assert_eq!(awaited(&ledger, STEWARD), [Awaited::Approval]);
    let twice = ledger.propose(&administrator(DEPUTY), revoke(&granted, 1));
    assert_eq!(twice.unwrap_err().code(), "proposal-waits");
    for (proposal, department, fits) in [
        (begun.clone(), BYSTANDER, false),
        (begun, DEPUTY, true),
        (anew, DEPUTY, true),
    ] {
        let back = Action::TakeBackProposal {
            proposal,
            revision: 1,
        };
        let done = by(&mut ledger, department, back);
        assert_eq!(done.is_ok(), fits, "{done:?}");
    }
}

#[test]
fn r1_a_proposal_of_a_dissolved_department_is_its_successor_s_to_take_back() {
    let mut ledger = Ledger::default();
    let offer = KeyOffer::new(
        &labelled_key("new head"),
        &ledger.chain,
        &id(BYSTANDER),
        Role::Head,
    );
    let measure = Measure::ReplaceHead {
        department: id(BYSTANDER),
        offer,
    };
    let proposal = ledger.propose(&administrator(BYSTANDER), measure).unwrap();
    merge(&mut ledger);
    let back = Action::TakeBackProposal {
        proposal,
        revision: 1,
    };
    only_the_successor(&mut ledger, back);
}

#[test]
fn r1_an_application_of_a_dissolved_department_is_its_successor_s_to_take_back() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let application = ledger
        .apply_for(BYSTANDER, &resource, request(BYSTANDER, &[2]))
        .unwrap();
    merge(&mut ledger);
    assert_eq!(awaited(&ledger, DEPUTY), [Awaited::Inherited]);
    let back = Action::TakeBackApplication {
        application,
        revision: 1,
    };
    only_the_successor(&mut ledger, back);
    assert_eq!(awaited(&ledger, DEPUTY), []);
}

fn bound(ledger: &mut Ledger, department: &str) -> ResourceCode {
    let code = ledger.published(department, 1);
    let own = BindingTerms {
        gateway: key(department, Role::Gateway).public(),
        ..terms()
    };
    let propose = Action::ProposeBinding {
        resource: code.clone(),
        terms: own,
    };
    by(ledger, department, propose).unwrap();
    ledger
        .submit(
            &key(department, Role::Gateway),
            vec![report(&code, "schema")],
        )
        .unwrap();
    code
}

#[test]
fn a_binding_whose_gateway_went_with_its_department_awaits_the_provider_of_now() {
    let mut ledger = Ledger::default();
    let code = bound(&mut ledger, BYSTANDER);
    assert_eq!(awaited(&ledger, BYSTANDER), []);
    merge(&mut ledger);
    assert_eq!(awaited(&ledger, DEPUTY), [Awaited::Gateway]);
    let merged = last_time(&ledger);
    ledger.pass_ms(DAY_MS);
    assert_eq!(first_since(&ledger, DEPUTY), merged);
    let amend = |gateway: &str| Action::AmendBinding {
        binding: sharing_id(&code, 1),
        revision: 2,
        terms: BindingTerms {
            gateway: key(gateway, Role::Gateway).public(),
            ..terms()
        },
    };
    let refused = by(&mut ledger, DEPUTY, amend(BYSTANDER)).unwrap_err();
    assert_eq!(refused.code(), "bad-gateway");
    by(&mut ledger, DEPUTY, amend(DEPUTY)).unwrap();
    assert_eq!(awaited(&ledger, DEPUTY), []);
}

#[test]
fn c8_a_drifted_binding_awaits_its_provider_until_it_is_mended() {
    let mut ledger = Ledger::default();
    let code = bound(&mut ledger, PROVIDER);
    let gateway = key(PROVIDER, Role::Gateway);
    ledger
        .submit(&gateway, vec![report(&code, "another")])
        .unwrap();
    let seen = last_time(&ledger);
    assert_eq!(awaited(&ledger, PROVIDER), [Awaited::Drifted]);
    // Other words about it mend nothing: its gateway has to see what is stated.
    let amend = Action::AmendBinding {
        binding: sharing_id(&code, 1),
        revision: 3,
        terms: terms(),
    };
    by(&mut ledger, PROVIDER, amend).unwrap();
    assert_eq!(awaited(&ledger, PROVIDER), [Awaited::Drifted]);
    assert_eq!(first_since(&ledger, PROVIDER), seen);
    ledger
        .submit(&gateway, vec![report(&code, "schema")])
        .unwrap();
    assert_eq!(awaited(&ledger, PROVIDER), []);
}

/// What is settled already, or another's by now: an objection, a demand, findings, a binding.
fn settle_things(ledger: &mut Ledger, other: &ResourceCode, own: &ResourceCode) {
    object(ledger, other);
    let objection = sharing_id(other, 1);
    let answer = Action::AnswerObjection {
        objection: objection.clone(),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("核对无误"),
    };
    by(ledger, PROVIDER, answer).unwrap();
    let close = Action::CloseObjection {
        objection,
        revision: 2,
        reason: id("接受"),
    };
    by(ledger, BYSTANDER, close).unwrap();
    let raise = Action::RaiseDemand {
        id: id("X-0"),
        asker: id(BYSTANDER),
        text: id("需要收养登记数据"),
    };
    by(ledger, BYSTANDER, raise).unwrap();
    let assign = Action::AssignDemand {
        demand: id("X-0"),
        revision: 1,
        department: id(PROVIDER),
        reason: None,
    };
    by(ledger, STEWARD, assign).unwrap();
    let refuse = Action::AnswerDemand {
        demand: id("X-0"),
        revision: 2,
        resource: None,
        reason: id("不掌握"),
    };
    by(ledger, PROVIDER, refuse).unwrap();
    let inspector = key(REGISTRAR, Role::Inspector);
    let open = Action::OpenFinding {
        id: id("J-0"),
        subject: FindingSubject::Resource(own.clone()),
        title: id("已整改"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 90 * DAY_MS),
    };
    ledger.submit(&inspector, vec![open]).unwrap();
    let answer = Action::AnswerFinding {
        finding: id("J-0"),
        revision: 1,
        text: id("已更新"),
    };
    by(ledger, BYSTANDER, answer).unwrap();
    let clear = Action::JudgeFinding {
        finding: id("J-0"),
        revision: 2,
        cleared: true,
        reason: id("予以销号"),
    };
    ledger.submit(&inspector, vec![clear]).unwrap();
    // What the department was asked about an entry is the affair of who took that over.
    let second = second_duty(ledger);
    let passed = code(9);
    let draft = entry(&id(&second));
    ledger.draft(BYSTANDER, &passed, &draft).unwrap();
    ledger.submit_draft(BYSTANDER, &passed).unwrap();
    ledger.publish(BYSTANDER, &passed).unwrap();
    let open = Action::OpenFinding {
        id: id("J-9"),
        subject: FindingSubject::Resource(passed),
        title: id("目录长期未更新"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 90 * DAY_MS),
    };
    ledger.submit(&inspector, vec![open]).unwrap();
    let split = Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("职责调整"),
        transfers: List::new(vec![passes(&second, BYSTANDER, Some(DEPUTY))]).unwrap(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    });
    ledger.agree(&head(REGISTRAR), split).unwrap();
    let retired = Action::ProposeBinding {
        resource: own.clone(),
        terms: BindingTerms {
            gateway: key(BYSTANDER, Role::Gateway).public(),
            ..terms()
        },
    };
    by(ledger, BYSTANDER, retired).unwrap();
    let retire = Action::ChangeBinding {
        binding: sharing_id(own, 2),
        revision: 1,
        change: BindingChange::Retire,
        reason: id("停用"),
    };
    by(ledger, BYSTANDER, retire).unwrap();
}

/// Everything that a dissolution leaves, and nothing else, is named before anybody signs.
#[test]
fn r1_what_a_dissolution_would_leave_unsettled_is_told() {
    let mut ledger = Ledger::default();
    let own = bound(&mut ledger, BYSTANDER);
    let asked = ledger
        .apply_for(APPLICANT, &own, request(APPLICANT, &[2]))
        .unwrap();
    let other = ledger.published(PROVIDER, 2);
    settle_things(&mut ledger, &other, &own);
    let over = ledger
        .apply_for(BYSTANDER, &other, request(BYSTANDER, &[2]))
        .unwrap();
    ledger.take_back(over).unwrap();
    let asking = ledger
        .apply_for(BYSTANDER, &other, request(BYSTANDER, &[2]))
        .unwrap();
    ledger
        .apply_for(APPLICANT, &other, request(APPLICANT, &[2]))
        .unwrap();
    object(&mut ledger, &other);
    for (number, asker) in [("X-1", BYSTANDER), ("X-2", APPLICANT), ("X-3", APPLICANT)] {
        let raise = Action::RaiseDemand {
            id: id(number),
            asker: id(asker),
            text: id("需要婚姻登记数据"),
        };
        by(&mut ledger, asker, raise).unwrap();
    }
    let assign = Action::AssignDemand {
        demand: id("X-2"),
        revision: 1,
        department: id(BYSTANDER),
        reason: None,
    };
    by(&mut ledger, STEWARD, assign).unwrap();
    open_finding(&mut ledger, FindingSubject::Resource(own.clone()));
    let resume = Measure::SuspendDepartment {
        department: id(APPLICANT_UNIT),
    };
    ledger.propose(&head(STEWARD), resume).unwrap();
    let withdraw = Measure::Withdraw {
        code: own.clone(),
        revision: ledger.revision(&own),
        reason: id("不再提供"),
    };
    let proposal = ledger.propose(&head(BYSTANDER), withdraw).unwrap();
    let duty = responsibility(BYSTANDER);
    let measure = dissolution(vec![passes(duty.as_str(), BYSTANDER, Some(DEPUTY))], &[]);
    let Measure::Reorganise(plan) = &measure else {
        unreachable!("it is one");
    };
    let at = ledger.moment();
    let reach = dirchain_ledger::execute::reach(&ledger.state, at, plan).unwrap();
    let told =
        dirchain_ledger::execute::unsettled(&ledger.state, at, &measure, Some(&reach)).unwrap();
    assert_eq!(told.applications, [asked, asking].into());
    assert_eq!(told.objections, [sharing_id(&other, 2)].into());
    assert_eq!(told.proposals, [proposal].into());
    assert_eq!(told.demands, [id("X-1"), id("X-2")].into());
    assert_eq!(told.findings, [id("J-1")].into());
    assert_eq!(told.bindings, [sharing_id(&own, 1)].into());
    assert!(!told.more);
}

/// What cites nothing that passes on is its successor's, too: it amends or withdraws it.
#[test]
fn r1_every_entry_of_a_dissolved_department_passes_to_its_successor() {
    let mut ledger = Ledger::default();
    let code_of = |number: u32| code(number);
    let second = second_duty(&mut ledger);
    ledger.published(BYSTANDER, 1);
    let own = entry(&id(&second));
    ledger.draft(BYSTANDER, &code_of(2), &own).unwrap();
    ledger.submit_draft(BYSTANDER, &code_of(2)).unwrap();
    ledger.publish(BYSTANDER, &code_of(2)).unwrap();
    let asked = request(APPLICANT, &[2]);
    let granted = ledger.apply_for(APPLICANT, &code_of(2), asked.clone());
    let granted = granted.unwrap();
    let grant = Action::Grant(grant_of(granted.clone(), &asked));
    by(&mut ledger, BYSTANDER, grant).unwrap();
    let mut unfinished = own.clone();
    unfinished.responsibility = None;
    ledger.draft(BYSTANDER, &code_of(3), &unfinished).unwrap();
    let first = responsibility(BYSTANDER);
    let transfers = vec![
        passes(first.as_str(), BYSTANDER, Some(DEPUTY)),
        passes(&second, BYSTANDER, None),
    ];
    let measure = dissolution(transfers, &[]);
    let Measure::Reorganise(plan) = &measure else {
        unreachable!("it is one");
    };
    let reach = dirchain_ledger::execute::reach(&ledger.state, ledger.moment(), plan).unwrap();
    assert_eq!(reach.provided, [granted], "once, and it goes on");
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    for number in 1..=3 {
        let stored = ledger.state.resource(&code_of(number)).unwrap().unwrap();
        assert_eq!(stored.provider.as_str(), DEPUTY, "entry {number}");
        assert_eq!(stored.earlier_providers.len(), 1);
    }
    let gone = ledger.state.department(&id(BYSTANDER)).unwrap().unwrap();
    assert_eq!(gone.successor, Some(id(DEPUTY)));
    let owed = [Duty::Provision, Duty::Amend].map(Awaited::Owed);
    assert_eq!(awaited(&ledger, DEPUTY), owed);
    ledger.draft(DEPUTY, &code_of(3), &unfinished).unwrap();
}

#[test]
fn r1_two_are_dissolved_at_once_each_with_its_successor() {
    let mut ledger = Ledger::default();
    let transfers = [BYSTANDER, SUSPENDED].map(|department| {
        let duty = responsibility(department);
        passes(duty.as_str(), department, Some(DEPUTY))
    });
    let successors = [(BYSTANDER, DEPUTY), (SUSPENDED, DEPUTY)];
    let mut measure = dissolution(transfers.into(), &successors);
    if let Measure::Reorganise(plan) = &mut measure {
        plan.dissolves = List::new(vec![id(BYSTANDER), id(SUSPENDED)]).unwrap();
    }
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    for department in [BYSTANDER, SUSPENDED] {
        let gone = ledger.state.department(&id(department)).unwrap().unwrap();
        assert_eq!(gone.successor, Some(id(DEPUTY)));
    }
}

/// Where responsibilities pass to several, who is named takes over; and from that one, in turn, another.
#[test]
fn r1_who_is_named_takes_over_and_in_turn_another() {
    let mut ledger = Ledger::default();
    open_finding(&mut ledger, FindingSubject::Department(id(BYSTANDER)));
    let second = second_duty(&mut ledger);
    let first = responsibility(BYSTANDER);
    let transfers = vec![
        passes(first.as_str(), BYSTANDER, Some(DEPUTY)),
        passes(&second, BYSTANDER, Some(APPLICANT)),
    ];
    let measure = dissolution(transfers, &[(BYSTANDER, SUB_UNIT)]);
    ledger.agree(&head(REGISTRAR), measure).unwrap();
    assert_eq!(
        awaited(&ledger, SUB_UNIT),
        [Awaited::Owed(Duty::AnswerFinding)]
    );
    let away = Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Dissolve,
        document: id("机构改革方案"),
        transfers: List::default(),
        dissolves: List::new(vec![id(SUB_UNIT)]).unwrap(),
        renames: List::default(),
        successors: List::default(),
    });
    ledger.agree(&head(REGISTRAR), away).unwrap();
    // Nobody took over from the sub-unit: the department above it stands for it.
    assert_eq!(
        awaited(&ledger, PROVIDER),
        [Awaited::Owed(Duty::AnswerFinding)]
    );
    by(&mut ledger, PROVIDER, answer_finding()).unwrap();
}

fn refused(transfers_to: [&str; 2], successors: &[(&str, &str)]) -> Rejection {
    let mut ledger = Ledger::default();
    let second = second_duty(&mut ledger);
    let first = responsibility(BYSTANDER);
    let [one, other] = transfers_to;
    let transfers = vec![
        passes(first.as_str(), BYSTANDER, Some(one)),
        passes(&second, BYSTANDER, Some(other)),
    ];
    let measure = dissolution(transfers, successors);
    ledger.propose(&head(REGISTRAR), measure).unwrap_err()
}

refusals! {
    r1_of_several_heirs_one_is_named => "bad-reorganisation" {
        refused([DEPUTY, APPLICANT], &[])
    }
    r1_nobody_has_two_successors => "bad-reorganisation" {
        refused([DEPUTY, APPLICANT], &[(BYSTANDER, DEPUTY), (BYSTANDER, APPLICANT)])
    }
    r1_nobody_takes_over_from_who_stays => "bad-reorganisation" {
        refused([DEPUTY, DEPUTY], &[(APPLICANT, DEPUTY)])
    }
    r1_who_goes_takes_over_nothing => "bad-reorganisation" {
        refused([DEPUTY, DEPUTY], &[(BYSTANDER, BYSTANDER)])
    }
    r1_who_does_not_act_takes_over_nothing => "department-not-active" {
        refused([DEPUTY, DEPUTY], &[(BYSTANDER, SUSPENDED)])
    }
    c2_a_binding_names_a_gateway_that_is_there => "bad-gateway" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        merge(&mut ledger);
        let mut action = propose(&code);
        if let Action::ProposeBinding { terms, .. } = &mut action {
            terms.gateway = key(BYSTANDER, Role::Gateway).public();
        }
        by(&mut ledger, PROVIDER, action).unwrap_err()
    }
}
