//! The language of the pages: as the browser prefers, until the person chooses one.

use crate::steps::{begin, enter};
use crate::support::app::{App, Kind};
use crate::support::client::Reply;
use crate::support::visitor::Visitor;

fn german() -> Visitor {
    let mut visitor = Visitor::default();
    visitor.headers.push(("Accept-Language".into(), "de-AT, en;q=0.5".into()));
    visitor
}

/// The links to the same page in other languages: where each leads.
fn choices(page: &str) -> Vec<String> {
    let links = page.split(" hreflang=\"").skip(1).filter_map(|link| Some(link.split_once("href=\"")?.1));
    links.filter_map(|link| Some(link.split_once('"')?.0.replace("&#38;", "&"))).collect()
}

/// What a reply has the browser keep of the language.
fn kept(reply: &Reply) -> Option<&str> {
    let mut cookies = reply.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value);
    cookies.find(|cookie| cookie.contains("directory_language"))
}

#[test]
fn a_choice_counts_for_the_page_and_for_all_that_follow() {
    let app = App::shared(Kind::Embedded);
    let (user, mut visitor) = (app.user(), german());
    let page = begin(&mut visitor, &app.authenticate("access:client", ""));
    let shown = visitor.get(&page);
    assert_eq!((shown.header("content-language"), kept(&shown)), (Some("de"), None));
    assert_eq!(shown.header("vary"), Some("Accept-Language, Cookie"));
    let choices = choices(&shown.text());
    let [english, german, french] = &choices[..] else { panic!("{choices:?}") };
    assert!(english.ends_with("&language=en") && german.ends_with("&language=de"), "{choices:?}");

    let french = page.join(french).expect("a URL");
    assert_eq!(french.origin(), page.origin());
    let shown = visitor.get(&french);
    assert_eq!(shown.status, 200, "the same login: {}", shown.text());
    assert!(shown.text().contains("<h1>Connexion</h1>"), "{}", shown.text());
    assert_eq!(kept(&shown), Some("directory_language=fr; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"));
    assert_eq!(shown.header("cache-control"), Some("no-store"));

    // The parameter is of one page, the cookie of all.
    let refused = enter(&mut visitor, &page, &user.email, "not this one");
    assert_eq!((refused.status, refused.header("content-language")), (401, Some("fr")));
    let sent = enter(&mut visitor, &french, &user.email, &user.password);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let account = visitor.get(&app.url("/account"));
    assert!(account.text().contains("<h1>Votre compte</h1>"), "{}", account.text());
    let back = visitor.get(&app.url("/account?page=1&language=de"));
    assert!(back.text().contains("<h1>Ihr Konto</h1>"), "{}", back.text());
}

#[test]
fn what_is_no_language_chooses_none() {
    let app = App::shared(Kind::Embedded);
    for value in ["", "xx", "fr-CA", "%66%72", "fr%0d%0aSet-Cookie:x=1", "<script>"] {
        let mut visitor = german();
        let shown = visitor.get(&app.url(&format!("/account/link?done=set&language={value}")));
        assert_eq!((shown.header("content-language"), kept(&shown)), (Some("de"), None), "{value}");
        visitor.set_cookie("directory_language", "xx");
        let again = visitor.get(&app.url("/account/link?done=set"));
        assert_eq!(again.header("content-language"), Some("de"), "{value}");
        assert!(!shown.text().contains("<script>") && choices(&shown.text()).len() == 3, "{value}");
    }
}

#[test]
fn where_browsers_come_by_tls_the_choice_is_for_tls_alone() {
    let app = App::start(Kind::Embedded, &[("server.public_url", "https://login.example.org")]);
    let shown = Visitor::default().get(&app.url("/account/link?done=set&language=fr"));
    assert!(shown.text().contains("Votre mot de passe est défini"), "{}", shown.text());
    let cookie = "__Host-directory_language=fr; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure";
    assert_eq!(kept(&shown), Some(cookie));
}
