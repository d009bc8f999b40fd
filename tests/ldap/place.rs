//! The service with a real LDAP server beside it.

use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, Kind, ROOMY, User};
use crate::support::client::Reply;
use crate::support::shared::shared;
use crate::support::slapd::{PEOPLE, SEARCHER, Slapd, TLS};

static SLAPD: Mutex<Weak<Slapd>> = Mutex::new(Weak::new());
static SHARED: [Mutex<Weak<Place>>; 2] = [const { Mutex::new(Weak::new()) }; 2];

/// An LDAP server that other cases use at the same time; with people of one's own nobody disturbs anybody.
pub fn slapd() -> Arc<Slapd> {
    shared(&SLAPD, Slapd::start)
}

/// A server that asks an LDAP server over LDAPS, provisions, and takes teams from there.
pub struct Place {
    pub app: App,
    pub ldap: Arc<Slapd>,
}

/// Somebody in the LDAP server.
pub struct Person {
    pub dn: String,
    pub email: String,
    pub password: String,
}

impl Place {
    /// A place of this case's own, beside the LDAP server that all use.
    pub fn start(kind: Kind, settings: &[(&str, &str)]) -> Self {
        Self::beside(slapd(), kind, settings)
    }

    /// One beside this LDAP server.
    pub fn beside(ldap: Arc<Slapd>, kind: Kind, settings: &[(&str, &str)]) -> Self {
        let url = ldap.ldaps();
        let authority = format!("{TLS}/authority.pem");
        let own = [
            ("ldap.urls", url.as_str()),
            ("ldap.ca_file", &authority),
            ("ldap.bind_dn", SEARCHER.0),
            ("ldap.bind_password", SEARCHER.1),
            ("ldap.base", PEOPLE),
            ("ldap.teams_attribute", "memberOf"),
            ("ldap.provision", "true"),
            // On a busy machine a case that is not about outages must not meet one.
            ("ldap.timeout", "30"),
        ];
        Self { app: App::start(kind, &[&ROOMY[..], &own, settings].concat()), ldap }
    }

    /// One that other cases use at the same time.
    pub fn shared(kind: Kind) -> Arc<Self> {
        shared(&SHARED[kind as usize], || Self::start(kind, &[]))
    }

    /// Somebody new, whom only the LDAP server knows.
    pub fn person(&self) -> Person {
        let name = Uuid::new_v4().simple().to_string();
        self.person_with(&format!("{name}@example.org"))
    }

    /// As [`Self::person`], with this address.
    pub fn person_with(&self, email: &str) -> Person {
        let id = Uuid::new_v4();
        let dn = format!("uid={},{PEOPLE}", id.simple());
        let person = Person { dn, email: email.to_owned(), password: format!("pass {id}") };
        self.ldap.add(
            &person.dn,
            &[
                ("objectClass", &["inetOrgPerson"]),
                ("cn", &["Some One"]),
                ("sn", &["One"]),
                ("mail", &[&person.email]),
                ("userPassword", &[&person.password]),
            ],
        );
        person
    }

    pub fn log_in(&self, person: &Person) -> Reply {
        self.try_log_in(&person.email, &person.password)
    }

    pub fn try_log_in(&self, email: &str, password: &str) -> Reply {
        self.app.post("/v2/authorize", &json!({"user_id": email, "password": password}))
    }

    /// Logs somebody in: what the service says of them.
    #[track_caller]
    pub fn user(&self, person: &Person) -> Value {
        let access = crate::support::app::token(&self.log_in(person).ok(), "access_token");
        self.app.request("GET", "/v2/user").token(&access).send().ok()
    }

    #[track_caller]
    pub fn refuses(&self, email: &str, password: &str) {
        self.try_log_in(email, password).refused(401, "E_InvalidCredentials");
    }

    /// What the operator sees of a user.
    pub fn shown(&self, user: &str) -> Value {
        serde_json::from_str(&self.app.server.run(&["user", "show", user, "--json"], "")).expect("JSON")
    }

    /// Whether there is such a user here.
    pub fn is_known(&self, email: &str) -> bool {
        self.app.server.command(&["user", "show", email], "").status.success()
    }

    /// Makes a user here who has no password.
    pub fn add_without_password(&self, email: &str) -> String {
        let id = Uuid::new_v4().to_string();
        self.app.server.run(&["user", "add", "--id", &id, "--email", email, "--no-password"], "");
        id
    }
}

impl Person {
    /// As somebody who logs in through a browser.
    pub fn as_user(&self) -> User {
        User { id: Uuid::nil(), email: self.email.clone(), password: self.password.clone() }
    }
}
