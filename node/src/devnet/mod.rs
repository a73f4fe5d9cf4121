//! The sample city on one machine: its departments' nodes as processes, its day loaded.
//!
//! For demonstrations and tests: every key follows from a seed that lies beside the data.

mod children;
mod city;
mod done;
mod layout;
mod load;
mod screen;
mod supervisor;

pub use city::{Seed, node_keys, sample_city};
pub use layout::{Layout, LayoutError};
pub use load::{LoadError, Loaded, load};
pub use supervisor::{Options, run};
