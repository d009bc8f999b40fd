//! `POST /v2/authorize` with a password.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, User, token};

on_both_stores!(a_login_answers_with_these_members_and_no_others, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let plain = app.login_with(&user, &Value::Null);
    token(&plain, "access_token");
    assert_eq!(plain["expires_in"], 2_591_999);
    assert_eq!(plain["token_type"], "BimPlus");
    let made = Uuid::parse_str(plain["client_id"].as_str().unwrap_or_default()).expect("a UUID");
    assert!(!made.is_nil());
    assert_eq!(plain.as_object().map(serde_json::Map::len), Some(4), "{plain}");
    let again = app.login_with(&user, &json!({"remember_me": false, "application_id": ""}));
    assert_ne!(again["client_id"], plain["client_id"], "a new random client");
    assert_ne!(again["access_token"], plain["access_token"]);
    assert_eq!(again.as_object().map(serde_json::Map::len), Some(4), "{again}");
});

on_both_stores!(the_address_is_compared_without_case_and_surrounding_space, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for sent in [user.email.to_uppercase(), format!("  {}\t\n", user.email)] {
        app.login_with(&user, &json!({"user_id": sent}));
    }
});

on_both_stores!(the_domain_of_an_address_is_one_in_both_spellings, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let (name, _) = user.email.split_once('@').expect("an address");
    let (umlaut, ascii) = (format!("{name}@Bücher.example"), format!("{name}@xn--bcher-kva.example"));
    for (added, typed) in [(&umlaut, &ascii), (&ascii, &umlaut)] {
        app.server.run(&["user", "add", "--email", added, "--password-stdin"], &user.password);
        for typed in [typed, added, &format!("\u{202a}{typed}\u{202c}\u{200b}")] {
            app.post("/v2/authorize", &json!({"user_id": typed, "password": user.password})).ok();
        }
        app.server.run(&["user", "delete", typed, "--yes"], "");
    }
});

on_both_stores!(everyone_who_is_not_proven_is_refused_alike, |kind| {
    let app = App::shared(kind);
    let [user, disabled] = [app.user(), app.user()];
    app.server.run(&["user", "disable", &disabled.email], "");
    let passwordless =
        User { id: Uuid::new_v4(), email: format!("{}@example.org", Uuid::new_v4()), password: "x".into() };
    let id = passwordless.id.to_string();
    app.server.run(&["user", "add", "--id", &id, "--email", &passwordless.email, "--no-password"], "");

    let mut bodies = Vec::new();
    for (who, password) in [
        (&user.email, "wrong"),
        (&user.email, user.password.to_uppercase().as_str()),
        (&user.email, format!("{} ", user.password).as_str()),
        (&disabled.email, &disabled.password),
        (&passwordless.email, "x"),
        (&"nobody@example.org".to_owned(), "x"),
        (&"no address at all".to_owned(), "x"),
        (&user.id.to_string(), &user.password),
    ] {
        let reply = app.post("/v2/authorize", &json!({"user_id": who, "password": password}));
        let mut body = reply.refused(401, "E_InvalidCredentials");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"));
        body["uuid"] = Value::Null;
        bodies.push(body);
    }
    assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{bodies:?}");
});

on_both_stores!(a_mandatory_field_that_is_absent_null_or_empty_is_a_bad_request, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for body in [
        json!({}),
        json!({"user_id": user.email}),
        json!({"password": user.password}),
        json!({"user_id": user.email, "password": ""}),
        json!({"user_id": user.email, "password": null}),
        json!({"user_id": "", "password": user.password}),
        json!({"user_id": null, "password": user.password}),
        json!({"user_id": "   ", "password": user.password}),
    ] {
        app.post("/v2/authorize", &body).refused(400, "E_BadRequest");
    }
});

