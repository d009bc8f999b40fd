//! Every page in every language, with the worst that strangers can put into it.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use uuid::Uuid;

use super::account::{self, AccountPage, AccountProblem, AppPasswordsSection, FactorSection, Notice, PasswordSection};
use super::confirm::{ConfirmPage, Program};
use super::done::DonePage;
use super::forgot::{ForgotPage, ForgotProblem};
use super::link::{LinkPage, PasswordIsSetPage};
use super::login::{LoginPage, LoginProblem};
use super::passkey::PasskeyPage;
use super::problem::{Problem, ProblemPage};
use super::register::RegisterPage;
use super::second_factor::{RecoveryCodesPage, SetUpPage};
use super::sign_out::{SignOutPage, SignedOutPage};
use super::{Frame, Language};
use crate::account::{FactorPlace, MadeAppPassword, PasskeyPlace, PasswordPlace, Place, PlaceId, PlaceKind};
use crate::auth::PasskeyRequest;
use crate::demo::page::DemoPage;
use crate::demo::texts::DemoTexts;
use crate::domain::{
    AppPassword, AppPasswordId, AppPasswordValue, ClientInfo, KnownNetwork, Network, Passkey, RecoveryCode,
    RedirectUrl, SessionId, Timestamp, TokenDigest,
};
use crate::http::console;
use crate::http::error::ApiError;
use crate::login::LoginStep;

const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;{{ csrf }}\u{202e}\u{0}";

struct Shown {
    what: String,
    status: StatusCode,
    html: String,
    policy: String,
    response: HttpResponse<()>,
}

