//! A city of real node processes for the system tests: started, killed, wiped and asked.
//!
//! Invariant: no test waits without a bound or sleeps instead of looking; everything started here
//! ends with the test, however that ends.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod authority;
mod city;
mod drafter;
mod http;
mod liar;
mod load;
mod node;
mod ports;
mod program;
mod programs;
pub mod python;
mod wait;
mod wires;

pub use authority::{Authority, configure};
pub use city::{Agreed, City};
pub use drafter::Drafter;
pub use http::Connection;
pub use liar::{Liar, Lie};
pub use load::{Load, Promised, check};
pub use node::Process;
pub use ports::Ports;
pub use program::{Printed, program, repository, run};
pub use programs::script;
pub use wait::{BLOCK, START, eventually, never};
pub use wires::{Wires, left_out};
