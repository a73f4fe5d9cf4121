//! One search for pages, sheets and programs: by the index where it knows the state that is asked for,
//! else by looking at entries one after another.

use dirchain_ledger::ids::{DepartmentId, Height, ResponsibilityCode, SharingId, TransactionId};
use dirchain_ledger::records::{RecordId, RecordKind};

use super::{DepartmentFilter, Reading, ResourceFilter, Slice};
use crate::api::{Problem, ResourceItem};
use crate::limits;
use crate::search::{self, Asked, Search};

/// Departments and responsibilities named beside the entries.
pub(crate) const HOLDERS_SHOWN: usize = 6;
/// Records of one kind whose id begins with what was typed.
const BEGINNING_SHOWN: usize = 5;
/// Digits of a transaction's id from which on it is looked for.
const TRANSACTION_DIGITS_MIN: usize = 8;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// The text as it was typed, trimmed.
    pub(crate) text: String,
    /// What it is narrowed to; its text is that text in lower case.
    pub(crate) filter: ResourceFilter,
    /// The page, from 1.
    pub(crate) page: usize,
    /// Entries of a page.
    pub(crate) limit: usize,
}

/// Something other than an entry that a text names or finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    Department {
        id: DepartmentId,
        name: String,
    },
    Responsibility {
        code: ResponsibilityCode,
        title: String,
    },
    Block(Height),
    Transaction(TransactionId),
    /// Any other record.
    Record(RecordId),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct FoundAll {
    pub(crate) items: Vec<ResourceItem>,
    pub(crate) hits: Vec<Hit>,
    /// What the index counted; none where entries were looked at one after another.
    pub(crate) counted: Option<Counted>,
    pub(crate) next_cursor: Option<String>,
}

/// What the index says of all that fits.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) total: usize,
    /// Whether nothing fits as it was typed.
    pub(crate) near: bool,
    /// For each of [`search::Facet::ALL`], its values with how many have them.
    pub(crate) facets: [Vec<(String, u64)>; 5],
    pub(crate) next_page: Option<usize>,
}

impl Wanted {
    /// The question to the index.
    pub(crate) fn asked(&self) -> Asked {
        let page = self.page.clamp(1, limits::SEARCH_PAGES_MAX);
        let filter = &self.filter;
        Asked {
            text: self.text.clone(),
            facets: [
                filter.provider.as_ref().map(ToString::to_string),
                filter.category.and_then(|value| search::code_text(&value)),
                filter.sharing.and_then(|value| search::code_text(&value)),
                filter.status.and_then(|value| search::code_text(&value)),
                filter
                    .update_cycle
                    .and_then(|value| search::code_text(&value)),
            ],
            offset: page.saturating_sub(1).saturating_mul(self.limit),
            limit: self.limit,
        }
    }
}

