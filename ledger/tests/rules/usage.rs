//! Bindings, receipts of use, ratings: C2, C8, U1, U2, U3.

use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{FieldNumber, Height, ResourceCode, TimeMs};
use dirchain_ledger::limits;
use dirchain_ledger::measure::{Measure, Reorganisation, ReorganisationKind, Transfer};
use dirchain_ledger::records::*;
use dirchain_ledger::rejection::Rejection;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::Records;

fn schema(label: &str) -> Hash {
    hash(Domain::Text, &[label.as_bytes()])
}

fn column(name: &str, field: u16) -> Column {
    Column {
        name: id(name),
        field: FieldNumber(field),
    }
}

pub(crate) fn terms() -> BindingTerms {
    BindingTerms {
        version: 1,
        kind: ResourceKind::Table,
        system: id("人口库.户籍表"),
        schema: schema("schema"),
        columns: List::new(vec![column("XM", 1), column("GMSFHM", 2)]).unwrap(),
        gateway: gateway(PROVIDER).public(),
    }
}

fn gateway(department: &str) -> dirchain_ledger::crypto::SecretKey {
    key(department, Role::Gateway)
}

pub(crate) fn propose(code: &ResourceCode) -> Action {
    Action::ProposeBinding {
        resource: code.clone(),
        terms: terms(),
    }
}

pub(crate) fn amend(code: &ResourceCode, revision: u32) -> Action {
    Action::AmendBinding {
        binding: sharing_id(code, 1),
        revision,
        terms: terms(),
    }
}

fn change(code: &ResourceCode, revision: u32, change: BindingChange) -> Action {
    Action::ChangeBinding {
        binding: sharing_id(code, 1),
        revision,
        change,
        reason: id("系统升级"),
    }
}

pub(crate) fn report(code: &ResourceCode, label: &str) -> Action {
    Action::ReportSchema {
        binding: sharing_id(code, 1),
        schema: schema(label),
    }
}

pub(crate) fn some_batch(code: &ResourceCode) -> BatchId {
    batch(
        code,
        APPLICANT,
        UseBasis::Authorized { number: 1 },
        GENESIS_TIME,
    )
}

pub(crate) fn some_seal(code: &ResourceCode) -> Action {
    seal(some_batch(code), Side::Provider, counted(GENESIS_TIME))
}

fn batch(code: &ResourceCode, reader: &str, basis: UseBasis, from: TimeMs) -> BatchId {
    BatchId {
        usage: UsageId {
            binding: sharing_id(code, 1),
            reader: id(reader),
            basis,
        },
        from,
    }
}

/// Five calls for field 2 up to an instant, one of them denied.
fn counted(to: TimeMs) -> Counted {
    Counted {
        to,
        calls: 5,
        denied: 1,
        rows: 80,
        fields: numbers(&[2]),
    }
}

fn seal(batch: BatchId, side: Side, counted: Counted) -> Action {
    let root = schema("receipts");
    Action::SealReceipts(Box::new(SealReceipts {
        batch,
        side,
        counted,
        root,
    }))
}

fn later(time: TimeMs, ms: i64) -> TimeMs {
    TimeMs(time.0 + ms)
}

const HOUR_MS: i64 = 3_600_000;

/// A live binding of an entry with an authorization of [`APPLICANT`] for field 2, and the instant
/// since which both hold; two days have passed since.
struct Used {
    ledger: Ledger,
    code: ResourceCode,
    since: TimeMs,
}

impl Used {
    fn new() -> Self {
        let mut ledger = Ledger::default();
        let code = ledger.granted(1, &[2]).resource;
        ledger
            .submit(&administrator(PROVIDER), vec![propose(&code)])
            .unwrap();
        ledger
            .submit(&gateway(PROVIDER), vec![report(&code, "schema")])
            .unwrap();
        let since = ledger.now;
        ledger.pass_ms(2 * DAY_MS);
        Self {
            ledger,
            code,
            since,
        }
    }

    /// The applicant's use on its authorization, from an hour after the beginning on.
    fn batch(&self, hour: i64) -> BatchId {
        let basis = UseBasis::Authorized { number: 1 };
        let from = later(self.since, hour * HOUR_MS);
        batch(&self.code, APPLICANT, basis, from)
    }

    /// One side seals one hour.
    fn seal(
        &mut self,
        side: Side,
        hour: i64,
        change: impl FnOnce(&mut BatchId, &mut Counted),
    ) -> Result<Height, Rejection> {
        let mut batch = self.batch(hour);
        let mut counted = counted(later(batch.from, HOUR_MS));
        change(&mut batch, &mut counted);
        let author = match side {
            Side::Provider => gateway(PROVIDER),
            Side::Consumer => gateway(APPLICANT),
        };
        self.ledger
            .submit(&author, vec![seal(batch, side, counted)])
    }

    fn revise(&mut self, change: impl FnOnce(&mut Entry)) {
        let mut amended = entry(&responsibility(PROVIDER));
        change(&mut amended);
        self.ledger.draft(PROVIDER, &self.code, &amended).unwrap();
        self.ledger.submit_draft(PROVIDER, &self.code).unwrap();
        self.ledger.publish(PROVIDER, &self.code).unwrap();
    }

