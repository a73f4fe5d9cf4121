//! The edges of the rules: beside each bound the last that passes and the first that does not.

use dirchain_ledger::action::Action;
use dirchain_ledger::bounded::List;
use dirchain_ledger::calendar::DayKind;
use dirchain_ledger::chain;
use dirchain_ledger::clocks::Duty;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::execute::{Refusal, Rehearsal};
use dirchain_ledger::ids::{Height, Moment, TimeMs};
use dirchain_ledger::inbox::{Awaited, inbox};
use dirchain_ledger::limits;
use dirchain_ledger::measure::{CalendarDay, Measure, ParameterChange};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

mod change;
mod sharing;

/// Accepted.
const PASSES: &str = "";

fn verdict(execution: dirchain_ledger::execute::Execution) -> &'static str {
    match execution.verdict {
        Ok(_) => PASSES,
        Err(Refusal::Rejected(rejection)) => rejection.code(),
        Err(Refusal::Unreadable(error)) => panic!("{error}"),
    }
}

/// What the next block would say of an action if its time were `now`.
fn tried(ledger: &Ledger, author: &SecretKey, now: TimeMs, action: Action) -> &'static str {
    let mut rehearsal = rehearsal(ledger, author, now);
    let execution = rehearsal.execute(vec![action], limits::TRANSACTION_WORK_MAX);
    verdict(execution.unwrap())
}

/// As [`tried`], of a measure that all have agreed to.
fn carried(ledger: &Ledger, author: &SecretKey, now: TimeMs, measure: &Measure) -> &'static str {
    let mut rehearsal = rehearsal(ledger, author, now);
    verdict(rehearsal.carry_out(measure, limits::TRANSACTION_WORK_MAX))
}

fn rehearsal<'l>(ledger: &'l Ledger, author: &SecretKey, now: TimeMs) -> Rehearsal<'l> {
    let tip = Moment {
        height: ledger.tip.height,
        time: TimeMs(now.0 - 1),
    };
    Rehearsal::new(&ledger.state, ledger.chain, tip, author.public())
}

/// Puts records into the state as if blocks had led there.
fn put(ledger: &mut Ledger, records: impl IntoIterator<Item = Record>) {
    let mut outcome = chain::genesis_outcome(&genesis()).unwrap();
    outcome.tip = ledger.tip.clone();
    outcome.pages.clear();
    let records = records.into_iter().map(|record| (record.id(), record));
    outcome.records = records.collect();
    ledger.state.apply(&outcome);
}

fn later(time: TimeMs, ms: i64) -> TimeMs {
    TimeMs(time.0 + ms)
}

/// Rule R6: a transaction takes effect up to its expiry, which is a day ahead at most.
#[test]
fn r6_an_expiry_counts_to_the_millisecond() {
    let ledger = Ledger::default();
    let author = administrator(PROVIDER);
    let time = ledger.next_time();
    let ahead = limits::NOT_AFTER_AHEAD_MS_MAX;
    for (ms, expected) in [
        (-1, "expired"),
        (0, PASSES),
        (ahead, PASSES),
        (ahead + 1, "expiry-too-far"),
    ] {
        let draft = Action::DraftResource {
            code: code(1),
            provider: id(PROVIDER),
            revision: 0,
            entry: entry(&responsibility(PROVIDER)),
        };
        let signed = ledger.sign_with(&author, 1, later(time, ms), vec![draft]);
        let refused = ledger.build(std::slice::from_ref(&signed)).refused;
        let given = refused
            .first()
            .map_or(PASSES, |(_, refused)| refused.code());
        assert_eq!(given, expected, "{ms} ms after the block's time");
    }
}

