//! `/directory/api/static/`: the files that the pages are made of, and the one page that anybody may open.

use std::sync::LazyLock;

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};

use super::asset::{Asset, CSS, LazyAsset, MARK, STYLE};
use super::done;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::routing::{at, below, get_and_head};

static SHEET: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("assets/sheet.css")));

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(get_and_head(at(Route::Static), done::page))
        .service(get_and_head(below(Route::Static, "/directory/api/static/{file}"), file));
}

async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let file = match name.as_str() {
        "pages.css" => &STYLE,
        "sheet.css" => &SHEET,
        "mark.svg" => &MARK,
        _ => return Err(ApiError::Missing),
    };
    Ok(file.respond(&request))
}
