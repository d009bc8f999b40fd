//! `/scim/v2/Groups`: groups, one by one and as a list.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::access::Provisioner;
use super::error::ScimError;
use super::filter::GroupTerm;
use super::group::{location, resource, version};
use super::group_edit::{no_such_member, patched, whole};
use super::projection::Projection;
use super::request::{ListQuery, ShownQuery, changed, object};
use super::{Resource, list_of, respond, response};
use crate::domain::{Denied, Group, GroupDirectory, GroupId, UserId};
use crate::error::ServiceError;
use crate::groups;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::extract::versions::matches;
use crate::http::openapi::scim::ScimErrors;
use crate::http::{HttpSettings, Route};
use crate::session::{PublicUrl, SessionService};
use crate::store::Store;

/// The largest body read here, in bytes: that of a request that names as many members as one may, and says a little of
/// each.
const MAX_BODY: usize = 512 * 1024;

// Each call of the store has the whole of its time, since a request may change many accounts: so no handler takes the
// service of its request.

/// Lists groups.
#[utoipa::path(
    get, path = Route::ScimGroups.pattern(), tag = "scim", operation_id = "listScimGroups",
    security(("Provisioning" = [])),
    summary = "Find or list groups",
    description = "By `displayName`, `externalId`, `id` or `members`, alone or joined by `and`; or all. To tell who is in \
        them, every user is read: clients that need no members exclude them.",
    params(ListQuery, ShownQuery),
    responses(
        (status = 200, description = "A list.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn list(
    _: Provisioner,
    query: Result<Query<ListQuery>, ApiError>,
    shown: Result<Query<ShownQuery>, ApiError>,
    sessions: Data<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let (Query(query), Query(shown)) = (query?, shown?);
    let (start, count) = query.page()?;
    let store = sessions.store.as_ref();
    let terms = query.filter().map(GroupTerm::parse).transpose()?.unwrap_or_default();
    let directory = store.groups().await.map_err(ServiceError::from)?;
    let mut found = directory.groups;
    for term in &terms {
        retain(store, term, &mut found).await?;
    }
    let total = found.len();
    let page: Vec<_> = found.into_iter().skip(start - 1).take(count).collect();
    let resources = resources(store, &page, &shown.projection(), &settings.base).await?;
    Ok(respond(&list_of(&resources, total, start)))
}

/// Makes a group.
#[utoipa::path(
    post, path = Route::ScimGroups.pattern(), tag = "scim", operation_id = "createScimGroup",
    security(("Provisioning" = [])),
    summary = "Make a group",
    params(ShownQuery),
    request_body(content = Resource, content_type = "application/scim+json",
        description = "At most 512 KiB and 5,000 members."),
    responses(
        (status = 201, description = "The group.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn create(
    _: Provisioner,
    shown: Result<Query<ShownQuery>, ApiError>,
    payload: Payload,
    sessions: Data<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let Query(shown) = shown?;
    let edit = whole(&object(MAX_BODY, payload).await?)?;
    let (store, now) = (sessions.store.as_ref(), sessions.clock.now());
    let (name, external_id) = (edit.name.unwrap_or_default(), edit.external_id.flatten());
    let group = groups::create(store, name, external_id, &edit.members, now).await.map_err(refused)?;
    log(group.id, "make group");
    let mut response = response(StatusCode::CREATED);
    response.insert_header((LOCATION, location(&settings.base, group.id))).insert_header((ETAG, version(&group)));
    Ok(response.body(told(store, &group, &shown, &settings).await?))
}

/// Tells a group.
#[utoipa::path(
    get, path = Route::ScimGroup.pattern(), tag = "scim", operation_id = "getScimGroup",
    security(("Provisioning" = [])),
    summary = "Tell a group",
    params(("id" = String, Path, description = "The group's id."), ShownQuery),
    responses(
        (status = 200, description = "The group.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn tell(
    _: Provisioner,
    id: Path<String>,
    shown: Result<Query<ShownQuery>, ApiError>,
    sessions: Data<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let (Query(shown), store) = (shown?, sessions.store.as_ref());
    let group = groups::group(store, id_in(&id)?).await.map_err(refused)?;
    answer(store, &group, &shown, &settings).await
}

/// Replaces a group.
#[utoipa::path(
    put, path = Route::ScimGroup.pattern(), tag = "scim", operation_id = "replaceScimGroup",
    security(("Provisioning" = [])),
    summary = "Replace a group",
    description = "Where the resource does not name `members`, they stay as they are.",
    params(("id" = String, Path, description = "The group's id."), ShownQuery),
    request_body(content = Resource, content_type = "application/scim+json",
        description = "At most 512 KiB and 5,000 members."),
    responses(
        (status = 200, description = "The group.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn replace(
    _: Provisioner,
    id: Path<String>,
    shown: Result<Query<ShownQuery>, ApiError>,
    request: HttpRequest,
    payload: Payload,
    sessions: Data<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let (Query(shown), store) = (shown?, sessions.store.as_ref());
    let edit = whole(&object(MAX_BODY, payload).await?)?;
    let group = groups::change(store, id_in(&id)?, |group| matches(&request, &version(group)), &edit).await;
    let group = group.map_err(refused)?;
    log(group.id, "change group");
    answer(store, &group, &shown, &settings).await
}

/// Changes a group.
#[utoipa::path(
    patch, path = Route::ScimGroup.pattern(), tag = "scim", operation_id = "changeScimGroup",
    security(("Provisioning" = [])),
    summary = "Change a group",
    description = "Members are added and removed as Entra ID and Okta send it. Answers with the group only if `attributes` \
        or `excludedAttributes` say what of it.",
    params(("id" = String, Path, description = "The group's id."), ShownQuery),
    request_body(content = Resource, content_type = "application/scim+json",
        description = "A `PatchOp` of at most 512 KiB, 5,000 operations and 5,000 members."),
    responses(
        (status = 200, description = "The group.", body = Resource, content_type = "application/scim+json"),
        (status = 204, description = "The group is so now."), ScimErrors,
    ),
)]
pub async fn patch(
    _: Provisioner,
    id: Path<String>,
    shown: Result<Query<ShownQuery>, ApiError>,
    request: HttpRequest,
    payload: Payload,
    sessions: Data<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let (Query(shown), store) = (shown?, sessions.store.as_ref());
    let edit = patched(&object(MAX_BODY, payload).await?)?;
    let group = groups::change(store, id_in(&id)?, |group| matches(&request, &version(group)), &edit).await;
    let group = group.map_err(refused)?;
    log(group.id, "change group");
    if shown.is_given() {
        return answer(store, &group, &shown, &settings).await;
    }
    Ok(HttpResponse::NoContent().insert_header((ETAG, version(&group))).finish())
}

/// Deletes a group.
#[utoipa::path(
    delete, path = Route::ScimGroup.pattern(), tag = "scim", operation_id = "deleteScimGroup",
    security(("Provisioning" = [])),
    summary = "Delete a group",
    params(("id" = String, Path, description = "The group's id.")),
    responses((status = 204, description = "The group is gone, and nobody is in it any more."), ScimErrors),
)]
pub async fn delete(
    _: Provisioner,
    id: Path<String>,
    request: HttpRequest,
    sessions: Data<SessionService>,
) -> Result<HttpResponse, ApiError> {
    let id = id_in(&id)?;
    let deleted = groups::delete(sessions.store.as_ref(), id, |group| matches(&request, &version(group))).await;
    deleted.map_err(refused)?;
    log(id, "delete group");
    Ok(HttpResponse::NoContent().finish())
}

