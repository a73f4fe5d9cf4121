//! Verifying an evidence file without the command, and the checkpoint to hold this node to.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};

use super::csv::csv;
use super::frame::{Frame, Point, Visit};
use super::sheet::{Atom, FACTS_ID, facts_table, unknown_table};
use super::words::Lang;
use super::{Asked, Paged, filters, show};
use crate::directory::Directory;
use crate::http::App;
use crate::limits;
use crate::problem::ProblemKind;
use crate::proofs::{FileOutcome, FileVerdict, LogEnd, ReportLanguage};
use crate::reading::{Reading, Slice};

/// The name of the form's field.
const FIELD: &str = "file";

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    frame: Frame,
    verdict: Option<FileVerdict>,
    node: String,
    /// What needs no node.
    command: &'static str,
}

/// `GET /verify`
pub(super) async fn verify(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    app.proofs()?;
    verify_page(&app, visit, None).await
}

/// `POST /verify`: a file from the form, or from a program as the body itself.
pub(super) async fn judge(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Paged {
    let proofs = app.proofs()?;
    let _place = app.verifying_place()?;
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let file = uploaded(kind, &body)?;
    let language = match visit.lang {
        Lang::En => ReportLanguage::English,
        Lang::Zh => ReportLanguage::Chinese,
    };
    let verdict = app
        .read(move |_| Ok(proofs.verify(&file, language)))
        .await?;
    verify_page(&app, visit, Some(verdict)).await
}

async fn verify_page(app: &App, visit: Visit, verdict: Option<FileVerdict>) -> Paged {
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, None)?;
        Ok(VerifyPage {
            frame: Frame::now(visit, &directory.about(), reading.as_of()),
            verdict,
            node: directory.node().node.to_string(),
            command: "dirchain evidence verify FILE --genesis genesis.json",
        })
    };
    show(app, visit, read).await
}

/// The one file in a form's body (RFC 7578), or the body itself where it is no form.
fn uploaded(content_type: &str, body: &Bytes) -> Asked<Bytes> {
    let Some(parameters) = content_type.strip_prefix("multipart/form-data") else {
        return Ok(body.clone());
    };
    let no_file = || {
        ProblemKind::BadParameter.with_both(
            "The form has no file. Choose one first",
            "表单中没有文件,请先选择文件",
        )
    };
    let boundary = parameters.split(';').find_map(|parameter| {
        let boundary = parameter.trim().strip_prefix("boundary=")?;
        Some(boundary.trim_matches('"'))
    });
    let boundary = boundary.filter(|boundary| !boundary.is_empty());
    let delimiter = format!("--{}", boundary.ok_or_else(no_file)?);
    let named = format!("name=\"{FIELD}\"");
    let mut at = 0;
    while let Some(start) = found(body, delimiter.as_bytes(), at) {
        let start = start.saturating_add(delimiter.len());
        let Some(end) = found(body, format!("\r\n{delimiter}").as_bytes(), start) else {
            break;
        };
        let Some(blank) = found(body, b"\r\n\r\n", start).filter(|blank| *blank < end) else {
            break;
        };
        let head = body.slice(start..blank);
        let content = body.slice(blank.saturating_add(4).min(end)..end);
        let head = String::from_utf8_lossy(&head).into_owned();
        if head.contains(&named) && !content.is_empty() {
            return Ok(content);
        }
        at = end;
    }
    Err(no_file())
}

/// Where bytes occur next.
fn found(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    let place = rest
        .windows(wanted.len())
        .position(|window| window == wanted)?;
    from.checked_add(place)
}

#[derive(Template)]
#[template(path = "checkpoint.html")]
struct CheckpointPage {
    frame: Frame,
    end: LogEnd,
    /// What pins it, and pins anew.
    commands: String,
    /// Where programs find it.
    paths: [&'static str; 2],
}

/// `GET /checkpoint`
pub(super) async fn checkpoint(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let proofs = app.proofs()?;
    if visit.asked("at").is_some() {
        return Err(ProblemKind::BadParameter
            .with_both(
                "A checkpoint is of the newest block: this page takes no `at`. `dirchain checkpoint pin` keeps one for later",
                "检查点对应最新区块:本页不接受 `at`。可用 `dirchain checkpoint pin` 留存",
            )
            .into());
    }
    // What a client says of the address that it asked is not repeated as this node's own.
    let url = app.settings().public_url.clone();
    let url = url.unwrap_or_else(|| "http://NODE:PORT".to_owned());
    if let Some(name) = visit.asked("csv").map(str::to_owned) {
        let read = move |_: &dyn Directory, _: &Slice| {
            if name != FACTS_ID {
                return Err(unknown_table(&name));
            }
            let end = proofs.log_end()?;
            Ok(facts_table(vec![
                ("log-entries", vec![Atom::Number(end.size)]),
                ("log-signed", vec![Atom::Text(end.note)]),
                ("log-key", vec![Atom::Text(end.verifier_key)]),
            ]))
        };
        return csv(app, visit, "checkpoint".to_owned(), read).await;
    }
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let reading = Reading::at(directory, None)?;
        Ok(CheckpointPage {
            frame: Frame::at(visit, &reading, &Point::default())
                .with_json("/api/v1/checkpoint", &Point::default()),
            end: proofs.log_end()?,
            commands: format!(
                "dirchain --node {url} checkpoint pin --genesis genesis.json -o pin.json\n\
                 dirchain --node {url} checkpoint pin --checkpoint pin.json -o newer.json"
            ),
            paths: ["/tlog/checkpoint", "/tlog/key"],
        })
    };
    show(&app, visit, read).await
}

/// Bytes of a form with a file.
pub(super) const UPLOAD_BYTES_MAX: usize = limits::PROOF_BYTES_MAX + limits::FORM_BYTES_MAX;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn form(file: &[u8]) -> Bytes {
        let head = "--XX\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nnothing\r\n--XX\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"a.dirchain-proof\"\r\n\
             content-type: application/octet-stream\r\n\r\n";
        Bytes::from([head.as_bytes(), file, b"\r\n--XX--\r\n"].concat())
    }

    #[test]
    fn a_forms_file_is_taken_out_whole() {
        let kind = "multipart/form-data; boundary=XX";
        for file in [&b"one"[..], b"\r\n\r\n--X\r\n", &[0; 3000]] {
            assert_eq!(uploaded(kind, &form(file)).unwrap(), file);
            assert_eq!(
                uploaded("multipart/form-data; boundary=\"XX\"", &form(file)).unwrap(),
                file
            );
        }
        let plain = Bytes::from_static(b"--XX bytes");
        assert_eq!(uploaded("application/octet-stream", &plain).unwrap(), plain);
    }

    #[test]
    fn a_form_without_a_file_is_told() {
        let bad = |kind: &str, body: &[u8]| {
            let problem = uploaded(kind, &Bytes::copy_from_slice(body)).unwrap_err();
            assert_eq!(problem.code(), "bad-parameter", "{kind}");
        };
        bad("multipart/form-data", &form(b"one"));
        bad("multipart/form-data; boundary=", &form(b"one"));
        bad("multipart/form-data; boundary=YY", &form(b"one"));
        bad("multipart/form-data; boundary=XX", &form(b""));
        let whole = form(b"one");
        for end in 0..whole.len() - 6 {
            bad("multipart/form-data; boundary=XX", &whole[..end]);
        }
    }
}
