//! What the README says for reverse proxies, run by them.

use serde_json::Value;

use crate::README;
use crate::support::client::{Reply, Request, exchange};
use crate::support::proxy::{Echo, Proxy, free_address};
use crate::support::server::Server;

/// The one block of this language, with the addresses of this test in it.
fn snippet(language: &str, server: &Server, echo: &Echo) -> String {
    let (_, rest) = README.split_once(&format!("\n```{language}\n")).expect("a block");
    let block = rest.split("\n```").next().expect("its end");
    assert!(!rest.contains(&format!("\n```{language}\n")), "there is one");
    block.replace("127.0.0.1:8080", &server.address.to_string()).replace("127.0.0.1:9000", &echo.address.to_string())
}

fn server() -> Server {
    let server = Server::start(&[("server.trusted_proxies", "127.0.0.0/8"), ("throttle.network.burst", "1000")]);
    server.run(&["user", "add", "--email", "someone@example.org", "--password-stdin"], "correct horse battery");
    server
}

#[test]
fn nginx_splits_the_base_url() {
    let (server, echo, listen) = (server(), Echo::start(), free_address());
    let config = snippet("nginx", &server, &echo).replace("listen 443 ssl;", &format!("listen {listen};"));
    let plain: Vec<_> = config.lines().filter(|line| !line.contains("ssl_")).collect();
    let proxy = Proxy::nginx(listen, &plain.join("\n"));
    splits_the_base_url(&proxy);
}

#[test]
fn caddy_splits_the_base_url() {
    let (server, echo, listen) = (server(), Echo::start(), free_address());
    let site = format!("http://{listen} {{\n    bind {}\n", listen.ip());
    let config = snippet("caddyfile", &server, &echo).replacen("login.example.org {\n", &site, 1);
    let proxy = Proxy::caddy(listen, &config);
    splits_the_base_url(&proxy);
}

fn splits_the_base_url(proxy: &Proxy) {
    let request = |method: &str, target: &str| Request::new(proxy.address, method, target);
    let login = r#"{"user_id": "someone@example.org", "password": "correct horse battery"}"#;
    // What is bimgate's goes to it, however it is spelt, and without a token.
    let access = request("POST", "/v2/authorize").body(login).send().ok();
    let access = access["access_token"].as_str().expect("a token").to_owned();
    request("GET", "/v2/authorize").token(&access).send().ok();
    request("POST", "/v2/cross-token").token(&access).send().ok();
    request("GET", "/v2/authorize?_=1").send().refused(401, "E_InvalidToken");
    request("GET", "/.well-known/jwks.json").send().ok();
    request("GET", "/directory/api/directorysession/userinfo").send().refused(401, "E_InvalidToken");
    mint_as_curl_does(proxy, &access);

    // Everything else takes a token, and what it says of its user cannot be made up.
    assert_eq!(request("GET", "/v2/projects").send().status, 401);
    let forged = |request: Request| request.header("x-user-id", "forged").header("x-client-id", "forged");
    let seen = forged(request("GET", "/v2/projects?a=b").token(&access)).send();
    let user = header(&seen, "x-user-id").expect("a user");
    assert!(user.len() == 36 && header(&seen, "x-client-id").is_some_and(|id| id != "forged"), "{}", seen.text());
    assert!(seen.text().starts_with("GET /v2/projects?a=b HTTP/1."), "{}", seen.text());
    // A download that a browser opens has its token in the URL.
    for target in [format!("/v2/files/1?api-token={access}"), format!("/v2/files/1?a=b&api-token={access}&c=d")] {
        let seen = forged(request("GET", &target)).send();
        assert_eq!(header(&seen, "x-user-id").as_ref(), Some(&user), "{target}: {}", seen.text());
        assert_eq!(header(&seen, "authorization"), Some(format!("BimPlus {access}")));
    }
    assert_eq!(request("GET", "/v2/files/1?api-token=00000000000000000000000000000000").send().status, 401);
    // A preflight has no token, and is the service's to answer.
    let preflight = request("OPTIONS", "/v2/projects").header("Origin", "https://app.example.org");
    let seen = forged(preflight.header("Access-Control-Request-Method", "GET")).send();
    assert!(seen.status == 200 && seen.text().starts_with("OPTIONS /v2/projects HTTP/1."), "{}", seen.text());
    assert_eq!((header(&seen, "x-user-id"), header(&seen, "x-client-id")), (None, None), "{}", seen.text());
}

/// A header of the request that the service was sent.
fn header(seen: &Reply, name: &str) -> Option<String> {
    assert_eq!(seen.status, 200, "{}", seen.text());
    let text = seen.text();
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    let found: Vec<_> = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).collect();
    assert!(found.len() < 2, "{name} once: {text}");
    found.first().map(|(_, value)| (*value).to_owned()).filter(|value| !value.is_empty())
}

#[test]
fn a_default_nginx_that_speaks_http_1_0_is_understood() {
    let (server, listen) = (server(), free_address());
    let location = format!("location / {{ proxy_pass http://{}; }}", server.address);
    let proxy = Proxy::nginx(listen, &format!("server {{ listen {listen}; {location} }}"));
    let access = log_in(&proxy);
    mint_as_curl_does(&proxy, &access);
}

#[test]
fn haproxy_leads_to_it() {
    let (server, echo, listen) = (server(), Echo::start(), free_address());
    let frontend = format!("frontend all\n    bind {listen}\n    timeout client 75s\n    default_backend bimgate\n");
    let defaults = "defaults\n    mode http\n    timeout connect 5s\n";
    let proxy = Proxy::haproxy(listen, &format!("{defaults}{frontend}{}\n", snippet("haproxy", &server, &echo)));
    let access = log_in(&proxy);
    Request::new(proxy.address, "GET", "/v2/authorize").token(&access).send().ok();
}

fn log_in(proxy: &Proxy) -> String {
    let login = r#"{"user_id": "someone@example.org", "password": "correct horse battery"}"#;
    let told: Value = Request::new(proxy.address, "POST", "/v2/authorize").body(login).send().ok();
    told["access_token"].as_str().expect("a token").to_owned()
}

/// A POST that tells no length.
fn mint_as_curl_does(proxy: &Proxy, access: &str) {
    let head = format!(
        "POST /v2/cross-token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: BimPlus {access}\r\n\r\n",
        proxy.address
    );
    exchange(proxy.address, head.as_bytes(), false).expect("an answer").ok();
}
