//! Blocks, transactions, keys, and the chain's end.

use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, Height};
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::Records;

use super::departments::key_item;
use super::resources::count;
use super::{Reading, Slice, foreign_cursor};
use crate::api::{
    BlockAnswer, BlockItem, CertificateAnswer, HeaderAnswer, KeyAnswer, Moment, Page, Problem,
    SignerItem, Status, Time, TransactionContent, TransactionItem,
};
use crate::at::{self, At};
use crate::cursor::After;
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;

/// The chain, its end, this node.
pub(crate) fn status(directory: &dyn Directory) -> Status {
    Status {
        about: directory.about(),
        tip: directory.tip(),
        node: directory.node(),
    }
}

impl Reading<'_> {
    /// Blocks, newest first, from this reading's height down.
    pub(crate) fn blocks(&self, slice: &Slice) -> Result<Page<BlockItem>, Problem> {
        let mut height = match slice.cursor.as_ref().map(|cursor| &cursor.after) {
            None => Some(self.height()),
            Some(After::Block(below)) => below.previous(),
            Some(After::Record(_) | After::Field(..) | After::Event(_) | After::Count(_)) => {
                return Err(foreign_cursor());
            }
        };
        let mut items = Vec::new();
        let begins = self.directory.history_begins();
        while let Some(at) = height.filter(|at| *at > Height::GENESIS) {
            // Below a snapshot's height, until what came before it is here.
            if at <= begins && items.is_empty() && slice.cursor.is_some() {
                return Err(at::begins_later(self.directory));
            }
            if items.len() >= slice.limit || at <= begins {
                let next = After::Block(at.next().min(self.height()));
                return Ok(self.page_after(items, Some(next)));
            }
            let Some(block) = self.directory.block(at)? else {
                break;
            };
            items.push(self.block_item(&block)?);
            height = at.previous();
        }
        Ok(self.page_after(items, None))
    }

    pub(super) fn block_item(&self, block: &Block) -> Result<BlockItem, Problem> {
        let header = &block.header;
        let voters = self.voters(header.height)?;
        Ok(BlockItem {
            height: header.height,
            time: Time(header.time),
            hash: header.hash(),
            round: header.round,
            builder: header.builder,
            builder_department: builder(header, voters.as_ref()),
            transaction_count: count(block.transactions.len()),
        })
    }

    /// Who votes on the block at a height: the membership that the block before left.
    fn voters(&self, height: Height) -> Result<Option<ValidatorSet>, Problem> {
        let Some(before) = height.previous() else {
            return Ok(None);
        };
        let view = at::view(self.directory, before)?;
        Ok(match view.record(&RecordId::Membership)? {
            Some(Record::Membership(membership)) => Some(membership.current),
            Some(_) | None => None,
        })
    }

    fn block_answer(&self, block: &Block) -> Result<BlockAnswer, Problem> {
        let header = &block.header;
        let voters = self.voters(header.height)?;
        let certificate = self.certificate(header.height, voters.as_ref())?;
        let mut transactions = Vec::with_capacity(block.transactions.len());
        for (index, transaction) in (0u32..).zip(&block.transactions) {
            transactions.push(self.transaction_item(index, transaction)?);
        }
        Ok(BlockAnswer {
            as_of: header.moment().into(),
            header: header_answer(header),
            builder_department: builder(header, voters.as_ref()),
            certificate,
            transactions,
        })
    }

    fn certificate(
        &self,
        height: Height,
        voters: Option<&ValidatorSet>,
    ) -> Result<Option<CertificateAnswer>, Problem> {
        let Some(certificate) = self.directory.certificate(height)? else {
            return Ok(None);
        };
        let mut signers = Vec::with_capacity(certificate.signatures.len());
        for commit in &certificate.signatures {
            let member = voters.and_then(|set| set.members().get(usize::from(commit.validator)));
            let department_name = match member {
                Some(member) => Some(self.department_name(&member.department)?),
                None => None,
            };
            signers.push(SignerItem {
                index: commit.validator,
                department: member.map(|member| member.department.clone()),
                department_name,
                node: member.map(|member| member.node.clone()),
                signature: commit.signature,
            });
        }
        Ok(Some(CertificateAnswer {
            round: certificate.round,
            signers,
            validator_count: voters.map_or(0, |set| count(set.count())),
            quorum: voters.map_or(0, |set| count(set.quorum())),
        }))
    }

    fn transaction_item(
        &self,
        index: u32,
        transaction: &SignedTransaction,
    ) -> Result<TransactionItem, Problem> {
        let names = transaction.actions.iter().take(limits::ACTION_NAMES_MAX);
        Ok(TransactionItem {
            id: transaction.id(),
            index,
            signer: self.signer(&transaction.envelope.author)?,
            actions: names.map(|action| action.name().to_owned()).collect(),
            action_count: count(transaction.actions.len()),
        })
    }
}

