//! Every page of the console, for the tests of all pages.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chart::Chart;
use super::enter::{EnterPage, Refused};
use super::event_row::EventRow;
use super::events::{EventsPage, Since};
use super::keys::KeysPage;
use super::licenses::LicensesPage;
use super::overview::{OverviewPage, Tile};
use super::person::ArrivedPage;
use super::redirects::RedirectsPage;
use super::said::{Done, Problem, Said, Why};
use super::session_list::{Person, SessionsPage, Wanted};
use super::settings::{Row, SettingsPage};
use super::shell::{self, AskPage, Further, May, Place, Shell};
use super::texts::ConsoleTexts;
use super::user_page::UserPage;
use super::users::{UsersPage, Which};
use super::week::WeekView;
use crate::admin::{
    AccountView, AppPasswordView, BorrowView, EmptyView, EventKind, EventView, KeyState, KeyView, ProfileView,
    SessionKind, SessionView, StandingView, SubjectView, TeamView, ThrottleView,
};
use crate::domain::event::LoginWay;
use crate::domain::{AppPasswordId, SessionId, Timestamp, UserId};
use crate::events::{Day, ToldWeek};
use crate::http::LoginOutcome;
use crate::http::error::ApiError;
use crate::http::pages::Frame;

const THEN: &str = "2026-03-01T12:00:00Z";

/// Every page, with `text` wherever a page shows what it was given.
pub(in crate::http) fn every(frame: &Frame, text: &str) -> Vec<(&'static str, Result<HttpResponse, ApiError>)> {
    let texts = ConsoleTexts::of(frame.language);
    let shell = |place, may| Shell { frame, texts, operator: text, csrf: text, may, place };
    let all = May { users: true, sessions: true, everything: true };
    let enter = |why, problem| EnterPage { frame, texts, csrf: text, login: Some(text), why, problem }.respond();
    let mut pages = vec![
        ("console-enter", enter(None, None)),
        ("console-enter-ended", enter(Some(Why::Ended), None)),
        ("console-enter-left", enter(Some(Why::Left), None)),
        ("console-enter-forged", enter(None, Some(Refused::Forged))),
        ("console-enter-wrong", enter(None, Some(Refused::Wrong))),
        ("console-enter-no-login", enter(None, Some(Refused::NoLogin))),
        ("console-arrived", ArrivedPage { frame, texts }.respond()),
        ("console-enter-throttled", enter(None, Some(Refused::Throttled(30)))),
    ];
    let tiles = [false, true].map(|bad| Tile { name: texts.overview.store, value: text.to_owned(), bad });
    let chart = Chart::of_hour(&[[1; LoginOutcome::ALL.len()]; 60]);
    let week = Some(week(&shell(Place::Overview, all), text));
    let (at, warnings) = (&shell(Place::Overview, all), &[text.to_owned()]);
    let overview = OverviewPage { shell: at, tiles: &tiles, chart, week, warnings };
    pages.push(("console", shell::respond(&overview, frame, StatusCode::OK)));
    let chosen = [("search", text)];
    let further = |later, next: Option<&str>| Further::new(Place::Users, &chosen, later, next.map(str::to_owned));
    let accounts = [account(text, true), account(text, false)];
    let users = |items, further, said| {
        UsersPage { shell: &shell(Place::Users, all), search: text, which: Which::Disabled, items, further, said }
            .respond()
    };
    pages.extend([
        ("console-users", users(&accounts, further(false, Some(text)), Said::default())),
        ("console-users-more", users(&[], further(true, Some(text)), Said::default())),
        ("console-users-none", users(&[], further(true, None), Said::wrong(Problem::NoSuchPlace))),
    ]);
    let (sessions, app_passwords) = (sessions(text), app_passwords(text));
    let throttle = throttle(text);
    let user = |account, may, link, said| {
        UserPage {
            shell: &shell(Place::Users, may),
            account,
            sessions: &sessions,
            page: 2,
            pages: 3,
            app_passwords: &app_passwords,
            last_login: None,
            last_refusal: None,
            throttle: &throttle,
            link,
            said,
        }
        .respond()
    };
    pages.extend([
        ("console-user", user(&accounts[0], all, None, Said::of_address(Some("enabled")))),
        ("console-user-disabled", user(&accounts[1], all, Some(text), Said::default())),
        ("console-user-read", user(&accounts[0], May::default(), None, Said::wrong(Problem::NoSuchSession))),
    ]);
    pages.extend(
        Done::ALL
            .map(|done| ("console-user-done", user(&accounts[0], all, None, Said::of_address(Some(done.as_str()))))),
    );
    let ask = AskPage {
        shell: &shell(Place::Users, all),
        question: texts.user.ask_disable,
        about: text,
        more: "a@example.org",
        to: text,
        fields: &[("act", text)],
        back: text,
    };
    pages.push(("console-ask", ask.respond()));
    pages.extend(sessions_pages(&shell(Place::Sessions, all), text));
    pages.extend(events_pages(&shell(Place::Events, all), text));
    pages.extend(rest(frame, text, &shell, all));
    pages
}

