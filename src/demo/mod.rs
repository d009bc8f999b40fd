//! `bimgate serve --demo`: the published samples, working, in a minute. A throw-away store with one user, the commands
//! to paste, and a page that stands in for an application.

pub mod page;
pub mod texts;

use std::net::SocketAddr;

use uuid::{Uuid, uuid};

use crate::auth::Passwords;
use crate::clock::Clock;
use crate::domain::{Account, Email, Password, RedirectUrl, UserId};
use crate::http::Route;
use crate::session::PublicUrl;
use crate::settings::{Origins, Settings};
use crate::store::Store;

pub use page::routes;

/// The user of the published samples.
const EMAIL: &str = "test@bimplus.net";
const PASSWORD: &str = "test";
const ID: Uuid = uuid!("b37b60d4-0f1b-4158-99c4-847254786517");

/// Makes the settings those of a demo: every origin may call. A password known to everybody must not be reachable from
/// elsewhere, so any address but loopback is refused.
///
/// # Errors
/// A sentence for the operator.
pub fn adjust(settings: &mut Settings) -> Result<(), String> {
    let addresses = [Some(settings.server.listen), settings.server.private_listen];
    if let Some(address) = addresses.into_iter().flatten().find(|address| !address.ip().is_loopback()) {
        return Err(format!(
            "the demo's password is known to everybody, so it listens on loopback only, not on {address}; \
             set server.listen to 127.0.0.1:8080"
        ));
    }
    settings.server.allowed_origins = Origins::Any;
    settings.server.allow_credentials = false;
    Ok(())
}

/// Adds the user.
///
/// # Errors
/// The hashing threads' and the store's.
pub async fn add_user(store: &dyn Store, passwords: &Passwords, clock: &dyn Clock) -> Result<(), String> {
    let (Some(email), Some(password)) = (Email::new(EMAIL), Password::new(PASSWORD)) else {
        return Err("the demo's user is malformed".to_owned());
    };
    let hash = passwords.hash(password).await.map_err(|error| error.to_string())?;
    let account =
        Account { name: "Test User".into(), password: Some(hash), ..Account::new(UserId(ID), email, 0, clock.now()) };
    store.create_accounts(&[account]).await.map(drop).map_err(|error| error.to_string())
}

/// Registers the page as a redirect URL, at the printed address and at the name that people type for it.
///
/// # Errors
/// The store's.
pub async fn register_page(store: &dyn Store, address: SocketAddr, base: &PublicUrl) -> Result<(), String> {
    let path = page::PATH;
    for page in [base.at(path), format!("http://localhost:{}{path}", address.port())] {
        let url = RedirectUrl::parse(&page).map_err(|error| error.to_string())?;
        store.register_redirect(url.target().as_str()).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The seven flows as commands to paste into another terminal, in this order.
#[must_use]
pub fn commands(address: SocketAddr, base: &PublicUrl) -> String {
    let login = login_link(base);
    let url = format!("http://{address}/v2");
    format!(
        r#"
The user is {EMAIL}, the password {PASSWORD}. To log in with a browser, open

  {login}

For the v2 API, paste into another terminal, in this order:

# 1 log in
TOKEN=$(curl -s {url}/authorize -d '{{"user_id":"{EMAIL}","password":"{PASSWORD}"}}' | tee /dev/tty | grep -o '"access_token":"[^"]*' | cut -d'"' -f4)

# 2 check the token
curl -s {url}/authorize -H "Authorization: BimPlus $TOKEN"

# 3 mint a cross token
CROSS=$(curl -s -X POST {url}/cross-token -H "Authorization: BimPlus $TOKEN" | tee /dev/tty | grep -o '"cross_token":"[^"]*' | cut -d'"' -f4)

# 4 swap it in another app
curl -s {url}/cross-authorize -d '{{"cross_token":"'$CROSS'"}}'

# 5 log in and be remembered
REMEMBER=$(curl -s {url}/authorize -d '{{"user_id":"{EMAIL}","password":"{PASSWORD}","remember_me":"true","client_id":"0864b512-1776-4a55-8ee5-2b19d7d9b7ea"}}' | tee /dev/tty | grep -o '"remember_me_token":"[^"]*' | cut -d'"' -f4)

# 6 log in silently
curl -s {url}/authorize -d '{{"remember_me":"true","remember_me_token":"'$REMEMBER'","client_id":"0864b512-1776-4a55-8ee5-2b19d7d9b7ea"}}'

# 7 revoke the first token
curl -s -X DELETE {url}/authorize -H "Authorization: BimPlus $TOKEN"

The documentation: http://{address}/docs
"#
    )
}

/// The link that begins a login through a browser, which ends on the demo's page.
fn login_link(base: &PublicUrl) -> String {
    let application = base.at(page::PATH);
    let begin = base.at(Route::Authenticate.pattern());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("claims", "access:client"), ("redirecturl", application.as_str())])
        .finish();
    format!("{begin}?{query}")
}