on_both_stores!(a_field_of_the_wrong_type_is_a_bad_request, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for more in [
        json!({"user_id": 1}),
        json!({"user_id": ["a"]}),
        json!({"password": {"a": 1}}),
        json!({"password": true}),
        json!({"client_id": 7}),
        json!({"application_id": []}),
        json!({"remember_me": "yes"}),
        json!({"remember_me": 1}),
        json!({"remember_me": {}}),
        json!({"remember_me": "1"}),
        json!({"user_id": "x".repeat(321)}),
        json!({"password": "x".repeat(1_025)}),
    ] {
        app.try_login(&user, &more).refused(400, "E_BadRequest");
    }
    for body in ["[]", "\"login\"", "1", "null", "true"] {
        app.request("POST", "/v2/authorize").body(body).send().refused(400, "E_BadRequest");
    }
});

on_both_stores!(ids_are_echoed_as_sent, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for id in ["0864B512-1776-4A55-8EE5-2b19d7d9b7ea", "{0864b512-1776-4a55-8ee5-2b19d7d9b7ea}", "Gerät 7 \"x\"", "-"]
    {
        let login = app.login_with(&user, &json!({"client_id": id, "application_id": id}));
        assert_eq!((&login["client_id"], &login["application_id"]), (&json!(id), &json!(id)));
    }
});

on_both_stores!(ids_have_a_limit, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    for member in ["client_id", "application_id"] {
        let login = app.login_with(&user, &json!({member: "x".repeat(128)}));
        assert_eq!(login[member], "x".repeat(128));
        app.try_login(&user, &json!({member: "x".repeat(129)})).refused(400, "E_BadRequest");
        app.try_login(&user, &json!({member: "ü".repeat(65)})).refused(400, "E_BadRequest");
    }
});

on_both_stores!(long_passwords_count_whole, |kind| {
    let app = App::shared(kind);
    let id = Uuid::new_v4();
    let long = User { id, email: format!("{id}@example.org"), password: "p".repeat(1_024) };
    app.add(&long);
    app.login(&long);
    app.try_login(&long, &json!({"password": format!("{}q", "p".repeat(1_023))})).refused(401, "E_InvalidCredentials");
    app.try_login(&long, &json!({"password": "p".repeat(1_023)})).refused(401, "E_InvalidCredentials");
});

on_both_stores!(the_body_is_json_whatever_its_type_says, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let body = format!("{{\"user_id\": \"{}\",\n \"password\": \"{}\" ,\n }}\n", user.email, user.password);
    let types = ["application/json", "application/json; charset=utf-8", "text/plain", "multipart/form-data", "", "///"];
    for kind in types.into_iter().chain(["application/x-www-form-urlencoded"]) {
        let reply = app.request("POST", "/v2/authorize").header("Content-Type", kind).body(&body).send();
        assert_eq!(reply.status, 200, "{kind}: {}", reply.text());
    }
    assert_eq!(app.request("POST", "/v2/authorize").body(&body).send().status, 200, "without a type");
});

on_both_stores!(what_the_samples_do_not_show_is_no_json, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let (who, password) = (&user.email, &user.password);
    for body in [
        format!("{{user_id: \"{who}\", \"password\": \"{password}\"}}"),
        format!("{{'user_id': '{who}', 'password': '{password}'}}"),
        format!("{{\"user_id\": \"{who}\", /* c */ \"password\": \"{password}\"}}"),
        format!("{{\"user_id\": \"{who}\", \"password\": \"{password}\",,}}"),
        format!("{{, \"user_id\": \"{who}\", \"password\": \"{password}\"}}"),
        format!("{{\"user_id\": \"{who}\", \"password\": \"{password}\"}} {{}}"),
        format!("{{\"user_id\": \"{who}\" \"password\": \"{password}\"}}"),
        format!("user_id={who}&password={password}"),
    ] {
        app.request("POST", "/v2/authorize").body(&body).send().refused(400, "E_BadRequest");
    }
});