    fn binding(&self) -> Binding {
        let id = sharing_id(&self.code, 1);
        self.ledger.state.binding(&id).unwrap().unwrap()
    }

    fn trail(&self) -> u64 {
        let resource = self.ledger.state.resource(&self.code).unwrap();
        resource.unwrap().trail.count
    }
}

/// A binding whose gateway saw another schema than the one stated.
fn drifted() -> Used {
    let mut used = Used::new();
    let seen = report(&used.code, "another schema");
    used.ledger.submit(&gateway(PROVIDER), vec![seen]).unwrap();
    used
}

#[test]
fn c2_a_binding_goes_live_when_its_gateway_sees_the_schema_stated() {
    let used = Used::new();
    let binding = used.binding();
    assert_eq!(binding.state(), BindingState::Live);
    assert_eq!(binding.revision, 2);
    let proposed = binding.states.first().unwrap().since.height;
    assert_eq!(binding.state_at(proposed), Some(BindingState::Proposed));
    assert_eq!(binding.state_at(proposed.previous().unwrap()), None);
    // Published (3), applied for, granted, bound, live.
    assert_eq!(used.trail(), 7);
}

#[test]
fn c2_a_gateway_reports_that_the_data_is_there_still() {
    let mut used = Used::new();
    let first = used.binding().seen.unwrap();
    let report = report(&used.code, "schema");
    let height = used.ledger.submit(&gateway(PROVIDER), vec![report]);
    let binding = used.binding();
    assert_eq!(binding.states.len(), 2);
    assert!(first.height < binding.seen.unwrap().height);
    assert_eq!(Ok(binding.seen.unwrap().height), height);
}

#[test]
fn c2_a_provider_suspends_resumes_and_retires_a_binding() {
    let mut used = Used::new();
    let steps = [
        (BindingChange::Suspend, BindingState::Suspended),
        (BindingChange::Resume, BindingState::Proposed),
        (BindingChange::Retire, BindingState::Retired),
    ];
    for (step, state) in steps {
        let action = change(&used.code, used.binding().revision, step);
        used.ledger
            .submit(&administrator(PROVIDER), vec![action])
            .unwrap();
        assert_eq!(used.binding().state(), state);
    }
    for action in [
        change(&used.code, 5, BindingChange::Resume),
        change(&used.code, 5, BindingChange::Retire),
        amend(&used.code, 5),
    ] {
        let refused = used.ledger.submit(&head(PROVIDER), vec![action]);
        assert_eq!(refused.unwrap_err().code(), "binding-state");
    }
}

#[test]
fn c8_a_drifted_binding_stops_grants_of_its_fields_until_it_is_mended() {
    for (mend, reports) in [
        // The system is put right.
        (None, "schema"),
        // The binding is stated anew, and confirmed.
        (Some("another schema"), "another schema"),
    ] {
        let mut used = drifted();
        assert_eq!(used.binding().state(), BindingState::Drifted);
        let mut asked = request(APPLICANT, &[2]);
        asked.to = later(GENESIS_TIME, 40 * DAY_MS);
        let applied = used.ledger.apply_for(APPLICANT, &used.code, asked.clone());
        let grant = Action::Grant(grant_of(applied.unwrap(), &asked));
        let provider = administrator(PROVIDER);
        let refused = used.ledger.submit(&provider, vec![grant.clone()]);
        assert_eq!(refused.unwrap_err().code(), "drifted");
        if let Some(label) = mend {
            let mut terms = terms();
            terms.schema = schema(label);
            let action = Action::AmendBinding {
                binding: sharing_id(&used.code, 1),
                revision: used.binding().revision,
                terms,
            };
            used.ledger.submit(&provider, vec![action]).unwrap();
            // New terms alone mend nothing: the gateway has not confirmed them.
            let refused = used.ledger.submit(&provider, vec![grant.clone()]);
            assert_eq!(refused.unwrap_err().code(), "drifted");
        }
        let seen = report(&used.code, reports);
        used.ledger.submit(&gateway(PROVIDER), vec![seen]).unwrap();
        assert_eq!(used.binding().state(), BindingState::Live);
        used.ledger.submit(&provider, vec![grant]).unwrap();
    }
}

#[test]
fn c8_fields_that_a_drifted_binding_does_not_serve_are_granted() {
    let mut used = drifted();
    let asked = request(APPLICANT, &[4]);
    let applied = used.ledger.apply_for(APPLICANT, &used.code, asked.clone());
    let grant = Action::Grant(grant_of(applied.unwrap(), &asked));
    used.ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
}

#[test]
fn u1_a_window_within_its_basis_is_sealed_on_the_resource_s_trail() {
    let mut used = Used::new();
    let before = used.trail();
    let height = used.seal(Side::Provider, 0, |_, _| ()).unwrap();
    let id = used.batch(0);
    let batch = used.ledger.state.receipt_batch(&id).unwrap().unwrap();
    let sealed = batch.provider.unwrap();
    assert_eq!(sealed.key, gateway(PROVIDER).public());
    assert_eq!(sealed.at.height, height);
    assert_eq!((batch.consumer, batch.contested), (None, None));
    assert_eq!(used.trail(), before + 1);
    let usage = used.ledger.state.usage(&id.usage).unwrap().unwrap();
    let totals = usage.provider;
    assert_eq!((totals.calls, totals.denied, totals.rows), (5, 1, 80));
    assert_eq!(totals.sealed_to, Some(later(id.from, HOUR_MS)));
}