/// Rule R3: a key is suspect since a height at which it was valid, up to this block.
#[test]
fn r3_a_suspicion_lies_within_the_key_s_life() {
    let mut ledger = Ledger::default();
    ledger.published(PROVIDER, 1);
    let secret = labelled_key("another administrator");
    let offer = KeyOffer::new(&secret, &ledger.chain, &id(PROVIDER), Role::Administrator);
    let register = Action::RegisterKey {
        department: id(PROVIDER),
        offer,
    };
    let from = ledger.submit(&head(PROVIDER), vec![register]).unwrap();
    ledger.published(BYSTANDER, 2);
    let now = ledger.tip.height.next();
    for (since, expected) in [
        (Height(from.0 - 1), "bad-suspect-height"),
        (from, PASSES),
        (now, PASSES),
        (now.next(), "bad-suspect-height"),
    ] {
        let suspect = Action::SuspectKey {
            public_key: secret.public(),
            since,
        };
        let given = tried(&ledger, &head(PROVIDER), ledger.next_time(), suspect);
        assert_eq!(given, expected, "since {since} of {from} to {now}");
    }
    let suspect = |since| Action::SuspectKey {
        public_key: secret.public(),
        since,
    };
    let middle = from.next();
    ledger
        .submit(&head(PROVIDER), vec![suspect(middle)])
        .unwrap();
    for (since, expected) in [
        (from, PASSES),
        (middle, "suspect-already"),
        (middle.next(), "suspect-already"),
    ] {
        let given = tried(&ledger, &head(PROVIDER), ledger.next_time(), suspect(since));
        assert_eq!(given, expected);
    }
}

/// What is due lies ahead of the block that says so.
#[test]
fn what_is_due_lies_ahead() {
    let ledger = Ledger::default();
    let now = ledger.next_time();
    for (ms, expected) in [(-1, "due-past"), (0, "due-past"), (1, PASSES)] {
        let finding = Action::OpenFinding {
            id: id("J-1"),
            subject: FindingSubject::Department(id(PROVIDER)),
            title: id("目录长期未更新"),
            text: None,
            due: later(now, ms),
        };
        let inspector = key(REGISTRAR, Role::Inspector);
        assert_eq!(tried(&ledger, &inspector, now, finding), expected);
    }
}

fn sub_unit(unit: &str, parent: &str) -> Action {
    Action::RegisterDepartment(dirchain_ledger::action::RegisterDepartment {
        id: id(unit),
        parent: Some(id(parent)),
        credit_code: None,
        name: id("下属单位"),
        level: AdministrativeLevel::City,
        region: id("110000"),
        head: None,
    })
}

#[test]
fn sub_units_are_so_many_and_so_deep() {
    let mut ledger = Ledger::default();
    let author = head(BYSTANDER);
    let mut parent = BYSTANDER.to_owned();
    for level in 1..=limits::DEPARTMENT_DEPTH_MAX + 1 {
        let unit = format!("{parent}.1");
        let given = tried(
            &ledger,
            &author,
            ledger.next_time(),
            sub_unit(&unit, &parent),
        );
        if level > limits::DEPARTMENT_DEPTH_MAX {
            assert_eq!(given, "bad-sub-unit", "level {level}");
        } else {
            ledger
                .submit(&author, vec![sub_unit(&unit, &parent)])
                .unwrap();
        }
        parent = unit;
    }
    for (count, expected) in [
        (limits::SUB_UNITS_MAX - 1, PASSES),
        (limits::SUB_UNITS_MAX, "full"),
    ] {
        let mut department = ledger.state.department(&id(BYSTANDER)).unwrap().unwrap();
        department.sub_units = count;
        put(&mut ledger, [Record::Department(department)]);
        let next = sub_unit("D006.77", BYSTANDER);
        assert_eq!(tried(&ledger, &author, ledger.next_time(), next), expected);
    }
    for bad in ["D006.", "D006.x", "D0061", "D006.1x", "D005.9"] {
        let Ok(unit) = bad.parse() else { continue };
        let Action::RegisterDepartment(mut action) = sub_unit("D006.77", BYSTANDER) else {
            panic!("not a registration");
        };
        action.id = unit;
        let given = tried(
            &ledger,
            &author,
            ledger.next_time(),
            Action::RegisterDepartment(action),
        );
        assert_eq!(given, "bad-sub-unit", "{bad}");
    }
}

fn with_earlier_settings(count: usize, next_rules: Option<AgreedRules>) -> Ledger {
    let mut ledger = Ledger::default();
    let mut parameters = ledger.state.parameters().unwrap();
    let past = PastSettings {
        settings: parameters.settings.clone(),
        since: parameters.since,
    };
    parameters.earlier = List::new(vec![past; count]).unwrap();
    parameters.next_rules = next_rules;
    put(&mut ledger, [Record::Parameters(parameters)]);
    ledger
}

