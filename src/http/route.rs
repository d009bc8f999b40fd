//! The routes as metrics and log lines name them: a fixed list, so that no path a stranger makes up becomes a label.

use std::borrow::Cow;

use crate::session::DONE_PAGE;

/// A route pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/authorize`
    Authorize,
    /// `/v2/cross-token`
    CrossToken,
    /// `/v2/cross-authorize`
    CrossAuthorize,
    /// `/v2/user`
    User,
    /// `/v2/.well-known/openid-configuration`
    OpenIdConfiguration,
    /// `/.well-known/jwks.json`
    Jwks,
    /// `/directory/api/.well-known/jwks.json`
    DirectoryJwks,
    /// `/directory/api/introspect`
    Introspect,
    /// `/directory/api/directorysession/authenticate`
    Authenticate,
    /// `/directory/api/directorysession/onauthenticated`
    OnAuthenticated,
    /// `/directory/api/directorysession/onauthenticationdone`
    OnAuthenticationDone,
    /// `/directory/api/directorysession/registerfrontenduserandredirecturl`
    Register,
    /// `/directory/api/directorysession/waitforauthentication`
    Wait,
    /// `/directory/api/directorysession/heartbeat`
    Heartbeat,
    /// `/directory/api/directorysession/close`
    Close,
    /// `/directory/api/directorysession/userinfo`
    UserInfo,
    /// `/directory/api/directorysession/applications`
    Applications,
    /// `/directory/api/directorysession/borrowlicense`
    BorrowLicense,
    /// `/directory/api/licenses`
    Licenses,
    /// `/directory/api/getversion`
    GetVersion,
    /// `/directory/api/getwebapi`
    GetWebApi,
    /// `/directory/api/login`
    Login,
    /// `/directory/api/confirm`
    Confirm,
    /// `/directory/api/signout`
    SignOut,
    /// `/`
    Home,
    /// `/docs` and the files it is made of
    Docs,
    /// `/directory/api/static/onauthenticationdone.html` and the files that the pages are made of
    Static,
    /// `/openapi.json`
    OpenApi,
    /// `/healthz`
    Healthz,
    /// `/readyz`
    Readyz,
    /// `/metrics`
    Metrics,
    /// Every other path
    Unmatched,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 32] = [
        Self::Authorize,
        Self::CrossToken,
        Self::CrossAuthorize,
        Self::User,
        Self::OpenIdConfiguration,
        Self::Jwks,
        Self::DirectoryJwks,
        Self::Introspect,
        Self::Authenticate,
        Self::OnAuthenticated,
        Self::OnAuthenticationDone,
        Self::Register,
        Self::Wait,
        Self::Heartbeat,
        Self::Close,
        Self::UserInfo,
        Self::Applications,
        Self::BorrowLicense,
        Self::Licenses,
        Self::GetVersion,
        Self::GetWebApi,
        Self::Login,
        Self::Confirm,
        Self::SignOut,
        Self::Home,
        Self::Docs,
        Self::Static,
        Self::OpenApi,
        Self::Healthz,
        Self::Readyz,
        Self::Metrics,
        Self::Unmatched,
    ];

    /// The route of a request path, percent-decoded as the router sees it, without the query string.
    #[must_use]
    pub fn of(path: &str) -> Self {
        // The first one is the one that is asked for most.
        Self::ALL.into_iter().find(|route| route.pattern() == path).unwrap_or_else(|| {
            if path.starts_with("/docs/") {
                Self::Docs
            } else if path.starts_with("/directory/api/static/") {
                Self::Static
            } else {
                Self::Unmatched
            }
        })
    }

    /// The path of a request as the routes of the two APIs are written: in lower case, with single slashes and none at
    /// the end. Other paths, health and metrics among them, count to the letter: a proxy's rule for `/metrics` must not be
    /// passed by `//metrics`.
    #[must_use]
    pub fn canonical_path(path: &str) -> Cow<'_, str> {
        // The hot path needs no second look.
        if path == Self::Authorize.pattern() {
            return Cow::Borrowed(path);
        }
        let canonical = path.len() == 1
            || path.starts_with('/')
                && !path.ends_with('/')
                && !path.contains("//")
                && !path.bytes().any(|byte| byte.is_ascii_uppercase());
        if canonical {
            return Cow::Borrowed(path);
        }
        let mut lenient = String::with_capacity(path.len());
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            lenient.push('/');
            lenient.extend(segment.chars().map(|letter| letter.to_ascii_lowercase()));
        }
        if Self::is_of_an_api(&lenient) { Cow::Owned(lenient) } else { Cow::Borrowed(path) }
    }

    /// Whether a path in its canonical spelling belongs to one of the two APIs, be it a route or not.
    fn is_of_an_api(path: &str) -> bool {
        let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below("/v2") || below("/directory") || path == Self::Jwks.pattern()
    }

    /// The methods that it takes, as the header `Allow` says them.
    #[must_use]
    pub const fn allow(self) -> &'static str {
        match self {
            Self::Authorize => "GET, HEAD, POST, DELETE, OPTIONS",
            Self::CrossToken | Self::CrossAuthorize | Self::Introspect => "POST, OPTIONS",
            Self::User
            | Self::OpenIdConfiguration
            | Self::Jwks
            | Self::DirectoryJwks
            | Self::Home
            | Self::Docs
            | Self::Static
            | Self::OpenApi
            | Self::Healthz
            | Self::Readyz
            | Self::Metrics => "GET, HEAD, OPTIONS",
            Self::Authenticate
            | Self::OnAuthenticated
            | Self::OnAuthenticationDone
            | Self::Licenses
            | Self::GetVersion
            | Self::GetWebApi => "GET, OPTIONS",
            Self::Register
            | Self::Wait
            | Self::Heartbeat
            | Self::Close
            | Self::UserInfo
            | Self::Applications
            | Self::BorrowLicense
            | Self::Login
            | Self::Confirm
            | Self::SignOut => "GET, POST, OPTIONS",
            Self::Unmatched => "OPTIONS",
        }
    }

    /// Whether nobody may keep what is answered at this path, be it a route or not.
    #[must_use]
    pub fn is_never_stored(path: &str) -> bool {
        path.starts_with("/v2") || path.starts_with("/directory") && !Self::of(path).is_same_for_all()
    }

    /// Whether it answers everybody alike, so that the answer may be kept.
    #[must_use]
    pub const fn is_same_for_all(self) -> bool {
        matches!(self, Self::Jwks | Self::DirectoryJwks | Self::Static | Self::Home | Self::Docs | Self::OpenApi)
    }

    /// Whether it is opened in a browser, where a person reads what went wrong.
    #[must_use]
    pub const fn is_for_people(self) -> bool {
        matches!(
            self,
            Self::Authenticate
                | Self::OnAuthenticated
                | Self::OnAuthenticationDone
                | Self::Register
                | Self::Login
                | Self::Confirm
                | Self::SignOut
                | Self::Static
                | Self::Home
                | Self::Docs
        )
    }

    /// Whether it is for probes and scrapers, which proxies keep from everybody else.
    #[must_use]
    pub const fn is_for_operators(self) -> bool {
        matches!(self, Self::Healthz | Self::Readyz | Self::Metrics)
    }

    /// How the route is written.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Authorize => "/v2/authorize",
            Self::CrossToken => "/v2/cross-token",
            Self::CrossAuthorize => "/v2/cross-authorize",
            Self::User => "/v2/user",
            Self::OpenIdConfiguration => "/v2/.well-known/openid-configuration",
            Self::Jwks => "/.well-known/jwks.json",
            Self::DirectoryJwks => "/directory/api/.well-known/jwks.json",
            Self::Introspect => "/directory/api/introspect",
            Self::Authenticate => "/directory/api/directorysession/authenticate",
            Self::OnAuthenticated => "/directory/api/directorysession/onauthenticated",
            Self::OnAuthenticationDone => "/directory/api/directorysession/onauthenticationdone",
            Self::Register => "/directory/api/directorysession/registerfrontenduserandredirecturl",
            Self::Wait => "/directory/api/directorysession/waitforauthentication",
            Self::Heartbeat => "/directory/api/directorysession/heartbeat",
            Self::Close => "/directory/api/directorysession/close",
            Self::UserInfo => "/directory/api/directorysession/userinfo",
            Self::Applications => "/directory/api/directorysession/applications",
            Self::BorrowLicense => "/directory/api/directorysession/borrowlicense",
            Self::Licenses => "/directory/api/licenses",
            Self::GetVersion => "/directory/api/getversion",
            Self::GetWebApi => "/directory/api/getwebapi",
            Self::Login => "/directory/api/login",
            Self::Confirm => "/directory/api/confirm",
            Self::SignOut => "/directory/api/signout",
            Self::Home => "/",
            Self::Docs => "/docs",
            Self::Static => DONE_PAGE,
            Self::OpenApi => "/openapi.json",
            Self::Healthz => "/healthz",
            Self::Readyz => "/readyz",
            Self::Metrics => "/metrics",
            Self::Unmatched => "unmatched",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_the_path_of_its_route() {
        for (place, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(Route::of(route.pattern()), route);
            assert_eq!(route as usize, place);
        }
    }

    #[test]
    fn made_up_paths_share_one_name() {
        for path in ["", "/v2", "/v2/authorize/", "/v2/authorize/x", "/docsx", "/V2/AUTHORIZE"] {
            assert_eq!(Route::of(path), Route::Unmatched, "{path}");
        }
    }

    #[test]
    fn paths_of_the_apis_have_one_spelling() {
        for (sent, canonical) in [
            ("/v2/authorize", "/v2/authorize"),
            ("//v2///Authorize/", "/v2/authorize"),
            ("/V2/", "/v2"),
            ("/DIRECTORY/api//getVersion", "/directory/api/getversion"),
            ("/.Well-Known//JWKS.json/", "/.well-known/jwks.json"),
            ("/v2/\u{c4}", "/v2/\u{c4}"),
            ("/v2//\u{c4}", "/v2/\u{c4}"),
        ] {
            assert_eq!(Route::canonical_path(sent), canonical);
        }
        for sent in [
            "",
            "/",
            "//",
            "/metrics/",
            "//metrics",
            "/Healthz",
            "//readyz/",
            "/Docs",
            "/docs/",
            "//docs/a",
            "*",
            "/v2x//",
            "/v1//v2/",
            "/directoryX//",
            "/.well-known/jwks.jsonX/",
            "v2/Authorize//x/../",
            "/OpenApi.json",
        ] {
            let path = Route::canonical_path(sent);
            assert!(path == sent || path.starts_with("/v2/"), "{sent}: {path}");
        }
    }

    #[test]
    fn a_path_that_is_right_is_not_copied() {
        for route in Route::ALL.into_iter().filter(|route| *route != Route::Unmatched) {
            assert!(matches!(Route::canonical_path(route.pattern()), Cow::Borrowed(_)), "{route:?}");
        }
    }
}
