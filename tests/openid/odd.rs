//! Providers that are not the one in the other tests: what they say oddly, and who is in or out all the same.

use serde_json::{Value, json};

use crate::forge::{KEYS, public};
use crate::liar::{Answer, response};
use crate::site::{Site, is_in, put};
use crate::support::app::{Kind, User, token};

const TEAMS: (&str, &str) = ("openid.teams_claim", "groups");

fn with(site: &Site, user: &User, others: &Value) -> Value {
    let mut claims = site.claims(user);
    put(&mut claims, others);
    claims
}

#[test]
fn a_token_may_be_for_others_too_whom_we_trust() {
    let site = Site::start(Kind::Embedded, &[("openid.trusted_audiences", "project,api")]);
    let user = site.app.user();
    for (others, why) in [
        (json!({"aud": ["bimgate", "383168317235462148"], "azp": "bimgate"}), None),
        (json!({"aud": ["383168317235462148", "bimgate"], "azp": "bimgate"}), None),
        (json!({"aud": ["bimgate", "project", "api"]}), None),
        (json!({"aud": ["bimgate", "project"], "azp": "api"}), None),
        (json!({"aud": "bimgate", "azp": "api"}), None),
        (json!({"aud": ["bimgate", "383168317235462148"]}), Some("383168317235462148")),
        (json!({"aud": ["bimgate", "383168317235462148"], "azp": "api"}), Some("383168317235462148")),
        (json!({"aud": ["bimgate", "project"], "azp": "other"}), Some("azp")),
        (json!({"aud": ["project", "api"], "azp": "bimgate"}), Some("(aud)")),
    ] {
        let reply = site.log_in(&with(&site, &user, &others));
        match why {
            None => assert!(is_in(&reply), "{others}: {} {}", reply.status, site.lines_of(&reply)),
            Some(why) => {
                reply.refused(400, "E_BadRequest");
                let lines = site.lines_of(&reply);
                assert!(lines.contains(why), "{others}: {lines}");
            }
        }
    }
}

// Such a person has no other way into a client that knows an e-mail address and a password alone.
#[test]
fn a_login_through_the_provider_leaves_app_passwords_as_they_are() {
    let site = Site::start(Kind::Embedded, &[TEAMS]);
    let who = site.app.user();
    let add = ["user", "app-password", "add", &who.email, "--name", "plugin"];
    let app_password = site.app.server.run(&add, "").trim().to_owned();
    let log_in = || site.app.post("/v2/authorize", &json!({"user_id": who.email, "password": app_password})).ok();
    let opened = token(&log_in(), "access_token");
    for claims in [json!({"groups": ["blue"]}), json!({"groups": ["red"], "name": "Another Name"}), json!({})] {
        let reply = site.log_in(&with(&site, &who, &claims));
        assert!(is_in(&reply), "{claims}: {}", site.lines_of(&reply));
        site.app.accepts(&opened);
        log_in();
    }
    site.app.server.run(&["user", "unlink", &who.email], "");
    assert!(is_in(&site.log_in(&site.claims(&who))), "linked anew");
    site.app.accepts(&opened);
    log_in();
}

