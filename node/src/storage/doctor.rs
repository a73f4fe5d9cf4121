//! Looking whether a node's data is whole: every block is executed again from the genesis on, into a
//! database beside the node's own, and both must then hold the same.
//!
//! Invariant: nothing of the node's data, or of a backup, is changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use dirchain_engine::{forgotten_signature, log_damage};
use dirchain_ledger::chain;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::Height;
use dirchain_storage::{FillState, Guard, GuardError, Position, Store, StoreError};

use crate::home::{Home, NodeKey};

use super::backup::Backup;

/// Something that is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What.
    pub what: String,
    /// What to do.
    pub to_do: String,
}

const REPLACE: &str = "Put a backup back with `dirchain restore`, or move db/ away and start the node: it fills from the other nodes. Leave engine/ where it is";
const OTHER_BACKUP: &str = "Use another backup";
const FREE_SPACE: &str =
    "Free space on the disk first, then look again: what is in the database may be whole";
const UNFINISHED: &str =
    "Start the node and let it fetch them, as `dirchain status` tells; then look again";
const FORGOT: &str = "Start the node: it gives the guard up, and follows without a vote until the chain is past whatever it may have signed. If nobody put an old copy back, check the disk";
const KEEP_AWAY: &str = "Stop the process that uses it, and look again";

fn finding(what: impl Into<String>, to_do: impl Into<String>) -> Finding {
    Finding {
        what: what.into(),
        to_do: to_do.into(),
    }
}

/// Examines a home whose node does not run. `seen` is told each height and the last one.
///
/// # Errors
///
/// The home or the folder for the second database cannot be used; what is wrong with the data is
/// no error but a finding.
pub fn examine(
    home: &Home,
    seen: impl FnMut(Height, Height),
) -> anyhow::Result<(Height, Vec<Finding>)> {
    let genesis = home.genesis()?;
    let (guard, mut found) = guard(home)?;
    found.extend(log(home)?);
    let store = match Store::open(&home.database_dir(), &genesis) {
        Ok(store) => store,
        Err(error @ StoreError::InUse { .. }) => return Err(error.into()),
        Err(error) => {
            found.push(unusable(&error, home));
            return Ok((Height::GENESIS, found));
        }
    };
    if let Some((key, guarded)) = guard
        && let Some(shown) = forgotten_signature(&store, &key, guarded)?
    {
        let what = format!(
            "the double-sign guard {} does not know what this node signed at height {}, round {}: it is an old copy, or lost its end",
            home.guard_file().display(),
            shown.height,
            shown.round,
        );
        found.push(finding(what, FORGOT));
    }
    let scratch = home.dir().join("doctor");
    found.extend(judge(&store, &genesis, &scratch, REPLACE, seen)?);
    Ok((store.tip().height, found))
}

/// Examines a backup of a home's chain, in a copy beside the home's own database.
///
/// # Errors
///
/// As [`examine`]; the folder is no backup.
pub fn examine_backup(
    home: &Home,
    dir: &Path,
    seen: impl FnMut(Height, Height),
) -> anyhow::Result<(Height, Vec<Finding>)> {
    let genesis = home.genesis()?;
    let backup = Backup::read(dir)?;
    let copied = home.dir().join("doctor.copy");
    remove(&copied)?;
    let examined = backup
        .copied(dir, &copied)
        .map_err(anyhow::Error::from)
        .and_then(|()| judge_copy(&backup, dir, &copied, &genesis, seen));
    remove(&copied)?;
    Ok((backup.height, examined?))
}

/// Examines a copy of a backup's database, and whether it ends where the backup's note says.
pub(super) fn judge_copy(
    backup: &Backup,
    dir: &Path,
    copied: &Path,
    genesis: &Genesis,
    seen: impl FnMut(Height, Height),
) -> anyhow::Result<Vec<Finding>> {
    let store = match Store::open(copied, genesis) {
        Ok(store) => store,
        Err(error @ (StoreError::Damaged { .. } | StoreError::Open { .. })) => {
            return Ok(vec![finding(described(&error), OTHER_BACKUP)]);
        }
        Err(other) => return Err(other.into()),
    };
    let tip = store.tip();
    if (tip.height, tip.block) != (backup.height, backup.block) {
        let what = format!(
            "the backup {} ends at height {}, its note says {}",
            dir.display(),
            tip.height,
            backup.height
        );
        return Ok(vec![finding(what, OTHER_BACKUP)]);
    }
    let scratch = copied.with_extension("examined");
    judge(&store, genesis, &scratch, OTHER_BACKUP, seen)
}

/// What is wrong with a store, by executing its blocks again into a database at `scratch`.
fn judge(
    store: &Store,
    genesis: &Genesis,
    scratch: &Path,
    to_do: &'static str,
    mut seen: impl FnMut(Height, Height),
) -> anyhow::Result<Vec<Finding>> {
    let tip = store.tip().height;
    if let Some(FillState { base, next }) = store.fill_state() {
        let what = format!(
            "the history begins at height {base}: of the blocks before it, those from {next} on are not here yet"
        );
        return Ok(vec![finding(what, UNFINISHED)]);
    }
    remove(scratch)?;
    let again = Store::open(scratch, genesis)
        .context("a second database is made to compare with, and needs as much room again")?;
    let replayed = replay(store, &again, genesis, to_do, |height| seen(height, tip));
    let verdict = replayed.and_then(|broken| match broken {
        Some(broken) => Ok(vec![broken]),
        None => differences(store, &again, to_do),
    });
    drop(again);
    remove(scratch)?;
    verdict
}

