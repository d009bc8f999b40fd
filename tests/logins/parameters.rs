//! What a browser is asked to open, and what it is told when that is wrong.

use crate::steps::{begin, redirect};
use crate::support::app::App;
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

/// How long what is asked for may be in all, in bytes.
const MOST_ASKED: usize = 7168;

/// `appdata` and `appclaims` that come to so many bytes together with the redirect URL.
fn filled(app: &App, bytes: usize) -> String {
    let rest = bytes - app.done_page().len() - 4096;
    let claims = [128].repeat(rest / 128).into_iter().chain([rest % 128]).filter(|&length| length > 0);
    let claims: String = claims.flat_map(|length| ["&appclaims=".to_owned(), "x".repeat(length)]).collect();
    format!("appdata={}{claims}", "y".repeat(4096))
}

on_both_stores!(what_is_wrong_with_a_request_to_log_in_is_told, |kind| {
    let app = App::shared(kind);
    let (good, native) = (format!("redirecturl={}", app.done_page()), native_token());
    let many = |name: &str, times: usize| vec![format!("{name}=x"); times].join("&");
    for wrong in [
        good.clone(),
        format!("claims=&{good}"),
        format!("claims=access%3Aadmin&{good}"),
        format!("claims=ACCESS:CLIENT&{good}"),
        format!("claims=access:client%20access:frontend&{good}"),
        format!("claims=access:client&claims=access:client&{good}"),
        "claims=access:client".into(),
        "claims=access:client&redirecturl=".into(),
        "claims=access:client&redirecturl=ftp://app.example.org/cb".into(),
        "claims=access:client&redirecturl=/directory/api/static/onauthenticationdone.html".into(),
        format!("claims=access:client&{good}&{good}"),
        format!("claims=access:client&{good}&nativetoken="),
        format!("claims=access:client&{good}&nativetoken={}", "x".repeat(15)),
        format!("claims=access:client&{good}&nativetoken={}", "x".repeat(257)),
        format!("claims=access:client&{good}&nativetoken={native}&nativetoken={native}"),
        // What is no text must not be taken for another that is none either.
        format!("claims=access:client&{good}&nativetoken={}", "%ff".repeat(16)),
        format!("claims=access:client&{good}&appdata=%ff"),
        format!("claims=access:client&{good}&appclaims=%ff"),
        format!("claims=access:client&{good}&appclaims={}", "x".repeat(129)),
        format!("claims=access:client&{good}&{}", many("appclaims", 65)),
        format!("claims=access:client&{good}&needextendedbearer=1"),
        format!("claims=access:client&{good}&needextendedbearer=true&needextendedbearer=true"),
        format!("claims=access:client&{good}&appdata={}", "x".repeat(4097)),
        format!("claims=access:client&{good}&appdata=a&appdata=a"),
        format!("claims=access:client&{good}&{}", filled(&app, MOST_ASKED + 1)),
    ] {
        let reply = app.request("GET", &format!("/directory/api/directorysession/authenticate?{wrong}")).send();
        assert_eq!(reply.status, 400, "{wrong}: {}", reply.text());
        reply.refused(400, "E_BadRequest");
        assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None), "{wrong}");
    }
    // Nothing was begun: its token is still to be had.
    begin(&mut Visitor::default(), &app.authenticate_native(&native));
});

on_both_stores!(what_is_good_is_taken_and_the_unknown_ignored, |kind| {
    let app = App::shared(kind);
    for good in [
        "",
        "&",
        "&unknown=1&unknown=2&state=x&code=y",
        "&unknown=%ff&appclaims=&appclaims=",
        "&needextendedbearer=",
        "&needextendedbearer=TRUE",
        "&needextendedbearer=False",
        "&appclaims=a&appclaims=b&appclaims=a",
        &format!("&nativetoken={}", &native_token()[..16]),
        &format!("&nativetoken={}", native_token().repeat(8)),
        &format!("&appdata={}", "x".repeat(4096)),
        &format!("&{}", filled(&app, MOST_ASKED)),
    ] {
        for claims in ["access:client", "access:frontend", "access:client-dev"] {
            // Each login has a token of its own.
            if claims == "access:client" || !good.contains("native") {
                begin(&mut Visitor::default(), &app.authenticate(claims, good));
            }
        }
    }
});

