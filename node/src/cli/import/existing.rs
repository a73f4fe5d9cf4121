//! What the ledger has already, read from a node: the agency, its sub-units, its entries.

use std::collections::BTreeSet;

use anyhow::Context;
use dirchain_explorer::api::{
    DepartmentItem, DraftAnswer, DraftState, ResourceAnswer, ResourceItem, ResponsibilityItem,
};
use dirchain_ledger::ids::{DepartmentId, Moment, ResourceCode, ResponsibilityCode};
use dirchain_ledger::records::{
    Decision, DepartmentStatus, Draft, DraftStatus, Entry, Published, Resource, Withdrawal,
};

use crate::client::{At, Client, ResourceFilter};
use crate::import::{Catalogue, Existing, KnownDepartment, Options, SubUnit};
use crate::progress;

/// The options for an agency as the node has it.
pub(super) fn options(
    client: &Client,
    agency: &DepartmentId,
    responsibility: Option<ResponsibilityCode>,
) -> anyhow::Result<Options> {
    let found = client.department(agency, None)?;
    if let Some(code) = &responsibility {
        require_held(agency, &client.responsibility(code, None)?.responsibility)?;
    }
    Ok(Options {
        agency: agency.clone(),
        agency_name: found.department.name.parse()?,
        level: found.department.level,
        region: found.department.region.parse()?,
        responsibility,
    })
}

/// Refuses a responsibility that no entry of the agency could be published with (rule C1).
fn require_held(agency: &DepartmentId, duty: &ResponsibilityItem) -> anyhow::Result<()> {
    let (code, holder) = (&duty.code, &duty.holder);
    if let Some(end) = duty.effective.to {
        anyhow::bail!(
            "responsibility {code} ended at height {}. Name one that is in effect",
            end.height
        );
    }
    let is_below = agency.as_str().starts_with(&format!("{holder}."));
    anyhow::ensure!(
        holder == agency || is_below,
        "responsibility {code} is held by {holder}, not by {agency}. Name one of {agency}'s own"
    );
    Ok(())
}

/// Everything that an import for this agency has to know.
pub(super) fn read(client: &Client, agency: &DepartmentId) -> anyhow::Result<Existing> {
    let mut existing = Existing::default();
    let below = format!("{agency}.");
    for department in client.departments()? {
        if department.id.as_str().starts_with(&below) {
            existing.sub_units.push(sub_unit(&department)?);
        }
    }
    let resources = client.resources(&ResourceFilter::default(), usize::MAX)?;
    let is_agencys = |item: &ResourceItem| {
        item.provider == *agency || item.provider.as_str().starts_with(&below)
    };
    existing.codes = resources.iter().map(|item| item.code.clone()).collect();
    let own: Vec<ResourceItem> = resources.into_iter().filter(is_agencys).collect();
    let bar = progress::bar(own.len(), "reading");
    for item in own {
        bar.inc(1);
        let answer = client.resource(&item.code, None)?;
        existing.add_resource(agency, &record(client, answer)?);
    }
    bar.finish_and_clear();
    Ok(existing)
}

/// What a sheet's rows name: the entries of those codes, whoever provides them, and every
/// department.
pub(super) fn named(client: &Client, catalogue: &Catalogue) -> anyhow::Result<Existing> {
    let mut existing = Existing::default();
    for department in client.departments()? {
        let known = KnownDepartment {
            name: department.name,
            credit_code: department.credit_code,
        };
        existing.departments.insert(department.id, known);
    }
    let placed = catalogue.rows.iter().filter_map(|row| {
        let described = row.content.as_ref().ok()?;
        described.placed.as_ref().map(|placed| &placed.code)
    });
    let named: BTreeSet<&ResourceCode> = placed.collect();
    let listed = client.resources(&ResourceFilter::default(), usize::MAX)?;
    let there = listed.into_iter().filter(|item| named.contains(&item.code));
    let there: Vec<ResourceItem> = there.collect();
    let bar = progress::bar(there.len(), "reading");
    for item in there {
        bar.inc(1);
        let answer = client.resource(&item.code, None)?;
        existing.add_coded(&record(client, answer)?);
    }
    bar.finish_and_clear();
    Ok(existing)
}

fn sub_unit(department: &DepartmentItem) -> anyhow::Result<SubUnit> {
    Ok(SubUnit {
        id: department.id.clone(),
        name: department.name.parse()?,
        is_active: department.status == DepartmentStatus::Active,
    })
}

/// The record as the ledger holds it, as far as an import looks at it.
fn record(client: &Client, answer: ResourceAnswer) -> anyhow::Result<Resource> {
    let last_field = last_field(client, &answer)?;
    let draft = answer.draft.map(draft).transpose()?;
    let published = answer.entry.zip(answer.resource.version);
    let withdrawn = match answer.withdrawn {
        Some(end) => Some(Withdrawal {
            reason: end.reason.parse()?,
            at: end.at.into(),
        }),
        None => None,
    };
    Ok(Resource {
        revision: answer.resource.revision,
        draft,
        published: published.map(|(entry, version)| Published {
            version,
            since: answer.as_of.into(),
            entry,
        }),
        withdrawn,
        last_field,
        applications: answer.application_count,
        trail: answer.trail,
        ..Resource::new(
            answer.resource.code,
            answer.resource.provider,
            answer.as_of.into(),
        )
    })
}

fn draft(draft: DraftAnswer) -> anyhow::Result<Draft> {
    let since = draft.since.map(Moment::from).unwrap_or_default();
    let status = match draft.state {
        DraftState::Draft => DraftStatus::Draft,
        DraftState::Submitted => {
            let submitted = draft.submitted.context("a submission without its signer")?;
            DraftStatus::Submitted {
                decision: Decision {
                    department: submitted.department,
                    key: submitted.key,
                    at: submitted.at.into(),
                    reason: None,
                },
            }
        }
        DraftState::Returned => DraftStatus::Returned {
            reason: draft.reason.unwrap_or_default().parse()?,
            since,
        },
    };
    Ok(Draft {
        status,
        entry: draft.entry,
    })
}

/// The highest field number ever published: that of every version there was.
fn last_field(client: &Client, answer: &ResourceAnswer) -> anyhow::Result<u16> {
    let mut highest = answer.entry.as_ref().map_or(0, highest);
    let code = &answer.resource.code;
    for version in answer
        .versions
        .iter()
        .filter(|version| version.period.to.is_some())
    {
        let at = At::Height(version.period.from.height);
        if let Some(entry) = &client.resource(code, Some(at))?.entry {
            highest = highest.max(self::highest(entry));
        }
    }
    Ok(highest)
}

fn highest(entry: &Entry) -> u16 {
    entry
        .fields
        .iter()
        .map(|field| field.number.0)
        .max()
        .unwrap_or(0)
}