impl Reading<'_> {
    /// Looks for entries, and for whatever else the text names. `is_now` says that no point of the chain
    /// was asked for: the index follows the newest state, so what is asked at a point is never
    /// answered from it.
    pub(crate) fn search(
        &self,
        index: &Search,
        wanted: &Wanted,
        slice: &Slice,
        is_now: bool,
    ) -> Result<FoundAll, Problem> {
        let asked = wanted.asked();
        let found = match is_now && slice.cursor.is_none() {
            true => index.entries(&asked)?,
            false => None,
        };
        let Some(found) = found else {
            let page = self.resources(&wanted.filter, slice)?;
            let hits = match slice.cursor {
                None if !wanted.text.is_empty() => self.named_by(&wanted.text)?,
                None | Some(_) => Vec::new(),
            };
            return Ok(FoundAll {
                items: page.items,
                hits,
                counted: None,
                next_cursor: page.next_cursor,
            });
        };
        let page = wanted.page.clamp(1, limits::SEARCH_PAGES_MAX);
        let shown = asked.offset.saturating_add(found.records.len());
        let more = found.total > shown && page < limits::SEARCH_PAGES_MAX;
        let hits = match page == 1 && !asked.text.is_empty() {
            true => self.hits(index, &asked.text, HOLDERS_SHOWN)?,
            false => Vec::new(),
        };
        Ok(FoundAll {
            items: self.resource_items(&found.records)?,
            hits,
            counted: Some(Counted {
                total: found.total,
                near: found.near,
                facets: found.facets,
                next_page: more.then(|| page.saturating_add(1)),
            }),
            next_cursor: None,
        })
    }

    /// What a text names directly, then the departments and responsibilities that it finds.
    pub(crate) fn hits(
        &self,
        index: &Search,
        text: &str,
        holders_max: usize,
    ) -> Result<Vec<Hit>, Problem> {
        let mut hits = self.direct(text)?;
        let holders = Asked {
            text: text.to_owned(),
            limit: holders_max,
            ..Asked::default()
        };
        for record in index.holders(&holders)?.unwrap_or_default().records {
            match record {
                RecordId::Department(id) => hits.push(Hit::Department {
                    name: self.department_name(&id)?,
                    id,
                }),
                RecordId::Responsibility(code) => hits.extend(self.responsibility_hit(code)?),
                _ => {}
            }
        }
        Ok(hits)
    }

    fn responsibility_hit(&self, code: ResponsibilityCode) -> Result<Option<Hit>, Problem> {
        let found = self.find_responsibility(&code)?;
        Ok(found.map(|found| Hit::Responsibility {
            code,
            title: found.title.to_string(),
        }))
    }

    /// What the text names directly, departments whose name or id holds it among them: without the
    /// index.
    fn named_by(&self, text: &str) -> Result<Vec<Hit>, Problem> {
        let mut hits = self.direct(text)?;
        if let Ok(code) = text.parse::<ResponsibilityCode>() {
            hits.extend(self.responsibility_hit(code)?);
        }
        let filter = DepartmentFilter {
            text: Some(text.to_lowercase()),
        };
        let found = self.departments(&filter, &Slice::first(HOLDERS_SHOWN))?;
        let found = found.items.into_iter().map(|item| Hit::Department {
            id: item.id,
            name: item.name,
        });
        hits.extend(found);
        Ok(hits)
    }

    /// A block, transactions or other records that the text names, whole or by its beginning.
    fn direct(&self, text: &str) -> Result<Vec<Hit>, Problem> {
        let mut hits = Vec::new();
        let height: Option<u64> = text.trim_start_matches('#').parse().ok();
        let tip = self.resolved().tip.height;
        let height = height
            .map(Height)
            .filter(|h| *h > Height::GENESIS && *h <= tip);
        hits.extend(height.map(Hit::Block));
        // Pages cut ids and say so.
        let digits = text.trim_end_matches('…').to_ascii_lowercase();
        let is_hash = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash && digits.len() >= TRANSACTION_DIGITS_MIN {
            let found = self
                .directory()
                .transactions_beginning(&digits, BEGINNING_SHOWN)?;
            hits.extend(found.into_iter().map(Hit::Transaction));
        }
        let mut known = Vec::new();
        for written in [text.to_owned(), text.to_ascii_uppercase()] {
            for id in self.records_named(&written)? {
                if !known.contains(&id) {
                    known.push(id);
                }
            }
        }
        hits.extend(known.into_iter().map(Hit::Record));
        Ok(hits)
    }

    /// The records whose id the text is, or which begin so.
    fn records_named(&self, text: &str) -> Result<Vec<RecordId>, Problem> {
        let mut found = Vec::new();
        if let Ok(id) = text.parse::<SharingId>() {
            found.extend([
                RecordId::Application(id.clone()),
                RecordId::Authorization(id.clone()),
                RecordId::Binding(id.clone()),
                RecordId::Objection(id),
            ]);
        }
        found.extend(text.parse().map(RecordId::Proposal));
        let begun = [
            text.parse().map(RecordId::Demand).ok(),
            text.parse().map(RecordId::Finding).ok(),
            text.parse().map(RecordId::DataElement).ok(),
        ];
        for id in begun.into_iter().flatten() {
            found.push(id.clone());
            // What follows an id in its order begins with it, or nothing does.
            let kind: RecordKind = id.kind();
            let after = self.view.list(kind, Some(&id), BEGINNING_SHOWN)?;
            let begins = |other: &RecordId| super::written(other).starts_with(text);
            found.extend(after.into_iter().filter(begins));
        }
        let mut stand = Vec::new();
        for id in found {
            if self.has(&id)? {
                stand.push(id);
            }
        }
        Ok(stand)
    }
}