/// The settings change so often; a version of the rules that is agreed has its place kept.
#[test]
fn the_settings_past_has_room_for_the_rules_that_are_agreed() {
    let most = limits::SETTINGS_CHANGES_MAX;
    let agreed = AgreedRules {
        version: 3,
        from: Height(1_000),
    };
    let change = Measure::ChangeParameters(ParameterChange {
        revision: 1,
        settings: Some(Settings {
            heartbeat_ms: HEARTBEAT_MS,
            open_proposals_max: 7,
            ..Settings::default()
        }),
        add_purposes: List::default(),
        end_purposes: List::default(),
        days: List::default(),
    });
    for (count, next_rules, expected) in [
        (most - 1, None, PASSES),
        (most, None, "full"),
        (most - 2, Some(agreed), PASSES),
        (most - 1, Some(agreed), "full"),
    ] {
        let ledger = with_earlier_settings(count, next_rules);
        let given = carried(&ledger, &head(STEWARD), ledger.next_time(), &change);
        assert_eq!(given, expected, "{count} changes, {next_rules:?}");
    }
    for (count, expected) in [(most - 1, PASSES), (most, "full")] {
        let ledger = with_earlier_settings(count, None);
        let version = ledger.state.parameters().unwrap().settings.rules_version + 1;
        let from = Height(1_000);
        let raise = Measure::RaiseRules { version, from };
        let given = carried(&ledger, &head(STEWARD), ledger.next_time(), &raise);
        assert_eq!(given, expected, "{count} changes");
    }
}

#[test]
fn rules_are_raised_from_the_block_after_this_one() {
    let mut ledger = Ledger::default();
    ledger.published(PROVIDER, 1);
    let now = ledger.tip.height.next();
    let version = ledger.state.parameters().unwrap().settings.rules_version + 1;
    for (from, expected) in [(now, "bad-rules"), (now.next(), PASSES)] {
        let raise = Measure::RaiseRules { version, from };
        let given = carried(&ledger, &head(STEWARD), ledger.next_time(), &raise);
        assert_eq!(given, expected);
    }
}

fn nodes(department: &str, count: usize) -> Vec<Record> {
    let at = Moment {
        height: Height::GENESIS,
        time: GENESIS_TIME,
    };
    let node = |number: usize| {
        let name = format!("{department}-{}", 100 + number);
        let key = labelled_key(&format!("{name} network")).public();
        Record::Node(Node::begin(
            id(&name),
            id(department),
            key,
            List::default(),
            at,
        ))
    };
    (0..count).map(node).collect()
}

#[test]
fn a_line_of_departments_has_so_many_nodes_and_the_chain_so_many() {
    let register = |ledger: &Ledger| {
        let node = registration(&ledger.chain, "D006-1", BYSTANDER);
        let operator = key(BYSTANDER, Role::Operator);
        tried(
            ledger,
            &operator,
            ledger.next_time(),
            Action::RegisterNode(node),
        )
    };
    let most = limits::DEPARTMENT_NODES_MAX;
    for (own, expected) in [(most - 1, PASSES), (most, "full")] {
        let mut ledger = Ledger::default();
        put(&mut ledger, nodes(BYSTANDER, own));
        assert_eq!(register(&ledger), expected, "{own} of its own");
    }
    let most = limits::NODES_MAX - VOTERS.len();
    for (others, expected) in [(most - 1, PASSES), (most, "full")] {
        let mut ledger = Ledger::default();
        let mut left = others;
        for number in 100.. {
            let count = left.min(limits::DEPARTMENT_NODES_MAX);
            put(&mut ledger, nodes(&format!("D{number}"), count));
            left -= count;
            if left == 0 {
                break;
            }
        }
        assert_eq!(register(&ledger), expected, "{others} of others");
    }
}

