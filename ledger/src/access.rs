//! Who may read: one pure function, and its two listings.
//!
//! The HTTP API, the pages, the command line and the evidence verifier all answer from here.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};

use crate::execute::{acts_for, holds};
use crate::ids::{
    DepartmentId, FieldNumber, Moment, PurposeCode, ResourceCode, ResponsibilityCode, SharingId,
    Statement, TimeMs,
};
use crate::records::{Authorization, Decision, Record, RecordId, RecordKind, Resource, Sharing};
use crate::view::{Records, View, ViewError};

/// Why a department may read a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "basis")]
pub enum Basis {
    /// It provides the data, by this responsibility.
    Owner {
        /// The responsibility that the version last published cites; none before the first.
        responsibility: Option<ResponsibilityCode>,
        /// Set while the entry is in force although nobody holds that responsibility for the provider
        /// any more.
        lapsed: bool,
    },
    /// The field is shared with every department.
    Unconditional {
        /// The version in force.
        version: u32,
        /// Set when a key that submitted or published it is suspect since before it did (rule R3).
        suspect: bool,
    },
    /// It was granted.
    Authorized {
        /// The authorization.
        authorization: SharingId,
        /// First instant after its window.
        until: TimeMs,
        /// What for.
        purpose: PurposeCode,
        /// Set when a key that granted it is suspect since before its decision (rule R3).
        suspect: bool,
        /// How many further authorizations cover the same, and end no later.
        others: u32,
    },
}

/// Why a department may not read a field.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    let asked = Asked {
        department,
        field,
        purpose,
        at,
    };
    may_read_record(view, &Granted::on(view, &resource), &asked)
}

/// As [`may_read`], where the entry and the authorizations that count are at hand already; those of
/// others than `department` make no difference.
pub fn may_read_among(
    view: &dyn View,
    authorizations: Vec<Authorization>,
    department: &DepartmentId,
    resource: &Resource,
    field: FieldNumber,
    at: Moment,
) -> Result<Verdict, ViewError> {
    let granted = Granted {
        view,
        resource,
        loaded: OnceCell::from(authorizations),
        suspect: OnceCell::new(),
    };
    let asked = Asked {
        department,
        field,
        purpose: None,
        at,
    };
    may_read_record(view, &granted, &asked)
}

/// The authorizations on one resource, and whether its publication rests on a suspect key: loaded
/// when a field first asks for them, and once for all readers.
struct Granted<'a> {
    view: &'a dyn View,
    resource: &'a Resource,
    loaded: OnceCell<Vec<Authorization>>,
    suspect: OnceCell<bool>,
}

impl<'a> Granted<'a> {
    fn on(view: &'a dyn View, resource: &'a Resource) -> Self {
        Self {
            view,
            resource,
            loaded: OnceCell::new(),
            suspect: OnceCell::new(),
        }
    }

    fn is_version_suspect(&self, version: u32) -> Result<bool, ViewError> {
        if let Some(known) = self.suspect.get() {
            return Ok(*known);
        }
        let suspect = is_suspect(self.view, self.resource.decisions_on(version))?;
        Ok(*self.suspect.get_or_init(|| suspect))
    }

    fn all(&self) -> Result<&[Authorization], ViewError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = authorizations(self.view, &self.resource.code)?;
        Ok(self.loaded.get_or_init(|| loaded))
    }
}

fn may_read_record(
    view: &dyn View,
    granted: &Granted<'_>,
    asked: &Asked<'_>,
) -> Result<Verdict, ViewError> {
    let denied = |denial| Ok(Verdict::Denied(denial));
    let resource = granted.resource;
    let active = view
        .department(asked.department)?
        .is_some_and(|d| d.is_active_at(asked.at.height));
    if active && acts_for(view, asked.department, &resource.provider)? {
        // Of what was published: a draft may cite anything, nobody has checked it (rule C1).
        let published = resource.published.as_ref();
        if published.is_some_and(|p| p.entry.field(asked.field).is_none()) {
            return denied(Denial::NoSuchField);
        }
        let responsibility = published.and_then(|p| p.entry.responsibility.clone());
        let lapsed = match responsibility
            .as_ref()
            .filter(|_| resource.in_force().is_some())
        {
            Some(code) => !is_held(view, &resource.provider, code)?,
            None => false,
        };
        return Ok(Verdict::Allowed(Basis::Owner {
            responsibility,
            lapsed,
        }));
    }
    let Some(published) = resource.in_force() else {
        return denied(Denial::NotPublished);
    };
    if !active {
        return denied(Denial::DepartmentNotActive);
    }
    let Some(record) = published.entry.field(asked.field) else {
        return denied(Denial::NoSuchField);
    };
    match published.entry.sharing_of(record) {
        Some(Sharing::Unconditional) => Ok(Verdict::Allowed(Basis::Unconditional {
            version: published.version,
            suspect: granted.is_version_suspect(published.version)?,
        })),
        Some(Sharing::Conditional { condition }) => {
            authorized(view, granted.all()?, asked, condition.as_ref())
        }
        Some(Sharing::NotShared { legal_basis }) => denied(Denial::NotShared {
            legal_basis: legal_basis.clone(),
        }),
        None => denied(Denial::NotShared { legal_basis: None }),
    }
}

struct Asked<'a> {
    department: &'a DepartmentId,
    field: FieldNumber,
    purpose: Option<&'a PurposeCode>,
    at: Moment,
}

