//! A login that took too long.

use std::time::Duration;

use crate::place::Place;
use crate::steps::{begin, csrf, enter, fragment, open_sessions, to_confirmation};
use crate::support::app::App;
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::{Visitor, hidden};
use crate::support::wait::until;

on_both_stores!(a_login_that_took_too_long_is_over_at_every_step, |kind| {
    let app = App::start(kind, &[("directory.time_to_authenticate", "10")]);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate("access:client", "");
    let native_start = app.authenticate_native(&native);
    let confirmation = to_confirmation(&mut visitor, &native_start, &user);
    let confirms = csrf(&mut visitor, &confirmation);
    let page = begin(&mut visitor, &start);
    let enters = csrf(&mut visitor, &page);
    let spent = "the youngest login is over";
    until(spent, Duration::from_secs(20), || (visitor.get(&page).status == 400).then_some(()));
    let over = |reply: Reply| drop(reply.refused(400, "E_BadRequest"));
    let person = [("csrf", enters.as_str()), ("email", &user.email), ("password", &user.password)];
    over(visitor.post(&page, &person));
    over(visitor.get(&confirmation));
    over(visitor.post(&confirmation, &[("csrf", &confirms), ("answer", "yes")]));
    app.wait(&native, 5).refused(403, "E_Forbidden");
    assert_eq!(visitor.cookie("directory_sso"), None);
    // Another one goes well.
    let again = begin(&mut visitor, &start);
    assert_eq!(enter(&mut visitor, &again, &user.email, &user.password).status, 303);
});

on_both_stores!(a_return_from_the_provider_that_took_too_long_is_over, |kind| {
    let place = Place::start(kind, &[("directory.time_to_authenticate", "10")]);
    let ((user, name), (_, other_name)) = (place.known_person(), place.known_person());
    let [mut visitor, mut other] = [Visitor::default(), Visitor::default()];
    let proven = place.prove(&mut visitor, &place.start_url(""), &name);
    let younger = place.log_in(&mut other, &format!("&nativetoken={}", native_token()), &other_name);
    let spent = "the younger login is over";
    until(spent, Duration::from_secs(30), || (other.get(&younger).status == 400).then_some(()));
    visitor.get(&proven).refused(400, "E_BadRequest");
    assert_eq!((visitor.cookie("directory_sso"), open_sessions(&place.app, &user)), (None, 0));
});

on_both_stores!(a_login_that_took_too_long_begins_again_by_a_link, |kind| {
    let app = App::start(kind, &[("directory.time_to_authenticate", "10")]);
    let (user, mut visitor) = (app.user(), Visitor::default());
    app.server.run(&["user", "scopes", &user.email, "--add", "a b&c"], "");
    visitor.headers.push(("Accept".into(), "text/html".into()));
    let start = app.authenticate("access:client", "&appdata=x%26y&appclaims=a+b%26c&needextendedbearer=true");
    let page = begin(&mut visitor, &start);
    let form = visitor.get(&page).text();
    let [csrf, again] = ["csrf", "again"].map(|name| hidden(&form, name).expect("a field").replace("&#38;", "&"));
    let native = begin(&mut visitor, &app.authenticate_native(&native_token()));
    assert_eq!(hidden(&visitor.get(&native).text(), "again"), None, "a program makes up a new token");
    until("the login is over", Duration::from_secs(30), || (visitor.get(&page).status == 400).then_some(()));
    let fields = |again: &str| {
        let fields = [("csrf", csrf.as_str()), ("again", again), ("email", &user.email), ("password", &user.password)];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let send = |visitor: &mut Visitor, again: &str| {
        let fields = fields(again);
        let reply = visitor.post(&page, &fields.each_ref().map(|(name, value)| (*name, value.as_str())));
        assert_eq!(reply.status, 400, "{}", reply.text());
        reply.text()
    };
    // Nobody else has the link shown, nor another link.
    for wrong in [String::new(), again.replace("access%3Aclient", "access%3Afrontend"), "\u{e4}".repeat(50)] {
        assert!(!send(&mut visitor, &wrong).contains("Start the login again"), "{wrong}");
    }
    let mut other = Visitor::default();
    other.headers.clone_from(&visitor.headers);
    assert!(!send(&mut other, &again).contains("Start the login again"));
    let text = send(&mut visitor, &again);
    assert!(text.contains("This login took too long"), "{text}");
    let link = text.split_once("class=\"main\" href=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a link").0;
    let end = visitor.log_in(&app.url(&link.replace("&#38;", "&")), &user);
    let members = fragment(&end);
    assert_eq!(members.get("appdata").map(String::as_str), Some("x&y"), "{end}");
    let claims = crate::jwt::claims(&app, &members["directory_access_token"]);
    assert!(claims["appclaims"] == serde_json::json!(["a b&c"]) && claims.get("teams").is_some(), "{claims}");
});
