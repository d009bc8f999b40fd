//! Rubbish: the envelope and the right status, never a 5xx.

use std::collections::HashSet;

use serde_json::json;

use crate::support::app::App;
use crate::support::client::exchange;

on_both_stores!(unknown_paths_are_missing, |kind| {
    let app = App::shared(kind);
    let long = format!("/{}", "x".repeat(4_000));
    for path in [
        "/v2",
        "/v2/",
        "/v2/authorize/x",
        "/v1/authorize",
        "/%00",
        "/%ff",
        "/..%2f..%2fetc/passwd",
        "//v1/authorize",
        "//v2//authorize/x",
        "/favicon.ico",
        &long,
    ] {
        for method in ["GET", "POST", "DELETE", "PUT"] {
            let reply = app.request(method, path).header("Accept", "*/*").send();
            reply.refused(404, "E_Missing_404");
        }
    }
});

on_both_stores!(a_path_spelt_with_percent_signs_comes_out_like_any, |kind| {
    let app = App::start(kind, &[]);
    let access = app.login(&app.user());
    for path in ["/%762/authorize", "/v2/%61uthorize", "/v2%2fauthorize"] {
        let reply = app.request("GET", path).token(&access).send();
        if reply.status == 404 {
            continue;
        }
        reply.ok();
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
    let metrics = app.request("GET", "/metrics").send().text();
    let counted = r#"bimgate_http_requests_total{method="GET",route="unmatched",status="200"}"#;
    assert!(!metrics.contains(counted), "{metrics}");
});

on_both_stores!(wrong_methods_are_told_which_are_right, |kind| {
    let app = App::shared(kind);
    for (path, right) in [
        ("/v2/authorize", &["GET", "HEAD", "POST", "DELETE"][..]),
        ("/v2/cross-token", &["POST"]),
        ("/v2/cross-authorize", &["POST"]),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if right.contains(&method) {
                continue;
            }
            let reply = app.request(method, path).body("{}").send();
            reply.refused(405, "E_MethodNotAllowed");
            let allow: HashSet<_> = reply.header("allow").expect("Allow").split(',').map(str::trim).collect();
            assert!(right.iter().all(|method| allow.contains(method)), "{path}: {allow:?}");
            assert!(!allow.contains(method), "{path}: {allow:?}");
        }
    }
});

on_both_stores!(malformed_bodies_are_bad_requests, |kind| {
    let app = App::shared(kind);
    let bodies: [&[u8]; 17] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"{\"user_id\"",
        b"{\"user_id\":}",
        b"{\"user_id\":\"a\",\"password\":\"b\"",
        b"{\"user_id\":\"\\ud800\",\"password\":\"b\"}",
        b"{\"user_id\":\"\xff\xfe\",\"password\":\"b\"}",
        b"{\"user_id\":\"a\",\"password\":\"\xc3\x28\"}",
        b"\x00\x01\x02",
        b"{\"user_id\":\"a\nb\",\"password\":\"b\"}",
        b"{\"user_id\":NaN,\"password\":Infinity}",
        b"{\"user_id\":1e999999,\"password\":\"b\"}",
        b"<xml/>",
        b"\x1f\x8b\x08\x00",
        b"u\x00s\x00e\x00r\x00",
    ];
    for path in ["/v2/authorize", "/v2/cross-authorize"] {
        for body in bodies {
            app.request("POST", path).body(body).send().refused(400, "E_BadRequest");
        }
    }
});

on_both_stores!(a_field_of_the_wrong_type_is_a_bad_request_also_where_the_login_needs_none, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let password = json!({"user_id": user.email, "password": user.password});
    let silent = json!({"remember_me": true, "remember_me_token": "0".repeat(32), "client_id": "a"});
    let swap = json!({"cross_token": "0".repeat(32)});
    for (path, body, wrong, named) in [
        ("/v2/authorize", &password, json!({"remember_me_token": 1}), "remember_me_token"),
        ("/v2/authorize", &password, json!({"remeber_me_token": []}), "remeber_me_token"),
        ("/v2/authorize", &silent, json!({"user_id": 1}), "user_id"),
        ("/v2/authorize", &silent, json!({"password": {}}), "password"),
        // Of several the same is always named.
        ("/v2/authorize", &password, json!({"remember_me": 1, "password": 1, "user_id": 1}), "user_id"),
        ("/v2/authorize", &silent, json!({"remember_me_token": 1, "remeber_me_token": 1}), "remember_me_token"),
        ("/v2/cross-authorize", &swap, json!({"team_id": 1, "cross_token": 1, "client_id": 1}), "client_id"),
    ] {
        let mut body = body.clone();
        for (name, value) in wrong.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let reply = app.request("POST", path).body(body.to_string()).send().refused(400, "E_BadRequest");
        let sentence = reply["message"].as_str().expect("a sentence");
        assert!(sentence.contains(&format!("field {named} must")), "{body}: {sentence}");
    }
});

