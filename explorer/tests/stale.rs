//! Whoever decides on something that moved on is told what changed since, of every kind of record that
//! decisions name a revision of, in both languages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Request;
use common::{City, problem_of, send};
use dirchain_explorer::api::Problem;
use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::calendar::WorkingDays;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::TimeMs;
use dirchain_ledger::measure::{Measure, ParameterChange};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;

/// What a refused transaction is told, over HTTP.
async fn told(ledger: Ledger, author: &SecretKey, action: Action, code: &str) -> Problem {
    let signed = ledger.sign(author, vec![action]);
    let city = City::new(ledger);
    let body = dirchain_ledger::codec::encode(signed.signed());
    let request = Request::post("/api/v1/transactions")
        .header("content-type", "application/octet-stream")
        .body(axum::body::Body::from(body))
        .unwrap();
    problem_of(&send(&city.router(), request).await, 422, code)
}

/// That both languages say it.
fn says(problem: &Problem, english: &str, chinese: &str) {
    let given = problem.detail_zh.as_deref().unwrap_or_default();
    assert!(problem.detail.contains(english), "{}", problem.detail);
    assert!(given.contains(chinese), "{given}");
    assert!(
        problem.detail.contains(". Since then: "),
        "{}",
        problem.detail
    );
    assert!(given.contains("。此后的变化："), "{given}");
}

fn by(ledger: &mut Ledger, author: &SecretKey, action: Action) {
    ledger.submit(author, vec![action]).unwrap();
}

/// An application that its provider asked for more on.
fn asked() -> (Ledger, dirchain_ledger::ids::SharingId) {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let application = ledger
        .apply_for(APPLICANT, &code, request(APPLICANT, &[2]))
        .unwrap();
    let ask = Action::AskForMore {
        application: application.clone(),
        revision: 1,
        reason: id("缺少依据"),
    };
    by(&mut ledger, &administrator(PROVIDER), ask);
    (ledger, application)
}

#[tokio::test]
async fn an_application() {
    let (ledger, application) = asked();
    let review = Action::ReviewApplication {
        application,
        revision: 1,
    };
    let problem = told(ledger, &administrator(PROVIDER), review, "stale").await;
    says(
        &problem,
        "status.status was `submitted`, is `needs_more`",
        "状态·状态由“已提交”改为“待补正”",
    );
    says(
        &problem,
        "status.decision.reason was nothing, is `缺少依据`",
        "状态·决定·理由由无改为“缺少依据”",
    );
}

#[tokio::test]
async fn an_authorization() {
    let mut ledger = Ledger::default();
    let authorization = ledger.granted(1, &[2]);
    let suspend = Action::SuspendAuthorization {
        authorization: authorization.clone(),
        revision: 1,
        reason: id("超范围使用"),
    };
    by(&mut ledger, &administrator(PROVIDER), suspend);
    let give_up = Action::EndAuthorization {
        authorization,
        revision: 1,
        reason: id("用毕"),
    };
    let problem = told(ledger, &administrator(APPLICANT), give_up, "stale").await;
    says(
        &problem,
        "suspended.reason was nothing, is `超范围使用`",
        "暂停·理由由无改为“超范围使用”",
    );
}

#[tokio::test]
async fn another_version_of_an_entry() {
    let mut ledger = Ledger::default();
    let code = ledger.published(PROVIDER, 1);
    let mut amended = entry(&responsibility(PROVIDER));
    amended.name = id("第二版");
    ledger.draft(PROVIDER, &code, &amended).unwrap();
    ledger.submit_draft(PROVIDER, &code).unwrap();
    ledger.publish(PROVIDER, &code).unwrap();
    let apply = Action::Apply {
        resource: code,
        applicant: id(APPLICANT),
        request: request(APPLICANT, &[2]),
    };
    let problem = told(ledger, &administrator(APPLICANT), apply, "other-version").await;
    says(
        &problem,
        "name was `户籍人口基本信息`, is `第二版`",
        "名称由“户籍人口基本信息”改为“第二版”",
    );
}

fn changed_settings(revision: u32, days: u16) -> Measure {
    let mut settings = Settings {
        heartbeat_ms: HEARTBEAT_MS,
        ..Settings::default()
    };
    settings.deadlines.conditional = WorkingDays(days);
    Measure::ChangeParameters(ParameterChange {
        revision,
        settings: Some(settings),
        add_purposes: List::default(),
        end_purposes: List::default(),
        days: List::default(),
    })
}

