//! The rights behind a login through the directory: which kind of client a person may log in with.

use minicbor::{Decode, Encode};

use super::named;

named! {
    /// What `claims` asks for, and a session has (`docs/api/directory-session.md`, "The session").
    ///
    /// ```
    /// use bimgate::domain::{Right, Rights};
    ///
    /// let granted = Rights { frontend: true, ..Rights::default() };
    /// assert!(granted.include(Right::Client), "every enabled user has it");
    /// assert_eq!(Right::parse("access:frontend").map(|right| granted.include(right)), Some(true));
    /// assert_eq!(Right::parse("access:client-dev").map(|right| granted.include(right)), Some(false));
    /// assert_eq!(Right::parse("access:everything"), None);
    /// ```
    #[derive(Encode, Decode)]
    #[cbor(index_only)]
    pub enum Right {
        /// `access:client`: every enabled user has it.
        #[n(1)]
        Client = "access:client",
        /// `access:frontend`: granted per user.
        #[n(2)]
        Frontend = "access:frontend",
        /// `access:client-dev`: granted per user.
        #[n(3)]
        ClientDev = "access:client-dev",
        /// `access:admin`: granted per user, by operators alone. A session of it may do what operators do.
        #[n(4)]
        Admin = "access:admin",
    }
}

impl Right {
    /// The right with this name, to the letter.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == name)
    }
}

/// The rights granted to one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Rights {
    /// [`Right::Frontend`].
    #[n(0)]
    pub frontend: bool,
    /// [`Right::ClientDev`].
    #[n(1)]
    pub client_dev: bool,
    /// [`Right::Admin`].
    #[cbor(n(2), default)]
    pub admin: bool,
}

impl Rights {
    /// Whether `right` is among them.
    #[must_use]
    pub const fn include(self, right: Right) -> bool {
        match right {
            Right::Client => true,
            Right::Frontend => self.frontend,
            Right::ClientDev => self.client_dev,
            Right::Admin => self.admin,
        }
    }
}
