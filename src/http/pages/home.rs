//! The start page: what this is and where to go, for whoever opens the base URL.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_LANGUAGE, HeaderValue, VARY};
use askama::Template;
use serde::Serialize;
use utoipa::ToSchema;

use super::asset::{Asset, HTML};
use super::texts::{HomeTexts, Texts};
use super::{Frame, PrefersHtml};
use crate::domain::Language;
use crate::http::Route;
use crate::http::extract::KnownCopies;

/// The page in one language: the same for everybody who reads it.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    language: Language,
    texts: &'static HomeTexts,
}

impl HomePage {
    fn in_language(language: Language) -> Asset {
        // A template that writes to memory cannot fail.
        Asset::new(HTML, Self { language, texts: &Texts::of(language).home }.render().unwrap_or_default())
    }
}

/// One a language, in their order.
static PAGES: LazyLock<[Asset; Language::ALL.len()]> = LazyLock::new(|| Language::ALL.map(HomePage::in_language));

/// What answers here, for programs.
#[derive(Serialize, ToSchema)]
pub struct Home {
    /// Always `bimgate`.
    #[schema(example = "bimgate")]
    service: &'static str,
    /// The release that runs.
    version: &'static str,
    /// Where the API documentation is.
    #[schema(example = "/docs")]
    docs: &'static str,
    /// Where this document is.
    #[schema(example = "/openapi.json")]
    openapi: &'static str,
}

/// The start page
///
/// A page for a browser (`Accept` prefers HTML), in its language; else a JSON object.
#[utoipa::path(
    get, path = Route::Home.pattern(), tag = "pages", operation_id = "showHome",
    responses((status = 200, description = "What answers here.", content(
        (Home = "application/json"), (String = "text/html"),
    )))
)]
pub(in crate::http) async fn page(
    PrefersHtml(by_person): PrefersHtml,
    frame: Frame,
    copies: KnownCopies,
) -> HttpResponse {
    let mut response = if by_person {
        let language = frame.language;
        let mut response = PAGES[language as usize].respond(&copies);
        response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        response
    } else {
        HttpResponse::Ok().json(Home {
            service: "bimgate",
            version: env!("CARGO_PKG_VERSION"),
            docs: Route::Docs.pattern(),
            openapi: Route::OpenApi.pattern(),
        })
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept, Accept-Language"));
    response
}