/// Leaves those of which a term is true.
async fn retain(store: &dyn Store, term: &GroupTerm, groups: &mut Vec<Group>) -> Result<(), ApiError> {
    match term {
        GroupTerm::Name(name) => groups.retain(|group| GroupDirectory::is_name(&group.name, name)),
        GroupTerm::ExternalId(id) => {
            groups.retain(|group| group.external_id.as_ref().is_some_and(|held| held.as_str() == id));
        }
        GroupTerm::Id(id) => groups.retain(|group| id_in(id).is_ok_and(|id| group.id == id)),
        GroupTerm::Member(user) => {
            let user = match Uuid::try_parse(user) {
                Ok(user) => store.account(UserId(user)).await.map_err(ServiceError::from)?,
                Err(_) => None,
            };
            groups.retain(|group| user.as_ref().is_some_and(|user| user.profile.is_in(group.id)));
        }
    }
    Ok(())
}

fn id_in(id: &str) -> Result<GroupId, ApiError> {
    Uuid::try_parse(id).map(GroupId).map_err(|_| no_such_group().into())
}

fn no_such_group() -> ScimError {
    ScimError::not_found("There is no such group.")
}

/// Says it as SCIM does.
fn refused(error: ServiceError) -> ApiError {
    let ServiceError::Group(denied) = error else { return error.into() };
    let refused = match denied {
        Denied::NoSuchGroup => no_such_group(),
        Denied::GroupChanged => changed(),
        Denied::GroupNameTaken => ScimError::uniqueness("Another group has this displayName."),
        Denied::ExternalIdTaken => ScimError::uniqueness("Another group has this externalId."),
        Denied::NoSuchUser => no_such_member(),
        Denied::TooManyGroups => ScimError::too_many("There are 1,000 groups, as many as there may be."),
        Denied::TooManyEntries => {
            ScimError::invalid_value("A member is in 64 groups, as many as one may be in. Others may have joined.")
        }
        other => return ServiceError::Group(other).into(),
    };
    refused.into()
}

async fn answer(
    store: &dyn Store,
    group: &Group,
    shown: &ShownQuery,
    settings: &HttpSettings,
) -> Result<HttpResponse, ApiError> {
    let body = told(store, group, shown, settings).await?;
    Ok(response(StatusCode::OK).insert_header((ETAG, version(group))).body(body))
}

async fn told(
    store: &dyn Store,
    group: &Group,
    shown: &ShownQuery,
    settings: &HttpSettings,
) -> Result<String, ApiError> {
    let resources = resources(store, std::slice::from_ref(group), &shown.projection(), &settings.base).await?;
    Ok(resources.first().map(ToString::to_string).unwrap_or_default())
}

/// The resources of groups, with their members if these are wanted.
async fn resources(
    store: &dyn Store,
    groups: &[Group],
    projection: &Projection,
    base: &PublicUrl,
) -> Result<Vec<serde_json::Value>, ApiError> {
    let members = if projection.has("members") && !groups.is_empty() {
        let too_many = || {
            let detail = "There are more than 10,000 members. Please ask with excludedAttributes=members.";
            ScimError::too_many(detail)
        };
        Some(groups::members(store, groups).await?.ok_or_else(too_many)?)
    } else {
        None
    };
    let resource = |group: &Group| {
        let members = members.as_ref().map(|members| members.get(&group.id).map_or(&[][..], Vec::as_slice));
        projection.of(resource(group, members, base))
    };
    Ok(groups.iter().map(resource).collect())
}

fn log(group: GroupId, act: &str) {
    tracing::info!(%group, act, "provisioning");
}
