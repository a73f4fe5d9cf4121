//! Keys, sequences, expiry, roles, all or nothing (R3, R4, R6, R7).

use dirchain_ledger::action::{Action, AmendNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::VoteStep;
use dirchain_ledger::crypto::Signature;
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::execute::execute;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::limits::NOT_AFTER_AHEAD_MS_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{BindingChange, KeyOffer, Office, Role, Stars};
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Overlay, Records};

fn draft(number: u32, provider: &str) -> Action {
    Action::DraftResource {
        code: code(number),
        provider: id(provider),
        revision: 0,
        entry: entry(&responsibility(provider)),
    }
}

fn declare(code: &str) -> Action {
    Action::DeclareResponsibility(dirchain_ledger::action::DeclareResponsibility {
        code: id(code),
        holder: id(PROVIDER),
        title: id("新职责"),
        text: None,
        legal_bases: List::default(),
    })
}

fn register_key(ledger: &Ledger, label: &str, role: Role) -> Action {
    let department = id(PROVIDER);
    let offer = KeyOffer::new(&labelled_key(label), &ledger.chain, &department, role);
    Action::RegisterKey { department, offer }
}

fn register_node(ledger: &Ledger, department: &str) -> Action {
    let name = format!("{department}-9");
    Action::RegisterNode(registration(&ledger.chain, &name, department))
}

/// One action of every kind, made as if by [`PROVIDER`] where it matters.
fn every_action(ledger: &Ledger) -> Vec<Action> {
    let application = sharing_id(&code(1), 1);
    let (revision, reason) = (1, id("理由"));
    vec![
        Action::RegisterDepartment(dirchain_ledger::action::RegisterDepartment {
            id: id("D004.9"),
            parent: Some(id(PROVIDER)),
            credit_code: None,
            name: id("新内设机构"),
            level: dirchain_ledger::records::AdministrativeLevel::City,
            region: id("110000"),
            head: None,
        }),
        register_key(ledger, "another", Role::Administrator),
        Action::RevokeKey {
            public_key: administrator(PROVIDER).public(),
        },
        Action::SuspectKey {
            public_key: administrator(PROVIDER).public(),
            since: Height(0),
        },
        declare("Z-D004-02"),
        Action::AbolishResponsibility {
            code: responsibility(PROVIDER),
            revision: 1,
            reason: id("职责取消"),
        },
        draft(1, PROVIDER),
        Action::SubmitResource {
            code: code(1),
            revision,
        },
        Action::ReturnResource {
            code: code(1),
            revision,
            reason: id("理由"),
        },
        Action::PublishResource {
            code: code(1),
            revision,
        },
        Action::WithdrawResource {
            code: code(1),
            revision,
            reason: id("理由"),
        },
        Action::Apply {
            resource: code(1),
            applicant: id(PROVIDER),
            request: request(PROVIDER, &[2]),
        },
        Action::TakeBackApplication {
            application: application.clone(),
            revision,
        },
        Action::Grant(grant_of(application.clone(), &request(APPLICANT, &[2]))),
        Action::Refuse {
            application: application.clone(),
            revision,
            reason: id("理由"),
        },
        Action::EndAuthorization {
            authorization: application,
            revision,
            reason,
        },
        register_node(ledger, PROVIDER),
        Action::RemoveNode { id: id("D004-9") },
        Action::AmendNode(AmendNode {
            id: id("D004-9"),
            network: None,
            consensus: None,
            addresses: None,
        }),
        Action::MarkReady {
            id: id("D004-9"),
            height: Height(1),
            block: Hash::ZERO,
        },
        Action::ReportEquivocation {
            node: id("D004-9"),
            proof: EquivocationProof {
                voter: Address([0; 20]),
                height: Height(1),
                round: 0,
                contradiction: Contradiction::Votes {
                    step: VoteStep::Prevote,
                    first: None,
                    second: None,
                },
                first_signature: Signature([0; 64]),
                second_signature: Signature([0; 64]),
            },
        },
        Action::Propose {
            measure: Box::new(Measure::AssignOffice {
                office: Office::Operations,
                department: id(PROVIDER),
                revision,
            }),
            reason: id("理由"),
        },
        Action::Approve {
            proposal: id("D004/1"),
            revision,
        },
        Action::Reject {
            proposal: id("D004/1"),
            revision,
            reason: id("理由"),
        },
        Action::TakeBackProposal {
            proposal: id("D004/1"),
            revision,
        },
        Action::SuspendAuthorization {
            authorization: sharing_id(&code(1), 1),
            revision,
            reason: id("超范围使用"),
        },
        Action::ResumeAuthorization {
            authorization: sharing_id(&code(1), 1),
            revision,
        },
        Action::ConfirmHolder {
            authorization: sharing_id(&code(1), 1),
            revision,
        },
        crate::usage::propose(&code(1)),
        crate::usage::amend(&code(1), 1),
        Action::ChangeBinding {
            binding: sharing_id(&code(1), 1),
            revision,
            change: BindingChange::Retire,
            reason: id("理由"),
        },
        crate::usage::report(&code(1), "schema"),
        crate::usage::some_seal(&code(1)),
        Action::Rate {
            batch: crate::usage::some_batch(&code(1)),
            stars: Stars::Five,
            reason: id("理由"),
        },
        Action::AnswerRating {
            batch: crate::usage::some_batch(&code(1)),
            text: id("答复"),
        },
    ]
    .into_iter()
    .chain(crate::cases::one_of_each())
    .collect()
}