#[test]
fn u1_the_owner_s_own_use_and_unconditional_use_are_sealed_too() {
    let mut used = Used::new();
    let since = used.since;
    for (reader, basis, field) in [
        (PROVIDER, UseBasis::Owner, 2),
        (BYSTANDER, UseBasis::Unconditional { version: 1 }, 1),
    ] {
        used.seal(Side::Provider, 0, |id, counted| {
            *id = batch(&id.usage.binding.resource, reader, basis, since);
            counted.fields = numbers(&[field]);
        })
        .unwrap();
    }
}

#[test]
fn c2_a_window_may_count_each_field_that_its_binding_served_at_some_time_of_it() {
    let mut used = Used::new();
    let amended = |used: &Used, columns: &[u16]| {
        let columns = columns
            .iter()
            .map(|field| column(&format!("C{field}"), *field));
        Action::AmendBinding {
            binding: sharing_id(&used.code, 1),
            revision: used.binding().revision,
            terms: BindingTerms {
                columns: List::new(columns.collect()).unwrap(),
                ..terms()
            },
        }
    };
    let served = |used: &Used| -> Vec<(u16, bool)> {
        let binding = used.binding();
        let periods = binding.served.iter();
        periods
            .map(|p| (p.field.0, p.period.to.is_some()))
            .collect()
    };
    assert_eq!(served(&used), [(1, false), (2, false)]);
    let without = amended(&used, &[1]);
    used.ledger.submit(&head(PROVIDER), vec![without]).unwrap();
    assert_eq!(served(&used), [(1, false), (2, true)]);
    let ended = used.binding().served[1].period.to.unwrap().time;
    used.ledger.pass_ms(2 * HOUR_MS);
    let again = amended(&used, &[1, 2]);
    used.ledger.submit(&head(PROVIDER), vec![again]).unwrap();
    assert_eq!(served(&used), [(1, false), (2, true), (2, false)]);
    let begun = used.binding().served[2].period.from.time;
    used.ledger.pass_ms(2 * HOUR_MS);
    let window = |from: TimeMs, to: TimeMs| {
        move |id: &mut BatchId, counted: &mut Counted| (id.from, counted.to) = (from, to)
    };
    // Begun before the column went, within its absence, and until after it came back.
    let until = window(later(ended, -1), later(ended, 1));
    used.seal(Side::Provider, 0, until).unwrap();
    let between = window(later(ended, 1), begun);
    let refused = used.seal(Side::Provider, 0, between).unwrap_err();
    assert_eq!(refused.code(), "field-not-served");
    let over = window(later(ended, 1), later(begun, 1));
    used.seal(Side::Provider, 0, over).unwrap();
}

#[test]
fn amending_a_suspended_binding_leaves_it_suspended() {
    let mut used = Used::new();
    for (action, state) in [
        (amend(&used.code, 2), BindingState::Proposed),
        (
            change(&used.code, 3, BindingChange::Suspend),
            BindingState::Suspended,
        ),
        (amend(&used.code, 4), BindingState::Suspended),
        (
            change(&used.code, 5, BindingChange::Resume),
            BindingState::Proposed,
        ),
    ] {
        used.ledger.submit(&head(PROVIDER), vec![action]).unwrap();
        assert_eq!(used.binding().state(), state);
    }
    // Out of service, and back, once: an amendment of what is out of service is no state of its own.
    assert_eq!(used.binding().states.len(), 5);
}

/// Calls of the applicant over one binding between two hours of a day of January in UTC+8.
fn calls_between(
    used: &mut Used,
    side: Side,
    binding: u32,
    day: i64,
    hours: (i64, i64),
    calls: u64,
) -> Option<OverQuota> {
    let midnight = later(GENESIS_TIME, (day - 1) * DAY_MS - 8 * HOUR_MS);
    let mut id = used.batch(0);
    id.usage.binding.number = binding;
    id.from = later(midnight, hours.0 * HOUR_MS);
    let counted = Counted {
        to: later(midnight, hours.1 * HOUR_MS),
        calls: calls + 3,
        denied: 3,
        rows: 1,
        fields: numbers(&[2]),
    };
    let author = match side {
        Side::Provider => gateway(PROVIDER),
        Side::Consumer => gateway(APPLICANT),
    };
    let usage = id.usage.clone();
    let action = seal(id, side, counted);
    used.ledger.submit(&author, vec![action]).unwrap();
    let usage = used.ledger.state.usage(&usage).unwrap().unwrap();
    usage.side(side).over
}

