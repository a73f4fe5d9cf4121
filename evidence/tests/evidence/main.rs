//! Files from small chains: what they prove, and what becomes of them when somebody changes them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    missing_docs
)]

mod forged;
mod proves;
mod second;
mod tlog;
