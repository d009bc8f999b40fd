//! What happened, in the console: listed, and told as it happens.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::console::{Desk, Inside};
use crate::support::app::{Kind, ROOMY, User};
use crate::support::client::Request;
use crate::support::connection::Connection;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(20);
/// How a stream ends: its last chunk.
const END: &str = "\r\n0\r\n\r\n";

/// Where the events come from that a page is told, as a path of the server.
fn live(page: &str) -> String {
    let from = page.split("data-from=\"../").nth(1).and_then(|rest| rest.split('"').next()).expect("it is live");
    format!("/{}", from.replace("&#38;", "&"))
}

/// Asks for a path with the cookie of this browser.
fn ask(desk: &Desk, inside: &Inside<'_>, path: &str) -> Request {
    let cookie = inside.visitor.cookie("console").expect("somebody who has entered");
    Request::new(desk.address, "GET", path).header("Cookie", &format!("console={cookie}"))
}

/// Follows the events of a page.
fn follows(desk: &Desk, inside: &Inside<'_>, path: &str) -> Connection {
    let mut stream = Connection::open(desk.address).expect("it listens");
    stream.send(&ask(desk, inside, path).bytes("keep-alive")).expect("sent");
    let head = stream.hears("retry: 2000").expect("it begins");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/event-stream\r\n"), "{head}");
    assert!(head.contains("cache-control: no-store\r\n") && head.contains("x-accel-buffering: no\r\n"), "{head}");
    stream
}

/// The places of the events that a page lists.
fn places(page: &str) -> Vec<String> {
    page.split("<tr data-id=\"").skip(1).filter_map(|row| Some(row.split('"').next()?.to_owned())).collect()
}

fn refused(desk: &Desk, user: &User) {
    desk.app.try_login(user, &json!({"password": "wrong-password"})).refused(401, "E_InvalidCredentials");
}

on_both_stores!(what_happened_is_listed_with_the_reason_in_words, |kind| {
    let desk = Desk::open(kind, &[]);
    let (user, other) = (desk.app.user(), desk.app.user());
    refused(&desk, &user);
    let mut inside = desk.operator("read");
    let page = until("it is written", PATIENCE, || {
        let page = inside.reads("/events");
        page.contains("wrong_password").then_some(page)
    });
    for shown in [
        "Because the password was wrong. (wrong_password)",
        &format!("<a href=\"../console/users/{}\"><bdi>{}</bdi></a>", user.id, user.email),
        "<bdi>127.0.0.1</bdi>",
        "Request <span class=\"exact\">",
        "<strong>operator</strong>",
        "<strong>server started</strong>",
        "<script src=\"../directory/api/static/events.js\" defer></script>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let found = |inside: &mut Inside<'_>, query: &str| {
        let page = inside.reads(&format!("/events?{query}"));
        [&user.email, &other.email].map(|email| page.contains(&format!("<bdi>{email}</bdi>")))
    };
    for (query, expected) in [
        ("", [true, true]),
        (&*format!("user={}", user.email), [true, false]),
        (&format!("user={}", other.id), [false, true]),
        ("show=refusals", [true, false]),
        ("show=logins&since=1h", [true, false]),
        ("show=accounts&since=24h", [true, true]),
        ("show=sessions&since=7d", [false, false]),
        (&format!("show=refusals&user={}", other.email), [false, false]),
        ("show=operation&since=never", [true, true]),
    ] {
        assert_eq!(found(&mut inside, query), expected, "{query}");
    }
    assert!(inside.reads("/events?show=sessions").contains("No such event is kept."));
    // Somebody who is deleted is found by id.
    desk.app.server.run(&["user", "delete", &other.email, "--yes"], "");
    let of_deleted = until("it is written", PATIENCE, || {
        let page = inside.reads(&format!("/events?user={}", other.id));
        page.contains("deleted").then_some(page)
    });
    assert!(of_deleted.contains(&format!("../console/events?user={}", other.id)), "{of_deleted}");
    for (query, status) in [("user=nobody@example.org", 404), ("user=nobody", 404), ("after=nowhere", 400)] {
        let wrong = inside.get(&format!("/events?{query}"));
        assert_eq!(wrong.status, status, "{query}");
        assert!(wrong.text().contains("<title>Error: Events"), "{query}: {}", wrong.text());
    }
});

