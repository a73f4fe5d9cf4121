//! Departments, their keys and responsibilities.

use dirchain_ledger::action::{Action, DeclareResponsibility, RegisterDepartment};
use dirchain_ledger::bounded::List;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{
    AdministrativeLevel, KeyOffer, Office, Record, RecordId, ResponsibilityEnd, Role,
};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

pub(crate) fn register(id_text: &str, parent: Option<&str>, head: Option<KeyOffer>) -> Action {
    Action::RegisterDepartment(RegisterDepartment {
        id: id(id_text),
        parent: parent.map(id),
        credit_code: None,
        name: id("新部门"),
        level: AdministrativeLevel::City,
        region: id("110000"),
        head,
    })
}

/// As [`register`], with a unified social credit code.
fn register_coded(id_text: &str, parent: Option<&str>, head: Option<KeyOffer>) -> Action {
    match register(id_text, parent, head) {
        Action::RegisterDepartment(department) => Action::RegisterDepartment(RegisterDepartment {
            credit_code: Some(id("11110000DEM000241U")),
            ..department
        }),
        other => other,
    }
}

fn offer(ledger: &Ledger, department: &str, role: Role, label: &str) -> KeyOffer {
    KeyOffer::new(&labelled_key(label), &ledger.chain, &id(department), role)
}

fn declare(code: &str, holder: &str) -> Action {
    Action::DeclareResponsibility(DeclareResponsibility {
        code: id(code),
        holder: id(holder),
        title: id("新职责"),
        text: None,
        legal_bases: List::default(),
    })
}

fn abolish(department: &str) -> Action {
    Action::AbolishResponsibility {
        code: responsibility(department),
        revision: 1,
        reason: id("职责取消"),
    }
}

#[test]
fn the_registrar_registers_a_department_whose_head_then_acts() {
    let mut ledger = Ledger::default();
    let head_offer = offer(&ledger, "D010", Role::Head, "D010 Head");
    let action = register("D010", None, Some(head_offer));
    let height = ledger.submit(&head(REGISTRAR), vec![action]).unwrap();
    let department = ledger.state.department(&id("D010")).unwrap().unwrap();
    assert!(department.is_active_at(height));
    assert!(!department.is_active_at(Height::GENESIS));
    assert_eq!(department.trail.count, 1);
    let draft = Action::DraftResource {
        code: code(1),
        provider: id("D010"),
        revision: 0,
        entry: entry(&responsibility(PROVIDER)),
    };
    ledger
        .submit(&labelled_key("D010 Head"), vec![draft])
        .unwrap();
}

#[test]
fn a_head_registers_sub_units_down_to_the_bound_of_levels() {
    let mut ledger = Ledger::default();
    let mut parent = BYSTANDER.to_owned();
    for level in 1..=6 {
        let unit = format!("{parent}.1");
        let result = ledger.submit(&head(BYSTANDER), vec![register(&unit, Some(&parent), None)]);
        assert_eq!(result.is_ok(), level <= 5, "level {level}");
        // The root's keys act for the deepest unit.
        if level == 5 {
            let draft = Action::DraftResource {
                code: code(1),
                provider: id(&unit),
                revision: 0,
                entry: entry(&responsibility(BYSTANDER)),
            };
            ledger
                .submit(&administrator(BYSTANDER), vec![draft])
                .unwrap();
            ledger.submit_draft_as(BYSTANDER, 1);
        }
        parent = unit;
    }
}

/// Submission by a given department's head, whoever provides the entry.
trait SubmitAs {
    fn submit_draft_as(&mut self, actor: &str, number: u32);
}

impl SubmitAs for Ledger {
    fn submit_draft_as(&mut self, actor: &str, number: u32) {
        let (code, revision) = (code(number), self.revision(&code(number)));
        let action = Action::SubmitResource { code, revision };
        self.submit(&head(actor), vec![action]).unwrap();
    }
}

