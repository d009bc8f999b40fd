//! The page about one person: whether they can log in, and if not, why.

use actix_web::HttpResponse;
use askama::Template;
use url::Url;

use super::said::Said;
use super::session_words::{kind_of, program_of};
use super::shell::{self, Place, Shell};
use crate::admin::{
    AccountView, AppPasswordView, EventView, ProfileView, SessionView, StandingView, TeamView, ThrottleView,
};
use crate::domain::Right;
use crate::http::error::ApiError;

/// Whether this person can log in, what can be done, and all that the server knows of them.
#[derive(Template)]
#[template(path = "user.html")]
pub(super) struct UserPage<'a> {
    /// What stands around it.
    pub shell: &'a Shell<'a>,
    /// The account.
    pub account: &'a AccountView,
    /// A part of the open sessions, latest contact first.
    pub sessions: &'a [SessionView],
    /// Which part it is, from 1.
    pub page: usize,
    /// How many parts there are.
    pub pages: usize,
    /// The app passwords, oldest first.
    pub app_passwords: &'a [AppPasswordView],
    /// When they were let in last, as far as events tell.
    pub last_login: Option<&'a EventView>,
    /// When and why they were refused last, as far as events tell.
    pub last_refusal: Option<&'a EventView>,
    /// How they stand with the throttle.
    pub throttle: &'a ThrottleView,
    /// The link that was just made, which sets a password. Shown once.
    pub link: Option<&'a str>,
    /// What came of a form.
    pub said: Said,
}

/// The rights that are granted person by person.
pub(super) const GRANTED: [Right; 3] = [Right::Frontend, Right::ClientDev, Right::Admin];

/// A right, and whether the person has it.
pub(super) struct RightRow {
    /// Its name.
    pub name: &'static str,
    /// Whether the person has it.
    pub granted: bool,
    /// Whether it makes an operator of them.
    pub makes_operators: bool,
    /// Whether whoever looks at the page may change that.
    pub can_change: bool,
}

/// Where the page about this person is, from the root.
pub(super) fn path_of(account: &AccountView) -> String {
    format!("{}/{}", Place::Users.as_str(), account.id)
}

