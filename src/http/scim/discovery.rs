//! What this service provider offers (RFC 7644, 4; RFC 7643, 5 to 7).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::access::Provisioner;
use super::error::ScimError;
use super::filter::{GROUP, USER};
use super::request::MAX_PAGE;
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
    respond(&list_of(&[user_type(&settings.base), group_type(&settings.base)], 2, 1))
}

/// Tells a type of resources.
#[utoipa::path(
    get, path = Route::ScimResourceType.pattern(), tag = "scim", operation_id = "getScimResourceType",
    security(("Provisioning" = [])),
    summary = "Tell a type of resources",
    params(("id" = String, Path, description = "`User` or `Group`")),
    responses(
        (status = 200, description = "The type.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn resource_type(
    _: Provisioner,
    id: Path<String>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    match id.as_str() {
        "User" => Ok(respond(&user_type(&settings.base))),
        "Group" => Ok(respond(&group_type(&settings.base))),
        _ => Err(ScimError::not_found("There is no such type of resources.").into()),
    }
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
    respond(&list_of(&[user_schema(&settings.base), group_schema(&settings.base)], 2, 1))
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
    match id.as_str() {
        USER => Ok(respond(&user_schema(&settings.base))),
        GROUP => Ok(respond(&group_schema(&settings.base))),
        _ => Err(ScimError::not_found("There is no such schema.").into()),
    }
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

fn group_type(base: &PublicUrl) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "Group",
        "name": "Group",
        "endpoint": "/Groups",
        "description": "A team of users.",
        "schema": GROUP,
        "schemaExtensions": [],
        "meta": meta(base, "ResourceType", "/ResourceTypes/Group"),
    })
}

/// The attributes of users that are kept. What is derived from another one is read-only: it is taken when it is sent, as
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
    let mut groups = read_only("groups", "complex", "The groups that the person is in.");
    groups["multiValued"] = json!(true);
    groups["subAttributes"] = json!([
        read_only("value", "string", "The group's id."),
        reference("Group", "readOnly"),
        read_only("display", "string", "The group's name."),
        read_only("type", "string", "`direct`"),
    ]);
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

fn group_schema(base: &PublicUrl) -> Value {
    let mut name = attribute("displayName", "string", "The name of the team.", "readWrite");
    name["required"] = json!(true);
    name["uniqueness"] = json!("server");
    let mut members = attribute("members", "complex", "The users in it.", "readWrite");
    members["multiValued"] = json!(true);
    let mut kind = attribute("type", "string", "`User`", "immutable");
    kind["canonicalValues"] = json!(["User"]);
    members["subAttributes"] =
        json!([attribute("value", "string", "The user's id.", "immutable"), reference("User", "immutable"), kind,]);
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": GROUP,
        "name": "Group",
        "description": "A team of users.",
        "attributes": [name, members],
        "meta": meta(base, "Schema", &format!("/Schemas/{GROUP}")),
    })
}

/// The attribute that says where a resource of a type is.
fn reference(kind: &str, mutability: &str) -> Value {
    let mut reference = attribute("$ref", "reference", "Where it is.", mutability);
    reference["referenceTypes"] = json!([kind]);
    reference["caseExact"] = json!(true);
    reference["uniqueness"] = json!("none");
    reference
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
