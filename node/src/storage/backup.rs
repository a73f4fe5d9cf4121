//! A backup: a folder with a copy of the database, the genesis, and a note of what it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height, NodeId, TimeMs};
use dirchain_storage::{Store, StoreError};
use serde::{Deserialize, Serialize};

/// The copy of the database in a backup's folder.
const DATABASE: &str = "db";
/// The note in a backup's folder.
const NOTE: &str = "backup.json";

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The chain.
    pub chain: ChainId,
    /// Its last block.
    pub height: Height,
    /// That block's hash; for the genesis the chain's id.
    pub block: Hash,
    /// That block's time.
    pub time: TimeMs,
    /// Whose data it was.
    pub node: NodeId,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder is there already.
    #[error("{} exists. Name a folder that does not exist yet", dir.display())]
    Exists {
        /// The folder.
        dir: PathBuf,
    },
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no note.
    #[error("{} is no backup: it has no {NOTE}. Name a folder that `dirchain backup` made", dir.display())]
    None {
        /// The folder.
        dir: PathBuf,
    },
    /// The note is not one.
    #[error("{} is no backup: {reason}", path.display())]
    Malformed {
        /// The note.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The database cannot be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| BackupError::Io { path, source }
    }
}

impl Backup {
    /// Copies a store, as it stands, to a folder that does not exist yet. What goes wrong leaves no
    /// folder of that name: it is made under another one and renamed when it is whole.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub fn make(store: &Store, node: &NodeId, dir: &Path) -> Result<Self, BackupError> {
        if dir.exists() {
            let dir = dir.to_path_buf();
            return Err(BackupError::Exists { dir });
        }
        let partial = dir.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(BackupError::io(&partial))?;
        }
        fs::create_dir_all(&partial).map_err(BackupError::io(&partial))?;
        store.checkpoint(&partial.join(DATABASE))?;
        // What was copied may be ahead of the tip at the beginning: the copy says itself.
        let made = Self::of_copy(&partial, store, node)?;
        let note = partial.join(NOTE);
        let text = serde_json::to_string_pretty(&made).map_err(|error| BackupError::Malformed {
            path: note.clone(),
            reason: error.to_string(),
        })?;
        fs::write(&note, format!("{text}\n")).map_err(BackupError::io(&note))?;
        sync(&note)?;
        sync(&partial)?;
        fs::rename(&partial, dir).map_err(BackupError::io(dir))?;
        Ok(made)
    }

    fn of_copy(partial: &Path, store: &Store, node: &NodeId) -> Result<Self, BackupError> {
        let copy = Store::open_copy(&partial.join(DATABASE), store.chain())?;
        let tip = copy.tip();
        Ok(Self {
            chain: tip.chain,
            height: tip.height,
            block: tip.block,
            time: tip.time,
            node: node.clone(),
        })
    }

    /// What a folder holds.
    ///
    /// # Errors
    ///
    /// [`BackupError::None`], [`BackupError::Io`], [`BackupError::Malformed`].
    pub fn read(dir: &Path) -> Result<Self, BackupError> {
        let path = dir.join(NOTE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let dir = dir.to_path_buf();
                return Err(BackupError::None { dir });
            }
            Err(error) => return Err(BackupError::io(&path)(error)),
        };
        serde_json::from_str(&text).map_err(|error| {
            let reason = error.to_string();
            BackupError::Malformed { path, reason }
        })
    }

    /// Copies the database in a backup's folder to a folder that does not exist yet, each file synced.
    ///
    /// # Errors
    ///
    /// [`BackupError::Io`].
    pub fn copied(&self, dir: &Path, to: &Path) -> Result<(), BackupError> {
        let from = dir.join(DATABASE);
        fs::create_dir(to).map_err(BackupError::io(to))?;
        for entry in fs::read_dir(&from).map_err(BackupError::io(&from))? {
            let entry = entry.map_err(BackupError::io(&from))?;
            let target = to.join(entry.file_name());
            fs::copy(entry.path(), &target).map_err(BackupError::io(&target))?;
            sync(&target)?;
        }
        sync(to)
    }
}

fn sync(path: &Path) -> Result<(), BackupError> {
    let synced = fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(BackupError::io(path))
}
