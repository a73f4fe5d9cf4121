//! Putting a backup in the place of a node's database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dirchain_storage::{Store, StoreError};

use crate::home::{Home, HomeError};

use super::backup::{Backup, BackupError};

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
    /// The copy ends at another block than its note says.
    #[error("the backup {} ends at height {found}, its note says {noted}: it is damaged. Use another one", dir.display())]
    OtherTip {
        /// The backup.
        dir: PathBuf,
        /// Where its database ends.
        found: String,
        /// Where its note says that it ends.
        noted: String,
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

/// Copies a backup into a home, looks whether the copy is whole and of the home's chain, and only
/// then puts it in the place of the database, which is moved aside. Keys, guard and the engine's
/// log stay: the guard knows what this node signed after the backup was made.
///
/// # Errors
///
/// [`RestoreError`]; [`StoreError::InUse`] while the node runs.
pub fn restore(home: &Home, dir: &Path, replaces: bool) -> Result<Restored, RestoreError> {
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
    copy(&Backup::database(dir), &fresh)?;
    let store = Store::open(&fresh, &genesis)?;
    let tip = store.tip();
    drop(store);
    if (tip.height, tip.block) != (backup.height, backup.block) {
        return Err(RestoreError::OtherTip {
            dir: dir.to_path_buf(),
            found: tip.height.to_string(),
            noted: backup.height.to_string(),
        });
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

/// Copies a folder of files, each synced.
fn copy(from: &Path, to: &Path) -> Result<(), RestoreError> {
    fs::create_dir(to).map_err(io_error(to))?;
    for entry in fs::read_dir(from).map_err(io_error(from))? {
        let entry = entry.map_err(io_error(from))?;
        let target = to.join(entry.file_name());
        fs::copy(entry.path(), &target).map_err(io_error(&target))?;
        let synced = fs::File::open(&target).and_then(|file| file.sync_all());
        synced.map_err(io_error(&target))?;
    }
    let synced = fs::File::open(to).and_then(|folder| folder.sync_all());
    synced.map_err(io_error(to))
}
