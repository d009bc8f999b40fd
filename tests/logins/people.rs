//! Who of ours somebody is whom the provider has proven.

use serde_json::{Value, json};

use crate::jwt;
use crate::place::Place;
use crate::steps::fragment;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

/// Logs in from a browser that nobody has used; the user's id, or the error.
#[track_caller]
fn who(place: &Place, name: &str) -> Result<Value, String> {
    let mut members = fragment(&place.log_in(&mut Visitor::default(), "", name));
    match members.remove("directory_access_token") {
        Some(bearer) => Ok(jwt::claims(&place.app, &bearer)["sub"].clone()),
        None => Err(members["error"].clone()),
    }
}

fn denied() -> Result<Value, String> {
    Err("access_denied".into())
}

on_both_stores!(an_address_links_where_the_provider_has_verified_it_and_only_there, |kind| {
    let place = Place::shared(kind);
    let user = place.app.user();
    for verified in [json!(null), json!(false), json!("true"), json!(1), json!("yes"), json!([true])] {
        let name = place.person(&json!({"email": user.email, "email_verified": verified}));
        assert_eq!(who(&place, &name), denied(), "{verified}");
    }
    let name = place.person(&json!({"email": user.email}));
    assert_eq!(who(&place, &name), denied());
    assert_eq!(who(&place, &place.person(&json!({}))), denied());
    let stranger = json!({"email": format!("{}@example.org", native_token()), "email_verified": true});
    assert_eq!(who(&place, &place.person(&stranger)), denied());
    let name = place.person(&json!({"email": user.email.to_uppercase(), "email_verified": true, "name": "Ada L."}));
    assert_eq!(who(&place, &name), Ok(json!(user.id)));
    let shown = place.app.server.run(&["user", "show", &user.email, "--json"], "");
    assert!(shown.contains(&name) && shown.contains("Ada L."), "{shown}");
});

on_both_stores!(a_verified_address_links_in_both_spellings_of_its_domain, |kind| {
    let place = Place::shared(kind);
    let name = native_token();
    let ours = format!("{name}@bücher.example");
    let id = place.app.server.run(&["user", "add", "--email", &ours, "--no-password"], "");
    let claims = |domain: &str| json!({"email": format!("{name}@{domain}"), "email_verified": true});
    assert_eq!(who(&place, &place.person(&claims("bü\u{200b}cher.example"))), denied(), "that is a disguise");
    assert_eq!(who(&place, &place.person(&claims("xn--bcher-kva.example"))), Ok(json!(id.trim())));
});

on_both_stores!(a_subject_is_known_again_whatever_becomes_of_the_address, |kind| {
    let place = Place::shared(kind);
    let ((user, name), (other, _)) = (place.known_person(), place.known_person());
    assert_eq!(who(&place, &name), Ok(json!(user.id)));
    for claims in [
        json!({"email": format!("{name}@example.com"), "email_verified": true}),
        json!({"email": format!("{name}@example.com"), "email_verified": false}),
        json!({}),
        json!({"email": other.email, "email_verified": true}),
    ] {
        place.says(&name, &claims);
        assert_eq!(who(&place, &name), Ok(json!(user.id)), "{claims}");
    }
});

on_both_stores!(nobody_is_two_people_and_no_two_people_one, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    assert_eq!(who(&place, &name), Ok(json!(user.id)));
    // Somebody else comes with the same address, verified.
    let other = place.person(&json!({"email": user.email, "email_verified": true}));
    assert_eq!(who(&place, &other), denied());
    assert_eq!(who(&place, &name), Ok(json!(user.id)));
    // Without that account the address is free again, and so is the subject.
    place.app.server.run(&["user", "delete", &user.email, "--yes"], "");
    assert_eq!(who(&place, &name), denied());
    place.app.add(&user);
    assert_eq!(who(&place, &other), Ok(json!(user.id)));
    assert_eq!(who(&place, &name), denied());
});

on_both_stores!(who_is_disabled_stays_out, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    place.app.server.run(&["user", "disable", &user.email], "");
    assert_eq!(who(&place, &name), denied());
    place.app.server.run(&["user", "enable", &user.email], "");
    assert_eq!(who(&place, &name), Ok(json!(user.id)));
    place.app.server.run(&["user", "disable", &user.email], "");
    assert_eq!(who(&place, &name), denied());
});

on_both_stores!(provisioning_lets_in_whom_only_the_provider_knows, |kind| {
    let place = Place::start(kind, &[("openid.provision", "true"), ("openid.teams_claim", "teams"), SCOPES]);
    let email = format!("{}@example.org", native_token());
    let teams = json!(["Planning"]);
    let name = place.person(&json!({"email": email, "email_verified": true, "name": "New Here", "teams": teams}));
    let id = who(&place, &name).expect("an account is made");
    assert_eq!(who(&place, &name), Ok(id.clone()));
    let shown = place.app.server.run(&["user", "show", &email, "--json"], "");
    assert!(["New Here", "Planning", &name].iter().all(|told| shown.contains(told)), "{shown}");
    assert!(shown.contains(id.as_str().expect("an id")), "{shown}");
    // An address that is not verified is nobody's, so that whoever has it is not kept out, nor let in.
    let local = place.app.user();
    let claims = json!({"email": local.email, "email_verified": false});
    let squatter = who(&place, &place.person(&claims)).expect("an account of their own");
    assert_ne!(squatter, json!(local.id));
    let owner = place.person(&json!({"email": local.email, "email_verified": true}));
    assert_eq!(who(&place, &owner), Ok(json!(local.id)));
    let nameless =
        [place.person(&json!({})), place.person(&json!({}))].map(|name| who(&place, &name).expect("one each"));
    assert_ne!(nameless[0], nameless[1]);
    // A right is granted here, whatever the provider says.
    let start = place.app.authenticate("access:frontend", "");
    let mut visitor = Visitor::default();
    let back = place.prove(&mut visitor, &start, &name);
    assert_eq!(fragment(&crate::steps::come_back(&mut visitor, &back))["error"], "access_denied");
});

const SCOPES: (&str, &str) = ("openid.scopes", "openid,profile,email,teams");