/// Rule R4 as a table: what each role signs; the head everything but what gateways see.
fn signs(role: Role, action: &str) -> bool {
    let gateways = ["report_schema", "seal_receipts"].contains(&action);
    match role {
        Role::Head => !gateways,
        Role::Administrator => [
            "declare_responsibility",
            "abolish_responsibility",
            "draft_resource",
            "return_resource",
            "publish_resource",
            "apply",
            "take_back_application",
            "grant",
            "refuse",
            "end_authorization",
            "propose",
            "approve",
            "reject",
            "take_back_proposal",
            "suspend_authorization",
            "resume_authorization",
            "confirm_holder",
            "propose_binding",
            "amend_binding",
            "change_binding",
            "rate",
            "answer_rating",
            "ask_for_more",
            "supply_application",
            "review_application",
            "define_element",
            "retire_element",
            "claim_source",
            "raise_objection",
            "answer_objection",
            "escalate_objection",
            "close_objection",
            "settle_objection",
            "answer_finding",
            "raise_demand",
            "assign_demand",
            "answer_demand",
            "impose_obligation",
            "meet_obligation",
        ]
        .contains(&action),
        Role::Operator => [
            "register_node",
            "remove_node",
            "amend_node",
            "mark_ready",
            "report_equivocation",
        ]
        .contains(&action),
        Role::Gateway => gateways,
        Role::Inspector => ["open_finding", "judge_finding"].contains(&action),
    }
}

#[test]
fn r4_each_role_signs_its_own_actions_and_no_others() {
    let ledger = Ledger::default();
    let actions = every_action(&ledger);
    let names: std::collections::BTreeSet<_> = actions.iter().map(Action::name).collect();
    assert_eq!(names.len(), 54, "one action of every kind");
    for role in ROLES {
        for action in &actions {
            let signed = ledger.sign(&key(PROVIDER, role), vec![action.clone()]);
            let refused = ledger.build(&[signed]).refused;
            let by_role = matches!(
                refused.first(),
                Some((_, Rejection::RoleForbids { role: named, action: name, .. }))
                    if *named == role && *name == action.name()
            );
            assert_eq!(
                !by_role,
                signs(role, action.name()),
                "{role:?} {}",
                action.name()
            );
        }
    }
}

#[test]
fn r4_an_operator_registers_nodes() {
    let mut ledger = Ledger::default();
    let operator = key(PROVIDER, Role::Operator);
    ledger
        .submit(&operator, vec![register_node(&ledger, PROVIDER)])
        .unwrap();
}

