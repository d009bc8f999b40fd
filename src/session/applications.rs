//! The applications that a user may use.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::SessionService;
use crate::domain::{Account, ClientKey, RedirectTarget, RedirectUrl};
use crate::settings::ApplicationSettings;

/// The applications of the settings, which may change while requests come. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub struct Applications(Arc<ArcSwap<Vec<ApplicationSettings>>>);

impl Applications {
    /// The list of these settings.
    #[must_use]
    pub fn new(applications: &[ApplicationSettings]) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(applications.to_vec())))
    }

    /// Is another list from now on.
    pub fn replace(&self, applications: &[ApplicationSettings]) {
        self.0.store(Arc::new(applications.to_vec()));
    }

    /// The name of the application that a browser is sent to by this URL: one at its origin, and of several the one whose
    /// path leads furthest towards it. None where that is not known for sure: a wrong name is worse than none.
    fn name_at(&self, url: &RedirectUrl) -> Option<String> {
        let (origin, target) = (url.origin(), url.target());
        let applications = self.0.load();
        let at_origin = applications.iter().filter_map(|application| {
            let own = RedirectUrl::parse(&application.url).ok()?;
            (own.origin() == origin).then(|| (own.target(), &application.name))
        });
        let at_origin: Vec<_> = at_origin.collect();
        if let [(_, name)] = &at_origin[..] {
            return Some((*name).clone());
        }
        let leads_there = |own: &RedirectTarget| {
            let rest = target.as_str().strip_prefix(own.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || own.as_str().ends_with('/'))
        };
        let nearest = at_origin.into_iter().filter(|(own, _)| leads_there(own));
        nearest.max_by_key(|(own, _)| own.as_str().len()).map(|(_, name)| name.clone())
    }
}

impl SessionService {
    /// What the settings call the application at this URL, if they know it.
    #[must_use]
    pub fn application_at(&self, url: &RedirectUrl) -> Option<String> {
        self.applications.name_at(url)
    }

    /// The applications for everyone and for the teams and groups of this user, as in the settings. Team ids compare as other ids
    /// do: UUIDs by value, others to the letter.
    #[must_use]
    pub fn applications(&self, account: &Account) -> Vec<ApplicationSettings> {
        let teams: Vec<_> = account.profile.all_teams().map(|team| ClientKey::of(&team.id)).collect();
        let is_for = |application: &&ApplicationSettings| {
            application.teams.is_empty() || application.teams.iter().any(|team| teams.contains(&ClientKey::of(team)))
        };
        self.applications.0.load().iter().filter(is_for).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(name: &str, url: &str) -> ApplicationSettings {
        let (id, name, url) = (name.to_owned(), name.to_owned(), url.to_owned());
        ApplicationSettings { id, name, url, description: String::new(), teams: Vec::new() }
    }

    #[test]
    fn an_application_is_named_where_it_is_known_for_sure() {
        let applications = Applications::new(&[
            application("Viewer", "https://viewer.example.org/start?view=1"),
            application("One", "https://apps.example.org/one/"),
            application("One more", "https://apps.example.org/one/more"),
            application("Local", "http://localhost:4000/"),
        ]);
        for (url, name) in [
            ("https://viewer.example.org/back?x=1", Some("Viewer")),
            ("https://VIEWER.example.org:443/", Some("Viewer")),
            ("http://viewer.example.org/back", None),
            ("https://viewer.example.org:8443/back", None),
            ("https://viewer.example.org.evil.example/back", None),
            ("https://apps.example.org/one/back", Some("One")),
            ("https://apps.example.org/one/more", Some("One more")),
            ("https://apps.example.org/one/more/back", Some("One more")),
            ("https://apps.example.org/one/moreover", Some("One")),
            ("https://apps.example.org/two", None),
            ("http://localhost:4000/back", Some("Local")),
        ] {
            let parsed = RedirectUrl::parse(url).expect("a URL");
            assert_eq!(applications.name_at(&parsed).as_deref(), name, "{url}");
        }
    }
}
