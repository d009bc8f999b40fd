//! People who must be asked again, by providers that do not say when they were asked.

use serde_json::json;

use crate::site::{Site, fragment, is_in, now, put};
use crate::support::app::User;
use crate::support::visitor::parameter;

/// Logs in, and has the session closed with the demand.
#[track_caller]
fn must_be_asked(site: &Site, user: &User) {
    let reply = site.log_in(&site.claims(user));
    let bearer = &fragment(&reply)["directory_access_token"];
    site.app.close(bearer, "true").ok();
}

on_both_stores!(an_operator_takes_the_demand_away, |kind| {
    let site = Site::start(kind, &[]);
    let user = site.app.user();
    must_be_asked(&site, &user);
    for (others, missing) in [
        (json!({}), "no auth_time"),
        (json!({"auth_time": now() - 3600}), "auth_time in the ID token is from before"),
        (json!({"auth_time": now(), "iat": null}), "no iat"),
    ] {
        let mut claims = site.claims(&user);
        put(&mut claims, &others);
        // Nobody knows yet who comes: the provider is asked twice.
        let (mut visitor, asked) = site.begin();
        site.will_say(&claims, &asked, &json!({}));
        let again = site.come_back(&mut visitor, &asked);
        let asked = crate::site::redirect(&asked, &again);
        assert_eq!(parameter(&asked, "prompt"), "login");
        site.will_say(&claims, &asked, &json!({}));
        let reply = site.come_back(&mut visitor, &asked);
        reply.refused(400, "E_BadRequest");
        let lines = site.lines_of(&reply);
        for word in [missing, &format!("sub of {}", user.id), &site.liar.issuer, "bimgate sso waive"] {
            assert!(lines.contains(word), "{word}: {lines}");
        }
    }
    assert_eq!(site.app.server.run(&["sso", "waive", "--user", &user.email, "--json"], ""), "{\"ended\":1}\n");
    assert_eq!(site.shown(&user)["consent_since"], json!(null));
    let reply = site.log_in(&site.claims(&user));
    assert!(is_in(&reply), "{}", site.lines_of(&reply));
});

on_both_stores!(the_way_there_and_back_may_be_trusted, |kind| {
    let site = Site::start(kind, &[("openid.trust_prompt", "true")]);
    let user = site.app.user();
    for others in [json!({}), json!({"auth_time": now() - 3600})] {
        must_be_asked(&site, &user);
        let mut claims = site.claims(&user);
        put(&mut claims, &others);
        let (mut visitor, asked) = site.begin();
        site.will_say(&claims, &asked, &json!({}));
        let again = site.come_back(&mut visitor, &asked);
        let asked = crate::site::redirect(&asked, &again);
        assert_eq!(parameter(&asked, "prompt"), "login", "still they are asked");
        site.will_say(&claims, &asked, &json!({}));
        let reply = site.come_back(&mut visitor, &asked);
        assert!(is_in(&reply), "{}", site.lines_of(&reply));
        assert_eq!(site.shown(&user)["consent_since"], json!(null), "the demand is met");
    }
});

// Some providers remember people for months, or for longer than `tokens.max_login_age` is set to.
on_both_stores!(who_proved_themselves_too_long_ago_is_asked_again, |kind| {
    let site = Site::start(kind, &[("tokens.max_login_age", "2592000"), ("tokens.remember_me_lifetime", "2592000")]);
    let user = site.app.user();
    for (then, fresh) in [(json!({"auth_time": now()}), true), (json!({"auth_time": now() - 3_000_000}), false)] {
        let mut claims = site.claims(&user);
        put(&mut claims, &json!({"auth_time": now() - 3_000_000}));
        let (mut visitor, asked) = site.begin();
        site.will_say(&claims, &asked, &json!({}));
        let again = site.come_back(&mut visitor, &asked);
        let asked = crate::site::redirect(&asked, &again);
        assert_eq!((parameter(&asked, "prompt"), parameter(&asked, "max_age")), ("login".to_owned(), "5".to_owned()));
        put(&mut claims, &then);
        site.will_say(&claims, &asked, &json!({}));
        let reply = site.come_back(&mut visitor, &asked);
        if fresh {
            assert!(is_in(&reply), "{}", site.lines_of(&reply));
        } else {
            reply.refused(400, "E_BadRequest");
            assert!(site.lines_of(&reply).contains("auth_time in the ID token is from before"));
        }
    }
});
