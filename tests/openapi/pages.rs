//! The pages, their files, and what a browser may do with them; health, readiness and metrics beside them.

use crate::support::app::{App, Kind};
use crate::support::client::Reply;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[track_caller]
fn is_strict(reply: &Reply) {
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn everything_a_page_names_is_served_from_here() {
    let app = App::shared(Kind::Embedded);
    for path in ["/", "/docs"] {
        let page = app.request("GET", path).header("Accept", BROWSER).send();
        assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{path}");
        is_strict(&page);
        let text = page.text();
        let words = text.split(['"']).map(|word| word.trim_start_matches("./"));
        let named = words.filter(|word| word.starts_with("docs/") || word.starts_with("directory/api/static/"));
        let files: Vec<_> = named.collect();
        assert!(files.len() >= 2, "{text}");
        for file in files {
            let reply = app.request("GET", &format!("/{file}")).send();
            assert_eq!(reply.status, 200, "{file}");
            assert!(!reply.body.is_empty(), "{file}");
            is_strict(&reply);
        }
    }
}

#[test]
fn the_done_page_needs_nothing_but_its_address() {
    let app = App::shared(Kind::Embedded);
    for (query, says) in [
        ("error=access_denied", "The identity provider did not let you in"),
        ("error=access_denied&reason=declined", "Nothing was let in"),
        ("error=access_denied&reason=no_account", "You have no account here"),
        ("error=access_denied&reason=%3Cb%3E&request=%3Cb%3E", "The identity provider did not let you in"),
    ] {
        let failed = app.request("GET", &format!("/directory/api/static/onauthenticationdone.html?{query}")).send();
        assert!(failed.text().contains(says) && !failed.text().contains("b>"), "{query}: {}", failed.text());
    }
    let page = app.request("GET", "/directory/api/static/onauthenticationdone.html?x=error").send();
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(page.text().contains("The login is done"), "{}", page.text());
    for file in ["pages.css", "sheet.css", "mark.svg"] {
        assert_eq!(app.request("GET", &format!("/directory/api/static/{file}")).send().status, 200, "{file}");
    }
    assert!(page.text().contains("href=\"../../../directory/api/static/pages.css\""), "{}", page.text());
    app.request("GET", "/directory/api/static/other.css").send().refused(404, "E_Missing_404");
}

/// A browser, at what it may open, is told of a problem by a page in its language; a program by the envelope.
#[test]
fn a_problem_is_a_page_for_a_browser_and_an_envelope_for_a_program() {
    let app = App::shared(Kind::Embedded);
    let long = format!("/{}", "x".repeat(4_000));
    for (method, path, status, says) in [
        ("GET", "/nowhere", 404, "Hier ist nichts"),
        ("HEAD", "/nowhere", 404, ""),
        ("GET", "/favicon.ico", 404, "Hier ist nichts"),
        ("GET", "/%00/a//b/%ff", 404, "Hier ist nichts"),
        ("GET", &long, 404, "Hier ist nichts"),
        ("GET", "/docs/nothing.js", 404, "Hier ist nichts"),
        ("GET", "/directory/api/static/nothing.css", 404, "Hier ist nichts"),
        ("GET", "/directory/api/nothing", 404, "Hier ist nichts"),
        ("POST", "/", 405, "Dieser Link funktioniert nicht"),
        ("DELETE", "/docs", 405, "Dieser Link funktioniert nicht"),
    ] {
        let ask = || app.request(method, path).header("Accept-Language", "de-AT,en;q=0.5");
        let page = ask().header("Accept", BROWSER).send();
        let text = page.text();
        assert_eq!(page.status, status, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{method} {path}: {text}");
        assert_eq!(page.header("content-language"), Some("de"), "{path}");
        let id = if method == "HEAD" { "" } else { page.header("x-request-id").expect("an id") };
        assert!(text.contains(says) && text.contains(id), "{path}: {text}");
        if method != "HEAD" {
            let code = if status == 404 { "E_Missing_404" } else { "E_MethodNotAllowed" };
            ask().header("Accept", "*/*").send().refused(status, code);
        }
    }
    // Programs alone call these, whatever some of them say that they prefer.
    for (method, path, status, code) in [
        ("GET", "/v2/authorize/x", 404, "E_Missing_404"),
        ("GET", "/V2/nothing", 404, "E_Missing_404"),
        ("POST", "/nowhere", 404, "E_Missing_404"),
        ("GET", "/v2/authorize", 401, "E_InvalidToken"),
        ("GET", "/directory/api/directorysession/userinfo", 401, "E_InvalidToken"),
    ] {
        app.request(method, path).header("Accept", BROWSER).send().refused(status, code);
    }
}

#[test]
fn the_start_page_is_in_the_browsers_language() {
    let app = App::shared(Kind::Embedded);
    let mut tags = std::collections::HashSet::new();
    for (language, tag, says) in [
        ("en", "en", "The gate is open."),
        ("de-CH, en;q=0.8", "de", "Das Tor ist offen."),
        ("fr-CA, en;q=0.8", "fr", "La porte est ouverte."),
    ] {
        let page = app.request("GET", "/").header("Accept", BROWSER).header("Accept-Language", language).send();
        assert_eq!((page.status, page.header("content-language")), (200, Some(tag)), "{language}");
        assert!(page.text().contains(says) && page.text().contains(&format!("<html lang=\"{tag}\">")), "{language}");
        assert!(page.header("vary").is_some_and(|vary| vary.contains("Accept-Language")), "{language}");
        assert!(tags.insert(page.header("etag").expect("a tag").to_owned()), "kept for one language alone");
    }
}

#[test]
fn a_file_that_has_not_changed_is_not_sent_again() {
    let app = App::shared(Kind::Embedded);
    for path in ["/docs", "/docs/swagger-ui-bundle.js", "/openapi.json", "/directory/api/static/pages.css"] {
        let first = app.request("GET", path).send();
        let tag = first.header("etag").expect("an entity tag");
        let again = app.request("GET", path).header("If-None-Match", tag).send();
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let other = app.request("GET", path).header("If-None-Match", "\"other\"").send();
        assert_eq!((other.status, other.body.len()), (200, first.body.len()), "{path}");
    }
}

#[test]
fn the_start_page_is_json_for_programs() {
    let app = App::shared(Kind::Embedded);
    for accept in ["*/*", "application/json", "application/json, text/html;q=0.5"] {
        let home = app.request("GET", "/").header("Accept", accept).send();
        assert_eq!(home.ok()["docs"], "/docs", "{accept}");
        assert!(home.header("vary").is_some_and(|vary| vary.contains("Accept")), "{accept}");
    }
    app.request("GET", "/docs/other.js").send().refused(404, "E_Missing_404");
}

#[test]
fn metrics_count_what_happened() {
    let app = App::start(Kind::Embedded, &[]);
    let user = app.user();
    let access = app.login(&user);
    app.accepts(&access);
    app.request("GET", "/made-up/1").send();
    app.request("GET", "/made-up/2").send();
    let page = app.request("GET", "/metrics").send();
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4"));
    let page = page.text();
    for line in [
        r#"bimgate_http_requests_total{method="GET",route="/v2/authorize",status="200"} 1"#,
        r#"bimgate_http_requests_total{method="GET",route="unmatched",status="404"} 2"#,
        r#"bimgate_logins_total{method="password",outcome="success"} 1"#,
        r#"bimgate_store_duration_seconds_count{act="check"} 1"#,
        r#"bimgate_store_duration_seconds_count{act="issue"} 1"#,
        "bimgate_hashing_queued 0",
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    assert!(!page.contains("made-up") && !page.contains(&user.email) && !page.contains(&user.id.to_string()), "{page}");
}

#[test]
fn readiness_falls_with_the_store_and_health_does_not() {
    let mut app = App::start(Kind::Redis, &[]);
    assert_eq!(app.request("GET", "/readyz").send().ok()["status"], "ok");
    app.redis().kill();
    crate::support::wait::until("readiness falls", std::time::Duration::from_secs(5), || {
        let reply = app.request("GET", "/readyz").send();
        (reply.status == 503).then(|| {
            reply.refused(503, "E_Unavailable");
            assert_eq!(reply.header("retry-after"), Some("1"));
        })
    });
    assert_eq!(app.request("GET", "/healthz").send().ok()["status"], "ok");
}
