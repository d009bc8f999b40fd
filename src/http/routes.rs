//! Every route on one screen: its name in metrics and logs, what it is, its path, and which handler answers which method.

use std::borrow::Cow;
use std::future::ready;

use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use super::error::ApiError;
use super::{account, console, directory, manage, openapi, ops, pages, scim, v2};

/// Makes of the table: an enumeration of the routes, a function for each group that mounts it, and what of it is
/// described. A path that ends with a slash stands for the files below it; one behind `@` for the resources there,
/// whose path is the route's.
macro_rules! routes {
    ($($(#[$doc:meta])* $group:ident {$(
        $route:ident $kind:ident $path:literal $(@ $parent:literal)?
        $($($method:ident)|+ => $($handler:ident)::+),+
        $(, $folder:literal => $($file:ident)::+)?;
    )+})+) => {
        /// A route, as metrics and log lines name it: a fixed list, so that no path a stranger makes up becomes a label.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Route {
            $($(#[doc = concat!("`", $path, "`")] $route,)+)+
            /// Every other path.
            Unmatched,
        }

        impl Route {
            /// Every route.
            pub const ALL: [Self; Self::Unmatched as usize + 1] = [$($(Self::$route,)+)+ Self::Unmatched];

            /// The route of a request path, percent-decoded as the router sees it, without the query string.
            pub fn of(path: &str) -> Self {
                match path {
                    $($($path => Self::$route,)+)+
                    $($($(_ if path.starts_with($folder) => Self::$route,)?)+)+
                    $($($(_ if path.starts_with($parent) => Self::$route,)?)+)+
                    $($(_ if fits($path, path) => Self::$route,)+)+
                    _ => Self::Unmatched,
                }
            }

            /// Its path.
            pub const fn pattern(self) -> &'static str {
                match self {
                    $($(Self::$route => $path,)+)+
                    Self::Unmatched => "unmatched",
                }
            }

            /// The methods that it takes, as the header `Allow` says them.
            pub const fn allow(self) -> &'static str {
                match self {
                    $($(Self::$route => concat!($($(stringify!($method), ", ",)+)+ "OPTIONS"),)+)+
                    Self::Unmatched => "OPTIONS",
                }
            }

            const fn kind(self) -> Kind {
                match self {
                    $($(Self::$route => Kind::$kind,)+)+
                    Self::Unmatched => Kind::Call,
                }
            }
        }

        $($(#[$doc])* pub fn $group(config: &mut ServiceConfig) {$(
            config.service(
                resource(Route::$route, $path)$(.route(by([$(Method::$method),+]).to($($handler)::+)))+
            );
            $(config.service(
                resource(Route::$route, concat!($folder, "{file}"))
                    .route(by([Method::GET, Method::HEAD]).to($($file)::+))
            );)?
        )+})+

        /// The operations of the API's description.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($($($handler)::+),+),+),+))]
        pub(super) struct Operations;
    };
}

/// What a route answers with, and to whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Answers a program; nobody may keep the answer.
    Call,
    /// Answers every program alike, so that the answer may be kept.
    File,
    /// Is opened in a browser, where a person reads what went wrong.
    Page,
    /// Is opened in a browser, and the same for everybody.
    PublicPage,
    /// Answers probes and scrapers, which proxies keep from everybody else.
    Probe,
}

