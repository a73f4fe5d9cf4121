//! Keys of a node that change: the next one waits in the home until the ledger names it.
//!
//! Nothing is renamed before that, so a node that stops in between goes on with the key it had. A
//! key that the ledger names no more is erased, and its public half written down.

use std::fs;
use std::io;
use std::path::PathBuf;

use dirchain_engine::{EngineError, Keeper};
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::equivocation::EquivocationProof;
use dirchain_ledger::ids::NodeId;
use dirchain_storage::Guard;
use serde::{Deserialize, Serialize};

use crate::home::{Home, HomeError, NodeKey};
use crate::keys::generate;
use crate::provision::ProvisionError;
use crate::secret_file;

impl Keeper for Home {
    fn consensus(&self, key: &PublicKey) -> Result<Option<SecretKey>, EngineError> {
        take(self, NodeKey::Consensus, key).map_err(unusable)
    }

    fn network(&self, key: &PublicKey) -> Result<Option<SecretKey>, EngineError> {
        take(self, NodeKey::Network, key).map_err(unusable)
    }

    fn report(&self, node: &NodeId, proof: &EquivocationProof) -> Result<PathBuf, EngineError> {
        write_report(self, node, proof).map_err(unusable)
    }
}

/// A proof with the node that it names, as one file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportFile {
    /// The node.
    pub node: NodeId,
    /// The two signatures.
    pub proof: EquivocationProof,
}

/// Writes a proof to its file. With as many files as are kept, further ones are not written: each
/// says the same of a node.
fn write_report(
    home: &Home,
    node: &NodeId,
    proof: &EquivocationProof,
) -> Result<PathBuf, HomeError> {
    let folder = home.proofs_dir();
    let of = |source| HomeError::Io {
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(of)?;
    let (height, round, step) = (proof.height, proof.round, proof.step());
    let path = folder.join(format!("{node}-{height}-{round}-{step}.json"));
    let count = fs::read_dir(&folder).map_err(of)?.count();
    if !path.exists() && count < PROOF_FILES_MAX {
        let report = ReportFile {
            node: node.clone(),
            proof: *proof,
        };
        let text = serde_json::to_string_pretty(&report).map_err(|error| of(error.into()))?;
        fs::write(&path, text).map_err(of)?;
    }
    Ok(path)
}

fn unusable(error: HomeError) -> EngineError {
    EngineError::Keys {
        reason: error.to_string(),
    }
}

/// Proofs kept in a home at most; the log names each.
const PROOF_FILES_MAX: usize = 1_000;

/// The next key, made now if there is none.
pub fn next_key(home: &Home, key: NodeKey) -> Result<SecretKey, ProvisionError> {
    if let Some(secret) = home.next_key(key)? {
        return Ok(secret);
    }
    let secret = generate()?;
    if key == NodeKey::Consensus {
        // An empty guard says that the key never signed; it is made before the key.
        secret_file::create_dir(&home.engine_dir())?;
        drop(Guard::make(&home.next_guard_file(), &secret.public())?);
    }
    home.write_next_key(key, &secret)?;
    Ok(secret)
}

/// The secret half of a key that the ledger names: the home's own, or its next one, which then is
/// its own.
fn take(home: &Home, key: NodeKey, named: &PublicKey) -> Result<Option<SecretKey>, HomeError> {
    let own = home.key(key)?;
    if let Some(secret) = own.clone().filter(|secret| secret.public() == *named) {
        // Where a crash came between key and guard.
        if key == NodeKey::Consensus && home.next_key(key)?.is_none() {
            move_guard(home)?;
        }
        return Ok(Some(secret));
    }
    let next = home.next_key(key)?;
    let Some(secret) = next.filter(|secret| secret.public() == *named) else {
        return Ok(None);
    };
    if let Some(own) = own {
        home.retire(&own.public())?;
    }
    rename(home, home.next_key_file(key), home.key_file(key))?;
    if key == NodeKey::Consensus && !move_guard(home)? {
        // The guard that is there is of the key that is gone.
        let path = home.guard_file();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(HomeError::Io { path, source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(Some(secret))
}

/// Puts the next key's guard in the place of the guard; whether there was one.
fn move_guard(home: &Home) -> Result<bool, HomeError> {
    let next = home.next_guard_file();
    if !next.exists() {
        return Ok(false);
    }
    rename(home, next, home.guard_file())?;
    Ok(true)
}

/// Renames, so that it lasts.
fn rename(home: &Home, from: PathBuf, to: PathBuf) -> Result<(), HomeError> {
    let renamed = fs::rename(&from, &to).and_then(|()| {
        let folder = to.parent().unwrap_or(home.dir());
        fs::File::open(folder)?.sync_all()
    });
    renamed.map_err(|source| HomeError::Io { path: from, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home, PublicKey) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let first = generate().unwrap();
        home.write_key(NodeKey::Consensus, &first).unwrap();
        secret_file::create_dir(&home.engine_dir()).unwrap();
        drop(Guard::make(&home.guard_file(), &first.public()).unwrap());
        (dir, home, first.public())
    }

    #[test]
    fn the_next_key_takes_over_with_its_guard_once_it_is_named() {
        let (_dir, home, first) = home();
        let next = next_key(&home, NodeKey::Consensus).unwrap().public();
        assert_eq!(next_key(&home, NodeKey::Consensus).unwrap().public(), next);
        let keys = home.clone();
        // Named or not, the first stays until the next is named.
        let stranger = generate().unwrap().public();
        assert!(keys.consensus(&stranger).unwrap().is_none());
        assert_eq!(keys.consensus(&first).unwrap().unwrap().public(), first);
        assert!(Guard::open(&home.guard_file(), &first).unwrap().is_some());
        assert_eq!(keys.consensus(&next).unwrap().unwrap().public(), next);
        assert!(Guard::open(&home.guard_file(), &next).unwrap().is_some());
        assert!(home.next_key(NodeKey::Consensus).unwrap().is_none());
        assert_eq!(home.retired().unwrap(), [first]);
        assert!(keys.consensus(&first).unwrap().is_none());
    }

    #[test]
    fn a_crash_between_key_and_guard_loses_neither() {
        let (_dir, home, _) = home();
        let next = next_key(&home, NodeKey::Consensus).unwrap().public();
        let (from, to) = (
            home.next_key_file(NodeKey::Consensus),
            home.key_file(NodeKey::Consensus),
        );
        fs::rename(from, to).unwrap();
        let keys = home.clone();
        assert_eq!(keys.consensus(&next).unwrap().unwrap().public(), next);
        assert!(Guard::open(&home.guard_file(), &next).unwrap().is_some());
    }

    #[test]
    fn without_its_guard_the_next_key_may_have_signed() {
        let (_dir, home, _) = home();
        let next = next_key(&home, NodeKey::Consensus).unwrap().public();
        fs::remove_file(home.next_guard_file()).unwrap();
        home.consensus(&next).unwrap().unwrap();
        assert!(Guard::open(&home.guard_file(), &next).unwrap().is_none());
    }
}
