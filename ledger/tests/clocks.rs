//! Who owes an answer, since when, how late; and the scores that follow.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use dirchain_ledger::access::who_may_read;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::calendar::WorkingDays;
use dirchain_ledger::clocks::{Deadline, Duty, Score, deadlines, scores};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{Moment, ResourceCode, SharingId, TimeMs};
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

/// Midnight in UTC+8 at the beginning of a day of January 2026; the genesis is at eight o'clock on
/// Thursday the first.
fn midnight(day: i64) -> TimeMs {
    TimeMs(GENESIS_TIME.0 + (day - 1) * DAY_MS - 8 * 3_600_000)
}

fn owed(ledger: &Ledger, time: TimeMs) -> Vec<Deadline> {
    let height = ledger.tip.height;
    let at = Moment { height, time };
    deadlines(&ledger.state, at, None).unwrap()
}

fn told(ledger: &Ledger, time: TimeMs) -> Vec<(String, Duty, Option<u16>)> {
    owed(ledger, time)
        .into_iter()
        .map(|deadline| {
            let late = deadline.late.map(|days| days.0);
            let department = deadline.clock.department.to_string();
            (department, deadline.clock.duty, late)
        })
        .collect()
}

/// What a department did: in time, late, and what it owes too late.
fn counts(ledger: &Ledger, department: &str, time: TimeMs) -> (u32, u32, u32) {
    let score = score(ledger, department, time);
    let in_time = score.answered_in_time + score.office_in_time;
    (in_time, score.answered_late, score.overdue)
}

fn of(department: &str, duty: Duty, late: Option<u16>) -> (String, Duty, Option<u16>) {
    (department.to_owned(), duty, late)
}

fn score(ledger: &Ledger, department: &str, time: TimeMs) -> Score {
    let height = ledger.tip.height;
    let all = scores(&ledger.state, Moment { height, time }).unwrap();
    let mut own = all
        .into_iter()
        .filter(|s| s.department.as_str() == department);
    own.next().unwrap()
}

fn by(ledger: &mut Ledger, department: &str, action: Action) {
    ledger
        .submit(&administrator(department), vec![action])
        .unwrap();
}

fn ask(application: &SharingId) -> Action {
    Action::AskForMore {
        application: application.clone(),
        revision: 1,
        reason: id("缺少依据"),
    }
}

#[test]
fn a_submission_is_owed_by_the_steward_and_its_own_by_the_deputy() {
    for (provider, publisher) in [(PROVIDER, STEWARD), (STEWARD, DEPUTY)] {
        let mut ledger = Ledger::default();
        let entry = entry(&responsibility(provider));
        ledger.draft(provider, &code(1), &entry).unwrap();
        ledger.submit_draft(provider, &code(1)).unwrap();
        let now = ledger.now;
        assert_eq!(told(&ledger, now), [of(publisher, Duty::Publish, None)]);
        // Five working days after Thursday the first: through Thursday the eighth.
        let due = owed(&ledger, now)[0].clock.due;
        assert_eq!(due, midnight(9));
        let before = TimeMs(due.0 - 1);
        assert_eq!(told(&ledger, before), [of(publisher, Duty::Publish, None)]);
        // All of Friday is the first day late, and so is the weekend; Monday is the second.
        for (time, days) in [(due, 1), (TimeMs(midnight(12).0 - 1), 1), (midnight(12), 2)] {
            let late = of(publisher, Duty::Publish, Some(days));
            assert_eq!(told(&ledger, time), [late]);
        }
    }
}

#[test]
fn an_applications_clock_stands_still_while_its_applicant_owes_material() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let asked = request(APPLICANT, &[2]);
    let application = ledger.apply_for(APPLICANT, &code, asked.clone()).unwrap();
    let now = ledger.now;
    assert_eq!(told(&ledger, now), [of(PROVIDER, Duty::Decide, None)]);
    assert_eq!(owed(&ledger, now)[0].clock.due, midnight(16));
    by(&mut ledger, PROVIDER, ask(&application));
    let now = ledger.now;
    assert_eq!(told(&ledger, now), [of(APPLICANT, Duty::Supply, None)]);
    ledger.pass_ms(4 * DAY_MS);
    let supply = Action::SupplyApplication {
        application: application.clone(),
        revision: 2,
        request: asked,
    };
    by(&mut ledger, APPLICANT, supply);
    let now = ledger.now;
    assert_eq!(told(&ledger, now), [of(PROVIDER, Duty::Decide, None)]);
    // Ten working days after Monday the fifth.
    assert_eq!(owed(&ledger, now)[0].clock.due, midnight(20));
    assert_eq!(score(&ledger, PROVIDER, now).answered_in_time, 1);
    assert_eq!(score(&ledger, APPLICANT, now).answered_in_time, 1);
}