on_both_stores!(what_happens_is_told_as_it_happens_until_its_browser_leaves, |kind| {
    let desk = Desk::open(kind, &[]);
    let (user, other) = (desk.app.user(), desk.app.user());
    let mut inside = desk.operator("users");
    let path = live(&inside.reads("/events"));
    let mut all = follows(&desk, &inside, &path);
    let one = live(&inside.reads(&format!("/events?user={}&show=refusals", user.email)));
    let mut one = follows(&desk, &inside, &one);
    // Of the same person, but of another kind.
    desk.app.server.run(&["user", "rights", &user.email, "--grant", "access:frontend"], "");
    until("it is written", PATIENCE, || {
        let page = inside.reads(&format!("/events?user={}&show=accounts", user.email));
        page.contains("rights changed").then_some(())
    });
    // By a command, by a person, and in Redis at another server.
    desk.app.server.run(&["user", "set-name", &other.email, "A B"], "");
    refused(&desk, &other);
    let beside = matches!(kind, Kind::Redis).then(|| desk.app.beside(&[]));
    let server = beside.as_ref().unwrap_or(&desk.app);
    server.try_login(&user, &json!({"password": "wrong-password"})).refused(401, "E_InvalidCredentials");
    let told = one.hears("(wrong_password)").expect("it is told");
    let of_user = format!("<td data-name=\"Who\"><a href=\"../console/users/{}\">", user.id);
    assert!(told.contains(&of_user) && !told.contains(&other.email), "{told}");
    assert!(!told.contains("account changed") && !told.contains("change rights"), "{told}");
    let told = all.hears("set name").expect("it is told");
    assert!(told.contains("<strong>account changed</strong>") && told.contains(&other.email), "{told}");
    // Whoever comes again goes on behind what it has.
    let last = told.split("\nid: ").nth(1).and_then(|rest| rest.split(['\r', '\n']).next()).expect("a place");
    let mut again = Connection::open(desk.address).expect("it listens");
    let late = path.replace("from=", "from=99");
    again.send(&ask(&desk, &inside, &late).header("Last-Event-ID", last).bytes("keep-alive")).expect("sent");
    again.hears(&format!("id: {last}")).expect("it is told once more, rather than not at all");
    let asked = ask(&desk, &inside, &path);
    assert_eq!(inside.sends("/leave", &[]).status, 303);
    for stream in [&mut all, &mut one, &mut again] {
        stream.hears(END).expect("it ends");
    }
    let reply = asked.send();
    assert_eq!((reply.status, reply.header("location")), (303, Some("../../console/enter?why=ended")));
});

#[test]
fn so_many_follow_as_may_and_all_end_with_their_token_or_the_server() {
    let mut desk = Desk::open(Kind::Embedded, &[("server.shutdown_timeout", "1")]);
    let tokens = ["one", "two", "three"].map(|name| desk.token(name, "read"));
    let [mut one, two, three] = tokens.each_ref().map(|token| desk.inside(token));
    let path = live(&one.reads("/events"));
    let refuses = |inside: &Inside<'_>| {
        let reply = ask(&desk, inside, &path).header("Accept", "text/html").send();
        assert_eq!(reply.status, 429, "{}", reply.text());
        assert!(reply.text().contains("As many pages as may follow the events"), "{}", reply.text());
    };
    let follow = |inside: &Inside<'_>| follows(&desk, inside, &path);
    let mut of_one: Vec<_> = (0..3).map(|_| follow(&one)).collect();
    refuses(&one);
    let _of_two: Vec<_> = (0..3).map(|_| follow(&two)).collect();
    let mut of_three: Vec<_> = (0..2).map(|_| follow(&three)).collect();
    refuses(&three);
    // A page that is closed makes room.
    drop(of_one.pop());
    until("its place is free", PATIENCE, || {
        let mut stream = Connection::open(desk.address).expect("it listens");
        stream.send(&ask(&desk, &three, &path).bytes("keep-alive")).expect("sent");
        let free = stream.hears("\r\n\r\n").expect("an answer").starts_with("HTTP/1.1 200 ");
        free.then(|| of_three.push(stream))
    });
    desk.app.server.run(&["token", "remove", "one"], "");
    for stream in &mut of_one {
        stream.hears(END).expect("it ends with the token");
    }
    desk.app.server.ask_to_stop();
    for stream in &mut of_three {
        stream.hears(END).expect("it ends with the server");
    }
    assert_eq!(desk.app.server.stopped().code(), Some(0), "{}", desk.app.server.log());
    assert!(!desk.app.server.log().contains("not everything was answered"), "{}", desk.app.server.log());
}

