//! What every response tells browsers, whatever it says.

use crate::support::app::{App, Kind};
use crate::support::client::Reply;

/// Answers of every kind: good ones, refusals, pages, files, preflights, health.
fn replies(app: &App) -> Vec<(&'static str, Reply)> {
    [
        ("GET", "/v2/authorize", ""),
        ("POST", "/v2/authorize", "{"),
        ("PUT", "/v2/authorize", ""),
        ("OPTIONS", "/v2/authorize", ""),
        ("GET", "/nowhere", ""),
        ("GET", "/healthz", ""),
        ("GET", "/metrics", ""),
        ("GET", "/", ""),
        ("GET", "/docs", ""),
        ("GET", "/openapi.json", ""),
        ("GET", "/.well-known/jwks.json", ""),
        ("GET", "/directory/api/directorysession/authenticate", ""),
        ("GET", "/directory/api/directorysession/userinfo", ""),
        ("GET", "/directory/api/static/onauthenticationdone.html", ""),
    ]
    .map(|(method, target, body)| (target, app.request(method, target).header("Accept", "text/html").body(body).send()))
    .into()
}

#[test]
fn nothing_is_taken_for_another_type_than_it_says() {
    let app = App::shared(Kind::Embedded);
    let mut replies = replies(&app);
    let tag = app.request("GET", "/.well-known/jwks.json").send();
    let tag = tag.header("etag").expect("a tag").to_owned();
    let known = app.request("GET", "/.well-known/jwks.json").header("If-None-Match", &tag).send();
    assert_eq!(known.status, 304);
    replies.push(("jwks.json again", known));
    for (what, reply) in replies {
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{what}: {}", reply.status);
        assert_eq!(reply.header("strict-transport-security"), None, "{what}: browsers may come by http");
    }
}

#[test]
fn browsers_come_back_by_https_where_the_public_url_says_so() {
    let app = App::start(Kind::Embedded, &[("server.public_url", "https://login.example.org")]);
    for (what, reply) in replies(&app) {
        let told = reply.header("strict-transport-security");
        assert_eq!(told, Some("max-age=31536000"), "{what}: {}", reply.status);
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{what}");
    }
}
