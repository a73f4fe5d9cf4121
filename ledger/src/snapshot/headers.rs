//! Headers from the genesis on, checked run by run without the blocks' bodies.
//!
//! What a header says of its transactions and of the state after them is what the validators
//! certified. All else follows from the headers before it and is checked: the links, the header
//! log, whose turn it was, who votes.

use bincode::{Decode, Encode};

use crate::block::{Block, HEADER_VERSION, Header};
use crate::bounded::List;
use crate::certificate::{Certificate, CertificateError};
use crate::chain::Tip;
use crate::hash::Hash;
use crate::header_log::{Frontier, LogNode};
use crate::ids::{ChainId, Height, TimeMs};
use crate::limits;
use crate::state_tree::RootSlot;
use crate::turns::Turns;
use crate::validators::ValidatorSet;
use crate::view::{Records as _, View, ViewError};

/// The end of an epoch with which the validators change: what the next set rests on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EpochEnd {
    /// By which the old set decided the epoch's last block.
    pub certificate: Certificate,
    /// Who votes from the next block on.
    pub validators: ValidatorSet,
}

/// Headers in a row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeaderRun {
    /// By ascending height.
    pub headers: List<Header, { limits::SNAPSHOT_HEADERS_MAX }>,
    /// For each header with which the validators change, in their order.
    pub epochs: List<EpochEnd, { limits::SNAPSHOT_EPOCHS_MAX }>,
    /// By which the last header's block was decided.
    pub certificate: Certificate,
}

/// Why headers are not those after the ones before them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// There is none.
    #[error("a run of headers without a header")]
    Empty,
    /// A header differs from what those before it require.
    #[error("the {field} of the header at {height} is not what the headers before it require")]
    Field {
        /// Where.
        height: Height,
        /// The field.
        field: &'static str,
    },
    /// The validators change, and who votes next is not proven.
    #[error("the validators after {height} are not the set that its header names")]
    Validators {
        /// The epoch's last block.
        height: Height,
    },
    /// A certificate proves nothing.
    #[error("the certificate of block {height}: {error}")]
    Certificate {
        /// The block.
        height: Height,
        /// Why.
        error: CertificateError,
    },
    /// A certificate is of another block.
    #[error("the certificate for block {height} is of another block")]
    OtherBlock {
        /// The block.
        height: Height,
    },
    /// Proofs of epochs are left over.
    #[error("a run of headers with more epochs than its headers have")]
    Surplus,
    /// The header log takes no more.
    #[error("the header log is full")]
    Full,
}

/// The end of the headers that were checked: all that the next one is checked against.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeaderWalk {
    chain: ChainId,
    height: Height,
    time: TimeMs,
    block: Hash,
    state_root: Hash,
    log: Frontier,
    validators: ValidatorSet,
    /// Who voted on the last header.
    voted: ValidatorSet,
    turns: Turns,
}

impl HeaderWalk {
    /// The walk before the first header, from the end of the genesis or of any chain that is here.
    pub fn from_tip(tip: &Tip) -> Self {
        Self {
            chain: tip.chain,
            height: tip.height,
            time: tip.time,
            block: tip.block,
            state_root: tip.state.hash(),
            log: tip.log.clone(),
            validators: tip.validators.clone(),
            voted: tip.validators.clone(),
            turns: tip.turns.clone(),
        }
    }

    /// The last header's height.
    pub fn height(&self) -> Height {
        self.height
    }

    /// The state root after its block.
    pub fn state_root(&self) -> Hash {
        self.state_root
    }

    /// The turns after its block.
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Whether this is the last header's block, whole, and this decided it: what the headers and
    /// their certificates already show of it, any certificate of that block confirms.
    pub fn is_last(&self, block: &Block, certificate: &Certificate) -> bool {
        block.header.hash() == self.block
            && block.is_whole()
            && certificate.height == self.height
            && certificate.block == self.block
            && certificate.verify(&self.chain, &self.voted).is_ok()
    }

    /// Goes on over headers that are the next ones; gives the nodes that each adds to the header
    /// log. Nothing changes when they are not.
    ///
    /// # Errors
    ///
    /// [`HeaderFault`]: whoever sent them is at fault.
    pub fn take(&mut self, run: &HeaderRun) -> Result<Vec<Vec<LogNode>>, HeaderFault> {
        let mut walk = self.clone();
        let mut epochs = run.epochs.iter();
        let mut nodes = Vec::with_capacity(run.headers.len());
        for header in &run.headers {
            nodes.push(walk.step(header, &mut epochs)?);
        }
        if epochs.next().is_some() {
            return Err(HeaderFault::Surplus);
        }
        if nodes.is_empty() {
            return Err(HeaderFault::Empty);
        }
        certified(
            &run.certificate,
            walk.chain,
            walk.height,
            walk.block,
            &walk.voted,
        )?;
        *self = walk;
        Ok(nodes)
    }