#[test]
fn a_parent_s_head_registers_and_revokes_keys_of_a_sub_unit() {
    let mut ledger = Ledger::default();
    let department = id(KEYLESS_SUB_UNIT);
    let offer = offer(&ledger, KEYLESS_SUB_UNIT, Role::Administrator, "unit key");
    let action = Action::RegisterKey { department, offer };
    ledger.submit(&head(PROVIDER), vec![action]).unwrap();
    let public_key = labelled_key("unit key").public();
    ledger
        .submit(&head(PROVIDER), vec![Action::RevokeKey { public_key }])
        .unwrap();
    let department = ledger
        .state
        .department(&id(KEYLESS_SUB_UNIT))
        .unwrap()
        .unwrap();
    assert_eq!(department.trail.count, 2);
}

#[test]
fn a_head_key_is_revoked_once_another_is_registered() {
    let mut ledger = Ledger::default();
    let department = id(PROVIDER);
    let offer = offer(&ledger, PROVIDER, Role::Head, "second head");
    let action = Action::RegisterKey { department, offer };
    ledger.submit(&head(PROVIDER), vec![action]).unwrap();
    let public_key = head(PROVIDER).public();
    let second = labelled_key("second head");
    ledger
        .submit(&second, vec![Action::RevokeKey { public_key }])
        .unwrap();
    let own = Action::RevokeKey {
        public_key: second.public(),
    };
    assert_eq!(
        ledger.submit(&second, vec![own]).unwrap_err().code(),
        "last-head-key"
    );
}

#[test]
fn a_key_revokes_itself_and_its_number_is_used_up() {
    let mut ledger = Ledger::default();
    let department = id(PROVIDER);
    let second = labelled_key("second head");
    let offer = offer(&ledger, PROVIDER, Role::Head, "second head");
    ledger
        .submit(
            &head(PROVIDER),
            vec![Action::RegisterKey { department, offer }],
        )
        .unwrap();
    let public_key = second.public();
    ledger
        .submit(&second, vec![Action::RevokeKey { public_key }])
        .unwrap();
    let key = ledger.state.key(&public_key).unwrap().unwrap();
    assert_eq!((key.next_sequence, key.valid.to.is_some()), (2, true));
}

#[test]
fn an_abolished_responsibility_is_on_the_trail_of_what_it_concerns() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let cited = ledger.published(APPLICANT, 2);
    let other = ledger.published(PROVIDER, 3);
    // A draft of somebody else may name it; that is no concern of its.
    ledger
        .draft(BYSTANDER, &code(4), &entry(&responsibility(APPLICANT)))
        .unwrap();
    let count = |ledger: &Ledger, code| ledger.state.resource(code).unwrap().unwrap().trail.count;
    let named = code(4);
    let codes = [&granted.resource, &cited, &other, &named];
    let before = codes.map(|code| count(&ledger, code));
    ledger
        .submit(&administrator(REGISTRAR), vec![abolish(APPLICANT)])
        .unwrap();
    let after = codes.map(|code| count(&ledger, code));
    assert_eq!(after, [before[0] + 1, before[1] + 1, before[2], before[3]]);
    let ended = ledger
        .state
        .responsibility(&responsibility(APPLICANT))
        .unwrap()
        .unwrap();
    assert_eq!(ended.ended_as, Some(ResponsibilityEnd::Abolished));
    assert_eq!(ended.trail.count, 1);
}

#[test]
fn a_department_shares_its_credit_code_with_its_sub_units() {
    let mut ledger = Ledger::default();
    let head_offer = offer(&ledger, "D010", Role::Head, "D010");
    let first = register_coded("D010", None, Some(head_offer));
    let unit = register_coded("D010.1", Some("D010"), None);
    ledger.submit(&head(REGISTRAR), vec![first, unit]).unwrap();
}

/// A city of very many departments, of which the last has a credit code.
fn crowded(count: usize) -> Ledger {
    let mut records = genesis_records();
    let like = records.iter().find_map(|record| match record {
        Record::Department(department) if department.parent.is_none() => Some(department.clone()),
        _ => None,
    });
    let like = like.unwrap();
    let present = records
        .iter()
        .filter(|record| matches!(record, Record::Department(_)));
    let more = count - present.count();
    for number in 1..=more {
        let mut department = like.clone();
        department.id = id(&format!("E{number:04}"));
        department.sub_units = 0;
        department.credit_code = (number == more).then(|| id("11110000DEM000241U"));
        records.push(Record::Department(department));
    }
    let name = id("很多部门的市");
    Ledger::new(&Genesis::new(name, GENESIS_TIME, records).unwrap())
}