/// A week of which the last day is known.
fn week(shell: &Shell<'_>, text: &str) -> WeekView {
    let mut day = Day::default();
    day.logins[LoginWay::Password as usize] = [3, 2, 1, 0, 0];
    day.refusals = [(("refused", "wrong_password".into()), 2), (("throttled", text.into()), 1)].into();
    let days = std::array::from_fn(|place| {
        let day = if place == 6 { day.clone() } else { Day::default() };
        (Timestamp::from_millis(1_795_380_180_000 + place as u64 * 86_400_000), day)
    });
    WeekView::of(&ToldWeek { days, counted_until: Some(Timestamp::default()) }, shell)
}

/// Open sessions, and none.
fn sessions_pages(shell: &Shell<'_>, text: &str) -> Vec<(&'static str, Result<HttpResponse, ApiError>)> {
    let wanted = Wanted { user: text.to_owned(), client: text.to_owned(), kind: Some(SessionKind::Directory) };
    let person = |more| {
        let (email, path, user) = (text.to_owned(), "console/users/x".to_owned(), UserId(Uuid::nil()));
        Person { email, path, user, sessions: sessions(text).into(), more }
    };
    let page = |people: &[Person], next: Option<&str>, said| {
        let further = Further::new(Place::Sessions, &[("user", text)], false, next.map(str::to_owned));
        SessionsPage { shell, wanted: &wanted, people, further, said }.respond()
    };
    vec![
        ("console-sessions", page(&[person(0), person(7)], Some(text), Said::of_address(Some("closed")))),
        ("console-sessions-none", page(&[], None, Said::wrong(Problem::NoSuchUser))),
        ("console-sessions-none-here", page(&[], Some(text), Said::default())),
    ]
}

/// Events, with and without others that follow.
fn events_pages(shell: &Shell<'_>, text: &str) -> Vec<(&'static str, Result<HttpResponse, ApiError>)> {
    let rows = events(text).map(|event| EventRow::of(&event, shell.texts));
    let page = |rows, live: Option<&str>, next: Option<&str>, said| {
        let further = Further::new(Place::Events, &[("user", text)], live.is_none(), next.map(str::to_owned));
        let (since, kind, live) = (Since::Day, Some(EventKind::Refusals), live.map(str::to_owned));
        EventsPage { shell, user: text, since, kind, rows, live, further, said }.respond()
    };
    vec![
        ("console-events", page(&rows, Some(text), Some(text), Said::default())),
        ("console-events-none", page(&[], Some(text), None, Said::default())),
        ("console-older-events", page(&rows, None, None, Said::default())),
        ("console-older-events-none", page(&[], None, Some(text), Said::wrong(Problem::NoSuchPlace))),
    ]
}

