//! The style sheet, the script and the picture: parts of the program, packed once. Pages name the
//! first two with what their bytes hash to, so that browsers keep them for as long as they fit.

use std::sync::LazyLock;

use axum::extract::RawQuery;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::http::{Packed, keep, tag_of};

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("../../assets/style.css");
    Asset::new("text/css; charset=utf-8", text)
});

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("../../assets/script.js");
    Asset::new("text/javascript; charset=utf-8", text)
});

static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("../../assets/icon.svg");
    Asset::new("image/svg+xml", text)
});

struct Asset {
    media_type: &'static str,
    text: &'static str,
    tag: HeaderValue,
    /// The beginning of the tag.
    version: String,
    packed: Option<Packed>,
}

impl Asset {
    fn new(media_type: &'static str, text: &'static str) -> Self {
        let tag = tag_of(text.as_bytes());
        let hash = tag.to_str().unwrap_or_default().trim_matches('"');
        Self {
            media_type,
            text,
            version: hash.chars().take(12).collect(),
            packed: Packed::once(text.as_bytes()),
            tag,
        }
    }

    fn answer(&self, query: Option<&str>) -> Response {
        let mut response = self.text.into_response();
        if let Some(packed) = &self.packed {
            response.extensions_mut().insert(packed.clone());
        }
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.tag.clone());
        for (name, value) in [
            (header::CONTENT_TYPE, self.media_type),
            (header::CACHE_CONTROL, "public, max-age=300"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let version = query.and_then(|query| query.strip_prefix("v="));
        if version == Some(self.version.as_str()) {
            keep(headers);
        }
        response
    }
}

/// What pages write after `/assets/style.css?v=`.
pub(super) fn style_version() -> &'static str {
    &STYLE.version
}

/// What pages write after `/assets/script.js?v=`.
pub(super) fn script_version() -> &'static str {
    &SCRIPT.version
}

/// `GET /assets/style.css`
pub(super) async fn style(RawQuery(query): RawQuery) -> Response {
    STYLE.answer(query.as_deref())
}

/// `GET /assets/script.js`
pub(super) async fn script(RawQuery(query): RawQuery) -> Response {
    SCRIPT.answer(query.as_deref())
}

/// `GET /assets/icon.svg`
pub(super) async fn icon(RawQuery(query): RawQuery) -> Response {
    ICON.answer(query.as_deref())
}
