//! `POST /account/password`: the person changes their password, or sets one.

use actix_web::HttpResponse;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::view::{self, Said};
use crate::account::{AccountService, NewPassword, Unchanged};
use crate::domain::Password;
use crate::error::ServiceError;
use crate::http::Route;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, Form, LoginAttempt, PerRequest};
use crate::http::openapi::errors::FormErrors;
use crate::http::pages::Frame;
use crate::http::pages::account::Notice;

/// What the page's form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    csrf: String,
    present: Zeroizing<String>,
    new: Zeroizing<String>,
    repeat: Zeroizing<String>,
    /// Anything: app passwords go too.
    app_passwords: String,
}

/// Changes it.
#[utoipa::path(
    post, path = Route::AccountPassword.pattern(), tag = "pages", operation_id = "changePassword",
    summary = "Change the password",
    description = "What the account page's form sends. Counts for ten minutes after the person was asked who they are. The \
        present password is throttled and hashed as at a login. Every other session and sign-on of the person ends, and this \
        browser gets another cookie. The page comes again, with 400, where the new password may not be used.",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`present`, `new`, `repeat`, `csrf`; with `app_passwords` these are revoked too."),
    responses(
        (status = 303, description = "Back to the page: it is changed."),
        (status = 401, description = "The page again: the present password is wrong.", body = String, content_type = "text/html"),
        FormErrors,
    ),
)]
pub async fn change(
    browser: Browser,
    Form(form): Form<PasswordForm>,
    frame: Frame,
    attempt: LoginAttempt,
    accounts: PerRequest<AccountService>,
) -> Result<HttpResponse, ApiError> {
    let holder = match accounts.holder_of(browser.signed_on.as_ref(), &form.csrf).await {
        Ok(holder) => holder,
        Err(error) => return view::outdated(&browser, &frame, error),
    };
    attempt.log.user(holder.account.id);
    let entered = NewPassword {
        present: Password::new(&form.present),
        new: Password::new(&form.new),
        repeated: form.new == form.repeat,
        revokes_app_passwords: !form.app_passwords.is_empty(),
    };
    let (cause, problem) = match accounts.change_password(&holder, entered, attempt.client.network()).await {
        Ok(Ok(renewed)) => return Ok(view::back(&browser, Notice::PasswordChanged, renewed)),
        Ok(Err(why)) => {
            if let Unchanged::WrongPresent(denied) = why {
                attempt.log.note(|notes| notes.denied = Some(denied));
            }
            (why.to_string(), view::unchanged(why))
        }
        Err(error @ ServiceError::SignedOff(_)) => return view::outdated(&browser, &frame, error),
        Err(error) => (error.to_string(), view::later(error)?),
    };
    attempt.failed(cause);
    view::show(&accounts, &holder, &frame, 1, Said::Wrong(problem)).await
}
