//! `/manage/v1/settings` and `/manage/v1/health`: how the server is set up, and how it is.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::operator::Manager;
use crate::domain::Scope;
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::ManagementErrors;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Its release.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Whether it takes logins: not while Redis is full.
    takes_logins: bool,
    /// What the operator should know about how the store is set up: one sentence each.
    warnings: Vec<String>,
}

/// Shows the settings in force.
#[utoipa::path(
    get, path = Route::ManagedSettings.pattern(), tag = "management", operation_id = "showSettings",
    security(("Management" = [])),
    summary = "Show the settings in force",
    description = "Those that were changed since the server started count where it takes them at SIGHUP. Secrets are masked.",
    responses((
        status = 200, description = "By setting, each with `value` and `source`.", body = serde_json::Value,
    ), ManagementErrors),
)]
pub async fn settings(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.must(Scope::Read)?;
    let in_force = manager.management.settings.load();
    let settings = in_force.iter().map(|setting| {
        let shown = json!({ "value": setting.shown(), "source": setting.location.to_string() });
        (setting.key.clone(), shown)
    });
    Ok(HttpResponse::Ok().json(Value::from(settings.collect::<Map<_, _>>())))
}

/// Tells how the server is.
#[utoipa::path(
    get, path = Route::ManagedHealth.pattern(), tag = "management", operation_id = "showHealth",
    security(("Management" = [])),
    summary = "Tell how the server and its store are",
    responses((status = 200, description = "The store answers.", body = Health), ManagementErrors),
)]
pub async fn health(manager: Manager) -> Result<HttpResponse, ApiError> {
    manager.must(Scope::Read)?;
    let store = &manager.management.store;
    let takes_logins = store.takes_logins().await.map_err(ServiceError::from)?;
    let warnings = store.warnings().await.map_err(ServiceError::from)?;
    Ok(HttpResponse::Ok().json(Health { version: env!("CARGO_PKG_VERSION"), takes_logins, warnings }))
}
