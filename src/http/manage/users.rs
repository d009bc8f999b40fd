//! `/manage/v1/users`: people, one by one and as a list.

use actix_web::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::operator::Manager;
use super::{PageQuery, body, version};
use crate::admin::{
    AccountView, AdminError, Answer, Change, NewAccount, ROOT, Request, Row, TeamView, UserFilter, UserSelector,
};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Query, versions};
use crate::http::openapi::errors::ManagementErrors;

/// What of the users to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Whether each is told with scopes, teams, tags and subject; then at most 100 are.
    #[serde(default, deserialize_with = "crate::http::extract::query::flag")]
    profiles: Option<bool>,
    /// A part of the e-mail address or of the name, in any case.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    search: Option<String>,
    /// Whether those alone who may not log in.
    #[serde(default, deserialize_with = "crate::http::extract::query::flag")]
    disabled: Option<bool>,
    /// Whether those alone who have no password.
    #[serde(default, deserialize_with = "crate::http::extract::query::flag")]
    no_password: Option<bool>,
}

impl ListQuery {
    fn filter(self) -> Result<UserFilter, ApiError> {
        let search = self.search.map(String::into_boxed_str);
        if search.as_ref().is_some_and(|part| part.len() > UserFilter::MAX_SEARCH) {
            let sentence = format!("The parameter search must be at most {} bytes long.", UserFilter::MAX_SEARCH);
            return Err(ApiError::BadRequest(sentence.into()));
        }
        let (disabled, no_password) = (self.disabled.unwrap_or_default(), self.no_password.unwrap_or_default());
        Ok(UserFilter { search, disabled, no_password })
    }
}

/// One change: an object with one of these members.
#[derive(ToSchema)]
#[schema(as = UserChange)]
#[expect(dead_code, reason = "described alone: `admin::Change` is read")]
pub struct UserChange {
    /// A new password, as its hash; ends every session, and revokes every app password.
    password_hash: Option<String>,
    /// What the user logs in with from now on.
    email: Option<String>,
    /// The name shown to people.
    name: Option<String>,
    /// Whether the user may log in; one who may not has every session ended.
    enabled: Option<bool>,
    /// Rights, of `access:frontend`, `access:client-dev` and `access:admin`; the last takes the scope `everything`.
    rights: Option<RightsChange>,
    /// Third-party scopes.
    scopes: Option<EntriesChange>,
    /// Teams.
    teams: Option<TeamsChange>,
    /// Tags.
    tags: Option<EntriesChange>,
}

/// Rights granted and taken away.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct RightsChange {
    grant: Option<Vec<String>>,
    revoke: Option<Vec<String>>,
}

/// Entries of a list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct EntriesChange {
    add: Option<Vec<String>>,
    remove: Option<Vec<String>>,
}

/// Teams to put the user into, and the ids of those to take the user out of.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct TeamsChange {
    add: Option<Vec<TeamView>>,
    remove: Option<Vec<String>>,
}

/// A part of the users.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone: `admin::Answer` is written")]
pub struct UserList {
    items: Vec<AccountView>,
    /// Where the next part begins: `after` of the next request; `null` at the end.
    next: Option<String>,
}

/// The user that a path names, by id or by e-mail address.
pub fn who(named: &str) -> Result<UserSelector, ApiError> {
    UserSelector::parse(named).ok_or_else(|| AdminError::NoSuchUser.into())
}

/// Lists users.
#[utoipa::path(
    get, path = Route::ManagedUsers.pattern(), tag = "management", operation_id = "listUsers",
    security(("Management" = [])),
    summary = "List users",
    description = "In an order of the store's own. A part may be short, or empty, although others follow: `next` \
        says so. A request with a filter looks at no more than 5000 accounts.",
    params(PageQuery, ListQuery),
    responses((status = 200, description = "A part of the users.", body = UserList), ManagementErrors),
)]
pub async fn list(
    manager: Manager,
    page: Result<Query<PageQuery>, ApiError>,
    query: Result<Query<ListQuery>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let (Query(page), Query(query)) = (page?, query?);
    let (limit, profiles) = (page.limit(), query.profiles.unwrap_or_default());
    manager.answer(Request::List { after: page.after, limit, profiles, filter: query.filter()? }).await
}

