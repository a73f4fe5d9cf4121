//! The verifier over any bytes: `cargo +nightly fuzz run verify tests/vectors/evidence`, in the repository.
#![no_main]

use std::sync::LazyLock;

use dirchain_evidence::testing::forgeries::{good, story};
use dirchain_evidence::testing::World;
use dirchain_evidence::{Anchor, verify};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(story);
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(good);

fuzz_target!(|data: &[u8]| {
    let anchor = Anchor::Genesis(&WORLD.genesis);
    if verify(data, anchor, &[]).is_ok() {
        assert_eq!(data, GOOD.as_slice(), "a file that nobody made is valid");
    }
});