#[test]
fn an_application_for_what_is_unconditional_is_answered_sooner() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    ledger
        .apply_for(APPLICANT, &code, request(APPLICANT, &[1]))
        .unwrap();
    let now = ledger.now;
    assert_eq!(owed(&ledger, now)[0].clock.due, midnight(3));
}

#[test]
fn what_was_granted_is_connected_and_no_longer_owed_once_a_binding_is_live() {
    let mut ledger = Ledger::default();
    let code = ledger.granted(1, &[2]).resource;
    let now = ledger.now;
    assert_eq!(told(&ledger, now), [of(PROVIDER, Duty::Provision, None)]);
    assert_eq!(score(&ledger, PROVIDER, midnight(16)).overdue, 1);
    let gateway = key(PROVIDER, Role::Gateway);
    let schema = dirchain_ledger::hash::Hash([1; 32]);
    let column = Column {
        name: id("XM"),
        field: dirchain_ledger::ids::FieldNumber(2),
    };
    let terms = BindingTerms {
        version: 1,
        kind: ResourceKind::Table,
        system: id("人口库"),
        schema,
        columns: dirchain_ledger::bounded::List::new(vec![column]).unwrap(),
        gateway: gateway.public(),
    };
    let resource = code.clone();
    by(
        &mut ledger,
        PROVIDER,
        Action::ProposeBinding { resource, terms },
    );
    let binding = sharing_id(&code, 1);
    let report = |schema| Action::ReportSchema {
        binding: binding.clone(),
        schema,
    };
    ledger.submit(&gateway, vec![report(schema)]).unwrap();
    let now = ledger.now;
    assert_eq!(told(&ledger, now), []);
    // The report shows that the data is there.
    let renewed = |later| score(&ledger, PROVIDER, TimeMs(now.0 + later)).stale_entries;
    assert_eq!((renewed(DAY_MS - 1), renewed(DAY_MS)), (0, 1));
    let before = score(&ledger, PROVIDER, now);
    assert_eq!((before.answered_in_time, before.drifted_bindings), (2, 0));
    ledger.pass_ms(DAY_MS / 2);
    let drift = report(dirchain_ledger::hash::Hash([2; 32]));
    ledger.submit(&gateway, vec![drift]).unwrap();
    let after = score(&ledger, PROVIDER, now);
    let formula = Settings::default().scoring;
    assert_eq!(after.drifted_bindings, 1);
    // One of another schema shows nothing.
    let later = TimeMs(now.0 + DAY_MS);
    assert_eq!(score(&ledger, PROVIDER, later).stale_entries, 1);
    assert_eq!(
        before.points - after.points,
        i64::from(formula.drifted_binding)
    );
}

#[test]
fn an_objection_left_unanswered_is_owed_by_the_steward_too() {
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
    let due = midnight(16);
    let before = TimeMs(due.0 - 1);
    assert_eq!(told(&ledger, before), [of(PROVIDER, Duty::Correct, None)]);
    // The provider can answer no more; that it did not, stays.
    assert_eq!(told(&ledger, due), [of(STEWARD, Duty::Settle, None)]);
    let late = score(&ledger, PROVIDER, due);
    assert_eq!((late.answered_late, late.overdue), (1, 0));
    ledger.now = TimeMs(due.0 + DAY_MS);
    let settle = Action::SettleObjection {
        objection: sharing_id(&resource, 1),
        revision: 1,
        outcome: Outcome::Corrected,
        reason: id("应予更正"),
    };
    by(&mut ledger, STEWARD, settle);
    let now = ledger.now;
    assert_eq!(told(&ledger, now), []);
    let late = score(&ledger, PROVIDER, now);
    assert_eq!((late.answered_late, late.overdue), (1, 0));
    let settled = score(&ledger, STEWARD, now);
    assert_eq!(settled.office_in_time, 2, "one is the publication");
    assert_eq!(settled.answered_in_time, 0, "it is the office's");
}

