//! The API documentation: Swagger UI, from the crate that carries it, in our own page and colours.
//!
//! The crate holds its files compressed and they are sent so: every browser takes gzip, and 0.4 MB instead of 1.5
//! matter on a phone.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};

use super::asset::{Asset, CSS, HTML, LazyAsset, MARK, SCRIPT, STYLE};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::KnownCopies;

static PAGE: LazyAsset = LazyLock::new(|| Asset::new(HTML, include_str!("docs.html")));
static DOCS_STYLE: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("assets/docs.css")));
static START: LazyAsset = LazyLock::new(|| Asset::new(SCRIPT, include_str!("assets/docs.js")));
static SWAGGER_SCRIPT: LazyAsset = LazyLock::new(|| vendored(SCRIPT, "swagger-ui-bundle.js"));
static SWAGGER_STYLE: LazyAsset = LazyLock::new(|| vendored(CSS, "swagger-ui.css"));

/// The API documentation
///
/// A page that renders this document and can try its calls. Needs no outside network.
#[utoipa::path(
    get, path = Route::Docs.pattern(), tag = "pages", operation_id = "showDocumentation",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(in crate::http) async fn page(copies: KnownCopies) -> HttpResponse {
    PAGE.respond(&copies)
}

pub(in crate::http) async fn file(copies: KnownCopies, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let file = match name.as_str() {
        "pages.css" => &STYLE,
        "mark.svg" => &MARK,
        "docs.css" => &DOCS_STYLE,
        "docs.js" => &START,
        "swagger-ui-bundle.js" => &SWAGGER_SCRIPT,
        "swagger-ui.css" => &SWAGGER_STYLE,
        _ => return Err(ApiError::Missing),
    };
    Ok(file.respond(&copies))
}

fn vendored(content_type: &'static str, name: &str) -> Asset {
    let found = utoipa_swagger_ui::serve(name, Arc::new(utoipa_swagger_ui::Config::default()));
    let (body, gzipped) = match found.ok().flatten() {
        Some(file) => match file.bytes {
            Cow::Borrowed(bytes) => (Bytes::from_static(bytes), file.gzpipped),
            Cow::Owned(bytes) => (Bytes::from(bytes), file.gzpipped),
        },
        None => (Bytes::new(), false),
    };
    let mut asset = Asset::new(content_type, body);
    asset.gzipped = gzipped;
    asset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_carries_what_the_page_asks_for() {
        for (file, least) in [(&SWAGGER_SCRIPT, 300_000), (&SWAGGER_STYLE, 20_000)] {
            assert!(file.gzipped && file.body.starts_with(&[0x1f, 0x8b]) && file.body.len() > least);
        }
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        let page = include_str!("docs.html");
        assert!(!page.contains("//") && !page.contains("onclick") && !page.contains("<style"), "{page}");
        assert!(!include_str!("assets/docs.css").contains("//") && !include_str!("assets/docs.js").contains("http"));
    }
}
