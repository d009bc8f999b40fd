//! `/directory/api/static/`: the files that the pages are made of.

use std::sync::LazyLock;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::Brand;
use super::asset::{Asset, CSS, LazyAsset, MARK, SCRIPT, STYLE};
use crate::http::error::ApiError;
use crate::http::extract::KnownCopies;

static SHEET: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("assets/sheet.css")));
static CONSOLE: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("assets/console.css")));

static PASSKEY: LazyAsset = LazyLock::new(|| Asset::new(SCRIPT, include_str!("assets/passkey.js")));
static EVENTS: LazyAsset = LazyLock::new(|| Asset::new(SCRIPT, include_str!("assets/events.js")));

pub(in crate::http) async fn file(
    request: HttpRequest,
    copies: KnownCopies,
    name: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let brand = Brand::of(&request);
    let file: &Asset = match name.as_str() {
        "pages.css" => &STYLE,
        "sheet.css" => &SHEET,
        "console.css" => &CONSOLE,
        "mark.svg" => &MARK,
        "passkey.js" => &PASSKEY,
        "events.js" => &EVENTS,
        "brand.css" => brand.sheet.as_ref().ok_or(ApiError::Missing)?,
        "logo" => brand.logo.as_ref().ok_or(ApiError::Missing)?,
        _ => return Err(ApiError::Missing),
    };
    Ok(file.respond(&copies))
}