/// Every page, with `text` wherever a page shows what it was given.
#[expect(clippy::too_many_lines, reason = "every page once")]
fn every(language: Language, text: &str) -> Vec<Shown> {
    let frame = &Frame::new(language, "/directory/api/login");
    let redirect = &RedirectUrl::parse("https://app.example.org:8443/cb?x=\"'<>&").expect("a URL");
    let minute = Duration::from_secs(60);
    let login = |native: bool, email, problem| {
        let (step, passkey, account, again, forgot) = (LoginStep::Password, None, false, Some(text), native);
        let application = native.then_some(text);
        LoginPage {
            frame,
            step,
            passkey,
            redirect,
            application,
            account,
            native,
            csrf: text,
            again,
            email,
            forgot,
            problem,
        }
        .respond()
    };
    let request = &PasskeyRequest {
        challenge: "AAAA".to_owned(),
        relying_party: text.to_owned(),
        ids: vec!["AQ".to_owned(), "Ag".to_owned()],
        user: "Aw".to_owned(),
    };
    let code = |app, passkey, native, problem| {
        let (step, account, again, forgot, email) = (LoginStep::Code { app }, true, Some(text), false, "");
        let application = None;
        LoginPage {
            frame,
            step,
            passkey,
            redirect,
            application,
            account,
            native,
            csrf: text,
            again,
            email,
            forgot,
            problem,
        }
        .respond()
    };
    let confirm = |program, name, operator| {
        let asked = Timestamp::from_millis(1_795_380_180_000);
        let now = asked.plus(2 * minute);
        ConfirmPage { frame, csrf: text, name, email: text, program, operator, state: text, asked, now, redirect }
            .respond()
    };
    let demo = |person, fields| DemoPage { frame, texts: DemoTexts::of(language), person, fields }.respond();
    let mut pages = vec![
        ("login", login(false, "", None)),
        ("login-native", login(true, "", None)),
        ("login-wrong", login(false, text, Some(LoginProblem::Wrong))),
        ("login-throttled", login(true, text, Some(LoginProblem::Throttled(Duration::from_millis(29_001))))),
        ("login-busy", login(false, text, Some(LoginProblem::Busy))),
        ("login-unavailable", login(false, text, Some(LoginProblem::Unavailable))),
        ("code", code(true, None, true, None)),
        ("code-wrong", code(true, None, false, Some(LoginProblem::Wrong))),
        ("code-throttled", code(true, None, false, Some(LoginProblem::Throttled(minute)))),
        ("code-recovery", code(false, None, false, None)),
        ("passkey-login", code(false, Some(request), false, None)),
        ("passkey-or-code", code(true, Some(request), true, None)),
        ("passkey-wrong", code(true, Some(request), false, Some(LoginProblem::WrongPasskey))),
        ("confirm", confirm(Some(Program { name: text, address: text }), text, false)),
        ("confirm-operator", confirm(Some(Program { name: text, address: text }), text, true)),
        ("confirm-unnamed", confirm(Some(Program { name: "", address: text }), "Somebody", false)),
        ("confirm-silent", confirm(None, text, false)),
        ("register", RegisterPage { frame, csrf: text, target: &redirect.target() }.respond()),
        ("done", DonePage { frame }.respond()),
        ("sign-out", SignOutPage { frame, csrf: text, person: Some((text, "a@example.org")) }.respond()),
        ("sign-out-nobody", SignOutPage { frame, csrf: text, person: None }.respond()),
        ("signed-out", SignedOutPage { frame, only_here: false }.respond()),
        ("signed-out-here", SignedOutPage { frame, only_here: true }.respond()),
        ("demo", demo(Some((text, "a@example.org")), &[(text, text.to_owned()), ("how", "password".to_owned())])),
        ("demo-nobody", demo(None, &[])),
    ];
    let (place, now) = (place(text), Timestamp::from_millis(1_795_380_180_000));
    let section = |place, fresh| PasswordSection { place, fresh, shortest: 8, app_passwords: true };
    let held = app_passwords(text, now);
    let made = MadeAppPassword { name: text.into(), value: AppPasswordValue::generate().expect("random numbers") };
    let passkeys = &passkeys(text, now);
    let factor_page = |password: PasswordSection, factor, notice: Option<Notice>, problem: Option<AccountProblem>| {
        let made = (notice.is_none() && problem.is_none()).then_some(&made);
        let (held, most) = (&held[..], if notice.is_some() { 2 } else { 16 });
        let (fresh, without_login) = (password.fresh, made.map(|_| 90 * 24 * 60 * minute));
        let app_passwords = AppPasswordsSection { held, most, fresh, without_login, now, made };
        AccountPage {
            frame,
            csrf: text,
            name: text,
            email: "a@example.org",
            places: &[account::Shown { place: &place, now }],
            others: true,
            page: 2,
            pages: 3,
            password: &password,
            app_passwords: Some(&app_passwords),
            factor: FactorSection {
                place: factor,
                passkeys: if matches!(factor, FactorPlace::On { left: 1.., .. }) { passkeys } else { &[] },
                adds: match notice {
                    None => PasskeyPlace::Free,
                    Some(Notice::Ended) => PasskeyPlace::NoAddress,
                    Some(_) => PasskeyPlace::Full,
                },
                asks: matches!(factor, FactorPlace::On { left: 5, .. }).then_some(request),
                fresh: password.fresh,
            },
            notice,
            problem,
        }
        .respond()
    };
    let account_page = |password, notice, problem| factor_page(password, FactorPlace::Elsewhere, notice, problem);
    let here = |fresh| section(PasswordPlace::Here, fresh);
    let on = |left| FactorPlace::On { app: left != 5, since: now, left };
    let set_up =
        |problem| SetUpPage { frame, csrf: text, email: text, secret: "GEZDGNBV", uri: text, problem }.respond();
    let add_passkey =
        |problem| PasskeyPage { frame, csrf: text, email: text, passkey: request, name: text, problem }.respond();
    let codes: Vec<_> = (0..10).filter_map(|_| RecoveryCode::draw().ok()).collect();
    pages.extend([
        ("factor-off", factor_page(here(true), FactorPlace::Off, None, None)),
        ("factor-off-old", factor_page(here(false), FactorPlace::Off, Some(Notice::FactorRemoved), None)),
        ("factor-on", factor_page(here(true), on(10), None, Some(AccountProblem::NoFactorHere))),
        ("factor-on-old", factor_page(here(false), on(1), None, None)),
        ("factor-wrong", factor_page(here(true), on(0), None, Some(AccountProblem::WrongCode))),
        ("factor-added", factor_page(here(true), on(10), Some(Notice::FactorAdded), None)),
        ("factor-nowhere", factor_page(here(true), FactorPlace::Off, Some(Notice::Ended), None)),
        ("passkey-on", factor_page(here(true), on(5), None, None)),
        ("passkey-refused", factor_page(here(true), on(5), None, Some(AccountProblem::WrongPasskey))),
        ("passkey-add", add_passkey(None)),
        ("passkey-add-unnamed", add_passkey(Some(AccountProblem::PasskeyName))),
        ("passkey-add-unscripted", add_passkey(Some(AccountProblem::NoPasskey))),
        ("passkey-add-wrong-password", add_passkey(Some(AccountProblem::WrongPresent))),
        ("set-up", set_up(None)),
        ("set-up-wrong", set_up(Some(AccountProblem::WrongCode))),
        ("set-up-wrong-password", set_up(Some(AccountProblem::WrongPresent))),
        ("set-up-throttled", set_up(Some(AccountProblem::Throttled(minute)))),
        ("codes", RecoveryCodesPage { frame, is_new: true, codes: &codes }.render_page()),
        ("codes-again", RecoveryCodesPage { frame, is_new: false, codes: &codes }.render_page()),
    ]);
    pages.extend([
        ("account", account_page(section(PasswordPlace::Here, true), Some(Notice::Ended), None)),
        ("account-old", account_page(section(PasswordPlace::Here, false), None, Some(AccountProblem::NotFresh))),
        ("account-set", account_page(section(PasswordPlace::MaySet, true), Some(Notice::OthersEnded), None)),
        ("account-elsewhere", account_page(section(PasswordPlace::Elsewhere(text.into()), true), None, None)),
        ("account-nowhere", account_page(section(PasswordPlace::Nowhere, true), Some(Notice::PasswordChanged), None)),
    ]);
    for problem in [
        AccountProblem::NotHere,
        AccountProblem::WrongPresent,
        AccountProblem::Short(8),
        AccountProblem::Common,
        AccountProblem::LikeAppPassword,
        AccountProblem::Personal(8),
        AccountProblem::NotRepeated,
        AccountProblem::AppPasswordName,
        AccountProblem::TooManyAppPasswords(16),
        AccountProblem::Throttled(minute),
        AccountProblem::Busy,
    ] {
        pages.push(("account-wrong", account_page(section(PasswordPlace::Here, true), None, Some(problem))));
    }
    let forgot = |asked, problem| ForgotPage { frame, csrf: text, asked, problem }.respond();
    let link = |problem| LinkPage { frame, csrf: text, email: text, shortest: 8, problem }.respond();
    pages.extend([
        ("forgot", forgot(false, None)),
        ("forgot-asked", forgot(true, None)),
        ("forgot-wrong", forgot(false, Some(ForgotProblem::NoAddress))),
        ("forgot-throttled", forgot(false, Some(ForgotProblem::Throttled(minute)))),
        ("link", link(None)),
        ("link-wrong", link(Some(AccountProblem::Short(8)))),
        ("link-busy", link(Some(AccountProblem::Busy))),
        ("link-done", PasswordIsSetPage { frame }.respond()),
    ]);
    pages.extend(console::tests::every(frame, text));
    for problem in Problem::ALL {
        let page = ProblemPage { frame, problem, detail: Some(text), again: None, request_id: Some(Uuid::nil()) };
        pages.push(("problem", page.respond(StatusCode::CONFLICT)));
    }
    let again = Some("/directory/api/directorysession/authenticate?x=\"'<>&");
    let page = ProblemPage { frame, problem: Problem::Expired, detail: None, again, request_id: None };
    pages.push(("expired", page.respond(StatusCode::BAD_REQUEST)));
    let page = ProblemPage { frame, problem: Problem::Link, detail: None, again: Some(text), request_id: None };
    pages.push(("link-dead", page.respond(StatusCode::BAD_REQUEST)));
    pages.into_iter().map(|(name, page)| show(format!("{name} {language:?}"), page)).collect()
}

