//! Who may read: one pure function, and its two listings.
//!
//! The HTTP API, the pages, the command line and the evidence verifier all answer from here.

use serde::{Deserialize, Serialize};

use crate::execute::{acts_for, holds};
use crate::ids::{
    DepartmentId, FieldNumber, Height, Moment, PurposeCode, ResourceCode, ResponsibilityCode,
    SharingId, Statement, TimeMs,
};
use crate::records::{Authorization, Published, Record, RecordId, RecordKind, Resource, Sharing};
use crate::view::{Records, View, ViewError};

/// Why a department may read a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "basis")]
pub enum Basis {
    /// It provides the data, by this responsibility.
    Owner {
        /// The responsibility that the entry cites.
        responsibility: Option<ResponsibilityCode>,
    },
    /// The field is shared with every department.
    Unconditional {
        /// The version in force.
        version: u32,
    },
    /// It was granted.
    Authorized {
        /// The authorization.
        authorization: SharingId,
        /// First instant after its window.
        until: TimeMs,
        /// What for.
        purpose: PurposeCode,
        /// Set when the key that granted it is suspect since before the grant (rule R3).
        suspect: bool,
    },
}

/// Why a department may not read a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Denial {
    /// The department does not exist yet, or is suspended or dissolved.
    DepartmentNotActive,
    /// No version of the entry is in force.
    NotPublished,
    /// The version in force has no such field.
    NoSuchField,
    /// The law says no.
    NotShared {
        /// The law cited.
        legal_basis: Option<Statement>,
    },
    /// Conditional, and nothing was ever granted.
    NoAuthorization {
        /// The condition stated.
        condition: Option<Statement>,
    },
    /// Conditional; the nearest authorization fails on this.
    AuthorizationFails {
        /// The authorization.
        authorization: SharingId,
        /// On what it fails.
        failure: Failure,
    },
}

/// What keeps an authorization from covering a reading.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It does not cover the field.
    Field,
    /// It ended early, or was not granted yet.
    Inactive,
    /// Its window is over.
    WindowOver,
    /// Its window has not begun.
    WindowNotBegun,
    /// It is for another purpose.
    Purpose,
    /// Its grantee no longer holds the responsibility it was granted for.
    Responsibility,
}

/// An answer with its reason, never a bare yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Yes.
    Allowed(Basis),
    /// No.
    Denied(Denial),
}

impl Verdict {
    /// Whether it is a yes.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Verdict::Allowed(_))
    }
}

/// A reader and why it may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Who.
    pub department: DepartmentId,
    /// Why.
    #[serde(flatten)]
    pub basis: Basis,
}

/// Whether `department` may read `field` of `resource` for `purpose`.
///
/// `view` is the ledger at `at.height`; `at.time` is the instant asked for, at or after that
/// block's time and before the next one's. Without a purpose, any purpose granted will do.
/// An unknown resource reads as one that was never published.
pub fn may_read(
    view: &dyn View,
    department: &DepartmentId,
    resource: &ResourceCode,
    field: FieldNumber,
    purpose: Option<&PurposeCode>,
    at: Moment,
) -> Result<Verdict, ViewError> {
    let Some(resource) = view.resource(resource)? else {
        return Ok(Verdict::Denied(Denial::NotPublished));
    };
    may_read_record(view, department, &resource, field, purpose, at)
}

fn may_read_record(
    view: &dyn View,
    department: &DepartmentId,
    resource: &Resource,
    field: FieldNumber,
    purpose: Option<&PurposeCode>,
    at: Moment,
) -> Result<Verdict, ViewError> {
    let denied = |denial| Ok(Verdict::Denied(denial));
    let active = view
        .department(department)?
        .is_some_and(|d| d.is_active_at(at.height));
    let owns = acts_for(view, department, &resource.provider)?;
    if owns && active {
        let responsibility = resource
            .entry()
            .and_then(|entry| entry.responsibility.clone());
        return Ok(Verdict::Allowed(Basis::Owner { responsibility }));
    }
    let published = in_force(resource);
    let (Some(published), true) = (published, active) else {
        let unpublished = published.is_none();
        return denied(if unpublished {
            Denial::NotPublished
        } else {
            Denial::DepartmentNotActive
        });
    };
    let Some(record) = published.entry.field(field) else {
        return denied(Denial::NoSuchField);
    };
    match published.entry.sharing_of(record) {
        Some(Sharing::Unconditional) => Ok(Verdict::Allowed(Basis::Unconditional {
            version: published.version,
        })),
        Some(Sharing::Conditional { condition }) => {
            let asked = Asked {
                department,
                field,
                purpose,
                at,
            };
            authorized(view, resource, &asked, condition.as_ref())
        }
        Some(Sharing::NotShared { legal_basis }) => denied(Denial::NotShared {
            legal_basis: legal_basis.clone(),
        }),
        None => denied(Denial::NotShared { legal_basis: None }),
    }
}

