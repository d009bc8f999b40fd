//! Requests and answers as HTTP has them: how a command asks a server, and how it reads what came of it.
//!
//! Each request is a row: method, path, what it carries, and how its answer is read. `src/http/manage/` has the other
//! end.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::bodies::{
    AppPasswordBody, Claims, Closed, Ended, Held, Items, LicensesOut, Lifted, NewAccounts, NewLink, NewRedirect, Page,
    RedirectChange, ThrottledOut, TokenBody, Unlinked, Until,
};
use super::{Answer, Change, Request, SessionFilter, SessionSelector, UserFilter, text};
use crate::domain::{Network, RedirectTarget, TokenDigest};

/// The root of all paths.
pub const ROOT: &str = "/manage/v1";

/// What stands in a segment of a path as it is (RFC 3986, 2.3 and 3.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

type Read = fn(&[u8]) -> serde_json::Result<Answer>;

/// A request as HTTP has it.
pub struct Call {
    /// Its method.
    pub method: &'static str,
    /// Its path, percent-encoded.
    pub path: String,
    /// Its query.
    pub query: Vec<(&'static str, String)>,
    /// Its body, JSON.
    pub body: Option<Vec<u8>>,
    read: Read,
}

impl Call {
    fn new<const N: usize>(method: &'static str, segments: [&str; N], read: Read) -> Self {
        let mut path = ROOT.to_owned();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        Self { method, path, query: Vec::new(), body: None, read }
    }

    fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    fn carrying(mut self, body: &impl Serialize) -> serde_json::Result<Self> {
        self.body = Some(serde_json::to_vec(body)?);
        Ok(self)
    }

