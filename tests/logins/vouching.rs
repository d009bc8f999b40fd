//! App passwords of people whom the provider has not let in for a long time.

use serde_json::{Value, json};

use crate::account_password::remembered;
use crate::place::Place;
use crate::steps::now;
use crate::support::app::{Kind, User, token};
use crate::support::fake_clock::{FakeClock, borrowed};

const DAY: i64 = 86_400;
const TEN_DAYS: (&str, &str) = ("passwords.app_passwords_without_login", "864000");

// Embedded: in Redis the time is that of its machine. What is noted of a login is tested on every store (store_contract).
#[test]
fn they_count_while_the_provider_lets_the_person_in_now_and_then() {
    let clock = FakeClock::off_by(0);
    let place = Place::start(Kind::Embedded, &borrowed(&clock.settings(&[TEN_DAYS, ("openid.provision", "true")])));
    let app = &place.app;
    let email = "only-there@example.org".to_owned();
    let name = place.person(&json!({"email": email, "email_verified": true}));
    let only_there = User { id: uuid::Uuid::nil(), email, password: String::new() };
    let (with_a_password_here, name_of_other) = place.known_person();
    remembered(&place, &only_there, &name);
    remembered(&place, &with_a_password_here, &name_of_other);
    let without_a_link = app.user();
    let [there, here, unlinked] = [only_there, with_a_password_here, without_a_link].map(|user| {
        let made = app.server.run(&["user", "app-password", "add", &user.email, "--name", "plugin"], "");
        User { password: made.trim().to_owned(), ..user }
    });
    let everybody = [&there, &here, &unlinked];
    let opened = token(&app.login_with(&there, &json!({"client_id": "a"})), "access_token");
    clock.set(9 * DAY);
    for user in everybody {
        app.accepts(&app.login(user));
    }
    clock.set(11 * DAY);
    app.try_login(&there, &Value::Null).refused(401, "E_InvalidCredentials");
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(metrics.contains("bimgate_denied_total{reason=\"not_vouched_for\"} 1"), "{metrics}");
    for user in [&here, &unlinked] {
        app.accepts(&app.login(user));
    }
    app.accepts(&opened);
    place.provider().stop_clock(now() + 11 * DAY.unsigned_abs());
    let mut visitor = remembered(&place, &there, &name);
    for user in everybody {
        app.accepts(&app.login(user));
    }
    let text = crate::account::page(app, &mut visitor);
    assert!(text.contains("If you use nothing else for 10 days"), "{text}");
    clock.set(22 * DAY);
    app.try_login(&there, &Value::Null).refused(401, "E_InvalidCredentials");
}
