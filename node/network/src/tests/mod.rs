//! Tests over real sockets on the loopback, one file for each property.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod codec;
mod context;
mod exchange;
mod lifecycle;
mod node;
mod rates;
mod relay;
mod removal;
mod rogue;
mod timely;
mod violations;
