//! What this service provider offers (RFC 7644, 4; RFC 7643, 5 to 7).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::access::Provisioner;
use super::error::ScimError;
use super::filter::USER;
use super::users::MAX_PAGE;
use super::{ROOT, Resource, list_of, respond};
use crate::http::error::ApiError;
use crate::http::openapi::scim::ScimErrors;
use crate::http::{HttpSettings, Route};
use crate::session::PublicUrl;

/// Tells what this service provider can do.
#[utoipa::path(
    get, path = Route::ScimConfig.pattern(), tag = "scim", operation_id = "getScimConfig",
    security(("Provisioning" = [])),
    summary = "Tell what is offered",
    responses(
        (status = 200, description = "What is offered.", body = Resource, content_type = "application/scim+json"),
        ScimErrors,
    ),
)]
pub async fn config(_: Provisioner, settings: Data<HttpSettings>) -> HttpResponse {
    respond(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MAX_PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer",
            "description": "The token of scim.token, as Authorization: Bearer.",
            "primary": true,
        }],
        "meta": meta(&settings.base, "ServiceProviderConfig", "/ServiceProviderConfig"),
    }))
}

/// Lists the types of resources.
#[utoipa::path(
    get, path = Route::ScimResourceTypes.pattern(), tag = "scim", operation_id = "listScimResourceTypes",
    security(("Provisioning" = [])),
    summary = "List the types of resources",
    responses(
        (status = 200, description = "The types.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn resource_types(_: Provisioner, settings: Data<HttpSettings>) -> HttpResponse {
    respond(&list_of(&[user_type(&settings.base)], 1, 1))
}

/// Tells a type of resources.
#[utoipa::path(
    get, path = Route::ScimResourceType.pattern(), tag = "scim", operation_id = "getScimResourceType",
    security(("Provisioning" = [])),
    summary = "Tell a type of resources",
    params(("id" = String, Path, description = "`User`")),
    responses(
        (status = 200, description = "The type.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn resource_type(
    _: Provisioner,
    id: Path<String>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    if *id != "User" {
        return Err(ScimError::not_found("There is no such type of resources.").into());
    }
    Ok(respond(&user_type(&settings.base)))
}

/// Lists the schemas.
#[utoipa::path(
    get, path = Route::ScimSchemas.pattern(), tag = "scim", operation_id = "listScimSchemas",
    security(("Provisioning" = [])),
    summary = "List the schemas",
    responses(
        (status = 200, description = "The schemas.", body = Resource, content_type = "application/scim+json"),
        ScimErrors,
    ),
)]
pub async fn schemas(_: Provisioner, settings: Data<HttpSettings>) -> HttpResponse {
    respond(&list_of(&[user_schema(&settings.base)], 1, 1))
}

/// Tells a schema.
#[utoipa::path(
    get, path = Route::ScimSchema.pattern(), tag = "scim", operation_id = "getScimSchema",
    security(("Provisioning" = [])),
    summary = "Tell a schema",
    params(("id" = String, Path, description = "The URI of the schema.")),
    responses(
        (status = 200, description = "The schema.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn schema(_: Provisioner, id: Path<String>, settings: Data<HttpSettings>) -> Result<HttpResponse, ApiError> {
    if *id != USER {
        return Err(ScimError::not_found("There is no such schema.").into());
    }
    Ok(respond(&user_schema(&settings.base)))
}

fn meta(base: &PublicUrl, kind: &str, path: &str) -> Value {
    json!({ "resourceType": kind, "location": base.at(&format!("{ROOT}{path}")) })
}

fn user_type(base: &PublicUrl) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "A person who may log in.",
        "schema": USER,
        "schemaExtensions": [],
        "meta": meta(base, "ResourceType", "/ResourceTypes/User"),
    })
}

/// The attributes that are kept. What is derived from another one is read-only: it is taken when it is sent, as
/// `docs/api/scim.md` says, but a client need not send it.
fn user_schema(base: &PublicUrl) -> Value {
    let read_only = |name: &str, kind: &str, about: &str| attribute(name, kind, about, "readOnly");
    let mut user_name =
        attribute("userName", "string", "The e-mail address that the person logs in with.", "readWrite");
    user_name["required"] = json!(true);
    user_name["uniqueness"] = json!("server");
    let mut active = attribute("active", "boolean", "Whether the person may log in.", "readWrite");
    active["required"] = json!(true);
    let mut name = read_only("name", "complex", "The name in parts, as far as they are told from each other.");
    name["subAttributes"] = json!([read_only("formatted", "string", "The whole name.")]);
    let mut emails = read_only("emails", "complex", "The e-mail address: that of userName.");
    emails["multiValued"] = json!(true);
    emails["subAttributes"] = json!([
        read_only("value", "string", "The address."),
        read_only("type", "string", "`work`"),
        read_only("primary", "boolean", "True."),
    ]);
    let mut groups = read_only("groups", "complex", "The teams of the person.");
    groups["multiValued"] = json!(true);
    groups["subAttributes"] =
        json!([read_only("value", "string", "The team's id."), read_only("display", "string", "The team's name.")]);
    let shown = attribute("displayName", "string", "The name shown to people.", "readWrite");
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": USER,
        "name": "User",
        "description": "A person who may log in.",
        "attributes": [user_name, shown, name, active, emails, groups],
        "meta": meta(base, "Schema", &format!("/Schemas/{USER}")),
    })
}

fn attribute(name: &str, kind: &str, about: &str, mutability: &str) -> Value {
    let mut attribute = json!({
        "name": name,
        "type": kind,
        "description": about,
        "multiValued": false,
        "required": false,
        "mutability": mutability,
        "returned": "default",
    });
    if kind == "string" {
        attribute["caseExact"] = json!(false);
        attribute["uniqueness"] = json!("none");
    }
    attribute
}
