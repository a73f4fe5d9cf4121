//! A home takes up a chain that was begun anew after an emergency: what it has of the old chain goes aside, the new
//! genesis and an empty guard take its place.
//!
//! What is to come is written whole beside the rest first; putting that folder under its name is the decision. From
//! then on the disk alone says which step is next, and each is one renaming or can be done twice: a process that is
//! killed between any two leaves a home that the next command, or the node's start, brings to the end.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::genesis::{Genesis, Origin};
use dirchain_storage::Guard;

use crate::home::{Home, NodeKey, read_genesis, write_genesis};
use crate::secret_file;

/// One step.
#[derive(Debug)]
enum Step {
    /// A folder is made.
    Make(PathBuf),
    /// A file or folder gets another place.
    Rename { from: PathBuf, to: PathBuf },
    /// A folder with all that is in it goes.
    Remove(PathBuf),
}

/// Where what a home had of a chain lies once it has left it.
fn aside(home: &Home, origin: &Origin) -> PathBuf {
    let short: String = origin.chain.to_string().chars().take(8).collect();
    home.dir().join(format!("chain-{short}"))
}

/// Where what a home has of the chain that a genesis goes on from lies, once the home has left it.
pub(crate) fn left(home: &Home, genesis: &Genesis) -> anyhow::Result<PathBuf> {
    let origin = genesis.origin.as_ref();
    let origin = origin.context("this genesis goes on from no other chain")?;
    Ok(aside(home, origin))
}

/// Decides that a home goes on with a chain; the rest is [`settle`]'s. `consensus` is the key that the home votes
/// with: on the new chain it has signed nothing, since what it signs names the chain.
///
/// # Errors
///
/// The home has left that chain before, or the disk refuses; nothing is decided then.
pub(crate) fn begin(home: &Home, genesis: &Genesis, consensus: &PublicKey) -> anyhow::Result<()> {
    let aside = left(home, genesis)?;
    anyhow::ensure!(
        !aside.exists(),
        "{} exists already: this home has left that chain before",
        aside.display()
    );
    let (partial, decided) = (
        home.adopting_dir().with_extension("partial"),
        home.adopting_dir(),
    );
    remove(&partial)?;
    // The same places as in a home.
    let new = Home::at(&partial);
    new.create()?;
    secret_file::create_dir(&new.engine_dir())?;
    drop(Guard::make(&new.guard_file(), consensus)?);
    if let Some(next) = home.next_key(NodeKey::Consensus)? {
        // The new genesis may name the key that was announced: the node then takes it up with this guard.
        drop(Guard::make(&new.next_guard_file(), &next.public())?);
    }
    write_genesis(&new.genesis_file(), genesis)?;
    sync(&new.engine_dir())?;
    sync(&partial)?;
    carry_out(
        home,
        &Step::Rename {
            from: partial,
            to: decided,
        },
    )
}

/// Brings to its end what was decided, where something was; gives the folder that the old chain lies in then.
///
/// # Errors
///
/// The disk refuses. What was done until then stays, and the next call goes on.
pub(crate) fn settle(home: &Home) -> anyhow::Result<Option<PathBuf>> {
    let mut left = None;
    while let Some((step, aside)) = next(home)? {
        carry_out(home, &step)?;
        left = aside.or(left);
    }
    Ok(left)
}

/// The next step, and where the old chain goes, as the disk shows; none where nothing is decided.
fn next(home: &Home) -> anyhow::Result<Option<(Step, Option<PathBuf>)>> {
    let decided = home.adopting_dir();
    if !decided.exists() {
        return Ok(None);
    }
    let new = Home::at(&decided);
    if !new.genesis_file().exists() {
        // The last that is put in its place.
        return Ok(Some((Step::Remove(decided), None)));
    }
    let genesis = read_genesis(&new.genesis_file())?;
    let aside = left(home, &genesis)?;
    let step = leaving(home, &aside).unwrap_or_else(|| arriving(home, &new));
    Ok(Some((step, Some(aside))))
}

/// What is still to be put aside of the old chain.
fn leaving(home: &Home, aside: &Path) -> Option<Step> {
    if aside.exists() {
        return None;
    }
    let moving = aside.with_extension("moving");
    if !moving.exists() {
        return Some(Step::Make(moving));
    }
    let before = Home::at(&moving);
    let parts = [
        (home.database_dir(), before.database_dir()),
        (home.engine_dir(), before.engine_dir()),
        (home.genesis_file(), before.genesis_file()),
    ];
    let left = parts.into_iter().find(|(from, _)| from.exists());
    let (from, to) = left.unwrap_or_else(|| (moving, aside.to_path_buf()));
    Some(Step::Rename { from, to })
}

/// What is still to be put in its place of the new chain: the genesis last.
fn arriving(home: &Home, new: &Home) -> Step {
    // The search index and a snapshot under way are the old chain's.
    let outdated = [home.search_dir(), home.joining_dir(), home.outdated_dir()];
    if let Some(folder) = outdated.into_iter().find(|folder| folder.exists()) {
        return Step::Remove(folder);
    }
    let (from, to) = match new.engine_dir().exists() {
        true => (new.engine_dir(), home.engine_dir()),
        false => (new.genesis_file(), home.genesis_file()),
    };
    Step::Rename { from, to }
}