fn in_force(resource: &Resource) -> Option<&Published> {
    resource
        .published
        .as_ref()
        .filter(|_| resource.withdrawn.is_none())
}

struct Asked<'a> {
    department: &'a DepartmentId,
    field: FieldNumber,
    purpose: Option<&'a PurposeCode>,
    at: Moment,
}

/// The first authorization that covers what is asked; else the one that comes nearest.
fn authorized(
    view: &dyn View,
    resource: &Resource,
    asked: &Asked<'_>,
    condition: Option<&Statement>,
) -> Result<Verdict, ViewError> {
    let mut nearest: Option<(Failure, SharingId)> = None;
    let mut found: Option<Basis> = None;
    for_each_authorization(view, &resource.code, |authorization| {
        if found.is_some() || authorization.grantee != *asked.department {
            return Ok(());
        }
        match failure(view, authorization, asked)? {
            None => found = Some(authorized_basis(view, authorization)?),
            Some(failure) => {
                if nearest
                    .as_ref()
                    .is_none_or(|(before, _)| *before <= failure)
                {
                    nearest = Some((failure, authorization.id.clone()));
                }
            }
        }
        Ok(())
    })?;
    Ok(match (found, nearest) {
        (Some(basis), _) => Verdict::Allowed(basis),
        (None, Some((failure, authorization))) => Verdict::Denied(Denial::AuthorizationFails {
            authorization,
            failure,
        }),
        (None, None) => Verdict::Denied(Denial::NoAuthorization {
            condition: condition.cloned(),
        }),
    })
}

/// On what an authorization fails; the later in [`Failure`]'s order, the nearer it comes.
fn failure(
    view: &dyn View,
    authorization: &Authorization,
    asked: &Asked<'_>,
) -> Result<Option<Failure>, ViewError> {
    if !authorization.fields.contains(&asked.field) {
        return Ok(Some(Failure::Field));
    }
    if !authorization.is_active_at(asked.at.height) {
        return Ok(Some(Failure::Inactive));
    }
    if asked.at.time >= authorization.to {
        return Ok(Some(Failure::WindowOver));
    }
    if asked.at.time < authorization.from {
        return Ok(Some(Failure::WindowNotBegun));
    }
    if asked
        .purpose
        .is_some_and(|purpose| *purpose != authorization.purpose)
    {
        return Ok(Some(Failure::Purpose));
    }
    let responsibility = view.responsibility(&authorization.responsibility)?;
    let held = match responsibility {
        Some(responsibility) => holds(view, &authorization.grantee, &responsibility)?,
        None => false,
    };
    Ok((!held).then_some(Failure::Responsibility))
}

fn authorized_basis(view: &dyn View, authorization: &Authorization) -> Result<Basis, ViewError> {
    let granted = &authorization.granted;
    let suspect = view.key(&granted.key)?.and_then(|key| key.suspect_since);
    Ok(Basis::Authorized {
        authorization: authorization.id.clone(),
        until: authorization.to,
        purpose: authorization.purpose.clone(),
        suspect: suspect.is_some_and(|since: Height| since <= granted.at.height),
    })
}

fn for_each_authorization(
    view: &dyn View,
    resource: &ResourceCode,
    mut each: impl FnMut(&Authorization) -> Result<(), ViewError>,
) -> Result<(), ViewError> {
    let target = RecordId::Resource(resource.clone());
    view.for_each_referrer(
        &target,
        RecordKind::Authorization,
        |id| -> Result<(), ViewError> {
            match view.record(id)? {
                Some(Record::Authorization(authorization)) => each(&authorization),
                // The index of references is append-only over all heights: not there yet at this one.
                Some(_) | None => Ok(()),
            }
        },
    )
}

/// Every department that may read a field, by ascending id, each with its basis.
pub fn who_may_read(
    view: &dyn View,
    resource: &ResourceCode,
    field: FieldNumber,
    at: Moment,
) -> Result<Vec<Reader>, ViewError> {
    const PAGE: usize = 256;
    let mut readers = Vec::new();
    let Some(resource) = view.resource(resource)? else {
        return Ok(readers);
    };
    let mut after: Option<RecordId> = None;
    loop {
        let ids = view.list(RecordKind::Department, after.as_ref(), PAGE)?;
        for id in &ids {
            if let RecordId::Department(department) = id {
                let verdict = may_read_record(view, department, &resource, field, None, at)?;
                if let Verdict::Allowed(basis) = verdict {
                    readers.push(Reader {
                        department: department.clone(),
                        basis,
                    });
                }
            }
        }
        if ids.len() < PAGE {
            return Ok(readers);
        }
        after = ids.into_iter().next_back();
    }
}
