//! Searching: entries by text and facets, departments and responsibilities by text, and whatever a
//! code, id, height or hash names directly. `suggest` is the same in short, while somebody types.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, Height, ResponsibilityCode, SharingId, TransactionId};
use dirchain_ledger::records::RecordId;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::csv::csv;
use super::departments::entry_row_with_provider;
use super::frame::{Frame, Point, Visit, given};
use super::records::path_to;
use super::sheet::Table;
use super::{Asked, Paged, filters, show};
use crate::api::{Page, Problem, ResourceItem};
use crate::directory::Directory;
use crate::http::{App, Params, slice, text_filter};
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{self, DepartmentFilter, Reading, ResourceFilter, Slice};
use crate::search::{self, Facet, Found, Search};

const ENTRIES_SHOWN: usize = 25;
const HOLDERS_SHOWN: usize = 6;
const SUGGESTED: usize = 8;
const FACET_VALUES_SHOWN: usize = 12;

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct SearchQuery {
    q: Option<String>,
    provider: Option<String>,
    category: Option<String>,
    sharing: Option<String>,
    status: Option<String>,
    cycle: Option<String>,
    page: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

impl SearchQuery {
    fn facet(&self, facet: Facet) -> Option<&str> {
        given(match facet {
            Facet::Provider => &self.provider,
            Facet::Category => &self.category,
            Facet::Sharing => &self.sharing,
            Facet::Status => &self.status,
            Facet::Cycle => &self.cycle,
        })
    }

    /// This search with one facet set otherwise, on the first page; or on another page.
    fn address(&self, frame: &Frame, facet: Option<(Facet, &str)>, page: Option<usize>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(text) = given(&self.q) {
            query.append_pair("q", text);
        }
        for each in Facet::ALL {
            let value = match facet {
                Some((changed, value)) if changed == each => Some(value),
                Some(_) | None => self.facet(each),
            };
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                query.append_pair(each.name(), value);
            }
        }
        if let Some(page) = page {
            query.append_pair("page", &page.to_string());
        }
        format!("/search?{}{}", query.finish(), frame.and_at)
    }

    /// The same question to the interface.
    fn narrowed(&self) -> [(&'static str, Option<&str>); 7] {
        let provider = self.facet(Facet::Provider);
        [
            ("text", given(&self.q)),
            ("provider", provider),
            ("sub_units", provider.map(|_| "true")),
            ("category", self.facet(Facet::Category)),
            ("sharing", self.facet(Facet::Sharing)),
            ("status", self.facet(Facet::Status)),
            ("update_cycle", self.facet(Facet::Cycle)),
        ]
    }

    fn scanned(&self) -> Result<ResourceFilter, Problem> {
        Ok(ResourceFilter {
            provider: self.facet(Facet::Provider).map(provider).transpose()?,
            with_sub_units: true,
            sharing: self.facet(Facet::Sharing).map(choice).transpose()?,
            status: self.facet(Facet::Status).map(choice).transpose()?,
            category: self.facet(Facet::Category).map(choice).transpose()?,
            update_cycle: self.facet(Facet::Cycle).map(choice).transpose()?,
            text: text_filter(self.q.as_deref())?,
        })
    }

    fn indexed(&self, limit: usize) -> search::Asked {
        let page = self.page.unwrap_or(1).clamp(1, limits::SEARCH_PAGES_MAX);
        search::Asked {
            text: given(&self.q).unwrap_or_default().to_owned(),
            facets: Facet::ALL.map(|facet| self.facet(facet).map(str::to_owned)),
            offset: page.saturating_sub(1).saturating_mul(limit),
            limit,
        }
    }
}

/// Something that the text names directly, or a department or responsibility that it finds.
enum Hit {
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
    /// Any other record, by the key of its kind's word.
    Record {
        key: &'static str,
        path: String,
        id: String,
    },
}

/// A facet with its values to narrow to.
struct FacetShown {
    facet: Facet,
    values: Vec<ValueShown>,
    /// Leaves out what the facet is narrowed to.
    cleared: Option<String>,
}

struct ValueShown {
    value: String,
    /// A department's name; other values have a word.
    name: Option<String>,
    count: u64,
    address: String,
    is_chosen: bool,
}

impl FacetShown {
    fn key(&self) -> &'static str {
        match self.facet {
            Facet::Provider => "provider",
            Facet::Category => "category",
            Facet::Sharing => "sharing",
            Facet::Status => "state",
            Facet::Cycle => "update-cycle",
        }
    }

    /// What the words of its values begin with in the catalogue.
    fn prefix(&self) -> &'static str {
        match self.facet {
            Facet::Provider => "",
            Facet::Category => "category",
            Facet::Sharing => "sharing",
            Facet::Status => "resource",
            Facet::Cycle => "cycle",
        }
    }
}

