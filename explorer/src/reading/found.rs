//! One search for pages, sheets and programs: by the index, which knows every state of the directory;
//! by looking at entries one after another while there is none.

use dirchain_ledger::ids::{DepartmentId, Height, ResponsibilityCode, SharingId, TransactionId};
use dirchain_ledger::records::{RecordId, RecordKind};

use super::{DepartmentFilter, Reading, ResourceFilter, Slice};
use crate::api::{Problem, ResourceItem};
use crate::at::At;
use crate::cursor::After;
use crate::directory::Directory;
use crate::problem::ProblemKind;
use crate::search::{self, Asked, Found, Search};

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

impl Hit {
    /// Whether the text names it by its id, height or hash.
    pub(crate) fn is_direct(&self) -> bool {
        match self {
            Hit::Block(_) | Hit::Transaction(_) | Hit::Record(_) => true,
            Hit::Department { .. } | Hit::Responsibility { .. } => false,
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct FoundAll {
    pub(crate) items: Vec<ResourceItem>,
    pub(crate) hits: Vec<Hit>,
    /// What the index counted; none where entries were looked at one after another.
    pub(crate) counted: Option<Counted>,
    /// Where what follows begins.
    pub(crate) next_cursor: Option<String>,
    /// Where as much before this begins, of what the index found.
    pub(crate) previous_cursor: Option<String>,
}

/// What the index says of all that fits.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) total: usize,
    /// Whether nothing fits as it was typed.
    pub(crate) near: bool,
    /// For each of [`search::Facet::ALL`], its values with how many have them.
    pub(crate) facets: [Vec<(String, u64)>; 5],
}

impl Wanted {
    /// The question to the index: so many of the best, after so many.
    pub(crate) fn asked(&self, height: Height, offset: usize, limit: usize) -> Asked {
        let filter = &self.filter;
        Asked {
            height,
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
            offset,
            limit,
        }
    }
}

impl<'d> Reading<'d> {
    /// The state to search: as for other lists; the newest that the index knows when nothing says which.
    pub(crate) fn of_search(
        directory: &'d dyn Directory,
        at: Option<At>,
        slice: &Slice,
        index: &Search,
    ) -> Result<Self, Problem> {
        let newest = || index.newest().filter(|_| slice.cursor.is_none());
        let at = at.or_else(|| newest().map(At::Height));
        Self::of_slice(directory, at, slice)
    }
}

impl Reading<'_> {
    /// Looks for entries, and for whatever else the text names.
    pub(crate) fn search(
        &self,
        index: &Search,
        wanted: &Wanted,
        slice: &Slice,
    ) -> Result<FoundAll, Problem> {
        if matches!(slice.after(), Some(After::Record(_))) {
            return self.scanned(wanted, slice);
        }
        let offset = slice.after_count()?;
        let asked = wanted.asked(self.height(), offset, slice.limit);
        let found = match index.entries(&asked)? {
            Some(found) => found,
            None if slice.after().is_none() => return self.scanned(wanted, slice),
            None => return Err(not_indexed()),
        };
        let end = offset.saturating_add(found.records.len());
        let cursor = |count: usize| {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            self.cursor(After::Count(count))
        };
        let hits = match offset == 0 && !asked.text.is_empty() {
            true => self.hits(index, &asked.text, HOLDERS_SHOWN, &found)?,
            false => Vec::new(),
        };
        Ok(FoundAll {
            items: self.resource_items(&found.records)?,
            hits,
            next_cursor: (found.total > end).then(|| cursor(end)),
            previous_cursor: (offset > 0).then(|| cursor(offset.saturating_sub(slice.limit))),
            counted: Some(Counted {
                total: found.total,
                near: found.near,
                facets: found.facets,
            }),
        })
    }

    /// The same without the index: entries one after another.
    fn scanned(&self, wanted: &Wanted, slice: &Slice) -> Result<FoundAll, Problem> {
        let page = self.resources(&wanted.filter, slice)?;
        let hits = match slice.after() {
            None if !wanted.text.is_empty() => self.named_by(&wanted.text)?,
            None | Some(_) => Vec::new(),
        };
        Ok(FoundAll {
            items: page.items,
            hits,
            next_cursor: page.next_cursor,
            ..FoundAll::default()
        })
    }

    /// What a text names directly, then the departments and responsibilities that it finds: those that
    /// only come near it beside entries that do no better.
    pub(crate) fn hits(
        &self,
        index: &Search,
        text: &str,
        holders_max: usize,
        entries: &Found,
    ) -> Result<Vec<Hit>, Problem> {
        let mut hits = self.direct(text)?;
        let holders = Asked {
            height: self.height(),
            text: text.to_owned(),
            facets: Default::default(),
            offset: 0,
            limit: holders_max,
        };
        let found = index.holders(&holders)?.unwrap_or_default();
        let entries_fit = entries.total > 0 && !entries.near;
        let fitting = Some(found).filter(|found| !(found.near && entries_fit));
        for record in fitting.unwrap_or_default().records {
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
        let height = height
            .map(Height)
            .filter(|h| *h > Height::GENESIS && *h <= self.height());
        hits.extend(height.map(Hit::Block));
        // Pages cut ids and say so.
        let digits = text.trim_end_matches('…').to_ascii_lowercase();
        let is_hash = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash && digits.len() >= TRANSACTION_DIGITS_MIN {
            let found = self
                .directory()
                .transactions_beginning(&digits, BEGINNING_SHOWN)?;
            for id in found {
                let place = self.directory().transaction_place(&id)?;
                if place.is_some_and(|(height, _)| height <= self.height()) {
                    hits.push(Hit::Transaction(id));
                }
            }
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

fn not_indexed() -> Problem {
    ProblemKind::Busy.with_both(
        "The search index that this list goes on in is being made. Ask again in a few seconds, or leave the cursor out to begin anew",
        "此列表所用的检索索引正在建立。请几秒后重试,或去掉翻页标记,从头开始",
    )
}
