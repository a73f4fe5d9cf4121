//! Departments, keys, nodes.

use dirchain_ledger::action::{AmendNode, RegisterDepartment, RegisterNode};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{KeyOffer, NodeAddress, NodeKeyOffer};

use super::whose;
use crate::api::Problem;
use crate::pages::sheet::{Atom, Cell, Facts, cell};
use crate::reading::Reading;

pub(super) fn department(
    reading: &Reading<'_>,
    action: &RegisterDepartment,
) -> Result<Facts, Problem> {
    let mut facts: Facts = vec![("name", vec![Atom::text(&action.name)])];
    if let Some(parent) = &action.parent {
        facts.push(whose(reading, "sub-unit-of", parent)?);
    }
    if let Some(code) = &action.credit_code {
        facts.push(("credit-code", vec![Atom::Code(code.to_string())]));
    }
    facts.push(("administrative-level", vec![Atom::word(&action.level)]));
    facts.push(("region", vec![Atom::Code(action.region.to_string())]));
    if let Some(head) = &action.head {
        facts.extend(offered(head));
    }
    Ok(facts)
}

/// A key that is offered, and for what.
pub(super) fn offered(offer: &KeyOffer) -> Facts {
    vec![
        ("role", vec![Atom::word(&offer.role)]),
        ("public-key", vec![Atom::Hash(offer.public_key.to_string())]),
    ]
}

/// A key that the ledger knows.
pub(super) fn key(reading: &Reading<'_>, public_key: &PublicKey) -> Result<Facts, Problem> {
    let signer = reading.signer(public_key)?;
    let mut facts: Facts = vec![("key", Atom::signer(&signer))];
    facts.push(("public-key", vec![Atom::Hash(public_key.to_string())]));
    Ok(facts)
}

fn addresses<'a>(addresses: impl Iterator<Item = &'a NodeAddress>) -> Cell {
    cell(addresses.map(|address| Atom::Code(address.to_string())))
}

/// The keys of a node that are named.
fn node_keys(network: Option<&NodeKeyOffer>, consensus: Option<&NodeKeyOffer>) -> Facts {
    let named = [("network-key", network), ("consensus-key", consensus)];
    let named = named.into_iter().filter_map(|(term, offer)| {
        let key = offer?.public_key.to_string();
        Some((term, vec![Atom::Hash(key)]))
    });
    named.collect()
}

pub(super) fn node(reading: &Reading<'_>, action: &RegisterNode) -> Result<Facts, Problem> {
    let mut facts = vec![whose(reading, "department", &action.department)?];
    facts.push(("addresses", addresses(action.addresses.iter())));
    facts.extend(node_keys(Some(&action.network), action.consensus.as_ref()));
    Ok(facts)
}

pub(super) fn amended(action: &AmendNode) -> Facts {
    let mut facts = node_keys(action.network.as_ref(), action.consensus.as_ref());
    if let Some(listed) = &action.addresses {
        facts.push(("addresses", addresses(listed.iter())));
    }
    facts
}

pub(super) fn ready(height: Height, hash: &Hash) -> Facts {
    vec![(
        "block",
        vec![Atom::block(height), Atom::Hash(hash.to_string())],
    )]
}

pub(super) fn contradiction(proof: &EquivocationProof) -> Facts {
    let (what, first, second) = match &proof.contradiction {
        Contradiction::Votes { first, second, .. } => ("signed-two-votes", *first, *second),
        Contradiction::Proposals { first, second } => (
            "signed-two-proposals",
            Some(first.block),
            Some(second.block),
        ),
    };
    let shown = |block: Option<Hash>| match block {
        Some(block) => vec![Atom::Hash(block.to_string())],
        None => vec![Atom::Says("for-no-block")],
    };
    vec![
        ("contradiction", vec![Atom::Says(what)]),
        ("height", vec![Atom::block(proof.height)]),
        ("round", vec![Atom::Number(proof.round.into())]),
        ("first-signed", shown(first)),
        ("second-signed", shown(second)),
    ]
}
