//! Files that only their owner may read: written whole or not at all, never over another.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Largest file read here; keys and sealed keys are a few hundred bytes.
const SIZE_BYTES_MAX: u64 = 64 * 1024;

/// Why a private file was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// A file of that name is there; it may be the only copy of a key.
    #[error("{} exists already and is not overwritten. Move it away first", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no {}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read it.
    #[error("{} may be read by others (mode {mode:04o}). Run `chmod 600 {}`", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is too large to be what it should be.
    #[error("{} is larger than {SIZE_BYTES_MAX} bytes and is no key file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SecretFileError {
    fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::NotFound => Self::Missing { path },
            _ => Self::Io { path, source },
        }
    }
}

/// Makes a directory, and those above it, that only its owner enters. One that is there stays.
pub fn create_dir(path: &Path) -> Result<(), SecretFileError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(path)
        .map_err(|error| SecretFileError::io(path, error))
}

/// Writes a new file of mode 0600 and syncs it; one that is there is never replaced.
///
/// The content goes to a file beside it first, so that a full disk leaves no half key behind.
pub fn write_new(path: &Path, content: &[u8]) -> Result<(), SecretFileError> {
    let of = |error| SecretFileError::io(path, error);
    if path.try_exists().map_err(of)? {
        let path = path.to_path_buf();
        return Err(SecretFileError::Exists { path });
    }
    let partial = path.with_extension("partial");
    let written = write_synced(&partial, content).and_then(|()| {
        // A link fails where a rename would replace a file that appeared meanwhile.
        fs::hard_link(&partial, path)
    });
    let removed = fs::remove_file(&partial);
    written.and(removed).map_err(of)
}

/// As [`write_new`], in the place of what is there.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), SecretFileError> {
    let partial = path.with_extension("partial");
    let written = write_synced(&partial, content).and_then(|()| fs::rename(&partial, path));
    written.map_err(|error| SecretFileError::io(path, error))
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Reads a file that must not be readable by others: it holds a key in the clear.
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, SecretFileError> {
    let metadata = fs::metadata(path).map_err(|error| SecretFileError::io(path, error))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        let path = path.to_path_buf();
        return Err(SecretFileError::Exposed { path, mode });
    }
    read(path)
}

/// Reads a small text file whole.
pub fn read(path: &Path) -> Result<Zeroizing<String>, SecretFileError> {
    let of = |error| SecretFileError::io(path, error);
    if fs::metadata(path).map_err(of)?.len() > SIZE_BYTES_MAX {
        let path = path.to_path_buf();
        return Err(SecretFileError::TooLarge { path });
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_file_is_its_owners_alone_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a").join("network.key");
        create_dir(path.parent().unwrap()).unwrap();
        write_new(&path, b"first").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let again = write_new(&path, b"second").unwrap_err();
        assert!(again.to_string().contains("not overwritten"), "{again}");
        assert_eq!(read_private(&path).unwrap().as_str(), "first");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("network.key");
        write_new(&path, b"key").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = read_private(&path).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = read(Path::new("/nowhere/network.key")).unwrap_err();
        assert_eq!(error.to_string(), "there is no /nowhere/network.key");
    }
}