/// Of the authorizations that cover what is asked the one that does longest, the first of several;
/// else the one that comes nearest.
fn authorized(
    view: &dyn View,
    authorizations: &[Authorization],
    asked: &Asked<'_>,
    condition: Option<&Statement>,
) -> Result<Verdict, ViewError> {
    let mut longest: Option<&Authorization> = None;
    let mut covering = 0u32;
    let mut nearest: Option<(bool, Failure, &SharingId)> = None;
    for authorization in authorizations {
        if authorization.grantee != *asked.department {
            continue;
        }
        let Some(failure) = failure(view, authorization, asked)? else {
            covering = covering.saturating_add(1);
            if longest.is_none_or(|before| before.to < authorization.to) {
                longest = Some(authorization);
            }
            continue;
        };
        // One whose window is not over would have done: rather than that an older one is over, a reader wants to know
        // that it was suspended.
        let lasts = asked.at.time < authorization.to;
        if nearest.is_none_or(|(lasted, before, _)| (lasted, before) <= (lasts, failure)) {
            nearest = Some((lasts, failure, &authorization.id));
        }
    }
    if let Some(authorization) = longest {
        let others = covering.saturating_sub(1);
        return authorized_basis(view, authorization, others).map(Verdict::Allowed);
    }
    Ok(Verdict::Denied(match nearest {
        Some((_, failure, authorization)) => Denial::AuthorizationFails {
            authorization: authorization.clone(),
            failure,
        },
        None => Denial::NoAuthorization {
            condition: condition.cloned(),
        },
    }))
}

/// On what an authorization fails; of those whose window is not over, and of the others, the later in [`Failure`]'s
/// order, the nearer it comes.
fn failure(
    view: &dyn View,
    authorization: &Authorization,
    asked: &Asked<'_>,
) -> Result<Option<Failure>, ViewError> {
    if !authorization.fields.contains(&asked.field) {
        return Ok(Some(Failure::Field));
    }
    if let Some(failure) = timely(authorization, asked.at) {
        return Ok(Some(failure));
    }
    if asked
        .purpose
        .is_some_and(|purpose| *purpose != authorization.purpose)
    {
        return Ok(Some(Failure::Purpose));
    }
    backed(view, authorization)
}

/// What keeps an authorization from covering any reading at `at`, whatever the field and purpose;
/// none while it counts. `view` is the ledger at `at.height`, as for [`may_read`].
pub fn standing(
    view: &dyn View,
    authorization: &Authorization,
    at: Moment,
) -> Result<Option<Failure>, ViewError> {
    match timely(authorization, at) {
        Some(failure) => Ok(Some(failure)),
        None => backed(view, authorization),
    }
}

/// On what of its time an authorization fails.
fn timely(authorization: &Authorization, at: Moment) -> Option<Failure> {
    if !authorization.is_active_at(at.height) {
        Some(Failure::Inactive)
    } else if at.time >= authorization.to {
        Some(Failure::WindowOver)
    } else if at.time < authorization.from {
        Some(Failure::WindowNotBegun)
    } else {
        None
    }
}

/// Whether the grantee no longer holds what it was granted for.
fn backed(view: &dyn View, authorization: &Authorization) -> Result<Option<Failure>, ViewError> {
    let held = is_held(view, &authorization.grantee, &authorization.responsibility)?;
    Ok((!held).then_some(Failure::Responsibility))
}

/// Whether a department, or one it belongs to, holds a responsibility.
pub(crate) fn is_held(
    view: &dyn View,
    department: &DepartmentId,
    code: &ResponsibilityCode,
) -> Result<bool, ViewError> {
    match view.responsibility(code)? {
        Some(responsibility) => holds(view, department, &responsibility),
        None => Ok(false),
    }
}

fn authorized_basis(
    view: &dyn View,
    authorization: &Authorization,
    others: u32,
) -> Result<Basis, ViewError> {
    Ok(Basis::Authorized {
        authorization: authorization.id.clone(),
        until: authorization.to,
        purpose: authorization.purpose.clone(),
        suspect: is_suspect(view, authorization.decisions())?,
        others,
    })
}

/// Whether the key of any of these decisions is suspect since before it was taken (rule R3).
pub fn is_suspect<'d>(
    view: &dyn View,
    decisions: impl IntoIterator<Item = &'d Decision>,
) -> Result<bool, ViewError> {
    for decision in decisions {
        let since = view.key(&decision.key)?.and_then(|key| key.suspect_since());
        if since.is_some_and(|since| since <= decision.at.height) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Every authorization on a resource, by ascending number.
pub(crate) fn authorizations(
    view: &dyn View,
    resource: &ResourceCode,
) -> Result<Vec<Authorization>, ViewError> {
    let mut found = Vec::new();
    let target = RecordId::Resource(resource.clone());
    let kind = RecordKind::Authorization;
    view.for_each_referrer(&target, kind, |id| -> Result<(), ViewError> {
        // The index of references is append-only over all heights: some are not there yet at this one.
        if let Some(Record::Authorization(authorization)) = view.record(id)? {
            found.push(authorization);
        }
        Ok(())
    })?;
    Ok(found)
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
    let granted = Granted::on(view, &resource);
    let mut after: Option<RecordId> = None;
    loop {
        let ids = view.list(RecordKind::Department, after.as_ref(), PAGE)?;
        for id in &ids {
            if let RecordId::Department(department) = id {
                let asked = Asked {
                    department,
                    field,
                    purpose: None,
                    at,
                };
                let verdict = may_read_record(view, &granted, &asked)?;
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
