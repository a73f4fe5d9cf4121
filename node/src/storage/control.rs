//! A running node's own door for its operator: a socket in its home, which only the node's user may
//! open. One question is asked of it: to make a backup, which nobody else can while it runs.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use dirchain_ledger::ids::NodeId;
use dirchain_storage::Store;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::home::Home;

use super::backup::Backup;

/// A question's longest line.
const QUESTION_BYTES_MAX: u64 = 16 * 1024;

/// What is asked: a line of JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Question {
    Backup {
        /// An absolute path.
        dir: PathBuf,
    },
}

/// What is answered: a line of JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Made(Backup),
    Refused(String),
}

/// Why a running node did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It said why not.
    #[error("{0}")]
    Refused(String),
    /// It went away, or answers nonsense.
    #[error("the node at {} did not answer: {reason}", path.display())]
    Silent {
        /// The socket.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The door of a node that runs. Closed when dropped.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    listener: UnixListener,
}

impl Drop for Control {
    fn drop(&mut self) {
        // A node that was killed leaves its socket behind too; the next start replaces it.
        let _gone = std::fs::remove_file(&self.path);
    }
}

fn socket(home: &Home) -> PathBuf {
    home.dir().join("control.sock")
}

impl Control {
    /// Opens the door. The home belongs to the node's user alone, and so does whatever is in it.
    ///
    /// # Errors
    ///
    /// The socket cannot be made, as where the home's path is longer than sockets allow.
    pub fn open(home: &Home) -> io::Result<Self> {
        let path = socket(home);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        Ok(Self { path, listener })
    }

    /// Answers, one question at a time, for as long as the node runs.
    pub async fn serve(self, store: Store, node: NodeId) {
        loop {
            let accepted = self.listener.accept().await;
            let Ok((mut stream, _)) = accepted else {
                tracing::warn!("the socket {} takes no questions", self.path.display());
                return;
            };
            let mut line = String::new();
            let (reader, mut writer) = stream.split();
            let mut reader = tokio::io::BufReader::new(reader.take(QUESTION_BYTES_MAX));
            let answer = match reader.read_line(&mut line).await {
                Ok(_) => answer(&store, &node, line).await,
                Err(error) => Answer::Refused(error.to_string()),
            };
            let text = serde_json::to_string(&answer).unwrap_or_default();
            if writer
                .write_all(format!("{text}\n").as_bytes())
                .await
                .is_err()
            {
                tracing::debug!("whoever asked for a backup is gone");
            }
        }
    }
}

async fn answer(store: &Store, node: &NodeId, line: String) -> Answer {
    let question = match serde_json::from_str(&line) {
        Ok(question) => question,
        Err(error) => return Answer::Refused(format!("no question of this version: {error}")),
    };
    let Question::Backup { dir } = question;
    let (store, node) = (store.clone(), node.clone());
    let made = tokio::task::spawn_blocking(move || Backup::make(&store, &node, &dir)).await;
    match made {
        Ok(Ok(backup)) => Answer::Made(backup),
        Ok(Err(error)) => Answer::Refused(error.to_string()),
        Err(error) => Answer::Refused(format!("the backup failed: {error}")),
    }
}

/// Asks the node that runs in a home for a backup; none when no node runs there.
///
/// # Errors
///
/// [`ControlError`].
pub fn ask(home: &Home, dir: &Path) -> Result<Option<Backup>, ControlError> {
    let path = socket(home);
    let Ok(mut stream) = UnixStream::connect(&path) else {
        return Ok(None);
    };
    let silent = |reason: String| ControlError::Silent {
        path: path.clone(),
        reason,
    };
    let dir = dir.to_path_buf();
    let question = serde_json::to_string(&Question::Backup { dir });
    let question = question.map_err(|error| silent(error.to_string()))?;
    let mut line = String::new();
    let asked = stream
        .write_all(format!("{question}\n").as_bytes())
        .and_then(|()| BufReader::new(stream.take(QUESTION_BYTES_MAX)).read_line(&mut line));
    asked.map_err(|error| silent(error.to_string()))?;
    match serde_json::from_str(&line) {
        Ok(Answer::Made(backup)) => Ok(Some(backup)),
        Ok(Answer::Refused(reason)) => Err(ControlError::Refused(reason)),
        Err(error) => Err(silent(error.to_string())),
    }
}
