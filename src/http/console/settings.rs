//! `GET /console/settings`: what the server runs with.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::operator::Visitor;
use super::shell::{self, Place, Shell};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::PageErrors;
use crate::settings::{Location, Setting};

/// The settings in force.
#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// In the order of `config/default.toml`.
    pub settings: &'a [Row],
}

/// One setting.
pub(super) struct Row {
    /// Its name.
    pub key: String,
    /// Its value, but for a secret.
    pub value: String,
    /// Where that comes from.
    pub source: String,
    /// Whether it is the default.
    pub is_default: bool,
}

impl Row {
    fn of(setting: &Setting) -> Self {
        Self {
            key: setting.key.clone(),
            value: setting.shown().to_string(),
            source: setting.location.to_string(),
            is_default: setting.location == Location::Default,
        }
    }
}

/// Shows them.
#[utoipa::path(
    get, path = Route::ConsoleSettings.pattern(), tag = "console", operation_id = "consoleSettings",
    summary = "The settings in force",
    responses(
        (status = 200, description = "The page. Secrets are masked.", body = String, content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        PageErrors,
    ),
)]
pub(in crate::http) async fn show(visitor: Visitor) -> Result<HttpResponse, ApiError> {
    visitor
        .sees(Place::Settings, async |operator| {
            let settings: Vec<_> = visitor.management.settings.load().iter().map(Row::of).collect();
            let shell = &operator.shell(Place::Settings);
            Ok(shell::respond(&SettingsPage { shell, settings: &settings }, shell.frame, StatusCode::OK)?)
        })
        .await
}
