//! Applications before their decision (S4), data elements (C7), objections (R5), findings, demands,
//! obligations.

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::execute::Rehearsal;
use dirchain_ledger::ids::{FieldNumber, Height, ResourceCode, SharingId, TimeMs};
use dirchain_ledger::limits;
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::records::*;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

const ELEMENT: &str = "DE1";

fn inspector() -> SecretKey {
    key(REGISTRAR, Role::Inspector)
}

fn ask(id: &SharingId, revision: u32) -> Action {
    Action::AskForMore {
        application: id.clone(),
        revision,
        reason: dirchain_ledger::testing::id("缺少依据"),
    }
}

fn supply(application: &SharingId, revision: u32, request: Request) -> Action {
    Action::SupplyApplication {
        application: application.clone(),
        revision,
        request,
    }
}

fn review(application: &SharingId, revision: u32) -> Action {
    Action::ReviewApplication {
        application: application.clone(),
        revision,
    }
}

fn refuse(application: &SharingId, revision: u32) -> Action {
    Action::Refuse {
        application: application.clone(),
        revision,
        reason: id("用途不符"),
    }
}

fn define(code: &str) -> Action {
    Action::DefineElement {
        code: id(code),
        name: id("公民身份号码"),
        definition: id("公民的唯一身份号码"),
        field_type: FieldType::C,
    }
}

fn retire(revision: u32) -> Action {
    Action::RetireElement {
        code: id(ELEMENT),
        revision,
        reason: id("标准废止"),
    }
}

fn claim(resource: &ResourceCode, field: u16) -> Action {
    Action::ClaimSource {
        element: id(ELEMENT),
        resource: resource.clone(),
        field: FieldNumber(field),
        reason: id("登记时产生"),
    }
}

fn raise(resource: &ResourceCode, raiser: &str, kind: ObjectionKind) -> Action {
    Action::RaiseObjection {
        resource: resource.clone(),
        raiser: id(raiser),
        kind,
        reason: id("姓名有误"),
        evidence: None,
    }
}

fn correction() -> ObjectionKind {
    ObjectionKind::Correction {
        fields: numbers(&[1]),
    }
}

fn answer(objection: &SharingId, revision: u32, outcome: Outcome) -> Action {
    Action::AnswerObjection {
        objection: objection.clone(),
        revision,
        outcome,
        reason: id("核对无误"),
    }
}

fn escalate(objection: &SharingId, revision: u32) -> Action {
    Action::EscalateObjection {
        objection: objection.clone(),
        revision,
        reason: id("不认可"),
    }
}

fn close(objection: &SharingId, revision: u32) -> Action {
    Action::CloseObjection {
        objection: objection.clone(),
        revision,
        reason: id("已解决"),
    }
}

fn settle(objection: &SharingId, revision: u32, outcome: Outcome) -> Action {
    Action::SettleObjection {
        objection: objection.clone(),
        revision,
        outcome,
        reason: id("裁定"),
    }
}

fn open_finding(subject: FindingSubject) -> Action {
    Action::OpenFinding {
        id: id("J-1"),
        subject,
        title: id("目录长期未更新"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 9 * DAY_MS),
    }
}

fn answer_finding(revision: u32) -> Action {
    Action::AnswerFinding {
        finding: id("J-1"),
        revision,
        text: id("已更新"),
    }
}

fn judge(revision: u32, cleared: bool) -> Action {
    Action::JudgeFinding {
        finding: id("J-1"),
        revision,
        cleared,
        reason: id("核查意见"),
    }
}

fn demand(number: u32) -> Action {
    Action::RaiseDemand {
        id: id(&format!("X-{number}")),
        asker: id(APPLICANT),
        text: id("需要残疾人证信息"),
    }
}

fn assign(revision: u32) -> Action {
    Action::AssignDemand {
        demand: id("X-1"),
        revision,
        department: id(PROVIDER),
        reason: None,
    }
}

fn assign_to(department: &str, revision: u32, reason: Option<&str>) -> Action {
    Action::AssignDemand {
        demand: id("X-1"),
        revision,
        department: id(department),
        reason: reason.map(id),
    }
}

fn answer_demand(revision: u32, resource: Option<ResourceCode>) -> Action {
    Action::AnswerDemand {
        demand: id("X-1"),
        revision,
        resource,
        reason: id("答复"),
    }
}

fn impose(resource: &ResourceCode) -> Action {
    Action::ImposeObligation {
        resource: resource.clone(),
        list: id("第一批共享责任清单"),
        due: TimeMs(GENESIS_TIME.0 + 9 * DAY_MS),
    }
}

fn meet(resource: &ResourceCode, revision: u32) -> Action {
    Action::MeetObligation {
        obligation: sharing_id(resource, 1),
        revision,
    }
}

/// One action of every kind of these.
pub(crate) fn one_of_each() -> Vec<Action> {
    let (resource, numbered) = (code(1), sharing_id(&code(1), 1));
    vec![
        ask(&numbered, 1),
        supply(&numbered, 1, request(PROVIDER, &[2])),
        review(&numbered, 1),
        define(ELEMENT),
        retire(1),
        claim(&resource, 2),
        raise(&resource, PROVIDER, correction()),
        answer(&numbered, 1, Outcome::Upheld),
        escalate(&numbered, 1),
        close(&numbered, 1),
        settle(&numbered, 1, Outcome::Upheld),
        open_finding(FindingSubject::Department(id(PROVIDER))),
        answer_finding(1),
        judge(1, true),
        demand(1),
        assign(1),
        answer_demand(1, None),
        impose(&resource),
        meet(&resource, 1),
    ]
}

