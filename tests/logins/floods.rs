//! Logins that are begun by the thousand and never proven: they take nobody's place.

use url::Url;

use crate::given::{begin, come_back, confirm, prove, to_confirmation, told};
use crate::place::Place;
use crate::support::app::{App, Kind};
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

on_both_stores!(
    logins_that_nobody_proves_cost_nobody_a_place,
    logins_that_nobody_proves_cost_nobody_a_place_beside_a_provider,
    logins_too_long_for_a_cookie_cost_others_nothing,
);

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

fn logins_that_nobody_proves_cost_nobody_a_place(kind: Kind) {
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
    assert!(told(&come_back(&mut signed_on, &start)).contains_key("directory_access_token"), "who is signed on");
    // From elsewhere, and from where the flood came from.
    for address in ["203.0.113.3", "198.51.100.0"] {
        let mut visitor = at(address);
        let back = prove(&mut visitor, &start, &user);
        assert!(told(&come_back(&mut visitor, &back)).contains_key("directory_access_token"), "{address}");
    }
    let mut visitor = at("203.0.113.4");
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native), &user);
    confirm(&mut visitor, &page, "yes");
    app.wait(&native, 0).ok();
}

fn logins_that_nobody_proves_cost_nobody_a_place_beside_a_provider(kind: Kind) {
    let place = Place::start(kind, &SETTINGS);
    let (_, name) = place.known_person();
    assert_eq!(flood(&place.start_url("")), 200);
    let told = told(&place.log_in(&mut at("203.0.113.1"), "", &name));
    assert!(told.contains_key("directory_access_token"), "{told:?}");
}

fn logins_too_long_for_a_cookie_cost_others_nothing(kind: Kind) {
    let app = App::start(kind, &SETTINGS);
    let (user, start) = (app.user(), app.authenticate("access:client", ""));
    flood(&app.authenticate("access:client", &format!("&appdata={}", "x".repeat(4096))));
    let mut visitor = at("203.0.113.1");
    let back = prove(&mut visitor, &start, &user);
    assert!(told(&come_back(&mut visitor, &back)).contains_key("directory_access_token"));
}
