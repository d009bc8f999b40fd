//! The identity provider does not answer: logins through it wait, everything else goes on.

use std::time::Duration;

use crate::place::Place;
use crate::steps::{come_back, confirm, fragment};
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

#[track_caller]
fn unavailable(reply: &Reply) {
    let body = reply.refused(503, "E_Unavailable");
    assert!(body["message"].as_str().is_some_and(|sentence| sentence.contains("identity provider")), "{body}");
    assert!(reply.header("retry-after").is_some());
    assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
}

on_both_stores!(without_its_provider_the_server_starts_and_serves_everything_else, |kind| {
    let place = Place::with(kind, &[], crate::support::openid_provider::OpenIdProvider::kill);
    let app = &place.app;
    let (native, mut visitor) = (native_token(), Visitor::default());
    let start = place.start_url(&format!("&nativetoken={native}"));
    let waits_on = || assert_eq!(app.wait(&native, 0).status, 204);
    unavailable(&visitor.get(&start));
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(metrics.contains("bimgate_peer_errors_total{peer=\"provider\"} 1\n"), "{metrics}");
    waits_on();
    visitor.headers.push(("Accept".into(), "text/html".into()));
    let page = visitor.get(&start);
    assert_eq!(page.status, 503, "{}", page.text());
    waits_on();
    visitor.headers.clear();
    let user = app.user();
    let everything_else = || {
        app.accepts(&app.login(&user));
        for path in ["/readyz", "/.well-known/jwks.json", "/directory/api/signout"] {
            assert_eq!(app.request("GET", path).send().status, 200, "{path}");
        }
    };
    everything_else();
    // It comes up, and is found without anybody's doing.
    place.provider().restart();
    let start = place.start_url("");
    until("the provider is found", Duration::from_secs(20), || (visitor.get(&start).status == 302).then_some(()));
    let (_, name) = place.known_person();
    let mut signed_on = Visitor::default();
    assert!(fragment(&place.log_in(&mut signed_on, "", &name)).contains_key("directory_access_token"));
    // Whoever tries again with the same link lets the client in that has waited all the while.
    let mut patient = Visitor::default();
    let page = place.log_in(&mut patient, &format!("&nativetoken={native}"), &name);
    waits_on();
    confirm(&mut patient, &page, "yes");
    app.wait(&native, 0).ok();
    // It goes while people are on their way.
    let back = place.prove(&mut visitor, &start, &name);
    place.provider().kill();
    let reply = visitor.get(&back);
    unavailable(&reply);
    visitor.get(&back).refused(400, "E_BadRequest");
    until("that is noticed", Duration::from_secs(20), || (visitor.get(&start).status == 503).then_some(()));
    everything_else();
    // Whoever is signed on needs no provider, be it to log in or out.
    assert!(come_back(&mut signed_on, &start).fragment().is_some());
    let page = app.url("/directory/api/signout");
    let csrf = crate::steps::csrf(&mut signed_on, &page);
    assert_eq!(signed_on.post(&page, &[("csrf", &csrf)]).status, 303);
});