/// A place where somebody is logged in, which says this of itself.
fn place(text: &str) -> Place {
    let contact = ClientInfo {
        address: Some([192, 0, 2, 7].into()),
        user_agent: Some(text.into()),
        application: Some(text.into()),
    };
    let then = Timestamp::from_millis(1_795_380_000_000);
    let id = PlaceId::Session(SessionId(Uuid::nil()));
    Place {
        id,
        kind: PlaceKind::Web { host: text.to_owned(), application: Some(text.to_owned()) },
        contact,
        since: then,
        used: then,
        own: false,
    }
}

/// One that has been used and has ended, and two that count.
fn app_passwords(name: &str, now: Timestamp) -> [AppPassword; 3] {
    let day = Duration::from_secs(86_400);
    [Some(now), Some(now.plus(day)), None].map(|expires| AppPassword {
        id: AppPasswordId(Uuid::nil()),
        digest: TokenDigest([1; 16]),
        name: name.into(),
        created: Timestamp::default(),
        expires,
        used: expires.map(|_| KnownNetwork { network: Network::of([192, 0, 2, 7].into()), seen: now }),
    })
}

/// One that has been used, and one that has not.
fn passkeys(name: &str, now: Timestamp) -> [Passkey; 2] {
    [None, Some(now)].map(|used| Passkey {
        id: [1, 2, 3].into(),
        key: Box::default(),
        count: 0,
        name: name.into(),
        created: Timestamp::default(),
        used,
    })
}