#[test]
fn r3_a_key_signs_from_its_registration_to_its_revocation() {
    let mut ledger = Ledger::default();
    let secret = labelled_key("second administrator");
    let offer = register_key(&ledger, "second administrator", Role::Administrator);
    ledger.submit(&head(PROVIDER), vec![offer]).unwrap();
    ledger.submit(&secret, vec![draft(1, PROVIDER)]).unwrap();
    let public_key = secret.public();
    let height = ledger
        .submit(&head(PROVIDER), vec![Action::RevokeKey { public_key }])
        .unwrap();
    let refused = ledger.submit(&secret, vec![draft(2, PROVIDER)]);
    let expected = Rejection::RevokedKey {
        key: public_key,
        since: height,
    };
    assert_eq!(refused, Err(expected));
    let record = ledger.state.key(&public_key).unwrap().unwrap();
    assert_eq!(record.valid.from.height, Height(1));
    assert!(record.valid.holds_at(height.previous().unwrap()));
    assert!(!record.valid.holds_at(height));
}

#[test]
fn r3_a_key_registered_in_a_block_signs_in_the_same_block_and_one_revoked_there_does_not() {
    let mut ledger = Ledger::default();
    let secret = labelled_key("second administrator");
    let offer = register_key(&ledger, "second administrator", Role::Administrator);
    let register = ledger.sign(&head(PROVIDER), vec![offer]);
    let first = ledger.sign_with(&secret, 1, ledger.next_time(), vec![draft(1, PROVIDER)]);
    let public_key = secret.public();
    let revoke = vec![Action::RevokeKey { public_key }];
    let revoke = ledger.sign_with(&head(PROVIDER), 2, ledger.next_time(), revoke);
    let second = ledger.sign_with(&secret, 2, ledger.next_time(), vec![draft(2, PROVIDER)]);
    let built = ledger.extend(&[register, first, revoke, second.clone()]);
    assert_eq!(built.block.transactions.len(), 3);
    assert_eq!(built.refused.len(), 1);
    assert_eq!(built.refused[0].0, second.id());
    assert_eq!(built.refused[0].1.code(), "revoked-key");
}

#[test]
fn r3_a_suspicion_only_widens() {
    let mut ledger = Ledger::default();
    let public_key = administrator(PROVIDER).public();
    while ledger.tip.height < Height(3) {
        ledger.pass_ms(HEARTBEAT_MS);
        ledger.extend(&[]);
    }
    for (since, expected) in [(2, 2), (1, 1)] {
        let since = Height(since);
        let suspect = vec![Action::SuspectKey { public_key, since }];
        ledger.submit(&head(PROVIDER), suspect).unwrap();
        let key = ledger.state.key(&public_key).unwrap().unwrap();
        assert_eq!(key.suspect_since(), Some(Height(expected)));
    }
}

/// However much a key granted, a report about it costs the same: no grant is read or written.
#[test]
fn r3_a_report_costs_the_same_whatever_the_key_granted() {
    let work = |grants: u32| {
        let mut ledger = Ledger::default();
        for number in 1..=grants {
            ledger.granted(number, &[2]);
        }
        let public_key = administrator(PROVIDER).public();
        let since = Height(0);
        let action = Action::SuspectKey { public_key, since };
        let report = ledger.sign(&head(PROVIDER), vec![action]);
        let mut overlay = Overlay::new(&ledger.state);
        let execution = execute(&mut overlay, ledger.moment(), &report, u64::MAX);
        execution.verdict.unwrap();
        execution.work
    };
    assert_eq!(work(1), work(12));
}

#[test]
fn r3_a_suspicion_reaches_from_the_registration_to_now() {
    let mut ledger = Ledger::default();
    let public_key = administrator(PROVIDER).public();
    // The block that reports it is height 1: the latest that may be named.
    for since in [Height(0), Height(1)] {
        let action = vec![Action::SuspectKey { public_key, since }];
        ledger.clone().submit(&head(PROVIDER), action).unwrap();
    }
    let since = Height(2);
    let action = vec![Action::SuspectKey { public_key, since }];
    let refused = ledger.submit(&head(PROVIDER), action).unwrap_err();
    assert_eq!(refused.code(), "bad-suspect-height");
}