/// An authorization of a thousand calls a day, and two bindings.
fn with_quota() -> Used {
    let mut used = Used::new();
    let authorization = used.ledger.state.authorization(&sharing_id(&used.code, 1));
    let allowed = authorization.unwrap().unwrap().calls_per_day_max;
    assert_eq!(allowed, Some(1_000));
    let second = Action::ProposeBinding {
        resource: used.code.clone(),
        terms: BindingTerms {
            system: id("人口库.副本"),
            ..terms()
        },
    };
    used.ledger.submit(&head(PROVIDER), vec![second]).unwrap();
    let seen = Action::ReportSchema {
        binding: sharing_id(&used.code, 2),
        schema: schema("schema"),
    };
    used.ledger.submit(&gateway(PROVIDER), vec![seen]).unwrap();
    used.ledger.pass_ms(9 * DAY_MS);
    used
}

#[test]
fn s2_calls_over_a_grant_s_quota_are_counted_by_day_and_told() {
    let mut used = with_quota();
    let provider = Side::Provider;
    let mut calls = |side, binding, day, hours, calls| {
        let over = calls_between(&mut used, side, binding, day, hours, calls);
        over.map(|over| (over.days, over.last.0 - 20_453, over.calls))
    };
    // Denied calls are not used ones; as many as are allowed are not too many.
    assert_eq!(calls(provider, 1, 5, (0, 12), 600), None);
    assert_eq!(calls(provider, 1, 5, (12, 24), 400), None);
    assert_eq!(calls(provider, 1, 6, (0, 12), 600), None, "another day");
    assert_eq!(calls(provider, 1, 6, (12, 13), 401), Some((1, 6, 1_001)));
    assert_eq!(
        calls(provider, 1, 6, (13, 24), 1),
        Some((1, 6, 1_002)),
        "the same day"
    );
    // The other binding of the entry counts on the same day, and each side for itself.
    assert_eq!(calls(provider, 2, 7, (0, 12), 500), None);
    assert_eq!(calls(provider, 1, 7, (0, 12), 501), Some((2, 7, 1_001)));
    assert_eq!(calls(Side::Consumer, 1, 7, (0, 12), 1_000), None);
    // A window of two days holds twice as many, and says nothing of the second of them.
    assert_eq!(calls(Side::Consumer, 1, 8, (0, 48), 2_000), None);
    assert_eq!(
        calls(Side::Consumer, 2, 8, (0, 48), 2_001),
        Some((1, 9, 2_001))
    );
}

#[test]
fn s2_a_grant_without_a_quota_is_never_over_it() {
    let mut used = Used::new();
    used.seal(Side::Provider, 0, |id, counted| {
        *id = batch(
            &id.usage.binding.resource,
            BYSTANDER,
            UseBasis::Unconditional { version: 1 },
            id.from,
        );
        (counted.calls, counted.fields) = (1_000_000, numbers(&[1]));
    })
    .unwrap();
    let id = UsageId {
        binding: sharing_id(&used.code, 1),
        reader: id(BYSTANDER),
        basis: UseBasis::Unconditional { version: 1 },
    };
    let usage = used.ledger.state.usage(&id).unwrap().unwrap();
    assert!(!usage.is_over_quota());
}

/// A use over its quota, as the provider's gateway counted it.
pub(crate) fn over_quota() -> (Ledger, UsageId) {
    let mut used = with_quota();
    calls_between(&mut used, Side::Provider, 1, 5, (0, 12), 1_001).unwrap();
    let usage = used.batch(0).usage;
    (used.ledger, usage)
}

/// Field 2 becomes unconditional with version 2, which lasts until version 3, and on.
#[test]
fn u1_past_windows_are_judged_by_what_held_then() {
    let mut used = Used::new();
    let open = |entry: &mut Entry| entry.sharing = Some(Sharing::Unconditional);
    used.revise(open);
    let opened = used.ledger.now;
    used.ledger.pass_ms(DAY_MS);
    used.revise(|entry| {
        open(entry);
        entry.name = id("第三版");
    });
    let third = used.ledger.now;
    used.ledger.pass_ms(DAY_MS);
    let mut unconditional = |version, from, to| {
        used.seal(Side::Provider, 0, |id, counted| {
            let basis = UseBasis::Unconditional { version };
            *id = batch(&id.usage.binding.resource, BYSTANDER, basis, from);
            counted.to = to;
        })
        .map_err(|refused| refused.code())
    };
    let (before, after) = (later(opened, -1), later(third, 1));
    assert_eq!(
        unconditional(1, used_since(opened), opened),
        Err("field-not-covered")
    );
    assert_eq!(unconditional(2, before, third), Err("basis-not-valid"));
    assert_eq!(unconditional(2, opened, after), Err("basis-not-valid"));
    let told = used.seal(Side::Provider, 0, |id, counted| {
        let basis = UseBasis::Unconditional { version: 2 };
        *id = batch(&id.usage.binding.resource, BYSTANDER, basis, before);
        counted.to = third;
    });
    // Whoever split the window badly is told where the basis holds.
    match told.unwrap_err() {
        Rejection::BasisNotValid { valid, .. } => {
            let spans: Vec<_> = valid.iter().map(|span| (span.from, span.to)).collect();
            assert_eq!(spans, [(opened, Some(third))]);
        }
        other => panic!("{other:?}"),
    }
    let mut unconditional = |version, from, to| {
        used.seal(Side::Provider, 0, |id, counted| {
            let basis = UseBasis::Unconditional { version };
            *id = batch(&id.usage.binding.resource, BYSTANDER, basis, from);
            counted.to = to;
        })
        .map_err(|refused| refused.code())
    };
    unconditional(2, opened, third).unwrap();
    unconditional(3, third, after).unwrap();
}

