//! How often logins may be tried.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, Kind, User};
use crate::support::client::{Reply, Request};
use crate::support::wait::until;

const PROXY: (&str, &str) = ("server.trusted_proxies", "127.0.0.1/32,10.0.0.0/8");

/// Logs in with this password, from behind a proxy that says so in this header.
fn attempt(app: &App, who: &str, password: &str, header: &str, says: &str) -> Reply {
    let body = json!({"user_id": who, "password": password}).to_string();
    app.request("POST", "/v2/authorize").header(header, says).body(body).send()
}

fn from(app: &App, who: &str, password: &str, address: &str) -> Reply {
    attempt(app, who, password, "X-Forwarded-For", address)
}

#[track_caller]
fn throttled(reply: &Reply) {
    reply.refused(429, "E_TooManyAttempts");
    let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{:?}", reply.header("retry-after"));
}

on_both_stores!(failed_attempts_on_one_account_from_one_network_run_out, |kind| {
    let app = App::start(kind, &[PROXY]);
    let user = app.user();
    for _ in 0..10 {
        from(&app, &user.email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    }
    throttled(&from(&app, &user.email, "wrong", "192.0.2.1"));
    throttled(&from(&app, &user.email.to_uppercase(), &user.password, "192.0.2.1"));
    from(&app, &user.email, &user.password, "192.0.2.2").ok();
    from(&app, &app.user().email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
});

on_both_stores!(known_and_unknown_accounts_run_out_alike, |kind| {
    let app = App::start(kind, &[PROXY]);
    let known = app.user();
    let answers = [known.email.as_str(), "nobody@example.org"].map(|who| {
        let replies = (0..12).map(|_| from(&app, who, "wrong", "192.0.2.1"));
        let shape = |reply: Reply| (reply.status, reply.json()["code"].clone(), reply.header("retry-after").is_some());
        replies.map(shape).collect::<Vec<_>>()
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][11].0, 429);
});

/// Buckets so small that a test empties them, and so slow that nothing comes back meanwhile.
const SMALL: [(&str, &str); 12] = [
    ("throttle.network.burst", "5"),
    ("throttle.network.refill", "86400"),
    ("throttle.account.burst", "5"),
    ("throttle.account.refill", "86400"),
    ("throttle.first_account_network.burst", "1"),
    ("throttle.first_account_network.refill", "86400"),
    ("throttle.first_network.burst", "5"),
    ("throttle.first_network.refill", "86400"),
    ("throttle.first_account.burst", "5"),
    ("throttle.first_account.refill", "86400"),
    ("throttle.successes.refill", "86400"),
    ("throttle.account_network.refill", "86400"),
];

fn small(kind: Kind, settings: &[(&str, &str)]) -> App {
    App::start(kind, &[&SMALL[..], &[PROXY], settings].concat())
}

/// Wrong logins at accounts that nobody has, until they are refused: how many were not.
fn drain(app: &App, address: &str) -> usize {
    let made_up = (0..100).map(|number| format!("{number}@{address}.example.org"));
    let replies = made_up.map(|who| from(app, &who, "wrong", address).status);
    replies.take_while(|status| *status == 401).count()
}

on_both_stores!(one_network_runs_out_for_all_accounts, |kind| {
    let app = small(kind, &[]);
    let users: Vec<_> = (0..3).map(|_| app.user()).collect();
    for attempt in 0..9 {
        from(&app, &users[attempt % 3].email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    }
    assert_eq!(drain(&app, "192.0.2.1"), 2 + 5, "three accounts were tried, however often");
    app.request("POST", "/v2/authorize").body("{}").send().refused(400, "E_BadRequest");
    let stranger = app.user();
    from(&app, &stranger.email, &stranger.password, "192.0.2.1").refused(429, "E_TooManyAttempts");
    from(&app, &users[0].email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    from(&app, &stranger.email, &stranger.password, "192.0.2.2").ok();
});

on_both_stores!(a_stranger_in_the_owners_network_does_not_lock_them_out, |kind| {
    let app = small(kind, &[]);
    let user = app.user();
    from(&app, &user.email, &user.password, "192.0.2.1").ok();
    drain(&app, "192.0.2.1");
    for _ in 0..30 {
        from(&app, &user.email, &user.password, "192.0.2.1").ok();
    }
});

// On the first day after an import nobody is known: what strangers do in the same network must leave a place.
on_both_stores!(an_owner_who_is_not_known_yet_comes_in_beside_a_stranger, |kind| {
    let app = small(kind, &[]);
    let user = app.user();
    for number in 0..6 {
        from(&app, &format!("{number}@example.org"), "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    }
    for _ in 0..30 {
        from(&app, &user.email, &user.password, "192.0.2.1").ok();
    }
});

/// As many networks guess as have used up what an account has for networks that it does not know.
fn guess_from_everywhere(app: &App, email: &str) {
    let mut refused = 0;
    for round in 0..4 {
        for attacker in 1..=4 {
            let status = from(app, email, "guess", &format!("198.51.100.{attacker}")).status;
            refused += usize::from(status == 429);
            assert!(round > 0 || status == 401, "{status}");
        }
    }
    assert_eq!(refused, 16 - 5 - 4, "five as anybody, and one more for each network");
}

on_both_stores!(others_who_guess_from_everywhere_do_not_lock_the_owner_out, |kind| {
    let app = small(kind, &[]);
    let user = app.user();
    guess_from_everywhere(&app, &user.email);
    for _ in 0..30 {
        from(&app, &user.email, &user.password, "192.0.2.1").ok();
    }
});

// With the client id that the server made the owner is known behind an address where a stranger has tried everything.
on_both_stores!(a_client_id_that_comes_back_is_a_known_device, |kind| {
    let app = small(kind, &[("throttle.account_network.burst", "3")]);
    let user = app.user();
    let client = from(&app, &user.email, &user.password, "192.0.2.1").ok()["client_id"].clone();
    from(&app, "nobody@example.org", "wrong", "192.0.2.7").refused(401, "E_InvalidCredentials");
    let other = app.user();
    let others = from(&app, &other.email, &other.password, "192.0.2.7").ok()["client_id"].clone();
    for _ in 0..3 {
        from(&app, &user.email, "guess", "192.0.2.7").refused(401, "E_InvalidCredentials");
    }
    let with = |client: &Value, password: &str| {
        let body = json!({"user_id": user.email, "password": password, "client_id": client});
        app.request("POST", "/v2/authorize").header("X-Forwarded-For", "192.0.2.7").body(body.to_string()).send()
    };
    for stranger in [&json!(uuid::Uuid::new_v4()), &others] {
        with(stranger, &user.password).refused(429, "E_TooManyAttempts");
    }
    for _ in 0..30 {
        with(&client, &user.password).ok();
    }
    for _ in 0..3 {
        with(&client, "guess").refused(401, "E_InvalidCredentials");
    }
    with(&client, &user.password).refused(429, "E_TooManyAttempts");
});

on_both_stores!(silent_and_cross_logins_make_networks_known_too, |kind| {
    let app = small(kind, &[]);
    let user = app.user();
    let login = app.login_with(&user, &json!({"remember_me": true, "client_id": "program"}));
    let at = |address: &str, path: &str, body: &Value| {
        app.request("POST", path).header("X-Forwarded-For", address).body(body.to_string()).send()
    };
    let silent = json!({"remember_me": true, "remember_me_token": login["remember_me_token"], "client_id": "program"});
    at("192.0.2.1", "/v2/authorize", &silent).ok();
    let cross = app.cross_token(&crate::support::app::token(&login, "access_token"));
    at("192.0.2.2", "/v2/cross-authorize", &json!({"cross_token": cross})).ok();
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        drain(&app, address);
    }
    for known in ["192.0.2.1", "192.0.2.2"] {
        from(&app, &user.email, &user.password, known).ok();
    }
    from(&app, &user.email, &user.password, "192.0.2.3").refused(429, "E_TooManyAttempts");
    let body = json!({"user_id": user.email, "password": user.password, "client_id": "program"});
    at("192.0.2.4", "/v2/authorize", &body).ok();
});

/// What a command prints as one line of JSON.
fn told(app: &App, command: &[&str]) -> Value {
    let printed = app.server.run(&[&["throttle"], command, &["--json"]].concat(), "");
    // Neither a digest nor a bucket's key.
    assert!(printed.split(|c: char| !c.is_ascii_hexdigit()).all(|digits| digits.len() < 16), "{printed}");
    serde_json::from_str(printed.trim_end()).expect("JSON")
}

/// The tables of the buckets that a standing says are empty, and their networks.
fn empty(standing: &Value) -> Vec<(&str, Option<&str>)> {
    let buckets = standing["empty"].as_array().expect("a list").iter();
    buckets.map(|empty| (empty["bucket"].as_str().expect("a name"), empty["network"].as_str())).collect()
}

on_both_stores!(an_operator_sees_who_is_throttled_and_lets_them_in, |kind| {
    let mut app = small(kind, &[("manage.listen", "127.0.0.1:0"), ("throttle.account_network.burst", "2")]);
    let (user, other) = (app.user(), app.user());
    let show = |app: &App, who: &User| told(app, &["show", &who.email, "--address", "192.0.2.1"]);
    let fresh = show(&app, &user);
    assert_eq!((&fresh["networks"][0]["wait"], empty(&fresh["networks"][0])), (&json!(0), vec![]));
    for who in [&user, &other] {
        let tries = (0..4).map(|_| from(&app, &who.email, "wrong", "192.0.2.1").status);
        assert_eq!(tries.collect::<Vec<_>>(), [401, 401, 429, 429]);
    }
    for _ in 0..3 {
        let view = show(&app, &user);
        let there = &view["networks"][0];
        assert_eq!((&there["network"], &there["known"]), (&json!("192.0.2.1"), &json!(false)));
        assert!(there["wait"].as_u64().is_some_and(|wait| (86_000..=86_400).contains(&wait)), "{view}");
        assert_eq!(empty(there), [("account_network", Some("192.0.2.1"))]);
        assert_eq!((&view["elsewhere"]["wait"], &view["codes"]["wait"]), (&json!(0), &json!(0)), "{view}");
    }
    // Without an address, from where the events say; and in the command that says why somebody does not get in.
    let view = until("the events tell from where", Duration::from_secs(20), || {
        Some(told(&app, &["show", &user.email])).filter(|view| !view["networks"][0].is_null())
    });
    assert_eq!(view["networks"][0]["network"], "192.0.2.1");
    let shown = app.server.run(&["user", "show", &user.email], "");
    for part in ["from 192.0.2.1: throttled for another 24 h", &format!("`bimgate throttle lift {}`", user.email)] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    let ask = |scope: &str, method: &str| {
        let token = app.server.run(&["token", "add", &format!("{scope} {method}"), "--scope", scope], "");
        let target = format!("/manage/v1/users/{}/throttle", user.id);
        let request = Request::new(app.server.manage(), method, &target);
        request.header("Authorization", &format!("Bearer {}", token.trim())).send()
    };
    let by_api = ask("read", "GET").ok();
    assert_eq!(empty(&by_api["networks"][0]), empty(&view["networks"][0]));
    ask("read", "DELETE").refused(403, "E_Forbidden");
    ask("sessions", "DELETE").refused(403, "E_Forbidden");
    from(&app, &user.email, &user.password, "192.0.2.1").refused(429, "E_TooManyAttempts");
    assert_eq!(ask("users", "DELETE").ok(), json!({ "lifted": 1 }));
    from(&app, &user.email, &user.password, "192.0.2.1").ok();
    from(&app, &other.email, &other.password, "192.0.2.1").refused(429, "E_TooManyAttempts");
    let view = show(&app, &user);
    assert_eq!((&view["networks"][0]["known"], empty(&view["networks"][0])), (&json!(true), vec![]));
    assert!(app.server.run(&["user", "show", &user.email], "").contains("throttled"));

    until("the events tell who lifted it", Duration::from_secs(20), || {
        let events = app.server.run(&["events", "--json", "--since", "1h", "--user", &user.id.to_string()], "");
        events
            .lines()
            .any(|line| line.contains("\"act\":\"lift throttle\"") && line.contains("users DELETE"))
            .then_some(())
    });
    app.server.ask_to_stop();
    app.server.stopped();
    // As a command finds it that asks the store itself.
    let view = show(&app, &other);
    let command = app.server.command(&["throttle", "show", &other.email], "");
    let said = String::from_utf8_lossy(&command.stderr).into_owned();
    match kind {
        Kind::Embedded => {
            assert!(view["networks"][0]["wait"] == 0 && said.contains("nobody is throttled"), "{view} {said}");
        }
        Kind::Redis => assert!(view["networks"][0]["wait"] != 0 && said.is_empty(), "{view} {said}"),
    }
    let lifted = told(&app, &["lift", &other.email]);
    assert_eq!(lifted["lifted"], u8::from(matches!(kind, Kind::Redis)));
    let lately: Value = told(&app, &["list"]);
    assert_eq!((&lately["address"], &lately["times"]), (&json!("192.0.2.1"), &json!(2 + 2 + 2)), "{lately}");
});

#[test]
fn who_is_throttled_at_this_moment_is_listed() {
    // Attempts are told when their minute is over, or when the server stops; in Redis the throttle outlives that.
    let mut app = small(Kind::Redis, &[("throttle.account_network.burst", "2"), ("manage.listen", "127.0.0.1:0")]);
    let [held, lifted, gone, free] = [app.user(), app.user(), app.user(), app.user()];
    for who in [&held, &lifted, &gone] {
        let tries = (0..4).map(|_| from(&app, &who.email, "wrong", "192.0.2.1").status);
        assert_eq!(tries.collect::<Vec<_>>(), [401, 401, 429, 429]);
    }
    from(&app, &held.email, "wrong", "192.0.2.2").refused(401, "E_InvalidCredentials");
    from(&app, &free.email, "wrong", "192.0.2.1").refused(401, "E_InvalidCredentials");
    let list = |app: &App| -> Vec<Value> {
        let printed = app.server.run(&["throttle", "list", "--json"], "");
        printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    assert_eq!(list(&app), Vec::<Value>::new(), "the minute is not over");
    let token = app.server.run(&["token", "add", "desk", "--scope", "read"], "").trim().to_owned();
    app.server.ask_to_stop();
    app.server.stopped();
    app.server.restart();
    app.server.run(&["throttle", "lift", &lifted.email, "--address", "192.0.2.1"], "");
    app.server.run(&["user", "delete", &gone.email, "--yes"], "");
    let told = list(&app);
    assert_eq!((&told[0]["address"], &told[0]["times"]), (&json!("192.0.2.1"), &json!(6)), "{told:?}");
    let [_, user] = &told[..] else { panic!("one address and one user: {told:?}") };
    assert_eq!((&user["user"], &user["email"], &user["times"]), (&json!(held.id), &json!(held.email), &json!(2)));
    let there = &user["throttle"]["networks"];
    assert_eq!((there.as_array().map(Vec::len), &there[0]["network"]), (Some(1), &json!("192.0.2.1")), "{user}");
    assert_eq!(empty(&there[0]), [("account_network", Some("192.0.2.1"))]);
    let table = app.server.run(&["throttle", "list"], "");
    assert!(table.contains(&held.email) && table.contains("24 h") && table.contains("192.0.2.1"), "{table}");
    assert!(!table.contains(&lifted.email) && !table.contains(&free.email), "{table}");
    let request = Request::new(app.server.manage(), "GET", "/manage/v1/throttles");
    let by_api = request.header("Authorization", &format!("Bearer {token}")).send().ok();
    assert_eq!(by_api["users"], json!([user]));
}

on_both_stores!(the_throttle_of_a_network_is_lifted_for_all_accounts_and_of_none, |kind| {
    let app = small(kind, &[("throttle.network.burst", "1"), ("throttle.first_network.burst", "1")]);
    let (user, guessed) = (app.user(), app.user());
    let tries = (0..8).map(|_| from(&app, &guessed.email, "wrong", "2001:db8:1::1").status);
    assert_eq!(tries.collect::<Vec<_>>(), [401, 401, 401, 401, 401, 401, 429, 429]);
    // Of a /48 others use up what all accounts have.
    let other = |number: usize| format!("2001:db8:1:{number:02x}00::1");
    let attempts = (1..12).map(|number| from(&app, &format!("{number}@example.org"), "wrong", &other(number)).status);
    assert_eq!(attempts.collect::<Vec<_>>().last(), Some(&429));
    let here = "2001:db8:1:ff00::1";
    from(&app, &user.email, &user.password, here).refused(429, "E_TooManyAttempts");
    let wide = Some("2001:db8:1::/48");
    let view = told(&app, &["show", &user.email, "--address", here]);
    assert_eq!(view["networks"][0]["network"], "2001:db8:1:ff00::/64");
    assert_eq!(empty(&view["networks"][0]), [("network", wide), ("first_network", wide)]);
    let network = told(&app, &["show", "--address", here]);
    assert_eq!(empty(&network), [("network", wide), ("first_network", wide)]);
    assert!(network["wait"].as_u64() > Some(0), "{network}");
    let shown = app.server.run(&["throttle", "show", &user.email, "--address", here], "");
    assert!(shown.contains("lift --address 2001:db8:1:ff00::/64") && !shown.contains(&user.email), "{shown}");

    assert_eq!(told(&app, &["lift", &user.email, "--address", here]), json!({ "lifted": 0 }));
    from(&app, &user.email, &user.password, here).refused(429, "E_TooManyAttempts");
    assert_eq!(told(&app, &["lift", "--address", "2001:db8:1:ff00::/64"]), json!({ "lifted": 2 }));
    from(&app, &user.email, &user.password, here).ok();
    from(&app, &guessed.email, &guessed.password, "2001:db8:1::1").refused(429, "E_TooManyAttempts");
    for wrong in [&["throttle", "show"][..], &["throttle", "lift", "--address", "192.0.2.0/24"]] {
        assert_eq!(app.server.command(wrong, "").status.code(), Some(2), "{wrong:?}");
    }
});

on_both_stores!(attempts_that_succeed_cost_a_bucket_of_their_own, |kind| {
    let app = small(kind, &[("throttle.account_network.burst", "2"), ("throttle.successes.burst", "6")]);
    let (user, other) = (app.user(), app.user());
    // As somebody unknown, and as somebody known.
    for login in 0..12 {
        from(&app, &user.email, &user.password, &format!("192.0.2.{}", login % 4)).ok();
    }
    from(&app, &user.email, &user.password, "192.0.2.1").refused(429, "E_TooManyAttempts");
    from(&app, &user.email, &user.password, "192.0.2.9").refused(429, "E_TooManyAttempts");
    from(&app, &other.email, &other.password, "192.0.2.1").ok();
});

// Whoever has a /56 or a /48 has no bucket for each /64 of it.
on_both_stores!(changing_the_ipv6_network_does_not_help, |kind| {
    let app = small(kind, &[("throttle.account_network.burst", "2")]);
    let made_up = |attempt: usize, address: &str| {
        from(&app, &format!("{attempt}@{}.example.org", address.len()), "wrong", address).status
    };
    let hashed = |network: &dyn Fn(usize) -> String| {
        (0..100).filter(|attempt| made_up(*attempt, &network(*attempt)) == 401).count()
    };
    assert_eq!(hashed(&|attempt| format!("2001:db8:1:{attempt:02x}::1")), 2 * (5 + 5), "in one /56");
    assert_eq!(hashed(&|attempt| format!("2001:db8:2:{attempt:02x}00::1")), 4 * (5 + 5), "in one /48");
    let user = app.user();
    let guesses =
        (0..100).map(|attempt| from(&app, &user.email, "guess", &format!("2001:db8:3:{attempt:02x}::1")).status);
    assert_eq!(guesses.filter(|status| *status == 401).count(), 2 * 2, "at one account from one /56");
});

on_both_stores!(a_bucket_refills, |kind| {
    let settings = [PROXY, ("throttle.account_network.burst", "2"), ("throttle.account_network.refill", "4")];
    let app = App::start(kind, &settings);
    let user = app.user();
    // However slow the machine is, attempts are faster than the bucket refills.
    let empty = || (from(&app, &user.email, "wrong", "192.0.2.1").status == 429).then_some(());
    until("the bucket is empty", Duration::from_secs(60), empty);
    let again = || (from(&app, &user.email, &user.password, "192.0.2.1").status == 200).then_some(());
    until("the bucket refills", Duration::from_secs(20), again);
});

on_both_stores!(unknown_tokens_cost_a_bucket_of_their_own, |kind| {
    let app = App::start(kind, &[PROXY, ("throttle.tokens.burst", "3"), ("throttle.tokens.refill", "60")]);
    let user = app.user();
    let unknown = "0123456789abcdef0123456789abcdef";
    let swap = json!({"cross_token": unknown});
    let silent = json!({"remember_me": true, "remember_me_token": unknown, "client_id": "a"});
    let access = app.login(&user);
    for (path, body) in [("/v2/cross-authorize", &swap), ("/v2/authorize", &silent)] {
        for _ in 0..3 {
            app.post(path, body).refused(401, "E_InvalidCredentials");
        }
        throttled(&app.post(path, body));
    }
    app.login(&user);
    for _ in 0..10 {
        app.refuses(unknown);
    }
    app.accepts(&access);
});

on_both_stores!(no_proxy_is_believed_unless_it_is_named, |kind| {
    let app = App::start(kind, &[("throttle.account_network.burst", "2")]);
    let user = app.user();
    for (attempt, header) in ["X-Forwarded-For", "Forwarded", "X-Forwarded-For"].into_iter().enumerate() {
        let says = if header == "Forwarded" { "for=198.51.100.1".into() } else { format!("198.51.100.{attempt}") };
        let status = self::attempt(&app, &user.email, "wrong", header, &says).status;
        assert_eq!(status, if attempt < 2 { 401 } else { 429 });
    }
});

on_both_stores!(trusted_proxies_are_read_from_right_to_left, |kind| {
    let app = App::start(kind, &[PROXY, ("throttle.account_network.burst", "1")]);
    // Each names the same address, which its bucket is to be charged for: the first untrusted one from the right.
    for (header, says) in [
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-For", "203.0.113.50, 192.0.2.7"),
        ("X-Forwarded-For", "8.8.8.8, nonsense, 192.0.2.7, 10.1.2.3, 10.0.0.1"),
        ("Forwarded", "for=192.0.2.7"),
        ("Forwarded", "for=8.8.8.8, For=\"192.0.2.7:4711\";proto=https;by=10.0.0.9, for=10.0.0.1"),
    ] {
        let user = app.user();
        from(&app, &user.email, "wrong", "192.0.2.7").refused(401, "E_InvalidCredentials");
        assert_eq!(attempt(&app, &user.email, "wrong", header, says).status, 429, "{header}: {says}");
        assert_eq!(attempt(&app, &user.email, "wrong", header, "for=192.0.2.8, 192.0.2.8").status, 401, "another");
    }
});

on_both_stores!(one_ipv6_network_is_a_64, |kind| {
    let app = App::start(kind, &[PROXY, ("throttle.account_network.burst", "1")]);
    let user: User = app.user();
    from(&app, &user.email, "wrong", "2001:db8:1:2::1").refused(401, "E_InvalidCredentials");
    throttled(&attempt(&app, &user.email, "wrong", "Forwarded", "for=\"[2001:db8:1:2:ffff::9]:443\""));
    from(&app, &user.email, "wrong", "2001:db8:1:3::1").refused(401, "E_InvalidCredentials");
    assert_eq!(app.try_login(&user, &Value::Null).status, 200, "from the proxy itself");
});