#[test]
fn r6_expiry_is_accepted_at_both_edges() {
    let ledger = Ledger::default();
    let block_time = ledger.next_time();
    for (not_after, expected) in [
        (block_time.0 - 1, Err("expired")),
        (block_time.0, Ok(())),
        (block_time.0 + NOT_AFTER_AHEAD_MS_MAX, Ok(())),
        (
            block_time.0 + NOT_AFTER_AHEAD_MS_MAX + 1,
            Err("expiry-too-far"),
        ),
    ] {
        let actions = vec![draft(1, PROVIDER)];
        let author = administrator(PROVIDER);
        let signed = ledger.sign_with(&author, 1, TimeMs(not_after), actions);
        let result = ledger.clone().submit_signed(signed);
        assert_eq!(result.map(drop).map_err(|r| r.code()), expected);
    }
}

#[test]
fn r6_sequence_numbers_are_used_once_in_order_and_without_gaps() {
    let mut ledger = Ledger::default();
    let author = administrator(PROVIDER);
    let at = |ledger: &Ledger, sequence, number| {
        let not_after = ledger.next_time();
        ledger.sign_with(&author, sequence, not_after, vec![draft(number, PROVIDER)])
    };
    // Several of one key in one block, in order.
    let many = [at(&ledger, 1, 1), at(&ledger, 2, 2), at(&ledger, 3, 3)];
    assert_eq!(ledger.extend(&many).block.transactions.len(), 3);
    assert_eq!(ledger.next_sequence(&author.public()), 4);
    // A refused transaction does not use its number up.
    let taken = at(&ledger, 4, 1);
    assert_eq!(ledger.submit_signed(taken).unwrap_err().code(), "taken");
    assert_eq!(ledger.next_sequence(&author.public()), 4);
    let replayed = many[2].clone();
    let expected = Rejection::SequenceUsed {
        given: 3,
        expected: 4,
    };
    assert_eq!(ledger.submit_signed(replayed), Err(expected));
    // Out of order within a block: the later is refused, the earlier goes in.
    let built = ledger.extend(&[at(&ledger, 5, 5), at(&ledger, 4, 4)]);
    assert_eq!(built.block.transactions.len(), 1);
    assert_eq!(built.refused[0].1.code(), "sequence-ahead");
}

#[test]
fn r7_a_transaction_is_all_or_nothing() {
    let mut ledger = Ledger::default();
    let author = administrator(PROVIDER);
    let (good, bad) = (draft(1, PROVIDER), draft(1, PROVIDER));
    let before = (ledger.tip.clone(), ledger.state.clone());
    // `submit` asserts besides that the built block's state root is that of the tip.
    let refused = ledger.submit(&author, vec![good.clone(), draft(2, PROVIDER), bad]);
    assert_eq!(refused.unwrap_err().code(), "taken");
    assert_eq!(before.0, ledger.tip);
    assert!(ledger.state.resource(&code(1)).unwrap().is_none());
    assert_eq!(ledger.next_sequence(&author.public()), 1);
    // The same with a good one beside it in the block: as if the bad one had not been there.
    let alone = ledger.build(&[ledger.sign(&author, vec![good.clone()])]);
    let other = ledger.sign(
        &head(PROVIDER),
        vec![draft(3, PROVIDER), draft(3, PROVIDER)],
    );
    let beside = ledger.build(&[other, ledger.sign(&author, vec![good])]);
    assert_eq!(beside.refused.len(), 1);
    assert_eq!(beside.block, alone.block);
    assert_eq!(beside.outcome, alone.outcome);
}

#[test]
fn r7_later_actions_see_what_earlier_ones_did() {
    let mut ledger = Ledger::default();
    let actions = vec![
        draft(1, PROVIDER),
        Action::SubmitResource {
            code: code(1),
            revision: 1,
        },
    ];
    ledger.submit(&head(PROVIDER), actions).unwrap();
    assert_eq!(ledger.revision(&code(1)), 2);
}

