//! Files that are compiled in.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, REFERRER_POLICY,
};
use actix_web::web::Bytes;
use sha2::{Digest as _, Sha256};

use crate::http::extract::KnownCopies;

/// Own scripts only, none inline, no `eval`. Styles also inline: Swagger UI sets some on its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A picture of somebody else's: no script, no other file, no origin. Drawing programs put styles into SVG.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

/// A file that is the same for everybody until the next release.
pub struct Asset {
    content_type: &'static str,
    pub(super) gzipped: bool,
    pub(super) body: Bytes,
    tag: String,
    policy: &'static str,
}

impl Asset {
    /// This file, of this content type.
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let mut tag = String::with_capacity(32);
        for byte in &Sha256::digest(&body)[..16] {
            // Writing to a string cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        Self { content_type, gzipped: false, body, tag, policy: POLICY }
    }

    /// A picture that is not ours: opened by itself, it can run and load nothing.
    pub(super) fn picture(content_type: &'static str, body: Bytes) -> Self {
        Self { policy: PICTURE_POLICY, ..Self::new(content_type, body) }
    }

    /// The file, or 304 if the client has it already. May be kept for five minutes, then must be asked for again.
    pub(crate) fn respond(&self, copies: &KnownCopies) -> HttpResponse {
        let known = copies.include(&self.tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((ETAG, EntityTag::new_strong(self.tag.clone())))
            .insert_header((CACHE_CONTROL, "public, max-age=300"))
            .insert_header((CONTENT_SECURITY_POLICY, self.policy))
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
pub(super) type LazyAsset = LazyLock<Asset>;

pub(super) static STYLE: LazyAsset = LazyLock::new(|| Asset::new(CSS, include_str!("assets/pages.css")));
pub(super) static MARK: LazyAsset = LazyLock::new(|| Asset::new("image/svg+xml", include_str!("assets/mark.svg")));

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const CSS: &str = "text/css; charset=utf-8";
/// The content type of scripts.
pub const SCRIPT: &str = "text/javascript; charset=utf-8";
