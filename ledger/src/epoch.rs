//! Epochs: when changes of the validators and of the rules come into force (rule R9).
//!
//! What all who had to have agreed to waits in the membership until the end of an epoch, a block
//! whose height is a multiple of `epoch_blocks`. As many of the waiting changes come into force
//! there as leave a set that goes on whatever becomes of the newcomers; the rest waits for the next.
//!
//! Nothing on the ledger shows whether a newcomer is up, until it builds a block. Until then it
//! counts as absent, as does whoever missed its turn (`turns.rs`), so that any number of newcomers
//! that never come cannot halt the chain.

use crate::bounded::List;
use crate::crypto::PublicKey;
use crate::execute::Refusal;
use crate::ids::{Address, Height, Moment, NodeId};
use crate::language::phrase;
use crate::limits;
use crate::records::{
    AgreedChange, MemberChange, Membership, Node, Parameters, PastSettings, Record, RecordId,
};
use crate::rejection::Rejection;
use crate::turns::Turns;
use crate::validators::{Validator, ValidatorSet, quorum, tolerated};
use crate::view::{Overlay, Records, View, ViewError};

/// The smallest set that goes on without one of its members.
const TOLERANT_COUNT_MIN: usize = 4;

/// Whether an epoch ends with the block at a height.
pub fn ends_at(height: Height, epoch_blocks: u32) -> bool {
    height > Height::GENESIS && height.0.is_multiple_of(u64::from(epoch_blocks.max(1)))
}

/// The first height, at `height` or after it, with which an epoch ends.
pub fn end_after(height: Height, epoch_blocks: u32) -> Height {
    let length = u64::from(epoch_blocks.max(1));
    Height(height.0.max(1).div_ceil(length).saturating_mul(length))
}

/// What a block does to membership and rules besides its transactions: its builder has shown that
/// it is there, and with the end of an epoch what is agreed comes into force.
pub(crate) fn turn(
    state: &mut Overlay<'_>,
    at: Moment,
    builder: Address,
    turns: &Turns,
) -> Result<(), ViewError> {
    let mut parameters = state.parameters()?;
    let before = state.membership()?;
    let mut membership = before.clone();
    let unproven = before.unproven.iter().copied();
    membership.unproven = bounded(unproven.filter(|address| *address != builder).collect())?;
    if ends_at(at.height, parameters.settings.epoch_blocks) {
        let is_passed = |address: &Address| turns.passes_over(address, at.height);
        advance(state, &mut membership, is_passed)?;
        if raise_rules(&mut parameters, at) {
            state.put(Record::Parameters(parameters));
        }
    }
    if membership != before {
        state.put(Record::Membership(membership));
    }
    Ok(())
}

/// Brings into force, in their order, the agreed changes that fit.
fn advance(
    state: &Overlay<'_>,
    membership: &mut Membership,
    is_passed: impl Fn(&Address) -> bool,
) -> Result<(), ViewError> {
    let current = membership.current.members();
    let mut members = current.to_vec();
    let unproven = membership.unproven.clone();
    let is_absent = |address: &Address| unproven.contains(address) || is_passed(address);
    let mut waiting: Vec<AgreedChange> = Vec::new();
    for agreed in &membership.agreed {
        match changed(state, &members, &agreed.change) {
            Ok(next) if fits(current, &next, is_absent) => members = next,
            Ok(_) => waiting.push(agreed.clone()),
            // It may rest on one that waits; else it can come into force no more, as when its node
            // announced another key.
            Err(Refusal::Rejected(_)) if waiting.is_empty() => {}
            Err(Refusal::Rejected(_)) => waiting.push(agreed.clone()),
            Err(Refusal::Unreadable(error)) => return Err(error),
        }
    }
    membership.agreed = bounded(waiting)?;
    let next = ValidatorSet::new(members).map_err(unreadable)?;
    if next == membership.current {
        return Ok(());
    }
    let mut unproven: Vec<Address> = Vec::new();
    for member in next.members() {
        let was_there = membership.current.by_address(&member.address) == Some(member);
        if !was_there || membership.unproven.contains(&member.address) {
            unproven.push(member.address);
        }
    }
    membership.unproven = bounded(unproven)?;
    membership.current = next;
    membership.epoch = membership.epoch.saturating_add(1);
    Ok(())
}

/// Whether one epoch may end with these members and the next begin with those.
///
/// It changes at most as many members as those that stay can lose and go on, and those of whom
/// something shows that they are there decide without the others. A set of fewer than four can lose
/// nobody whatever is done: it changes one member at a time, once all are known to be there.
fn fits(current: &[Validator], next: &[Validator], is_absent: impl Fn(&Address) -> bool) -> bool {
    let is_absent = |member: &&Validator| is_absent(&member.address);
    let stays = |member: &&Validator| {
        let mut before = current.iter();
        before.any(|before| before.department == member.department)
    };
    let kept = next.iter().filter(stays).count();
    let same = next.iter().filter(|member| current.contains(member));
    let altered = kept.saturating_sub(same.clone().count());
    let (entered, left) = (
        next.len().saturating_sub(kept),
        current.len().saturating_sub(kept),
    );
    let changes = altered.saturating_add(entered).saturating_add(left);
    if current.len() < TOLERANT_COUNT_MIN {
        return changes <= 1 && !next.iter().any(|member| is_absent(&member));
    }
    let present = same.filter(|member| !is_absent(member)).count();
    changes == 0 || (changes <= tolerated(kept) && present >= quorum(next.len()))
}