    /// Goes on over one header whose block's certificate is looked at elsewhere, if the validators
    /// do not change with it.
    fn step<'e>(
        &mut self,
        header: &Header,
        epochs: &mut impl Iterator<Item = &'e EpochEnd>,
    ) -> Result<Vec<LogNode>, HeaderFault> {
        let height = self.height.next();
        let block = header.hash();
        let set_hash = self.validators.hash();
        let proposer = self
            .turns
            .proposer(&self.validators, height, header.round)
            .address;
        let requirements = [
            (header.version == HEADER_VERSION, "version"),
            (header.chain == self.chain, "chain"),
            (header.height == height, "height"),
            (header.parent == self.block, "parent"),
            (header.time > self.time, "time"),
            (header.validators_hash == set_hash, "validators hash"),
            (header.header_log_root == self.log.root(), "header log root"),
            (header.builder == proposer, "builder"),
        ];
        if let Some((_, field)) = requirements.into_iter().find(|(holds, _)| !holds) {
            return Err(HeaderFault::Field { height, field });
        }
        let mut next = self.validators.clone();
        if header.next_validators_hash != set_hash {
            let epoch = epochs.next().ok_or(HeaderFault::Validators { height })?;
            certified(
                &epoch.certificate,
                self.chain,
                height,
                block,
                &self.validators,
            )?;
            if epoch.validators.hash() != header.next_validators_hash {
                return Err(HeaderFault::Validators { height });
            }
            next = epoch.validators.clone();
        }
        let nodes = self.log.append(header.log_leaf());
        let nodes = nodes.map_err(|_| HeaderFault::Full)?;
        self.turns = self.turns.after(header, &self.validators, &next);
        self.voted = std::mem::replace(&mut self.validators, next);
        self.height = height;
        self.time = header.time;
        self.block = block;
        self.state_root = header.state_root;
        Ok(nodes)
    }

    /// The end of the chain at the last header, with the state that its root stands for.
    ///
    /// # Errors
    ///
    /// [`ViewError`] when the records are not those of that state.
    pub fn tip(&self, state: RootSlot, records: &dyn View) -> Result<Tip, ViewError> {
        let parameters = records.parameters()?;
        let membership = records.membership()?;
        let unfit = |what: &str| ViewError {
            reason: format!("the records at height {} have another {what}", self.height),
        };
        if state.hash() != self.state_root {
            return Err(unfit("state root"));
        }
        if membership.current != self.validators {
            return Err(unfit("validator set than its header"));
        }
        Ok(Tip {
            chain: self.chain,
            height: self.height,
            time: self.time,
            block: self.block,
            state,
            log: self.log.clone(),
            validators: self.validators.clone(),
            turns: self.turns.clone(),
            heartbeat_ms: parameters.settings.heartbeat_ms,
            rules_version: parameters.settings.rules_version,
        })
    }
}

fn certified(
    certificate: &Certificate,
    chain: ChainId,
    height: Height,
    block: Hash,
    validators: &ValidatorSet,
) -> Result<(), HeaderFault> {
    if certificate.height != height || certificate.block != block {
        return Err(HeaderFault::OtherBlock { height });
    }
    let verdict = certificate.verify(&chain, validators);
    verdict.map_err(|error| HeaderFault::Certificate { height, error })
}

/// Puts a run of headers together, from a chain that is here.
#[derive(Debug, Default)]
pub struct RunMaker {
    headers: Vec<Header>,
    epochs: Vec<EpochEnd>,
}

impl RunMaker {
    /// Whether no more headers fit.
    pub fn is_full(&self) -> bool {
        self.headers.len() >= limits::SNAPSHOT_HEADERS_MAX
            || self.epochs.len() >= limits::SNAPSHOT_EPOCHS_MAX
    }

    /// Adds the next header; with the end of an epoch, if the validators change with it.
    pub fn add(&mut self, header: Header, epoch: Option<EpochEnd>) {
        self.headers.push(header);
        self.epochs.extend(epoch);
    }

    /// The last header's height; none before the first.
    pub fn last(&self) -> Option<Height> {
        self.headers.last().map(|header| header.height)
    }

    /// The run, with what decided its last block; none when there is more in it than fits.
    pub fn finish(self, certificate: Certificate) -> Option<HeaderRun> {
        Some(HeaderRun {
            headers: List::new(self.headers).ok()?,
            epochs: List::new(self.epochs).ok()?,
            certificate,
        })
    }
}