    /// What came of it, by the body of a success.
    ///
    /// # Errors
    /// If it is none that this release knows.
    pub fn answer(&self, body: &[u8]) -> serde_json::Result<Answer> {
        (self.read)(body)
    }
}

impl Request {
    /// The request as HTTP has it.
    ///
    /// # Errors
    /// `serde_json`'s, if a value could not be written.
    #[expect(clippy::too_many_lines, reason = "one row a request")]
    pub fn call(&self) -> serde_json::Result<Call> {
        Ok(match self {
            Self::Add(new) => return Call::new("POST", ["users"], account).carrying(new),
            Self::Show(who) => Call::new("GET", ["users", &who.to_string()], account),
            Self::List { after, limit, profiles, filter } => {
                let UserFilter { search, disabled, no_password } = filter;
                let call = Call::new("GET", ["users"], accounts).with("after", after.as_ref());
                let call = call.with("limit", Some(limit)).with("profiles", profiles.then_some(true));
                let call = call.with("search", search.as_ref()).with("disabled", disabled.then_some(true));
                call.with("no_password", no_password.then_some(true))
            }
            Self::Change(who, change) => return change_of(&who.to_string(), change),
            Self::AddLink { user, purpose, digest } => {
                let call =
                    Call::new("PUT", ["users", &user.to_string(), "links", &text::hex(TokenDigest(*digest))], account);
                return call.carrying(&NewLink { purpose: *purpose });
            }
            Self::Delete(who) => Call::new("DELETE", ["users", &who.to_string()], |_| Ok(Answer::Deleted)),
            Self::Unlink { issuer, after } => {
                Call::new("DELETE", ["subjects"], unlinked).with("issuer", Some(issuer)).with("after", after.as_ref())
            }
            Self::Check(claims) => {
                return Call::new("POST", ["import", "check"], standings).carrying(&Claims { claims });
            }
            Self::Create(accounts) => {
                return Call::new("POST", ["import"], standings).carrying(&NewAccounts { accounts });
            }
            Self::AppPasswords(who) => {
                let read: Read = |body| Ok(Answer::AppPasswords(items(body)?));
                Call::new("GET", ["users", &who.to_string(), "app-passwords"], read)
            }
            Self::Sessions(who) => {
                Call::new("GET", ["users", &who.to_string(), "sessions"], |body| Ok(Answer::Sessions(items(body)?)))
            }
            Self::AllSessions { after, limit, filter } => {
                let SessionFilter { kind, address, application } = filter;
                let read: Read = |body| page(body).map(|Page { items, next }| Answer::AllSessions { items, next });
                let call =
                    Call::new("GET", ["sessions"], read).with("after", after.as_ref()).with("limit", Some(limit));
                let call = call.with("kind", *kind).with("address", address.as_ref());
                call.with("application", application.as_ref())
            }
            Self::Close(who, SessionSelector::All) => {
                Call::new("DELETE", ["users", &who.to_string(), "sessions"], closed)
            }
            Self::Close(who, SessionSelector::One(session)) => {
                Call::new("DELETE", ["users", &who.to_string(), "sessions", session], closed)
            }
            Self::SignOns(who) => {
                Call::new("GET", ["users", &who.to_string(), "sign-ons"], |body| Ok(Answer::SignOns(items(body)?)))
            }
            Self::SignOff(who) => Call::new("DELETE", ["users", &who.to_string(), "sign-ons"], ended),
            Self::Waive(who) => Call::new("DELETE", ["users", &who.to_string(), "forced-consent"], ended),
            Self::AddRedirect(url) => {
                return Call::new("POST", ["redirect-urls"], redirect).carrying(&NewRedirect { url: url.clone() });
            }
            Self::RemoveRedirect(url) => {
                Call::new("DELETE", ["redirect-urls"], redirect).with("url", Some(RedirectTarget::as_str(url)))
            }
            Self::Redirects { after, limit } => {
                let read: Read = |body| page(body).map(|Page { items, next }| Answer::Redirects { items, next });
                Call::new("GET", ["redirect-urls"], read).with("after", after.as_ref()).with("limit", Some(limit))
            }
            Self::Licenses => Call::new("GET", ["licenses"], |body| {
                let LicensesOut { items, out } = serde_json::from_slice(body)?;
                Ok(Answer::Licenses { items, out })
            }),
            Self::Arrivals { after, limit } => {
                let read: Read = |body| page(body).map(|Page { items, next }| Answer::Arrivals { items, next });
                Call::new("GET", ["arrivals"], read).with("after", after.as_ref()).with("limit", Some(limit))
            }
            Self::UpstreamUntil => Call::new("GET", ["upstream"], |body| {
                serde_json::from_slice(body).map(|Until { until }| Answer::UpstreamUntil(until))
            }),
            Self::Events(query) => {
                let read: Read = |body| page(body).map(|Page { items, next }| Answer::Events { items, next });
                let call = Call::new("GET", ["events"], read).with("after", query.after.as_ref());
                let call = call.with("limit", Some(query.limit)).with("user", query.user.as_ref());
                let call = call.with("since", query.since).with("newest_first", query.newest_first.then_some(true));
                call.with("kind", query.kind).with("proof", query.proof.then_some(true))
            }
            Self::Throttle(who, network) => {
                let read: Read = |body| serde_json::from_slice(body).map(Answer::Throttle);
                Call::new("GET", ["users", &who.to_string(), "throttle"], read)
                    .with("address", network.map(Network::first))
            }
            Self::Lift(who, network) => Call::new("DELETE", ["users", &who.to_string(), "throttle"], lifted)
                .with("address", network.map(Network::first)),
            Self::NetworkThrottle(network) => {
                let read: Read = |body| serde_json::from_slice(body).map(Answer::NetworkThrottle);
                Call::new("GET", ["throttles", &network.first().to_string()], read)
            }
            Self::LiftNetwork(network) => Call::new("DELETE", ["throttles", &network.first().to_string()], lifted),
            Self::Throttled => Call::new("GET", ["throttles"], |body| {
                let ThrottledOut { items, users, since } = serde_json::from_slice(body)?;
                Ok(Answer::Throttled { items, users, since })
            }),
            Self::Keys => Call::new("GET", ["signing-keys"], |body| Ok(Answer::Keys(items(body)?))),
            Self::RotateKey => Call::new("POST", ["signing-keys"], key),
            Self::ResetKeys => Call::new("DELETE", ["signing-keys"], key),
            Self::Hold(step) => {
                let read: Read = |body| serde_json::from_slice(body).map(|Held { taken }| Answer::Held(taken));
                return Call::new("PUT", ["hold"], read).carrying(step);
            }
            Self::Tokens => Call::new("GET", ["tokens"], |body| Ok(Answer::Tokens(items(body)?))),
            Self::AddToken(new) => {
                let read: Read = |body| serde_json::from_slice(body).map(Answer::Token);
                let body = TokenBody { scopes: new.scopes, days: new.days, digest: new.digest };
                return Call::new("PUT", ["tokens", new.name.as_str()], read).carrying(&body);
            }
            Self::RemoveToken(name) => Call::new("DELETE", ["tokens", name.as_str()], |_| Ok(Answer::Deleted)),
        })
    }
}

/// Most changes are a member of the body; what is taken away whole is a resource of its own.
fn change_of(who: &str, change: &Change) -> serde_json::Result<Call> {
    Ok(match change {
        Change::Unlink => Call::new("DELETE", ["users", who, "subject"], account),
        Change::ResetFactor => Call::new("DELETE", ["users", who, "second-factor"], account),
        Change::AddAppPassword(new) => {
            let call = Call::new("PUT", ["users", who, "app-passwords", &new.id.to_string()], account);
            let body = AppPasswordBody { name: new.name.clone(), days: new.days, digest: new.digest };
            return call.carrying(&body);
        }
        Change::RevokeAppPasswords(None) => Call::new("DELETE", ["users", who, "app-passwords"], account),
        Change::RevokeAppPasswords(Some(which)) => {
            Call::new("DELETE", ["users", who, "app-passwords", &which.to_string()], account)
        }
        Change::Password(_)
        | Change::Email(_)
        | Change::Name(_)
        | Change::Enabled(_)
        | Change::Rights { .. }
        | Change::Scopes { .. }
        | Change::Teams { .. }
        | Change::Tags { .. } => return Call::new("PATCH", ["users", who], account).carrying(change),
    })
}

fn account(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(Answer::Account)
}

fn accounts(body: &[u8]) -> serde_json::Result<Answer> {
    page(body).map(|Page { items, next }| Answer::Accounts { items, next })
}

fn unlinked(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(|Unlinked { count, next }| Answer::Unlinked { count, next })
}

fn standings(body: &[u8]) -> serde_json::Result<Answer> {
    Ok(Answer::Standings(items(body)?))
}

fn closed(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(|Closed { closed }| Answer::Closed(closed))
}

fn ended(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(|Ended { ended }| Answer::SignedOff(ended))
}

fn lifted(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(|Lifted { lifted }| Answer::Lifted { lifted, network: None })
}

fn redirect(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(|RedirectChange { url, changed }| Answer::Redirect { url, changed })
}

fn key(body: &[u8]) -> serde_json::Result<Answer> {
    serde_json::from_slice(body).map(Answer::Key)
}

fn items<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Vec<T>> {
    serde_json::from_slice(body).map(|Items { items }| items)
}

fn page<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Page<T>> {
    serde_json::from_slice(body)
}