#[test]
fn demands_findings_and_obligations_run_too() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let due = midnight(6);
    let demand = Action::RaiseDemand {
        id: id("X-1"),
        asker: id(APPLICANT),
        text: id("需要残疾人证信息"),
    };
    by(&mut ledger, APPLICANT, demand);
    let list = id("第一批");
    by(
        &mut ledger,
        STEWARD,
        Action::ImposeObligation {
            resource,
            list,
            due,
        },
    );
    let finding = Action::OpenFinding {
        id: id("J-1"),
        subject: FindingSubject::Department(id(PROVIDER)),
        title: id("目录长期未更新"),
        text: None,
        due,
    };
    let inspector = key(REGISTRAR, Role::Inspector);
    ledger.submit(&inspector, vec![finding]).unwrap();
    let now = ledger.now;
    let expected = [
        of(PROVIDER, Duty::AnswerFinding, None),
        of(PROVIDER, Duty::Share, None),
        of(STEWARD, Duty::Assign, None),
    ];
    assert_eq!(told(&ledger, now), expected);
    let only = |department: &str| {
        let (height, department) = (ledger.tip.height, id(department));
        let at = Moment { height, time: now };
        deadlines(&ledger.state, at, Some(&department))
            .unwrap()
            .len()
    };
    assert_eq!((only(PROVIDER), only(STEWARD), only(APPLICANT)), (2, 1, 0));
    let assign = Action::AssignDemand {
        demand: id("X-1"),
        revision: 1,
        department: id(PROVIDER),
        reason: None,
    };
    by(&mut ledger, STEWARD, assign);
    let now = ledger.now;
    assert_eq!(
        told(&ledger, now)[2],
        of(PROVIDER, Duty::AnswerDemand, None)
    );
    let assigned = score(&ledger, STEWARD, now).office_in_time;
    assert_eq!(assigned, 2, "one is the publication");
}

#[test]
fn an_entry_is_stale_once_its_cycle_is_over() {
    let mut ledger = Ledger::default();
    ledger.published(PROVIDER, 1);
    let published = ledger.now;
    let at = |later| score(&ledger, PROVIDER, TimeMs(published.0 + later)).stale_entries;
    assert_eq!((at(DAY_MS - 1), at(DAY_MS)), (0, 1), "it is renewed daily");
}

#[test]
fn ranks_are_shared_by_those_with_the_same_points() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let asked = request(APPLICANT, &[2]);
    let application = ledger.apply_for(APPLICANT, &code, asked).unwrap();
    by(&mut ledger, PROVIDER, ask(&application));
    let supply = Action::SupplyApplication {
        application,
        revision: 2,
        request: request(APPLICANT, &[2]),
    };
    by(&mut ledger, APPLICANT, supply);
    let at = ledger.moment();
    let all = scores(&ledger.state, at).unwrap();
    // The provider asked in time, the applicant supplied in time. The steward published in time, which is
    // its office and earns no points.
    let first = |place: usize| (all[place].department.as_str(), all[place].rank);
    assert_eq!([first(0), first(1)], [(PROVIDER, 1), (APPLICANT, 1)]);
    assert!(all[2..].iter().all(|score| score.rank == 3));
    let steward = all.iter().find(|score| score.department == id(STEWARD));
    let base = i64::from(Settings::default().scoring.base);
    let told = steward.map(|steward| (steward.office_in_time, steward.points));
    assert_eq!(told, Some((1, base)));
    assert!(
        !all.iter()
            .any(|score| score.department.as_str() == SUSPENDED)
    );
    let days = WorkingDays(Settings::default().deadlines.conditional.0);
    assert_eq!(days, WorkingDays(10), "what the other tests count with");
}

fn raise(resource: &ResourceCode, raiser: &str) -> Action {
    Action::RaiseObjection {
        resource: resource.clone(),
        raiser: id(raiser),
        kind: ObjectionKind::Correction {
            fields: numbers(&[1]),
        },
        reason: id("姓名有误"),
        evidence: None,
    }
}

fn close(objection: &SharingId, revision: u32) -> Action {
    Action::CloseObjection {
        objection: objection.clone(),
        revision,
        reason: id("不再坚持"),
    }
}

/// The responsibility of one department, with the entries that cite it, passes to another.
fn passes(from: &str, to: &str, dissolves: &[&str]) -> Measure {
    let transfer = Transfer {
        responsibility: responsibility(from),
        from: id(from),
        to: Some(id(to)),
    };
    Measure::Reorganise(Reorganisation {
        kind: match dissolves.is_empty() {
            true => ReorganisationKind::Split,
            false => ReorganisationKind::Merge,
        },
        document: id("机构改革方案"),
        transfers: List::new(vec![transfer]).unwrap(),
        dissolves: List::new(dissolves.iter().map(|department| id(department)).collect()).unwrap(),
        renames: List::default(),
        successors: List::default(),
    })
}

