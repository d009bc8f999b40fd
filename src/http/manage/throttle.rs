//! `/manage/v1/throttles` and `/manage/v1/users/{who}/throttle`: who is throttled, and who is let in before time.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::operator::Manager;
use super::users::who;
use crate::admin::bodies::Lifted;
use crate::admin::{Request, StandingView, ThrottleView, ThrottledUserView, ThrottledView};
use crate::domain::Network;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::Query;
use crate::http::openapi::errors::ManagementErrors;

/// Where logins were throttled lately.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described alone")]
pub struct ThrottledList {
    /// At most 100, those with the most attempts first.
    items: Vec<ThrottledView>,
    /// Of at most 50 users, those with the most attempts, who is held up at this moment.
    users: Vec<ThrottledUserView>,
    /// None of the attempts is older: an hour ago, or later if there are very many events.
    since: String,
}

/// In which network to look.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AddressQuery {
    /// An address in the network. If it is absent, the networks that the last logins of the user came from, as far as
    /// events tell; at most 8.
    #[serde(default, deserialize_with = "crate::http::extract::query::text")]
    address: Option<String>,
}

fn network(address: &str) -> Result<Network, ApiError> {
    Network::parse(address).ok_or(ApiError::BadRequest("The address must be an IP address.".into()))
}

/// Tells how a user stands.
#[utoipa::path(
    get, path = Route::ManagedUserThrottle.pattern(), tag = "management", operation_id = "showUserThrottle",
    security(("Management" = [])),
    summary = "Tell whether a user is throttled",
    description = "Charges nothing.",
    params(("who" = String, Path, description = "The user's id or e-mail address."), AddressQuery),
    responses((status = 200, description = "How the user stands.", body = ThrottleView), ManagementErrors),
)]
pub async fn show(
    manager: Manager,
    named: Path<String>,
    query: Result<Query<AddressQuery>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let address = query?.0.address.as_deref().map(network).transpose()?;
    manager.answer(Request::Throttle(who(&named)?, address)).await
}

/// Lifts the throttle of a user.
#[utoipa::path(
    delete, path = Route::ManagedUserThrottle.pattern(), tag = "management", operation_id = "liftUserThrottle",
    security(("Management" = [])),
    summary = "Lift the throttle of a user",
    description = "Fills the buckets of the account, and those of the account in the network that is named, or else in \
        those that the last logins came from. The buckets of networks for all accounts stay as they are.",
    params(("who" = String, Path, description = "The user's id or e-mail address."), AddressQuery),
    responses((status = 200, description = "How many buckets were empty.", body = Lifted), ManagementErrors),
)]
pub async fn lift(
    manager: Manager,
    named: Path<String>,
    query: Result<Query<AddressQuery>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let address = query?.0.address.as_deref().map(network).transpose()?;
    manager.answer(Request::Lift(who(&named)?, address)).await
}

/// Tells where logins were throttled lately.
#[utoipa::path(
    get, path = Route::ManagedThrottles.pattern(), tag = "management", operation_id = "listThrottled",
    security(("Management" = [])),
    summary = "List where logins were throttled in the last hour, and who is throttled by that",
    description = "As events tell, a minute after the attempts.",
    responses((status = 200, description = "The addresses, and the users.", body = ThrottledList), ManagementErrors),
)]
pub async fn list(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::Throttled).await
}

/// Tells how a network stands.
#[utoipa::path(
    get, path = Route::ManagedThrottle.pattern(), tag = "management", operation_id = "showThrottle",
    security(("Management" = [])),
    summary = "Tell whether a network is throttled",
    description = "For an account that nobody has tried from there. Charges nothing.",
    params(("address" = String, Path, description = "An address in the network.")),
    responses((status = 200, description = "How the network stands.", body = StandingView), ManagementErrors),
)]
pub async fn show_network(manager: Manager, address: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::NetworkThrottle(network(&address)?)).await
}

/// Lifts the throttle of a network.
#[utoipa::path(
    delete, path = Route::ManagedThrottle.pattern(), tag = "management", operation_id = "liftThrottle",
    security(("Management" = [])),
    summary = "Lift the throttle of a network",
    description = "Fills its buckets for all accounts and those of unknown tokens, and those of the wider networks \
        around it. The buckets of each account stay as they are.",
    params(("address" = String, Path, description = "An address in the network.")),
    responses((status = 200, description = "How many buckets were empty.", body = Lifted), ManagementErrors),
)]
pub async fn lift_network(manager: Manager, address: Path<String>) -> Result<HttpResponse, ApiError> {
    manager.answer(Request::LiftNetwork(network(&address)?)).await
}
