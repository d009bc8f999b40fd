//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6) at the real program.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::forge::{KEYS, signed, unsigned};
use crate::liar::{Answer, header};
use crate::site::{Site, fragment, is_in, now, put, redirect};
use crate::support::app::{Kind, User};
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::{Visitor, hidden};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Somebody who is logged in through this session of the provider: the bearer.
fn opened(site: &Site, user: &User, sid: &Value) -> String {
    let mut claims = site.claims(user);
    put(&mut claims, &json!({"sid": sid}));
    let reply = site.log_in(&claims);
    assert!(is_in(&reply));
    fragment(&reply)["directory_access_token"].clone()
}

/// The claims of a good logout token about this person, otherwise as said; null leaves one out.
fn claims(site: &Site, user: &User, others: &Value) -> Value {
    let mut claims = json!({
        "iss": site.liar.issuer, "sub": format!("sub of {}", user.id), "aud": "bimgate", "iat": now(), "exp": now() + 120,
        "jti": "1", "events": {EVENT: {}},
    });
    put(&mut claims, others);
    claims
}

fn token(claims: &Value) -> String {
    signed(&header(), claims, &KEYS[0], Algorithm::RS256)
}

fn send(site: &Site, token: &str) -> Reply {
    let token: String = byte_serialize(token.as_bytes()).collect();
    site.app.request("POST", "/directory/api/backchannel-logout").body(format!("logout_token={token}")).send()
}

#[track_caller]
fn ends(site: &Site, user: &User, others: &Value) {
    let reply = send(site, &token(&claims(site, user, others)));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{others}: {}", reply.text());
}

on_both_stores!(a_logout_token_ends_what_it_is_about, |kind| {
    let site = Site::start(kind, &[]);
    let (user, other) = (site.app.user(), site.app.user());
    let open = |bearer: &str| site.app.user_info(bearer).status == 200;
    let [one, two, unnamed] = [json!("one"), json!("two"), Value::Null].map(|sid| opened(&site, &user, &sid));
    let foreign = opened(&site, &other, &json!("one"));
    ends(&site, &user, &json!({"sid": "three"}));
    assert!([&one, &two, &unnamed].into_iter().all(|bearer| open(bearer)));
    for _ in 0..2 {
        ends(&site, &user, &json!({"sid": "one"}));
        assert!(!open(&one) && open(&two) && open(&unnamed) && open(&foreign), "by its name alone");
    }
    ends(&site, &user, &json!({"iat": now() - 100}));
    assert!(open(&two) && open(&unnamed), "what was opened since stays");
    ends(&site, &user, &json!({}));
    assert!(!open(&two) && !open(&unnamed) && open(&foreign));
    ends(&site, &site.app.user(), &json!({}));
    let log = site.app.server.log();
    assert!(log.contains("logged out at the provider") && !log.contains(EVENT));
});

/// Says yes to the native client that waits with this token, on the page that asks: where the browser is sent.
#[track_caller]
fn say_yes(site: &Site, visitor: &mut Visitor, page: &Url, native: &str) -> Url {
    assert_eq!(page.path(), "/directory/api/confirm", "{page}");
    assert_eq!(site.app.wait(native, 0).status, 204);
    let csrf = hidden(&visitor.get(page).text(), "csrf").expect("a form");
    redirect(page, &visitor.post(page, &[("csrf", &csrf), ("answer", "yes")]))
}

on_both_stores!(a_native_login_that_waits_for_its_yes_does_not_outlive_a_logout, |kind| {
    let site = Site::start(kind, &[]);
    let user = site.app.user();
    let begun = |visitor: &mut Visitor, native: &str| {
        let start = site.app.authenticate_native(native);
        redirect(&start, &visitor.get(&start))
    };
    // To the page that asks, through the provider.
    let proven = |visitor: &mut Visitor, native: &str, sid: &str| {
        let asked = begun(visitor, native);
        let mut claims = site.claims(&user);
        put(&mut claims, &json!({"sid": sid}));
        site.will_say(&claims, &asked, &json!({"token_type": "Bearer"}));
        redirect(&site.app.url("/"), &site.come_back(visitor, &asked))
    };
    for about in [json!({"sid": "one"}), json!({"sub": null, "sid": "one"}), json!({})] {
        // Proven at the provider, and by a browser that it has signed on.
        let [mut visitor, mut signed_on] = [Visitor::default(), Visitor::default()];
        let [first, second, third, after] = [(); 4].map(|()| native_token());
        let page = proven(&mut visitor, &first, "one");
        let before = proven(&mut signed_on, &second, "one");
        assert_eq!(say_yes(&site, &mut signed_on, &before, &second).fragment(), Some(""));
        site.app.wait(&second, 0).ok();
        let by_sign_on = begun(&mut signed_on, &third);
        ends(&site, &user, &about);
        for (visitor, page, native) in [(&mut visitor, page, first), (&mut signed_on, by_sign_on, third)] {
            let told = say_yes(&site, visitor, &page, &native);
            assert!(told.fragment().unwrap_or_default().contains("error=access_denied"), "{about}: {told}");
            site.app.wait(&native, 0).refused(403, "E_Forbidden");
            assert!(begun(visitor, &native_token()).as_str().starts_with(&site.liar.issuer), "signed off");
        }
        // Who logs in anew is let in.
        let page = proven(&mut visitor, &after, "two");
        assert_eq!(say_yes(&site, &mut visitor, &page, &after).fragment(), Some(""));
        site.app.wait(&after, 0).ok();
    }
});

