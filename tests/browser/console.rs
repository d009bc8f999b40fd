//! The console, as a help desk uses it, at a desk and on a phone, in either language.

use serde_json::Value;

use crate::browser::Browser;
use crate::looks::LOOKS;
use crate::place::Place;
use crate::support::app::User;
use crate::support::proxy::free_address;

const NEW: &str = "four words to remember";

#[test]
fn a_help_desk_finds_out_why_somebody_cannot_get_in_and_lets_them_in() {
    let [public, console] = [free_address(), free_address()];
    let [listen, manage, url] = [public.to_string(), console.to_string(), format!("http://{public}")];
    let own = [("server.listen", &*listen), ("server.public_url", &*url), ("manage.listen", &*manage)];
    let place = Place::new(&[&own[..], &[("licenses.total", "20")]].concat());
    let run = |arguments: &[&str]| place.app.server.run(arguments, "").trim().to_owned();
    let (user, other) = (place.app.user(), place.app.user());
    run(&["user", "set-name", &user.email, "Ada <b>Lovelace</b>"]);
    run(&["user", "app-password", "add", &user.email, "--name", "Plugin on the laptop"]);
    place.app.login(&user);
    let token = run(&["token", "add", "Grace, help desk", "--scope", "everything"]);

    let browser = Browser::start();
    browser.open(format!("http://{console}/console"));
    browser.sees("Enter the console");
    browser.fill("API token", &token.replace('-', "_"));
    browser.press("Enter");
    assert_eq!(browser.alert(), "This token does not count: it was mistyped or revoked, or has ended.");
    assert_eq!(browser.focused(), "API token");
    browser.poses("console-enter-en", &LOOKS[1..2]);
    browser.fill("API token", &token);
    browser.press("Enter");
    browser.sees("Overview");
    browser.press("Users");
    browser.fill("Name, e-mail address or id", "LOVELACE");
    browser.press("Search");
    browser.reads("Ada <b>Lovelace</b>");
    assert!(!browser.text().contains(&other.email), "{}", browser.text());
    browser.poses("console-users-en", &LOOKS[..1]);
    browser.press(&user.email);
    browser.sees("Ada <b>Lovelace</b>");
    browser.reads("Yes. The account is enabled.");
    browser.reads("Plugin on the laptop");
    browser.poses("console-user-en", &LOOKS[..2]);
    run(&["user", "disable", &user.email]);
    browser.run(browser.driver().refresh());
    browser.reads("No, the account is disabled.");
    browser.poses("console-user-disabled-en", &LOOKS[1..2]);
    place.app.try_login(&user, &Value::Null).refused(401, "E_InvalidCredentials");
    browser.press("Events");
    browser.sees("Events");
    browser.reads("New events appear by themselves.");
    browser.reads("Because the account is disabled. (disabled)");
    run(&["user", "set-name", &other.email, "Somebody else"]);
    browser.reads("set name");
    browser.poses("console-events-en", &LOOKS[..2]);
    browser.press("Pause");
    browser.reads("New events do not appear until you go on.");
    run(&["user", "rights", &other.email, "--grant", "access:frontend"]);
    browser.press("Go on");
    browser.reads("change rights");
    browser.press(&user.email);
    browser.press("Enable");
    browser.reads("The account is enabled.");
    place.app.login(&other);
    browser.press("Sessions");
    browser.sees("Sessions");
    browser.reads(&other.email);
    browser.poses("console-sessions-en", &LOOKS[..2]);
    browser.press("Close");
    browser.sees("Close this session?");
    browser.press("Yes, close");
    browser.reads("The session is closed.");
    browser.press("Users");
    browser.press(&user.email);
    browser.press("Make a link to set a password");
    browser.sees("Make a link to set a password?");
    browser.poses("console-ask-en", &LOOKS[..1]);
    browser.press("Yes, make the link");
    browser.reads("It is shown only this once.");
    let page = browser.url();
    let link = browser.text();
    let link = link.split_whitespace().find(|word| word.starts_with(&url)).expect("it is shown").to_owned();

    // What the person does with it.
    browser.open(&link);
    browser.sees("Set your password");
    browser.fill("New password", NEW);
    browser.fill("New password, once more", NEW);
    browser.press("Set password");
    browser.sees("Your password is set");
    let user = User { password: NEW.to_owned(), ..user };
    place.app.accepts(&place.app.login(&user));

    browser.speaks("de");
    browser.open(page);
    browser.reads("Ja. Das Konto ist freigegeben.");
    browser.poses("console-user-de", &LOOKS[2..3]);
    for (way, title) in [
        ("Überblick", "console-overview-de"),
        ("Sitzungen", "console-sessions-de"),
        ("Ereignisse", "console-events-de"),
        ("Redirect-URLs", "console-redirects-de"),
        ("Einstellungen", "console-settings-de"),
    ] {
        browser.press(way);
        browser.sees(way);
        let looks = if way.starts_with('R') || way.starts_with("Ei") { &LOOKS[3..] } else { &LOOKS[2..] };
        browser.poses(title, looks);
    }
    browser.press("Verlassen");
    browser.sees("Konsole öffnen");
}

#[test]
fn an_operator_enters_as_themselves_by_a_login_at_another_site() {
    // Of different sites, as a browser sees it, so that it decides which cookies go along.
    let [public, console] = [free_address(), free_address()].map(|address| address.to_string());
    let [url, console_url] = [&public, &console].map(|address| format!("http://{address}"));
    let own = [
        ("server.listen", &*public),
        ("server.public_url", &*url),
        ("manage.listen", &*console),
        ("manage.public_url", &*console_url),
    ];
    let place = Place::new(&own);
    let user = place.app.user();
    place.app.server.run(&["user", "rights", &user.email, "--grant", "access:admin"], "");
    let browser = Browser::start();
    browser.open(format!("{console_url}/console"));
    browser.sees("Enter the console");
    browser.poses("console-enter-person-en", &[LOOKS[1], LOOKS[0]]);
    browser.forbids_scripts();
    browser.press("Log in as yourself");
    browser.sees("Log in");
    assert!(browser.url().as_str().starts_with(&url), "{}", browser.url());
    browser.give_password(&user);
    // By itself, from the page on which they arrive.
    browser.sees("Overview");
    browser.reads(&user.email);
    assert_eq!(browser.url().as_str(), format!("{console_url}/console"));
    browser.press("Leave");
    browser.sees("Enter the console");
}

#[test]
fn an_operator_grants_a_right_and_takes_it_away() {
    let console = free_address().to_string();
    let place = Place::new(&[("manage.listen", &*console)]);
    let user = place.app.user();
    let token = place.app.server.run(&["token", "add", "Grace", "--scope", "everything"], "");
    let browser = Browser::start();
    browser.open(format!("http://{console}/console"));
    browser.fill("API token", token.trim());
    browser.press("Enter");
    browser.sees("Overview");
    browser.open(format!("http://{console}/console/users/{}", user.id));
    browser.sees(&user.email);
    browser.poses("console-rights-en", &LOOKS);
    browser.click("//*[@aria-label = 'Grant: access:client-dev']");
    browser.reads("The right is granted.");
    browser.click("//*[@aria-label = 'Take away: access:client-dev']");
    browser.sees("Take this right away?");
    browser.poses("console-take-right-en", &LOOKS[1..3]);
    browser.press("Yes, take it away");
    browser.reads("The right is taken away");
    browser.click("//*[@aria-label = 'Grant: access:admin']");
    browser.sees("Make an operator of this person?");
    browser.poses("console-grant-admin-en", &LOOKS[..2]);
    browser.press("Cancel");
    browser.sees(&user.email);
}