/// A ledger and its actions one by one.
struct City(Ledger);

impl City {
    fn published() -> (Self, ResourceCode) {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        (Self(ledger), code)
    }

    /// An application of [`APPLICANT`] for field 2.
    fn applied() -> (Self, SharingId) {
        let (mut city, code) = Self::published();
        let request = request(APPLICANT, &[2]);
        let id = city.0.apply_for(APPLICANT, &code, request).unwrap();
        (city, id)
    }

    /// The same, refused.
    fn refused() -> (Self, SharingId) {
        let (mut city, application) = Self::applied();
        city.by(PROVIDER, review(&application, 1)).unwrap();
        city.by(PROVIDER, refuse(&application, 2)).unwrap();
        (city, application)
    }

    /// An objection to field 1 by [`APPLICANT`].
    fn objected() -> (Self, SharingId) {
        let (mut city, code) = Self::published();
        let action = raise(&code, APPLICANT, correction());
        city.by(APPLICANT, action).unwrap();
        (city, sharing_id(&code, 1))
    }

    /// Two entries whose field 2 is the data element, of [`PROVIDER`] and [`APPLICANT`]; the first
    /// is its source.
    fn claimed() -> (Self, ResourceCode, ResourceCode) {
        let mut city = Self(Ledger::default());
        for (provider, number) in [(PROVIDER, 1), (APPLICANT, 2)] {
            let mut entry = entry(&responsibility(provider));
            let mut fields = entry.fields.into_vec();
            fields[1].data_element = Some(id(ELEMENT));
            entry.fields = List::new(fields).unwrap();
            city.0.draft(provider, &code(number), &entry).unwrap();
            city.0.submit_draft(provider, &code(number)).unwrap();
            city.0.publish(provider, &code(number)).unwrap();
        }
        city.by(DEPUTY, define(ELEMENT)).unwrap();
        city.by(PROVIDER, claim(&code(1), 2)).unwrap();
        (city, code(1), code(2))
    }

    fn by(&mut self, department: &str, action: Action) -> Result<Height, Rejection> {
        self.0.submit(&administrator(department), vec![action])
    }

    fn refusal(&mut self, department: &str, action: Action) -> Rejection {
        self.by(department, action).unwrap_err()
    }

    fn inspector(&mut self, action: Action) -> Result<Height, Rejection> {
        self.0.submit(&inspector(), vec![action])
    }

    fn stage(&self, id: &SharingId) -> ApplicationStage {
        let application = self.0.state.application(id).unwrap().unwrap();
        let last = application.stages.last().unwrap();
        assert_eq!(last.stage, application.status.stage());
        last.stage
    }

    fn objection(&self, id: &SharingId) -> Objection {
        self.0.state.objection(id).unwrap().unwrap()
    }

    fn docket(&self, department: &str) -> Docket {
        let stored = self.0.state.docket(&id(department)).unwrap();
        stored.unwrap_or_else(|| Docket::new(id(department)))
    }

    fn source(&self) -> ResourceCode {
        let element = self.0.state.data_element(&id(ELEMENT)).unwrap();
        element.unwrap().source().unwrap().resource.clone()
    }
}

#[test]
fn s4_what_an_application_lacks_is_asked_for_and_supplied() {
    let (mut city, application) = City::applied();
    city.by(PROVIDER, ask(&application, 1)).unwrap();
    assert_eq!(city.stage(&application), ApplicationStage::NeedsMore);
    let mut request = request(APPLICANT, &[1, 2]);
    request.scene = id("补充后的场景");
    city.by(APPLICANT, supply(&application, 2, request.clone()))
        .unwrap();
    assert_eq!(city.stage(&application), ApplicationStage::Submitted);
    city.by(PROVIDER, review(&application, 3)).unwrap();
    assert_eq!(city.stage(&application), ApplicationStage::InReview);
    assert_eq!(city.docket(APPLICANT).applications, 1);
    let mut grant = grant_of(application.clone(), &request);
    grant.revision = 4;
    city.by(PROVIDER, Action::Grant(grant)).unwrap();
    assert_eq!(city.docket(APPLICANT).applications, 0);
    let stored = city.0.state.application(&application).unwrap().unwrap();
    assert_eq!(stored.request.scene, id("补充后的场景"));
    assert_eq!(stored.stages.len(), 5);
}

/// An amendment published while an application is in review is no dead end.
#[test]
fn s4_what_an_amendment_outdated_is_asked_for_in_review_and_supplied_anew() {
    let (mut city, application) = City::applied();
    city.by(PROVIDER, review(&application, 1)).unwrap();
    let code = application.resource.clone();
    let amended = entry(&responsibility(PROVIDER));
    city.0.draft(PROVIDER, &code, &amended).unwrap();
    city.0.submit_draft(PROVIDER, &code).unwrap();
    city.0.publish(PROVIDER, &code).unwrap();
    let mut asked = request(APPLICANT, &[2]);
    let mut grant = grant_of(application.clone(), &asked);
    grant.revision = 2;
    let refused = city.refusal(PROVIDER, Action::Grant(grant.clone()));
    assert_eq!(refused.code(), "other-version");
    city.by(PROVIDER, ask(&application, 2)).unwrap();
    asked.version = 2;
    city.by(APPLICANT, supply(&application, 3, asked)).unwrap();
    grant.revision = 4;
    city.by(PROVIDER, Action::Grant(grant)).unwrap();
}

