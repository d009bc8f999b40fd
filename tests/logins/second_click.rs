//! The same right form comes twice, by a second click or Enter twice: the second answer leads where the first has led.

use std::thread;
use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use bimgate::domain::{AuthMethod, Begun, LoginProof, PendingLimits, PendingLogin, Right, Stage, TokenValue, UserId};
use bimgate::settings::{Settings, StoreSettings};
use bimgate::store::redis::RedisStore;
use bimgate::store::{Accounts as _, Logins as _};
use url::Url;

use crate::steps::{
    assert_not_redirected, begin, come_back, confirm, csrf, fragment, open_sessions, redirect, to_confirmation,
    way_back,
};
use crate::support::app::{App, Kind, User};
use crate::support::client::Reply;
use crate::support::directory::{Session, native_token};
use crate::support::visitor::{Visitor, parameter};

const PREFIX: &str = "second_click:";
/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The filled-in form of a login page.
fn filled_in<'a>(csrf: &'a str, user: &'a User) -> [(&'a str, &'a str); 3] {
    [("csrf", csrf), ("email", &user.email), ("password", &user.password)]
}

/// What the application is told at the end.
#[track_caller]
fn bearer(end: &Url) -> String {
    fragment(end).remove("directory_access_token").unwrap_or_else(|| panic!("no bearer in {end}"))
}

/// The cookie of single sign-on that a reply sets.
fn sign_on(reply: &Reply) -> Option<&str> {
    let mut set = reply.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value);
    set.find(|cookie| cookie.starts_with("directory_sso="))
}

on_both_stores!(a_second_click_on_log_in_leads_to_the_same_confirmation, |kind| {
    let app = App::shared(kind);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate_native(&native));
    let csrf = csrf(&mut visitor, &page);
    let [first, second] = [(); 2].map(|()| redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user))));
    assert_eq!((second.path(), &second), ("/directory/api/confirm", &first));
    confirm(&mut visitor, &second, "yes");
    app.wait(&native, 0).ok();
    assert_eq!(open_sessions(&app, &user), 1);
});

on_both_stores!(a_second_click_after_the_login_is_complete_leads_to_the_application, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", "&appdata=x"));
    let csrf = csrf(&mut visitor, &page);
    let before = visitor.clone();
    let [first, second] = [visitor, before.clone()].map(|mut visitor| visitor.post(&page, &filled_in(&csrf, &user)));
    let [one, other] = [&first, &second].map(|reply| redirect(&page, reply));
    assert_eq!(fragment(&other).get("appdata").map(String::as_str), Some("x"));
    for end in [&one, &other] {
        app.heartbeat(&bearer(end)).ok();
    }
    assert_eq!(open_sessions(&app, &user), 1);
    // A browser keeps only what the second answer sets: it is signed on all the same.
    assert!(sign_on(&first).is_some() && sign_on(&first) == sign_on(&second), "{first:?} {second:?}");
    let mut visitor = before;
    visitor.keep(&second);
    let start = app.authenticate("access:client", "");
    app.heartbeat(&bearer(&come_back(&mut visitor, &start))).ok();
    // A return as from a provider is none of these.
    assert_not_redirected(&visitor.get(&way_back(&page, "code")));
    app.heartbeat(&bearer(&other)).refused(401, "E_InvalidToken");
    visitor.post(&page, &filled_in(&csrf, &user)).refused(400, "E_BadRequest");
    assert_eq!(open_sessions(&app, &user), 1, "that of the browser that was signed on");
});

on_both_stores!(two_clicks_at_once_open_one_session, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let csrf = csrf(&mut visitor, &page);
    let replies = thread::scope(|scope| {
        let clicks = [(); 3].map(|()| {
            let (mut visitor, page, form) = (visitor.clone(), &page, filled_in(&csrf, &user));
            scope.spawn(move || visitor.post(page, &form))
        });
        clicks.map(|click| click.join().expect("an answer"))
    });
    for reply in &replies {
        app.heartbeat(&bearer(&redirect(&page, reply))).ok();
        assert!(sign_on(reply).is_some() && sign_on(reply) == sign_on(&replies[0]), "{reply:?}");
    }
    assert_eq!(open_sessions(&app, &user), 1);
});

on_both_stores!(a_second_click_of_who_is_refused_is_refused_alike, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    for more in ["", &format!("&nativetoken={}", native_token())] {
        let page = begin(&mut visitor, &app.authenticate("access:frontend", &format!("&appdata=x{more}")));
        let csrf = csrf(&mut visitor, &page);
        let ends = [(); 2].map(|()| redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user))));
        let [first, second] = ends.each_ref().map(fragment);
        assert_eq!((first["error"].as_str(), first["appdata"].as_str()), ("access_denied", "x"), "{more}");
        assert_eq!(first, second, "{more}");
    }
    assert_eq!((open_sessions(&app, &user), visitor.cookie("directory_sso")), (0, None));
});