#[tokio::test]
async fn the_parameters() {
    let mut ledger = Ledger::default();
    ledger
        .agree(&head(REGISTRAR), changed_settings(1, 15))
        .unwrap();
    let propose = Action::Propose {
        measure: Box::new(changed_settings(1, 20)),
        reason: id("调整时限"),
    };
    let problem = told(ledger, &head(REGISTRAR), propose, "stale").await;
    says(
        &problem,
        "settings.deadlines.conditional was `10`, is `15`",
        "参数·时限·有条件共享由“10”改为“15”",
    );
}

#[tokio::test]
async fn a_proposal() {
    let mut ledger = Ledger::default();
    let mut reorganisation = Vec::new();
    for department in [PROVIDER, APPLICANT] {
        reorganisation.push(dirchain_ledger::measure::Renaming {
            department: id(department),
            name: id("新名称"),
        });
    }
    reorganisation.sort_by(|one, other| one.department.cmp(&other.department));
    let measure = Measure::Reorganise(dirchain_ledger::measure::Reorganisation {
        kind: dirchain_ledger::measure::ReorganisationKind::Rename,
        document: id("京编办〔2026〕4号"),
        transfers: List::default(),
        dissolves: List::default(),
        renames: List::new(reorganisation).unwrap(),
        successors: List::default(),
    });
    let proposal = ledger.propose(&head(REGISTRAR), measure).unwrap();
    ledger.approve(&head(PROVIDER), &proposal).unwrap();
    let approve = Action::Approve {
        proposal,
        revision: 1,
    };
    let problem = told(ledger, &head(APPLICANT), approve, "stale").await;
    says(
        &problem,
        "approval.department was nothing, is ",
        "批准·部门由无改为",
    );
}

#[tokio::test]
async fn a_binding() {
    let mut ledger = Ledger::default();
    let code = ledger.granted(1, &[2]).resource;
    common::used(&mut ledger, &code);
    let binding = sharing_id(&code, 1);
    let suspend = Action::ChangeBinding {
        binding,
        revision: 1,
        change: BindingChange::Suspend,
        reason: id("检修"),
    };
    let problem = told(ledger, &administrator(PROVIDER), suspend, "stale").await;
    says(&problem, "is `live`", "改为“已上线”");
}

#[tokio::test]
async fn a_finding() {
    let mut ledger = Ledger::default();
    let open = Action::OpenFinding {
        id: id("J-1"),
        subject: FindingSubject::Department(id(PROVIDER)),
        title: id("目录长期未更新"),
        text: None,
        due: TimeMs(GENESIS_TIME.0 + 9 * DAY_MS),
    };
    by(&mut ledger, &key(REGISTRAR, Role::Inspector), open);
    let answer = |text: &str| Action::AnswerFinding {
        finding: id("J-1"),
        revision: 1,
        text: id(text),
    };
    by(&mut ledger, &administrator(PROVIDER), answer("已更新"));
    let judge = Action::JudgeFinding {
        finding: id("J-1"),
        revision: 1,
        cleared: true,
        reason: id("核查通过"),
    };
    let inspector = key(REGISTRAR, Role::Inspector);
    let problem = told(ledger, &inspector, judge, "stale").await;
    says(&problem, "was nothing, is `已更新`", "由无改为“已更新”");
}

#[tokio::test]
async fn an_objection() {
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
    by(&mut ledger, &administrator(APPLICANT), raise);
    let objection = sharing_id(&resource, 1);
    let answer = Action::AnswerObjection {
        objection: objection.clone(),
        revision: 1,
        outcome: Outcome::Upheld,
        reason: id("核对无误"),
    };
    by(&mut ledger, &administrator(PROVIDER), answer);
    // Taken back as it was raised, while the answer came.
    let close = Action::CloseObjection {
        objection,
        revision: 1,
        reason: id("已核实"),
    };
    let problem = told(ledger, &administrator(APPLICANT), close, "stale").await;
    says(
        &problem,
        "steps.2.stage was nothing, is `answered`",
        "步骤·2·阶段由无改为“已答复”",
    );
}

