//! `dirchain devnet`: the sample city on this machine.

use std::path::PathBuf;

use crate::devnet::{Options, run};

use super::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Devnet {
    /// How many departments have a node
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    nodes: u16,

    /// The first node's port on the network; the others' follow
    #[arg(long, value_name = "PORT", default_value_t = 7000)]
    base_port: u16,

    /// The first node's HTTP port; the others' follow
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    http_base: u16,

    /// Where everything is kept; a second start goes on from there
    #[arg(long, value_name = "DIR", default_value = "data/devnet")]
    data: PathBuf,

    /// Start with an empty directory: do not load the sample day
    #[arg(long)]
    no_load: bool,
}

impl Devnet {
    pub(crate) fn run(self, _: &Context) -> anyhow::Result<()> {
        run(&Options {
            nodes: self.nodes,
            base_port: self.base_port,
            http_base: self.http_base,
            data: self.data,
            load: !self.no_load,
        })
    }
}
