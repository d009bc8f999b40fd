//! `GET /console/licenses`: licences that are out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::operator::{Visitor, surprised};
use super::shell::{self, Place, Shell};
use crate::admin::{Answer, BorrowView, Request};
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::openapi::errors::PageErrors;

/// The licences that are out.
#[derive(Template)]
#[template(path = "licenses.html")]
pub(super) struct LicensesPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// By when they come back.
    pub items: &'a [BorrowView],
    /// How many are out.
    pub out: usize,
    /// How many there are.
    pub total: usize,
}

impl LicensesPage<'_> {
    /// Whether more are out than are listed.
    const fn is_part(&self) -> bool {
        self.items.len() < self.out
    }

    /// How many are out, in words.
    fn told(&self) -> String {
        (self.shell.texts.overview.out_of)(self.out, self.total)
    }
}

/// Shows them.
#[utoipa::path(
    get, path = Route::ConsoleLicenses.pattern(), tag = "console", operation_id = "consoleLicenses",
    summary = "Licences that are out",
    responses(
        (status = 200, description = "The page: at most 1000, those that come back first.", body = String,
            content_type = "text/html"),
        (status = 303, description = "To where one enters."),
        PageErrors,
    ),
)]
pub(in crate::http) async fn show(visitor: Visitor) -> Result<HttpResponse, ApiError> {
    let total = visitor.console.licenses;
    visitor
        .sees(Place::Licenses, async |operator| {
            let Answer::Licenses { items, out } = operator.execute(Request::Licenses).await? else {
                return Err(surprised());
            };
            let shell = &operator.shell(Place::Licenses);
            let page = LicensesPage { shell, items: &items, out, total };
            Ok(shell::respond(&page, shell.frame, StatusCode::OK)?)
        })
        .await
}