refusals! {
    r7_one_action_that_is_refused_refuses_all => "taken" {
        let mut ledger = Ledger::default();
        let actions = vec![draft(1, PROVIDER), draft(1, PROVIDER)];
        let refused = ledger.submit(&administrator(PROVIDER), actions).unwrap_err();
        assert!(ledger.state.resource(&code(1)).unwrap().is_none());
        refused
    }
    r3_an_unregistered_key_signs_nothing => "unknown-key" {
        let author = labelled_key("nobody");
        Ledger::default().submit(&author, vec![draft(1, PROVIDER)]).unwrap_err()
    }
    r3_a_revoked_key_signs_nothing => "revoked-key" {
        let mut ledger = Ledger::default();
        let public_key = administrator(PROVIDER).public();
        ledger.submit(&head(PROVIDER), vec![Action::RevokeKey { public_key }]).unwrap();
        ledger.submit(&administrator(PROVIDER), vec![draft(1, PROVIDER)]).unwrap_err()
    }
    r3_a_suspicion_lies_within_the_key_s_life => "bad-suspect-height" {
        let mut ledger = Ledger::default();
        ledger.pass_ms(HEARTBEAT_MS);
        ledger.extend(&[]);
        let offer = register_key(&ledger, "new", Role::Gateway);
        ledger.submit(&head(PROVIDER), vec![offer]).unwrap();
        let public_key = labelled_key("new").public();
        let action = Action::SuspectKey { public_key, since: Height(1) };
        ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    r3_a_report_that_changes_nothing_is_refused => "suspect-already" {
        let mut ledger = Ledger::default();
        let public_key = administrator(PROVIDER).public();
        let action = Action::SuspectKey { public_key, since: Height(0) };
        // Not even within one transaction.
        let twice = ledger.submit(&head(PROVIDER), vec![action.clone(); 2]).unwrap_err();
        assert_eq!(twice.code(), "suspect-already");
        ledger.submit(&head(PROVIDER), vec![action.clone()]).unwrap();
        ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    r4_an_inspector_writes_nothing => "role-forbids" {
        let author = key(PROVIDER, Role::Inspector);
        Ledger::default().submit(&author, vec![draft(1, PROVIDER)]).unwrap_err()
    }
    r6_a_sequence_number_is_not_used_twice => "sequence-used" {
        let mut ledger = Ledger::default();
        let author = administrator(PROVIDER);
        ledger.submit(&author, vec![draft(1, PROVIDER)]).unwrap();
        let again = ledger.sign_with(&author, 1, ledger.next_time(), vec![draft(2, PROVIDER)]);
        ledger.submit_signed(again).unwrap_err()
    }
    r6_a_sequence_number_is_not_skipped => "sequence-ahead" {
        let mut ledger = Ledger::default();
        let author = administrator(PROVIDER);
        let ahead = ledger.sign_with(&author, 2, ledger.next_time(), vec![draft(1, PROVIDER)]);
        ledger.submit_signed(ahead).unwrap_err()
    }
    r6_an_expired_transaction_is_over => "expired" {
        let mut ledger = Ledger::default();
        let author = administrator(PROVIDER);
        let late = ledger.sign_with(&author, 1, GENESIS_TIME, vec![draft(1, PROVIDER)]);
        ledger.submit_signed(late).unwrap_err()
    }
    r6_a_transaction_does_not_wait_for_days => "expiry-too-far" {
        let mut ledger = Ledger::default();
        let author = administrator(PROVIDER);
        let not_after = TimeMs(GENESIS_TIME.0 + 2 * DAY_MS);
        let early = ledger.sign_with(&author, 1, not_after, vec![draft(1, PROVIDER)]);
        ledger.submit_signed(early).unwrap_err()
    }
    a_suspended_department_does_not_act => "department-not-active" {
        let author = administrator(SUSPENDED);
        Ledger::default().submit(&author, vec![draft(1, SUSPENDED)]).unwrap_err()
    }
    a_department_does_not_act_for_another => "not-acting-for" {
        let author = administrator(BYSTANDER);
        Ledger::default().submit(&author, vec![draft(1, PROVIDER)]).unwrap_err()
    }
    an_office_signs_only_what_is_its_own => "office-needed" {
        let author = head(STEWARD);
        Ledger::default().submit(&author, vec![declare("Z-D004-02")]).unwrap_err()
    }
}