fn show(what: String, page: Result<HttpResponse, ApiError>) -> Shown {
    let (response, body) = page.expect("a page").into_parts();
    let bytes = body.try_into_bytes().expect("a whole body");
    let html = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let policy = response.headers().get("content-security-policy").expect("a policy");
    let policy = policy.to_str().expect("ASCII").to_owned();
    Shown { what, status: response.status(), html, policy, response }
}

/// The tags of a page, as `name attributes` or `/name`. What is given to a page cannot make one, or these change.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()).collect()
}

fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!(" {attribute}=\"");
    html.split(begin.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

#[test]
fn what_strangers_write_is_text_and_nothing_else() {
    for language in Language::ALL {
        for (harmless, hostile) in every(language, "harmless").into_iter().zip(every(language, HOSTILE)) {
            assert!(!hostile.html.contains("<script>") && !hostile.html.contains("<img src=x"), "{}", hostile.html);
            let given = harmless.html.contains("harmless");
            assert_eq!(hostile.html.contains("&#60;script&#62;"), given, "{}", hostile.what);
            let names = |html| tags(html).into_iter().map(|tag| tag.split(' ').next().unwrap_or_default().to_owned());
            // A person whose name is the address is shown once.
            if !hostile.html.contains("<bdi>") {
                assert!(names(&harmless.html).eq(names(&hostile.html)), "{}", hostile.what);
            }
        }
    }
}

#[test]
fn every_page_is_well_formed_and_says_what_it_is() {
    const EMPTY: [&str; 6] = ["!doctype", "meta", "link", "img", "input", "br"];
    for page in Language::ALL.into_iter().flat_map(|language| every(language, HOSTILE)) {
        let (what, html) = (&page.what, &page.html);
        let mut open = Vec::new();
        for tag in tags(html) {
            let name = tag.split([' ', '\n']).next().unwrap_or_default();
            if let Some(name) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{what}");
            } else if !EMPTY.contains(&name) {
                open.push(name);
            }
        }
        assert_eq!(open, [""; 0], "{what}");
        for once in ["<!doctype html>\n", "<h1", "<main ", "<title>", "name=\"viewport\" content=\"width=device-width"]
        {
            assert_eq!(html.matches(once).count(), 1, "{what}: {once}");
        }
        assert!(!html.contains("<title> ") && !html.contains("<h1></h1>"), "{what}");
        let ids = values(html, "id");
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{what}");
        for named in ["for", "aria-labelledby", "aria-describedby"].into_iter().flat_map(|name| values(html, name)) {
            assert!(ids.contains(&named), "{what}: {named}");
        }
        for input in tags(html).into_iter().filter(|tag| tag.starts_with("input") && !tag.contains("hidden")) {
            let id = values(input, "id").concat();
            assert!(html.contains(&format!("<label for=\"{id}\">")), "{what}: {input}");
        }
        assert_eq!(html.contains("method=\"post\""), html.contains("name=\"csrf\""), "{what}");
    }
}

#[test]
fn no_page_has_a_script_or_a_style_in_it_or_from_elsewhere() {
    const SCRIPTS: [(&str, &str); 3] = [
        ("demo", "../../directory/api/demo/page.js"),
        // Without it these pages take a code.
        ("passkey", "../../directory/api/static/passkey.js"),
        // Without it the page shows what happened until it was loaded.
        ("console-events", "../../directory/api/static/events.js"),
    ];
    for page in Language::ALL.into_iter().flat_map(|language| every(language, HOSTILE)) {
        let script = SCRIPTS.into_iter().find(|(name, _)| page.what.starts_with(name)).map(|(_, script)| script);
        for tag in tags(&page.html) {
            let attributes = tag.split('"').step_by(2).collect::<String>();
            let inline = tag.starts_with("style") || attributes.contains(" style=") || attributes.contains(" on");
            assert!(tag != "script", "{}: {}", page.what, page.html);
            assert!(!inline, "{}: {tag}", page.what);
            assert!(!tag.starts_with("script") || script.is_some(), "{}: {tag}", page.what);
        }
        let files = tags(&page.html).into_iter().filter(|tag| !tag.starts_with("a "));
        for file in files.flat_map(|tag| ["src", "href"].map(|name| values(tag, name))).flatten() {
            let is_script = SCRIPTS.iter().any(|(_, known)| *known == file);
            let allowed =
                if is_script { script == Some(file) } else { file.starts_with("../../directory/api/static/") };
            assert!(allowed, "{}: {file}", page.what);
        }
        let scripts = page.policy.contains("script-src 'self'; connect-src 'self';");
        assert_eq!((scripts, page.html.contains("<script ")), (script.is_some(), script.is_some()), "{}", page.what);
        assert!(!page.policy.contains("unsafe") && page.policy.starts_with("default-src 'none'; "), "{}", page.policy);
        assert!(page.policy.ends_with("; base-uri 'none'; frame-ancestors 'none'"), "{}", page.policy);
        for (name, value) in
            [("cache-control", "no-store"), ("referrer-policy", "same-origin"), ("x-frame-options", "DENY")]
        {
            assert_eq!(page.response.headers().get(name).expect(name), value, "{}", page.what);
        }
    }
}

