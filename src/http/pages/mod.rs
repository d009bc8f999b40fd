//! What a browser shows. Everything is compiled in; nothing comes from elsewhere, and the content security policy says so.
//!
//! The start page and the API documentation are files. The pages of a login are templates, one struct each: a handler
//! fills it in and has it respond, with the rules that a browser needs for it. None of them needs a script, but for
//! adding a passkey and using one.

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header as _};
use actix_web::web::ServiceConfig;

pub mod account;
pub mod asset;
pub mod brand;
pub mod confirm;
pub(super) mod docs;
pub mod done;
pub mod forgot;
pub(super) mod home;
mod language;
pub mod link;
pub mod login;
pub mod page;
pub mod passkey;
pub mod problem;
pub(super) mod program;
pub mod register;
pub mod second_factor;
pub mod sign_out;
pub(super) mod static_files;
mod texts;

pub use crate::domain::Language;
pub(super) use asset::Asset;
pub use brand::Brand;
pub use page::Frame;
pub use problem::Problem;

use super::extract::from_head;
use super::routes;

/// Mounts the start page, the API's documentation and description, and the files of all pages.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(routes::pages).configure(routes::files);
}

/// Whether a person in a browser is asking: HTML ranks before everything else in `Accept` (RFC 9110, 12.5.1).
pub struct PrefersHtml(pub bool);

impl PrefersHtml {
    /// Of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let first = Accept::parse(request).ok().and_then(|accept| accept.ranked().into_iter().next());
        Self(first.is_some_and(|first| first.essence_str() == "text/html"))
    }
}

from_head!(PrefersHtml);

#[cfg(test)]
mod tests;