/// A server dies when it has recorded that the person is proven, before the session opens.
#[test]
fn a_second_click_goes_on_with_what_a_server_left_that_died() {
    let mut app = App::start(Kind::Redis, &[("store.key_prefix", PREFIX)]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", "&appdata=x"));
    let csrf = csrf(&mut visitor, &page);
    let (_, browser) = visitor.browser().expect("it is set");
    let [state, browser] = [&parameter(&page, "state"), browser].map(|value| TokenValue::parse(value.as_bytes()));
    let (state, browser) = (state.expect("a state").digest(), browser.expect("a cookie").digest());
    let url = app.redis().url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let settings = Settings::defaults().expect("the defaults are good").store;
        let settings = StoreSettings { url, key_prefix: PREFIX.into(), timeout_ms: PATIENCE, ..settings };
        let (store, now) = (RedisStore::connect(&settings).expect("usable settings"), SystemClock.now());
        let account = store.account(UserId(user.id)).await.expect("Redis").expect("the user");
        let proof = LoginProof {
            user: account.id,
            generation: account.generation,
            proven: now,
            how: AuthMethod::Password,
            sign_on: None,
            meets: None,
            provider_session: None,
            logouts: 0,
        };
        let login = PendingLogin {
            browser,
            native: None,
            right: Right::Client,
            app_claims: Vec::new(),
            app_data: Some("x".into()),
            redirect_url: app.done_page().into(),
            stage: Stage::Confirming(proof),
            ..crate::support::given::pending(now)
        };
        let limits = PendingLimits { total: 10, per_network: 10 };
        assert_eq!(store.begin_login(state, &login, limits).await.expect("Redis"), Begun::Yes);
    });
    let end = redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user)));
    assert_eq!(fragment(&end).get("appdata").map(String::as_str), Some("x"), "{end}");
    app.heartbeat(&bearer(&end)).ok();
    assert!(come_back(&mut visitor, &app.authenticate("access:client", "")).fragment().is_some(), "signed on");
    assert_eq!(open_sessions(&app, &user), 2);
}

on_both_stores!(a_second_yes_leads_where_the_first_led, |kind| {
    let app = App::shared(kind);
    let (user, mut visitor) = (app.user(), Visitor::default());
    for signed_on in [false, true] {
        let native = native_token();
        let start = app.authenticate_native(&native);
        let page =
            if signed_on { come_back(&mut visitor, &start) } else { to_confirmation(&mut visitor, &start, &user) };
        assert_eq!(page.path(), "/directory/api/confirm");
        let csrf = csrf(&mut visitor, &page);
        let form = [("csrf", csrf.as_str()), ("answer", "yes")];
        let replies = [(); 2].map(|()| visitor.post(&page, &form));
        let [first, second] = replies.each_ref().map(|reply| (redirect(&page, reply), sign_on(reply)));
        assert_eq!((&first, first.1.is_some()), (&second, !signed_on), "signed on: {signed_on}");
        // Neither a no, nor somebody else's yes.
        visitor.post(&page, &[("csrf", &csrf), ("answer", "no")]).refused(400, "E_BadRequest");
        Visitor::default().post(&page, &form).refused(400, "E_BadRequest");
        let session = Session::of_body(&app.wait(&native, 0).ok());
        app.heartbeat(&session.directory).ok();
    }
});

on_both_stores!(a_second_click_elsewhere_or_with_a_wrong_password_leads_nowhere, |kind| {
    let app = App::shared(kind);
    let ([user, other], mut visitor) = ([app.user(), app.user()], Visitor::default());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let csrf = csrf(&mut visitor, &page);
    let first = bearer(&redirect(&page, &visitor.post(&page, &filled_in(&csrf, &user))));
    let mut elsewhere = Visitor::default();
    begin(&mut elsewhere, &app.authenticate("access:client", ""));
    for (visitor, user) in [(&mut elsewhere, &user), (&mut Visitor::default(), &user), (&mut visitor, &other)] {
        let reply = visitor.post(&page, &filled_in(&csrf, user));
        assert_eq!((reply.status, reply.header("location")), (400, None), "{}", reply.text());
    }
    let wrong = [("csrf", csrf.as_str()), ("email", &user.email), ("password", "wrong")];
    let reply = visitor.post(&page, &wrong);
    assert!(reply.status >= 400 && reply.header("location").is_none(), "{} {}", reply.status, reply.text());
    let forged = "0".repeat(csrf.len());
    let reply = visitor.post(&page, &filled_in(&forged, &user));
    assert_eq!((reply.status, reply.header("location")), (403, None), "{}", parameter(&page, "state"));
    app.heartbeat(&first).ok();
    assert_eq!(open_sessions(&app, &user), 1);
});