#[test]
fn publications_and_returns_are_answers() {
    let mut ledger = Ledger::default();
    let own = entry(&responsibility(PROVIDER));
    let late_ms = 8 * DAY_MS;
    for number in 1..=4 {
        ledger.draft(PROVIDER, &code(number), &own).unwrap();
        ledger.submit_draft(PROVIDER, &code(number)).unwrap();
    }
    let give_back = |ledger: &mut Ledger, number| {
        let (code, revision) = (code(number), ledger.revision(&code(number)));
        let reason = id("摘要不完整");
        let action = Action::ReturnResource {
            code,
            revision,
            reason,
        };
        by(ledger, STEWARD, action);
    };
    ledger.publish(PROVIDER, &code(1)).unwrap();
    give_back(&mut ledger, 2);
    assert_eq!(counts(&ledger, STEWARD, ledger.now), (2, 0, 0));
    ledger.pass_ms(late_ms);
    assert_eq!(counts(&ledger, STEWARD, ledger.now), (2, 0, 2));
    ledger.publish(PROVIDER, &code(3)).unwrap();
    give_back(&mut ledger, 4);
    assert_eq!(counts(&ledger, STEWARD, ledger.now), (2, 2, 0));
    // What is submitted again is owed anew.
    ledger.submit_draft(PROVIDER, &code(4)).unwrap();
    ledger.publish(PROVIDER, &code(4)).unwrap();
    assert_eq!(counts(&ledger, STEWARD, ledger.now), (3, 2, 0));
}

#[test]
fn a_submission_taken_back_is_owed_by_nobody_and_stays_late_if_it_was() {
    let mut ledger = Ledger::default();
    let own = entry(&responsibility(PROVIDER));
    ledger.draft(PROVIDER, &code(1), &own).unwrap();
    for late in 0..=1 {
        ledger.submit_draft(PROVIDER, &code(1)).unwrap();
        ledger.pass_ms(8 * DAY_MS * i64::from(late));
        ledger.draft(PROVIDER, &code(1), &own).unwrap();
        assert_eq!(told(&ledger, ledger.now), []);
        assert_eq!(counts(&ledger, STEWARD, ledger.now), (0, late, 0));
    }
}

#[test]
fn the_steward_owes_nothing_while_the_notice_of_what_shares_less_runs() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let mut narrower = entry(&responsibility(PROVIDER));
    narrower.fields.as_mut_slice()[0].sharing = Some(not_shared());
    ledger.draft(PROVIDER, &resource, &narrower).unwrap();
    ledger.submit_draft(PROVIDER, &resource).unwrap();
    // It can return it, as long as nobody proposes it.
    let publish = of(STEWARD, Duty::Publish, None);
    assert_eq!(told(&ledger, ledger.now), std::slice::from_ref(&publish));
    let measure = Measure::Narrow {
        code: resource.clone(),
        revision: ledger.revision(&resource),
    };
    let proposal = ledger.propose(&head(PROVIDER), measure).unwrap();
    let not_before = ledger
        .state
        .proposal(&proposal)
        .unwrap()
        .unwrap()
        .not_before;
    assert_eq!(told(&ledger, TimeMs(not_before.0 - 1)), []);
    assert_eq!(told(&ledger, not_before), [publish]);
    let due = owed(&ledger, not_before)[0].clock.due;
    assert!(not_before.0 + 4 * DAY_MS < due.0, "{not_before} {due}");
    ledger.now = not_before;
    ledger.approve(&administrator(STEWARD), &proposal).unwrap();
    assert_eq!(told(&ledger, ledger.now), []);
    assert_eq!(counts(&ledger, STEWARD, ledger.now), (1, 0, 0), "version 1");
}

