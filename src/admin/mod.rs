//! What operators do to users, sessions and all that belongs to them, wherever the store is.
//!
//! A [`Request`] is executed on the store itself, or by a running server. In the latter case it travels over HTTP,
//! through the Unix socket in the data folder or to `manage.listen` ([`Client`] to `http::manage`). [`execute`] is the
//! same in all cases, so a command behaves alike with and without a server. No [`Answer`] has a secret, a digest of
//! one, or a private key.

use crate::clock::Clock;
use crate::domain::{Scopes, TokenDigest};
use crate::store::Store;
use operator::Reach;

mod accounts;
mod acts;
mod answer;
mod arrivals;
mod batch;
pub mod bodies;
mod call;
mod client;
mod events;
mod filters;
mod keys;
mod licenses;
mod moving;
mod new_account;
mod operator;
mod reasons;
mod redirects;
mod request;
mod sessions;
mod sign_on;
mod socket;
mod text;
mod throttle;
mod tokens;
mod views;

pub use answer::{AdminError, Answer, ImportStatus, Response};
pub use call::{Call, ROOT};
pub use client::Client;
pub use events::told;
pub use filters::{EventKind, SessionFilter, UserFilter};
pub use keys::KeyMaker;
pub use new_account::{NewAccount, Row, RowError};
pub use operator::Operator;
pub use reasons::{Explained, explain};
pub use request::{Change, Claim, EventQuery, NewAppPassword, NewToken, Request, SessionSelector};
pub use socket::SocketAddress;
pub use text::{Entry, PersonName, TeamEntry, UserSelector, digest_of};
pub use tokens::note_uses;
pub use views::{
    AccountView, AppPasswordView, ArrivalView, BorrowView, EmptyView, EndView, EventView, KeyState, KeyView,
    ProfileView, ProofView, SessionKind, SessionView, SignOnView, StandingView, SubjectView, TeamView, ThrottleView,
    ThrottledUserView, ThrottledView, TokenView, UserSessionView,
};

/// The most accounts or claims one request carries.
pub const MAX_BATCH: usize = 1_000;
/// The most entries one page of a list carries.
pub const MAX_PAGE: usize = 1_000;
/// The most accounts with their profiles that one page carries: 35 KiB each, some megabytes a page.
pub const MAX_WHOLE_PAGE: usize = 100;
/// The most accounts, or events, that one request for a part of a filtered list looks at.
const MAX_LOOKED_AT: usize = 5_000;
/// The most pages of the store that such a request reads: one may be empty.
const MAX_PAGES_LOOKED_AT: usize = 100;
/// The most accounts that one request to unlink looks at.
pub const MAX_UNLINKED: usize = 250;
/// How many accounts are read at once: enough to fill a pipeline to the store.
const LOOKED_UP_AT_ONCE: usize = 64;

/// Executes one request on a store, whose signing keys `keys` makes, and logs it if it changes something. That the
/// operator may ask this ([`Request::scope`]) is for the caller to make sure; `scopes`, what they may do, says whom
/// they may change.
///
/// # Errors
/// [`AdminError`]: nothing was changed, except perhaps with [`AdminError::Unavailable`].
pub async fn execute(
    store: &dyn Store,
    clock: &dyn Clock,
    keys: &KeyMaker,
    by: &Operator,
    scopes: Scopes,
    request: Request,
) -> Response {
    let act = acts::Act::of(store, &request).await;
    let response = perform(store, clock, keys, Reach::of(scopes), request).await;
    if let (Some(act), Ok(answer)) = (act, &response) {
        act.log(store, by, answer);
    }
    response
}

async fn perform(store: &dyn Store, clock: &dyn Clock, keys: &KeyMaker, reach: Reach, request: Request) -> Response {
    match request {
        Request::Add(account) => accounts::add(store, clock.now(), account).await,
        Request::Show(who) => accounts::show(store, clock.now(), &who).await,
        Request::List { after, limit, profiles, filter } => {
            accounts::list(store, clock.now(), after, limit, profiles, &filter).await
        }
        Request::Change(who, change) => accounts::change(store, clock.now(), reach, &who, change).await,
        Request::AddLink { user, purpose, digest } => {
            accounts::add_link(store, clock.now(), reach, user, purpose, TokenDigest(digest)).await
        }
        Request::Delete(who) => accounts::delete(store, reach, &who).await,
        Request::Unlink { issuer, after } => accounts::unlink(store, reach, &issuer, after.as_deref()).await,
        Request::Check(claims) => batch::check(store, &claims).await,
        Request::Create(accounts) => batch::create(store, clock.now(), reach, accounts).await,
        Request::AppPasswords(who) => accounts::app_passwords(store, &who).await,
        Request::Sessions(who) => sessions::list(store, &who).await,
        Request::AllSessions { after, limit, filter } => {
            sessions::list_all(store, after.as_deref(), limit, &filter).await
        }
        Request::Close(who, which) => sessions::close(store, &who, &which).await,
        Request::SignOns(who) => sign_on::list(store, clock.now(), &who).await,
        Request::SignOff(who) => sign_on::end(store, clock.now(), &who).await,
        Request::Waive(who) => sign_on::waive(store, clock.now(), &who).await,
        Request::AddRedirect(url) => redirects::add(store, &url).await,
        Request::RemoveRedirect(url) => redirects::remove(store, &url).await,
        Request::Redirects { after, limit } => redirects::list(store, after.as_deref(), limit).await,
        Request::Licenses => licenses::list(store).await,
        Request::Arrivals { after, limit } => arrivals::list(store, after.as_deref(), limit).await,
        Request::UpstreamUntil => arrivals::until(store, clock.now()).await,
        Request::Events(query) => events::list(store, keys, query).await,
        Request::Throttle(who, network) => throttle::show(store, keys, &who, network).await,
        Request::Lift(who, network) => throttle::lift(store, keys, &who, network).await,
        Request::NetworkThrottle(network) => throttle::show_network(store, keys, network).await,
        Request::LiftNetwork(network) => throttle::lift_network(store, keys, network).await,
        Request::Throttled => throttle::list(store, keys, clock.now()).await,
        Request::Keys => keys::list(store, clock.now()).await,
        Request::RotateKey => keys.rotate(store, clock.now()).await,
        Request::ResetKeys => keys.start_over(store, clock.now()).await,
        Request::Hold(step) => moving::hold(store, step).await,
        Request::Tokens => tokens::list(store).await,
        Request::AddToken(new) => tokens::add(store, clock.now(), new).await,
        Request::RemoveToken(name) => tokens::remove(store, name.as_str()).await,
    }
}
