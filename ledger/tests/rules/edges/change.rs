//! Reorganisations, and what awaits a department.

use dirchain_ledger::execute::reach;
use dirchain_ledger::measure::{Renaming, Reorganisation, ReorganisationKind, Transfer};

use super::*;

fn reorganised(change: impl FnOnce(&mut Reorganisation)) -> &'static str {
    let ledger = Ledger::default();
    let mut plan = Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("机构改革方案"),
        transfers: List::default(),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    };
    change(&mut plan);
    let measure = Measure::Reorganise(plan);
    carried(&ledger, &head(REGISTRAR), ledger.next_time(), &measure)
}

fn moves(from: &[&str]) -> List<Transfer, { limits::TRANSFERS_MAX }> {
    let transfers = from.iter().map(|from| Transfer {
        responsibility: responsibility(from),
        from: id(from),
        to: Some(id(DEPUTY)),
    });
    List::new(transfers.collect()).unwrap()
}

fn renames(departments: &[&str]) -> List<Renaming, { limits::DISSOLVED_MAX }> {
    let renames = departments.iter().map(|department| Renaming {
        department: id(department),
        name: id("新名称"),
    });
    List::new(renames.collect()).unwrap()
}

/// Rule R1: each kind has its parts.
#[test]
fn r1_each_kind_of_reorganisation_has_its_parts() {
    use ReorganisationKind::{Dissolve, Merge, Rename, Split};
    let bad = "bad-reorganisation";
    // Whether there are transfers, whether somebody is dissolved, whether somebody is renamed.
    for (kind, moved, dissolved, renamed, expected) in [
        (Merge, true, true, false, PASSES),
        (Merge, true, false, false, bad),
        (Merge, false, true, false, bad),
        (Merge, false, false, false, bad),
        (Split, true, false, false, PASSES),
        (Split, true, true, false, bad),
        (Split, false, false, true, bad),
        (Rename, false, false, true, PASSES),
        (Rename, true, false, true, bad),
        (Rename, true, true, true, bad),
        (Rename, false, false, false, bad),
        (Dissolve, true, true, false, PASSES),
        (Dissolve, true, false, false, bad),
    ] {
        let given = reorganised(|plan| {
            plan.kind = kind;
            if moved {
                plan.transfers = moves(&[BYSTANDER]);
            }
            if dissolved {
                plan.dissolves = List::new(vec![id(BYSTANDER)]).unwrap();
            }
            if renamed {
                plan.renames = renames(&[APPLICANT]);
            }
        });
        assert_eq!(given, expected, "{kind:?} {moved} {dissolved} {renamed}");
    }
    // Without a responsibility left there is nothing to pass on; a rename dissolves nobody.
    let given = reorganised(|plan| {
        plan.kind = Rename;
        plan.dissolves = List::new(vec![id(SUSPENDED)]).unwrap();
        plan.renames = renames(&[APPLICANT]);
    });
    assert_eq!(given, bad);
}

/// Rule R1: its lists ascend, and nothing stays where it is or goes to who is dissolved.
#[test]
fn r1_a_reorganisation_s_lists_ascend() {
    let bad = "bad-reorganisation";
    for (from, expected) in [
        (&[APPLICANT, BYSTANDER][..], PASSES),
        (&[BYSTANDER, APPLICANT], bad),
        (&[BYSTANDER, BYSTANDER], bad),
        (&[DEPUTY], bad),
    ] {
        let given = reorganised(|plan| plan.transfers = moves(from));
        assert_eq!(given, expected, "{from:?}");
        let given = reorganised(|plan| {
            plan.kind = ReorganisationKind::Rename;
            plan.renames = renames(from);
        });
        let expected = if from == [DEPUTY] { PASSES } else { expected };
        assert_eq!(given, expected, "{from:?} renamed");
    }
    for (dissolves, expected) in [
        (&[BYSTANDER, SUSPENDED][..], PASSES),
        (&[SUSPENDED, BYSTANDER], bad),
        (&[BYSTANDER, BYSTANDER], bad),
        (&[BYSTANDER, DEPUTY], bad),
    ] {
        let given = reorganised(|plan| {
            plan.kind = ReorganisationKind::Dissolve;
            plan.transfers = moves(&[BYSTANDER, SUSPENDED]);
            plan.dissolves = List::new(dissolves.iter().map(|d| id(d)).collect()).unwrap();
        });
        assert_eq!(given, expected, "{dissolves:?} dissolved");
    }
}

