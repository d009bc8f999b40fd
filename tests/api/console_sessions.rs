//! Everybody's sessions, in the console: found, and closed one by one.

use serde_json::json;

use crate::console::{Desk, Inside};
use crate::support::app::{Kind, ROOMY, token};

/// Where it is asked whether to close a session that a page lists, as a path of the console.
fn asks(page: &str) -> Vec<String> {
    let links = page.split("href=\"../console").filter_map(|link| link.split('"').next());
    let links = links.filter(|link| link.contains("session="));
    links.map(|link| link.replace("&#38;", "&")).collect()
}

/// A parameter of a path.
fn parameter(path: &str, name: &str) -> String {
    let value = path.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    value.expect("a parameter").to_owned()
}

on_both_stores!(a_session_is_found_among_all_and_closed_once_that_is_meant, |kind| {
    let desk = Desk::open(kind, &[]);
    let (one, other) = (desk.app.user(), desk.app.user());
    let login = desk.app.login_with(&one, &json!({"client_id": "phone-7", "application_id": "Plan viewer"}));
    let access = token(&login, "access_token");
    desk.open_session(&other);
    let mut inside = desk.operator("sessions");
    let found = |inside: &mut Inside<'_>, query: &str| {
        let page = inside.reads(&format!("/sessions?{query}"));
        [&one.email, &other.email].map(|email| page.contains(&format!("<bdi>{email}</bdi>")))
    };
    for (query, expected) in [
        ("", [true, true]),
        ("show=v2", [true, false]),
        ("show=directory", [false, true]),
        ("client=PHONE", [true, false]),
        ("client=plan+view", [true, false]),
        ("client=gone", [false, false]),
        (&*format!("user={}", one.email), [true, false]),
        (&format!("user={}", other.id), [false, true]),
        (&format!("user={}&show=v2", other.id), [false, false]),
    ] {
        assert_eq!(found(&mut inside, query), expected, "{query}");
    }
    assert!(inside.reads("/sessions?client=gone").contains("No such session is open."));
    for nobody in ["nobody@example.org", "nobody"] {
        let wrong = inside.get(&format!("/sessions?user={nobody}"));
        assert_eq!(wrong.status, 404, "{nobody}");
        assert!(wrong.text().contains("<title>Error: Sessions"), "{}", wrong.text());
    }

    let page = inside.reads("/sessions?client=phone");
    assert!(page.contains(&format!("<a href=\"../console/users/{}\">", one.id)), "{page}");
    let links = asks(&page);
    assert_eq!(links.len(), 1, "{page}");
    let asked = inside.reads(&links[0]);
    assert!(asked.contains("Close this session?") && asked.contains(&one.email), "{asked}");
    desk.app.accepts(&access);
    let (who, session) = (parameter(&links[0], "who"), parameter(&links[0], "session"));
    let fields = [("who", who.as_str()), ("session", session.as_str()), ("client", "phone")];
    let mut reader = desk.operator("read");
    assert_eq!(asks(&reader.reads("/sessions")), [""; 0]);
    assert_eq!((reader.get(&links[0]).status, reader.sends("/sessions", &fields).status), (403, 403));
    desk.app.accepts(&access);
    let closed = inside.sends("/sessions", &fields);
    let to = "../console/sessions?client=phone&done=closed";
    assert_eq!((closed.status, closed.header("location")), (303, Some(to)), "{}", closed.text());
    desk.app.refuses(&access);
    let page = inside.reads("/sessions?client=phone&done=closed");
    assert!(page.contains("The session is closed.") && asks(&page).is_empty(), "{page}");
    let again = inside.sends("/sessions", &fields);
    assert_eq!(again.status, 404);
    assert!(again.text().contains("This session is closed already."), "{}", again.text());
    assert_eq!(inside.get(&links[0]).status, 404);
    for who in ["x", "b37b60d4-0f1b-4158-99c4-847254786517"] {
        assert_eq!(inside.sends("/sessions", &[("who", who), ("session", &session)]).status, 404, "{who}");
    }
});

#[test]
fn of_many_sessions_of_one_the_last_are_listed_and_lists_have_pages() {
    let desk = Desk::open(Kind::Embedded, &ROOMY);
    let user = desk.app.user();
    for number in 0..12 {
        desk.app.login_with(&user, &json!({"client_id": format!("client-{number}")}));
    }
    let mut inside = desk.operator("sessions");
    let page = inside.reads("/sessions");
    assert_eq!(asks(&page).len(), 10, "{page}");
    let more =
        format!("<a href=\"../console/users/{}#sessions\">2 more sessions of <bdi>{}</bdi></a>", user.id, user.email);
    assert!(page.contains(&more), "{page}");
    assert_eq!(asks(&inside.reads(&format!("/sessions?user={}", user.email))).len(), 12);

    let people = (0..1_030).map(|n| json!({"email": format!("p{n}@example.org"), "name": "P"}).to_string());
    let lines: Vec<_> = people.collect();
    desk.app.server.run(&["user", "import", "-", "--format", "jsonl"], &lines.join("\n"));
    let (mut path, mut seen, mut pages) = ("/sessions?client=client-1".to_owned(), 0, 0);
    loop {
        let page = inside.reads(&path);
        (seen, pages) = (seen + asks(&page).len(), pages + 1);
        let none = asks(&page).is_empty();
        let next = page.split("<a href=\"../console").filter(|link| link.contains(">Next page</a>")).last();
        assert_eq!(page.contains("None was found at these accounts."), none && next.is_some(), "{page}");
        let Some(next) = next.and_then(|link| link.split('"').next()) else { break };
        assert!(next.contains("client=client-1"), "{next}");
        path = next.replace("&#38;", "&");
    }
    assert_eq!((seen, pages), (3, 2));
}