#[test]
fn s4_withdrawing_an_entry_refuses_what_waits_in_any_stage() {
    let (mut city, application) = City::applied();
    city.by(PROVIDER, ask(&application, 1)).unwrap();
    let measure = Measure::Withdraw {
        code: application.resource.clone(),
        revision: city.0.revision(&application.resource),
        reason: id("系统停用"),
    };
    city.0.agree(&head(PROVIDER), measure).unwrap();
    assert_eq!(city.stage(&application), ApplicationStage::Refused);
    assert_eq!(city.docket(APPLICANT).applications, 0);
}

#[test]
fn r5_the_provider_answers_and_the_raiser_accepts() {
    let (mut city, objection) = City::objected();
    city.by(PROVIDER, answer(&objection, 1, Outcome::Corrected))
        .unwrap();
    assert_eq!(city.docket(APPLICANT).objections, 1);
    city.by(APPLICANT, close(&objection, 2)).unwrap();
    let stored = city.objection(&objection);
    assert_eq!(stored.stage(), ObjectionStage::Closed);
    let outcomes: Vec<_> = stored.steps.iter().map(|step| step.outcome).collect();
    assert_eq!(
        outcomes,
        [None, Some(Outcome::Corrected), Some(Outcome::Corrected)]
    );
    assert_eq!(city.docket(APPLICANT).objections, 0);
}

#[test]
fn r5_the_steward_settles_what_the_raiser_escalates() {
    let (mut city, objection) = City::objected();
    city.by(PROVIDER, answer(&objection, 1, Outcome::Upheld))
        .unwrap();
    city.by(APPLICANT, escalate(&objection, 2)).unwrap();
    city.by(STEWARD, settle(&objection, 3, Outcome::Corrected))
        .unwrap();
    let stored = city.objection(&objection);
    let last = stored.steps.last().unwrap();
    assert_eq!(last.outcome, Some(Outcome::Corrected));
    assert_eq!(last.decision.department, id(STEWARD));
}

#[test]
fn r5_the_deputy_settles_what_the_steward_raised_or_provides() {
    for (provider, raiser) in [(PROVIDER, STEWARD), (STEWARD, APPLICANT)] {
        let mut city = City(Ledger::default());
        let code = city.0.published(provider, 1);
        city.by(raiser, raise(&code, raiser, correction())).unwrap();
        let objection = sharing_id(&code, 1);
        city.by(provider, answer(&objection, 1, Outcome::Upheld))
            .unwrap();
        city.by(raiser, escalate(&objection, 2)).unwrap();
        let settled = settle(&objection, 3, Outcome::Upheld);
        assert!(city.by(STEWARD, settled.clone()).is_err());
        city.by(DEPUTY, settled).unwrap();
    }
}

/// Ten working days from a Thursday, the genesis' day: through Thursday two weeks later.
#[test]
fn r5_an_objection_left_unanswered_stands_before_the_steward_by_itself() {
    let (mut city, objection) = City::objected();
    let due = TimeMs(GENESIS_TIME.0 + 15 * DAY_MS - 8 * 3_600_000);
    city.0.now = TimeMs(due.0 - 1_001);
    let settled = settle(&objection, 1, Outcome::Corrected);
    let refused = city.refusal(STEWARD, settled.clone());
    assert_eq!(refused.code(), "objection-stage");
    city.0.now = TimeMs(due.0 - 1_000);
    city.by(STEWARD, settled).unwrap();
    assert_eq!(city.objection(&objection).stage(), ObjectionStage::Closed);
}

#[test]
fn r5_an_appeal_makes_an_application_disputed_and_its_end_decides() {
    for (outcome, stage) in [
        (Outcome::Corrected, ApplicationStage::Submitted),
        (Outcome::Upheld, ApplicationStage::Refused),
    ] {
        let (mut city, application) = City::refused();
        let kind = ObjectionKind::Appeal { application: 1 };
        let appeal = raise(&application.resource, APPLICANT, kind);
        city.by(APPLICANT, appeal).unwrap();
        assert_eq!(city.stage(&application), ApplicationStage::Disputed);
        let objection = sharing_id(&application.resource, 1);
        assert_eq!(
            city.objection(&objection).stage(),
            ObjectionStage::Escalated
        );
        city.by(STEWARD, settle(&objection, 1, outcome)).unwrap();
        assert_eq!(city.stage(&application), stage);
        let waits = u32::from(stage == ApplicationStage::Submitted);
        assert_eq!(city.docket(APPLICANT).applications, waits);
        if waits == 1 {
            let mut grant = grant_of(application.clone(), &request(APPLICANT, &[2]));
            grant.revision = 5;
            city.by(PROVIDER, Action::Grant(grant)).unwrap();
        }
    }
}

#[test]
fn c7_the_first_claim_makes_the_source_and_a_second_opens_an_objection() {
    for (outcome, moved) in [(Outcome::Corrected, true), (Outcome::Upheld, false)] {
        let (mut city, first, second) = City::claimed();
        city.by(APPLICANT, claim(&second, 2)).unwrap();
        assert_eq!(city.source(), first);
        // It is put to whose source it is.
        let objection = sharing_id(&first, 1);
        let stored = city.objection(&objection);
        assert_eq!(stored.stage(), ObjectionStage::Raised);
        let kind = ObjectionKind::SourceConflict {
            element: id(ELEMENT),
            resource: second.clone(),
            field: FieldNumber(2),
        };
        assert_eq!(stored.kind, kind);
        city.by(PROVIDER, answer(&objection, 1, Outcome::Upheld))
            .unwrap();
        city.by(APPLICANT, escalate(&objection, 2)).unwrap();
        city.by(STEWARD, settle(&objection, 3, outcome)).unwrap();
        assert_eq!(city.source(), if moved { second } else { first });
    }
}

