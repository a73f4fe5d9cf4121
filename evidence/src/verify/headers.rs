//! From the anchor, epoch by epoch, to the last header; and the headers in its log.

use dirchain_ledger::block::{HEADER_VERSION, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::decode;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::verify_inclusion;
use dirchain_ledger::ids::{ChainId, Height, Moment};
use dirchain_ledger::limits::CERTIFICATE_BYTES_MAX;
use dirchain_ledger::records::Record;
use dirchain_ledger::validators::ValidatorSet;

use super::Anchor;
use crate::bundle::{Bundle, EpochEnd, LoggedHeader};
use crate::limits;
use crate::reason::Reason;

const HEADER_DECODED_BYTES_MAX: usize = 2 * limits::HEADER_BYTES_MAX;
const CERTIFICATE_DECODED_BYTES_MAX: usize = 2 * CERTIFICATE_BYTES_MAX;
const VALIDATORS_DECODED_BYTES_MAX: usize = 4 * limits::VALIDATORS_BYTES_MAX;

/// A header of this chain; its hash is not proven yet.
pub(crate) fn header(chain: ChainId, bytes: &[u8], what: &'static str) -> Result<Header, Reason> {
    let header = decode::<Header, HEADER_DECODED_BYTES_MAX>(bytes);
    let header = header.map_err(|_| Reason::BadHeader { what })?;
    if header.chain != chain || header.version != HEADER_VERSION || header.height == Height::GENESIS
    {
        return Err(Reason::BadHeader { what });
    }
    Ok(header)
}

/// The validators of the last header, whose certificate they signed; and how many sets came
/// before them since the anchor.
pub(super) fn head_validators(
    bundle: &Bundle<'_>,
    head: &Header,
    anchor: Anchor<'_>,
) -> Result<(ValidatorSet, usize), Reason> {
    let pinned = anchor.moment().height;
    if head.height < pinned {
        let head = head.height;
        return Err(Reason::BeforeCheckpoint { head, pinned });
    }
    let mut validators = match anchor {
        Anchor::Genesis(genesis) => genesis_validators(genesis)?,
        Anchor::Checkpoint(pin) if pin.header.height == head.height => pin.validators.clone(),
        Anchor::Checkpoint(pin) => pin.next_validators.clone(),
    };
    let (mut retired_sets, mut last) = (0usize, Height::GENESIS);
    for epoch in &bundle.epochs {
        let end = header(bundle.chain, &epoch.header, "the end of an epoch")?;
        let (height, next) = (end.height, validator_set(&epoch.next, end.height)?);
        let is_change = end.validators_hash != end.next_validators_hash;
        if height <= last || height >= head.height || !is_change {
            return Err(Reason::EpochOrder { height });
        }
        last = height;
        if next.hash() != end.next_validators_hash {
            return Err(Reason::WrongNextValidators { height });
        }
        if pinned < height {
            check_decided(&end, &epoch.certificate, &validators)?;
            validators = next;
            retired_sets = retired_sets.saturating_add(1);
        }
        check_epoch_logged(head, &end, epoch)?;
    }
    check_decided(head, &bundle.certificate, &validators)?;
    Ok((validators, retired_sets))
}

fn genesis_validators(genesis: &Genesis) -> Result<ValidatorSet, Reason> {
    let membership = genesis.records.iter().find_map(|record| match record {
        Record::Membership(membership) => Some(membership.current.clone()),
        _ => None,
    });
    membership.ok_or_else(|| Reason::NotInFile {
        what: "the genesis names no validators".to_owned(),
    })
}

fn validator_set(bytes: &[u8], height: Height) -> Result<ValidatorSet, Reason> {
    let set = decode::<ValidatorSet, VALIDATORS_DECODED_BYTES_MAX>(bytes);
    set.map_err(|_| Reason::WrongNextValidators { height })
}

/// That these validators decided this block.
fn check_decided(
    header: &Header,
    certificate: &[u8],
    validators: &ValidatorSet,
) -> Result<(), Reason> {
    let height = header.height;
    if validators.hash() != header.validators_hash {
        return Err(Reason::WrongValidators { height });
    }
    let decoded = decode::<Certificate, CERTIFICATE_DECODED_BYTES_MAX>(certificate);
    let certificate = decoded.map_err(|_| Reason::WrongCertificate { height })?;
    if certificate.height != height || certificate.block != header.hash() {
        return Err(Reason::WrongCertificate { height });
    }
    let verdict = certificate.verify(&header.chain, validators);
    verdict.map_err(|error| Reason::BadCertificate { height, error })
}

fn check_epoch_logged(head: &Header, end: &Header, epoch: &EpochEnd<'_>) -> Result<(), Reason> {
    check_inclusion(head, end, &epoch.path.hashes())
}

pub(super) fn check_logged(
    head: &Header,
    header: &Header,
    logged: &LoggedHeader<'_>,
) -> Result<(), Reason> {
    check_inclusion(head, header, &logged.path.hashes())
}

/// That an earlier header is in the log that the last one commits to.
fn check_inclusion(head: &Header, header: &Header, path: &[Hash]) -> Result<(), Reason> {
    let (index, size) = (header.height.0, head.height.0);
    let verdict = verify_inclusion(&head.header_log_root, &header.log_leaf(), index, size, path);
    verdict.map_err(|_| Reason::NotInLog {
        height: header.height,
    })
}

/// The pinned headers of a file.
pub(super) struct Pins {
    /// Whether the anchor's block is shown to be in the file's history; true for the genesis.
    pub(super) is_linked: bool,
    /// Their blocks, ascending.
    pub(super) moments: Vec<Moment>,
}

/// Checks every pinned header of the file, and compares the anchor's with each header of its height.
pub(super) fn check_pins(
    bundle: &Bundle<'_>,
    head: &Header,
    anchor: Anchor<'_>,
) -> Result<Pins, Reason> {
    let pinned = match anchor {
        Anchor::Genesis(_) => None,
        Anchor::Checkpoint(checkpoint) => Some(&checkpoint.header),
    };
    let mut is_linked = pinned.is_none();
    let mut compare = |header: &Header| match pinned {
        Some(pin) if pin.height == header.height && pin.hash() != header.hash() => {
            Err(Reason::Fork {
                height: pin.height,
                pinned: pin.hash(),
                given: header.hash(),
            })
        }
        Some(pin) => {
            is_linked |= pin.height == header.height;
            Ok(())
        }
        None => Ok(()),
    };
    let mut moments: Vec<Moment> = Vec::new();
    for pin in &bundle.pins {
        let header = header(bundle.chain, &pin.header, "a pinned header")?;
        check_logged(head, &header, pin)?;
        let height = header.height;
        if moments.last().is_some_and(|last| height <= last.height) {
            return Err(Reason::EpochOrder { height });
        }
        moments.push(header.moment());
        compare(&header)?;
    }
    for epoch in &bundle.epochs {
        compare(&header(bundle.chain, &epoch.header, "the end of an epoch")?)?;
    }
    compare(head)?;
    Ok(Pins { is_linked, moments })
}