routes! {
    /// Mounts the two APIs.
    apis {
        Authorize Call "/v2/authorize"
            GET|HEAD => v2::authorize::check, POST => v2::authorize::log_in, DELETE => v2::authorize::revoke;
        CrossToken Call "/v2/cross-token"
            POST => v2::cross_token::mint;
        CrossAuthorize Call "/v2/cross-authorize"
            POST => v2::cross_authorize::swap;
        User Call "/v2/user"
            GET|HEAD => v2::user::tell;
        AuthForgot Call "/v2/auth-forgot"
            POST => v2::auth_forgot::ask;
        OpenIdConfiguration Call "/v2/.well-known/openid-configuration"
            GET|HEAD => v2::openid_configuration::find;
        Jwks File "/.well-known/jwks.json"
            GET|HEAD => directory::jwks::keys;
        DirectoryJwks File "/directory/api/.well-known/jwks.json"
            GET|HEAD => directory::jwks::keys_of_directory;
        Introspect Call "/directory/api/introspect"
            POST => directory::introspect::introspect;
        BackChannelLogout Call "/directory/api/backchannel-logout"
            POST => directory::backchannel_logout::end;
        Authenticate Page "/directory/api/directorysession/authenticate"
            GET => directory::authenticate::begin;
        OnAuthenticated Page "/directory/api/directorysession/onauthenticated"
            GET => directory::on_authenticated::handle_callback;
        OnAuthenticationDone Page "/directory/api/directorysession/onauthenticationdone"
            GET => directory::on_authenticated::done;
        Register Page "/directory/api/directorysession/registerfrontenduserandredirecturl"
            GET => directory::register::show, POST => directory::register::begin;
        // Of the calls of a session the vendor does not say which method clients use.
        Wait Call "/directory/api/directorysession/waitforauthentication"
            GET|POST => directory::wait_for_authentication::wait;
        Heartbeat Call "/directory/api/directorysession/heartbeat"
            GET|POST => directory::heartbeat::beat;
        Close Call "/directory/api/directorysession/close"
            GET|POST => directory::close::close;
        UserInfo Call "/directory/api/directorysession/userinfo"
            GET|POST => directory::user_info::tell;
        Applications Call "/directory/api/directorysession/applications"
            GET|POST => directory::applications::list;
        BorrowLicense Call "/directory/api/directorysession/borrowlicense"
            GET|POST => directory::borrow_license::borrow;
        Licenses Call "/directory/api/licenses"
            GET => directory::licenses::list;
        GetVersion Call "/directory/api/getversion"
            GET => directory::get_version::tell;
        GetWebApi Call "/directory/api/getwebapi"
            GET => directory::get_web_api::find;
        Login Page "/directory/api/login"
            GET => directory::login::show, POST => directory::login::enter;
        Confirm Page "/directory/api/confirm"
            GET => directory::confirm::show, POST => directory::confirm::answer;
        SignOut Page "/directory/api/signout"
            GET => directory::sign_out::show, POST => directory::sign_out::sign_out;
        Account Page "/account"
            GET => account::page::show;
        AccountLogin Page "/account/login"
            GET => account::page::log_in;
        AccountConsole Page "/account/console"
            GET => account::console::log_in;
        AccountEnd Page "/account/end"
            POST => account::end::end;
        AccountPassword Page "/account/password"
            POST => account::password::change;
        AccountAppPasswords Page "/account/app-passwords"
            POST => account::app_passwords::change;
        AccountFactor Page "/account/second-factor"
            GET => account::second_factor::show, POST => account::second_factor::set_up;
        AccountCodes Page "/account/second-factor/codes"
            POST => account::second_factor::renew_codes;
        AccountNoFactor Page "/account/second-factor/remove"
            POST => account::second_factor::remove;
        AccountPasskeys Page "/account/second-factor/passkeys"
            GET => account::passkeys::show, POST => account::passkeys::add;
        AccountNoPasskey Page "/account/second-factor/passkeys/remove"
            POST => account::passkeys::remove;
        AccountForgot Page "/account/forgot"
            GET => account::forgot::show, POST => account::forgot::ask;
        AccountLink Page "/account/link"
            GET => account::link::show, POST => account::link::set;
        ChangePassword File "/.well-known/change-password"
            GET|HEAD => account::page::find_password;
    }
    /// Mounts SCIM.
    provisioning {
        ScimUsers Call "/scim/v2/Users"
            GET|HEAD => scim::users::list, POST => scim::users::create;
        ScimUser Call "/scim/v2/Users/{id}" @ "/scim/v2/Users/"
            GET|HEAD => scim::users::tell, PUT => scim::users::replace, PATCH => scim::users::patch,
            DELETE => scim::users::delete;
        ScimGroups Call "/scim/v2/Groups"
            GET|HEAD => scim::groups::list, POST => scim::groups::create;
        ScimGroup Call "/scim/v2/Groups/{id}" @ "/scim/v2/Groups/"
            GET|HEAD => scim::groups::tell, PUT => scim::groups::replace, PATCH => scim::groups::patch,
            DELETE => scim::groups::delete;
        ScimBulk Call "/scim/v2/Bulk"
            POST => scim::users::bulk;
        ScimConfig Call "/scim/v2/ServiceProviderConfig"
            GET|HEAD => scim::discovery::config;
        ScimResourceTypes Call "/scim/v2/ResourceTypes"
            GET|HEAD => scim::discovery::resource_types;
        ScimResourceType Call "/scim/v2/ResourceTypes/{id}" @ "/scim/v2/ResourceTypes/"
            GET|HEAD => scim::discovery::resource_type;
        ScimSchemas Call "/scim/v2/Schemas"
            GET|HEAD => scim::discovery::schemas;
        ScimSchema Call "/scim/v2/Schemas/{id}" @ "/scim/v2/Schemas/"
            GET|HEAD => scim::discovery::schema;
    }
    /// Mounts what those who run the server ask, on the public listener or on a private one. The app must hold an
    /// [`ops::Ops`] as its data.
    probes {
        Healthz Probe "/healthz"
            GET|HEAD => ops::health;
        Readyz Probe "/readyz"
            GET|HEAD => ops::readiness;
        Metrics Probe "/metrics"
            GET|HEAD => ops::metrics;
    }
    /// Mounts the management API. The app must hold a [`manage::Management`] as its data.
    management {
        ManagedUsers Call "/manage/v1/users"
            GET|HEAD => manage::users::list, POST => manage::users::add;
        ManagedUser Call "/manage/v1/users/{who}"
            GET|HEAD => manage::users::show, PATCH => manage::users::change, DELETE => manage::users::delete;
        ManagedAppPasswords Call "/manage/v1/users/{who}/app-passwords"
            GET|HEAD => manage::app_passwords::list, POST => manage::app_passwords::make,
            DELETE => manage::app_passwords::revoke_all;
        ManagedAppPassword Call "/manage/v1/users/{who}/app-passwords/{id}"
            PUT => manage::app_passwords::add, DELETE => manage::app_passwords::revoke;
        ManagedSecondFactor Call "/manage/v1/users/{who}/second-factor"
            DELETE => manage::second_factor::reset;
        ManagedLinks Call "/manage/v1/users/{who}/links"
            POST => manage::links::make;
        ManagedLink Call "/manage/v1/users/{who}/links/{digest}"
            PUT => manage::links::add;
        ManagedUserSessions Call "/manage/v1/users/{who}/sessions"
            GET|HEAD => manage::sessions::list, DELETE => manage::sessions::close_all;
        ManagedUserSession Call "/manage/v1/users/{who}/sessions/{session}"
            DELETE => manage::sessions::close;
        ManagedSessions Call "/manage/v1/sessions"
            GET|HEAD => manage::sessions::list_all;
        ManagedSignOns Call "/manage/v1/users/{who}/sign-ons"
            GET|HEAD => manage::sign_ons::list, DELETE => manage::sign_ons::end;
        ManagedForcedConsent Call "/manage/v1/users/{who}/forced-consent"
            DELETE => manage::sign_ons::waive;
        ManagedSubject Call "/manage/v1/users/{who}/subject"
            DELETE => manage::subjects::unlink;
        ManagedSubjects Call "/manage/v1/subjects"
            DELETE => manage::subjects::unlink_all;
        ManagedImport Call "/manage/v1/import"
            POST => manage::import::create;
        ManagedImportCheck Call "/manage/v1/import/check"
            POST => manage::import::check;
        ManagedRedirects Call "/manage/v1/redirect-urls"
            GET|HEAD => manage::redirect_urls::list, POST => manage::redirect_urls::add,
            DELETE => manage::redirect_urls::remove;
        ManagedLicenses Call "/manage/v1/licenses"
            GET|HEAD => manage::licenses::list;
        ManagedBackup Call "/manage/v1/backup"
            GET|HEAD => manage::backup::take;
        ManagedHold Call "/manage/v1/hold"
            PUT => manage::hold::take;
        ManagedEvents Call "/manage/v1/events"
            GET|HEAD => manage::events::list;
        ManagedUserThrottle Call "/manage/v1/users/{who}/throttle"
            GET|HEAD => manage::throttle::show, DELETE => manage::throttle::lift;
        ManagedThrottles Call "/manage/v1/throttles"
            GET|HEAD => manage::throttle::list;
        ManagedThrottle Call "/manage/v1/throttles/{address}"
            GET|HEAD => manage::throttle::show_network, DELETE => manage::throttle::lift_network;
        ManagedKeys Call "/manage/v1/signing-keys"
            GET|HEAD => manage::signing_keys::list, POST => manage::signing_keys::rotate,
            DELETE => manage::signing_keys::reset;
        ManagedTokens Call "/manage/v1/tokens"
            GET|HEAD => manage::tokens::list;
        ManagedToken Call "/manage/v1/tokens/{name}"
            PUT => manage::tokens::add, DELETE => manage::tokens::remove;
        ManagedArrivals Call "/manage/v1/arrivals"
            GET|HEAD => manage::upstream::arrivals;
        ManagedUpstream Call "/manage/v1/upstream"
            GET|HEAD => manage::upstream::until;
        ManagedSettings Call "/manage/v1/settings"
            GET|HEAD => manage::status::settings;
        ManagedHealth Call "/manage/v1/health"
            GET|HEAD => manage::status::health;
    }
    /// Mounts the console. The app must hold a [`console::Console`] and a [`manage::Management`] as its data.
    console {
        Console Page "/console"
            GET => console::overview::show;
        ConsoleEnter Page "/console/enter"
            GET => console::enter::show, POST => console::enter::enter;
        ConsoleLogin Page "/console/login"
            GET => console::person::log_in;
        ConsoleArrival Page "/console/arrive"
            GET => console::person::arrive;
        ConsoleLeave Page "/console/leave"
            POST => console::enter::leave;
        ConsoleUsers Page "/console/users"
            GET => console::users::list;
        ConsoleUser Page "/console/users/{id}"
            GET => console::user::show, POST => console::user::act;
        ConsoleSessions Page "/console/sessions"
            GET => console::session_list::list, POST => console::session_list::close;
        ConsoleEvents Page "/console/events"
            GET => console::events::list;
        ConsoleLiveEvents Page "/console/events/live"
            GET => console::stream::follow;
        ConsoleLicenses Page "/console/licenses"
            GET => console::licenses::show;
        ConsoleRedirects Page "/console/redirects"
            GET => console::redirects::show, POST => console::redirects::change;
        ConsoleKeys Page "/console/keys"
            GET => console::keys::show, POST => console::keys::rotate;
        ConsoleSettings Page "/console/settings"
            GET => console::settings::show;
    }
    /// Mounts the files of the pages, among them the page that says that a login is done.
    files {
        Static PublicPage "/directory/api/static/onauthenticationdone.html"
            GET|HEAD => pages::done::page, "/directory/api/static/" => pages::static_files::file;
    }
    /// Mounts the start page, and the API's documentation and description.
    pages {
        Home PublicPage "/"
            GET|HEAD => pages::home::page;
        Docs PublicPage "/docs"
            GET|HEAD => pages::docs::page, "/docs/" => pages::docs::file;
        OpenApi File "/openapi.json"
            GET|HEAD => openapi::document;
    }
}