#[test]
fn what_a_raiser_takes_back_is_nobody_s_answer() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    by(&mut ledger, APPLICANT, raise(&resource, APPLICANT));
    let objection = sharing_id(&resource, 1);
    by(&mut ledger, APPLICANT, close(&objection, 1));
    assert_eq!(counts(&ledger, PROVIDER, ledger.now), (0, 0, 0));
    // Answered, escalated, taken back: the provider answered, the steward did not.
    by(&mut ledger, APPLICANT, raise(&resource, APPLICANT));
    let objection = sharing_id(&resource, 2);
    let answer = Action::AnswerObjection {
        objection: objection.clone(),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("核对无误"),
    };
    by(&mut ledger, PROVIDER, answer);
    let escalate = Action::EscalateObjection {
        objection: objection.clone(),
        revision: 2,
        reason: id("不认可"),
    };
    by(&mut ledger, APPLICANT, escalate);
    by(&mut ledger, APPLICANT, close(&objection, 3));
    assert_eq!(counts(&ledger, PROVIDER, ledger.now), (1, 0, 0));
    assert_eq!(counts(&ledger, STEWARD, ledger.now), (1, 0, 0), "version 1");
    // Left unanswered first, that stays.
    by(&mut ledger, APPLICANT, raise(&resource, APPLICANT));
    ledger.pass_ms(20 * DAY_MS);
    by(&mut ledger, APPLICANT, close(&sharing_id(&resource, 3), 1));
    assert_eq!(counts(&ledger, PROVIDER, ledger.now), (1, 1, 0));
}

#[test]
fn nothing_is_connected_for_a_grant_that_is_suspended() {
    let mut ledger = Ledger::default();
    let authorization = ledger.granted(1, &[2]);
    let now = ledger.moment().time;
    assert_eq!(told(&ledger, now), [of(PROVIDER, Duty::Provision, None)]);
    let reason = id("超范围使用");
    let suspend = Action::SuspendAuthorization {
        authorization: authorization.clone(),
        revision: 1,
        reason,
    };
    ledger.submit(&head(PROVIDER), vec![suspend]).unwrap();
    assert_eq!(told(&ledger, ledger.moment().time), []);
    assert_eq!(counts(&ledger, PROVIDER, midnight(40)), (1, 0, 0));
}

#[test]
fn nothing_is_connected_for_a_grant_that_is_over() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let mut asked = request(APPLICANT, &[2]);
    asked.to = TimeMs(GENESIS_TIME.0 + 5 * DAY_MS);
    let application = ledger
        .apply_for(APPLICANT, &resource, asked.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(application, &asked));
    by(&mut ledger, PROVIDER, grant);
    let before = TimeMs(asked.to.0 - 1);
    assert_eq!(told(&ledger, before), [of(PROVIDER, Duty::Provision, None)]);
    assert_eq!(told(&ledger, asked.to), []);
    assert_eq!(counts(&ledger, PROVIDER, midnight(40)), (1, 0, 0));
    // A longer one is owed until it is over, and stays late after.
    let lasting = ledger.granted(2, &[2]);
    let to = ledger.state.authorization(&lasting).unwrap().unwrap().to;
    assert_eq!(counts(&ledger, PROVIDER, TimeMs(to.0 - 1)), (2, 0, 1));
    assert_eq!(counts(&ledger, PROVIDER, to), (2, 1, 0));
}

/// An application that is taken back was owed by nobody before it was due, and stays late afterwards.
#[test]
fn an_application_taken_back_is_no_answer_of_its_provider() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    for late in 0..=1 {
        let asked = request(APPLICANT, &[2]);
        let application = ledger.apply_for(APPLICANT, &resource, asked).unwrap();
        ledger.pass_ms(20 * DAY_MS * i64::from(late));
        ledger.take_back(application).unwrap();
        assert_eq!(told(&ledger, ledger.now), []);
        assert_eq!(counts(&ledger, PROVIDER, ledger.now), (0, late, 0));
    }
}

/// A grant that was given up before the data was connected leaves nothing; one that is given up in the
/// block that connects it was connected.
#[test]
fn what_is_connected_after_a_grant_was_given_up_is_no_answer() {
    for in_one_block in [false, true] {
        let mut ledger = Ledger::default();
        let granted = ledger.granted(1, &[2]);
        let gateway = key(PROVIDER, Role::Gateway);
        let schema = dirchain_ledger::hash::Hash([1; 32]);
        let column = Column {
            name: id("XM"),
            field: dirchain_ledger::ids::FieldNumber(2),
        };
        let terms = BindingTerms {
            version: 1,
            kind: ResourceKind::Table,
            system: id("人口库"),
            schema,
            columns: List::new(vec![column]).unwrap(),
            gateway: gateway.public(),
        };
        let resource = granted.resource.clone();
        let binding = sharing_id(&resource, 1);
        by(
            &mut ledger,
            PROVIDER,
            Action::ProposeBinding { resource, terms },
        );
        let give_up = Action::EndAuthorization {
            authorization: granted,
            revision: 1,
            reason: id("用毕"),
        };
        let give_up = ledger.sign(&head(APPLICANT), vec![give_up]);
        let live = ledger.sign(&gateway, vec![Action::ReportSchema { binding, schema }]);
        match in_one_block {
            true => drop(ledger.extend(&[give_up, live])),
            false => {
                ledger.submit_signed(give_up).unwrap();
                ledger.submit_signed(live).unwrap();
            }
        }
        // The grant's decision, and the connection where it counts.
        let answers = 1 + u32::from(in_one_block);
        assert_eq!(counts(&ledger, PROVIDER, ledger.now), (answers, 0, 0));
    }
}

