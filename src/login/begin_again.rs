//! A login that took too long begins again by a link, with the same parameters.

use url::form_urlencoded;

use super::{Form, LoginService};
use crate::domain::{PendingLogin, Timestamp, TokenValue};
use crate::error::NoLogin;

/// The longest link, in bytes: a form carries it.
const MAX_LINK: usize = 2048;
/// How long a proof is, in bytes.
const PROOF: usize = 64;

impl LoginService {
    /// A hidden field of the login form, by which an expired login can begin again: the link, and a proof that we
    /// showed it to this browser. Not for a native client, which makes up a new token for each login.
    pub(super) fn link_to_begin_again(&self, login: &PendingLogin, browser: &TokenValue) -> Option<String> {
        if login.native.is_some() || login.registers {
            return None;
        }
        if let Some(account) = login.account {
            return proven_link(login, browser, &self.way_to(account));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("claims", login.right.as_str()).append_pair("redirecturl", &login.redirect_url);
        query.extend_pairs(login.app_claims.iter().map(|claim| ("appclaims", claim)));
        if login.extended {
            query.append_pair("needextendedbearer", "true");
        }
        if let Some(data) = &login.app_data {
            query.append_pair("appdata", data);
        }
        let path = self.base.path_to("/directory/api/directorysession/authenticate");
        proven_link(login, browser, &format!("{path}?{}", query.finish()))
    }

    /// The link of a form, if we showed it to this browser; and that the login has expired, if it has.
    #[must_use]
    pub fn begin_again<'a>(&self, browser: &[TokenValue], sent: &'a str) -> Option<(&'a str, Option<NoLogin>)> {
        let (proof, link) = sent.split_at_checked(PROOF)?;
        browser.iter().find(|cookie| Form::BeginAgain.is_proven(cookie, link, proof))?;
        let (expires, path) = link.split_once(' ')?;
        let expires = Timestamp::from_millis(expires.parse().ok()?);
        Some((path, (expires <= self.clock().now()).then_some(NoLogin::Expired)))
    }
}

fn proven_link(login: &PendingLogin, browser: &TokenValue, path: &str) -> Option<String> {
    let link = format!("{} {path}", login.expires.millis());
    (link.len() <= MAX_LINK).then(|| Form::BeginAgain.proof(browser, &link) + link.as_str())
}
