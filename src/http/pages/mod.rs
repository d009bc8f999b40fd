//! What a browser shows. Everything is compiled in; nothing comes from elsewhere, and the content security policy says so.
//!
//! The start page and the API documentation are files. The pages of a login are templates, one struct each: a handler
//! fills it in and has it respond, with the rules that a browser needs for it. None of them needs a script.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, Header as _, IfNoneMatch,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};

pub mod confirm;
pub(super) mod docs;
pub mod done;
pub(super) mod home;
mod language;
pub mod login;
mod page;
pub mod problem;
pub mod register;
pub mod session;
pub mod sign_out;
mod static_files;
mod texts;

pub(super) use home::prefers_html;
pub use language::Language;
pub use page::Frame;
pub use problem::Problem;

/// Own scripts only, none inline, no `eval`. Styles also inline: Swagger UI sets some on its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Mounts the start page at `/`, the API documentation at `/docs`, and the files of the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    home::routes(config);
    docs::routes(config);
    static_files::routes(config);
}

/// A file that is the same for everybody until the next release.
pub(super) struct Asset {
    content_type: &'static str,
    gzipped: bool,
    body: Bytes,
    tag: String,
}

impl Asset {
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let mut tag = String::with_capacity(32);
        for byte in &Sha256::digest(&body)[..16] {
            // Writing to a string cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        Self { content_type, gzipped: false, body, tag }
    }

    /// The file, or 304 if the client has it already. May be kept for five minutes, then must be asked for again.
    pub(super) fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let known = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.tag() == self.tag),
            _ => false,
        };
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((ETAG, EntityTag::new_strong(self.tag.clone())))
            .insert_header((CACHE_CONTROL, "public, max-age=300"))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((REFERRER_POLICY, "no-referrer"));
        if known {
            return response.finish();
        }
        if self.gzipped {
            response.insert_header((CONTENT_ENCODING, "gzip"));
        }
        response.insert_header((CONTENT_TYPE, self.content_type)).body(self.body.clone())
    }
}

/// A compiled-in file, made when it is first asked for.
type LazyAsset = LazyLock<Asset>;

static STYLE: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("pages.css")));
static MARK: LazyAsset = LazyLock::new(|| Asset::new("image/svg+xml", include_str!("mark.svg")));

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

#[cfg(test)]
mod tests;
