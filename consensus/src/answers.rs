//! What a node answers a peer that lags, and certificates between the engine's form and ours.

use arc_malachitebft_core_types::{
    CommitCertificate, ExtendedCommitCertificate, ExtendedCommitSignature, Round,
};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, CommitSignature};
use dirchain_ledger::ids::Height;
use dirchain_ledger::validators::ValidatorSet;

use crate::context::{Address, BlockId, DirectoryContext, Height as EngineHeight, round_number};
use crate::limits::SYNC_BATCH_MAX;

/// The decided blocks of a store.
pub trait History {
    /// Why it could not be read.
    type Error;

    /// A decided block's encoding; none above the tip.
    fn block_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, Self::Error>;

    /// What decided it; none above the tip.
    fn certificate(&self, height: Height) -> Result<Option<Certificate>, Self::Error>;

    /// Who voted on a height: the membership after the block before it.
    fn validators_of(&self, height: Height) -> Result<Option<ValidatorSet>, Self::Error>;
}

/// A decided block with its certificate, for a peer.
#[derive(Clone, Debug)]
pub struct DecidedBlock {
    /// The block's encoding.
    pub bytes: Vec<u8>,
    /// What decided it.
    pub certificate: ExtendedCommitCertificate<DirectoryContext>,
}

/// The decided blocks from `first` to `last` that are here, at most [`SYNC_BATCH_MAX`].
pub fn decided_blocks<H: History>(
    history: &H,
    first: Height,
    last: Height,
) -> Result<Vec<DecidedBlock>, H::Error> {
    let mut blocks = Vec::new();
    let mut height = first;
    while height <= last && blocks.len() < SYNC_BATCH_MAX {
        let (Some(bytes), Some(certificate)) =
            (history.block_bytes(height)?, history.certificate(height)?)
        else {
            break;
        };
        let Some(set) = history.validators_of(height)? else {
            break;
        };
        blocks.push(DecidedBlock {
            bytes,
            certificate: certificate_out(&certificate, &set),
        });
        height = height.next();
    }
    Ok(blocks)
}

/// The ledger's form of a certificate: by validator index, ascending.
pub fn certificate_in(
    certificate: &CommitCertificate<DirectoryContext>,
    set: &ValidatorSet,
) -> Certificate {
    let indexed = certificate.commit_signatures.iter().filter_map(|commit| {
        let validator = u16::try_from(set.index_of(&commit.address.0)?).ok()?;
        Some(CommitSignature {
            validator,
            signature: commit.signature,
        })
    });
    let mut signatures: Vec<CommitSignature> = indexed.collect();
    signatures.sort_by_key(|commit| commit.validator);
    signatures.dedup_by_key(|commit| commit.validator);
    Certificate {
        height: certificate.height.ledger(),
        round: round_number(certificate.round),
        block: certificate.value_id.0,
        // At most one for each validator, and their number has the same bound.
        signatures: List::new(signatures).unwrap_or_default(),
    }
}

/// The engine's form of a stored certificate.
pub fn certificate_out(
    certificate: &Certificate,
    set: &ValidatorSet,
) -> ExtendedCommitCertificate<DirectoryContext> {
    let signature = |commit: &CommitSignature| {
        let member = set.members().get(usize::from(commit.validator))?;
        Some(ExtendedCommitSignature::new(
            Address(member.address),
            commit.signature,
            None,
        ))
    };
    ExtendedCommitCertificate {
        height: EngineHeight::from(certificate.height),
        round: Round::new(certificate.round),
        value_id: BlockId(certificate.block),
        commit_signatures: certificate
            .signatures
            .iter()
            .filter_map(signature)
            .collect(),
    }
}
