//! What a client knows of a resource: `If-Match` and `If-None-Match` (RFC 9110, 13.1).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH};

/// Whether a header names the version that a resource has. Whether versions are weak does not count.
pub fn names(request: &HttpRequest, header: HeaderName, version: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let lists = request.headers().get_all(header).filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|tag| tag.trim() == "*" || bare(tag) == bare(version))
}

/// Whether a change may be made of this version: the client names it, or none.
pub fn matches(request: &HttpRequest, version: &str) -> bool {
    !request.headers().contains_key(IF_MATCH) || names(request, IF_MATCH, version)
}