#[test]
fn c7_a_source_that_gives_way_is_the_claimant_s_once_it_accepts() {
    let (mut city, first, second) = City::claimed();
    city.by(APPLICANT, claim(&second, 2)).unwrap();
    let objection = sharing_id(&first, 1);
    city.by(PROVIDER, answer(&objection, 1, Outcome::Corrected))
        .unwrap();
    assert_eq!(city.source(), first);
    let trail = |city: &City| {
        let claimed = city.0.state.resource(&second).unwrap();
        claimed.unwrap().trail.count
    };
    let before = trail(&city);
    city.by(APPLICANT, close(&objection, 2)).unwrap();
    assert_eq!(city.source(), second);
    assert_eq!(trail(&city), before + 1);
}

#[test]
fn c7_a_claim_taken_back_may_be_made_again() {
    let (mut city, first, second) = City::claimed();
    for number in 1..=2 {
        city.by(APPLICANT, claim(&second, 2)).unwrap();
        let objection = sharing_id(&first, number);
        city.by(APPLICANT, close(&objection, 1)).unwrap();
        assert_eq!(city.source(), first);
    }
}

/// Nobody answers itself: what a department claims from its own entry, the steward decides.
#[test]
fn c7_a_claim_within_one_department_stands_before_the_steward() {
    let (mut city, first, _) = City::claimed();
    let mut another = entry(&responsibility(PROVIDER));
    another.fields.as_mut_slice()[1].data_element = Some(id(ELEMENT));
    city.0.draft(PROVIDER, &code(3), &another).unwrap();
    city.0.submit_draft(PROVIDER, &code(3)).unwrap();
    city.0.publish(PROVIDER, &code(3)).unwrap();
    city.by(PROVIDER, claim(&code(3), 2)).unwrap();
    let objection = sharing_id(&first, 1);
    assert_eq!(
        city.objection(&objection).stage(),
        ObjectionStage::Escalated
    );
    city.by(STEWARD, settle(&objection, 1, Outcome::Corrected))
        .unwrap();
    assert_eq!(city.source(), code(3));
}

/// A field of [`BYSTANDER`]'s claims the source too, and gets it first.
fn overtaken() -> (City, SharingId) {
    let (mut city, first, second) = City::claimed();
    let mut third = entry(&responsibility(BYSTANDER));
    third.fields.as_mut_slice()[1].data_element = Some(id(ELEMENT));
    city.0.draft(BYSTANDER, &code(3), &third).unwrap();
    city.0.submit_draft(BYSTANDER, &code(3)).unwrap();
    city.0.publish(BYSTANDER, &code(3)).unwrap();
    city.by(APPLICANT, claim(&second, 2)).unwrap();
    city.by(BYSTANDER, claim(&code(3), 2)).unwrap();
    let (slow, quick) = (sharing_id(&first, 1), sharing_id(&first, 2));
    for objection in [&slow, &quick] {
        city.by(PROVIDER, answer(objection, 1, Outcome::Corrected))
            .unwrap();
    }
    city.by(BYSTANDER, close(&quick, 2)).unwrap();
    assert_eq!(city.source(), code(3));
    (city, slow)
}

#[test]
fn c7_a_claim_that_came_too_late_is_upheld_or_escalated() {
    let (mut city, slow) = overtaken();
    city.by(APPLICANT, escalate(&slow, 2)).unwrap();
    city.by(STEWARD, settle(&slow, 3, Outcome::Upheld)).unwrap();
    assert_eq!(city.source(), code(3));
}

#[test]
fn findings_are_opened_answered_and_cleared() {
    let (mut city, code) = City::published();
    city.inspector(open_finding(FindingSubject::Resource(code)))
        .unwrap();
    city.by(PROVIDER, answer_finding(1)).unwrap();
    city.inspector(judge(2, false)).unwrap();
    city.by(PROVIDER, answer_finding(3)).unwrap();
    city.inspector(judge(4, true)).unwrap();
    let finding = city.0.state.finding(&id("J-1")).unwrap().unwrap();
    assert_eq!(finding.state(), FindingState::Cleared);
    assert_eq!(finding.answers.len(), 2);
}

#[test]
fn demands_are_assigned_and_answered_by_an_entry_or_a_reason() {
    for lists in [true, false] {
        let (mut city, code) = City::published();
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, assign(1)).unwrap();
        assert_eq!(city.docket(APPLICANT).demands, 1);
        city.by(PROVIDER, answer_demand(2, lists.then_some(code)))
            .unwrap();
        assert_eq!(city.docket(APPLICANT).demands, 0);
        let stored = city.0.state.demand(&id("X-1")).unwrap().unwrap();
        let is_listed = matches!(stored.state, DemandState::Listed { .. });
        assert_eq!(is_listed, lists);
    }
}

