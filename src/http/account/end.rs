//! `POST /account/end`: the person ends one login, or all others.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::view;
use crate::account::{AccountService, PlaceId};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Client, Form, PerRequest, RequestLog};
use crate::http::openapi::errors::FormErrors;
use crate::http::pages::Frame;
use crate::http::pages::account::{ALL_OTHERS, Notice};

/// What the page's form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    csrf: String,
    place: String,
}

/// Ends it.
#[utoipa::path(
    post, path = Route::AccountEnd.pattern(), tag = "pages", operation_id = "endLogins",
    summary = "End a login, or all others",
    description = "What the account page's form sends. Ending all others also ends the sign-ons of other browsers and every \
        login under way, and gives this browser another cookie.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`place`: what the page says, or `others`; `csrf`."),
    responses((status = 303, description = "Back to the page."), FormErrors),
)]
pub async fn end(
    browser: Browser,
    Form(form): Form<EndForm>,
    frame: Frame,
    client: Client,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    let holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(&browser, &frame, error),
    };
    RequestLog::of(browser.request()).user(holder.account.id);
    if form.place == ALL_OTHERS {
        return match accounts.end_others(&holder, client.network()).await {
            Ok(renewed) => Ok(view::back(&browser, Notice::OthersEnded, renewed)),
            Err(error @ ServiceError::SignedOff(_)) => view::outdated(&browser, &frame, error),
            Err(error) => Err(error.into()),
        };
    }
    let place = PlaceId::parse(&form.place).ok_or(ApiError::BadRequest("There is no such login.".into()))?;
    accounts.end(&holder, place).await?;
    Ok(view::back(&browser, Notice::Ended, None))
}
