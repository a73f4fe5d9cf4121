//! Putting a backup in the place of a node's database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dirchain_ledger::ids::Height;
use dirchain_storage::{Store, StoreError};

use crate::home::{Home, HomeError};

use super::backup::{Backup, BackupError};
use super::doctor::judge_copy;

/// Why a backup was not put back. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a database already.
    #[error(
        "{} holds a database. Give --replace to move it aside, to {}",
        database.display(),
        aside.display()
    )]
    Exists {
        /// The database.
        database: PathBuf,
        /// Where it would be moved.
        aside: PathBuf,
    },
    /// A database that was moved aside before is still there.
    #[error("{} is there from an earlier time. Remove it or move it away first", aside.display())]
    AsideExists {
        /// The folder.
        aside: PathBuf,
    },
    /// The copy is not whole.
    #[error("the backup {} is damaged: {what}. Use another one; nothing was put in the place of what is here", dir.display())]
    Damaged {
        /// The backup.
        dir: PathBuf,
        /// What was found, the first of it.
        what: String,
    },
    /// The copy could not be examined.
    #[error("the backup {} could not be examined: {reason:#}", dir.display())]
    Unexamined {
        /// The backup.
        dir: PathBuf,
        /// Why.
        reason: anyhow::Error,
    },
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The backup cannot be read.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database in use, or the copy damaged or of another chain.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The home.
    #[error(transparent)]
    Home(#[from] HomeError),
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    let path = path.to_path_buf();
    move |source| RestoreError::Io { path, source }
}

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The backup.
    pub backup: Backup,
    /// Where the database before it lies now.
    pub aside: Option<PathBuf>,
}

/// Copies a backup into a home, looks whether the copy is whole and of the home's chain, every block and every index
/// of it, and only then puts it in the place of the database, which is moved aside. Keys, guard and the engine's log
/// stay: the guard knows what this node signed after the backup was made. `seen` is told each height that was
/// examined, and the last one.
///
/// # Errors
///
/// [`RestoreError`]; [`StoreError::InUse`] while the node runs.
pub fn restore(
    home: &Home,
    dir: &Path,
    replaces: bool,
    seen: impl FnMut(Height, Height),
) -> Result<Restored, RestoreError> {
    let genesis = home.genesis()?;
    let backup = Backup::read(dir)?;
    let database = home.database_dir();
    let aside = database.with_extension("replaced");
    if database.exists() {
        // Of a running node nothing is replaced; a damaged database is none that runs.
        match Store::open(&database, &genesis) {
            Err(StoreError::InUse { path }) => return Err(StoreError::InUse { path }.into()),
            Ok(_) | Err(_) if !replaces => return Err(RestoreError::Exists { database, aside }),
            Ok(_) | Err(_) => {}
        }
        if aside.exists() {
            return Err(RestoreError::AsideExists { aside });
        }
    }
    let fresh = database.with_extension("restoring");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(io_error(&fresh))?;
    }
    backup.copied(dir, &fresh)?;
    let judged = judge_copy(&backup, dir, &fresh, &genesis, seen);
    let found = match judged {
        Ok(found) => found.into_iter().next().map(|finding| finding.what),
        Err(reason) => {
            let dir = dir.to_path_buf();
            return Err(RestoreError::Unexamined { dir, reason });
        }
    };
    if let Some(what) = found {
        fs::remove_dir_all(&fresh).map_err(io_error(&fresh))?;
        let dir = dir.to_path_buf();
        return Err(RestoreError::Damaged { dir, what });
    }
    let had_one = database.exists();
    if had_one {
        fs::rename(&database, &aside).map_err(io_error(&aside))?;
    }
    fs::rename(&fresh, &database).map_err(io_error(&database))?;
    // The search index is made from the database, and may know more than this one does.
    let search = home.search_dir();
    if search.exists() {
        fs::remove_dir_all(&search).map_err(io_error(&search))?;
    }
    Ok(Restored {
        backup,
        aside: had_one.then_some(aside),
    })
}
