//! The keys of one home: a folder with one sealed file for each name.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use dirchain_ledger::crypto::SecretKey;

use super::{Cost, Passphrase, SealError, SealedKey};
use crate::secret_file::{self, SecretFileError};

/// A key's name in the keystore: its file's name without `.json`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

/// The text is no key name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key's name has 1 to 64 letters, digits, dots, hyphens or underscores and starts with a letter or digit, such as alice"
)]
pub struct ParseKeyNameError;

impl FromStr for KeyName {
    type Err = ParseKeyNameError;
    fn from_str(text: &str) -> Result<Self, ParseKeyNameError> {
        let body = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let starts_well = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
        if starts_well && text.len() <= 64 && text.bytes().all(body) {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseKeyNameError)
    }
}

impl KeyName {
    /// A name made of a text, with a hyphen for every character that a name cannot have.
    pub(crate) fn sanitised(text: &str) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let name = text.chars().take(63);
        let name: String = name.map(|c| if allowed(c) { c } else { '-' }).collect();
        name.parse().unwrap_or_else(|_| Self(format!("k{name}")))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why the keystore did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// No such key.
    #[error("there is no key {name} in {}. `dirchain keys list` shows those there are", dir.display())]
    Unknown {
        /// The name given.
        name: KeyName,
        /// The keystore's folder.
        dir: PathBuf,
    },
    /// The name is in use.
    #[error("key {name} exists already in {} and is not overwritten. Choose another name", dir.display())]
    Taken {
        /// The name given.
        name: KeyName,
        /// The keystore's folder.
        dir: PathBuf,
    },
    /// The file is no key file.
    #[error("{} is no key file: {reason}", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It does not open.
    #[error("key {name}: {source}")]
    Sealed {
        /// The key.
        name: KeyName,
        /// Why.
        source: SealError,
    },
    /// The disk refuses.
    #[error(transparent)]
    File(#[from] SecretFileError),
}

/// A folder of sealed keys.
#[derive(Clone, Debug)]
pub struct Keystore {
    dir: PathBuf,
}

impl Keystore {
    /// The keystore in a folder, which need not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, name: &KeyName) -> PathBuf {
        self.dir.join(format!("{name}.json"))
    }

    /// Seals a key under a new name.
    pub fn add(
        &self,
        name: &KeyName,
        secret: &SecretKey,
        passphrase: &Passphrase,
        cost: Cost,
    ) -> Result<PathBuf, KeystoreError> {
        self.require_free(name)?;
        let sealed = SealedKey::seal(secret, passphrase, cost).map_err(|source| {
            let name = name.clone();
            KeystoreError::Sealed { name, source }
        })?;
        secret_file::create_dir(&self.dir)?;
        let path = self.path(name);
        let mut text =
            serde_json::to_string_pretty(&sealed).map_err(|error| not_a_key(&path, &error))?;
        text.push('\n');
        secret_file::write_new(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Refuses a name that is in use, before anybody is asked for a passphrase.
    pub fn require_free(&self, name: &KeyName) -> Result<(), KeystoreError> {
        if self.path(name).exists() {
            let (name, dir) = (name.clone(), self.dir.clone());
            return Err(KeystoreError::Taken { name, dir });
        }
        Ok(())
    }

    /// A sealed key.
    pub fn get(&self, name: &KeyName) -> Result<SealedKey, KeystoreError> {
        let path = self.path(name);
        let text = match secret_file::read(&path) {
            Ok(text) => text,
            Err(SecretFileError::Missing { .. }) => {
                let (name, dir) = (name.clone(), self.dir.clone());
                return Err(KeystoreError::Unknown { name, dir });
            }
            Err(error) => return Err(error.into()),
        };
        serde_json::from_str(&text).map_err(|error| not_a_key(&path, &error))
    }

    /// Opens a key.
    pub fn open(
        &self,
        name: &KeyName,
        passphrase: &Passphrase,
    ) -> Result<SecretKey, KeystoreError> {
        self.get(name)?.open(passphrase).map_err(|source| {
            let name = name.clone();
            KeystoreError::Sealed { name, source }
        })
    }

    /// The keys there are, by name. A folder that does not exist has none.
    pub fn list(&self) -> Result<Vec<(KeyName, SealedKey)>, KeystoreError> {
        let of = |source| {
            KeystoreError::File(SecretFileError::Io {
                path: self.dir.clone(),
                source,
            })
        };
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(of(error)),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let file = entry.map_err(of)?.file_name();
            let stem = file.to_str().and_then(|file| file.strip_suffix(".json"));
            if let Some(name) = stem.and_then(|stem| stem.parse::<KeyName>().ok()) {
                let sealed = self.get(&name)?;
                keys.push((name, sealed));
            }
        }
        keys.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(keys)
    }
}

fn not_a_key(path: &Path, error: &serde_json::Error) -> KeystoreError {
    KeystoreError::NotAKey {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn name(text: &str) -> KeyName {
        text.parse().unwrap()
    }

    #[test]
    fn keys_are_kept_by_name_for_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Keystore::at(dir.path().join("keys"));
        assert!(store.list().unwrap().is_empty());
        let passphrase = Passphrase::new("correct horse");
        let secret = SecretKey::from_seed(&[7; 32]);
        let path = store
            .add(&name("bob"), &secret, &passphrase, Cost::LIGHT)
            .unwrap();
        let other = SecretKey::from_seed(&[8; 32]);
        store
            .add(&name("alice"), &other, &passphrase, Cost::LIGHT)
            .unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let listed: Vec<String> = store
            .list()
            .unwrap()
            .iter()
            .map(|(name, _)| name.to_string())
            .collect();
        assert_eq!(listed, ["alice", "bob"]);
        let opened = store.open(&name("bob"), &passphrase).unwrap();
        assert_eq!(opened.public(), secret.public());
    }

    #[test]
    fn a_name_is_used_once_and_an_unknown_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let store = Keystore::at(dir.path());
        let passphrase = Passphrase::new("correct horse");
        let secret = SecretKey::from_seed(&[7; 32]);
        store
            .add(&name("bob"), &secret, &passphrase, Cost::LIGHT)
            .unwrap();
        let again = store.add(&name("bob"), &secret, &passphrase, Cost::LIGHT);
        assert!(matches!(again, Err(KeystoreError::Taken { .. })));
        let unknown = store.open(&name("eve"), &passphrase).unwrap_err();
        assert!(
            unknown.to_string().contains("dirchain keys list"),
            "{unknown}"
        );
        let wrong = store.open(&name("bob"), &Passphrase::new("x")).unwrap_err();
        assert!(
            wrong.to_string().starts_with("key bob: wrong passphrase"),
            "{wrong}"
        );
    }

    #[test]
    fn a_damaged_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bob.json"), "{}").unwrap();
        let error = Keystore::at(dir.path()).list().unwrap_err();
        assert!(
            error.to_string().contains("bob.json is no key file"),
            "{error}"
        );
    }

    #[test]
    fn names_stay_inside_the_folder() {
        for bad in ["", ".hidden", "../bob", "a/b", "-x", &"a".repeat(65)] {
            assert!(bad.parse::<KeyName>().is_err(), "{bad}");
        }
    }
}
