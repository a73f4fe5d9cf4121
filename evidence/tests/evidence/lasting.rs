//! A file stays checkable after everybody who voted when it was made has been replaced.

use std::path::PathBuf;

use dirchain_evidence::strict::{PIN_AGE_MS_MAX, Strict};
use dirchain_evidence::testing::{World, genesis, validators};
use dirchain_evidence::{
    Anchor, AnchorRequest, Checkpoint, Proven, Reason, Request, anchor, export, reanchor, verify,
};
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::testing::*;
use serde_json::Value;

use crate::proves::subject;
use crate::second::{folder, genesis_arguments, second};

/// The same chain when the file is made, and after its validators were replaced three times.
fn then_and_now() -> (World, World) {
    let genesis = genesis(4);
    let mut ledger = Ledger::new(&genesis);
    ledger.granted(1, &[2, 4]);
    let then = World::over(genesis.clone(), ledger.clone(), 4, &[]);
    let begin = ledger.tip.height.0;
    for _ in 0..9 {
        ledger.pass_ms(DAY_MS);
        ledger.extend(&[]);
    }
    let changes = [begin + 2, begin + 4, begin + 6];
    (then, World::over(genesis, ledger, 4, &changes))
}

fn strict(now: &World, proven: &Proven) -> Result<(), Reason> {
    let strict = Strict {
        now: TimeMs(now.ledger.tip.time.0 + 1),
        pin_age_ms_max: 5 * DAY_MS,
        witness_count_min: 2,
    };
    strict.judge(proven)
}

fn under(file: &[u8], pin: &Checkpoint) -> Result<Proven, Reason> {
    verify(file, Anchor::Checkpoint(pin), &[])
}

/// An old file under today's validators, showing a pinned block.
fn refreshed(old: &[u8], then: &World, now: &World, pin: Height) -> Vec<u8> {
    let request = AnchorRequest {
        subject: subject(),
        state: then.ledger.tip.height,
        pins: vec![pin],
        cosigned_size: None,
    };
    reanchor(old, &anchor(now, &request).unwrap(), None).unwrap()
}

#[test]
fn a_file_is_refreshed_under_validators_who_were_not_there() {
    let (then, now) = then_and_now();
    let old = export(&then, &Request::of(subject())).unwrap();
    let made = then.ledger.tip.height;
    let today = now.ledger.tip.height;
    let (before, recent) = (then.checkpoint(made.0), now.checkpoint(today.0 - 2));
    let (first, last) = (validators(0, 4), validators(3, 4));
    let stays = |member| last.members().contains(member);
    assert!(!first.members().iter().any(stays));

    // As it was made it still holds, by the word of those who voted then; who pinned a later block
    // asks for what is under it.
    let genesis = Anchor::Genesis(&now.genesis);
    let proven = verify(&old, genesis, &[]).unwrap();
    assert_eq!((proven.head.height, proven.trust.retired_sets), (made, 0));
    assert_eq!(
        under(&old, &recent).unwrap_err().code(),
        "before-checkpoint"
    );

    for (pin, retired_sets) in [(&before, 3), (&recent, 0)] {
        let file = refreshed(&old, &then, &now, pin.header.height);
        let proven = under(&file, pin).unwrap();
        assert_eq!((proven.until.height, proven.head.height), (made, today));
        assert_eq!(proven.trust.retired_sets, retired_sets);
        assert_eq!(proven.trust.validators, last);
        let by_genesis = verify(&file, genesis, &[]).unwrap();
        assert_eq!(by_genesis.trust.retired_sets, 3);
        assert_eq!(by_genesis.events, proven.events);
    }
}

#[test]
fn a_strict_verdict_does_not_rest_on_retired_keys_alone() {
    let (then, now) = then_and_now();
    let old = export(&then, &Request::of(subject())).unwrap();
    let (made, today) = (then.ledger.tip.height, now.ledger.tip.height);
    let (before, recent) = (then.checkpoint(made.0), now.checkpoint(today.0 - 2));
    let file = refreshed(&old, &then, &now, recent.header.height);
    let code = |verdict: Result<(), Reason>| verdict.err().map(|reason| reason.code());

    let mut proven = verify(&file, Anchor::Genesis(&now.genesis), &[]).unwrap();
    assert_eq!(code(strict(&now, &proven)), Some("retired-keys"));
    proven.trust.witnesses = vec!["one".to_owned()];
    assert_eq!(code(strict(&now, &proven)), Some("retired-keys"));
    proven.trust.witnesses.push("other".to_owned());
    assert_eq!(code(strict(&now, &proven)), None);

    assert_eq!(code(strict(&now, &under(&file, &recent).unwrap())), None);
    let file = refreshed(&old, &then, &now, made);
    let proven = under(&file, &before).unwrap();
    assert_eq!(code(strict(&now, &proven)), Some("pin-too-old"));
    const { assert!(PIN_AGE_MS_MAX > 5 * DAY_MS) };
}

#[test]
fn both_verifiers_follow_the_replaced_validators() {
    let (then, now) = then_and_now();
    let dir = folder("lasting");
    let old = export(&then, &Request::of(subject())).unwrap();
    let (made, today) = (then.ledger.tip.height, now.ledger.tip.height);
    let file = refreshed(&old, &then, &now, made);
    let fresh = export(&now, &Request::of(subject())).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let files: [PathBuf; 3] = [
        write("old", &old),
        write("refreshed", &file),
        write("fresh", &fresh),
    ];
    let codes = |arguments: &[String]| -> Vec<Option<String>> {
        let verdicts = second(&dir, &files, arguments);
        let code = |verdict: &Value| verdict["code"].as_str().map(str::to_owned);
        verdicts.iter().map(code).collect()
    };
    assert_eq!(codes(&genesis_arguments(&dir, &now)), [None, None, None]);
    for pin in [then.checkpoint(made.0), now.checkpoint(today.0 - 2)] {
        let path = write("pin.json", &serde_json::to_vec(&pin).unwrap());
        let arguments = ["--checkpoint".to_owned(), path.display().to_string()];
        let ours = [&old, &file, &fresh].map(|bytes| {
            let reason = under(bytes, &pin).err();
            reason.map(|reason| reason.code().to_owned())
        });
        assert_eq!(codes(&arguments), ours);
    }
}
