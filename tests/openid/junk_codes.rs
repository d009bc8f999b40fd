//! Codes that were made up, brought to the running server: the provider hears of few of them, and nobody else's login
//! suffers.

use std::thread;
use std::time::Duration;

use bimgate::clock::{Clock as _, SystemClock};
use jsonwebtoken::Algorithm;
use serde_json::json;
use url::Url;

use crate::forge::{KEYS, signed};
use crate::liar::{Answer, Liar, header, response};
use crate::support::app::{App, Kind, User};
use crate::support::client::Reply;
use crate::support::openid_provider::{CLIENT, SECRET};
use crate::support::visitor::{Visitor, parameter};
use crate::support::wait::until;

/// Longer than the server waits for its provider.
const PATIENCE: Duration = Duration::from_secs(20);

/// What people are told is the server's address: it is bound to another, since they are sent nowhere here.
const PUBLIC: &str = "http://127.0.0.1:9";

fn app(liar: &Liar, settings: &[(&str, &str)]) -> App {
    let own = [
        ("server.public_url", PUBLIC),
        ("openid.issuer", liar.issuer.as_str()),
        ("openid.client_id", CLIENT),
        ("openid.client_secret", SECRET),
    ];
    App::start(Kind::Embedded, &[&own[..], settings].concat())
}

/// Begins a login: where the browser is sent, to the provider.
#[track_caller]
fn begin(app: &App, liar: &Liar, visitor: &mut Visitor) -> Url {
    let mut start = app.authenticate("access:client", "");
    let done = format!("{PUBLIC}/directory/api/static/onauthenticationdone.html");
    start.query_pairs_mut().clear().append_pair("claims", "access:client").append_pair("redirecturl", &done);
    let reply = visitor.get(&start);
    let to = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
    let asked = Url::parse(to).expect("a URL");
    assert!(to.starts_with(&liar.issuer), "{asked}");
    asked
}

/// Comes back from there with this code.
fn come_back(app: &App, visitor: &mut Visitor, asked: &Url, code: &str) -> Reply {
    let back = format!("http://{}/directory/api/directorysession/onauthenticated", app.address());
    let mut back = Url::parse(&back).expect("a URL");
    back.query_pairs_mut().append_pair("code", code).append_pair("state", &parameter(asked, "state"));
    visitor.get(&back)
}

/// Has whatever code comes next be this user's, in the login that the provider was asked for by this URL.
fn knows(liar: &Liar, asked: &Url, user: &User) {
    let mut claims = liar.claims(SystemClock.now().seconds());
    claims["nonce"] = json!(parameter(asked, "nonce"));
    claims["email"] = json!(user.email);
    liar.sends(&signed(&header(), &claims, &KEYS[0], Algorithm::RS256));
}

#[track_caller]
fn logged_in(reply: &Reply) {
    let to = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
    assert!(reply.status == 302 && to.contains("directory_access_token="), "{to}");
}

#[test]
fn of_all_the_codes_that_come_with_one_state_the_provider_hears_of_one() {
    let liar = Liar::start(SystemClock.now().seconds());
    let app = app(&liar, &[]);
    // It thinks about the first while the others come.
    liar.says("/token", Answer::Nothing);
    let mut visitor = Visitor::default();
    let asked = begin(&app, &liar, &mut visitor);
    let bring = |number: usize| {
        let mut visitor = visitor.clone();
        let back = come_back(&app, &mut visitor, &asked, &format!("made up {number}"));
        back.refused(400, "E_BadRequest");
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            let mut visitor = visitor.clone();
            come_back(&app, &mut visitor, &asked, "made up").status
        });
        until("the provider is asked", PATIENCE, || (liar.asked("/token") == 1).then_some(()));
        let others: Vec<_> = (0..20).map(|number| scope.spawn(move || bring(number))).collect();
        for other in others {
            other.join().expect("refused at once");
        }
        assert_eq!(liar.asked("/token"), 1);
        assert_eq!(first.join().expect("it is answered"), 503);
    });
}

#[test]
fn codes_that_the_provider_refuses_cost_their_network_and_good_ones_cost_nothing() {
    let liar = Liar::start(SystemClock.now().seconds());
    let app = app(&liar, &[("throttle.tokens.burst", "2"), ("throttle.tokens.refill", "3600")]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let mut log_in = || {
        visitor.set_cookie("directory_sso", "");
        let asked = begin(&app, &liar, &mut visitor);
        knows(&liar, &asked, &user);
        come_back(&app, &mut visitor, &asked, "good")
    };
    for _ in 0..4 {
        logged_in(&log_in());
    }
    let mut stranger = Visitor::default();
    liar.says("/token", response("400 Bad Request", "application/json", "{\"error\": \"invalid_grant\"}"));
    let asked_before = liar.asked("/token");
    let mut junk = || {
        let asked = begin(&app, &liar, &mut stranger);
        come_back(&app, &mut stranger, &asked, "made up")
    };
    junk().refused(400, "E_BadRequest");
    junk().refused(400, "E_BadRequest");
    for _ in 0..3 {
        let reply = junk();
        reply.refused(429, "E_TooManyAttempts");
        assert!(reply.header("retry-after").is_some());
    }
    assert_eq!(liar.asked("/token"), asked_before + 2);
}

#[test]
fn a_provider_that_has_enough_to_do_is_not_down_for_everybody() {
    let liar = Liar::start(SystemClock.now().seconds());
    let app = app(&liar, &[]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    let enough = || response("429 Too Many Requests", "text/plain", "");
    let asked = begin(&app, &liar, &mut visitor);
    // It limits how often this server may ask, for whatever.
    for path in ["/token", "/.well-known/openid-configuration", "/jwks"] {
        liar.says(path, enough());
    }
    let reply = come_back(&app, &mut visitor, &asked, "made up");
    let body = reply.refused(503, "E_Unavailable");
    assert!(body["message"].as_str().is_some_and(|sentence| sentence.contains("identity provider")), "{body}");
    assert!(reply.header("retry-after").is_some());
    come_back(&app, &mut visitor, &asked, "good").refused(400, "E_BadRequest");
    // Others go on, and so does the same person, anew.
    let mut other = Visitor::default();
    let asked = begin(&app, &liar, &mut other);
    knows(&liar, &asked, &user);
    logged_in(&come_back(&app, &mut other, &asked, "good"));
    begin(&app, &liar, &mut visitor);
}
