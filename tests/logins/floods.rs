//! Logins that are begun by the thousand and never proven: they take nobody's place.

use url::Url;

use crate::place::Place;
use crate::steps::{begin, come_back, confirm, fragment, log_in, to_confirmation};
use crate::support::app::App;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

/// The defaults, a hundredth of each: and a proxy, behind which everybody has an address of their own.
const SETTINGS: [(&str, &str); 3] = [
    ("server.trusted_proxies", "127.0.0.1"),
    ("directory.max_pending", "200"),
    ("directory.max_pending_per_network", "20"),
];

/// Somebody at this address.
fn at(address: &str) -> Visitor {
    let mut visitor = Visitor::default();
    visitor.headers.push(("X-Forwarded-For".into(), address.into()));
    visitor
}

/// Begins as many logins as there are places, from ten networks, each time as a browser that keeps no cookies; how often
/// that was let be.
fn flood(start: &Url) -> usize {
    let begins = (0..200).map(|n| at(&format!("198.51.100.{}", n % 10)).get(start).status);
    begins.filter(|status| *status == 302).count()
}

on_both_stores!(logins_that_nobody_proves_cost_nobody_a_place, |kind| {
    let app = App::start(kind, &SETTINGS);
    let (user, start) = (app.user(), app.authenticate("access:client", ""));
    let mut signed_on = at("203.0.113.1");
    let native = native_token();
    signed_on.open(&start, &user);
    // Begun before the flood, and proven after it.
    let mut early = at("203.0.113.2");
    let page = begin(&mut early, &start);
    assert_eq!(flood(&start), 200);
    assert_eq!(early.get(&page).status, 200);
    assert!(fragment(&come_back(&mut signed_on, &start)).contains_key("directory_access_token"), "who is signed on");
    // From elsewhere, and from where the flood came from.
    for address in ["203.0.113.3", "198.51.100.0"] {
        let mut visitor = at(address);
        let members = fragment(&log_in(&mut visitor, &start, &user));
        assert!(members.contains_key("directory_access_token"), "{address}");
    }
    let mut visitor = at("203.0.113.4");
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native), &user);
    confirm(&mut visitor, &page, "yes");
    app.wait(&native, 0).ok();
});

on_both_stores!(logins_that_nobody_proves_cost_nobody_a_place_beside_a_provider, |kind| {
    let place = Place::start(kind, &SETTINGS);
    let (_, name) = place.known_person();
    assert_eq!(flood(&place.start_url("")), 200);
    let members = fragment(&place.log_in(&mut at("203.0.113.1"), "", &name));
    assert!(members.contains_key("directory_access_token"), "{members:?}");
});

on_both_stores!(logins_too_long_for_a_cookie_cost_others_nothing, |kind| {
    let app = App::start(kind, &SETTINGS);
    let (user, start) = (app.user(), app.authenticate("access:client", ""));
    flood(&app.authenticate("access:client", &format!("&appdata={}", "x".repeat(4096))));
    let members = fragment(&log_in(&mut at("203.0.113.1"), &start, &user));
    assert!(members.contains_key("directory_access_token"), "{members:?}");
});

on_both_stores!(who_is_signed_on_takes_no_place_that_a_proof_needs, |kind| {
    let app = App::start(kind, &[("directory.max_pending_per_network", "4")]);
    let [user, other] = [app.user(), app.user()];
    let mut visitor = Visitor::default();
    visitor.open(&app.authenticate("access:client", ""), &user);
    // A browser that says it has no room for more logins.
    for n in 0..8 {
        visitor.set_cookie(&format!("directory_login_0000000{n}"), "1.A");
    }
    for _login in 0..6 {
        assert_eq!(visitor.get(&app.authenticate_native(&native_token())).status, 302);
    }
    Visitor::default().open(&app.authenticate("access:client", ""), &other).session();
});

on_both_stores!(states_that_somebody_makes_up_cost_no_honest_code, |kind| {
    let place = Place::start(kind, &[("throttle.tokens.burst", "3"), ("throttle.tokens.refill", "3600")]);
    let (_, name) = place.known_person();
    let mut visitor = Visitor::default();
    let back = place.prove(&mut visitor, &place.start_url(""), &name);
    for n in 0..6 {
        let mut made_up = back.clone();
        made_up.query_pairs_mut().clear().append_pair("state", &format!("{n:032x}")).append_pair("code", "x");
        Visitor::default().get(&made_up).refused(400, "E_BadRequest");
    }
    // What a page loads, through whoever looks at it, is not even looked at.
    let mut looks_at_a_page = Visitor::default();
    looks_at_a_page.headers.push(("Sec-Fetch-Mode".into(), "no-cors".into()));
    looks_at_a_page.get(&back).refused(400, "E_BadRequest");
    assert!(fragment(&come_back(&mut visitor, &back)).contains_key("directory_access_token"));
});
