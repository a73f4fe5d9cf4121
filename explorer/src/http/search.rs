//! `GET /api/v1/search`: what the page finds, for programs.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::{Category, ResourceStatus, UpdateCycle};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::envelope::keep;
use super::extract::{Answer, Params, point, slice, text_filter};
use crate::api::{Problem, SearchAnswer, SearchFacet, SearchFacetValue, SearchHit, SharingType};
use crate::directory::Directory;
use crate::limits;
use crate::reading::{FoundAll, Hit, Reading, ResourceFilter, Wanted, written};
use crate::search::Facet;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchParams {
    /// What is looked for, in Chinese or English: names, codes, fields, providers, abstracts;
    /// abbreviations and misspellings too.
    q: Option<String>,
    /// Who provides it, itself or by its sub-units.
    provider: Option<DepartmentId>,
    category: Option<Category>,
    sharing: Option<SharingType>,
    status: Option<ResourceStatus>,
    cycle: Option<UpdateCycle>,
    limit: Option<usize>,
    cursor: Option<String>,
    at: Option<String>,
}

/// Entries by text and facets, best first, and whatever else the text names.
#[utoipa::path(get, path = "/search", tag = "directory", params(SearchParams), responses((status = 200, description = "The answer", body = SearchAnswer)))]
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    Params(query): Params<SearchParams>,
) -> Result<Response, Problem> {
    let at = point(query.at.as_deref())?;
    let (usual, most) = (limits::SEARCH_LIMIT_DEFAULT, limits::SEARCH_LIMIT_MAX);
    let slice = slice(query.limit, query.cursor.as_deref(), usual, most)?;
    let text = query.q.unwrap_or_default();
    let wanted = Wanted {
        filter: ResourceFilter {
            provider: query.provider,
            with_sub_units: true,
            sharing: query.sharing,
            status: query.status,
            category: query.category,
            update_cycle: query.cycle,
            text: text_filter(Some(&text))?,
        },
        text: text.trim().to_owned(),
    };
    let slice = slice.narrowed(&wanted.filter);
    let is_pinned = at.is_some() || slice.cursor.is_some();
    let index = Arc::clone(&app.search);
    let read = move |directory: &dyn Directory| {
        let reading = Reading::of_search(directory, at, &slice, &index)?;
        let found = reading.search(&index, &wanted, &slice)?;
        Ok(answer(&reading, found))
    };
    let answer = app.read(read).await?;
    // What the index says of a height it says for ever; what is found without it is not always all.
    let lasts = is_pinned && answer.indexed;
    let mut response = Answer(answer).into_response();
    if lasts {
        keep(response.headers_mut());
    }
    Ok(response)
}

fn answer(reading: &Reading<'_>, found: FoundAll) -> SearchAnswer {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let counted = found.counted;
    SearchAnswer {
        as_of: reading.as_of(),
        indexed: counted.is_some(),
        near: counted.as_ref().is_some_and(|counted| counted.near),
        total: counted.as_ref().map(|counted| count(counted.total)),
        hits: found.hits.into_iter().map(hit).collect(),
        items: found.items,
        next_cursor: found.next_cursor,
        facets: counted.map_or_else(Vec::new, |counted| facets(counted.facets)),
    }
}

fn facets(counts: [Vec<(String, u64)>; 5]) -> Vec<SearchFacet> {
    let value = |(value, count)| SearchFacetValue { value, count };
    let facets = Facet::ALL.iter().zip(counts);
    let facets = facets.map(|(facet, values)| SearchFacet {
        facet: facet.name().to_owned(),
        values: values.into_iter().map(value).collect(),
    });
    facets.collect()
}

fn hit(hit: Hit) -> SearchHit {
    match hit {
        Hit::Department { id, name } => SearchHit::Department { id, name },
        Hit::Responsibility { code, title } => SearchHit::Responsibility { code, title },
        Hit::Block(height) => SearchHit::Block { height },
        Hit::Transaction(id) => SearchHit::Transaction { id },
        Hit::Record(id) => SearchHit::Record {
            of: crate::pages::word_of(id.kind()).to_owned(),
            id: written(&id),
        },
    }
}