impl UserPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub(super) fn respond(&self) -> Result<HttpResponse, ApiError> {
        shell::respond(self, self.shell.frame, self.said.status())
    }

    fn title(&self) -> &str {
        if self.account.name.is_empty() { &self.account.email } else { &self.account.name }
    }

    fn here(&self) -> String {
        format!("{}{}", self.shell.frame.root, path_of(self.account))
    }

    fn ask(&self, act: &str) -> String {
        format!("{}?ask={act}", self.here())
    }

    fn ask_about(&self, act: &str, what: &str) -> String {
        shell::with_query(&self.here(), [&("ask", act), &("what", what)])
    }

    /// Whether anything that the account says keeps this person from logging in.
    fn can(&self) -> bool {
        self.account.enabled && (self.account.password || self.issuer().is_some())
    }

    fn issuer(&self) -> Option<&str> {
        let subject = self.account.profile.as_ref()?.subject.as_ref()?;
        Some(&subject.issuer)
    }

    fn verdict(&self) -> &'static str {
        let texts = &self.shell.texts.user;
        if self.can() {
            texts.can
        } else if self.account.enabled {
            texts.cannot_no_password
        } else {
            texts.cannot_disabled
        }
    }

    /// What else a login of this person meets with.
    fn hints(&self) -> Vec<String> {
        let (texts, account) = (&self.shell.texts.user, self.account);
        let elsewhere = self.issuer().map(|issuer| {
            let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
            (texts.elsewhere)(&host.unwrap_or_else(|| issuer.to_owned()))
        });
        let factor = account.second_factor.then(|| (texts.factor)(account.recovery_codes.unwrap_or_default()));
        let weak = account.weak_hash.then(|| texts.weak_hash.to_owned());
        let asked = account.profile.as_ref().is_some_and(|profile| profile.consent_since.is_some());
        let asked = asked.then(|| texts.consent.to_owned());
        let let_in = self.last_login.map(|event| (texts.last_login)(&self.shell.when(&event.at)));
        let refused = self.last_refusal.map(|event| {
            let reason = event.reason.as_deref().or(event.outcome.as_deref()).unwrap_or_default();
            (texts.last_refusal)(&self.shell.when(&event.at), reason)
        });
        [elsewhere, factor, weak, asked, let_in, refused].into_iter().flatten().collect()
    }

    /// Where the throttle holds this person up, and for how long.
    fn throttled(&self) -> Vec<String> {
        let texts = &self.shell.texts.user;
        let wait = |standing: &StandingView| (texts.wait)(standing.wait);
        let there = |standing: &StandingView| {
            let network = standing.network.as_deref().unwrap_or_default();
            let by = if standing.is_of_network() { texts.throttled_network } else { texts.throttled };
            standing.is_throttled().then(|| by(network, &wait(standing)))
        };
        let ThrottleView { networks, elsewhere, codes } = self.throttle;
        let rest = [(elsewhere, texts.throttled_elsewhere), (codes, texts.throttled_codes)];
        let rest = rest.into_iter().filter(|(standing, _)| standing.is_throttled());
        networks.iter().filter_map(there).chain(rest.map(|(standing, text)| text(&wait(standing)))).collect()
    }

    /// Whether it is this account that is held up, and not a network.
    fn can_lift(&self) -> bool {
        self.throttle.has_own()
    }

    /// What a session's program is called.
    fn program(&self, session: &SessionView) -> String {
        program_of(session, &self.shell.texts.sessions)
    }

    fn kind(&self, session: &SessionView) -> String {
        kind_of(session, &self.shell.texts.sessions, self.shell.frame.colon())
    }

    /// The rights that this person has, or could have.
    fn rights(&self) -> [RightRow; GRANTED.len()] {
        GRANTED.map(|right| {
            let (name, makes_operators, may) = (right.as_str(), right == Right::Admin, self.shell.may);
            let granted = self.account.rights.iter().any(|granted| *granted == name);
            RightRow { name, granted, makes_operators, can_change: may.users && (may.everything || !makes_operators) }
        })
    }

    fn part(&self) -> String {
        (self.shell.texts.sessions.part)(self.page, self.pages)
    }

    /// All that is known of the account, by name.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let (all, texts, account) = (self.shell.texts, &self.shell.texts.user, self.account);
        let list = |entries: &[String]| if entries.is_empty() { all.none.to_owned() } else { entries.join(", ") };
        let teams = |teams: &[TeamView]| list(&teams.iter().map(|team| team.name.clone()).collect::<Vec<_>>());
        let password = if account.password { texts.password_set } else { texts.no_password };
        let mut facts = vec![
            (texts.email, account.email.clone()),
            (texts.id, account.id.to_string()),
            (texts.created, self.shell.when(&account.created)),
            (texts.password, password.to_owned()),
            (texts.second_factor, if account.second_factor { texts.factor_set_up } else { texts.no_factor }.to_owned()),
            (texts.known_networks, account.known_networks.to_string()),
            (texts.external_id, account.external_id.clone().unwrap_or_else(|| all.none.to_owned())),
            (texts.groups, teams(account.groups.as_deref().unwrap_or_default())),
        ];
        if let Some(ProfileView { scopes, teams: of, tags, subject, sign_ons, .. }) = &account.profile {
            let subject = subject.as_ref().map(|subject| (texts.subject_at)(&subject.subject, &subject.issuer));
            facts.extend([
                (texts.provider, subject.unwrap_or_else(|| texts.not_linked.to_owned())),
                (texts.sign_ons, sign_ons.to_string()),
                (texts.scopes, list(scopes)),
                (texts.teams, teams(of)),
                (texts.tags, list(tags)),
            ]);
        }
        facts
    }
}
