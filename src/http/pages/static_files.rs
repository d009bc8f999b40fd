//! `/directory/api/static/`: the files that the pages are made of, and the one page that anybody may open.

use std::sync::LazyLock;

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};

use super::{Asset, CSS, LazyAsset, MARK, SCRIPT, STYLE, done};
use crate::http::error::ApiError;
use crate::http::{Route, edge};

static SHEET: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("sheet.css")));
static SESSION: LazyAsset = LazyLock::new(|| Asset::new(SCRIPT, include_str!("session.js")));

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/directory/api/static/onauthenticationdone.html")
                .route(web::get().to(done::page))
                .route(web::head().to(done::page))
                .default_service(edge::only(Route::Static)),
        )
        .service(
            web::resource("/directory/api/static/{file}")
                .route(web::get().to(file))
                .route(web::head().to(file))
                .default_service(edge::only(Route::Static)),
        );
}

async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let file = match name.as_str() {
        "pages.css" => &STYLE,
        "sheet.css" => &SHEET,
        "mark.svg" => &MARK,
        "session.js" => &SESSION,
        _ => return Err(ApiError::Missing),
    };
    Ok(file.respond(&request))
}