#[test]
fn nothing_is_connected_until_a_new_holder_is_confirmed() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    ledger
        .agree(&head(REGISTRAR), passes(APPLICANT, BYSTANDER, &[]))
        .unwrap();
    assert_eq!(told(&ledger, ledger.now), []);
    let confirm = Action::ConfirmHolder {
        authorization: granted,
        revision: 1,
    };
    by(&mut ledger, PROVIDER, confirm);
    let connect = of(PROVIDER, Duty::Provision, None);
    assert_eq!(told(&ledger, ledger.now), [connect]);
}

#[test]
fn answers_stay_with_who_gave_them_and_what_is_owed_passes_on() {
    let mut ledger = Ledger::default();
    let resource = ledger.granted(1, &[2]).resource;
    by(&mut ledger, APPLICANT, raise(&resource, APPLICANT));
    let owes = |ledger: &Ledger, department: &str| {
        let all = told(ledger, ledger.now);
        all.iter().filter(|(who, _, _)| who == department).count()
    };
    assert_eq!((owes(&ledger, PROVIDER), owes(&ledger, BYSTANDER)), (2, 0));
    ledger
        .agree(&head(REGISTRAR), passes(PROVIDER, BYSTANDER, &[]))
        .unwrap();
    let now = ledger.now;
    assert_eq!(counts(&ledger, PROVIDER, now), (1, 0, 0), "the grant");
    assert_eq!(counts(&ledger, BYSTANDER, now), (0, 0, 0));
    assert_eq!((owes(&ledger, PROVIDER), owes(&ledger, BYSTANDER)), (0, 2));
}

#[test]
fn nobody_owes_a_dissolved_applicant_an_answer() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let asked = request(BYSTANDER, &[2]);
    ledger.apply_for(BYSTANDER, &resource, asked).unwrap();
    assert_eq!(told(&ledger, ledger.now).len(), 1);
    ledger
        .agree(&head(REGISTRAR), passes(BYSTANDER, DEPUTY, &[BYSTANDER]))
        .unwrap();
    assert_eq!(told(&ledger, ledger.now), []);
    assert_eq!(counts(&ledger, PROVIDER, midnight(60)), (0, 0, 0));
}

#[test]
fn who_was_asked_before_another_keeps_what_it_left_late() {
    for late in 0..=1 {
        let mut ledger = Ledger::default();
        let demand = Action::RaiseDemand {
            id: id("X-1"),
            asker: id(APPLICANT),
            text: id("需要残疾人证信息"),
        };
        by(&mut ledger, APPLICANT, demand);
        let assign = |department: &str, revision, reason: Option<&str>| Action::AssignDemand {
            demand: id("X-1"),
            revision,
            department: id(department),
            reason: reason.map(id),
        };
        by(&mut ledger, STEWARD, assign(PROVIDER, 1, None));
        ledger.pass_ms(40 * DAY_MS * i64::from(late));
        let another = assign(BYSTANDER, 2, Some("职责不符"));
        by(&mut ledger, STEWARD, another);
        assert_eq!(counts(&ledger, PROVIDER, ledger.now), (0, late, 0));
        let owed = of(BYSTANDER, Duty::AnswerDemand, None);
        assert_eq!(told(&ledger, ledger.now), [owed]);
        assert_eq!(
            counts(&ledger, STEWARD, ledger.now),
            (1, 0, 0),
            "assigned once"
        );
    }
}

/// A chain with other deadlines, each of a length of its own.
fn with_deadlines(with: impl FnOnce(&mut Deadlines)) -> Ledger {
    let mut records = genesis_records();
    let parameters = records.iter_mut().find_map(|record| match record {
        Record::Parameters(parameters) => Some(parameters),
        _ => None,
    });
    with(&mut parameters.unwrap().settings.deadlines);
    Ledger::new(&Genesis::new(id("城市"), GENESIS_TIME, records).unwrap())
}

