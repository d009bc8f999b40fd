//! People who must be asked again, by providers that do not say when they were asked.

use serde_json::json;

use crate::house::{House, is_in, now, put, told};
use crate::support::app::User;
use crate::support::visitor::parameter;

/// Logs in, and has the session closed with the demand.
#[track_caller]
fn must_be_asked(house: &House, user: &User) {
    let reply = house.log_in(&house.claims(user));
    let bearer = &told(&reply)["directory_access_token"];
    house.app.close(bearer, "true").ok();
}

on_both_stores!(an_operator_takes_the_demand_away, |kind| {
    let house = House::start(kind, &[]);
    let user = house.app.user();
    must_be_asked(&house, &user);
    for (others, missing) in [
        (json!({}), "no auth_time"),
        (json!({"auth_time": now() - 3600}), "auth_time in the ID token is from before"),
        (json!({"auth_time": now(), "iat": null}), "no iat"),
    ] {
        let mut claims = house.claims(&user);
        put(&mut claims, &others);
        // Nobody knows yet who comes: the provider is asked twice.
        let (mut visitor, asked) = house.begin();
        house.will_say(&claims, &asked, &json!({}));
        let again = house.come_back(&mut visitor, &asked);
        let asked = crate::house::sent(&asked, &again);
        assert_eq!(parameter(&asked, "prompt"), "login");
        house.will_say(&claims, &asked, &json!({}));
        let reply = house.come_back(&mut visitor, &asked);
        reply.refused(400, "E_BadRequest");
        let lines = house.lines_of(&reply);
        for word in [missing, &format!("sub of {}", user.id), &house.liar.issuer, "bimgate sso waive"] {
            assert!(lines.contains(word), "{word}: {lines}");
        }
    }
    assert_eq!(house.app.server.run(&["sso", "waive", "--user", &user.email, "--json"], ""), "{\"ended\":1}\n");
    assert_eq!(house.shown(&user)["consent_since"], json!(null));
    let reply = house.log_in(&house.claims(&user));
    assert!(is_in(&reply), "{}", house.lines_of(&reply));
});

on_both_stores!(the_way_there_and_back_may_be_trusted, |kind| {
    let house = House::start(kind, &[("openid.trust_prompt", "true")]);
    let user = house.app.user();
    for others in [json!({}), json!({"auth_time": now() - 3600})] {
        must_be_asked(&house, &user);
        let mut claims = house.claims(&user);
        put(&mut claims, &others);
        let (mut visitor, asked) = house.begin();
        house.will_say(&claims, &asked, &json!({}));
        let again = house.come_back(&mut visitor, &asked);
        let asked = crate::house::sent(&asked, &again);
        assert_eq!(parameter(&asked, "prompt"), "login", "still they are asked");
        house.will_say(&claims, &asked, &json!({}));
        let reply = house.come_back(&mut visitor, &asked);
        assert!(is_in(&reply), "{}", house.lines_of(&reply));
        assert_eq!(house.shown(&user)["consent_since"], json!(null), "the demand is met");
    }
});