/// Rule R2: a grant is touched as long as its window is not over.
#[test]
fn r2_a_grant_is_reached_up_to_its_end() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let to = ledger.state.authorization(&granted).unwrap().unwrap().to;
    let reached = |from: &str, time: TimeMs| {
        let plan = Reorganisation {
            kind: ReorganisationKind::Split,
            document: id("机构改革方案"),
            transfers: moves(&[from]),
            dissolves: List::default(),
            renames: List::default(),
            successors: List::default(),
        };
        let at = Moment {
            height: ledger.tip.height,
            time,
        };
        let reach = reach(&ledger.state, at, &plan).unwrap();
        (reach.provided.len(), reach.received.len())
    };
    assert_eq!(reached(PROVIDER, later(to, -1)), (1, 0));
    assert_eq!(reached(PROVIDER, to), (0, 0));
    assert_eq!(reached(APPLICANT, later(to, -1)), (0, 1));
    assert_eq!(reached(APPLICANT, to), (0, 0));
}

/// What an inbox holds is awaited still: of who is asked, of grants that last.
#[test]
fn an_inbox_holds_what_is_awaited_still() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let other = ledger.granted(2, &[2]);
    let suspend = Action::SuspendAuthorization {
        authorization: other,
        revision: 1,
        reason: id("超范围使用"),
    };
    ledger
        .submit(&administrator(PROVIDER), vec![suspend])
        .unwrap();
    let split = Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("机构改革方案"),
        transfers: moves(&[APPLICANT]),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    });
    let proposal = ledger.propose(&head(REGISTRAR), split).unwrap();
    let awaited = |ledger: &Ledger, department: &str, time: TimeMs| -> Vec<(Awaited, RecordId)> {
        let at = Moment {
            height: ledger.tip.height,
            time,
        };
        let found = inbox(&ledger.state, &id(department), at).unwrap();
        let items = found.into_iter();
        let items = items.filter(|item| !matches!(item.awaited, Awaited::Owed(_)));
        items.map(|item| (item.awaited, item.record)).collect()
    };
    let asked = [(Awaited::Approval, RecordId::Proposal(proposal.clone()))];
    let now = ledger.now;
    assert_eq!(awaited(&ledger, APPLICANT, now), asked);
    assert_eq!(awaited(&ledger, DEPUTY, now), asked);
    // Who proposed it, and who has approved it, is not asked.
    assert_eq!(awaited(&ledger, REGISTRAR, now), []);
    ledger.approve(&head(APPLICANT), &proposal).unwrap();
    let now = ledger.now;
    assert_eq!(awaited(&ledger, APPLICANT, now), []);
    assert_eq!(awaited(&ledger, DEPUTY, now), asked);
    ledger.approve(&head(DEPUTY), &proposal).unwrap();
    let now = ledger.now;
    assert_eq!(awaited(&ledger, DEPUTY, now), []);
    // The one that is suspended is for the provider to lift first.
    let to = ledger.state.authorization(&granted).unwrap().unwrap().to;
    let confirm = [(Awaited::Confirmation, RecordId::Authorization(granted))];
    assert_eq!(awaited(&ledger, PROVIDER, now), confirm);
    assert_eq!(awaited(&ledger, PROVIDER, later(to, -1)), confirm);
    assert_eq!(awaited(&ledger, PROVIDER, to), []);
}

/// A grant confirmed for its new holder is one of its own, of the same terms.
#[test]
fn r2_a_confirmed_grant_is_the_new_holder_s_own() {
    let mut ledger = Ledger::default();
    let granted = ledger.granted(1, &[2]);
    let split = Measure::Reorganise(Reorganisation {
        kind: ReorganisationKind::Split,
        document: id("机构改革方案"),
        transfers: moves(&[APPLICANT]),
        dissolves: List::default(),
        renames: List::default(),
        successors: List::default(),
    });
    ledger.agree(&head(REGISTRAR), split).unwrap();
    let confirm = Action::ConfirmHolder {
        authorization: granted.clone(),
        revision: 1,
    };
    let height = ledger
        .submit(&administrator(PROVIDER), vec![confirm])
        .unwrap();
    let before = ledger.state.authorization(&granted).unwrap().unwrap();
    let heir = sharing_id(&granted.resource, 2);
    let heir = ledger.state.authorization(&heir).unwrap().unwrap();
    assert_eq!(heir.id.number, 2);
    assert_eq!(heir.grantee, id(DEPUTY));
    assert_eq!((heir.revision, before.revision), (1, 2));
    assert_eq!(heir.granted.at.height, height);
    assert_eq!(heir.granted.key, administrator(PROVIDER).public());
    assert!(heir.is_active_at(height) && !heir.is_active_at(height.previous().unwrap()));
    assert!(!before.is_active_at(height) && heir.approvals.is_empty());
    assert_eq!((heir.from, heir.to), (before.from, before.to));
    assert_eq!(
        (&heir.fields, &heir.purpose),
        (&before.fields, &before.purpose)
    );
}
