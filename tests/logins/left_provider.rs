//! Who logs out at the identity provider is logged out here too: OpenID Connect Back-Channel Logout, by a certified one.

use url::Url;

use crate::place::Place;
use crate::support::app::User;
use crate::support::directory::Session;
use crate::support::visitor::{Visitor, hidden};

/// The person logs out at the provider, in this browser.
fn leave(place: &Place, visitor: &mut Visitor) {
    let at = |path: &str| Url::parse(&format!("{}{path}", place.provider().issuer())).expect("a URL");
    let (page, confirm) = (at("/session/end"), at("/session/end/confirm"));
    let xsrf = hidden(&visitor.get(&page).text(), "xsrf").expect("the provider asks");
    let reply = visitor.post(&confirm, &[("xsrf", &xsrf), ("logout", "yes")]);
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
}

fn log_in(place: &Place, name: &str) -> (Visitor, Session) {
    let mut visitor = Visitor::default();
    let session = Session::of_fragment(&place.log_in(&mut visitor, "", name));
    place.app.user_info(&session.directory).ok();
    (visitor, session)
}

/// An access token that comes of the session.
fn access_token(place: &Place, session: &Session) -> String {
    let cross = place.app.call_v2_cross(&session.directory).ok()["cross_token"].as_str().expect("a text").to_owned();
    crate::support::app::token(&place.app.swap(&serde_json::json!({"cross_token": cross})).ok(), "access_token")
}

on_both_stores!(what_was_opened_in_a_session_at_the_provider_ends_with_it, |kind| {
    let place = Place::shared(kind);
    let (_, name) = place.known_person();
    let (mut here, session) = log_in(&place, &name);
    let (_, elsewhere) = log_in(&place, &name);
    // In the same browser, without a question: by single sign-on.
    let again = Session::of_fragment(&crate::steps::come_back(&mut here, &place.start_url("")));
    let access = access_token(&place, &session);
    leave(&place, &mut here);
    for ended in [&session, &again] {
        place.app.user_info(&ended.directory).refused(401, "E_InvalidToken");
    }
    place.app.user_info(&elsewhere.directory).ok();
    place.app.check(&access).ok();
    // The browser is not signed on any more: it is sent to the provider, which asks.
    let to = place.to_the_provider(&mut here, &place.start_url(""));
    let back = here.log_in_at(&to, &name);
    let later = Session::of_fragment(&crate::steps::come_back(&mut here, &back));
    place.app.user_info(&later.directory).ok();
});

on_both_stores!(v2_sessions_end_too_where_the_settings_say_so, |kind| {
    let place = Place::start(kind, &[("openid.logout_ends_v2", "true")]);
    let (_, name) = place.known_person();
    let (mut here, session) = log_in(&place, &name);
    let (_, elsewhere) = log_in(&place, &name);
    let access = access_token(&place, &session);
    leave(&place, &mut here);
    place.app.check(&access).refused(401, "E_InvalidToken");
    place.app.user_info(&elsewhere.directory).refused(401, "E_InvalidToken");
});

// A logout is no dismissal, and such a person may have no other way into a program (nextcloud-oidc-login#94).
on_both_stores!(a_logout_leaves_app_passwords, |kind| {
    for ends_v2 in ["false", "true"] {
        let place = Place::start(kind, &[("openid.provision", "true"), ("openid.logout_ends_v2", ends_v2)]);
        let name = place.person(&serde_json::json!({"email": "only-there@example.org", "email_verified": true}));
        let (mut here, session) = log_in(&place, &name);
        let add = ["user", "app-password", "add", "only-there@example.org", "--name", "plugin"];
        let password = place.app.server.run(&add, "").trim().to_owned();
        let user = User { id: uuid::Uuid::nil(), email: "only-there@example.org".to_owned(), password };
        let access = place.app.login(&user);
        leave(&place, &mut here);
        place.app.user_info(&session.directory).refused(401, "E_InvalidToken");
        assert_eq!(place.app.check(&access).status, if ends_v2 == "true" { 401 } else { 200 });
        place.app.accepts(&place.app.login(&user));
    }
});