fn used_since(opened: TimeMs) -> TimeMs {
    later(opened, -HOUR_MS)
}

#[test]
fn u1_an_authorization_s_use_up_to_its_end_may_be_sealed_after_it() {
    let mut used = Used::new();
    let end = Action::EndAuthorization {
        authorization: sharing_id(&used.code, 1),
        revision: 1,
        reason: id("不再需要"),
    };
    used.ledger
        .submit(&administrator(APPLICANT), vec![end])
        .unwrap();
    let ended = used.ledger.now;
    used.ledger.pass_ms(DAY_MS);
    for (after, expected) in [(1, Err("basis-not-valid")), (0, Ok(()))] {
        let sealed = used.seal(Side::Provider, 0, |_, counted| {
            counted.to = later(ended, after);
        });
        assert_eq!(sealed.map(drop).map_err(|r| r.code()), expected);
    }
}

#[test]
fn u1_abolishing_the_reader_s_responsibility_ends_what_its_use_rests_on() {
    let mut used = Used::new();
    let action = Action::AbolishResponsibility {
        code: responsibility(APPLICANT),
        revision: 1,
        reason: id("职责取消"),
    };
    used.ledger.submit(&head(REGISTRAR), vec![action]).unwrap();
    let ended = used.ledger.now;
    used.ledger.pass_ms(DAY_MS);
    for (after, expected) in [(1, Err("basis-not-valid")), (0, Ok(()))] {
        let sealed = used.seal(Side::Provider, 0, |_, counted| {
            counted.to = later(ended, after);
        });
        assert_eq!(sealed.map(drop).map_err(|r| r.code()), expected);
    }
}

#[test]
fn u1_what_the_reader_was_granted_ends_with_its_holding_of_the_responsibility() {
    let mut used = Used::new();
    let transfer = Transfer {
        responsibility: responsibility(APPLICANT),
        from: APPLICANT.parse().unwrap(),
        to: Some(BYSTANDER.parse().unwrap()),
    };
    let split = Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("机构改革方案"),
        transfers: List::new(vec![transfer]).unwrap(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    };
    let passed = used
        .ledger
        .agree(&head(REGISTRAR), Measure::Reorganise(split));
    passed.unwrap();
    let ended = used.ledger.tip.time;
    used.ledger.pass_ms(HOUR_MS);
    for (after, expected) in [(1, Err("basis-not-valid")), (0, Ok(()))] {
        let sealed = used.seal(Side::Provider, 0, |_, counted| {
            counted.to = later(ended, after);
        });
        assert_eq!(sealed.map(drop).map_err(|r| r.code()), expected);
    }
}

#[test]
fn u1_windows_of_one_use_follow_one_another_and_others_are_apart() {
    let mut used = Used::new();
    used.seal(Side::Provider, 1, |_, _| ()).unwrap();
    for hour in [0, 1] {
        let refused = used.seal(Side::Provider, hour, |id, counted| {
            id.from = later(id.from, 1);
            counted.to = later(counted.to, 1);
        });
        assert_eq!(refused.unwrap_err().code(), "window-overlaps", "{hour}");
    }
    used.seal(Side::Provider, 2, |_, _| ()).unwrap();
    // The other side, and another reader, have windows of their own.
    used.seal(Side::Consumer, 0, |_, _| ()).unwrap();
    used.seal(Side::Provider, 0, |id, counted| {
        id.usage.reader = "D006".parse().unwrap();
        id.usage.basis = UseBasis::Unconditional { version: 1 };
        counted.fields = numbers(&[1]);
    })
    .unwrap();
}

#[test]
fn u2_denied_calls_are_counted_with_a_basis_and_without() {
    let mut used = Used::new();
    used.seal(Side::Provider, 0, |_, counted| {
        counted.denied = counted.calls;
        (counted.rows, counted.fields) = (0, List::default());
    })
    .unwrap();
    used.seal(Side::Provider, 0, |id, counted| {
        id.usage.reader = "D006".parse().unwrap();
        id.usage.basis = UseBasis::None;
        counted.denied = counted.calls;
        (counted.rows, counted.fields) = (0, List::default());
    })
    .unwrap();
}

#[test]
fn u2_a_window_without_a_call_has_no_receipt() {
    let mut used = Used::new();
    let mut batch = SealReceipts {
        batch: used.batch(0),
        side: Side::Provider,
        counted: Counted {
            calls: 0,
            denied: 0,
            rows: 0,
            fields: List::default(),
            to: later(used.since, HOUR_MS),
        },
        root: schema("receipts"),
    };
    let author = gateway(PROVIDER);
    let action = Action::SealReceipts(Box::new(batch.clone()));
    let refused = used.ledger.submit(&author, vec![action]).unwrap_err();
    assert_eq!(refused.code(), "bad-counts");
    batch.root = Hash::ZERO;
    let action = Action::SealReceipts(Box::new(batch));
    used.ledger.submit(&author, vec![action]).unwrap();
}

