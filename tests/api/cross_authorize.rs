//! `POST /v2/cross-authorize`.

use std::thread;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, token};
use crate::support::wait::until;

on_both_stores!(a_swap_answers_as_a_plain_login_does, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let access = app.login(&user);
    let body = json!({"cross_token": app.cross_token(&access)});
    let dead = app.request("POST", "/v2/cross-authorize").header("Authorization", "BimPlus ");
    let swapped = dead.body(body.to_string()).send().ok();
    assert_eq!((&swapped["expires_in"], &swapped["token_type"]), (&json!(2_591_999), &json!("BimPlus")));
    assert!(Uuid::parse_str(swapped["client_id"].as_str().unwrap_or_default()).is_ok_and(|id| !id.is_nil()));
    assert_eq!(swapped.as_object().map(serde_json::Map::len), Some(4), "{swapped}");
    let info = app.check(&token(&swapped, "access_token")).ok();
    assert_eq!(info["user_id"], user.id.to_string());
    assert_eq!(info["audience"], Uuid::nil().to_string());
    app.accepts(&access);
});

on_both_stores!(what_is_sent_is_echoed_and_told_by_the_token, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    let ids = json!({"client_id": "{0864B512-1776-4a55-8ee5-2b19d7d9b7ea}", "team_id": "Team Ä",
        "project_id": "0106c8baad467c08e26f026852cb7525", "application_id": "viewer"});
    let mut body = ids.clone();
    body["cross_token"] = json!(app.cross_token(&access));
    let swapped = app.swap(&body).ok();
    for (name, value) in ids.as_object().expect("an object") {
        assert_eq!(&swapped[name], value, "{name}");
    }
    let info = app.check(&token(&swapped, "access_token")).ok();
    assert_eq!((&info["team_id"], &info["project_id"]), (&ids["team_id"], &ids["project_id"]));
    assert_eq!(info["audience"], "0864b512-1776-4a55-8ee5-2b19d7d9b7ea");
    assert_eq!(info.as_object().map(serde_json::Map::len), Some(5), "{info}");
});

on_both_stores!(team_and_project_belong_to_the_token_not_to_the_session, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    let swap = |team: Value| {
        let body = json!({"cross_token": app.cross_token(&access), "client_id": "viewer", "team_id": team});
        token(&app.swap(&body).ok(), "access_token")
    };
    let tokens = [json!("one"), json!("two"), Value::Null].map(|team| (swap(team.clone()), team));
    for (access, team) in &tokens {
        assert_eq!(&app.check(access).ok()["team_id"], team);
    }
});

on_both_stores!(a_cross_token_is_spent_by_the_swap, |kind| {
    let app = App::shared(kind);
    let cross = app.cross_token(&app.login(&app.user()));
    let won = token(&app.swap(&json!({"cross_token": cross})).ok(), "access_token");
    for _ in 0..2 {
        let reply = app.swap(&json!({"cross_token": cross}));
        reply.refused(401, "E_InvalidCredentials");
        assert_eq!(reply.header("www-authenticate"), Some("BimPlus"));
    }
    app.accepts(&won);
});

on_both_stores!(of_simultaneous_swaps_one_wins, |kind| {
    let app = App::shared(kind);
    let access = app.login(&app.user());
    for _ in 0..5 {
        let body = json!({"cross_token": app.cross_token(&access)});
        let statuses: Vec<_> = thread::scope(|scope| {
            let swaps: Vec<_> = (0..16).map(|_| scope.spawn(|| app.swap(&body).status)).collect();
            swaps.into_iter().map(|swap| swap.join().expect("an answer")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 15, "{statuses:?}");
    }
});

on_both_stores!(a_malformed_request_does_not_spend_it, |kind| {
    let app = App::shared(kind);
    let cross = app.cross_token(&app.login(&app.user()));
    for more in [json!({"client_id": 1}), json!({"team_id": "x".repeat(129)}), json!({"project_id": []})] {
        let mut body = json!({"cross_token": cross});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        app.swap(&body).refused(400, "E_BadRequest");
    }
    for body in [json!({}), json!({"cross_token": ""}), json!({"cross_token": 1}), json!({"cross_token": null})] {
        app.swap(&body).refused(400, "E_BadRequest");
    }
    app.swap(&json!({"cross_token": cross})).ok();
});

on_both_stores!(what_is_no_live_cross_token_is_refused, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "a"}));
    let (access, remembered) = (token(&login, "access_token"), token(&login, "remember_me_token"));
    for sent in ["0123456789abcdef0123456789abcdef", "short", &"é".repeat(16), &access, &remembered] {
        app.swap(&json!({"cross_token": sent, "client_id": "a"})).refused(401, "E_InvalidCredentials");
    }
});

on_both_stores!(revoking_the_token_that_minted_it_kills_it, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [one, other] = ["a", "a"].map(|id| token(&app.login_with(&user, &json!({"client_id": id})), "access_token"));
    let [killed, kept] = [&one, &other].map(|access| app.cross_token(access));
    app.revoke(&one, "").ok();
    app.swap(&json!({"cross_token": killed})).refused(401, "E_InvalidCredentials");
    app.swap(&json!({"cross_token": kept})).ok();
});

on_both_stores!(closing_the_session_that_minted_it_kills_it, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let [one, other] = ["a", "a"].map(|id| token(&app.login_with(&user, &json!({"client_id": id})), "access_token"));
    let cross = app.cross_token(&one);
    app.revoke(&other, "?scope=client").ok();
    app.swap(&json!({"cross_token": cross})).refused(401, "E_InvalidCredentials");
});

on_both_stores!(the_audience_is_what_the_swapping_client_sent, |kind| {
    let app = App::shared(kind);
    let user = app.user();
    let desktop = Uuid::new_v4();
    let access = token(&app.login_with(&user, &json!({"client_id": desktop})), "access_token");
    let swapped = app.swap(&json!({"cross_token": app.cross_token(&access)})).ok();
    assert_ne!(swapped["client_id"], desktop.to_string());
    assert_eq!(app.check(&token(&swapped, "access_token")).ok()["audience"], Uuid::nil().to_string());
});

on_both_stores!(an_expired_cross_token_is_refused, |kind| {
    let app = App::start(kind, &[("tokens.cross_lifetime", "1")]);
    let access = app.login(&app.user());
    // A swap spends the token, so each question needs one of its own; the first is asked only after its life.
    let cross = app.cross_token(&access);
    let minted = std::time::Instant::now();
    let over = || (minted.elapsed().as_millis() > 1_050).then_some(());
    until("the cross token expires", std::time::Duration::from_secs(5), over);
    app.swap(&json!({"cross_token": cross})).refused(401, "E_InvalidCredentials");
});

on_both_stores!(an_unknown_application_is_refused_and_spends_nothing, |kind| {
    let app = App::start(kind, &[("tokens.applications", "known")]);
    let cross = app.cross_token(&app.login(&app.user()));
    app.swap(&json!({"cross_token": cross, "application_id": "unknown"})).refused(403, "E_Forbidden");
    app.swap(&json!({"cross_token": cross, "application_id": "known"})).ok();
});
