//! `/scim/v2/Users`: users, one by one and as a list.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_NONE_MATCH, LOCATION};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::access::Provisioner;
use super::edit::UserEdit;
use super::error::ScimError;
use super::filter::Filter;
use super::request::{ListQuery, ShownQuery, changed, object};
use super::user::{location, resource, version};
use super::{Resource, list_of, respond, response};
use crate::domain::{Account, AccountChange, Denied, Email, ExternalId, UserId};
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::versions::{matches, names};
use crate::http::extract::{PerRequest, Query, body};
use crate::http::openapi::scim::ScimErrors;
use crate::http::{HttpSettings, Route};
use crate::session::SessionService;
use crate::store::{Creation, Store};

/// How many users there may be for a list without a filter: places in it are counted from its beginning.
const MAX_LISTED: usize = 10_000;
/// How many accounts are read from the store at once.
const READ_AT_ONCE: usize = 500;

/// Lists users.
#[utoipa::path(
    get, path = Route::ScimUsers.pattern(), tag = "scim", operation_id = "listScimUsers",
    security(("Provisioning" = [])),
    summary = "Find or list users",
    description = "By a filter that an index answers, or all where there are at most 10,000; where there are more, 400 \
        `tooMany`.",
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
    let (accounts, total) = match query.filter().map(Filter::parse).transpose()? {
        Some(filter) => {
            let found = find(store, &filter).await?;
            let total = usize::from(found.is_some());
            (found.into_iter().skip(start - 1).take(count).collect(), total)
        }
        None => page(store, start - 1, count).await?,
    };
    let projection = shown.projection();
    let resources = accounts.iter().map(|account| projection.of(resource(account, &settings.base)));
    Ok(respond(&list_of(&resources.collect::<Vec<_>>(), total, start)))
}

/// Makes a user.
#[utoipa::path(
    post, path = Route::ScimUsers.pattern(), tag = "scim", operation_id = "createScimUser",
    security(("Provisioning" = [])),
    summary = "Make a user",
    params(ShownQuery),
    request_body(content = Resource, content_type = "application/scim+json", description = "At most 16 KiB."),
    responses(
        (status = 201, description = "The user.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn create(
    _: Provisioner,
    shown: Result<Query<ShownQuery>, ApiError>,
    payload: Payload,
    sessions: PerRequest<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let Query(shown) = shown?;
    let edit = UserEdit::whole(&object(body::MAX_BYTES, payload).await?)?;
    let email = edit.login_name(None)?.ok_or(ApiError::Missing)?;
    let store = sessions.store.as_ref();
    let external_id = edit.external_id().cloned().flatten();
    free(store, None, None, external_id.as_ref()).await?;
    let generation = Uuid::new_v4().as_fields().0;
    let account = Account {
        name: edit.name()?.unwrap_or_default(),
        enabled: edit.is_active(),
        ..Account::new(UserId(Uuid::new_v4()), email, generation, sessions.clock.now())
    };
    let created = store.create_accounts(std::slice::from_ref(&account)).await.map_err(ServiceError::from)?;
    if !matches!(created.as_slice(), [Creation::Created]) {
        return Err(taken(Denied::EmailTaken).into());
    }
    let account = match external_id {
        None => account,
        Some(id) => match change(store, account.id, &AccountChange::ExternalId(Some(id))).await {
            Ok(account) => account,
            Err(error) => {
                // Somebody else was quicker. What was made a moment ago must not stay as half of a user.
                store.delete_account(account.id).await.map_err(ServiceError::from)?.ok();
                return Err(error);
            }
        },
    };
    log(account.id, "make user");
    let location = location(&settings.base, account.id);
    let mut response = response(StatusCode::CREATED);
    response.insert_header((LOCATION, location)).insert_header((ETAG, version(&account)));
    Ok(response.body(shown.projection().of(resource(&account, &settings.base)).to_string()))
}

/// Tells a user.
#[utoipa::path(
    get, path = Route::ScimUser.pattern(), tag = "scim", operation_id = "getScimUser",
    security(("Provisioning" = [])),
    summary = "Tell a user",
    params(("id" = String, Path, description = "The user's id."), ShownQuery),
    responses(
        (status = 200, description = "The user.", body = Resource, content_type = "application/scim+json"),
        (status = 304, description = "The user is as `If-None-Match` says."), ScimErrors,
    ),
)]
pub async fn tell(
    _: Provisioner,
    id: Path<String>,
    shown: Result<Query<ShownQuery>, ApiError>,
    request: HttpRequest,
    sessions: PerRequest<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let account = known(sessions.store.as_ref(), &id).await?;
    if names(&request, IF_NONE_MATCH, &version(&account)) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, version(&account))).finish());
    }
    Ok(told(&account, &shown?.0, &settings))
}

