//! What the verdicts on a subject rest on: every record that one proven record leads to.
//!
//! Export collects by this and verification requires it, so a file that leaves one out is refused.

use std::collections::BTreeSet;

use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{Record, RecordId, Resource, Trail};

/// One signed action on the subject's trail.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) author: &'a PublicKey,
    pub(crate) action: &'a Action,
}

/// The trail of a record that can be a subject; `None` for other kinds.
pub(crate) fn trail(record: &Record) -> Option<Trail> {
    match record {
        Record::Resource(record) => Some(record.trail),
        Record::Department(record) => Some(record.trail),
        _ => None,
    }
}

/// The records that the verdicts rest on and that are not known yet.
pub(crate) fn missing(
    subject: &RecordId,
    events: &[Signed<'_>],
    known: &Known,
) -> BTreeSet<RecordId> {
    let mut missing = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![subject.clone(), RecordId::Parameters];
    for event in events {
        open.push(RecordId::Key(*event.author));
        open.extend(named(subject, event.action));
    }
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        match known.records.get(&id) {
            Some(Some(record)) => open.extend(leads_to(record, known)),
            Some(None) => {}
            None => {
                missing.insert(id);
            }
        }
    }
    missing
}

/// The records that an action on a subject's trail names.
fn named(subject: &RecordId, action: &Action) -> Vec<RecordId> {
    match (subject, action) {
        (RecordId::Department(_), Action::RegisterDepartment(new)) => {
            let head = new.head.iter().map(|head| RecordId::Key(head.public_key));
            let unit = RecordId::Department(new.id.clone());
            head.chain([unit]).collect()
        }
        (RecordId::Department(_), Action::RegisterKey { offer, .. }) => {
            vec![RecordId::Key(offer.public_key)]
        }
        (RecordId::Department(_), Action::RevokeKey { public_key }) => {
            vec![RecordId::Key(*public_key)]
        }
        (_, Action::SuspectKey { public_key, .. }) => vec![RecordId::Key(*public_key)],
        (_, Action::DeclareResponsibility(new)) => {
            vec![RecordId::Responsibility(new.code.clone())]
        }
        (_, Action::AbolishResponsibility { code, .. }) => {
            vec![RecordId::Responsibility(code.clone())]
        }
        (_, Action::SealReceipts(seal)) => {
            vec![RecordId::Department(seal.batch.usage.reader.clone())]
        }
        (
            _,
            Action::Approve { proposal, .. }
            | Action::Reject { proposal, .. }
            | Action::TakeBackProposal { proposal, .. },
        ) => vec![RecordId::Proposal(proposal.clone())],
        _ => Vec::new(),
    }
}

/// The records that a verdict which rests on this one can rest on too.
fn leads_to(record: &Record, known: &Known) -> Vec<RecordId> {
    let department = |id: &dirchain_ledger::ids::DepartmentId| RecordId::Department(id.clone());
    match record {
        Record::Department(record) => record.parent.iter().map(department).collect(),
        Record::Key(record) => vec![department(&record.department)],
        Record::Responsibility(record) => {
            let earlier = record.earlier_holders.iter().map(|earlier| &earlier.holder);
            let holders = std::iter::once(&record.holder).chain(earlier);
            holders.map(department).collect()
        }
        Record::Resource(record) => resource_leads_to(record, known),
        Record::Authorization(record) => {
            let keys = record
                .decisions()
                .map(|decision| RecordId::Key(decision.key));
            let mut leads = vec![
                department(&record.grantee),
                RecordId::Responsibility(record.responsibility.clone()),
            ];
            leads.extend(keys);
            leads
        }
        _ => Vec::new(),
    }
}

/// A resource leads to everybody who provided it, the responsibilities that its versions cited, the
/// keys that submitted and published them, and the authorization on each of its applications, granted or not.
fn resource_leads_to(record: &Resource, known: &Known) -> Vec<RecordId> {
    let earlier = record.earlier_providers.iter().map(|p| &p.provider);
    let providers = earlier.chain([&record.provider]).cloned();
    let mut ids: Vec<RecordId> = providers.map(RecordId::Department).collect();
    let current = record.published.iter().map(|p| &p.entry);
    let past = record.versions.iter();
    let past = past.filter_map(|version| known.entries.get(&version.entry));
    let cited = current.chain(past).filter_map(|e| e.responsibility.clone());
    ids.extend(cited.map(RecordId::Responsibility));
    let decisions = record
        .versions
        .iter()
        .flat_map(|version| &version.decisions);
    ids.extend(decisions.map(|decision| RecordId::Key(decision.key)));
    for number in 1..=record.applications {
        let resource = record.code.clone();
        let id = dirchain_ledger::ids::SharingId { resource, number };
        ids.push(RecordId::Authorization(id));
    }
    ids
}