refusals! {
    a_credit_code_is_looked_for_among_very_many_departments => "credit-code-taken" {
        for count in [255, 256] {
            let again = register_coded("D090", None, None);
            let refused = crowded(count).submit(&head(REGISTRAR), vec![again]).unwrap_err();
            assert_eq!(refused.code(), "credit-code-taken");
        }
        crowded(257).submit(&head(REGISTRAR), vec![register_coded("D090", None, None)]).unwrap_err()
    }
    a_credit_code_is_one_department_s => "credit-code-taken" {
        let mut ledger = Ledger::default();
        let two = ["D010", "D011"].map(|id| {
            let head_offer = offer(&ledger, id, Role::Head, id);
            register_coded(id, None, Some(head_offer))
        });
        ledger.submit(&head(REGISTRAR), two.into()).unwrap_err()
    }
    only_the_registrar_registers_departments => "office-needed" {
        let mut ledger = Ledger::default();
        let head_offer = offer(&ledger, "D010", Role::Head, "D010 Head");
        ledger.submit(&head(STEWARD), vec![register("D010", None, Some(head_offer))]).unwrap_err()
    }
    nobody_holds_the_office => "office-vacant" {
        let records = genesis_records().into_iter().map(|record| match record {
            Record::Offices(mut offices) => {
                let holders = offices.holders.into_vec();
                let kept = holders.into_iter().filter(|holder| holder.office != Office::Registrar);
                offices.holders = List::new(kept.collect()).unwrap();
                Record::Offices(offices)
            }
            other => other,
        });
        let genesis = Genesis::new(id("无编办"), GENESIS_TIME, records.collect()).unwrap();
        let mut ledger = Ledger::new(&genesis);
        // A head still registers its own sub-unit.
        ledger.submit(&head(PROVIDER), vec![register("D004.3", Some(PROVIDER), None)]).unwrap();
        ledger.submit(&head(REGISTRAR), vec![declare("Z-9", PROVIDER)]).unwrap_err()
    }
    c3_an_id_is_never_used_again => "taken" {
        let mut ledger = Ledger::default();
        ledger.submit(&administrator(REGISTRAR), vec![abolish(PROVIDER)]).unwrap();
        let again = declare(responsibility(PROVIDER).as_str(), PROVIDER);
        ledger.submit(&administrator(REGISTRAR), vec![again]).unwrap_err()
    }
    a_department_id_is_never_used_again => "taken" {
        let mut ledger = Ledger::default();
        let head_offer = offer(&ledger, PROVIDER, Role::Head, "another head");
        ledger.submit(&head(REGISTRAR), vec![register(PROVIDER, None, Some(head_offer))]).unwrap_err()
    }
    a_key_is_never_registered_twice => "taken" {
        let mut ledger = Ledger::default();
        let department = id(PROVIDER);
        let secret = administrator(BYSTANDER);
        let offer = KeyOffer::new(&secret, &ledger.chain, &department, Role::Administrator);
        ledger.submit(&head(PROVIDER), vec![Action::RegisterKey { department, offer }]).unwrap_err()
    }
    a_sub_unit_s_id_extends_its_parent_s => "bad-sub-unit" {
        let action = register("D004-3", Some(PROVIDER), None);
        Ledger::default().submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    a_sub_unit_s_id_ends_in_a_number => "bad-sub-unit" {
        let action = register("D004.3.1", Some(PROVIDER), None);
        Ledger::default().submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    what_looks_like_a_sub_unit_is_no_department_at_the_top => "parent-missing" {
        let mut ledger = Ledger::default();
        let head_offer = offer(&ledger, "D006.1", Role::Head, "D006.1 Head");
        ledger.submit(&head(REGISTRAR), vec![register("D006.1", None, Some(head_offer))]).unwrap_err()
    }
    a_head_learns_that_the_parent_is_missing_and_not_that_it_is_no_registrar => "parent-missing" {
        Ledger::default().submit(&head(PROVIDER), vec![register("D004.3", None, None)]).unwrap_err()
    }
    a_head_registers_no_sub_unit_of_another_department => "not-acting-for" {
        let action = register("D004.3", Some(PROVIDER), None);
        Ledger::default().submit(&head(BYSTANDER), vec![action]).unwrap_err()
    }
    a_sub_unit_registers_nothing_beside_it => "not-acting-for" {
        let action = register("D004.3", Some(PROVIDER), None);
        Ledger::default().submit(&head(SUB_UNIT), vec![action]).unwrap_err()
    }
    a_department_needs_a_head => "head-missing" {
        Ledger::default().submit(&head(REGISTRAR), vec![register("D010", None, None)]).unwrap_err()
    }
    a_department_s_first_key_is_its_head_s => "head-missing" {
        let mut ledger = Ledger::default();
        let inspector = offer(&ledger, "D010", Role::Inspector, "D010 Head");
        ledger.submit(&head(REGISTRAR), vec![register("D010", None, Some(inspector))]).unwrap_err()
    }
    a_key_offered_proves_its_possession => "bad-offer" {
        let mut ledger = Ledger::default();
        let department = id(PROVIDER);
        let mut offer = offer(&ledger, PROVIDER, Role::Administrator, "new");
        offer.role = Role::Head;
        ledger.submit(&head(PROVIDER), vec![Action::RegisterKey { department, offer }]).unwrap_err()
    }
    a_proof_for_another_department_proves_nothing => "bad-offer" {
        let mut ledger = Ledger::default();
        let department = id(SUB_UNIT);
        let offer = offer(&ledger, PROVIDER, Role::Administrator, "new");
        ledger.submit(&head(PROVIDER), vec![Action::RegisterKey { department, offer }]).unwrap_err()
    }
    r8_the_last_head_key_stays => "last-head-key" {
        let public_key = head(PROVIDER).public();
        Ledger::default().submit(&head(PROVIDER), vec![Action::RevokeKey { public_key }]).unwrap_err()
    }
    a_sub_unit_revokes_no_key_of_its_parent => "not-acting-for" {
        let public_key = administrator(PROVIDER).public();
        Ledger::default().submit(&head(SUB_UNIT), vec![Action::RevokeKey { public_key }]).unwrap_err()
    }
    a_key_is_revoked_once => "revoked-key" {
        let mut ledger = Ledger::default();
        let public_key = administrator(PROVIDER).public();
        ledger.submit(&head(PROVIDER), vec![Action::RevokeKey { public_key }]).unwrap();
        ledger.submit(&head(PROVIDER), vec![Action::RevokeKey { public_key }]).unwrap_err()
    }
    a_responsibility_is_held_by_an_active_department => "department-not-active" {
        let action = declare("Z-9", SUSPENDED);
        Ledger::default().submit(&administrator(REGISTRAR), vec![action]).unwrap_err()
    }
    a_responsibility_is_abolished_once => "responsibility-ended" {
        let mut ledger = Ledger::default();
        ledger.submit(&administrator(REGISTRAR), vec![abolish(PROVIDER)]).unwrap();
        ledger.submit(&administrator(REGISTRAR), vec![abolish(PROVIDER)]).unwrap_err()
    }
    what_is_not_there_is_not_found => "unknown-record" {
        let action = Action::AbolishResponsibility { code: id("Z-NONE"), revision: 1, reason: id("理由") };
        Ledger::default().submit(&administrator(REGISTRAR), vec![action]).unwrap_err()
    }
}

#[test]
fn a_refusal_names_the_thing() {
    let action = register(PROVIDER, None, None);
    let refused = Ledger::default().submit(&head(REGISTRAR), vec![action]);
    let taken = Rejection::Taken {
        id: RecordId::Department(id(PROVIDER)),
    };
    assert_eq!(refused, Err(taken));
}
