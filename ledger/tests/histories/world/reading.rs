//! Who may read, from the five points of the rules.

use dirchain_ledger::access::{Basis, Denial, Failure, Verdict};
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, Height, Moment, PurposeCode, ResourceCode, SharingId,
};
use dirchain_ledger::records::*;

use super::{Held, World};

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) code: &'q ResourceCode,
    pub(crate) department: &'q DepartmentId,
    pub(crate) field: FieldNumber,
    pub(crate) purpose: Option<&'q PurposeCode>,
    pub(crate) at: Moment,
}

impl World {
    pub(crate) fn verdict(&self, question: &Question<'_>) -> Verdict {
        let Question {
            code,
            department,
            field,
            ..
        } = question;
        let Some(listed) = self.entries.get(code) else {
            return Verdict::Denied(Denial::NotPublished);
        };
        let is_active = self.is_active(department);
        // 1. The provider itself; its parent's keys act for it.
        if is_active && self.acts(department, &listed.provider) {
            let entry = listed.published.as_ref().map(|(_, entry)| entry);
            if entry.is_some_and(|entry| entry.fields.iter().all(|f| f.number != *field)) {
                return Verdict::Denied(Denial::NoSuchField);
            }
            let responsibility = entry.and_then(|entry| entry.responsibility.clone());
            let lapsed = responsibility
                .as_ref()
                .is_some_and(|duty| !listed.is_withdrawn && !self.is_held(&listed.provider, duty));
            return Verdict::Allowed(Basis::Owner {
                responsibility,
                lapsed,
            });
        }
        // 2. No version published, or the department not active.
        let Some((version, entry)) = self.in_force(code) else {
            return Verdict::Denied(Denial::NotPublished);
        };
        if !is_active {
            return Verdict::Denied(Denial::DepartmentNotActive);
        }
        let Some(record) = entry.fields.iter().find(|f| f.number == *field) else {
            return Verdict::Denied(Denial::NoSuchField);
        };
        match record.sharing.as_ref().or(entry.sharing.as_ref()) {
            // 3. Shared unconditionally.
            Some(Sharing::Unconditional) => {
                let suspect = self.is_suspect(&listed.by);
                Verdict::Allowed(Basis::Unconditional { version, suspect })
            }
            // 4. Shared under conditions.
            Some(Sharing::Conditional { condition }) => {
                let condition = condition.clone();
                self.conditional(question)
                    .unwrap_or(Verdict::Denied(Denial::NoAuthorization { condition }))
            }
            // 5. Not shared.
            Some(Sharing::NotShared { legal_basis }) => Verdict::Denied(Denial::NotShared {
                legal_basis: legal_basis.clone(),
            }),
            None => panic!("a published entry has a sharing type"),
        }
    }

    fn conditional(&self, question: &Question<'_>) -> Option<Verdict> {
        let own = self.grants.iter().filter(|(id, held)| {
            id.resource == *question.code && held.grantee == *question.department
        });
        let own: Vec<(&SharingId, &Held)> = own.collect();
        let covering = own
            .iter()
            .filter(|(_, held)| self.failure(held, question).is_none());
        let others = covering.clone().skip(1).count();
        let covering = covering.min_by_key(|(id, held)| (std::cmp::Reverse(held.to), id.number));
        if let Some((id, held)) = covering {
            let suspect = self.is_suspect(&held.by);
            return Some(Verdict::Allowed(Basis::Authorized {
                authorization: (*id).clone(),
                until: held.to,
                purpose: held.purpose.clone(),
                suspect,
                others: u32::try_from(others).unwrap(),
            }));
        }
        let failures = own.iter().filter_map(|(id, held)| {
            let failure = self.failure(held, question)?;
            Some((
                question.at.time < held.to,
                failure,
                id.number,
                (*id).clone(),
            ))
        });
        let (_, failure, _, authorization) =
            failures.max_by_key(|(lasts, failure, number, _)| (*lasts, *failure, *number))?;
        Some(Verdict::Denied(Denial::AuthorizationFails {
            authorization,
            failure,
        }))
    }

    /// Rule R3: whether a key that decided is suspect since before it did.
    fn is_suspect(&self, by: &[(PublicKey, Height)]) -> bool {
        by.iter().any(|(key, height)| {
            let since = self.keys[key].suspect;
            since.is_some_and(|since| since <= *height)
        })
    }

    fn failure(&self, held: &Held, question: &Question<'_>) -> Option<Failure> {
        let (at, purpose) = (question.at, question.purpose);
        let checks = [
            (held.fields.contains(&question.field), Failure::Field),
            (!held.is_ended && !held.is_suspended, Failure::Inactive),
            (at.time < held.to, Failure::WindowOver),
            (held.from <= at.time, Failure::WindowNotBegun),
            (
                purpose.is_none_or(|purpose| *purpose == held.purpose),
                Failure::Purpose,
            ),
            (
                self.is_held(&held.grantee, &held.duty),
                Failure::Responsibility,
            ),
        ];
        let failed = checks.into_iter().find(|(holds, _)| !holds);
        failed.map(|(_, failure)| failure)
    }
}
