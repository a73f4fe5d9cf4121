//! `cargo +nightly fuzz run answer` at the repository's root.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code, unreachable_pub)]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::answer(data));
