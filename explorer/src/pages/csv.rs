//! A table as CSV: with a byte order mark, so that spreadsheets read it as UTF-8, in the reader's
//! language, streamed part by part at one height. What cannot be read breaks the transfer off.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::stream;
use tokio::sync::OwnedSemaphorePermit;

use super::frame::{Point, Unknown};
use super::sheet::Table;
use super::{Paged, Unpaged};
use crate::api::Problem;
use crate::at::{self, At};
use crate::directory::Directory;
use crate::http::{App, ProblemText, tag_of, tag_of_state};
use crate::limits;
use crate::pages::Visit;
use crate::problem::ProblemKind;
use crate::reading::{Reading, Slice};

/// Reads a part of a table.
type Read = Arc<dyn Fn(&dyn Directory, &Slice) -> Result<Table, Problem> + Send + Sync>;

struct Export {
    app: Arc<App>,
    visit: Visit,
    read: Read,
    /// Where the next part begins; none once everything went out.
    next: Option<Slice>,
    /// What was read and not sent yet.
    text: Option<String>,
    rows: usize,
    /// Given back when the export ends.
    _place: OwnedSemaphorePermit,
}

/// A table as CSV, all of it: `read` is asked for one part after another. The first part is read
/// before anything is sent, so that a question that cannot be answered is answered with its problem.
pub(super) async fn csv(
    app: Arc<App>,
    visit: Visit,
    name: String,
    read: impl Fn(&dyn Directory, &Slice) -> Result<Table, Problem> + Send + Sync + 'static,
) -> Paged {
    let at = Point::parse(visit.asked("at"))?.at;
    csv_at(app, visit, at, name, read).await
}

/// The same of a point of the chain that the address does not name: a whole table reads one state.
pub(super) async fn csv_at(
    app: Arc<App>,
    visit: Visit,
    at: Option<At>,
    name: String,
    read: impl Fn(&dyn Directory, &Slice) -> Result<Table, Problem> + Send + Sync + 'static,
) -> Paged {
    // A page says above its tables what it passed over; in a file nobody would be told.
    if let Some(Unknown { given, taken }) = visit.unknown() {
        return Err(ProblemKind::BadParameter
            .with_both(
                format!("There is no parameter {given} here. These are taken: {taken}"),
                format!("此处没有参数 {given}。可用的参数:{taken}"),
            )
            .into());
    }
    let place = app.export_place()?;
    let before = at::resolve(app.directory.as_ref(), at)?;
    let mut export = Export {
        app: Arc::clone(&app),
        visit: visit.clone(),
        read: Arc::new(read),
        next: Some(Slice::first(limits::LIMIT_MAX)),
        text: None,
        rows: 0,
        _place: place,
    };
    export.step().await.map_err(Unpaged::from)?;
    let tag = match (&export.text, &export.next) {
        (Some(whole), None) => Some(tag_of(whole.as_bytes())),
        // Of what goes out in parts the first was read in this state only if it still is the newest;
        // the others keep to the first one's.
        _ => {
            let about = app.directory.about();
            let (lang, address) = (visit.lang.code(), visit.address(None));
            let is_unchanged = at::resolve(app.directory.as_ref(), at)? == before;
            is_unchanged.then(|| tag_of_state(&about.chain, &before, &[lang, &address]))
        }
    };
    let body = Body::from_stream(stream::try_unfold(export, Export::part));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    for (name, value) in [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present",
        ),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-language"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let safe = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-");
    let height = before.as_of.height;
    let named = format!("attachment; filename=\"{safe}-{height}.csv\"");
    if let Ok(named) = HeaderValue::from_str(&named) {
        headers.insert(header::CONTENT_DISPOSITION, named);
    }
    Ok(response)
}

/// The table that a page's address names (`csv=`), all of it, in a file named after `about`.
pub(super) async fn named(
    app: Arc<App>,
    visit: Visit,
    at: Option<At>,
    about: String,
    read: impl Fn(&Reading<'_>, &str, &Slice) -> Result<Table, Problem> + Send + Sync + 'static,
) -> Paged {
    let name = visit.asked("csv").unwrap_or_default().to_owned();
    let file = format!("{about}-{name}");
    let read = move |directory: &dyn Directory, slice: &Slice| {
        read(&Reading::of_slice(directory, at, slice)?, &name, slice)
    };
    csv(app, visit, file, read).await
}

impl Export {
    /// Reads the next part.
    async fn step(&mut self) -> Result<(), Problem> {
        let Some(slice) = self.next.take() else {
            return Ok(());
        };
        let is_first = slice.cursor.is_none();
        let (read, lang) = (Arc::clone(&self.read), self.visit.lang);
        let work = move |directory: &dyn Directory| {
            let table = read(directory, &slice)?;
            let mut text = String::new();
            if is_first {
                text.push('\u{feff}');
                text += &table.csv_head(lang);
            }
            text += &table.csv_rows(lang);
            Ok((text, table.next, table.rows.len()))
        };
        let (text, next, rows) = self.app.read(work).await?;
        self.text = Some(text);
        self.rows = self.rows.saturating_add(rows);
        let next = next.filter(|_| self.rows < limits::CSV_ROWS_MAX);
        self.next = next
            .as_deref()
            .map(crate::cursor::Cursor::decode)
            .transpose()?
            .map(|cursor| Slice {
                cursor: Some(cursor),
                ..Slice::first(limits::LIMIT_MAX)
            });
        Ok(())
    }

    async fn part(mut self) -> Result<Option<(String, Self)>, ProblemText> {
        if self.text.is_none() {
            self.step().await.map_err(ProblemText)?;
        }
        Ok(self.text.take().map(|text| (text, self)))
    }
}
