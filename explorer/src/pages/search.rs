//! Searching: entries by text and facets, departments and responsibilities by text, and whatever a
//! code, id, height or hash names directly. `suggest` is the same in short, while somebody types.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::DepartmentId;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::csv::csv_at;
use super::departments::entry_row_with_provider;
use super::frame::{Frame, Point, Visit, given};
use super::sheet::Table;
use super::{Asked, Paged, filters, show};
use crate::api::{Problem, ResourceItem};
use crate::at::At;
use crate::directory::Directory;
use crate::http::{App, Params, slice, text_filter};
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{FoundAll, Hit, Reading, ResourceFilter, Slice, Wanted};
use crate::search::{self, Facet, Found, Search};

const ENTRIES_SHOWN: usize = limits::SEARCH_LIMIT_DEFAULT;
const SUGGESTED: usize = 8;
const HOLDERS_SUGGESTED: usize = 4;
const FACET_VALUES_SHOWN: usize = 12;

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct SearchQuery {
    q: Option<String>,
    provider: Option<String>,
    category: Option<String>,
    sharing: Option<String>,
    status: Option<String>,
    cycle: Option<String>,
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

    /// This search with one facet set otherwise, from its beginning; or from a cursor on.
    fn address(&self, frame: &Frame, facet: Option<(Facet, &str)>, cursor: Option<&str>) -> String {
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
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        format!("/search?{}{}", query.finish(), frame.and_at)
    }

    /// The same question to the interface.
    fn narrowed(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("q", given(&self.q)),
            ("provider", self.facet(Facet::Provider)),
            ("category", self.facet(Facet::Category)),
            ("sharing", self.facet(Facet::Sharing)),
            ("status", self.facet(Facet::Status)),
            ("cycle", self.facet(Facet::Cycle)),
            ("cursor", given(&self.cursor)),
        ]
    }

    fn filter(&self) -> Result<ResourceFilter, Problem> {
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

    fn wanted(&self) -> Result<Wanted, Problem> {
        Ok(Wanted {
            text: given(&self.q).unwrap_or_default().to_owned(),
            filter: self.filter()?,
        })
    }
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
    /// From the index; `near` when only misspelt.
    Index { near: bool },
    /// By looking at entries one after another, since the index is not ready: so many are in it.
    Building(u64),
    /// Likewise, since the index could not be written.
    Broken,
    /// Likewise, since the index does not know this height yet.
    Ahead,
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
    let wanted = query.wanted()?;
    let slice = slice(None, given(&query.cursor), ENTRIES_SHOWN, ENTRIES_SHOWN)?;
    let slice = slice.narrowed(&wanted.filter);
    let index = Arc::clone(&app.search);
    if visit.asked("csv").is_some() {
        let newest = || index.newest().filter(|_| !wanted.text.is_empty());
        let at = point.at.or_else(|| newest().map(At::Height));
        let read = move |directory: &dyn Directory, slice: &Slice| {
            entries(
                &Reading::of_slice(directory, at, slice)?,
                &wanted,
                &index,
                slice,
            )
        };
        return csv_at(app, visit, at, "entries".to_owned(), read).await;
    }
    show(&app, visit, move |directory, visit| {
        let reading = Reading::of_search(directory, point.at, &slice, &index)?;
        let frame = Frame::at(visit, &reading, &point).with_json_of(
            "/api/v1/search",
            &query.narrowed(),
            &point,
        );
        let found = reading.search(&index, &wanted, &slice)?;
        page_of(&reading, frame, query, &index, found)
    })
    .await
}

/// What a search finds, as a table. Without a text everything fits, in the order of codes.
fn entries(
    reading: &Reading<'_>,
    wanted: &Wanted,
    index: &Search,
    slice: &Slice,
) -> Result<Table, Problem> {
    let (items, next) = match wanted.text.is_empty() {
        true => {
            let page = reading.resources(&wanted.filter, slice)?;
            (page.items, page.next_cursor)
        }
        false => {
            let found = reading.search(index, wanted, slice)?;
            (found.items, found.next_cursor)
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

fn page_of(
    reading: &Reading<'_>,
    frame: Frame,
    query: SearchQuery,
    index: &Search,
    found: FoundAll,
) -> Result<SearchPage, Problem> {
    let turned = |cursor: &String| query.address(&frame, None, Some(cursor));
    let (next, previous) = (&found.next_cursor, &found.previous_cursor);
    let (next, previous) = (next.as_ref().map(turned), previous.as_ref().map(turned));
    let (way, total, facets) = match found.counted {
        Some(counted) => {
            let facets = counted.facets.into_iter().zip(Facet::ALL);
            let facets =
                facets.map(|(values, facet)| shown_facet(reading, &frame, &query, facet, values));
            // Whoever wrote an id, a height or a hash wrote it well.
            let is_named = found.hits.iter().any(Hit::is_direct);
            let near = counted.near && !is_named;
            let facets = facets.collect::<Result<_, _>>()?;
            (Way::Index { near }, Some(counted.total), facets)
        }
        None => {
            let way = match index.state() {
                search::State::Building { done } => Way::Building(done),
                search::State::Broken(_) => Way::Broken,
                search::State::Ready(_) => Way::Ahead,
            };
            (way, None, Vec::new())
        }
    };
    Ok(SearchPage {
        hits: found.hits,
        items: found.items,
        scan_max: limits::SCAN_MAX,
        q: given(&query.q).unwrap_or_default().to_owned(),
        way,
        total,
        previous,
        next,
        facets,
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
    let mut values: Vec<_> = values.into_iter().take(FACET_VALUES_SHOWN).collect();
    if let Some(chosen) = chosen.filter(|chosen| values.iter().all(|(value, _)| value != chosen)) {
        // Nothing found has it: it is what can be cleared.
        values.push((chosen.to_owned(), 0));
    }
    let mut shown = Vec::new();
    for (value, count) in values {
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

fn provider(text: &str) -> Result<DepartmentId, Problem> {
    let id = text.parse::<DepartmentId>();
    id.map_err(|error| ProblemKind::BadParameter.with(error.to_string()))
}

/// One of a list's choices, by the word that the interface uses for it.
pub(super) fn choice<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| {
        let shown: String = text.chars().take(80).collect();
        ProblemKind::BadParameter.with_both(
            format!("`{shown}` is none of the choices"),
            format!("`{shown}` 不在可选值之中"),
        )
    })
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
    let point = Point::parse(query.at.as_deref())?;
    let index = Arc::clone(&app.search);
    show(&app, visit, move |directory: &dyn Directory, visit| {
        let reading = Reading::of_search(directory, point.at, &Slice::default(), &index)?;
        let frame = Frame::at(visit, &reading, &point);
        let height = reading.resolved().as_of.height;
        let asked = query.wanted()?.asked(height, 0, SUGGESTED);
        let found = match asked.text.is_empty() {
            true => Found::default(),
            false => index.entries(&asked)?.unwrap_or_default(),
        };
        let hits = match asked.text.is_empty() {
            true => Vec::new(),
            false => reading.hits(&index, &asked.text, HOLDERS_SUGGESTED, &found)?,
        };
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