#[test]
fn a_demand_passed_on_keeps_who_was_asked_before() {
    let mut city = City(Ledger::default());
    city.by(APPLICANT, demand(1)).unwrap();
    city.by(STEWARD, assign(1)).unwrap();
    city.by(STEWARD, assign_to(BYSTANDER, 2, Some("职责不符")))
        .unwrap();
    let stored = city.0.state.demand(&id("X-1")).unwrap().unwrap();
    let DemandState::Assigned { department, .. } = &stored.state else {
        panic!("{stored:?}");
    };
    assert_eq!(department.as_str(), BYSTANDER);
    let earlier = stored.earlier.first().unwrap();
    assert_eq!(earlier.department.as_str(), PROVIDER);
    assert_eq!(earlier.until.reason, Some(id("职责不符")));
}

#[test]
fn an_entry_stands_in_several_lists() {
    let (mut city, code) = City::published();
    city.by(STEWARD, impose(&code)).unwrap();
    let another = Action::ImposeObligation {
        resource: code.clone(),
        list: id("第二批共享责任清单"),
        due: TimeMs(GENESIS_TIME.0 + 9 * DAY_MS),
    };
    city.by(STEWARD, another).unwrap();
    let stands = |number| city.0.state.obligation(&sharing_id(&code, number)).unwrap();
    assert!(stands(1).is_some() && stands(2).is_some());
}

#[test]
fn an_obligation_is_met_by_a_live_binding() {
    let (mut city, code) = City::published();
    city.by(STEWARD, impose(&code)).unwrap();
    city.by(PROVIDER, crate::usage::propose(&code)).unwrap();
    let report = crate::usage::report(&code, "schema");
    city.0
        .submit(&key(PROVIDER, Role::Gateway), vec![report])
        .unwrap();
    city.by(PROVIDER, meet(&code, 1)).unwrap();
    let stored = city.0.state.obligation(&sharing_id(&code, 1)).unwrap();
    assert!(stored.unwrap().met.is_some());
}

fn objected_then(department: &str, action: impl FnOnce(&SharingId) -> Action) -> Rejection {
    let (mut city, objection) = City::objected();
    let action = action(&objection);
    city.refusal(department, action)
}

fn apply_for(code: &ResourceCode) -> Action {
    Action::Apply {
        resource: code.clone(),
        applicant: id(APPLICANT),
        request: request(APPLICANT, &[2]),
    }
}

/// A finding on a department that was dissolved before it answered, and from which nobody took over.
fn left_finding() -> Ledger {
    let mut ledger = Ledger::default();
    let open = Action::OpenFinding {
        id: id("J-1"),
        subject: FindingSubject::Department(id(BYSTANDER)),
        title: id("目录长期未更新"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 90 * DAY_MS),
    };
    let inspector = key(REGISTRAR, Role::Inspector);
    ledger.submit(&inspector, vec![open]).unwrap();
    let merge = Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Dissolve,
        document: id("京编办〔2026〕6号"),
        transfers: List::new(vec![Transfer {
            responsibility: responsibility(BYSTANDER),
            from: id(BYSTANDER),
            to: None,
        }])
        .unwrap(),
        dissolves: List::new(vec![id(BYSTANDER)]).unwrap(),
        renames: List::default(),
        successors: List::default(),
    });
    ledger.agree(&head(REGISTRAR), merge).unwrap();
    ledger
}

#[test]
fn a_finding_that_nobody_is_left_to_answer_awaits_the_inspectorate_and_is_closed_by_it() {
    use dirchain_ledger::clocks::{Duty, deadlines};
    use dirchain_ledger::inbox::{Awaited, inbox};
    let mut ledger = left_finding();
    let owed = deadlines(&ledger.state, ledger.moment(), None).unwrap();
    assert!(
        owed.iter()
            .all(|owed| owed.clock.duty != Duty::AnswerFinding)
    );
    let waits = |ledger: &Ledger| {
        let items = inbox(&ledger.state, &id(REGISTRAR), ledger.moment()).unwrap();
        items
            .into_iter()
            .any(|item| item.awaited == Awaited::Verdict)
    };
    assert!(waits(&ledger));
    let inspector = key(REGISTRAR, Role::Inspector);
    let finding = |ledger: &Ledger| ledger.state.finding(&id("J-1")).unwrap().unwrap();
    let refused = ledger
        .submit(&inspector, vec![judge(1, false)])
        .unwrap_err();
    assert_eq!(
        refused.code(),
        "finding-state",
        "there is no answer to return"
    );
    let refused = ledger.submit(&inspector, vec![judge(2, true)]).unwrap_err();
    assert_eq!(refused.code(), "stale");
    ledger.submit(&inspector, vec![judge(1, true)]).unwrap();
    let closed = finding(&ledger);
    assert_eq!(
        (closed.state(), closed.revision),
        (FindingState::Cleared, 2)
    );
    assert_eq!(closed.closed.map(|by| by.department), Some(id(REGISTRAR)));
    assert!(!waits(&ledger));
}