/// Whether a path is one of a pattern with variable segments.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let fits = |(wanted, given): (&str, &str)| wanted == given || wanted.starts_with('{') && !given.is_empty();
    pattern.contains('{')
        && wanted.by_ref().zip(given.by_ref()).all(fits)
        && wanted.next().is_none()
        && given.next().is_none()
}

/// A route at its path, or at another that it stands for. Methods that are not added are refused.
fn resource(route: Route, path: &str) -> Resource {
    let refuse = move || ready(Err::<HttpResponse, _>(ApiError::MethodNotAllowed(route.allow())));
    web::resource(path).default_service(web::route().to(refuse))
}

/// What answers these methods.
fn by<const N: usize>(methods: [Method; N]) -> actix_web::Route {
    web::route().guard(fn_guard(move |request| methods.contains(&request.head().method)))
}

/// Answers every path that is no route.
pub fn not_found() -> actix_web::Route {
    web::route().to(|| ready(Err::<HttpResponse, _>(ApiError::Missing)))
}

impl Route {
    /// The path of a request as the routes of the two APIs and of the account page are written: in lower case, with single slashes and none at
    /// the end. Other paths, health and metrics among them, count to the letter: a proxy's rule for `/metrics` must not be
    /// passed by `//metrics`.
    pub(super) fn canonical_path(path: &str) -> Cow<'_, str> {
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

