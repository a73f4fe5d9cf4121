//! Files from small chains: what they prove, and what becomes of them when somebody changes them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    missing_docs
)]

mod forged;
mod hostile;
mod lasting;
mod proves;
mod random;
mod second;
mod tlog;
mod uses;
mod vectors;

/// The ledger's own random steps.
#[path = "../../../ledger/tests/histories/cases.rs"]
mod cases;
#[path = "../../../ledger/tests/histories/measure_steps.rs"]
mod measure_steps;
#[allow(dead_code, unreachable_pub)]
#[path = "../../../tests/src/python.rs"]
mod python;
#[path = "../../../ledger/tests/histories/steps.rs"]
mod steps;
#[path = "../../../ledger/tests/histories/use_steps.rs"]
mod use_steps;
