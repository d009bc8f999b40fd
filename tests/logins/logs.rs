//! What must never be logged: every way to log in at trace level, then a look for what travelled.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use url::Url;

use crate::place::Place;
use crate::steps::{begin, come_back, confirm, csrf, enter, fragment, redirect, to_confirmation, way_back};
use crate::support::app::App;
use crate::support::directory::native_token;
use crate::support::openid_provider::SECRET;
use crate::support::visitor::{Visitor, parameter};
use crate::support::wait::until;

const TRACE: (&str, &str) = ("log.level", "trace");

/// Looks for these in what the server has logged, once its last request is.
#[track_caller]
fn unlogged(app: &App, secrets: &[String]) {
    let last = app.request("GET", "/nowhere").send();
    let last = last.header("x-request-id").expect("an id").to_owned();
    until("the last request is logged", Duration::from_secs(10), || app.server.log().contains(&last).then_some(()));
    let log = app.server.log();
    for secret in secrets {
        assert!(secret.len() >= 8, "{secret}");
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} is in the log: {}", line.unwrap_or_default());
    }
}

/// What a browser and an application hold at the end.
fn held(visitor: &Visitor, end: &Url) -> Vec<String> {
    let (_, browser) = visitor.browser().expect("it is set");
    let cookies = [browser, visitor.cookie("directory_sso").unwrap_or("no cookie")].map(Into::into);
    let members = fragment(end);
    let tokens = ["directory_access_token", "http_access_token"].map(|name| members.get(name).cloned());
    cookies.into_iter().chain(tokens.into_iter().flatten()).collect()
}

on_both_stores!(no_secret_of_a_login_is_ever_logged, |kind| {
    let password = "the administrators password";
    let app = App::start(kind, &[TRACE, ("admin.username", "admin"), ("admin.password", password)]);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let basic = STANDARD.encode(format!("admin:{password}"));
    let mut secrets: Vec<String> =
        [password, &basic, &native, &user.password, "wrong password", "secret appdata"].map(Into::into).to_vec();
    let page = begin(&mut visitor, &app.authenticate("access:client", "&appdata=secret+appdata"));
    secrets.extend([csrf(&mut visitor, &page), parameter(&page, "state")]);
    assert_eq!(enter(&mut visitor, &page, &user.email, "wrong password").status, 401);
    let end = redirect(&page, &enter(&mut visitor, &page, &user.email, &user.password));
    secrets.extend(held(&visitor, &end));
    visitor.get(&way_back(&page, "a code that is made up")).refused(400, "E_BadRequest");

    let start = app.authenticate_native(&native);
    let mut another = Visitor::default();
    let page = to_confirmation(&mut another, &start, &user);
    secrets.extend([csrf(&mut another, &page), parameter(&page, "state")]);
    another.get(&start).refused(409, "E_Conflict");
    let end = confirm(&mut another, &page, "yes");
    secrets.extend(held(&another, &end));
    let session = app.wait(&native, 0).ok();
    secrets.push(session["directory_access_token"].as_str().expect("a bearer").into());
    let page = begin(&mut Visitor::default(), &app.authenticate("access:client", ""));
    Visitor::default().get(&way_back(&page, "a code that is made up")).refused(400, "E_BadRequest");
    secrets.extend([
        "that is made up".into(),
        "that+is+made+up".into(),
        "that%20is%20made%20up".into(),
        parameter(&page, "state"),
    ]);

    let mut admin = another.clone();
    admin.headers.push(("Authorization".into(), format!("Basic {basic}")));
    let mut page = app.url("/directory/api/directorysession/registerfrontenduserandredirecturl");
    page.query_pairs_mut().append_pair("redirecturl", "https://app.example.org/cb?secret=of_the_query");
    secrets.extend([csrf(&mut admin, &page), "of_the_query".into()]);
    let field = secrets[secrets.len() - 2].clone();
    let login = redirect(&page, &admin.post(&page, &[("csrf", &field)]));
    secrets.push(parameter(&login, "state"));
    let end = redirect(&login, &enter(&mut admin, &login, &user.email, &user.password));
    secrets.extend(held(&admin, &end));
    app.server.run(&["session", "close", "--user", &user.email, "--all"], "");
    unlogged(&app, &secrets);
});

on_both_stores!(none_of_a_login_through_the_provider_either, |kind| {
    let place = Place::start(kind, &[TRACE]);
    let name = place.person(&json!({"email": "a.person@example.org", "email_verified": true, "name": "A Person"}));
    place.app.server.run(&["user", "add", "--email", "a.person@example.org", "--no-password"], "");
    let mut visitor = Visitor::default();
    let asked = place.to_the_provider(&mut visitor, &place.start_url(""));
    let basic = STANDARD.encode(format!("{}:{}", crate::support::openid_provider::CLIENT, SECRET));
    let mut secrets = vec![SECRET.to_owned(), SECRET.replace(' ', "+"), SECRET.replace(' ', "%20"), basic];
    secrets.extend(["state", "nonce", "code_challenge"].map(|name| parameter(&asked, name)));
    let back = visitor.log_in_at(&asked, &name);
    secrets.push(parameter(&back, "code"));
    let end = come_back(&mut visitor, &back);
    assert!(fragment(&end).contains_key("directory_access_token"), "{end}");
    secrets.extend(held(&visitor, &end));
    // The code of another, and a refusal with words of its own.
    let back = place.prove(&mut Visitor::default(), &place.start_url(""), &name);
    Visitor::default().get(&back).refused(400, "E_BadRequest");
    secrets.extend([parameter(&back, "code"), parameter(&back, "state")]);
    let asked = place.to_the_provider(&mut Visitor::default(), &place.start_url("&appdata=secret+appdata"));
    secrets.extend([parameter(&asked, "state"), "secret appdata".into(), "secret+appdata".into()]);
    // An ID token and an access token of the provider's begin like this.
    secrets.extend(["eyJhbGciOi".to_owned(), "id_token".to_owned(), "a.person@example.org".to_owned()]);
    unlogged(&place.app, &secrets);
});