#[test]
fn what_an_applicant_owes_has_a_deadline_of_its_own() {
    let mut ledger = with_deadlines(|deadlines| deadlines.supplement = WorkingDays(2));
    let code = ledger.published(PROVIDER, 1);
    let asked = request(APPLICANT, &[2]);
    let application = ledger.apply_for(APPLICANT, &code, asked).unwrap();
    by(&mut ledger, PROVIDER, ask(&application));
    let now = ledger.now;
    assert_eq!(told(&ledger, now), [of(APPLICANT, Duty::Supply, None)]);
    // Two working days after Thursday the first: Friday and Monday.
    assert_eq!(owed(&ledger, now)[0].clock.due, midnight(6));
}

fn raised(ledger: &mut Ledger, resource: &dirchain_ledger::ids::ResourceCode, raiser: &str) {
    let raise = Action::RaiseObjection {
        resource: resource.clone(),
        raiser: id(raiser),
        kind: ObjectionKind::Correction {
            fields: numbers(&[1]),
        },
        reason: id("姓名有误"),
        evidence: None,
    };
    by(ledger, raiser, raise);
}

#[test]
fn an_objection_answered_in_time_never_stands_before_the_steward_by_itself() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    raised(&mut ledger, &resource, APPLICANT);
    let answer = Action::AnswerObjection {
        objection: sharing_id(&resource, 1),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("经核对无误"),
    };
    by(&mut ledger, PROVIDER, answer);
    for day in [2, 16, 17, 40] {
        assert_eq!(told(&ledger, midnight(day)), [], "on the {day}th");
    }
}

/// The line of the steward reaches up and down: neither its sub-unit's entries nor what it
/// objects to itself are its own to decide on.
#[test]
fn what_concerns_the_steward_s_sub_units_is_owed_by_its_deputy() {
    let mut records = genesis_records();
    let at = Moment {
        height: dirchain_ledger::ids::Height::GENESIS,
        time: GENESIS_TIME,
    };
    for record in &mut records {
        let Record::Offices(offices) = record else {
            continue;
        };
        // The provider's sub-unit is the steward.
        let holders = Office::ALL.map(|office| {
            let holder = offices.holder(office).cloned();
            (office, holder)
        });
        let holders = holders.into_iter().filter_map(|(office, holder)| {
            let holder = if office == Office::Steward {
                Some(id(SUB_UNIT))
            } else {
                holder
            };
            Some((office, holder?))
        });
        *offices = Offices::begin(at, holders.collect::<Vec<_>>()).unwrap();
    }
    let mut ledger = Ledger::new(&Genesis::new(id("城市"), GENESIS_TIME, records).unwrap());
    for (number, (provider, publisher)) in (1..).zip([
        (PROVIDER, DEPUTY),
        (SUB_UNIT, DEPUTY),
        (BYSTANDER, SUB_UNIT),
    ]) {
        let entry = entry(&responsibility(root_of(provider)));
        ledger.draft(provider, &code(number), &entry).unwrap();
        ledger.submit_draft(provider, &code(number)).unwrap();
        let at = ledger.moment();
        let all = deadlines(&ledger.state, at, None).unwrap();
        let subject = RecordId::Resource(code(number));
        let mut own = all
            .iter()
            .filter(|deadline| deadline.clock.subject == subject);
        let department = own.next().unwrap().clock.department.to_string();
        assert_eq!(department, publisher, "an entry of {provider}");
    }
}

