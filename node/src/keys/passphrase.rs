//! Where a passphrase comes from: a file, the environment, or the terminal.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use crate::secret_file::{self, SecretFileError};

/// The environment variable that holds a passphrase.
const VARIABLE: &str = "DIRCHAIN_PASSPHRASE";

/// Shortest passphrase for a new key, in characters.
const LENGTH_MIN: usize = 8;

/// A passphrase in memory; erased when dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// No file, no variable, and nobody to ask.
    #[error(
        "a passphrase is needed and there is no terminal to ask on. Give --passphrase-file FILE or set {VARIABLE}"
    )]
    NoTerminal,
    /// The file cannot be read.
    #[error("the passphrase file cannot be read: {0}")]
    File(#[from] SecretFileError),
    /// The terminal failed.
    #[error("the passphrase cannot be read from the terminal: {0}")]
    Terminal(std::io::Error),
    /// The two entries differ.
    #[error("the two passphrases differ. Nothing was written; try again")]
    Differ,
    /// Too short for a new key.
    #[error("the passphrase is too short: a new key's has at least {LENGTH_MIN} characters")]
    TooShort,
}

/// Where to look for a passphrase, first match first: the file, the variable, the terminal.
#[derive(Clone, Debug, Default)]
pub struct PassphraseSource {
    /// A file whose first line is the passphrase.
    pub file: Option<PathBuf>,
}

impl PassphraseSource {
    /// The passphrase of a key that exists.
    pub fn existing(&self, key: &str) -> Result<Passphrase, PassphraseError> {
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => prompt(&format!("passphrase of key {key}: ")),
        }
    }

    /// The passphrase of a new key: long enough, and typed twice where it is typed.
    pub fn new_key(&self, key: &str) -> Result<Passphrase, PassphraseError> {
        let passphrase = match self.given()? {
            Some(passphrase) => passphrase,
            None => {
                let first = prompt(&format!("passphrase for the new key {key}: "))?;
                let second = prompt("the same again: ")?;
                if first.as_bytes() != second.as_bytes() {
                    return Err(PassphraseError::Differ);
                }
                first
            }
        };
        if passphrase.0.chars().count() < LENGTH_MIN {
            return Err(PassphraseError::TooShort);
        }
        Ok(passphrase)
    }

    fn given(&self) -> Result<Option<Passphrase>, PassphraseError> {
        if let Some(file) = &self.file {
            return from_file(file).map(Some);
        }
        Ok(std::env::var(VARIABLE).ok().map(Passphrase::new))
    }
}

fn from_file(path: &Path) -> Result<Passphrase, PassphraseError> {
    let text = secret_file::read(path)?;
    Ok(Passphrase::new(text.lines().next().unwrap_or_default()))
}

fn prompt(question: &str) -> Result<Passphrase, PassphraseError> {
    if !std::io::stdin().is_terminal() {
        return Err(PassphraseError::NoTerminal);
    }
    let mut answer = rpassword::prompt_password(question).map_err(PassphraseError::Terminal)?;
    let passphrase = Passphrase::new(answer.as_str());
    answer.zeroize();
    Ok(passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_the_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("passphrase");
        std::fs::write(&file, "correct horse\nbattery\n").unwrap();
        let source = PassphraseSource { file: Some(file) };
        let passphrase = source.existing("a").unwrap();
        assert_eq!(passphrase.as_bytes(), b"correct horse");
    }

    #[test]
    fn a_short_passphrase_makes_no_new_key() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("passphrase");
        std::fs::write(&file, "short").unwrap();
        let source = PassphraseSource { file: Some(file) };
        assert!(matches!(
            source.new_key("a"),
            Err(PassphraseError::TooShort)
        ));
    }
}