on_both_stores!(what_comes_back_must_be_whole, |kind| {
    let app = App::shared(kind);
    let mut visitor = Visitor::default();
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let state = page.query().unwrap_or_default();
    for wrong in [
        "",
        "code=x",
        "state=",
        state,
        &format!("{state}&code="),
        &format!("{state}&error="),
        &format!("{state}&{state}&code=x"),
        &format!("{state}&code=x&code=y"),
        &format!("{state}&code={}", "x".repeat(4097)),
        "state=short&code=x",
        "state=0123456789abcdef0123456789abcdef&code=x",
        "state=0123456789abcdef0123456789abcdef&error=access_denied",
    ] {
        let reply = visitor.get(&app.url(&format!("/directory/api/directorysession/onauthenticated?{wrong}")));
        reply.refused(400, "E_BadRequest");
        assert_eq!(reply.header("location"), None, "{wrong}");
    }
    for path in ["login", "confirm"] {
        for wrong in ["", "?state=", "?state=short", &format!("?{state}&{state}")] {
            visitor.get(&app.url(&format!("/directory/api/{path}{wrong}"))).refused(400, "E_BadRequest");
        }
    }
    // What was malformed has ended nothing.
    assert_eq!(visitor.get(&page).status, 200);
});

on_both_stores!(programs_get_the_envelope_and_people_a_page, |kind| {
    let app = App::shared(kind);
    let unregistered = app.authenticate_to("https://evil.example/", "access:client", "");
    for (accept, page) in [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
        ("text/html", true),
        ("application/json", false),
        ("*/*", false),
        ("application/json, text/html;q=0.5", false),
    ] {
        let mut visitor = Visitor::default();
        visitor.headers.push(("Accept".into(), accept.into()));
        for (target, status, code) in [
            ("authenticate", 400, "E_BadRequest"),
            ("onauthenticated?state=0123456789abcdef0123456789abcdef&code=x", 400, "E_BadRequest"),
            ("registerfrontenduserandredirecturl", 401, "E_InvalidCredentials"),
        ] {
            let reply = visitor.get(&app.url(&format!("/directory/api/directorysession/{target}")));
            if page { problem(&reply, status) } else { drop(reply.refused(status, code)) }
        }
        let reply = visitor.get(&unregistered);
        if page { problem(&reply, 403) } else { drop(reply.refused(403, "E_Forbidden")) }
    }
});

/// Checks that this is a plain page about what went wrong, and no stack.
#[track_caller]
fn problem(reply: &Reply, status: u16) {
    let text = reply.text();
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
    assert!(text.contains(reply.header("x-request-id").expect("an id")), "{text}");
    for inside in ["src/", "::", "panicked", "Error {", "<script", "style="] {
        assert!(!text.contains(inside), "{inside}: {text}");
    }
    secure(reply);
}

on_both_stores!(pages_are_kept_by_nobody_and_framed_by_nobody, |kind| {
    let app = App::shared(kind);
    let mut visitor = Visitor::default();
    let start = app.authenticate("access:client", "");
    let page = begin(&mut visitor, &start);
    let login = visitor.get(&page);
    secure(&login);
    let policy = login.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains(&format!("form-action 'self' http://{}", app.address())), "{policy}");
    for path in ["/directory/api/signout", "/directory/api/static/onauthenticationdone.html"] {
        let reply = visitor.get(&app.url(path));
        assert_eq!(reply.status, 200, "{path}");
        secure(&reply);
    }
    let done = app.url("/directory/api/directorysession/onauthenticationdone");
    assert_eq!(redirect(&done, &visitor.get(&done)).as_str(), app.done_page());
});

/// Checks what a browser is told to keep others away from a page.
#[track_caller]
fn secure(reply: &Reply) {
    let policy = reply.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action "] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
}

on_both_stores!(other_methods_are_told_which_there_are, |kind| {
    let app = App::shared(kind);
    for (path, allowed) in [
        ("directorysession/authenticate", "GET, OPTIONS"),
        ("directorysession/onauthenticated", "GET, OPTIONS"),
        ("directorysession/onauthenticationdone", "GET, OPTIONS"),
        ("directorysession/registerfrontenduserandredirecturl", "GET, POST, OPTIONS"),
        ("login", "GET, POST, OPTIONS"),
        ("confirm", "GET, POST, OPTIONS"),
        ("signout", "GET, POST, OPTIONS"),
    ] {
        let reply = app.request("DELETE", &format!("/directory/api/{path}")).send();
        reply.refused(405, "E_MethodNotAllowed");
        assert_eq!(reply.header("allow"), Some(allowed), "{path}");
    }
    app.request("POST", "/directory/api/directorysession/authenticate").send().refused(405, "E_MethodNotAllowed");
});
