//! Links by mail, over a real mail server: asked for by operators and by people who have forgotten their passwords.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::place::Place;
use crate::steps::csrf;
use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::{Reply, Request};
use crate::support::mail_server::{Mail, MailServer, PASSWORD};
use crate::support::visitor::{Visitor, parameter};
use crate::support::wait::until;

const NEW: &str = "a new password of mine";
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that sends by this one.
pub fn app_by(kind: Kind, mail: &MailServer, more: &[(&str, &str)]) -> App {
    let settings = mail.settings();
    let settings = settings.iter().map(|(key, value)| (*key, value.as_str()));
    App::start(kind, &settings.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// Sets the password by the link of a mail, logs in with it, and is told that it was set.
#[track_caller]
fn set_by(app: &App, server: &MailServer, user: &User, mail: &Mail) {
    assert_eq!(mail.to, user.email);
    let link = Url::parse(mail.link()).expect("a URL");
    assert_eq!(link.host_str(), Some("login.example.org"));
    let mut visitor = Visitor::default();
    let opened = visitor.get(&app.url(&format!("/account/link?{}", link.query().unwrap_or_default())));
    assert_eq!(opened.header("referrer-policy"), Some("no-referrer"));
    let page = app.url("/account/link");
    let csrf = csrf(&mut visitor, &page);
    let reply = visitor.post(&page, &[("csrf", &csrf), ("new", NEW), ("repeat", NEW)]);
    assert_eq!(reply.status, 303, "{}", reply.text());
    app.try_login(user, &json!({})).refused(401, "E_InvalidCredentials");
    app.accepts(&app.login(&User { id: user.id, email: user.email.clone(), password: NEW.to_owned() }));
    let told = server.mail();
    assert!(told.to == user.email && told.text.contains("was changed or set"), "{}", told.text);
    let (log, secret) = (app.server.log(), parameter(&link, "link"));
    for hidden in [secret.as_str(), &secret[32..], NEW, &user.email, PASSWORD] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
}

/// Says on the page that this person has forgotten their password.
fn ask(app: &App, email: &str) -> Reply {
    let (page, mut visitor) = (app.url("/account/forgot"), Visitor::default());
    let csrf = csrf(&mut visitor, &page);
    visitor.post(&page, &[("csrf", &csrf), ("email", email)])
}

/// Has an old client say so.
fn ask_v2(app: &App, email: &str) -> Reply {
    app.post("/v2/auth-forgot", &json!({"user_id": email}))
}

/// Waits until so many mails have come to this.
#[track_caller]
pub fn counted(app: &App, outcome: &str, times: usize) {
    let line = format!("bimgate_mails_total{{outcome=\"{outcome}\"}} {times}\n");
    until("it is counted", PATIENCE, || app.request("GET", "/metrics").send().text().contains(&line).then_some(()));
}

on_both_stores!(an_operators_link_is_mailed_and_sets_the_password, |kind| {
    for (encryption, command) in [("tls", "invite"), ("starttls", "reset-link"), ("none", "invite")] {
        let server = MailServer::start(encryption, "takes");
        let app = app_by(kind, &server, &[]);
        let user = app.user();
        let output = app.server.command(&["user", command, &user.email], "");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.contains(&format!("It is mailed to {}.", user.email)), "{told}");
        let mail = server.mail();
        assert_eq!(mail.link(), String::from_utf8_lossy(&output.stdout).trim_end());
        assert_eq!(mail.secure, encryption != "none");
        let hello = ["Hello,", "Guten Tag,", "Bonjour,"];
        assert!(hello.iter().all(|hello| mail.text.contains(hello)), "{}", mail.text);
        let lifetime = if command == "invite" {
            ["a week", "einer Woche", "d’une semaine"]
        } else {
            ["30 minutes", "30 Minuten", "les 30 minutes"]
        };
        assert!(lifetime.iter().all(|words| mail.text.contains(words)), "{}", mail.text);
        assert!(mail.whole.contains("Auto-Submitted: auto-generated\r\n"), "{}", mail.whole);
        set_by(&app, &server, &user, &mail);
    }
});

on_both_stores!(a_link_that_another_server_is_asked_for_is_mailed_by_that_server, |kind| {
    let server = MailServer::start("tls", "takes");
    let app = app_by(kind, &server, &[("manage.listen", "127.0.0.1:0")]);
    let token = app.server.run(&["token", "add", "desk", "--scope", "users"], "").trim().to_owned();
    let asks = |user: &User, body: Value| {
        let request = Request::new(app.server.manage(), "POST", &format!("/manage/v1/users/{}/links", user.id));
        request.header("Authorization", &format!("Bearer {token}")).body(body.to_string()).send()
    };
    // Who does not ask for a mail gets none.
    for body in [json!({"purpose": "reset"}), json!({"purpose": "reset", "mail": false})] {
        let made = asks(&app.user(), body);
        assert_eq!((made.status, &made.json()["mailed"]), (201, &json!(false)), "{}", made.text());
    }
    for (command, more, subject) in [("invite", None, "a week"), ("reset-link", Some("--json"), "30 minutes")] {
        let user = app.user();
        let arguments = [&["user", command, &user.email][..], more.as_slice()].concat();
        let output = app.server.command_elsewhere(&token, &arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.contains(&format!("It is mailed to {}.", user.email)), "{told}");
        let printed = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let link = match more {
            None => printed,
            Some(_) => serde_json::from_str::<Value>(&printed).expect("JSON")["link"].as_str().expect("one").to_owned(),
        };
        let mail = server.mail();
        assert_eq!(mail.link(), link);
        assert!(mail.text.contains(subject), "{}", mail.text);
        set_by(&app, &server, &user, &mail);
    }
});

#[test]
fn a_link_that_another_server_cannot_mail_counts_and_says_so() {
    let server = MailServer::start("tls", "refuses");
    let app = app_by(Kind::Embedded, &server, &[("manage.listen", "127.0.0.1:0")]);
    let token = app.server.run(&["token", "add", "desk", "--scope", "users"], "").trim().to_owned();
    let user = app.user();
    let output = app.server.command_elsewhere(&token, &["user", "reset-link", &user.email]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let says = format!("refused it, with the code 550; the link counts, but was not mailed to {}", user.email);
    assert!(output.status.code() == Some(1) && told.contains(&says), "{told}");
    let link = Url::parse(String::from_utf8_lossy(&output.stdout).trim_end()).expect("a URL");
    let opened = Visitor::default().get(&app.url(&format!("/account/link?{}", link.query().unwrap_or_default())));
    assert_eq!(opened.status, 303, "{}", opened.text());
    let log = app.server.log();
    assert!(log.contains("a one-time link could not be mailed"), "{log}");
    assert!(!log.contains(&user.email) && !log.contains(&parameter(&link, "link")), "{log}");
    counted(&app, "failed", 1);
}

on_both_stores!(who_has_forgotten_the_password_is_mailed_a_link, |kind| {
    let server = MailServer::start("tls", "takes");
    let app = app_by(kind, &server, &[]);
    let user = app.user();
    let asked = ask(&app, &format!(" {} ", user.email.to_uppercase()));
    assert_eq!((asked.status, asked.header("location")), (303, Some("/account/forgot?done=asked")), "{}", asked.text());
    set_by(&app, &server, &user, &server.mail());
    let other = app.user();
    let asked = ask_v2(&app, &other.email);
    assert_eq!((asked.status, asked.text().as_str()), (200, ""));
    set_by(&app, &server, &other, &server.mail());
    counted(&app, "sent", 4);
});

on_both_stores!(the_login_page_leads_there_only_where_there_is_mail, |kind| {
    let server = MailServer::start("none", "takes");
    let way = "account/forgot\">Forgot your password?";
    for (app, there) in [(app_by(kind, &server, &[]), true), (App::start(kind, &[]), false)] {
        let mut visitor = Visitor::default();
        let start = app.url("/account");
        let to = visitor.get(&start).header("location").map(|to| start.join(to).expect("a URL")).expect("a login");
        let page = app.url(&to[url::Position::BeforePath..]);
        assert_eq!(visitor.get(&page).text().contains(way), there);
        let page = app.url("/account/forgot");
        assert_eq!(visitor.get(&page).status, if there { 200 } else { 404 });
        // So does the page about a link that does not count, however it was opened.
        let link = app.url("/account/link");
        visitor.headers.push(("Accept".to_owned(), "text/html".to_owned()));
        visitor.get(&app.url(&format!("/account/link?link={}", "0".repeat(64))));
        for dead in [visitor.get(&link), visitor.post(&link, &[("csrf", ""), ("new", NEW), ("repeat", NEW)])] {
            let text = dead.text();
            assert!(dead.status == 400 && text.contains("This link can no longer be used"), "{text}");
            assert_eq!(text.contains("href=\"/account/forgot\">Set a new password"), there, "{text}");
        }
        assert_eq!(ask_v2(&app, "a@example.org").status, if there { 200 } else { 404 });
        let metrics = app.request("GET", "/metrics").send().text();
        assert_eq!(metrics.contains("bimgate_mails_total"), there);
    }
});

on_both_stores!(a_form_of_somebody_else_asks_for_nothing, |kind| {
    let server = MailServer::start("none", "takes");
    let app = app_by(kind, &server, &[]);
    let [user, last] = [app.user(), app.user()];
    let page = app.url("/account/forgot");
    let foreign = csrf(&mut Visitor::default(), &page);
    let mut visitor = Visitor::default();
    visitor.get(&page);
    for forged in ["", "x", &foreign] {
        visitor.post(&page, &[("csrf", forged), ("email", &user.email)]).refused(403, "E_Forbidden");
    }
    let own = csrf(&mut visitor, &page);
    for nobody in ["", "nobody", &"x".repeat(400)] {
        let reply = visitor.post(&page, &[("csrf", &own), ("email", nobody)]);
        assert!(reply.status == 400 && reply.text().contains("role=\"alert\""), "{}", reply.text());
    }
    assert_eq!(visitor.post(&page, &[("csrf", &own), ("email", &last.email)]).status, 303);
    assert_eq!(server.mail().to, last.email, "the first mail");
});

on_both_stores!(nobody_learns_who_has_an_account, |kind| {
    let server = MailServer::start("tls", "takes");
    let app = app_by(kind, &server, &[]);
    let [known, disabled, last] = [app.user(), app.user(), app.user()];
    app.server.run(&["user", "disable", &disabled.email], "");
    let told = |reply: &Reply, email: &str| {
        let id = reply.header("x-request-id").expect("an id").to_owned();
        let text = reply.text().replace(&id, "").replace(email, "");
        (reply.status, reply.header("location").map(str::to_owned), text)
    };
    let asked = ["nobody@example.org", &known.email, &disabled.email].map(|email| {
        let page: Vec<_> = (0..2).map(|_| told(&ask(&app, email), email)).collect();
        (page, told(&ask_v2(&app, email), email), ask(&app, email).status, ask_v2(&app, email).status)
    });
    // Three mails, then none for ten minutes, whoever it is.
    assert_eq!((asked[0].0[0].0, asked[0].1.0, asked[0].2, asked[0].3), (303, 200, 429, 429), "{asked:#?}");
    assert!(asked.iter().all(|one| *one == asked[0]), "{asked:#?}");
    assert_eq!(ask_v2(&app, &last.email).status, 200);
    let to: Vec<_> = (0..4).map(|_| server.mail().to).collect();
    assert_eq!(to.iter().filter(|to| **to == known.email).count(), 3, "{to:?}");
    assert!(to.contains(&last.email), "{to:?}");
    counted(&app, "sent", 4);
});

on_both_stores!(a_network_asks_only_so_often, |kind| {
    let server = MailServer::start("tls", "takes");
    let app = app_by(kind, &server, &[("throttle.network.burst", "2"), ("throttle.network.refill", "3600")]);
    let statuses: Vec<_> = (0..3).map(|number| ask_v2(&app, &format!("{number}@example.org")).status).collect();
    assert_eq!(statuses, [200, 200, 429]);
});

on_both_stores!(a_person_whose_password_is_elsewhere_is_told_so, |kind| {
    let server = MailServer::start("tls", "takes");
    let settings = server.settings();
    let of_mail = settings.iter().filter(|(key, _)| key.starts_with("mail."));
    let of_mail: Vec<_> = of_mail.map(|(key, value)| (*key, value.as_str())).collect();
    for (beside, says, link) in [("false", "You have no password there", false), ("true", "set one", true)] {
        let place = Place::start(kind, &[&of_mail[..], &[("passwords.beside_provider", beside)]].concat());
        let name = uuid::Uuid::new_v4().simple().to_string();
        let [linked, other] = ["linked", "other"].map(|who| format!("{who}-{name}@example.org"));
        for email in [&linked, &other] {
            place.app.server.run(&["user", "add", "--email", email, "--no-password"], "");
        }
        place.says(&name, &json!({"email": linked, "email_verified": true}));
        place.log_in(&mut Visitor::default(), "", &name);
        let with_password = place.app.user();
        for (email, says, link) in
            [(&linked, says, link), (&other, says, link), (&with_password.email, "set one", true)]
        {
            let asked = ask_v2(&place.app, email);
            assert_eq!((asked.status, asked.text().as_str()), (200, ""));
            let mail = server.mail();
            assert_eq!(mail.to, *email);
            assert!(mail.text.contains(says), "{}", mail.text);
            assert_eq!(mail.text.contains("/account/link"), link, "{}", mail.text);
        }
    }
});

on_both_stores!(a_mail_server_that_fails_fails_nobody_else, |kind| {
    for (encryption, manner, timeout, says) in [
        ("tls", "refuses", "60", "refused it, with the code 550"),
        ("tls", "silent", "1", "in time"),
        ("starttls", "slow", "1", "in time"),
        ("starttls", "stripped", "60", "cannot be spoken to: it offers no STARTTLS"),
        ("none", "garbage", "60", "cannot be spoken to: what it says is no SMTP"),
        ("none", "endless", "60", "cannot be spoken to: it says more than"),
        ("tls", "gone", "60", "cannot be spoken to"),
    ] {
        let mut server = MailServer::start(encryption, manner);
        let app = app_by(kind, &server, &[("mail.timeout", timeout)]);
        if manner == "gone" {
            server.kill();
        }
        fails_for_the_operator_alone(&app, manner, says);
    }
});

on_both_stores!(who_is_not_the_mail_server_gets_no_mail_and_no_password, |kind| {
    for (encryption, setting, value, says) in [
        ("tls", "mail.ca_file", "", "cannot be spoken to: invalid peer certificate: UnknownIssuer"),
        ("starttls", "mail.ca_file", "", "cannot be spoken to: invalid peer certificate: UnknownIssuer"),
        (
            "tls",
            "mail.host",
            "127.0.0.2",
            "cannot be spoken to: invalid peer certificate: certificate not valid for name",
        ),
        (
            "starttls",
            "mail.host",
            "127.0.0.2",
            "cannot be spoken to: invalid peer certificate: certificate not valid for",
        ),
        ("tls", "mail.password", "a wrong one", "refused mail.username and mail.password, with the code 535"),
        ("starttls", "mail.password", "a wrong one", "refused mail.username and mail.password, with the code 535"),
    ] {
        let server = MailServer::start(encryption, if setting == "mail.host" { "elsewhere" } else { "takes" });
        let app = app_by(kind, &server, &[(setting, value)]);
        fails_for_the_operator_alone(&app, encryption, says);
        assert!(!app.server.log().contains("a wrong one"));
    }
});

/// Mail fails, and says so to the operator: in the log, and to whom has a link made. Who asks is answered as always.
#[track_caller]
fn fails_for_the_operator_alone(app: &App, manner: &str, says: &str) {
    let user = app.user();
    let asked = ask(app, &user.email);
    assert_eq!((asked.status, asked.header("location")), (303, Some("/account/forgot?done=asked")), "{manner}");
    app.accepts(&app.login(&user));
    let failed = "a person who has forgotten their password could not be mailed";
    until("it is logged", PATIENCE, || app.server.log().contains(failed).then_some(()));
    let log = app.server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(failed)).collect();
    assert!(lines.len() == 1 && lines[0].contains(says) && !log.contains(&user.email), "{manner}: {log}");
    counted(app, "failed", 1);
    // The operator has the link all the same.
    let output = app.server.command(&["user", "reset-link", &user.email], "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && told.contains(says) && told.contains("was not mailed"), "{told}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("/account/link?link="));
}

on_both_stores!(no_more_wait_for_mail_than_there_is_room_for, |kind| {
    let server = MailServer::start("none", "slow");
    let app = app_by(kind, &server, &[&ROOMY[..], &[("mail.timeout", "300")]].concat());
    let rows: Vec<_> = (0..262).map(|number| format!("{number}@example.org")).collect();
    app.server.run(&["user", "import", "-", "--format", "csv"], &format!("email\n{}\n", rows.join("\n")));
    // Four are sent, 256 wait.
    for number in 0..262 {
        let asked = ask_v2(&app, &format!("{number}@example.org"));
        assert_eq!((asked.status, asked.text().as_str()), (200, ""), "{number}");
    }
    until("it is logged", PATIENCE, || app.server.log().contains("too much mail waits").then_some(()));
    let metrics = app.request("GET", "/metrics").send().text();
    assert!(!metrics.contains("bimgate_mails_total{outcome=\"dropped\"} 0"), "{metrics}");
    app.accepts(&app.login(&app.user()));
});