#[test]
fn events_have_pages_of_which_the_first_is_live() {
    let desk = Desk::open(Kind::Embedded, &ROOMY);
    let user = desk.app.user();
    let mut inside = desk.operator("users");
    let csrf = inside.csrf();
    let url = desk.url(&format!("/users/{}", user.id));
    for _ in 0..55 {
        assert_eq!(inside.visitor.post(&url, &[("csrf", &csrf), ("act", "enable")]).status, 303);
    }
    let shown = |inside: &mut Inside<'_>| {
        let first = inside.reads("/events?show=operation");
        let next = first.split("<a href=\"../console").filter(|link| link.contains(">Next page</a>")).last()?;
        let next = next.split('"').next()?.replace("&#38;", "&");
        let second = inside.reads(&next);
        let (first_places, second_places) = (places(&first), places(&second));
        (first_places.len() + second_places.len() >= 57).then_some((first, second, first_places, second_places))
    };
    let (first, second, newest, older) = until("they are written", PATIENCE, || shown(&mut inside));
    assert_eq!(newest.len(), 50);
    let all: Vec<_> = newest.iter().chain(&older).collect();
    assert!(all.is_sorted_by(|one, other| one > other), "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert!(first.contains("data-from=") && first.contains("<script "));
    assert!(!second.contains("data-from=") && !second.contains("<script "), "{second}");
    let policy =
        |page: &crate::support::client::Reply| page.header("content-security-policy").unwrap_or_default().to_owned();
    let script = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; ";
    assert!(policy(&inside.get("/events")).starts_with(script), "{}", policy(&inside.get("/events")));
    // The same is known to programs.
    let token = desk.token("program", "read");
    let listed = |kind: &str| {
        let path = format!("/manage/v1/events?newest_first=true&limit=50&kind={kind}");
        Request::new(desk.address, "GET", &path).header("Authorization", &format!("Bearer {token}")).send()
    };
    let operation: Value = serde_json::from_str(&listed("operation").text()).expect("JSON");
    let items = operation["items"].as_array().expect("a list");
    assert!(items.len() == 50 && items.iter().all(|event| event["event"] == "operator"), "{operation}");
    assert!(operation["next"].is_string());
    listed("gossip").refused(400, "E_BadRequest");
}

on_both_stores!(the_overview_tells_what_logins_came_to_in_a_week, |kind| {
    let desk = Desk::open(kind, &[]);
    let user = desk.app.user();
    for _ in 0..2 {
        refused(&desk, &user);
    }
    let access = desk.app.login(&user);
    desk.open_session(&user);
    for _ in 0..5 {
        desk.app.accepts(&access);
    }
    let mut inside = desk.operator("read");
    let overview = inside.reads("");
    for told in
        ["<dt>Sessions</dt>", " of web applications<", "<dt>Checks a second</dt>", "Logins in the last seven days"]
    {
        assert!(overview.contains(told), "{told}: {overview}");
    }
    assert!(!overview.contains("<dt>Checks a second</dt><dd><bdi>0.0<"), "{overview}");
    let password = "password</th><td data-name=\"Succeeded\">1</td><td data-name=\"Refused\">2</td>";
    let page = "page</th><td data-name=\"Succeeded\">1</td><td data-name=\"Refused\">0</td>";
    let overview = until("they are counted", PATIENCE, || {
        let overview = inside.reads("");
        (overview.contains(password) && overview.contains(page)).then_some(overview)
    });
    let why = "<bdi>Because the password was wrong. (wrong_password)</bdi></th><td data-name=\"How often\">2</td>";
    let day = "<td data-name=\"Succeeded\">2</td><td data-name=\"Did not\">2</td></tr>\n      </tbody>";
    for told in [why, day, "2 succeeded, 2 did not."] {
        assert!(overview.contains(told), "{told}: {overview}");
    }
    assert!(!overview.contains("Counted until"), "{overview}");
});