#[test]
fn a_claim_that_is_not_used_is_not_judged_and_one_that_is_odd_counts_as_absent() {
    let site = Site::start(Kind::Embedded, &[]);
    let user = site.app.user();
    assert!(is_in(&site.log_in(&site.claims(&user))), "a person who is known from now on");
    for (others, named) in [
        (json!({"zoneinfo": 1}), None),
        (json!({"birthdate": 1980, "phone_number": 12345, "website": [], "locale": 7, "gender": {}}), None),
        (json!({"address": "Main St 1", "profile": {}, "picture": 1, "nickname": [1]}), None),
        (json!({"preferred_username": 1234, "given_name": ["A", "B"], "family_name": null}), None),
        (json!({"updated_at": "1700000000", "phone_number_verified": "yes"}), None),
        (json!({"amr": "pwd", "acr": 1, "at_hash": 5, "c_hash": [], "jti": 9, "sid": {}}), None),
        (json!({"email": [user.email]}), Some("email")),
        (json!({"email": {"a": 1}}), Some("email")),
        (json!({"name": ["X"]}), Some("name")),
        (json!({"email_verified": 1}), Some("email_verified")),
        (json!({"email_verified": "true"}), Some("email_verified")),
        (json!({"auth_time": "1795875000"}), Some("auth_time")),
        // Glewlwyd 2.7.
        (json!({"auth_time": 0}), Some("auth_time")),
        (json!({"iat": "1795875000"}), Some("iat")),
        (json!({"iat": null}), None),
        (json!({"nbf": "1795875000"}), Some("nbf")),
        (json!({"azp": null, "auth_time": null, "nbf": null, "name": null}), None),
    ] {
        let reply = site.log_in(&with(&site, &user, &others));
        let lines = site.lines_of(&reply);
        assert!(is_in(&reply), "{others}: {lines}");
        if let Some(named) = named {
            assert!(
                lines.contains(&format!("{named}\\\"")) || lines.contains(&format!("{named:?}")),
                "{named}: {lines}"
            );
            assert!(lines.contains(&user.id.to_string()), "it says whose: {lines}");
        }
    }
    let reply = site.log_in(&with(&site, &user, &json!({"exp": "1995875000"})));
    reply.refused(400, "E_BadRequest");
    assert!(site.lines_of(&reply).contains("(exp)"));
    // Odd is not verified.
    let stranger = site.app.user();
    for odd in [json!("true"), json!(1), json!([true])] {
        let reply = site.log_in(&with(&site, &stranger, &json!({"email_verified": odd})));
        assert!(!is_in(&reply), "{odd}");
    }
}

#[test]
fn of_the_token_response_nothing_but_the_tokens_is_judged() {
    let site = Site::start(Kind::Embedded, &[]);
    let user = site.app.user();
    for odd in [
        json!({}),
        json!({"token_type": "bearer"}),
        json!({"token_type": 7}),
        json!({"expires_in": "3600"}),
        json!({"expires_in": 3600.0}),
        json!({"expires_in": -1}),
        json!({"scope": ["openid"], "refresh_token": 5}),
        json!({"access_token": null}),
    ] {
        let reply = site.log_in_with(&site.claims(&user), &odd);
        assert!(is_in(&reply), "{odd}: {}", site.lines_of(&reply));
    }
    let reply = site.log_in_with(&site.claims(&user), &json!({"id_token": 7}));
    reply.refused(400, "E_BadRequest");
    assert!(site.lines_of(&reply).contains("no ID token"));
}

#[test]
fn of_discovery_only_what_is_used_is_judged() {
    for odd in [
        json!({"claims_parameter_supported": "true", "request_parameter_supported": "no"}),
        json!({"op_policy_uri": "", "op_tos_uri": 7, "service_documentation": "", "registration_endpoint": ""}),
        json!({"end_session_endpoint": ""}),
        json!({"userinfo_endpoint": ""}),
        json!({"userinfo_endpoint": "javascript:alert(1)"}),
        json!({"subject_types_supported": null, "response_types_supported": null}),
        json!({"id_token_signing_alg_values_supported": null}),
        json!({"id_token_signing_alg_values_supported": "RS256"}),
        json!({"token_endpoint_auth_methods_supported": "client_secret_basic", "scopes_supported": {}}),
        json!({"grant_types_supported": 1, "claims_supported": "all", "display_values_supported": [1]}),
    ] {
        let site = Site::start(Kind::Embedded, &[]);
        let mut metadata = site.liar.metadata();
        put(&mut metadata, &odd);
        site.liar.says("/.well-known/openid-configuration", Answer::Json(metadata));
        let user = site.app.user();
        let reply = site.log_in(&site.claims(&user));
        assert!(is_in(&reply), "{odd}: {}", site.lines_of(&reply));
    }
}

