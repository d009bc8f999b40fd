//! The start page: what this is and where to go, for whoever opens the base URL.

use std::sync::LazyLock;

use actix_web::http::header::{HeaderValue, VARY};
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::asset::{Asset, HTML, LazyAsset};
use super::prefers_html;
use crate::http::Route;
use crate::http::mount::{at, get_and_head};

static PAGE: LazyAsset = LazyLock::new(|| Asset::new(HTML, include_str!("home.html")));

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(get_and_head(at(Route::Home), page));
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
/// A page for a browser (`Accept` prefers HTML), else a JSON object.
#[utoipa::path(
    get, path = "/", tag = "pages", operation_id = "showHome",
    responses((status = 200, description = "What answers here.", content(
        (Home = "application/json"), (String = "text/html"),
    )))
)]
pub(in crate::http) async fn page(request: HttpRequest) -> HttpResponse {
    let mut response = if prefers_html(&request) {
        PAGE.respond(&request)
    } else {
        HttpResponse::Ok().json(Home {
            service: "bimgate",
            version: env!("CARGO_PKG_VERSION"),
            docs: Route::Docs.pattern(),
            openapi: Route::OpenApi.pattern(),
        })
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    response
}
