//! Two tabs of a browser that is new here, opened at once: neither request brings a cookie yet.

use url::Url;

use crate::steps::{begin, csrf, enter, fragment, open_sessions, redirect};
use crate::support::app::{App, User};
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

/// Opens both at once in a browser without cookies: where each is sent.
#[track_caller]
fn open_at_once(visitor: &mut Visitor, starts: [&Url; 2]) -> [Url; 2] {
    let mut others = [visitor.clone(), visitor.clone()];
    let replies = [others[0].get(starts[0]), others[1].get(starts[1])];
    for reply in &replies {
        visitor.keep(reply);
    }
    [redirect(starts[0], &replies[0]), redirect(starts[1], &replies[1])]
}

#[track_caller]
fn log_in(visitor: &mut Visitor, page: &Url, user: &User) -> Url {
    redirect(page, &enter(visitor, page, &user.email, &user.password))
}

on_both_stores!(two_first_tabs_log_in_side_by_side, |kind| {
    let app = App::shared(kind);
    let start = app.authenticate("access:client", "");
    for turn in [[0, 1], [1, 0]] {
        let (users, mut visitor) = ([app.user(), app.user()], Visitor::default());
        let pages = open_at_once(&mut visitor, [&start, &start]);
        // A third brings what the browser has by then, and is one more.
        begin(&mut visitor, &start);
        for tab in turn {
            let end = log_in(&mut visitor, &pages[tab], &users[tab]);
            assert!(fragment(&end).contains_key("directory_access_token"), "{end}");
        }
        assert_eq!(users.map(|user| open_sessions(&app, &user)), [1, 1]);
    }
});

on_both_stores!(confirmations_find_their_cookie_too, |kind| {
    let app = App::shared(kind);
    let natives = [native_token(), native_token()];
    let starts = natives.each_ref().map(|native| app.authenticate("access:client", &format!("&nativetoken={native}")));
    let (users, mut visitor) = ([app.user(), app.user()], Visitor::default());
    let pages = open_at_once(&mut visitor, starts.each_ref());
    for (tab, native) in natives.iter().enumerate() {
        let page = log_in(&mut visitor, &pages[tab], &users[tab]);
        crate::steps::confirm(&mut visitor, &page, "yes");
        app.wait(native, 0).ok();
    }
    // Signing out counts with either.
    let page = app.url("/directory/api/signout");
    let csrf = csrf(&mut visitor, &page);
    assert_eq!(visitor.post(&page, &[("csrf", &csrf)]).status, 303);
});

on_both_stores!(a_few_cookies_count_and_no_more, |kind| {
    let app = App::shared(kind);
    let (start, mut visitor) = (app.authenticate("access:client", ""), Visitor::default());
    let page = begin(&mut visitor, &start);
    let own = visitor.login_cookies();
    for (others, status) in [(7, 200), (8, 400)] {
        let mut cookies: Vec<_> = (0..others).map(|n| format!("directory_browser_0000000{n}={n:032x}")).collect();
        cookies.push(own.clone());
        let mut crowded = Visitor::default();
        crowded.headers.push(("Cookie".into(), cookies.join("; ")));
        assert_eq!(crowded.get(&page).status, status, "{others} others");
    }
});