#[test]
fn a_userinfo_endpoint_that_fails_keeps_out_nobody_who_is_known() {
    let site = Site::start(Kind::Embedded, &[TEAMS]);
    let (user, stranger) = (site.app.user(), site.app.user());
    let sub = format!("sub of {}", user.id);
    let lacking = json!({"email_verified": null, "name": null});
    site.liar.says("/me", Answer::Json(json!({"sub": sub, "groups": ["a"], "name": "Told There"})));
    assert!(is_in(&site.log_in(&with(&site, &user, &json!({"name": null})))));
    assert_eq!(site.shown(&user)["teams"], json!([{"id": "a", "name": "a"}]));
    for (what, answer) in [
        ("401", response("401 Unauthorized", "text/html", "MSIS9921")),
        ("403", response("403 Forbidden", "application/json", "{}")),
        ("302", response("302 Found\r\nLocation: /elsewhere", "text/plain", "")),
        ("500", response("500 Oops", "text/plain", "")),
        ("HTML", response("200 OK", "text/html", "<p>hello</p>")),
        ("a JWT", response("200 OK", "application/jwt", "a.b.c")),
        ("nobody", Answer::Json(json!({"name": "Nobody"}))),
        ("a list", Answer::Json(json!([]))),
        ("junk", Answer::Raw(b"\0\0".to_vec())),
    ] {
        site.liar.says("/me", answer);
        let reply = site.log_in(&with(&site, &user, &lacking));
        let lines = site.lines_of(&reply);
        assert!(is_in(&reply), "{what}: {lines}");
        assert!(lines.contains("userinfo") && lines.contains("WARN"), "{what}: {lines}");
        assert_eq!(site.shown(&user)["teams"], json!([]), "only it tells them");
        // Whom nobody knows cannot be told from others.
        let reply = site.log_in(&with(&site, &stranger, &lacking));
        assert!(matches!(reply.status, 400 | 503), "{what}: {} {}", reply.status, reply.text());
    }
    assert_eq!(site.liar.asked("/elsewhere"), 0);
    site.liar.says("/me", Answer::Json(json!({"sub": "somebody else"})));
    site.log_in(&with(&site, &user, &lacking)).refused(400, "E_BadRequest");
    // The address that the ID token has verified is enough.
    site.liar.says("/me", response("401 Unauthorized", "text/plain", ""));
    assert!(is_in(&site.log_in(&with(&site, &stranger, &json!({"name": null})))));
}

#[test]
fn teams_are_those_of_this_login() {
    let site = Site::start(Kind::Embedded, &[TEAMS]);
    let user = site.app.user();
    site.liar.says("/me", Answer::Json(json!({"sub": format!("sub of {}", user.id)})));
    let hundred: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let long = format!("CN=Architects and Engineers,{},DC=org", "OU=x,".repeat(30));
    for (groups, kept, warned) in [
        (json!({"groups": ["a"]}), &["a"][..], None),
        (json!({"groups": "b"}), &["b"], None),
        (json!({"groups": []}), &[], None),
        (json!({"groups": null}), &[], Some("does not tell")),
        (json!({"groups": {"a": 1}}), &[], Some("counts as absent")),
        (json!({"groups": 7}), &[], Some("counts as absent")),
        (json!({"groups": null, "_claim_names": {"groups": "src1"}}), &[], Some("_claim_names")),
        (json!({"groups": ["a", 5]}), &["a"], Some("1 are left out")),
        (json!({"groups": [long, "a", "line\nbreak", ""]}), &["a"], Some("3 are left out")),
    ] {
        let first = site.log_in(&with(&site, &user, &json!({"groups": ["a", "b"]})));
        assert!(is_in(&first), "{}", site.lines_of(&first));
        let reply = site.log_in(&with(&site, &user, &groups));
        let lines = site.lines_of(&reply);
        assert!(is_in(&reply), "{groups}: {lines}");
        let teams: Vec<_> = kept.iter().map(|id| json!({"id": id, "name": id})).collect();
        assert_eq!(site.shown(&user)["teams"], json!(teams), "{groups}");
        assert_eq!(lines.contains("WARN"), warned.is_some(), "{groups}: {lines}");
        assert!(warned.is_none_or(|warned| lines.contains(warned)), "{groups}: {lines}");
    }
    let reply = site.log_in(&with(&site, &user, &json!({"groups": hundred})));
    let lines = site.lines_of(&reply);
    assert!(lines.contains("36 are left out") && lines.contains(&user.id.to_string()), "{lines}");
    assert_eq!(site.shown(&user)["teams"].as_array().map(Vec::len), Some(64));
}

#[test]
fn keys_without_names_prove_too() {
    let site = Site::start(Kind::Embedded, &[]);
    let (user, mut key) = (site.app.user(), public(&KEYS[0], "one"));
    put(&mut key, &json!({"kid": null, "use": null}));
    site.liar.says("/jwks", Answer::Json(json!({"keys": [key]})));
    let reply = site.log_in(&site.claims(&user));
    assert!(is_in(&reply), "{}", site.lines_of(&reply));
}