/// Replaces a user.
#[utoipa::path(
    put, path = Route::ScimUser.pattern(), tag = "scim", operation_id = "replaceScimUser",
    security(("Provisioning" = [])),
    summary = "Replace a user",
    description = "What the resource does not say, the user does not have any more; `active` alone stays as it is.",
    params(("id" = String, Path, description = "The user's id."), ShownQuery),
    request_body(content = Resource, content_type = "application/scim+json", description = "At most 16 KiB."),
    responses(
        (status = 200, description = "The user.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn replace(
    _: Provisioner,
    id: Path<String>,
    shown: Result<Query<ShownQuery>, ApiError>,
    request: HttpRequest,
    payload: Payload,
    sessions: PerRequest<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let Query(shown) = shown?;
    let edit = UserEdit::whole(&object(body::MAX_BYTES, payload).await?)?;
    let account = edited(sessions.store.as_ref(), &id, &request, &edit).await?;
    Ok(told(&account, &shown, &settings))
}

/// Changes a user.
#[utoipa::path(
    patch, path = Route::ScimUser.pattern(), tag = "scim", operation_id = "changeScimUser",
    security(("Provisioning" = [])),
    summary = "Change a user",
    description = "Disabling (`active`) ends everything that the user has open, at once.",
    params(("id" = String, Path, description = "The user's id."), ShownQuery),
    request_body(content = Resource, content_type = "application/scim+json",
        description = "A `PatchOp` of at most 100 operations and 16 KiB."),
    responses(
        (status = 200, description = "The user.", body = Resource, content_type = "application/scim+json"), ScimErrors,
    ),
)]
pub async fn patch(
    _: Provisioner,
    id: Path<String>,
    shown: Result<Query<ShownQuery>, ApiError>,
    request: HttpRequest,
    payload: Payload,
    sessions: PerRequest<SessionService>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, ApiError> {
    let Query(shown) = shown?;
    let edit = UserEdit::patched(&object(body::MAX_BYTES, payload).await?)?;
    let account = edited(sessions.store.as_ref(), &id, &request, &edit).await?;
    Ok(told(&account, &shown, &settings))
}

/// Deletes a user.
#[utoipa::path(
    delete, path = Route::ScimUser.pattern(), tag = "scim", operation_id = "deleteScimUser",
    security(("Provisioning" = [])),
    summary = "Delete a user",
    params(("id" = String, Path, description = "The user's id.")),
    responses((status = 204, description = "The user is gone, and everything that they had open."), ScimErrors),
)]
pub async fn delete(
    _: Provisioner,
    id: Path<String>,
    request: HttpRequest,
    sessions: PerRequest<SessionService>,
) -> Result<HttpResponse, ApiError> {
    let store = sessions.store.as_ref();
    let account = known(store, &id).await?;
    must_match(&request, &account)?;
    let deleted = store.delete_account(account.id).await.map_err(ServiceError::from)?;
    deleted.map_err(|_| no_such_user())?;
    log(account.id, "delete user");
    Ok(HttpResponse::NoContent().finish())
}

/// Does nothing: there are no bulk operations.
#[utoipa::path(
    post, path = Route::ScimBulk.pattern(), tag = "scim", operation_id = "refuseScimBulk",
    security(("Provisioning" = [])),
    summary = "Not offered",
    description = "Several operations in one request, as `ServiceProviderConfig` says that there are none.",
    request_body(content = Resource, content_type = "application/scim+json"),
    responses(ScimErrors),
)]
pub async fn bulk(_: Provisioner) -> Result<HttpResponse, ApiError> {
    Err(ScimError::not_implemented("Bulk operations are not offered. Send each as a request of its own.").into())
}

/// Finds the user and makes of them what a client wants.
async fn edited(store: &dyn Store, id: &str, request: &HttpRequest, edit: &UserEdit) -> Result<Account, ApiError> {
    let mut account = known(store, id).await?;
    must_match(request, &account)?;
    let changes = edit.changes(&account)?;
    // All or nothing (RFC 7644, 3.5.2): what may be refused is looked at before anything is changed.
    let email = changes.iter().find_map(|change| match change {
        AccountChange::Email(email) => Some(email),
        _ => None,
    });
    let external_id = changes.iter().find_map(|change| match change {
        AccountChange::ExternalId(id) => id.as_ref(),
        _ => None,
    });
    free(store, Some(account.id), email, external_id).await?;
    if account.profile.rights.admin && changes.iter().any(makes_operator) {
        return Err(no_operator().into());
    }
    for wanted in &changes {
        account = change(store, account.id, wanted).await?;
        let act = match wanted {
            AccountChange::Disable => "disable user",
            AccountChange::Enable => "enable user",
            AccountChange::Email(_) => "set e-mail address",
            AccountChange::Name(_) => "set name",
            _ => "set external id",
        };
        log(account.id, act);
    }
    Ok(account)
}

