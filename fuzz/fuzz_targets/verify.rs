//! The verifier over any bytes: `cargo +nightly fuzz run verify tests/vectors/evidence`, in the repository.
#![no_main]

use std::sync::LazyLock;

use dirchain_evidence::testing::World;
use dirchain_evidence::testing::forgeries::{forgeries, good, story};
use dirchain_evidence::{Anchor, verify};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(story);
/// What somebody made: the good file, and those that only whoever pinned a block refuses.
static MADE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let pinned = forgeries()
        .into_iter()
        .filter(|forgery| forgery.checkpoint.is_some());
    std::iter::once(good())
        .chain(pinned.map(|forgery| forgery.bytes))
        .collect()
});

fuzz_target!(|data: &[u8]| {
    let anchor = Anchor::Genesis(&WORLD.genesis);
    if verify(data, anchor, &[]).is_ok() {
        let is_made = MADE.iter().any(|made| made == data);
        assert!(is_made, "a file that nobody made is valid");
    }
});
