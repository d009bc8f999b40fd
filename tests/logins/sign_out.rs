//! Logging out where an identity provider remembers people too: whoever is not signed on here may still be there.

use url::Url;

use crate::place::Place;
use crate::steps::{csrf, redirect};
use crate::support::directory::Session;
use crate::support::openid_provider::OpenIdProvider;
use crate::support::visitor::{Visitor, parameter};

fn page_of(place: &Place) -> Url {
    place.app.url("/directory/api/signout")
}

/// Opens the page, which must ask, and answers: where the browser is sent.
#[track_caller]
fn log_out(place: &Place, visitor: &mut Visitor) -> Url {
    let page = page_of(place);
    let csrf = csrf(visitor, &page);
    redirect(&page, &visitor.post(&page, &[("csrf", &csrf)]))
}

on_both_stores!(whoever_is_not_signed_on_here_is_led_to_the_provider, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    // Never was; and was, until an operator ended it.
    let mut visitor = Visitor::default();
    place.log_in(&mut visitor, "", &name);
    place.app.server.run(&["sso", "end", "--user", &user.email], "");
    for mut visitor in [Visitor::default(), visitor] {
        assert!(!visitor.get(&page_of(&place)).text().contains(&user.email), "nobody is known to be here");
        let to = log_out(&place, &mut visitor);
        assert!(to.as_str().starts_with(place.provider().issuer()), "{to}");
    }
});

on_both_stores!(whoever_must_be_asked_again_is_led_to_the_provider, |kind| {
    let place = Place::shared(kind);
    let (_, name) = place.known_person();
    let mut visitor = Visitor::default();
    let session = Session::of_fragment(&place.log_in(&mut visitor, "", &name));
    place.app.close(&session.directory, "true").ok();
    let to = log_out(&place, &mut visitor);
    assert!(to.as_str().starts_with(place.provider().issuer()), "{to}");
});

on_both_stores!(who_is_back_from_the_provider_is_logged_out, |kind| {
    let place = Place::shared(kind);
    let (_, name) = place.known_person();
    let mut visitor = Visitor::default();
    place.log_in(&mut visitor, "", &name);
    let to = log_out(&place, &mut visitor);
    let back = |state: &str| Url::parse(&format!("{}?state={state}", page_of(&place))).expect("a URL");
    let own = back(&parameter(&to, "state"));
    let asks = |visitor: &mut Visitor, url: &Url| {
        let reply = visitor.get(url);
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text().contains("<form")
    };
    assert!(!asks(&mut visitor, &own));
    assert!(asks(&mut visitor, &page_of(&place)));
    // A link that somebody else prepared does not say so.
    for state in ["", "x", &"0".repeat(64)] {
        assert!(asks(&mut visitor, &back(state)), "{state}");
    }
    assert!(asks(&mut Visitor::default(), &own));
});

on_both_stores!(a_provider_that_cannot_be_asked_is_not_said_to_be_left, |kind| {
    let place = Place::with(kind, &[], OpenIdProvider::kill);
    let mut visitor = Visitor::default();
    let to = log_out(&place, &mut visitor);
    assert_eq!(to.path(), page_of(&place).path());
    let text = visitor.get(&to).text();
    assert!(!text.contains("<form") && text.contains("identity provider may still know you"), "{text}");
});
