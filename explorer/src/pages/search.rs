//! Searching: entries by text and filters, and whatever a code, id, height or hash names directly.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use dirchain_ledger::ids::{DepartmentId, Height, ResponsibilityCode, TransactionId};
use serde::Deserialize;

use super::frame::{Frame, Point, Visit, given};
use super::{Asked, Paged, filters, show};
use crate::api::{Page, Problem, ResourceItem};
use crate::directory::Directory;
use crate::http::{App, Params, slice, text_filter};
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{DepartmentFilter, Reading, ResourceFilter, Slice};

const ENTRIES_SHOWN: usize = 25;
const DEPARTMENTS_SHOWN: usize = 8;

#[derive(Deserialize)]
pub(super) struct SearchQuery {
    q: Option<String>,
    sharing: Option<String>,
    status: Option<String>,
    provider: Option<String>,
    cursor: Option<String>,
}

/// The form as it was filled in.
struct Form {
    q: String,
    sharing: String,
    status: String,
    provider: String,
}

/// Something that the text names directly.
enum Direct {
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
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    form: Form,
    direct: Vec<Direct>,
    found: Page<ResourceItem>,
    wanted: usize,
    scan_max: usize,
}

/// `GET /search`
pub(super) async fn search(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: Asked<Params<SearchQuery>>,
) -> Paged {
    let Params(query) = query?;
    let filter = ResourceFilter {
        provider: given(&query.provider).map(provider).transpose()?,
        sharing: given(&query.sharing).map(choice).transpose()?,
        status: given(&query.status).map(choice).transpose()?,
        text: text_filter(query.q.as_deref())?,
    };
    let slice = slice(None, given(&query.cursor), ENTRIES_SHOWN, ENTRIES_SHOWN)?;
    let form = Form {
        q: given(&query.q).unwrap_or_default().to_owned(),
        sharing: given(&query.sharing).unwrap_or_default().to_owned(),
        status: given(&query.status).unwrap_or_default().to_owned(),
        provider: given(&query.provider).unwrap_or_default().to_owned(),
    };
    show(&app, visit, move |directory, visit| {
        search_page(directory, visit, form, &filter, &slice)
    })
    .await
}

fn provider(text: &str) -> Result<DepartmentId, Problem> {
    let id = text.parse::<DepartmentId>();
    id.map_err(|error| ProblemKind::BadParameter.with(error.to_string()))
}

/// One of a list's choices, by the word that the interface uses for it.
fn choice<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| {
        let shown: String = text.chars().take(80).collect();
        ProblemKind::BadParameter.with(format!("`{shown}` is none of the choices"))
    })
}

fn search_page(
    directory: &dyn Directory,
    visit: &Visit,
    form: Form,
    filter: &ResourceFilter,
    slice: &Slice,
) -> Result<SearchPage, Problem> {
    let reading = Reading::of_slice(directory, None, slice)?;
    let found = reading.resources(filter, slice)?;
    let direct = match &filter.text {
        Some(text) if slice.cursor.is_none() => direct(&reading, &form.q, text)?,
        Some(_) | None => Vec::new(),
    };
    Ok(SearchPage {
        frame: Frame::now(visit, &directory.about(), reading.as_of())
            .with_json("/api/v1/resources", &Point::default()),
        form,
        direct,
        found,
        wanted: slice.limit,
        scan_max: limits::SCAN_MAX,
    })
}

fn direct(reading: &Reading<'_>, written: &str, text: &str) -> Result<Vec<Direct>, Problem> {
    let mut direct = Vec::new();
    let height: Option<u64> = written.trim_start_matches('#').parse().ok();
    let tip = reading.resolved().tip.height;
    if let Some(height) = height
        .map(Height)
        .filter(|h| *h > Height::GENESIS && *h <= tip)
    {
        direct.push(Direct::Block(height));
    }
    if let Ok(id) = written.parse::<TransactionId>()
        && reading.directory().transaction_place(&id)?.is_some()
    {
        direct.push(Direct::Transaction(id));
    }
    if let Ok(code) = written.parse::<ResponsibilityCode>()
        && let Some(found) = reading.find_responsibility(&code)?
    {
        let title = found.title.to_string();
        direct.push(Direct::Responsibility { code, title });
    }
    let filter = DepartmentFilter {
        text: Some(text.to_owned()),
    };
    let departments = reading.departments(&filter, &Slice::first(DEPARTMENTS_SHOWN))?;
    direct.extend(
        departments
            .items
            .into_iter()
            .map(|item| Direct::Department {
                id: item.id,
                name: item.name,
            }),
    );
    Ok(direct)
}
