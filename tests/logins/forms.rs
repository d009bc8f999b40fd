//! A form counts only where this server has shown it to this browser, for this login.

use url::Url;

use crate::steps::{begin, confirm, csrf, enter, fragment, redirect, to_confirmation};
use crate::support::app::App;
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;

#[track_caller]
fn forged(reply: &Reply) {
    reply.refused(403, "E_Forbidden");
    assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
}

on_both_stores!(a_login_form_counts_in_its_browser_and_for_its_login_alone, |kind| {
    let app = App::shared(kind);
    let (user, start) = (app.user(), app.authenticate("access:client", ""));
    let [mut visitor, mut stranger] = [Visitor::default(), Visitor::default()];
    let [page, other_tab] = [begin(&mut visitor, &start), begin(&mut visitor, &start)];
    let strangers = begin(&mut stranger, &start);
    let (email, password) = (("email", &*user.email), ("password", &*user.password));
    forged(&visitor.post(&page, &[email, password]));
    let own = csrf(&mut visitor, &page);
    let foreign = [String::new(), csrf(&mut visitor, &other_tab), csrf(&mut stranger, &strangers), own.to_uppercase()];
    for csrf in &foreign {
        forged(&visitor.post(&page, &[("csrf", csrf), email, password]));
    }
    // The page is shown to its browser alone, and takes the form from there alone.
    for reply in [stranger.get(&page), stranger.post(&page, &[("csrf", &own), email, password])] {
        reply.refused(400, "E_BadRequest");
    }
    let reply = Visitor::default().post(&page, &[("csrf", &own), email, password]);
    reply.refused(400, "E_BadRequest");
    visitor.post(&page, &[("csrf", &own), ("csrf", &own), email, password]).refused(400, "E_BadRequest");
    visitor.post(&page, &[("csrf", &own), email, password, password]).refused(400, "E_BadRequest");
    let end = redirect(&page, &visitor.post(&page, &[("csrf", &own), email, password, ("more", "1")]));
    assert!(fragment(&end).contains_key("directory_access_token"));
    visitor.get(&page).refused(400, "E_BadRequest");
});

on_both_stores!(a_confirmation_counts_in_its_browser_and_for_its_login_alone, |kind| {
    let app = App::shared(kind);
    let [user, attacker] = [app.user(), app.user()];
    let [native, theirs] = [native_token(), native_token()];
    let start = |native: &str| app.authenticate_native(native);
    let [mut visitor, mut stranger] = [Visitor::default(), Visitor::default()];
    let first = begin(&mut visitor, &start(&native));
    let of_the_login_page = csrf(&mut visitor, &first);
    let page = redirect(&first, &enter(&mut visitor, &first, &user.email, &user.password));
    let strangers = to_confirmation(&mut stranger, &start(&theirs), &attacker);
    let own = csrf(&mut visitor, &page);
    forged(&visitor.post(&page, &[("answer", "yes")]));
    for csrf in [String::new(), of_the_login_page, csrf(&mut stranger, &strangers)] {
        forged(&visitor.post(&page, &[("csrf", &csrf), ("answer", "yes")]));
    }
    for answer in [&[][..], &[("answer", "")], &[("answer", "YES")], &[("answer", "yes"), ("answer", "no")]] {
        let form = [&[("csrf", own.as_str())], answer].concat();
        visitor.post(&page, &form).refused(400, "E_BadRequest");
    }
    for mut other in [stranger, Visitor::default()] {
        other.get(&page).refused(400, "E_BadRequest");
        other.post(&page, &[("csrf", &own), ("answer", "yes")]).refused(400, "E_BadRequest");
    }
    // Nobody gets in by a link, either.
    let link = Url::parse(&format!("{page}&answer=yes&csrf={own}")).expect("a URL");
    assert_eq!(visitor.get(&link).status, 200);
    assert_eq!(app.wait(&native, 0).status, 204);
    confirm(&mut visitor, &page, "yes");
    app.wait(&native, 0).ok();
    visitor.post(&page, &[("csrf", &own), ("answer", "no")]).refused(400, "E_BadRequest");
});

on_both_stores!(forms_are_bounded_and_text, |kind| {
    let app = App::shared(kind);
    let mut visitor = Visitor::default();
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let (name, value) = visitor.browser().expect("it is set");
    let cookie = format!("{name}={value}");
    let target = page[url::Position::BeforePath..].to_owned();
    for path in [target.as_str(), "/directory/api/signout"] {
        let post = |body: &[u8]| app.request("POST", path).header("Cookie", &cookie).body(body).send();
        post("email=x&password=".repeat(1000).as_bytes()).refused(413, "E_TooLarge");
        post(b"email=x&csrf=\xff\xfe").refused(400, "E_BadRequest");
    }
    let long = "x".repeat(10_000);
    assert_eq!(enter(&mut visitor, &page, &long, "password").status, 401);
    assert_eq!(enter(&mut visitor, &page, "a@example.org", &long).status, 401);
    let reply = enter(&mut visitor, &page, "\"><script>alert(1)</script>@example.org", "x");
    assert!(reply.status == 401 && !reply.text().contains("<script"), "{}", reply.text());
});
