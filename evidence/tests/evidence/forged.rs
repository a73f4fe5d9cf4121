//! Forged files are refused, each for its reason.

use std::collections::BTreeSet;

use dirchain_evidence::testing::forgeries::{forgeries, good, story};
use dirchain_evidence::{Anchor, Reason, verify};

#[test]
fn every_forgery_is_refused_for_its_reason() {
    let world = story();
    let anchor = Anchor::Genesis(&world.genesis);
    verify(&good(), anchor, &[]).unwrap();
    let (mut names, mut wrong) = (BTreeSet::new(), Vec::new());
    let forged = forgeries();
    for forgery in &forged {
        assert!(names.insert(forgery.name), "{} twice", forgery.name);
        let anchor = match &forgery.checkpoint {
            Some(checkpoint) => Anchor::Checkpoint(checkpoint),
            None => anchor,
        };
        let found = verify(&forgery.bytes, anchor, &[]).err();
        let found = found.as_ref().map(Reason::code);
        if found != Some(forgery.code) {
            wrong.push((forgery.name, forgery.code, found));
        }
    }
    assert!(wrong.is_empty(), "name, expected, found: {wrong:#?}");
    assert!(forged.len() >= 40, "{}", forged.len());
}
