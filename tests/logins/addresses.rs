//! Where somebody comes from, told behind a proxy that hands on what its clients wrote.

use serde_json::Value;

use crate::steps::to_confirmation;
use crate::support::app::App;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

const PROXY: (&str, &str) = ("server.trusted_proxies", "127.0.0.1");

/// Headers as a proxy sends them that adds 203.0.113.7, the address it sees, to what the client wrote.
const FORGED: [(&str, &str); 4] = [
    ("X-Forwarded-For", "\u{ff}, 203.0.113.7"),
    ("X-Forwarded-For", "198.51.100.1\u{e9}, 203.0.113.7"),
    ("X-Forwarded-For", "\u{fffd}\u{fffd},203.0.113.7"),
    ("Forwarded", "for=\"\u{ff}\";by=x, for=203.0.113.7"),
];

on_both_stores!(a_byte_that_is_no_text_hides_no_login, |kind| {
    let app = App::start(kind, &[PROXY]);
    for (header, value) in FORGED {
        let user = app.user();
        let body = serde_json::json!({"user_id": user.email, "password": user.password}).to_string();
        app.request("POST", "/v2/authorize").header(header, value).body(body).send().ok();
        let listed = app.server.run(&["session", "list", "--user", &user.email, "--json"], "");
        let session: Value = serde_json::from_str(listed.trim()).expect("one session");
        assert_eq!(session["address"], "203.0.113.7", "{value:?}");
    }
});

on_both_stores!(a_byte_that_is_no_text_hides_no_program_from_the_person_who_confirms, |kind| {
    let app = App::start(kind, &[PROXY]);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let page = to_confirmation(&mut visitor, &app.authenticate_native(&native), &user);
    for (header, value) in FORGED {
        let waits = app.call("GET", "waitforauthentication?timeoutsec=0", &native).header(header, value);
        assert_eq!(waits.header("User-Agent", "M\u{f6}deller/7").send().status, 204);
        let text = visitor.get(&page).text();
        assert!(text.contains("203.0.113.7") && !text.contains("127.0.0.1"), "{value:?}: {text}");
        assert!(text.contains("deller/7"), "{text}");
    }
});
