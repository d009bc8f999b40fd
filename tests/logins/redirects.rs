//! Where a browser is sent at the end: to what is registered, read as browsers read it, and nowhere else.

use url::Url;

use crate::steps::{CALLBACK, begin, log_in, redirect};
use crate::support::app::{App, Kind, ROOMY};
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

/// Each against `https://app.example.org/cb`.
const TRICKS: [&str; 69] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/cb",
    "app.example.org/cb",
    "javascript:alert(1)//https://app.example.org/cb",
    "data:text/html,https://app.example.org/cb",
    "HTTPS://app.example.org/cb",
    "https:app.example.org/cb",
    "https:/app.example.org/cb",
    "https:\\\\app.example.org\\cb",
    "https:///app.example.org/cb",
    "https:////evil.example",
    "http://app.example.org/cb",
    "http://app.example.org:443/cb",
    "ftp://app.example.org/cb",
    "https://app.example.org@evil.example/cb",
    "https://app.example.org:443@evil.example/cb",
    "https://evil.example@app.example.org/cb",
    "https://:@app.example.org/cb",
    "https://evil.example\\@app.example.org/cb",
    "https://evil.example#@app.example.org/cb",
    "https://evil.example?https://app.example.org/cb",
    "https://evil.example/?@app.example.org/cb",
    "https://app.example.org\\.evil.example/cb",
    " https://app.example.org/cb",
    "https://app.example.org/cb ",
    "https://app.example.org/\tcb",
    "ht\ttps://app.example.org/cb",
    "https://app.example.org\t.evil.example/cb",
    "https://app.example.org\n.evil.example/cb",
    "https://app.example.org/cb\r\nLocation: https://evil.example",
    "https://app.example.org\u{0}.evil.example/cb",
    "https://app.example.org%00.evil.example/cb",
    "https://app.example.org%2f.evil.example/cb",
    "https://app.example.org%23.evil.example/cb",
    "https://app%2eexample%2eorg/cb",
    "https://app.example.org./cb",
    "https://app.example.org.evil.example/cb",
    "https://app.example.orgevil/cb",
    "https://evilapp.example.org/cb",
    "https://evil.app.example.org/cb",
    "https://app-example.org/cb",
    "https://example.org/cb",
    "https://evil.example/app.example.org/cb",
    "https://\u{430}pp.example.org/cb",
    "https://app.ex\u{430}mple.org/cb",
    "https://xn--pp-6kc.example.org/cb",
    "https://evil.example\u{ff0f}.app.example.org/cb",
    "https://evil.example\u{2100}app.example.org/cb",
    "https://app.example.org\u{ff20}evil.example/cb",
    "https://app.example.org:8443/cb",
    "https://app.example.org:0443443/cb",
    "https://app.example.org:443:443/cb",
    "https://app.example.org/",
    "https://app.example.org",
    "https://app.example.org/CB",
    "https://app.example.org/cb/",
    "https://app.example.org/cb/more",
    "https://app.example.org/cbevil",
    "https://app.example.org//cb",
    "https://app.example.org/cb/../evil",
    "https://app.example.org/cb/%2e%2e/evil",
    "https://app.example.org/cb/..%2fevil",
    "https://app.example.org/cb%2f..%2fevil",
    "https://app.example.org/cb/%252e%252e/evil",
    "https://app.example.org/c%62",
    "https://evil.example/#https://app.example.org/cb",
];

on_both_stores!(nobody_is_sent_to_what_only_looks_registered, |kind| {
    let app = App::shared(kind);
    app.server.run(&["redirect", "add", CALLBACK], "");
    let (user, mut visitor) = (app.user(), Visitor::default());
    // Whoever is signed on would be sent there at once.
    visitor.open(&app.authenticate_to(CALLBACK, "access:client", ""), &user);
    for trick in TRICKS {
        for more in ["", &format!("&nativetoken={}", native_token())] {
            let reply = visitor.get(&app.authenticate_to(trick, "access:client", more));
            assert!(matches!(reply.status, 400 | 403), "{trick:?}: {}", reply.status);
            reply.refused(reply.status, if reply.status == 400 { "E_BadRequest" } else { "E_Forbidden" });
            assert_eq!(reply.header("location"), None, "{trick:?}");
            assert!(!reply.text().contains("evil"), "{trick:?}: {}", reply.text());
        }
    }
    // Other spellings of the same address are the same address, and written as it is.
    for same in [
        "https://app.example.org:443/cb",
        "https://APP.Example.ORG/cb",
        "https://app.example.org/x/../cb",
        "https://app.example.org/x/%2e%2e/cb",
        "https://app\u{3002}example.org/cb",
        "https://\u{ff41}pp.example.org/cb",
        // A page that routes by fragments sends its whole address. The answer takes the fragment's place.
        "https://app.example.org/cb#/projects/7?tab=2",
        "https://app.example.org/cb#directory_access_token=x",
        "https://app.example.org/cb#",
    ] {
        let reply = visitor.get(&app.authenticate_to(same, "access:client", ""));
        let to = reply.header("location").unwrap_or_else(|| panic!("{same}: {}", reply.text()));
        assert!(to.starts_with("https://app.example.org/cb#directory_access_token="), "{same}: {to}");
    }
});

