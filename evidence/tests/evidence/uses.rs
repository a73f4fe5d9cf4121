//! Who did, and claims that nothing was.

use dirchain_evidence::answers::Range;
use dirchain_evidence::report::Report;
use dirchain_evidence::testing::forgeries::{good, story, story_request};
use dirchain_evidence::words::{self, Language};
use dirchain_evidence::{Anchor, Claim, Proven, Reason, Request, export, verify};
use dirchain_ledger::ids::{FieldNumber, Height, TimeMs};
use dirchain_ledger::records::{RecordId, RecordKind, UseBasis};
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records as _, View as _};

fn told() -> Proven {
    let world = story();
    verify(&good(), Anchor::Genesis(&world.genesis), &[]).unwrap()
}

#[test]
fn every_batch_of_receipts_is_told_with_both_sides() {
    let (world, proven) = (story(), told());
    let uses = proven.uses().unwrap();
    let state = &world.ledger.state;
    let kind = RecordKind::ReceiptBatch;
    let sealed = state.list(kind, None, usize::MAX).unwrap();
    assert_eq!((uses.len(), sealed.len()), (3, 3));
    for used in &uses {
        let batch = state.receipt_batch(&used.batch).unwrap().unwrap();
        for (own, ledgers) in [
            (&used.provider, &batch.provider),
            (&used.consumer, &batch.consumer),
        ] {
            assert_eq!(own.is_some(), ledgers.is_some());
            for (own, ledgers) in own.iter().zip(ledgers) {
                assert_eq!(own.counted, ledgers.counted);
                assert_eq!(
                    (own.root, own.key, own.at),
                    (ledgers.root, ledgers.key, ledgers.at)
                );
                assert_eq!(own.department, ledgers.department);
            }
        }
        assert_eq!(used.contested, batch.contested);
        assert!(used.covered, "{used:?}");
    }
    let contested = uses.iter().filter(|used| used.contested.is_some());
    let contested: Vec<_> = contested.map(|used| used.reader.clone()).collect();
    assert_eq!(contested, vec![id(APPLICANT)]);
    assert!(uses.iter().any(|used| used.basis == UseBasis::None));
}

#[test]
fn the_report_tells_who_did_in_both_languages() {
    let proven = told();
    let report = Report::of(&proven, proven.until, &[], None).unwrap();
    let english = words::text(&report, Language::English);
    assert!(
        english.contains("Who did (sealed receipts of use)"),
        "{english}"
    );
    assert!(
        english.contains("consumer: 6 calls, 1 denied, 40 rows, fields 2"),
        "{english}"
    );
    assert!(english.contains("[contested]"), "{english}");
    let chinese = words::text(&report, Language::Chinese);
    assert!(
        chinese.contains("使用方: 调用 6，拒绝 1，行数 40，信息项 2"),
        "{chinese}"
    );
    let world = story();
    let unused = export(&world, &Request::of(RecordId::Resource(code(2)))).unwrap();
    let unused = verify(&unused, Anchor::Genesis(&world.genesis), &[]).unwrap();
    let report = Report::of(&unused, unused.until, &[], None).unwrap();
    let english = words::text(&report, Language::English);
    assert!(
        english.contains("proven: no use was ever sealed"),
        "{english}"
    );
}

#[test]
fn claims_are_proven_refuted_or_undecided() {
    let proven = told();
    let until = proven.until.time;
    let all = Range {
        from: GENESIS_TIME,
        to: TimeMs(until.0 + 1),
    };
    let granted = |department: &str, field, range| Claim::NeverGranted {
        department: id(department),
        field: FieldNumber(field),
        range,
    };
    let readable = |department: &str, field, range| Claim::NeverReadable {
        department: id(department),
        field: FieldNumber(field),
        range,
    };
    let code_of = |claim: Claim| claim.judge(&proven).err().map(|reason| reason.code());
    // Field 1 is shared with everybody: read without a grant.
    assert_eq!(code_of(granted(BYSTANDER, 1, all)), None);
    assert_eq!(code_of(readable(BYSTANDER, 1, all)), Some("could-read"));
    // Field 2 is not: neither granted nor readable.
    assert_eq!(code_of(granted(BYSTANDER, 2, all)), None);
    assert_eq!(code_of(readable(BYSTANDER, 2, all)), None);
    assert_eq!(code_of(granted(APPLICANT, 2, all)), Some("was-granted"));
    assert_eq!(code_of(readable(APPLICANT, 2, all)), Some("could-read"));
    let early = Range {
        to: TimeMs(GENESIS_TIME.0 + 3_000),
        ..all
    };
    assert_eq!(code_of(granted(APPLICANT, 2, early)), None);
    let late = Range {
        to: TimeMs(until.0 + 2),
        ..all
    };
    assert_eq!(code_of(granted(BYSTANDER, 2, late)), Some("past-tip"));
    assert_eq!(code_of(readable(DEPUTY, 2, all)), Some("not-in-file"));
    let absent = |height| Claim::Absent { height };
    assert_eq!(code_of(absent(Height::GENESIS)), None);
    assert_eq!(code_of(absent(Height(1))), Some("existed"));
    let after = proven.until.height.next();
    assert_eq!(code_of(absent(after)), Some("past-tip"));
}

#[test]
fn what_does_not_exist_is_absent_at_every_height() {
    let world = story();
    for subject in [
        RecordId::Resource(code(7)),
        RecordId::Department(id("D999")),
    ] {
        let bytes = export(&world, &Request::of(subject)).unwrap();
        let proven = verify(&bytes, Anchor::Genesis(&world.genesis), &[]).unwrap();
        for height in [Height::GENESIS, proven.until.height] {
            assert_eq!(Claim::Absent { height }.judge(&proven), Ok(()));
        }
    }
}

/// A height between two changes has no time in the file, unless it was exported for that height.
#[test]
fn a_height_asked_for_at_export_is_answered() {
    let world = story();
    let quiet = Height(world.ledger.tip.height.0 - 1);
    let mut request = story_request();
    let without = {
        request.subject = RecordId::Resource(code(2));
        request.pins.clear();
        export(&world, &request).unwrap()
    };
    let anchor = Anchor::Genesis(&world.genesis);
    let untold = verify(&without, anchor, &[]).unwrap().moment_of(quiet);
    assert!(
        matches!(untold, Err(Reason::NotInFile { .. })),
        "{untold:?}"
    );
    request.pins = vec![quiet];
    let with = export(&world, &request).unwrap();
    let at = verify(&with, anchor, &[])
        .unwrap()
        .moment_of(quiet)
        .unwrap();
    let block = &world.ledger.blocks[usize::try_from(quiet.0).unwrap() - 1];
    assert_eq!(at, block.header.moment());
}