#[test]
fn an_answer_that_does_not_clear_a_finding_leaves_another_owed() {
    let mut ledger = Ledger::default();
    let inspector = key(REGISTRAR, Role::Inspector);
    let due = midnight(20);
    let open = Action::OpenFinding {
        id: id("J-1"),
        subject: FindingSubject::Department(id(PROVIDER)),
        title: id("目录长期未更新"),
        text: None,
        due,
    };
    ledger.submit(&inspector, vec![open]).unwrap();
    let expected = [of(PROVIDER, Duty::AnswerFinding, None)];
    for (revision, cleared) in [(1, false), (3, true)] {
        let now = ledger.now;
        assert_eq!(told(&ledger, now), expected);
        let answer = Action::AnswerFinding {
            finding: id("J-1"),
            revision,
            text: id("已更新"),
        };
        ledger.submit(&head(PROVIDER), vec![answer]).unwrap();
        let now = ledger.now;
        assert_eq!(told(&ledger, now), [], "an answer waits for its judgement");
        let judge = Action::JudgeFinding {
            finding: id("J-1"),
            revision: revision + 1,
            cleared,
            reason: id("已核查"),
        };
        ledger.submit(&inspector, vec![judge]).unwrap();
    }
    let now = ledger.now;
    assert_eq!(told(&ledger, now), []);
    assert_eq!(score(&ledger, PROVIDER, now).answered_in_time, 2);
    // The second answer was owed since the first was found wanting.
    assert_eq!(score(&ledger, PROVIDER, TimeMs(due.0 + DAY_MS)).overdue, 0);
}

#[test]
fn every_cycle_is_as_long_as_its_name_allows() {
    let cycles = [
        (UpdateCycle::RealTime, Some(1)),
        (UpdateCycle::Daily, Some(1)),
        (UpdateCycle::Weekly, Some(7)),
        (UpdateCycle::Monthly, Some(31)),
        (UpdateCycle::Quarterly, Some(92)),
        (UpdateCycle::HalfYearly, Some(184)),
        (UpdateCycle::Yearly, Some(366)),
        (UpdateCycle::Rarer, None),
        (UpdateCycle::Irregular, None),
    ];
    for (cycle, days) in cycles {
        let mut ledger = Ledger::default();
        let mut entry = entry(&responsibility(PROVIDER));
        entry.update_cycle = Some(cycle);
        ledger.draft(PROVIDER, &code(1), &entry).unwrap();
        ledger.submit_draft(PROVIDER, &code(1)).unwrap();
        ledger.publish(PROVIDER, &code(1)).unwrap();
        let published = ledger.now;
        let at = |later| score(&ledger, PROVIDER, TimeMs(published.0 + later)).stale_entries;
        match days {
            Some(days) => {
                let over = days * DAY_MS;
                assert_eq!((at(over - 1), at(over)), (0, 1), "{cycle:?}");
            }
            None => assert_eq!(at(5_000 * DAY_MS), 0, "{cycle:?}"),
        }
    }
}

/// Records are read page by page; none is left out where a page ends.
#[test]
fn all_of_many_departments_are_scored_and_told_as_readers() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let known = scores(&ledger.state, ledger.moment()).unwrap().len();
    let model = ledger.state.department(&id(BYSTANDER)).unwrap().unwrap();
    let mut outcome = ledger.outcomes.last().unwrap().clone();
    outcome.pages.clear();
    for more in [1, 245, 600] {
        let added = (0..more).map(|number| {
            let mut department = model.clone();
            department.id = id(&format!("D{:03}", 100 + number));
            let record = Record::Department(department);
            (record.id(), record)
        });
        outcome.records = added.collect();
        ledger.state.apply(&outcome);
        let at = ledger.moment();
        assert_eq!(scores(&ledger.state, at).unwrap().len(), known + more);
        let field = dirchain_ledger::ids::FieldNumber(1);
        let readers = who_may_read(&ledger.state, &resource, field, at).unwrap();
        assert_eq!(readers.len(), known + more);
    }
}

/// Whoever let an answer lie past its day keeps the delay; whoever provides the entry since owes the answer.
#[test]
fn a_delay_stays_with_who_let_the_answer_lie() {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let application = ledger
        .apply_for(APPLICANT, &resource, request(APPLICANT, &[2]))
        .unwrap();
    ledger.pass_ms(30 * DAY_MS);
    assert_eq!(counts(&ledger, PROVIDER, ledger.now).2, 1);
    ledger
        .agree(&head(REGISTRAR), passes(PROVIDER, BYSTANDER, &[]))
        .unwrap();
    assert_eq!(counts(&ledger, PROVIDER, ledger.now).2, 1);
    assert_eq!(counts(&ledger, BYSTANDER, ledger.now), (0, 0, 0));
    let owed = owed(&ledger, ledger.now);
    assert_eq!(owed[0].clock.department.as_str(), BYSTANDER);
    assert!(owed[0].late.is_some());
    by(&mut ledger, BYSTANDER, ask(&application));
    assert_eq!(counts(&ledger, PROVIDER, ledger.now), (0, 1, 0));
    assert_eq!(counts(&ledger, BYSTANDER, ledger.now), (0, 0, 0));
}