/// Blocks, newest first.
pub(crate) fn blocks(
    directory: &dyn Directory,
    at: Option<At>,
    slice: &Slice,
) -> Result<Page<BlockItem>, Problem> {
    Reading::of_slice(directory, at, slice)?.blocks(slice)
}

/// A block with its certificate and transactions.
pub(crate) fn block(directory: &dyn Directory, height: Height) -> Result<BlockAnswer, Problem> {
    let tip = directory.tip_moment();
    if height == Height::GENESIS {
        return Err(ProblemKind::NoSuchBlock.with_both(
            "Height 0 is the genesis: its records have no block. The first block is at height 1",
            "高度 0 是创世,其记录不在区块之中。第一个区块的高度为 1",
        ));
    }
    if height > tip.height {
        return Err(ProblemKind::NoSuchBlock.with_both(
            format!(
                "The chain reaches to height {}. Ask for that or an earlier one",
                tip.height
            ),
            format!("账本目前到高度 {}。请查询这一高度或更早的高度", tip.height),
        ));
    }
    let block = directory.block(height)?;
    let block = block.ok_or_else(|| at::unavailable(directory, height))?;
    Reading::of_block(directory, &block.header).block_answer(&block)
}

/// A block's moment, from its header alone.
pub(crate) fn moment_of(directory: &dyn Directory, height: Height) -> Result<Moment, Problem> {
    let header = directory.header(height)?;
    let header = header.ok_or_else(|| at::unavailable(directory, height))?;
    Ok(header.moment().into())
}

/// A committed transaction: its block's moment and what it says.
pub(crate) fn transaction_at(
    directory: &dyn Directory,
    height: Height,
    index: u32,
) -> Result<(Moment, TransactionContent), Problem> {
    let block = directory.block(height)?;
    let block = block.ok_or_else(|| at::unavailable(directory, height))?;
    let place = usize::try_from(index).unwrap_or(usize::MAX);
    let transaction = block.transactions.get(place).ok_or_else(|| {
        ProblemKind::Internal
            .with("The node's index of transactions does not fit its blocks. Ask another node")
    })?;
    let reading = Reading::of_block(directory, &block.header);
    Ok((reading.as_of(), content(&reading, transaction)?))
}

/// What a transaction says.
fn content(
    reading: &Reading<'_>,
    transaction: &SignedTransaction,
) -> Result<TransactionContent, Problem> {
    let envelope = &transaction.envelope;
    Ok(TransactionContent {
        signer: reading.signer(&envelope.author)?,
        sequence: envelope.sequence,
        not_after: Time(envelope.not_after),
        actions_root: envelope.actions_root,
        signature: transaction.signature,
        actions: transaction.actions.to_vec(),
    })
}

/// A key, with how many of its transactions wait: up to the sequence number `next_waiting`.
pub(crate) fn key(
    reading: &Reading<'_>,
    public_key: &PublicKey,
    next_waiting: Option<u64>,
) -> Result<KeyAnswer, Problem> {
    let found = reading.view.key(public_key)?;
    let found = found.ok_or_else(|| reading.missing(&RecordId::Key(*public_key)))?;
    let waiting = next_waiting.map_or(0, |next| next.saturating_sub(found.next_sequence));
    Ok(KeyAnswer {
        as_of: reading.as_of(),
        department_name: reading.department_name(&found.department)?,
        key: key_item(&found),
        waiting,
    })
}

fn header_answer(header: &Header) -> HeaderAnswer {
    HeaderAnswer {
        version: header.version,
        chain: header.chain,
        height: header.height,
        time: Time(header.time),
        hash: header.hash(),
        parent: header.parent,
        round: header.round,
        builder: header.builder,
        transactions_root: header.transactions_root,
        header_log_root: header.header_log_root,
        state_root: header.state_root,
        validators_hash: header.validators_hash,
        next_validators_hash: header.next_validators_hash,
        rules_version: header.rules_version,
    }
}

fn builder(header: &Header, voters: Option<&ValidatorSet>) -> Option<DepartmentId> {
    let member = voters.and_then(|set| set.by_address(&header.builder));
    member.map(|member| member.department.clone())
}
