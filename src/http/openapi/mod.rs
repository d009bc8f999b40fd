//! `/openapi.json`: the API described for machines (`OpenAPI` 3.1), generated from the handlers and their types.

use std::cell::OnceCell;

use actix_web::HttpResponse;
use actix_web::web::Data;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Deprecated, Header, OpenApi, RefOr, Response};
use utoipa::{Modify, OpenApi as _};

use super::Route;
use super::extract::KnownCopies;
use super::pages::Asset;
use super::routes::Operations;

pub mod errors;
pub mod scim;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "bimgate", description = include_str!("about.md"), license(name = "MIT OR Apache-2.0")),
    servers((url = "/", description = "This server")),
    tags(
        (name = "v2", description = "The BimPlus v2 authorization service"),
        (name = "directory", description = "The Infinite Directory session API"),
        (name = "scim", description = "SCIM 2.0 (RFC 7644): an identity provider manages users and groups; off unless `scim.token` is set"),
        (name = "management", description = "What operators do; on a Unix socket, and on `manage.listen` if that is set"),
        (name = "operations", description = "For those who run the server; perhaps on a listener of its own"),
        (name = "console", description = "For operators and a help desk, in a browser; on `manage.listen` alone"),
        (name = "pages", description = "For people, and about this API"),
    ),
    components(schemas(super::error::Envelope)),
)]
struct Description;

/// The document as JSON, indented. It names `public_url` as the server to call; without one the root of the host that it
/// was itself loaded from.
///
/// # Errors
/// `serde_json`'s, if the document could not be written as JSON.
pub fn json(public_url: Option<&str>) -> serde_json::Result<String> {
    let mut document = Description::openapi().merge_from(Operations::openapi());
    for change in [&Errors as &dyn Modify, &Security, &Everywhere] {
        change.modify(&mut document);
    }
    if let (Some(url), Some(server)) = (public_url, document.servers.iter_mut().flatten().next()) {
        url.clone_into(&mut server.url);
    }
    document.to_pretty_json()
}

/// What `/openapi.json` serves, made when it is first asked for.
pub struct Document {
    public_url: Option<String>,
    made: OnceCell<Asset>,
}

impl Document {
    /// A document that names this server, see [`json`].
    #[must_use]
    pub const fn new(public_url: Option<String>) -> Self {
        Self { public_url, made: OnceCell::new() }
    }
}

/// This document
#[utoipa::path(get, path = Route::OpenApi.pattern(), tag = "pages", operation_id = "describe",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)))]
pub(super) async fn document(copies: KnownCopies, document: Data<Document>) -> HttpResponse {
    let Document { public_url, made } = &**document;
    let make = || Asset::new("application/json", json(public_url.as_deref()).unwrap_or_default());
    made.get_or_init(make).respond(&copies)
}

/// The error responses that operations refer to.
struct Errors;

impl Modify for Errors {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        components.responses.extend(errors::responses().chain(scim::responses()));
        components.schemas.insert(scim::SCHEMA.to_owned(), scim::schema());
    }
}

/// What is presented in headers of the directory API: name, header, about.
const HEADERS: [(&str, &str, &str); 5] = [
    (
        "Infinite_Directory_Session",
        "x-infinite-bearer",
        "The `directory_access_token` of a session, an RS256 JWT. `Authorization: Bearer` with the same, and \
         `Authorization: BimPlus` with an access token, name a session just as well *(ours)*. Where both headers are \
         there, this one counts under `/directory` and `Authorization` under `/v2`; an empty one equals none.",
    ),
    (
        "Native_Token",
        "x-infinite-bearer",
        "The token that a native client made up for its login: 16 to 256 bytes, from a random generator *(ours)*.",
    ),
    ("Infinite_Internal", "x-infinite-bearer", "A secret of the configuration, for a licence server."),
    ("Infinite_Data_Session", "x-infinite-bearer", "Issued by data servers, and refused here with 401."),
    ("Infinite_No_Auth", "x-infinite-no-auth", "Says that no credentials come along on purpose. Accepted and ignored."),
];

/// How sessions, tokens and secrets are presented.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let about = "The word `BimPlus`, a space, and the access token: `BimPlus 9c1874a62c974dcfa75e0132c423a088`.";
        let token = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", about)));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(
            "A `directory_access_token`, or an access token of the v2 API *(ours)*: sent as `Bearer <token>`.",
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("BimPlus", token);
        components.add_security_scheme("Bearer", SecurityScheme::Http(bearer.build()));
        let basic = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("The administrator's credentials, or those of a back end that asks about tokens."));
        components.add_security_scheme("Basic", SecurityScheme::Http(basic.build()));
        let provisioning =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("The token of `scim.token`."));
        components.add_security_scheme("Provisioning", SecurityScheme::Http(provisioning.build()));
        let management =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A token of `bimgate token add`."));
        components.add_security_scheme("Management", SecurityScheme::Http(management.build()));
        for (name, header, about) in HEADERS {
            let value = ApiKeyValue::with_description(header, about);
            components.add_security_scheme(name, SecurityScheme::ApiKey(ApiKey::Header(value)));
        }
    }
}

/// What holds for every route: the request's id, no caching under `/v2`, `HEAD` beside `GET`.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let route = Route::of(path);
            let never_stored = route.is_never_stored(path);
            if route == Route::OnAuthenticationDone
                && let Some(get) = &mut item.get
            {
                get.deprecated = Some(Deprecated::True);
            }
            // A call by either method is one function, and each operation has a name of its own.
            if let (Some(get), Some(post)) = (&item.get, &mut item.post)
                && get.operation_id == post.operation_id
            {
                post.operation_id = post.operation_id.as_ref().map(|id| format!("{id}Post"));
            }
            for operation in operations(item) {
                // Said of each: what says nothing is taken for an oversight.
                operation.security.get_or_insert_default();
                for response in operation.responses.responses.values_mut() {
                    if let RefOr::T(response) = response {
                        add_headers(response, never_stored);
                    }
                }
            }
            // Under /directory a GET changes something, or is a page that nobody needs the headers of alone.
            if route.is_same_for_all() || !path.starts_with("/directory") && !route.is_for_people() {
                item.head = item.get.as_ref().map(head_of);
            }
        }
        for response in document.components.iter_mut().flat_map(|parts| parts.responses.values_mut()) {
            if let RefOr::T(response) = response {
                add_headers(response, false);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    methods.into_iter().flatten()
}

fn add_headers(response: &mut Response, never_stored: bool) {
    let mut add = |name: &str, about: &str, example: &str| {
        let mut header = Header::default();
        header.description = Some(about.to_owned());
        header.example = Some(example.into());
        response.headers.insert(name.to_owned(), header.into());
    };
    add("x-request-id", "The request's id, also in the server's log.", "7f0c0000-0000-4000-8000-000000000000");
    if never_stored {
        add("Cache-Control", "The answer must not be kept.", "no-store");
    }
}

/// The same without its body.
fn head_of(get: &Operation) -> Operation {
    let mut head = get.clone();
    head.operation_id = get.operation_id.as_ref().map(|id| format!("{id}Head"));
    head.summary = get.summary.as_ref().map(|summary| format!("{summary} (status and headers alone)"));
    head.description = None;
    for response in head.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
    head
}
