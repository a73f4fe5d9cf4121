//! The cosigned checkpoint of a file: what outside witnesses saw.

use dirchain_ledger::block::Header;
use dirchain_ledger::header_log::verify_inclusion;

use crate::bundle::Bundle;
use crate::note::{LogHead, SignedNote, VerifierKey};
use crate::reason::Reason;

/// Checks that the cosigned checkpoint, if there is one, is of this chain and holds the header whose
/// state the file proves. Gives the names of those of `witnesses` who signed it.
pub(crate) fn check(
    bundle: &Bundle<'_>,
    state: &Header,
    witnesses: &[VerifierKey],
) -> Result<Vec<String>, Reason> {
    let Some(cosigned) = &bundle.cosigned else {
        return Ok(Vec::new());
    };
    let bad = |what| Reason::BadCosignature { what };
    let note = std::str::from_utf8(&cosigned.note).map_err(|_| bad("it is no text"))?;
    let note = SignedNote::parse(note).map_err(|_| bad("it is no signed checkpoint"))?;
    if note.head.origin != LogHead::origin_of(&bundle.chain) {
        return Err(bad("it is of another log"));
    }
    let (root, leaf, path) = (&note.head.root, state.log_leaf(), cosigned.path.hashes());
    verify_inclusion(root, &leaf, state.height.0, note.head.size, &path)
        .map_err(|_| bad("the header of the state is not in it"))?;
    let mut names = Vec::new();
    for witness in witnesses {
        if note.verify(witness).is_ok() && !names.contains(&witness.name) {
            names.push(witness.name.clone());
        }
    }
    Ok(names)
}