#[test]
fn u3_both_sides_are_kept_and_a_difference_shows_as_contested() {
    for (calls, is_contested) in [(5, false), (6, true)] {
        let mut used = Used::new();
        used.seal(Side::Consumer, 0, |_, _| ()).unwrap();
        let height = used
            .seal(Side::Provider, 0, |_, counted| counted.calls = calls)
            .unwrap();
        let id = used.batch(0);
        let batch = used.ledger.state.receipt_batch(&id).unwrap().unwrap();
        assert_eq!(batch.consumer.as_ref().unwrap().counted.calls, 5);
        assert_eq!(batch.provider.as_ref().unwrap().counted.calls, calls);
        assert_eq!(
            batch.contested.map(|at| at.height),
            is_contested.then_some(height)
        );
        let usage = used.ledger.state.usage(&id.usage).unwrap().unwrap();
        let expected = (u64::from(!is_contested), u64::from(is_contested));
        assert_eq!((usage.agreed, usage.contested), expected);
    }
}

fn rate(batch: &BatchId) -> Action {
    Action::Rate {
        batch: batch.clone(),
        stars: Stars::Three,
        reason: id("更新不及时"),
    }
}

fn answer(batch: &BatchId) -> Action {
    Action::AnswerRating {
        batch: batch.clone(),
        text: id("已改为每日更新"),
    }
}

/// A batch that its reader rated.
fn rated() -> (Used, BatchId) {
    let mut used = Used::new();
    used.seal(Side::Provider, 0, |_, _| ()).unwrap();
    let batch = used.batch(0);
    used.ledger
        .submit(&administrator(APPLICANT), vec![rate(&batch)])
        .unwrap();
    (used, batch)
}

/// The same, for what else such a batch leads to.
pub(crate) fn rated_batch() -> (Ledger, BatchId) {
    let (used, batch) = rated();
    (used.ledger, batch)
}

#[test]
fn a_reader_rates_a_batch_and_the_provider_answers() {
    let (mut used, batch) = rated();
    used.ledger
        .submit(&administrator(PROVIDER), vec![answer(&batch)])
        .unwrap();
    let rating = used.ledger.state.rating(&batch).unwrap().unwrap();
    assert_eq!(u8::from(rating.stars), 3);
    assert_eq!(rating.answered.unwrap().department, id(PROVIDER));
}

fn proposal_with(change: impl FnOnce(&mut BindingTerms)) -> Rejection {
    let mut ledger = Ledger::default();
    let resource = ledger.published(PROVIDER, 1);
    let mut terms = terms();
    change(&mut terms);
    let action = Action::ProposeBinding { resource, terms };
    ledger
        .submit(&administrator(PROVIDER), vec![action])
        .unwrap_err()
}

fn seal_with(side: Side, change: impl FnOnce(&mut BatchId, &mut Counted)) -> Rejection {
    Used::new().seal(side, 0, change).unwrap_err()
}