/// A refusal of somebody who is there, one of somebody who is not, and what an operator did.
fn events(text: &str) -> [EventView; 3] {
    let login = |name: &str, more: Value| {
        let mut event = json!({
            "cursor": text, "at": THEN, "millis": 1, "event": name, "address": text, "user": Uuid::nil(),
            "request": Uuid::nil(), "client": text, "application": text,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        serde_json::from_value(event).expect("an event")
    };
    let refused = json!({"email": text, "outcome": "refused", "way": "password", "reason": "wrong_password"});
    [
        login("login", refused),
        login("swap", json!({"outcome": "throttled", "way": "cross", "reason": text, "times": 12})),
        login("operator", json!({"user": null, "facts": {"act": "disable user", "token": text, text: text}})),
    ]
}

/// Licences, redirect URLs, keys, settings.
fn rest<'a>(
    frame: &Frame,
    text: &'a str,
    shell: &dyn Fn(Place, May) -> Shell<'a>,
    all: May,
) -> Vec<(&'static str, Result<HttpResponse, ApiError>)> {
    let borrows = [Some(text.to_owned()), None].map(|email| BorrowView {
        user: UserId(Uuid::nil()),
        email,
        session: SessionId(Uuid::nil()),
        since: THEN.to_owned(),
        until: THEN.to_owned(),
    });
    let licenses = LicensesPage { shell: &shell(Place::Licenses, all), items: &borrows, out: 3, total: 5 };
    let further = Further::new(Place::Redirects, &[], false, Some(text.to_owned()));
    let (urls, said) = ([text.to_owned()], Said::wrong(Problem::NotAUrl));
    let redirects = RedirectsPage { shell: &shell(Place::Redirects, all), items: &urls, given: text, further, said };
    let key = |state| KeyView { kid: text.to_owned(), made: THEN.to_owned(), signs_from: THEN.to_owned(), state };
    let keys = [KeyState::Next, KeyState::Signing, KeyState::Retiring].map(key);
    let keys = KeysPage { shell: &shell(Place::Keys, all), keys: &keys, said: Said::default() };
    let row = |is_default| Row { key: text.to_owned(), value: text.to_owned(), source: text.to_owned(), is_default };
    let settings = SettingsPage { shell: &shell(Place::Settings, all), settings: &[row(true), row(false)] };
    vec![
        ("console-licenses", shell::respond(&licenses, frame, StatusCode::OK)),
        ("console-redirects", shell::respond(&redirects, frame, StatusCode::OK)),
        ("console-keys", shell::respond(&keys, frame, StatusCode::OK)),
        ("console-settings", shell::respond(&settings, frame, StatusCode::OK)),
    ]
}

/// Somebody of whom everything is known, or next to nothing.
fn account(text: &str, whole: bool) -> AccountView {
    let given = || text.to_owned();
    let team = || TeamView { id: given(), name: given() };
    AccountView {
        id: UserId(Uuid::nil()),
        email: given(),
        name: if whole { given() } else { String::new() },
        enabled: whole,
        password: whole,
        weak_hash: true,
        second_factor: true,
        created: THEN.to_owned(),
        known_networks: 2,
        rights: vec![given()],
        sessions: Some(2),
        app_passwords: Some(2),
        external_id: whole.then(given),
        groups: Some(vec![team()]),
        recovery_codes: whole.then_some(1),
        profile: Some(ProfileView {
            scopes: vec![given()],
            teams: vec![team()],
            tags: Vec::new(),
            subject: whole.then(|| SubjectView { issuer: given(), subject: given() }),
            sign_ons: 1,
            consent_since: whole.then(given),
        }),
    }
}

/// One of each kind.
fn sessions(text: &str) -> [SessionView; 3] {
    let given = || text.to_owned();
    [(SessionKind::V2, false), (SessionKind::Directory, false), (SessionKind::Directory, true)].map(|(kind, native)| {
        SessionView {
            id: SessionId(Uuid::nil()),
            kind,
            client: Some(given()),
            audience: None,
            server_made: None,
            claims: given(),
            app_claims: Vec::new(),
            native,
            how: given(),
            app_passwords: vec![given()],
            opened: THEN.to_owned(),
            authenticated: THEN.to_owned(),
            last_contact: THEN.to_owned(),
            heartbeat_before: THEN.to_owned(),
            end_of_life: THEN.to_owned(),
            address: Some(given()),
            user_agent: (!native).then(given),
            redirect_url: Some("https://viewer.example.org/back".to_owned()),
            application: native.then(given),
            access_tokens: 1,
            remember_me_tokens: 0,
            cross_tokens: 0,
        }
    })
}

/// Throttled in each way.
fn throttle(text: &str) -> ThrottleView {
    let standing = |bucket: Option<&str>, wait| {
        let empty = EmptyView { bucket: bucket.unwrap_or("codes").to_owned(), network: None, wait };
        StandingView { network: bucket.map(|_| text.to_owned()), wait, known: true, empty: vec![empty] }
    };
    ThrottleView {
        networks: vec![standing(Some("account_network"), 1), standing(Some("network"), 130), standing(Some("x"), 0)],
        elsewhere: standing(None, 60),
        codes: standing(None, 43_200),
    }
}

/// One that was used, and one that was not.
fn app_passwords(text: &str) -> [AppPasswordView; 2] {
    [true, false].map(|used| AppPasswordView {
        id: AppPasswordId(Uuid::nil()),
        name: text.to_owned(),
        created: THEN.to_owned(),
        expires: used.then(|| THEN.to_owned()),
        last_used: used.then(|| "2026-03-01".to_owned()),
        last_network: used.then(|| text.to_owned()),
    })
}