/// The members after one change, by no particular order, or why it cannot be.
pub(crate) fn changed(
    state: &dyn View,
    members: &[Validator],
    change: &MemberChange,
) -> Result<Vec<Validator>, Refusal> {
    let mut members = members.to_vec();
    let place = |members: &[Validator], node: &NodeId| {
        let place = members.iter().position(|member| member.node == *node);
        place.ok_or_else(|| Rejection::DoesNotVote { node: node.clone() })
    };
    match change {
        MemberChange::Add {
            node,
            consensus_key,
        } => {
            let entering = candidate(state, node, consensus_key)?;
            if let Some(member) = members.iter().find(|m| m.department == entering.department) {
                let (department, node) = (member.department.clone(), member.node.clone());
                return Err(Rejection::AlreadyVotes { department, node }.into());
            }
            members.push(entering);
        }
        MemberChange::Remove { node } => {
            let count = members.len();
            members.remove(place(&members, node)?);
            if members.is_empty() || count == TOLERANT_COUNT_MIN {
                return Err(Rejection::TooFewValidators { count }.into());
            }
        }
        MemberChange::Replace {
            node,
            by,
            consensus_key,
        } => {
            let entering = candidate(state, by, consensus_key)?;
            let leaving = members.remove(place(&members, node)?);
            if leaving.department != entering.department || node == by {
                return Err(Rejection::ForeignReplacement {
                    node: node.clone(),
                    by: by.clone(),
                }
                .into());
            }
            members.push(entering);
        }
        MemberChange::Rotate {
            node,
            consensus_key,
        } => {
            let entering = announced(state, node, consensus_key)?;
            let leaving = members.remove(place(&members, node)?);
            if leaving == entering {
                return Err(Rejection::OtherConsensusKey {
                    node: node.clone(),
                    key: *consensus_key,
                    what: phrase!("votes with this key already", "已以此密钥参加共识"),
                }
                .into());
            }
            members.push(entering);
        }
    }
    if members.len() > limits::VALIDATORS_MAX {
        return Err(Rejection::Full {
            what: phrase!("the number of validators", "共识节点的数量"),
            count_max: limits::VALIDATORS_MAX,
        }
        .into());
    }
    Ok(members)
}

/// A node as a member, if it may connect and this is the key that it announced last.
fn announced(state: &dyn View, id: &NodeId, key: &PublicKey) -> Result<Validator, Refusal> {
    let node = admitted(state, id)?;
    if node.consensus_key() != Some(key) {
        return Err(Rejection::OtherConsensusKey {
            node: id.clone(),
            key: *key,
            what: phrase!(
                "did not announce this key, or another since",
                "未公布此密钥，或此后又公布了其他密钥"
            ),
        }
        .into());
    }
    Ok(Validator::new(*key, node.id, node.department))
}

/// As [`announced`], of a node that has shown that it is ready.
fn candidate(state: &dyn View, id: &NodeId, key: &PublicKey) -> Result<Validator, Refusal> {
    if admitted(state, id)?.ready.is_none() {
        return Err(Rejection::NotReady { node: id.clone() }.into());
    }
    announced(state, id, key)
}

fn admitted(state: &dyn View, id: &NodeId) -> Result<Node, Refusal> {
    let unknown = || Rejection::Unknown {
        id: RecordId::Node(id.clone()),
    };
    let node = state.node(id)?.ok_or_else(unknown)?;
    if node.admitted.to.is_some() {
        return Err(Rejection::NodeRemoved { node: id.clone() }.into());
    }
    Ok(node)
}

/// The members once all that is agreed is in force, as far as it can be.
pub(crate) fn planned(
    state: &dyn View,
    membership: &Membership,
) -> Result<Vec<Validator>, ViewError> {
    let mut members = membership.current.members().to_vec();
    for agreed in &membership.agreed {
        match changed(state, &members, &agreed.change) {
            Ok(next) => members = next,
            Err(Refusal::Rejected(_)) => {}
            Err(Refusal::Unreadable(error)) => return Err(error),
        }
    }
    Ok(members)
}

/// Brings the agreed version of the rules into force if its height has come; whether it did.
fn raise_rules(parameters: &mut Parameters, at: Moment) -> bool {
    let due = parameters.next_rules.filter(|next| next.from <= at.height);
    let Some(next) = due else {
        return false;
    };
    let past = PastSettings {
        settings: parameters.settings.clone(),
        since: parameters.since,
    };
    // Room for it is kept when it is agreed, and by every change of the settings after that.
    if parameters.earlier.push(past).is_err() {
        return false;
    }
    parameters.settings.rules_version = next.version;
    parameters.since = at;
    parameters.next_rules = None;
    parameters.revision = parameters.revision.saturating_add(1);
    true
}

fn bounded<T, const N: usize>(items: Vec<T>) -> Result<List<T, N>, ViewError> {
    List::new(items).map_err(unreadable)
}

/// A broken invariant of our own: nothing that grows here was larger before.
fn unreadable(error: impl ToString) -> ViewError {
    ViewError {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