#[tokio::test]
async fn a_demand() {
    let mut ledger = Ledger::default();
    let raise = Action::RaiseDemand {
        id: id("X-1"),
        asker: id(APPLICANT),
        text: id("需要残疾人证信息"),
    };
    by(&mut ledger, &administrator(APPLICANT), raise);
    let assign = |to: &str| Action::AssignDemand {
        demand: id("X-1"),
        revision: 1,
        department: id(to),
        reason: None,
    };
    by(&mut ledger, &administrator(STEWARD), assign(PROVIDER));
    let again = assign(BYSTANDER);
    let problem = told(ledger, &administrator(STEWARD), again, "stale").await;
    says(
        &problem,
        "state.state was `open`, is `assigned`",
        "状态·状态由“待处理”改为“已指派”",
    );
}

#[tokio::test]
async fn an_obligation() {
    let mut ledger = Ledger::default();
    let code = ledger.granted(1, &[2]).resource;
    common::used(&mut ledger, &code);
    let impose = Action::ImposeObligation {
        resource: code.clone(),
        list: id("2026年第一批"),
        due: TimeMs(GENESIS_TIME.0 + 90 * DAY_MS),
    };
    by(&mut ledger, &administrator(STEWARD), impose);
    let met = |revision| Action::MeetObligation {
        obligation: sharing_id(&code, 1),
        revision,
    };
    by(&mut ledger, &administrator(PROVIDER), met(1));
    let problem = told(ledger, &head(PROVIDER), met(1), "stale").await;
    says(&problem, "met.department was nothing", "完成·部门由无改为");
}

#[tokio::test]
async fn the_offices() {
    let mut ledger = Ledger::default();
    let assign = |department: &str| Measure::AssignOffice {
        office: Office::Operations,
        department: id(department),
        revision: 1,
    };
    ledger.agree(&head(REGISTRAR), assign(BYSTANDER)).unwrap();
    let propose = Action::Propose {
        measure: Box::new(assign(APPLICANT)),
        reason: id("职位移交"),
    };
    let problem = told(ledger, &head(REGISTRAR), propose, "stale").await;
    says(&problem, "is `operations`", "改为“运营方”");
}

#[tokio::test]
async fn a_responsibility() {
    let mut ledger = Ledger::default();
    let split = Measure::Reorganise(dirchain_ledger::measure::Reorganisation {
        kind: dirchain_ledger::measure::ReorganisationKind::Split,
        document: id("京编办〔2026〕5号"),
        transfers: List::new(vec![dirchain_ledger::measure::Transfer {
            responsibility: responsibility(PROVIDER),
            from: id(PROVIDER),
            to: Some(id(BYSTANDER)),
        }])
        .unwrap(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    });
    ledger.agree(&head(REGISTRAR), split).unwrap();
    let abolish = Action::AbolishResponsibility {
        code: responsibility(PROVIDER),
        revision: 1,
        reason: id("职责取消"),
    };
    let problem = told(ledger, &administrator(REGISTRAR), abolish, "stale").await;
    says(
        &problem,
        &format!("holder was `{PROVIDER}`, is `{BYSTANDER}`"),
        &format!("持有方由“{PROVIDER}”改为“{BYSTANDER}”"),
    );
}

#[tokio::test]
async fn a_data_element() {
    let mut ledger = Ledger::default();
    let define = Action::DefineElement {
        code: id("DE1"),
        name: id("公民身份号码"),
        definition: id("公民的唯一身份号码"),
        field_type: FieldType::C,
    };
    by(&mut ledger, &administrator(DEPUTY), define);
    let mut listed = entry(&responsibility(PROVIDER));
    let mut fields = listed.fields.into_vec();
    fields[1].data_element = Some(id("DE1"));
    listed.fields = List::new(fields).unwrap();
    ledger.draft(PROVIDER, &code(1), &listed).unwrap();
    ledger.submit_draft(PROVIDER, &code(1)).unwrap();
    ledger.publish(PROVIDER, &code(1)).unwrap();
    let claim = Action::ClaimSource {
        element: id("DE1"),
        resource: code(1),
        field: dirchain_ledger::ids::FieldNumber(2),
        reason: id("公安机关签发"),
    };
    by(&mut ledger, &administrator(PROVIDER), claim);
    let retire = Action::RetireElement {
        code: id("DE1"),
        revision: 1,
        reason: id("标准废止"),
    };
    let problem = told(ledger, &administrator(DEPUTY), retire, "stale").await;
    says(
        &problem,
        &format!("sources.1.department was nothing, is `{PROVIDER}`"),
        &format!("来源·1·部门由无改为“{PROVIDER}”"),
    );
}