/// Refuses what another user has.
async fn free(
    store: &dyn Store,
    user: Option<UserId>,
    email: Option<&Email>,
    external_id: Option<&ExternalId>,
) -> Result<(), ApiError> {
    let is_another = |holder: Option<Account>| holder.is_some_and(|holder| Some(holder.id) != user);
    if let Some(email) = email
        && is_another(store.account_by_email(email).await.map_err(ServiceError::from)?)
    {
        return Err(taken(Denied::EmailTaken).into());
    }
    if let Some(id) = external_id
        && is_another(store.account_by_external_id(id).await.map_err(ServiceError::from)?)
    {
        return Err(taken(Denied::ExternalIdTaken).into());
    }
    Ok(())
}

/// Whether somebody else could be let in as the person, or the person again: of an operator, that makes an operator.
const fn makes_operator(change: &AccountChange) -> bool {
    matches!(change, AccountChange::Email(_) | AccountChange::Enable)
}

fn no_operator() -> ScimError {
    ScimError::forbidden(
        "This user has the right access:admin: an operator changes their userName, and enables them again.",
    )
}

async fn change(store: &dyn Store, user: UserId, change: &AccountChange) -> Result<Account, ApiError> {
    let guarded = makes_operator(change).then(|| AccountChange::UnlessAdmin(Box::new(change.clone())));
    let changed = store.change_account(user, guarded.as_ref().unwrap_or(change)).await.map_err(ServiceError::from)?;
    changed.map_err(|denied| match denied {
        Denied::NoSuchUser => no_such_user(),
        Denied::IsOperator => no_operator().into(),
        denied => taken(denied).into(),
    })
}

fn taken(denied: Denied) -> ScimError {
    ScimError::uniqueness(match denied {
        Denied::ExternalIdTaken => "Another user has this externalId.",
        _ => "Another user has this userName.",
    })
}

fn no_such_user() -> ApiError {
    ScimError::not_found("There is no such user.").into()
}

async fn known(store: &dyn Store, id: &str) -> Result<Account, ApiError> {
    find(store, &Filter::Id(id.to_owned())).await?.ok_or_else(no_such_user)
}

async fn find(store: &dyn Store, filter: &Filter) -> Result<Option<Account>, ApiError> {
    let found = match filter {
        Filter::Id(id) => match Uuid::try_parse(id) {
            Ok(id) => store.account(UserId(id)).await,
            Err(_) => return Ok(None),
        },
        Filter::UserName(name) => match Email::new(name) {
            Some(email) => store.account_by_email(&email).await,
            None => return Ok(None),
        },
        Filter::ExternalId(id) => match ExternalId::new(id) {
            Some(id) => store.account_by_external_id(&id).await,
            None => return Ok(None),
        },
    };
    Ok(found.map_err(ServiceError::from)?)
}

/// A page of all accounts, and how many there are.
async fn page(store: &dyn Store, skip: usize, count: usize) -> Result<(Vec<Account>, usize), ApiError> {
    let (mut accounts, mut total, mut after) = (Vec::new(), 0, None);
    loop {
        let page = store.accounts(after.as_deref(), READ_AT_ONCE).await.map_err(ServiceError::from)?;
        for account in page.items {
            if total >= skip && accounts.len() < count {
                accounts.push(account);
            }
            total += 1;
        }
        if total > MAX_LISTED {
            let detail = "There are more than 10,000 users. Please ask with a filter: userName eq, externalId eq.";
            return Err(ScimError::too_many(detail).into());
        }
        if page.next.is_none() {
            return Ok((accounts, total));
        }
        after = page.next;
    }
}

fn told(account: &Account, shown: &ShownQuery, settings: &HttpSettings) -> HttpResponse {
    let resource = shown.projection().of(resource(account, &settings.base));
    response(StatusCode::OK).insert_header((ETAG, version(account))).body(resource.to_string())
}

/// Refuses a change of a version that the user does not have any more.
fn must_match(request: &HttpRequest, account: &Account) -> Result<(), ApiError> {
    if matches(request, &version(account)) { Ok(()) } else { Err(changed().into()) }
}

fn log(user: UserId, act: &str) {
    tracing::info!(%user, act, "provisioning");
}