refusals! {
    c2_a_binding_maps_at_least_one_column => "bad-column" {
        proposal_with(|terms| terms.columns = List::default())
    }
    c2_every_column_fills_a_field_of_the_entry => "bad-column" {
        proposal_with(|terms| terms.columns = List::new(vec![column("XM", 9)]).unwrap())
    }
    c2_no_column_twice => "bad-column" {
        proposal_with(|terms| {
            terms.columns = List::new(vec![column("XM", 1), column("XM", 2)]).unwrap();
        })
    }
    c2_no_field_twice => "bad-column" {
        proposal_with(|terms| {
            terms.columns = List::new(vec![column("XM", 1), column("XB", 1)]).unwrap();
        })
    }
    c2_a_binding_cites_the_version_in_force => "other-version" {
        proposal_with(|terms| terms.version = 2)
    }
    c2_a_gateway_serves_a_binding => "bad-gateway" {
        proposal_with(|terms| terms.gateway = head(PROVIDER).public())
    }
    c2_a_binding_of_what_is_not_published => "wrong-status" {
        let mut ledger = Ledger::default();
        ledger.draft(PROVIDER, &code(1), &entry(&responsibility(PROVIDER))).unwrap();
        ledger.submit(&administrator(PROVIDER), vec![propose(&code(1))]).unwrap_err()
    }
    c2_nobody_binds_another_s_entry => "not-acting-for" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        ledger.submit(&administrator(BYSTANDER), vec![propose(&code)]).unwrap_err()
    }
    c2_no_use_before_the_binding_was_live => "not-in-service" {
        let before = |id: &mut BatchId, _: &mut Counted| id.from = later(id.from, -1);
        seal_with(Side::Provider, before)
    }
    c2_no_use_after_the_binding_retired => "not-in-service" {
        let mut used = Used::new();
        let retire = change(&used.code, 2, BindingChange::Retire);
        used.ledger.submit(&head(PROVIDER), vec![retire]).unwrap();
        let retired = used.ledger.now;
        used.ledger.pass_ms(DAY_MS);
        used.seal(Side::Provider, 0, |_, counted| counted.to = later(retired, 1)).unwrap_err()
    }
    a_live_binding_is_not_resumed => "binding-state" {
        let mut used = Used::new();
        let resume = change(&used.code, 2, BindingChange::Resume);
        used.ledger.submit(&head(PROVIDER), vec![resume]).unwrap_err()
    }
    a_report_that_changes_nothing => "binding-state" {
        let mut used = drifted();
        let report = report(&used.code, "another schema");
        used.ledger.submit(&gateway(PROVIDER), vec![report]).unwrap_err()
    }
    a_change_of_a_binding_that_changed_is_stale => "stale" {
        let mut used = Used::new();
        let suspend = change(&used.code, 1, BindingChange::Suspend);
        used.ledger.submit(&head(PROVIDER), vec![suspend]).unwrap_err()
    }
    c8_a_binding_does_not_go_live_on_another_schema => "schema-differs" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        ledger.submit(&administrator(PROVIDER), vec![propose(&code)]).unwrap();
        ledger.submit(&gateway(PROVIDER), vec![report(&code, "another schema")]).unwrap_err()
    }
    c8_no_grant_on_a_drifted_binding => "drifted" {
        let mut used = drifted();
        let asked = request(APPLICANT, &[2, 4]);
        let applied = used.ledger.apply_for(APPLICANT, &used.code, asked.clone());
        let grant = Action::Grant(grant_of(applied.unwrap(), &asked));
        used.ledger.submit(&administrator(PROVIDER), vec![grant]).unwrap_err()
    }
    c8_another_gateway_reports_nothing => "not-gateway" {
        let mut used = Used::new();
        let seen = report(&used.code, "another schema");
        used.ledger.submit(&gateway(APPLICANT), vec![seen]).unwrap_err()
    }
    u1_the_provider_s_side_is_the_binding_s_gateway => "not-gateway" {
        let mut used = Used::new();
        let action = seal(used.batch(0), Side::Provider, counted(later(used.since, HOUR_MS)));
        used.ledger.submit(&gateway(SUB_UNIT), vec![action]).unwrap_err()
    }
    u1_the_consumer_s_side_is_a_gateway_of_the_reader => "not-gateway" {
        let mut used = Used::new();
        let action = seal(used.batch(0), Side::Consumer, counted(later(used.since, HOUR_MS)));
        used.ledger.submit(&gateway(BYSTANDER), vec![action]).unwrap_err()
    }
    u1_a_head_s_word_is_no_gateway_s => "role-forbids" {
        let mut used = Used::new();
        let action = seal(used.batch(0), Side::Provider, counted(later(used.since, HOUR_MS)));
        used.ledger.submit(&head(PROVIDER), vec![action]).unwrap_err()
    }
    u1_an_empty_window => "bad-window" {
        seal_with(Side::Provider, |id, counted| counted.to = id.from)
    }
    u1_a_window_that_is_not_over => "bad-window" {
        seal_with(Side::Provider, |id, counted| counted.to = later(id.from, 3 * DAY_MS))
    }
    u1_a_window_that_is_too_long => "bad-window" {
        let mut used = Used::new();
        used.ledger.pass_ms(40 * DAY_MS);
        let too_long = |id: &mut BatchId, counted: &mut Counted| {
            counted.to = later(id.from, limits::WINDOW_MS_MAX + 1);
        };
        used.seal(Side::Provider, 0, too_long).unwrap_err()
    }
    u1_a_window_beyond_the_authorization_s_own => "basis-not-valid" {
        let mut used = Used::new();
        used.ledger.pass_ms(30 * DAY_MS);
        used.seal(Side::Provider, 0, |_, counted| {
            counted.to = later(GENESIS_TIME, 30 * DAY_MS + 1);
        }).unwrap_err()
    }
    u1_another_reader_s_authorization => "basis-not-valid" {
        seal_with(Side::Provider, |id, _| id.usage.reader = "D006".parse().unwrap())
    }
    u1_an_authorization_that_does_not_exist => "basis-not-valid" {
        seal_with(Side::Provider, |id, _| id.usage.basis = UseBasis::Authorized { number: 2 })
    }
    u1_a_version_that_was_not_in_force => "basis-not-valid" {
        seal_with(Side::Provider, |id, counted| {
            id.usage.basis = UseBasis::Unconditional { version: 2 };
            counted.fields = numbers(&[1]);
        })
    }
    u1_a_stranger_is_no_owner => "basis-not-valid" {
        seal_with(Side::Provider, |id, _| id.usage.basis = UseBasis::Owner)
    }
    u1_a_suspended_department_has_no_basis => "basis-not-valid" {
        seal_with(Side::Provider, |id, counted| {
            id.usage.reader = SUSPENDED.parse().unwrap();
            id.usage.basis = UseBasis::Unconditional { version: 1 };
            counted.fields = numbers(&[1]);
        })
    }
    c2_a_field_that_the_binding_does_not_serve => "field-not-served" {
        seal_with(Side::Provider, |id, counted| {
            id.usage.reader = PROVIDER.parse().unwrap();
            id.usage.basis = UseBasis::Owner;
            counted.fields = numbers(&[2, 3]);
        })
    }
    u1_a_field_that_was_not_granted => "field-not-covered" {
        seal_with(Side::Provider, |_, counted| counted.fields = numbers(&[2, 4]))
    }
    u1_a_conditional_field_used_as_an_unconditional_one => "field-not-covered" {
        seal_with(Side::Provider, |id, _| id.usage.basis = UseBasis::Unconditional { version: 1 })
    }
    u1_windows_overlap => "window-overlaps" {
        let mut used = Used::new();
        used.seal(Side::Consumer, 1, |_, _| ()).unwrap();
        used.seal(Side::Consumer, 1, |id, _| id.from = later(id.from, 5)).unwrap_err()
    }
    u1_a_reader_that_does_not_exist => "unknown-record" {
        seal_with(Side::Provider, |id, _| id.usage.reader = "D099".parse().unwrap())
    }
    u2_more_denied_than_made => "bad-counts" {
        seal_with(Side::Provider, |_, counted| counted.denied = 6)
    }
    u2_without_a_basis_every_call_is_denied => "bad-counts" {
        seal_with(Side::Provider, |id, _| id.usage.basis = UseBasis::None)
    }
    u2_nothing_is_handed_over_by_denied_calls => "bad-counts" {
        seal_with(Side::Provider, |_, counted| counted.denied = counted.calls)
    }
    u2_calls_that_were_not_denied_used_fields => "bad-counts" {
        seal_with(Side::Provider, |_, counted| counted.fields = List::default())
    }
    u2_the_fields_ascend => "bad-counts" {
        seal_with(Side::Provider, |_, counted| counted.fields = numbers(&[2, 2]))
    }
    u3_a_count_that_was_sealed_stands => "side-sealed" {
        let mut used = Used::new();
        used.seal(Side::Provider, 0, |_, _| ()).unwrap();
        used.seal(Side::Provider, 0, |_, counted| counted.calls = 4).unwrap_err()
    }
    the_provider_does_not_rate_its_own_data => "not-reader" {
        let mut used = Used::new();
        used.seal(Side::Provider, 0, |_, _| ()).unwrap();
        let rating = rate(&used.batch(0));
        used.ledger.submit(&administrator(PROVIDER), vec![rating]).unwrap_err()
    }
    nobody_rates_what_it_did_not_read => "not-reader" {
        let mut used = Used::new();
        used.seal(Side::Provider, 0, |_, _| ()).unwrap();
        let rating = rate(&used.batch(0));
        used.ledger.submit(&administrator(BYSTANDER), vec![rating]).unwrap_err()
    }
    a_rating_rests_on_a_batch => "unknown-record" {
        let mut used = Used::new();
        let rating = rate(&used.batch(0));
        used.ledger.submit(&administrator(APPLICANT), vec![rating]).unwrap_err()
    }
    one_rating_for_a_batch => "rated-already" {
        let (mut used, batch) = rated();
        used.ledger.submit(&administrator(APPLICANT), vec![rate(&batch)]).unwrap_err()
    }
    one_answer_to_a_rating => "answered" {
        let (mut used, batch) = rated();
        used.ledger.submit(&administrator(PROVIDER), vec![answer(&batch)]).unwrap();
        used.ledger.submit(&administrator(PROVIDER), vec![answer(&batch)]).unwrap_err()
    }
    a_reader_does_not_answer_itself => "not-acting-for" {
        let (mut used, batch) = rated();
        used.ledger.submit(&administrator(APPLICANT), vec![answer(&batch)]).unwrap_err()
    }
    an_entry_has_at_most_so_many_bindings => "full" {
        let mut ledger = Ledger::default();
        let code = ledger.published(PROVIDER, 1);
        let all = vec![propose(&code); limits::BINDINGS_MAX];
        ledger.submit(&administrator(PROVIDER), all).unwrap();
        ledger.submit(&administrator(PROVIDER), vec![propose(&code)]).unwrap_err()
    }
}