/// Makes a user.
#[utoipa::path(
    post, path = Route::ManagedUsers.pattern(), tag = "management", operation_id = "addUser",
    security(("Management" = [])),
    summary = "Make a user",
    description = "With an `id` of the client's choice a second attempt is refused, and makes no second user.",
    request_body(content = Row),
    responses((status = 201, description = "The user.", body = AccountView), ManagementErrors),
)]
pub async fn add(manager: Manager, payload: Payload) -> Result<HttpResponse, ApiError> {
    let new: NewAccount = body::read(body::MAX_BYTES, payload).await?;
    let account = account(manager.execute(Request::Add(new)).await?)?;
    let location = format!("{ROOT}/users/{}", account.id);
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, location)).insert_header((ETAG, version::of(&account)?));
    Ok(response.json(account))
}

/// Tells a user.
#[utoipa::path(
    get, path = Route::ManagedUser.pattern(), tag = "management", operation_id = "showUser",
    security(("Management" = [])),
    summary = "Tell a user",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses(
        (status = 200, description = "The user. `ETag` has the version.", body = AccountView),
        (status = 304, description = "The user is as `If-None-Match` says."), ManagementErrors,
    ),
)]
pub async fn show(manager: Manager, named: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let account = account(manager.execute(Request::Show(who(&named)?)).await?)?;
    let version = version::of(&account)?;
    if versions::names(&request, IF_NONE_MATCH, &version) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, version)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((ETAG, version)).json(account))
}

/// Changes a user.
#[utoipa::path(
    patch, path = Route::ManagedUser.pattern(), tag = "management", operation_id = "changeUser",
    security(("Management" = [])),
    summary = "Change a user",
    description = "One change a request, all of it or none. With `If-Match` only where the user still has that \
        version.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    request_body(content = UserChange),
    responses(
        (status = 200, description = "The user. `ETag` has the version.", body = AccountView), ManagementErrors,
    ),
)]
pub async fn change(
    manager: Manager,
    named: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let change: Change = body::read(body::MAX_BYTES, payload).await?;
    change_of(&manager, &named, &request, change).await
}

/// Makes a change, if the client knows the account as it is.
pub async fn change_of(
    manager: &Manager,
    named: &str,
    request: &HttpRequest,
    change: Change,
) -> Result<HttpResponse, ApiError> {
    let who = known(manager, who(named)?, request).await?;
    let account = account(manager.execute(Request::Change(who, change)).await?)?;
    let version = version::of(&account)?;
    Ok(HttpResponse::Ok().insert_header((ETAG, version)).json(account))
}

/// Deletes a user.
#[utoipa::path(
    delete, path = Route::ManagedUser.pattern(), tag = "management", operation_id = "deleteUser",
    security(("Management" = [])),
    summary = "Delete a user",
    description = "Ends everything that the user has open. With `If-Match` only where the user still has that version.",
    params(("who" = String, Path, description = "The user's id or e-mail address.")),
    responses((status = 204, description = "The user is gone."), ManagementErrors),
)]
pub async fn delete(manager: Manager, named: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let who = known(&manager, who(&named)?, &request).await?;
    manager.execute(Request::Delete(who)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The user that a change is about, who must have the version that the client names, if it names one.
async fn known(manager: &Manager, who: UserSelector, request: &HttpRequest) -> Result<UserSelector, ApiError> {
    if !request.headers().contains_key(IF_MATCH) {
        return Ok(who);
    }
    let account = account(manager.execute(Request::Show(who)).await?)?;
    version::must_match(request, &account)?;
    // By the id, so that it is this user who is changed.
    Ok(UserSelector::Id(account.id))
}

/// The account in an answer.
pub fn account(answer: Answer) -> Result<Box<AccountView>, ApiError> {
    match answer {
        Answer::Account(account) => Ok(account),
        _ => Err(ApiError::Unknown("an act on a user did not answer with the user".to_owned())),
    }
}

/// An id in a path.
pub fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}