refusals! {
    s4_missing_material_is_no_reason_to_refuse => "wrong-stage" {
        let (mut city, application) = City::applied();
        city.refusal(PROVIDER, refuse(&application, 1))
    }
    s4_nothing_more_is_asked_for_while_something_is_owed => "wrong-stage" {
        let (mut city, application) = City::applied();
        city.by(PROVIDER, ask(&application, 1)).unwrap();
        city.refusal(PROVIDER, ask(&application, 2))
    }
    s4_nothing_is_supplied_unasked => "wrong-stage" {
        let (mut city, application) = City::applied();
        city.refusal(APPLICANT, supply(&application, 1, request(APPLICANT, &[2])))
    }
    s4_nothing_is_granted_while_the_applicant_owes_material => "wrong-stage" {
        let (mut city, application) = City::applied();
        city.by(PROVIDER, ask(&application, 1)).unwrap();
        let mut grant = grant_of(application, &request(APPLICANT, &[2]));
        grant.revision = 2;
        city.refusal(PROVIDER, Action::Grant(grant))
    }
    s4_what_is_supplied_is_checked_like_an_application => "bad-fields" {
        let (mut city, application) = City::applied();
        city.by(PROVIDER, ask(&application, 1)).unwrap();
        city.refusal(APPLICANT, supply(&application, 2, request(APPLICANT, &[9])))
    }
    s4_nobody_else_supplies => "not-acting-for" {
        let (mut city, application) = City::applied();
        city.by(PROVIDER, ask(&application, 1)).unwrap();
        city.refusal(BYSTANDER, supply(&application, 2, request(APPLICANT, &[2])))
    }
    s4_the_provider_asks => "not-decider" {
        let (mut city, application) = City::applied();
        city.refusal(BYSTANDER, ask(&application, 1))
    }
    s4_the_applicant_does_not_review_itself => "applicant-decides" {
        let (mut city, application) = City::applied();
        city.refusal(APPLICANT, review(&application, 1))
    }
    s4_the_rounds_are_bounded => "full" {
        let (mut city, application) = City::applied();
        let mut revision = 1;
        while city.by(PROVIDER, ask(&application, revision)).is_ok() {
            city.by(APPLICANT, supply(&application, revision + 1, request(APPLICANT, &[2]))).unwrap();
            revision += 2;
        }
        city.by(PROVIDER, review(&application, revision)).unwrap();
        let mut other = City(city.0.clone());
        other.by(PROVIDER, refuse(&application, revision + 1)).unwrap();
        other.refusal(APPLICANT, raise(&application.resource, APPLICANT, ObjectionKind::Appeal { application: 1 }))
    }
    open_applications_are_bounded => "full" {
        let mut city = City(Ledger::default());
        let most = usize::try_from(limits::OPEN_APPLICATIONS_MAX).unwrap();
        let entries = most / limits::APPLICANT_WAITING_MAX;
        assert_eq!(entries * limits::APPLICANT_WAITING_MAX, most);
        for number in 1..=u32::try_from(entries).unwrap() {
            let code = city.0.published(PROVIDER, number);
            let count = limits::APPLICANT_WAITING_MAX;
            city.0.submit(&administrator(APPLICANT), vec![apply_for(&code); count]).unwrap();
        }
        let next = u32::try_from(entries + 1).unwrap();
        let code = city.0.published(PROVIDER, next);
        city.refusal(APPLICANT, apply_for(&code))
    }
    open_applications_for_one_entry_are_bounded => "full" {
        let (mut city, code) = City::published();
        let count = limits::APPLICANT_WAITING_MAX;
        city.0.submit(&administrator(APPLICANT), vec![apply_for(&code); count]).unwrap();
        city.refusal(APPLICANT, apply_for(&code))
    }
    open_objections_are_bounded => "full" {
        let (mut city, code) = City::published();
        let action = raise(&code, APPLICANT, correction());
        let count = usize::try_from(limits::OPEN_OBJECTIONS_MAX).unwrap();
        city.0.submit(&administrator(APPLICANT), vec![action.clone(); count]).unwrap();
        city.refusal(APPLICANT, action)
    }
    open_demands_are_bounded => "full" {
        let mut city = City(Ledger::default());
        let demands = (1..=limits::OPEN_DEMANDS_MAX).map(demand).collect();
        city.0.submit(&administrator(APPLICANT), demands).unwrap();
        city.refusal(APPLICANT, demand(limits::OPEN_DEMANDS_MAX + 1))
    }
    c7_the_standards_office_defines => "office-needed" {
        City(Ledger::default()).refusal(PROVIDER, define(ELEMENT))
    }
    c7_a_code_is_never_used_again => "taken" {
        let (mut city, _, _) = City::claimed();
        city.refusal(DEPUTY, define(ELEMENT))
    }
    c7_a_field_that_is_not_the_element => "not-an-instance" {
        let (mut city, _, second) = City::claimed();
        city.refusal(APPLICANT, claim(&second, 1))
    }
    c7_a_source_is_claimed_once => "already-source" {
        let (mut city, first, _) = City::claimed();
        city.refusal(PROVIDER, claim(&first, 2))
    }
    c7_a_retired_element_has_no_source => "element-retired" {
        let (mut city, _, second) = City::claimed();
        city.by(DEPUTY, retire(2)).unwrap();
        city.refusal(APPLICANT, claim(&second, 2))
    }
    an_element_that_got_a_source_since_is_not_retired_as_it_was => "stale" {
        let (mut city, ..) = City::claimed();
        city.refusal(DEPUTY, retire(1))
    }
    c7_nobody_claims_for_another => "not-acting-for" {
        let (mut city, _, second) = City::claimed();
        city.refusal(BYSTANDER, claim(&second, 2))
    }
    c7_a_conflict_comes_from_a_claim => "claim-instead" {
        let (mut city, _, second) = City::claimed();
        let (element, resource, field) = (id(ELEMENT), second.clone(), FieldNumber(2));
        let kind = ObjectionKind::SourceConflict { element, resource, field };
        city.refusal(BYSTANDER, raise(&second, BYSTANDER, kind))
    }
    c7_a_claim_that_waits_is_not_made_again => "claim-waits" {
        let (mut city, _, second) = City::claimed();
        city.by(APPLICANT, claim(&second, 2)).unwrap();
        city.refusal(APPLICANT, claim(&second, 2))
    }
    c7_a_source_is_not_taken_from_who_was_not_heard => "objection-stage" {
        let (mut city, slow) = overtaken();
        city.refusal(APPLICANT, close(&slow, 2))
    }
    r5_nobody_objects_to_an_own_entry => "own-objection" {
        let (mut city, code) = City::published();
        city.refusal(PROVIDER, raise(&code, PROVIDER, correction()))
    }
    r5_a_sub_unit_does_not_object_to_its_parent_s_entry => "own-objection" {
        let (mut city, code) = City::published();
        city.refusal(SUB_UNIT, raise(&code, SUB_UNIT, correction()))
    }
    r5_what_stands_before_the_steward_is_not_answered => "objection-stage" {
        let (mut city, objection) = City::objected();
        city.0.now = TimeMs(GENESIS_TIME.0 + 15 * DAY_MS - 8 * 3_600_000);
        city.refusal(PROVIDER, answer(&objection, 1, Outcome::Corrected))
    }
    r5_a_raiser_does_not_settle => "raiser-resolves" {
        let mut city = City(Ledger::default());
        let code = city.0.published(PROVIDER, 1);
        city.by(STEWARD, raise(&code, STEWARD, correction())).unwrap();
        city.refusal(STEWARD, settle(&sharing_id(&code, 1), 1, Outcome::Upheld))
    }
    r5_a_raiser_does_not_answer => "raiser-resolves" {
        let (mut city, objection) = City::objected();
        let measure = crate::reorganisation::split(PROVIDER, APPLICANT);
        city.0.agree(&head(REGISTRAR), measure).unwrap();
        city.refusal(APPLICANT, answer(&objection, 1, Outcome::Upheld))
    }
    r5_the_provider_answers => "not-acting-for" {
        objected_then(BYSTANDER, |objection| answer(objection, 1, Outcome::Upheld))
    }
    r5_only_the_raiser_takes_back => "objection-stage" {
        objected_then(PROVIDER, |objection| answer(objection, 1, Outcome::Withdrawn))
    }
    r5_the_provider_has_time_to_answer => "objection-stage" {
        objected_then(APPLICANT, |objection| escalate(objection, 1))
    }
    r5_the_steward_waits_for_the_provider => "objection-stage" {
        objected_then(STEWARD, |objection| settle(objection, 1, Outcome::Upheld))
    }
    r5_the_steward_settles => "office-needed" {
        objected_then(BYSTANDER, |objection| settle(objection, 1, Outcome::Upheld))
    }
    r5_one_answer => "objection-stage" {
        let (mut city, objection) = City::objected();
        city.by(PROVIDER, answer(&objection, 1, Outcome::Upheld)).unwrap();
        city.refusal(PROVIDER, answer(&objection, 2, Outcome::Corrected))
    }
    r5_what_is_closed_stays_closed => "objection-stage" {
        let (mut city, objection) = City::objected();
        city.by(APPLICANT, close(&objection, 1)).unwrap();
        city.refusal(APPLICANT, close(&objection, 2))
    }
    r5_nobody_else_closes => "not-acting-for" {
        objected_then(BYSTANDER, |objection| close(objection, 1))
    }
    r5_an_objection_that_moved_on_is_stale => "stale" {
        objected_then(PROVIDER, |objection| answer(objection, 2, Outcome::Upheld))
    }
    r5_an_appeal_is_against_a_refusal => "wrong-stage" {
        let (mut city, application) = City::applied();
        let kind = ObjectionKind::Appeal { application: 1 };
        city.refusal(APPLICANT, raise(&application.resource, APPLICANT, kind))
    }
    r5_an_appeal_is_the_applicant_s => "not-acting-for" {
        let (mut city, application) = City::refused();
        let kind = ObjectionKind::Appeal { application: 1 };
        city.refusal(BYSTANDER, raise(&application.resource, BYSTANDER, kind))
    }
    r5_a_correction_names_fields => "bad-fields" {
        let (mut city, code) = City::published();
        let kind = ObjectionKind::Correction { fields: numbers(&[7]) };
        city.refusal(APPLICANT, raise(&code, APPLICANT, kind))
    }
    r4_findings_are_the_inspectorate_s => "office-needed" {
        let mut city = City(Ledger::default());
        let action = open_finding(FindingSubject::Department(id(PROVIDER)));
        city.0.submit(&key(APPLICANT, Role::Inspector), vec![action]).unwrap_err()
    }
    a_finding_leaves_time_to_answer => "due-past" {
        let mut city = City(Ledger::default());
        city.0.pass_ms(9 * DAY_MS);
        city.inspector(open_finding(FindingSubject::Department(id(PROVIDER)))).unwrap_err()
    }
    a_finding_s_id_is_its_own => "taken" {
        let mut city = City(Ledger::default());
        let action = open_finding(FindingSubject::Department(id(PROVIDER)));
        city.inspector(action.clone()).unwrap();
        city.inspector(action).unwrap_err()
    }
    a_finding_is_answered_by_whom_it_concerns => "not-acting-for" {
        let mut city = City(Ledger::default());
        city.inspector(open_finding(FindingSubject::Department(id(PROVIDER)))).unwrap();
        city.refusal(APPLICANT, answer_finding(1))
    }
    a_finding_is_judged_once_it_is_answered => "finding-state" {
        let mut city = City(Ledger::default());
        city.inspector(open_finding(FindingSubject::Department(id(PROVIDER)))).unwrap();
        city.inspector(judge(1, true)).unwrap_err()
    }
    a_demand_is_answered_by_whom_it_was_assigned_to => "not-acting-for" {
        let (mut city, code) = City::published();
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, assign(1)).unwrap();
        city.refusal(BYSTANDER, answer_demand(2, Some(code)))
    }
    nobody_is_asked_for_what_it_asks_for => "own-demand" {
        let mut city = City(Ledger::default());
        city.by(APPLICANT, demand(1)).unwrap();
        city.refusal(STEWARD, assign_to(APPLICANT_UNIT, 1, None))
    }
    another_is_asked_for_a_reason => "reason-needed" {
        let mut city = City(Ledger::default());
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, assign(1)).unwrap();
        city.refusal(STEWARD, assign_to(BYSTANDER, 2, None))
    }
    the_same_is_not_asked_again => "no-change" {
        let mut city = City(Ledger::default());
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, assign(1)).unwrap();
        city.refusal(STEWARD, assign_to(PROVIDER, 2, Some("再问")))
    }
    a_demand_passes_on_a_bounded_number_of_times => "full" {
        let mut city = City(Ledger::default());
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, assign(1)).unwrap();
        let mut revision = 2;
        loop {
            let to = [PROVIDER, BYSTANDER][usize::from(revision % 2 == 0)];
            match city.by(STEWARD, assign_to(to, revision, Some("改派"))) {
                Ok(_) => revision += 1,
                Err(refused) => {
                    assert_eq!(usize::try_from(revision).unwrap(), limits::DEMAND_ASSIGNMENTS_MAX + 2);
                    break refused;
                }
            }
        }
    }
    a_list_names_an_entry_once => "obligation-stands" {
        let (mut city, code) = City::published();
        city.by(STEWARD, impose(&code)).unwrap();
        city.refusal(STEWARD, impose(&code))
    }
    a_demand_is_assigned_before_an_entry_meets_it => "demand-not-assigned" {
        let (mut city, code) = City::published();
        city.by(APPLICANT, demand(1)).unwrap();
        city.refusal(STEWARD, answer_demand(1, Some(code)))
    }
    a_demand_is_met_by_an_own_entry => "not-provider" {
        let (mut city, _) = City::published();
        let other = city.0.published(BYSTANDER, 2);
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, assign(1)).unwrap();
        city.refusal(PROVIDER, answer_demand(2, Some(other)))
    }
    a_demand_is_answered_once => "answered" {
        let (mut city, _) = City::published();
        city.by(APPLICANT, demand(1)).unwrap();
        city.by(STEWARD, answer_demand(1, None)).unwrap();
        city.refusal(STEWARD, answer_demand(2, None))
    }
    an_obligation_needs_a_live_binding => "nothing-bound" {
        let (mut city, code) = City::published();
        city.by(STEWARD, impose(&code)).unwrap();
        city.by(PROVIDER, crate::usage::propose(&code)).unwrap();
        city.refusal(PROVIDER, meet(&code, 1))
    }
    the_steward_imposes => "office-needed" {
        let (mut city, code) = City::published();
        city.refusal(APPLICANT, impose(&code))
    }
    an_obligation_leaves_time => "due-past" {
        let (mut city, code) = City::published();
        city.0.pass_ms(9 * DAY_MS);
        city.refusal(STEWARD, impose(&code))
    }
}