on_both_stores!(padding_around_json_is_ignored, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = json!({"user_id": user.email, "password": user.password}).to_string();
    let access = app.login(&user);
    let send = |path: &str, before: &str, json: &str, after: &str| {
        app.request("POST", path).body(format!("{before}{json}{after}")).send()
    };
    for (before, after) in [("\u{feff}", ""), ("", "\0"), ("", "\n\0\0"), ("\u{feff}", " \t\r\n"), ("", "\0 \0")] {
        send("/v2/authorize", before, &login, after).ok();
        let swap = json!({"cross_token": app.cross_token(&access)}).to_string();
        // What is refused does not spend the token.
        send("/v2/cross-authorize", before, &swap, &format!("{after}x")).refused(400, "E_BadRequest");
        send("/v2/cross-authorize", before, &swap, after).ok();
    }
    for (before, after) in [("\0", ""), (" \u{feff}", ""), ("", "\u{feff}"), ("\u{feff}\u{feff}", ""), ("", "\0{}")] {
        send("/v2/authorize", before, &login, after).refused(400, "E_BadRequest");
    }
});

on_both_stores!(a_body_over_the_limit_is_too_large, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = json!({"user_id": user.email, "password": user.password}).to_string();
    let padded = |size: usize| format!("{login}{}", " ".repeat(size - login.len()));
    app.request("POST", "/v2/authorize").body(padded(16_384)).send().ok();
    for path in ["/v2/authorize", "/v2/cross-authorize"] {
        app.request("POST", path).body(padded(16_385)).send().refused(413, "E_TooLarge");
        app.request("POST", path).body("x".repeat(1_000_000)).send().refused(413, "E_TooLarge");
    }
    let mut chunked =
        b"POST /v2/authorize HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..5 {
        chunked.extend_from_slice(format!("1000\r\n{}\r\n", "x".repeat(4_096)).as_bytes());
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    exchange(app.address(), &chunked, false).expect("an answer").refused(413, "E_TooLarge");
});

on_both_stores!(deep_nesting_is_refused_or_ignored, |kind| {
    let app = App::shared(kind);
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 16_000 / (open.len() + close.len());
        for body in [
            format!("{}1{}", open.repeat(depth), close.repeat(depth)),
            open.repeat(depth),
            format!("{{\"x\":{}1{}}}", open.repeat(depth - 5), close.repeat(depth - 5)),
            format!("{{\"user_id\":{}1{}}}", open.repeat(depth - 5), close.repeat(depth - 5)),
        ] {
            app.request("POST", "/v2/authorize").body(body).send().refused(400, "E_BadRequest");
        }
    }
});

on_both_stores!(requests_have_ids_of_their_own, |kind| {
    let app = App::shared(kind);
    let ids: HashSet<_> = (0..20)
        .map(|_| app.request("GET", "/nowhere").send().refused(404, "E_Missing_404")["uuid"].to_string())
        .collect();
    assert_eq!(ids.len(), 20);
    let fine = app.check(&app.login(&app.user()));
    assert!(uuid::Uuid::parse_str(fine.header("x-request-id").expect("an id")).is_ok());
});

on_both_stores!(broken_requests_do_not_disturb_the_server, |kind| {
    let app = App::shared(kind);
    let headers = format!("GET /v2/authorize HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: y\r\n".repeat(500));
    let huge = format!("GET /v2/authorize HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", "y".repeat(300_000));
    for bytes in [
        &b"\r\n\r\n"[..],
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v2/authorize HTTP/9.9\r\n\r\n",
        b"GET /v2/authorize HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /v2/authorize HTTP/1.1\r\nHost: a\r\n\x00: b\r\n\r\n",
        b"POST /v2/authorize HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v2/authorize HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v2/authorize HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v2/authorize HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        headers.as_bytes(),
        huge.as_bytes(),
    ] {
        let close = [bytes, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"].concat();
        // Errors below HTTP may have no body, and no answer at all.
        if let Ok(reply) = exchange(app.address(), &close, false) {
            assert!((400..500).contains(&reply.status), "{:?}: {}", String::from_utf8_lossy(bytes), reply.status);
        }
    }
    app.login(&app.user());
});

on_both_stores!(hostile_header_values_are_taken_as_what_they_are, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password}).to_string();
    for (name, value) in [
        ("User-Agent", "\u{fc}\u{1f600}".repeat(2_000)),
        ("User-Agent", String::new()),
        ("X-Forwarded-For", "not, an, address".into()),
        ("X-Forwarded-For", "1.2.3.4, ".repeat(1_000)),
        ("Forwarded", "for=\"[::1".into()),
        ("Forwarded", ";;;,,,for=".into()),
        ("Content-Encoding", "gzip".into()),
        ("Accept-Encoding", "gzip, br".into()),
        ("Expect", "nothing".into()),
        ("Range", "bytes=0-1".into()),
        ("Cookie", "a=b; ".repeat(100)),
        ("Origin", "\u{fc}".into()),
        ("x-request-id", "not-ours".into()),
    ] {
        let reply = app.request("POST", "/v2/authorize").header(name, &value).body(&body).send();
        assert!(reply.status < 500, "{name}: {}", reply.text());
        if !["Content-Encoding", "Expect", "Origin"].contains(&name) {
            assert_eq!(reply.status, 200, "{name}: {}", reply.text());
        }
    }
});