/// Does a step, so that it lasts.
fn carry_out(home: &Home, step: &Step) -> anyhow::Result<()> {
    match step {
        Step::Make(folder) => {
            fs::create_dir(folder).with_context(|| folder.display().to_string())?;
        }
        Step::Rename { from, to } => {
            fs::rename(from, to)
                .with_context(|| format!("{} to {}", from.display(), to.display()))?;
            if let Some(folder) = to.parent() {
                sync(folder)?;
            }
        }
        Step::Remove(folder) => remove(folder)?,
    }
    sync(home.dir())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(anyhow::Error::new(error).context(folder.display().to_string()))
        }
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> anyhow::Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| folder.display().to_string())
}

/// The key that a home votes with.
pub(crate) fn consensus_key(home: &Home) -> anyhow::Result<PublicKey> {
    let key = home.key(NodeKey::Consensus)?;
    Ok(key.context("there is no consensus key")?.public())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::home::HomeError;
    use crate::keys::generate;
    use dirchain_ledger::hash::Hash;
    use dirchain_ledger::ids::{Height, TimeMs};
    use dirchain_ledger::testing;

    /// A home that ran on a chain, and the genesis of another one that goes on from it.
    fn home() -> (tempfile::TempDir, Home, Genesis) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let old = testing::genesis();
        write_genesis(&home.genesis_file(), &old).unwrap();
        home.write_key(NodeKey::Consensus, &generate().unwrap())
            .unwrap();
        for (folder, file) in [
            (home.database_dir(), "old blocks"),
            (home.engine_dir(), "engine.wal"),
            (home.search_dir(), "old words"),
            (home.joining_dir(), "half a snapshot"),
        ] {
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(file), file).unwrap();
        }
        let key = consensus_key(&home).unwrap();
        drop(Guard::make(&home.guard_file(), &key).unwrap());
        let origin = Origin {
            chain: old.chain(),
            height: Height(7),
            block: Hash([1; 32]),
            header_log_root: Hash([2; 32]),
            state_root: Hash([3; 32]),
        };
        let time = TimeMs(old.time.0 + 1_000_000);
        let new = Genesis::going_on(old.name.clone(), time, old.records.to_vec(), origin).unwrap();
        (dir, home, new)
    }

    /// Every file below a folder, with what is in it.
    fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let name = path.strip_prefix(folder).unwrap().to_path_buf();
                        // Each home of these tests has a key of its own.
                        let is_keyed = name.ends_with("guard") || name.ends_with("consensus.key");
                        let bytes = if is_keyed {
                            Vec::new()
                        } else {
                            fs::read(&path).unwrap()
                        };
                        found.insert(name, bytes);
                    }
                }
            }
        }
        found
    }

    fn adopted(home: &Home, genesis: &Genesis) {
        begin(home, genesis, &consensus_key(home).unwrap()).unwrap();
    }

    #[test]
    fn what_is_killed_between_any_two_steps_comes_to_the_same_end() {
        let (_dir, whole, genesis) = home();
        adopted(&whole, &genesis);
        let aside = settle(&whole).unwrap().unwrap();
        let expected = files(whole.dir());
        assert_eq!(whole.genesis().unwrap().chain(), genesis.chain());
        let name = aside.strip_prefix(whole.dir()).unwrap();
        for part in [
            "db/old blocks",
            "engine/engine.wal",
            "engine/guard",
            "genesis.json",
        ] {
            assert!(
                expected.contains_key(&name.join(part)),
                "{part}: {:?}",
                expected.keys()
            );
        }
        assert!(expected.contains_key(Path::new("engine/guard")));
        // With the locks of both guards.
        assert_eq!(expected.len(), 9, "{:?}", expected.keys());

        let mut steps = 0;
        loop {
            let (_dir, home, _) = home();
            adopted(&home, &genesis);
            for _ in 0..steps {
                let (step, _) = next(&home).unwrap().unwrap();
                carry_out(&home, &step).unwrap();
            }
            // The process was killed here.
            if next(&home).unwrap().is_none() {
                break;
            }
            let error = home.genesis().unwrap_err();
            assert!(matches!(error, HomeError::Leaving { .. }), "{error}");
            settle(&home).unwrap();
            assert!(files(home.dir()) == expected, "killed after {steps} steps");
            assert!(settle(&home).unwrap().is_none());
            steps += 1;
        }
        assert!(steps >= 9, "{steps} steps");
    }

    #[test]
    fn before_the_decision_nothing_has_changed() {
        let (_dir, home, genesis) = home();
        let before = files(home.dir());
        // Killed while the new chain's files were written.
        let partial = home.adopting_dir().with_extension("partial");
        fs::create_dir(&partial).unwrap();
        fs::write(partial.join("genesis.json"), "{").unwrap();
        assert!(settle(&home).unwrap().is_none());
        assert_eq!(home.genesis().unwrap(), testing::genesis());
        adopted(&home, &genesis);
        settle(&home).unwrap().unwrap();
        assert_ne!(files(home.dir()), before);
        assert_eq!(home.genesis().unwrap(), genesis);
    }

    #[test]
    fn nobody_leaves_a_chain_twice() {
        let (_dir, home, genesis) = home();
        adopted(&home, &genesis);
        settle(&home).unwrap();
        let error = begin(&home, &genesis, &consensus_key(&home).unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("has left that chain before"),
            "{error}"
        );
    }
}
