//! The start page: what this is and where to go, for whoever opens the base URL.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, HeaderValue, VARY};
use askama::Template;
use serde::Serialize;
use utoipa::ToSchema;

use super::asset::{Asset, HTML};
use super::texts::HomeTexts;
use super::{Frame, PrefersHtml};
use crate::http::Route;
use crate::http::extract::KnownCopies;

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: &'a Frame,
    texts: &'static HomeTexts,
}

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
        let texts = &frame.texts.home;
        // A template that writes to memory cannot fail.
        let page = HomePage { frame: &frame, texts }.render().unwrap_or_default();
        let mut response = Asset::new(HTML, page).respond(&copies);
        let headers = response.headers_mut();
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(frame.language.tag()));
        if frame.keep_language(headers) {
            // A cookie is for one browser.
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        response
    } else {
        HttpResponse::Ok().json(Home {
            service: "bimgate",
            version: env!("CARGO_PKG_VERSION"),
            docs: Route::Docs.pattern(),
            openapi: Route::OpenApi.pattern(),
        })
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept, Accept-Language, Cookie"));
    response
}