/// Where two stores of the same blocks differ.
fn differences(store: &Store, again: &Store, to_do: &'static str) -> anyhow::Result<Vec<Finding>> {
    let different = match store.differences(again) {
        Ok(different) => different,
        Err(error @ (StoreError::Damaged { .. } | StoreError::Read { .. })) => {
            return Ok(vec![finding(described(&error), to_do)]);
        }
        Err(other) => return Err(other.into()),
    };
    let told = different.into_iter().map(|difference| {
        let what = format!(
            "the index `{}` differs from what the blocks say: {} missing, {} of no block, {} changed; the first at key {}",
            difference.family,
            difference.missing,
            difference.surplus,
            difference.changed,
            difference.first_key,
        );
        finding(what, to_do)
    });
    Ok(told.collect())
}

/// A database that cannot be opened, with what helps.
fn unusable(error: &StoreError, home: &Home) -> Finding {
    let to_do = match error {
        StoreError::OtherChain { .. } => format!(
            "Put the genesis of that chain back to {}, or that chain's database is in the wrong home",
            home.genesis_file().display()
        ),
        StoreError::OtherFormat { .. } => {
            "Use the version of dirchain that wrote it, or move db/ away and start the node: it fills from the other nodes".to_owned()
        }
        other if is_full(other) => FREE_SPACE.to_owned(),
        _ => REPLACE.to_owned(),
    };
    finding(described(error), to_do)
}

/// Whether the system says that the disk is full.
fn is_full(error: &StoreError) -> bool {
    let said = "No space left on device";
    match error {
        StoreError::Open { reason, .. }
        | StoreError::Read { reason, .. }
        | StoreError::Write { reason, .. } => reason.contains(said),
        _ => false,
    }
}

/// What is wrong, without the advice that the error gives to others.
fn described(error: &StoreError) -> String {
    match error {
        StoreError::Damaged { path, what } => {
            format!("the database {} is damaged: {what}", path.display())
        }
        StoreError::Open { path, reason } => {
            format!(
                "the database {} could not be opened: {reason}",
                path.display()
            )
        }
        StoreError::Read { path, reason } => {
            format!(
                "the database {} could not be read: {reason}",
                path.display()
            )
        }
        StoreError::OtherChain {
            expected,
            found,
            path,
        } => format!(
            "the database {} belongs to chain {found}, the genesis file begins chain {expected}",
            path.display()
        ),
        other => other.to_string(),
    }
}

fn remove(scratch: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(anyhow::Error::new(error).context(scratch.display().to_string()))
        }
        _ => Ok(()),
    }
}

/// Executes every block again. The first that is broken ends it: nothing above it can be judged.
fn replay(
    store: &Store,
    again: &Store,
    genesis: &Genesis,
    to_do: &'static str,
    mut seen: impl FnMut(Height),
) -> anyhow::Result<Option<Finding>> {
    let chain = genesis.chain();
    let last = store.tip().height;
    while again.tip().height < last {
        let tip = again.tip();
        let height = tip.height.next();
        let broken = |why: String| Ok(Some(finding(format!("block {height}: {why}"), to_do)));
        let read = store.block(height).and_then(|block| {
            let header = store.header(height)?;
            Ok((block, header, store.certificate(height)?))
        });
        let (block, header, certificate) = match read {
            Ok((Some(block), Some(header), Some(certificate))) => (block, header, certificate),
            Ok((None, _, _)) => return broken("its body is missing".into()),
            Ok((_, None, _)) => return broken("its header is missing".into()),
            Ok((_, _, None)) => return broken("its certificate is missing".into()),
            Err(error) => return broken(described(&error)),
        };
        if header != block.header {
            return broken("its header is not its body's".into());
        }
        if certificate.height != height || certificate.block != header.hash() {
            return broken("its certificate is another block's".into());
        }
        if let Err(error) = certificate.verify(&chain, &tip.validators) {
            return broken(error.to_string());
        }
        let outcome = match chain::check(again, &tip, &block, &BTreeSet::new()) {
            Ok(outcome) => outcome,
            Err(error) => return broken(error.to_string()),
        };
        again.commit(&block, &certificate, &outcome)?;
        seen(height);
    }
    let (found, expected) = (store.tip(), again.tip());
    Ok((found != expected).then(|| {
        finding(
            format!("the end of the chain at height {last} is not what its blocks lead to"),
            to_do,
        )
    }))
}

/// The consensus engine's log.
fn log(home: &Home) -> anyhow::Result<Option<Finding>> {
    let path = home.log_file();
    let damage = log_damage(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(damage.map(|damage| {
        finding(
            damage.to_string(),
            "Start the node: it cuts the log off there and goes on, for what it signed is in the guard. If no power cut came before this, check the disk",
        )
    }))
}

/// The key whose guard is sound as a file, and the highest position in it.
type Guarded = Option<(PublicKey, Option<Position>)>;

/// The record of the node's own signatures.
fn guard(home: &Home) -> anyhow::Result<(Guarded, Vec<Finding>)> {
    let Some(secret) = home.key(NodeKey::Consensus)? else {
        let what = format!("{} is missing", home.key_file(NodeKey::Consensus).display());
        let to_do = "Put it back from where you keep it safe";
        return Ok((None, vec![finding(what, to_do)]));
    };
    let (path, key) = (home.guard_file(), secret.public());
    let broken = match Guard::open(&path, &key) {
        Ok(Some(guard)) => return Ok((Some((key, guard.position())), Vec::new())),
        Ok(None) => finding(
            format!(
                "there is no double-sign guard of this node's key at {}",
                path.display()
            ),
            "Nothing: the node follows without a vote until the chain is past what it may have signed",
        ),
        Err(error @ GuardError::InUse { .. }) => finding(error.to_string(), KEEP_AWAY),
        Err(error) => finding(
            error.to_string(),
            "Move it away: the node then follows without a vote until the chain is past what it may have signed",
        ),
    };
    Ok((None, vec![broken]))
}
