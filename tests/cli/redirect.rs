//! `bimgate redirect …`

use serde_json::{Value, json};

use super::place::{Place, everywhere};
use super::stderr;
use super::support::server::Server;

everywhere!(a_url_is_registered_and_removed, only_what_is_compared_counts, what_is_no_url_is_refused, many_are_listed,);

fn listed(place: &Place) -> Vec<Value> {
    let lines = place.ok(&["redirect", "list", "--json"]);
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn a_url_is_registered_and_removed(place: &Place) {
    place.ok(&["user", "add", "--email", "somebody@example.org", "--no-password"]);
    let none = place.run(&["redirect", "list"]);
    assert!(none.err.contains("bimgate redirect add URL"), "{}", none.err);
    assert_eq!(none.ok(), "");
    let added = place.run(&["redirect", "add", "https://viewer.example.org/done"]);
    assert!(added.err.contains("Registered, compared by scheme, host, port and path"), "{}", added.err);
    assert_eq!(added.ok(), "https://viewer.example.org/done\n");
    let again = place.run(&["redirect", "add", "https://viewer.example.org/done", "--json"]);
    assert!(again.err.contains("It is registered"), "{}", again.err);
    let told: Value = serde_json::from_str(&again.ok()).expect("JSON");
    assert_eq!(told, json!({"url": "https://viewer.example.org/done", "changed": false}));

    place.ok(&["redirect", "add", "http://127.0.0.1:4000"]);
    let table = place.ok(&["redirect", "list"]);
    let rows: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(
        rows[1..],
        [["http://127.0.0.1:4000/", "registered"], ["https://viewer.example.org/done", "registered"]]
    );

    let removed: Value =
        serde_json::from_str(&place.ok(&["redirect", "remove", "http://127.0.0.1:4000/", "--json"])).expect("JSON");
    assert_eq!(removed, json!({"url": "http://127.0.0.1:4000/", "changed": true}));
    place.run(&["redirect", "remove", "http://127.0.0.1:4000/"]).failed(1, "bimgate redirect list");
    assert_eq!(listed(place), [json!({"url": "https://viewer.example.org/done", "from": "registered"})]);
}

fn only_what_is_compared_counts(place: &Place) {
    for spelling in [
        "https://Viewer.Example.org:443/a/../done?state=1",
        "https://viewer.example.org/done?other",
        "https://viewer.example.org/%2e/done",
    ] {
        assert_eq!(place.ok(&["redirect", "add", spelling]), "https://viewer.example.org/done\n", "{spelling}");
    }
    assert_eq!(place.ok(&["redirect", "add", "https://例え.jp/"]), "https://xn--r8jz45g.jp/\n");
    assert_eq!(listed(place).len(), 2);
    place.ok(&["redirect", "remove", "https://viewer.example.org/done?x#/y"]);
    assert_eq!(listed(place).len(), 1);
}

fn what_is_no_url_is_refused(place: &Place) {
    place.ok(&["user", "add", "--email", "somebody@example.org", "--no-password"]);
    for (wrong, words) in [
        ("viewer.example.org", "http:// or https://"),
        ("ftp://viewer.example.org/", "http:// or https://"),
        ("https://a@viewer.example.org/", "user name"),
        ("https:// viewer.example.org/", "spaces"),
        ("https:///x", "host"),
    ] {
        for verb in ["add", "remove"] {
            place.run(&["redirect", verb, wrong]).failed(2, words);
        }
    }
    assert_eq!(listed(place).len(), 0);
}

fn many_are_listed(place: &Place) {
    let urls: Vec<_> = (0..12).map(|n| format!("https://example.org/{n:02}")).collect();
    for url in urls.iter().rev() {
        place.ok(&["redirect", "add", url]);
    }
    let found: Vec<_> = listed(place).iter().map(|url| url["url"].as_str().expect("a text").to_owned()).collect();
    assert_eq!(found, urls);
}

#[test]
fn those_of_the_settings_are_shown_and_cannot_be_removed() {
    let urls = "https://b.example.org/x,https://A.example.org";
    let server = Server::start(&[("directory.redirect_urls", urls), ("store.timeout_ms", "10000")]);
    let lines = server.run(&["redirect", "list", "--json"], "");
    let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let named = |url: &str| json!({"url": url, "from": "settings"});
    assert_eq!(found, [named("https://a.example.org/"), named("https://b.example.org/x")]);
    let refused = server.command(&["redirect", "remove", "https://a.example.org"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("named by directory.redirect_urls: remove it there"), "{}", stderr(&refused));
    server.run(&["redirect", "add", "https://a.example.org"], "");
    let removed = server.command(&["redirect", "remove", "https://a.example.org"], "");
    assert_eq!(removed.status.code(), Some(0));
    assert!(stderr(&removed).contains("Browsers may still be sent there"), "{}", stderr(&removed));
}
