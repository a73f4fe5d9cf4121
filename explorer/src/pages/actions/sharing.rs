//! Applications, grants, bindings, use.

use dirchain_ledger::action::{Grant, SealReceipts};
use dirchain_ledger::ids::ResourceCode;
use dirchain_ledger::records::{BatchId, BindingTerms, RecordKind, Request, Side, Stars};

use super::{Told, decided_on};
use crate::api::{Problem, Time};
use crate::pages::records::{binding_terms, linked, stars, use_facts};
use crate::pages::sharing::{calls_at_most, fields_named, window};
use crate::pages::sheet::{Atom, Facts};
use crate::reading::Reading;

pub(super) fn request(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    request: &Request,
) -> Result<Facts, Problem> {
    Ok(vec![
        (
            "version",
            vec![Atom::SaysOf("version-number", request.version.to_string())],
        ),
        (
            "for-responsibility",
            vec![reading.responsibility_atom(&request.responsibility)?],
        ),
        ("purpose", vec![reading.purpose_atom(&request.purpose)?]),
        ("scene", vec![Atom::text(&request.scene)]),
        ("fields", fields_named(reading, resource, &request.fields)?),
        ("sharing-method", vec![Atom::word(&request.method)]),
        (
            "calls-per-day",
            vec![calls_at_most(request.calls_per_day_max)],
        ),
        ("window", window(Time(request.from), Time(request.to))),
    ])
}

pub(super) fn grant(reading: &Reading<'_>, grant: &Grant) -> Result<Facts, Problem> {
    let resource = &grant.application.resource;
    let mut facts = vec![
        ("fields", fields_named(reading, resource, &grant.fields)?),
        (
            "calls-per-day",
            vec![calls_at_most(grant.calls_per_day_max)],
        ),
        ("window", window(Time(grant.from), Time(grant.to))),
    ];
    facts.extend(decided_on(grant.revision));
    Ok(facts)
}

/// Where an entry's data is; with the revision of the binding that is amended.
pub(super) fn binding(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    terms: &BindingTerms,
    revision: Option<u32>,
) -> Result<Told, Problem> {
    let (mut facts, columns) = binding_terms(reading, resource, terms)?;
    facts.extend(revision.into_iter().flat_map(decided_on));
    Ok(Told {
        tables: vec![columns],
        ..Told::of(facts)
    })
}

pub(super) fn sealed(reading: &Reading<'_>, sealed: &SealReceipts) -> Result<Facts, Problem> {
    let batch = &sealed.batch;
    let counted = &sealed.counted;
    let side = match sealed.side {
        Side::Provider => "side-provider",
        Side::Consumer => "side-consumer",
    };
    let mut facts = use_facts(reading, &batch.usage)?;
    let resource = &batch.usage.binding.resource;
    facts.extend([
        ("counted-by", vec![Atom::Says(side)]),
        ("window", window(Time(batch.from), Time(counted.to))),
        ("calls", vec![Atom::Number(counted.calls)]),
        ("denied", vec![Atom::Number(counted.denied)]),
        ("rows", vec![Atom::Number(counted.rows)]),
        ("fields", fields_named(reading, resource, &counted.fields)?),
        ("receipts-root", vec![Atom::Hash(sealed.root.to_string())]),
    ]);
    Ok(facts)
}

/// The use that a batch records, and the batch.
pub(super) fn of_batch(reading: &Reading<'_>, batch: &BatchId) -> Result<Facts, Problem> {
    let mut facts = use_facts(reading, &batch.usage)?;
    let linked = linked(RecordKind::ReceiptBatch, &batch.to_string());
    facts.push(("batch", vec![linked]));
    Ok(facts)
}

pub(super) fn rated(
    reading: &Reading<'_>,
    batch: &BatchId,
    given: Stars,
) -> Result<Facts, Problem> {
    let mut facts = of_batch(reading, batch)?;
    facts.push(("rating", vec![stars(given)]));
    Ok(facts)
}