    /// Whether a path in its canonical spelling belongs to one of the two APIs, or to the account page, which people type in;
    /// be it a route or not.
    fn is_of_an_api(path: &str) -> bool {
        let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below("/v2") || below("/directory") || below("/account") || below("/console") || path == Self::Jwks.pattern()
    }

    /// Whether nobody may keep what it answers at this path: everything below the roots of the two APIs, of SCIM and
    /// of the management API, be it a route or not, but for what answers everybody alike; and every page that is about
    /// a person.
    pub(super) fn is_never_stored(self, path: &str) -> bool {
        path.starts_with("/v2")
            || scim::is_below(path)
            || manage::is_below(path)
            || path.starts_with("/directory") && !self.is_same_for_all()
            || matches!(self.kind(), Kind::Page)
    }

    /// Whether it answers everybody alike, so that the answer may be kept.
    pub(super) const fn is_same_for_all(self) -> bool {
        matches!(self.kind(), Kind::File | Kind::PublicPage)
    }

    /// Whether it is opened in a browser, where a person reads what went wrong.
    pub(super) const fn is_for_people(self) -> bool {
        matches!(self.kind(), Kind::Page | Kind::PublicPage)
    }

    /// Whether it is for probes and scrapers, which proxies keep from everybody else.
    pub(super) const fn is_for_operators(self) -> bool {
        matches!(self.kind(), Kind::Probe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::DONE_PAGE;

    #[test]
    fn every_pattern_is_the_path_of_its_route() {
        for (place, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(Route::of(route.pattern()), route);
            assert_eq!(route as usize, place);
        }
        assert_eq!(Route::Static.pattern(), DONE_PAGE);
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
