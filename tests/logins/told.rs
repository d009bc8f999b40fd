//! People are mailed when what they log in with changes, whoever changes it, and no change waits for that.

use std::time::Duration;

use crate::account_factor::{Equipped, change, equip};
use crate::mail::{app_by, counted};
use crate::steps::{csrf, log_in_to_account};
use crate::support::app::{App, User};
use crate::support::authenticator::recovery_codes;
use crate::support::mail_server::MailServer;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

const NEW: &str = "a new password of mine";
const PATIENCE: Duration = Duration::from_secs(60);

fn with(user: &User, password: &str) -> User {
    User { id: user.id, email: user.email.clone(), password: password.to_owned() }
}

fn change_own(app: &App, user: &User, new: &str) {
    let mut visitor = Visitor::default();
    log_in_to_account(app, &mut visitor, user);
    let csrf = csrf(&mut visitor, &app.url("/account"));
    let fields = [("csrf", &*csrf), ("present", &user.password), ("new", new), ("repeat", new)];
    assert_eq!(visitor.post(&app.url("/account/password"), &fields).status, 303);
}

on_both_stores!(each_change_of_credentials_is_mailed_to_its_person, |kind| {
    let server = MailServer::start("starttls", "takes");
    let app = app_by(kind, &server, &[]);
    let user = app.user();
    let operator = |arguments: &[&str], input: &str| app.server.run(arguments, input);
    let told = |says: [&str; 2]| {
        let mail = server.mail();
        assert_eq!(mail.to, user.email);
        assert!(says.iter().all(|says| mail.text.contains(says)), "{}", mail.text);
        assert!(mail.text.contains("http://login.example.org ") && !mail.text.contains("/account"), "{}", mail.text);
        for secret in [NEW, "another password of mine", &user.password, "bgap-"] {
            assert!(!mail.whole.contains(secret) && !mail.text.contains(secret), "{}", mail.text);
        }
    };
    change_own(&app, &user, NEW);
    let password = ["the password of your account at", "das Passwort Ihres Kontos unter"];
    told(password);
    operator(&["user", "set-password", &user.email, "--password-stdin"], "another password of mine");
    told(password);
    operator(&["user", "app-password", "add", &user.email, "--name", "my plugin"], "");
    told(["an app password was made", "App-Passwort erstellt. Sein Name: my plugin"]);
    // What is none: a login, whatever ends something, another name, the same address.
    app.accepts(&app.login(&with(&user, "another password of mine")));
    operator(&["user", "app-password", "revoke", &user.email, "--all"], "");
    operator(&["user", "set-name", &user.email, "Another Name"], "");
    operator(&["session", "close", "--user", &user.email, "--all"], "");
    operator(&["user", "set-email", &user.email, &user.email], "");
    let email = format!("new-{}", user.email);
    operator(&["user", "set-email", &user.email, &email], "");
    told(["the e-mail address of your account at", "die E-Mail-Adresse Ihres Kontos unter"]);
    // The next mail is of the next change, to the address of then.
    operator(&["user", "set-password", &email, "--password-stdin"], NEW);
    let mail = server.mail();
    assert!(mail.to == email && mail.text.contains(password[0]), "{} {}", mail.to, mail.text);
    let log = app.server.log();
    assert!(!log.contains(&user.email) && !log.contains("my plugin"), "{log}");
});

on_both_stores!(each_change_of_a_second_factor_is_mailed_to_its_person, |kind| {
    let server = MailServer::start("none", "takes");
    let app = app_by(kind, &server, &[]);
    let Equipped { user, mut visitor, mut authenticator, codes, key } = equip(&app);
    let told = |made: &[String]| {
        let mail = server.mail();
        assert_eq!(mail.to, user.email);
        let says = ["the second factor of your account at", "der zweite Faktor Ihres Kontos unter"];
        assert!(says.iter().all(|says| mail.text.contains(says)), "{}", mail.text);
        assert!(mail.text.contains("http://login.example.org ") && !mail.text.contains("/account"), "{}", mail.text);
        for secret in made.iter().chain([&key, &user.password]) {
            assert!(!mail.text.contains(secret), "{}", mail.text);
        }
    };
    told(&codes);
    assert_eq!(change(&app, &mut visitor, "codes", "000000").status, 401, "what changes nothing is not mailed");
    let renewed = change(&app, &mut visitor, "codes", &authenticator.code());
    let codes = recovery_codes(&renewed.text());
    told(&codes);
    assert_eq!(change(&app, &mut visitor, "remove", &codes[0]).status, 303);
    told(&codes);
    let Equipped { user: other, .. } = equip(&app);
    assert_eq!(server.mail().to, other.email);
    app.server.run(&["user", "reset-factor", &other.email], "");
    let mail = server.mail();
    assert!(mail.to == other.email && mail.text.contains("the second factor of your account at"), "{}", mail.text);
});

on_both_stores!(a_change_waits_for_no_mail_server, |kind| {
    let server = MailServer::start("tls", "silent");
    let app = app_by(kind, &server, &[("mail.timeout", "300")]);
    let user = app.user();
    change_own(&app, &user, NEW);
    app.accepts(&app.login(&with(&user, NEW)));
    assert!(!app.server.log().contains("credentials changed"), "it still waits");
});

on_both_stores!(a_change_that_cannot_be_mailed_is_made_and_logged, |kind| {
    for (manner, timeout, says) in [("silent", "1", "in time"), ("refuses", "60", "550"), ("gone", "60", "spoken to")] {
        let mut server = MailServer::start("tls", manner);
        if manner == "gone" {
            server.kill();
        }
        let app = app_by(kind, &server, &[("mail.timeout", timeout)]);
        let user = app.user();
        change_own(&app, &user, NEW);
        app.accepts(&app.login(&with(&user, NEW)));
        let failed = "a person could not be told that their credentials changed";
        until("it is logged", PATIENCE, || app.server.log().contains(failed).then_some(()));
        let log = app.server.log();
        let line = log.lines().find(|line| line.contains(failed)).expect("it is there");
        assert!(line.contains(says) && line.contains(&user.id.to_string()), "{line}");
        assert!(!log.contains(&user.email), "{log}");
        counted(&app, "failed", 1);
        let output =
            app.server.command(&["user", "set-password", &user.email, "--password-stdin"], "another password of mine");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        app.accepts(&app.login(&with(&user, "another password of mine")));
    }
});