on_both_stores!(what_is_registered_counts_at_once_and_until_it_is_removed, |kind| {
    let app = App::shared(kind);
    let url = format!("https://{}.example.org/back", native_token());
    let start = app.authenticate_to(&format!("{url}?tenant=a%20b"), "access:client", "");
    let (user, mut visitor) = (app.user(), Visitor::default());
    visitor.get(&start).refused(403, "E_Forbidden");
    app.server.run(&["redirect", "add", &url], "");
    let end = log_in(&mut visitor, &start, &user);
    assert!(end.as_str().starts_with(&format!("{url}?tenant=a%20b#")), "{end}");
    app.server.run(&["redirect", "remove", &url], "");
    visitor.get(&start).refused(403, "E_Forbidden");
});

on_both_stores!(the_settings_register_too, |kind| {
    let named = "https://one.example.org/cb,http://[::1]:7000/";
    let app = App::start(kind, &[&ROOMY[..], &[("directory.redirect_urls", named)]].concat());
    let (user, mut visitor) = (app.user(), Visitor::default());
    visitor.open(&app.authenticate_to("https://one.example.org/cb", "access:client", ""), &user);
    for (url, good) in [
        ("https://one.example.org/cb", true),
        ("http://[0:0::1]:7000", true),
        ("http://[::1]:7001/", false),
        ("https://one.example.org/", false),
    ] {
        assert_eq!(visitor.get(&app.authenticate_to(url, "access:client", "")).status == 302, good, "{url}");
    }
    // The server's own page always is, on its own address alone.
    for (url, good) in [
        (app.done_page(), true),
        (app.done_page().replace("127.0.0.1", "localhost"), false),
        (app.done_page().replace("http:", "https:"), false),
        (app.done_page().replace(".html", ""), false),
    ] {
        assert_eq!(visitor.get(&app.authenticate_to(&url, "access:client", "")).status == 302, good, "{url}");
    }
});

on_both_stores!(the_own_machine_is_for_native_programs_where_the_operator_allows_it, |kind| {
    let open = App::start(kind, &[("directory.loopback_redirects", "true")]);
    let closed = App::shared(kind);
    let own = ["http://127.0.0.1:49152/x?y=1", "http://127.8.9.1:1/", "http://[::1]:7000/", "http://localhost:5/"];
    for url in own {
        let native = || format!("&nativetoken={}", native_token());
        let status =
            |app: &App, more: &str| Visitor::default().get(&app.authenticate_to(url, "access:client", more)).status;
        assert_eq!(status(&open, &native()), 302, "{url}");
        assert_eq!(status(&open, ""), 403, "{url}: tokens would go there");
        assert_eq!(status(&closed, &native()), 403, "{url}");
    }
    for url in ["https://127.0.0.1:1/", "http://localhost.evil.example/", "http://0.0.0.0:1/", "http://192.0.2.1/"] {
        let start = open.authenticate_to(url, "access:client", &format!("&nativetoken={}", native_token()));
        Visitor::default().get(&start).refused(403, "E_Forbidden");
    }
    let (user, mut visitor) = (open.user(), Visitor::default());
    let start = open.authenticate_to(own[0], "access:client", &format!("&nativetoken={}", native_token()));
    let page = crate::steps::to_confirmation(&mut visitor, &start, &user);
    let end: Url = crate::steps::confirm(&mut visitor, &page, "yes");
    assert_eq!(end.as_str(), "http://127.0.0.1:49152/x?y=1#");
    assert!(redirect(&start, &visitor.get(&open.authenticate("access:client", ""))).fragment().is_some());
});

#[test]
fn the_login_page_names_an_application_that_the_settings_know() {
    let applications = r#"[{id = "app", name = "The <b>Viewer</b>", url = "https://app.example.org/"}]"#;
    let app = App::start(Kind::Embedded, &[("directory.applications", applications)]);
    let unknown = "https://other.example.org/cb";
    for url in [CALLBACK, unknown] {
        app.server.run(&["redirect", "add", url], "");
    }
    let shown = |url| {
        let mut visitor = Visitor::default();
        let page = begin(&mut visitor, &app.authenticate_to(url, "access:client", ""));
        visitor.get(&page).text()
    };
    let named = shown(CALLBACK);
    let name =
        "<strong><bdi>The &#60;b&#62;Viewer&#60;/b&#62;</bdi></strong> <span class=\"soft\">app.example.org</span>";
    assert!(named.contains(name), "{named}");
    let unnamed = shown(unknown);
    assert!(unnamed.contains("<strong>other.example.org</strong></p>"), "{unnamed}");

    // So does the account page.
    let (user, mut visitor) = (app.user(), Visitor::default());
    for url in [CALLBACK, unknown] {
        visitor.log_in(&app.authenticate_to(url, "access:client", ""), &user);
    }
    let page = visitor.get(&app.url("/account")).text();
    for kind in [
        "The &#60;b&#62;Viewer&#60;/b&#62;, web application at app.example.org",
        "Web application at other.example.org",
    ] {
        assert!(page.contains(kind), "{kind}: {page}");
    }
}