/// How the answer came about.
enum Way {
    /// From the index, which holds the directory after this block; `near` when only misspelt.
    Index { near: bool },
    /// By looking at entries one after another, since the index is not ready: so many are in it.
    Building(u64),
    /// Likewise, since the index could not be written.
    Broken,
    /// Likewise, since the index knows the newest state only.
    Past,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    q: String,
    way: Way,
    hits: Vec<Hit>,
    items: Vec<ResourceItem>,
    /// How many fit in all, where the index counted them.
    total: Option<usize>,
    facets: Vec<FacetShown>,
    scan_max: usize,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /search`
pub(super) async fn search(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<SearchQuery>>,
) -> Paged {
    let Params(query) = query?;
    text_filter(query.q.as_deref())?;
    let point = Point::parse(query.at.as_deref())?;
    let filter = query.scanned()?;
    let slice = slice(None, given(&query.cursor), ENTRIES_SHOWN, ENTRIES_SHOWN)?.narrowed(&filter);
    let index = Arc::clone(&app.search);
    if visit.asked("csv").is_some() {
        let read = move |directory: &dyn Directory, slice: &Slice| {
            entries(directory, &query, &filter, &index, &point, slice)
        };
        return csv(app, visit, "entries".to_owned(), read).await;
    }
    show(&app, visit, move |directory, visit| {
        let reading = Reading::of_slice(directory, point.at, &slice)?;
        let frame = Frame::at(visit, &reading, &point);
        let frame = frame.with_json_of("/api/v1/resources", &query.narrowed(), &point);
        let is_past = frame.past.is_some() || slice.cursor.is_some();
        let found = match is_past {
            true => None,
            false => index.entries(&query.indexed(ENTRIES_SHOWN))?,
        };
        match found {
            Some(found) => indexed(&reading, frame, query, &index, found),
            None => scanned(&reading, frame, query, &index, &filter, &slice),
        }
    })
    .await
}

/// What a search finds, as a table: from the index as much as its pages show, else one entry after
/// another.
fn entries(
    directory: &dyn Directory,
    query: &SearchQuery,
    filter: &ResourceFilter,
    index: &Search,
    point: &Point,
    slice: &Slice,
) -> Result<Table, Problem> {
    let reading = Reading::of_slice(directory, point.at, slice)?;
    let asked = search::Asked {
        offset: 0,
        ..query.indexed(ENTRIES_SHOWN.saturating_mul(limits::SEARCH_PAGES_MAX))
    };
    let is_now = point.at.is_none() && slice.cursor.is_none() && !asked.text.is_empty();
    let found = match is_now {
        true => index.entries(&asked)?,
        false => None,
    };
    let (items, next) = match found {
        Some(found) => (reading.resource_items(&found.records)?, None),
        None => {
            let page = reading.resources(filter, slice)?;
            (page.items, page.next_cursor)
        }
    };
    let table = Table::new(
        "entries",
        "entries",
        "found-none",
        super::departments::ENTRIES,
    );
    Ok(table
        .with(items.into_iter().map(entry_row_with_provider))
        .going_on(next))
}

/// The page from what the index found.
fn indexed(
    reading: &Reading<'_>,
    frame: Frame,
    query: SearchQuery,
    index: &Search,
    found: Found,
) -> Result<SearchPage, Problem> {
    let asked = query.indexed(ENTRIES_SHOWN);
    let page = query.page.unwrap_or(1).clamp(1, limits::SEARCH_PAGES_MAX);
    let shown = asked.offset.saturating_add(found.records.len());
    let more = found.total > shown && page < limits::SEARCH_PAGES_MAX;
    let mut hits = Vec::new();
    if page == 1 && !asked.text.is_empty() {
        hits = direct(reading, &asked.text)?;
        let holders = search::Asked {
            text: asked.text,
            limit: HOLDERS_SHOWN,
            ..search::Asked::default()
        };
        hits.extend(holders_of(reading, index, &holders)?);
    }
    let facets = found.facets.into_iter().zip(Facet::ALL);
    let facets = facets.map(|(values, facet)| shown_facet(reading, &frame, &query, facet, values));
    Ok(SearchPage {
        facets: facets.collect::<Result<_, _>>()?,
        items: reading.resource_items(&found.records)?,
        total: Some(found.total),
        way: Way::Index { near: found.near },
        previous: (page > 1).then(|| query.address(&frame, None, Some(page.saturating_sub(1)))),
        next: more.then(|| query.address(&frame, None, Some(page.saturating_add(1)))),
        hits,
        scan_max: limits::SCAN_MAX,
        q: given(&query.q).unwrap_or_default().to_owned(),
        frame,
    })
}

/// The page from entries looked at one after another.
fn scanned(
    reading: &Reading<'_>,
    frame: Frame,
    query: SearchQuery,
    index: &Search,
    filter: &ResourceFilter,
    slice: &Slice,
) -> Result<SearchPage, Problem> {
    let found: Page<ResourceItem> = reading.resources(filter, slice)?;
    let way = match index.state() {
        _ if frame.past.is_some() => Way::Past,
        search::State::Building { done } => Way::Building(done),
        search::State::Broken(_) => Way::Broken,
        search::State::Ready(_) => Way::Past,
    };
    let next = found.next_cursor.map(|cursor| {
        let cursor = format!("&cursor={cursor}");
        query.address(&frame, None, None) + &cursor
    });
    let q = given(&query.q).unwrap_or_default().to_owned();
    Ok(SearchPage {
        hits: match slice.cursor {
            None if !q.is_empty() => named(reading, &q)?,
            None | Some(_) => Vec::new(),
        },
        items: found.items,
        total: None,
        facets: Vec::new(),
        scan_max: limits::SCAN_MAX,
        previous: None,
        next,
        way,
        q,
        frame,
    })
}

fn shown_facet(
    reading: &Reading<'_>,
    frame: &Frame,
    query: &SearchQuery,
    facet: Facet,
    values: Vec<(String, u64)>,
) -> Result<FacetShown, Problem> {
    let chosen = query.facet(facet);
    let mut shown = Vec::new();
    for (value, count) in values.into_iter().take(FACET_VALUES_SHOWN) {
        let name = match value.parse::<DepartmentId>() {
            Ok(id) if facet == Facet::Provider => Some(reading.department_name(&id)?),
            Ok(_) | Err(_) => None,
        };
        shown.push(ValueShown {
            address: query.address(frame, Some((facet, &value)), None),
            is_chosen: chosen == Some(&value),
            name,
            count,
            value,
        });
    }
    Ok(FacetShown {
        facet,
        values: shown,
        cleared: chosen.map(|_| query.address(frame, Some((facet, "")), None)),
    })
}

fn holders_of(
    reading: &Reading<'_>,
    index: &Search,
    asked: &search::Asked,
) -> Result<Vec<Hit>, Problem> {
    let found = index.holders(asked)?.unwrap_or_default();
    let mut hits = Vec::new();
    for record in found.records {
        match record {
            RecordId::Department(id) => hits.push(Hit::Department {
                name: reading.department_name(&id)?,
                id,
            }),
            RecordId::Responsibility(code) => {
                if let Some(found) = reading.find_responsibility(&code)? {
                    let title = found.title.to_string();
                    hits.push(Hit::Responsibility { code, title });
                }
            }
            _ => {}
        }
    }
    Ok(hits)
}

fn provider(text: &str) -> Result<DepartmentId, Problem> {
    let id = text.parse::<DepartmentId>();
    id.map_err(|error| ProblemKind::BadParameter.with(error.to_string()))
}

/// One of a list's choices, by the word that the interface uses for it.
fn choice<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| {
        let shown: String = text.chars().take(80).collect();
        ProblemKind::BadParameter.with(format!("`{shown}` is none of the choices"))
    })
}

/// What the text names directly, departments whose name or id holds it among them: without the index.
fn named(reading: &Reading<'_>, written: &str) -> Result<Vec<Hit>, Problem> {
    let mut hits = direct(reading, written)?;
    if let Ok(code) = written.parse::<ResponsibilityCode>()
        && let Some(found) = reading.find_responsibility(&code)?
    {
        let title = found.title.to_string();
        hits.push(Hit::Responsibility { code, title });
    }
    let filter = DepartmentFilter {
        text: text_filter(Some(written))?,
    };
    let found = reading.departments(&filter, &Slice::first(HOLDERS_SHOWN))?;
    let found = found.items.into_iter().map(|item| Hit::Department {
        id: item.id,
        name: item.name,
    });
    hits.extend(found);
    Ok(hits)
}

/// A block, a transaction or another record that the text names.
fn direct(reading: &Reading<'_>, written: &str) -> Result<Vec<Hit>, Problem> {
    let mut direct = Vec::new();
    let height: Option<u64> = written.trim_start_matches('#').parse().ok();
    let tip = reading.resolved().tip.height;
    if let Some(height) = height
        .map(Height)
        .filter(|h| *h > Height::GENESIS && *h <= tip)
    {
        direct.push(Hit::Block(height));
    }
    if let Ok(id) = written.parse::<TransactionId>()
        && reading.directory().transaction_place(&id)?.is_some()
    {
        direct.push(Hit::Transaction(id));
    }
    direct.extend(records_named(reading, written)?);
    Ok(direct)
}

/// The records whose id the text is.
fn records_named(reading: &Reading<'_>, written: &str) -> Result<Vec<Hit>, Problem> {
    let mut ids: Vec<(&'static str, RecordId)> = Vec::new();
    if let Ok(id) = written.parse::<SharingId>() {
        ids.extend([
            ("application", RecordId::Application(id.clone())),
            ("authorization", RecordId::Authorization(id.clone())),
            ("binding", RecordId::Binding(id.clone())),
            ("objection", RecordId::Objection(id)),
        ]);
    }
    ids.extend(
        written
            .parse()
            .map(|id| ("proposal", RecordId::Proposal(id))),
    );
    ids.extend(written.parse().map(|id| ("demand", RecordId::Demand(id))));
    ids.extend(written.parse().map(|id| ("finding", RecordId::Finding(id))));
    ids.extend(
        written
            .parse()
            .map(|id| ("data-element", RecordId::DataElement(id))),
    );
    let mut hits = Vec::new();
    for (key, id) in ids {
        let text = reading::written(&id);
        if reading.has(&id)?
            && let Some(path) = path_to(id.kind(), &text)
        {
            hits.push(Hit::Record {
                key,
                path,
                id: text,
            });
        }
    }
    Ok(hits)
}

#[derive(Template)]
#[template(path = "suggest.html")]
struct Suggestions {
    frame: Frame,
    hits: Vec<Hit>,
    items: Vec<ResourceItem>,
    total: usize,
    near: bool,
    all: String,
}

/// `GET /search/suggest`: a piece of a page, for the script that asks while somebody types.
pub(super) async fn suggest(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<SearchQuery>>,
) -> Paged {
    let Params(query) = query?;
    text_filter(query.q.as_deref())?;
    let index = Arc::clone(&app.search);
    show(&app, visit, move |directory: &dyn Directory, visit| {
        let reading = Reading::at(directory, None)?;
        let frame = Frame::now(visit, &directory.about(), reading.as_of());
        let asked = query.indexed(SUGGESTED);
        let found = match asked.text.is_empty() {
            true => Found::default(),
            false => index.entries(&asked)?.unwrap_or_default(),
        };
        let holders = search::Asked {
            limit: 4,
            facets: Default::default(),
            ..asked.clone()
        };
        let mut hits = direct(&reading, &asked.text)?;
        if !asked.text.is_empty() {
            hits.extend(holders_of(&reading, &index, &holders)?);
        }
        Ok(Suggestions {
            items: reading.resource_items(&found.records)?,
            all: query.address(&frame, None, None),
            total: found.total,
            near: found.near,
            hits,
            frame,
        })
    })
    .await
}
