//! File descriptors: a node that runs out of them cannot write its database.

use anyhow::Context as _;
use rlimit::Resource;

use crate::serve::CONNECTIONS_MAX;

/// What everything besides the explorer's connections needs at most: the database's files, peers'
/// connections and handshakes, logs, the runtime.
const OTHERS_MAX: u64 = 1024;

/// Raises this process's limit as far as it needs and may.
///
/// # Errors
///
/// The system's limit is too low for a node.
pub(crate) fn raise() -> anyhow::Result<()> {
    let needed = u64::try_from(CONNECTIONS_MAX)?.saturating_add(OTHERS_MAX);
    let (soft, hard) = Resource::NOFILE
        .get()
        .context("asking for the limit of open files")?;
    if soft >= needed {
        return Ok(());
    }
    anyhow::ensure!(
        hard >= needed,
        "this process may open {hard} files at most, and a node needs {needed}. Raise the limit, as with `ulimit -n {needed}` or LimitNOFILE= of its service"
    );
    let raised = Resource::NOFILE.set(needed, hard);
    raised.with_context(|| format!("raising the limit of open files to {needed}"))
}