/// What readers say of the data counts for its provider.
#[test]
fn ratings_count_for_the_provider_s_score() {
    use dirchain_ledger::clocks::{Score, scores};
    let mut used = Used::new();
    let score = |ledger: &Ledger| -> Score {
        let all = scores(&ledger.state, ledger.moment()).unwrap();
        let mut own = all
            .into_iter()
            .filter(|score| score.department == id(PROVIDER));
        own.next().unwrap()
    };
    // Two days pass with the first batch: the entry counts as stale since.
    used.seal(Side::Provider, 0, |_, _| ()).unwrap();
    let before = score(&used.ledger);
    for (hour, stars, expected) in [
        (1, Stars::Five, (1, 2)),
        (2, Stars::One, (2, 0)),
        (3, Stars::Two, (3, -1)),
    ] {
        used.seal(Side::Provider, hour, |_, _| ()).unwrap();
        let batch = used.batch(hour);
        let rate = Action::Rate {
            batch,
            stars,
            reason: id("所见"),
        };
        used.ledger
            .submit(&administrator(APPLICANT), vec![rate])
            .unwrap();
        let after = score(&used.ledger);
        assert_eq!((after.ratings, after.stars_above_three), expected);
        let star = i64::from(Settings::default().scoring.rating_star);
        assert_eq!(after.points - before.points, expected.1 * star);
    }
}