// Some providers name the session alone.
on_both_stores!(a_logout_token_may_name_the_session_alone, |kind| {
    let site = Site::start(kind, &[]);
    let (user, other) = (site.app.user(), site.app.user());
    let open = |bearer: &str| site.app.user_info(bearer).status == 200;
    let ends = |sid: &str| ends(&site, &user, &json!({"sub": null, "sid": sid}));
    let [one, two] = [json!("one"), json!("two")].map(|sid| opened(&site, &user, &sid));
    let foreign = opened(&site, &other, &json!("three"));
    ends("never heard of");
    assert!(open(&one) && open(&two) && open(&foreign));
    for _ in 0..2 {
        ends("one");
        assert!(!open(&one) && open(&two) && open(&foreign), "by its name alone");
    }
    ends("three");
    assert!(open(&two) && !open(&foreign), "whoever's it is");
    // A session of the provider is whose it was last, and may be of somebody who is gone.
    let (before, after) = (opened(&site, &user, &json!("four")), opened(&site, &other, &json!("four")));
    ends("four");
    assert!(open(&before) && !open(&after));
    site.app.server.run(&["user", "delete", &other.email, "--yes"], "");
    ends("four");
});

#[test]
fn a_logout_token_that_lacks_the_claim_of_people_is_about_the_session() {
    let site = Site::start(Kind::Embedded, &[("openid.subject_claim", "oid")]);
    let user = site.app.user();
    let mut claims = site.claims(&user);
    put(&mut claims, &json!({"oid": "the same for ever", "sid": "one"}));
    let reply = site.log_in(&claims);
    assert!(is_in(&reply), "{}", site.lines_of(&reply));
    let bearer = fragment(&reply)["directory_access_token"].clone();
    assert_eq!(send(&site, &token(&self::claims(&site, &user, &json!({})))).status, 400, "nobody is known by sub");
    ends(&site, &user, &json!({"sid": "one"}));
    site.app.user_info(&bearer).refused(401, "E_InvalidToken");
}

#[test]
fn what_is_no_logout_token_ends_nothing() {
    let site = Site::start(Kind::Embedded, &[]);
    let user = site.app.user();
    let bearer = opened(&site, &user, &json!("one"));
    let refused = |what: &str, token: &str| {
        let reply = send(&site, token);
        assert_eq!((reply.status, reply.header("cache-control")), (400, Some("no-store")), "{what}: {}", reply.text());
        assert!(!reply.text().contains("iss"), "{}", reply.text());
    };
    for others in [
        json!({"iss": "https://other.example"}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": null}),
        json!({"iat": null}),
        json!({"iat": now() + 62}),
        json!({"exp": now() - 61}),
        json!({"exp": "soon"}),
        json!({"exp": null, "iat": now() - 362}),
        json!({"sub": null}),
        json!({"sub": null, "sid": ""}),
        json!({"sub": 7, "sid": "one"}),
        json!({"sub": 7}),
        json!({"events": null}),
        json!({"events": {}}),
        json!({"events": EVENT}),
        json!({"events": [EVENT]}),
        json!({"events": {EVENT: true}}),
        json!({"events": {"http://schemas.openid.net/event/other": {}}}),
        json!({"nonce": "n"}),
        json!({"jti": null}),
        json!({"jti": ""}),
    ] {
        refused(&others.to_string(), &token(&claims(&site, &user, &others)));
    }
    let good = claims(&site, &user, &json!({}));
    let with = |name: &str, value: &str| {
        let mut header = header();
        header[name] = json!(value);
        header
    };
    let secret = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
    for (what, token) in [
        ("none", format!("{}.", unsigned(&with("alg", "none"), &good))),
        ("HS256", signed(&with("alg", "HS256"), &good, &secret, Algorithm::HS256)),
        ("foreign", signed(&header(), &good, &KEYS[1], Algorithm::RS256)),
        ("unknown", signed(&with("kid", "two"), &good, &KEYS[1], Algorithm::RS256)),
        ("an access token", signed(&with("typ", "at+jwt"), &good, &KEYS[0], Algorithm::RS256)),
        ("nothing", "x".to_owned()),
        ("dots", "..".to_owned()),
        // Encrypted: we have announced no key for that.
        ("encrypted", "a.b.c.d.e".to_owned()),
    ] {
        refused(what, &token);
    }
    let empty = site.app.request("POST", "/directory/api/backchannel-logout").send();
    empty.refused(400, "E_BadRequest");
    site.app.user_info(&bearer).ok();
    for kind in ["JWT", "logout+jwt", "application/logout+jwt"] {
        assert_eq!(send(&site, &signed(&with("typ", kind), &good, &KEYS[0], Algorithm::RS256)).status, 200, "{kind}");
    }
    ends(&site, &user, &json!({"exp": null, "aud": ["other", "bimgate"]}));
    site.app.user_info(&bearer).refused(401, "E_InvalidToken");
}

#[test]
fn a_provider_that_cannot_be_asked_is_told_to_try_again() {
    let site = Site::start(Kind::Embedded, &[]);
    site.liar.says("/.well-known/openid-configuration", Answer::Nothing);
    assert_eq!(send(&site, &token(&claims(&site, &site.app.user(), &json!({})))).status, 503);
}

#[test]
fn guesses_of_a_network_are_bounded() {
    let site = Site::start(Kind::Embedded, &[("throttle.tokens.burst", "3"), ("throttle.tokens.refill", "600")]);
    for _ in 0..3 {
        assert_eq!(send(&site, "x").status, 400);
    }
    assert_eq!(send(&site, "x").status, 429);
}
