//! `POST /account/app-passwords`: the person makes an app password, or revokes one.

use actix_web::HttpResponse;
use serde::Deserialize;
use uuid::Uuid;

use super::view::{self, Said};
use crate::account::{AccountService, NotMade};
use crate::domain::{AppPassword, AppPasswordId};
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, PerRequest, RequestLog};
use crate::http::openapi::errors::FormErrors;
use crate::http::pages::Frame;
use crate::http::pages::account::{AccountProblem, Notice};

/// What the page's forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AppPasswordForm {
    csrf: String,
    name: String,
    days: String,
    revoke: String,
}

/// Makes or revokes one.
#[utoipa::path(
    post, path = Route::AccountAppPasswords.pattern(), tag = "pages", operation_id = "changeAppPasswords",
    summary = "Make or revoke an app password",
    description = "What the account page's forms send. Making one counts for ten minutes after the person was asked who they \
        are; the page comes again and shows it, this once. Revoking one ends every login by it. Not while \
        `passwords.app_passwords` is 0.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`name`, and `days` after which it ends (empty: when it is revoked); or `revoke`, the id of one; `csrf`."),
    responses(
        (status = 200, description = "The page, with the new app password.", body = String, content_type = "text/html"),
        (status = 303, description = "Back to the page: it is revoked."),
        (status = 404, description = "There are no app passwords."),
        FormErrors,
    ),
)]
pub async fn change(
    browser: Browser,
    Form(form): Form<AppPasswordForm>,
    frame: Frame,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    if accounts.max_app_passwords() == 0 {
        return Err(ApiError::Missing);
    }
    let mut holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(&browser, &frame, error),
    };
    let log = RequestLog::of(browser.request());
    log.user(holder.account.id);
    if !form.revoke.is_empty() {
        let id = Uuid::try_parse(&form.revoke);
        let id = id.map_err(|_| ApiError::BadRequest("There is no such app password.".into()))?;
        accounts.revoke_app_password(&holder, AppPasswordId(id)).await?;
        return Ok(view::back(&browser, Notice::AppPasswordRevoked, None));
    }
    match accounts.make_app_password(&mut holder, &form.name, days(&form.days)?).await {
        Ok(Ok(made)) => view::show(&accounts, &holder, &frame, 1, Said::Made(&made)).await,
        Ok(Err(why)) => {
            log.note(|notes| notes.cause = Some(why.to_string()));
            view::show(&accounts, &holder, &frame, 1, Said::Wrong(not_made(why))).await
        }
        Err(error @ ServiceError::SignedOff(_)) => view::outdated(&browser, &frame, error),
        Err(error) => Err(error.into()),
    }
}

/// After how many days it ends; none: when it is revoked.
fn days(text: &str) -> Result<Option<u32>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let days = text.parse().ok().filter(|days| (1..=AppPassword::MAX_DAYS).contains(days));
    let wrong = || ApiError::BadRequest(format!("days must be from 1 to {}.", AppPassword::MAX_DAYS).into());
    days.map(Some).ok_or_else(wrong)
}

/// What a person is told who has not got one.
const fn not_made(why: NotMade) -> AccountProblem {
    match why {
        NotMade::NotFresh => AccountProblem::NotFresh,
        NotMade::Name => AccountProblem::AppPasswordName,
        NotMade::TooMany(most) => AccountProblem::TooManyAppPasswords(most),
    }
}