/// Rule R9: near the end is not further back than the settings say.
#[test]
fn r9_a_ready_node_names_a_block_near_the_end() {
    let mut ledger = Ledger::default();
    let operator = key(BYSTANDER, Role::Operator);
    let node = registration(&ledger.chain, "D006-1", BYSTANDER);
    ledger
        .submit(&operator, vec![Action::RegisterNode(node)])
        .unwrap();
    let mut parameters = ledger.state.parameters().unwrap();
    parameters.settings.ready_blocks = 3;
    put(&mut ledger, [Record::Parameters(parameters)]);
    let named = ledger.tip.clone();
    for behind in 1..=4u32 {
        let ready = Action::MarkReady {
            id: id("D006-1"),
            height: named.height,
            block: named.block,
        };
        let expected = if behind <= 3 { PASSES } else { "not-near-end" };
        let height = Height(named.height.0 + u64::from(behind) - 1);
        let tip = Moment {
            height,
            time: ledger.now,
        };
        let author = operator.public();
        let mut rehearsal = Rehearsal::new(&ledger.state, ledger.chain, tip, author);
        let execution = rehearsal.execute(vec![ready], limits::TRANSACTION_WORK_MAX);
        assert_eq!(verdict(execution.unwrap()), expected, "{behind} behind");
    }
}

/// Rule R5: unanswered, an objection stands before the steward from its due instant on.
#[test]
fn r5_silence_counts_from_the_due_instant() {
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
    ledger
        .submit(&administrator(APPLICANT), vec![raise])
        .unwrap();
    let open = inbox(&ledger.state, &id(PROVIDER), ledger.moment()).unwrap();
    let due = open[0].until.unwrap();
    assert_eq!(open[0].awaited, Awaited::Owed(Duty::Correct));
    for (ms, expected) in [(-1, "objection-stage"), (0, PASSES)] {
        let settle = Action::SettleObjection {
            objection: sharing_id(&resource, 1),
            revision: 1,
            outcome: dirchain_ledger::records::Outcome::Corrected,
            reason: id("应予更正"),
        };
        let steward = administrator(STEWARD);
        assert_eq!(tried(&ledger, &steward, later(due, ms), settle), expected);
    }
}

fn listing(revision: u32, day: &str, kind: DayKind) -> Measure {
    let day = CalendarDay { day: id(day), kind };
    Measure::ChangeParameters(ParameterChange {
        revision,
        settings: None,
        add_purposes: List::default(),
        end_purposes: List::default(),
        days: List::new(vec![day]).unwrap(),
    })
}

/// What is listed of a day last counts, and what was listed before it is kept before it.
#[test]
fn a_day_listed_again_stands_behind_its_past() {
    let mut ledger = Ledger::default();
    for (revision, day, kind) in [
        (1, "2026-05-01", DayKind::Holiday),
        (2, "2026-04-30", DayKind::Holiday),
        (3, "2026-05-01", DayKind::Ordinary),
    ] {
        ledger
            .agree(&head(STEWARD), listing(revision, day, kind))
            .unwrap();
    }
    let parameters = ledger.state.parameters().unwrap();
    let listed = parameters.calendar.iter();
    let listed: Vec<(String, DayKind)> = listed
        .map(|listed| (listed.day.to_string(), listed.kind))
        .collect();
    let expected = [
        ("2026-04-30", DayKind::Holiday),
        ("2026-05-01", DayKind::Holiday),
        ("2026-05-01", DayKind::Ordinary),
    ];
    assert_eq!(listed, expected.map(|(day, kind)| (day.to_owned(), kind)));
    let calendar = parameters.calendar_at(ledger.tip.height);
    assert!(calendar.is_working(id("2026-05-01")));
    assert!(!calendar.is_working(id("2026-04-30")));
}

/// The terms of an office follow one another.
#[test]
fn an_office_s_terms_are_kept_in_their_order() {
    let mut ledger = Ledger::default();
    for (revision, department) in [(1, BYSTANDER), (2, APPLICANT), (3, BYSTANDER)] {
        let assign = Measure::AssignOffice {
            office: Office::Standards,
            department: id(department),
            revision,
        };
        ledger.agree(&head(STEWARD), assign).unwrap();
    }
    let offices = ledger.state.offices().unwrap();
    let mut all = offices.holders.iter();
    assert!(offices.holders.is_sorted_by_key(|term| term.office));
    let terms = all.by_ref().filter(|term| term.office == Office::Standards);
    let terms: Vec<(&str, bool)> = terms
        .map(|term| (term.department.as_str(), term.held.to.is_some()))
        .collect();
    let expected = [
        (DEPUTY, true),
        (BYSTANDER, true),
        (APPLICANT, true),
        (BYSTANDER, false),
    ];
    assert_eq!(terms, expected);
}
