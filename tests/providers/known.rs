//! The providers: how each is set up, and what its pages want from a person.

use std::time::Duration;

/// A provider.
pub struct Known {
    pub name: &'static str,
    /// Its folder below `tests/providers`, with the program `start`.
    pub folder: &'static str,
    /// The path of its issuer.
    pub path: &'static str,
    /// What it takes here beside what the README says for any provider.
    pub settings: &'static [(&'static str, &'static str)],
    pub account: &'static str,
    pub password: &'static str,
    pub email: &'static str,
    /// The subject that the person is imported with; `None`: they are linked by their verified address.
    pub imported: Option<&'static str>,
    /// The person's teams, in alphabetical order; none: it is not set up to tell them.
    pub teams: &'static [&'static str],
    /// What is done on its login page.
    pub log_in: &'static [Act],
    /// What is done there when somebody who is logged in there is asked again, unless it is the same.
    pub asked_again: Option<&'static [Act]>,
    /// Who proved themselves so short a time ago is not asked again.
    pub fresh_for: Duration,
    /// What is done on its pages when somebody logs out here.
    pub log_out: &'static [Act],
    /// The page on which somebody logs out there, as `log_out` says; empty: they begin here. `None`: it tells nobody of that.
    pub leave: Option<&'static str>,
    /// For whom its access tokens for the services are, and what is asked for such a token in the query beside what always
    /// is; `None`: they are no JWTs.
    pub services: Option<(&'static str, &'static str)>,
}

/// What a person does on a page, with what an `XPath` finds.
pub enum Act {
    /// Types the account's name.
    Account(&'static str),
    /// Types the password.
    Password(&'static str),
    /// Presses a button.
    Press(&'static str),
    /// Looks at it for longer than a second, as people do: Canaille fails at two equal tokens in one second.
    Linger,
}

use Act::{Account, Linger, Password, Press};

/// All of them.
pub const ALL: [Known; 6] = [
    Known {
        name: "oidc-provider",
        folder: "oidc_provider",
        path: "",
        settings: &[("openid.scopes", "openid,profile,email,teams"), ("openid.teams_claim", "teams")],
        account: "ada",
        password: "",
        email: "ada@example.org",
        imported: None,
        teams: &["office", "site"],
        log_in: &[Account("//input[@name='account']"), Press("//button[@value='login']")],
        asked_again: None,
        fresh_for: Duration::ZERO,
        log_out: &[Press("//button[@name='logout']")],
        leave: Some("/session/end"),
        services: Some(("https://services.example.org", "")),
    },
    Known {
        name: "glewlwyd",
        folder: "glewlwyd",
        path: "/api/oidc",
        settings: &[("openid.trust_prompt", "true")],
        account: "ada",
        password: "a long passphrase",
        email: "ada@example.org",
        imported: None,
        teams: &[],
        log_in: &[
            Account("//input[@id='username']"),
            Password("//input[@id='password']"),
            Press("//button[@type='submit']"),
            Press("//button[contains(., 'Continue')]"),
        ],
        asked_again: None,
        fresh_for: Duration::ZERO,
        log_out: &[Press("//button[contains(., 'Logout')]")],
        leave: Some(""),
        services: Some(("https://services.example.org", "&resource=https%3A%2F%2Fservices.example.org")),
    },
    Known {
        name: "LemonLDAP::NG",
        folder: "lemonldap",
        path: "",
        settings: &[
            ("openid.check_untyped", "true"),
            ("openid.scopes", "openid,profile,email,groups"),
            ("openid.teams_claim", "groups"),
        ],
        // Its module of example people is one of its own; there is no other that needs no database.
        account: "dwho",
        password: "dwho",
        email: "dwho@badwolf.org",
        imported: None,
        teams: &["timelords", "users"],
        log_in: &[
            Account("//input[@name='user']"),
            Password("//input[@name='password']"),
            Press("//form[@id='lform']//button[@type='submit']"),
        ],
        asked_again: Some(&[
            Press("//form[@id='upgrd']//button"),
            Password("//input[@name='password']"),
            Press("//form[@id='lform']//button[@type='submit']"),
        ]),
        fresh_for: Duration::from_secs(6),
        log_out: &[Press("//form//button[contains(@class, 'btn-success')]")],
        leave: None,
        services: Some(("services", "")),
    },
    Known {
        name: "Canaille",
        folder: "canaille",
        path: "",
        settings: &[
            ("openid.check_untyped", "true"),
            ("openid.scopes", "openid,profile,email,groups"),
            ("openid.teams_claim", "groups"),
        ],
        account: "ada",
        password: "a long passphrase",
        email: "ada@example.org",
        imported: Some("ada"),
        teams: &["site"],
        log_in: &[
            Linger,
            Account("//input[@name='login']"),
            Press("//button[@type='submit']"),
            Password("//input[@name='password']"),
            Press("//button[@type='submit']"),
        ],
        asked_again: Some(&[
            Linger,
            Password("//input[@name='password']"),
            Press("//button[normalize-space() = 'Sign in']"),
        ]),
        fresh_for: Duration::ZERO,
        log_out: &[],
        leave: None,
        services: Some(("services", "")),
    },
    Known {
        name: "django-allauth",
        folder: "django_allauth",
        path: "",
        settings: &[("openid.check_untyped", "true"), ("openid.trust_prompt", "true")],
        account: "ada",
        password: "a long passphrase",
        email: "ada@example.org",
        imported: None,
        teams: &[],
        log_in: &[
            Account("//input[@name='login']"),
            Password("//input[@name='password']"),
            Press("//button[@type='submit']"),
        ],
        asked_again: Some(&[Password("//input[@name='password']"), Press("//button[normalize-space() = 'Confirm']")]),
        fresh_for: Duration::ZERO,
        log_out: &[Press("//button[@value='logout']")],
        leave: None,
        services: Some(("https://services.example.org", "&resource=https%3A%2F%2Fservices.example.org")),
    },
    Known {
        name: "Django OAuth Toolkit",
        folder: "django_toolkit",
        path: "/o",
        settings: &[("openid.teams_claim", "groups")],
        account: "ada",
        password: "a long passphrase",
        email: "ada@example.org",
        imported: None,
        teams: &["office", "site"],
        log_in: &[
            Account("//input[@name='username']"),
            Password("//input[@name='password']"),
            Press("//*[@type='submit']"),
        ],
        asked_again: None,
        fresh_for: Duration::ZERO,
        log_out: &[Press("//input[@name='allow']")],
        leave: None,
        services: None,
    },
];
