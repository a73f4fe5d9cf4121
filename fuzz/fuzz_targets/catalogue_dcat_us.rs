//! `cargo +nightly fuzz run --features files catalogue_dcat_us` at the repository's root.
#![no_main]

#[path = "../files.rs"]
#[allow(dead_code, unreachable_pub)]
mod files;

libfuzzer_sys::fuzz_target!(|data: &[u8]| files::catalogue_dcat_us(data));
