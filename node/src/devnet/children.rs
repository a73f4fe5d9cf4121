//! The nodes' processes: started with a pipe to this one, stopped by closing it.
//!
//! A node started so stops by itself when the pipe closes, and the pipe closes whenever this
//! process ends, even by a kill: no node outlives its devnet.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, ChildStdin, Command};

use crate::home::Home;
use crate::progress;

use super::layout::Layout;
use super::supervisor::Ended;

/// How long a node may take to stop before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a log is shown when its node ended by itself.
const TAIL_LINES: usize = 12;
const TAIL_BYTES: u64 = 16 * 1024;

/// A node's process.
pub(super) struct Node {
    /// Its number, from 1.
    pub(super) number: usize,
    log: PathBuf,
    child: Child,
    /// Our end of its pipe. Held apart from the child, since waiting for a child closes its own.
    pipe: Option<ChildStdin>,
}

impl Node {
    /// Starts the node of a home.
    pub(super) fn start(number: usize, home: &Home, http: SocketAddr) -> anyhow::Result<Self> {
        let log = Layout::log_file(home);
        let open = OpenOptions::new().create(true).append(true).open(&log);
        let out = open.with_context(|| format!("{} cannot be written", log.display()))?;
        let program = std::env::current_exe().context("this program's own file is not found")?;
        let mut child = Command::new(&program)
            .arg("--home")
            .arg(home.dir())
            .args(["run", "--http", &http.to_string(), "--until-stdin-closes"])
            .env_remove("DIRCHAIN_HOME")
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            // A Ctrl-C in the terminal is for this process, which then stops its nodes in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let pipe = child.stdin.take();
        Ok(Self {
            number,
            log,
            child,
            pipe,
        })
    }

    /// Waits until the node ends by itself, and tells how with the end of its log.
    pub(super) async fn ended(&mut self) -> Ended {
        let how = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let log = match tail(&self.log) {
            Ok(tail) => format!("the end of {}:\n{tail}", self.log.display()),
            Err(error) => format!("{}: {error}\n", self.log.display()),
        };
        Ended {
            why: format!("node {} ended by itself ({how})", self.number),
            log: Some(log),
        }
    }

    /// Stops the node, in order or by force.
    pub(super) async fn stop(mut self) {
        drop(self.pipe.take());
        let ended = tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await;
        if ended.is_err() {
            progress::say(format_args!(
                "node {} does not stop; it is killed",
                self.number
            ));
            // It may have ended this very moment.
            drop(self.child.kill().await);
        }
    }
}

/// The last lines of a log.
fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    let shown = lines.get(from..).unwrap_or_default();
    Ok(shown.iter().map(|line| format!("  {line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_the_last_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let text: String = (0..5000).map(|line| format!("line {line}\n")).collect();
        std::fs::write(&path, text).unwrap();
        let tail = tail(&path).unwrap();
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.ends_with("  line 4999\n"), "{tail}");
    }
}
