//! How much is in a backup.

use crate::store::{Entry, Person};

/// How many there are of each kind. Whoever changed an account's address, or was deleted, while another person took that
/// address over in the middle of a backup may count twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// People with an account.
    pub people: u64,
    /// Sessions of v2 clients and directory sessions.
    pub sessions: u64,
    /// Access, remember-me and cross tokens.
    pub tokens: u64,
    /// Browsers that are signed on.
    pub sign_ons: u64,
    /// Groups of a provisioning client.
    pub groups: u64,
    /// Redirect URLs.
    pub redirect_urls: u64,
    /// Licences that are out.
    pub licenses: u64,
    /// Keys that sign bearers.
    pub keys: u64,
    /// Tokens of the old service that came over.
    pub taken_over: u64,
}

impl Summary {
    /// Counts an entry.
    pub fn count(&mut self, entry: &Entry) {
        match entry {
            Entry::Person(person) => self.count_person(person),
            Entry::Gone(_) => self.people = self.people.saturating_sub(1),
            Entry::TakenOver(..) => self.taken_over += 1,
            Entry::License(_) => self.licenses += 1,
            Entry::RedirectUrl(_) => self.redirect_urls += 1,
            Entry::Groups(groups) => self.groups = groups.groups.len() as u64,
            Entry::KeyRing(ring) => self.keys = ring.keys.len() as u64,
            Entry::ProviderSession(..) | Entry::UpstreamUntil(_) => {}
        }
    }

    fn count_person(&mut self, person: &Person) {
        self.people += 1;
        self.sessions += (person.clients.len() + person.directory.len()) as u64;
        let of_clients: usize = person.clients.iter().map(|(_, session)| session.tokens()).sum();
        let of_directory: usize = person.directory.iter().map(|session| session.cross.len()).sum();
        self.tokens += (of_clients + of_directory) as u64;
        self.sign_ons += person.account.profile.sign_ons.len() as u64;
    }
}