/// However many applications were ever made for an entry, its withdrawal reads those that wait.
#[test]
fn a_withdrawal_costs_what_waits_and_not_what_was_ever_asked() {
    let (mut city, code) = City::published();
    let withdraw = |ledger: &Ledger| {
        let measure = Measure::Withdraw {
            code: code.clone(),
            revision: ledger.revision(&code),
            reason: id("停用"),
        };
        let author = head(PROVIDER).public();
        let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, ledger.moment(), author);
        let execution = rehearsal.carry_out(&measure, limits::TRANSACTION_WORK_MAX);
        let touched = execution.verdict.unwrap();
        let applications = touched
            .iter()
            .filter(|(id, _)| matches!(id, RecordId::Application(_)));
        (execution.work, applications.count())
    };
    let first = withdraw(&city.0);
    for round in 0..40u32 {
        let number = round * 4;
        city.0
            .submit(&administrator(APPLICANT), vec![apply_for(&code); 4])
            .unwrap();
        let back = (1..=4).map(|place| Action::TakeBackApplication {
            application: sharing_id(&code, number + place),
            revision: 1,
        });
        city.0
            .submit(&administrator(APPLICANT), back.collect())
            .unwrap();
    }
    assert_eq!(withdraw(&city.0), first);
    city.0
        .submit(&administrator(APPLICANT), vec![apply_for(&code); 3])
        .unwrap();
    let waiting = withdraw(&city.0);
    assert_eq!(waiting.1, 3);
    assert!(waiting.0 > first.0);
    let resource = city.0.state.resource(&code).unwrap().unwrap();
    let numbers: Vec<u32> = resource
        .waiting
        .iter()
        .map(|waiting| waiting.number)
        .collect();
    assert_eq!(numbers, [161, 162, 163]);
}
