//! Looking whether a node's data is whole: every block is executed again from the genesis on, into a
//! database beside the node's own, and both must then hold the same.
//!
//! Invariant: nothing of the node's data is changed.

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

/// Something that is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What.
    pub what: String,
    /// What to do.
    pub to_do: String,
}

const REPLACE: &str = "Put a backup back with `dirchain restore`, or move db/ away and start the node: it fills from the other nodes. Leave engine/ where it is";
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
    mut seen: impl FnMut(Height, Height),
) -> anyhow::Result<(Height, Vec<Finding>)> {
    let genesis = home.genesis()?;
    let (guard, mut found) = guard(home)?;
    found.extend(log(home)?);
    let store = match Store::open(&home.database_dir(), &genesis) {
        Ok(store) => store,
        Err(error @ StoreError::InUse { .. }) => return Err(error.into()),
        Err(error) => {
            found.push(finding(error.to_string(), REPLACE));
            return Ok((Height::GENESIS, found));
        }
    };
    let tip = store.tip().height;
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
    if let Some(FillState { base, next }) = store.fill_state() {
        let what = format!(
            "the history begins at height {base}: of the blocks before it, those from {next} on are not here yet"
        );
        found.push(finding(what, UNFINISHED));
        return Ok((tip, found));
    }
    let scratch = home.dir().join("doctor");
    remove(&scratch)?;
    let again = Store::open(&scratch, &genesis)?;
    let replayed = replay(&store, &again, &genesis, |height| seen(height, tip));
    let verdict = match replayed {
        Ok(None) => match store.differences(&again) {
            Ok(differences) => {
                for difference in differences {
                    let what = format!(
                        "the index `{}` differs from what the blocks say: {} missing, {} of no block, {} changed; the first at key {}",
                        difference.family,
                        difference.missing,
                        difference.surplus,
                        difference.changed,
                        difference.first_key,
                    );
                    found.push(finding(what, REPLACE));
                }
                Ok(())
            }
            Err(error) => damaged(error, &mut found),
        },
        Ok(Some(broken)) => {
            found.push(broken);
            Ok(())
        }
        Err(error) => Err(error),
    };
    drop(again);
    remove(&scratch)?;
    verdict?;
    Ok((tip, found))
}

/// A damaged database is a finding, anything else an error.
fn damaged(error: StoreError, found: &mut Vec<Finding>) -> anyhow::Result<()> {
    match error {
        StoreError::Damaged { .. } | StoreError::Read { .. } => {
            found.push(finding(error.to_string(), REPLACE));
            Ok(())
        }
        other => Err(other.into()),
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
    mut seen: impl FnMut(Height),
) -> anyhow::Result<Option<Finding>> {
    let chain = genesis.chain();
    let last = store.tip().height;
    while again.tip().height < last {
        let tip = again.tip();
        let height = tip.height.next();
        let broken = |why: String| Ok(Some(finding(format!("block {height}: {why}"), REPLACE)));
        let read = store.block(height).and_then(|block| {
            let header = store.header(height)?;
            Ok((block, header, store.certificate(height)?))
        });
        let (block, header, certificate) = match read {
            Ok((Some(block), Some(header), Some(certificate))) => (block, header, certificate),
            Ok((None, _, _)) => return broken("its body is missing".into()),
            Ok((_, None, _)) => return broken("its header is missing".into()),
            Ok((_, _, None)) => return broken("its certificate is missing".into()),
            Err(error) => return broken(error.to_string()),
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
            REPLACE,
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