#[test]
fn forms_lead_to_this_server_and_where_the_login_goes() {
    let at = |url| {
        let redirect = &RedirectUrl::parse(url).expect("a URL");
        let frame = &Frame::new(Language::English, "/");
        let page = LoginPage {
            frame,
            step: LoginStep::Password,
            passkey: None,
            redirect,
            application: None,
            account: false,
            native: false,
            csrf: "",
            again: None,
            email: "",
            forgot: false,
            problem: None,
        };
        let policy = show(String::new(), page.respond()).policy;
        let start = policy.find("form-action ").expect("a rule for forms");
        policy[start..].split(';').next().unwrap_or_default().to_owned()
    };
    assert_eq!(at("https://app.example.org/cb?a;b"), "form-action 'self' https://app.example.org");
    assert_eq!(at("http://127.0.0.1:4000/"), "form-action 'self' http://127.0.0.1:4000");
    assert_eq!(at("http://[::1]:4000/"), "form-action 'self' http:");
    assert_eq!(at("https://b\u{fc}ro.example/"), "form-action 'self' https://xn--bro-hoa.example");
}

#[test]
fn a_page_has_the_status_of_what_it_says() {
    let pages = every(Language::English, "x");
    let status = |name| pages.iter().find(|page| page.what.starts_with(name)).map(|page| page.status.as_u16());
    assert_eq!(status("login English"), Some(200));
    assert_eq!(status("login-wrong"), Some(401));
    assert_eq!(status("login-throttled"), Some(429));
    assert_eq!(status("login-busy"), Some(503));
    assert_eq!(status("problem"), Some(409));
    for problem in Problem::ALL {
        let of_a_status = matches!(
            problem,
            Problem::Unauthorized
                | Problem::Forbidden
                | Problem::Missing
                | Problem::Conflict
                | Problem::TooMany
                | Problem::Unavailable
                | Problem::Malformed
                | Problem::Unknown
        );
        let mut statuses = (400..600).filter_map(|status| StatusCode::from_u16(status).ok());
        assert!(of_a_status == statuses.any(|status| Problem::of_status(status) == problem), "{problem:?}");
    }
    let throttled = pages.iter().find(|page| page.what.starts_with("login-throttled")).expect("a page");
    assert!(throttled.html.contains("try again in 30 seconds.") && throttled.html.contains("<title>Error: Log in"));
}

/// What a page says: every text between two tags.
fn said(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').filter_map(|part| Some(part.split_once('>')?.1.trim()))
}

#[test]
fn a_page_is_in_one_language() {
    let all = Language::ALL.map(|language| (language, every(language, "x")));
    for (place, (language, pages)) in all.iter().enumerate() {
        for (page, (other, others)) in
            pages.iter().enumerate().flat_map(|page| all[..place].iter().map(move |all| (page, all)))
        {
            let (at, page) = page;
            assert!(page.html.contains(&format!("<html lang=\"{}\">", language.tag())), "{}", page.what);
            assert_eq!(page.response.headers().get("content-language").expect("a language"), language.tag());
            let sentences =
                |html: &str| said(html).filter(|text| text.contains(' ')).map(str::to_owned).collect::<HashSet<_>>();
            let both: Vec<_> = sentences(&page.html).intersection(&sentences(&others[at].html)).cloned().collect();
            assert!(both.iter().all(|text| text.contains("UTC")), "{} {other:?}: {both:?}", page.what);
        }
    }
}

#[test]
fn files_are_found_from_wherever_the_page_is() {
    let root = |path| Frame::new(Language::English, path).root;
    assert_eq!(root("/"), "./");
    assert_eq!(root("/login"), "./");
    assert_eq!(root("/directory/api/login"), "../../");
    assert_eq!(root("/directory/api/directorysession/authenticate"), "../../../");
    assert_eq!(root("/directory%2Fapi/login"), "../");
}
