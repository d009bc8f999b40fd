//! The page as an answer, with what came of a form.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

use crate::account::{AccountService, FORGOT_PAGE, Holder, MadeAppPassword, Renewed, Unchanged};
use crate::auth::WeakPassword;
use crate::error::ServiceError;
use crate::http::error::ApiError;
use crate::http::extract::{Browser, RequestLog};
use crate::http::pages::account::{
    AccountPage, AccountProblem, AppPasswordsSection, FactorSection, Notice, PasswordSection, Shown,
};
use crate::http::pages::problem::ProblemPage;
use crate::http::pages::{Frame, PrefersHtml, Problem};
use crate::login::ACCOUNT_PAGE;
use crate::store::RetryAfter;

/// How many places a page lists.
const PLACES: usize = 50;

/// What the page says that it does not always say.
#[derive(Clone, Copy)]
pub(super) enum Said<'a> {
    Nothing,
    Done(Notice),
    Wrong(AccountProblem),
    Made(&'a MadeAppPassword),
}

/// Shows the page, with the `page`th part of the list.
pub(super) async fn show(
    accounts: &AccountService,
    holder: &Holder,
    frame: &Frame,
    page: usize,
    said: Said<'_>,
) -> Result<HttpResponse, ApiError> {
    let places = accounts.places(holder).await?;
    let pages = places.len().div_ceil(PLACES).max(1);
    let page = page.clamp(1, pages);
    let now = accounts.now();
    let shown: Vec<_> =
        places.iter().skip((page - 1) * PLACES).take(PLACES).map(|place| Shown { place, now }).collect();
    let (mut notice, mut problem, mut made) = (None, None, None);
    match said {
        Said::Nothing => {}
        Said::Done(done) => notice = Some(done),
        Said::Wrong(wrong) => problem = Some(wrong),
        Said::Made(app_password) => made = Some(app_password),
    }
    let app_passwords = AppPasswordsSection {
        held: &holder.account.app_passwords,
        most: accounts.max_app_passwords(),
        fresh: accounts.is_fresh(holder),
        without_login: accounts.app_passwords_without_login(holder),
        now,
        made,
    };
    let asks = accounts.passkey_request(holder)?;
    AccountPage {
        frame,
        csrf: &holder.csrf,
        name: &holder.account.name,
        email: holder.account.email.as_str(),
        places: &shown,
        others: places.len() > 1,
        page,
        pages,
        password: &PasswordSection {
            place: accounts.password_place(holder),
            fresh: accounts.is_fresh(holder),
            shortest: accounts.shortest_password(),
            app_passwords: !holder.account.app_passwords.is_empty(),
        },
        app_passwords: (app_passwords.most > 0).then_some(&app_passwords),
        factor: FactorSection {
            place: accounts.factor_place(holder),
            passkeys: holder.account.second_factor.as_ref().map_or(&[], |factor| &factor.passkeys),
            adds: accounts.passkey_place(holder),
            asks: asks.as_ref(),
            fresh: accounts.is_fresh(holder),
        },
        notice,
        problem,
    }
    .respond()
}

/// Leads back to the page after a form has done what it is for, so that it is not sent again.
pub(super) fn back(browser: &Browser, done: Notice, renewed: Option<Renewed>) -> HttpResponse {
    let location = format!("{}?done={}", browser.path_to(ACCOUNT_PAGE), done.as_str());
    let mut response = HttpResponse::SeeOther().insert_header((LOCATION, location)).finish();
    if let Some(Renewed { cookie, lifetime }) = renewed {
        browser.sign_on(&cookie, lifetime, &mut response);
    }
    response
}

/// Answers a form that counts no more, since the browser is signed on otherwise than when it was shown, or not at all: for a
/// person with the way to the page.
pub(super) fn outdated(browser: &Browser, frame: &Frame, error: ServiceError) -> Result<HttpResponse, ApiError> {
    let is_outdated = matches!(error, ServiceError::SignedOff(_) | ServiceError::Forged);
    let way = is_outdated.then(|| (Problem::Outdated, browser.path_to(ACCOUNT_PAGE)));
    ends(browser, frame, error, way)
}

/// Answers who comes with a one-time link that does not count: a person with the way to another, where one can be
/// asked for.
pub(super) fn dead_link(
    browser: &Browser,
    frame: &Frame,
    accounts: &AccountService,
    error: ServiceError,
) -> Result<HttpResponse, ApiError> {
    let is_dead = matches!(error, ServiceError::NoLink(_)) && accounts.sends_links();
    let way = is_dead.then(|| (Problem::Link, browser.path_to(FORGOT_PAGE)));
    ends(browser, frame, error, way)
}

/// Answers with an error; a person with a page that has this way on, if there is one.
fn ends(
    browser: &Browser,
    frame: &Frame,
    error: ServiceError,
    way: Option<(Problem, String)>,
) -> Result<HttpResponse, ApiError> {
    let error = ApiError::from(error);
    let Some((problem, way)) = way.filter(|_| PrefersHtml::of(browser.request()).0) else { return Err(error) };
    let log = RequestLog::of(browser.request());
    log.note(|notes| {
        notes.cause = Some(error.to_string());
        notes.denied = error.denied();
    });
    let request_id = log.request_id();
    ProblemPage { frame, problem, detail: None, again: Some(&way), request_id }.respond(error.status())
}

/// What a person is told of a password that is as it was.
pub(super) const fn unchanged(why: Unchanged) -> AccountProblem {
    match why {
        Unchanged::NotHere => AccountProblem::NotHere,
        Unchanged::NotFresh => AccountProblem::NotFresh,
        Unchanged::Weak(WeakPassword::Short(least)) => AccountProblem::Short(least),
        Unchanged::Weak(WeakPassword::Common) => AccountProblem::Common,
        Unchanged::Weak(WeakPassword::LikeAppPassword) => AccountProblem::LikeAppPassword,
        Unchanged::Weak(WeakPassword::Personal(least)) => AccountProblem::Personal(least),
        Unchanged::NotRepeated => AccountProblem::NotRepeated,
        Unchanged::WrongPresent(_) => AccountProblem::WrongPresent,
    }
}

/// What a person is told who must come back later; any other error comes back.
pub(super) fn later(error: ServiceError) -> Result<AccountProblem, ServiceError> {
    match error {
        ServiceError::Throttled(RetryAfter(wait)) => Ok(AccountProblem::Throttled(wait)),
        ServiceError::HashingBusy => Ok(AccountProblem::Busy),
        error => Err(error),
    }
}
