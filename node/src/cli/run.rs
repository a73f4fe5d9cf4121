//! `dirchain run`: a node.

use std::net::SocketAddr;

use crate::config::{SyncFrom, check_multiaddress};
use crate::run::{Options, run};

use super::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Where the explorer listens [default: the configuration's http.listen]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,

    /// Where to listen for other nodes [default: the configuration's network.listen]
    #[arg(long, value_name = "MULTIADDRESS", value_parser = listen)]
    listen: Option<String>,

    /// How to catch up when far behind: by a snapshot, the past following while the node runs, or
    /// block by block [default: the configuration's sync.from]
    #[arg(long, value_name = "HOW")]
    sync: Option<SyncFrom>,

    /// Stop when stdin closes, so that this node ends with the process that started it
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

fn listen(text: &str) -> Result<String, String> {
    check_multiaddress(text)?;
    Ok(text.to_owned())
}

impl Run {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        run(Options {
            home: context.home()?,
            http: self.http,
            listen: self.listen,
            sync: self.sync,
            until_stdin_closes: self.until_stdin_closes,
        })
    }
}
