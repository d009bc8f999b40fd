//! The corpus of known tricks, and what always holds.

use proptest::prelude::*;

use super::RedirectUrlError as Wrong;
use super::*;

const REGISTERED: &str = "https://app.example.org/cb";

fn target(text: &str) -> RedirectTarget {
    RedirectTarget::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_a_lenient_parser_would_repair_is_refused() {
    let corpus = [
        // Schemes, and texts that are relative to something or nothing.
        ("", Wrong::Scheme),
        ("//evil.example", Wrong::Scheme),
        ("///evil.example", Wrong::Scheme),
        ("/cb", Wrong::Scheme),
        ("app.example.org/cb", Wrong::Scheme),
        ("https:app.example.org/cb", Wrong::Scheme),
        ("https:/app.example.org/cb", Wrong::Scheme),
        ("HTTPS://app.example.org/cb", Wrong::Scheme),
        ("hTTp://app.example.org/cb", Wrong::Scheme),
        ("javascript:alert(1)//https://app.example.org/cb", Wrong::Scheme),
        ("data:text/html,https://app.example.org/cb", Wrong::Scheme),
        ("ftp://app.example.org/cb", Wrong::Scheme),
        ("httpsx://app.example.org/cb", Wrong::Scheme),
        ("blob:https://app.example.org/cb", Wrong::Scheme),
        ("view-source:https://app.example.org/cb", Wrong::Scheme),
        // Characters that parsers drop, trim, or take for a slash.
        ("/\\evil.example", Wrong::Character),
        ("https:\\\\app.example.org\\cb", Wrong::Character),
        ("https://evil.example\\@app.example.org/cb", Wrong::Character),
        ("https://app.example.org\\.evil.example/cb", Wrong::Character),
        (" https://app.example.org/cb", Wrong::Character),
        ("https://app.example.org/cb ", Wrong::Character),
        ("https://app.example.org/c b", Wrong::Character),
        ("ht\ttps://app.example.org/cb", Wrong::Character),
        ("https://app.example.org/\tcb", Wrong::Character),
        ("https://app.example.org/cb\n", Wrong::Character),
        ("https://app.example.org/cb\r\nSet-Cookie: a=b", Wrong::Character),
        ("\u{0}https://app.example.org/cb", Wrong::Character),
        ("https://app.example.org\u{0}.evil.example/cb", Wrong::Character),
        ("https://app.example.org/cb\u{7f}", Wrong::Character),
        ("https://app.example.org/cb\u{85}", Wrong::Character),
        ("https://app.example.org/\u{a0}cb", Wrong::Character),
        ("https://app.example.org/\u{2028}cb", Wrong::Character),
        ("\u{feff}https://app.example.org/cb", Wrong::Scheme),
        // Nothing but a fragment.
        ("#https://app.example.org/cb", Wrong::Scheme),
        ("https://#app.example.org/cb", Wrong::Host),
        ("https:#//app.example.org/cb", Wrong::Scheme),
        // User names.
        ("https://app.example.org@evil.example/cb", Wrong::UserInfo),
        ("https://app.example.org:443@evil.example/cb", Wrong::UserInfo),
        ("https://:@app.example.org/cb", Wrong::UserInfo),
        ("https://@app.example.org/cb", Wrong::UserInfo),
        ("https://a@b@app.example.org/cb", Wrong::UserInfo),
        // Hosts: none, escaped, malformed.
        ("https://", Wrong::Host),
        ("https:///app.example.org/cb", Wrong::Host),
        ("https:////evil.example", Wrong::Host),
        ("https://?app.example.org/cb", Wrong::Host),
        ("https://:443/cb", Wrong::Host),
        ("https://app%2eexample.org/cb", Wrong::Host),
        ("https://evil.example%2f.app.example.org/cb", Wrong::Host),
        ("https://app.example.org%23.evil.example/cb", Wrong::Host),
        ("https://%61pp.example.org/cb", Wrong::Host),
        ("https://app.example.org%00.evil.example/cb", Wrong::Host),
        ("http://[fe80::1%25eth0]/cb", Wrong::Host),
        ("http://[::1/cb", Wrong::Host),
        ("http://[v1.x]/cb", Wrong::Host),
        ("https://app.example.org<.evil.example/cb", Wrong::Host),
        ("https://app^example.org/cb", Wrong::Host),
        // Letters that turn into what ends a host.
        ("https://evil.example\u{ff0f}.app.example.org/cb", Wrong::Host),
        ("https://evil.example\u{2100}app.example.org/cb", Wrong::Host),
        ("https://evil.example\u{ff1f}app.example.org/cb", Wrong::Host),
        ("https://evil.example\u{ff03}app.example.org/cb", Wrong::Host),
        ("https://app.example.org\u{ff20}evil.example/cb", Wrong::Host),
        ("https://evil.example\u{ff3c}app.example.org/cb", Wrong::Host),
        ("https://evil.example\u{ff05}2fapp.example.org/cb", Wrong::Host),
        ("https://app.example.org\u{ff1a}8443/cb", Wrong::Host),
        ("https://app\u{202e}.example.org/cb", Wrong::Host),
        ("https://xn--/cb", Wrong::Host),
        // Addresses in costume.
        ("http://127.1/cb", Wrong::Host),
        ("http://127.0.0.1./cb", Wrong::Host),
        ("http://0x7f.0.0.1/cb", Wrong::Host),
        ("http://0177.0.0.1/cb", Wrong::Host),
        ("http://2130706433/cb", Wrong::Host),
        ("http://0x7f000001:8080/cb", Wrong::Host),
        ("http://127\u{3002}0\u{3002}0\u{3002}1/cb", Wrong::Host),
        ("http://\u{ff11}27.0.0.1/cb", Wrong::Host),
        ("http://256.0.0.1/cb", Wrong::Host),
        ("http://1.2.3.4.5/cb", Wrong::Host),
        // Ports.
        ("https://app.example.org:65536/cb", Wrong::Malformed),
        ("https://app.example.org:-1/cb", Wrong::Malformed),
        ("https://app.example.org:44a/cb", Wrong::Malformed),
        ("https://app.example.org:443:443/cb", Wrong::Malformed),
    ];
    for (text, wrong) in corpus {
        assert_eq!(RedirectUrl::parse(text).map(|url| url.to_string()), Err(wrong), "{text:?}");
    }
}

#[test]
fn what_only_looks_like_a_registered_one_is_another() {
    let others = [
        "http://app.example.org/cb",
        "https://app.example.org:8443/cb",
        "http://app.example.org:443/cb",
        "https://app.example.org/",
        "https://app.example.org",
        "https://app.example.org/cb/",
        "https://app.example.org/cb/more",
        "https://app.example.org/cbevil",
        "https://app.example.org/CB",
        "https://app.example.org//cb",
        "https://app.example.org/cb;x=y",
        "https://app.example.org/cb/../evil",
        "https://app.example.org/cb/%2e%2e/evil",
        "https://app.example.org/cb/.%2E/evil",
        "https://app.example.org/cb/..%2fevil",
        "https://app.example.org/cb/..%5cevil",
        "https://app.example.org/cb%2f..%2fevil",
        "https://app.example.org/cb/%252e%252e/evil",
        "https://app.example.org/cb%00",
        "https://app.example.org/cb%0d%0aLocation:%20https://evil.example",
        "https://app.example.org/cb%3f",
        "https://app.example.org/cb%23",
        "https://app.example.org/c%62",
        "https://app.example.org/cb%20",
        "https://app.example.org/\u{2215}cb",
        "https://app.example.org./cb",
        "https://app.example.org.evil.example/cb",
        "https://evilapp.example.org/cb",
        "https://evil.app.example.org/cb",
        "https://app.example.orgevil/cb",
        "https://app-example.org/cb",
        "https://example.org/cb",
        "https://evil.example/app.example.org/cb",
        "https://evil.example/https://app.example.org/cb",
        "https://evil.example?https://app.example.org/cb",
        "https://evil.example/?@app.example.org/cb",
        "https://evil.example#@app.example.org/cb",
        "https://evil.example/#https://app.example.org/cb",
        "https://\u{430}pp.example.org/cb",
        "https://app.ex\u{430}mple.org/cb",
        "https://xn--pp-6kc.example.org/cb",
        "https://appe\u{301}.example.org/cb",
        "https://[2001:db8::1]/cb",
    ];
    for other in others {
        assert_ne!(target(other), target(REGISTERED), "{other:?}");
    }
}

#[test]
fn spellings_of_one_address_are_one() {
    for same in [
        "https://app.example.org:443/cb",
        "https://app.example.org:/cb",
        "https://APP.Example.ORG/cb",
        "https://app.example.org/./cb",
        "https://app.example.org/x/../cb",
        "https://app.example.org/x/%2e%2e/cb",
        "https://app.example.org/cb?",
        "https://app.example.org/cb?a=https://evil.example",
        "https://app.example.org/cb?a=1&a=2",
        "https://\u{ff41}pp.example.org/cb",
        "https://app\u{3002}example.org/cb",
        "https://a\u{ad}pp.example.org/cb",
    ] {
        assert_eq!(target(same), target(REGISTERED), "{same}");
    }
    assert_eq!(target("https://b\u{fc}ro.example/\u{fc}").as_str(), "https://xn--bro-hoa.example/%C3%BC");
    assert_eq!(target("http://[0:0::1]:80"), target("http://[::1]/"));
    assert_eq!(target("http://192.0.2.7:080/a").as_str(), "http://192.0.2.7/a");
}

#[test]
fn the_query_goes_along_but_is_not_compared() {
    let url = RedirectUrl::parse("https://app.example.org/cb?next=%2Fa&x='").expect("a URL");
    assert_eq!(url.as_str(), "https://app.example.org/cb?next=%2Fa&x=%27");
    assert_eq!(url.target(), target(REGISTERED));
    assert_eq!(format!("{url:?}"), "RedirectUrl(https://app.example.org/cb?…)");
}

#[test]
fn a_fragment_holds_the_answer_and_nothing_of_it_gets_out() {
    let url = RedirectUrl::parse("https://app.example.org/cb?x=1").expect("a URL");
    let answer = url.with_fragment([("error", "access_denied"), ("appdata", "a b&c=d#e\r\n\u{fc}")]);
    assert_eq!(answer, "https://app.example.org/cb?x=1#error=access_denied&appdata=a+b%26c%3Dd%23e%0D%0A%C3%BC");
    assert_eq!(url.with_fragment([]), "https://app.example.org/cb?x=1#");
}

#[test]
fn a_fragment_that_was_sent_makes_way_for_the_answer() {
    for sent in ["#", "#/projects/7?tab=2", "#directory_access_token=x", "#a#b", "#\\ \t\u{e4}@evil.example"] {
        let url = RedirectUrl::parse(&format!("{REGISTERED}?a=1{sent}")).expect(sent);
        assert_eq!(url.with_fragment([("x", "y")]), format!("{REGISTERED}?a=1#x=y"), "{sent}");
        assert_eq!(url.target(), target(REGISTERED), "{sent}");
    }
}

#[test]
fn a_person_is_shown_the_host_that_tells_look_alikes_apart() {
    let host = |text| RedirectUrl::parse(text).expect("a URL").host();
    assert_eq!(host("https://app.example.org:443/cb"), "app.example.org");
    assert_eq!(host("https://app.example.org:8443/cb"), "app.example.org:8443");
    assert_eq!(host("https://\u{430}pp.example.org/cb"), "xn--pp-6kc.example.org");
    let origin = |text| RedirectUrl::parse(text).expect("a URL").origin();
    assert_eq!(origin("https://App.example.org:443/cb?x"), "https://app.example.org");
    assert_eq!(origin("http://[::1]:9000/"), "http://[::1]:9000");
}

#[test]
fn loopback_is_the_own_machine_over_plain_http() {
    for own in ["http://127.0.0.1/", "http://127.8.9.1:49152/x?y", "http://[::1]:7000/", "http://LocalHost:1/"] {
        assert!(RedirectUrl::parse(own).expect("a URL").is_loopback_http(), "{own}");
    }
    for other in [
        "https://127.0.0.1/",
        "http://128.0.0.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost./",
        "http://localhost.evil.example/",
        "http://evil.localhost/",
        "http://127.0.0.1.evil.example/",
    ] {
        assert!(!RedirectUrl::parse(other).expect("a URL").is_loopback_http(), "{other}");
    }
}

#[test]
fn length_is_bounded_as_sent_and_as_written() {
    let of = |path: &str| RedirectUrl::parse(&format!("https://a.example/{path}")).map(|url| url.as_str().len());
    assert_eq!(of(&"x".repeat(2048 - 18)), Ok(2048));
    assert_eq!(of(&"x".repeat(2048 - 17)), Err(Wrong::TooLong));
    // Three bytes each when escaped.
    assert_eq!(of(&"\"".repeat(700)), Err(Wrong::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_it_panic_and_a_normal_form_stays_as_it_is(
        text in "\\PC{0,40}|https?://[\\PC]{0,40}|https?://[a-z0-9.:@%\\[\\]\u{e4}\u{430}\u{3002}-]{1,20}[/?#][\\PC]{0,20}"
    ) {
        if let Ok(url) = RedirectUrl::parse(&text) {
            let again = RedirectUrl::parse(url.as_str());
            prop_assert_eq!(again.as_ref(), Ok(&url));
            let target = url.target();
            let read = RedirectTarget::parse(target.as_str());
            prop_assert_eq!(read.as_ref(), Ok(&target));
            prop_assert!(url.as_str().starts_with(target.as_str()) && target.as_str().starts_with(&url.origin()));
            prop_assert!(url.as_str().is_ascii() && !target.as_str().contains(['?', '#', '\\', ' ']));
        }
    }

    #[test]
    fn two_are_equal_exactly_if_their_parts_are(
        one in ("https?", "[ab]{1,2}\\.[xy]", prop::option::of(prop::sample::select(vec![80_u16, 443, 8080])), "/[pq/]{0,2}"),
        other in ("https?", "[ab]{1,2}\\.[xy]", prop::option::of(prop::sample::select(vec![80_u16, 443, 8080])), "/[pq/]{0,2}"),
        queries in ("(\\?[a-z]{0,3})?", "(\\?[a-z]{0,3})?"),
    ) {
        let write = |(scheme, host, port, path): &(String, String, Option<u16>, String), query: &str| {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            target(&format!("{scheme}://{host}{port}{path}{query}"))
        };
        let parts = |(scheme, host, port, path): &(String, String, Option<u16>, String)| {
            let usual = if scheme == "https" { 443 } else { 80 };
            (scheme.clone(), host.clone(), port.unwrap_or(usual), path.clone())
        };
        prop_assert_eq!(write(&one, &queries.0) == write(&other, &queries.1), parts(&one) == parts(&other));
    }
}