on_both_stores!(of_duplicate_members_the_last_wins, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let (who, password) = (&user.email, &user.password);
    let good = format!("{{\"user_id\":\"x\",\"password\":\"y\",\"user_id\":\"{who}\",\"password\":\"{password}\"}}");
    app.request("POST", "/v2/authorize").body(&good).send().ok();
    let bad = format!("{{\"user_id\":\"{who}\",\"password\":\"{password}\",\"password\":\"y\"}}");
    app.request("POST", "/v2/authorize").body(&bad).send().refused(401, "E_InvalidCredentials");
    let none = format!("{{\"user_id\":\"{who}\",\"password\":\"{password}\",\"password\":null}}");
    app.request("POST", "/v2/authorize").body(&none).send().refused(400, "E_BadRequest");
});

on_both_stores!(unknown_fields_and_a_dead_authorization_header_are_ignored, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let body = json!({"user_id": user.email, "password": user.password, "extra": {"deep": [1, {"x": null}]}, "": 1});
    for header in ["BimPlus ", "BimPlus", "", "BimPlus 0123456789abcdef0123456789abcdef", "nonsense \u{fc} =,"] {
        let request = app.request("POST", "/v2/authorize?a=b").header("Authorization", header);
        request.body(body.to_string()).send().ok();
    }
});

on_both_stores!(a_login_ends_no_other_login, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let ids = ["a", "a", "b", "0864b512-1776-4a55-8ee5-2b19d7d9b7ea", "0864B512-1776-4A55-8EE5-2B19D7D9B7EA", ""];
    let tokens = ids.map(|id| token(&app.login_with(&user, &json!({"client_id": id})), "access_token"));
    for access in &tokens {
        app.accepts(access);
    }
    let different: std::collections::HashSet<_> = tokens.iter().collect();
    assert_eq!(different.len(), tokens.len());
});

on_both_stores!(an_unknown_application_is_refused_before_any_password, |kind| {
    let known = "0106c8ba-ad46-7c08-e26f-026852cb7525,Plugin";
    let app = App::start(kind, &[("tokens.applications", known)]);
    let user = app.user();
    for id in ["0106c8baad467c08e26f026852cb7525", "{0106C8BA-AD46-7C08-E26F-026852CB7525}", "Plugin"] {
        assert_eq!(app.login_with(&user, &json!({"application_id": id}))["application_id"], id);
    }
    for id in ["plugin", "0106c8baad467c08e26f026852cb7526"] {
        let more = json!({"application_id": id});
        app.try_login(&user, &more).refused(403, "E_Forbidden");
        let wrong = json!({"application_id": id, "password": "wrong"});
        app.try_login(&user, &wrong).refused(403, "E_Forbidden");
    }
    app.login(&user);
});

on_both_stores!(an_application_can_be_mandatory, |kind| {
    let app = App::start(kind, &[("tokens.require_application_id", "true")]);
    let user = app.user();
    app.try_login(&user, &Value::Null).refused(400, "E_BadRequest");
    app.login_with(&user, &json!({"application_id": "any"}));
});

on_both_stores!(lifetimes_are_settings, |kind| {
    let settings = [
        ("tokens.access_lifetime", "1000"),
        ("tokens.remember_me_access_lifetime", "500"),
        ("tokens.cross_lifetime", "50"),
        ("tokens.remember_me_lifetime", "2000"),
    ];
    let app = App::start(kind, &settings);
    let user = app.user();
    let plain = app.login_with(&user, &Value::Null);
    assert_eq!(plain["expires_in"], 999);
    assert_eq!(app.mint(&token(&plain, "access_token")).ok()["expires_in"], 49);
    let remembered = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    assert_eq!((&remembered["expires_in"], &remembered["remember_me_expires_in"]), (&json!(499), &json!(1999)));
});

on_both_stores!(an_expired_token_is_refused, |kind| {
    let app = App::start(kind, &[("tokens.access_lifetime", "1")]);
    let access = app.login(&app.user());
    let expired = || (app.check(&access).status == 401).then_some(());
    crate::support::wait::until("the token expires", std::time::Duration::from_secs(3), expired);
    app.refuses(&access);
    app.mint(&access).refused(401, "E_InvalidToken");
    app.revoke(&access, "").refused(401, "E_InvalidToken");
});
