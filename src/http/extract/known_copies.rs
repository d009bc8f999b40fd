//! Copies of a file that a client has already.

use actix_web::HttpRequest;
use actix_web::http::header::{EntityTag, Header as _, IfNoneMatch};

use super::from_head;

/// The copies that a client names in `If-None-Match`. One that cannot be read names none.
pub struct KnownCopies(Vec<EntityTag>);

impl KnownCopies {
    fn of(request: &HttpRequest) -> Self {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Items(tags)) => Self(tags),
            _ => Self(Vec::new()),
        }
    }

    /// Whether the one with this tag is among them.
    pub fn include(&self, tag: &str) -> bool {
        self.0.iter().any(|known| known.tag() == tag)
    }
}

from_head!(KnownCopies);
